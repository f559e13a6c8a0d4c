/*
 * produce_parts.h - what the files that play a run share.
 */
#ifndef TENANT_PRODUCE_PARTS_H
#define TENANT_PRODUCE_PARTS_H

#include "tenant/produce.h"
#include "wdl/run.h"

/* ---- produce_read.c ---- */

unsigned play_count(const struct json *actions, unsigned depth);
/* Lists the actions, parents before children; `parent` -1 for the top. */
void play_collect(struct played *p, const struct json *actions, int parent, unsigned depth);

/* ---- produce_answer.c: what connectors say, how long things take; for struct wdl_host ---- */

bool play_answer(void *played, struct arena *a, const struct wdl_request *r,
		 struct wdl_answer *out);
int64_t play_duration(void *played, const struct wdl_request *r);
uint64_t play_random(void *played, uint64_t where);
/* What a flow run sees of itself. */
struct json *play_workflow(struct played *p);
struct json *play_parameters(struct played *p);

/* ---- produce.c ---- */

/* What the runner is told of the run. */
struct wdl_run_options play_options(struct played *p);

/* ---- produce_content.c ---- */

/* As the history shows them: the host of a connector by its runtime. */
struct json *play_shown(struct played *p, const struct json *inputs);

#endif
