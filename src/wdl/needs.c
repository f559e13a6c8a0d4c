/*
 * needs.c - walks an expression, and the expressions of the definition that it depends on.
 */
#include "wdl/needs.h"

#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

struct state {
	struct arena *a;
	struct lint *l; /* NULL without a definition */
	struct wdl_needs out;
	struct wdl_need **actions;
	struct wdl_need_loop **loops;
	struct wdl_need_name **variables, **parameters, **results;
	struct loop_seen {
		struct loop_seen *next;
		struct str name;
	} *seen;
};

static void look(struct state *s, const struct wdl_template *t);

static struct lint_step *step_of(const struct state *s, struct str name)
{
	return s->l ? lint_find(s->l, name) : NULL;
}

static bool is_loop(const struct lint_step *s)
{
	return lint_is(s, "Foreach") || lint_is(s, "Until");
}

static unsigned levels_of(const struct lint_step *s)
{
	unsigned n = 0;

	for (const struct lint_step *p = lint_parent(s); p; p = lint_parent(p))
		n += is_loop(p);
	return n;
}

static void need_action(struct state *s, struct str name, bool inputs, bool outputs)
{
	struct lint_step *step = step_of(s, name);
	struct wdl_need *n = s->out.actions;

	while (n && !wdl_same_nocase(n->name, name))
		n = n->next;
	if (!n) {
		n = arena_alloc(s->a, sizeof(*n));
		n->known = step && !step->trigger;
		n->name = n->known ? step->name : name;
		n->container = n->known && lint_is_container(step);
		n->levels = n->known ? levels_of(step) : 0;
		*s->actions = n;
		s->actions = &n->next;
		s->out.count++;
	}
	n->inputs = n->inputs || inputs;
	n->outputs = n->outputs || outputs;
}

static struct wdl_need_name *need_name(struct state *s, struct wdl_need_name *list,
				       struct wdl_need_name ***tail, struct str name, bool *fresh)
{
	struct wdl_need_name *n = list;

	while (n && !wdl_same_nocase(n->name, name))
		n = n->next;
	*fresh = !n;
	if (n)
		return n;
	n = arena_alloc(s->a, sizeof(*n));
	n->name = name;
	n->action = S("");
	**tail = n;
	*tail = &n->next;
	return n;
}

/* ---- what names stand for ---- */

static void need_variable(struct state *s, struct str name)
{
	bool fresh;
	struct wdl_need_name *n = need_name(s, s->out.variables, &s->variables, name, &fresh);

	if (!fresh || !s->l)
		return;
	for (const struct lint_variable *v = s->l->variables; v; v = v->next)
		if (wdl_same_nocase(v->name, name)) {
			n->row = v->row;
			n->action = v->step->name;
		}
	for (const struct lint_step *x = s->l->steps; x; x = x->next)
		if (refactor_writes(x) && wdl_same_nocase(json_get_str(x->inputs, "name"), name))
			n->changes = true;
	if (n->row && !n->changes)
		need_action(s, n->action, true, false);
}

static void need_parameter(struct state *s, struct str name)
{
	bool fresh;
	struct wdl_need_name *n = need_name(s, s->out.parameters, &s->parameters, name, &fresh);

	if (fresh && s->l)
		JSON_EACH(member, json_get(s->l->definition, "parameters"))
			if (wdl_same_nocase(json_name(member), name))
				n->row = member;
}

static void need_result(struct state *s, struct str name)
{
	bool fresh;
	struct wdl_need_name *n = need_name(s, s->out.results, &s->results, name, &fresh);
	const struct lint_step *owner = step_of(s, name);

	if (!fresh || !owner)
		return;
	n->children = json_new_array(s->a);
	for (const struct lint_step *x = s->l->steps; x; x = x->next)
		if (x->scope && x->scope->owner == owner) {
			json_push(n->children, json_new_str(s->a, x->name));
			need_action(s, x->name, true, true);
		}
}

