/*
 * diagnosis_show.c - a finding as a result document.
 *
 * Short unless more is asked for: a model reads it in every repair.
 */
#include "base/limits.h"
#include "tools/diagnosis_int.h"

struct show {
	struct arena *a;
	enum diagnosis_detail detail;
	struct json *out;
};

static const struct {
	size_t message, value, reads, groups, lines, inputs;
} sizes[] = {
	[DETAIL_SHORT] = { 500, 160, 4, 3, 4, 0 },
	[DETAIL_NORMAL] = { 1200, 300, 8, 6, 12, 2000 },
	[DETAIL_FULL] = { 4000, 2000, 16, 6, 24, 12000 },
};

static void put_str(struct show *s, struct json *out, const char *name, struct str v)
{
	if (v.n)
		json_set_str(s->a, out, name, v);
}

static struct str cut(struct show *s, struct str v)
{
	size_t most = sizes[s->detail].message;

	return v.n <= most ? v : str_fmt(s->a, "%.*s ...", STR_ARG(str_first_utf8(v, most)));
}

static struct json *first_of(struct show *s, const struct json *list, size_t most)
{
	struct json *out = json_new_array(s->a);

	JSON_EACH(v, list)
		if (json_count(out) < most)
			json_push(out, json_copy(s->a, v));
	return out;
}

static void put_list(struct show *s, const char *name, const struct json *list, size_t most)
{
	if (json_count(list))
		json_set(s->a, s->out, name, first_of(s, list, most));
}

/* ---- one sentence ---- */

static struct str value_words(struct show *s, const struct wdl_blame *b)
{
	if (!b->value || json_is(b->value, JSON_NULL))
		return S("null");
	if (json_is(b->value, JSON_STRING) || json_is(b->value, JSON_NUMBER))
		return str_fmt(s->a, "%.*s",
			       STR_ARG(str_first_utf8(json_text(s->a, b->value), 60)));
	if (json_is(b->value, JSON_ARRAY))
		return str_fmt(s->a, "a list of %zu", json_count(b->value));
	return str_fmt(s->a, "of type %s", b->type);
}

static void origin_words(struct show *s, struct buf *b, const struct wdl_origin *o)
{
	const struct wdl_origin *last = o;

	while (last && last->next)
		last = last->next;
	if (!last)
		return;
	buf_addf(b, " (%.*s", STR_ARG(diag_from(s->a, last)));
	if (o->lacks.n && o->near.n)
		buf_addf(b, ": there is no \"%.*s\", but \"%.*s\"", STR_ARG(o->lacks),
			 STR_ARG(o->near));
	else if (o->lacks.n)
		buf_addf(b, ": there is no \"%.*s\"", STR_ARG(o->lacks));
	buf_addc(b, ')');
}

static struct str summary(struct show *s, const struct finding *f)
{
	struct buf b;

	buf_init_in(&b, s->a, LIMIT_RESULT);
	if (f->cause == CAUSE_NONE) {
		buf_addf(&b, "Nothing failed: the run is %.*s", STR_ARG(f->status));
		if (json_count(f->waiting))
			buf_addf(&b, " and waits for %.*s", STR_ARG(json_str(json_first(f->waiting))));
	} else if (!f->action.n) {
		buf_addf(&b, "The run is %.*s: %s", STR_ARG(f->status), cause_words(f->cause));
	} else {
		buf_addf(&b, "%.*s failed: %s", STR_ARG(f->action), cause_words(f->cause));
	}
	if (f->failed)
		buf_addf(&b, ", in %llu%s of %llu iterations", (unsigned long long)f->failed,
			 f->more_failed ? " or more" : "", (unsigned long long)f->iterations);
	buf_addc(&b, '.');
	if (f->blame.found && f->blame.bad.n && f->blame.type[0]) {
		buf_addf(&b, " %.*s is %.*s", STR_ARG(str_first_utf8(f->blame.bad, 200)),
			 STR_ARG(value_words(s, &f->blame)));
		origin_words(s, &b, f->blame.origin);
		buf_addc(&b, '.');
	}
	if (f->blame.per_item)
		buf_addf(&b, " So are %zu of %zu items.", f->blame.bad_items, f->blame.items);
	return buf_str(&b);
}

