/*
 * walk.h - every expression of a definition, with where it stands.
 *
 * Knows which members of a definition the engine evaluates: inputs, expressions, conditions
 * and the like, object keys included; and which it does not: names of actions, triggers and
 * parameters, runAfter, type, kind, description, metadata.
 */
#ifndef WDL_WALK_H
#define WDL_WALK_H

#include "text/json.h"
#include "wdl/ast.h"

struct wdl_place {
	struct wdl_place *next;
	struct str pointer;   /* RFC 6901, of the string, or of the member whose name it is */
	struct json *value;   /* the string, or the member whose name it is */
	bool is_key;
	struct str step;      /* the innermost action or trigger it belongs to, "" when in none */
	struct json *step_value;
	bool in_trigger;
	struct wdl_template *template;
};

struct wdl_places {
	struct wdl_place *first;
	size_t count;
	size_t errors; /* places whose template has a WDL_SEV_ERROR */
};

/* Parses every template of a definition ({"triggers": ..., "actions": ...}).  Literal strings
 * without @ are left out.  `prefix` is put before each pointer. */
struct wdl_places wdl_walk_definition(struct arena *a, struct json *definition, struct str prefix);
/* The same for any JSON value, where every string and key counts. */
struct wdl_places wdl_walk_value(struct arena *a, struct json *value, struct str prefix);

#endif
