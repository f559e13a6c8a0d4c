/*
 * expression.c - evaluate_expression: the value of an expression, and how it comes about.
 *
 * Without a run nothing is fetched: no sign-in is needed.
 */
#include "tools/expression.h"

#include "base/limits.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/explain.h"

/* The value may be as large as a model can take; steps are for following, not for reading. */
enum { MOST_VALUE = LIMIT_RESULT / 2, MOST_STEP = 400, MOST_STEPS = 60 };

static struct json *steps_of(struct call *c, const struct wdl_template *t,
			     const struct wdl_result *r)
{
	return wdl_steps_json(call_arena(c), t, r, MOST_STEP, MOST_STEPS);
}

/* ---- failures ---- */

static void hint_at(struct call *c, const struct wdl_template *t, const struct recorded *run)
{
	const struct json *line = json_first(run->missing);
	struct str instead = wdl_instead_words(call_arena(c), t);

	if (instead.n)
		hint(c, "%.*s", STR_ARG(instead));
	else if (line)
		hint(c, "%s.", json_z(line));
	else if (!run->context && !arg_given(c, "context"))
		hint(c, "Values come from context ({\"trigger\": {\"outputs\": ...}, \"actions\": "
			"{\"Name\": {\"outputs\": ...}}, \"variables\": {...}}) or from a run: "
			"environmentName, flowName, runName.");
}

static enum verdict failed(struct call *c, const struct wdl_template *t, const struct wdl_result *r,
			   const struct recorded *run)
{
	const struct wdl_fault *f = &r->fault;
	struct json *errors = wdl_errors_json(call_arena(c), t), *steps = steps_of(c, t, r);
	struct str at = str_n(t->source.p + f->offset, f->end - f->offset);

	fail(c, ERR_INVALID_ARGUMENT, "%.*s", STR_ARG(f->message));
	fail_data(c, "engineCode", json_new_str(call_arena(c), f->code));
	fail_data(c, "offset", json_new_int(call_arena(c), (int64_t)f->column));
	fail_data(c, "at", json_new_str(call_arena(c), str_first_utf8(at, MOST_STEP)));
	if (!f->verified)
		fail_data(c, "wording", json_new_z(call_arena(c), "not verified with the service"));
	if (json_count(errors))
		fail_data(c, "errors", errors);
	if (json_count(steps))
		fail_data(c, "steps", steps);
	if (json_count(run->missing))
		fail_data(c, "missing", run->missing);
	hint_at(c, t, run);
	return FAIL;
}

/* ---- the result ---- */

static void put_value(struct call *c, struct json *out, struct json *value)
{
	size_t n = json_text(call_arena(c), value).n;
	struct project_options o = { .budget = MOST_VALUE };
	struct project_result p;
	struct json *cut;

	if (n <= MOST_VALUE) {
		json_set(call_arena(c), out, "value", value);
		return;
	}
	p = project_tree(call_arena(c), value, &o);
	json_set(call_arena(c), out, "value", p.value ? p.value : json_new_null(call_arena(c)));
	cut = json_set(call_arena(c), out, "valueCut", json_new_object(call_arena(c)));
	json_set_int(call_arena(c), cut, "bytes", (int64_t)json_text(call_arena(c), p.value).n);
	json_set_int(call_arena(c), cut, "of", (int64_t)n);
	json_set_str(call_arena(c), cut, "pointer", p.cut_count ? p.cuts[0].pointer : S(""));
}

static enum verdict answer(struct call *c, const struct wdl_template *t, struct wdl_result *r,
			   const struct recorded *run)
{
	struct json *out = json_new_object(call_arena(c)), *steps = steps_of(c, t, r);

	put_ids(c, out);
	put_value(c, out, r->value);
	json_set_z(call_arena(c), out, "type", r->type);
	json_set(call_arena(c), out, "steps", steps);
	if (r->steps_cut || json_count(steps) == MOST_STEPS)
		json_set_bool(call_arena(c), out, "stepsCut", true);
	if (json_count(run->told))
		json_set(call_arena(c), out, "recorded", run->told);
	if (json_count(run->bound))
		json_set(call_arena(c), out, "environmentVariables", run->bound);
	return done(c, out);
}

/* A run needs all three names; one alone is not known to be of what. */
static bool names_fit(struct call *c)
{
	bool flow = arg_str(c, "flowName").n > 0, run = arg_str(c, "runName").n > 0;

	if (flow == run && (run || !arg_given(c, "repetition")))
		return true;
	fail(c, ERR_INVALID_ARGUMENT, "recorded values need flowName and runName");
	hint(c, "get_live_flow_runs lists the runs of a flow; without a run, give values in context.");
	return false;
}

static enum verdict step(struct call *c)
{
	const struct wdl_template *t = wdl_parse_typed(call_arena(c), arg_str(c, "expression"));
	struct json *given = arg_json(c, "context");
	struct recorded run = { 0 };
	struct wdl_context context;
	struct wdl_result r;
	enum verdict v;

	if (!names_fit(c))
		return FAIL;
	/* What cannot be read needs no values. */
	if (arg_str(c, "runName").n && !t->broken) {
		v = recorded_values(c, t, given, &run);
		if (v != DONE)
			return v;
	}
	wdl_context_json(&context, run.context ? run.context : given);
	context.steps = true;
	r = wdl_evaluate(call_arena(c), t, &context);
	return r.ok ? answer(c, t, &r, &run) : failed(c, t, &r, &run);
}

static const struct param params[] = {
	{ "expression", JSON_STRING, P_REQUIRED,
	  "Such as concat('a', outputs('Get')?['body/x']), with or without @, or text with @{...}.",
	  .max = 65536 },
	{ .name = "context", .type = JSON_OBJECT,
	  .help = "Values by hand: {trigger:{outputs}, actions:{Name:{inputs,outputs,status}}, variables, "
		  "parameters, items:{Loop:value}, item, iterationIndexes, workflow, now}. They "
		  "win over the run's." },
	{ "environmentName", JSON_STRING, P_ENVIRONMENT | P_WITH_FLOW,
	  "With flowName: environment id, exact name or portal link.", .alias = "environmentId",
	  .max = 2048 },
	{ "flowName", JSON_STRING, P_FLOW, "The flow whose run has the values.", .alias = "flowId",
	  .max = 2048 },
	{ "runName", JSON_STRING, P_RUN, "The run whose recorded values are read.",
	  .alias = "runId", .max = 2048 },
	{ "repetition", JSON_STRING, 0, "Inside loops: which pass, outer index first, such as 0-3.",
	  .max = 128 },
	{ 0 },
};

const struct tool tool_evaluate_expression = {
	.name = "evaluate_expression",
	.title = "Evaluate an expression",
	.description =
		"Evaluates a workflow expression as the engine would, with values given by hand or "
		"with those recorded in a run, and shows each step. Use it to find the null in a "
		"failed expression, or to try one before saving. It changes nothing.",
	.toolset = "flow",
	.bundles = "build-flow debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
