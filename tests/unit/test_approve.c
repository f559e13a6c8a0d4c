/*
 * test_approve.c - approvals, codes, grants and the PIN: bound, spent once, counted, closed on
 * any doubt.
 */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "work/approve.h"
#include "work/conf.h"
#include "work/grant.h"
#include "work/store.h"

static char base[] = "/tmp/test_approve.XXXXXX";
static const unsigned char key[CRYPT_KEY] = "0123456789abcdef0123456789abcde";
static const unsigned char plan[CRYPT_HASH] = "a plan", other_plan[CRYPT_HASH] = "another";
static const unsigned char target[CRYPT_HASH] = "a target";

enum { NOW = 1000000 };

/* A directory of its own for each test. */
static const char *place(struct arena *a)
{
	static int n;

	return arena_printf(a, "%s/%d", base, n++);
}

/* In place and without waiting for the disk: there are thousands of them. */
static void overwrite(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static int unlink_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* ---- the value ---- */

static void test_value(void **state)
{
	struct arena *a = *state;
	struct approval p, q;
	struct json *v;

	approval_new(&p, plan, target, NOW);
	assert_int_equal(p.expires, NOW + LIMIT_APPROVAL_MS);
	p.changed = true;
	v = approval_write(a, key, &p);
	assert_true(approval_read(key, v, &q));
	assert_memory_equal(p.nonce, q.nonce, sizeof(p.nonce));
	assert_memory_equal(p.plan, q.plan, sizeof(p.plan));
	assert_true(q.changed && !q.quarter && q.expires == p.expires);
	assert_false(approval_read((const unsigned char *)"x123456789abcdef0123456789abcdef", v,
				   &q));
	assert_false(approval_read(key, NULL, &q));
}

/* One bit of every byte of 1,000 written approvals: flipped, it is none. */
static void test_every_bit(void **state)
{
	struct arena *a = *state;
	unsigned long tried = 0, parsed = 0;

	for (int i = 0; i < 1000; i++) {
		struct arena mine;
		struct approval p, q;
		struct str text;
		char *copy;
		size_t bit = (size_t)i / 4 % 8;

		arena_init(&mine, 64u << 20);
		approval_new(&p, plan, target, NOW + i);
		text = json_text(&mine, approval_write(&mine, key, &p));
		copy = arena_copy(&mine, text.p, text.n);
		for (size_t k = (size_t)i % 4; k < text.n; k += 4) {
			struct json *v;

			copy[k] = (char)(copy[k] ^ (1 << bit));
			v = json_parse(&mine, str_n(copy, text.n), JSON_STRICT, NULL);
			tried++;
			parsed += v != NULL;
			if (v && approval_read(key, v, &q))
				fail_msg("accepted: %.*s", (int)text.n, copy);
			copy[k] = text.p[k];
		}
		arena_release(&mine);
	}
	(void)a;
	assert_true(tried > 50000 && parsed > 5000);
}

/* ---- once ---- */

static void test_spend(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "";
	struct approval p, q;

	approval_new(&p, plan, target, NOW);
	approval_new(&q, plan, target, NOW);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_DONE);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_BEFORE);
	assert_int_equal(approval_spend(a, dir, &q, NOW, &why), APPROVAL_DONE);
	assert_int_equal(approval_spend(a, dir, &p, NOW + LIMIT_APPROVAL_MS, &why),
			 APPROVAL_BEFORE);
	/* A clock that is set back finds it, too. */
	assert_int_equal(approval_spend(a, dir, &q, NOW - 86400000, &why), APPROVAL_BEFORE);
}

static void test_spend_closed(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "", *list;
	struct approval p;
	int fd;

	approval_new(&p, plan, target, NOW);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_DONE);
	list = arena_printf(a, "%s/spent", dir);
	/* Damaged, replaced by a directory, too large: nothing is accepted any more. */
	fd = open(list, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "garbage\n", 8), 8);
	close(fd);
	approval_new(&p, plan, target, NOW);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_FAILED);
	assert_int_equal(unlink(list), 0);
	assert_int_equal(mkdir(list, 0700), 0);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_FAILED);
	assert_int_equal(rmdir(list), 0);
	fd = open(list, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, LIMIT_SPENT + 1), 0);
	close(fd);
	assert_int_equal(approval_spend(a, dir, &p, NOW, &why), APPROVAL_FAILED);
	assert_int_equal(approval_spend(a, "/proc/nowhere", &p, NOW, &why), APPROVAL_FAILED);
	assert_true(why[0] != '\0');
}

