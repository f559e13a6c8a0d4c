/*
 * clientconf_json.c - reading and editing JSON, with or without comments, as a text.
 *
 * Knows the grammar (RFC 8259; comments and trailing commas as VS Code's own files have them) and
 * where members begin and end; knows nothing of files and hosts.
 * Text that a program may write and JSON.parse takes is taken here too: members that come twice
 * elsewhere in the file are none of our business.
 */
#include "work/clientconf_int.h"

#include "base/limits.h"
#include "text/scan.h"

struct reader {
	struct str t;
	size_t at;
	bool comments;
	unsigned depth;
	struct clientconf_error *e;
};

/* What is to be known of an object to change it. */
struct object {
	size_t open, close; /* of its braces */
	size_t count;
	struct jsonc_member first, last;
	struct jsonc_member found, before; /* the wanted member and the one before it */
	bool has, has_before, last_found;
};

static bool read_value(struct reader *r);

static bool wrong(struct reader *r, const char *why)
{
	r->e->offset = r->at < r->t.n ? r->at : r->t.n;
	r->e->message = why;
	return false;
}

static int peek(const struct reader *r)
{
	return r->at < r->t.n ? (unsigned char)r->t.p[r->at] : -1;
}

static bool read_comment(struct reader *r)
{
	struct str rest = str_from_at(r->t, r->at);
	ptrdiff_t end;

	if (!r->comments)
		return wrong(r, "comments are not allowed in this file");
	if (str_starts(rest, S("//"))) {
		end = str_find_char(rest, '\n');
		r->at += end < 0 ? rest.n : (size_t)end + 1;
		return true;
	}
	if (!str_starts(rest, S("/*")))
		return wrong(r, "expected a value or a comment");
	end = str_find(str_from_at(rest, 2), S("*/"));
	if (end < 0)
		return wrong(r, "this comment does not end");
	r->at += (size_t)end + 4;
	return true;
}

static bool skip(struct reader *r)
{
	for (;;) {
		int c = peek(r);

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			r->at++;
		else if (c == '/' && !read_comment(r))
			return false;
		else if (c != '/')
			return true;
	}
}

static bool read_escape(struct reader *r)
{
	int c = peek(r);

	if (c < 0 || !strchr("\"\\/bfnrtu", c) || !c)
		return wrong(r, "this is no escape");
	r->at++;
	for (int i = 0; c == 'u' && i < 4; i++, r->at++)
		if (peek(r) <= 0 || !strchr("0123456789abcdefABCDEF", peek(r)))
			return wrong(r, "\\u needs four hexadecimal digits");
	return true;
}

static bool read_string(struct reader *r)
{
	size_t from = r->at++;

	for (;;) {
		int c = peek(r);

		if (c < 0x20)
			return wrong(r, c < 0 ? "this string does not end" :
						"a line break or control character in a string");
		r->at++;
		if (c == '"')
			break;
		if (c == '\\' && !read_escape(r))
			return false;
	}
	if (str_is_utf8(str_n(r->t.p + from, r->at - from)))
		return true;
	r->at = from;
	return wrong(r, "this string is not UTF-8");
}

static bool read_word(struct reader *r)
{
	static const struct str words[] = { STR_INIT("true"), STR_INIT("false"), STR_INIT("null") };
	size_t from = r->at;
	struct str word;

	while (peek(r) > 0 && strchr("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz_", peek(r)))
		r->at++;
	word = str_n(r->t.p + from, r->at - from);
	for (size_t i = 0; i < 3; i++)
		if (str_eq(word, words[i]))
			return true;
	if (word.n && scan_is_number(word))
		return true;
	r->at = from;
	return wrong(r, "expected a value");
}

