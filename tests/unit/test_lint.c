/*
 * test_lint.c - wdl/lint.c and its rules: every row's examples, the flows of tests/data/flows,
 * the forms of a document, fixes.
 */
#include "unit.h"

#include <dirent.h>
#include <time.h>

#include "wdl/lint.h"

static size_t found(const struct lint_report *r, const char *id)
{
	size_t n = 0;

	for (const struct lint_finding *f = r->first; f; f = f->next)
		n += strcmp(f->rule->id, id) == 0;
	return n;
}

static struct json *parsed(struct arena *a, const char *id, const char *text)
{
	struct json *v = lint_example(a, text);

	if (!v)
		fail_msg("%s: the example is not JSON: %.300s", id, text);
	return v;
}

/* The wrong example is found, the right one is not, and is clean of errors altogether. */
static void test_examples(void **state)
{
	const struct lint_rule *r;
	size_t bad = 0;

	for (size_t i = 0; (r = lint_rule_at(i)) != NULL; i++) {
		assert_non_null(r->source);
		if (!r->check) {
			assert_non_null(r->needs);
			continue;
		}
		struct json *wrong = parsed(*state, r->id, r->wrong);
		struct json *right = parsed(*state, r->id, r->right);
		struct json *before = json_copy(*state, wrong);
		struct lint_report w = lint_document(*state, wrong);
		struct lint_report n = lint_document(*state, right);
		bool good = w.usable && n.usable && found(&w, r->id) && !found(&n, r->id) &&
			    !n.counts[LINT_ERROR] && json_identical(before, wrong);

		print_message("# %-6s %-7s %s %s\n", r->id, lint_severity_name(r->severity),
			      good ? "ok " : "BAD", r->summary);
		for (const struct lint_finding *f = n.first; f && !good; f = f->next)
			print_message("#   right: %s %.*s %.*s\n", f->rule->id, STR_ARG(f->pointer),
				      STR_ARG(f->message));
		bad += !good;
	}
	assert_int_equal(bad, 0);
}

/* Every pointer of a finding but that of a missing member leads somewhere. */
static void check_pointers(const struct lint_report *r, const struct json *doc, const char *where)
{
	for (const struct lint_finding *f = r->first; f; f = f->next)
		if (!json_at_n(doc, f->pointer))
			fail_msg("%s: %s points nowhere: %.*s", where, f->rule->id,
				 STR_ARG(f->pointer));
}

static void test_flows(void **state)
{
	static const char dir[] = "tests/data/flows";
	size_t files = 0, actions = 0, errors = 0, warnings = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char *path = arena_printf(*state, "%s/%s", dir, e->d_name);

		if (!str_ends(str_from(path), S(".json")))
			continue;
		struct json *doc =
			json_parse(*state, unit_file(*state, path), JSON_ANSWER, NULL);
		struct lint_report r = lint_document(*state, doc);

		assert_true(r.usable);
		check_pointers(&r, doc, path);
		for (const struct lint_finding *f = r.first; f; f = f->next)
			if (f->severity != LINT_INFO)
				print_message("# %s %s %s %.*s %.*s\n", e->d_name, f->rule->id,
					      lint_severity_name(f->severity), STR_ARG(f->pointer),
					      STR_ARG(f->message));
		files++;
		actions += r.actions;
		errors += r.counts[LINT_ERROR];
		warnings += r.counts[LINT_WARNING];
	}
	closedir(d);
	print_message("# %zu flows, %zu actions, %zu errors, %zu warnings\n", files, actions, errors,
		      warnings);
	assert_int_equal(files, 10);
	assert_int_equal(errors, 0);
	assert_true(warnings * 20 <= actions);
}

