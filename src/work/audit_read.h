/*
 * audit_read.h - the records of the usage log, one by one, for people and programs.
 *
 * Needs neither lock nor keys, and proves nothing: see audit_verify.h.
 */
#ifndef WORK_AUDIT_READ_H
#define WORK_AUDIT_READ_H

#include "work/audit_line.h"

/* Calls back for each record at or after `since` (ms since 1970), oldest first.  `text` is the
 * whole line; both die with the call.  Lines that are no records are counted in *skipped.
 * 0 or an errno: ENOENT when there is no log. */
int audit_read(const char *dir, int64_t since,
	       void (*fn)(void *arg, const struct audit_line *l, struct str text), void *arg,
	       uint64_t *skipped);

#endif
