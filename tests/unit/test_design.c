/*
 * test_design.c - the form a flow is saved in, and when two definitions are the same flow.
 */
#include "unit.h"

#include <dirent.h>

#include "text/json.h"
#include "wdl/design.h"

#define INJECTED "@parameters('$authentication')"

static struct json *parse(struct arena *a, struct str text)
{
	struct json_error e;
	struct json *v = json_parse(a, text, JSON_ANSWER, &e);

	if (!v)
		fail_msg("%.*s: %s at %zu", STR_ARG(text), e.message, e.offset);
	return v;
}

/* ` stands for a double quote. */
static struct json *quick(struct arena *a, const char *text)
{
	char *s = arena_copy(a, text, strlen(text));

	for (char *p = s; *p; p++)
		if (*p == '`')
			*p = '"';
	return parse(a, str_from(s));
}

struct look {
	struct arena *a;
	unsigned connectors, authenticated;
};

static void inject(void *arg, struct json *step, bool trigger)
{
	struct look *l = arg;

	(void)trigger;
	if (!wdl_design_is_connector(step) || !json_get(step, "inputs"))
		return;
	l->connectors++;
	json_set_z(l->a, json_get(step, "inputs"), "authentication", INJECTED);
}

static void look(void *arg, struct json *step, bool trigger)
{
	struct look *l = arg;

	(void)trigger;
	l->connectors += wdl_design_is_connector(step);
	l->authenticated += wdl_design_is_connector(step) &&
			    json_at(step, "/inputs/authentication") != NULL;
}

/* The flows that a directory holds: as the service returns them, or with a bare definition. */
static unsigned each_flow(struct arena *a, const char *dir, const char *prefix,
			  void (*check)(struct arena *a, const char *name,
					const struct json *definition))
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		struct str name = str_from(e->d_name);
		const struct json *v, *definition;

		if (!str_ends(name, S(".json")) || !str_starts(name, str_from(prefix)))
			continue;
		v = parse(a, unit_file(a, arena_printf(a, "%s/%s", dir, e->d_name)));
		definition = json_at(v, "/properties/definition");
		if (!definition)
			definition = json_get(v, "definition");
		if (!definition)
			continue;
		check(a, str_c(a, name), definition);
		n++;
	}
	closedir(d);
	return n;
}

static void check_round(struct arena *a, const char *name, const struct json *definition)
{
	struct json *saved = wdl_design_form(a, definition), *read = json_copy(a, saved);
	struct look before = { a, 0, 0 }, after = { a, 0, 0 };
	struct str at = S("");

	wdl_design_each(definition, look, &before);
	wdl_design_each(saved, look, &after);
	if (after.authenticated || before.connectors != after.connectors)
		fail_msg("%s: %u of %u connectors keep an authentication", name,
			 after.authenticated, after.connectors);
	if (!json_identical(wdl_design_form(a, saved), saved))
		fail_msg("%s: not idempotent", name);
	/* What the service shows of it, saved unchanged, is what was saved. */
	wdl_design_each(read, inject, &before);
	if (!json_identical(wdl_design_form(a, read), saved))
		fail_msg("%s: a read and a save change something", name);
	if (wdl_design_differs(a, read, definition, &at))
		fail_msg("%s: differs at %.*s", name, STR_ARG(at));
	/* All else is there as it was. */
	if (!after.connectors && !json_identical(saved, definition))
		fail_msg("%s: something else changed", name);
}

static void test_flows(void **state)
{
	assert_int_equal(each_flow(*state, "tests/data/flows", "", check_round), 10);
	assert_true(each_flow(*state, "src/tenant/seed", "p-", check_round) > 20);
}

