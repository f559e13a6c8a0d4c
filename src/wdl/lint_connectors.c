/*
 * lint_connectors.c - operations exist, and get the parameters that they take.
 *
 * Says nothing where the definition leaves something open: bodies whose fields are looked up,
 * objects without a schema, values that an expression gives, definitions that were cut.
 */
#include "wdl/lint_connectors.h"

#include "base/limits.h"

/* Longer lists of values were cut (swagger.c). */
enum { WHOLE_ENUM = 60 };

struct walk {
	struct arena *a;
	struct lint_report *report;
	const struct lint_facts *facts;
	const struct json *references;
};

/* ---- findings ---- */

/* Behind the errors and the warnings of pointers that come before. */
static void tell_rule(struct walk *w, const char *rule, struct str pointer, struct str message)
{
	struct lint_finding **at = &w->report->first, *f;

	if (w->report->counts[LINT_WARNING] >= LIMIT_LINT_FINDINGS) {
		w->report->dropped++;
		return;
	}
	while (*at && ((*at)->severity < LINT_WARNING ||
		       ((*at)->severity == LINT_WARNING && str_cmp((*at)->pointer, pointer) <= 0)))
		at = &(*at)->next;
	f = arena_alloc(w->a, sizeof(*f));
	*f = (struct lint_finding){ .next = *at, .rule = lint_rule_find(str_from(rule)),
				    .severity = LINT_WARNING, .pointer = pointer,
				    .message = message };
	*at = f;
	w->report->counts[LINT_WARNING]++;
}

static void tell(struct walk *w, struct str pointer, struct str message)
{
	tell_rule(w, "CON11", pointer, message);
}

static struct str below(struct walk *w, struct str pointer, struct str name)
{
	struct buf b;

	buf_init_in(&b, w->a, pointer.n + 2 * name.n + 2);
	buf_adds(&b, pointer);
	json_pointer_add(&b, name);
	return buf_str(&b);
}

/* ---- one step ---- */

static const struct json *input(const struct json *op, struct str name)
{
	JSON_EACH (i, json_get(op, "inputs"))
		if (str_eq_nocase(json_get_str(i, "name"), name))
			return i;
	return NULL;
}

static bool is_unseen(const struct json *op, struct str name)
{
	JSON_EACH (v, json_get(op, "unseen"))
		if (str_eq_nocase(json_str(v), name))
			return true;
	return false;
}

/* Members of it may be given one by one. */
static bool is_open(const struct json *in)
{
	struct str type = json_get_str(in, "type");

	return str_eq(json_get_str(in, "dynamic"), S("properties")) || str_eq(type, S("object")) ||
	       str_eq(type, S("any"));
}

/* A member of an input that is open, or an open input with members given. */
static const struct json *holder(const struct json *op, struct str name)
{
	JSON_EACH (i, json_get(op, "inputs")) {
		struct str whole = json_get_str(i, "name");

		if (is_open(i) && name.n > whole.n && name.p[whole.n] == '/' &&
		    str_eq_nocase(str_first(name, whole.n), whole))
			return i;
	}
	return NULL;
}

static bool is_given(const struct json *parameters, const struct json *in)
{
	struct str name = json_get_str(in, "name");

	JSON_EACH (p, parameters)
		if (str_eq_nocase(json_name(p), name) ||
		    (is_open(in) && str_starts_nocase(json_name(p), name) &&
		     json_name(p).n > name.n && json_name(p).p[name.n] == '/') ||
		    /* A whole body in the place of its members. */
		    (str_starts_nocase(name, json_name(p)) && name.p[json_name(p).n] == '/'))
			return true;
	return false;
}

static bool is_expression(const struct json *v)
{
	return str_find(json_str(v), S("@")) >= 0;
}

static void check_enum(struct walk *w, struct str pointer, const struct json *in,
		       const struct json *v)
{
	const struct json *list = json_get(in, "enum");

	if (!json_first(list) || json_count(list) >= WHOLE_ENUM || !json_is(v, JSON_STRING) ||
	    is_expression(v))
		return;
	JSON_EACH (one, list)
		if (!json_is(one, JSON_STRING) || str_eq_nocase(json_str(one), json_str(v)))
			return;
	tell(w, pointer, str_fmt(w->a, "%.*s takes none of the values that the connector names",
				 STR_ARG(json_get_str(in, "name"))));
}

static void check_given(struct walk *w, struct str pointer, const struct json *op,
			const struct json *parameters)
{
	JSON_EACH (p, parameters) {
		struct str name = json_name(p), at = below(w, pointer, name);
		const struct json *in = input(op, name);
		bool part = false;

		JSON_EACH (i, json_get(op, "inputs"))
			part = part || (str_starts_nocase(json_get_str(i, "name"), name) &&
					json_get_str(i, "name").n > name.n &&
					json_get_str(i, "name").p[name.n] == '/');
		if (in)
			check_enum(w, at, in, p);
		else if (!part && !holder(op, name) && !is_unseen(op, name))
			tell(w, at,
			     str_fmt(w->a, "%.*s has no parameter %.*s",
				     STR_ARG(json_get_str(op, "operationId")), STR_ARG(name)));
	}
}

