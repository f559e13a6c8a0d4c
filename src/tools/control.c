/*
 * control.c - set_live_flow_state and cancel_live_flow_run: what is switched and what is stopped;
 * and apply_plan.
 *
 * State changes by the service's own endpoints only (start, stop, cancel), never by a save.
 * Both look first, ask only when something would change, and look again afterwards.
 */
#include "tools/act.h"
#include "tools/table.h"
#include "tools/trigger_kinds.h"

#define FLOW "/environments/%s/flows/%s"

/* ---- set_live_flow_state ---- */

static enum effect state_effect(const struct json *args, const struct target *t)
{
	(void)t;
	return str_eq(json_get_str(args, "state"), S("Started")) ? EFFECT_ON : EFFECT_OFF;
}

/* What is on can be tried, where it can be started from outside. */
static void state_suggest(struct call *c, const struct json *flow)
{
	if (str_eq(at_str(flow, "/properties/state"), S("Started")))
		next_tool(c,
			  trigger_facts(call_arena(c), flow).way == START_NONE ?
				  "get_live_flow_runs" :
				  "trigger_live_flow",
			  ids_of(c));
}

static enum verdict state_result(struct call *c, const struct json *flow)
{
	struct json *out = json_new_object(call_arena(c));

	put_str(c, out, "flowName", arg_str(c, "flowName"));
	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "requestedState", arg_str(c, "state"));
	put(c, out, "actualState", flow, "/properties/state");
	state_suggest(c, flow);
	return done(c, out);
}

static bool has_state(struct call *c, const struct json *flow)
{
	return str_eq(at_str(flow, "/properties/state"), arg_str(c, "state"));
}

static const struct change *state_change(struct call *c)
{
	const struct json *flow = got(c, ACT_LOOK, LOOK_FLOW)->json;
	bool on = str_eq(arg_str(c, "state"), S("Started"));
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *write = arena_alloc(call_arena(c), sizeof(*write));
	struct str now = at_str(flow, "/properties/state");

	*write = (struct fetch){ .method = HTTP_POST,
				 .url = url(c, HOST_FLOW, on ? FLOW "/start" : FLOW "/stop",
					    arg_z(c, "environmentName"), arg_z(c, "flowName")),
				 .flags = FETCH_TOLERATE };
	*ch = (struct change){
		.target = target_of(c, ACT_LOOK),
		.sentence = arena_printf(
			call_arena(c), "Switches flow %s %s. It is %s now.",
			quoted(c, at_str(flow, "/properties/displayName")),
			on ? "on: from then on its trigger starts runs" : "off: no run starts any more",
			quoted(c, now)),
		.writes = write,
		.write_count = 1,
	};
	return ch;
}

static enum verdict state_judge(struct call *c)
{
	const struct answer *flow = got(c, ACT_LOOK, LOOK_FLOW);

	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	return has_state(c, flow->json) ? state_result(c, flow->json) : FETCH;
}

static bool state_again(struct call *c, const struct answer *write, struct fetch *f)
{
	(void)write;
	*f = look_at_flow(c);
	return true;
}

/* An answer that got lost is settled by a look. */
static enum verdict state_settle(struct call *c, const struct answer *write,
				 const struct answer *again, int looks)
{
	/* What is read may lag behind what was written. */
	enum { PATIENCE = 4 };

	if (again->err == ERR_OK && has_state(c, again->json))
		return state_result(c, again->json);
	if (write->err != ERR_OK)
		return fail_answer(c, write);
	if (again->err != ERR_OK) {
		fail(c, ERR_OUTCOME_UNKNOWN,
		     "the service accepted the change, but the flow could not be read afterwards");
		hint(c, "get_live_flow with view=outline shows its state.");
		return FAIL;
	}
	if (looks < PATIENCE &&
	    str_eq(at_str(again->json, "/properties/state"),
		   at_str(got(c, ACT_LOOK, LOOK_FLOW)->json, "/properties/state")))
		return FETCH;
	fail(c, ERR_UPSTREAM, "the service accepted the change, but the flow is %s",
	     quoted(c, at_str(again->json, "/properties/state")));
	hint(c, "A data policy or a connection of the flow may hold it back.");
	return FAIL;
}

static enum verdict state_step(struct call *c)
{
	static const struct act act = {
		.looks = LOOK_OWN,
		.look = target_looks,
		.judge = state_judge,
		.change = state_change,
		.again = state_again,
		.settle = state_settle,
	};

