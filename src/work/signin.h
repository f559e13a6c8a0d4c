/*
 * signin.h - a person signs in with a device code (RFC 8628), and the refresh token is stored.
 *
 * Knows the device authorization grant and Entra's spellings of its errors.
 * Knows nothing of terminals: the caller shows the code and the end.
 */
#ifndef WORK_SIGNIN_H
#define WORK_SIGNIN_H

#include "base/err.h"
#include "base/str.h"

struct conf;
struct loop;
struct signin;

/* What the person must do; the strings come from the sign-in service: escape them. */
struct signin_code {
	struct str user_code, verification_uri;
	int64_t expires_in_s;
};

struct signin_end {
	enum err err;             /* ERR_OK: signed in */
	const char *message;      /* one sentence */
	const char *next;         /* what to do about it, or NULL */
	const char *service_code; /* "AADSTS70016" or "" */
	const char *correlation;
	const char *name, *username, *object_id, *tenant_id; /* of the account; "" when not known */
	const char *scope;        /* what was granted */
};

struct signin_options {
	const struct conf *conf;
	struct loop *loop;
	/* The code has come: called once, then polling begins. */
	void (*on_code)(void *arg, const struct signin_code *code);
	/* Still waiting. */
	void (*on_wait)(void *arg, int64_t seconds_left);
	/* Called once; the strings die with it.  Call signin_free after it, not in it. */
	void (*on_end)(void *arg, const struct signin_end *end);
	void *arg;
};

/* Tries the store first, so that nobody signs in for nothing, then asks for a code.
 * NULL when memory is out.  Everything else is told through on_end, from the loop. */
struct signin *signin_device(const struct signin_options *o);
/* Stops without calling back. */
void signin_free(struct signin *s);

#endif
