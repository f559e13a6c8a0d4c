/*
 * newton.c - a lenient JSON reader with the messages of Newtonsoft.Json.
 *
 * The strict reader goes first; this one only sees what that refused.
 */
#include "wdl/newton.h"

#include "base/limits.h"
#include "wdl/index.h"
#include "wdl/lex.h"
#include "wdl/text.h"

/* One open container: for the path in messages, and the names of an object for duplicates. */
struct level {
	struct json *container;
	bool object;
	struct str name;
	long index;
	struct wdl_index members;
};

struct reader {
	struct arena *a;
	struct str s;
	size_t pos, line_start;
	unsigned line;
	bool started;
	struct str error;
	bool failed;
	struct level levels[LIMIT_JSON_DEPTH + 1];
	unsigned depth;
};

static struct json *value(struct reader *r);

/* ---- messages ---- */

static bool special(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr(". '/\"[]()\t\n\r\f\b\\", name.p[i]))
			return true;
	return false;
}

static void add_path(struct reader *r, struct buf *b, unsigned levels)
{
	for (unsigned i = 0; i < levels; i++) {
		const struct level *l = &r->levels[i];

		if (!l->object && l->index >= 0)
			buf_addf(b, "[%ld]", l->index);
		else if (l->object && l->name.p && special(l->name))
			buf_addf(b, "['%.*s']", STR_ARG(l->name));
		else if (l->object && l->name.p)
			buf_addf(b, "%s%.*s", b->n ? "." : "", STR_ARG(l->name));
	}
}

static void *fail_at(struct reader *r, size_t at, struct str message)
{
	struct buf path;
	size_t position = wdl_units(str_n(r->s.p + r->line_start, at - r->line_start));

	if (r->failed)
		return NULL;
	r->failed = true;
	buf_init_in(&path, r->a, 4096);
	add_path(r, &path, r->depth);
	r->error = str_fmt(r->a, "%.*s Path '%.*s', line %u, position %zu.", STR_ARG(message),
			   STR_ARG(buf_str(&path)), !r->started && position == 0 ? 0 : r->line,
			   position);
	return NULL;
}

static void *fail(struct reader *r, const char *message)
{
	return fail_at(r, r->pos, str_from(message));
}

static void *fail_char(struct reader *r, const char *message)
{
	size_t n = wdl_char_length(r->s.p + r->pos, r->s.n - r->pos);

	return fail_at(r, r->pos, str_fmt(r->a, "%s%.*s.", message, (int)n, r->s.p + r->pos));
}

static void *fail_end(struct reader *r)
{
	struct buf path;

	if (r->failed)
		return NULL;
	r->failed = true;
	buf_init_in(&path, r->a, 4096);
	add_path(r, &path, r->depth ? r->depth - 1 : 0);
	r->error = str_fmt(r->a, "Unexpected end when reading token. Path '%.*s'.",
			   STR_ARG(buf_str(&path)));
	return NULL;
}

/* ---- blanks ---- */

static char look(struct reader *r, size_t ahead)
{
	return r->pos + ahead < r->s.n ? r->s.p[r->pos + ahead] : 0;
}

static void newline(struct reader *r)
{
	r->line++;
	r->line_start = r->pos;
}

static bool comment(struct reader *r)
{
	r->started = true;
	if (look(r, 1) == '/') {
		while (r->pos < r->s.n && look(r, 0) != '\n' && look(r, 0) != '\r')
			r->pos++;
		return true;
	}
	if (look(r, 1) != '*') {
		r->pos++;
		if (r->pos >= r->s.n)
			return fail(r, "Unexpected end while parsing comment.") != NULL;
		return fail_char(r, "Error parsing comment. Expected: *, got ") != NULL;
	}
	for (r->pos += 2; r->pos < r->s.n;) {
		char c = r->s.p[r->pos++];

		if (c == '\n')
			newline(r);
		if (c == '*' && look(r, 0) == '/') {
			r->pos++;
			return true;
		}
	}
	return fail(r, "Unexpected end while parsing comment.") != NULL;
}

