/*
 * package.h - exported and imported packages.
 */
#ifndef TENANT_PACKAGE_H
#define TENANT_PACKAGE_H

#include "tenant/request.h"

/* A zip that lies behind a link: exported, or put there for an import. */
struct blob {
	char id[37];
	struct buf bytes;
	bool writable;
};

/* The blob of a link out of a body, or NULL. */
struct blob *package_linked(struct str link);
/* Answers 202 with the place to ask at, or at once what it came to. */
void package_answer(struct request *q, struct environment *e, const struct json *properties);
/* The flow of a resource id, which the caller may export; NULL with *why. */
struct flow *package_flow(struct request *q, struct environment *e, struct str id,
			  const char **why);
/* Drops what exports and imports left behind: the tenant begins anew, or ends. */
void package_forget(void);

#endif
