/*
 * call.h - the engine: a tool call from its arguments to its reply.
 *
 * A front (MCP on stdio, the command line) starts calls and gets replies; tools see only
 * <flowlatch/tool.h>.  Nothing here writes to a descriptor.
 */
#ifndef WORK_CALL_H
#define WORK_CALL_H

#include <flowlatch/tool.h>

#include "work/conf.h"

struct auth;
struct loop;
struct work;

/* ---- the process ---- */

struct work_options {
	struct loop *loop;
	const struct conf *conf;        /* must outlive it */
	const struct tool *const *tools; /* sorted by name */
	size_t tool_count;
	const char *front;              /* "mcp" or "cli", for the usage log */
	/* The toolset "default", sorted: what a host is offered when nobody chose toolsets.
	 * NULL: all.  A person at the command line has all, too. */
	const char *const *standard;
	size_t standard_count;
};

/* Touches no file, network or keyring.  NULL and *message when the configuration does not fit. */
struct work *work_new(struct arena *a, const struct work_options *o, const char **message);
/* Cancels what is in flight, flushes the log. */
void work_free(struct work *w);
/* The row of that name that this profile offers (toolsets, read_only), or NULL. */
const struct tool *work_tool(const struct work *w, struct str name);
/* Why a row that there is is not offered, and what would help, as one sentence; NULL when there
 * is no such row. */
const char *work_tool_absent(const struct work *w, struct arena *a, struct str name);
/* The rows that this profile lists, in order. */
size_t work_tools(const struct work *w, const struct tool *const **rows);
/* True when the row belongs to the toolset "default". */
bool work_is_standard(const struct work *w, const struct tool *t);
/* Calls that have not ended. */
unsigned work_busy(const struct work *w);
/* Holds calls that need the service back (the practice tenant is starting), until work_go;
 * with a `failure` they then end with it (ERR_CONFIG). */
void work_hold(struct work *w);
void work_go(struct work *w, const char *failure);
/* Its tokens, for those who ask what the sign-in is good for. */
struct auth *work_auth(struct work *w);
/* Does ahead of the first call what costs a round trip (token, connection).  Optional. */
void work_warm(struct work *w);

/* Takes up in the background what calls of processes that died have left half done; cheap where
 * there is nothing.  Calls that change something wait for it. */
void work_recover(struct work *w);

/* A person answered a question of ours that was over: says so in the log. */
void work_late_answer(struct work *w);

/* ---- one call ---- */

/* What the front knows of the client; copied. */
struct call_client {
	bool modern;                    /* 2026-07-28: questions end the call */
	const char *name, *version;     /* or NULL */
	const struct json *capabilities; /* or NULL */
	bool wants_progress;
};

struct question {
	const char *key;
	const char *method; /* "elicitation/create" */
	struct json *params;
};

enum reply_kind {
	REPLY_RESULT,    /* text and note */
	REPLY_ERROR,     /* the same, with isError */
	REPLY_QUESTIONS, /* questions (and, modern, state) */
	REPLY_BAD_STATE, /* requestState was tampered with, expired or belongs to another call */
};

struct reply {
	enum reply_kind kind;
	struct str text;      /* the JSON document, redacted; the first text block */
	struct str note;      /* the second text block, or empty */
	bool structured;      /* `text` may also be sent as structuredContent */
	struct json *content; /* done_content(): blocks to send instead, or NULL */
	enum err err;         /* REPLY_ERROR */
	const struct question *questions;
	size_t question_count;
	struct str state;     /* modern: the sealed requestState */
};

struct call_request {
	const struct tool *tool;
	struct json *arguments;       /* an object, in `arena`, or NULL */
	struct arena *arena;          /* owned by the front; everything of the call lives in it */
	struct call_client client;
	struct json *responses;       /* modern retry: inputResponses, or NULL */
	struct str state;             /* modern retry: requestState, p NULL when absent */
	/* Nothing is changed, whatever the gate allows: the question is put for a terminal. */
	bool ask_only;
	/* Called at most once per run of the call, from the loop, never after call_cancel.
	 * After REPLY_QUESTIONS in the legacy era the call waits for call_answer. */
	void (*on_reply)(void *arg, const struct reply *r);
	void (*on_progress)(void *arg, double value, double total, struct str message);
	/* Called once when the engine is done with the call and its arena may be released;
	 * after on_reply, or after call_cancel (then possibly later: a write is finished first). */
	void (*on_end)(void *arg);
	void *arg;
};

/* Starts a call.  The engine checks the arguments; replies come from the loop.
 * NULL when LIMIT_CALLS is reached (nothing was called back). */
struct call *call_start(struct work *w, const struct call_request *r);
/* The client is no longer interested.  Reads are dropped, writes finished and logged. */
void call_cancel(struct call *c);
/* Legacy era: the client's answer to one question (its result object, copied; NULL: it sent an
 * error or is gone).  When all are there, the tool runs again from the top. */
void call_answer(struct call *c, const char *key, const struct json *result);

#endif
