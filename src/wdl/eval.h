/*
 * eval.h - evaluating templates against a run, recorded or made up.
 *
 * Pure: what an expression may see comes in through struct wdl_context, the clock and chance
 * too, so a result can be repeated.  The only I/O is the system's time zone data.
 */
#ifndef WDL_EVAL_H
#define WDL_EVAL_H

#include "text/json.h"
#include "wdl/ast.h"

/*
 * What an expression may ask for.  Each function stores a borrowed value and returns true, or
 * returns false when there is no such thing here; a NULL function is the same as false.  The
 * values must live until the result is no longer used.
 */
struct wdl_context {
	void *arg;
	/* The record of an action: {"name","inputs","outputs","status",...}; names fold case. */
	bool (*action)(void *arg, struct str name, const struct json **out);
	/* The record of the trigger: {"name","inputs","outputs",...}. */
	bool (*trigger)(void *arg, const struct json **out);
	bool (*variable)(void *arg, struct str name, const struct json **out);
	bool (*parameter)(void *arg, struct str name, const struct json **out);
	/* item(): of the innermost repeating action.  items(): of the named Foreach. */
	bool (*item)(void *arg, const struct json **out);
	bool (*items)(void *arg, struct str loop, const struct json **out);
	bool (*iteration)(void *arg, struct str loop, const struct json **out);
	/* result(): an array of records. */
	bool (*result)(void *arg, struct str scope, const struct json **out);
	bool (*workflow)(void *arg, const struct json **out);
	/* action(): the record of the action that is being evaluated. */
	bool (*current)(void *arg, const struct json **out);
	/* listCallbackUrl(): only a run has one. */
	bool (*callback)(void *arg, const struct json **out);
	/* The template of a text in a value, if it is kept; else the text is parsed.  It must live
	 * as long as the evaluation; nothing of it is in the result. */
	const struct wdl_template *(*parsed)(void *arg, struct str text);
	/* Sixty-four random bits; NULL: of the seed, or when that is 0, asked of the system. */
	uint64_t (*random)(void *arg);
	uint64_t seed;
	/* Now in units of 100 ns since 0001-01-01 UTC; 0 asks the system's clock. */
	int64_t now;
	bool steps; /* collect the value of every call and member access */
};

/* A context out of one JSON value:
 * {"trigger":{"outputs":...},"actions":{"Name":{"inputs","outputs","status"}},"variables",
 *  "parameters","items":{"Loop":value},"item","iterationIndexes":{"Loop":n},"workflow",
 *  "results":{"Scope":[...]},"action","now":"2026-11-21T18:00:00Z","seed":n}; every member may be
 * left out.  Parameters may be given with {"value":...} or {"defaultValue":...}, which are
 * unwrapped. */
void wdl_context_json(struct wdl_context *c, const struct json *tree);

struct wdl_fault {
	struct str code;     /* "InvalidTemplate" or "ExpressionEvaluationFailed" */
	struct str message;  /* as the service words it; see messages.h */
	size_t offset, end;  /* bytes in the template's source: the call or access that failed */
	size_t column;       /* the offset in characters */
	struct str pointer;  /* wdl_evaluate_value: where in the value */
	bool verified;       /* the wording has a public source */
};

struct wdl_step {
	struct wdl_step *next;
	struct str text;     /* of the sub-expression, as written */
	size_t offset, end;
	const struct json *value; /* NULL when it failed */
	struct str fault;    /* its message then */
};

struct wdl_result {
	bool ok;
	struct json *value; /* when ok: without a parent, never NULL */
	const char *type;   /* when ok: "String", "Integer", "Float", "Boolean", "Array", ... */
	struct wdl_fault fault; /* when not */
	struct wdl_step *steps; /* in order of evaluation; at most LIMIT_WDL_STEPS */
	bool steps_cut;
};

/* Evaluates one template.  A broken template faults with its first error. */
struct wdl_result wdl_evaluate(struct arena *a, const struct wdl_template *t,
			       const struct wdl_context *c);
/* Evaluates a node of a template alone (what a linter folds). */
struct wdl_result wdl_evaluate_node(struct arena *a, const struct wdl_template *t,
				    const struct wdl_node *n, const struct wdl_context *c);
/* Evaluates every template in a JSON value, object keys too, and returns the new value. */
struct wdl_result wdl_evaluate_value(struct arena *a, const struct json *value,
				     const struct wdl_context *c);

/* Ticks (100 ns since 0001-01-01) of milliseconds since 1970, and back. */
int64_t wdl_ticks_of_ms(int64_t wall_ms);
int64_t wdl_ms_of_ticks(int64_t ticks);

#endif
