/*
 * connector_view.h - an operation as it is told to an agent: where to look values up, hints, an
 * example.  See swagger.h for what it is made of.
 */
#ifndef TOOLS_CONNECTOR_VIEW_H
#define TOOLS_CONNECTOR_VIEW_H

#include "tools/connector.h"

/* The whole result of describe_live_connector for one operation; `variant` may be empty. */
struct json *connector_view(struct call *c, const struct json *operation, struct str variant);
/* A step of a flow that calls the operation, with what must be filled in as "<...>". */
struct json *connector_example(struct call *c, const struct json *operation,
			       const struct json *values);
/* The names of the variants that are known of an operation, or NULL: none. */
struct json *connector_variants(struct call *c, const struct json *operation);
/* True when the lookup is the directory's picker of people, which does not work. */
bool connector_is_people(const struct json *metadata);

#endif
