/*
 * auth.h - access tokens out of one refresh token.
 *
 * Access tokens live in memory only, one per audience.  A refresh takes the profile's lock,
 * reads the refresh token afresh, redeems it, and writes the new one back before the access
 * token is used, because several server processes share one rotating refresh token.
 * Never starts a sign-in: it says which command a person must run.
 * Sources: Microsoft identity platform documentation; RFC 6749, 6750, 7235.
 */
#ifndef WORK_AUTH_H
#define WORK_AUTH_H

#include "base/err.h"
#include "base/list.h"
#include "base/secret.h"
#include "text/json.h"
#include "work/host.h"

struct auth;
struct conf;
struct http;
struct loop;
struct store;

struct auth_options {
	const struct conf *conf;
	const struct hosts *hosts;
	struct http *http;
	struct loop *loop;
	struct store *store;
};

struct auth *auth_new(const struct auth_options *o);
void auth_free(struct auth *a);

/* Someone who waits for a token; lives inside its owner, zero-initialised. */
struct auth_waiter {
	struct list link;
	void (*fn)(void *arg);
	void *arg;
	bool told; /* auth.c: woken by a failure, which the next auth_get tells */
};
void auth_wait_clear(struct auth_waiter *w);

struct auth_failure {
	enum err err; /* ERR_NOT_SIGNED_IN, ERR_REAUTH_REQUIRED, ERR_THROTTLED, ERR_NETWORK ... */
	const char *message;
	const char *service_code; /* "AADSTS50076" or "" */
	const char *correlation;
	int64_t retry_after_s;
};

enum auth_state {
	AUTH_READY,  /* *out is filled; the token lives until the caller returns to the loop */
	AUTH_WAIT,   /* w->fn is called when it is worth asking again */
	AUTH_FAILED, /* *failure is filled; its strings live until the next refresh */
};

struct auth_token {
	const struct secret *secret;
	unsigned long serial; /* tells this token from its successors */
};

/* A token for an audience.  `organisation`: the Dataverse origin for AUD_DATAVERSE, else empty. */
enum auth_state auth_get(struct auth *a, enum audience aud, struct str organisation,
			 struct auth_waiter *w, struct auth_token *out,
			 struct auth_failure *failure);
/* The service refused the token of that serial (401): forget it, so that the next auth_get
 * refreshes.  `claims`: the decoded challenge, or empty.  Ignored when it is gone already. */
void auth_rejected(struct auth *a, enum audience aud, struct str organisation,
		   unsigned long serial, struct str claims);
/* The scopes that were granted with the audience's token, in `arena`; "" when there is none. */
const char *auth_scope(const struct auth *a, struct arena *arena, enum audience aud,
		       struct str organisation);
/* What a person must run to sign in with this profile, or to unlock the sign-in. */
const char *auth_command(const struct auth *a, struct arena *arena);
/* The same after a refusal of an audience with this code ("AADSTS50076"): a second factor or a
 * consent is for one service, and some policies want the browser. */
const char *auth_command_after(const struct auth *a, struct arena *arena, enum audience aud,
			       struct str organisation, struct str service_code);
/* What to do about the store when the last refresh failed because of it, or NULL. */
const char *auth_advice(const struct auth *a);

/* Who is signed in, as far as id tokens have told in this process. */
struct auth_identity {
	const char *object_id, *tenant_id, *name, *username; /* "" when not known */
};
struct auth_identity auth_identity(const struct auth *a);
/* Per audience: {audience, state, scope, expiresInSeconds}, and with read_only readOnlyBy
 * ("microsoft" or "flowlatch"). */
struct json *auth_describe(const struct auth *a, struct arena *arena);
struct auth_stats {
	unsigned long refreshes, failures;
};
struct auth_stats auth_stats(const struct auth *a);

/* ---- parsers of what Entra and the service send (each has a fuzz target) ---- */

/* The payload of a JWT, unverified; NULL when it is none. */
struct json *jwt_payload(struct arena *a, struct str token);

/* One challenge of a WWW-Authenticate header. */
struct challenge {
	struct str scheme;
	struct str error, error_description, claims, authorization_uri; /* unquoted, or "" */
};
/* Reads up to `max` challenges (RFC 7235: several in one header, any parameter order). */
size_t challenge_parse(struct arena *a, struct str header, struct challenge *out, size_t max);
/* Decodes a claims parameter (base64, either alphabet) to JSON text; p NULL when it is not. */
struct str challenge_claims(struct arena *a, struct str claims);

#endif
