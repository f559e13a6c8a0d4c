/*
 * clientconf_toml.c - reading TOML as a text: statement by statement, with their places.
 *
 * Knows the grammar (TOML 1.0; line breaks in inline tables, which 1.1 allows, are taken too) and
 * where statements begin and end; knows nothing of files and hosts, and changes nothing.
 */
#include "work/clientconf_toml.h"

#include "base/limits.h"
#include "text/scan.h"

static struct json *read_value(struct toml_reader *r);

bool toml_wrong(struct toml_reader *r, const char *why)
{
	r->e->offset = r->at < r->t.n ? r->at : r->t.n;
	r->e->message = why;
	return false;
}

static struct json *no_value(struct toml_reader *r, const char *why)
{
	toml_wrong(r, why);
	return NULL;
}

static int peek(const struct toml_reader *r)
{
	return r->at < r->t.n ? (unsigned char)r->t.p[r->at] : -1;
}

static bool ahead(const struct toml_reader *r, const char *what)
{
	return str_starts(str_from_at(r->t, r->at), str_from(what));
}

static void skip_blanks(struct toml_reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		r->at++;
}

static bool skip_comment(struct toml_reader *r)
{
	if (peek(r) != '#')
		return true;
	for (; peek(r) >= 0 && peek(r) != '\n'; r->at++)
		if ((peek(r) < 0x20 && peek(r) != '\t' && !ahead(r, "\r\n")) || peek(r) == 0x7f)
			return toml_wrong(r, "a control character in a comment");
	return true;
}

/* False when there is no line end here. */
static bool take_line_end(struct toml_reader *r)
{
	size_t n = ahead(r, "\r\n") ? 2 : peek(r) == '\n' ? 1 : 0;

	r->at += n;
	return n > 0;
}

/* Blanks, line ends and comments. */
static bool skip_lines(struct toml_reader *r)
{
	do {
		skip_blanks(r);
		if (!skip_comment(r))
			return false;
	} while (take_line_end(r));
	return true;
}

/* What may follow a statement on its line; takes the line end too. */
static bool end_line(struct toml_reader *r)
{
	skip_blanks(r);
	if (!skip_comment(r))
		return false;
	if (!take_line_end(r) && peek(r) >= 0)
		return toml_wrong(r, "expected the end of the line");
	return true;
}

/* ---- strings ---- */

static bool add_code_point(struct toml_reader *r, struct buf *b, int digits)
{
	uint32_t c = 0;

	for (int i = 0; i < digits; i++, r->at++) {
		const char *set = "0123456789abcdef";
		int d = peek(r) >= 'A' && peek(r) <= 'F' ? peek(r) + 32 : peek(r);
		const char *hit = d > 0 ? strchr(set, d) : NULL;

		if (!hit)
			return toml_wrong(r, "this escape needs more hexadecimal digits");
		c = c << 4 | (uint32_t)(hit - set);
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return toml_wrong(r, "this is no character");
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return true;
	}
	if (c >= 0x10000) {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_addc(b, (char)(0xe0 | c >> 12));
	}
	if (c >= 0x800)
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	else
		buf_addc(b, (char)(0xc0 | c >> 6));
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
	return true;
}

/* A backslash at the end of a line takes the white space that follows along. */
static bool line_continues(struct toml_reader *r)
{
	size_t at = r->at;

	skip_blanks(r);
	if (peek(r) != '\n' && !ahead(r, "\r\n")) {
		r->at = at;
		return false;
	}
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || ahead(r, "\r\n"))
		r->at++;
	return true;
}

static bool read_escape(struct toml_reader *r, struct buf *b, bool lines)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
	const char *hit;
	int c;

	r->at++;
	if (lines && line_continues(r))
		return true;
	c = peek(r);
	hit = c > 0 ? strchr(from, c) : NULL;
	if (!hit && c != 'u' && c != 'U' && c != 'x')
		return toml_wrong(r, "this is no escape");
	r->at++;
	if (!hit)
		return add_code_point(r, b, c == 'u' ? 4 : c == 'U' ? 8 : 2);
	buf_addc(b, to[hit - from]);
	return true;
}

