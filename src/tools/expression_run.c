/*
 * expression_run.c - the recorded values that an expression reads, and no others.
 *
 * First the flow and the run, then the actions that are read, then their contents.  Variables are
 * not recorded by the service: one that is never changed has the value it was initialized with.
 */
#include "base/limits.h"
#include "tools/expression.h"
#include "tools/shared.h"
#include "wdl/eval.h"
#include "wdl/needs.h"
#include "wdl/parse.h"

enum { READ, ACTIONS, CONTENTS, STAGES }; /* stages */
enum { FLOW, RUN, ORGANISATION };         /* of READ */

enum { MOST_LEVELS = 8, MOST_ACTIONS = 200 };

/* Of one action, or of the trigger. */
struct record {
	struct str name;
	const struct json *properties;
	bool inputs, outputs; /* wanted */
};

struct reading {
	struct call *c;
	struct arena *a;
	const struct json *given;
	struct json *definition;
	struct wdl_needs needs;
	uint64_t path[MOST_LEVELS];
	unsigned levels;
	struct recorded *out;
};

static bool is_given(const struct reading *r, const char *list, struct str name)
{
	return json_get_nocase(json_get(r->given, list), name) != NULL;
}

/* ---- repetitions ---- */

static bool read_path(struct reading *r)
{
	struct str s = str_trim(arg_str(r->c, "repetition"));

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_n(s.p + 1, s.n - 2);
	while (s.n) {
		size_t n = 0;

		while (n < s.n && s.p[n] != '-' && s.p[n] != ',' && s.p[n] != '/')
			n++;
		if (r->levels == MOST_LEVELS ||
		    !str_to_u64(str_trim(str_first(s, n)), &r->path[r->levels]) ||
		    r->path[r->levels++] > 999999) {
			fail(r->c, ERR_INVALID_ARGUMENT, "\"repetition\" is no path of indexes");
			hint(r->c, "Write it as 000000-000003 or 0-3: outer loop first.");
			return false;
		}
		s = str_from_at(s, n + 1);
	}
	return true;
}

static const char *repetition_name(const struct reading *r, unsigned levels)
{
	struct buf b;

	buf_init_in(&b, r->a, 16 * MOST_LEVELS);
	for (unsigned i = 0; i < levels; i++)
		buf_addf(&b, "%s%06u", i ? "-" : "", (unsigned)r->path[i]);
	return buf_c(&b);
}

static enum verdict repetition_needed(struct reading *r, struct str name, unsigned levels)
{
	fail(r->c, ERR_INVALID_ARGUMENT,
	     "%.*s runs once for each of %u nested loop%s: say which repetition is meant",
	     STR_ARG(str_first_utf8(name, 120)), levels, levels > 1 ? "s" : "");
	hint(r->c, "Pass repetition, outer loop first, such as %s; "
		   "get_live_flow_run_action_outputs lists the repetitions of an action.",
	     levels > 1 ? "0-3" : "3");
	return FAIL;
}

/* ---- stage READ: the flow as it is now, the run ---- */

static enum verdict fetch_flow(struct reading *r)
{
	struct fetch *f = arena_array(r->a, 4, sizeof(*f));
	const char *e = arg_z(r->c, "environmentName"), *flow = arg_z(r->c, "flowName");

	f[FLOW] = (struct fetch){ .url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s", e, flow),
				  .flags = FETCH_TOLERATE | FETCH_LARGE };
	f[RUN] = (struct fetch){ .url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s", e,
					    flow, arg_z(r->c, "runName")),
				 .flags = FETCH_TOLERATE };
	if (!r->needs.parameters)
		return fetch_each(r->c, f, 2);
	/* Parameters may be bound to environment variables, which Dataverse has. */
	organisation_fetches(r->c, f + ORGANISATION);
	return fetch_each(r->c, f, 4);
}

/* ---- stage ACTIONS ---- */

/* The actions to ask for: those that are not given by hand. */
static size_t wanted_actions(const struct reading *r, const struct wdl_need **out)
{
	size_t n = 0;

	for (const struct wdl_need *x = r->needs.actions; x; x = x->next)
		if (!is_given(r, "actions", x->name))
			out[n++] = x;
	return n;
}

static const struct json *parameter_row(const struct wdl_need_name *p)
{
	return json_is(p->row, JSON_OBJECT) ? p->row : NULL;
}

static struct str schema_name(const struct wdl_need_name *p)
{
	return json_str(json_at(parameter_row(p), "/metadata/schemaName"));
}

static struct str organisation(const struct reading *r)
{
	bool known;

	if (!r->needs.parameters)
		return S("");
	return organisation_of(got(r->c, READ, ORGANISATION), got(r->c, READ, ORGANISATION + 1),
			       &known);
}

