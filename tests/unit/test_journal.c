/*
 * test_journal.c - the journal: what is open after any end of a process is found, once, by one;
 * nothing half written is ever read; a full disk leaves what was there.
 */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "work/journal.h"

static char base[] = "/tmp/test_journal.XXXXXX";
static const unsigned char key[CRYPT_KEY] = "0123456789abcdef0123456789abcde";
static const unsigned char other_key[CRYPT_KEY] = "another key";
static const struct journal_head head = {
	.kind = STR_INIT("temporary-trigger"),
	.environment = STR_INIT("env"),
	.flow = STR_INIT("flow"),
	.account = STR_INIT("account"),
};

static const struct journal_head any, saves = { .kind = STR_INIT("save") };
static const struct journal_head elsewhere = { .flow = STR_INIT("another") };

static const char *place(struct arena *a)
{
	static int n;

	return arena_printf(a, "%s/%d", base, n++);
}

static struct json *state_of(struct arena *a, int64_t n)
{
	struct json *v = json_new_object(a);

	json_set_int(a, v, "step", n);
	json_set_z(a, v, "secret", "canary-in-the-state");
	return v;
}

static int64_t step_of(const struct json *entry)
{
	return json_int(json_at(entry, "/state/step"), -1);
}

static struct str add(struct journal *j, struct arena *a, int64_t step, const void *owner)
{
	char id[JOURNAL_ID + 1];
	const char *why = "";

	if (!journal_add(j, a, key, &head, state_of(a, step), owner, id, &why))
		fail_msg("not added: %s", why);
	return str_dup(a, str_from(id));
}

static bool change(struct journal *j, struct arena *a, struct str id, int64_t step)
{
	const char *why;

	return journal_change(j, a, key, id, state_of(a, step), &why);
}

/* ---- one process ---- */

static void test_open_change_close(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a);
	struct journal *j = journal_new(dir);
	int me, you;
	struct str id;
	struct json *list;
	struct stat st;

	assert_false(journal_waits(dir));
	assert_int_equal(json_count(journal_list(a, dir)), 0);
	id = add(j, a, 1, &me);
	assert_int_equal(id.n, JOURNAL_ID);
	assert_int_equal(stat(arena_printf(a, "%s/%s.json", dir, id.p), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);

	/* Its owner lives: nobody else takes it over, and it is told as live. */
	assert_false(journal_waits(dir));
	assert_int_equal(json_count(journal_take(j, a, key, &any, &you)), 0);
	list = journal_list(a, dir);
	assert_int_equal(json_count(list), 1);
	assert_true(json_is_true(json_at(list, "/0/live")));
	assert_string_equal(json_z(json_at(list, "/0/flowName")), "flow");
	assert_string_equal(json_z(json_at(list, "/0/kind")), "temporary-trigger");
	assert_null(json_at(list, "/0/state"));

	/* Its owner finds it again, with what it noted last. */
	assert_true(change(j, a, id, 2));
	list = journal_take(j, a, key, &head, &me);
	assert_int_equal(json_count(list), 1);
	assert_int_equal(step_of(json_item(list, 0)), 2);
	assert_true(str_eq(journal_mine(j, &me, head.kind), id));
	assert_int_equal(journal_mine(j, &me, S("save")).n, 0);
	assert_int_equal(journal_mine(j, &you, S("")).n, 0);

	journal_drop(j, id);
	assert_int_equal(json_count(journal_list(a, dir)), 0);
	assert_int_equal(journal_mine(j, &me, S("")).n, 0);
	/* What is closed cannot be changed, and does not come back. */
	assert_false(change(j, a, id, 3));
	assert_int_equal(json_count(journal_list(a, dir)), 0);
	journal_free(j);
}

static void test_takes_over(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a);
	struct journal *j = journal_new(dir), *k = journal_new(dir);
	struct json *list;
	struct str first;
	int me, you;

	first = add(j, a, 1, &me);
	add(j, a, 2, &me);
	assert_int_equal(json_count(journal_take(k, a, key, &any, &you)), 0);
	/* The call ends and leaves them. */
	journal_release(j, &me);
	assert_true(journal_waits(dir));
	/* Another kind is not touched. */
	assert_int_equal(json_count(journal_take(k, a, key, &saves, &you)), 0);
	assert_int_equal(json_count(journal_take(k, a, key, &elsewhere, &you)), 0);
	list = journal_take(k, a, key, &head, &you);
	assert_int_equal(json_count(list), 2);
	assert_int_equal(step_of(json_item(list, 0)), 1);
	assert_string_equal(json_z(json_at(list, "/0/account")), "account");
	assert_string_equal(json_z(json_at(list, "/0/environmentName")), "env");
	/* Taken over once. */
	assert_false(journal_waits(dir));
	assert_int_equal(json_count(journal_take(j, a, key, &any, &me)), 0);
	assert_false(change(j, a, first, 9));
	journal_drop(k, first);
	journal_free(k);
	/* Closed is closed; the other one waits again. */
	list = journal_take(j, a, key, &any, &me);
	assert_int_equal(json_count(list), 1);
	assert_int_equal(step_of(json_item(list, 0)), 2);
	journal_free(j);
}

