/*
 * script.h - values of a run, out of the seed's templates and the definition's expressions.
 *
 *	{{int:10-99}}     a number, the same for the same text in the same run (and iteration)
 *	{{pick:a|b}}      one of the words            {{guid:x}}   a GUID
 *	{{i}} {{o}}       index of the innermost and of the outermost loop
 *	{{time}} {{time:-3600}} {{date:86400}}        the run's start, moved by seconds
 *	{"{{repeat}}": N, "of": V}  an array of N    {"{{calls}}": [...]}  an answer per iteration
 *	{{seq}}           a number that grows from run to run
 */
#ifndef TENANT_SCRIPT_H
#define TENANT_SCRIPT_H

#include "tenant/produce.h"

struct script_scope {
	struct played *played;
	const uint64_t *index; /* of the loops around, or NULL */
	unsigned loop_count;
	unsigned depth;        /* of lookups inside lookups */
	const struct played_action *action; /* whose expressions are looked at, or NULL */
};

/* A copy of `v` with all templates filled in; a string that is one number template becomes a
 * number. */
struct json *script_expand(struct arena *a, const struct script_scope *s, const struct json *v);
/* A copy of `v` in which every expression has its value; one that fails becomes null. */
struct json *script_resolve(struct arena *a, const struct script_scope *s, const struct json *v);

#endif
