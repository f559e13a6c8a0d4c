/*
 * body64.c - base64 decoded a part at a time, and hashed.
 */
#include "text/body64.h"

void body64_reset(struct body64 *b)
{
	unsigned char unused[CRYPT_HASH];

	if (b->hash)
		crypt_hash_end(b->hash, unused);
	b->hash = NULL;
	b->n = 0;
	b->bytes = 0;
	b->ended = b->bad = false;
}

static void decode(struct body64 *b)
{
	struct str text = str_n(b->part, b->n);
	struct buf out;

	b->n = 0;
	if (b->bad || !text.n)
		return;
	buf_init(&out, sizeof(b->part));
	b->bad = b->ended || !crypt_unb64(&out, text);
	/* Only the last quartet may be short. */
	b->ended = out.n % 3 != 0;
	b->bytes += out.n;
	if (!b->hash)
		b->hash = crypt_hash_new();
	crypt_hash_add(b->hash, buf_str(&out));
	buf_free(&out);
}

void body64_add(struct body64 *b, struct str base64)
{
	while (base64.n && !b->bad) {
		size_t n = sizeof(b->part) - b->n;

		if (n > base64.n)
			n = base64.n;
		memcpy(b->part + b->n, base64.p, n);
		b->n += n;
		base64 = str_from_at(base64, n);
		if (b->n == sizeof(b->part))
			decode(b);
	}
}

bool body64_end(struct body64 *b, uint64_t *bytes, unsigned char sha256[CRYPT_HASH])
{
	bool good;

	decode(b);
	good = !b->bad && b->bytes;
	if (good) {
		*bytes = b->bytes;
		crypt_hash_end(b->hash, sha256);
		b->hash = NULL;
	}
	body64_reset(b);
	return good;
}
