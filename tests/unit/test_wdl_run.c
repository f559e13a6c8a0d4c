/*
 * test_wdl_run.c - wdl/run*.c: statuses, codes and texts of every type of action, order in virtual
 * time, loops, retries, ceilings, and the flows of tests/data/flows run to their end.
 *
 * In tables ` stands for a double quote.
 */
#include "unit.h"

#include <dirent.h>

#include "base/limits.h"
#include "text/json.h"
#include "wdl/eval.h"
#include "wdl/messages.h"
#include "wdl/run.h"

/* ---- a host that answers out of a script ---- */

struct script {
	struct arena *a;
	const struct json *answers; /* {action: answer or [answers]} */
	struct json *counts;       /* calls by name */
	struct wdl_record *record;
	uint64_t reports[4], luck;
};

static bool answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct script *s = arg;
	const struct json *v = json_get_n(s->answers, r->name);

	if (json_is(v, JSON_ARRAY)) {
		size_t i, n = json_count(v);

		if (!s->counts)
			s->counts = json_new_object(s->a);
		i = (size_t)json_int(json_get_n(s->counts, r->name), 0);
		json_set_n(s->a, s->counts, r->name, json_new_int(s->a, (int64_t)i + 1));
		v = json_item(v, i < n ? i : n - 1);
	}
	if (!v)
		v = json_get(s->answers, "*");
	if (!v)
		return false;
	if (!json_get(v, "status") && !json_get(v, "code") && !json_get(v, "never")) {
		out->outputs = json_new_object(a);
		json_set_int(a, out->outputs, "statusCode", 200);
		json_set(a, out->outputs, "body", json_copy(a, v));
		return true;
	}
	out->never = json_is_true(json_get(v, "never"));
	out->duration = json_int(json_get(v, "ms"), 0) * 10000;
	out->code = json_get_str(v, "code");
	out->message = json_get_str(v, "message");
	if (json_get(v, "status")) {
		out->outputs = json_new_object(a);
		json_set_int(a, out->outputs, "statusCode", json_int(json_get(v, "status"), 0));
		if (json_get(v, "headers"))
			json_set(a, out->outputs, "headers", json_copy(a, json_get(v, "headers")));
		if (json_get(v, "body"))
			json_set(a, out->outputs, "body", json_copy(a, json_get(v, "body")));
	}
	return true;
}

static void report(void *arg, const struct wdl_report *r)
{
	struct script *s = arg;

	s->reports[r->kind]++;
	if (s->record)
		wdl_record_report(s->record, r);
}

static uint64_t chance(void *arg, uint64_t where)
{
	const struct script *s = arg;

	return where + (s ? s->luck : 0);
}

static struct json *quoted(struct arena *a, const char *text)
{
	char *p = arena_copy(a, text, strlen(text));
	struct json_error e;
	struct json *v;

	for (char *c = p; *c; c++)
		if (*c == '`')
			*c = '"';
	v = json_parse(a, str_from(p), JSON_ANSWER, &e);
	if (!v)
		fail_msg("not JSON at %zu (%s): %s", e.offset, e.message, p);
	return v;
}

static struct json *definition_of(struct arena *a, const char *actions)
{
	struct json *d = quoted(a, "{`triggers`:{`manual`:{`type`:`Request`,`kind`:`Http`}}}");

	json_set(a, d, "actions", quoted(a, actions));
	return d;
}

static struct wdl_run play(struct script *s, const struct json *definition,
			   struct wdl_run_options *o)
{
	struct wdl_host host = { .arg = s, .call = answer, .report = report, .random = chance };

	o->start = wdl_ticks_of_ms(1760000000000);
	if (!o->trigger)
		o->trigger = quoted(s->a, "{`body`:{`n`:7,`null`:null,`text`:`a,b`}}");
	s->record = wdl_record_new(s->a);
	return wdl_run(s->a, definition, &host, o);
}

/* ---- one definition, and values in the record of its run ---- */

struct row {
	const char *name, *actions, *answers;
	struct {
		const char *pointer, *want; /* JSON; a text with %: it must be found in the value */
	} checks[6];
};

static void check(struct arena *a, const struct row *row, const struct json *have)
{
	for (size_t i = 0; i < COUNT(row->checks) && row->checks[i].pointer; i++) {
		const char *pointer = row->checks[i].pointer, *want = row->checks[i].want;
		const struct json *v = json_at(have, arena_printf(a, "/properties%s", pointer));
		struct str text = v ? json_text(a, v) : S("nothing");
		bool good;

		if (want[0] == '%')
			good = str_find(text, str_from(want + 1)) >= 0;
		else if (!*want)
			good = !v;
		else
			good = v && json_equal(v, quoted(a, want));
		if (!good)
			fail_msg("%s %s:\nhave %.*s\nwant %s\nrun %.*s", row->name, pointer,
				 STR_ARG(text), want, STR_ARG(json_text(a, have)));
	}
}

static void play_rows(struct arena *a, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct script s = { .a = a };
		struct wdl_run_options o = { .run_name = S("run") };
		struct json *d = definition_of(a, rows[i].actions);
		struct wdl_run run;

		s.answers = rows[i].answers ? quoted(a, rows[i].answers) : NULL;
		run = play(&s, d, &o);
		if (!run.ok)
			fail_msg("%s: %s", rows[i].name, run.why);
		check(a, &rows[i], wdl_record_json(s.record, d, &run, &o));
	}
}

#define AFTER(name) "`runAfter`:{`" name "`:[`Succeeded`]}"

