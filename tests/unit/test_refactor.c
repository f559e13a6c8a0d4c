/*
 * test_refactor.c - names and expressions changed with all that depends on them.
 */
#include <dirent.h>

#include "unit.h"
#include "wdl/diff.h"
#include "wdl/lint.h"
#include "wdl/print.h"
#include "wdl/refactor.h"
#include "wdl/walk.h"

#define C(name, inputs, after) \
	"`" name "`:{`type`:`Compose`,`inputs`:" inputs ",`runAfter`:{" after "}}"
#define OK(name) "`" name "`:[`Succeeded`]"

static struct refactor_flow open(struct arena *a, const char *text)
{
	struct json *v = lint_example(a, text);
	struct refactor_flow f = { 0 };
	const char *why;

	if (!v || !refactor_open(a, v, &f, &why))
		fail_msg("not a definition: %s", text);
	return f;
}

/* The document as it should be, in the short form of examples. */
static void assert_flow(struct arena *a, const struct refactor_flow *f, const char *want)
{
	struct json *v = lint_example(a, want);

	if (!v)
		fail_msg("no JSON: %s", want);
	if (!json_identical(f->document, v))
		fail_msg("have %.*s\nwant %.*s", STR_ARG(json_text(a, f->document)),
			 STR_ARG(json_text(a, v)));
}

/* ---- renaming ---- */

