/*
 * lint_strings.h - every string of the inputs of every step.  Internal to the linter.
 */
#ifndef WDL_LINT_STRINGS_H
#define WDL_LINT_STRINGS_H

#include "wdl/lint_model.h"

/* The way from a step to a value: one member or item, and what it is in. */
struct lint_trail {
	const struct lint_trail *up; /* NULL: `name` is the pointer of a step or parameter */
	struct str name;             /* of a member */
	size_t index;                /* of an item, when `item` */
	bool item;
};

struct lint_string {
	struct lint_string *next;
	struct lint_step *step; /* NULL in a parameter of the flow */
	struct json *value;
	struct str name;  /* of the innermost member it stands in */
	struct str outer; /* of the member around that, or "" */
	struct str text;
	struct lint_trail at;
};

/* The strings in the inputs of all steps, in order, but for authentication that the service puts
 * in; then the default values of parameters.  Collected once. */
struct lint_string *lint_strings(struct lint *l);
struct str lint_string_pointer(const struct lint *l, const struct lint_string *s);

#endif
