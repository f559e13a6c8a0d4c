/*
 * stand.h - where a signed-in person stands: which services take the sign-in, and what is there.
 */
#ifndef FRONT_STAND_H
#define FRONT_STAND_H

#include "front/cli.h"
#include "work/probe.h"

enum { STAND_SERVICES = 8 };

struct stand {
	struct probe_row services[STAND_SERVICES];
	size_t service_count;
	int64_t environments, flows, connections, broken; /* -1: could not be counted */
	bool partly;         /* there are more than were counted */
	const char *problem; /* why something could not be counted, or NULL */
	bool interrupted;
};

/* Asks for a token of every service, then counts; bounded in time.  Works with cli->conf, whose
 * profile is signed in. */
void stand_look(struct cli *cli, struct stand *s);
/* The table of services: state, and what to do about it. */
void stand_table(struct cli *cli, const struct stand *s);
/* ": 4 environments, 66 flows, 37 connections, 3 of them broken", or "". */
const char *stand_counts(struct cli *cli, const struct stand *s);
/* Why a person may see no flows at all, likeliest first; `home`: the tenant that a guest comes
 * from, or "". */
void stand_no_flows(struct cli *cli, const struct stand *s, const char *home);
/* Adds "services" and the counts. */
void stand_describe(struct cli *cli, const struct stand *s, struct json *v);

#endif
