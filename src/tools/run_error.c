/*
 * run_error.c - get_live_flow_run_error: which actions of a run failed, and the real reason.
 *
 * The run's own error is generic.  The reason stands in the innermost failed action: in its
 * inline error, else in its outputs, and for an action in a loop in one of its repetitions.
 */
#include "base/limits.h"
#include "tools/outline.h"
#include "tools/reason.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { READ, LOOK }; /* stages; what follows depends on what LOOK brought */
enum { RUN, ACTIONS, FLOW };

/* Reasons are looked up for the cause and a few others; listed failures are bounded. */
enum { MOST_LOOKUPS = 6, MOST_LISTED = 60 };

/* An error body is small; a success body that is large is not worth reading. */
static const struct str error_pointers[] = {
	STR_INIT("/statusCode"), STR_INIT("/body"), STR_INIT("/error"),
	STR_INIT("/message"),    STR_INIT("/code"),
};
static const struct project_options error_projection = {
	.pointers = error_pointers,
	.pointer_count = sizeof(error_pointers) / sizeof(*error_pointers),
	.budget = 32768,
	.longest_string = 8192,
	.longest_array = 20,
};

/* ---- stage READ ---- */

static struct json *keep_action(struct call *c, const struct json *item)
{
	struct str status = at_str(item, "/properties/status");
	struct json *v;

	if (!json_get_str(item, "name").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "actionName", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	if (!str_eq_nocase(status, S("Failed")) && !str_eq_nocase(status, S("TimedOut")))
		return v;
	put_found(c, v, "error", item, "/properties/error");
	put(c, v, "code", item, "/properties/code");
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "endTime", item, "/properties/endTime");
	put_found(c, v, "repetitionCount", item, "/properties/repetitionCount");
	put_found(c, v, "link", item, "/properties/outputsLink/uri");
	put_found(c, v, "secure", item, "/properties/outputsLink/secureData");
	return v;
}

static enum verdict fetch_run(struct call *c)
{
	static const struct paging pages = { .keep = keep_action };
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));

	f[RUN] = run_fetch(c, arg_z(c, "runName"));
	f[ACTIONS] = run_actions_fetch(c, arg_z(c, "runName"), &pages);
	/* Only for telling what is inside what; the run may be older than this definition. */
	f[FLOW] = run_flow_fetch(c);
	return fetch_each(c, f, 3);
}

static bool run_is(struct call *c, const char *status)
{
	return str_eq_nocase(at_str(got(c, READ, RUN)->json, "/properties/status"),
			     str_from(status));
}

static struct failures failures_of(struct call *c)
{
	const struct json *definition = json_at(got(c, READ, FLOW)->json, "/properties/definition");

	return reason_failures(call_arena(c), got(c, READ, ACTIONS)->json,
			       outline_index(call_arena(c), definition), run_is(c, "Succeeded"));
}

/* ---- stage LOOK: outputs of failed actions, or the repetition that failed ---- */

static bool has_reason(struct call *c, const struct json *action)
{
	struct reason r = reason_of_error(call_arena(c), json_get(action, "error"));

	return !reason_is_generic(&r);
}

struct lookup {
	const struct json *action[MOST_LOOKUPS]; /* the cause is number 0, when there is one */
	bool repetitions[MOST_LOOKUPS]; /* its repetitions were asked for, not its outputs */
	size_t count;
};

static struct lookup lookups(struct call *c, const struct failures *f)
{
	struct lookup l = { 0 };

	if (f->root) {
		bool link = json_get_str(f->root, "link").n > 0;

		l.repetitions[0] = f->root_in_loop || (!link && !has_reason(c, f->root));
		if (l.repetitions[0] || (link && !has_reason(c, f->root)))
			l.action[l.count++] = f->root;
	}
	for (size_t i = f->count; i-- > 0 && l.count < MOST_LOOKUPS;)
		if (f->at[i] != f->root && json_get_str(f->at[i], "link").n &&
		    !has_reason(c, f->at[i]))
			l.action[l.count++] = f->at[i];
	return l;
}

static struct json *keep_repetition(struct call *c, const struct json *item)
{
	struct json *v;

	/* Whether the service filters by status is not documented for flows. */
	if (!str_eq_nocase(at_str(item, "/properties/status"), S("Failed")) &&
	    !str_eq_nocase(at_str(item, "/properties/status"), S("TimedOut")))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "name", json_get_str(item, "name"));
	put_found(c, v, "repetitionIndexes", item, "/properties/repetitionIndexes");
	put_found(c, v, "code", item, "/properties/code");
	put_found(c, v, "error", item, "/properties/error");
	put_found(c, v, "link", item, "/properties/outputsLink/uri");
	return v;
}

static struct fetch content_fetch(struct call *c, struct str link)
{
	return (struct fetch){ .url = url_content(c, link),
			       .flags = FETCH_TOLERATE,
			       .project = &error_projection };
}

static struct fetch repetitions_fetch(struct call *c, const struct json *action, bool filter)
{
	static const struct paging pages = { .keep = keep_repetition,
					     .most = 1,
					     .budget_ms = 20000 };
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName"),
		   *run = arg_z(c, "runName"), *name = json_get_z(action, "actionName");

