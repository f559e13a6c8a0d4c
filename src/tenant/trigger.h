/*
 * trigger.h - starting runs of a flow.
 */
#ifndef TENANT_TRIGGER_H
#define TENANT_TRIGGER_H

#include "tenant/faces.h"

/* What a trigger hands on of a request: {"headers", "body"}. */
struct json *trigger_payload(struct request *q, struct str type, struct json *body);
/* What a payload makes of the trigger: its schema, its conditions, a run for each item of splitOn.
 * `checked`: the schema is looked at.
 * The first run; NULL with the answer set, or when no run starts. */
struct run *trigger_fire(struct request *q, struct flow *f, const struct json *t,
			 const struct json *payload, bool checked);

#endif
