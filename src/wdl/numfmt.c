/*
 * numfmt.c - .NET numeric format strings.
 *
 * Works on decimal digits: exact ones of integers and decimals, 17 significant ones of doubles.
 * Measured of the service: standard formats round half to even, custom ones half away from 0.
 */
#include "wdl/numfmt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "wdl/digits.h"
#include "wdl/text.h"

enum { PRECISION_MAX = 99 };

static void strip(struct wdl_digits *g)
{
	int lead = 0;

	while (lead < g->n && g->d[lead] == 0)
		lead++;
	memmove(g->d, g->d + lead, (size_t)(g->n - lead));
	g->n -= lead;
	g->point -= lead;
	while (g->n > 0 && g->d[g->n - 1] == 0)
		g->n--;
	if (g->n == 0)
		g->point = 0;
}

static void take_digits(struct wdl_digits *g, const char *text)
{
	bool after = false;

	g->point = 0;
	for (; *text && *text != 'e'; text++) {
		if (*text == '.')
			after = true;
		else if (*text == '-')
			g->negative = true;
		else if (g->n < WDL_DIGITS)
			g->d[g->n++] = (char)(*text - '0');
		g->point += *text >= '0' && *text <= '9' && !after;
	}
	if (*text == 'e')
		g->point += (int)strtod(text + 1, NULL);
	strip(g);
}

struct wdl_digits wdl_digits_of(const struct wdl_value *v)
{
	struct wdl_digits g = { .n = 0 };
	char text[64];

	if (v->type == WDL_T_INT)
		snprintf(text, sizeof(text), "%lld", (long long)v->i);
	else if (v->type == WDL_T_DECIMAL)
		wdl_decimal_text(v->d, text);
	else
		snprintf(text, sizeof(text), "%.16e", v->f);
	take_digits(&g, text);
	return g;
}

/* Keeps `places` digits after the point. */
void wdl_round_to(struct wdl_digits *g, int places, bool even)
{
	int keep = g->point + places;
	bool up;

	if (keep >= g->n)
		return;
	if (keep < 0) {
		g->n = g->point = 0;
		return;
	}
	up = g->d[keep] > 5 || (g->d[keep] == 5 && (!even || g->n > keep + 1 ||
						    (keep > 0 && (g->d[keep - 1] & 1))));
	g->n = keep;
	while (up && keep > 0) {
		up = ++g->d[--keep] == 10;
		if (up)
			g->d[keep] = 0;
	}
	if (up) {
		memmove(g->d + 1, g->d, (size_t)g->n);
		g->d[0] = 1;
		g->n++;
		g->point++;
	}
	strip(g);
}

char wdl_digit_at(const struct wdl_digits *g, int i)
{
	return (char)('0' + (i >= 0 && i < g->n ? g->d[i] : 0));
}

/* Whether a separator follows when `left` integer digits are still to come. */
bool wdl_groups_at(const struct wdl_culture *c, int left)
{
	return left > 0 && (c->indian_groups ? left == 3 || (left > 3 && (left - 3) % 2 == 0)
					     : left % 3 == 0);
}

static void add_fixed(struct buf *b, const struct wdl_digits *g, int places, bool grouped,
		      const struct wdl_culture *c)
{
	int whole = g->point > 0 ? g->point : 0;

	if (whole == 0)
		buf_addc(b, '0');
	for (int i = 0; i < whole; i++) {
		buf_addc(b, wdl_digit_at(g, i));
		if (grouped && wdl_groups_at(c, whole - i - 1))
			buf_addz(b, c->group);
	}
	if (places > 0)
		buf_addz(b, c->decimal);
	for (int i = 0; i < places; i++)
		buf_addc(b, wdl_digit_at(g, g->point + i));
}

/* Puts the amount for n and the symbol for $. */
static void add_pattern(struct buf *b, const char *pattern, struct str amount, const char *symbol)
{
	for (; *pattern; pattern++) {
		if (*pattern == 'n')
			buf_adds(b, amount);
		else if (*pattern == '$')
			buf_addz(b, symbol);
		else
			buf_addc(b, *pattern);
	}
}

