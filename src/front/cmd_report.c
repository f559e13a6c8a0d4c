/*
 * cmd_report.c - `flowlatch report run`: a run as one page that a person can keep and hand on.
 *
 * The data comes through the engine like that of any call, so it is masked and logged the same way.
 */
#include <string.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/session.h"
#include "front/show.h"
#include "front/term.h"
#include "front/view.h"
#include "tools/table.h"
#include "wire/loop.h"

const struct cli_option cmd_report_options[] = {
	{ "flow", "NAME", "the flow: id, exact name or link; a link to the run names it, too" },
	{ "output", "FILE", "where the page goes (run.html); - is standard output; short: -o" },
	{ .name = NULL },
};

struct reporting {
	struct cli *cli;
	struct session session;
	struct call *call;
	struct json *problem; /* the error document, or NULL */
	struct buf page;
	bool written, ended, interrupted;
};

static void on_reply(void *arg, const struct reply *reply)
{
	struct reporting *r = arg;

	cli_progress_end();
	if (reply->kind == REPLY_RESULT) {
		view_run_write(&r->page, reply->text);
		r->written = true;
	} else if (reply->kind == REPLY_ERROR) {
		r->problem = json_parse(r->cli->arena, reply->text, JSON_ANSWER, NULL);
	} else {
		call_cancel(r->call);
	}
}

static void on_end(void *arg)
{
	((struct reporting *)arg)->ended = true;
}

static void on_signal(void *arg, int signo)
{
	struct reporting *r = arg;

	(void)signo;
	r->interrupted = true;
	if (r->call && !r->ended)
		call_cancel(r->call);
}

static void ask_engine(struct reporting *r)
{
	const char *flow = cli_option(r->cli, "flow");
	struct json *arguments;
	struct arena arena;

	arena_init(&arena, LIMIT_CALL_ARENA);
	arguments = json_new_object(&arena);
	json_set_z(&arena, arguments, "runName", r->cli->argv[1]);
	if (flow)
		json_set_z(&arena, arguments, "flowName", flow);
	loop_on_signal(r->session.loop, on_signal, r);
	r->call = call_start(r->session.work, &(struct call_request){
						      .tool = &tool_get_live_flow_run_report,
						      .arguments = arguments,
						      .arena = &arena,
						      .client = { .name = "flowlatch",
								  .version = FLOWLATCH_VERSION },
						      .on_reply = on_reply,
						      .on_end = on_end,
						      .arg = r,
					      });
	while (r->call && !r->ended)
		loop_turn(r->session.loop, -1);
	arena_release(&arena);
}

static int write_page(struct reporting *r)
{
	const char *file = cli_option(r->cli, "output");
	int err;

	if (!buf_ok(&r->page))
		return cli_fail(EXIT_INTERNAL, NULL, "the page is too large");
	if (file && strcmp(file, "-") == 0) {
		cli_out_str(buf_str(&r->page));
		return EXIT_FINE;
	}
	file = file ? file : "run.html";
	err = os_write_atomic(file, buf_str(&r->page));
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "%s: %s",
				cli_safe(r->cli, str_from(file), 0), strerror(err));
	if (r->cli->json) {
		struct json *v = json_new_object(r->cli->arena);

		json_set_z(r->cli->arena, v, "file", file);
		json_set_int(r->cli->arena, v, "bytes", (int64_t)r->page.n);
		cli_out_json(r->cli, v);
	} else {
		cli_out("%s: %s. It has data of the run; open it with a browser.\n",
			cli_safe(r->cli, str_from(file), 0), cli_size(r->cli, r->page.n));
	}
	return EXIT_FINE;
}

int cmd_report(struct cli *cli)
{
	struct reporting r = { .cli = cli };
	int code = cli_operands(cli, 2, 2);

	if (code != EXIT_FINE)
		return code;
	if (strcmp(cli->argv[0], "run") != 0)
		return cli_fail(EXIT_USAGE, "flowlatch report run RUN", "there is no report of '%s'",
				cli_safe(cli, str_from(cli->argv[0]), 80));
	code = session_open(cli, &r.session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	buf_init(&r.page, LIMIT_PAGE);
	ask_engine(&r);
	if (r.written)
		code = write_page(&r);
	else if (r.problem && cli->json)
		cli_out_json(cli, r.problem);
	else if (r.problem)
		show_error(cli, r.problem);
	if (!r.written)
		code = r.interrupted ? EXIT_TEMPORARY : EXIT_FOUND;
	buf_free(&r.page);
	session_close(&r.session);
	return code;
}
