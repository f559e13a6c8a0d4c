/*
 * dvrows.h - rows of Dataverse's tables, made out of what the tenant holds.
 */
#ifndef TENANT_DVROWS_H
#define TENANT_DVROWS_H

#include "tenant/request.h"

/* True when the caller may read the flow's row: owner, shared with, admin, or read by all. */
bool flow_visible(const struct request *q, const struct flow *f);
/* {"properties":{"connectionReferences","definition"},"schemaVersion"}: what Dataverse keeps. */
struct json *flow_clientdata(struct request *q, struct flow *f);
/* Design references out of clientdata's: logical names are bound to connections. */
struct json *clientdata_references(struct request *q, const struct environment *e,
				   const struct json *properties);
/* "Automated", "Instant", "Scheduled" */
const char *flow_trigger_type(struct flow *f);
/* The systemuserid of a person in an organisation. */
void system_user_id(const struct environment *e, const struct user *u, char out[37]);

/* One row of the version history of a solution flow; i < version_count. */
struct json *component_version_row(struct request *q, const struct flow *f, unsigned i);
struct json *workflow_row(struct request *q, struct flow *f);
struct json *solution_row(struct request *q, const struct solution *s);
struct json *reference_row(struct request *q, const struct reference *r);
struct json *system_user_row(struct request *q, const struct environment *e, const struct user *u);
/* Adds what people read: "statecode@OData.Community.Display.V1.FormattedValue". */
void annotate_row(struct request *q, struct json *row);

#endif
