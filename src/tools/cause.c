/*
 * cause.c - codes and what they stand for.
 *
 * Sources: the error references of Power Automate, Dataverse, SharePoint and Microsoft Graph;
 * recorded answers; public threads that quote the service.
 */
#include "tools/cause.h"

#include "base/limits.h"
#include "wdl/functions.h"

static const struct {
	const char *name, *words, *advice;
} causes[CAUSE__MAX] = {
	[CAUSE_UNKNOWN] = { "unknown", "the reason could not be told",
			    "Look at the action's inputs and outputs." },
	[CAUSE_NULL] = { "null_in_expression", "an expression meets a value that is not there",
			 "Give the value a stand-in with coalesce(), or check for it before." },
	[CAUSE_PATH] = { "wrong_path", "an expression reads a member that is called otherwise",
			 "Write the member's name as the data has it." },
	[CAUSE_TYPE] = { "type_mismatch", "an expression meets a value of another type",
			 "Convert the value, or read another part of it." },
	[CAUSE_INPUT] = { "bad_input_data", "the data is not what the other side takes",
			  "Correct the data at its source, or check it before this action." },
	[CAUSE_CONNECTION] = { "connection", "the connection is broken or another user's",
			       "A person signs in to the connection again, or binds their own." },
	[CAUSE_PERMISSION] = { "permission", "the account may not do this",
			       "Give the connection's account the right it lacks." },
	[CAUSE_NOT_FOUND] = { "not_found", "what is asked for does not exist",
			      "Look whether it was deleted, moved or named wrongly." },
	[CAUSE_THROTTLED] = { "throttled", "the other side limits how often it is called",
			      "Call less often: lower the loop's concurrency, widen the retry policy." },
	[CAUSE_TIMEOUT] = { "timeout", "it took longer than it may",
			    "Ask for less at once, or raise the action's timeout." },
	[CAUSE_LIMIT] = { "limit", "something is larger or more than allowed",
			  "Ask for less: filter, select columns, page or chunk." },
	[CAUSE_LICENCE] = { "licence_or_dlp", "a licence or a data policy forbids it",
			    "An administrator looks at the licence and the data policies." },
	[CAUSE_SERVICE] = { "service_fault", "the other side failed",
			    "Resubmit the run; when it goes on, ask the service's owner." },
	[CAUSE_DESIGN] = { "design_error", "the definition itself cannot work",
			   "Change the definition; validate_live_flow shows what is wrong." },
	[CAUSE_TERMINATED] = { "terminated", "it was ended on purpose", "Nothing broke." },
	[CAUSE_NONE] = { "none", "nothing failed", "" },
};

const char *cause_name(enum cause c)
{
	return causes[c < CAUSE__MAX ? c : CAUSE_UNKNOWN].name;
}

const char *cause_words(enum cause c)
{
	return causes[c < CAUSE__MAX ? c : CAUSE_UNKNOWN].words;
}

const char *cause_advice(enum cause c)
{
	return causes[c < CAUSE__MAX ? c : CAUSE_UNKNOWN].advice;
}

/* ---- the table; a * at the end: whatever follows ---- */

