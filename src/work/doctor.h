/*
 * doctor.h - why flowlatch does not work on this machine, in order of cause.
 *
 * Looks at the configuration, the store, the network, the sign-in and the hosts' files, and says
 * of each what is wrong, why, and the command that mends it.  Changes nothing and signs nobody in;
 * a refresh of the sign-in is the most it does.
 * Knows nothing of terminals.
 */
#ifndef WORK_DOCTOR_H
#define WORK_DOCTOR_H

#include "text/json.h"

struct conf;
struct doctor;
struct loop;

/* In order of cause: what comes earlier explains what comes later. */
enum doctor_check {
	DOCTOR_CONFIGURATION, /* reads, and names a cloud that there is */
	DOCTOR_CLIENT_ID,
	DOCTOR_STATE,         /* the directory of locks and logs can be written */
	DOCTOR_AUTHORITIES,   /* certificate authorities to trust */
	DOCTOR_STORE,         /* keyring, or what the profile names */
	DOCTOR_LOG,           /* usage log */
	DOCTOR_PROXY,
	DOCTOR_NAMES,         /* DNS */
	DOCTOR_CONNECTION,
	DOCTOR_CLOCK,
	DOCTOR_CERTIFICATE,   /* of the sign-in service: TLS, and whose authority */
	DOCTOR_TENANT,
	DOCTOR_SERVICES,      /* each host of the cloud */
	DOCTOR_SIGN_IN,       /* somebody is signed in */
	DOCTOR_AUDIENCES,     /* and gets a token for each service */
	DOCTOR_CLIENTS,       /* hosts' configuration files */
	DOCTOR_VERSION,       /* which flowlatch this is, and which one the shell finds */
	DOCTOR__CHECKS,
};

enum doctor_state {
	DOCTOR_FINE,
	DOCTOR_NOTE,    /* worth knowing */
	DOCTOR_BAD,
	DOCTOR_SKIPPED, /* what it needs is bad itself */
};

struct doctor_finding {
	struct doctor_finding *next;
	enum doctor_check check;
	enum doctor_state state;
	bool host;           /* only with the environment that hosts give */
	const char *what;    /* a sentence: what was found */
	const char *why;     /* a sentence, or NULL */
	const char *command; /* what mends it: a command line or a sentence; NULL: nothing to do */
};

struct doctor_options {
	const struct conf *conf;
	const char *conf_error; /* why the configuration could not be read, or NULL */
	struct loop *loop;
	bool short_run;         /* only what an environment can change */
	/* Called once, from the loop. */
	void (*on_end)(void *arg);
	void *arg;
};

/* "configuration", "clock" ... as --json has it. */
const char *doctor_name(enum doctor_check c);
enum doctor_check doctor_find(struct str name); /* DOCTOR__CHECKS when unknown */
/* A sentence without its full stop, to go on with. */
struct str doctor_bare(struct str sentence);
const char *doctor_state_name(enum doctor_state s);

/* Looks at what is here at once, then asks the network from the loop; within LIMIT_DOCTOR_MS. */
struct doctor *doctor_start(struct arena *a, const struct doctor_options *o);
void doctor_free(struct doctor *d);
/* What was found, in order of cause; complete after on_end. */
const struct doctor_finding *doctor_findings(const struct doctor *d);
/* Adds what a run of another process has found and this one has not (`found`: its JSON; NULL: it
 * has told nothing). */
void doctor_merge(struct doctor *d, const struct json *found);
/* {"state", "checks": [{check, state, environment, what, why, command}]}: bad ones first. */
struct json *doctor_json(const struct doctor *d);

#endif
