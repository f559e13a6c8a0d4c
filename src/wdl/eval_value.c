/*
 * eval_value.c - evaluating the templates inside a JSON value, object keys too.
 */
#include "base/limits.h"
#include "wdl/call.h"
#include "wdl/parse.h"

struct state {
	struct arena *a;
	struct wdl_context c;
	struct wdl_result *r;
	struct wdl_step **steps_tail;
	unsigned steps;
	struct buf pointer;
};

static struct json *value(struct state *s, const struct json *v);

/* One ceiling for the steps of all templates. */
static void add_steps(struct state *s, const struct wdl_result *one)
{
	*s->steps_tail = one->steps;
	s->r->steps_cut = s->r->steps_cut || one->steps_cut;
	while (*s->steps_tail && s->steps < LIMIT_WDL_STEPS) {
		s->steps++;
		s->steps_tail = &(*s->steps_tail)->next;
	}
	if (*s->steps_tail) {
		*s->steps_tail = NULL;
		s->r->steps_cut = true;
	}
}

static struct json *template(struct state *s, struct str text)
{
	const struct wdl_template *t;
	struct wdl_result one;

	if (!wdl_is_template(text))
		return json_new_str(s->a, text);
	t = s->c.parsed ? s->c.parsed(s->c.arg, text) : NULL;
	one = wdl_evaluate(s->a, t ? t : wdl_parse(s->a, text), &s->c);
	add_steps(s, &one);
	if (one.ok)
		return one.value;
	s->r->fault = one.fault;
	s->r->fault.pointer = str_dup(s->a, buf_str(&s->pointer));
	return NULL;
}

/* A key must come out as text. */
static bool key(struct state *s, struct str name, struct str *out)
{
	struct json *v = template(s, name);
	struct wdl_value text;

	if (!v)
		return false;
	text = wdl_of_json(v);
	*out = wdl_to_text(s->a, &text);
	return true;
}

static bool has_template_key(const struct json *object)
{
	JSON_EACH(member, object)
		if (wdl_is_template(json_name(member)))
			return true;
	return false;
}

static struct json *object(struct state *s, const struct json *v)
{
	struct json *out = json_new_object(s->a);
	bool plain = !has_template_key(v);

	JSON_EACH(member, v) {
		struct str name = json_name(member);
		size_t at = s->pointer.n;
		struct json *item;

		json_pointer_add(&s->pointer, name);
		if (!plain && !key(s, name, &name))
			return NULL;
		item = value(s, member);
		if (!item)
			return NULL;
		/* Two keys may come out the same: the last wins, as in the service. */
		if (plain)
			json_add_n(s->a, out, name, item);
		else
			json_set_n(s->a, out, name, item);
		s->pointer.n = at;
	}
	return out;
}

static struct json *array(struct state *s, const struct json *v)
{
	struct json *out = json_new_array(s->a);
	size_t i = 0;

	JSON_EACH(item, v) {
		size_t at = s->pointer.n;
		struct json *one;

		buf_addf(&s->pointer, "/%zu", i++);
		one = value(s, item);
		if (!one)
			return NULL;
		json_push(out, one);
		s->pointer.n = at;
	}
	return out;
}

static struct json *value(struct state *s, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return template(s, json_str(v));
	case JSON_ARRAY:
		return array(s, v);
	case JSON_OBJECT:
		return object(s, v);
	case JSON_NONE:
		return json_new_null(s->a);
	default:
		return json_copy(s->a, v);
	}
}

struct wdl_result wdl_evaluate_value(struct arena *a, const struct json *v,
				     const struct wdl_context *c)
{
	struct wdl_result r = { 0 };
	struct state s = { .a = a, .c = *c, .r = &r, .steps_tail = &r.steps };
	struct wdl_value type;

	buf_init_in(&s.pointer, a, (size_t)-1 / 2);
	r.value = value(&s, v);
	r.ok = r.value != NULL;
	if (r.ok) {
		type = wdl_of_json(r.value);
		r.type = wdl_type_name(type.type);
	}
	return r;
}
