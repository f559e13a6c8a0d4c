/*
 * one_call.c - see one_call.h.
 */
#include "front/one_call.h"

#include "base/limits.h"
#include "front/show.h"
#include "front/term.h"
#include "wire/loop.h"

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
	struct one_call *o;
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

static void on_reply(void *arg, const struct reply *reply)
{
	struct running *r = arg;
	struct one_call *o = r->o;

	cli_progress_end();
	if (reply->kind != REPLY_RESULT && reply->kind != REPLY_ERROR) {
		r->code = cli_fail(EXIT_REFUSED, NULL, "%s needs an answer that this command cannot "
						       "ask for", o->tool->name);
		call_cancel(r->call);
		return;
	}
	o->answered = true;
	o->is_error = reply->kind == REPLY_ERROR;
	o->text = str_dup(r->cli->arena, reply->text);
	o->note = str_dup(r->cli->arena, reply->note);
	o->doc = json_parse(r->cli->arena, o->text, JSON_ANSWER, NULL);
	r->code = o->is_error ? exit_of(reply->err) : EXIT_FINE;
}

static void on_progress(void *arg, double value, double total, struct str message)
{
	struct running *r = arg;

	cli_progress(message.n ? str_c(r->cli->arena, message) : r->o->tool->title, value, total);
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

int one_call_run(struct cli *cli, struct session *s, struct one_call *o)
{
	struct running r = { .cli = cli, .o = o, .code = EXIT_INTERNAL };

	loop_on_signal(s->loop, on_signal, &r);
	arena_init(&r.arena, LIMIT_CALL_ARENA);
	r.arena.wipe = o->wipe;
	r.call = call_start(s->work, &(struct call_request){
					     .tool = o->tool,
					     .arguments = json_copy(&r.arena, o->arguments),
					     .arena = &r.arena,
					     .client = { .name = "flowlatch",
							 .version = FLOWLATCH_VERSION,
							 .wants_progress = true },
					     .on_reply = on_reply,
					     .on_progress = on_progress,
					     .on_end = on_end,
					     .arg = &r,
				     });
	while (r.call && !r.ended)
		loop_turn(s->loop, -1);
	arena_release(&r.arena);
	/* What a shell expects of a program that was interrupted. */
	return r.signo ? 128 + r.signo : r.code;
}

static void print_result(struct cli *cli, const struct one_call *o)
{
	if (cli->json && !cli->tty_out) {
		cli_out_str(o->text);
		cli_out("\n");
	} else if (cli->json) {
		cli_out_json(cli, o->doc);
	} else {
		show_result(cli, o->tool, o->doc);
		show_note(cli, o->tool, o->arguments, o->doc, o->note);
	}
}

void one_call_print(struct cli *cli, const struct one_call *o)
{
	if (!o->answered)
		return;
	if (!o->is_error)
		print_result(cli, o);
	else if (cli->json)
		cli_out_json(cli, o->doc);
	else
		show_error(cli, o->doc);
}
