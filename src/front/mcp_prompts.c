/*
 * mcp_prompts.c - prompts/list and prompts/get, from the server's table.
 */
#include "front/mcp_state.h"

static void list_arguments(struct buf *b, const struct mcp_argument *rows)
{
	buf_addc(b, '[');
	for (const struct mcp_argument *a = rows; a && a->name; a++) {
		buf_addz(b, a == rows ? "{" : ",{");
		mcp_member_z(b, "name", a->name);
		mcp_member_z(b, "title", a->title);
		mcp_member_z(b, "description", a->description);
		mcp_member(b, "required");
		buf_addz(b, a->required ? "true" : "false");
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

void mcp_prompts_list(struct mcp_request *q)
{
	const struct mcp_prompt *rows = q->m->offer->prompts;
	struct buf *b;

	if (!mcp_first_page(q))
		return;
	b = mcp_result(q);
	mcp_member(b, "prompts");
	buf_addc(b, '[');
	for (const struct mcp_prompt *p = rows; p && p->name; p++) {
		buf_addz(b, p == rows ? "{" : ",{");
		mcp_member_z(b, "name", p->name);
		mcp_member_z(b, "title", p->title);
		mcp_member_z(b, "description", p->description);
		mcp_member(b, "arguments");
		list_arguments(b, p->arguments);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	mcp_done(q, MCP_CACHED);
}

const struct mcp_prompt *mcp_prompt_of(const struct mcp *m, struct str name)
{
	for (const struct mcp_prompt *p = m->offer->prompts; p && p->name; p++)
		if (str_eq(name, str_from(p->name)))
			return p;
	return NULL;
}

static bool known_argument(const struct mcp_prompt *p, struct str name)
{
	for (const struct mcp_argument *a = p->arguments; a && a->name; a++)
		if (str_eq(name, str_from(a->name)))
			return true;
	return false;
}

static bool check_arguments(struct mcp_request *q, const struct mcp_prompt *p,
			    const struct json *given)
{
	if (given && !json_is(given, JSON_OBJECT)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "arguments must be an object");
		return false;
	}
	JSON_EACH (v, given) {
		const char *problem = !json_is(v, JSON_STRING)           ? "must be a string"
				      : !known_argument(p, json_name(v)) ? "is not known here"
									 : NULL;

		if (!problem)
			continue;
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "Argument %s %s",
			   mcp_quote(q, json_name(v)), problem);
		return false;
	}
	for (const struct mcp_argument *a = p->arguments; a && a->name; a++) {
		if (!a->required || json_get(given, a->name))
			continue;
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "Argument \"%s\" is required", a->name);
		return false;
	}
	return true;
}

/* One line of a prompt with {name} replaced; false when an argument in it was not given. */
static bool fill_line(struct buf *b, struct str line, const struct json *given)
{
	ptrdiff_t open;

	while ((open = str_find_char(line, '{')) >= 0) {
		ptrdiff_t end = str_find_char(line, '}');
		struct str name = str_n(line.p + open + 1, (size_t)(end - open - 1));
		const struct json *v = end > open ? json_get_n(given, name) : NULL;

		if (!v)
			return false;
		buf_adds(b, str_first(line, (size_t)open));
		buf_adds(b, json_str(v));
		line = str_from_at(line, (size_t)end + 1);
	}
	buf_adds(b, line);
	return true;
}

static struct str fill(struct mcp_request *q, const char *text, const struct json *given)
{
	struct str rest = str_from(text), line;
	struct buf b;

	buf_init_in(&b, &q->arena, LIMIT_LINE * 2);
	while (str_cut(&rest, '\n', &line)) {
		size_t before = b.n;

		if (fill_line(&b, line, given))
			buf_addc(&b, '\n');
		else
			b.n = before;
	}
	return str_trim(buf_str(&b));
}

static void prompted(struct mcp_request *q, const struct reply *r)
{
	const struct mcp_prompt *p = q->row;
	struct buf *b;

	if (r->kind != REPLY_RESULT || !r->content) {
		mcp_refuse(q, MCP_INTERNAL, NULL, "This prompt cannot be made now");
		return;
	}
	b = mcp_result(q);
	mcp_member_z(b, "description", p->description);
	mcp_member(b, "messages");
	json_print(b, r->content);
	mcp_done(q, 0);
}

void mcp_prompts_get(struct mcp_request *q)
{
	const struct json *name = json_get(q->params, "name");
	struct json *given = json_get(q->params, "arguments");
	const struct mcp_prompt *p = mcp_prompt_of(q->m, json_str(name));
	struct str text;
	struct buf *b;

	if (!p) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "Unknown prompt: %s",
			   mcp_quote(q, json_str(name)));
		return;
	}
	if (!check_arguments(q, p, given))
		return;
	if (p->tool) {
		q->row = p;
		mcp_start(q, work_tool(q->m->work, str_from(p->tool)), given, prompted);
		return;
	}
	text = fill(q, p->text, given);
	b = mcp_result(q);
	mcp_member_z(b, "description", p->description);
	buf_addz(b, ",\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":");
	json_print_str(b, text);
	buf_addz(b, "}}]");
	mcp_done(q, 0);
}
