/*
 * fn_date.c - functions of dates and times without time zones.
 */
#include "wdl/call.h"
#include "wdl/date.h"
#include "wdl/fn_date.h"
#include "wdl/text.h"

static struct str none(void)
{
	return str_from("");
}

bool wdl_arg_date(struct wdl_call *c, unsigned i, struct wdl_date *out)
{
	struct str text;

	if (!wdl_arg_text(c, i, &text))
		return false;
	return wdl_date_parse(text, wdl_culture_find(S("en-US")), c->ev->now, out) ||
	       wdl_fail(c, WDL_M_DATE, text, none(), none());
}

bool wdl_write_date(struct wdl_call *c, struct wdl_date d, unsigned i,
		    const struct wdl_culture *culture,
		    struct wdl_value *out)
{
	struct str format = none(), text;

	if (!wdl_arg_option(c, i, &format))
		return false;
	if (!wdl_date_format(c->a, d, format, culture ? culture : wdl_culture_find(S("en-US")), &text))
		return wdl_fail(c, WDL_M_DATE_FORMAT, format, none(), none());
	*out = wdl_string(text);
	return true;
}

static bool f_utc_now(struct wdl_call *c, struct wdl_value *out)
{
	return wdl_write_date(c, (struct wdl_date){ c->ev->now, WDL_D_UTC }, 0, NULL, out);
}

static bool f_format_date_time(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_culture *culture;
	struct wdl_date d;

	return wdl_arg_date(c, 0, &d) && wdl_arg_locale(c, 2, &culture) &&
	       wdl_write_date(c, d, 1, culture, out);
}

/* The locale comes before the format. */
static bool f_parse_date_time(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_culture *culture;
	struct str text, format = none();
	struct wdl_date d;
	bool ok;

	if (!wdl_arg_text(c, 0, &text) || !wdl_arg_locale(c, 1, &culture) ||
	    !wdl_arg_option(c, 2, &format))
		return false;
	ok = format.n ? wdl_date_parse_exact(text, format, culture, c->ev->now, &d)
		      : wdl_date_parse(text, culture, c->ev->now, &d);
	if (!ok)
		return wdl_fail(c, WDL_M_DATE, text, none(), none());
	if (!wdl_date_format(c->a, d, S("o"), culture, &text))
		return wdl_fail(c, WDL_M_DATE_FORMAT, format, none(), none());
	*out = wdl_string(text);
	return true;
}

/* ---- arithmetic ---- */

static const struct {
	struct str name;
	int64_t ticks; /* 0: counted in months */
	int months;
} units[] = {
	{ STR_INIT("Second"), WDL_TICKS_SECOND, 0 },
	{ STR_INIT("Minute"), 60 * WDL_TICKS_SECOND, 0 },
	{ STR_INIT("Hour"), 3600 * WDL_TICKS_SECOND, 0 },
	{ STR_INIT("Day"), WDL_TICKS_DAY, 0 },
	{ STR_INIT("Week"), 7 * WDL_TICKS_DAY, 0 },
	{ STR_INIT("Month"), 0, 1 },
	{ STR_INIT("Year"), 0, 12 },
};

enum { UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_COUNT = 7 };

/* The last day of a shorter month stands for a day that it does not have. */
static bool add_months(struct wdl_date *d, int64_t months)
{
	struct wdl_civil t = wdl_civil(d->ticks);
	int64_t all;

	if (months > 120000 || months < -120000)
		return false;
	all = (int64_t)t.year * 12 + t.month - 1 + months;
	t.year = (int)(all / 12);
	t.month = (int)(all % 12) + 1;
	if (all < 12 || t.year > 9999)
		return false;
	if (t.day > wdl_days_in_month(t.year, t.month))
		t.day = wdl_days_in_month(t.year, t.month);
	return wdl_ticks(&t, &d->ticks);
}

static bool shift(struct wdl_call *c, struct wdl_date *d, int64_t n, int unit)
{
	int64_t ticks, months;
	bool ok;

	if (units[unit].ticks)
		ok = !__builtin_mul_overflow(n, units[unit].ticks, &ticks) &&
		     !__builtin_add_overflow(d->ticks, ticks, &d->ticks) && d->ticks >= 0 &&
		     d->ticks <= WDL_TICKS_MAX;
	else
		ok = !__builtin_mul_overflow(n, units[unit].months, &months) &&
		     add_months(d, months);
	return ok || wdl_fail0(c, WDL_M_DATE_RANGE);
}

/* "Day", "day" and "Days" all name the unit. */
static bool unit_argument(struct wdl_call *c, unsigned i, int *unit)
{
	struct str name, bare;

	if (!wdl_arg_text(c, i, &name))
		return false;
	bare = str_ends_nocase(name, S("s")) ? str_first(name, name.n - 1) : name;
	for (*unit = 0; *unit < UNIT_COUNT; ++*unit)
		if (str_eq_nocase(bare, units[*unit].name))
			return true;
	return wdl_fail(c, WDL_M_TIME_UNIT, name, none(), none());
}

static bool add_fixed(struct wdl_call *c, int unit, struct wdl_value *out)
{
	struct wdl_date d;
	int64_t n;

	return wdl_arg_date(c, 0, &d) && wdl_arg_int(c, 1, &n) && shift(c, &d, n, unit) &&
	       wdl_write_date(c, d, 2, NULL, out);
}