/* The string at the cursor; `lines`: three quotes are allowed. */
static bool read_string(struct toml_reader *r, bool lines, struct str *out)
{
	char quote = r->t.p[r->at];
	char three[4] = { quote, quote, quote, 0 };
	bool basic = quote == '"', multi = ahead(r, three);
	size_t from = r->at;
	struct buf b;

	if (multi && !lines)
		return toml_wrong(r, "a name cannot have several lines");
	buf_init_in(&b, r->a, LIMIT_CLIENT_FILE);
	r->at += multi ? 3 : 1;
	if (multi && ahead(r, "\r\n"))
		r->at += 2;
	else if (multi && peek(r) == '\n')
		r->at++;
	for (;;) {
		int c = peek(r);

		if (c < 0 || (c == '\n' && !multi)) {
			r->at = from;
			return toml_wrong(r, "this string does not end");
		}
		if (c == quote && (!multi || ahead(r, three)))
			break;
		if ((c < 0x20 && c != '\t' && !(multi && (c == '\n' || ahead(r, "\r\n")))) ||
		    c == 0x7f)
			return toml_wrong(r, "a control character in a string");
		if (basic && c == '\\') {
			if (!read_escape(r, &b, multi))
				return false;
			continue;
		}
		buf_addc(&b, (char)c);
		r->at++;
	}
	r->at += multi ? 3 : 1;
	/* Up to two quotes may stand directly in front of the closing three. */
	for (int i = 0; multi && i < 2 && peek(r) == quote; i++, r->at++)
		buf_addc(&b, quote);
	*out = buf_str(&b);
	if (str_is_utf8(*out))
		return true;
	r->at = from;
	return toml_wrong(r, "this string is not UTF-8");
}

/* ---- names ---- */