/* How many of 16 processes succeed in `turn`. */
static int race(int (*turn)(void *arg), void *arg)
{
	int won = 0;

	for (int i = 0; i < 16; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(turn(arg));
	}
	for (int i = 0; i < 16; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		won += WEXITSTATUS(status);
	}
	return won;
}

struct racer {
	const char *dir;
	struct approval p;
	struct grant_query q;
};

static int spend_turn(void *arg)
{
	struct racer *r = arg;
	struct arena a;
	const char *why;
	enum approval_result result;

	arena_init(&a, 64u << 20);
	do
		result = approval_spend(&a, r->dir, &r->p, NOW, &why);
	while (result == APPROVAL_BUSY);
	arena_release(&a);
	return result == APPROVAL_DONE;
}

static void test_race(void **state)
{
	struct arena *a = *state;

	for (int i = 0; i < 8; i++) {
		struct racer r = { .dir = place(a) };

		approval_new(&r.p, plan, target, NOW);
		assert_int_equal(race(spend_turn, &r), 1);
	}
}

/* ---- codes ---- */

static void test_codes(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "";
	struct approval_code c = { .tool = "t", .klass = "moderate", .sentence = "s",
				   .card = "card", .typed = "" };
	struct approval_code d = c, *list;
	struct approval found;
	char first[APPROVAL_CODE];

	approval_new(&c.approval, plan, target, NOW);
	assert_true(approval_put(a, dir, key, &c, NOW, &why));
	memcpy(first, c.code, sizeof(first));
	/* The same plan again: the same code; another plan: another one. */
	approval_new(&c.approval, plan, target, NOW);
	assert_true(approval_put(a, dir, key, &c, NOW + 1, &why));
	assert_string_equal(first, c.code);
	approval_new(&d.approval, other_plan, target, NOW);
	assert_true(approval_put(a, dir, key, &d, NOW + 2, &why));
	assert_string_not_equal(first, d.code);
	assert_int_equal(approval_list(a, dir, key, NOW + 3, &list), 2);
	assert_string_equal(list[0].code, first);
	assert_string_equal(list[0].card, "card");
	/* Another profile's key reads nothing. */
	assert_int_equal(approval_list(a, dir, (const unsigned char *)"ffffffffffffffffffffffff"
								      "ffffffff",
				       NOW + 3, &list),
			 0);
	assert_int_equal(approval_find(a, dir, key, plan, NOW, &found), APPROVAL_NONE);
	assert_true(approval_decide(a, dir, key, &c, true, NULL, NOW + 4, &why));
	assert_true(approval_decide(a, dir, key, &d, false, NULL, NOW + 4, &why));
	assert_int_equal(approval_list(a, dir, key, NOW + 3, &list), 0);
	assert_int_equal(approval_find(a, dir, key, plan, NOW + 5, &found), APPROVAL_YES);
	assert_int_equal(approval_find(a, dir, key, other_plan, NOW + 5, &found), APPROVAL_NO);
	assert_int_equal(approval_find(a, dir, key, target, NOW + 5, &found), APPROVAL_NONE);
	assert_int_equal(approval_find(a, dir, key, plan, NOW + 5 + LIMIT_APPROVAL_MS, &found),
			 APPROVAL_NONE);
	/* What was over is removed. */
	assert_int_equal(approval_find(a, dir, key, plan, NOW + 5, &found), APPROVAL_NONE);
	approval_new(&c.approval, plan, target, NOW);
	assert_true(approval_put(a, dir, key, &c, NOW, &why));
	assert_int_equal(approval_list(a, dir, key, NOW + LIMIT_CODE_MS + 1, &list), 0);
	/* There is an end to what waits. */
	for (int i = 0; i < LIMIT_CODES; i++) {
		unsigned char some[CRYPT_HASH] = { (unsigned char)i, 7 };

		approval_new(&c.approval, some, target, NOW);
		assert_true(approval_put(a, dir, key, &c, NOW, &why));
	}
	approval_new(&c.approval, plan, target, NOW);
	assert_false(approval_put(a, dir, key, &c, NOW, &why));
}

