/*
 * test_base.c - src/base: arenas, strings, buffers, lists, time, files, locks, messages, secrets.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/secret.h"

/* ---- arena ---- */

static void test_arena(void **state)
{
	struct arena a;
	char *p, *q;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 5000; n += 7) {
		p = arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
		if (a.used > 900000)
			break;
	}
	assert_true(a.used <= a.max);
	arena_release(&a);
	assert_int_equal(a.used, 0);

	/* Grown in place or moved, the old bytes stay and the new are zero. */
	p = arena_copy(&a, "abc", 3);
	assert_string_equal(p, "abc");
	p = arena_grow(&a, p, 4, 4000);
	assert_string_equal(p, "abc");
	q = arena_alloc(&a, 10);
	memset(q, 'q', 10);
	p = arena_grow(&a, p, 4000, 8000);
	assert_memory_equal(p, "abc\0", 5);
	assert_int_equal(p[7999], 0);
	assert_memory_equal(q, "qqqqqqqqqq", 10);
	assert_ptr_equal(arena_grow(&a, p, 8000, 10), p);
	assert_non_null(arena_grow(&a, NULL, 0, 10));
	assert_string_equal(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
	arena_release(&a);
	arena_release(NULL);
}

static void test_arena_full(void **state)
{
	struct arena a;
	jmp_buf out;
	volatile int stage = 0;

	(void)state;
	arena_init(&a, 1000);
	if (arena_guard(&a, &out))
		stage++;
	switch (stage) {
	case 0:
		for (;;)
			arena_alloc(&a, 100);
	case 1:
		assert_in_range(a.used, 800, 1000);
		arena_alloc(&a, SIZE_MAX);
		break;
	case 2:
		arena_array(&a, SIZE_MAX / 2, 4);
		break;
	case 3:
		arena_grow(&a, NULL, 0, SIZE_MAX - 10);
		break;
	default:
		arena_release(&a);
		return;
	}
	fail_msg("stage %d came back", stage);
}

/* Without a way out the process ends with a message. */
static void test_arena_no_way_out(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct arena a;

		close(STDERR_FILENO);
		arena_init(&a, 10);
		arena_alloc(&a, 100);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 70);
}

/* ---- str ---- */

static void test_str(void **state)
{
	struct arena *a = *state;
	struct str s = S("Hello, World"), head;

	assert_true(str_eq(S(""), (struct str){ 0 }));
	assert_false(str_eq(S("a"), S("b")));
	assert_false(str_eq(S("a"), S("ab")));
	assert_true(str_eq_nocase(S("aBc1"), S("AbC1")));
	assert_false(str_eq_nocase(S("\xc3\xa5"), S("\xc3\x85")));
	assert_true(str_starts(s, S("Hello")) && !str_starts(s, S("hello")));
	assert_true(str_starts(s, S("")) && !str_starts(S("H"), s));
	assert_true(str_starts_nocase(s, S("hELLO")));
	assert_true(str_ends(s, S("World")) && !str_ends(s, S("world")) && str_ends(s, S("")));
	assert_true(str_ends_nocase(s, S("WORLD")) && !str_ends_nocase(S("d"), s));
	assert_int_equal(str_find(s, S("World")), 7);
	assert_int_equal(str_find(s, S("world")), -1);
	assert_int_equal(str_find(s, S("")), 0);
	assert_int_equal(str_find(S("ab"), S("abc")), -1);
	assert_int_equal(str_find_char(s, 'o'), 4);
	assert_int_equal(str_find_char(S(""), 'o'), -1);
	assert_true(str_contains_nocase(s, S("LO, w")) && !str_contains_nocase(s, S("low")));
	assert_true(str_contains_nocase(S(""), S("")));
	assert_true(str_cmp(S("a"), S("b")) < 0 && str_cmp(S("b"), S("a")) > 0);
	assert_true(str_cmp(S("a"), S("ab")) < 0 && str_cmp(S("ab"), S("a")) > 0);
	assert_int_equal(str_cmp(S("a\xff"), S("a\xff")), 0);
	assert_true(str_cmp(S("\x7f"), S("\x80")) < 0);
	assert_str(str_from_at(s, 7), "World");
	assert_str(str_from_at(s, 100), "");
	assert_str(str_first(s, 5), "Hello");
	assert_str(str_first(s, 100), "Hello, World");
	assert_str(str_trim(S(" \t\r\n a b \v\f")), "a b");
	assert_str(str_trim(S("  ")), "");
	assert_str(str_lower(a, S("ABC \xc3\x85")), "abc \xc3\x85");
	assert_str(str_fmt(a, "%s/%d", "x", 7), "x/7");
	assert_string_equal(str_c(a, str_first(s, 5)), "Hello");
	assert_int_equal(str_dup(a, s).p[s.n], 0);
	assert_str(str_from(NULL), "");

	s = S("a,,b");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "a");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "");
	assert_true(str_cut(&s, ',', &head));
	assert_str(head, "b");
	assert_false(str_cut(&s, ',', &head));
	s = S("x,");
	assert_true(str_cut(&s, ',', &head) && str_cut(&s, ',', &head));
	assert_str(head, "");
	assert_false(str_cut(&s, ',', &head));
}

