/*
 * arena.c - blocks of growing size, freed together.
 *
 * Under AddressSanitizer each piece gets its own block, so that an overrun is seen.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

#if defined(__SANITIZE_ADDRESS__)
#define ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ONE_BLOCK_EACH
#define ONE_BLOCK_EACH 0
#endif

enum { ALIGN = 16, FIRST_BLOCK = 8 << 10, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(ALIGN) char mem[];
};

static size_t round_up(size_t n)
{
	return (n + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
}

_Noreturn static void out_of_memory(struct arena *a)
{
	static const char msg[] = "flowlatch: out of memory\n";

	if (a->out)
		longjmp(*a->out, 1);
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(70);
}

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

void arena_release(struct arena *a)
{
	if (!a)
		return;
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		if (a->wipe)
			os_wipe(b->mem, b->used);
		free(b);
	}
	a->used = 0;
}

static struct arena_block *add_block(struct arena *a, size_t n)
{
	size_t cap = a->blocks ? a->blocks->cap * 2 : FIRST_BLOCK;
	struct arena_block *b;

	if (cap > LARGEST_BLOCK)
		cap = LARGEST_BLOCK;
	if (ONE_BLOCK_EACH || cap < n)
		cap = n;
	b = malloc(sizeof(*b) + cap);
	if (!b)
		out_of_memory(a);
	*b = (struct arena_block){ .next = a->blocks, .cap = cap };
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX / 4)
		out_of_memory(a);
	n = ONE_BLOCK_EACH ? (n ? n : 1) : round_up(n ? n : 1);
	if (n > a->max - a->used)
		out_of_memory(a);
	if (!b || b->cap - b->used < n)
		b = add_block(a, n);
	p = b->mem + b->used;
	b->used += n;
	a->used += n;
	return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		out_of_memory(a);
	return arena_alloc(a, n);
}

void *arena_grow(struct arena *a, void *old, size_t old_n, size_t new_n)
{
	struct arena_block *b = a->blocks;
	size_t was = round_up(old_n ? old_n : 1), now = round_up(new_n ? new_n : 1);
	void *p;

	if (new_n <= old_n)
		return old;
	if (!ONE_BLOCK_EACH && old && b && b->used >= was &&
	    (char *)old == b->mem + b->used - was && new_n < SIZE_MAX / 4 &&
	    now - was <= b->cap - b->used && now - was <= a->max - a->used) {
		b->used += now - was;
		a->used += now - was;
		memset((char *)old + old_n, 0, new_n - old_n);
		return old;
	}
	p = arena_alloc(a, new_n);
	if (old && old_n)
		memcpy(p, old, old_n);
	return p;
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
	char *c = arena_alloc(a, n + 1);

	if (n)
		memcpy(c, p, n);
	return c;
}

static char *vprint(struct arena *a, const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 2, 0)));

static char *vprint(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *c;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	c = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n >= 0)
		vsnprintf(c, (size_t)n + 1, fmt, again);
	va_end(again);
	return c;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *c;

	va_start(ap, fmt);
	c = vprint(a, fmt, ap);
	va_end(ap);
	return c;
}
