/*
 * date_parse.c - dates and times out of text.
 *
 * Reads ISO 8601, the patterns of the culture, and loose mixtures of numbers, names of months
 * and days, times and zones, as DateTime.Parse does.
 */
#include "wdl/date.h"
#include "wdl/lex.h"
#include "wdl/text.h"

enum { OFFSET_NONE = 100000 };

/* What has been read; -1 where nothing was. */
struct fields {
	int year, month, day, hour, minute, second, fraction, half; /* half: 0 am, 1 pm */
	int offset;  /* minutes east of UTC */
	bool utc;
};

static struct fields fields_new(void)
{
	return (struct fields){ -1, -1, -1, -1, -1, -1, 0, -1, OFFSET_NONE, false };
}

static bool is_digit(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Takes at most `most` digits off; how many there were goes to *count. */
static bool take_number(struct str *s, int most, int *out, int *count)
{
	int n = 0, v = 0;

	while (n < most && is_digit(*s, (size_t)n))
		v = v * 10 + (s->p[n++] - '0');
	*s = str_from_at(*s, (size_t)n);
	*out = v;
	if (count)
		*count = n;
	return n > 0;
}

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from_at(*s, 1);
	return true;
}

static void blanks(struct str *s)
{
	size_t n;

	while ((n = wdl_space_at(s->p, s->n)) != 0)
		*s = str_from_at(*s, n);
}

/* Digits after the point, to the tick. */
static bool take_fraction(struct str *s, int *out)
{
	int scale = 1000000;

	*out = 0;
	if (!is_digit(*s, 0))
		return false;
	for (; is_digit(*s, 0); *s = str_from_at(*s, 1), scale /= 10)
		*out += (s->p[0] - '0') * scale;
	return true;
}

/* Z, +hh, +hhmm or +hh:mm. */
static bool take_zone(struct str *s, struct fields *f)
{
	int sign, hours, minutes = 0, count;

	if (s->n && (s->p[0] == 'Z' || s->p[0] == 'z')) {
		*s = str_from_at(*s, 1);
		f->utc = true;
		return true;
	}
	if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
		return false;
	sign = s->p[0] == '-' ? -1 : 1;
	*s = str_from_at(*s, 1);
	if (!take_number(s, 2, &hours, &count))
		return false;
	if (take(s, ':') ? !take_number(s, 2, &minutes, NULL)
			 : is_digit(*s, 0) && !take_number(s, 2, &minutes, NULL))
		return false;
	f->offset = sign * (hours * 60 + minutes);
	return hours <= 14 && minutes <= 59;
}

static bool finish(const struct fields *f, int64_t now, struct wdl_date *out)
{
	struct wdl_civil today = wdl_civil(now);
	struct wdl_civil c = { .hour = f->hour < 0 ? 0 : f->hour,
			       .minute = f->minute < 0 ? 0 : f->minute,
			       .second = f->second < 0 ? 0 : f->second,
			       .fraction = f->fraction };
	bool date = f->year >= 0 || f->month >= 0 || f->day >= 0;

	c.year = f->year >= 0 ? f->year : today.year;
	c.month = f->month >= 0 ? f->month : date ? 1 : today.month;
	c.day = f->day >= 0 ? f->day : date ? 1 : today.day;
	if (f->half >= 0) {
		if (c.hour < 1 || c.hour > 12)
			return f->hour == 0 && f->half == 0 && wdl_ticks(&c, &out->ticks);
		c.hour = c.hour % 12 + 12 * f->half;
	}
	if (!wdl_ticks(&c, &out->ticks))
		return false;
	out->kind = f->utc ? WDL_D_UTC : WDL_D_UNSPECIFIED;
	if (f->offset != OFFSET_NONE) {
		if (!f->utc)
			out->kind = WDL_D_OFFSET;
		out->ticks -= f->offset * 60 * WDL_TICKS_SECOND;
	}
	return out->ticks >= 0 && out->ticks <= WDL_TICKS_MAX;
}

/* ---- ISO 8601: yyyy-M-d[(T| )H:mm[:ss[.f]]][zone] ---- */

static bool iso_time(struct str *s, struct fields *f)
{
	if (!take_number(s, 2, &f->hour, NULL) || !take(s, ':') ||
	    !take_number(s, 2, &f->minute, NULL))
		return false;
	if (take(s, ':')) {
		if (!take_number(s, 2, &f->second, NULL))
			return false;
		if ((take(s, '.') || take(s, ',')) && !take_fraction(s, &f->fraction))
			return false;
	}
	return true;
}

