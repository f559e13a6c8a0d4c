/*
 * commands.h - the subcommands, one function each; their rows are in commands.c.
 *
 * A command prints with cli.h, never touches stdout itself, and returns an exit code.
 */
#ifndef FRONT_COMMANDS_H
#define FRONT_COMMANDS_H

#include "front/cli.h"

/* MCP on stdin and stdout. */
int cmd_serve(struct cli *cli);
extern const struct cli_option cmd_serve_options[];

/* One tool call: flags are derived from the tool's row. */
int cmd_call(struct cli *cli);
extern const struct cli_option cmd_call_options[];

/* The tools that this profile offers. */
int cmd_tools(struct cli *cli);

/* Signing in with a device code, or with the browser. */
int cmd_login(struct cli *cli);
extern const struct cli_option cmd_login_options[];

/* Forgetting a sign-in, and what Microsoft still honours. */
int cmd_logout(struct cli *cli);
extern const struct cli_option cmd_logout_options[];

/* Who is signed in, and where that is kept. */
int cmd_status(struct cli *cli);
int cmd_bug_report(struct cli *cli);
extern const struct cli_option cmd_bug_report_options[];
int cmd_unlock(struct cli *cli);

/* What has to be made once, outside of flowlatch: the app registration. */
int cmd_setup(struct cli *cli);
extern const struct cli_option cmd_setup_options[];

/* The environment that calls mean when they name none. */
int cmd_use(struct cli *cli);
extern const struct cli_option cmd_use_options[];

/* Connections whose keys a person types. */
int cmd_connection(struct cli *cli);
extern const struct cli_option cmd_connection_options[];

/* What is wrong on this machine, and the command that mends it. */
int cmd_doctor(struct cli *cli);
void cmd_doctor_before(struct cli *cli);
extern const struct cli_option cmd_doctor_options[];

/* The usage log: show, verify, stats, export, purge, init. */
int cmd_log(struct cli *cli);
extern const struct cli_option cmd_log_options[];

/* Definitions in files: what is wrong with them. */
int cmd_lint(struct cli *cli);
extern const struct cli_option cmd_lint_options[];

/* A flow in a file, run with connectors that answer out of a script. */
int cmd_run(struct cli *cli);
extern const struct cli_option cmd_run_options[];

/* What flows were like: lists, prints, removes; puts one back; keeps them on demand. */
int cmd_versions(struct cli *cli);
extern const struct cli_option cmd_versions_options[];
int cmd_restore(struct cli *cli);
extern const struct cli_option cmd_restore_options[];
int cmd_backup(struct cli *cli);
extern const struct cli_option cmd_backup_options[];

/* What differs between two definitions. */
int cmd_diff(struct cli *cli);
extern const struct cli_option cmd_diff_options[];

/* Names and expressions of a definition, changed with all that depends on them. */
int cmd_refactor(struct cli *cli);
extern const struct cli_option cmd_refactor_options[];

/* A run as one page. */
int cmd_diagnose(struct cli *cli);
extern const struct cli_option cmd_diagnose_options[];

int cmd_report(struct cli *cli);
extern const struct cli_option cmd_report_options[];

/* The value of an expression. */
int cmd_eval(struct cli *cli);
extern const struct cli_option cmd_eval_options[];

/* A person's decision about what a call wants to do. */
int cmd_approve(struct cli *cli);
extern const struct cli_option cmd_approve_options[];

/* Standing permissions. */
int cmd_grant(struct cli *cli);
extern const struct cli_option cmd_grant_options[];

/* What the policies say. */
int cmd_policy(struct cli *cli);
extern const struct cli_option cmd_policy_options[];

#endif
