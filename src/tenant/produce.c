/*
 * produce.c - plays a run: which action ran, when, and how it ended.
 *
 * The order and the outcome of containers follow from the definition (runAfter, branches,
 * scopes, loops); how a single step went is said by the script of the pattern.
 * Must not know HTTP, links or principals.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/limits.h"
#include "tenant/produce_parts.h"

/* ---- containers ---- */

/* Failed when a last action failed; a skipped last action passes the question on to those before
 * it. */
static enum run_status leaf_status(struct played *p, const struct played_action *x, unsigned depth)
{
	enum run_status worst = RUN_SKIPPED;

	if (x->sum.status != RUN_SKIPPED || depth > TENANT_DEPTH)
		return x->sum.status;
	JSON_EACH(after, json_get(x->def, "runAfter")) {
		struct played_action *before = play_find(p, json_name(after));
		enum run_status s =
			before ? leaf_status(p, before, depth + 1) : RUN_SUCCEEDED;

		if (s == RUN_FAILED || s == RUN_TIMED_OUT)
			return s;
		if (s == RUN_SUCCEEDED)
			worst = s;
	}
	return worst;
}

enum run_status play_children_status(struct played *p, int parent)
{
	unsigned end = parent < 0 ? p->count : p->actions[parent].after;

	for (unsigned i = (unsigned)(parent + 1); i < end; i++) {
		enum run_status s;

		if (p->actions[i].parent != parent || p->actions[i].followed)
			continue;
		s = leaf_status(p, &p->actions[i], 0);
		if (s == RUN_FAILED || s == RUN_TIMED_OUT || s == RUN_CANCELLED)
			return RUN_FAILED;
	}
	return RUN_SUCCEEDED;
}

static void fail_container(struct play *g, struct played_action *x)
{
	x->sum.status = RUN_FAILED;
	x->sum.code = "ActionFailed";
	x->sum.error = emit_json(g->p->arena,
				 "{'code':'ActionFailed','message':"
				 "'An action failed. No dependent actions succeeded.'}");
}

static void skip_branch(struct play *g, int number, unsigned branch, int64_t at)
{
	struct played *p = g->p;

	for (unsigned i = (unsigned)number + 1; i < p->actions[number].after; i++) {
		struct played_action *x = &p->actions[i];

		if (x->parent != number || x->branch != branch)
			continue;
		x->sum.start = at;
		play_skip(g, (int)i, play_branch_error(g, x));
	}
}

static unsigned taken_branch(struct play *g, const struct played_action *x)
{
	const struct json *choice = play_script(g->p, x->name, "branch");
	unsigned n = 2;

	if (str_eq(x->type, S("If")))
		return json_bool(choice, true) ? 0 : 1;
	JSON_EACH(c, json_get(x->def, "cases")) {
		if (json_is(choice, JSON_STRING) ? str_eq(json_name(c), json_str(choice)) :
						   n == 2)
			return n;
		n++;
	}
	return 1;
}

static int64_t eval_branches(struct play *g, int number, int64_t start)
{
	const struct played_action *x = &g->p->actions[number];
	unsigned taken = taken_branch(g, x);
	unsigned last = 1 + (unsigned)json_count(json_get(x->def, "cases"));

	for (unsigned b = 0; b <= last; b++)
		if (b != taken)
			skip_branch(g, number, b, start);
	return play_children(g, number, taken, start);
}

/*
 * The sum over a loop: one bad iteration says whether the loop failed, one good iteration stands
 * for the others, and an action counts as failed when it failed in the bad one.
 */
