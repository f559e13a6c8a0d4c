/*
 * mcp_rpc.c - messages in: JSON-RPC 2.0, eras, and the table of methods.
 *
 * Decides what a message is and who answers it.  Must not know what the methods do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "front/mcp_state.h"

static const struct mcp_method methods[] = {
	{ "completion/complete", MCP_BOTH_ERAS, mcp_complete },
	{ "initialize", MCP_LEGACY_ERA, mcp_initialize },
	{ "ping", MCP_LEGACY_ERA, mcp_ping },
	{ "prompts/get", MCP_BOTH_ERAS, mcp_prompts_get },
	{ "prompts/list", MCP_BOTH_ERAS, mcp_prompts_list },
	{ "resources/list", MCP_BOTH_ERAS, mcp_resources_list },
	{ "resources/read", MCP_BOTH_ERAS, mcp_resources_read },
	{ "resources/templates/list", MCP_BOTH_ERAS, mcp_resources_templates },
	{ "server/discover", MCP_MODERN_ERA, mcp_discover },
	{ "subscriptions/listen", MCP_MODERN_ERA, mcp_listen },
	{ "tools/call", MCP_BOTH_ERAS, mcp_tools_call },
	{ "tools/list", MCP_BOTH_ERAS, mcp_tools_list },
};

static const struct mcp_method *method_of(struct str name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (str_eq(name, str_from(methods[i].name)))
			return &methods[i];
	return NULL;
}

/* ---- one request ---- */

static struct mcp_request *request_new(struct mcp *m)
{
	struct mcp_request *q = calloc(1, sizeof(*q));

	if (!q) {
		mcp_refuse_message(m, NULL, MCP_INTERNAL, "Out of memory");
		return NULL;
	}
	q->m = m;
	arena_init(&q->arena, LIMIT_CALL_ARENA);
	list_init(&q->link);
	list_init(&q->asks);
	return q;
}

void mcp_request_free(struct mcp_request *q)
{
	if (q->m && q->subscription)
		q->m->subscriptions--;
	if (q->m && q->batch)
		mcp_batch_release(q->m, q->batch);
	list_remove(&q->link);
	loop_timer_clear(&q->timer);
	arena_release(&q->arena);
	free(q);
}

void mcp_request_orphan(struct mcp_request *q)
{
	struct call *call = q->call;

	while (!list_empty(&q->asks))
		mcp_ask_free(LIST_ITEM(q->asks.next, struct mcp_ask, of_request));
	if (q->batch) {
		/* The last one of a batch takes it along; nothing is sent any more. */
		if (--q->batch->pending == 0) {
			buf_free(&q->batch->out);
			free(q->batch);
		}
		q->batch = NULL;
	}
	loop_timer_clear(&q->timer);
	q->answered = true;
	q->m = NULL;
	if (call)
		call_cancel(call);
	else
		mcp_request_free(q);
}

struct str mcp_id_text(struct arena *a, const struct json *id)
{
	struct str text = json_number_text(id);

	if (json_is(id, JSON_STRING) && json_str(id).n <= LIMIT_REQUEST_ID)
		return json_text(a, id);
	/* An integer stays as it was written; 1.0 and 1e3 are none. */
	if (text.n && text.n <= LIMIT_REQUEST_ID && str_find_char(text, '.') < 0 &&
	    str_find_char(text, 'e') < 0 && str_find_char(text, 'E') < 0)
		return str_dup(a, text);
	return S("");
}

struct mcp_request *mcp_in_flight(struct mcp *m, struct str id)
{
	LIST_EACH (pos, &m->requests) {
		struct mcp_request *q = LIST_ITEM(pos, struct mcp_request, link);

		if (str_eq(q->id, id))
			return q;
	}
	return NULL;
}

static bool has_modern_meta(const struct mcp_request *q)
{
	return json_get(q->meta, META_VERSION) || json_get(q->meta, META_CAPABILITIES) ||
	       json_get(q->meta, META_CLIENT) || json_get(q->meta, META_LOG_LEVEL);
}