static bool iso(struct str s, struct fields *f)
{
	int count;

	if (!take_number(&s, 4, &f->year, &count) || count != 4 || !take(&s, '-') ||
	    !take_number(&s, 2, &f->month, NULL))
		return false;
	if (s.n == 0)
		return true;
	if (!take(&s, '-') || !take_number(&s, 2, &f->day, NULL))
		return false;
	if (s.n == 0)
		return true;
	if (!take(&s, 'T') && !take(&s, 't')) {
		if (wdl_space_at(s.p, s.n) == 0)
			return s.n == 1 && take_zone(&s, f);
		blanks(&s);
	}
	if (!iso_time(&s, f))
		return false;
	blanks(&s);
	return s.n == 0 || (take_zone(&s, f) && s.n == 0);
}

/* ---- loose text ---- */

struct loose {
	struct str s;
	const struct wdl_culture *c;
	struct fields f;
	int numbers[3], widths[3], count; /* of the date, in order */
};

/* Which of a list of names starts the text, the longest; -1 for none. */
static int name_in(struct str s, const char *list, size_t *length)
{
	struct str rest = str_from(list), one;
	int i = 0, found = -1;

	*length = 0;
	for (; str_cut(&rest, '|', &one); i++) {
		struct str bare = str_ends(one, S(".")) ? str_first(one, one.n - 1) : one;

		if (bare.n > *length && str_starts_nocase(s, bare)) {
			found = i;
			*length = bare.n;
		}
	}
	return found;
}

static int month_name(struct str s, const struct wdl_culture *c, size_t *length)
{
	const char *const lists[] = { c->months, c->months_alone, c->months_short,
				      wdl_invariant.months, wdl_invariant.months_short };
	int best = -1;
	size_t n;

	*length = 0;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		int at = name_in(s, lists[i], &n);

		if (at >= 0 && n > *length) {
			best = at;
			*length = n;
		}
	}
	return best;
}

static size_t day_name(struct str s, const struct wdl_culture *c)
{
	const char *const lists[] = { c->days, c->days_short, wdl_invariant.days,
				      wdl_invariant.days_short };
	size_t best = 0, n;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (name_in(s, lists[i], &n) >= 0 && n > best)
			best = n;
	return best;
}

static bool letter(struct str s, size_t i)
{
	return i < s.n && (wdl_is_letter(s.p[i]) || (unsigned char)s.p[i] >= 0x80);
}

/* am, pm, the culture's designators, or their first letters. */
static bool half_of_day(struct str *s, const struct wdl_culture *c, int *half)
{
	struct str words[] = { str_from(c->am), str_from(c->pm), S("AM"), S("PM"), S("a.m."),
			       S("p.m."),	S("A"),		 S("P") };

	for (int i = 0; i < 8; i++) {
		if (words[i].n == 0 || !str_starts_nocase(*s, words[i]) || letter(*s, words[i].n))
			continue;
		*half = i % 2;
		*s = str_from_at(*s, words[i].n);
		return true;
	}
	return false;
}

static bool word(struct loose *l)
{
	static const char *const fillers[] = { "de", "of", "den", "der", "del", "the", "T", "st", "nd", "rd", "th" };
	size_t n;
	int month = month_name(l->s, l->c, &n);

	if (l->f.hour >= 0 && l->f.half < 0 && half_of_day(&l->s, l->c, &l->f.half))
		return true;
	if (month >= 0 && !letter(l->s, n)) {
		if (l->f.month >= 0)
			return false;
		l->f.month = month + 1;
		l->s = str_from_at(l->s, n);
		return true;
	}
	n = day_name(l->s, l->c);
	if (n && !letter(l->s, n)) {
		l->s = str_from_at(l->s, n);
		return true;
	}
	if (l->f.hour >= 0 && (str_starts_nocase(l->s, S("UTC")) || str_starts_nocase(l->s, S("GMT"))) &&
	    !letter(l->s, 3)) {
		l->f.utc = true;
		l->s = str_from_at(l->s, 3);
		return true;
	}
	if (l->f.hour >= 0 && l->s.n == 1)
		return take_zone(&l->s, &l->f);
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++) {
		n = strlen(fillers[i]);
		if (str_starts_nocase(l->s, str_from(fillers[i])) && !letter(l->s, n)) {
			l->s = str_from_at(l->s, n);
			return true;
		}
	}
	return false;
}

