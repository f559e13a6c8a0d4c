/*
 * diagnosis.c - finds the action that failed though its predecessors allowed it, and its cause.
 */
#include "tools/diagnosis_int.h"

#include "base/limits.h"
#include "base/os.h"
#include "tools/outline.h"
#include "wdl/trial.h"

/* Actions of one loop whose repetitions are asked for. */
enum { MOST_INSIDE = 16 };

static const struct json *definition_of(const struct json *flow)
{
	return json_at(flow, "/properties/definition");
}

static void list_containers(struct diag *d)
{
	struct str name = d->f->action, up[LIMIT_JSON_DEPTH];
	size_t n = 0;

	while (n < LIMIT_JSON_DEPTH) {
		name = json_get_str(json_get_n(d->index, name), "container");
		if (!name.n)
			break;
		up[n++] = name;
	}
	while (n-- > 0)
		json_push(d->f->containers, json_new_str(d->a, up[n]));
}

static void take_action(struct diag *d, const struct json *record, struct str name)
{
	struct finding *f = d->f;

	f->action = name;
	f->record = record;
	f->step = wdl_find_step(d->a, d->definition, name, &f->pointer);
	f->type = json_get_str(f->step, "type");
	list_containers(d);
}

/* ---- inside loops ---- */

/* A step beside it in the loop, or beside a container of it there, runs after its failure. */
static bool is_caught(const struct diag *d, struct str name, struct str loop)
{
	for (unsigned i = 0; name.n && !str_eq(name, loop) && i < LIMIT_JSON_DEPTH; i++) {
		JSON_EACH(other, d->index)
			JSON_EACH(s, json_get_n(json_get(other, "runAfter"), name))
				if (str_eq_nocase(json_str(s), S("Failed")) ||
				    str_eq_nocase(json_str(s), S("TimedOut")))
					return true;
		name = json_get_str(json_get_n(d->index, name), "container");
	}
	return false;
}

/* How good an action is as the cause: one that does something and that nothing caught is best. */
static int rank(const struct diag *d, struct str name, struct str type, struct str loop)
{
	return diag_is_container(type) ? 1 : is_caught(d, name, loop) ? 2 : 3;
}

/* Which action of a loop failed, when the run's list does not tell: it may have the actions of
 * loops as summaries that say nothing, or not at all. */
static const struct json *inside_loop(struct diag *d, const struct json *root)
{
	struct str loop = json_get_str(root, "actionName");
	struct json *best = json_new_object(d->a);
	size_t asked = 0;
	int most = 0;

	if (!diag_is_loop(json_get_str(json_get_n(d->index, loop), "type")))
		return NULL;
	/* An error of its own: the loop did not get to its items. */
	if (!str_eq(json_get_str(root, "code"), S("ActionFailed")) ||
	    str_eq(json_str(json_at(root, "/error/code")), S("UntilLoopLimitsExceeded")))
		return NULL;
	JSON_EACH(v, d->index) {
		struct str name = json_name(v), type = json_get_str(v, "type");
		struct want w = { .kind = WANT_REPETITIONS, .action = name, .key = name,
				  .scope = diag_is_container(type) };

		if (!diag_is_inside(d, loop, name) || diag_is(diag_action(d, name), "Skipped") ||
		    diag_is_loop(type) || asked++ >= MOST_INSIDE)
			continue;
		if (!json_count(json_get(diag_entry(d, &w), "items")) ||
		    rank(d, name, type, loop) <= most)
			continue;
		most = rank(d, name, type, loop);
		json_set_str(d->a, best, "actionName", name);
		json_set_z(d->a, best, "status", "Failed");
	}
	if (!most)
		return NULL;
	return diag_action(d, json_get_str(best, "actionName")) ?
		       diag_action(d, json_get_str(best, "actionName")) :
		       best;
}

/* ---- the real error ---- */

/* The recorded error: of the list, or of the action when the list has none. */
static const struct json *error_of(struct diag *d, const struct json *execution)
{
	struct want w = { .kind = WANT_DETAIL, .action = d->f->action, .key = d->f->action };
	const struct json *e = json_get(execution, "error");

	if (e)
		return e;
	if (execution != d->f->record)
		return diag_is_container(d->f->type) ? json_get(d->f->record, "error") : NULL;
	return json_get(diag_entry(d, &w), "error");
}