static void check_operation(struct walk *w, struct str pointer, const struct json *op,
			    const struct json *parameters)
{
	if (json_get(op, "truncated"))
		return;
	check_given(w, pointer, op, parameters);
	JSON_EACH (in, json_get(op, "inputs"))
		if (json_is_true(json_get(in, "required")) && !json_get(in, "default") &&
		    !is_given(parameters, in))
			tell(w, pointer,
			     str_fmt(w->a, "%.*s needs the parameter %.*s",
				     STR_ARG(json_get_str(op, "operationId")),
				     STR_ARG(json_get_str(in, "name"))));
}

/* ---- tables of Dataverse ---- */

static bool is_set(const struct json *sets, struct str name)
{
	JSON_EACH (v, sets)
		if (str_eq_nocase(json_str(v), name))
			return true;
	return false;
}

/* Actions take the entity set (accounts), triggers the table (account). */
static void check_table(struct walk *w, struct str pointer, const struct json *parameters)
{
	const struct json *sets = w->facts->entity_sets ? w->facts->entity_sets(w->facts->arg) :
							   NULL;

	if (!json_first(sets))
		return;
	JSON_EACH (p, parameters) {
		struct str name = json_name(p), value = json_str(p);
		bool action = str_eq_nocase(name, S("entityName"));
		bool trigger = str_eq_nocase(name, S("subscriptionRequest/entityname"));

		if (!value.n || is_expression(p))
			continue;
		if (action && !is_set(sets, value))
			tell_rule(w, "CON12", below(w, pointer, name),
				  str_fmt(w->a, "%.*s is no entity set of the environment",
					  STR_ARG(value)));
		if (trigger && is_set(sets, value))
			tell_rule(w, "CON12", below(w, pointer, name),
				  str_fmt(w->a, "%.*s is an entity set; a trigger takes the name of the "
						"table",
					  STR_ARG(value)));
	}
}

static struct str last_part(struct str path)
{
	struct str part = path;

	while (str_cut(&path, '/', &part))
		;
	return part;
}

static void check_step(struct walk *w, struct str pointer, const struct json *step)
{
	const struct json *host = json_at(step, "/inputs/host"), *op;
	struct str id = json_get_str(host, "operationId"), api = json_get_str(host, "apiId");
	struct str at = below(w, below(w, pointer, S("inputs")), S("host"));
	bool known = false;

	if (!str_starts_nocase(json_get_str(step, "type"), S("OpenApiConnection")) || !id.n)
		return;
	if (!api.n)
		api = json_get_str(json_get_n(w->references, json_get_str(host, "connectionName")),
				   "id");
	api = str_lower(w->a, last_part(api));
	if (!api.n || is_expression(json_get(host, "operationId")))
		return;
	if (str_eq(api, S("shared_commondataserviceforapps")))
		check_table(w, below(w, below(w, pointer, S("inputs")), S("parameters")),
			    json_at(step, "/inputs/parameters"));
	op = w->facts->operation(w->facts->arg, api, id, &known);
	if (op)
		check_operation(w, below(w, below(w, pointer, S("inputs")), S("parameters")), op,
				json_at(step, "/inputs/parameters"));
	else if (known)
		tell(w, below(w, at, S("operationId")),
		     str_fmt(w->a, "the connector %.*s has no operation %.*s", STR_ARG(api),
			     STR_ARG(id)));
}

/* ---- the walk ---- */

static void check_steps(struct walk *w, struct str pointer, const struct json *steps,
			unsigned depth);

static void check_inside(struct walk *w, struct str pointer, const struct json *step,
			 unsigned depth)
{
	static const char *const branches[] = { "else", "default" };
	struct str cases = below(w, pointer, S("cases"));

	check_steps(w, below(w, pointer, S("actions")), json_get(step, "actions"), depth);
	for (size_t i = 0; i < sizeof(branches) / sizeof(*branches); i++)
		check_steps(w,
			    below(w, below(w, pointer, str_from(branches[i])), S("actions")),
			    json_get(json_get(step, branches[i]), "actions"), depth);
	JSON_EACH (one, json_get(step, "cases"))
		check_steps(w, below(w, below(w, cases, json_name(one)), S("actions")),
			    json_get(one, "actions"), depth);
}

static void check_steps(struct walk *w, struct str pointer, const struct json *steps,
			unsigned depth)
{
	if (!json_is(steps, JSON_OBJECT) || depth > LIMIT_JSON_DEPTH)
		return;
	JSON_EACH (step, steps) {
		struct str at = below(w, pointer, json_name(step));

		check_step(w, at, step);
		check_inside(w, at, step, depth + 1);
	}
}

void lint_connectors(struct arena *a, struct lint_report *report, const struct json *document,
		     const struct lint_facts *facts)
{
	static const char *const places[] = { "/properties/definition", "/definition", "" };
	struct walk w = { .a = a, .report = report, .facts = facts };

	/* Inside a text of JSON there are no pointers to give. */
	if (!report->usable || report->within.n)
		return;
	w.references = json_at(document, "/properties/connectionReferences");
	if (!w.references)
		w.references = json_get(document, "connectionReferences");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct json *d = json_at(document, places[i]);
		struct str at = str_from(places[i]);

		if (!json_is(json_get(d, "actions"), JSON_OBJECT))
			continue;
		check_steps(&w, below(&w, at, S("triggers")), json_get(d, "triggers"), 0);
		check_steps(&w, below(&w, at, S("actions")), json_get(d, "actions"), 0);
		return;
	}
}
