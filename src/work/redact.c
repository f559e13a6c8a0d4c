/*
 * redact.c - what must never leave: our own secrets and the signatures of signed URLs.
 *
 * One pass over final bytes (results, errors, log lines).  Knows byte patterns only;
 * knows nothing of tools.
 */
#include "work/call_priv.h"

#include "base/log.h"
#include <stdlib.h>

#include "text/crypt.h"

#define MASK "[redacted]"


/* Marks [from, to) as secret: spans are kept sorted by the order of discovery per start. */
struct span {
	size_t from, to;
};

enum { MOST_SPANS = 4096 };

struct spans {
	struct str text;
	struct span *at;
	size_t n, cap;
	struct arena *arena;
};

static void add_span(struct spans *s, size_t from, size_t to)
{
	if (to <= from || s->n >= MOST_SPANS)
		return;
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;

		s->at = arena_grow(s->arena, s->at, s->cap * sizeof(*s->at),
				   cap * sizeof(*s->at));
		s->cap = cap;
	}
	s->at[s->n++] = (struct span){ from, to };
}

static void find_all(struct spans *s, struct str needle)
{
	size_t from = 0;
	ptrdiff_t at;

	/* Anything shorter is no secret, and would mask ordinary words. */
	if (needle.n < 8)
		return;
	while ((at = str_find(str_from_at(s->text, from), needle)) >= 0) {
		add_span(s, from + (size_t)at, from + (size_t)at + needle.n);
		from += (size_t)at + needle.n;
	}
}

static void find_secret(struct str bytes, void *arg)
{
	struct spans *s = arg;
	struct buf b;

	find_all(s, bytes);
	buf_init_in(&b, s->arena, 4 * bytes.n + 64);
	buf_add_percent(&b, bytes);
	if (!str_eq(buf_str(&b), bytes))
		find_all(s, buf_str(&b));
	buf_init_in(&b, s->arena, 4 * bytes.n + 64);
	json_print_str(&b, bytes);
	if (b.n > bytes.n + 2)
		find_all(s, str_n(b.p + 1, b.n - 2));
	buf_init_in(&b, s->arena, 4 * bytes.n + 64);
	crypt_b64url(&b, bytes);
	find_all(s, buf_str(&b));
	buf_init_in(&b, s->arena, 4 * bytes.n + 64);
	crypt_b64(&b, bytes);
	find_all(s, buf_str(&b));
	buf_init_in(&b, s->arena, 4 * bytes.n + 64);
	crypt_hex(&b, bytes);
	find_all(s, buf_str(&b));
}

/* The alphabets of base64 and base64url, percent-encoded or not. */
static bool is_signature_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_%+/=", c));
}

/* Query parameters whose value is a credential: "sig" signs content, trigger and storage URLs. */
static const struct str signed_parameters[] = { STR_INIT("sig="), STR_INIT("sig%3D"),
						STR_INIT("sig%3d") };

static void find_signatures(struct spans *s)
{
	for (size_t k = 0; k < sizeof(signed_parameters) / sizeof(*signed_parameters); k++) {
		struct str name = signed_parameters[k];
		size_t from = 0;
		ptrdiff_t hit;

		while ((hit = str_find(str_from_at(s->text, from), name)) >= 0) {
			size_t at = from + (size_t)hit, v = at + name.n, end = v;
			char before = at ? s->text.p[at - 1] : '?';

			while (end < s->text.n && is_signature_char(s->text.p[end]))
				end++;
			/* "?", "&", their escapes (\u0026 %26 &amp;) or the start of a text. */
			if (end - v >= 8 && !((before >= 'a' && before <= 'z') ||
					      (before >= 'A' && before <= 'Z')))
				add_span(s, v, end);
			from = v;
		}
	}
}

static int by_start(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

struct str redact_text(struct arena *a, struct str text, unsigned *count)
{
	struct spans s = { .text = text, .arena = a };
	struct buf out;
	size_t at = 0;

	find_signatures(&s);
	secret_each(find_secret, &s);
	if (!s.n)
		return text;
	qsort(s.at, s.n, sizeof(*s.at), by_start);
	buf_init_in(&out, a, text.n + s.n * sizeof(MASK) + 64);
	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i].to <= at)
			continue;
		if (s.at[i].from >= at) {
			buf_add(&out, text.p + at, s.at[i].from - at);
			buf_addz(&out, MASK);
			(*count)++;
		}
		at = s.at[i].to;
	}
	buf_add(&out, text.p + at, text.n - at);
	return buf_str(&out);
}

static struct str filter_line(struct str line, struct buf *scratch)
{
	struct arena a;
	jmp_buf out;
	unsigned count = 0;

	arena_init(&a, 1u << 20);
	a.wipe = true;
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		return S("flowlatch: (a message was dropped)\n");
	}
	buf_adds(scratch, redact_text(&a, line, &count));
	arena_release(&a);
	return buf_str(scratch);
}

void redact_install_log_filter(void)
{
	log_set_filter(filter_line);
}
