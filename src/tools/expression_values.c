/*
 * expression_values.c - a context out of what was fetched of a run.
 *
 * Variables are not recorded by the service: one that is never changed has the value it was
 * initialized with.
 */
#include "tools/expression_int.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "wdl/eval.h"

/* ---- the context ---- */

static bool put_content(struct reading *r, struct json *out, const struct record *x, bool inputs,
			size_t *at)
{
	const char *name = inputs ? "inputs" : "outputs";
	const struct answer *a;

	if (!reading_follows(x, inputs)) {
		put_found(r->c, out, name, x->properties, inputs ? "/inputs" : "/outputs");
		return true;
	}
	a = got(r->c, CONTENTS, (*at)++);
	if (a->err == ERR_OK) {
		json_set(r->a, out, name, json_copy(r->a, a->json));
		return true;
	}
	fail_answer(r->c, a);
	hint(r->c, "The %s of %.*s could not be read; give them in context instead.", name,
	     STR_ARG(str_first_utf8(x->name, 120)));
	return false;
}

static struct json *record_json(struct reading *r, const struct record *x, size_t *at)
{
	static const char *const copied[] = { "startTime", "endTime", "status", "code", "error",
					      "trackingId", "clientTrackingId", "originHistoryName" };
	struct json *out = json_new_object(r->a);

	json_set_str(r->a, out, "name", x->name);
	if (!put_content(r, out, x, true, at) || !put_content(r, out, x, false, at))
		return NULL;
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		if (json_get(x->properties, copied[i]))
			json_set(r->a, out, copied[i],
				 json_copy(r->a, json_get(x->properties, copied[i])));
	return out;
}

static void tell(struct reading *r, const struct record *x)
{
	struct json *one = json_push(r->out->told, json_new_object(r->a));

	json_set_str(r->a, one, "actionName", x->name);
	put_found(r->c, one, "status", x->properties, "/status");
	for (const struct wdl_need *n = r->needs.actions; n; n = n->next)
		if (str_eq(n->name, x->name) && n->levels)
			json_set_z(r->a, one, "repetition", reading_repetition(r, n->levels));
}

static bool put_records(struct reading *r, const struct record *x, size_t count)
{
	struct json *actions = json_new_object(r->a);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		bool trigger = i == 0 && r->needs.trigger && !json_get(r->given, "trigger");
		struct json *v = record_json(r, &x[i], &at);

		if (!v)
			return false;
		tell(r, &x[i]);
		if (trigger)
			json_set(r->a, r->out->context, "trigger", v);
		else
			json_set_n(r->a, actions, x[i].name, v);
	}
	json_set(r->a, r->out->context, "actions", actions);
	return true;
}

static void missing(struct reading *r, const char *before, struct str name, const char *after)
{
	json_push(r->out->missing,
		  json_new_str(r->a, str_fmt(r->a, "%s%.*s%s", before,
					     STR_ARG(str_first_utf8(name, 120)), after)));
}

static void put_variables(struct reading *r)
{
	struct json *out = json_new_object(r->a);

	for (const struct wdl_need_name *v = r->needs.variables; v; v = v->next) {
		const struct json *row, *value = NULL;

		if (reading_is_given(r, "variables", v->name))
			continue;
		if (v->changes) {
			missing(r, "the variable ", v->name,
				" changes during the run, and the service keeps no values of "
				"variables: give it in context.variables");
			continue;
		}
		row = json_get_n(json_get(r->out->context, "actions"), v->action);
		JSON_EACH (x, json_at(row, "/inputs/variables"))
			if (str_eq_nocase(json_get_str(x, "name"), v->name))
				value = json_get(x, "value");
		if (value)
			json_set_n(r->a, out, v->name, json_copy(r->a, value));
		else if (row)
			json_set_n(r->a, out, v->name, json_new_null(r->a));
	}
	json_set(r->a, r->out->context, "variables", out);
}

/* ---- parameters ---- */

/* An environment variable holds text; its type says what it stands for (Dataverse: 100000000
 * string, ...1 number, ...2 boolean, ...3 JSON). */
static struct json *variable_value(struct reading *r, const struct json *row)
{
	const struct json *list = json_get(row, "environmentvariabledefinition_environmentvariablevalue");
	const struct json *own = json_get(json_first(list), "value");
	struct str text = own ? json_str(own) : json_get_str(row, "defaultvalue");
	int64_t type = json_int(json_get(row, "type"), 100000000);
	struct json *parsed;

	if (type == 100000002 && str_eq_nocase(text, S("yes")))
		return json_new_bool(r->a, true);
	if (type == 100000002 && str_eq_nocase(text, S("no")))
		return json_new_bool(r->a, false);
	if (type == 100000000)
		return json_new_str(r->a, text);
	if (type == 100000002)
		text = str_lower(r->a, text);
	parsed = json_parse(r->a, text, JSON_ANSWER, NULL);
	return parsed ? parsed : json_new_str(r->a, text);
}

static const struct json *variable_row(const struct reading *r, const struct wdl_need_name *p)
{
	const struct wdl_need **x = arena_array(r->a, r->needs.count + 1, sizeof(*x));
	const struct wdl_need_name *bound[MOST_ACTIONS];
	size_t n = reading_actions(r, x), m = reading_bound(r, bound);

	for (size_t i = 0; i < m; i++)
		if (bound[i] == p && got(r->c, ACTIONS, n + i)->err == ERR_OK)
			return json_first(json_get(got(r->c, ACTIONS, n + i)->json, "value"));
	return NULL;
}

