/*
 * tls.h - a certificate authority of one's own, made at start and gone at the end.
 */
#ifndef TENANT_TLS_H
#define TENANT_TLS_H

#include "tenant/state.h"

struct tls {
	char *ca, *certificate, *key; /* PEM; `key` is wiped when freed */
};

/* Makes CA and leaf (ECDSA P-256) for all host names of the tenant.  False with a logged reason. */
bool tls_make(struct tls *tls, const struct tenant *t);
void tls_free(struct tls *tls);

#endif
