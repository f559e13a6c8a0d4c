/*
 * refactor_expression.c - an expression replaced wherever it stands, or moved to an action.
 *
 * Expressions are compared as trees.  Names and fixed keys are no expressions: a text that is
 * replaced stays where it names an action or a member.
 */
#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/print.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

struct match {
	struct match *next;
	const struct wdl_place *place;
	struct wdl_node *node;
	struct lint_step *step; /* NULL outside of steps */
};

struct search {
	struct arena *a;
	struct refactor_flow *f;
	struct lint *l;
	const struct wdl_template *pattern;
	struct str in; /* pointer of the step to stay in, or "" */
	struct match *first, **tail;
	size_t count, left;
	const char *why_left;
	struct refactor_result *out;
};

/* ---- trees ---- */

static struct str unsigned_number(struct str s)
{
	return s.n && s.p[0] == '+' ? str_from_at(s, 1) : s;
}

static bool names_something(const struct wdl_node *call)
{
	return call->function && call->function->refers != WDL_REF_NONE;
}

static bool same_tree(struct arena *a, const struct wdl_node *x, const struct wdl_node *y);

static bool same_children(struct arena *a, const struct wdl_node *x, const struct wdl_node *y)
{
	const struct wdl_node *p = x->first, *q = y->first;

	if (x->count != y->count)
		return false;
	if (p && x->kind == WDL_CALL && names_something(x) && p->kind == WDL_STRING &&
	    q->kind == WDL_STRING) {
		if (!wdl_same_nocase(p->text, q->text))
			return false;
		p = p->next;
		q = q->next;
	}
	for (; p && q; p = p->next, q = q->next)
		if (!same_tree(a, p, q))
			return false;
	return true;
}

static bool same_tree(struct arena *a, const struct wdl_node *x, const struct wdl_node *y)
{
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case WDL_NULL:
		return true;
	case WDL_BOOL:
		return x->yes == y->yes;
	case WDL_INT:
	case WDL_FLOAT:
		return str_eq(unsigned_number(x->text), unsigned_number(y->text));
	case WDL_STRING:
		return str_eq(x->text, y->text);
	case WDL_CALL:
		return x->function == y->function &&
		       (x->function || str_eq_nocase(x->text, y->text)) && same_children(a, x, y);
	case WDL_MEMBER:
		return x->safe == y->safe && same_children(a, x, y);
	case WDL_ERROR:
		break;
	}
	return false;
}

/* A text that names an action, or a key that is written out. */
static bool is_name(const struct wdl_node *n)
{
	const struct wdl_node *p = n->parent;

	if (!p || n->kind != WDL_STRING)
		return false;
	return (p->kind == WDL_CALL && names_something(p) && p->first == n) ||
	       (p->kind == WDL_MEMBER && wdl_key(p) == n);
}

/* ---- searching ---- */

static struct lint_step *step_of(const struct lint *l, const struct wdl_place *p)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (s->value == p->step_value)
			return s;
	return NULL;
}

static void look(struct search *s, const struct wdl_place *p, struct wdl_node *root)
{
	const struct wdl_node *wanted = s->pattern->first->node;
	struct wdl_node *n = root;

	while (n) {
		struct match *m;

		if (is_name(n) || !same_tree(s->a, wanted, n)) {
			n = wdl_walk_next(root, n);
			continue;
		}
		m = arena_alloc(s->a, sizeof(*m));
		m->place = p;
		m->node = n;
		m->step = step_of(s->l, p);
		*s->tail = m;
		s->tail = &m->next;
		s->count++;
		n = wdl_walk_over(root, n);
	}
}

static void leave(struct search *s, const char *why)
{
	s->left++;
	s->why_left = why;
}

static bool read_expression(struct search *s, struct str text, struct wdl_template **out)
{
	struct wdl_template *t = wdl_parse_expression(s->a, text);

	for (const struct wdl_error *e = t->errors; e; e = e->next)
		if (e->severity == WDL_SEV_ERROR)
			return refactor_refuse(s->a, s->out, str_c(s->a, e->instead),
					       "%.*s: %.*s (character %zu)",
					       STR_ARG(str_first_utf8(text, 200)),
					       STR_ARG(e->message), e->column);
	if (!t->first || !t->first->node)
		return refactor_refuse(s->a, s->out, "", "the expression is empty");
	*out = t;
	return true;
}

