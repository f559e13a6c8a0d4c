/*
 * json_sort.h - the members of an object by name; private to the json_*.c files.
 */
#ifndef TEXT_JSON_SORT_H
#define TEXT_JSON_SORT_H

#include "text/json.h"

/* The members sorted by the bytes of their names, in the arena or, without one, from malloc.
 * NULL when memory is out (or when there are none). */
const struct json **json_sorted(struct arena *a, const struct json *object);

#endif
