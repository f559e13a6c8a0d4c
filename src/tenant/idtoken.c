/*
 * idtoken.c - id_tokens, signed with a key that lives as long as the process.
 *
 * Entra signs with RSA; ECDSA P-256 is made in a millisecond and is as good for practice.
 */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/entra_parts.h"
#include "text/crypt.h"

enum { HALF = 32 };

static gnutls_privkey_t key;
static unsigned char point[2 * HALF];

/* Writes a big-endian number into exactly HALF bytes. */
static void put_half(unsigned char out[HALF], const gnutls_datum_t *d)
{
	size_t skip = d->size > HALF ? d->size - HALF : 0, n = d->size - skip;

	memset(out, 0, HALF);
	memcpy(out + HALF - n, d->data + skip, n);
}

static bool ready(void)
{
	gnutls_datum_t x = { 0 }, y = { 0 };

	if (key)
		return true;
	if (gnutls_privkey_init(&key) ||
	    gnutls_privkey_generate(key, GNUTLS_PK_ECDSA,
				    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) ||
	    gnutls_privkey_export_ecc_raw(key, NULL, &x, &y, NULL)) {
		idtoken_free();
		return false;
	}
	put_half(point, &x);
	put_half(point + HALF, &y);
	gnutls_free(x.data);
	gnutls_free(y.data);
	return true;
}

void idtoken_free(void)
{
	if (key)
		gnutls_privkey_deinit(key);
	key = NULL;
}

static void add_signature(struct buf *b)
{
	gnutls_datum_t data = { (unsigned char *)b->p, (unsigned)b->n }, der = { 0 }, r = { 0 },
		       s = { 0 };
	unsigned char raw[2 * HALF];

	if (gnutls_privkey_sign_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der) ||
	    gnutls_decode_rs_value(&der, &r, &s)) {
		gnutls_free(der.data);
		return;
	}
	put_half(raw, &r);
	put_half(raw + HALF, &s);
	gnutls_free(der.data);
	gnutls_free(r.data);
	gnutls_free(s.data);
	buf_addc(b, '.');
	crypt_b64url(b, str_bytes(raw, sizeof(raw)));
}

struct str idtoken_make(struct request *q, const struct user *u, const struct directory *d,
			const char *client, const char *nonce)
{
	struct str origin = face_origin(q, FACE_LOGIN), body;
	int64_t now = clock_now() / TICKS_S;
	bool guest = d != u->home;
	struct buf b;

	if (!ready())
		return S("");
	body = emit_str(&q->mem,
			"{'aud':'%s','iss':'%S/%s/v2.0','iat':%l,'nbf':%l,'exp':%l,%r'name':'%s',"
			"%r'oid':'%s','preferred_username':'%s','rh':'0.practice','sub':'%s-%s',"
			"'tid':'%s','uti':'practice','ver':'2.0'}",
			client, origin, d->id, now, now, now + 3600,
			guest ? "\"idp\":\"https://sts.windows.net/other/\"," : "", u->name,
			*nonce ? str_c(&q->mem, emit_str(&q->mem, "'nonce':'%s',", nonce)) : "",
			u->id, u->upn, u->id, client, d->id);
	buf_init_in(&b, &q->mem, 65536);
	crypt_b64url(&b, S("{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"practice\"}"));
	buf_addc(&b, '.');
	crypt_b64url(&b, body);
	add_signature(&b);
	return buf_str(&b);
}

void idtoken_keys(struct buf *b)
{
	if (!ready()) {
		emit(b, "{'keys':[]}");
		return;
	}
	emit(b, "{'keys':[{'kty':'EC','use':'sig','kid':'practice','crv':'P-256','alg':'ES256','x':'");
	crypt_b64url(b, str_bytes(point, HALF));
	emit(b, "','y':'");
	crypt_b64url(b, str_bytes(point + HALF, HALF));
	emit(b, "'}]}");
}