	return (struct fetch){
		.url = url(c, HOST_FLOW,
			   filter ? "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions"
				    "?$filter=Status%%20eq%%20'Failed'"
				  : "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions",
			   e, flow, run, name),
		.flags = FETCH_TOLERATE,
		.paging = &pages,
	};
}

static enum verdict fetch_reasons(struct call *c, const struct lookup *l)
{
	struct fetch *f = arena_array(call_arena(c), l->count, sizeof(*f));

	for (size_t i = 0; i < l->count; i++)
		f[i] = l->repetitions[i] ? repetitions_fetch(c, l->action[i], true)
					 : content_fetch(c, json_get_str(l->action[i], "link"));
	return fetch_each(c, f, l->count);
}

/* ---- after LOOK: repetitions without the filter, then the outputs of the one that failed ---- */

static bool asks_repetitions(const struct lookup *l)
{
	return l->count && l->repetitions[0];
}

/* The filter is documented for the same engine elsewhere; where it is refused, go without. */
static bool filter_refused(struct call *c, const struct lookup *l)
{
	return asks_repetitions(l) && got(c, LOOK, 0)->status == 400;
}

static int repetition_stage(struct call *c, const struct lookup *l)
{
	return filter_refused(c, l) ? LOOK + 1 : LOOK;
}

static const struct json *failed_repetition(struct call *c, const struct lookup *l)
{
	return asks_repetitions(l) ? json_first(got(c, repetition_stage(c, l), 0)->json) : NULL;
}

static enum verdict fetch_unfiltered(struct call *c, const struct lookup *l)
{
	return fetch_one(c, repetitions_fetch(c, l->action[0], false));
}

static enum verdict fetch_repetition_outputs(struct call *c, const struct json *repetition)
{
	return fetch_one(c, content_fetch(c, json_get_str(repetition, "link")));
}

/* ---- the result ---- */

static struct reason reason_from(struct call *c, int stage, size_t i)
{
	struct reason empty = { 0 };
	const struct answer *a = got(c, stage, i);

	return a->err == ERR_OK && a->projected.value
		       ? reason_of_outputs(call_arena(c), a->projected.value)
		       : empty;
}

/* Where the reason of failed action `v` was found, and what it is. */
static struct reason reason_of(struct call *c, const struct lookup *l, const struct json *v,
			       const char **source)
{
	struct reason own = reason_of_error(call_arena(c), json_get(v, "error")), r;
	const struct json *repetition = failed_repetition(c, l);

	*source = own.message.n ? "error" : "none";
	if (repetition && v == l->action[0]) {
		r = reason_of_error(call_arena(c), json_get(repetition, "error"));
		if (reason_is_generic(&r)) {
			struct reason out = reason_from(c, repetition_stage(c, l) + 1, 0);

			r = out.message.n ? out : r;
			*source = out.message.n ? "outputs" : *source;
		} else if (r.message.n) {
			*source = "error";
		}
		return r.message.n ? r : own;
	}
	for (size_t i = 0; i < l->count; i++)
		if (l->action[i] == v && !l->repetitions[i]) {
			r = reason_from(c, LOOK, i);
			if (!r.message.n && !r.status.n)
				break;
			*source = "outputs";
			if (!r.message.n)
				r.message = own.message;
			return r;
		}
	return own;
}

static void put_reason(struct call *c, struct json *out, const struct reason *r,
		       const struct json *v)
{
	put_str(c, out, "code", r->code.n ? r->code : json_get_str(v, "code"));
	put_str(c, out, "message", r->message);
	if (r->status.n)
		json_set_str(call_arena(c), out, "statusCode", r->status);
}

static struct json *failed_item(struct call *c, const struct lookup *l, const struct json *v,
				bool handled)
{
	struct json *out = json_new_object(call_arena(c)), *error;
	const char *source;
	struct reason r = reason_of(c, l, v, &source);

	put(c, out, "actionName", v, "/actionName");
	put(c, out, "status", v, "/status");
	put(c, out, "code", v, "/code");
	if (r.message.n || r.code.n) {
		error = json_new_object(call_arena(c));
		put_str(c, error, "code", r.code.n ? r.code : json_get_str(v, "code"));
		put_str(c, error, "message", r.message);
		json_set(call_arena(c), out, "error", error);
	}
	put(c, out, "startTime", v, "/startTime");
	put(c, out, "endTime", v, "/endTime");
	if (handled)
		json_set_bool(call_arena(c), out, "handled", true);
	return out;
}

/* The Terminate action that ran; "" when there is none. */
static struct str terminating_action(struct call *c)
{
	const struct json *index = outline_index(
		call_arena(c), json_at(got(c, READ, FLOW)->json, "/properties/definition"));

	JSON_EACH (v, got(c, READ, ACTIONS)->json) {
		struct str name = json_get_str(v, "actionName");

		if (str_eq_nocase(json_get_str(json_get_n(index, name), "type"), S("Terminate")) &&
		    !str_eq_nocase(json_get_str(v, "status"), S("Skipped")))
			return name;
	}
	return S("");
}

