/*
 * rest_priv.h - one logical fetch while it is under way: rest.c sends, rest_answer.c judges.
 */
#ifndef WORK_REST_PRIV_H
#define WORK_REST_PRIV_H

#include "work/call_priv.h"

struct rest_op {
	struct call *call;
	struct stage *stage;
	size_t index;
	const struct fetch *f;
	enum host_row row;
	enum audience audience;
	struct str organisation;
	struct str url;
	struct auth_waiter waiter;
	struct loop_timer timer;
	struct http_transfer *transfer;
	unsigned long token_serial;
	unsigned throttled, failed, hops, pages;
	bool refreshed, repeated, on_wire;
	bool not_json; /* the content broke off where it is no JSON */
	struct json *items;
	size_t kept;
	int64_t started;
	struct project *project;
	struct arena scratch; /* the page that is being read */
};

static inline struct answer *rest_answer(const struct rest_op *op)
{
	return &op->stage->answers[op->index];
}

/* It changes something: never sent twice, but after a 429. */
bool rest_writes(const struct rest_op *op);
/* Sends op->url, once there is a token for it.  The operation may have ended when it returns. */
void rest_send(struct rest_op *op);
/* Sends again after `ms`; false when there is no time for it, or it is not worth it. */
bool rest_retry_in(struct rest_op *op, int64_t ms);
/* Sends again from the loop, whatever time is left. */
void rest_repeat(struct rest_op *op);
/* The answer is what stands in rest_answer(): `op` is gone, and the stage with its last one. */
void rest_end(struct rest_op *op);
void rest_end_with(struct rest_op *op, enum err err, const char *message);

/* ---- rest_answer.c ---- */

/* Ends the operation or sends something again. */
void rest_judge(struct rest_op *op, const struct http_response *r);

#endif
