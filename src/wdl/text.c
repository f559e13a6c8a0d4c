/*
 * text.c - strings as the engine sees them.
 */
#include "wdl/text.h"

#include "wdl/lex.h"

unsigned wdl_point(const char *p, size_t n, size_t *length)
{
	const unsigned char *u = (const unsigned char *)p;
	unsigned c = u[0];
	size_t want = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;

	*length = 1;
	if (c < 0x80)
		return c;
	if (want == 0 || want > n || c >= 0xf5)
		return 0xfffd;
	for (size_t i = 1; i < want; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0xfffd;
	*length = want;
	c &= want == 2 ? 0x1fu : want == 3 ? 0x0fu : 0x07u;
	for (size_t i = 1; i < want; i++)
		c = c << 6 | (u[i] & 0x3fu);
	return c;
}

void wdl_add_point(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
	} else if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}

size_t wdl_units(struct str s)
{
	size_t units = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		units += (c & 0xc0) != 0x80;
		units += c >= 0xf0;
	}
	return units;
}

/* Byte offset of unit `unit`; *half says that it is the second of a pair. */
static size_t byte_of(struct str s, size_t unit, bool *half)
{
	size_t i = 0, at = 0;

	*half = false;
	while (i < s.n && at < unit) {
		size_t length = wdl_char_length(s.p + i, s.n - i);

		at += length == 4 ? 2 : 1;
		if (at > unit) {
			*half = true;
			return i;
		}
		i += length;
	}
	return i;
}

struct str wdl_units_slice(struct arena *a, struct str s, size_t start, size_t count)
{
	bool cut_start, cut_end;
	size_t from = byte_of(s, start, &cut_start);
	struct str rest = str_from_at(s, from);
	size_t to = byte_of(rest, count + (cut_start ? 1 : 0), &cut_end);
	struct buf b;

	if (count == 0 || from >= s.n)
		return str_from("");
	if (!cut_start && !cut_end)
		return str_first(rest, to);
	buf_init_in(&b, a, to + 16);
	if (cut_start) {
		buf_addz(&b, "\xef\xbf\xbd");
		if (to > 4)
			buf_add(&b, rest.p + 4, to - 4);
	} else {
		buf_add(&b, rest.p, to);
	}
	if (cut_end && !(cut_start && to == 0))
		buf_addz(&b, "\xef\xbf\xbd");
	return buf_str(&b);
}

ptrdiff_t wdl_units_find(struct str s, struct str needle)
{
	ptrdiff_t at = str_find(s, needle);

	return at < 0 ? -1 : (ptrdiff_t)wdl_units(str_first(s, (size_t)at));
}

ptrdiff_t wdl_units_find_last(struct str s, struct str needle)
{
	ptrdiff_t found = -1;
	size_t from = 0;

	if (needle.n == 0)
		return -1;
	for (;;) {
		ptrdiff_t at = str_find(str_from_at(s, from), needle);

		if (at < 0)
			break;
		found = (ptrdiff_t)from + at;
		from = (size_t)found + 1;
	}
	return found < 0 ? -1 : (ptrdiff_t)wdl_units(str_first(s, (size_t)found));
}

static const struct wdl_case_run *run_of(unsigned c)
{
	size_t low = 0, high = wdl_case_run_count;

	/* Runs are ordered by their first character and may overlap by one step. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (wdl_case_runs[mid].first <= c)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t back = 0; back < 3 && low > back; back++) {
		const struct wdl_case_run *r = &wdl_case_runs[low - 1 - back];

		if (c >= r->first && c <= r->last && (c - r->first) % r->step == 0)
			return r;
	}
	return NULL;
}

unsigned wdl_upper_point(unsigned c)
{
	const struct wdl_case_run *r = c < 0x80 ? NULL : run_of(c);

	if (r)
		return (unsigned)((int)c + r->to_upper);
	return c >= 'a' && c <= 'z' ? c - 0x20 : c;
}

bool wdl_same_nocase(struct str x, struct str y)
{
	while (x.n && y.n) {
		size_t n, m;
		unsigned c = wdl_point(x.p, x.n, &n), d = wdl_point(y.p, y.n, &m);

		if (c != d && wdl_upper_point(c) != wdl_upper_point(d))
			return false;
		x = str_from_at(x, n);
		y = str_from_at(y, m);
	}
	return !x.n && !y.n;
}

static struct str map(struct arena *a, struct str s, bool upper)
{
	struct buf b;

	buf_init_in(&b, a, s.n * 3 + 8);
	buf_room(&b, s.n);
	for (size_t i = 0; i < s.n;) {
		unsigned char byte = (unsigned char)s.p[i];
		size_t length;
		unsigned c;
		const struct wdl_case_run *r;

		if (byte < 0x80) {
			bool other = wdl_is_letter((char)byte) && ((byte & 0x20) != 0) == upper;

			buf_addc(&b, (char)(other ? byte ^ 0x20 : byte));
			i++;
			continue;
		}
		c = wdl_point(s.p + i, s.n - i, &length);
		r = run_of(c);
		if (r)
			wdl_add_point(&b, (unsigned)((int)c + (upper ? r->to_upper : r->to_lower)));
		else
			buf_add(&b, s.p + i, length);
		i += length;
	}
	return buf_str(&b);
}

struct str wdl_upper(struct arena *a, struct str s)
{
	return map(a, s, true);
}

struct str wdl_lower(struct arena *a, struct str s)
{
	return map(a, s, false);
}

/* Order of UTF-16 units: like code points, but surrogates sort before U+E000 and above. */
static unsigned unit_order(unsigned c)
{
	return c >= 0x10000 ? 0xd800 + ((c - 0x10000) >> 10) : c;
}

int wdl_compare_nocase(struct arena *a, struct str x, struct str y)
{
	struct str p = wdl_upper(a, x), q = wdl_upper(a, y);
	size_t i = 0, k = 0;

	while (i < p.n && k < q.n) {
		size_t n, m;
		unsigned c = wdl_point(p.p + i, p.n - i, &n), d = wdl_point(q.p + k, q.n - k, &m);

		if (c != d) {
			unsigned u = unit_order(c), v = unit_order(d);

			return u != v ? (u < v ? -1 : 1) : c < d ? -1 : 1;
		}
		i += n;
		k += m;
	}
	return i < p.n ? 1 : k < q.n ? -1 : 0;
}

struct str wdl_trim(struct str s)
{
	size_t n;

	while ((n = wdl_space_at(s.p, s.n)) != 0)
		s = str_from_at(s, n);
	for (;;) {
		size_t start = s.n;

		while (start > 0 && s.n - start < 4) {
			start--;
			if (((unsigned char)s.p[start] & 0xc0) != 0x80)
				break;
		}
		if (start == s.n || wdl_space_at(s.p + start, s.n - start) != s.n - start)
			return s;
		s.n = start;
	}
}
