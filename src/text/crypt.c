/*
 * crypt.c - hashing, authentication codes, sealing, randomness and base64, over PSA Crypto.
 *
 * The only includer of mbedTLS.  HKDF and PBKDF2 are composed of HMAC here, because the PSA
 * of mbedTLS 2.28 has no PBKDF2; base64 is our own, because the library's decoder accepts
 * text without its padding and silently drops bytes.
 */
#include "text/crypt.h"

#include <psa/crypto.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"

_Noreturn static void give_up(void)
{
	static const char msg[] = "flowlatch: the cryptographic library failed; stopping\n";

	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(70);
}

static void must(psa_status_t status)
{
	if (status != PSA_SUCCESS)
		give_up();
}

static void init(void)
{
	static bool done;

	if (!done)
		must(psa_crypto_init());
	done = true;
}

static const uint8_t *bytes_of(struct str s)
{
	return (const uint8_t *)(s.n ? s.p : "");
}

void crypt_random(void *out, size_t n)
{
	unsigned char *p = out;

	init();
	/* Asked in pieces: PSA refuses more than MBEDTLS_CTR_DRBG_MAX_REQUEST on some builds. */
	for (size_t i = 0; i < n; i += 1024)
		must(psa_generate_random(p + i, n - i < 1024 ? n - i : 1024));
}

void crypt_uuid(char out[37])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	char *p = out;

	crypt_random(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[b[i] >> 4];
		*p++ = hex[b[i] & 15];
	}
	*p = '\0';
}

/* ---- hash ---- */

void crypt_sha256(struct str data, unsigned char out[CRYPT_HASH])
{
	size_t n;

	init();
	must(psa_hash_compute(PSA_ALG_SHA_256, bytes_of(data), data.n, out, CRYPT_HASH, &n));
}

struct crypt_hash {
	psa_hash_operation_t op;
};

struct crypt_hash *crypt_hash_new(void)
{
	struct crypt_hash *h = calloc(1, sizeof(*h));

	if (!h)
		give_up();
	init();
	h->op = psa_hash_operation_init();
	must(psa_hash_setup(&h->op, PSA_ALG_SHA_256));
	return h;
}

void crypt_hash_add(struct crypt_hash *h, struct str data)
{
	if (data.n)
		must(psa_hash_update(&h->op, bytes_of(data), data.n));
}

void crypt_hash_end(struct crypt_hash *h, unsigned char out[CRYPT_HASH])
{
	size_t n;

	must(psa_hash_finish(&h->op, out, CRYPT_HASH, &n));
	free(h);
}

/* ---- keys ---- */

static mbedtls_svc_key_id_t import(psa_key_type_t type, psa_algorithm_t alg, psa_key_usage_t usage,
			   struct str key)
{
	psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
	mbedtls_svc_key_id_t id;

	init();
	psa_set_key_type(&attr, type);
	psa_set_key_algorithm(&attr, alg);
	psa_set_key_usage_flags(&attr, usage);
	must(psa_import_key(&attr, bytes_of(key), key.n, &id));
	return id;
}

static struct str hash_str(const unsigned char h[CRYPT_HASH])
{
	return str_bytes(h, CRYPT_HASH);
}

/* An HMAC key of any length: PSA has no empty keys and a ceiling of 8 KiB.  HMAC itself pads
 * short keys with zeroes and hashes those longer than a block (RFC 2104 section 2). */
static mbedtls_svc_key_id_t import_hmac(struct str key)
{
	enum { BLOCK = 64 };
	unsigned char hash[CRYPT_HASH];
	mbedtls_svc_key_id_t id;

	if (key.n > BLOCK) {
		crypt_sha256(key, hash);
		key = hash_str(hash);
	}
	id = import(PSA_KEY_TYPE_HMAC, PSA_ALG_HMAC(PSA_ALG_SHA_256), PSA_KEY_USAGE_SIGN_MESSAGE,
		    key.n ? key : str_n("\0", 1));
	os_wipe(hash, sizeof(hash));
	return id;
}

static void hmac(mbedtls_svc_key_id_t key, const struct str *parts, size_t count,
		 unsigned char out[CRYPT_HASH])
{
	psa_mac_operation_t op = PSA_MAC_OPERATION_INIT;
	size_t n;

	must(psa_mac_sign_setup(&op, key, PSA_ALG_HMAC(PSA_ALG_SHA_256)));
	for (size_t i = 0; i < count; i++)
		if (parts[i].n)
			must(psa_mac_update(&op, bytes_of(parts[i]), parts[i].n));
	must(psa_mac_sign_finish(&op, out, CRYPT_HASH, &n));
}

void crypt_hmac(struct str key, const struct str *parts, size_t count,
		unsigned char out[CRYPT_HASH])
{
	mbedtls_svc_key_id_t id = import_hmac(key);

	hmac(id, parts, count, out);
	must(psa_destroy_key(id));
}

