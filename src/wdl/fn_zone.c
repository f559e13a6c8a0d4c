/*
 * fn_zone.c - convertFromUtc, convertToUtc, convertTimeZone.
 */
#include "wdl/fn_date.h"
#include "wdl/tz.h"

#define SECONDS_1970 62135596800ll

static struct str none(void)
{
	return str_from("");
}

struct place {
	struct str name;
	struct wdl_zone *zone;
	bool utc;
};

static bool zone_argument(struct wdl_call *c, unsigned i, struct place *p)
{
	const struct wdl_zone_name *row;

	if (!wdl_arg_text(c, i, &p->name))
		return false;
	row = wdl_zone_find(p->name);
	p->zone = row ? wdl_zone_load(c->a, row->iana) : NULL;
	p->utc = row && strcmp(row->windows, "UTC") == 0;
	return p->zone || wdl_fail(c, WDL_M_ZONE, p->name, none(), none());
}

/* A wall clock reading of a zone as a moment. */
static bool to_utc(struct wdl_call *c, const struct place *from, struct wdl_date *d)
{
	int64_t wall = d->ticks / WDL_TICKS_SECOND - SECONDS_1970, utc;

	if (d->kind == WDL_D_UNSPECIFIED) {
		if (wdl_zone_to_utc(from->zone, wall, &utc) == WDL_WALL_SKIPPED)
			return wdl_fail(c, WDL_M_ZONE_GAP, c->args[0].s, from->name, none());
		d->ticks += (utc - wall) * WDL_TICKS_SECOND;
	}
	d->kind = WDL_D_UTC;
	return (d->ticks >= 0 && d->ticks <= WDL_TICKS_MAX) || wdl_fail0(c, WDL_M_DATE_RANGE);
}

/* A moment as the wall clock of a zone shows it; only UTC is written with Z. */
static bool from_utc(struct wdl_call *c, const struct place *to, struct wdl_date *d)
{
	int64_t utc = d->ticks / WDL_TICKS_SECOND - SECONDS_1970;

	d->ticks += wdl_zone_offset(to->zone, utc) * WDL_TICKS_SECOND;
	d->kind = to->utc ? WDL_D_UTC : WDL_D_UNSPECIFIED;
	return (d->ticks >= 0 && d->ticks <= WDL_TICKS_MAX) || wdl_fail0(c, WDL_M_DATE_RANGE);
}

static bool f_convert_from_utc(struct wdl_call *c, struct wdl_value *out)
{
	struct place to;
	struct wdl_date d;

	return wdl_arg_date(c, 0, &d) && zone_argument(c, 1, &to) && from_utc(c, &to, &d) &&
	       wdl_write_date(c, d, 2, NULL, out);
}

static bool f_convert_to_utc(struct wdl_call *c, struct wdl_value *out)
{
	struct place from;
	struct wdl_date d;

	if (!wdl_arg_date(c, 0, &d) || !zone_argument(c, 1, &from))
		return false;
	if (d.kind == WDL_D_UTC && !from.utc)
		return wdl_fail(c, WDL_M_ZONE_MISMATCH, from.name, none(), none());
	return to_utc(c, &from, &d) && wdl_write_date(c, d, 2, NULL, out);
}

static bool f_convert_time_zone(struct wdl_call *c, struct wdl_value *out)
{
	struct place from, to;
	struct wdl_date d;

	return wdl_arg_date(c, 0, &d) && zone_argument(c, 1, &from) && zone_argument(c, 2, &to) &&
	       to_utc(c, &from, &d) && from_utc(c, &to, &d) && wdl_write_date(c, d, 3, NULL, out);
}

const struct wdl_body wdl_zone_functions[] = {
	{ "convertFromUtc", f_convert_from_utc },
	{ "convertToUtc", f_convert_to_utc },
	{ "convertTimeZone", f_convert_time_zone },
	{ NULL, NULL },
};
