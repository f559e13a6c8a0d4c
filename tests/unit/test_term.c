/*
 * test_term.c - front/term.c and table.c: widths, cuts, times, sizes, tables, the writer.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "front/term.h"

static struct cli *cli_of(struct arena *a, size_t columns, bool color)
{
	struct cli *cli = arena_alloc(a, sizeof(*cli));

	cli->arena = a;
	cli->columns = columns;
	cli->color = color;
	return cli;
}

/* Sends stdout to memory until the returned function's twin is called. */
static int saved_stdout = -1, captured = -1;

static void capture(void)
{
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	captured = memfd_create("out", 0);
	assert_true(saved_stdout >= 0 && captured >= 0);
	assert_int_equal(dup2(captured, STDOUT_FILENO), STDOUT_FILENO);
}

static struct str release(struct arena *a)
{
	struct buf b;
	char chunk[4096];
	ssize_t n;

	assert_true(cli_flush());
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
	lseek(captured, 0, SEEK_SET);
	buf_init_in(&b, a, 1 << 20);
	while ((n = read(captured, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n);
	close(captured);
	return buf_str(&b);
}

static void test_width(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "\xc3\xa9t\xc3\xa9", 3 },             /* ete with accents */
		{ "e\xcc\x81", 1 },                     /* a combining accent */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },      /* two wide characters */
		{ "\xf0\x9f\x98\x80", 2 },              /* an emoji */
		{ "\xff\xfe", 2 },                      /* ill-formed bytes count as one each */
		{ "\xe6\x97", 2 },                      /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(cli_width(str_from(rows[i].text)), rows[i].width);
}

static void test_cut(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *cut;
	} rows[] = {
		{ "abcdef", 0, "abcdef" },
		{ "abcdef", 6, "abcdef" },
		{ "abcdef", 5, "abcd\xe2\x80\xa6" },
		{ "abcdef", 1, "\xe2\x80\xa6" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6" },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5\xe2\x80\xa6" },
	};
	struct cli *cli = cli_of(*state, 0, false);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *cut = cli_cut(cli, rows[i].text, rows[i].columns);

		assert_string_equal(cut, rows[i].cut);
		if (rows[i].columns)
			assert_true(cli_width(str_from(cut)) <= rows[i].columns);
	}
}

static void test_safe(void **state)
{
	static const struct {
		const char *text, *safe;
	} rows[] = {
		{ "plain", "plain" },
		{ "two\nlines\tand a tab", "two lines and a tab" },
		{ "\033[31mred", "\\u{1b}[31mred" },
		{ "a\xe2\x80\xae" "b", "a\\u{202e}b" }, /* right-to-left override */
		{ "bell\a", "bell\\u{7}" },
		{ "\xff", "\\xff" },
		{ "\xc2\x9b" "31m", "\\u{9b}31m" }, /* the one-character CSI */
	};
	struct cli *cli = cli_of(*state, 0, false);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(cli_safe(cli, str_from(rows[i].text), 0), rows[i].safe);
	assert_string_equal(cli_safe(cli, S("abcdef"), 4), "abc\xe2\x80\xa6");
}

static void test_when(void **state)
{
	static const struct {
		int64_t ago_s;
		const char *text;
	} rows[] = {
		{ 0, "now" },           { 20, "20 s ago" },    { 119, "1 min ago" },
		{ 3 * 60, "3 min ago" }, { 2 * 3600 + 5, "2 h ago" }, { 3 * 86400, "3 d ago" },
		{ -150, "in 2 min" },   { -2 * 86400 - 60, "in 2 d" },
	};
	struct cli *cli = cli_of(*state, 0, false);
	int64_t now = os_wall_ms(), then;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(cli_when(cli, now - rows[i].ago_s * 1000), rows[i].text);
	assert_true(os_parse_time(S("2021-03-04T05:06:07Z"), &then));
	assert_string_equal(cli_when(cli, then), "4 Mar 2021");
	/* Beyond every calendar there is still an answer. */
	assert_true(*cli_when(cli, INT64_MAX));
	assert_true(*cli_when(cli, INT64_MIN / 2));
}

static void test_size_and_duration(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0 B" },         { 999, "999 B" },       { 1000, "1.0 kB" },
		{ 1234567, "1.2 MB" }, { 12345678, "12 MB" },  { 999999, "1.0 MB" },
		{ 50000000000u, "50 GB" },
	};
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{ 0, "0 ms" },          { 340, "340 ms" },          { 2100, "2.1 s" },
		{ 59999, "59.9 s" },    { 250000, "4 min 10 s" },   { 7260000, "2 h 1 min" },
		{ 90000000, "1 d 1 h" },
	};
	struct cli *cli = cli_of(*state, 0, false);

	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_string_equal(cli_size(cli, sizes[i].bytes), sizes[i].text);
	for (size_t i = 0; i < COUNT(times); i++)
		assert_string_equal(cli_duration(cli, times[i].ms), times[i].text);
}

