/*
 * cmd_login.c - `flowlatch login`: shows the code or opens the browser, waits for the person.
 *
 * What a person must read goes to standard error, so that --json leaves standard output to
 * programs.
 */
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "front/commands.h"
#include "front/keys.h"
#include "front/login.h"
#include "front/login_store.h"
#include "wire/opener.h"
#include "front/stand.h"
#include "front/term.h"
#include "wire/loop.h"
#include "work/audit.h"
#include "work/signin.h"
#include "work/store.h"

const struct cli_option cmd_login_options[] = {
	{ "browser", NULL, "sign in with the browser of this machine instead of a code" },
	{ "no-open", NULL, "with --browser: only show the address" },
	{ "audience", "NAME", "sign in for this service (flow, powerapps, powerplatform, apihub, or the "
			      "address of a Dataverse organisation)" },
	{ "quick", NULL, "do not look what the sign-in is good for and what is there" },
	{ "letter", NULL, "print the letter to an administrator who has to consent, and end" },
	{ .name = NULL },
};

/* Credentials of applications, as options of other programs. */
static const char *const app_only[] = {
	"--client-secret", "--certificate", "--certificate-file", "--certificate-path",
	"--service-principal", "--federated-token", "--identity", "--secret",
};

/* What the next key is for. */
enum asking { ASK_NOTHING, ASK_AGAIN, ASK_LETTER };

struct login {
	struct cli *cli;
	struct loop *loop;
	struct hosts *hosts;
	struct signin *signin;
	struct opener *opener;
	struct keys *keys;
	struct loop_timer restart;
	enum audience audience;
	struct str organisation;
	struct signin_end end;
	bool browser, ended, interrupted, expired;
	enum asking asking;
	unsigned port;
	int code;
};

static void begin(struct login *l);

/* ---- what the person sees ---- */

static void tell(struct login *l, const char *text)
{
	cli_progress_end();
	cli_err_str(str_from(text));
	(void)l;
}

static void tell_keys(struct login *l)
{
	if (keys_at_terminal(l->keys))
		tell(l, "If the page says that an administrator must approve, press a here. "
			"Ctrl-C stops.\n");
}

static void on_code(void *arg, const struct signin_code *code)
{
	struct login *l = arg;
	struct cli *cli = l->cli;
	struct str big = { 0 };

	if (cli->tty_out)
		big = login_big_code(cli, code->user_code);
	tell(l, arena_printf(cli->arena, "\n    Open      %s\n    and enter %s\n\n",
			     cli_safe(cli, code->verification_uri, 0),
			     cli_safe(cli, code->user_code, 0)));
	if (big.p)
		tell(l, arena_printf(cli->arena, "%.*s\n", STR_ARG(big)));
	tell(l, arena_printf(cli->arena,
			     "Check that the page names the application that you expect. The code is "
			     "good for %lld %s.\n",
			     (long long)(code->expires_in_s < 120 ? code->expires_in_s :
								    code->expires_in_s / 60),
			     code->expires_in_s < 120 ? "seconds" : "minutes"));
	tell_keys(l);
}

static void on_opened(void *arg, bool opened)
{
	struct login *l = arg;

	if (!opened)
		tell(l, "No browser could be opened from here: open the address yourself.\n");
}

static void on_address(void *arg, struct str url, unsigned port)
{
	struct login *l = arg;
	struct cli *cli = l->cli;
	const char *shown = cli_safe(cli, url, 0);

	l->port = port;
	tell(l, arena_printf(cli->arena,
			     "\nSign in with your browser:\n\n%s\n\n"
			     "Check that the page names the application that you expect.\n"
			     "With a browser on another machine, its last page cannot be loaded: copy the "
			     "address of that\npage (http://localhost:%u/?...), paste it here and press "
			     "Enter.\n",
			     shown, port));
	tell_keys(l);
	if (!cli_option(cli, "no-open"))
		l->opener = opener_start(l->loop, cli->arena, shown, on_opened, l);
}

static void on_wait(void *arg, int64_t seconds_left)
{
	char text[64];

	(void)arg;
	snprintf(text, sizeof(text), "waiting for you, %lld:%02lld left",
		 (long long)(seconds_left / 60), (long long)(seconds_left % 60));
	cli_progress(text, 0, 0);
}

/* ---- keys ---- */

static bool on_key(void *arg, char key)
{
	struct login *l = arg;

	if (key == 'a')
		tell(l, arena_printf(l->cli->arena, "\n%.*s\n",
				     STR_ARG(login_letter(l->cli, l->hosts))));
	if (l->asking == ASK_LETTER)
		loop_stop(l->loop);
	/* With a code there is nothing to paste, so no key is text. */
	return key == 'a' || l->asking != ASK_NOTHING || !l->browser;
}

static void restart(void *arg)
{
	struct login *l = arg;

	signin_free(l->signin);
	l->signin = NULL;
	begin(l);
}

