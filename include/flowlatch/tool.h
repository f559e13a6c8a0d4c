/*
 * tool.h - all that the author of a tool may see.
 *
 * A tool is one row (struct tool) and one step function.  The step function is called
 * again each time something it asked for has arrived, from the top, with call_stage() one
 * higher.  It keeps nothing between calls but what it finds with got(): locals are lost.
 *
 *	static enum verdict flow_get(struct call *c)
 *	{
 *		if (call_stage(c) == 0)
 *			return fetch(c, HTTP_GET, url(c, HOST_FLOW, "/environments/%s/flows/%s",
 *						      arg_z(c, "environmentName"), arg_z(c, "flowName")));
 *		return done(c, res(c));
 *	}
 *
 * The order is: reads, then questions, then writes.  After a question was answered the
 * step function starts again at stage 0, so that the world is looked at afresh.
 * All memory comes from the call's arena: never malloc, never free, never check for NULL.
 * Answers of the service are untrusted: any field may be missing, of another type or hostile.
 */
#ifndef FLOWLATCH_TOOL_H
#define FLOWLATCH_TOOL_H

#include "base/err.h"
#include "text/json.h"
#include "text/scan.h"
#include "wire/http.h"
#include "work/host.h"

struct call;

enum verdict {
	DONE,  /* done() or done_content() was called */
	FETCH, /* a fetch verb was called */
	ASK,   /* ask() was called and there is no answer yet */
	FAIL,  /* fail() was called */
};

/* ---- the row ---- */

/* How much harm the worst use of a tool can do; the gate starts from it. */
enum klass { CLASS_READ_ONLY, CLASS_MODERATE, CLASS_DANGEROUS, CLASS_UNKNOWN };

/* What a call does to its target; classes of effects and what raises them: work/gate_table.c. */
enum effect {
	EFFECT_READ,
	EFFECT_PREVIEW, /* dryRun: says what would happen */
	EFFECT_CREATE,  /* switched off */
	EFFECT_RENAME,  /* name or description */
	EFFECT_EDIT,    /* one operation on one action */
	EFFECT_REPLACE, /* a whole definition */
	EFFECT_ON,
	EFFECT_OFF,
	EFFECT_CANCEL, /* a run that is under way */
	EFFECT_ADD,    /* to a solution */
	EFFECT_RUN,    /* trigger, resubmit: what the flow does then is not known here */
	EFFECT_DELETE,
	EFFECT_SHARE,
	EFFECT_CONNECTIONS,
	EFFECT_ANSWER, /* speaks for the person: answers an approval */
	EFFECT_FORCE,  /* saves what the linter calls wrong */
	EFFECT_UNKNOWN,
	EFFECT__MAX,
};

/* What a change is aimed at, from reads of this run of the call. */
struct target {
	struct str name;    /* a stranger's words; "" when it has none */
	struct str id;
	struct str version; /* changes when the target does: lastModifiedTime, ETag, status ... */
	const struct json *environment; /* as the flow service gives it; NULL: not known */
	bool on;            /* a flow that is switched on */
	bool shared;        /* others own or use it too, or it is not known */
	size_t objects;     /* how many things are touched; 0 counts as one */
	unsigned dropped;   /* a replace: percent of the actions that it drops */
	bool rebinds;       /* a save: what is there already would use other connections */
};

enum {
	P_REQUIRED = 1,
	P_ENVIRONMENT = 2, /* resolved to an environment id before the first step */
	P_FLOW = 4,        /* resolved to a flow name (GUID) */
	P_RUN = 8,         /* a run name, or a link to a run */
	P_TIME = 16,       /* RFC 3339; checked */
	P_UNLISTED = 32,   /* accepted, but not shown in schemas (old spellings) */
	P_WITH_FLOW = 64,  /* an environment that is looked up only when a flow or run is named */
	/* The environment that is changed, where that is another one than the flow's; resolved as
	 * P_ENVIRONMENT, and that one's when left out.  Policy, grants and log look at it. */
	P_INTO = 128,
};

