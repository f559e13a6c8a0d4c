/*
 * signin.c - the device authorization grant (RFC 8628) against Entra.
 */
#include "work/signin.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/secret.h"
#include "text/json.h"
#include "wire/http.h"
#include "wire/loop.h"
#include "work/aadsts.h"
#include "work/auth.h"
#include "work/conf.h"
#include "work/host.h"
#include "work/store.h"

/* Defaults of RFC 8628 3.2 and 3.5, and of the service. */
enum {
	INTERVAL_MS = 5000,
	SLOW_DOWN_MS = 5000,
	MOST_INTERVAL_MS = 60 * 1000,
	EXPIRES_S = 900,
	LOCK_RETRY_MS = 50,
};

struct signin {
	struct signin_options o;
	struct arena arena;
	struct hosts *hosts;
	struct http *http;
	struct store *store;
	struct loop_timer timer, tick;
	struct http_transfer *transfer;
	struct secret *device_code, *refresh_token;
	struct signin_end signed_in;
	unsigned lock_tries;
	int64_t interval, deadline;
};

static void poll_token(void *arg);

/* ---- ends ---- */

static void end(struct signin *s, const struct signin_end *e)
{
	struct signin_end whole = *e;

	loop_timer_clear(&s->timer);
	loop_timer_clear(&s->tick);
	if (!whole.service_code)
		whole.service_code = "";
	if (!whole.correlation)
		whole.correlation = "";
	if (!whole.name)
		whole.name = whole.username = whole.object_id = whole.tenant_id = whole.scope = "";
	s->o.on_end(s->o.arg, &whole);
}

static void fail_with(struct signin *s, enum err err, const char *message, const char *next)
{
	end(s, &(struct signin_end){ .err = err, .message = message, .next = next });
}

/* The errors that end the wait; others say which of them is ours through the table of codes. */
static const struct {
	const char *error;
	enum err err;
	const char *message, *next;
} polling_errors[] = {
	{ "authorization_declined", ERR_REFUSED_BY_POLICY, "The sign-in was declined.", NULL },
	{ "access_denied", ERR_REFUSED_BY_POLICY, "The sign-in was declined.", NULL },
	{ "expired_token", ERR_TIMEOUT, "The code has expired.",
	  "Run the sign-in again and use the new code within a few minutes." },
	{ "code_expired", ERR_TIMEOUT, "The code has expired.",
	  "Run the sign-in again and use the new code within a few minutes." },
	{ "bad_verification_code", ERR_REAUTH_REQUIRED, "The code was not recognised.",
	  "Run the sign-in again for a new code." },
};

static void refused(struct signin *s, const struct json *doc)
{
	struct str error = json_get_str(doc, "error"), line,
		   description = json_get_str(doc, "error_description");
	const struct aadsts *row = aadsts_find(aadsts_code(description));
	struct signin_end e = {
		.err = ERR_REAUTH_REQUIRED,
		.correlation = str_c(&s->arena, json_get_str(doc, "correlation_id")),
	};

	str_cut(&description, '\r', &line);
	e.message = line.n ? str_c(&s->arena, str_first_utf8(line, 500))
			   : "The sign-in service refused.";
	if (row) {
		e.message = row->sentence;
		e.next = row->next;
		e.service_code = arena_printf(&s->arena, "AADSTS%u", row->code);
		e.err = row->class == AADSTS_SETUP ? ERR_CONFIG : ERR_REAUTH_REQUIRED;
	}
	for (size_t i = 0; i < sizeof(polling_errors) / sizeof(*polling_errors); i++) {
		if (!str_eq(error, str_from(polling_errors[i].error)))
			continue;
		e.err = polling_errors[i].err;
		e.message = polling_errors[i].message;
		e.next = polling_errors[i].next;
	}
	end(s, &e);
}

/* ---- requests ---- */

static bool post(struct signin *s, const char *endpoint, struct buf *form,
		 void (*on_done)(void *arg, const struct http_response *r))
{
	const char *tenant = s->o.conf->tenant;
	struct secret *body = buf_ok(form) ? secret_new(buf_str(form)) : NULL;
	struct str accept = S("Accept: application/json");
	struct http_request r = {
		.method = HTTP_POST,
		.url = str_fmt(&s->arena, "%.*s/%s/oauth2/v2.0/%s",
			       STR_ARG(host_authority(s->hosts)),
			       tenant && tenant[0] ? tenant : "organizations", endpoint),
		.content_type = S("application/x-www-form-urlencoded"),
		.secret_body = body,
		.headers = &accept,
		.header_count = 1,
		.timeout_ms = LIMIT_REQUEST_MS / 2,
		.max_bytes = LIMIT_TOKEN_ANSWER,
		.on_done = on_done,
		.arg = s,
	};

	if (body)
		s->transfer = http_start(s->http, &r);
	secret_free(body);
	buf_free_wiped(form);
	return s->transfer != NULL;
}

