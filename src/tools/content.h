/*
 * content.h - inputs and outputs of actions: which parts are wanted, fetched and put in place.
 *
 * Items carry what is needed under "inputs" and "outputs" (content_put_link) until content_fill
 * puts the values there.
 */
#ifndef TOOLS_CONTENT_H
#define TOOLS_CONTENT_H

#include <flowlatch/tool.h>

#include "base/limits.h"

enum {
	CONTENT_POINTERS = 32,                /* most items of "select" */
	CONTENT_BYTES = LIMIT_RESULT / 4 * 3, /* what all values of one answer share */
};

struct content_wants {
	struct str inputs[CONTENT_POINTERS], outputs[CONTENT_POINTERS];
	size_t input_count, output_count;
	bool all;
};

/* Reads the argument "select"; false after fail().  Pointers count from an item ("/inputs/...",
 * "/outputs/..."); any other is one into the outputs. */
bool content_select(struct call *c, struct content_wants *w);
/* Puts {uri, size, secure} of a link, or a value that stands inline, into item `v`. */
void content_put_link(struct call *c, struct json *v, const char *name,
		      const struct json *properties, const char *link, const char *inline_value);
/* One request for each link that is wanted, in the order of the items, inputs first.  `w` must
 * live in the call's arena. */
enum verdict content_fetch(struct call *c, const struct json *items, struct content_wants *w);
/* The items with their values, from the answers of `stage`; `items` is emptied. */
struct json *content_fill(struct call *c, struct json *items, struct content_wants *w, int stage);

#endif