/* ---- what lies in the directory is not believed ---- */

static struct str text_of(struct arena *a, const char *path)
{
	struct buf b;

	buf_init_in(&b, a, 1u << 20);
	assert_int_equal(os_read_file(path, &b), 0);
	return str_dup(a, buf_str(&b));
}

static void put_text(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

static void test_forged(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *path;
	struct journal *j = journal_new(dir);
	struct str id, text;
	struct json *v, *list;
	int me, other;

	id = add(j, a, 1, &me);
	path = arena_printf(a, "%s/%s.json", dir, id.p);
	text = text_of(a, path);
	/* Sealed: parts of a flow are no one's to read. */
	assert_int_equal(str_find(text, S("canary-in-the-state")), -1);
	journal_release(j, &me);

	/* Another key: found, and its state is not known. */
	list = journal_take(j, a, other_key, &any, &other);
	assert_int_equal(json_count(list), 1);
	assert_true(json_is(json_at(list, "/0/state"), JSON_NULL));
	journal_release(j, &other);

	/* Its state on another flow. */
	v = json_parse(a, text, JSON_STRICT, NULL);
	json_set_z(a, v, "flowName", "another flow");
	put_text(path, json_text(a, v));
	list = journal_take(j, a, key, &any, &other);
	assert_true(json_is(json_at(list, "/0/state"), JSON_NULL));
	journal_release(j, &other);

	/* Half a file, no JSON, a strange name: none of it is an entry, none is touched. */
	put_text(path, str_first(text, text.n / 2));
	put_text(arena_printf(a, "%s/README", dir), S("{}"));
	put_text(arena_printf(a, "%s/0123.json", dir), S("{}"));
	assert_int_equal(json_count(journal_take(j, a, key, &any, &other)), 0);
	assert_int_equal(json_count(journal_list(a, dir)), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access(arena_printf(a, "%s/README", dir), F_OK), 0);

	put_text(path, text);
	list = journal_take(j, a, key, &any, &other);
	assert_int_equal(step_of(json_item(list, 0)), 1);
	journal_free(j);
}

static void test_leftovers(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a);
	struct journal *j = journal_new(dir);
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	const char *lock = arena_printf(a, "%s/00000000000000000000000000000000.lock", dir);
	const char *part =
		arena_printf(a, "%s/00000000000000000000000000000001.json.tmp-abcdef", dir);
	const char *young = arena_printf(a, "%s/00000000000000000000000000000002.lock", dir);
	int me;

	add(j, a, 1, &me);
	put_text(lock, S(""));
	put_text(part, S("{"));
	put_text(young, S(""));
	assert_int_equal(utimensat(AT_FDCWD, lock, old, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, part, old, 0), 0);
	assert_false(journal_waits(dir));
	assert_int_not_equal(access(lock, F_OK), 0);
	assert_int_not_equal(access(part, F_OK), 0);
	assert_int_equal(access(young, F_OK), 0);
	journal_free(j);
}

/* ---- a full disk ---- */

static void test_full_disk(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "";
	struct journal *j = journal_new(dir);
	struct rlimit before, none;
	char id[JOURNAL_ID + 1];
	struct str kept;
	bool added, changed;
	struct json *list;
	int me;

	kept = add(j, a, 1, &me);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = 64;
	setrlimit(RLIMIT_FSIZE, &none);
	added = journal_add(j, a, key, &head, state_of(a, 2), &me, id, &why);
	changed = change(j, a, kept, 3);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_false(added);
	assert_non_null(strstr(why, "the journal cannot be written"));
	assert_false(changed);
	/* The old one stands, and nothing else is there. */
	list = journal_take(j, a, key, &any, &me);
	assert_int_equal(json_count(list), 1);
	assert_int_equal(step_of(json_item(list, 0)), 1);
	journal_drop(j, kept);
	assert_int_equal(rmdir(dir), 0);
	journal_free(j);
}