static int64_t sum_loop(struct play *g, int number, int64_t start, bool *failed)
{
	struct played *p = g->p;
	struct played_action *x = &p->actions[number];
	struct outcome *bad;
	int64_t end;

	g->mode = BAD_ITERATION;
	play_children(g, number, 0, start);
	*failed = play_children_status(p, number) == RUN_FAILED;
	bad = arena_array(p->arena, x->after - (unsigned)number, sizeof(*bad));
	for (unsigned i = (unsigned)number; i < x->after; i++)
		bad[i - (unsigned)number] = p->actions[i].sum;
	g->mode = GOOD_ITERATION;
	end = play_children(g, number, 0, start);
	g->mode = PLAIN;
	for (unsigned i = (unsigned)number + 1; i < x->after; i++) {
		const struct outcome *b = &bad[i - (unsigned)number];
		struct outcome *o = &p->actions[i].sum;

		if (b->status == RUN_FAILED || b->status == RUN_TIMED_OUT ||
		    o->status == RUN_SKIPPED)
			*o = *b;
	}
	if (end == INT64_MAX)
		return end;
	/* Large loops run twenty iterations at a time. */
	return start +
	       (end - start) * (int64_t)(x->items ? x->items : 1) / (x->items > 50 ? 20 : 1);
}

static void eval_container(struct play *g, int number, int64_t start)
{
	struct played_action *x = &g->p->actions[number];
	const struct json *fail = play_failure(g, x);
	bool failed;
	int64_t end;

	if (play_is_loop(x) && !g->index && g->mode == PLAIN) {
		end = sum_loop(g, number, start, &failed);
	} else {
		if (str_eq(x->type, S("If")) || str_eq(x->type, S("Switch")))
			end = eval_branches(g, number, start);
		else
			end = play_children(g, number, 0, start);
		failed = play_children_status(g->p, number) == RUN_FAILED;
	}
	x->sum = (struct outcome){ .status = RUN_SUCCEEDED, .start = start, .end = end };
	if (failed)
		fail_container(g, x);
	if (fail) {
		x->sum.status = play_status_named(json_get_str(fail, "status"), RUN_FAILED);
		x->sum.code = json_get_z(fail, "code");
		x->sum.error = json_get(fail, "error");
	}
}

static bool is_container(const struct played_action *x)
{
	return play_is_loop(x) || str_eq(x->type, S("Scope")) || str_eq(x->type, S("If")) ||
	       str_eq(x->type, S("Switch"));
}

static void eval_action(struct play *g, int number, int64_t start)
{
	struct played *p = g->p;
	struct played_action *x = &p->actions[number];

	x->seen = true;
	if (is_container(x)) {
		eval_container(g, number, start);
		return;
	}
	play_step(g, x, start);
	if (str_eq(x->type, S("Terminate")) && !g->index && x->sum.end < p->stop) {
		p->stop = x->sum.end;
		p->terminate = number;
	}
	if (str_eq(x->type, S("Response")) && p->response < 0 &&
	    x->sum.status == RUN_SUCCEEDED)
		p->response = number;
}

/* True when all it runs after are done.  *start: the latest of their ends; *why: what forbids
 * it. */
static bool ready(struct play *g, const struct played_action *x, int64_t *start,
		  const struct json **why)
{
	JSON_EACH(after, json_get(x->def, "runAfter")) {
		struct played_action *before = play_find(g->p, json_name(after));
		bool ok = false;

		if (!before)
			continue;
		if (!before->seen)
			return false;
		if (before->sum.end > *start)
			*start = before->sum.end;
		JSON_EACH(s, after)
			ok |= str_eq_nocase(json_str(s),
					    str_from(run_status_name(before->sum.status)));
		if (!ok && !*why)
			*why = play_after_error(g, x, after, before);
	}
	return true;
}