struct param {
	const char *name;
	enum json_type type;   /* STRING, NUMBER (integer), BOOL, OBJECT or ARRAY */
	unsigned flags;
	const char *help;      /* one sentence, for models and people */
	const char *alias;     /* another accepted name, or NULL */
	const char *choices;   /* allowed values, blank separated, or NULL */
	int64_t min, max;      /* of numbers; max: bytes of strings, items of arrays; 0: none */
	const char *otherwise; /* default, as JSON text, for the schema and arg_* */
	enum json_type items;  /* arrays: the type of each item; JSON_NONE: strings */
};

/* A field of a result that is always an object (outputSchema); ends with name NULL. */
struct field {
	const char *name;
	enum json_type type; /* JSON_NONE: any; with `nullable` also null */
	const char *help;
	bool optional;
	bool nullable;
};

struct tool {
	const char *name;        /* [a-z0-9_]{1,40} */
	const char *title;       /* for people */
	const char *description; /* under 300 characters: when to use it, and when a neighbour */
	/* environment, flow, connection, run, solution ...; meta: always offered.  What is offered
	 * when nobody chose toolsets stands in tools/table.c. */
	const char *toolset;
	const char *bundles;     /* blank separated names of list_skills bundles, or NULL */
	enum klass klass;        /* the lowest that a call of it can have */
	/* What these arguments do to this target.  Pure.  NULL: it only reads. */
	enum effect (*effect)(const struct json *args, const struct target *t);
	bool sensitive;          /* hands out payloads of runs */
	bool read_only, destructive, idempotent, open_world; /* the four annotations */
	bool local;              /* never talks to the service: no sign-in needed */
	bool unlisted;           /* answers when called, not in tools/list (old names) */
	const struct param *params; /* ends with name NULL */
	const struct field *result; /* or NULL: payloads and bare arrays have no outputSchema */
	const char *list;        /* where the items are: "" the document itself, "flows"; NULL: none */
	const char *columns;     /* JSON pointers of the table for people, or NULL */
	const char *view;        /* ui:// resource that draws its result (MCP Apps), or NULL */
	enum verdict (*step)(struct call *c);
};

/* ---- arguments: checked against the row before the first step ---- */

bool arg_given(const struct call *c, const char *name);
struct str arg_str(const struct call *c, const char *name);  /* "" when absent */
const char *arg_z(const struct call *c, const char *name);
int64_t arg_int(const struct call *c, const char *name);     /* the row's default, else 0 */
bool arg_bool(const struct call *c, const char *name);       /* the row's default, else false */
struct json *arg_json(const struct call *c, const char *name);

/* ---- the call ---- */

struct arena *call_arena(struct call *c);
/* How many fetches have arrived since the (re)start: 0 in the first step. */
int call_stage(const struct call *c);
const struct tool *call_tool(const struct call *c);
const char *call_profile(const struct call *c);
/* Milliseconds left of the call's time. */
int64_t call_time_left(const struct call *c);
/* Tells the host how far we are (rate limited; total 0: unknown). */
void progress(struct call *c, double value, double total, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));

/* ---- fetching ---- */

struct url;
struct answer;

/* A URL in a host row.  Each %s (a C string) is percent-encoded whole; %d and %lld too; the text
 * around them must be legal in a URL.  The row's api-version is appended unless "api-version="
 * is in `fmt`.  `url_of` is for rows by environment or organisation. */
const struct url *url(struct call *c, enum host_row row, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));
const struct url *url_of(struct call *c, enum host_row row, struct str of, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));
/* A link out of an answer of this call.  Checked when it is fetched: ERR_FOREIGN_LINK. */
const struct url *url_content(struct call *c, struct str link);
/* A link that came in a sealed cursor or continuationUrl, in the row it was given for. */
const struct url *url_link(struct call *c, enum host_row row, struct str link);

/* The callback URL of a trigger of this call's flow.  What stands in it is a secret, and it is not
 * known before listCallbackUrl has said it: agreed() is given this one, and fetch is given the one
 * that callback_link makes of it. */