static void on_line(void *arg, struct str line)
{
	struct login *l = arg;

	if (l->asking == ASK_LETTER) {
		loop_stop(l->loop);
	} else if (l->asking == ASK_AGAIN) {
		l->asking = ASK_NOTHING;
		loop_timer_set(l->loop, &l->restart, 0, restart, l);
	} else if (str_eq(line, S("a"))) {
		on_key(l, 'a');
	} else if (line.n && l->browser && !l->ended && !signin_paste(l->signin, line)) {
		tell(l, arena_printf(l->cli->arena,
				     "That is not the address that this sign-in ended at: it begins with "
				     "http://localhost:%u/?\n",
				     l->port));
	}
}

static void on_signal(void *arg, int signo)
{
	struct login *l = arg;

	(void)signo;
	l->interrupted = true;
	loop_stop(l->loop);
}

/* ---- the end ---- */

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

static int failed(struct login *l)
{
	const struct signin_end *e = &l->end;
	struct cli *cli = l->cli;
	const char *id = e->correlation[0] ? ", correlation id " : "", *where = "";
	char now[25];
	int code;

	os_format_time(os_wall_ms(), now);
	if (e->service_code[0])
		where = arena_printf(cli->arena, " (%s%s%s, %.19sZ)", e->service_code, id,
				     cli_safe(cli, str_from(e->correlation), 0), now);
	code = cli_fail(e->err == ERR_NETWORK || e->err == ERR_TIMEOUT ? EXIT_TEMPORARY
			: e->err == ERR_CONFIG			       ? EXIT_USAGE
								       : EXIT_SIGN_IN,
			e->next, "%s%s", cli_safe(cli, str_from(e->message), 0), where);
	if (!e->admin)
		return code;
	tell(l, arena_printf(cli->arena,
			     "An administrator can consent for everybody, at\n  %s\n"
			     "`flowlatch login --letter` prints a letter that explains it.\n",
			     login_consent_link(cli, l->hosts)));
	if (keys_at_terminal(l->keys)) {
		tell(l, "Press a for the letter now, any other key to end.\n");
		l->asking = ASK_LETTER;
	}
	return code;
}

static const char *who(struct login *l)
{
	const struct signin_end *e = &l->end;
	struct cli *cli = l->cli;
	const char *upn = cli_safe(cli, str_from(e->username), 0);
	const char *name = arena_printf(cli->arena, "%s%s%s%s", cli_safe(cli, str_from(e->name), 0),
					*upn ? " (" : "", upn, *upn ? ")" : "");
	const char *tenant = cli_safe(cli, str_from(e->tenant_id), 0);

	if (!e->home_tenant[0])
		return arena_printf(cli->arena, "%s, at home in tenant %s", name, tenant);
	return arena_printf(cli->arena, "%s, a guest in tenant %s (at home in %s)", name, tenant,
			    cli_safe(cli, str_from(e->home_tenant), 0));
}

static void describe(struct login *l, const struct stand *stand)
{
	const struct signin_end *e = &l->end;
	struct arena *a = l->cli->arena;
	struct json *v = json_new_object(a);

	json_set_z(a, v, "profile", l->cli->conf.profile);
	json_set_z(a, v, "displayName", e->name);
	json_set_z(a, v, "userPrincipalName", e->username);
	json_set_z(a, v, "objectId", e->object_id);
	json_set_z(a, v, "tenantId", e->tenant_id);
	json_set_bool(a, v, "guest", e->home_tenant[0] != 0);
	if (e->home_tenant[0])
		json_set_z(a, v, "homeTenantId", e->home_tenant);
	json_set_z(a, v, "scope", e->scope);
	if (stand)
		stand_describe(l->cli, stand, v);
	cli_out_json(l->cli, v);
}

static int succeeded(struct login *l)
{
	struct cli *cli = l->cli;
	bool look = !cli_option(cli, "quick");
	struct stand stand;

	cli->conf.tenant = l->end.tenant_id;
	if (look)
		stand_look(cli, &stand);
	if (cli->json) {
		describe(l, look ? &stand : NULL);
		return EXIT_FINE;
	}
	if (look && stand.service_count) {
		stand_table(cli, &stand);
		cli_out("\n");
	}
	cli_out("Signed in as %s%s.\n", who(l), look ? stand_counts(cli, &stand) : "");
	if (look && stand.problem)
		cli_out("Not all could be counted: %s\n", cli_safe(cli, str_from(stand.problem), 0));
	else if (look && stand.flows == 0 && !stand.partly)
		stand_no_flows(cli, &stand, l->end.home_tenant);
	return EXIT_FINE;
}

static void on_account(void *arg, const struct signin_end *account)
{
	struct login *l = arg;

	cli_progress_end();
	login_record(l->cli, account, l->browser ? "browser" : "device");
}

static const char *keep(struct login *l, const char *text)
{
	return arena_copy(l->cli->arena, text, strlen(text));
}

