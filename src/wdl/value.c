/*
 * value.c - values, their texts, and their equality.
 */
#include "wdl/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "text/crypt.h"
#include "wdl/text.h"

struct wdl_value wdl_null(void)
{
	return (struct wdl_value){ .type = WDL_T_NULL };
}

struct wdl_value wdl_bool(bool b)
{
	return (struct wdl_value){ .type = WDL_T_BOOL, .b = b };
}

struct wdl_value wdl_int(int64_t i)
{
	return (struct wdl_value){ .type = WDL_T_INT, .i = i };
}

struct wdl_value wdl_float(double f)
{
	return (struct wdl_value){ .type = WDL_T_FLOAT, .f = f };
}

struct wdl_value wdl_decimal(struct wdl_decimal d)
{
	return (struct wdl_value){ .type = WDL_T_DECIMAL, .d = d };
}

struct wdl_value wdl_string(struct str s)
{
	return (struct wdl_value){ .type = WDL_T_STRING, .s = s };
}

struct wdl_value wdl_of_json(const struct json *j)
{
	struct wdl_value v = { .type = WDL_T_NULL, .json = j };
	struct str text;

	switch (json_type(j)) {
	case JSON_NONE:
	case JSON_NULL:
		break;
	case JSON_BOOL:
		v.type = WDL_T_BOOL;
		v.b = json_is_true(j);
		break;
	case JSON_NUMBER:
		text = json_number_text(j);
		if (str_to_i64(text, &v.i)) {
			v.type = WDL_T_INT;
		} else {
			v.type = WDL_T_FLOAT;
			v.f = json_double(j, 0);
		}
		break;
	case JSON_STRING:
		v.type = WDL_T_STRING;
		v.s = json_str(j);
		break;
	case JSON_ARRAY:
		v.type = WDL_T_ARRAY;
		break;
	case JSON_OBJECT:
		v.type = WDL_T_OBJECT;
		break;
	}
	return v;
}

static struct str with_point(struct arena *a, const char *number)
{
	return str_fmt(a, "%s%s", number, strpbrk(number, ".E") ? "" : ".0");
}

/* Newtonsoft writes a point into every float, and NaN and infinities as strings. */
static struct json *float_json(struct arena *a, double f)
{
	char text[40];

	wdl_double_text(f, text);
	if (!isfinite(f))
		return json_new_z(a, text);
	return json_new_number(a, with_point(a, text));
}

static struct json *decimal_json(struct arena *a, struct wdl_decimal d)
{
	char text[48];

	wdl_decimal_text(d, text);
	return json_new_number(a, with_point(a, text));
}

struct json *wdl_to_json(struct arena *a, const struct wdl_value *v)
{
	if (v->json)
		return json_copy(a, v->json);
	switch (v->type) {
	case WDL_T_BOOL:
		return json_new_bool(a, v->b);
	case WDL_T_INT:
		return json_new_int(a, v->i);
	case WDL_T_FLOAT:
		return float_json(a, v->f);
	case WDL_T_DECIMAL:
		return decimal_json(a, v->d);
	case WDL_T_STRING:
		return json_new_str(a, v->s);
	default:
		return json_new_null(a);
	}
}

const char *wdl_type_name(enum wdl_type t)
{
	static const char *const names[] = {
		[WDL_T_NULL] = "Null",     [WDL_T_BOOL] = "Boolean", [WDL_T_INT] = "Integer",
		[WDL_T_FLOAT] = "Float",   [WDL_T_DECIMAL] = "Float", [WDL_T_STRING] = "String",
		[WDL_T_ARRAY] = "Array",   [WDL_T_OBJECT] = "Object",
	};

	return names[t];
}

double wdl_number(const struct wdl_value *v)
{
	return v->type == WDL_T_INT ? (double)v->i : v->type == WDL_T_FLOAT ? v->f
	       : v->type == WDL_T_DECIMAL ? wdl_decimal_to_double(v->d) : 0;
}

bool wdl_number_decimal(const struct wdl_value *v, struct wdl_decimal *out)
{
	if (v->type == WDL_T_DECIMAL)
		*out = v->d;
	else if (v->type == WDL_T_INT)
		*out = wdl_decimal_int(v->i);
	else
		return v->type == WDL_T_FLOAT && wdl_decimal_double(v->f, out);
	return true;
}

