/*
 * cmd_call.c - `flowlatch call`: one tool call from the command line, with the same engine,
 * checks and usage log as a call of an agent.
 */
#include "base/limits.h"
#include "front/commands.h"
#include "front/flags.h"
#include "front/session.h"
#include "front/show.h"
#include "front/term.h"
#include "wire/loop.h"

const struct cli_option cmd_call_options[] = {
	{ "args", "JSON|@FILE|-", "the arguments as one JSON object; flags are put on top of it" },
	{ .name = NULL },
};

/* What an error means to the caller of the program; everything else is EXIT_FOUND. */
static const struct {
	enum err err;
	int code;
} exits[] = {
	{ ERR_INVALID_ARGUMENT, EXIT_USAGE },	    { ERR_CONFIG, EXIT_USAGE },
	{ ERR_ENVIRONMENT_NEEDED, EXIT_USAGE },	    { ERR_AMBIGUOUS, EXIT_USAGE },
	{ ERR_NOT_SIGNED_IN, EXIT_SIGN_IN },	    { ERR_REAUTH_REQUIRED, EXIT_SIGN_IN },
	{ ERR_APPROVAL_REQUIRED, EXIT_REFUSED },    { ERR_APPROVAL_UNAVAILABLE, EXIT_REFUSED },
	{ ERR_REFUSED_BY_POLICY, EXIT_REFUSED },    { ERR_THROTTLED, EXIT_TEMPORARY },
	{ ERR_UPSTREAM, EXIT_TEMPORARY },	    { ERR_TIMEOUT, EXIT_TEMPORARY },
	{ ERR_NETWORK, EXIT_TEMPORARY },	    { ERR_LOG, EXIT_INTERNAL },
	{ ERR_INTERNAL, EXIT_INTERNAL },
};

struct running {
	struct cli *cli;
	struct session session;
	const struct tool *tool;
	struct json *arguments;
	struct arena arena; /* of the call */
	struct call *call;
	bool ended;
	int signo; /* that stopped us, or 0 */
	int code;
};

static int exit_of(enum err err)
{
	for (size_t i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		if (exits[i].err == err)
			return exits[i].code;
	return EXIT_FOUND;
}

static void print_result(struct running *r, const struct reply *reply)
{
	struct cli *cli = r->cli;
	struct json *doc = json_parse(cli->arena, reply->text, JSON_ANSWER, NULL);

	if (cli->json && !cli->tty_out) {
		cli_out_str(reply->text);
		cli_out("\n");
	} else if (cli->json) {
		cli_out_json(cli, doc);
	} else {
		show_result(cli, r->tool, doc);
	}
	if (!cli->json)
		show_note(cli, r->tool, r->arguments, doc, reply->note);
}

static void print_error(struct running *r, const struct reply *reply)
{
	struct json *doc = json_parse(r->cli->arena, reply->text, JSON_ANSWER, NULL);

	if (r->cli->json)
		cli_out_json(r->cli, doc);
	else
		show_error(r->cli, doc);
}

static void on_reply(void *arg, const struct reply *reply)
{
	struct running *r = arg;

	cli_progress_end();
	switch (reply->kind) {
	case REPLY_RESULT:
		r->code = EXIT_FINE;
		print_result(r, reply);
		break;
	case REPLY_ERROR:
		r->code = exit_of(reply->err);
		print_error(r, reply);
		break;
	default:
		r->code = cli_fail(EXIT_REFUSED, NULL, "%s needs an answer that this command cannot "
						       "ask for", r->tool->name);
		call_cancel(r->call);
	}
}

static void on_progress(void *arg, double value, double total, struct str message)
{
	struct running *r = arg;

	cli_progress(message.n ? str_c(r->cli->arena, message) : r->tool->title, value, total);
}

static void on_end(void *arg)
{
	((struct running *)arg)->ended = true;
}

static void on_signal(void *arg, int signo)
{
	struct running *r = arg;

	r->signo = signo;
	if (r->call && !r->ended)
		call_cancel(r->call);
}

static int run(struct running *r)
{
	loop_on_signal(r->session.loop, on_signal, r);
	arena_init(&r->arena, LIMIT_CALL_ARENA);
	r->call = call_start(r->session.work,
			     &(struct call_request){
				     .tool = r->tool,
				     .arguments = json_copy(&r->arena, r->arguments),
				     .arena = &r->arena,
				     .client = { .name = "flowlatch",
						 .version = FLOWLATCH_VERSION,
						 .wants_progress = true },
				     .on_reply = on_reply,
				     .on_progress = on_progress,
				     .on_end = on_end,
				     .arg = r,
			     });
	while (r->call && !r->ended)
		loop_turn(r->session.loop, -1);
	arena_release(&r->arena);
	/* What a shell expects of a program that was interrupted. */
	return r->signo ? 128 + r->signo : r->code;
}

int cmd_call(struct cli *cli)
{
	struct running r = { .cli = cli, .code = EXIT_INTERNAL };
	int code = cli->argc ? EXIT_FINE : cli_operands(cli, 1, 1);

	if (code != EXIT_FINE)
		return code;
	r.tool = flags_tool(cli, cli->argv[0]);
	if (!r.tool)
		return EXIT_USAGE;
	if (cli->help) {
		flags_explain(cli, r.tool);
		return EXIT_FINE;
	}
	r.arguments = flags_read(cli, r.tool, 1, &code);
	if (!r.arguments)
		return code;
	code = session_open(cli, &r.session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	code = session_tool(cli, &r.session, r.tool->name) ? run(&r) : EXIT_USAGE;
	session_close(&r.session);
	return code;
}
