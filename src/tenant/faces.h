/*
 * faces.h - what the faces of the service share: who may see what, and the shapes of flows.
 */
#ifndef TENANT_FACES_H
#define TENANT_FACES_H

#include "tenant/odata.h"
#include "tenant/produce.h"
#include "tenant/request.h"

/* The environment named by capture `n`, or of the host on the environment face;
 * NULL with the answer set when the caller has no access. */
struct environment *need_environment(struct request *q, unsigned n);
/* The flow named by capture `n`; NULL with the answer set.  Owners, people it is shared with and,
 * on the admin surface, administrators. */
struct flow *need_flow(struct request *q, struct environment *e, unsigned n);
/* The capture of {F}: on the environment host the path does not name the environment. */
unsigned flow_capture(const struct request *q);
/* The flow of the path, which the caller may change; NULL with the answer set. */
struct flow *need_own_flow(struct request *q);
/* True when the caller may change it. */
bool may_change(const struct request *q, const struct flow *f);
struct run *need_run(struct request *q, struct flow *f, unsigned n);
struct json *connection_shape(struct request *q, const struct connection *c);
/* The environment of "environment eq '...'" in $filter, or NULL. */
struct environment *filter_environment(struct request *q);
/* True when its owner shared the connection with the caller. */
bool connection_shared(const struct request *q, const struct connection *c);
/* True when the caller may use the environment. */
bool may_use(const struct request *q, const struct environment *e);

enum flow_shape {
	SHAPE_LIST,       /* maker list: no definition */
	SHAPE_ADMIN_LIST, /* admin v2 list: summary only */
	SHAPE_FULL,
};

struct json *flow_shape(struct request *q, struct flow *f, enum flow_shape shape);
/* What this request shows of it: as it is, or q->view. */
struct version *shown_version(const struct request *q, struct flow *f);
const char *shown_name(const struct request *q, const struct flow *f);
enum flow_state shown_state(const struct request *q, const struct flow *f);
int64_t shown_modified(const struct request *q, const struct flow *f);
/* What the history shows of references: runtime form with names, icons and tiers. */
struct json *reference_shapes(struct request *q, struct flow *f);
/* The body's `properties`; NULL with the answer set. */
struct json *need_properties(struct request *q);
/* The design form of references: what the service keeps of what a client sends. */
struct json *design_references(struct request *q, const struct json *sent);
/* A flow that came into a solution: its references get the logical names of connection references,
 * which are made where there are none. */
void flow_bind(struct request *q, struct flow *f);
/* A copy of a definition with what the service puts into it on reading, and without. */
struct json *runtime_definition(struct arena *a, const struct json *definition);
struct json *design_definition(struct arena *a, const struct json *definition);
/* The person or team that a body names: properties.principal.id or id. */
struct user *principal_of(struct request *q, const struct json *v);
/* "/providers/Microsoft.ProcessSimple/environments/E/flows/F" */
struct str flow_path(struct request *q, const struct flow *f);
struct str icon_of(struct arena *a, const struct connector *c);
/* {"id","displayName","email","type","tenantId","userPrincipalName"} */
struct json *person(struct arena *a, const struct user *u);

struct json *run_shape(struct request *q, struct flow *f, struct run *r, bool with_actions);
/* A link to inputs or outputs; NULL when there are none.  `segment`: "actions/X",
 * "actions/X/repetitions/000001" or "". */
struct json *content_link(struct request *q, struct flow *f, struct run *r, struct str segment,
			  enum content what, const char *name, struct json *value, uint64_t bytes);
/* 32 hex digits: the workflow behind a flow. */
void workflow_hex(const struct flow *f, char out[33]);
/* base64url HMAC over the path and the expiry or rights. */
struct str link_signature(struct arena *a, struct str path, struct str rights);

#endif
