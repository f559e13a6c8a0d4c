/*
 * test_scan.c - text/scan.c: what is JSON and what is not, wherever the input is cut.
 */
#include "unit.h"

#include "base/limits.h"
#include "text/scan.h"

/* ---- what is not JSON: the offset and the message ---- */

static const struct {
	struct str text;
	size_t offset;
	const char *message;
} wrong[] = {
	/* structure */
	{ STR_INIT(""), 0, "unexpected end" },
	{ STR_INIT(" \n\t\r "), 5, "unexpected end" },
	{ STR_INIT("["), 1, "unexpected end" },
	{ STR_INIT("[1"), 2, "unexpected end" },
	{ STR_INIT("[1,"), 3, "unexpected end" },
	{ STR_INIT("{"), 1, "unexpected end" },
	{ STR_INIT("{\"a\""), 4, "unexpected end" },
	{ STR_INIT("{\"a\":"), 5, "unexpected end" },
	{ STR_INIT("{\"a\":1"), 6, "unexpected end" },
	{ STR_INIT("]"), 0, "expected a value" },
	{ STR_INIT("}"), 0, "expected a value" },
	{ STR_INIT(","), 0, "expected a value" },
	{ STR_INIT(":"), 0, "expected a value" },
	{ STR_INIT("[,1]"), 1, "expected a value or ']'" },
	{ STR_INIT("[1,]"), 3, "expected a value" },
	{ STR_INIT("[1,,2]"), 3, "expected a value" },
	{ STR_INIT("[1 2]"), 3, "expected ',' or ']'" },
	{ STR_INIT("[1}"), 2, "expected ',' or ']'" },
	{ STR_INIT("[\"a\":1]"), 4, "expected ',' or ']'" },
	{ STR_INIT("{\"a\":1]"), 6, "expected ',' or '}'" },
	{ STR_INIT("{\"a\":1 \"b\":2}"), 7, "expected ',' or '}'" },
	{ STR_INIT("{\"a\":1,}"), 7, "expected a member name" },
	{ STR_INIT("{,}"), 1, "expected a member name or '}'" },
	{ STR_INIT("{1:1}"), 1, "expected a member name or '}'" },
	{ STR_INIT("{a:1}"), 1, "expected a member name or '}'" },
	{ STR_INIT("{'a':1}"), 1, "expected a member name or '}'" },
	{ STR_INIT("{null:1}"), 1, "expected a member name or '}'" },
	{ STR_INIT("{\"a\" 1}"), 5, "expected ':'" },
	{ STR_INIT("{\"a\",1}"), 4, "expected ':'" },
	{ STR_INIT("{\"a\"::1}"), 5, "expected a value" },
	{ STR_INIT("{\"a\":}"), 5, "expected a value" },
	{ STR_INIT("{\"a\"}"), 4, "expected ':'" },
	{ STR_INIT("1 2"), 2, "text after the value" },
	{ STR_INIT("{}{}"), 2, "text after the value" },
	{ STR_INIT("[]]"), 2, "text after the value" },
	{ STR_INIT("null\0"), 4, "text after the value" },
	{ STR_INIT("\"a\"x"), 3, "text after the value" },
	{ STR_INIT("truefalse"), 4, "text after the value" },
	{ STR_INIT("\0"), 0, "expected a value" },
	{ STR_INIT("[1]//x"), 3, "text after the value" },
	{ STR_INIT("/**/1"), 0, "expected a value" },
	{ STR_INIT("[\v1]"), 1, "expected a value or ']'" },
	{ STR_INIT("[1\f]"), 2, "expected ',' or ']'" },
	{ STR_INIT("\xc2\xa0"
		   "1"), 0, "expected a value" },
	{ STR_INIT("\xef\xbb\xbf{}"), 0, "expected a value" },
	/* literals */
	{ STR_INIT("nul"), 3, "unexpected end" },
	{ STR_INIT("nulL"), 3, "expected a value" },
	{ STR_INIT("True"), 0, "expected a value" },
	{ STR_INIT("TRUE"), 0, "expected a value" },
	{ STR_INIT("tru e"), 3, "expected a value" },
	{ STR_INIT("fals]"), 4, "expected a value" },
	{ STR_INIT("undefined"), 0, "expected a value" },
	{ STR_INIT("NaN"), 0, "expected a value" },
	{ STR_INIT("Infinity"), 0, "expected a value" },
	{ STR_INIT("-Infinity"), 1, "malformed number" },
	{ STR_INIT("-NaN"), 1, "malformed number" },
	/* numbers */
	{ STR_INIT("-"), 1, "malformed number" },
	{ STR_INIT("+1"), 0, "expected a value" },
	{ STR_INIT(".5"), 0, "expected a value" },
	{ STR_INIT("5."), 2, "malformed number" },
	{ STR_INIT("-.5"), 1, "malformed number" },
	{ STR_INIT("[5.,1]"), 3, "malformed number" },
	{ STR_INIT("01"), 1, "malformed number" },
	{ STR_INIT("-01"), 2, "malformed number" },
	{ STR_INIT("00"), 1, "malformed number" },
	{ STR_INIT("-00"), 2, "malformed number" },
	{ STR_INIT("0x10"), 1, "text after the value" },
	{ STR_INIT("1e"), 2, "malformed number" },
	{ STR_INIT("1e+"), 3, "malformed number" },
	{ STR_INIT("1e-"), 3, "malformed number" },
	{ STR_INIT("1e1.5"), 3, "malformed number" },
	{ STR_INIT("1ee5"), 2, "malformed number" },
	{ STR_INIT("1.2.3"), 3, "malformed number" },
	{ STR_INIT("1+1"), 1, "malformed number" },
	{ STR_INIT("1-1"), 1, "malformed number" },
	{ STR_INIT("--1"), 1, "malformed number" },
	{ STR_INIT("1 000"), 2, "text after the value" },
	{ STR_INIT("1_000"), 1, "text after the value" },
	{ STR_INIT("1,5"), 1, "text after the value" },
	{ STR_INIT("\xef\xbc\x91"), 0, "expected a value" },
	{ STR_INIT("[1e309]"), 1, "number is out of range" },
	{ STR_INIT("[-1e309]"), 1, "number is out of range" },
	{ STR_INIT("[1e99999999999999999999]"), 1, "number is out of range" },
	{ STR_INIT("0.1e310"), 0, "number is out of range" },
	{ STR_INIT("0.00001e314"), 0, "number is out of range" },
	{ STR_INIT("123456e304"), 0, "number is out of range" },
	{ STR_INIT("1.7976931348623159e308"), 0, "number is out of range" },
	{ STR_INIT("17976931348623159e292"), 0, "number is out of range" },
	/* strings */
	{ STR_INIT("\""), 1, "unexpected end" },
	{ STR_INIT("\"a"), 2, "unexpected end" },
	{ STR_INIT("\"\\"), 2, "unexpected end" },
	{ STR_INIT("\"\\\""), 3, "unexpected end" },
	{ STR_INIT("\"\\u00"), 5, "unexpected end" },
	{ STR_INIT("'a'"), 0, "expected a value" },
	{ STR_INIT("\"\\x41\""), 1, "unknown escape" },
	{ STR_INIT("\"a\\'\""), 2, "unknown escape" },
	{ STR_INIT("\"\\a\""), 1, "unknown escape" },
	{ STR_INIT("\"\\U0041\""), 1, "unknown escape" },
	{ STR_INIT("\"\\\n\""), 1, "unknown escape" },
	{ STR_INIT("\"\\u004\""), 1, "unknown escape" },
	{ STR_INIT("\"\\u00g1\""), 1, "unknown escape" },
	{ STR_INIT("\"\\u 041\""), 1, "unknown escape" },
	{ STR_INIT("\"\\\xc3\xa5\""), 1, "unknown escape" },
	{ STR_INIT("\"\\\0\""), 1, "unknown escape" },
	{ STR_INIT("\"a\nb\""), 2, "raw control character in a string" },
	{ STR_INIT("\"a\tb\""), 2, "raw control character in a string" },
	{ STR_INIT("\"aaaaaaaaaaaa\x1f\""), 13, "raw control character in a string" },
	{ STR_INIT("\"a\0b\""), 2, "raw control character in a string" },
	{ STR_INIT("{\"a\nb\":1}"), 3, "raw control character in a string" },
	{ STR_INIT("\"a\\u0000b\""), 2, "\\u0000 is not allowed" },
	{ STR_INIT("{\"\\u0000\":1}"), 2, "\\u0000 is not allowed" },
	{ STR_INIT("\"\\ud800\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\udfff\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\uDBFFx\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\ud800\\n\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\ud800\\ud800\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\ud800\\u0041\""), 1, "lone surrogate" },
	{ STR_INIT("\"\\ud800\\u00g1\""), 1, "unknown escape" },
	/* UTF-8: continuation alone, overlong, surrogate, beyond U+10FFFF, cut short */
	{ STR_INIT("\"\x80\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xbf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xc0\xaf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xc1\xbf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xe0\x80\xaf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xe0\x9f\xbf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xf0\x80\x80\xaf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xf0\x8f\xbf\xbf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xed\xa0\x80\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xed\xbf\xbf\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xf4\x90\x80\x80\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xf5\x80\x80\x80\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xff\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xc3\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xe2\x82\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"\xf0\x9f\x98\""), 1, "ill-formed UTF-8" },
	{ STR_INIT("\"abcdefghijk\xe2\x28\xa1\""), 12, "ill-formed UTF-8" },
	{ STR_INIT("{\"\xff\":1}"), 2, "ill-formed UTF-8" },
	{ STR_INIT("\"\xc3"), 2, "unexpected end" },
	/* duplicate names, also when they are written differently */
	{ STR_INIT("{\"a\":1,\"a\":1}"), 7, "duplicate member name" },
	{ STR_INIT("{\"a\":{\"a\":1},\"a\":2}"), 13, "duplicate member name" },
	{ STR_INIT("{\"a\":1,\"\\u0061\":1}"), 7, "duplicate member name" },
	{ STR_INIT("{\"\":1,\"\":1}"), 6, "duplicate member name" },
	{ STR_INIT("{\"\\u00e5\":1,\"\xc3\xa5\":1}"), 12, "duplicate member name" },
	{ STR_INIT("{\"\\uD83D\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"), 18,
	  "duplicate member name" },
	{ STR_INIT("[{\"b\":[{\"c\":1,\"d\":{\"c\":1},\"c\":1}]}]"), 26,
	  "duplicate member name" },
};

