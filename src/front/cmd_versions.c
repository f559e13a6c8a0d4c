/*
 * cmd_versions.c - `flowlatch versions` and `flowlatch restore`: what flows were like, and back.
 *
 * With a flow they call the tools of that name; what is kept on this machine is shown, printed
 * and removed without a sign-in.
 */
#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/flags.h"
#include "front/flow_file.h"
#include "front/kept.h"
#include "front/one_call.h"
#include "front/term.h"

enum { MOST_SHOWN = 1000 };

const struct cli_option cmd_versions_options[] = {
	{ "print", "VERSION", "print a version that is kept here, as a flow in JSON" },
	{ "purge", NULL, "remove what is kept here of the flow, or of all flows" },
	{ .name = NULL },
};

const struct cli_option cmd_restore_options[] = {
	{ "dry-run", NULL, "only say what would be saved" },
	{ "as-new", "NAME", "make a new flow of that name, switched off" },
	{ "connections", "JSON", "connection references to use instead of those of then, by key" },
	{ .name = NULL },
};

/* ---- calling tools ---- */

static int call_named(struct cli *cli, const char *name, struct json *arguments)
{
	struct one_call o = { .tool = flags_tool(cli, name), .arguments = arguments };
	struct session session;
	int code = session_open(cli, &session, "cli", true);

	if (code != EXIT_FINE)
		return code;
	code = session_tool(cli, &session, name) ? one_call_run(cli, &session, &o) : EXIT_USAGE;
	one_call_print(cli, &o);
	session_close(&session);
	return code;
}

static struct json *flow_argument(struct cli *cli)
{
	struct json *v = json_new_object(cli->arena);

	json_set_z(cli->arena, v, "flowName", cli->argv[0]);
	return v;
}

/* ---- what is kept here ---- */

static bool is_meant(const struct json *v, const char *flow)
{
	struct str name = str_from(flow);

	return !*flow || str_eq_nocase(json_get_str(v, "flowName"), name) ||
	       str_eq_nocase(json_str(json_at(v, "/about/displayName")), name);
}

static const char *when_of(struct cli *cli, const struct json *v)
{
	int64_t ms;

	return os_parse_time(json_get_str(v, "kept"), &ms) ? cli_when(cli, ms) : "";
}

static int show_all(struct kept *k)
{
	static const char *const titles[] = { "version", "kept", "flow", "because", "size" };
	struct cli *cli = k->cli;
	struct json *list = k->any ? snapshot_index(&k->files, cli->arena, S(""), S(""), MOST_SHOWN)
				   : json_new_array(cli->arena);
	struct cli_table *t = cli_table_new(cli, 5, titles);

	if (cli->json) {
		cli_out_json(cli, list);
		return EXIT_FINE;
	}
	JSON_EACH(v, list) {
		struct str why = json_get_str(v, "damaged");

		if (!why.n)
			why = json_str(json_at(v, "/about/reason"));
		cli_table_row(t, (const char *const[]){
					 json_get_z(v, "id"), when_of(cli, v),
					 cli_safe(cli, json_str(json_at(v, "/about/displayName")), 0),
					 cli_safe(cli, why, 0),
					 cli_size(cli, (uint64_t)json_int(json_get(v, "bytes"), 0)) });
	}
	if (json_first(list))
		cli_table_print(t);
	else
		cli_out("Nothing is kept yet: flowlatch keeps a flow before it changes it, and with "
			"`flowlatch backup`.\n");
	if (json_count(list) == MOST_SHOWN)
		cli_err_str(S("note: only the newest 1000 are shown\n"));
	kept_tell_foreign(k);
	return EXIT_FINE;
}

static int print_one(struct kept *k, const char *id)
{
	struct flow_file f = { .indent = 2, .with = ' ', .last_line = true };
	int code;
	struct json *v = kept_read(k, id, &code);

	if (v)
		cli_out_str(flow_file_text(k->cli->arena, &f, kept_flow(k->cli->arena, v)));
	return code;
}

static int busy(void)
{
	return cli_fail(EXIT_TEMPORARY, "try again in a moment",
			"another flowlatch is keeping a flow right now");
}

static int purge(struct kept *k, const char *flow)
{
	struct cli *cli = k->cli;
	size_t removed = 0, n = 0;

	if (!*flow && !snapshot_purge(&k->files, cli->arena, S(""), S(""), &removed))
		return busy();
	JSON_EACH(v, *flow && k->any ? snapshot_index(&k->files, cli->arena, S(""), S(""), SIZE_MAX)
				     : NULL) {
		if (!is_meant(v, flow) || json_get(v, "damaged"))
			continue;
		if (!snapshot_purge(&k->files, cli->arena, json_get_str(v, "environmentName"),
				    json_get_str(v, "flowName"), &n))
			return busy();
		removed += n;
	}
	if (cli->json) {
		struct json *out = json_new_object(cli->arena);

		json_set_int(cli->arena, out, "removed", (int64_t)removed);
		cli_out_json(cli, out);
	} else {
		cli_out("Removed %zu versions.\n", removed);
	}
	return EXIT_FINE;
}

static int versions_here(struct cli *cli)
{
	const char *id = cli_option(cli, "print");
	struct kept k;
	int code = kept_open(cli, &k);

	if (code == EXIT_FINE && id)
		code = print_one(&k, id);
	else if (code == EXIT_FINE && cli_option(cli, "purge"))
		code = purge(&k, cli->argc ? cli->argv[0] : "");
	else if (code == EXIT_FINE)
		code = show_all(&k);
	kept_close(&k);
	return code;
}

int cmd_versions(struct cli *cli)
{
	bool print = cli_option(cli, "print") != NULL, remove = cli_option(cli, "purge") != NULL;
	int code = cli_operands(cli, 0, print ? 0 : 1);

	if (code == EXIT_FINE && print && remove)
		code = cli_fail(EXIT_USAGE, NULL, "--print and --purge exclude each other");
	if (code != EXIT_FINE)
		return code;
	if (print || remove || !cli->argc)
		return versions_here(cli);
	return call_named(cli, "list_live_flow_versions", flow_argument(cli));
}

int cmd_restore(struct cli *cli)
{
	const char *name = cli_option(cli, "as-new"), *given = cli_option(cli, "connections");
	int code = cli_operands(cli, 2, 2);
	struct json *v, *references;

	if (code != EXIT_FINE)
		return code;
	v = flow_argument(cli);
	json_set_z(cli->arena, v, "version", cli->argv[1]);
	if (cli_option(cli, "dry-run"))
		json_set_bool(cli->arena, v, "dryRun", true);
	if (name) {
		json_set_bool(cli->arena, v, "asNew", true);
		json_set_z(cli->arena, v, "displayName", name);
	}
	references = given ? json_parse(cli->arena, str_from(given), JSON_STRICT, NULL) : NULL;
	if (given && !json_is(references, JSON_OBJECT))
		return cli_fail(EXIT_USAGE, "such as {\"shared_x\": {\"connectionName\": \"...\"}}",
				"--connections is no JSON object");
	json_set(cli->arena, v, "connectionReferences", references);
	return call_named(cli, "restore_live_flow", v);
}
