/*
 * fuzz_approval.c - approvals that come back through strangers' hands.
 *
 * A valid one with the input put over a part of it: accepted only when it says exactly what it
 * said before; the input alone: never.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "work/approve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run with the place. */
#define must(ok) ((ok) ? (void)0 : broken(__LINE__))

_Noreturn static void broken(int line)
{
	dprintf(2, "broken at line %d\n", line);
	abort();
}

static const unsigned char key[CRYPT_KEY] = "a key that no input knows";

static bool same(const struct approval *p, const struct approval *q)
{
	return !memcmp(p->nonce, q->nonce, sizeof(p->nonce)) &&
	       !memcmp(p->plan, q->plan, CRYPT_HASH) && !memcmp(p->target, q->target, CRYPT_HASH) &&
	       p->expires == q->expires && p->changed == q->changed && p->quarter == q->quarter;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_n((const char *)data, size), text;
	struct approval p = { .expires = 1234567, .changed = true }, q;
	struct arena a;
	struct json *v;
	size_t at;
	char *copy;

	arena_init(&a, 64u << 20);
	v = json_parse(&a, input, JSON_STRICT, NULL);
	must(!approval_read(key, v, &q));
	memset(p.nonce, 7, sizeof(p.nonce));
	memset(p.plan, 8, sizeof(p.plan));
	text = json_text(&a, approval_write(&a, key, &p));
	copy = arena_copy(&a, text.p, text.n);
	at = size ? data[0] * 4u : 0;
	for (size_t i = 1; i < size && at + i - 1 < text.n; i++)
		copy[at + i - 1] = (char)data[i];
	v = json_parse(&a, str_n(copy, text.n), JSON_STRICT, NULL);
	if (approval_read(key, v, &q))
		must(same(&p, &q));
	(void)approval_code_is("K7QF-2M9D", input);
	(void)pin_fault(input);
	arena_release(&a);
	return 0;
}
