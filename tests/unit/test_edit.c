/*
 * test_edit.c - operations on a definition: what each does, what each says when it cannot be
 * done, and that nothing else changes.
 */
#include <dirent.h>

#include "unit.h"
#include "wdl/edit.h"
#include "wdl/lint.h"

/* Short forms: ` stands for a quote; C(name, inputs, runAfter) is a Compose. */
#define C(name, inputs, after) \
	"`" name "`:{`type`:`Compose`,`inputs`:" inputs ",`runAfter`:{" after "}}"
#define ON(name, statuses) "`" name "`:[" statuses "]"
#define OK(name) ON(name, "`Succeeded`")
#define NEW "{`type`:`Compose`,`inputs`:0,`runAfter`:{}}"

static struct json *quoted(struct arena *a, const char *text)
{
	char *p = arena_copy(a, text, strlen(text));
	struct json *v;

	for (size_t i = 0; p[i]; i++)
		if (p[i] == '`')
			p[i] = '"';
	v = json_parse(a, str_from(p), JSON_STRICT, NULL);
	if (!v)
		fail_msg("no JSON: %s", p);
	return v;
}

static struct json *definition(struct arena *a, const char *text)
{
	struct json *v = lint_example(a, text);

	if (!v)
		fail_msg("no JSON: %s", text);
	return json_get(v, "definition") ? json_get(v, "definition") : v;
}

static struct json *edited(struct arena *a, const struct json *d, const char *operations)
{
	struct wdl_edit_error e;
	struct json *out = wdl_edit(a, d, quoted(a, operations), &e);

	if (!out)
		fail_msg("%s\nrefused: %.*s (%.*s) at %.*s", operations, STR_ARG(e.message),
			 STR_ARG(e.hint), STR_ARG(e.pointer));
	return out;
}

static void assert_same(struct arena *a, const char *of, const struct json *have,
			const struct json *want)
{
	if (!json_identical(have, want))
		fail_msg("%s\nhave %.*s\nwant %.*s", of, STR_ARG(json_text(a, have)),
			 STR_ARG(json_text(a, want)));
}

/* ---- what they do ---- */