static bool numeral(struct loose *l)
{
	struct str ahead = l->s;
	int v, width;

	take_number(&ahead, 9, &v, &width);
	if (ahead.n && ahead.p[0] == ':')
		return l->f.hour < 0 && iso_time(&l->s, &l->f);
	l->s = ahead;
	/* "3 PM": a number before a half of the day is an hour. */
	blanks(&ahead);
	if (l->f.hour < 0 && width <= 2 && l->count + (l->f.month >= 0) >= 3 - (l->count == 0) &&
	    half_of_day(&ahead, l->c, &l->f.half)) {
		l->f.hour = v;
		l->s = ahead;
		return true;
	}
	if (l->count == 3)
		return false;
	l->numbers[l->count] = v;
	l->widths[l->count++] = width;
	return true;
}

static bool scan(struct loose *l)
{
	while (l->s.n) {
		char c = l->s.p[0];

		if (wdl_space_at(l->s.p, l->s.n)) {
			blanks(&l->s);
		} else if (c >= '0' && c <= '9') {
			if (!numeral(l))
				return false;
		} else if ((c == '+' || c == '-') && l->f.hour >= 0) {
			if (!take_zone(&l->s, &l->f))
				return false;
		} else if (strchr("-/.,", c)) {
			l->s = str_from_at(l->s, 1);
		} else if (!word(l)) {
			return false;
		}
	}
	return true;
}

static int full_year(int v, int width)
{
	return width > 2 ? v : v > 49 ? 1900 + v : 2000 + v;
}

/* The order in which the culture writes day, month and year: "dMy". */
static void culture_order(const struct wdl_culture *c, char order[4])
{
	int n = 0;

	for (const char *p = c->short_date; *p && n < 3; p++)
		if (strchr("dMy", *p) && (n == 0 || order[n - 1] != *p))
			order[n++] = *p;
	order[n] = 0;
}

static void place(struct fields *f, char letter_of, int v, int width)
{
	if (letter_of == 'd')
		f->day = v;
	else if (letter_of == 'M')
		f->month = v;
	else
		f->year = full_year(v, width);
}

/* Gives the collected numbers their meaning. */
static bool assign(struct loose *l)
{
	const int *v = l->numbers, *w = l->widths;
	char order[4] = "Mdy";

	culture_order(l->c, order);
	if (l->f.month >= 0) { /* a name of a month: a day, a year or both are left */
		int year = l->count == 2 && w[0] > 2 ? 0 : 1;

		if (l->count == 1 && (w[0] > 2 || v[0] > 31)) {
			l->f.year = full_year(v[0], w[0]);
		} else if (l->count >= 1) {
			l->f.day = v[l->count == 2 ? 1 - year : 0];
			if (l->count == 2)
				l->f.year = full_year(v[year], w[year]);
		}
		return l->count < 3;
	}
	if (l->count == 3) {
		if (w[0] > 2)
			memcpy(order, "yMd", 4);
		for (int i = 0; i < 3; i++)
			place(&l->f, order[i], v[i], w[i]);
		return true;
	}
	if (l->count == 2) {
		if (w[1] > 2 || w[0] > 2) { /* a month and a year */
			l->f.month = w[0] > 2 ? v[1] : v[0];
			l->f.year = w[0] > 2 ? v[0] : v[1];
		} else {
			bool day_first = strchr(order, 'd') < strchr(order, 'M');

			l->f.day = v[day_first ? 0 : 1];
			l->f.month = v[day_first ? 1 : 0];
		}
		return true;
	}
	return l->count == 0 && l->f.hour >= 0;
}

bool wdl_date_parse(struct str text, const struct wdl_culture *c, int64_t now,
		    struct wdl_date *out)
{
	struct fields f = fields_new();
	struct loose l = { .s = wdl_trim(text), .c = c, .f = fields_new() };

	if (iso(l.s, &f))
		return finish(&f, now, out);
	return l.s.n && l.s.n < 200 && scan(&l) && assign(&l) && finish(&l.f, now, out);
}

/* ---- exact formats ---- */

struct exact {
	struct str s;
	const struct wdl_culture *c;
	struct fields f;
};

static bool exact_name(struct exact *x, const char *names, const char *alone, int *out)
{
	size_t n, m;
	int at = name_in(x->s, names, &n);
	int other = alone ? name_in(x->s, alone, &m) : -1;

	if (other >= 0 && (at < 0 || m > n)) {
		at = other;
		n = m;
	}
	if (at < 0)
		return false;
	*out = at;
	x->s = str_from_at(x->s, n);
	take(&x->s, '.');
	return true;
}

