/*
 * cmd_doctor.c - `flowlatch doctor`: what is wrong, why, and the command that mends it.
 *
 * Runs twice at the same time: as the person, and in a child process with the six variables that
 * hosts pass to a server (the official SDKs' list).  What is looked at is work/doctor.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/term.h"
#include "wire/helper.h"
#include "wire/loop.h"
#include "work/clientconf.h"
#include "work/doctor.h"

const struct cli_option cmd_doctor_options[] = {
	{ "host-env", NULL, "look only with the environment that hosts give to a server" },
	{ .name = NULL },
};

/* DEFAULT_INHERITED_ENV_VARS of the TypeScript and Python SDKs. */
static const char *const host_variables[] = { "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER" };

enum { HOST_VARIABLES = sizeof(host_variables) / sizeof(*host_variables) };

struct run {
	struct cli *cli;
	struct loop *loop;
	struct doctor *doctor;
	struct helper *child;
	struct loop_timer tick;
	int64_t started;
	struct json *found; /* by the child */
	bool ended, child_ended, interrupted;
};

/* ---- the environment of a host ---- */

static bool is_host_variable(const char *entry)
{
	for (size_t i = 0; i < HOST_VARIABLES; i++) {
		size_t n = strlen(host_variables[i]);

		if (!strncmp(entry, host_variables[i], n) && entry[n] == '=')
			return true;
	}
	return false;
}

/* "NAME=value" of the six, NULL at the end. */
static const char **host_environment(struct arena *a)
{
	const char **env = arena_array(a, HOST_VARIABLES + 1, sizeof(*env));
	size_t n = 0;

	for (char **e = environ; e && *e; e++)
		if (n < HOST_VARIABLES && is_host_variable(*e))
			env[n++] = *e;
	return env;
}

static const char *self(struct arena *a)
{
	const char *dir = os_self_dir(a);

	return dir ? arena_printf(a, "%s/flowlatch", dir) : NULL;
}

/* ---- the second run ---- */

static void maybe_over(struct run *r)
{
	if (r->ended && r->child_ended)
		loop_stop(r->loop);
}

static void on_line(void *arg, struct str line)
{
	struct run *r = arg;
	struct json *v = json_parse(r->cli->arena, line, JSON_STRICT, NULL);

	if (v)
		r->found = v;
}

static void on_child_end(void *arg, int status)
{
	struct run *r = arg;

	(void)status;
	r->child_ended = true;
	maybe_over(r);
}

static void start_child(struct run *r)
{
	struct arena *a = r->cli->arena;
	const char *path = self(a), *moved[CLIENT_MOVED], **argv;
	size_t n = 0, count = r->cli->conf_error ? 0 : client_moved(a, &r->cli->conf, moved);

	while (r->cli->words[n])
		n++;
	argv = arena_array(a, n + count + 3, sizeof(*argv));
	memcpy(argv, r->cli->words, n * sizeof(*argv));
	/* What `setup client` would write is known to a server; what is written is another row. */
	memcpy(argv + n, moved, count * sizeof(*argv));
	argv[n + count] = "--host-env";
	argv[n + count + 1] = "--json";
	r->child = path ? helper_start(r->loop, &(struct helper_request){
						.path = path,
						.argv = argv,
						.env = host_environment(a),
						.timeout_ms = LIMIT_DOCTOR_MS + 5000,
						.on_line = on_line,
						.on_end = on_child_end,
						.arg = r,
					}) :
			  NULL;
	r->child_ended = !r->child;
}

/* ---- telling ---- */

/* The exit code says what kind of trouble comes first. */
static int exit_code(enum doctor_check c)
{
	switch (c) {
	case DOCTOR_CONFIGURATION:
	case DOCTOR_CLIENT_ID:
	case DOCTOR_TENANT:
		return EXIT_USAGE;
	case DOCTOR_STORE:
	case DOCTOR_SIGN_IN:
	case DOCTOR_AUDIENCES:
		return EXIT_SIGN_IN;
	case DOCTOR_PROXY:
	case DOCTOR_NAMES:
	case DOCTOR_CONNECTION:
	case DOCTOR_SERVICES:
		return EXIT_TEMPORARY;
	default:
		return EXIT_FOUND;
	}
}

/* Not everything can be mended by a command. */
static bool is_sentence(const char *command)
{
	return (command[0] >= 'A' && command[0] <= 'Z') || !strncmp(command, "ask ", 4);
}

