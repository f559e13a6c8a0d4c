/*
 * diagnosis_values.c - what a step saw when it ran: the recorded values its expressions read.
 *
 * Looks no further than needed: the steps it names, those whose expressions they pass on, the
 * items of the loops around it.
 */
#include "base/limits.h"
#include "base/os.h"
#include "tools/diagnosis_int.h"
#include "wdl/needs.h"
#include "wdl/parse.h"
#include "wdl/text.h"
#include "wdl/walk.h"

enum {
	FURTHER = 3,       /* Compose steps that are followed back */
	MOST_ACTIONS = 40, /* of which contents are read */
};

/* ---- who wrote a variable ---- */

static bool writes(const struct json *step, struct str variable)
{
	struct str type = json_get_str(step, "type");

	return str_ends_nocase(type, S("Variable")) &&
	       !str_eq_nocase(type, S("InitializeVariable")) &&
	       wdl_same_nocase(json_str(json_at(step, "/inputs/name")), variable);
}

/* The last action that wrote the variable before the failed one started; *unsure: one in a loop
 * did, whose order is not recorded here. */
static const struct json *last_writer(struct diag *d, struct str variable, bool *unsure)
{
	struct str until = json_get_str(d->f->record, "startTime");
	const struct json *best = NULL;

	*unsure = false;
	JSON_EACH(v, d->actions) {
		struct str name = json_get_str(v, "actionName"), end = json_get_str(v, "endTime");

		if (!diag_is(v, "Succeeded") ||
		    !writes(wdl_find_step(d->a, d->definition, name, NULL), variable))
			continue;
		if (json_get(v, "repetitionCount") || diag_loops(d, name).count)
			*unsure = true;
		if (until.n && str_cmp(end, until) > 0)
			continue;
		if (!best || str_cmp(end, json_get_str(best, "endTime")) > 0)
			best = v;
	}
	return best;
}

/* The expression that gave the variable its value: of the action that set it last. */
static const struct json *written_as(struct diag *d, const struct json *writer)
{
	const struct json *step =
		wdl_find_step(d->a, d->definition, json_get_str(writer, "actionName"), NULL);

	return str_eq_nocase(json_get_str(step, "type"), S("SetVariable")) ?
		       json_at(step, "/inputs/value") :
		       NULL;
}

/* The same, or the value it began with. */
static const struct json *source_of(struct diag *d, const struct wdl_need_name *x,
				    const struct json *writer)
{
	return writer ? written_as(d, writer) : json_get(x->row, "value");
}

/* ---- what is read ---- */

struct reader {
	struct diag *d;
	struct buf text; /* everything that is read, as one template */
	struct json *seen; /* Compose steps that were followed */
};

static void add_text(struct reader *r, struct str source)
{
	struct wdl_template *t = wdl_parse(r->d->a, source);

	if (t->broken || t->shape == WDL_LITERAL)
		return;
	if (t->shape == WDL_WHOLE) {
		buf_addz(&r->text, "@{");
		buf_adds(&r->text, str_from_at(source, 1));
		buf_addz(&r->text, "} ");
	} else {
		buf_adds(&r->text, source);
		buf_addc(&r->text, ' ');
	}
}

static void add_texts(struct reader *r, const struct json *value)
{
	struct wdl_places all = wdl_walk_value(r->d->a, json_copy(r->d->a, value), S(""));

	for (const struct wdl_place *p = all.first; p; p = p->next)
		add_text(r, p->template->source);
}

/* Steps that only pass on what they read are read through. */
static bool follow(struct reader *r, const struct wdl_needs *n)
{
	bool more = false;

	for (const struct wdl_need *x = n->actions; x; x = x->next) {
		const struct json *step = wdl_find_step(r->d->a, r->d->definition, x->name, NULL);
		struct str type = json_get_str(step, "type");

		if (json_get_n(r->seen, x->name) ||
		    (!str_eq_nocase(type, S("Compose")) && !str_eq_nocase(type, S("ParseJson"))))
			continue;
		json_set_n(r->d->a, r->seen, x->name, json_new_bool(r->d->a, true));
		if (str_eq_nocase(type, S("Compose")))
			add_texts(r, json_get(step, "inputs"));
		else
			add_texts(r, json_at(step, "/inputs/content"));
		more = true;
	}
	return more;
}

