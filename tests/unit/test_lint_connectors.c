/*
 * test_lint_connectors.c - CON11: a definition against what its connectors take.
 */
#include "unit.h"
#include "wdl/lint_connectors.h"
#include "wdl/swagger.h"

/* ` stands for a double quote. */
static struct json *parse(struct arena *a, const char *text)
{
	char *copy = arena_copy(a, text, strlen(text));
	struct json_error e;
	struct json *v;

	for (char *p = copy; *p; p++)
		if (*p == '`')
			*p = '"';
	v = json_parse(a, str_from(copy), JSON_ANSWER, &e);
	if (!v)
		fail_msg("%s at %zu of %s", e.message, e.offset, copy);
	return v;
}

static const char connector[] =
	"{`paths`:{`/i`:{`get`:{`operationId`:`Get`,`parameters`:[{`name`:`site`,`in`:`path`,`required`:true,`type`:`string`},"
	"{`name`:`mode`,`in`:`query`,`type`:`string`,`enum`:[`a`,`b`]},{`name`:`secret`,`in`:`query`,`type`:`string`,`x-ms-visibility`:`internal`},"
	"{`name`:`had`,`in`:`query`,`required`:true,`type`:`string`,`default`:`x`}]},"
	"`post`:{`operationId`:`Put`,`parameters`:[{`name`:`item`,`in`:`body`,`required`:true,`schema`:{`type`:`object`,"
	"`x-ms-dynamic-schema`:{`operationId`:`T`}}}]},"
	"`patch`:{`operationId`:`Send`,`parameters`:[{`name`:`m`,`in`:`body`,`required`:true,`schema`:{`type`:`object`,`required`:[`To`],"
	"`properties`:{`To`:{`type`:`string`},`More`:{`type`:`object`}}}}]}}}}";

struct facts {
	struct arena *a;
	const struct json *doc;
};

static const struct json *operation(void *arg, struct str api, struct str id, bool *known)
{
	struct facts *f = arg;

	*known = str_eq(api, S("shared_x"));
	return *known ? swagger_operation(f->a, f->doc, id) : NULL;
}

static const struct json *entity_sets(void *arg)
{
	struct facts *f = arg;

	return parse(f->a, "[`accounts`,`fab_things`]");
}

#define TABLE(name, value) "`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/apis/shared_commondataserviceforapps`,`operationId`:`Any`},`parameters`:{`" name "`:`" value "`}}"
#define STEP(op, parameters) "`type`:`OpenApiConnection`,`inputs`:{`host`:{`connectionName`:`c`,`apiId`:`/apis/shared_x`,`operationId`:`" op "`},`parameters`:{" parameters "}}"
#define FLOW(steps) "{`triggers`:{},`actions`:{" steps "}}"

