/*
 * produce_step.c - one step of a run: how it ended, or why it was skipped.
 *
 * What the definition cannot say comes from the script of the pattern.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/prng.h"
#include "tenant/produce_parts.h"

static bool index_matches(const struct json *at, const struct play *g, unsigned n)
{
	unsigned i = 0;

	if (json_is(at, JSON_NUMBER))
		return n && (n > g->known || (uint64_t)json_int(at, -1) == g->index[n - 1]);
	JSON_EACH(v, at) {
		if (i >= n || (i < g->known && (uint64_t)json_int(v, -1) != g->index[i]))
			return false;
		i++;
	}
	return i == n;
}

/* "every": N fails the last of each N repetitions, counted through all loops. */
static bool index_counts(const struct play *g, const struct played_action *x, uint64_t every)
{
	uint64_t flat = 0, span = 1;

	for (unsigned i = 0; i < x->loop_count; i++) {
		uint64_t items = g->p->actions[x->loops[i]].items;

		flat = flat * items + (i < g->known ? g->index[i] : 0);
		if (i >= g->known)
			span *= items;
	}
	return every && (flat + span) / every > flat / every;
}

const struct json *play_failure(const struct play *g, const struct played_action *x)
{
	const struct json *fail = play_script(g->p, x->name, "fail");
	int64_t every = json_int(json_get(fail, "every"), 0);

	if (!fail || !x->loop_count || (!g->index && g->mode != GOOD_ITERATION))
		return fail;
	if (!g->index)
		return NULL;
	JSON_EACH(at, json_get(fail, "at"))
		if (index_matches(at, g, x->loop_count))
			return fail;
	return every > 0 && index_counts(g, x, (uint64_t)every) ? fail : NULL;
}

static const struct {
	const char *type;
	int64_t ms, spread;
	const char *code;
} kinds[] = {
	{ "OpenApiConnection", 280, 900, "OK" },
	{ "OpenApiConnectionWebhook", 900, 2400, "OK" },
	{ "ApiConnection", 280, 900, "OK" },
	{ "ApiConnectionWebhook", 900, 2400, "OK" },
	{ "Http", 350, 1200, "OK" },
	{ "Response", 8, 20, "OK" },
	{ "Workflow", 1800, 2500, "OK" },
	{ "Wait", 10000, 10, "OK" },
	{ "", 6, 30, "OK" },
};

enum run_status play_status_named(struct str name, enum run_status otherwise)
{
	for (enum run_status s = RUN_RUNNING; s <= RUN_ABORTED; s++)
		if (str_eq(name, str_from(run_status_name(s))))
			return s;
	return otherwise;
}

static uint64_t step_seed(const struct play *g, const struct played_action *x)
{
	uint64_t seed = prng_mix(g->p->run->seed, prng_hash(x->name));

	for (unsigned i = 0; g->index && i < x->loop_count && i < g->known; i++)
		seed = prng_mix(seed, g->index[i]);
	return seed;
}

void play_step(struct play *g, struct played_action *x, int64_t start)
{
	const struct json *fail = play_failure(g, x), *ms = play_script(g->p, x->name, "ms");
	uint64_t seed = step_seed(g, x);
	size_t k = 0;

	while (*kinds[k].type && !str_eq(x->type, str_from(kinds[k].type)))
		k++;
	if (json_get(fail, "ms"))
		ms = json_get(fail, "ms");
	x->sum = (struct outcome){ .status = RUN_SUCCEEDED, .code = kinds[k].code, .start = start };
	x->sum.end = start + json_int(ms, kinds[k].ms) * TICKS_MS +
		     (int64_t)prng_below(&seed, (uint64_t)((ms ? 40 : kinds[k].spread) * TICKS_MS));
	if (json_is_true(play_script(g->p, x->name, "forever")))
		x->sum.end = INT64_MAX;
	if (!fail)
		return;
	x->sum.status = play_status_named(json_get_str(fail, "status"), RUN_FAILED);
	x->sum.code = json_get(fail, "code") ? json_get_z(fail, "code") : "ActionFailed";
	x->sum.error = json_get(fail, "error");
	x->sum.retries = (unsigned)json_int(json_get(fail, "retries"), 0);
	x->sum.end += (int64_t)x->sum.retries * 7 * TICKS_S;
}

/* ---- skipping ---- */

void play_skip(struct play *g, int number, const struct json *error)
{
	struct played *p = g->p;
	struct played_action *x = &p->actions[number];

	x->seen = true;
	x->sum = (struct outcome){
		.status = RUN_SKIPPED,
		.code = "ActionSkipped",
		.error = error,
		.start = x->sum.start,
		.end = x->sum.start,
	};
	for (unsigned i = (unsigned)number + 1; i < x->after; i++) {
		if (p->actions[i].parent != number)
			continue;
		p->actions[i].sum.start = x->sum.start;
		play_skip(g, (int)i, error);
	}
}

const struct json *play_branch_error(struct play *g, const struct played_action *x)
{
	return emit_json(g->p->arena,
			 "{'code':'ActionBranchingConditionNotSatisfied','message':"
			 "'The execution of template action \\u0027%S\\u0027 skipped: the branching "
			 "condition for this action is not satisfied.'}",
			 x->name);
}

const struct json *play_after_error(struct play *g, const struct played_action *x,
				      const struct json *wanted, const struct played_action *before)
{
	struct buf list;

	buf_init_in(&list, g->p->arena, 1024);
	JSON_EACH(s, wanted)
		buf_addf(&list, "%s%s", list.n ? ", " : "", json_z(s));
	return emit_json(g->p->arena,
			 "{'code':'ActionConditionFailed','message':"
			 "'The execution of template action \\u0027%S\\u0027 skipped: the "
			 "\\u0027runAfter\\u0027 condition for action \\u0027%S\\u0027 is not satisfied. "
			 "Expected status values \\u0027%S\\u0027 and actual value \\u0027%s\\u0027.'}",
			 x->name, before->name, buf_str(&list),
			 run_status_name(before->sum.status));
}
