/*
 * diagnose.c - diagnose_live_flow_run: why a run failed, in one call.
 *
 * Only fetches: what the evidence says, diagnosis.c knows.  The run comes with all its actions in
 * one answer; whatever the finding still wants is then fetched at once, round by round, and what
 * does not come in time is told as missing.
 */
#include "base/limits.h"
#include "tools/diagnosis.h"
#include "tools/flow_state.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { RUN, FLOW }; /* of a run's first round */
enum {
	ROUNDS = 12,              /* after the run was read: a child of a child needs nine */
	REPETITIONS_KEPT = 200,   /* failed iterations that are looked at */
	REPETITIONS_MS = 30000,
	ATTEMPT_MS = 15000,
	ENOUGH_MS = 8000,         /* of the call's time: less is left for the answer */
	CONTENT_ALL = 1 << 21,    /* what all contents of a round share */
	CONTENT_MOST = 1 << 18,
	CONTENT_LEAST = 1 << 14,
};

struct reading {
	struct call *c;
	struct arena *a;
	int stage;            /* the next one that is looked at */
	const char *run;
	struct json *evidence;
	bool unfiltered;      /* the service knows no filter for repetitions */
	bool late;
};

/* ---- which run ---- */

static struct json *keep_run(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "name", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	return v;
}

static enum verdict fetch_newest(struct call *c)
{
	static const struct paging pages = { .keep = keep_run, .most = 1 };

	return fetch_all(c,
			 url(c, HOST_FLOW,
			     "/environments/%s/flows/%s/runs?$filter=status%%20eq%%20'Failed'&$top=1",
			     arg_z(c, "environmentName"), arg_z(c, "flowName")),
			 &pages);
}

/* ---- a run with all its actions ---- */

static void run_fetches(struct call *c, struct str flow, struct str run, struct fetch f[2])
{
	const char *e = arg_z(c, "environmentName");
	char *id = str_c(call_arena(c), flow), *name = str_c(call_arena(c), run);

	f[RUN] = (struct fetch){ .url = url(c, HOST_FLOW,
					    "/environments/%s/flows/%s/runs/%s?$expand="
					    "properties/actions",
					    e, id, name),
				 .flags = FETCH_TOLERATE | FETCH_LARGE };
	f[FLOW] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s", e, id),
				  .flags = FETCH_TOLERATE | FETCH_LARGE };
}

static struct json *keep_action(struct call *c, const struct json *item)
{
	return json_get_str(item, "name").n ?
		       diagnosis_action(call_arena(c), json_get_str(item, "name"),
					json_get(item, "properties")) :
		       NULL;
}

static enum verdict fetch_actions(struct reading *r)
{
	static const struct paging pages = { .keep = keep_action };
	struct fetch *f = arena_alloc(r->a, sizeof(*f));

	*f = (struct fetch){
		.url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions?$top=250",
			   arg_z(r->c, "environmentName"), arg_z(r->c, "flowName"), r->run),
		.flags = FETCH_TOLERATE, .paging = &pages,
	};
	return fetch_each(r->c, f, 1);
}

static struct json *evidence_of(struct reading *r, const struct answer *run,
				const struct answer *flow)
{
	static const char *const sections[] = { "detail", "content", "repetitions", "repetition",
						"items", "runs" };
	struct json *out = json_new_object(r->a), *actions = json_new_array(r->a), *p;

	JSON_EACH(v, json_at(run->json, "/properties/actions"))
		json_push(actions, diagnosis_action(r->a, json_name(v), v));
	if (flow->err == ERR_OK)
		json_set(r->a, out, "flow", json_copy(r->a, flow->json));
	p = json_set(r->a, out, "run", json_copy(r->a, run->json));
	json_take(json_get(p, "properties"), "actions");
	json_set(r->a, out, "actions", actions);
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		json_set(r->a, out, sections[i], json_new_object(r->a));
	return out;
}

/* ---- what is wanted ---- */

static struct json *at_depth(struct json *evidence, unsigned depth)
{
	while (depth--)
		evidence = json_get(evidence, "child");
	return evidence;
}

static struct json *keep_repetition(struct call *c, const struct json *item)
{
	struct json *v;

	/* Whether the service filters by status is not documented for flows. */
	if (!str_eq_nocase(at_str(item, "/properties/status"), S("Failed")) &&
	    !str_eq_nocase(at_str(item, "/properties/status"), S("TimedOut")))
		return NULL;
	v = diagnosis_action(call_arena(c), S(""), json_get(item, "properties"));
	put_str(c, v, "name", json_get_str(item, "name"));
	return v;
}