static void put_bound(struct reading *r, struct json *out, const struct wdl_need_name *p)
{
	const struct json *row = variable_row(r, p), *initial;
	struct json *one = json_new_object(r->a);
	bool own = json_count(json_get(row,
				       "environmentvariabledefinition_environmentvariablevalue"));

	json_set_str(r->a, one, "schemaName", reading_schema(p));
	if (row) {
		json_set_n(r->a, out, p->name, variable_value(r, row));
		json_set_z(r->a, one, "source",
			   own ? "the environment variable's value now, which may not be the run's"
			       : "the environment variable's default value");
	} else {
		initial = json_get(p->row, "defaultValue");
		if (initial)
			json_set_n(r->a, out, p->name, json_copy(r->a, initial));
		json_set_z(r->a, one, "source",
			   "the definition's default value: the environment variable could not be read");
	}
	json_set_n(r->a, r->out->bound, p->name, one);
}

static void put_parameters(struct reading *r)
{
	const struct json *flow = got(r->c, READ, FLOW)->json;
	struct json *out = json_new_object(r->a);

	for (const struct wdl_need_name *p = r->needs.parameters; p; p = p->next) {
		const struct json *own = json_get_nocase(json_at(flow, "/properties/parameters"),
							 p->name);
		const struct json *value = json_get(own, "value");

		if (reading_is_given(r, "parameters", p->name))
			continue;
		if (reading_schema(p).n) {
			put_bound(r, out, p);
			continue;
		}
		value = value ? value : json_get(p->row, "defaultValue");
		if (value)
			json_set_n(r->a, out, p->name, json_copy(r->a, value));
	}
	json_set(r->a, r->out->context, "parameters", out);
}

/* ---- loops, scopes, the workflow ---- */

/* The item of a loop: its list, as the run saw it, at the index of the repetition. */
static enum verdict put_loop(struct reading *r, const struct wdl_need_loop *l)
{
	struct json *items = json_get(r->out->context, "items");
	struct json *indexes = json_get(r->out->context, "iterationIndexes");
	struct wdl_context context;
	struct wdl_result v;
	const struct json *item;

	if (!l->known || reading_is_given(r, "items", l->name) ||
	    reading_is_given(r, "iterationIndexes", l->name) || !json_is(items, JSON_OBJECT) ||
	    !json_is(indexes, JSON_OBJECT))
		return DONE;
	if (l->level >= r->levels)
		return reading_needs_repetition(r, l->name, l->level + 1);
	json_set_int(r->a, indexes, str_c(r->a, l->name), (int64_t)reading_index(r, l->level));
	if (!l->list)
		return DONE;
	wdl_context_json(&context, r->out->context);
	v = wdl_evaluate_value(r->a, l->list, &context);
	item = v.ok ? json_item(v.value, (size_t)reading_index(r, l->level)) : NULL;
	if (item) {
		json_set_n(r->a, items, l->name, json_copy(r->a, item));
		return DONE;
	}
	if (v.ok)
		return fail(r->c, ERR_NOT_FOUND, "%.*s had %zu items in this run, there is no number %llu",
			    STR_ARG(str_first_utf8(l->name, 120)), json_count(v.value),
			    (unsigned long long)reading_index(r, l->level));
	missing(r, "the list of the loop ", l->name,
		" could not be evaluated: give its item in context.items");
	return DONE;
}

static enum verdict put_loops(struct reading *r)
{
	for (const struct wdl_need_loop *l = r->needs.loops; l; l = l->next) {
		enum verdict v = put_loop(r, l);

		if (v != DONE)
			return v;
	}
	if (r->needs.item && !json_get(r->given, "item"))
		missing(r, "item() does not say of which loop: use items('Loop'), or give context.item",
			S(""), "");
	if (r->needs.current && !json_get(r->given, "action"))
		missing(r, "action() is of the action that evaluates it: give context.action", S(""),
			"");
	return DONE;
}

static void put_results(struct reading *r)
{
	struct json *results = json_new_object(r->a);

	for (const struct wdl_need_name *n = r->needs.results; n; n = n->next) {
		struct json *list = json_new_array(r->a);

		if (!n->children || reading_is_given(r, "results", n->name))
			continue;
		JSON_EACH (name, n->children) {
			const struct json *v =
				json_get_n(json_get(r->out->context, "actions"), json_str(name));

			if (v)
				json_push(list, json_copy(r->a, v));
		}
		json_set_n(r->a, results, n->name, list);
	}
	json_set(r->a, r->out->context, "results", results);
}

static void put_workflow(struct reading *r)
{
	json_set(r->a, r->out->context, "workflow",
		 run_workflow(r->c, got(r->c, READ, FLOW)->json, got(r->c, READ, RUN)->json));
}

/* What is given by hand wins. */
static void put_given(struct reading *r)
{
	JSON_EACH (v, r->given) {
		struct json *mine = json_get_n(r->out->context, json_name(v));

		if (!json_is(mine, JSON_OBJECT) || !json_is(v, JSON_OBJECT) ||
		    str_eq(json_name(v), S("trigger")) || str_eq(json_name(v), S("workflow"))) {
			json_set_n(r->a, r->out->context, json_name(v), json_copy(r->a, v));
			continue;
		}
		JSON_EACH (one, v)
			json_set_n(r->a, mine, json_name(one), json_copy(r->a, one));
	}
}

enum verdict reading_assemble(struct reading *r, const struct record *x, size_t count)
{
	if (!put_records(r, x, count))
		return FAIL;
	put_variables(r);
	put_parameters(r);
	put_workflow(r);
	put_results(r);
	json_set(r->a, r->out->context, "items", json_new_object(r->a));
	json_set(r->a, r->out->context, "iterationIndexes", json_new_object(r->a));
	put_given(r);
	return put_loops(r);
}
