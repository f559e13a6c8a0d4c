/*
 * test_project.c - text/project.c: bounded trees out of unbounded content.
 */
#include "unit.h"

#include <stdio.h>

#include "base/limits.h"
#include "text/crypt.h"
#include "text/scan.h"

/* The result and its cuts as text: VALUE [POINTER kept/of]... (+N) [incomplete]. */
static struct str show(struct arena *a, struct project_result r)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)16 << 20);
	if (r.value)
		json_print(&b, r.value);
	else
		buf_addz(&b, "nothing");
	for (size_t i = 0; i < r.cut_count; i++)
		buf_addf(&b, " [%.*s %zu/%zu%s]", STR_ARG(r.cuts[i].pointer), r.cuts[i].kept,
			 r.cuts[i].of, r.cuts[i].items ? "" : " bytes");
	if (r.cuts_not_listed)
		buf_addf(&b, " (+%zu)", r.cuts_not_listed);
	if (!r.complete)
		buf_addz(&b, " incomplete");
	return buf_str(&b);
}

static struct project_result stream(struct arena *a, struct str text, size_t piece,
				    const struct project_options *o)
{
	struct project *p = project_new(a, o);
	struct project_result r;

	assert_non_null(p);
	for (size_t i = 0; i < text.n; i += piece)
		project_feed(p, str_first(str_from_at(text, i), piece));
	r = project_end(p);
	project_free(p);
	return r;
}

/* The pointers of a list such as "/a /b/c". */
static void set_pointers(struct arena *a, struct project_options *o, const char *list)
{
	struct str rest = str_from(list), one, *pointers = arena_array(a, 100, sizeof(*pointers));

	while (str_cut(&rest, ' ', &one))
		pointers[o->pointer_count++] = one;
	o->pointers = pointers;
}

#define BODY "{\"status\":200,\"body\":{\"value\":[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":2}]," \
	     "\"next\":null},\"a/b\":{\"~\":true},\"\":[[1,2],[3]]}"

static void test_select(void **state)
{
	static const struct {
		const char *pointers, *want;
	} rows[] = {
		{ "", BODY },
		{ "/status", "{\"status\":200}" },
		{ "/body/next", "{\"body\":{\"next\":null}}" },
		{ "/body/value/1/id", "{\"body\":{\"value\":{\"1\":{\"id\":\"b\"}}}}" },
		{ "/body/value/1", "{\"body\":{\"value\":{\"1\":{\"id\":\"b\",\"n\":2}}}}" },
		{ "/body/value/1/n /status /body/value/0/n",
		  "{\"status\":200,\"body\":{\"value\":{\"0\":{\"n\":1},\"1\":{\"n\":2}}}}" },
		{ "/body/value", "{\"body\":{\"value\":[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":2}]}}" },
		{ "/body/value/0/id /body/value",
		  "{\"body\":{\"value\":[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":2}]}}" },
		{ "/a~1b/~0", "{\"a/b\":{\"~\":true}}" },
		{ "//0/1 //1", "{\"\":{\"0\":{\"1\":2},\"1\":[3]}}" },
		{ "/nothing", "nothing" },
		{ "/status/deeper /body/value/2 /body/value/01 /body/value/- /body/value/x", "nothing" },
		{ "/status /nothing", "{\"status\":200}" },
		{ "status", "nothing" },
		{ "/a~2b", "nothing" },
		{ "/a~", "nothing" },
		{ "/STATUS", "nothing" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct project_options o = { .budget = 10000 };
		struct json *tree = json_parse(a, S(BODY), JSON_STRICT, NULL);

		set_pointers(a, &o, rows[i].pointers);
		for (size_t piece = 1; piece <= sizeof(BODY); piece++)
			assert_str(show(a, stream(a, S(BODY), piece, &o)), rows[i].want);
		assert_str(show(a, project_tree(a, tree, &o)), rows[i].want);
		if (!strchr(rows[i].pointers, ' ') && strcmp(rows[i].want, "nothing") != 0) {
			/* The pointer finds the same value in the result. */
			struct json *v = project_tree(a, tree, &o).value;

			assert_true(json_identical(json_at(v, rows[i].pointers),
						   json_at(tree, rows[i].pointers)));
		}
	}
}

