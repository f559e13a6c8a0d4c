/*
 * edit_named.c - operations that name an action: insert, remove, move, wrap, rename, replace,
 * set a parameter.
 */
#include "base/limits.h"
#include "wdl/edit_int.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

/* ---- places ---- */

enum where { AFTER, BEFORE, INTO };

struct place {
	enum where where;
	struct edit_step *at; /* AFTER a trigger: the start of the flow */
	struct json *map;     /* the actions it goes to */
};

static struct json *actions_of(struct edit *x, struct json *branch)
{
	struct json *map = json_get(branch, "actions");

	return map ? map : json_set(x->a, branch, "actions", json_new_object(x->a));
}

static bool is_type(const struct json *step, const char *type)
{
	return str_eq_nocase(json_get_str(step, "type"), str_from(type));
}

/* The branch as an object that has actions, made where the type has one. */
static struct json *branch_of(struct edit *x, const struct edit_step *s, struct str name)
{
	static const char *const plain[] = { "Scope", "Foreach", "Until", "If", NULL };
	struct json *step = s->value, *cases = json_get(step, "cases");
	const char *other = is_type(step, "If") ? "else" : is_type(step, "Switch") ? "default" : "";
	bool takes = false;

	for (size_t i = 0; plain[i]; i++)
		takes = takes || is_type(step, plain[i]);
	if ((!name.n || str_eq(name, S("actions"))) && takes)
		return step;
	if (*other && str_eq(name, str_from(other))) {
		struct json *branch = json_get(step, other);

		return branch ? branch : json_set(x->a, step, other, json_new_object(x->a));
	}
	if (json_get_n(cases, name))
		return json_get_n(cases, name);
	if (!takes && !cases)
		edit_refuse(x, edit_pointer(x, s), S("Scope, Foreach, Until, If and Switch contain actions"),
			    "\"%.*s\" contains no actions", STR_ARG(json_name(step)));
	else if (cases)
		edit_refuse(x, edit_pointer(x, s),
			    str_fmt(x->a, "\"branch\" is \"default\" or the name of a case; %.*s",
				    STR_ARG(edit_hint(x, name, cases))),
			    "\"%.*s\" has no branch \"%.*s\"", STR_ARG(json_name(step)),
			    STR_ARG(str_first_utf8(name, 80)));
	else
		edit_refuse(x, edit_pointer(x, s),
			    *other ? S("\"branch\" is \"actions\" or \"else\"") :
				     S("\"branch\" is \"actions\" and may be left out"),
			    "\"%.*s\" has no branch \"%.*s\"", STR_ARG(json_name(step)),
			    STR_ARG(str_first_utf8(name, 80)));
	return NULL;
}

static bool find_place(struct edit *x, enum where where, const char *member, struct place *p)
{
	struct json *branch;

	p->where = where;
	p->at = edit_action(x, member, where == AFTER);
	if (!p->at)
		return false;
	p->map = p->at->map;
	if (p->at->trigger) {
		p->map = actions_of(x, x->definition);
	} else if (where == INTO) {
		branch = branch_of(x, p->at, json_get_str(x->op, "branch"));
		if (!branch)
			return false;
		if (!json_is(branch, JSON_OBJECT))
			return edit_refuse(x, edit_pointer(x, p->at), S(""),
					   "its branch is %s, not an object",
					   json_type_name(json_type(branch)));
		p->map = actions_of(x, branch);
	}
	if (json_is(p->map, JSON_OBJECT))
		return true;
	return edit_refuse(x, edit_pointer(x, p->at), S(""), "its actions are %s, not an object",
			   json_type_name(json_type(p->map)));
}

/* ---- inserting ---- */

/* `made` as it is given may say itself what it waits for. */
static bool wait_at(struct edit *x, const struct place *p, struct json *made)
{
	const struct json *own = json_get(made, "runAfter");
	struct json *after = json_new_object(x->a);
	bool after_step = p->where == AFTER && !p->at->trigger;

	if (json_first(own)) {
		if (!after_step)
			return edit_refuse(x, S(""), S("leave runAfter out: it is filled in"),
					   "what is put here waits for what was waited for here");
		JSON_EACH(e, own)
			if (wdl_same_nocase(json_name(e), json_name(p->at->value)))
				return true;
		return edit_refuse(x, S(""), S("leave runAfter out: it is filled in"),
				   "runAfter of the new action does not name \"%.*s\"",
				   STR_ARG(json_name(p->at->value)));
	}
	if (p->where == BEFORE)
		JSON_EACH(e, json_get(p->at->value, "runAfter"))
			json_add_n(x->a, after, json_name(e), json_copy(x->a, e));
	if (after_step)
		json_add_n(x->a, after, json_name(p->at->value), edit_succeeded(x));
	edit_set_after(x, made, after);
	return true;
}

