/*
 * fn_workflow.h - what the functions of a run share.
 */
#ifndef WDL_FN_WORKFLOW_H
#define WDL_FN_WORKFLOW_H

#include "wdl/call.h"

/* The outputs of the action that argument 0 names, or of the trigger; NULL for null. */
bool wdl_action_outputs(struct wdl_call *c, const struct json **out);
bool wdl_trigger_outputs(struct wdl_call *c, const struct json **out);
/* The body in outputs: outputs that are no HTTP answer are their own body. */
const struct json *wdl_body_of(const struct json *outputs);

#endif
