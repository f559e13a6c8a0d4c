/*
 * tz.c - reading TZif files (RFC 8536) and the rule in their footer (POSIX TZ).
 */
#include "wdl/tz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"

/* One of the two changes of a year. */
struct rule {
	char kind;              /* 'M' month.week.day, 'J' day without leap days, 'D' day from 0 */
	int month, week, day;
	int32_t time;           /* seconds after midnight, may be negative or beyond a day */
};

struct wdl_zone {
	const unsigned char *times, *indexes, *types; /* inside the file */
	size_t count, type_count;
	bool footer, dst;       /* a rule goes on after the last change; it has summer time */
	int32_t standard, summer;
	struct rule to_summer, to_standard;
};

/* ---- names ---- */

static bool same_name(struct str name, const char *row)
{
	size_t i = 0;

	for (; *row; row++) {
		char x = *row, y;

		if (x == '.')
			continue;
		while (i < name.n && name.p[i] == '.')
			i++;
		if (i >= name.n)
			return false;
		y = name.p[i++];
		if ((x >= 'A' && x <= 'Z' ? x + 32 : x) != (y >= 'A' && y <= 'Z' ? y + 32 : y))
			return false;
	}
	while (i < name.n && name.p[i] == '.')
		i++;
	return i == name.n;
}

const struct wdl_zone_name *wdl_zone_find(struct str windows)
{
	for (size_t i = 0; i < wdl_zone_name_count; i++)
		if (same_name(windows, wdl_zone_names[i].windows))
			return &wdl_zone_names[i];
	return NULL;
}

/* ---- the file ---- */

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Counts of a header at `p`: isutc, isstd, leap, time, type, char. */
static bool header(struct str file, size_t at, uint32_t counts[6])
{
	const unsigned char *p = (const unsigned char *)file.p + at;

	if (at + 44 > file.n || memcmp(p, "TZif", 4) != 0)
		return false;
	for (int i = 0; i < 6; i++) {
		counts[i] = be32(p + 20 + 4 * i);
		if (counts[i] > LIMIT_WDL_ZONE_FILE)
			return false;
	}
	return true;
}

static size_t body_size(const uint32_t c[6], size_t time_size)
{
	return c[3] * time_size + c[3] + c[4] * 6 + c[5] + c[2] * (time_size + 4) + c[1] + c[0];
}

static bool posix_rule(struct wdl_zone *z, struct str tz);

struct wdl_zone *wdl_zone_read(struct arena *a, struct str file)
{
	struct wdl_zone *z = arena_alloc(a, sizeof(*z));
	const unsigned char *p;
	uint32_t c[6];
	size_t at, end;
	ptrdiff_t newline;

	if (!header(file, 0, c) || file.p[4] < '2')
		return NULL;
	at = 44 + body_size(c, 4);
	if (!header(file, at, c) || c[4] == 0)
		return NULL;
	end = at + 44 + body_size(c, 8);
	if (end > file.n)
		return NULL;
	p = (const unsigned char *)file.p + at + 44;
	z->count = c[3];
	z->type_count = c[4];
	z->times = p;
	z->indexes = p + z->count * 8;
	z->types = z->indexes + z->count;
	for (size_t i = 0; i < z->count; i++)
		if (z->indexes[i] >= z->type_count)
			return NULL;
	if (end + 1 < file.n && file.p[end] == '\n') {
		struct str footer = str_from_at(file, end + 1);

		newline = str_find_char(footer, '\n');
		if (newline > 0)
			z->footer = posix_rule(z, str_first(footer, (size_t)newline));
	}
	return z;
}

struct wdl_zone *wdl_zone_load(struct arena *a, const char *iana)
{
	const char *root = getenv("TZDIR");
	struct buf b;
	char path[256];

	/* Names come from our own table, but a path is a path. */
	if (strstr(iana, "..") || iana[0] == '/' ||
	    snprintf(path, sizeof(path), "%s/%s", root && root[0] == '/' ? root : "/usr/share/zoneinfo",
		     iana) >= (int)sizeof(path))
		return NULL;
	buf_init_in(&b, a, LIMIT_WDL_ZONE_FILE);
	if (os_read_file(path, &b) != 0)
		return NULL;
	return wdl_zone_read(a, buf_str(&b));
}

/* ---- the footer ---- */

static bool rule_number(struct str *s, int most, int *out)
{
	int v = 0;
	size_t n = 0;

	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (s->p[n++] - '0');
	*s = str_from_at(*s, n);
	*out = v;
	return n > 0 && v <= most;
}

static bool next(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from_at(*s, 1);
	return true;
}

/* [+-]h[:mm[:ss]] in seconds. */
static bool rule_time(struct str *s, int32_t *out)
{
	int sign = next(s, '-') ? -1 : 1, h, m = 0, sec = 0;

	if (sign > 0)
		next(s, '+');
	if (!rule_number(s, 167, &h))
		return false;
	if (next(s, ':') && !rule_number(s, 59, &m))
		return false;
	if (next(s, ':') && !rule_number(s, 59, &sec))
		return false;
	*out = sign * (h * 3600 + m * 60 + sec);
	return true;
}

