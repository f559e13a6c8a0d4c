/*
 * compare.c - compare_live_flow_runs: a run against another one, by default a failed one against
 * the last that went well before it.
 *
 * Whether the flow was changed in between is known from when it was saved last, and from the
 * versions of it that were kept.
 */
#include "base/limits.h"
#include "tools/compare_runs.h"
#include "tools/run_read.h"
#include "tools/run_record.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/design.h"
#include "wdl/diff.h"

enum { PICK_THIS, PICK_OTHER, PICKED };
enum {
	VALUE_BYTES = 12 << 10, /* of one content: what is shown is far less */
	LARGEST = 8 << 20,
	TOTAL = 64 << 20,
	CONTENTS = 600,
	PASSES = 20,
	MOST_WORDS = 15,
};

static const struct project_options shown = { .budget = VALUE_BYTES, .longest_string = 2048,
					      .longest_array = 20 };

/* ---- which two ---- */

static struct json *keep_name(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put(c, v, "name", item, "/name");
	put_found(c, v, "startTime", item, "/properties/startTime");
	return json_get_str(item, "name").n ? v : NULL;
}

static const struct paging newest = { .keep = keep_name, .most = 1 };

static struct str this_run(struct call *c)
{
	if (arg_str(c, "runName").n)
		return arg_str(c, "runName");
	return json_get_str(json_first(got(c, PICK_THIS, 0)->json), "name");
}

static enum verdict pick_this(struct call *c)
{
	if (arg_str(c, "runName").n)
		return fetch_one(c, run_fetch(c, arg_z(c, "runName")));
	return fetch_one(c, run_list_fetch(c, "Failed", "", "", &newest));
}

/* The last good one before it; should there be none, the newest. */
static enum verdict pick_other(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	const struct json *found = got(c, PICK_THIS, 0)->json;
	const char *before = json_is(found, JSON_ARRAY)
				     ? at_z(json_first(found), "/startTime")
				     : at_z(found, "/properties/startTime");

	f[0] = run_list_fetch(c, "Succeeded", "", before, &newest);
	f[1] = run_list_fetch(c, "Succeeded", "", "", &newest);
	return fetch_each(c, f, 2);
}

static struct str other_run(struct call *c)
{
	struct str before = json_get_str(json_first(got(c, PICK_OTHER, 0)->json), "name");
	struct str after = json_get_str(json_first(got(c, PICK_OTHER, 1)->json), "name");

	if (arg_str(c, "otherRunName").n)
		return arg_str(c, "otherRunName");
	return before.n ? before : after;
}

static enum verdict no_pair(struct call *c, bool this)
{
	const struct answer *a = got(c, this ? PICK_THIS : PICK_OTHER, 0);

	if (a->err != ERR_OK)
		return fail_read(c, a);
	fail(c, ERR_NOT_FOUND, this ? "no run of this flow failed in the last 28 days"
				    : "no run of this flow went well in the last 28 days");
	hint(c, "Name both: runName and otherRunName; get_live_flow_runs lists the runs.");
	return FAIL;
}

/* ---- was the flow changed in between ---- */

/* A version of the flow, and since when it was so. */
struct version {
	int64_t since;
	struct str id; /* of a kept one; "" is the flow as it is now */
};

/* The version that was in force at a time, as far as it is known; false: none is. */
static bool version_at(const struct json *kept, const struct record *r, int64_t at,
		       struct version *out)
{
	int64_t now = run_time(r->flow, "/properties/lastModifiedTime");
	bool found = now >= 0 && now <= at;

	*out = (struct version){ now, S("") };
	JSON_EACH (v, kept) {
		int64_t since = run_time(v, "/about/lastModifiedTime");

		if (since < 0 || since > at || (found && since <= out->since))
			continue;
		*out = (struct version){ since, json_get_str(v, "id") };
		found = true;
	}
	return found;
}

static const struct json *definition_of(struct call *c, const struct record *r,
					const struct version *v)
{
	return v->id.n ? json_get(snapshot_get(c, v->id), "definition") : r->definition;
}

static void put_how(struct call *c, struct json *out, const struct json *before,
		    const struct json *after)
{
	/* What was kept is in the form that is saved, what was read in the one that runs. */
	struct diff d = diff_documents(call_arena(c), wdl_design_form(call_arena(c), before),
				       wdl_design_form(call_arena(c), after));
	struct json *words = json_new_array(call_arena(c));
	size_t n = 0;

	for (const struct diff_change *x = d.first; x && n < MOST_WORDS; x = x->next, n++)
		json_push(words, json_new_str(call_arena(c), x->words));
	json_set(call_arena(c), out, "changes", words);
	if (d.count > n)
		json_set_int(call_arena(c), out, "changesMore", (int64_t)(d.count - n));
}