static bool blank(struct reader *r)
{
	size_t n;

	while (r->pos < r->s.n) {
		char c = look(r, 0);

		if (c == '/') {
			if (!comment(r))
				return false;
			continue;
		}
		n = wdl_space_at(r->s.p + r->pos, r->s.n - r->pos);
		if (n == 0)
			break;
		r->pos += n;
		if (c == '\n' || (c == '\r' && look(r, 0) != '\n'))
			newline(r);
	}
	return true;
}

/* ---- scalars ---- */

static void next_index(struct reader *r)
{
	if (r->depth && !r->levels[r->depth - 1].object)
		r->levels[r->depth - 1].index++;
}

static bool separator(struct reader *r, size_t at)
{
	return at >= r->s.n || wdl_space_at(r->s.p + at, r->s.n - at) ||
	       (r->s.p[at] && strchr(",}])/", r->s.p[at]));
}

static bool hex4(struct str s, size_t at, unsigned *out)
{
	*out = 0;
	for (size_t i = at; i < at + 4; i++) {
		int digit = i < s.n ? str_hex_digit(s.p[i]) : -1;

		if (digit < 0)
			return false;
		*out = *out * 16 + (unsigned)digit;
	}
	return true;
}

/* The one that begins here, in UTF-8. */
static struct str character(const struct reader *r)
{
	size_t n = 1;

	while (r->pos + n < r->s.n && ((unsigned char)r->s.p[r->pos + n] & 0xc0) == 0x80)
		n++;
	return str_n(r->s.p + r->pos, n);
}

static bool escape(struct reader *r, struct buf *b)
{
	static const char from[] = "btnfr\\\"'/", to[] = "\b\t\n\f\r\\\"'/";
	char c = look(r, 1);
	const char *known = c ? strchr(from, c) : NULL;
	unsigned unit, low;

	if (known) {
		buf_addc(b, to[known - from]);
		r->pos += 2;
		return true;
	}
	if (c != 'u') {
		r->pos += 1;
		return fail_at(r, r->pos + 1,
			       str_fmt(r->a, "Bad JSON escape sequence: \\%.*s.",
				       STR_ARG(c ? character(r) : S(" ")))) != NULL;
	}
	if (!hex4(r->s, r->pos + 2, &unit))
		return fail(r, "Invalid Unicode escape sequence.") != NULL;
	r->pos += 6;
	if (unit >= 0xd800 && unit < 0xdc00 && look(r, 0) == '\\' && look(r, 1) == 'u' &&
	    hex4(r->s, r->pos + 2, &low) && low >= 0xdc00 && low < 0xe000) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		r->pos += 6;
	}
	wdl_add_point(b, (unit >= 0xd800 && unit < 0xe000) || unit == 0 ? 0xfffd : unit);
	return true;
}

static bool quoted(struct reader *r, struct str *out)
{
	char quote = look(r, 0);
	struct buf b;

	r->started = true;
	r->pos++;
	buf_init_in(&b, r->a, r->s.n + 8);
	while (r->pos < r->s.n) {
		char c = look(r, 0);

		if (c == quote) {
			r->pos++;
			*out = buf_str(&b);
			return true;
		}
		if (c == '\\' && r->pos + 1 < r->s.n) {
			if (!escape(r, &b))
				return false;
			continue;
		}
		buf_addc(&b, c);
		r->pos++;
		if (c == '\n')
			newline(r);
	}
	return fail_at(r, r->pos, str_fmt(r->a, "Unterminated string. Expected delimiter: %c.", quote)) != NULL;
}

static struct json *word(struct reader *r, const char *text, const char *kind, struct json *v)
{
	size_t n = strlen(text);

