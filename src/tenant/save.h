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
};

/* Checks a definition with its references as the caller would save them in the environment.
 * False fills *e; texts are in the request's arena. */
bool save_check(struct request *q, const struct environment *e, const struct json *definition,
		const struct json *references, struct save_error *error);
/* Answers with the error as the flow host words it; flows of solutions are saved through
 * Dataverse, which wraps the error once more. */
void save_refuse(struct request *q, const struct save_error *error, bool in_solution);

#endif