static const struct {
	const char *before, *operations, *after;
} done[] = {
	/* By path. */
	{ C("A", "1.0", ""), "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],`value`:1e3}]", C("A", "1e3", "") },
	{ C("A", "1.0", ""), "[{`op`:`set`,`path`:[`actions`,`A`,`more`],`value`:null}]",
	  "`A`:{`type`:`Compose`,`inputs`:1.0,`runAfter`:{},`more`:null}" },
	{ C("A", "[1,[2,3]]", ""), "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`,1,0],`value`:{}}]", C("A", "[1,[{},3]]", "") },
	{ C("A", "[1,2]", ""), "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`,`1`],`value`:5}]", C("A", "[1,5]", "") },
	{ C("A", "[1,2]", ""), "[{`op`:`add`,`path`:[`actions`,`A`,`inputs`,1],`value`:5}]", C("A", "[1,5,2]", "") },
	{ C("A", "[1,2]", ""), "[{`op`:`add`,`path`:[`actions`,`A`,`inputs`,2],`value`:5}]", C("A", "[1,2,5]", "") },
	{ C("A", "[]", ""), "[{`op`:`add`,`path`:[`actions`,`A`,`inputs`,`-`],`value`:5}]", C("A", "[5]", "") },
	{ C("A", "{`x`:1,`y`:2}", ""), "[{`op`:`add`,`path`:[`actions`,`A`,`inputs`,`0`],`value`:3}]", C("A", "{`x`:1,`y`:2,`0`:3}", "") },
	{ C("A", "{`x`:1,`y`:2}", ""), "[{`op`:`remove`,`path`:[`actions`,`A`,`inputs`,`x`]}]", C("A", "{`y`:2}", "") },
	{ C("A", "[1,2,3]", ""), "[{`op`:`remove`,`path`:[`actions`,`A`,`inputs`,1]}]", C("A", "[1,3]", "") },
	{ C("A", "{`a/b`:1,`~`:2}", ""), "[{`op`:`remove`,`path`:[`actions`,`A`,`inputs`,`a/b`]}]", C("A", "{`~`:2}", "") },
	/* RFC 7396. */
	{ C("A", "{`a`:1,`b`:{`c`:2,`d`:3},`e`:[1]}", ""),
	  "[{`op`:`merge`,`path`:[`actions`,`A`,`inputs`],`value`:{`b`:{`c`:null,`x`:{`y`:null,`z`:1}},`e`:[2],`f`:`g`}}]",
	  C("A", "{`a`:1,`b`:{`d`:3,`x`:{`z`:1}},`e`:[2],`f`:`g`}", "") },
	/* Insert: the chain goes on behind it. */
	{ C("A", "1", "") "," C("B", "2", OK("A")), "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", OK("A")) "," C("B", "2", OK("N")) },
	{ C("A", "1", "") "," C("B", "2", OK("A")), "[{`op`:`insert_after`,`action`:`a`,`name`:`A new one`,`value`:{`type`:`Compose`}}]",
	  C("A", "1", "") ",`A_new_one`:{`type`:`Compose`,`runAfter`:{" OK("A") "}}," C("B", "2", OK("A_new_one")) },
	/* What runs on failure goes on doing so. */
	{ C("A", "1", "") "," C("H", "2", ON("A", "`Failed`,`TimedOut`")) "," C("B", "3", OK("A")),
	  "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", OK("A")) "," C("H", "2", ON("A", "`Failed`,`TimedOut`")) "," C("B", "3", OK("N")) },
	/* What runs in more than one case waits for both. */
	{ C("A", "1", "") "," C("B", "3", ON("A", "`Succeeded`,`Failed`")),
	  "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", OK("A")) "," C("B", "3", ON("A", "`Succeeded`,`Failed`") "," ON("N", "`Succeeded`,`Failed`,`Skipped`")) },
	{ C("A", "1", "") "," C("B", "3", ON("A", "`Succeeded`,`Failed`,`Skipped`,`TimedOut`")),
	  "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", OK("A")) "," C("B", "3", ON("N", "`Succeeded`,`Failed`,`Skipped`,`TimedOut`")) },
	/* A handler of its own leaves the chain alone. */
	{ C("A", "1", "") "," C("B", "3", OK("A")),
	  "[{`op`:`insert_after`,`action`:`A`,`name`:`H`,`value`:" "{`type`:`Compose`,`inputs`:0,`runAfter`:{`A`:[`Failed`]}}" "}]",
	  C("A", "1", "") "," C("H", "0", ON("A", "`Failed`")) "," C("B", "3", OK("A")) },
	/* Joins keep their other legs. */
	{ C("A", "1", "") "," C("X", "1", "") "," C("B", "3", OK("X") "," OK("A")),
	  "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", OK("A")) "," C("X", "1", "") "," C("B", "3", OK("X") "," OK("N")) },
	/* First of all. */
	{ C("A", "1", "") "," C("X", "1", "") "," C("B", "3", OK("A")),
	  "[{`op`:`insert_after`,`action`:`manual`,`name`:`N`,`value`:" NEW "}]",
	  C("N", "0", "") "," C("A", "1", OK("N")) "," C("X", "1", OK("N")) "," C("B", "3", OK("A")) },
	{ C("A", "1", "") "," C("B", "3", ON("A", "`Failed`")),
	  "[{`op`:`insert_before`,`action`:`B`,`name`:`N`,`value`:" NEW "}]",
	  C("A", "1", "") "," C("N", "0", ON("A", "`Failed`")) "," C("B", "3", OK("N")) },
	/* Into containers. */
	{ "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "}}", "[{`op`:`insert_into`,`action`:`S`,`name`:`N`,`value`:" NEW "}]",
	  "`S`:{`type`:`Scope`,`actions`:{" C("N", "0", "") "," C("A", "1", OK("N")) "}}" },
	{ "`I`:{`type`:`If`,`expression`:true,`actions`:{}}", "[{`op`:`insert_into`,`action`:`I`,`branch`:`else`,`name`:`N`,`value`:" NEW "}]",
	  "`I`:{`type`:`If`,`expression`:true,`actions`:{},`else`:{`actions`:{" C("N", "0", "") "}}}" },
	{ "`W`:{`type`:`Switch`,`expression`:1,`cases`:{`Two`:{`case`:2,`actions`:{}}},`default`:{`actions`:{}}}",
	  "[{`op`:`insert_into`,`action`:`W`,`branch`:`Two`,`name`:`N`,`value`:" NEW "},{`op`:`insert_into`,`action`:`W`,`branch`:`default`,`name`:`M`,`value`:" NEW "}]",
	  "`W`:{`type`:`Switch`,`expression`:1,`cases`:{`Two`:{`case`:2,`actions`:{" C("N", "0", "") "}}},`default`:{`actions`:{" C("M", "0", "") "}}}" },
	/* Inside of a container, by name alone. */
	{ "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("B", "1", OK("A")) "}}", "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "}]",
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("N", "0", OK("A")) "," C("B", "1", OK("N")) "}}" },
	/* Remove. */
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B")), "[{`op`:`remove_action`,`action`:`B`}]",
	  C("A", "1", "") "," C("D", "3", OK("A")) },
	{ C("A", "1", "") "," C("B", "2", OK("A")), "[{`op`:`remove_action`,`action`:`A`}]", C("B", "2", "") },
	{ C("A", "1", "") "," C("X", "1", "") "," C("B", "2", OK("A") "," ON("X", "`Failed`")) "," C("D", "3", OK("B")),
	  "[{`op`:`remove_action`,`action`:`B`}]",
	  C("A", "1", "") "," C("X", "1", "") "," C("D", "3", OK("A") "," ON("X", "`Failed`")) },
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", ON("B", "`Succeeded`,`Skipped`")), "[{`op`:`remove_action`,`action`:`B`}]",
	  C("A", "1", "") "," C("D", "3", ON("A", "`Succeeded`,`Skipped`,`Failed`,`TimedOut`")) },
	/* Move. */
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B")), "[{`op`:`move`,`action`:`A`,`after`:`B`}]",
	  C("B", "2", "") "," C("A", "1", OK("B")) "," C("D", "3", OK("A")) },
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B")), "[{`op`:`move`,`action`:`D`,`before`:`A`}]",
	  C("D", "3", "") "," C("A", "1", OK("D")) "," C("B", "2", OK("A")) },
	{ C("A", "1", "") ",`S`:{`type`:`Scope`,`actions`:{" C("B", "2", "") "},`runAfter`:{" OK("A") "}}", "[{`op`:`move`,`action`:`A`,`into`:`S`}]",
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("B", "2", OK("A")) "},`runAfter`:{}}" },
	{ "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("B", "2", OK("A")) "},`runAfter`:{}}", "[{`op`:`move`,`action`:`A`,`after`:`S`}]",
	  "`S`:{`type`:`Scope`,`actions`:{" C("B", "2", "") "},`runAfter`:{}}," C("A", "1", OK("S")) },
	/* Its handler stays with it. */
	{ C("A", "1", "") "," C("H", "9", ON("A", "`Failed`")) "," C("B", "2", OK("A")), "[{`op`:`move`,`action`:`A`,`after`:`B`}]",
	  C("H", "9", ON("A", "`Failed`")) "," C("B", "2", "") "," C("A", "1", OK("B")) },
	/* Wrap. */
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B")) "," C("E", "4", OK("D")),
	  "[{`op`:`wrap_in_scope`,`actions`:[`B`,`D`],`name`:`Try`}]",
	  C("A", "1", "") ",`Try`:{`type`:`Scope`,`actions`:{" C("B", "2", "") "," C("D", "3", OK("B")) "},`runAfter`:{" OK("A") "}}," C("E", "4", OK("Try")) },
	{ C("A", "1", "") "," C("B", "2", OK("A")) "," C("H", "3", ON("B", "`Failed`")),
	  "[{`op`:`wrap_in_scope`,`actions`:[`A`,`B`],`name`:`Try it`},{`op`:`wrap_in_scope`,`actions`:[`H`],`name`:`Catch`}]",
	  "`Try_it`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("B", "2", OK("A")) "},`runAfter`:{}},"
	  "`Catch`:{`type`:`Scope`,`actions`:{" C("H", "3", "") "},`runAfter`:{" ON("Try_it", "`Failed`") "}}" },
	/* Parallel legs join behind it. */
	{ C("A", "1", "") "," C("X", "1", "") "," C("B", "2", OK("A")) "," C("D", "3", OK("B") "," OK("X")),
	  "[{`op`:`wrap_in_scope`,`actions`:[`A`,`X`,`B`],`name`:`T`}]",
	  "`T`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "," C("X", "1", "") "," C("B", "2", OK("A")) "},`runAfter`:{}}," C("D", "3", OK("T")) },
	/* Names and expressions. */
	{ C("A", "1", "") "," C("B", "`@outputs('A')`", OK("A")), "[{`op`:`rename_action`,`action`:`a`,`name`:`Bob's mail`}]",
	  C("Bob's_mail", "1", "") "," C("B", "`@outputs('Bob''s_mail')`", OK("Bob's_mail")) },
	{ C("A", "`@{triggerBody( )?['x']} y`", "") "," C("B", "`@triggerBody()?['x']`", ""),
	  "[{`op`:`replace_expression`,`expression`:`triggerBody()?['x']`,`replacement`:`variables('v')`,`action`:`B`}]",
	  C("A", "`@{triggerBody( )?['x']} y`", "") "," C("B", "`@variables('v')`", "") },
	/* Parameters. */
	{ "`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`item/Title`:1,`x`:{`y`:2}}}}",
	  "[{`op`:`set_parameter`,`action`:`A`,`parameter`:`item/Title`,`value`:`t`},{`op`:`set_parameter`,`action`:`A`,`parameter`:`x/y`,`value`:3},"
	  "{`op`:`set_parameter`,`action`:`A`,`parameter`:`item/Other`,`value`:4}]",
	  "`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`item/Title`:`t`,`x`:{`y`:3},`item/Other`:4}}}" },
	{ "{`parameters`:{`p`:{`type`:`String`,`defaultValue`:`a`}},`triggers`:{},`actions`:{}}", "[{`op`:`set_parameter`,`parameter`:`p`,`value`:`b`}]",
	  "{`parameters`:{`p`:{`type`:`String`,`defaultValue`:`b`}},`triggers`:{},`actions`:{}}" },
	/* One after the other: a new name is known at once. */
	{ C("A", "1", ""), "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:" NEW "},{`op`:`rename_action`,`action`:`N`,`name`:`M m`},"
	  "{`op`:`set`,`path`:[`actions`,`M_m`,`inputs`],`value`:7}]",
	  C("A", "1", "") "," C("M_m", "7", OK("A")) },
	{ C("A", "1", ""), "[]", C("A", "1", "") },
};

