/*
 * auth_refresh.c - one refresh of an access token.
 *
 * One at a time in this process, under a lock that all processes of the profile share: lock, read
 * the refresh token again, redeem, store the new one, then use the access token.
 */
#include "work/auth_int.h"

#include <errno.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "work/account.h"
#include "work/permission.h"

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

void auth_end_refresh(struct auth *a)
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
		auth_next_refresh(a);
}

void auth_fail_refresh(struct auth *a, enum err err, const char *code, const char *message,
			 int64_t remember_ms)
{
	struct slot *s = a->now;

	a->stats.failures++;
	s->err = err;
	auth_set_text(&s->service_code, str_from(code));
	auth_set_text(&s->message, str_from(message));
	s->failed_until = os_now_ms() + remember_ms;
	crypt_sha256(secret_bytes(a->refresh_token), s->failed_with);
	auth_end_refresh(a);
}

/* Asks the store about the refresh token; the lock stays ours until that is done, even when we
 * are killed. */
void auth_ask_store(struct auth *a, enum store_verb verb, const struct secret *value,
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
		auth_fail_refresh(a, ERR_INTERNAL, "", "out of memory", 1000);
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

void auth_redeem(void *arg)
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
		auth_fail_refresh(a, ERR_INTERNAL, "", "out of memory", 0);
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
			.on_done = auth_on_answer,
			.arg = a,
		});
	secret_free(form);
	arena_release(&arena);
	if (!a->transfer)
		auth_fail_refresh(a, ERR_INTERNAL, "", "the token request could not be started", 1000);
}

static void no_token(struct auth *a, enum store_result r)
{
	const char *next = r == STORE_ABSENT ? NULL : store_next(a->o.store);

	a->locked = r == STORE_LOCKED;
	auth_set_text(&a->advice, str_from(next));
	auth_fail_refresh(a, ERR_NOT_SIGNED_IN, "",
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

void auth_forget_former_account(struct auth *a)
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
	auth_set_text(&a->advice, S(""));
	a->tries = 0;
	a->reread = false;
	account_file(a, &a->account);
	if (r != STORE_OK)
		no_token(a, r);
	else if (!a->o.conf->client_id)
		auth_fail_refresh(a, ERR_CONFIG, "", "the profile names no client_id", 0);
	else if (refused_before(a))
		auth_end_refresh(a);
	else
		auth_redeem(a);
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
		auth_ask_store(a, STORE_PUT, a->unsaved, on_saved);
	else
		auth_ask_store(a, STORE_GET, NULL, on_token);
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

void auth_next_refresh(struct auth *a)
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
