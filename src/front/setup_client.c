/*
 * setup_client.c - `flowlatch setup client`: the entry that makes an MCP host start flowlatch.
 *
 * Knows which command line a host needs so that it finds what the terminal finds; which hosts
 * there are and how their files are changed is work/clientconf.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "front/setup.h"
#include "front/term.h"
#include "work/clientconf.h"

struct setup {
	struct cli *cli;
	const struct client_host *host;
	enum client_scope scope;
	struct client_machine machine;
	struct clientconf_spot spot;
	const char *path;
	struct json *entry;
};

static const char *host_names(struct arena *a)
{
	struct buf b;

	buf_init_in(&b, a, 1024);
	for (size_t i = 0; i < client_host_count; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", client_hosts[i].name);
	return buf_c(&b);
}

/* ---- what the host shall run ---- */

/* A host passes HOME and five more variables: what other variables moved is named. */
static size_t command_line(struct setup *s, const char *self, const char *argv[12])
{
	const char *moved[CLIENT_MOVED];
	size_t n = 0, count;

	argv[n++] = self;
	if (s->cli->practice) {
		argv[n++] = "serve";
		argv[n++] = "--practice";
		return n;
	}
	argv[n++] = "serve";
	count = client_moved(s->cli->arena, &s->cli->conf, moved);
	for (size_t i = 0; i < count; i++)
		argv[n++] = moved[i];
	if (s->cli->conf.read_only)
		argv[n++] = "--read-only";
	return n;
}

/* Other settings of the environment are not seen by a server that a host starts. */
static const char *lost_variable(void)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		const char *v = conf_keys[i].variable ? getenv(conf_keys[i].variable) : NULL;

		if (v && *v && !str_eq(str_from(conf_keys[i].name), S("profile")) &&
		    !str_eq(str_from(conf_keys[i].name), S("read_only")) &&
		    !str_eq(str_from(conf_keys[i].name), S("state_dir")))
			return conf_keys[i].variable;
	}
	return NULL;
}

/* ---- options ---- */

static bool name_fits(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
			    name.p[i]))
			return false;
	return name.n >= 1 && name.n <= 20;
}

static int read_options(struct setup *s)
{
	struct cli *cli = s->cli;
	const char *scope = cli_option(cli, "scope"), *name = cli_option(cli, "name");
	const char *windows = cli_option(cli, "windows-home"), *message = "";
	int verbs = (cli_option(cli, "show") != NULL) + (cli_option(cli, "write") != NULL) +
		    (cli_option(cli, "undo") != NULL);

	s->host = client_host_find(str_from(cli->argv[0]));
	if (!s->host)
		return cli_fail(EXIT_USAGE,
				arena_printf(cli->arena, "it knows %s", host_names(cli->arena)),
				"setup client: there is no host '%s'", cli->argv[0]);
	if (verbs > 1)
		return cli_fail(EXIT_USAGE, NULL,
				"setup client: --show, --write and --undo exclude each other");
	if (scope && !str_eq(str_from(scope), S("user")) && !str_eq(str_from(scope), S("project")))
		return cli_fail(EXIT_USAGE, NULL, "--scope is user or project");
	s->scope = scope && scope[0] == 'p' ? CLIENT_PROJECT : CLIENT_USER;
	if (name && !name_fits(str_from(name)))
		return cli_fail(EXIT_USAGE, "tools are named after it, and hosts cut long names",
				"--name has up to 20 letters, digits and dashes");
	s->spot = (struct clientconf_spot){ s->host->format, s->host->container,
					    name ? name : "flowlatch" };
	if (!client_machine_look(cli->arena, windows, &s->machine, &message) && s->host->windows)
		return cli_fail(EXIT_USAGE, "name the one with --windows-home", "%s", message);
	s->path = client_file(cli->arena, s->host, s->scope, &s->machine);
	if (!s->path)
		return cli_fail(EXIT_USAGE, NULL, "%s has no configuration file of %s",
				s->host->title,
				s->scope == CLIENT_PROJECT ? "a project" : "a user here");
	return EXIT_FINE;
}

static int make_entry(struct setup *s)
{
	const char *dir = os_self_dir(s->cli->arena), *argv[12];
	struct client_machine here = s->machine;

	if (!dir)
		return cli_fail(EXIT_INTERNAL, NULL, "the path of this program is not known");
	/* A project's file is read by the host on either side. */
	if (s->scope == CLIENT_PROJECT && !cli_option(s->cli, "windows-home"))
		here.windows_home = NULL;
	s->entry = client_entry(s->cli->arena, s->host, &here, argv,
				command_line(s, arena_printf(s->cli->arena, "%s/flowlatch", dir),
					     argv));
	return EXIT_FINE;
}

/* ---- telling ---- */

