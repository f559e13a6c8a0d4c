/*
 * scan.c - the strict, incremental JSON scanner.
 *
 * A state machine with one step function per state.  Every step takes bytes from the front of
 * the piece at hand and may stop at its end, so the input may be cut anywhere; what is cut
 * in the middle (a character, an escape, a number, a name) is kept in the scanner.
 * Knows nothing of trees: text/json.c and text/project.c stand on it.
 */
#include "text/scan.h"

#include <stdlib.h>

#include "base/limits.h"
#include "text/names.h"
#include "text/number.h"

enum state {
	AT_START,       /* a byte order mark may come */
	AT_VALUE,       /* a value must come */
	AT_ARRAY_BEGIN, /* a value or ']' */
	AT_OBJECT_BEGIN, /* a name or '}' */
	AT_NAME,        /* a name must come */
	AT_COLON,
	AT_NEXT, /* ',' or the end of the container */
	IN_STRING,
	IN_CHARACTER, /* inside a UTF-8 sequence */
	IN_ESCAPE,
	IN_HEX,
	IN_PAIR, /* the backslash and the 'u' of the second half of a surrogate pair */
	IN_NUMBER,
	IN_LITERAL,
	AT_END, /* only white space may come */
};

/* Pieces of strings with escapes in them are gathered to this size. */
enum { PIECE = 4096 };

struct frame {
	uint32_t mark; /* of its names */
	bool object;
};

struct scan {
	struct scan_options o;
	enum state state;
	struct frame *frames;
	unsigned depth; /* open containers */
	unsigned long nodes;
	struct names names;
	const char *piece; /* the bytes being fed */
	uint64_t before;   /* bytes fed earlier */
	uint64_t started;  /* offset of the first byte of number, literal, escape or character */
	struct json_error error;

	bool in_name;         /* the string is a member name */
	uint64_t named;       /* offset of the current name */
	char part[4];         /* a character that is cut at the end of a piece */
	unsigned char parts;  /* how much of it is there */
	unsigned char need;   /* bytes that the character still needs */
	unsigned char lo, hi; /* what its next byte may be */
	unsigned digits;      /* seen of \uNNNN */
	unsigned code, high;  /* its value; the first half of a pair or 0 */
	const char *literal;  /* what is left of it */
	enum scan_event literal_event;
	struct buf text; /* of the string, name or number, as far as it cannot be a slice */
	struct scan_seen seen;
};

static uint64_t offset_of(const struct scan *s, const char *p)
{
	return s->before + (uint64_t)(p - s->piece);
}

static const char *wrong_at(struct scan *s, uint64_t offset, const char *message)
{
	if (!s->error.message)
		s->error = (struct json_error){ .offset = (size_t)offset, .message = message };
	return NULL;
}

static const char *wrong(struct scan *s, const char *p, const char *message)
{
	return wrong_at(s, offset_of(s, p), message);
}

