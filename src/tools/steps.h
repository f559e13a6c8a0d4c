/*
 * steps.h - the actions of a definition as a flat list, containers before what they hold.
 *
 * Pure.  Names are as they are written; the definition must live as long as the list.
 */
#ifndef TOOLS_STEPS_H
#define TOOLS_STEPS_H

#include "text/json.h"

struct step {
	struct str name, type;
	const struct json *def;
	int parent;        /* its container, or -1 */
	struct str branch; /* of the parent: "", "else", "default" or "case X" */
	int loop;          /* the innermost loop around it, or -1 */
	unsigned levels;   /* loops around it */
	unsigned depth;    /* containers around it */
	bool container;    /* Scope, If, Switch, Foreach, Until */
	bool repeats;      /* Foreach, Until */
	bool outside;      /* asks somebody else: a connector, HTTP, a child flow */
};

struct steps {
	struct step *at;
	size_t count;
	unsigned *slots; /* of names: number + 1, or 0 */
	size_t slot_count;
};

/* At most LIMIT_RUN_ACTIONS of them; none when it is no definition. */
struct steps steps_of(struct arena *a, const struct json *definition);
/* By name (ASCII case folds), or -1. */
int steps_find(const struct steps *s, struct str name);

#endif
