/*
 * doctor.c - the rows of the doctor, in order of cause, and what they need of each other.
 *
 * Knows the order and the forms of a finding; what is looked at is in doctor_local.c,
 * doctor_net.c, doctor_judge.c and doctor_clients.c,
 * the commands come from doctor_mend.c.
 */
#include "work/doctor_int.h"

#include <stdlib.h>

#include "base/os.h"
#include "work/auth.h"
#include "work/store.h"

#define NEEDS(check) (1u << (check))

static const struct row {
	const char *name;
	unsigned needs;  /* checks that must not be bad */
	bool network;    /* judges what the network has answered */
	bool long_run;   /* left out of a short run */
	void (*look)(struct doctor *d);
} rows[] = {
	[DOCTOR_CONFIGURATION] = {
		.name = "configuration",
		.look = doctor_configuration,
	},
	[DOCTOR_CLIENT_ID] = {
		.name = "client_id",
		.needs = NEEDS(DOCTOR_CONFIGURATION),
		.look = doctor_client_id,
	},
	[DOCTOR_STATE] = {
		.name = "state",
		.needs = NEEDS(DOCTOR_CONFIGURATION),
		.look = doctor_state_dir,
	},
	[DOCTOR_AUTHORITIES] = {
		.name = "authorities",
		.needs = NEEDS(DOCTOR_CONFIGURATION),
		.look = doctor_authorities,
	},
	[DOCTOR_STORE] = {
		.name = "store",
		.needs = NEEDS(DOCTOR_CONFIGURATION) | NEEDS(DOCTOR_STATE),
		.look = doctor_store,
	},
	[DOCTOR_LOG] = {
		.name = "log",
		.needs = NEEDS(DOCTOR_STORE) | NEEDS(DOCTOR_STATE),
		.long_run = true,
		.look = doctor_log,
	},
	[DOCTOR_PROXY] = {
		.name = "proxy",
		.needs = NEEDS(DOCTOR_CONFIGURATION) | NEEDS(DOCTOR_AUTHORITIES),
		.network = true,
		.look = doctor_proxy,
	},
	[DOCTOR_NAMES] = {
		.name = "names",
		.needs = NEEDS(DOCTOR_PROXY),
		.network = true,
		.look = doctor_names,
	},
	[DOCTOR_CONNECTION] = {
		.name = "connection",
		.needs = NEEDS(DOCTOR_NAMES),
		.network = true,
		.look = doctor_connection,
	},
	[DOCTOR_CLOCK] = {
		.name = "clock",
		.needs = NEEDS(DOCTOR_CONNECTION),
		.network = true,
		.look = doctor_clock,
	},
	[DOCTOR_CERTIFICATE] = {
		.name = "certificate",
		.needs = NEEDS(DOCTOR_CONNECTION) | NEEDS(DOCTOR_CLOCK),
		.network = true,
		.look = doctor_certificate,
	},
	[DOCTOR_TENANT] = {
		.name = "tenant",
		.needs = NEEDS(DOCTOR_CERTIFICATE),
		.network = true,
		.look = doctor_tenant,
	},
	[DOCTOR_SERVICES] = {
		.name = "services",
		.needs = NEEDS(DOCTOR_CERTIFICATE),
		.network = true,
		.long_run = true,
		.look = doctor_services_row,
	},
	[DOCTOR_SIGN_IN] = {
		.name = "sign_in",
		.needs = NEEDS(DOCTOR_STORE) | NEEDS(DOCTOR_CLIENT_ID),
		.network = true,
		.look = doctor_sign_in,
	},
	[DOCTOR_AUDIENCES] = {
		.name = "audiences",
		.needs = NEEDS(DOCTOR_SIGN_IN) | NEEDS(DOCTOR_TENANT),
		.network = true,
		.look = doctor_audiences,
	},
	[DOCTOR_CLIENTS] = {
		.name = "clients",
		.long_run = true,
		.look = doctor_clients,
	},
	[DOCTOR_VERSION] = {
		.name = "version",
		.long_run = true,
		.look = doctor_version,
	},
};

static const char *const state_names[] = {
	[DOCTOR_FINE] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_BAD] = "fail",
	[DOCTOR_SKIPPED] = "skipped",
};

