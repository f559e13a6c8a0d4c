/*
 * run_priv.h - what the files of the runner share.  Internal.
 *
 * A run is a queue of events in virtual time.  Nothing calls itself on input: what one action's
 * end sets off is put on the queue.
 */
#ifndef WDL_RUN_PRIV_H
#define WDL_RUN_PRIV_H

#include "base/limits.h"
#include "base/list.h"
#include "wdl/date.h"
#include "wdl/eval.h"
#include "wdl/lint_map.h"
#include "wdl/messages.h"
#include "wdl/run.h"

#define WRUN_MS 10000ll /* ticks */
/* Between the end of one action and the start of the next; recorded runs have 2 to 10 ms. */
#define WRUN_GAP (4 * WRUN_MS)

enum wrun_kind {
	WRUN_CALL, /* whatever the host answers */
	WRUN_COMPOSE,
	WRUN_PARSE_JSON,
	WRUN_QUERY,
	WRUN_SELECT,
	WRUN_JOIN,
	WRUN_TABLE,
	WRUN_EXPRESSION,
	WRUN_INITIALIZE,
	WRUN_SET,
	WRUN_INCREMENT,
	WRUN_DECREMENT,
	WRUN_APPEND_ARRAY,
	WRUN_APPEND_STRING,
	WRUN_WAIT,
	WRUN_TERMINATE,
	WRUN_RESPONSE,
	WRUN_SCOPE, /* containers from here on */
	WRUN_IF,
	WRUN_SWITCH,
	WRUN_FOREACH, /* loops from here on */
	WRUN_UNTIL,
};

/* Branches: the plain `actions`, `else` or `default`, and cases from WRUN_CASES on. */
enum { WRUN_MAIN, WRUN_ELSE, WRUN_CASES };

struct wrun_edge {
	unsigned before;   /* node */
	unsigned statuses; /* bits of enum wdl_status */
	const struct json *wanted;
};

/* Over all repetitions of an action inside loops. */
struct wrun_sum {
	uint64_t counts[WDL_ST__MAX], all;
	bool never; /* its loop was not entered: there is no repetition */
	int64_t start, end;
	struct str code;
	const struct json *error; /* of the first failure, or of the first skip */
	enum wdl_status error_of;
};

/* One action of the definition. */
struct wrun_node {
	struct str name, type;
	enum wrun_kind kind;
	const struct json *def;
	int parent;         /* container, or -1 */
	unsigned branch;
	int loop;           /* innermost loop around, or -1 */
	unsigned slot;      /* among the actions with that loop */
	unsigned body;      /* of a loop: how many actions have it as their `loop` */
	unsigned after;     /* number of the first action that is not below this one */
	unsigned depth;
	struct wrun_edge *edges;
	unsigned edge_count;
	unsigned *next;     /* actions that wait for this one */
	unsigned next_count, next_room;
	bool keep;          /* result() of this loop is looked at */
	bool secure_inputs, secure_outputs;
	struct wrun_sum sum;
};

struct wrun_frame;

enum wrun_state {
	WRUN_IDLE,
	WRUN_STARTED,
	WRUN_DONE,
};

/* One execution of an action. */
struct wrun_step {
	const struct wrun_node *node;
	struct wrun_frame *frame;
	enum wrun_state state;
	enum wdl_status status;
	unsigned waiting;   /* runAfter entries that have not ended */
	unsigned branch;    /* of an If or Switch: taken */
	unsigned left;      /* of a container: children that have not ended */
	struct str code;
	struct json *error, *inputs, *outputs, *tracked, *retries;
	const struct json *json; /* the record of what has ended, made when it is asked for */
	bool hide_inputs, hide_outputs;
	int64_t start, end, deadline;
	unsigned attempt;
	struct wdl_answer answer;
	int64_t attempt_start;
	/* Loops. */
	const struct json *item; /* Foreach: the next one */
	uint64_t index, count, active, ended, failed;
	unsigned limit;
	struct wrun_frame *last; /* Until: the newest iteration that ended */
	struct json *results;    /* kept for result(): {child: [records]} */
};

