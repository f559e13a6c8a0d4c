/*
 * test_blame.c - which value made a step fail, where it came from, and what mends it.
 */
#include "unit.h"

#include "wdl/trial.h"

/* In all texts ` stands for a double quote. */
static const char context_text[] =
	"{`trigger`:{`outputs`:{`body`:{`Tags`:null,`Title`:`Night shift`,`Amount`:`12.5 kr`,"
	"`Count`:`7`,`Empty`:``,`Customer`:{`Name`:`Ada`,`City`:`Bergen`},`Rows`:[],"
	"`Json`:`{\\`a\\`:[1,2]}`,`Excel`:`45291`,`Text`:`abc`,`Project_x0020_Name`:`x`,`No`:4}}},"
	"`actions`:{`Get`:{`outputs`:{`statusCode`:200,`body`:{`value`:[{`ID`:1,`Title`:`a;b`},"
	"{`ID`:2,`Title`:null},{`ID`:3}]}}},`Note`:{`outputs`:null}},"
	"`variables`:{`names`:null},`items`:{`Each`:{`ID`:2,`Title`:null}},"
	"`iterationIndexes`:{`Each`:1}}";

static const char definition_text[] =
	"{`triggers`:{`manual`:{`type`:`Request`,`kind`:`Button`}},`actions`:{"
	"`Get`:{`type`:`Http`,`inputs`:{}},"
	"`Note`:{`type`:`Compose`,`inputs`:`@triggerBody()?['Tags']`},"
	"`Init`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`names`,"
	"`type`:`string`}]}},"
	"`Each`:{`type`:`Foreach`,`foreach`:`@outputs('Get')?['body/value']`,`actions`:{}}}}";

static struct json *read(struct arena *a, const char *text)
{
	struct buf b;
	struct json *v;

	buf_init_in(&b, a, 65536);
	for (; *text; text++)
		buf_addc(&b, *text == '`' ? '"' : *text);
	v = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	assert_non_null(v);
	return v;
}

