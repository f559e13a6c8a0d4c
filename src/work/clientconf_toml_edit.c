/*
 * clientconf_toml_edit.c - an entry in TOML, read and changed as a text.
 *
 * A server is edited where it stands as a table of its own, [mcp_servers.NAME]; the other ways to
 * write one are read, and refused when they would have to be changed.
 */
#include "work/clientconf_toml.h"

#include "base/limits.h"

struct entry {
	bool has_table;       /* [mcp_servers.NAME] */
	size_t start, head_end; /* its header's lines */
	size_t end;           /* of the last statement in it */
	bool has_below;       /* [mcp_servers.NAME.more] */
	bool elsewhere;       /* it is written in another way, at `other` */
	size_t other;
	const struct json *members; /* to look for */
	size_t value[8], value_end[8]; /* where they are; 0: nowhere */
	struct json *v[8];
};

static bool is_entry(const struct clientconf_spot *s, const struct toml_key *k, size_t n)
{
	return n >= 2 && str_eq(k->parts[0], str_from(s->container)) &&
	       str_eq(k->parts[1], str_from(s->name));
}

static void look_at_pair(struct entry *en, const struct toml_item *it)
{
	size_t i = 0;

	JSON_EACH(m, en->members)
	{
		if (i < 8 && it->path.n == 3 && str_eq(it->path.parts[2], json_name(m))) {
			en->value[i] = it->value;
			en->value_end[i] = it->value_end;
			en->v[i] = it->v;
		}
		i++;
	}
}

static bool find_entry(struct arena *a, const struct clientconf_spot *s, struct str text,
		       const struct json *members, struct entry *out, struct clientconf_error *e)
{
	struct toml_reader r = toml_reader_of(a, text, e);
	struct toml_item it;

	*out = (struct entry){ .members = members };
	while (toml_next(&r, &it)) {
		bool ours = is_entry(s, &it.path, it.path.n), inline_all;

		inline_all = it.kind == TOML_PAIR && it.path.n == 1 &&
			     str_eq(it.path.parts[0], str_from(s->container));
		if (!ours && !inline_all)
			continue;
		out->has_below |= it.kind != TOML_PAIR && it.path.n > 2;
		if (it.kind == TOML_TABLE && it.path.n == 2) {
			if (out->has_table) {
				r.at = it.start;
				return toml_wrong(&r, "this table is there twice");
			}
			out->has_table = true;
			out->start = it.start;
			out->head_end = out->end = it.end;
		} else if (it.kind == TOML_PAIR && it.own == 2) {
			out->end = it.end;
			look_at_pair(out, &it);
		} else if (it.own < 2 || it.path.n == 2) {
			out->elsewhere = true;
			out->other = it.start;
		}
	}
	return !e->message;
}

static bool refuse(const struct entry *en, struct clientconf_error *e)
{
	if (!en->elsewhere)
		return false;
	e->offset = en->other;
	e->message = "the entry is not written as a table of its own; change it by hand";
	return true;
}

/* One more table of an array of them. */
static bool add_table(struct arena *a, struct json *root, const struct toml_key *k)
{
	struct json *list = json_new_array(a);

	if (!toml_put(a, root, k, k->n, list)) {
		/* toml_put goes into the last item of an array; the array itself is above that. */
		for (size_t i = 0; i < k->n && root; i++) {
			if (json_is(root, JSON_ARRAY)) {
				struct json *last = NULL;

				JSON_EACH(v, root)
					last = v;
				root = last;
			}
			root = json_get_n(root, k->parts[i]);
		}
		list = root;
	}
	if (!json_is(list, JSON_ARRAY))
		return false;
	json_push(list, json_new_object(a));
	return true;
}

struct json *toml_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
			  struct clientconf_error *e)
{
	struct json *root = json_new_object(a), *v;
	struct toml_reader r = toml_reader_of(a, text, e);
	struct toml_item it;

	while (toml_next(&r, &it)) {
		bool good = true;

		if (!str_eq(it.path.parts[0], str_from(s->container)))
			continue;
		if (it.kind == TOML_PAIR)
			good = toml_put(a, root, &it.path, it.path.n, it.v);
		else if (it.kind == TOML_TABLE)
			/* A table may come after what is below it. */
			(void)toml_put(a, root, &it.path, it.path.n, json_new_object(a));
		else
			good = add_table(a, root, &it.path);
		if (!good) {
			r.at = it.start;
			toml_wrong(&r, "this name is there twice");
			return NULL;
		}
	}
	if (e->message)
		return NULL;
	v = json_get(root, s->container);
	if (!v || json_is(v, JSON_OBJECT))
		return v ? v : json_new_object(a);
	e->message = "this must be a table";
	return NULL;
}

/* ---- writing ---- */

