/*
 * diagnosis_reads.c - what the expressions of a step read, and which inputs came out empty.
 */
#include "base/limits.h"
#include "tools/diagnosis_int.h"
#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/walk.h"

enum { MOST_READS = 8, MOST_NULLS = 6, LONGEST = 300 };

struct json *diag_short(struct arena *a, const struct json *v, size_t most)
{
	struct project_options o = { .budget = most < 64 ? 64 : most, .longest_array = 3 };
	struct project_result r;

	if (!v)
		return json_new_null(a);
	r = project_tree(a, v, &o);
	return r.value ? r.value : json_new_null(a);
}

static struct str from(struct arena *a, const struct wdl_origin *o)
{
	struct str at = o->pointer;

	if (strcmp(o->where, "trigger") == 0)
		return str_fmt(a, "trigger outputs %.*s", STR_ARG(at));
	if (strcmp(o->where, "item") == 0)
		return str_fmt(a, "item %.*s", STR_ARG(at));
	if (strcmp(o->where, "loop") == 0)
		return str_fmt(a, "item of %.*s %.*s", STR_ARG(o->name), STR_ARG(at));
	if (strcmp(o->where, "action") == 0)
		return str_fmt(a, "outputs of %.*s %.*s", STR_ARG(o->name), STR_ARG(at));
	return str_fmt(a, "%s %.*s %.*s", o->where, STR_ARG(o->name), STR_ARG(at));
}

struct str diag_from(struct arena *a, const struct wdl_origin *o)
{
	return str_trim(from(a, o));
}

struct reads {
	struct diag *d;
	const struct values *v;
	struct json *out;
};

static bool is_known(const struct reads *r, struct str text)
{
	JSON_EACH(v, r->out)
		if (str_eq(json_get_str(v, "expression"), text))
			return true;
	return false;
}

/* The whole of a chain such as body('A')?['b']['c'], read where it stands. */
static void add_read(struct reads *r, const struct wdl_template *t, const struct wdl_node *n)
{
	struct arena *a = r->d->a;
	struct str text;
	struct wdl_origin *o;
	struct json *one;

	while (n->parent && n->parent->kind == WDL_MEMBER && wdl_target(n->parent) == n)
		n = n->parent;
	text = str_n(t->source.p + n->start, n->end - n->start);
	if (json_count(r->out) >= MOST_READS || is_known(r, text))
		return;
	o = wdl_origin_of(a, str_fmt(a, "@%.*s", STR_ARG(text)), r->v->context, r->d->definition);
	if (!o || (!o->value && !r->v->complete))
		return;
	one = json_push(r->out, json_new_object(a));
	json_set_str(a, one, "expression", text);
	json_set(a, one, "value", diag_short(a, o->value, LONGEST));
	json_set_str(a, one, "from", diag_from(a, o));
	if (o->lacks.n)
		json_set_str(a, one, "lacks", o->lacks);
}

static void add_template(struct reads *r, const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n)) {
			bool reads = n->kind == WDL_CALL && n->function &&
				     (n->function->refers != WDL_REF_NONE ||
				      str_starts_nocase(n->text, S("trigger")) ||
				      str_eq_nocase(n->text, S("item")));

			if (reads)
				add_read(r, t, n);
		}
}

struct json *diag_reads(struct diag *d, const struct json *step, const struct values *v)
{
	struct reads r = { d, v, json_new_array(d->a) };
	struct wdl_places all;

	if (d->f->blame.found && d->f->blame.text.n) {
		add_template(&r, wdl_parse(d->a, d->f->blame.text));
		return r.out;
	}
	all = wdl_walk_value(d->a, wdl_step_alone(d->a, step), S(""));
	for (const struct wdl_place *p = all.first; p; p = p->next)
		add_template(&r, p->template);
	return r.out;
}

struct json *diag_nulls(struct diag *d, const struct json *step, const struct values *v)
{
	struct json *out = json_new_array(d->a), *inputs = json_get(step, "inputs");
	struct wdl_places all;
	struct wdl_context c;

	wdl_context_json(&c, v->context);
	all = wdl_walk_value(d->a, inputs ? json_copy(d->a, inputs) : NULL, S("/inputs"));
	for (const struct wdl_place *p = all.first; p; p = p->next) {
		struct wdl_result r;
		struct json *one;

		if (json_count(out) >= MOST_NULLS || p->is_key || wdl_is_per_item(step, p->pointer))
			continue;
		r = wdl_evaluate(d->a, p->template, &c);
		if (!r.ok || !(json_is(r.value, JSON_NULL) ||
			       (json_is(r.value, JSON_STRING) && !str_trim(json_str(r.value)).n)))
			continue;
		one = json_push(out, json_new_object(d->a));
		json_set_str(d->a, one, "pointer", p->pointer);
		json_set_str(d->a, one, "expression", p->template->source);
	}
	return out;
}
