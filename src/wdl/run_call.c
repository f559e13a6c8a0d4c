/*
 * run_call.c - actions that reach outside: connectors, HTTP, child flows, and whatever the runner
 * does not know; retries, timeouts, static results.
 *
 * The default policy is the documented one: four repeats at exponential intervals, scaled by
 * 7.5 s and kept between 5 and 45 s, of answers 408, 429 and 5xx.
 */
#include "base/os.h"
#include "wdl/run_priv.h"

static const struct {
	int status;
	const char *name;
} http_names[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "NonAuthoritativeInformation" },
	{ 204, "NoContent" },
	{ 205, "ResetContent" },
	{ 206, "PartialContent" },
	{ 300, "MultipleChoices" },
	{ 301, "MovedPermanently" },
	{ 302, "Found" },
	{ 303, "SeeOther" },
	{ 304, "NotModified" },
	{ 307, "TemporaryRedirect" },
	{ 400, "BadRequest" },
	{ 401, "Unauthorized" },
	{ 402, "PaymentRequired" },
	{ 403, "Forbidden" },
	{ 404, "NotFound" },
	{ 405, "MethodNotAllowed" },
	{ 406, "NotAcceptable" },
	{ 407, "ProxyAuthenticationRequired" },
	{ 408, "RequestTimeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "LengthRequired" },
	{ 412, "PreconditionFailed" },
	{ 413, "RequestEntityTooLarge" },
	{ 414, "RequestUriTooLong" },
	{ 415, "UnsupportedMediaType" },
	{ 416, "RequestedRangeNotSatisfiable" },
	{ 417, "ExpectationFailed" },
	{ 500, "InternalServerError" },
	{ 501, "NotImplemented" },
	{ 502, "BadGateway" },
	{ 503, "ServiceUnavailable" },
	{ 504, "GatewayTimeout" },
	{ 505, "HttpVersionNotSupported" },
};

struct str wdl_http_code(struct arena *a, int64_t status)
{
	for (size_t i = 0; i < sizeof(http_names) / sizeof(*http_names); i++)
		if (http_names[i].status == status)
			return str_from(http_names[i].name);
	return str_fmt(a, "%lld", (long long)status);
}

/* ---- retry policies ---- */

struct policy {
	bool fixed;
	int64_t count, interval, least, most;
};

static const struct json *given_policy(const struct wrun_step *s)
{
	const struct json *inputs = json_get(s->node->def, "inputs");
	const struct json *p = json_get(inputs, "retryPolicy");

	return p ? p : json_get(s->node->def, "retryPolicy");
}

static int64_t span_of(const struct json *p, const char *name, int64_t otherwise)
{
	int64_t t;

	return wdl_iso_duration(json_get_str(p, name), &t) ? t : otherwise;
}

static struct policy policy_of(const struct wrun_step *s)
{
	const struct json *p = given_policy(s);
	struct str type = json_get_str(p, "type");
	struct policy out = { .count = json_int(json_get(p, "count"), 4) };

	if (str_eq_nocase(type, S("none")))
		out.count = 0;
	if (out.count < 0 || out.count > LIMIT_RUN_RETRIES)
		out.count = LIMIT_RUN_RETRIES;
	out.fixed = str_eq_nocase(type, S("fixed"));
	if (!p || !type.n) {
		out.count = 4;
		out.interval = 75 * WDL_TICKS_SECOND / 10;
		out.least = 5 * WDL_TICKS_SECOND;
		out.most = 45 * WDL_TICKS_SECOND;
		return out;
	}
	out.interval = span_of(p, "interval", 75 * WDL_TICKS_SECOND / 10);
	out.least = span_of(p, "minimumInterval", 5 * WDL_TICKS_SECOND);
	out.most = span_of(p, "maximumInterval", 3600 * WDL_TICKS_SECOND);
	return out;
}

static int64_t retry_after(const struct json *outputs)
{
	const struct json *h = json_get_nocase(json_get(outputs, "headers"), S("Retry-After"));
	int64_t seconds = json_int(h, -1);

	if (seconds < 0 && !str_to_i64(json_str(h), &seconds))
		return -1;
	return seconds >= 0 && seconds < 86400 ? seconds * WDL_TICKS_SECOND : -1;
}

/* How long to wait before attempt number `attempt` + 1; -1: there is none. */
static int64_t pause_of(const struct wrun_step *s, const struct json *outputs)
{
	struct policy p = policy_of(s);
	int64_t asked = retry_after(outputs), wait = p.interval;

	if (s->attempt > p.count)
		return -1;
	if (asked >= 0)
		return asked;
	for (unsigned i = 1; !p.fixed && i < s->attempt && wait < p.most; i++)
		wait *= 2;
	if (p.fixed)
		return wait;
	return wait < p.least ? p.least : wait > p.most ? p.most : wait;
}

/* ---- outcomes ---- */

static int64_t status_of(const struct json *outputs)
{
	const struct json *v = json_get(outputs, "statusCode");
	int64_t status = json_int(v, 0);

	if (json_is(v, JSON_STRING) && !str_to_i64(json_str(v), &status))
		return 0;
	return status;
}

static bool is_passing(int64_t status)
{
	return status == 408 || status == 429 || (status >= 500 && status <= 599);
}

