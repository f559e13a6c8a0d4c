/*
 * date.h - dates and times as .NET's DateTime has them: ticks of 100 ns since 0001-01-01 and a
 * kind, reading them from text and writing them in .NET format strings.
 *
 * Measured of the service: text ending in Z gives UTC and is written with Z; text without a
 * zone stays without; text with an offset is turned into UTC and written with +00:00.
 */
#ifndef WDL_DATE_H
#define WDL_DATE_H

#include "base/buf.h"
#include "wdl/culture.h"

#define WDL_TICKS_SECOND 10000000ll
#define WDL_TICKS_DAY (86400ll * WDL_TICKS_SECOND)
#define WDL_TICKS_MAX 3155378975999999999ll /* the end of the year 9999 */

enum wdl_date_kind { WDL_D_UNSPECIFIED, WDL_D_UTC, WDL_D_OFFSET };

struct wdl_date {
	int64_t ticks;
	enum wdl_date_kind kind;
};

struct wdl_civil {
	int year, month, day;         /* from 1 */
	int hour, minute, second;
	int fraction;                 /* ticks below the second */
	int weekday, yearday;         /* Sunday is 0; from 1 */
};

struct wdl_civil wdl_civil(int64_t ticks);
/* False when there is no such date or time. */
bool wdl_ticks(const struct wdl_civil *c, int64_t *ticks);
int wdl_days_in_month(int year, int month);

/* DateTime.Parse: ISO 8601 and what the culture writes.  `now` gives what is left out. */
bool wdl_date_parse(struct str text, const struct wdl_culture *c, int64_t now,
		    struct wdl_date *out);
/* DateTime.ParseExact with one custom or standard format. */
bool wdl_date_parse_exact(struct str text, struct str format, const struct wdl_culture *c,
			  int64_t now, struct wdl_date *out);
/* DateTime.ToString(format, culture); "" is "o".  False when the format is not valid. */
bool wdl_date_format(struct arena *a, struct wdl_date d, struct str format,
		     const struct wdl_culture *c, struct str *out);
/* The custom pattern of a one-letter standard format, or one of p NULL. */
struct str wdl_date_pattern(char standard, const struct wdl_culture *c);

/* Goes over the '...', "..." or \x at *i and writes what it stands for (`b` may be NULL); false when
 * it is not closed. */
bool wdl_format_literal(struct buf *b, struct str format, size_t *i);

/* [-][d.]hh:mm:ss[.fffffff] */
struct str wdl_span_text(struct arena *a, int64_t ticks);
bool wdl_span_parse(struct str text, int64_t *ticks);
/* TimeSpan.ToString(format): c, g, G and custom patterns. */
bool wdl_span_format(struct arena *a, int64_t ticks, struct str format, const struct wdl_culture *c,
		     struct str *out);

#endif
