/*
 * redact_view.c - one level of decoding, with a map back.
 *
 * Undoes JSON's backslashes, percent-encoding and HTML's references, whichever are there.
 */
#include "work/redact_scan.h"

/* `n` hexadecimal digits at `at`, or -1. */
static long digits(struct str s, size_t at, size_t n)
{
	long v = 0;

	if (at + n > s.n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int d = str_hex_digit(s.p[at + i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static size_t utf8(char out[4], unsigned long c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* Each returns how many bytes it has read, 0 when they are not of its kind; *n bytes in out. */

static size_t from_backslash(struct str s, size_t at, char out[4], size_t *n)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *found;
	long c;

	if (s.p[at] != '\\' || at + 1 >= s.n)
		return 0;
	found = s.p[at + 1] ? strchr(names, s.p[at + 1]) : NULL;
	if (found) {
		out[0] = means[found - names];
		*n = 1;
		return 2;
	}
	c = s.p[at + 1] == 'u' ? digits(s, at + 2, 4) : -1;
	if (c < 0)
		return 0;
	if (c >= 0xd800 && c < 0xdc00 && at + 7 < s.n && s.p[at + 6] == '\\' &&
	    s.p[at + 7] == 'u') {
		long low = digits(s, at + 8, 4);

		if (low >= 0xdc00 && low < 0xe000) {
			*n = utf8(out, 0x10000 + ((unsigned long)(c - 0xd800) << 10) +
					       (unsigned long)(low - 0xdc00));
			return 12;
		}
	}
	*n = utf8(out, (unsigned long)c);
	return 6;
}

static size_t from_percent(struct str s, size_t at, char out[4], size_t *n)
{
	long c = s.p[at] == '%' ? digits(s, at + 1, 2) : -1;

	if (c < 0)
		return 0;
	out[0] = (char)c;
	*n = 1;
	return 3;
}

static size_t from_html(struct str s, size_t at, char out[4], size_t *n)
{
	static const struct {
		struct str text;
		char c;
	} named[] = { { STR_INIT("&amp;"), '&' },  { STR_INIT("&lt;"), '<' },
		      { STR_INIT("&gt;"), '>' },   { STR_INIT("&quot;"), '"' },
		      { STR_INIT("&apos;"), '\'' }, { STR_INIT("&nbsp;"), ' ' } };
	struct str rest = str_from_at(s, at);
	unsigned long c = 0;
	size_t i = 2;
	bool x;

	if (rest.p[0] != '&' || rest.n < 4)
		return 0;
	for (size_t k = 0; k < sizeof(named) / sizeof(*named); k++) {
		if (!str_starts_nocase(rest, named[k].text))
			continue;
		out[0] = named[k].c;
		*n = 1;
		return named[k].text.n;
	}
	if (rest.p[1] != '#')
		return 0;
	x = (rest.p[2] | 32) == 'x';
	i += x;
	for (size_t begin = i; i < rest.n && rest.p[i] != ';'; i++) {
		int d = str_hex_digit(rest.p[i]);

		if (d < 0 || (!x && d > 9) || i - begin >= 7)
			return 0;
		c = c * (x ? 16 : 10) + (unsigned long)d;
	}
	if (i >= rest.n || i == (x ? 3u : 2u) || c > 0x10ffff)
		return 0;
	*n = utf8(out, c);
	return i + 1;
}

bool redact_decode(struct redact_work *w, struct redact_view v, size_t from, size_t to,
		   struct redact_view *out)
{
	struct str s = str_n(v.text.p, to);
	size_t n = 0, at = from;
	bool changed = false;
	uint32_t *map;
	char *text;

	while (at < to && s.p[at] != '\\' && s.p[at] != '%' && s.p[at] != '&')
		at++;
	if (at == to)
		return false;
	if (w->budget < to - from) {
		w->broken = true;
		return false;
	}
	w->budget -= to - from;
	/* No escape is shorter than what it stands for. */
	text = arena_alloc(w->arena, to - from + 1);
	map = arena_array(w->arena, to - from + 1, sizeof(*map));
	for (at = from; at < to;) {
		char bytes[4] = { s.p[at] };
		size_t made = 1, used = from_backslash(s, at, bytes, &made);

		used = used ? used : from_percent(s, at, bytes, &made);
		used = used ? used : from_html(s, at, bytes, &made);
		changed |= used != 0;
		for (size_t i = 0; i < made; i++) {
			map[n] = v.map ? v.map[at] : (uint32_t)at;
			text[n++] = bytes[i];
		}
		at += used ? used : 1;
	}
	map[n] = v.map ? v.map[to] : (uint32_t)to;
	*out = (struct redact_view){ str_n(text, n), map, v.whole_from, v.whole_to, v.depth + 1 };
	return changed;
}
