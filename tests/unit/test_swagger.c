/*
 * test_swagger.c - definitions of connectors: what a flow needs to know of an operation.
 */
#include "unit.h"
#include "base/limits.h"
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

static void same(struct arena *a, const struct json *is, const char *want)
{
	struct json *w = parse(a, want);

	if (!is || !json_identical(is, w)) {
		print_error("is:   %s\n", is ? str_c(a, json_text(a, is)) : "nothing");
		print_error("want: %s\n", str_c(a, json_text(a, w)));
		fail_msg("differs");
	}
}

#define ID "`parameters`:[{`name`:`connectionId`,`in`:`path`,`required`:true,`type`:`string`,`x-ms-visibility`:`internal`}"
#define DOC(paths, more) "{`swagger`:`2.0`,`paths`:{" paths "}" more "}"

static const char lists[] = DOC(
	"`/{connectionId}/sites/{site}/lists/{list}/items`:{`parameters`:[{`name`:`$top`,`in`:`query`,`type`:`integer`},"
	"{`name`:`site`,`in`:`path`,`type`:`number`}],"
	"`get`:{`operationId`:`GetItems`,`summary`:`Get items`,`description`:` Reads. `," ID ","
	"{`name`:`site`,`in`:`path`,`required`:true,`type`:`string`,`x-ms-summary`:`Site Address`,"
	"`x-ms-dynamic-values`:{`operationId`:`GetSites`,`value-collection`:`value`,`value-path`:`Name`,`value-title`:`DisplayName`}},"
	"{`name`:`list`,`in`:`path`,`required`:true,`type`:`string`,"
	"`x-ms-dynamic-values`:{`operationId`:`Old`},"
	"`x-ms-dynamic-list`:{`operationId`:`GetLists`,`itemsPath`:`value`,`itemValuePath`:`Name`,`itemTitlePath`:`DisplayName`,"
	"`parameters`:{`site`:{`parameterReference`:`site`},`deep`:{`value`:true}}}},"
	"{`name`:`single`,`in`:`query`,`type`:`boolean`,`x-ms-visibility`:`internal`,`default`:true}],"
	"`responses`:{`200`:{`schema`:{`$ref`:`#/definitions/Page`}},`default`:{}}},"
	"`post`:{`operationId`:`PostItem`,`deprecated`:true,`x-ms-api-annotation`:{`replacement`:{`operationId`:`PostItemV2`}}," ID ","
	"{`name`:`item`,`in`:`body`,`required`:true,`schema`:{`type`:`object`,`x-ms-dynamic-schema`:"
	"{`operationId`:`GetList`,`parameters`:{`site`:{`parameter`:`site`},`kind`:`full`},`value-path`:`Schema/Items`}}}],"
	"`responses`:{`201`:{`schema`:{`type`:`object`,`x-ms-dynamic-properties`:{`operationId`:`GetList`,`itemValuePath`:`S`,"
	"`parameters`:{`site`:{`parameterReference`:`site`}}}}}}}},"
	"`/{connectionId}/sites`:{`get`:{`operationId`:`GetSites`,`x-ms-visibility`:`internal`,`responses`:{}}},"
	"`/{connectionId}/lists`:{`get`:{`operationId`:`GetLists`,`x-ms-visibility`:`internal`," ID
	",{`name`:`site`,`in`:`query`,`required`:true,`type`:`string`}],`responses`:{}}},"
	"`/{connectionId}/teams`:{`get`:{`operationId`:`GetTeams`,`responses`:{`200`:{`schema`:{`type`:`object`,`properties`:"
	"{`next`:{`type`:`string`},`teams`:{`type`:`array`,`items`:{`type`:`object`,`properties`:{`Id`:{},`displayName`:{}}}}}}}}}}",
	",`definitions`:{`Page`:{`type`:`object`,`properties`:{`value`:{`type`:`array`,`items`:{`$ref`:`#/definitions/Item`}}}},"
	"`Item`:{`type`:`object`,`properties`:{`ID`:{`type`:`integer`,`title`:`ID`,`format`:`int64`},`Author`:{`type`:`object`,`properties`:"
	"{`Email`:{`type`:`string`,`x-ms-summary`:`Mail`}}}}}}");

