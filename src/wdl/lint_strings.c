/*
 * lint_strings.c - every string of the inputs of every step.
 *
 * Pointers are made only of strings that are found fault with.  Depth is bounded by the JSON
 * parser.
 */
#include "wdl/lint_strings.h"

#include <stdio.h>

struct walk {
	struct lint *l;
	struct lint_string **tail;
	struct lint_step *step;
};

static void way(struct buf *b, const struct lint_trail *t)
{
	char digits[24];

	if (!t->up) {
		buf_adds(b, t->name);
		return;
	}
	way(b, t->up);
	if (!t->item) {
		json_pointer_add(b, t->name);
		return;
	}
	snprintf(digits, sizeof(digits), "%zu", t->index);
	json_pointer_add(b, str_from(digits));
}

struct str lint_string_pointer(const struct lint *l, const struct lint_string *s)
{
	struct buf b;

	buf_init_in(&b, l->a, (size_t)-1 / 2);
	way(&b, &s->at);
	return buf_str(&b);
}

static void found(struct walk *w, struct json *v, struct lint_trail at, struct str name,
		  struct str outer)
{
	struct lint_string *s = arena_alloc(w->l->a, sizeof(*s));

	s->step = w->step;
	s->value = v;
	s->name = name;
	s->outer = outer;
	s->text = json_str(v);
	s->at = at;
	*w->tail = s;
	w->tail = &s->next;
}

static void value(struct walk *w, struct json *v, struct lint_trail at, struct str name,
		  struct str outer)
{
	struct lint_trail below = { .item = json_is(v, JSON_ARRAY) };
	struct lint_trail *here;

	if (json_is(v, JSON_STRING))
		found(w, v, at, name, outer);
	if (!json_first(v))
		return;
	here = arena_alloc(w->l->a, sizeof(*here));
	*here = at;
	below.up = here;
	JSON_EACH(one, v) {
		below.name = json_name(one);
		value(w, one, below, below.item ? name : below.name, below.item ? outer : name);
		below.index++;
	}
}

static void inputs(struct walk *w, struct lint_step *s)
{
	struct lint_trail root = { .name = s->pointer }, at = { .up = &root, .name = S("inputs") };
	struct lint_trail *kept = arena_alloc(w->l->a, 2 * sizeof(*kept));

	kept[0] = root;
	at.up = &kept[0];
	kept[1] = at;
	w->step = s;
	if (!json_is(s->inputs, JSON_OBJECT)) {
		value(w, s->inputs, at, at.name, str_from(""));
		return;
	}
	JSON_EACH(member, s->inputs) {
		struct lint_trail below = { .up = &kept[1], .name = json_name(member) };

		if (!s->connector || !str_eq(below.name, S("authentication")))
			value(w, member, below, below.name, at.name);
	}
}

static void parameters(struct walk *w)
{
	struct str at = lint_at(w->l, w->l->prefix, "parameters");

	w->step = NULL;
	JSON_EACH(p, json_get(w->l->definition, "parameters")) {
		struct lint_trail *root = arena_alloc(w->l->a, sizeof(*root));
		struct lint_trail below = { .up = root, .name = S("defaultValue") };

		root->name = lint_at_n(w->l, at, json_name(p));
		value(w, json_get(p, "defaultValue"), below, json_name(p), str_from(""));
	}
}

struct lint_string *lint_strings(struct lint *l)
{
	struct walk w = { .l = l, .tail = &l->strings };

	if (l->strings_collected)
		return l->strings;
	l->strings_collected = true;
	for (struct lint_step *s = l->steps; s; s = s->next)
		inputs(&w, s);
	parameters(&w);
	return l->strings;
}