static const struct row simple[] = {
	{ "compose", "{`A`:{`type`:`Compose`,`inputs`:{`x`:`@triggerBody()?['n']`}}}", NULL,
	  { { "/status", "`Succeeded`" },
	    { "/actions/A/code", "`OK`" },
	    { "/actions/A/inputs", "{`x`:7}" },
	    { "/actions/A/outputs", "{`x`:7}" } } },
	{ "null in split", "{`A`:{`type`:`Compose`,`inputs`:`@split(triggerBody()?['null'], ',')`}}",
	  NULL,
	  { { "/status", "`Failed`" },
	    { "/code", "`ActionFailed`" },
	    { "/error/message", "`An action failed. No dependent actions succeeded.`" },
	    { "/actions/A/code", "`BadRequest`" },
	    { "/actions/A/error/code", "`InvalidTemplate`" },
	    { "/actions/A/error/message",
	      "%Unable to process template language expressions in action 'A' inputs at line '0' and "
	      "column '0': 'The template language function 'split' expects its first parameter to be "
	      "of type string. The provided value is of type 'Null'." } } },
	{ "runAfter", "{`A`:{`type`:`Compose`,`inputs`:`@div(1,0)`},`B`:{`type`:`Compose`,`inputs`:1,"
		      AFTER("A") "}}", NULL,
	  { { "/actions/B/status", "`Skipped`" },
	    { "/actions/B/code", "`ActionSkipped`" },
	    { "/actions/B/error/code", "`ActionConditionFailed`" },
	    { "/actions/B/error/message",
	      "`The execution of template action 'B' is skipped: the 'runAfter' condition for action "
	      "'A' is not satisfied. Expected status values 'Succeeded' and actual value 'Failed'.`" },
	    { "/actions/B/outputs", "" },
	    { "/status", "`Failed`" } } },
	{ "a handled failure", "{`A`:{`type`:`Compose`,`inputs`:`@div(1,0)`},`B`:{`type`:`Compose`,"
			       "`inputs`:`@actions('A')?['error']?['code']`,`runAfter`:{`A`:[`FAILED`]}}}",
	  NULL,
	  { { "/actions/B/outputs", "`InvalidTemplate`" }, { "/status", "`Succeeded`" } } },
	{ "scope", "{`S`:{`type`:`Scope`,`actions`:{`A`:{`type`:`Compose`,`inputs`:`@div(1,0)`},"
		   "`B`:{`type`:`Compose`,`inputs`:1," AFTER("A") "}}},`C`:{`type`:`Compose`,"
		   "`inputs`:`@result('S')`,`runAfter`:{`S`:[`Failed`]}}}", NULL,
	  { { "/actions/S/code", "`ActionFailed`" },
	    { "/actions/S/error/message", "`An action failed. No dependent actions succeeded.`" },
	    { "/actions/C/outputs/0/name", "`A`" },
	    { "/actions/C/outputs/0/error/code", "`InvalidTemplate`" },
	    { "/actions/C/outputs/1/status", "`Skipped`" },
	    { "/status", "`Succeeded`" } } },
	{ "a skipped scope", "{`A`:{`type`:`Compose`,`inputs`:1},`S`:{`type`:`Scope`,`runAfter`:"
			     "{`A`:[`Failed`]},`actions`:{`B`:{`type`:`Compose`,`inputs`:1}}}}", NULL,
	  { { "/actions/B/error/message",
	      "`The execution of template action 'B' is skipped: dependant action 'S' completed with "
	      "status 'Skipped' and code 'ActionSkipped'.`" },
	    { "/actions/B/error/code", "`ActionDependencyFailed`" },
	    { "/status", "`Succeeded`" } } },
	{ "if", "{`I`:{`type`:`If`,`expression`:{`and`:[{`equals`:[`@triggerBody()?['n']`,7]},{`not`:"
		"{`equals`:[1,2]}}]},`actions`:{`Y`:{`type`:`Compose`,`inputs`:1}},`else`:{`actions`:"
		"{`N`:{`type`:`Scope`,`actions`:{`M`:{`type`:`Compose`,`inputs`:1}}}}}}}", NULL,
	  { { "/actions/I/inputs", "{`expressionResult`:true}" },
	    { "/actions/I/code", "`NotSpecified`" },
	    { "/actions/Y/status", "`Succeeded`" },
	    { "/actions/N/error/code", "`ActionBranchingConditionNotSatisfied`" },
	    { "/actions/M/error/code", "`ActionDependencyFailed`" },
	    { "/status", "`Succeeded`" } } },
	{ "if of no boolean", "{`I`:{`type`:`If`,`expression`:`@triggerBody()?['n']`,`actions`:{`Y`:"
			      "{`type`:`Compose`,`inputs`:1}}}}", NULL,
	  { { "/actions/I/code", "`ExpressionEvaluationFailed`" },
	    { "/actions/I/error/message", "%It is of type 'Integer' but is expected" },
	    { "/actions/Y/error/message", "%completed with status 'Failed' and code "
					  "'ExpressionEvaluationFailed'" } } },
	{ "if that fails", "{`I`:{`type`:`If`,`expression`:{`greater`:[`@null`,1]},`actions`:{}}}", NULL,
	  { { "/actions/I/code", "`BadRequest`" },
	    { "/actions/I/error/code", "`InvalidTemplate`" },
	    { "/actions/I/error/message",
	      "%Unable to process template language expressions for action 'I'" } } },
	{ "switch", "{`W`:{`type`:`Switch`,`expression`:`@triggerBody()?['text']`,`cases`:{`c1`:{`case`:"
		    "`x`,`actions`:{`X`:{`type`:`Compose`,`inputs`:1}}},`c2`:{`case`:`a,b`,`actions`:"
		    "{`Y`:{`type`:`Compose`,`inputs`:2}}}},`default`:{`actions`:{`Z`:{`type`:`Compose`,"
		    "`inputs`:3}}}}}", NULL,
	  { { "/actions/X/status", "`Skipped`" },
	    { "/actions/Y/status", "`Succeeded`" },
	    { "/actions/Z/error/code", "`ActionBranchingConditionNotSatisfied`" },
	    { "/actions/W/inputs/expressionResult", "`a,b`" } } },
	{ "switch default", "{`W`:{`type`:`Switch`,`expression`:`A,b`,`cases`:{`c2`:{`case`:`a,b`,"
			    "`actions`:{`Y`:{`type`:`Compose`,`inputs`:2}}}},`default`:{`actions`:{`Z`:"
			    "{`type`:`Compose`,`inputs`:3}}}}}", NULL,
	  { { "/actions/Y/status", "`Skipped`" }, { "/actions/Z/status", "`Succeeded`" } } },
	{ "switch on null", "{`W`:{`type`:`Switch`,`expression`:`@triggerBody()?['null']`,`cases`:{},"
			    "`default`:{`actions`:{`Z`:{`type`:`Compose`,`inputs`:3}}}}}", NULL,
	  { { "/actions/W/code", "`ExpressionEvaluationFailed`" },
	    { "/actions/W/error/message",
	      "%It is of type 'Null' but is expected to be a value of type 'String, Integer'." },
	    { "/actions/Z/error/code", "`ActionDependencyFailed`" } } },
	{ "switch of two types", "{`W`:{`type`:`Switch`,`expression`:`@triggerBody()?['n']`,`cases`:{`c`:"
				 "{`case`:`7`,`actions`:{`Y`:{`type`:`Compose`,`inputs`:2}}}},`default`:"
				 "{`actions`:{`Z`:{`type`:`Compose`,`inputs`:3}}}}}", NULL,
	  { { "/actions/Y/code", "`InternalServerError`" },
	    { "/actions/Z/status", "`Failed`" },
	    { "/actions/Y/error/message", "%but found 'Integer,String' distinct types" },
	    { "/actions/W/code", "`ActionFailed`" } } },
	{ "terminate", "{`S`:{`type`:`Scope`,`actions`:{`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:"
		       "`Failed`,`runError`:{`code`:`E1`,`message`:`@{triggerBody()?['n']} is bad`}}},"
		       "`U`:{`type`:`Compose`,`inputs`:1," AFTER("T") "}}},`V`:{`type`:`Compose`,"
		       "`inputs`:1," AFTER("S") "}}", NULL,
	  { { "/status", "`Failed`" },
	    { "/error", "{`code`:`E1`,`message`:`7 is bad`}" },
	    { "/actions/T/status", "`Succeeded`" },
	    { "/actions/S/status", "`Cancelled`" },
	    { "/actions/U/status", "`Skipped`" },
	    { "/actions/V/status", "`Skipped`" } } },
	{ "terminate well", "{`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Succeeded`}},`P`:{`type`:"
			    "`Http`,`inputs`:{}}}", "{`P`:{`never`:true}}",
	  { { "/status", "`Succeeded`" }, { "/error", "" }, { "/actions/P/status", "`Cancelled`" } } },
	{ "response", "{`R`:{`type`:`Response`,`kind`:`Http`,`inputs`:{`statusCode`:201,`body`:{`a`:"
		      "`@{triggerBody()?['n']}`}}},`Q`:{`type`:`Response`,`inputs`:{`statusCode`:200},"
		      AFTER("R") "}}", NULL,
	  { { "/response/name", "`R`" },
	    { "/response/outputs", "{`statusCode`:`201`,`body`:{`a`:`7`}}" },
	    { "/actions/Q/status", "`Skipped`" },
	    { "/actions/Q/error/code", "`ActionResponseSkipped`" } } },
};