/* Puts `made`, which has no parent, in its place. */
static bool insert(struct edit *x, const struct place *p, struct str name, struct json *made)
{
	struct json *next, *wait;

	if (!wait_at(x, p, made))
		return false;
	next = p->where == INTO || p->at->trigger ? json_first(p->map) :
	       p->where == BEFORE		     ? p->at->value :
						       json_next(p->at->value);
	refactor_insert(x->a, p->map, next, name, made);
	if (p->where == BEFORE) {
		wait = json_new_object(x->a);
		json_add_n(x->a, wait, name, edit_succeeded(x));
		edit_set_after(x, p->at->value, wait);
	} else if (p->where == INTO || p->at->trigger) {
		edit_follow_roots(x, p->map, made);
	} else {
		edit_follow(x, p->map, p->at->value, made);
	}
	return edit_no_cycle(x, p->map, made);
}

static bool insert_new(struct edit *x, enum where where)
{
	const struct json *value = json_get(x->op, "value");
	struct place p;
	struct str name;

	if (!json_is(value, JSON_OBJECT))
		return edit_refuse(x, S(""), S("such as {\"type\":\"Compose\",\"inputs\":1}"),
				   "an action is an object, not %s", json_type_name(json_type(value)));
	return edit_new_name(x, &name) && find_place(x, where, "action", &p) &&
	       insert(x, &p, name, json_copy(x->a, value));
}

bool edit_op_insert_after(struct edit *x)
{
	return insert_new(x, AFTER);
}

bool edit_op_insert_before(struct edit *x)
{
	return insert_new(x, BEFORE);
}

bool edit_op_insert_into(struct edit *x)
{
	return insert_new(x, INTO);
}

/* ---- removing and moving ---- */

bool edit_op_remove_action(struct edit *x)
{
	struct edit_step *s = edit_action(x, "action", false);

	if (!s || !edit_unfollow(x, s, false))
		return false;
	json_detach(s->map, s->value);
	return true;
}

static bool destination(struct edit *x, struct place *p)
{
	static const char *const members[] = { [AFTER] = "after", [BEFORE] = "before",
					       [INTO] = "into" };
	size_t given = 0;
	enum where where = AFTER;

	for (enum where w = AFTER; w <= INTO; w++) {
		if (!json_get(x->op, members[w]))
			continue;
		where = w;
		given++;
	}
	if (given != 1)
		return edit_refuse(x, S(""), S(""), "move takes one of \"after\", \"before\" and \"into\"");
	if (where != INTO && json_get(x->op, "branch"))
		return edit_refuse(x, S(""), S(""), "\"branch\" goes with \"into\"");
	return find_place(x, where, members[where], p);
}

bool edit_op_move(struct edit *x)
{
	struct edit_step *s = edit_action(x, "action", false);
	struct str name;
	struct place p;

	if (!s || !destination(x, &p))
		return false;
	for (const struct edit_step *o = p.at; o; o = o->owner)
		if (o == s)
			return edit_refuse(x, edit_pointer(x, s), S("name an action outside of it"),
					   "\"%.*s\" cannot be moved %s",
					   STR_ARG(json_name(s->value)),
					   p.at == s ? "next to itself" : "into itself");
	if (!edit_unfollow(x, s, s->map == p.map))
		return false;
	name = str_dup(x->a, json_name(s->value));
	json_detach(s->map, s->value);
	edit_set_after(x, s->value, json_new_object(x->a));
	return insert(x, &p, name, s->value);
}

/* ---- wrapping ---- */

struct wrap {
	struct edit *x;
	struct json *map;
	struct lint_map inside; /* by name, folded */
	struct json *scope, *after;
	struct str name;
	bool plain; /* all that is waited for outside is to have succeeded */
};

