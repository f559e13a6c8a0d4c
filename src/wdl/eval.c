/*
 * eval.c - walking a syntax tree: calls, lazy functions, member access, faults, steps.
 *
 * Knows no single function.  Depth is bounded by the parser's ceiling.
 */
#include "wdl/eval.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "wdl/call.h"
#include "wdl/parse.h"
#include "wdl/print.h"
#include "wdl/text.h"

#define TICKS_1970 621355968000000000ll

static bool eval(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out);

int64_t wdl_ticks_of_ms(int64_t wall_ms)
{
	return TICKS_1970 + wall_ms * 10000;
}

int64_t wdl_ms_of_ticks(int64_t ticks)
{
	int64_t t = ticks - TICKS_1970;

	return t >= 0 ? t / 10000 : -((-t + 9999) / 10000);
}

/* ---- steps ---- */

static void step(struct wdl_eval *ev, const struct wdl_node *n, const struct wdl_value *v)
{
	struct wdl_step *s;
	struct buf b;

	if (!ev->c->steps || (n->kind != WDL_CALL && n->kind != WDL_MEMBER))
		return;
	if (ev->steps >= LIMIT_WDL_STEPS) {
		ev->r->steps_cut = true;
		return;
	}
	ev->steps++;
	s = arena_alloc(ev->a, sizeof(*s));
	buf_init_in(&b, ev->a, ev->t->source.n + 1);
	wdl_print_node(&b, ev->t, n);
	s->text = buf_str(&b);
	s->offset = n->start;
	s->end = n->end;
	if (v)
		s->value = v->json ? v->json : wdl_to_json(ev->a, v);
	else
		s->fault = ev->r->fault.message;
	*ev->steps_tail = s;
	ev->steps_tail = &s->next;
}

/* ---- members and calls ---- */

static bool member(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out)
{
	struct wdl_value value, key;

	return eval(ev, wdl_target(n), &value) && eval(ev, wdl_key(n), &key) &&
	       wdl_access(ev, n, &value, &key, out);
}

/* and, or: every argument looked at must be a boolean; the first deciding one ends it. */
static bool and_or(struct wdl_call *c, bool decides, struct wdl_value *out)
{
	for (const struct wdl_node *n = c->node->first; n; n = n->next) {
		struct wdl_value v;

		if (!eval(c->ev, n, &v))
			return false;
		if (v.type != WDL_T_BOOL)
			return wdl_fail_type(c, WDL_M_ALL_BOOLEANS, &v);
		*out = v;
		if (v.b == decides)
			break;
	}
	return true;
}

static bool lazy_and(struct wdl_call *c, struct wdl_value *out)
{
	return and_or(c, false, out);
}

static bool lazy_or(struct wdl_call *c, struct wdl_value *out)
{
	return and_or(c, true, out);
}

static bool lazy_if(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_value condition;

	if (!eval(c->ev, c->node->first, &condition))
		return false;
	if (condition.type != WDL_T_BOOL)
		return wdl_fail_type(c, WDL_M_FIRST_BOOLEAN, &condition);
	return eval(c->ev, wdl_argument(c->node, condition.b ? 1 : 2), out);
}

static bool lazy_coalesce(struct wdl_call *c, struct wdl_value *out)
{
	for (const struct wdl_node *n = c->node->first; n; n = n->next) {
		if (!eval(c->ev, n, out))
			return false;
		if (out->type != WDL_T_NULL)
			return true;
	}
	*out = wdl_null();
	return true;
}

/* They look at their arguments themselves, and not at all of them. */
static const struct wdl_body lazy[] = {
	{ "and", lazy_and },
	{ "or", lazy_or },
	{ "if", lazy_if },
	{ "coalesce", lazy_coalesce },
	{ NULL, NULL },
};

static const struct wdl_body *const families[] = {
	wdl_string_functions, wdl_collection_functions, wdl_logic_functions,
	wdl_convert_functions, wdl_math_functions, wdl_date_functions,
	wdl_zone_functions, wdl_uri_functions, wdl_object_functions,
	wdl_xml_functions, wdl_workflow_functions, wdl_form_functions,
};