static void test_documents(void **state)
{
	static const struct {
		const char *text;
		bool usable;
		const char *within, *pointer;
	} rows[] = {
		{ "{`actions`:{`A`:{`type`:`Terminate`,`inputs`:{}}},`triggers`:{}}", true, "",
		  "/actions/A" },
		{ "{`definition`:{`actions`:{`A`:{`type`:`Terminate`,`inputs`:{}}}}}", true, "",
		  "/definition/actions/A" },
		{ "{`properties`:{`definition`:{`actions`:{`A`:{`type`:`Terminate`}}}}}", true, "",
		  "/properties/definition/actions/A" },
		{ "{`clientdata`:`{\\`properties\\`:{\\`definition\\`:{\\`actions\\`:{\\`A\\`:"
		  "{\\`type\\`:\\`Terminate\\`}}}}}`}", true, "/clientdata",
		  "/properties/definition/actions/A" },
		{ "{`clientdata`:`nothing`}", false, NULL, NULL },
		{ "{`name`:`a`}", false, NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_report r = lint_document(*state, parsed(*state, "document", rows[i].text));
		bool seen = false;

		assert_int_equal(r.usable, rows[i].usable);
		if (!r.usable) {
			assert_non_null(r.why);
			continue;
		}
		assert_str(r.within, rows[i].within);
		for (const struct lint_finding *f = r.first; f; f = f->next)
			seen = seen || (strcmp(f->rule->id, "STR05") == 0 &&
					str_eq(f->pointer, str_from(rows[i].pointer)));
		assert_true(seen);
	}
	assert_false(lint_document(*state, json_new_array(*state)).usable);
	assert_false(lint_document(*state, NULL).usable);
}

/* ---- fixes ---- */

static struct json *definition_of(struct json *doc)
{
	struct json *d = json_at(doc, "/properties/definition");

	return d ? d : json_get(doc, "definition") ? json_get(doc, "definition") : doc;
}

/* Does what an operation of a save does: the parent must be there, add finds nothing. */
static bool apply_one(struct arena *a, struct json *definition, const struct json *op)
{
	struct json *parent = definition, *key = json_first(json_get(op, "path"));
	struct str what = json_get_str(op, "op");
	struct json *value = json_copy(a, json_get(op, "value")), *old;

	for (; key && json_next(key); key = json_next(key))
		parent = json_is(key, JSON_NUMBER)
				 ? json_item(parent, (size_t)json_int(key, 0))
				 : json_get_n(parent, json_str(key));
	if (!parent || !key)
		return false;
	old = json_is(key, JSON_NUMBER) ? json_item(parent, (size_t)json_int(key, 0))
					: json_get_n(parent, json_str(key));
	if (str_eq(what, S("remove")))
		return old && !json_get(op, "value") && json_detach(parent, old);
	if (!value || (str_eq(what, S("add")) && old))
		return false;
	if (old)
		json_replace(parent, old, value);
	if (old && json_is(parent, JSON_OBJECT))
		json_rename(a, value, json_str(key));
	else if (!old)
		json_set_n(a, parent, json_str(key), value);
	return str_eq(what, S("set")) || str_eq(what, S("add"));
}

/* Every fix of every wrong example, done to the definition, takes its finding away and brings
 * no error. */
static void test_fixes(void **state)
{
	const struct lint_rule *rule;
	size_t fixed = 0;

	for (size_t i = 0; (rule = lint_rule_at(i)) != NULL; i++) {
		struct json *doc = rule->check ? parsed(*state, rule->id, rule->wrong) : NULL;
		struct lint_report before, after;
		size_t fixes = 0;

		if (!doc)
			continue;
		before = lint_document(*state, doc);
		for (struct lint_finding *f = before.first; f; f = f->next) {
			if (f->rule != rule || !f->fix)
				continue;
			fixes++;
			JSON_EACH(op, f->fix)
				if (!apply_one(*state, definition_of(doc), op))
					fail_msg("%s: cannot be done: %.*s", rule->id,
						 STR_ARG(json_text(*state, op)));
		}
		after = lint_document(*state, doc);
		if (fixes && (found(&after, rule->id) + fixes > found(&before, rule->id) ||
			      after.counts[LINT_ERROR] > before.counts[LINT_ERROR]))
			fail_msg("%s: still there after its fix: %.*s", rule->id,
				 STR_ARG(json_text(*state, doc)));
		fixed += fixes > 0;
	}
	print_message("# fixes of %zu rules take their findings away\n", fixed);
	assert_true(fixed >= 18);
}

/* The operations word by word. */
static void test_operations(void **state)
{
	static const struct {
		const char *id, *fix;
	} rows[] = {
		{ "STR03", "[{`op`:`set`,`path`:[`actions`,`A`,`type`],`value`:`Compose`}]" },
		{ "STR04", "[{`op`:`add`,`path`:[`actions`,`A`,`runAfter`],`value`:{}},"
			   "{`op`:`remove`,`path`:[`actions`,`A`,`run_after`]}]" },
		{ "STR06", "[{`op`:`set`,`path`:[`actions`,`T`,`inputs`,`runStatus`],`value`:`Succeeded`}]" },
		{ "GRF05", "[{`op`:`set`,`path`:[`actions`,`B`,`runAfter`,`A`],`value`:[`Succeeded`]}]" },
		{ "REF01", "[{`op`:`set`,`path`:[`actions`,`B`,`inputs`],`value`:`@outputs('Get_it')`}]" },
		{ "REF02", "[{`op`:`set`,`path`:[`actions`,`B`,`inputs`],`value`:`@outputs('Get_it')`}]" },
		{ "TRG05", "[{`op`:`set`,`path`:[`triggers`,`t`,`splitOn`],`value`:`@triggerBody()`}]" },
		{ "TRG06", "[{`op`:`set`,`path`:[`triggers`,`t`,`conditions`,0,`expression`],"
			   "`value`:`@equals(1,1)`}]" },
		{ "STR10", "[{`op`:`add`,`path`:[`actions`,`H`,`inputs`,`retryPolicy`],"
			   "`value`:{`type`:`none`}},{`op`:`remove`,`path`:[`actions`,`H`,`retryPolicy`]}]" },
		{ "GRF03", "[{`op`:`remove`,`path`:[`actions`,`A`,`runAfter`,`manual`]}]" },
		{ "EXP02", "[{`op`:`set`,`path`:[`actions`,`A`,`inputs`],"
			   "`value`:`@coalesce(triggerBody()?['a'], 'b')`}]" },
		{ "CON01", "[{`op`:`add`,`path`:[`parameters`,`$authentication`],"
			   "`value`:{`defaultValue`:{},`type`:`SecureObject`}}]" },
		{ "CON04", "[{`op`:`remove`,`path`:[`actions`,`A`,`inputs`,`authentication`]}]" },
		{ "CON05", "[{`op`:`set`,`path`:[`actions`,`A`,`type`],"
			   "`value`:`OpenApiConnectionWebhook`}]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct lint_rule *rule = lint_rule_find(str_from(rows[i].id));
		struct lint_report r;
		struct json *fix = NULL;

		assert_non_null(rule);
		r = lint_document(*state, parsed(*state, rule->id, rule->wrong));
		for (const struct lint_finding *f = r.first; f && !fix; f = f->next)
			if (f->rule == rule)
				fix = f->fix;
		if (!json_equal(fix, parsed(*state, "fix", rows[i].fix)))
			fail_msg("%s: %.*s", rule->id, STR_ARG(json_text(*state, fix)));
	}
}

/* Near misses and depths that the examples do not have. */
static void test_cases(void **state)
{
#define C(n, in, after) "`" n "`:{`type`:`Compose`,`inputs`:`" in "`,`runAfter`:{" after "}}"
	static const struct {
		const char *text, *id;
		size_t count;
	} rows[] = {
		/* a branch's action read after its If, and from the other branch */
		{ "`I`:{`type`:`If`,`expression`:`@equals(1,1)`,`actions`:{" C("A", "1", "")
		  "}}," C("B", "@outputs('A')", "`I`:[`Succeeded`]"), "REF03", 0 },
		{ "`I`:{`type`:`If`,`expression`:`@equals(1,1)`,`actions`:{" C("A", "1", "")
		  "},`else`:{`actions`:{" C("B", "@outputs('A')", "") "}}}", "REF03", 1 },
		/* from inside a container that comes later */
		{ C("A", "1", "") ",`S`:{`type`:`Scope`,`runAfter`:{`A`:[`Succeeded`]},`actions`:{"
		  C("B", "@outputs('A')", "") "}}", "REF03", 0 },
		{ C("A", "1", "") ",`S`:{`type`:`Scope`,`actions`:{" C("B", "@outputs('A')", "") "}}",
		  "REF03", 1 },
		/* through two steps, and the wrong way round */
		{ C("A", "1", "") "," C("B", "1", "`A`:[`Failed`]") ","
		  C("D", "@body('A')", "`B`:[`Succeeded`]"), "REF03", 0 },
		{ C("A", "@outputs('B')", "") "," C("B", "1", "`A`:[`Succeeded`]"), "REF03", 1 },
		{ C("A", "@outputs('A')", ""), "REF03", 1 },
		/* an Until reads what is inside of it */
		{ "`U`:{`type`:`Until`,`expression`:`@equals(outputs('A'),1)`,`limit`:{`count`:3},"
		  "`actions`:{" C("A", "1", "") "}}", "REF03", 0 },
		/* a circle of three is told once, what stands behind it is not */
		{ (C("A", "1", "`D`:[`Succeeded`]") "," C("B", "1", "`A`:[`Succeeded`]") ","
		   C("D", "1", "`B`:[`Succeeded`]") "," C("E", "1", "`D`:[`Succeeded`]")), "GRF04", 1 },
		{ C("A", "1", "`A`:[`Succeeded`]") "," C("B", "1", "`A`:[`Succeeded`]"), "GRF04", 0 },
		{ C("A", "1", "`A`:[`Succeeded`]"), "GRF03", 1 },
		/* descriptions are no expressions */
		{ "`A`:{`type`:`Compose`,`inputs`:1,`description`:`@{outputs('Gone')}`}", "REF01", 0 },
		{ "`A`:{`type`:`Compose`,`inputs`:{`@{outputs('Gone')}`:1}}", "REF01", 1 },
		{ C("A", "@triggerOutputs()?['x']", "") "," C("B", "@outputs('manual')", ""), "REF01", 0 },
		{ "`A`:{`type`:`COMPOSE`,`inputs`:1}", "STR03", 1 },
	};
#undef C

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lint_report r = lint_document(*state, parsed(*state, "case", rows[i].text));

		if (found(&r, rows[i].id) != rows[i].count)
			fail_msg("%s %zu times, not %zu: %s", rows[i].id, found(&r, rows[i].id),
				 rows[i].count, rows[i].text);
	}
}

/* ---- size ---- */

enum shape { CHAIN, SAME_NAMES, TWO_CHAINS, WIDE, CASES, VARIABLES, SHAPES };

/* A definition of `n` actions of a shape that once made somebody slow. */
static struct json *large(struct arena *a, enum shape shape, int n)
{
	struct buf b;
	struct json *doc;

	buf_init_in(&b, a, (size_t)64 << 20);
	buf_addz(&b, "{\"triggers\":{},\"actions\":{\"A0\":{\"type\":\"Compose\",\"inputs\":1}");
	if (shape == CASES)
		buf_addz(&b, ",\"W\":{\"type\":\"Switch\",\"expression\":\"@outputs('A0')\","
			     "\"cases\":{\"c\":{\"case\":\"c\",\"actions\":{}}");
	for (int i = 1; i < n; i++) {
		const char *read = shape == CHAIN ? arena_printf(a, "%d", i / 2) : "0";

		if (shape == CASES)
			buf_addf(&b, ",\"C%d\":{\"case\":%d,\"actions\":{\"A%d\":{\"type\":"
				     "\"Compose\",\"inputs\":1}}}", i, i, i);
		else if (shape == SAME_NAMES)
			buf_addf(&b, ",\"S%d\":{\"type\":\"Scope\",\"actions\":{\"A\":{\"type\":"
				     "\"Compose\",\"inputs\":\"@outputs('A')\"}}}", i);
		else if (shape == VARIABLES)
			buf_addf(&b, ",\"A%d\":{\"type\":\"InitializeVariable\",\"inputs\":{"
				     "\"variables\":[{\"name\":\"v%d\",\"type\":\"string\","
				     "\"value\":\"@{variables('v%d')}\"}]},\"runAfter\":{\"A%d\":"
				     "[\"Succeeded\"]}}", i, i, i - 1, i - 1);
		else if (shape == WIDE)
			buf_addf(&b, ",\"A%d\":{\"type\":\"Compose\",\"inputs\":\"@outputs('A0')\","
				     "\"runAfter\":{\"A0\":[\"Succeeded\"]}}", i);
		else
			buf_addf(&b, ",\"A%d\":{\"type\":\"Compose\",\"inputs\":\"@outputs('A%s')\","
				     "\"runAfter\":{\"A%d\":[\"Succeeded\"]%s}}", i, read,
				 shape == CHAIN || i < 2 ? i - 1 : i - 2,
				 i < 3 || i % 100 || shape == CHAIN
					 ? ""
					 : arena_printf(a, ",\"A%d\":[\"Succeeded\"]", i - 1));
	}
	buf_addz(&b, shape == CASES ? "}}}}" : "}}");
	doc = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	assert_non_null(doc);
	return doc;
}

/* A chain of 20,000 actions: neither stack nor patience ends. */
static void test_long(void **state)
{
	struct lint_report r = lint_document(*state, large(*state, CHAIN, 20000));

	assert_int_equal(r.actions, 20000);
	assert_int_equal(r.counts[LINT_ERROR], found(&r, "LIM01"));
}

/* Processor time in microseconds for one report: the least of three. */
static int64_t cost(struct json *doc)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		struct timespec from, to;
		struct arena a;

		arena_init(&a, (size_t)1 << 30);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_true(lint_document(&a, doc).usable);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		arena_release(&a);
		int64_t us = (to.tv_sec - from.tv_sec) * 1000000 +
			     (to.tv_nsec - from.tv_nsec) / 1000;

		least = us < least ? us : least;
	}
	return least;
}