static const struct row data[] = {
	{ "parse json", "{`P`:{`type`:`ParseJson`,`inputs`:{`content`:`{'a':[1,2,]}`,`schema`:{`type`:"
			"`object`}}}}", NULL,
	  { { "/actions/P/outputs", "{`body`:{`a`:[1,2]}}" } } },
	{ "parse json: schema",
	  "{`P`:{`type`:`ParseJson`,`inputs`:{`content`:{`rows`:[{`n`:1},{`n`:`x`},{}]},`schema`:"
	  "{`properties`:{`rows`:{`items`:{`required`:[`n`],`properties`:{`n`:{`type`:`integer`}}}}}}}}}",
	  NULL,
	  { { "/actions/P/code", "`ValidationFailed`" },
	    { "/actions/P/error/message", "`The schema validation failed.`" },
	    { "/actions/P/outputs/errors/0",
	      "{`message`:`Invalid type. Expected Integer but got String.`,`lineNumber`:0,"
	      "`linePosition`:0,`path`:`rows[1].n`,`value`:`x`,`schemaId`:"
	      "`#/properties/rows/items/properties/n`,`errorType`:`type`,`childErrors`:[]}" },
	    { "/actions/P/outputs/errors/1/message",
	      "`Required properties are missing from object: n.`" },
	    { "/actions/P/outputs/errors/1/path", "`rows[2]`" } } },
	{ "parse json: null", "{`P`:{`type`:`ParseJson`,`inputs`:{`content`:`@triggerBody()?['null']`,"
			      "`schema`:{}}}}", NULL,
	  { { "/actions/P/error/code", "`InvalidTemplate`" },
	    { "/actions/P/error/message", "%Required property 'content' expects a value but got null." } } },
	{ "parse json: text", "{`P`:{`type`:`ParseJson`,`inputs`:{`content`:`hello`,`schema`:{}}}}", NULL,
	  { { "/actions/P/code", "`InvalidJSON`" },
	    { "/actions/P/error/message",
	      "`The 'content' property of actions of type 'ParseJson' must be valid JSON. The provided "
	      "value cannot be parsed: 'Unexpected character encountered while parsing value: h. Path "
	      "'', line 0, position 0.'.`" } } },
	{ "parse json: pattern", "{`P`:{`type`:`ParseJson`,`inputs`:{`content`:{},`schema`:{`properties`:"
				 "{`a`:{`pattern`:`x`}}}}}}", NULL,
	  { { "/actions/P/code", "`ActionSchemaNotSupported`" } } },
	{ "query", "{`Q`:{`type`:`Query`,`inputs`:{`from`:[1,5,3],`where`:`@greater(item(), 2)`}}}", NULL,
	  { { "/actions/Q/inputs", "{`from`:[1,5,3]}" }, { "/actions/Q/outputs", "{`body`:[5,3]}" } } },
	{ "query of null", "{`Q`:{`type`:`Query`,`inputs`:{`from`:`@triggerBody()?['null']`,`where`:"
			   "`@true`}}}", NULL,
	  { { "/actions/Q/error/message",
	      "`The 'from' property value in the 'query' action inputs is of type 'Null'. The value must "
	      "be an array.`" },
	    { "/actions/Q/code", "`BadRequest`" } } },
	{ "query that fails", "{`Q`:{`type`:`Query`,`inputs`:{`from`:[{}],`where`:"
			      "`@greater(item()['x'], 2)`}}}", NULL,
	  { { "/actions/Q/error/code", "`InvalidTemplate`" },
	    { "/actions/Q/error/message",
	      "%The execution of template action 'Q' failed: The evaluation of 'query' action 'where' "
	      "expression '@greater(item()['x'], 2)' failed: 'The template language expression" },
	    { "/actions/Q/outputs", "" } } },
	{ "select", "{`Q`:{`type`:`Select`,`inputs`:{`from`:[1,2],`select`:{`v`:`@add(item(), 1)`,"
		    "`@{concat('k', item())}`:1}}}}", NULL,
	  { { "/actions/Q/outputs", "{`body`:[{`v`:2,`k1`:1},{`v`:3,`k2`:1}]}" } } },
	{ "select text", "{`Q`:{`type`:`Select`,`inputs`:{`from`:[{`a`:1},{`a`:2}],`select`:"
			 "`@item()?['a']`}}}", NULL,
	  { { "/actions/Q/outputs", "{`body`:[1,2]}" } } },
	{ "join", "{`J`:{`type`:`Join`,`inputs`:{`from`:[`a`,1,null,true,{`x`:1}],`joinWith`:`;`}}}", NULL,
	  { { "/actions/J/outputs", "{`body`:`a;1;;True;{\\`x\\`:1}`}" } } },
	{ "csv", "{`T`:{`type`:`Table`,`inputs`:{`format`:`CSV`,`from`:[{`a`:1,`b`:`x,y`},{`c`:null,`b`:"
		 "true}]}}}", NULL,
	  { { "/actions/T/outputs/body", "`a,b,c\\r\\n1,\\`x,y\\`,\\r\\n,True,\\r\\n`" } } },
	{ "html", "{`T`:{`type`:`Table`,`inputs`:{`format`:`HTML`,`from`:[{`a`:`<b>`}],`columns`:[{"
		  "`header`:`H`,`value`:`@item()?['a']`}]}}}", NULL,
	  { { "/actions/T/outputs/body",
	      "`<table><thead><tr><th>H</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody>"
	      "</table>`" } } },
	{ "table of nothing", "{`T`:{`type`:`Table`,`inputs`:{`format`:`HTML`,`from`:[]}}}", NULL,
	  { { "/actions/T/outputs/body", "`<table><tbody></tbody></table>`" } } },
	{ "table of texts", "{`T`:{`type`:`Table`,`inputs`:{`format`:`CSV`,`from`:[`a`]}}}", NULL,
	  { { "/actions/T/error/message",
	      "`The property 'columns' must be specified unless the 'from' property value is an array of "
	      "objects.`" } } },
	{ "date actions", "{`A`:{`type`:`Expression`,`kind`:`AddToTime`,`inputs`:{`baseTime`:"
			  "`2026-01-31T00:00:00Z`,`interval`:1,`timeUnit`:`Month`}},`C`:{`type`:`Expression`,"
			  "`kind`:`CurrentTime`,`inputs`:{}}}", NULL,
	  { { "/actions/A/outputs/body", "%2026-02-28T00:00:00" },
	    { "/actions/C/outputs/body", "%2025-10-09T08:53:20" } } },
};

#define VAR(type, value)                                                                           \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`v`,`type`:`" type        \
	"`,`value`:" value "}]}}"
#define READ ",`Z`:{`type`:`Compose`,`inputs`:`@variables('V')`," AFTER("S") "}"