static const struct {
	const char *code;
	enum cause cause;
} rows[] = {
	/* Connections: ours, Entra's, the connectors'. */
	{ "ConnectionAuthorizationFailed", CAUSE_CONNECTION },
	{ "ConnectionNotConfigured", CAUSE_CONNECTION },
	{ "ConnectionNotFound", CAUSE_CONNECTION },
	{ "InvalidConnectionCredentials", CAUSE_CONNECTION },
	{ "InvokerConnectionOverrideFailed", CAUSE_CONNECTION },
	{ "InvalidAuthenticationToken*", CAUSE_CONNECTION },
	{ "ExpiredAuthenticationToken", CAUSE_CONNECTION },
	{ "AuthenticationFailed", CAUSE_CONNECTION },
	{ "Unauthenticated", CAUSE_CONNECTION },
	{ "Unauthorized", CAUSE_CONNECTION },
	{ "invalid_grant", CAUSE_CONNECTION },
	{ "interaction_required", CAUSE_CONNECTION },
	{ "AADSTS*", CAUSE_CONNECTION },
	{ "WindowsIdentityIncorrect", CAUSE_CONNECTION },
	/* Rights. */
	{ "Forbidden", CAUSE_PERMISSION },
	{ "AccessDenied", CAUSE_PERMISSION },
	{ "ErrorAccessDenied", CAUSE_PERMISSION },
	{ "Authorization_RequestDenied", CAUSE_PERMISSION },
	{ "InsufficientCdsPermissions", CAUSE_PERMISSION },
	{ "EnvironmentAccessDenied", CAUSE_PERMISSION },
	{ "notAllowed", CAUSE_PERMISSION },
	{ "0x80040220", CAUSE_PERMISSION },
	{ "0x80048306", CAUSE_PERMISSION },
	{ "-2147024891*", CAUSE_PERMISSION },
	/* Not there. */
	{ "NotFound", CAUSE_NOT_FOUND },
	{ "itemNotFound", CAUSE_NOT_FOUND },
	{ "ErrorItemNotFound", CAUSE_NOT_FOUND },
	{ "ErrorFolderNotFound", CAUSE_NOT_FOUND },
	{ "ErrorNonExistentMailbox", CAUSE_NOT_FOUND },
	{ "MailboxNotEnabledForRESTAPI", CAUSE_NOT_FOUND },
	{ "ResourceNotFound", CAUSE_NOT_FOUND },
	{ "Request_ResourceNotFound", CAUSE_NOT_FOUND },
	{ "FlowNotFound", CAUSE_NOT_FOUND },
	{ "WorkflowNotFound", CAUSE_NOT_FOUND },
	{ "0x80040217", CAUSE_NOT_FOUND },
	{ "0x80060888", CAUSE_INPUT },
	{ "-2130575338*", CAUSE_NOT_FOUND },
	{ "-2130575322*", CAUSE_NOT_FOUND },
	{ "-2147024894*", CAUSE_NOT_FOUND },
	{ "-1, Microsoft.SharePoint.Client.ResourceNotFoundException", CAUSE_NOT_FOUND },
	/* Too often. */
	{ "TooManyRequests", CAUSE_THROTTLED },
	{ "TooManyConcurrentRequests", CAUSE_THROTTLED },
	{ "RateLimitExceeded", CAUSE_THROTTLED },
	{ "ApplicationThrottled", CAUSE_THROTTLED },
	{ "ActivityLimitReached", CAUSE_THROTTLED },
	{ "ErrorServerBusy", CAUSE_THROTTLED },
	{ "0x80072321", CAUSE_THROTTLED },
	{ "0x80072322", CAUSE_THROTTLED },
	{ "0x80072326", CAUSE_THROTTLED },
	/* Too long. */
	{ "ActionTimedOut", CAUSE_TIMEOUT },
	{ "ActionResponseTimedOut", CAUSE_TIMEOUT },
	{ "RequestTimeout", CAUSE_TIMEOUT },
	{ "GatewayTimeout", CAUSE_TIMEOUT },
	{ "OperationTimedOut", CAUSE_TIMEOUT },
	{ "UntilLoopLimitsExceeded", CAUSE_TIMEOUT },
	{ "0x80044151", CAUSE_TIMEOUT },
	/* Too large, too many. */
	{ "RequestEntityTooLarge", CAUSE_LIMIT },
	{ "RequestUriTooLong", CAUSE_LIMIT },
	{ "ErrorMessageSizeExceeded", CAUSE_LIMIT },
	{ "quotaLimitReached", CAUSE_LIMIT },
	{ "-2147024860*", CAUSE_LIMIT },
	/* Licence and data policy. */
	{ "PaymentRequired", CAUSE_LICENCE },
	{ "DlpViolation", CAUSE_LICENCE },
	{ "ApiPolicyDataFlowViolation", CAUSE_LICENCE },
	{ "CompanyDlpViolation", CAUSE_LICENCE },
	/* The other side. */
	{ "ServiceUnavailable", CAUSE_SERVICE },
	{ "BadGateway", CAUSE_SERVICE },
	{ "NoResponse", CAUSE_SERVICE },
	{ "generalException", CAUSE_SERVICE },
	{ "serviceNotAvailable", CAUSE_SERVICE },
	{ "ErrorInternalServerError", CAUSE_SERVICE },
	{ "UnexpectedError", CAUSE_SERVICE },
	/* Desktop flows: the machine's session. */
	{ "NoUnlockedActiveSessionForAttended", CAUSE_SERVICE },
	{ "AttendedUserSessionNotActive", CAUSE_SERVICE },
	{ "AttendedUserNotLoggedIn", CAUSE_SERVICE },
	{ "SessionCreationError*", CAUSE_SERVICE },
	{ "SessionCreationWinLogonFailure", CAUSE_SERVICE },
	{ "SessionExistsForTheUserWhenUnattended", CAUSE_SERVICE },
	{ "TooManyActiveSessions", CAUSE_LIMIT },
	{ "LocalPlaybackOrRecordingOngoing", CAUSE_SERVICE },
	{ "InvalidUIFlowsCertificates", CAUSE_SERVICE },
	{ "UnsupportedRpaScriptSchemaVersion", CAUSE_DESIGN },
	/* Data. */
	{ "TriggerInputSchemaMismatch", CAUSE_INPUT },
	{ "InvalidRequestContent", CAUSE_INPUT },
	{ "OpenApiOperationParameterValidationFailed", CAUSE_INPUT },
	{ "OpenApiOperationParameterTypeConversionFailed", CAUSE_INPUT },
	{ "InvalidRequest", CAUSE_INPUT },
	{ "invalidRequest", CAUSE_INPUT },
	{ "ErrorInvalidRecipients", CAUSE_INPUT },
	{ "ErrorInvalidIdMalformed", CAUSE_INPUT },
	{ "Request_BadRequest", CAUSE_INPUT },
	{ "nameAlreadyExists", CAUSE_INPUT },
	{ "Conflict", CAUSE_INPUT },
	{ "UnprocessableEntity", CAUSE_INPUT },
	{ "UnsupportedMediaType", CAUSE_INPUT },
	{ "0x80040237", CAUSE_INPUT },
	{ "0x80040203", CAUSE_INPUT },
	{ "0x80040265", CAUSE_INPUT },
	{ "0x80048d19", CAUSE_INPUT },
	{ "0x80044331", CAUSE_INPUT },
	{ "-2130575257*", CAUSE_INPUT },
	{ "-1, Microsoft.SharePoint.Client.InvalidClientQueryException", CAUSE_INPUT },
	/* The definition. */
	{ "ActionSchemaNotSupported", CAUSE_DESIGN },
	{ "InvalidWorkflowRunAction*", CAUSE_DESIGN },
	{ "InvalidOpenApiFlow", CAUSE_DESIGN },
	{ "WorkflowOperationInputsApiOperationNotFound", CAUSE_DESIGN },
	{ "ActionConditionFailed", CAUSE_TYPE },
	{ "MethodNotAllowed", CAUSE_DESIGN },
	/* A redirection that the HTTP action does not follow: the address is not the right one. */
	{ "Found", CAUSE_DESIGN },
	{ "MovedPermanently", CAUSE_DESIGN },
	{ "SeeOther", CAUSE_DESIGN },
	{ "TemporaryRedirect", CAUSE_DESIGN },
	/* Ended. */
	{ "Terminated", CAUSE_TERMINATED },
	{ "Cancelled", CAUSE_TERMINATED },
};