/* ---- parts ---- */

static void put_action(struct show *s, const struct finding *f)
{
	struct json *v;

	if (!f->action.n)
		return;
	v = json_set(s->a, s->out, "action", json_new_object(s->a));
	json_set_str(s->a, v, "name", f->action);
	put_str(s, v, "type", f->type);
	if (json_count(f->containers))
		json_set(s->a, v, "in", json_copy(s->a, f->containers));
	put_str(s, v, "status", json_get_str(f->record, "status"));
	put_str(s, v, "code", json_get_str(f->record, "code"));
	put_str(s, v, "pointer", f->pointer);
}

static void put_error(struct show *s, const struct finding *f)
{
	struct json *v;

	if (!f->reason.message.n && !f->reason.code.n && !f->reason.status.n)
		return;
	v = json_set(s->a, s->out, "error", json_new_object(s->a));
	put_str(s, v, "code", f->reason.code);
	put_str(s, v, "message", cut(s, f->reason.message));
	put_str(s, v, "statusCode", f->reason.status);
	json_set_z(s->a, v, "source", f->source);
}

static struct json *origins(struct show *s, const struct wdl_origin *o)
{
	struct json *out = json_new_array(s->a);

	for (; o && json_count(out) < 8; o = o->next) {
		struct json *v = json_push(out, json_new_object(s->a));

		json_set_str(s->a, v, "expression", o->text);
		json_set_str(s->a, v, "from", diag_from(s->a, o));
		put_str(s, v, "lacks", o->lacks);
		put_str(s, v, "near", o->near);
	}
	return out;
}

static void put_expression(struct show *s, const struct finding *f)
{
	const struct wdl_blame *b = &f->blame;
	struct json *v;

	if (!b->found)
		return;
	v = json_set(s->a, s->out, "expression", json_new_object(s->a));
	json_set_str(s->a, v, "pointer", b->pointer);
	json_set_str(s->a, v, "text", cut(s, b->text));
	put_str(s, v, "failing", cut(s, b->failing));
	if (b->bad.n) {
		json_set_str(s->a, v, "bad", cut(s, b->bad));
	}
	/* Of a value that could not be read nothing is said. */
	if (b->bad.n && b->type[0]) {
		json_set(s->a, v, "value", diag_short(s->a, b->value, sizes[s->detail].value));
		json_set_z(s->a, v, "type", b->type);
		json_set(s->a, v, "cameFrom", origins(s, b->origin));
	}
	if (b->per_item) {
		json_set_int(s->a, v, "firstItem", (int64_t)b->item);
		json_set_int(s->a, v, "badItems", (int64_t)b->bad_items);
		json_set_int(s->a, v, "items", (int64_t)b->items);
	}
	if (s->detail != DETAIL_SHORT)
		put_str(s, v, "engineWords", cut(s, b->message));
}

static void put_iterations(struct show *s, const struct finding *f)
{
	struct json *v, *groups;

	if (!f->group_count)
		return;
	v = json_set(s->a, s->out, "iterations", json_new_object(s->a));
	json_set_int(s->a, v, "failed", (int64_t)f->failed);
	json_set_int(s->a, v, "of", (int64_t)f->iterations);
	if (f->more_failed)
		json_set_bool(s->a, v, "more", true);
	groups = json_set(s->a, v, "groups", json_new_array(s->a));
	for (size_t i = 0; i < f->group_count && i < sizes[s->detail].groups; i++) {
		const struct failure_group *g = &f->groups[i];
		struct json *one = json_push(groups, json_new_object(s->a));

		json_set_int(s->a, one, "count", (int64_t)g->count);
		put_str(s, one, "code", g->reason.code);
		put_str(s, one, "message", str_first_utf8(g->reason.message, 300));
		put_str(s, one, "statusCode", g->reason.status);
		json_set(s->a, one, "repetitions", json_copy(s->a, g->names));
		if (json_count(g->items))
			json_set(s->a, one, "items", json_copy(s->a, g->items));
	}
}