/* After a value: a comma (its offset), or the closing character. */
static bool read_comma(struct reader *r, char close, size_t *comma, bool *done)
{
	*comma = 0;
	if (!skip(r))
		return false;
	if (peek(r) == ',') {
		*comma = r->at++;
		if (!skip(r))
			return false;
		*done = peek(r) == close;
		if (*done && !r->comments)
			return wrong(r, "a comma before the closing bracket");
		return true;
	}
	*done = peek(r) == close;
	return *done || wrong(r, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
}

static bool read_array(struct reader *r)
{
	size_t comma;
	bool done;

	r->at++;
	if (!skip(r))
		return false;
	done = peek(r) == ']';
	while (!done)
		if (!read_value(r) || !read_comma(r, ']', &comma, &done))
			return false;
	r->at++;
	return true;
}

/* A name as it is meant: escapes decoded. */
static bool same_name(struct reader *r, struct arena *a, size_t from, size_t to, struct str wanted)
{
	struct str token = str_n(r->t.p + from, to - from);
	struct json *v;

	if (str_find_char(token, '\\') < 0)
		return str_eq(str_n(token.p + 1, token.n - 2), wanted);
	v = json_parse(a, token, JSON_STRICT, NULL);
	return v && str_eq(json_str(v), wanted);
}

static void note(struct object *o, const struct jsonc_member *m, bool hit)
{
	if (hit) {
		o->found = *m;
		o->before = o->last;
		o->has_before = o->count > 0;
		o->has = true;
	}
	if (!o->count++)
		o->first = *m;
	o->last = *m;
	o->last_found = hit;
}

/* Reads the object at the cursor; with `o`, finds the member `wanted` in it. */
static bool read_object(struct reader *r, struct arena *a, struct str wanted, struct object *o)
{
	struct jsonc_member m;
	bool done;

	if (o)
		*o = (struct object){ .open = r->at };
	r->at++;
	if (!skip(r))
		return false;
	for (done = peek(r) == '}'; !done;) {
		size_t name_end;
		bool hit;

		m.name = r->at;
		if (peek(r) != '"')
			return wrong(r, "expected a name in quotes");
		if (!read_string(r))
			return false;
		name_end = r->at;
		if (!skip(r))
			return false;
		if (peek(r) != ':')
			return wrong(r, "expected ':'");
		r->at++;
		if (!skip(r))
			return false;
		m.value = r->at;
		if (!read_value(r))
			return false;
		m.value_end = r->at;
		if (!read_comma(r, '}', &m.comma, &done))
			return false;
		if (!o)
			continue;
		hit = same_name(r, a, m.name, name_end, wanted);
		if (hit && o->has) {
			r->at = m.name;
			return wrong(r, "this name is there twice");
		}
		note(o, &m, hit);
	}
	if (o)
		o->close = r->at;
	r->at++;
	return true;
}

static bool read_value(struct reader *r)
{
	bool good;
	int c = peek(r);

	if (++r->depth > LIMIT_JSON_DEPTH)
		return wrong(r, "this is nested too deeply");
	good = c == '{' ? read_object(r, NULL, S(""), NULL) :
	       c == '[' ? read_array(r) :
	       c == '"' ? read_string(r) :
			  read_word(r);
	r->depth--;
	return good;
}

static struct reader reader_at(const struct clientconf_spot *s, struct str text, size_t at,
			       struct clientconf_error *e)
{
	return (struct reader){
		.t = text, .at = at, .comments = s->format == CLIENTCONF_JSONC, .e = e,
	};
}

/* Nothing but white space and a byte order mark. */
static bool is_empty(struct str text)
{
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from_at(text, 3);
	return str_trim(text).n == 0;
}

/* Checks the whole text and finds a member of its root. */
static bool read_root(struct arena *a, const struct clientconf_spot *s, struct str text,
		      struct object *root, struct clientconf_error *e)
{
	struct reader r = reader_at(s, text, str_starts(text, S("\xef\xbb\xbf")) ? 3 : 0, e);

	if (!skip(&r))
		return false;
	if (peek(&r) != '{')
		return wrong(&r, "expected '{'");
	if (!read_object(&r, a, str_from(s->container), root) || !skip(&r))
		return false;
	return r.at == text.n || wrong(&r, "there is something after the end");
}

/* The object that is the value of `m`, and `wanted` in it. */
static bool read_inner(struct arena *a, const struct clientconf_spot *s, struct str text,
		       const struct jsonc_member *m, struct str wanted, struct object *out,
		       struct clientconf_error *e)
{
	struct reader r = reader_at(s, text, m->value, e);

	if (peek(&r) != '{')
		return wrong(&r, "this must be an object");
	return read_object(&r, a, wanted, out);
}

/* Comments and trailing commas blanked out of a text that was read before. */
static struct str plain(struct arena *a, const struct clientconf_spot *s, struct str text)
{
	struct clientconf_error ignored;
	char *out = arena_copy(a, text.p, text.n);
	size_t comma = text.n;
	struct reader r = reader_at(s, text, 0, &ignored);

	while (r.at < text.n) {
		size_t from = r.at;
		char c = text.p[from];

		if (c == '"' && read_string(&r)) {
			comma = text.n;
		} else if (c == '/' && read_comment(&r)) {
			memset(out + from, ' ', r.at - from);
		} else {
			r.at = from + 1;
			if (c == ',')
				comma = from;
			else if ((c == '}' || c == ']') && comma < text.n)
				out[comma] = ' ';
			if (c != ',' && !strchr(" \t\r\n", c))
				comma = text.n;
		}
	}
	return str_n(out, text.n);
}

static struct json *parse_slice(struct arena *a, const struct clientconf_spot *s, struct str text,
				size_t from, size_t to)
{
	return json_parse(a, plain(a, s, str_n(text.p + from, to - from)), JSON_ANSWER, NULL);
}

struct json *jsonc_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
			   struct clientconf_error *e)
{
	struct object root, inner;
	struct json *v;

