/*
 * flow_state.c - explain_live_flow_state: why a flow is off or does not start, and when the
 * platform will switch it off.
 *
 * Days until the platform switches a flow off: Microsoft's page of limits of automated,
 * scheduled and instant flows (14 days of failures, of throttling, without the licence; 90 days
 * without a run).
 */
#include "tools/flow_state.h"

#include "base/os.h"
#include "tools/cause.h"
#include "tools/histories.h"
#include "tools/reason.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { FLOW, TRIGGERS, RUNS };
enum { LOOKED_AT = 50, DAY_MS = 86400000 };
enum { DAYS_FAILING = 14, DAYS_THROTTLED = 14, DAYS_UNLICENSED = 14, DAYS_IDLE = 90 };

/* ---- counting ---- */

static int64_t days_since(const struct flow_state *s, struct str time)
{
	int64_t at;

	return os_parse_time(time, &at) && at < s->now ? (s->now - at) / DAY_MS : -1;
}

/* Of the newest runs, how many failed one after the other, and since when. */
static int64_t failing(const struct flow_state *s, struct str *since)
{
	int64_t n = 0;

	*since = S("");
	JSON_EACH(r, s->runs) {
		struct str status = json_get_str(r, "status");

		if (str_eq_nocase(status, S("Running")) || str_eq_nocase(status, S("Waiting")) ||
		    str_eq_nocase(status, S("Cancelled")))
			continue;
		if (!str_eq_nocase(status, S("Failed")) && !str_eq_nocase(status, S("TimedOut")))
			break;
		*since = json_get_str(r, "startTime");
		n++;
	}
	return n;
}

/* ---- why it is off ---- */

static const struct {
	const char *reason, *words;
	enum cause cause;
} suspensions[] = {
	{ "CompanyDlpViolation", "a data policy of the company forbids the connectors it uses together",
	  CAUSE_LICENCE },
	{ "AlwaysFailingDetected", "the platform switched it off: it failed all the time for 14 days",
	  CAUSE_UNKNOWN },
	{ "NeverTriggeringDetected", "the platform switched it off: its trigger found nothing for 90 days",
	  CAUSE_UNKNOWN },
};

struct why {
	const char *words, *advice;
	enum cause cause;
	struct reason reason; /* of a trigger that fails */
	struct cause_found found;
};

static struct why why_suspended(struct str reason)
{
	struct why w = { "the flow is suspended: it does not start until it is turned on again",
			 "Mend what flowSuspensionReason says, then set_live_flow_state.",
			 CAUSE_UNKNOWN, { { 0 } }, { 0 } };

	for (size_t i = 0; i < sizeof(suspensions) / sizeof(*suspensions); i++)
		if (str_eq(reason, str_from(suspensions[i].reason))) {
			w.words = suspensions[i].words;
			w.cause = suspensions[i].cause;
		}
	return w;
}

static struct why why_trigger_fails(struct arena *a, const struct json *entry)
{
	struct why w = { .words = "the trigger itself fails: look at its error",
			 .advice = NULL };

	w.reason = reason_of_error(a, json_get(entry, "error"));
	w.found = cause_of(a, json_get_str(entry, "status"), json_get_str(entry, "code"),
			   json_get(entry, "error"), NULL);
	w.cause = w.found.cause;
	w.advice = cause_advice(w.cause);
	return w;
}

static struct why why(struct arena *a, const struct flow_state *s, const struct json *definition)
{
	struct str state = at_str(s->flow, "/properties/state");
	struct histories n = histories_count(s->histories);
	bool conditions = json_count(json_get(definition, "conditions")) > 0;

	if (str_eq(state, S("Suspended")))
		return why_suspended(at_str(s->flow, "/properties/flowSuspensionReason"));
	if (str_eq(state, S("Stopped")))
		return (struct why){ .words = "the flow is turned off: it does not start until it is "
					      "turned on",
				     .advice = "set_live_flow_state with Started turns it on.",
				     .cause = CAUSE_TERMINATED };
	if (str_eq(at_str(s->trigger, "/properties/state"), S("Disabled")))
		return (struct why){ .words = "the trigger is disabled",
				     .advice = "Switch the flow off and on again.",
				     .cause = CAUSE_UNKNOWN };
	if (n.failed && n.failed >= n.fired)
		return why_trigger_fails(a, n.last_failed);
	if (!n.fired && (n.unmet || (n.skipped && conditions)))
		return (struct why){ .words = "the trigger looked, and its conditions were not met",
				     .advice = "Compare the trigger's conditions with the data.",
				     .cause = CAUSE_DESIGN };
	if (!n.fired && n.skipped)
		return (struct why){ .words = "the trigger looked, and there was nothing new each time",
				     .advice = "Change something at its source, then look again.",
				     .cause = CAUSE_NONE };
	if (!n.all && !json_count(s->runs))
		return (struct why){ .words = "the trigger was never called: nothing happened at its "
					      "source, or its subscription is broken",
				     .advice = "Call it, or switch the flow off and on to subscribe again.",
				     .cause = CAUSE_NONE };
	return (struct why){ .words = "the flow is on, and its trigger fires",
			     .advice = "Look at its runs.", .cause = CAUSE_NONE };
}

