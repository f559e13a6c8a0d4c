/*
 * test_diff.c - differences of definitions, told in the words of those who write them.
 */
#include "unit.h"
#include "wdl/diff.h"
#include "wdl/lint.h"
#include "wdl/refactor.h"

#define C(name, inputs, after) \
	"`" name "`:{`type`:`Compose`,`inputs`:" inputs ",`runAfter`:{" after "}}"
#define OK(name) "`" name "`:[`Succeeded`]"
#define INIT(name) \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`" name "`,`type`:`string`}]}}"
#define FLOW(references, parameters, actions) \
	"{`properties`:{`displayName`:`x`,`connectionReferences`:{" references "},`definition`:{`parameters`:{" parameters \
	"},`triggers`:{},`actions`:{" actions "}}}}"
#define HOST(key) "`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`" key "`}}"

static struct json *lines_of(struct arena *a, const struct diff *d)
{
	struct json *out = json_new_array(a);

	for (const struct diff_change *c = d->first; c; c = c->next)
		json_push(out, json_new_str(a, c->words));
	return out;
}

static void test_words(void **state)
{
	static const struct {
		const char *before, *after, *want;
	} rows[] = {
		{ C("A", "1", ""), C("A", "1.0", ""), "[]" },
		{ "`A`:{`type`:`Compose`,`inputs`:{`a`:1,`b`:[1,2]},`runAfter`:{}}",
		  "`A`:{`runAfter`:{},`inputs`:{`b`:[1,2],`a`:1},`type`:`Compose`}", "[]" },
		{ C("A", "1", "") "," C("B", "1", ""), C("B", "1", "") "," C("A", "1", ""), "[]" },
		{ "`A`:{`type`:`Compose`,`inputs`:1,`runAfter`:{`X`:[`Succeeded`,`Failed`],`Y`:[`Skipped`]}}",
		  "`A`:{`type`:`Compose`,`inputs`:1,`runAfter`:{`y`:[`SKIPPED`],`X`:[`Failed`,`Succeeded`]}}", "[]" },

		{ C("A", "1", ""), C("A", "1", "") "," C("B", "2", OK("A")), "[`action B (Compose) added, after A`]" },
		{ C("A", "1", "") "," C("B", "2", OK("A")), C("A", "1", ""), "[`action B (Compose) removed`]" },
		{ C("A", "`@add(1, 2)`", ""), C("A", "`@add(1, 3)`", ""),
		  "[`action A: /inputs changed from \\`@add(1, 2)\\` to \\`@add(1, 3)\\``]" },
		{ C("A", "{`x`:1,`y`:2}", ""), C("A", "{`y`:2,`z`:[]}", ""),
		  "[`action A: /inputs/x removed: 1`,`action A: /inputs/z added: []`]" },
		{ C("A", "[1,2,3]", ""), C("A", "[1,9,2,3]", ""), "[`action A: /inputs/1 added: 9`]" },
		{ C("A", "[1,2,3]", ""), C("A", "[1,3]", ""), "[`action A: /inputs/1 removed: 2`]" },
		{ C("A", "[1,2,3]", ""), C("A", "[1,7,3]", ""), "[`action A: /inputs/1 changed from 2 to 7`]" },
		{ C("A", "`0123456789012345678901234567890123456789012345678901234567890123456789`", ""), C("A", "{`a`:[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]}", ""),
		  "[`action A: /inputs changed from 70 bytes of text to object of 73 bytes`]" },

		{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B")),
		  C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", "`A`:[`Succeeded`,`Failed`]"),
		  "[`action D runs after A (Succeeded, Failed), no longer after B`]" },
		{ C("A", "1", ""), C("A", "1", OK("x") "," OK("y")), "[`action A runs after x and y, no longer after nothing`]" },

		{ "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "}}", C("A", "1", "") ",`S`:{`type`:`Scope`,`actions`:{}}",
		  "[`action A moved from S to the top level`]" },
		{ "`F`:{`type`:`If`,`actions`:{" C("A", "1", "") "}}", "`F`:{`type`:`If`,`actions`:{},`else`:{`actions`:{" C("A", "1", "") "}}}",
		  "[`action A moved from F to F (else)`]" },
		{ "`F`:{`type`:`Switch`,`cases`:{`x`:{`case`:1,`actions`:{" C("A", "1", "") "}}}}",
		  "`F`:{`type`:`Switch`,`cases`:{`x`:{`case`:2,`actions`:{}},`y`:{`case`:3,`actions`:{" C("A", "1", "") "}}}}",
		  "[`action F: /cases/x/case changed from 1 to 2`,`action F: /cases/y/case added: 3`,`action A moved from F (case x) to F (case y)`]" },

		/* A new name is told once, with nothing of what follows from it. */
		{ C("A", "`@triggerBody()?['the first of all names']?['and the last']`", "") "," C("B", "`@outputs('A')`", OK("A")),
		  C("Read it", "`@triggerBody()?['the first of all names']?['and the last']`", "") "," C("B", "`@outputs('A')`", OK("A")),
		  "[`action A renamed to Read it`,`action B runs after A, no longer after Read it`,"
		  "`action B: /inputs changed from \\`@outputs('Read it')\\` to \\`@outputs('A')\\``]" },
		{ C("A", "1", "") "," C("B", "`@outputs('A')`", OK("A")), C("Z", "1", "") "," C("B", "`@outputs('Z')`", OK("Z")),
		  "[`action A renamed to Z`]" },
		{ C("A", "1", "") "," C("B", "`@outputs('A')`", OK("A")), C("Z", "1", "") "," C("Y", "`@outputs('Z')`", OK("Z")),
		  "[`action A renamed to Z`,`action B renamed to Y`]" },
		{ C("A", "1", "") "," C("B", "`@outputs('A')`", OK("A")), C("a", "1", "") "," C("B", "`@outputs('a')`", OK("a")),
		  "[`action A renamed to a`]" },
		{ "`S`:{`type`:`Foreach`,`foreach`:`@x()`,`actions`:{" C("A", "`@items('S')`", "") "}}",
		  "`L`:{`type`:`Foreach`,`foreach`:`@x()`,`actions`:{" C("A", "`@items('L')`", "") "}}", "[`action S renamed to L`]" },
		/* The designer's id tells it although more has changed. */
		{ "`A`:{`type`:`Compose`,`inputs`:1,`metadata`:{`operationMetadataId`:`7`}}", "`Z`:{`type`:`Compose`,`inputs`:2,`metadata`:{`operationMetadataId`:`7`}}",
		  "[`action A renamed to Z`,`action Z: /inputs changed from 1 to 2`]" },
		/* Another kind of action is another action. */
		{ "`A`:{`type`:`Compose`,`inputs`:1,`metadata`:{`operationMetadataId`:`7`}}", "`Z`:{`type`:`Query`,`inputs`:1,`metadata`:{`operationMetadataId`:`7`}}",
		  "[`action A (Compose) removed`,`action Z (Query) added`]" },
		/* Nothing is made of a small body in another place. */
		{ "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "}}", "`S`:{`type`:`Scope`,`actions`:{}}," C("Z", "1", ""),
		  "[`action A (Compose) removed from S`,`action Z (Compose) added`]" },

		{ INIT("v") "," C("A", "`@variables('v')`", OK("I")), INIT("w") "," C("A", "`@variables('w')`", OK("I")),
		  "[`variable v renamed to w`]" },
		{ FLOW("", "`p`:{`type`:`String`}", C("A", "`@parameters('p')`", "")), FLOW("", "`q`:{`type`:`String`}", C("A", "`@parameters('q')`", "")),
		  "[`parameter p renamed to q`]" },
		{ FLOW("`c`:{`connectionName`:`x`}", "", "`A`:{" HOST("c") "}"), FLOW("`d`:{`connectionName`:`x`}", "", "`A`:{" HOST("d") "}"),
		  "[`connection c renamed to d`]" },
		{ FLOW("`c`:{`connectionName`:`x`}", "`p`:{`type`:`String`}", ""), FLOW("`c`:{`connectionName`:`y`}", "`p`:{`type`:`Int`},`q`:{}", ""),
		  "[`connection c: /connectionName changed from \\`x\\` to \\`y\\``,`parameter p: /type changed from \\`String\\` to \\`Int\\``,`parameter q added`]" },
		{ "{`triggers`:{`T`:{`type`:`Request`}},`actions`:{},`description`:`a`}", "{`triggers`:{`U`:{`type`:`Request`}},`actions`:{},`description`:`b`}",
		  "[`trigger T renamed to U`,`flow /description changed from \\`a\\` to \\`b\\``]" },
		{ "{`properties`:{`displayName`:`a`,`definition`:{`actions`:{}}}}", "{`properties`:{`displayName`:`b`,`definition`:{`actions`:{}}}}",
		  "[`flow /properties/displayName changed from \\`a\\` to \\`b\\``]" },
		/* A flow against a bare definition: only what both can say. */
		{ "{`properties`:{`displayName`:`a`,`connectionReferences`:{`c`:{}},`definition`:{`actions`:{" C("A", "1", "") "}}}}",
		  "{`actions`:{" C("A", "2", "") "}}", "[`action A: /inputs changed from 1 to 2`]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *before = lint_example(*state, rows[i].before);
		struct json *after = lint_example(*state, rows[i].after);
		struct str was = json_text(*state, before), is = json_text(*state, after), have, want;
		struct diff d;

		if (!before || !after)
			fail_msg("%zu: no JSON", i);
		d = diff_documents(*state, before, after);
		have = json_text(*state, lines_of(*state, &d));
		want = json_text(*state, json_get(lint_example(*state, arena_printf(*state, "{`x`:%s}", rows[i].want)), "x"));
		if (!str_eq(have, want))
			fail_msg("%zu: have %.*s\n   want %.*s", i, STR_ARG(have), STR_ARG(want));
		assert_true(d.usable);
		assert_int_equal(d.equal, d.first == NULL);
		/* Both are as they were, and each is equal to itself. */
		assert_true(str_eq(was, json_text(*state, before)) && str_eq(is, json_text(*state, after)));
		assert_true(diff_documents(*state, before, before).equal);
		/* Every pointer leads somewhere. */
		for (const struct diff_change *c = d.first; c; c = c->next)
			if (!json_at_n(c->kind == DIFF_REMOVED || !c->to ? before : after, c->pointer) &&
			    !json_at_n(after, c->pointer))
				fail_msg("%zu: %.*s", i, STR_ARG(c->pointer));
	}
}

