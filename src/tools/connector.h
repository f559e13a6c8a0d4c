/*
 * connector.h - definitions of connectors for the tools that build flows: from the cache, or
 * read of the service once and kept.
 *
 * A tool asks connector_operation (or _index, _definition) at its first stage; where that gives
 * NULL it fetches connector_fetch and calls connector_take with the answer.  What was found stays
 * for the call.
 */
#ifndef TOOLS_CONNECTOR_H
#define TOOLS_CONNECTOR_H

#include "tools/shared.h"
#include "wdl/lint.h"

/* Two parameters of the same thing, as published clients spell it. */
#define PARAM_CONNECTOR                                                                      \
	{                                                                                    \
		"connectorName", JSON_STRING, 0, "Such as shared_sharepointonline.", \
			.alias = "apiName", .max = 256                                       \
	}
#define PARAM_REFRESH                                                                          \
	{                                                                                      \
		"refresh", JSON_BOOL, 0, "Past the cache." \
	}

/* "shared_x" of "x", "shared_x" or ".../apis/shared_x", in lower case but for custom names. */
struct str connector_of_text(struct call *c, struct str text);
/* The argument connectorName, or "". */
struct str connector_arg(struct call *c);

struct fetch connector_fetch(struct call *c, struct str connector);
/* Keeps what the service answered.  False: fail() was called. */
bool connector_take(struct call *c, struct str connector, const struct answer *a);

/* {displayName, description, tier, isCustomApi, connectionParameters, swagger ...}, or NULL. */
const struct json *connector_definition(struct call *c, struct str connector);
/* {displayName, description, tier, custom, authentication, operations}; or NULL: not known. */
const struct json *connector_index(struct call *c, struct str connector);
/* swagger_operation of it, and connectorName; NULL: not known, or no such operation. */
const struct json *connector_operation(struct call *c, struct str connector, struct str operation);
/* swagger_lookup of an operation that pickers use; NULL: not known, or it lists nothing. */
const struct json *connector_lookup(struct call *c, struct str connector, struct str operation);
/* Ends a call whose operation the connector does not have. */
enum verdict connector_no_operation(struct call *c, struct str connector, struct str operation);

/* How connections of it are made: "oauth", "key" (something is typed) or "none". */
const char *connector_authentication(const struct json *definition);

/* lint_document, and CON11 by the definitions that are in the cache. */
struct lint_report connector_lint(struct call *c, struct json *document);

/* Remembers the entity sets of Dataverse when these are the options of an input that takes one. */
void connector_keep_sets(struct call *c, struct str connector, struct str input,
			 const struct json *rows);

/* ---- connections ---- */

/* The connections of the environment that can be used, [{id, connectorName, displayName, status,
 * mine}]; for paging.keep. */
struct json *connector_keep_connection(struct call *c, const struct json *item);
/* One read that lists them all. */
struct fetch connector_connections(struct call *c);
/* The best of them for a connector: connected before broken, one's own before others'; or NULL. */
const struct json *connector_pick(struct call *c, const struct answer *connections,
				  struct str connector);
bool connector_is_connected(const struct json *connection);
/* The name of a connection that is to be made: the same when the call is run again after the
 * question, another one for the next, because it comes from the connections that there are. */
struct str connector_new_name(struct call *c, const struct answer *connections);
/* Ends a call that needs a connection and found none. */
enum verdict connector_no_connection(struct call *c, struct str connector);

#endif
