/*
 * store_file.c - items in files of mode 0600: plain, the person's refresh token file, and sealed.
 *
 * A sealed item is encrypted with AES-256-GCM under a key out of a file of random bytes, which
 * may be a systemd credential; who has one of the two files has nothing.
 */
#include "work/store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"

/* systemd.exec(5), LoadCredential=: the name under which a unit hands us the key. */
#define CREDENTIAL "flowlatch.key"
#define SEALED_TAG "flowlatch sealed 1\n"

enum path_kind { PATH_PLAIN, PATH_SEALED };

static enum store_result item_path(struct store *s, const char *name, enum path_kind kind,
				   char path[4096])
{
	int n = snprintf(path, 4096, "%s/%s%s", s->dir, name,
			 kind == PATH_SEALED ? ".sealed" : "");

	return n > 0 && n < 4096 ? STORE_OK
				 : store_say(s, STORE_FAILED, "the file's name is too long");
}

/* Reads the open file into a secret. */
static enum store_result read_item(struct store *s, int fd, const char *path, size_t most,
				   bool text, struct secret **out)
{
	struct str bytes;
	struct stat st;
	struct buf b;
	int err;

	buf_init(&b, most);
	/* All the memory at once: growing would leave copies behind. */
	buf_room(&b, most);
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
		return store_say(s, STORE_FAILED, "%s: %s", path,
				 err == EFBIG ? "is too large for a secret" : strerror(err));
	if (bytes.n && !fstat(fd, &st))
		s->written = (int64_t)st.st_mtime * 1000;
	return bytes.n ? STORE_OK : store_say(s, STORE_ABSENT, "%s is empty", path);
}

static enum store_result read_file(struct store *s, const char *path, size_t most, bool text,
				   struct secret **out)
{
	enum store_result r;
	const char *why;
	int fd = os_open_private(path, O_RDONLY, &why);

	if (fd < 0 && why)
		return store_say(s, STORE_UNSAFE, "%s %s", path, why);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return store_say(s, STORE_ABSENT, "there is no %s", path);
	if (fd < 0)
		return store_say(s, STORE_FAILED, "%s: %s", path, strerror(errno));
	r = read_item(s, fd, path, most, text, out);
	close(fd);
	return r;
}

enum store_result store_read_file(struct store *s, const char *path, bool text,
				  struct secret **out)
{
	return read_file(s, path, LIMIT_STORE_ITEM, text, out);
}

/* A file that is there must be safe before it is replaced: it may be somebody's trap. */
static enum store_result check_target(struct store *s, const char *path)
{
	const char *why;
	int fd = os_open_private(path, O_RDONLY, &why);

	if (fd >= 0)
		close(fd);
	else if (why)
		return store_say(s, STORE_UNSAFE, "%s %s", path, why);
	return STORE_OK;
}

enum store_result store_write_file(struct store *s, const char *path, struct str bytes)
{
	enum store_result r = check_target(s, path);
	int err;

	if (r != STORE_OK)
		return r;
	err = os_write_atomic(path, bytes);
	return err ? store_say(s, STORE_FAILED, "%s cannot be written: %s", path, strerror(err))
		   : STORE_OK;
}

enum store_result store_remove_file(struct store *s, const char *path)
{
	if (unlink(path)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return store_say(s, STORE_ABSENT, "there is no %s", path);
		return store_say(s, STORE_FAILED, "%s cannot be removed: %s", path,
				 strerror(errno));
	}
	(void)os_sync_parent(path);
	return STORE_OK;
}

static enum store_result erase_item(struct store *s, const char *name, enum path_kind kind)
{
	char path[4096];
	enum store_result r = item_path(s, name, kind, path);

	return r == STORE_OK ? store_remove_file(s, path) : r;
}

/* ---- plain ---- */

static enum store_result plain_get(struct store *s, const char *name, struct secret **out)
{
	char path[4096];
	enum store_result r = item_path(s, name, PATH_PLAIN, path);

	return r == STORE_OK ? store_read_file(s, path, false, out) : r;
}

static enum store_result plain_put(struct store *s, const char *name, const struct secret *raw)
{
	char path[4096];
	enum store_result r = item_path(s, name, PATH_PLAIN, path);

	if (r == STORE_OK)
		r = store_need_dir(s);
	return r == STORE_OK ? store_write_file(s, path, secret_bytes(raw)) : r;
}

