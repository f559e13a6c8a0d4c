/*
 * save.h - what the service refuses to save.
 */
#ifndef TENANT_SAVE_H
#define TENANT_SAVE_H

#include "tenant/request.h"

struct save_error {
	const char *code;    /* "InvalidTemplate", "InvalidOpenApiFlow", "ConnectionAuthorizationFailed" */
	struct str message;
	unsigned status;
	bool xrm;            /* Dataverse itself refused: the code is one of its own */
};

/* Checks a definition with its references as the caller would save them in the environment.
 * `f` is the flow that the flow host is to save; NULL for a new one, for the checker and for
 * Dataverse, which take references in the form a designer writes.
 * False fills *e; texts are in the request's arena. */
bool save_check(struct request *q, const struct environment *e, const struct flow *f,
		const struct json *definition, const struct json *references,
		struct save_error *error);
/* False fills *e: a managed solution's flow cannot be edited. */
bool save_managed(const struct flow *f, struct save_error *error);
/* Makes the draft, or what was never published, what runs; false fills *e. */
bool save_publish(struct request *q, struct flow *f, struct save_error *error);
/* After a save: a flow that breaks a data policy is suspended. */
void save_suspend(struct request *q, struct flow *f);
/* Answers with the error as the flow host words it; flows of solutions are saved through
 * Dataverse, which wraps the error once more. */
void save_refuse(struct request *q, const struct save_error *error, bool in_solution);

#endif
