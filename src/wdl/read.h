/*
 * read.h - reading one expression.  Internal to the parser.
 */
#ifndef WDL_READ_H
#define WDL_READ_H

#include "wdl/complain.h"

/* Reads as far as it is an expression; operators of other languages bind above `precedence`. */
struct wdl_node *wdl_read_expression(struct wdl_reader *r, int precedence);
/* Goes over white space, with notes on the unusual kind. */
void wdl_skip_space(struct wdl_reader *r);
struct wdl_node *wdl_node_new(struct wdl_reader *r, enum wdl_kind kind, size_t start, size_t end);
/* Puts the child last. */
void wdl_adopt(struct wdl_reader *r, struct wdl_node *parent, struct wdl_node *child);

#endif
