/*
 * diagnosis.h - why a run failed, out of what is known of it.
 *
 * Evidence goes in, one JSON object; a finding comes out, and a list of what else would be worth
 * reading.  Whoever has a connection fetches that, adds it to the evidence and asks again, until
 * nothing more is wanted or time is up: the finding is then as good as what is there.
 *
 *	{"flow":     the flow as the service gives it,
 *	 "run":      the run,
 *	 "actions":  [{actionName, status, code, error, startTime, endTime, inputsLink, ...}],
 *	 "detail":      {"Action": properties},          WANT_DETAIL
 *	 "content":     {"actions/A/outputs": {value, cut, cuts: [pointer]}},  WANT_CONTENT
 *	 "repetitions": {"Action": {items, more}},       WANT_REPETITIONS
 *	 "repetition":  {"Action/000003": properties},   WANT_REPETITION
 *	 "items":       {"Loop": {value}},               WANT_ITEMS
 *	 "runs":        {"flow": [run, ...]},            WANT_RUNS
 *	 "child":       evidence of the run of a child flow}  WANT_CHILD
 *
 * An entry that could not be had is {"error": why}.
 *
 * Pure: values in, values out; what strangers wrote decides nothing.
 */
#ifndef TOOLS_DIAGNOSIS_H
#define TOOLS_DIAGNOSIS_H

#include "tools/cause.h"
#include "tools/reason.h"

enum want_kind {
	WANT_DETAIL,
	WANT_CONTENT,
	WANT_REPETITIONS,
	WANT_REPETITION,
	WANT_ITEMS,
	WANT_RUNS,
	WANT_CHILD,
};

enum {
	DIAGNOSIS_WANTS = 96,   /* at one time */
	DIAGNOSIS_CHILDREN = 4, /* flows in flows */
	DIAGNOSIS_ITEMS = 24,   /* failed iterations whose items are looked at */
	DIAGNOSIS_GROUPS = 6,   /* kinds of failures in a loop that are told */
	DIAGNOSIS_TRIALS = 3,   /* iterations that a fix is tried with */
	DIAGNOSIS_FIXES = 3,
};

struct want {
	enum want_kind kind;
	unsigned depth;       /* 0: the run itself, 1: its child ... */
	struct str key;       /* in the evidence */
	struct str action;    /* DETAIL, REPETITIONS, REPETITION */
	struct str name;      /* REPETITION: "000003"; RUNS, CHILD: the flow */
	struct str run;       /* CHILD */
	struct str link;      /* CONTENT, ITEMS */
	const struct str *pointers; /* ITEMS: of the values to keep */
	size_t pointer_count;
	bool scope;           /* REPETITION, REPETITIONS: of a container */
};

struct wants {
	struct want at[DIAGNOSIS_WANTS];
	size_t count;
};

/* Failed iterations with the same error. */
struct failure_group {
	const struct json *first; /* the repetition: {name, code, error, ...} */
	struct reason reason;
	struct cause_found found;
	uint64_t count;
	struct json *names;  /* of repetitions, at most 5 */
	struct json *items;  /* their key fields */
};

struct fix {
	struct json *operations;
	const char *why;
};

struct finding {
	enum cause cause;
	const char *confidence;     /* "high", "medium", "low" */
	struct json *reasons;       /* why we think so: lines */
	struct json *missing;       /* what could not be read: lines */
	struct json *evidence;      /* [{pointer, says}] */
	struct str status;          /* of the run */
	/* The action that failed though its predecessors allowed it; name n 0: none. */
	struct str action, type;
	struct str pointer;         /* of the step in the definition */
	const struct json *record;  /* what the run says of it, or NULL */
	const struct json *step;    /* its definition, or NULL */
	struct json *containers;    /* outermost first */
	struct reason reason;       /* the real error */
	const char *source;         /* where it stood: "error", "outputs", "run", "none" */
	struct cause_found found;
	struct wdl_blame blame;     /* found: an expression is to blame */
	bool reproduced;            /* the step fails again with the recorded values */
	struct json *reads;         /* [{expression, value, from}] of what it reads */
	struct json *nulls;         /* inputs that came out null: [{pointer, expression}] */
	struct failure_group groups[DIAGNOSIS_GROUPS];
	size_t group_count;
	uint64_t failed, iterations; /* of a loop; 0: it is in none */
	bool more_failed;            /* there are more failures than were looked at */
	struct fix fixes[DIAGNOSIS_FIXES];
	size_t fix_count;
	struct json *also, *handled, *retries, *skipped, *waiting; /* lists, may be empty */
	struct json *desktop;       /* of a desktop flow, or NULL */
	struct str terminated_by;
	bool changed;               /* the flow was saved after this run began */
	const struct json *inputs;  /* resolved, or NULL */
	bool inputs_hidden, outputs_hidden;
	struct finding *child;      /* the child flow's run, when the action called one */
	struct str child_flow, child_run;
};

/* `wants` is filled anew.  `ask` names an action to look at instead of the one that failed. */
struct finding *diagnose(struct arena *a, const struct json *evidence, struct str ask,
			 struct wants *wants);
/* The run the finding is about: the innermost child's. */
const struct finding *finding_innermost(const struct finding *f);

/* One entry of "actions" out of an action as the service lists it (name and properties). */
struct json *diagnosis_action(struct arena *a, struct str name, const struct json *properties);

enum diagnosis_detail { DETAIL_SHORT, DETAIL_NORMAL, DETAIL_FULL };
/* The result document, without ids. */
struct json *diagnosis_json(struct arena *a, const struct finding *f, enum diagnosis_detail d);

#endif
