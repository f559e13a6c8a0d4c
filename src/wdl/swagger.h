/*
 * swagger.h - what a connector can do, out of its definition (OpenAPI 2.0 with Microsoft's
 * extensions): the operations, and for one of them the inputs as a flow names them, the outputs,
 * and where values and fields have to be looked up.
 *
 * Inputs have the keys that a flow's `parameters` has: path, query and header parameters by name,
 * the members of a body as "emailMessage/To".  The definition is a stranger's: members may be
 * missing, of another type, refer to each other in circles or be many; everything is bounded
 * (LIMIT_SWAGGER_...), and `truncated` says so.
 *
 * Sources: OpenAPI specification 2.0; Microsoft's documentation "Extend an OpenAPI definition for
 * a custom connector" (x-ms-...); definitions of connectors for what it leaves out.
 * Pure.
 */
#ifndef WDL_SWAGGER_H
#define WDL_SWAGGER_H

#include "text/json.h"

/* A row for each operation, in order: {operationId, kind: "Action" | "Trigger", summary,
 * description?, method, visibility?, deprecated?, replacedBy?}. */
struct json *swagger_index(struct arena *a, const struct json *swagger);

/*
 * One operation by its id in any case, or NULL:
 *	operationId, kind, summary, description?, method, deprecated?, replacedBy?
 *	path	 with {connectionId} in it; inputs of it may have encoding: "double"
 *	type	 of the step in a flow: "OpenApiConnection", ...Webhook, ...Notification
 *	inputs	 [{name, type, required, in, title?, description?, enum?, default?, format?,
 *		 visibility?, items?, dynamic?: "values" | "tree" | "properties"}]
 *	internal {name: value}: what a flow sends although no person sees it
 *	unseen	 [name]: all that no person sees
 *	outputs	 [{path, type, title?, format?}], "body/value[]/Title"
 *	values, trees, properties, outputProperties: {name: metadata}, only where there are some
 *	splitOn	 of a trigger that fires for a batch
 *	truncated
 * Metadata is in the newer of the service's two forms, whatever was in the definition: parameters
 * are {"parameterReference": input} or {"value": ...}.
 */
struct json *swagger_operation(struct arena *a, const struct json *swagger, struct str id);

/* Metadata as somebody gave it, in either form, in the newer one; NULL when it names nothing. */
struct json *swagger_metadata(struct arena *a, const struct json *given);

/* The fields of a schema that was looked up, under `name`: {fields: as inputs (or, for outputs,
 * outputs) above, values?, trees?, truncated?}. */
struct json *swagger_fields(struct arena *a, const struct json *schema, struct str name,
			    bool outputs);

/* References to an input by the last part of its name become the whole name. */
void swagger_refer(struct arena *a, struct json *metadata, const struct json *inputs);

/* How values are taken out of what an operation answers, as some other one's input says of it
 * (declared: true); else as its answer suggests.  NULL when neither does.  The parameters refer to
 * themselves. */
struct json *swagger_lookup(struct arena *a, const struct json *swagger, struct str id);

#endif
