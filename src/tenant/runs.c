/*
 * runs.c - the history of a flow: runs, their actions, repetitions and traces.
 *
 * What happened comes from produce.h; this file prints it in the recorded shapes.
 */
#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/history.h"
#include "tenant/prng.h"
#include "tenant/route.h"

enum { RUNS_A_PAGE = 50, ACTIONS_A_PAGE = 50, AT_MOST = 250 };

struct run *need_run(struct request *q, struct flow *f, unsigned n)
{
	struct run *r = flow_run(f, q->capture[n]);

	if (!r || r->start < clock_now() - 28 * TICKS_DAY) {
		answer_error(q, SE_RUN_NOT_FOUND, f->id, str_c(&q->mem, q->capture[n]), NULL);
		return NULL;
	}
	return r;
}

static struct flow *history_flow(struct request *q)
{
	struct environment *e;

	/* Whether the admin surface has histories is a matter of dispute: tests decide. */
	if (q->admin && !knobs.admin_runs) {
		answer_error(q, SE_ROUTE_NOT_FOUND, str_c(&q->mem, q->path), NULL, NULL);
		return NULL;
	}
	e = need_environment(q, 0);
	return e ? need_flow(q, e, flow_capture(q)) : NULL;
}

/* ---- shapes ---- */

void history_times(struct arena *a, struct json *p, int64_t start, int64_t end)
{
	char text[CLOCK_TEXT];

	clock_text(start, text);
	json_set_z(a, p, "startTime", text);
	if (end == INT64_MAX)
		return;
	clock_text(end, text);
	json_set_z(a, p, "endTime", text);
}

static struct json *tracking(struct request *q, const struct run *r)
{
	return emit_json(&q->mem, "{'clientTrackingId':'%s'}", *r->origin ? r->origin : r->name);
}

static void set_link(struct request *q, struct json *p, const char *key, struct json *link,
		     const struct json *def, enum content what)
{
	if (!link)
		return;
	json_set(&q->mem, p, key, link);
	if (play_is_secure(def, what))
		json_set(&q->mem, link, "secureData",
			 emit_json(&q->mem, "{'properties':['%s']}",
				   what == CONTENT_INPUTS ? "inputs" : "outputs"));
}

static struct json *masked(struct request *q, const struct json *def, enum content what,
			   struct json *v)
{
	return v && play_is_secure(def, what) ?
		       json_new_z(&q->mem, "Content not shown due to security configuration.") :
		       v;
}

static struct json *trigger_shape(struct request *q, struct played *p)
{
	struct arena *a = &q->mem;
	struct json *t = json_new_object(a);
	const struct json *def = json_first(json_get(p->definition, "triggers"));

	json_set_str(a, t, "name", p->trigger);
	for (int i = 0; i < 2; i++) {
		enum content what = i ? CONTENT_OUTPUTS : CONTENT_INPUTS;

		set_link(q, t, i ? "outputsLink" : "inputsLink",
			 content_link(q, p->flow, p->run, S(""), what,
				      i ? "TriggerOutputs" : "TriggerInputs",
				      masked(q, def, what, play_trigger(p, what)), 0),
			 def, what);
	}
	history_times(a, t, p->trigger_start, p->trigger_end);
	if (!str_eq(json_get_str(def, "type"), S("Request"))) {
		char text[CLOCK_TEXT];

		clock_text(p->trigger_start, text);
		json_set_z(a, t, "scheduledTime", text);
	}
	json_set_z(a, t, "originHistoryName", *p->run->origin ? p->run->origin : p->run->name);
	json_set(a, t, "correlation", tracking(q, p->run));
	if (!str_eq(json_get_str(def, "type"), S("Request")))
		json_set_z(a, t, "code", p->trigger_code);
	json_set_z(a, t, "status", "Succeeded");
	return t;
}

static struct json *response_shape(struct request *q, struct played *p)
{
	struct arena *a = &q->mem;
	const struct played_action *x = &p->actions[p->response];
	struct json *out = json_new_object(a);

	json_set_str(a, out, "name", x->name);
	json_set(a, out, "outputsLink",
		 content_link(q, p->flow, p->run, S(""), CONTENT_OUTPUTS, "ResponseOutputs",
			      play_content(p, x, NULL, CONTENT_OUTPUTS), 0));
	history_times(a, out, p->run->start, x->sum.end);
	json_set(a, out, "correlation", tracking(q, p->run));
	json_set_z(a, out, "code", "OK");
	json_set_z(a, out, "status", "Succeeded");
	return out;
}

void history_outcome(struct request *q, struct json *p, const struct outcome *o)
{
	json_set_z(&q->mem, p, "status", run_status_name(o->status));
	if (o->code)
		json_set_z(&q->mem, p, "code", o->code);
	if (o->error)
		json_set(&q->mem, p, "error", json_copy(&q->mem, o->error));
}

void history_tracking_id(const struct run *r, struct str name, uint64_t index, char out[37])
{
	prng_guid(prng_mix(prng_mix(r->seed, prng_hash(name)), index), out);
}

