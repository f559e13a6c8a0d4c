/*
 * histories.h - what the entries of a trigger's history amount to.
 *
 * Pure.  Source: the documentation of the same engine (workflow trigger histories).
 */
#ifndef TOOLS_HISTORIES_H
#define TOOLS_HISTORIES_H

#include "text/json.h"

struct histories {
	int64_t all, fired, skipped, failed;
	int64_t unmet; /* the trigger's conditions kept it from firing */
	const struct json *last_failed; /* the newest, or NULL */
};

/* Of a list of {status, fired, code}, newest first. */
struct histories histories_count(const struct json *list);

#endif
