/*
 * trigger.c - list_live_trigger_histories: why a flow started, or never did.
 *
 * A flow that does not run leaves no run: what its trigger did stands in the trigger's history.
 * Source: the documentation of the same engine (workflow trigger histories); the path is used
 * by the service's own resubmit.
 */
#include "tools/histories.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { READ, HISTORY };
enum { FLOW, TRIGGERS };
enum { LARGEST_PAGE = 100 };

static struct json *keep_history(struct call *c, const struct json *item)
{
	struct json *v;

	if (!wanted_status(c, at_str(item, "/properties/status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "name", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	put(c, v, "code", item, "/properties/code");
	put(c, v, "fired", item, "/properties/fired");
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "endTime", item, "/properties/endTime");
	put_found(c, v, "scheduledTime", item, "/properties/scheduledTime");
	put_str(c, v, "runName", at_str(item, "/properties/run/name"));
	put(c, v, "error", item, "/properties/error");
	return v;
}

static enum verdict fetch_flow(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName");

	f[FLOW] = look_at_flow(c);
	f[TRIGGERS] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers",
						 e, flow),
				      .flags = FETCH_TOLERATE };
	return fetch_each(c, f, 2);
}

/* ---- the trigger ---- */

static const struct json *definition_triggers(struct call *c)
{
	return json_at(got(c, READ, FLOW)->json, "/properties/definition/triggers");
}

/* The trigger that is asked for, else the only one; "" when there is none. */
static const char *trigger_name(struct call *c)
{
	const struct json *first;

	if (arg_str(c, "triggerName").n)
		return arg_z(c, "triggerName");
	first = json_at(got(c, READ, TRIGGERS)->json, "/value/0/name");
	if (json_str(first).n)
		return json_z(first);
	first = json_first(definition_triggers(c));
	return str_c(call_arena(c), json_name(first));
}

static const struct json *trigger_state(struct call *c, const char *name)
{
	JSON_EACH (v, json_get(got(c, READ, TRIGGERS)->json, "value"))
		if (str_eq(json_get_str(v, "name"), str_from(name)))
			return v;
	return NULL;
}

static const char *filter_of(struct call *c)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), 4096);
	filter_add(&b, "Status eq ", arg_z(c, "status"), "'");
	filter_add(&b, "StartTime ge ", utc_arg(c, "startTime"), "");
	filter_add(&b, "StartTime lt ", utc_arg(c, "endTime"), "");
	return buf_c(&b);
}

static enum verdict fetch_history(struct call *c, const char *trigger)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));
	struct paging *p = arena_alloc(call_arena(c), sizeof(*p));
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName"),
		   *filter = filter_of(c);
	int top = arg_int(c, "top") < LARGEST_PAGE ? (int)arg_int(c, "top") : LARGEST_PAGE;

	*p = (struct paging){ .keep = keep_history, .most = (size_t)arg_int(c, "top") };
	*f = (struct fetch){ .flags = FETCH_TOLERATE, .paging = p };
	if (filter[0])
		f->url = url(c, HOST_FLOW,
			     "/environments/%s/flows/%s/triggers/%s/histories?$top=%d&$filter=%s",
			     e, flow, trigger, top, filter);
	else
		f->url =
			url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers/%s/histories?$top=%d",
			    e, flow, trigger, top);
	return fetch_each(c, f, 1);
}

/* ---- why ---- */

/* One sentence for a person; the fields beside it are the evidence. */
static const char *explanation(struct call *c, const struct json *trigger,
			       const struct json *histories, const char *trigger_state_now)
{
	const struct json *flow = got(c, READ, FLOW)->json;
	struct str state = at_str(flow, "/properties/state");
	struct histories n = histories_count(histories);
	bool conditions = json_count(json_get(trigger, "conditions")) > 0;

	if (str_eq(state, S("Suspended")))
		return "the flow is suspended (see flowSuspensionReason): it does not start until "
		       "it is "
		       "turned on again";
	if (str_eq(state, S("Stopped")))
		return "the flow is turned off: it does not start until it is turned on";
	if (strcmp(trigger_state_now, "Disabled") == 0)
		return "the trigger is disabled";
	if (n.failed && n.failed >= n.fired)
		return "the trigger itself fails (see the error of the failed entries): often a "
		       "broken "
		       "connection, or a source that is gone";
	if (!n.fired && n.unmet)
		return "the trigger looked, and its conditions were not met: compare conditions "
		       "with "
		       "the data";
	if (!n.fired && n.skipped && conditions)
		return "the trigger looked, and its conditions were not met (or there was nothing "
		       "new): "
		       "compare conditions with the data";
	if (!n.fired && n.skipped)
		return "the trigger looked, and there was nothing new each time";
	if (!json_count(histories) && !filter_of(c)[0])
		return "the trigger was never called: nothing happened at its source, it is called "
		       "by "
		       "hand or over HTTP and nobody did, or its subscription is broken";
	if (!json_count(histories))
		return "no entry fits status, startTime and endTime";
	return "the trigger fires: look at the runs";
}