/* Parameters whose current value an environment variable may have. */
static size_t bound_parameters(const struct reading *r, const struct wdl_need_name **out)
{
	size_t n = 0;

	if (!organisation(r).n)
		return 0;
	for (const struct wdl_need_name *p = r->needs.parameters; p; p = p->next)
		if (schema_name(p).n && n < MOST_ACTIONS && !is_given(r, "parameters", p->name))
			out[n++] = p;
	return n;
}

static struct fetch action_fetch(const struct reading *r, const struct wdl_need *x)
{
	const char *e = arg_z(r->c, "environmentName"), *flow = arg_z(r->c, "flowName"),
		   *run = arg_z(r->c, "runName"), *name = str_c(r->a, x->name);
	struct fetch f = { .flags = FETCH_TOLERATE };

	if (!x->levels)
		f.url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions/%s", e, flow,
			    run, name);
	else
		f.url = url(r->c, HOST_FLOW,
			    x->container ? "/environments/%s/flows/%s/runs/%s/actions/%s/"
					   "scopeRepetitions/%s"
					 : "/environments/%s/flows/%s/runs/%s/actions/%s/"
					   "repetitions/%s",
			    e, flow, run, name, repetition_name(r, x->levels));
	return f;
}

/* An OData literal: quotes are doubled. */
static const char *literal(struct arena *a, struct str s)
{
	struct buf b;

	buf_init_in(&b, a, 2 * s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		buf_addc(&b, s.p[i]);
		if (s.p[i] == '\'')
			buf_addc(&b, '\'');
	}
	return buf_c(&b);
}

static enum verdict fetch_actions(struct reading *r)
{
	const struct wdl_need **x = arena_array(r->a, r->needs.count + 1, sizeof(*x));
	const struct wdl_need_name *bound[MOST_ACTIONS];
	size_t n = wanted_actions(r, x), m = bound_parameters(r, bound);
	struct fetch *f = arena_array(r->a, n + m + 1, sizeof(*f));

	if (n > MOST_ACTIONS)
		return fail(r->c, ERR_TOO_LARGE, "the expression reads %zu actions, %d are possible",
			    n, MOST_ACTIONS);
	for (size_t i = 0; i < n; i++) {
		if (x[i]->levels > r->levels)
			return repetition_needed(r, x[i]->name, x[i]->levels);
		f[i] = action_fetch(r, x[i]);
	}
	for (size_t i = 0; i < m; i++)
		f[n + i] = (struct fetch){
			.url = url_of(r->c, HOST_DATAVERSE, organisation(r),
				      "/environmentvariabledefinitions?$select=schemaname,type,"
				      "defaultvalue&$expand=environmentvariabledefinition_"
				      "environmentvariablevalue($select=value)"
				      "&$filter=schemaname%%20eq%%20'%s'",
				      literal(r->a, schema_name(bound[i]))),
			.flags = FETCH_OPTIONAL,
		};
	return fetch_each(r->c, f, n + m);
}

/* ---- stage CONTENTS ---- */

/* The trigger first, then the actions in their order. */
static size_t records_of(const struct reading *r, struct record *out)
{
	const struct wdl_need **x = arena_array(r->a, r->needs.count + 1, sizeof(*x));
	size_t count = wanted_actions(r, x), n = 0;

	if (r->needs.trigger && !json_get(r->given, "trigger")) {
		const struct json *t = json_at(got(r->c, READ, RUN)->json, "/properties/trigger");

		out[n++] = (struct record){ json_get_str(t, "name"), t, r->needs.trigger_inputs,
					    r->needs.trigger_outputs };
	}
	for (size_t i = 0; i < count; i++)
		if (got(r->c, ACTIONS, i)->err == ERR_OK)
			out[n++] = (struct record){
				x[i]->name, json_get(got(r->c, ACTIONS, i)->json, "properties"),
				x[i]->inputs, x[i]->outputs,
			};
	return n;
}

static const struct json *link_of(const struct record *x, bool inputs)
{
	return json_get(x->properties, inputs ? "inputsLink" : "outputsLink");
}

static bool follows(const struct record *x, bool inputs)
{
	return (inputs ? x->inputs : x->outputs) && json_get_str(link_of(x, inputs), "uri").n;
}

/* What the service hides it shows as a text, which would be taken for the value. */
static bool hidden(struct reading *r, const struct record *x, bool inputs)
{
	if (!(inputs ? x->inputs : x->outputs) || !json_get(link_of(x, inputs), "secureData"))
		return false;
	fail(r->c, ERR_NOT_AVAILABLE, "the %s of %.*s are secured, so the service does not show them",
	     inputs ? "inputs" : "outputs", STR_ARG(str_first_utf8(x->name, 120)));
	hint(r->c, "Give what they would be in context.actions (or context.trigger).");
	return true;
}

static const struct url *link_url(const struct reading *r, const struct record *x, bool inputs)
{
	return url_content(r->c, json_get_str(link_of(x, inputs), "uri"));
}

