/*
 * store.c - the small secrets of one profile, in files of mode 0600.
 *
 * Knows which file holds which item; knows nothing of what an item is for.
 * Two kinds live here: the practice tenant keeps everything in its state directory, and
 * store = refresh_token_file keeps the refresh token in the file that the person named and
 * everything else in the state directory.
 */
#include "work/store.h"

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

#define SEAL_KEY "seal_key"

struct store {
	char *kind;       /* as written in the configuration */
	char *token_file; /* the person's refresh token file, or NULL */
	char *dir;        /* state_dir/profiles/NAME, or NULL when the name is not a safe one */
	bool files;       /* this kind is kept in files */
	bool have_dir;
	struct secret *seal_key;
	char message[512];
};

__attribute__((__format__(__printf__, 3, 4))) static enum store_result
say(struct store *s, enum store_result r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, sizeof(s->message), fmt, ap);
	va_end(ap);
	return r;
}

static char *copy(const char *z)
{
	return z ? strdup(z) : NULL;
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

struct store *store_new(const struct conf *conf)
{
	bool practice = conf->cloud && !strcmp(conf->cloud, "practice");
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->kind = copy(practice ? "practice" : conf->store ? conf->store : "keyring");
	s->dir = profile_dir(conf);
	if (conf->store && !strcmp(conf->store, "refresh_token_file"))
		s->token_file = copy(conf->refresh_token_file);
	s->files = practice || s->token_file;
	if (!s->kind) {
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
	free(s->kind);
	free(s->token_file);
	free(s->dir);
	free(s);
}

const char *store_message(const struct store *s)
{
	return s->message;
}

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

static enum store_result make_dir(struct store *s)
{
	const char *why;
	int err;

	if (s->have_dir)
		return STORE_OK;
	if (!s->dir)
		return say(s, STORE_FAILED, "the profile's name cannot be the name of a directory");
	err = os_mkdirs(s->dir);
	if (err)
		return say(s, STORE_FAILED, "%s: %s", s->dir, strerror(err));
	why = unsafe_dir(s->dir);
	if (why)
		return say(s, STORE_UNSAFE, "%s: %s", s->dir, why);
	s->have_dir = true;
	return STORE_OK;
}

const char *store_dir(struct store *s)
{
	return make_dir(s) == STORE_OK ? s->dir : NULL;
}

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == n;
}

/* The file of an item.  What is wrong is said. */
static enum store_result item_path(struct store *s, const char *name, char path[4096])
{
	int n;

	if (!s->files)
		return say(s, STORE_UNAVAILABLE,
			   "flowlatch %s cannot use store = %s; set store = refresh_token_file and "
			   "refresh_token_file = PATH, or try it with --practice",
			   FLOWLATCH_VERSION, s->kind);
	if (!name_ok(name))
		return say(s, STORE_FAILED, "'%s' is not the name of an item", name);
	if (s->token_file && !strcmp(name, "refresh_token")) {
		n = snprintf(path, 4096, "%s", s->token_file);
	} else {
		if (!s->dir)
			return say(s, STORE_FAILED,
				   "the profile's name cannot be the name of a directory");
		n = snprintf(path, 4096, "%s/%s", s->dir, name);
	}
	return n > 0 && n < 4096 ? STORE_OK : say(s, STORE_FAILED, "the file's name is too long");
}

/* Reads the open file into a secret. */
static enum store_result read_item(struct store *s, int fd, const char *path, bool text,
				   struct secret **out)
{
	struct str bytes;
	struct buf b;
	int err;

	buf_init(&b, LIMIT_STORE_ITEM);
	/* All the memory at once: growing would leave copies behind. */
	buf_room(&b, LIMIT_STORE_ITEM);
	err = os_read_fd(fd, &b);
	bytes = buf_str(&b);
	if (text)
		bytes = str_trim(bytes);
	if (!err && bytes.n) {
		*out = secret_new(bytes);
		err = *out ? 0 : ENOMEM;
	}
	buf_free_wiped(&b);
	if (err)
		return say(s, STORE_FAILED, "%s: %s", path,
			   err == EFBIG ? "is too large for a secret" : strerror(err));
	return bytes.n ? STORE_OK : say(s, STORE_ABSENT, "%s is empty", path);
}

enum store_result store_get(struct store *s, const char *name, struct secret **out)
{
	char path[4096];
	enum store_result r = item_path(s, name, path);
	const char *why;
	int fd;

	if (r != STORE_OK)
		return r;
	fd = os_open_private(path, O_RDONLY, &why);
	if (fd < 0 && why)
		return say(s, STORE_UNSAFE, "%s %s", path, why);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return say(s, STORE_ABSENT, "there is no %s", path);
	if (fd < 0)
		return say(s, STORE_FAILED, "%s: %s", path, strerror(errno));
	r = read_item(s, fd, path, s->token_file && !strcmp(name, "refresh_token"), out);
	close(fd);
	return r;
}

/* A file that is there must be safe before it is replaced: it may be somebody's trap. */
static enum store_result check_target(struct store *s, const char *path)
{
	const char *why;
	int fd = os_open_private(path, O_RDONLY, &why);

	if (fd >= 0)
		close(fd);
	else if (why)
		return say(s, STORE_UNSAFE, "%s %s", path, why);
	return STORE_OK;
}

enum store_result store_put(struct store *s, const char *name, const struct secret *value)
{
	char path[4096];
	enum store_result r = item_path(s, name, path);
	struct str bytes = secret_bytes(value);
	int err;

	if (r != STORE_OK)
		return r;
	if (!bytes.n || bytes.n > LIMIT_STORE_ITEM)
		return say(s, STORE_FAILED, "%s: %s", path,
			   bytes.n ? "the value is too large" : "the value is empty");
	if (!s->token_file || strcmp(path, s->token_file) != 0)
		r = make_dir(s);
	if (r == STORE_OK)
		r = check_target(s, path);
	if (r != STORE_OK)
		return r;
	err = os_write_atomic(path, bytes);
	return err ? say(s, STORE_FAILED, "%s cannot be written: %s", path, strerror(err))
		   : STORE_OK;
}

enum store_result store_erase(struct store *s, const char *name)
{
	char path[4096];
	enum store_result r = item_path(s, name, path);

	if (r != STORE_OK)
		return r;
	if (!strcmp(name, SEAL_KEY)) {
		secret_free(s->seal_key);
		s->seal_key = NULL;
	}
	if (unlink(path)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return say(s, STORE_ABSENT, "there is no %s", path);
		return say(s, STORE_FAILED, "%s cannot be removed: %s", path, strerror(errno));
	}
	(void)os_sync_parent(path);
	return STORE_OK;
}

/* Makes the seal key, unless another process is quicker. */
static enum store_result make_seal_key(struct store *s)
{
	unsigned char bytes[CRYPT_KEY];
	int64_t until = os_now_ms() + LIMIT_STORE_LOCK_MS;
	char path[4096];
	enum store_result r;
	int fd, err;

	r = make_dir(s);
	if (r != STORE_OK)
		return r;
	snprintf(path, sizeof(path), "%s/%s.lock", s->dir, SEAL_KEY);
	while ((fd = os_try_lock(path, &err)) < 0 && err == EWOULDBLOCK && os_now_ms() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	if (fd < 0)
		return say(s, STORE_FAILED, "%s: %s", path, strerror(err));
	r = store_get(s, SEAL_KEY, &s->seal_key);
	if (r == STORE_ABSENT) {
		crypt_random(bytes, sizeof(bytes));
		s->seal_key = secret_new(str_n((const char *)bytes, sizeof(bytes)));
		os_wipe(bytes, sizeof(bytes));
		r = s->seal_key ? store_put(s, SEAL_KEY, s->seal_key)
				: say(s, STORE_FAILED, "memory is out");
		if (r != STORE_OK) {
			secret_free(s->seal_key);
			s->seal_key = NULL;
		}
	}
	os_unlock(fd);
	return r;
}

enum store_result store_key(struct store *s, struct str purpose, unsigned char out[32])
{
	enum store_result r = STORE_OK;

	if (!s->seal_key)
		r = store_get(s, SEAL_KEY, &s->seal_key);
	if (r == STORE_ABSENT)
		r = make_seal_key(s);
	if (r == STORE_OK && secret_bytes(s->seal_key).n != CRYPT_KEY) {
		secret_free(s->seal_key);
		s->seal_key = NULL;
		r = say(s, STORE_FAILED, "%s is damaged: it must have %d bytes", SEAL_KEY,
			CRYPT_KEY);
	}
	if (r != STORE_OK)
		return r;
	crypt_derive(secret_bytes(s->seal_key), purpose, out);
	return STORE_OK;
}