bool toml_is_bare(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool read_key(struct toml_reader *r, struct toml_key *k)
{
	for (;;) {
		size_t from;

		skip_blanks(r);
		if (k->n == TOML_PARTS)
			return toml_wrong(r, "this name has too many parts");
		from = r->at;
		if (peek(r) == '"' || peek(r) == '\'') {
			if (!read_string(r, false, &k->parts[k->n]))
				return false;
		} else {
			while (toml_is_bare(peek(r)))
				r->at++;
			if (r->at == from)
				return toml_wrong(r, "expected a name");
			k->parts[k->n] = str_n(r->t.p + from, r->at - from);
		}
		k->n++;
		skip_blanks(r);
		if (peek(r) != '.')
			return true;
		r->at++;
	}
}

/* ---- values ---- */

static struct json *read_array(struct toml_reader *r)
{
	struct json *list = json_new_array(r->a), *v;

	r->at++;
	for (;;) {
		if (!skip_lines(r))
			return NULL;
		if (peek(r) == ']')
			break;
		v = read_value(r);
		if (!v || !skip_lines(r))
			return NULL;
		json_push(list, v);
		if (peek(r) != ',' && peek(r) != ']')
			return no_value(r, "expected ',' or ']'");
		if (peek(r) == ',')
			r->at++;
	}
	r->at++;
	return list;
}

/* Puts a value below a path of names; false when something else stands there. */
bool toml_put(struct arena *a, struct json *root, const struct toml_key *k, size_t n,
		   struct json *v)
{
	for (size_t i = 0; i + 1 < n; i++) {
		struct json *next = json_get_n(root, k->parts[i]);

		if (!next)
			next = json_set_n(a, root, k->parts[i], json_new_object(a));
		if (json_is(next, JSON_ARRAY)) {
			struct json *last = NULL;

			JSON_EACH(item, next)
				last = item;
			next = last;
		}
		if (!json_is(next, JSON_OBJECT))
			return false;
		root = next;
	}
	if (json_get_n(root, k->parts[n - 1]))
		return false;
	json_set_n(a, root, k->parts[n - 1], v);
	return true;
}

static struct json *read_inline_table(struct toml_reader *r)
{
	struct json *table = json_new_object(r->a), *v;

	r->at++;
	for (;;) {
		struct toml_key k = { .n = 0 };
		size_t from;

		if (!skip_lines(r))
			return NULL;
		if (peek(r) == '}')
			break;
		from = r->at;
		if (!read_key(r, &k))
			return NULL;
		if (peek(r) != '=')
			return no_value(r, "expected '='");
		r->at++;
		skip_blanks(r);
		v = read_value(r);
		if (!v || !skip_lines(r))
			return NULL;
		if (!toml_put(r->a, table, &k, k.n, v)) {
			r->at = from;
			return no_value(r, "this name is there twice");
		}
		if (peek(r) != ',' && peek(r) != '}')
			return no_value(r, "expected ',' or '}'");
		if (peek(r) == ',')
			r->at++;
	}
	r->at++;
	return table;
}

/* Numbers, dates, true and false: only what they are made of is looked at. */
static struct json *read_word(struct toml_reader *r)
{
	size_t from = r->at;
	struct str word;
	bool date;

	while (toml_is_bare(peek(r)) || peek(r) == '+' || peek(r) == '.' || peek(r) == ':')
		r->at++;
	/* A date and its time may have a blank between them. */
	date = r->at - from == 10 && r->t.p[from + 4] == '-';
	if (date && peek(r) == ' ' && r->at + 1 < r->t.n && r->t.p[r->at + 1] >= '0' &&
	    r->t.p[r->at + 1] <= '2')
		for (r->at++; toml_is_bare(peek(r)) || (peek(r) > 0 && strchr("+.:", peek(r)));)
			r->at++;
	word = str_n(r->t.p + from, r->at - from);
	if (str_eq(word, S("true")) || str_eq(word, S("false")))
		return json_new_bool(r->a, word.n == 4);
	if (scan_is_number(word))
		return json_new_number(r->a, word);
	if (word.n && (strchr("+-0123456789", word.p[0]) || str_eq(word, S("inf")) ||
		       str_eq(word, S("nan"))))
		return json_new_str(r->a, word);
	r->at = from;
	return no_value(r, "expected a value");
}

static struct json *read_value(struct toml_reader *r)
{
	struct json *v;
	struct str s;

	if (r->depth >= LIMIT_JSON_DEPTH)
		return no_value(r, "this is nested too deeply");
	if (peek(r) == '"' || peek(r) == '\'')
		return read_string(r, true, &s) ? json_new_str(r->a, s) : NULL;
	r->depth++;
	v = peek(r) == '[' ? read_array(r) : peek(r) == '{' ? read_inline_table(r) : read_word(r);
	r->depth--;
	return v;
}

/* ---- statements ---- */

static bool read_header(struct toml_reader *r, struct toml_item *it)
{
	bool tables = ahead(r, "[[");

	it->kind = tables ? TOML_TABLES : TOML_TABLE;
	r->at += tables ? 2 : 1;
	if (!read_key(r, &it->path))
		return false;
	if (!ahead(r, tables ? "]]" : "]"))
		return toml_wrong(r, tables ? "expected ']]'" : "expected ']'");
	r->at += tables ? 2 : 1;
	it->own = it->path.n;
	r->table = it->path;
	return true;
}

static bool read_pair(struct toml_reader *r, struct toml_item *it)
{
	it->kind = TOML_PAIR;
	it->path = r->table;
	it->own = r->table.n;
	if (!read_key(r, &it->path))
		return false;
	if (peek(r) != '=')
		return toml_wrong(r, "expected '='");
	r->at++;
	skip_blanks(r);
	it->value = r->at;
	it->v = read_value(r);
	it->value_end = r->at;
	return it->v != NULL;
}

/* The next statement; false at the end (e->message NULL) or when the text is toml_wrong. */
bool toml_next(struct toml_reader *r, struct toml_item *it)
{
	*it = (struct toml_item){ .kind = TOML_PAIR };
	if (!skip_lines(r) || peek(r) < 0)
		return false;
	it->start = clientconf_line_start(r->t, r->at);
	if (!(peek(r) == '[' ? read_header(r, it) : read_pair(r, it)) || !end_line(r))
		return false;
	it->end = r->at;
	return true;
}

struct toml_reader toml_reader_of(struct arena *a, struct str text, struct clientconf_error *e)
{
	*e = (struct clientconf_error){ 0 };
	return (struct toml_reader){
		.a = a, .t = text, .at = str_starts(text, S("\xef\xbb\xbf")) ? 3 : 0, .e = e,
	};
}
