/*
 * test_cache.c - the cache on disk: what goes in comes out, and nothing else ever does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "base/limits.h"
#include "work/cache.h"

static char top[64];
static struct cache k;

static void make(struct arena *a)
{
	snprintf(top, sizeof(top), "/tmp/flowlatch-cache-XXXXXX");
	assert_non_null(mkdtemp(top));
	k = (struct cache){ .dir = arena_printf(a, "%s/a/b", top), .total = 4096, .entry = 2048,
			    .files = 5 };
}

static unsigned files(struct arena *a, const char **last)
{
	DIR *d = opendir(k.dir);
	const struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			*last = arena_printf(a, "%s/%s", k.dir, e->d_name);
			n++;
		}
	if (d)
		closedir(d);
	return n;
}

static void clean(struct arena *a)
{
	DIR *d = opendir(k.dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(k.dir);
	rmdir(arena_printf(a, "%s/a", top));
	if (rmdir(top))
		fail_msg("something was left behind in %s", top);
}

static bool finds(struct arena *a, const char *key, const char *want)
{
	struct buf b;

	buf_init_in(&b, a, 4096);
	buf_addz(&b, "<");
	if (!cache_read(&k, a, str_from(key), &b)) {
		assert_string_equal(buf_c(&b), "<");
		return false;
	}
	assert_string_equal(buf_c(&b), arena_printf(a, "<%s", want));
	return true;
}

static int keep(struct arena *a, const char *key, const char *content, int64_t ms)
{
	return cache_write(&k, a, str_from(key), str_from(content), ms);
}

static void test_round(void **state)
{
	const char *file = NULL;
	struct stat st;

	make(*state);
	assert_false(finds(*state, "x", ""));
	assert_int_equal(files(*state, &file), 0); /* looking makes nothing */
	assert_int_equal(keep(*state, "x", "{\"a\":1}", 60000), 0);
	assert_true(finds(*state, "x", "{\"a\":1}"));
	assert_false(finds(*state, "y", ""));
	assert_int_equal(keep(*state, "x", "", 60000), 0);
	assert_true(finds(*state, "x", ""));
	assert_int_equal(files(*state, &file), 1);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(k.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	cache_drop(&k, *state, S("x"));
	assert_int_equal(files(*state, &file), 0);
	clean(*state);
}

/* The same letters in other parts are another key. */
static void test_keys(void **state)
{
	const struct str ab_c[] = { S("ab"), S("c") }, a_bc[] = { S("a"), S("bc") };
	const struct str digits[] = { S("1:a"), S("") }, plain[] = { S("1"), S(":a") };
	const struct str one[] = { S("ab"), S("c"), S("") };

	assert_false(str_eq(cache_key(*state, ab_c, 2), cache_key(*state, a_bc, 2)));
	assert_false(str_eq(cache_key(*state, digits, 2), cache_key(*state, plain, 2)));
	assert_false(str_eq(cache_key(*state, ab_c, 2), cache_key(*state, one, 3)));
	assert_true(str_eq(cache_key(*state, ab_c, 2), cache_key(*state, one, 2)));
}

static void test_time(void **state)
{
	const char *file;

	make(*state);
	assert_int_equal(keep(*state, "x", "old", -1), 0);
	assert_int_equal(files(*state, &file), 1);
	assert_false(finds(*state, "x", ""));
	assert_int_equal(files(*state, &file), 0); /* and it is gone */
	/* More than the ceiling is the ceiling. */
	assert_int_equal(keep(*state, "x", "long", INT64_MAX / 4), 0);
	assert_true(finds(*state, "x", "long"));
	clean(*state);
}

/* Whatever bit changes: not there, and removed. */
static void test_damage(void **state)
{
	const char *file = NULL;
	struct buf b;

	make(*state);
	assert_int_equal(keep(*state, "x", "content", 60000), 0);
	assert_int_equal(files(*state, &file), 1);
	buf_init_in(&b, *state, 4096);
	assert_int_equal(os_read_file(file, &b), 0);
	for (size_t bit = 0; bit < b.n * 8; bit++) {
		b.p[bit / 8] = (char)(b.p[bit / 8] ^ (1 << bit % 8));
		assert_int_equal(os_write_atomic(file, buf_str(&b)), 0);
		assert_false(finds(*state, "x", ""));
		assert_int_equal(access(file, F_OK), -1);
		b.p[bit / 8] = (char)(b.p[bit / 8] ^ (1 << bit % 8));
	}
	for (size_t n = 0; n < b.n; n++) {
		assert_int_equal(os_write_atomic(file, str_first(buf_str(&b), n)), 0);
		assert_false(finds(*state, "x", ""));
	}
	buf_addc(&b, 'x');
	assert_int_equal(os_write_atomic(file, buf_str(&b)), 0);
	assert_false(finds(*state, "x", ""));
	b.n--;
	assert_int_equal(os_write_atomic(file, buf_str(&b)), 0);
	assert_true(finds(*state, "x", "content"));
	clean(*state);
}

