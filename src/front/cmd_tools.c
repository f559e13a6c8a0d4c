/*
 * cmd_tools.c - `flowlatch tools`: the tools of this profile, and what one of them takes.
 */
#include "front/commands.h"
#include "front/flags.h"
#include "front/session.h"

static const char *const class_names[] = {
	[CLASS_READ_ONLY] = "read",
	[CLASS_MODERATE] = "moderate",
	[CLASS_DANGEROUS] = "dangerous",
	[CLASS_UNKNOWN] = "unknown",
};

static int show_one(struct cli *cli, const struct tool *t)
{
	if (cli->json)
		cli_out_json(cli, tool_describe(cli->arena, t));
	else
		flags_explain(cli, t);
	return EXIT_FINE;
}

static int show_all(struct cli *cli, const struct session *s)
{
	static const char *const titles[] = { "name", "toolset", "class", "default",
					      "description" };
	struct cli_table *table = cli_table_new(cli, 5, titles);
	struct json *all = json_new_array(cli->arena);
	const struct tool *const *rows;
	size_t n = work_tools(s->work, &rows);

	for (size_t i = 0; i < n; i++) {
		if (cli->json)
			json_push(all, tool_describe(cli->arena, rows[i]));
		else
			cli_table_row(table, (const char *const[]){
						     rows[i]->name, rows[i]->toolset,
						     class_names[rows[i]->klass],
						     work_is_standard(s->work, rows[i]) ? "yes"
											: "no",
						     rows[i]->description });
	}
	if (cli->json)
		cli_out_json(cli, all);
	else
		cli_table_print(table);
	return EXIT_FINE;
}

int cmd_tools(struct cli *cli)
{
	const struct tool *t;
	int code = cli_operands(cli, 0, 1);
	struct session s;

	if (code == EXIT_FINE && cli->argc) {
		t = flags_tool(cli, cli->argv[0]);
		return t ? show_one(cli, t) : EXIT_USAGE;
	}
	if (code == EXIT_FINE)
		code = session_open(cli, &s, "cli", false);
	if (code != EXIT_FINE)
		return code;
	code = show_all(cli, &s);
	session_close(&s);
	return code;
}
