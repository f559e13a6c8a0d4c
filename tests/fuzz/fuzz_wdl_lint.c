/*
 * fuzz_wdl_lint.c - any JSON as a flow: the same findings twice, each with a sentence, a place and a
 * fix that has the form of an operation; the document stays as it was.
 *
 * Input that begins with a double quote is the members of `actions`, as in the examples of
 * the rules; anything else is the document.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static void check_fix(const struct json *fix)
{
	must(!fix || (json_is(fix, JSON_ARRAY) && json_first(fix)));
	JSON_EACH(op, fix) {
		struct str name = json_get_str(op, "op");
		bool removes = str_eq(name, S("remove"));

		must(removes || str_eq(name, S("set")) || str_eq(name, S("add")));
		must(json_count(json_get(op, "path")) > 0);
		must(removes == !json_get(op, "value"));
		JSON_EACH(key, json_get(op, "path"))
			must(json_is(key, JSON_STRING) || json_is(key, JSON_NUMBER));
	}
}

static void check_findings(const struct lint_report *r)
{
	size_t counts[LINT__SEVERITIES] = { 0 }, told = 0;
	const struct lint_finding *before = NULL;

	for (const struct lint_finding *f = r->first; f; before = f, f = f->next, told++) {
		must(f->severity < LINT__SEVERITIES && f->rule && f->rule->check);
		/* Milder than its rule, never worse. */
		must(f->severity >= f->rule->severity);
		must(!before || before->severity <= f->severity);
		must(f->message.n && str_is_utf8(f->pointer));
		must(!f->pointer.n || f->pointer.p[0] == '/');
		check_fix(f->fix);
		counts[f->severity]++;
	}
	must(told <= LIMIT_LINT_FINDINGS);
	for (int i = 0; i < LINT__SEVERITIES; i++)
		must(r->dropped || counts[i] == r->counts[i]);
}

static void check(struct arena *a, struct json *doc)
{
	struct json *copy = json_copy(a, doc);
	struct lint_report one = lint_document(a, doc);
	struct lint_report two = lint_document(a, doc);

	must(json_identical(doc, copy));
	must(one.usable == two.usable && (one.usable || one.why));
	check_findings(&one);
	must(str_eq(json_text(a, lint_report_json(a, &one)), json_text(a, lint_report_json(a, &two))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "{\"triggers\":{\"t\":{\"type\":\"Request\",\"kind\":\"Button\"}},"
				   "\"actions\":{";
	struct json *doc;
	struct arena a;
	struct buf b;
	jmp_buf out;

	if (!size || size > 20000)
		return -1;
	arena_init(&a, (size_t)192 << 20);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return 0;
	}
	buf_init_in(&b, &a, size + sizeof(head) + 2);
	if (data[0] == '"')
		buf_addz(&b, head);
	buf_add(&b, data, size);
	if (data[0] == '"')
		buf_addz(&b, "}}");
	doc = json_parse(&a, buf_str(&b), JSON_ANSWER, NULL);
	if (doc)
		check(&a, doc);
	arena_release(&a);
	return doc ? 0 : -1;
}
