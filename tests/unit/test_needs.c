/*
 * test_needs.c - what an expression reads of a run; seeds and times of made-up contexts.
 */
#include "unit.h"
#include "wdl/eval.h"
#include "wdl/explain.h"
#include "wdl/lint.h"
#include "wdl/needs.h"
#include "wdl/parse.h"

#define C(name, inputs) "`" name "`:{`type`:`Compose`,`inputs`:" inputs "}"

static const char definition[] =
	"{`parameters`:{`p`:{`type`:`String`,`defaultValue`:1}},`triggers`:{`T`:{`type`:`Request`}},`actions`:{"
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`fixed`,`type`:`string`,`value`:1}]}},"
	"`J`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`moving`,`type`:`string`}]}},"
	"`K`:{`type`:`SetVariable`,`inputs`:{`name`:`MOVING`,`value`:1}}," C("Get_it", "1") ","
	"`L`:{`type`:`Foreach`,`foreach`:`@outputs('Get_it')`,`actions`:{" C("In", "1") ","
	"`M`:{`type`:`Foreach`,`foreach`:`@items('L')[variables('fixed')]`,`actions`:{" C("Deep", "1") "}}}},"
	"`U`:{`type`:`Until`,`expression`:`@true`,`actions`:{" C("Pass", "1") "}},"
	"`S`:{`type`:`Scope`,`actions`:{" C("One", "1") "," C("Two", "1") ","
	"`Inner`:{`type`:`Scope`,`actions`:{" C("Far", "1") "}}}}}}";

/* "name:io*2!" in the order they are needed: inputs, outputs, container, levels, unknown. */
static struct str told(struct arena *a, const struct wdl_needs *n)
{
	struct buf b;

	buf_init_in(&b, a, 4096);
	for (const struct wdl_need *x = n->actions; x; x = x->next)
		buf_addf(&b, "%.*s:%s%s%s%.0u%s ", STR_ARG(x->name), x->inputs ? "i" : "",
			 x->outputs ? "o" : "", x->container ? "*" : "", x->levels,
			 x->known ? "" : "!");
	for (const struct wdl_need_loop *x = n->loops; x; x = x->next)
		buf_addf(&b, "loop(%.*s,%u%s) ", STR_ARG(x->name), x->level,
			 !x->known ? ",unknown" : x->list ? "" : ",until");
	for (const struct wdl_need_name *x = n->variables; x; x = x->next)
		buf_addf(&b, "variable(%.*s,%.*s%s) ", STR_ARG(x->name), STR_ARG(x->action),
			 x->changes ? ",changes" : "");
	for (const struct wdl_need_name *x = n->parameters; x; x = x->next)
		buf_addf(&b, "parameter(%.*s%s) ", STR_ARG(x->name), x->row ? "" : ",unknown");
	for (const struct wdl_need_name *x = n->results; x; x = x->next)
		buf_addf(&b, "result(%.*s,%zu) ", STR_ARG(x->name), json_count(x->children));
	buf_addf(&b, "%s%s%s%s%s%s", n->trigger ? "trigger" : "", n->trigger_inputs ? "-i" : "",
		 n->trigger_outputs ? "-o" : "", n->workflow ? "workflow" : "",
		 n->item ? "item" : "", n->current ? "current" : "");
	return str_trim(buf_str(&b));
}

