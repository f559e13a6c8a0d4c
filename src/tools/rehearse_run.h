/*
 * rehearse_run.h - an edited definition, run offline against what a run has recorded.
 *
 * Pure: values in, a value out; no service is asked.  A call to the outside gets the answer that
 * was recorded for the same call: the same action (and pass of its loops) with the same inputs,
 * or another recorded call with the same inputs (a renamed action).  What no record answers is
 * given by hand, or is assumed to go well with an empty body, and all that depends on it is
 * marked as uncertain.  The definition as it was is run first, which shows how well the record
 * can be replayed at all, and how inputs with the time or chance in them look here.
 */
#ifndef TOOLS_REHEARSE_RUN_H
#define TOOLS_REHEARSE_RUN_H

#include "text/json.h"

struct rehearsal {
	const struct json *definition; /* as edited */
	const struct json *before;     /* as it is now */
	const struct json *run;        /* as run_record.h has it */
	const struct json *parameters; /* {name: value}, over the definition's defaults; or NULL */
	const struct json *workflow;   /* what workflow() gives, or NULL */
	const struct json *answers;    /* by action: outputs that are taken; or NULL */
	const struct json *same;       /* names: their recorded outputs are taken as they are */
	bool all;                      /* tell of actions that go as they went, too */
};

/* {"recordedStatus","status","error"?,"certain","reproduces","reproducesNot"?: [...],
 *  "firstDivergence"?,"actions": [{"actionName","was","now","what","passes"?,"error"?,"changes"?,
 *  "inputs"?,"why"?,"uncertain"?}],"unchanged": n,"assumed": [names],"trigger"?: {...}}
 * or NULL and *why (static) when the definition cannot be run. */
struct json *rehearse(struct arena *a, const struct rehearsal *r, const char **why);

#endif