/* Sixteen times the actions: linear is 16 times the time, quadratic 256 times. */
static void test_growth(void **state)
{
	for (int shape = 0; shape < SHAPES; shape++) {
		int64_t few = cost(large(*state, (enum shape)shape, 500));
		int64_t many = cost(large(*state, (enum shape)shape, 8000));

		print_message("# shape %d: %d us for 500 actions, %d us for 8,000\n", shape, (int)few,
			      (int)many);
		assert_true(many < 64 * (few + 1000));
	}
}

/* A flow with the same types and operations as an earlier one is told, whatever its names. */
static void test_set(void **state)
{
	struct lint_set *set = lint_set_new(*state);
	struct lint_report r[3];

	for (int i = 0; i < 3; i++) {
		struct json *doc = large(*state, i < 2 ? CHAIN : CASES, 20);

		if (i == 1)
			json_rename(*state, json_first(json_get(doc, "actions")), S("Other"));
		r[i] = lint_document(*state, doc);
		lint_set_add(set, *state, &r[i],
			     &(struct lint_identity){ i ? S("second") : S("first"), { { 0 } } });
	}
	assert_true(r[0].shape == r[1].shape && r[0].shape != r[2].shape);
	assert_int_equal(found(&r[0], "QUA04"), 0);
	assert_int_equal(found(&r[1], "QUA04"), 1);
	assert_int_equal(found(&r[2], "QUA04"), 0);
	for (const struct lint_finding *f = r[1].first; f; f = f->next)
		if (strcmp(f->rule->id, "QUA04") == 0)
			assert_str(f->message, "it has the same 20 actions as first");
}