void history_retries(struct request *q, struct json *p, const struct outcome *o)
{
	if (o->retries)
		json_set(&q->mem, p, "retryHistory", json_copy(&q->mem, o->retries));
}

static uint64_t big_bytes(struct played *p, const struct played_action *x, enum content what)
{
	uint64_t n = play_content_bytes(p, x, what);

	if (n || what == CONTENT_INPUTS || x->sum.status == RUN_SKIPPED)
		return n;
	return (uint64_t)knobs.output_bytes;
}

void history_contents(struct request *q, struct json *out, struct played *p,
			 const struct played_action *x, struct str segment, const uint64_t *index)
{
	for (int i = 0; i < 2; i++) {
		enum content what = i ? CONTENT_OUTPUTS : CONTENT_INPUTS;

		set_link(q, out, i ? "outputsLink" : "inputsLink",
			 content_link(q, p->flow, p->run, segment, what,
				      i ? "ActionOutputs" : "ActionInputs",
				      masked(q, x->def, what, play_content(p, x, index, what)),
				      big_bytes(p, x, what)),
			 x->def, what);
	}
}

static struct json *action_properties(struct request *q, struct played *p,
				      const struct played_action *x)
{
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);
	char id[37];

	history_times(a, out, x->sum.start, x->sum.end);
	history_outcome(q, out, &x->sum);
	history_tracking_id(p->run, x->name, 0, id);
	json_set(a, out, "correlation",
		 emit_json(a, "{'actionTrackingId':'%s','clientTrackingId':'%s'}", id,
			   *p->run->origin ? p->run->origin : p->run->name));
	if (!x->loop_count)
		history_contents(q, out, p, x, str_fmt(a, "actions/%.*s", STR_ARG(x->name)), NULL);
	history_retries(q, out, &x->sum);
	if (x->tracked)
		json_set(a, out, "trackedProperties", json_copy(a, x->tracked));
	json_set_bool(a, out, "canResubmit", !x->loop_count);
	if (x->loop_count || x->loop)
		json_set_int(a, out, "repetitionCount",
			     x->loop_count ? x->reps.count : x->iterations.count);
	return out;
}

static struct json *action_shape(struct request *q, struct played *p, const struct played_action *x)
{
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	json_set_z(a, out, "runName", p->run->name);
	json_set_str(a, out, "name", x->name);
	json_set_str(a, out, "id",
		     str_fmt(a, "%.*s/runs/%s/actions/%.*s", STR_ARG(flow_path(q, p->flow)),
			     p->run->name, STR_ARG(x->name)));
	json_set_z(a, out, "type", "Microsoft.ProcessSimple/environments/flows/runs/actions");
	json_set(a, out, "properties", action_properties(q, p, x));
	return out;
}

/* Not yet reached actions are not in the history. */
static bool visible(const struct played *p, const struct played_action *x)
{
	return x->seen && !(p->sum.status == RUN_RUNNING && x->sum.start > clock_now());
}

struct json *run_shape(struct request *q, struct flow *f, struct run *r, bool with_actions)
{
	struct arena *a = &q->mem;
	struct played *p = with_actions ? play_run(a, f, r) : play_brief(a, f, r);
	struct json *out = json_new_object(a), *props, *actions;

	json_set_z(a, out, "name", r->name);
	json_set_str(a, out, "id",
		     str_fmt(a, "%.*s/runs/%s", STR_ARG(flow_path(q, f)), r->name));
	json_set_z(a, out, "type", "Microsoft.ProcessSimple/environments/flows/runs");
	props = json_set(a, out, "properties", json_new_object(a));
	history_times(a, props, r->start, p->sum.end);
	history_outcome(q, props, &p->sum);
	json_set(a, props, "correlation", tracking(q, r));
	json_set(a, props, "trigger", trigger_shape(q, p));
	if (p->response >= 0 && p->sum.status != RUN_RUNNING)
		json_set(a, props, "response", response_shape(q, p));
	json_set_bool(a, props, "isAborted", false);
	json_set_bool(a, out, "isMigrationSource", false);
	if (!with_actions)
		return out;
	actions = json_set(a, props, "actions", json_new_object(a));
	for (unsigned i = 0; i < p->count; i++)
		if (visible(p, &p->actions[i]))
			json_add_n(a, actions, p->actions[i].name,
				   action_properties(q, p, &p->actions[i]));
	return out;
}

/* ---- runs ---- */

struct str history_run_field(void *arg, struct str field)
{
	struct run_row *row = arg;
	char text[CLOCK_TEXT];
	struct arena work;
	enum run_status s;

