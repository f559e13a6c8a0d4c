/*
 * cli.c - the command line: options from tables, the subcommand from its row, --help from both.
 *
 * Knows the shape of a command line and nothing of what a command does.
 */
#include "front/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "front/term.h"

/* Options that are no settings. */
static const struct cli_option plain_options[] = {
	{ "config", "FILE", "read this configuration file instead of the user's" },
	{ "practice", NULL, "use a made-up tenant on this machine: no account, no network" },
	{ "json", NULL, "print JSON for programs" },
	{ "help", NULL, "explain flowlatch, or a command" },
	{ "version", NULL, "print the version" },
	{ .name = NULL },
};

/* What was read of the command line so far. */
struct reading {
	struct cli *cli;
	char **argv;
	int argc, at;
	struct conf_option *settings;
	size_t setting_count;
	const char *file;
	bool help, version;
};

/* ---- finding ---- */

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (str_eq(str_from(commands[i].name), str_from(name)))
			return &commands[i];
	return NULL;
}

static const struct cli_option *find_option(const struct cli_option *o, struct str name)
{
	for (; o && o->name; o++)
		if (str_eq(str_from(o->name), name))
			return o;
	return NULL;
}

static const struct conf_key *find_setting(struct str name)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_keys[i].option && str_eq(str_from(conf_keys[i].option), name))
			return &conf_keys[i];
	return NULL;
}

bool cli_set(const struct cli *cli, const char *key)
{
	for (size_t i = 0; i < cli->setting_count; i++)
		if (str_eq(str_from(cli->settings[i].key), str_from(key)))
			return true;
	return false;
}

int cli_operands(const struct cli *cli, int least, int most)
{
	const struct command *c = cli->command;
	const char *hint = arena_printf(cli->arena, "usage: flowlatch %s %s", c->name, c->synopsis);

	if (cli->argc > most)
		return cli_fail(EXIT_USAGE, hint, "%s: unexpected argument '%s'", c->name,
				cli->argv[most]);
	if (cli->argc < least)
		return cli_fail(EXIT_USAGE, hint, "%s: an argument is missing", c->name);
	return EXIT_FINE;
}

/* ---- reading ---- */

static int unknown_option(struct reading *r, struct str name)
{
	const struct command *c = r->cli->command;
	const char *names[256], *near;
	size_t n = 0;

	for (const struct cli_option *o = c ? c->options : NULL; o && o->name && n < 64; o++)
		names[n++] = o->name;
	for (const struct cli_option *o = plain_options; o->name; o++)
		names[n++] = o->name;
	for (size_t i = 0; i < conf_key_count && n < 256; i++)
		if (conf_keys[i].option)
			names[n++] = conf_keys[i].option;
	near = cli_nearest(name, names, n);
	return cli_fail(EXIT_USAGE,
			near ? arena_printf(r->cli->arena, "did you mean --%s?", near) :
			c    ? arena_printf(r->cli->arena, "`flowlatch help %s` lists them", c->name) :
			       "`flowlatch help` lists them",
			"unknown option --%.*s", STR_ARG(name));
}

/* The value after an option: "--name=value" or the next word. */
static const char *value_of(struct reading *r, struct str given)
{
	if (given.p)
		return str_c(r->cli->arena, given);
	if (r->at < r->argc && !str_starts(str_from(r->argv[r->at]), S("--")))
		return r->argv[r->at++];
	return NULL;
}

static int needs_value(struct str name, const char *what)
{
	return cli_fail(EXIT_USAGE, NULL, "--%.*s needs a value: %s", STR_ARG(name), what);
}

static int takes_none(struct str name)
{
	return cli_fail(EXIT_USAGE, NULL, "--%.*s takes no value", STR_ARG(name));
}

static int read_setting(struct reading *r, const struct conf_key *k, struct str name,
			struct str given)
{
	const char *value = k->type == CONF_BOOL && !given.p ? "yes" : value_of(r, given);

	if (!value)
		return needs_value(name, k->help);
	r->settings[r->setting_count++] = (struct conf_option){ k->name, value };
	return EXIT_FINE;
}

/* `--json {...}` is an argument object and asks for JSON; alone, --json only asks for JSON. */
static void read_json(struct reading *r, struct str given)
{
	const struct command *c = r->cli->command;
	bool next = !given.p && r->at < r->argc && r->argv[r->at][0] == '{';

	r->cli->json = true;
	if (c && find_option(c->options, S("args")) && (given.p || next))
		cli_give(r->cli, "args", value_of(r, given));
}

static int read_plain(struct reading *r, const struct cli_option *o, struct str given)
{
	struct str name = str_from(o->name);

	if (str_eq(name, S("json"))) {
		read_json(r, given);
		return EXIT_FINE;
	}
	if (given.p && !o->value)
		return takes_none(name);
	if (str_eq(name, S("config"))) {
		r->file = value_of(r, given);
		return r->file ? EXIT_FINE : needs_value(name, o->help);
	}
	r->help |= str_eq(name, S("help"));
	r->version |= str_eq(name, S("version"));
	r->cli->practice |= str_eq(name, S("practice"));
	return EXIT_FINE;
}