#define PARENT "11111111-aaaa-4bbb-8ccc-000000000001"
#define CHILD "22222222-aaaa-4bbb-8ccc-000000000002"
#define FLOW(reference, actions) \
	"{`properties`:{`connectionReferences`:{`shared_x`:{`runtimeSource`:`" reference "`}}," \
	"`definition`:{`triggers`:{`manual`:{`type`:`Request`,`kind`:`Button`}},`actions`:{" actions \
	"}}}}"
#define RUN(more) \
	"`S`:{`type`:`Scope`,`actions`:{`Run`:{`type`:`Workflow`" more ",`inputs`:{`host`:{" \
	"`workflowReferenceName`:`" CHILD "`}}}}}"
#define RESPOND "`S`:{`type`:`Scope`,`actions`:{`R`:{`type`:`Response`,`kind`:`PowerApp`}}}"
#define EMPTY "`C`:{`type`:`Compose`,`inputs`:1}"
#define AT "/properties/definition"

/* Flows in the order they are read.  `at` is where TRG10 speaks about the last one, or NULL. */
static const struct {
	const char *what;
	struct {
		const char *id, *text;
	} flows[3];
	enum lint_severity severity;
	const char *at, *message;
} related[] = {
	{ "the child is there already",
	  { { CHILD, FLOW("embedded", EMPTY) }, { PARENT, FLOW("embedded", RUN("")) } },
	  LINT_ERROR, AT "/actions/S/actions/Run",
	  "it waits for an answer of flow 1, which has no Response" },
	{ "the child comes later",
	  { { PARENT, FLOW("embedded", RUN("")) }, { CHILD, FLOW("embedded", EMPTY) } },
	  LINT_ERROR, AT "/triggers/manual",
	  "flow 1 runs this flow and waits for its answer: there is no Response" },
	{ "an id in other letters",
	  { { "22222222-AAAA-4BBB-8CCC-000000000002", FLOW("embedded", EMPTY) },
	    { PARENT, FLOW("embedded", RUN("")) } },
	  LINT_ERROR, AT "/actions/S/actions/Run",
	  "it waits for an answer of flow 1, which has no Response" },
	{ "a flow that runs itself",
	  { { CHILD, FLOW("embedded", RUN("")) } },
	  LINT_ERROR, AT "/actions/S/actions/Run",
	  "it waits for an answer of flow 1, which has no Response" },
	{ "connections of whoever runs it",
	  { { CHILD, FLOW("invoker", RESPOND) }, { PARENT, FLOW("embedded", RUN("")) } },
	  LINT_INFO, AT "/actions/S/actions/Run",
	  "it runs flow 1, which takes connections of whoever runs it: the service turns this flow on "
	  "when that one has its own" },
	{ "and the child comes later",
	  { { PARENT, FLOW("embedded", RUN("")) }, { CHILD, FLOW("invoker", RESPOND) } },
	  LINT_INFO, "/properties/connectionReferences/shared_x",
	  "flow 1 runs this flow, which takes a connection of whoever runs it: the service turns that "
	  "one on when this one has its own" },
	/* Near misses. */
	{ .what = "the child answers",
	  .flows = { { CHILD, FLOW("embedded", RESPOND) }, { PARENT, FLOW("embedded", RUN("")) } } },
	{ .what = "and comes later",
	  .flows = { { PARENT, FLOW("embedded", RUN("")) }, { CHILD, FLOW("embedded", RESPOND) } } },
	{ .what = "another flow is run",
	  .flows = { { PARENT, FLOW("embedded", EMPTY) }, { PARENT, FLOW("embedded", RUN("")) } } },
	{ .what = "nobody runs it",
	  .flows = { { CHILD, FLOW("invoker", EMPTY) }, { PARENT, FLOW("embedded", EMPTY) } } },
	{ .what = "the caller's own connections do not count",
	  .flows = { { CHILD, FLOW("embedded", RESPOND) }, { PARENT, FLOW("invoker", RUN("")) } } },
	{ .what = "the child is there twice and sound once",
	  .flows = { { CHILD, FLOW("invoker", EMPTY) }, { CHILD, FLOW("embedded", RESPOND) },
		     { PARENT, FLOW("embedded", RUN("")) } } },
	{ .what = "a step with options may not wait",
	  .flows = { { CHILD, FLOW("embedded", EMPTY) },
		     { PARENT, FLOW("embedded", RUN(",`operationOptions`:`x`")) } } },
	{ .what = "flows without ids",
	  .flows = { { "", FLOW("embedded", EMPTY) }, { "", FLOW("embedded", RUN("")) } } },
};

