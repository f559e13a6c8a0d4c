/*
 * test_snapshot.c - kept flows: they come back whole, nothing of them can be read on the disk,
 * and neither a crash, a full disk, a wrong key nor a damaged file takes one along with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"
#include "unit.h"
#include "work/snapshot.h"

/* ---- the calls that a process is killed at ---- */

static unsigned long calls, killed_at; /* 0: never */
/* The call of this number fails. */
static unsigned long failing;
static int fails_with;

/* True when the call is to fail, with errno set. */
static bool maybe_die(void)
{
	if (!killed_at && !failing)
		return false;
	calls++;
	if (calls == killed_at)
		raise(SIGKILL);
	errno = fails_with;
	return calls == failing;
}

#define REPLACES(name) __asm__(name)
ssize_t dying_write(int fd, const void *p, size_t n) REPLACES("write");
int dying_fsync(int fd) REPLACES("fsync");
int dying_rename(const char *from, const char *to) REPLACES("rename");
int dying_unlinkat(int dir, const char *path, int flags) REPLACES("unlinkat");
int dying_close(int fd) REPLACES("close");

ssize_t dying_write(int fd, const void *p, size_t n)
{
	if (maybe_die())
		return -1;
	/* In pieces, so that a file can be cut. */
	return syscall(SYS_write, fd, p, killed_at && n > 7 ? n / 2 : n);
}

int dying_fsync(int fd)
{
	if (maybe_die())
		return -1;
	return killed_at || failing ? 0 : (int)syscall(SYS_fsync, fd);
}

int dying_rename(const char *from, const char *to)
{
	if (maybe_die())
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int dying_unlinkat(int dir, const char *path, int flags)
{
	if (maybe_die())
		return -1;
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

int dying_close(int fd)
{
	bool failed = maybe_die();
	int result = (int)syscall(SYS_close, fd);

	return failed ? -1 : result;
}

/* ---- a place ---- */

struct place {
	struct arena *a;
	struct snapshots s;
	char base[64];
	int64_t now;
};

static void empty(const char *path)
{
	struct arena a;
	DIR *d = opendir(path);
	const struct dirent *e;

	arena_init(&a, 1u << 20);
	while (d && (e = readdir(d)) != NULL) {
		const char *at = arena_printf(&a, "%s/%s", path, e->d_name);

		if (e->d_name[0] == '.' && (!e->d_name[1] || e->d_name[1] == '.'))
			continue;
		if (unlink(at)) {
			empty(at);
			rmdir(at);
		}
	}
	if (d)
		closedir(d);
	arena_release(&a);
}

static int place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct arena *a = malloc(sizeof(*a));

	if (!p || !a)
		return -1;
	arena_init(a, (size_t)1 << 30);
	p->a = a;
	snprintf(p->base, sizeof(p->base), "/tmp/flowlatch-snapshot-XXXXXX");
	if (!mkdtemp(p->base))
		return -1;
	p->s.dir = arena_printf(a, "%s/state/snapshots", p->base);
	memset(p->s.key, 7, sizeof(p->s.key));
	p->now = INT64_C(1795000000000);
	*state = p;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *p = *state;

	empty(p->base);
	rmdir(p->base);
	arena_release(p->a);
	free(p->a);
	free(p);
	return 0;
}

#define PLACED(fn) cmocka_unit_test_setup_teardown(fn, place_setup, place_teardown)

static struct json *parse(struct place *p, const char *text)
{
	struct json *v = json_parse(p->a, str_from(text), JSON_STRICT, NULL);

	assert_non_null(v);
	return v;
}

/* Keeps a content one minute later than the one before. */
static bool try_keep(struct place *p, const char *flow, const char *content, char id[17])
{
	struct snapshot_head h = { S("Env-1"), str_from(flow), NULL, p->now += 60000 };
	const char *why;

	return snapshot_write(&p->s, p->a, &h, parse(p, content), id, &why);
}

static const char *keep(struct place *p, const char *flow, const char *content)
{
	char id[SNAPSHOT_ID + 1];

	if (!try_keep(p, flow, content, id))
		fail_msg("not kept: %s", content);
	return arena_copy(p->a, id, SNAPSHOT_ID);
}

static struct json *get(struct place *p, const char *id)
{
	const char *why;
	bool absent;
	struct json *v = snapshot_read(&p->s, p->a, str_from(id), &absent, &why);

	if (!v)
		fail_msg("%s: %s", id, why);
	return v;
}

static void assert_unreadable(struct place *p, const char *id, bool is_absent, const char *says)
{
	const char *why = "";
	bool absent = false;

	assert_null(snapshot_read(&p->s, p->a, str_from(id), &absent, &why));
	assert_int_equal(absent, is_absent);
	if (str_find(str_from(why), str_from(says)) < 0)
		fail_msg("says: %s", why);
}

static size_t listed(struct place *p, const char *flow)
{
	return json_count(snapshot_index(&p->s, p->a, *flow ? S("env-1") : S(""), str_from(flow),
					 SIZE_MAX));
}

/* Path of a record or (with `objects`) of a content, the n-th of all in no order. */
static const char *file_of(struct place *p, bool objects, size_t n)
{
	const char *dir = objects ? arena_printf(p->a, "%s/objects", p->s.dir) : p->s.dir;
	const char *found = NULL;
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && !found && (e = readdir(d)) != NULL)
		if (strlen(e->d_name) == (objects ? 32 : 66) && !n--)
			found = arena_printf(p->a, "%s/%s", dir, e->d_name);
	if (d)
		closedir(d);
	return found;
}

