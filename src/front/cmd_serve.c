/*
 * cmd_serve.c - `flowlatch serve`: the tools for an MCP host, on standard input and output.
 */
#include <unistd.h>

#include "front/commands.h"
#include "front/mcp.h"
#include "front/session.h"

const struct cli_option cmd_serve_options[] = {
	{ "drain", NULL, "answer every request before ending, also when input is a pipe" },
	{ .name = NULL },
};

int cmd_serve(struct cli *cli)
{
	int code = cli_operands(cli, 0, 0);
	struct session s;

	if (code == EXIT_FINE)
		code = session_open(cli, &s, "mcp", true);
	if (code != EXIT_FINE)
		return code;
	code = mcp_run(&(struct mcp_options){
		.loop = s.loop,
		.work = s.work,
		.offer = &flowlatch_offer,
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.drain = cli_option(cli, "drain") != NULL,
	});
	session_close(&s);
	return code == MCP_EXIT_ENDED ? EXIT_FINE : EXIT_FOUND;
}
