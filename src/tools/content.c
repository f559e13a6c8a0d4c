/*
 * content.c - inputs and outputs of actions.
 *
 * They are signed links that can hold 50 MB and more: they are streamed through a projection, so
 * that only what is returned is held, and every cut is marked.
 */
#include "tools/content.h"

#include "tools/shared.h"

/* The bounds of one value's part of what all share. */
enum { LEAST_BYTES = 512, MOST_BYTES = 16384 };

void content_put_link(struct call *c, struct json *v, const char *name,
		      const struct json *properties, const char *link, const char *inline_value)
{
	struct json *out = json_new_object(call_arena(c));
	const struct json *l = json_get(properties, link);

	put_found(c, out, "uri", l, "/uri");
	put_found(c, out, "size", l, "/contentSize");
	put_found(c, out, "secure", l, "/secureData");
	if (!json_get(out, "uri"))
		put_found(c, out, "value", properties, inline_value);
	json_set(call_arena(c), v, name, out);
}

/* Pointers count from an item ("/inputs/...", "/outputs/..."); any other is one into outputs. */
bool content_select(struct call *c, struct content_wants *w)
{
	*w = (struct content_wants){ .all = !arg_given(c, "select") };
	JSON_EACH (v, arg_json(c, "select")) {
		struct str s = json_str(v);

		if (!json_is(v, JSON_STRING) || (s.n && s.p[0] != '/')) {
			fail(c, ERR_INVALID_ARGUMENT,
			     "\"select\" has an item that is no JSON pointer");
			hint(c, "Pointers look like /outputs/body/value/0/Title or "
				"/inputs/parameters.");
			return false;
		}
		if (json_pointer_within(s, S("/inputs")))
			w->inputs[w->input_count++] = str_from_at(s, 7);
		else
			w->outputs[w->output_count++] =
				json_pointer_within(s, S("/outputs")) ? str_from_at(s, 8) : s;
	}
	return true;
}

static bool wants_side(const struct content_wants *w, bool inputs)
{
	return w->all || (inputs ? w->input_count : w->output_count) > 0;
}

/* What is kept in a file is read up to there. */
static size_t spill_part(size_t values)
{
	size_t part = LIMIT_SPILL_ALL / (values ? values : 1);

	return part > LIMIT_SPILL ? LIMIT_SPILL : part;
}

/* `whole`: for a file; else for the answer. */
static const struct project_options *projection(struct call *c, const struct content_wants *w,
						bool inputs, size_t values, bool whole)
{
	struct project_options *o = arena_alloc(call_arena(c), sizeof(*o));
	size_t part = values ? CONTENT_BYTES / values : CONTENT_BYTES;

	part = part > MOST_BYTES ? MOST_BYTES : part < LEAST_BYTES ? LEAST_BYTES : part;
	if (arg_int(c, "maxBytes"))
		part = (size_t)arg_int(c, "maxBytes");
	o->budget = whole ? spill_part(values) : part;
	o->longest_string = whole ? o->budget : 0;
	o->digest_files = true;
	if (w->all)
		return o;
	o->pointer_count = inputs ? w->input_count : w->output_count;
	o->pointers = inputs ? w->inputs : w->outputs;
	return o;
}

static const struct json *side(const struct json *item, bool inputs)
{
	return json_get(item, inputs ? "inputs" : "outputs");
}

static size_t count_values(const struct json *items, const struct content_wants *w)
{
	size_t n = 0;

	JSON_EACH (v, items)
		for (int i = 0; i < 2; i++)
			n += wants_side(w, i) && json_count(side(v, i)) > 0;
	return n;
}

enum verdict content_fetch(struct call *c, const struct json *items, struct content_wants *w)
{
	size_t values = count_values(items, w), n = 0;
	struct fetch *f = arena_array(call_arena(c), values + 1, sizeof(*f));

	JSON_EACH (v, items)
		for (int i = 1; i >= 0; i--)
			if (wants_side(w, i) && json_get_str(side(v, i), "uri").n)
				f[n++] = (struct fetch){
					.url = url_content(c, json_get_str(side(v, i), "uri")),
					.flags = FETCH_TOLERATE,
					.project = projection(c, w, i, values,
							      arg_bool(c, "toFile")),
				};
	return fetch_each(c, f, n);
}