static const struct project_options *content_options(struct reading *r, size_t share)
{
	struct project_options *o = arena_alloc(r->a, sizeof(*o));
	size_t part = CONTENT_ALL / (share ? share : 1);

	o->budget = part > CONTENT_MOST ? CONTENT_MOST : part < CONTENT_LEAST ? CONTENT_LEAST : part;
	o->longest_string = o->budget / 2;
	return o;
}

static const struct project_options *item_options(struct reading *r, const struct want *w)
{
	struct project_options *o = arena_alloc(r->a, sizeof(*o));

	*o = (struct project_options){ .pointers = w->pointers, .pointer_count = w->pointer_count,
				       .budget = CONTENT_MOST };
	return o;
}

/* Where a want of a child's evidence is to be asked. */
struct place {
	const char *environment, *flow, *run;
};

static struct place place_of(struct reading *r, unsigned depth)
{
	const struct json *e = at_depth(r->evidence, depth);

	if (!depth)
		return (struct place){ arg_z(r->c, "environmentName"), arg_z(r->c, "flowName"),
				       r->run };
	return (struct place){ arg_z(r->c, "environmentName"), json_get_z(e, "flowName"),
			       json_get_z(e, "runName") };
}

#define ACTION "/environments/%s/flows/%s/runs/%s/actions/%s"

static struct fetch repetitions_fetch(struct reading *r, const struct want *w, struct place p)
{
	static const struct paging pages = { .keep = keep_repetition, .most = REPETITIONS_KEPT,
					     .budget_ms = REPETITIONS_MS };
	const char *name = str_c(r->a, w->action);
	const char *kind = w->scope ? "scopeRepetitions" : "repetitions";

	return (struct fetch){
		.url = r->unfiltered ?
			       url(r->c, HOST_FLOW, ACTION "/%s?$top=250", p.environment, p.flow,
				   p.run, name, kind) :
			       url(r->c, HOST_FLOW,
				   ACTION "/%s?$top=250&$filter=Status%%20eq%%20'Failed'",
				   p.environment, p.flow, p.run, name, kind),
		.flags = FETCH_TOLERATE, .paging = &pages,
	};
}

static struct fetch runs_fetch(struct reading *r, const struct want *w, struct place p)
{
	static const struct paging pages = { .keep = keep_run, .most = 100 };

	return (struct fetch){
		.url = url(r->c, HOST_FLOW,
			   "/environments/%s/flows/%s/runs?$filter=status%%20eq%%20'Failed'&$top=100",
			   p.environment, str_c(r->a, w->name)),
		.flags = FETCH_TOLERATE, .paging = &pages,
	};
}

static struct fetch one_fetch(struct reading *r, const struct want *w, size_t share)
{
	struct place p = place_of(r, w->depth);
	const char *action = str_c(r->a, w->action), *name = str_c(r->a, w->name);
	struct fetch f = { .flags = FETCH_TOLERATE, .limit_ms = ATTEMPT_MS };

	switch (w->kind) {
	case WANT_DETAIL:
		f.url = url(r->c, HOST_FLOW, ACTION, p.environment, p.flow, p.run, action);
		break;
	case WANT_CONTENT:
		f.url = url_content(r->c, w->link);
		f.project = content_options(r, share);
		break;
	case WANT_ITEMS:
		f.url = url_content(r->c, w->link);
		f.project = item_options(r, w);
		break;
	case WANT_REPETITIONS:
		return repetitions_fetch(r, w, p);
	case WANT_REPETITION:
		f.url = url(r->c, HOST_FLOW,
			    w->scope ? ACTION "/scopeRepetitions/%s" : ACTION "/repetitions/%s",
			    p.environment, p.flow, p.run, action, name);
		break;
	case WANT_RUNS:
		return runs_fetch(r, w, p);
	case WANT_CHILD:
		break;
	}
	return f;
}

static enum verdict fetch_wants(struct reading *r, const struct wants *all)
{
	struct fetch *f = arena_array(r->a, all->count * 2, sizeof(*f));
	size_t n = 0, contents = 0;

	for (size_t i = 0; i < all->count; i++)
		contents += all->at[i].kind == WANT_CONTENT;
	for (size_t i = 0; i < all->count; i++) {
		const struct want *w = &all->at[i];

		if (w->kind == WANT_CHILD) {
			run_fetches(r->c, w->name, w->run, f + n);
			n += 2;
		} else {
			f[n++] = one_fetch(r, w, contents);
		}
	}
	return fetch_each(r->c, f, n);
}

/* ---- what has come ---- */

static struct json *unavailable(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set_z(r->a, v, "error", a->message[0] ? a->message : err_name(a->err));
	return v;
}

