/*
 * lex.c - tokens of an expression.
 *
 * Knows characters; knows no grammar and reports nothing.
 */
#include "wdl/lex.h"

#include "wdl/dialect.h"

size_t wdl_char_length(const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

	if (c < 0x80 || want > n)
		return 1;
	for (size_t i = 1; i < want; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 1; /* not UTF-8: a byte at a time */
	return want;
}

/* Nearly every character of an expression is; the rest of this file is slow on purpose. */
static bool is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

static unsigned point_at(const char *p, size_t n, size_t *length)
{
	const unsigned char *u = (const unsigned char *)p;

	*length = wdl_char_length(p, n);
	switch (*length) {
	case 2:
		return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	case 3:
		return (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
	case 4:
		return (u[0] & 0x07u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 |
		       (u[3] & 0x3fu);
	default:
		return u[0];
	}
}

/* The set of .NET's Char.IsWhiteSpace, which the designer's scanner lists. */
size_t wdl_space_at(const char *p, size_t n)
{
	size_t length;
	unsigned c;

	if (n == 0)
		return 0;
	if (is_ascii(*p))
		return *p == ' ' || (*p >= 9 && *p <= 13);
	c = point_at(p, n, &length);
	if (c == 0x85 || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	    c == 0x205f || c == 0x3000)
		return length;
	return 0;
}

size_t wdl_invisible_at(const char *p, size_t n)
{
	size_t length;
	unsigned c;

	if (n == 0 || (is_ascii(*p) && *p >= ' '))
		return 0;
	c = point_at(p, n, &length);
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x2064) || c == 0xfeff || c == 0xad || (c < 32 && c != 0))
		return wdl_space_at(p, n) ? 0 : length;
	return 0;
}

/* Pairs of quotes that are not the language's. */
static const struct {
	struct str open, close;
} quotes[] = {
	{ STR_INIT("\""), STR_INIT("\"") },
	{ STR_INIT("`"), STR_INIT("`") },
	{ STR_INIT("\xe2\x80\x98"), STR_INIT("\xe2\x80\x99") }, /* U+2018 U+2019 */
	{ STR_INIT("\xe2\x80\x99"), STR_INIT("\xe2\x80\x99") },
	{ STR_INIT("\xe2\x80\x9c"), STR_INIT("\xe2\x80\x9d") }, /* U+201C U+201D */
	{ STR_INIT("\xe2\x80\x9d"), STR_INIT("\xe2\x80\x9d") },
	{ STR_INIT("\xe2\x80\x9e"), STR_INIT("\xe2\x80\x9c") }, /* U+201E, as in German */
	{ STR_INIT("\xc2\xb4"), STR_INIT("\xc2\xb4") },         /* acute accent */
};

static bool foreign_string(struct str s, size_t pos, size_t end, struct wdl_token *t)
{
	struct str rest = str_n(s.p + pos, end - pos);

	if (is_ascii(s.p[pos]) && s.p[pos] != '"' && s.p[pos] != '`')
		return false;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		if (!str_starts(rest, quotes[i].open))
			continue;
		struct str inside = str_from_at(rest, quotes[i].open.n);
		ptrdiff_t at = str_find(inside, quotes[i].close);

		t->kind = TOK_FOREIGN_STRING;
		t->closed = at >= 0;
		t->inner_start = pos + quotes[i].open.n;
		t->inner_end = at >= 0 ? t->inner_start + (size_t)at : end;
		t->end = at >= 0 ? t->inner_end + quotes[i].close.n : end;
		return true;
	}
	return false;
}

static void string(struct str s, size_t pos, size_t end, struct wdl_token *t)
{
	size_t i = pos + 1;

	while (i < end) {
		if (s.p[i] != '\'') {
			i++;
		} else if (i + 1 < end && s.p[i + 1] == '\'') {
			i += 2;
		} else {
			t->closed = true;
			break;
		}
	}
	t->kind = TOK_STRING;
	t->inner_start = pos + 1;
	t->inner_end = i;
	t->end = t->closed ? i + 1 : end;
}

