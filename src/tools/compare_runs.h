/*
 * compare_runs.h - how two runs of a flow differ, out of what they recorded.
 *
 * Pure: values in, a value out.
 */
#ifndef TOOLS_COMPARE_RUNS_H
#define TOOLS_COMPARE_RUNS_H

#include "text/json.h"
#include "tools/steps.h"

/* `good` and `bad` are as run_record.h has them; `steps` are of the flow as it is now.  Puts into
 * `out`: "trigger"?, "firstDivergence"?, "steps", "branches", "values", "durations", "onlyInOther"?,
 * "onlyInThis"?, "stepsLeftOut"?.  Values of headers are left out. */
void compare_runs(struct arena *a, const struct json *good, const struct json *bad,
		  const struct steps *steps, struct json *out);

#endif
