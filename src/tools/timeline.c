/*
 * timeline.c - get_live_flow_run_timeline, and the same with contents for a page to keep
 * (`flowlatch report run`).
 */
#include "base/limits.h"
#include "tools/run_read.h"
#include "tools/run_record.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "tools/timeline_make.h"

enum {
	TREE_LINES = 150,
	REPORT_BYTES = 6 * LIMIT_RESULT, /* of all of it; the engine hands out two more */
	STEP_BYTES = 300,
	VALUE_LEAST = 300,
	VALUE_MOST = 6000,
	PASSES = 3,
	CONTENTS = 1200,
	LARGEST = 4 << 20, /* more is not worth a page */
};

static bool nothing(const struct step *s, const struct json *action, bool inputs)
{
	(void)s;
	(void)action;
	(void)inputs;
	return false;
}

static void put_flow(struct call *c, struct json *out, const struct record *r)
{
	put_ids(c, out);
	put(c, out, "displayName", r->flow, "/properties/displayName");
}

static struct json *timeline_of(struct call *c, const struct record *r)
{
	return timeline_make(call_arena(c), &r->steps, r->definition, r->runs[0].value);
}

static void move_members(struct call *c, struct json *out, struct json *from)
{
	for (struct json *v = json_first(from); v; v = json_first(from)) {
		struct str name = str_dup(call_arena(c), json_name(v));

		json_set_n(call_arena(c), out, name, json_detach(from, v));
	}
}

static void note_gaps(struct call *c, const struct record *r)
{
	if (!r->definition)
		note(c, "flowUnread",
		     json_new_z(call_arena(c), "the flow could not be read, so nothing is known of "
					       "what is inside what"));
	if (!r->runs[0].complete)
		note(c, "actionsIncomplete", json_new_bool(call_arena(c), true));
}

/* ---- get_live_flow_run_timeline ---- */

static enum verdict step(struct call *c)
{
	struct record_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	struct json *out, *timeline;
	struct record r;
	enum verdict v;

	*w = (struct record_wants){ .runs = { arg_z(c, "runName") }, .run_count = 1,
				    .wanted = nothing };
	v = record_read(c, 0, w, &r);
	if (v != DONE)
		return v;
	out = json_new_object(call_arena(c));
	put_flow(c, out, &r);
	timeline = timeline_of(c, &r);
	json_set_str(call_arena(c), out, "tree",
		     timeline_tree(call_arena(c), timeline, TREE_LINES));
	move_members(c, out, timeline);
	if (!arg_bool(c, "steps"))
		json_take(out, "steps");
	note_gaps(c, &r);
	if (run_went_wrong(json_get_str(r.runs[0].value, "status")))
		run_suggest_diagnosis(c, arg_str(c, "runName"));
	return done(c, out);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ "steps", JSON_BOOL, 0, "Also every step as data, as the view draws it.",
	  .otherwise = "false" },
	{ 0 },
};

static const struct field fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "runName", JSON_STRING, "Run name" },
	{ "displayName", JSON_STRING, "Of the flow", .nullable = true },
	{ "tree", JSON_STRING, "Steps with times, indented" },
	{ "status", JSON_STRING, "Of the run", .optional = true },
	{ "startTime", JSON_STRING, "UTC", .optional = true },
	{ "endTime", JSON_STRING, "UTC", .optional = true },
	{ "durationMs", JSON_NUMBER, "Of the run", .optional = true },
	{ "trigger", JSON_OBJECT, "What started it" },
	{ "steps", JSON_ARRAY, "Every step", .optional = true },
	{ "criticalPath", JSON_ARRAY, "Steps that made the run as long as it was" },
	{ "waitingMs", JSON_NUMBER, "Of that: delays and people" },
	{ "next", JSON_OBJECT, "What to call next", .optional = true },
	{ 0 },
};

