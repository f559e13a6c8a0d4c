/*
 * lint_model.c - collects steps, scopes, runAfter, variables and references.
 *
 * Knows the skeleton of a definition; knows no rule.  Depth is bounded by the JSON parser.
 */
#include "wdl/lint_model.h"

#include "wdl/functions.h"

/* Two texts behind each other. */
static struct str join(const struct lint *l, struct str one, struct str two)
{
	char *p = arena_alloc(l->a, one.n + two.n + 1);

	memcpy(p, one.p, one.n);
	memcpy(p + one.n, two.p, two.n);
	return str_n(p, one.n + two.n);
}

struct str lint_at_n(const struct lint *l, struct str base, struct str token)
{
	struct buf b;

	buf_init_in(&b, l->a, base.n + token.n * 2 + 2);
	buf_adds(&b, base);
	json_pointer_add(&b, token);
	return buf_str(&b);
}

struct str lint_at(const struct lint *l, struct str base, const char *token)
{
	return lint_at_n(l, base, str_from(token));
}

struct str lint_at_i(const struct lint *l, struct str base, size_t index)
{
	return str_fmt(l->a, "%.*s/%zu", STR_ARG(base), index);
}

struct str lint_in(const struct lint *l, const struct lint_step *s, const char *below)
{
	return join(l, s->pointer, str_from(below));
}

bool lint_among(struct str s, const char *const *names)
{
	/* Most names differ in the first letter. */
	for (; *names; names++)
		if (s.n && ((s.p[0] ^ **names) & ~32) == 0 && str_eq_nocase(s, str_from(*names)))
			return true;
	return false;
}

bool lint_is_container(const struct lint_step *s)
{
	return lint_is(s, "Scope") || lint_is(s, "If") || lint_is(s, "Foreach") ||
	       lint_is(s, "Until") || lint_is(s, "Switch");
}

struct str lint_last_part(struct str s)
{
	for (size_t i = s.n; i--;)
		if (s.p[i] == '/')
			return str_from_at(s, i + 1);
	return s;
}

/* The first text in apostrophes that begins with shared_. */
static struct str quoted_api(struct str s)
{
	ptrdiff_t at = str_find(s, S("'shared_"));
	struct str name = str_from_at(s, (size_t)at + 1);

	return at < 0 ? str_from("") : str_first(name, (size_t)str_find_char(name, '\''));
}

static struct str api(const struct lint *l, const struct lint_step *s)
{
	struct json *host = json_get(s->inputs, "host");
	struct str name = lint_last_part(json_get_str(host, "apiId")), key;
	struct json *ref;

	if (name.n || !host)
		return name;
	key = quoted_api(json_str(json_at(host, "/connection/name")));
	ref = lint_reference(l, key.n ? key : json_get_str(host, "connectionName"));
	name = lint_last_part(json_get_str(ref, "id"));
	if (!name.n)
		name = json_str(json_at(ref, "/api/name"));
	return name.n ? name : key;
}

static struct str operation(const struct lint_step *s)
{
	static const char older[] = "/metadata/flowSystemMetadata/swaggerOperationId";
	struct str op = json_str(json_at(s->inputs, "/host/operationId"));

	return op.n ? op : json_str(json_at(s->value, older));
}

static void name_operations(struct lint *l)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		s->connector = str_starts_nocase(s->type, S("OpenApiConnection")) ||
			       str_starts_nocase(s->type, S("ApiConnection"));
		if (!s->connector)
			continue;
		s->api = api(l, s);
		s->operation = operation(s);
	}
}

struct json *lint_argument(const struct lint_step *s, const char *name)
{
	static const char *const where[] = { "parameters", "queries", "body" };
	struct json *v = NULL;

	for (size_t i = 0; !v && i < 3; i++)
		v = json_get(json_get(s->inputs, where[i]), name);
	return v;
}

bool lint_path_ends(const struct lint_step *s, const char *end)
{
	return str_ends_nocase(json_get_str(s->inputs, "path"), str_from(end));
}

bool lint_is_local(const struct lint_step *s)
{
	static const char *const types[] = {
		"Compose", "ParseJson", "Select", "Query", "Join", "Table", "InitializeVariable",
		"SetVariable", "IncrementVariable", "DecrementVariable", "AppendToArrayVariable",
		"AppendToStringVariable", "Expression", "Wait", "Terminate", NULL,
	};

	return lint_among(s->type, types);
}

