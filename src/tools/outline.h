/*
 * outline.h - a definition in short: its steps, one line each, in the order they are written.
 *
 * Pure: values in, values out.
 */
#ifndef TOOLS_OUTLINE_H
#define TOOLS_OUTLINE_H

#include "text/json.h"

/* An array of {name, type, in?, operation?, connection?, runAfter?, ...}, triggers first, then
 * actions depth first; `in` is the container and branch ("Check", "Check/else", "Pick/case A"). */
struct json *outline_make(struct arena *a, const struct json *definition);

/* One step by name (case and the difference between blanks and underscores do not matter). */
struct outline_step {
	struct json *value; /* NULL: there is no such step */
	struct str name;    /* as it is written */
	struct str pointer; /* from the definition */
	struct str in;
	bool trigger;
};
struct outline_step outline_find(struct arena *a, const struct json *definition, struct str name);

/* Steps below a container, itself not counted. */
size_t outline_count(const struct json *step);

/* What a failure has to be seen against: {action: {container, type,
 * runAfter?}}, "" for the top. */
struct json *outline_index(struct arena *a, const struct json *definition);

#endif
