/*
 * mcp_call.c - requests that are calls of the engine: starting, progress, cancelling, ending.
 *
 * Knows work/call.h.  Must not know tools, prompts or resources.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "front/mcp_state.h"

/* ---- what the engine calls back ---- */

/* The shortest text that reads back as the same number. */
static const char *number_text(char *text, size_t n, double v)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, n, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return text;
}

static void on_progress(void *arg, double value, double total, struct str message)
{
	struct mcp_request *q = arg;
	struct mcp *m = q->m;
	struct buf *b;
	char number[64];

	if (!m || q->answered || !q->token.n || !isfinite(value))
		return;
	/* The protocol wants every value above the one before. */
	if (q->progress_sent && value <= q->progressed)
		return;
	/* Nobody waits for progress that comes late. */
	if (lines_out_waiting(&m->out) >= LIMIT_OUT_QUEUE / 2)
		return;
	q->progress_sent = true;
	q->progressed = value;
	b = mcp_begin(m);
	buf_addz(b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{");
	mcp_member(b, "progressToken");
	buf_adds(b, q->token);
	mcp_member(b, "progress");
	buf_addz(b, number_text(number, sizeof(number), value));
	if (total > 0) {
		mcp_member(b, "total");
		buf_addz(b, number_text(number, sizeof(number), total));
	}
	if (message.n) {
		mcp_member(b, "message");
		json_print_str(b, message);
	}
	buf_addz(b, "}}");
	mcp_flush(m, false);
}

static void on_reply(void *arg, const struct reply *r)
{
	struct mcp_request *q = arg;

	if (!q->m || q->answered)
		return;
	if (!mcp_common_reply(q, r))
		q->on_reply(q, r);
}

static void on_end(void *arg)
{
	struct mcp_request *q = arg;
	struct mcp *m = q->m;

	q->call = NULL;
	if (m && !q->answered)
		mcp_refuse(q, MCP_INTERNAL, NULL, "The call ended without a result");
	while (!list_empty(&q->asks)) {
		struct mcp_ask *ask = LIST_ITEM(q->asks.next, struct mcp_ask, of_request);

		/* Nobody waited for the person any longer. */
		if (m)
			mcp_ask_withdraw(m, ask);
		mcp_ask_free(ask);
	}
	mcp_request_free(q);
	if (m)
		mcp_kick(m);
}

/* ---- starting ---- */

static bool read_retry(struct mcp_request *q, struct call_request *r)
{
	const struct json *state = json_get(q->params, "requestState");
	const struct json *responses = json_get(q->params, "inputResponses");

	if (!q->modern)
		return true;
	if ((state && !json_is(state, JSON_STRING)) ||
	    (responses && !json_is(responses, JSON_OBJECT))) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
			   "requestState must be a string and inputResponses an object");
		return false;
	}
	JSON_EACH (v, responses) {
		if (json_is(v, JSON_OBJECT))
			continue;
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "inputResponses.%s must be an object",
			   mcp_quote(q, json_name(v)));
		return false;
	}
	if (state)
		r->state = json_str(state);
	r->responses = (struct json *)(uintptr_t)responses;
	return true;
}

static struct call_client client_of(const struct mcp_request *q)
{
	const struct mcp_session *s = &q->m->session;
	const struct json *info = json_get(q->meta, META_CLIENT);
	struct call_client client = { .modern = q->modern,
				      .wants_progress = q->token.n > 0,
				      .capabilities = mcp_client_capabilities(q) };

	if (q->modern && json_is(json_get(info, "name"), JSON_STRING))
		client.name = json_get_z(info, "name");
	if (q->modern && json_is(json_get(info, "version"), JSON_STRING))
		client.version = json_get_z(info, "version");
	if (!q->modern) {
		client.name = s->client;
		client.version = s->client_version;
	}
	return client;
}

