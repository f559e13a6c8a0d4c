/*
 * run_record.h - a run, or two, as one value each: what came in, what every action was given and
 * gave, the passes of loops.
 *
 * The value has this shape; what is not there was not recorded:
 *	{"name","status","code","error","startTime","endTime",
 *	 "trigger": {"name","status","startTime","endTime","inputs","outputs"},
 *	 "actions": {"Name": {"status","code","error","startTime","endTime","retryHistory",
 *	   "repetitionCount","inputs","outputs","inputsMissing": why,"outputsMissing": why,
 *	   "inputsCut": true, "outputsCut": true,
 *	   "repetitions": {"000000-000003": the same}, "repetitionsLeftOut": true}}}
 */
#ifndef TOOLS_RUN_RECORD_H
#define TOOLS_RUN_RECORD_H

#include <flowlatch/tool.h>

#include "tools/steps.h"

struct record_wants {
	const char *runs[2];
	size_t run_count;
	/* How contents are kept; NULL: whole, which is for values that are calculated with. */
	const struct project_options *project;
	int64_t largest, total; /* bytes of one content and of all; beyond them: "too large" */
	size_t contents;        /* most requests for contents */
	size_t repetitions;     /* most passes of one action in loops; 0: none are read */
	/* Which contents are worth a request.  NULL: all of what ran. */
	bool (*wanted)(const struct step *s, const struct json *action, bool inputs);
};

/* The stages it takes, from the one it was called with first. */
enum { RECORD_STAGES = 3 };

struct recorded_run {
	struct json *value;
	bool complete; /* every action of the run is in it */
};

struct record {
	struct recorded_run runs[2];
	const struct json *flow;       /* as it is now, or NULL: it could not be read */
	const struct json *definition; /* its definition, or NULL */
	struct steps steps;            /* of it */
	size_t left_out;               /* contents that were not read: too many, too large */
};

/* Reads runs, stage by stage: call it in each step until it is DONE, with the stage at which it
 * was called first.  FAIL: the first run could not be read. */
enum verdict record_read(struct call *c, int from, const struct record_wants *w,
			 struct record *out);

/* The record of an action (ASCII case folds), or of one pass of it; NULL: there is none. */
const struct json *record_action(const struct json *run, struct str name, struct str repetition);

#endif
