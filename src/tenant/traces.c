/*
 * traces.c - expression traces: what the expressions of an action's inputs came to.
 *
 * Shape of Azure Logic Apps; whether the flow host offers it is not recorded.
 */
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"
#include "tenant/script.h"

static bool is_expression(struct str s)
{
	return (str_starts(s, S("@")) && !str_starts(s, S("@@"))) || str_find(s, S("@{")) >= 0;
}

static void trace(struct request *q, const struct script_scope *s, struct json *out,
		  const struct json *v, struct str path, unsigned depth)
{
	unsigned i = 0;

	if (depth > TENANT_DEPTH)
		return;
	if (json_is(v, JSON_STRING)) {
		struct str text = json_str(v);
		struct json *one;

		if (!is_expression(text))
			return;
		one = emit_json(&q->mem, "{'path':'%S','text':'%S'}", path,
				str_starts(text, S("@{")) ? text : str_from_at(text, 1));
		json_set(&q->mem, one, "value", script_resolve(&q->mem, s, v));
		json_push(out, one);
		return;
	}
	JSON_EACH(m, v) {
		struct str step = json_name(m);

		if (json_is(v, JSON_ARRAY))
			step = str_fmt(&q->mem, "%u", i++);
		trace(q, s, out, m,
		      path.n ? str_fmt(&q->mem, "%.*s.%.*s", STR_ARG(path), STR_ARG(step)) : step,
		      depth + 1);
	}
}

static bool read_index(struct str text, uint64_t index[PLAYED_LOOPS])
{
	struct str one;
	unsigned i = 0;

	while (str_cut(&text, '-', &one))
		if (i == PLAYED_LOOPS || !str_to_u64(one, &index[i++]))
			return false;
	return true;
}

static void expression_traces(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	unsigned n = flow_capture(q);
	struct flow *f = e ? need_flow(q, e, n) : NULL;
	struct run *r = f ? need_run(q, f, n + 1) : NULL;
	struct played *p = r ? play_run(&q->mem, f, r) : NULL;
	struct played_action *x = p ? play_find(p, q->capture[n + 2]) : NULL;
	uint64_t index[PLAYED_LOOPS] = { 0 };
	struct script_scope s = { .played = p };
	struct json *out, *list;

	if (!r)
		return;
	if (!x || (q->captures > n + 3 && !read_index(q->capture[n + 3], index))) {
		answer_error(q, SE_ACTION_NOT_FOUND, f->id, r->name,
			     str_c(&q->mem, q->capture[n + 2]));
		return;
	}
	if (x->loop_count) {
		s.index = index;
		s.loop_count = x->loop_count;
		s.action = x;
	}
	out = json_new_object(&q->mem);
	list = json_set(&q->mem, out, "inputs", json_new_array(&q->mem));
	trace(q, &s, list, json_get(x->def, "inputs"), S(""), 0);
	answer_json(q, 200, out);
}

static const struct route rows[] = {
	FLOW_ROUTE("POST", "/runs/{R}/actions/{A}/listExpressionTraces", expression_traces,
		   ROUTE_READ),
	FLOW_ROUTE("POST", "/runs/{R}/actions/{A}/repetitions/{N}/listExpressionTraces",
		   expression_traces, ROUTE_READ),
};

const struct route_table trace_routes = { rows, sizeof(rows) / sizeof(*rows) };
