/*
 * helper.h - a child program spoken to over pipes, one line at a time, with a time limit.
 *
 * The child gets an empty environment but for what is named, no descriptors but 0, 1 and 2
 * (and 3 where one is passed on), and is killed when its time is up.
 */
#ifndef WIRE_HELPER_H
#define WIRE_HELPER_H

#include "base/buf.h"

struct helper;
struct loop;

struct helper_request {
	const char *path;              /* absolute */
	const char *const *argv;       /* NULL-terminated, argv[0] included */
	const char *const *env;        /* "NAME=value", NULL-terminated, or NULL for none */
	struct str input;              /* written to its stdin, then closed unless keep_stdin */
	bool keep_stdin;               /* the child lives until we close it (helper_free), and
					* does not keep loop_run going */
	int pass_fd;                   /* becomes descriptor 3 of the child; 0: none */
	unsigned timeout_ms;           /* until the first line (keep_stdin) or until its end */
	/* A line without its newline; called for each. */
	void (*on_line)(void *arg, struct str line);
	/* Its end: exit status as of waitpid, or -1 when it was killed for time; not called after
	 * helper_free. */
	void (*on_end)(void *arg, int status);
	void *arg;
};

/* NULL and errno when it cannot be started.  Standard error is ours.  A line that is too long
 * (LIMIT_HELPER_LINE) ends the child like its time limit.  Both callbacks may free the helper;
 * it is freed by the owner in any case. */
struct helper *helper_start(struct loop *l, const struct helper_request *r);
/* Closes its stdin, then terminates it if it is still there.  NULL is fine. */
void helper_free(struct helper *h);

#endif
