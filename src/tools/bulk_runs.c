/*
 * bulk_runs.c - resubmit_live_flow_runs and cancel_live_flow_runs: many runs of one flow.
 *
 * A run that was sent again since is left out: what it was to do is another run's by now.
 */
#include "base/limits.h"
#include "tools/bulk.h"
#include "tools/outline.h"
#include "tools/run_read.h"
#include "tools/started.h"
#include "tools/table.h"

enum { LIST, LOOK, WRITE };                          /* stages */
enum { LIST_RUNS = LOOK_OWN, LISTS };
enum { LOOK_AGAIN };                                 /* of LOOK, before what is looked at in each */
/* Runs of one selection that are looked at, and those after them that may have replaced them. */
enum { MOST_LISTED = 1000, MOST_AGAIN = 5000, BUDGET_MS = 30000 };

static bool is_cancel(struct call *c)
{
	return strcmp(call_tool(c)->name, "cancel_live_flow_runs") == 0;
}

/* ---- the selection ---- */

static bool fits_status(struct call *c, struct str status)
{
	if (arg_str(c, "status").n)
		return str_eq_nocase(status, arg_str(c, "status"));
	/* A list that was given is told about whole. */
	if (arg_given(c, "runs"))
		return true;
	return is_cancel(c) ? !run_has_ended(status) : run_went_wrong(status);
}

static struct json *keep_run(struct call *c, const struct json *item)
{
	struct json *v;

