/*
 * test_wdl_eval.c - the evaluator against the documented examples and measured facts.
 */
#include "wdl_cases.h"

#include "base/limits.h"
#include "wdl/functions.h"

/* ---- tables ---- */

static bool matches(struct arena *a, const struct wdl_case *c, const struct wdl_result *r)
{
	struct str want = c->expected;

	if (str_starts(want, S("error: ")))
		return !r->ok && str_eq(r->fault.message, str_from_at(want, 7));
	if (str_starts(want, S("error~ ")))
		return !r->ok && str_find(r->fault.message, str_from_at(want, 7)) >= 0;
	if (!r->ok)
		return false;
	if (str_starts(want, S("=")))
		return str_eq(json_text(a, r->value), str_from_at(want, 1));
	return json_equal(json_parse(a, want, JSON_STRICT, NULL), r->value);
}

static bool check_case(const struct wdl_case *c)
{
	struct wdl_result r;
	struct str have;
	struct arena a;
	bool ok;

	arena_init(&a, (size_t)512 << 20);
	r = wdl_evaluate(&a, wdl_case_parse(&a, c), &c->context);
	ok = matches(&a, c, &r);
	have = r.ok ? json_text(&a, r.value) : r.fault.message;
	if (!ok)
		print_error("%s:%d: %.*s\n  want %.*s\n  have %s%.*s\n", c->file, c->line,
			    STR_ARG(c->expression), STR_ARG(c->expected), r.ok ? "" : "error: ",
			    STR_ARG(str_first(have, 2000)));
	arena_release(&a);
	return ok;
}

static void test_documented(void **state)
{
	wdl_cases(*state, "tests/data/wdl/doc.tsv", 230, check_case);
}

static void test_formats(void **state)
{
	wdl_cases(*state, "tests/data/wdl/net.tsv", 170, check_case);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_documented),
		UNIT(test_formats),
	};

	return UNIT_RUN(tests);
}
