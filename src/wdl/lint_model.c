/*
 * lint_model.c - collects steps, scopes, runAfter, variables and references.
 *
 * Knows the skeleton of a definition; knows no rule.  Depth is bounded by the JSON parser.
 */
#include "wdl/lint_model.h"

#include <stdio.h>

#include "wdl/functions.h"
#include "wdl/parse.h"

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

bool lint_is(const struct lint_step *s, const char *type)
{
	return s && str_eq_nocase(s->type, str_from(type));
}

bool lint_is_container(const struct lint_step *s)
{
	return lint_is(s, "Scope") || lint_is(s, "If") || lint_is(s, "Foreach") ||
	       lint_is(s, "Until") || lint_is(s, "Switch");
}

bool lint_is_connector(const struct lint_step *s)
{
	return str_starts_nocase(s->type, S("OpenApiConnection")) ||
	       str_starts_nocase(s->type, S("ApiConnection"));
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

static size_t hash(struct str name)
{
	size_t h = 5381;

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		h = h * 33 + (c >= 'A' && c <= 'Z' ? c + 32u : c);
	}
	return h;
}

static size_t slot(const struct lint *l, struct str name)
{
	return hash(name) & (l->hash_size - 1);
}

struct lint_step *lint_find(const struct lint *l, struct str name)
{
	struct lint_step *near = NULL;

	for (struct lint_step *s = l->hash[slot(l, name)]; s; s = s->same_hash) {
		if (str_eq(s->name, name))
			return s;
		if (str_eq_nocase(s->name, name))
			near = s;
	}
	return near;
}

struct lint_variable *lint_variable(const struct lint *l, struct str name)
{
	for (struct lint_variable *v = l->buckets[hash(name) % LINT_BUCKETS]; v; v = v->same_hash)
		if (str_eq_nocase(v->name, name))
			return v;
	return NULL;
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

/* ---- steps ---- */

struct builder {
	struct lint *l;
	struct lint_step **steps;
	struct lint_scope **scopes;
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
	JSON_EACH(member, actions) {
		struct lint_step *s = step_new(b, member, pointer);
		struct str cases = lint_at(l, s->pointer, "cases");

		s->scope = scope;
		*scope->tail = s;
		scope->tail = &s->sibling;
		scope->count++;
		l->actions++;
		collect_branch(b, member, s->pointer, s);
		collect_branch(b, json_get(member, "else"), lint_at(l, s->pointer, "else"), s);
		JSON_EACH(one, json_get(member, "cases"))
			collect_branch(b, one, lint_at_n(l, cases, json_name(one)), s);
		collect_branch(b, json_get(member, "default"), lint_at(l, s->pointer, "default"), s);
	}
}

static void index_steps(struct lint *l)
{
	l->hash_size = 16;
	while (l->hash_size < 2 * (l->actions + l->triggers))
		l->hash_size *= 2;
	l->hash = arena_array(l->a, l->hash_size, sizeof(*l->hash));
	for (struct lint_step *s = l->steps; s; s = s->next) {
		size_t at = slot(l, s->name);
		struct lint_step **end = &l->hash[at];

		while (*end)
			end = &(*end)->same_hash;
		*end = s;
	}
}

/* ---- runAfter ---- */

static struct lint_step *sibling(const struct lint *l, const struct lint_step *of, struct str name)
{
	for (struct lint_step *s = l->hash[slot(l, name)]; s; s = s->same_hash)
		if (s->scope == of->scope && str_eq_nocase(s->name, name))
			return s;
	return NULL;
}

static void edges(struct lint *l, struct lint_step *s)
{
	struct lint_edge **tail = &s->after;
	struct str base = lint_at(l, s->pointer, "runAfter");

	JSON_EACH(member, json_get(s->value, "runAfter")) {
		struct lint_edge *e = arena_alloc(l->a, sizeof(*e));

		e->member = member;
		e->pointer = lint_at_n(l, base, json_name(member));
		e->step = sibling(l, s, json_name(member));
		*tail = e;
		tail = &e->next;
	}
}

/* Depth-first with its own stack, so that a long chain costs no C stack. */
static void rank_from(struct lint_step **stack, struct lint_step *root)
{
	enum { NEW, OPEN, DONE };
	size_t n = 0;

	stack[n++] = root;
	root->cursor = root->after;
	while (n) {
		struct lint_step *s = stack[n - 1];
		struct lint_step *first = s->cursor ? s->cursor->step : NULL;

		s->mark = OPEN;
		if (!s->cursor) {
			s->mark = DONE;
			n--;
			continue;
		}
		if (first && first->mark == NEW) {
			first->cursor = first->after;
			stack[n++] = first;
			continue;
		}
		if (first && (first->mark == OPEN || first->cyclic))
			s->cyclic = true;
		else if (first && first->rank >= s->rank)
			s->rank = first->rank + 1;
		s->cursor = s->cursor->next;
	}
}

static void ranks(struct lint *l)
{
	l->stack = arena_array(l->a, l->actions + 1, sizeof(struct lint_step *));
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger && !s->mark)
			rank_from(l->stack, s);
	for (struct lint_step *s = l->steps; s; s = s->next)
		s->mark = 0;
}

