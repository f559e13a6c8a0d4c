/*
 * mcp_tools.c - tools/list and tools/call.
 */
#include "front/mcp_state.h"

bool mcp_first_page(struct mcp_request *q)
{
	if (!json_get(q->params, "cursor"))
		return true;
	mcp_refuse(q, MCP_INVALID_PARAMS, NULL,
		   "This cursor is not one of ours: all lists have "
		   "one page");
	return false;
}

/* All rows as one member "tools", in the order of the table. */
static void build_list(struct mcp *m)
{
	const struct tool *const *rows;
	size_t count = work_tools(m->work, &rows);
	struct arena a;

	arena_init(&a, LIMIT_OUT_QUEUE);
	mcp_member(&m->tools, "tools");
	buf_addc(&m->tools, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(&m->tools, ',');
		json_print(&m->tools, tool_describe(&a, rows[i]));
		arena_release(&a);
	}
	buf_addc(&m->tools, ']');
}

void mcp_tools_list(struct mcp_request *q)
{
	struct mcp *m = q->m;
	struct buf *b;

	if (!mcp_first_page(q))
		return;
	if (!m->tools.n)
		build_list(m);
	b = mcp_result(q);
	buf_adds(b, buf_str(&m->tools));
	mcp_done(q, MCP_CACHED);
}

/* ---- calling ---- */

static void text_block(struct buf *b, struct str text)
{
	buf_addz(b, "{\"type\":\"text\",\"text\":");
	json_print_str(b, text);
	buf_addc(b, '}');
}

static void called(struct mcp_request *q, const struct reply *r)
{
	struct buf *b = mcp_result(q);

	mcp_member(b, "content");
	if (r->content) {
		json_print(b, r->content);
	} else {
		buf_addc(b, '[');
		text_block(b, r->text);
		if (r->note.n) {
			buf_addc(b, ',');
			text_block(b, r->note);
		}
		buf_addc(b, ']');
	}
	if (r->structured && r->kind == REPLY_RESULT) {
		mcp_member(b, "structuredContent");
		buf_adds(b, r->text);
	}
	if (r->kind == REPLY_ERROR) {
		mcp_member(b, "isError");
		buf_addz(b, "true");
	}
	mcp_done(q, q->tool->open_world && r->kind == REPLY_RESULT ? MCP_UNTRUSTED : 0);
}

/* The name nearest to what was asked for, or NULL. */
static const char *nearest(const struct mcp *m, struct str name)
{
	const struct tool *const *rows;
	size_t count = work_tools(m->work, &rows);
	unsigned best = 5;
	const char *found = NULL;

	for (size_t i = 0; i < count && name.n <= 64; i++) {
		unsigned d = str_distance(name, str_from(rows[i]->name), best);

		if (d >= best)
			continue;
		best = d;
		found = rows[i]->name;
	}
	return found;
}

void mcp_tools_call(struct mcp_request *q)
{
	const struct json *name = json_get(q->params, "name");
	struct json *arguments = json_get(q->params, "arguments");
	const struct tool *t = work_tool(q->m->work, json_str(name));
	const char *near, *absent;

	if (!json_is(name, JSON_STRING)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "name must be a string");
		return;
	}
	if (arguments && !json_is(arguments, JSON_OBJECT)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "arguments must be an object");
		return;
	}
	if (t) {
		mcp_start(q, t, arguments, called);
		return;
	}
	absent = work_tool_absent(q->m->work, &q->arena, json_str(name));
	if (absent) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "Unknown tool: %s", absent);
		return;
	}
	near = nearest(q->m, json_str(name));
	mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "Unknown tool: %s%s%s%s",
		   mcp_quote(q, json_str(name)), near ? "; did you mean " : "", near ? near : "",
		   near ? "?" : "");
}