static void test_done(void **state)
{
	for (size_t i = 0; i < COUNT(done); i++) {
		struct json *was = definition(*state, done[i].before);
		struct json *kept = json_copy(*state, was);

		assert_same(*state, done[i].operations, edited(*state, was, done[i].operations),
			    definition(*state, done[i].after));
		assert_same(*state, "the input", was, kept);
	}
}

/* ---- what cannot be done ---- */

#define FLOW C("Get_items", "{`list`:[1,2]}", "") "," C("Send", "2", OK("Get_items")) ","      \
	"`Loop`:{`type`:`Foreach`,`foreach`:`@body('Get_items')`,`actions`:{" C("Inner", "3", "") \
	"},`runAfter`:{" OK("Send") "}}," C("Handler", "4", ON("Loop", "`Failed`"))

static const struct {
	const char *operations;
	size_t index;
	const char *pointer, *message, *hint;
} refused[] = {
	{ "[5]", 0, "", "an operation is an object, not number", "such as" },
	{ "[{}]", 0, "", "has a member \"op\"", "one of: add" },
	{ "[{`op`:`insertafter`}]", 0, "", "no operation \"insertafter\"", "did you mean \"insert_after\"?" },
	{ "[{`op`:`frobnicate`}]", 0, "", "no operation \"frobnicate\"", "one of: add" },
	{ "[{`op`:`set`,`value`:1}]", 0, "", "set needs \"path\"", "set takes: path value" },
	{ "[{`op`:`set`,`path`:[`actions`]}]", 0, "", "set needs \"value\"", "set takes" },
	{ "[{`op`:`remove`,`path`:[`actions`],`value`:1}]", 0, "", "remove has no \"value\"", "remove takes: path" },
	{ "[{`op`:`set`,`path`:`/actions/Send`,`value`:1}]", 0, "", "is array, not string", "[\"actions\",\"Compose\",\"inputs\"]" },
	{ "[{`op`:`set`,`path`:[],`value`:1}]", 0, "", "the path is empty", "itself" },
	{ "[{`op`:`set`,`path`:[true],`value`:1}]", 0, "", "a path holds boolean", "" },
	{ "[{`op`:`set`,`path`:[`actions`,`send`,`inputs`],`value`:1}]", 0, "/actions/send", "there is no \"send\"", "did you mean \"Send\"?" },
	{ "[{`op`:`set`,`path`:[`actions`,`Inner`,`inputs`],`value`:1}]", 0, "/actions/Inner", "there is no \"Inner\"", "stands at /actions/Loop/actions/Inner" },
	{ "[{`op`:`remove`,`path`:[`actions`,`Send`,`input`]}]", 0, "/actions/Send/input", "there is no \"input\"", "did you mean \"inputs\"?" },
	{ "[{`op`:`merge`,`path`:[`actions`,`Send`,`x`],`value`:{}}]", 0, "/actions/Send/x", "there is no \"x\"", "there are: \"type\"" },
	{ "[{`op`:`merge`,`path`:[`actions`,`Send`,`inputs`],`value`:{}}]", 0, "/actions/Send/inputs", "object into number", "set replaces" },
	{ "[{`op`:`add`,`path`:[`actions`,`Send`],`value`:1}]", 0, "/actions/Send", "a \"Send\" already", "set replaces" },
	{ "[{`op`:`set`,`path`:[`actions`,`Get_items`,`inputs`,`list`,2],`value`:1}]", 0, "/actions/Get_items/inputs/list", "has 2 items, and none 2", "from 0" },
	{ "[{`op`:`add`,`path`:[`actions`,`Get_items`,`inputs`,`list`,3],`value`:1}]", 0, "/actions/Get_items/inputs/list", "has 2 items, and none 3", "from 0" },
	{ "[{`op`:`set`,`path`:[`actions`,`Get_items`,`inputs`,`list`,`x`],`value`:1}]", 0, "/actions/Get_items/inputs/list", "\"x\" is no index", "from 0" },
	{ "[{`op`:`set`,`path`:[`actions`,`Get_items`,`inputs`,`list`,-1],`value`:1}]", 0, "/actions/Get_items/inputs/list", "\"-1\" is no index", "from 0" },
	{ "[{`op`:`set`,`path`:[`actions`,0,`inputs`],`value`:1}]", 0, "/actions", "an index was given where an object is", "Get_items" },
	{ "[{`op`:`set`,`path`:[`actions`,`Send`,`inputs`,`x`],`value`:1}]", 0, "/actions/Send/inputs", "there is number here", "" },
	{ "[{`op`:`rename_action`,`action`:`Sned`,`name`:`X`}]", 0, "", "no action is called \"Sned\"", "did you mean \"Send\"?" },
	{ "[{`op`:`rename_action`,`action`:`Zzzzzzzzzz`,`name`:`X`}]", 0, "", "no action is called", "there are: \"Get_items\", \"Send\"" },
	{ "[{`op`:`rename_action`,`action`:`Send`,`name`:`inner`}]", 0, "/actions/Send", "called \"inner\" already", "fold case" },
	{ "[{`op`:`rename_action`,`action`:`Send`,`name`:`a<b`}]", 0, "/actions/Send", "cannot be the name", "not allowed" },
	{ "[{`op`:`rename_action`,`action`:`manual`,`name`:`X`}]", 0, "/triggers/manual", "\"manual\" is the trigger", "by path" },
	{ "[{`op`:`insert_after`,`action`:`Send`,`name`:`Inner`,`value`:{}}]", 0, "/actions/Loop/actions/Inner", "an action is called \"Inner\" already", "fold case" },
	{ "[{`op`:`insert_after`,`action`:`Send`,`name`:``,`value`:{}}]", 0, "", "empty", "" },
	{ "[{`op`:`insert_after`,`action`:`Send`,`name`:`N`,`value`:1}]", 0, "", "an action is an object, not number", "Compose" },
	{ "[{`op`:`insert_after`,`action`:`Send`,`name`:`N`,`value`:{`runAfter`:{`Get_items`:[`Succeeded`]}}}]", 0, "", "does not name \"Send\"", "leave runAfter out" },
	{ "[{`op`:`insert_before`,`action`:`Send`,`name`:`N`,`value`:{`runAfter`:{`Send`:[`Succeeded`]}}}]", 0, "", "waits for what was waited for here", "leave runAfter out" },
	{ "[{`op`:`insert_after`,`action`:`Get_items`,`name`:`N`,`value`:{`runAfter`:{`Get_items`:[`Succeeded`],`Loop`:[`Succeeded`]}}}]", 0, "", "\"N\" would wait for itself", "" },
	{ "[{`op`:`insert_into`,`action`:`Send`,`name`:`N`,`value`:{}}]", 0, "/actions/Send", "\"Send\" contains no actions", "Scope" },
	{ "[{`op`:`insert_into`,`action`:`Loop`,`branch`:`else`,`name`:`N`,`value`:{}}]", 0, "/actions/Loop", "no branch \"else\"", "\"actions\"" },
	{ "[{`op`:`remove_action`,`action`:`Send`},{`op`:`remove_action`,`action`:`Loop`}]", 1, "/actions/Loop", "\"Handler\" runs when \"Loop\" does not succeed", "remove that one first" },
	{ "[{`op`:`move`,`action`:`Send`}]", 0, "", "one of \"after\", \"before\" and \"into\"", "" },
	{ "[{`op`:`move`,`action`:`Send`,`after`:`Loop`,`branch`:`else`}]", 0, "", "goes with \"into\"", "" },
	{ "[{`op`:`move`,`action`:`Loop`,`after`:`Inner`}]", 0, "/actions/Loop", "\"Loop\" cannot be moved into itself", "outside" },
	{ "[{`op`:`move`,`action`:`Loop`,`after`:`Loop`}]", 0, "/actions/Loop", "next to itself", "outside" },
	{ "[{`op`:`move`,`action`:`Loop`,`after`:`Handler`}]", 0, "", "\"Loop\" would wait for itself, by way of \"Handler\"", "another place" },
	{ "[{`op`:`wrap_in_scope`,`actions`:[],`name`:`T`}]", 0, "", "\"actions\" is empty", "name" },
	{ "[{`op`:`wrap_in_scope`,`actions`:[`Send`,`Inner`],`name`:`T`}]", 0, "/actions/Loop/actions/Inner", "stands in another container", "side by side" },
	{ "[{`op`:`wrap_in_scope`,`actions`:[`Get_items`,`Loop`],`name`:`T`}]", 0, "", "\"T\" would wait for itself, by way of \"Send\"", "" },
	{ "[{`op`:`wrap_in_scope`,`actions`:[`Send`,`Handler`],`name`:`T`}]", 0, "", "wait for different outcomes", "the same" },
	{ "[{`op`:`replace_expression`,`expression`:`item()`,`replacement`:`1`}]", 0, "", "", "" },
	{ "[{`op`:`replace_expression`,`expression`:`concat(`,`replacement`:`1`}]", 0, "", "", "" },
	{ "[{`op`:`set_parameter`,`action`:`Send`,`parameter`:`x`,`value`:1}]", 0, "/actions/Send", "has no inputs.parameters", "set with the path" },
	{ "[{`op`:`set_parameter`,`parameter`:`x`,`value`:1}]", 0, "/parameters", "no parameter \"x\"", "" },
	{ "[{`op`:`set_parameter`,`parameter`:`$connections`,`value`:1}]", 0, "", "belongs to the service", "" },
};

