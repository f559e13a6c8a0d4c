/*
 * resubmit.c - resubmit_live_flow_run: starts a new run with what the trigger gave an old one.
 */
#include "tools/act.h"
#include "tools/run_read.h"
#include "tools/started.h"
#include "tools/table.h"

enum { LOOK_RUN = LOOK_OWN, LOOK_TRIGGERS, LOOK_RUNS, LOOKS };

static void look(struct call *c, struct fetch *f)
{
	target_looks(c, f);
	f[LOOK_RUN] = run_fetch(c, arg_z(c, "runName"));
	f[LOOK_TRIGGERS] = look_at(url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers",
				       arg_z(c, "environmentName"), arg_z(c, "flowName")),
				   0);
	f[LOOK_RUNS] = started_look(c);
}

/* The run's own; else the flow's only one. */
static const char *trigger_name(struct call *c)
{
	const char *own = at_z(got(c, ACT_LOOK, LOOK_RUN)->json, "/properties/trigger/name");

	return own[0] ? own : at_z(got(c, ACT_LOOK, LOOK_TRIGGERS)->json, "/value/0/name");
}

static struct str status_of(struct call *c)
{
	return at_str(got(c, ACT_LOOK, LOOK_RUN)->json, "/properties/status");
}

static enum verdict judge(struct call *c)
{
	if (!started_can_resubmit(c, got(c, ACT_LOOK, LOOK_FLOW), got(c, ACT_LOOK, LOOK_RUN)))
		return FAIL;
	if (!trigger_name(c)[0])
		return fail(c, ERR_NOT_FOUND, "the flow has no trigger that the run could be sent to");
	return FETCH;
}

static const struct change *change(struct call *c)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *write = arena_alloc(call_arena(c), sizeof(*write));
	const char **warnings = arena_array(call_arena(c), 2, sizeof(*warnings));

	if (!run_has_ended(status_of(c)))
		warnings[0] = "The run has not ended yet: what it does is done a second time.";
	else if (!run_went_wrong(status_of(c)))
		warnings[0] = "The run did not fail: what it did is done a second time.";
	*write = started_resubmit(c, trigger_name(c), arg_z(c, "runName"));
	*ch = (struct change){
		.target = target_of(c, ACT_LOOK),
		.sentence = arena_printf(
			call_arena(c),
			"Starts a new run of flow %s with what the trigger gave run %s, which is %s.",
			quoted(c, at_str(got(c, ACT_LOOK, LOOK_FLOW)->json, "/properties/displayName")),
			quoted(c, arg_str(c, "runName")), quoted(c, status_of(c))),
		.warnings = warnings,
		.writes = write,
		.write_count = 1,
	};
	return ch;
}

static enum effect effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_RUN;
}

static bool again(struct call *c, const struct answer *write, struct fetch *f)
{
	(void)write;
	*f = started_look(c);
	return true;
}

static enum verdict settle(struct call *c, const struct answer *write, const struct answer *now,
			   int looks)
{
	struct arena *a = call_arena(c);
	struct str run = started_run(got(c, ACT_LOOK, LOOK_RUNS), now, arg_str(c, "runName"));
	struct json *out;

	if (!run.n && looks < ACT_LOOKS)
		return FETCH;
	if (!run.n && write->err != ERR_OK)
		return fail_answer(c, write);
	out = json_new_object(a);
	json_set_str(a, out, "flowKey",
		     str_fmt(a, "%s.%s", arg_z(c, "environmentName"), arg_z(c, "flowName")));
	json_set_bool(a, out, "resubmitted", true);
	put_str(c, out, "runName", run);
	json_set_z(a, out, "triggerName", trigger_name(c));
	json_set_str(a, out, "environmentName", arg_str(c, "environmentName"));
	json_set_str(a, out, "flowName", arg_str(c, "flowName"));
	json_set_str(a, out, "originalRunName", arg_str(c, "runName"));
	started_suggest(c, run, got(c, ACT_LOOK, LOOK_RUNS));
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	static const struct act act = {
		.looks = LOOKS,
		.look = look,
		.judge = judge,
		.change = change,
		.again = again,
		.settle = settle,
	};

	return act_step(c, &act);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ 0 },
};

static const struct field fields[] = {
	{ "flowKey", JSON_STRING, "env.flow" },
	{ "resubmitted", JSON_BOOL, "The service accepted it" },
	{ "runName", JSON_STRING, "The new run; null: not seen yet", .nullable = true },
	{ "triggerName", JSON_STRING, "Its trigger" },
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "originalRunName", JSON_STRING, "The run that was sent again" },
	{ 0 },
};

const struct tool tool_resubmit_live_flow_run = {
	.name = "resubmit_live_flow_run",
	.title = "Run again",
	.description = "Starts a new run with exactly what the trigger gave an earlier run, for any kind "
		       "of trigger, and names the new run. A person is asked first. The flow as it is "
		       "now is run: repair it first with update_live_flow.",
	.toolset = "run",
	.bundles = "debug-flow build-flow monitor-flow",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.destructive = true,
	.open_world = true,
	.params = params,
	.result = fields,
	.step = step,
};