static void tell(struct cli *cli, const struct doctor_finding *f)
{
	static const char *const marks[] = { [DOCTOR_FINE] = "ok  ", [DOCTOR_NOTE] = "note",
					     [DOCTOR_BAD] = "FAIL", [DOCTOR_SKIPPED] = "-   " };
	bool color = cli->color && f->state == DOCTOR_BAD;

	cli_out("%s%s%s %s: %s%s", color ? "\033[31m" : "", marks[f->state], color ? "\033[0m" : "",
		doctor_name(f->check), f->host ? "when a host starts it: " : "",
		cli_safe(cli, str_from(f->what), 0));
	if (f->why)
		cli_out("; %s", cli_safe(cli, doctor_bare(str_from(f->why)), 0));
	if (f->command)
		cli_out(". %s: %s",
			f->state != DOCTOR_BAD	       ? "To change it" :
			is_sentence(f->command) ? "Next" :
							 "Run",
			cli_safe(cli, str_from(f->command), 0));
	cli_out("\n");
}

static int report(struct run *r)
{
	static const enum doctor_state order[] = { DOCTOR_BAD, DOCTOR_NOTE, DOCTOR_FINE,
						   DOCTOR_SKIPPED };
	const struct doctor_finding *f = doctor_findings(r->doctor);
	struct json *v;
	int code = EXIT_FINE;

	for (; f && code == EXIT_FINE; f = f->next)
		if (f->state == DOCTOR_BAD)
			code = exit_code(f->check);
	if (r->cli->json) {
		v = doctor_json(r->doctor);
		json_set_z(r->cli->arena, v, "version", FLOWLATCH_VERSION);
		cli_out_json(r->cli, v);
		return code;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (f = doctor_findings(r->doctor); f; f = f->next)
			if (f->state == order[i])
				tell(r->cli, f);
	if (code == EXIT_FINE)
		cli_out("Nothing is wrong.\n");
	return code;
}

/* ---- running ---- */

static void on_end(void *arg)
{
	struct run *r = arg;

	r->ended = true;
	maybe_over(r);
}

static void on_signal(void *arg, int signo)
{
	struct run *r = arg;

	(void)signo;
	r->interrupted = true;
	loop_stop(r->loop);
}

static void on_tick(void *arg)
{
	struct run *r = arg;
	double s = (double)(os_now_ms() - r->started) / 1000.0;

	cli_progress("looking at the network and the sign-in", s, LIMIT_DOCTOR_MS / 1000.0);
	loop_timer_set(r->loop, &r->tick, 500, on_tick, r);
}

static int run(struct run *r, bool host_env)
{
	struct cli *cli = r->cli;

	if (host_env)
		r->child_ended = true;
	else
		start_child(r);
	r->doctor = doctor_start(cli->arena, &(struct doctor_options){
						     .conf = &cli->conf,
						     .conf_error = cli->conf_error,
						     .loop = r->loop,
						     .short_run = host_env,
						     .on_end = on_end,
						     .arg = r,
					     });
	if (!cli->json)
		on_tick(r);
	loop_run(r->loop);
	loop_timer_clear(&r->tick);
	cli_progress_end();
	if (r->interrupted)
		return cli_fail(EXIT_FOUND, NULL, "stopped; nothing was changed");
	if (!host_env)
		doctor_merge(r->doctor, r->found);
	return report(r);
}

/* With --host-env nothing else of the environment counts, not even for the configuration. */
void cmd_doctor_before(struct cli *cli)
{
	size_t i = 0;

	if (!cli_option(cli, "host-env"))
		return;
	while (environ && environ[i]) {
		const char *entry = environ[i];

		if (!is_host_variable(entry))
			unsetenv(arena_copy(cli->arena, entry, strcspn(entry, "=")));
		/* What is no variable at all stays, and harms nobody. */
		i += environ[i] == entry;
	}
}

int cmd_doctor(struct cli *cli)
{
	bool host_env = cli_option(cli, "host-env") != NULL;
	struct run r = { .cli = cli, .started = os_now_ms() };
	int code = cli_operands(cli, 0, 0);

	if (code != EXIT_FINE)
		return code;
	r.loop = loop_new();
	if (!r.loop)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	loop_on_signal(r.loop, on_signal, &r);
	code = run(&r, host_env);
	helper_free(r.child);
	doctor_free(r.doctor);
	loop_free(r.loop);
	return code;
}
