/*
 * call_priv.h - the inside of the engine, for the files of src/work only.
 */
#ifndef WORK_CALL_PRIV_H
#define WORK_CALL_PRIV_H

#include "base/limits.h"
#include "base/list.h"
#include "wire/loop.h"
#include "work/approve.h"
#include "work/audit.h"
#include "work/auth.h"
#include "work/call.h"
#include "work/gate.h"
#include "work/journal.h"
#include "work/redact.h"
#include "work/store.h"

struct work {
	struct loop *loop;
	const struct conf *conf;
	const char *front;
	struct arena *arena;
	struct hosts *hosts;
	struct http *http;
	struct auth *auth;
	struct store *store;
	struct audit *audit;
	struct loop_timer log_timer; /* until lazy records are synced */
	const struct tool *const *all;
	size_t all_count;
	const char *const *standard; /* names of the toolset "default"; NULL: all */
	size_t standard_count;
	const struct tool **offered; /* allowed by toolsets and read_only; sorted */
	const struct tool **listed;  /* offered and shown */
	const struct tool **findable; /* shown where all toolsets are chosen */
	size_t offered_count, listed_count, findable_count;
	struct list calls;
	struct list cache;
	unsigned busy;
	bool held;            /* calls that need the service wait (practice tenant starting) */
	bool log_warned;
	bool warmed[HOST__MAX]; /* a connection was opened ahead of the first token */
	const char *hold_failure;
	int64_t role_renewed; /* when a token was renewed for want of an administrator's role */
	unsigned char seal_key[32], approval_key[32];
	bool seal_key_ready, approval_key_ready;
	struct journal *journal; /* made at first need */
	unsigned char journal_key[32];
	bool journal_key_ready;
	unsigned recovering;     /* calls of ours that finish what was interrupted */
	int64_t recovered;       /* when that was begun last */
	unsigned char snapshot_key[32];
	bool snapshot_key_ready;
	/* the gate */
	struct policy *policy;
	struct call *prompt;   /* the call whose question to a person is open, or NULL */
	int64_t tainted_until; /* payloads were read: until then grants are void */
	int64_t minute, minute_calls, minute_writes;
};

/* The id of the environment that the call reads or changes, "" before it is resolved or when the
 * tool takes none. */
struct str call_environment(const struct call *c);

struct url {
	enum host_row row;
	enum link_kind { LINK_OWN, LINK_CONTENT, LINK_GIVEN, LINK_CALLBACK } kind;
	struct str of;   /* environment or organisation; of a callback: what it is agreed to as */
	struct str text; /* path and query, or the link; a callback's is nobody's to see */
	bool bearer;     /* a callback that wants to know who calls */
};

struct rest_op;

struct stage {
	const struct fetch *fetches;
	struct answer *answers;
	struct rest_op **ops; /* NULL when it has ended */
	size_t count, pending;
};

struct failure {
	bool set;
	enum err err;
	const char *message, *hint, *command, *service_code, *correlation;
	int status;
	int64_t retry_after_s;
	struct json *data;
};

enum phase { PHASE_RESOLVE, PHASE_GATE, PHASE_TOOL };

/* The gate's decision about the call as it stands. */
struct ticket {
	bool given;
	bool proof;               /* `approval` must be spent before anything is sent */
	bool quarter;             /* the person also granted 15 minutes */
	bool committed;           /* spent and logged */
	const char *decision, *channel; /* as the log has them; NULL: none yet */
	unsigned grant;           /* a kind of grant that must be counted down, or 0 */
	struct approval approval;
	struct gate_class klass;
	const struct change *change;
	char plan[9];
	size_t step;              /* of gate_commit.c */
	int64_t since;            /* waiting for a lock */
};

/* A question and an answer for each round, and what ends the call. */
enum { CALL_RECORDS = 2 * LIMIT_ASK_ROUNDS + 4 };
struct call_record {
	enum audit_event event;
	const char *decision, *channel;
};

struct call {
	struct list link;
	struct work *work;
	const struct tool *tool;
	struct call_request req;
	struct arena *arena;
	struct json *args;
	enum phase phase;
	int stage_count;
	struct stage stages[LIMIT_STAGES + 1]; /* [stage_count] is the one in flight */
	struct loop_timer timer; /* the next run, or the end of the call's time */
	struct loop_timer deadline_timer;
	int64_t started, deadline, progressed;
	double progress_last;
	struct failure failure;
	struct json *document, *content, *notes, *next;
	bool content_is_error;
	struct question questions[LIMIT_ASK_ROUNDS];
	size_t question_count;
	struct json *answers; /* object: key -> result */
	unsigned rounds;
	bool cancelled, replied, ended, waiting_for_answers, write_sent;
	/* the cache */
	struct remembered *cached;
	const char *cache_owner;
	struct json *snapshots; /* those that were read, by id; or NULL */
	/* the gate */
	struct ticket ticket;
	struct approval asked; /* what the open or last question was about */
	bool asked_before;
	struct str resumed;    /* who agreed to what is finished here; p NULL: nothing is */
	bool attested;         /* a model repeated a plan: `asked` is of it */
	struct json *edited;   /* a person changed the arguments: start over with these */
	bool is_edited;        /* these arguments are a person's */
	unsigned char edited_plan[CRYPT_HASH]; /* what they were made of */
	struct call_record records[CALL_RECORDS]; /* for the log */
	size_t record_count, records_written;
	bool log_refused;      /* the reply says that there is no record of it */
	/* for the log */
	struct str canonical;
	unsigned argument_count;
	uint64_t intent;
	int64_t log_since;
	int last_http;
	const char *last_correlation;
	enum host_row last_row;
	bool any_row;
	struct redact_count redacted;
	struct str log_status;
	struct reply reply;
};

