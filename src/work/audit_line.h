/*
 * audit_line.h - one record of the usage log as text.
 *
 * {"v":1,"seq":N,"t":"...Z","run":"...","ev":"...",...,"m":"<64 hex>"} and a newline:
 * ASCII, fixed order, no spaces, and no value that would need an escape.
 * "m" is HMAC-SHA-256(key of the day, m of the record before || all bytes before ,"m").
 */
#ifndef WORK_AUDIT_LINE_H
#define WORK_AUDIT_LINE_H

#include "work/audit_key.h"

/* ---- writing ---- */

struct audit_stamp {
	uint64_t seq;
	int64_t t;       /* ms since 1970 */
	int64_t back;    /* ms by which the clock was behind the record before; 0: not */
	const char *run; /* of the process */
	const char *event;
};

/* Starts a line at the end of `b`. */
void audit_line_begin(struct buf *b, const struct audit_stamp *s);
/* Adds a member.  Bytes that a code never has become '_', and it is cut after `most`. */
void audit_line_code(struct buf *b, const char *name, struct str value, size_t most);
void audit_line_number(struct buf *b, const char *name, uint64_t value);
void audit_line_hash(struct buf *b, const char *name, const unsigned char hash[CRYPT_HASH]);
/* Adds "m" and the newline; `from` is where the line began.  False when the day's key is gone. */
bool audit_line_end(struct buf *b, size_t from, struct audit_keys *k, int64_t day,
		    const unsigned char before[CRYPT_HASH], unsigned char m[CRYPT_HASH]);

/* ---- reading ---- */

struct audit_line {
	struct str body; /* all before ,"m" */
	struct str event;
	struct str run;
	uint64_t seq;
	int64_t t;
	unsigned char m[CRYPT_HASH];
};

/* Takes a line (without its newline) apart; false when it does not have the form. */
bool audit_line_read(struct str line, struct audit_line *out);
/* The code at the end of a line, also of one that is no record. */
bool audit_line_tail(struct str line, unsigned char m[CRYPT_HASH]);
/* A member: its text without quotes, or p NULL when there is none of that name. */
struct str audit_line_get(const struct audit_line *l, const char *name);
uint64_t audit_line_get_number(const struct audit_line *l, const char *name);
bool audit_line_get_hash(const struct audit_line *l, const char *name,
			 unsigned char out[CRYPT_HASH]);

enum audit_proof {
	AUDIT_PROVED,
	AUDIT_WRONG,
	AUDIT_NO_KEY, /* the key of that day is gone */
};

/* Does the record continue the chain after `before`? */
enum audit_proof audit_line_check(const struct audit_line *l, struct audit_keys *k, int64_t day,
				  const unsigned char before[CRYPT_HASH]);

/* True when the bytes may be what is left of one record whose write was cut short. */
bool audit_line_is_start(struct str bytes);

#endif
