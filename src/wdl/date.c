/*
 * date.c - the calendar, and writing dates and time spans.
 */
#include "wdl/date.h"

#include "base/buf.h"
#include "wdl/text.h"

/* ---- calendar (proleptic Gregorian) ---- */

static bool leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int wdl_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Days before the first of January of a year, from 0001-01-01. */
static int64_t days_before(int year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400;
}

struct wdl_civil wdl_civil(int64_t ticks)
{
	struct wdl_civil c = { .month = 1 };
	int64_t days = ticks / WDL_TICKS_DAY, rest = ticks % WDL_TICKS_DAY, seconds;

	c.year = (int)(days * 400 / 146097) + 1;
	while (days_before(c.year + 1) <= days)
		c.year++;
	while (days_before(c.year) > days)
		c.year--;
	c.weekday = (int)((days + 1) % 7);
	days -= days_before(c.year);
	c.yearday = (int)days + 1;
	while (days >= wdl_days_in_month(c.year, c.month))
		days -= wdl_days_in_month(c.year, c.month++);
	c.day = (int)days + 1;
	c.fraction = (int)(rest % WDL_TICKS_SECOND);
	seconds = rest / WDL_TICKS_SECOND;
	c.hour = (int)(seconds / 3600);
	c.minute = (int)(seconds / 60 % 60);
	c.second = (int)(seconds % 60);
	return c;
}

bool wdl_ticks(const struct wdl_civil *c, int64_t *ticks)
{
	int64_t days;

	if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > wdl_days_in_month(c->year, c->month) || c->hour < 0 || c->hour > 23 ||
	    c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 59)
		return false;
	days = days_before(c->year) + c->day - 1;
	for (int m = 1; m < c->month; m++)
		days += wdl_days_in_month(c->year, m);
	*ticks = days * WDL_TICKS_DAY +
		 (c->hour * 3600 + c->minute * 60 + c->second) * WDL_TICKS_SECOND + c->fraction;
	return true;
}

/* ---- writing ---- */

struct str wdl_date_pattern(char standard, const struct wdl_culture *c)
{
	(void)c;
	switch (standard) {
	case 'o':
	case 'O':
		return S("yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK");
	case 'r':
	case 'R':
		return S("ddd, dd MMM yyyy HH':'mm':'ss 'GMT'");
	case 's':
		return S("yyyy'-'MM'-'dd'T'HH':'mm':'ss");
	case 'u':
		return S("yyyy'-'MM'-'dd HH':'mm':'ss'Z'");
	case 'd':
		return str_from(c->short_date);
	case 'D':
		return str_from(c->long_date);
	case 't':
		return str_from(c->short_time);
	case 'T':
		return str_from(c->long_time);
	case 'm':
	case 'M':
		return str_from(c->month_day);
	case 'y':
	case 'Y':
		return str_from(c->year_month);
	default:
		return (struct str){ 0 };
	}
}

/* Standard formats that are two others with a space between. */
static bool pair(char standard, char *date, char *time)
{
	switch (standard) {
	case 'f':
		*date = 'D';
		*time = 't';
		return true;
	case 'F':
	case 'U':
		*date = 'D';
		*time = 'T';
		return true;
	case 'g':
		*date = 'd';
		*time = 't';
		return true;
	case 'G':
		*date = 'd';
		*time = 'T';
		return true;
	default:
		return false;
	}
}

struct writer {
	struct buf *b;
	const struct wdl_culture *c;
	struct wdl_civil t;
	enum wdl_date_kind kind;
	bool has_day;
};

static void number(struct buf *b, int v, int width)
{
	buf_addf(b, "%0*d", width, v);
}

static void month(struct writer *w, int n)
{
	unsigned i = (unsigned)w->t.month - 1;

	if (n <= 2)
		number(w->b, w->t.month, n);
	else if (n == 3)
		buf_adds(w->b, wdl_culture_item(w->c->months_short, i));
	else
		buf_adds(w->b, wdl_culture_item(w->has_day ? w->c->months : w->c->months_alone, i));
}

static void day(struct writer *w, int n)
{
	unsigned i = (unsigned)w->t.weekday;

	if (n <= 2)
		number(w->b, w->t.day, n);
	else
		buf_adds(w->b, wdl_culture_item(n == 3 ? w->c->days_short : w->c->days, i));
}

static bool fraction(struct writer *w, char letter, int n)
{
	char digits[8];
	int v = w->t.fraction;

	if (n > 7)
		return false;
	for (int i = 6; i >= 0; i--, v /= 10)
		digits[i] = (char)('0' + v % 10);
	while (letter == 'F' && n > 0 && digits[n - 1] == '0')
		n--;
	/* F of nothing takes the point before it along. */
	if (n == 0 && w->b->n && w->b->p[w->b->n - 1] == '.')
		w->b->n--;
	buf_add(w->b, digits, (size_t)n);
	return true;
}