struct callback {
	const char *trigger;
	const char *path;  /* below the URL, percent-encoded, without "/" in front; or "" */
	const char *query; /* more of it: "a=b&c=d", percent-encoded; or "" */
	bool signed_in;    /* it wants the caller's token instead of a signature */
};
const struct url *url_callback(struct call *c, const struct callback *cb);
/* `declared` with the link out of `a`, which must be the answer of this call to listCallbackUrl of
 * that trigger.  NULL: it says none. */
const struct url *callback_link(struct call *c, const struct url *declared,
				const struct answer *a);
/* The link without what is secret in it: host and path. */
const char *callback_shown(struct call *c, const struct url *u);

enum {
	FETCH_TOLERATE = 1, /* an error answer is a result (got()->err), not the end of the call */
	FETCH_LARGE = 2,    /* up to LIMIT_ANSWER_FLOW instead of LIMIT_ANSWER */
	FETCH_ANY = 4,      /* the body need not be JSON; got()->text holds it */
	FETCH_OPTIONAL = 8, /* TOLERATE, and not worth waiting for a retry */
	FETCH_READ = 16,    /* a POST that changes nothing: sent again where a GET would be */
};

/* How to follow pages.  All items of all pages end in one array. */
struct paging {
	size_t most;      /* items to keep; 0: all, up to LIMIT_PAGES pages */
	int64_t budget_ms; /* stop following after this time; 0: the call's time */
	/* Makes what is kept of one item (in the call's arena), or NULL to drop it.  The item
	 * itself dies with its page.  NULL: items are kept as they are. */
	struct json *(*keep)(struct call *c, const struct json *item);
	const char *items; /* name of the array in the answer; NULL: "value" (or a bare array) */
};

struct fetch {
	enum http_method method;
	const struct url *url;
	struct json *body;              /* or NULL */
	unsigned flags;
	const struct paging *paging;    /* or NULL: one answer */
	const struct project_options *project; /* content: keep a bounded projection */
	const char *prefer;             /* a Prefer header (Dataverse), or NULL */
	const char *match;              /* a PATCH of Dataverse: ETag of the row; NULL: any row */
	int64_t limit_ms;               /* longest that one attempt takes; 0: as others */
};

enum verdict fetch(struct call *c, enum http_method m, const struct url *u);
enum verdict fetch_body(struct call *c, enum http_method m, const struct url *u, struct json *body);
enum verdict fetch_all(struct call *c, const struct url *u, const struct paging *p);
/* One with more to say (flags, paging ...): `f` is copied, what it points at must live in the
 * call's arena or be static. */
enum verdict fetch_one(struct call *c, struct fetch f);
/* Many at once, bounded by connection limits; the stage is over when all have ended.
 * `f` and what it points at must live in the call's arena or be static. */
enum verdict fetch_each(struct call *c, const struct fetch *f, size_t count);
/* The same after `ms`, for reads only: how a tool looks again at something that takes time.  The
 * call's time goes on, and a cancellation ends the wait at once. */
enum verdict fetch_later(struct call *c, int64_t ms, const struct fetch *f, size_t count);

struct answer {
	enum err err;         /* ERR_OK for a 2xx */
	int status;           /* HTTP; 0: no answer came */
	struct json *json;    /* the document; the merged array of a paged fetch; NULL when empty */
	struct str text;      /* FETCH_ANY */
	struct str next;      /* paged: the link of the next page when following stopped early */
	size_t seen;          /* paged: items looked at */
	bool more;            /* paged: items were left out, on the last page or after it */
	struct project_result projected; /* with fetch.project */
	const char *message;  /* error: in the service's own words, unwrapped; "" else */
	const char *service_code; /* error: such as "FlowNotFound"; "" else */
	const char *correlation;  /* x-ms-correlation-request-id or the like; "" when none */
	const char *location; /* Location header, unchecked; "" when none */
	const char *run;      /* of a callback URL: the run it started; "" when it did not say.
	                       * With it, any status is the flow's own answer: err is ERR_OK. */
	int64_t retry_after_s; /* of a 429; 0 when none */
	const char *command;   /* what a person must run to sign in for this; NULL when not known */
	bool needs_role;       /* a 403 for want of an administrator's role, with a fresh token */
};