static void test_data(void **state)
{
	struct json *before = lint_example(*state, C("A", "`12345678901234567890`", ""));
	struct json *after = lint_example(*state, "`S`:{`type`:`Scope`,`actions`:{" C("A", "7", OK("x")) "}}");
	struct diff d = diff_documents(*state, before, after);

	assert_str(json_text(*state, diff_json(*state, &d, 20)),
		   "{\"equal\":false,\"changes\":[{\"change\":\"added\",\"what\":\"action\",\"name\":\"S\",\"type\":\"Scope\","
		   "\"pointer\":\"/actions/S\",\"words\":\"action S (Scope) added\"},"
		   "{\"change\":\"moved\",\"what\":\"action\",\"name\":\"A\",\"type\":\"Compose\",\"pointer\":\"/actions/S/actions/A\","
		   "\"from\":\"\",\"to\":\"S\",\"words\":\"action A moved from the top level to S\"},"
		   "{\"change\":\"runAfter\",\"what\":\"action\",\"name\":\"A\",\"type\":\"Compose\",\"pointer\":\"/actions/S/actions/A\","
		   "\"from\":{},\"to\":{\"x\":[\"Succeeded\"]},\"words\":\"action A runs after x, no longer after nothing\"},"
		   "{\"change\":\"changed\",\"what\":\"action\",\"name\":\"A\",\"type\":\"Compose\",\"pointer\":\"/actions/S/actions/A/inputs\","
		   "\"from\":{\"bytes\":22},\"to\":7,\"words\":\"action A: /inputs changed from \\\"12345678901234567890\\\" to 7\"}]}");
	assert_int_equal(d.counts[DIFF_MOVED], 1);
	d = diff_documents(*state, before, json_new_array(*state));
	assert_false(d.usable);
	assert_non_null(strstr(d.why, "no definition"));
}

