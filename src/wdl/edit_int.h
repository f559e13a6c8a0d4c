/*
 * edit_int.h - what the files of editing share.  Internal.
 */
#ifndef WDL_EDIT_INT_H
#define WDL_EDIT_INT_H

#include "wdl/edit.h"
#include "wdl/lint_map.h"

/* An action or a trigger, and where it stands. */
struct edit_step {
	struct edit_step *next;
	struct edit_step *owner; /* the container, or NULL */
	struct str branch;       /* from the owner to `map`: "/actions", "/else/actions" */
	struct json *map;        /* what it is a member of */
	struct json *value;
	bool trigger;
};

struct edit {
	struct arena *a;
	struct json *definition; /* our own copy: a refusal throws it away */
	const struct json *op;
	struct wdl_edit_error *e;
	/* As they are before this operation. */
	struct edit_step *steps;
	struct lint_map names;   /* folded */
};

/* Fills the error; returns false. */
bool edit_refuse(struct edit *x, struct str pointer, struct str hint, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));

/* ---- steps (edit_find.c) ---- */

void edit_collect(struct edit *x);
/* As actions are called: spaces are underscores. */
struct str edit_name(struct edit *x, struct str name);
struct str edit_pointer(struct edit *x, const struct edit_step *s);
struct edit_step *edit_find(const struct edit *x, struct str name);
/* The action that the operation's member `member` names; NULL after a refusal.  A trigger only
 * where `trigger` allows it. */
struct edit_step *edit_action(struct edit *x, const char *member, bool trigger);
/* The same of a name. */
struct edit_step *edit_action_n(struct edit *x, struct str name, bool trigger);
/* Of these names the one that was probably meant, or "". */
struct str edit_nearest(struct edit *x, struct str name, const struct json *object);
/* "did you mean ...?", or the first names there are. */
struct str edit_hint(struct edit *x, struct str name, const struct json *object);
/* The name of a new action as it is stored; false after a refusal. */
bool edit_new_name(struct edit *x, struct str *name);

/* ---- runAfter (edit_after.c) ---- */

enum { EDIT_SUCCEEDED = 1, EDIT_FAILED = 2, EDIT_SKIPPED = 4, EDIT_TIMED_OUT = 8, EDIT_ALL = 15 };

/* The statuses of one entry, as bits. */
unsigned edit_statuses(const struct json *entry);
struct json *edit_succeeded(struct edit *x);
/* The action's entry that names `name`, or NULL. */
struct json *edit_waits_for(const struct json *action, struct str name);
void edit_set_after(struct edit *x, struct json *action, struct json *after);
/* What waits for `at` waits for `made` instead, as far as it is to run after it. */
void edit_follow(struct edit *x, struct json *map, const struct json *at, struct json *made);
/* What waits for nothing waits for `made`. */
void edit_follow_roots(struct edit *x, struct json *map, const struct json *made);
/* What waits for `gone` waits for what that waits for.  `stays`: it stays in the same container,
 * so that what runs when it fails may go on waiting for it. */
bool edit_unfollow(struct edit *x, const struct edit_step *gone, bool stays);
/* False, refused, when an action of the map would wait for itself by way of `from`. */
bool edit_no_cycle(struct edit *x, const struct json *map, const struct json *from);

/* ---- operations ---- */

bool edit_op_set(struct edit *x);
bool edit_op_add(struct edit *x);
bool edit_op_remove(struct edit *x);
bool edit_op_merge(struct edit *x);
bool edit_op_insert_after(struct edit *x);
bool edit_op_insert_before(struct edit *x);
bool edit_op_insert_into(struct edit *x);
bool edit_op_remove_action(struct edit *x);
bool edit_op_move(struct edit *x);
bool edit_op_wrap(struct edit *x);
bool edit_op_rename(struct edit *x);
bool edit_op_replace(struct edit *x);
bool edit_op_parameter(struct edit *x);

#endif