static void test_related(void **state)
{
	for (size_t i = 0; i < COUNT(related); i++) {
		struct lint_set *set = lint_set_new(*state);
		struct lint_report r = { 0 };
		size_t alone = 0;

		for (size_t k = 0; k < 3 && related[i].flows[k].text; k++) {
			struct lint_identity who = { .name = str_fmt(*state, "flow %zu", k + 1) };

			who.ids[k] = str_from(related[i].flows[k].id);
			alone += found(&r, "TRG10");
			r = lint_document(*state, parsed(*state, "set", related[i].flows[k].text));
			assert_int_equal(found(&r, "TRG10"), 0);
			lint_set_add(set, *state, &r, &who);
		}
		if (alone || found(&r, "TRG10") != (related[i].at != NULL))
			fail_msg("%s: %zu and %zu", related[i].what, alone, found(&r, "TRG10"));
		for (const struct lint_finding *f = r.first; f; f = f->next) {
			assert_true(!f->next || f->severity <= f->next->severity);
			if (strcmp(f->rule->id, "TRG10") != 0)
				continue;
			assert_str(f->message, related[i].message);
			assert_str(f->pointer, related[i].at);
			assert_int_equal(f->severity, related[i].severity);
		}
	}
}

#define ROWS(watched, more, set, at) \
	"{`triggers`:{`t`:{`type`:`OpenApiConnectionWebhook`,`inputs`:{`host`:{`apiId`:`/apis/" \
	"shared_commondataserviceforapps`,`operationId`:`SubscribeWebhookTrigger`},`parameters`:{" \
	"`subscriptionRequest/message`:3,`subscriptionRequest/entityname`:`" watched "`" more "}}}}," \
	"`actions`:{" at("`U`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/apis/" \
	"shared_commondataserviceforapps`,`operationId`:`UpdateRecord`},`parameters`:{`entityName`:`" \
	set "`,`recordId`:`@variables('x')`}}}") "}}"
