/*
 * test_json.c - text/json*.c: strict reading, exact printing, trees, pointers, comparison.
 */
#include "unit.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "text/json.h"

static struct json *parse(struct arena *a, const char *text)
{
	struct json_error e = { 0 };
	struct json *v = json_parse(a, str_from(text), JSON_STRICT, &e);

	if (!v)
		fail_msg("%s: %s at %zu", text, e.message, e.offset);
	return v;
}

static struct str pretty(struct arena *a, const struct json *v)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	json_print_pretty(&b, v);
	return buf_str(&b);
}

static struct str canonical(struct arena *a, const struct json *v)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	json_print_canonical(&b, v);
	return buf_str(&b);
}

/* ---- reading and printing ---- */

static void test_round_trip(void **state)
{
	/* Text that must come back byte for byte. */
	static const char *const rows[] = {
		"null", "true", "false", "0", "-0", "1.0", "1e3", "1E+3", "-1.50e-07",
		"12345678901234567890", "9007199254740991", "9007199254740993", "0.1", "1e-400",
		"1.7976931348623157e308", "0e999999999999999999999", "100000000000000000000000.5",
		"\"\"", "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
		"\"\xc3\xa5\xe2\x82\xac\xf0\x9f\x98\x80\"", "[]", "{}", "[[],{},[{}]]",
		"{\"z\":1,\"a\":2,\"Z\":3,\"\":4,\"a/b\":5,\"m~n\":6}",
		"[1,\"x\",null,true,false,{\"a\":[1.10,2.0e0]}]",
		"[123456789012345678901234567890123456789012345678901234567890123456789012345678901,"
		"\"not 1234567890123456789012345678901234567890123456789012345678901234567890\",2]",
		"[12345678901234567890123456789012345678901234567890123456789012,"
		"123456789012345678901234567890123456789012345678901234567890123,"
		"1234567890123456789012345678901234567890123456789012345678901234]",
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = parse(a, rows[i]);

		assert_str(json_text(a, v), rows[i]);
		assert_true(json_identical(v, parse(a, rows[i])));
		assert_true(json_identical(v, json_copy(a, v)));
		assert_true(json_equal(v, json_copy(a, v)));
	}
}

