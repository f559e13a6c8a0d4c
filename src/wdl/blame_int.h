/*
 * blame_int.h - what the files of blame.h share.  Internal.
 */
#ifndef WDL_BLAME_INT_H
#define WDL_BLAME_INT_H

#include "wdl/blame.h"

/* A leaf of a condition in object form: where its expression stands in the text made of it. */
struct blame_leaf {
	struct blame_leaf *next;
	struct str pointer, source;
	size_t start, end; /* in the text; `source` without its @ */
};

/* A text of a step that is evaluated. */
struct blame_text {
	struct blame_text *next;
	struct str pointer, source;
	bool is_key;
	struct blame_leaf *leaves; /* not NULL: `source` was made of a condition */
};

/* The texts of a step alone, in the order of the definition. */
struct blame_text *blame_texts(struct arena *a, struct json *alone);

struct wdl_origin *blame_origin(struct arena *a, const struct wdl_template *t,
				const struct wdl_node *n, const struct wdl_context *c,
				const struct json *context, const struct json *definition);
/* The member of an object whose name is nearest, "" when none is near. */
struct str blame_near(struct arena *a, const struct json *object, struct str name);

/* A step whose texts can all be evaluated, and whose values are not what its type takes. */
void blame_value(struct arena *a, const struct json *alone, const struct wdl_context *c,
		 const struct json *context, const struct json *definition, struct wdl_blame *out);

#endif