static const struct wdl_body *among(const struct wdl_body *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

/* How a row of the table of functions is carried out. */
struct found {
	const struct wdl_body *body; /* NULL: not at all */
	bool lazy, looked;
};

static struct found search(const char *name)
{
	struct found f = { .body = among(lazy, name), .looked = true };

	f.lazy = f.body != NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && !f.body; i++)
		f.body = among(families[i], name);
	return f;
}

/* Each row is searched once: loops of a flow call the same few functions again and again. */
static struct found body_of(const struct wdl_function *f)
{
	static struct found known[LIMIT_WDL_FUNCTIONS];
	size_t count, i = (size_t)(f - wdl_functions(&count));

	if (i >= LIMIT_WDL_FUNCTIONS)
		return search(f->name);
	if (!known[i].looked)
		known[i] = search(f->name);
	return known[i];
}

static bool arguments(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *args)
{
	for (const struct wdl_node *child = n->first; child; child = child->next)
		if (!eval(ev, child, args++))
			return false;
	return true;
}

static bool call(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out)
{
	struct wdl_call c = { .ev = ev, .a = ev->a, .node = n, .function = n->function,
			      .count = n->count };
	struct wdl_value *args;
	struct str message;
	struct found f;
	const char *source;

	if (!c.function)
		return wdl_fault(ev, n, WDL_M_UNKNOWN_FUNCTION, &n->text);
	c.name = str_from(c.function->name);
	/* The service counts arguments before it evaluates any. */
	if (wdl_arity_message(ev->a, c.function, n->text, n->count, &message, &source)) {
		wdl_set_fault_text(ev, n, message, source);
		return false;
	}
	f = body_of(c.function);
	if (!f.body)
		return wdl_fault(ev, n, WDL_M_NOT_HERE, &n->text);
	if (f.lazy)
		return f.body->body(&c, out);
	args = arena_array(ev->a, n->count ? n->count : 1, sizeof(*args));
	c.args = args;
	return arguments(ev, n, args) && f.body->body(&c, out);
}

/* A literal as JSON writes it: no plus, a digit on both sides of the point. */
static struct str number_of(struct arena *a, struct str text)
{
	struct buf b;
	size_t i = 0;

	buf_init_in(&b, a, text.n + 8);
	if (text.n && (text.p[0] == '+' || text.p[0] == '-')) {
		if (text.p[0] == '-')
			buf_addc(&b, '-');
		i = 1;
	}
	if (i < text.n && text.p[i] == '.')
		buf_addc(&b, '0');
	while (i + 1 < text.n && text.p[i] == '0' && wdl_is_digit(text.p[i + 1]))
		i++;
	for (; i < text.n; i++) {
		buf_addc(&b, text.p[i]);
		if (text.p[i] == '.' && (i + 1 == text.n || !wdl_is_digit(text.p[i + 1])))
			buf_addc(&b, '0');
	}
	return buf_str(&b);
}

static bool integer(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out)
{
	int64_t i;

	if (str_to_i64(number_of(ev->a, n->text), &i)) {
		*out = wdl_int(i);
		return true;
	}
	wdl_set_fault_text(ev, n, str_fmt(ev->a, "The number '%.*s' does not fit into 64 bits.",
					  STR_ARG(str_first(n->text, 80))), "own words");
	return false;
}

static bool eval(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out)
{
	bool ok = true;

	*out = wdl_null();
	switch (n->kind) {
	case WDL_NULL:
		break;
	case WDL_BOOL:
		*out = wdl_bool(n->yes);
		break;
	case WDL_INT:
		ok = integer(ev, n, out);
		break;
	case WDL_FLOAT:
		*out = wdl_of_json(json_new_number(ev->a, number_of(ev->a, n->text)));
		out->json = NULL;
		break;
	case WDL_STRING:
		*out = wdl_string(n->text);
		break;
	case WDL_CALL:
		ok = call(ev, n, out);
		break;
	case WDL_MEMBER:
		ok = member(ev, n, out);
		break;
	case WDL_ERROR:
		wdl_set_fault_text(ev, n, S("this part of the expression cannot be read"),
				   "own words");
		ok = false;
		break;
	}
	step(ev, n, ok ? out : NULL);
	return ok;
}