static void read_error(struct diag *d, const struct json *execution, struct str where)
{
	struct finding *f = d->f;
	const struct json *error = error_of(d, execution), *outputs;
	struct reason own = reason_of_error(d->a, error), out = { 0 };
	bool cut;

	outputs = diag_content(d, execution, where, false, &cut);
	f->outputs_hidden = json_at(execution, "/outputsLink/secureData") != NULL;
	if (outputs)
		out = reason_of_outputs(d->a, outputs);
	f->reason = own;
	f->source = own.message.n ? "error" : "none";
	/* What the other side said is more exact, unless it was the engine that failed. */
	if (out.message.n && (reason_is_generic(&own) || out.status.n)) {
		f->reason = out;
		f->source = "outputs";
	}
	if (!f->reason.code.n)
		f->reason.code = own.code;
	if (!f->reason.status.n)
		f->reason.status = out.status;
	f->found = cause_of(d->a, json_get_str(execution, "status"),
			    json_get_str(execution, "code"), error, outputs);
	if (f->found.status.n && !f->reason.status.n)
		f->reason.status = f->found.status;
	diag_points(d, str_fmt(d->a, "/%.*s/%s", STR_ARG(where), f->source), "the error");
}

/* ---- why ---- */

static void blame_step(struct diag *d, const struct values *v)
{
	struct finding *f = d->f;
	struct wdl_trial t;

	f->blame = wdl_blame_step(d->a, f->step, v->context, d->definition);
	t = wdl_trial(d->a, f->action, f->step, v->context, d->definition);
	f->reproduced = t.ran && !t.ok;
	f->reads = diag_reads(d, f->step, v);
	if (f->blame.found && f->blame.origin && f->blame.origin->where)
		diag_points(d, str_fmt(d->a, "%.*s%.*s", STR_ARG(f->pointer),
				       STR_ARG(f->blame.pointer)),
			    "the expression that fails");
}

static void conclude_expression(struct diag *d, const struct values *v)
{
	struct finding *f = d->f;

	if (f->blame.found && v->complete) {
		f->cause = cause_of_fault(f->blame.kind);
		f->confidence = f->reproduced ? "high" : "medium";
		if (f->reproduced)
			diag_reason(d, "with the recorded values the step fails again in the same way");
		return;
	}
	f->cause = cause_of_names(f->reason.message);
	f->confidence = "low";
	if (v->complete && f->reproduced && f->cause == CAUSE_UNKNOWN) {
		f->cause = CAUSE_INPUT;
		f->confidence = "medium";
		diag_reason(d, "its expressions can be evaluated, and what they give is not taken");
		return;
	}
	diag_reason(d, "%s", v->complete ?
			     "with the recorded values the step does not fail: the definition was "
			     "changed since, or a value is not recorded" :
			     "not all values that the step read could be had");
	if (f->cause != CAUSE_UNKNOWN)
		diag_reason(d, "the engine's error names the type it met");
	/* What is missing looks like null: only what the engine met is believed, and no value. */
	f->blame.found = f->blame.found && f->cause == cause_of_fault(f->blame.kind);
	f->blame.origin = NULL;
	f->blame.value = NULL;
	f->blame.type = "";
}

static void conclude_code(struct diag *d)
{
	struct finding *f = d->f;

	f->cause = f->found.cause;
	f->confidence = f->cause == CAUSE_UNKNOWN ? "low" : f->found.by_status ? "medium" : "high";
	if (f->found.code.n && f->cause != CAUSE_UNKNOWN)
		diag_reason(d, "%s %.*s stands for it", f->found.by_status ? "HTTP status" : "the code",
			    STR_ARG(str_first_utf8(f->found.code, 100)));
	if (f->cause == CAUSE_INPUT && json_count(f->nulls)) {
		f->confidence = "medium";
		diag_reason(d, "an input came out empty");
	}
}

/* Only what reads something can be put to the test. */
static bool is_tried(const struct diag *d)
{
	return d->f->step && (d->f->found.expression || d->f->found.cause == CAUSE_UNKNOWN ||
			      d->f->found.cause == CAUSE_INPUT || d->f->found.cause == CAUSE_TYPE);
}

static void judge(struct diag *d, struct str repetition)
{
	struct finding *f = d->f;
	struct values v[DIAGNOSIS_TRIALS];
	size_t n = 0;

	if (!is_tried(d)) {
		conclude_code(d);
		return;
	}
	v[n++] = diag_values(d, f->step, repetition);
	/* A fix must do for every kind of failure that has this cause. */
	for (size_t i = 1; i < f->group_count && n < DIAGNOSIS_TRIALS; i++)
		if (f->groups[i].found.expression) {
			v[n] = diag_values(d, f->step, json_get_str(f->groups[i].first, "name"));
			n += v[n].complete;
		}
	blame_step(d, &v[0]);
	if (f->found.expression && !f->reason.status.n)
		conclude_expression(d, &v[0]);
	else if (f->found.cause == CAUSE_UNKNOWN && f->blame.found && f->reproduced)
		conclude_expression(d, &v[0]);
	else {
		f->nulls = diag_nulls(d, f->step, &v[0]);
		conclude_code(d);
		f->blame.found = false;
	}
	if (f->blame.found && v[0].complete && f->reproduced && !d->wants->count)
		diag_fixes(d, v, n);
}

