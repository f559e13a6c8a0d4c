/*
 * test_store.c - secrets in files: safe to read, replaced whole, made once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "unit.h"
#include "work/conf.h"
#include "work/store.h"

static char base[64];

struct place {
	struct arena *a;
	struct conf conf;
	const char *token_file;
	const char *dir;
};

static struct place place(struct arena *a, const char *cloud, const char *kind)
{
	struct place p = { .a = a };

	snprintf(base, sizeof(base), "/tmp/flowlatch-store-XXXXXX");
	assert_non_null(mkdtemp(base));
	p.token_file = arena_printf(a, "%s/token", base);
	p.dir = arena_printf(a, "%s/state/profiles/work", base);
	p.conf = (struct conf){
		.arena = a,
		.profile = "work",
		.cloud = cloud,
		.store = kind,
		.refresh_token_file = p.token_file,
		.state_dir = arena_printf(a, "%s/state", base),
	};
	return p;
}

static void clean(struct place *p)
{
	static const char *const names[] = { "refresh_token", "seal_key", "seal_key.lock",
					     "log_key" };

	for (size_t i = 0; i < COUNT(names); i++)
		unlink(arena_printf(p->a, "%s/%s", p->dir, names[i]));
	rmdir(p->dir);
	unlink(p->dir);
	rmdir(arena_printf(p->a, "%s/state/profiles", base));
	rmdir(arena_printf(p->a, "%s/state", base));
	unlink(p->token_file);
	rmdir(base);
	if (access(base, F_OK) == 0)
		fail_msg("something was left behind in %s", base);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void check_value(struct store *s, const char *name, const char *want)
{
	struct secret *got = NULL;
	enum store_result r = store_get(s, name, &got);

	if (r != STORE_OK)
		fail_msg("%s: %s", name, store_message(s));
	assert_str(secret_bytes(got), want);
	secret_free(got);
}

static enum store_result put(struct store *s, const char *name, const char *value)
{
	struct secret *v = secret_new(str_from(value));
	enum store_result r = store_put(s, name, v);

	secret_free(v);
	return r;
}

static void test_token_file(void **state)
{
	struct place p = place(*state, "public", "refresh_token_file");
	struct store *s = store_new(&p.conf);
	struct secret *got = NULL;
	struct stat st;

	assert_int_equal(store_get(s, "refresh_token", &got), STORE_ABSENT);
	assert_non_null(strstr(store_message(s), p.token_file));
	/* Looking must not make anything. */
	assert_int_equal(access(p.conf.state_dir, F_OK), -1);
	write_file(p.token_file, "  token-1\r\n", 0600);
	check_value(s, "refresh_token", "token-1");
	assert_int_equal(put(s, "refresh_token", "token-2"), STORE_OK);
	check_value(s, "refresh_token", "token-2");
	assert_int_equal(stat(p.token_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	write_file(p.token_file, " \n", 0600);
	assert_int_equal(store_get(s, "refresh_token", &got), STORE_ABSENT);
	assert_int_equal(store_erase(s, "refresh_token"), STORE_OK);
	assert_int_equal(access(p.token_file, F_OK), -1);
	assert_int_equal(store_erase(s, "refresh_token"), STORE_ABSENT);
	assert_null(got);
	/* Other items go to the state directory. */
	assert_int_equal(put(s, "log_key", " raw \n"), STORE_OK);
	check_value(s, "log_key", " raw \n");
	assert_int_equal(stat(p.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(arena_printf(p.a, "%s/log_key", p.dir), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	store_free(s);
	clean(&p);
}

static void test_practice(void **state)
{
	/* The practice tenant keeps its own, whatever the profile says. */
	struct place p = place(*state, "practice", "keyring");
	struct store *s = store_new(&p.conf);

	assert_int_equal(put(s, "refresh_token", "practice-token"), STORE_OK);
	check_value(s, "refresh_token", "practice-token");
	assert_int_equal(access(p.token_file, F_OK), -1);
	store_free(s);
	clean(&p);
}

static void test_unsafe_files(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0610, 0601 };
	struct place p = place(*state, "public", "refresh_token_file");
	struct store *s = store_new(&p.conf);
	const char *other = arena_printf(p.a, "%s/other", base);
	struct secret *got = NULL;

	for (size_t i = 0; i < COUNT(modes); i++) {
		write_file(p.token_file, "token", modes[i]);
		assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNSAFE);
		assert_int_equal(put(s, "refresh_token", "new"), STORE_UNSAFE);
		assert_null(strstr(store_message(s), "token-"));
	}
	unlink(p.token_file);
	write_file(other, "token", 0600);
	assert_int_equal(symlink(other, p.token_file), 0);
	assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNSAFE);
	assert_non_null(strstr(store_message(s), "symbolic link"));
	assert_int_equal(put(s, "refresh_token", "new"), STORE_UNSAFE);
	unlink(p.token_file);
	assert_int_equal(link(other, p.token_file), 0);
	assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNSAFE);
	unlink(other);
	unlink(p.token_file);
	assert_int_equal(mkfifo(p.token_file, 0600), 0);
	assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNSAFE);
	unlink(p.token_file);
	if (geteuid() == 0) {
		write_file(p.token_file, "token", 0600);
		assert_int_equal(chown(p.token_file, 12345, (gid_t)-1), 0);
		assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNSAFE);
		assert_non_null(strstr(store_message(s), "somebody else"));
	}
	assert_null(got);
	store_free(s);
	clean(&p);
}