static void put_cuts(struct reading *r, struct json *v, const struct project_result *p)
{
	struct json *cuts = json_new_array(r->a);

	for (size_t i = 0; i < p->cut_count; i++)
		json_push(cuts, json_new_str(r->a, p->cuts[i].pointer));
	/* Not all are known: any part may be missing. */
	if (p->cuts_not_listed || !p->cut_count)
		json_push(cuts, json_new_z(r->a, ""));
	json_set_bool(r->a, v, "cut", true);
	json_set(r->a, v, "cuts", cuts);
}

static struct json *content_entry(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set(r->a, v, "value",
		 a->projected.value ? json_copy(r->a, a->projected.value) : json_new_null(r->a));
	if (a->projected.cut_count || a->projected.cuts_not_listed || !a->projected.complete)
		put_cuts(r, v, &a->projected);
	return v;
}

static struct json *list_entry(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set(r->a, v, "items", a->json ? json_copy(r->a, a->json) : json_new_array(r->a));
	if (a->more)
		json_set_bool(r->a, v, "more", true);
	return v;
}

static struct json *entry(struct reading *r, const struct want *w, const struct answer *a)
{
	if (a->err != ERR_OK)
		return unavailable(r, a);
	switch (w->kind) {
	case WANT_CONTENT:
	case WANT_ITEMS:
		return content_entry(r, a);
	case WANT_REPETITIONS:
		return list_entry(r, a);
	case WANT_RUNS:
		return a->json ? json_copy(r->a, a->json) : json_new_array(r->a);
	default:
		return json_get(a->json, "properties") ?
			       json_copy(r->a, json_get(a->json, "properties")) :
			       json_new_object(r->a);
	}
}

static void take_child(struct reading *r, const struct want *w, size_t i)
{
	const struct answer *run = got(r->c, r->stage, i + RUN), *flow = got(r->c, r->stage, i + FLOW);
	struct json *v = run->err == ERR_OK ? evidence_of(r, run, flow) : unavailable(r, run);

	json_set_str(r->a, v, "flowName", w->name);
	json_set_str(r->a, v, "runName", w->run);
	json_set(r->a, at_depth(r->evidence, w->depth), "child", v);
}

static const char *const sections[] = {
	[WANT_DETAIL] = "detail",           [WANT_CONTENT] = "content",
	[WANT_REPETITIONS] = "repetitions", [WANT_REPETITION] = "repetition",
	[WANT_ITEMS] = "items",             [WANT_RUNS] = "runs",
};

static void take_wants(struct reading *r, const struct wants *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct want *w = &all->at[i];
		const struct answer *a = got(r->c, r->stage, n);

		if (w->kind == WANT_CHILD) {
			take_child(r, w, n);
			n += 2;
			continue;
		}
		n++;
		/* The filter is documented for the same engine elsewhere; where it is refused, go
		 * without. */
		if (w->kind == WANT_REPETITIONS && a->status == 400 && !r->unfiltered) {
			r->unfiltered = true;
			continue;
		}
		json_set_n(r->a, json_get(at_depth(r->evidence, w->depth), sections[w->kind]),
			   w->key, entry(r, w, a));
	}
	r->stage++;
}

/* ---- the answer ---- */

static enum diagnosis_detail detail_of(struct call *c)
{
	struct str s = arg_str(c, "detail");

	return str_eq(s, S("full")) ? DETAIL_FULL : str_eq(s, S("normal")) ? DETAIL_NORMAL :
									     DETAIL_SHORT;
}

/* Names of the run that the finding is about: a child's, where there is one. */
static struct json *ids_for(struct reading *r, const struct finding *f, bool with_run)
{
	struct json *v = ids_of(r->c);

	json_set_z(r->a, v, "runName", r->run);
	for (; f->child && f->child->cause != CAUSE_NONE; f = f->child) {
		json_set_str(r->a, v, "flowName", f->child_flow);
		json_set_str(r->a, v, "runName", f->child_run);
	}
	if (!with_run)
		json_take(v, "runName");
	return v;
}

static void suggest(struct reading *r, const struct finding *outer)
{
	const struct finding *f = finding_innermost(outer);
	struct json *args = ids_for(r, outer, !f->fix_count);

	if (f->fix_count) {
		json_set(r->a, args, "operations", json_copy(r->a, f->fixes[0].operations));
		json_set_bool(r->a, args, "dryRun", true);
		next_tool(r->c, "update_live_flow", args);
	} else if (f->cause == CAUSE_THROTTLED || f->cause == CAUSE_SERVICE ||
		   f->cause == CAUSE_TIMEOUT) {
		next_tool(r->c, "resubmit_live_flow_run", args);
	} else if (f->cause == CAUSE_CONNECTION) {
		json_take(args, "runName");
		json_take(args, "flowName");
		next_tool(r->c, "list_live_connections", args);
	} else if (f->action.n && f->cause != CAUSE_NONE && f->cause != CAUSE_TERMINATED) {
		json_set_str(r->a, args, "actionName", f->action);
		if (f->group_count)
			json_set_str(r->a, args, "repetition",
				     json_get_str(f->groups[0].first, "name"));
		next_tool(r->c, "get_live_flow_run_action_outputs", args);
	}
}

