/*
 * package_place.c - where in its text a value of a JSON document stands.
 *
 * Walks the checked text and its tree side by side, so that names need no decoding: one pass
 * for the bytes of all pointers, one more for characters, lines and columns.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "work/package_priv.h"

enum { BUCKETS = 4096 };

/* A spot that is looked for, and the bytes to show for it. */
struct wish {
	struct wish *same_bucket;
	struct package_spot *spot;
	struct str pointer; /* in the whole text; something is there */
	bool has_offset;
	size_t start, end;
};

struct search {
	struct arena *a;
	struct str text;
	size_t at;
	struct buf pointer;
	struct wish *buckets[BUCKETS];
};

/* A string with its quotes, or any other piece. */
struct span {
	size_t start, end;
};

static unsigned hash_of(struct str s)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h % BUCKETS;
}

/* ---- over the text, which was checked before ---- */

static char here(const struct search *s)
{
	return s->at < s->text.n ? s->text.p[s->at] : '\0';
}

static void pass_blanks(struct search *s)
{
	while (here(s) == ' ' || here(s) == '\t' || here(s) == '\n' || here(s) == '\r')
		s->at++;
}

static struct span pass_scalar(struct search *s)
{
	struct span out = { s->at, 0 };

	if (here(s) == '"') {
		for (s->at++; s->at < s->text.n && here(s) != '"'; s->at++)
			s->at += here(s) == '\\';
		s->at++;
	} else {
		while (s->at < s->text.n && !memchr(",:]} \t\r\n", here(s), 8))
			s->at++;
	}
	out.end = s->at < s->text.n ? s->at : s->text.n;
	return out;
}

/* The bytes of a \uXXXX, 6, or 12 where it is the first of a pair; other escapes have 2. */
static size_t escape_bytes(const char *p, size_t n)
{
	bool high = n >= 12 && p[1] == 'u' && (p[2] | 32) == 'd' && strchr("89abAB", p[3]);

	return p[1] != 'u' ? 2 : high && p[6] == '\\' ? 12 : 6;
}

static size_t character_bytes(const char *p, size_t n)
{
	size_t i = 1;

	if (*p == '\\' && n > 1)
		i = escape_bytes(p, n);
	else
		while (i < n && (p[i] & 0xc0) == 0x80)
			i++;
	return i < n ? i : n;
}

/* The rest of a string from its character `offset` on, without quotes. */
static struct span inside(const struct search *s, struct span string, size_t offset)
{
	size_t at = string.start + 1, end = string.end - 1;

	while (offset-- && at < end)
		at += character_bytes(s->text.p + at, end - at);
	return (struct span){ at, end };
}

static void grant(struct search *s, struct span show)
{
	bool string = s->text.p[show.start] == '"' && show.end >= show.start + 2;
	struct str pointer = buf_str(&s->pointer);

	for (struct wish *w = s->buckets[hash_of(pointer)]; w; w = w->same_bucket) {
		struct span best = show;

		if (!str_eq(w->pointer, pointer))
			continue;
		if (w->has_offset && string)
			best = inside(s, show, w->spot->offset);
		w->start = best.start;
		w->end = best.end;
		w->spot->place.found = true;
	}
}

static void value(struct search *s, const struct json *v, struct span name);

static void member(struct search *s, const struct json *v, size_t index, bool named)
{
	size_t had = s->pointer.n;
	struct span name = { 0, 0 };
	char digits[24];

	pass_blanks(s);
	if (named) {
		json_pointer_add(&s->pointer, json_name(v));
		name = pass_scalar(s);
		pass_blanks(s);
		s->at++; /* the colon */
	} else {
		int n = snprintf(digits, sizeof(digits), "%zu", index);

		json_pointer_add(&s->pointer, str_n(digits, (size_t)n));
	}
	value(s, v, name);
	pass_blanks(s);
	s->at += here(s) == ',';
	s->pointer.n = had;
}