static enum store_result plain_erase(struct store *s, const char *name)
{
	return erase_item(s, name, PATH_PLAIN);
}

const struct store_kind store_plain = {
	.name = "plain",
	.bare = true,
	.get = plain_get,
	.put = plain_put,
	.erase = plain_erase,
};

/* ---- the person's own file ---- */

static bool is_token(const struct store *s, const char *name)
{
	return s->token_file && !strcmp(name, STORE_TOKEN);
}

static enum store_result advise_file(struct store *s, enum store_result r)
{
	if (r != STORE_OK && r != STORE_ABSENT)
		store_advise(s, "Set refresh_token_file in the profile to a file that only you can "
				"read.");
	return r;
}

static enum store_result need_token_file(struct store *s)
{
	if (s->token_file)
		return STORE_OK;
	return advise_file(s, store_say(s, STORE_UNAVAILABLE,
					"store = refresh_token_file needs refresh_token_file"));
}

static enum store_result token_file_get(struct store *s, const char *name, struct secret **out)
{
	enum store_result r = need_token_file(s);

	if (r != STORE_OK)
		return r;
	if (!is_token(s, name))
		return plain_get(s, name, out);
	return advise_file(s, store_read_file(s, s->token_file, true, out));
}

static enum store_result token_file_put(struct store *s, const char *name,
					const struct secret *raw)
{
	enum store_result r = need_token_file(s);

	if (r != STORE_OK)
		return r;
	if (!is_token(s, name))
		return plain_put(s, name, raw);
	return advise_file(s, store_write_file(s, s->token_file, secret_bytes(raw)));
}

static enum store_result token_file_erase(struct store *s, const char *name)
{
	enum store_result r = need_token_file(s);

	if (r != STORE_OK)
		return r;
	return is_token(s, name) ? store_remove_file(s, s->token_file) : plain_erase(s, name);
}

const struct store_kind store_token_file = {
	.name = "refresh_token_file",
	.bare = true,
	.get = token_file_get,
	.put = token_file_put,
	.erase = token_file_erase,
};

/* ---- sealed ---- */

/* systemd gives a credential to us alone: by owner, or as root's with an access list, whose mask
 * then shows as the group's rights. */
static int open_credential(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	*why = NULL;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		*why = "is not a regular file";
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		*why = "belongs to somebody else";
	else if (st.st_mode & 027)
		*why = "can be used by others";
	if (!*why)
		return fd;
	close(fd);
	return -1;
}

/* The file with the key; *why what is wrong with it.  -1 with errno ENOENT: there is none. */
static int open_key(const struct store *s, char path[4096], const char **why)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (s->key_file) {
		n = snprintf(path, 4096, "%s", s->key_file);
		*why = n >= 4096 ? "has too long a name" : NULL;
		return *why ? -1 : os_open_private(path, O_RDONLY, why);
	}
	*why = NULL;
	path[0] = '\0';
	errno = ENOENT;
	if (!dir || dir[0] != '/')
		return -1;
	n = snprintf(path, 4096, "%s/" CREDENTIAL, dir);
	return n < 4096 ? open_credential(path, why) : -1;
}

static enum store_result no_key(struct store *s, const char *path, const char *why)
{
	int err = errno;

	if (why)
		return store_say(s, STORE_UNSAFE, "%s %s", path, why);
	if (path[0] && err != ENOENT)
		return store_say(s, STORE_FAILED, "%s: %s", path, strerror(err));
	if (path[0])
		store_say(s, STORE_UNAVAILABLE, "there is no key: %s is missing", path);
	else
		store_say(s, STORE_UNAVAILABLE,
			  "store = file has no key: neither key_file nor the systemd credential "
			  CREDENTIAL " is set");
	store_advise(s, "Sign in again with: %s --store file", s->login_command);
	return STORE_UNAVAILABLE;
}

static enum store_result seal_key(struct store *s, unsigned char key[CRYPT_KEY])
{
	struct secret *bytes = NULL;
	enum store_result r;
	char path[4096];
	const char *why;
	int fd = open_key(s, path, &why);
	int64_t written = s->written;

