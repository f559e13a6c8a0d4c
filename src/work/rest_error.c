/*
 * rest_error.c - the service's error envelopes, unwrapped to one code and one sentence.
 *
 * Six of them are known: {"error":{code,message,innerError}}, {"statusCode","message"} of the
 * gateway, two OData forms, Entra's {"error","error_description"}, and an empty or HTML body.
 * Two services wrap JSON in the message string of another error; that is unwrapped too.
 */
#include "work/call_priv.h"

#include "work/service_codes.h"

enum { MESSAGE_BYTES = 2000 };

static const struct {
	int status;
	enum err err;
	const char *message;
} by_status[] = {
	{ 400, ERR_INVALID_ARGUMENT, "the service did not understand the request" },
	{ 401, ERR_REAUTH_REQUIRED, "the service did not accept the sign-in" },
	{ 403, ERR_FORBIDDEN, "the service does not allow this" },
	{ 404, ERR_NOT_FOUND, "the service has no such thing" },
	{ 405, ERR_UPSTREAM, "the service does not know this operation" },
	{ 408, ERR_TIMEOUT, "the service gave up waiting" },
	{ 409, ERR_CONFLICT, "somebody else changed this at the same time" },
	{ 410, ERR_NOT_FOUND, "this is gone" },
	{ 412, ERR_CONFLICT, "this was changed since it was read" },
	{ 413, ERR_TOO_LARGE, "the request is too large for the service" },
	{ 429, ERR_THROTTLED, "the service asks to slow down" },
	{ 502, ERR_UPSTREAM, "the service's gateway failed" },
	{ 503, ERR_UPSTREAM, "the service is busy" },
	{ 504, ERR_UPSTREAM, "the service took too long" },
};

static void from_status(int status, struct service_error *out)
{
	out->err = status >= 500 ? ERR_UPSTREAM : ERR_INVALID_ARGUMENT;
	out->message = status >= 500 ? "the service failed" : "the service refused the request";
	for (size_t i = 0; i < sizeof(by_status) / sizeof(*by_status); i++) {
		if (by_status[i].status != status)
			continue;
		out->err = by_status[i].err;
		out->message = by_status[i].message;
	}
}

static const char *text_of(struct arena *a, const struct json *v)
{
	return str_c(a, str_first_utf8(json_str(v), MESSAGE_BYTES));
}

/* A code may be a string or, from some gateways, a number. */
static const char *code_of(struct arena *a, const struct json *v)
{
	return json_type(v) == JSON_NUMBER ? str_c(a, json_number_text(v)) : text_of(a, v);
}

/* {"code","message"} with message possibly {"value":...} (OData). */
static bool read_pair(struct arena *a, const struct json *v, struct service_error *out)
{
	const struct json *message = json_get(v, "message");

	if (json_type(message) == JSON_OBJECT)
		message = json_get(message, "value");
	if (!json_str(message).n && !json_get(v, "code"))
		return false;
	out->code = code_of(a, json_get(v, "code"));
	if (json_str(message).n)
		out->message = text_of(a, message);
	return true;
}

/* The JSON object inside a message string: "... failed with error: '{...}'". */
static struct json *embedded(struct arena *a, struct str message)
{
	ptrdiff_t from = str_find_char(message, '{');
	size_t to = message.n;

	if (from < 0)
		return NULL;
	while (to > (size_t)from && message.p[to - 1] != '}')
		to--;
	return json_parse(a, str_n(message.p + from, to - (size_t)from), JSON_ANSWER, NULL);
}

static void read_inner(struct arena *a, const struct json *error, struct service_error *out)
{
	struct service_error inner = { .code = "", .message = "" };
	struct json *v = embedded(a, json_str(json_get(error, "message")));

	if (!v)
		return;
	if (json_get(v, "error"))
		v = json_get(v, "error");
	if (!read_pair(a, v, &inner))
		return;
	out->inner_code = inner.code;
	if (inner.message[0])
		out->message = inner.message;
}

static void read_document(struct arena *a, const struct json *doc, struct service_error *out)
{
	const struct json *error = json_get(doc, "error"), *odata;

	odata = json_get(error ? error : doc, "odata.error");
	if (json_type(error) == JSON_STRING) {
		out->code = text_of(a, error);
		if (json_get_str(doc, "error_description").n)
			out->message = text_of(a, json_get(doc, "error_description"));
	} else if (odata) {
		read_pair(a, odata, out);
	} else if (error) {
		read_pair(a, error, out);
		read_inner(a, error, out);
	} else if (read_pair(a, doc, out)) {
		read_inner(a, doc, out);
	}
}

/* "Try again in 12 seconds": the first integer is the wait in every language. */
static int64_t first_integer(struct str s)
{
	size_t i = 0, n = 0;
	uint64_t v;

	while (i < s.n && (s.p[i] < '0' || s.p[i] > '9'))
		i++;
	while (i + n < s.n && s.p[i + n] >= '0' && s.p[i + n] <= '9')
		n++;
	return str_to_u64(str_n(s.p + i, n), &v) && v <= 3600 ? (int64_t)v : -1;
}

void rest_error_read(struct arena *a, int status, struct str body, struct service_error *out)
{
	const struct service_code *row;
	struct json *doc;

	*out = (struct service_error){ .code = "", .inner_code = "", .wait_s = -1 };
	from_status(status, out);
	doc = json_parse(a, body, JSON_ANSWER, NULL);
	if (json_type(doc) == JSON_OBJECT)
		read_document(a, doc, out);
	if (status == 429 && doc)
		out->wait_s = first_integer(str_from(out->message));
	row = service_code_find(str_from(out->inner_code));
	if (!row)
		row = service_code_find(str_from(out->code));
	if (row)
		out->err = row->err;
}