static void test_rename(void **state)
{
	static const struct {
		enum refactor_kind kind;
		const char *from, *to, *before, *after;
		size_t changed, computed;
	} rows[] = {
		/* Every function that names an action; case folds; plain text and other texts stay. */
		{ REFACTOR_ACTION, "get_IT", "Read it",
		  C("Get_it", "1", "") "," C("B", "`@concat(outputs('Get_it'), 'Get_it', body('GET_IT')?['Get_it'])`", OK("Get_it")) ","
		  C("C", "`outputs('Get_it') @{actions('Get_it')['status']} and @@{outputs('Get_it')}`", OK("B") "," OK("get_it")),
		  C("Read_it", "1", "") "," C("B", "`@concat(outputs('Read_it'), 'Get_it', body('Read_it')?['Get_it'])`", OK("Read_it")) ","
		  C("C", "`outputs('Get_it') @{actions('Read_it')['status']} and @@{outputs('Get_it')}`", OK("B") "," OK("Read_it")),
		  6, 0 },
		/* Quotes are doubled inside expressions alone. */
		{ REFACTOR_ACTION, "A", "Bob's mail", C("A", "1", "") "," C("B", "`@outputs('A')`", OK("A")),
		  C("Bob's_mail", "1", "") "," C("B", "`@outputs('Bob''s_mail')`", OK("Bob's_mail")), 3, 0 },
		{ REFACTOR_ACTION, "Bob's_mail", "A", C("Bob's_mail", "1", "") "," C("B", "`@{outputs('Bob''s_mail')}`", OK("Bob's_mail")),
		  C("A", "1", "") "," C("B", "`@{outputs('A')}`", OK("A")), 3, 0 },
		/* Loops, scopes, untils; keys of objects are expressions too. */
		{ REFACTOR_ACTION, "L", "Loop",
		  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" C("A", "{`@{items('L')}`:`@items('l')`}", "") "}},"
		  C("B", "`@result('L')`", OK("L")),
		  "`Loop`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" C("A", "{`@{items('Loop')}`:`@items('Loop')`}", "") "}},"
		  C("B", "`@result('Loop')`", OK("Loop")), 5, 0 },
		{ REFACTOR_ACTION, "U", "V",
		  "`U`:{`type`:`Until`,`expression`:`@equals(iterationIndexes('U'),1)`,`limit`:{`count`:1},`actions`:{}}",
		  "`V`:{`type`:`Until`,`expression`:`@equals(iterationIndexes('V'),1)`,`limit`:{`count`:1},`actions`:{}}", 2, 0 },
		/* All branches. */
		{ REFACTOR_ACTION, "a", "z",
		  "`a`:{`type`:`If`,`expression`:true,`actions`:{" C("b", "1", "") "},`else`:{`actions`:{" C("c", "1", "") "}}},"
		  "`s`:{`type`:`Switch`,`expression`:`@1`,`cases`:{`x`:{`case`:1,`actions`:{" C("d", "`@actions('a')`", "") "}}},"
		  "`default`:{`actions`:{" C("e", "`@actions('a')`", "") "}},`runAfter`:{" OK("a") "}}",
		  "`z`:{`type`:`If`,`expression`:true,`actions`:{" C("b", "1", "") "},`else`:{`actions`:{" C("c", "1", "") "}}},"
		  "`s`:{`type`:`Switch`,`expression`:`@1`,`cases`:{`x`:{`case`:1,`actions`:{" C("d", "`@actions('z')`", "") "}}},"
		  "`default`:{`actions`:{" C("e", "`@actions('z')`", "") "}},`runAfter`:{" OK("z") "}}", 4, 0 },
		/* Only the spelling. */
		{ REFACTOR_ACTION, "GET", "Get", C("get", "1", "") "," C("B", "`@outputs('GET')`", OK("get")),
		  C("Get", "1", "") "," C("B", "`@outputs('Get')`", OK("Get")), 3, 0 },
		/* Names that are computed, or that cannot be read, are left and told. */
		{ REFACTOR_ACTION, "A", "Z", C("A", "1", "") "," C("B", "`@outputs(concat('A', ''))`", OK("A")),
		  C("Z", "1", "") "," C("B", "`@outputs(concat('A', ''))`", OK("Z")), 2, 1 },
		{ REFACTOR_ACTION, "A", "Z", C("A", "1", "") "," C("B", "`@outputs('A`", OK("A")),
		  C("Z", "1", "") "," C("B", "`@outputs('A`", OK("Z")), 2, 1 },
		/* In a broken expression the names are still names. */
		{ REFACTOR_ACTION, "A", "Z", C("A", "1", "") "," C("B", "`@outputs('A') ?? 1`", OK("A")),
		  C("Z", "1", "") "," C("B", "`@outputs('Z') ?? 1`", OK("Z")), 3, 0 },
		/* Letters of any script fold. */
		{ REFACTOR_ACTION, "ärende", "Case", C("Ärende", "1", "") "," C("B", "`@outputs('ÄRENDE')`", OK("ärende")),
		  C("Case", "1", "") "," C("B", "`@outputs('Case')`", OK("Case")), 3, 0 },
		/* Descriptions are text. */
		{ REFACTOR_ACTION, "A", "Z", "`A`:{`type`:`Compose`,`inputs`:1,`description`:`@outputs('A')`,`metadata`:{`x`:`@outputs('A')`}}",
		  "`Z`:{`type`:`Compose`,`inputs`:1,`description`:`@outputs('A')`,`metadata`:{`x`:`@outputs('A')`}}", 1, 0 },

		{ REFACTOR_VARIABLE, "total", "Grand total",
		  "`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`Total`,`type`:`integer`,`value`:0}]}},"
		  "`S`:{`type`:`SetVariable`,`inputs`:{`name`:`Total`,`value`:`@add(variables('TOTAL'),1)`},`runAfter`:{" OK("I") "}},"
		  "`N`:{`type`:`IncrementVariable`,`inputs`:{`name`:`total`,`value`:1},`runAfter`:{" OK("S") "}},"
		  "`D`:{`type`:`Compose`,`inputs`:{`name`:`Total`,`x`:`@outputs('Total')`}}",
		  "`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`Grand total`,`type`:`integer`,`value`:0}]}},"
		  "`S`:{`type`:`SetVariable`,`inputs`:{`name`:`Grand total`,`value`:`@add(variables('Grand total'),1)`},`runAfter`:{" OK("I") "}},"
		  "`N`:{`type`:`IncrementVariable`,`inputs`:{`name`:`Grand total`,`value`:1},`runAfter`:{" OK("S") "}},"
		  "`D`:{`type`:`Compose`,`inputs`:{`name`:`Total`,`x`:`@outputs('Total')`}}", 4, 0 },

		{ REFACTOR_PARAMETER, "site", "Site (new_site)",
		  "{`properties`:{`definition`:{`parameters`:{`site`:{`type`:`String`}},`triggers`:{},`actions`:{"
		  C("A", "`@parameters('Site')`", "") "}},`parameters`:{`site`:{`value`:1}}}}",
		  "{`properties`:{`definition`:{`parameters`:{`Site (new_site)`:{`type`:`String`}},`triggers`:{},`actions`:{"
		  C("A", "`@parameters('Site (new_site)')`", "") "}},`parameters`:{`Site (new_site)`:{`value`:1}}}}", 3, 0 },

		{ REFACTOR_CONNECTION, "shared_x", "shared_mail-2",
		  "{`properties`:{`connectionReferences`:{`shared_x`:{`connectionName`:`shared_x`}},`definition`:{"
		  "`parameters`:{`$connections`:{`type`:`Object`,`defaultValue`:{`shared_x`:{}}}},`triggers`:{`T`:{`type`:`OpenApiConnection`,"
		  "`inputs`:{`host`:{`connectionName`:`shared_x`,`apiId`:`/apis/shared_x`}}}},`actions`:{"
		  "`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionReferenceName`:`SHARED_X`}}},"
		  "`B`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@parameters('$connections')['shared_x']['connectionId']`}}}},"
		  "`D`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@json(decodeBase64(triggerOutputs().headers['X']))['$connections'].shared_x.connectionId`}}}},"
		  "`E`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`referenceName`:`shared_x`}},`body`:`shared_x`}}}}}}",
		  "{`properties`:{`connectionReferences`:{`shared_mail-2`:{`connectionName`:`shared_x`}},`definition`:{"
		  "`parameters`:{`$connections`:{`type`:`Object`,`defaultValue`:{`shared_mail-2`:{}}}},`triggers`:{`T`:{`type`:`OpenApiConnection`,"
		  "`inputs`:{`host`:{`connectionName`:`shared_mail-2`,`apiId`:`/apis/shared_x`}}}},`actions`:{"
		  "`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionReferenceName`:`shared_mail-2`}}},"
		  "`B`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@parameters('$connections')['shared_mail-2']['connectionId']`}}}},"
		  "`D`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@json(decodeBase64(triggerOutputs().headers['X']))['$connections'].shared_mail-2.connectionId`}}}},"
		  "`E`:{`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`referenceName`:`shared_mail-2`}},`body`:`shared_x`}}}}}}", 7, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct refactor_flow f = open(*state, rows[i].before);
		struct refactor_result r = refactor_rename(*state, &f, rows[i].kind,
							   str_from(rows[i].from),
							   str_from(rows[i].to));

		if (!r.ok)
			fail_msg("%zu: %.*s", i, STR_ARG(r.message));
		assert_flow(*state, &f, rows[i].after);
		if (r.changed != rows[i].changed || r.computed != rows[i].computed)
			fail_msg("%zu: %zu changed, %zu computed", i, r.changed, r.computed);
		if (!json_at_n(f.root, r.pointer))
			fail_msg("%zu: nothing is at %.*s", i, STR_ARG(r.pointer));
	}
}

