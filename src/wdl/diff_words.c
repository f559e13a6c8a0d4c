/*
 * diff_words.c - changes as lines for people and as data for programs.
 */
#include "wdl/diff_int.h"

/* A value longer than this is told by its size. */
enum { LONGEST_SHOWN = 60 };

static void add_value(struct buf *b, struct arena *a, const struct json *v)
{
	struct str text = json_text(a, v);

	if (text.n <= LONGEST_SHOWN)
		buf_adds(b, text);
	else if (json_is(v, JSON_STRING))
		buf_addf(b, "%zu bytes of text", json_str(v).n);
	else
		buf_addf(b, "%s of %zu bytes", json_type_name(json_type(v)), text.n);
}

static void add_scope(struct buf *b, struct str scope)
{
	if (scope.n)
		buf_addf(b, "%.*s", STR_ARG(scope));
	else
		buf_addz(b, "the top level");
}

/* "A (Failed, TimedOut) and B"; success is not told. */
static void add_after(struct buf *b, const struct json *after)
{
	size_t n = 0;

	if (!json_count(after))
		buf_addz(b, "nothing");
	JSON_EACH(member, after) {
		size_t i = 0;

		buf_addf(b, "%s%.*s", n++ ? " and " : "", STR_ARG(json_name(member)));
		if (json_count(member) == 1 &&
		    str_eq_nocase(json_str(json_first(member)), S("Succeeded")))
			continue;
		buf_addz(b, " (");
		JSON_EACH(v, member)
			buf_addf(b, "%s%.*s", i++ ? ", " : "", STR_ARG(json_str(v)));
		buf_addc(b, ')');
	}
}

static void say_there(struct buf *b, const struct diff_change *c)
{
	bool added = c->kind == DIFF_ADDED;

	if (c->type.n)
		buf_addf(b, " (%.*s)", STR_ARG(c->type));
	buf_addf(b, " %s", added ? "added" : "removed");
	if (c->what != DIFF_ACTION)
		return;
	if (added ? c->to_scope.n : c->from_scope.n) {
		buf_addz(b, added ? " in " : " from ");
		add_scope(b, added ? c->to_scope : c->from_scope);
	}
	if (json_count(c->to)) {
		buf_addz(b, ", after ");
		add_after(b, c->to);
	}
}

static void say_changed(struct buf *b, struct arena *a, const struct diff_change *c)
{
	if (c->inside.n)
		buf_addf(b, "%s%.*s", c->name.n ? ": " : " ", STR_ARG(c->inside));
	if (!c->from || !c->to) {
		buf_addz(b, c->from ? " removed: " : " added: ");
		add_value(b, a, c->from ? c->from : c->to);
		return;
	}
	buf_addz(b, " changed from ");
	add_value(b, a, c->from);
	buf_addz(b, " to ");
	add_value(b, a, c->to);
}

void diff_say(struct arena *a, struct diff_change *c)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)-1 / 2);
	buf_addz(&b, diff_what_name(c->what));
	if (c->kind == DIFF_RENAMED)
		buf_addf(&b, " %.*s renamed to", STR_ARG(c->old_name));
	if (c->name.n)
		buf_addf(&b, " %.*s", STR_ARG(c->name));
	switch (c->kind) {
	case DIFF_ADDED:
	case DIFF_REMOVED:
		say_there(&b, c);
		break;
	case DIFF_MOVED:
		buf_addz(&b, " moved from ");
		add_scope(&b, c->from_scope);
		buf_addz(&b, " to ");
		add_scope(&b, c->to_scope);
		break;
	case DIFF_AFTER:
		buf_addz(&b, " runs after ");
		add_after(&b, c->to);
		buf_addz(&b, ", no longer after ");
		add_after(&b, c->from);
		break;
	case DIFF_CHANGED:
		say_changed(&b, a, c);
		break;
	default:
		break;
	}
	c->words = buf_str(&b);
}

static void put_value(struct arena *a, struct json *out, const char *name, const struct json *v,
		      size_t longest)
{
	size_t n = v ? json_text(a, v).n : 0;
	struct json *size;

	if (!v)
		return;
	if (n <= longest) {
		json_set(a, out, name, json_copy(a, v));
		return;
	}
	size = json_set(a, out, name, json_new_object(a));
	json_set_int(a, size, "bytes", (int64_t)n);
}

struct json *diff_json(struct arena *a, const struct diff *d, size_t longest)
{
	struct json *out = json_new_object(a), *list;

	json_set_bool(a, out, "equal", d->equal);
	list = json_set(a, out, "changes", json_new_array(a));
	for (const struct diff_change *c = d->first; c; c = c->next) {
		struct json *one = json_push(list, json_new_object(a));

		json_set_z(a, one, "change", diff_kind_name(c->kind));
		json_set_z(a, one, "what", diff_what_name(c->what));
		if (c->name.n)
			json_set_str(a, one, "name", c->name);
		if (c->old_name.n)
			json_set_str(a, one, "oldName", c->old_name);
		if (c->type.n)
			json_set_str(a, one, "type", c->type);
		json_set_str(a, one, "pointer", c->pointer);
		if (c->kind == DIFF_MOVED) {
			json_set_str(a, one, "from", c->from_scope);
			json_set_str(a, one, "to", c->to_scope);
		} else {
			put_value(a, one, "from", c->from, longest);
			put_value(a, one, "to", c->to, longest);
		}
		json_set_str(a, one, "words", c->words);
	}
	if (d->dropped)
		json_set_int(a, out, "more", (int64_t)d->dropped);
	return out;
}