/* A run can fail without a failed action: a Terminate said so, its trigger failed, or the service
 * stopped it. */
static struct json *cause_without_action(struct call *c)
{
	const struct json *run = got(c, READ, RUN)->json;
	const struct json *error = json_at(run, "/properties/error");
	struct json *out;
	struct reason r;

	if (!error)
		error = json_at(run, "/properties/trigger/error");
	if (!error)
		return NULL;
	out = json_new_object(call_arena(c));
	put_str(c, out, "actionName", terminating_action(c));
	r = reason_of_error(call_arena(c), error);
	put_reason(c, out, &r, error);
	json_set_z(call_arena(c), out, "source", "run");
	return out;
}

static struct json *cause(struct call *c, const struct failures *f, const struct lookup *l)
{
	const struct json *repetition = failed_repetition(c, l);
	struct json *out, *arguments;
	const char *source;
	struct reason r;

	if (!f->root)
		return f->count ? NULL : cause_without_action(c);
	out = json_new_object(call_arena(c));
	r = reason_of(c, l, f->root, &source);
	put(c, out, "actionName", f->root, "/actionName");
	put_reason(c, out, &r, f->root);
	if (!r.message.n && json_get(f->root, "secure"))
		json_set_z(call_arena(c), out, "message",
			   "the outputs are hidden (secure outputs is on)");
	json_set_z(call_arena(c), out, "source", source);
	if (repetition) {
		put(c, out, "repetition", repetition, "/name");
		put_found(c, out, "repetitionIndexes", repetition, "/repetitionIndexes");
	}
	arguments = ids_of(c);
	put(c, arguments, "actionName", f->root, "/actionName");
	put_found(c, arguments, "repetition", out, "/repetition");
	next_tool(c, "get_live_flow_run_action_outputs", arguments);
	return out;
}

static struct json *all_actions(struct call *c)
{
	struct json *out = json_new_array(call_arena(c)), *v;
	int64_t top = arg_int(c, "top"), n = 0;

	JSON_EACH (action, got(c, READ, ACTIONS)->json) {
		if (top && n++ >= top)
			break;
		v = json_new_object(call_arena(c));
		put(c, v, "actionName", action, "/actionName");
		put(c, v, "status", action, "/status");
		json_push(out, v);
	}
	return out;
}

static enum verdict answer(struct call *c, const struct failures *f, const struct lookup *l)
{
	struct json *out = json_new_object(call_arena(c)), *failed = json_new_array(call_arena(c));
	struct json *root = cause(c, f, l);
	size_t from = f->count > MOST_LISTED ? f->count - MOST_LISTED : 0;

	put_ids(c, out);
	put(c, out, "runStatus", got(c, READ, RUN)->json, "/properties/status");
	/* The last ones are kept: the cause is among them. */
	for (size_t i = from; i < f->count; i++)
		json_push(failed, failed_item(c, l, f->at[i], f->handled[i]));
	if (from)
		note(c, "failedActionsLeftOut", json_new_int(call_arena(c), (int64_t)from));
	if (root)
		json_set(call_arena(c), out, "rootCause", root);
	else
		json_set_null(call_arena(c), out, "rootCause");
	json_set(call_arena(c), out, "failedActions", failed);
	json_set_int(call_arena(c), out, "actionCount",
		     (int64_t)json_count(got(c, READ, ACTIONS)->json));
	json_set(call_arena(c), out, "allActions", all_actions(c));
	if (got(c, READ, ACTIONS)->more)
		note(c, "actionsIncomplete", json_new_bool(call_arena(c), true));
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	const struct json *repetition;
	struct failures f;
	struct lookup l;

	if (call_stage(c) == READ)
		return fetch_run(c);
	if (got(c, READ, ACTIONS)->err != ERR_OK)
		return fail_read(c, got(c, READ, RUN)->err != ERR_OK ? got(c, READ, RUN)
								     : got(c, READ, ACTIONS));
	f = failures_of(c);
	l = lookups(c, &f);
	if (call_stage(c) == LOOK && l.count)
		return fetch_reasons(c, &l);
	if (call_stage(c) == LOOK + 1 && filter_refused(c, &l))
		return fetch_unfiltered(c, &l);
	repetition = failed_repetition(c, &l);
	if (call_stage(c) == repetition_stage(c, &l) + 1 && json_get_str(repetition, "link").n &&
	    !has_reason(c, repetition))
		return fetch_repetition_outputs(c, repetition);
	return answer(c, &f, &l);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ "top", JSON_NUMBER, 0, "Most entries of allActions.", .min = 1, .max = 100000 },
	{ 0 },
};

const struct tool tool_get_live_flow_run_error = {
	.name = "get_live_flow_run_error",
	.title = "Why a run failed",
	.description =
		"Says which actions of a run failed (outer to inner, the last is the cause) and "
		"the real error text in `rootCause`. For the reason behind it and what mends it "
		"use diagnose_live_flow_run.",
	.toolset = "run",
	.bundles = "debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "allActions",
	.columns = "/actionName /status",
	.step = step,
};
