/*
 * lint_strings.h - every string of the inputs of every step.  Internal to the linter.
 */
#ifndef WDL_LINT_STRINGS_H
#define WDL_LINT_STRINGS_H

#include "wdl/lint_model.h"

struct lint_string {
	struct lint_step *step; /* NULL in a parameter of the flow */
	struct json *value;
	struct str name;  /* of the innermost member it stands in */
	struct str outer; /* of the member around that, or "" */
	struct str text;
	const struct buf *at; /* pointer; lint_string_pointer makes it a string */
};

/* Calls `look` for the strings in the inputs of all steps, but for authentication that the
 * service puts in; and, if asked, for the default values of parameters. */
void lint_each_string(struct lint *l, const struct lint_rule *r, bool parameters,
		      void (*look)(struct lint *l, const struct lint_rule *r,
				   const struct lint_string *s));
struct str lint_string_pointer(const struct lint *l, const struct lint_string *s);

#endif
