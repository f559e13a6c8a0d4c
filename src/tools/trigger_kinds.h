/*
 * trigger_kinds.h - kinds of triggers, and how a run of each can be started from outside.
 */
#ifndef TOOLS_TRIGGER_KINDS_H
#define TOOLS_TRIGGER_KINDS_H

#include <flowlatch/tool.h>

enum start_way {
	START_CALLBACK, /* its callback URL, with the body as the request's */
	START_RUN,      /* the service's own run call, with the inputs as the body */
	START_ALONE,    /* the same, and there is nothing it could be given */
	START_NONE,     /* only what happens at its source starts it */
};

struct trigger_facts {
	const struct json *trigger; /* NULL: the flow has none */
	const char *name;
	struct str type, kind;
	enum start_way way;
	const char *instead;        /* START_NONE: what does start it */
	const char *auth;           /* who may call it: "All", "Tenant", "User" */
	bool signed_in;             /* it takes the caller's token and no signature */
	enum http_method method;
	const struct json *schema;  /* of the body or inputs, or NULL */
	struct str path;            /* relative path, with {parameters}; or "" */
};

/* Of the trigger of a flow, as the service gives the flow. */
struct trigger_facts trigger_facts(struct arena *a, const struct json *flow);
/* Names of the inputs that the schema requires and `body` does not have: "a, b"; "" when none. */
const char *trigger_missing(struct call *c, const struct trigger_facts *t,
			    const struct json *body);

#endif