/* ---- what is JSON: the events, as text ---- */

static const struct {
	struct str text;
	const char *events;
} right[] = {
	{ STR_INIT("null"), "null " },
	{ STR_INIT(" true\r\n"), "true " },
	{ STR_INIT("\tfalse "), "false " },
	{ STR_INIT("0"), "0 " },
	{ STR_INIT("-0"), "-0 " },
	{ STR_INIT("-0.0e-0"), "-0.0e-0 " },
	{ STR_INIT("[0.0,0e1,0E+1,0e-1,10,1.01,123e4]"), "[ 0.0 0e1 0E+1 0e-1 10 1.01 123e4 ] " },
	{ STR_INIT("[0e400,0.0e999999999999999999999,-0e309]"),
	  "[ 0e400 0.0e999999999999999999999 -0e309 ] " },
	{ STR_INIT("[1e308,0.1e309,0.0001e312,1.7976931348623157e308,1.7976931348623158e308]"),
	  "[ 1e308 0.1e309 0.0001e312 1.7976931348623157e308 1.7976931348623158e308 ] " },
	{ STR_INIT("[1e-400,1e-99999999999999999999,12345678901234567890]"),
	  "[ 1e-400 1e-99999999999999999999 12345678901234567890 ] " },
	{ STR_INIT("\"\""), "\"\" " },
	{ STR_INIT("[\"a\",\"abcdefgh\",\"abcdefghijklmnopqrstuvwxyz\"]"),
	  "[ \"a\" \"abcdefgh\" \"abcdefghijklmnopqrstuvwxyz\" ] " },
	{ STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\"\\/\b\f\n\r\t\" " },
	{ STR_INIT("\"a\\nb\\u0041c\\u00e5\\u20AC\\uFFFF\""),
	  "\"a\nbAc\xc3\xa5\xe2\x82\xac\xef\xbf\xbf\" " },
	{ STR_INIT("\"\\uD83D\\uDE00x\\udbff\\udfff\""), "\"\xf0\x9f\x98\x80x\xf4\x8f\xbf\xbf\" " },
	{ STR_INIT("\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
		   "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
	  "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
	  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\" " },
	{ STR_INIT("[]"), "[ ] " },
	{ STR_INIT(" [ ] "), "[ ] " },
	{ STR_INIT("{ }"), "{ } " },
	{ STR_INIT("[[],[[]],{}]"), "[ [ ] [ [ ] ] { } ] " },
	{ STR_INIT("{\"a\":1,\"A\":2,\"\":3}"), "{ a: 1 A: 2 : 3 } " },
	{ STR_INIT("{ \"a\" : { \"a\" : [ { \"a\" : null } ] } , \"b\" : { \"a\" : 1 } }"),
	  "{ a: { a: [ { a: null } ] } b: { a: 1 } } " },
	{ STR_INIT("{\"x\\ty\":1,\"\\u00e5\":\"\xc3\xa5\",\"\xe2\x82\xac\xe2\x82\xac\":-1}"),
	  "{ x\ty: 1 \xc3\xa5: \"\xc3\xa5\" \xe2\x82\xac\xe2\x82\xac: -1 } " },
	{ STR_INIT("[{\"id\":1},{\"id\":2}]"), "[ { id: 1 } { id: 2 } ] " },
};

struct record {
	struct buf text;
	bool inside; /* a string */
	bool good;   /* every piece was well-formed */
	unsigned left; /* events until the recorder says stop */
};

static bool record(void *arg, enum scan_event ev, struct str text, bool last)
{
	static const char *const words[] = {
		[SCAN_OBJECT_BEGIN] = "{ ", [SCAN_OBJECT_END] = "} ", [SCAN_ARRAY_BEGIN] = "[ ",
		[SCAN_ARRAY_END] = "] ",    [SCAN_TRUE] = "true ",    [SCAN_FALSE] = "false ",
		[SCAN_NULL] = "null ",	    [SCAN_NAME] = ": ",	      [SCAN_NUMBER] = " ",
	};
	struct record *r = arg;

	if (r->left && !--r->left)
		return false;
	r->good = r->good && str_is_utf8(text) && (ev == SCAN_STRING_PART || last);
	if (ev == SCAN_STRING_PART) {
		if (!r->inside)
			buf_addc(&r->text, '"');
		buf_adds(&r->text, text);
		r->inside = !last;
		if (last)
			buf_addz(&r->text, "\" ");
		return true;
	}
	r->good = r->good && !r->inside;
	buf_adds(&r->text, text);
	buf_addz(&r->text, words[ev]);
	return true;
}

/* Feeds text in pieces: [0, a), [a, b), [b, end), or byte by byte when a > b. */
static struct json_error feed(struct str text, size_t a, size_t b, struct scan_options o)
{
	struct scan *s = scan_new(&o);
	struct json_error e;
	bool good = true;

	assert_non_null(s);
	if (a > b) {
		for (size_t i = 0; good && i < text.n; i++)
			good = scan_feed(s, str_n(text.p + i, 1));
	} else {
		good = scan_feed(s, str_first(text, a)) &&
		       scan_feed(s, str_first(str_from_at(text, a), b - a)) &&
		       scan_feed(s, str_from_at(text, b));
	}
	good = good && scan_end(s);
	e = scan_error(s);
	assert_int_equal(good, e.message == NULL);
	scan_free(s);
	return e;
}

static void expect_error(struct str text, struct json_error have, size_t offset,
			 const char *message)
{
	if (have.message && strcmp(have.message, message) == 0 && have.offset == offset)
		return;
	fail_msg("%.*s: have %s at %zu, want %s at %zu", STR_ARG(text),
		 have.message ? have.message : "(accepted)", have.offset, message, offset);
}

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct str text = wrong[i].text;
		struct scan_options o = { 0 };

		for (int events = 0; events < 2; events++) {
			struct record r = { .good = true };

			buf_init(&r.text, 4096);
			o.on_event = events ? record : NULL;
			o.arg = &r;
			expect_error(text, feed(text, 1, 0, o), wrong[i].offset, wrong[i].message);
			for (size_t b = 0; b <= text.n; b++)
				for (size_t a = 0; a <= b; a++)
					expect_error(text, feed(text, a, b, o), wrong[i].offset,
						     wrong[i].message);
			buf_free(&r.text);
		}
	}
}