static void test_needs(void **state)
{
	static const struct {
		const char *expression, *with, *without;
	} rows[] = {
		{ "1", "", "" },
		{ "@concat(outputs('GET_it'), body('get_it'))", "Get_it:o", "GET_it:o!" },
		{ "actions('Get_it')", "Get_it:io", "Get_it:io!" },
		{ "actions('Get_it')['status']", "Get_it:", "Get_it:!" },
		{ "actions('Get_it')?.inputs", "Get_it:i", "Get_it:i!" },
		{ "actions('Get_it')?[variables('x')]", "Get_it:io variable(x,)", "Get_it:io! variable(x,)" },
		{ "outputs('T')", "T:o!", "T:o!" },
		{ "outputs('Deep')", "Deep:o2", "Deep:o!" },
		{ "outputs('Pass')", "Pass:o1", "Pass:o!" },
		{ "actions('S')['status']", "S:*", "S:!" },
		{ "items('L')", "Get_it:o loop(L,0)", "loop(L,0,unknown)" },
		{ "items('m')", "Get_it:o I:i loop(L,0) loop(M,1) variable(fixed,I)", "loop(m,0,unknown)" },
		{ "iterationIndexes('U')", "loop(U,0,until)", "loop(U,0,unknown)" },
		{ "items('Get_it')", "loop(Get_it,0,unknown)", "loop(Get_it,0,unknown)" },
		{ "variables('FIXED')", "I:i variable(FIXED,I)", "variable(FIXED,)" },
		{ "variables('moving')", "variable(moving,J,changes)", "variable(moving,)" },
		{ "variables(concat('mov', 'ing'))", "", "" },
		{ "parameters('P')", "parameter(P)", "parameter(P,unknown)" },
		{ "result('S')", "One:io Two:io Inner:io* result(S,3)", "result(S,0)" },
		{ "triggerBody()?['a']", "trigger-o", "trigger-o" },
		{ "trigger()['inputs']", "trigger-i", "trigger-i" },
		{ "trigger()['startTime']", "trigger", "trigger" },
		{ "trigger()", "trigger-i-o", "trigger-i-o" },
		{ "triggerFormDataValue('x')", "trigger-o", "trigger-o" },
		{ "workflow()['run']", "workflow", "workflow" },
		{ "item()", "item", "item" },
		{ "action()", "current", "current" },
		{ "a @{outputs('One')} b @{outputs('Two')} @@{outputs('Far')}", "One:o Two:o", "One:o! Two:o!" },
	};
	struct json *d = lint_example(*state, definition);

	assert_non_null(d);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_template *t = wdl_parse_typed(*state, str_from(rows[i].expression));
		struct wdl_needs n = wdl_needs_of(*state, t, d);

		if (!str_eq(told(*state, &n), str_from(rows[i].with)))
			fail_msg("%s: %.*s", rows[i].expression, STR_ARG(told(*state, &n)));
		n = wdl_needs_of(*state, t, NULL);
		if (!str_eq(told(*state, &n), str_from(rows[i].without)))
			fail_msg("%s without: %.*s", rows[i].expression, STR_ARG(told(*state, &n)));
	}
}

/* A list that reads its own loop ends. */
static void test_needs_end(void **state)
{
	struct json *d = lint_example(*state, "`L`:{`type`:`Foreach`,`foreach`:`@items('M')`,`actions`:{}},"
					      "`M`:{`type`:`Foreach`,`foreach`:`@items('L')`,`actions`:{}}");
	struct wdl_needs n = wdl_needs_of(*state, wdl_parse(*state, S("@items('L')")), d);

	assert_str(told(*state, &n), "loop(M,0) loop(L,0)");
}

static struct str value_of(struct arena *a, const char *expression, const char *context)
{
	struct wdl_context c;
	struct wdl_result r;

	wdl_context_json(&c, json_parse(a, str_from(context), JSON_STRICT, NULL));
	r = wdl_evaluate(a, wdl_parse_typed(a, str_from(expression)), &c);
	return r.ok ? json_text(a, r.value) : r.fault.message;
}

static void test_seed_and_time(void **state)
{
	const char *e = "concat(guid(), ' ', rand(0, 1000000), ' ', guid())";
	struct str one = value_of(*state, e, "{\"seed\":7}"), parts = one, x, y;

	assert_true(str_eq(one, value_of(*state, e, "{\"seed\":7}")));
	assert_false(str_eq(one, value_of(*state, e, "{\"seed\":8}")));
	str_cut(&parts, ' ', &x);
	str_cut(&parts, ' ', &y);
	assert_false(str_eq(str_from_at(x, 1), str_first(parts, 36)));
	assert_false(str_eq(value_of(*state, e, "{}"), value_of(*state, e, "{}")));
	assert_str(value_of(*state, "utcNow('yyyy-MM-dd HH:mm')", "{\"now\":\"2026-11-21T18:05:00+01:00\"}"),
		   "\"2026-11-21 17:05\"");
	/* What is no time is not taken for one. */
	assert_true(str_find(value_of(*state, "utcNow()", "{\"now\":\"noon\"}"), S("T")) > 0);
}

