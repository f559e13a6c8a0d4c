/*
 * redact.c - what must never leave: secrets, our own and those in the tenant's data.
 *
 * One pass over final bytes (results, errors, log lines): everything that says what a secret is
 * marks it (redact_*.c), then all marks are masked at once.  The masked text of JSON is JSON.
 * Knows byte patterns only; knows nothing of tools.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/secret.h"
#include "text/crypt.h"
#include "work/call_priv.h"
#include "work/redact_scan.h"

/* [REDACTED:rule:tag]: equal secrets have equal tags within one process, and nobody can look up
 * what a tag stands for. */
#define MASK "[REDACTED:"
enum { TAG = 4, LEAST_SECRET = 8 };

/* "password": true says nothing. */
static bool is_keyword(struct str s)
{
	return str_eq(s, S("true")) || str_eq(s, S("false")) || str_eq(s, S("null"));
}

/* Within a mask: its own words look like names of secrets. */
static bool in_mask(struct str text, size_t at)
{
	enum { LONGEST_MASK = 64 };

	for (size_t back = 0; back < LONGEST_MASK && back <= at; back++) {
		char c = text.p[at - back];

		if (c == '[')
			return str_starts(str_from_at(text, at - back), S(MASK));
		if (back && c == ']')
			return false;
	}
	return false;
}

static void add_span(struct redact_work *w, struct redact_span s)
{
	if (w->count == w->room) {
		size_t room = w->room ? w->room * 2 : 16;

		w->spans = arena_grow(w->arena, w->spans, w->room * sizeof(s), room * sizeof(s));
		w->room = room;
	}
	w->spans[w->count++] = s;
}

static void tag_of(struct str secret, char out[2 * TAG + 1])
{
	static const char digits[] = "0123456789abcdef";
	static unsigned char key[CRYPT_HASH];
	static bool made;
	unsigned char hash[CRYPT_HASH];

	/* Enough to tell two secrets apart. */
	secret = str_first(secret, 4096);
	if (!made)
		crypt_random(key, sizeof(key));
	made = true;
	crypt_hmac(str_bytes(key, sizeof(key)), &secret, 1, hash);
	for (size_t i = 0; i < 2 * TAG; i++)
		out[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

void redact_mark(struct redact_work *w, struct redact_view v, size_t from, size_t to,
		 const char *rule, struct str quote)
{
	struct redact_span s = { from, to, rule, quote, { 0 } };
	struct str secret = str_n(v.text.p + from, to - from);

	if (to <= from || in_mask(v.text, from) || is_keyword(secret))
		return;
	if (v.whole_to) {
		s.from = v.whole_from;
		s.to = v.whole_to;
		s.quote = S("");
	} else if (v.map) {
		size_t next = to;

		/* To the end of the escape that the last byte came from. */
		while (next < v.text.n && v.map[next] == v.map[to - 1])
			next++;
		s.from = v.map[from];
		s.to = v.map[next];
	}
	tag_of(secret, s.tag);
	add_span(w, s);
}

/* ---- our own secrets ---- */

struct search {
	struct redact_work *w;
	struct redact_view v;
};

static void find_all(const struct search *s, struct str needle)
{
	size_t from = 0;
	ptrdiff_t at;

	while ((at = str_find(str_from_at(s->v.text, from), needle)) >= 0) {
		size_t hit = from + (size_t)at;

		redact_mark(s->w, s->v, hit, hit + needle.n, "own_live_secret", S(""));
		from = hit + needle.n;
	}
}

/* As it stands within longer base64 that began `shift` bytes before it. */
static void find_base64(const struct search *s, struct str bytes, size_t shift)
{
	struct buf in, std, url;
	size_t from = (shift * 8 + 5) / 6, to = (shift + bytes.n) * 8 / 6;

	buf_init_in(&in, s->w->arena, bytes.n + 4);
	buf_add(&in, "\0\0", shift);
	buf_adds(&in, bytes);
	buf_init_in(&std, s->w->arena, 2 * bytes.n + 64);
	buf_init_in(&url, s->w->arena, 2 * bytes.n + 64);
	crypt_b64(&std, buf_str(&in));
	crypt_b64url(&url, buf_str(&in));
	find_all(s, str_n(std.p + from, to - from));
	find_all(s, str_n(url.p + from, to - from));
}

static void find_secret(struct str bytes, void *arg)
{
	const struct search *s = arg;
	struct buf b;

	/* Anything shorter is no secret, and would mask ordinary words. */
	if (bytes.n < LEAST_SECRET)
		return;
	find_all(s, bytes);
	if (s->v.map)
		return;
	/* Other forms are decoded into views; these hold bytes that no view has. */
	for (size_t shift = 0; shift < 3; shift++)
		find_base64(s, bytes, shift);
	buf_init_in(&b, s->w->arena, 4 * bytes.n + 64);
	crypt_hex(&b, bytes);
	find_all(s, buf_str(&b));
	buf_clear(&b);
	buf_add_percent(&b, bytes);
	find_all(s, buf_str(&b));
	buf_clear(&b);
	json_print_str(&b, bytes);
	find_all(s, str_n(b.p + 1, b.n > 2 ? b.n - 2 : 0));
}

/* ---- looking ---- */

void redact_look(struct redact_work *w, struct redact_view v)
{
	struct search s = { w, v };
	struct redact_view inner;
	bool json;

	if (w->broken)
		return;
	secret_each(find_secret, &s);
	redact_patterns(w, v);
	json = redact_members(w, v);
	w->json |= json && !v.map;
	if (v.depth >= REDACT_DEPTH)
		return;
	redact_base64(w, v);
	/* The strings of JSON were looked into one by one. */
	if (!json && redact_decode(w, v, 0, v.text.n, &inner))
		redact_look(w, inner);
}

/* ---- masking ---- */

static int by_start(const void *x, const void *y)
{
	const struct redact_span *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to != b->to ? (a->to > b->to ? -1 : 1) : 0;
}

/* Spans that touch become one; it keeps the name of the first and the quotes of any. */
static size_t merge(struct redact_span *s, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct redact_span *last = kept ? &s[kept - 1] : NULL;

		if (s[i].to <= s[i].from)
			continue; /* nothing was left of it within its value */
		if (!last || s[i].from >= last->to) {
			s[kept++] = s[i];
			continue;
		}
		if (s[i].to > last->to)
			last->to = s[i].to;
		if (!last->quote.n && s[i].from == last->from && s[i].to == last->to)
			last->quote = s[i].quote;
	}
	return kept;
}

/* How many bytes of a JSON string at `at` are one character of it. */
static size_t unit(struct str t, size_t at)
{
	if (t.p[at] != '\\')
		return 1;
	return at + 1 < t.n && t.p[at + 1] == 'u' ? 6 : 2;
}

/* A mask stays within its JSON string and cuts no escape; what is no string becomes one. */
static void fit(struct redact_work *w)
{
	struct str t = w->original;
	bool in_string = false;
	size_t at = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct redact_span *s = &w->spans[i];
		size_t k;

		while (at < s->from) {
			if (t.p[at] == '"')
				in_string = !in_string;
			at += in_string ? unit(t, at) : 1;
		}
		if (in_string) {
			s->from = at;
			for (k = at; k < s->to && t.p[k] != '"' && k + unit(t, k) <= s->to;)
				k += unit(t, k);
			s->to = k;
		} else if (!s->quote.n) {
			while (s->from && redact_is_bare(t.p[s->from - 1]))
				s->from--;
			for (s->to = s->from; s->to < t.n && redact_is_bare(t.p[s->to]);)
				s->to++;
			s->quote = S("\"");
		}
	}
}