static bool exact_field(struct exact *x, char ch, int n)
{
	int v, width;

	switch (ch) {
	case 'y':
		if (!take_number(&x->s, n <= 2 ? 2 : n > 4 ? n : 4, &v, &width))
			return false;
		x->f.year = full_year(v, n <= 2 ? width : 4);
		return n <= 2 || width >= (n == 3 ? 3 : 4);
	case 'M':
		if (n <= 2)
			return take_number(&x->s, 2, &x->f.month, &width) && width >= n;
		if (!exact_name(x, n == 3 ? x->c->months_short : x->c->months,
				n == 3 ? NULL : x->c->months_alone, &v))
			return false;
		x->f.month = v + 1;
		return true;
	case 'd':
		if (n <= 2)
			return take_number(&x->s, 2, &x->f.day, &width) && width >= n;
		return exact_name(x, n == 3 ? x->c->days_short : x->c->days, NULL, &v);
	case 'h':
		if (x->f.half < 0)
			x->f.half = 0; /* am unless a designator says otherwise */
		return take_number(&x->s, 2, &x->f.hour, &width) && width >= (n > 2 ? 2 : n);
	case 'H':
		return take_number(&x->s, 2, &x->f.hour, &width) && width >= (n > 2 ? 2 : n);
	case 'm':
		return take_number(&x->s, 2, &x->f.minute, &width) && width >= (n > 2 ? 2 : n);
	case 's':
		return take_number(&x->s, 2, &x->f.second, &width) && width >= (n > 2 ? 2 : n);
	case 'f':
	case 'F':
		for (width = 0; width < n && is_digit(x->s, (size_t)width);)
			width++;
		if (n > 7 || (ch == 'f' && width != n))
			return false;
		v = 0;
		for (int i = 0; i < 7; i++)
			v = v * 10 + (i < width ? x->s.p[i] - '0' : 0);
		x->f.fraction = v;
		x->s = str_from_at(x->s, (size_t)width);
		return true;
	case 't':
		return half_of_day(&x->s, x->c, &x->f.half);
	case 'K':
		return x->s.n == 0 || take_zone(&x->s, &x->f);
	case 'z':
		return take_zone(&x->s, &x->f);
	case 'g':
		return str_starts_nocase(x->s, S("A.D."));
	default:
		return false;
	}
}

static bool exact_text(struct exact *x, struct str text)
{
	if (!str_starts(x->s, text))
		return false;
	x->s = str_from_at(x->s, text.n);
	return true;
}

static bool exact(struct exact *x, struct str f)
{
	for (size_t i = 0; i < f.n;) {
		char ch = f.p[i];
		size_t n = 1;

		if (ch == '\\') {
			if (i + 1 >= f.n || !exact_text(x, str_n(f.p + i + 1, 1)))
				return false;
			i += 2;
			continue;
		}
		if (ch == '\'' || ch == '"') {
			ptrdiff_t end = str_find_char(str_from_at(f, i + 1), ch);

			if (end < 0 || !exact_text(x, str_n(f.p + i + 1, (size_t)end)))
				return false;
			i += (size_t)end + 2;
			continue;
		}
		if (ch == '%') {
			i++;
			continue;
		}
		while (i + n < f.n && f.p[i + n] == ch)
			n++;
		if (ch && strchr("dfFghHKmMstyz", ch)) {
			if (!exact_field(x, ch, (int)n))
				return false;
		} else {
			struct str sep = ch == '/' ? str_from(x->c->date_sep)
					 : ch == ':' ? str_from(x->c->time_sep)
						     : str_n(f.p + i, 1);

			for (size_t k = 0; k < n; k++)
				if (!exact_text(x, sep))
					return false;
		}
		i += n;
	}
	return x->s.n == 0;
}

bool wdl_date_parse_exact(struct str text, struct str format, const struct wdl_culture *c,
			  int64_t now, struct wdl_date *out)
{
	struct exact x = { .s = wdl_trim(text), .c = c, .f = fields_new() };
	struct str pattern = format;

	if (format.n == 1) {
		pattern = wdl_date_pattern(format.p[0], c);
		if (!pattern.p)
			return wdl_date_parse(text, c, now, out);
		if (strchr("oOrRsu", format.p[0]))
			x.c = &wdl_invariant;
	}
	if (!exact(&x, pattern))
		return false;
	if (format.n == 1 && format.p[0] == 'u')
		x.f.utc = true;
	return finish(&x.f, now, out);
}