/* ---- the token ---- */

/* The lock that refreshes of other processes take: none of them may put an older token back. */
static int lock_token(struct signin *s)
{
	const char *dir = store_dir(s->store);
	int err = 0;

	return dir ? os_try_lock(arena_printf(&s->arena, "%s/token.lock", dir), &err) : -1;
}

static void store_token(void *arg)
{
	struct signin *s = arg;
	enum store_result r;
	int lock = lock_token(s);

	if (lock < 0 && ++s->lock_tries < LIMIT_TOKEN_LOCK_MS / LOCK_RETRY_MS) {
		loop_timer_set(s->o.loop, &s->timer, LOCK_RETRY_MS, store_token, s);
		return;
	}
	r = store_put(s->store, "refresh_token", s->refresh_token);
	os_unlock(lock);
	if (r != STORE_OK)
		fail_with(s, ERR_CONFIG, store_message(s->store), NULL);
	else
		end(s, &s->signed_in);
}

static void keep(struct signin *s, const struct json *doc)
{
	struct json *claims = jwt_payload(&s->arena, json_get_str(doc, "id_token"));

	s->signed_in = (struct signin_end){
		.err = ERR_OK,
		.message = "Signed in.",
		.name = json_get_z(claims, "name"),
		.username = json_get_z(claims, "preferred_username"),
		.object_id = json_get_z(claims, "oid"),
		.tenant_id = json_get_z(claims, "tid"),
		.scope = json_get_z(doc, "scope"),
	};
	s->refresh_token = secret_new(json_get_str(doc, "refresh_token"));
	if (!s->refresh_token)
		fail_with(s, ERR_INTERNAL, "Out of memory.", NULL);
	else if (s->o.conf->account &&
		 !str_eq_nocase(str_from(s->o.conf->account), str_from(s->signed_in.username)))
		fail_with(s, ERR_FORBIDDEN,
			  arena_printf(&s->arena, "This is %s, but the profile is for %s.",
				       s->signed_in.username, s->o.conf->account),
			  "Sign out in the browser, or use another profile.");
	else
		store_token(s);
}

static void wait_and_poll(struct signin *s, int64_t more_ms)
{
	s->interval += more_ms;
	if (s->interval > MOST_INTERVAL_MS)
		s->interval = MOST_INTERVAL_MS;
	if (os_now_ms() + s->interval >= s->deadline) {
		fail_with(s, ERR_TIMEOUT, "The code has expired.",
			  "Run the sign-in again and use the new code within a few minutes.");
		return;
	}
	loop_timer_set(s->o.loop, &s->timer, s->interval, poll_token, s);
}

/* True when nothing came that could be understood: poll less often, RFC 8628 3.5. */
static bool not_well(const struct http_response *r)
{
	return r->outcome != HTTP_ANSWERED || r->status == 429 || r->status >= 500;
}

static void on_token(void *arg, const struct http_response *r)
{
	struct signin *s = arg;
	struct json *doc;
	jmp_buf out;

	s->transfer = NULL;
	if (arena_guard(&s->arena, &out)) {
		s->arena.out = NULL;
		fail_with(s, ERR_TOO_LARGE, "The sign-in service's answer is too large.", NULL);
		return;
	}
	if (not_well(r)) {
		wait_and_poll(s, s->interval);
		s->arena.out = NULL;
		return;
	}
	doc = json_parse(&s->arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "refresh_token").n)
		keep(s, doc);
	else if (str_eq(json_get_str(doc, "error"), S("authorization_pending")))
		wait_and_poll(s, 0);
	else if (str_eq(json_get_str(doc, "error"), S("slow_down")))
		wait_and_poll(s, SLOW_DOWN_MS);
	else if (r->status == 200)
		fail_with(s, ERR_CONFIG, "The sign-in service sent no refresh token.",
			  "The application must be allowed to ask for offline_access.");
	else
		refused(s, doc);
	s->arena.out = NULL;
}

static void poll_token(void *arg)
{
	struct signin *s = arg;
	struct buf form;

	buf_init(&form, LIMIT_TOKEN_ANSWER);
	buf_add_field(&form, "grant_type", S("urn:ietf:params:oauth:grant-type:device_code"));
	buf_add_field(&form, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&form, "device_code", secret_bytes(s->device_code));
	if (!post(s, "token", &form, on_token))
		fail_with(s, ERR_INTERNAL, "The token request could not be started.", NULL);
}

static void on_tick(void *arg)
{
	struct signin *s = arg;
	int64_t left = s->deadline - os_now_ms();

	if (s->o.on_wait)
		s->o.on_wait(s->o.arg, left > 0 ? left / 1000 : 0);
	loop_timer_set(s->o.loop, &s->tick, 1000, on_tick, s);
}