static enum verdict answer(struct reading *r, const struct finding *f)
{
	struct json *out = ids_of(r->c), *all = diagnosis_json(r->a, f, detail_of(r->c));

	json_set_z(r->a, out, "runName", r->run);
	JSON_EACH(m, all)
		json_set_n(r->a, out, json_name(m), json_copy(r->a, m));
	if (r->late)
		json_set_bool(r->a, out, "incomplete", true);
	suggest(r, f);
	return done(r->c, out);
}

/* ---- the steps ---- */

/* No run failed: why the flow does not start. */
static enum verdict no_run(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *all;
	struct flow_state s;
	enum verdict v = flow_state_read(c, 1, &s);

	if (v != DONE)
		return v;
	put_ids(c, out);
	json_set_null(call_arena(c), out, "runName");
	all = flow_state_json(call_arena(c), &s);
	json_set_str(call_arena(c), out, "summary",
		     str_fmt(call_arena(c), "No run of this flow failed: %.*s.",
			     STR_ARG(json_get_str(all, "explanation"))));
	JSON_EACH(m, all)
		json_set_n(call_arena(c), out, json_name(m), json_copy(call_arena(c), m));
	return done(c, out);
}

static enum verdict read_run(struct reading *r)
{
	struct fetch *f = arena_array(r->a, 2, sizeof(*f));

	run_fetches(r->c, arg_str(r->c, "flowName"), str_from(r->run), f);
	return fetch_each(r->c, f, 2);
}

static enum verdict rounds(struct reading *r)
{
	int last_round = r->stage + ROUNDS;

	for (;;) {
		struct wants *w = arena_alloc(r->a, sizeof(*w));
		struct finding *f = diagnose(r->a, r->evidence, arg_str(r->c, "actionName"), w);

		if (!w->count)
			return answer(r, f);
		if (call_stage(r->c) == r->stage &&
		    (r->stage >= last_round || call_time_left(r->c) < ENOUGH_MS)) {
			r->late = true;
			return answer(r, f);
		}
		progress(r->c, r->stage, 0, "reading what the failed action read");
		if (call_stage(r->c) == r->stage)
			return fetch_wants(r, w);
		take_wants(r, w);
	}
}

static enum verdict with_run(struct reading *r)
{
	const struct answer *run, *list;
	int first = r->stage;

	if (call_stage(r->c) == first)
		return read_run(r);
	run = got(r->c, first, RUN);
	if (run->err != ERR_OK)
		return fail_read(r->c, run);
	r->evidence = evidence_of(r, run, got(r->c, first, FLOW));
	r->stage++;
	/* A service that does not give the actions with the run gives them as a list. */
	if (!json_count(json_get(r->evidence, "actions"))) {
		if (call_stage(r->c) == r->stage)
			return fetch_actions(r);
		list = got(r->c, r->stage++, 0);
		if (list->err != ERR_OK)
			return fail_read(r->c, list);
		json_set(r->a, r->evidence, "actions",
			 list->json ? json_copy(r->a, list->json) : json_new_array(r->a));
	}
	return rounds(r);
}

static enum verdict step(struct call *c)
{
	struct reading r = { .c = c, .a = call_arena(c), .run = arg_z(c, "runName") };

	if (r.run[0])
		return with_run(&r);
	if (call_stage(c) == 0)
		return fetch_newest(c);
	if (got(c, 0, 0)->err != ERR_OK)
		return fail_read(c, got(c, 0, 0));
	if (!json_count(got(c, 0, 0)->json))
		return no_run(c);
	r.run = json_get_z(json_first(got(c, 0, 0)->json), "name");
	r.stage = 1;
	return with_run(&r);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "runName", JSON_STRING, P_RUN,
	  "Left out: the newest failed run, or why the flow does not start.",
	  .alias = "runId", .max = 2048 },
	{ "actionName", JSON_STRING, 0, "Explain this failed or skipped action instead.",
	  .max = 256 },
	{ "detail", JSON_STRING, 0, "How much to tell.", .choices = "short normal full",
	  .otherwise = "\"short\"" },
	{ 0 },
};

const struct tool tool_diagnose_live_flow_run = {
	.name = "diagnose_live_flow_run",
	.title = "Why a run failed, and what mends it",
	.description =
		"Says in one call why a run failed: action, real error, the bad value and where it "
		"came from, failed iterations, child flows, cause, and tested edits for "
		"update_live_flow. Use it first on any failure.",
	.toolset = "run",
	.bundles = "debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
