/*
 * failure.h - what went wrong, on this machine's disk, for a person to read and to send in.
 *
 * One file of mode 0600 for each failure, named by its time; the newest LIMIT_FAILURES stay.
 * What is written was masked before.  Knows nothing of calls and of what a failure is.
 */
#ifndef WORK_FAILURE_H
#define WORK_FAILURE_H

#include "text/json.h"

/* Writes one; its name goes to *name (in `a`).  False: it could not be written. */
bool failure_write(const char *dir, struct arena *a, struct str text, int64_t now,
		   struct str *name);
/* The names of all, newest first: an array of strings.  A directory that is not there is empty. */
struct json *failure_names(struct arena *a, const char *dir);

#endif