static void test_normalized(void **state)
{
	static const struct {
		const char *text, *compact, *pretty, *canonical;
	} rows[] = {
		{ " [ 1 , [ ] , { } ] ", "[1,[],{}]", "[\n  1,\n  [],\n  {}\n]", "[1,[],{}]" },
		{ "{ \"b\" : { \"y\" : [ 1 ] , \"x\" : \"\\u00e5\\/\" } , \"a\":null}",
		  "{\"b\":{\"y\":[1],\"x\":\"\xc3\xa5/\"},\"a\":null}",
		  "{\n  \"b\": {\n    \"y\": [\n      1\n    ],\n    \"x\": \"\xc3\xa5/\"\n  },\n"
		  "  \"a\": null\n}",
		  "{\"a\":null,\"b\":{\"x\":\"\xc3\xa5/\",\"y\":[1]}}" },
		{ "{\"aa\":1,\"a\":2,\"\":3,\"B\":4,\"\xc3\xa5\":5,\"b\":6}",
		  "{\"aa\":1,\"a\":2,\"\":3,\"B\":4,\"\xc3\xa5\":5,\"b\":6}",
		  "{\n  \"aa\": 1,\n  \"a\": 2,\n  \"\": 3,\n  \"B\": 4,\n  \"\xc3\xa5\": 5,\n"
		  "  \"b\": 6\n}",
		  "{\"\":3,\"B\":4,\"a\":2,\"aa\":1,\"b\":6,\"\xc3\xa5\":5}" },
		{ "\"\\u0041\\ud83d\\ude00\\u000a\\u007f\"", "\"A\xf0\x9f\x98\x80\\n\x7f\"",
		  "\"A\xf0\x9f\x98\x80\\n\x7f\"", "\"A\xf0\x9f\x98\x80\\n\x7f\"" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = parse(a, rows[i].text);

		assert_str(json_text(a, v), rows[i].compact);
		assert_str(pretty(a, v), rows[i].pretty);
		assert_str(canonical(a, v), rows[i].canonical);
	}
}

static void test_canonical_on_heap(void **state)
{
	struct arena *a = *state;
	struct buf b;

	buf_init(&b, 100);
	json_print_canonical(&b, parse(a, "{\"b\":{\"d\":1,\"c\":2},\"a\":[{\"z\":1,\"y\":2}]}"));
	assert_str(buf_str(&b), "{\"a\":[{\"y\":2,\"z\":1}],\"b\":{\"c\":2,\"d\":1}}");
	buf_free(&b);
	/* Too long: the buffer is bad, nothing leaks. */
	buf_init(&b, 30);
	json_print_canonical(&b, parse(a, "{\"b\":{\"d\":1,\"c\":2},\"a\":[{\"z\":1,\"y\":2}]}"));
	assert_false(buf_ok(&b));
	buf_free(&b);
}

static void test_errors(void **state)
{
	/* That every kind of error reaches the caller; the kinds are in test_scan.c. */
	static const struct {
		const char *text;
		size_t offset;
		const char *message;
	} rows[] = {
		{ "", 0, "unexpected end" },
		{ "{\"a\":1,\"a\":2}", 7, "duplicate member name" },
		{ "[1] x", 4, "text after the value" },
		{ "\"\\u0000\"", 1, "\\u0000 is not allowed" },
		{ "\xef\xbb\xbf[]", 0, "expected a value" },
		{ "[1e999]", 1, "number is out of range" },
		{ "\"\xff\"", 1, "ill-formed UTF-8" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_error e = { 0 };

		assert_null(json_parse(a, str_from(rows[i].text), JSON_STRICT, &e));
		assert_string_equal(e.message, rows[i].message);
		assert_int_equal(e.offset, rows[i].offset);
		assert_null(json_parse(a, str_from(rows[i].text), JSON_STRICT, NULL));
	}
}

static void test_answer(void **state)
{
	/* An answer of the service may have a byte order mark and \u0000. */
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "\xef\xbb\xbf{\"a\":[1]}", "{\"a\":[1]}" },
		{ "[\"a\\u0000b\",\"\\\\u0000\",\"\\\\\\u0000\",\"u0000\",\"\\u00001\",1]",
		  "[\"a\xef\xbf\xbd"
		  "b\",\"\\\\u0000\",\"\\\\\xef\xbf\xbd\",\"u0000\",\"\xef\xbf\xbd"
		  "1\",1]" },
		{ "{\"x\\u0000\":\"\\u0000\"}", "{\"x\xef\xbf\xbd\":\"\xef\xbf\xbd\"}" },
		{ "[\"\\u0000\",1111111111111111111111111111111111111111111111111111111111111111111]",
		  "[\"\xef\xbf\xbd\",1111111111111111111111111111111111111111111111111111111111111111111]" },
	};
	struct arena *a = *state;
	struct json_error e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = json_parse(a, str_from(rows[i].text), JSON_ANSWER, &e);

		assert_non_null(v);
		assert_str(json_text(a, v), rows[i].want);
	}
	assert_null(json_parse(a, S("{\"a\":1,\"a\":2}"), JSON_ANSWER, &e));
	assert_string_equal(e.message, "duplicate member name");
	assert_null(json_parse(a, S("\xef\xbb\xbf"), JSON_ANSWER, &e));
}

/* Every real file comes back with the same value, key order and numbers. */
static void round_trip_folder(struct arena *a, const char *folder, unsigned at_least)
{
	DIR *d = opendir(folder);
	const struct dirent *file;
	unsigned count = 0;

	assert_non_null(d);
	while ((file = readdir(d))) {
		struct str name = str_from(file->d_name), text;
		struct json *v, *again;

		if (!str_ends(name, S(".json")))
			continue;
		text = unit_file(a, str_fmt(a, "%s/%s", folder, file->d_name).p);
		v = json_parse(a, text, JSON_ANSWER, NULL);
		if (!v)
			fail_msg("%s", file->d_name);
		again = parse(a, json_text(a, v).p);
		assert_true(json_identical(v, again));
		assert_true(json_identical(v, parse(a, pretty(a, v).p)));
		assert_true(json_equal(v, parse(a, canonical(a, v).p)));
		assert_true(json_identical(v, json_copy(a, v)));
		count++;
	}
	closedir(d);
	assert_in_range(count, at_least, 1000);
}