static enum verdict fetch_contents(struct reading *r, const struct record *x, size_t count)
{
	struct fetch *f = arena_array(r->a, 2 * count + 1, sizeof(*f));
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (int inputs = 1; inputs >= 0; inputs--) {
			if (hidden(r, &x[i], inputs))
				return FAIL;
			if (follows(&x[i], inputs))
				f[n++] = (struct fetch){
					.url = link_url(r, &x[i], inputs),
					.flags = FETCH_TOLERATE | FETCH_LARGE,
				};
		}
	return fetch_each(r->c, f, n);
}

/* ---- the context ---- */

static bool put_content(struct reading *r, struct json *out, const struct record *x, bool inputs,
			size_t *at)
{
	const char *name = inputs ? "inputs" : "outputs";
	const struct answer *a;

	if (!follows(x, inputs)) {
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
			json_set_z(r->a, one, "repetition", repetition_name(r, n->levels));
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

		if (is_given(r, "variables", v->name))
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
	size_t n = wanted_actions(r, x), m = bound_parameters(r, bound);

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

	json_set_str(r->a, one, "schemaName", schema_name(p));
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

		if (is_given(r, "parameters", p->name))
			continue;
		if (schema_name(p).n) {
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

	if (!l->known || is_given(r, "items", l->name) ||
	    is_given(r, "iterationIndexes", l->name) || !json_is(items, JSON_OBJECT) ||
	    !json_is(indexes, JSON_OBJECT))
		return DONE;
	if (l->level >= r->levels)
		return repetition_needed(r, l->name, l->level + 1);
	json_set_int(r->a, indexes, str_c(r->a, l->name), (int64_t)r->path[l->level]);
	if (!l->list)
		return DONE;
	wdl_context_json(&context, r->out->context);
	v = wdl_evaluate_value(r->a, l->list, &context);
	item = v.ok ? json_item(v.value, (size_t)r->path[l->level]) : NULL;
	if (item) {
		json_set_n(r->a, items, l->name, json_copy(r->a, item));
		return DONE;
	}
	if (v.ok)
		return fail(r->c, ERR_NOT_FOUND, "%.*s had %zu items in this run, there is no number %llu",
			    STR_ARG(str_first_utf8(l->name, 120)), json_count(v.value),
			    (unsigned long long)r->path[l->level]);
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

		if (!n->children || is_given(r, "results", n->name))
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

/* Documented members of workflow(): id, name, type, location, run, tags. */
static void put_workflow(struct reading *r)
{
	const struct json *flow = got(r->c, READ, FLOW)->json, *run = got(r->c, READ, RUN)->json;
	struct json *w = json_new_object(r->a), *of_run = json_new_object(r->a),
		    *tags = json_new_object(r->a);

	put_found(r->c, w, "id", flow, "/id");
	put_found(r->c, w, "name", flow, "/name");
	put_found(r->c, w, "type", flow, "/type");
	put_found(r->c, w, "location", flow, "/location");
	put_found(r->c, tags, "flowDisplayName", flow, "/properties/displayName");
	json_set_str(r->a, tags, "environmentName", arg_str(r->c, "environmentName"));
	json_set_str(r->a, tags, "logicAppName", json_get_str(flow, "name"));
	json_set(r->a, w, "tags", tags);
	put_found(r->c, of_run, "id", run, "/id");
	put_found(r->c, of_run, "name", run, "/name");
	put_found(r->c, of_run, "type", run, "/type");
	json_set(r->a, w, "run", of_run);
	json_set(r->a, r->out->context, "workflow", w);
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

static enum verdict assemble(struct reading *r, const struct record *x, size_t count)
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

enum verdict recorded_values(struct call *c, const struct wdl_template *t,
			     const struct json *given, struct recorded *out)
{
	struct reading r = { .c = c, .a = call_arena(c), .given = given, .out = out };
	struct record *x;
	size_t count;

	if (!read_path(&r))
		return FAIL;
	r.needs = wdl_needs_of(r.a, t, NULL);
	if (call_stage(c) == READ)
		return fetch_flow(&r);
	if (got(c, READ, RUN)->err != ERR_OK)
		return fail_read(c, got(c, READ, RUN));
	/* Without the flow there are no loops, parameters and variables, but still actions. */
	if (got(c, READ, FLOW)->err == ERR_OK) {
		r.definition = json_at(got(c, READ, FLOW)->json, "/properties/definition");
		r.needs = wdl_needs_of(r.a, t, r.definition);
	}
	if (call_stage(c) == ACTIONS)
		return fetch_actions(&r);
	x = arena_array(r.a, r.needs.count + 2, sizeof(*x));
	count = records_of(&r, x);
	if (call_stage(c) == CONTENTS)
		return fetch_contents(&r, x, count);
	out->context = json_new_object(r.a);
	out->told = json_new_array(r.a);
	out->bound = json_new_object(r.a);
	out->missing = json_new_array(r.a);
	return assemble(&r, x, count);
}
