/*
 * approve.h - approvals: what a person agreed to, once, for a short time.
 *
 * An approval is bound by HMAC to the digest of everything that will be done (the plan), to the
 * target's version, to a deadline and to a nonce that is spent once across all processes.
 * It travels in the sealed requestState, in memory, or through files of the state directory
 * when the person answers in another terminal.
 * Knows files and keys; must not know calls, classes or MCP.
 */
#ifndef WORK_APPROVE_H
#define WORK_APPROVE_H

#include "text/crypt.h"
#include "text/json.h"

enum { APPROVAL_NONCE = 16, APPROVAL_CODE = 10 };

struct approval {
	unsigned char nonce[APPROVAL_NONCE];
	unsigned char plan[CRYPT_HASH];
	unsigned char target[CRYPT_HASH]; /* of its id and version */
	int64_t expires;                  /* wall time, ms */
	bool changed;                     /* the target changed after an earlier question */
	bool quarter;                     /* the person may say "for 15 minutes" */
};

/* A fresh nonce and deadline. */
void approval_new(struct approval *p, const unsigned char plan[CRYPT_HASH],
		  const unsigned char target[CRYPT_HASH], int64_t now);
/* With its authentication code; reading gives false for anything that was not made so. */
struct json *approval_write(struct arena *a, const unsigned char key[CRYPT_KEY],
			    const struct approval *p);
bool approval_read(const unsigned char key[CRYPT_KEY], const struct json *v, struct approval *out);

enum approval_result {
	APPROVAL_DONE,
	APPROVAL_BUSY,   /* another process holds the lock: try again */
	APPROVAL_BEFORE, /* it was spent before */
	APPROVAL_FAILED, /* *why: nothing may be sent */
};
/* Marks the nonce as used, on the disk, before this returns.  `dir` is made when missing. */
enum approval_result approval_spend(struct arena *a, const char *dir, const struct approval *p,
				    int64_t now, const char **why);
/* Remembers that a tool was used on this machine, and says whether it was. */
bool approval_used_before(struct arena *a, const char *dir, struct str tool);
void approval_mark_used(struct arena *a, const char *dir, struct str tool);

/* ---- through a terminal ---- */

/* A question that waits for `flowlatch approve`. */
struct approval_code {
	char code[APPROVAL_CODE]; /* "K7QF-2M9D" */
	struct approval approval;
	const char *tool, *klass, *sentence, *card;
	const char *typed;        /* what must be typed, or "" */
	const struct json *arguments; /* of the call; NULL: too long to be edited */
	int64_t made, expires;
};

/* Puts a question, or finds the one about the same plan; fills in code, made and expires. */
bool approval_put(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		  struct approval_code *c, int64_t now, const char **why);
/* The waiting questions, oldest first; files that are not ours or too old are passed over. */
size_t approval_list(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     int64_t now, struct approval_code **out);
/* True when they may be the same code: case, blanks and dashes do not count. */
bool approval_code_is(const char *code, struct str typed);
/* Takes the question away and leaves the person's decision for the call.  `edited`: a yes to the
 * same tool with these arguments instead, which were approved as a plan of their own; or NULL. */
bool approval_decide(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
		     const struct approval_code *c, bool yes, const struct json *edited,
		     int64_t now, const char **why);

enum approval_found { APPROVAL_NONE, APPROVAL_YES, APPROVAL_NO };
/* The decision about a plan, if it is not too old. */
enum approval_found approval_find(struct arena *a, const char *dir,
				  const unsigned char key[CRYPT_KEY],
				  const unsigned char plan[CRYPT_HASH], int64_t now,
				  struct approval *out);
/* What the person made of the arguments of a plan that they decided about, or NULL. */
struct json *approval_edited(struct arena *a, const char *dir, const unsigned char key[CRYPT_KEY],
			     const unsigned char plan[CRYPT_HASH]);
void approval_forget(struct arena *a, const char *dir, const unsigned char plan[CRYPT_HASH]);

/* ---- the PIN ---- */

struct store;
enum pin_result {
	PIN_RIGHT,
	PIN_WRONG,
	PIN_ABSENT, /* none was set */
	PIN_LOCKED, /* too many wrong ones: wait */
	PIN_FAILED, /* the store says no */
};
/* *wait_ms: until the next try.  A try counts before it is judged. */
enum pin_result pin_check(struct arena *a, struct store *s, const char *dir, struct str pin,
			  int64_t now, int64_t *wait_ms);
enum pin_result pin_set(struct arena *a, struct store *s, struct str pin);
bool pin_is_set(struct store *s);
/* What is wrong with a new PIN, or NULL. */
const char *pin_fault(struct str pin);

#endif
