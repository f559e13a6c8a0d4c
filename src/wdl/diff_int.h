/*
 * diff_int.h - what the files of the comparison share.  Internal.
 */
#ifndef WDL_DIFF_INT_H
#define WDL_DIFF_INT_H

#include "wdl/diff.h"
#include "wdl/refactor_int.h"

/* One comparison.  `old` is a copy, in which what is called otherwise now is renamed. */
struct diff_work {
	struct arena *a;
	struct refactor_flow old, now;
	struct lint *old_model, *now_model;
	struct diff out;
	struct diff_change **tail;
	size_t renames;
};

/* Adds a change; what was dropped gets an entry that is not in the list. */
struct diff_change *diff_add(struct diff_work *w, enum diff_kind kind, enum diff_what what,
			     struct str name, struct str pointer);
/* The container and its branch, "" at the top. */
struct str diff_scope(struct arena *a, const struct lint_step *s);
/* Finds what was renamed, tells it, and renames it in the copy of the old document. */
void diff_renames(struct diff_work *w);
/* Writes the line for people. */
void diff_say(struct arena *a, struct diff_change *c);

#endif
