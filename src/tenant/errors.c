/*
 * errors.c - what the service says when it refuses, in three languages.
 *
 * Codes are never translated, messages are: the real service follows Accept-Language.
 * Sources of the English texts: recordings (rec), public issue threads and documentation (pub);
 * the rest is worded after them (own).
 */
#include "tenant/emit.h"
#include "tenant/request.h"

enum envelope {
	ENVELOPE_PLAIN,   /* {"error":{"code","message"}} */
	ENVELOPE_ARM,     /* the same, as JSON in a message AzureResourceManagerRequestFailed */
	ENVELOPE_GATEWAY, /* {"statusCode","message"} */
};

static const struct {
	unsigned status;
	enum envelope envelope;
	const char *code, *en, *de, *nb;
} rows[SE__MAX] = {
	/* own */
	[SE_ROUTE_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "RouteNotFound",
		"No route was found that matches the request '{0}'.",
		"Es wurde keine Route gefunden, die der Anforderung '{0}' entspricht.",
		"Finner ingen rute som samsvarer med forespørselen '{0}'." },
	/* pub: Azure Resource Manager */
	[SE_MISSING_API_VERSION] = { 400, ENVELOPE_PLAIN, "MissingApiVersionParameter",
		"The api-version query parameter (?api-version=) is required for all requests.",
		"Der Abfrageparameter 'api-version' (?api-version=) ist für alle Anforderungen erforderlich.",
		"Spørringsparameteren api-version (?api-version=) kreves for alle forespørsler." },
	/* pub: Azure Resource Manager */
	[SE_AUTHENTICATION_MISSING] = { 401, ENVELOPE_PLAIN, "AuthenticationFailed",
		"Authentication failed. The 'Authorization' header is missing.",
		"Fehler bei der Authentifizierung. Der Header 'Authorization' fehlt.",
		"Godkjenning mislyktes. Hodet 'Authorization' mangler." },
	[SE_AUTHENTICATION_INVALID] = { 401, ENVELOPE_PLAIN, "InvalidAuthenticationToken",
		"The access token is invalid.",
		"Das Zugriffstoken ist ungültig.",
		"Tilgangstokenet er ugyldig." },
	[SE_AUTHENTICATION_EXPIRED] = { 401, ENVELOPE_PLAIN, "ExpiredAuthenticationToken",
		"The access token expiry UTC time '{0}' is earlier than current UTC time '{1}'.",
		"Der UTC-Ablaufzeitpunkt '{0}' des Zugriffstokens liegt vor der aktuellen UTC-Zeit '{1}'.",
		"UTC-utløpstiden '{0}' for tilgangstokenet er tidligere enn gjeldende UTC-tid '{1}'." },
	/* rec: pnp/cli-microsoft365#2573 */
	[SE_INVALID_AUDIENCE] = { 401, ENVELOPE_PLAIN, "InvalidAuthenticationAudience",
		"The received access token has been obtained from wrong audience or resource '{0}'. It "
		"should exactly match (including forward slash) with one of the allowed audiences '{1}'.",
		"Das empfangene Zugriffstoken wurde von der falschen Zielgruppe oder Ressource '{0}' abgerufen. "
		"Es muss genau (einschließlich Schrägstrich) mit einer der zulässigen Zielgruppen '{1}' übereinstimmen.",
		"Det mottatte tilgangstokenet er hentet fra feil målgruppe eller ressurs '{0}'. Det skal "
		"samsvare nøyaktig (inkludert skråstrek) med en av de tillatte målgruppene '{1}'." },
	/* own, after the 403 of the connectivity API */
	[SE_MISSING_SCOPE] = { 403, ENVELOPE_PLAIN, "InsufficientDelegatedPermissions",
		"The caller does not have the required delegated permissions '{0}'.",
		"Der Aufrufer verfügt nicht über die erforderlichen delegierten Berechtigungen '{0}'.",
		"Den som ringer har ikke de nødvendige delegerte tillatelsene '{0}'." },
	/* rec */
	[SE_ENVIRONMENT_ACCESS_DENIED] = { 403, ENVELOPE_PLAIN, "EnvironmentAccessDenied",
		"You are not permitted to make flows in this '{0}'. Please switch to the default environment, "
		"or to one of your own environment(s), where you have maker permissions.",
		"Sie sind nicht berechtigt, Flows in '{0}' zu erstellen. Wechseln Sie zur Standardumgebung oder zu "
		"einer Ihrer eigenen Umgebungen, in der Sie über Erstellerberechtigungen verfügen.",
		"Du har ikke tillatelse til å lage flyter i '{0}'. Bytt til standardmiljøet eller til et av dine "
		"egne miljøer der du har utviklertillatelser." },
	/* own */
	[SE_ENVIRONMENT_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "EnvironmentNotFound",
		"The environment '{0}' could not be found in the tenant '{1}'.",
		"Die Umgebung '{0}' wurde im Mandanten '{1}' nicht gefunden.",
		"Finner ikke miljøet '{0}' i leieren '{1}'." },
	/* rec */
	[SE_ADMIN_ROLE] = { 403, ENVELOPE_PLAIN, "Forbidden",
		"User does not have Power Platform Admin role.",
		"Der Benutzer verfügt nicht über die Rolle \"Power Platform-Administrator\".",
		"Brukeren har ikke rollen Power Platform-administrator." },
	/* rec */
	[SE_FLOW_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "FlowNotFound",
		"Could not find flow '{0}'.",
		"Der Flow '{0}' wurde nicht gefunden.",
		"Finner ikke flyten '{0}'." },
	/* rec */
	[SE_CONNECTION_AUTHORIZATION_FAILED] = { 403, ENVELOPE_PLAIN, "ConnectionAuthorizationFailed",
		"The caller with object id '{0}' does not have permission for connection '{1}' under Api '{2}'.",
		"Der Aufrufer mit der Objekt-ID '{0}' besitzt keine Berechtigung für die Verbindung '{1}' unter der "
		"API '{2}'.",
		"Anroperen med objekt-ID-en '{0}' har ikke tillatelse for tilkoblingen '{1}' under API-en '{2}'." },
	/* rec: the envelope and the inner code */
	[SE_RUN_NOT_FOUND] = { 404, ENVELOPE_ARM, "WorkflowRunNotFound",
		"The workflow '{0}' run '{1}' could not be found.",
		"Die Ausführung '{1}' des Workflows '{0}' wurde nicht gefunden.",
		"Finner ikke kjøringen '{1}' av arbeidsflyten '{0}'." },
	[SE_ACTION_NOT_FOUND] = { 404, ENVELOPE_ARM, "WorkflowRunActionNotFound",
		"The workflow '{0}' run '{1}' action '{2}' could not be found.",
		"Die Aktion '{2}' der Ausführung '{1}' des Workflows '{0}' wurde nicht gefunden.",
		"Finner ikke handlingen '{2}' i kjøringen '{1}' av arbeidsflyten '{0}'." },
	[SE_REPETITION_NOT_FOUND] = { 404, ENVELOPE_ARM, "WorkflowRunActionRepetitionNotFound",
		"The workflow run '{0}' action '{1}' repetition '{2}' could not be found.",
		"Die Wiederholung '{2}' der Aktion '{1}' der Ausführung '{0}' wurde nicht gefunden.",
		"Finner ikke gjentakelsen '{2}' av handlingen '{1}' i kjøringen '{0}'." },
	[SE_TRIGGER_NOT_FOUND] = { 404, ENVELOPE_ARM, "WorkflowTriggerNotFound",
		"The workflow '{0}' trigger '{1}' could not be found.",
		"Der Trigger '{1}' des Workflows '{0}' wurde nicht gefunden.",
		"Finner ikke utløseren '{1}' i arbeidsflyten '{0}'." },
	[SE_HISTORY_NOT_FOUND] = { 404, ENVELOPE_ARM, "WorkflowTriggerHistoryNotFound",
		"The workflow '{0}' trigger '{1}' history '{2}' could not be found.",
		"Der Verlauf '{2}' des Triggers '{1}' des Workflows '{0}' wurde nicht gefunden.",
		"Finner ikke loggen '{2}' for utløseren '{1}' i arbeidsflyten '{0}'." },
	[SE_CANNOT_CANCEL] = { 400, ENVELOPE_ARM, "WorkflowRunCannotBeCancelled",
		"The workflow run '{0}' cannot be cancelled because it is in state '{1}'.",
		"Die Workflowausführung '{0}' kann nicht abgebrochen werden, weil sie sich im Zustand '{1}' befindet.",
		"Kjøringen '{0}' kan ikke avbrytes fordi den er i tilstanden '{1}'." },
	[SE_CONNECTION_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "ConnectionNotFound",
		"Could not find connection '{0}' for API '{1}'.",
		"Die Verbindung '{0}' für die API '{1}' wurde nicht gefunden.",
		"Finner ikke tilkoblingen '{0}' for API-en '{1}'." },
	[SE_API_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "ApiResourceNotFound",
		"Could not find the API resource '{0}'.",
		"Die API-Ressource '{0}' wurde nicht gefunden.",
		"Finner ikke API-ressursen '{0}'." },
	[SE_INVALID_FILTER] = { 400, ENVELOPE_PLAIN, "InvalidFilterInQueryString",
		"Invalid $filter '{0}' specified in the query string.",
		"In der Abfragezeichenfolge wurde der ungültige $filter '{0}' angegeben.",
		"Ugyldig $filter '{0}' er angitt i spørringsstrengen." },
	[SE_INVALID_REQUEST] = { 400, ENVELOPE_PLAIN, "InvalidRequestContent",
		"The request content is not valid and could not be deserialized: '{0}'.",
		"Der Anforderungsinhalt ist ungültig und konnte nicht deserialisiert werden: '{0}'.",
		"Innholdet i forespørselen er ugyldig og kunne ikke deserialiseres: '{0}'." },
	[SE_INVALID_TEMPLATE] = { 400, ENVELOPE_PLAIN, "InvalidTemplate",
		"The template validation failed: '{0}'.",
		"Fehler bei der Vorlagenüberprüfung: '{0}'.",
		"Valideringen av malen mislyktes: '{0}'." },
	[SE_INVALID_FLOW] = { 400, ENVELOPE_PLAIN, "InvalidOpenApiFlow",
		"Flow save failed with code '{0}' and message '{1}'.",
		"Fehler beim Speichern des Flows mit Code '{0}' und Meldung '{1}'.",
		"Lagring av flyten mislyktes med koden '{0}' og meldingen '{1}'." },
	/* own: clients report the status and the reason, not the words */
	[SE_LICENCE] = { 403, ENVELOPE_PLAIN, "MissingAdequateQuotaPolicy",
		"The caller with object id '{0}' does not have an adequate quota policy for the flow '{1}'.",
		"Der Aufrufer mit der Objekt-ID '{0}' verfügt nicht über eine ausreichende Kontingentrichtlinie "
		"für den Flow '{1}'.",
		"Anroperen med objekt-ID-en '{0}' har ikke en tilstrekkelig kvotepolicy for flyten '{1}'." },
	[SE_INVALID_CREDENTIALS] = { 400, ENVELOPE_PLAIN, "InvalidConnectionCredentials",
		"The credentials of the connection '{0}' under Api '{1}' are invalid or have expired.",
		"Die Anmeldeinformationen der Verbindung '{0}' unter der API '{1}' sind ungültig oder abgelaufen.",
		"Legitimasjonen for tilkoblingen '{0}' under API-en '{1}' er ugyldig eller utløpt." },
	[SE_IN_SOLUTION] = { 400, ENVELOPE_PLAIN, "FlowAlreadyInSolution",
		"The flow '{0}' is already part of a solution.",
		"Der Flow '{0}' ist bereits Teil einer Lösung.",
		"Flyten '{0}' er allerede en del av en løsning." },
	/* rec (rest-api 15.2) */
	[SE_UNPUBLISHED] = { 400, ENVELOPE_PLAIN, "CannotStartUnpublishedSolutionFlow",
		"An unpublished solution flow cannot be activated. Please publish the flow and try again.",
		"Ein nicht veröffentlichter Lösungsflow kann nicht aktiviert werden. Veröffentlichen Sie den Flow, "
		"und versuchen Sie es noch einmal.",
		"En upublisert løsningsflyt kan ikke aktiveres. Publiser flyten og prøv på nytt." },
	/* pub */
	[SE_CALLBACK_BLOCKED] = { 400, ENVELOPE_PLAIN, "ListCallbackUrlOperationBlocked",
		"The list callback url operation is blocked for triggers of type 'Request'.",
		"Der Vorgang zum Auflisten der Rückruf-URL ist für Trigger vom Typ 'Request' blockiert.",
		"Operasjonen for å liste URL-adressen for tilbakekall er blokkert for utløsere av typen 'Request'." },
	[SE_TRIGGER_DISABLED] = { 400, ENVELOPE_PLAIN, "WorkflowTriggerIsNotEnabled",
		"Could not execute workflow '{0}' trigger '{1}' with state 'Disabled': trigger is not enabled.",
		"Der Trigger '{1}' des Workflows '{0}' mit dem Zustand 'Disabled' konnte nicht ausgeführt werden: "
		"Der Trigger ist nicht aktiviert.",
		"Kan ikke kjøre utløseren '{1}' for arbeidsflyten '{0}' med tilstanden 'Disabled': utløseren er ikke "
		"aktivert." },
	/* pub: the workflow engine */
	[SE_TRIGGER_SCHEMA] = { 400, ENVELOPE_PLAIN, "TriggerInputSchemaMismatch",
		"The input body for trigger '{0}' of type 'Request' did not match its schema definition. "
		"Error details: '{1}'.",
		"Der Eingabetext für den Trigger '{0}' vom Typ 'Request' stimmt nicht mit der "
		"Schemadefinition überein. Fehlerdetails: '{1}'.",
		"Inndatateksten for utløseren '{0}' av typen 'Request' samsvarer ikke med "
		"skjemadefinisjonen. Feildetaljer: '{1}'." },
	/* pub: the direct API of the workflow engine */
	[SE_SAS_REQUIRED] = { 401, ENVELOPE_PLAIN, "DirectApiAuthorizationRequired",
		"The request must be authenticated only by Shared Access scheme.",
		"Die Anforderung darf nur mit dem Schema 'Shared Access' authentifiziert werden.",
		"Forespørselen må bare godkjennes med skjemaet Shared Access." },
	[SE_SAS_AND_BEARER] = { 401, ENVELOPE_PLAIN, "DirectApiRequestHasMoreThanOneAuthorization",
		"The request has both SAS authorization scheme and Bearer authorization scheme or internal token "
		"scheme. Only one scheme should be used.",
		"Die Anforderung verwendet sowohl das SAS- als auch das Bearer-Autorisierungsschema oder das Schema "
		"für interne Token. Es darf nur ein Schema verwendet werden.",
		"Forespørselen har både SAS-godkjenningsskjema og Bearer-godkjenningsskjema eller internt "
		"token-skjema. Bare ett skjema skal brukes." },
	[SE_SAS_INVALID] = { 401, ENVELOPE_PLAIN, "AuthorizationFailed",
		"The authentication credentials are not valid.",
		"Die Anmeldeinformationen für die Authentifizierung sind ungültig.",
		"Påloggingsinformasjonen er ugyldig." },
	/* pub: the direct API of the workflow engine */
	[SE_CLAIMS] = { 401, ENVELOPE_PLAIN, "MisMatchingOAuthClaims",
		"One or more claims either missing or does not match with the open authentication access "
		"control policy.",
		"Mindestens ein Anspruch fehlt oder stimmt nicht mit der Zugriffssteuerungsrichtlinie für die "
		"offene Authentifizierung überein.",
		"Ett eller flere krav mangler eller samsvarer ikke med tilgangskontrollpolicyen for åpen "
		"godkjenning." },
	/* own */
	[SE_SAS_EXPIRED] = { 403, ENVELOPE_PLAIN, "AuthorizationFailed",
		"The provided SAS token is expired: the expiry time '{0}' is earlier than the current time '{1}'.",
		"Das angegebene SAS-Token ist abgelaufen: Der Ablaufzeitpunkt '{0}' liegt vor der aktuellen Zeit '{1}'.",
		"SAS-tokenet er utløpt: utløpstiden '{0}' er tidligere enn gjeldende tid '{1}'." },
	/* own: no answer of the approvals' API is public */
	[SE_APPROVAL_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "ApprovalNotFound",
		"Could not find approval '{0}'.",
		"Die Genehmigung '{0}' wurde nicht gefunden.",
		"Finner ikke godkjenningen '{0}'." },
	[SE_APPROVAL_REFUSED] = { 400, ENVELOPE_PLAIN, "ApprovalResponseNotAllowed",
		"The response to the approval is not allowed: {0}",
		"Die Antwort auf die Genehmigung ist nicht zulässig: {0}",
		"Svaret på godkjenningen er ikke tillatt: {0}" },
	/* rec */
	[SE_RATE_LIMIT] = { 429, ENVELOPE_GATEWAY, NULL,
		"Rate limit is exceeded. Try again in {0} seconds.",
		"Das Ratenlimit wurde überschritten. Versuchen Sie es in {0} Sekunden erneut.",
		"Frekvensgrensen er overskredet. Prøv på nytt om {0} sekunder." },
	/* pub: Dataverse */
	[SE_DV_NOT_FOUND] = { 404, ENVELOPE_PLAIN, "0x80040217",
		"Entity '{0}' With Id = {1} Does Not Exist",
		"Die Entität '{0}' mit der ID = {1} ist nicht vorhanden",
		"Enheten '{0}' med ID = {1} finnes ikke" },
	[SE_DV_FLOW_ERROR] = { 400, ENVELOPE_PLAIN, "0x80060467",
		"Flow client error returned with status code \"BadRequest\" and details "
		"\"{\"error\":{\"code\":\"{0}\",\"message\":\"{1}\"}}\".",
		"Der Flow-Client hat einen Fehler mit dem Statuscode \"BadRequest\" und den Details "
		"\"{\"error\":{\"code\":\"{0}\",\"message\":\"{1}\"}}\" zurückgegeben.",
		"Flytklienten returnerte en feil med statuskoden \"BadRequest\" og detaljene "
		"\"{\"error\":{\"code\":\"{0}\",\"message\":\"{1}\"}}\"." },
	[SE_DV_PRIVILEGE] = { 403, ENVELOPE_PLAIN, "0x80040220",
		"Principal user (Id={0}, type=8) is missing {1} privilege on the entity '{2}'.",
		"Dem Prinzipalbenutzer (ID={0}, Typ=8) fehlt das Recht {1} für die Entität '{2}'.",
		"Hovedbrukeren (Id={0}, type=8) mangler rettigheten {1} på enheten '{2}'." },
	[SE_DV_SYNTAX] = { 400, ENVELOPE_PLAIN, "0x80060888",
		"Syntax error at position {0} in '{1}'.",
		"Syntaxfehler an Position {0} in '{1}'.",
		"Syntaksfeil i posisjon {0} i '{1}'." },
	[SE_BODY_TOO_LARGE] = { 413, ENVELOPE_PLAIN, "RequestEntityTooLarge",
		"The request content size exceeds the maximum size.",
		"Die Größe des Anforderungsinhalts überschreitet die maximale Größe.",
		"Innholdet i forespørselen er større enn maksimal størrelse." },
	[SE_INTERNAL] = { 500, ENVELOPE_PLAIN, "UnexpectedError",
		"An unexpected error occurred.",
		"Unerwarteter Fehler.",
		"Det oppstod en uventet feil." },
};