static size_t files(struct place *p, bool objects)
{
	size_t n = 0;

	while (file_of(p, objects, n))
		n++;
	return n;
}

/* ---- tests ---- */

#define ONE "{\"definition\":{\"z\":1.0,\"a\":12345678901234567890,\"e\":1e3},\"connectionReferences\":{}}"
#define TWO "{\"definition\":{\"canary-8731\":\"zürich\"}}"

/* Order of members and text of numbers come back; ids sort by time; flows fold case. */
static void test_kept(void **state)
{
	struct place *p = *state;
	const char *first = keep(p, "flow-1", ONE), *second = keep(p, "FLOW-1", TWO);
	const char *other = keep(p, "flow-2", ONE);
	struct json *list;

	assert_str(json_text(p->a, json_get(get(p, first), "content")), ONE);
	assert_str(json_text(p->a, json_get(get(p, second), "content")), TWO);
	assert_str(json_get_str(get(p, other), "flowName"), "flow-2");
	assert_true(strcmp(first, second) < 0 && strcmp(second, other) < 0);
	list = snapshot_index(&p->s, p->a, S("ENV-1"), S("flow-1"), SIZE_MAX);
	assert_int_equal(json_count(list), 2);
	assert_str(json_get_str(json_item(list, 0), "id"), second);
	assert_str(json_get_str(json_item(list, 1), "kept"), "2026-11-18T11:07:40.000Z");
	assert_null(json_get(json_item(list, 0), "content"));
	assert_int_equal(listed(p, ""), 3);
	assert_int_equal(listed(p, "flow-3"), 0);
	assert_int_equal(json_count(snapshot_index(&p->s, p->a, S(""), S(""), 2)), 2);
	assert_unreadable(p, "0000000000000000", true, "no such version");
	/* One content of two flows lies there once. */
	assert_int_equal(files(p, true), 2);
}

/* What did not change is not kept twice on one day, and is again on the next. */
static void test_same(void **state)
{
	struct place *p = *state;
	const char *first = keep(p, "f", ONE), *second, *third;
	struct json *list;

	assert_string_equal(keep(p, "f", ONE), first);
	assert_int_equal(listed(p, "f"), 1);
	second = keep(p, "f", TWO);
	third = keep(p, "f", ONE);
	assert_true(strcmp(third, second) > 0);
	p->now += INT64_C(86400000);
	assert_string_not_equal(keep(p, "f", ONE), third);
	list = snapshot_index(&p->s, p->a, S("env-1"), S("f"), SIZE_MAX);
	assert_int_equal(json_count(list), 4);
	assert_true(json_is_true(json_get(json_item(list, 0), "same")));
	assert_false(json_is_true(json_get(json_item(list, 1), "same")));
	/* Another order of members is another content: it comes back as it was. */
	assert_string_not_equal(keep(p, "f", "{\"definition\":{\"a\":1,\"b\":2}}"),
				keep(p, "f", "{\"definition\":{\"b\":2,\"a\":1}}"));
}