static void test_refused_names(void **state)
{
	static const char flow[] =
		"{`properties`:{`connectionReferences`:{`c`:{},`d`:{}},`definition`:{`parameters`:{`p`:{},`q`:{},"
		"`$connections`:{}},`triggers`:{`T`:{`type`:`Request`}},`actions`:{" C("A", "1", "") ","
		"`S`:{`type`:`Scope`,`actions`:{" C("In_it", "1", "") "}},"
		"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`v`},{`name`:`w`}]}},"
		"`X`:{`type`:`ApiConnection`,`inputs`:{`a`:`@parameters('$connections').c`}},"
		"`J`:{`type`:`Compose`,`inputs`:1,`runAfter`:{" OK("A") "," OK("gone") "}},"
		"`K`:{`type`:`Compose`,`inputs`:{`@{outputs('A')}`:1,`@{outputs('B')}`:2}}}}}}";
	static const struct {
		enum refactor_kind kind;
		const char *from, *to, *part;
	} rows[] = {
		{ REFACTOR_ACTION, "nowhere", "B", "no action is called \"nowhere\"" },
		{ REFACTOR_ACTION, "T", "B", "\"T\" is the trigger" },
		{ REFACTOR_ACTION, "A", "IN IT", "another action is called \"IN_IT\" already" },
		{ REFACTOR_ACTION, "A", "t", "a trigger is called" },
		{ REFACTOR_ACTION, "A", "", "empty" },
		{ REFACTOR_ACTION, "A", "  ", "empty" },
		{ REFACTOR_ACTION, "A", "a/b", "cannot be the name of an action" },
		{ REFACTOR_ACTION, "A", "a\tb", "cannot be" },
		{ REFACTOR_ACTION, "A", "\xff", "cannot be" },
		{ REFACTOR_ACTION, "A", "x2345678901234567890123456789012345678901234567890123456789012345678901234567890y", "cannot be" },
		{ REFACTOR_ACTION, "A", "Gone", "beside it already" },
		{ REFACTOR_ACTION, "A", "B", "two members of one object would be called \"@{outputs('B')}\"" },
		{ REFACTOR_VARIABLE, "v", "W", "another variable" },
		{ REFACTOR_VARIABLE, "A", "x", "no variable is called" },
		{ REFACTOR_VARIABLE, "v", "@x", "cannot be" },
		{ REFACTOR_PARAMETER, "p", "Q", "another parameter" },
		{ REFACTOR_PARAMETER, "$connections", "x", "belongs to the service" },
		{ REFACTOR_PARAMETER, "p", "$x", "cannot be" },
		{ REFACTOR_CONNECTION, "c", "D", "another connection reference" },
		{ REFACTOR_CONNECTION, "c", "a b", "cannot be" },
		{ REFACTOR_CONNECTION, "c", "a.b", "could not be written" },
		{ REFACTOR_CONNECTION, "nothing", "e", "no connection is called" },
	};
	struct refactor_flow f = open(*state, flow);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct refactor_result r = refactor_rename(*state, &f, rows[i].kind,
							   str_from(rows[i].from),
							   str_from(rows[i].to));

		if (r.ok || str_find(r.message, str_from(rows[i].part)) < 0)
			fail_msg("%s to %s: %.*s", rows[i].from, rows[i].to, STR_ARG(r.message));
		assert_flow(*state, &f, flow);
	}
}

