/*
 * mcp_modern.c - revision 2026-07-28: requests that carry everything themselves.
 *
 * `_meta`, `server/discover`, `subscriptions/listen`; and what both eras say of the server.
 */
#include "front/mcp_state.h"

/* ---- what a request must carry (basic/index, "_meta") ---- */

static bool check_version(struct mcp_request *q, const struct json *version)
{
	const char *data;

	if (str_eq(json_str(version), S(MCP_MODERN)))
		return true;
	data = arena_printf(
		&q->arena, "{\"supported\":[\"" MCP_MODERN "\"],\"requested\":%.*s}",
		STR_ARG(json_text(
			&q->arena,
			json_new_str(&q->arena, str_first_utf8(json_str(version), 100)))));
	mcp_refuse(q, MCP_UNSUPPORTED_VERSION, data, "Unsupported protocol version");
	return false;
}

bool mcp_modern_check(struct mcp_request *q)
{
	const struct json *version = json_get(q->meta, META_VERSION);
	const struct json *can = json_get(q->meta, META_CAPABILITIES);

	if (!json_is(version, JSON_STRING)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
			   "params._meta must have \"" META_VERSION "\", a string");
		return false;
	}
	if (!check_version(q, version))
		return false;
	if (!json_is(can, JSON_OBJECT)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
			   "params._meta must have \"" META_CAPABILITIES "\", an object");
		return false;
	}
	return true;
}

/* ---- what the client can do ---- */

static const struct {
	const char *method, *capability;
} needs[] = {
	{ "elicitation/create", "elicitation" },
	{ "sampling/createMessage", "sampling" },
	{ "roots/list", "roots" },
};

const char *mcp_capability_of(const char *method)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (strcmp(needs[i].method, method) == 0)
			return needs[i].capability;
	return "experimental";
}

bool mcp_client_can(const struct json *capabilities, const char *method)
{
	const char *name = mcp_capability_of(method);
	const struct json *can = json_get(capabilities, name);

	/* "elicitation":{} means forms; all of ours are (client/elicitation). */
	if (strcmp(name, "elicitation") == 0 && json_get(can, "url") && !json_get(can, "form"))
		return false;
	return json_is(can, JSON_OBJECT);
}

const struct json *mcp_client_capabilities(const struct mcp_request *q)
{
	return q->modern ? json_get(q->meta, META_CAPABILITIES) : q->m->session.capabilities;
}

/* ---- what the server is ---- */

void mcp_server_info(struct mcp *m, struct buf *b)
{
	const struct mcp_offer *o = m->offer;

	buf_addc(b, '{');
	mcp_member_z(b, "name", o->name);
	mcp_member_z(b, "title", o->title);
	mcp_member_z(b, "version", o->version);
	mcp_member_z(b, "description", o->description);
	buf_addc(b, '}');
}

void mcp_capabilities(struct mcp *m, struct buf *b)
{
	static const char *const lists[] = { "tools", "prompts", "resources" };
	const struct mcp_extension *x = m->offer->extension;

	buf_addc(b, '{');
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		mcp_member(b, lists[i]);
		buf_addz(b, m->offer->lists_change ? "{\"listChanged\":true}" : "{}");
	}
	mcp_member(b, "completions");
	buf_addz(b, "{}");
	if (m->offer->extensions) {
		mcp_member(b, "extensions");
		buf_addz(b, m->offer->extensions);
	}
	if (x && x->capabilities) {
		buf_addc(b, ',');
		buf_addz(b, x->capabilities);
	}
	buf_addc(b, '}');
}

void mcp_discover(struct mcp_request *q)
{
	struct mcp *m = q->m;
	struct buf *d = &m->discover, *b;

	if (!d->n) {
		mcp_member(d, "supportedVersions");
		buf_addz(d, "[\"" MCP_MODERN "\"]");
		mcp_member(d, "capabilities");
		mcp_capabilities(m, d);
		mcp_member_z(d, "instructions", m->offer->instructions);
	}
	b = mcp_result(q);
	buf_adds(b, buf_str(d));
	mcp_done(q, MCP_CACHED);
}

/* ---- listeners (basic/patterns/subscriptions) ---- */

static const struct {
	const char *wish, *method;
} lists[] = {
	[MCP_TOOLS] = { "toolsListChanged", "notifications/tools/list_changed" },
	[MCP_PROMPTS] = { "promptsListChanged", "notifications/prompts/list_changed" },
	[MCP_RESOURCES] = { "resourcesListChanged", "notifications/resources/list_changed" },
};
enum { LISTS = sizeof(lists) / sizeof(*lists) };

/* A notification to a listener, open after its `_meta`. */
static struct buf *tell(struct mcp_request *q, const char *method)
{
	struct buf *b = mcp_begin(q->m);

	buf_addz(b, "{\"jsonrpc\":\"2.0\"");
	mcp_member_z(b, "method", method);
	mcp_member(b, "params");
	buf_addz(b, "{\"_meta\":{");
	mcp_member(b, META_SUBSCRIPTION);
	buf_adds(b, q->id);
	buf_addc(b, '}');
	return b;
}

/* Says which of the wishes will be honoured: only what can happen at all. */
static void acknowledge(struct mcp_request *q)
{
	struct buf *b = tell(q, "notifications/subscriptions/acknowledged");

	mcp_member(b, "notifications");
	buf_addc(b, '{');
	for (size_t i = 0; i < LISTS; i++) {
		if (!q->wants[i])
			continue;
		mcp_member(b, lists[i].wish);
		buf_addz(b, "true");
	}
	buf_addz(b, "}}}");
	(void)mcp_flush(q->m, true);
}

void mcp_listen(struct mcp_request *q)
{
	const struct json *wishes = json_get(q->params, "notifications");
	struct mcp *m = q->m;

	if (!json_is(wishes, JSON_OBJECT)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "notifications must be an object");
		return;
	}
	if (m->subscriptions >= LIMIT_SUBSCRIPTIONS) {
		mcp_refuse(q, MCP_INTERNAL, NULL, "%d subscriptions are open already",
			   LIMIT_SUBSCRIPTIONS);
		return;
	}
	for (size_t i = 0; i < LISTS; i++)
		q->wants[i] = m->offer->lists_change &&
			      json_is_true(json_get(wishes, lists[i].wish));
	q->subscription = true;
	m->subscriptions++;
	list_append(&m->requests, &q->link);
	acknowledge(q);
}

void mcp_listen_end(struct mcp_request *q)
{
	struct buf *b = mcp_begin(q->m);

	/* basic/patterns/cancellation asks for the notification, subscriptions for the result. */
	buf_addz(b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{");
	mcp_member(b, "requestId");
	buf_adds(b, q->id);
	mcp_member_z(b, "reason", "The server is going");
	buf_addz(b, "}}");
	(void)mcp_flush(q->m, true);
	mcp_result(q);
	mcp_done(q, 0);
	mcp_request_free(q);
}

void mcp_changed(struct mcp *m, enum mcp_list list)
{
	LIST_EACH (pos, &m->requests) {
		struct mcp_request *q = LIST_ITEM(pos, struct mcp_request, link);

		if (!q->subscription || !q->wants[list])
			continue;
		buf_addz(tell(q, lists[list].method), "}}");
		(void)mcp_flush(m, true);
	}
	if (m->session.version)
		mcp_notify(m, lists[list].method, S("{}"));
}
