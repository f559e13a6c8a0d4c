/*
 * blame_mend.c - what could be written instead of an expression that fails.
 *
 * Rows of wrappings, by what is wrong and by what the place takes.  Whether one helps is tried by
 * others, with the values that were recorded.
 */
#include "base/limits.h"
#include "wdl/blame_int.h"
#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/print.h"
#include "wdl/text.h"
#include "wdl/value.h"

struct mend {
	struct arena *a;
	const struct json *step;
	const struct wdl_blame *b;
	struct wdl_candidate *first, **tail;
};

static struct wdl_candidate *add(struct mend *m, struct str text, const char *why)
{
	struct wdl_candidate *c = arena_alloc(m->a, sizeof(*c));

	*c = (struct wdl_candidate){ .pointer = m->b->pointer, .text = text, .why = why };
	*m->tail = c;
	m->tail = &c->next;
	return c;
}

/* The text with [start, end) replaced: $B is the bad part, $F the failing one. */
static void put(struct mend *m, size_t start, size_t end, const char *pattern, const char *why)
{
	struct str text = m->b->text, bad = str_n(text.p + m->b->bad_start,
						  m->b->bad_end - m->b->bad_start);
	struct str fail = str_n(text.p + m->b->fail_start, m->b->fail_end - m->b->fail_start);
	struct buf b;

	buf_init_in(&b, m->a, LIMIT_RESULT);
	buf_adds(&b, str_first(text, start));
	for (const char *p = pattern; *p; p++) {
		if (*p == '$' && (p[1] == 'B' || p[1] == 'F')) {
			buf_adds(&b, p[1] == 'B' ? bad : fail);
			p++;
		} else {
			buf_addc(&b, *p);
		}
	}
	buf_adds(&b, str_from_at(text, end));
	if (buf_ok(&b))
		add(m, str_dup(m->a, buf_str(&b)), why);
}

static void wrap_bad(struct mend *m, const char *pattern, const char *why)
{
	if (m->b->bad_end)
		put(m, m->b->bad_start, m->b->bad_end, pattern, why);
}

static void wrap_fail(struct mend *m, const char *pattern, const char *why)
{
	if (m->b->fail_end && m->b->bad_end)
		put(m, m->b->fail_start, m->b->fail_end, pattern, why);
}

/* ---- the node that failed ---- */

static const struct wdl_node *failing_node(const struct mend *m, const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
			if (m->b->fail_end && n->start == m->b->fail_start &&
			    n->end == m->b->fail_end)
				return n;
	return NULL;
}

/* What the place of the bad part takes: a letter of functions.h, or 0. */
static char wanted(const struct mend *m, const struct wdl_node *n)
{
	size_t i = 0, last;

	if (!n || n->kind != WDL_CALL || !n->function || !n->function->types)
		return 0;
	for (const struct wdl_node *x = n->first; x && x->start != m->b->bad_start; x = x->next)
		i++;
	last = strlen(n->function->types);
	return last ? n->function->types[i < last ? i : last - 1] : 0;
}

/* ---- nothing is there ---- */

static const struct {
	const char *letters, *pattern, *why;
} defaults[] = {
	{ "sdx", "coalesce($B, '')", "an empty text stands in where there is no value" },
	{ "ack", "coalesce($B, json('[]'))", "an empty list stands in where there is no value" },
	{ "ni", "coalesce($B, 0)", "0 stands in where there is no value" },
	{ "o", "coalesce($B, json('{}'))", "an empty object stands in where there is no value" },
	{ "b", "coalesce($B, false)", "false stands in where there is no value" },
};

enum { DEFAULTS = sizeof(defaults) / sizeof(*defaults) };

static void mend_null(struct mend *m, const struct wdl_node *n)
{
	char letter = wanted(m, n);

	if (n && n->kind == WDL_MEMBER) {
		size_t at = m->b->bad_end;

		while (at < m->b->fail_end && m->b->text.p[at] != '[' && m->b->text.p[at] != '.')
			at++;
		if (at < m->b->fail_end && !n->safe)
			put(m, at, at, "?", "? gives null where there is nothing");
		return;
	}
	/* A date has no stand-in. */
	if (letter == 'd')
		wrap_fail(m, "if(empty($B), null, $F)", "left empty where there is no value");
	for (size_t i = 0; i < DEFAULTS; i++)
		if (letter && strchr(defaults[i].letters, letter))
			wrap_bad(m, defaults[i].pattern, defaults[i].why);
	for (size_t i = 0; i < DEFAULTS; i++)
		if (!letter || !strchr(defaults[i].letters, letter))
			wrap_bad(m, defaults[i].pattern, defaults[i].why);
	if (letter != 'd')
		wrap_fail(m, "if(empty($B), null, $F)", "left empty where there is no value");
}

/* ---- another name ---- */

static void mend_path(struct mend *m, const struct wdl_template *t)
{
	const struct wdl_origin *o = m->b->origin;

	if (!o || !o->lacks.n || !o->near.n)
		return;
	for (const struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n)) {
			struct buf b, key;
			ptrdiff_t at;

			if (n->kind != WDL_STRING || !n->parent || n->parent->kind != WDL_MEMBER)
				continue;
			at = str_find(n->text, o->lacks);
			if (at < 0)
				continue;
			buf_init_in(&key, m->a, LIMIT_RESULT);
			buf_adds(&key, str_first(n->text, (size_t)at));
			buf_adds(&key, o->near);
			buf_adds(&key, str_from_at(n->text, (size_t)at + o->lacks.n));
			buf_init_in(&b, m->a, LIMIT_RESULT);
			buf_adds(&b, str_first(m->b->text, n->start));
			if (n->parent->dot)
				buf_adds(&b, buf_str(&key));
			else
				wdl_print_quoted(&b, buf_str(&key));
			buf_adds(&b, str_from_at(m->b->text, n->end));
			if (buf_ok(&b))
				add(m, buf_str(&b), "the name as the data has it");
			return;
		}
}

