/*
 * str.c - strings as pointer and length.
 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

static int fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return str_eq(str_first(s, prefix.n), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return str_eq_nocase(str_first(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from_at(s, s.n - suffix.n), suffix);
}

bool str_ends_nocase(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq_nocase(str_from_at(s, s.n - suffix.n), suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	const char *hit;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? hit - s.p : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? hit - s.p : -1;
}

bool str_contains_nocase(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (str_eq_nocase(str_n(s.p + i, needle.n), needle))
			return true;
	return false;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

struct str str_from_at(struct str s, size_t from)
{
	if (from > s.n)
		from = s.n;
	return from ? str_n(s.p + from, s.n - from) : s;
}

struct str str_first(struct str s, size_t n)
{
	return str_n(s.p, n < s.n ? n : s.n);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s = str_from_at(s, 1);
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_cut(struct str *s, char sep, struct str *head)
{
	ptrdiff_t at;

	if (!s->p)
		return false;
	at = str_find_char(*s, sep);
	if (at < 0) {
		*head = *s;
		*s = (struct str){ 0 };
	} else {
		*head = str_first(*s, (size_t)at);
		*s = str_from_at(*s, (size_t)at + 1);
	}
	return true;
}

bool str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(str_from_at(s, minus), &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

struct str str_after_last(struct str s, char sep)
{
	size_t from = s.n;

	while (from > 0 && s.p[from - 1] != sep)
		from--;
	return str_from_at(s, from);
}

struct str str_unpercent(struct arena *a, struct str s, bool plus)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high = s.p[i] == '%' && i + 2 < s.n ? str_hex_digit(s.p[i + 1]) : -1;
		int low = high >= 0 ? str_hex_digit(s.p[i + 2]) : -1;

		if (low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return str_n(out, n);
}

bool str_is_guid(struct str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : str_hex_digit(s.p[i]) < 0)
			return false;
	}
	return true;
}

char *str_c(struct arena *a, struct str s)
{
	return arena_copy(a, s.p, s.n);
}

struct str str_dup(struct arena *a, struct str s)
{
	return str_n(str_c(a, s), s.n);
}

struct str str_lower(struct arena *a, struct str s)
{
	char *c = str_c(a, s);

	for (size_t i = 0; i < s.n; i++)
		c[i] = (char)fold(c[i]);
	return str_n(c, s.n);
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *c;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		n = 0;
	c = arena_alloc(a, (size_t)n + 1);
	vsnprintf(c, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return str_n(c, (size_t)n);
}

/* Length of the well-formed sequence at s.p[i], or 0 (table 3-7 of the Unicode Standard). */
static size_t utf8_len(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + i;
	size_t left = s.n - i, n;
	unsigned char lo = 0x80, hi = 0xbf;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t k = 2; k < n; k++)
		if ((p[k] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool str_is_utf8(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = utf8_len(s, i);

		if (!n)
			return false;
		i += n;
	}
	return true;
}

struct str str_first_utf8(struct str s, size_t n)
{
	if (n >= s.n)
		return s;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_first(s, n);
}

unsigned str_distance(struct str a, struct str b, unsigned max)
{
	enum { LONGEST = 64 };
	unsigned rows[3][LONGEST + 1];

	if (a.n > LONGEST || b.n > LONGEST)
		return max + 1;
	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned same = fold(a.p[i - 1]) == fold(b.p[j - 1]) ? 0 : 1;
			unsigned d = up[j - 1] + same;

			if (up[j] + 1 < d)
				d = up[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) &&
			    fold(a.p[i - 2]) == fold(b.p[j - 1]) && up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			now[j] = d;
		}
	}
	return rows[a.n % 3][b.n] > max ? max + 1 : rows[a.n % 3][b.n];
}
