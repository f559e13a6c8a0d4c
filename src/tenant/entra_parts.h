/*
 * entra_parts.h - what the files of the sign-in face share.
 */
#ifndef TENANT_ENTRA_PARTS_H
#define TENANT_ENTRA_PARTS_H

#include "tenant/entra.h"
#include "tenant/stats.h"

struct client {
	const char *id, *name;
	bool is_public;    /* "Allow public client flows" is on */
	bool borrowed;     /* a Microsoft client: only pre-authorised resources */
};

struct grant {
	struct list node;
	unsigned number, generation;
	unsigned redeemed; /* the latest generation that was used */
	char user[37], directory[37], client[37];
	bool device, revoked;
	bool strong; /* signed in with the claims that a policy asked for (a second factor) */
	int64_t created, used;
};

/* A device code or an authorization code on its way to a grant. */
struct pending {
	struct list node;
	char code[64];        /* what the program redeems */
	char user_code[12];   /* device flow: what the person types */
	char client[37];
	char tenant[64];      /* as it stands in the path */
	char scope[600], nonce[200], challenge[64], redirect[600];
	char user[37], directory[37];
	bool strong;
	int64_t expires, last_poll, polls, interval;
	enum { PENDING_WAITING, PENDING_APPROVED, PENDING_DECLINED, PENDING_SPENT } state;
};

/* ---- entra_errors.c ---- */

/* Answers with an AADSTS code of the table; `what` fills the {0} of its text. */
void entra_refuse(struct request *q, int code, const char *what);
/* The same with an OAuth error that has no code of its own ("slow_down", "authorization_declined"). */
void entra_refuse_plain(struct request *q, const char *error, int code, const char *text);
/* A scripted answer for this grant and audience, if one is due: true when the answer is set. */
bool entra_scripted(struct request *q, const char *grant, enum knob_audience audience);
/* The code that the authorization page is scripted to end with, or 0; *error is set when it goes
 * back to the program, NULL when the page itself says it. */
int entra_scripted_page(struct request *q, const char **error, const char **text);
void entra_errors_free(void);

/* ---- entra.c ---- */

const struct client *entra_client(struct str id);
/* The directory a path segment stands for; NULL with the answer set when it is not served.
 * `user`: whose home "organizations" and "common" mean, or NULL: the first tenant. */
struct directory *entra_directory(struct request *q, const struct user *user);
/* The first resource named in `scope`; p NULL when there is none.  *more: a second one is there. */
struct str entra_resource(struct request *q, struct str scope, bool *more);
bool entra_resource_known(struct request *q, struct str resource);
/* Answers with tokens for the grant.  `nonce`: of the request, or "". */
void entra_give_tokens(struct request *q, struct grant *g, struct str scope, struct str resource,
		       const char *nonce);
struct grant *entra_grant_new(const char *user, const char *directory, const char *client,
			      bool device);
/* Policies of tests that a sign-in or refresh may meet: true when the answer is set. */
bool entra_policy(struct request *q, const char *grant, struct str resource, bool device,
		  bool strong);
struct pending *entra_pending_new(struct list *list, struct request *q);
void entra_copy(char *out, size_t room, struct str s);

/* ---- entra_device.c, entra_browser.c ---- */

void entra_device_poll(struct request *q);
void entra_redeem_code(struct request *q);
void entra_pending_free(void); /* both of them */
void entra_device_free(void);

/* ---- idtoken.c ---- */

struct str idtoken_make(struct request *q, const struct user *u, const struct directory *d,
			const char *client, const char *nonce);
void idtoken_keys(struct buf *b);
void idtoken_free(void);

#endif