/* Fixed notation from 1e-4 up to 1e16, else 1.5E+17 (measured, see messages.c on sources). */
void wdl_double_text(double f, char *out)
{
	char e[40], digits[24] = "0";
	int exponent, n = 0, precision;

	if (isnan(f) || isinf(f)) {
		snprintf(out, 40, "%s", isnan(f) ? "NaN" : f > 0 ? "Infinity" : "-Infinity");
		return;
	}
	/* Fifteen digits hold every shorter text, but for the thin numbers next to zero. */
	for (precision = fabs(f) < DBL_MIN ? 0 : 14; precision < 17; precision++) {
		snprintf(e, sizeof(e), "%.*e", precision, f);
		if (strtod(e, NULL) == f)
			break;
	}
	exponent = (int)strtod(strchr(e, 'e') + 1, NULL);
	for (const char *p = e; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (signbit(f))
		*out++ = '-';
	if (exponent < -4 || exponent > 16) {
		*out++ = digits[0];
		if (n > 1)
			*out++ = '.';
		for (int i = 1; i < n; i++)
			*out++ = digits[i];
		snprintf(out, 14, "E%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
		return;
	}
	if (exponent < 0) {
		*out++ = '0';
		*out++ = '.';
		for (int i = -1; i > exponent; i--)
			*out++ = '0';
		for (int i = 0; i < n; i++)
			*out++ = digits[i];
	} else {
		for (int i = 0; i <= exponent || i < n; i++) {
			if (i == exponent + 1)
				*out++ = '.';
			*out++ = i < n ? digits[i] : '0';
		}
	}
	*out = 0;
}

static struct str number_text(struct arena *a, const struct wdl_value *v)
{
	char text[48];

	if (v->type == WDL_T_INT)
		return str_fmt(a, "%lld", (long long)v->i);
	if (v->type == WDL_T_FLOAT)
		wdl_double_text(v->f, text);
	else
		wdl_decimal_text(v->d, text);
	return str_dup(a, str_from(text));
}

struct str wdl_to_text(struct arena *a, const struct wdl_value *v)
{
	struct str bytes;

	switch (v->type) {
	case WDL_T_BOOL:
		return v->b ? S("True") : S("False");
	case WDL_T_INT:
	case WDL_T_FLOAT:
	case WDL_T_DECIMAL:
		return number_text(a, v);
	case WDL_T_STRING:
		return v->s;
	case WDL_T_OBJECT:
		if (wdl_is_content(v->json) && wdl_content_bytes(a, v->json, &bytes))
			return json_str(json_new_str(a, bytes)); /* ill-formed UTF-8 replaced */
		return json_text(a, v->json);
	case WDL_T_ARRAY:
		return json_text(a, v->json);
	default:
		return str_from("");
	}
}

bool wdl_is_content(const struct json *j)
{
	if (!json_is(j, JSON_OBJECT) || !json_is(json_get(j, "$content"), JSON_STRING) ||
	    !json_is(json_get(j, "$content-type"), JSON_STRING))
		return false;
	/* A form post also carries its parsed fields or parts. */
	JSON_EACH(member, j) {
		struct str name = json_name(member);

		if (!str_eq(name, S("$content")) && !str_eq(name, S("$content-type")) &&
		    !str_eq(name, S("$formdata")) && !str_eq(name, S("$multipart")))
			return false;
	}
	return true;
}

struct wdl_value wdl_content_base64(struct arena *a, struct str type, struct str base64)
{
	struct json *object = json_new_object(a);

	json_set_str(a, object, "$content-type", type);
	json_set_str(a, object, "$content", base64);
	return wdl_of_json(object);
}

struct wdl_value wdl_content(struct arena *a, struct str type, struct str bytes)
{
	struct buf b;

	buf_init_in(&b, a, bytes.n / 3 * 4 + 8);
	crypt_b64(&b, bytes);
	return wdl_content_base64(a, type, buf_str(&b));
}

bool wdl_unbase64(struct arena *a, struct str text, struct str *bytes)
{
	struct buf packed, out;

	buf_init_in(&packed, a, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (!strchr(" \t\r\n", text.p[i]) || !text.p[i])
			buf_addc(&packed, text.p[i]);
	buf_init_in(&out, a, text.n + 4);
	if (packed.n % 4 || memchr(packed.p ? packed.p : "", '-', packed.n) ||
	    memchr(packed.p ? packed.p : "", '_', packed.n) || !crypt_unb64(&out, buf_str(&packed)))
		return false;
	*bytes = buf_str(&out);
	return true;
}

bool wdl_content_bytes(struct arena *a, const struct json *j, struct str *bytes)
{
	return wdl_unbase64(a, json_get_str(j, "$content"), bytes);
}

struct str wdl_content_type(const struct json *j)
{
	return json_get_str(j, "$content-type");
}

/* ---- equality ---- */

static bool numbers_equal(const struct wdl_value *x, const struct wdl_value *y)
{
	struct wdl_decimal c, d;

	if (x->type == WDL_T_INT && y->type == WDL_T_INT)
		return x->i == y->i;
	if ((x->type == WDL_T_DECIMAL || y->type == WDL_T_DECIMAL) && wdl_number_decimal(x, &c) &&
	    wdl_number_decimal(y, &d))
		return wdl_decimal_compare(c, d) == 0;
	return wdl_number(x) == wdl_number(y);
}

static bool arrays_equal(const struct json *x, const struct json *y)
{
	const struct json *p = json_first(x), *q = json_first(y);

	for (; p && q; p = json_next(p), q = json_next(q))
		if (!wdl_json_equal(p, q))
			return false;
	return !p && !q;
}

static bool objects_equal(const struct json *x, const struct json *y)
{
	if (json_count(x) != json_count(y))
		return false;
	JSON_EACH(member, x) {
		const struct json *other = json_get_n(y, json_name(member));

		if (!other || !wdl_json_equal(member, other))
			return false;
	}
	return true;
}

bool wdl_json_equal(const struct json *x, const struct json *y)
{
	struct wdl_value v, w;

	if (json_is(x, JSON_ARRAY) && json_is(y, JSON_ARRAY))
		return arrays_equal(x, y);
	if (json_is(x, JSON_OBJECT) && json_is(y, JSON_OBJECT))
		return objects_equal(x, y);
	v = wdl_of_json(x);
	w = wdl_of_json(y);
	if (wdl_is_number(&v) && wdl_is_number(&w))
		return numbers_equal(&v, &w);
	if (v.type != w.type || v.type == WDL_T_ARRAY || v.type == WDL_T_OBJECT)
		return false;
	return v.type == WDL_T_STRING ? str_eq(v.s, w.s) : v.type == WDL_T_BOOL ? v.b == w.b : true;
}

/* The reference calls equals(true, 1) true. */
static bool flag_equals(const struct wdl_value *flag, const struct wdl_value *number)
{
	return wdl_number(number) == (flag->b ? 1.0 : 0.0);
}

bool wdl_equal(const struct wdl_value *x, const struct wdl_value *y)
{
	if (wdl_is_number(x) && wdl_is_number(y))
		return numbers_equal(x, y);
	if (x->type == WDL_T_BOOL && wdl_is_number(y))
		return flag_equals(x, y);
	if (y->type == WDL_T_BOOL && wdl_is_number(x))
		return flag_equals(y, x);
	if (x->type != y->type)
		return false;
	switch (x->type) {
	case WDL_T_BOOL:
		return x->b == y->b;
	case WDL_T_STRING:
		return str_eq(x->s, y->s);
	case WDL_T_ARRAY:
	case WDL_T_OBJECT:
		return wdl_json_equal(x->json, y->json);
	default:
		return true;
	}
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ u[i]) * 0x100000001b3ull;
	return h ^ h >> 29;
}

uint64_t wdl_json_hash(const struct json *j)
{
	uint64_t h = 0xcbf29ce484222325ull + (uint64_t)json_type(j) * 0x9e3779b97f4a7c15ull;
	double f;

	switch (json_type(j)) {
	case JSON_BOOL:
		return h + json_is_true(j);
	case JSON_NUMBER:
		f = json_double(j, 0) + 0.0; /* -0 and 0 are equal */
		return mix(h, &f, sizeof(f));
	case JSON_STRING:
		return mix(h, json_str(j).p, json_str(j).n);
	case JSON_ARRAY:
		JSON_EACH(item, j)
			h = h * 31 + wdl_json_hash(item);
		return h;
	case JSON_OBJECT:
		/* Order does not count. */
		JSON_EACH(member, j)
			h += mix(wdl_json_hash(member), json_name(member).p, json_name(member).n);
		return h;
	default:
		return h;
	}
}