static bool limit_to(struct search *s, struct str step)
{
	struct lint_step *in;

	if (!step.n)
		return true;
	in = lint_find(s->l, step);
	if (!in)
		return refactor_refuse(s->a, s->out, "", "no action is called \"%.*s\"",
				       STR_ARG(str_first_utf8(step, 120)));
	s->in = in->pointer;
	return true;
}

/* Everything that is the same as the pattern. */
static bool search(struct search *s, struct str expression, struct str step)
{
	struct wdl_template *pattern;

	if (!read_expression(s, expression, &pattern) || !limit_to(s, step))
		return false;
	s->pattern = pattern;
	s->tail = &s->first;
	for (const struct wdl_place *p = s->l->places.first; p; p = p->next) {
		if (!json_pointer_within(p->pointer, s->in) || p->template->broken)
			continue;
		for (struct wdl_part *part = p->template->first; part; part = part->next)
			if (part->node)
				look(s, p, part->node);
	}
	if (s->count)
		return true;
	return refactor_refuse(s->a, s->out, "expressions are compared as trees: every argument "
			       "and every ? counts, white space and case of functions do not",
			       "%.*s stands nowhere%s%.*s", STR_ARG(str_first_utf8(expression, 200)),
			       step.n ? " in " : "", STR_ARG(step));
}

static struct search begin(struct arena *a, struct refactor_flow *f, struct refactor_result *out)
{
	return (struct search){ .a = a, .f = f, .l = refactor_model(a, f), .in = S(""),
				.why_left = "", .out = out };
}

static struct str text_of(struct arena *a, const struct wdl_template *t)
{
	struct buf b;

	buf_init_in(&b, a, t->source.n + 1);
	wdl_print_node(&b, t, t->first->node);
	return buf_str(&b);
}

/* Puts `text` in place of every match. */
static bool put(struct search *s, struct str text)
{
	const struct wdl_place **places =
		arena_array(s->a, s->count, sizeof(const struct wdl_place *));
	size_t count = 0;

	for (struct match *m = s->first; m; m = m->next) {
		wdl_rewrite(m->node, text);
		if (!count || places[count - 1] != m->place)
			places[count++] = m->place;
	}
	if (!refactor_keys_apart(s->a, s->f->root, places, count, s->out))
		return false;
	refactor_write(s->a, s->f->root, places, count);
	return true;
}

struct refactor_result refactor_replace(struct arena *a, struct refactor_flow *f,
					struct str expression, struct str replacement,
					struct str step)
{
	struct refactor_result out = { 0 };
	struct search s = begin(a, f, &out);
	struct wdl_template *by;

	if (!read_expression(&s, replacement, &by) || !search(&s, expression, step) ||
	    !put(&s, text_of(a, by)))
		return out;
	out.ok = true;
	out.changed = s.count;
	return out;
}

/* ---- extracting ---- */

static bool depends_on(const struct wdl_template *t, enum wdl_depends what)
{
	const struct wdl_node *root = t->first->node;

	for (struct wdl_node *n = t->first->node; n; n = wdl_walk_next(root, n))
		if (n->kind == WDL_CALL && n->function && n->function->depends == what)
			return true;
	return false;
}

static bool calls(const struct wdl_template *t, const char *name)
{
	for (struct wdl_node *n = t->first->node; n; n = wdl_walk_next(t->first->node, n))
		if (wdl_is_call(n, name))
			return true;
	return false;
}

/* The Foreach whose item() a step in `scope` sees, or NULL. */
static struct lint_step *loop_around(const struct lint_scope *scope)
{
	for (struct lint_step *s = scope ? scope->owner : NULL; s; s = lint_parent(s))
		if (lint_is(s, "Foreach"))
			return s;
	return NULL;
}

static const char *why_not(const struct search *s, const struct match *m)
{
	struct str at = m->place->pointer;

	if (!m->step || m->step->trigger)
		return "outside of the actions nothing can be read of an action";
	/* It is evaluated after each pass, not before the first. */
	if (lint_is(m->step, "Until") &&
	    !json_pointer_within(at, lint_at(s->l, m->step->pointer, "actions")))
		return "the condition of an Until is evaluated after its actions";
	if (calls(s->pattern, "item") && (lint_is(m->step, "Query") || lint_is(m->step, "Select") ||
					  lint_is(m->step, "Table") || !loop_around(m->step->scope)))
		return "item() of a data operation exists only inside of it";
	return NULL;
}