/* ---- finding ---- */

static void test_find(void **state)
{
	struct refactor_flow f = open(
		*state, C("Get_it", "1", "") ","
		C("B", "`å @{outputs('Get_it')} @{body(variables('x'))}`", OK("get_it")));
	struct refactor_uses u = refactor_find(*state, &f, REFACTOR_ACTION, S("GET_IT"));

	assert_str(u.name, "Get_it");
	assert_int_equal(u.count, 3);
	assert_int_equal(u.computed, 1);
	assert_str(json_text(*state, refactor_uses_json(*state, &u)),
		   "[{\"kind\":\"declared\",\"pointer\":\"/actions/Get_it\",\"key\":true,\"text\":\"Get_it\",\"action\":\"Get_it\"},"
		   "{\"kind\":\"runAfter\",\"pointer\":\"/actions/B/runAfter/get_it\",\"key\":true,\"text\":\"get_it\",\"action\":\"B\"},"
		   "{\"kind\":\"expression\",\"pointer\":\"/actions/B/inputs\",\"offset\":4,\"text\":\"outputs('Get_it')\",\"action\":\"B\"},"
		   "{\"kind\":\"computed\",\"pointer\":\"/actions/B/inputs\",\"offset\":25,\"text\":\"body(variables('x'))\",\"action\":\"B\"}]");
	u = refactor_find(*state, &f, REFACTOR_VARIABLE, S("X"));
	assert_int_equal(u.count, 1);
	assert_int_equal(u.declared, 0);
}

/* ---- replacing and extracting ---- */

static void test_replace(void **state)
{
	struct refactor_flow f = open(
		*state, C("A", "`@concat(OUTPUTS( 'B' ), 'B', outputs('b')?.x, outputs('B')['x'], outputs('B').x)`", "") ","
		C("B", "`@{outputs('A')?['x']} x @{add(1,+1)} @{add(1, 1)}`", ""));
	struct refactor_result r = refactor_replace(*state, &f, S("@outputs('B')['x']"), S("@variables('v')"), S(""));

	assert_true(r.ok);
	assert_int_equal(r.changed, 2);
	r = refactor_replace(*state, &f, S("outputs('B')"), S("body('B')"), S(""));
	assert_true(r.ok);
	assert_int_equal(r.changed, 2);
	r = refactor_replace(*state, &f, S("add(1,1)"), S("2"), S(""));
	assert_true(r.ok);
	assert_int_equal(r.changed, 2);
	assert_flow(*state, &f,
		    C("A", "`@concat(body('B'), 'B', body('B')?.x, variables('v'), variables('v'))`", "") ","
		    C("B", "`@{outputs('A')?['x']} x @{2} @{2}`", ""));
	/* A text is not what names an action or a member. */
	r = refactor_replace(*state, &f, S("'B'"), S("'C'"), S("A"));
	assert_true(r.ok);
	assert_int_equal(r.changed, 1);
	r = refactor_replace(*state, &f, S("2"), S("3"), S("A"));
	assert_false(r.ok);
	assert_str(r.message, "2 stands nowhere in A");
	r = refactor_replace(*state, &f, S("2"), S("3"), S("nowhere"));
	assert_str(r.message, "no action is called \"nowhere\"");
	r = refactor_replace(*state, &f, S("a ?? b"), S("3"), S(""));
	assert_false(r.ok);
	r = refactor_replace(*state, &f, S("2"), S("concat('a'"), S(""));
	assert_false(r.ok);
	assert_flow(*state, &f,
		    C("A", "`@concat(body('B'), 'C', body('B')?.x, variables('v'), variables('v'))`", "") ","
		    C("B", "`@{outputs('A')?['x']} x @{2} @{2}`", ""));
	f = open(*state, C("A", "{`@{add(1,1)}`:1,`@{2}`:2}", ""));
	r = refactor_replace(*state, &f, S("add(1,1)"), S("2"), S(""));
	assert_false(r.ok);
	assert_flow(*state, &f, C("A", "{`@{add(1,1)}`:1,`@{2}`:2}", ""));
}

