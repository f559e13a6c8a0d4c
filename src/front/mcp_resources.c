/*
 * mcp_resources.c - resources/list, resources/templates/list and resources/read.
 *
 * A template is read by a tool row, so it passes the same gate, redaction and log as a call.
 */
#include "front/mcp_state.h"

static void add_meta(struct buf *b, const char *meta)
{
	if (!meta)
		return;
	mcp_member(b, "_meta");
	buf_addz(b, meta);
}

/* What lists say of a resource or template, braces open. */
static void describe(struct buf *b, const char *member, const char *uri, const char *name,
		     const char *title, const char *description, const char *mime, const char *meta)
{
	buf_addz(b, b->p[b->n - 1] == '[' ? "{" : ",{");
	mcp_member_z(b, member, uri);
	mcp_member_z(b, "name", name);
	mcp_member_z(b, "title", title);
	mcp_member_z(b, "description", description);
	mcp_member_z(b, "mimeType", mime);
	add_meta(b, meta);
	buf_addc(b, '}');
}

void mcp_resources_list(struct mcp_request *q)
{
	struct buf *b;

	if (!mcp_first_page(q))
		return;
	b = mcp_result(q);
	mcp_member(b, "resources");
	buf_addc(b, '[');
	for (const struct mcp_resource *r = q->m->offer->resources; r && r->name; r++)
		describe(b, "uri", r->uri, r->name, r->title, r->description, r->mime, r->meta);
	buf_addc(b, ']');
	mcp_done(q, MCP_CACHED);
}

void mcp_resources_templates(struct mcp_request *q)
{
	struct buf *b;

	if (!mcp_first_page(q))
		return;
	b = mcp_result(q);
	mcp_member(b, "resourceTemplates");
	buf_addc(b, '[');
	for (const struct mcp_template *t = q->m->offer->templates; t && t->name; t++)
		describe(b, "uriTemplate", t->uri, t->name, t->title, t->description, t->mime,
			 NULL);
	buf_addc(b, ']');
	mcp_done(q, MCP_CACHED);
}

static void not_found(struct mcp_request *q, struct str uri)
{
	mcp_refuse(q, q->modern ? MCP_INVALID_PARAMS : MCP_NOT_FOUND_LEGACY,
		   mcp_data(q, "uri", uri), "Resource not found");
}

/* The start of a result with one content item, open for its text or blob. */
static struct buf *contents(struct mcp_request *q, struct str uri, const char *mime)
{
	struct buf *b = mcp_result(q);

	mcp_member(b, "contents");
	buf_addz(b, "[{");
	mcp_member(b, "uri");
	json_print_str(b, uri);
	mcp_member_z(b, "mimeType", mime);
	return b;
}

/* ---- URIs of templates ---- */

/* Undoes percent-encoding (RFC 3986).  False when it is wrong, is not UTF-8 or hides a control
 * character; a slash that was encoded stays part of its segment. */
static bool decode(struct arena *a, struct str s, struct str *out)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? str_hex_digit(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? str_hex_digit(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return false;
		p[n++] = (char)c;
	}
	*out = str_n(p, n);
	return str_is_utf8(*out);
}

/* What a whole path segment of the URI stands for. */
static bool take_segment(struct mcp_request *q, const struct mcp_template *t, struct str name,
			 struct str segment, struct json *arguments)
{
	struct str value;

	if (!segment.n || !decode(&q->arena, segment, &value))
		return false;
	for (const struct mcp_argument *v = t->variables; v && v->name; v++) {
		if (!str_eq(name, str_from(v->name)))
			continue;
		json_set_str(&q->arena, arguments, v->param, value);
		return true;
	}
	return false;
}

/* The arguments for the row when the URI fits the template, else NULL. */
static struct json *match(struct mcp_request *q, const struct mcp_template *t, struct str uri)
{
	struct json *arguments = json_new_object(&q->arena);
	struct str pattern = str_from(t->uri), want, is;
	bool more_want = str_cut(&pattern, '/', &want), more_is = str_cut(&uri, '/', &is);

	while (more_want && more_is) {
		bool variable = want.n > 2 && want.p[0] == '{' && want.p[want.n - 1] == '}';

		if (!variable && !str_eq(want, is))
			return NULL;
		if (variable && !take_segment(q, t, str_n(want.p + 1, want.n - 2), is, arguments))
			return NULL;
		more_want = str_cut(&pattern, '/', &want);
		more_is = str_cut(&uri, '/', &is);
	}
	return more_want || more_is ? NULL : arguments;
}

/* ---- resources/read ---- */

static void failed(struct mcp_request *q, const struct reply *r)
{
	const struct json *doc = mcp_document(q, r);

	mcp_refuse(q, r->err == ERR_INVALID_ARGUMENT ? MCP_INVALID_PARAMS : MCP_INTERNAL,
		   doc ? str_c(&q->arena, r->text) : NULL, "The resource cannot be read: %.*s",
		   STR_ARG(str_first_utf8(json_str(json_at(doc, "/error/message")), 300)));
}

static void was_read(struct mcp_request *q, const struct reply *r)
{
	const struct mcp_template *t = q->row;
	struct buf *b;

	if (r->kind == REPLY_ERROR && r->err == ERR_NOT_FOUND) {
		not_found(q, q->text);
	} else if (r->kind == REPLY_ERROR) {
		failed(q, r);
	} else {
		b = contents(q, q->text, t->mime);
		mcp_member(b, "text");
		json_print_str(b, r->text);
		buf_addz(b, "}]");
		mcp_done(q, MCP_NOT_CACHED | (q->tool->open_world ? MCP_UNTRUSTED : 0));
	}
}

/* The text, and after it one line for each tool that is offered here. */
static void add_guide(struct mcp *m, struct buf *b, const char *text)
{
	const struct tool *const *rows;
	size_t count = work_tools(m->work, &rows);
	struct buf all;

	buf_init(&all, LIMIT_OUT_QUEUE / 4);
	buf_addz(&all, text);
	for (size_t i = 0; i < count; i++)
		buf_addf(&all, "- `%s`: %s\n", rows[i]->name, rows[i]->description);
	mcp_member_z(b, "text", buf_c(&all));
	buf_free(&all);
}

static bool read_fixed(struct mcp_request *q, struct str uri)
{
	const struct mcp_resource *r = q->m->offer->resources;
	struct buf *b;

	while (r && r->name && !str_eq(uri, str_from(r->uri)))
		r++;
	if (!r || !r->name)
		return false;
	b = contents(q, uri, r->mime);
	if (r->lists_tools)
		add_guide(q->m, b, r->text);
	else
		mcp_member_z(b, "text", r->text);
	mcp_member_z(b, "blob", r->blob);
	add_meta(b, r->meta);
	buf_addz(b, "}]");
	mcp_done(q, MCP_CACHED);
	return true;
}

void mcp_resources_read(struct mcp_request *q)
{
	struct str uri = json_str(json_get(q->params, "uri"));

	if (!json_is(json_get(q->params, "uri"), JSON_STRING)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "uri must be a string");
		return;
	}
	if (read_fixed(q, uri))
		return;
	for (const struct mcp_template *t = q->m->offer->templates; t && t->name; t++) {
		struct json *arguments = match(q, t, uri);
		const struct tool *row = work_tool(q->m->work, str_from(t->tool));

		if (!arguments || !row)
			continue;
		q->row = t;
		q->text = uri;
		mcp_start(q, row, arguments, was_read);
		return;
	}
	not_found(q, uri);
}
