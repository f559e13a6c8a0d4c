/*
 * print.h - syntax trees back to text.
 *
 * An unchanged tree prints as the bytes it was read from.  A change is made with
 * wdl_rewrite on any node; everything around it keeps its text.
 */
#ifndef WDL_PRINT_H
#define WDL_PRINT_H

#include "base/buf.h"
#include "wdl/ast.h"

/* The whole template. */
void wdl_print(struct buf *b, const struct wdl_template *t);
/* One expression, without @ or braces. */
void wdl_print_node(struct buf *b, const struct wdl_template *t, const struct wdl_node *n);
/* The same with foreign operators and the like replaced by their fix where there is one. */
void wdl_print_fixed(struct buf *b, const struct wdl_template *t, const struct wdl_node *n);
/* One spelling for expressions of equal meaning: no white space but after commas, table spelling
 * of function names, ['name'] for .name, numbers and quotes normal.  For comparing. */
void wdl_print_canonical(struct buf *b, const struct wdl_node *n);
struct str wdl_text(struct arena *a, const struct wdl_template *t);

/* From now on the node prints as `text`; it must live as long as the tree. */
void wdl_rewrite(struct wdl_node *n, struct str text);
/* Adds 'text' with its quotes doubled. */
void wdl_print_quoted(struct buf *b, struct str text);

#endif
