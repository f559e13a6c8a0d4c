/*
 * store.c - the small secrets of one profile: which kind keeps them, and what all kinds share.
 *
 * Knows nothing of what an item is for, but for the refresh token, which belongs to an account,
 * and for the two keys, which belong to the profile's directory.
 */
#include "work/store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "work/conf_text.h"
#include "work/host.h"

static const char *const result_names[STORE__RESULTS] = {
	[STORE_OK] = "ok",
	[STORE_ABSENT] = "absent",
	[STORE_LOCKED] = "locked",
	[STORE_NO_BUS] = "no_bus",
	[STORE_NO_SERVICE] = "no_service",
	[STORE_NO_COLLECTION] = "no_collection",
	[STORE_SLOW] = "slow",
	[STORE_UNAVAILABLE] = "unavailable",
	[STORE_UNSAFE] = "unsafe",
	[STORE_OTHER_LOGIN] = "other_sign_in",
	[STORE_FAILED] = "failed",
};

static const struct {
	const char *name;
	const struct store_kind *kind; /* NULL: found out when it is needed */
	const char *what;
} kinds[] = {
	{ "keyring", &store_keyring, "the desktop's keyring" },
	{ "session", NULL, "memory, until the end of the session or a restart" },
	{ "file", &store_sealed, "encrypted files" },
	{ "refresh_token_file", &store_token_file, "a file" },
	{ "practice", &store_plain, "files of the practice tenant" },
};

const char *store_result_name(enum store_result r)
{
	return result_names[r];
}

enum store_result store_say(struct store *s, enum store_result r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, sizeof(s->message), fmt, ap);
	va_end(ap);
	s->next[0] = '\0';
	return r;
}

void store_advise(struct store *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->next, sizeof(s->next), fmt, ap);
	va_end(ap);
}

const char *store_message(const struct store *s)
{
	return s->message;
}

const char *store_next(const struct store *s)
{
	return s->next[0] ? s->next : NULL;
}

int64_t store_written(const struct store *s)
{
	return s->written;
}

const char *store_name(const struct store *s)
{
	return s->name;
}

/* ---- making ---- */

static char *copy(const char *z)
{
	return strdup(z ? z : "");
}

static char *profile_dir(const struct conf *conf)
{
	char *dir = NULL;

	if (!conf_name_ok(str_from(conf->profile)) || !conf->state_dir)
		return NULL;
	if (asprintf(&dir, "%s/profiles/%s", conf->state_dir, conf->profile) < 0)
		return NULL;
	return dir;
}

/* The sign-in service in use; a row of the cloud table, or what a custom cloud names. */
static char *authority_of(const struct conf *conf)
{
	const char *message;
	struct hosts *hosts;
	struct arena a;
	jmp_buf out;
	char *text;

	arena_init(&a, 4u << 20);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return NULL;
	}
	hosts = hosts_new(&a, conf, &message);
	text = copy(hosts ? str_c(&a, host_authority(hosts)) : NULL);
	arena_release(&a);
	return text;
}

struct store *store_new(const struct conf *conf)
{
	bool practice = conf->cloud && !strcmp(conf->cloud, "practice");
	const char *name = conf->store ? conf->store : "keyring";
	struct store *s = calloc(1, sizeof(*s));
	size_t i = 0;

	if (!s)
		return NULL;
	/* The practice tenant keeps what it has no file for in its own state directory. */
	if (practice && strcmp(name, "refresh_token_file") != 0)
		name = "practice";
	while (i + 1 < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[i].name, name) != 0)
		i++;
	s->name = kinds[i].name;
	s->kind = kinds[i].kind;
	s->dir = profile_dir(conf);
	s->profile = copy(conf->profile);
	s->token_file = conf->refresh_token_file ? copy(conf->refresh_token_file) : NULL;
	s->key_file = conf->key_file ? copy(conf->key_file) : NULL;
	s->login.authority = authority_of(conf);
	s->login.tenant = copy(conf->tenant);
	s->login.client_id = copy(conf->client_id);
	s->login.account = copy(conf->account);
	if (asprintf(&s->login_command, "flowlatch login%s%s",
		     strcmp(s->profile ? s->profile : "", "default") != 0 ? " --profile " : "",
		     strcmp(s->profile ? s->profile : "", "default") != 0 ? s->profile : "") < 0)
		s->login_command = NULL;
	if (!s->login.authority || !s->login.tenant || !s->login.client_id || !s->login.account ||
	    !s->login_command) {
		store_free(s);
		return NULL;
	}
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	secret_free(s->seal_key);
	for (size_t i = 0; i < sizeof(s->ahead) / sizeof(*s->ahead); i++)
		secret_free(s->ahead[i].raw);
	free(s->profile);
	free(s->token_file);
	free(s->key_file);
	free(s->dir);
	free(s->login_command);
	free(s->description);
	free(s->login.authority);
	free(s->login.tenant);
	free(s->login.client_id);
	free(s->login.account);
	free(s);
}

