/*
 * auth.c - access tokens out of one refresh token.
 *
 * One refresh at a time in this process, under a lock that all processes of the profile share:
 * lock, read the refresh token again, redeem, store the new one, then use the access token.
 */
#include "work/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "text/crypt.h"
#include "wire/http.h"
#include "wire/loop.h"
#include "work/aadsts.h"
#include "work/account.h"
#include "work/conf.h"
#include "work/permission.h"
#include "work/signin.h"
#include "work/store.h"

enum {
	MARGIN_MS = 300 * 1000,       /* a token with less left is renewed first */
	MARGIN_JITTER_MS = 60 * 1000, /* so that a dozen processes do not renew at once */
	REMEMBER_MS = 60 * 1000,      /* an identical failure is answered from memory */
	THROTTLE_MS = 5 * 1000,       /* without Retry-After */
	TRIES = 3,
	MOST_SLOTS = 64,              /* audiences and Dataverse organisations */
};

struct slot {
	struct list link; /* auth.slots */
	struct list waiters;
	enum audience audience;
	char *organisation, *scope_granted, *claims;
	struct secret *token;
	unsigned long serial;
	int64_t expires, renew; /* boot time, ms */
	bool wanted;            /* in the queue for a refresh */
	/* the last failure */
	enum err err;
	char *message, *service_code, *correlation;
	int64_t failed_until, retry_after_s;
	unsigned char failed_with[CRYPT_HASH]; /* of the refresh token that failed */
};

struct auth {
	struct auth_options o;
	struct list slots;
	size_t slot_count;
	unsigned long serial;
	struct slot *now; /* being refreshed */
	struct loop_timer timer;
	struct http_transfer *transfer;
	struct store_op *op; /* the store is asked */
	struct secret *refresh_token, *unsaved;
	struct secret *access; /* granted, and not used before the new refresh token is stored */
	int64_t life, refresh_in;
	/* refused, and not told before the store was looked at again */
	enum err refused;
	char *refused_code, *refused_message;
	struct stat account; /* of the account's file when the sign-in was read; st_ino 0: none */
	bool locked;  /* the store is, so signing in is not what helps */
	char *advice; /* what to do about the store's last failure */
	int lock;
	int64_t waiting_since, sent_at;
	unsigned tries;
	int status; /* of the last answer */
	bool reread;
	char *object_id, *tenant_id, *name, *username;
	struct auth_stats stats;
};

static void next_refresh(struct auth *a);
static void try_lock(void *arg);
static void redeem(void *arg);

/* ---- small things ---- */

static void set_text(char **field, struct str s)
{
	free(*field);
	*field = strndup(s.p ? s.p : "", s.n);
}

static const char *text(const char *s)
{
	return s ? s : "";
}

struct auth *auth_new(const struct auth_options *o)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->o = *o;
	a->lock = -1;
	list_init(&a->slots);
	return a;
}

static void free_slot(struct slot *s)
{
	LIST_EACH_SAFE(pos, &s->waiters)
	list_remove(pos);
	list_remove(&s->link);
	secret_free(s->token);
	free(s->organisation);
	free(s->scope_granted);
	free(s->claims);
	free(s->message);
	free(s->service_code);
	free(s->correlation);
	free(s);
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	loop_timer_clear(&a->timer);
	http_cancel(a->transfer);
	store_cancel(a->op);
	os_unlock(a->lock);
	LIST_EACH_SAFE(pos, &a->slots)
	free_slot(LIST_ITEM(pos, struct slot, link));
	secret_free(a->refresh_token);
	secret_free(a->unsaved);
	secret_free(a->access);
	free(a->refused_code);
	free(a->refused_message);
	free(a->advice);
	free(a->object_id);
	free(a->tenant_id);
	free(a->name);
	free(a->username);
	free(a);
}

void auth_wait_clear(struct auth_waiter *w)
{
	if (w->link.next)
		list_remove(&w->link);
}

static struct slot *find_slot(const struct auth *a, enum audience aud, struct str organisation)
{
	LIST_EACH(pos, &a->slots)
	{
		struct slot *s = LIST_ITEM(pos, struct slot, link);

		if (s->audience == aud && str_eq(str_from(s->organisation), organisation))
			return s;
	}
	return NULL;
}

