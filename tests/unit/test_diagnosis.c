/*
 * test_diagnosis.c - the analyser on failures that others published (tests/data/diagnose), and
 * what it wants to read.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/diagnosis.h"

static const char folder[] = "tests/data/diagnose";

static struct json *read_file(struct arena *a, const char *name)
{
	char path[512];
	struct json *v;
	struct buf b;
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	buf_init_in(&b, a, 1 << 20);
	while ((c = fgetc(f)) != EOF)
		buf_addc(&b, (char)c);
	fclose(f);
	v = json_parse(a, buf_str(&b), JSON_ANSWER, NULL);
	if (!v)
		fail_msg("%s is no JSON", name);
	return v;
}

static void check(const char *file, const char *what, struct str have, const struct json *want)
{
	if (want && !str_eq(have, json_str(want)))
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", file, what, STR_ARG(have), json_z(want));
}

static void check_file(const char *name)
{
	struct arena a;
	struct wants wants;
	const struct json *e, *x;
	const struct finding *f;

	arena_init(&a, 64 << 20);
	e = read_file(&a, name);
	x = json_get(e, "expect");
	assert_true(json_get_str(e, "source").n > 0 && json_get_str(e, "quoted").n > 0);
	f = diagnose(&a, e, json_get_str(e, "ask"), &wants);
	check(name, "cause", str_from(cause_name(f->cause)), json_get(x, "cause"));
	check(name, "action", f->action, json_get(x, "action"));
	check(name, "confidence", str_from(f->confidence), json_get(x, "confidence"));
	check(name, "message", f->reason.message, json_get(x, "message"));
	check(name, "status", f->reason.status, json_get(x, "status"));
	check(name, "code", f->reason.code.n ? f->reason.code : json_get_str(f->record, "code"),
	      json_get(x, "code"));
	/* Whatever is known, it is a document. */
	for (enum diagnosis_detail d = DETAIL_SHORT; d <= DETAIL_FULL; d++)
		assert_true(json_get_str(diagnosis_json(&a, f, d), "summary").n > 0);
	arena_release(&a);
}

static void published(void **state)
{
	struct dirent *entry;
	DIR *d = opendir(folder);
	size_t n = 0;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (!str_ends(str_from(entry->d_name), S(".json")))
			continue;
		check_file(entry->d_name);
		n++;
	}
	closedir(d);
	assert_true(n >= 20);
}

/* ---- what is wanted ---- */

static const char evidence_text[] =
	"{'flow':{'properties':{'definition':{'triggers':{'manual':{'type':'Request'}},'actions':{"
	"'Get':{'type':'Http','inputs':{}},'Note':{'type':'Compose','inputs':\"@body('Get')?['a']\"},"
	"'X':{'type':'Compose','inputs':\"@split(outputs('Note'), ';')\",'runAfter':{}}}}}},"
	"'run':{'properties':{'status':'Failed','trigger':{'name':'manual'}}},'actions':["
	"{'actionName':'Get','status':'Succeeded','outputsLink':{'uri':'https://c/get'}},"
	"{'actionName':'Note','status':'Succeeded','outputsLink':{'uri':'https://c/note'}},"
	"{'actionName':'X','status':'Failed','code':'BadRequest','error':{'code':'InvalidTemplate',"
	"'message':'m'},'inputsLink':{'uri':'https://c/x'}}],'content':{%s}}";

/* The text with `part` in the place of its %s. */
static struct json *evidence_of(struct arena *a, const char *pattern, const char *part)
{
	const char *at = strstr(pattern, "%s");
	char *p = str_c(a, str_fmt(a, "%.*s%s%s", (int)(at - pattern), pattern, part, at + 2));
	bool quoted = false;

	/* ' stands for a double quote, but in expressions. */
	for (char *c = p; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '\'' && !quoted)
			*c = '"';
	}
	return json_parse(a, str_from(p), JSON_ANSWER, NULL);
}

static struct json *evidence(struct arena *a, const char *content)
{
	return evidence_of(a, evidence_text, content);
}

