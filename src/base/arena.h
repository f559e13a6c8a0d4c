/*
 * arena.h - memory that lives and dies together.
 *
 * An arena hands out pieces of a few large blocks and frees all of them at once.
 * It has a ceiling.  Running out never returns NULL: it jumps to the arena's way out
 * (arena_guard) when one is set, and ends the process with a message when none is.
 * So code that builds values in an arena has no error branch for memory,
 * and must hold nothing else (no file, no lock) while it allocates.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes handed out, padding included */
	size_t max;                 /* ceiling for `used` */
	bool wipe;                  /* zero the blocks before they are freed */
	jmp_buf *out;               /* where to go when memory is out, or NULL */
};

/* Prepares an empty arena that may hand out at most `max` bytes.  Allocates nothing yet. */
void arena_init(struct arena *a, size_t max);

/* Frees everything; the arena may be used again.  NULL is fine. */
void arena_release(struct arena *a);

/* Returns `n` bytes, zeroed, aligned for any type.  Never NULL; see above. */
void *arena_alloc(struct arena *a, size_t n);

/* Returns room for `count` items of `size` bytes, zeroed; overflow counts as out of memory. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* Grows the newest piece in place where possible, else copies.  `old` may be NULL. */
void *arena_grow(struct arena *a, void *old, size_t old_n, size_t new_n);

/* Copies `n` bytes and adds a NUL. */
char *arena_copy(struct arena *a, const void *p, size_t n);

/* Formats into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/*
 * Sets the way out and evaluates to false; evaluates to true when memory ran out later.
 *
 *	jmp_buf out;
 *	if (arena_guard(&a, &out))
 *		return ERR_TOO_LARGE;
 */
#define arena_guard(a, buf) ((a)->out = (buf), setjmp(*(buf)) != 0)

#endif
