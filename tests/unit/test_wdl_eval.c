/*
 * test_wdl_eval.c - the evaluator against the documented examples and measured facts.
 */
#include "wdl_cases.h"

#include "base/limits.h"
#include "wdl/functions.h"
#include "wdl/messages.h"

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
	wdl_cases(*state, "tests/data/wdl/doc.tsv", 275, check_case);
}

static void test_measured(void **state)
{
	wdl_cases(*state, "tests/data/wdl/measured.tsv", 700, check_case);
}

static void test_edges(void **state)
{
	wdl_cases(*state, "tests/data/wdl/edge.tsv", 270, check_case);
}

static void test_formats(void **state)
{
	wdl_cases(*state, "tests/data/wdl/net.tsv", 170, check_case);
}

/* ---- one row per function, and their counts of arguments ---- */

static bool seen[512];

static bool note_function(const struct wdl_case *c)
{
	const struct wdl_function *f = wdl_function_find(c->function);
	size_t count;

	if (f && str_find(c->expected, S("is not defined")) < 0)
		seen[f - wdl_functions(&count)] = true;
	return true;
}

static void test_every_function_has_a_case(void **state)
{
	static const char *const files[] = { "doc", "measured", "edge", "net" };
	size_t count, missing = 0;
	const struct wdl_function *all = wdl_functions(&count);

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < COUNT(files); i++)
		wdl_cases(*state, arena_printf(*state, "tests/data/wdl/%s.tsv", files[i]), 1,
			  note_function);
	assert_int_equal(count, 139);
	for (size_t i = 0; i < count; i++) {
		missing += !seen[i];
		if (!seen[i])
			print_error("%s has no case\n", all[i].name);
	}
	assert_int_equal(missing, 0);
}

/* The reference shows no value of these: what they give is a run's own, or a part of a message. */
static const char *const no_example[] = {
	"action", "listCallbackUrl", "multipartBody", "ticks", "triggerMultipartBody",
};

static bool needs_example(const struct wdl_function *f)
{
	for (size_t i = 0; i < COUNT(no_example); i++)
		if (strcmp(f->name, no_example[i]) == 0)
			return false;
	return f->evidence == WDL_DOCUMENTED;
}

static size_t documented;

static bool note_documented(const struct wdl_case *c)
{
	documented += str_find(c->source, S("in words")) < 0;
	return note_function(c);
}

/* At least 300 expectations come literally from Microsoft's pages, and every function that has an
 * example there is held against it. */
static void test_documented_examples(void **state)
{
	size_t count, missing = 0;
	const struct wdl_function *all = wdl_functions(&count);

	memset(seen, 0, sizeof(seen));
	wdl_cases(*state, "tests/data/wdl/doc.tsv", 1, note_documented);
	for (size_t i = 0; i < count; i++)
		if (needs_example(&all[i]) && !seen[i]) {
			print_error("%s has no documented case\n", all[i].name);
			missing++;
		}
	assert_int_equal(missing, 0);
	wdl_cases(*state, "tests/data/wdl/net.tsv", 1, note_documented);
	print_message("# %zu documented examples\n", documented);
	assert_true(documented >= 420);
}

static struct wdl_result with_nulls(struct arena *a, const struct wdl_function *f, int count)
{
	struct wdl_context c = { 0 };
	struct buf b;

	buf_init_in(&b, a, 4096);
	buf_addf(&b, "%s(", f->name);
	for (int i = 0; i < count; i++)
		buf_addz(&b, i ? ", null" : "null");
	buf_addc(&b, ')');
	return wdl_evaluate(a, wdl_parse_expression(a, buf_str(&b)), &c);
}

/* One argument too few or too many is an error of its own, which comes before errors of type; and
 * no function of the table is unknown to the evaluator. */
static void test_argument_counts(void **state)
{
	size_t count, lenient = 0;
	const struct wdl_function *all = wdl_functions(&count);

	for (size_t i = 0; i < count; i++) {
		const struct wdl_function *f = &all[i];
		unsigned extra = 0;

		for (int n = 0; n < 8; n++) {
			bool fits = n >= f->min && (f->max == WDL_ANY_COUNT || n <= f->max);
			struct wdl_result r = with_nulls(*state, f, n);
			struct str message = { 0 };
			const char *source;
			bool refused = wdl_arity_message(*state, f, str_from(f->name), (unsigned)n,
							 &message, &source);

			if (!r.ok && str_find(r.fault.message, S("not defined or not valid")) >= 0)
				fail_msg("%s has no body", f->name);
			/* Three functions are measured to take more than their reference says. */
			extra += !fits && !refused && n > f->max ? 1u << n : 0;
			if (refused ? fits || !str_eq(r.fault.message, message)
				    : !fits && n <= f->max)
				fail_msg("%s with %d arguments: %.*s", f->name, n,
					 STR_ARG(r.ok ? S("ok") : r.fault.message));
		}
		lenient += extra != 0;
	}
	assert_int_equal(lenient, 3);
}

