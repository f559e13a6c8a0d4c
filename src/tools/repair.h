/*
 * repair.h - update_live_flow with resubmitRun: a flow is mended and a run sent again, as one plan
 * that a person agrees to once.
 */
#ifndef TOOLS_REPAIR_H
#define TOOLS_REPAIR_H

#include "tools/save.h"

/* The call asks for it. */
bool repair_wanted(const struct call *c);
/* Adds the run to the wish.  FETCH: ask again with the next stage; DONE: the wish is complete. */
enum verdict repair_plan(struct call *c, struct save_wish *w);
/* After the save, in finish(): sends the run again and looks for the new one.  DONE: `out` says
 * which it is. */
enum verdict repair_run(struct call *c, const struct save_done *d, struct json *out);

#endif
