/*
 * refactor.h - changing the names and expressions of a definition, with all that depends on them.
 *
 * What a name is, is decided as the engine does it: names fold case, actions are named in the
 * arguments of functions and in runAfter, spaces of an action's name are underscores, a quote in
 * a name is doubled inside an expression.  Plain text is never touched, whatever it reads like.
 *
 * Pure.  The changing functions change the document in place, and only when they succeed: after
 * a refusal it is as it was.
 */
#ifndef WDL_REFACTOR_H
#define WDL_REFACTOR_H

#include "text/json.h"
#include "wdl/ast.h"

/* ---- documents ---- */

/* The parts of a document that names stand in. */
struct refactor_flow {
	struct json *document;   /* what was opened */
	struct json *root;       /* what pointers count from: the document, or its clientdata */
	struct json *definition;
	struct json *references; /* connectionReferences beside it, or NULL */
	struct json *values;     /* values of its parameters beside it, or NULL */
	struct str prefix;       /* pointer of the definition */
	struct str references_at, values_at; /* pointers, where they are */
	bool packed;             /* the root stands in the document as text */
};

/* Finds the definition in a document: a bare one, a flow as the service returns it, or a
 * Dataverse row or its clientdata.  False, with *why (static), when there is none. */
bool refactor_open(struct arena *a, struct json *document, struct refactor_flow *out,
		   const char **why);
/* Puts a root that stood as text back into its document. */
void refactor_close(struct arena *a, const struct refactor_flow *f);

/* ---- names ---- */

enum refactor_kind {
	REFACTOR_ACTION,
	REFACTOR_VARIABLE,
	REFACTOR_PARAMETER,
	REFACTOR_CONNECTION, /* a key of connectionReferences */
	REFACTOR__KINDS,
};

/* "action", "variable", "parameter" or "connection"; and back, or REFACTOR__KINDS. */
const char *refactor_kind_name(enum refactor_kind k);
enum refactor_kind refactor_kind_from(struct str name);

enum refactor_use_kind {
	REFACTOR_DECLARED,   /* where it gets its name */
	REFACTOR_RUN_AFTER,
	REFACTOR_FIELD,      /* a member that holds nothing but the name */
	REFACTOR_EXPRESSION, /* the name in quotes, inside an expression */
	REFACTOR_COMPUTED,   /* an expression makes the name, or it cannot be read: never changed */
};

struct refactor_use {
	struct refactor_use *next;
	enum refactor_use_kind kind;
	struct str pointer; /* of the string, or of the member whose name it is */
	bool is_key;
	bool has_offset;
	size_t offset;      /* in characters, of the call or access */
	struct str text;    /* the call or access as written; the name for the other kinds */
	struct str step;    /* the action or trigger it stands in, or "" */
	size_t which;       /* of several names that were looked for: the index of this one */
	struct json *value; /* the string, or the member whose name it is */
	const struct wdl_place *place; /* expressions */
	struct wdl_node *node;         /* expressions: the name */
};

struct refactor_uses {
	struct refactor_use *first;
	size_t count;    /* without computed ones */
	size_t declared, computed;
	struct str name; /* as it is declared, else as it was asked for */
};

struct refactor_uses refactor_find(struct arena *a, const struct refactor_flow *f,
				   enum refactor_kind kind, struct str name);
/* [{"kind","pointer","offset","text","action"}] */
struct json *refactor_uses_json(struct arena *a, const struct refactor_uses *u);

/* ---- changes ---- */

struct refactor_result {
	bool ok;
	struct str message; /* not ok: why it was refused; one sentence, no full stop */
	struct str hint;    /* not ok: what would do; may be empty */
	struct str name;    /* ok: the name now, as it is written in the definition */
	struct str old;     /* ok: the name before */
	struct str pointer; /* ok: of what was renamed or made, as it is now */
	size_t changed;     /* ok: places that were changed */
	size_t computed;    /* places that may mean it and were left, see REFACTOR_COMPUTED */
	size_t left;        /* uses of an expression that could not be taken along */
	struct str why_left;
};

struct refactor_result refactor_rename(struct arena *a, struct refactor_flow *f,
				       enum refactor_kind kind, struct str from, struct str to);

/* Puts `replacement` wherever an expression stands that is the same as `expression`: the same
 * tree, whatever its white space, case of function names or spelling of members.  Both with or
 * without @.  `step` limits it to one action and what is in it, unless it is empty. */
struct refactor_result refactor_replace(struct arena *a, struct refactor_flow *f,
					struct str expression, struct str replacement,
					struct str step);

/* Makes a Compose called `name` of the expression, before everything that uses it, and puts
 * outputs('name') there. */
struct refactor_result refactor_extract(struct arena *a, struct refactor_flow *f,
					struct str expression, struct str name, struct str step);

#endif