static void on_end(void *arg, const struct signin_end *e)
{
	struct login *l = arg;

	cli_progress_end();
	log_signin(l, e);
	/* A new code is one key away, but a person must be there to press it (RFC 8628 3.5). */
	if (e->expired && keys_at_terminal(l->keys)) {
		tell(l, arena_printf(l->cli->arena, "%s Press Enter to try again; Ctrl-C stops.\n",
				     e->message));
		l->asking = ASK_AGAIN;
		l->expired = true;
		return;
	}
	l->end = *e;
	l->end.message = keep(l, e->message);
	l->end.next = e->next ? keep(l, e->next) : NULL;
	l->end.service_code = keep(l, e->service_code);
	l->end.correlation = keep(l, e->correlation);
	l->end.name = keep(l, e->name);
	l->end.username = keep(l, e->username);
	l->end.object_id = keep(l, e->object_id);
	l->end.tenant_id = keep(l, e->tenant_id);
	l->end.home_tenant = keep(l, e->home_tenant);
	l->end.scope = keep(l, e->scope);
	l->ended = true;
	if (e->err != ERR_OK)
		l->code = failed(l);
	if (l->asking == ASK_NOTHING)
		loop_stop(l->loop);
}

/* ---- the command ---- */

static void begin(struct login *l)
{
	const struct signin_options o = {
		.conf = &l->cli->conf,
		.loop = l->loop,
		.audience = l->audience,
		.organisation = l->organisation,
		.on_code = on_code,
		.on_address = on_address,
		.on_wait = on_wait,
		.on_account = on_account,
		.on_end = on_end,
		.arg = l,
	};

	l->signin = l->browser ? signin_browser(&o) : signin_device(&o);
	if (!l->signin)
		loop_stop(l->loop);
}

static int wait_for_person(struct login *l)
{
	l->loop = loop_new();
	if (!l->loop)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	loop_on_signal(l->loop, on_signal, l);
	l->keys = keys_open(&(struct keys_options){ .loop = l->loop, .on_key = on_key,
						    .on_line = on_line, .arg = l });
	begin(l);
	if (l->signin)
		loop_run(l->loop);
	keys_close(l->keys);
	opener_free(l->opener);
	loop_timer_clear(&l->restart);
	signin_free(l->signin);
	loop_free(l->loop);
	cli_progress_end();
	if (l->ended)
		return l->end.err == ERR_OK ? succeeded(l) : l->code;
	if (!l->interrupted)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	return cli_fail(l->expired ? EXIT_TEMPORARY : EXIT_SIGN_IN, NULL,
			"stopped; nothing was changed");
}

static bool take_audience(struct login *l)
{
	struct str name = str_from(cli_option(l->cli, "audience"));

	if (!name.n)
		return true;
	l->audience = audience_from_name(name);
	if (l->audience > AUD_NONE && l->audience < AUD__MAX && l->audience != AUD_DATAVERSE)
		return true;
	l->audience = AUD_DATAVERSE;
	l->organisation = host_origin(l->hosts, l->cli->arena, HOST_DATAVERSE, name);
	return str_starts(name, S("https://")) && l->organisation.p;
}

static int refuse_app_only(const char *what)
{
	return cli_fail(EXIT_REFUSED,
			"what Microsoft allows instead: a licensed account of its own for the job, signed "
			"in once with `flowlatch login` (store = refresh_token_file on a server); for "
			"Dataverse alone an application user; for administration a management application "
			"(New-PowerAppManagementApp)",
			"%s: flowlatch signs in persons, not applications, because Power Automate gives "
			"tokens without a person no access to flows",
			what);
}

/* The options that nobody knows are left in argv. */
static int refuse_unknown(struct cli *cli)
{
	struct str word = str_from(cli->argv[0]), name;

	str_cut(&word, '=', &name);
	for (size_t i = 0; i < sizeof(app_only) / sizeof(*app_only); i++)
		if (str_eq(name, str_from(app_only[i])))
			return refuse_app_only(app_only[i]);
	return cli_fail(EXIT_USAGE, "`flowlatch help login` lists what there is",
			str_starts(name, S("--")) ? "unknown option %.*s" :
						    "login: unexpected argument '%.*s'", STR_ARG(name));
}

int cmd_login(struct cli *cli)
{
	struct login l = { .cli = cli, .browser = cli_option(cli, "browser") != NULL };
	const char *message = "", *warning;
	int code;

	if (cli->argc)
		return refuse_unknown(cli);
	if (!cli->conf.client_id)
		return login_choices(cli);
	l.hosts = hosts_new(cli->arena, &cli->conf, &message);
	if (!l.hosts)
		return cli_fail(EXIT_USAGE, NULL, "%s", message);
	if (!take_audience(&l))
		return cli_fail(EXIT_USAGE, NULL, "--audience is flow, powerapps, powerplatform, apihub, or "
						  "the https address of a Dataverse organisation");
	if (cli_option(cli, "letter")) {
		cli_out_str(login_letter(cli, l.hosts));
		return EXIT_FINE;
	}
	code = login_choose_store(cli);
	if (code != EXIT_FINE)
		return code;
	warning = login_borrowed(cli);
	if (warning)
		tell(&l, arena_printf(cli->arena, "warning: %s\n", warning));
	return wait_for_person(&l);
}
