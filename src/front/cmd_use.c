/*
 * cmd_use.c - `flowlatch use`: which environment calls of this profile mean when they name none.
 *
 * Knows the setting and its file; whether there is such an environment is found out by the call
 * that uses it, which needs a sign-in.
 */
#include <string.h>

#include "base/os.h"
#include "front/commands.h"

const struct cli_option cmd_use_options[] = {
	{ "none", NULL, "forget it again" },
	{ .name = NULL },
};

static const char *file_of(const struct cli *cli)
{
	const char *dir = cli->conf.file ? NULL : os_config_dir(cli->arena);

	return cli->conf.file ? cli->conf.file :
	       dir	      ? arena_printf(cli->arena, "%s/flowlatch.conf", dir) :
				NULL;
}

static int show(struct cli *cli)
{
	const char *name = cli->conf.environment;
	struct json *v = json_new_object(cli->arena);

	json_set_z(cli->arena, v, "profile", cli->conf.profile);
	json_set(cli->arena, v, "environment",
		 name ? json_new_z(cli->arena, name) : json_new_null(cli->arena));
	if (cli->json)
		cli_out_json(cli, v);
	else
		cli_out("profile %s: %s\n", cli->conf.profile,
			name ? cli_safe(cli, str_from(name), 0) : "no environment is set");
	return EXIT_FINE;
}

int cmd_use(struct cli *cli)
{
	bool none = cli_option(cli, "none") != NULL;
	int code = cli_operands(cli, 0, none ? 0 : 1), err;
	const char *name = cli->argc ? cli->argv[0] : NULL, *file = file_of(cli);

	if (code != EXIT_FINE)
		return code;
	if (!name && !none)
		return show(cli);
	if (!file)
		return cli_fail(EXIT_USAGE, NULL, "there is no home directory to write to");
	err = conf_write(cli->arena, file, cli->conf.profile, "environment", name);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: cannot set environment: %s", file,
				strerror(err));
	cli->conf.environment = name;
	return show(cli);
}
