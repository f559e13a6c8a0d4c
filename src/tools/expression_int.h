/*
 * expression_int.h - what the two files about recorded values share.  Internal.
 */
#ifndef TOOLS_EXPRESSION_INT_H
#define TOOLS_EXPRESSION_INT_H

#include "tools/expression.h"
#include "wdl/needs.h"

enum { READ, ACTIONS, CONTENTS };         /* stages */
enum { FLOW, RUN, ORGANISATION };         /* of READ */

enum { MOST_ACTIONS = 200 };

/* Of one action, or of the trigger. */
struct record {
	struct str name;
	const struct json *properties;
	bool inputs, outputs; /* wanted */
};

struct reading {
	struct call *c;
	struct arena *a;
	const struct json *given;
	struct json *definition;
	struct wdl_needs needs;
	struct str path; /* of the repetition, as the service names it */
	unsigned levels; /* indexes in it */
	struct recorded *out;
};

/* Whether a member of a list of the argument "context" has that name. */
bool reading_is_given(const struct reading *r, const char *list, struct str name);
/* The name of a repetition so many loops deep, and the index in one of them, from 0. */
const char *reading_repetition(const struct reading *r, unsigned levels);
uint64_t reading_index(const struct reading *r, unsigned level);
enum verdict reading_needs_repetition(struct reading *r, struct str name, unsigned levels);

/* The actions that are asked for: those that are not given by hand. */
size_t reading_actions(const struct reading *r, const struct wdl_need **out);
/* The environment variable that a parameter is bound to, or "". */
struct str reading_schema(const struct wdl_need_name *p);
/* The parameters that are asked for; their answers follow those of the actions. */
size_t reading_bound(const struct reading *r, const struct wdl_need_name **out);
/* What was found of the run: the trigger first, then the actions in their order. */
size_t reading_records(const struct reading *r, struct record *out);
/* Its inputs or outputs stand behind a link, and are wanted. */
bool reading_follows(const struct record *x, bool inputs);

/* Makes the context out of what was fetched. */
enum verdict reading_assemble(struct reading *r, const struct record *x, size_t count);

#endif
