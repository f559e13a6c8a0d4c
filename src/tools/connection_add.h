/*
 * connection_add.h - a connection with a key or password, for `flowlatch connection add`.
 *
 * Its row is in no table, so no host can call it.  What a person typed does not come as arguments,
 * which are logged and shown, but through connection_typed.
 */
#ifndef TOOLS_CONNECTION_ADD_H
#define TOOLS_CONNECTION_ADD_H

#include <flowlatch/tool.h>

#include "base/secret.h"

struct connection_typed {
	const char *name; /* of the connection parameter; NULL ends the list */
	const struct secret *value;
};

/* What was typed for the call that is running; NULL when none is. */
extern const struct connection_typed *connection_typed;

/* Without `make`: what has to be typed, [{name, title, description, type, secret, required,
 * choices}] in "parameters"; with it the connection is made. */
extern const struct tool tool_connection_add;

#endif
