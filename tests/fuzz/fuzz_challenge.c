/*
 * fuzz_challenge.c - WWW-Authenticate headers, claims parameters and JWTs of strangers.
 */
#include <stdint.h>
#include <stdlib.h>

#include "work/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every part must lie inside what was given or in the arena, and be readable. */
static size_t touch(struct str s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct challenge got[4];
	struct arena a;
	volatile size_t sum = 0;
	size_t n;

	arena_init(&a, 64u << 20);
	n = challenge_parse(&a, in, got, 4);
	if (n > 4)
		abort();
	for (size_t i = 0; i < n; i++) {
		sum += touch(got[i].scheme) + touch(got[i].error) + touch(got[i].claims) +
		       touch(got[i].error_description) + touch(got[i].authorization_uri);
		if (!got[i].scheme.n)
			abort();
	}
	sum += touch(challenge_claims(&a, in));
	if (jwt_payload(&a, in) && json_type(jwt_payload(&a, in)) != JSON_OBJECT)
		abort();
	arena_release(&a);
	(void)sum;
	return 0;
}