static bool is_inside(const struct wrap *w, struct str name)
{
	return lint_map_get(&w->inside, NULL, name) != NULL;
}

static bool gather(struct wrap *w)
{
	struct edit *x = w->x;

	w->inside.fold = true;
	if (!json_first(json_get(x->op, "actions")))
		return edit_refuse(x, S(""), S("name what is to be wrapped"), "\"actions\" is empty");
	JSON_EACH(v, json_get(x->op, "actions")) {
		struct edit_step *s = edit_action_n(x, json_str(v), false);

		if (!s)
			return false;
		if (w->map && w->map != s->map)
			return edit_refuse(x, edit_pointer(x, s),
					   S("wrap what stands side by side, or move it first"),
					   "\"%.*s\" stands in another container than the first",
					   STR_ARG(json_name(s->value)));
		w->map = s->map;
		lint_map_put(x->a, &w->inside, NULL, json_name(s->value), s->value);
	}
	return true;
}

/* The entries of `s` that name actions inside, or those that name others. */
static struct json *entries(struct wrap *w, const struct json *s, bool inside)
{
	struct json *out = json_new_object(w->x->a);

	JSON_EACH(e, json_get(s, "runAfter"))
		if (is_inside(w, json_name(e)) == inside)
			json_add_n(w->x->a, out, json_name(e), json_copy(w->x->a, e));
	return out;
}

static bool differ(struct wrap *w, const struct json *s)
{
	return edit_refuse(w->x, S(""), S("wrap only what waits for the same, or set runAfter first"),
			   "\"%.*s\" and others that would be wrapped wait for different outcomes",
			   STR_ARG(json_name(s)));
}

/* What the scope waits for: all that its actions wait for outside of it. */
static bool outside_of(struct wrap *w)
{
	struct json *first = NULL;
	bool same = true;

	w->plain = true;
	w->after = json_new_object(w->x->a);
	JSON_EACH(s, w->map) {
		struct json *out;

		if (!is_inside(w, json_name(s)))
			continue;
		out = entries(w, s, false);
		if (json_first(entries(w, s, true)))
			same = same && !json_first(out);
		else if (first)
			same = same && json_equal(first, out);
		else
			first = out;
		JSON_EACH(e, out) {
			struct json *there = json_get_n(w->after, json_name(e));

			w->plain = w->plain && edit_statuses(e) == EDIT_SUCCEEDED;
			if (there && edit_statuses(there) != edit_statuses(e))
				return differ(w, s);
			if (!there)
				json_add_n(w->x->a, w->after, json_name(e), json_copy(w->x->a, e));
		}
		if (!w->plain && !same)
			return differ(w, s);
	}
	return w->plain || same;
}

/* What waited for some of them waits for the scope. */
static bool follow_scope(struct wrap *w, struct json *s)
{
	struct json *after = json_new_object(w->x->a), *there;

	if (!json_first(entries(w, s, true)))
		return true;
	JSON_EACH(e, json_get(s, "runAfter")) {
		struct str name = is_inside(w, json_name(e)) ? w->name : json_name(e);

		there = json_get_n(after, name);
		if (there && edit_statuses(there) != edit_statuses(e))
			return differ(w, s);
		if (!there)
			json_add_n(w->x->a, after, name, json_copy(w->x->a, e));
	}
	edit_set_after(w->x, s, after);
	return true;
}

static void fill(struct wrap *w)
{
	struct arena *a = w->x->a;
	struct json *inner = json_new_object(a), *next;

	json_set_z(a, w->scope, "type", "Scope");
	json_set(a, w->scope, "actions", inner);
	json_set(a, w->scope, "runAfter", w->after);
	for (struct json *s = json_first(w->map); s; s = next) {
		struct str name = str_dup(a, json_name(s));

		next = json_next(s);
		if (s == w->scope || !is_inside(w, name))
			continue;
		edit_set_after(w->x, s, entries(w, s, true));
		json_detach(w->map, s);
		json_add_n(a, inner, name, s);
	}
}

