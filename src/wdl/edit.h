/*
 * edit.h - ordered operations on a definition.
 *
 * By path, an array of keys and indexes from the definition on:
 *
 *	{"op":"set","path":["actions","Compose","inputs"],"value":1}   puts it there
 *	{"op":"add","path":["actions","New"],"value":{...}}            only where nothing is; an item
 *	                                                               of an array goes before the
 *	                                                               index, "-" is the end
 *	{"op":"remove","path":["actions","Compose","description"]}     must be there
 *	{"op":"merge","path":["actions","Compose"],"value":{...}}      RFC 7396: members into members,
 *	                                                               null removes
 *
 * By name, at any depth; names fold case, spaces are underscores.  What waits for what is
 * rewired, so that the order of all other actions stays:
 *
 *	{"op":"insert_after","action":"A","name":"New","value":{...}}  also after the trigger: first
 *	{"op":"insert_before","action":"A","name":"New","value":{...}}
 *	{"op":"insert_into","action":"Scope","name":"New","value":{...},"branch":"else"}
 *	{"op":"remove_action","action":"A"}
 *	{"op":"move","action":"A","after":"B"}                         or "before", or "into" with
 *	                                                               "branch"
 *	{"op":"wrap_in_scope","actions":["A","B"],"name":"Try"}
 *	{"op":"rename_action","action":"A","name":"New name"}          with all references
 *	{"op":"replace_expression","expression":"x","replacement":"y","action":"A"}
 *	{"op":"set_parameter","action":"A","parameter":"item/Title","value":1}
 *	{"op":"set_parameter","parameter":"site","value":1}            of the flow: its default
 *
 * "branch" is "actions" (where it may be left out), "else", "default", or the name of a case.
 * The findings of the linter carry operations by path.
 *
 * Pure.  What no operation names keeps its place, its order and the text of its numbers.
 */
#ifndef WDL_EDIT_H
#define WDL_EDIT_H

#include "text/json.h"

struct wdl_edit_error {
	size_t index;       /* of the operation */
	struct str pointer; /* into the definition as it was then: where it could not be done; ""
			     * when the operation itself is wrong */
	struct str message; /* one sentence, no full stop */
	struct str hint;    /* what would do; may be empty */
};

/* The definition with all operations done, in `a`; nothing given is changed.  NULL, and *e filled
 * (in `a`), when one cannot be done.  `definition` is a bare one. */
struct json *wdl_edit(struct arena *a, const struct json *definition,
		      const struct json *operations, struct wdl_edit_error *e);

/* What operations can do at most, told from them alone. */
enum wdl_reach {
	WDL_REACH_NOTHING, /* no operation at all */
	WDL_REACH_NAMES,   /* names of actions and descriptions: nothing that runs */
	WDL_REACH_ONE,     /* one action, always the same, without what it may contain */
	WDL_REACH_MANY,    /* anything else, and what cannot be told */
};
/* Pure in the operations: for deciding before anything was read.  `actions` (may be NULL): how many
 * different actions are named. */
enum wdl_reach wdl_edit_reach(const struct json *operations, size_t *actions);

/* The operations' names, "add insert_after ...", for schemas. */
const char *wdl_edit_ops(void);

#endif
