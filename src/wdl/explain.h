/*
 * explain.h - what people and models type as an expression, and how its value came about.
 */
#ifndef WDL_EXPLAIN_H
#define WDL_EXPLAIN_H

#include "wdl/eval.h"

/* Reads "@expr", "text @{expr}", or a bare expression, which may hold "@{" in a literal. */
struct wdl_template *wdl_parse_typed(struct arena *a, struct str source);

/* [{"expression", "offset", "value" or "error"}]: offsets in characters; a value whose text is
 * longer than `longest` bytes gives way to "valueBytes"; at most `most` steps. */
struct json *wdl_steps_json(struct arena *a, const struct wdl_template *t,
			    const struct wdl_result *r, size_t longest, size_t most);
/* [{"offset", "message", "instead"}] of a template that is not the language. */
struct json *wdl_errors_json(struct arena *a, const struct wdl_template *t);
/* What to write instead of its first error; may be empty. */
struct str wdl_instead_words(struct arena *a, const struct wdl_template *t);

#endif