static void test_numbers(void **state)
{
	static const struct {
		struct str text;
		bool is_u64, is_i64;
		uint64_t u;
		int64_t i;
	} rows[] = {
		{ STR_INIT("0"), true, true, 0, 0 },
		{ STR_INIT("007"), true, true, 7, 7 },
		{ STR_INIT("9223372036854775807"), true, true, INT64_MAX, INT64_MAX },
		{ STR_INIT("9223372036854775808"), true, false, 9223372036854775808u, 0 },
		{ STR_INIT("18446744073709551615"), true, false, UINT64_MAX, 0 },
		{ STR_INIT("18446744073709551616"), false, false, 0, 0 },
		{ STR_INIT("99999999999999999999999"), false, false, 0, 0 },
		{ STR_INIT("-1"), false, true, 0, -1 },
		{ STR_INIT("-9223372036854775808"), false, true, 0, INT64_MIN },
		{ STR_INIT("-9223372036854775809"), false, false, 0, 0 },
		{ STR_INIT("-0"), false, true, 0, 0 },
		{ STR_INIT(""), false, false, 0, 0 },
		{ STR_INIT("-"), false, false, 0, 0 },
		{ STR_INIT("+1"), false, false, 0, 0 },
		{ STR_INIT("--1"), false, false, 0, 0 },
		{ STR_INIT(" 1"), false, false, 0, 0 },
		{ STR_INIT("1 "), false, false, 0, 0 },
		{ STR_INIT("1.0"), false, false, 0, 0 },
		{ STR_INIT("0x1"), false, false, 0, 0 },
		{ STR_INIT("1\0"), false, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t u = 99;
		int64_t n = 99;

		assert_int_equal(str_to_u64(rows[i].text, &u), rows[i].is_u64);
		assert_true(u == (rows[i].is_u64 ? rows[i].u : 99));
		assert_int_equal(str_to_i64(rows[i].text, &n), rows[i].is_i64);
		assert_true(n == (rows[i].is_i64 ? rows[i].i : 99));
	}
}

static void test_utf8(void **state)
{
	/* Boundaries of table 3-7 of the Unicode Standard. */
	static const struct str good[] = {
		STR_INIT(""), STR_INIT("a\x7f"), STR_INIT("\xc2\x80\xdf\xbf"),
		STR_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
		STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), STR_INIT("\0"),
	};
	static const struct str bad[] = {
		STR_INIT("\x80"), STR_INIT("\xc0\x80"), STR_INIT("\xc1\xbf"), STR_INIT("\xc2"),
		STR_INIT("\xc2\x41"), STR_INIT("\xe0\x9f\xbf"), STR_INIT("\xed\xa0\x80"),
		STR_INIT("\xe2\x82"), STR_INIT("\xf0\x8f\xbf\xbf"), STR_INIT("\xf4\x90\x80\x80"),
		STR_INIT("\xf5\x80\x80\x80"), STR_INIT("\xf0\x9f\x98"), STR_INIT("\xff"),
	};
	struct str s = S("a\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const size_t cuts[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(str_is_utf8(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(str_is_utf8(bad[i]));
	for (size_t n = 0; n < COUNT(cuts); n++)
		assert_int_equal(str_first_utf8(s, n).n, cuts[n]);
}

static void test_guid(void **state)
{
	static const struct str good[] = {
		STR_INIT("00000000-0000-0000-0000-000000000000"),
		STR_INIT("89abcdef-89AB-CDEF-0123-456789abcDEF"),
	};
	/* Empty, short, long, a dash too early, a digit that is none, braces. */
	static const struct str bad[] = {
		STR_INIT(""), STR_INIT("00000000-0000-0000-0000-00000000000"),
		STR_INIT("00000000-0000-0000-0000-0000000000000"),
		STR_INIT("0000000-00000-0000-0000-000000000000"),
		STR_INIT("0000000g-0000-0000-0000-000000000000"),
		STR_INIT("00000000-0000-0000-0000-00000000000@"),
		STR_INIT("{0000000-0000-0000-0000-00000000000}"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(str_is_guid(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(str_is_guid(bad[i]));
	for (int c = 0; c < 256; c++) {
		const char *digits = "0123456789abcdefABCDEF";
		const char *at = c ? strchr(digits, c) : NULL;
		int value = !at ? -1 : (int)(at - digits);

		assert_int_equal(str_hex_digit((char)c), value > 15 ? value - 6 : value);
	}
}

static void test_after_last(void **state)
{
	(void)state;
	assert_true(str_eq(str_after_last(S("/a/apis/shared_x"), '/'), S("shared_x")));
	assert_true(str_eq(str_after_last(S("none"), '/'), S("none")));
	assert_true(str_eq(str_after_last(S("a/"), '/'), S("")));
	assert_true(str_eq(str_after_last(S(""), '/'), S("")));
}

static void test_unpercent(void **state)
{
	static const struct {
		struct str from, plain, plus;
	} rows[] = {
		{ STR_INIT(""), STR_INIT(""), STR_INIT("") },
		{ STR_INIT("a%2Fb+c"), STR_INIT("a/b+c"), STR_INIT("a/b c") },
		{ STR_INIT("%2b%2B"), STR_INIT("++"), STR_INIT("++") },
		{ STR_INIT("%C3%a5"), STR_INIT("\xc3\xa5"), STR_INIT("\xc3\xa5") },
		/* What is no escape stays, and what one makes is not looked at again. */
		{ STR_INIT("100%"), STR_INIT("100%"), STR_INIT("100%") },
		{ STR_INIT("%4"), STR_INIT("%4"), STR_INIT("%4") },
		{ STR_INIT("%g0%0g"), STR_INIT("%g0%0g"), STR_INIT("%g0%0g") },
		{ STR_INIT("%2541%%41"), STR_INIT("%41%A"), STR_INIT("%41%A") },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 16);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(str_eq(str_unpercent(&a, rows[i].from, false), rows[i].plain));
		assert_true(str_eq(str_unpercent(&a, rows[i].from, true), rows[i].plus));
	}
	arena_release(&a);
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned max, want;
	} rows[] = {
		{ "", "", 3, 0 }, { "abc", "abc", 3, 0 }, { "abc", "ABC", 3, 0 }, { "abc", "abd", 3, 1 },
		{ "abc", "ab", 3, 1 }, { "abc", "xabc", 3, 1 }, { "abc", "acb", 3, 1 },
		{ "kitten", "sitting", 5, 3 }, { "kitten", "sitting", 2, 3 }, { "", "abcd", 3, 4 },
		{ "flowName", "flowname", 2, 0 }, { "get_live_flow", "get_live_flwo", 2, 1 },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789", "x", 2, 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str a = str_from(rows[i].a), b = str_from(rows[i].b);

		assert_int_equal(str_distance(a, b, rows[i].max), rows[i].want);
		assert_int_equal(str_distance(b, a, rows[i].max), rows[i].want);
	}
}

/* ---- buf ---- */

static void use_buffer(struct buf *b)
{
	assert_str(buf_str(b), "");
	buf_addz(b, "ab");
	buf_addc(b, 'c');
	buf_adds(b, S("de"));
	buf_addf(b, "%03d", 7);
	buf_add(b, NULL, 0);
	assert_str(buf_str(b), "abcde007");
	buf_drop(b, 2);
	assert_str(buf_str(b), "cde007");
	buf_drop(b, 0);
	buf_drop(b, 100);
	assert_str(buf_str(b), "");
	for (int i = 0; i < 1000; i++)
		buf_addf(b, "%d,", i);
	assert_int_equal(b->n, 3890);
	assert_string_equal(buf_c(b) + 3880, "7,998,999,");
	buf_clear(b);
	buf_add_percent(b, S("a-Z_0.9~ /?%\xc3\xa5\n\0x"));
	assert_str(buf_str(b), "a-Z_0.9~%20%2F%3F%25%C3%A5%0A%00x");
	assert_true(buf_ok(b));
	/* One byte beyond the ceiling: bad, empty, and it stays so. */
	buf_clear(b);
	for (int i = 0; i < 5000; i++)
		buf_addc(b, 'x');
	assert_true(buf_ok(b));
	assert_int_equal(strlen(buf_c(b)), 5000);
	buf_addc(b, 'y');
	assert_false(buf_ok(b));
	assert_str(buf_str(b), "");
	buf_addz(b, "more");
	buf_clear(b);
	assert_false(buf_ok(b));
	assert_null(buf_room(b, 0));
	assert_string_equal(buf_c(b), "");
	buf_free_wiped(b);
}

static void test_buf(void **state)
{
	struct arena *a = *state;
	struct buf b;

	buf_init(&b, 5000);
	use_buffer(&b);
	buf_init_in(&b, a, 5000);
	use_buffer(&b);
	buf_free(NULL);
	buf_free_wiped(NULL);
	buf_init(&b, 10);
	buf_addf(&b, "%s", "12345678901");
	assert_false(buf_ok(&b));
	buf_init(&b, 0);
	buf_addz(&b, "");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_c(&b), "");
	buf_free(&b);
}

/* ---- list ---- */

static void test_list(void **state)
{
	struct item {
		struct list link;
		int n;
	} items[4];
	struct list head;
	int sum = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	for (int i = 0; i < 4; i++) {
		items[i].n = i + 1;
		list_append(&head, &items[i].link);
	}
	LIST_EACH(pos, &head)
	sum = sum * 10 + LIST_ITEM(pos, struct item, link)->n;
	assert_int_equal(sum, 1234);
	LIST_EACH_SAFE(pos, &head)
	{
		if (LIST_ITEM(pos, struct item, link)->n % 2)
			list_remove(pos);
	}
	list_remove(&items[0].link); /* is on no list: nothing happens */
	list_insert(&items[3].link, &items[0].link);
	sum = 0;
	LIST_EACH(pos, &head)
	sum = sum * 10 + LIST_ITEM(pos, struct item, link)->n;
	assert_int_equal(sum, 214);
}

/* ---- errors ---- */

static void test_errors(void **state)
{
	(void)state;
	for (unsigned e = 0; e < ERR__MAX; e++) {
		assert_non_null(err_name((enum err)e));
		assert_int_equal(err_from_name(str_from(err_name((enum err)e))), e);
	}
	assert_string_equal(err_name(ERR__MAX), "internal");
	assert_int_equal(err_from_name(S("nonsense")), ERR__MAX);
	assert_int_equal(err_from_name(S("")), ERR__MAX);
}

/* ---- time ---- */

static void test_time(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *back;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z" },
		{ "1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z" },
		{ "2026-11-21T18:05:12.345Z", 1795284312345, "2026-11-21T18:05:12.345Z" },
		{ "2026-11-21T18:05:12.3456789Z", 1795284312345, "2026-11-21T18:05:12.345Z" },
		{ "2026-11-21T18:05:12.345678901Z", 1795284312345, "2026-11-21T18:05:12.345Z" },
		{ "2026-11-21t18:05:12.3z", 1795284312300, "2026-11-21T18:05:12.300Z" },
		{ "2026-11-21 18:05:12Z", 1795284312000, "2026-11-21T18:05:12.000Z" },
		{ "2026-11-21T19:35:12+01:30", 1795284312000, "2026-11-21T18:05:12.000Z" },
		{ "2026-11-21T10:05:12-08:00", 1795284312000, "2026-11-21T18:05:12.000Z" },
		{ "2024-02-29T00:00:00Z", 1709164800000, "2024-02-29T00:00:00.000Z" },
		{ "2000-02-29T00:00:00Z", 951782400000, "2000-02-29T00:00:00.000Z" },
		{ "0001-01-01T00:00:00Z", -62135596800000, "0001-01-01T00:00:00.000Z" },
		{ "9999-12-31T23:59:59.9999999Z", 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ "2016-12-31T23:59:60Z", 1483228800000, "2017-01-01T00:00:00.000Z" },
	};
	static const char *const wrong[] = {
		"", "2026", "2026-11-21", "2026-11-21T18:05Z", "2026-11-21T18:05:12",
		"2026-11-21T18:05:12Zx", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+01:60", "2026-1-1T00:00:00Z", "26-01-01T00:00:00Z",
		"2026-01-01T00:00:00 Z", " 2026-01-01T00:00:00Z", "2026-01-01X00:00:00Z",
		"2026/01/01T00:00:00Z", "-026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z",
	};
	char text[25];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!os_parse_time(str_from(rows[i].text), &ms))
			fail_msg("%s", rows[i].text);
		assert_true(ms == rows[i].ms);
		os_format_time(ms, text);
		assert_string_equal(text, rows[i].back);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		ms = 7;
		if (os_parse_time(str_from(wrong[i]), &ms))
			fail_msg("accepted %s", wrong[i]);
		assert_int_equal(ms, 7);
	}
	/* Now is after this was written, and the steady clock goes forward. */
	assert_true(os_wall_ms() > 1795284312345 - (int64_t)400 * 86400000);
	ms = os_now_ms();
	usleep(2000);
	assert_true(os_now_ms() >= ms + 1 && os_now_ms() < ms + 60000);
}

