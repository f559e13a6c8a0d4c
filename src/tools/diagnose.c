/*
 * diagnose.c - diagnose_live_flow_run: why a run failed, in one call.
 *
 * Only fetches: what the evidence says, diagnosis.c knows.  The run comes with all its actions in
 * one answer; whatever the finding still wants is then fetched at once, round by round, and what
 * does not come in time is told as missing.
 */
#include "tools/diagnose_int.h"
#include "tools/flow_state.h"
#include "tools/table.h"

enum {
	ROUNDS = 12,      /* after the run was read: a child of a child needs nine */
	ENOUGH_MS = 8000, /* of the call's time: less is left for the answer */
};

static enum verdict fetch_newest(struct call *c)
{
	static const struct paging pages = { .keep = diagnose_keep_run, .most = 1 };

	return fetch_all(c,
			 url(c, HOST_FLOW,
			     "/environments/%s/flows/%s/runs?$filter=status%%20eq%%20'Failed'&$top=1",
			     arg_z(c, "environmentName"), arg_z(c, "flowName")),
			 &pages);
}

/* ---- a run with all its actions ---- */

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

	return fetch_one(r->c, (struct fetch){
		.url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions?$top=250",
			   arg_z(r->c, "environmentName"), arg_z(r->c, "flowName"), r->run),
		.flags = FETCH_TOLERATE, .paging = &pages,
	});
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
	struct flow_state s = { 0 };
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
	struct fetch *f = arena_array(r->a, DIAGNOSE_READS, sizeof(*f));

	diagnose_run_fetches(r->c, arg_str(r->c, "flowName"), str_from(r->run), f);
	return fetch_each(r->c, f, DIAGNOSE_READS);
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
			return diagnose_fetch(r, w);
		diagnose_take(r, w);
	}
}

static enum verdict with_run(struct reading *r)
{
	const struct answer *run, *list;
	int first = r->stage;

	if (call_stage(r->c) == first)
		return read_run(r);
	run = got(r->c, first, DIAGNOSE_RUN);
	if (run->err != ERR_OK)
		return fail_read(r->c, run);
	r->evidence = diagnose_evidence(r, run, got(r->c, first, DIAGNOSE_FLOW));
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