/* Variables too, unless others are in what they were set to: those may change by the order. */
static bool follow_variables(struct reader *r, const struct wdl_needs *n)
{
	bool more = false;

	for (const struct wdl_need_name *x = n->variables; x; x = x->next) {
		bool unsure = false;
		const struct json *writer =
			x->changes ? last_writer(r->d, x->name, &unsure) : NULL;
		const struct json *source = unsure ? NULL : source_of(r->d, x, writer);
		struct str seen = str_fmt(r->d->a, "variable %.*s", STR_ARG(x->name));

		if (!json_is(source, JSON_STRING) || json_get_n(r->seen, seen) ||
		    wdl_needs_of(r->d->a, wdl_parse(r->d->a, json_str(source)), NULL).variables)
			continue;
		json_set_n(r->d->a, r->seen, seen, json_new_bool(r->d->a, true));
		add_text(r, json_str(source));
		more = true;
	}
	return more;
}

static struct wdl_needs read_all(struct reader *r, const struct json *step, const struct loops *l)
{
	struct wdl_needs n;
	struct str name, pointer;

	buf_init_in(&r->text, r->d->a, LIMIT_RESULT * 4);
	r->seen = json_new_object(r->d->a);
	add_texts(r, wdl_step_alone(r->d->a, step));
	for (size_t i = 0; i < l->count; i++)
		if (!diag_is_large_list(r->d, l->step[i], &name, &pointer))
			add_texts(r, json_get(l->step[i], "foreach"));
	n = wdl_needs_of(r->d->a, wdl_parse(r->d->a, buf_str(&r->text)), r->d->model);
	for (unsigned i = 0; i < FURTHER; i++) {
		bool steps = follow(r, &n), variables = follow_variables(r, &n);

		if (!steps && !variables)
			break;
		n = wdl_needs_of(r->d->a, wdl_parse(r->d->a, buf_str(&r->text)), r->d->model);
	}
	return n;
}

/* ---- putting them together ---- */

/* Not all of a content was read: that matters only when what the step reads is not there. */
static bool matters(struct diag *d, const struct wdl_template *t, struct str action,
		    struct str where, bool inputs)
{
	const struct json *cuts = diag_cuts(d, where, inputs);

	return !cuts || inputs || diag_reads_cut(d->a, t, action, cuts);
}

static struct json *record_of(struct diag *d, const struct wdl_template *t,
			      const struct wdl_need *x, struct str repetition, bool *complete)
{
	struct str where = diag_prefix(repetition, x->levels);
	const struct json *e = diag_execution(d, x->name, where, x->container), *v;
	struct json *out = json_new_object(d->a);
	bool cut;

	json_set_str(d->a, out, "name", x->name);
	if (!e) {
		/* Outside loops: it was not reached. */
		*complete &= !where.n && x->known;
		json_set_z(d->a, out, "status", "Skipped");
		return out;
	}
	json_set_copy(d->a, out, "status", json_get(e, "status"));
	json_set_copy(d->a, out, "code", json_get(e, "code"));
	json_set_copy(d->a, out, "error", json_get(e, "error"));
	json_set_copy(d->a, out, "startTime", json_get(e, "startTime"));
	json_set_copy(d->a, out, "endTime", json_get(e, "endTime"));
	for (int inputs = 0; inputs < 2; inputs++) {
		if (!(inputs ? x->inputs : x->outputs))
			continue;
		v = diag_content(d, e, diag_where(d->a, x->name, where), inputs, &cut);
		if (cut && matters(d, t, x->name, diag_where(d->a, x->name, where), inputs))
			*complete = false;
		json_set_copy(d->a, out, inputs ? "inputs" : "outputs", v);
	}
	return out;
}

/* Read only for the list of a loop that is taken item by item. */
static bool only_for_a_list(struct diag *d, const struct loops *l, const struct wdl_needs *plain,
			    struct str name)
{
	struct str source, pointer;

	for (const struct wdl_need *x = plain->actions; x; x = x->next)
		if (wdl_same_nocase(x->name, name))
			return false;
	for (size_t i = 0; i < l->count; i++)
		if (diag_is_large_list(d, l->step[i], &source, &pointer) &&
		    wdl_same_nocase(source, name))
			return true;
	return false;
}