static void test_scalars(void **state)
{
	static const char *const rows[] = { "null", "true", "-1.50e3", "\"x\"", "[]", "{}", "[[],{}]" };
	struct arena *a = *state;
	struct project_options o = { .budget = 100 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_str(show(a, stream(a, str_from(rows[i]), 1, &o)), rows[i]);
		assert_str(show(a, project_tree(a, json_parse(a, str_from(rows[i]), 0, NULL), &o)),
			   rows[i]);
	}
}

static void test_cuts(void **state)
{
	static const struct {
		struct project_options o;
		const char *text, *want;
	} rows[] = {
		{ { .budget = 1000, .longest_string = 5 },
		  "{\"a\":\"12345\",\"b\":\"123456\",\"c\":[\"x\xe2\x82\xac\xe2\x82\xac\"]}",
		  "{\"a\":\"12345\",\"b\":\"12345\",\"c\":[\"x\xe2\x82\xac\"]}"
		  " [/b 5/6 bytes] [/c/0 4/7 bytes]" },
		{ { .budget = 1000, .longest_array = 2 },
		  "{\"a\":[1,2],\"b\":[1,2,3,4],\"c\":[[1,2,3],[],[4]]}",
		  "{\"a\":[1,2],\"b\":[1,2],\"c\":[[1,2],[]]} [/b 2/4] [/c/0 2/3] [/c 2/3]" },
		/* 64 bytes: the array takes what it can, and what follows it is still seen. */
		{ { .budget = 64 },
		  "{\"n\":[10000000,10000001,10000002,10000003,10000004,10000005,10000006],\"z\":1}",
		  "{\"n\":[10000000,10000001,10000002,10000003,10000004],\"z\":1} [/n 5/7]" },
		/* A long string does not eat the budget of what follows. */
		{ { .budget = 80 },
		  "{\"s\":\"0123456789012345678901234567890123456789\",\"t\":\"tail\",\"u\":[1,2,3]}",
		  "{\"s\":\"01234567890123456789\",\"t\":\"tail\",\"u\":[1,2,3]} [/s 20/40 bytes]" },
		/* Escapes count as they are printed. */
		{ { .budget = 64, .longest_string = 60 },
		  "[\"\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\"]",
		  "[\"\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\"]"
		  " [/0 9/11 bytes]" },
		/* A member that does not fit is left out, a later one that does is kept. */
		{ { .budget = 64 },
		  "{\"a-name-that-is-much-too-long-to-be-kept-in-a-budget-as-small-as-this\":1,\"b\":2}",
		  "{\"b\":2} [ 1/2]" },
		/* The later of two members of a name is what counts. */
		{ { .budget = 100 }, "{\"a\":1,\"b\":[],\"a\":{\"x\":1,\"x\":\"y\"}}",
		  "{\"a\":{\"x\":\"y\"},\"b\":[]}" },
		{ { .budget = 100, .longest_string = 3, .longest_array = 1 },
		  "{\"a\":\"1234\",\"b\":[\"1234\",2],\"a\":\"12345\",\"b\":\"x\",\"a\":\"123456\"}",
		  "{\"a\":\"123\",\"b\":\"x\"} [/a 3/6 bytes]" },
		{ { .budget = 64 }, "\"0123456789012345678901234567890\"",
		  "\"0123456789012345\" [ 16/31 bytes]" },
		{ { .budget = 64 },
		  "10000000000000000000000000000000000000000000000000000000000000000000000000000",
		  "nothing [ 0/0 bytes]" },
		{ { .budget = 1000 }, "[1,{\"a\":[2,\"xyz", "[1,{\"a\":[2,\"xyz\"]}]"
		  " [/1/a/1 3/0 bytes] [/1/a 2/0] [/1 1/0] [ 2/0] incomplete" },
		{ { .budget = 1000 }, "", "nothing incomplete" },
		{ { .budget = 1000 }, "[1,2,x]", "[1,2] [ 2/0] incomplete" },
		{ { .budget = 1000 }, "[1,2]]", "[1,2] incomplete" },
		{ { .budget = 1000 }, "\xef\xbb\xbf[\"\\u0000\"]", "[\"\xef\xbf\xbd\"]" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = str_from(rows[i].text);
		struct json *tree = json_parse(a, text, JSON_STRICT, NULL);

		for (size_t piece = 1; piece <= text.n + 1; piece++)
			assert_str(show(a, stream(a, text, piece, &rows[i].o)), rows[i].want);
		if (tree)
			assert_str(show(a, project_tree(a, tree, &rows[i].o)), rows[i].want);
	}
}

/* Selected values share the budget, each gets its part. */
static void test_fair_selection(void **state)
{
	struct arena *a = *state;
	struct project_options o = { .budget = 1000, .longest_string = 1000 };
	struct project_result r;
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_addz(&b, "{\"a\":\"");
	for (int i = 0; i < 5000; i++)
		buf_addc(&b, 'a');
	buf_addz(&b, "\",\"b\":[");
	for (int i = 0; i < 5000; i++)
		buf_addf(&b, "%s%d", i ? "," : "", i);
	buf_addz(&b, "],\"c\":\"short\",\"d\":1}");
	set_pointers(a, &o, "/a /b /c");
	r = stream(a, buf_str(&b), 100, &o);
	assert_in_range(json_str(json_get(r.value, "a")).n, 250, 334);
	assert_in_range(json_count(json_get(r.value, "b")), 60, 200);
	assert_str(json_get_str(r.value, "c"), "short");
	assert_null(json_get(r.value, "d"));
	assert_int_equal(r.cut_count, 2);
	assert_int_equal(r.cuts[0].of, 5000);
	assert_int_equal(r.cuts[1].of, 5000);
	assert_true(r.complete);
}

/* The feeds until the projector says that it is full. */
static size_t feeds_until_full(struct arena *a, struct str text, const struct project_options *o)
{
	struct project *p = project_new(a, o);
	size_t i = 0;

	for (; i < text.n; i++)
		if (project_feed(p, str_n(text.p + i, 1)) != PROJECT_MORE)
			break;
	project_end(p);
	project_free(p);
	return i + 1;
}

static void test_full(void **state)
{
	static const struct {
		const char *pointers, *text;
		size_t want;
	} rows[] = {
		{ NULL, "{\"a\":1}", 7 },
		{ NULL, "[1]   ", 3 },
		{ "/a", "{\"a\":1,\"b\":2}", 7 }, /* a number ends with what follows it */
		{ "/a", "{\"a\":\"x\",\"b\":2}", 8 },
		{ "/a/x", "{\"a\":{\"y\":1},\"b\":2}", 12 }, /* it cannot come any more */
		{ "/a/x", "{\"a\":{\"x\":[],\"y\":1},\"b\":2}", 12 },
		{ "/a /b", "{\"a\":{},\"c\":3,\"b\":{},\"d\":4}", 20 },
		{ "/b", "{\"a\":{},\"c\":3}", 14 },
		{ "bad", "{\"a\":{},\"c\":3}", 1 },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct project_options o = { .budget = 1000 };

		if (rows[i].pointers)
			set_pointers(a, &o, rows[i].pointers);
		assert_int_equal(feeds_until_full(a, str_from(rows[i].text), &o), rows[i].want);
	}
}

/* 20 MB of an array in an object, fed in pieces: memory stays small, what follows is seen. */
static void test_large(void **state)
{
	struct arena *a = *state, inner;
	struct project_options o = { .budget = 80000 };
	struct project_result r;
	struct project *p;
	char item[200];
	enum { ITEMS = 200000 };

	(void)a;
	arena_init(&inner, 2 << 20);
	p = project_new(&inner, &o);
	assert_int_equal(project_feed(p, S("{\"statusCode\":200,\"body\":{\"value\":[")), PROJECT_MORE);
	for (int i = 0; i < ITEMS; i++) {
		int n = snprintf(item, sizeof(item),
				 "%s{\"id\":%d,\"name\":\"item number %d\",\"tags\":[\"x\",\"y\"],"
				 "\"owner\":{\"id\":\"somebody\"}}",
				 i ? "," : "", i, i);

		assert_int_equal(project_feed(p, str_n(item, (size_t)n)), PROJECT_MORE);
	}
	assert_int_equal(project_feed(p, S("],\"nextLink\":\"there\"},\"last\":true}")), PROJECT_FULL);
	r = project_end(p);
	project_free(p);
	assert_true(r.complete);
	assert_str(json_get_str(json_get(r.value, "body"), "nextLink"), "there");
	assert_true(json_is_true(json_get(r.value, "last")));
	assert_in_range(json_text(&inner, r.value).n, 50000, 80000);
	assert_int_equal(r.cuts[r.cut_count - 1].of, ITEMS);
	assert_str(r.cuts[r.cut_count - 1].pointer, "/body/value");
	assert_int_equal(r.cuts[r.cut_count - 1].kept, json_count(json_at(r.value, "/body/value")));
	arena_release(&inner);
}

/* Input made to hurt: memory and the size of the result stay bounded. */
static void test_hostile(void **state)
{
	static const struct {
		const char *before, *again;
	} rows[] = {
		{ "[", "1," },
		{ "[", "[]," },
		{ "[", "\"\"," },
		{ "{", "\"a\":1," },
		{ "{", "\"a\":{}," },
		{ "{\"a\":\"", "x" },
		{ "{\"a\":\"", "\\n" },
		{ "{\"a\":[", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"," },
		{ "[{\"a\":[", "{\"b\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}," },
		{ "", "[" },
		{ "", "{\"a\":" },
		{ "", "[{\"a\":\"bbbbbbbbbbbbbbbbbbbb\",\"c\":" },
	};
	struct arena *a = *state;

	(void)a;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t budget = 64; budget <= 4096; budget *= 4) {
			struct project_options o = { .budget = budget, .longest_string = 30 };
			struct arena inner;
			struct project_result r;
			struct project *p;

			arena_init(&inner, 256 << 10);
			p = project_new(&inner, &o);
			project_feed(p, str_from(rows[i].before));
			for (int k = 0; k < 20000; k++)
				project_feed(p, str_from(rows[i].again));
			r = project_end(p);
			project_free(p);
			if (json_text(&inner, r.value).n > budget)
				fail_msg("%s%s: %zu", rows[i].before, rows[i].again,
					 json_text(&inner, r.value).n);
			assert_true(r.cut_count <= PROJECT_CUTS);
			arena_release(&inner);
		}
	}
}

