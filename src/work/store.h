/*
 * store.h - the small secrets of one profile: refresh token and keys.
 *
 * Knows where each kind of store keeps them; knows nothing of what they are for.
 * Names in use: "refresh_token", "log_key", "seal_key".
 */
#ifndef WORK_STORE_H
#define WORK_STORE_H

#include "base/secret.h"

struct conf;
struct store;

enum store_result {
	STORE_OK,
	STORE_ABSENT,      /* there is no such item */
	STORE_LOCKED,      /* a person has to unlock it */
	STORE_UNAVAILABLE, /* no such service here */
	STORE_UNSAFE,      /* the file is not ours, not 0600, or a link */
	STORE_FAILED,      /* reading or writing failed; store_message says what */
};

/* The store that the profile names.  Opens and touches nothing yet.  NULL when memory is out. */
struct store *store_new(const struct conf *conf);
void store_free(struct store *s);

/* Reads an item afresh; *out is the caller's. */
enum store_result store_get(struct store *s, const char *name, struct secret **out);
/* Replaces an item so that a crash leaves the old or the new one. */
enum store_result store_put(struct store *s, const char *name, const struct secret *value);
enum store_result store_erase(struct store *s, const char *name);
/* One sentence about the last result that was not OK, without any secret. */
const char *store_message(const struct store *s);
/* The directory of this profile's state (locks, remembered things), made when missing; NULL and
 * a message when that fails. */
const char *store_dir(struct store *s);
/* 32 bytes for one purpose, derived from "seal_key", which is made at first use. */
enum store_result store_key(struct store *s, struct str purpose, unsigned char out[32]);

#endif