static void designator(struct writer *w, int n)
{
	struct str text = str_from(w->t.hour < 12 ? w->c->am : w->c->pm);
	size_t length = 0;

	if (n == 1 && text.n)
		wdl_point(text.p, text.n, &length);
	buf_adds(w->b, n == 1 ? str_first(text, length) : text);
}

static void year(struct writer *w, int n)
{
	number(w->b, n <= 2 ? w->t.year % 100 : w->t.year, n);
}

static bool specifier(struct writer *w, char letter, int n)
{
	int hour12 = w->t.hour % 12 ? w->t.hour % 12 : 12;

	switch (letter) {
	case 'd':
		day(w, n);
		return true;
	case 'f':
	case 'F':
		return fraction(w, letter, n);
	case 'g':
		buf_addz(w->b, "A.D.");
		return true;
	case 'h':
		number(w->b, hour12, n > 2 ? 2 : n);
		return true;
	case 'H':
		number(w->b, w->t.hour, n > 2 ? 2 : n);
		return true;
	case 'K':
		buf_addz(w->b, w->kind == WDL_D_UTC ? "Z" : w->kind == WDL_D_OFFSET ? "+00:00" : "");
		return true;
	case 'm':
		number(w->b, w->t.minute, n > 2 ? 2 : n);
		return true;
	case 'M':
		month(w, n);
		return true;
	case 's':
		number(w->b, w->t.second, n > 2 ? 2 : n);
		return true;
	case 't':
		designator(w, n);
		return true;
	case 'y':
		year(w, n);
		return true;
	case 'z': /* every value is held in UTC, as on the service's machines */
		buf_addz(w->b, n == 1 ? "+0" : n == 2 ? "+00" : "+00:00");
		return true;
	default:
		return false;
	}
}

bool wdl_format_literal(struct buf *b, struct str f, size_t *i)
{
	char quote = f.p[(*i)++];

	if (quote == '\\') {
		if (*i >= f.n)
			return false;
		if (b)
			buf_addc(b, f.p[*i]);
		(*i)++;
		return true;
	}
	for (; *i < f.n && f.p[*i] != quote; (*i)++) {
		if (f.p[*i] == '\\' && *i + 1 < f.n)
			(*i)++;
		if (b)
			buf_addc(b, f.p[*i]);
	}
	return (*i)++ < f.n;
}

static bool has_day(struct str f)
{
	for (size_t i = 0; i < f.n;) {
		size_t n = 1;

		if (strchr("'\"\\", f.p[i])) {
			if (!f.p[i] || !wdl_format_literal(NULL, f, &i))
				return false;
			continue;
		}
		while (i + n < f.n && f.p[i + n] == f.p[i])
			n++;
		if (f.p[i] == 'd' && n <= 2)
			return true;
		i += n;
	}
	return false;
}

static bool custom(struct writer *w, struct str f)
{
	w->has_day = has_day(f);
	for (size_t i = 0; i < f.n;) {
		char ch = f.p[i];
		int n = 1;

		if (ch == '\'' || ch == '"' || ch == '\\') {
			if (!wdl_format_literal(w->b, f, &i))
				return false;
			continue;
		}
		if (ch == '%') {
			if (i + 1 >= f.n || f.p[i + 1] == '%')
				return false;
			i++;
			continue;
		}
		while (i + (size_t)n < f.n && f.p[i + (size_t)n] == ch && n < 100)
			n++;
		if (ch && strchr("dfFghHKmMstyz", ch)) {
			if (!specifier(w, ch, n))
				return false;
		} else {
			for (int k = 0; k < n; k++)
				ch == '/'   ? buf_addz(w->b, w->c->date_sep)
				: ch == ':' ? buf_addz(w->b, w->c->time_sep)
					    : buf_addc(w->b, ch);
		}
		i += (size_t)n;
	}
	return true;
}

bool wdl_date_format(struct arena *a, struct wdl_date d, struct str format,
		     const struct wdl_culture *c, struct str *out)
{
	struct buf b;
	struct writer w = { .b = &b, .c = c, .t = wdl_civil(d.ticks), .kind = d.kind };
	struct str pattern;
	char date, time;
	bool ok;

	buf_init_in(&b, a, 65536 + format.n * 32);
	if (format.n == 0)
		format = S("o");
	if (format.n != 1) {
		ok = custom(&w, format);
	} else if (pair(format.p[0], &date, &time)) {
		ok = custom(&w, wdl_date_pattern(date, c));
		buf_addc(&b, ' ');
		ok = ok && custom(&w, wdl_date_pattern(time, c));
	} else {
		if (strchr("oOrRsu", format.p[0]) && format.p[0])
			w.c = &wdl_invariant;
		pattern = wdl_date_pattern(format.p[0], c);
		ok = pattern.p && custom(&w, pattern);
	}
	*out = buf_str(&b);
	return ok && buf_ok(&b);
}