static bool emit(struct scan *s, const char *p, enum scan_event ev, struct str text, bool last)
{
	if (!s->o.on_event || s->o.on_event(s->o.arg, ev, text, last))
		return true;
	wrong(s, p, "stopped");
	return false;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* After a whole value. */
static void value_done(struct scan *s)
{
	s->state = s->depth ? AT_NEXT : AT_END;
}

static const char *begin(struct scan *s, const char *p, bool object)
{
	if (s->depth == s->o.depth)
		return wrong(s, p, "nested too deeply");
	s->frames[s->depth++] = (struct frame){ names_open(&s->names), object };
	s->state = object ? AT_OBJECT_BEGIN : AT_ARRAY_BEGIN;
	if (!emit(s, p, object ? SCAN_OBJECT_BEGIN : SCAN_ARRAY_BEGIN, S(""), true))
		return NULL;
	return p + 1;
}

static const char *finish(struct scan *s, const char *p)
{
	struct frame f = s->frames[--s->depth];

	if (f.object)
		names_close(&s->names, f.mark);
	value_done(s);
	if (!emit(s, p, f.object ? SCAN_OBJECT_END : SCAN_ARRAY_END, S(""), true))
		return NULL;
	return p + 1;
}

static const char *step_start(struct scan *s, const char *p, const char *end)
{
	static const char mark[] = "\xef\xbb\xbf";

	for (; s->o.allow_bom && s->digits < 3 && p < end && *p == mark[s->digits]; p++)
		s->digits++;
	if (p == end && s->digits < 3)
		return p;
	if (s->digits % 3)
		return wrong_at(s, 0, "expected a value");
	s->state = AT_VALUE;
	return p;
}

static const struct {
	char first;
	enum scan_event event;
	const char *rest;
} literals[] = {
	{ 't', SCAN_TRUE, "rue" },
	{ 'f', SCAN_FALSE, "alse" },
	{ 'n', SCAN_NULL, "ull" },
};

static const char *begin_literal(struct scan *s, const char *p, const char *expected)
{
	for (size_t i = 0; i < sizeof(literals) / sizeof(*literals); i++) {
		if (literals[i].first != *p)
			continue;
		s->started = offset_of(s, p);
		s->literal = literals[i].rest;
		s->literal_event = literals[i].event;
		s->state = IN_LITERAL;
		return p + 1;
	}
	return wrong(s, p, expected);
}

static const char *begin_value(struct scan *s, const char *p, const char *expected)
{
	if (++s->nodes > s->o.nodes)
		return wrong(s, p, "too many values");
	switch (*p) {
	case '{':
		return begin(s, p, true);
	case '[':
		return begin(s, p, false);
	case '"':
		s->in_name = false;
		s->state = IN_STRING;
		return p + 1;
	}
	if (*p != '-' && (*p < '0' || *p > '9'))
		return begin_literal(s, p, expected);
	s->started = offset_of(s, p);
	s->state = IN_NUMBER;
	return p;
}

static const char *step_value(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	return p == end ? p : begin_value(s, p, "expected a value");
}

static const char *step_array_begin(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	if (p < end && *p == ']')
		return finish(s, p);
	return p == end ? p : begin_value(s, p, "expected a value or ']'");
}

static const char *begin_name(struct scan *s, const char *p, const char *expected)
{
	if (*p != '"')
		return wrong(s, p, expected);
	s->named = offset_of(s, p);
	s->in_name = true;
	s->state = IN_STRING;
	return p + 1;
}

static const char *step_object_begin(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	if (p < end && *p == '}')
		return finish(s, p);
	return p == end ? p : begin_name(s, p, "expected a member name or '}'");
}

static const char *step_name(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	return p == end ? p : begin_name(s, p, "expected a member name");
}

static const char *step_colon(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	if (p == end)
		return p;
	if (*p != ':')
		return wrong(s, p, "expected ':'");
	s->state = AT_VALUE;
	return p + 1;
}

static const char *step_next(struct scan *s, const char *p, const char *end)
{
	bool object = s->frames[s->depth - 1].object;

	p = skip_space(p, end);
	if (p == end)
		return p;
	if (*p == (object ? '}' : ']'))
		return finish(s, p);
	if (*p != ',')
		return wrong(s, p, object ? "expected ',' or '}'" : "expected ',' or ']'");
	s->state = object ? AT_NAME : AT_VALUE;
	return p + 1;
}

static const char *step_end(struct scan *s, const char *p, const char *end)
{
	p = skip_space(p, end);
	return p == end ? p : wrong(s, p, "text after the value");
}

static const char *step_literal(struct scan *s, const char *p, const char *end)
{
	for (; *s->literal && p < end; p++, s->literal++)
		if (*p != *s->literal)
			return wrong(s, p, "expected a value");
	if (*s->literal)
		return p;
	value_done(s);
	return emit(s, p, s->literal_event, S(""), true) ? p : NULL;
}

/* ---- strings ---- */

/* Text of values is only gathered when somebody wants it. */
static bool wanted(const struct scan *s)
{
	return s->o.on_event || (s->in_name && !s->o.allow_duplicates);
}

static bool flush(struct scan *s, const char *p)
{
	bool more = s->text.n == 0 || emit(s, p, SCAN_STRING_PART, buf_str(&s->text), false);

	buf_clear(&s->text);
	return more;
}

/* Adds decoded text of the current string that ends at p. */
static bool gather(struct scan *s, const char *p, struct str text)
{
	if (!wanted(s) || !text.n)
		return true;
	if (s->in_name && s->text.n + text.n > LIMIT_JSON_NAME) {
		wrong_at(s, s->named, "member name is too long");
		return false;
	}
	if (!s->in_name && s->text.n + text.n > PIECE) {
		if (!flush(s, p))
			return false;
		if (text.n >= PIECE / 2)
			return emit(s, p, SCAN_STRING_PART, text, false);
	}
	buf_adds(&s->text, text);
	if (buf_ok(&s->text))
		return true;
	wrong(s, p, "out of memory");
	return false;
}

static const char *name_done(struct scan *s, const char *p, struct str name)
{
	enum names_result r = NAMES_NEW;

	if (name.n > LIMIT_JSON_NAME)
		return wrong_at(s, s->named, "member name is too long");
	if (!s->o.allow_duplicates)
		r = names_add(&s->names, s->frames[s->depth - 1].mark, name, NULL);
	if (r == NAMES_SEEN)
		return wrong_at(s, s->named, "duplicate member name");
	if (r == NAMES_FULL)
		return wrong_at(s, s->named, "too many member names");
	s->state = AT_COLON;
	return emit(s, p, SCAN_NAME, name, true) ? p : NULL;
}

/* `run` is the last piece; p stands after the closing quote. */
static const char *string_done(struct scan *s, const char *p, struct str run)
{
	struct str text = run;
	bool is_name = s->in_name;

	if (s->text.n) {
		if (!gather(s, p, run))
			return NULL;
		text = buf_str(&s->text);
	}
	if (is_name && wanted(s))
		p = name_done(s, p, text);
	else if (is_name)
		s->state = AT_COLON;
	else
		value_done(s);
	if (p && !is_name && !emit(s, p, SCAN_STRING_PART, text, true))
		p = NULL;
	buf_clear(&s->text);
	return p;
}

/* Bytes of ASCII text that need no look: no control, quote or backslash, eight at a time. */
static const char *skip_plain(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;

	for (; end - p >= 8; p += 8) {
		uint64_t v, quote, slash;

		memcpy(&v, p, 8);
		quote = v ^ ones * '"';
		slash = v ^ ones * '\\';
		/* A byte with its top bit set, below 0x20, or equal to one of the two. */
		if ((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops)
			break;
	}
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return p;
}

/* Starts a UTF-8 sequence (table 3-7 of the Unicode Standard); false when c cannot. */
static bool begin_character(struct scan *s, unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return false;
	s->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	s->lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

/* Takes the rest of a sequence; the new p, or NULL when a byte is wrong. */
static const char *rest_of_character(struct scan *s, const char *p, const char *end)
{
	for (; s->need && p < end; p++, s->need--) {
		unsigned char c = (unsigned char)*p;

		if (c < s->lo || c > s->hi)
			return wrong_at(s, s->started, "ill-formed UTF-8");
		s->lo = 0x80;
		s->hi = 0xbf;
	}
	return p;
}

static const char *step_string(struct scan *s, const char *p, const char *end)
{
	const char *run = p, *lead;

	for (;;) {
		p = skip_plain(p, end);
		if (p == end)
			return gather(s, p, str_n(run, (size_t)(p - run))) ? p : NULL;
		if (*p == '"')
			return string_done(s, p + 1, str_n(run, (size_t)(p - run)));
		if ((unsigned char)*p < 0x20)
			return wrong(s, p, "raw control character in a string");
		lead = p;
		s->started = offset_of(s, p);
		if (*p == '\\') {
			s->state = IN_ESCAPE;
			return gather(s, p, str_n(run, (size_t)(p - run))) ? p + 1 : NULL;
		}
		if (!begin_character(s, (unsigned char)*p))
			return wrong(s, p, "ill-formed UTF-8");
		p = rest_of_character(s, p + 1, end);
		if (!p)
			return NULL;
		if (s->need)
			break;
	}
	/* The character goes on in the next piece: keep its beginning. */
	s->parts = (unsigned char)(p - lead);
	memcpy(s->part, lead, s->parts);
	s->state = IN_CHARACTER;
	return gather(s, p, str_n(run, (size_t)(lead - run))) ? p : NULL;
}

static const char *step_character(struct scan *s, const char *p, const char *end)
{
	const char *from = p;

	p = rest_of_character(s, p, end);
	if (!p)
		return NULL;
	memcpy(s->part + s->parts, from, (size_t)(p - from));
	s->parts = (unsigned char)(s->parts + (p - from));
	if (s->need)
		return p;
	s->state = IN_STRING;
	return gather(s, p, str_n(s->part, s->parts)) ? p : NULL;
}

static const char *step_escape(struct scan *s, const char *p, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	(void)end;
	if (*p == 'u') {
		s->digits = s->code = 0;
		s->state = IN_HEX;
		return p + 1;
	}
	hit = memchr(from, *p, sizeof(from) - 1);
	if (!hit)
		return wrong_at(s, s->started, "unknown escape");
	s->state = IN_STRING;
	return gather(s, p, str_n(to + (hit - from), 1)) ? p + 1 : NULL;
}

static size_t put_utf8(unsigned cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* The four digits of \uNNNN are read. */
static const char *unit_done(struct scan *s, const char *p)
{
	unsigned cp = s->code;
	char out[4];

	if (s->high) {
		if (cp < 0xdc00 || cp > 0xdfff)
			return wrong_at(s, s->started, "lone surrogate");
		cp = 0x10000 + ((s->high - 0xd800) << 10) + (cp - 0xdc00);
		s->high = 0;
	} else if (cp >= 0xd800 && cp < 0xdc00) {
		s->high = cp;
		s->digits = 0;
		s->state = IN_PAIR;
		return p;
	} else if (cp >= 0xdc00 && cp <= 0xdfff) {
		return wrong_at(s, s->started, "lone surrogate");
	} else if (cp == 0) {
		if (!s->o.allow_nul)
			return wrong_at(s, s->started, "\\u0000 is not allowed");
		s->seen.nul = true;
		cp = 0xfffd;
	}
	s->state = IN_STRING;
	return gather(s, p, str_n(out, put_utf8(cp, out))) ? p : NULL;
}

static const char *step_hex(struct scan *s, const char *p, const char *end)
{
	for (; s->digits < 4 && p < end; p++, s->digits++) {
		unsigned c = (unsigned char)*p;

		if (c >= '0' && c <= '9')
			c -= '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			c = (c | 0x20) - 'a' + 10;
		else
			return wrong_at(s, s->started, "unknown escape");
		s->code = s->code << 4 | c;
	}
	return s->digits < 4 ? p : unit_done(s, p);
}

/* After the first half of a pair; `digits` counts how much of the second's "\u" is seen. */
static const char *step_pair(struct scan *s, const char *p, const char *end)
{
	(void)end;
	if (*p != "\\u"[s->digits])
		return wrong_at(s, s->started, "lone surrogate");
	if (++s->digits == 2) {
		s->digits = s->code = 0;
		s->state = IN_HEX;
	}
	return p + 1;
}

/* ---- numbers ---- */

static const char *check_number(struct scan *s, struct str t)
{
	size_t at;
	const char *why = number_wrong(t, &at);

	if (why)
		return wrong_at(s, s->started + at, why);
	if (t.n > s->seen.longest_number)
		s->seen.longest_number = t.n;
	return t.p;
}

bool scan_is_number(struct str text)
{
	size_t at;

	return !number_wrong(text, &at);
}

static const char *number_done(struct scan *s, const char *p, struct str t)
{
	if (!check_number(s, t))
		return NULL;
	value_done(s);
	if (!emit(s, p, SCAN_NUMBER, t, true))
		return NULL;
	buf_clear(&s->text);
	return p;
}

static const char *step_number(struct scan *s, const char *p, const char *end)
{
	const char *from = p;

	while (p < end &&
	       (number_is_digit(*p) || *p == '.' || *p == '-' || *p == '+' || (*p | 0x20) == 'e'))
		p++;
	if (p < end && !s->text.n)
		return number_done(s, p, str_n(from, (size_t)(p - from)));
	if (s->text.n + (size_t)(p - from) > LIMIT_JSON_NUMBER)
		return wrong_at(s, s->started, "number is too long");
	buf_add(&s->text, from, (size_t)(p - from));
	if (!buf_ok(&s->text))
		return wrong(s, p, "out of memory");
	return p < end ? number_done(s, p, buf_str(&s->text)) : p;
}

/* ---- the machine ---- */

static const char *(*const steps[])(struct scan *s, const char *p, const char *end) = {
	[AT_START] = step_start,
	[AT_VALUE] = step_value,
	[AT_ARRAY_BEGIN] = step_array_begin,
	[AT_OBJECT_BEGIN] = step_object_begin,
	[AT_NAME] = step_name,
	[AT_COLON] = step_colon,
	[AT_NEXT] = step_next,
	[IN_STRING] = step_string,
	[IN_CHARACTER] = step_character,
	[IN_ESCAPE] = step_escape,
	[IN_HEX] = step_hex,
	[IN_PAIR] = step_pair,
	[IN_NUMBER] = step_number,
	[IN_LITERAL] = step_literal,
	[AT_END] = step_end,
};

struct scan *scan_new(const struct scan_options *o)
{
	struct scan *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->o = *o;
	if (!s->o.depth)
		s->o.depth = LIMIT_JSON_DEPTH;
	if (!s->o.nodes)
		s->o.nodes = LIMIT_JSON_NODES;
	s->frames = calloc(s->o.depth, sizeof(*s->frames));
	if (!s->frames) {
		free(s);
		return NULL;
	}
	names_init(&s->names, LIMIT_JSON_NAMES);
	buf_init(&s->text, LIMIT_JSON_NAME);
	return s;
}

void scan_free(struct scan *s)
{
	if (!s)
		return;
	names_release(&s->names);
	buf_free(&s->text);
	free(s->frames);
	free(s);
}

bool scan_feed(struct scan *s, struct str bytes)
{
	const char *p = bytes.p, *end = bytes.n ? p + bytes.n : p;

	if (s->error.message)
		return false;
	s->piece = p;
	while (p && p < end)
		p = steps[s->state](s, p, end);
	s->before += bytes.n;
	return !s->error.message;
}

bool scan_end(struct scan *s)
{
	s->piece = NULL;
	if (!s->error.message && s->state == IN_NUMBER && check_number(s, buf_str(&s->text)))
		number_done(s, NULL, buf_str(&s->text));
	/* What there is of a string is delivered, for those who can use a part. */
	if (!s->error.message && s->state >= IN_STRING && s->state <= IN_PAIR && !s->in_name)
		flush(s, NULL);
	if (!s->error.message && s->state != AT_END)
		wrong_at(s, s->before, "unexpected end");
	return !s->error.message;
}

struct json_error scan_error(const struct scan *s)
{
	return s->error;
}

struct scan_seen scan_seen(const struct scan *s)
{
	return s->seen;
}