static void test_unsafe_directory(void **state)
{
	struct place p = place(*state, "practice", NULL);
	struct store *s = store_new(&p.conf);

	assert_int_equal(os_mkdirs(p.dir), 0);
	assert_int_equal(chmod(p.dir, 0777), 0);
	assert_null(store_dir(s));
	assert_non_null(strstr(store_message(s), "written by others"));
	assert_int_equal(put(s, "log_key", "x"), STORE_UNSAFE);
	assert_int_equal(rmdir(p.dir), 0);
	assert_int_equal(symlink("/tmp", p.dir), 0);
	assert_null(store_dir(s));
	assert_int_equal(put(s, "log_key", "x"), STORE_UNSAFE);
	unlink(p.dir);
	assert_string_equal(store_dir(s), p.dir);
	store_free(s);
	clean(&p);
}

/* A name must not lead out of its directory. */
static void test_names(void **state)
{
	static const char *const profiles[] = { "..",      ".",    "",   "a/b",
						"../work", "/etc", "-x", "a\nb" };
	static const char *const items[] = {
		"", "..", "../x", "a/b", "A", "x.y", "log-key", "abcdefghijklmnopqrstuvwxyzabcdefg"
	};
	struct place p = place(*state, "practice", NULL);
	struct secret *got = NULL;
	struct store *s;

	for (size_t i = 0; i < COUNT(profiles); i++) {
		struct conf conf = p.conf;

		conf.profile = profiles[i];
		s = store_new(&conf);
		assert_null(store_dir(s));
		assert_int_equal(put(s, "log_key", "x"), STORE_FAILED);
		assert_int_equal(store_get(s, "log_key", &got), STORE_FAILED);
		store_free(s);
	}
	s = store_new(&p.conf);
	for (size_t i = 0; i < COUNT(items); i++) {
		assert_int_equal(put(s, items[i], "x"), STORE_FAILED);
		assert_int_equal(store_get(s, items[i], &got), STORE_FAILED);
		assert_int_equal(store_erase(s, items[i]), STORE_FAILED);
	}
	assert_null(got);
	store_free(s);
	clean(&p);
}

/* The helper is not beside this program. */
static void test_unavailable(void **state)
{
	struct place p = place(*state, "public", "keyring");
	struct store *s = store_new(&p.conf);
	struct secret *got = NULL;
	unsigned char key[32];

	assert_int_equal(store_get(s, "refresh_token", &got), STORE_UNAVAILABLE);
	assert_int_equal(put(s, "refresh_token", "x"), STORE_UNAVAILABLE);
	assert_int_equal(store_erase(s, "refresh_token"), STORE_UNAVAILABLE);
	assert_int_equal(store_key(s, S("p"), key), STORE_UNAVAILABLE);
	assert_non_null(strstr(store_message(s), "flowlatch-keyring"));
	assert_non_null(strstr(store_next(s), "--store file"));
	store_free(s);
	clean(&p);
}

