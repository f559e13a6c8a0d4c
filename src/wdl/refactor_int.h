/*
 * refactor_int.h - what the files of refactoring share.  Internal.
 */
#ifndef WDL_REFACTOR_INT_H
#define WDL_REFACTOR_INT_H

#include "wdl/lint_model.h"
#include "wdl/refactor.h"

/* The definition as the linter sees it: steps, scopes, names, places. */
struct lint *refactor_model(struct arena *a, const struct refactor_flow *f);

/* An action that changes the variable which its input "name" names. */
bool refactor_writes(const struct lint_step *s);

struct refactor_pair {
	struct str from, to;
	bool done;
};

/* As refactor_find of every name `from`, which differ in more than case. */
struct refactor_uses refactor_find_all(struct arena *a, const struct refactor_flow *f,
				       enum refactor_kind kind, const struct refactor_pair *pairs,
				       size_t count);
/* Renames them all in one walk, and marks those that were.  For a copy that is compared: whether
 * the new names are legal and free is the caller's to know. */
void refactor_rename_all(struct arena *a, struct refactor_flow *f, enum refactor_kind kind,
			 struct refactor_pair *pairs, size_t count);

/* The name as the engine stores it (spaces of an action's are underscores), or false with the
 * reason in *out when there can be none of that name. */
bool refactor_legal(struct arena *a, enum refactor_kind kind, struct str wanted, struct str *name,
		    struct refactor_result *out);
/* False, with the reason, when something is called so already. */
bool refactor_free(struct arena *a, const struct refactor_flow *f, const struct lint *l,
		   enum refactor_kind kind, struct str name, struct refactor_result *out);

/* Refuses; returns false. */
bool refactor_refuse(struct arena *a, struct refactor_result *out, const char *hint,
		     const char *fmt, ...) __attribute__((__format__(__printf__, 4, 5)));

/* Characters (code points) before byte `at`. */
size_t refactor_column(struct str s, size_t at);

/* False, with the reason, when writing would give an object two members of one name. */
bool refactor_keys_apart(struct arena *a, struct json *root, const struct wdl_place *const *places,
			 size_t count, struct refactor_result *out);
/* The parent of what is at `pointer`, and what is there. */
struct json *refactor_parent(struct json *root, struct str pointer, struct json **child);
/* Puts `made` before `next` (NULL: at the end) in the order of the document. */
void refactor_insert(struct arena *a, struct json *actions, const struct json *next,
		     struct str name, struct json *made);
/* Writes the changed templates of places back: each place once, in any order. */
void refactor_write(struct arena *a, struct json *root, const struct wdl_place *const *places,
		    size_t count);
void refactor_set_text(struct arena *a, struct json *root, struct str pointer, struct str text);

#endif
