/*
 * run_record.c - a run as one JSON value, in the service's shape, with contents in their place.
 */
#include "base/limits.h"
#include "wdl/run.h"

struct wdl_record {
	struct arena *a;
	struct json *actions;
	uint64_t kept;
};

struct wdl_record *wdl_record_new(struct arena *a)
{
	struct wdl_record *rec = arena_alloc(a, sizeof(*rec));

	rec->a = a;
	rec->actions = json_new_object(a);
	return rec;
}

static void set_times(struct arena *a, struct json *p, int64_t start, int64_t end)
{
	json_set_str(a, p, "startTime", wdl_ticks_text(a, start));
	if (end != INT64_MAX)
		json_set_str(a, p, "endTime", wdl_ticks_text(a, end));
}

static void secure(struct arena *a, struct json *p, const struct wdl_report *r)
{
	struct json *list;

	if (!r->secure_inputs && !r->secure_outputs)
		return;
	list = json_set(a, json_set(a, p, "secureData", json_new_object(a)), "properties",
			json_new_array(a));
	if (r->secure_inputs)
		json_push(list, json_new_z(a, "inputs"));
	if (r->secure_outputs)
		json_push(list, json_new_z(a, "outputs"));
}

static struct json *shape(struct arena *a, const struct wdl_report *r)
{
	struct json *p = json_new_object(a);

	set_times(a, p, r->start, r->end);
	json_set_z(a, p, "status", wdl_status_name(r->status));
	if (r->code.n)
		json_set_str(a, p, "code", r->code);
	json_set_copy(a, p, "error", r->error);
	json_set_copy(a, p, "inputs", r->inputs);
	json_set_copy(a, p, "outputs", r->outputs);
	secure(a, p, r);
	json_set_copy(a, p, "retryHistory", r->retries);
	json_set_copy(a, p, "trackedProperties", r->tracked);
	return p;
}

static struct str repetition_name(struct arena *a, const struct wdl_report *r)
{
	struct buf b;

	buf_init_in(&b, a, 1024);
	for (unsigned i = 0; i < r->loop_count; i++)
		buf_addf(&b, "%s%06llu", i ? "-" : "", (unsigned long long)r->loops[i].index);
	return buf_str(&b);
}

static struct json *place(struct wdl_record *rec, struct str name)
{
	struct json *p = json_get_n(rec->actions, name);

	return p ? p : json_add_n(rec->a, rec->actions, name, json_new_object(rec->a));
}

static void add_repetition(struct wdl_record *rec, const struct wdl_report *r)
{
	const char *list_name = r->kind == WDL_REPORT_ITERATION ? "iterations" : "repetitions";
	struct json *p = place(rec, r->name), *one, *list, *indexes;
	struct arena *a = rec->a;

	if (rec->kept >= LIMIT_RUN_RECORDED)
		return;
	rec->kept++;
	list = json_get(p, list_name);
	if (!list)
		list = json_set(a, p, list_name, json_new_array(a));
	one = json_push(list, json_new_object(a));
	json_set_str(a, one, "name", repetition_name(a, r));
	indexes = json_set(a, one, "repetitionIndexes", json_new_array(a));
	for (unsigned i = 0; i < r->loop_count; i++) {
		struct json *x = json_push(indexes, json_new_object(a));

		json_set_str(a, x, "scopeName", r->loops[i].loop);
		json_set_int(a, x, "itemIndex", (int64_t)r->loops[i].index);
	}
	json_set(a, one, "properties", shape(a, r));
}

void wdl_record_report(struct wdl_record *rec, const struct wdl_report *r)
{
	struct json *p, *fresh;

	if (r->kind == WDL_REPORT_REPETITION || r->kind == WDL_REPORT_ITERATION) {
		add_repetition(rec, r);
		return;
	}
	p = place(rec, r->name);
	fresh = shape(rec->a, r);
	if (r->count)
		json_set_int(rec->a, fresh, "repetitionCount", (int64_t)r->count);
	while (json_first(fresh)) {
		struct json *m = json_first(fresh);
		struct str name = str_dup(rec->a, json_name(m));

		json_set_n(rec->a, p, name, json_detach(fresh, m));
	}
}

/* In the order of the definition, containers before what they hold. */
static void order(struct wdl_record *rec, struct json *out, const struct json *actions,
		  unsigned depth)
{
	if (!depth)
		return;
	JSON_EACH(v, actions) {
		struct json *p = json_take_n(rec->actions, json_name(v));

		if (p)
			json_add_n(rec->a, out, json_name(v), p);
		order(rec, out, json_get(v, "actions"), depth - 1);
		order(rec, out, json_get(json_get(v, "else"), "actions"), depth - 1);
		JSON_EACH(c, json_get(v, "cases"))
			order(rec, out, json_get(c, "actions"), depth - 1);
		order(rec, out, json_get(json_get(v, "default"), "actions"), depth - 1);
	}
}

struct json *wdl_record_json(struct wdl_record *rec, const struct json *definition,
			     const struct wdl_run *run, const struct wdl_run_options *options)
{
	struct arena *a = rec->a;
	struct json *out = json_new_object(a), *p, *t;

	if (options->run_name.n)
		json_set_str(a, out, "name", options->run_name);
	p = json_set(a, out, "properties", json_new_object(a));
	set_times(a, p, run->start, run->end);
	json_set_z(a, p, "status", wdl_status_name(run->status));
	if (run->code.n)
		json_set_str(a, p, "code", run->code);
	json_set_copy(a, p, "error", run->error);
	t = json_set(a, p, "trigger", json_new_object(a));
	json_set_str(a, t, "name", json_name(json_first(json_get(definition, "triggers"))));
	json_set_copy(a, t, "inputs", options->trigger_inputs);
	json_set_copy(a, t, "outputs", options->trigger);
	json_set_z(a, t, "status", "Succeeded");
	if (run->response.n) {
		t = json_set(a, p, "response", json_new_object(a));
		json_set_str(a, t, "name", run->response);
		json_set_copy(a, t, "outputs", run->response_outputs);
	}
	order(rec, json_set(a, p, "actions", json_new_object(a)), json_get(definition, "actions"),
	      LIMIT_RUN_DEPTH + 1);
	return out;
}