static struct slot *make_slot(struct auth *a, enum audience aud, struct str organisation)
{
	struct slot *s = a->slot_count < MOST_SLOTS ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->audience = aud;
	set_text(&s->organisation, organisation);
	list_init(&s->waiters);
	list_append(&a->slots, &s->link);
	a->slot_count++;
	return s;
}

const char *auth_command(const struct auth *a, struct arena *arena)
{
	const struct conf *conf = a->o.conf;

	if (a->locked)
		return "flowlatch unlock";
	if (conf->profile && strcmp(conf->profile, "default") != 0)
		return arena_printf(arena, "flowlatch login --profile %s", conf->profile);
	return "flowlatch login";
}

const char *auth_command_after(const struct auth *a, struct arena *arena, enum audience aud,
			       struct str organisation, struct str service_code)
{
	const struct aadsts *row = aadsts_find(aadsts_code(service_code));
	const char *command = auth_command(a, arena);

	if (!row || a->locked)
		return command;
	if (row->class == AADSTS_POLICY && strstr(row->next, "--browser"))
		return arena_printf(arena, "%s --browser", command);
	if (row->class != AADSTS_CLAIMS || aud == AUD_FLOW || aud == AUD_NONE)
		return command;
	if (aud == AUD_DATAVERSE)
		return arena_printf(arena, "%s --audience %.*s", command, STR_ARG(organisation));
	return arena_printf(arena, "%s --audience %s", command, audience_name(aud));
}

const char *auth_advice(const struct auth *a)
{
	return a->advice && a->advice[0] ? a->advice : NULL;
}

/* ---- ends of a refresh ---- */

static void wake(struct slot *s)
{
	/* A waiter may ask again at once, which must not end up on the list being woken. */
	struct list due;

	list_init(&due);
	while (!list_empty(&s->waiters)) {
		struct list *pos = s->waiters.next;

		list_remove(pos);
		list_append(&due, pos);
	}
	while (!list_empty(&due)) {
		struct auth_waiter *w = LIST_ITEM(due.next, struct auth_waiter, link);

		list_remove(&w->link);
		w->told = s->err != ERR_OK;
		w->fn(w->arg);
	}
}

static void end_refresh(struct auth *a)
{
	struct slot *s = a->now;

	loop_timer_clear(&a->timer);
	os_unlock(a->lock);
	a->lock = -1;
	secret_free(a->refresh_token);
	a->refresh_token = NULL;
	a->now = NULL;
	s->wanted = false;
	wake(s);
	if (!a->now)
		next_refresh(a);
}

static void fail_refresh(struct auth *a, enum err err, const char *code, const char *message,
			 int64_t remember_ms)
{
	struct slot *s = a->now;

	a->stats.failures++;
	s->err = err;
	set_text(&s->service_code, str_from(code));
	set_text(&s->message, str_from(message));
	s->failed_until = os_now_ms() + remember_ms;
	crypt_sha256(secret_bytes(a->refresh_token), s->failed_with);
	end_refresh(a);
}

/* Asks the store about the refresh token; the lock stays ours until that is done, even when we
 * are killed. */
static void ask_store(struct auth *a, enum store_verb verb, const struct secret *value,
		      void (*on_done)(void *arg, enum store_result r, struct secret *value))
{
	a->op = store_start(a->o.store, a->o.loop, &(struct store_request){
		.verb = verb,
		.name = "refresh_token",
		.value = value,
		.lock = verb == STORE_PUT && a->lock > 0 ? a->lock : 0,
		.on_done = on_done,
		.arg = a,
	});
	if (!a->op)
		fail_refresh(a, ERR_INTERNAL, "", "out of memory", 1000);
}

/* ---- the token endpoint's answers ---- */

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
		redeem(a);
		return;
	}
	secret_free(again);
	fail_refresh(a, a->refused, text(a->refused_code), text(a->refused_message), REMEMBER_MS);
}

