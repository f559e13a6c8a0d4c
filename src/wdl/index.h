/*
 * index.h - an object being built whose members are found by hash: for input of strangers, where
 * a search per member would make the time quadratic.
 */
#ifndef WDL_INDEX_H
#define WDL_INDEX_H

#include "text/json.h"

struct wdl_index {
	struct json *object;
	struct json **slots;
	size_t names, size;
};

/* The member of that name, or NULL. */
struct json *wdl_index_get(const struct wdl_index *x, struct str name);
/* Adds a member at the end, or puts `v` in the place of the one of that name. */
void wdl_index_put(struct arena *a, struct wdl_index *x, struct str name, struct json *v);

#endif
