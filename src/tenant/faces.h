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
struct run *need_run(struct request *q, struct flow *f, unsigned n);
/* True when the caller may use the environment. */
bool may_use(const struct request *q, const struct environment *e);

enum flow_shape {
	SHAPE_LIST,       /* maker list: no definition */
	SHAPE_ADMIN_LIST, /* admin v2 list: summary only */
	SHAPE_FULL,
};

struct json *flow_shape(struct request *q, struct flow *f, enum flow_shape shape);
/* What the history shows of references: runtime form with names, icons and tiers. */
struct json *reference_shapes(struct request *q, struct flow *f);
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
