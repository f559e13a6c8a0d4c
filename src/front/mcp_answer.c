/*
 * mcp_answer.c - messages out: results, errors, notifications, and the batches they belong to.
 *
 * Everything is printed straight into one buffer and queued whole: nothing half built is
 * ever seen.  Must not know which method is answered.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "front/mcp_state.h"

/* What a client may keep: nothing in the lists changes while the process runs. */
#define CACHE_MS 3600000

enum { LARGE = 1 << 20 };

struct buf *mcp_begin(struct mcp *m)
{
	if (!buf_ok(&m->msg) || m->msg.cap > LARGE) {
		buf_free(&m->msg);
		buf_init(&m->msg, LIMIT_OUT_QUEUE);
	}
	buf_clear(&m->msg);
	return &m->msg;
}

bool mcp_flush(struct mcp *m, bool urgent)
{
	if (!buf_ok(&m->msg))
		return false;
	if (m->sink)
		m->sink(m->sink_arg, buf_str(&m->msg));
	else if (!lines_out_add(&m->out, buf_str(&m->msg), urgent))
		return false;
	else
		mcp_queued(m);
	return true;
}

void mcp_member(struct buf *b, const char *name)
{
	char before = b->n ? b->p[b->n - 1] : '{';

	if (before != '{')
		buf_addc(b, ',');
	json_print_str(b, str_from(name));
	buf_addc(b, ':');
}

void mcp_member_z(struct buf *b, const char *name, const char *z)
{
	if (!z)
		return;
	mcp_member(b, name);
	json_print_str(b, str_from(z));
}

void mcp_value(struct buf *b, const struct json *v)
{
	if (v)
		json_print(b, v);
	else
		buf_addz(b, "{}");
}

/* ---- batches ---- */

void mcp_batch_release(struct mcp *m, struct mcp_batch *batch)
{
	if (--batch->pending)
		return;
	/* Only notifications: there is nothing to say. */
	if (batch->out.n || !buf_ok(&batch->out)) {
		struct buf *b = mcp_begin(m);

		buf_addc(b, '[');
		buf_adds(b, buf_str(&batch->out));
		buf_addc(b, ']');
		if (!buf_ok(&batch->out) || !mcp_flush(m, false))
			mcp_refuse_message(m, NULL, MCP_INTERNAL,
					   "The answers of this batch are too large");
	}
	buf_free(&batch->out);
	free(batch);
}

static void add_to_batch(struct mcp_batch *batch, struct str message)
{
	if (batch->out.n)
		buf_addc(&batch->out, ',');
	buf_adds(&batch->out, message);
}

/* ---- results ---- */

struct buf *mcp_result(struct mcp_request *q)
{
	struct buf *b = mcp_begin(q->m);

	buf_addz(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_adds(b, q->id);
	buf_addz(b, ",\"result\":{");
	return b;
}

static void error_text(struct mcp_request *q, struct buf *b, int code, const char *message,
		       const char *data)
{
	buf_addz(b, "{\"jsonrpc\":\"2.0\"");
	if (q && q->id.n) {
		buf_addz(b, ",\"id\":");
		buf_adds(b, q->id);
	}
	buf_addf(b, ",\"error\":{\"code\":%d,\"message\":", code);
	json_print_str(b, str_from(message));
	if (data) {
		mcp_member(b, "data");
		buf_addz(b, data);
	}
	buf_addz(b, "}}");
}

/* Sends what is in m->msg as the answer of the request. */
static void send_answer(struct mcp_request *q)
{
	struct mcp *m = q->m;
	struct mcp_batch *batch = q->batch;

	q->answered = true;
	if (q->call)
		mcp_settle(q);
	if (batch) {
		q->batch = NULL;
		if (buf_ok(&m->msg))
			add_to_batch(batch, buf_str(&m->msg));
		mcp_batch_release(m, batch);
		return;
	}
	if (mcp_flush(m, false))
		return;
	error_text(q, mcp_begin(m), MCP_INTERNAL,
		   "The answer does not fit into the output queue: it is too large, or answers "
		   "are not being read",
		   NULL);
	mcp_flush(m, true);
}

static void add_meta(struct mcp_request *q, struct buf *b, unsigned flags)
{
	mcp_member(b, "_meta");
	buf_addc(b, '{');
	if (q->modern) {
		mcp_member(b, META_SERVER);
		mcp_server_info(q->m, b);
	}
	if (q->subscription) {
		mcp_member(b, META_SUBSCRIPTION);
		buf_adds(b, q->id);
	}
	if (flags & MCP_UNTRUSTED) {
		mcp_member(b, META_UNTRUSTED);
		buf_addz(b, "true");
	}
	buf_addc(b, '}');
}

void mcp_done(struct mcp_request *q, unsigned flags)
{
	struct buf *b = &q->m->msg;

	if (q->modern) {
		mcp_member_z(b, "resultType",
			     flags & MCP_INPUT_REQUIRED ? "input_required" : "complete");
		if (flags & (MCP_CACHED | MCP_NOT_CACHED)) {
			mcp_member(b, "ttlMs");
			buf_addf(b, "%d", flags & MCP_CACHED ? CACHE_MS : 0);
			mcp_member_z(b, "cacheScope", "private");
		}
	}
	if (q->modern || (flags & MCP_UNTRUSTED))
		add_meta(q, b, flags);
	buf_addz(b, "}}");
	send_answer(q);
}

/* ---- errors ---- */

void mcp_refuse(struct mcp_request *q, int code, const char *data, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	if (!q->id.n || q->answered)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	error_text(q, mcp_begin(q->m), code, message, data);
	send_answer(q);
}

void mcp_refuse_message(struct mcp *m, struct mcp_batch *batch, int code, const char *message)
{
	error_text(NULL, mcp_begin(m), code, message, NULL);
	if (batch)
		add_to_batch(batch, buf_str(&m->msg));
	else
		mcp_flush(m, true);
}

const char *mcp_quote(struct mcp_request *q, struct str s)
{
	struct str head = str_first_utf8(s, 100);

	return arena_printf(&q->arena, "\"%.*s\"%s", STR_ARG(head), head.n < s.n ? " ..." : "");
}

const char *mcp_data(struct mcp_request *q, const char *name, struct str value)
{
	struct json *v = json_new_object(&q->arena);

	json_set_str(&q->arena, v, name, str_first_utf8(value, LIMIT_REQUEST_ID));
	return str_c(&q->arena, json_text(&q->arena, v));
}

/* ---- notifications ---- */

void mcp_notify(struct mcp *m, const char *method, struct str params)
{
	struct buf *b = mcp_begin(m);

	buf_addz(b, "{\"jsonrpc\":\"2.0\"");
	mcp_member_z(b, "method", method);
	mcp_member(b, "params");
	buf_adds(b, params);
	buf_addc(b, '}');
	/* Whoever does not read has no use for it either. */
	(void)mcp_flush(m, false);
}