static void put_actions(struct diag *d, struct values *v, const struct wdl_template *t,
			const struct wdl_needs *n, const struct wdl_needs *plain,
			const struct loops *l, struct str repetition)
{
	struct json *actions = json_new_object(d->a);
	size_t count = 0;

	for (const struct wdl_need *x = n->actions; x; x = x->next) {
		/* One that the definition does not have is not there for the engine either. */
		if (only_for_a_list(d, l, plain, x->name) || (!x->known && d->model))
			continue;
		if (++count > MOST_ACTIONS) {
			diag_missing(d, "the step reads more actions than are looked at");
			v->complete = false;
			break;
		}
		json_set_n(d->a, actions, x->name, record_of(d, t, x, repetition, &v->complete));
	}
	json_set(d->a, v->context, "actions", actions);
}

static void put_trigger(struct diag *d, struct values *v, const struct wdl_template *text,
			const struct wdl_needs *n)
{
	const struct json *t = json_at(d->run, "/properties/trigger");
	struct json *out = json_new_object(d->a);
	bool cut;

	json_set_str(d->a, out, "name", json_get_str(t, "name"));
	if (n->trigger && n->trigger_outputs) {
		json_set_copy(d->a, out, "outputs", diag_content(d, t, S("trigger"), false, &cut));
		if (cut && matters(d, text, S(""), S("trigger"), false))
			v->complete = false;
	}
	if (n->trigger && n->trigger_inputs) {
		json_set_copy(d->a, out, "inputs", diag_content(d, t, S("trigger"), true, &cut));
		v->complete &= !cut;
	}
	json_set(d->a, v->context, "trigger", out);
}

/* ---- variables ---- */

static const struct json *written(struct diag *d, const struct json *writer, bool *complete)
{
	struct str name = json_get_str(writer, "actionName");
	const struct json *step = wdl_find_step(d->a, d->definition, name, NULL);
	bool set = str_eq_nocase(json_get_str(step, "type"), S("SetVariable")), cut;
	const struct json *v = diag_content(d, writer, diag_where(d->a, name, S("")), set, &cut);

	*complete &= !cut;
	return set ? json_get(v, "value") : json_at(v, "/body/value");
}

static const struct json *initial(struct diag *d, const struct wdl_need_name *n, bool *complete)
{
	const struct json *e = diag_action(d, n->action), *v;
	bool cut;

	if (!e)
		return NULL;
	v = diag_content(d, e, diag_where(d->a, n->action, S("")), true, &cut);
	*complete &= !cut;
	JSON_EACH(row, json_get(v, "variables"))
		if (wdl_same_nocase(json_get_str(row, "name"), n->name))
			return json_get(row, "value") ? json_get(row, "value") : json_new_null(d->a);
	return v ? json_new_null(d->a) : NULL;
}

static void put_variables(struct diag *d, struct values *v, const struct wdl_needs *n)
{
	struct json *out = json_new_object(d->a), *sources = json_new_object(d->a);

	for (const struct wdl_need_name *x = n->variables; x; x = x->next) {
		bool unsure = false;
		const struct json *writer = x->changes ? last_writer(d, x->name, &unsure) : NULL;
		const struct json *value, *source;

		if (unsure) {
			diag_missing(d, "the variable %.*s is changed in a loop, and the service keeps "
					"no values of variables", STR_ARG(str_first_utf8(x->name, 80)));
			v->complete = false;
			continue;
		}
		value = writer ? written(d, writer, &v->complete) : initial(d, x, &v->complete);
		if (value)
			json_set_n(d->a, out, x->name, json_copy(d->a, value));
		else
			v->complete = false;
		source = source_of(d, x, writer);
		if (source)
			json_set_n(d->a, sources, x->name, json_copy(d->a, source));
	}
	json_set(d->a, v->context, "variables", out);
	json_set(d->a, v->context, "variableSources", sources);
}

