/*
 * route.h - which function answers which path.
 *
 * One table per face; a pattern's {X} captures one segment.
 */
#ifndef TENANT_ROUTE_H
#define TENANT_ROUTE_H

#include "tenant/request.h"

enum route_flags {
	ROUTE_OPEN = 1,      /* needs no bearer token */
	ROUTE_ADMIN = 2,     /* also below scopes/admin, which asks for the admin role */
	ROUTE_ADMIN_ONLY = 4,
	ROUTE_ANY_VERSION = 8, /* api-version is not asked for */
	ROUTE_REST = 16,     /* the last capture takes all that is left, slashes included */
	ROUTE_READ = 32,     /* a POST that changes nothing */
};

struct route {
	enum face face;
	const char *method, *pattern;
	void (*handle)(struct request *q);
	unsigned flags;
};

struct route_table {
	const struct route *rows;
	size_t count;
};

/* What is below a flow: the flow host and the host of the environment serve it alike, the admin
 * surface (ROUTE_ADMIN) is on the flow host alone. */
#define FLOW_ROUTE(method, tail, handler, flags)                                                   \
	{ FACE_FLOW, method,                                                                       \
	  "/providers/Microsoft.ProcessSimple/environments/{E}/flows/{F}" tail, handler, flags },  \
	{ FACE_ENVIRONMENT, method, "/powerautomate/flows/{F}" tail, handler,                      \
	  (flags) & ~(unsigned)ROUTE_ADMIN }

/* Finds the face of the host and path. */
void route_face(struct request *q);
/* Answers the request, its errors included. */
void route_request(struct request *q);
/* The pattern that would answer ("/providers/.../flows/{F}"), for the statistics; "" when none. */
const char *route_pattern(struct request *q);

/* Tables of the faces. */
extern const struct route_table control_routes, practice_routes, practice_show_routes;
extern const struct route_table content_routes, entra_routes,
	device_routes, browser_routes, flow_routes, flow_write_routes, flow_share_routes,
	flow_check_routes, run_routes, repetition_routes, trace_routes, approval_routes,
	trigger_routes, invoke_routes, connection_routes, connector_routes, picker_routes,
	connection_write_routes, bap_routes, package_routes, import_routes, powerplatform_routes,
	dataverse_routes, dataverse_more_routes, dataverse_variable_routes;

#endif
