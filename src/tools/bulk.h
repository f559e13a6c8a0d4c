/*
 * bulk.h - one change for many flows or runs: a table first, one agreement for the set, then batch
 * by batch with a look at each, a journal, and a stop at the first error of a new kind.
 *
 * The engine knows nothing of what is changed.  A selection is looked up anew by each call, so a
 * set that was interrupted is gone on with by the same call: what is done is no longer selected.
 */
#ifndef TOOLS_BULK_H
#define TOOLS_BULK_H

#include "tools/target.h"

struct bulk_item {
	struct str id, name;   /* flow or run; what people call it */
	struct json *row;      /* of the result; the engine adds "result" and what goes with it */
	const char *skip;      /* why nothing is done with it; NULL: it is in the set */
	struct fetch write;
};

struct bulk_plan {
	int first;             /* the stage of the first write, after all looks */
	struct bulk_item *items; /* in the order in which they are done */
	size_t count;
	struct target target;  /* `objects` is the engine's */
	const char *verb;      /* "Switches on", for the sentence: "Switches on 3 flows of ..." */
	const char *noun;      /* "flows" */
	const char *const *warnings; /* or NULL */
	struct json *result;   /* an object with what is known of the selection */
	/* The looks at `n` items that were sent: fills f (room for n), gives how many. */
	size_t (*looks)(struct call *c, struct bulk_item *const *batch, size_t n, struct fetch *f);
	/* Item `k` of the batch whose looks are stage `stage`: its change is seen.  May add to the
	 * item's row. */
	bool (*seen)(struct call *c, struct bulk_item *item, size_t k, int stage);
	bool must_see;         /* what was accepted and is not seen, was not kept */
};

/* Parameters of every tool of this kind; the rows' last ones. */
#define BULK_PARAMS                                                                        \
	{ "top", JSON_NUMBER, 0, "Most of them in one call.", .min = 1, .max = 100,        \
	  .otherwise = "50" },                                                             \
		{ "tolerate", JSON_ARRAY, 0,                                               \
		  "Kinds of errors that do not stop it: codes of an earlier answer.", .max = 20 }, \
		{ "dryRun", JSON_BOOL, 0,                                                  \
		  "The table alone; false: do it, after a person has seen the set.",       \
		  .otherwise = "true" }

enum verdict bulk_step(struct call *c, const struct bulk_plan *p);
/* True when `name` is in the array argument, or the argument was not given. */
bool bulk_named(struct call *c, const char *argument, struct str name);

#endif