/* A decision that was written into, renamed or copied for another plan is none. */
static void test_files(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "", *name, *copy;
	struct approval_code c = { .tool = "t", .klass = "moderate", .sentence = "s",
				   .card = "card", .typed = "" };
	struct approval found;
	struct str bytes;
	char *text;

	approval_new(&c.approval, plan, target, NOW);
	assert_true(approval_put(a, dir, key, &c, NOW, &why));
	assert_true(approval_decide(a, dir, key, &c, true, NULL, NOW, &why));
	name = arena_printf(a, "%s/said-6120706c616e00000000000000000000", dir);
	copy = arena_printf(a, "%s/said-616e6f74686572000000000000000000", dir);
	bytes = unit_file(a, name);
	assert_int_equal(os_write_atomic(copy, bytes), 0);
	assert_int_equal(approval_find(a, dir, key, other_plan, NOW, &found), APPROVAL_NONE);
	text = arena_copy(a, bytes.p, bytes.n);
	for (size_t i = 0; i < bytes.n; i++) {
		text[i] = (char)(text[i] ^ (1 << (i % 8)));
		overwrite(name, str_n(text, bytes.n));
		assert_int_equal(approval_find(a, dir, key, plan, NOW, &found), APPROVAL_NONE);
		text[i] = bytes.p[i];
	}
	assert_int_equal(os_write_atomic(name, bytes), 0);
	assert_int_equal(approval_find(a, dir, key, plan, NOW, &found), APPROVAL_YES);
	/* Others may write it: not ours any more. */
	assert_int_equal(chmod(name, 0666), 0);
	assert_int_equal(approval_find(a, dir, key, plan, NOW, &found), APPROVAL_NONE);
}

static void test_typing(void **state)
{
	static const struct {
		const char *typed;
		bool fits;
	} rows[] = {
		{ "K7QF-2M9D", true },	{ "k7qf2m9d", true },	 { "K7QF 2M9D", true },
		{ "K7QF-2M9", false },	{ "K7QF-2M9DD", false }, { "", false },
		{ "K7QF-2M9E", false }, { "-", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(approval_code_is("K7QF-2M9D", str_from(rows[i].typed)),
				 rows[i].fits);
	assert_true(approval_code_is("0011-1111", S("OOil-llII")));
}

/* ---- grants ---- */

static struct grant grant(const char *tools, const char *environment, const char *flow, bool prompt)
{
	return (struct grant){ .tools = str_from(tools), .environments = str_from(environment),
			       .flows = str_from(flow), .prompt = prompt, .max_calls = 3,
			       .expires = NOW + 1000 };
}

static void test_grants(void **state)
{
	static const struct {
		const char *tools, *environment, *flow;
		bool prompt;
		unsigned kinds; /* for tool a in environment e on flow f */
	} rows[] = {
		{ "a", "e", "f", true, GRANT_PROMPT },
		{ "a", "e", "f", false, GRANT_SCOPE | GRANT_NAMED },
		{ "b a", "e", "*", false, GRANT_SCOPE },
		{ "a", "*", "*", false, GRANT_SCOPE },
		{ "a", "E", "F", false, GRANT_SCOPE | GRANT_NAMED },
		{ "b", "e", "f", false, 0 },
		{ "a", "x", "f", false, 0 },
		{ "a", "e", "x", true, 0 },
		{ "aa", "e", "f", true, 0 },
	};
	struct arena *a = *state;
	struct grant_query q = { S("a"), S("e"), S("f"), NOW };
	const char *why;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *dir = place(a);
		struct grant g = grant(rows[i].tools, rows[i].environment, rows[i].flow,
				       rows[i].prompt);

		assert_int_equal(grant_match(a, dir, key, &q), 0);
		assert_true(grant_make(a, dir, key, &g, NOW, &why));
		assert_int_equal(grant_match(a, dir, key, &q), rows[i].kinds);
		q.now = NOW + 1001;
		assert_int_equal(grant_match(a, dir, key, &q), 0);
		q.now = NOW;
	}
}

static void test_grant_counts(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why = "";
	struct grant g = grant("a", "e", "f", false), *list;
	struct grant_query q = { S("a"), S("e"), S("f"), NOW };

	assert_true(grant_make(a, dir, key, &g, NOW, &why));
	for (int i = 0; i < 3; i++)
		assert_int_equal(grant_use(a, dir, key, &q, GRANT_NAMED, &why), APPROVAL_DONE);
	assert_int_equal(grant_use(a, dir, key, &q, GRANT_NAMED, &why), APPROVAL_BEFORE);
	assert_int_equal(grant_list(a, dir, key, NOW, &list), 0);
	g = grant("a", "e", "f", false);
	assert_true(grant_make(a, dir, key, &g, NOW, &why));
	assert_int_equal(grant_use(a, dir, key, &q, GRANT_PROMPT, &why), APPROVAL_BEFORE);
	assert_int_equal(grant_revoke(a, dir, key, S("00000000"), NOW), 0);
	assert_int_equal(grant_revoke(a, dir, key, str_from(g.id), NOW), 1);
	assert_int_equal(grant_match(a, dir, key, &q), 0);
}

static int grant_turn(void *arg)
{
	struct racer *r = arg;
	struct arena a;
	const char *why;
	enum approval_result result;

	arena_init(&a, 64u << 20);
	do
		result = grant_use(&a, r->dir, key, &r->q, GRANT_SCOPE, &why);
	while (result == APPROVAL_BUSY);
	arena_release(&a);
	return result == APPROVAL_DONE;
}

static void test_grant_race(void **state)
{
	struct arena *a = *state;
	const char *why;

	for (int i = 0; i < 4; i++) {
		struct racer r = { .dir = place(a), .q = { S("a"), S("e"), S("f"), NOW } };
		struct grant g = grant("a", "e", "f", false);

		g.max_calls = 5;
		assert_true(grant_make(a, r.dir, key, &g, NOW, &why));
		assert_int_equal(race(grant_turn, &r), 5);
	}
}

/* Every bit of a grant's file: changed, it covers nothing. */
static void test_grant_bits(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a), *why, *path;
	struct grant g = grant("a", "e", "f", false);
	struct grant_query q = { S("a"), S("e"), S("f"), NOW };
	struct str bytes;
	char *text;

	assert_true(grant_make(a, dir, key, &g, NOW, &why));
	path = arena_printf(a, "%s/%s", dir, g.id);
	bytes = unit_file(a, path);
	text = arena_copy(a, bytes.p, bytes.n);
	for (size_t i = 0; i < (bytes.n - 1) * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ (1 << (i % 8)));
		overwrite(path, str_n(text, bytes.n));
		assert_int_equal(grant_match(a, dir, key, &q), 0);
		text[i / 8] = bytes.p[i / 8];
	}
	assert_int_equal(os_write_atomic(path, bytes), 0);
	assert_true(grant_match(a, dir, key, &q) != 0);
	/* Under another name it is another grant. */
	assert_int_equal(rename(path, arena_printf(a, "%s/00000000", dir)), 0);
	assert_int_equal(grant_match(a, dir, key, &q), 0);
}

