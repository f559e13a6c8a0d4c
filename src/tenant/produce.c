/*
 * produce.c - plays a run with the runner of the language, and remembers how it went.
 *
 * Must not know HTTP, links or principals.
 */
#include "tenant/produce.h"

#include <stdio.h>
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/limits.h"
#include "tenant/memory.h"
#include "tenant/produce_parts.h"

/* Runs with more steps than this are kept: looking at one page of a loop must not play all of
 * it again. */
enum { LARGE_STEPS = 2500, KEPT = 3 };

static struct kept {
	struct arena mem, captures_mem;
	struct captures captures;
	struct played *played;
	const struct version *version;
	char run[40], flow[37];
	int64_t cancelled, at;
} kept[KEPT], fresh; /* fresh: nobody knows yet how large it is */
static unsigned kept_next;

/* ---- what the runner tells ---- */

static enum run_status status_of(enum wdl_status s)
{
	static const enum run_status map[WDL_ST__MAX] = {
		[WDL_ST_RUNNING] = RUN_RUNNING,     [WDL_ST_SUCCEEDED] = RUN_SUCCEEDED,
		[WDL_ST_FAILED] = RUN_FAILED,       [WDL_ST_SKIPPED] = RUN_SKIPPED,
		[WDL_ST_TIMED_OUT] = RUN_TIMED_OUT, [WDL_ST_CANCELLED] = RUN_CANCELLED,
	};

	return map[s];
}

/* There are few codes and many repetitions. */
static const char *code_of(struct played *p, struct str code)
{
	static const char *const known[] = { "OK", "NotSpecified", "ActionSkipped", "ActionFailed",
					     "BadRequest", "Created", "NotFound" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_eq(code, str_from(known[i])))
			return known[i];
	return code.n ? str_c(p->arena, code) : NULL;
}

static struct outcome outcome_of(struct played *p, const struct wdl_report *r)
{
	return (struct outcome){
		.status = status_of(r->status),
		.code = code_of(p, r->code),
		.error = r->error ? json_copy(p->arena, r->error) : NULL,
		.retries = r->retries ? json_copy(p->arena, r->retries) : NULL,
		.start = r->start,
		.end = r->end,
	};
}

static void add_row(struct played *p, struct repetitions *all, const struct wdl_report *r)
{
	struct repetition *row;

	if (r->loop_count > PLAYED_LOOPS)
		return;
	if (all->count == all->room) {
		uint32_t room = all->room ? all->room * 2 : 8;

		all->rows = arena_grow(p->arena, all->rows, all->room * sizeof(*all->rows),
				       room * sizeof(*all->rows));
		all->room = room;
	}
	row = &all->rows[all->count++];
	*row = (struct repetition){ .sum = outcome_of(p, r) };
	for (unsigned i = 0; i < r->loop_count; i++)
		row->index[i] = (uint32_t)r->loops[i].index;
}

/* What nobody may see is a text that says so. */
static const struct json *value_of(struct played *p, const struct json *v, bool hidden)
{
	if (hidden)
		return json_new_z(p->arena, "Content not shown due to security configuration.");
	return v ? json_copy(p->arena, v) : NULL;
}

static void take(void *arg, const struct wdl_report *r)
{
	struct played *p = arg;
	struct played_action *x = play_find(p, r->name);

	if (!x)
		return;
	x->seen = true;
	switch (r->kind) {
	case WDL_REPORT_ACTION:
		x->sum = outcome_of(p, r);
		x->inputs = value_of(p, r->inputs, r->secure_inputs);
		if (!play_content_bytes(p, x, CONTENT_OUTPUTS))
			x->outputs = value_of(p, r->outputs, r->secure_outputs);
		x->tracked = r->tracked ? json_copy(p->arena, r->tracked) : NULL;
		break;
	case WDL_REPORT_REPETITION:
		add_row(p, &x->reps, r);
		break;
	case WDL_REPORT_ITERATION:
		add_row(p, &x->iterations, r);
		break;
	case WDL_REPORT_SUMMARY:
		x->sum = outcome_of(p, r);
		break;
	}
}

static int by_index(const void *x, const void *y)
{
	const struct repetition *a = x, *b = y;

	for (unsigned i = 0; i < PLAYED_LOOPS; i++)
		if (a->index[i] != b->index[i])
			return a->index[i] < b->index[i] ? -1 : 1;
	return 0;
}

static void sort(struct repetitions *all)
{
	if (all->count)
		qsort(all->rows, all->count, sizeof(*all->rows), by_index);
}

