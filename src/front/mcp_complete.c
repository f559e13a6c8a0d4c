/*
 * mcp_complete.c - completion/complete: names of environments and flows while a person types.
 *
 * The values come from tool rows.  Whatever goes wrong there (not signed in, too slow) is no
 * error here: then there is nothing to offer.
 */
#include "front/mcp_state.h"

static void offer(struct mcp_request *q, const struct str *values, size_t count, size_t total)
{
	struct buf *b = mcp_result(q);

	mcp_member(b, "completion");
	buf_addz(b, "{\"values\":[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(b, ',');
		json_print_str(b, values[i]);
	}
	buf_addf(b, "],\"total\":%zu,\"hasMore\":%s}", total, total > count ? "true" : "false");
	mcp_done(q, 0);
}

static bool contains(const struct str *values, size_t count, struct str v)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(values[i], v))
			return true;
	return false;
}

/* Adds the values that match what was typed: those that begin with it first, then those that
 * have it inside.  Returns how many there are, those beyond the ceiling included. */
static size_t matching(const struct json *list, const struct mcp_source *s, struct str typed,
		       struct str *values, size_t *count)
{
	size_t total = 0;

	for (int inside = 0; inside < 2; inside++) {
		JSON_EACH (item, list) {
			struct str v = json_get_str(item, s->value);
			bool begins = str_starts_nocase(v, typed);

			if (!v.n || begins == (inside == 1) || !str_contains_nocase(v, typed) ||
			    contains(values, *count, v))
				continue;
			total++;
			if (*count < LIMIT_COMPLETIONS)
				values[(*count)++] = v;
		}
	}
	return total;
}

static void listed(struct mcp_request *q, const struct reply *r)
{
	const struct mcp_source *s = q->row;
	struct str values[LIMIT_COMPLETIONS];
	size_t count = 0, total;
	const struct json *doc = r->kind == REPLY_RESULT ? mcp_document(q, r) : NULL;

	total = matching(s->list[0] ? json_get(doc, s->list) : doc, s, q->text, values, &count);
	offer(q, values, count, total);
}

static void too_slow(void *arg)
{
	struct mcp_request *q = arg;

	if (!q->answered)
		offer(q, NULL, 0, 0);
	call_cancel(q->call);
}

static void start(struct mcp_request *q, const struct mcp_source *s, struct str typed)
{
	struct arena *a = &q->arena;
	const struct tool *row = work_tool(q->m->work, str_from(s->tool));
	const struct json *known = json_at(q->params, "/context/arguments");
	struct json *arguments = s->fixed ? json_parse(a, str_from(s->fixed), JSON_STRICT, NULL)
					  : json_new_object(a);

	if (!row || (s->needs && !json_get_str(known, s->needs).n)) {
		offer(q, NULL, 0, 0);
		return;
	}
	if (s->needs)
		json_set_str(a, arguments, s->param, json_get_str(known, s->needs));
	if (s->search && typed.n)
		json_set_str(a, arguments, s->search, typed);
	q->row = s;
	q->text = typed;
	if (mcp_start(q, row, arguments, listed))
		loop_timer_set(q->m->loop, &q->timer, LIMIT_COMPLETION_MS, too_slow, q);
}

/* The arguments of the prompt or template that `ref` names, or NULL. */
static const struct mcp_argument *arguments_of(const struct mcp *m, const struct json *ref)
{
	static const struct mcp_argument none[] = { { 0 } };
	struct str type = json_get_str(ref, "type"), uri = json_get_str(ref, "uri");
	const struct mcp_prompt *p = mcp_prompt_of(m, json_get_str(ref, "name"));

	if (str_eq(type, S("ref/prompt")))
		return p && !p->arguments ? none : p ? p->arguments : NULL;
	if (!str_eq(type, S("ref/resource")))
		return NULL;
	for (const struct mcp_template *t = m->offer->templates; t && t->name; t++)
		if (str_eq(uri, str_from(t->uri)))
			return t->variables;
	return NULL;
}

void mcp_complete(struct mcp_request *q)
{
	const struct json *argument = json_get(q->params, "argument");
	const struct mcp_argument *a = arguments_of(q->m, json_get(q->params, "ref"));
	struct str name = json_get_str(argument, "name");

	if (!json_is(json_get(argument, "name"), JSON_STRING) ||
	    !json_is(json_get(argument, "value"), JSON_STRING)) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "argument must have a name and a value");
		return;
	}
	if (!a) {
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "ref names no prompt or template of ours");
		return;
	}
	while (a->name && !str_eq(name, str_from(a->name)))
		a++;
	if (!a->name)
		mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "There is no argument %s",
			   mcp_quote(q, name));
	else if (a->source)
		start(q, a->source, json_get_str(argument, "value"));
	else
		offer(q, NULL, 0, 0);
}