static void add_exponent(struct buf *b, char letter, int exponent, int least)
{
	buf_addf(b, "%c%c%0*d", letter, exponent < 0 ? '-' : '+', least, abs(exponent));
}

static void add_scientific(struct buf *b, struct wdl_digits *g, char letter, int places,
			   const struct wdl_culture *c)
{
	struct wdl_digits one = *g;

	one.point = one.n ? 1 : 0;
	wdl_round_to(&one, places, true);
	buf_addc(b, wdl_digit_at(&one, 0));
	if (places > 0)
		buf_addz(b, c->decimal);
	for (int i = 1; i <= places; i++)
		buf_addc(b, wdl_digit_at(&one, i));
	add_exponent(b, letter, g->n ? g->point - 1 + (one.point - 1) : 0, 3);
}

static void add_general(struct buf *b, struct wdl_digits *g, char letter, int precision,
			const struct wdl_culture *c)
{
	int exponent;

	if (precision > 0)
		wdl_round_to(g, precision - g->point, true);
	exponent = g->n ? g->point - 1 : 0;
	if (precision > 0 && (exponent >= precision || exponent < -5)) {
		buf_addc(b, wdl_digit_at(g, 0));
		if (g->n > 1)
			buf_addz(b, c->decimal);
		for (int i = 1; i < g->n; i++)
			buf_addc(b, wdl_digit_at(g, i));
		add_exponent(b, (char)(letter == 'G' ? 'E' : 'e'), exponent, 2);
		return;
	}
	add_fixed(b, g, g->n > g->point ? g->n - g->point : 0, false, c);
}

static bool standard(struct arena *a, struct buf *b, const struct wdl_value *v, char letter,
		     int precision, const struct wdl_culture *c)
{
	struct wdl_digits g = wdl_digits_of(v);
	struct buf amount;
	char upper = (char)(letter & ~0x20);
	int places = precision < 0 ? 2 : precision;
	char text[64];

	buf_init_in(&amount, a, 1024);
	switch (upper) {
	case 'C':
	case 'P':
		if (upper == 'P' && g.n)
			g.point += 2;
		wdl_round_to(&g, places, true);
		add_fixed(&amount, &g, places, true, c);
		buf_addz(b, g.negative && g.n ? "-" : "");
		add_pattern(b, upper == 'C' ? c->currency_pattern : c->percent_pattern,
			    buf_str(&amount), c->currency);
		return true;
	case 'F':
	case 'N':
		wdl_round_to(&g, places, true);
		buf_addz(b, g.negative && g.n ? "-" : "");
		add_fixed(b, &g, places, upper == 'N', c);
		return true;
	case 'E':
		buf_addz(b, g.negative && g.n ? "-" : "");
		add_scientific(b, &g, letter, precision < 0 ? 6 : precision, c);
		return true;
	case 'G':
	case 'R':
		if (precision <= 0 && v->type == WDL_T_FLOAT) {
			wdl_double_text(v->f, text);
			for (const char *p = text; *p; p++)
				*p == '.' ? buf_addz(b, c->decimal) : buf_addc(b, *p);
			return true;
		}
		buf_addz(b, g.negative && g.n ? "-" : "");
		add_general(b, &g, letter, precision, c);
		return true;
	case 'D':
		if (v->type != WDL_T_INT)
			return false;
		buf_addz(b, g.negative ? "-" : "");
		for (int i = g.point; i < precision; i++)
			buf_addc(b, '0');
		if (g.point > 0 || precision < 1)
			add_fixed(b, &g, 0, false, c);
		return true;
	case 'X':
		if (v->type != WDL_T_INT)
			return false;
		buf_addf(b, letter == 'X' ? "%0*llX" : "%0*llx", precision < 1 ? 1 : precision,
			 (unsigned long long)v->i);
		return true;
	default:
		return false;
	}
}

