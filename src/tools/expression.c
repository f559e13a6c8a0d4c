/*
 * expression.c - evaluate_expression: the value of an expression, and how it comes about.
 *
 * Without a run nothing is fetched: no sign-in is needed.
 */
#include "tools/expression.h"

#include "base/limits.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/eval.h"
#include "wdl/parse.h"

/* The value may be as large as a model can take; steps are for following, not for reading. */
enum { MOST_VALUE = LIMIT_RESULT / 2, MOST_STEP = 400, MOST_STEPS = 60 };

/* "@expr", "text @{expr}", or the bare expression, which may hold "@{" in a literal. */
static const struct wdl_template *read_expression(struct call *c)
{
	struct str s = arg_str(c, "expression");
	struct wdl_template *t;

	if (str_starts(s, S("@")))
		return wdl_parse(call_arena(c), s);
	t = wdl_parse_expression(call_arena(c), s);
	return t->broken && str_find(s, S("@{")) >= 0 ? wdl_parse(call_arena(c), s) : t;
}

static size_t characters_before(struct str s, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at && i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void put_step_value(struct call *c, struct json *out, const struct json *value)
{
	size_t n = json_text(call_arena(c), value).n;

	if (n <= MOST_STEP)
		json_set(call_arena(c), out, "value", json_copy(call_arena(c), value));
	else
		json_set_int(call_arena(c), out, "valueBytes", (int64_t)n);
}

static struct json *steps_of(struct call *c, const struct wdl_template *t,
			     const struct wdl_result *r)
{
	struct json *out = json_new_array(call_arena(c));
	size_t n = 0;

	for (const struct wdl_step *s = r->steps; s && n < MOST_STEPS; s = s->next, n++) {
		struct json *one = json_push(out, json_new_object(call_arena(c)));

		json_set_str(call_arena(c), one, "expression", str_first_utf8(s->text, MOST_STEP));
		json_set_int(call_arena(c), one, "offset",
			     (int64_t)characters_before(t->source, s->offset));
		if (s->value)
			put_step_value(c, one, s->value);
		else
			json_set_str(call_arena(c), one, "error", s->fault);
	}
	return out;
}

/* ---- failures ---- */

static struct json *syntax_errors(struct call *c, const struct wdl_template *t)
{
	struct json *out = json_new_array(call_arena(c));

	for (const struct wdl_error *e = t->errors; e; e = e->next) {
		struct json *one;

		if (e->severity != WDL_SEV_ERROR)
			continue;
		one = json_push(out, json_new_object(call_arena(c)));
		json_set_int(call_arena(c), one, "offset", (int64_t)e->column);
		json_set_str(call_arena(c), one, "message", e->message);
		if (e->instead.n)
			json_set_str(call_arena(c), one, "instead", e->instead);
	}
	return out;
}

static void hint_at(struct call *c, const struct wdl_template *t, const struct recorded *run)
{
	const struct json *line = json_first(run->missing);

	for (const struct wdl_error *e = t->errors; e; e = e->next)
		if (e->severity == WDL_SEV_ERROR && e->instead.n) {
			hint(c, e->mechanical ? "Write %.*s." : "%.*s.", STR_ARG(e->instead));
			return;
		}
	if (line)
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
	struct json *errors = syntax_errors(c, t), *steps = steps_of(c, t, r);
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
	const struct wdl_template *t = read_expression(c);
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