/* Answer `i` of the fetch made at `stage`. */
const struct answer *got(const struct call *c, int stage, size_t i);
/* The last stage's only answer, and its document. */
const struct answer *last(const struct call *c);
struct json *res(const struct call *c);

/* ---- asking ---- */

/* Asks the client: method "elicitation/create" (or, in tests, others) with `params`.
 * Returns the client's result object when there is one already, else NULL: then return ASK. */
struct json *ask(struct call *c, const char *key, const char *method, struct json *params);
/* What the client said it can do (the capabilities object of its era), or NULL. */
const struct json *call_client_capabilities(const struct call *c);

/* ---- changing something ---- */

struct change {
	struct target target;
	const char *sentence;        /* what happens, in our words; strangers' through quoted() */
	const char *const *warnings; /* worst first, ends with NULL; or NULL */
	const char *diff;            /* of an update: what it adds, removes, changes; or NULL */
	/* Every request that changes something, as it will be given to fetch. */
	const struct fetch *writes;
	size_t write_count;
	bool irreversible;           /* a person types the target's name */
};

/* True when this change may be made now: send its writes.  False: return ASK; the engine asks a
 * person, or ends the call when it was refused.  Call it after all reads and before the first
 * write; a write that was not agreed to, or is another one, ends the call and is not sent. */
bool agreed(struct call *c, const struct change *change);
/* Text of strangers for a sentence: in quotes, short, without what could mislead the eye. */
const char *quoted(struct call *c, struct str text);

/* ---- ending ---- */

/* The result document.  The row's `list` is searched, reduced to `fields` and cut to the size a
 * model can take by the engine; what was left out is told in the second text block.  A verb that
 * failed on the way, and that the tool can do without, is forgotten. */
enum verdict done(struct call *c, struct json *document);
/* MCP content blocks instead of one JSON document (only for tests of the protocol). */
enum verdict done_content(struct call *c, struct json *blocks, bool is_error);
/* A field for the second text block. */
void note(struct call *c, const char *name, struct json *value);
/* A suggestion with its arguments filled in; one per result. */
void next_tool(struct call *c, const char *tool, struct json *arguments);