static void expect_events(struct str text, size_t a, size_t b, const char *events)
{
	struct record r = { .good = true };
	struct json_error e;

	buf_init(&r.text, 4096);
	e = feed(text, a, b, (struct scan_options){ .on_event = record, .arg = &r });
	if (e.message)
		fail_msg("%.*s: %s at %zu", STR_ARG(text), e.message, e.offset);
	assert_str(buf_str(&r.text), events);
	assert_true(r.good);
	buf_free(&r.text);
	assert_null(feed(text, a, b, (struct scan_options){ 0 }).message);
}

static void test_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		struct str text = right[i].text;

		expect_events(text, 1, 0, right[i].events);
		for (size_t b = 0; b <= text.n; b++)
			for (size_t a = 0; a <= b; a++)
				expect_events(text, a, b, right[i].events);
	}
}

static void test_flags(void **state)
{
	struct arena *a = *state;
	struct record r = { .good = true };
	struct scan_options o = { .on_event = record, .arg = &r };
	struct str text = S("\xef\xbb\xbf{\"a\":\"x\\u0000y\",\"a\":1}");

	buf_init_in(&r.text, a, 4096);
	expect_error(text, feed(text, 0, 0, o), 0, "expected a value");
	o.allow_bom = true;
	expect_error(text, feed(text, 0, 0, o), 10, "\\u0000 is not allowed");
	o.allow_nul = true;
	expect_error(text, feed(text, 0, 0, o), 19, "duplicate member name");
	o.allow_duplicates = true;
	for (size_t cut = 0; cut <= text.n; cut++) {
		buf_clear(&r.text);
		assert_null(feed(text, cut, cut, o).message);
		assert_str(buf_str(&r.text), "{ a: \"x\xef\xbf\xbdy\" a: 1 } ");
	}
	expect_error(S("\xef\xbb{}"), feed(S("\xef\xbb{}"), 0, 0, o), 0, "expected a value");
	expect_error(S("\xef\xbb"), feed(S("\xef\xbb"), 0, 0, o), 2, "unexpected end");
	expect_error(S(""), feed(S("\xef\xbb\xbf"), 0, 0, o), 3, "unexpected end");
	expect_error(S(""), feed(S("\xef\xbb\xbf\xef\xbb\xbf{}"), 0, 0, o), 3,
		     "expected a value");
}

