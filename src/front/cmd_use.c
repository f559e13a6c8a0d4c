/*
 * cmd_use.c - `flowlatch use`: which environment calls of this profile mean when they name none.
 *
 * A name, an id or a link of the maker portal is looked up among the person's environments, and
 * its id is written into the profile.  When nobody is signed in or the service is not reached, it
 * is written as it was given, and a hint says so: the first call that uses it will tell.
 */
#include <string.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/session.h"
#include "front/term.h"
#include "tools/table.h"
#include "wire/loop.h"
#include "work/reference.h"
#include "work/resolve.h"

const struct cli_option cmd_use_options[] = {
	{ "none", NULL, "forget it again" },
	{ .name = NULL },
};

/* The environments of the person, asked for through the engine like any call. */
struct listing {
	struct cli *cli;
	struct session session;
	struct json *list; /* NULL: there is none, and why */
	const char *why;
	bool ended, interrupted;
	struct call *call;
};

static const char *file_of(const struct cli *cli)
{
	const char *dir = cli->conf.file ? NULL : os_config_dir(cli->arena);

	return cli->conf.file ? cli->conf.file :
	       dir	      ? arena_printf(cli->arena, "%s/flowlatch.conf", dir) :
				NULL;
}

static int show(struct cli *cli, const char *title)
{
	const char *name = cli->conf.environment;
	struct json *v = json_new_object(cli->arena);

	json_set_z(cli->arena, v, "profile", cli->conf.profile);
	json_set(cli->arena, v, "environment",
		 name ? json_new_z(cli->arena, name) : json_new_null(cli->arena));
	if (title)
		json_set_z(cli->arena, v, "displayName", title);
	if (cli->json)
		cli_out_json(cli, v);
	else if (title)
		cli_out("profile %s: %s (%s)\n", cli->conf.profile,
			cli_safe(cli, str_from(title), 0), cli_safe(cli, str_from(name), 0));
	else
		cli_out("profile %s: %s\n", cli->conf.profile,
			name ? cli_safe(cli, str_from(name), 0) : "no environment is set");
	return EXIT_FINE;
}

/* ---- asking ---- */

static void on_reply(void *arg, const struct reply *reply)
{
	struct listing *l = arg;
	struct json *doc = json_parse(l->cli->arena, reply->text, JSON_ANSWER, NULL);
	struct str message = json_str(json_at(doc, "/error/message"));

	if (reply->kind == REPLY_RESULT && json_is(doc, JSON_ARRAY))
		l->list = doc;
	else
		l->why = message.n ? str_c(l->cli->arena, message) : "the service was not asked";
	if (reply->kind == REPLY_QUESTIONS)
		call_cancel(l->call);
}

static void on_end(void *arg)
{
	((struct listing *)arg)->ended = true;
}

static void on_signal(void *arg, int signo)
{
	struct listing *l = arg;

	(void)signo;
	l->interrupted = true;
	if (l->call && !l->ended)
		call_cancel(l->call);
}

static bool ask_service(struct listing *l)
{
	struct arena arena;

	if (session_open(l->cli, &l->session, "cli", false) != EXIT_FINE)
		return false;
	loop_on_signal(l->session.loop, on_signal, l);
	arena_init(&arena, LIMIT_CALL_ARENA);
	l->call = call_start(l->session.work, &(struct call_request){
						      .tool = &tool_list_live_environments,
						      .arguments = json_new_object(&arena),
						      .arena = &arena,
						      .client = { .name = "flowlatch",
								  .version = FLOWLATCH_VERSION },
						      .on_reply = on_reply,
						      .on_end = on_end,
						      .arg = l,
					      });
	while (l->call && !l->ended)
		loop_turn(l->session.loop, -1);
	arena_release(&arena);
	session_close(&l->session);
	return !l->interrupted;
}

/* ---- choosing ---- */