/* store = session is the kernel's keyring, or where that is forbidden (containers) the collection
 * of the desktop's keyring that is never written to a disk. */
const struct store_kind *store_kind(struct store *s)
{
	if (!s->kind)
		s->kind = store_kernel_works() ? &store_kernel : &store_session_service;
	return s->kind;
}

const char *store_describe(struct store *s)
{
	const char *where = s->kind == &store_token_file ? s->token_file
			    : s->kind == &store_sealed	? s->dir
							: NULL;
	const char *what = "";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, s->name))
			what = kinds[i].what;
	free(s->description);
	if (asprintf(&s->description, "%s%s%s", what, where ? " " : "", where ? where : "") < 0)
		s->description = NULL;
	return s->description ? s->description : what;
}

/* ---- the directory ---- */

/* A directory that others may write would let them put their files in place of ours. */
static const char *unsafe_dir(const char *dir)
{
	struct stat st;

	if (lstat(dir, &st))
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "is not a directory";
	if (st.st_uid != geteuid())
		return "belongs to somebody else";
	return st.st_mode & 022 ? "can be written by others; run chmod 0700 on it" : NULL;
}

enum store_result store_need_dir(struct store *s)
{
	const char *why;
	int err;

	if (s->have_dir)
		return STORE_OK;
	if (!s->dir)
		return store_say(s, STORE_FAILED,
				 "the profile's name cannot be the name of a directory");
	err = os_mkdirs(s->dir);
	if (err)
		return store_say(s, STORE_FAILED, "%s: %s", s->dir, strerror(err));
	why = unsafe_dir(s->dir);
	if (why)
		return store_say(s, STORE_UNSAFE, "%s: %s", s->dir, why);
	s->have_dir = true;
	return STORE_OK;
}

const char *store_dir(struct store *s)
{
	return store_need_dir(s) == STORE_OK ? s->dir : NULL;
}

const char *store_dir_name(const struct store *s)
{
	return s->dir;
}

/* ---- items ---- */

bool store_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == n;
}

enum store_result store_check_name(struct store *s, const char *name)
{
	if (!store_name_ok(name))
		return store_say(s, STORE_FAILED, "'%s' is not the name of an item", name);
	return s->dir ? STORE_OK
		      : store_say(s, STORE_FAILED,
				  "the profile's name cannot be the name of a directory");
}

static enum store_result get_raw(struct store *s, const char *name, struct secret **raw)
{
	const struct store_kind *k = store_kind(s);

	if (!k->helper)
		return k->get(s, name, raw);
	*raw = store_take_ahead(s, name);
	if (*raw)
		return STORE_OK;
	return store_wait(s, &(struct store_request){ .verb = STORE_GET, .name = name }, raw);
}

static enum store_result put_raw(struct store *s, const char *name, const struct secret *raw)
{
	const struct store_kind *k = store_kind(s);
	struct store_request r = { .verb = STORE_PUT, .name = name, .value = raw };

	return k->helper ? store_wait(s, &r, NULL) : k->put(s, name, raw);
}

bool store_in_plain_file(const struct store *s, const char *name, char path[4096])
{
	int n = snprintf(path, 4096, "%s/%s", s->dir, name);

	return strcmp(name, STORE_TOKEN) != 0 && n > 0 && n < 4096 && !access(path, F_OK);
}

enum store_result store_get(struct store *s, const char *name, struct secret **out)
{
	enum store_result r = store_check_name(s, name);
	struct secret *raw = NULL;
	char path[4096];

