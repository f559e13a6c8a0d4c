/*
 * numfmt.h - .NET numeric format strings, and numbers out of localised text.
 */
#ifndef WDL_NUMFMT_H
#define WDL_NUMFMT_H

#include "wdl/culture.h"
#include "wdl/value.h"

/* Number.ToString(format, culture); false when the format is not valid for the number. */
bool wdl_format_number(struct arena *a, const struct wdl_value *v, struct str format,
		       const struct wdl_culture *culture, struct str *out);

/* NumberStyles.Float | NumberStyles.Number: spaces, a sign at either end, group separators
 * anywhere before the decimal point, an exponent; NaN; Infinity only in the invariant culture. */
bool wdl_parse_float(struct str text, const struct wdl_culture *culture, double *out);

#endif
