/*
 * practice_show.c - the control plane: GET /__practice/flow?flow=ID, what a flow really is.
 *
 * Not as the service shows it, which may lag, leave things out and put things in: what is kept.
 */
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/route.h"

static struct flow *flow_anywhere(struct request *q, struct str id)
{
	for (unsigned i = 0; i < q->tenant->environment_count; i++) {
		struct flow *f = tenant_flow(q->tenant, &q->tenant->environments[i], id);

		if (f)
			return f;
	}
	return NULL;
}

static void set_version(struct arena *a, struct json *out, const struct version *v)
{
	json_set(a, out, "definition", json_copy(a, v->definition));
	json_set(a, out, "references", json_copy(a, v->references));
	json_set_z(a, out, "by", v->by ? v->by->key : "");
}

static void show_flow(struct request *q)
{
	struct arena *a = &q->mem;
	struct flow *f = flow_anywhere(q, request_query(q, "flow"));
	struct json *out;

	if (!control_allowed(q))
		return;
	if (!f) {
		control_refuse(q, "no such flow");
		return;
	}
	out = emit_json(a, "{'name':'%s','workflow':'%s','state':'%s','owner':'%s'}", f->id,
			f->workflow, f->deleted ? "Deleted" : flow_state_name(f->state),
			f->owner->key);
	json_set_z(a, out, "displayName", f->name);
	json_set_int(a, out, "versions", f->version_count);
	json_set_bool(a, out, "unpublished", f->draft_only);
	set_version(a, out, flow_current(f));
	if (f->draft)
		set_version(a, json_set(a, out, "draft", json_new_object(a)), f->draft);
	else
		json_set_null(a, out, "draft");
	answer_json(q, 200, out);
}

static const struct route rows[] = {
	{ FACE_CONTROL, "GET", "/__practice/flow", show_flow, ROUTE_OPEN },
};

const struct route_table practice_show_routes = { rows, sizeof(rows) / sizeof(*rows) };
