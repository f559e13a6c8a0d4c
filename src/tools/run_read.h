/*
 * run_read.h - reading runs: the requests and small facts that several tools share.
 *
 * Knows the shapes of runs and actions (recorded answers); knows nothing of single tools.
 */
#ifndef TOOLS_RUN_READ_H
#define TOOLS_RUN_READ_H

#include <flowlatch/tool.h>

#include "tools/run_waits.h"

/* ---- requests: they tolerate errors, `run` is percent-encoded ---- */

struct fetch run_fetch(struct call *c, const char *run);
/* All pages of its actions, each as `keep` makes it. */
struct fetch run_actions_fetch(struct call *c, const char *run, const struct paging *keep);
/* The flow with its definition; not worth waiting for. */
struct fetch run_flow_fetch(struct call *c);
/* The newest runs that started at or after `since` ("": any) and have that status ("": any). */
struct fetch run_list_fetch(struct call *c, const char *status, const char *since,
			    const char *before, const struct paging *pages);

/* ---- facts ---- */

/* `runs`, a list of {name}, has the one of that name. */
bool run_listed(const struct json *runs, struct str name);
/* Nothing more will happen to a run or action of that status. */
bool run_has_ended(struct str status);
/* It ended, and not well. */
bool run_went_wrong(struct str status);
/* The time at a pointer as milliseconds since 1970; -1 when there is none. */
int64_t run_time(const struct json *v, const char *pointer);
/* What workflow() gives in that run: id, name, type, location, run, tags (documented). */
struct json *run_workflow(struct call *c, const struct json *flow, const struct json *run);
/* This profile has a tool of that name. */
bool run_offers(struct call *c, const char *tool);
/* Suggests the tool that says why the run of `run` failed. */
void run_suggest_diagnosis(struct call *c, struct str run);

#endif