/* The abbreviation of a zone, plain or in <>. */
static bool rule_name(struct str *s)
{
	size_t n = 0;

	if (next(s, '<')) {
		ptrdiff_t end = str_find_char(*s, '>');

		if (end < 0)
			return false;
		*s = str_from_at(*s, (size_t)end + 1);
		return true;
	}
	while (n < s->n && ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))
		n++;
	*s = str_from_at(*s, n);
	return n >= 3;
}

static bool rule_date(struct str *s, struct rule *r)
{
	r->time = 7200;
	if (next(s, 'M')) {
		r->kind = 'M';
		if (!rule_number(s, 12, &r->month) || !next(s, '.') ||
		    !rule_number(s, 5, &r->week) || !next(s, '.') ||
		    !rule_number(s, 6, &r->day) || r->month < 1 || r->week < 1)
			return false;
	} else {
		r->kind = next(s, 'J') ? 'J' : 'D';
		if (!rule_number(s, 365, &r->day))
			return false;
	}
	return !next(s, '/') || rule_time(s, &r->time);
}

static bool posix_rule(struct wdl_zone *z, struct str tz)
{
	int32_t west;

	if (!rule_name(&tz) || !rule_time(&tz, &west))
		return false;
	z->standard = -west;
	if (tz.n == 0)
		return true;
	if (!rule_name(&tz))
		return false;
	z->dst = true;
	z->summer = z->standard + 3600;
	if (tz.n && tz.p[0] != ',') {
		if (!rule_time(&tz, &west))
			return false;
		z->summer = -west;
	}
	return next(&tz, ',') && rule_date(&tz, &z->to_summer) && next(&tz, ',') &&
	       rule_date(&tz, &z->to_standard);
}

/* Days since 1970 of the first of January of a year. */
static int64_t year_start(int64_t y)
{
	int64_t p = y - 1;

	return p * 365 + p / 4 - p / 100 + p / 400 - 719162;
}

static bool leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* The moment of a rule in a year, on the clock before the change (seconds since 1970). */
static int64_t rule_in(const struct rule *r, int64_t year)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	int64_t start = year_start(year), day;
	int weekday, length;

	if (r->kind == 'J') {
		day = start + r->day - 1 + (leap(year) && r->day >= 60);
	} else if (r->kind == 'D') {
		day = start + r->day;
	} else {
		day = start + before[r->month - 1] + (leap(year) && r->month > 2);
		length = before[r->month] - before[r->month - 1] + (leap(year) && r->month == 2);
		weekday = (int)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
		weekday = (r->day - weekday + 7) % 7;
		weekday += 7 * (r->week - 1);
		while (weekday >= length)
			weekday -= 7;
		day += weekday;
	}
	return day * 86400 + r->time;
}

static int32_t by_rule(const struct wdl_zone *z, int64_t utc)
{
	int64_t year = 1970 + (utc + z->standard) / 31556952, summer, standard;

	if (!z->dst)
		return z->standard;
	while (year_start(year + 1) * 86400 <= utc + z->standard)
		year++;
	while (year_start(year) * 86400 > utc + z->standard)
		year--;
	summer = rule_in(&z->to_summer, year) - z->standard;
	standard = rule_in(&z->to_standard, year) - z->summer;
	if (summer < standard)
		return utc >= summer && utc < standard ? z->summer : z->standard;
	return utc >= standard && utc < summer ? z->standard : z->summer;
}

/* ---- offsets ---- */

static int32_t type_offset(const struct wdl_zone *z, size_t type)
{
	return (int32_t)be32(z->types + type * 6);
}

int32_t wdl_zone_offset(const struct wdl_zone *z, int64_t utc)
{
	size_t low = 0, high = z->count;

	if (z->footer && (z->count == 0 || utc >= be64(z->times + (z->count - 1) * 8)))
		return by_rule(z, utc);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (be64(z->times + mid * 8) <= utc)
			low = mid + 1;
		else
			high = mid;
	}
	/* Before the first change the first type holds. */
	return low ? type_offset(z, z->indexes[low - 1]) : type_offset(z, 0);
}

enum wdl_wall wdl_zone_to_utc(const struct wdl_zone *z, int64_t wall, int64_t *utc)
{
	/* Clocks change by less than a day. */
	int32_t before = wdl_zone_offset(z, wall - 86400), after = wdl_zone_offset(z, wall + 86400);
	int64_t first = wall - before, second = wall - after;
	bool one = wdl_zone_offset(z, first) == before, two = wdl_zone_offset(z, second) == after;

	*utc = one ? first : second;
	if (one && two && first != second) {
		*utc = before < after ? first : second; /* the smaller offset is standard time */
		return WDL_WALL_TWICE;
	}
	if (!one && !two) {
		*utc = first;
		return WDL_WALL_SKIPPED;
	}
	return WDL_WALL_OK;
}
