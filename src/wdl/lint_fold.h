/*
 * lint_fold.h - what of a definition has its value before any run.  Internal to the linter.
 */
#ifndef WDL_LINT_FOLD_H
#define WDL_LINT_FOLD_H

#include "wdl/eval.h"
#include "wdl/lint_model.h"

/* Nothing below the node depends on the run, the clock or chance. */
bool lint_is_constant(const struct wdl_node *n);
/* Evaluates a constant node; false, with the engine's words, when it surely fails.  True as well
 * for what is not worth trying (large ranges, time zones that this machine may not have). */
bool lint_try(struct lint *l, const struct wdl_template *t, const struct wdl_node *n,
	      struct str *why);
/* The value of a condition (an expression, or {"and": [...]} and the like); false when a run
 * decides it. */
bool lint_fold_condition(struct lint *l, const struct json *condition, bool *yes);
/* Seconds of an ISO 8601 duration such as PT1H30M or P1DT2S; false when it is none.  Months and
 * years count 30 and 365 days. */
bool lint_duration(struct str s, int64_t *seconds);

#endif