static bool first_time(struct state *s, struct str name)
{
	struct loop_seen *x = s->seen;

	while (x && !wdl_same_nocase(x->name, name))
		x = x->next;
	if (x)
		return false;
	x = arena_alloc(s->a, sizeof(*x));
	x->name = name;
	x->next = s->seen;
	s->seen = x;
	return true;
}

static void need_loop(struct state *s, struct str name)
{
	struct lint_step *step = step_of(s, name);
	struct wdl_need_loop *n;
	struct json *list;

	if (!first_time(s, name))
		return;
	list = step ? json_get(step->value, "foreach") : NULL;
	/* What the list is made of comes before it, outer loops with it. */
	if (json_is(list, JSON_STRING))
		look(s, wdl_parse(s->a, json_str(list)));
	n = arena_alloc(s->a, sizeof(*n));
	n->name = step ? step->name : name;
	n->known = is_loop(step);
	n->level = step ? levels_of(step) : 0;
	n->list = list;
	*s->loops = n;
	s->loops = &n->next;
}

/* ---- expressions ---- */

/* actions('X') and trigger() give a whole record: the member that is taken of it says what of it
 * is wanted. */
static void parts_of(const struct wdl_node *n, bool *inputs, bool *outputs)
{
	const struct wdl_node *p = n->parent;
	const struct wdl_node *key =
		p && p->kind == WDL_MEMBER && wdl_target(p) == n ? wdl_key(p) : NULL;
	bool fixed = key && key->kind == WDL_STRING;

	*inputs = !fixed || str_eq_nocase(key->text, S("inputs"));
	*outputs = !fixed || str_eq_nocase(key->text, S("outputs"));
}

static void look_at_name(struct state *s, const struct wdl_node *n, struct str name)
{
	bool inputs, outputs;

	switch (n->function->refers) {
	case WDL_REF_ACTION:
		parts_of(n, &inputs, &outputs);
		if (!wdl_is_call(n, "actions"))
			inputs = !(outputs = true);
		need_action(s, name, inputs, outputs);
		break;
	case WDL_REF_LOOP:
	case WDL_REF_UNTIL:
		need_loop(s, name);
		break;
	case WDL_REF_SCOPE:
		need_result(s, name);
		break;
	case WDL_REF_VARIABLE:
		need_variable(s, name);
		break;
	case WDL_REF_PARAMETER:
		need_parameter(s, name);
		break;
	case WDL_REF_NONE:
		break;
	}
}

static void look_at_call(struct state *s, const struct wdl_node *n)
{
	struct wdl_needs *x = &s->out;
	bool inputs, outputs;

	if (n->function->refers != WDL_REF_NONE) {
		if (n->first && n->first->kind == WDL_STRING)
			look_at_name(s, n, n->first->text);
		return;
	}
	if (str_starts_nocase(n->text, S("trigger"))) {
		parts_of(n, &inputs, &outputs);
		x->trigger = true;
		x->trigger_inputs |= wdl_is_call(n, "trigger") && inputs;
		x->trigger_outputs |= !wdl_is_call(n, "trigger") || outputs;
	}
	x->workflow |= wdl_is_call(n, "workflow");
	x->item |= wdl_is_call(n, "item");
	x->current |= wdl_is_call(n, "action");
}

static void look(struct state *s, const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
			if (n->kind == WDL_CALL && n->function)
				look_at_call(s, n);
}

struct wdl_needs wdl_needs_of(struct arena *a, const struct wdl_template *t,
			      struct json *definition)
{
	struct state s = { .a = a };
	struct refactor_flow f = { .definition = definition, .prefix = S("") };

	if (definition)
		s.l = refactor_model(a, &f);
	s.actions = &s.out.actions;
	s.loops = &s.out.loops;
	s.variables = &s.out.variables;
	s.parameters = &s.out.parameters;
	s.results = &s.out.results;
	look(&s, t);
	return s.out;
}