	if (is_empty(text))
		return json_new_object(a);
	if (!read_root(a, s, text, &root, e))
		return NULL;
	if (!root.has)
		return json_new_object(a);
	if (!read_inner(a, s, text, &root.found, str_from(s->name), &inner, e))
		return NULL;
	v = parse_slice(a, s, text, root.found.value, root.found.value_end);
	if (v)
		return v;
	e->offset = root.found.value;
	e->message = "a name comes twice in it, or it holds text that is no text";
	return NULL;
}

/* ---- writing ---- */

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

static struct style style_of(struct str text, const struct object *root)
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
static struct str add_member(struct arena *a, struct str text, const struct object *o,
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
static struct str drop_member(struct arena *a, struct str text, const struct object *o)
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
	struct object root, servers;
	struct style st;

	if (is_empty(text)) {
		*out = fresh(a, s, *f);
		return true;
	}
	if (!read_root(a, s, text, &root, e))
		return false;
	st = style_of(text, &root);
	if (!root.has) {
		*out = add_member(a, text, &root, &st, str_from(s->container), &wrapped);
		return true;
	}
	if (!read_inner(a, s, text, &root.found, str_from(s->name), &servers, e))
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
	struct object root, servers, entry;
	struct str name = json_name(member);
	struct style st;

	if (!read_root(a, s, *text, &root, e) ||
	    !read_inner(a, s, *text, &root.found, str_from(s->name), &servers, e) ||
	    !read_inner(a, s, *text, &servers.found, name, &entry, e))
		return false;
	st = style_of(*text, &root);
	if (!entry.has)
		*text = add_member(a, *text, &entry, &st, name, &f);
	else if (!json_equal(parse_slice(a, s, *text, entry.found.value, entry.found.value_end),
			     member))
		*text = replace_member(a, *text, &entry.found, &st, &f);
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
	struct object root, servers;

	*container = false;
	if (is_empty(text) || !read_root(a, s, text, &root, &ignored) || !root.has)
		return str_n(NULL, 0);
	*container = true;
	if (!read_inner(a, s, text, &root.found, str_from(s->name), &servers, &ignored) ||
	    !servers.has)
		return str_n(NULL, 0);
	return str_n(text.p + servers.found.value, servers.found.value_end - servers.found.value);
}

/* Removes the container when it is empty and was not there before. */
static bool drop_container(struct arena *a, const struct clientconf_spot *s, struct str *text,
			   bool was_there, bool *nothing, struct clientconf_error *e)
{
	struct object root, servers;

	if (!read_root(a, s, *text, &root, e))
		return false;
	if (root.has && !was_there &&
	    read_inner(a, s, *text, &root.found, str_from(s->name), &servers, e) &&
	    !servers.count &&
	    clientconf_blank(*text, servers.open + 1, servers.close)) {
		*text = drop_member(a, *text, &root);
		if (!read_root(a, s, *text, &root, e))
			return false;
	}
	*nothing = !root.count && clientconf_blank(*text, root.open + 1, root.close);
	return true;
}

bool jsonc_restore(struct arena *a, const struct clientconf_spot *s, struct str text,
		   struct str old, struct str *out, bool *nothing, struct clientconf_error *e)
{
	struct object root, servers;
	bool container;
	struct str before = entry_text(a, s, old, &container);

	*nothing = is_empty(text);
	*out = text;
	if (before.p)
		return put(a, s, text, &(struct filling){ .raw = before }, out, e);
	if (*nothing)
		return true;
	if (!read_root(a, s, text, &root, e))
		return false;
	if (root.has && !read_inner(a, s, text, &root.found, str_from(s->name), &servers, e))
		return false;
	if (root.has && servers.has)
		text = drop_member(a, text, &servers);
	if (!drop_container(a, s, &text, container, nothing, e))
		return false;
	*out = text;
	return true;
}
