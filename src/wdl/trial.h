/*
 * trial.h - one step of a definition run again with what was recorded.
 *
 * The steps it reads are stood in for by ones that give the recorded outputs; loops around it are
 * loops over the one recorded item.  Calls to the outside succeed: a trial tells whether the
 * step's own inputs can be made, not what a connector answers.
 */
#ifndef WDL_TRIAL_H
#define WDL_TRIAL_H

#include "wdl/blame.h"

struct wdl_trial {
	bool ran;          /* false: it could not be put to the test */
	bool ok;           /* the step did not fail */
	struct str code, message; /* of its error when it did */
};

/* `context` is a tree as wdl_context_json takes it; `definition` gives the types of variables. */
struct wdl_trial wdl_trial(struct arena *a, struct str name, const struct json *step,
			   const struct json *context, const struct json *definition);

/*
 * Mends a step until it no longer fails with any of the contexts, and its trials succeed.
 * `first` says which candidate to begin with, from 0.  Operations (see edit.h) with paths from
 * `pointer` on, or NULL when that way leads nowhere.
 */
struct json *wdl_mend(struct arena *a, struct str name, const struct json *step,
		      struct str pointer, const struct json *const *contexts, size_t count,
		      const struct json *definition, size_t first, const char **why);

#endif
