/*
 * lint_strings.c - every string of the inputs of every step.
 *
 * Depth is bounded by the JSON parser.
 */
#include "wdl/lint_strings.h"

#include <stdio.h>

struct walk {
	struct lint *l;
	const struct lint_rule *rule;
	void (*look)(struct lint *l, const struct lint_rule *r, const struct lint_string *s);
	struct buf pointer;
	struct lint_string now;
};

struct str lint_string_pointer(const struct lint *l, const struct lint_string *s)
{
	return str_dup(l->a, buf_str(s->at));
}

static void value(struct walk *w, struct json *v)
{
	size_t n = w->pointer.n, i = 0;
	struct lint_string outer = w->now;

	if (json_is(v, JSON_STRING)) {
		w->now.value = v;
		w->now.text = json_str(v);
		w->look(w->l, w->rule, &w->now);
	}
	JSON_EACH(one, json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) ? v : NULL) {
		char digits[24];

		if (json_is(v, JSON_OBJECT)) {
			w->now.outer = outer.name;
			w->now.name = json_name(one);
			json_pointer_add(&w->pointer, json_name(one));
		} else {
			snprintf(digits, sizeof(digits), "%zu", i++);
			json_pointer_add(&w->pointer, str_from(digits));
		}
		value(w, one);
		w->pointer.n = n;
		w->now.name = outer.name;
		w->now.outer = outer.outer;
	}
}

static void start(struct walk *w, struct str base, const char *below)
{
	w->pointer.n = 0;
	buf_adds(&w->pointer, base);
	json_pointer_add(&w->pointer, str_from(below));
	w->now.name = str_from(below);
	w->now.outer = str_from("");
}

void lint_each_string(struct lint *l, const struct lint_rule *r, bool parameters,
		      void (*look)(struct lint *l, const struct lint_rule *r,
				   const struct lint_string *s))
{
	struct walk w = { .l = l, .rule = r, .look = look };
	struct str at = lint_at(l, l->prefix, "parameters");

	buf_init_in(&w.pointer, l->a, (size_t)-1 / 2);
	w.now.at = &w.pointer;
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str base = lint_at(l, s->pointer, "inputs");

		w.now.step = s;
		if (!json_is(s->inputs, JSON_OBJECT)) {
			start(&w, s->pointer, "inputs");
			value(&w, s->inputs);
			continue;
		}
		JSON_EACH(member, s->inputs) {
			if (lint_is_connector(s) && str_eq(json_name(member), S("authentication")))
				continue;
			w.pointer.n = 0;
			buf_adds(&w.pointer, base);
			json_pointer_add(&w.pointer, json_name(member));
			w.now.name = json_name(member);
			w.now.outer = str_from("inputs");
			value(&w, member);
		}
	}
	w.now.step = NULL;
	JSON_EACH(p, parameters ? json_get(l->definition, "parameters") : NULL) {
		start(&w, lint_at_n(l, at, json_name(p)), "defaultValue");
		w.now.name = json_name(p);
		value(&w, json_get(p, "defaultValue"));
	}
}
