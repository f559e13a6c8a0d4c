/*
 * doctor_int.h - what the parts of the doctor share; for work/doctor*.c alone.
 */
#ifndef WORK_DOCTOR_INT_H
#define WORK_DOCTOR_INT_H

#include "work/conf.h"
#include "work/doctor.h"
#include "work/host.h"
#include "work/probe.h"
#include "wire/http.h"
#include "wire/loop.h"

enum { DOCTOR_SERVICE_ROWS = 4, DOCTOR_TOKENS = 8 };

/* What one request has shown. */
struct doctor_answer {
	bool asked, done;
	enum http_outcome outcome;
	int status;
	const char *message;
	unsigned aadsts;
	struct str description;
	int64_t server_ms, our_ms; /* the Date header and our clock then; 0: there was none */
};

struct doctor {
	struct arena *a;
	struct doctor_options o;
	const struct conf *conf;
	struct doctor_finding *first[DOCTOR__CHECKS], *last[DOCTOR__CHECKS];
	struct doctor_finding *all;
	bool bad[DOCTOR__CHECKS];

	struct hosts *hosts;
	struct store *store;
	const char *other_login; /* the sign-in that is stored is not this profile's: why */
	const char *self;  /* this program */
	bool self_in_path; /* a shell finds it as "flowlatch" */
	bool have_token; /* somebody is signed in, as far as the store knows */

	/* the network */
	struct http *http, *direct_http;
	const char *proxy, *proxy_from; /* in use, without user info; where it was set */
	bool proxy_env;                 /* by a variable, which hosts do not pass on */
	struct doctor_answer login, direct, services[DOCTOR_SERVICE_ROWS];
	struct auth *auth;
	struct probe *probe;
	struct probe_row tokens[DOCTOR_TOKENS];
	size_t token_count;
	struct doctor_net *net;
	bool ended;
};

extern const enum host_row doctor_services[DOCTOR_SERVICE_ROWS];

/* Adds a finding; `why` and `command` may be NULL. */
void doctor_say(struct doctor *d, enum doctor_check c, enum doctor_state s, const char *what,
		const char *why, const char *command);

/* `command` with the profile that is looked at. */
const char *doctor_with_profile(const struct doctor *d, const char *command);
/* The command that sets a key of this profile in the configuration file. */
const char *doctor_set_key(const struct doctor *d, const char *key, const char *value);
/* `command` as the administrator of this machine; what to ask for where we cannot become it. */
const char *doctor_as_root(const struct doctor *d, const char *command);
/* A command of ours that also works where a shell would find another flowlatch, or none. */
const char *doctor_callable(const struct doctor *d, const char *command);
/* Host and port of a proxy: user info is nobody's business. */
const char *doctor_proxy_shown(struct arena *a, const char *url);

/* Local rows. */
void doctor_configuration(struct doctor *d);
void doctor_client_id(struct doctor *d);
void doctor_state_dir(struct doctor *d);
void doctor_authorities(struct doctor *d);
void doctor_store(struct doctor *d);
void doctor_log(struct doctor *d);
void doctor_clients(struct doctor *d);
void doctor_version(struct doctor *d);
/* The program of that name that a shell finds, or NULL. */
const char *doctor_in_path(struct arena *a, const char *program);
/* Two paths of one file. */
bool doctor_same_file(const char *one, const char *other);

/* The network is asked, then `then` is called from the loop. */
void doctor_ask(struct doctor *d, void (*then)(struct doctor *d));
void doctor_ask_end(struct doctor *d);
/* Rows that judge what it has shown. */
void doctor_proxy(struct doctor *d);
void doctor_names(struct doctor *d);
void doctor_connection(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_certificate(struct doctor *d);
void doctor_tenant(struct doctor *d);
void doctor_services_row(struct doctor *d);
void doctor_sign_in(struct doctor *d);
void doctor_audiences(struct doctor *d);

#endif
