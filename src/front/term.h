/*
 * term.h - what the files of the command line share about text on a terminal.
 */
#ifndef FRONT_TERM_H
#define FRONT_TERM_H

#include "front/cli.h"

/* Columns that `s` takes on a terminal; it must be safe (cli_safe) already. */
size_t cli_width(struct str s);
/* Safe text cut to `columns` with an ellipsis; 0: not cut. */
const char *cli_cut(struct cli *cli, const char *text, size_t columns);
/* Prints a paragraph of our own text, wrapped to the terminal and indented. */
void cli_wrap(const struct cli *cli, size_t indent, const char *text);
/* Writes to stderr as it is. */
void cli_err_str(struct str s);
/* The name that was probably meant, or NULL. */
const char *cli_nearest(struct str word, const char *const *names, size_t count);

#endif