struct lint_step *lint_parent(const struct lint_step *s)
{
	return s && s->scope ? s->scope->owner : NULL;
}

bool lint_encloses(const struct lint_step *outer, const struct lint_step *inner)
{
	for (inner = lint_parent(inner); inner; inner = lint_parent(inner))
		if (inner == outer)
			return true;
	return false;
}

struct lint_step *lint_first(const struct lint *l, struct str name)
{
	return lint_map_get(&l->folded, NULL, name);
}

struct lint_step *lint_find(const struct lint *l, struct str name)
{
	struct lint_step *s = lint_map_get(&l->exact, NULL, name);

	return s ? s : lint_first(l, name);
}

struct lint_variable *lint_variable(const struct lint *l, struct str name)
{
	return lint_map_get(&l->variable_names, NULL, name);
}

struct json *lint_parameter(const struct lint *l, struct str name)
{
	return lint_map_get(&l->parameter_names, NULL, name);
}

struct json *lint_reference(const struct lint *l, struct str name)
{
	return lint_map_get(&l->reference_names, NULL, name);
}

bool lint_is_expression(const struct json *v)
{
	struct str s = json_str(v);

	return s.n > 1 && s.p[0] == '@' && s.p[1] != '@' && s.p[1] != '{';
}

bool lint_is_interpolated(const struct json *v)
{
	return str_find(json_str(v), S("@{")) >= 0;
}

bool lint_is_dynamic(const struct json *v)
{
	return lint_is_expression(v) || lint_is_interpolated(v);
}

/* ---- steps ---- */

struct builder {
	struct lint *l;
	struct lint_step **steps;
	struct lint_scope **scopes;
	struct lint_spot **spots;
	struct lint_ref **refs;
};

static void collect(struct builder *b, struct json *actions, struct str pointer,
		    struct lint_step *owner);

static void collect_branch(struct builder *b, struct json *branch, struct str pointer,
			   struct lint_step *owner)
{
	struct json *actions = json_get(branch, "actions");

	if (json_is(actions, JSON_OBJECT))
		collect(b, actions, lint_at(b->l, pointer, "actions"), owner);
}

static struct lint_step *step_new(struct builder *b, struct json *member, struct str pointer)
{
	struct lint_step *s = arena_alloc(b->l->a, sizeof(*s));

	s->name = json_name(member);
	s->pointer = lint_at_n(b->l, pointer, s->name);
	s->value = member;
	s->type = json_get_str(member, "type");
	s->inputs = json_get(member, "inputs");
	*b->steps = s;
	b->steps = &s->next;
	return s;
}

static void collect(struct builder *b, struct json *actions, struct str pointer,
		    struct lint_step *owner)
{
	struct lint *l = b->l;
	struct lint_scope *scope = arena_alloc(l->a, sizeof(*scope));

	scope->owner = owner;
	scope->pointer = pointer;
	scope->tail = &scope->first;
	scope->depth = owner ? owner->scope->depth + 1 : 0;
	*b->scopes = scope;
	b->scopes = &scope->next;
	if (owner) {
		scope->next_of_owner = owner->scopes;
		owner->scopes = scope;
	}
	JSON_EACH(member, actions) {
		struct lint_step *s = step_new(b, member, pointer);
		s->scope = scope;
		*scope->tail = s;
		scope->tail = &s->sibling;
		scope->count++;
		l->actions++;
		collect_branch(b, member, s->pointer, s);
		if (json_get(member, "else"))
			collect_branch(b, json_get(member, "else"), lint_in(l, s, "/else"), s);
		JSON_EACH(one, json_get(member, "cases"))
			collect_branch(b, one, lint_at_n(l, lint_in(l, s, "/cases"), json_name(one)),
				       s);
		if (json_get(member, "default"))
			collect_branch(b, json_get(member, "default"), lint_in(l, s, "/default"), s);
	}
}

static void index_steps(struct lint *l)
{
	l->folded.fold = l->in_scope.fold = true;
	for (struct lint_step *s = l->steps; s; s = s->next) {
		lint_map_put(l->a, &l->exact, NULL, s->name, s);
		lint_map_put(l->a, &l->folded, NULL, s->name, s);
		lint_map_put(l->a, &l->values, s->value, str_from(""), s);
		if (!s->trigger)
			lint_map_put(l->a, &l->in_scope, s->scope, s->name, s);
	}
}

