/*
 * memory.c - memory or the end.
 */
#include "tenant/memory.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

enum { EXIT_SOFTWARE_BUG = 70 };

_Noreturn void must_not(const char *what)
{
	log_error("flowlatch-tenant: %s", what);
	_exit(EXIT_SOFTWARE_BUG);
}

void *must_alloc(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		must_not("out of memory");
	return p;
}

void *must_grow(void *old, size_t n)
{
	void *p = realloc(old, n);

	if (!p)
		must_not("out of memory");
	return p;
}

char *must_copy(struct str s)
{
	char *p = must_alloc(s.n + 1);

	memcpy(p, s.p, s.n);
	return p;
}
