/*
 * signin.h - a person signs in, and the refresh token is stored.
 *
 * Two ways: a device code (RFC 8628), or the browser of this machine (authorization code with
 * PKCE on loopback, RFC 8252, 7636, 9207).  Knows the grants and Entra's spellings of their errors.
 * Knows nothing of terminals: the caller shows the code or the address, and the end.
 */
#ifndef WORK_SIGNIN_H
#define WORK_SIGNIN_H

#include "base/err.h"
#include "base/str.h"
#include "work/host.h"

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
	const char *home_tenant;  /* of a guest: the tenant that the account comes from; else "" */
	const char *scope;        /* what was granted */
	bool expired;             /* nobody came in time: a new try may help */
	bool admin;               /* an administrator has to consent */
};

struct signin_options {
	const struct conf *conf;
	struct loop *loop;
	/* What to sign in for; AUD_NONE means the flow service.  One service at a time: the token
	 * is good for the others too, but a second factor or a consent may be asked for one. */
	enum audience audience;
	struct str organisation; /* for AUD_DATAVERSE */
	/* Device code: the code has come; called once, then polling begins. */
	void (*on_code)(void *arg, const struct signin_code *code);
	/* Browser: the address to open.  It holds no secret.  `port` is where it ends. */
	void (*on_address)(void *arg, struct str url, unsigned port);
	/* Still waiting. */
	void (*on_wait)(void *arg, int64_t seconds_left);
	/* Signed in, not stored yet: the caller may record the account in the profile and in
	 * `conf`, because the sign-in is stored for what `conf` says afterwards.  Or NULL. */
	void (*on_account)(void *arg, const struct signin_end *account);
	/* Called once; the strings die with signin_free, which is called after it, not in it. */
	void (*on_end)(void *arg, const struct signin_end *end);
	void *arg;
};

/* Each tries the store first, so that nobody signs in for nothing, then begins.
 * NULL when memory is out.  Everything else is told through on_end, from the loop. */
struct signin *signin_device(const struct signin_options *o);
struct signin *signin_browser(const struct signin_options *o);
/* Browser: takes the address that the browser ended at, which a person pasted.  False when it is
 * not the end of this sign-in. */
bool signin_paste(struct signin *s, struct str url);
/* Stops without calling back. */
void signin_free(struct signin *s);

/* Claims that the service asked for when it refused an audience (Conditional Access), kept in the
 * profile's state directory until the next sign-in for it sends them. */
void signin_keep_claims(const char *dir, struct str resource, struct str claims);
/* In `a`, or "" when there are none. */
struct str signin_kept_claims(struct arena *a, const char *dir, struct str resource);

#endif