/* ---- faults, steps, values ---- */

static struct wdl_result run(struct arena *a, const char *text, struct wdl_context *c)
{
	return wdl_evaluate(a, wdl_parse(a, str_from(text)), c);
}

static void test_fault_place(void **state)
{
	struct wdl_context c = { 0 };
	struct wdl_result r = run(*state, "å @{concat('ö', split(null, 'x'))} b", &c);

	assert_false(r.ok);
	assert_str(r.fault.code, "InvalidTemplate");
	assert_true(r.fault.verified);
	assert_int_equal(r.fault.offset, 18);
	assert_int_equal(r.fault.end, 34);
	assert_int_equal(r.fault.column, 16);
	r = run(*state, "@concat('a' 'b')", &c);
	assert_false(r.ok);
	assert_true(str_find(r.fault.message, S("concat('a' 'b')")) >= 0);
	assert_int_equal(r.fault.offset, 12);
}

static void test_steps(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "variables('list')", "[1,2]" },
		{ "variables('list')[1]", "2" },
		{ "add(variables('list')[1], 3)", "5" },
		{ "equals(add(variables('list')[1], 3), 5)", "true" },
		{ "div(1, 0)", NULL },
		{ "if(equals(add(variables('list')[1], 3), 5), div(1, 0), 'no')", NULL },
	};
	struct wdl_context c;
	struct wdl_result r;
	size_t i = 0;

	wdl_context_json(&c, json_parse(*state, S("{\"variables\":{\"list\":[1,2]}}"),
					JSON_STRICT, NULL));
	c.steps = true;
	r = run(*state, "@if(equals(add(variables('list')[1], 3), 5), div(1, 0), 'no')", &c);
	assert_false(r.ok);
	for (const struct wdl_step *s = r.steps; s; s = s->next, i++) {
		assert_true(i < COUNT(rows));
		assert_str(s->text, rows[i].text);
		assert_int_equal(s->end - s->offset, s->text.n);
		if (rows[i].value)
			assert_str(json_text(*state, s->value), rows[i].value);
		else
			assert_true(!s->value && str_find(s->fault, S("by zero")) >= 0);
	}
	assert_int_equal(i, COUNT(rows));
	assert_false(r.steps_cut);
}

static void test_steps_are_bounded(void **state)
{
	struct wdl_context c = { .steps = true };
	struct buf b;
	struct wdl_result r;
	size_t count = 0;

	buf_init_in(&b, *state, 1 << 20);
	buf_addz(&b, "@createArray(1");
	for (int i = 0; i < LIMIT_WDL_STEPS + 50; i++)
		buf_addz(&b, ",add(1,1)");
	buf_addc(&b, ')');
	r = wdl_evaluate(*state, wdl_parse(*state, buf_str(&b)), &c);
	assert_true(r.ok && r.steps_cut);
	for (const struct wdl_step *s = r.steps; s; s = s->next)
		count++;
	assert_int_equal(count, LIMIT_WDL_STEPS);
	/* The same ceiling for a value with many templates. */
	r = wdl_evaluate_value(*state, json_parse(*state, str_fmt(*state, "[\"%.*s\",\"%.*s\"]",
							  STR_ARG(buf_str(&b)), STR_ARG(buf_str(&b))),
						  JSON_STRICT, NULL), &c);
	assert_true(r.ok && r.steps_cut);
	count = 0;
	for (const struct wdl_step *s = r.steps; s; s = s->next)
		count++;
	assert_int_equal(count, LIMIT_WDL_STEPS);
}

static void test_values(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "{\"a\":\"@add(1, 2)\",\"b\":[\"x @{add(1, 2)}\",7,null,\"plain\"]}",
		  "{\"a\":3,\"b\":[\"x 3\",7,null,\"plain\"]}" },
		{ "{\"@{concat('k', 1)}\":\"@@escaped\",\"other\":true}",
		  "{\"k1\":\"@escaped\",\"other\":true}" },
		{ "{\"@add(1, 1)\":1}", "{\"2\":1}" },
		{ "{\"a\":1,\"@{'a'}\":2}", "{\"a\":2}" },
		{ "\"@createArray(1, '@notatemplate')\"", "[1,\"@notatemplate\"]" },
		{ "1.50", "1.50" },
	};
	struct wdl_context c = { 0 };
	struct wdl_result r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		r = wdl_evaluate_value(*state, json_parse(*state, str_from(rows[i].value),
							  JSON_STRICT, NULL), &c);
		if (!r.ok)
			fail_msg("%s: %.*s", rows[i].value, STR_ARG(r.fault.message));
		assert_str(json_text(*state, r.value), rows[i].want);
	}
	r = wdl_evaluate_value(*state, json_parse(*state, S("{\"a/b\":[1,{\"c~\":\"@div(1,0)\"}]}"),
						  JSON_STRICT, NULL), &c);
	assert_false(r.ok);
	assert_str(r.fault.pointer, "/a~1b/1/c~0");
}