/* 32 strings are cut before the array is: the array is listed all the same. */
static void test_many_cuts(void **state)
{
	struct arena *a = *state;
	struct project_options o = { .budget = 10000, .longest_string = 3, .longest_array = 50 };
	struct project_result r;
	bool found = false;
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	buf_addz(&b, "{\"l\":[\"12345\"");
	for (int i = 1; i < 100; i++)
		buf_addz(&b, ",\"12345\"");
	buf_addz(&b, "]}");
	r = stream(a, buf_str(&b), 10, &o);
	assert_int_equal(r.cut_count, PROJECT_CUTS);
	assert_int_equal(r.cut_count + r.cuts_not_listed, 51);
	for (size_t i = 0; i < r.cut_count; i++) {
		if (!r.cuts[i].items)
			continue;
		assert_str(r.cuts[i].pointer, "/l");
		assert_int_equal(r.cuts[i].kept, 50);
		assert_int_equal(r.cuts[i].of, 100);
		found = true;
	}
	assert_true(found);
}

static void test_too_many_pointers(void **state)
{
	struct arena *a = *state;
	struct str pointers[LIMIT_PROJECT_POINTERS + 1];
	struct project_options o = { .pointers = pointers, .budget = 100 };

	for (size_t i = 0; i < COUNT(pointers); i++)
		pointers[i] = str_fmt(a, "/%zu", i);
	o.pointer_count = COUNT(pointers);
	assert_null(project_new(a, &o));
	o.pointer_count--;
	assert_str(show(a, stream(a, S("{\"63\":1,\"64\":2,\"0\":[]}"), 1, &o)), "{\"63\":1,\"0\":[]}");
}