int64_t play_children(struct play *g, int parent, unsigned branch, int64_t start)
{
	struct played *p = g->p;
	unsigned last = parent < 0 ? p->count : p->actions[parent].after;
	int64_t end = start;
	bool more = true;

	for (unsigned i = (unsigned)(parent + 1); i < last; i++)
		if (p->actions[i].parent == parent && p->actions[i].branch == branch)
			p->actions[i].seen = false;
	while (more) {
		more = false;
		for (unsigned i = (unsigned)(parent + 1); i < last; i++) {
			struct played_action *x = &p->actions[i];
			const struct json *why = NULL;
			int64_t at = start;

			if (x->parent != parent || x->branch != branch || x->seen ||
			    !ready(g, x, &at, &why))
				continue;
			more = true;
			x->sum.start = at;
			if (why || at >= p->stop)
				play_skip(g, (int)i, why);
			else
				eval_action(g, (int)i, at + 4 * TICKS_MS);
			if (x->sum.end > end)
				end = x->sum.end;
		}
	}
	return end;
}

/* ---- the whole run ---- */

/* What had not ended by `at` was cut off there. */
static void cut_off(struct played *p, int64_t at, enum run_status status, const char *code)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct outcome *o = &p->actions[i].sum;

		if (o->start >= at) {
			*o = (struct outcome){ .status = RUN_SKIPPED,
					       .code = "ActionSkipped",
					       .start = at,
					       .end = at };
		} else if (o->end > at) {
			o->status = status;
			o->code = code;
			o->end = at;
			o->error = NULL;
		}
	}
}

static void finish(struct played *p, int64_t end)
{
	int64_t now = clock_now();
	const struct played_action *t = p->terminate >= 0 ? &p->actions[p->terminate] : NULL;

	p->sum.end = end;
	p->sum.status = play_children_status(p, -1);
	if (t) {
		const struct json *in = json_get(t->def, "inputs");

		p->sum.end = p->stop;
		p->sum.status = play_status_named(json_get_str(in, "runStatus"), RUN_SUCCEEDED);
		if (p->sum.status == RUN_FAILED) {
			p->sum.code = "Terminated";
			p->sum.error = json_get(in, "runError");
		}
		cut_off(p, p->stop + 1, RUN_CANCELLED, "Terminated");
	} else if (p->sum.status == RUN_FAILED) {
		p->sum.code = "ActionFailed";
		p->sum.error = emit_json(p->arena,
					 "{'code':'ActionFailed','message':"
					 "'An action failed. No dependent actions succeeded.'}");
	}
	if (p->cancelled) {
		p->sum = (struct outcome){ .status = RUN_CANCELLED,
					   .code = "Terminated",
					   .start = p->sum.start,
					   .end = p->cancelled };
		cut_off(p, p->cancelled, RUN_CANCELLED, "Terminated");
	} else if (p->sum.end > now) {
		p->sum = (struct outcome){ .status = RUN_RUNNING,
					   .start = p->sum.start,
					   .end = INT64_MAX };
		for (unsigned i = 0; i < p->count; i++) {
			struct outcome *o = &p->actions[i].sum;

			if (o->end > now && o->start <= now)
				*o = (struct outcome){ .status = RUN_RUNNING,
						       .start = o->start,
						       .end = INT64_MAX };
		}
	}
}

struct played *play_run(struct arena *a, struct flow *f, struct run *r)
{
	struct played *p = arena_alloc(a, sizeof(*p));
	struct play g = { .p = p };
	const struct json *script = flow_script(f);
	unsigned count;
	int64_t end;

	*p = (struct played){ .arena = a,
			      .flow = f,
			      .run = r,
			      .definition = r->version->definition,
			      .base = json_get(script, "run"),
			      .variant = json_get_n(json_get(script, "variants"), r->variant),
			      .response = -1,
			      .terminate = -1,
			      .stop = INT64_MAX };
	count = play_count(json_get(p->definition, "actions"), 0);
	p->actions = arena_array(a, count + 1, sizeof(*p->actions));
	p->slot_count = count * 2 + 1;
	p->slots = arena_array(a, p->slot_count, sizeof(*p->slots));
	p->scratch = arena_array(a, count + 1, sizeof(*p->scratch));
	play_collect(p, json_get(p->definition, "actions"), -1, 0, 0);
	play_mark_followed(p);
	p->trigger = json_name(json_first(json_get(p->definition, "triggers")));
	p->trigger_code = "OK";
	p->trigger_start = r->start - 3 * TICKS_MS;
	p->trigger_end = r->start - TICKS_MS;
	p->sum.start = r->start;
	p->cancelled = r->cancelled;
	if (!p->cancelled && json_get(p->variant, "cancelledAfter"))
		p->cancelled = r->start +
			       json_int(json_get(p->variant, "cancelledAfter"), 0) * TICKS_S;
	end = play_children(&g, -1, 0, r->start);
	finish(p, end);
	return p;
}

