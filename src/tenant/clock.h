/*
 * clock.h - the tenant's idea of the time.
 *
 * Times are ticks: 100 ns since 1970-01-01 UTC, the unit the service prints.
 * The clock follows the machine, or stands still at a date given at start; tests may shift it.
 */
#ifndef TENANT_CLOCK_H
#define TENANT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* .NET counts from the year 1: this many ticks before ours. */
#define TICKS_UNIX INT64_C(621355968000000000)
#define TICKS_MS  INT64_C(10000)
#define TICKS_S   INT64_C(10000000)
#define TICKS_MIN (60 * TICKS_S)
#define TICKS_H   (60 * TICKS_MIN)
#define TICKS_DAY (24 * TICKS_H)

enum { CLOCK_TEXT = 32 };

/* Makes the clock stand still at `ticks` until it is shifted. */
void clock_fix(int64_t ticks);
/* Moves the clock by `ticks` from where it would be without any shift. */
void clock_shift(int64_t ticks);
int64_t clock_now(void);

/* "2026-07-16T17:34:32.1328743Z": trailing zeros of the fraction are dropped, as .NET does. */
void clock_text(int64_t ticks, char out[CLOCK_TEXT]);
/* "2026-07-16T17:34:32Z", as Dataverse and the admin list print. */
void clock_text_s(int64_t ticks, char out[CLOCK_TEXT]);
/* "Thu, 16 Jul 2026 17:34:32 GMT" */
void clock_text_http(int64_t ticks, char out[CLOCK_TEXT]);
/* RFC 3339; false when it is not. */
bool clock_parse(struct str s, int64_t *ticks);

#endif
