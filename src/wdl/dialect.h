/*
 * dialect.h - what people and models write who come from other languages, and the WDL way.
 *
 * Tables only: operators, functions that do not exist, and how to put them right.
 */
#ifndef WDL_DIALECT_H
#define WDL_DIALECT_H

#include "base/str.h"

struct wdl_operator {
	struct str text;      /* as written; words are matched in any case, as whole words */
	int precedence;       /* 1 binds loosest; 0: not a binary operator */
	const char *pattern;  /* %1 and %2 are the operands; NULL when nothing mechanical fits */
	const char *for_text; /* the pattern when an operand is text, or NULL */
	const char *advice;   /* the WDL way in words */
};

/* The longest operator that starts `s`, or NULL. */
const struct wdl_operator *wdl_operator_at(struct str s);

struct wdl_foreign {
	struct str name;
	int count;           /* arguments that `pattern` needs; -1: any */
	const char *pattern; /* %1 ... %4 are the arguments, %* all of them, %% a %; NULL: see
	                      * advice */
	const char *advice;
};

/* The row of a function that does not exist but is often written, in any case of letters. */
const struct wdl_foreign *wdl_foreign_find(struct str name);
const struct wdl_foreign *wdl_foreign_rows(size_t *count);

#endif
