/*
 * signin.c - what both ways of signing in share: the store first, requests, the token, the ends.
 */
#include "work/signin_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "work/aadsts.h"
#include "work/auth.h"
#include "work/browser.h"
#include "work/permission.h"

enum { LOCK_RETRY_MS = 50 };

/* ---- ends ---- */

void signin_tell(struct signin *s, const struct signin_end *e)
{
	struct signin_end whole = *e;
	const char **const texts[] = {
		&whole.service_code, &whole.correlation, &whole.name,  &whole.username,
		&whole.object_id,    &whole.tenant_id,   &whole.scope, &whole.home_tenant,
	};

	loop_timer_clear(&s->timer);
	loop_timer_clear(&s->tick);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!*texts[i])
			*texts[i] = "";
	s->o.on_end(s->o.arg, &whole);
}

void signin_fail(struct signin *s, enum err err, const char *message, const char *next)
{
	signin_tell(s, &(struct signin_end){ .err = err, .message = message, .next = next });
}

/* The errors that say by themselves how it ended; for others the table of codes explains. */
static const struct {
	const char *error;
	enum err err;
	const char *message, *next;
} ends[] = {
	{ "authorization_declined", ERR_REFUSED_BY_POLICY, "The sign-in was declined.", NULL },
	{ "access_denied", ERR_REFUSED_BY_POLICY, "The sign-in was declined.", NULL },
	{ "expired_token", ERR_TIMEOUT, "The code has expired.",
	  "Run the sign-in again and use the new code within a few minutes." },
	{ "code_expired", ERR_TIMEOUT, "The code has expired.",
	  "Run the sign-in again and use the new code within a few minutes." },
	{ "bad_verification_code", ERR_REAUTH_REQUIRED, "The code was not recognised.",
	  "Run the sign-in again for a new code." },
};

/* Codes with which a page declines say more than "declined" where it was not the person. */
static bool says_more(const struct aadsts *row)
{
	return row && row->class != AADSTS_WAIT && row->class != AADSTS_LOGIN;
}

void signin_refused(struct signin *s, struct str error, struct str description,
		    struct str correlation)
{
	const struct aadsts *row = aadsts_find(aadsts_code(description));
	struct signin_end e = {
		.err = ERR_REAUTH_REQUIRED,
		.correlation = str_c(&s->arena, correlation),
		.admin = row && row->consent,
	};
	struct str line;

	str_cut(&description, '\r', &line);
	e.message = line.n ? str_c(&s->arena, str_first_utf8(line, 500))
			   : "The sign-in service refused.";
	if (row) {
		e.message = aadsts_sentence(&s->arena, row, line);
		e.next = row->next;
		e.service_code = arena_printf(&s->arena, "AADSTS%u", row->code);
		e.err = row->class == AADSTS_SETUP ? ERR_CONFIG : ERR_REAUTH_REQUIRED;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (!str_eq(error, str_from(ends[i].error)) || says_more(row))
			continue;
		e.err = ends[i].err;
		e.message = ends[i].message;
		e.next = ends[i].next;
		e.expired = e.err == ERR_TIMEOUT;
	}
	signin_tell(s, &e);
}

/* ---- requests ---- */

