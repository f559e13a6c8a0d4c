/*
 * mcp_legacy.c - the handshake revisions, 2024-11-05 to 2025-11-25.
 *
 * `initialize`, `ping`, and questions to the client as requests of our own in mid-call.
 */
#include <stdlib.h>

#include "front/mcp_state.h"

static const char *const versions[] = {
	MCP_LATEST_LEGACY,
	"2025-06-18",
	MCP_WITH_BATCHES,
	"2024-11-05",
};

/* The version of that name when we speak it, else the newest that has a handshake. */
static const char *agreed_version(struct str wanted)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (str_eq(wanted, str_from(versions[i])))
			return versions[i];
	return MCP_LATEST_LEGACY;
}

static const char *session_text(struct mcp_session *s, const struct json *v)
{
	return json_is(v, JSON_STRING) ? str_c(&s->arena, str_first_utf8(json_str(v), 200)) : NULL;
}

/* Remembers what the client said.  When that is too much, the request that said it is refused. */
static void remember(struct mcp_request *q)
{
	struct mcp_session *s = &q->m->session;
	const struct json *can = json_get(q->params, "capabilities");
	const struct json *client = json_get(q->params, "clientInfo");

	arena_release(&s->arena);
	*s = (struct mcp_session){ .arena = s->arena };
	s->arena.out = q->arena.out;
	s->capabilities = json_is(can, JSON_OBJECT) ? json_copy(&s->arena, can) : NULL;
	s->client = session_text(s, json_get(client, "name"));
	s->client_version = session_text(s, json_get(client, "version"));
	s->version = agreed_version(json_get_str(q->params, "protocolVersion"));
	s->arena.out = NULL;
}

void mcp_initialize(struct mcp_request *q)
{
	struct mcp *m = q->m;
	struct buf *b;

	if (!json_is(json_get(q->params, "protocolVersion"), JSON_STRING)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "protocolVersion must be a string");
		return;
	}
	remember(q);
	b = mcp_result(q);
	mcp_member_z(b, "protocolVersion", m->session.version);
	mcp_member(b, "capabilities");
	mcp_capabilities(m, b);
	mcp_member(b, "serverInfo");
	mcp_server_info(m, b);
	mcp_member_z(b, "instructions", m->offer->instructions);
	mcp_done(q, 0);
}

void mcp_ping(struct mcp_request *q)
{
	mcp_result(q);
	mcp_done(q, 0);
}

/* ---- questions ---- */

/* Our ids are strings of our own, so that they cannot be mistaken for the client's. */
static void ask_id(struct buf *b, const struct mcp_ask *ask)
{
	buf_addf(b, "\"flowlatch-%llu\"", (unsigned long long)ask->number);
}

static struct mcp_ask *ask_new(struct mcp_request *q, const char *key)
{
	size_t n = strlen(key) + 1;
	struct mcp_ask *ask = calloc(1, sizeof(*ask) + n);

	if (!ask)
		return NULL;
	memcpy(ask->key, key, n);
	ask->q = q;
	ask->number = ++q->m->asked;
	list_append(&q->m->asks, &ask->link);
	list_append(&q->asks, &ask->of_request);
	return ask;
}

void mcp_ask_free(struct mcp_ask *ask)
{
	list_remove(&ask->link);
	list_remove(&ask->of_request);
	free(ask);
}

static bool send_question(struct mcp_request *q, const struct question *question)
{
	struct mcp_ask *ask = ask_new(q, question->key);
	struct buf *b;

	if (!ask)
		return false;
	b = mcp_begin(q->m);
	buf_addz(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	ask_id(b, ask);
	mcp_member_z(b, "method", question->method);
	mcp_member(b, "params");
	mcp_value(b, question->params);
	buf_addc(b, '}');
	if (mcp_flush(q->m, true))
		return true;
	mcp_ask_free(ask);
	return false;
}

void mcp_ask_client(struct mcp_request *q, const struct reply *r)
{
	const struct json *can = mcp_client_capabilities(q);
	bool open = !q->m->drained;

	for (size_t i = 0; i < r->question_count; i++) {
		const struct question *one = &r->questions[i];

		if (!open || !mcp_client_can(can, one->method) || !send_question(q, one))
			call_answer(q->call, one->key, NULL);
	}
	/* Answers come through the input, which may be held back for want of places. */
	mcp_kick(q->m);
}

static struct mcp_ask *ask_of(struct mcp *m, struct str id)
{
	LIST_EACH (pos, &m->asks) {
		struct mcp_ask *ask = LIST_ITEM(pos, struct mcp_ask, link);
		struct buf *b = mcp_begin(m);

		ask_id(b, ask);
		if (str_eq(buf_str(b), id))
			return ask;
	}
	return NULL;
}

void mcp_answered(struct mcp_request *note, const struct json *response)
{
	struct mcp *m = note->m;
	struct mcp_ask *ask = ask_of(m, mcp_id_text(&note->arena, json_get(response, "id")));
	const struct json *result = json_get(response, "result");

	if (!ask) {
		if (str_starts(json_get_str(response, "id"), S("flowlatch-")))
			work_late_answer(m->work);
		return;
	}
	call_answer(ask->q->call, ask->key, json_is(result, JSON_OBJECT) ? result : NULL);
	mcp_ask_free(ask);
}

void mcp_asks_end(struct mcp *m)
{
	while (!list_empty(&m->asks)) {
		struct mcp_ask *ask = LIST_ITEM(list_next(&m->asks), struct mcp_ask, link);

		call_answer(ask->q->call, ask->key, NULL);
		mcp_ask_free(ask);
	}
}

void mcp_ask_withdraw(struct mcp *m, const struct mcp_ask *ask)
{
	struct buf *b = mcp_begin(m);

	buf_addz(b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{");
	mcp_member(b, "requestId");
	ask_id(b, ask);
	mcp_member_z(b, "reason", "The call that asked was cancelled");
	buf_addz(b, "}}");
	(void)mcp_flush(m, true);
}
