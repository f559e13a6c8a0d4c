/*
 * auth_answer.c - what the token endpoint answers, and what follows from it.
 */
#include "work/auth_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "work/aadsts.h"
#include "work/permission.h"
#include "work/signin.h"

enum {
	MARGIN_MS = 300 * 1000,       /* a token with less left is renewed first */
	MARGIN_JITTER_MS = 60 * 1000, /* so that a dozen processes do not renew at once */
	REMEMBER_MS = 60 * 1000,      /* an identical failure is answered from memory */
	THROTTLE_MS = 5 * 1000,       /* without Retry-After */
	TRIES = 3,
};

/* "invalid_grant" and its kin want a person; the rest of the OAuth codes want the set-up mended. */
static const struct {
	const char *error;
	enum err err;
} oauth_errors[] = {
	{ "invalid_grant", ERR_REAUTH_REQUIRED },     { "interaction_required", ERR_REAUTH_REQUIRED },
	{ "consent_required", ERR_REAUTH_REQUIRED },  { "login_required", ERR_REAUTH_REQUIRED },
	{ "access_denied", ERR_FORBIDDEN },           { "invalid_client", ERR_CONFIG },
	{ "unauthorized_client", ERR_CONFIG },        { "invalid_scope", ERR_CONFIG },
	{ "invalid_request", ERR_CONFIG },            { "invalid_resource", ERR_CONFIG },
	{ "unsupported_grant_type", ERR_CONFIG },     { "temporarily_unavailable", ERR_UPSTREAM },
	{ "server_error", ERR_UPSTREAM },
};

static enum err oauth_error(struct str error, int status)
{
	for (size_t i = 0; i < sizeof(oauth_errors) / sizeof(*oauth_errors); i++)
		if (str_eq(error, str_from(oauth_errors[i].error)))
			return oauth_errors[i].err;
	return status >= 500 ? ERR_UPSTREAM : ERR_REAUTH_REQUIRED;
}

/* What the explaining codes add to the OAuth error: whose turn it is. */
static const enum err by_class[] = {
	[AADSTS_WAIT] = ERR_REAUTH_REQUIRED,  [AADSTS_LOGIN] = ERR_REAUTH_REQUIRED,
	[AADSTS_CLAIMS] = ERR_REAUTH_REQUIRED, [AADSTS_ADMIN] = ERR_FORBIDDEN,
	[AADSTS_SETUP] = ERR_CONFIG,          [AADSTS_POLICY] = ERR_REAUTH_REQUIRED,
	[AADSTS_TRANSIENT] = ERR_UPSTREAM,
};

static struct str resource_of(struct auth *a, struct arena *arena)
{
	return permission_resource(a->o.hosts, arena, a->now->audience,
				   str_from(a->now->organisation));
}

/* Another process may have refreshed in between, if the lock was not to be had. */
static void on_reread(void *arg, enum store_result r, struct secret *again)
{
	struct auth *a = arg;

	a->op = NULL;
	a->reread = true;
	if (r == STORE_OK && !secret_equal(again, a->refresh_token)) {
		secret_free(a->refresh_token);
		a->refresh_token = again;
		auth_redeem(a);
		return;
	}
	secret_free(again);
	auth_fail_refresh(a, a->refused, auth_text(a->refused_code),
			  auth_text(a->refused_message), REMEMBER_MS);
}

static void refused(struct auth *a, struct arena *arena, const struct json *doc)
{
	struct str description = json_get_str(doc, "error_description"), line;
	struct str code = json_get_str(doc, "error");
	const struct aadsts *row = aadsts_find(aadsts_code(description));

	a->refused = row ? by_class[row->class] : oauth_error(code, a->status);
	auth_set_text(&a->now->correlation, json_get_str(doc, "correlation_id"));
	/* The description's first line is for people; trace ids follow on others. */
	str_cut(&description, '\r', &line);
	line = line.n ? str_first_utf8(line, 500) : S("the sign-in service refused the refresh token");
	a->now->retry_after_s = 0;
	if (row) {
		line = str_fmt(arena, "%s %s (%.*s)", aadsts_sentence(arena, row, line),
			       row->next, STR_ARG(line));
		code = str_fmt(arena, "AADSTS%u", row->code);
	}
	if (json_get_str(doc, "claims").n)
		signin_keep_claims(store_dir(a->o.store), resource_of(a, arena),
				   json_get_str(doc, "claims"));
	auth_set_text(&a->refused_code, code);
	auth_set_text(&a->refused_message, line);
	if (a->refused == ERR_REAUTH_REQUIRED && !a->reread)
		auth_ask_store(a, STORE_GET, NULL, on_reread);
	else
		auth_fail_refresh(a, a->refused, auth_text(a->refused_code),
				  auth_text(a->refused_message), REMEMBER_MS);
}