static int read_option(struct reading *r, const char *word)
{
	const struct command *c = r->cli->command;
	struct str rest = str_from(word + 2), name = { 0 };
	const struct cli_option *own, *plain;
	const struct conf_key *k;

	str_cut(&rest, '=', &name);
	if (!strchr(word, '='))
		rest.p = NULL;
	own = c ? find_option(c->options, name) : NULL;
	plain = find_option(plain_options, name);
	k = find_setting(name);
	if (own && own->value) {
		const char *value = value_of(r, rest);

		if (!value)
			return needs_value(name, own->help);
		cli_give(r->cli, own->name, value);
		return EXIT_FINE;
	}
	if (own) {
		cli_give(r->cli, own->name, "");
		return rest.p ? takes_none(name) : EXIT_FINE;
	}
	if (plain)
		return read_plain(r, plain, rest);
	if (k)
		return read_setting(r, k, name, rest);
	if (!c || !c->loose)
		return unknown_option(r, name);
	r->cli->argv[r->cli->argc++] = r->argv[r->at - 1];
	return EXIT_FINE;
}

static int unknown_command(struct reading *r, const char *word)
{
	const char *names[64], *near;
	size_t n = 0;

	for (; n < command_count && n < 63; n++)
		names[n] = commands[n].name;
	names[n++] = "help";
	near = cli_nearest(str_from(word), names, n);
	return cli_fail(EXIT_USAGE,
			near ? arena_printf(r->cli->arena, "did you mean `flowlatch %s`?", near) :
			       "`flowlatch help` lists the commands",
			"unknown command '%s'", word);
}

static int read_operand(struct reading *r, char *word)
{
	struct cli *cli = r->cli;

	if (cli->command || r->help) {
		cli->argv[cli->argc++] = word;
		return EXIT_FINE;
	}
	if (str_eq(str_from(word), S("help"))) {
		r->help = true;
		return EXIT_FINE;
	}
	cli->command = find_command(word);
	return cli->command ? EXIT_FINE : unknown_command(r, word);
}

static int read_words(struct reading *r)
{
	bool operands_only = false;
	int code = EXIT_FINE;

	while (r->at < r->argc && code == EXIT_FINE) {
		char *word = r->argv[r->at++];

		if (operands_only || word[0] != '-' || !word[1])
			code = read_operand(r, word);
		else if (str_eq(str_from(word), S("--")))
			operands_only = true;
		else if (str_eq(str_from(word), S("-h")))
			r->help = true;
		else if (str_eq(str_from(word), S("-o")) && r->cli->command &&
			 find_option(r->cli->command->options, S("output")))
			code = read_option(r, "--output");
		else if (word[1] == '-')
			code = read_option(r, word);
		else
			code = cli_fail(EXIT_USAGE, "options are long: `flowlatch help` lists them",
					"unknown option %s", word);
	}
	return code;
}

/* ---- help ---- */

static const char *value_name(struct cli *cli, const struct conf_key *k)
{
	static const char *const names[] = {
		[CONF_TEXT] = "TEXT", [CONF_NAME] = "NAME",   [CONF_UUID] = "UUID",
		[CONF_TENANT] = "TENANT", [CONF_PATH] = "PATH", [CONF_URL] = "URL",
		[CONF_PROXY] = "URL", [CONF_LIST] = "LIST",   [CONF_HOSTS] = "LIST",
		[CONF_INT] = "N",
	};
	char *choices;

	if (k->type == CONF_BOOL)
		return NULL;
	if (k->type != CONF_CHOICE)
		return names[k->type];
	choices = arena_copy(cli->arena, k->choices, strlen(k->choices));
	for (char *p = choices; *p; p++)
		if (*p == ' ')
			*p = '|';
	return choices;
}

static void help_line(struct cli *cli, const char *left, const char *right)
{
	cli_out("  %s\n", left);
	cli_wrap(cli, 6, right);
}

static void help_option(struct cli *cli, const char *name, const char *value, const char *help)
{
	help_line(cli,
		  value ? arena_printf(cli->arena, "--%s %s", name, value) :
			  arena_printf(cli->arena, "--%s", name),
		  help);
}

static void help_options(struct cli *cli, const struct cli_option *o)
{
	for (; o && o->name; o++)
		help_option(cli, o->name, o->value, o->help);
}

static int help_command(struct cli *cli, const struct command *c)
{
	cli_out("flowlatch %s: %s\n\nusage: flowlatch %s [OPTION ...]%s%s\n", c->name, c->help,
		c->name, *c->synopsis ? " " : "", c->synopsis);
	if (c->options) {
		cli_out("\noptions of %s:\n", c->name);
		help_options(cli, c->options);
	}
	cli_out("\n`flowlatch help` lists the options that every command takes.\n");
	return EXIT_FINE;
}