#define LOOP(name, actions, after) \
	"`" name "`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" actions "},`runAfter`:{" after "}}"
#define E "triggerBody()?['x']"

static void test_extract(void **state)
{
	static const struct {
		const char *expression, *step, *before, *after;
		size_t changed, left;
	} rows[] = {
		/* Before the first of two. */
		{ E, "", C("A", "1", "") "," C("B", "`@" E "`", OK("A")) "," C("D", "`x @{" E "}`", OK("B")),
		  C("A", "1", "") "," C("N", "`@" E "`", OK("A")) "," C("B", "`@outputs('N')`", OK("N")) "," C("D", "`x @{outputs('N')}`", OK("B")), 2, 0 },
		/* In parallel branches of one start. */
		{ E, "", C("B", "`@" E "`", "") "," C("D", "`@{" E "}`", ""),
		  C("N", "`@" E "`", "") "," C("B", "`@outputs('N')`", OK("N")) "," C("D", "`@{outputs('N')}`", OK("N")), 2, 0 },
		/* Inside the container that holds all uses; a handler keeps its condition. */
		{ E, "", "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("B", "`@" E "`", "`A`:[`Failed`]") "}}",
		  "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("N", "`@" E "`", "`A`:[`Failed`]") "," C("B", "`@outputs('N')`", OK("N")) "}}", 1, 0 },
		/* Before the container when it uses it itself. */
		{ E, "", "`F`:{`type`:`If`,`expression`:{`equals`:[`@" E "`,1]},`actions`:{" C("B", "`@" E "`", "") "}}",
		  C("N", "`@" E "`", "") ",`F`:{`type`:`If`,`expression`:{`equals`:[`@outputs('N')`,1]},`actions`:{" C("B", "`@outputs('N')`", "") "},"
		  "`runAfter`:{" OK("N") "}}", 2, 0 },
		/* What a loop gives stays in the loop. */
		{ "items('L')['a']", "", LOOP("L", C("B", "`@items('L')['a']`", ""), ""),
		  LOOP("L", C("N", "`@items('L')['a']`", "") "," C("B", "`@outputs('N')`", OK("N")), ""), 1, 0 },
		{ "item()", "", LOOP("L", C("B", "`@item()`", "") ",`Q`:{`type`:`Query`,`inputs`:{`from`:`@item()`},`runAfter`:{" OK("B") "}}", ""),
		  LOOP("L", C("N", "`@item()`", "") "," C("B", "`@outputs('N')`", OK("N")) ",`Q`:{`type`:`Query`,`inputs`:{`from`:`@item()`},`runAfter`:{" OK("B") "}}", ""), 1, 1 },
		/* The condition of an Until is evaluated too late. */
		{ E, "", "`U`:{`type`:`Until`,`expression`:`@" E "`,`actions`:{" C("B", "`@" E "`", "") "}}",
		  "`U`:{`type`:`Until`,`expression`:`@" E "`,`actions`:{" C("N", "`@" E "`", "") "," C("B", "`@outputs('N')`", OK("N")) "}}", 1, 1 },
		/* What changes is taken of one action only. */
		{ "variables('v')", "D", C("B", "`@variables('v')`", "") "," C("D", "`@variables('v')`", OK("B")),
		  C("B", "`@variables('v')`", "") "," C("N", "`@variables('v')`", OK("B")) "," C("D", "`@outputs('N')`", OK("N")), 1, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct refactor_flow f = open(*state, rows[i].before);
		struct refactor_result r = refactor_extract(*state, &f, str_from(rows[i].expression),
							    S("N"), str_from(rows[i].step));
		struct lint_report report;

		if (!r.ok)
			fail_msg("%zu: %.*s", i, STR_ARG(r.message));
		assert_flow(*state, &f, rows[i].after);
		assert_int_equal(r.changed, rows[i].changed);
		assert_int_equal(r.left, rows[i].left);
		assert_str(json_get_str(json_at_n(f.root, r.pointer), "type"), "Compose");
		report = lint_document(*state, f.document);
		for (const struct lint_finding *x = report.first; x; x = x->next)
			if (x->severity == LINT_ERROR && !str_starts(str_from(x->rule->id), S("REF07")) &&
			    !str_starts(str_from(x->rule->id), S("STR")))
				fail_msg("%zu: %s %.*s", i, x->rule->id, STR_ARG(x->message));
	}
}

