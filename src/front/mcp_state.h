/*
 * mcp_state.h - the inside of the MCP front, for src/front/mcp*.c only.
 */
#ifndef FRONT_MCP_STATE_H
#define FRONT_MCP_STATE_H

#include "base/limits.h"
#include "base/list.h"
#include "front/mcp.h"
#include "front/mcp_lines.h"
#include "wire/loop.h"
#include "work/call.h"

/* JSON-RPC 2.0 and the codes MCP adds (2026-07-28 basic/index; -32002 up to 2025-11-25). */
enum {
	MCP_PARSE_ERROR = -32700,
	MCP_INVALID_REQUEST = -32600,
	MCP_METHOD_NOT_FOUND = -32601,
	MCP_INVALID_PARAMS = -32602,
	MCP_INTERNAL = -32603,
	MCP_NOT_FOUND_LEGACY = -32002,
	MCP_MISSING_CAPABILITY = -32021,
	MCP_UNSUPPORTED_VERSION = -32022,
};

#define META_PREFIX       "io.modelcontextprotocol/"
#define META_VERSION      META_PREFIX "protocolVersion"
#define META_CAPABILITIES META_PREFIX "clientCapabilities"
#define META_CLIENT       META_PREFIX "clientInfo"
#define META_LOG_LEVEL    META_PREFIX "logLevel"
#define META_SERVER       META_PREFIX "serverInfo"
#define META_SUBSCRIPTION META_PREFIX "subscriptionId"
/* Ours: the content comes from the tenant and is not to be obeyed. */
#define META_UNTRUSTED "flowlatch/untrustedContent"

#define MCP_MODERN        "2026-07-28"
#define MCP_LATEST_LEGACY "2025-11-25"
#define MCP_WITH_BATCHES  "2025-03-26"

enum { MCP_LEGACY_ERA = 1, MCP_MODERN_ERA = 2, MCP_BOTH_ERAS = 3 };

struct mcp_request;

struct mcp_method {
	const char *name;
	unsigned eras;
	/* Answers (mcp_result .. mcp_done, mcp_refuse) or starts something that will. */
	void (*run)(struct mcp_request *q);
};

/* The answers of one array of requests (2025-03-26 only). */
struct mcp_batch {
	struct buf out;
	unsigned pending; /* requests without an answer, and one for the reader */
};

/* A question to the client in mid-call (legacy). */
struct mcp_ask {
	struct list link, of_request;
	struct mcp_request *q;
	uint64_t number;
	char key[];
};

/* One message from the client, from its first byte to the end of its call. */
struct mcp_request {
	struct list link; /* m->requests while unanswered, m->ending after that */
	struct mcp *m;    /* NULL when the front is gone before the engine let go */
	struct arena arena;
	struct str id;    /* as JSON text; empty for a notification */
	struct str token; /* of progress, as JSON text; empty when none was given */
	bool modern;
	const struct json *params, *meta;
	double progressed;
	bool progress_sent;
	bool answered; /* or cancelled: nothing more is sent */
	struct mcp_batch *batch;
	struct call *call;
	void (*on_reply)(struct mcp_request *q, const struct reply *r);
	struct list asks;
	/* what the method needs when its call replies */
	const struct tool *tool;
	const void *row;        /* the prompt, template or source */
	struct str text;        /* a URI, or what was typed */
	struct loop_timer timer;
	/* subscriptions/listen */
	bool subscription;
	bool wants[3]; /* by enum mcp_list */
};

/* What the client said in `initialize`. */
struct mcp_session {
	struct arena arena;
	const char *version; /* NULL before initialize */
	const struct json *capabilities;
	const char *client, *client_version;
};

struct mcp {
	struct loop *loop;
	struct work *work;
	const struct mcp_offer *offer;
	int in_fd, out_fd;
	bool drain;
	void (*sink)(void *arg, struct str line); /* instead of out_fd, for tests */
	void *sink_arg;
	struct loop_watch *in_watch, *out_watch;
	struct lines_in in;
	struct lines_out out;
	struct buf msg;              /* the message that is being built */
	struct list requests, ending;
	struct list asks;
	unsigned subscriptions;
	uint64_t asked;              /* numbers of our own requests */
	struct mcp_session session;
	bool modern_seen;            /* a client of the modern era works here */
	bool held;                   /* input waits: see held_back */
	bool hung_up;                /* the client has closed its end of the input */
	bool ended;                  /* input has ended */
	bool drained;                /* ... and everything in it was taken up */
	bool stopped;
	bool pumping; /* what is queued is written when the input at hand is taken up */
	int status;
	struct loop_timer kick, drain_timer, recover;
	/* built once: members of results, JSON without braces */
	struct buf tools, discover;
};

/* ---- mcp.c: the process ---- */

/* Looks again, from the loop, whether input can be taken up or the end has come. */
void mcp_kick(struct mcp *m);
/* Something was queued: writes it, now or when the input at hand is taken up. */
void mcp_queued(struct mcp *m);
/* Serves no longer; `status` is what mcp_run returns. */
void mcp_stop(struct mcp *m, int status);

/* ---- mcp_rpc.c: messages in ---- */

