/*
 * desk.h - where a person decides: the profile's approvals, grants and records, and a terminal.
 *
 * For `flowlatch approve` and `flowlatch grant`.  Knows no tool and no service.
 */
#ifndef FRONT_DESK_H
#define FRONT_DESK_H

#include "front/cli.h"
#include "work/audit.h"
#include "work/policy.h"

struct desk {
	struct cli *cli;
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	const char *approvals, *grants; /* directories */
	unsigned char key[32];
	int tty; /* -1: there is none */
};

/* Opens all of it for cli->conf.  An exit code: when it is not EXIT_FINE, the error was told. */
int desk_open(struct cli *cli, struct desk *d);
void desk_close(struct desk *d);
/* A record of what a person did; false after telling that it cannot be written. */
bool desk_record(struct desk *d, enum audit_event event, const char *tool, const char *decision,
		 const char *channel, const char *plan);
/* Asks on the terminal itself, whatever stdin and stdout are.  A `secret` is not echoed.
 * p NULL: no terminal, its end, or Ctrl-C.  The caller wipes secrets. */
struct str desk_ask(struct desk *d, const char *prompt, bool secret);

/* Waits at most `ms`; true as soon as something was typed, where `typed` is looked for. */
bool desk_wait(struct desk *d, int ms, bool typed);

#endif
