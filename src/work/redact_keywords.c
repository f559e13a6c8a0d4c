/*
 * redact_keywords.c - where keywords of the redaction rules end.
 *
 * The automaton is written by src/work/gen/prefilter.c.  Each of its steps waits for the one
 * before, so four stretches of the text go side by side; each begins early enough to be in the
 * right state where it counts.
 */
#include "work/redact_scan.h"

static unsigned step(unsigned state, unsigned char c)
{
	return redact_next[state + redact_class[c]];
}

/* The state that the automaton has before `at`. */
static unsigned state_before(struct str text, size_t at)
{
	unsigned s = 0;

	for (size_t i = at > redact_longest ? at - redact_longest : 0; i < at; i++)
		s = step(s, (unsigned char)text.p[i]);
	return s;
}

static void keep(struct redact_hits *h, unsigned stream, size_t end, unsigned state)
{
	if (state < redact_first)
		return;
	h->of[stream][h->count[stream]++] = (struct redact_hit){
		.end = (uint32_t)end,
		.found = (uint16_t)((state - redact_first) / redact_classes),
	};
}

static void one_stream(struct str text, size_t from, size_t n, struct redact_hits *h)
{
	unsigned s = state_before(text, from);

	for (size_t i = from; i < from + n; i++) {
		s = step(s, (unsigned char)text.p[i]);
		keep(h, 0, i + 1, s);
	}
}

static void four_streams(struct str text, size_t from, size_t n, struct redact_hits *h)
{
	const unsigned char *p = (const unsigned char *)text.p + from;
	unsigned a = state_before(text, from), b = state_before(text, from + n);
	unsigned c = state_before(text, from + 2 * n), d = state_before(text, from + 3 * n);
	unsigned first = redact_first;

	for (size_t i = 0; i < n; i++) {
		a = step(a, p[i]);
		b = step(b, p[n + i]);
		c = step(c, p[2 * n + i]);
		d = step(d, p[3 * n + i]);
		if (a < first && b < first && c < first && d < first)
			continue;
		keep(h, 0, from + i + 1, a);
		keep(h, 1, from + n + i + 1, b);
		keep(h, 2, from + 2 * n + i + 1, c);
		keep(h, 3, from + 3 * n + i + 1, d);
	}
}

bool redact_keywords(struct str text, size_t *at, struct redact_hits *h)
{
	size_t left = text.n - *at, each = left / REDACT_STREAMS;

	if (!left)
		return false;
	if (each > REDACT_STRETCH)
		each = REDACT_STRETCH;
	memset(h->count, 0, sizeof(h->count));
	/* A stretch that is not much longer than what it begins early costs more than it saves. */
	if (each < 4 * redact_longest) {
		each = left < REDACT_STRETCH ? left : REDACT_STRETCH;
		one_stream(text, *at, each, h);
		*at += each;
	} else {
		four_streams(text, *at, each, h);
		*at += REDACT_STREAMS * each;
	}
	return true;
}
