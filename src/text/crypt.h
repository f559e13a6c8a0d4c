/*
 * crypt.h - hashing, authentication codes, sealing, randomness and base64url.
 *
 * The only face of mbedTLS (PSA Crypto API; builds on 2.28 and 3.6).  Never used for TLS.
 * The first call initialises PSA.  Failure of a primitive ends the process with a message:
 * there is no safe way to go on without randomness or hashing.
 */
#ifndef TEXT_CRYPT_H
#define TEXT_CRYPT_H

#include "base/buf.h"

enum { CRYPT_HASH = 32, CRYPT_KEY = 32, CRYPT_NONCE = 12, CRYPT_TAG = 16 };

void crypt_random(void *out, size_t n);
/* A random UUID (version 4) in lower case; `out` has 37 bytes. */
void crypt_uuid(char out[37]);

void crypt_sha256(struct str data, unsigned char out[CRYPT_HASH]);
/* Incremental SHA-256. */
struct crypt_hash;
struct crypt_hash *crypt_hash_new(void);
void crypt_hash_add(struct crypt_hash *h, struct str data);
void crypt_hash_end(struct crypt_hash *h, unsigned char out[CRYPT_HASH]); /* and frees */

/* HMAC-SHA-256 over the concatenation of `parts`. */
void crypt_hmac(struct str key, const struct str *parts, size_t count,
		unsigned char out[CRYPT_HASH]);
/* HKDF-SHA-256 (RFC 5869) without salt: a key for one purpose. */
void crypt_derive(struct str key, struct str purpose, unsigned char out[CRYPT_KEY]);
/* Constant time. */
bool crypt_equal(const void *a, const void *b, size_t n);

/* AES-256-GCM with a random nonce: nonce || ciphertext || tag.  `aad` is bound, not stored. */
void crypt_seal(const unsigned char key[CRYPT_KEY], struct str aad, struct str plain,
		struct buf *out);
/* False when anything was changed; *out is then untouched. */
bool crypt_open(const unsigned char key[CRYPT_KEY], struct str aad, struct str sealed,
		struct buf *out);

/* PBKDF2-HMAC-SHA-256 (RFC 8018). */
void crypt_pbkdf2(struct str password, struct str salt, unsigned rounds,
		  unsigned char out[CRYPT_KEY]);

void crypt_hex(struct buf *b, struct str bytes);
/* base64url without padding (RFC 4648 section 5). */
void crypt_b64url(struct buf *b, struct str bytes);
/* Decodes either alphabet (not a mixture), padded or not; strict: no white space, no stray bits.
 * False when ill-formed (*b is then as it was) or when it does not fit. */
bool crypt_unb64(struct buf *b, struct str text);
/* Standard alphabet with padding. */
void crypt_b64(struct buf *b, struct str bytes);

#endif