static void refused(struct auth *a, struct arena *arena, const struct json *doc)
{
	struct str description = json_get_str(doc, "error_description"), line;
	struct str code = json_get_str(doc, "error");
	const struct aadsts *row = aadsts_find(aadsts_code(description));

	a->refused = row ? by_class[row->class] : oauth_error(code, a->status);
	set_text(&a->now->correlation, json_get_str(doc, "correlation_id"));
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
	set_text(&a->refused_code, code);
	set_text(&a->refused_message, line);
	if (a->refused == ERR_REAUTH_REQUIRED && !a->reread)
		ask_store(a, STORE_GET, NULL, on_reread);
	else
		fail_refresh(a, a->refused, text(a->refused_code), text(a->refused_message),
			     REMEMBER_MS);
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
		loop_timer_set(a->o.loop, &a->timer, header.p ? wait : wait / 5, redeem, a);
		return;
	}
	a->now->retry_after_s = wait / 1000;
	fail_refresh(a, err, "", message, wait);
}

static void take_identity(struct auth *a, struct arena *arena, struct str id_token)
{
	struct json *claims = jwt_payload(arena, id_token);

	if (!claims)
		return;
	set_text(&a->object_id, json_get_str(claims, "oid"));
	set_text(&a->tenant_id, json_get_str(claims, "tid"));
	set_text(&a->name, json_get_str(claims, "name"));
	set_text(&a->username, json_get_str(claims, "preferred_username"));
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
	end_refresh(a);
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
	ask_store(a, STORE_PUT, fresh, on_kept);
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
	set_text(&a->now->scope_granted, json_get_str(doc, "scope"));
	secret_free(a->access);
	a->access = secret_new(json_get_str(doc, "access_token"));
	keep_refresh_token(a, json_get_str(doc, "refresh_token"));
}

static void on_answer(void *arg, const struct http_response *r)
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
		fail_refresh(a, ERR_UPSTREAM, "", "the sign-in service's answer is too large", 1000);
		return;
	}
	doc = json_parse(&arena, r->body, JSON_ANSWER, NULL);
	if (r->status == 200 && json_get_str(doc, "access_token").n)
		granted(a, &arena, doc);
	else if (json_get_str(doc, "error").n)
		refused(a, &arena, doc);
	else
		fail_refresh(a, ERR_UPSTREAM, "",
			     "the sign-in service answered with something unexpected", 1000);
	arena_release(&arena);
}

/* ---- the request ---- */

static struct secret *token_form(struct auth *a, struct arena *arena)
{
	struct slot *s = a->now;
	struct str scope = permission_scope(a->o.hosts, arena, s->audience,
					    str_from(s->organisation), a->o.conf->read_only);
	struct secret *form;
	struct buf b;

	buf_init(&b, LIMIT_TOKEN_ANSWER);
	buf_add_field(&b, "grant_type", S("refresh_token"));
	buf_add_field(&b, "client_id", str_from(a->o.conf->client_id));
	buf_add_field(&b, "scope", str_fmt(arena, "%.*s openid profile offline_access",
				       STR_ARG(scope)));
	if (s->claims && s->claims[0])
		buf_add_field(&b, "claims", str_from(s->claims));
	buf_add_field(&b, "refresh_token", secret_bytes(a->refresh_token));
	form = buf_ok(&b) ? secret_new(buf_str(&b)) : NULL;
	buf_free_wiped(&b);
	return form;
}

static void redeem(void *arg)
{
	struct auth *a = arg;
	const char *tenant = a->o.conf->tenant;
	struct secret *volatile form = NULL;
	struct arena arena;
	struct str where;
	jmp_buf out;

	arena_init(&arena, 1u << 20);
	if (arena_guard(&arena, &out)) {
		arena_release(&arena);
		secret_free(form);
		fail_refresh(a, ERR_INTERNAL, "", "out of memory", 0);
		return;
	}
	form = token_form(a, &arena);
	where = str_fmt(&arena, "%.*s/%s/oauth2/v2.0/token", STR_ARG(host_authority(a->o.hosts)),
			tenant && tenant[0] ? tenant : "organizations");
	a->sent_at = os_now_ms();
	if (form)
		a->transfer = http_start(a->o.http, &(struct http_request){
			.method = HTTP_POST,
			.url = where,
			.content_type = S("application/x-www-form-urlencoded"),
			.secret_body = form,
			.headers = &(struct str)STR_INIT("Accept: application/json"),
			.header_count = 1,
			.timeout_ms = LIMIT_REQUEST_MS / 2,
			.max_bytes = LIMIT_TOKEN_ANSWER,
			.fresh_connection = false,
			.on_done = on_answer,
			.arg = a,
		});
	secret_free(form);
	arena_release(&arena);
	if (!a->transfer)
		fail_refresh(a, ERR_INTERNAL, "", "the token request could not be started", 1000);
}