void mcp_message(struct mcp *m, struct str message);
struct mcp_request *mcp_in_flight(struct mcp *m, struct str id);
/* The id as JSON text in the arena, or empty when a request may not have it. */
struct str mcp_id_text(struct arena *a, const struct json *id);

/* ---- mcp_answer.c: messages out ---- */

/* Starts a message in m->msg. */
struct buf *mcp_begin(struct mcp *m);
/* Queues what is in m->msg; false when it did not fit. */
bool mcp_flush(struct mcp *m, bool urgent);
/* Adds `"name":` and a comma before it unless it is the first. */
void mcp_member(struct buf *b, const char *name);
void mcp_member_z(struct buf *b, const char *name, const char *z);
/* The value, or an empty object for NULL. */
void mcp_value(struct buf *b, const struct json *v);

/* What goes with a result: how long it may be kept (for an hour, or said to be stale at once),
 * that its content comes from the tenant, that it ends with questions. */
enum { MCP_CACHED = 1, MCP_NOT_CACHED = 2, MCP_UNTRUSTED = 4, MCP_INPUT_REQUIRED = 8 };
/* Starts the result of a request; add members with mcp_member; then mcp_done ends and sends it,
 * with what the era asks for.  Both leave the request itself alone. */
struct buf *mcp_result(struct mcp_request *q);
void mcp_done(struct mcp_request *q, unsigned flags);
/* Answers with an error; `data` is JSON text or NULL. */
void mcp_refuse(struct mcp_request *q, int code, const char *data, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));
/* An error that belongs to no request whose id could be read. */
void mcp_refuse_message(struct mcp *m, struct mcp_batch *batch, int code, const char *message);
/* One of the batch's requests needs no answer any more. */
void mcp_batch_release(struct mcp *m, struct mcp_batch *batch);
/* For text of strangers inside messages: at most 100 bytes of it, safe to print. */
const char *mcp_quote(struct mcp_request *q, struct str s);
/* {"name":value} as text, for error data. */
const char *mcp_data(struct mcp_request *q, const char *name, struct str value);

/* ---- mcp_call.c: requests that are calls ---- */

/* Starts the row with `arguments`; `on_reply` answers.  Refuses the request itself when it
 * cannot.  The client's answers of a modern retry are taken from the params. */
bool mcp_start(struct mcp_request *q, const struct tool *t, struct json *arguments,
	       void (*on_reply)(struct mcp_request *q, const struct reply *r));
/* Handles what every kind of call has in common: questions and refused state.  True when done. */
bool mcp_common_reply(struct mcp_request *q, const struct reply *r);
/* The document of a reply as a tree; NULL when it is none, or memory is out. */
const struct json *mcp_document(struct mcp_request *q, const struct reply *r);
/* The client is no longer interested: nothing more is sent for it. */
void mcp_cancel(struct mcp_request *q);
/* Takes the client's answer to one of our questions. */
void mcp_answered(struct mcp_request *note, const struct json *response);
void mcp_ask_free(struct mcp_ask *ask);
/* Tells the client that the question needs no answer any more. */
void mcp_ask_withdraw(struct mcp *m, const struct mcp_ask *ask);
/* No answers will come any more. */
void mcp_asks_end(struct mcp *m);
void mcp_request_free(struct mcp_request *q);
/* The front goes: cancels the call, if any; the request is freed when the engine lets go. */
void mcp_request_orphan(struct mcp_request *q);
/* Answered, but the engine is not done with it. */
void mcp_settle(struct mcp_request *q);

/* ---- mcp_modern.c, mcp_legacy.c ---- */

/* Checks `_meta` of a modern request; false when it was refused. */
bool mcp_modern_check(struct mcp_request *q);
void mcp_discover(struct mcp_request *q);
void mcp_listen(struct mcp_request *q);
/* Says to a listener that its stream ends. */
void mcp_listen_end(struct mcp_request *q);
void mcp_initialize(struct mcp_request *q);
void mcp_ping(struct mcp_request *q);
/* The members of "capabilities" and of serverInfo. */
void mcp_capabilities(struct mcp *m, struct buf *b);
void mcp_server_info(struct mcp *m, struct buf *b);
/* Questions as requests to the client. */
void mcp_ask_client(struct mcp_request *q, const struct reply *r);
/* True when the client declared what the method of a question needs. */
bool mcp_client_can(const struct json *capabilities, const char *method);
/* The member of ClientCapabilities that a method needs, such as "elicitation". */
const char *mcp_capability_of(const char *method);
/* What the client of this request declared. */
const struct json *mcp_client_capabilities(const struct mcp_request *q);

/* ---- mcp_tools.c, mcp_prompts.c, mcp_resources.c, mcp_complete.c ---- */

void mcp_tools_list(struct mcp_request *q);
void mcp_tools_call(struct mcp_request *q);
void mcp_prompts_list(struct mcp_request *q);
void mcp_prompts_get(struct mcp_request *q);
void mcp_resources_list(struct mcp_request *q);
void mcp_resources_templates(struct mcp_request *q);
void mcp_resources_read(struct mcp_request *q);
void mcp_complete(struct mcp_request *q);
const struct mcp_prompt *mcp_prompt_of(const struct mcp *m, struct str name);

/* True when a list request has no cursor, which no answer of ours ever gave; else refused. */
bool mcp_first_page(struct mcp_request *q);

#endif
