/*
 * view.h - pages that draw results, inside the program.
 */
#ifndef FRONT_VIEW_H
#define FRONT_VIEW_H

#include "base/buf.h"

/* The page of a run, NUL-terminated.  In an MCP Apps host it gets its data from there. */
extern const char view_run_page[];

/* Writes the page with its data inside: `json` is one JSON value.  Nothing in it can end the
 * script element that it stands in, or be anything but data. */
void view_run_write(struct buf *b, struct str json);

#endif
