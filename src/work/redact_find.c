/*
 * redact_find.c - what patterns find in one view.
 *
 * A keyword automaton says where to look at all; only there a pattern is tried, and each place is
 * tried once for each rule.  Knows the rows of redact_rules.c; nothing of JSON.
 */
#include "work/call_priv.h"
#include "work/redact_rules.h"
#include "work/redact_scan.h"

enum { MOST_RULES = 64 };

bool redact_masks_likely = true;

void redact_mask_likely(bool mask)
{
	redact_masks_likely = mask;
}

/* Compiled when first needed, and kept: most processes meet a few rules only. */
static struct {
	struct arena arena;
	const struct pattern *of[2][MOST_RULES]; /* the pattern, and what ends it */
	bool tried[2][MOST_RULES];
} compiled;

static const struct pattern *pattern_of(size_t rule, bool close)
{
	const char *source = close ? redact_rules[rule].close : redact_rules[rule].pattern;
	jmp_buf out;

	if (compiled.tried[close][rule])
		return compiled.of[close][rule];
	compiled.tried[close][rule] = true;
	if (!compiled.arena.max)
		arena_init(&compiled.arena, 4u << 20);
	if (!arena_guard(&compiled.arena, &out))
		compiled.of[close][rule] = pattern_new(&compiled.arena, str_from(source));
	compiled.arena.out = NULL;
	return compiled.of[close][rule];
}

bool redact_is_expression(struct str s)
{
	return (s.n > 1 && s.p[0] == '@' && s.p[1] != '@') || str_find(s, S("@{")) >= 0;
}

static int sextet(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' :
	       c >= 'a' && c <= 'z' ? c - 'a' + 26 :
	       c >= '0' && c <= '9' ? c - '0' + 52 :
	       c == '+' || c == '-' ? 62 :
	       c == '/' || c == '_' ? 63 :
				      -1;
}

static bool is_text(unsigned c)
{
	return c >= 0x20 ? c != 0x7f : c == '\t' || c == '\n' || c == '\r';
}

/* "user:password" in base64. */
static bool has_colon(struct str s)
{
	unsigned bits = 0, have = 0;
	bool colon = false;

	for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
		int v = sextet((unsigned char)s.p[i]);

		if (v < 0)
			return false;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have >= 8) {
			unsigned c = bits >> (have - 8) & 0xff;

			have -= 8;
			if (!is_text(c))
				return false;
			colon |= c == ':';
		}
	}
	return colon;
}

static bool passes(enum redact_check check, struct str value)
{
	switch (check) {
	case REDACT_NO_EXPRESSION:
		return !redact_is_expression(value);
	case REDACT_USER_AND_PASSWORD:
		return has_colon(value);
	default:
		return true;
	}
}

/* Places where a match of one rule may begin. */
struct range {
	size_t from, until;
	size_t tried; /* all places before it */
	struct pattern_match close; /* the next one, once it was looked for */
};

/* Where what began before `at` ends: behind the next close, or with the text and its last line
 * end; at least one byte further. */
static size_t end_of(struct redact_work *w, struct redact_view v, size_t rule, struct range *r,
		     size_t at)
{
	const struct pattern *p = pattern_of(rule, true);

	if (!p) {
		w->broken = true;
		return at;
	}
	/* Looked for once for all that it ends. */
	if (r->close.to == 0 || r->close.from <= at) {
		r->close = (struct pattern_match){ .from = v.text.n, .to = v.text.n };
		(void)pattern_find(&w->patterns, p, v.text, at + 1, v.text.n, v.text.n, &r->close);
	}
	if (r->close.from < v.text.n)
		return r->close.to;
	return v.text.n > at + 1 && v.text.p[v.text.n - 1] == '\n' ? v.text.n - 1 : v.text.n;
}

/* All matches that begin in the range. */
static void try_range(struct redact_work *w, struct redact_view v, size_t rule, struct range *r)
{
	const struct redact_rule *row = &redact_rules[rule];
	const struct pattern *p = pattern_of(rule, false);
	size_t from = r->from, until = r->until;
	size_t to = until + REDACT_REACH < v.text.n ? until + REDACT_REACH : v.text.n;
	struct pattern_match m;

	r->from = r->until = 0;
	if (!p) {
		w->broken = true;
		return;
	}
	while (from < until && pattern_find(&w->patterns, p, v.text, from, until, to, &m)) {
		struct str value = str_n(v.text.p + m.group_from, m.group_to - m.group_from);
		size_t end = row->close ? end_of(w, v, rule, r, m.group_to) : m.group_to;

		if (passes(row->check, value)) {
			if (row->tier == 'C' || (row->tier == 'B' && !redact_masks_likely))
				w->counted++;
			else if (end > m.group_to || !row->close)
				redact_mark(w, v, m.group_from, end, row->name, S(""));
		}
		/* What ends one may begin the next, such as the blank between two keys. */
		from = m.group_to > m.from ? m.group_to : m.from + 1;
	}
	r->tried = from > until ? from : until;
}