static struct json *definition_changed(struct call *c, const struct record *r)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);
	const struct json *kept = snapshot_list(c, arg_str(c, "environmentName"),
						arg_str(c, "flowName"));
	int64_t first = run_time(r->runs[0].value, "/startTime");
	int64_t second = run_time(r->runs[1].value, "/startTime");
	int64_t saved = run_time(r->flow, "/properties/lastModifiedTime");
	const struct json *from, *to;
	struct version was, is;

	put_found(c, out, "lastModifiedTime", r->flow, "/properties/lastModifiedTime");
	if (first < 0 || second < 0 || saved < 0) {
		json_set_null(a, out, "changed");
		return out;
	}
	if (saved <= first && saved <= second) {
		json_set_bool(a, out, "changed", false);
		return out;
	}
	if ((saved > first) != (saved > second))
		json_set_bool(a, out, "changed", true);
	else
		json_set_null(a, out, "changed");
	if (!version_at(kept, r, first, &was) || !version_at(kept, r, second, &is)) {
		json_set_z(a, out, "why",
			   "the flow was saved after a run, and no version of before was kept");
		return out;
	}
	from = definition_of(c, r, &was);
	to = definition_of(c, r, &is);
	if (!from || !to || str_eq(was.id, is.id))
		return out;
	json_set_bool(a, out, "changed", true);
	put_how(c, out, from, to);
	return out;
}

/* ---- the result ---- */

static struct json *about(struct call *c, const struct recorded_run *r)
{
	struct json *out = json_new_object(call_arena(c));
	int64_t from = run_time(r->value, "/startTime"), to = run_time(r->value, "/endTime");

	put(c, out, "runName", r->value, "/name");
	put(c, out, "status", r->value, "/status");
	put(c, out, "startTime", r->value, "/startTime");
	if (from >= 0 && to >= from)
		json_set_int(call_arena(c), out, "durationMs", to - from);
	return out;
}

static enum verdict answer(struct call *c, const struct record *r)
{
	struct json *out = json_new_object(call_arena(c));

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "flowName", arg_str(c, "flowName"));
	json_set(call_arena(c), out, "this", about(c, &r->runs[1]));
	json_set(call_arena(c), out, "other", about(c, &r->runs[0]));
	json_set(call_arena(c), out, "definitionChanged", definition_changed(c, r));
	compare_runs(call_arena(c), r->runs[0].value, r->runs[1].value, &r->steps, out);
	if (r->left_out)
		note(c, "contentsNotCompared", json_new_int(call_arena(c), (int64_t)r->left_out));
	if (!r->runs[0].complete || !r->runs[1].complete)
		note(c, "actionsIncomplete", json_new_bool(call_arena(c), true));
	if (run_went_wrong(json_get_str(r->runs[1].value, "status")))
		run_suggest_diagnosis(c, json_get_str(r->runs[1].value, "name"));
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	struct record_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	bool both = arg_str(c, "runName").n && arg_str(c, "otherRunName").n;
	struct record r;
	enum verdict v;

	if (!both && call_stage(c) == PICK_THIS)
		return pick_this(c);
	if (!both && (got(c, PICK_THIS, 0)->err != ERR_OK || !this_run(c).n))
		return no_pair(c, true);
	if (!both && call_stage(c) == PICK_OTHER)
		return pick_other(c);
	if (!other_run(c).n)
		return no_pair(c, false);
	if (str_eq(this_run(c), other_run(c))) {
		fail(c, ERR_INVALID_ARGUMENT, "both are the same run");
		hint(c, "Leave out otherRunName: then it is the last good run before.");
		return FAIL;
	}
	*w = (struct record_wants){
		.runs = { str_c(call_arena(c), other_run(c)), str_c(call_arena(c), this_run(c)) },
		.run_count = 2,
		.project = &shown,
		.largest = LARGEST,
		.total = TOTAL,
		.contents = CONTENTS,
		.repetitions = PASSES,
	};
	v = record_read(c, both ? 0 : PICKED, w, &r);
	return v == DONE ? answer(c, &r) : v;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "runName", JSON_STRING, P_RUN, "The run to look at; left out: the newest that failed.",
	  .alias = "runId", .max = 2048 },
	{ "otherRunName", JSON_STRING, 0,
	  "The run to compare it with; left out: the last good one before it.", .max = 256 },
	{ 0 },
};

const struct tool tool_compare_live_flow_runs = {
	.name = "compare_live_flow_runs",
	.title = "Compare two runs",
	.description =
		"Compares a failed run with the last good one, or any two: the first step that "
		"diverges, changed values, branches, durations, and whether the flow was changed "
		"in between. Use it when a flow worked before; for the cause alone diagnose the run.",
	.toolset = "run",
	.bundles = "debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.columns = "/this/status /other/status /firstDivergence/actionName",
	.step = step,
};
