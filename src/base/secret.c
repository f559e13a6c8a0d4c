/*
 * secret.c - secrets in pages of their own, on one list so that redaction knows them all.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/list.h"
#include "base/os.h"

struct secret {
	struct list link;
	size_t mapped, n;
	char *pages; /* a guard page, the bytes, a guard page */
	char *bytes;
};

static struct list living = { &living, &living };

struct secret *secret_new(struct str bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), inner;
	struct secret *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	inner = (bytes.n + 1 + page - 1) / page * page;
	s->mapped = inner + 2 * page;
	s->n = bytes.n;
	s->pages = mmap(NULL, s->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->pages == MAP_FAILED) {
		free(s);
		return NULL;
	}
	s->bytes = s->pages + page;
	if (mprotect(s->bytes, inner, PROT_READ | PROT_WRITE)) {
		munmap(s->pages, s->mapped);
		free(s);
		return NULL;
	}
	/* Best effort: an unprivileged process may lock 8 MiB, some containers nothing. */
	(void)mlock(s->bytes, inner);
	(void)madvise(s->bytes, inner, MADV_DONTDUMP);
	(void)madvise(s->bytes, inner, MADV_WIPEONFORK);
	if (bytes.n)
		memcpy(s->bytes, bytes.p, bytes.n);
	list_append(&living, &s->link);
	return s;
}

struct secret *secret_copy(const struct secret *s)
{
	return s ? secret_new(secret_bytes(s)) : NULL;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	list_remove(&s->link);
	os_wipe(s->bytes, s->n);
	munmap(s->pages, s->mapped);
	free(s);
}

struct str secret_bytes(const struct secret *s)
{
	return s ? str_n(s->bytes, s->n) : S("");
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	unsigned char diff = 0;

	if (!a || !b || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		diff |= (unsigned char)(a->bytes[i] ^ b->bytes[i]);
	return diff == 0;
}

void secret_each(void (*fn)(struct str bytes, void *arg), void *arg)
{
	LIST_EACH(pos, &living)
	fn(secret_bytes(LIST_ITEM(pos, struct secret, link)), arg);
}
