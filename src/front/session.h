/*
 * session.h - the loop and the engine that a command works with.
 */
#ifndef FRONT_SESSION_H
#define FRONT_SESSION_H

#include "front/cli.h"
#include "work/call.h"

struct practice;

struct session {
	struct loop *loop;
	struct work *work;
	struct practice *practice; /* or NULL */
};

/* Makes loop and engine of cli->conf; with `practice` (and --practice) starts a practice tenant.
 * `front` is "mcp" or "cli".  An exit code: when it is not EXIT_FINE, the error was told. */
int session_open(struct cli *cli, struct session *s, const char *front, bool practice);
void session_close(struct session *s);

/* The row of that name if the profile offers it, or NULL after telling that it does not. */
const struct tool *session_tool(struct cli *cli, const struct session *s, const char *name);

#endif
