/*
 * limits.h - ceilings of the practice tenant, with the reason for each number.
 *
 * They are the tenant's own: the program's ceilings are in base/limits.h.
 */
#ifndef TENANT_LIMITS_H
#define TENANT_LIMITS_H

/* Memory of one request: a flow of 2,000 actions as a tree, changed and printed. */
#define TENANT_REQUEST (128u << 20)
/* One answer built in memory; larger ones are generated while they are sent. */
#define TENANT_ANSWER (64u << 20)
/* A body that is accepted: the service takes definitions of about 1 MB, packages more. */
#define TENANT_BODY (16u << 20)
/* Everything parsed from the seed. */
#define TENANT_SEED (32u << 20)
/* One version of a flow's definition. */
#define TENANT_VERSION (32u << 20)
/* Segments captured by one route: environment, flow, run, action, repetition, and spare. */
#define TENANT_CAPTURES 8
/* Runs of one flow: 28 days at one every ten minutes is 4,032; beyond it the oldest goes. */
#define TENANT_RUNS 8192
/* Flows of one tenant, seeded and created by tests; deleted ones make room. */
#define TENANT_FLOWS 4096
/* Access tokens remembered; the oldest is forgotten (it then counts as expired). */
#define TENANT_TOKENS 65536
/* Connectors that tests may have blocked by the data policy. */
#define TENANT_BLOCKED 8
/* Connections and connection references made since the start, by tests or by the service. */
#define TENANT_MADE 256
/* Days after which a deleted flow cannot be restored any more. */
#define TENANT_RESTORE_DAYS 21
/* Approvals remembered; the oldest goes. */
#define TENANT_APPROVALS 256
/* Writes remembered for the statistics. */
#define TENANT_WRITES 4096
/* Rules for faults at one time. */
#define TENANT_FAULTS 256
/* Bytes of one piece of a generated body. */
#define TENANT_PIECE 65536
/* Nested containers of one definition; the service allows 8. */
#define TENANT_DEPTH 32
/* Actions of one definition; the service allows 500, the large seed has 2,000. */
#define TENANT_ACTIONS 4096
/* Open connections; MHD refuses more. */
#define TENANT_CONNECTIONS 1024
/* Contents of repetitions that are kept with a large run; beyond it they are made anew. */
#define TENANT_CAPTURES_KEPT (16u << 20)

#endif