/* ---- the code ---- */

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
	s->device_code = secret_new(json_get_str(doc, "device_code"));
	s->interval = interval > 0 && interval < 3600 ? interval * 1000 : INTERVAL_MS;
	s->deadline = os_now_ms() + code.expires_in_s * 1000;
	s->o.on_code(s->o.arg, &code);
	loop_timer_set(s->o.loop, &s->timer, s->interval, poll_token, s);
	loop_timer_set(s->o.loop, &s->tick, 1000, on_tick, s);
}

static void on_code(void *arg, const struct http_response *r)
{
	struct signin *s = arg;
	struct json *doc;
	jmp_buf out;

	s->transfer = NULL;
	if (r->outcome != HTTP_ANSWERED) {
		fail_with(s, r->outcome == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_NETWORK,
			  r->message ? r->message : "The sign-in service did not answer.",
			  "Check the network, the proxy and ca_file.");
		return;
	}
	if (arena_guard(&s->arena, &out)) {
		s->arena.out = NULL;
		fail_with(s, ERR_TOO_LARGE, "The sign-in service's answer is too large.", NULL);
		return;
	}
	doc = json_parse(&s->arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "device_code").n &&
	    json_get_str(doc, "user_code").n)
		take_code(s, doc);
	else if (json_get_str(doc, "error").n)
		refused(s, doc);
	else
		fail_with(s, ERR_UPSTREAM, "The sign-in service answered with something unexpected.",
			  NULL);
	s->arena.out = NULL;
}

/* A store that cannot keep the token is found out before the person goes to the browser:
 * what is there is written again, and where nothing is, something is written and erased. */
static bool store_works(struct signin *s)
{
	struct secret *now = NULL;
	enum store_result r;
	int lock = lock_token(s);

	/* Somebody is just using the store, so it works. */
	if (lock < 0 && store_dir(s->store))
		return true;
	r = store_get(s->store, "refresh_token", &now);
	if (r == STORE_OK) {
		r = store_put(s->store, "refresh_token", now);
	} else if (r == STORE_ABSENT) {
		now = secret_new(S("-"));
		r = now ? store_put(s->store, "refresh_token", now) : STORE_FAILED;
		if (r == STORE_OK)
			r = store_erase(s->store, "refresh_token");
	}
	secret_free(now);
	os_unlock(lock);
	return r == STORE_OK || r == STORE_ABSENT;
}

static void ask_for_code(void *arg)
{
	struct signin *s = arg;
	const char *message = "";
	struct buf form;

	if (!s->o.conf->client_id) {
		fail_with(s, ERR_CONFIG, "No client_id is configured.",
			  "Register an application (public client) and set client_id, or try the "
			  "practice tenant with --practice.");
		return;
	}
	s->hosts = hosts_new(&s->arena, s->o.conf, &message);
	if (!s->hosts) {
		fail_with(s, ERR_CONFIG, message, NULL);
		return;
	}
	if (!store_works(s)) {
		fail_with(s, ERR_CONFIG, store_message(s->store),
			  "Set refresh_token_file in the profile to a file that only you can read.");
		return;
	}
	buf_init(&form, LIMIT_TOKEN_ANSWER);
	buf_add_field(&form, "client_id", str_from(s->o.conf->client_id));
	buf_add_field(&form, "scope",
		  str_fmt(&s->arena, "%.*s openid profile offline_access",
			  STR_ARG(host_scope(s->hosts, &s->arena, AUD_FLOW, S("")))));
	if (!post(s, "devicecode", &form, on_code))
		fail_with(s, ERR_INTERNAL, "The request for a code could not be started.", NULL);
}

struct signin *signin_device(const struct signin_options *o)
{
	struct signin *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->o = *o;
	arena_init(&s->arena, 16u << 20);
	s->arena.wipe = true;
	s->store = store_new(o->conf);
	s->http = http_new(&(struct http_options){
		.loop = o->loop,
		.ca_file = o->conf->ca_file,
		.proxy = o->conf->proxy,
		.no_proxy = o->conf->no_proxy,
		.user_agent = "flowlatch/" FLOWLATCH_VERSION,
	});
	if (!s->store || !s->http) {
		signin_free(s);
		return NULL;
	}
	loop_timer_set(o->loop, &s->timer, 0, ask_for_code, s);
	return s;
}

void signin_free(struct signin *s)
{
	if (!s)
		return;
	loop_timer_clear(&s->timer);
	loop_timer_clear(&s->tick);
	http_cancel(s->transfer);
	http_free(s->http);
	secret_free(s->device_code);
	secret_free(s->refresh_token);
	store_free(s->store);
	arena_release(&s->arena);
	free(s);
}
