/*
 * signin_device.c - the device authorization grant (RFC 8628) against Entra.
 */
#include "work/signin_int.h"

#include "base/limits.h"
#include "base/os.h"

/* Defaults of RFC 8628 3.2 and 3.5, and of the service. */
enum {
	INTERVAL_MS = 5000,
	SLOW_DOWN_MS = 5000,
	MOST_INTERVAL_MS = 60 * 1000,
	EXPIRES_S = 900,
};

static void poll_token(void *arg);

static void wait_and_poll(struct signin *s, int64_t more_ms)
{
	s->interval += more_ms;
	if (s->interval > MOST_INTERVAL_MS)
		s->interval = MOST_INTERVAL_MS;
	if (os_now_ms() + s->interval >= s->deadline) {
		signin_refused(s, S("expired_token"), S(""), S(""));
		return;
	}
	loop_timer_set(s->o.loop, &s->timer, s->interval, poll_token, s);
}

static void take_answer(struct signin *s, const struct http_response *r)
{
	struct json *doc;
	struct str error;

	/* RFC 8628 3.5: poll less often. */
	if (signin_not_well(r)) {
		wait_and_poll(s, s->interval);
		return;
	}
	doc = json_parse(&s->arena, r->body, JSON_ANSWER, NULL);
	error = json_get_str(doc, "error");
	if (r->status == 200 && json_get_str(doc, "refresh_token").n)
		signin_take_tokens(s, doc);
	else if (str_eq(error, S("authorization_pending")))
		wait_and_poll(s, 0);
	else if (str_eq(error, S("slow_down")))
		wait_and_poll(s, SLOW_DOWN_MS);
	else if (r->status == 200)
		signin_fail(s, ERR_CONFIG, "The sign-in service sent no refresh token.",
			    "The application must be allowed to ask for offline_access.");
	else
		signin_refused(s, error, json_get_str(doc, "error_description"),
			       json_get_str(doc, "correlation_id"));
}

static void on_token(void *arg, const struct http_response *r)
{
	signin_guarded(arg, take_answer, r);
}

static void poll_token(void *arg)
{
	struct signin *s = arg;
	struct buf form;

	buf_init(&form, LIMIT_TOKEN_ANSWER);
	buf_add_field(&form, "grant_type", S("urn:ietf:params:oauth:grant-type:device_code"));
	buf_add_field(&form, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&form, "client_info", S("1"));
	if (s->claims.n)
		buf_add_field(&form, "claims", s->claims);
	buf_add_field(&form, "device_code", secret_bytes(s->device_code));
	if (!signin_post(s, "token", &form, on_token))
		signin_fail(s, ERR_INTERNAL, "The token request could not be started.", NULL);
}

/* A number, also when it was sent as a string, as some servers do. */
static int64_t number(const struct json *v, int64_t otherwise)
{
	uint64_t n;

	if (json_is(v, JSON_STRING) && str_to_u64(json_str(v), &n) && n < 1u << 30)
		return (int64_t)n;
	return json_int(v, otherwise);
}

static void take_code(struct signin *s, const struct json *doc)
{
	struct signin_code code = {
		.user_code = json_get_str(doc, "user_code"),
		.verification_uri = json_get_str(doc, "verification_uri"),
		.expires_in_s = number(json_get(doc, "expires_in"), EXPIRES_S),
	};
	int64_t interval = number(json_get(doc, "interval"), INTERVAL_MS / 1000);

	if (!code.verification_uri.n)
		code.verification_uri = json_get_str(doc, "verification_url");
	if (code.expires_in_s < 0 || code.expires_in_s > 86400)
		code.expires_in_s = EXPIRES_S;
	s->device_code = secret_new(json_get_str(doc, "device_code"));
	s->interval = interval > 0 && interval < 3600 ? interval * 1000 : INTERVAL_MS;
	s->deadline = os_now_ms() + code.expires_in_s * 1000;
	s->o.on_code(s->o.arg, &code);
	loop_timer_set(s->o.loop, &s->timer, s->interval, poll_token, s);
	signin_start_ticking(s);
}

static void take_code_answer(struct signin *s, const struct http_response *r)
{
	struct json *doc;

	if (r->outcome != HTTP_ANSWERED) {
		signin_fail(s, r->outcome == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_NETWORK,
			    r->message ? r->message : "The sign-in service did not answer.",
			    "Check the network, the proxy and ca_file.");
		return;
	}
	doc = json_parse(&s->arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "device_code").n &&
	    json_get_str(doc, "user_code").n)
		take_code(s, doc);
	else if (json_get_str(doc, "error").n)
		signin_refused(s, json_get_str(doc, "error"), json_get_str(doc, "error_description"),
			       json_get_str(doc, "correlation_id"));
	else
		signin_fail(s, ERR_UPSTREAM,
			    "The sign-in service answered with something unexpected.", NULL);
}

static void on_code(void *arg, const struct http_response *r)
{
	signin_guarded(arg, take_code_answer, r);
}

static void ask_for_code(struct signin *s)
{
	struct buf form;

	buf_init(&form, LIMIT_TOKEN_ANSWER);
	buf_add_field(&form, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&form, "scope",
		      str_fmt(&s->arena, "%.*s openid profile offline_access", STR_ARG(s->scope)));
	if (s->claims.n)
		buf_add_field(&form, "claims", s->claims);
	if (!signin_post(s, "devicecode", &form, on_code))
		signin_fail(s, ERR_INTERNAL, "The request for a code could not be started.", NULL);
}

struct signin *signin_device(const struct signin_options *o)
{
	return signin_new(o, ask_for_code);
}