const struct repetition *play_repetition(const struct repetitions *all, const uint64_t *index,
					 unsigned n)
{
	struct repetition key = { .index = { 0 } };

	for (unsigned i = 0; i < n && i < PLAYED_LOOPS; i++) {
		if (index[i] > UINT32_MAX)
			return NULL;
		key.index[i] = (uint32_t)index[i];
	}
	return all->count ? bsearch(&key, all->rows, all->count, sizeof(key), by_index) : NULL;
}

/* ---- the whole run ---- */

struct wdl_run_options play_options(struct played *p)
{
	return (struct wdl_run_options){
		.start = p->run->start + TICKS_UNIX,
		.horizon = clock_now() + TICKS_UNIX,
		.cancel = p->cancelled ? p->cancelled + TICKS_UNIX : 0,
		.trigger = play_trigger(p, CONTENT_OUTPUTS),
		.trigger_inputs = play_trigger(p, CONTENT_INPUTS),
		.parameters = play_parameters(p),
		.workflow = play_workflow(p),
		.run_name = str_from(p->run->name),
	};
}

static struct played *prepare(struct arena *a, struct flow *f, struct run *r)
{
	struct played *p = arena_alloc(a, sizeof(*p));
	const struct json *script = flow_script(f);
	unsigned count;

	*p = (struct played){ .arena = a,
			      .flow = f,
			      .run = r,
			      .definition = r->version->definition,
			      .base = json_get(script, "run"),
			      .variant = json_get_n(json_get(script, "variants"), r->variant),
			      .response = -1,
			      .captures = arena_alloc(a, sizeof(struct captures)) };
	p->captures->mem = a;
	count = play_count(json_get(p->definition, "actions"), 0);
	p->actions = arena_array(a, count + 1, sizeof(*p->actions));
	p->slot_count = count * 2 + 1;
	p->slots = arena_array(a, p->slot_count, sizeof(*p->slots));
	play_collect(p, json_get(p->definition, "actions"), -1, 0);
	p->trigger = json_name(json_first(json_get(p->definition, "triggers")));
	p->trigger_code = "OK";
	p->trigger_start = r->start - 3 * TICKS_MS;
	p->trigger_end = r->start - TICKS_MS;
	p->sum.start = r->start;
	p->cancelled = r->cancelled;
	if (!p->cancelled && json_get(p->variant, "cancelledAfter"))
		p->cancelled = r->start +
			       json_int(json_get(p->variant, "cancelledAfter"), 0) * TICKS_S;
	return p;
}

static int64_t moved(int64_t ticks)
{
	return ticks == INT64_MAX ? ticks : ticks - TICKS_UNIX;
}

static void move_rows(struct repetitions *all)
{
	for (uint32_t i = 0; i < all->count; i++) {
		all->rows[i].sum.start = moved(all->rows[i].sum.start);
		all->rows[i].sum.end = moved(all->rows[i].sum.end);
	}
	sort(all);
}

/* The runner counts from the year 1, the tenant from 1970. */
static void settle(struct played *p, const struct wdl_run *run)
{
	p->sum.status = status_of(run->status);
	p->sum.code = code_of(p, run->code);
	p->sum.error = run->error;
	p->sum.end = moved(run->end);
	for (unsigned i = 0; i < p->count; i++) {
		struct played_action *x = &p->actions[i];

		x->sum.start = moved(x->sum.start);
		x->sum.end = moved(x->sum.end);
		move_rows(&x->reps);
		move_rows(&x->iterations);
		if (run->response.n && str_eq(x->name, run->response))
			p->response = (int)i;
	}
	if (run->ok)
		return;
	p->sum.code = "BadRequest";
	p->sum.error = emit_json(p->arena, "{'code':'InvalidTemplate','message':'%s'}", run->why);
}

static struct played *play(struct arena *a, struct flow *f, struct run *r, bool whole,
			   uint64_t *steps)
{
	struct played *p = prepare(a, f, r);
	struct wdl_host host = { .arg = p, .call = play_answer, .report = take,
				 .duration = play_duration, .random = play_random };
	struct wdl_run_options o = play_options(p);
	struct wdl_run run;

	if (whole)
		o.horizon = 0;
	run = wdl_run(a, p->definition, &host, &o);
	*steps = run.steps;
	settle(p, &run);
	return p;
}

/* ---- what lists show ---- */

struct brief {
	struct outcome sum;
	int response;
	struct json *outputs; /* of the response */
	int64_t response_end;
};

static bool has_ended(const struct played *p)
{
	return p->sum.status != RUN_RUNNING && p->sum.status != RUN_WAITING;
}