/* Base64 of `n` bytes that are all 'a', as a member of an object with a type. */
static struct str file_of(struct arena *a, size_t n, const char *tail)
{
	char *bytes = arena_alloc(a, n + 1);
	struct buf b;

	memset(bytes, 'a', n);
	buf_init_in(&b, a, 2 * n + 256);
	buf_addz(&b, "{\"$content-type\":\"x/y\",\"$content\":\"");
	crypt_b64(&b, str_n(bytes, n));
	buf_addf(&b, "%s\",\"z\":1}", tail);
	return buf_str(&b);
}

/* What is a file, in whatever pieces it comes; sizes around what is decoded at once. */
static void test_files(void **state)
{
	static const struct {
		size_t n;
		const char *tail;
		bool file;
	} rows[] = {
		{ 3, "", false },   /* too short to be worth it */
		{ 90, "", true },
		{ 90, "!", false }, /* no base64 */
		{ 91, "AAAA", false }, /* goes on behind its padding */
	};
	static const size_t large[] = { 3071, 3072, 3073, 6144, 100000 };
	struct arena *a = *state;
	struct project_options o = { .budget = 1 << 20, .digest_files = true };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = file_of(a, rows[i].n, rows[i].tail);

		for (size_t piece = 1; piece < 200; piece += 7) {
			struct json *v = stream(a, text, piece, &o).value;

			assert_int_equal(json_is(json_get(v, "$content"), JSON_OBJECT),
					 rows[i].file);
			assert_int_equal(json_int(json_get(v, "z"), 0), 1);
		}
	}
	for (size_t i = 0; i < COUNT(large); i++) {
		struct str text = file_of(a, large[i], "");
		struct str bytes = str_n(memset(arena_alloc(a, large[i]), 'a', large[i]), large[i]);
		unsigned char hash[CRYPT_HASH];
		struct buf want;

		crypt_sha256(bytes, hash);
		buf_init_in(&want, a, 256);
		buf_addf(&want, "{\"$content-type\":\"x/y\",\"$content\":{\"bytes\":%zu,\"sha256\":\"",
			 large[i]);
		crypt_hex(&want, str_n((const char *)hash, sizeof(hash)));
		buf_addz(&want, "\"},\"z\":1}");
		/* Also where the text itself would not have fitted. */
		o.budget = 400;
		assert_str(show(a, stream(a, text, 1000, &o)), buf_c(&want));
		assert_str(show(a, project_tree(a, json_parse(a, text, JSON_STRICT, NULL), &o)),
			   buf_c(&want));
	}
	o.budget = 1 << 20;
	set_pointers(a, &o, "/$content");
	assert_true(json_is(json_get(stream(a, file_of(a, 90, ""), 9, &o).value, "$content"),
			    JSON_STRING));
}