static void test_nodes(void **state)
{
	struct wdl_context c = { 0 };
	struct wdl_template *t = wdl_parse(*state, S("@concat('a', add(2, 3))"));
	struct wdl_result r = wdl_evaluate_node(*state, t, wdl_argument(t->first->node, 1), &c);

	assert_true(r.ok);
	assert_string_equal(r.type, "Integer");
	assert_str(json_text(*state, r.value), "5");
}

static void test_result_limit(void **state)
{
	struct wdl_context c;
	struct json *tree = json_new_object(*state), *variables = json_new_object(*state);
	char *text = arena_alloc(*state, LIMIT_WDL_RESULT + 1);
	struct wdl_result r;

	memset(text, 'x', LIMIT_WDL_RESULT);
	json_set_str(*state, variables, "v", str_n(text, LIMIT_WDL_RESULT));
	json_set(*state, tree, "variables", variables);
	wdl_context_json(&c, tree);
	r = run(*state, "@variables('v')", &c);
	assert_true(r.ok && json_str(r.value).n == LIMIT_WDL_RESULT);
	r = run(*state, "@concat(variables('v'), 'y')", &c);
	assert_false(r.ok);
	assert_str(r.fault.code, "ExpressionEvaluationFailed");
	assert_true(str_find(r.fault.message, S("131072")) >= 0);
	r = run(*state, "@{variables('v')}y", &c);
	assert_false(r.ok);
	/* What stays inside is not limited. */
	r = run(*state, "@length(concat(variables('v'), variables('v')))", &c);
	assert_true(r.ok && json_int(r.value, 0) == 2 * (int64_t)LIMIT_WDL_RESULT);
}

static void test_without_a_context(void **state)
{
	static const char *const rows[] = {
		"@variables('a')", "@parameters('a')", "@body('a')",	"@outputs('a')",
		"@actions('a')",   "@trigger()",       "@triggerBody()", "@triggerOutputs()",
		"@items('a')",	   "@item()",	       "@result('a')",	"@workflow()",
		"@action()",	   "@iterationIndexes('a')",
	};
	struct wdl_context c = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_result r = run(*state, rows[i], &c);

		if (r.ok || r.fault.message.n == 0)
			fail_msg("%s gave a value", rows[i]);
	}
}

/* One evaluation has one time; the system's clock and chance serve when none are given. */
static void test_clock_and_chance(void **state)
{
	struct wdl_context c = { 0 };
	struct wdl_result r;
	struct str one, two;

	r = run(*state, "@equals(utcNow(), utcNow())", &c);
	assert_true(r.ok && json_is_true(r.value));
	r = run(*state, "@greater(ticks(utcNow()), 638000000000000000)", &c);
	assert_true(r.ok && json_is_true(r.value));
	one = json_str(run(*state, "@guid()", &c).value);
	two = json_str(run(*state, "@guid()", &c).value);
	assert_int_equal(one.n, 36);
	assert_false(str_eq(one, two));
	assert_int_equal(one.p[14], '4');
	for (int i = 0; i < 200; i++) {
		int64_t n = json_int(run(*state, "@rand(-1, 2)", &c).value, 99);

		assert_true(n >= -1 && n < 2);
	}
	assert_int_equal(wdl_ms_of_ticks(wdl_ticks_of_ms(-1)), -1);
	assert_int_equal(wdl_ms_of_ticks(wdl_ticks_of_ms(1523791845123)), 1523791845123);
}

/* The parser's ceiling is also the evaluator's: no stack runs out. */
static void test_depth(void **state)
{
	struct wdl_context c = { 0 };
	struct buf b;
	struct wdl_result r;

	for (int depth = LIMIT_WDL_DEPTH - 2; depth <= 4 * LIMIT_WDL_DEPTH; depth *= 2) {
		buf_init_in(&b, *state, 1 << 20);
		buf_addc(&b, '@');
		for (int i = 0; i < depth; i++)
			buf_addz(&b, "array(");
		buf_addc(&b, '1');
		for (int i = 0; i < depth; i++)
			buf_addc(&b, ')');
		r = wdl_evaluate(*state, wdl_parse(*state, buf_str(&b)), &c);
		assert_int_equal(r.ok, depth < LIMIT_WDL_DEPTH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_documented),
		UNIT(test_measured),
		UNIT(test_edges),
		UNIT(test_formats),
		UNIT(test_every_function_has_a_case),
		UNIT(test_documented_examples),
		UNIT(test_argument_counts),
		UNIT(test_fault_place),
		UNIT(test_steps),
		UNIT(test_steps_are_bounded),
		UNIT(test_values),
		UNIT(test_nodes),
		UNIT(test_result_limit),
		UNIT(test_without_a_context),
		UNIT(test_clock_and_chance),
		UNIT(test_depth),
	};

	return UNIT_RUN(tests);
}