	if (r != STORE_OK)
		return r;
	s->written = 0;
	if (!store_kind(s)->bare && store_in_plain_file(s, name, path))
		return store_read_file(s, path, false, out);
	r = get_raw(s, name, &raw);
	if (r == STORE_OK && store_kind(s)->bare) {
		*out = raw;
		return r;
	}
	if (r == STORE_OK)
		r = store_unwrap(s, name, raw, out);
	secret_free(raw);
	return r;
}

enum store_result store_put_wrapped(struct store *s, const char *name,
				    const struct secret *value)
{
	struct secret *raw = store_wrap(s, name, value);
	enum store_result r = raw ? put_raw(s, name, raw)
				  : store_say(s, STORE_FAILED, "memory is out");

	secret_free(raw);
	return r;
}

enum store_result store_put(struct store *s, const char *name, const struct secret *value)
{
	enum store_result r = store_check_name(s, name);
	size_t n = secret_bytes(value).n;
	char path[4096];

	if (r != STORE_OK)
		return r;
	if (!n || n > LIMIT_STORE_ITEM)
		return store_say(s, STORE_FAILED, "%s: %s", name,
				 n ? "the value is too large" : "the value is empty");
	if (store_kind(s)->bare)
		return put_raw(s, name, value);
	if (store_in_plain_file(s, name, path))
		return store_write_file(s, path, secret_bytes(value));
	return store_put_wrapped(s, name, value);
}

enum store_result store_erase(struct store *s, const char *name)
{
	enum store_result r = store_check_name(s, name);

	if (r != STORE_OK)
		return r;
	if (!strcmp(name, STORE_SEAL_KEY)) {
		secret_free(s->seal_key);
		s->seal_key = NULL;
	}
	secret_free(store_take_ahead(s, name));
	if (!store_kind(s)->helper)
		return store_kind(s)->erase(s, name);
	return store_wait(s, &(struct store_request){ .verb = STORE_ERASE, .name = name }, NULL);
}

/* ---- keys ---- */

/* Makes a key, unless another process is quicker. */
static enum store_result make_key(struct store *s, const char *name, struct secret **key)
{
	unsigned char bytes[CRYPT_KEY];
	int64_t until = os_now_ms() + LIMIT_STORE_LOCK_MS;
	char path[4096];
	enum store_result r;
	int fd, err;

	r = store_need_dir(s);
	if (r != STORE_OK)
		return r;
	snprintf(path, sizeof(path), "%s/%s.lock", s->dir, name);
	while ((fd = os_try_lock(path, &err)) < 0 && err == EWOULDBLOCK && os_now_ms() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	if (fd < 0)
		return store_say(s, STORE_FAILED, "%s: %s", path, strerror(err));
	r = store_get(s, name, key);
	if (r == STORE_ABSENT) {
		crypt_random(bytes, sizeof(bytes));
		*key = secret_new(str_bytes(bytes, sizeof(bytes)));
		os_wipe(bytes, sizeof(bytes));
		r = *key ? store_put(s, name, *key) : store_say(s, STORE_FAILED, "memory is out");
		if (r != STORE_OK) {
			secret_free(*key);
			*key = NULL;
		}
	}
	os_unlock(fd);
	return r;
}

static enum store_result get_key(struct store *s, const char *name, struct secret **key)
{
	enum store_result r = STORE_OK;

	if (!*key)
		r = store_get(s, name, key);
	if (r == STORE_ABSENT)
		r = make_key(s, name, key);
	if (r == STORE_OK && secret_bytes(*key).n != CRYPT_KEY) {
		secret_free(*key);
		*key = NULL;
		r = store_say(s, STORE_FAILED, "%s is damaged: it must have %d bytes", name,
			      CRYPT_KEY);
	}
	return r;
}

enum store_result store_own_key(struct store *s, const char *name, unsigned char out[32])
{
	struct secret *key = NULL;
	enum store_result r = get_key(s, name, &key);

	if (r == STORE_OK)
		memcpy(out, secret_bytes(key).p, CRYPT_KEY);
	secret_free(key);
	return r;
}

enum store_result store_key(struct store *s, struct str purpose, unsigned char out[32])
{
	enum store_result r = get_key(s, STORE_SEAL_KEY, &s->seal_key);

	if (r != STORE_OK)
		return r;
	crypt_derive(secret_bytes(s->seal_key), purpose, out);
	return STORE_OK;
}
