/*
 * landing.h - a flow made to fit an environment that it was not made in.
 *
 * Its connection references are bound to connections there, parameters that are environment
 * variables take the values there, and calls of child flows the flows there.  What could not be
 * settled is either an error that lists all of it, or stands in what is left to do.
 */
#ifndef TOOLS_LANDING_H
#define TOOLS_LANDING_H

#include "tools/shared.h"

/* The first stage of looks takes LANDING_LOOKS requests, the second LANDING_MORE. */
enum { LANDING_LOOKS = 5, LANDING_MORE = 9 };

struct landing {
	struct call *c;
	struct str environment;         /* the one it comes to */
	int stage;                      /* of the first looks; the second are in the next one */
	size_t at;                      /* place of the first in its stage */
	struct str source;              /* environment it comes from, "": a file */
	const struct json *definition;  /* in any form */
	const struct json *references;  /* in any form, or NULL */
	const struct json *connections; /* {key or connector: connection id} as wished, or NULL */
	const struct json *children;    /* {child flow as it is called: flow there}, or NULL */
	/* made by landing_make */
	struct json *made_definition, *made_references;
	struct json *bound; /* {key: {connectionName, displayName, connectorName}} */
	struct json *set;   /* {schemaName: value} of parameters */
	struct json *calls; /* {child as it was called: child as it is called there} */
	struct json *left;  /* sentences for people: what is left to do */
};

/* Fills f[0] to f[LANDING_LOOKS - 1]. */
void landing_looks(const struct landing *l, struct fetch *f);
/* Fills up to LANDING_MORE requests after the first looks arrived; how many. */
size_t landing_more(const struct landing *l, struct fetch *f);
/* False after fail(). */
bool landing_make(struct landing *l);
/* One line a binding, for the card; "" when there is none. */
const char *landing_lines(const struct landing *l);

#endif
