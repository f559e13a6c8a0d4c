/*
 * probe.h - whether the sign-in is good for each service: one silent token request per audience.
 *
 * Consent, second factors and policies differ by service: a sign-in that works for one may be
 * refused by another.  Better found out while the person is there.
 */
#ifndef WORK_PROBE_H
#define WORK_PROBE_H

#include "wire/loop.h"
#include "work/auth.h"

enum probe_state {
	PROBE_WAITING,
	PROBE_OK,
	PROBE_CONSENT,       /* nobody has consented for the application */
	PROBE_SECOND_FACTOR, /* the service wants more than the sign-in had */
	PROBE_BLOCKED,       /* a policy or an administrator's act stands in the way */
	PROBE_NOT_SET_UP,    /* not in the registration, or not in the tenant */
	PROBE_SIGN_IN,       /* the sign-in is no longer good */
	PROBE_FAILED,        /* no clear answer: network, a busy service */
};

struct probe_row {
	enum audience audience;
	struct str organisation; /* of AUD_DATAVERSE */
	enum probe_state state;
	const char *sentence, *next;  /* of a state that is not OK */
	const char *service_code, *correlation;
	const char *scope;            /* what was granted */
	struct auth_waiter waiter;
	struct probe *probe;
};

struct probe;

struct probe_options {
	struct arena *arena;
	struct auth *auth;
	struct loop *loop;
	const struct conf *conf;
	/* Called once from the loop, when every row has its state. */
	void (*on_done)(void *arg);
	void *arg;
};

/* Fills audience, organisation of the rows beforehand; they must live until probe_free. */
struct probe *probe_start(const struct probe_options *o, struct probe_row *rows, size_t count);
void probe_free(struct probe *p);

/* "ok", "consent missing", ... */
const char *probe_state_name(enum probe_state s);
/* {audience, state, and as they apply: organisation, code, correlationId, message, next, scope,
 * readOnlyBy} */
struct json *probe_describe(struct arena *a, const struct conf *conf, const struct probe_row *row);

#endif
