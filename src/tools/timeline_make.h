/*
 * timeline_make.h - when each action of a run ran, what it waited for, and what made the run long.
 *
 * Pure: values in, values out.
 */
#ifndef TOOLS_TIMELINE_MAKE_H
#define TOOLS_TIMELINE_MAKE_H

#include "text/json.h"
#include "tools/steps.h"

/* Out of a record (run_record.h) and the flow's steps:
 *
 * {"status","startTime","endTime"?,"durationMs"?,"error"?,
 *  "trigger": {"name","type","status"?,"durationMs"?},
 *  "steps": [{"name","type","parent": index or -1,"branch"?,"after"?: [{"name","on": [..]}],
 *    "status"?,"code"?,"startMs"?,"durationMs"?,"waitMs"?,"waitsFor"?,"retries"?,"retryMs"?,
 *    "passes"?,"share"?,"critical"?}],
 *  "criticalPath": [names],"waitingMs"}
 *
 * Steps that did not run have no times; steps of the record that the flow no longer has come last,
 * marked "gone".  startMs counts from the start of the run.  waitMs is between the end of what a
 * step waited for and its own start.  The critical path is the chain of steps that each began when
 * the one before had ended, back from the end of the run, and into containers but not into loops.
 * share is of the run's duration.  waitingMs: how much of the path went into delays and answers of
 * people. */
struct json *timeline_make(struct arena *a, const struct steps *steps,
			   const struct json *definition, const struct json *run);
/* The same as indented text of at most `most` lines, for models. */
struct str timeline_tree(struct arena *a, const struct json *timeline, size_t most);

#endif
