/*
 * decimal.h - System.Decimal: 96 bits and a power of ten from 0 to 28.
 */
#ifndef WDL_DECIMAL_H
#define WDL_DECIMAL_H

#include "base/str.h"

struct wdl_decimal {
	uint32_t w[3]; /* least significant first */
	uint8_t scale;
	bool negative;
};

struct wdl_decimal wdl_decimal_int(int64_t v);
/* Fifteen significant digits, as .NET converts; false when it does not fit. */
bool wdl_decimal_double(double v, struct wdl_decimal *out);
/* NumberStyles.Number in the invariant culture: sign at either end, commas, no exponent. */
bool wdl_decimal_parse(struct str s, struct wdl_decimal *out);
/* Digits, point and sign, all places kept; `out` has 34 bytes or more. */
void wdl_decimal_text(struct wdl_decimal d, char *out);
double wdl_decimal_to_double(struct wdl_decimal d);
bool wdl_decimal_is_zero(struct wdl_decimal d);
int wdl_decimal_compare(struct wdl_decimal a, struct wdl_decimal b);
/* False when the result does not fit (or, for / and %, the divisor is zero). */
bool wdl_decimal_add(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out);
bool wdl_decimal_mul(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out);
bool wdl_decimal_div(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out);
bool wdl_decimal_mod(struct wdl_decimal a, struct wdl_decimal b, struct wdl_decimal *out);

#endif