static void index_parameters(struct lint *l)
{
	static const char *const logical[] = { "/connectionReferenceLogicalName",
					       "/connection/connectionReferenceLogicalName" };

	l->parameter_names.fold = l->reference_names.fold = true;
	JSON_EACH(p, json_get(l->definition, "parameters"))
		lint_map_put(l->a, &l->parameter_names, NULL, json_name(p), p);
	l->connection_names.fold = true;
	JSON_EACH(ref, l->references) {
		lint_map_put(l->a, &l->reference_names, NULL, json_name(ref), ref);
		if (json_get_str(ref, "connectionName").n)
			lint_map_put(l->a, &l->connection_names, NULL,
				     json_get_str(ref, "connectionName"), ref);
	}
	JSON_EACH(ref, l->references)
		for (size_t i = 0; i < 2; i++)
			if (json_str(json_at(ref, logical[i])).n)
				lint_map_put(l->a, &l->reference_names, NULL,
					     json_str(json_at(ref, logical[i])), ref);
}

/* ---- names ---- */

static void collect_variables(struct lint *l)
{
	struct lint_variable **tail = &l->variables;

	l->variable_names.fold = true;
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str base;
		size_t i = 0;

		if (!lint_is(s, "InitializeVariable"))
			continue;
		base = lint_in(l, s, "/inputs/variables");
		JSON_EACH(row, json_get(s->inputs, "variables")) {
			struct lint_variable *v = arena_alloc(l->a, sizeof(*v));

			v->name = json_get_str(row, "name");
			v->type = json_get_str(row, "type");
			v->pointer = lint_at_i(l, base, i++);
			v->row = row;
			v->step = s;
			lint_map_put(l->a, &l->variable_names, NULL, v->name, v);
			*tail = v;
			tail = &v->next;
		}
	}
}

static void collect_ref(struct builder *b, struct lint_spot *spot, struct wdl_node *n)
{
	struct wdl_node *name = n->kind == WDL_CALL ? n->first : NULL;
	struct lint *l = b->l;
	struct lint_ref *r;

	if (!n->function || n->function->refers == WDL_REF_NONE || !name ||
	    name->kind != WDL_STRING)
		return;
	r = arena_alloc(l->a, sizeof(*r));
	r->place = spot->place;
	r->node = n;
	r->function = n->function;
	r->name = name->text;
	r->user = spot->step;
	if (n->function->refers != WDL_REF_VARIABLE && n->function->refers != WDL_REF_PARAMETER)
		r->target = lint_find(l, r->name);
	if (r->user) {
		r->next_of_step = r->user->refs;
		r->user->refs = r;
	}
	*b->refs = r;
	b->refs = &r->next;
}

static void collect_refs(struct builder *b)
{
	struct lint *l = b->l;

	for (struct wdl_place *p = l->places.first; p; p = p->next) {
		struct lint_spot *spot = arena_alloc(l->a, sizeof(*spot));
		struct lint_step *s = NULL;

		if (p->step_value)
			s = lint_map_get(&l->values, p->step_value, str_from(""));

		spot->place = p;
		spot->step = s;
		spot->injected = s && s->connector &&
				 str_starts(str_from_at(p->pointer, s->pointer.n),
					    S("/inputs/authentication"));
		if (s) {
			spot->next_of_step = s->spots;
			s->spots = spot;
		}
		*b->spots = spot;
		b->spots = &spot->next;
		for (struct wdl_part *part = p->template->first; part; part = part->next)
			for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n))
				collect_ref(b, spot, n);
	}
}

void lint_model_build(struct lint *l)
{
	struct json *actions = json_get(l->definition, "actions");
	struct json *triggers = json_get(l->definition, "triggers");
	struct builder b = { .l = l, .steps = &l->steps, .scopes = &l->scopes,
			     .spots = &l->spots, .refs = &l->refs };

	if (json_is(triggers, JSON_OBJECT)) {
		JSON_EACH(member, triggers) {
			step_new(&b, member, lint_at(l, l->prefix, "triggers"))->trigger = true;
			l->triggers++;
		}
	}
	if (json_is(actions, JSON_OBJECT))
		collect(&b, actions, lint_at(l, l->prefix, "actions"), NULL);
	index_steps(l);
	index_parameters(l);
	name_operations(l);
	lint_order_build(l);
	l->places = wdl_walk_definition(l->a, l->definition, l->prefix);
	collect_variables(l);
	collect_refs(&b);
}
