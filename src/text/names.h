/*
 * names.h - the member names of the objects that are open right now.
 *
 * Finds a name that an object already has, in constant time however many members there are.
 * Objects open and close like brackets, so names leave in the opposite order of their coming.
 * The hash is keyed with a random number: nobody can prepare names that collide.
 */
#ifndef TEXT_NAMES_H
#define TEXT_NAMES_H

#include "base/str.h"

struct names_entry;

struct names {
	char *bytes;
	struct names_entry *entries;
	uint32_t *table; /* entry number + 1, or 0 */
	size_t n, cap;   /* of bytes */
	size_t count, room;
	size_t slots; /* a power of two, or 0 */
	size_t max;   /* ceiling for the bytes of names and entries */
};

enum names_result {
	NAMES_NEW,
	NAMES_SEEN,
	NAMES_FULL, /* the ceiling was met, or memory is out */
};

/* An empty set that may hold about `max` bytes.  Allocates nothing yet. */
void names_init(struct names *s, size_t max);
void names_release(struct names *s);

/* Opens an object: the mark to give to the calls below.  An object must have got a name
 * before another one is opened inside it (its member is what holds the inner one). */
static inline uint32_t names_open(const struct names *s)
{
	return (uint32_t)s->count;
}

/* Adds a name to the object of that mark, which must be the innermost open one.
 * *value (if `value` is not NULL) is where the caller keeps a pointer for that name: NULL when
 * it is new.  It moves when names are added. */
enum names_result names_add(struct names *s, uint32_t mark, struct str name, void ***value);
/* Forgets the names of the innermost open object. */
void names_close(struct names *s, uint32_t mark);

#endif
