/*
 * cmd_log.h - what the files of `flowlatch log` share.
 */
#ifndef FRONT_CMD_LOG_H
#define FRONT_CMD_LOG_H

#include "front/cli.h"

/* The options --since and --tool and --failed, read. */
struct log_filter {
	int64_t since; /* ms since 1970 */
	const char *tool;
	bool failed;
};

/* An exit code; when it is not EXIT_FINE, the error was told. */
int log_filter_read(struct cli *cli, struct log_filter *out);
int log_show(struct cli *cli, const char *dir);
int log_stats(struct cli *cli, const char *dir);
int log_export(struct cli *cli, const char *dir);
/* "2h", "3d", "2026-11-21" or RFC 3339; ms since 1970. */
bool log_time_read(struct str s, int64_t now, int64_t *out);

#endif