	r->started = true;
	for (size_t i = 0; i < n; i++) {
		if (r->pos + i >= r->s.n) {
			r->pos = r->s.n;
			return fail(r, "Unexpected end when reading JSON.");
		}
		if (r->s.p[r->pos + i] != text[i])
			return fail_at(r, r->pos + i, str_fmt(r->a, "Error parsing %s value.", kind));
	}
	if (!separator(r, r->pos + n))
		return fail_at(r, r->pos + n, str_fmt(r->a, "Error parsing %s value.", kind));
	r->pos += n;
	next_index(r);
	return v;
}

/* Digits in base 8 or 16. */
static bool based(struct str s, unsigned base, int64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)str_hex_digit(s.p[i]);

		if (d >= base || v > ((uint64_t)INT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = (int64_t)v;
	return s.n > 0;
}

static struct json *number_of(struct reader *r, struct str t)
{
	struct str body = t.n && t.p[0] == '-' ? str_from_at(t, 1) : t;
	char plain[64];
	int64_t v;
	size_t n = 0;

	if (t.n > 1 && t.p[0] == '0' && (t.p[1] == 'x' || t.p[1] == 'X'))
		return based(str_from_at(t, 2), 16, &v) ? json_new_int(r->a, v) : NULL;
	if (t.n > 1 && t.p[0] == '0' && t.p[1] >= '0' && t.p[1] <= '9')
		return based(t, 8, &v) ? json_new_int(r->a, v) : NULL;
	if (str_to_i64(t, &v))
		return json_new_int(r->a, v);
	/* A double, after 1. and .5 have been given the digits that JSON wants. */
	if (body.n == 0 || t.n > sizeof(plain) - 8)
		return NULL;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '.' && (i == 0 || t.p[i - 1] == '-'))
			plain[n++] = '0';
		plain[n++] = t.p[i];
		if (t.p[i] == '.' && (i + 1 == t.n || !strchr("0123456789", t.p[i + 1])))
			plain[n++] = '0';
	}
	return json_parse(r->a, str_dup(r->a, str_n(plain, n)), JSON_STRICT, NULL);
}

static struct json *number(struct reader *r)
{
	size_t start = r->pos, end = start;
	struct json *v;
	struct str text;

	r->started = true;
	while (end < r->s.n && r->s.p[end] && strchr("-.0123456789abcdefABCDEFxX+", r->s.p[end]))
		end++;
	r->pos = end;
	if (!separator(r, end))
		return fail_char(r, "Unexpected character encountered while parsing number: ");
	next_index(r);
	text = str_n(r->s.p + start, end - start);
	v = number_of(r, text);
	return v ? v : fail_at(r, end, str_fmt(r->a, "Input string '%.*s' is not a valid number.",
					       STR_ARG(str_first(text, 200))));
}

/* ---- containers ---- */