	return act_step(c, &act);
}

static const struct param state_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "state", JSON_STRING, P_REQUIRED, "Started switches it on, Stopped off.",
	  .choices = "Started Stopped" },
	{ 0 },
};

static const struct field state_fields[] = {
	{ "flowName", JSON_STRING, "Flow id" },
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "requestedState", JSON_STRING, "As asked for" },
	{ "actualState", JSON_STRING, "As read back", .nullable = true },
	{ 0 },
};

const struct tool tool_set_live_flow_state = {
	.name = "set_live_flow_state",
	.title = "Switch a flow on or off",
	.description = "Switches one flow on (Started) or off (Stopped) and reads it back; does "
		       "nothing when it is so already. A person is asked first. To stop one run "
		       "use cancel_live_flow_run.",
	.toolset = "flow",
	.bundles = "monitor-flow build-flow",
	.klass = CLASS_MODERATE,
	.effect = state_effect,
	.destructive = true,
	.idempotent = true,
	.params = state_params,
	.result = state_fields,
	.step = state_step,
};

/* ---- cancel_live_flow_run ---- */

enum { LOOK_RUN = LOOK_OWN, LOOK_ACTIONS, LOOKS };

static enum effect cancel_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_CANCEL;
}

/* `below` is a literal of ours: "", "/actions" or "/cancel". */
#define RUN_URL(c, below)                                                             \
	url(c, HOST_FLOW, FLOW "/runs/%s" below, arg_z(c, "environmentName"),         \
	    arg_z(c, "flowName"), arg_z(c, "runName"))

static void cancel_look(struct call *c, struct fetch *f)
{
	target_looks(c, f);
	f[LOOK_RUN] = look_at(RUN_URL(c, ""), 0);
	f[LOOK_ACTIONS] = look_at(RUN_URL(c, "/actions"), FETCH_LARGE);
}

static bool is_under_way(struct str status)
{
	return str_eq(status, S("Running")) || str_eq(status, S("Waiting")) ||
	       str_eq(status, S("Paused")) || str_eq(status, S("Suspended"));
}

/* Finds an action of that name anywhere in a definition; depth is the parser's. */
static const struct json *find_action(const struct json *v, struct str name)
{
	const struct json *found;

	JSON_EACH (member, v) {
		if (!json_is(member, JSON_OBJECT) && !json_is(member, JSON_ARRAY))
			continue;
		if (str_eq(json_name(member), S("actions"))) {
			found = json_get_n(member, name);
			if (found)
				return found;
		}
		found = find_action(member, name);
		if (found)
			return found;
	}
	return NULL;
}

/* An approval, an adaptive card or another call-back that the run waits for, or "".  The run
 * itself says Running then (reference: a card that is waited for is lost by cancelling). */
static struct str waits_for(struct call *c)
{
	const struct json *definition =
		json_at(got(c, ACT_LOOK, LOOK_FLOW)->json, "/properties/definition");

	JSON_EACH (v, json_get(got(c, ACT_LOOK, LOOK_ACTIONS)->json, "value")) {
		struct str status = at_str(v, "/properties/status");
		struct str type;

		if (!is_under_way(status))
			continue;
		type = json_get_str(find_action(definition, json_get_str(v, "name")), "type");
		if (str_eq(status, S("Waiting")) || str_ends(type, S("Webhook")))
			return json_get_str(v, "name");
	}
	return S("");
}

static const struct change *cancel_change(struct call *c)
{
	static const char *const waiting[] = {
		"The run waits for a person: cancelling loses their card or approval.", NULL
	};
	const struct json *run = got(c, ACT_LOOK, LOOK_RUN)->json;
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *write = arena_alloc(call_arena(c), sizeof(*write));
	struct str action = waits_for(c), status = at_str(run, "/properties/status");

	*write = (struct fetch){ .method = HTTP_POST, .url = RUN_URL(c, "/cancel"),
				 .flags = FETCH_TOLERATE };
	*ch = (struct change){
		.target = target_of(c, ACT_LOOK),
		.sentence = arena_printf(
			call_arena(c), "Cancels run %s of flow %s, which is %s%s%s.",
			quoted(c, arg_str(c, "runName")),
			quoted(c, at_str(got(c, ACT_LOOK, LOOK_FLOW)->json,
					 "/properties/displayName")),
			quoted(c, status), action.n ? " and waits in action " : "",
			action.n ? quoted(c, action) : ""),
		.warnings = action.n ? waiting : NULL,
		.writes = write,
		.write_count = 1,
	};
	ch->target.version = str_fmt(call_arena(c), "%.*s %.*s", STR_ARG(arg_str(c, "runName")),
				     STR_ARG(status));
	return ch;
}

