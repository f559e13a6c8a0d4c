/*
 * expression.h - what an expression sees: values given by hand, and those of a recorded run.
 */
#ifndef TOOLS_EXPRESSION_H
#define TOOLS_EXPRESSION_H

#include <flowlatch/tool.h>

#include "wdl/ast.h"

/* What is fetched of a run. */
struct recorded {
	struct json *context; /* as wdl_context_json takes it */
	struct json *told;    /* the actions that were read: [{actionName, status, repetition?}] */
	struct json *bound;   /* parameters bound to environment variables, by name */
	struct json *missing; /* what the run does not tell: lines for the hint */
};

/* Fetches, stage by stage, what `t` reads of the run that the call names.  DONE: *out is filled;
 * anything else is the step's verdict.  What `given` (the argument "context") has is not
 * fetched. */
enum verdict recorded_values(struct call *c, const struct wdl_template *t,
			     const struct json *given, struct recorded *out);

#endif
