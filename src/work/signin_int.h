/*
 * signin_int.h - what the files of the sign-in share.
 */
#ifndef WORK_SIGNIN_INT_H
#define WORK_SIGNIN_INT_H

#include "base/buf.h"
#include "base/secret.h"
#include "text/json.h"
#include "wire/http.h"
#include "wire/loop.h"
#include "work/conf.h"
#include "work/signin.h"
#include "work/store.h"

struct browser;

struct signin {
	struct signin_options o;
	struct arena arena;
	struct hosts *hosts;
	struct http *http;
	struct store *store;
	struct loop_timer timer, tick;
	struct http_transfer *transfer;
	struct secret *refresh_token;
	struct signin_end signed_in;
	struct str scope, resource, claims;
	void (*begin)(struct signin *s); /* once configuration and store are found to be good */
	unsigned lock_tries, tries;
	int64_t deadline;
	/* device code */
	struct secret *device_code;
	int64_t interval;
	/* browser */
	struct browser *browser;
	struct secret *verifier, *code;
	struct str redirect, nonce, iss;
};

/* ---- signin.c ---- */

struct signin *signin_new(const struct signin_options *o, void (*begin)(struct signin *s));
/* Tells the end; fields that are NULL become "". */
void signin_tell(struct signin *s, const struct signin_end *e);
void signin_fail(struct signin *s, enum err err, const char *message, const char *next);
/* The end that an answer {"error", "error_description"} stands for. */
void signin_refused(struct signin *s, struct str error, struct str description,
		    struct str correlation);
/* Posts a form to an endpoint of the tenant and frees it; false when it could not be started. */
bool signin_post(struct signin *s, const char *endpoint, struct buf *form,
		 void (*on_done)(void *arg, const struct http_response *r));
/* True when nothing came that could be understood: ask again, less often. */
bool signin_not_well(const struct http_response *r);
/* Checks the token answer, stores the refresh token, and ends. */
void signin_take_tokens(struct signin *s, const struct json *doc);
/* Begins to tell how much time is left. */
void signin_start_ticking(struct signin *s);

/* Runs `fn` with a way out for when memory is exhausted by an answer. */
void signin_guarded(struct signin *s, void (*fn)(struct signin *s, const struct http_response *r),
		    const struct http_response *r);

#endif