/* ---- templates ---- */

/* A broken template says what is wrong with it: in the service's words where they are known. */
static bool broken(struct wdl_eval *ev)
{
	struct str message = wdl_refusal(ev->a, ev->t);

	for (const struct wdl_error *e = ev->t->errors; e; e = e->next) {
		struct str values[2] = { ev->t->source, e->message };

		if (e->severity != WDL_SEV_ERROR || e->problem == WDL_P_UNKNOWN_FUNCTION ||
		    e->problem == WDL_P_ARITY)
			continue;
		if (message.n)
			wdl_set_fault_text(ev, NULL, message, "the service's parser");
		else
			wdl_fault(ev, NULL, WDL_M_PARSE, values);
		ev->r->fault.offset = e->offset;
		ev->r->fault.end = e->end;
		ev->r->fault.column = e->column;
		return false;
	}
	wdl_set_fault_text(ev, NULL, S("the expression cannot be read"), "own words");
	return false;
}

static bool within_limit(struct wdl_eval *ev, struct str text)
{
	struct str values[2];
	size_t units;

	if (text.n <= LIMIT_WDL_RESULT)
		return true;
	units = wdl_units(text);
	if (units <= LIMIT_WDL_RESULT)
		return true;
	values[0] = str_fmt(ev->a, "%u", LIMIT_WDL_RESULT);
	values[1] = str_fmt(ev->a, "%zu", units);
	wdl_fault(ev, NULL, WDL_M_RESULT_TOO_LONG, values);
	ev->r->fault.code = S("ExpressionEvaluationFailed");
	return false;
}

static bool interpolate(struct wdl_eval *ev, struct wdl_value *out)
{
	struct buf b;

	buf_init_in(&b, ev->a, (size_t)-1 / 2);
	for (const struct wdl_part *p = ev->t->first; p; p = p->next) {
		struct wdl_value v;

		if (!p->node) {
			buf_adds(&b, p->text);
			continue;
		}
		if (!eval(ev, p->node, &v))
			return false;
		buf_adds(&b, wdl_to_text(ev->a, &v));
	}
	*out = wdl_string(buf_str(&b));
	return within_limit(ev, out->s);
}

static bool whole(struct wdl_eval *ev, const struct wdl_node *n, struct wdl_value *out)
{
	return eval(ev, n, out) && (out->type != WDL_T_STRING || within_limit(ev, out->s));
}

static struct wdl_eval begin(struct arena *a, const struct wdl_template *t,
			     const struct wdl_context *c, struct wdl_result *r)
{
	struct wdl_eval ev = { .a = a, .t = t, .c = c, .r = r, .steps_tail = &r->steps };

	ev.now = c->now ? c->now : wdl_ticks_of_ms(os_wall_ms());
	ev.chance = c->seed;
	return ev;
}

static void finish(struct wdl_eval *ev, bool ok, const struct wdl_value *v)
{
	ev->r->ok = ok;
	if (!ok)
		return;
	ev->r->type = wdl_type_name(v->type);
	ev->r->value = wdl_to_json(ev->a, v);
}

struct wdl_result wdl_evaluate(struct arena *a, const struct wdl_template *t,
			       const struct wdl_context *c)
{
	struct wdl_result r = { 0 };
	struct wdl_eval ev = begin(a, t, c, &r);
	struct wdl_value v = wdl_null();
	bool ok = true;

	if (t->shape == WDL_LITERAL && !t->broken)
		v = wdl_string(wdl_literal(a, t));
	else if (t->broken)
		ok = broken(&ev);
	else if (t->shape == WDL_WHOLE)
		ok = whole(&ev, t->first->node, &v);
	else
		ok = interpolate(&ev, &v);
	finish(&ev, ok, &v);
	return r;
}

struct wdl_result wdl_evaluate_node(struct arena *a, const struct wdl_template *t,
				    const struct wdl_node *n, const struct wdl_context *c)
{
	struct wdl_result r = { 0 };
	struct wdl_eval ev = begin(a, t, c, &r);
	struct wdl_value v = wdl_null();

	finish(&ev, whole(&ev, n, &v), &v);
	return r;
}