static void test_ceiling(void **state)
{
	struct json *before = lint_example(*state, "{`actions`:{`A`:{`inputs`:{}}}}");
	struct json *after = lint_example(*state, "{`actions`:{`A`:{`inputs`:{}}}}");
	struct json *inputs = json_at(after, "/actions/A/inputs");
	struct diff d;

	for (int i = 0; i < 3000; i++)
		json_set_int(*state, inputs, arena_printf(*state, "m%d", i), i);
	d = diff_documents(*state, before, after);
	assert_int_equal(d.count, 1000);
	assert_int_equal(d.dropped, 2000);
	assert_false(d.equal);
	assert_int_equal(json_int(json_get(diff_json(*state, &d, 9), "more"), 0), 2000);
}

/* What a rename does is one difference, whatever it touches. */
static void test_renames_of_a_flow(void **state)
{
	struct json *was = json_parse(*state, unit_file(*state, "tests/data/flows/request-review-and-approval-for-a-selected-file.json"), JSON_ANSWER, NULL);
	struct json *now = json_copy(*state, was);
	struct refactor_flow f;
	const char *why;
	struct diff d;

	assert_true(refactor_open(*state, now, &f, &why));
	assert_true(refactor_rename(*state, &f, REFACTOR_ACTION, S("Get_file_properties"), S("Read the file's properties")).ok);
	assert_true(refactor_rename(*state, &f, REFACTOR_CONNECTION, S("shared_sharepointonline"), S("files")).ok);
	assert_true(refactor_rename(*state, &f, REFACTOR_PARAMETER, S("sharepoint.site"), S("site")).ok);
	d = diff_documents(*state, was, now);
	for (const struct diff_change *c = d.first; c; c = c->next)
		if (c->kind != DIFF_RENAMED)
			fail_msg("%.*s", STR_ARG(c->words));
	assert_int_equal(d.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_words),
		UNIT(test_data),
		UNIT(test_ceiling),
		UNIT(test_renames_of_a_flow),
	};

	return UNIT_RUN(tests);
}