static void test_refused(void **state)
{
	struct json *was = definition(*state, FLOW), *kept = json_copy(*state, was);

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct wdl_edit_error e;
		struct json *out = wdl_edit(*state, was, quoted(*state, refused[i].operations), &e);

		if (out)
			fail_msg("%s\ndone: %.*s", refused[i].operations,
				 STR_ARG(json_text(*state, out)));
		if (!e.message.n || e.index != refused[i].index ||
		    !str_eq(e.pointer, str_from(refused[i].pointer)) ||
		    str_find(e.message, str_from(refused[i].message)) < 0 ||
		    str_find(e.hint, str_from(refused[i].hint)) < 0)
			fail_msg("%s\nsays %zu, %.*s: %.*s (%.*s)", refused[i].operations, e.index,
				 STR_ARG(e.pointer), STR_ARG(e.message), STR_ARG(e.hint));
		assert_same(*state, "the input", was, kept);
	}
}

static void test_ceilings(void **state)
{
	struct json *was = definition(*state, FLOW), *list = json_new_array(*state);
	struct wdl_edit_error e;
	struct json *deep = json_new_int(*state, 1), *outer;

	for (size_t i = 0; i < 201; i++)
		json_push(list, json_copy(*state, json_first(quoted(*state,
			  "[{`op`:`set`,`path`:[`x`],`value`:1}]"))));
	assert_null(wdl_edit(*state, was, list, &e));
	assert_true(str_find(e.message, S("more than")) >= 0);

	for (size_t i = 0; i < 95; i++) {
		outer = json_new_array(*state);
		json_push(outer, deep);
		deep = outer;
	}
	list = quoted(*state, "[{`op`:`set`,`path`:[`actions`,`Send`,`inputs`]}]");
	json_set(*state, json_first(list), "value", deep);
	assert_null(wdl_edit(*state, was, list, &e));
	assert_true(str_find(e.message, S("too deeply")) >= 0);
	assert_null(wdl_edit(*state, was, NULL, &e));
	assert_true(e.message.n > 0);
}