/* ---- another type ---- */

static void mend_type(struct mend *m, const struct wdl_node *n)
{
	const struct json *v = m->b->value;

	if (json_is(v, JSON_STRING)) {
		wrap_bad(m, "int($B)", "the text is read as a number");
		wrap_bad(m, "float($B)", "the text is read as a number");
		wrap_bad(m, "json($B)", "the text is read as JSON");
		if (str_find_char(json_str(v), ',') >= 0)
			wrap_bad(m, "split($B, ',')", "the text is cut at its commas");
		wrap_bad(m, "createArray($B)", "a list of one");
		return;
	}
	if (json_is(v, JSON_ARRAY) && n && n->kind == WDL_MEMBER) {
		wrap_bad(m, "first($B)", "the first of the list");
		return;
	}
	wrap_bad(m, "string($B)", "written as text");
	if (json_is(v, JSON_ARRAY))
		wrap_bad(m, "first($B)", "the first of the list");
	else
		wrap_bad(m, "createArray($B)", "a list of one");
}

/* ---- data that cannot be read ---- */

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static void mend_data(struct mend *m, const struct wdl_node *n)
{
	struct str s = json_str(m->b->value);
	bool date = n && n->function && n->function->category == WDL_CAT_DATE;

	if (json_is(m->b->value, JSON_STRING) && !str_trim(s).n) {
		if (!date)
			wrap_bad(m, "if(empty(trim($B)), '0', $B)", "0 stands in for an empty text");
		wrap_fail(m, "if(empty(trim($B)), null, $F)", "left empty where the text is empty");
		return;
	}
	/* Excel hands out dates as days since 1899-12-30. */
	if (date && all_digits(s) && s.n == 5)
		wrap_bad(m, "addDays('1899-12-30', int($B))", "a number of days, as Excel has dates");
	if (n && (wdl_is_call(n, "div") || wdl_is_call(n, "mod")))
		wrap_fail(m, "if(equals($B, 0), null, $F)", "left empty where it would divide by 0");
	if (str_trim(s).n != s.n)
		wrap_bad(m, "trim($B)", "without blanks around it");
	if (n && wdl_is_call(n, "substring") && n->count == 3 && wdl_argument(n, 1)->kind == WDL_INT &&
	    str_eq(wdl_argument(n, 1)->text, S("0")))
		put(m, n->start, n->end,
		    str_c(m->a, str_fmt(m->a, "take($B, %.*s)",
					(int)(wdl_argument(n, 2)->end - wdl_argument(n, 2)->start),
					m->b->text.p + wdl_argument(n, 2)->start)),
		    "as many characters as there are");
}

/* ---- a schema ---- */

static const char *schema_type(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return "string";
	case JSON_NUMBER:
		return str_find_char(json_number_text(v), '.') >= 0 ? "number" : "integer";
	case JSON_BOOL:
		return "boolean";
	case JSON_ARRAY:
		return "array";
	case JSON_OBJECT:
		return "object";
	default:
		return "null";
	}
}

static void mend_schema(struct mend *m)
{
	const struct json *old = json_at_n(m->step, m->b->pointer), *type = json_get(old, "type");
	struct json *new, *types;

	if (!json_is(old, JSON_OBJECT))
		return;
	if (type) {
		new = json_copy(m->a, old);
		types = json_is(type, JSON_ARRAY) ? json_copy(m->a, type) : json_new_array(m->a);
		if (json_is(type, JSON_STRING))
			json_push(types, json_copy(m->a, type));
		json_push(types, json_new_z(m->a, schema_type(m->b->value)));
		json_set(m->a, new, "type", types);
		add(m, S(""), "the schema allows what the data has")->value = new;
	}
	if (json_get(old, "required")) {
		new = json_copy(m->a, old);
		json_take(new, "required");
		add(m, S(""), "the schema does not ask for what the data lacks")->value = new;
	}
}

struct wdl_candidate *wdl_candidates(struct arena *a, const struct json *step,
				     const struct wdl_blame *b)
{
	struct mend m = { .a = a, .step = step, .b = b };
	const struct wdl_template *t;
	const struct wdl_node *n;

	m.tail = &m.first;
	if (!b->found || b->is_key)
		return NULL;
	if (str_starts(b->pointer, S("/inputs/schema"))) {
		mend_schema(&m);
		return m.first;
	}
	t = wdl_parse(a, b->text);
	n = failing_node(&m, t);
	mend_path(&m, t);
	switch (b->kind) {
	case WDL_FAULT_NULL:
		mend_null(&m, n);
		break;
	case WDL_FAULT_PATH:
		/* A stand-in would hide the wrong name. */
		if (!m.first)
			mend_null(&m, n);
		break;
	case WDL_FAULT_TYPE:
		mend_type(&m, n);
		break;
	case WDL_FAULT_DATA:
		mend_data(&m, n);
		break;
	case WDL_FAULT_DESIGN:
	case WDL_FAULT__MAX:
		break;
	}
	return m.first;
}