/* ---- a run with a failed action ---- */

static void look_at_root(struct diag *d)
{
	struct finding *f = d->f;
	struct str name = json_get_str(d->failures.root, "actionName"), repetition = S(""), where;
	const struct json *root = d->failures.root, *inner = inside_loop(d, root);
	const struct json *execution;
	bool cut;

	if (inner) {
		root = inner;
		name = json_get_str(inner, "actionName");
	}
	take_action(d, root, name);
	execution = root;
	if (diag_in_loop(d, name)) {
		if (!diag_loop(d))
			return;
		if (f->group_count) {
			execution = f->groups[0].first;
			repetition = json_get_str(execution, "name");
		}
	}
	where = diag_where(d->a, name, repetition);
	read_error(d, execution, where);
	f->inputs = diag_content(d, execution, where, true, &cut);
	f->inputs_hidden = json_at(execution, "/inputsLink/secureData") != NULL;
	judge(d, repetition);
	diag_desktop(d, execution, where);
	diag_child(d, execution, where);
}

/* ---- a run without one ---- */

static struct str terminate_action(struct diag *d)
{
	JSON_EACH(v, d->actions) {
		struct str name = json_get_str(v, "actionName");

		if (str_eq_nocase(json_get_str(json_get_n(d->index, name), "type"), S("Terminate")) &&
		    !diag_is(v, "Skipped"))
			return name;
	}
	return S("");
}

/* The action, or a container of it, runs after a failure of `failed` or of what it is in. */
static bool runs_after_failure(struct diag *d, struct str name, struct str failed)
{
	for (unsigned i = 0; name.n && i < LIMIT_JSON_DEPTH; i++) {
		struct str at = name;

		for (unsigned k = 0; at.n && k < 64; k++) {
			const struct json *after = json_get(json_get_n(d->index, at), "runAfter");
			const struct json *before = json_first(after);
			struct str next = json_name(before);

			JSON_EACH(s, before)
				if (str_eq_nocase(json_str(s), S("Failed")) ||
				    str_eq_nocase(json_str(s), S("TimedOut")))
					if (str_eq(next, failed) || diag_is_inside(d, next, failed))
						return true;
			at = before ? next : S("");
		}
		name = json_get_str(json_get_n(d->index, name), "container");
	}
	return false;
}

static void from_run(struct diag *d, const struct json *error)
{
	struct finding *f = d->f;

	f->reason = reason_of_error(d->a, error);
	f->source = error ? "run" : "none";
	f->found = cause_of(d->a, f->status, json_str(json_at(d->run, "/properties/code")), error,
			    NULL);
	diag_points(d, S("/run/properties/error"), "the error");
}

static void look_at_trigger(struct diag *d, const struct json *trigger)
{
	struct finding *f = d->f;
	const struct json *outputs;
	bool cut;

	f->action = json_get_str(trigger, "name");
	f->record = trigger;
	f->step = wdl_find_step(d->a, d->definition, f->action, &f->pointer);
	f->type = json_get_str(f->step, "type");
	f->reason = reason_of_error(d->a, json_get(trigger, "error"));
	f->source = "error";
	outputs = diag_content(d, trigger, S("trigger"), false, &cut);
	f->found = cause_of(d->a, json_get_str(trigger, "status"), json_get_str(trigger, "code"),
			    json_get(trigger, "error"), outputs);
	if (reason_of_outputs(d->a, outputs).message.n) {
		f->reason = reason_of_outputs(d->a, outputs);
		f->source = "outputs";
	}
	conclude_code(d);
	if (f->cause == CAUSE_UNKNOWN && f->found.expression)
		f->cause = cause_of_names(f->reason.message);
}

static void terminated(struct diag *d, struct str by)
{
	struct finding *f = d->f;

	take_action(d, diag_action(d, by), by);
	from_run(d, json_at(d->run, "/properties/error"));
	f->cause = CAUSE_TERMINATED;
	f->confidence = "high";
	f->terminated_by = by;
	diag_reason(d, "the action Terminate ended the run");
}

