/*
 * session.c - the loop and the engine that a command works with.
 */
#include "front/session.h"

#include "front/practice.h"
#include "tools/table.h"
#include "wire/loop.h"

/* A signal that comes before the command routes them to itself waits for that: what was started
 * must be ended too. */
static void on_early_signal(void *arg, int signo)
{
	(void)arg;
	(void)signo;
}

int session_open(struct cli *cli, struct session *s, const char *front, bool practice)
{
	const char *message = "out of memory";

	*s = (struct session){ .loop = loop_new() };
	if (s->loop && practice && cli->practice && loop_on_signal(s->loop, on_early_signal, NULL))
		s->practice = practice_start(cli->arena, s->loop, &cli->conf, &message);
	if (s->loop && !(practice && cli->practice && !s->practice))
		s->work = work_new(cli->arena,
				   &(struct work_options){ .loop = s->loop,
							   .conf = &cli->conf,
							   .tools = tools_table,
							   .tool_count = tools_count,
							   .front = front,
							   .standard = tools_standard,
							   .standard_count = tools_standard_count },
				   &message);
	if (!s->work) {
		session_close(s);
		return cli_fail(EXIT_USAGE, NULL, "%s", message);
	}
	if (s->practice)
		practice_attach(s->practice, s->work);
	return EXIT_FINE;
}

void session_close(struct session *s)
{
	work_free(s->work);
	practice_stop(s->practice);
	loop_free(s->loop);
	*s = (struct session){ 0 };
}

const struct tool *session_tool(struct cli *cli, const struct session *s, const char *name)
{
	const struct tool *t = work_tool(s->work, str_from(name));

	const char *why = work_tool_absent(s->work, cli->arena, str_from(name));

	if (!t)
		cli_fail(EXIT_USAGE, "`flowlatch tools` lists what it offers",
			 "profile %s does not offer %s: %s", cli->conf.profile, name,
			 why ? why : "it does not know it");
	return t;
}
