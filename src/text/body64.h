/*
 * body64.h - size and digest of a file that stands in JSON as base64, read in pieces.
 */
#ifndef TEXT_BODY64_H
#define TEXT_BODY64_H

#include "text/crypt.h"

struct body64 {
	struct crypt_hash *hash; /* NULL until there is something in it */
	char part[4096];         /* not decoded yet; a multiple of four is */
	size_t n;
	uint64_t bytes;
	bool ended; /* padding was seen: nothing may follow */
	bool bad;
};

/* Forgets all; also before the first use, then with `b` zeroed. */
void body64_reset(struct body64 *b);
void body64_add(struct body64 *b, struct str base64);
/* False when it was no base64 (either alphabet, padded or not), or empty.  Resets in any case. */
bool body64_end(struct body64 *b, uint64_t *bytes, unsigned char sha256[CRYPT_HASH]);

#endif
