/*
 * clientconf_json_edit.c - changing a member of JSON as a text.
 *
 * Knows how people indent and where commas go; the grammar is clientconf_json.c's.
 */
#include "work/clientconf_int.h"

#include "base/limits.h"

/* What the indentation of the text is made of. */
struct style {
	struct str eol, unit;
};

/* The blanks in front of `at` when it is the first thing on its line; p NULL when it is not. */
static struct str indent_of(struct str text, size_t at)
{
	size_t start = clientconf_line_start(text, at);

	if (!clientconf_blank(text, start, at) || start == 0)
		return str_n(NULL, 0);
	return str_n(text.p + start, at - start);
}

static struct str leading_blanks(struct str text, size_t at)
{
	size_t start = clientconf_line_start(text, at), end = start;

	while (end < at && (text.p[end] == ' ' || text.p[end] == '\t'))
		end++;
	return str_n(text.p + start, end - start);
}

static struct style style_of(struct str text, const struct jsonc_object *root)
{
	struct str unit = root->count ? indent_of(text, root->first.name) : str_n(NULL, 0);

	return (struct style){ clientconf_eol(text), unit.p && unit.n ? unit : S("  ") };
}

static void print_value(struct buf *b, const struct json *v, const struct style *st,
			struct str indent)
{
	bool first = true;

	if (json_is(v, JSON_ARRAY)) {
		buf_addc(b, '[');
		JSON_EACH(item, v)
		{
			buf_addz(b, first ? "" : ", ");
			print_value(b, item, NULL, indent);
			first = false;
		}
		buf_addc(b, ']');
		return;
	}
	if (!json_is(v, JSON_OBJECT)) {
		json_print(b, v);
		return;
	}
	buf_addc(b, '{');
	JSON_EACH(member, v)
	{
		buf_addz(b, first ? "" : st ? "," : ", ");
		first = false;
		if (st) {
			buf_adds(b, st->eol);
			buf_adds(b, indent);
			buf_adds(b, st->unit);
		}
		json_print_str(b, json_name(member));
		buf_addz(b, ": ");
		print_value(b, member, NULL, indent);
	}
	if (st) {
		buf_adds(b, st->eol);
		buf_adds(b, indent);
	}
	buf_addc(b, '}');
}

/* What is put in as a value: a value, or a text that was one. */
struct filling {
	const struct json *value;
	struct str raw; /* when value is NULL */
	const char *wrap; /* the value becomes {wrap: value} */
};

static void print_filling(struct arena *a, struct buf *b, const struct filling *f,
			  const struct style *st, struct str indent)
{
	struct str deeper = st ? str_fmt(a, "%.*s%.*s", STR_ARG(indent), STR_ARG(st->unit)) : S("");

	if (!f->wrap) {
		if (f->value)
			print_value(b, f->value, st, indent);
		else
			buf_adds(b, f->raw);
		return;
	}
	buf_addc(b, '{');
	if (st) {
		buf_adds(b, st->eol);
		buf_adds(b, deeper);
	}
	json_print_str(b, str_from(f->wrap));
	buf_addz(b, ": ");
	print_filling(a, b, &(struct filling){ f->value, f->raw, NULL }, st, deeper);
	if (st) {
		buf_adds(b, st->eol);
		buf_adds(b, indent);
	}
	buf_addc(b, '}');
}

