/*
 * lint_connectors.h - what only definitions of connectors show (rule CON11), and names of tables
 * (CON12).
 *
 * Pure: whoever has definitions hands them in, one operation at a time.
 */
#ifndef WDL_LINT_CONNECTORS_H
#define WDL_LINT_CONNECTORS_H

#include "wdl/lint.h"

struct lint_facts {
	/* The operation as swagger_operation() gives it, or NULL; *known: the connector's
	 * definition is at hand, so that an operation that is NULL does not exist. */
	const struct json *(*operation)(void *arg, struct str connector, struct str operation,
					bool *known);
	/* The entity sets of the environment's Dataverse as an array of names, or NULL. */
	const struct json *(*entity_sets)(void *arg);
	void *arg;
};

/* Adds findings to the report of `document`.  They are warnings: a definition that was read a day
 * ago is no reason to stop a save. */
void lint_connectors(struct arena *a, struct lint_report *report, const struct json *document,
		     const struct lint_facts *facts);

#endif
