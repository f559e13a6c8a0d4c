/*
 * kept.h - the versions of flows that are kept on this machine, as commands see them: without a
 * sign-in and without the network.
 */
#ifndef FRONT_KEPT_H
#define FRONT_KEPT_H

#include "front/cli.h"
#include "work/snapshot.h"

struct store;

struct kept {
	struct cli *cli;
	struct store *store;
	struct snapshots files;
	bool any; /* false: nothing was ever kept, and no key was asked for */
};

/* Of cli->conf's profile; with --practice, of the practice tenant that runs.  An exit code: when
 * it is not EXIT_FINE, the error was told. */
int kept_open(struct cli *cli, struct kept *k);
void kept_close(struct kept *k);

/* "19ab3c4d5e67f3a1" */
bool kept_is_id(const char *word);
/* {id, kept, flowName, ..., content}; NULL after telling why there is none, with *code. */
struct json *kept_read(struct kept *k, const char *id, int *code);
/* The version as a flow that other commands read: {"name","properties":{...}}. */
struct json *kept_flow(struct arena *a, const struct json *version);
/* Names files beside the versions that are none of ours, on stderr. */
void kept_tell_foreign(struct kept *k);

#endif