const char *doctor_name(enum doctor_check c)
{
	return c < DOCTOR__CHECKS ? rows[c].name : "run";
}

enum doctor_check doctor_find(struct str name)
{
	int i = 0;

	while (i < DOCTOR__CHECKS && !str_eq(name, str_from(rows[i].name)))
		i++;
	return (enum doctor_check)i;
}

struct str doctor_bare(struct str sentence)
{
	return str_ends(sentence, S(".")) ? str_first(sentence, sentence.n - 1) : sentence;
}

const char *doctor_state_name(enum doctor_state s)
{
	return state_names[s];
}

void doctor_say(struct doctor *d, enum doctor_check c, enum doctor_state s, const char *what,
		const char *why, const char *command)
{
	struct doctor_finding *f = arena_alloc(d->a, sizeof(*f));

	*f = (struct doctor_finding){ .check = c, .state = s, .what = what, .why = why,
				      .command = doctor_callable(d, command) };
	if (d->last[c])
		d->last[c]->next = f;
	else
		d->first[c] = f;
	d->last[c] = f;
	d->bad[c] |= s == DOCTOR_BAD;
}

/* ---- running ---- */

/* The earliest bad check that `c` rests on, itself skipped or bad; DOCTOR__CHECKS: none. */
static enum doctor_check blocked_by(const struct doctor *d, enum doctor_check c)
{
	for (int i = 0; i < (int)c; i++) {
		enum doctor_check deeper;

		if (!(rows[c].needs & NEEDS(i)))
			continue;
		if (d->bad[i])
			return (enum doctor_check)i;
		deeper = blocked_by(d, (enum doctor_check)i);
		if (deeper != DOCTOR__CHECKS)
			return deeper;
	}
	return DOCTOR__CHECKS;
}

static void look(struct doctor *d, enum doctor_check c)
{
	enum doctor_check first = blocked_by(d, c);

	if (d->o.short_run && rows[c].long_run)
		return;
	if (first == DOCTOR__CHECKS)
		rows[c].look(d);
	else
		doctor_say(d, c, DOCTOR_SKIPPED,
			   arena_printf(d->a, "not looked at: %s comes first", rows[first].name),
			   NULL, NULL);
}

static void thread(struct doctor *d)
{
	struct doctor_finding **end = &d->all;

	for (int c = 0; c < DOCTOR__CHECKS; c++)
		if (d->first[c]) {
			*end = d->first[c];
			end = &d->last[c]->next;
			*end = NULL;
		}
}

static void finish(struct doctor *d)
{
	if (d->ended)
		return;
	for (int c = 0; c < DOCTOR__CHECKS; c++)
		if (rows[c].network)
			look(d, (enum doctor_check)c);
	thread(d);
	d->ended = true;
	if (d->o.on_end)
		d->o.on_end(d->o.arg);
}

struct doctor *doctor_start(struct arena *a, const struct doctor_options *o)
{
	struct doctor *d = arena_alloc(a, sizeof(*d));
	const char *found;

	*d = (struct doctor){ .a = a, .o = *o, .conf = o->conf };
	d->self = arena_printf(a, "%s/flowlatch", os_self_dir(a));
	found = doctor_in_path(a, "flowlatch");
	d->self_in_path = found && doctor_same_file(found, d->self);
	for (int c = 0; c < DOCTOR__CHECKS; c++)
		if (!rows[c].network)
			look(d, (enum doctor_check)c);
	doctor_ask(d, finish);
	return d;
}

void doctor_free(struct doctor *d)
{
	if (!d)
		return;
	doctor_ask_end(d);
	store_free(d->store);
	d->store = NULL;
}

const struct doctor_finding *doctor_findings(const struct doctor *d)
{
	return d->all;
}

/* ---- two runs ---- */