static void put_cut(struct call *c, struct json *item, const char *name,
		    const struct project_result *p, const struct json *link)
{
	struct json *cut;
	int64_t of = json_int(json_get(link, "size"), 0);

	if (!p->cut_count && !p->cuts_not_listed)
		return;
	cut = json_new_object(call_arena(c));
	json_set_int(call_arena(c), cut, "bytes", (int64_t)json_text(call_arena(c), p->value).n);
	json_set_int(call_arena(c), cut, "of", of > 0 ? of : (int64_t)p->bytes);
	json_set_str(call_arena(c), cut, "pointer", p->cut_count ? p->cuts[0].pointer : S(""));
	if (p->cut_count + p->cuts_not_listed > 1)
		json_set_int(call_arena(c), cut, "places",
			     (int64_t)(p->cut_count + p->cuts_not_listed));
	json_set(call_arena(c), item, name, cut);
}

static void put_value(struct call *c, struct json *item, bool inputs, const struct json *link,
		      const struct project_result *p)
{
	json_set(call_arena(c), item, inputs ? "inputs" : "outputs",
		 p->value ? p->value : json_new_null(call_arena(c)));
	put_cut(c, item, inputs ? "inputsCut" : "outputsCut", p, link);
}

/* What fits stands in the answer; anything else is in a file, and its beginning here. */
static void put_spilled(struct call *c, struct json *item, bool inputs, const struct json *link,
			const struct project_result *p, const struct project_options *shown)
{
	struct arena *a = call_arena(c);
	struct project_result part = { 0 };
	struct json *file;
	struct str path;

	if (p->value)
		part = project_tree(a, p->value, shown);
	if (!part.cut_count && !part.cuts_not_listed) {
		put_value(c, item, inputs, link, p);
		return;
	}
	path = file_spill(c, p->value);
	part.bytes = p->bytes;
	put_value(c, item, inputs, link, &part);
	if (!path.n) {
		note(c, "fileNotWritten", json_new_bool(a, true));
		return;
	}
	file = json_set(a, item, inputs ? "inputsFile" : "outputsFile", json_new_object(a));
	json_set_str(a, file, "path", path);
	/* Of files beyond the ceiling, too, the answer says that they are cut. */
	json_set_bool(a, file, "whole", !p->cut_count && !p->cuts_not_listed);
}

/* Fills one side of an item; returns how many answers of `stage` it used. */
static size_t fill(struct call *c, struct json *item, bool inputs, struct content_wants *w,
		   int stage, size_t at, size_t values)
{
	struct json *link = json_take(item, inputs ? "inputs" : "outputs");
	const struct answer *a;
	struct project_result p;

	if (json_get(link, "secure"))
		json_set_bool(call_arena(c), item, inputs ? "inputsSecure" : "outputsSecure", true);
	if (!wants_side(w, inputs))
		return 0;
	json_set_null(call_arena(c), item, inputs ? "inputs" : "outputs");
	if (json_get(link, "value")) {
		p = project_tree(call_arena(c), json_get(link, "value"),
				 projection(c, w, inputs, values, false));
		put_value(c, item, inputs, link, &p);
	}
	if (!json_get_str(link, "uri").n)
		return 0;
	a = got(c, stage, at);
	if (a->err == ERR_OK && arg_bool(c, "toFile"))
		put_spilled(c, item, inputs, link, &a->projected,
			    projection(c, w, inputs, values, false));
	else if (a->err == ERR_OK)
		put_value(c, item, inputs, link, &a->projected);
	else
		json_set_z(call_arena(c), item, inputs ? "inputsUnavailable" : "outputsUnavailable",
			   a->message[0] ? a->message : err_name(a->err));
	return 1;
}

struct json *content_fill(struct call *c, struct json *items, struct content_wants *w, int stage)
{
	size_t used = 0, values = count_values(items, w);
	struct json *out = json_new_array(call_arena(c));

	for (struct json *v = json_first(items), *next; v; v = next) {
		next = json_next(v);
		json_detach(items, v);
		used += fill(c, v, true, w, stage, used, values);
		used += fill(c, v, false, w, stage, used, values);
		json_push(out, v);
	}
	return out;
}
