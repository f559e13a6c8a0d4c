/*
 * cmd_diff.c - `flowlatch diff`: what differs between two definitions, in words.
 *
 * Of files and of versions that are kept here it needs no sign-in; --flow calls the tool.
 */
#include "front/cmd_flow.h"

#include <unistd.h>

#include "base/limits.h"
#include "front/commands.h"
#include "front/flags.h"
#include "front/flow_file.h"
#include "front/kept.h"
#include "front/one_call.h"
#include "front/term.h"

const struct cli_option cmd_diff_options[] = {
	{ "flow", "FLOW", "compare versions of this flow: of flowlatch, of the service, current" },
	{ .name = NULL },
};

enum { LONGEST_VALUE = 2000 };

void cmd_diff_print(struct cli *cli, const struct diff *d, bool to_stderr)
{
	static const char marks[] = {
		[DIFF_ADDED] = '+', [DIFF_REMOVED] = '-', [DIFF_RENAMED] = '=',
		[DIFF_MOVED] = '>', [DIFF_AFTER] = '>',	  [DIFF_CHANGED] = '~',
	};
	struct buf b;

	buf_init_in(&b, cli->arena, (size_t)-1 / 2);
	for (const struct diff_change *c = d->first; c; c = c->next)
		buf_addf(&b, "%c %s\n", marks[c->kind], cli_safe(cli, c->words, 0));
	if (d->dropped)
		buf_addf(&b, "and %zu more\n", d->dropped);
	if (to_stderr)
		cli_err_str(buf_str(&b));
	else
		cli_out_str(buf_str(&b));
}

struct json *cmd_diff_json(struct cli *cli, const struct diff *d)
{
	return diff_json(cli->arena, d, LONGEST_VALUE);
}

int cmd_with_memory(struct cli *cli, int (*run)(struct cli *cli))
{
	struct arena *own = cli->arena;
	struct arena a;
	jmp_buf out;
	int code;

	arena_init(&a, LIMIT_CALL_ARENA);
	cli->arena = &a;
	if (arena_guard(&a, &out)) {
		cli->arena = own;
		code = cli_fail(EXIT_USAGE, NULL, "this definition is too large");
	} else {
		code = run(cli);
		cli->arena = own;
	}
	arena_release(&a);
	return code;
}

/* A version that is kept here, in the place of a file. */
static int read_kept(struct cli *cli, const char *id, struct flow_file *out)
{
	struct json *v = NULL;
	struct kept k;
	int code;

	if (cli->conf_error)
		return cli_fail(EXIT_USAGE, NULL, "%s", cli->conf_error);
	code = kept_open(cli, &k);
	if (code == EXIT_FINE)
		v = kept_read(&k, id, &code);
	kept_close(&k);
	*out = (struct flow_file){ .name = id, .shown = id };
	out->json = v ? kept_flow(cli->arena, v) : NULL;
	return code;
}

static int read_either(struct cli *cli, const char *name, struct flow_file *out)
{
	return kept_is_id(name) && access(name, F_OK) ? read_kept(cli, name, out)
						      : flow_file_read(cli, name, out);
}

static int diff_versions(struct cli *cli, const char *flow)
{
	struct one_call o = { .tool = flags_tool(cli, "diff_live_flow_versions") };
	struct session session;
	struct json *arguments = json_new_object(cli->arena);
	int code = cli_operands(cli, 1, 2);

	if (code == EXIT_FINE && cli->conf_error)
		code = cli_fail(EXIT_USAGE, NULL, "%s", cli->conf_error);
	if (code == EXIT_FINE)
		code = session_open(cli, &session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	json_set_z(cli->arena, arguments, "flowName", flow);
	json_set_z(cli->arena, arguments, "from", cli->argv[0]);
	if (cli->argc > 1)
		json_set_z(cli->arena, arguments, "to", cli->argv[1]);
	o.arguments = arguments;
	code = session_tool(cli, &session, o.tool->name) ? one_call_run(cli, &session, &o) :
							    EXIT_USAGE;
	session_close(&session);
	if (code != EXIT_FINE || cli->json) {
		one_call_print(cli, &o);
	} else {
		JSON_EACH(v, json_get(o.doc, "changes"))
			cli_out("%s\n", cli_safe(cli, json_get_str(v, "words"), 0));
	}
	return code == EXIT_FINE && !json_is_true(json_get(o.doc, "equal")) ? EXIT_FOUND : code;
}

static int diff(struct cli *cli)
{
	const char *flow = cli_option(cli, "flow");
	struct flow_file before, after;
	int code = flow ? EXIT_FINE : cli_operands(cli, 2, 2);
	struct diff d;

	if (flow)
		return diff_versions(cli, flow);
	if (code == EXIT_FINE)
		code = read_either(cli, cli->argv[0], &before);
	if (code == EXIT_FINE)
		code = read_either(cli, cli->argv[1], &after);
	if (code != EXIT_FINE)
		return code;
	d = diff_documents(cli->arena, before.json, after.json);
	if (!d.usable)
		return cli_fail(EXIT_USAGE,
				"a definition, a flow as the service returns it, or a Dataverse row",
				"%s, %s: %s", before.shown, after.shown, d.why);
	if (cli->json)
		cli_out_json(cli, cmd_diff_json(cli, &d));
	else
		cmd_diff_print(cli, &d, false);
	return d.equal ? EXIT_FINE : EXIT_FOUND;
}

int cmd_diff(struct cli *cli)
{
	return cmd_with_memory(cli, diff);
}
