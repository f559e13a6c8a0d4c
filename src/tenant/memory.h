/*
 * memory.h - heap memory that is there, or the process ends, as an arena without a way out does.
 *
 * For the long-lived structs of the tenant; what one request needs comes from its arena.
 */
#ifndef TENANT_MEMORY_H
#define TENANT_MEMORY_H

#include "base/str.h"

/* Zeroed room for one thing of `n` bytes. */
void *must_alloc(size_t n);
/* Grows like realloc. */
void *must_grow(void *old, size_t n);
/* A NUL-terminated copy. */
char *must_copy(struct str s);
/* Ends the process with a message: a bug in the seed or in a format. */
_Noreturn void must_not(const char *what) __attribute__((__cold__));

#endif
