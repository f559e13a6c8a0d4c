/*
 * culture.h - names, patterns and symbols of cultures (tables written from CLDR).
 *
 * Lists of names are joined with |.  Patterns are .NET's; in currency_pattern $ is the symbol
 * and n the amount, in percent_pattern n is the number.
 */
#ifndef WDL_CULTURE_H
#define WDL_CULTURE_H

#include "base/str.h"

struct wdl_culture {
	const char *name;
	const char *months;       /* as in a date: genitive where the language has one */
	const char *months_alone;
	const char *months_short;
	const char *days, *days_short; /* from Sunday */
	const char *am, *pm;
	const char *short_date, *long_date, *short_time, *long_time, *month_day, *year_month;
	const char *date_sep, *time_sep;
	const char *decimal, *group;
	const char *currency, *currency_pattern, *percent_pattern;
	bool indian_groups; /* 12,34,567 */
};

extern const struct wdl_culture wdl_cultures[];
extern const size_t wdl_culture_count;
extern const struct wdl_culture wdl_invariant; /* the name "" */

/* "de-DE", "de_de", "DE" (the first row of a language), "" (invariant); NULL when unknown. */
const struct wdl_culture *wdl_culture_find(struct str name);
/* Item `i` of a list joined with |. */
struct str wdl_culture_item(const char *list, unsigned i);

#endif