static void print_string(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static void print_value(struct buf *b, const struct json *v)
{
	bool first = true;

	if (json_is(v, JSON_STRING)) {
		print_string(b, json_str(v));
	} else if (json_is(v, JSON_ARRAY)) {
		buf_addc(b, '[');
		JSON_EACH(item, v)
		{
			buf_addz(b, first ? "" : ", ");
			print_value(b, item);
			first = false;
		}
		buf_addc(b, ']');
	} else {
		json_print(b, v);
	}
}

static void print_pair(struct buf *b, const struct json *member, struct str eol)
{
	buf_adds(b, json_name(member));
	buf_addz(b, " = ");
	print_value(b, member);
	buf_adds(b, eol);
}

static bool bare_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!toml_is_bare((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

static void print_header(struct buf *b, const struct clientconf_spot *s, struct str eol)
{
	buf_addf(b, "[%s.", s->container);
	if (bare_name(str_from(s->name)))
		buf_addz(b, s->name);
	else
		print_string(b, str_from(s->name));
	buf_addz(b, "]");
	buf_adds(b, eol);
}

/* A new table at the end of the file, which is always a right place for one. */
static struct str append_table(struct arena *a, const struct clientconf_spot *s, struct str text,
			       struct str body)
{
	struct str eol = clientconf_eol(text);
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	buf_adds(&b, text);
	if (text.n && text.p[text.n - 1] != '\n')
		buf_adds(&b, eol);
	if (str_trim(text).n && !str_ends(text, S("\n\n")) && !str_ends(text, S("\n\r\n")))
		buf_adds(&b, eol);
	print_header(&b, s, eol);
	buf_adds(&b, body);
	return buf_str(&b);
}

static struct str pairs(struct arena *a, const struct json *members, struct str eol)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_CLIENT_FILE);
	JSON_EACH(m, members)
		print_pair(&b, m, eol);
	return buf_str(&b);
}

/* Removes the entry's table, with the tables below it when `below`. */
static bool drop_table(struct arena *a, const struct clientconf_spot *s, struct str *text,
		       bool below, struct clientconf_error *e)
{
	for (;;) {
		struct toml_reader r = toml_reader_of(a, *text, e);
		size_t from = 0, to = 0;
		bool hit = false, here = false;
		struct toml_item it;

		while (toml_next(&r, &it)) {
			if (it.kind != TOML_PAIR) {
				if (hit)
					break;
				here = is_entry(s, &it.path, it.path.n) &&
				       (it.path.n == 2 || below);
				hit = here;
				from = here ? it.start : from;
			}
			if (here)
				to = it.end;
		}
		if (e->message)
			return false;
		if (!hit)
			return true;
		/* The empty line in front belonged to it. */
		if (from && (to == text->n || text->p[to] == '\n' || text->p[to] == '\r')) {
			size_t before = clientconf_line_start(*text, from - 1);

			if (clientconf_blank(*text, before, from))
				from = before;
		}
		*text = clientconf_splice(a, *text, from, to, S(""));
	}
}

bool toml_set(struct arena *a, const struct clientconf_spot *s, struct str text,
	      const struct json *entry, struct str *out, struct clientconf_error *e)
{
	struct str eol = clientconf_eol(text);
	struct json *servers = toml_servers(a, s, text, e);
	struct entry en;
	size_t i = 0;

	if (!servers || !find_entry(a, s, text, entry, &en, e) || refuse(&en, e))
		return false;
	if (en.has_table && !json_get(json_get(servers, s->name), "command")) {
		/* A server elsewhere: nothing of it would be worth keeping. */
		if (!drop_table(a, s, &text, true, e))
			return false;
		en.has_table = false;
	}
	if (!en.has_table) {
		*out = append_table(a, s, text, pairs(a, entry, eol));
		return true;
	}
	/* From the last to the first, so that offsets stay true. */
	for (struct json *m = json_first(entry); m; m = json_next(m), i++) {
		struct buf b;

		if (i >= 8 || (en.value[i] && json_equal(en.v[i], m)))
			continue;
		buf_init_in(&b, a, LIMIT_CLIENT_FILE);
		if (en.value[i])
			print_value(&b, m);
		else
			print_pair(&b, m, eol);
		if (!en.value[i] && text.p[en.end - 1] != '\n') {
			text = clientconf_splice(a, text, en.end, en.end, eol);
			en.end += eol.n;
		}
		text = en.value[i] ? clientconf_splice(a, text, en.value[i], en.value_end[i],
						       buf_str(&b)) :
				     clientconf_splice(a, text, en.end, en.end, buf_str(&b));
		/* Everything after has moved: look again. */
		if (!find_entry(a, s, text, entry, &en, e))
			return false;
	}
	*out = text;
	return true;
}

bool toml_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
		  struct str old, struct str *out, bool *nothing, struct clientconf_error *e)
{
	struct clientconf_error ignored;
	struct entry now, before;
	struct str body;

	if (!find_entry(a, s, text, NULL, &now, e) || refuse(&now, e))
		return false;
	if (find_entry(a, s, old, NULL, &before, &ignored) && before.has_table) {
		body = str_n(old.p + before.head_end, before.end - before.head_end);
		*out = now.has_table ?
			       clientconf_splice(a, text, now.head_end, now.end, body) :
			       append_table(a, s, text, body);
		*nothing = false;
		return true;
	}
	/* What was below it before us is not ours. */
	if (!drop_table(a, s, &text, !before.has_below, e))
		return false;
	*out = text;
	*nothing = str_trim(text).n == 0;
	return true;
}