/* A file of another key, of others, or reached through a link is none of ours. */
static void test_strangers(void **state)
{
	const char *x = NULL, *y, *aside;

	make(*state);
	assert_int_equal(keep(*state, "x", "content", 60000), 0);
	assert_int_equal(files(*state, &x), 1);
	aside = arena_printf(*state, "%s/aside", top);
	assert_int_equal(rename(x, aside), 0);
	assert_int_equal(keep(*state, "y", "other", 60000), 0);
	assert_int_equal(files(*state, &y), 1);
	assert_int_equal(rename(y, x), 0); /* y's content under x's name */
	assert_false(finds(*state, "x", ""));
	assert_int_equal(symlink(aside, x), 0);
	assert_false(finds(*state, "x", ""));
	assert_int_equal(rename(aside, x), 0);
	assert_true(finds(*state, "x", "content"));
	assert_int_equal(chmod(x, 0644), 0);
	assert_false(finds(*state, "x", ""));
	clean(*state);
}

static void age(const char *file, long seconds)
{
	struct timespec t[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, file, t, 0), 0);
}

/* The only file without an old date. */
static const char *newest(struct arena *a)
{
	DIR *d = opendir(k.dir);
	const struct dirent *e;
	const char *file = NULL;
	struct stat st;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !fstatat(dirfd(d), e->d_name, &st, 0) &&
		    st.st_mtime > 1000000)
			file = arena_printf(a, "%s/%s", k.dir, e->d_name);
	if (d)
		closedir(d);
	assert_non_null(file);
	return file;
}

/* The oldest go, by number and by size; what a killed writer left goes, too. */
static void test_bounds(void **state)
{
	const char *keys[] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	const char *leftover;
	char *large = arena_alloc(*state, 3000);
	int fd;

	make(*state);
	for (size_t i = 0; i < COUNT(keys); i++) {
		assert_int_equal(keep(*state, keys[i], keys[i], 60000), 0);
		age(newest(*state), 1000 + (long)i);
	}
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(finds(*state, keys[i], keys[i]), i >= 3);
	memset(large, 'x', 1900);
	assert_int_equal(keep(*state, "large", large, 60000), 0);
	assert_int_equal(keep(*state, "larger", large, 60000), 0);
	assert_true(finds(*state, "large", large) && finds(*state, "larger", large));
	assert_false(finds(*state, "7", "7")); /* 2 * (1900 + head) are 4 KiB already */
	memset(large, 'x', 2100);
	assert_int_equal(keep(*state, "too large", large, 60000), EFBIG);
	leftover = arena_printf(*state, "%s/.new-abc", k.dir);
	fd = open(leftover, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(keep(*state, "z", "", 60000), 0);
	assert_int_equal(access(leftover, F_OK), 0); /* somebody may be writing it */
	age(leftover, 1000);
	assert_int_equal(keep(*state, "z", "", 60000), 0);
	assert_int_equal(access(leftover, F_OK), -1);
	clean(*state);
}

static void test_clear(void **state)
{
	const char *file, *foreign;
	int fd;

	make(*state);
	cache_clear(k.dir); /* which is not there */
	assert_int_equal(keep(*state, "x", "1", 60000), 0);
	assert_int_equal(keep(*state, "y", "2", 60000), 0);
	foreign = arena_printf(*state, "%s/notes", k.dir);
	fd = open(foreign, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	cache_clear(k.dir);
	assert_int_equal(files(*state, &file), 1); /* nobody else's is touched */
	assert_string_equal(file, foreign);
	assert_int_equal(unlink(foreign), 0);
	cache_clear(k.dir);
	assert_int_equal(access(k.dir, F_OK), -1);
	clean(*state);
}

/* Killed at any time, a writer leaves the old content or the new one. */
static void test_killed(void **state)
{
	char *one = arena_alloc(*state, 2000), *two = arena_alloc(*state, 2000);
	int status;

	memset(one, '1', 1999);
	memset(two, '2', 1999);
	make(*state);
	for (int round = 0; round < 60; round++) {
		pid_t child;
		struct buf b;

		assert_int_equal(keep(*state, "x", one, 60000), 0);
		child = fork();
		if (child == 0) {
			for (;;)
				(void)keep(*state, "x", two, 60000);
		}
		assert_true(child > 0);
		usleep((useconds_t)(round * 37 % 900));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		buf_init_in(&b, *state, 4096);
		assert_true(cache_read(&k, *state, S("x"), &b));
		assert_true(!strcmp(buf_c(&b), one) || !strcmp(buf_c(&b), two));
	}
	clean(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_round),     UNIT(test_keys),	 UNIT(test_time),   UNIT(test_damage),
		UNIT(test_strangers), UNIT(test_bounds), UNIT(test_killed),
		UNIT(test_clear),
	};

	return UNIT_RUN(tests);
}