enum run_status play_status(struct arena *a, struct flow *f, struct run *r)
{
	struct played *p;

	if (r->known)
		return r->outcome;
	p = play_run(a, f, r);
	if (p->sum.status != RUN_RUNNING && p->sum.status != RUN_WAITING) {
		r->known = true;
		r->outcome = p->sum.status;
		r->end = p->sum.end;
	}
	return p->sum.status;
}

/* ---- repetitions ---- */

uint64_t play_repetitions(const struct played *p, const struct played_action *x)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < x->loop_count; i++)
		n *= p->actions[x->loops[i]].items;
	return n;
}

void play_index(const struct played *p, const struct played_action *x, uint64_t number,
		uint64_t index[PLAYED_LOOPS])
{
	for (unsigned i = x->loop_count; i-- > 0;) {
		uint64_t items = p->actions[x->loops[i]].items;

		index[i] = items ? number % items : 0;
		number = items ? number / items : 0;
	}
}

struct outcome play_repetition(struct played *p, const struct played_action *x,
			       const uint64_t index[PLAYED_LOOPS])
{
	int loop = x->loops[x->loop_count - 1];
	unsigned first = (unsigned)loop + 1, after = p->actions[loop].after;
	struct play g = { .p = p, .index = index, .known = x->loop_count };
	const struct outcome *whole = &p->actions[x->loops[0]].sum;
	uint64_t number = 0, all = play_repetitions(p, x);
	int64_t end = whole->end == INT64_MAX ? clock_now() : whole->end;
	int64_t span = (end - whole->start) / (int64_t)(all ? all : 1);
	struct outcome o;

	if (p->cancelled || x->sum.status == RUN_SKIPPED)
		return x->sum;
	for (unsigned i = 0; i < x->loop_count; i++)
		number = number * p->actions[x->loops[i]].items + index[i];
	for (unsigned i = first; i < after; i++)
		p->scratch[i] = p->actions[i].sum;
	play_children(&g, loop, 0, whole->start + span * (int64_t)number);
	o = x->sum;
	for (unsigned i = first; i < after; i++)
		p->actions[i].sum = p->scratch[i];
	return o;
}

struct outcome play_iteration(struct played *p, const struct played_action *loop,
			      const uint64_t index[PLAYED_LOOPS])
{
	int number = (int)(loop - p->actions);
	struct play g = { .p = p, .index = index, .known = loop->loop_count + 1 };
	struct outcome o = { .status = RUN_SUCCEEDED, .start = loop->sum.start };
	int64_t end = loop->sum.end == INT64_MAX ? clock_now() : loop->sum.end;
	uint64_t items = loop->items ? loop->items : 1;

	if (p->cancelled || loop->sum.status == RUN_SKIPPED)
		return loop->sum;
	for (unsigned i = (unsigned)number + 1; i < loop->after; i++)
		p->scratch[i] = p->actions[i].sum;
	o.start += (end - loop->sum.start) / (int64_t)items * (int64_t)index[loop->loop_count];
	o.end = play_children(&g, number, 0, o.start);
	if (play_children_status(p, number) == RUN_FAILED)
		o.status = RUN_FAILED;
	for (unsigned i = (unsigned)number + 1; i < loop->after; i++)
		p->actions[i].sum = p->scratch[i];
	return o;
}
