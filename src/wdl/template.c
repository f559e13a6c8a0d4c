/*
 * template.c - strings of a definition: literal text, whole expressions, interpolation.
 */
#include "base/limits.h"
#include "wdl/complain.h"
#include "wdl/lex.h"
#include "wdl/parse.h"
#include "wdl/read.h"

/* What follows an expression is read too, for its own errors and references. */
static struct wdl_node *leftovers(struct wdl_reader *r, struct wdl_node *n)
{
	struct wdl_node *all = wdl_node_new(r, WDL_ERROR, n->start, n->end);

	wdl_adopt(r, all, n);
	while (r->pos < r->end && r->errors < LIMIT_WDL_ERRORS) {
		size_t from = r->pos;
		struct wdl_node *more;

		if (r->s.p[from] == ')' || r->s.p[from] == ']' || r->s.p[from] == ',') {
			r->pos++;
			wdl_skip_space(r);
			continue;
		}
		more = wdl_read_expression(r, 0);
		if (r->pos == from)
			r->pos++;
		wdl_adopt(r, all, more);
		wdl_skip_space(r);
	}
	return all;
}

/* One expression that must fill [r->pos, end). */
static struct wdl_node *whole(struct wdl_reader *r, size_t end)
{
	struct wdl_node *n;

	r->end = end;
	n = wdl_read_expression(r, 0);
	wdl_skip_space(r);
	if (r->pos < r->end) {
		wdl_complain_trailing(r, n, wdl_token_at(r->s, r->pos, r->end, AT_OPERATOR));
		n = leftovers(r, n);
	}
	r->pos = end;
	return n;
}

static void add_part(struct wdl_reader *r, size_t start, size_t end, struct wdl_node *node,
		     struct str text)
{
	struct wdl_part *p = arena_alloc(r->a, sizeof(*p));

	p->start = start;
	p->end = end;
	p->node = node;
	p->text = text;
	*r->parts_tail = p;
	r->parts_tail = &p->next;
	if (node)
		r->t->expressions++;
}

/* Where the interpolation that starts before `from` ends: the first } outside quotes. */
static size_t brace(struct str s, size_t from, bool *found)
{
	bool quoted = false;

	*found = true;
	for (size_t i = from; i < s.n; i++) {
		if (s.p[i] == '\'')
			quoted = !quoted;
		else if (s.p[i] == '}' && !quoted)
			return i;
	}
	*found = false;
	return s.n;
}

static void interpolated(struct wdl_reader *r)
{
	struct str s = r->s;
	size_t text = 0, i = 0;

	r->t->shape = WDL_LITERAL;
	while (i + 1 < s.n) {
		bool found;
		size_t close;

		if (s.p[i] != '@' || s.p[i + 1] != '{') {
			i++;
			continue;
		}
		if (text < i)
			add_part(r, text, i, NULL, str_n(s.p + text, i - text));
		if (i > text && s.p[i - 1] == '@') { /* @@{ is text, without this second @ */
			text = ++i;
			continue;
		}
		close = brace(s, i + 2, &found);
		if (!found) {
			wdl_complain(r, WDL_P_SYNTAX, i, i + 2, "the @{ has no closing }");
			wdl_instead(r, "add }, and check the quotes before it");
		}
		r->pos = i + 2;
		r->t->shape = WDL_INTERPOLATED;
		add_part(r, i, found ? close + 1 : s.n, whole(r, close), (struct str){ 0 });
		i = text = found ? close + 1 : s.n;
	}
	if (text < s.n)
		add_part(r, text, s.n, NULL, str_from_at(s, text));
}

static struct wdl_template *start(struct wdl_reader *r, struct arena *a, struct str source)
{
	r->a = a;
	r->s = source;
	r->end = source.n;
	r->t = arena_alloc(a, sizeof(*r->t));
	r->t->source = source;
	r->parts_tail = &r->t->first;
	return r->t;
}

bool wdl_is_template(struct str s)
{
	return s.n >= 2 && (s.p[0] == '@' || str_find(s, S("@{")) > 0);
}

struct wdl_template *wdl_parse(struct arena *a, struct str source)
{
	struct wdl_reader r = { 0 };
	struct wdl_template *t = start(&r, a, source);

	if (source.n >= 2 && source.p[0] == '@' && source.p[1] == '@') {
		/* Everything after a leading @@ is text, @{ too. */
		add_part(&r, 0, source.n, NULL, str_from_at(source, 1));
	} else if (source.n >= 2 && source.p[0] == '@' && source.p[1] != '{') {
		struct wdl_node *n;

		t->shape = WDL_WHOLE;
		r.pos = 1;
		n = whole(&r, source.n);
		add_part(&r, 0, source.n, n, (struct str){ 0 });
	} else {
		interpolated(&r);
	}
	wdl_complaints_end(&r);
	return t;
}

struct wdl_template *wdl_parse_expression(struct arena *a, struct str source)
{
	struct wdl_reader r = { 0 };
	struct wdl_template *t = start(&r, a, source);
	struct wdl_node *n;

	t->shape = WDL_WHOLE;
	r.pos = source.n && source.p[0] == '@' ? 1 : 0;
	n = whole(&r, source.n);
	add_part(&r, 0, source.n, n, (struct str){ 0 });
	wdl_complaints_end(&r);
	return t;
}

struct str wdl_literal(struct arena *a, const struct wdl_template *t)
{
	char *out;
	size_t n = 0;

	if (!t->first)
		return t->source;
	if (!t->first->next)
		return t->first->text;
	out = arena_alloc(a, t->source.n + 1);
	for (const struct wdl_part *p = t->first; p; p = p->next) {
		if (p->text.n)
			memcpy(out + n, p->text.p, p->text.n);
		n += p->text.n;
	}
	return str_n(out, n);
}
