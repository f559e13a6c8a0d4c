/*
 * cmd_call.c - `flowlatch call`: one tool call from the command line.
 */
#include "front/commands.h"
#include "front/flags.h"
#include "front/one_call.h"

const struct cli_option cmd_call_options[] = {
	{ "args", "JSON|@FILE|-", "the arguments as one JSON object; flags are put on top of it" },
	{ .name = NULL },
};

int cmd_call(struct cli *cli)
{
	struct one_call o = { 0 };
	struct session session;
	int code = cli->argc ? EXIT_FINE : cli_operands(cli, 1, 1);

	if (code != EXIT_FINE)
		return code;
	o.tool = flags_tool(cli, cli->argv[0]);
	if (!o.tool)
		return EXIT_USAGE;
	if (cli->help) {
		flags_explain(cli, o.tool);
		return EXIT_FINE;
	}
	o.arguments = flags_read(cli, o.tool, 1, &code);
	if (!o.arguments)
		return code;
	code = session_open(cli, &session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	code = session_tool(cli, &session, o.tool->name) ? one_call_run(cli, &session, &o) :
							    EXIT_USAGE;
	one_call_print(cli, &o);
	session_close(&session);
	return code;
}
