/*
 * show.h - results of tools for people.
 */
#ifndef FRONT_SHOW_H
#define FRONT_SHOW_H

#include <flowlatch/tool.h>

#include "front/cli.h"

/* Prints a result: the row's list as a table, anything else as indented "name: value" lines. */
void show_result(struct cli *cli, const struct tool *t, const struct json *doc);

/* Adds a value as indented lines to `b`. */
void show_value(struct cli *cli, struct buf *b, const struct json *v, int indent);

/* Tells a tool's error document on stderr. */
void show_error(struct cli *cli, const struct json *doc);

/* Tells what came beside the result (more items, what to do next) as hints on stderr. */
void show_note(struct cli *cli, const struct tool *t, const struct json *arguments,
	       const struct json *doc, struct str note);

#endif