static struct str table_text(struct arena *a, size_t columns, bool color)
{
	static const char *const titles[] = { "name", "runs", "state" };
	struct cli_table *t = cli_table_new(cli_of(a, columns, color), 3, titles);

	cli_table_numbers(t, 1);
	cli_table_row(t, (const char *const[]){ "A flow whose name is rather long", "7", "Failed" });
	cli_table_row(t, (const char *const[]){ "\xc3\x9c" "ber", "1234", "" });
	capture();
	cli_table_print(t);
	return release(a);
}

static void test_table(void **state)
{
	struct arena *a = *state;
	struct str text;

	text = table_text(a, 0, false);
	assert_str(text, "NAME                              RUNS  STATE\n"
			 "A flow whose name is rather long     7  Failed\n"
			 "\xc3\x9c" "ber                              1234\n");
	text = table_text(a, 34, false);
	assert_str(text, "NAME                  RUNS  STATE\n"
			 "A flow whose name i\xe2\x80\xa6     7  Failed\n"
			 "\xc3\x9c" "ber                  1234\n");
	/* Before a name becomes unreadable, columns go. */
	text = table_text(a, 30, false);
	assert_str(text, "NAME                    STATE\n"
			 "A flow whose name is \xe2\x80\xa6  Failed\n"
			 "\xc3\x9c" "ber\n");
	text = table_text(a, 0, true);
	assert_true(str_find(text, S("\033[1mNAME\033[0m")) == 0);
	assert_true(str_find(text, S("\033[31mFailed\033[0m")) > 0);
}

/* Ids stay whole while names can give up room. */
static void test_ids_last(void **state)
{
	static const char *const titles[] = { "name", "id" };
	struct arena *a = *state;
	struct cli_table *t = cli_table_new(cli_of(a, 34, false), 2, titles);

	cli_table_row(t, (const char *const[]){ "Order intake", "0585fab3-ac2b-4820" });
	cli_table_row(t, (const char *const[]){ "A name with blanks", "b9e1437d-d5b3-4127" });
	capture();
	cli_table_print(t);
	assert_str(release(a), "NAME            ID\n"
			       "Order intake    0585fab3-ac2b-4820\n"
			       "A name with b\xe2\x80\xa6  b9e1437d-d5b3-4127\n");
}

/* A column in which nothing stands takes no room. */
static void test_empty_column(void **state)
{
	static const char *const titles[] = { "status", "code", "run" };
	struct arena *a = *state;
	struct cli_table *t = cli_table_new(cli_of(a, 0, false), 3, titles);

	cli_table_row(t, (const char *const[]){ "Failed", "", "0858" });
	cli_table_row(t, (const char *const[]){ "Succeeded", "", "0859" });
	capture();
	cli_table_print(t);
	assert_str(release(a), "STATUS     RUN\nFailed     0858\nSucceeded  0859\n");
}

/* Columns give up room one by one, but a terminal of 20 columns does not lose them. */
static void test_narrow_table(void **state)
{
	struct str text = table_text(*state, 20, false), line;

	while (str_cut(&text, '\n', &line))
		assert_true(cli_width(line) <= 8 + 2 + 4 + 2 + 6);
}

static void test_wrap(void **state)
{
	struct arena *a = *state;

	capture();
	cli_wrap(cli_of(a, 24, false), 4, "one two three four five six sevenhundredandseventyseven");
	assert_str(release(a), "    one two three four\n    five six\n"
			       "    sevenhundredandseventyseven\n");
}

/* What was printed before a failure of the device is not lost, and the failure is told. */
static void test_writer(void **state)
{
	int full = open("/dev/full", O_WRONLY), keep = dup(STDOUT_FILENO);

	(void)state;
	fflush(stdout);
	assert_true(full >= 0 && keep >= 0);
	dup2(full, STDOUT_FILENO);
	cli_out("%s", "text");
	assert_false(cli_flush());
	dup2(keep, STDOUT_FILENO);
	close(full);
	close(keep);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "environment-name", "top", "search", "flow-name" };

	(void)state;
	assert_string_equal(cli_nearest(S("enviroment-name"), names, 4), "environment-name");
	assert_string_equal(cli_nearest(S("tpo"), names, 4), "top");
	assert_string_equal(cli_nearest(S("serach"), names, 4), "search");
	assert_null(cli_nearest(S("colour"), names, 4));
	assert_null(cli_nearest(S(""), names, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_width),  UNIT(test_cut),          UNIT(test_safe),
		UNIT(test_when),   UNIT(test_size_and_duration), UNIT(test_table),
		UNIT(test_ids_last), UNIT(test_empty_column),
		UNIT(test_narrow_table), UNIT(test_wrap),   UNIT(test_nearest),
		/* Last: the writer remembers that its output is gone. */
		UNIT(test_writer),
	};

	return UNIT_RUN(tests);
}