/* All functions of the run, out of one record. */
static void test_recorded(void **state)
{
	static const char context[] =
		"{\"trigger\":{\"name\":\"T\",\"inputs\":1,\"outputs\":{\"headers\":{\"h\":2},\"body\":{\"b\":3}},\"status\":\"Succeeded\"},"
		"\"actions\":{\"A\":{\"name\":\"A\",\"inputs\":{\"i\":1},\"outputs\":{\"statusCode\":201,\"body\":{\"x\":[7,8]}},\"status\":\"Failed\",\"code\":\"C\"},"
		"\"Skipped\":{\"name\":\"Skipped\",\"status\":\"Skipped\"}},"
		"\"variables\":{\"v\":null},\"parameters\":{\"p\":{\"value\":\"pv\"},\"q\":{\"defaultValue\":[1]},\"r\":5},"
		"\"items\":{\"L\":{\"k\":\"li\"}},\"item\":[9],\"iterationIndexes\":{\"U\":4},"
		"\"results\":{\"S\":[{\"name\":\"One\",\"status\":\"Failed\"},{\"name\":\"Two\",\"status\":\"Succeeded\"}]},"
		"\"workflow\":{\"name\":\"w\",\"run\":{\"name\":\"r\"}},\"action\":{\"name\":\"Me\"}}";
	static const struct {
		const char *expression, *want;
	} rows[] = {
		{ "outputs('a')['statusCode']", "201" },
		{ "body('A')?['x'][1]", "8" },
		{ "actionOutputs('A')?['statusCode']", "201" },
		{ "actionBody('A')['x'][0]", "7" },
		{ "actions('A')['code']", "\"C\"" },
		{ "actions('A').inputs.i", "1" },
		{ "outputs('Skipped')", "null" },
		{ "body('Skipped')", "null" },
		{ "outputs('Skipped')?['x']", "null" },
		{ "actions('Skipped')?['outputs']", "null" },
		{ "trigger().inputs", "1" },
		{ "triggerOutputs()?['headers/h']", "2" },
		{ "triggerBody().b", "3" },
		{ "coalesce(variables('V'), 'none')", "\"none\"" },
		{ "concat(parameters('p'), parameters('q')[0], parameters('R'))", "\"pv15\"" },
		{ "items('l')['k']", "\"li\"" },
		{ "item()[0]", "9" },
		{ "iterationIndexes('u')", "4" },
		{ "length(result('S'))", "2" },
		{ "result('s')[0].status", "\"Failed\"" },
		{ "workflow()?['run']?['name']", "\"r\"" },
		{ "action()['name']", "\"Me\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!str_eq(value_of(*state, rows[i].expression, context), str_from(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].expression,
				 STR_ARG(value_of(*state, rows[i].expression, context)));
}

static void test_typed(void **state)
{
	static const struct {
		const char *source, *want;
	} rows[] = {
		{ "concat('a', 'b')", "\"ab\"" },	{ "@concat('a', 'b')", "\"ab\"" },
		{ "@{1}", "\"1\"" },			{ "x @{1} y", "\"x 1 y\"" },
		{ "concat('@{', '}')", "\"@{}\"" },	{ "@@x", "\"@x\"" },
		{ "7", "7" },				{ "'a'", "\"a\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(value_of(*state, rows[i].source, "{}"), rows[i].want);
}

static void test_explain(void **state)
{
	struct wdl_context c = { .steps = true };
	struct wdl_template *t = wdl_parse_typed(*state, S("concat('å', range(0, 50), div(1, 0))"));
	struct wdl_result r = wdl_evaluate(*state, t, &c);

	assert_false(r.ok);
	assert_str(json_text(*state, wdl_steps_json(*state, t, &r, 20, 1)),
		   "[{\"expression\":\"range(0, 50)\",\"offset\":12,\"valueBytes\":141}]");
	assert_int_equal(json_count(wdl_steps_json(*state, t, &r, 20, 9)), 3);
	t = wdl_parse_typed(*state, S("'å' + 1"));
	assert_str(json_text(*state, wdl_errors_json(*state, t)),
		   "[{\"offset\":0,\"message\":\"'+' is not an operator of the language\",\"instead\":\"concat('å', 1)\"}]");
	assert_str(wdl_instead_words(*state, t), "write concat('å', 1)");
	assert_int_equal(wdl_instead_words(*state, wdl_parse(*state, S("@add(1, 2)"))).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_needs),    UNIT(test_needs_end), UNIT(test_seed_and_time),
		UNIT(test_recorded), UNIT(test_typed),	   UNIT(test_explain),
	};

	return UNIT_RUN(tests);
}
