/*
 * run_waits.h - what an action that has not ended waits for.
 *
 * Pure.  Source: the connectors whose webhook operations wait for a person.
 */
#ifndef TOOLS_RUN_WAITS_H
#define TOOLS_RUN_WAITS_H

#include "text/json.h"

struct run_waits {
	const char *words; /* "a person's approval" ... */
	bool person;
};
/* Of a step of a definition; NULL is nothing special. */
struct run_waits run_waits_for(const struct json *step);

#endif
