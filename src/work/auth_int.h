/*
 * auth_int.h - what src/work/auth*.c share.
 */
#ifndef WORK_AUTH_INT_H
#define WORK_AUTH_INT_H

#include "work/auth.h"

#include <sys/stat.h>

#include "text/crypt.h"
#include "wire/http.h"
#include "wire/loop.h"
#include "work/conf.h"
#include "work/store.h"

struct slot {
	struct list link; /* auth.slots */
	struct list waiters;
	enum audience audience;
	char *organisation, *scope_granted, *claims;
	struct secret *token;
	unsigned long serial;
	int64_t expires, renew; /* boot time, ms */
	bool wanted;            /* in the queue for a refresh */
	/* the last failure */
	enum err err;
	char *message, *service_code, *correlation;
	int64_t failed_until, retry_after_s;
	unsigned char failed_with[CRYPT_HASH]; /* of the refresh token that failed */
};

struct auth {
	struct auth_options o;
	struct list slots;
	size_t slot_count;
	unsigned long serial;
	struct slot *now; /* being refreshed */
	struct loop_timer timer;
	struct http_transfer *transfer;
	struct store_op *op; /* the store is asked */
	struct secret *refresh_token, *unsaved;
	struct secret *access; /* granted, and not used before the new refresh token is stored */
	int64_t life, refresh_in;
	/* refused, and not told before the store was looked at again */
	enum err refused;
	char *refused_code, *refused_message;
	struct stat account; /* of the account's file when the sign-in was read; st_ino 0: none */
	bool locked;  /* the store is, so signing in is not what helps */
	char *advice; /* what to do about the store's last failure */
	int lock;
	int64_t waiting_since, sent_at;
	unsigned tries;
	int status; /* of the last answer */
	bool reread;
	char *object_id, *tenant_id, *name, *username;
	struct auth_stats stats;
};

static inline const char *auth_text(const char *s)
{
	return s ? s : "";
}

/* ---- auth.c ---- */

/* A copy in place of what was there. */
void auth_set_text(char **field, struct str s);

/* ---- auth_refresh.c: the refresh of a->now ---- */

/* Starts the next refresh that is wanted, if there is one. */
void auth_next_refresh(struct auth *a);
/* Gives the lock back, wakes who waits, goes on to the next. */
void auth_end_refresh(struct auth *a);
/* The same, with a failure that is remembered for a while. */
void auth_fail_refresh(struct auth *a, enum err err, const char *code, const char *message,
		       int64_t remember_ms);
void auth_ask_store(struct auth *a, enum store_verb verb, const struct secret *value,
		    void (*on_done)(void *arg, enum store_result r, struct secret *value));
/* Sends the refresh token; `arg` is the struct auth. */
void auth_redeem(void *arg);
/* Drops the tokens of an account that a person has signed out of meanwhile. */
void auth_forget_former_account(struct auth *a);

/* ---- auth_answer.c ---- */

void auth_on_answer(void *arg, const struct http_response *r);

#endif
