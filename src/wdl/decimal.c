/*
 * decimal.c - System.Decimal on 256-bit integers.
 *
 * Rounds half to even where digits are lost, as .NET's arithmetic does.
 */
#include "wdl/decimal.h"

#include <stdio.h>
#include <stdlib.h>

#include "wdl/text.h"

enum { WORDS = 8, SCALE_MAX = 28 };

struct wide {
	uint32_t w[WORDS];
};

static struct wide widen(struct wdl_decimal d)
{
	return (struct wide){ { d.w[0], d.w[1], d.w[2] } };
}

static bool fits(const struct wide *x)
{
	return !(x->w[3] | x->w[4] | x->w[5] | x->w[6] | x->w[7]);
}

static bool zero(const struct wide *x)
{
	return fits(x) && !(x->w[0] | x->w[1] | x->w[2]);
}

static void times(struct wide *x, uint32_t by)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)x->w[i] * by;
		x->w[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

/* Divides in place and returns the remainder. */
static uint32_t over(struct wide *x, uint32_t by)
{
	uint64_t rest = 0;

	for (int i = WORDS - 1; i >= 0; i--) {
		rest = rest << 32 | x->w[i];
		x->w[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	return (uint32_t)rest;
}

static int compare(const struct wide *x, const struct wide *y)
{
	for (int i = WORDS - 1; i >= 0; i--)
		if (x->w[i] != y->w[i])
			return x->w[i] < y->w[i] ? -1 : 1;
	return 0;
}

static void plus(struct wide *x, const struct wide *y)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)x->w[i] + y->w[i];
		x->w[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

/* x must not be less than y. */
static void minus(struct wide *x, const struct wide *y)
{
	int64_t borrow = 0;

	for (int i = 0; i < WORDS; i++) {
		borrow += (int64_t)x->w[i] - y->w[i];
		x->w[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
}

static void shift_in(struct wide *x, uint32_t bit)
{
	for (int i = 0; i < WORDS; i++) {
		uint32_t out = x->w[i] >> 31;

		x->w[i] = x->w[i] << 1 | bit;
		bit = out;
	}
}

/* Quotient and remainder, bit by bit. */
static void divide(const struct wide *x, const struct wide *y, struct wide *q, struct wide *r)
{
	struct wide quotient = { { 0 } }, rest = { { 0 } };

	for (int bit = WORDS * 32 - 1; bit >= 0; bit--) {
		shift_in(&rest, x->w[bit / 32] >> (bit % 32) & 1);
		if (compare(&rest, y) >= 0) {
			minus(&rest, y);
			quotient.w[bit / 32] |= 1u << (bit % 32);
		}
	}
	*q = quotient;
	*r = rest;
}

/* Drops digits, rounding half to even, until 96 bits and a scale of at most 28 are left. */
static bool narrow(struct wide x, int scale, bool negative, struct wdl_decimal *out)
{
	uint32_t last = 0;
	bool sticky = false;

	while (scale > SCALE_MAX || (!fits(&x) && scale > 0)) {
		sticky |= last != 0;
		last = over(&x, 10);
		scale--;
	}
	if (last > 5 || (last == 5 && (sticky || (x.w[0] & 1)))) {
		struct wide one = { { 1 } };

		plus(&x, &one);
		if (!fits(&x) && scale > 0) {
			over(&x, 10);
			scale--;
		}
	}
	if (!fits(&x) || scale < 0)
		return false;
	*out = (struct wdl_decimal){ { x.w[0], x.w[1], x.w[2] }, (uint8_t)scale, negative };
	if (zero(&x))
		out->negative = false;
	return true;
}

/* Brings both to the larger scale. */
static int align(struct wdl_decimal a, struct wdl_decimal b, struct wide *x, struct wide *y)
{
	int scale = a.scale > b.scale ? a.scale : b.scale;

	*x = widen(a);
	*y = widen(b);
	for (int i = a.scale; i < scale; i++)
		times(x, 10);
	for (int i = b.scale; i < scale; i++)
		times(y, 10);
	return scale;
}

struct wdl_decimal wdl_decimal_int(int64_t v)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	return (struct wdl_decimal){ { (uint32_t)u, (uint32_t)(u >> 32), 0 }, 0, v < 0 };
}

bool wdl_decimal_add(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out)
{
	struct wide x, y;
	int scale = align(a, b, &x, &y);

	if (a.negative == b.negative) {
		plus(&x, &y);
		return narrow(x, scale, a.negative, out);
	}
	if (compare(&x, &y) >= 0) {
		minus(&x, &y);
		return narrow(x, scale, a.negative, out);
	}
	minus(&y, &x);
	return narrow(y, scale, b.negative, out);
}

bool wdl_decimal_mul(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out)
{
	struct wide product = { { 0 } };

	for (int i = 0; i < 3; i++) {
		struct wide part = widen(a), shifted = { { 0 } };

		times(&part, b.w[i]);
		for (int k = 0; k + i < WORDS; k++)
			shifted.w[k + i] = part.w[k];
		plus(&product, &shifted);
	}
	return narrow(product, a.scale + b.scale, a.negative != b.negative, out);
}

bool wdl_decimal_div(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out)
{
	struct wide x = widen(a), y = widen(b), q, r, twice;
	int scale = a.scale - b.scale;

	if (zero(&y))
		return false;
	for (; scale < 0; scale++)
		times(&x, 10);
	divide(&x, &y, &q, &r);
	while (!zero(&r) && scale < SCALE_MAX) {
		struct wide more = q, digit;

		times(&more, 10);
		if (!fits(&more))
			break;
		times(&r, 10);
		divide(&r, &y, &digit, &r);
		q = more;
		plus(&q, &digit);
		if (!fits(&q))
			return false;
		scale++;
	}
	twice = r;
	plus(&twice, &r);
	if (compare(&twice, &y) > 0 || (compare(&twice, &y) == 0 && (q.w[0] & 1))) {
		struct wide one = { { 1 } };

		plus(&q, &one);
	}
	return narrow(q, scale, a.negative != b.negative, out);
}

bool wdl_decimal_mod(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out)
{
	struct wide x, y, q, r;
	int scale = align(a, b, &x, &y);

	if (zero(&y))
		return false;
	divide(&x, &y, &q, &r);
	return narrow(r, scale, a.negative, out);
}

int wdl_decimal_compare(struct wdl_decimal a, struct wdl_decimal b)
{
	struct wide x, y;
	int order;

	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	align(a, b, &x, &y);
	order = compare(&x, &y);
	return a.negative ? -order : order;
}

bool wdl_decimal_is_zero(struct wdl_decimal d)
{
	return !(d.w[0] | d.w[1] | d.w[2]);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool wdl_decimal_parse(struct str s, struct wdl_decimal *out)
{
	struct wide x = { { 0 } };
	struct wide limit = { { 0, 0, 0, 0, 1 } }; /* far above 96 bits: stop growing there */
	bool negative = false, sign = false, digits = false, point = false;
	int scale = 0;
	size_t i = 0;

	s = wdl_trim(s);
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) {
		negative = s.p[i++] == '-';
		sign = true;
	}
	for (; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
		} else if (s.p[i] == ',' && digits && !point) {
			continue;
		} else if (is_digit(s.p[i])) {
			struct wide digit = { { (uint32_t)(s.p[i] - '0') } };

			digits = true;
			if (point && scale > 40)
				continue;
			times(&x, 10);
			plus(&x, &digit);
			if (compare(&x, &limit) > 0 && !point)
				return false;
			scale += point;
		} else {
			break;
		}
	}
	if (i < s.n && !sign && (s.p[i] == '-' || s.p[i] == '+'))
		negative = s.p[i++] == '-';
	return digits && i == s.n && narrow(x, scale, negative, out);
}

bool wdl_decimal_double(double v, struct wdl_decimal *out)
{
	char text[400];
	int places;

	if (!(v > -8e28 && v < 8e28))
		return false;
	/* Fifteen significant digits: as many places as that leaves. */
	snprintf(text, sizeof(text), "%.14e", v);
	places = 14 - (int)strtod(strchr(text, 'e') + 1, NULL);
	if (places < 0)
		places = 0;
	snprintf(text, sizeof(text), "%.*f", places > 40 ? 40 : places, strtod(text, NULL));
	if (strchr(text, '.')) {
		size_t n = strlen(text);

		while (text[n - 1] == '0')
			text[--n] = 0;
		if (text[n - 1] == '.')
			text[n - 1] = 0;
	}
	return wdl_decimal_parse(str_from(text), out);
}

void wdl_decimal_text(struct wdl_decimal d, char *out)
{
	struct wide x = widen(d);
	char digits[40];
	int n = 0;

	while (!zero(&x) || n <= d.scale)
		digits[n++] = (char)('0' + over(&x, 10));
	if (d.negative)
		*out++ = '-';
	while (n > 0) {
		if (n == d.scale)
			*out++ = '.';
		*out++ = digits[--n];
	}
	*out = 0;
}

double wdl_decimal_to_double(struct wdl_decimal d)
{
	char text[48];

	wdl_decimal_text(d, text);
	return strtod(text, NULL);
}
