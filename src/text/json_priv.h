/*
 * json_priv.h - what the json_*.c files share.
 */
#ifndef TEXT_JSON_PRIV_H
#define TEXT_JSON_PRIV_H

#include "text/json.h"

/* For large arrays on the stack of which little is used: the compiler's habit of zeroing them
 * (-ftrivial-auto-var-init) would cost more than the work itself. */
#if defined(__has_attribute)
#if __has_attribute(__uninitialized__)
#define NOT_ZEROED __attribute__((__uninitialized__))
#endif
#endif
#ifndef NOT_ZEROED
#define NOT_ZEROED
#endif

/* The members sorted by the bytes of their names, in the arena or, without one, from malloc.
 * NULL when memory is out (or when there are none). */
const struct json **json_sorted(struct arena *a, const struct json *object);

#endif