/* The caller's memory runs out: its own way out is taken, and nothing of ours is left behind (what
 * the leak checker sees).  Two hundred operations cost little more than one. */
static void test_memory(void **state)
{
	struct json *was = definition(*state, FLOW), *list = quoted(*state, "[]"), *out;
	struct wdl_edit_error e;
	struct arena small;
	size_t used;
	jmp_buf way;

	arena_init(&small, 2000);
	if (arena_guard(&small, &way)) {
		assert_true(small.out == &way);
		arena_release(&small);
	} else {
		(void)wdl_edit(&small, was, quoted(*state, "[]"), &e);
		fail_msg("2000 bytes were enough");
	}
	for (size_t i = 0; i < 200; i++)
		json_push(list, json_copy(*state, json_first(quoted(*state, i % 2 ?
			  "[{`op`:`rename_action`,`action`:`Zz`,`name`:`Send`}]" :
			  "[{`op`:`rename_action`,`action`:`Send`,`name`:`Zz`}]"))));
	used = ((struct arena *)*state)->used;
	out = wdl_edit(*state, was, list, &e);
	assert_same(*state, "renamed there and back a hundred times", out, was);
	assert_true(((struct arena *)*state)->used - used < 64000);
}

/* Two actions of one name, as only a damaged definition has them. */
static void test_ambiguous(void **state)
{
	struct json *was = definition(*state, C("A", "1", "") ",`S`:{`type`:`Scope`,`actions`:{" C("a", "2", "") "}}");
	struct wdl_edit_error e;

	assert_null(wdl_edit(*state, was, quoted(*state, "[{`op`:`remove_action`,`action`:`A`}]"), &e));
	assert_str(e.message, "more than one is called \"A\"");
	assert_str(e.pointer, "/actions/S/actions/a");
	edited(*state, was, "[{`op`:`remove`,`path`:[`actions`,`A`]}]");
}