	if (fd < 0)
		return no_key(s, path, why);
	r = read_item(s, fd, path, LIMIT_STORE_ITEM, false, &bytes);
	close(fd);
	s->written = written;
	if (r == STORE_ABSENT || (r == STORE_OK && secret_bytes(bytes).n < CRYPT_KEY))
		r = store_say(s, STORE_FAILED, "%s has less than %d bytes of a key", path,
			      CRYPT_KEY);
	else if (r == STORE_OK)
		crypt_derive(secret_bytes(bytes), S("flowlatch store file 1"), key);
	secret_free(bytes);
	return r;
}

/* What is sealed for one item is of no use as another, or in another profile. */
static struct str bound_to(const struct store *s, const char *name, char text[256])
{
	int n = snprintf(text, 256, "flowlatch store file 1\n%s\n%s", s->profile, name);

	return str_n(text, n > 0 ? (size_t)n : 0);
}

static enum store_result sealed_get(struct store *s, const char *name, struct secret **out)
{
	unsigned char key[CRYPT_KEY];
	struct secret *sealed = NULL;
	struct buf plain;
	char path[4096], aad[256];
	enum store_result r = item_path(s, name, PATH_SEALED, path);
	struct str bytes;

	if (r == STORE_OK)
		r = seal_key(s, key);
	if (r == STORE_OK)
		r = read_file(s, path, LIMIT_HELPER_LINE, false, &sealed);
	if (r != STORE_OK) {
		os_wipe(key, sizeof(key));
		return r;
	}
	bytes = secret_bytes(sealed);
	buf_init(&plain, LIMIT_HELPER_LINE);
	buf_room(&plain, bytes.n);
	if (!str_starts(bytes, S(SEALED_TAG)) ||
	    !crypt_open(key, bound_to(s, name, aad), str_from_at(bytes, strlen(SEALED_TAG)),
			&plain)) {
		r = store_say(s, STORE_FAILED,
			      "%s cannot be opened: it is damaged, or was sealed with another key",
			      path);
		store_advise(s, "Put the key back, or sign in again with: %s --store file",
			     s->login_command);
	} else {
		*out = secret_new(buf_str(&plain));
		r = *out ? STORE_OK : store_say(s, STORE_FAILED, "memory is out");
	}
	buf_free_wiped(&plain);
	secret_free(sealed);
	os_wipe(key, sizeof(key));
	return r;
}

static enum store_result sealed_put(struct store *s, const char *name, const struct secret *raw)
{
	unsigned char key[CRYPT_KEY];
	struct buf sealed;
	char path[4096], aad[256];
	enum store_result r = item_path(s, name, PATH_SEALED, path);

	if (r == STORE_OK)
		r = store_need_dir(s);
	if (r == STORE_OK)
		r = seal_key(s, key);
	if (r != STORE_OK)
		return r;
	buf_init(&sealed, 2 * LIMIT_HELPER_LINE);
	buf_addz(&sealed, SEALED_TAG);
	crypt_seal(key, bound_to(s, name, aad), secret_bytes(raw), &sealed);
	os_wipe(key, sizeof(key));
	r = buf_ok(&sealed) ? store_write_file(s, path, buf_str(&sealed))
			    : store_say(s, STORE_FAILED, "memory is out");
	buf_free(&sealed);
	return r;
}

static enum store_result sealed_erase(struct store *s, const char *name)
{
	return erase_item(s, name, PATH_SEALED);
}

const struct store_kind store_sealed = {
	.name = "file",
	.get = sealed_get,
	.put = sealed_put,
	.erase = sealed_erase,
};

enum store_result store_make_key_file(struct store *s)
{
	unsigned char bytes[CRYPT_KEY];
	char path[4096], dir[4096];
	enum store_result r = STORE_OK;
	const char *why, *slash;
	int fd = open_key(s, path, &why), err;

	if (fd >= 0) {
		close(fd);
		return STORE_OK;
	}
	if (why || errno != ENOENT || !s->key_file)
		return no_key(s, path, why);
	slash = strrchr(path, '/');
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
	err = dir[0] ? os_mkdirs(dir) : 0;
	if (err)
		return store_say(s, STORE_FAILED, "%s: %s", dir, strerror(err));
	crypt_random(bytes, sizeof(bytes));
	err = os_write_atomic(path, str_bytes(bytes, sizeof(bytes)));
	if (err)
		r = store_say(s, STORE_FAILED, "%s cannot be written: %s", path, strerror(err));
	os_wipe(bytes, sizeof(bytes));
	return r;
}