static void value(struct search *s, const struct json *v, struct span name)
{
	bool object = json_is(v, JSON_OBJECT);
	size_t index = 0;

	pass_blanks(s);
	if (!object && !json_is(v, JSON_ARRAY)) {
		grant(s, pass_scalar(s));
		return;
	}
	grant(s, name.end ? name : (struct span){ s->at, s->at + 1 });
	s->at++;
	JSON_EACH(child, v)
		member(s, child, index++, object);
	pass_blanks(s);
	s->at++;
}

/* ---- characters, lines, columns ---- */

/* A byte whose line and column are wanted. */
struct mark {
	size_t byte;
	size_t *character, *line, *column;
};

static int by_byte(const void *x, const void *y)
{
	const struct mark *a = x, *b = y;

	return a->byte < b->byte ? -1 : a->byte > b->byte;
}

static void count(struct str text, struct mark *marks, size_t n)
{
	size_t character = 0, line = 1, column = 1, at = 0;

	if (str_starts(text, S("\xef\xbb\xbf")))
		at = 3;
	for (size_t i = 0; i < n; i++) {
		for (; at < marks[i].byte && at < text.n; at++) {
			if ((text.p[at] & 0xc0) == 0x80)
				continue;
			character++;
			column++;
			if (text.p[at] == '\n') {
				line++;
				column = 1;
			}
		}
		*marks[i].character = character;
		*marks[i].line = line;
		*marks[i].column = column;
	}
}

static void measure(struct arena *a, struct str text, struct wish *wishes, size_t n)
{
	struct mark *marks = arena_array(a, n * 2 + 1, sizeof(*marks));
	size_t *ends = arena_array(a, n + 1, sizeof(*ends)), used = 0;

	for (size_t i = 0; i < n; i++) {
		struct package_place *p = &wishes[i].spot->place;

		if (!p->found)
			continue;
		p->byte = wishes[i].start;
		p->bytes = wishes[i].end - wishes[i].start;
		marks[used++] = (struct mark){ wishes[i].start, &p->character, &p->line,
					       &p->column };
		marks[used++] = (struct mark){ wishes[i].end, &ends[i], &p->end_line,
					       &p->end_column };
	}
	qsort(marks, used, sizeof(*marks), by_byte);
	count(text, marks, used);
	for (size_t i = 0; i < n; i++)
		if (wishes[i].spot->place.found)
			wishes[i].spot->place.characters =
				ends[i] - wishes[i].spot->place.character;
}

/* The pointer, or of what is missing the next thing around it. */
static struct str existing(const struct json *root, struct str pointer)
{
	while (pointer.n && !json_at_n(root, pointer))
		do
			pointer.n--;
		while (pointer.n && pointer.p[pointer.n] != '/');
	return pointer;
}

void package_locate(struct arena *a, const struct package_flow *f, struct package_spot *spots,
		    size_t n)
{
	struct search *s = arena_alloc(a, sizeof(*s));
	struct wish *wishes = arena_array(a, n + 1, sizeof(*wishes));

	s->a = a;
	s->text = f->text;
	buf_init_in(&s->pointer, a, (size_t)-1 / 2);
	for (size_t i = 0; i < n; i++) {
		struct str whole = f->embedded ? f->within
					       : str_fmt(a, "%.*s%.*s", STR_ARG(f->within),
							 STR_ARG(spots[i].pointer));
		unsigned bucket;

		wishes[i].spot = &spots[i];
		wishes[i].pointer = existing(f->root, whole);
		wishes[i].has_offset = spots[i].has_offset && !f->embedded &&
				       wishes[i].pointer.n == whole.n;
		spots[i].place = (struct package_place){ 0 };
		bucket = hash_of(wishes[i].pointer);
		wishes[i].same_bucket = s->buckets[bucket];
		s->buckets[bucket] = &wishes[i];
	}
	if (str_starts(s->text, S("\xef\xbb\xbf")))
		s->at = 3;
	value(s, f->root, (struct span){ 0, 0 });
	measure(a, f->text, wishes, n);
}
