/*
 * started.h - sending a run again, and finding the run that a write has started.
 *
 * Neither starting a trigger nor resubmitting a run says the name of the new run: the runs that
 * were there before are remembered, and what is new among those afterwards is it.
 */
#ifndef TOOLS_STARTED_H
#define TOOLS_STARTED_H

#include <flowlatch/tool.h>

/* Ends the call: a flow that is not switched on starts no runs. */
enum verdict started_refuse_off(struct call *c, const struct json *flow);
/* The request that starts a new run with what `trigger` gave `run`, of the call's flow.  Its answer
 * is tolerated and need not be JSON; the names are percent-encoded here. */
struct fetch started_resubmit(struct call *c, const char *trigger, const char *run);
/* Both reads came back and the flow is switched on: a run of it can be sent again.  False after
 * fail(). */
bool started_can_resubmit(struct call *c, const struct answer *flow, const struct answer *run);
/* The newest runs of the call's flow, each as {name, startTime, origin}. */
struct fetch started_look(struct call *c);
/* The run of `after` that is not among `before`: that of `origin` (the run that was sent again)
 * when it is not "", else the newest; "" when there is none. */
struct str started_run(const struct answer *before, const struct answer *after, struct str origin);
/* Suggests to wait for the run; "": for the first one that is newer than those. */
void started_suggest(struct call *c, struct str run, const struct answer *before);

#endif
