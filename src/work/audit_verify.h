/*
 * audit_verify.h - is the usage log what was written?
 *
 * Reads without a lock, also while others append.  What it proves and what it cannot is in
 * flowlatch-log(7).
 */
#ifndef WORK_AUDIT_VERIFY_H
#define WORK_AUDIT_VERIFY_H

#include "base/limits.h"
#include "base/str.h"

struct store;

enum audit_verdict {
	AUDIT_INTACT,
	AUDIT_BROKEN,  /* something was changed, removed, added or lost */
	AUDIT_UNKNOWN, /* nothing wrong was found, but not everything could be checked */
};

struct audit_finding {
	bool problem;     /* else worth knowing */
	char segment[11]; /* date, or "" for the log as a whole */
	uint64_t line;    /* 1 is the first; 0: the segment as a whole */
	uint64_t seq;     /* number of the record, where it is known */
	char text[160];
};

struct audit_report {
	enum audit_verdict verdict;
	uint64_t records;     /* that continue the chain */
	uint64_t unproved;    /* of days whose key is not here */
	uint64_t first, last; /* numbers */
	size_t segments;
	char from[11], to[11]; /* days, "" when there are none */
	char key_from[11];     /* first day that could be proved */
	struct audit_finding findings[LIMIT_LOG_FINDINGS];
	size_t count;
	size_t not_listed; /* findings beyond that */
	char message[256]; /* why it could not be checked at all, or "" */
};

struct audit_verify_options {
	const char *dir;
	struct store *store; /* for its keys; NULL when `key` is given */
	struct str key;      /* a verification key that was handed out, or p NULL */
};

/* Fills *out; its verdict is also returned. */
enum audit_verdict audit_verify(const struct audit_verify_options *o, struct audit_report *out);

#endif
