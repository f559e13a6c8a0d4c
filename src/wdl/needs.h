/*
 * needs.h - what an expression reads of a run, so that exactly that can be fetched.
 *
 * Follows what is read on the way: the item of a loop is made of the loop's list, the result of
 * a scope of its actions, the value of a variable of the action that initializes it.
 */
#ifndef WDL_NEEDS_H
#define WDL_NEEDS_H

#include "text/json.h"
#include "wdl/ast.h"

struct wdl_need {
	struct wdl_need *next;
	struct str name;       /* as the definition writes it; as the expression does where there is
				* no such action */
	bool inputs, outputs;  /* which content; its status is always needed */
	bool known;            /* the definition has it */
	bool container;        /* Scope, If, Switch, Foreach, Until */
	unsigned levels;       /* loops around it: so many indexes name one repetition */
};

/* items('X') or iterationIndexes('X'). */
struct wdl_need_loop {
	struct wdl_need_loop *next; /* outer loops first */
	struct str name;
	struct json *list;          /* the foreach expression; NULL of an Until, or when unknown */
	unsigned level;             /* which index of a repetition is its own, from 0 */
	bool known;
};

struct wdl_need_name {
	struct wdl_need_name *next;
	struct str name;
	/* Variables: the action that gives the first value, NULL when there is none; and whether
	 * others change it later.  Parameters: its row in the definition. */
	const struct json *row;
	struct str action;
	bool changes;
	/* Scopes of result(): the names of the actions in it. */
	struct json *children;
};

struct wdl_needs {
	struct wdl_need *actions;
	size_t count;
	struct wdl_need_loop *loops;
	struct wdl_need_name *variables, *parameters, *results;
	bool trigger, trigger_inputs, trigger_outputs;
	bool workflow, item, current;
};

/* `definition` may be NULL.  Names that an expression computes are not followed. */
struct wdl_needs wdl_needs_of(struct arena *a, const struct wdl_template *t,
			      struct json *definition);

#endif