static void test_index(void **state)
{
	same(*state, swagger_index(*state, parse(*state, lists)),
	     "[{`operationId`:`GetItems`,`kind`:`Action`,`summary`:`Get items`,`description`:`Reads.`,`method`:`get`},"
	     "{`operationId`:`PostItem`,`kind`:`Action`,`method`:`post`,`deprecated`:true,`replacedBy`:`PostItemV2`},"
	     "{`operationId`:`GetSites`,`kind`:`Action`,`method`:`get`,`visibility`:`internal`},"
	     "{`operationId`:`GetLists`,`kind`:`Action`,`method`:`get`,`visibility`:`internal`},"
	     "{`operationId`:`GetTeams`,`kind`:`Action`,`method`:`get`}]");
}

static void test_operation(void **state)
{
	struct json *op = swagger_operation(*state, parse(*state, lists), S("getitems"));

	same(*state, op,
	     "{`operationId`:`GetItems`,`kind`:`Action`,`summary`:`Get items`,`description`:`Reads.`,`method`:`get`,"
	     "`type`:`OpenApiConnection`,`path`:`/{connectionId}/sites/{site}/lists/{list}/items`,`inputs`:["
	     "{`name`:`$top`,`type`:`integer`,`required`:false,`in`:`query`},"
	     "{`name`:`site`,`type`:`string`,`title`:`Site Address`,`required`:true,`in`:`path`,`dynamic`:`values`},"
	     "{`name`:`list`,`type`:`string`,`required`:true,`in`:`path`,`dynamic`:`values`}],"
	     "`internal`:{`single`:true},`unseen`:[`single`],"
	     "`outputs`:[{`path`:`body`,`type`:`object`},{`path`:`body/value`,`type`:`array`},"
	     "{`path`:`body/value[]/ID`,`type`:`integer`,`title`:`ID`,`format`:`int64`},"
	     "{`path`:`body/value[]/Author/Email`,`type`:`string`,`title`:`Mail`}],"
	     "`values`:{`site`:{`operationId`:`GetSites`,`itemsPath`:`value`,`itemValuePath`:`Name`,"
	     "`itemTitlePath`:`DisplayName`,`parameters`:{}},"
	     "`list`:{`operationId`:`GetLists`,`itemsPath`:`value`,`itemValuePath`:`Name`,`itemTitlePath`:`DisplayName`,"
	     "`parameters`:{`site`:{`parameterReference`:`site`},`deep`:{`value`:true}}}}}");
}

static void test_fields(void **state)
{
	struct json *op = swagger_operation(*state, parse(*state, lists), S("PostItem"));

	same(*state, json_get(op, "properties"),
	     "{`item`:{`operationId`:`GetList`,`itemValuePath`:`Schema/Items`,"
	     "`parameters`:{`site`:{`parameterReference`:`site`},`kind`:{`value`:`full`}}}}");
	same(*state, json_get(op, "outputProperties"),
	     "{`body`:{`operationId`:`GetList`,`itemValuePath`:`S`,`parameters`:{`site`:{`parameterReference`:`site`}}}}");
	assert_null(swagger_operation(*state, parse(*state, lists), S("Nothing")));
	assert_null(swagger_operation(*state, parse(*state, lists), S("")));
	assert_null(swagger_operation(*state, NULL, S("x")));
}