static const char *again(const struct setup *s, const char *verb)
{
	const struct cli *cli = s->cli;
	struct buf b;

	buf_init_in(&b, cli->arena, 4096);
	buf_addf(&b, "flowlatch setup client %s --%s", s->host->name, verb);
	/* What it starts does not matter when it is taken out. */
	if (cli->practice && verb[0] == 'w')
		buf_addz(&b, " --practice");
	else if (verb[0] == 'w' && !str_eq(str_from(cli->conf.profile), S("default")))
		buf_addf(&b, " --profile %s", cli->conf.profile);
	if (s->scope == CLIENT_PROJECT)
		buf_addz(&b, " --scope project");
	if (!str_eq(str_from(s->spot.name), S("flowlatch")))
		buf_addf(&b, " --name %s", s->spot.name);
	return buf_c(&b);
}

static struct json *describe(struct setup *s, const char *state)
{
	struct json *v = json_new_object(s->cli->arena);

	json_set_z(s->cli->arena, v, "host", s->host->name);
	json_set_z(s->cli->arena, v, "scope", s->scope == CLIENT_PROJECT ? "project" : "user");
	json_set_z(s->cli->arena, v, "file", s->path);
	json_set_z(s->cli->arena, v, "name", s->spot.name);
	json_set_z(s->cli->arena, v, "state", state);
	return v;
}

static int show(struct setup *s)
{
	struct arena *a = s->cli->arena;
	const char *message = "", *state;
	struct clientconf_error e;
	struct clientconf_file f;
	struct json *servers, *now, *v;
	struct str sample;

	if (clientconf_load(a, s->path, s->spot.name, &f, &message) != CLIENTCONF_SAME)
		return cli_fail(EXIT_USAGE, NULL, "%s", message);
	servers = clientconf_servers(a, &s->spot, f.text, &e);
	if (!servers)
		return cli_fail(EXIT_USAGE, "mend it first; nothing was changed", "%s:%u: %s",
				f.path, e.line, e.message);
	now = json_get(servers, s->spot.name);
	state = now ? "same" : "absent";
	JSON_EACH(member, s->entry)
		if (now && !json_equal(json_get_n(now, json_name(member)), member))
			state = "different";
	sample = clientconf_sample(a, &s->spot, s->entry);
	if (s->cli->json) {
		v = describe(s, state);
		json_set(a, v, "entry", s->entry);
		json_set_str(a, v, "text", sample);
		cli_out_json(s->cli, v);
		return EXIT_FINE;
	}
	cli_out("%s reads %s, which %s.\n\n%.*s\n", s->host->title,
		cli_safe(s->cli, str_from(s->path), 0),
		!f.exists		      ? "is not there yet" :
		state[0] == 'a'		      ? "has no such entry" :
		state[0] == 's'		      ? "has this entry" :
						"has another entry of that name",
		STR_ARG(sample));
	if (state[0] != 's')
		cli_out("To put it there, with a backup of the file:\n  %s\n", again(s, "write"));
	return EXIT_FINE;
}

static int told(struct setup *s, enum clientconf_result r, const char *message, bool undo)
{
	struct arena *a = s->cli->arena;
	const char *path = cli_safe(s->cli, str_from(s->path), 0), *lost;
	struct clientconf_file f;
	struct json *v;

	if (r == CLIENTCONF_BROKEN)
		return cli_fail(EXIT_USAGE, "mend it first; nothing was changed", "%s", message);
	if (r == CLIENTCONF_FAILED)
		return cli_fail(EXIT_TEMPORARY, "nothing was changed", "%s", message);
	(void)clientconf_load(a, s->path, s->spot.name, &f, &message);
	if (s->cli->json) {
		v = describe(s, r == CLIENTCONF_SAME ? "unchanged" : undo ? "undone" : "written");
		if (f.has_backup)
			json_set_z(a, v, "backup", f.backup);
		if (!undo)
			json_set(a, v, "entry", s->entry);
		cli_out_json(s->cli, v);
	} else if (undo) {
		cli_out(r == CLIENTCONF_SAME ? "%s has no entry %s of ours.\n" :
					       "%s is without our entry %s again.\n",
			path, s->spot.name);
	} else if (r == CLIENTCONF_SAME) {
		cli_out("%s has this entry already.\n", path);
	} else {
		cli_out("Wrote the entry %s into %s.\n", s->spot.name, path);
		if (f.has_backup)
			cli_out("What was there before: %s\n",
				cli_safe(s->cli, str_from(f.backup), 0));
		cli_out("Now %s. To take it out again:\n  %s\n", s->host->reload,
			again(s, "undo"));
	}
	lost = undo || s->cli->practice ? NULL : lost_variable();
	if (lost)
		cli_err_str(str_fmt(a, "hint: %s is set here, but hosts do not pass it on; put "
				       "the setting into the configuration file\n", lost));
	return EXIT_FINE;
}

int setup_client(struct cli *cli)
{
	struct setup s = { .cli = cli };
	const char *message = "";
	enum clientconf_result r;
	int code = read_options(&s);

	if (code == EXIT_FINE)
		code = make_entry(&s);
	if (code != EXIT_FINE)
		return code;
	if (cli_option(cli, "write"))
		r = clientconf_write(cli->arena, s.path, &s.spot, s.entry, &message);
	else if (cli_option(cli, "undo"))
		r = clientconf_undo(cli->arena, s.path, &s.spot, &message);
	else
		return show(&s);
	return told(&s, r, message, cli_option(cli, "undo") != NULL);
}
