/*
 * blame_texts.c - the texts of a step that are evaluated; conditions as one expression.
 *
 * A condition may be an object, {"and":[{"greater":["@a","@b"]}]}: it is written as the
 * expression and(greater(a,b)), which fails where the engine fails.
 */
#include "base/limits.h"
#include "wdl/blame_int.h"
#include "wdl/parse.h"
#include "wdl/print.h"
#include "wdl/walk.h"

struct made {
	struct arena *a;
	struct buf text, pointer;
	struct blame_leaf *first, **tail;
};

static void add_leaf(struct made *m, struct str source)
{
	struct wdl_template *t = wdl_parse(m->a, source);
	struct blame_leaf *l;
	size_t start = m->text.n;

	if (t->shape == WDL_LITERAL) {
		wdl_print_quoted(&m->text, wdl_literal(m->a, t));
		return;
	}
	if (t->shape == WDL_INTERPOLATED) {
		buf_addz(&m->text, "concat(''");
		for (const struct wdl_part *p = t->first; p; p = p->next) {
			buf_addc(&m->text, ',');
			if (p->node)
				wdl_print_node(&m->text, t, p->node);
			else
				wdl_print_quoted(&m->text, p->text);
		}
		buf_addc(&m->text, ')');
		return;
	}
	buf_adds(&m->text, str_from_at(source, 1));
	l = arena_alloc(m->a, sizeof(*l));
	*l = (struct blame_leaf){ .pointer = str_dup(m->a, buf_str(&m->pointer)),
				  .source = source, .start = start, .end = m->text.n };
	*m->tail = l;
	m->tail = &l->next;
}

static void add_operand(struct made *m, const struct json *v, unsigned depth);

static void add_operands(struct made *m, const struct json *list, unsigned depth)
{
	size_t i = 0;

	JSON_EACH(v, list) {
		size_t at = m->pointer.n;

		if (i)
			buf_addz(&m->text, ", ");
		buf_addf(&m->pointer, "/%zu", i++);
		add_operand(m, v, depth);
		m->pointer.n = at;
	}
}

static void add_operand(struct made *m, const struct json *v, unsigned depth)
{
	const struct json *op = json_is(v, JSON_OBJECT) ? json_first(v) : NULL;
	size_t at = m->pointer.n;

	if (json_is(v, JSON_STRING)) {
		add_leaf(m, json_str(v));
	} else if (op && !json_next(op) && depth) {
		buf_adds(&m->text, json_name(op));
		buf_addc(&m->text, '(');
		json_pointer_add(&m->pointer, json_name(op));
		if (json_is(op, JSON_ARRAY))
			add_operands(m, op, depth - 1);
		else
			add_operand(m, op, depth - 1);
		buf_addc(&m->text, ')');
		m->pointer.n = at;
	} else if (json_is(v, JSON_NUMBER) || json_is(v, JSON_BOOL) || json_is(v, JSON_NULL)) {
		json_print(&m->text, v);
	} else {
		buf_addz(&m->text, "json(");
		wdl_print_quoted(&m->text, json_text(m->a, v));
		buf_addc(&m->text, ')');
	}
}

static struct blame_text *condition(struct arena *a, const struct json *e)
{
	struct blame_text *out = arena_alloc(a, sizeof(*out));
	struct made m = { .a = a };

	m.tail = &m.first;
	buf_init_in(&m.text, a, LIMIT_RESULT);
	buf_init_in(&m.pointer, a, LIMIT_RESULT);
	buf_addc(&m.text, '@');
	buf_addz(&m.pointer, "/expression");
	add_operand(&m, e, LIMIT_JSON_DEPTH);
	out->pointer = S("/expression");
	out->source = buf_ok(&m.text) && buf_ok(&m.pointer) ? buf_str(&m.text) : S("");
	out->leaves = m.first;
	return out;
}

/* Members that the engine does not evaluate before the step runs, or that cannot fail it. */
static bool counts(struct str pointer)
{
	static const char *const skipped[] = { "/runAfter", "/type", "/kind", "/description",
					       "/metadata", "/expression/", "/runtimeConfiguration",
					       "/operationOptions", "/correlation" };

	for (size_t i = 0; i < sizeof(skipped) / sizeof(*skipped); i++)
		if (str_starts(pointer, str_from(skipped[i])))
			return false;
	return true;
}

struct blame_text *blame_texts(struct arena *a, struct json *alone)
{
	struct wdl_places all = wdl_walk_value(a, alone, S(""));
	struct blame_text *first = NULL, **tail = &first;
	const struct json *e = json_get(alone, "expression");

	if (json_is(e, JSON_OBJECT)) {
		*tail = condition(a, e);
		if ((*tail)->source.n)
			tail = &(*tail)->next;
		else
			*tail = NULL;
	}
	for (const struct wdl_place *p = all.first; p; p = p->next) {
		struct blame_text *x;

		if (!counts(p->pointer))
			continue;
		x = arena_alloc(a, sizeof(*x));
		*x = (struct blame_text){ .pointer = p->pointer, .source = p->template->source,
					  .is_key = p->is_key };
		*tail = x;
		tail = &x->next;
	}
	return first;
}