#define ITEMS(watched, changed) \
	"{`triggers`:{`t`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/apis/" \
	"shared_sharepointonline`,`operationId`:`GetOnUpdatedItems`},`parameters`:{`dataset`:" \
	"`https://a.example/s`,`table`:`" watched "`}}}},`actions`:{`U`:{`type`:`OpenApiConnection`," \
	"`inputs`:{`host`:{`apiId`:`/apis/shared_sharepointonline`,`operationId`:`PatchItem`}," \
	"`parameters`:{`dataset`:`https://a.example/s`,`table`:`" changed "`,`id`:7}}}}}"
#define TOP(step) step
#define IN_IF(step) "`I`:{`type`:`If`,`expression`:`@true`,`actions`:{" step "}}"
#define IN_CATCH(step) \
	"`C`:{`type`:`Compose`,`inputs`:1},`S`:{`type`:`Scope`,`runAfter`:{`C`:[`Failed`]},`actions`:{" \
	step "}}"
#define GUARDED(step) step ",`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Succeeded`}}"

static const struct {
	const char *what, *one, *two, *at;
} circles[] = {
	{ "rows", ROWS("account", "", "contacts", TOP), ROWS("contact", "", "accounts", TOP),
	  "/actions/U" },
	{ "items", ITEMS("Orders", "Stock"), ITEMS("stock", "orders"), "/actions/U" },
	/* Near misses. */
	{ "columns are named", ROWS("account", ",`subscriptionRequest/filteringattributes`:`name`",
				    "contacts", TOP), ROWS("contact", "", "accounts", TOP), NULL },
	{ "a condition", ROWS("account", "", "contacts", TOP), ROWS("contact", "", "accounts", IN_IF),
	  NULL },
	{ "only after a failure", ROWS("account", "", "contacts", IN_CATCH),
	  ROWS("contact", "", "accounts", TOP), NULL },
	{ "a guard", ROWS("account", "", "contacts", GUARDED), ROWS("contact", "", "accounts", TOP),
	  NULL },
	{ "one way", ROWS("account", "", "contacts", TOP), ROWS("contact", "", "orders", TOP), NULL },
	{ "another list", ITEMS("Orders", "Stock"), ITEMS("Stock", "Invoices"), NULL },
	{ "a list of a longer name", ITEMS("Order", "Stock"), ITEMS("Stock", "Orders"), NULL },
	{ "a list that a parameter names", ITEMS("Orders", "@parameters('p')"),
	  ITEMS("@parameters('p')", "Orders"), NULL },
	{ "the same list twice", ITEMS("Orders", "Orders"), ITEMS("Orders", "Orders"), NULL },
};

