/*
 * audit.h - the usage log: append-only, chained with HMAC, tamper-evident.
 *
 * One JSON line a record, under a lock shared by all processes of the profile's state
 * directory.  Never a payload, a name, a URL or a service's error text: only codes, counts,
 * keyed pseudonyms.  See flowlatch-log(7) for what it can and cannot promise.
 */
#ifndef WORK_AUDIT_H
#define WORK_AUDIT_H

#include "base/buf.h"
#include "base/err.h"

struct audit;
struct store;

enum audit_event {
	AUDIT_IN,     /* intent, before a request that changes something leaves */
	AUDIT_OUT,    /* outcome of a call */
	AUDIT_ASK,    /* a question was put to a person */
	AUDIT_DENY,   /* refused: by the gate, by policy, by a person */
	AUDIT_LOGIN,  /* signed in or out */
	AUDIT_POLICY, /* policy or grants changed */
	AUDIT_DECIDE, /* what a person said to a question */
};

enum audit_sync {
	AUDIT_LAZY,  /* within a second, or at exit */
	AUDIT_SYNC,  /* fdatasync before the append returns */
};

/* Strings that identify (who, tenant, environment, arguments) are stored as keyed pseudonyms. */
struct audit_record {
	enum audit_event event;
	enum audit_sync sync;
	uint64_t ref;           /* seq of the record this one belongs to, or 0 */
	struct str tool;        /* from the tool table, or a command's name */
	struct str api;         /* host row: "flow", "powerapps" ... */
	char klass;             /* R M D U */
	char trust;             /* M S A (manual, supervised, autonomous) */
	struct str channel;     /* "mrtr", "elicit", "terminal", "grant" ... or "" */
	struct str decision;    /* "allow", "approved", "refused" ... */
	struct str plan;        /* first 8 hex digits of the plan hash, or "" */
	struct str who;         /* object id of the account */
	struct str tenant;
	struct str environment;
	struct str arguments;   /* canonical JSON of the arguments */
	unsigned argument_count;
	struct str status;      /* "ok", "error", "cancelled", "unknown" */
	int http;               /* last HTTP status, or 0 */
	int64_t ms;
	unsigned redacted;      /* values masked */
	enum err err;
	struct str correlation; /* the service's correlation id: its first 8 characters are kept */
};

struct audit_options {
	const char *dir;     /* made when missing, 0700 */
	struct store *store; /* keeps the keys */
	int days;            /* retention, 1 to 30 */
	int64_t (*now)(void *arg); /* wall clock in ms; NULL: the system's */
	void *now_arg;
	/* Takes a line (date, number and code of a record) to where it cannot be taken back;
	 * NULL: the system log, facility authpriv. */
	void (*anchor)(void *arg, const char *line);
	void *anchor_arg;
};

/* The log's directory for a profile: DIR-OF-THE-STORE/log.  NULL: see store_message. */
char *audit_dir(struct arena *a, struct store *s);

/* Touches nothing before the first append.  NULL when memory is out. */
struct audit *audit_new(const struct audit_options *o);
/* Flushes and closes. */
void audit_free(struct audit *a);

enum audit_result {
	AUDIT_DONE,
	AUDIT_BUSY,   /* another process holds the lock: try again, LIMIT_LOG_LOCK_MS in all */
	AUDIT_FAILED, /* audit_message says why; what must be synced must not go on */
};

/* Appends one record; *seq (may be NULL) is its number. */
enum audit_result audit_append(struct audit *a, const struct audit_record *r, uint64_t *seq);
/* Syncs what was appended lazily. */
bool audit_flush(struct audit *a);
const char *audit_message(const struct audit *a);

/* Makes the log and its keys when there are none yet.  With `key`, adds the verification key
 * and forgets it here: from then on only its holder can verify days gone by.  Fails when it
 * was handed out before. */
enum audit_result audit_begin_log(struct audit *a, struct buf *key);
/* Drops the segments of all days before `before` (days since 1970), but never today's; their
 * numbers stay in the log.  *count is how many. */
enum audit_result audit_purge(struct audit *a, int64_t before, unsigned *count);

#endif