	if (str_starts_nocase(field, S("properties/")))
		field = str_from_at(field, 11);
	if (str_eq_nocase(field, S("_workflow_value")) || str_eq_nocase(field, S("workflowid")))
		return str_from(row->f->workflow);
	if (str_eq_nocase(field, S("name")))
		return str_from(row->r->name);
	if (str_eq_nocase(field, S("startTime"))) {
		clock_text(row->r->start, text);
		return str_dup(&row->q->mem, str_from(text));
	}
	if (!str_eq_nocase(field, S("status")))
		return (struct str){ NULL, 0 };
	/* Played in an arena of its own, because thousands may be asked. */
	arena_init(&work, TENANT_REQUEST);
	work.out = row->q->mem.out;
	s = play_status(&work, row->f, row->r);
	arena_release(&work);
	return str_from(run_status_name(s));
}

static void runs_list(struct request *q)
{
	struct flow *f = history_flow(q);
	struct paging page = paging_of(q, RUNS_A_PAGE, AT_MOST);
	struct str text = request_query(q, "$filter");
	struct json *out = json_new_object(&q->mem), *list;
	struct filter *filter;
	uint64_t seen = 0;
	bool ok;

	if (!f)
		return;
	filter = filter_parse(&q->mem, text, &ok);
	if (!ok) {
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
		return;
	}
	flow_make_runs(f);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < f->run_count && seen <= page.from + page.size; i++) {
		struct filter_row row = { history_run_field, NULL,
					  &(struct run_row){ q, f, &f->runs[i] } };

		if (f->runs[i].start < clock_now() - 28 * TICKS_DAY ||
		    !filter_matches(filter, &row) || seen++ < page.from)
			continue;
		if (seen <= page.from + page.size)
			json_push(list, run_shape(q, f, &f->runs[i], false));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

static void run_get(struct request *q)
{
	struct flow *f = history_flow(q);
	struct run *r = f ? need_run(q, f, flow_capture(q) + 1) : NULL;

	if (r)
		answer_json(q, 200,
			    run_shape(q, f, r,
				      str_contains_nocase(request_query(q, "$expand"),
							  S("properties/actions"))));
}

static void run_cancel(struct request *q)
{
	struct flow *f = history_flow(q);
	struct run *r = f ? need_run(q, f, flow_capture(q) + 1) : NULL;
	enum run_status s;

	if (!r)
		return;
	s = play_status(&q->mem, f, r);
	if (s != RUN_RUNNING && s != RUN_WAITING) {
		answer_error(q, SE_CANNOT_CANCEL, r->name, run_status_name(s), NULL);
		return;
	}
	r->cancelled = clock_now();
	r->known = false;
	answer_empty(q, 202);
}

/* ---- actions ---- */

struct played *history_played(struct request *q)
{
	struct flow *f = history_flow(q);
	struct run *r = f ? need_run(q, f, flow_capture(q) + 1) : NULL;

	return r ? play_run(&q->mem, f, r) : NULL;
}

struct played_action *history_action(struct request *q, struct played *p)
{
	struct str name = q->capture[flow_capture(q) + 2];
	struct played_action *x = play_find(p, name);

	if (x && visible(p, x))
		return x;
	answer_error(q, SE_ACTION_NOT_FOUND, p->flow->id, p->run->name, str_c(&q->mem, name));
	return NULL;
}

struct str history_outcome_field(void *arg, struct str field)
{
	const struct outcome *o = arg;

	if (str_starts_nocase(field, S("properties/")))
		field = str_from_at(field, 11);
	if (str_eq_nocase(field, S("status")))
		return str_from(run_status_name(o->status));
	if (str_eq_nocase(field, S("code")))
		return str_from(o->code);
	return (struct str){ NULL, 0 };
}

bool history_filter(struct request *q, struct filter **out)
{
	struct str text = request_query(q, "$filter");
	bool ok;

	*out = filter_parse(&q->mem, text, &ok);
	if (!ok)
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
	return ok;
}

static void actions_list(struct request *q)
{
	struct played *p = history_played(q);
	struct paging page = paging_of(q, ACTIONS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	struct filter *filter;
	uint64_t seen = 0;

	if (!p || !history_filter(q, &filter))
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < p->count && seen <= page.from + page.size; i++) {
		struct filter_row row = { history_outcome_field, NULL, &p->actions[i].sum };

		if (!visible(p, &p->actions[i]) || !filter_matches(filter, &row) ||
		    seen++ < page.from)
			continue;
		if (seen <= page.from + page.size)
			json_push(list, action_shape(q, p, &p->actions[i]));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_FLOW, page.from + page.size));
	answer_json(q, 200, out);
}

static void action_get(struct request *q)
{
	struct played *p = history_played(q);
	struct played_action *x = p ? history_action(q, p) : NULL;

	if (x)
		answer_json(q, 200, action_shape(q, p, x));
}

static const struct route rows[] = {
	FLOW_ROUTE("GET", "/runs", runs_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}", run_get, ROUTE_ADMIN),
	FLOW_ROUTE("POST", "/runs/{R}/cancel", run_cancel, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}/actions", actions_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}/actions/{A}", action_get, ROUTE_ADMIN),
};

const struct route_table run_routes = { rows, sizeof(rows) / sizeof(*rows) };
