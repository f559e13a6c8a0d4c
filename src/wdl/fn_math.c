/*
 * fn_math.c - arithmetic: integers stay 64-bit integers, a decimal makes the result a decimal,
 * a float makes it a float.
 */
#include <dlfcn.h>
#include <math.h>

#include "base/limits.h"
#include "wdl/call.h"

enum operation { ADD, SUB, MUL, DIV, MOD };

static bool numeric(struct wdl_call *c, unsigned i)
{
	const struct wdl_value *v = &c->args[i];

	return wdl_is_number(v) ||
	       wdl_fail(c, WDL_M_NUMBER, str_from(wdl_type_name(v->type)), str_from(wdl_ordinal(i)),
			str_from(""));
}

static bool integers(struct wdl_call *c, enum operation op, struct wdl_value *out)
{
	int64_t x = c->args[0].i, y = c->args[1].i, result = 0;
	bool lost = false;

	switch (op) {
	case ADD:
		lost = __builtin_add_overflow(x, y, &result);
		break;
	case SUB:
		lost = __builtin_sub_overflow(x, y, &result);
		break;
	case MUL:
		lost = __builtin_mul_overflow(x, y, &result);
		break;
	case DIV:
	case MOD:
		if (y == 0)
			return wdl_fail0(c, WDL_M_ZERO_DIVISOR);
		lost = x == INT64_MIN && y == -1;
		if (!lost)
			result = op == DIV ? x / y : x % y;
		break;
	}
	*out = wdl_int(result);
	return !lost || wdl_fail0(c, WDL_M_OVERFLOW);
}

static bool decimals(struct wdl_call *c, enum operation op, struct wdl_value *out)
{
	struct wdl_decimal x, y, result = { 0 };
	bool ok;

	if (!wdl_number_decimal(&c->args[0], &x) || !wdl_number_decimal(&c->args[1], &y))
		return wdl_fail0(c, WDL_M_OVERFLOW);
	if ((op == DIV || op == MOD) && wdl_decimal_is_zero(y))
		return wdl_fail0(c, WDL_M_ZERO_DIVISOR);
	if (op == SUB)
		y.negative = !y.negative && !wdl_decimal_is_zero(y);
	ok = op == ADD || op == SUB ? wdl_decimal_add(x, y, &result)
	     : op == MUL	    ? wdl_decimal_mul(x, y, &result)
	     : op == DIV	    ? wdl_decimal_div(x, y, &result)
				    : wdl_decimal_mod(x, y, &result);
	*out = wdl_decimal(result);
	return ok || wdl_fail0(c, WDL_M_OVERFLOW);
}

/* fmod without libm, which nothing else here needs: takes y times powers of two off, exactly. */
static double remainder_of(double x, double y)
{
	double left = x < 0 ? -x : x, by = y < 0 ? -y : y;
	int ex, ey;

	if (!isfinite(x) || isnan(y))
		return (double)NAN;
	if (!isfinite(y))
		return x;
	frexp(by, &ey);
	while (left >= by) {
		double t;

		frexp(left, &ex);
		t = ldexp(by, ex - ey);
		left -= t <= left ? t : ldexp(by, ex - ey - 1);
	}
	return x < 0 ? -left : left;
}

static bool floats(struct wdl_call *c, enum operation op, struct wdl_value *out)
{
	double x = wdl_number(&c->args[0]), y = wdl_number(&c->args[1]);

	if ((op == DIV || op == MOD) && y == 0)
		return wdl_fail0(c, WDL_M_ZERO_DIVISOR);
	*out = wdl_float(op == ADD ? x + y : op == SUB ? x - y : op == MUL ? x * y
			 : op == DIV ? x / y : remainder_of(x, y));
	return true;
}

static bool arithmetic(struct wdl_call *c, enum operation op, struct wdl_value *out)
{
	if (!numeric(c, 0) || !numeric(c, 1))
		return false;
	if (c->args[0].type == WDL_T_INT && c->args[1].type == WDL_T_INT)
		return integers(c, op, out);
	if (c->args[0].type == WDL_T_DECIMAL || c->args[1].type == WDL_T_DECIMAL)
		return decimals(c, op, out);
	return floats(c, op, out);
}

static bool f_add(struct wdl_call *c, struct wdl_value *out)
{
	return arithmetic(c, ADD, out);
}

static bool f_sub(struct wdl_call *c, struct wdl_value *out)
{
	return arithmetic(c, SUB, out);
}

static bool f_mul(struct wdl_call *c, struct wdl_value *out)
{
	return arithmetic(c, MUL, out);
}

static bool f_div(struct wdl_call *c, struct wdl_value *out)
{
	return arithmetic(c, DIV, out);
}

static bool f_mod(struct wdl_call *c, struct wdl_value *out)
{
	return arithmetic(c, MOD, out);
}

/* Only this seldom function needs libm; linking it would cost every start. */
static double power(double x, double y)
{
	static double (*fn)(double, double);
	void *lib = fn ? NULL : dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

	if (lib) {
		void *found = dlsym(lib, "pow");

		memcpy(&fn, &found, sizeof(fn));
	}
	return fn ? fn(x, y) : (double)NAN;
}