static void test_stop(void **state)
{
	struct arena *a = *state;
	struct str text = S("{\"a\":[1,\"x\",true,{}]}");

	/* There are ten events; the eleventh never comes. */
	for (unsigned n = 1; n <= 11; n++) {
		struct record r = { .good = true, .left = n };
		struct json_error e;

		buf_init_in(&r.text, a, 4096);
		e = feed(text, 0, 0, (struct scan_options){ .on_event = record, .arg = &r });
		if (n <= 10)
			assert_string_equal(e.message, "stopped");
		else
			assert_null(e.message);
	}
}

/* ---- ceilings ---- */

static void test_depth(void **state)
{
	struct arena *a = *state;
	struct buf b;

	buf_init_in(&b, a, 4096);
	for (unsigned depth = 1; depth <= 2 * LIMIT_JSON_DEPTH; depth++) {
		struct json_error e;

		buf_clear(&b);
		for (unsigned i = 0; i < depth; i++)
			buf_addz(&b, i % 2 ? "[" : "{\"a\":");
		buf_addz(&b, "0");
		for (unsigned i = depth; i--;)
			buf_addz(&b, i % 2 ? "]" : "}");
		e = feed(buf_str(&b), 0, 0, (struct scan_options){ 0 });
		assert_int_equal(e.message == NULL, depth <= LIMIT_JSON_DEPTH);
		if (e.message)
			assert_string_equal(e.message, "nested too deeply");
		e = feed(buf_str(&b), 0, 0, (struct scan_options){ .depth = 3 });
		assert_int_equal(e.message == NULL, depth <= 3);
	}
}

