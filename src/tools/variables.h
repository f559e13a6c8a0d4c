/*
 * variables.h - environment variables as other tools look at them.
 */
#ifndef TOOLS_VARIABLES_H
#define TOOLS_VARIABLES_H

#include "tools/shared.h"

/* All variables of an organisation: [{id, schemaName, displayName, type, defaultValue, value,
 * valueId}]; `value` is null where the default holds. */
struct fetch variable_rows(struct call *c, struct str organisation);
/* What flows see of such a row; p NULL when it has neither value nor default. */
struct str variable_current(const struct json *variable);

#endif
