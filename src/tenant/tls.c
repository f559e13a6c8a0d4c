/*
 * tls.c - certificates for the practice tenant.
 *
 * Knows the host names; must not know what is served on them.
 * The keys never leave memory; only the CA certificate is written to disk, by main.c.
 */
#include "tenant/tls.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/os.h"
#include "text/crypt.h"

enum { LIFE_DAYS = 90, SERIAL = 12, PEM_ROOM = 64 << 10 };

static const char *const names[] = {
	"localhost",
	"practice.localhost",
	"*.practice.localhost",
	"*.flow.practice.localhost",
	"*.powerapps.practice.localhost",
	"*.bap.practice.localhost",
	"*.powerplatform.practice.localhost",
	"*.environment.practice.localhost",
	"*.crm.practice.localhost",
	"*.api.crm.practice.localhost",
	"*.content.practice.localhost",
};

static int begin(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name)
{
	unsigned char serial[SERIAL];
	time_t now = time(NULL);
	int rc = gnutls_x509_crt_set_version(crt, 3);

	crypt_random(serial, sizeof(serial));
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 1);
	if (!rc)
		rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (!rc)
		rc = gnutls_x509_crt_set_activation_time(crt, now - 3600);
	if (!rc)
		rc = gnutls_x509_crt_set_expiration_time(crt, now + LIFE_DAYS * 86400);
	if (!rc)
		rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						   (unsigned)strlen(name));
	if (!rc)
		rc = gnutls_x509_crt_set_key(crt, key);
	return rc;
}

static int add_key_id(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned char id[64];
	size_t n = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(crt, 0, id, &n);

	if (!rc)
		rc = gnutls_x509_crt_set_subject_key_id(crt, id, n);
	n = sizeof(id);
	if (!rc)
		rc = gnutls_x509_crt_get_key_id(issuer, 0, id, &n);
	return rc ? rc : gnutls_x509_crt_set_authority_key_id(crt, id, n);
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
						    (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t crt, const struct tenant *t)
{
	static const unsigned char v4[4] = { 127, 0, 0, 1 };
	int rc = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !rc; i++)
		rc = add_name(crt, names[i]);
	/* The public cloud splits the last two digits of an environment's host off. */
	for (unsigned i = 0; i < t->environment_count && !rc; i++) {
		const char *id = t->environments[i].host_id;
		size_t n = strlen(id);
		char name[128];
		struct str tail = str_from(id + (n > 2 ? n - 2 : 0));

		snprintf(name, sizeof(name), "%.*s.%s.environment.practice.localhost",
			 (int)(n - tail.n), id, tail.p);
		rc = add_name(crt, name);
	}
	if (!rc)
		rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, v4,
							  sizeof(v4), GNUTLS_FSAN_APPEND);
	return rc;
}

static int make_ca(gnutls_x509_crt_t ca, gnutls_x509_privkey_t key)
{
	int rc = begin(ca, key, "flowlatch practice CA");

	if (!rc)
		rc = gnutls_x509_crt_set_basic_constraints(ca, 1, 0);
	if (!rc)
		rc = gnutls_x509_crt_set_key_usage(ca, GNUTLS_KEY_KEY_CERT_SIGN |
							       GNUTLS_KEY_CRL_SIGN);
	if (!rc)
		rc = add_key_id(ca, ca);
	return rc ? rc : gnutls_x509_crt_sign2(ca, ca, key, GNUTLS_DIG_SHA256, 0);
}

static int make_leaf(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key, gnutls_x509_crt_t ca,
		     gnutls_x509_privkey_t ca_key, const struct tenant *t)
{
	int rc = begin(leaf, key, "practice.localhost");

	if (!rc)
		rc = gnutls_x509_crt_set_basic_constraints(leaf, 0, -1);
	if (!rc)
		rc = gnutls_x509_crt_set_key_usage(leaf, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (!rc)
		rc = gnutls_x509_crt_set_key_purpose_oid(leaf, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (!rc)
		rc = add_names(leaf, t);
	if (!rc)
		rc = add_key_id(leaf, ca);
	return rc ? rc : gnutls_x509_crt_sign2(leaf, ca, ca_key, GNUTLS_DIG_SHA256, 0);
}

static char *crt_pem(gnutls_x509_crt_t crt)
{
	size_t n = PEM_ROOM;
	char *out = calloc(1, n);

	if (out && gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, out, &n)) {
		free(out);
		return NULL;
	}
	return out;
}

static char *key_pem(gnutls_x509_privkey_t key)
{
	size_t n = PEM_ROOM;
	char *out = calloc(1, n);

	if (out && gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, out, &n)) {
		free(out);
		return NULL;
	}
	return out;
}

static int new_key(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

bool tls_make(struct tls *tls, const struct tenant *t)
{
	gnutls_x509_crt_t ca = NULL, leaf = NULL;
	gnutls_x509_privkey_t ca_key = NULL, key = NULL;
	int rc;

	*tls = (struct tls){ 0 };
	rc = gnutls_global_init();
	if (!rc)
		rc = gnutls_x509_crt_init(&ca);
	if (!rc)
		rc = gnutls_x509_crt_init(&leaf);
	if (!rc)
		rc = gnutls_x509_privkey_init(&ca_key);
	if (!rc)
		rc = gnutls_x509_privkey_init(&key);
	if (!rc)
		rc = new_key(ca_key);
	if (!rc)
		rc = new_key(key);
	if (!rc)
		rc = make_ca(ca, ca_key);
	if (!rc)
		rc = make_leaf(leaf, key, ca, ca_key, t);
	if (!rc) {
		tls->ca = crt_pem(ca);
		tls->certificate = crt_pem(leaf);
		tls->key = key_pem(key);
	}
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(leaf);
	gnutls_x509_privkey_deinit(ca_key);
	gnutls_x509_privkey_deinit(key);
	if (rc)
		log_error("flowlatch-tenant: certificates: %s", gnutls_strerror(rc));
	if (rc || !tls->ca || !tls->certificate || !tls->key) {
		tls_free(tls);
		return false;
	}
	return true;
}

void tls_free(struct tls *tls)
{
	if (tls->key)
		os_wipe(tls->key, strlen(tls->key));
	free(tls->key);
	free(tls->ca);
	free(tls->certificate);
	*tls = (struct tls){ 0 };
	gnutls_global_deinit();
}