/* ---- there and back ---- */

static struct str op_on(struct arena *a, const char *fmt, struct str x, struct str y)
{
	struct json *list = quoted(a, fmt);

	JSON_EACH(op, list)
		JSON_EACH(member, op) {
			struct str s = json_str(member);

			if (str_eq(s, S("X")))
				json_set_str(a, op, json_name(member).p, x);
			else if (str_eq(s, S("Y")))
				json_set_str(a, op, json_name(member).p, y);
		}
	return json_text(a, list);
}

static struct json *both(struct arena *a, const struct json *d, const char *there, const char *back,
			 struct str name)
{
	struct wdl_edit_error e;
	struct json *ops, *out;

	ops = json_parse(a, op_on(a, there, name, name), JSON_STRICT, NULL);
	out = wdl_edit(a, d, ops, &e);
	if (!out)
		return NULL;
	assert_false(json_identical(out, d));
	ops = json_parse(a, op_on(a, back, name, name), JSON_STRICT, NULL);
	out = wdl_edit(a, out, ops, &e);
	if (!out)
		fail_msg("no way back for %.*s: %.*s", STR_ARG(name), STR_ARG(e.message));
	return out;
}

static size_t there_and_back(struct arena *a, const struct json *d, const struct json *actions)
{
	static const char *const pairs[][2] = {
		{ "[{`op`:`rename_action`,`action`:`X`,`name`:`Zz_other`}]", "[{`op`:`rename_action`,`action`:`Zz_other`,`name`:`X`}]" },
		{ "[{`op`:`insert_after`,`action`:`X`,`name`:`Zz_new`,`value`:{`type`:`Compose`}}]", "[{`op`:`remove_action`,`action`:`Zz_new`}]" },
		{ "[{`op`:`insert_before`,`action`:`X`,`name`:`Zz_new`,`value`:{`type`:`Compose`}}]", "[{`op`:`remove_action`,`action`:`Zz_new`}]" },
		{ "[{`op`:`insert_into`,`action`:`X`,`name`:`Zz_new`,`value`:{`type`:`Compose`}}]", "[{`op`:`remove_action`,`action`:`Zz_new`}]" },
	};
	size_t n = 0;

	JSON_EACH(action, actions) {
		for (size_t i = 0; i < COUNT(pairs); i++) {
			struct json *again = both(a, d, pairs[i][0], pairs[i][1], json_name(action));

			n += again != NULL;
			if (again && !json_equal(again, d))
				fail_msg("%s of %.*s\nhave %.*s", pairs[i][0],
					 STR_ARG(json_name(action)), STR_ARG(json_text(a, again)));
			/* A name keeps its place and all else its text. */
			if (again && i == 0)
				assert_same(a, pairs[i][0], again, d);
		}
		n += there_and_back(a, d, json_get(action, "actions"));
	}
	return n;
}

