/*
 * fuzz_wdl_parse.c - any text: it prints back as it was, the tree is sound, what is without an error
 * has one spelling that means the same, and repairs do not grow without end.
 *
 * The first byte chooses between a string of a definition and a bare expression.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/parse.h"
#include "wdl/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_here)
{
	if (!true_here)
		abort();
}

static void check_tree(const struct wdl_template *t, const struct wdl_node *root)
{
	for (const struct wdl_node *n = root; n; n = wdl_walk_next(root, n)) {
		unsigned count = 0;

		must(n->start <= n->end && n->end <= t->source.n);
		must(n->height <= LIMIT_WDL_DEPTH);
		for (const struct wdl_node *c = n->first; c; c = c->next) {
			must(c->parent == n && c->height < n->height);
			must(c->start >= n->start && c->end <= n->end);
			must(!c->next || c->next->start >= c->start);
			count++;
		}
		must(count == n->count);
		must(n->kind != WDL_MEMBER || count == 2);
		must(n->kind >= WDL_CALL || count == 0);
	}
}

static void check_errors(const struct wdl_template *t)
{
	size_t count = 0;
	bool broken = false;

	for (const struct wdl_error *e = t->errors; e; e = e->next) {
		must(e->offset <= e->end && e->end <= t->source.n && e->column <= e->offset);
		must(!e->next || e->next->offset >= e->offset);
		must(e->message.n > 0);
		broken = broken || (e->severity == WDL_SEV_ERROR &&
				    e->problem != WDL_P_UNKNOWN_FUNCTION &&
				    e->problem != WDL_P_ARITY);
		count++;
	}
	must(count <= LIMIT_WDL_ERRORS);
	must(t->broken || !broken);
}

/* The one spelling reads as itself. */
static void check_canonical(struct arena *a, const struct wdl_node *n)
{
	struct wdl_template *again;
	struct buf one, two;

	buf_init_in(&one, a, 1 << 22);
	wdl_print_canonical(&one, n);
	must(buf_ok(&one));
	again = wdl_parse_expression(a, buf_str(&one));
	must(!again->broken);
	buf_init_in(&two, a, 1 << 22);
	wdl_print_canonical(&two, again->first->node);
	must(str_eq(buf_str(&one), buf_str(&two)));
}

static void check_parts(struct arena *a, const struct wdl_template *t)
{
	size_t at = 0;

	for (const struct wdl_part *p = t->first; p; p = p->next) {
		must(p->start >= at && p->end >= p->start && p->end <= t->source.n);
		at = p->end;
		if (!p->node)
			continue;
		check_tree(t, p->node);
		if (!t->broken)
			check_canonical(a, p->node);
	}
	if (t->shape == WDL_LITERAL)
		must(wdl_literal(a, t).n <= t->source.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wdl_template *t;
	struct arena a;
	struct str s;

	if (size == 0)
		return 0;
	s = str_n((const char *)data + 1, size - 1);
	arena_init(&a, (size_t)256 << 20);
	t = data[0] & 1 ? wdl_parse_expression(&a, s) : wdl_parse(&a, s);
	must(str_eq(wdl_text(&a, t), s));
	check_errors(t);
	check_parts(&a, t);
	/* The service takes what is not broken. */
	must(t->broken || wdl_refusal(&a, t).n == 0);
	arena_release(&a);
	return 0;
}