static void test_nodes(void **state)
{
	struct str text = S("[1,2,{\"a\":3}]");

	(void)state;
	assert_null(feed(text, 0, 0, (struct scan_options){ .nodes = 5 }).message);
	expect_error(text, feed(text, 0, 0, (struct scan_options){ .nodes = 4 }), 10,
		     "too many values");
}

static void test_sizes(void **state)
{
	struct arena *a = *state;
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	for (size_t n = LIMIT_JSON_NUMBER - 2; n <= LIMIT_JSON_NUMBER + 2; n++) {
		struct str text;

		buf_clear(&b);
		buf_addz(&b, "[0.");
		while (b.n < n + 1)
			buf_addc(&b, '3');
		buf_addc(&b, ']');
		text = buf_str(&b);
		for (size_t cut = 0; cut <= text.n; cut += 7) {
			struct json_error e = feed(text, cut, cut, (struct scan_options){ 0 });

			assert_int_equal(e.message == NULL, n <= LIMIT_JSON_NUMBER);
		}
	}
	for (size_t n = LIMIT_JSON_NAME - 2; n <= LIMIT_JSON_NAME + 2; n++) {
		struct str text;

		buf_clear(&b);
		buf_addz(&b, "{\"");
		while (b.n < n + 2)
			buf_addc(&b, 'n');
		buf_addz(&b, "\":1}");
		text = buf_str(&b);
		for (size_t cut = 0; cut <= text.n; cut += 5000) {
			struct json_error e = feed(text, cut, cut, (struct scan_options){ 0 });

			assert_int_equal(e.message == NULL, n <= LIMIT_JSON_NAME);
			if (e.message)
				assert_string_equal(e.message, "member name is too long");
		}
	}
}

