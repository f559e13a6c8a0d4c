/*
 * produce_parts.h - what the files that play a run share.
 */
#ifndef TENANT_PRODUCE_PARTS_H
#define TENANT_PRODUCE_PARTS_H

#include "tenant/produce.h"

struct play {
	struct played *p;
	const uint64_t *index; /* this iteration of the loops, or NULL: the sum of all */
	unsigned known;        /* how many numbers `index` has; loops further in are summed up */
	enum { PLAIN, GOOD_ITERATION, BAD_ITERATION } mode; /* inside a loop, when index is NULL */
};

/* ---- produce_read.c ---- */

unsigned play_count(const struct json *actions, unsigned depth);
/* Lists the actions, parents before children; `parent` -1 and branch 0 for the top. */
void play_collect(struct played *p, const struct json *actions, int parent, unsigned branch,
		  unsigned depth);
void play_mark_followed(struct played *p);
bool play_is_loop(const struct played_action *x);

/* ---- produce_step.c ---- */

/* The part of the script that says how this repetition fails, or NULL. */
const struct json *play_failure(const struct play *g, const struct played_action *x);
enum run_status play_status_named(struct str name, enum run_status otherwise);
void play_step(struct play *g, struct played_action *x, int64_t start);
/* Skips an action and all below it. */
void play_skip(struct play *g, int number, const struct json *error);
const struct json *play_branch_error(struct play *g, const struct played_action *x);
const struct json *play_after_error(struct play *g, const struct played_action *x,
				    const struct json *wanted, const struct played_action *before);

/* ---- produce.c ---- */

/* Evaluates one branch of a container (or the top level); returns when its last action ended. */
int64_t play_children(struct play *g, int parent, unsigned branch, int64_t start);
enum run_status play_children_status(struct played *p, int parent);

#endif