/* The input ends within a string that found no room: what has no name is not named. */
static void test_ends_within_dropped(void **state)
{
	struct project_options o = { .budget = 64, .longest_string = 60 };

	assert_str(show(*state, stream(*state,
				       S("{\"a\":\"0123456789012345678901234567890123456789012345678\","
					 "\"a longer name\":\"x"),
				       100, &o)),
		   "{\"a\":\"0123456789012345678901234567890123456789012345678\"} [ 1/0] incomplete");
}

static void test_out_of_arena(void **state)
{
	struct project_options o = { .budget = 100000 };
	struct project *volatile p = NULL;
	struct arena small;
	jmp_buf out;

	(void)state;
	arena_init(&small, 64 << 10);
	if (!arena_guard(&small, &out)) {
		p = project_new(&small, &o);
		for (int i = 0; i < 100000; i++)
			project_feed(p, i ? S(",\"abc\"") : S("[\"abc\""));
		fail_msg("%s", "the arena held it all");
	}
	project_free(p);
	arena_release(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_select),	     UNIT(test_scalars), UNIT(test_cuts),
		UNIT(test_fair_selection),   UNIT(test_full),	 UNIT(test_large),
		UNIT(test_hostile),	     UNIT(test_many_cuts),
		UNIT(test_too_many_pointers), UNIT(test_out_of_arena), UNIT(test_files),
		UNIT(test_ends_within_dropped),
	};

	return UNIT_RUN(tests);
}