/* A new member at the end of an object. */
static struct str add_member(struct arena *a, struct str text, const struct jsonc_object *o,
			     const struct style *st, struct str name, const struct filling *f)
{
	bool one_line = !memchr(text.p + o->open, '\n', o->close - o->open);
	bool own_line = indent_of(text, o->close).p != NULL;
	struct str base = leading_blanks(text, own_line ? o->close : o->open), indent;
	size_t at = o->close;
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	indent = o->count ? indent_of(text, o->last.name) : str_n(NULL, 0);
	if (!indent.p)
		indent = str_fmt(a, "%.*s%.*s", STR_ARG(base), STR_ARG(st->unit));
	if (o->count && (one_line || !own_line)) {
		buf_addz(&b, " ");
		json_print_str(&b, name);
		buf_addz(&b, ": ");
		print_filling(a, &b, f, NULL, indent);
		if (one_line && !o->last.comma)
			at = o->last.value_end;
		text = clientconf_splice(a, text, at, at, buf_str(&b));
	} else {
		if (own_line)
			at = clientconf_line_start(text, at);
		else
			buf_adds(&b, st->eol);
		buf_adds(&b, indent);
		json_print_str(&b, name);
		buf_addz(&b, ": ");
		print_filling(a, &b, f, st, indent);
		if (o->count && o->last.comma)
			buf_addc(&b, ',');
		buf_adds(&b, st->eol);
		if (!own_line)
			buf_adds(&b, base);
		text = clientconf_splice(a, text, at, at, buf_str(&b));
	}
	/* The comma goes directly behind the value before: a comment may follow there. */
	if (o->count && !o->last.comma)
		text = clientconf_splice(a, text, o->last.value_end, o->last.value_end, S(","));
	return text;
}

static struct str replace_member(struct arena *a, struct str text, const struct jsonc_member *m,
				 const struct style *st, const struct filling *f)
{
	bool lines = memchr(text.p + m->value, '\n', m->value_end - m->value) != NULL;
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	print_filling(a, &b, f, lines ? st : NULL, leading_blanks(text, m->name));
	return clientconf_splice(a, text, m->value, m->value_end, buf_str(&b));
}

/* Takes the found member out, with the comma that it no longer needs. */
static struct str drop_member(struct arena *a, struct str text, const struct jsonc_object *o)
{
	const struct jsonc_member *m = &o->found;
	size_t from = m->name, to = m->comma ? m->comma + 1 : m->value_end;
	size_t start = clientconf_line_start(text, from), end = clientconf_line_end(text, to);

	if (clientconf_blank(text, start, from) && clientconf_blank(text, to, end)) {
		from = start;
		to = end;
	} else {
		while (to < text.n && (text.p[to] == ' ' || text.p[to] == '\t'))
			to++;
		/* Before a closing bracket the blanks in front go instead. */
		if (o->last_found && o->has_before &&
		    clientconf_blank(text, o->before.comma + 1, from))
			from = o->before.comma + 1;
	}
	text = clientconf_splice(a, text, from, to, S(""));
	if (o->last_found && !m->comma && o->has_before)
		text = clientconf_splice(a, text, o->before.comma, o->before.comma + 1, S(""));
	return text;
}

/* ---- setting ---- */

static struct str fresh(struct arena *a, const struct clientconf_spot *s, struct filling f)
{
	static const struct style st = { STR_INIT("\n"), STR_INIT("  ") };
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	buf_addz(&b, "{\n  ");
	json_print_str(&b, str_from(s->container));
	buf_addz(&b, ": ");
	f.wrap = s->name;
	print_filling(a, &b, &f, &st, S("  "));
	buf_addz(&b, "\n}\n");
	return buf_str(&b);
}

/* Puts a whole entry in; an entry that is there is replaced. */
static bool put(struct arena *a, const struct clientconf_spot *s, struct str text,
		const struct filling *f, struct str *out, struct clientconf_error *e)
{
	struct filling wrapped = { f->value, f->raw, s->name };
	struct jsonc_object root, servers;
	struct style st;

	if (jsonc_is_empty(text)) {
		*out = fresh(a, s, *f);
		return true;
	}
	if (!jsonc_read_root(a, s, text, &root, e))
		return false;
	st = style_of(text, &root);
	if (!root.has) {
		*out = add_member(a, text, &root, &st, str_from(s->container), &wrapped);
		return true;
	}
	if (!jsonc_read_inner(a, s, text, &root.found, str_from(s->name), &servers, e))
		return false;
	*out = servers.has ? replace_member(a, text, &servers.found, &st, f) :
			     add_member(a, text, &servers, &st, str_from(s->name), f);
	return true;
}

