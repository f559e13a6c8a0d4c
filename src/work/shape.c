/*
 * shape.c - a result cut to what a model can take, never silently.
 *
 * Serves the arguments `fields` (keep these members of each item) and `cursor` (go on after
 * the items already handed out) for every row that names its list.
 */
#include "work/call_priv.h"

static struct json *list_of(struct call *c, struct json *doc)
{
	const char *where = c->tool->list;
	struct json *list;

	if (!where)
		return NULL;
	list = where[0] ? json_get(doc, where) : doc;
	return json_type(list) == JSON_ARRAY ? list : NULL;
}

static struct json *keep_fields(struct call *c, struct json *item, const struct json *fields)
{
	struct json *slim = json_new_object(c->arena);

	if (json_type(item) != JSON_OBJECT)
		return item;
	JSON_EACH(f, fields)
	{
		struct json *v = json_get_n(item, json_str(f));

		if (v)
			json_set_n(c->arena, slim, json_str(f), json_copy(c->arena, v));
	}
	return slim;
}

/* The items from number `skip` on, as many as fit, in a new array; *more counts the rest. */
static struct json *cut_list(struct call *c, struct json *list, size_t skip, size_t budget,
			     size_t *kept, size_t *more)
{
	const struct json *fields = arg_json(c, "fields");
	struct json *out = json_new_array(c->arena);
	size_t i = 0, used = 0;
	struct buf text;

	*kept = *more = 0;
	for (struct json *v = json_first(list), *next; v; v = next, i++) {
		next = json_next(v);
		if (i < skip)
			continue;
		if (*more) {
			++*more;
			continue;
		}
		json_detach(list, v);
		if (fields)
			v = keep_fields(c, v, fields);
		buf_init_in(&text, c->arena, LIMIT_CALL_ARENA);
		json_print(&text, v);
		/* One item is always handed out, however large, or the cursor would not move. */
		if (used + text.n > budget && *kept) {
			++*more;
			continue;
		}
		used += text.n + 1;
		json_push(out, v);
		++*kept;
	}
	return out;
}

static size_t skip_of(struct call *c)
{
	struct json *state;

	if (!arg_given(c, "cursor"))
		return 0;
	state = unseal(c, "cursor", arg_str(c, "cursor"));
	if (!state) {
		fail(c, ERR_INVALID_ARGUMENT,
		     "this cursor was not made for this call, or is older than a day");
		hint(c, "Call %s again without it.", c->tool->name);
		return 0;
	}
	return (size_t)json_int(json_get(state, "skip"), 0);
}

struct json *shape_document(struct call *c, struct json *doc)
{
	struct json *list = list_of(c, doc), *cut, *state;
	size_t skip, kept, more, rest;
	struct buf text;

	if (!list)
		return doc;
	skip = skip_of(c);
	if (c->failure.set)
		return doc;
	buf_init_in(&text, c->arena, LIMIT_CALL_ARENA);
	if (doc != list)
		JSON_EACH(v, doc)
			if (v != list)
				json_print(&text, v);
	rest = text.n < LIMIT_RESULT / 2 ? LIMIT_RESULT - text.n : LIMIT_RESULT / 2;
	cut = cut_list(c, list, skip, rest, &kept, &more);
	if (more) {
		state = json_new_object(c->arena);
		json_set_int(c->arena, state, "skip", (int64_t)(skip + kept));
		note(c, "more", json_new_int(c->arena, (int64_t)more));
		note(c, "cursor", json_new_str(c->arena, seal(c, "cursor", state)));
	}
	if (doc == list)
		return cut;
	json_set(c->arena, doc, c->tool->list, cut);
	return doc;
}