/* The settings that can make each check fail. */
static const char *const settings_of[DOCTOR__CHECKS] = {
	[DOCTOR_CONFIGURATION] = "cloud login_url flow_url",
	[DOCTOR_CLIENT_ID] = "client_id",
	[DOCTOR_AUTHORITIES] = "ca_file",
	[DOCTOR_STORE] = "store key_file refresh_token_file",
	[DOCTOR_PROXY] = "proxy no_proxy",
	[DOCTOR_NAMES] = "proxy no_proxy cloud login_url",
	[DOCTOR_CONNECTION] = "proxy no_proxy cloud login_url",
	[DOCTOR_CERTIFICATE] = "ca_file cloud login_url",
	[DOCTOR_TENANT] = "tenant cloud",
	[DOCTOR_SIGN_IN] = "store key_file refresh_token_file tenant client_id cloud account",
	[DOCTOR_AUDIENCES] = "tenant client_id cloud read_only",
};

static bool is_among(const char *names, const char *name)
{
	struct str rest = str_from(names), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, str_from(name)))
			return true;
	return false;
}

/* A variable that only this terminal has and that would explain the difference. */
static const char *lost_setting(const struct doctor *d, enum doctor_check c, const char **command)
{
	for (size_t i = 0; settings_of[c] && i < conf_key_count; i++) {
		const char *value = conf_keys[i].variable ? getenv(conf_keys[i].variable) : NULL;

		if (!value || !*value || !is_among(settings_of[c], conf_keys[i].name))
			continue;
		*command = doctor_set_key(d, conf_keys[i].name, value);
		return conf_keys[i].variable;
	}
	if ((c == DOCTOR_PROXY || c == DOCTOR_NAMES || c == DOCTOR_CONNECTION) && d->proxy_env) {
		*command = doctor_set_key(d, "proxy", d->proxy);
		return d->proxy_from;
	}
	return NULL;
}

/* What this run has not looked at says nothing about the difference between the two. */
static bool was_good(const struct doctor *d, enum doctor_check c)
{
	return d->first[c] && !d->bad[c] && d->first[c]->state != DOCTOR_SKIPPED;
}

void doctor_merge(struct doctor *d, const struct json *found)
{
	if (!found)
		doctor_say(d, DOCTOR_CLIENTS, DOCTOR_NOTE,
			   "what a server sees that a host starts was not found out: the second run "
			   "has not answered", NULL, "flowlatch doctor --host-env");
	JSON_EACH(f, json_get(found, "checks"))
	{
		enum doctor_check c = doctor_find(json_get_str(f, "check"));
		const char *why = json_get_z(f, "why"), *command = json_get_z(f, "command"), *lost;

		if (!str_eq(json_get_str(f, "state"), S("fail")) || c == DOCTOR__CHECKS ||
		    !was_good(d, c))
			continue;
		why = *why ? arena_copy(d->a, why, strlen(why)) : NULL;
		command = *command ? arena_copy(d->a, command, strlen(command)) : NULL;
		lost = lost_setting(d, c, &command);
		if (lost)
			why = arena_printf(d->a, "%s is set in this terminal, and hosts do not pass "
						 "it on", lost);
		doctor_say(d, c, DOCTOR_BAD,
			   arena_copy(d->a, json_get_z(f, "what"), strlen(json_get_z(f, "what"))),
			   why, command);
		d->last[c]->host = true;
	}
	thread(d);
}

struct json *doctor_json(const struct doctor *d)
{
	static const enum doctor_state order[] = { DOCTOR_BAD, DOCTOR_NOTE, DOCTOR_FINE,
						   DOCTOR_SKIPPED };
	struct json *v = json_new_object(d->a), *list = json_new_array(d->a);
	bool bad = false;

	for (int c = 0; c < DOCTOR__CHECKS; c++)
		bad |= d->bad[c];
	json_set_z(d->a, v, "state", state_names[bad ? DOCTOR_BAD : DOCTOR_FINE]);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (const struct doctor_finding *f = d->all; f; f = f->next) {
			struct json *one;

			if (f->state != order[i])
				continue;
			one = json_push(list, json_new_object(d->a));
			json_set_z(d->a, one, "check", rows[f->check].name);
			json_set_z(d->a, one, "state", state_names[f->state]);
			json_set_z(d->a, one, "environment", f->host ? "host" : "person");
			json_set_z(d->a, one, "what", f->what);
			if (f->why)
				json_set_z(d->a, one, "why", f->why);
			if (f->command)
				json_set_z(d->a, one, "command", f->command);
		}
	json_set(d->a, v, "checks", list);
	return v;
}
