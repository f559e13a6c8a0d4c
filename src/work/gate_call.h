/*
 * gate_call.h - what the gate keeps in a call, for src/work/gate*.c and call.c.
 */
#ifndef WORK_GATE_CALL_H
#define WORK_GATE_CALL_H

#include "work/call_priv.h"

#include "work/approve.h"
#include "work/grant.h"
#include "work/policy.h"

/* What agreed() found out about a change. */
struct gate_view {
	const struct change *change;
	struct gate_class klass;
	unsigned facts;
	struct policy_ruling ruling;
	unsigned char target[CRYPT_HASH], plan[CRYPT_HASH];
};

/* ---- gate.c ---- */

/* A directory beside the profile's store, or NULL. */
const char *gate_dir(struct call *c, const char *name);
struct policy_ruling gate_ruling(struct call *c, const struct json *environment,
				 const struct gate_class *k);
struct grant_query gate_grant_query(const struct call *c);
/* Ends the call with a refusal and its record; false. */
bool gate_refused(struct call *c, enum err err, const char *why);

/* ---- gate_ask.c ---- */

/* Looks for an answer, else puts the question; true when a person has said yes to this plan. */
bool gate_ask(struct call *c, struct gate_view *v, enum channel channel);
void gate_plan_text(const unsigned char plan[CRYPT_HASH], char out[9]);

#endif
