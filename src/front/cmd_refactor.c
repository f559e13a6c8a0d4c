/*
 * cmd_refactor.c - `flowlatch refactor`: names and expressions of a definition in a file.
 *
 * Needs no account, no configuration and no network.  Without --output or --in-place nothing is
 * written: the new document goes to standard output, what has changed to standard error.
 */
#include "base/limits.h"
#include "front/cmd_flow.h"
#include "front/commands.h"
#include "front/flow_file.h"
#include "front/term.h"
#include "wdl/refactor.h"

const struct cli_option cmd_refactor_options[] = {
	{ "in", "ACTION", "extract, replace: only in this action and what is in it" },
	{ "in-place", NULL, "write the file itself, whole or not at all" },
	{ "backup", NULL, "with --in-place or --output: keep what was there as FILE.bak" },
	{ "output", "FILE", "write to this file" },
	{ "dry-run", NULL, "write nothing, and print what would change" },
	{ NULL },
};

/* One run of the command. */
struct job {
	struct cli *cli;
	struct flow_file file;
	struct refactor_flow flow;
	struct str first, second, step;
	enum refactor_kind kind;
	struct refactor_result result;
};

static void do_rename(struct job *j)
{
	j->result = refactor_rename(j->cli->arena, &j->flow, j->kind, j->first, j->second);
}

static void do_extract(struct job *j)
{
	j->result = refactor_extract(j->cli->arena, &j->flow, j->first, j->second, j->step);
}

static void do_replace(struct job *j)
{
	j->result = refactor_replace(j->cli->arena, &j->flow, j->first, j->second, j->step);
}

