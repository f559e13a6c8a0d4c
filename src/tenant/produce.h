/*
 * produce.h - what happened in a run.
 *
 * The one interface between the history and the rest of the tenant: who runs the flows behind
 * it can be exchanged.  A played run lives in the arena it was asked for with, nothing is kept.
 * Knows definitions and scripts; must not know HTTP or links.
 */
#ifndef TENANT_PRODUCE_H
#define TENANT_PRODUCE_H

#include "tenant/state.h"

enum { PLAYED_LOOPS = 4 };

enum content {
	CONTENT_INPUTS,
	CONTENT_OUTPUTS,
};

/* How one action, or one repetition of it, went. */
struct outcome {
	enum run_status status;
	const char *code;          /* or NULL */
	const struct json *error;  /* {code, message}, or NULL */
	int64_t start, end;        /* end INT64_MAX: not yet */
	unsigned retries;          /* attempts before the last one */
};

struct played_action {
	struct str name, type;
	const struct json *def;
	int parent;                /* the container, or -1 */
	unsigned branch;           /* 0: actions, 1: else or default, 2 and more: cases */
	int loops[PLAYED_LOOPS];   /* enclosing Foreach and Until, outermost first */
	unsigned loop_count;
	unsigned after;            /* number of the first action that is not below this one */
	bool followed;             /* another action runs after it */
	uint64_t items;            /* of a loop: its iterations */
	struct outcome sum;        /* over all repetitions */
	bool seen;                 /* was evaluated */
};

struct played {
	struct arena *arena;
	struct flow *flow;
	struct run *run;
	const struct json *definition, *base, *variant; /* of the script */
	struct played_action *actions;
	unsigned count;
	int *slots; /* hash table of names */
	unsigned slot_count;
	struct outcome *scratch; /* room for the outcomes of a subtree */
	struct outcome sum; /* of the run */
	struct str trigger; /* name */
	int64_t trigger_start, trigger_end;
	const char *trigger_code;
	int response; /* the Response action that answered, or -1 */
	int64_t cancelled; /* when somebody cancelled it, or 0 */
	int64_t stop; /* when Terminate ended it, or INT64_MAX */
	int terminate;
};

struct played *play_run(struct arena *a, struct flow *f, struct run *r);
/* Status and end only; remembered in the run once it has ended. */
enum run_status play_status(struct arena *a, struct flow *f, struct run *r);
struct played_action *play_find(struct played *p, struct str name);
/* The engine folds case when it looks for an action. */
struct played_action *play_find_nocase(struct played *p, struct str name);
/* How often the action was (or will be) executed: 1 outside loops. */
uint64_t play_repetitions(const struct played *p, const struct played_action *x);
/* One repetition; `index` has one number per enclosing loop. */
struct outcome play_repetition(struct played *p, const struct played_action *x,
			       const uint64_t index[PLAYED_LOOPS]);
/* One iteration of a loop; `index` has one number more than the loop has loops around it. */
struct outcome play_iteration(struct played *p, const struct played_action *loop,
			      const uint64_t index[PLAYED_LOOPS]);
/* Splits a running number into the indexes of the enclosing loops. */
void play_index(const struct played *p, const struct played_action *x, uint64_t number,
		uint64_t index[PLAYED_LOOPS]);
/* Inputs or outputs of an action; NULL when there are none.  `index` may be NULL outside loops. */
struct json *play_content(struct played *p, const struct played_action *x, const uint64_t *index,
			  enum content what);
/* The same for an expression that looks at another action: `depth` counts such looks. */
struct json *play_content_deep(struct played *p, const struct played_action *x,
			       const uint64_t *index, enum content what, unsigned depth);
struct json *play_trigger(struct played *p, enum content what);
/* What the script says of an action: "items", "branch", "fail", "inputs", ...; NULL: nothing. */
const struct json *play_script(const struct played *p, struct str action, const char *name);
/* True when runtimeConfiguration.secureData hides them. */
bool play_is_secure(const struct json *def, enum content what);
/* A body too large to build (script: "bytes"), 0 when it is not. */
uint64_t play_content_bytes(struct played *p, const struct played_action *x, enum content what);

#endif
