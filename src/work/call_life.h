/*
 * call_life.h - what src/work/call*.c share: how a call begins, asks, answers and ends.
 */
#ifndef WORK_CALL_LIFE_H
#define WORK_CALL_LIFE_H

#include "work/call_priv.h"

/* ---- call.c ---- */

/* The end of the call's time; `arg` is the call. */
void call_out_of_time(void *arg);

/* ---- call_reply.c: they fill c->reply and c->log_status ---- */

void call_build_failure(struct call *c);
void call_build_result(struct call *c);

/* ---- call_end.c ---- */

/* Builds the reply under a guard of its own, so that it can run out of memory too; then logs,
 * replies and ends. */
void call_conclude_with(struct call *c, void (*build)(struct call *c));
/* The last two of these; `arg` is the call. */
void call_log_and_finish(void *arg);
void call_cancel_fetches(struct call *c);

/* ---- call_ask.c ---- */

/* The step asked something that has no answer yet: puts the questions. */
void call_asked(struct call *c);
/* Runs the tool from the top, with the answers or arguments that there are now. */
void call_restart(struct call *c);
/* The answers of a modern retry: those that came before (sealed) and those to what was asked.
 * False: the state is not ours, or of another call. */
bool call_open_state(struct call *c);

#endif