/* Drops the matches that cannot read an action. */
static bool keep_readable(struct search *s)
{
	struct match **at = &s->first;

	while (*at) {
		const char *why = why_not(s, *at);

		if (!why) {
			at = &(*at)->next;
			continue;
		}
		leave(s, why);
		s->count--;
		*at = (*at)->next;
	}
	return s->count || refactor_refuse(s->a, s->out, "", "it cannot be made an action: %s",
					   s->why_left);
}

/* The step of `scope` that is or contains `s`, or NULL. */
static struct lint_step *ancestor_in(const struct lint_scope *scope, struct lint_step *s)
{
	while (s && s->scope != scope)
		s = lint_parent(s);
	return s;
}

static struct lint_scope *common_scope(const struct search *s)
{
	struct lint_scope *scope = s->first->step->scope;

	for (const struct match *m = s->first; m; m = m->next)
		while (!ancestor_in(scope, m->step))
			scope = scope->owner->scope;
	return scope;
}

static bool encloses(const struct lint_step *loop, const struct lint_scope *scope)
{
	return scope->owner && (scope->owner == loop || lint_encloses(loop, scope->owner));
}

/* What the expression sees must be the same in the scope of the new action. */
static bool sees_the_same(struct search *s, const struct lint_scope *scope)
{
	const struct wdl_node *root = s->pattern->first->node;

	for (struct wdl_node *n = s->pattern->first->node; n; n = wdl_walk_next(root, n)) {
		enum wdl_refers r = n->function ? n->function->refers : WDL_REF_NONE;
		const struct lint_step *loop;

		if (r != WDL_REF_LOOP && r != WDL_REF_UNTIL)
			continue;
		loop = n->first && n->first->kind == WDL_STRING ?
			       lint_find(s->l, n->first->text) : NULL;
		if (!loop || !encloses(loop, scope))
			return refactor_refuse(s->a, s->out, "",
					       "it does not stand inside the loop that it reads");
	}
	if (calls(s->pattern, "item"))
		for (const struct match *m = s->first; m; m = m->next)
			if (loop_around(m->step->scope) != loop_around(scope))
				return refactor_refuse(s->a, s->out, "name one action to stay in",
						       "item() is of several loops");
	return true;
}

static bool is_stable(struct search *s)
{
	bool changes = depends_on(s->pattern, WDL_ON_CLOCK) ||
		       depends_on(s->pattern, WDL_ON_CHANCE) || calls(s->pattern, "variables");

	if (calls(s->pattern, "action") || depends_on(s->pattern, WDL_ON_SERVICE))
		return refactor_refuse(s->a, s->out, "",
				       "it means something else in every action");
	for (const struct match *m = s->first; changes && m; m = m->next)
		if (m->step != s->first->step)
			return refactor_refuse(s->a, s->out, "name one action to stay in",
					       "its value may differ between %.*s and %.*s",
					       STR_ARG(s->first->step->name),
					       STR_ARG(m->step->name));
	return true;
}

/* ---- the place of the new action ---- */

static bool only_success(const struct json *statuses)
{
	return json_count(statuses) == 1 &&
	       str_eq_nocase(json_str(json_first(statuses)), S("Succeeded"));
}

/* `later` runs only when `first` has succeeded. */
static bool needs_success(struct lint *l, const struct lint_step *first, struct lint_step *later)
{
	size_t n = 0;

	l->mark++;
	l->stack[n++] = later;
	later->mark = l->mark;
	while (n) {
		const struct lint_step *s = l->stack[--n];

		if (s == first)
			return true;
		for (const struct lint_edge *e = s->after; e; e = e->next) {
			if (!e->step || e->step->mark == l->mark || !only_success(e->member))
				continue;
			e->step->mark = l->mark;
			l->stack[n++] = e->step;
		}
	}
	return false;
}

struct anchors {
	struct lint_step **at; /* before each of them the new action goes */
	size_t count;
};

static bool is_first(struct search *s, const struct lint_scope *scope, struct lint_step *t)
{
	for (const struct match *m = s->first; m; m = m->next) {
		struct lint_step *o = ancestor_in(scope, m->step);

		if (o != t && lint_before(s->l, o, t))
			return false;
	}
	return true;
}

static bool has(const struct anchors *x, const struct lint_step *t)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->at[i] == t)
			return true;
	return false;
}

static bool no_place(struct search *s, const struct lint_step *t)
{
	return refactor_refuse(s->a, s->out, "name one action to stay in",
			       "no action can stand before all that use it: %.*s would not surely "
			       "have its value", STR_ARG(t->name));
}

