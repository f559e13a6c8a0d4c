/*
 * target.h - the flow that a change is aimed at, as every write tool looks at it first.
 *
 * Three reads in one stage tell the gate all it wants to know: the flow, its environment, and who
 * else has it.  They are made in the same run of the call as the write.
 */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include "tools/shared.h"

/* Places in the stage of looks; a tool's own reads begin at LOOK_OWN. */
enum { LOOK_FLOW, LOOK_ENVIRONMENT, LOOK_PEOPLE, LOOK_OWN };

/* A GET of `u`; an error answer is a result. */
struct fetch look_at(const struct url *u, unsigned flags);
/* The flow of the call's arguments, with its definition. */
struct fetch look_at_flow(struct call *c);
/* Fills f[0] to f[LOOK_OWN - 1]. */
void target_looks(struct call *c, struct fetch *f);
/* The target out of those looks, made at `stage`.  An environment that could not be read is NULL,
 * people that could not be read are others.  `version` is state and time of the last change. */
struct target target_of(struct call *c, int stage);
/* Somebody besides one owner has it, or it is not known. */
bool is_shared(const struct answer *people);

#endif
