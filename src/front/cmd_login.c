/*
 * cmd_login.c - `flowlatch login`: shows the code, waits for the person, stores the sign-in.
 *
 * The code and the address go to standard error, so that --json leaves standard output to programs.
 */
#include <stdio.h>

#include "front/commands.h"
#include "front/term.h"
#include "wire/loop.h"
#include "work/audit.h"
#include "work/signin.h"
#include "work/store.h"

struct login {
	struct cli *cli;
	struct loop *loop;
	int code;
	bool interrupted;
};

static void on_code(void *arg, const struct signin_code *code)
{
	struct login *l = arg;
	const char *uri = cli_safe(l->cli, code->verification_uri, 0);

	cli_err_str(str_fmt(l->cli->arena,
			    "\n    Open      %s\n    and enter %s\n\n"
			    "Check that the page names the application that you expect. Waiting up to "
			    "%lld minutes; Ctrl-C stops.\n",
			    uri, cli_safe(l->cli, code->user_code, 0),
			    (long long)((code->expires_in_s + 59) / 60)));
}

static void on_wait(void *arg, int64_t seconds_left)
{
	char text[64];

	(void)arg;
	snprintf(text, sizeof(text), "waiting for you, %lld:%02lld left",
		 (long long)(seconds_left / 60), (long long)(seconds_left % 60));
	cli_progress(text, 0, 0);
}

/* Signing in is one of the things that the usage log is for. */
static void log_signin(struct login *l, const struct signin_end *e)
{
	struct store *store = store_new(&l->cli->conf);
	const char *dir = store ? store_dir(store) : NULL;
	struct audit *audit = NULL;

	if (dir)
		audit = audit_new(&(struct audit_options){
			.dir = arena_printf(l->cli->arena, "%s/log", dir),
			.store = store,
			.days = (int)l->cli->conf.log_days,
		});
	if (audit)
		audit_append(audit,
			     &(struct audit_record){
				     .event = AUDIT_LOGIN,
				     .sync = AUDIT_SYNC,
				     .tool = S("login"),
				     .api = S("login"),
				     .klass = 'M',
				     .trust = 'S',
				     .channel = S("terminal"),
				     .decision = S("approved"),
				     .who = str_from(e->object_id),
				     .tenant = str_from(e->tenant_id),
				     .status = e->err == ERR_OK ? S("ok") : S("error"),
				     .err = e->err,
				     .correlation = str_from(e->correlation),
			     },
			     NULL);
	audit_free(audit);
	store_free(store);
}

static void on_end(void *arg, const struct signin_end *e)
{
	struct login *l = arg;
	struct cli *cli = l->cli;
	struct json *v;

	cli_progress_end();
	loop_stop(l->loop);
	log_signin(l, e);
	if (e->err != ERR_OK) {
		const char *id = e->correlation[0] ? ", correlation id " : "", *where = "";

		if (e->service_code[0])
			where = arena_printf(cli->arena, " (%s%s%s)", e->service_code, id,
					     cli_safe(cli, str_from(e->correlation), 0));
		l->code = cli_fail(e->err == ERR_NETWORK || e->err == ERR_TIMEOUT ? EXIT_TEMPORARY
				   : e->err == ERR_CONFIG			  ? EXIT_USAGE
										  : EXIT_SIGN_IN,
				   e->next, "%s%s", cli_safe(cli, str_from(e->message), 0), where);
		return;
	}
	l->code = EXIT_FINE;
	if (!cli->json) {
		cli_out("Signed in as %s%s%s%s, tenant %s.\n",
			cli_safe(cli, str_from(e->name), 0), e->username[0] ? " (" : "",
			cli_safe(cli, str_from(e->username), 0), e->username[0] ? ")" : "",
			cli_safe(cli, str_from(e->tenant_id), 0));
		return;
	}
	v = json_new_object(cli->arena);
	json_set_z(cli->arena, v, "profile", cli->conf.profile);
	json_set_z(cli->arena, v, "displayName", e->name);
	json_set_z(cli->arena, v, "userPrincipalName", e->username);
	json_set_z(cli->arena, v, "objectId", e->object_id);
	json_set_z(cli->arena, v, "tenantId", e->tenant_id);
	json_set_z(cli->arena, v, "scope", e->scope);
	cli_out_json(cli, v);
}

static void on_signal(void *arg, int signo)
{
	struct login *l = arg;

	(void)signo;
	l->interrupted = true;
	loop_stop(l->loop);
}

int cmd_login(struct cli *cli)
{
	struct login l = { .cli = cli, .code = EXIT_INTERNAL };
	int code = cli_operands(cli, 0, 0);
	struct signin *s;

	if (code != EXIT_FINE)
		return code;
	l.loop = loop_new();
	if (!l.loop)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	loop_on_signal(l.loop, on_signal, &l);
	s = signin_device(&(struct signin_options){
		.conf = &cli->conf,
		.loop = l.loop,
		.on_code = on_code,
		.on_wait = on_wait,
		.on_end = on_end,
		.arg = &l,
	});
	if (s)
		loop_run(l.loop);
	signin_free(s);
	loop_free(l.loop);
	if (!l.interrupted)
		return l.code;
	cli_progress_end();
	return cli_fail(EXIT_SIGN_IN, NULL, "stopped; nothing was changed");
}