void crypt_derive(struct str key, struct str purpose, unsigned char out[CRYPT_KEY])
{
	static const unsigned char no_salt[CRYPT_HASH];
	unsigned char prk[CRYPT_HASH];

	crypt_hmac(hash_str(no_salt), &key, 1, prk);
	/* One block of output is all that is wanted: T(1) = HMAC(PRK, info || 0x01). */
	crypt_hmac(hash_str(prk), (struct str[]){ purpose, S("\x01") }, 2, out);
	os_wipe(prk, sizeof(prk));
}

void crypt_pbkdf2(struct str password, struct str salt, unsigned rounds,
		  unsigned char out[CRYPT_KEY])
{
	mbedtls_svc_key_id_t id = import_hmac(password);
	unsigned char u[CRYPT_HASH];

	hmac(id, (struct str[]){ salt, S("\0\0\0\x01") }, 2, u);
	memcpy(out, u, CRYPT_KEY);
	for (unsigned i = 1; i < rounds; i++) {
		hmac(id, (struct str[]){ hash_str(u) }, 1, u);
		for (size_t k = 0; k < CRYPT_KEY; k++)
			out[k] ^= u[k];
	}
	os_wipe(u, sizeof(u));
	must(psa_destroy_key(id));
}

bool crypt_equal(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)(x[i] ^ y[i]);
	return diff == 0;
}

/* ---- sealing ---- */

static mbedtls_svc_key_id_t import_aes(const unsigned char key[CRYPT_KEY], psa_key_usage_t usage)
{
	return import(PSA_KEY_TYPE_AES, PSA_ALG_GCM, usage, hash_str(key));
}

void crypt_seal(const unsigned char key[CRYPT_KEY], struct str aad, struct str plain,
		struct buf *out)
{
	size_t room = plain.n + CRYPT_TAG, n;
	unsigned char nonce[CRYPT_NONCE];
	mbedtls_svc_key_id_t id;
	char *at;

	crypt_random(nonce, sizeof(nonce));
	at = buf_room(out, CRYPT_NONCE + room);
	if (!at)
		return;
	memcpy(at, nonce, CRYPT_NONCE);
	id = import_aes(key, PSA_KEY_USAGE_ENCRYPT);
	must(psa_aead_encrypt(id, PSA_ALG_GCM, nonce, CRYPT_NONCE, bytes_of(aad), aad.n,
			      bytes_of(plain), plain.n, (uint8_t *)at + CRYPT_NONCE, room, &n));
	must(psa_destroy_key(id));
	out->n += CRYPT_NONCE + n;
}

bool crypt_open(const unsigned char key[CRYPT_KEY], struct str aad, struct str sealed,
		struct buf *out)
{
	size_t room = sealed.n - CRYPT_NONCE, n;
	psa_status_t status;
	mbedtls_svc_key_id_t id;
	char *at;

	if (sealed.n < CRYPT_NONCE + CRYPT_TAG)
		return false;
	at = buf_room(out, room);
	if (!at)
		return false;
	id = import_aes(key, PSA_KEY_USAGE_DECRYPT);
	status = psa_aead_decrypt(id, PSA_ALG_GCM, bytes_of(sealed), CRYPT_NONCE, bytes_of(aad),
				  aad.n, bytes_of(sealed) + CRYPT_NONCE, room, (uint8_t *)at, room,
				  &n);
	must(psa_destroy_key(id));
	if (status == PSA_ERROR_INVALID_SIGNATURE)
		return false;
	must(status);
	out->n += n;
	return true;
}

/* ---- text forms ---- */

void crypt_hex(struct buf *b, struct str bytes)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		buf_add(b, (char[]){ hex[c >> 4], hex[c & 15] }, 2);
	}
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void encode(struct buf *b, struct str s, const char *alphabet, bool pad)
{
	const unsigned char *p = bytes_of(s);

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i < 3 ? s.n - i : 3;
		unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);
		char four[4] = { alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63],
				 alphabet[v & 63] };

		buf_add(b, four, left + 1);
		if (pad)
			buf_add(b, "==", 3 - left);
	}
}

void crypt_b64url(struct buf *b, struct str bytes)
{
	encode(b, bytes, LETTERS "-_", false);
}

void crypt_b64(struct buf *b, struct str bytes)
{
	encode(b, bytes, LETTERS "+/", true);
}

/* Value of a digit in either alphabet, or -1. */
static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool crypt_unb64(struct buf *b, struct str text)
{
	size_t start = b->n, pads = 0;
	unsigned v = 0, bits = 0;
	bool standard = str_find_char(text, '+') >= 0 || str_find_char(text, '/') >= 0;
	bool url = str_find_char(text, '-') >= 0 || str_find_char(text, '_') >= 0;

	for (; pads < 2 && text.n && text.p[text.n - 1] == '='; pads++)
		text.n--;
	/* Padding, where there is any, must fill the last group of four. */
	if (text.n % 4 == 1 || (pads && (text.n + pads) % 4) || (standard && url))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int d = digit(text.p[i]);

		if (d < 0) {
			b->n = start;
			return false;
		}
		v = (v << 6 | (unsigned)d) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(b, (char)(v >> bits & 0xff));
		}
	}
	if (v & ((1u << bits) - 1)) {
		b->n = start;
		return false;
	}
	return buf_ok(b);
}