static void put_fixes(struct show *s, const struct finding *f)
{
	struct json *list;

	if (!f->fix_count) {
		if (f->cause != CAUSE_NONE)
			json_set_z(s->a, s->out, "advice", cause_advice(f->cause));
		return;
	}
	list = json_set(s->a, s->out, "fixes", json_new_array(s->a));
	for (size_t i = 0; i < f->fix_count; i++) {
		struct json *one = json_push(list, json_new_object(s->a));

		json_set_z(s->a, one, "why", f->fixes[i].why);
		json_set(s->a, one, "operations", json_copy(s->a, f->fixes[i].operations));
	}
	json_set_z(s->a, s->out, "fixesTried",
		   "each was linted, and with the recorded values the step no longer fails");
}

static void put_more(struct show *s, const struct finding *f)
{
	size_t most = sizes[s->detail].inputs;

	if (!most)
		return;
	if (f->step)
		json_set(s->a, s->out, "definition",
			 diag_short(s->a, wdl_step_alone(s->a, f->step), most));
	if (f->inputs)
		json_set(s->a, s->out, "inputs", diag_short(s->a, f->inputs, most));
	put_list(s, "evidence", f->evidence, 12);
}

static void put_child(struct show *s, const struct finding *f)
{
	struct json *v;

	if (!f->child_flow.n)
		return;
	v = f->child ? diagnosis_json(s->a, f->child, s->detail) : json_new_object(s->a);
	json_set_str(s->a, v, "flowName", f->child_flow);
	put_str(s, v, "runName", f->child_run);
	json_set(s->a, s->out, "child", v);
}

struct json *diagnosis_json(struct arena *a, const struct finding *f, enum diagnosis_detail d)
{
	struct show s = { a, d, json_new_object(a) };
	const struct finding *in = finding_innermost(f);
	size_t lines = sizes[d].lines;

	put_str(&s, s.out, "runStatus", f->status);
	json_set_str(a, s.out, "summary",
		     in == f ? summary(&s, f) :
			       str_fmt(a, "%.*s called a flow in which %.*s", STR_ARG(f->action),
				       STR_ARG(summary(&s, in))));
	json_set_z(a, s.out, "cause", cause_name(in->cause));
	json_set_z(a, s.out, "confidence", in->confidence);
	put_list(&s, "reasons", in->reasons, lines);
	if (f->changed)
		json_set_bool(a, s.out, "flowChangedSince", true);
	put_action(&s, f);
	put_error(&s, f);
	put_expression(&s, f);
	put_list(&s, "reads", f->reads, f->blame.found && d == DETAIL_SHORT ? 2 : sizes[d].reads);
	put_list(&s, "emptyInputs", f->nulls, lines);
	put_iterations(&s, f);
	put_child(&s, f);
	if (f->desktop)
		json_set(a, s.out, "desktopFlow", json_copy(a, f->desktop));
	put_str(&s, s.out, "terminatedBy", f->terminated_by);
	put_list(&s, "alsoFailed", f->also, 8);
	put_list(&s, "handled", f->handled, 8);
	put_list(&s, "retries", f->retries, lines);
	put_list(&s, "waitingFor", f->waiting, lines);
	put_list(&s, "skipped", f->skipped, lines);
	if (f->inputs_hidden || f->outputs_hidden)
		json_set_z(a, s.out, "secured", f->inputs_hidden && f->outputs_hidden ?
							 "inputs and outputs" :
						 f->inputs_hidden ? "inputs" :
								    "outputs");
	if (in == f)
		put_fixes(&s, f);
	put_list(&s, "missing", f->missing, lines);
	put_more(&s, f);
	return s.out;
}