/* Names of an attempt: the same for the same run, action and attempt. */
static struct str attempt_id(struct wrun *r, const struct wrun_step *s)
{
	uint64_t h = 14695981039346656037u;
	struct str parts[2] = { r->options->run_name, s->node->name };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < parts[k].n; i++)
			h = (h ^ (unsigned char)parts[k].p[i]) * 1099511628211u;
	h = (h ^ (uint64_t)s->attempt_start) * 1099511628211u;
	return str_fmt(&s->frame->mem, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(h >> 32),
		       (unsigned)(h >> 16 & 0xffff), (unsigned)(h >> 4 & 0xfff),
		       (unsigned)(h & 0xfff),
		       (unsigned long long)(h * 0x9e3779b97f4a7c15u >> 16));
}

static void remember_attempt(struct wrun *r, struct wrun_step *s, struct str code)
{
	struct arena *a = &s->frame->mem;
	struct json *one = json_new_object(a);

	if (!s->retries)
		s->retries = json_new_array(a);
	json_set_str(a, one, "startTime", wdl_ticks_text(a, s->attempt_start));
	json_set_str(a, one, "endTime", wdl_ticks_text(a, r->now));
	json_set_str(a, one, "code", code);
	json_set_str(a, one, "clientRequestId", attempt_id(r, s));
	json_set_str(a, one, "serviceRequestId", attempt_id(r, s));
	json_push(s->retries, one);
}

static void timed_out(struct wrun *r, struct wrun_step *s, int64_t at)
{
	struct arena *a = &s->frame->mem;
	struct str values[2] = { s->node->name,
				 json_str(json_at(s->node->def, "/limit/timeout")) };

	s->outputs = NULL;
	s->code = S("ActionTimedOut");
	s->error = wrun_error(a, S("ActionTimedOut"),
			      wdl_message_fill(a, wdl_message(WDL_M_RUN_TIMEOUT)->text, values));
	wrun_end(r, s, WDL_ST_TIMED_OUT, at);
}

void wrun_answered(struct wrun *r, struct wrun_step *s)
{
	struct arena *a = &s->frame->mem;
	int64_t status = status_of(s->answer.outputs), wait;
	bool good = !s->answer.code.n && (status == 0 || (status >= 200 && status < 300));
	struct str code = s->answer.code.n ? s->answer.code :
			  status	   ? wdl_http_code(a, status) :
					     S("OK");

	s->outputs = s->answer.outputs;
	if (good) {
		s->code = code;
		wrun_end(r, s, WDL_ST_SUCCEEDED, r->now);
		return;
	}
	wait = is_passing(status) || (s->answer.code.n && !status) ? pause_of(s, s->outputs) : -1;
	if (wait >= 0) {
		remember_attempt(r, s, code);
		if (s->deadline && r->now + wait > s->deadline)
			timed_out(r, s, s->deadline);
		else
			wrun_push(r, WRUN_ATTEMPT, r->now + wait, s, NULL);
		return;
	}
	if (s->answer.message.n) {
		wrun_fail_text(r, s, r->now, code, code, str_dup(a, s->answer.message));
		return;
	}
	/* An answer of the other side is in the outputs; the service adds no error of its own. */
	s->code = code;
	wrun_end(r, s, WDL_ST_FAILED, r->now);
}

void wrun_attempt(struct wrun *r, struct wrun_step *s)
{
	struct arena *a = &s->frame->mem;
	struct wdl_request q;
	int64_t took;

	s->attempt++;
	s->attempt_start = r->now;
	s->answer = (struct wdl_answer){ 0 };
	q = wrun_request(r, s);
	wrun_count(r, 1);
	if (!r->host->call || !r->host->call(r->host->arg, a, &q, &s->answer)) {
		wrun_fail(r, s, r->now, "NotFound", "NoAnswer", WDL_M_RUN_NO_ANSWER,
			  &s->node->name);
		return;
	}
	took = s->answer.duration > 0 ? s->answer.duration : wrun_duration(r, s);
	if (wrun_too_deep(s->answer.outputs, LIMIT_RUN_VALUE_DEPTH)) {
		wrun_fail(r, s, r->now, "BadRequest", "InvalidTemplate", WDL_M_RUN_LARGE,
			  &s->node->name);
		return;
	}
	if (s->deadline && (s->answer.never || r->now + took > s->deadline))
		timed_out(r, s, s->deadline);
	else if (!s->answer.never)
		wrun_push(r, WRUN_ANSWERED, r->now + took, s, NULL);
}

/* ---- static results ---- */

static bool static_result(struct wrun *r, struct wrun_step *s)
{
	const struct json *option = json_at(s->node->def, "/runtimeConfiguration/staticResult");
	const struct json *row = json_get_n(json_get(r->definition, "staticResults"),
					    json_get_str(option, "name"));
	enum wdl_status status = wdl_status_from(json_get_str(row, "status"));
	struct str code = json_get_str(row, "code");
	struct arena *a = &s->frame->mem;

	if (!row || !str_eq_nocase(json_get_str(option, "staticResultOptions"), S("Enabled")))
		return false;
	if (json_get(row, "outputs"))
		s->outputs = json_copy(a, json_get(row, "outputs"));
	if (json_get(row, "error"))
		s->error = json_copy(a, json_get(row, "error"));
	s->code = code.n ? code :
		  status_of(s->outputs) ? wdl_http_code(a, status_of(s->outputs)) : S("OK");
	if (status == WDL_ST__MAX || status == WDL_ST_RUNNING)
		status = WDL_ST_SUCCEEDED;
	wrun_end(r, s, status, r->now + WRUN_MS);
	return true;
}

void wrun_call(struct wrun *r, struct wrun_step *s)
{
	int64_t span;

	if (static_result(r, s))
		return;
	if (wdl_iso_duration(json_get_str(json_get(s->node->def, "limit"), "timeout"), &span))
		s->deadline = r->now + span;
	wrun_attempt(r, s);
}