/* What HTTP says where nobody says more. */
static const struct {
	const char *status;
	enum cause cause;
} statuses[] = {
	{ "400", CAUSE_INPUT },      { "401", CAUSE_CONNECTION }, { "402", CAUSE_LICENCE },
	{ "403", CAUSE_PERMISSION }, { "404", CAUSE_NOT_FOUND },  { "405", CAUSE_DESIGN },
	{ "406", CAUSE_INPUT },      { "408", CAUSE_TIMEOUT },    { "409", CAUSE_INPUT },
	{ "410", CAUSE_NOT_FOUND },  { "411", CAUSE_INPUT },      { "412", CAUSE_INPUT },
	{ "413", CAUSE_LIMIT },      { "414", CAUSE_LIMIT },      { "415", CAUSE_INPUT },
	{ "422", CAUSE_INPUT },      { "423", CAUSE_SERVICE },    { "424", CAUSE_SERVICE },
	{ "429", CAUSE_THROTTLED },  { "500", CAUSE_SERVICE },    { "501", CAUSE_SERVICE },
	{ "502", CAUSE_SERVICE },    { "503", CAUSE_SERVICE },    { "504", CAUSE_TIMEOUT },
	{ "507", CAUSE_LIMIT },      { "509", CAUSE_THROTTLED },
};

/* Codes of failures that lie in an expression or in what was made of it. */
static const char *const of_expressions[] = {
	"InvalidTemplate", "ExpressionEvaluationFailed", "ValidationFailed", "InvalidJSON",
	"ActionConditionFailed",
};

static bool matches(struct str code, const char *row)
{
	struct str r = str_from(row);

	if (r.n && r.p[r.n - 1] == '*')
		return str_starts_nocase(code, str_first(r, r.n - 1));
	return str_eq_nocase(code, r);
}

