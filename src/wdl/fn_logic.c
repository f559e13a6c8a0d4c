/*
 * fn_logic.c - comparing values.
 */
#include "wdl/call.h"
#include "wdl/text.h"

static bool f_equals(struct wdl_call *c, struct wdl_value *out)
{
	bool same = true;

	for (unsigned i = 1; same && i < c->count; i++)
		same = wdl_equal(&c->args[0], &c->args[i]);
	*out = wdl_bool(same);
	return true;
}

/* Equal, and of one type: 1 is not 1.0 and not true. */
static bool f_strong_equals(struct wdl_call *c, struct wdl_value *out)
{
	bool same = true;

	for (unsigned i = 1; same && i < c->count; i++)
		same = c->args[0].type == c->args[i].type && wdl_equal(&c->args[0], &c->args[i]);
	*out = wdl_bool(same);
	return true;
}

static bool f_not(struct wdl_call *c, struct wdl_value *out)
{
	if (c->args[0].type != WDL_T_BOOL)
		return wdl_fail_type(c, WDL_M_ITS_BOOLEAN, &c->args[0]);
	*out = wdl_bool(!c->args[0].b);
	return true;
}

static int order_of_numbers(const struct wdl_value *x, const struct wdl_value *y)
{
	struct wdl_decimal p, q;
	double f, g;

	if (x->type == WDL_T_INT && y->type == WDL_T_INT)
		return (x->i > y->i) - (x->i < y->i);
	if ((x->type == WDL_T_DECIMAL || y->type == WDL_T_DECIMAL) && wdl_number_decimal(x, &p) &&
	    wdl_number_decimal(y, &q))
		return wdl_decimal_compare(p, q);
	f = wdl_number(x);
	g = wdl_number(y);
	return f > g ? 1 : f < g ? -1 : f == g ? 0 : 2; /* 2: not a number, so neither holds */
}

static bool comparable(const struct wdl_value *v)
{
	return wdl_is_number(v) || v->type == WDL_T_STRING;
}

/* Numbers by value, texts without regard to case; nothing else has an order. */
static bool order(struct wdl_call *c, int *out)
{
	const struct wdl_value *x = &c->args[0], *y = &c->args[1];
	struct str tx = str_from(wdl_type_name(x->type)), ty = str_from(wdl_type_name(y->type));
	struct str none = str_from("");

	if (wdl_is_number(x) && wdl_is_number(y)) {
		*out = order_of_numbers(x, y);
		return true;
	}
	if (x->type == WDL_T_STRING && y->type == WDL_T_STRING) {
		*out = wdl_compare_nocase(c->a, x->s, y->s);
		return true;
	}
	if (comparable(x) && comparable(y))
		return wdl_fail(c, WDL_M_COMPARE_MATCH, tx, ty, none);
	if (!comparable(x) && !comparable(y))
		return wdl_fail(c, WDL_M_COMPARE_TYPES,
				str_fmt(c->a, "%.*s', '%.*s", STR_ARG(tx), STR_ARG(ty)), none, none);
	return wdl_fail(c, WDL_M_COMPARE_TYPES, comparable(x) ? ty : tx, none, none);
}

static bool f_greater(struct wdl_call *c, struct wdl_value *out)
{
	int o;

	if (!order(c, &o))
		return false;
	*out = wdl_bool(o == 1);
	return true;
}

static bool f_greater_or_equals(struct wdl_call *c, struct wdl_value *out)
{
	int o;

	if (!order(c, &o))
		return false;
	*out = wdl_bool(o == 1 || o == 0);
	return true;
}

static bool f_less(struct wdl_call *c, struct wdl_value *out)
{
	int o;

	if (!order(c, &o))
		return false;
	*out = wdl_bool(o == -1);
	return true;
}

static bool f_less_or_equals(struct wdl_call *c, struct wdl_value *out)
{
	int o;

	if (!order(c, &o))
		return false;
	*out = wdl_bool(o == -1 || o == 0);
	return true;
}

const struct wdl_body wdl_logic_functions[] = {
	{ "equals", f_equals },
	{ "strongEquals", f_strong_equals },
	{ "not", f_not },
	{ "greater", f_greater },
	{ "greaterOrEquals", f_greater_or_equals },
	{ "less", f_less },
	{ "lessOrEquals", f_less_or_equals },
	{ NULL, NULL },
};
