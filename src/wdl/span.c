/*
 * span.c - .NET's TimeSpan: reading, writing, format strings.
 */
#include "wdl/date.h"
#include "wdl/text.h"

struct span {
	bool negative;
	int64_t days;
	int hours, minutes, seconds, fraction;
};

static struct span span_of(int64_t ticks)
{
	uint64_t t = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
	struct span s = { .negative = ticks < 0 };

	s.fraction = (int)(t % WDL_TICKS_SECOND);
	t /= WDL_TICKS_SECOND;
	s.seconds = (int)(t % 60);
	s.minutes = (int)(t / 60 % 60);
	s.hours = (int)(t / 3600 % 24);
	s.days = (int64_t)(t / 86400);
	return s;
}

struct str wdl_span_text(struct arena *a, int64_t ticks)
{
	struct span s = span_of(ticks);
	struct buf b;

	buf_init_in(&b, a, 64);
	buf_addz(&b, s.negative ? "-" : "");
	if (s.days)
		buf_addf(&b, "%lld.", (long long)s.days);
	buf_addf(&b, "%02d:%02d:%02d", s.hours, s.minutes, s.seconds);
	if (s.fraction)
		buf_addf(&b, ".%07d", s.fraction);
	return buf_str(&b);
}

static bool digits(struct str *s, int64_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < s->n && n < 9 && s->p[n] >= '0' && s->p[n] <= '9')
		*out = *out * 10 + (s->p[n++] - '0');
	*s = str_from_at(*s, n);
	return n > 0;
}

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from_at(*s, 1);
	return true;
}

bool wdl_span_parse(struct str text, int64_t *ticks)
{
	struct str s = wdl_trim(text);
	bool negative = take(&s, '-');
	int64_t days = 0, hours = 0, minutes = 0, seconds = 0, part = 0;

	if (!digits(&s, &days))
		return false;
	if (s.n == 0) { /* whole days */
		*ticks = days * WDL_TICKS_DAY * (negative ? -1 : 1);
		return days < 10000000;
	}
	if (take(&s, '.') ? !digits(&s, &hours) : (hours = days, days = 0, false))
		return false;
	if (!take(&s, ':') || !digits(&s, &minutes))
		return false;
	if (take(&s, ':') && !digits(&s, &seconds))
		return false;
	if (take(&s, '.')) {
		int64_t scale = WDL_TICKS_SECOND / 10;

		for (; s.n && s.p[0] >= '0' && s.p[0] <= '9'; s = str_from_at(s, 1), scale /= 10)
			part += (s.p[0] - '0') * scale;
	}
	if (s.n || hours > 23 || minutes > 59 || seconds > 59 || days > 10000000)
		return false;
	seconds += (hours * 60 + minutes) * 60;
	*ticks = days * WDL_TICKS_DAY + seconds * WDL_TICKS_SECOND + part;
	if (negative)
		*ticks = -*ticks;
	return true;
}

static bool span_custom(struct buf *b, const struct span *s, struct str f)
{
	for (size_t i = 0; i < f.n;) {
		char ch = f.p[i];
		int n = 1, v;

		if (ch == '\'' || ch == '"' || ch == '\\') {
			if (!wdl_format_literal(b, f, &i))
				return false;
			continue;
		}
		if (ch == '%') {
			i++;
			continue;
		}
		while (i + (size_t)n < f.n && f.p[i + (size_t)n] == ch)
			n++;
		if (!ch || !strchr("dhmsfF", ch) || n > 8 || (strchr("hms", ch) && n > 2) ||
		    (strchr("fF", ch) && n > 7))
			return false; /* every other character must be quoted */
		if (ch == 'd') {
			buf_addf(b, "%0*lld", n, (long long)s->days);
		} else if (ch == 'f' || ch == 'F') {
			char text[8];
			int k = n;

			v = s->fraction;
			for (int at = 6; at >= 0; at--, v /= 10)
				text[at] = (char)('0' + v % 10);
			while (ch == 'F' && k > 0 && text[k - 1] == '0')
				k--;
			buf_add(b, text, (size_t)k);
		} else {
			buf_addf(b, "%0*d", n,
				 ch == 'h' ? s->hours : ch == 'm' ? s->minutes : s->seconds);
		}
		i += (size_t)n;
	}
	return true;
}

bool wdl_span_format(struct arena *a, int64_t ticks, struct str format, const struct wdl_culture *c,
		     struct str *out)
{
	struct span s = span_of(ticks);
	struct buf b;
	bool ok = true;

	buf_init_in(&b, a, 1024 + format.n * 16);
	if (format.n == 0 || (format.n == 1 && strchr("ctT", format.p[0]))) {
		buf_adds(&b, wdl_span_text(a, ticks));
	} else if (format.n == 1 && format.p[0] == 'g') {
		buf_addz(&b, s.negative ? "-" : "");
		if (s.days)
			buf_addf(&b, "%lld:", (long long)s.days);
		buf_addf(&b, "%d:%02d:%02d", s.hours, s.minutes, s.seconds);
		if (s.fraction) {
			buf_addz(&b, c->decimal);
			span_custom(&b, &s, S("FFFFFFF"));
		}
	} else if (format.n == 1 && format.p[0] == 'G') {
		buf_addf(&b, "%s%lld:%02d:%02d:%02d%s%07d", s.negative ? "-" : "", (long long)s.days,
			 s.hours, s.minutes, s.seconds, c->decimal, s.fraction);
	} else {
		ok = format.n > 1 && span_custom(&b, &s, format);
	}
	*out = buf_str(&b);
	return ok && buf_ok(&b);
}