static void test_circles(void **state)
{
	for (size_t i = 0; i < COUNT(circles); i++) {
		struct lint_set *set = lint_set_new(*state);
		const char *texts[] = { circles[i].one, circles[i].two };
		struct lint_report r = { 0 };

		for (size_t k = 0; k < 2; k++) {
			struct lint_identity who = { k ? S("two") : S("one"), { { 0 } } };

			if (found(&r, "TRG07"))
				fail_msg("%s: alone", circles[i].what);
			r = lint_document(*state, parsed(*state, circles[i].what, texts[k]));
			lint_set_add(set, *state, &r, &who);
		}
		if (found(&r, "TRG07") != (circles[i].at != NULL))
			fail_msg("%s: %zu", circles[i].what, found(&r, "TRG07"));
		for (const struct lint_finding *f = r.first; f; f = f->next)
			if (strcmp(f->rule->id, "TRG07") == 0) {
				assert_str(f->pointer, circles[i].at);
				assert_str(f->message, "it changes what starts one, which changes what "
						       "starts this flow: they start each other without end");
				assert_int_equal(f->severity, LINT_WARNING);
			}
	}
}

/* Values of the wrong type anywhere do not crash it. */
static void test_odd(void **state)
{
	static const char *const rows[] = {
		"{`actions`:[],`triggers`:7}",
		"{`actions`:{`A`:null,`B`:[],`C`:`x`,`D`:{`type`:7,`runAfter`:`x`,`inputs`:[]}}}",
		"{`actions`:{`A`:{`type`:`Switch`,`cases`:[1],`default`:`x`}},`triggers`:{`t`:0}}",
		"{`actions`:{`A`:{`type`:`InitializeVariable`,`inputs`:{`variables`:7}}}}",
		"{`actions`:{`A`:{`type`:`If`,`expression`:{`and`:{`and`:[[],7]}},`else`:[]}}}",
		"{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:7}}},`parameters`:[]}",
		"{`definition`:{`actions`:{``:{`runAfter`:{``:7}}}},`connectionReferences`:[1]}",
		"{`actions`:{`A`:{`type`:`Workflow`,`inputs`:{`host`:[7]}},`B`:{`type`:`Workflow`}}}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *doc = parsed(*state, "odd", rows[i]);
		struct lint_report r = lint_document(*state, doc);

		assert_true(r.usable);
		assert_non_null(lint_report_json(*state, &r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_examples), UNIT(test_flows), UNIT(test_documents),
		UNIT(test_fixes),    UNIT(test_operations), UNIT(test_cases), UNIT(test_long),
		UNIT(test_growth),   UNIT(test_set), UNIT(test_related), UNIT(test_circles), UNIT(test_odd),
	};

	return UNIT_RUN(tests);
}