static struct str masked(struct redact_work *w)
{
	struct buf out;
	size_t at = 0;

	buf_init_in(&out, w->arena, w->original.n + w->count * 96 + 64);
	for (size_t i = 0; i < w->count; i++) {
		const struct redact_span *s = &w->spans[i];

		buf_add(&out, w->original.p + at, s->from - at);
		buf_adds(&out, s->quote);
		buf_addf(&out, MASK "%s:%s]", s->rule, s->tag);
		buf_adds(&out, s->quote);
		at = s->to;
	}
	buf_adds(&out, str_from_at(w->original, at));
	return buf_str(&out);
}

struct str redact_steering(struct arena *a, struct str json, unsigned *count)
{
	struct buf b;
	size_t at = 0;

	while (at < json.n && (unsigned char)json.p[at] < 0x7f)
		at++;
	if (at == json.n)
		return json;
	buf_init_in(&b, a, 2 * json.n + 64);
	buf_add(&b, json.p, at);
	while (at < json.n) {
		long cp = (unsigned char)json.p[at];
		size_t n = cp < 0x7f ? 1 : log_code_point(json, at, &cp);

		/* The printer has escaped what JSON itself forbids; line ends are layout. */
		if (cp < 0x7f || !log_steers(cp)) {
			buf_add(&b, json.p + at, n);
		} else if (cp < 0x10000) {
			buf_addf(&b, "\\u%04lx", (unsigned long)cp);
			(*count)++;
		} else {
			buf_addf(&b, "\\u%04lx\\u%04lx", 0xd7c0 + ((unsigned long)cp >> 10),
				 0xdc00 + ((unsigned long)cp & 0x3ff));
			(*count)++;
		}
		at += n;
	}
	return buf_str(&b);
}

bool redact_text(struct arena *a, struct str text, struct str *out, struct redact_count *count)
{
	struct redact_work w = { .arena = a, .original = text,
				 .budget = 16 * text.n + (64u << 10) };

	*out = text;
	if (text.n > UINT32_MAX / 2)
		return false;
	w.patterns.arena = a;
	redact_look(&w, (struct redact_view){ .text = text });
	if (w.broken)
		return false;
	count->left += w.counted;
	if (!w.count)
		return true;
	qsort(w.spans, w.count, sizeof(*w.spans), by_start);
	if (w.json) {
		fit(&w);
		qsort(w.spans, w.count, sizeof(*w.spans), by_start);
	}
	w.count = merge(w.spans, w.count);
	count->masked += (unsigned)w.count;
	*out = masked(&w);
	return true;
}

bool redact_is_mask(struct str s)
{
	ptrdiff_t at;

	while ((at = str_find(s, S("["))) >= 0) {
		s = str_from_at(s, (size_t)at);
		if (str_starts_nocase(s, S(MASK)))
			return true;
		s = str_from_at(s, 1);
	}
	return false;
}

static struct str filter_line(struct str line, struct buf *scratch)
{
	struct str dropped = S("flowlatch: (a message was dropped)\n"), out;
	struct arena a;
	jmp_buf back;
	struct redact_count count = { 0 };
	bool good;

	arena_init(&a, 4u << 20);
	a.wipe = true;
	if (arena_guard(&a, &back)) {
		arena_release(&a);
		return dropped;
	}
	good = redact_text(&a, line, &out, &count);
	buf_adds(scratch, good ? out : dropped);
	arena_release(&a);
	return buf_str(scratch);
}

void redact_install_log_filter(void)
{
	log_set_filter(filter_line);
}
