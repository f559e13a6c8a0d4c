/*
 * flow_state.h - why a flow does not start, and whether it will be switched off.
 *
 * Pure but for the two rounds of requests, which explain_live_flow_state and
 * diagnose_live_flow_run share.
 */
#ifndef TOOLS_FLOW_STATE_H
#define TOOLS_FLOW_STATE_H

#include <flowlatch/tool.h>

/* What is known of a flow; anything may be NULL. */
struct flow_state {
	const struct json *flow;      /* with throttleData, estimatedSuspensionData, licenseData */
	const struct json *trigger;   /* as the service lists it */
	const struct json *histories; /* newest first: {status, code, fired, startTime, error} */
	const struct json *runs;      /* newest first: {name, status, startTime} */
	int64_t now;                  /* milliseconds since 1970 */
};

/* {state, cause, explanation, ...} */
struct json *flow_state_json(struct arena *a, const struct flow_state *s);

/* Fetches at stages `first` and `first` + 1.  DONE: *out is filled. */
enum verdict flow_state_read(struct call *c, int first, struct flow_state *out);

#endif
