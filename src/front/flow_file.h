/*
 * flow_file.h - a JSON file that a command reads and may write again, in its own layout.
 *
 * Kept are the order of members, the text of numbers, indentation, line ends, a byte order mark
 * and the end of the last line.
 */
#ifndef FRONT_FLOW_FILE_H
#define FRONT_FLOW_FILE_H

#include "front/cli.h"

struct flow_file {
	const char *name;  /* as it was given; "-" is standard input */
	const char *shown; /* for messages */
	struct json *json;
	size_t indent;     /* characters of one level; 0: all on one line */
	char with;         /* ' ' or a tab */
	bool crlf, mark, last_line;
};

/* EXIT_FINE, or an exit code after a message. */
int flow_file_read(struct cli *cli, const char *name, struct flow_file *out);
/* The value in the layout of the file. */
struct str flow_file_text(struct arena *a, const struct flow_file *f, const struct json *v);
/* Puts it into a file so that a crash leaves the old or the new content; an existing file keeps
 * its mode, a link stays one.  `backup`: what was there before is kept as PATH.bak.  EXIT_FINE,
 * or an exit code after a message. */
int flow_file_write(struct cli *cli, const struct flow_file *f, const char *path,
		    const struct json *v, bool backup);

#endif
