/*
 * entra_errors.c - what Entra says when it refuses.
 *
 * Codes, OAuth errors and suberrors follow Microsoft's error reference (AADSTS codes) and MSAL's
 * classification; texts are shortened from it.  {0} takes the caller's value.
 */
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra_parts.h"
#include "tenant/memory.h"
#include "text/crypt.h"

struct row {
	int code;
	const char *error, *suberror, *text;
	unsigned status; /* 0: 400 */
};

static const struct row rows[] = {
	{ 16000, "interaction_required", NULL, "User account '{0}' from identity provider does not exist in tenant and cannot access the application.", 0 },
	{ 28000, "invalid_request", NULL, "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {0} is not valid.", 0 },
	{ 28002, "invalid_scope", NULL, "Provided value for the input parameter scope '{0}' is not valid when requesting an access token.", 0 },
	{ 28003, "invalid_scope", NULL, "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code.", 0 },
	{ 50001, "invalid_resource", NULL, "The resource '{0}' is disabled or does not exist.", 0 },
	{ 50002, "access_denied", NULL, "Sign-in failed because of a restricted proxy access on the tenant.", 0 },
	{ 50005, "interaction_required", "additional_action", "User tried to log in to a device from a platform that's currently not supported through Conditional Access policy.", 0 },
	{ 50011, "invalid_request", NULL, "The redirect URI '{0}' specified in the request does not match the redirect URIs configured for the application.", 0 },
	{ 50020, "invalid_grant", NULL, "User account '{0}' from identity provider does not exist in tenant and cannot access the application. The account needs to be added as an external user in the tenant first.", 0 },
	{ 50033, "temporarily_unavailable", NULL, "A transient error has occurred. Please try again.", 503 },
	{ 50034, "invalid_grant", NULL, "The user account does not exist in the directory. To sign into this application, the account must be added to the directory.", 0 },
	{ 50049, "invalid_request", NULL, "Unknown or invalid instance.", 0 },
	{ 50053, "invalid_grant", NULL, "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.", 0 },
	{ 50055, "invalid_grant", "user_password_expired", "The password is expired.", 0 },
	{ 50057, "invalid_grant", NULL, "The user account is disabled.", 0 },
	{ 50059, "invalid_request", NULL, "No tenant-identifying information found in either the request or implied by any provided credentials.", 0 },
	{ 50072, "interaction_required", "basic_action", "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{0}'.", 0 },
	{ 50074, "interaction_required", "basic_action", "Strong Authentication is required.", 0 },
	{ 50076, "interaction_required", "basic_action", "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{0}'.", 0 },
	{ 50078, "interaction_required", "basic_action", "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access '{0}'.", 0 },
	{ 50079, "interaction_required", "basic_action", "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{0}'.", 0 },
	{ 50087, "temporarily_unavailable", NULL, "A transient error has occurred during strong authentication. Please try again.", 503 },
	{ 50088, "temporarily_unavailable", NULL, "Limit on telecom MFA calls reached. Please try again in a few minutes.", 503 },
	{ 50089, "invalid_grant", NULL, "Authentication failed due to flow token expired.", 0 },
	{ 50097, "interaction_required", "device_authentication_failed", "Device authentication is required.", 0 },
	{ 50105, "invalid_grant", NULL, "Your administrator has configured the application '{0}' to block users unless they are specifically granted access to the application.", 0 },
	{ 50128, "invalid_grant", NULL, "Invalid domain name - no tenant-identifying information found in either the request or implied by any provided credentials.", 0 },
	{ 50132, "invalid_grant", NULL, "The session is not valid due to the following reasons: password expiration or recent password change.", 0 },
	{ 50133, "invalid_grant", NULL, "The session is not valid due to password expiration or recent password change.", 0 },
	{ 50134, "invalid_grant", NULL, "Wrong data center. The authorization code was issued in another region.", 0 },
	{ 50144, "invalid_grant", "user_password_expired", "The user's Active Directory password has expired.", 0 },
	{ 50158, "interaction_required", "additional_action", "External security challenge not satisfied. User will be redirected to another page or authentication provider to satisfy additional authentication challenges.", 0 },
	{ 50161, "interaction_required", "additional_action", "Failed to validate authorization url of external claims provider.", 0 },
	{ 50173, "invalid_grant", "bad_token", "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.", 0 },
	{ 50187, "invalid_grant", NULL, "The service failed to perform device authentication.", 0 },
	{ 50194, "invalid_request", NULL, "Application '{0}' is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps. Use a tenant-specific endpoint.", 0 },
	{ 50196, "invalid_grant", NULL, "The server terminated an operation because it encountered a client request loop. Please contact your app vendor.", 0 },
	{ 50199, "interaction_required", NULL, "For security reasons, user confirmation is required for this request. Please repeat the request allowing user interaction.", 0 },
	{ 51004, "invalid_grant", NULL, "The user account does not exist in the directory.", 0 },
	{ 53000, "invalid_grant", "message_only", "Your device is required to be managed to access this resource.", 0 },
	{ 53001, "invalid_grant", "message_only", "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device.", 0 },
	{ 53002, "invalid_grant", "message_only", "The application used is not an approved application for Conditional Access.", 0 },
	{ 53003, "invalid_grant", "message_only", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.", 0 },
	{ 53004, "invalid_grant", "additional_action", "The user needs to complete the multi-factor authentication registration process before accessing this content.", 0 },
	{ 53011, "invalid_grant", "message_only", "User blocked due to risk on home tenant.", 0 },
	{ 54005, "invalid_grant", "bad_token", "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.", 0 },
	{ 65001, "invalid_grant", "consent_required", "The user or administrator has not consented to use the application with ID '{0}'. Send an interactive authorization request for this user and resource.", 0 },
	{ 65002, "invalid_request", NULL, "Consent between first party application '{0}' and first party resource must be configured via preauthorization - applications owned and operated by Microsoft must get approval from the API owner before requesting tokens for that API.", 0 },
	{ 65004, "access_denied", NULL, "User declined to consent to access the app.", 0 },
	{ 65005, "invalid_resource", NULL, "The application required resource access list does not contain applications discoverable by the resource '{0}'.", 0 },
	{ 70000, "invalid_grant", "bad_token", "Provided grant is invalid or malformed.", 0 },
	{ 70001, "unauthorized_client", NULL, "Application with identifier '{0}' was not found in the directory.", 0 },
	{ 70003, "unsupported_grant_type", NULL, "The app requested an unsupported grant type '{0}'.", 0 },
	{ 70005, "unsupported_response_type", NULL, "The app requested an unsupported response type.", 0 },
	{ 70008, "invalid_grant", "token_expired", "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.", 0 },
	{ 70011, "invalid_scope", NULL, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {0} is not valid.", 0 },
	{ 70016, "authorization_pending", NULL, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.", 0 },
	{ 70018, "bad_verification_code", NULL, "Invalid verification code due to user typing in wrong user code for device code flow.", 0 },
	{ 70019, "code_expired", NULL, "Verification code expired. Have the user retry the sign-in.", 0 },
	{ 70020, "expired_token", NULL, "The provided value for the input parameter 'device_code' is not valid. This device code has expired.", 0 },
	{ 70043, "invalid_grant", "bad_token", "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on {0} and the maximum allowed lifetime for this request is 43200.", 0 },
	{ 70044, "invalid_grant", "bad_token", "The session has expired or is invalid due to sign-in frequency checks by conditional access.", 0 },
	{ 90002, "invalid_request", NULL, "Tenant '{0}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", 0 },
	{ 90006, "temporarily_unavailable", NULL, "External Server Retryable Error. The service is temporarily unavailable.", 503 },
	{ 90008, "invalid_grant", NULL, "The user or administrator has not consented to use the application with ID '{0}'. This happened because application is misconfigured.", 0 },
	{ 90012, "temporarily_unavailable", NULL, "Request timed out.", 503 },
	{ 90014, "invalid_request", NULL, "The required field '{0}' is missing from the credential.", 0 },
	{ 90024, "temporarily_unavailable", NULL, "Request budget exceeded. A transient error has occurred.", 503 },
	{ 90033, "temporarily_unavailable", NULL, "A transient error has occurred. Please try again.", 503 },
	{ 90038, "invalid_request", NULL, "Tenant '{0}' request is being redirected to the National Cloud.", 0 },
	{ 90055, "temporarily_unavailable", NULL, "There have been too many requests in too short a time. Please wait and try again later.", 429 },
	{ 90072, "invalid_grant", NULL, "User account '{0}' from identity provider does not exist in tenant and cannot access the application.", 0 },
	{ 90094, "invalid_grant", "consent_required", "Admin consent is required.", 0 },
	{ 90095, "invalid_grant", "consent_required", "Admin consent is required for the permissions requested by this application.", 0 },
	{ 90119, "invalid_grant", NULL, "The user code is null or empty.", 0 },
	{ 90120, "invalid_grant", NULL, "The request was already authorized or declined.", 0 },
	{ 90124, "invalid_request", NULL, "Resource '{0}' is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.", 0 },
	{ 90130, "invalid_request", NULL, "Application '{0}' is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.", 0 },
	{ 500011, "invalid_resource", NULL, "The resource principal named {0} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.", 0 },
	{ 500021, "access_denied", NULL, "Access to tenant is denied.", 0 },
	{ 500022, "access_denied", NULL, "Access to the tenant is denied by tenant restrictions.", 0 },
	{ 500212, "access_denied", NULL, "The user's administrator has set an outbound access policy that does not allow access to the resource tenant.", 0 },
	{ 500213, "access_denied", NULL, "The resource tenant's cross-tenant access policy does not allow this user to access this tenant.", 0 },
	{ 501481, "invalid_grant", NULL, "The Code_Verifier does not match the code_challenge supplied in the authorization request.", 0 },
	{ 530032, "invalid_grant", "message_only", "Blocked by Conditional Access on security policy.", 0 },
	{ 530034, "invalid_grant", NULL, "A delegated administrator was blocked from accessing the tenant due to account risk in their home tenant.", 0 },
	{ 530035, "invalid_grant", "message_only", "Access has been blocked by security defaults. This is due to the request using legacy auth or being deemed unsafe by security defaults policies.", 0 },
	{ 530036, "invalid_grant", "message_only", "The refresh token is not valid due to authentication flow checks by Conditional Access policies.", 0 },
	{ 650052, "invalid_resource", NULL, "The app is trying to access a service '{0}' that your organization lacks a service principal for.", 0 },
	{ 650056, "invalid_client", NULL, "Misconfigured application. The client has not listed any permissions in the requested permissions in the client's application registration.", 0 },
	{ 650057, "invalid_resource", NULL, "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Resource value from request: {0}.", 0 },
	{ 700016, "unauthorized_client", NULL, "Application with identifier '{0}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.", 0 },
	{ 700022, "invalid_scope", NULL, "Invalid multiple resources scope. The provided value for the input parameter scope isn't valid because it contains more than one resource.", 0 },
	{ 700025, "invalid_client", NULL, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.", 0 },
	{ 700027, "invalid_client", NULL, "Client assertion contains an invalid signature.", 0 },
	{ 700082, "invalid_grant", "token_expired", "The refresh token has expired due to inactivity. The token was issued on {0} and was inactive for 90.00:00:00.", 0 },
	{ 900382, "invalid_request", NULL, "Confidential Client is not supported in Cross Cloud request.", 0 },
	{ 901002, "invalid_request", NULL, "The 'resource' request parameter is not supported.", 0 },
	{ 1000104, "invalid_request", NULL, "The tenant lives in another national cloud.", 0 },
	{ 7000112, "unauthorized_client", NULL, "Application '{0}' is disabled.", 0 },
	{ 7000215, "invalid_client", NULL, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.", 401 },
	{ 7000218, "invalid_client", NULL, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", 401 },
	{ 7000222, "invalid_client", NULL, "The provided client secret keys are expired.", 401 },
	{ 9001023, "invalid_request", NULL, "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.", 0 },
	{ 9010010, "invalid_target", NULL, "The resource parameter provided in the request doesn't match with the requested scopes.", 0 },
};

/* ---- scripted answers ---- */

struct scripted {
	struct list node;
	int code;
	unsigned status;
	int64_t count, retry_after;
	enum knob_audience audience; /* KA__MAX: any */
	char grant[24], error[48], suberror[48], claims[600];
};

static struct list script;

static void answer(struct request *q, unsigned status, const char *error, const char *suberror,
		   int code, const char *text, const char *what, const char *claims)
{
	struct str id = request_header(q, "client-request-id");
	char trace[37], correlation[37], now[CLOCK_TEXT];
	struct buf message;
	struct buf *b;

	crypt_uuid(trace);
	crypt_uuid(correlation);
	if (id.n == 36)
		entra_copy(correlation, sizeof(correlation), id);
	clock_text_s(clock_now(), now);
	now[10] = ' ';
	buf_init_in(&message, &q->mem, 8192);
	if (code)
		buf_addf(&message, "AADSTS%d: ", code);
	for (const char *p = text; *p; p++) {
		if (!strncmp(p, "{0}", 3)) {
			buf_addz(&message, what ? what : "");
			p += 2;
		} else {
			buf_addc(&message, *p);
		}
	}
	buf_addf(&message, " Trace ID: %s Correlation ID: %s Timestamp: %s", trace, correlation,
		 now);
	b = answer_begin(q, status);
	emit(b, "{'error':'%s','error_description':'%S','error_codes':[", error, buf_str(&message));
	if (code)
		emit(b, "%d", code);
	emit(b, "],'timestamp':'%s','trace_id':'%s','correlation_id':'%s'", now, trace, correlation);
	if (code)
		emit(b, ",'error_uri':'%S/error?code=%d'", face_origin(q, FACE_LOGIN), code);
	if (suberror && *suberror)
		emit(b, ",'suberror':'%s'", suberror);
	if (claims && *claims)
		emit(b, ",'claims':'%s'", claims);
	buf_addc(b, '}');
}

static const struct row *row_of(int code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static const char *claims_of(int code)
{
	/* What a Conditional Access policy for one resource asks to be sent back at sign-in. */
	if (code == 50076 || code == 50079)
		return "{\"access_token\":{\"capolids\":{\"essential\":true,\"values\":"
		       "[\"4f1c8a2e-6d0b-4c53-9a7e-2b5d8e1f3c60\"]}}}";
	return NULL;
}

void entra_refuse(struct request *q, int code, const char *what)
{
	const struct row *r = row_of(code);

	answer(q, r->status ? r->status : 400, r->error, r->suberror, code, r->text, what,
	       claims_of(code));
}

void entra_refuse_plain(struct request *q, const char *error, int code, const char *text)
{
	answer(q, 400, error, NULL, code, text, NULL, NULL);
}

static struct scripted *find_scripted(const char *grant, enum knob_audience audience, bool exactly)
{
	if (!script.next)
		return NULL;
	LIST_EACH(node, &script) {
		struct scripted *s = LIST_ITEM(node, struct scripted, node);

		if ((*s->grant || exactly) && strcmp(s->grant, grant))
			continue;
		if (s->audience == KA__MAX || s->audience == audience)
			return s;
	}
	return NULL;
}

static void count_down(struct scripted *s)
{
	if (s->count > 0 && !--s->count) {
		list_remove(&s->node);
		free(s);
	}
}

bool entra_scripted(struct request *q, const char *grant, enum knob_audience audience)
{
	struct scripted *s = find_scripted(grant, audience, false);
	const struct row *r = s ? row_of(s->code) : NULL;

	if (!s)
		return false;
	if (s->retry_after)
		answer_header(q, "Retry-After",
			      str_fmt(&q->mem, "%lld", (long long)s->retry_after));
	answer(q, s->status ? s->status : r && r->status ? r->status : 400,
	       *s->error ? s->error : r->error,
	       *s->suberror ? s->suberror : r ? r->suberror : NULL, s->code,
	       r ? r->text : "Scripted by the control plane.", "practice",
	       *s->claims ? s->claims : claims_of(s->code));
	count_down(s);
	return true;
}

int entra_scripted_page(struct request *q, const char **error, const char **text)
{
	struct scripted *s = find_scripted("authorize", KA__MAX, true);
	const struct row *r = s ? row_of(s->code) : NULL;
	int code = s ? s->code : 0;

	if (!s)
		return 0;
	*error = *s->error ? str_c(&q->mem, str_from(s->error)) : NULL;
	*text = r ? r->text : "Scripted by the control plane.";
	count_down(s);
	return code;
}

bool entra_script_error(const struct json *v, const char **why)
{
	struct str audience = json_get_str(v, "audience");
	struct scripted *s;

	if (!script.next)
		list_init(&script);
	if (json_is_true(json_get(v, "clear"))) {
		entra_errors_free();
		return true;
	}
	s = must_alloc(sizeof(*s));
	s->code = (int)json_int(json_get(v, "code"), 0);
	s->status = (unsigned)json_int(json_get(v, "status"), 0);
	s->count = json_int(json_get(v, "count"), 1);
	s->retry_after = json_int(json_get(v, "retryAfter"), 0);
	entra_copy(s->grant, sizeof(s->grant), json_get_str(v, "grant"));
	entra_copy(s->error, sizeof(s->error), json_get_str(v, "error"));
	entra_copy(s->suberror, sizeof(s->suberror), json_get_str(v, "suberror"));
	entra_copy(s->claims, sizeof(s->claims), json_get_str(v, "claims"));
	s->audience = KA__MAX;
	for (int i = 0; i < KA__MAX; i++)
		if (str_eq(audience, str_from(knob_audience_name((enum knob_audience)i))))
			s->audience = (enum knob_audience)i;
	if ((!row_of(s->code) && !*s->error) || (audience.n && s->audience == KA__MAX)) {
		free(s);
		*why = "unknown code or audience";
		return false;
	}
	list_append(&script, &s->node);
	return true;
}

void entra_errors_free(void)
{
	while (script.next && !list_empty(&script)) {
		struct scripted *s = LIST_ITEM(script.next, struct scripted, node);

		list_remove(&s->node);
		free(s);
	}
}
