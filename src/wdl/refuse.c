/*
 * refuse.c - what the service says about an expression that it cannot parse.
 *
 * The service stops at the first token that does not fit and names it; our own parser says more.
 * Names of tokens are those of the designer's scanner (Azure/LogicAppsUX, scanner.ts), which the
 * service's messages use too.
 */
#include "base/limits.h"
#include "wdl/lex.h"
#include "wdl/messages.h"
#include "wdl/parse.h"
#include "wdl/text.h"

enum token {
	END,
	IDENTIFIER,
	STRING,
	COMMA,
	DOT,
	QUESTION,
	OPEN,
	CLOSE,
	OPEN_SQUARE,
	CLOSE_SQUARE,
	BAD, /* a character that fits nowhere, or a literal without an end */
};

static const char *const names[] = {
	"EndOfData", "Identifier", "StringLiteral", "Comma", "Dot", "QuestionMark",
	"LeftParenthesis", "RightParenthesis", "LeftSquareBracket", "RightSquareBracket",
};

struct strict {
	struct arena *a;
	struct str s;
	size_t pos, start; /* of the token */
	enum token token;
	unsigned depth;
	struct str message;
};

static bool identifier_at(struct str s, size_t i)
{
	return i < s.n && !(s.p[i] && strchr(".,(){}@[]?'", s.p[i])) &&
	       wdl_space_at(s.p + i, s.n - i) == 0;
}

static void string_token(struct strict *r)
{
	while (r->pos < r->s.n) {
		if (r->s.p[r->pos++] != '\'')
			continue;
		if (r->pos >= r->s.n || r->s.p[r->pos] != '\'') {
			r->token = STRING;
			return;
		}
		r->pos++;
	}
	r->token = BAD;
}

static void advance(struct strict *r)
{
	static const char marks[] = ",.?()[]";
	const char *mark;
	size_t n;
	char c;

	while ((n = wdl_space_at(r->s.p + r->pos, r->s.n - r->pos)) != 0)
		r->pos += n;
	r->start = r->pos;
	r->token = END;
	if (r->pos >= r->s.n)
		return;
	c = r->s.p[r->pos++];
	mark = c ? strchr(marks, c) : NULL;
	if (mark) {
		r->token = (enum token)(COMMA + (mark - marks));
	} else if (c == '\'') {
		string_token(r);
	} else if (identifier_at(r->s, r->start)) {
		/* A character at a time: a byte within one may look like U+00A0. */
		r->pos = r->start;
		while (identifier_at(r->s, r->pos))
			r->pos += wdl_char_length(r->s.p + r->pos, r->s.n - r->pos);
		r->token = IDENTIFIER;
	} else {
		r->token = BAD;
	}
}

static bool refuse(struct strict *r, enum token expected)
{
	struct str values[3] = { r->s, str_from(names[expected]), str_from("") };

	if (r->token != BAD) {
		values[2] = str_from(names[r->token]);
		r->message = wdl_message_fill(r->a, wdl_message(WDL_M_PARSE_TOKEN)->text, values);
	} else if (r->s.p[r->start] != '\'') {
		values[1] = str_n(r->s.p + r->start,
				  wdl_char_length(r->s.p + r->start, r->s.n - r->start));
		values[2] = str_fmt(r->a, "%zu", wdl_units(str_first(r->s, r->start)));
		r->message = wdl_message_fill(r->a, wdl_message(WDL_M_PARSE_CHARACTER)->text,
					      values);
	}
	return false;
}

static bool take(struct strict *r, enum token expected)
{
	if (r->token != expected)
		return refuse(r, expected);
	advance(r);
	return true;
}

static bool expression(struct strict *r);

static bool arguments(struct strict *r)
{
	if (!take(r, OPEN))
		return false;
	if (r->token != CLOSE) {
		if (!expression(r))
			return false;
		while (r->token == COMMA) {
			advance(r);
			if (!expression(r))
				return false;
		}
	}
	return take(r, CLOSE);
}

static bool members(struct strict *r)
{
	for (;;) {
		if (r->token == QUESTION)
			advance(r);
		if (r->token == DOT) {
			advance(r);
			if (!take(r, IDENTIFIER))
				return false;
		} else if (r->token == OPEN_SQUARE) {
			advance(r);
			if (!expression(r) || !take(r, CLOSE_SQUARE))
				return false;
		} else {
			return true;
		}
	}
}

static bool expression(struct strict *r)
{
	struct wdl_token t = wdl_token_at(r->s, r->start, r->s.n, AT_VALUE);
	struct str word;
	bool ok;

	/* A number is one only where a value may stand: elsewhere it is a part of a name. */
	if (t.kind == TOK_NUMBER && !t.bad)
		r->pos = t.end;
	if (r->token == STRING || (t.kind == TOK_NUMBER && !t.bad)) {
		advance(r);
		return true;
	}
	word = str_n(r->s.p + r->start, r->pos - r->start);
	if (!take(r, IDENTIFIER))
		return false;
	if (r->token != OPEN && (str_eq_nocase(word, S("null")) || str_eq_nocase(word, S("true")) ||
				 str_eq_nocase(word, S("false"))))
		return true;
	if (++r->depth > LIMIT_WDL_DEPTH)
		return false;
	ok = arguments(r) && members(r);
	r->depth--;
	return ok;
}

/* The text of an expression without @, @{ and }. */
static struct str inner(const struct wdl_template *t, const struct wdl_part *p)
{
	size_t start = p->start, end = p->end;

	if (t->shape == WDL_INTERPOLATED) {
		start += 2;
		end -= end > start && t->source.p[end - 1] == '}';
	} else if (start < end && t->source.p[start] == '@') {
		start++;
	}
	return str_n(t->source.p + start, end - start);
}

struct str wdl_refusal(struct arena *a, const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next) {
		struct strict r = { .a = a };

		if (!p->node)
			continue;
		r.s = inner(t, p);
		advance(&r);
		if ((!expression(&r) || !take(&r, END)) && r.message.n)
			return r.message;
	}
	return str_from("");
}