static const struct row variables[] = {
	{ "set", "{" VAR("string", "`a`") ",`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:"
		 "`@{variables('v')}b`}," AFTER("I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "`ab`" }, { "/actions/S/code", "`NotSpecified`" } } },
	{ "wrong type", "{" VAR("integer", "1") ",`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:"
			"`x`}," AFTER("I") "}}", NULL,
	  { { "/actions/S/code", "`BadRequest`" },
	    { "/actions/S/error/message",
	      "`The variable 'v' of type 'Integer' cannot be initialized or updated with value of type "
	      "'String'. The variable 'v' only supports values of types 'Integer'.`" } } },
	{ "null", "{" VAR("array", "[]") ",`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:"
		  "`@triggerBody()?['null']`}," AFTER("I") "}}", NULL,
	  { { "/actions/S/error/message", "%with value of type 'Null'" } } },
	{ "integer into float", "{" VAR("float", "1") ",`S`:{`type`:`IncrementVariable`,`inputs`:{`name`:"
				"`v`,`value`:0.5}," AFTER("I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "1.5" } } },
	{ "increment", "{" VAR("integer", "40") ",`S`:{`type`:`IncrementVariable`,`inputs`:{`name`:`v`,"
		       "`value`:2}," AFTER("I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "42" } } },
	{ "decrement", "{" VAR("integer", "40") ",`S`:{`type`:`DecrementVariable`,`inputs`:{`name`:`v`}," AFTER(
				       "I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "39" } } },
	{ "overflow", "{" VAR("integer", "9223372036854775807") ",`S`:{`type`:`IncrementVariable`,`inputs`:"
		      "{`name`:`v`,`value`:1}," AFTER("I") "}}", NULL,
	  { { "/actions/S/status", "`Failed`" } } },
	{ "append", "{" VAR("array", "[1]") ",`S`:{`type`:`AppendToArrayVariable`,`inputs`:{`name`:`v`,"
		    "`value`:{`x`:`@triggerBody()?['n']`}}," AFTER("I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "[1,{`x`:7}]" } } },
	{ "append an array", "{" VAR("array", "[1]") ",`S`:{`type`:`AppendToArrayVariable`,`inputs`:{`name`:"
			     "`v`,`value`:[2]}," AFTER("I") "}}", NULL,
	  { { "/actions/S/error/message",
	      "`The input value is of type 'Array' which cannot be appended to the variable 'v' of type "
	      "'Array'. The action type 'AppendToArrayVariable' only supports values of types 'Float, "
	      "Integer, String, Boolean, Object'.`" } } },
	{ "append null", "{" VAR("array", "[1]") ",`S`:{`type`:`AppendToArrayVariable`,`inputs`:{`name`:`v`,"
			 "`value`:`@triggerBody()?['null']`}," AFTER("I") "}}", NULL,
	  { { "/actions/S/error/message",
	      "`The value cannot be null. The action type 'AppendToArrayVariable' only supports values of "
	      "types 'Float, Integer, String, Boolean, Object'.`" } } },
	{ "append text", "{" VAR("string", "`a`") ",`S`:{`type`:`AppendToStringVariable`,`inputs`:{`name`:"
			 "`v`,`value`:7}," AFTER("I") "}" READ "}", NULL,
	  { { "/actions/Z/outputs", "`a7`" } } },
	{ "not initialized", "{`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:1}}}", NULL,
	  { { "/actions/S/status", "`Failed`" } } },
	{ "twice", "{" VAR("string", "`a`") ",`J`:{`type`:`InitializeVariable`,`inputs`:{`variables`:"
		   "[{`name`:`V`,`type`:`string`}]}," AFTER("I") "}}", NULL,
	  { { "/actions/J/status", "`Failed`" } } },
};

#define EACH(list, more, actions)                                                                  \
	"`L`:{`type`:`Foreach`,`foreach`:" list "," more "`actions`:{" actions "}}"

static const struct row loops[] = {
	{ "foreach", "{" EACH("[1,0,2]", "", "`D`:{`type`:`Compose`,`inputs`:`@div(10, items('L'))`}") ",`R`:"
		     "{`type`:`Compose`,`inputs`:`@result('L')`,`runAfter`:{`L`:[`Failed`]}}}", NULL,
	  { { "/actions/L/status", "`Failed`" },
	    { "/actions/L/code", "`ActionFailed`" },
	    { "/actions/L/repetitionCount", "3" },
	    { "/actions/R/outputs/0/outputs/2/outputs", "5" },
	    { "/actions/D/repetitions/1/properties/error/code", "`InvalidTemplate`" },
	    { "/actions/D/repetitions/2",
	      "%{\"name\":\"000002\",\"repetitionIndexes\":[{\"scopeName\":\"L\",\"itemIndex\":2}]" } } },
	{ "foreach of null", "{" EACH("`@triggerBody()?['null']`", "", "`D`:{`type`:`Compose`,`inputs`:1}") "}",
	  NULL,
	  { { "/actions/L/code", "`ExpressionEvaluationFailed`" },
	    { "/actions/L/error/message",
	      "`The execution of template action 'L' failed: the result of the evaluation of 'foreach' "
	      "expression '@triggerBody()?['null']' is of type 'Null'. The result must be a valid "
	      "array.`" },
	    { "/actions/D/status", "`Skipped`" },
	    { "/actions/D/error/code", "`ActionDependencyFailed`" } } },
	{ "foreach of nothing", "{" EACH("[]", "", "`D`:{`type`:`Compose`,`inputs`:1}") "}", NULL,
	  { { "/actions/L/status", "`Succeeded`" },
	    { "/actions/D/status", "`Skipped`" },
	    { "/actions/D/error/message", "%there are no items to repeat" } } },
	{ "nested", "{" EACH("[1,2]", "", "`M`:{`type`:`Foreach`,`foreach`:`@createArray(items('L'), 9)`,"
					  "`actions`:{`D`:{`type`:`Compose`,`inputs`:"
					  "`@{items('L')}-@{items('M')}-@{item()}`}}}") "}", NULL,
	  { { "/actions/D/repetitions/3/name", "`000001-000001`" },
	    { "/actions/D/repetitions/3/properties/outputs", "`2-9-9`" },
	    { "/actions/D/repetitionCount", "4" },
	    { "/actions/M/iterations/2/name", "`000001-000000`" },
	    { "/actions/M/repetitions/1/name", "`000001`" } } },
	{ "until", "{" VAR("integer", "0") ",`U`:{`type`:`Until`," AFTER("I") ",`expression`:"
		   "`@greaterOrEquals(variables('v'), 3)`,`limit`:{`count`:60,`timeout`:`PT1H`},`actions`:"
		   "{`N`:{`type`:`IncrementVariable`,`inputs`:{`name`:`v`}},`D`:{`type`:`Compose`,`inputs`:"
		   "`@div(10, sub(2, variables('v')))`," AFTER("N") "}}},`Z`:{`type`:`Compose`,`inputs`:"
		   "[`@outputs('D')`,`@last(result('U'))?['repetitionCount']`]," AFTER("U") "}}", NULL,
	  { { "/actions/U/status", "`Succeeded`" },
	    { "/actions/U/repetitionCount", "3" },
	    { "/actions/D/status", "`Failed`" },
	    { "/actions/Z/outputs", "[-10,3]" },
	    { "/status", "`Succeeded`" } } },
	{ "until: limit", "{`U`:{`type`:`Until`,`expression`:`@equals(1,2)`,`limit`:{`count`:4,`timeout`:"
			  "`PT1H`},`actions`:{`D`:{`type`:`Compose`,`inputs`:`@iterationIndexes('U')`}}}}",
	  NULL,
	  { { "/actions/U/status", "`Succeeded`" },
	    { "/actions/U/repetitionCount", "4" },
	    { "/actions/D/repetitions/3/properties/outputs", "3" } } },
	{ "until: limits fail", "{`U`:{`type`:`Until`,`operationOptions`:`FailWhenLimitsReached`,"
				"`expression`:`@false`,`limit`:{`count`:2},`actions`:{}}}", NULL,
	  { { "/actions/U/status", "`Failed`" } } },
	{ "until: time", "{`U`:{`type`:`Until`,`expression`:`@equals(1,2)`,`limit`:{`count`:60,`timeout`:"
			 "`PT3M`},`actions`:{`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:1,`unit`:"
			 "`Minute`}}}}}}", NULL,
	  { { "/actions/U/repetitionCount", "3" } } },
	{ "until that fails", "{`U`:{`type`:`Until`,`expression`:`@greater(null, 1)`,`actions`:{}}}", NULL,
	  { { "/actions/U/code", "`BadRequest`" },
	    { "/actions/U/error/message",
	      "%Unable to process template language expressions for action 'U'" } } },
	{ "terminate in a loop", "{" EACH("[1,2,3]", "",
					  "`C`:{`type`:`If`,`expression`:{`equals`:[`@item()`,2]},`actions`:{`T`:"
					  "{`type`:`Terminate`,`inputs`:{`runStatus`:`Cancelled`}}}}") "}", NULL,
	  { { "/status", "`Cancelled`" }, { "/actions/L/status", "`Cancelled`" } } },
};

static const struct row calls[] = {
	{ "connector", "{`G`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`operationId`:`Get`},`parameters`:"
		       "{`id`:`@triggerBody()?['n']`},`authentication`:`@parameters('$authentication')`}}}",
	  "{`G`:{`status`:200,`body`:{`x`:1}}}",
	  { { "/actions/G/inputs", "{`host`:{`operationId`:`Get`},`parameters`:{`id`:7}}" },
	    { "/actions/G/outputs/body", "{`x`:1}" },
	    { "/actions/G/code", "`OK`" } } },
	{ "not found", "{`G`:{`type`:`OpenApiConnection`,`inputs`:{}},`H`:{`type`:`Compose`,`inputs`:"
		       "`@outputs('G')?['body/error']`,`runAfter`:{`G`:[`Failed`]}}}",
	  "{`G`:{`status`:404,`body`:{`error`:`gone`}}}",
	  { { "/actions/G/status", "`Failed`" },
	    { "/actions/G/code", "`NotFound`" },
	    { "/actions/G/error", "" },
	    { "/actions/H/outputs", "`gone`" },
	    { "/actions/G/retryHistory", "" } } },
	{ "a redirect fails", "{`G`:{`type`:`Http`,`inputs`:{}}}", "{`G`:{`status`:302}}",
	  { { "/actions/G/code", "`Found`" }, { "/actions/G/status", "`Failed`" } } },
	{ "repeats", "{`G`:{`type`:`Http`,`inputs`:{`uri`:`x`}}}",
	  "{`G`:[{`status`:503,`ms`:1000},{`status`:429,`ms`:1000},{`status`:200,`ms`:1000}]}",
	  { { "/actions/G/status", "`Succeeded`" },
	    { "/actions/G/retryHistory/0/code", "`ServiceUnavailable`" },
	    { "/actions/G/retryHistory/1/code", "`429`" },
	    { "/actions/G/retryHistory/1/startTime", "%2025-10-09T08:53:28.5" },
	    { "/actions/G/endTime", "%2025-10-09T08:53:45.5" } } },
	{ "repeats without end", "{`G`:{`type`:`Http`,`inputs`:{}}}", "{`G`:{`status`:500}}",
	  { { "/actions/G/status", "`Failed`" },
	    { "/actions/G/code", "`InternalServerError`" },
	    { "/actions/G/retryHistory/3/code", "`InternalServerError`" },
	    { "/actions/G/retryHistory/4", "" } } },
	{ "no repeats", "{`G`:{`type`:`Http`,`inputs`:{`retryPolicy`:{`type`:`none`}}}}",
	  "{`G`:{`status`:500}}",
	  { { "/actions/G/retryHistory", "" }, { "/actions/G/inputs/retryPolicy", "" } } },
	{ "fixed", "{`G`:{`type`:`Http`,`inputs`:{`retryPolicy`:{`type`:`fixed`,`count`:2,`interval`:"
		   "`PT20S`}}}}", "{`G`:[{`status`:500,`ms`:1},{`status`:500,`ms`:1},{`status`:204,`ms`:1}]}",
	  { { "/actions/G/code", "`NoContent`" }, { "/actions/G/endTime", "%2025-10-09T08:54:00.0" } } },
	{ "retry-after", "{`G`:{`type`:`Http`,`inputs`:{}}}",
	  "{`G`:[{`status`:429,`ms`:1,`headers`:{`Retry-After`:`100`}},{`status`:200,`ms`:1}]}",
	  { { "/actions/G/endTime", "%2025-10-09T08:55:00.0" } } },
	{ "timeout", "{`G`:{`type`:`OpenApiConnectionWebhook`,`limit`:{`timeout`:`PT1H`},`inputs`:{}},`H`:"
		     "{`type`:`Compose`,`inputs`:1,`runAfter`:{`G`:[`TimedOut`]}}}", "{`G`:{`never`:true}}",
	  { { "/actions/G/status", "`TimedOut`" },
	    { "/actions/G/code", "`ActionTimedOut`" },
	    { "/actions/H/status", "`Succeeded`" },
	    { "/status", "`Succeeded`" } } },
	{ "no answer yet", "{`G`:{`type`:`OpenApiConnectionWebhook`,`inputs`:{}},`H`:{`type`:`Compose`,"
			   "`inputs`:1," AFTER("G") "}}", "{`G`:{`never`:true}}",
	  { { "/status", "`Running`" },
	    { "/endTime", "" },
	    { "/actions/G/status", "`Running`" },
	    { "/actions/H", "" } } },
	{ "no connection", "{`G`:{`type`:`Http`,`inputs`:{`retryPolicy`:{`type`:`none`}}}}",
	  "{`G`:{`code`:`BadRequest`,`message`:`The remote name could not be resolved.`}}",
	  { { "/actions/G/error",
	      "{`code`:`BadRequest`,`message`:`The remote name could not be resolved.`}" },
	    { "/actions/G/outputs", "" } } },
	{ "nobody", "{`G`:{`type`:`Http`,`inputs`:{}}}", NULL,
	  { { "/actions/G/error/code", "`NoAnswer`" } } },
	{ "an unknown type", "{`G`:{`type`:`JavaScriptCode`,`inputs`:{`code`:`1`}}}", "{`*`:{`status`:200}}",
	  { { "/actions/G/status", "`Succeeded`" } } },
	{ "secrets", "{`G`:{`type`:`Http`,`inputs`:{`uri`:`u`},`runtimeConfiguration`:{`secureData`:"
		     "{`properties`:[`outputs`]}}},`C`:{`type`:`Compose`,`inputs`:`@body('G')`," AFTER("G") "}}",
	  "{`G`:{`status`:200,`body`:`secret`}}",
	  { { "/actions/G/inputs", "{`uri`:`u`}" },
	    { "/actions/G/outputs", "" },
	    { "/actions/G/secureData", "{`properties`:[`outputs`]}" },
	    { "/actions/C/inputs", "" },
	    { "/actions/C/outputs", "`secret`" } } },
	{ "tracked", "{`C`:{`type`:`Compose`,`inputs`:{`id`:5},`trackedProperties`:{`order`:"
		     "`@action()?['inputs']?['id']`}}}", NULL,
	  { { "/actions/C/trackedProperties", "{`order`:5}" } } },
};

static void test_simple(void **state)
{
	play_rows(*state, simple, COUNT(simple));
}

static void test_data(void **state)
{
	play_rows(*state, data, COUNT(data));
}

static void test_variables(void **state)
{
	play_rows(*state, variables, COUNT(variables));
}

static void test_loops(void **state)
{
	play_rows(*state, loops, COUNT(loops));
}

static void test_calls(void **state)
{
	play_rows(*state, calls, COUNT(calls));
}

/* ---- time ---- */

static int64_t ms_after_start(const struct json *record, const char *pointer)
{
	int64_t ms = 0;

	assert_true(os_parse_time(json_str(json_at(record, pointer)), &ms));
	return ms - 1760000000000;
}

/* Two branches overlap: the join starts when the longer one has ended. */
static void test_parallel(void **state)
{
	struct script s = { .a = *state };
	struct wdl_run_options o = { 0 };
	struct json *d = definition_of(
		*state, "{`A`:{`type`:`Http`,`inputs`:{}},`B`:{`type`:`Http`,`inputs`:{}},`C`:{`type`:"
			"`Compose`,`inputs`:1,`runAfter`:{`A`:[`Succeeded`],`B`:[`Succeeded`]}}}");
	struct wdl_run run;
	struct json *record;

	s.answers = quoted(*state, "{`A`:{`status`:200,`ms`:5000},`B`:{`status`:200,`ms`:3000}}");
	run = play(&s, d, &o);
	record = wdl_record_json(s.record, d, &run, &o);
	assert_int_equal(ms_after_start(record, "/properties/actions/A/startTime"), 4);
	assert_int_equal(ms_after_start(record, "/properties/actions/B/startTime"), 4);
	assert_int_equal(ms_after_start(record, "/properties/actions/B/endTime"), 3004);
	assert_int_equal(ms_after_start(record, "/properties/actions/C/startTime"), 5008);
}

static int64_t loop_ms(struct arena *a, const char *more, bool inside)
{
	struct script s = { .a = a };
	struct wdl_run_options o = { 0 };
	char *inner = arena_printf(a, "{`L`:{`type`:`Foreach`,`foreach`:`@range(0,20)`,%s`actions`:{`A`:"
				      "{`type`:`Http`,`inputs`:{}}}}}", more);
	char *outer = arena_printf(a, "{`O`:{`type`:`Foreach`,`foreach`:[1],`actions`:%s}}", inner);
	struct json *d = definition_of(a, inside ? outer : inner);
	struct wdl_run run;

	s.answers = quoted(a, "{`A`:{`status`:200,`ms`:996}}");
	run = play(&s, d, &o);
	assert_int_equal(run.status, WDL_ST_SUCCEEDED);
	return (run.end - run.start) / 10000;
}

/* One after the other unless the definition says otherwise; a loop in a loop always. */
static void test_concurrency(void **state)
{
	assert_int_equal(loop_ms(*state, "", false), 20004);
	assert_int_equal(loop_ms(*state, "`runtimeConfiguration`:{`concurrency`:{`repetitions`:5}},",
				 false), 4004);
	assert_int_equal(loop_ms(*state, "`runtimeConfiguration`:{`concurrency`:{}},", false), 1004);
	assert_int_equal(loop_ms(*state, "`runtimeConfiguration`:{`concurrency`:{`repetitions`:5}},"
					 "`operationOptions`:`Sequential`,", false), 20004);
	assert_int_equal(loop_ms(*state, "`runtimeConfiguration`:{`concurrency`:{`repetitions`:5}},",
				 true), 20008);
}

static const struct {
	int64_t horizon, cancel; /* seconds after the start; 0: none */
	const char *run, *a, *b;
} stops[] = {
	{ 0, 0, "Succeeded", "Succeeded", "Succeeded" },
	{ 5, 0, "Running", "Running", "" },
	{ 65, 0, "Running", "Succeeded", "Running" },
	{ 200, 0, "Succeeded", "Succeeded", "Succeeded" },
	{ 0, 5, "Cancelled", "Cancelled", "Skipped" },
	{ 200, 65, "Cancelled", "Succeeded", "Cancelled" },
	{ 30, 65, "Running", "Running", "" },
	{ 200, 150, "Succeeded", "Succeeded", "Succeeded" },
};

static void test_stops(void **state)
{
	struct json *d = definition_of(
		*state, "{`A`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:1,`unit`:`Minute`}}},`B`:{"
			"`type`:`Wait`,`inputs`:{`interval`:{`count`:1,`unit`:`Minute`}}," AFTER("A") "}}");

	for (size_t i = 0; i < COUNT(stops); i++) {
		struct script s = { .a = *state };
		struct wdl_run_options o = { 0 };
		int64_t start = wdl_ticks_of_ms(1760000000000);
		struct wdl_run run;
		struct json *record;

		o.horizon = stops[i].horizon ? start + stops[i].horizon * 10000000 : 0;
		o.cancel = stops[i].cancel ? start + stops[i].cancel * 10000000 : 0;
		run = play(&s, d, &o);
		record = wdl_record_json(s.record, d, &run, &o);
		assert_string_equal(wdl_status_name(run.status), stops[i].run);
		assert_str(json_str(json_at(record, "/properties/actions/A/status")), stops[i].a);
		assert_str(json_str(json_at(record, "/properties/actions/B/status")), stops[i].b);
	}
}

/* ---- size ---- */

static void count_only(void *arg, const struct wdl_report *r)
{
	struct script *s = arg;

	s->reports[r->kind]++;
}

/* Nothing of an iteration outlives it. */
static void test_large(void **state)
{
	struct script s = { .a = *state };
	struct wdl_host host = { .arg = &s, .call = answer, .report = count_only };
	struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000) };
	struct json *d = definition_of(
		*state, "{`L`:{`type`:`Foreach`,`foreach`:`@range(0, 100000)`,`runtimeConfiguration`:{"
			"`concurrency`:{`repetitions`:50}},`actions`:{`A`:{`type`:`Http`,`inputs`:{`n`:"
			"`@items('L')`}}}}}");
	struct arena *a = *state;
	size_t before;
	struct wdl_run run;

	s.answers = quoted(*state, "{`A`:{`status`:200,`body`:{`a`:[1,2,3,4,5,6,7,8,9]}}}");
	before = a->used;
	run = wdl_run(*state, d, &host, &o);
	assert_true(run.ok);
	assert_int_equal(run.status, WDL_ST_SUCCEEDED);
	assert_int_equal(s.reports[WDL_REPORT_REPETITION], 100000);
	assert_int_equal(s.reports[WDL_REPORT_ITERATION], 100000);
	assert_int_equal(s.reports[WDL_REPORT_SUMMARY], 1);
	assert_true(a->used - before < 65536);
}

/* More text than a run keeps templates of: all of it has its value in every iteration. */
static void test_templates(void **state)
{
	enum { TEXTS = 700, LONG = 1000 };
	struct json *d = definition_of(
		*state, "{`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`v`,`type`:"
			"`string`}]}},`L`:{`type`:`Foreach`," AFTER("I") ",`foreach`:`@range(0, 3)`,"
			"`actions`:{`C`:{`type`:`Compose`,`inputs`:{}},`S`:{`type`:"
			"`AppendToStringVariable`," AFTER("C") ",`inputs`:{`name`:`v`,`value`:"
			"`@{substring(outputs('C')['k0'], 1000)} @{substring(outputs('C')['k699'], 1000)};`"
			"}}}},`E`:{`type`:`Compose`," AFTER("L") ",`inputs`:`@variables('v')`}}");
	struct json *inputs = json_at(d, "/actions/L/actions/C/inputs");
	struct script s = { .a = *state };
	struct wdl_run_options o = { 0 };
	struct wdl_run run;
	char filler[LONG];

	memset(filler, 'x', LONG);
	for (int i = 0; i < TEXTS; i++)
		json_set_z(*state, inputs, arena_printf(*state, "k%d", i),
			   arena_printf(*state, "@concat('%.*s', '#%d-', string(items('L')))", LONG,
					filler, i));
	assert_true((size_t)TEXTS * LONG > LIMIT_RUN_PARSED);
	run = play(&s, d, &o);
	assert_str(json_str(json_at(wdl_record_json(s.record, d, &run, &o),
				    "/properties/actions/E/outputs")),
		   "#0-0 #699-0;#0-1 #699-1;#0-2 #699-2;");
}

static const struct {
	const char *actions, *why;
} refused[] = {
	{ "[]", "there are no actions" },
	{ "{`A`:1}", "an action is not an object" },
	{ "{`A`:{`type`:`Compose`},`a`:{`type`:`Compose`}}", "two actions have the same name" },
	{ "{`A`:{`type`:`Compose`,`runAfter`:{`X`:[`Succeeded`]}}}",
	  "a runAfter names no other action of its scope" },
	{ "{`A`:{`type`:`Compose`,`runAfter`:{`A`:[`Succeeded`]}}}",
	  "a runAfter names no other action of its scope" },
	{ "{`A`:{`type`:`Compose`,`runAfter`:{`B`:[`Succeeded`]}},`B`:{`type`:`Compose`,`runAfter`:{`A`:"
	  "[`Succeeded`]}}}", "the runAfter of some actions form a circle" },
	{ "{`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`v`,`type`:`array`,`value`:[1]}]}},"
	  "`U`:{`type`:`Until`," AFTER("I") ",`expression`:`@false`,`limit`:{`count`:5000,`timeout`:`P1D`},"
	  "`actions`:{`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:`@createArray(variables('v'), "
	  "variables('v'))`}}}}}", NULL }, /* a value that doubles and deepens: its action fails */
	{ "{`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`v`,`type`:`array`,`value`:[1]}]}},"
	  "`U`:{`type`:`Until`," AFTER("I") ",`expression`:`@false`,`limit`:{`count`:5000,`timeout`:`P1D`},"
	  "`actions`:{`S`:{`type`:`SetVariable`,`inputs`:{`name`:`v`,`value`:`@json(concat('[', join("
	  "variables('v'), ','), ',', join(variables('v'), ','), ']'))`}}}}}",
	  "the run needs too much memory" },
	{ "{`L`:{`type`:`Foreach`,`foreach`:`@range(0,100000)`,`actions`:{`M`:{`type`:`Foreach`,`foreach`:"
	  "`@range(0,1000)`,`actions`:{`A`:{`type`:`Compose`}}}}}}", "the run has too many steps" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct script s = { .a = *state };
		struct wdl_host host = { .arg = &s, .call = answer, .report = count_only };
		struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000) };
		struct wdl_run run =
			wdl_run(*state, definition_of(*state, refused[i].actions), &host, &o);

		if (!refused[i].why)
			continue;
		if (run.ok || strcmp(run.why, refused[i].why) != 0)
			fail_msg("%s: %s", refused[i].actions, run.ok ? "ran" : run.why);
	}
}

/* ---- triggers ---- */

static const struct {
	const char *trigger, *payload;
	bool fired;
	const char *status, *code, *want; /* want: outputs of all runs, or the message */
} triggers[] = {
	{ "`type`:`Request`,`kind`:`Button`,`inputs`:{`schema`:{`type`:`object`,`required`:[`a`,`b`]}}",
	  "{`a`:1}", false, "Failed", "TriggerInputSchemaMismatch",
	  "The input body for trigger 't' of type 'Request' did not match its schema definition. Error "
	  "details: 'Required properties are missing from object: b.'." },
	{ "`type`:`Request`,`inputs`:{`schema`:{`type`:`object`,`required`:[`a`]}}", "{`a`:1}", true,
	  "Succeeded", "OK", "[{`headers`:{`Content-Type`:`application/json`},`body`:{`a`:1}}]" },
	{ "`type`:`Request`", "{`body`:5,`headers`:{}}", true, "Succeeded", "OK",
	  "[{`body`:5,`headers`:{}}]" },
	{ "`type`:`OpenApiConnection`,`conditions`:[{`expression`:`@greater(triggerBody(), 4)`}]",
	  "{`body`:4}", false, "Skipped", "TriggerConditionNotMet", NULL },
	{ "`type`:`OpenApiConnection`,`conditions`:[{`expression`:`@greater(triggerBody(), 3)`}]",
	  "{`body`:4}", true, "Succeeded", "OK", "[{`body`:4}]" },
	{ "`type`:`OpenApiConnection`,`conditions`:[{`expression`:`@greater(triggerBody(), 'x')`}]",
	  "{`body`:4}", false, "Failed", "InvalidTemplate", NULL },
	{ "`type`:`OpenApiConnection`,`splitOn`:`@triggerOutputs()?['body/value']`",
	  "{`headers`:{`h`:`1`},`body`:{`value`:[1,{`x`:2}]}}", true, "Succeeded", "OK",
	  "[{`headers`:{`h`:`1`},`body`:1},{`headers`:{`h`:`1`},`body`:{`x`:2}}]" },
	{ "`type`:`OpenApiConnection`,`splitOn`:`@triggerOutputs()?['body/value']`", "{`body`:{}}", false,
	  "Failed", "InvalidTemplate",
	  "The execution of template trigger 't' failed: the result of the evaluation of 'splitOn' "
	  "expression '@triggerOutputs()?['body/value']' is of type 'Null'. The result must be a valid "
	  "array." },
	{ "`type`:`OpenApiConnection`,`splitOn`:`@triggerBody()`", "{`body`:[]}", false, "Skipped",
	  "Accepted", NULL },
	{ "`type`:`Recurrence`,`recurrence`:{`frequency`:`Day`,`interval`:1}", "null", true, "Succeeded",
	  "OK", "[null]" },
};

static void test_triggers(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(triggers); i++) {
		struct wdl_host host = { .random = chance };
		struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000) };
		struct json *d = quoted(a, arena_printf(a, "{`triggers`:{`t`:{%s}}}", triggers[i].trigger));
		struct json *outputs = wdl_trigger_outputs_of(a, quoted(a, triggers[i].payload));
		struct wdl_trigger t = wdl_trigger_fire(a, d, outputs, &host, &o);
		struct json *all = json_new_array(a);

		for (size_t k = 0; k < t.count; k++)
			json_push(all, t.outputs[k] ? t.outputs[k] : json_new_null(a));
		if (t.fired != triggers[i].fired)
			fail_msg("%s: fired %d", triggers[i].trigger, t.fired);
		assert_string_equal(wdl_status_name(t.status), triggers[i].status);
		assert_str(t.code, triggers[i].code);
		if (triggers[i].want && t.fired && !json_equal(all, quoted(a, triggers[i].want)))
			fail_msg("%s: %.*s", triggers[i].trigger, STR_ARG(json_text(a, all)));
		if (triggers[i].want && !t.fired)
			assert_str(json_get_str(t.error, "message"), triggers[i].want);
	}
}

/* A mock answer of the definition itself, instead of the host's. */
static void test_static(void **state)
{
	struct script s = { .a = *state };
	struct wdl_run_options o = { 0 };
	struct json *d = definition_of(
		*state, "{`A`:{`type`:`Http`,`inputs`:{},`runtimeConfiguration`:{`staticResult`:{"
			"`staticResultOptions`:`Enabled`,`name`:`A0`}}},`B`:{`type`:`Http`,`inputs`:{},"
			"`runtimeConfiguration`:{`staticResult`:{`staticResultOptions`:`Disabled`,`name`:"
			"`A0`}},`runAfter`:{`A`:[`Failed`]}}}");
	struct json *record;
	struct wdl_run run;

	s.answers = quoted(*state, "{`*`:{`status`:200}}");
	json_set(*state, d, "staticResults",
		 quoted(*state, "{`A0`:{`status`:`Failed`,`outputs`:{`statusCode`:`NotFound`},`code`:"
				"`NotFound`,`error`:{`code`:`NotFound`,`message`:`mocked`}}}"));
	run = play(&s, d, &o);
	record = wdl_record_json(s.record, d, &run, &o);
	assert_int_equal(run.status, WDL_ST_SUCCEEDED);
	assert_str(json_str(json_at(record, "/properties/actions/A/code")), "NotFound");
	assert_str(json_str(json_at(record, "/properties/actions/A/error/message")), "mocked");
	assert_str(json_str(json_at(record, "/properties/actions/B/status")), "Succeeded");
}

static bool only_odd(void *arg, const struct wdl_loop_index *where, unsigned n, int64_t *at)
{
	(void)arg;
	*at += (int64_t)where[n - 1].index * 10000000;
	return where[n - 1].index % 2 == 1;
}

/* Some iterations of many, at the time they are said to start. */
static void test_wanted(void **state)
{
	struct script s = { .a = *state, .record = wdl_record_new(*state) };
	struct wdl_host host = { .arg = &s, .call = answer, .report = report, .wanted = only_odd };
	struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000) };
	struct json *d = definition_of(
		*state, "{`L`:{`type`:`Foreach`,`foreach`:`@range(0,5)`,`runtimeConfiguration`:{"
			"`concurrency`:{`repetitions`:5}},`actions`:{`A`:{`type`:`Compose`,`inputs`:"
			"`@item()`}}}}");
	struct wdl_run run = wdl_run(*state, d, &host, &o);
	struct json *record = wdl_record_json(s.record, d, &run, &o);

	assert_int_equal(s.reports[WDL_REPORT_REPETITION], 2);
	assert_str(json_str(json_at(record, "/properties/actions/A/repetitions/1/name")), "000003");
	assert_int_equal(json_int(json_at(record, "/properties/actions/A/repetitions/1/properties/"
						  "outputs"), 0), 3);
	assert_int_equal(ms_after_start(record, "/properties/actions/A/repetitions/1/properties/"
						"startTime"), 3008);
}

/* ---- real flows ---- */

static enum wdl_status play_flow(struct arena *a, const struct json *flow,
				 const struct json *script, uint64_t luck)
{
	const struct json *definition = json_at(flow, "/properties/definition");
	struct json *connections;
	struct script s = { .a = a, .answers = json_get(script, "connectors"), .luck = luck };
	struct wdl_host host = { .arg = &s, .call = answer, .report = report, .random = chance };
	struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000), .run_name = S("r") };
	const struct json *payload = json_get(script, "trigger");
	struct wdl_trigger t;
	struct wdl_run run;

	o.parameters = quoted(a, "{`$connections`:{}}");
	connections = json_get(o.parameters, "$connections");
	JSON_EACH(c, json_at(flow, "/properties/connectionReferences"))
		json_set_n(a, connections, json_name(c), quoted(a, "{`connectionId`:`c`}"));
	t = wdl_trigger_fire(a, definition,
			     json_is(payload, JSON_NULL) ? NULL : payload, &host, &o);
	assert_true(t.fired);
	assert_int_equal(t.count, 1);
	o.trigger = t.outputs[0];
	o.trigger_inputs = t.inputs;
	s.record = wdl_record_new(a);
	run = wdl_run(a, definition, &host, &o);
	assert_true(run.ok);
	assert_true(s.reports[WDL_REPORT_ACTION] > 0);
	return run.status;
}

