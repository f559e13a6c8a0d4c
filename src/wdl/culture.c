/*
 * culture.c - looking cultures up.
 */
#include "wdl/culture.h"

/* CultureInfo.InvariantCulture. */
const struct wdl_culture wdl_invariant = {
	.name = "",
	.months = "January|February|March|April|May|June|July|August|September|October|November|December",
	.months_alone =
		"January|February|March|April|May|June|July|August|September|October|November|December",
	.months_short = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
	.days = "Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday",
	.days_short = "Sun|Mon|Tue|Wed|Thu|Fri|Sat",
	.am = "AM",
	.pm = "PM",
	.short_date = "MM/dd/yyyy",
	.long_date = "dddd, dd MMMM yyyy",
	.short_time = "HH:mm",
	.long_time = "HH:mm:ss",
	.month_day = "MMMM dd",
	.year_month = "yyyy MMMM",
	.date_sep = "/",
	.time_sep = ":",
	.decimal = ".",
	.group = ",",
	.currency = "\xc2\xa4",
	.currency_pattern = "$n",
	.percent_pattern = "n %",
};

static bool same(struct str a, const char *name, size_t n)
{
	if (a.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char x = a.p[i] == '_' ? '-' : a.p[i], y = name[i];

		if (x >= 'A' && x <= 'Z')
			x = (char)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (char)(y + 32);
		if (x != y)
			return false;
	}
	return true;
}

const struct wdl_culture *wdl_culture_find(struct str name)
{
	if (name.n == 0)
		return &wdl_invariant;
	for (size_t i = 0; i < wdl_culture_count; i++)
		if (same(name, wdl_cultures[i].name, strlen(wdl_cultures[i].name)))
			return &wdl_cultures[i];
	for (size_t i = 0; i < wdl_culture_count; i++)
		if (same(name, wdl_cultures[i].name, strcspn(wdl_cultures[i].name, "-")))
			return &wdl_cultures[i];
	return NULL;
}

struct str wdl_culture_item(const char *list, unsigned i)
{
	struct str rest = str_from(list), head;

	while (str_cut(&rest, '|', &head))
		if (i-- == 0)
			return head;
	return str_from("");
}
