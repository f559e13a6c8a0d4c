/*
 * produce.h - what happened in a run.
 *
 * The one interface between the history and the rest of the tenant.  A run is played by the
 * runner of the language: its course follows from the definition, the payload of its trigger and
 * what connectors say; only the last two come from the seed.  A played run lives in the arena it
 * was asked for with; the newest large ones are kept.
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
	const char *code;           /* or NULL */
	const struct json *error;   /* {code, message}, or NULL */
	const struct json *retries; /* retryHistory, or NULL */
	int64_t start, end;         /* ticks; end INT64_MAX: not yet */
};

/* One execution inside loops. */
struct repetition {
	uint32_t index[PLAYED_LOOPS];
	struct outcome sum;
};

struct repetitions {
	struct repetition *rows; /* in order of their indexes */
	uint32_t count, room;
};

struct played_action {
	struct str name, type;
	const struct json *def;
	int parent;                /* the container, or -1 */
	int loops[PLAYED_LOOPS];   /* enclosing Foreach and Until, outermost first */
	unsigned loop_count;
	unsigned after;            /* number of the first action that is not below this one */
	bool loop;                 /* a Foreach or Until */
	bool seen;                 /* it ran, or was skipped */
	struct outcome sum;        /* over all repetitions */
	const struct json *inputs, *outputs, *tracked; /* outside loops; NULL: none */
	struct repetitions reps;   /* inside loops */
	struct repetitions iterations; /* of a loop */
};

/* Contents of repetitions that were looked at again; those of a run that is kept stay with it. */
struct captured;
struct captures {
	struct arena *mem;
	struct captured *first;
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
	struct outcome sum; /* of the run */
	struct str trigger; /* name */
	int64_t trigger_start, trigger_end;
	const char *trigger_code;
	int response; /* the Response action that answered, or -1 */
	int64_t cancelled; /* when somebody cancelled it, or 0 */
	struct captures *captures;
};

/* Drops what is kept of runs: the tenant begins anew. */
void play_forget(void);
struct played *play_run(struct arena *a, struct flow *f, struct run *r);
/* For lists: the sum of the run and its response, without the actions.  A run that has ended is
 * not played again for it. */
struct played *play_brief(struct arena *a, struct flow *f, struct run *r);
/* The same as if it were over: what a caller who waits for an answer gets. */
struct played *play_whole(struct arena *a, struct flow *f, struct run *r);
/* Status and end only; remembered in the run once it has ended. */
enum run_status play_status(struct arena *a, struct flow *f, struct run *r);
struct played_action *play_find(struct played *p, struct str name);
/* The engine folds case when it looks for an action. */
struct played_action *play_find_nocase(struct played *p, struct str name);
/* The execution with these indexes (`n` of them), or NULL. */
const struct repetition *play_repetition(const struct repetitions *all, const uint64_t *index,
					 unsigned n);
/* Makes the contents of some repetitions ready at once; play_content makes those of one ready. */
void play_capture(struct played *p, const struct played_action *x,
		  const struct repetition *const *rows, size_t count);
/* Inputs or outputs of an action; NULL when there are none, and of the sum of repetitions.
 * `index` may be NULL outside loops.  What nobody may see is a text that says so. */
struct json *play_content(struct played *p, const struct played_action *x, const uint64_t *index,
			  enum content what);
/* item() of the innermost loop in that repetition, or NULL. */
const struct json *play_item(struct played *p, const struct played_action *x,
			     const uint64_t *index);
struct json *play_trigger(struct played *p, enum content what);
/* What the script says of an action: "outputs", "fail", "ms", ...; NULL: nothing. */
const struct json *play_script(const struct played *p, struct str action, const char *name);
/* True when runtimeConfiguration.secureData hides them. */
bool play_is_secure(const struct json *def, enum content what);
/* A body too large to build (script: "bytes"), 0 when it is not. */
uint64_t play_content_bytes(struct played *p, const struct played_action *x, enum content what);

#endif
