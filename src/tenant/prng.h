/*
 * prng.h - small deterministic randomness (SplitMix64, Steele et al. 2014).
 *
 * For seeding only: what must not be guessed comes from crypt_random.
 */
#ifndef TENANT_PRNG_H
#define TENANT_PRNG_H

#include <stdint.h>

#include "base/str.h"

static inline uint64_t prng_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 to n-1; the bias is irrelevant here. */
static inline uint64_t prng_below(uint64_t *state, uint64_t n)
{
	return n ? prng_next(state) % n : 0;
}

/* FNV-1a, to turn labels into seeds. */
static inline uint64_t prng_hash(struct str s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* A value that depends on both and looks like neither. */
static inline uint64_t prng_mix(uint64_t a, uint64_t b)
{
	uint64_t s = a ^ (b * UINT64_C(0xff51afd7ed558ccd));

	return prng_next(&s);
}

/* A GUID (version 4 form) made of a seed, in lower case; `out` has 37 bytes. */
void prng_guid(uint64_t seed, char out[37]);

#endif