static const struct {
	const char *document, *pointer, *message; /* of the only finding; NULL: none */
} cases[] = {
	{ FLOW("`A`:{" STEP("Get", "`site`:`s`,`mode`:`A`") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Get", "`SITE`:`s`,`secret`:1,`mode`:`@x`") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Gett", "") "}"), "/actions/A/inputs/host/operationId",
	  "the connector shared_x has no operation Gett" },
	{ FLOW("`A`:{" STEP("Get", "") "}"), "/actions/A/inputs/parameters",
	  "Get needs the parameter site" },
	{ FLOW("`A`:{" STEP("Get", "`site`:`s`,`color`:1") "}"), "/actions/A/inputs/parameters/color",
	  "Get has no parameter color" },
	{ FLOW("`A`:{" STEP("Get", "`site`:`s`,`mode`:`c`") "}"), "/actions/A/inputs/parameters/mode",
	  "mode takes none of the values that the connector names" },
	/* Fields that are looked up, free objects, whole bodies. */
	{ FLOW("`A`:{" STEP("Put", "`item/Title`:`x`") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Put", "`item`:{}") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Put", "") "}"), "/actions/A/inputs/parameters",
	  "Put needs the parameter item" },
	{ FLOW("`A`:{" STEP("Put", "`items/Title`:1,`item/a`:1") "}"), "/actions/A/inputs/parameters/items~1Title",
	  "Put has no parameter items/Title" },
	{ FLOW("`A`:{" STEP("Send", "`m/To`:`x`,`m/More/deep`:1") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Send", "`m`:{`To`:1}") "}"), NULL, NULL },
	{ FLOW("`A`:{" STEP("Send", "`m/More`:1") "}"), "/actions/A/inputs/parameters",
	  "Send needs the parameter m/To" },
	/* Wherever it stands, and however the document is wrapped. */
	{ FLOW("`S`:{`type`:`If`,`actions`:{},`else`:{`actions`:{`A`:{" STEP("No", "") "}}}}"),
	  "/actions/S/else/actions/A/inputs/host/operationId", "the connector shared_x has no operation No" },
	{ FLOW("`S`:{`type`:`Switch`,`cases`:{`a/b`:{`case`:1,`actions`:{`A`:{" STEP("No", "") "}}}}}"),
	  "/actions/S/cases/a~1b/actions/A/inputs/host/operationId", "the connector shared_x has no operation No" },
	{ "{`properties`:{`connectionReferences`:{`c`:{`id`:`/providers/apis/shared_x`}},`definition`:{`triggers`:{`T`:{`type`:`OpenApiConnectionWebhook`,"
	  "`inputs`:{`host`:{`connectionName`:`c`,`operationId`:`No`}}}},`actions`:{}}}}",
	  "/properties/definition/triggers/T/inputs/host/operationId", "the connector shared_x has no operation No" },
	/* Tables and their entity sets. */
	{ FLOW("`A`:{" TABLE("entityName", "Accounts") "}"), NULL, NULL },
	{ FLOW("`A`:{" TABLE("entityName", "@{variables('t')}") "}"), NULL, NULL },
	{ FLOW("`A`:{" TABLE("entityName", "account") "}"), "/actions/A/inputs/parameters/entityName",
	  "account is no entity set of the environment" },
	{ FLOW("`A`:{" TABLE("subscriptionRequest/entityname", "account") "}"), NULL, NULL },
	{ FLOW("`A`:{" TABLE("subscriptionRequest/entityname", "accounts") "}"),
	  "/actions/A/inputs/parameters/subscriptionRequest~1entityname",
	  "accounts is an entity set; a trigger takes the name of the table" },
	/* What is not known is not said. */
	{ FLOW("`A`:{`type`:`OpenApiConnection`,`inputs`:{`host`:{`apiId`:`/apis/shared_other`,`operationId`:`No`}}}"), NULL, NULL },
	{ FLOW("`A`:{`type`:`Http`,`inputs`:{`host`:{`apiId`:`/apis/shared_x`,`operationId`:`No`}}}"), NULL, NULL },
};

static void test_cases(void **state)
{
	struct facts f = { *state, parse(*state, connector) };
	struct lint_facts facts = { operation, entity_sets, &f };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json *doc = parse(*state, cases[i].document);
		struct lint_report r = lint_document(*state, doc);
		const struct lint_finding *found = NULL;
		size_t n = 0, before = r.counts[LINT_WARNING];

		lint_connectors(*state, &r, doc, &facts);
		for (const struct lint_finding *x = r.first; x; x = x->next) {
			/* Errors first, then warnings. */
			if (x->next)
				assert_true(x->severity <= x->next->severity);
			if (!strcmp(x->rule->id, "CON11") || !strcmp(x->rule->id, "CON12")) {
				found = x;
				n++;
			}
		}
		assert_int_equal(r.counts[LINT_WARNING], before + n);
		if (n != (cases[i].message ? 1 : 0))
			fail_msg("case %zu: %zu findings, %s", i, n,
				 found ? str_c(*state, found->message) : "");
		if (!found)
			continue;
		assert_string_equal(str_c(*state, found->pointer), cases[i].pointer);
		assert_string_equal(str_c(*state, found->message), cases[i].message);
		assert_non_null(json_at_n(doc, found->pointer));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT(test_cases) };

	return UNIT_RUN(tests);
}