/* Ranges in which a match of one rule may begin, over the text. */
struct ranges {
	struct range of[MOST_RULES];
	uint64_t open; /* bits of rules that have one */
};

/* Keywords this close share one walk: what each begins is followed by all of them together,
 * so that text made of keywords costs no more than its length. */
enum { NEAR = 256 };

static void open_ranges(struct redact_work *w, struct redact_view v, struct ranges *all,
			const struct redact_hit *hit)
{
	uint64_t rules = redact_found[hit->found];

	all->open |= rules;
	for (; rules; rules &= rules - 1) {
		size_t rule = (size_t)__builtin_ctzll(rules);
		const struct redact_rule *row = &redact_rules[rule];
		struct range *r = &all->of[rule];
		size_t back = row->back ? row->back : REDACT_BACK;
		size_t from = hit->end > back ? hit->end - back : 0;
		size_t until = hit->end + row->ahead;

		if (until > v.text.n)
			until = v.text.n;
		if (r->until && from > r->until + NEAR)
			try_range(w, v, rule, r);
		if (!r->until)
			r->from = from > r->tried ? from : r->tried;
		r->until = until;
	}
}

void redact_patterns(struct redact_work *w, struct redact_view v)
{
	struct ranges all = { 0 };
	size_t at = 0;

	if (!w->hits)
		w->hits = arena_alloc(w->arena, sizeof(*w->hits));
	while (!w->broken && redact_keywords(v.text, &at, w->hits))
		for (unsigned k = 0; k < REDACT_STREAMS; k++)
			for (size_t i = 0; i < w->hits->count[k] && !w->broken; i++)
				open_ranges(w, v, &all, &w->hits->of[k][i]);
	for (; all.open; all.open &= all.open - 1) {
		size_t rule = (size_t)__builtin_ctzll(all.open);
		struct range *r = &all.of[rule];

		if (r->until > r->from && !w->broken)
			try_range(w, v, rule, r);
	}
}

/* ---- base64 ---- */

enum {
	LEAST_RUN = 24,  /* less holds no secret worth the name */
	LEAST_TEXT = 12,
};

/* One alignment of a run of base64: each stretch of text in it is a view of its own. */
static void unpack(struct redact_work *w, struct redact_view v, size_t from, size_t to,
		   unsigned skip)
{
	unsigned bits = 0, have = 0;
	struct buf b;

	buf_init_in(&b, w->arena, to - from + 1);
	for (size_t i = from + skip; i <= to && !w->broken; i++) {
		unsigned c;

		if (i < to) {
			bits = (bits << 6 | (unsigned)sextet((unsigned char)v.text.p[i])) & 0xffff;
			have += 6;
			if (have < 8)
				continue;
			have -= 8;
			c = bits >> have & 0xff;
			if (is_text(c)) {
				buf_addc(&b, (char)c);
				continue;
			}
		}
		if (b.n >= LEAST_TEXT) {
			/* Nothing is masked within base64 but all of it. */
			struct redact_view inner = v;

			if (!v.whole_to) {
				inner.whole_from = v.map ? v.map[from] : from;
				inner.whole_to = v.map ? v.map[to] : to;
			}
			if (w->budget < b.n) {
				w->broken = true;
				break;
			}
			w->budget -= b.n;
			inner.text = str_dup(w->arena, buf_str(&b));
			inner.map = arena_array(w->arena, b.n + 1, sizeof(*inner.map));
			inner.depth++;
			redact_look(w, inner);
		}
		buf_clear(&b);
	}
}

void redact_base64(struct redact_work *w, struct redact_view v)
{
	size_t at = 0;

	while (at < v.text.n) {
		size_t from = at;

		while (at < v.text.n && sextet((unsigned char)v.text.p[at]) >= 0)
			at++;
		if (at - from >= LEAST_RUN)
			for (unsigned skip = 0; skip < 4; skip++)
				unpack(w, v, from, at, skip);
		at++;
	}
}
