/*
 * diagnosis_child.c - failures that lie elsewhere: in a child flow, or on a machine.
 */
#include "tools/diagnosis_int.h"

/* ---- desktop flows ---- */

void diag_desktop(struct diag *d, const struct json *execution, struct str where)
{
	static const char *const said[] = { "machineName", "machineGroupName", "uiFlowId",
					    "desktopFlowId", "flowsessionId", "flowSessionId" };
	const struct json *host = json_at(d->f->step, "/inputs/host"), *outputs;
	struct json *out = NULL;
	bool cut;

	if (str_find(json_get_str(host, "apiId"), S("shared_uiflow")) < 0)
		return;
	out = d->f->desktop = json_new_object(d->a);
	outputs = diag_content(d, execution, where, false, &cut);
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		const struct json *v = json_get(json_get(outputs, "body"), said[i]);

		v = v ? v : json_at(d->f->step, str_c(d->a, str_fmt(d->a, "/inputs/parameters/%s",
								   said[i])));
		if (v)
			json_set(d->a, out, said[i], json_copy(d->a, v));
	}
	json_set_str(d->a, out, "errorCode", d->f->reason.code);
	if (!json_get(out, "machineName") && !json_get(out, "machineGroupName"))
		json_set_z(d->a, out, "machine", "could not be read");
	if (!json_get(out, "flowsessionId") && !json_get(out, "flowSessionId"))
		json_set_z(d->a, out, "session", "could not be read");
}

/* ---- child flows ---- */

static struct str child_run_of(struct diag *d, const struct json *execution, struct str where)
{
	const struct json *outputs, *runs;
	struct want w = { .kind = WANT_RUNS, .key = d->f->child_flow, .name = d->f->child_flow };
	struct str start = json_get_str(execution, "startTime"), end = json_get_str(execution, "endTime");
	bool cut;

	outputs = diag_content(d, execution, where, false, &cut);
	if (json_str(json_at(outputs, "/headers/x-ms-workflow-run-id")).n)
		return json_str(json_at(outputs, "/headers/x-ms-workflow-run-id"));
	/* Not told: the child's run that failed in that time. */
	runs = diag_entry(d, &w);
	JSON_EACH(r, json_is(runs, JSON_ARRAY) ? runs : NULL) {
		struct str at = json_get_str(r, "startTime");

		if (str_cmp(at, start) >= 0 && (!end.n || str_cmp(at, end) <= 0) &&
		    diag_is(r, "Failed"))
			return json_get_str(r, "name");
	}
	return S("");
}

void diag_child(struct diag *d, const struct json *execution, struct str where)
{
	struct finding *f = d->f;
	struct want w = { .kind = WANT_CHILD };
	struct wants *wants = d->wants;
	const struct json *child;

	if (!str_eq_nocase(f->type, S("Workflow")) || d->depth + 1 >= DIAGNOSIS_CHILDREN)
		return;
	f->child_flow = json_str(json_at(f->step, "/inputs/host/workflowReferenceName"));
	if (!f->child_flow.n)
		return;
	f->child_run = child_run_of(d, execution, where);
	if (!f->child_run.n) {
		if (!wants->count)
			diag_missing(d, "the run of the child flow could not be found");
		return;
	}
	w.name = f->child_flow;
	w.run = f->child_run;
	w.key = f->child_run;
	child = diag_entry(d, &w);
	if (!child)
		return;
	if (json_get(child, "error"))
		diag_missing(d, "the run of the child flow could not be read: %.*s",
			     STR_ARG(str_first_utf8(json_get_str(child, "error"), 120)));
	else
		f->child = diagnose_at(d->a, child, S(""), wants, d->depth + 1);
}