static void test_files(void **state)
{
	round_trip_folder(*state, "tests/data/flows", 10);
	round_trip_folder(*state, "tests/data/samples", 49);
}

static void test_ceilings(void **state)
{
	struct arena *a = *state;
	struct json_error e;
	struct buf b;

	buf_init_in(&b, a, 64 << 20);
	buf_addc(&b, '[');
	for (unsigned i = 1; i < LIMIT_JSON_NODES; i++)
		buf_addz(&b, i == 1 ? "0" : ",0");
	buf_addc(&b, ']');
	assert_int_equal(json_count(json_parse(a, buf_str(&b), JSON_STRICT, &e)),
			 LIMIT_JSON_NODES - 1);
	b.p[b.n - 1] = ',';
	buf_addz(&b, "0]");
	assert_null(json_parse(a, buf_str(&b), JSON_STRICT, &e));
	assert_string_equal(e.message, "too many values");
	assert_int_equal(json_count(json_parse(a, buf_str(&b), JSON_ANSWER, &e)), LIMIT_JSON_NODES);

	buf_clear(&b);
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_addc(&b, '[');
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_addc(&b, ']');
	assert_non_null(json_parse(a, buf_str(&b), JSON_STRICT, &e));
	assert_null(json_parse(a, str_fmt(a, "[%.*s]", STR_ARG(buf_str(&b))), JSON_STRICT, &e));
	assert_string_equal(e.message, "nested too deeply");
}

static void test_million_items(void **state)
{
	struct arena *a = *state;
	struct json *v, *copy;
	int64_t sum = 0;
	struct buf b;

	buf_init_in(&b, a, 64 << 20);
	buf_addc(&b, '[');
	for (int i = 0; i < 1000000; i++)
		buf_addf(&b, "%s%d", i ? "," : "", i);
	buf_addc(&b, ']');
	v = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	JSON_EACH(item, v)
	sum += json_int(item, -1);
	assert_int_equal(sum, 499999500000);
	copy = json_copy(a, v);
	assert_true(json_equal(v, copy));
	assert_true(str_eq(json_text(a, copy), buf_str(&b)));
}

/* ---- values ---- */

static void test_types(void **state)
{
	struct arena *a = *state;
	struct json *v = parse(a, "[null,true,false,1,\"s\",[1,2],{\"a\":1}]");
	static const char *const names[] = { "null", "boolean", "boolean", "number",
					     "string", "array", "object" };
	size_t i = 0;

	JSON_EACH(item, v)
	{
		assert_string_equal(json_type_name(json_type(item)), names[i]);
		assert_true(json_is(item, json_type(item)));
		assert_ptr_equal(json_item(v, i), item);
		assert_int_equal(json_count(item), i == 5 ? 2 : i == 6 ? 1 : 0);
		assert_int_equal(json_bool(item, i % 2), i == 1 ? 1 : i == 2 ? 0 : i % 2);
		assert_int_equal(json_is_true(item), i == 1);
		assert_str(json_str(item), i == 4 ? "s" : "");
		assert_string_equal(json_z(item), i == 4 ? "s" : "");
		assert_str(json_number_text(item), i == 3 ? "1" : "");
		assert_int_equal(json_int(item, -7), i == 3 ? 1 : -7);
		assert_true(json_double(item, -7.5) == (i == 3 ? 1.0 : -7.5));
		assert_str(json_name(item), "");
		i++;
	}
	assert_int_equal(i, 7);
	assert_null(json_item(v, 7));
	assert_string_equal(json_type_name(JSON_NONE), "nothing");
}

