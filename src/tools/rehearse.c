/*
 * rehearse.c - rehearse_live_flow: what an edited flow would have made of a recorded run.
 *
 * Reads the run with what its calls were given and answered, and runs the edited definition here.
 * Nothing is sent to anybody.
 */
#include "base/limits.h"
#include "tools/rehearse_run.h"
#include "tools/run_read.h"
#include "tools/run_record.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/edit.h"

enum {
	LARGEST = 4 << 20,  /* answers of connectors are calculated with, so they are read whole */
	TOTAL = 40 << 20,   /* of the call's memory, as trees */
	CONTENTS = 800,
	PASSES = 60,
	SMALL = 64 << 10,   /* values that are only compared */
};

/* What asks nobody gives again what it gave: its value is only worth a look. */
static bool wanted(const struct step *s, const struct json *action, bool inputs)
{
	int64_t size = json_int(json_at(action, "/outputsLink/contentSize"), 0);

	if (!s || s->outside)
		return true;
	return !inputs && !s->container && !s->levels && size <= SMALL;
}

/* ---- what is rehearsed ---- */

static struct json *edited(struct call *c, const struct json *definition)
{
	const struct json *operations = arg_json(c, "operations");
	struct wdl_edit_error e = { 0 };
	struct json *out;

	if (arg_given(c, "definition"))
		definition = arg_json(c, "definition");
	if (!operations)
		return json_copy(call_arena(c), definition);
	out = wdl_edit(call_arena(c), definition, operations, &e);
	if (out)
		return out;
	fail(c, ERR_INVALID_ARGUMENT, "operation %zu: %.*s", e.index, STR_ARG(e.message));
	if (e.hint.n)
		hint(c, "%.*s", STR_ARG(e.hint));
	if (e.pointer.n)
		fail_data(c, "pointer", json_new_str(call_arena(c), e.pointer));
	return NULL;
}

/* What connections are called in the older form of definitions. */
static struct json *connections_of(struct call *c, const struct json *flow)
{
	struct json *out = json_new_object(call_arena(c));

	JSON_EACH (ref, json_at(flow, "/properties/connectionReferences")) {
		struct json *one = json_new_object(call_arena(c));

		put_found(c, one, "connectionId", ref, "/id");
		put_found(c, one, "connectionName", ref, "/connectionName");
		json_set_n(call_arena(c), out, json_name(ref), one);
	}
	return out;
}

static struct json *parameters_of(struct call *c, const struct json *flow)
{
	struct json *out = json_new_object(call_arena(c));

	JSON_EACH (p, json_at(flow, "/properties/parameters"))
		if (json_get(p, "value"))
			json_set_n(call_arena(c), out, json_name(p),
				   json_copy(call_arena(c), json_get(p, "value")));
	json_set(call_arena(c), out, "$connections", connections_of(c, flow));
	JSON_EACH (p, arg_json(c, "parameters"))
		json_set_n(call_arena(c), out, json_name(p), json_copy(call_arena(c), p));
	return out;
}

static struct json *run_of(struct call *c, const struct json *flow)
{
	struct json *out = json_new_object(call_arena(c));

	json_set_str(call_arena(c), out, "id",
		     str_fmt(call_arena(c), "%.*s/runs/%s", STR_ARG(json_get_str(flow, "id")),
			     arg_z(c, "runName")));
	json_set_str(call_arena(c), out, "name", arg_str(c, "runName"));
	return out;
}

/* ---- the end ---- */

static void suggest(struct call *c, const struct json *told)
{
	struct json *arguments = ids_of(c);

	if (!arg_given(c, "operations") || !run_offers(c, "update_live_flow") ||
	    !str_eq(json_get_str(told, "status"), S("Succeeded")))
		return;
	json_take(arguments, "runName");
	json_set(call_arena(c), arguments, "operations",
		 json_copy(call_arena(c), arg_json(c, "operations")));
	next_tool(c, "update_live_flow", arguments);
}

static enum verdict answer(struct call *c, const struct record *record)
{
	struct json *flow = json_copy(call_arena(c), record->flow), *out, *told;
	struct rehearsal r = {
		.before = record->definition,
		.run = record->runs[0].value,
		.parameters = parameters_of(c, flow),
		.workflow = run_workflow(c, flow, run_of(c, flow)),
		.answers = arg_json(c, "answers"),
		.same = arg_json(c, "sameCalls"),
		.all = arg_bool(c, "all"),
	};
	const char *why;

	r.definition = edited(c, r.before);
	if (!r.definition)
		return FAIL;
	told = rehearse(call_arena(c), &r, &why);
	if (!told) {
		fail(c, ERR_INVALID_DEFINITION, "the edited flow cannot be run: %s", why);
		hint(c, "validate_live_flow says more about a definition.");
		return FAIL;
	}
	out = json_new_object(call_arena(c));
	put_ids(c, out);
	JSON_EACH (v, told)
		json_set_n(call_arena(c), out, json_name(v), json_copy(call_arena(c), v));
	if (json_count(json_get(told, "assumed")))
		note(c, "assumedWhy",
		     json_new_z(call_arena(c),
				"these calls were taken to go well with an empty answer: give "
				"answers {action: {statusCode, body}}, or name them in sameCalls to "
				"take what was recorded"));
	if (!json_bool(json_get(told, "reproduces"), true))
		note(c, "reproducesNotWhy",
		     json_new_z(call_arena(c),
				"the flow as it is does not replay this run exactly: it was changed "
				"since, or a value is not recorded, so take the rest with care"));
	suggest(c, told);
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	struct record_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	struct record record;
	enum verdict v;

	*w = (struct record_wants){
		.runs = { arg_z(c, "runName") },
		.run_count = 1,
		.largest = LARGEST,
		.total = TOTAL,
		.contents = CONTENTS,
		.repetitions = PASSES,
		.wanted = wanted,
	};
	if (arg_given(c, "definition") &&
	    !json_is(json_get(arg_json(c, "definition"), "actions"), JSON_OBJECT)) {
		fail(c, ERR_INVALID_ARGUMENT, "\"definition\" has no actions");
		hint(c, "Give the definition itself: {\"triggers\": {...}, \"actions\": {...}}.");
		return FAIL;
	}
	v = record_read(c, 0, w, &record);
	if (v != DONE)
		return v;
	if (!record.definition)
		return fail_read(c, got(c, 0, 2));
	return answer(c, &record);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ "operations", JSON_ARRAY, 0, "Edits of the flow as it is now, as update_live_flow takes them.",
	  .items = JSON_OBJECT, .max = 500 },
	{ "definition", JSON_OBJECT, 0, "A whole definition instead." },
	{ "answers", JSON_OBJECT, 0, "What calls answer, by action: {statusCode, headers, body}." },
	{ "sameCalls", JSON_ARRAY, 0,
	  "Actions whose recorded answer is taken even with other inputs; * for all.", .max = 500 },
	{ "parameters", JSON_OBJECT, 0, "Values of the flow's parameters." },
	{ "all", JSON_BOOL, 0, "Tell of actions that go as they went, too.", .otherwise = "false" },
	{ 0 },
};

const struct tool tool_rehearse_live_flow = {
	.name = "rehearse_live_flow",
	.title = "Rehearse an edited flow",
	.description =
		"Runs an edited flow offline against a recorded run (its trigger payload and what "
		"its connectors answered) and says, action by action, what would now happen and "
		"which calls it cannot know. Nothing is saved or sent. Use it before update_live_flow.",
	.toolset = "run",
	.bundles = "debug-flow build-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.columns = "/recordedStatus /status /certain /firstDivergence",
	.step = step,
};