static void put_parameters(struct diag *d, struct values *v, const struct wdl_needs *n)
{
	struct json *out = json_new_object(d->a);

	for (const struct wdl_need_name *p = n->parameters; p; p = p->next) {
		const struct json *own =
			json_get(json_get_nocase(json_at(d->flow, "/properties/parameters"), p->name),
				 "value");

		if (!own)
			own = json_get(p->row, "defaultValue");
		if (json_at(p->row, "/metadata/schemaName"))
			diag_missing(d, "the parameter %.*s stands for an environment variable, whose "
					"value in that run is not recorded",
				     STR_ARG(str_first_utf8(p->name, 80)));
		if (own)
			json_set_n(d->a, out, p->name, json_copy(d->a, own));
		else
			v->complete = false;
	}
	json_set(d->a, v->context, "parameters", out);
}

static void put_results(struct diag *d, struct values *v, const struct wdl_needs *n)
{
	struct json *out = json_new_object(d->a);

	for (const struct wdl_need_name *x = n->results; x; x = x->next) {
		struct json *list = json_new_array(d->a);

		JSON_EACH(name, x->children) {
			const struct json *one =
				json_get_n(json_get(v->context, "actions"), json_str(name));

			if (one)
				json_push(list, json_copy(d->a, one));
		}
		json_set_n(d->a, out, x->name, list);
	}
	json_set(d->a, v->context, "results", out);
}

static void put_workflow(struct diag *d, struct values *v)
{
	struct json *w = json_new_object(d->a), *run = json_new_object(d->a);
	struct str now = json_get_str(d->f->record ? d->f->record : json_get(d->run, "properties"),
				      "startTime");
	int64_t ms;

	now = os_parse_time(now, &ms) ? now : S("");
	json_set_str(d->a, w, "name", json_get_str(d->flow, "name"));
	json_set_str(d->a, w, "id", json_get_str(d->flow, "id"));
	json_set_str(d->a, run, "name", json_get_str(d->run, "name"));
	json_set(d->a, w, "run", run);
	json_set(d->a, v->context, "workflow", w);
	/* The same answer to the same question: chance and clock are the run's. */
	json_set_int(d->a, v->context, "seed", 1);
	json_set_str(d->a, v->context, "now", now.n ? now : S("2026-01-01T00:00:00Z"));
}

/* Which loops the step looks at; the innermost is of interest in any case. */
static bool looks_at(const struct wdl_needs *n, struct str loop, bool innermost)
{
	for (const struct wdl_need_loop *l = n->loops; l; l = l->next)
		if (wdl_same_nocase(l->name, loop))
			return true;
	return innermost;
}

static void put_loops(struct diag *d, struct values *v, const struct wdl_needs *n,
		      const struct loops *l, struct str repetition)
{
	struct json *items = json_set(d->a, v->context, "items", json_new_object(d->a));
	struct json *indexes = json_set(d->a, v->context, "iterationIndexes", json_new_object(d->a));

	for (size_t i = 0; i < l->count && repetition.n; i++) {
		const struct json *item;

		json_set_n(d->a, indexes, l->name[i],
			   json_new_int(d->a, (int64_t)diag_index_at(repetition, i)));
		if (!looks_at(n, l->name[i], i + 1 == l->count))
			continue;
		item = diag_item_of(d, l, i, repetition, v->context);
		if (item) {
			json_set_n(d->a, items, l->name[i], json_copy(d->a, item));
			if (i + 1 == l->count)
				json_set(d->a, v->context, "item", json_copy(d->a, item));
		} else if (str_eq_nocase(json_get_str(l->step[i], "type"), S("Foreach"))) {
			v->complete = false;
		}
	}
}

struct values diag_values(struct diag *d, const struct json *step, struct str repetition)
{
	struct values v = { .context = json_new_object(d->a), .complete = true };
	struct reader r = { .d = d };
	struct loops l = { .count = 0 };
	struct wdl_needs n, plain;
	const struct wdl_template *t;

	if (repetition.n)
		l = diag_loops(d, d->f->action);
	n = read_all(&r, step, &l);
	t = wdl_parse(d->a, buf_str(&r.text));
	plain = wdl_needs_of(d->a, t, NULL);
	put_trigger(d, &v, t, &n);
	put_actions(d, &v, t, &n, &plain, &l, repetition);
	put_variables(d, &v, &n);
	put_parameters(d, &v, &n);
	put_results(d, &v, &n);
	put_workflow(d, &v);
	put_loops(d, &v, &n, &l, repetition);
	return v;
}