static void test_too_large(void **state)
{
	struct arena *a = *state;
	struct journal *j = journal_new(place(a));
	char *text = arena_alloc(a, LIMIT_JOURNAL_ENTRY + 1), id[JOURNAL_ID + 1];
	const char *why = "";
	int me;

	memset(text, 'x', LIMIT_JOURNAL_ENTRY);
	assert_false(journal_add(j, a, key, &head, json_new_z(a, text), &me, id, &why));
	assert_int_equal(journal_mine(j, &me, S("")).n, 0);
	journal_free(j);
}

static void test_no_directory(void **state)
{
	struct arena *a = *state;
	struct journal *j = journal_new("/dev/null/journal");
	char id[JOURNAL_ID + 1];
	const char *why = "";
	int me;

	assert_false(journal_add(j, a, key, &head, state_of(a, 1), &me, id, &why));
	assert_non_null(strstr(why, "/dev/null/journal"));
	assert_false(journal_waits("/dev/null/journal"));
	assert_int_equal(json_count(journal_take(j, a, key, &any, &me)), 0);
	journal_free(j);
}

/* ---- killed ---- */

/* Opens, changes and closes for ever, and says after each step what must be there now: the id
 * ('-' when closed) and the number. */
static void worker(const char *dir, int out)
{
	struct journal *j = journal_new(dir);
	struct arena a;
	int me;

	for (int64_t n = 1;; n += 10) {
		struct str id;
		struct { char id[JOURNAL_ID]; int64_t step; } said;

		arena_init(&a, 1u << 20);
		id = add(j, &a, n, &me);
		memcpy(said.id, id.p, JOURNAL_ID);
		for (int64_t k = 0; k < 3; k++) {
			if (k && !change(j, &a, id, n + k))
				_exit(1);
			said.step = n + k;
			if (write(out, &said, sizeof(said)) != sizeof(said))
				_exit(1);
		}
		journal_drop(j, id);
		arena_release(&a);
	}
}

static void kill_once(struct arena *a, int round)
{
	const char *dir = place(a);
	struct { char id[JOURNAL_ID]; int64_t step; } said = { .step = 0 }, next;
	struct journal *j = journal_new(dir);
	struct json *list;
	int pipes[2], me, wanted = 1 + round % 17;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		worker(dir, pipes[1]);
		_exit(1);
	}
	close(pipes[1]);
	for (int i = 0; i < wanted; i++)
		assert_int_equal(read(pipes[0], &said, sizeof(said)), sizeof(said));
	/* While it lives its entry is not for the taking. */
	assert_int_equal(json_count(journal_take(j, a, key, &any, &me)), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(pipes[0], &next, sizeof(next)) == sizeof(next))
		said = next;
	close(pipes[0]);

	/* At most one is open, whole, and no older than what was said last. */
	list = journal_take(j, a, key, &any, &me);
	assert_true(json_count(list) <= 1);
	if (json_count(list) == 0) {
		assert_int_equal(said.step % 10, 3);
	} else if (str_eq(json_str(json_at(list, "/0/id")), str_n(said.id, JOURNAL_ID))) {
		assert_in_range(step_of(json_item(list, 0)), said.step, said.step + 1);
	} else {
		assert_int_equal(said.step % 10, 3);
		assert_int_equal(step_of(json_item(list, 0)), said.step + 8);
	}
	journal_free(j);
}

static void test_killed(void **state)
{
	for (int round = 0; round < 40; round++)
		kill_once(*state, round);
}

/* Many processes, one entry that waits: one of them gets it. */
static void test_one_takes_it(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a);
	struct journal *j = journal_new(dir);
	int me, gate[2], result[2], end[2], got = 0;
	char c;

	add(j, a, 1, &me);
	journal_free(j);
	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(result), 0);
	assert_int_equal(pipe(end), 0);
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		close(gate[1]);
		close(end[1]);
		j = journal_new(dir);
		(void)!read(gate[0], &c, 1);
		c = (char)('0' + json_count(journal_take(j, a, key, &any, &me)));
		(void)!write(result[1], &c, 1);
		/* Held until everybody has tried. */
		(void)!read(end[0], &c, 1);
		_exit(0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(read(result[0], &c, 1), 1);
		got += c - '0';
	}
	assert_int_equal(got, 1);
	close(end[1]);
	for (int i = 0; i < 8; i++)
		wait(NULL);
	close(end[0]);
	close(result[0]);
	close(result[1]);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_open_change_close), UNIT(test_takes_over), UNIT(test_forged),
		UNIT(test_leftovers),	      UNIT(test_full_disk),  UNIT(test_too_large),
		UNIT(test_no_directory),      UNIT(test_killed),     UNIT(test_one_takes_it),
	};
	int result;

	if (!mkdtemp(base))
		return 1;
	result = UNIT_RUN(tests);
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return result;
}
