/*
 * run.h - running a definition.
 *
 * Pure: the outside world (connectors, HTTP, child flows) is one callback, time is virtual and
 * chance is injected, so a run can be repeated.  What happened is told action by action to a
 * sink, so a loop over 100,000 items needs no more memory than the iterations in flight.
 *
 * The semantics are the engine's, from Microsoft's reference of the language and of its trigger
 * and action types, and from public measurements of the service (tomdam/flowforger's conformance
 * runs; recorded experiments with scopes).  Error texts are rows of messages.h.
 */
#ifndef WDL_RUN_H
#define WDL_RUN_H

#include "text/json.h"

enum wdl_status {
	WDL_ST_RUNNING,
	WDL_ST_SUCCEEDED,
	WDL_ST_FAILED,
	WDL_ST_SKIPPED,
	WDL_ST_TIMED_OUT,
	WDL_ST_CANCELLED,
	WDL_ST__MAX,
};

/* "Running", "Succeeded", ...; and back in any case of letters, or WDL_ST__MAX. */
const char *wdl_status_name(enum wdl_status s);
enum wdl_status wdl_status_from(struct str name);
/* The service's code for an HTTP status: "OK", "NotFound", or the number where .NET has no name. */
struct str wdl_http_code(struct arena *a, int64_t status);

/* One enclosing loop, and which iteration of it. */
struct wdl_loop_index {
	struct str loop;
	uint64_t index;
};

enum wdl_report_kind {
	WDL_REPORT_ACTION,     /* an action outside loops */
	WDL_REPORT_REPETITION, /* one execution of an action inside loops */
	WDL_REPORT_ITERATION,  /* one iteration of a loop; its index is the last one */
	WDL_REPORT_SUMMARY,    /* an action inside loops, over all repetitions: at the end, once */
};

/* What happened to one action.  Everything is borrowed and gone after the callback. */
struct wdl_report {
	enum wdl_report_kind kind;
	struct str name, type;
	const struct json *definition;
	const struct wdl_loop_index *loops; /* outermost first */
	unsigned loop_count;
	enum wdl_status status;
	struct str code;            /* "OK", "ActionSkipped", ...; n 0: none */
	const struct json *error;   /* {"code","message"}, or NULL */
	int64_t start, end;         /* ticks; `end` INT64_MAX: it has not ended */
	const struct json *inputs, *outputs; /* NULL: none, or hidden */
	bool secure_inputs, secure_outputs;  /* hidden: there was something that nobody may see */
	const struct json *tracked; /* trackedProperties, or NULL */
	const struct json *retries; /* retryHistory, or NULL */
	const struct json *item; /* of the innermost Foreach around it, or NULL */
	uint64_t count; /* iterations of a loop; repetitions of a summary; else 0 */
};

/* What an action asks of the outside world. */
struct wdl_request {
	struct str name, type;
	const struct json *definition;
	const struct json *inputs;  /* evaluated, without `authentication` */
	const struct wdl_loop_index *loops;
	unsigned loop_count;
	unsigned attempt;           /* from 1 */
	int64_t now;
};

struct wdl_answer {
	struct json *outputs; /* {"statusCode","headers","body"}; NULL: none */
	int64_t duration;     /* ticks; 0: the default for its type */
	bool never;           /* nobody answers: it waits until its timeout */
	/* A failure that brought no answer of the other side: code and text of the error. */
	struct str code, message;
};

struct wdl_host {
	void *arg;
	/* Answers an action that reaches outside; what it stores may live in `a`.  False: there is
	 * no answer for it, and the action fails saying so. */
	bool (*call)(void *arg, struct arena *a, const struct wdl_request *r,
		     struct wdl_answer *out);
	/* May be NULL. */
	void (*report)(void *arg, const struct wdl_report *r);
	/* How long an action takes that is not answered from outside, in ticks; NULL: 10 ms. */
	int64_t (*duration)(void *arg, const struct wdl_request *r);
	/* `where` is made of the action, its indexes and how often it has asked: the same for the
	 * same place in the same run, whatever runs beside it.  NULL asks the system. */
	uint64_t (*random)(void *arg, uint64_t where);
	/* Asked before each iteration of a Foreach (the last index is its own): false leaves it
	 * out, *at may be set to the time when it starts.  For looking again at some of many
	 * iterations; NULL: all of them. */
	bool (*wanted)(void *arg, const struct wdl_loop_index *loops, unsigned loop_count,
		       int64_t *at);
};

