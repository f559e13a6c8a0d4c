/*
 * parse.h - strings of a definition to syntax trees, with every error of the string.
 *
 * Parsing is pure, takes time in proportion to the text, and never fails: what is not the
 * language becomes WDL_ERROR nodes and rows in the list of errors.
 */
#ifndef WDL_PARSE_H
#define WDL_PARSE_H

#include "wdl/ast.h"

/* Reads a string as the engine does.  `source` must stay alive as long as the result. */
struct wdl_template *wdl_parse(struct arena *a, struct str source);

/* Reads a bare expression, with or without a leading @ (what a person types), as WDL_WHOLE.
 * Offsets count from the start of `source`. */
struct wdl_template *wdl_parse_expression(struct arena *a, struct str source);

/* What the service answers when it is given the template: empty when it parses it, or when its
 * words for the mistake are not known. */
struct str wdl_refusal(struct arena *a, const struct wdl_template *t);

/* True when the engine would look into the string at all: cheap, for walking definitions. */
bool wdl_is_template(struct str source);

/* The text of a literal template: one leading @@ becomes @, and @@{ becomes @{. */
struct str wdl_literal(struct arena *a, const struct wdl_template *t);

#endif
