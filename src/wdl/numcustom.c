/*
 * numcustom.c - .NET custom numeric format strings.
 */
#include "wdl/digits.h"

#include <stdlib.h>

/* Sections are parted by ; outside quotes. */
static struct str section(struct str *rest)
{
	struct str all = *rest;
	char quote = 0;

	for (size_t i = 0; i < all.n; i++) {
		char ch = all.p[i];

		if (quote) {
			if (ch == quote)
				quote = 0;
		} else if (ch == '\'' || ch == '"') {
			quote = ch;
		} else if (ch == '\\') {
			i++;
		} else if (ch == ';') {
			*rest = str_from_at(all, i + 1);
			return str_first(all, i);
		}
	}
	*rest = (struct str){ 0 };
	return all;
}

/* What a section asks for. */
struct layout {
	int whole, fraction;         /* placeholders before and after the point */
	int least_whole, least_fraction; /* digits that are always written */
	bool grouped, exponent;
	int scale;                   /* powers of ten: percent, per mille, trailing commas */
};

/* Passes over \x, '...' or "..." at *i (to its last byte); *text is what stands for it. */
static bool literal(struct str s, size_t *i, struct str *text)
{
	size_t start = *i + 1;
	char ch = s.p[*i];

	if (ch != '\\' && ch != '\'' && ch != '"')
		return false;
	if (ch == '\\') {
		*text = str_first(str_from_at(s, start), 1);
		*i = start < s.n ? start : s.n - 1;
		return true;
	}
	for (++*i; *i < s.n && s.p[*i] != ch;)
		++*i;
	*text = str_n(s.p + start, *i - start);
	return true;
}

static size_t exponent_at(struct str s, size_t i)
{
	size_t k = i + 1;

	if (s.p[i] != 'E' && s.p[i] != 'e')
		return 0;
	if (k < s.n && (s.p[k] == '+' || s.p[k] == '-'))
		k++;
	if (k >= s.n || s.p[k] != '0')
		return 0;
	while (k < s.n && s.p[k] == '0')
		k++;
	return k - i;
}

static struct layout layout_of(struct str s)
{
	struct layout l = { 0 };
	bool point = false;
	struct str text;
	int commas = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (literal(s, &i, &text))
			continue;
		switch (s.p[i]) {
		case '0':
		case '#':
			if (point) {
				l.fraction++;
				if (s.p[i] == '0')
					l.least_fraction = l.fraction;
				break;
			}
			l.grouped |= commas > 0 && l.whole > 0;
			commas = 0;
			l.whole++;
			if (s.p[i] == '0' || l.least_whole)
				l.least_whole++;
			break;
		case ',':
			commas += !point && l.whole > 0;
			break;
		case '.':
			if (!point) {
				l.scale -= 3 * commas;
				commas = 0;
			}
			point = true;
			break;
		case '%':
			l.scale += 2;
			break;
		case 'E':
		case 'e':
			if (exponent_at(s, i)) {
				l.exponent = true;
				i += exponent_at(s, i) - 1;
			}
			break;
		default:
			if (str_starts(str_from_at(s, i), S("\xe2\x80\xb0"))) /* per mille */
				l.scale += 3;
			break;
		}
	}
	l.scale -= 3 * commas;
	return l;
}

struct writer {
	struct buf *b;
	const struct wdl_culture *c;
	struct wdl_digits g;
	struct layout l;
	int exponent;
	int at;       /* placeholders of the whole part passed */
	int fraction; /* digits of the fraction written */
	bool point;
};

/* The digits that stand for one placeholder before the point: the first takes all extra ones. */
static void whole_placeholder(struct writer *w)
{
	int digits = w->g.point > w->l.least_whole ? w->g.point : w->l.least_whole;
	int last = w->l.whole - w->at;
	int first = w->at == 0 && digits > last ? digits : last;

	for (int place = first; place >= last; place--) {
		if (place > digits)
			continue;
		buf_addc(w->b, wdl_digit_at(&w->g, w->g.point - place));
		if (w->l.grouped && wdl_groups_at(w->c, place - 1))
			buf_addz(w->b, w->c->group);
	}
	w->at++;
}

static void fraction_placeholder(struct writer *w)
{
	int shown = w->g.n - w->g.point; /* digits that are not zero, to the last */

	if (w->fraction >= w->l.least_fraction && w->fraction >= shown)
		return;
	if (w->fraction == 0)
		buf_addz(w->b, w->c->decimal);
	buf_addc(w->b, wdl_digit_at(&w->g, w->g.point + w->fraction));
	w->fraction++;
}

static void add_section(struct writer *w, struct str s)
{
	struct str text;
	size_t e;

	for (size_t i = 0; i < s.n; i++) {
		if (literal(s, &i, &text)) {
			buf_adds(w->b, text);
			continue;
		}
		switch (s.p[i]) {
		case '0':
		case '#':
			w->point ? fraction_placeholder(w) : whole_placeholder(w);
			break;
		case '.':
			w->point = true;
			break;
		case ',':
			break;
		case 'E':
		case 'e':
			e = exponent_at(s, i);
			if (e == 0) {
				buf_addc(w->b, s.p[i]);
				break;
			}
			buf_addc(w->b, s.p[i]);
			if (w->exponent < 0)
				buf_addc(w->b, '-');
			else if (s.p[i + 1] == '+')
				buf_addc(w->b, '+');
			buf_addf(w->b, "%0*d", (int)e - 1 - (s.p[i + 1] != '0'), abs(w->exponent));
			i += e - 1;
			break;
		default:
			buf_addc(w->b, s.p[i]);
			break;
		}
	}
}

static struct wdl_digits scaled(const struct wdl_value *v, struct layout l, int *exponent)
{
	struct wdl_digits g = wdl_digits_of(v);

	*exponent = 0;
	if (g.n)
		g.point += l.scale;
	if (l.exponent) {
		*exponent = g.n ? g.point - l.whole : 0;
		g.point = g.n ? l.whole : 0;
	}
	wdl_round_to(&g, l.fraction, false);
	if (l.exponent && g.point > l.whole) {
		*exponent += 1;
		g.point = l.whole;
	}
	return g;
}

void wdl_custom_number(struct buf *b, const struct wdl_value *v, struct str format,
		       const struct wdl_culture *c)
{
	struct str rest = format, parts[3] = { { 0 } }, chosen;
	int count = 0, exponent;
	struct writer w;
	struct layout l;
	struct wdl_digits g;
	bool negative;

	while (rest.p && count < 3)
		parts[count++] = section(&rest);
	chosen = parts[0];
	l = layout_of(chosen);
	g = scaled(v, l, &exponent);
	negative = g.negative;
	/* The section for zero also takes what rounds to zero. */
	if (g.n == 0 && count > 2) {
		chosen = parts[2];
		negative = false;
	} else if (g.negative && count > 1 && parts[1].n) {
		chosen = parts[1];
		negative = false;
	}
	l = layout_of(chosen);
	g = scaled(v, l, &exponent);
	if (negative && g.n)
		buf_addc(b, '-');
	w = (struct writer){ .b = b, .c = c, .g = g, .l = l, .exponent = exponent };
	add_section(&w, chosen);
}