/* The run, or one iteration of a loop. */
struct wrun_frame {
	struct list node;
	struct arena mem;
	struct wrun_frame *up;   /* NULL: the run */
	struct wrun_step *owner; /* the loop's step in `up` */
	uint64_t index;
	const struct json *item;
	struct wrun_step *steps;
	unsigned left, depth;    /* depth: loops around what is inside */
	unsigned body;           /* steps */
	int64_t start;
};

enum wrun_event_kind {
	WRUN_READY,     /* all it runs after has ended */
	WRUN_START,
	WRUN_END,
	WRUN_ATTEMPT,   /* a call is made again */
	WRUN_ANSWERED,
	WRUN_CHILDREN,  /* a container's children have ended */
	WRUN_ITERATION, /* a frame's actions have ended */
};

struct wrun_event {
	int64_t at;
	uint64_t order;
	enum wrun_event_kind kind;
	struct wrun_step *step;
	struct wrun_frame *frame;
};

struct wrun_variable {
	struct str name;
	const char *type;      /* "Integer", ... */
	struct arena mem;
	struct json *value;    /* never NULL once initialized */
	struct buf text;       /* String: what was appended, malloc */
	bool stale;            /* `value` is older than `text` */
};

struct wrun {
	struct arena *out;     /* the caller's */
	struct arena mem, scratch;
	jmp_buf jump;
	const struct json *definition;
	const struct wdl_host *host;
	const struct wdl_run_options *options;
	struct wrun_node *nodes;
	unsigned node_count;
	unsigned *slots, slot_count; /* hash table of folded names */
	unsigned top_body;
	struct list frames;
	struct wrun_frame *top;
	struct wrun_event *events; /* a heap; malloc */
	size_t event_count, event_room;
	uint64_t order, work;
	struct wrun_variable *variables;
	unsigned variable_count;
	struct wdl_context context;
	struct lint_map parsed;  /* templates by their text: loops evaluate the same ones */
	size_t parsed_bytes;     /* of those texts */
	const struct wrun_step *doing; /* whose event is handled */
	uint64_t chances;              /* random numbers it asked for */
	const struct json *trigger;
	/* Of the evaluation at hand. */
	struct wrun_frame *at;
	const struct json *item; /* of Select, Query, Table */
	bool has_item, secure_seen;
	const struct json *current;
	int64_t now;
	bool over;             /* Terminate, a cancellation or a ceiling ended it */
	struct wdl_run result;
};

/* ---- run.c ---- */

void wrun_push(struct wrun *r, enum wrun_event_kind kind, int64_t at, struct wrun_step *s,
	       struct wrun_frame *f);
/* Ends the run for a reason of its own; never returns. */
_Noreturn void wrun_stop(struct wrun *r, const char *why);
/* Counts work against the ceiling. */
void wrun_count(struct wrun *r, uint64_t n);
struct wrun_frame *wrun_frame_new(struct wrun *r, struct wrun_frame *up, struct wrun_step *owner);
/* Frees it, and what Until loops inside it kept. */
void wrun_frame_end(struct wrun_frame *f);
/* Starts the actions of a branch; how many there are. */
unsigned wrun_begin(struct wrun *r, struct wrun_frame *f, int parent, unsigned branch, int64_t at);
/* Settles how it ended; the event tells the others at `at`. */
void wrun_end(struct wrun *r, struct wrun_step *s, enum wdl_status status, int64_t at);
/* The same with an error: code of the action, code and text of the error. */
void wrun_fail(struct wrun *r, struct wrun_step *s, int64_t at, const char *code,
	       const char *error_code, enum wdl_message m, const struct str *values);
void wrun_fail_text(struct wrun *r, struct wrun_step *s, int64_t at, struct str code,
		    struct str error_code, struct str message);
/* Succeeded, or Failed when a last action failed. */
enum wdl_status wrun_group_status(struct wrun *r, struct wrun_frame *f, int parent,
				  unsigned branch);

/* ---- run_tell.c ---- */

void wrun_report(struct wrun *r, const struct wrun_step *s);
struct wdl_request wrun_request(struct wrun *r, const struct wrun_step *s);
struct wdl_loop_index *wrun_loops(struct arena *a, const struct wrun_frame *f);
struct json *wrun_error(struct arena *a, struct str code, struct str message);
int64_t wrun_duration(struct wrun *r, const struct wrun_step *s);
/* The sums of all actions inside loops. */
void wrun_report_sums(struct wrun *r);
/* Skipped, with the reason. */
void wrun_set_skip(struct wrun_step *s, int64_t at, const char *error_code, enum wdl_message m,
		   const struct str *values);