/* ---- the PIN ---- */

static void test_pin(void **state)
{
	struct arena *a = *state;
	const char *dir = place(a);
	struct conf conf = { .arena = a, .profile = "work", .cloud = "practice",
			     .store = "keyring", .state_dir = place(a) };
	struct store *s = store_new(&conf);
	int64_t wait, now = NOW;
	struct secret *item = NULL;

	assert_non_null(pin_fault(S("123")));
	assert_non_null(pin_fault(S("aaaaaa")));
	assert_null(pin_fault(S("2468")));
	assert_int_equal(pin_check(a, s, dir, S("2468"), now, &wait), PIN_ABSENT);
	assert_int_equal(pin_set(a, s, S("2468")), PIN_RIGHT);
	assert_int_equal(store_get(s, "approve_pin", &item), STORE_OK);
	assert_true(str_find(secret_bytes(item), S("2468")) < 0);
	secret_free(item);
	assert_int_equal(pin_check(a, s, dir, S("2468"), now, &wait), PIN_RIGHT);
	/* Five tries with a growing delay; then a quarter of an hour, for the right one, too. */
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(pin_check(a, s, dir, S("1357"), now, &wait), PIN_WRONG);
		assert_int_equal(wait, i < 5 ? 1000 << i : 900000);
		assert_int_equal(pin_check(a, s, dir, S("2468"), now + wait - 1, &wait),
				 PIN_LOCKED);
		now += i < 5 ? 1000 << i : 900000 - 1;
	}
	assert_int_equal(pin_check(a, s, dir, S("2468"), now, &wait), PIN_LOCKED);
	assert_int_equal(pin_check(a, s, dir, S("2468"), now + 1, &wait), PIN_RIGHT);
	assert_int_equal(pin_check(a, s, dir, S("1357"), now + 1, &wait), PIN_WRONG);
	assert_int_equal(wait, 2000);
	store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_value),  UNIT(test_every_bit), UNIT(test_spend), UNIT(test_spend_closed),
		UNIT(test_race),   UNIT(test_codes),	 UNIT(test_files), UNIT(test_typing),
		UNIT(test_grants), UNIT(test_grant_counts), UNIT(test_grant_race),
		UNIT(test_grant_bits), UNIT(test_pin),
	};
	int failed;

	if (!mkdtemp(base))
		return 1;
	failed = UNIT_RUN(tests);
	nftw(base, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed;
}