bool edit_op_wrap(struct edit *x)
{
	struct wrap w = { .x = x };

	if (!edit_new_name(x, &w.name) || !gather(&w) || !outside_of(&w))
		return false;
	JSON_EACH(s, w.map)
		if (!is_inside(&w, json_name(s)) && !follow_scope(&w, s))
			return false;
	w.scope = json_new_object(x->a);
	JSON_EACH(s, w.map) {
		if (!is_inside(&w, json_name(s)))
			continue;
		refactor_insert(x->a, w.map, s, w.name, w.scope);
		break;
	}
	fill(&w);
	return edit_no_cycle(x, w.map, w.scope);
}

/* ---- names, expressions, parameters ---- */

static struct refactor_flow flow_of(struct edit *x)
{
	return (struct refactor_flow){ .document = x->definition, .root = x->definition,
				       .definition = x->definition, .prefix = S(""),
				       .references_at = S(""), .values_at = S("") };
}

static bool refactored(struct edit *x, struct str pointer, const struct refactor_result *r)
{
	return r->ok || edit_refuse(x, pointer, r->hint, "%.*s", STR_ARG(r->message));
}

bool edit_op_rename(struct edit *x)
{
	struct edit_step *s = edit_action(x, "action", false);
	struct refactor_flow f = flow_of(x);
	struct refactor_result r;

	if (!s)
		return false;
	r = refactor_rename(x->a, &f, REFACTOR_ACTION, str_dup(x->a, json_name(s->value)),
			    json_get_str(x->op, "name"));
	return refactored(x, edit_pointer(x, s), &r);
}

bool edit_op_replace(struct edit *x)
{
	struct refactor_flow f = flow_of(x);
	struct str step = S(""), at = S("");
	struct refactor_result r;

	if (json_get(x->op, "action")) {
		struct edit_step *s = edit_action(x, "action", true);

		if (!s)
			return false;
		step = str_dup(x->a, json_name(s->value));
		at = edit_pointer(x, s);
	}
	r = refactor_replace(x->a, &f, json_get_str(x->op, "expression"),
			     json_get_str(x->op, "replacement"), step);
	return refactored(x, at, &r);
}

static bool flow_parameter(struct edit *x, struct str name)
{
	struct json *all = json_get(x->definition, "parameters"), *one = json_get_n(all, name);

	if (name.n && name.p[0] == '$')
		return edit_refuse(x, S(""), S(""), "%.*s belongs to the service", STR_ARG(name));
	if (!json_is(one, JSON_OBJECT))
		return edit_refuse(x, S("/parameters"), edit_hint(x, name, all),
				   "the flow has no parameter \"%.*s\"",
				   STR_ARG(str_first_utf8(name, 120)));
	json_set(x->a, one, "defaultValue", json_copy(x->a, json_get(x->op, "value")));
	return true;
}

/* "item/Title" may stand so, or as Title inside of item. */
static bool set_nested(struct edit *x, struct json *all, struct str name)
{
	struct str rest = name, head;
	struct json *at = all, *old = json_get_n(all, name);

	while (!old && str_cut(&rest, '/', &head) && rest.p) {
		struct json *inner = json_get_n(at, head);

		if (!json_is(inner, JSON_OBJECT))
			break;
		at = inner;
		name = rest;
		old = json_get_n(at, name);
	}
	json_set_n(x->a, at, name, json_copy(x->a, json_get(x->op, "value")));
	return true;
}

bool edit_op_parameter(struct edit *x)
{
	struct str name = json_get_str(x->op, "parameter");
	struct json *inputs, *all;
	struct edit_step *s;

	if (!name.n)
		return edit_refuse(x, S(""), S(""), "\"parameter\" is empty");
	if (!json_get(x->op, "action"))
		return flow_parameter(x, name);
	s = edit_action(x, "action", true);
	if (!s)
		return false;
	inputs = json_get(s->value, "inputs");
	all = json_get(inputs, "parameters");
	/* A connector's action without parameters may have none yet. */
	if (!all && json_get(inputs, "host") && !json_get(inputs, "path"))
		all = json_set(x->a, inputs, "parameters", json_new_object(x->a));
	if (json_is(all, JSON_OBJECT))
		return set_nested(x, all, name);
	return edit_refuse(x, edit_pointer(x, s),
			   S("only actions of connectors have them: use set with the path of the input"),
			   "\"%.*s\" has no inputs.parameters", STR_ARG(json_name(s->value)));
}
