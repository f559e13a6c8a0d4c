/*
 * token.h - access tokens that the tenant gave out, and what they allow.
 *
 * Tokens are opaque random text; the store remembers what each stands for.
 */
#ifndef TENANT_TOKEN_H
#define TENANT_TOKEN_H

#include "tenant/request.h"

/* Makes an access token.  `lifetime` in ticks.  `admin`: the role is active now. */
void token_new(struct tenant *t, struct user *u, struct directory *d, struct str audience,
	       struct str scope, int64_t lifetime, bool admin, struct buf *out);
/* Checks the bearer token of a request for its face, fills q->caller.
 * False: the answer is set to the 401 of that face. */
bool token_check(struct request *q);
/* True when the token's scopes allow changes on its audience; else the answer is set. */
bool token_may_write(struct request *q);
/* Every token ends now: a changed password, a signed-out session. */
void token_revoke_all(void);
void token_free_all(void);

#endif