const struct tool tool_get_live_flow_run_timeline = {
	.name = "get_live_flow_run_timeline",
	.title = "Timeline of a run",
	.description =
		"Shows when each step of a run ran, how long, what it waited for, retries, and the "
		"critical path. Use it for a slow run or to see its course; for a failure "
		"diagnose the run. Hosts with MCP Apps draw it as a graph.",
	.toolset = "run",
	.bundles = "debug-flow monitor-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.view = "ui://flowlatch/run",
	.params = params,
	.result = fields,
	.columns = "/status /durationMs /startTime",
	.step = step,
};

/* ---- the report ---- */

/* How many contents there is room for beside the steps themselves, and how much of each. */
static size_t contents_of(size_t actions)
{
	size_t left = STEP_BYTES * actions < REPORT_BYTES ? REPORT_BYTES - STEP_BYTES * actions : 0;
	size_t most = left / VALUE_LEAST;

	return most < CONTENTS ? most : CONTENTS;
}

static const struct project_options *part(struct call *c, size_t actions)
{
	struct project_options *o = arena_alloc(call_arena(c), sizeof(*o));
	size_t n = contents_of(actions), wanted = 4 * actions + 2;

	n = wanted < n ? wanted : n;
	o->budget = n ? (REPORT_BYTES - STEP_BYTES * actions) / n : VALUE_LEAST;
	o->budget = o->budget > VALUE_MOST ? VALUE_MOST : o->budget;
	o->longest_array = 20;
	return o;
}

static const char *const shown[] = { "error", "inputs", "outputs", "inputsMissing",
				     "outputsMissing", "inputsCut", "outputsCut" };

static void put_contents(struct call *c, struct json *out, const struct json *record)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (json_get(record, shown[i]))
			json_set(call_arena(c), out, shown[i],
				 json_copy(call_arena(c), json_get(record, shown[i])));
}

static void put_passes(struct call *c, struct json *out, const struct json *record)
{
	const struct json *all = json_get(record, "repetitions");
	struct json *list = json_new_array(call_arena(c));

	/* What failed is what is looked for. */
	for (int well = 0; well < 2; well++)
		JSON_EACH (v, all) {
			struct json *one;

			if (run_went_wrong(json_get_str(v, "status")) != (well == 0))
				continue;
			one = json_push(list, json_new_object(call_arena(c)));
			json_set_str(call_arena(c), one, "name", json_name(v));
			put(c, one, "status", v, "/status");
			put_contents(c, one, v);
		}
	if (json_count(list))
		json_set(call_arena(c), out, "passesShown", list);
}

static enum verdict report(struct call *c, const struct record *r)
{
	struct json *out = json_new_object(call_arena(c)), *timeline = timeline_of(c, r);

	put_contents(c, json_get(timeline, "trigger"), json_get(r->runs[0].value, "trigger"));
	JSON_EACH (s, json_get(timeline, "steps")) {
		const struct json *v =
			record_action(r->runs[0].value, json_get_str(s, "name"), S(""));

		put_contents(c, s, v);
		put_passes(c, s, v);
	}
	put_flow(c, out, r);
	if (json_get(r->runs[0].value, "error"))
		json_set(call_arena(c), out, "error",
			 json_copy(call_arena(c), json_get(r->runs[0].value, "error")));
	move_members(c, out, timeline);
	note_gaps(c, r);
	return done(c, out);
}

static enum verdict report_step(struct call *c)
{
	struct record_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	size_t actions = json_count(got(c, 0, 1)->json);
	struct record r;
	enum verdict v;

	*w = (struct record_wants){ .runs = { arg_z(c, "runName") },
				    .run_count = 1,
				    .project = part(c, actions),
				    .largest = LARGEST,
				    .contents = contents_of(actions),
				    .repetitions = PASSES };
	v = record_read(c, 0, w, &r);
	return v == DONE ? report(c, &r) : v;
}

static const struct param report_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ 0 },
};

const struct tool tool_get_live_flow_run_report = {
	.name = "get_live_flow_run_report",
	.title = "Everything about a run",
	.description = "The timeline of a run with inputs and outputs of its steps, for the page that "
		       "`flowlatch report run` writes.",
	.toolset = "run",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.unlisted = true,
	.params = report_params,
	.step = report_step,
};