/* Bodies, member by member; what nobody sees; trees in both forms; triggers. */
static const struct {
	const char *paths, *more, *at, *want;
} cases[] = {
	{ "`/x`:{`post`:{`operationId`:`o`,`parameters`:[{`name`:`m`,`in`:`body`,`required`:true,`schema`:{`type`:`object`,"
	  "`required`:[`To`,`At`],`properties`:{`To`:{`type`:`string`},`Cc`:{`type`:`array`,`items`:{`type`:`object`,"
	  "`properties`:{`n`:{`type`:`string`}}}},`At`:{`type`:`object`,`required`:[`Zone`],`properties`:{`Zone`:{`type`:`string`,"
	  "`enum`:[`a`,`b`],`default`:`a`,`x-ms-visibility`:`advanced`},`Id`:{`type`:`string`,`readOnly`:true}}}}}}]}}", "",
	  "/inputs",
	  "[{`name`:`m/To`,`type`:`string`,`required`:true,`in`:`body`},"
	  "{`name`:`m/Cc`,`type`:`array`,`required`:false,`in`:`body`,`items`:{`type`:`object`,`properties`:{`n`:`string`}}},"
	  "{`name`:`m/At/Zone`,`type`:`string`,`required`:true,`in`:`body`,`enum`:[`a`,`b`],`default`:`a`,`visibility`:`advanced`}]" },
	{ "`/x`:{`post`:{`operationId`:`o`,`parameters`:[{`name`:`t`,`in`:`query`,`type`:`string`},{`name`:`m`,`in`:`body`,`schema`:{`type`:`object`,"
	  "`properties`:{`to`:{`type`:`object`,`properties`:{`team`:{`type`:`string`},`channel`:{`type`:`string`,"
	  "`x-ms-dynamic-values`:{`operationId`:`g`,`parameters`:{`id`:{`parameter`:`team`},`t`:{`parameter`:`t`},`z`:{`parameter`:`zz`}}}}}}}}}]}}", "",
	  "/values",
	  "{`m/to/channel`:{`operationId`:`g`,`parameters`:{`id`:{`parameterReference`:`m/to/team`},`t`:{`parameterReference`:`t`},"
	  "`z`:{`parameterReference`:`zz`}}}}" },
	{ "`/x`:{`get`:{`operationId`:`o`,`parameters`:[{`name`:`f`,`in`:`query`,`type`:`string`,`x-ms-dynamic-tree`:{`settings`:{`canSelectLeafNodes`:true},"
	  "`open`:{`operationId`:`r`,`itemValuePath`:`Id`,`itemTitlePath`:`Name`,`itemIsParent`:`IsFolder`,`parameters`:{}},"
	  "`browse`:{`operationId`:`l`,`itemValuePath`:`Id`,`itemTitlePath`:`Name`,`parameters`:{`id`:{`selectedItemValuePath`:`Id`}}}}}]}}", "",
	  "/trees/f/browse",
	  "{`operationId`:`l`,`itemValuePath`:`Id`,`itemTitlePath`:`Name`,`parameters`:{`id`:{`selectedItemValuePath`:`Id`}}}" },
	{ "`/x`:{`get`:{`operationId`:`o`,`parameters`:[{`name`:`s`,`in`:`query`,`type`:`string`},{`name`:`f`,`in`:`query`,`type`:`string`,"
	  "`x-ms-dynamic-values`:{`capability`:`pick`,`value-path`:`Id`,`parameters`:{`s`:{`parameter`:`s`},`isFolder`:true}}}]}}",
	  ",`x-ms-capabilities`:{`pick`:{`open`:{`operationId`:`r`,`parameters`:{`s`:{`parameter`:`s`}}},`browse`:{`operationId`:`l`,"
	  "`parameters`:{`id`:{`value-property`:`Id`}}},`value-title`:`DisplayName`,`value-folder-property`:`IsFolder`}}",
	  "/trees/f",
	  "{`open`:{`operationId`:`r`,`parameters`:{`s`:{`parameterReference`:`s`}},`itemTitlePath`:`DisplayName`,`itemValuePath`:`Id`,"
	  "`itemIsParent`:`IsFolder`},`browse`:{`operationId`:`l`,`parameters`:{`id`:{`selectedItemValuePath`:`Id`},"
	  "`s`:{`parameterReference`:`s`}},`itemTitlePath`:`DisplayName`,`itemValuePath`:`Id`,`itemIsParent`:`IsFolder`}}" },
	{ "`/x`:{`get`:{`operationId`:`o`,`x-ms-trigger`:`batch`,`responses`:{`200`:{`schema`:{`type`:`array`}}}}}", "", "/splitOn",
	  "`@triggerOutputs()?['body']`" },
	{ "`/x`:{`get`:{`operationId`:`o`,`x-ms-trigger`:`batch`,`x-ms-notification`:{`operationId`:`s`},`responses`:{`200`:{`schema`:"
	  "{`type`:`object`,`properties`:{`value`:{`type`:`array`}}}}}}}", "", "/splitOn", "`@triggerOutputs()?['body/value']`" },
	{ "`/x`:{`get`:{`operationId`:`o`,`x-ms-trigger`:`batch`,`x-ms-notification`:{`operationId`:`s`}}}", "", "/type",
	  "`OpenApiConnectionNotification`" },
	{ "`/x`:{`x-ms-notification-content`:{`schema`:{`type`:`object`,`properties`:{`id`:{`type`:`string`}}}},"
	  "`post`:{`operationId`:`o`,`x-ms-trigger`:`single`,`parameters`:[{`name`:`u`,`in`:`query`,`x-ms-notification-url`:true}]}}", "",
	  "", "{`operationId`:`o`,`kind`:`Trigger`,`method`:`post`,`type`:`OpenApiConnectionWebhook`,`path`:`/x`,`inputs`:[],`unseen`:[`u`],"
	      "`outputs`:[{`path`:`body`,`type`:`object`},{`path`:`body/id`,`type`:`string`}]}" },
	/* Nonsense is left out. */
	{ "`/x`:{`get`:{`operationId`:`o`,`parameters`:[null,1,{},{`name`:``},{`name`:`a`,`in`:`query`,`enum`:3,`x-ms-dynamic-list`:[]},"
	  "{`name`:`b`,`in`:`body`},{`$ref`:`#/nowhere`},{`$ref`:`#/parameters/p`}]}}", ",`parameters`:{`p`:{`name`:`p`,`in`:`query`,`type`:`string`}}",
	  "/inputs",
	  "[{`name`:`a`,`type`:`any`,`required`:false,`in`:`query`},{`name`:`b`,`type`:`any`,`required`:false,`in`:`body`},"
	  "{`name`:`p`,`type`:`string`,`required`:false,`in`:`query`}]" },
	{ "`/x`:{`get`:{`operationId`:`o`,`responses`:{`200`:{`schema`:{`$ref`:`#/a`}}}}}", ",`a`:{`$ref`:`#/b`},`b`:{`$ref`:`#/a`}", "/truncated",
	  "true" },
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json *doc = parse(*state, arena_printf(*state, "{`paths`:{%s}%s}",
							      cases[i].paths, cases[i].more));

		same(*state, json_at(swagger_operation(*state, doc, S("o")), cases[i].at),
		     cases[i].want);
	}
}

