/*
 * cmd_lint.c - `flowlatch lint`: what is wrong with definitions in files.
 *
 * Needs no account, no configuration and no network.
 */
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "wdl/lint.h"

const struct cli_option cmd_lint_options[] = {
	{ "fail-on", "SEVERITY", "exit with 1 from this severity on: error (default), warning, info" },
	{ "explain", "RULE", "print a rule with a wrong and a right example" },
	{ NULL },
};

static int explain(struct cli *cli, const char *id)
{
	const struct lint_rule *r = lint_rule_find(str_from(id));

	if (!r)
		return cli_fail(EXIT_USAGE, "findings name their rule, such as REF03",
				"there is no rule %s", cli_safe(cli, str_from(id), 0));
	if (cli->json) {
		cli_out_json(cli, lint_rule_json(cli->arena, r));
		return EXIT_FINE;
	}
	cli_out("%.*s", STR_ARG(lint_rule_text(cli->arena, r)));
	return EXIT_FINE;
}

static void show(struct cli *cli, const struct lint_report *r)
{
	static const char *const titles[] = { "pointer", "severity", "rule", "finding" };
	struct cli_table *table = cli_table_new(cli, 4, titles);

	for (const struct lint_finding *f = r->first; f; f = f->next) {
		struct str text = f->message;

		if (f->has_offset)
			text = str_fmt(cli->arena, "%.*s (character %zu)", STR_ARG(text), f->offset);
		cli_table_row(table, (const char *const[]){
					     cli_safe(cli, f->pointer, 0),
					     lint_severity_name(f->severity), f->rule->id,
					     cli_safe(cli, text, 0) });
	}
	if (r->first)
		cli_table_print(table);
	if (r->dropped)
		cli_out("and %zu more\n", r->dropped);
	cli_out("%zu actions: %zu errors, %zu warnings, %zu infos\n", r->actions,
		r->counts[LINT_ERROR], r->counts[LINT_WARNING], r->counts[LINT_INFO]);
}

static bool fails(const struct lint_report *r, enum lint_severity least)
{
	for (const struct lint_finding *f = r->first; f; f = f->next)
		if (f->severity <= least && !f->rule->mended)
			return true;
	return false;
}

/* Reads and lints one file into the arena `a`. */
static int one(struct cli *cli, struct arena *a, const char *file, enum lint_severity least,
	       struct json *all)
{
	const char *shown = cli_safe(cli, str_from(file), 0);
	struct json_error e = { 0 };
	struct lint_report r;
	struct json *doc;
	struct buf b;
	int err;

	buf_init_in(&b, a, LIMIT_ANSWER_FLOW);
	err = strcmp(file, "-") == 0 ? os_read_fd(STDIN_FILENO, &b) : os_read_file(file, &b);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: %s", shown, strerror(err));
	doc = json_parse(a, buf_str(&b), JSON_ANSWER, &e);
	if (!doc)
		return cli_fail(EXIT_USAGE, NULL, "%s: not JSON at byte %zu: %s", shown, e.offset,
				e.message);
	r = lint_document(a, doc);
	if (!r.usable)
		return cli_fail(EXIT_USAGE,
				"a definition, a flow as the service returns it, or a Dataverse row",
				"%s: %s", shown, r.why);
	if (cli->json) {
		struct json *report = json_copy(cli->arena, lint_report_json(a, &r));

		json_set_str(cli->arena, report, "file", str_from(file));
		json_push(all, report);
	} else {
		if (cli->argc > 1)
			cli_out("%s:\n", shown);
		show(cli, &r);
	}
	return fails(&r, least) ? EXIT_FOUND : EXIT_FINE;
}

/* The same with the file's own memory, so that many files need no more than the largest. */
static int bounded(struct cli *cli, const char *file, enum lint_severity least, struct json *all)
{
	struct arena a;
	jmp_buf out;
	int code;

	arena_init(&a, LIMIT_CALL_ARENA);
	if (arena_guard(&a, &out))
		code = cli_fail(EXIT_USAGE, NULL, "%s: too large", cli_safe(cli, str_from(file), 0));
	else
		code = one(cli, &a, file, least, all);
	arena_release(&a);
	return code;
}

int cmd_lint(struct cli *cli)
{
	const char *wanted = cli_option(cli, "fail-on"), *id = cli_option(cli, "explain");
	enum lint_severity least = lint_severity_from(str_from(wanted ? wanted : "error"));
	struct json *all = json_new_array(cli->arena);
	int worst = EXIT_FINE;

	if (least == LINT__SEVERITIES)
		return cli_fail(EXIT_USAGE, NULL, "--fail-on is error, warning or info");
	if (id) {
		worst = cli_operands(cli, 0, 0);
		return worst == EXIT_FINE ? explain(cli, id) : worst;
	}
	if (!cli->argc)
		return cli_fail(EXIT_USAGE, "flowlatch lint FILE, or - for standard input",
				"no file is given");
	for (int i = 0; i < cli->argc; i++) {
		int code = bounded(cli, cli->argv[i], least, all);

		worst = code > worst ? code : worst;
	}
	if (cli->json)
		cli_out_json(cli, all);
	return worst;
}
