/*
 * fuzz_wdl_run.c - any definition, with any payload: it runs to an end or is refused with a reason,
 * what is told of it is consistent, and twice the same.
 *
 * The input is JSON: {"definition", "trigger"?, "answers"?, "horizon"?, "cancel"?}, or a definition.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/eval.h"
#include "wdl/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

struct seen {
	struct arena *a;
	const struct json *answers;
	struct wdl_record *record;
	uint64_t calls, reports, hash;
	int64_t start;
};

static uint64_t chance(void *arg, uint64_t where)
{
	(void)arg;
	return where;
}

static bool answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct seen *s = arg;
	const struct json *v = json_item(s->answers, s->calls++ % (json_count(s->answers) + 1));

	must(r->attempt >= 1 && r->now >= s->start);
	if (!v)
		return false;
	out->never = json_is(v, JSON_NULL);
	out->duration = json_int(json_get(v, "ms"), 0) % 1000000 * 10000;
	out->code = json_get_str(v, "code");
	out->message = json_get_str(v, "message");
	out->outputs = json_copy(a, v);
	return true;
}

static void report(void *arg, const struct wdl_report *r)
{
	struct seen *s = arg;

	s->reports++;
	must(r->status < WDL_ST__MAX && r->name.p && r->end >= r->start);
	must((r->kind == WDL_REPORT_ACTION) == (r->loop_count == 0) ||
	     r->kind == WDL_REPORT_SUMMARY);
	must(!r->error || json_get_str(r->error, "code").n);
	must(!(r->secure_inputs && r->inputs) && !(r->secure_outputs && r->outputs));
	must(r->status != WDL_ST_SKIPPED || !r->outputs);
	s->hash = (s->hash ^ (uint64_t)r->start ^ r->status) * 1099511628211u;
	wdl_record_report(s->record, r);
}

static struct wdl_run play(struct seen *s, const struct json *definition,
			   const struct wdl_run_options *o)
{
	struct wdl_host host = { .arg = s, .call = answer, .report = report, .random = chance };

	s->start = o->start;
	s->record = wdl_record_new(s->a);
	return wdl_run(s->a, definition, &host, o);
}

static void check(struct arena *a, const struct json *input)
{
	const struct json *definition = json_get(input, "definition");
	struct wdl_host quiet = { .random = chance };
	struct wdl_run_options o = { .start = wdl_ticks_of_ms(1760000000000), .run_name = S("r") };
	int64_t horizon = json_int(json_get(input, "horizon"), 0);
	int64_t cancel = json_int(json_get(input, "cancel"), 0);
	struct seen one = { .a = a, .answers = json_get(input, "answers") }, two = one;
	struct wdl_trigger t;
	struct wdl_run x, y;

	if (!definition)
		definition = input;
	o.horizon = horizon > 0 && horizon < 1000000 ? o.start + horizon * 10000 : 0;
	o.cancel = cancel > 0 && cancel < 1000000 ? o.start + cancel * 10000 : 0;
	t = wdl_trigger_fire(a, definition, wdl_trigger_outputs_of(a, json_get(input, "trigger")),
			     &quiet, &o);
	must(t.fired == (t.count > 0 && t.status == WDL_ST_SUCCEEDED));
	o.trigger = t.count ? t.outputs[0] : NULL;
	x = play(&one, definition, &o);
	must(x.ok || x.why);
	must(x.end >= x.start || !x.ok);
	if (x.ok) {
		struct str text = json_text(a, wdl_record_json(one.record, definition, &x, &o));

		must(json_parse(a, text, JSON_ANSWER, NULL) || text.n > LIMIT_JSON_DEPTH);
	}
	y = play(&two, definition, &o);
	must(x.ok == y.ok && x.status == y.status && x.steps == y.steps && one.hash == two.hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct json *input;
	struct arena a;
	jmp_buf out;

	if (size > 16384)
		return -1;
	arena_init(&a, (size_t)512 << 20);
	if (!arena_guard(&a, &out)) {
		input = json_parse(&a, str_n((const char *)data, size), JSON_STRICT, NULL);
		if (input)
			check(&a, input);
	}
	arena_release(&a);
	return 0;
}
