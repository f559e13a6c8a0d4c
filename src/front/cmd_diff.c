/*
 * cmd_diff.c - `flowlatch diff`: what differs between two definitions, in words.
 */
#include "front/cmd_flow.h"

#include "base/limits.h"
#include "front/commands.h"
#include "front/flow_file.h"
#include "front/term.h"

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

static int diff(struct cli *cli)
{
	struct flow_file before, after;
	int code = cli_operands(cli, 2, 2);
	struct diff d;

	if (code == EXIT_FINE)
		code = flow_file_read(cli, cli->argv[0], &before);
	if (code == EXIT_FINE)
		code = flow_file_read(cli, cli->argv[1], &after);
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