/* Modes, and not a byte that tells something. */
static void test_secret(void **state)
{
	struct place *p = *state;
	struct stat st;

	keep(p, "canary-flow", TWO);
	for (size_t i = 0; i < 2; i++) {
		const char *path = file_of(p, i, 0);
		struct str text = unit_file(p->a, path);

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_true(str_find(text, S("canary")) < 0 && str_find(text, S("rich")) < 0);
		assert_true(str_find(text, S("nv-1")) < 0 && str_find(text, S("definition")) < 0);
		assert_true(str_find(str_from(path), S("canary")) < 0);
	}
	assert_int_equal(stat(p->s.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Names are keyed: the same content has another one elsewhere. */
	{
		struct snapshots other = p->s;
		struct snapshot_head h = { S("Env-1"), S("f"), NULL, p->now };
		char id[SNAPSHOT_ID + 1];
		const char *why;

		other.dir = arena_printf(p->a, "%s/other", p->base);
		other.key[0] ^= 1;
		assert_true(snapshot_write(&other, p->a, &h, parse(p, TWO), id, &why));
		assert_int_not_equal(access(arena_printf(p->a, "%s/objects/%s", other.dir,
							 strrchr(file_of(p, true, 0), '/') + 1), F_OK), 0);
	}
}

/* A wrong key, bytes changed, files cut, exchanged, linked: said of that one, others stand. */
static void test_damage(void **state)
{
	struct place *p = *state;
	const char *id = keep(p, "f", ONE), *good, *record = file_of(p, false, 0);
	const char *object = file_of(p, true, 0);
	struct str bytes = unit_file(p->a, record), content = unit_file(p->a, object);
	struct json *v;

	good = keep(p, "g", TWO);
	p->s.key[0] ^= 1;
	assert_unreadable(p, id, false, "another key");
	assert_int_equal(listed(p, ""), 2);
	p->s.key[0] ^= 1;
	for (size_t cut = 0; cut < bytes.n; cut += 13) {
		assert_int_equal(os_write_atomic(record, str_first(bytes, cut)), 0);
		assert_unreadable(p, id, false, "damaged");
	}
	for (size_t i = 0; i < bytes.n; i += 11) {
		char *changed = arena_copy(p->a, bytes.p, bytes.n);

		changed[i] ^= 4;
		assert_int_equal(os_write_atomic(record, str_n(changed, bytes.n)), 0);
		assert_unreadable(p, id, false, "damaged");
	}
	v = snapshot_index(&p->s, p->a, S("env-1"), S("f"), SIZE_MAX);
	assert_str(json_get_str(json_item(v, 0), "id"), id);
	assert_true(json_get_str(json_item(v, 0), "damaged").n > 0);
	get(p, good);
	/* The other's record under this one's name. */
	assert_int_equal(os_write_atomic(record, unit_file(p->a, file_of(p, false, strcmp(file_of(p, false, 0), record) == 0))), 0);
	assert_unreadable(p, id, false, "damaged");
	assert_int_equal(os_write_atomic(record, bytes), 0);
	/* The content gone, cut, open to others. */
	assert_int_equal(unlink(object), 0);
	assert_unreadable(p, id, false, "No such file");
	assert_int_equal(os_write_atomic(object, str_first(content, content.n - 1)), 0);
	assert_unreadable(p, id, false, "damaged");
	assert_int_equal(os_write_atomic(object, content), 0);
	assert_int_equal(chmod(object, 0644), 0);
	assert_unreadable(p, id, false, "0600");
	assert_int_equal(chmod(object, 0600), 0);
	assert_str(json_text(p->a, json_get(get(p, id), "content")), ONE);
}

/* A damaged content is written anew when the flow is kept again. */
static void test_mended(void **state)
{
	struct place *p = *state;
	const char *id = keep(p, "f", ONE);

	assert_int_equal(os_write_atomic(file_of(p, true, 0), S("")), 0);
	assert_unreadable(p, id, false, "damaged");
	keep(p, "f", ONE);
	assert_str(json_text(p->a, json_get(get(p, id), "content")), ONE);
}

static void test_foreign(void **state)
{
	struct place *p = *state;
	struct json *v;

	keep(p, "f", ONE);
	assert_int_equal(json_count(snapshot_foreign(&p->s, p->a)), 0);
	os_write_atomic(arena_printf(p->a, "%s/notes.txt", p->s.dir), S("x"));
	os_write_atomic(arena_printf(p->a, "%s/objects/%s", p->s.dir, "ABC"), S("x"));
	v = snapshot_foreign(&p->s, p->a);
	assert_int_equal(json_count(v), 2);
	assert_true(str_ends(json_get_str(json_item(v, 0), "file"), S("/notes.txt")));
	assert_int_equal(listed(p, ""), 1);
	snapshot_prune(&p->s, p->now, 1, 1);
	assert_int_equal(json_count(snapshot_foreign(&p->s, p->a)), 2);
}

static void test_retention(void **state)
{
	struct place *p = *state;
	char text[64];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "{\"definition\":%d}", i);
		keep(p, "f", text);
		keep(p, "g", i % 2 ? ONE : TWO);
	}
	assert_int_equal(files(p, true), 8);
	assert_int_equal(snapshot_prune(&p->s, p->now, 365, 4), 4);
	assert_int_equal(listed(p, "f"), 4);
	assert_int_equal(listed(p, "g"), 4);
	/* The newest ones, and contents that somebody names. */
	assert_int_equal(files(p, true), 6);
	assert_int_equal(snapshot_prune(&p->s, p->now, 365, 4), 0);
	assert_int_equal(snapshot_prune(&p->s, p->now + INT64_C(40) * 86400000, 30, 4), 8);
	assert_int_equal(files(p, true), 0);
	assert_int_equal(listed(p, ""), 0);
}

