/*
 * grant.h - standing permissions: a person says yes beforehand, for few calls and a short time.
 *
 * One file each in the state directory, readable for the person and authenticated, counted
 * down under a lock before a request leaves.  Made on a card ("for 15 minutes") or with
 * `flowlatch grant`; never by a tool.  Knows files; what a grant may cover is the gate's rows.
 */
#ifndef WORK_GRANT_H
#define WORK_GRANT_H

#include "text/crypt.h"
#include "text/json.h"
#include "work/approve.h"
#include "work/gate.h"

struct grant {
	char id[9];
	bool prompt;             /* given on a card */
	struct str tools;        /* names, blank separated */
	struct str environments; /* ids, or "*" */
	struct str flows;        /* ids, or "*" */
	int64_t max_calls, used;
	int64_t made, expires;   /* wall time, ms */
};

/* Fills in id and made.  false: *why. */
bool grant_make(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		struct grant *g, int64_t now, const char **why);
/* All that are genuine, oldest first; what is over is removed. */
size_t grant_list(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		  int64_t now, struct grant **out);
/* "all" takes every one.  The number of grants removed. */
size_t grant_revoke(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		    struct str id, int64_t now);

struct grant_query {
	struct str tool, environment, flow; /* ids; "" where the call has none */
	int64_t now;
};
/* The kinds (enum grants) of grants that cover this call and have calls left. */
unsigned grant_match(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     const struct grant_query *q);
/* Counts one call of a grant of that kind.  APPROVAL_BEFORE: none covers it any more. */
enum approval_result grant_use(struct arena *a, const char *dir,
			       const unsigned char key[CRYPT_KEY], const struct grant_query *q,
			       unsigned kind, const char **why);

#endif