/* Every flow of tests/data/flows with the answers in tests/data/runs.  One of them throws dice. */
static void test_flows(void **state)
{
	static const char dir[] = "tests/data/flows";
	DIR *d = opendir(dir);
	size_t flows = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct arena *a = *state;
		const struct json *flow, *script;
		bool good = false;

		if (!str_ends(str_from(e->d_name), S(".json")))
			continue;
		flow = json_parse(a, unit_file(a, arena_printf(a, "%s/%s", dir, e->d_name)),
				  JSON_ANSWER, NULL);
		script = json_parse(a, unit_file(a, arena_printf(a, "tests/data/runs/%s", e->d_name)),
				    JSON_STRICT, NULL);
		for (uint64_t luck = 0; luck < 20 && !good; luck++)
			good = play_flow(a, flow, script, luck) == WDL_ST_SUCCEEDED;
		if (!good)
			fail_msg("%s does not succeed", e->d_name);
		flows++;
	}
	closedir(d);
	assert_int_equal(flows, 10);
}

/* ---- texts ---- */

/* How many texts of the service have a source; a row without one says so, and what flowlatch says in
 * its own words is counted apart. */
static void test_sources(void **state)
{
	size_t all = 0, with = 0, part = 0, own = 0, runs = 0, runs_with = 0;

	(void)state;
	for (enum wdl_message m = 0; m < WDL_M__MAX; m++) {
		const struct wdl_message_row *row = wdl_message(m);
		struct str source = str_from(row->source);
		bool known = !str_eq(source, S("unverified"));

		assert_true(row->text && *row->source);
		if (str_starts(source, S("own words"))) {
			own++;
			continue;
		}
		all++;
		with += known;
		part += str_find(source, S("in part")) >= 0;
		runs += m >= WDL_M_RUN_INPUTS;
		runs_with += known && m >= WDL_M_RUN_INPUTS;
	}
	print_message("# texts with a source: %zu of %zu, %zu of them in part; of runs: %zu of %zu; own "
		      "words: %zu\n",
		      with, all, part, runs_with, runs, own);
	assert_true(runs_with * 2 > runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_simple), UNIT(test_data),  UNIT(test_variables),
		UNIT(test_loops),  UNIT(test_calls), UNIT(test_parallel), UNIT(test_concurrency),
		UNIT(test_stops),  UNIT(test_large), UNIT(test_templates), UNIT(test_refused),
		UNIT(test_triggers),
		UNIT(test_static), UNIT(test_wanted), UNIT(test_flows),  UNIT(test_sources),
	};

	return UNIT_RUN(tests);
}
