/*
 * cmd_setup.c - `flowlatch setup`: what has to be made once, outside of flowlatch.
 *
 * Knows which parts there are; each part knows its own work.
 */
#include <string.h>

#include "front/commands.h"
#include "front/setup.h"
#include "front/term.h"

/* The options of all parts. */
const struct cli_option cmd_setup_options[] = {
	{ "run", NULL, "app: carry the commands out with az, and keep the client id" },
	{ "name", "NAME", "the name of the app registration, or of the client's entry (flowlatch)" },
	{ "show", NULL, "client: print the entry and where it belongs (the default)" },
	{ "write", NULL, "client: put the entry into the host's file, with a backup" },
	{ "undo", NULL, "client: take the entry out again, or put back the one before" },
	{ "scope", "SCOPE", "client: user (the default) or project, the working directory" },
	{ "windows-home", "DIR", "client: the home directory on the Windows side of WSL" },
	{ .name = NULL },
};

static const struct part {
	const char *name, *synopsis;
	const char *options; /* of those above, blank separated */
	int least, most;     /* operands after the name */
	bool practice;       /* --practice makes sense */
	int (*run)(struct cli *cli);
} parts[] = {
	{ "app", "[--run] [--name NAME]", "run name", 0, 0, false, setup_app },
	{ "client", "HOST [--show | --write | --undo]", "name show write undo scope windows-home", 1, 1, true, setup_client },
};

static const struct part *find_part(const char *name)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(parts[i].name, name))
			return &parts[i];
	return NULL;
}

static const char *usage(const struct cli *cli)
{
	struct buf b;

	buf_init_in(&b, cli->arena, 4096);
	buf_addz(&b, "usage:");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_addf(&b, "%s flowlatch setup %s %s", i ? "," : "", parts[i].name,
			 parts[i].synopsis);
	return buf_c(&b);
}

static bool takes(const struct part *part, const char *option)
{
	struct str rest = str_from(part->options), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, str_from(option)))
			return true;
	return false;
}

int cmd_setup(struct cli *cli)
{
	const struct part *part;
	int code = cli_operands(cli, 1, 64);

	if (code != EXIT_FINE)
		return code;
	part = find_part(cli->argv[0]);
	if (!part)
		return cli_fail(EXIT_USAGE, usage(cli), "setup: there is no part '%s'",
				cli->argv[0]);
	for (const struct cli_option *o = cmd_setup_options; o->name; o++)
		if (cli_option(cli, o->name) && !takes(part, o->name))
			return cli_fail(EXIT_USAGE, usage(cli), "setup %s takes no --%s",
					part->name, o->name);
	if (cli->practice && !part->practice)
		return cli_fail(EXIT_USAGE, NULL, "setup %s has nothing to do with --practice",
				part->name);
	cli->argv++;
	cli->argc--;
	if (cli->argc < part->least || cli->argc > part->most)
		return cli_fail(EXIT_USAGE, usage(cli), "setup %s: %s", part->name,
				cli->argc < part->least ? "an argument is missing" :
							  "too many arguments");
	return part->run(cli);
}
