/*
 * temporary.h - the trigger that a test puts in the place of a flow's own for a moment.
 */
#ifndef TOOLS_TEMPORARY_H
#define TOOLS_TEMPORARY_H

#include <flowlatch/tool.h>

/* An HTTP trigger that takes any body and says what it is. */
struct json *temporary_trigger(struct arena *a);
bool temporary_is(const struct json *trigger);
/* Operations that put `trigger` in the place of the trigger of that name. */
struct json *temporary_operations(struct arena *a, const char *name, const struct json *trigger);

/* The connection reference of a trigger, {key: reference}, out of the flow's; or empty. */
struct json *temporary_references(struct arena *a, const struct json *flow,
				  const struct json *trigger);

#endif