static void test_nothing(void **state)
{
	/* Lookups can be chained: nothing has nothing. */
	struct arena *a = *state;

	assert_int_equal(json_type(NULL), JSON_NONE);
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(parse(a, "[]"), "a"), "b"));
	assert_null(json_get(parse(a, "\"a\""), "a"));
	assert_null(json_get_nocase(NULL, S("a")));
	assert_null(json_at(NULL, "/a"));
	assert_null(json_item(NULL, 0));
	assert_null(json_first(NULL));
	assert_null(json_first(parse(a, "\"text\"")));
	assert_null(json_next(NULL));
	assert_int_equal(json_count(NULL), 0);
	assert_str(json_str(NULL), "");
	assert_string_equal(json_z(NULL), "");
	assert_str(json_name(NULL), "");
	assert_true(json_bool(NULL, true));
	assert_int_equal(json_int(NULL, 5), 5);
	assert_str(json_get_str(NULL, "a"), "");
	assert_string_equal(json_get_z(parse(a, "{\"a\":1}"), "a"), "");
	assert_null(json_copy(a, NULL));
	assert_str(json_text(a, NULL), "null");
	assert_null(json_set(a, json_new_object(a), "a", NULL));
	assert_null(json_push(json_new_array(a), NULL));
	assert_null(json_take(NULL, "a"));
	assert_null(json_detach(NULL, NULL));
	json_replace(NULL, NULL, NULL);
	json_rename(a, NULL, S("x"));
	json_set_str(a, NULL, "a", S("b"));
	assert_false(json_equal(NULL, parse(a, "null")));
	assert_true(json_equal(NULL, NULL));
}

static void test_int(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -99: no integer that fits */
	} rows[] = {
		{ "0", 0 }, { "-0", 0 }, { "0.0", 0 }, { "-0.0e5", 0 }, { "0e999", 0 },
		{ "1.0", 1 }, { "1e3", 1000 }, { "1E+3", 1000 }, { "1.5e1", 15 }, { "1200e-2", 12 },
		{ "-12.30e1", -123 }, { "0.0012e4", 12 }, { "123456789e-0", 123456789 },
		{ "1.5", -99 }, { "1e-1", -99 }, { "0.1", -99 }, { "12.34e1", -99 },
		{ "9223372036854775807", INT64_MAX }, { "-9223372036854775808", INT64_MIN },
		{ "9223372036854775808", -99 }, { "-9223372036854775809", -99 },
		{ "9.223372036854775807e18", INT64_MAX }, { "-9.223372036854775808e18", INT64_MIN },
		{ "9.223372036854775808e18", -99 }, { "9223372036854775807.0", INT64_MAX },
		{ "9223372036854775807.5", -99 }, { "1e18", 1000000000000000000 }, { "1e19", -99 },
		{ "1e300", -99 }, { "1e-300", -99 }, { "10000000000000000000000e-21", 10 },
		{ "1e-99999999999999999999", -99 }, { "12345678901234567890", -99 },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (json_int(parse(a, rows[i].text), -99) != rows[i].want)
			fail_msg("%s", rows[i].text);
}

static void test_double(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" },
		{ 1.0 / 3, "0.333333333333333" "3" }, { 0.1 + 0.2, "0.30000000000000004" },
		{ 1e21, "1e+21" }, { 1e-7, "1e-07" }, { 5e-324, "4.94065645841247e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 9007199254740992, "9007199254740992" }, { 123456789.125, "123456789.125" },
		{ INFINITY, "null" }, { -INFINITY, "null" }, { NAN, "null" },
	};
	struct arena *a = *state;
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = json_new_double(a, rows[i].v);

		assert_str(json_text(a, v), rows[i].text);
		assert_non_null(parse(a, rows[i].text));
	}
	/* Random bit patterns come back (xorshift, Marsaglia 2003). */
	for (int i = 0; i < 20000; i++) {
		double d, back;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(&d, &x, sizeof(d));
		if (!isfinite(d))
			continue;
		back = json_double(json_new_double(a, d), NAN);
		assert_memory_equal(&d, &back, sizeof(d));
	}
}