static struct str fill_in(struct arena *a, const char *text, const char *const arg[3])
{
	struct buf b;

	buf_init_in(&b, a, 65536);
	for (const char *p = text; *p; p++) {
		if (p[0] == '{' && p[1] >= '0' && p[1] <= '2' && p[2] == '}') {
			buf_addz(&b, arg[p[1] - '0'] ? arg[p[1] - '0'] : "");
			p += 2;
		} else {
			buf_addc(&b, *p);
		}
	}
	return buf_str(&b);
}

void answer_error(struct request *q, enum service_error e, const char *a0, const char *a1,
		  const char *a2)
{
	const char *language = request_language(q), *text = rows[e].en;
	struct str message;
	struct buf *b;

	if (!strcmp(language, "de"))
		text = rows[e].de;
	else if (!strcmp(language, "nb"))
		text = rows[e].nb;
	message = fill_in(&q->mem, text, (const char *const[]){ a0, a1, a2 });
	b = answer_begin(q, rows[e].status);
	switch (rows[e].envelope) {
	case ENVELOPE_PLAIN:
		emit(b, "{'error':{'code':'%s','message':'%S'}}", rows[e].code, message);
		break;
	case ENVELOPE_ARM:
		message = emit_str(&q->mem, "{'error':{'code':'%s','message':'%S'}}", rows[e].code,
				   message);
		emit(b,
		     "{'error':{'code':'AzureResourceManagerRequestFailed','message':'Request to "
		     "Azure Resource Manager failed with error: \\u0027%S\\u0027.'}}",
		     message);
		break;
	case ENVELOPE_GATEWAY:
		emit(b, "{'statusCode':%d,'message':'%S'}", (int)rows[e].status, message);
		break;
	}
}