static void test_lookup(void **state)
{
	struct json *doc = parse(*state, lists);

	same(*state, swagger_lookup(*state, doc, S("getlists")),
	     "{`operationId`:`GetLists`,`itemsPath`:`value`,`itemValuePath`:`Name`,`itemTitlePath`:`DisplayName`,"
	     "`parameters`:{`site`:{`parameterReference`:`site`,`required`:true}},`declared`:true}");
	same(*state, swagger_lookup(*state, doc, S("GetTeams")),
	     "{`operationId`:`GetTeams`,`itemsPath`:`teams`,`itemValuePath`:`Id`,`itemTitlePath`:`displayName`,`parameters`:{}}");
	assert_null(swagger_lookup(*state, doc, S("PostItem")));
	assert_null(swagger_lookup(*state, doc, S("none")));
}

/* Schemas that refer to themselves, in width and depth: it ends, soon, and says so. */
static void test_circles(void **state)
{
	struct buf b;
	struct json *op;

	buf_init_in(&b, *state, 1u << 20);
	buf_addz(&b, "{`paths`:{`/x`:{`post`:{`operationId`:`o`,`parameters`:[{`name`:`b`,`in`:`body`,`schema`:"
		     "{`$ref`:`#/definitions/N`}}],`responses`:{`200`:{`schema`:{`$ref`:`#/definitions/N`}}}}}},"
		     "`definitions`:{`N`:{`type`:`object`,`properties`:{");
	for (int i = 0; i < 300; i++)
		buf_addf(&b, "%s`m%d`:{`$ref`:`#/definitions/N`},`l%d`:{`type`:`array`,`items`:"
			     "{`$ref`:`#/definitions/N`}}", i ? "," : "", i, i);
	buf_addz(&b, "}}}}");
	op = swagger_operation(*state, parse(*state, buf_c(&b)), S("o"));
	assert_true(json_is_true(json_get(op, "truncated")));
	assert_in_range(json_count(json_get(op, "inputs")), 1, LIMIT_SWAGGER_FIELDS);
	assert_in_range(json_count(json_get(op, "outputs")), 1, LIMIT_SWAGGER_FIELDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_index), UNIT(test_operation), UNIT(test_fields),
		UNIT(test_cases), UNIT(test_lookup),	UNIT(test_circles),
	};

	return UNIT_RUN(tests);
}