static void remember(struct run *r, const struct played *p)
{
	struct brief *b;

	if (r->known || !has_ended(p))
		return;
	if (!r->mem) {
		r->mem = must_alloc(sizeof(*r->mem));
		arena_init(r->mem, TENANT_BODY * 8ull);
	}
	b = arena_alloc(r->mem, sizeof(*b));
	*b = (struct brief){ .sum = p->sum, .response = p->response };
	if (p->sum.code)
		b->sum.code = arena_copy(r->mem, p->sum.code, strlen(p->sum.code));
	if (p->sum.error)
		b->sum.error = json_copy(r->mem, p->sum.error);
	if (p->response >= 0) {
		const struct played_action *x = &p->actions[p->response];

		b->outputs = x->outputs ? json_copy(r->mem, x->outputs) : NULL;
		b->response_end = x->sum.end;
	}
	r->brief = b;
	r->known = true;
	r->outcome = p->sum.status;
	r->end = p->sum.end;
}

/* ---- keeping large ones ---- */

/* A run that still runs is a picture of one moment. */
static struct played *known(const struct flow *f, const struct run *r)
{
	for (unsigned i = 0; i < KEPT; i++)
		if (kept[i].played && kept[i].version == r->version &&
		    kept[i].cancelled == r->cancelled && !strcmp(kept[i].run, r->name) &&
		    !strcmp(kept[i].flow, f->id) &&
		    (kept[i].played->sum.end != INT64_MAX || kept[i].at == clock_now()))
			return kept[i].played;
	return NULL;
}

/* A view of it: what is made for this look goes into the caller's memory. */
static struct played *view_of(struct arena *a, struct flow *f, struct run *r,
			      const struct played *whole)
{
	struct played *p = arena_alloc(a, sizeof(*p));

	*p = *whole;
	p->arena = a;
	p->flow = f;
	p->run = r;
	return p;
}

static void drop(struct kept *k)
{
	arena_release(&k->mem);
	arena_release(&k->captures_mem);
	k->captures.first = NULL;
	k->played = NULL;
}

/* Plays in memory of its own, which stays until the next one when it turns out to be large. */
static struct played *keep(struct arena *a, struct flow *f, struct run *r)
{
	struct kept *k = &fresh;
	uint64_t steps;

	drop(k);
	arena_init(&k->mem, TENANT_REQUEST);
	k->mem.out = a->out;
	k->played = play(&k->mem, f, r, false, &steps);
	k->mem.out = NULL;
	k->version = r->version;
	k->cancelled = r->cancelled;
	k->at = clock_now();
	snprintf(k->run, sizeof(k->run), "%s", r->name);
	snprintf(k->flow, sizeof(k->flow), "%s", f->id);
	if (steps > LARGE_STEPS) {
		struct kept *old = &kept[kept_next++ % KEPT];

		drop(old);
		*old = fresh;
		fresh = (struct kept){ .played = NULL };
		k = old;
	}
	arena_init(&k->captures_mem, TENANT_CAPTURES_KEPT);
	k->captures = (struct captures){ &k->captures_mem, NULL };
	k->played->captures = &k->captures;
	return view_of(a, f, r, k->played);
}

void play_forget(void)
{
	for (unsigned i = 0; i < KEPT; i++)
		drop(&kept[i]);
	drop(&fresh);
}

/* Without one, a run has no more steps than its definition has actions. */
static bool has_loop(const struct run *r)
{
	JSON_EACH(v, json_get(r->version->definition, "actions"))
		if (json_get(v, "actions"))
			return true;
	return false;
}

struct played *play_run(struct arena *a, struct flow *f, struct run *r)
{
	struct played *p = known(f, r);
	uint64_t steps;

	if (p)
		return view_of(a, f, r, p);
	p = has_loop(r) ? keep(a, f, r) : play(a, f, r, false, &steps);
	remember(r, p);
	return p;
}

struct played *play_brief(struct arena *a, struct flow *f, struct run *r)
{
	struct played *p;

	if (!r->known || !r->brief)
		return play_run(a, f, r);
	p = prepare(a, f, r);
	p->sum = r->brief->sum;
	p->response = r->brief->response;
	if (p->response >= 0) {
		p->actions[p->response].outputs = r->brief->outputs;
		p->actions[p->response].sum.end = r->brief->response_end;
	}
	return p;
}

struct played *play_whole(struct arena *a, struct flow *f, struct run *r)
{
	uint64_t steps;

	return play(a, f, r, true, &steps);
}

enum run_status play_status(struct arena *a, struct flow *f, struct run *r)
{
	return r->known ? r->outcome : play_run(a, f, r)->sum.status;
}