/* ---- the result ---- */

static void put_trigger(struct call *c, struct json *out, const struct json *trigger,
			const struct json *state)
{
	put_found(c, out, "triggerType", trigger, "/type");
	put_found(c, out, "triggerKind", trigger, "/kind");
	put_found(c, out, "triggerState", state, "/properties/state");
	put_found(c, out, "lastExecutionTime", state, "/properties/lastExecutionTime");
	put_found(c, out, "nextExecutionTime", state, "/properties/nextExecutionTime");
	put_found(c, out, "recurrence", trigger, "/recurrence");
	put_found(c, out, "conditions", trigger, "/conditions");
	put_found(c, out, "splitOn", trigger, "/splitOn");
}

static void suggest(struct call *c, const struct json *histories)
{
	struct json *arguments = ids_of(c);

	JSON_EACH (v, histories)
		if (json_is_true(json_get(v, "fired"))) {
			next_tool(c, "get_live_flow_runs", arguments);
			return;
		}
	if (!histories_count(histories).failed)
		return;
	json_take(arguments, "flowName");
	next_tool(c, "list_live_connections", arguments);
}

static enum verdict answer(struct call *c, const char *name)
{
	const struct answer *a = got(c, HISTORY, 0);
	const struct json *flow = got(c, READ, FLOW)->json;
	const struct json *trigger = json_get(definition_triggers(c), name);
	const struct json *state = trigger_state(c, name);
	struct json *out = json_new_object(call_arena(c));
	struct json *histories = a->json ? a->json : json_new_array(call_arena(c));
	struct histories n = histories_count(histories);

	put_ids(c, out);
	json_set_z(call_arena(c), out, "triggerName", name);
	put(c, out, "state", flow, "/properties/state");
	if (!str_eq(at_str(flow, "/properties/flowSuspensionReason"), S("None")))
		put_found(c, out, "flowSuspensionReason", flow, "/properties/flowSuspensionReason");
	put_trigger(c, out, trigger, state);
	json_set_z(call_arena(c), out, "explanation",
		   explanation(c, trigger, histories, at_z(state, "/properties/state")));
	json_set_int(call_arena(c), out, "fired", n.fired);
	json_set_int(call_arena(c), out, "skipped", n.skipped);
	json_set_int(call_arena(c), out, "failed", n.failed);
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(histories));
	suggest(c, histories);
	if (a->more)
		note(c, "complete", json_new_bool(call_arena(c), false));
	json_set(call_arena(c), out, "histories", histories);
	json_set_null(call_arena(c), out, "error");
	return done(c, out);
}

static enum verdict no_trigger(struct call *c)
{
	struct json *names = json_new_array(call_arena(c));

	JSON_EACH (v, json_get(got(c, READ, TRIGGERS)->json, "value"))
		json_push(names, json_copy(call_arena(c), json_get(v, "name")));
	fail_answer(c, got(c, HISTORY, 0));
	if (json_count(names))
		fail_data(c, "triggers", names);
	hint(c, "Leave triggerName out: a flow has one trigger.");
	return FAIL;
}

static enum verdict step(struct call *c)
{
	const char *name;

	if (call_stage(c) == READ)
		return fetch_flow(c);
	if (got(c, READ, FLOW)->err != ERR_OK)
		return fail_read(c, got(c, READ, FLOW));
	name = trigger_name(c);
	if (!name[0]) {
		fail(c, ERR_NOT_FOUND, "the flow has no trigger");
		hint(c, "get_live_flow with view=outline shows its steps.");
		return FAIL;
	}
	if (call_stage(c) == HISTORY)
		return fetch_history(c, name);
	if (got(c, HISTORY, 0)->err == ERR_NOT_FOUND)
		return no_trigger(c);
	if (got(c, HISTORY, 0)->err != ERR_OK)
		return fail_read(c, got(c, HISTORY, 0));
	return answer(c, name);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "triggerName", JSON_STRING, 0, "Only needed when there are several.", .max = 256 },
	{ "status", JSON_STRING, 0, "Only entries of this status.",
	  .choices = "Succeeded Failed Skipped" },
	{ "startTime", JSON_STRING, P_TIME, "Only entries at or after this time (UTC).",
	  .max = 40 },
	{ "endTime", JSON_STRING, P_TIME, "Only entries before this time (UTC).", .max = 40 },
	{ "top", JSON_NUMBER, 0, "Most entries to return, newest first.", .min = 1, .max = 1000,
	  .otherwise = "30" },
	{ 0 },
};

const struct tool tool_list_live_trigger_histories = {
	.name = "list_live_trigger_histories",
	.title = "Why a flow did not start",
	.description =
		"Says why a flow started or never did: flow and trigger state, conditions, and "
		"what each look of the trigger brought (fired, skipped, failed with error). Use it "
		"when get_live_flow_runs shows no run; for failed runs use "
		"diagnose_live_flow_run.",
	.toolset = "run",
	.bundles = "debug-flow monitor-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "histories",
	.columns = "/status /code /fired /startTime /runName /error/code",
	.step = step,
};