/* ---- what is coming ---- */

static void forecast(struct arena *a, struct json *list, const char *reason, int64_t days,
		     int64_t most)
{
	struct json *v = json_push(list, json_new_object(a));

	json_set_z(a, v, "reason", reason);
	if (days >= 0) {
		json_set_int(a, v, "days", days);
		json_set_int(a, v, "daysLeft", days < most ? most - days : 0);
	}
}

static struct json *forecasts(struct arena *a, const struct flow_state *s)
{
	const struct json *p = json_get(s->flow, "properties");
	struct json *out = json_new_array(a), *v;
	struct str since, last;
	int64_t runs = failing(s, &since), idle;
	bool premium = json_is_true(json_at(p, "/licenseData/isLicenseAtRisk"));

	if (json_count(json_get(p, "estimatedSuspensionData"))) {
		v = json_push(out, json_copy(a, json_get(p, "estimatedSuspensionData")));
		json_set_z(a, v, "source", "the service's own estimate");
	}
	if (json_is_true(json_at(p, "/throttleData/isThrottled")))
		forecast(a, out, "throttled",
			 days_since(s, at_str(p, "/throttleData/throttledSince")), DAYS_THROTTLED);
	if (premium)
		forecast(a, out, "licence at risk", -1, DAYS_UNLICENSED);
	/* Only what never went well in between counts. */
	if (runs >= 3 && runs == (int64_t)json_count(s->runs))
		forecast(a, out, "every run fails", days_since(s, since), DAYS_FAILING);
	last = json_get_str(json_first(s->runs), "startTime");
	last = last.n ? last : at_str(s->flow, "/properties/lastModifiedTime");
	idle = days_since(s, last);
	if (idle >= 60)
		forecast(a, out, "nothing ran", idle, DAYS_IDLE);
	return out;
}

/* ---- the document ---- */

static void put_runs(struct arena *a, struct json *out, const struct flow_state *s)
{
	const struct json *newest = json_first(s->runs);
	struct str since;
	int64_t n = failing(s, &since);

	if (!newest)
		return;
	json_set(a, out, "lastRun", json_copy(a, newest));
	if (n) {
		json_set_int(a, out, "failedInARow", n);
		json_set_str(a, out, "failingSince", since);
	}
}

static void put_trigger(struct arena *a, struct json *out, const struct flow_state *s,
			const struct json *definition)
{
	static const char *const copied[] = { "conditions", "splitOn", "recurrence" };
	struct histories n = histories_count(s->histories);
	int64_t days = days_since(s, at_str(s->trigger, "/properties/lastExecutionTime"));
	struct json *v = json_set(a, out, "trigger", json_new_object(a));

	json_set_str(a, v, "name", json_name(definition));
	json_set_str(a, v, "type", json_get_str(definition, "type"));
	if (at_str(s->trigger, "/properties/state").n)
		json_set_str(a, v, "state", at_str(s->trigger, "/properties/state"));
	if (days >= 0)
		json_set_int(a, v, "daysSinceFired", days);
	for (size_t i = 0; i < 3; i++)
		if (json_get(definition, copied[i]))
			json_set(a, v, copied[i], json_copy(a, json_get(definition, copied[i])));
	json_set_int(a, v, "fired", n.fired);
	json_set_int(a, v, "skipped", n.skipped);
	json_set_int(a, v, "failed", n.failed);
}

static void put_error(struct arena *a, struct json *out, const struct why *w)
{
	struct json *v;

	if (!w->reason.message.n && !w->reason.code.n)
		return;
	v = json_set(a, out, "error", json_new_object(a));
	json_set_str(a, v, "code", w->reason.code.n ? w->reason.code : w->found.code);
	json_set_str(a, v, "message", str_first_utf8(w->reason.message, 500));
}

struct json *flow_state_json(struct arena *a, const struct flow_state *s)
{
	const struct json *p = json_get(s->flow, "properties");
	const struct json *definition = json_first(json_at(p, "/definition/triggers"));
	struct why w = why(a, s, definition);
	struct json *out = json_new_object(a), *coming = forecasts(a, s);
	struct str reason = json_get_str(p, "flowSuspensionReason");