struct wdl_run_options {
	int64_t start;              /* ticks */
	int64_t horizon;            /* what lies behind it has not happened yet; 0: no horizon */
	int64_t cancel;             /* somebody cancels the run then; 0: nobody does */
	const struct json *trigger; /* outputs of the trigger, or NULL */
	const struct json *trigger_inputs;
	const struct json *parameters; /* {name: value}, over the definition's defaults */
	const struct json *workflow;   /* what workflow() gives, or NULL */
	struct str run_name;        /* client tracking id; may be empty */
	bool no_caller;             /* nobody waits for a Response */
};

struct wdl_run {
	bool ok;                /* false: it is no definition, or beyond a ceiling; `why` says so */
	const char *why;
	enum wdl_status status;
	struct str code;        /* n 0: none */
	struct json *error;     /* {"code","message"}, or NULL */
	int64_t start, end;     /* `end` INT64_MAX while running */
	struct str response;    /* name of the Response that answered; n 0: none did */
	struct json *response_outputs;
	int64_t response_end;
	size_t actions;         /* of the definition */
	uint64_t steps;         /* executions of actions, skipped ones too */
};

/* Runs the definition.  Results and what callbacks get live in `a`; while it runs, `a` must be
 * used by nobody but the callbacks. */
struct wdl_run wdl_run(struct arena *a, const struct json *definition,
		       const struct wdl_host *host, const struct wdl_run_options *options);

/* ---- triggers ---- */

struct wdl_trigger {
	bool fired;              /* false: no run starts; status, code and error say why */
	enum wdl_status status;  /* SUCCEEDED, SKIPPED, FAILED */
	struct str name, code;
	struct json *error;      /* {"code","message"}, or NULL */
	bool refused;            /* the caller's body does not fit the schema: HTTP 400 */
	struct json *inputs;     /* NULL: none */
	struct json **outputs;   /* of each run that starts: several with splitOn */
	size_t count;
};

/* What a payload makes of the trigger: schema, conditions, splitOn.  `outputs` is what arrived
 * ({"headers","body"}); NULL where nothing arrives (Recurrence). */
struct wdl_trigger wdl_trigger_fire(struct arena *a, const struct json *definition,
				    const struct json *outputs, const struct wdl_host *host,
				    const struct wdl_run_options *options);
/* Outputs of a trigger from what a person gives: a body, or {"body","headers",...} as it is. */
struct json *wdl_trigger_outputs_of(struct arena *a, const struct json *payload);

/* ---- the run as the service shows it ---- */

/* Gathers reports into {"name","properties":{"status",...,"actions":{...}}}, with inputs and
 * outputs in their place and repetitions below their action. */
struct wdl_record;
struct wdl_record *wdl_record_new(struct arena *a);
/* Takes a report; what goes beyond LIMIT_RUN_RECORDED repetitions is counted only. */
void wdl_record_report(struct wdl_record *rec, const struct wdl_report *r);
struct json *wdl_record_json(struct wdl_record *rec, const struct json *definition,
			     const struct wdl_run *run, const struct wdl_run_options *options);
/* P[nY][nM][nW][nD][T[nH][nM][nS]] in ticks (years and months as 365 and 30 days); false when it
 * is none. */
bool wdl_iso_duration(struct str text, int64_t *ticks);
/* "2026-07-16T17:34:32.1328743Z" */
struct str wdl_ticks_text(struct arena *a, int64_t ticks);

#endif
