/*
 * fuzz_diagnosis.c - any answers of the service as evidence: the diagnosis ends, says something, is
 * the same twice, and what it offers are operations.
 *
 * Whatever it wants to read it gets out of the evidence's member "pool", round by round, as if
 * the service had answered with that.
 */
#include <stdlib.h>

#include "tools/diagnosis.h"

enum { ROUNDS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static const char *const sections[] = {
	[WANT_DETAIL] = "detail",           [WANT_CONTENT] = "content",
	[WANT_REPETITIONS] = "repetitions", [WANT_REPETITION] = "repetition",
	[WANT_ITEMS] = "items",             [WANT_RUNS] = "runs",
};

static struct json *object_at(struct arena *a, struct json *parent, const char *name)
{
	struct json *v = json_get(parent, name);

	return json_is(v, JSON_OBJECT) ? v : json_set(a, parent, name, json_new_object(a));
}

static struct json *drawn(struct arena *a, const struct json *pool, size_t n)
{
	const struct json *v = json_item(pool, json_count(pool) ? n % json_count(pool) : 0);

	return v ? json_copy(a, v) : json_new_object(a);
}

static void give(struct arena *a, struct json *evidence, const struct json *pool,
		 const struct wants *wants)
{
	for (size_t i = 0; i < wants->count; i++) {
		const struct want *w = &wants->at[i];
		struct json *at = evidence;

		must(w->key.n > 0 && w->depth < DIAGNOSIS_CHILDREN);
		for (unsigned k = 0; k < w->depth; k++)
			at = object_at(a, at, "child");
		if (w->kind == WANT_CHILD)
			json_set(a, at, "child", drawn(a, pool, i));
		else
			json_set_n(a, object_at(a, at, sections[w->kind]), w->key,
				   drawn(a, pool, i + w->kind));
	}
}

static void check(struct arena *a, const struct finding *f)
{
	must(f->cause < CAUSE__MAX && f->confidence && f->fix_count <= DIAGNOSIS_FIXES);
	for (size_t i = 0; i < f->fix_count; i++) {
		must(json_count(f->fixes[i].operations) > 0 && f->fixes[i].why);
		JSON_EACH(op, f->fixes[i].operations)
			must(str_eq(json_get_str(op, "op"), S("set")) && json_get(op, "value") &&
			     json_count(json_get(op, "path")) > 0);
	}
	for (enum diagnosis_detail d = DETAIL_SHORT; d <= DETAIL_FULL; d++)
		must(json_get_str(diagnosis_json(a, f, d), "summary").n > 0);
}

static void run(struct arena *a, struct json *evidence)
{
	const struct json *pool = json_get(evidence, "pool");
	struct wants wants, again;
	struct finding *f = NULL;

	for (int i = 0; i < ROUNDS; i++) {
		f = diagnose(a, evidence, json_get_str(evidence, "ask"), &wants);
		if (!wants.count)
			break;
		give(a, evidence, pool, &wants);
	}
	check(a, f);
	f = diagnose(a, evidence, json_get_str(evidence, "ask"), &wants);
	must(str_eq(json_text(a, diagnosis_json(a, f, DETAIL_FULL)),
		    json_text(a, diagnosis_json(a, diagnose(a, evidence,
							    json_get_str(evidence, "ask"), &again),
						DETAIL_FULL))));
	must(wants.count == again.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json *evidence;
	struct arena a;
	jmp_buf out;
	bool usable;

	if (!size || size > 30000)
		return -1;
	arena_init(&a, (size_t)192 << 20);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return 0;
	}
	evidence = json_parse(&a, str_n((const char *)data, size), JSON_ANSWER, NULL);
	usable = json_is(evidence, JSON_OBJECT);
	if (usable)
		run(&a, evidence);
	arena_release(&a);
	return usable ? 0 : -1;
}