/* The environments that `name` may mean: the one with that id, or those with that display name. */
static struct json *matches(struct cli *cli, const struct json *list, struct str name)
{
	struct json *out = json_new_array(cli->arena);

	JSON_EACH(e, list)
		if (str_eq_nocase(json_get_str(e, "id"), name))
			json_push(out, json_copy(cli->arena, e));
	return json_count(out) ? out : resolve_match(cli->arena, list, name);
}

static const char *candidates(struct cli *cli, const struct json *list)
{
	struct buf b;
	size_t n = 0;

	buf_init_in(&b, cli->arena, 65536);
	JSON_EACH(e, list)
	{
		if (n++ == RESOLVE_CANDIDATES) {
			buf_addz(&b, ", ...");
			break;
		}
		buf_addf(&b, "%s%s (%s)", n > 1 ? ", " : "",
			 cli_safe(cli, json_get_str(e, "displayName"), 60),
			 cli_safe(cli, json_get_str(e, "id"), 60));
	}
	return buf_c(&b);
}

static int none_of(struct cli *cli, const struct json *list, const char *name)
{
	const struct json *near = resolve_nearest(cli->arena, list, str_from(name));

	if (!json_count(list))
		return cli_fail(EXIT_USAGE, "sign in with the account that the flows belong to: "
					    "flowlatch login",
				"this account sees no environment at all");
	return cli_fail(EXIT_USAGE,
			arena_printf(cli->arena, "there are %s",
				     candidates(cli, json_count(list) > RESOLVE_CANDIDATES ? near :
											     list)),
			"no environment has the name or id '%s'",
			cli_safe(cli, str_from(name), 80));
}

static int write_it(struct cli *cli, const char *name)
{
	const char *file = file_of(cli);
	int err;

	if (!file)
		return cli_fail(EXIT_USAGE, NULL, "there is no home directory to write to");
	err = conf_write(cli->arena, file, cli->conf.profile, "environment", name);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: cannot set environment: %s", file,
				strerror(err));
	cli->conf.environment = name;
	return EXIT_FINE;
}

static int choose(struct cli *cli, const char *name)
{
	struct reference ref = reference_read(cli->arena, str_from(name), WANT_ENVIRONMENT);
	struct listing l = { .cli = cli };
	const struct json *hits, *one;
	const char *title = NULL;
	int code;

	if (ref.kind == REFERENCE_FOREIGN || ref.kind == REFERENCE_EMPTY)
		return cli_fail(EXIT_USAGE, NULL, "this link names no environment");
	if (ref.kind == REFERENCE_LINK && ref.environment.p)
		name = str_c(cli->arena, ref.environment);
	if (!ask_service(&l))
		return cli_fail(EXIT_TEMPORARY, NULL, "stopped; nothing was changed");
	if (l.list) {
		hits = matches(cli, l.list, str_from(name));
		one = json_first(hits);
		if (!one)
			return none_of(cli, l.list, name);
		if (json_count(hits) > 1)
			return cli_fail(EXIT_USAGE,
					arena_printf(cli->arena, "use an id: %s",
						     candidates(cli, hits)),
					"%zu environments are called '%s'", json_count(hits),
					cli_safe(cli, str_from(name), 80));
		name = json_get_z(one, "id");
		title = json_get_z(one, "displayName");
	}
	code = write_it(cli, name);
	if (code != EXIT_FINE)
		return code;
	if (!l.list)
		cli_err_str(str_fmt(cli->arena, "hint: not looked up: %s\n",
				    cli_safe(cli, str_from(l.why), 0)));
	return show(cli, title);
}

int cmd_use(struct cli *cli)
{
	bool none = cli_option(cli, "none") != NULL;
	int code = cli_operands(cli, 0, none ? 0 : 1);

	if (code != EXIT_FINE)
		return code;
	if (cli->argc)
		return choose(cli, cli->argv[0]);
	if (none)
		code = write_it(cli, NULL);
	return code == EXIT_FINE ? show(cli, NULL) : code;
}
