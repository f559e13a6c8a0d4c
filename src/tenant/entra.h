/*
 * entra.h - sign-in: grants, device codes, and what tests may ask of them.
 *
 * A grant is a sign-in of one person to one tenant through one client; refresh tokens belong to it.
 */
#ifndef TENANT_ENTRA_H
#define TENANT_ENTRA_H

#include "tenant/control.h"
#include "tenant/request.h"

/* The practice client's id. */
const char *entra_client_id(void);
/* A new grant for a person; returns its refresh token (valid until the next call). */
struct str entra_new_grant(struct tenant *t, struct user *u, struct directory *d, bool device);
/* Every grant ends, as after a changed password. */
void entra_revoke_all(void);
/* Forgets device codes and authorization codes, and the users' pointers of grants are renewed. */
void entra_reset(struct tenant *t);
void entra_free(void);
void entra_print_grants(struct buf *b);
/* {"code":50076,"count":1,"audience":"flow","grant":"refresh_token",...}: see the man page. */
bool entra_script_error(const struct json *v, const char **why);
/* {"userCode":"ABCD","action":"approve|decline|expire","user":"..."} */
bool entra_decide_device(struct tenant *t, const struct json *v, const char **why);

#endif