/* An object of `n` members whose last name is `last`. */
static struct str members(struct arena *a, int n, const char *last)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)64 << 20);
	buf_addc(&b, '{');
	for (int i = 0; i < n; i++)
		buf_addf(&b, "\"member%d\":{\"id\":1},", i);
	buf_addf(&b, "\"%s\":0}", last);
	return buf_str(&b);
}

static void test_many_members(void **state)
{
	struct arena *a = *state;
	struct scan_options o = { .nodes = 1000000 };
	struct str text = members(a, 100000, "last");

	assert_null(feed(text, text.n / 3, text.n / 2, o).message);
	text = members(a, 100000, "member0");
	assert_string_equal(feed(text, 0, 0, o).message, "duplicate member name");
	text = members(a, 100000, "member99999");
	assert_string_equal(feed(text, 0, 0, o).message, "duplicate member name");
}

static void test_long_string(void **state)
{
	/* Longer than a piece, with and without escapes, each delivered whole and in order. */
	struct arena *a = *state;
	struct record r = { .good = true };
	struct buf raw, want;

	buf_init_in(&raw, a, 1 << 20);
	buf_init_in(&want, a, 1 << 20);
	buf_addz(&raw, "[\"");
	buf_addz(&want, "[ \"");
	for (int i = 0; i < 3000; i++) {
		buf_addf(&raw, "%d\\n\\u20ac\xe2\x82\xac", i);
		buf_addf(&want, "%d\n\xe2\x82\xac\xe2\x82\xac", i);
	}
	for (int i = 0; i < 20000; i++) {
		buf_addc(&raw, 'x');
		buf_addc(&want, 'x');
	}
	buf_addz(&raw, "\\t\",\"\"]");
	buf_addz(&want, "\t\" \"\" ] ");
	for (size_t cut = 0; cut < raw.n; cut += 997) {
		buf_init_in(&r.text, a, 1 << 20);
		assert_null(feed(buf_str(&raw), cut / 2, cut,
				 (struct scan_options){ .on_event = record, .arg = &r })
				    .message);
		assert_true(r.good);
		assert_true(str_eq(buf_str(&r.text), buf_str(&want)));
	}
}

static void test_is_number(void **state)
{
	static const char *const yes[] = { "0", "-0", "1.5", "1e3", "1E-3", "123456789012345678901" };
	static const char *const no[] = { "", " 1", "1 ", "+1", "01", "1.", ".1", "1e", "1e999", "x",
					  "NaN", "0x1", "1\n", "--1", "-" };

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(scan_is_number(str_from(yes[i])));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(scan_is_number(str_from(no[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_wrong),	 UNIT(test_right), UNIT(test_flags), UNIT(test_stop),
		UNIT(test_depth),	 UNIT(test_nodes), UNIT(test_sizes), UNIT(test_many_members),
		UNIT(test_long_string),	 UNIT(test_is_number),
	};

	return UNIT_RUN(tests);
}