bool wdl_format_number(struct arena *a, const struct wdl_value *v, struct str format,
		       const struct wdl_culture *c, struct str *out)
{
	struct buf b;
	uint64_t precision;
	bool letter = format.n && ((format.p[0] | 0x20) >= 'a' && (format.p[0] | 0x20) <= 'z');

	buf_init_in(&b, a, 4096 + format.n * 8);
	if (v->type == WDL_T_FLOAT && !isfinite(v->f)) {
		char text[40];

		wdl_double_text(v->f, text);
		*out = str_dup(a, str_from(text));
		return true;
	}
	if (format.n == 0)
		format = S("G");
	if (letter || format.n == 1) {
		bool number = format.n > 1 && str_to_u64(str_from_at(format, 1), &precision);

		if (letter && (format.n == 1 || number)) {
			if (number && precision > PRECISION_MAX)
				return false;
			if (!standard(a, &b, v, format.p[0], number ? (int)precision : -1, c))
				return false;
			*out = buf_str(&b);
			return buf_ok(&b);
		}
	}
	wdl_custom_number(&b, v, format, c);
	*out = buf_str(&b);
	return buf_ok(&b);
}

/* ---- reading ---- */

static bool special(struct str s, const struct wdl_culture *c, double *out)
{
	if (str_eq_nocase(s, S("NaN")))
		*out = (double)NAN;
	else if (c->name[0] == 0 && str_eq_nocase(s, S("Infinity")))
		*out = (double)INFINITY;
	else if (c->name[0] == 0 && str_eq_nocase(s, S("-Infinity")))
		*out = -(double)INFINITY;
	else
		return false;
	return true;
}

static bool starts(struct str s, const char *what)
{
	return *what && str_starts(s, str_from(what));
}

static bool is_group(struct str s, const struct wdl_culture *c, size_t *n)
{
	*n = strlen(c->group);
	if (starts(s, c->group))
		return true;
	/* People type a plain space where the culture has a no-break one. */
	*n = 1;
	return (unsigned char)c->group[0] == 0xc2 && s.p[0] == ' ' && s.n > 1 && s.p[1] >= '0' &&
	       s.p[1] <= '9';
}

bool wdl_parse_float(struct str text, const struct wdl_culture *c, double *out)
{
	struct str s = wdl_trim(text);
	char plain[400], *end;
	size_t n = 0, skip;
	bool sign = false, digits = false, point = false;

	if (special(s, c, out))
		return true;
	if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
		plain[n++] = s.p[0];
		sign = true;
		s = str_from_at(s, 1);
	} else {
		plain[n++] = '+';
	}
	while (s.n && n < sizeof(plain) - 8) {
		if (s.p[0] >= '0' && s.p[0] <= '9') {
			plain[n++] = s.p[0];
			digits = true;
			skip = 1;
		} else if (!point && starts(s, c->decimal)) {
			plain[n++] = '.';
			point = true;
			skip = strlen(c->decimal);
		} else if (digits && !point && is_group(s, c, &skip)) {
			/* dropped */
		} else {
			break;
		}
		s = str_from_at(s, skip);
	}
	if (digits && s.n > 1 && (s.p[0] == 'e' || s.p[0] == 'E')) {
		size_t k = s.p[1] == '-' || s.p[1] == '+' ? 2 : 1;
		size_t from = k;

		while (k < s.n && s.p[k] >= '0' && s.p[k] <= '9')
			k++;
		if (k > from && k - from < 6) {
			memcpy(plain + n, s.p, k);
			n += k;
			s = str_from_at(s, k);
		}
	}
	if (!sign && s.n == 1 && (s.p[0] == '-' || s.p[0] == '+')) {
		plain[0] = s.p[0];
		s = str_from_at(s, 1);
	}
	if (!digits || s.n || n >= sizeof(plain) - 8)
		return false;
	plain[n] = 0;
	*out = strtod(plain, &end);
	return *end == 0;
}
