/*
 * swagger_int.h - what swagger.c and swagger_dynamic.c share.
 */
#ifndef WDL_SWAGGER_INT_H
#define WDL_SWAGGER_INT_H

#include "wdl/swagger.h"

struct swagger {
	struct arena *a;
	const struct json *doc;
	size_t steps; /* values looked at, up to LIMIT_SWAGGER_STEPS */
	size_t fields;
	bool truncated;
};

/* Where an operation stands. */
struct swagger_place {
	const struct json *path, *operation; /* operation NULL: there is none */
};

/* Follows "$ref" within the document, a few times; never NULL for a value that is not. */
const struct json *swagger_resolve(struct swagger *s, const struct json *v);
struct swagger_place swagger_find(const struct swagger *s, struct str id);
/* The schema of the answer that means success. */
const struct json *swagger_response(struct swagger *s, const struct json *operation);

/* ---- swagger_dynamic.c: the two forms of "look it up" as one ---- */

struct json *swagger_values(struct swagger *s, const struct json *schema);
struct json *swagger_tree(struct swagger *s, const struct json *schema);
struct json *swagger_properties(struct swagger *s, const struct json *schema);

#endif