/* ---- files ---- */

/* A fresh directory for one test; removed by rm_dir. */
static const char *new_dir(struct arena *a)
{
	char *dir = arena_printf(a, "%s/flowlatch-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") :
								 "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int rm_dir(const char *dir)
{
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_write_atomic(void **state)
{
	struct arena *a = *state;
	const char *dir = new_dir(a), *path = arena_printf(a, "%s/file", dir);
	struct buf b;

	assert_int_equal(os_write_atomic(path, S("one")), 0);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(os_write_atomic(path, S("the second")), 0);
	assert_int_equal(mode_of(path), 0600);
	assert_str(unit_file(a, path), "the second");
	assert_int_equal(os_write_atomic(path, S("")), 0);
	assert_str(unit_file(a, path), "");

	/* Exactly the ceiling is read, one byte more is not. */
	assert_int_equal(os_write_atomic(path, S("12345")), 0);
	buf_init_in(&b, a, 5);
	assert_int_equal(os_read_file(path, &b), 0);
	assert_str(buf_str(&b), "12345");
	buf_init_in(&b, a, 4);
	assert_int_equal(os_read_file(path, &b), EFBIG);
	buf_init_in(&b, a, 100);
	assert_int_equal(os_read_file(arena_printf(a, "%s/none", dir), &b), ENOENT);
	assert_int_equal(os_read_file(dir, &b), EISDIR);

	/* A failure leaves the old file and no other. */
	assert_int_equal(os_write_atomic(arena_printf(a, "%s/none/file", dir), S("x")), ENOENT);
	assert_int_equal(mkdir(arena_printf(a, "%s/d", dir), 0700), 0);
	assert_int_not_equal(os_write_atomic(arena_printf(a, "%s/d", dir), S("x")), 0);
	assert_int_equal(rmdir(arena_printf(a, "%s/d", dir)), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Killed at any moment, a writer leaves the old or the new content. */
static void test_write_killed(void **state)
{
	struct arena *a = *state;
	const char *dir = new_dir(a), *path = arena_printf(a, "%s/file", dir);
	struct str contents[2];

	for (int i = 0; i < 2; i++) {
		char *p = arena_alloc(a, 100000);

		contents[i] = str_n(memset(p, 'a' + i, 100000), 100000);
	}
	assert_int_equal(os_write_atomic(path, contents[0]), 0);
	for (unsigned round = 0; round < 20; round++) {
		pid_t pid = fork();
		struct str now;

		if (pid == 0)
			for (unsigned i = 0;; i++)
				os_write_atomic(path, contents[i % 2]);
		usleep(1000 + round * 137);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		now = unit_file(a, path);
		assert_true(str_eq(now, contents[0]) || str_eq(now, contents[1]));
	}
	assert_int_equal(rm_dir(dir), 0);
}

static void test_mkdirs(void **state)
{
	struct arena *a = *state;
	const char *dir = new_dir(a), *deep = arena_printf(a, "%s/a/b//c", dir);

	assert_int_equal(os_mkdirs(deep), 0);
	assert_int_equal(os_mkdirs(deep), 0);
	assert_int_equal(mode_of(deep) & 077, 0);
	assert_int_equal(os_write_atomic(arena_printf(a, "%s/file", deep), S("x")), 0);
	assert_int_equal(os_mkdirs(arena_printf(a, "%s/file", deep)), ENOTDIR);
	assert_int_equal(os_mkdirs(arena_printf(a, "%s/file/below", deep)), ENOTDIR);
	assert_int_equal(os_mkdirs_for(arena_printf(a, "%s/x/y/file", dir)), 0);
	assert_int_equal(mode_of(arena_printf(a, "%s/x/y", dir)) & 077, 0);
	assert_int_equal(access(arena_printf(a, "%s/x/y/file", dir), F_OK), -1);
	assert_int_equal(os_mkdirs_for(arena_printf(a, "%s/file/x", deep)), ENOTDIR);
	assert_int_equal(os_mkdirs_for("file"), 0);
	assert_int_equal(os_mkdirs_for("/file"), 0);
	assert_int_equal(rm_dir(dir), 0);
}

static void test_lock(void **state)
{
	struct arena *a = *state;
	const char *dir = new_dir(a), *path = arena_printf(a, "%s/lock", dir);
	int err = 0, fd = os_try_lock(path, &err), other, status;
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(mode_of(path), 0600);
	other = os_try_lock(path, &err);
	assert_int_equal(other, -1);
	assert_int_equal(err, EWOULDBLOCK);
	os_unlock(fd);
	/* Another process has it until it dies, however it dies. */
	pid = fork();
	if (pid == 0) {
		fd = os_try_lock(path, &err);
		raise(SIGSTOP);
		_exit(fd < 0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(os_try_lock(path, &err), -1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fd = os_try_lock(path, &err);
	assert_true(fd >= 0);
	os_unlock(fd);
	os_unlock(-1);
	assert_int_equal(os_try_lock(arena_printf(a, "%s/none/lock", dir), &err), -1);
	assert_int_equal(err, ENOENT);
	/* A link planted in the way is not followed. */
	assert_int_equal(symlink(path, arena_printf(a, "%s/link", dir)), 0);
	assert_int_equal(os_try_lock(arena_printf(a, "%s/link", dir), &err), -1);
	assert_int_equal(err, ELOOP);
	assert_int_equal(rm_dir(dir), 0);
}

static void test_dirs(void **state)
{
	static const struct {
		const char *var, *value, *home, *want;
		char *(*fn)(struct arena *a);
	} rows[] = {
		{ "XDG_CONFIG_HOME", "/x/conf", "/home/me", "/x/conf/flowlatch", os_config_dir },
		{ "XDG_CONFIG_HOME", "relative", "/home/me", "/home/me/.config/flowlatch", os_config_dir },
		{ "XDG_CONFIG_HOME", "", "/home/me", "/home/me/.config/flowlatch", os_config_dir },
		{ "XDG_CONFIG_HOME", NULL, "/home/me", "/home/me/.config/flowlatch", os_config_dir },
		{ "XDG_STATE_HOME", NULL, "/home/me", "/home/me/.local/state/flowlatch", os_state_dir },
		{ "XDG_STATE_HOME", "/s", NULL, "/s/flowlatch", os_state_dir },
		{ "XDG_RUNTIME_DIR", "/run/user/1", "/home/me", "/run/user/1/flowlatch", os_runtime_dir },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].value)
			setenv(rows[i].var, rows[i].value, 1);
		else
			unsetenv(rows[i].var);
		if (rows[i].home)
			setenv("HOME", rows[i].home, 1);
		else
			unsetenv("HOME");
		assert_string_equal(rows[i].fn(a), rows[i].want);
	}
	/* No home at all: the password database knows one. */
	unsetenv("XDG_STATE_HOME");
	assert_non_null(strstr(os_state_dir(a), "/.local/state/flowlatch"));
	assert_non_null(strstr(os_self_dir(a), "/tests/unit"));
}

/* ---- the process ---- */

static void harden_and_look(void)
{
	int fd = dup2(STDERR_FILENO, 200), far = fcntl(STDERR_FILENO, F_DUPFD, 900);
	bool good;

	setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
	os_harden();
	good = fcntl(fd, F_GETFD) < 0 && fcntl(far, F_GETFD) < 0 && !getenv("SSLKEYLOGFILE") &&
	       umask(077) == 077 && signal(SIGPIPE, SIG_DFL) == SIG_IGN;
	_exit(good ? 0 : 1);
}

static void test_harden(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		harden_and_look();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_wipe(void **state)
{
	char x[64];

	(void)state;
	memset(x, 'x', sizeof(x));
	os_wipe(x, 32);
	for (size_t i = 0; i < sizeof(x); i++)
		assert_int_equal(x[i], i < 32 ? 0 : 'x');
	os_wipe(NULL, 10);
}

/* ---- messages ---- */

static void test_log_escape(void **state)
{
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		{ STR_INIT("plain text \xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80"),
		  "plain text \xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ STR_INIT("\x1b[31mred\x07\r\n\t"), "\\u{1b}[31mred\\u{7}\\u{d}\\u{a}\\u{9}" },
		{ STR_INIT("\x7f\xc2\x9b"
			   "x"), "\\u{7f}\\u{9b}x" },
		{ STR_INIT("a\xff\xc3"), "a\\xff\\xc3" },
		{ STR_INIT("\xe2\x80\xae"
			   "gnp.exe"), "\\u{202e}gnp.exe" },
		{ STR_INIT("z\xe2\x80\x8b\xef\xbb\xbfw"), "z\\u{200b}\\u{feff}w" },
		{ STR_INIT("\xe2\x81\xa6\xe2\x80\xa8\xc2\xad\xd8\x9c"),
		  "\\u{2066}\\u{2028}\\u{ad}\\u{61c}" },
		{ STR_INIT("\xf3\xa0\x81\x81"), "\\u{e0041}" },
		{ STR_INIT("a\0b"), "a\\u{0}b" },
		{ STR_INIT(""), "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b;

		buf_init_in(&b, a, 1000);
		log_escape(&b, rows[i].in);
		assert_str(buf_str(&b), rows[i].want);
	}
}

static struct str mask(struct str line, struct buf *scratch)
{
	ptrdiff_t at = str_find(line, S("SECRET"));

	if (at < 0)
		return line;
	buf_adds(scratch, str_first(line, (size_t)at));
	buf_addz(scratch, "***");
	buf_adds(scratch, str_from_at(line, (size_t)at + 6));
	return buf_str(scratch);
}

/* What the messages of `fn` put on stderr. */
static struct str captured(struct arena *a, void (*fn)(void))
{
	const char *dir = new_dir(a), *path = arena_printf(a, "%s/stderr", dir);
	int was = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CREAT, 0600);
	struct str text;

	assert_true(was >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	fn();
	assert_true(dup2(was, STDERR_FILENO) >= 0);
	close(was);
	close(fd);
	text = unit_file(a, path);
	unlink(path);
	rmdir(dir);
	return text;
}

static void some_messages(void)
{
	log_error("bad %s", "thing\n\x1b[2J");
	log_warn("%d", 7);
	log_info("not shown");
	log_set_level(LOG_LEVEL_DEBUG);
	log_info("shown");
	log_debug("with SECRET inside");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("not shown");
}

static void worst_message(void)
{
	char bells[LIMIT_CONF_LINE + 10];

	memset(bells, '\x1b', sizeof(bells));
	log_error("%.*s", LIMIT_CONF_LINE, bells);
	log_error("%.*s", LIMIT_CONF_LINE + 1, bells);
}

static void test_log(void **state)
{
	struct arena *a = *state;
	struct str text;

	assert_int_equal(log_get_level(), LOG_LEVEL_WARN);
	log_set_filter(mask);
	text = captured(a, some_messages);
	log_set_filter(NULL);
	assert_str(text, "flowlatch: error: bad thing\\u{a}\\u{1b}[2J\n"
			 "flowlatch: warning: 7\n"
			 "flowlatch: shown\n"
			 "flowlatch: debug: with *** inside\n");
	text = captured(a, worst_message);
	assert_int_equal(text.n, 18 + 6 * LIMIT_CONF_LINE + 1 + 18 + 18 + 1);
	assert_true(str_ends(text, S("(message too long)\n")));
	log_set_level(LOG_LEVEL_WARN);
}

/* ---- secrets ---- */

static void collect(struct str bytes, void *arg)
{
	buf_adds(arg, bytes);
	buf_addc(arg, '|');
}

static struct str all_secrets(struct arena *a)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	secret_each(collect, &b);
	return buf_str(&b);
}

static void test_secret(void **state)
{
	struct arena *a = *state;
	struct secret *x = secret_new(S("hunter2")), *y = secret_copy(x), *z, *empty;
	char large[10000];

	memset(large, 'L', sizeof(large));
	z = secret_new(str_n(large, sizeof(large)));
	empty = secret_new(S(""));
	assert_non_null(x);
	assert_str(secret_bytes(x), "hunter2");
	assert_true(secret_equal(x, y) && !secret_equal(x, z) && !secret_equal(x, NULL));
	assert_true(secret_bytes(x).p != secret_bytes(y).p);
	assert_memory_equal(secret_bytes(z).p, large, sizeof(large));
	assert_int_equal(secret_bytes(empty).n, 0);
	assert_int_equal(all_secrets(a).n, 8 + 8 + 10001 + 1);
	secret_free(y);
	secret_free(z);
	secret_free(empty);
	assert_str(all_secrets(a), "hunter2|");
	assert_false(secret_equal(NULL, NULL));
	assert_null(secret_copy(NULL));
	assert_str(secret_bytes(NULL), "");
	secret_free(x);
	secret_free(NULL);
	assert_str(all_secrets(a), "");
}

/* A child gets zeroes, and may still walk the list (to redact a message). */
static void test_secret_fork(void **state)
{
	struct arena *a = *state;
	struct secret *x = secret_new(S("hunter2"));
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct str s = secret_bytes(x);
		bool zero = s.n == 7;

		for (size_t i = 0; i < s.n; i++)
			zero = zero && s.p[i] == 0;
		_exit(zero && all_secrets(a).n == 8 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	secret_free(x);
}

/* Takes a hexadecimal number and the character after it off the front. */
static uintptr_t take_hex(struct str *s)
{
	uintptr_t v = 0;

	for (; s->n && s->p[0] != '-' && s->p[0] != ' '; *s = str_from_at(*s, 1)) {
		char c = s->p[0];

		v = v << 4 | (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*s = str_from_at(*s, 1);
	return v;
}

/* The access rights of the mapping that holds an address, from /proc/self/maps. */
static struct str rights_at(struct arena *a, uintptr_t at)
{
	struct str maps = unit_file(a, "/proc/self/maps"), line;

	while (str_cut(&maps, '\n', &line)) {
		uintptr_t from = take_hex(&line), to = take_hex(&line);

		if (at >= from && at < to)
			return str_first(line, 4);
	}
	return S("");
}

/* Nothing can be read or written beyond a secret's own pages. */
static void test_secret_guard(void **state)
{
	struct arena *a = *state;
	struct secret *x = secret_new(S("hunter2"));
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t at = (uintptr_t)secret_bytes(x).p / page * page;

	assert_str(rights_at(a, at), "rw-p");
	assert_str(rights_at(a, at - 1), "---p");
	assert_str(rights_at(a, at + page), "---p");
	secret_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_arena),	 UNIT(test_arena_full),	 UNIT(test_arena_no_way_out),
		UNIT(test_str),		 UNIT(test_numbers),	 UNIT(test_utf8),
		UNIT(test_guid),	 UNIT(test_unpercent),	 UNIT(test_distance),
		UNIT(test_after_last),	 UNIT(test_buf),	 UNIT(test_list),
		UNIT(test_errors),	 UNIT(test_time),	 UNIT(test_write_atomic),
		UNIT(test_write_killed), UNIT(test_mkdirs),	 UNIT(test_lock),
		UNIT(test_dirs),	 UNIT(test_harden),	 UNIT(test_wipe),
		UNIT(test_log_escape),	 UNIT(test_log),	 UNIT(test_secret),
		UNIT(test_secret_fork),	 UNIT(test_secret_guard),
	};

	return UNIT_RUN(tests);
}