static bool name_char(char c)
{
	return wdl_is_letter(c) || wdl_is_digit(c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static bool property_name(struct reader *r, struct str *name)
{
	size_t start = r->pos;
	char c = look(r, 0);

	if (c == '"' || c == '\'') {
		if (!quoted(r, name))
			return false;
	} else {
		while (r->pos < r->s.n && name_char(look(r, 0)))
			r->pos++;
		if (r->pos == start)
			return fail_char(r, "Invalid property identifier character: ") != NULL;
		if (look(r, 0) != ':' && r->pos < r->s.n &&
		    !wdl_space_at(r->s.p + r->pos, r->s.n - r->pos))
			return fail_char(r, "Invalid JavaScript property identifier character: ") != NULL;
		*name = str_n(r->s.p + start, r->pos - start);
	}
	if (!blank(r))
		return false;
	if (r->pos >= r->s.n)
		return fail_end(r) != NULL;
	if (look(r, 0) != ':')
		return fail_char(r, "Invalid character after parsing property name. Expected ':' but got: ") != NULL;
	r->pos++;
	return true;
}

/* After an item: true when another one follows, false at the end or after a failure. */
static bool more(struct reader *r, char close, const char *wrong)
{
	char other = close == '}' ? ']' : '}', c;

	if (!blank(r) || r->pos >= r->s.n) /* the end closes everything */
		return false;
	c = look(r, 0);
	if (c == close) {
		r->pos++;
		return false;
	}
	if (c == other) {
		r->pos++;
		return fail(r, wrong) != NULL;
	}
	if (c != ',')
		return fail_char(r, "After parsing a value an unexpected character was encountered: ") != NULL;
	r->pos++;
	if (!blank(r))
		return false;
	if (r->pos >= r->s.n)
		return fail_end(r) != NULL;
	if (look(r, 0) != close)
		return true;
	r->pos++;
	return false;
}

static struct json *container(struct reader *r, bool object)
{
	struct level *l;
	bool again;

	next_index(r);
	if (r->depth >= LIMIT_JSON_DEPTH)
		return fail_at(r, r->pos, str_fmt(r->a, "The reader's MaxDepth of %d has been exceeded.",
						  LIMIT_JSON_DEPTH));
	r->started = true;
	r->pos++;
	l = &r->levels[r->depth++];
	*l = (struct level){ .container = object ? json_new_object(r->a) : json_new_array(r->a),
			     .object = object, .index = -1 };
	l->members.object = l->container;
	if (!blank(r))
		return NULL;
	if (r->pos >= r->s.n)
		return fail_end(r);
	again = look(r, 0) != (object ? '}' : ']');
	r->pos += !again;
	while (again) {
		struct json *v;

		if (object && !property_name(r, &l->name))
			return NULL;
		v = value(r);
		if (!v)
			return NULL;
		if (object)
			wdl_index_put(r->a, &l->members, l->name, v);
		else
			json_push(l->container, v);
		again = more(r, object ? '}' : ']',
			     object ? "JsonToken EndArray is not valid for closing JsonType Object."
				    : "JsonToken EndObject is not valid for closing JsonType Array.");
	}
	r->depth--;
	return r->failed ? NULL : l->container;
}

static struct json *value(struct reader *r)
{
	struct str text = { 0 };
	char c;

	if (!blank(r))
		return NULL;
	if (r->pos >= r->s.n)
		return fail_end(r);
	c = look(r, 0);
	switch (c) {
	case '{':
	case '[':
		return container(r, c == '{');
	case '"':
	case '\'':
		if (!quoted(r, &text))
			return NULL;
		next_index(r);
		return json_new_str(r->a, text);
	case ',': /* a comma where a value belongs stands for null */
		r->started = true;
		next_index(r);
		return json_new_null(r->a);
	case ']':
		r->pos++;
		r->started = true;
		return fail_at(r, r->pos,
			       str_fmt(r->a, "JsonToken EndArray is not valid for closing JsonType %s.",
				       r->depth ? "Object" : "None"));
	case 't':
		return word(r, "true", "boolean", json_new_bool(r->a, true));
	case 'f':
		return word(r, "false", "boolean", json_new_bool(r->a, false));
	case 'n':
		return word(r, "null", "null", json_new_null(r->a));
	case 'u':
		return word(r, "undefined", "undefined", json_new_null(r->a));
	case 'N':
		return word(r, "NaN", "NaN", json_new_z(r->a, "NaN"));
	case 'I':
		return word(r, "Infinity", "Infinity", json_new_z(r->a, "Infinity"));
	default:
		break;
	}
	if (c == '-' && look(r, 1) == 'I')
		return word(r, "-Infinity", "-Infinity", json_new_z(r->a, "-Infinity"));
	if (c == '-' || c == '.' || (c >= '0' && c <= '9'))
		return number(r);
	return fail_char(r, "Unexpected character encountered while parsing value: ");
}

struct json *wdl_read_json(struct arena *a, struct str text, struct str *message)
{
	struct reader *r;
	struct json *v = json_parse(a, text, JSON_STRICT, NULL);

	*message = str_from("");
	if (v)
		return v;
	r = arena_alloc(a, sizeof(*r));
	r->a = a;
	r->s = text;
	r->line = 1;
	if (blank(r) && r->pos >= text.n)
		return NULL;
	v = r->failed ? NULL : value(r);
	*message = r->error;
	return v;
}
