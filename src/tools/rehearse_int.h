/*
 * rehearse_int.h - what the two files of a rehearsal share.  Internal.
 */
#ifndef TOOLS_REHEARSE_INT_H
#define TOOLS_REHEARSE_INT_H

#include "tools/changes.h"
#include "tools/rehearse_run.h"
#include "tools/steps.h"
#include "wdl/run.h"

/* One run of a definition against the record. */
struct player {
	struct arena *a;
	const struct rehearsal *r;
	const struct player *replayed; /* the run of the definition as it was; NULL: this is it */
	const struct json *definition;
	struct steps steps;
	struct json *calls;   /* inputs of calls, by name and pass */
	struct json *told;    /* what happened, by action; NULL: it could not be run */
	struct json *assumed; /* calls that nobody answers, by action: {"why","inputs"?} */
	struct wdl_run ran;
	unsigned facts;
	bool passes_left_out;
};

/* "000003-000001" */
struct str rehearse_pass(struct arena *a, const struct wdl_loop_index *loops, unsigned count);
/* The document of both runs; `trigger` (or NULL) goes into it. */
struct json *rehearse_tell(const struct player *before, const struct player *now,
			   struct json *trigger);

#endif