static bool read_token(struct mcp_request *q)
{
	const struct json *token = json_get(q->meta, "progressToken");

	if (!token)
		return true;
	q->token = mcp_id_text(&q->arena, token);
	/* Handshake revisions have `number` where integers were meant. */
	if (!q->token.n && !q->modern && json_is(token, JSON_NUMBER))
		q->token = str_first(json_text(&q->arena, token), LIMIT_REQUEST_ID);
	if (q->token.n)
		return true;
	mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "progressToken must be a string or an integer");
	return false;
}

static bool read_params(struct mcp_request *q, const struct json *doc)
{
	const struct json *params = json_get(doc, "params"), *meta = json_get(params, "_meta");

	if (params && !json_is(params, JSON_OBJECT) && !json_is(params, JSON_NULL)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "params must be an object");
		return false;
	}
	if (meta && !json_is(meta, JSON_OBJECT)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "_meta must be an object");
		return false;
	}
	q->params = params;
	q->meta = meta;
	return true;
}

/*
 * Which era a request belongs to.  Modern requests say so themselves.  One that says nothing
 * belongs to the handshake revisions, also before `initialize`: some clients are in a hurry.
 * Only where a modern client works and none has shaken hands is it one that forgot `_meta`.
 */
static bool is_modern(const struct mcp_request *q, const struct mcp_method *method)
{
	const struct mcp *m = q->m;

	if (has_modern_meta(q))
		return true;
	if (method && method->eras == MCP_LEGACY_ERA)
		return false;
	if (method && method->eras == MCP_MODERN_ERA)
		return true;
	return m->modern_seen && !m->session.version;
}

static bool extended(struct mcp_request *q, struct str method)
{
	const struct mcp_extension *x = q->m->offer->extension;
	struct buf extra;
	bool known;

	if (!x)
		return false;
	buf_init(&extra, LIMIT_OUT_QUEUE / 4);
	known = x->method(q->m, method, q->modern, q->params, &extra);
	if (known) {
		buf_adds(mcp_result(q), buf_str(&extra));
		mcp_done(q, 0);
	}
	buf_free(&extra);
	return known;
}

static void serve(struct mcp_request *q, const struct json *doc)
{
	struct str name = json_get_str(doc, "method");
	const struct mcp_method *method = method_of(name);

	if (mcp_in_flight(q->m, q->id)) {
		mcp_refuse(q, MCP_INVALID_REQUEST, NULL, "A request with this id is in flight");
		return;
	}
	if (q->batch && method && method->run == mcp_initialize) {
		mcp_refuse(q, MCP_INVALID_REQUEST, NULL, "initialize must not be in a batch");
		return;
	}
	if (!read_params(q, doc))
		return;
	q->modern = is_modern(q, method);
	if (q->modern && !mcp_modern_check(q))
		return;
	if (!read_token(q))
		return;
	if (method && method->eras & (q->modern ? MCP_MODERN_ERA : MCP_LEGACY_ERA))
		method->run(q);
	else if (!extended(q, name))
		mcp_refuse(q, MCP_METHOD_NOT_FOUND, NULL, "Method not found: %s",
			   mcp_quote(q, name));
	/* A probe says nothing of what the client will speak in the end. */
	if (q->modern && (!method || method->run != mcp_discover))
		q->m->modern_seen = true;
}

/* ---- notifications ---- */

static void notified(struct mcp_request *note, const struct json *doc)
{
	struct mcp *m = note->m;
	const struct json *id = json_get(json_get(doc, "params"), "requestId");
	struct mcp_request *q;

	/* The others (initialized, roots/list_changed ...) tell us nothing that we use. */
	if (!str_eq(json_get_str(doc, "method"), S("notifications/cancelled")))
		return;
	q = mcp_in_flight(m, mcp_id_text(&note->arena, id));
	if (q)
		mcp_cancel(q);
}

/* ---- what a message is ---- */