/* Every action of the example flows. */
static void test_there_and_back(void **state)
{
	DIR *dir = opendir("tests/data/flows");
	struct dirent *e;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		struct str name = str_from(e->d_name), text;
		struct json *d;

		if (!str_ends(name, S(".json")))
			continue;
		text = unit_file(*state, arena_printf(*state, "tests/data/flows/%s", e->d_name));
		d = json_parse(*state, text, JSON_STRICT, NULL);
		d = json_at(d, "/properties/definition") ? json_at(d, "/properties/definition") :
		    json_get(d, "definition")		? json_get(d, "definition") : d;
		n += there_and_back(*state, d, json_get(d, "actions"));
		/* Nothing to do: byte for byte. */
		assert_same(*state, e->d_name, edited(*state, d, "[]"), d);
	}
	closedir(dir);
	print_message("# %zu operations there and back\n", n);
	assert_true(n > 100);
}

/* What is removed and inserted where it was is as it was. */
static void test_removed_and_inserted(void **state)
{
	struct json *d = definition(*state, C("A", "1.0", "") "," C("B", "{`z`:1,`a`:2}", OK("A")) "," C("D", "3", OK("B")));

	assert_same(*state, "chain",
		    edited(*state, d, "[{`op`:`remove_action`,`action`:`B`},{`op`:`insert_after`,`action`:`A`,`name`:`B`,"
				      "`value`:{`type`:`Compose`,`inputs`:{`z`:1,`a`:2},`runAfter`:{}}}]"), d);
	assert_same(*state, "moved and moved back",
		    edited(*state, d, "[{`op`:`move`,`action`:`B`,`after`:`D`},{`op`:`move`,`action`:`B`,`after`:`A`}]"), d);
}