static bool find_anchors(struct search *s, const struct lint_scope *scope, struct anchors *x)
{
	x->at = arena_array(s->a, s->count, sizeof(*x->at));
	for (const struct match *m = s->first; m; m = m->next) {
		struct lint_step *t = ancestor_in(scope, m->step);

		if (!has(x, t) && is_first(s, scope, t))
			x->at[x->count++] = t;
	}
	if (!x->count)
		return no_place(s, s->first->step);
	for (size_t i = 1; i < x->count; i++)
		if (!json_equal(json_get(x->at[0]->value, "runAfter"),
				json_get(x->at[i]->value, "runAfter")))
			return no_place(s, x->at[i]);
	for (const struct match *m = s->first; m; m = m->next) {
		struct lint_step *t = ancestor_in(scope, m->step);
		bool sure = false;

		for (size_t i = 0; i < x->count && !sure; i++)
			sure = t == x->at[i] || needs_success(s->l, x->at[i], t);
		if (!sure)
			return no_place(s, t);
	}
	return true;
}

void refactor_insert(struct arena *a, struct json *actions, const struct json *next,
		     struct str name, struct json *made)
{
	size_t count = json_count(actions), n = 0;
	struct json **tail = arena_array(a, count + 1, sizeof(*tail));
	/* A member that is taken out loses its name. */
	struct str *names = arena_array(a, count + 1, sizeof(*names));
	bool found = false;

	JSON_EACH(member, actions) {
		found = found || member == next;
		if (!found)
			continue;
		names[n] = json_name(member);
		tail[n++] = member;
	}
	for (size_t i = 0; i < n; i++)
		json_detach(actions, tail[i]);
	json_add_n(a, actions, name, made);
	for (size_t i = 0; i < n; i++)
		json_add_n(a, actions, names[i], tail[i]);
}

static struct json *compose(struct search *s, const struct lint_step *before)
{
	struct json *made = json_new_object(s->a);
	const struct json *after = json_get(before->value, "runAfter");

	json_set_z(s->a, made, "type", "Compose");
	json_set_str(s->a, made, "inputs",
		     str_fmt(s->a, "@%.*s", STR_ARG(text_of(s->a, s->pattern))));
	json_set(s->a, made, "runAfter",
		 after ? json_copy(s->a, after) : json_new_object(s->a));
	return made;
}

static void wait_for(struct arena *a, struct json *step, struct str name)
{
	struct json *after = json_new_object(a), *statuses = json_new_array(a);

	json_push(statuses, json_new_z(a, "Succeeded"));
	json_add_n(a, after, name, statuses);
	json_set(a, step, "runAfter", after);
}

static bool is_literal(const struct wdl_node *n)
{
	return n->kind != WDL_CALL && n->kind != WDL_MEMBER;
}

static struct str read_of(struct arena *a, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, 2 * name.n + 16);
	buf_addz(&b, "outputs(");
	wdl_print_quoted(&b, name);
	buf_addc(&b, ')');
	return buf_str(&b);
}

struct refactor_result refactor_extract(struct arena *a, struct refactor_flow *f,
					struct str expression, struct str wanted, struct str step)
{
	struct refactor_result out = { 0 };
	struct search s = begin(a, f, &out);
	struct anchors anchors = { 0 };
	struct lint_scope *scope;
	struct str name;
	struct json *made;

	if (!refactor_legal(a, REFACTOR_ACTION, wanted, &name, &out) ||
	    !refactor_free(a, f, s.l, REFACTOR_ACTION, name, &out) ||
	    !search(&s, expression, step))
		return out;
	if (is_literal(s.pattern->first->node)) {
		refactor_refuse(a, &out, "", "a literal needs no action");
		return out;
	}
	if (!keep_readable(&s) || !is_stable(&s))
		return out;
	scope = common_scope(&s);
	if (!sees_the_same(&s, scope) || !find_anchors(&s, scope, &anchors))
		return out;
	made = compose(&s, anchors.at[0]);
	if (!put(&s, read_of(a, name)))
		return out;
	for (size_t i = 0; i < anchors.count; i++)
		wait_for(a, anchors.at[i]->value, name);
	refactor_insert(a, json_at_n(f->root, scope->pointer), anchors.at[0]->value, name, made);
	out.ok = true;
	out.name = name;
	out.pointer = lint_at_n(s.l, scope->pointer, name);
	out.changed = s.count;
	out.left = s.left;
	out.why_left = str_from(s.why_left);
	return out;
}