static bool f_add_days(struct wdl_call *c, struct wdl_value *out)
{
	return add_fixed(c, UNIT_DAY, out);
}

static bool f_add_hours(struct wdl_call *c, struct wdl_value *out)
{
	return add_fixed(c, UNIT_HOUR, out);
}

static bool f_add_minutes(struct wdl_call *c, struct wdl_value *out)
{
	return add_fixed(c, UNIT_MINUTE, out);
}

static bool f_add_seconds(struct wdl_call *c, struct wdl_value *out)
{
	return add_fixed(c, UNIT_SECOND, out);
}

static bool add_units(struct wdl_call *c, struct wdl_date d, unsigned i, int sign,
		      struct wdl_value *out)
{
	int64_t n;
	int unit;

	if (!wdl_arg_int(c, i, &n) || !unit_argument(c, i + 1, &unit))
		return false;
	if (n == INT64_MIN)
		return wdl_fail0(c, WDL_M_DATE_RANGE);
	return shift(c, &d, n * sign, unit) && wdl_write_date(c, d, i + 2, NULL, out);
}

static bool f_add_to_time(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	return wdl_arg_date(c, 0, &d) && add_units(c, d, 1, 1, out);
}

static bool f_subtract_from_time(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	return wdl_arg_date(c, 0, &d) && add_units(c, d, 1, -1, out);
}

static bool f_future(struct wdl_call *c, struct wdl_value *out)
{
	return add_units(c, (struct wdl_date){ c->ev->now, WDL_D_UTC }, 0, 1, out);
}

static bool f_past(struct wdl_call *c, struct wdl_value *out)
{
	return add_units(c, (struct wdl_date){ c->ev->now, WDL_D_UTC }, 0, -1, out);
}

/* ---- parts ---- */

static bool f_ticks(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d))
		return false;
	*out = wdl_int(d.ticks);
	return true;
}

static bool part(struct wdl_call *c, struct wdl_civil *t)
{
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d))
		return false;
	*t = wdl_civil(d.ticks);
	return true;
}

static bool f_day_of_month(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_civil t;

	if (!part(c, &t))
		return false;
	*out = wdl_int(t.day);
	return true;
}

static bool f_day_of_week(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_civil t;

	if (!part(c, &t))
		return false;
	*out = wdl_int(t.weekday);
	return true;
}

static bool f_day_of_year(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_civil t;

	if (!part(c, &t))
		return false;
	*out = wdl_int(t.yearday);
	return true;
}

static bool f_start_of_day(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d))
		return false;
	d.ticks -= d.ticks % WDL_TICKS_DAY;
	return wdl_write_date(c, d, 1, NULL, out);
}

static bool f_start_of_hour(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d))
		return false;
	d.ticks -= d.ticks % (3600 * WDL_TICKS_SECOND);
	return wdl_write_date(c, d, 1, NULL, out);
}

static bool f_start_of_month(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d))
		return false;
	d.ticks -= d.ticks % WDL_TICKS_DAY + (wdl_civil(d.ticks).day - 1) * WDL_TICKS_DAY;
	return wdl_write_date(c, d, 1, NULL, out);
}

/* ---- time spans ---- */

static bool f_date_difference(struct wdl_call *c, struct wdl_value *out)
{
	struct wdl_date from, to;

	if (!wdl_arg_date(c, 0, &from) || !wdl_arg_date(c, 1, &to))
		return false;
	*out = wdl_string(wdl_span_text(c->a, to.ticks - from.ticks));
	return true;
}

static bool f_format_time_span(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_culture *culture;
	struct str text, format;
	int64_t ticks;

	if (!wdl_arg_text(c, 0, &text) || !wdl_arg_text(c, 1, &format) ||
	    !wdl_arg_locale(c, 2, &culture))
		return false;
	if (!wdl_span_parse(text, &ticks))
		return wdl_fail(c, WDL_M_TIME_SPAN, text, none(), none());
	if (!wdl_span_format(c->a, ticks, format, culture, &text))
		return wdl_fail(c, WDL_M_DATE_FORMAT, format, none(), none());
	*out = wdl_string(text);
	return true;
}

const struct wdl_body wdl_date_functions[] = {
	{ "utcNow", f_utc_now },
	{ "formatDateTime", f_format_date_time },
	{ "parseDateTime", f_parse_date_time },
	{ "addDays", f_add_days },
	{ "addHours", f_add_hours },
	{ "addMinutes", f_add_minutes },
	{ "addSeconds", f_add_seconds },
	{ "addToTime", f_add_to_time },
	{ "subtractFromTime", f_subtract_from_time },
	{ "getFutureTime", f_future },
	{ "getPastTime", f_past },
	{ "ticks", f_ticks },
	{ "dayOfMonth", f_day_of_month },
	{ "dayOfWeek", f_day_of_week },
	{ "dayOfYear", f_day_of_year },
	{ "startOfDay", f_start_of_day },
	{ "startOfHour", f_start_of_hour },
	{ "startOfMonth", f_start_of_month },
	{ "dateDifference", f_date_difference },
	{ "formatTimeSpan", f_format_time_span },
	{ NULL, NULL },
};