	if (!json_get_str(item, "name").n || !bulk_named(c, "runs", json_get_str(item, "name")) ||
	    !fits_status(c, at_str(item, "/properties/status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "runName", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "code", item, "/properties/error/code");
	return v;
}

/* Only those that were sent again from another one. */
static struct json *keep_again(struct call *c, const struct json *item)
{
	struct str origin = at_str(item, "/properties/trigger/originHistoryName");
	struct json *v;

	if (!origin.n || str_eq(origin, json_get_str(item, "name")))
		return NULL;
	v = json_new_object(call_arena(c));
	json_set_str(call_arena(c), v, "name", json_get_str(item, "name"));
	json_set_str(call_arena(c), v, "origin", origin);
	return v;
}

static enum verdict list(struct call *c)
{
	static const struct paging runs = { .keep = keep_run, .most = MOST_LISTED,
					    .budget_ms = BUDGET_MS };
	struct fetch *f = arena_array(call_arena(c), LISTS, sizeof(*f));

	target_looks(c, f);
	f[LIST_RUNS] = run_list_fetch(c, arg_z(c, "status"), utc_arg(c, "startTime"),
				      utc_arg(c, "endTime"), &runs);
	return fetch_each(c, f, LISTS);
}

/* Oldest first, at most `top`. */
static struct json *candidates(struct call *c)
{
	const struct json *found = got(c, LIST, LIST_RUNS)->json;
	struct json *out = json_new_array(call_arena(c));
	size_t count = json_count(found), most = (size_t)arg_int(c, "top"), i = 0;

	/* The list has the newest first. */
	JSON_EACH (v, found)
		if (i++ + most >= count)
			json_insert(out, 0, json_copy(call_arena(c), v));
	return out;
}

static struct json *keep_failed(struct call *c, const struct json *item)
{
	struct json *v;

	if (run_has_ended(at_str(item, "/properties/status")) &&
	    !run_went_wrong(at_str(item, "/properties/status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "name", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put(c, v, "code", item, "/properties/code");
	put(c, v, "error", item, "/properties/error/code");
	return v;
}

/* Runs that were sent again, among those that started at or after `since`. */
static struct fetch again_since(struct call *c, const char *since)
{
	static const struct paging again = { .keep = keep_again, .most = MOST_AGAIN,
					     .budget_ms = BUDGET_MS };

	return run_list_fetch(c, "", since, "", &again);
}

static enum verdict look(struct call *c)
{
	static const struct paging actions = { .keep = keep_failed };
	struct json *rows = candidates(c);
	struct fetch *f = arena_array(call_arena(c), json_count(rows) + 1, sizeof(*f));
	size_t n = 0;

	/* No run was sent again before it was there. */
	if (!is_cancel(c) && json_count(rows))
		f[n++] = again_since(c, json_get_z(json_first(rows), "startTime"));
	if (is_cancel(c) || arg_given(c, "error"))
		JSON_EACH (v, rows)
			f[n++] = run_actions_fetch(c, json_get_z(v, "runName"), &actions);
	return fetch_each(c, f, n);
}

/* ---- what is known of each ---- */

/* What was looked at in candidate number `i`. */
static const struct json *actions_of(struct call *c, size_t i)
{
	return got(c, LOOK, is_cancel(c) ? i : LOOK_AGAIN + 1 + i)->json;
}

static const char *replaced_by(struct call *c, struct str run)
{
	JSON_EACH (v, got(c, LOOK, LOOK_AGAIN)->json)
		if (str_eq(json_get_str(v, "origin"), run))
			return json_get_z(v, "name");
	return NULL;
}

/* "Code", or "Action/Code", of the run or of an action that failed in it. */
static bool has_error(struct call *c, const struct json *row, size_t i)
{
	struct str wanted = arg_str(c, "error"), action = S(""), rest = wanted;

	if (!wanted.n)
		return true;
	if (str_find_char(wanted, '/') >= 0) {
		str_cut(&rest, '/', &action);
		wanted = rest;
	}
	if (!action.n && str_eq_nocase(json_get_str(row, "code"), wanted))
		return true;
	JSON_EACH (v, actions_of(c, i))
		if ((!action.n || str_eq_nocase(json_get_str(v, "name"), action)) &&
		    (str_eq_nocase(json_get_str(v, "code"), wanted) ||
		     str_eq_nocase(json_get_str(v, "error"), wanted)))
			return true;
	return false;
}

/* The action in which a person is waited for, or "". */
static struct str waits_for(struct call *c, size_t i)
{
	const struct json *definition =
		json_at(got(c, LIST, LOOK_FLOW)->json, "/properties/definition");

	JSON_EACH (v, actions_of(c, i)) {
		struct outline_step step;

		if (run_has_ended(json_get_str(v, "status")))
			continue;
		step = outline_find(call_arena(c), definition, json_get_str(v, "name"));
		if (step.value && run_waits_for(step.value).person)
			return json_get_str(v, "name");
	}
	return S("");
}

static const char *why_not(struct call *c, const struct json *row, size_t i)
{
	struct str name = json_get_str(row, "runName");
	bool ended = run_has_ended(json_get_str(row, "status"));
	const char *by;

	if (is_cancel(c))
		return ended ? "it has ended already" : NULL;
	if (!ended)
		return "it has not ended yet";
	by = replaced_by(c, name);
	if (by)
		return arena_printf(call_arena(c), "it was sent again as %s", by);
	return has_error(c, row, i) ? NULL : "it failed of something else";
}

/* ---- the plan ---- */

static struct fetch write_of(struct call *c, const char *run)
{
	const char *trigger =
		str_c(call_arena(c), json_name(json_first(json_at(got(c, LIST, LOOK_FLOW)->json,
								  "/properties/definition/triggers"))));

	if (!is_cancel(c))
		return started_resubmit(c, trigger, run);
	return (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/cancel",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), run),
		.flags = FETCH_TOLERATE | FETCH_ANY,
	};
}

static struct bulk_item item_of(struct call *c, const struct json *v, size_t i)
{
	struct json *row = json_new_object(call_arena(c));
	struct str person = is_cancel(c) ? waits_for(c, i) : S("");

	put(c, row, "runName", v, "/runName");
	put(c, row, "status", v, "/status");
	put(c, row, "startTime", v, "/startTime");
	if (person.n)
		json_set_str(call_arena(c), row, "waitsForPersonIn", person);
	return (struct bulk_item){
		.id = json_get_str(v, "runName"),
		.name = str_fmt(call_arena(c), "%s, %s, %s", json_get_z(v, "startTime"),
				json_get_z(v, "status"), json_get_z(v, "runName")),
		.row = row,
		.skip = why_not(c, v, i),
		.write = write_of(c, json_get_z(v, "runName")),
	};
}

static size_t looks(struct call *c, struct bulk_item *const *batch, size_t n, struct fetch *f)
{
	if (!is_cancel(c)) {
		/* What is new is newer than the newest of what was there. */
		f[0] = again_since(c, at_z(got(c, LIST, LIST_RUNS)->json, "/0/startTime"));
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		f[i] = run_fetch(c, json_get_z(batch[i]->row, "runName"));
	return n;
}

static bool seen(struct call *c, struct bulk_item *item, size_t k, int stage)
{
	if (is_cancel(c)) {
		put(c, item->row, "status", got(c, stage, k)->json, "/properties/status");
		return run_has_ended(json_get_str(item->row, "status"));
	}
	JSON_EACH (v, got(c, stage, 0)->json)
		if (str_eq(json_get_str(v, "origin"), item->id)) {
			put(c, item->row, "newRunName", v, "/name");
			return true;
		}
	return false;
}

static const char *const *warnings_of(struct call *c, const struct bulk_plan *p)
{
	const char **w = arena_array(call_arena(c), 2, sizeof(*w));
	size_t persons = 0;

	for (size_t i = 0; i < p->count; i++)
		persons += !p->items[i].skip && json_get(p->items[i].row, "waitsForPersonIn");
	if (persons)
		w[0] = arena_printf(call_arena(c), "%zu of the runs wait for a person: cancelling loses "
						   "their cards or approvals.", persons);
	return w;
}

static enum verdict judge(struct call *c)
{
	const struct answer *flow = got(c, LIST, LOOK_FLOW), *runs = got(c, LIST, LIST_RUNS);

	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (runs->err != ERR_OK)
		return fail_read(c, runs);
	if (!is_cancel(c) && !arg_bool(c, "dryRun") &&
	    !str_eq(at_str(flow->json, "/properties/state"), S("Started")))
		return fail(c, ERR_CONFLICT, "the flow is %s: it starts no runs",
			    quoted(c, at_str(flow->json, "/properties/state")));
	return FETCH;
}

/* Whether a run was sent again already must be known before it is sent again. */
static enum verdict judge_again(struct call *c, size_t count)
{
	const struct answer *again = got(c, LOOK, LOOK_AGAIN);

	if (is_cancel(c) || !count)
		return FETCH;
	if (again->err != ERR_OK)
		return fail_read(c, again);
	if (!again->more)
		return FETCH;
	fail(c, ERR_TOO_LARGE, "there are too many runs since then to know which were sent again");
	hint(c, "Give a later startTime, and go on from the newer runs to the older ones.");
	return FAIL;
}

static enum verdict step(struct call *c)
{
	struct bulk_plan p = { .first = WRITE, .noun = "runs", .looks = looks, .seen = seen };
	enum verdict v;
	struct json *rows;

	if (call_stage(c) == LIST)
		return list(c);
	v = judge(c);
	if (v != FETCH)
		return v;
	if (call_stage(c) == LOOK)
		return look(c);
	rows = candidates(c);
	v = judge_again(c, json_count(rows));
	if (v != FETCH)
		return v;
	p.verb = is_cancel(c) ? "Cancels" : "Starts again, with what the trigger gave then,";
	p.items = arena_array(call_arena(c), json_count(rows) + 1, sizeof(*p.items));
	JSON_EACH (row, rows) {
		p.items[p.count] = item_of(c, row, p.count);
		p.count++;
	}
	p.target = target_of(c, LIST);
	p.warnings = warnings_of(c, &p);
	p.result = json_new_object(call_arena(c));
	put_ids(c, p.result);
	if (got(c, LIST, LIST_RUNS)->more)
		json_set_bool(call_arena(c), p.result, "moreRuns", true);
	return bulk_step(c, &p);
}

static enum effect effect_of(const struct json *args, enum effect e)
{
	return !json_get(args, "dryRun") || json_is_true(json_get(args, "dryRun")) ? EFFECT_PREVIEW
										  : e;
}

static enum effect resubmit_effect(const struct json *args, const struct target *t)
{
	(void)t;
	return effect_of(args, EFFECT_RUN);
}

static enum effect cancel_effect(const struct json *args, const struct target *t)
{
	(void)t;
	return effect_of(args, EFFECT_CANCEL);
}

#define PARAM_TIMES                                                                              \
	{ "startTime", JSON_STRING, P_TIME, "Only runs that started at or after this time.",     \
	  .max = 40 },                                                                           \
		{ "endTime", JSON_STRING, P_TIME, "Only runs that started before this time.",    \
		  .max = 40 },                                                                   \
		{ "runs", JSON_ARRAY, 0, "Only these run names.", .max = 100 }

static const struct param resubmit_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "status", JSON_STRING, 0, "Left out: all that went wrong.",
	  .choices = "Failed TimedOut Cancelled Succeeded" },
	{ "error", JSON_STRING, 0,
	  "Only runs with this error: a code, or ACTION/CODE (get_live_flow_run_error).",
	  .max = 256 },
	PARAM_TIMES,
	BULK_PARAMS,
	{ 0 },
};

static const struct param cancel_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "status", JSON_STRING, 0, "Left out: all that have not ended.",
	  .choices = "Running Waiting" },
	PARAM_TIMES,
	BULK_PARAMS,
	{ 0 },
};

const struct tool tool_resubmit_live_flow_runs = {
	.name = "resubmit_live_flow_runs",
	.title = "Run many again",
	.description = "Starts runs of one flow again, oldest first, without those that were sent again "
		       "already: first the table (dryRun, the default), then, with one approval for the "
		       "set, batch by batch; stops at an error of a new kind. Repair the flow first.",
	.toolset = "run",
	.klass = CLASS_MODERATE,
	.effect = resubmit_effect,
	.destructive = true,
	.open_world = true,
	.params = resubmit_params,
	.list = "items",
	.columns = "/startTime /status /result /newRunName /reason /errorKind",
	.step = step,
};

const struct tool tool_cancel_live_flow_runs = {
	.name = "cancel_live_flow_runs",
	.title = "Cancel many runs",
	.description = "Cancels runs of one flow that are under way: first the table (dryRun, the default) "
		       "with those that wait for a person, then, with one approval for the set, batch by "
		       "batch. For one run use cancel_live_flow_run.",
	.toolset = "run",
	.klass = CLASS_MODERATE,
	.effect = cancel_effect,
	.destructive = true,
	.params = cancel_params,
	.list = "items",
	.columns = "/startTime /status /result /waitsForPersonIn /reason /errorKind",
	.step = step,
};
