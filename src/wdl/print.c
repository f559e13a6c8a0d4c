/*
 * print.c - syntax trees back to text.
 *
 * Copies the source between the places where something was rewritten.  Depth is bounded by
 * the parser's ceiling.
 */
#include "wdl/print.h"

#include "wdl/functions.h"

void wdl_print_quoted(struct buf *b, struct str text)
{
	buf_addc(b, '\'');
	for (size_t i = 0; i < text.n; i++) {
		buf_addc(b, text.p[i]);
		if (text.p[i] == '\'')
			buf_addc(b, '\'');
	}
	buf_addc(b, '\'');
}

static void slice(struct buf *b, const struct wdl_template *t, size_t start, size_t end)
{
	if (end > start)
		buf_add(b, t->source.p + start, end - start);
}

static void print(struct buf *b, const struct wdl_template *t, const struct wdl_node *n, bool fixed)
{
	size_t at = n->start;

	if (n->rewritten.p) {
		buf_adds(b, n->rewritten);
		return;
	}
	if (fixed && n->fix.p) {
		buf_adds(b, n->fix);
		return;
	}
	for (const struct wdl_node *c = n->first; c; c = c->next) {
		slice(b, t, at, c->start);
		print(b, t, c, fixed);
		at = c->end > at ? c->end : at;
	}
	slice(b, t, at, n->end);
}

void wdl_print_node(struct buf *b, const struct wdl_template *t, const struct wdl_node *n)
{
	print(b, t, n, false);
}

void wdl_print_fixed(struct buf *b, const struct wdl_template *t, const struct wdl_node *n)
{
	print(b, t, n, true);
}

void wdl_print(struct buf *b, const struct wdl_template *t)
{
	size_t at = 0;

	for (const struct wdl_part *p = t->first; p; p = p->next) {
		if (!p->node)
			continue;
		slice(b, t, at, p->node->start);
		print(b, t, p->node, false);
		at = p->node->end;
	}
	slice(b, t, at, t->source.n);
}

struct str wdl_text(struct arena *a, const struct wdl_template *t)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)-1 / 2);
	wdl_print(&b, t);
	return buf_str(&b);
}

void wdl_rewrite(struct wdl_node *n, struct str text)
{
	n->rewritten = text.p ? text : str_from("");
}

static void canonical_number(struct buf *b, struct str text)
{
	struct str t = text;

	if (t.n && t.p[0] == '+')
		t = str_from_at(t, 1);
	buf_adds(b, t);
}

static void list(struct buf *b, const struct wdl_node *first)
{
	for (const struct wdl_node *n = first; n; n = n->next) {
		wdl_print_canonical(b, n);
		buf_addz(b, n->next ? ", " : "");
	}
}

void wdl_print_canonical(struct buf *b, const struct wdl_node *n)
{
	switch (n->kind) {
	case WDL_NULL:
		buf_addz(b, "null");
		break;
	case WDL_BOOL:
		buf_addz(b, n->yes ? "true" : "false");
		break;
	case WDL_INT:
	case WDL_FLOAT:
		canonical_number(b, n->text);
		break;
	case WDL_STRING:
		wdl_print_quoted(b, n->text);
		break;
	case WDL_CALL:
		buf_adds(b, n->function ? str_from(n->function->name) : n->text);
		buf_addc(b, '(');
		list(b, n->first);
		buf_addc(b, ')');
		break;
	case WDL_MEMBER:
		wdl_print_canonical(b, wdl_target(n));
		buf_addz(b, n->safe ? "?[" : "[");
		wdl_print_canonical(b, wdl_key(n));
		buf_addc(b, ']');
		break;
	case WDL_ERROR:
		buf_addz(b, "<?");
		list(b, n->first);
		buf_addz(b, "?>");
		break;
	}
}
