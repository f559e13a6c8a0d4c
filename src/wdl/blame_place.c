/*
 * blame_place.c - steps of a definition, and where plain references point.
 */
#include "base/limits.h"
#include "wdl/blame.h"
#include "wdl/parse.h"
#include "wdl/text.h"

/* ---- steps ---- */

static const char *const contained[] = { "actions", "else", "cases", "default" };

/* What reading a flow adds to its steps: how they sign in. */
static void drop_sign_in(struct json *step)
{
	struct json *inputs = json_get(step, "inputs");

	json_take(inputs, "authentication");
	json_take(json_get(inputs, "host"), "connection");
}

struct json *wdl_step_alone(struct arena *a, const struct json *step)
{
	struct json *out = json_new_object(a);

	JSON_EACH(m, step) {
		bool inside = false;

		for (size_t i = 0; i < sizeof(contained) / sizeof(*contained); i++)
			inside |= str_eq(json_name(m), str_from(contained[i]));
		if (!inside)
			json_set_n(a, out, json_name(m), json_copy(a, m));
	}
	drop_sign_in(out);
	return out;
}

static bool is_type(const struct json *step, const char *type)
{
	return str_eq_nocase(json_get_str(step, "type"), str_from(type));
}

bool wdl_is_per_item(const struct json *step, struct str pointer)
{
	if (is_type(step, "Query"))
		return str_starts(pointer, S("/inputs/where"));
	if (is_type(step, "Select"))
		return str_starts(pointer, S("/inputs/select"));
	return is_type(step, "Table") && str_starts(pointer, S("/inputs/columns")) &&
	       str_ends(pointer, S("/value"));
}

/* ---- finding one ---- */

struct search {
	struct str name;
	struct buf at;
	const struct json *found;
	struct str pointer;
	struct arena *a;
};

static void search_list(struct search *s, const struct json *list, unsigned depth);

static void search_in(struct search *s, const struct json *holder, const char *member,
		      const char *list, unsigned depth)
{
	size_t at = s->at.n;

	buf_addf(&s->at, "/%s%s%s", member, list ? "/" : "", list ? list : "");
	search_list(s, list ? json_get(json_get(holder, member), list) : json_get(holder, member),
		    depth);
	s->at.n = at;
}

static void search_step(struct search *s, const struct json *step, unsigned depth)
{
	size_t at = s->at.n;

	search_in(s, step, "actions", NULL, depth);
	search_in(s, step, "else", "actions", depth);
	search_in(s, step, "default", "actions", depth);
	JSON_EACH(one, json_get(step, "cases")) {
		buf_addz(&s->at, "/cases");
		json_pointer_add(&s->at, json_name(one));
		search_in(s, one, "actions", NULL, depth);
		s->at.n = at;
	}
}

static void search_list(struct search *s, const struct json *list, unsigned depth)
{
	if (!depth || !json_is(list, JSON_OBJECT))
		return;
	JSON_EACH(step, list) {
		size_t at = s->at.n;

		if (s->found)
			return;
		json_pointer_add(&s->at, json_name(step));
		if (wdl_same_nocase(json_name(step), s->name)) {
			s->found = step;
			s->pointer = str_dup(s->a, buf_str(&s->at));
			return;
		}
		search_step(s, step, depth - 1);
		s->at.n = at;
	}
}

const struct json *wdl_find_step(struct arena *a, const struct json *definition, struct str name,
				 struct str *pointer)
{
	struct search s = { .name = name, .a = a };

	buf_init_in(&s.at, a, LIMIT_RESULT);
	search_in(&s, definition, "actions", NULL, LIMIT_JSON_DEPTH);
	if (!s.found)
		search_in(&s, definition, "triggers", NULL, 1);
	if (s.found && pointer)
		*pointer = s.pointer;
	return s.found;
}

/* ---- plain references ---- */

static const struct {
	const char *name, *pointer;
	bool trigger;
} readers[] = {
	{ "outputs", "", false },        { "body", "/body", false },
	{ "triggerOutputs", "", true },  { "triggerBody", "/body", true },
};

static bool add_keys(struct buf *b, const struct wdl_node *n)
{
	struct str key, part;

	if (n->kind == WDL_CALL)
		return true;
	if (!add_keys(b, wdl_target(n)))
		return false;
	if (wdl_key(n)->kind != WDL_STRING && wdl_key(n)->kind != WDL_INT)
		return false;
	key = wdl_key(n)->text;
	while (str_cut(&key, '/', &part))
		json_pointer_add(b, part);
	return true;
}

bool wdl_static_place(struct arena *a, struct str source, struct str *name, struct str *pointer)
{
	const struct wdl_template *t = wdl_parse(a, source);
	const struct wdl_node *n, *base;
	struct buf b;

	if (t->broken || t->shape != WDL_WHOLE || !t->first)
		return false;
	for (base = n = t->first->node; base && base->kind == WDL_MEMBER;)
		base = wdl_target(base);
	for (size_t i = 0; base && i < sizeof(readers) / sizeof(*readers); i++) {
		if (!wdl_is_call(base, readers[i].name))
			continue;
		if (!readers[i].trigger && (!base->first || base->first->kind != WDL_STRING))
			return false;
		buf_init_in(&b, a, source.n + 64);
		buf_addz(&b, readers[i].pointer);
		if (!add_keys(&b, n))
			return false;
		*name = readers[i].trigger ? S("") : base->first->text;
		*pointer = buf_str(&b);
		return true;
	}
	return false;
}
