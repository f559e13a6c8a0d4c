/*
 * cmd_backup.c - `flowlatch backup`: keeps flows as they are now, and as readable files.
 */
#include "base/limits.h"
#include "front/backup_dir.h"
#include "front/commands.h"
#include "front/flags.h"
#include "front/one_call.h"
#include "front/term.h"

#define TOOL "keep_live_flow_versions"

const struct cli_option cmd_backup_options[] = {
	{ "git", "DIR", "also write readable files there, and commit them" },
	{ "output", "DIR", "also write readable files there" },
	{ "search", "TEXT", "of all flows those with this in their name or id" },
	{ .name = NULL },
};

struct backup {
	struct cli *cli;
	struct json *flows, *failed;
	struct str environment;
	int64_t total, kept, unchanged;
	struct backup_dir dir;
};

static void add(struct backup *b, const struct json *doc)
{
	struct arena *a = b->cli->arena;

	JSON_EACH(v, json_get(doc, "flows"))
		json_push(b->flows, json_copy(a, v));
	JSON_EACH(v, json_get(doc, "failed"))
		json_push(b->failed, json_copy(a, v));
	b->environment = json_get_str(doc, "environmentName");
	b->total = json_int(json_get(doc, "totalCount"), 0);
	b->kept += json_int(json_get(doc, "kept"), 0);
	b->unchanged += json_int(json_get(doc, "unchanged"), 0);
}

/* Some flows a call, until there are no more. */
static int keep_all(struct backup *b, struct session *s)
{
	struct cli *cli = b->cli;
	struct json *arguments = json_new_object(cli->arena);
	struct one_call o = { .tool = flags_tool(cli, TOOL) };
	int code;

	if (cli->argc)
		json_set_z(cli->arena, arguments, "flowName", cli->argv[0]);
	if (cli_option(cli, "search"))
		json_set_z(cli->arena, arguments, "search", cli_option(cli, "search"));
	do {
		o.arguments = arguments;
		code = one_call_run(cli, s, &o);
		if (code != EXIT_FINE) {
			one_call_print(cli, &o);
			return code;
		}
		add(b, o.doc);
		arguments = json_copy(cli->arena, arguments);
		json_set(cli->arena, arguments, "after",
			 json_copy(cli->arena, json_get(o.doc, "after")));
	} while (json_get(o.doc, "after"));
	return EXIT_FINE;
}

static int write_files(struct backup *b)
{
	struct kept k;
	int code = kept_open(b->cli, &k);

	if (code == EXIT_FINE)
		code = backup_dir_write(&k, &b->dir, b->flows);
	if (code == EXIT_FINE && cli_option(b->cli, "git"))
		code = backup_dir_commit(b->cli, &b->dir);
	kept_close(&k);
	return code;
}

static void tell_json(struct backup *b)
{
	struct arena *a = b->cli->arena;
	struct json *out = json_new_object(a), *files;

	json_set_str(a, out, "environmentName", b->environment);
	json_set_int(a, out, "totalCount", b->total);
	json_set_int(a, out, "kept", b->kept);
	json_set_int(a, out, "unchanged", b->unchanged);
	json_set(a, out, "failed", b->failed);
	json_set(a, out, "flows", b->flows);
	if (b->dir.path) {
		files = json_set(a, out, "files", json_new_object(a));
		json_set_z(a, files, "directory", b->dir.path);
		json_set_int(a, files, "written", b->dir.written);
		json_set_int(a, files, "removed", b->dir.removed);
		json_set_int(a, files, "masked", b->dir.masked);
		if (b->dir.commit)
			json_set_z(a, files, "commit", b->dir.commit);
	}
	cli_out_json(b->cli, out);
}

static void tell_files(struct backup *b)
{
	struct cli *cli = b->cli;
	const struct backup_dir *d = &b->dir;

	cli_out("%s: %lld files written, %lld removed", cli_safe(cli, str_from(d->path), 0),
		(long long)d->written, (long long)d->removed);
	if (d->commit)
		cli_out(", commit %s", cli_safe(cli, str_from(d->commit), 0));
	cli_out("%s.\n", d->nothing ? ", nothing to commit" : "");
	if (d->masked)
		cli_out("%lld secrets in the files are masked; the kept versions have them.\n",
			(long long)d->masked);
	if (d->no_git)
		cli_err_str(S("note: there is no git on this machine; commit the files yourself\n"));
}

static void tell(struct backup *b)
{
	struct cli *cli = b->cli;

	if (cli->json) {
		tell_json(b);
		return;
	}
	cli_out("Kept %lld of %lld flows anew; %lld are as they were.\n", (long long)b->kept,
		(long long)b->total, (long long)b->unchanged);
	JSON_EACH(v, b->failed)
		cli_err_str(str_fmt(cli->arena, "error: %s could not be kept: %s\n",
				    cli_safe(cli, json_get_str(v, "displayName"), 0),
				    cli_safe(cli, json_get_str(v, "why"), 0)));
	if (b->dir.path)
		tell_files(b);
}

static int backup(struct backup *b)
{
	struct session session;
	int code = session_open(b->cli, &session, "cli", true);

	if (code != EXIT_FINE)
		return code;
	code = session_tool(b->cli, &session, TOOL) ? keep_all(b, &session) : EXIT_USAGE;
	if (code == EXIT_FINE && b->dir.path) {
		b->dir.environment = b->environment;
		b->dir.whole = !b->cli->argc && !cli_option(b->cli, "search") &&
			       !json_first(b->failed);
		code = write_files(b);
	}
	session_close(&session);
	if (code == EXIT_FINE)
		tell(b);
	return code == EXIT_FINE && json_first(b->failed) ? EXIT_FOUND : code;
}

int cmd_backup(struct cli *cli)
{
	const char *dir = cli_option(cli, "git"), *output = cli_option(cli, "output");
	struct backup b = { .cli = cli, .flows = json_new_array(cli->arena),
			    .failed = json_new_array(cli->arena) };
	int code = cli_operands(cli, 0, 1);

	if (code == EXIT_FINE && dir && output)
		code = cli_fail(EXIT_USAGE, NULL, "--git and --output exclude each other");
	if (code == EXIT_FINE && cli->argc && cli_option(cli, "search"))
		code = cli_fail(EXIT_USAGE, NULL, "--search is for all flows");
	if (code != EXIT_FINE)
		return code;
	b.dir.path = dir ? dir : output;
	return backup(&b);
}
