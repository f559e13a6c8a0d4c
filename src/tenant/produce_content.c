/*
 * produce_content.c - inputs and outputs of the actions of a played run.
 *
 * Those of repetitions are not kept: the iterations that are asked for are run once more.
 * Must not know HTTP or links.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/limits.h"
#include "tenant/produce_parts.h"
#include "tenant/script.h"

/* Contents of one repetition. */
struct captured {
	struct captured *next;
	const struct played_action *x;
	uint32_t index[PLAYED_LOOPS];
	const struct json *inputs, *outputs, *item;
};

bool play_is_secure(const struct json *def, enum content what)
{
	struct str wanted = what == CONTENT_INPUTS ? S("inputs") : S("outputs");

	JSON_EACH(v, json_at(def, "/runtimeConfiguration/secureData/properties"))
		if (str_eq(json_str(v), wanted))
			return true;
	return false;
}

uint64_t play_content_bytes(struct played *p, const struct played_action *x, enum content what)
{
	if (what != CONTENT_OUTPUTS)
		return 0;
	return (uint64_t)json_int(play_script(p, x->name, "bytes"), 0);
}

/* What the run history shows of a connector step: the host by its runtime. */
struct json *play_shown(struct played *p, const struct json *inputs)
{
	const struct json *host = json_get(inputs, "host");
	struct json *out = json_copy(p->arena, inputs);
	struct str api = json_get_str(host, "apiId"), key;

	if (!api.n)
		return out;
	for (ptrdiff_t cut; (cut = str_find_char(api, '/')) >= 0;)
		api = str_from_at(api, (size_t)cut + 1);
	if (str_starts(api, S("shared_")))
		api = str_from_at(api, 7);
	key = json_get(host, "connectionReferenceName") ?
		      json_get_str(host, "connectionReferenceName") :
		      json_get_str(host, "connectionName");
	json_set(p->arena, out, "host",
		 emit_json(p->arena,
			   "{'apiId':'subscriptions/5e7c1d6a-94a1-4c9e-8f0e-2b6f3d1c7a90/providers/"
			   "Microsoft.Web/locations/%s/runtimes/europe-001/apis/%S',"
			   "'connectionReferenceName':'%S','operationId':'%S'}",
			   p->flow->env->region, api, key, json_get_str(host, "operationId")));
	return out;
}

/* ---- looking at repetitions again ---- */

struct capture {
	struct played *p;
	const struct played_action *x;
	const struct repetition *const *rows;
	size_t count;
};

static bool same(const struct repetition *row, const struct wdl_loop_index *loops, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (i < PLAYED_LOOPS && row->index[i] != loops[i].index)
			return false;
	return true;
}

static const struct json *copy_of(struct arena *a, const struct json *v, bool hidden)
{
	if (hidden)
		return json_new_z(a, "Content not shown due to security configuration.");
	return v ? json_copy(a, v) : NULL;
}

static void take(void *arg, const struct wdl_report *r)
{
	struct capture *c = arg;
	struct captures *all = c->p->captures;
	struct captured *new;

	if (r->kind != WDL_REPORT_REPETITION || !str_eq(r->name, c->x->name))
		return;
	for (size_t i = 0; i < c->count; i++) {
		if (!same(c->rows[i], r->loops, r->loop_count))
			continue;
		/* The way out is that of the run which is going on. */
		all->mem->out = c->p->arena->out;
		new = arena_alloc(all->mem, sizeof(*new));
		*new = (struct captured){ .next = all->first, .x = c->x };
		memcpy(new->index, c->rows[i]->index, sizeof(new->index));
		new->inputs = copy_of(all->mem, r->inputs, r->secure_inputs);
		new->outputs = copy_of(all->mem, r->outputs, r->secure_outputs);
		new->item = copy_of(all->mem, r->item, false);
		all->first = new;
		return;
	}
}

/* Iterations that hold one of the rows; they start when they did. */
static bool wanted(void *arg, const struct wdl_loop_index *loops, unsigned n, int64_t *at)
{
	struct capture *c = arg;
	const struct played_action *loop = play_find(c->p, loops[n - 1].loop);
	const struct repetition *row = NULL;
	uint64_t index[PLAYED_LOOPS] = { 0 };

	/* Loops elsewhere, and loops inside, run as they are. */
	if (n > c->x->loop_count || &c->p->actions[c->x->loops[n - 1]] != loop)
		return true;
	for (size_t i = 0; i < c->count && !row; i++)
		if (same(c->rows[i], loops, n))
			row = c->rows[i];
	if (!row)
		return false;
	for (unsigned i = 0; i < n && i < PLAYED_LOOPS; i++)
		index[i] = loops[i].index;
	row = play_repetition(&loop->iterations, index, n);
	if (row)
		*at = row->sum.start + TICKS_UNIX;
	return true;
}