static void test_lookup(void **state)
{
	struct arena *a = *state;
	struct json *v = parse(a, "{\"Body\":1,\"body\":2,\"BODY2\":3,\"\":4,\"bod\":5}");

	assert_int_equal(json_int(json_get(v, "body"), 0), 2);
	assert_int_equal(json_int(json_get(v, "Body"), 0), 1);
	assert_int_equal(json_int(json_get(v, ""), 0), 4);
	assert_int_equal(json_int(json_get(v, NULL), 0), 4);
	assert_int_equal(json_int(json_get_n(v, str_n("bodyguard", 3)), 0), 5);
	assert_int_equal(json_int(json_get_n(v, (struct str){ 0 }), 0), 4);
	assert_null(json_get(v, "bo"));
	assert_null(json_get(v, "BODY"));
	assert_null(json_get_n(v, str_n("body\0x", 6)));
	assert_null(json_get_n(v, str_n("body\0", 5)));
	assert_int_equal(json_int(json_get_nocase(v, S("body")), 0), 2);
	assert_int_equal(json_int(json_get_nocase(v, S("BODY")), 0), 1);
	assert_int_equal(json_int(json_get_nocase(v, S("body2")), 0), 3);
	assert_null(json_get_nocase(v, S("body3")));
}

static void test_pointer(void **state)
{
	/* RFC 6901 section 5, and what must not be found. */
	static const struct {
		const char *pointer, *want;
	} rows[] = {
		{ "/foo", "[\"bar\",\"baz\"]" }, { "/foo/0", "\"bar\"" }, { "/foo/1", "\"baz\"" },
		{ "/", "0" }, { "/a~1b", "1" }, { "/c%d", "2" }, { "/e^f", "3" }, { "/g|h", "4" },
		{ "/i\\j", "5" }, { "/k\"l", "6" }, { "/ ", "7" }, { "/m~0n", "8" },
		{ "/o/p/0/q", "true" }, { "/o/", "9" }, { "/o//", NULL }, { "/~01", "10" },
		{ "foo", NULL }, { "/foo/2", NULL }, { "/foo/-", NULL }, { "/foo/00", NULL },
		{ "/foo/01", NULL }, { "/foo/+1", NULL }, { "/foo/1 ", NULL }, { "/foo/", NULL },
		{ "/foo/0/0", NULL }, { "/foo/18446744073709551616", NULL }, { "/a/b", NULL },
		{ "/m~n", NULL }, { "/m~", NULL }, { "/m~2n", NULL }, { "//", NULL }, { "/Foo", NULL },
		{ "/foo/99999999999", NULL },
	};
	struct arena *a = *state;
	struct json *v = parse(a, "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
				  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,"
				  "\"o\":{\"p\":[{\"q\":true}],\"\":9},\"~1\":10}");

	assert_ptr_equal(json_at(v, ""), v);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json *hit = json_at(v, rows[i].pointer);

		if (!rows[i].want && hit)
			fail_msg("%s was found", rows[i].pointer);
		if (rows[i].want)
			assert_str(hit ? json_text(a, hit) : S("nothing"), rows[i].want);
	}
	/* Every member is found by the pointer made for it. */
	JSON_EACH(m, v)
	{
		struct buf b;

		buf_init_in(&b, a, 100);
		json_pointer_add(&b, json_name(m));
		assert_ptr_equal(json_at_n(v, buf_str(&b)), m);
	}
}

/* ---- building ---- */