/* The only change to the text of a flow with connectors: their authentication goes. */
static void test_letter(void **state)
{
	struct arena *a = *state;
	const struct json *in = quick(a,
		"{`actions`:{`S`:{`type`:`Switch`,`cases`:{`x`:{`actions`:{`A`:{`type`:`OpenApiConnection`,"
		"`metadata`:{`operationMetadataId`:`1`},`inputs`:{`authentication`:`" INJECTED "`,`n`:1.0}}}}},"
		"`default`:{`actions`:{`H`:{`type`:`Http`,`inputs`:{`authentication`:{`type`:`Raw`}}}}}}},"
		"`triggers`:{`T`:{`type`:`ApiConnectionWebhook`,`inputs`:{`authentication`:{`type`:`Raw`}}}}}");

	assert_str(json_text(a, wdl_design_form(a, in)),
		   str_c(a, json_text(a, quick(a,
		"{`actions`:{`S`:{`type`:`Switch`,`cases`:{`x`:{`actions`:{`A`:{`type`:`OpenApiConnection`,"
		"`metadata`:{`operationMetadataId`:`1`},`inputs`:{`n`:1.0}}}}},"
		"`default`:{`actions`:{`H`:{`type`:`Http`,`inputs`:{`authentication`:{`type`:`Raw`}}}}}}},"
		"`triggers`:{`T`:{`type`:`ApiConnectionWebhook`,`inputs`:{}}},"
		"`parameters`:{`$connections`:{`defaultValue`:{},`type`:`Object`},"
		"`$authentication`:{`defaultValue`:{},`type`:`SecureObject`}}}"))));
}