static int help(struct reading *r)
{
	struct cli *cli = r->cli;
	const struct command *c = cli->command;

	if (!c && cli->argc) {
		c = find_command(cli->argv[0]);
		if (!c)
			return unknown_command(r, cli->argv[0]);
	}
	if (c)
		return help_command(cli, c);
	cli_out("flowlatch lets an agent, or you, work on Power Automate safely.\n\n"
		"usage: flowlatch [OPTION ...] COMMAND [ARGUMENT ...]\n\ncommands:\n");
	for (size_t i = 0; i < command_count; i++)
		cli_out("  %-12s%s\n", commands[i].name, commands[i].help);
	cli_out("  %-12s%s\n", "help", "explain flowlatch, or a command");
	cli_out("\noptions, before or after the command:\n");
	help_options(cli, plain_options);
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_keys[i].option)
			help_option(cli, conf_keys[i].option, value_name(cli, &conf_keys[i]),
				    conf_keys[i].help);
	cli_out("\nA first look, without an account:\n"
		"  flowlatch call list_live_environments --practice\n"
		"See flowlatch(1).\n");
	return EXIT_FINE;
}

/* ---- running ---- */

static size_t terminal_columns(bool tty)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	uint64_t n;

	if (columns && str_to_u64(str_from(columns), &n) && n >= 20 && n <= 2000)
		return (size_t)n;
	if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return tty ? 80 : 0;
}

static void look_at_terminal(struct cli *cli)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	cli->tty_out = isatty(STDOUT_FILENO);
	cli->columns = terminal_columns(cli->tty_out);
	cli->color = cli->tty_out && !(no_color && *no_color) && term &&
		     !str_eq(str_from(term), S("dumb"));
}

static bool load_conf(struct reading *r)
{
	static const enum log_level levels[] = { ['e'] = LOG_LEVEL_ERROR, ['w'] = LOG_LEVEL_WARN,
						 ['i'] = LOG_LEVEL_INFO, ['d'] = LOG_LEVEL_DEBUG };
	struct cli *cli = r->cli;
	const char *message = "";

	/* Practising neither depends on what a person has set up nor touches it. */
	if (!conf_load(cli->arena,
		       &(struct conf_request){ .file = r->file,
					       .options = r->settings,
					       .option_count = r->setting_count,
					       .options_only = cli->practice && !r->file,
					       .new_profile = cli->command->new_profile },
		       &cli->conf, &message)) {
		cli->conf_error = message;
		if (!cli->command->any_conf)
			cli_fail(EXIT_USAGE, NULL, "%s", message);
		return cli->command->any_conf;
	}
	log_set_level(levels[(unsigned char)cli->conf.log_level[0]]);
	return true;
}

static int run(struct reading *r)
{
	struct cli *cli = r->cli;
	int code = read_words(r);

	cli->settings = r->settings;
	cli->setting_count = r->setting_count;
	if (code != EXIT_FINE)
		return code;
	if (r->version) {
		cli_out("flowlatch %s\n", FLOWLATCH_VERSION);
		return EXIT_FINE;
	}
	if (r->help && !(cli->command && cli->command->loose && cli->argc))
		return help(r);
	if (!cli->command)
		return cli_fail(EXIT_USAGE, "`flowlatch help` explains; an MCP host wants "
					    "`flowlatch serve`", "no command given");
	if (cli->practice && !cli->command->practice)
		return cli_fail(EXIT_USAGE, NULL, "%s has nothing to do with --practice",
				cli->command->name);
	cli->help = r->help;
	if (cli->command->before)
		cli->command->before(cli);
	if (!cli->command->no_conf && !load_conf(r))
		return EXIT_USAGE;
	return cli->command->run(cli);
}

int cli_main(int argc, char **argv)
{
	struct arena arena;
	struct cli cli = { .arena = &arena, .words = argv };
	struct reading r = { .cli = &cli, .argv = argv, .argc = argc, .at = 1 };
	size_t room = (size_t)(argc > 0 ? argc : 0) + 1;
	int code;

	arena_init(&arena, LIMIT_CLI_ARENA);
	look_at_terminal(&cli);
	cli.argv = arena_array(&arena, room, sizeof(*cli.argv));
	r.settings = arena_array(&arena, room, sizeof(*r.settings));
	code = run(&r);
	cli_progress_end();
	/* A reader that has seen enough (`| head`) is no error. */
	if (!cli_flush() && errno != EPIPE && code == EXIT_FINE)
		code = cli_fail(EXIT_TEMPORARY, NULL, "cannot write to standard output: %s",
				strerror(errno));
	arena_release(&arena);
	return code;
}