static void test_strings(void **state)
{
	/* What is not UTF-8 is replaced, in values, names and literals alike. */
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		{ STR_INIT("plain \xc3\xa5"), "\"plain \xc3\xa5\"" },
		{ STR_INIT(""), "\"\"" },
		{ STR_INIT("a\xff"
			   "b"), "\"a\xef\xbf\xbd"
			   "b\"" },
		{ STR_INIT("\xc3"), "\"\xef\xbf\xbd\"" },
		{ STR_INIT("\xe2\x82\xac\xe2\x82"), "\"\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ STR_INIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ STR_INIT("\x80\"\\\n"), "\"\xef\xbf\xbd\\\"\\\\\\n\"" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *o = json_new_object(a);
		struct buf b;

		assert_str(json_text(a, json_new_str(a, rows[i].in)), rows[i].want);
		json_set_n(a, o, rows[i].in, json_new_null(a));
		assert_str(json_text(a, o), str_fmt(a, "{%s:null}", rows[i].want).p);
		json_set_n(a, o, rows[i].in, json_new_bool(a, true));
		assert_int_equal(json_count(o), 1);
		buf_init_in(&b, a, 100);
		json_print_str(&b, rows[i].in);
		assert_str(buf_str(&b), rows[i].want);
		assert_non_null(parse(a, buf_c(&b)));
	}
	assert_str(json_text(a, json_new_str(a, str_n("a\0b", 3))), "\"a\xef\xbf\xbd"
								    "b\"");
	assert_str(json_text(a, json_new_z(a, NULL)), "\"\"");
}

static void test_controls(void **state)
{
	struct arena *a = *state;
	char all[32];

	for (int i = 0; i < 32; i++)
		all[i] = (char)i;
	all[0] = ' ';
	assert_str(json_text(a, json_new_str(a, str_n(all, 32))),
		   "\" \\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e"
		   "\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019"
		   "\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\"");
}

static void test_build(void **state)
{
	struct arena *a = *state;
	struct json *o = json_new_object(a), *l = json_new_array(a), *v;

	json_set_z(a, o, "name", "x");
	json_set_int(a, o, "min", INT64_MIN);
	json_set_bool(a, o, "on", true);
	json_set_null(a, o, "none");
	v = json_set(a, o, "list", l);
	assert_ptr_equal(v, l);
	json_push(l, json_new_int(a, 2));
	json_insert(l, 0, json_new_int(a, 0));
	json_insert(l, 1, json_new_int(a, 1));
	json_insert(l, 3, json_new_int(a, 3));
	json_insert(l, 100, json_new_number(a, S("4.0")));
	json_push(l, json_new_number(a, S("not a number")));
	json_push(l, json_new_number(a, S("1e999")));
	assert_int_equal(json_count(l), 7);
	assert_str(json_text(a, o), "{\"name\":\"x\",\"min\":-9223372036854775808,\"on\":true,"
				    "\"none\":null,\"list\":[0,1,2,3,4.0,null,null]}");

	/* Replacing keeps the place: first, middle, last and only. */
	json_set_int(a, o, "name", 1);
	json_set_str(a, o, "on", S("off"));
	json_set(a, o, "list", json_new_array(a));
	assert_str(json_text(a, o), "{\"name\":1,\"min\":-9223372036854775808,\"on\":\"off\","
				    "\"none\":null,\"list\":[]}");
	assert_int_equal(json_count(o), 5);
	json_set(a, o, "on", json_get(o, "on"));
	assert_int_equal(json_count(o), 5);
	/* What was replaced is free and may be used again. */
	json_set(a, o, "again", l);
	assert_str(json_name(l), "again");

	/* Members and items of the wrong container are ignored. */
	json_push(o, json_new_null(a));
	json_set_int(a, json_get(o, "list"), "x", 1);
	json_add_n(a, l, S("x"), json_new_null(a));
	assert_int_equal(json_count(o), 6);
	assert_int_equal(json_count(json_get(o, "list")), 0);
	assert_int_equal(json_count(l), 7);
}

