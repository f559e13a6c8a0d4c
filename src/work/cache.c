/*
 * cache.c - files by the digest of their key.  See cache.h.
 */
#include "work/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"

#define MAGIC "flowlatch-cache 1 "
#define ASIDE ".new-"

/* MAGIC, the end as 16 digits, a blank, the digest, a line feed. */
enum { NAME = 2 * CRYPT_HASH, END = 16, HEAD = sizeof(MAGIC) - 1 + END + 1 + NAME + 1 };
/* A file aside is renamed at once: an older one is what a killed process left. */
enum { ASIDE_S = 60 };

struct str cache_key(struct arena *a, const struct str *parts, size_t count)
{
	size_t n = 0;
	struct buf b;

	for (size_t i = 0; i < count; i++)
		n += parts[i].n + 24;
	buf_init_in(&b, a, n);
	for (size_t i = 0; i < count; i++) {
		buf_addf(&b, "%zu:", parts[i].n);
		buf_adds(&b, parts[i]);
	}
	return buf_str(&b);
}

static struct str hex_of(struct arena *a, const unsigned char digest[CRYPT_HASH])
{
	struct buf b;

	buf_init_in(&b, a, NAME + 1);
	crypt_hex(&b, str_bytes(digest, CRYPT_HASH));
	return buf_str(&b);
}

static const char *path_of(const struct cache *k, struct arena *a, struct str key)
{
	unsigned char digest[CRYPT_HASH];

	crypt_sha256(key, digest);
	return arena_printf(a, "%s/%.*s", k->dir, STR_ARG(hex_of(a, digest)));
}

static struct str digest_of(struct arena *a, struct str key, struct str end, struct str content)
{
	const struct str parts[] = { key, end, S("") };
	struct crypt_hash *h = crypt_hash_new();
	unsigned char digest[CRYPT_HASH];
	struct str head = cache_key(a, parts, 3);

	crypt_hash_add(h, head);
	crypt_hash_add(h, content);
	crypt_hash_end(h, digest);
	return hex_of(a, digest);
}

/* ---- reading ---- */

/* The content of a file, p NULL when it is none of ours or its time is over. */
static struct str content_of(struct arena *a, struct str key, struct str text)
{
	struct str end, digest, content, none = { NULL, 0 };
	int64_t until, now = os_wall_ms();

	if (text.n < HEAD || !str_starts(text, S(MAGIC)) ||
	    text.p[HEAD - NAME - 2] != ' ' || text.p[HEAD - 1] != '\n')
		return none;
	end = str_n(text.p + sizeof(MAGIC) - 1, END);
	digest = str_n(text.p + HEAD - 1 - NAME, NAME);
	content = str_from_at(text, HEAD);
	/* An end too far away is of a clock that was wrong. */
	if (!str_to_i64(end, &until) || until <= now || until > now + LIMIT_CACHE_MS ||
	    !str_eq(digest, digest_of(a, key, end, content)))
		return none;
	return content;
}

bool cache_read(const struct cache *k, struct arena *a, struct str key, struct buf *out)
{
	const char *path = path_of(k, a, key), *why;
	struct str content = { NULL, 0 };
	struct buf text;
	int fd, err;

	buf_init(&text, k->entry + HEAD);
	fd = os_open_private(path, O_RDONLY, &why);
	if (fd < 0) {
		if (why)
			(void)unlink(path);
		return false;
	}
	err = os_read_fd(fd, &text);
	close(fd);
	if (!err && buf_ok(&text))
		content = content_of(a, key, buf_str(&text));
	if (content.p)
		buf_adds(out, content);
	else
		(void)unlink(path);
	buf_free(&text);
	return content.p && buf_ok(out);
}

void cache_drop(const struct cache *k, struct arena *a, struct str key)
{
	(void)unlink(path_of(k, a, key));
}

void cache_clear(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strlen(e->d_name) == NAME ||
		    strncmp(e->d_name, ASIDE, sizeof(ASIDE) - 1) == 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	(void)rmdir(dir);
}

/* ---- keeping within bounds ---- */

struct file {
	char name[NAME + 1];
	struct timespec changed;
	size_t size;
};

static int by_age(const void *x, const void *y)
{
	const struct file *f = x, *g = y;

	if (f->changed.tv_sec != g->changed.tv_sec)
		return f->changed.tv_sec < g->changed.tv_sec ? 1 : -1;
	if (f->changed.tv_nsec != g->changed.tv_nsec)
		return f->changed.tv_nsec < g->changed.tv_nsec ? 1 : -1;
	return strcmp(f->name, g->name);
}

/* The files of the cache, at most `most`; leftovers, and files beyond that, are removed. */
static size_t list_files(DIR *d, struct file *files, size_t most)
{
	time_t now = (time_t)(os_wall_ms() / 1000);
	const struct dirent *e;
	size_t n = 0;

	while ((e = readdir(d))) {
		bool aside = strncmp(e->d_name, ASIDE, sizeof(ASIDE) - 1) == 0;
		struct stat st;

		if ((!aside && strlen(e->d_name) != NAME) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || S_ISDIR(st.st_mode))
			continue;
		if (aside ? st.st_mtime + ASIDE_S < now : n >= most)
			(void)unlinkat(dirfd(d), e->d_name, 0);
		if (aside || n >= most)
			continue;
		memcpy(files[n].name, e->d_name, NAME + 1);
		files[n].changed = st.st_mtim;
		files[n++].size = (size_t)st.st_size;
	}
	return n;
}

static void sweep(const struct cache *k, struct arena *a)
{
	struct file *files = arena_array(a, k->files + 1, sizeof(*files));
	DIR *d = opendir(k->dir);
	size_t n, sum = 0;

	if (!d)
		return;
	n = list_files(d, files, k->files + 1);
	/* The newest stay. */
	qsort(files, n, sizeof(*files), by_age);
	for (size_t i = 0; i < n; i++) {
		sum += files[i].size;
		if (sum > k->total || i >= k->files)
			(void)unlinkat(dirfd(d), files[i].name, 0);
	}
	closedir(d);
}

/* ---- writing ---- */

static int write_whole(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		s = str_from_at(s, (size_t)n);
	}
	return 0;
}

static int write_aside(char *aside, const char *path, struct str head, struct str content)
{
	int fd = mkostemp(aside, O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	err = write_whole(fd, head);
	if (!err)
		err = write_whole(fd, content);
	if (close(fd) && !err)
		err = errno;
	if (!err && rename(aside, path))
		err = errno;
	if (err)
		(void)unlink(aside);
	return err;
}

int cache_write(const struct cache *k, struct arena *a, struct str key, struct str content,
		int64_t ms)
{
	const char *path = path_of(k, a, key);
	char *aside = arena_printf(a, "%s/" ASIDE "XXXXXX", k->dir);
	struct str end, head;
	int err;

	if (content.n > k->entry)
		return EFBIG;
	if (ms > LIMIT_CACHE_MS)
		ms = LIMIT_CACHE_MS;
	end = str_fmt(a, "%0*lld", END, (long long)(os_wall_ms() + ms));
	head = str_fmt(a, MAGIC "%.*s %.*s\n", STR_ARG(end),
		       STR_ARG(digest_of(a, key, end, content)));
	err = os_mkdirs(k->dir);
	if (!err)
		err = write_aside(aside, path, head, content);
	if (!err)
		sweep(k, a);
	return err;
}
