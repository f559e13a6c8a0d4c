/*
 * digits.h - numbers as decimal digits, for format strings.  Internal.
 */
#ifndef WDL_DIGITS_H
#define WDL_DIGITS_H

#include "wdl/numfmt.h"

enum { WDL_DIGITS = 64 };

/* 0.d1 d2 d3 ... times ten to the power of `point`. */
struct wdl_digits {
	char d[WDL_DIGITS];
	int n, point;
	bool negative;
};

struct wdl_digits wdl_digits_of(const struct wdl_value *v);
/* Keeps `places` digits after the point. */
void wdl_round_to(struct wdl_digits *g, int places, bool even);
/* Digit number `i` from the first as a character; '0' outside. */
char wdl_digit_at(const struct wdl_digits *g, int i);
/* Whether a group separator follows when `left` integer digits are still to come. */
bool wdl_groups_at(const struct wdl_culture *c, int left);

/* A custom format string such as #,##0.00;(0). */
void wdl_custom_number(struct buf *b, const struct wdl_value *v, struct str format,
		       const struct wdl_culture *c);

#endif