static void test_take(void **state)
{
	struct arena *a = *state;
	struct json *o = parse(a, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}"), *v;
	struct json *l = parse(a, "[0,1,2,3]");

	assert_null(json_take(o, "x"));
	v = json_take(o, "a");
	assert_int_equal(json_int(v, 0), 1);
	assert_str(json_name(v), "");
	json_take(o, "d");
	assert_str(json_text(a, o), "{\"b\":2,\"c\":3}");
	json_set(a, o, "z", v);
	json_take_n(o, S("c"));
	assert_str(json_text(a, o), "{\"b\":2,\"z\":1}");
	json_take(o, "b");
	json_take(o, "z");
	assert_str(json_text(a, o), "{}");
	assert_int_equal(json_count(o), 0);
	json_set_int(a, o, "new", 1);
	assert_str(json_text(a, o), "{\"new\":1}");

	v = json_detach(l, json_item(l, 3));
	json_insert(l, 0, v);
	json_replace(l, json_item(l, 2), json_new_z(a, "two"));
	json_replace(l, json_item(l, 3), json_new_z(a, "end"));
	json_replace(l, json_item(l, 0), json_new_z(a, "first"));
	json_push(l, json_new_null(a));
	assert_str(json_text(a, l), "[\"first\",0,\"two\",\"end\",null]");
	assert_int_equal(json_count(l), 5);
	json_detach(l, json_new_null(a)); /* no child of it */
	assert_int_equal(json_count(l), 5);

	o = parse(a, "{\"a\":1,\"b\":2}");
	json_rename(a, json_get(o, "a"), S("A\xff"));
	assert_str(json_text(a, o), "{\"A\xef\xbf\xbd\":1,\"b\":2}");
}

/* Adding is O(1): a hundred thousand members and items at once. */
static void test_many(void **state)
{
	struct arena *a = *state;
	struct json *o = json_new_object(a), *l = json_new_array(a);

	for (int i = 0; i < 100000; i++) {
		json_add_n(a, o, str_fmt(a, "m%d", i), json_new_int(a, i));
		json_push(l, json_new_int(a, i));
	}
	assert_int_equal(json_count(o), 100000);
	assert_int_equal(json_count(l), 100000);
	assert_int_equal(json_int(json_get(o, "m99999"), 0), 99999);
	assert_true(json_identical(o, json_parse(a, json_text(a, o), JSON_ANSWER, NULL)));
}

/* A value with two parents is a bug that must show at once. */
static void test_two_parents(void **state)
{
	struct arena *a = *state;
	struct json *v = parse(a, "{\"a\":{\"b\":1}}"), *o = json_new_object(a);
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		json_set(a, o, "x", json_get(v, "a"));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_deep(void **state)
{
	/* Trees that no parser would make: refused where they cannot be walked. */
	struct arena *a = *state;
	struct json *v = json_new_array(a), *w;

	for (int i = 1; i < LIMIT_JSON_TREE_DEPTH; i++) {
		struct json *outer = json_new_array(a);

		json_push(outer, v);
		v = outer;
	}
	assert_int_equal(json_text(a, v).n, 2 * LIMIT_JSON_TREE_DEPTH);
	assert_true(json_identical(v, json_copy(a, v)));
	w = json_new_object(a);
	json_set(a, w, "x", v);
	assert_str(json_text(a, w), "");
	assert_str(canonical(a, w), "");
	for (int i = 0; i < 100000; i++) {
		struct json *outer = json_new_array(a);

		json_push(outer, w);
		w = outer;
	}
	assert_false(json_equal(w, json_copy(a, w)));
	assert_str(json_text(a, w), "");
	assert_str(pretty(a, w), "");
}

/* ---- comparing ---- */

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, identical;
	} rows[] = {
		{ "1", "1", true, true }, { "1", "1.0", true, false }, { "1e3", "1000", true, false },
		{ "0", "-0", true, false }, { "0.0", "0e5", true, false }, { "1", "2", false, false },
		{ "1", "-1", false, false }, { "10", "1", false, false },
		{ "0.1e1", "1", true, false }, { "1.5", "15e-1", true, false },
		{ "9007199254740993", "9007199254740992", false, false },
		{ "12345678901234567890.0", "12345678901234567890", true, false },
		{ "1e-99999", "1e-99998", false, false }, { "0.1", "0.10000000000000000001", false, false },
		{ "true", "true", true, true }, { "true", "false", false, false },
		{ "null", "null", true, true }, { "null", "false", false, false },
		{ "1", "\"1\"", false, false }, { "\"a\"", "\"\\u0061\"", true, true },
		{ "\"a\"", "\"A\"", false, false }, { "[]", "{}", false, false },
		{ "[1,2]", "[1,2]", true, true }, { "[1,2]", "[2,1]", false, false },
		{ "[1]", "[1,1]", false, false }, { "[[]]", "[[1]]", false, false },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true, false },
		{ "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false, false },
		{ "{\"a\":1}", "{\"A\":1}", false, false }, { "{\"a\":1}", "{\"a\":1,\"b\":2}", false, false },
		{ "{\"a\":1,\"b\":2}", "{\"a\":1}", false, false }, { "{}", "{\"a\":null}", false, false },
		{ "{\"a\":{\"x\":1,\"y\":[{\"p\":1,\"q\":2}]},\"b\":0}",
		  "{\"b\":0.0,\"a\":{\"y\":[{\"q\":2,\"p\":1}],\"x\":1}}", true, false },
		{ "{\"a\":{\"x\":1,\"y\":[{\"p\":1,\"q\":2}]},\"b\":0}",
		  "{\"b\":0.0,\"a\":{\"y\":[{\"q\":2,\"p\":3}],\"x\":1}}", false, false },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *x = parse(a, rows[i].a), *y = parse(a, rows[i].b);

		if (json_equal(x, y) != rows[i].equal || json_equal(y, x) != rows[i].equal)
			fail_msg("equal: %s, %s", rows[i].a, rows[i].b);
		if (json_identical(x, y) != rows[i].identical ||
		    json_identical(y, x) != rows[i].identical)
			fail_msg("identical: %s, %s", rows[i].a, rows[i].b);
	}
}

