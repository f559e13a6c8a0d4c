/*
 * fn_date.h - what the functions of dates share.
 */
#ifndef WDL_FN_DATE_H
#define WDL_FN_DATE_H

#include "wdl/call.h"
#include "wdl/date.h"

/* Argument `i` as a date and time, with the service's error. */
bool wdl_arg_date(struct wdl_call *c, unsigned i, struct wdl_date *out);
/* Writes in the format of argument `i`, or "o"; a NULL culture is en-US. */
bool wdl_write_date(struct wdl_call *c, struct wdl_date d, unsigned i,
		    const struct wdl_culture *culture, struct wdl_value *out);

#endif
