/*
 * clientconf_toml.c - reading and editing TOML as a text.
 *
 * Knows the grammar (TOML 1.0; line breaks in inline tables, which 1.1 allows, are taken too) and
 * where statements begin and end; knows nothing of files and hosts.
 * A server is edited where it stands as a table of its own, [mcp_servers.NAME]; the other ways to
 * write one are read, and refused when they would have to be changed.
 */
#include "work/clientconf_int.h"

#include "base/limits.h"
#include "text/scan.h"

enum { MOST_PARTS = 16 };

struct key {
	struct str parts[MOST_PARTS];
	size_t n;
};

enum kind { TABLE, TABLES, PAIR };

/* One statement. */
struct item {
	enum kind kind;
	struct key path;      /* of a pair: below its table */
	size_t own;           /* parts of `path` that the table gave */
	size_t start, end;    /* whole lines */
	size_t value, value_end;
	struct json *v;       /* of a pair */
};

struct reader {
	struct arena *a;
	struct str t;
	size_t at;
	unsigned depth;
	struct clientconf_error *e;
	struct key table;
};

static struct json *read_value(struct reader *r);

static bool wrong(struct reader *r, const char *why)
{
	r->e->offset = r->at < r->t.n ? r->at : r->t.n;
	r->e->message = why;
	return false;
}

static struct json *no_value(struct reader *r, const char *why)
{
	wrong(r, why);
	return NULL;
}

static int peek(const struct reader *r)
{
	return r->at < r->t.n ? (unsigned char)r->t.p[r->at] : -1;
}

static bool ahead(const struct reader *r, const char *what)
{
	return str_starts(str_from_at(r->t, r->at), str_from(what));
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		r->at++;
}

static bool skip_comment(struct reader *r)
{
	if (peek(r) != '#')
		return true;
	for (; peek(r) >= 0 && peek(r) != '\n'; r->at++)
		if ((peek(r) < 0x20 && peek(r) != '\t' && !ahead(r, "\r\n")) || peek(r) == 0x7f)
			return wrong(r, "a control character in a comment");
	return true;
}

/* Blanks, line ends and comments. */
static bool skip_lines(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		if (!skip_comment(r))
			return false;
		if (ahead(r, "\r\n"))
			r->at += 2;
		else if (peek(r) == '\n')
			r->at++;
		else
			return true;
	}
}

/* What may follow a statement on its line; takes the line end too. */
static bool end_line(struct reader *r)
{
	skip_blanks(r);
	if (!skip_comment(r))
		return false;
	if (ahead(r, "\r\n"))
		r->at += 2;
	else if (peek(r) == '\n')
		r->at++;
	else if (peek(r) >= 0)
		return wrong(r, "expected the end of the line");
	return true;
}

/* ---- strings ---- */

static bool add_code_point(struct reader *r, struct buf *b, int digits)
{
	uint32_t c = 0;

	for (int i = 0; i < digits; i++, r->at++) {
		const char *set = "0123456789abcdef";
		int d = peek(r) >= 'A' && peek(r) <= 'F' ? peek(r) + 32 : peek(r);
		const char *hit = d > 0 ? strchr(set, d) : NULL;

		if (!hit)
			return wrong(r, "this escape needs more hexadecimal digits");
		c = c << 4 | (uint32_t)(hit - set);
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return wrong(r, "this is no character");
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
static bool line_continues(struct reader *r)
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

static bool read_escape(struct reader *r, struct buf *b, bool lines)
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
		return wrong(r, "this is no escape");
	r->at++;
	if (!hit)
		return add_code_point(r, b, c == 'u' ? 4 : c == 'U' ? 8 : 2);
	buf_addc(b, to[hit - from]);
	return true;
}

/* The string at the cursor; `lines`: three quotes are allowed. */
static bool read_string(struct reader *r, bool lines, struct str *out)
{
	char quote = r->t.p[r->at];
	char three[4] = { quote, quote, quote, 0 };
	bool basic = quote == '"', multi = ahead(r, three);
	size_t from = r->at;
	struct buf b;

	if (multi && !lines)
		return wrong(r, "a name cannot have several lines");
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
			return wrong(r, "this string does not end");
		}
		if (c == quote && (!multi || ahead(r, three)))
			break;
		if ((c < 0x20 && c != '\t' && !(multi && (c == '\n' || ahead(r, "\r\n")))) ||
		    c == 0x7f)
			return wrong(r, "a control character in a string");
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
	return wrong(r, "this string is not UTF-8");
}

/* ---- names ---- */