static void test_purge(void **state)
{
	struct place *p = *state;
	size_t n;
	int lock;

	assert_true(snapshot_purge(&p->s, p->a, S(""), S(""), &n));
	assert_int_equal(n, 0);
	keep(p, "f", ONE);
	keep(p, "g", TWO);
	assert_true(snapshot_purge(&p->s, p->a, S("ENV-1"), S("F"), &n));
	assert_int_equal(n, 1);
	assert_int_equal(listed(p, ""), 1);
	assert_int_equal(files(p, true), 1);
	/* Not while somebody writes. */
	lock = open(arena_printf(p->a, "%s/lock", p->s.dir), O_RDWR);
	assert_int_equal(flock(lock, LOCK_SH), 0);
	assert_false(snapshot_purge(&p->s, p->a, S(""), S(""), &n));
	assert_int_equal(snapshot_prune(&p->s, p->now, 365, 0), 0);
	/* Writers do not wait for each other. */
	keep(p, "h", ONE);
	syscall(SYS_close, lock);
	assert_true(snapshot_purge(&p->s, p->a, S(""), S(""), &n));
	assert_int_equal(n, 2);
}

/* Killed before each system call in turn: what was kept before is whole, what is listed can be
 * opened, and the next one is kept. */
static void test_killed(void **state)
{
	struct place *p = *state;
	const char *before = keep(p, "f", ONE);
	unsigned long at = 0;
	int status = 0;

	do {
		char text[64];
		pid_t child;

		snprintf(text, sizeof(text), "{\"definition\":[%lu]}", ++at);
		child = fork();
		if (!child) {
			char id[SNAPSHOT_ID + 1];

			killed_at = at;
			if (!try_keep(p, "f", text, id))
				_exit(1);
			snapshot_prune(&p->s, p->now, 365, 3);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_false(WIFEXITED(status) && WEXITSTATUS(status));
		p->now += 60000;
		JSON_EACH(v, snapshot_index(&p->s, p->a, S(""), S(""), SIZE_MAX))
			get(p, json_get_z(v, "id"));
		assert_int_equal(json_count(snapshot_foreign(&p->s, p->a)), 0);
		assert_true(at < 200);
		if (at < 3)
			get(p, before);
	} while (!WIFEXITED(status));
	print_message("# killed at %lu places\n", at - 1);
	assert_true(at > 15);
	keep(p, "f", TWO);
	/* What the killed ones left is swept, but not while it may be somebody's work. */
	assert_int_equal(json_count(snapshot_foreign(&p->s, p->a)), 0);
}

/* Each system call fails once: what was reported as kept is there, what was kept before is whole,
 * and the next one is kept. */
static void test_faults(void **state)
{
	static const int errors[] = { EIO, ENOSPC };
	struct place *p = *state;
	const char *before = keep(p, "f", ONE);
	size_t refused = 0;

	for (size_t e = 0; e < COUNT(errors); e++) {
		unsigned long at = 0;

		do {
			char text[64], id[SNAPSHOT_ID + 1];
			bool kept;

			snprintf(text, sizeof(text), "{\"definition\":[%zu,%lu]}", e, ++at);
			fails_with = errors[e];
			calls = 0;
			failing = at;
			kept = try_keep(p, "f", text, id);
			failing = 0;
			refused += !kept;
			if (kept)
				assert_str(json_text(p->a, json_get(get(p, id), "content")), text);
			get(p, before);
			JSON_EACH(v, snapshot_index(&p->s, p->a, S(""), S(""), SIZE_MAX))
				get(p, json_get_z(v, "id"));
			assert_true(at < 200);
		} while (calls >= at);
	}
	print_message("# %zu times it said that it could not be kept\n", refused);
	assert_true(refused > 10);
	get(p, keep(p, "f", TWO));
}

/* A full disk: an error that says so, and what was there is whole. */
static void test_full(void **state)
{
	struct place *p = *state;
	pid_t child = fork();
	int status;

	if (!child) {
		struct snapshot_head h = { S("e"), S("f"), NULL, p->now };
		const char *why, *first = NULL;
		char id[SNAPSHOT_ID + 1];
		struct json *big = json_new_object(p->a);
		char *filler = arena_alloc(p->a, 60000);

		if (!mounts_empty(p->base) ||
		    mount("none", p->base, "tmpfs", MS_REMOUNT, "size=64k"))
			_exit(77);
		memset(filler, 'x', 60000);
		json_set_str(p->a, big, "definition", str_n(filler, 60000));
		if (!snapshot_write(&p->s, p->a, &h, parse(p, TWO), id, &why))
			_exit(2);
		first = arena_copy(p->a, id, SNAPSHOT_ID);
		h.now += 1000;
		if (snapshot_write(&p->s, p->a, &h, big, id, &why))
			_exit(3);
		if (str_find(str_from(why), str_from(strerror(ENOSPC))) < 0)
			_exit(4);
		if (json_count(snapshot_index(&p->s, p->a, S("e"), S("f"), 10)) != 1)
			_exit(5);
		_exit(str_eq(json_text(p->a, json_get(get(p, first), "content")), S(TWO)) ? 0 : 6);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Several processes keep and remove at once: everything that was reported as kept is there. */
static void test_together(void **state)
{
	enum { PROCESSES = 4, EACH = 12 };
	struct place *p = *state;
	int status, bad = 0;

	for (int k = 0; k < PROCESSES; k++) {
		if (fork())
			continue;
		for (int i = 0; i < EACH; i++) {
			char text[64], flow[16], id[SNAPSHOT_ID + 1];

			/* Contents that several of them name. */
			snprintf(text, sizeof(text), "{\"definition\":%d}", i % 5);
			snprintf(flow, sizeof(flow), "f%d", k);
			p->now += k + 1;
			if (!try_keep(p, flow, text, id))
				_exit(1);
			snapshot_prune(&p->s, p->now, 365, 3);
			get(p, id);
		}
		_exit(0);
	}
	for (int k = 0; k < PROCESSES; k++)
		if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
			bad++;
	assert_int_equal(bad, 0);
	JSON_EACH(v, snapshot_index(&p->s, p->a, S(""), S(""), SIZE_MAX))
		get(p, json_get_z(v, "id"));
	snapshot_prune(&p->s, p->now, 365, 3);
	assert_int_equal(listed(p, ""), PROCESSES * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(test_kept),    PLACED(test_same),	PLACED(test_secret),
		PLACED(test_damage),  PLACED(test_mended),	PLACED(test_foreign),
		PLACED(test_retention), PLACED(test_purge),	PLACED(test_killed),
		PLACED(test_full),    PLACED(test_together),	PLACED(test_faults),
	};

	return UNIT_RUN(tests);
}