static bool digit(struct str s, size_t i, size_t end)
{
	return i < end && s.p[i] >= '0' && s.p[i] <= '9';
}

static bool ascii_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static bool word_char(char c)
{
	return ascii_word(c) || !is_ascii(c);
}

static size_t digits(struct str s, size_t i, size_t end)
{
	while (digit(s, i, end))
		i++;
	return i;
}

static void number(struct str s, size_t pos, size_t end, struct wdl_token *t)
{
	size_t i = pos, from;

	t->kind = TOK_NUMBER;
	if (s.p[i] == '+' || s.p[i] == '-')
		i++;
	from = i;
	i = digits(s, i, end);
	t->no_lead = i == from;
	if (i < end && s.p[i] == '.') {
		t->is_float = true;
		i = digits(s, i + 1, end);
	}
	if (i < end && (s.p[i] == 'e' || s.p[i] == 'E')) {
		t->is_float = true;
		i++;
		if (i < end && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		t->bad = !digit(s, i, end);
		i = digits(s, i, end);
	}
	while (i < end && word_char(s.p[i])) {
		t->bad = true;
		i++;
	}
	t->end = i;
}

/* In .name the engine takes everything up to the next of its own punctuation. */
static size_t member_end(struct str s, size_t i, size_t end)
{
	while (i < end && (ascii_word(s.p[i]) ||
			   (!strchr(".,(){}@[]?'\"", s.p[i]) && !wdl_space_at(s.p + i, end - i) &&
			    !wdl_invisible_at(s.p + i, end - i))))
		i += wdl_char_length(s.p + i, end - i);
	return i;
}

static bool at_value(struct str s, size_t pos, size_t end, struct wdl_token *t)
{
	char c = s.p[pos];
	bool sign = c == '+' || c == '-';

	if (c == '\'') {
		string(s, pos, end, t);
		return true;
	}
	if (digit(s, pos, end) || (c == '.' && digit(s, pos + 1, end)) ||
	    (sign && (digit(s, pos + 1, end) ||
		      (pos + 1 < end && s.p[pos + 1] == '.' && digit(s, pos + 2, end))))) {
		number(s, pos, end, t);
		return true;
	}
	return foreign_string(s, pos, end, t);
}

struct wdl_token wdl_token_at(struct str s, size_t pos, size_t end, enum wdl_token_place place)
{
	struct wdl_token t = { .kind = TOK_END, .start = pos, .end = pos };
	struct str rest = str_n(s.p + pos, end - pos);

	if (pos >= end)
		return t;
	if (place == AT_MEMBER && (t.end = member_end(s, pos, end)) > pos) {
		t.kind = TOK_NAME;
		return t;
	}
	if (place == AT_VALUE && at_value(s, pos, end, &t))
		return t;
	/* A word such as `and` is an operator only where one may stand. */
	if ((place == AT_OPERATOR || !word_char(s.p[pos])) &&
	    (!strchr(".,()[]{}@'", s.p[pos]) || !s.p[pos]))
		t.op = wdl_operator_at(rest);
	if (t.op) {
		t.kind = TOK_OPERATOR;
		t.end = pos + t.op->text.n;
		return t;
	}
	if (word_char(s.p[pos]) && !wdl_space_at(s.p + pos, end - pos)) {
		t.kind = TOK_NAME;
		for (t.end = pos;
		     t.end < end && (ascii_word(s.p[t.end]) ||
				     (!is_ascii(s.p[t.end]) &&
				      !wdl_space_at(s.p + t.end, end - t.end) &&
				      !wdl_invisible_at(s.p + t.end, end - t.end)));)
			t.end += wdl_char_length(s.p + t.end, end - t.end);
		if (t.end > pos)
			return t;
	}
	t.kind = TOK_CHAR;
	t.c = (unsigned char)s.p[pos] < 0x80 ? s.p[pos] : 0;
	t.end = pos + wdl_char_length(s.p + pos, end - pos);
	return t;
}