bool mcp_start(struct mcp_request *q, const struct tool *t, struct json *arguments,
	       void (*reply)(struct mcp_request *q, const struct reply *r))
{
	struct call_request r = {
		.tool = t,
		.arguments = arguments,
		.arena = &q->arena,
		.client = client_of(q),
		.on_reply = on_reply,
		.on_progress = on_progress,
		.on_end = on_end,
		.arg = q,
	};

	if (!read_retry(q, &r))
		return false;
	q->tool = t;
	q->on_reply = reply;
	q->call = call_start(q->m->work, &r);
	if (q->call)
		list_append(&q->m->requests, &q->link);
	else
		/* Only while calls wait for the client's answers, or inside a batch:
		 * otherwise input waits for a place. */
		mcp_refuse(q, MCP_INTERNAL, NULL, "%d calls are in flight: try again later",
			   LIMIT_CALLS);
	return q->call;
}

/* ---- questions, and what was asked before ---- */

/* The capabilities that the questions need and the client lacks, as error data; else NULL. */
static const char *missing(struct mcp_request *q, const struct reply *r, struct buf *data)
{
	const struct json *can = mcp_client_capabilities(q);

	buf_init(data, LIMIT_LINE);
	buf_addz(data, "{\"requiredCapabilities\":{");
	for (size_t i = 0; i < r->question_count; i++) {
		const char *need = mcp_capability_of(r->questions[i].method);

		if (mcp_client_can(can, r->questions[i].method) ||
		    str_find(buf_str(data), str_from(need)) >= 0)
			continue;
		mcp_member(data, need);
		buf_addz(data, "{}");
	}
	if (buf_ok(data) && data->p[data->n - 1] == '{')
		return NULL;
	buf_addz(data, "}}");
	return buf_c(data);
}

static void input_required(struct mcp_request *q, const struct reply *r)
{
	struct buf *b, data;
	const char *lacking = missing(q, r, &data);

	if (lacking) {
		mcp_refuse(q, MCP_MISSING_CAPABILITY, lacking,
			   "The client has not declared what this request needs");
		buf_free(&data);
		return;
	}
	buf_free(&data);
	b = mcp_result(q);
	if (r->question_count) {
		mcp_member(b, "inputRequests");
		buf_addc(b, '{');
		for (size_t i = 0; i < r->question_count; i++) {
			mcp_member(b, r->questions[i].key);
			buf_addc(b, '{');
			mcp_member_z(b, "method", r->questions[i].method);
			mcp_member(b, "params");
			mcp_value(b, r->questions[i].params);
			buf_addc(b, '}');
		}
		buf_addc(b, '}');
	}
	if (r->state.n) {
		mcp_member(b, "requestState");
		json_print_str(b, r->state);
	}
	mcp_done(q, MCP_INPUT_REQUIRED);
}

bool mcp_common_reply(struct mcp_request *q, const struct reply *r)
{
	switch (r->kind) {
	case REPLY_QUESTIONS:
		if (q->modern)
			input_required(q, r);
		else
			mcp_ask_client(q, r);
		return true;
	case REPLY_BAD_STATE:
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
			   "requestState was changed, has expired, or belongs to another request");
		return true;
	case REPLY_RESULT:
	case REPLY_ERROR:
		break;
	}
	return false;
}

/* ---- cancelling ---- */

void mcp_cancel(struct mcp_request *q)
{
	struct mcp *m = q->m;

	while (!list_empty(&q->asks)) {
		struct mcp_ask *ask = LIST_ITEM(q->asks.next, struct mcp_ask, of_request);

		mcp_ask_withdraw(m, ask);
		mcp_ask_free(ask);
	}
	if (!q->call) {
		mcp_request_free(q);
		return;
	}
	q->answered = true;
	loop_timer_clear(&q->timer);
	if (q->batch) {
		mcp_batch_release(m, q->batch);
		q->batch = NULL;
	}
	mcp_settle(q);
	call_cancel(q->call);
}

void mcp_settle(struct mcp_request *q)
{
	list_remove(&q->link);
	list_append(&q->m->ending, &q->link);
}

const struct json *mcp_document(struct mcp_request *q, const struct reply *r)
{
	const struct json *doc;
	jmp_buf out;

	if (arena_guard(&q->arena, &out)) {
		q->arena.out = NULL;
		return NULL;
	}
	doc = json_parse(&q->arena, r->text, JSON_ANSWER, NULL);
	q->arena.out = NULL;
	return doc;
}