/* What the linter proposes can be done, and takes its finding away. */
static void test_fixes(void **state)
{
	const struct lint_rule *rule;
	size_t n = 0;

	for (size_t i = 0; (rule = lint_rule_at(i)) != NULL; i++) {
		struct json *doc = rule->check ? lint_example(*state, rule->wrong) : NULL, *d, *now;
		struct wdl_edit_error e;

		if (!doc)
			continue;
		d = json_at(doc, "/properties/definition");
		d = d ? d : json_get(doc, "definition") ? json_get(doc, "definition") : doc;
		for (struct lint_finding *f = lint_document(*state, doc).first; f; f = f->next) {
			if (f->rule != rule || !f->fix)
				continue;
			now = wdl_edit(*state, d, f->fix, &e);
			if (!now)
				fail_msg("%s: %.*s", rule->id, STR_ARG(e.message));
			assert_false(json_identical(now, d));
			n++;
		}
	}
	print_message("# %zu fixes of the linter\n", n);
	assert_true(n >= 18);
}

/* ---- reach ---- */

static void test_reach(void **state)
{
	static const struct {
		const char *operations;
		enum wdl_reach reach;
		size_t actions;
	} rows[] = {
		{ "[]", WDL_REACH_NOTHING, 0 },
		{ "[{`op`:`rename_action`,`action`:`A`,`name`:`B`}]", WDL_REACH_NAMES, 1 },
		{ "[{`op`:`set`,`path`:[`description`],`value`:`x`}]", WDL_REACH_NAMES, 0 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`,`description`],`value`:`x`}]", WDL_REACH_NAMES, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`,`description`],`value`:`x`}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`description`],`value`:{}}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],`value`:1}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`S`,`actions`,`A`,`inputs`],`value`:1},{`op`:`remove`,`path`:[`actions`,`S`,`actions`,`A`,`x`]}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`S`,`else`,`actions`,`A`,`inputs`],`value`:1}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`S`,`cases`,`c`,`actions`,`A`,`inputs`],`value`:1}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`S`,`cases`,`c`,`case`],`value`:1}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`set`,`path`:[`triggers`,`T`,`recurrence`],`value`:1}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set`,`path`:[`triggers`,`T`],`value`:{}}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`],`value`:{}}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`add`,`path`:[`actions`,`A`],`value`:{}}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`add`,`path`:[`actions`,`A`],`value`:{`actions`:{}}}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`merge`,`path`:[`actions`,`A`],`value`:{`inputs`:{}}}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`merge`,`path`:[`actions`],`value`:{}}]", WDL_REACH_MANY, 0 },
		{ "[{`op`:`remove`,`path`:[`actions`,`A`]}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`set`,`path`:[`parameters`,`p`],`value`:{}}]", WDL_REACH_MANY, 0 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],`value`:1},{`op`:`set`,`path`:[`actions`,`B`,`inputs`],`value`:1}]", WDL_REACH_MANY, 2 },
		{ "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],`value`:1},{`op`:`rename_action`,`action`:`a`,`name`:`B`}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:{}}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`insert_after`,`action`:`A`,`name`:`N`,`value`:{`cases`:{}}}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`set_parameter`,`action`:`A`,`parameter`:`x`,`value`:1}]", WDL_REACH_ONE, 1 },
		{ "[{`op`:`set_parameter`,`parameter`:`x`,`value`:1}]", WDL_REACH_MANY, 0 },
		{ "[{`op`:`remove_action`,`action`:`A`}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`move`,`action`:`A`,`after`:`B`}]", WDL_REACH_MANY, 1 },
		{ "[{`op`:`wrap_in_scope`,`actions`:[`A`],`name`:`T`}]", WDL_REACH_MANY, 0 },
		{ "[{`op`:`what`}]", WDL_REACH_MANY, 0 },
		{ "[5]", WDL_REACH_MANY, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t actions = 99;
		enum wdl_reach r = wdl_edit_reach(quoted(*state, rows[i].operations), &actions);

		if (r != rows[i].reach || actions != rows[i].actions)
			fail_msg("%s: reach %d, %zu actions", rows[i].operations, (int)r, actions);
	}
	assert_int_equal(wdl_edit_reach(NULL, NULL), WDL_REACH_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_done),	   UNIT(test_refused),
		UNIT(test_ceilings),	   UNIT(test_ambiguous),
		UNIT(test_there_and_back), UNIT(test_removed_and_inserted),
		UNIT(test_reach),	   UNIT(test_memory),
		UNIT(test_fixes),
	};

	return UNIT_RUN(tests);
}
