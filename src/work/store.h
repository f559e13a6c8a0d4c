/*
 * store.h - the small secrets of one profile: refresh token and keys.
 *
 * Knows where each kind of store keeps them; knows nothing of what they are for.
 * Names in use: "refresh_token", "log_key", "seal_key", "approve_pin", "snapshot_key".
 *
 * A refresh token is bound to the authority, tenant, application and account that the profile
 * names: read by a profile that names others, it is STORE_OTHER_LOGIN.
 * The kinds keyring and session ask a child program (flowlatch-keyring); store_start does that
 * from the loop, the plain functions wait for it, at most LIMIT_KEYRING_BLOCK_MS.
 */
#ifndef WORK_STORE_H
#define WORK_STORE_H

#include "base/secret.h"

struct conf;
struct loop;
struct store;
struct store_op;

enum store_result {
	STORE_OK,
	STORE_ABSENT,        /* there is no such item */
	STORE_LOCKED,        /* a person has to unlock it */
	STORE_NO_BUS,        /* keyring: no session bus to be found */
	STORE_NO_SERVICE,    /* keyring: nobody on the bus keeps secrets */
	STORE_NO_COLLECTION, /* keyring: the service has nothing to keep them in */
	STORE_SLOW,          /* keyring: the service did not answer in time */
	STORE_UNAVAILABLE,   /* no such store here; store_message says why */
	STORE_UNSAFE,        /* the file is not ours, not 0600, or a link */
	STORE_OTHER_LOGIN,   /* the sign-in is another tenant's, application's or account's */
	STORE_FAILED,        /* reading or writing failed; store_message says what */
	STORE__RESULTS,
};

/* "ok", "absent", "locked", "no_bus" ...: for --json. */
const char *store_result_name(enum store_result r);

/* The store that the profile names.  Opens and touches nothing yet.  NULL when memory is out. */
struct store *store_new(const struct conf *conf);
void store_free(struct store *s);
/* How the person calls it: "keyring", "session", "file", "refresh_token_file", "practice". */
const char *store_name(const struct store *s);
/* One line of what it is and where, for people. */
const char *store_describe(struct store *s);

/* Reads an item afresh; *out is the caller's. */
enum store_result store_get(struct store *s, const char *name, struct secret **out);
/* Replaces an item so that a crash leaves the old or the new one. */
enum store_result store_put(struct store *s, const char *name, const struct secret *value);
enum store_result store_erase(struct store *s, const char *name);
/* One sentence about the last result that was not OK, without any secret. */
const char *store_message(const struct store *s);
/* What a person can do about it, or NULL. */
const char *store_next(const struct store *s);
/* When the item that was read last was written (wall ms), or 0 when that is not known. */
int64_t store_written(const struct store *s);
/* The directory of this profile's state (locks, remembered things), made when missing; NULL and
 * a message when that fails. */
const char *store_dir(struct store *s);
/* The same without making it; NULL when the profile's name cannot be one. */
const char *store_dir_name(const struct store *s);
/* 32 bytes for one purpose, derived from "seal_key", which is made at first use. */
enum store_result store_key(struct store *s, struct str purpose, unsigned char out[32]);
/* 32 random bytes that are an item of their own, made at first use: a key that is to outlive a
 * sign-in. */
enum store_result store_own_key(struct store *s, const char *name, unsigned char out[32]);

/* Writes, reads back and erases something of no worth: whether the store can be relied on.
 * The caller holds the token's lock (store_dir/token.lock). */
enum store_result store_try(struct store *s);
/* Erases every item of the profile but the keys of log and snapshots, which then lie in files in
 * store_dir: what they are for outlives a sign-in.  STORE_ABSENT when there was nothing. */
enum store_result store_clear(struct store *s);
/* Takes the keys that lie in plain files beside the store into it. */
enum store_result store_take_keys(struct store *s);
/* Takes the items of `from` that outlive a sign-in into `s`, and erases them there. */
enum store_result store_adopt(struct store *s, struct store *from);
/* store = file: makes the key file when there is none. */
enum store_result store_make_key_file(struct store *s);

/* ---- without waiting ---- */

enum store_verb {
	STORE_GET,
	STORE_PUT,
	STORE_ERASE,
	STORE_UNLOCK, /* asks the person to unlock the keyring; there is no time limit */
};

struct store_request {
	enum store_verb verb;
	const char *name;           /* static */
	const struct secret *value; /* STORE_PUT; copied */
	int lock;                   /* a descriptor that the child holds until it is done, or 0 */
	/* Called once, from the loop; `value` (STORE_GET) is the callee's. */
	void (*on_done)(void *arg, enum store_result r, struct secret *value);
	void *arg;
};

/* NULL when memory is out.  Gone after on_done, or after store_cancel. */
struct store_op *store_start(struct store *s, struct loop *l, const struct store_request *r);
/* Without calling back; what is being written may still be written.  NULL is fine. */
void store_cancel(struct store_op *op);

/* ---- parser of what the helper answers (has a fuzz target) ---- */

enum { STORE_ANSWER_ITEMS = 8 };

struct store_answer {
	struct str items[STORE_ANSWER_ITEMS], secrets[STORE_ANSWER_ITEMS];
	size_t count;
	struct str detail, status;
	bool ended; /* the empty line has come */
	bool bad;   /* it cannot be understood */
};

/* One line without its newline; its text must live as long as the answer. */
void store_answer_line(struct store_answer *a, struct str line);

#endif
