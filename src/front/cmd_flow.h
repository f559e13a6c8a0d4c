/*
 * cmd_flow.h - what the commands about definitions in files share.
 */
#ifndef FRONT_CMD_FLOW_H
#define FRONT_CMD_FLOW_H

#include "front/cli.h"
#include "wdl/diff.h"

/* One line per change: + added, - removed, = renamed, > moved, ~ changed. */
void cmd_diff_print(struct cli *cli, const struct diff *d, bool to_stderr);
/* Runs a command with memory as large as a tool call has. */
int cmd_with_memory(struct cli *cli, int (*run)(struct cli *cli));
struct json *cmd_diff_json(struct cli *cli, const struct diff *d);

#endif
