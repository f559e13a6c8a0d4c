/*
 * diagnose_int.h - what the files of diagnose_live_flow_run share.  Internal.
 */
#ifndef TOOLS_DIAGNOSE_INT_H
#define TOOLS_DIAGNOSE_INT_H

#include "tools/diagnosis.h"
#include "tools/shared.h"

enum { DIAGNOSE_RUN, DIAGNOSE_FLOW, DIAGNOSE_READS }; /* what is read of a run */

struct reading {
	struct call *c;
	struct arena *a;
	int stage;            /* the next one that is looked at */
	const char *run;
	struct json *evidence;
	bool unfiltered;      /* the service knows no filter for repetitions */
	bool late;
};

/* {name, status, startTime} of a run in a list. */
struct json *diagnose_keep_run(struct call *c, const struct json *item);
/* A run with all its actions, and its flow. */
void diagnose_run_fetches(struct call *c, struct str flow, struct str run,
			  struct fetch f[DIAGNOSE_READS]);
struct json *diagnose_evidence(struct reading *r, const struct answer *run,
			       const struct answer *flow);
/* Fetches all that is wanted, at once; and puts what came into the evidence. */
enum verdict diagnose_fetch(struct reading *r, const struct wants *all);
void diagnose_take(struct reading *r, const struct wants *all);

#endif
