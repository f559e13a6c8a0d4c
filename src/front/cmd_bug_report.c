/*
 * cmd_bug_report.c - `flowlatch bug-report`: what was kept of saves that failed, to be read by a
 * person before they send it.
 *
 * Nothing is sent anywhere.  What lies there was masked when it was written, and is looked through
 * once more before it is shown.
 */
#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "work/failure.h"
#include "work/redact.h"
#include "work/store.h"

const struct cli_option cmd_bug_report_options[] = {
	{ "list", NULL, "only say which there are" },
	{ .name = NULL },
};

static const char *directory(struct cli *cli)
{
	struct store *store = store_new(&cli->conf);
	const char *dir = store ? store_dir_name(store) : NULL;

	dir = dir ? arena_printf(cli->arena, "%s/failures", dir) : NULL;
	store_free(store);
	return dir;
}

/* The text of one, or NULL: it cannot be read, or not be looked through for secrets. */
static struct json *read_one(struct cli *cli, const char *path)
{
	struct redact_count count = { 0 };
	struct str text;
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_FAILURE_FILE);
	if (os_read_file(path, &b) != 0 || !redact_text(cli->arena, buf_str(&b), &text, &count))
		return NULL;
	return json_parse(cli->arena, text, JSON_STRICT, NULL);
}

static int show_list(struct cli *cli, const char *dir, const struct json *names)
{
	struct json *out = json_new_object(cli->arena), *list;

	list = json_set(cli->arena, out, "reports", json_new_array(cli->arena));
	JSON_EACH (name, names) {
		const char *path = arena_printf(cli->arena, "%s/%s", dir, json_z(name));

		json_push(list, json_new_z(cli->arena, path));
		if (!cli->json)
			cli_out("%s\n", cli_safe(cli, str_from(path), 0));
	}
	if (cli->json)
		cli_out_json(cli, out);
	return EXIT_FINE;
}

static int show_one(struct cli *cli, const char *path)
{
	struct json *out = json_new_object(cli->arena), *report = read_one(cli, path);
	struct buf b;

	if (!report)
		return cli_fail(EXIT_FOUND, NULL, "%s cannot be read, or not be looked through for "
						  "secrets", path);
	json_set_z(cli->arena, out, "path", path);
	json_set(cli->arena, out, "report", report);
	if (cli->json) {
		cli_out_json(cli, out);
		return EXIT_FINE;
	}
	cli_out("%s\n", cli_safe(cli, str_from(path), 0));
	cli_out("It holds a flow's definition, masked.  Read it before you send it to anybody.\n\n");
	buf_init_in(&b, cli->arena, LIMIT_FAILURE_FILE);
	json_print_pretty(&b, report);
	cli_out("%s\n", cli_safe(cli, buf_str(&b), 0));
	return EXIT_FINE;
}

int cmd_bug_report(struct cli *cli)
{
	int code = cli_operands(cli, 0, 0);
	const char *dir = directory(cli);
	struct json *names = dir ? failure_names(cli->arena, dir) : json_new_array(cli->arena);

	if (code != EXIT_FINE)
		return code;
	if (cli_option(cli, "list"))
		return show_list(cli, dir, names);
	if (!json_count(names))
		return cli_fail(EXIT_FOUND, NULL, "no save of this profile has failed");
	return show_one(cli, arena_printf(cli->arena, "%s/%s", dir, json_z(json_first(names))));
}
