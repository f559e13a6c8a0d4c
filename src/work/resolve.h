/*
 * resolve.h - names, links and defaults become ids, before a tool's first step.
 *
 * The contract is in call_priv.h (resolve_arguments, resolve_needed): a step function of the
 * engine's own phase.  It serves the parameters flagged P_ENVIRONMENT, P_FLOW and P_RUN:
 *
 *	ids, keys "env.flow" and links need no request; a link fills all that it names;
 *	display names match exactly but for case, over one list that is kept for ten minutes;
 *	an environment left out is the profile's, else the only one there is;
 *	nothing is ever guessed: no match is not_found, several are ambiguous.
 */
#ifndef WORK_RESOLVE_H
#define WORK_RESOLVE_H

#include <flowlatch/tool.h>

/* A candidate of a list; the list is an array of {"id", "displayName"}. */
enum { RESOLVE_CANDIDATES = 10, RESOLVE_NEAREST = 5 };

/* The items of `list` whose displayName is `name` (ASCII case folded), in a new array. */
struct json *resolve_match(struct arena *a, const struct json *list, struct str name);
/* The few items whose displayName is most like `name`, nearest first. */
struct json *resolve_nearest(struct arena *a, const struct json *list, struct str name);

#endif