/* Sets one member of the entry, when it is not so already. */
static bool set_member(struct arena *a, const struct clientconf_spot *s, struct str *text,
		       const struct json *member, struct clientconf_error *e)
{
	struct filling f = { .value = member };
	const struct jsonc_member *now;
	struct jsonc_object root, servers, entry;
	struct str name = json_name(member);
	struct style st;

	if (!jsonc_read_root(a, s, *text, &root, e) ||
	    !jsonc_read_inner(a, s, *text, &root.found, str_from(s->name), &servers, e) ||
	    !jsonc_read_inner(a, s, *text, &servers.found, name, &entry, e))
		return false;
	st = style_of(*text, &root);
	now = &entry.found;
	if (!entry.has)
		*text = add_member(a, *text, &entry, &st, name, &f);
	else if (!json_equal(jsonc_parse_slice(a, s, *text, now->value, now->value_end), member))
		*text = replace_member(a, *text, now, &st, &f);
	return true;
}

bool jsonc_set(struct arena *a, const struct clientconf_spot *s, struct str text,
	       const struct json *entry, struct str *out, struct clientconf_error *e)
{
	struct json *servers = jsonc_servers(a, s, text, e), *old;

	if (!servers)
		return false;
	old = json_get(servers, s->name);
	/* An entry for a server elsewhere has nothing that would be worth keeping. */
	if (!json_is(old, JSON_OBJECT) || !json_get(old, "command"))
		return put(a, s, text, &(struct filling){ .value = entry }, out, e);
	JSON_EACH(member, entry)
		if (!set_member(a, s, &text, member, e))
			return false;
	*out = text;
	return true;
}

/* ---- restoring ---- */

/* The text of the entry in a text, p NULL when there is none; *container: whether that is there. */
static struct str entry_text(struct arena *a, const struct clientconf_spot *s, struct str text,
			     bool *container)
{
	struct clientconf_error ignored;
	struct jsonc_object root, servers;

	*container = false;
	if (jsonc_is_empty(text) || !jsonc_read_root(a, s, text, &root, &ignored) || !root.has)
		return str_n(NULL, 0);
	*container = true;
	if (!jsonc_read_inner(a, s, text, &root.found, str_from(s->name), &servers, &ignored) ||
	    !servers.has)
		return str_n(NULL, 0);
	return str_n(text.p + servers.found.value, servers.found.value_end - servers.found.value);
}

/* Removes the container when it is empty and was not there before. */
static bool drop_container(struct arena *a, const struct clientconf_spot *s, struct str *text,
			   bool was_there, bool *nothing, struct clientconf_error *e)
{
	struct jsonc_object root, servers;

	if (!jsonc_read_root(a, s, *text, &root, e))
		return false;
	if (root.has && !was_there &&
	    jsonc_read_inner(a, s, *text, &root.found, str_from(s->name), &servers, e) &&
	    !servers.count &&
	    clientconf_blank(*text, servers.open + 1, servers.close)) {
		*text = drop_member(a, *text, &root);
		if (!jsonc_read_root(a, s, *text, &root, e))
			return false;
	}
	*nothing = !root.count && clientconf_blank(*text, root.open + 1, root.close);
	return true;
}

bool jsonc_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
		   struct str old, struct str *out, bool *nothing, struct clientconf_error *e)
{
	struct jsonc_object root, servers;
	bool container;
	struct str before = entry_text(a, s, old, &container);

	*nothing = jsonc_is_empty(text);
	*out = text;
	if (before.p)
		return put(a, s, text, &(struct filling){ .raw = before }, out, e);
	if (*nothing)
		return true;
	if (!jsonc_read_root(a, s, text, &root, e))
		return false;
	if (root.has && !jsonc_read_inner(a, s, text, &root.found, str_from(s->name), &servers, e))
		return false;
	if (root.has && servers.has)
		text = drop_member(a, text, &servers);
	if (!drop_container(a, s, &text, container, nothing, e))
		return false;
	*out = text;
	return true;
}