/* Members in the opposite order, by the hundred thousand: sorted, not searched one by one. */
static void test_equal_many(void **state)
{
	struct arena *a = *state;
	struct json *x = json_new_object(a), *y = json_new_object(a);

	for (int i = 0; i < 100000; i++) {
		json_add_n(a, x, str_fmt(a, "m%d", i), json_new_int(a, i));
		json_add_n(a, y, str_fmt(a, "m%d", 99999 - i), json_new_int(a, 99999 - i));
	}
	assert_true(json_equal(x, y));
	assert_false(json_identical(x, y));
	json_set_int(a, y, "m5", 6);
	assert_false(json_equal(x, y));
}

/* ---- memory ---- */

static void test_out_of_memory(void **state)
{
	struct arena *good = *state, small;
	struct json *v;
	jmp_buf out;
	volatile int jumps = 0;

	for (volatile size_t max = 100; max < 4000; max += 100) {
		arena_init(&small, max);
		if (arena_guard(&small, &out)) {
			jumps++;
			arena_release(&small);
			/* Another arena works as before. */
			v = parse(good, "{\"a\":[1,2,3]}");
			assert_str(json_text(good, v), "{\"a\":[1,2,3]}");
			continue;
		}
		v = json_parse(&small, S("{\"a\":[1,2,3,{\"b\":\"text\"}],\"c\":null}"), 0, NULL);
		assert_str(json_text(&small, json_copy(&small, v)),
			   "{\"a\":[1,2,3,{\"b\":\"text\"}],\"c\":null}");
		arena_release(&small);
	}
	assert_in_range(jumps, 5, 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_round_trip),	UNIT(test_normalized),	   UNIT(test_canonical_on_heap),
		UNIT(test_errors),	UNIT(test_answer),	   UNIT(test_files),
		UNIT(test_ceilings),	UNIT(test_million_items),  UNIT(test_types),
		UNIT(test_nothing),	UNIT(test_int),		   UNIT(test_double),
		UNIT(test_lookup),	UNIT(test_pointer),	   UNIT(test_strings),
		UNIT(test_controls),	UNIT(test_build),	   UNIT(test_take),
		UNIT(test_many),	UNIT(test_two_parents),	   UNIT(test_deep),
		UNIT(test_equal),	UNIT(test_equal_many),	   UNIT(test_out_of_memory),
	};

	return UNIT_RUN(tests);
}