/* Nothing in the loop is seen from another iteration. */
static bool independent(const struct played *p, const struct played_action *x)
{
	unsigned outer = (unsigned)x->loops[0];

	for (unsigned i = outer + 1; i < p->actions[outer].after; i++)
		if (str_ends_nocase(p->actions[i].type, S("Variable")) ||
		    str_eq_nocase(p->actions[i].type, S("Terminate")) ||
		    str_eq_nocase(p->actions[i].type, S("Response")))
			return false;
	return true;
}

static int64_t duration(void *arg, const struct wdl_request *r)
{
	struct capture *c = arg;

	return play_duration(c->p, r);
}

static bool answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct capture *c = arg;

	return play_answer(c->p, a, r, out);
}

static uint64_t chance(void *arg, uint64_t where)
{
	struct capture *c = arg;

	return play_random(c->p, where);
}

static const struct captured *find(const struct played *p, const struct played_action *x,
				   const struct repetition *row)
{
	for (const struct captured *c = p->captures->first; c; c = c->next)
		if (c->x == x && !memcmp(c->index, row->index, sizeof(row->index)))
			return c;
	return NULL;
}

void play_capture(struct played *p, const struct played_action *x,
		  const struct repetition *const *rows, size_t count)
{
	struct capture c = { p, x, rows, count };
	struct wdl_host host = { .arg = &c, .call = answer, .report = take, .duration = duration,
				 .random = chance };
	struct wdl_run_options o = play_options(p);
	size_t known = 0;

	while (known < count && find(p, x, rows[known]))
		known++;
	if (known == count || !x->loop_count)
		return;
	if (independent(p, x))
		host.wanted = wanted;
	if (p->captures->mem != p->arena && p->captures->mem->used > TENANT_CAPTURES_KEPT / 2) {
		arena_release(p->captures->mem);
		p->captures->first = NULL;
	}
	wdl_run(p->arena, p->definition, &host, &o);
}

static const struct captured *captured_of(struct played *p, const struct played_action *x,
					  const uint64_t *index)
{
	const struct repetition *row = play_repetition(&x->reps, index, x->loop_count);

	if (row && !find(p, x, row))
		play_capture(p, x, &row, 1);
	return row ? find(p, x, row) : NULL;
}

const struct json *play_item(struct played *p, const struct played_action *x, const uint64_t *index)
{
	const struct captured *c = x->loop_count && index ? captured_of(p, x, index) : NULL;

	return c ? c->item : NULL;
}

/* ---- contents ---- */

struct json *play_content(struct played *p, const struct played_action *x, const uint64_t *index,
			  enum content what)
{
	const struct json *v = what == CONTENT_INPUTS ? x->inputs : x->outputs;

	if (x->loop_count) {
		const struct captured *c = index ? captured_of(p, x, index) : NULL;

		v = !c ? NULL : what == CONTENT_INPUTS ? c->inputs : c->outputs;
	}
	if (!v)
		return NULL;
	return what == CONTENT_INPUTS ? play_shown(p, v) : json_copy(p->arena, v);
}

struct json *play_trigger(struct played *p, enum content what)
{
	struct script_scope s = { .played = p };
	const char *name = what == CONTENT_INPUTS ? "inputs" : "outputs";
	const struct json *t = json_first(json_get(p->definition, "triggers"));
	const struct json *v = json_get(json_get(p->variant, "trigger"), name);

	if (what == CONTENT_OUTPUTS && p->run->trigger)
		return json_copy(p->arena, p->run->trigger);
	if (!v)
		v = json_get(json_get(p->base, "trigger"), name);
	if (v)
		return json_is(v, JSON_NULL) ? NULL : script_expand(p->arena, &s, v);
	if (what == CONTENT_OUTPUTS || !json_get(t, "inputs"))
		return NULL;
	return play_shown(p, script_resolve(p->arena, &s, json_get(t, "inputs")));
}