static bool is_bare(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool read_key(struct reader *r, struct key *k)
{
	for (;;) {
		size_t from;

		skip_blanks(r);
		if (k->n == MOST_PARTS)
			return wrong(r, "this name has too many parts");
		from = r->at;
		if (peek(r) == '"' || peek(r) == '\'') {
			if (!read_string(r, false, &k->parts[k->n]))
				return false;
		} else {
			while (is_bare(peek(r)))
				r->at++;
			if (r->at == from)
				return wrong(r, "expected a name");
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

static struct json *read_array(struct reader *r)
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
static bool put_at(struct arena *a, struct json *root, const struct key *k, size_t n,
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

static struct json *read_inline_table(struct reader *r)
{
	struct json *table = json_new_object(r->a), *v;

	r->at++;
	for (;;) {
		struct key k = { .n = 0 };
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
		if (!put_at(r->a, table, &k, k.n, v)) {
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
static struct json *read_word(struct reader *r)
{
	size_t from = r->at;
	struct str word;
	bool date;

	while (is_bare(peek(r)) || peek(r) == '+' || peek(r) == '.' || peek(r) == ':')
		r->at++;
	/* A date and its time may have a blank between them. */
	date = r->at - from == 10 && r->t.p[from + 4] == '-';
	if (date && peek(r) == ' ' && r->at + 1 < r->t.n && r->t.p[r->at + 1] >= '0' &&
	    r->t.p[r->at + 1] <= '2')
		for (r->at++; is_bare(peek(r)) || (peek(r) > 0 && strchr("+.:", peek(r)));)
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

static struct json *read_value(struct reader *r)
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

static bool read_header(struct reader *r, struct item *it)
{
	bool tables = ahead(r, "[[");

	it->kind = tables ? TABLES : TABLE;
	r->at += tables ? 2 : 1;
	if (!read_key(r, &it->path))
		return false;
	if (!ahead(r, tables ? "]]" : "]"))
		return wrong(r, tables ? "expected ']]'" : "expected ']'");
	r->at += tables ? 2 : 1;
	it->own = it->path.n;
	r->table = it->path;
	return true;
}

static bool read_pair(struct reader *r, struct item *it)
{
	it->kind = PAIR;
	it->path = r->table;
	it->own = r->table.n;
	if (!read_key(r, &it->path))
		return false;
	if (peek(r) != '=')
		return wrong(r, "expected '='");
	r->at++;
	skip_blanks(r);
	it->value = r->at;
	it->v = read_value(r);
	it->value_end = r->at;
	return it->v != NULL;
}

/* The next statement; false at the end (e->message NULL) or when the text is wrong. */
static bool next_item(struct reader *r, struct item *it)
{
	*it = (struct item){ .kind = PAIR };
	if (!skip_lines(r) || peek(r) < 0)
		return false;
	it->start = clientconf_line_start(r->t, r->at);
	if (!(peek(r) == '[' ? read_header(r, it) : read_pair(r, it)) || !end_line(r))
		return false;
	it->end = r->at;
	return true;
}

static struct reader reader_of(struct arena *a, struct str text, struct clientconf_error *e)
{
	*e = (struct clientconf_error){ 0 };
	return (struct reader){
		.a = a, .t = text, .at = str_starts(text, S("\xef\xbb\xbf")) ? 3 : 0, .e = e,
	};
}

/* ---- the entry ---- */

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

static bool is_entry(const struct clientconf_spot *s, const struct key *k, size_t n)
{
	return n >= 2 && str_eq(k->parts[0], str_from(s->container)) &&
	       str_eq(k->parts[1], str_from(s->name));
}

static void look_at_pair(struct entry *en, const struct item *it)
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
	struct reader r = reader_of(a, text, e);
	struct item it;

	*out = (struct entry){ .members = members };
	while (next_item(&r, &it)) {
		bool ours = is_entry(s, &it.path, it.path.n), inline_all;

		inline_all = it.kind == PAIR && it.path.n == 1 &&
			     str_eq(it.path.parts[0], str_from(s->container));
		if (!ours && !inline_all)
			continue;
		out->has_below |= it.kind != PAIR && it.path.n > 2;
		if (it.kind == TABLE && it.path.n == 2) {
			if (out->has_table) {
				r.at = it.start;
				return wrong(&r, "this table is there twice");
			}
			out->has_table = true;
			out->start = it.start;
			out->head_end = out->end = it.end;
		} else if (it.kind == PAIR && it.own == 2) {
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
static bool add_table(struct arena *a, struct json *root, const struct key *k)
{
	struct json *list = json_new_array(a);

	if (!put_at(a, root, k, k->n, list)) {
		/* put_at goes into the last item of an array; the array itself is above that. */
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
	struct reader r = reader_of(a, text, e);
	struct item it;

	while (next_item(&r, &it)) {
		bool good = true;

		if (!str_eq(it.path.parts[0], str_from(s->container)))
			continue;
		if (it.kind == PAIR)
			good = put_at(a, root, &it.path, it.path.n, it.v);
		else if (it.kind == TABLE)
			/* A table may come after what is below it. */
			(void)put_at(a, root, &it.path, it.path.n, json_new_object(a));
		else
			good = add_table(a, root, &it.path);
		if (!good) {
			r.at = it.start;
			wrong(&r, "this name is there twice");
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
		if (!is_bare((unsigned char)s.p[i]))
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
		struct reader r = reader_of(a, *text, e);
		size_t from = 0, to = 0;
		bool hit = false, here = false;
		struct item it;

		while (next_item(&r, &it)) {
			if (it.kind != PAIR) {
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