/* Answers, or starts what will answer.  `q` is in flight or gone afterwards. */
static void take(struct mcp_request *q, const struct json *doc)
{
	const struct json *id = json_get(doc, "id"), *method = json_get(doc, "method");
	bool version = str_eq(json_get_str(doc, "jsonrpc"), S("2.0"));
	struct mcp *m = q->m;

	q->id = mcp_id_text(&q->arena, id);
	if (!json_is(doc, JSON_OBJECT))
		mcp_refuse_message(m, q->batch, MCP_INVALID_REQUEST, "A message is an object");
	else if (id && !q->id.n && method)
		mcp_refuse_message(m, q->batch, MCP_INVALID_REQUEST,
				   "id must be a string or an integer of at most 1 KiB");
	else if (version && !method && (json_get(doc, "result") || json_get(doc, "error")))
		mcp_answered(q, doc);
	else if (!version || !json_is(method, JSON_STRING))
		q->id.n ? mcp_refuse(q, MCP_INVALID_REQUEST, NULL,
				     "A request has jsonrpc \"2.0\" and a method")
			: mcp_refuse_message(m, q->batch, MCP_INVALID_REQUEST,
					     "A message has jsonrpc \"2.0\" and a method");
	else if (!id)
		notified(q, doc);
	else
		serve(q, doc);
	if (q->call || q->subscription)
		q->arena.out = NULL;
	else
		mcp_request_free(q);
}

/* Takes one message up under a guard: what runs out of memory ends alone. */
static void take_guarded(struct mcp_request *q, const struct json *doc, bool copy)
{
	jmp_buf out;

	if (arena_guard(&q->arena, &out)) {
		q->arena.max += LIMIT_LINE;
		q->arena.out = NULL;
		mcp_refuse(q, MCP_INTERNAL, NULL, "The message needs too much memory");
		mcp_request_free(q);
		return;
	}
	take(q, copy ? json_copy(&q->arena, doc) : doc);
}

/* ---- batches (2025-03-26) ---- */

static void take_batch(struct mcp *m, const struct json *array)
{
	struct mcp_batch *batch = calloc(1, sizeof(*batch));

	if (!batch) {
		mcp_refuse_message(m, NULL, MCP_INTERNAL, "Out of memory");
		return;
	}
	buf_init(&batch->out, LIMIT_OUT_QUEUE / 2);
	batch->pending = 1;
	JSON_EACH (item, array) {
		struct mcp_request *q = request_new(m);

		if (!q)
			break;
		batch->pending++;
		q->batch = batch;
		take_guarded(q, item, true);
	}
	mcp_batch_release(m, batch);
}

static void take_array(struct mcp *m, const struct json *array)
{
	const char *version = m->session.version;

	if (!version || strcmp(version, MCP_WITH_BATCHES) != 0)
		mcp_refuse_message(m, NULL, MCP_INVALID_REQUEST,
				   "Batches exist in " MCP_WITH_BATCHES " only");
	else if (json_count(array) == 0 || json_count(array) > LIMIT_CALLS)
		mcp_refuse_message(m, NULL, MCP_INVALID_REQUEST, "A batch has 1 to 64 messages");
	else
		take_batch(m, array);
}

/* NULL when it is not JSON, and refused. */
static const struct json *parse(struct mcp_request *q, struct str message)
{
	struct json_error e = { 0 };
	const struct json *doc;
	char text[160];
	jmp_buf out;

	if (arena_guard(&q->arena, &out)) {
		q->arena.out = NULL;
		mcp_refuse_message(q->m, NULL, MCP_INTERNAL, "The message needs too much memory");
		return NULL;
	}
	doc = json_parse(&q->arena, message, JSON_STRICT, &e);
	q->arena.out = NULL;
	if (doc)
		return doc;
	snprintf(text, sizeof(text), "Parse error at byte %zu: %s", e.offset,
		 e.message ? e.message : "not JSON");
	mcp_refuse_message(q->m, NULL, MCP_PARSE_ERROR, text);
	return NULL;
}

void mcp_message(struct mcp *m, struct str message)
{
	struct mcp_request *q = request_new(m);
	const struct json *doc = q ? parse(q, message) : NULL;

	if (!q)
		return;
	if (doc && !json_is(doc, JSON_ARRAY)) {
		take_guarded(q, doc, false);
		return;
	}
	if (doc)
		take_array(m, doc);
	mcp_request_free(q);
}