/* The service or the network is not well: try again a little later, then give up for a while. */
static void later(struct auth *a, const struct http_response *r, enum err err, const char *message)
{
	struct str header = http_header(r, "Retry-After", 0);
	int64_t wait = THROTTLE_MS;
	uint64_t s;

	if (header.p && str_to_u64(header, &s))
		wait = s > 3600 ? 3600 * 1000 : (int64_t)s * 1000;
	if (++a->tries < TRIES && wait <= LIMIT_RETRY_AFTER_MS / 2) {
		loop_timer_set(a->o.loop, &a->timer, header.p ? wait : wait / 5, auth_redeem, a);
		return;
	}
	a->now->retry_after_s = wait / 1000;
	auth_fail_refresh(a, err, "", message, wait);
}

static void take_identity(struct auth *a, struct arena *arena, struct str id_token)
{
	struct json *claims = jwt_payload(arena, id_token);

	if (!claims)
		return;
	auth_set_text(&a->object_id, json_get_str(claims, "oid"));
	auth_set_text(&a->tenant_id, json_get_str(claims, "tid"));
	auth_set_text(&a->name, json_get_str(claims, "name"));
	auth_set_text(&a->username, json_get_str(claims, "preferred_username"));
}

/* The access token may be used from now on. */
static void settle(struct auth *a)
{
	struct slot *s = a->now;
	int64_t margin;
	uint32_t r;

	secret_free(s->token);
	s->token = a->access;
	a->access = NULL;
	s->serial = ++a->serial;
	free(s->claims);
	s->claims = NULL;
	crypt_random(&r, sizeof(r));
	margin = MARGIN_MS + (int64_t)(r % MARGIN_JITTER_MS);
	if (margin > a->life / 10)
		margin = a->life / 10;
	s->expires = a->sent_at + a->life;
	s->renew = s->expires - margin;
	if (a->refresh_in > 0 && a->sent_at + a->refresh_in < s->renew)
		s->renew = a->sent_at + a->refresh_in;
	s->err = ERR_OK;
	s->failed_until = 0;
	a->stats.refreshes++;
	auth_end_refresh(a);
}

static void on_kept(void *arg, enum store_result r, struct secret *value)
{
	struct auth *a = arg;

	(void)value;
	a->op = NULL;
	if (r == STORE_OK) {
		secret_free(a->unsaved);
		a->unsaved = NULL;
	} else {
		/* Kept in memory and tried again: losing it would lose the sign-in. */
		log_warn("the new refresh token could not be stored: %s",
			 store_message(a->o.store));
	}
	settle(a);
}

/* The new refresh token is stored before the access token is used. */
static void keep_refresh_token(struct auth *a, struct str bytes)
{
	struct secret *fresh = bytes.n ? secret_new(bytes) : NULL;

	if (!fresh || secret_equal(fresh, a->refresh_token)) {
		secret_free(fresh);
		settle(a);
		return;
	}
	secret_free(a->unsaved);
	a->unsaved = fresh;
	auth_ask_store(a, STORE_PUT, fresh, on_kept);
}

static void granted(struct auth *a, struct arena *arena, const struct json *doc)
{
	uint64_t n;

	a->life = json_int(json_get(doc, "expires_in"), 0) * 1000;
	a->refresh_in = json_int(json_get(doc, "refresh_in"), 0) * 1000;
	/* Some servers send numbers as strings. */
	if (!a->life && str_to_u64(json_get_str(doc, "expires_in"), &n) && n < 1u << 30)
		a->life = (int64_t)n * 1000;
	take_identity(a, arena, json_get_str(doc, "id_token"));
	auth_set_text(&a->now->scope_granted, json_get_str(doc, "scope"));
	secret_free(a->access);
	a->access = secret_new(json_get_str(doc, "access_token"));
	keep_refresh_token(a, json_get_str(doc, "refresh_token"));
}

void auth_on_answer(void *arg, const struct http_response *r)
{
	struct auth *a = arg;
	struct arena arena;
	struct json *doc;
	jmp_buf out;

	a->transfer = NULL;
	a->status = r->status;
	if (r->outcome != HTTP_ANSWERED) {
		later(a, r, r->outcome == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_NETWORK,
		      r->message ? r->message : "the sign-in service did not answer");
		return;
	}
	if (r->status == 429 || r->status >= 500) {
		later(a, r, r->status == 429 ? ERR_THROTTLED : ERR_UPSTREAM,
		      r->status == 429 ? "the sign-in service asks to slow down"
				       : "the sign-in service failed");
		return;
	}
	arena_init(&arena, 16u << 20);
	arena.wipe = true;
	if (arena_guard(&arena, &out)) {
		arena_release(&arena);
		auth_fail_refresh(a, ERR_UPSTREAM, "", "the sign-in service's answer is too large", 1000);
		return;
	}
	doc = json_parse(&arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "access_token").n)
		granted(a, &arena, doc);
	else if (json_get_str(doc, "error").n)
		refused(a, &arena, doc);
	else
		auth_fail_refresh(a, ERR_UPSTREAM, "",
			     "the sign-in service answered with something unexpected", 1000);
	arena_release(&arena);
}