static bool reaches(struct lint *l, struct lint_step *from, const struct lint_step *to)
{
	size_t n = 0;

	l->mark++;
	from->mark = l->mark;
	l->stack[n++] = from;
	while (n) {
		struct lint_step *s = l->stack[--n];

		for (struct lint_edge *e = s->after; e; e = e->next) {
			if (e->step == to)
				return true;
			if (!e->step || e->step->mark == l->mark ||
			    (e->step->rank <= to->rank && !e->step->cyclic))
				continue;
			e->step->mark = l->mark;
			l->stack[n++] = e->step;
		}
	}
	return false;
}

bool lint_before(struct lint *l, struct lint_step *target, struct lint_step *user)
{
	if (target->trigger)
		return true;
	if (!user || user->trigger)
		return false;
	for (struct lint_step *u = user; u; u = lint_parent(u)) {
		struct lint_step *t = target;

		while (t && t->scope != u->scope)
			t = lint_parent(t);
		if (!t)
			continue;
		return t != u && reaches(l, u, t);
	}
	return false;
}

/* ---- names ---- */

static void collect_variables(struct lint *l)
{
	struct lint_variable **tail = &l->variables;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str base = lint_at(l, lint_at(l, s->pointer, "inputs"), "variables");
		char digits[24];
		size_t i = 0;

		if (!lint_is(s, "InitializeVariable"))
			continue;
		JSON_EACH(row, json_get(s->inputs, "variables")) {
			struct lint_variable *v = arena_alloc(l->a, sizeof(*v));

			snprintf(digits, sizeof(digits), "%zu", i++);
			v->name = json_get_str(row, "name");
			v->type = json_get_str(row, "type");
			v->pointer = lint_at(l, base, digits);
			v->row = row;
			v->step = s;
			if (!lint_variable(l, v->name)) {
				v->same_hash = l->buckets[hash(v->name) % LINT_BUCKETS];
				l->buckets[hash(v->name) % LINT_BUCKETS] = v;
			}
			*tail = v;
			tail = &v->next;
		}
	}
}

static struct lint_step *step_of(const struct lint *l, const struct wdl_place *p)
{
	if (!p->step_value)
		return NULL;
	for (struct lint_step *s = l->hash[slot(l, p->step)]; s; s = s->same_hash)
		if (s->value == p->step_value)
			return s;
	return NULL;
}

static void collect_refs(struct lint *l)
{
	struct lint_ref **tail = &l->refs;

	for (struct wdl_place *p = l->places.first; p; p = p->next) {
		struct lint_step *user = step_of(l, p);

		for (struct wdl_part *part = p->template->first; part; part = part->next) {
			for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n)) {
				struct wdl_node *name = n->kind == WDL_CALL ? n->first : NULL;
				struct lint_ref *r;

				if (!n->function || n->function->refers == WDL_REF_NONE || !name ||
				    name->kind != WDL_STRING)
					continue;
				r = arena_alloc(l->a, sizeof(*r));
				r->place = p;
				r->node = n;
				r->function = n->function;
				r->name = name->text;
				r->user = user;
				if (n->function->refers != WDL_REF_VARIABLE &&
				    n->function->refers != WDL_REF_PARAMETER)
					r->target = lint_find(l, r->name);
				*tail = r;
				tail = &r->next;
			}
		}
	}
}

void lint_model_build(struct lint *l)
{
	struct json *actions = json_get(l->definition, "actions");
	struct json *triggers = json_get(l->definition, "triggers");
	struct builder b = { .l = l, .steps = &l->steps, .scopes = &l->scopes };

	if (json_is(triggers, JSON_OBJECT)) {
		JSON_EACH(member, triggers) {
			step_new(&b, member, lint_at(l, l->prefix, "triggers"))->trigger = true;
			l->triggers++;
		}
	}
	if (json_is(actions, JSON_OBJECT))
		collect(&b, actions, lint_at(l, l->prefix, "actions"), NULL);
	index_steps(l);
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger)
			edges(l, s);
	ranks(l);
	l->places = wdl_walk_definition(l->a, l->definition, l->prefix);
	collect_variables(l);
	collect_refs(l);
}
