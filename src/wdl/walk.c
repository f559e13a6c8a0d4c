/*
 * walk.c - every expression of a definition.
 *
 * Knows the skeleton of a definition: which members hold steps, and which members of a step
 * are not evaluated.  Depth is bounded by the JSON parser's ceiling.
 */
#include "wdl/walk.h"

#include <stdio.h>

#include "base/limits.h"
#include "wdl/parse.h"

struct walk {
	struct arena *a;
	struct wdl_places out;
	struct wdl_place **tail;
	struct buf pointer;
	struct str step;
	struct json *step_value;
	bool in_trigger;
};

static void found(struct walk *w, struct json *value, struct str source, bool is_key)
{
	struct wdl_place *p;

	if (!wdl_is_template(source))
		return;
	p = arena_alloc(w->a, sizeof(*p));
	p->pointer = str_dup(w->a, buf_str(&w->pointer));
	p->value = value;
	p->is_key = is_key;
	p->step = w->step;
	p->step_value = w->step_value;
	p->in_trigger = w->in_trigger;
	p->template = wdl_parse(w->a, source);
	if (p->template->shape == WDL_LITERAL && !p->template->errors)
		return;
	for (struct wdl_error *e = p->template->errors; e; e = e->next) {
		if (e->severity == WDL_SEV_ERROR) {
			w->out.errors++;
			break;
		}
	}
	*w->tail = p;
	w->tail = &p->next;
	w->out.count++;
}

static size_t enter(struct walk *w, struct str token)
{
	size_t n = w->pointer.n;

	json_pointer_add(&w->pointer, token);
	return n;
}

static void leave(struct walk *w, size_t n)
{
	w->pointer.n = n;
}

static void value(struct walk *w, struct json *v)
{
	char digits[24];
	size_t i = 0;

	switch (json_type(v)) {
	case JSON_STRING:
		found(w, v, json_str(v), false);
		break;
	case JSON_ARRAY:
		JSON_EACH(item, v) {
			int n = snprintf(digits, sizeof(digits), "%zu", i++);
			size_t at = enter(w, str_n(digits, (size_t)n));

			value(w, item);
			leave(w, at);
		}
		break;
	case JSON_OBJECT:
		JSON_EACH(member, v) {
			size_t at = enter(w, json_name(member));

			found(w, member, json_name(member), true);
			value(w, member);
			leave(w, at);
		}
		break;
	default:
		break;
	}
}

static bool among(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(name, str_from(*names)))
			return true;
	return false;
}

static void steps(struct walk *w, struct json *actions);

/* A container inside a step: {"actions": {...}}. */
static void branch(struct walk *w, struct json *v)
{
	JSON_EACH(member, v) {
		size_t at = enter(w, json_name(member));

		if (str_eq(json_name(member), S("actions")))
			steps(w, member);
		else if (!str_eq(json_name(member), S("description")))
			value(w, member); /* the case value of a Switch, for one */
		leave(w, at);
	}
}

static void branches(struct walk *w, struct json *cases)
{
	JSON_EACH(member, cases) {
		size_t at = enter(w, json_name(member));

		branch(w, member);
		leave(w, at);
	}
}

static void step(struct walk *w, struct json *v)
{
	static const char *const plain[] = { "runAfter", "type", "kind", "description", "metadata",
					     "operationOptions", NULL };

	JSON_EACH(member, v) {
		struct str name = json_name(member);
		size_t at = enter(w, name);

		if (str_eq(name, S("actions")))
			steps(w, member);
		else if (str_eq(name, S("else")) || str_eq(name, S("default")))
			branch(w, member);
		else if (str_eq(name, S("cases")))
			branches(w, member);
		else if (!among(name, plain))
			value(w, member);
		leave(w, at);
	}
}

static void steps(struct walk *w, struct json *actions)
{
	struct str outer = w->step;
	struct json *outer_value = w->step_value;

	JSON_EACH(member, actions) {
		size_t at = enter(w, json_name(member));

		w->step = json_name(member);
		w->step_value = member;
		step(w, member);
		leave(w, at);
	}
	w->step = outer;
	w->step_value = outer_value;
}

static void begin(struct walk *w, struct arena *a, struct str prefix)
{
	w->a = a;
	w->tail = &w->out.first;
	w->step = str_from("");
	buf_init_in(&w->pointer, a, (size_t)-1 / 2);
	buf_adds(&w->pointer, prefix);
}

struct wdl_places wdl_walk_definition(struct arena *a, struct json *definition, struct str prefix)
{
	static const char *const plain[] = { "$schema", "contentVersion", "description", "metadata",
					     "parameters", NULL };
	struct walk w = { 0 };

	begin(&w, a, prefix);
	JSON_EACH(member, definition) {
		struct str name = json_name(member);
		size_t at = enter(&w, name);

		w.in_trigger = str_eq(name, S("triggers"));
		if (w.in_trigger || str_eq(name, S("actions")))
			steps(&w, member);
		else if (!among(name, plain))
			value(&w, member);
		leave(&w, at);
	}
	return w.out;
}

struct wdl_places wdl_walk_value(struct arena *a, struct json *v, struct str prefix)
{
	struct walk w = { 0 };

	begin(&w, a, prefix);
	value(&w, v);
	return w.out;
}
