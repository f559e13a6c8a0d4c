/*
 * audit_key.h - the keys of the usage log.
 *
 * Every UTC day has a key of its own, and each follows from the one before it:
 * K(next) = HMAC-SHA-256(K, "day" || date).  The way back does not exist, so whoever finds
 * today's key cannot remake yesterday's records.
 * The store keeps today's key, the key of pseudonyms, where the last sealed day ended, and,
 * until the verification key was handed out, the key of the oldest day that is kept.
 *
 * Days are counted from 1970-01-01 UTC.
 */
#ifndef WORK_AUDIT_KEY_H
#define WORK_AUDIT_KEY_H

#include "text/crypt.h"
#include "work/store.h"

#define AUDIT_DAY_MS INT64_C(86400000)

struct audit_keys;

/* Where a chain stands: the last record's number and its code. */
struct audit_end {
	uint64_t seq;
	unsigned char m[CRYPT_HASH];
};

/* The day of a wall time, and its date ("2026-11-21"); false for what is not a date. */
int64_t audit_day_of(int64_t wall_ms);
void audit_day_text(int64_t day, char out[11]);
bool audit_day_parse(struct str date, int64_t *day);

/* 32 bytes from 64 lower-case digits, and `n` bytes as digits and a NUL. */
bool audit_unhex(struct str hex, unsigned char out[32]);
void audit_hex(const unsigned char *bytes, size_t n, char *out);

/* Fresh random keys that begin at `day`; NULL when memory is out. */
struct audit_keys *audit_keys_new(int64_t day);
void audit_keys_free(struct audit_keys *k);
/* Reads them from the store; STORE_FAILED with *damaged when what is there are not keys. */
enum store_result audit_keys_load(struct store *s, struct audit_keys **out, bool *damaged);
enum store_result audit_keys_save(struct store *s, const struct audit_keys *k);

/* The day of the current key. */
int64_t audit_keys_day(const struct audit_keys *k);
/* The first day whose key is known. */
int64_t audit_keys_first_day(const struct audit_keys *k);
/* The authentication code under one day's key.  False when that key is gone. */
bool audit_keys_mac(struct audit_keys *k, int64_t day, const struct str *parts, size_t count,
		    unsigned char out[CRYPT_HASH]);
/* Moves on to `day` and forgets the keys of days before `oldest`. */
void audit_keys_advance(struct audit_keys *k, int64_t day, int64_t oldest);
/* Where the last sealed segment ended. */
struct audit_end audit_keys_end(const struct audit_keys *k);
void audit_keys_set_end(struct audit_keys *k, struct audit_end end);

/* The first `bytes` (at most 16) of HMAC(id key, kind || value) as hex, or "" for no value. */
void audit_keys_pseudonym(const struct audit_keys *k, struct str kind, struct str value,
			  size_t bytes, char out[33]);

/* Adds the verification key as one line of text and forgets it: from then on only today's key
 * is known here.  False when it was handed out before. */
bool audit_keys_export(struct audit_keys *k, struct buf *out);
/* Keys for verification alone, from that text. */
bool audit_keys_import(struct str text, struct audit_keys **out);

#endif
