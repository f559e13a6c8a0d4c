/*
 * prng.c - GUIDs out of seeds.
 */
#include <stdio.h>

#include "tenant/prng.h"

void prng_guid(uint64_t seed, char out[37])
{
	uint64_t a = prng_next(&seed), b = prng_next(&seed);

	snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		 (unsigned)(0x8000 | ((b >> 48) & 0x3fff)),
		 (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}
