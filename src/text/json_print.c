/*
 * json_print.c - JSON values as text.
 *
 * cJSON's printer recurses without a ceiling and needs memory of its own, so this is ours.
 * Stands on the public functions of json.h.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "text/json_priv.h"

enum style { COMPACT, PRETTY, CANONICAL };

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void add_escape(struct buf *b, char c)
{
	static const char hex[] = "0123456789abcdef";
	/* What follows the backslash, by character. */
	static const char letters[0x20] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
	unsigned char u = (unsigned char)c;

	if (u >= 0x20)
		buf_add(b, (char[]){ '\\', c }, 2);
	else if (letters[u] == 'u')
		buf_add(b, (char[]){ '\\', 'u', '0', '0', hex[u >> 4], hex[u & 15] }, 6);
	else
		buf_add(b, (char[]){ '\\', letters[u] }, 2);
}

/* A string that is known to be UTF-8. */
static void print_clean(struct buf *b, struct str s)
{
	size_t from = 0;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (is_plain(s.p[i]))
			continue;
		buf_add(b, s.p + from, i - from);
		add_escape(b, s.p[i]);
		from = i + 1;
	}
	if (s.n > from)
		buf_add(b, s.p + from, s.n - from);
	buf_addc(b, '"');
}

void json_print_str(struct buf *b, struct str s)
{
	if (str_is_utf8(s)) {
		print_clean(b, s);
		return;
	}
	buf_addc(b, '"');
	while (s.n) {
		size_t n = 1;

		while (n <= 4 && n <= s.n && !str_is_utf8(str_first(s, n)))
			n++;
		if (n > 4 || n > s.n) {
			buf_addz(b, "\xef\xbf\xbd");
			n = 1;
		} else if (n == 1 && !is_plain(s.p[0])) {
			add_escape(b, s.p[0]);
		} else {
			buf_add(b, s.p, n);
		}
		s = str_from_at(s, n);
	}
	buf_addc(b, '"');
}

void json_pointer_add(struct buf *b, struct str token)
{
	size_t from = 0;

	buf_addc(b, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] != '~' && token.p[i] != '/')
			continue;
		buf_add(b, token.p + from, i - from);
		buf_addz(b, token.p[i] == '~' ? "~0" : "~1");
		from = i + 1;
	}
	buf_add(b, token.p + from, token.n - from);
}

/* A container that is being printed. */
struct level {
	const struct json *next;     /* child to print, unless they are sorted */
	const struct json **sorted;
	size_t i, n;
	bool object;
};

static void fail(struct buf *b)
{
	/* More than any ceiling: marks the buffer as bad. */
	(void)buf_room(b, SIZE_MAX);
}

static void open_level(struct buf *b, struct level *l, const struct json *v, enum style style)
{
	*l = (struct level){
		.next = json_first(v),
		.n = json_count(v),
		.object = json_is(v, JSON_OBJECT),
	};
	buf_addc(b, l->object ? '{' : '[');
	if (!l->object || style != CANONICAL || !l->n)
		return;
	/* In the buffer's own arena or on the heap: an arena that runs out jumps, and what it
	 * jumps over must not be on the heap. */
	l->sorted = json_sorted(b->arena, v);
	if (!l->sorted) {
		l->n = 0;
		fail(b);
	}
}

static const struct json *next_child(struct level *l)
{
	const struct json *v = l->sorted ? l->sorted[l->i] : l->next;

	l->next = json_next(l->next);
	l->i++;
	return v;
}

static void close_level(struct buf *b, struct level *l)
{
	if (!b->arena)
		free(l->sorted);
	buf_addc(b, l->object ? '}' : ']');
}

static void print_scalar(struct buf *b, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_BOOL:
		buf_addz(b, json_is_true(v) ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_adds(b, json_number_text(v));
		break;
	case JSON_STRING:
		print_clean(b, json_str(v));
		break;
	default:
		buf_addz(b, "null");
	}
}

static void new_line(struct buf *b, size_t depth)
{
	buf_addc(b, '\n');
	while (depth--)
		buf_addz(b, "  ");
}

static void print(struct buf *b, const struct json *v, enum style style)
{
	NOT_ZEROED struct level open[LIMIT_JSON_TREE_DEPTH];
	size_t depth = 0;

	for (;;) {
		struct level *l;

		if (!json_is(v, JSON_ARRAY) && !json_is(v, JSON_OBJECT))
			print_scalar(b, v);
		else if (depth == LIMIT_JSON_TREE_DEPTH)
			fail(b);
		else
			open_level(b, &open[depth++], v, style);
		while (depth && (open[depth - 1].i == open[depth - 1].n || !buf_ok(b))) {
			l = &open[--depth];
			if (style == PRETTY && l->n)
				new_line(b, depth);
			close_level(b, l);
		}
		if (!depth)
			return;
		l = &open[depth - 1];
		if (l->i)
			buf_addc(b, ',');
		if (style == PRETTY)
			new_line(b, depth);
		v = next_child(l);
		if (l->object) {
			print_clean(b, json_name(v));
			buf_adds(b, style == PRETTY ? S(": ") : S(":"));
		}
	}
}

void json_print(struct buf *b, const struct json *v)
{
	print(b, v, COMPACT);
}

void json_print_pretty(struct buf *b, const struct json *v)
{
	print(b, v, PRETTY);
}

void json_print_canonical(struct buf *b, const struct json *v)
{
	print(b, v, CANONICAL);
}

struct str json_text(struct arena *a, const struct json *v)
{
	struct buf b;

	buf_init_in(&b, a, LIMIT_CALL_ARENA);
	json_print(&b, v);
	return buf_str(&b);
}