static const struct row {
	const char *step;
	enum wdl_fault_kind kind;
	const char *pointer, *bad, *where, *origin; /* origin: pointer of the first one */
	const char *mended; /* value of the first operation, or NULL: no way */
} rows[] = {
	{ "{`type`:`Compose`,`inputs`:`@split(triggerBody()?['Tags'], ';')`}", WDL_FAULT_NULL,
	  "/inputs", "triggerBody()?['Tags']", "trigger", "/body/Tags",
	  "@split(coalesce(triggerBody()?['Tags'], ''), ';')" },
	{ "{`type`:`Compose`,`inputs`:`@split(triggerBody()?['tagz'], ';')`}", WDL_FAULT_PATH,
	  "/inputs", "triggerBody()?['tagz']", "trigger", "/body",
	  "@split(coalesce(triggerBody()?['Tags'], ''), ';')" },
	{ "{`type`:`Compose`,`inputs`:`@split(triggerBody()?['Titel'], ' ')`}", WDL_FAULT_PATH,
	  "/inputs", "triggerBody()?['Titel']", "trigger", "/body",
	  "@split(triggerBody()?['Title'], ' ')" },
	{ "{`type`:`Compose`,`inputs`:`@toUpper(triggerBody()['Project Name'])`}", WDL_FAULT_PATH,
	  "/inputs", "triggerBody()", "trigger", "/body",
	  "@toUpper(triggerBody()['Project_x0020_Name'])" },
	{ "{`type`:`Compose`,`inputs`:`Hi @{triggerBody()['Tags']['first']['x']}`}", WDL_FAULT_NULL,
	  "/inputs", "triggerBody()['Tags']", "trigger", "/body/Tags",
	  "Hi @{triggerBody()['Tags']?['first']?['x']}" },
	{ "{`type`:`Compose`,`inputs`:`@int(triggerBody()?['Amount'])`}", WDL_FAULT_DATA, "/inputs",
	  "triggerBody()?['Amount']", "trigger", "/body/Amount", NULL },
	{ "{`type`:`Compose`,`inputs`:`@int(triggerBody()?['Empty'])`}", WDL_FAULT_DATA, "/inputs",
	  "triggerBody()?['Empty']", "trigger", "/body/Empty",
	  "@int(if(empty(trim(triggerBody()?['Empty'])), '0', triggerBody()?['Empty']))" },
	{ "{`type`:`Compose`,`inputs`:`@formatDateTime(triggerBody()?['Excel'], 'yyyy')`}",
	  WDL_FAULT_DATA, "/inputs", "triggerBody()?['Excel']", "trigger", "/body/Excel",
	  "@formatDateTime(addDays('1899-12-30', int(triggerBody()?['Excel'])), 'yyyy')" },
	{ "{`type`:`Compose`,`inputs`:`@formatDateTime(triggerBody()?['Tags'], 'yyyy')`}",
	  WDL_FAULT_NULL, "/inputs", "triggerBody()?['Tags']", "trigger", "/body/Tags",
	  "@if(empty(triggerBody()?['Tags']), null, formatDateTime(triggerBody()?['Tags'], "
	  "'yyyy'))" },
	{ "{`type`:`Compose`,`inputs`:`@toLower(triggerBody()?['Customer'])`}", WDL_FAULT_TYPE,
	  "/inputs", "triggerBody()?['Customer']", "trigger", "/body/Customer",
	  "@toLower(string(triggerBody()?['Customer']))" },
	{ "{`type`:`Compose`,`inputs`:`@add(triggerBody()?['Count'], 1)`}", WDL_FAULT_TYPE,
	  "/inputs", "triggerBody()?['Count']", "trigger", "/body/Count",
	  "@add(int(triggerBody()?['Count']), 1)" },
	{ "{`type`:`Compose`,`inputs`:`@triggerBody()?['Rows'][0]['x']`}", WDL_FAULT_NULL, "/inputs",
	  "triggerBody()?['Rows']", "trigger", "/body/Rows",
	  "@triggerBody()?['Rows']?[0]?['x']" },
	{ "{`type`:`Compose`,`inputs`:`@substring(triggerBody()?['Text'], 0, 9)`}", WDL_FAULT_DATA,
	  "/inputs", "triggerBody()?['Text']", "trigger", "/body/Text",
	  "@take(triggerBody()?['Text'], 9)" },
	{ "{`type`:`Compose`,`inputs`:`@split(outputs('Note'), ';')`}", WDL_FAULT_NULL, "/inputs",
	  "outputs('Note')", "action", "", "@split(coalesce(outputs('Note'), ''), ';')" },
	{ "{`type`:`Compose`,`inputs`:`@split(items('Each')?['Title'], ';')`}", WDL_FAULT_NULL,
	  "/inputs", "items('Each')?['Title']", "loop", "/Title",
	  "@split(coalesce(items('Each')?['Title'], ''), ';')" },
	{ "{`type`:`Compose`,`inputs`:`@outputs('Gone')`}", WDL_FAULT_DESIGN, "/inputs", "", NULL,
	  NULL, NULL },
	{ "{`type`:`Foreach`,`foreach`:`@triggerBody()?['Tags']`,`actions`:{}}", WDL_FAULT_NULL,
	  "/foreach", "triggerBody()?['Tags']", "trigger", "/body/Tags",
	  "@coalesce(triggerBody()?['Tags'], json('[]'))" },
	{ "{`type`:`Foreach`,`foreach`:`@triggerBody()?['Customer']`,`actions`:{}}", WDL_FAULT_TYPE,
	  "/foreach", "triggerBody()?['Customer']", "trigger", "/body/Customer",
	  "@createArray(triggerBody()?['Customer'])" },
	{ "{`type`:`Select`,`inputs`:{`from`:`@outputs('Get')?['body/value']`,`select`:{`t`:"
	  "`@split(item()?['Title'], ';')`}}}",
	  WDL_FAULT_NULL, "/inputs/select/t", "item()?['Title']", "item", "/Title",
	  "@split(coalesce(item()?['Title'], ''), ';')" },
	{ "{`type`:`If`,`expression`:{`and`:[{`greater`:[`@triggerBody()?['Count']`,5]}]},"
	  "`actions`:{}}",
	  WDL_FAULT_TYPE, "/expression/and/0/greater/0", "triggerBody()?['Count']", "trigger",
	  "/body/Count", "@int(triggerBody()?['Count'])" },
	{ "{`type`:`If`,`expression`:{`not`:{`startsWith`:[`@triggerBody()?['Tags']`,`x`]}},"
	  "`actions`:{}}",
	  WDL_FAULT_NULL, "/expression/not/startsWith/0", "triggerBody()?['Tags']", "trigger",
	  "/body/Tags", "@coalesce(triggerBody()?['Tags'], '')" },
	{ "{`type`:`ParseJson`,`inputs`:{`content`:`@outputs('Get')?['body']`,`schema`:{`type`:"
	  "`object`,`properties`:{`value`:{`type`:`array`,`items`:{`type`:`object`,`properties`:"
	  "{`Title`:{`type`:`string`}}}}}}}}",
	  WDL_FAULT_NULL, "/inputs/schema/properties/value/items/properties/Title",
	  "value[1].Title", "action", "/body", "{`type`:[`string`,`null`]}" },
	{ "{`type`:`ParseJson`,`inputs`:{`content`:`@triggerBody()?['Text']`,`schema`:{}}}",
	  WDL_FAULT_DATA, "/inputs/content", "triggerBody()?['Text']", "trigger", "/body/Text",
	  NULL },
	{ "{`type`:`SetVariable`,`inputs`:{`name`:`names`,`value`:`@triggerBody()?['Customer']`}}",
	  WDL_FAULT_TYPE, "/inputs/value", "triggerBody()?['Customer']", "trigger",
	  "/body/Customer", "@string(triggerBody()?['Customer'])" },
	{ "{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`n`,`type`:`integer`,"
	  "`value`:`@triggerBody()?['Count']`}]}}",
	  WDL_FAULT_TYPE, "/inputs/variables/0/value", "triggerBody()?['Count']", "trigger",
	  "/body/Count", "@int(triggerBody()?['Count'])" },
	{ "{`type`:`Http`,`inputs`:{`uri`:`https://x.example/`,`headers`:{`h`:"
	  "`@concat('x', json(triggerBody()?['Tags'])['a'])`}}}",
	  WDL_FAULT_NULL, "/inputs/headers/h", "json(triggerBody()?['Tags'])", "trigger",
	  "/body/Tags", "@concat('x', json(triggerBody()?['Tags'])?['a'])" },
};

