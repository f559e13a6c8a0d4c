/*
 * test_knowledge.c - the shipped files: they are found, and what they show is right.
 */
#include "unit.h"
#include "tools/knowledge.h"
#include "wdl/parse.h"

static struct str text_of(const struct knowledge_file *f)
{
	return str_n(f->begin, (size_t)(f->end - f->begin));
}

static void test_files(void **state)
{
	size_t n = 0;

	for (const struct knowledge_file *f; (f = knowledge_file(n)); n++) {
		assert_true(str_is_utf8(text_of(f)));
		assert_int_equal(*f->end, 0);
		/* Each names its sources. */
		assert_true(str_find(text_of(f), f->is_json ? S("\"sources\"") : S("Sources:")) > 0);
		if (f->is_json)
			assert_non_null(json_parse(*state, text_of(f), JSON_STRICT, NULL));
	}
	assert_int_equal(n, 3);
}

/* Hints, variants and examples have the members that tools read, and nothing else. */
static void test_connectors(void **state)
{
	static const char *const members[] = { "hint", "parameters", "operations" };
	static const char *const of_operation[] = { "hint", "example", "variants" };
	struct json *all = json_get(json_parse(*state, text_of(knowledge_file(1)), JSON_STRICT, NULL),
				    "connectors");
	size_t variants = 0;

	JSON_EACH (c, all) {
		assert_true(str_starts(json_name(c), S("shared_")));
		assert_non_null(knowledge_connector(*state, json_name(c)));
		JSON_EACH (m, c)
			assert_true(str_eq(json_name(m), str_from(members[0])) ||
				    str_eq(json_name(m), str_from(members[1])) ||
				    str_eq(json_name(m), str_from(members[2])));
		JSON_EACH (op, json_get(c, "operations"))
			JSON_EACH (m, op) {
				assert_true(str_eq(json_name(m), str_from(of_operation[0])) ||
					    str_eq(json_name(m), str_from(of_operation[1])) ||
					    str_eq(json_name(m), str_from(of_operation[2])));
				JSON_EACH (v, str_eq(json_name(m), S("variants")) ? m : NULL) {
					variants++;
					assert_true(json_get_str(v, "when").n > 0);
					assert_true(json_is(json_get(v, "parameters"), JSON_OBJECT));
				}
			}
	}
	assert_true(variants >= 8);
	assert_null(knowledge_connector(*state, S("shared_nothing")));
}

/* A span that begins like a call is an expression: it must parse. */
static bool is_expression(struct str s)
{
	size_t i = 0;

	while (i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
		i++;
	return i > 1 && i < s.n && s.p[i] == '(' && s.p[s.n - 1] != '(' &&
	       str_find(s, S("\xe2\x80\xa6")) < 0;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* x, y, a, b, start and end stand for any value. */
static struct str with_values(struct arena *a, struct str s)
{
	static const char *const names[] = { "x", "y", "a", "b", "start", "end" };
	bool quoted = false;
	struct buf b;

	buf_init_in(&b, a, 4 * s.n + 16);
	for (size_t i = 0; i < s.n; i++) {
		struct str word = str_n(s.p + i, 0);
		bool hit = false;

		quoted ^= s.p[i] == '\'';
		while (!quoted && i + word.n < s.n && is_letter(s.p[i + word.n]))
			word.n++;
		for (size_t k = 0; k < COUNT(names); k++)
			hit = hit || str_eq(word, str_from(names[k]));
		hit = hit && !(i + word.n < s.n && s.p[i + word.n] == '(');
		if (hit)
			buf_addz(&b, "null");
		else
			buf_add(&b, s.p + i, word.n ? word.n : 1);
		i += word.n ? word.n - 1 : 0;
	}
	return buf_str(&b);
}

static void test_expressions(void **state)
{
	struct str rest = text_of(knowledge_file(2)), span;
	size_t n = 0;

	while (str_cut(&rest, '`', &span) && rest.p && str_cut(&rest, '`', &span)) {
		if (!is_expression(span))
			continue;
		n++;
		if (wdl_parse_expression(*state, with_values(*state, span))->errors)
			fail_msg("does not parse: %s", str_c(*state, span));
	}
	assert_true(n > 40);
}

static const struct {
	const char *words, *topic, *title;
} searches[] = {
	{ "terminate", "actions", "Terminate" },
	{ "apply each", "actions", "Apply to each (Foreach)" },
	{ "run after", "actions", "runAfter" },
	{ "line feeds", "expressions", "Line feeds" },
	{ "time zone", "expressions", "Dates" },
	{ "GetItems sharepoint", "connectors", "shared_sharepointonline GetItems" },
	{ "teams card", "connectors", "shared_teams" },
};

static void test_search(void **state)
{
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct json *found = knowledge_search(*state, str_from(searches[i].words), 3);
		bool hit = false;

		JSON_EACH (v, found)
			hit = hit || (str_eq(json_get_str(v, "topic"), str_from(searches[i].topic)) &&
				      str_eq(json_get_str(v, "title"), str_from(searches[i].title)));
		if (!hit)
			fail_msg("%s: %s", searches[i].words, str_c(*state, json_text(*state, found)));
		assert_in_range(json_count(found), 1, 3);
	}
	assert_int_equal(json_count(knowledge_search(*state, S("xyzzy"), 3)), 0);
	assert_int_equal(json_count(knowledge_search(*state, S(""), 3)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_files), UNIT(test_connectors), UNIT(test_expressions), UNIT(test_search),
	};

	return UNIT_RUN(tests);
}
