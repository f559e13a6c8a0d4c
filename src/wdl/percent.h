/*
 * percent.h - percent escapes.
 */
#ifndef WDL_PERCENT_H
#define WDL_PERCENT_H

#include "base/str.h"

/* Undoes %XX; what is no escape stays.  With `plus`, + becomes a space first.  Bytes that are no
 * UTF-8 become U+FFFD. */
struct str wdl_unpercent(struct arena *a, struct str text, bool plus);

#endif
