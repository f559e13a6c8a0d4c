/*
 * approvals.h - approvals that runs wait for, and what people answered.
 *
 * A run is played anew whenever it is looked at, so an approval is found by the run, the action
 * and the iteration it belongs to; it is made when the action is first seen to have begun.
 * Knows nothing of HTTP.
 */
#ifndef TENANT_APPROVALS_H
#define TENANT_APPROVALS_H

#include "tenant/produce.h"
#include "wdl/run.h"

enum { APPROVERS = 8, APPROVAL_OPTIONS = 8 };

struct approver {
	struct user *user;
	char request[37];     /* id of the request to this person */
	const char *response; /* "Approve", "Reject" or an option; NULL: none yet */
	const char *comments;
	int64_t at;
};

enum approval_status { APPROVAL_PENDING, APPROVAL_COMPLETED, APPROVAL_CANCELED };

struct approval {
	struct arena mem;
	char id[37], run[40], flow[37];
	struct environment *env;
	struct user *owner;
	uint64_t key;          /* of run, action and iteration; 0: no run waits for it */
	const char *type, *title, *details;
	const char *options[APPROVAL_OPTIONS];
	unsigned option_count;
	struct approver to[APPROVERS];
	unsigned count;
	int64_t created, completed; /* completed 0: not yet */
	const char *outcome;
};

/* True when the operation is one that this file answers, for a run that started after the tenant
 * did, or for one that nobody answered in the seed; fills *out. */
bool approval_answer(struct played *p, struct arena *a, const struct wdl_request *r, bool forever,
		     struct wdl_answer *out);
/* One that no run waits for.  NULL: no room, or nobody to ask. */
struct approval *approval_new(struct tenant *t, struct environment *e, struct user *owner,
			      const struct json *wanted);
/* Makes those of the environment's runs that are under way. */
void approvals_collect(struct arena *a, struct tenant *t, struct environment *e);
/* The i-th, newest first; NULL behind the last. */
struct approval *approval_at(unsigned i);
struct approval *approval_find(const struct environment *e, struct str id);
enum approval_status approval_status(struct tenant *t, const struct approval *x);
/* Takes an answer; *why says what is wrong with it, NULL: it was taken. */
void approval_respond(struct approval *x, struct user *u, struct str response, struct str comments,
		      const char **why);
void approval_reassign(struct approval *x, struct user *from, struct user *to);
void approvals_forget(void);

#endif