static enum cause by_code(struct str code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (matches(code, rows[i].code))
			return rows[i].cause;
	return CAUSE_UNKNOWN;
}

static enum cause by_status(struct str status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (str_eq(status, str_from(statuses[i].status)))
			return statuses[i].cause;
	return CAUSE_UNKNOWN;
}

static bool is_of_expression(struct str code)
{
	for (size_t i = 0; i < sizeof(of_expressions) / sizeof(*of_expressions); i++)
		if (str_eq(code, str_from(of_expressions[i])))
			return true;
	return false;
}

/* ---- gathering codes, innermost first ---- */

static void add_code(struct cause_found *f, struct str code)
{
	if (!code.n || code.n > 200)
		return;
	for (size_t i = 0; i < f->count; i++)
		if (str_eq_nocase(f->codes[i], code))
			return;
	if (f->count < CAUSE_CODES)
		f->codes[f->count++] = code;
}

/* A string that holds JSON, also after a sentence: "... failed with error: '{...}'". */
static const struct json *opened(struct arena *a, const struct json *v)
{
	struct str s = str_trim(json_str(v));
	const struct json *inner;
	ptrdiff_t at = str_find_char(s, '{');
	size_t end = s.n;

	if (!json_is(v, JSON_STRING) || at < 0)
		return v;
	while (end > (size_t)at && s.p[end - 1] != '}')
		end--;
	inner = json_parse(a, str_n(s.p + at, end - (size_t)at), JSON_ANSWER, NULL);
	return inner ? inner : v;
}

static struct str as_code(struct arena *a, const struct json *v)
{
	struct str s = json_is(v, JSON_NUMBER) ? json_number_text(v) : str_trim(json_str(v));

	/* A word, or SharePoint's "-2130575338, Microsoft.SharePoint.SPException". */
	if (str_find_char(s, ' ') >= 0 && str_find(s, S(", ")) < 0)
		return str_find(s, S("AADSTS")) >= 0 ?
			       str_first(str_from_at(s, (size_t)str_find(s, S("AADSTS"))), 11) :
			       S("");
	return str_dup(a, s);
}

static void gather(struct arena *a, struct cause_found *f, const struct json *v, unsigned depth)
{
	static const char *const deeper[] = { "innerError", "innererror", "innerException", "error",
					      "odata.error", "message", "Message", "details" };
	static const char *const named[] = { "code", "Code", "errorCode", "ErrorCode", "error" };

	v = opened(a, v);
	if (!depth)
		return;
	if (json_is(v, JSON_ARRAY))
		v = json_first(v);
	if (!json_is(v, JSON_OBJECT))
		return;
	for (size_t i = 0; i < sizeof(deeper) / sizeof(*deeper); i++)
		gather(a, f, json_get(v, deeper[i]), depth - 1);
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (!json_is(json_get(v, named[i]), JSON_OBJECT))
			add_code(f, as_code(a, json_get(v, named[i])));
	JSON_EACH(n, json_get(v, "error_codes"))
		add_code(f, str_fmt(a, "AADSTS%.*s", STR_ARG(json_number_text(n))));
}

static struct str status_of(struct arena *a, const struct json *outputs, const struct json *error)
{
	const struct json *at[] = { json_get(outputs, "statusCode"), json_get(error, "statusCode"),
				    json_at(outputs, "/body/statusCode"),
				    json_at(outputs, "/body/status") };

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		struct str s = json_is(at[i], JSON_NUMBER) ? json_number_text(at[i]) :
							     json_str(at[i]);

		if (by_status(s) != CAUSE_UNKNOWN)
			return str_dup(a, s);
	}
	return S("");
}

/* Codes that say "it failed" and no more. */
static bool is_empty_word(struct str code)
{
	static const char *const words[] = { "ActionFailed", "NotSpecified", "BadRequest", "Failed",
					     "InternalServerError", "OK" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(code, str_from(words[i])))
			return true;
	return false;
}

