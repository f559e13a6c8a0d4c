/*
 * clientconf_json.c - reading JSON, with or without comments, as a text: where members stand.
 *
 * Knows the grammar (RFC 8259; comments and trailing commas as VS Code's own files have them);
 * knows nothing of files and hosts, and changes nothing.
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

static void note(struct jsonc_object *o, const struct jsonc_member *m, bool hit)
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
static bool read_object(struct reader *r, struct arena *a, struct str wanted,
			struct jsonc_object *o)
{
	struct jsonc_member m;
	bool done;

	if (o)
		*o = (struct jsonc_object){ .open = r->at };
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
bool jsonc_is_empty(struct str text)
{
	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_from_at(text, 3);
	return str_trim(text).n == 0;
}

/* Checks the whole text and finds a member of its root. */
bool jsonc_read_root(struct arena *a, const struct clientconf_spot *s, struct str text,
		      struct jsonc_object *root, struct clientconf_error *e)
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
bool jsonc_read_inner(struct arena *a, const struct clientconf_spot *s, struct str text,
		       const struct jsonc_member *m, struct str wanted, struct jsonc_object *out,
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

struct json *jsonc_parse_slice(struct arena *a, const struct clientconf_spot *s, struct str text,
				size_t from, size_t to)
{
	return json_parse(a, plain(a, s, str_n(text.p + from, to - from)), JSON_ANSWER, NULL);
}

struct json *jsonc_servers(struct arena *a, const struct clientconf_spot *s, struct str text,
			   struct clientconf_error *e)
{
	struct jsonc_object root, inner;
	struct json *v;

	if (jsonc_is_empty(text))
		return json_new_object(a);
	if (!jsonc_read_root(a, s, text, &root, e))
		return NULL;
	if (!root.has)
		return json_new_object(a);
	if (!jsonc_read_inner(a, s, text, &root.found, str_from(s->name), &inner, e))
		return NULL;
	v = jsonc_parse_slice(a, s, text, root.found.value, root.found.value_end);
	if (v)
		return v;
	e->offset = root.found.value;
	e->message = "a name comes twice in it, or it holds text that is no text";
	return NULL;
}