static enum verdict cancel_result(struct call *c, const struct json *run)
{
	struct json *out = json_new_object(call_arena(c));
	struct str action = waits_for(c);

	put_ids(c, out);
	put(c, out, "previousStatus", got(c, ACT_LOOK, LOOK_RUN)->json, "/properties/status");
	put(c, out, "status", run, "/properties/status");
	json_set_bool(call_arena(c), out, "waitedForPerson", action.n > 0);
	if (action.n)
		put_str(c, out, "waitedInAction", action);
	return done(c, out);
}

static enum verdict cancel_judge(struct call *c)
{
	const struct answer *run = got(c, ACT_LOOK, LOOK_RUN);

	if (run->err != ERR_OK)
		return fail_read(c, run);
	if (is_under_way(at_str(run->json, "/properties/status")))
		return FETCH;
	return fail(c, ERR_CONFLICT, "the run has ended already: it is %s",
		    quoted(c, at_str(run->json, "/properties/status")));
}

static bool cancel_again(struct call *c, const struct answer *write, struct fetch *f)
{
	(void)write;
	*f = look_at(RUN_URL(c, ""), 0);
	return true;
}

static enum verdict cancel_settle(struct call *c, const struct answer *write,
				  const struct answer *again, int looks)
{
	(void)looks;
	if (write->err != ERR_OK && !str_eq(at_str(again->json, "/properties/status"),
					    S("Cancelled")))
		return fail_answer(c, write);
	return cancel_result(c, again->json);
}

static enum verdict cancel_step(struct call *c)
{
	static const struct act act = {
		.looks = LOOKS,
		.look = cancel_look,
		.judge = cancel_judge,
		.change = cancel_change,
		.again = cancel_again,
		.settle = cancel_settle,
	};

	return act_step(c, &act);
}

static const struct param cancel_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ 0 },
};

static const struct field cancel_fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "runName", JSON_STRING, "Run name" },
	{ "previousStatus", JSON_STRING, "Before", .nullable = true },
	{ "status", JSON_STRING, "As read back; may still be Running", .nullable = true },
	{ "waitedForPerson", JSON_BOOL, "An approval or card was lost" },
	{ "waitedInAction", JSON_STRING, "Its action", .optional = true },
	{ 0 },
};

const struct tool tool_cancel_live_flow_run = {
	.name = "cancel_live_flow_run",
	.title = "Cancel a run",
	.description = "Cancels one run that is under way. A run that waits for an approval or "
		       "adaptive card is Running too; cancelling loses the card. A person is "
		       "asked first. To keep new runs from starting use set_live_flow_state.",
	.toolset = "run",
	.bundles = "monitor-flow",
	.klass = CLASS_MODERATE,
	.effect = cancel_effect,
	.destructive = true,
	.idempotent = true,
	.params = cancel_params,
	.result = cancel_fields,
	.step = cancel_step,
};

/* ---- apply_plan ---- */

/* The engine puts the plan's own call in its place before the first step. */
static enum verdict apply_step(struct call *c)
{
	return fail(c, ERR_INTERNAL, "the plan was not opened");
}

static enum effect apply_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_UNKNOWN;
}

static const struct param apply_params[] = {
	{ "planId", JSON_STRING, P_REQUIRED, "As the refused call gave it.", .max = 80000 },
	{ "summary", JSON_STRING, P_REQUIRED, "The plan's summary, word for word.", .max = 4000 },
	{ 0 },
};

const struct tool tool_apply_plan = {
	.name = "apply_plan",
	.title = "Carry out a plan",
	.description = "Carries out a change that the person agreed to, exactly as it was planned. "
		       "Call it only with planId and summary of a call that asked for approval, "
		       "and only after the person has seen the summary.",
	.toolset = "meta",
	.klass = CLASS_MODERATE,
	.effect = apply_effect,
	.destructive = true,
	.params = apply_params,
	.step = apply_step,
};