/* Ends the call with a tool error.  `fmt` says what happened. */
enum verdict fail(struct call *c, enum err err, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));
/* Ends it with the service's own error. */
enum verdict fail_answer(struct call *c, const struct answer *a);
/* What to do next: goes with the fail() before it. */
void hint(struct call *c, const char *fmt, ...) __attribute__((__format__(__printf__, 2, 3)));
/* Something for error.data (candidates, allowed values). */
void fail_data(struct call *c, const char *name, struct json *value);
/* The command a person must run. */
void fail_command(struct call *c, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/* ---- cursors: sealed, bound to tool, environment and principal ---- */

struct str seal(struct call *c, const char *kind, struct json *state);
/* The state, or NULL when it was changed, is of another kind, tool, environment or person. */
struct json *unseal(struct call *c, const char *kind, struct str sealed);

/* ---- the journal: what must be finished or undone when this process dies ---- */

/* Notes on the disk that a change of several steps begins, with what is needed to finish or undo
 * it.  Call it after agreed() and before the write that it announces is given to fetch.  It is
 * synced when it returns its id; "": it could not be written and fail() was called, so return
 * FAIL.  Environment, flow and account of the call are kept with it.  What a call leaves open
 * when it ends, in whatever way, waits for journal_pending. */
struct str journal_open(struct call *c, const char *kind, const struct json *state);
/* Replaces the state, synced; false: fail() was called and the old one stands. */
bool journal_note(struct call *c, struct str id, const struct json *state);
/* Everything is done or undone. */
void journal_close(struct call *c, struct str id);
/* The id of the entry of that kind that this call has open, for its later steps; "" when none. */
struct str journal_held(struct call *c, const char *kind);
/* Takes over the entries of that kind ("": any) whose calls are gone, and gives all that this
 * call now has: [{id, kind, environmentName, flowName, account, opened, state}], oldest first.
 * Those of calls that live, here or in another process, are not among them. */
struct json *journal_pending(struct call *c, const char *kind);

/* Takes over the oldest entry of that kind for this call's environment and flow, to finish or undo
 * it.  From then on agreed() says yes: the change was agreed to when the entry was opened, by the
 * same person, and the log says so.  NULL: fail() was called. */
struct json *journal_resume(struct call *c, const char *kind);
/* The kind of a flow that has a temporary trigger: nothing else changes it meanwhile. */
#define JOURNAL_TRIGGER "temporary-trigger"
/* The host has given up on this call; what it has open in the journal is still gone through. */
bool call_abandoned(const struct call *c);

/* ---- the cache: what may be read again from disk, bound to account and environment ---- */

/* What was kept under that kind and key, or NULL; what was found stays for the whole call.  It
 * belongs to the call: copy it before putting it into a result. */
struct json *cache_get(struct call *c, const char *kind, struct str key);
/* Keeps a copy for so many seconds, masked where the redactor would mask.  May fail silently;
 * this call finds it in any case. */
void cache_put(struct call *c, const char *kind, struct str key, const struct json *value,
	       int64_t ttl_s);

/* ---- the time machine: what flows were like before they were changed ---- */

/* Keeps a flow as it was read, sealed and synced: before every write to it, after agreed().
 * Gives its id; "" when policy switched it off; p NULL when it could not be kept: fail() was
 * called, so return FAIL and write nothing.  A flow that is as it was is not kept again on the
 * same day.  `about`: {displayName, state, lastModifiedTime, lastModifier, reason}, each optional;
 * `references` and `about` may be NULL.  Never anything of runs. */
struct str snapshot_keep(struct call *c, struct str environment, struct str flow,
			 const struct json *definition, const struct json *references,
			 const struct json *about);
/* What was kept of a flow, newest first: [{id, kept, environmentName, flowName, bytes, about,
 * same}]; one that cannot be opened is {id, kept, damaged}.  `same`: as the one before it.
 * NULL: fail() was called. */
struct json *snapshot_list(struct call *c, struct str environment, struct str flow);
/* {id, kept, environmentName, flowName, bytes, about, definition, connectionReferences}, the same
 * for the whole call; copy what goes into a result.  NULL: fail() was called. */
struct json *snapshot_get(struct call *c, struct str id);
/* NULL when flows are kept; else where policy switched it off. */
const char *snapshot_off(const struct call *c);

/* Keeps what a person may want to look at or to send in after a failure, masked and on this disk
 * only (flowlatch bug-report).  Gives its name, "" when it could not be kept. */
struct str failure_keep(struct call *c, const struct json *what);

/* ---- files: the one folder that the person's key `files` names ---- */

/* Keeps bytes there as a new file of mode 0600; `name` is a plain name, and a file that is there
 * already is never replaced.  Its path; "" after fail(). */
struct str file_save(struct call *c, struct str name, struct str bytes);
/* True when a file of that name could be kept; else fail() was called.  For asking before work. */
bool file_can_save(struct call *c, struct str name);
/* Keeps a value that is too large for an answer there, as JSON, masked as an answer is, in a new
 * file that is removed after LIMIT_SPILL_MS when one is kept again.  Its path; "" after fail(). */
struct str file_spill(struct call *c, const struct json *value);
/* True when that may be done; else fail() was called. */
bool file_can_spill(struct call *c);
/* The flows in a file there (JSON, exported package, solution): [{name, member, definition,
 * connectionReferences}]; NULL after fail(). */
struct json *file_flows(struct call *c, struct str name);

/* ---- what is known of the process and the person ---- */

struct json *about_identity(struct call *c); /* profile, account, tenant, cloud, scopes ... */
/* The rows that are shown where all toolsets are chosen: for tool_search and list_skills. */
const struct tool *const *all_tools(const struct call *c, size_t *count);
/* NULL when the row is offered here; else a sentence: its toolset, and how to choose it. */
const char *tool_absent(const struct call *c, const struct tool *t);
/* The row as tools/list shows it. */
struct json *tool_describe(struct arena *a, const struct tool *t);

#endif