bool signin_post(struct signin *s, const char *endpoint, struct buf *form,
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

bool signin_not_well(const struct http_response *r)
{
	return r->outcome != HTTP_ANSWERED || r->status == 429 || r->status >= 500;
}

void signin_guarded(struct signin *s, void (*fn)(struct signin *s, const struct http_response *r),
		    const struct http_response *r)
{
	jmp_buf out;

	s->transfer = NULL;
	if (arena_guard(&s->arena, &out)) {
		s->arena.out = NULL;
		signin_fail(s, ERR_TOO_LARGE, "The sign-in service's answer is too large.", NULL);
		return;
	}
	fn(s, r);
	s->arena.out = NULL;
}

static void on_tick(void *arg)
{
	struct signin *s = arg;
	int64_t left = s->deadline - os_now_ms();

	if (s->o.on_wait)
		s->o.on_wait(s->o.arg, left > 0 ? left / 1000 : 0);
	loop_timer_set(s->o.loop, &s->tick, 1000, on_tick, s);
}

void signin_start_ticking(struct signin *s)
{
	loop_timer_set(s->o.loop, &s->tick, 1000, on_tick, s);
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
	if (r != STORE_OK) {
		signin_fail(s, ERR_CONFIG,
			    arena_printf(&s->arena, "The sign-in could not be stored: %s",
					 store_message(s->store)),
			    store_next(s->store));
		return;
	}
	/* What was asked for was sent and is satisfied. */
	if (s->claims.n)
		signin_keep_claims(store_dir(s->store), s->resource, S(""));
	signin_tell(s, &s->signed_in);
}

/* What is stored belongs to what the profile says from now on. */
static void keep(struct signin *s)
{
	struct store *store;

	if (s->o.on_account)
		s->o.on_account(s->o.arg, &s->signed_in);
	store = store_new(s->o.conf);
	if (store) {
		store_free(s->store);
		s->store = store;
	}
	store_token(s);
}

/* True when `iss` names the tenant at our authority (OpenID Connect Core 3.1.3.7, RFC 9207). */
static bool issuer_fits(struct signin *s, struct str iss, const char *tenant_id)
{
	return str_eq(iss, str_fmt(&s->arena, "%.*s/%s/v2.0", STR_ARG(host_authority(s->hosts)),
				   tenant_id));
}

/* A tenant is named by its id, by a domain (which has a dot), or by a word. */
static bool is_id(struct str tenant)
{
	return tenant.n == 36 && str_find_char(tenant, '.') < 0;
}

/* What is wrong with the id token, or NULL.  It came straight from the token endpoint over TLS, so
 * its signature need not be checked (OpenID Connect Core 3.1.3.7, 6). */
static const char *wrong_id_token(struct signin *s, const struct json *claims)
{
	const char *tenant = s->o.conf->tenant;
	struct str tid = json_get_str(claims, "tid");

	if (!claims || !tid.n)
		return "names no account";
	if (!str_eq_nocase(json_get_str(claims, "aud"), str_from(s->o.conf->client_id)))
		return "is for another application";
	if (!issuer_fits(s, json_get_str(claims, "iss"), json_get_z(claims, "tid")))
		return "was issued by somebody else";
	if (s->iss.n && !issuer_fits(s, s->iss, json_get_z(claims, "tid")))
		return "is of another issuer than the answer of the browser";
	if (s->nonce.n && !str_eq(json_get_str(claims, "nonce"), s->nonce))
		return "belongs to another sign-in";
	if (tenant && is_id(str_from(tenant)) && !str_eq_nocase(tid, str_from(tenant)))
		return "is of another tenant";
	return NULL;
}

/* The home tenant of a guest, out of client_info ({"uid","utid"}); "" for everybody else. */
static const char *home_of_guest(struct signin *s, const struct json *doc, const char *tenant_id)
{
	struct str info = json_get_str(doc, "client_info");
	const char *home;
	struct json *v;
	struct buf b;

	buf_init_in(&b, &s->arena, LIMIT_CONF_LINE);
	if (!info.n || !crypt_unb64(&b, info))
		return "";
	v = json_parse(&s->arena, buf_str(&b), JSON_ANSWER, NULL);
	home = json_get_z(v, "utid");
	return str_eq_nocase(str_from(home), str_from(tenant_id)) ? "" : home;
}

void signin_take_tokens(struct signin *s, const struct json *doc)
{
	struct json *claims = jwt_payload(&s->arena, json_get_str(doc, "id_token"));
	const char *wrong = wrong_id_token(s, claims);

	s->signed_in = (struct signin_end){
		.err = ERR_OK,
		.message = "Signed in.",
		.name = json_get_z(claims, "name"),
		.username = json_get_z(claims, "preferred_username"),
		.object_id = json_get_z(claims, "oid"),
		.tenant_id = json_get_z(claims, "tid"),
		.home_tenant = home_of_guest(s, doc, json_get_z(claims, "tid")),
		.scope = json_get_z(doc, "scope"),
	};
	s->refresh_token = secret_new(json_get_str(doc, "refresh_token"));
	if (!s->refresh_token)
		signin_fail(s, ERR_INTERNAL, "Out of memory.", NULL);
	else if (wrong)
		signin_fail(s, ERR_FORBIDDEN,
			    arena_printf(&s->arena, "The sign-in service's id token %s.", wrong),
			    "Nothing was stored.  Check tenant, cloud and client_id, and whether "
			    "somebody stands between you and the sign-in service.");
	else if (s->o.conf->account &&
		 !str_eq_nocase(str_from(s->o.conf->account), str_from(s->signed_in.username)))
		signin_fail(s, ERR_FORBIDDEN,
			    arena_printf(&s->arena, "This is %s, but the profile is for %s.",
					 s->signed_in.username, s->o.conf->account),
			    "Sign out in the browser, or use another profile.");
	else
		keep(s);
}

/* ---- the start ---- */

/* A store that cannot keep the token is found out before the person goes to the browser. */
static bool store_works(struct signin *s)
{
	int lock = lock_token(s);
	enum store_result r;

	/* Somebody is just using the store, so it works. */
	if (lock < 0 && store_dir(s->store))
		return true;
	r = store_try(s->store);
	os_unlock(lock);
	return r == STORE_OK;
}

static void start(void *arg)
{
	struct signin *s = arg;
	enum audience aud = s->o.audience ? s->o.audience : AUD_FLOW;
	const char *message = "";

	if (!s->o.conf->client_id) {
		signin_fail(s, ERR_CONFIG, "No client_id is configured.",
			    "`flowlatch setup app` makes one; --client-id names it.");
		return;
	}
	s->hosts = hosts_new(&s->arena, s->o.conf, &message);
	if (!s->hosts) {
		signin_fail(s, ERR_CONFIG, message, NULL);
		return;
	}
	s->scope = permission_scope(s->hosts, &s->arena, aud, s->o.organisation,
				    s->o.conf->read_only);
	s->resource = permission_resource(s->hosts, &s->arena, aud, s->o.organisation);
	if (!s->scope.p) {
		signin_fail(s, ERR_CONFIG, "This cloud has no such service, or no such organisation.",
			    NULL);
		return;
	}
	if (!store_works(s)) {
		signin_fail(s, ERR_CONFIG, store_message(s->store), store_next(s->store));
		return;
	}
	s->claims = signin_kept_claims(&s->arena, store_dir(s->store), s->resource);
	s->begin(s);
}

struct signin *signin_new(const struct signin_options *o, void (*begin)(struct signin *s))
{
	struct signin *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->o = *o;
	s->begin = begin;
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
	loop_timer_set(o->loop, &s->timer, 0, start, s);
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
	browser_free(s->browser);
	secret_free(s->device_code);
	secret_free(s->verifier);
	secret_free(s->code);
	secret_free(s->refresh_token);
	store_free(s->store);
	arena_release(&s->arena);
	free(s);
}