static void check_mend(struct arena *a, const struct row *r, const struct json *step,
		       const struct json *context, const struct json *definition)
{
	const char *why;
	struct json *operations = NULL, *value;

	for (size_t i = 0; i < 3 && !operations; i++)
		operations = wdl_mend(a, S("Subject"), step, S("/actions/Subject"), &context, 1,
				      definition, i, &why);
	if (!r->mended) {
		if (operations)
			fail_msg("%s is mended: %.*s", r->step, STR_ARG(json_text(a, operations)));
		return;
	}
	if (!operations)
		fail_msg("no way to mend %s", r->step);
	value = json_at(operations, "/0/value");
	if (json_is(value, JSON_STRING))
		assert_string_equal(json_z(value), r->mended);
	else
		assert_true(json_equal(value, read(a, r->mended)));
}

static void blames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct arena a;
		struct json *step, *context, *definition;
		struct wdl_blame b;
		struct wdl_trial t;

		arena_init(&a, 64 << 20);
		step = read(&a, r->step);
		context = read(&a, context_text);
		definition = read(&a, definition_text);
		b = wdl_blame_step(&a, step, context, definition);
		if (!b.found)
			fail_msg("nothing found in %s", r->step);
		if (b.kind != r->kind)
			fail_msg("kind %d, not %d, of %s: %.*s", b.kind, r->kind, r->step,
				 STR_ARG(b.message));
		assert_string_equal(str_c(&a, b.pointer), r->pointer);
		assert_string_equal(str_c(&a, b.bad), r->bad);
		if (r->where) {
			assert_non_null(b.origin);
			assert_string_equal(b.origin->where, r->where);
			assert_string_equal(str_c(&a, b.origin->pointer), r->origin);
		}
		t = wdl_trial(&a, S("Subject"), step, context, definition);
		if (!t.ran || t.ok)
			fail_msg("the trial of %s ran %d and went well %d: %.*s", r->step, t.ran,
				 t.ok, STR_ARG(t.message));
		check_mend(&a, r, step, context, definition);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(blames) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