static bool f_pow(struct wdl_call *c, struct wdl_value *out)
{
	int64_t result = 1, base, left;

	if (!numeric(c, 0) || !numeric(c, 1))
		return false;
	if (c->args[0].type != WDL_T_INT || c->args[1].type != WDL_T_INT || c->args[1].i < 0) {
		*out = wdl_float(power(wdl_number(&c->args[0]), wdl_number(&c->args[1])));
		return true;
	}
	/* By squaring; the square is only needed while bits are left. */
	for (base = c->args[0].i, left = c->args[1].i; left > 0; left >>= 1) {
		if ((left & 1) && __builtin_mul_overflow(result, base, &result))
			return wdl_fail0(c, WDL_M_OVERFLOW);
		if (left > 1 && __builtin_mul_overflow(base, base, &base))
			return wdl_fail0(c, WDL_M_OVERFLOW);
	}
	*out = wdl_int(result);
	return true;
}

static bool beats(const struct wdl_value *v, const struct wdl_value *best, bool most)
{
	struct wdl_decimal p, q;
	int order;

	if (v->type == WDL_T_INT && best->type == WDL_T_INT)
		order = (v->i > best->i) - (v->i < best->i);
	else if ((v->type == WDL_T_DECIMAL || best->type == WDL_T_DECIMAL) &&
		 wdl_number_decimal(v, &p) && wdl_number_decimal(best, &q))
		order = wdl_decimal_compare(p, q);
	else
		order = (wdl_number(v) > wdl_number(best)) - (wdl_number(v) < wdl_number(best));
	return most ? order > 0 : order < 0;
}

/* Of several numbers, or of one array of numbers. */
static bool extreme(struct wdl_call *c, bool most, struct wdl_value *out)
{
	const struct wdl_value *v = &c->args[0];
	bool any = false;

	if (c->count == 1 && v->type == WDL_T_ARRAY) {
		JSON_EACH(item, v->json) {
			struct wdl_value one = wdl_of_json(item);

			if (!wdl_is_number(&one))
				return wdl_fail(c, WDL_M_NUMBER, str_from(wdl_type_name(one.type)),
						str_from("first"), str_from(""));
			if (!any || beats(&one, out, most))
				*out = one;
			any = true;
		}
		return any || wdl_fail_type(c, WDL_M_CONVERT, v);
	}
	for (unsigned i = 0; i < c->count; i++) {
		if (!numeric(c, i))
			return false;
		if (i == 0 || beats(&c->args[i], out, most))
			*out = c->args[i];
	}
	return true;
}

/* One decimal among the numbers makes the result a decimal. */
static bool extreme_typed(struct wdl_call *c, bool most, struct wdl_value *out)
{
	struct wdl_decimal d;
	bool any = false;

	if (!extreme(c, most, out))
		return false;
	for (unsigned i = 0; i < c->count; i++)
		any = any || c->args[i].type == WDL_T_DECIMAL;
	if (any && out->type != WDL_T_DECIMAL && wdl_number_decimal(out, &d))
		*out = wdl_decimal(d);
	return true;
}

static bool f_max(struct wdl_call *c, struct wdl_value *out)
{
	return extreme_typed(c, true, out);
}

static bool f_min(struct wdl_call *c, struct wdl_value *out)
{
	return extreme_typed(c, false, out);
}

static bool f_rand(struct wdl_call *c, struct wdl_value *out)
{
	int64_t low, high;

	if (!wdl_arg_int(c, 0, &low) || !wdl_arg_int(c, 1, &high))
		return false;
	if (low >= high)
		return wdl_fail(c, WDL_M_RAND, str_fmt(c->a, "%lld", (long long)low),
				str_fmt(c->a, "%lld", (long long)high), str_from(""));
	*out = wdl_int((int64_t)((uint64_t)low +
				 wdl_random(c->ev) % ((uint64_t)high - (uint64_t)low)));
	return true;
}

static bool f_range(struct wdl_call *c, struct wdl_value *out)
{
	struct str none = str_from("");
	int64_t start, count;
	struct json *list;

	if (!wdl_arg_int(c, 0, &start) || !wdl_arg_int(c, 1, &count))
		return false;
	if (count < 0 || count > LIMIT_WDL_RANGE)
		return wdl_fail(c, WDL_M_RANGE_COUNT, str_fmt(c->a, "%lld", (long long)count), none,
				none);
	if (start > INT32_MAX - count || start < INT32_MIN)
		return wdl_fail0(c, WDL_M_RANGE_SUM);
	list = json_new_array(c->a);
	for (int64_t i = 0; i < count; i++)
		json_push(list, json_new_int(c->a, start + i));
	*out = wdl_of_json(list);
	return true;
}

const struct wdl_body wdl_math_functions[] = {
	{ "add", f_add },
	{ "sub", f_sub },
	{ "mul", f_mul },
	{ "div", f_div },
	{ "mod", f_mod },
	{ "pow", f_pow },
	{ "max", f_max },
	{ "min", f_min },
	{ "rand", f_rand },
	{ "range", f_range },
	{ NULL, NULL },
};