	json_set_str(a, out, "state", json_get_str(p, "state"));
	if (reason.n && !str_eq(reason, S("None")))
		json_set_str(a, out, "flowSuspensionReason", reason);
	if (json_get_str(p, "flowSuspensionTime").n)
		json_set_str(a, out, "flowSuspensionTime", json_get_str(p, "flowSuspensionTime"));
	json_set_z(a, out, "explanation", w.words);
	json_set_z(a, out, "cause", cause_name(w.cause));
	put_error(a, out, &w);
	put_trigger(a, out, s, definition);
	put_runs(a, out, s);
	if (json_count(coming))
		json_set(a, out, "willBeSwitchedOff", coming);
	if (w.advice)
		json_set_z(a, out, "advice", w.advice);
	return out;
}

/* ---- reading it ---- */

static struct json *keep_history(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put(c, v, "status", item, "/properties/status");
	put(c, v, "code", item, "/properties/code");
	put(c, v, "fired", item, "/properties/fired");
	put(c, v, "startTime", item, "/properties/startTime");
	put_found(c, v, "error", item, "/properties/error");
	return v;
}

static struct json *keep_run(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put(c, v, "name", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	put_found(c, v, "code", item, "/properties/error/code");
	return v;
}

static enum verdict fetch_flow(struct call *c)
{
	static const struct paging runs = { .keep = keep_run, .most = LOOKED_AT };
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName");

	f[FLOW] = (struct fetch){
		.url = url(c, HOST_FLOW,
			   "/environments/%s/flows/%s?$expand=properties.throttleData,"
			   "properties.estimatedsuspensiondata,properties.licenseData",
			   e, flow),
		.flags = FETCH_TOLERATE | FETCH_LARGE
	};
	f[TRIGGERS] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers",
						 e, flow),
				      .flags = FETCH_TOLERATE };
	f[RUNS] = (struct fetch){ .url = url(c, HOST_FLOW,
					     "/environments/%s/flows/%s/runs?$top=%d", e, flow,
					     LOOKED_AT),
				  .flags = FETCH_TOLERATE, .paging = &runs };
	return fetch_each(c, f, 3);
}

static enum verdict fetch_histories(struct call *c, const char *trigger)
{
	static const struct paging pages = { .keep = keep_history, .most = LOOKED_AT };
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	*f = (struct fetch){ .url = url(c, HOST_FLOW,
					"/environments/%s/flows/%s/triggers/%s/histories?$top=%d",
					arg_z(c, "environmentName"), arg_z(c, "flowName"), trigger,
					LOOKED_AT),
			     .flags = FETCH_TOLERATE, .paging = &pages };
	return fetch_each(c, f, trigger[0] ? 1 : 0);
}

enum verdict flow_state_read(struct call *c, int first, struct flow_state *out)
{
	const struct answer *flow = got(c, first, FLOW);
	const struct json *trigger, *definition;

	if (call_stage(c) == first)
		return fetch_flow(c);
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	definition = json_first(json_at(flow->json, "/properties/definition/triggers"));
	trigger = json_at(got(c, first, TRIGGERS)->json, "/value/0");
	if (call_stage(c) == first + 1)
		return fetch_histories(c, str_c(call_arena(c), json_get_str(trigger, "name").n ?
								       json_get_str(trigger, "name") :
								       json_name(definition)));
	*out = (struct flow_state){
		.flow = flow->json, .trigger = trigger,
		.histories = json_name(definition).n ? got(c, first + 1, 0)->json : NULL,
		.runs = got(c, first, RUNS)->json, .now = os_wall_ms(),
	};
	return DONE;
}

/* ---- the tool ---- */

static enum verdict step(struct call *c)
{
	struct flow_state s = { 0 };
	struct json *out, *all;
	enum verdict v = flow_state_read(c, 0, &s);

	if (v != DONE)
		return v;
	out = json_new_object(call_arena(c));
	put_ids(c, out);
	put(c, out, "displayName", s.flow, "/properties/displayName");
	all = flow_state_json(call_arena(c), &s);
	JSON_EACH(m, all)
		json_set_n(call_arena(c), out, json_name(m), json_copy(call_arena(c), m));
	if (json_get(out, "failedInARow"))
		next_tool(c, "diagnose_live_flow_run", ids_of(c));
	return done(c, out);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

const struct tool tool_explain_live_flow_state = {
	.name = "explain_live_flow_state",
	.title = "Why a flow is off",
	.description =
		"Says why a flow is off or does not start (suspended, turned off, trigger fails, "
		"condition not met, nothing new) and whether the platform will switch it off, with "
		"days left. For a run that failed use diagnose_live_flow_run.",
	.toolset = "run",
	.bundles = "debug-flow monitor-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