static void test_sizes(void **state)
{
	struct place p = place(*state, "practice", NULL);
	struct store *s = store_new(&p.conf);
	char *big = arena_alloc(p.a, LIMIT_STORE_ITEM + 2);
	struct secret *got = NULL;

	memset(big, 'x', LIMIT_STORE_ITEM);
	assert_int_equal(put(s, "log_key", big), STORE_OK);
	check_value(s, "log_key", big);
	big[LIMIT_STORE_ITEM] = 'x';
	assert_int_equal(put(s, "log_key", big), STORE_FAILED);
	assert_int_equal(put(s, "log_key", ""), STORE_FAILED);
	write_file(arena_printf(p.a, "%s/log_key", p.dir), big, 0600);
	assert_int_equal(store_get(s, "log_key", &got), STORE_FAILED);
	assert_non_null(strstr(store_message(s), "too large"));
	assert_null(got);
	store_free(s);
	clean(&p);
}

/* A disk that is full: the old value stays, and nothing is left beside it. */
static void test_no_room(void **state)
{
	struct rlimit none = { 0, RLIM_INFINITY }, before;
	struct place p = place(*state, "practice", NULL);
	struct store *s = store_new(&p.conf);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(put(s, "refresh_token", "old"), STORE_OK);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &none);
	assert_int_equal(put(s, "refresh_token", "new"), STORE_FAILED);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_non_null(strstr(store_message(s), "File too large"));
	check_value(s, "refresh_token", "old");
	store_free(s);
	clean(&p);
}

/* What a process that was killed while writing left behind. */
static void test_leftovers(void **state)
{
	struct place p = place(*state, "practice", NULL);
	struct store *s = store_new(&p.conf);
	const char *old = arena_printf(p.a, "%s/log_key.tmp-abc123", p.dir);
	const char *young = arena_printf(p.a, "%s/log_key.tmp-abc124", p.dir);
	const char *others[] = { arena_printf(p.a, "%s/log_key.tmp-abc1234", p.dir),
				 arena_printf(p.a, "%s/log_keys.tmp-abc123", p.dir) };
	struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	assert_int_equal(put(s, "log_key", "one"), STORE_OK);
	write_file(old, "secret", 0600);
	write_file(young, "secret", 0600);
	assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
	for (size_t i = 0; i < COUNT(others); i++) {
		write_file(others[i], "not ours", 0600);
		assert_int_equal(utimensat(AT_FDCWD, others[i], long_ago, 0), 0);
	}
	assert_int_equal(put(s, "log_key", "two"), STORE_OK);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(young, F_OK), 0);
	unlink(young);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(unlink(others[i]), 0);
	store_free(s);
	clean(&p);
}

static void test_key(void **state)
{
	struct place p = place(*state, "practice", NULL);
	struct store *s = store_new(&p.conf);
	unsigned char one[32], two[32], again[32];

	assert_int_equal(store_key(s, S("cursor"), one), STORE_OK);
	assert_int_equal(store_key(s, S("approval"), two), STORE_OK);
	assert_memory_not_equal(one, two, 32);
	store_free(s);
	s = store_new(&p.conf);
	assert_int_equal(store_key(s, S("cursor"), again), STORE_OK);
	assert_memory_equal(one, again, 32);
	store_free(s);
	write_file(arena_printf(p.a, "%s/seal_key", p.dir), "short", 0600);
	s = store_new(&p.conf);
	assert_int_equal(store_key(s, S("cursor"), again), STORE_FAILED);
	assert_non_null(strstr(store_message(s), "damaged"));
	store_free(s);
	clean(&p);
}

/* Many processes that need the key at the same moment agree on one. */
static void test_key_race(void **state)
{
	enum { PROCESSES = 8 };
	struct place p = place(*state, "practice", NULL);
	unsigned char keys[PROCESSES][32];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			struct store *s = store_new(&p.conf);
			unsigned char key[32];

			bool ok = store_key(s, S("x"), key) == STORE_OK;

			store_free(s);
			_exit(!ok || write(fds[1], key, 32) != 32);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(read(fds[0], keys[i], 32), 32);
		assert_memory_equal(keys[i], keys[0], 32);
	}
	close(fds[0]);
	close(fds[1]);
	clean(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_token_file), UNIT(test_practice),    UNIT(test_unsafe_files),
		UNIT(test_names),      UNIT(test_unavailable), UNIT(test_unsafe_directory),
		UNIT(test_sizes),      UNIT(test_no_room),     UNIT(test_key),
		UNIT(test_key_race),   UNIT(test_leftovers),
	};

	return UNIT_RUN(tests);
}