/* ---- call.c ---- */
/* Schedules the next run of the call's step. */
void call_wake(struct call *c);
void call_wake_in(struct call *c, int64_t ms);
/* Ends the call with the failure that is set, from the loop. */
void call_fail(struct call *c);
/* What is known of the call, for a record of it. */
struct audit_record call_record_of(struct call *c, enum audit_event event);
/* The fetches of the stage in flight have all ended. */
void call_stage_ended(struct call *c);
/* Memory is out: gives the arena a little more, so that the error can be said. */
void call_exhausted(struct call *c);
void call_set_arg(struct call *c, const char *name, struct json *value);
/* One loop-side entry into a call's arena: true when memory ran out inside. */
#define CALL_GUARD(c, buf) arena_guard((c)->arena, buf)

/* ---- work.c: ten minutes of memory per process and profile ---- */
const char *call_cache_get(struct call *c, const char *key);
void call_cache_put(struct call *c, const char *key, const char *value);
/* The key of seals: the store's, else one of this process. */
const unsigned char *work_seal_key(struct work *w);

/* The usage log, or NULL when the state directory cannot be made. */
struct audit *work_audit(struct work *w);
/* The usage log could not be written: says so once on stderr. */
void work_log_failed(struct work *w);
/* Policy: no reply without a record. */
bool work_needs_log(const struct work *w);
/* A record was appended lazily: it is synced within LIMIT_LOG_FLUSH_MS. */
void work_log_written(struct work *w);

/* ---- args.c ---- */
/* Checks arguments against the row; false and c->failure when they do not fit. */
bool args_check(struct call *c);
/* Fails the call when a tool that changes something is given a mask or a cut mark. */
bool args_guard(struct call *c);

/* ---- resolve.c ---- */
/* A step function: turns names and links into ids; done(c, NULL) when finished. */
enum verdict resolve_arguments(struct call *c);
bool resolve_needed(const struct tool *t);

/* ---- rest.c ---- */
void rest_start(struct call *c, struct stage *s, size_t i);
void rest_cancel(struct rest_op *op);
/* Adds the command a person must run to a not_signed_in or reauth_required failure. */
void rest_explain_sign_in(struct call *c, const char *command); /* NULL: the general one */
/* True while a write of this op may be on the wire. */
bool rest_is_write(const struct rest_op *op);

/* ---- rest_error.c ---- */
struct service_error {
	enum err err;
	const char *code, *message, *inner_code;
	int64_t wait_s; /* the first integer of a throttling message, or -1 */
};
/* Unwraps the six envelopes. `body` may be anything. */
void rest_error_read(struct arena *a, int status, struct str body, struct service_error *out);

/* ---- journal_call.c ---- */
/* Why this call may not change its flow now, or NULL. */
const char *journal_in_the_way(struct call *c);

/* ---- recover.c ---- */
/* True while a call that changes something waits for what was interrupted before. */
bool recover_first(struct call *c);

/* ---- verbs.c ---- */
/* Starts the requests of the stage that fetch_each prepared. */
void fetch_go(struct call *c);

/* ---- gate.c ---- */
/* The door: policy, read_only and rates, before anything is asked of the service. */
bool gate_enter(struct call *c);
/* A read after its names were resolved; false: refused (c->failure) or asked. */
bool gate_read(struct call *c);
enum trust gate_trust(const struct work *w);
bool gate_policy_ready(struct work *w, const char **why);
bool gate_host_allowed(struct work *w, enum host_row row);
const unsigned char *gate_key(struct work *w);

/* ---- gate_ask.c ---- */
/* apply_plan: puts the plan's call in its place; false when it is none of ours. */
bool gate_redeem(struct call *c);

/* ---- gate_commit.c ---- */
/* Spends the proof and writes the records of a read that had to be asked for. */
enum verdict gate_read_commit(struct call *c);
/* True when the request may change something. */
bool gate_is_write(const struct fetch *f);
/* Spends the proof, writes the records, then starts the stage; or ends the call. */
enum verdict gate_send(struct call *c, const struct fetch *f, size_t count);
/* The records that are kept for the log. */
enum audit_result gate_write_records(struct call *c);
/* A record, kept until it can be written. */
void gate_record(struct call *c, enum audit_event event, const char *decision,
		 const char *channel);

/* ---- shape.c ---- */
/* Cuts a document to what a model can take; adds to *notes. `doc` is changed. */
struct json *shape_document(struct call *c, struct json *doc);

/* ---- redact.c ---- */
/* JSON whose strings cannot steer a reader: bidi, zero-width and tag characters as \uXXXX. */
struct str redact_steering(struct arena *a, struct str json, unsigned *count);
/* True when a mask is in it: it must not be written back. */
bool redact_is_mask(struct str s);
void redact_install_log_filter(void);

#endif
