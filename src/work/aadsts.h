/*
 * aadsts.h - what Entra's error codes mean to a person.
 *
 * Programs decide on `error` and `suberror` (RFC 6749 and Microsoft's rule); the codes explain.
 * Source: Microsoft's list of authentication error codes, and public reports of each.
 */
#ifndef WORK_AADSTS_H
#define WORK_AADSTS_H

#include "base/str.h"

enum aadsts_class {
	AADSTS_WAIT,     /* keep polling */
	AADSTS_LOGIN,    /* sign in again */
	AADSTS_CLAIMS,   /* sign in again, for that service (multi-factor, consent) */
	AADSTS_ADMIN,    /* an administrator has to act */
	AADSTS_SETUP,    /* client id, tenant or registration is wrong */
	AADSTS_POLICY,   /* the organisation forbids this way of signing in */
	AADSTS_TRANSIENT, /* Microsoft's side is busy */
};

struct aadsts {
	unsigned code;
	enum aadsts_class class;
	const char *sentence; /* what happened */
	const char *next;     /* what to do */
	bool consent;         /* what is missing is a consent; an administrator can give it */
};

/* The row of a code, or NULL. */
const struct aadsts *aadsts_find(unsigned code);
/* The first code in a text such as "AADSTS50076: Due to ..."; 0 when there is none. */
unsigned aadsts_code(struct str text);
const struct aadsts *aadsts_rows(size_t *count);
/* The row's sentence, with what the service's own text adds (how long a sign-in is good for). */
const char *aadsts_sentence(struct arena *a, const struct aadsts *row, struct str description);

#endif