/* All that the step reads is wanted at once, through what only passes values on; then nothing. */
static void wants_all_at_once(void **state)
{
	static const char *const keys[] = { "actions/X/inputs", "actions/Note/outputs",
					    "actions/Get/outputs" };
	struct arena a;
	struct wants wants;
	const struct finding *f;

	(void)state;
	arena_init(&a, 64 << 20);
	diagnose(&a, evidence(&a, ""), S(""), &wants);
	assert_int_equal(wants.count, 3);
	for (size_t i = 0; i < 3; i++) {
		bool seen = false;

		for (size_t k = 0; k < wants.count; k++)
			seen |= str_eq(wants.at[k].key, str_from(keys[i]));
		if (!seen)
			fail_msg("%s is not wanted", keys[i]);
	}
	f = diagnose(&a,
		     evidence(&a, "'actions/X/inputs':{'error':'gone'},"
				  "'actions/Note/outputs':{'value':null},"
				  "'actions/Get/outputs':{'value':{'body':{'a':null}}}"),
		     S(""), &wants);
	assert_int_equal(wants.count, 0);
	assert_int_equal(f->cause, CAUSE_NULL);
	assert_string_equal(f->confidence, "high");
	assert_true(f->fix_count > 0);
	assert_non_null(f->blame.origin->next);
	assert_string_equal(str_c(&a, f->blame.origin->next->pointer), "/body/a");
	arena_release(&a);
}

/* A service that lists no actions of loops: they are known from the definition, and one that was
 * caught there is not the cause. */
static void unlisted(void **state)
{
	static const char text[] =
		"{'flow':{'properties':{'definition':{'triggers':{},'actions':{'Each':{'type':'Foreach',"
		"'foreach':[1,2],'actions':{'Try':{'type':'Scope','actions':{'A':{'type':'Http',"
		"'inputs':{}}}},'Catch':{'type':'Compose','inputs':1,'runAfter':{'Try':['Failed']}},"
		"'B':{'type':'Http','inputs':{},'runAfter':{'Catch':['Succeeded']}}}}}}}},"
		"'run':{'properties':{'status':'Failed'}},'actions':[{'actionName':'Each',"
		"'status':'Failed','code':'ActionFailed','repetitionCount':2}],'repetitions':{%s}}";
	static const char rows[] =
		"'A':{'items':[{'name':'000000','status':'Failed','code':'NotFound'}]},"
		"'B':{'items':[{'name':'000001','status':'Failed','code':'Forbidden'}]},"
		"'Try':{'items':[{'name':'000000','status':'Failed','code':'ActionFailed'}]},"
		"'Catch':{'items':[]}";
	struct arena a;
	struct wants wants;
	const struct finding *f;

	(void)state;
	arena_init(&a, 64 << 20);
	diagnose(&a, evidence_of(&a, text, ""), S(""), &wants);
	/* The four, and the error of the loop itself. */
	assert_int_equal(wants.count, 5);
	f = diagnose(&a, evidence_of(&a, text, rows), S(""), &wants);
	assert_string_equal(str_c(&a, f->action), "B");
	assert_int_equal(f->cause, CAUSE_PERMISSION);
	assert_int_equal(f->failed, 1);
	arena_release(&a);
}

/* Nothing at all is a finding too. */
static void empty(void **state)
{
	static const char *const texts[] = { "{}", "[]", "null", "{\"run\":7,\"actions\":{}}",
					     "{\"run\":{\"properties\":{\"status\":\"Failed\"}}}" };
	struct arena a;
	struct wants wants;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct finding *f;

		arena_init(&a, 16 << 20);
		f = diagnose(&a, json_parse(&a, str_from(texts[i]), JSON_ANSWER, NULL), S("X"),
			     &wants);
		assert_non_null(diagnosis_json(&a, f, DETAIL_FULL));
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(published),
					    cmocka_unit_test(wants_all_at_once),
					    cmocka_unit_test(unlisted), cmocka_unit_test(empty) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