struct cause_found cause_of(struct arena *a, struct str status, struct str code,
			    const struct json *error, const struct json *outputs)
{
	struct cause_found f = { .code = S(""), .status = S("") };

	outputs = opened(a, outputs);
	gather(a, &f, json_get(outputs, "body"), 8);
	if (!json_get(outputs, "body"))
		gather(a, &f, outputs, 8);
	gather(a, &f, error, 8);
	add_code(&f, code);
	f.status = status_of(a, outputs, error);
	if (!f.status.n && by_status(code) != CAUSE_UNKNOWN)
		f.status = code;
	for (size_t i = 0; i < f.count && f.cause == CAUSE_UNKNOWN; i++) {
		f.expression |= is_of_expression(f.codes[i]);
		f.cause = by_code(f.codes[i]);
		if (f.cause != CAUSE_UNKNOWN)
			f.code = f.codes[i];
	}
	if (f.expression && !f.status.n)
		f.cause = CAUSE_UNKNOWN;
	if (f.cause == CAUSE_UNKNOWN && !f.expression && f.status.n) {
		f.cause = by_status(f.status);
		f.code = f.status;
		f.by_status = true;
	}
	if (f.cause == CAUSE_UNKNOWN && str_eq_nocase(status, S("TimedOut")))
		f.cause = CAUSE_TIMEOUT;
	if (f.cause == CAUSE_UNKNOWN && str_eq_nocase(status, S("Cancelled")))
		f.cause = CAUSE_TERMINATED;
	/* "BadRequest" and no more is the engine's word for inputs that do not fit. */
	if (f.cause == CAUSE_UNKNOWN && !f.expression)
		for (size_t i = 0; i < f.count; i++)
			f.expression |= str_eq(f.codes[i], S("BadRequest"));
	for (size_t i = 0; i < f.count && f.cause == CAUSE_UNKNOWN && !f.expression; i++)
		if (str_eq(f.codes[i], S("InternalServerError")) || !is_empty_word(f.codes[i])) {
			f.cause = str_eq(f.codes[i], S("InternalServerError")) ? CAUSE_SERVICE :
										 CAUSE_UNKNOWN;
			f.code = f.codes[i];
		}
	return f;
}

enum cause cause_of_fault(enum wdl_fault_kind kind)
{
	static const enum cause map[WDL_FAULT__MAX] = {
		[WDL_FAULT_NULL] = CAUSE_NULL, [WDL_FAULT_PATH] = CAUSE_PATH,
		[WDL_FAULT_TYPE] = CAUSE_TYPE, [WDL_FAULT_DATA] = CAUSE_INPUT,
		[WDL_FAULT_DESIGN] = CAUSE_DESIGN,
	};

	return kind < WDL_FAULT__MAX ? map[kind] : CAUSE_UNKNOWN;
}

/* ---- names in quotes ---- */

static bool quotes(struct str message, const char *name)
{
	size_t n = strlen(name);

	for (struct str s = message;;) {
		ptrdiff_t at = str_find(s, str_from(name));

		if (at < 0)
			return false;
		if (at > 0 && (size_t)at + n < s.n && s.p[at - 1] == '\'' &&
		    s.p[(size_t)at + n] == '\'')
			return true;
		s = str_from_at(s, (size_t)at + 1);
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

/* JSON's own word. */
static bool says_null(struct str message)
{
	for (struct str s = message;;) {
		ptrdiff_t at = str_find(s, S("null"));

		if (at < 0)
			return false;
		if ((at == 0 || !is_letter(s.p[at - 1])) &&
		    ((size_t)at + 4 == s.n || !is_letter(s.p[at + 4])))
			return true;
		s = str_from_at(s, (size_t)at + 1);
	}
}

/* A function that reads text, and no type that it would have wanted: the text is at fault. */
static bool quotes_reader(struct str message)
{
	size_t count;
	const struct wdl_function *f = wdl_functions(&count);

	for (size_t i = 0; i < count; i++)
		if (wdl_reads_text(&f[i]) && quotes(message, f[i].name))
			return true;
	return false;
}

/* The engine lists the members that there are: '@odata.type, @odata.id, ...'. */
static bool lists_members(struct str message)
{
	struct str rest = message;
	size_t accesses = 0;

	while (str_find(rest, S("']")) >= 0) {
		rest = str_from_at(rest, (size_t)str_find(rest, S("']")) + 2);
		accesses++;
	}
	return accesses && str_find(rest, S(", ")) >= 0;
}

enum cause cause_of_names(struct str message)
{
	static const char *const types[] = { "String", "Integer", "Float", "Boolean", "Array",
					     "Object" };

	if (quotes(message, "Null"))
		return CAUSE_NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (quotes(message, types[i]))
			return CAUSE_TYPE;
	if (lists_members(message))
		return CAUSE_PATH;
	if (quotes_reader(message))
		return CAUSE_INPUT;
	return says_null(message) ? CAUSE_NULL : CAUSE_UNKNOWN;
}