static void no_token(struct auth *a, enum store_result r)
{
	const char *next = r == STORE_ABSENT ? NULL : store_next(a->o.store);

	a->locked = r == STORE_LOCKED;
	set_text(&a->advice, str_from(next));
	fail_refresh(a, ERR_NOT_SIGNED_IN, "",
		     r == STORE_ABSENT ? "nobody is signed in with this profile"
				       : store_message(a->o.store),
		     0);
}

/* A refusal is answered from memory for a while, as long as the same refresh token is there. */
static bool refused_before(const struct auth *a)
{
	unsigned char hash[CRYPT_HASH];
	const struct slot *s = a->now;

	if (s->err != ERR_REAUTH_REQUIRED || os_now_ms() >= s->failed_until)
		return false;
	crypt_sha256(secret_bytes(a->refresh_token), hash);
	return crypt_equal(hash, s->failed_with, sizeof(hash));
}

/* A person who signs out, or in as somebody else, does so for running servers too. */
static bool account_file(const struct auth *a, struct stat *st)
{
	const char *dir = store_dir_name(a->o.store);
	char path[4096];
	int n = dir ? snprintf(path, sizeof(path), "%s/" ACCOUNT_FILE, dir) : -1;

	*st = (struct stat){ 0 };
	return n > 0 && (size_t)n < sizeof(path) && !stat(path, st);
}

static void forget_former_account(struct auth *a)
{
	struct stat now;

	if (!a->account.st_ino)
		return;
	account_file(a, &now);
	if (now.st_ino == a->account.st_ino && now.st_mtime == a->account.st_mtime)
		return;
	a->account.st_ino = 0;
	LIST_EACH(pos, &a->slots)
	{
		struct slot *s = LIST_ITEM(pos, struct slot, link);

		secret_free(s->token);
		s->token = NULL;
	}
	/* One that could not be stored belongs to the former account too. */
	if (!a->now) {
		secret_free(a->unsaved);
		a->unsaved = NULL;
	}
}

static void on_token(void *arg, enum store_result r, struct secret *value)
{
	struct auth *a = arg;

	a->op = NULL;
	a->refresh_token = value;
	a->locked = false;
	set_text(&a->advice, S(""));
	a->tries = 0;
	a->reread = false;
	account_file(a, &a->account);
	if (r != STORE_OK)
		no_token(a, r);
	else if (!a->o.conf->client_id)
		fail_refresh(a, ERR_CONFIG, "", "the profile names no client_id", 0);
	else if (refused_before(a))
		end_refresh(a);
	else
		redeem(a);
}

static void on_saved(void *arg, enum store_result r, struct secret *value)
{
	struct auth *a = arg;
	struct secret *copy = secret_copy(a->unsaved);

	(void)value;
	a->op = NULL;
	if (r == STORE_OK) {
		secret_free(a->unsaved);
		a->unsaved = NULL;
	}
	on_token(a, copy ? STORE_OK : STORE_FAILED, copy);
}

static void read_and_redeem(struct auth *a)
{
	if (a->unsaved)
		ask_store(a, STORE_PUT, a->unsaved, on_saved);
	else
		ask_store(a, STORE_GET, NULL, on_token);
}

static void try_lock(void *arg)
{
	struct auth *a = arg;
	const char *dir = store_dir(a->o.store);
	char path[4096];
	uint32_t r;
	int err = 0;

	if (dir && strlen(dir) + 16 < sizeof(path)) {
		struct buf b;

		buf_init(&b, sizeof(path) - 1);
		buf_addf(&b, "%s/token.lock", dir);
		memcpy(path, buf_c(&b), b.n + 1);
		buf_free(&b);
		a->lock = os_try_lock(path, &err);
	}
	if (a->lock < 0 && err == EWOULDBLOCK) {
		if (os_now_ms() - a->waiting_since < LIMIT_TOKEN_LOCK_MS) {
			crypt_random(&r, sizeof(r));
			loop_timer_set(a->o.loop, &a->timer, 50 + (int64_t)(r % 200), try_lock, a);
			return;
		}
		log_warn("another process holds the token lock for long; going on without it");
	}
	read_and_redeem(a);
}