static const struct {
	const char *name, *operands;
	void (*run)(struct job *j);
	enum refactor_kind kind;
} verbs[] = {
	{ "rename-action", "OLD NEW FILE", do_rename, REFACTOR_ACTION },
	{ "rename-variable", "OLD NEW FILE", do_rename, REFACTOR_VARIABLE },
	{ "rename-parameter", "OLD NEW FILE", do_rename, REFACTOR_PARAMETER },
	{ "rename-connection", "OLD NEW FILE", do_rename, REFACTOR_CONNECTION },
	{ "find", "KIND NAME FILE", NULL, REFACTOR__KINDS },
	{ "extract", "EXPRESSION NAME FILE", do_extract, REFACTOR__KINDS },
	{ "replace", "EXPRESSION EXPRESSION FILE", do_replace, REFACTOR__KINDS },
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static int unknown(struct cli *cli, const char *word)
{
	const char *names[VERBS], *near;

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	near = cli_nearest(str_from(word), names, VERBS);
	return cli_fail(EXIT_USAGE,
			near ? arena_printf(cli->arena, "did you mean %s?", near) :
			       "one of rename-action, rename-variable, rename-parameter, "
			       "rename-connection, find, extract, replace",
			"there is no refactoring '%s'", cli_safe(cli, str_from(word), 0));
}

static int open_file(struct job *j, const char *name)
{
	const char *why = "";
	int code = flow_file_read(j->cli, name, &j->file);

	if (code != EXIT_FINE)
		return code;
	if (refactor_open(j->cli->arena, j->file.json, &j->flow, &why))
		return EXIT_FINE;
	return cli_fail(EXIT_USAGE,
			"a definition, a flow as the service returns it, or a Dataverse row",
			"%s: %s", j->file.shown, why);
}

/* ---- find ---- */

static int find(struct job *j, const char *kind)
{
	static const char *const titles[] = { "kind", "pointer", "text" };
	struct cli *cli = j->cli;
	struct cli_table *table = cli_table_new(cli, 3, titles);
	struct refactor_uses u;
	struct json *list;

	j->kind = refactor_kind_from(str_from(kind));
	if (j->kind == REFACTOR__KINDS)
		return cli_fail(EXIT_USAGE, "action, variable, parameter or connection",
				"'%s' is nothing that has a name", cli_safe(cli, str_from(kind), 0));
	u = refactor_find(cli->arena, &j->flow, j->kind, j->second);
	list = refactor_uses_json(cli->arena, &u);
	JSON_EACH(v, list) {
		struct str pointer = json_get_str(v, "pointer"), text = json_get_str(v, "text");

		if (json_get(v, "offset"))
			pointer = str_fmt(cli->arena, "%.*s (character %lld)", STR_ARG(pointer),
					  (long long)json_int(json_get(v, "offset"), 0));
		cli_table_row(table, (const char *const[]){ json_get_z(v, "kind"),
							    cli_safe(cli, pointer, 0),
							    cli_safe(cli, text, 0) });
	}
	if (cli->json)
		cli_out_json(cli, list);
	else if (u.first)
		cli_table_print(table);
	if (u.count)
		return EXIT_FINE;
	return cli_fail(EXIT_FOUND, NULL, "nothing names the %s \"%s\"", kind,
			cli_safe(cli, j->second, 120));
}

/* ---- changing ---- */

static void tell(struct job *j, const struct diff *d, bool to_stderr)
{
	const struct refactor_result *r = &j->result;

	if (j->cli->json && !to_stderr) {
		cli_out_json(j->cli, cmd_diff_json(j->cli, d));
		return;
	}
	cmd_diff_print(j->cli, d, to_stderr);
	if (r->computed)
		cli_err_str(str_fmt(j->cli->arena,
				    "note: %zu expressions make a name or cannot be read, and were "
				    "left: flowlatch refactor find shows them\n", r->computed));
	if (r->left)
		cli_err_str(str_fmt(j->cli->arena, "note: %zu uses were left: %.*s\n", r->left,
				    STR_ARG(r->why_left)));
}

static int change(struct job *j, void (*run)(struct job *j))
{
	struct cli *cli = j->cli;
	bool in_place = cli_option(cli, "in-place") != NULL, dry = cli_option(cli, "dry-run") != NULL;
	const char *output = in_place ? j->file.name : cli_option(cli, "output");
	struct json *before = json_copy(cli->arena, j->file.json);
	struct diff d;
	int code;

	run(j);
	if (!j->result.ok)
		return cli_fail(EXIT_FOUND,
				j->result.hint.n ? cli_safe(cli, j->result.hint, 0) : NULL, "%s",
				cli_safe(cli, j->result.message, 0));
	refactor_close(cli->arena, &j->flow);
	d = diff_documents(cli->arena, before, j->file.json);
	if (!output && !dry) {
		cli_out_str(flow_file_text(cli->arena, &j->file, j->file.json));
		tell(j, &d, true);
		return EXIT_FINE;
	}
	code = dry ? EXIT_FINE :
		     flow_file_write(cli, &j->file, output, j->file.json,
				     cli_option(cli, "backup") != NULL);
	if (code == EXIT_FINE)
		tell(j, &d, false);
	return code;
}

static int options_fit(struct cli *cli, size_t verb)
{
	bool in_place = cli_option(cli, "in-place") != NULL, output = cli_option(cli, "output") != NULL;
	bool dry = cli_option(cli, "dry-run") != NULL;

	if (in_place + output + dry > 1)
		return cli_fail(EXIT_USAGE, NULL, "--in-place, --output and --dry-run exclude each other");
	if (cli_option(cli, "backup") && !in_place && !output)
		return cli_fail(EXIT_USAGE, NULL, "--backup goes with --in-place or --output");
	if (in_place && strcmp(cli->argv[3], "-") == 0)
		return cli_fail(EXIT_USAGE, NULL, "standard input has no place");
	if (cli_option(cli, "in") && verbs[verb].run != do_extract && verbs[verb].run != do_replace)
		return cli_fail(EXIT_USAGE, NULL, "%s is not limited by --in", verbs[verb].name);
	return EXIT_FINE;
}

static int refactor(struct cli *cli)
{
	const char *in = cli_option(cli, "in");
	struct job j = { .cli = cli, .step = str_from(in ? in : "") };
	size_t i = 0;
	int code;

	if (!cli->argc)
		return cli_operands(cli, 1, 4);
	while (i < VERBS && strcmp(verbs[i].name, cli->argv[0]) != 0)
		i++;
	if (i == VERBS)
		return unknown(cli, cli->argv[0]);
	if (cli->argc != 4)
		return cli_fail(EXIT_USAGE,
				arena_printf(cli->arena, "usage: flowlatch refactor %s %s",
					     verbs[i].name, verbs[i].operands),
				"%s takes three operands", verbs[i].name);
	code = options_fit(cli, i);
	if (code == EXIT_FINE)
		code = open_file(&j, cli->argv[3]);
	if (code != EXIT_FINE)
		return code;
	j.first = str_from(cli->argv[1]);
	j.second = str_from(cli->argv[2]);
	j.kind = verbs[i].kind;
	return verbs[i].run ? change(&j, verbs[i].run) : find(&j, cli->argv[1]);
}

int cmd_refactor(struct cli *cli)
{
	return cmd_with_memory(cli, refactor);
}