/* It has ended, and is told. */
void wrun_settle(struct wrun *r, struct wrun_step *s);
/* All below a container that was not run. */
void wrun_skip_below(struct wrun *r, const struct wrun_step *container, int64_t at);
/* The body of a loop that had nothing to repeat. */
void wrun_skip_body(struct wrun *r, const struct wrun_step *loop, int64_t at);
/* One branch that was not taken. */
void wrun_skip_branch(struct wrun *r, struct wrun_step *container, unsigned branch, int64_t at);

/* ---- run_read.c ---- */

/* Lists the actions; stops the run when it is no definition. */
void wrun_read(struct wrun *r);
struct wrun_node *wrun_find(const struct wrun *r, struct str name);
static inline bool wrun_is_container(const struct wrun_node *n)
{
	return n->kind >= WRUN_SCOPE;
}
static inline bool wrun_is_loop(const struct wrun_node *n)
{
	return n->kind >= WRUN_FOREACH;
}
static inline unsigned wrun_number(const struct wrun *r, const struct wrun_node *n)
{
	return (unsigned)(n - r->nodes);
}

/* ---- run_view.c ---- */

void wrun_context(struct wrun *r);
/* The execution of an action that is seen from a frame, or NULL. */
struct wrun_step *wrun_seen(struct wrun *r, struct wrun_frame *f, const struct wrun_node *n);
static inline struct wrun_step *wrun_step_of(struct wrun_frame *f, const struct wrun_node *n)
{
	return &f->steps[n->slot];
}
/* Evaluates in a frame.  The value lives in the scratch memory; NULL: *fault says why. */
struct json *wrun_evaluate(struct wrun *r, struct wrun_frame *f, const struct json *v,
			   struct wdl_fault *fault);
/* The same, copied into the frame's memory. */
struct json *wrun_value(struct wrun *r, struct wrun_frame *f, const struct json *v,
			struct wdl_fault *fault);
/* The same without a second copy, and garbage with it. */
struct json *wrun_list(struct wrun *r, struct wrun_frame *f, const struct json *v,
		       struct wdl_fault *fault);
bool wrun_too_deep(const struct json *v, unsigned limit);
/* The record of a step, for expressions: a new one, and the one of a step that has ended. */
struct json *wrun_record(struct wrun *r, struct arena *a, const struct wrun_step *s);
const struct json *wrun_json(struct wrun *r, struct wrun_step *s);
const char *wrun_type(const struct json *v);

/* ---- run_step.c, run_data.c, run_variable.c, run_call.c, run_block.c ---- */

void wrun_start(struct wrun *r, struct wrun_step *s);
/* Evaluates the inputs (without authentication and what is evaluated per item); false: it
 * failed and has ended. */
bool wrun_inputs(struct wrun *r, struct wrun_step *s);
/* Ends it well with {"body": value}; `value` may be NULL. */
void wrun_body(struct wrun *r, struct wrun_step *s, struct json *value);
void wrun_fault(struct wrun *r, struct wrun_step *s, const struct wdl_fault *f);
/* ParseJson, Query, Select, Join, Table. */
void wrun_data(struct wrun *r, struct wrun_step *s);
void wrun_variable(struct wrun *r, struct wrun_step *s);
const struct json *wrun_variable_value(struct wrun *r, struct str name);
void wrun_call(struct wrun *r, struct wrun_step *s);
void wrun_attempt(struct wrun *r, struct wrun_step *s);
void wrun_answered(struct wrun *r, struct wrun_step *s);
void wrun_block(struct wrun *r, struct wrun_step *s);
void wrun_children(struct wrun *r, struct wrun_step *s);
void wrun_iteration(struct wrun *r, struct wrun_frame *f);
/* `condition` of an If or Until: false when it cannot be evaluated, and the step has failed. */
bool wrun_condition(struct wrun *r, struct wrun_step *s, struct wrun_frame *f,
		    const struct json *expression, bool *out);

/* ---- run_table.c ---- */

struct str wrun_csv(struct arena *a, const struct json *rows);
struct str wrun_html(struct arena *a, const struct json *rows);

#endif