static void next_refresh(struct auth *a)
{
	LIST_EACH(pos, &a->slots)
	{
		struct slot *s = LIST_ITEM(pos, struct slot, link);

		if (!s->wanted)
			continue;
		a->now = s;
		a->waiting_since = os_now_ms();
		/* From the loop, so that nobody is called back inside auth_get. */
		loop_timer_set(a->o.loop, &a->timer, 0, try_lock, a);
		return;
	}
}

/* ---- asking for a token ---- */

static enum auth_state tell_failure(const struct slot *s, struct auth_failure *f)
{
	*f = (struct auth_failure){
		.err = s->err,
		.message = text(s->message),
		.service_code = text(s->service_code),
		.correlation = text(s->correlation),
		.retry_after_s = s->retry_after_s,
	};
	return AUTH_FAILED;
}

enum auth_state auth_get(struct auth *a, enum audience aud, struct str organisation,
			 struct auth_waiter *w, struct auth_token *out,
			 struct auth_failure *failure)
{
	struct slot *s = find_slot(a, aud, organisation);
	int64_t now = os_now_ms();
	bool usable;

	if (!s)
		s = make_slot(a, aud, organisation);
	if (!s) {
		*failure = (struct auth_failure){ .err = ERR_TOO_LARGE,
						  .message = "too many organisations at once",
						  .service_code = "", .correlation = "" };
		return AUTH_FAILED;
	}
	forget_former_account(a);
	usable = s->token && now < s->expires;
	/* Past its renewal time a token is still good while a renewal just failed. */
	if (usable && (now < s->renew || (s->err != ERR_OK && now < s->failed_until))) {
		*out = (struct auth_token){ s->token, s->serial };
		return AUTH_READY;
	}
	/* Those who waited for a refresh are told how it failed, remembered or not. */
	if (w->told || (!s->wanted && now < s->failed_until && s->err != ERR_REAUTH_REQUIRED)) {
		w->told = false;
		return tell_failure(s, failure);
	}
	if (!w->link.next)
		list_init(&w->link);
	list_remove(&w->link);
	list_append(&s->waiters, &w->link);
	if (!s->wanted) {
		s->wanted = true;
		if (!a->now)
			next_refresh(a);
	}
	return AUTH_WAIT;
}

void auth_rejected(struct auth *a, enum audience aud, struct str organisation,
		   unsigned long serial, struct str claims)
{
	struct slot *s = find_slot(a, aud, organisation);

	if (!s || s->serial != serial || !s->token)
		return;
	secret_free(s->token);
	s->token = NULL;
	s->err = ERR_OK;
	set_text(&s->claims, claims);
}

/* ---- what is known ---- */

struct auth_identity auth_identity(const struct auth *a)
{
	return (struct auth_identity){ text(a->object_id), text(a->tenant_id), text(a->name),
				       text(a->username) };
}

struct json *auth_describe(const struct auth *a, struct arena *arena)
{
	struct json *list = json_new_array(arena);
	int64_t now = os_now_ms();

	LIST_EACH(pos, &a->slots)
	{
		const struct slot *s = LIST_ITEM(pos, struct slot, link);
		struct json *v = json_new_object(arena);

		json_set_z(arena, v, "audience", audience_name(s->audience));
		json_set_z(arena, v, "state", s->token && now < s->expires ? "ok"
					      : s->err != ERR_OK	   ? err_name(s->err)
									   : "none");
		json_set_z(arena, v, "scope", text(s->scope_granted));
		if (a->o.conf->read_only)
			json_set_z(arena, v, "readOnlyBy",
				   permission_enforcer(s->audience,
						       str_from(text(s->scope_granted))));
		json_set_int(arena, v, "expiresInSeconds",
			     s->token && s->expires > now ? (s->expires - now) / 1000 : 0);
		json_push(list, v);
	}
	return list;
}

const char *auth_scope(const struct auth *a, struct arena *arena, enum audience aud,
		       struct str organisation)
{
	const struct slot *s = find_slot(a, aud, organisation);

	return s ? str_c(arena, str_from(text(s->scope_granted))) : "";
}

struct auth_stats auth_stats(const struct auth *a)
{
	return a->stats;
}
