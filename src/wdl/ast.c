/*
 * ast.c - going over a syntax tree.
 */
#include "wdl/ast.h"

struct wdl_node *wdl_walk_over(const struct wdl_node *root, const struct wdl_node *n)
{
	while (n != root) {
		if (n->next)
			return n->next;
		n = n->parent;
	}
	return NULL;
}

struct wdl_node *wdl_walk_next(const struct wdl_node *root, const struct wdl_node *n)
{
	return n->first ? n->first : wdl_walk_over(root, n);
}

bool wdl_is_call(const struct wdl_node *n, const char *function)
{
	return n && n->kind == WDL_CALL && str_eq_nocase(n->text, str_from(function));
}
