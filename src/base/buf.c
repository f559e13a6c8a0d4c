/*
 * buf.c - a growable run of bytes that must name its ceiling.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_init_in(struct buf *b, struct arena *a, size_t max)
{
	*b = (struct buf){ .max = max, .arena = a };
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	if (!b->arena)
		free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

void buf_free_wiped(struct buf *b)
{
	if (b && b->p)
		os_wipe(b->p, b->cap);
	buf_free(b);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
}

static void go_bad(struct buf *b)
{
	buf_free_wiped(b);
	b->bad = true;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;
	char *p;

	if (b->bad || n > b->max || b->n > b->max - n) {
		go_bad(b);
		return NULL;
	}
	if (b->n + n < b->cap)
		return b->p + b->n;
	while (cap <= b->n + n)
		cap *= 2;
	/* One byte beyond the ceiling, for the NUL of buf_c. */
	if (cap > b->max + 1)
		cap = b->max + 1;
	p = b->arena ? arena_grow(b->arena, b->p, b->cap, cap) : realloc(b->p, cap);
	if (!p) {
		go_bad(b);
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_room(b, n);

	if (!at || !n)
		return;
	memcpy(at, p, n);
	b->n += n;
}

void buf_adds(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_addz(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *at;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	at = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	} else {
		go_bad(b);
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void buf_add_percent(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c && strchr("-._~", c));

		if (plain)
			buf_addc(b, (char)c);
		else
			buf_add(b, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
	}
}

void buf_add_field(struct buf *b, const char *name, struct str value)
{
	buf_addf(b, "%s%s=", b->n ? "&" : "", name);
	buf_add_percent(b, value);
}

void buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *buf_c(struct buf *b)
{
	if (!buf_room(b, 0))
		return "";
	b->p[b->n] = '\0';
	return b->p;
}
