/*
 * buf.h - a growable run of bytes that must name its ceiling.
 *
 * An append that does not fit, or finds no memory, marks the buffer as bad, drops what it
 * holds, and every later append does nothing: check buf_ok() once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap, max;
	struct arena *arena; /* NULL: malloc */
	bool bad;
};

/* An empty buffer on the heap; free it with buf_free. */
void buf_init(struct buf *b, size_t max);
/* An empty buffer in an arena; buf_free only forgets it. */
void buf_init_in(struct buf *b, struct arena *a, size_t max);
void buf_free(struct buf *b);
/* Zeroes what it holds, then frees. */
void buf_free_wiped(struct buf *b);
/* Empties it and keeps the memory; a bad buffer stays bad. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *z);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((__format__(__printf__, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 2, 0)));
/* Percent-encodes everything but the unreserved characters of RFC 3986. */
void buf_add_percent(struct buf *b, struct str s);
/* Adds "name=value" of a form (application/x-www-form-urlencoded), after "&" unless it is first. */
void buf_add_field(struct buf *b, const char *name, struct str value);
/* Removes the first `n` bytes. */
void buf_drop(struct buf *b, size_t n);
/* Room for `n` more bytes at b->p + b->n, or NULL; the caller adds to b->n itself. */
char *buf_room(struct buf *b, size_t n);

static inline bool buf_ok(const struct buf *b)
{
	return !b->bad;
}

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

/* NUL-terminates (the NUL is not counted) and returns the C string, "" when bad. */
const char *buf_c(struct buf *b);

#endif