static void test_not_extracted(void **state)
{
	static const struct {
		const char *expression, *name, *before, *part;
	} rows[] = {
		{ "'x'", "N", C("B", "`@'x'`", ""), "a literal" },
		{ E, "B", C("B", "`@" E "`", ""), "another action is called" },
		{ E, "N", C("B", "1", ""), "stands nowhere" },
		{ "variables('v')", "N", C("B", "`@variables('v')`", "") "," C("D", "`@variables('v')`", OK("B")), "its value may differ between B and D" },
		{ "utcNow()", "N", C("B", "`@utcNow()`", "") "," C("D", "`@utcNow()`", OK("B")), "may differ" },
		{ "action()", "N", C("B", "`@action()`", ""), "in every action" },
		{ "item()", "N", "`Q`:{`type`:`Select`,`inputs`:{`from`:`@createArray(1)`,`select`:`@item()`}}", "only inside of it" },
		{ "item()", "N", LOOP("L", C("A", "`@item()`", ""), "") "," LOOP("M", C("B", "`@item()`", ""), OK("L")), "of several loops" },
		/* D may run when B, and with it N, has failed. */
		{ E, "N", C("B", "`@" E "`", "") "," C("D", "`@" E "`", "`B`:[`Failed`]"), "no action can stand before all" },
		{ E, "N", C("A", "1", "") "," C("B", "`@" E "`", "") "," C("D", "`@" E "`", OK("A")), "no action can stand before all" },
		{ E, "N", "`U`:{`type`:`Until`,`expression`:`@" E "`,`actions`:{}}", "after its actions" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct refactor_flow f = open(*state, rows[i].before);
		struct refactor_result r = refactor_extract(*state, &f, str_from(rows[i].expression),
							    str_from(rows[i].name), S(""));

		if (r.ok || str_find(r.message, str_from(rows[i].part)) < 0)
			fail_msg("%zu: %.*s", i, STR_ARG(r.message));
		assert_flow(*state, &f, rows[i].before);
	}
}

/* ---- documents ---- */

static void test_documents(void **state)
{
	struct json *inner = lint_example(*state, "{`properties`:{`definition`:{`triggers`:{},`actions`:{" C("A", "1.50", "") "}}}}");
	struct json *row = json_new_object(*state);
	struct refactor_flow f;
	const char *why = "";

	json_set_z(*state, row, "name", "x");
	json_set_str(*state, row, "clientdata", json_text(*state, inner));
	assert_true(refactor_open(*state, row, &f, &why));
	assert_true(refactor_rename(*state, &f, REFACTOR_ACTION, S("A"), S("B")).ok);
	refactor_close(*state, &f);
	assert_str(json_text(*state, row),
		   "{\"name\":\"x\",\"clientdata\":\"{\\\"properties\\\":{\\\"definition\\\":{\\\"triggers\\\":{},\\\"actions\\\":"
		   "{\\\"B\\\":{\\\"type\\\":\\\"Compose\\\",\\\"inputs\\\":1.50,\\\"runAfter\\\":{}}}}}}\"}");
	json_set_z(*state, row, "clientdata", "{");
	assert_false(refactor_open(*state, row, &f, &why));
	assert_false(refactor_open(*state, json_new_object(*state), &f, &why));
	assert_false(refactor_open(*state, NULL, &f, &why));
}

/* ---- there and back ---- */

struct names {
	enum refactor_kind kind;
	struct str name;
};

static size_t names_of(struct arena *a, const struct refactor_flow *f, struct names **out)
{
	struct json *lists[] = { json_get(f->definition, "parameters"), f->references };
	static const enum refactor_kind kinds[] = { REFACTOR_PARAMETER, REFACTOR_CONNECTION };
	struct json *stack[64];
	size_t n = 0, depth = 0;

	*out = arena_array(a, 4096, sizeof(**out));
	for (size_t i = 0; i < 2; i++)
		JSON_EACH(member, lists[i])
			(*out)[n++] = (struct names){ kinds[i], json_name(member) };
	stack[depth++] = json_get(f->definition, "actions");
	while (depth) {
		struct json *actions = stack[--depth];

		JSON_EACH(s, actions) {
			struct json *inner[] = { json_get(s, "actions"), json_at(s, "/else/actions"),
						  json_at(s, "/default/actions") };

			assert_true(n < 4000 && depth < 50);
			(*out)[n++] = (struct names){ REFACTOR_ACTION, json_name(s) };
			JSON_EACH(v, json_at(s, "/inputs/variables"))
				(*out)[n++] = (struct names){ REFACTOR_VARIABLE, json_get_str(v, "name") };
			for (size_t i = 0; i < 3; i++)
				if (inner[i])
					stack[depth++] = inner[i];
			JSON_EACH(one, json_get(s, "cases"))
				if (json_get(one, "actions"))
					stack[depth++] = json_get(one, "actions");
		}
	}
	return n;
}

static size_t errors_of(struct arena *a, struct json *document)
{
	return lint_document(a, document).counts[LINT_ERROR];
}

static void assert_errors(struct arena *a, struct json *document, size_t want, const char *what)
{
	struct lint_report r = lint_document(a, document);

	if (r.counts[LINT_ERROR] != want)
		fail_msg("%s: %s at %.*s: %.*s", what, r.first->rule->id, STR_ARG(r.first->pointer),
			 STR_ARG(r.first->message));
}

/* Whatever it touches, a new name is one difference. */
static void assert_one_difference(struct arena *a, const struct json *was, const struct json *now,
				  const char *path, struct str name)
{
	struct diff d = diff_documents(a, was, now);

	if (d.count == 1 && d.first->kind == DIFF_RENAMED)
		return;
	for (const struct diff_change *c = d.first; c; c = c->next)
		print_error("%.*s\n", STR_ARG(c->words));
	fail_msg("%s: %.*s is %zu differences", path, STR_ARG(name), d.count);
}

/* Every name of the document: changed, nothing is left of the old one and the linter has nothing
 * new to say; changed back, it is the same value. */
static size_t there_and_back(const char *path, bool strict)
{
	static const char *const others[] = { [REFACTOR_ACTION] = "It's a new one",
					      [REFACTOR_VARIABLE] = "a new 'one'",
					      [REFACTOR_PARAMETER] = "A 'new' one",
					      [REFACTOR_CONNECTION] = "new_one-7" };
	struct arena keep, a;
	struct refactor_flow f;
	struct names *names;
	const char *why = "";
	size_t n, count = 0, errors;
	struct json *was;

	arena_init(&keep, (size_t)1 << 30);
	was = json_parse(&keep, unit_file(&keep, path), JSON_ANSWER, NULL);
	if (!was || !refactor_open(&keep, was, &f, &why)) {
		arena_release(&keep);
		return 0;
	}
	n = names_of(&keep, &f, &names);
	errors = errors_of(&keep, was);
	for (size_t i = 0; i < n; i++) {
		struct str other = str_from(others[names[i].kind]);
		struct refactor_result r, back;
		struct json *now, *normal;

		if (str_starts(names[i].name, S("$")))
			continue;
		arena_init(&a, (size_t)1 << 30);
		now = json_copy(&a, was);
		assert_true(refactor_open(&a, now, &f, &why));
		/* References that are spelt otherwise are spelt like the name from then on. */
		r = refactor_rename(&a, &f, names[i].kind, names[i].name, names[i].name);
		if (r.ok && strict)
			assert_true(json_identical(now, was));
		normal = json_copy(&a, now);
		r = refactor_rename(&a, &f, names[i].kind, names[i].name, other);
		if (!r.ok)
			fail_msg("%s: %.*s: %.*s", path, STR_ARG(names[i].name), STR_ARG(r.message));
		assert_int_equal(refactor_find(&a, &f, names[i].kind, names[i].name).count, 0);
		assert_int_equal(refactor_find(&a, &f, names[i].kind, r.name).count, r.changed);
		assert_false(json_equal(now, normal));
		assert_errors(&a, now, errors, path);
		assert_one_difference(&a, normal, now, path, names[i].name);
		back = refactor_rename(&a, &f, names[i].kind, r.name, names[i].name);
		if (!back.ok || back.changed != r.changed || !json_identical(now, normal))
			fail_msg("%s: %.*s does not come back: %.*s", path, STR_ARG(names[i].name),
				 STR_ARG(back.message));
		arena_release(&a);
		count++;
	}
	arena_release(&keep);
	return count;
}

/* Calls `check` for each flow; the sum of what it returns. */
static size_t each_flow(struct arena *a, size_t (*check)(const char *path, bool strict))
{
	const char *folder = "tests/data/flows";
	DIR *dir = opendir(folder);
	size_t files = 0, sum = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (str_ends(str_from(e->d_name), S(".json"))) {
			sum += check(arena_printf(a, "%s/%s", folder, e->d_name), true);
			files++;
		}
	closedir(dir);
	assert_int_equal(files, 10);
	return sum;
}

static void test_there_and_back(void **state)
{
	size_t names = each_flow(*state, there_and_back);

	assert_true(names >= 100);
	print_message("# %zu names renamed and renamed back, each one difference\n", names);
}

/* ---- everything that can be extracted ---- */

/* One expression of one action as an action of its own: the linter has nothing new to say, and
 * put back and taken out again it is the same document. */
static bool extract_one(const struct json *was, const struct wdl_place *p, struct str expression,
			size_t errors, const char *path)
{
	struct refactor_result r, back;
	struct refactor_flow f;
	const char *why = "";
	struct json *now;
	struct arena a;
	bool ok;

	arena_init(&a, (size_t)1 << 30);
	now = json_copy(&a, was);
	assert_true(refactor_open(&a, now, &f, &why));
	r = refactor_extract(&a, &f, expression, S("A new one"), p->step);
	ok = r.ok;
	if (!ok && !json_identical(now, was))
		fail_msg("%s: %.*s: changed and refused", path, STR_ARG(expression));
	if (ok) {
		assert_errors(&a, now, errors, path);
		back = refactor_replace(&a, &f, S("outputs('A_new_one')"), expression, S(""));
		assert_true(back.ok && back.changed == r.changed);
		assert_int_equal(diff_documents(&a, was, now).counts[DIFF_ADDED], 1);
		assert_int_equal(diff_documents(&a, was, now).counts[DIFF_CHANGED], 0);
	}
	arena_release(&a);
	return ok;
}

static size_t extract_all(const char *path, bool strict)
{
	struct arena a;
	struct json *was;
	struct wdl_places places;
	size_t count = 0, errors;
	struct refactor_flow f;
	const char *why = "";

	(void)strict;
	arena_init(&a, (size_t)1 << 30);
	was = json_parse(&a, unit_file(&a, path), JSON_ANSWER, NULL);
	if (!was || !refactor_open(&a, was, &f, &why)) {
		arena_release(&a);
		return 0;
	}
	errors = errors_of(&a, was);
	places = wdl_walk_definition(&a, f.definition, f.prefix);
	for (const struct wdl_place *p = places.first; p; p = p->next)
		for (const struct wdl_part *part = p->template->first; part; part = part->next) {
			struct buf b;

			if (!part->node || p->template->broken || !p->step.n)
				continue;
			buf_init_in(&b, &a, 1 << 20);
			wdl_print_node(&b, p->template, part->node);
			count += extract_one(was, p, buf_str(&b), errors, path);
		}
	arena_release(&a);
	return count;
}

static void test_extract_everything(void **state)
{
	size_t count = each_flow(*state, extract_all);

	assert_true(count >= 100);
	print_message("# %zu expressions made actions\n", count);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_rename),	  UNIT(test_refused_names), UNIT(test_find),
		UNIT(test_replace),	  UNIT(test_extract),	    UNIT(test_not_extracted),
		UNIT(test_documents),	  UNIT(test_there_and_back),
		UNIT(test_extract_everything),
	};

	/* With files as arguments: the same over a corpus that is not part of the repository. */
	if (argc > 1) {
		size_t names = 0;

		size_t expressions = 0;

		for (int i = 1; i < argc; i++) {
			names += there_and_back(argv[i], false);
			expressions += extract_all(argv[i], false);
		}
		print_message("# %zu names and %zu expressions of %d files\n", names, expressions,
			      argc - 1);
		return names == 0;
	}
	return UNIT_RUN(tests);
}
