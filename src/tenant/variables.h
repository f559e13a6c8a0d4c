/*
 * variables.h - environment variables of Dataverse organisations: definitions and their values.
 *
 * A value belongs to a definition and overrides its default.
 * Knows nothing of HTTP or rows.
 */
#ifndef TENANT_VARIABLES_H
#define TENANT_VARIABLES_H

#include "tenant/state.h"

enum variable_type {
	VARIABLE_STRING = 100000000,
	VARIABLE_NUMBER,
	VARIABLE_BOOLEAN,
	VARIABLE_JSON,
};

struct variable {
	char id[37], value_id[37];
	struct environment *env;
	const char *schema, *title;
	int type;
	struct str standard, value; /* p NULL: there is none */
	bool deleted;
};

/* Fills tenant->variables. */
void variables_load(struct tenant *t);
/* By id or schema name; NULL when there is none. */
struct variable *variable_find(struct tenant *t, const struct environment *e, struct str id);
/* By the id of its value. */
struct variable *variable_of_value(struct tenant *t, const struct environment *e, struct str id);
/* NULL: no room. */
struct variable *variable_new(struct tenant *t, struct environment *e, struct str schema);
/* What flows see: the value, else the default; p NULL: nothing. */
struct str variable_current(const struct variable *v);
/* True when `text` is a value of that type. */
bool variable_fits(int type, struct str text);

#endif
