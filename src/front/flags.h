/*
 * flags.h - flags of the command line out of a tool's row, and back.
 */
#ifndef FRONT_FLAGS_H
#define FRONT_FLAGS_H

#include <flowlatch/tool.h>

#include "front/cli.h"

/* The row of that name among all tools, or NULL after telling the nearest names. */
const struct tool *flags_tool(struct cli *cli, const char *name);

/* The flag of a parameter, without dashes: "environment-name" for environmentName. */
const char *flag_name(struct arena *a, const char *param);

/* The parameter that `flag` (without dashes; kebab-case, camelCase and snake_case are one) names,
 * or NULL. */
const struct param *flag_find(const struct tool *t, struct str flag);

/* Reads cli->argv from `from` on, and the option --args, into one object of arguments.
 * NULL: the error was told, *code is the exit code. */
struct json *flags_read(struct cli *cli, const struct tool *t, int from, int *code);

/* The command line that makes this call, quoted for a shell. */
const char *flags_command(struct cli *cli, const char *tool, const struct json *arguments);

/* Explains a tool to a person: description and table of flags. */
void flags_explain(struct cli *cli, const struct tool *t);

#endif