static void test_equal(void **state)
{
	static const struct {
		const char *x, *y, *at; /* at NULL: the same */
	} rows[] = {
		{ "{}", "{`outputs`:{},`parameters`:{},`actions`:{}}", NULL },
		{ "{`metadata`:{`a`:1}}", "{`metadata`:{`clientLastModifiedTime`:`x`}}", NULL },
		{ "{`parameters`:{}}", "{`parameters`:{`$connections`:{`type`:`Object`}}}", NULL },
		{ "{`parameters`:{}}", "{`parameters`:{`p`:{`type`:`String`}}}", "/parameters/p" },
		{ "{`description`:`a`}", "{`description`:`b`}", "/description" },
		{ "{`description`:`a`}", "{}", "/description" },
		{ "{}", "{`description`:`a`}", "/description" },
		{ "{`actions`:{`A`:{`type`:`Compose`,`inputs`:1},`B`:{`type`:`Compose`,`inputs`:2}}}",
		  "{`actions`:{`B`:{`inputs`:2,`type`:`Compose`},`A`:{`inputs`:1.0,`type`:`Compose`,`runAfter`:{}}}}", NULL },
		/* The order of members is part of what Compose hands on. */
		{ "{`actions`:{`A`:{`type`:`Compose`,`inputs`:{`a`:1,`b`:2}}}}",
		  "{`actions`:{`A`:{`type`:`Compose`,`inputs`:{`b`:2,`a`:1}}}}", "/actions/A/inputs" },
		{ "{`actions`:{`A`:{`type`:`Http`,`inputs`:{`body`:{`a`:1,`b`:2}}}}}",
		  "{`actions`:{`A`:{`type`:`Http`,`inputs`:{`body`:{`b`:2,`a`:1}}}}}", "/actions/A/inputs/body" },
		{ "{`actions`:{`A`:{`type`:`Http`,`inputs`:{`uri`:1,`headers`:{`a`:1,`b`:2}}}}}",
		  "{`actions`:{`A`:{`type`:`Http`,`inputs`:{`headers`:{`b`:2,`a`:1},`uri`:1}}}}", NULL },
		{ "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`a`:1,`b`:{`c`:1,`d`:2}}}}}}",
		  "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`b`:{`c`:1,`d`:2},`a`:1},`authentication`:`x`}}}}", NULL },
		{ "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`b`:{`c`:1,`d`:2}}}}}}",
		  "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`parameters`:{`b`:{`d`:2,`c`:1}}}}}}", "/actions/A/inputs/parameters/b" },
		{ "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`k`,`operationId`:`o`}}}}}",
		  "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`operationId`:`o`,`connectionReferenceName`:`k`}}}}}", NULL },
		{ "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`k`,`operationId`:`o`}}}}}",
		  "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionReferenceName`:`l`,`operationId`:`o`}}}}}", "/actions/A/inputs/host/connectionName" },
		{ "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`k`,`operationId`:`o`}}}}}",
		  "{`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`k`,`operationId`:`p`}}}}}", "/actions/A/inputs/host/operationId" },
		{ "{`actions`:{`A`:{`type`:`Wait`,`runAfter`:{`B`:[`Succeeded`,`Failed`]}}}}",
		  "{`actions`:{`A`:{`type`:`Wait`,`runAfter`:{`B`:[`FAILED`,`succeeded`]}}}}", NULL },
		{ "{`actions`:{`A`:{`type`:`Wait`,`runAfter`:{`B`:[`Succeeded`]}}}}",
		  "{`actions`:{`A`:{`type`:`Wait`,`runAfter`:{}}}}", "/actions/A/runAfter/B" },
		{ "{`actions`:{`A`:{`type`:`Scope`,`actions`:{`B`:{`type`:`Wait`,`limit`:1}}}}}",
		  "{`actions`:{`A`:{`type`:`Scope`,`actions`:{`B`:{`type`:`Wait`,`limit`:2}}}}}", "/actions/A/actions/B/limit" },
		{ "{`actions`:{`A`:{`type`:`If`,`else`:{`actions`:{}}}}}",
		  "{`actions`:{`A`:{`type`:`If`,`else`:{`actions`:{`B/~`:{`type`:`Wait`}}}}}}", "/actions/A/else/actions/B~1~0" },
		{ "{`actions`:{`A`:{`type`:`Wait`,`metadata`:{`operationMetadataId`:`1`}}}}",
		  "{`actions`:{`A`:{`type`:`Wait`}}}", "/actions/A/metadata" },
		{ "{`actions`:{`A`:{`type`:`Wait`,`inputs`:`1`}}}", "{`actions`:{`A`:{`type`:`Wait`,`inputs`:1}}}",
		  "/actions/A/inputs" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *x = quick(a, rows[i].x), *y = quick(a, rows[i].y);
		struct str at = S("(same)");
		bool differs = wdl_design_differs(a, x, y, &at);

		if (differs != (rows[i].at != NULL))
			fail_msg("row %zu: %.*s", i, STR_ARG(at));
		if (differs)
			assert_str(at, rows[i].at);
		assert_int_equal(wdl_design_differs(a, y, x, &at), differs);
		assert_true(wdl_design_equal(a, x, x) && wdl_design_equal(a, y, y));
	}
}

#define API "/providers/Microsoft.PowerApps/apis/"

static void test_references(void **state)
{
	static const struct {
		const char *read, *saved;
	} rows[] = {
		{ "{}", "{}" },
		{ "{`k`:{`connectionName`:`c`,`source`:`Invoker`,`id`:`" API "a`,`displayName`:`A`,`iconUri`:`u`,`tier`:`x`,`apiName`:`a`,`isProcessSimpleApiReferenceConversionAlreadyDone`:false}}",
		  "{`k`:{`connectionName`:`c`,`source`:`Invoker`,`id`:`" API "a`}}" },
		{ "{`k`:{`connectionName`:`c`,`id`:`" API "a`}}",
		  "{`k`:{`connectionName`:`c`,`source`:`Embedded`,`id`:`" API "a`}}" },
		{ "{`k`:{`connectionName`:``,`connectionReferenceLogicalName`:`l`,`source`:`embedded`,`id`:`" API "a`}}",
		  "{`k`:{`connectionReferenceLogicalName`:`l`,`source`:`Embedded`,`id`:`" API "a`}}" },
		{ "{`k`:{`runtimeSource`:`invoker`,`connection`:{`connectionReferenceLogicalName`:`l`},`api`:{`name`:`a`}}}",
		  "{`k`:{`connectionReferenceLogicalName`:`l`,`source`:`Invoker`,`id`:`" API "a`}}" },
		{ "{`k`:{`runtimeSource`:`embedded`,`connection`:{`name`:`c`},`api`:{`id`:`" API "a`}}}",
		  "{`k`:{`connectionName`:`c`,`source`:`Embedded`,`id`:`" API "a`}}" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *saved = wdl_design_references(a, quick(a, rows[i].read));

		assert_str(json_text(a, saved),
			   str_c(a, json_text(a, quick(a, rows[i].saved))));
		assert_true(json_identical(wdl_design_references(a, saved), saved));
		/* To Dataverse's form and back. */
		assert_true(wdl_design_references_equal(
			wdl_design_references(a, wdl_design_clientdata_references(a, saved, NULL)),
			saved));
	}
}

static void test_references_equal(void **state)
{
	static const struct {
		const char *x, *y;
		bool same;
	} rows[] = {
		{ "{}", "{`k`:{`id`:`a`}}", false },
		{ "{`k`:{`id`:`/x/a`,`source`:`Embedded`,`connectionName`:`c`}}", "{`k`:{`connectionName`:`C`,`source`:`Embedded`,`id`:`/y/a`}}", true },
		{ "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`c`}}", "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`d`}}", false },
		{ "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`c`}}", "{`k`:{`id`:`a`,`source`:`Invoker`,`connectionName`:`c`}}", false },
		{ "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`c`}}", "{`l`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`c`}}", false },
		/* Bound through a reference of a solution: which connection that is is its business. */
		{ "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionName`:`c`,`connectionReferenceLogicalName`:`l`}}", "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionReferenceLogicalName`:`l`}}", true },
		{ "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionReferenceLogicalName`:`m`}}", "{`k`:{`id`:`a`,`source`:`Embedded`,`connectionReferenceLogicalName`:`l`}}", false },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (wdl_design_references_equal(quick(a, rows[i].x), quick(a, rows[i].y)) !=
		    rows[i].same)
			fail_msg("row %zu", i);
}

/* A row of Dataverse keeps to the letter what did not change. */
static void test_clientdata(void **state)
{
	struct arena *a = *state;
	struct json *before = quick(a,
		"{`k`:{`runtimeSource`:`embedded`,`connection`:{`connectionReferenceLogicalName`:`l`},`api`:{`name`:`a`},`impersonation`:{}},"
		"`j`:{`runtimeSource`:`embedded`,`connection`:{`connectionReferenceLogicalName`:`m`},`api`:{`name`:`b`}}}");
	struct json *now = wdl_design_references(a, before);

	assert_true(json_identical(wdl_design_clientdata_references(a, now, before), before));
	json_set_z(a, json_get(now, "j"), "connectionReferenceLogicalName", "n");
	now = wdl_design_clientdata_references(a, now, before);
	assert_true(json_identical(json_get(now, "k"), json_get(before, "k")));
	assert_str(json_str(json_at(now, "/j/connection/connectionReferenceLogicalName")), "n");
}

static void test_hosts(void **state)
{
	static const struct {
		const char *host;
		enum wdl_host_form form;
		const char *want;
	} rows[] = {
		{ "{`apiId`:`x`,`connectionName`:`k`,`operationId`:`o`}", WDL_HOST_REFERENCE, "{`apiId`:`x`,`connectionReferenceName`:`k`,`operationId`:`o`}" },
		{ "{`connectionReferenceName`:`k`}", WDL_HOST_CONNECTION, "{`connectionName`:`k`}" },
		{ "{`connectionName`:`k`}", WDL_HOST_CONNECTION, "{`connectionName`:`k`}" },
		{ "{`connectionName`:`k`,`connectionReferenceName`:`k`}", WDL_HOST_REFERENCE, "{`connectionReferenceName`:`k`}" },
		{ "{`connectionName`:`guid`}", WDL_HOST_CONNECTION, "{`connectionName`:`k`}" },
		{ "{`connectionName`:`log`}", WDL_HOST_REFERENCE, "{`connectionReferenceName`:`k`}" },
		{ "{`connectionName`:`twice`}", WDL_HOST_CONNECTION, "{`connectionName`:`twice`}" },
		{ "{`connectionName`:`other`}", WDL_HOST_CONNECTION, "{`connectionName`:`other`}" },
		{ "{`connection`:{`name`:`x`}}", WDL_HOST_CONNECTION, "{`connection`:{`name`:`x`}}" },
	};
	struct arena *a = *state;
	struct json *references = quick(a,
		"{`k`:{`connectionName`:`guid`,`connectionReferenceLogicalName`:`log`},`l`:{`connectionName`:`twice`},`m`:{`connectionName`:`twice`}}");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *d = quick(a, "{`actions`:{`S`:{`type`:`Scope`,`actions`:{`A`:{`type`:`OpenApiConnection`,`inputs`:{}}}}}}");

		json_set(a, json_at(d, "/actions/S/actions/A/inputs"), "host", quick(a, rows[i].host));
		wdl_design_set_hosts(a, d, references, rows[i].form);
		assert_str(json_text(a, json_at(d, "/actions/S/actions/A/inputs/host")),
			   str_c(a, json_text(a, quick(a, rows[i].want))));
		if (i < 4)
			assert_int_equal(wdl_design_host_form(d), rows[i].form);
	}
	assert_int_equal(wdl_design_host_form(quick(a, "{`actions`:{}}")), WDL_HOST_NONE);
}

static void test_counts(void **state)
{
	static const struct {
		const char *before, *after;
		unsigned percent;
	} rows[] = {
		{ "{}", "{}", 0 },
		{ "{`actions`:{`A`:{},`B`:{}}}", "{`actions`:{`a`:{},`C`:{}}}", 50 },
		{ "{`actions`:{`A`:{`actions`:{`B`:{}}}}}", "{`actions`:{`B`:{},`A`:{}}}", 0 },
		{ "{`triggers`:{`T`:{}},`actions`:{`A`:{},`B`:{}}}", "{}", 100 },
		{ "{`actions`:{`A`:{},`B`:{},`C`:{}}}", "{`actions`:{`A`:{},`B`:{}}}", 34 },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(wdl_design_dropped(a, quick(a, rows[i].before),
						    quick(a, rows[i].after)),
				 rows[i].percent);
}

static void test_start(void **state)
{
	static const struct {
		const char *definition;
		enum wdl_start start;
	} rows[] = {
		{ "{`triggers`:{`T`:{`type`:`Recurrence`}}}", WDL_START_AUTOMATED },
		{ "{`triggers`:{`T`:{`type`:`Request`,`kind`:`Http`}},`actions`:{`R`:{`type`:`Response`}}}", WDL_START_AUTOMATED },
		{ "{`triggers`:{`T`:{`type`:`Request`,`kind`:`Button`}}}", WDL_START_INSTANT },
		{ "{`triggers`:{`T`:{`type`:`Request`,`kind`:`PowerAppV2`}},`actions`:{`R`:{`type`:`Response`}}}", WDL_START_INSTANT },
		{ "{`triggers`:{`T`:{`type`:`Request`,`kind`:`Button`}},`actions`:{`S`:{`type`:`Scope`,`actions`:{`R`:{`type`:`Response`}}}}}", WDL_START_CHILD },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(wdl_design_start(quick(*state, rows[i].definition)), rows[i].start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_flows),     UNIT(test_letter),     UNIT(test_equal),
		UNIT(test_references), UNIT(test_references_equal), UNIT(test_clientdata),
		UNIT(test_hosts),     UNIT(test_counts),     UNIT(test_start),
	};

	return UNIT_RUN(tests);
}