static void look_without_root(struct diag *d)
{
	struct finding *f = d->f;
	const struct json *trigger = json_at(d->run, "/properties/trigger");
	struct str by = terminate_action(d);

	if (by.n && !str_eq_nocase(f->status, S("Succeeded"))) {
		terminated(d, by);
	} else if (diag_is(trigger, "Failed")) {
		look_at_trigger(d, trigger);
	} else if (str_eq_nocase(f->status, S("Cancelled"))) {
		f->cause = CAUSE_TERMINATED;
		f->confidence = "high";
		from_run(d, json_at(d->run, "/properties/error"));
		diag_reason(d, "the run was cancelled");
	} else if (str_eq_nocase(f->status, S("Failed")) ||
		   str_eq_nocase(f->status, S("TimedOut"))) {
		from_run(d, json_at(d->run, "/properties/error"));
		conclude_code(d);
	} else {
		f->cause = CAUSE_NONE;
		f->confidence = "high";
	}
}

/* ---- all of it ---- */

/* Asked for by name: that failure instead of the one found. */
static void choose(struct diag *d, struct str ask)
{
	struct str by = terminate_action(d);
	const struct json *v = ask.n ? diag_action(d, ask) : NULL;

	if (v && (diag_is(v, "Failed") || diag_is(v, "TimedOut")))
		d->failures.root = v;
	/* A Terminate that is no handler of what was caught has a reason of its own. */
	if (!v && d->failures.root && by.n && !diag_is(d->failures.root, "TimedOut"))
		for (size_t i = 0; i < d->failures.count; i++)
			if (d->failures.at[i] == d->failures.root && d->failures.handled[i] &&
			    !runs_after_failure(d, by,
						json_get_str(d->failures.root, "actionName")))
				d->failures.root = NULL;
	if (d->failures.root)
		d->f->terminated_by = by;
}

/* What makes a finding less sure than it looks. */
static void doubt(struct diag *d)
{
	struct finding *f = d->f;
	int64_t saved, began;

	f->changed = os_parse_time(json_str(json_at(d->flow, "/properties/lastModifiedTime")),
				   &saved) &&
		     os_parse_time(json_str(json_at(d->run, "/properties/startTime")), &began) &&
		     saved > began;
	if (f->changed)
		diag_reason(d, "the flow was saved after this run: its definition is as it is now");
	if (f->changed && f->blame.found && strcmp(f->confidence, "high") == 0)
		f->confidence = "medium";
	if (f->cause == CAUSE_TERMINATED && f->terminated_by.n && json_count(f->handled)) {
		f->confidence = "medium";
		diag_reason(d, "a failure was handled before: it may be why the run was ended");
	}
}

struct finding *diagnose_at(struct arena *a, const struct json *evidence, struct str ask,
			    struct wants *wants, unsigned depth)
{
	struct finding *f = arena_alloc(a, sizeof(*f));
	struct diag d = { .a = a, .evidence = evidence, .flow = json_get(evidence, "flow"),
			  .run = json_get(evidence, "run"), .actions = json_get(evidence, "actions"),
			  .wants = wants, .depth = depth, .f = f };

	*f = (struct finding){
		.confidence = "low", .source = "none", .reasons = json_new_array(a),
		.missing = json_new_array(a), .evidence = json_new_array(a),
		.containers = json_new_array(a), .reads = json_new_array(a),
		.nulls = json_new_array(a), .also = json_new_array(a),
		.handled = json_new_array(a), .retries = json_new_array(a),
		.skipped = json_new_array(a), .waiting = json_new_array(a),
		.status = json_str(json_at(d.run, "/properties/status")),
	};
	d.definition = definition_of(d.flow);
	d.model = d.definition ? json_copy(a, d.definition) : NULL;
	d.index = outline_index(a, d.definition);
	if (!json_is(d.definition, JSON_OBJECT))
		diag_missing(&d, "the definition could not be read");
	d.failures = reason_failures(a, d.actions, d.index,
				     str_eq_nocase(f->status, S("Succeeded")));
	choose(&d, ask);
	if (d.failures.root)
		look_at_root(&d);
	else
		look_without_root(&d);
	diag_list_handled(&d);
	diag_list_also(&d);
	diag_list_retries(&d);
	diag_list_skipped(&d, ask);
	diag_list_waiting(&d);
	doubt(&d);
	return f;
}

struct finding *diagnose(struct arena *a, const struct json *evidence, struct str ask,
			 struct wants *wants)
{
	wants->count = 0;
	return diagnose_at(a, evidence, ask, wants, 0);
}

const struct finding *finding_innermost(const struct finding *f)
{
	while (f->child && f->child->cause != CAUSE_NONE)
		f = f->child;
	return f;
}
