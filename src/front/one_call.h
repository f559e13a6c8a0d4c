/*
 * one_call.h - one tool call by a command, with the same engine, checks and usage log as a call
 * of an agent.
 */
#ifndef FRONT_ONE_CALL_H
#define FRONT_ONE_CALL_H

#include <flowlatch/tool.h>

#include "front/cli.h"
#include "front/session.h"

struct one_call {
	const struct tool *tool;
	const struct json *arguments; /* an object */
	bool wipe;                    /* secrets come into the call's memory */
	/* Filled in, in cli->arena. */
	bool answered, is_error;
	struct str text, note;  /* the document, and what came beside it */
	struct json *doc;       /* `text`, or NULL */
};

/* Runs it to its end, with a line of progress.  An exit code, as flowlatch(1) has them; errors
 * of the tool are not told yet. */
int one_call_run(struct cli *cli, struct session *s, struct one_call *o);
/* Prints the answer as `flowlatch call` does: a table, an outline or JSON; an error on stderr. */
void one_call_print(struct cli *cli, const struct one_call *o);

#endif
