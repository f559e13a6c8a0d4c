/*
 * cmd_diagnose.c - `flowlatch diagnose`: why a run failed, for a person in a terminal.
 *
 * The same call as an agent's; only the words differ.  Whatever comes from the tenant is escaped.
 */
#include "front/commands.h"
#include "front/one_call.h"
#include "front/show.h"
#include "tools/table.h"

const struct cli_option cmd_diagnose_options[] = {
	{ "action", "NAME", "explain this failed or skipped action instead" },
	{ "detail", "HOW", "short, normal or full" },
	{ .name = NULL },
};

static const char *safe(struct cli *cli, const struct json *v, const char *pointer)
{
	const struct json *x = json_at(v, pointer);

	return cli_safe(cli, json_is(x, JSON_STRING) ? json_str(x) :
			     x			     ? json_text(cli->arena, x) :
						       S(""),
			0);
}

/* A line with its name in front; nothing without a text. */
static void line(const char *name, const char *text)
{
	if (*text)
		cli_out("%-11s %s\n", name, text);
}

static void list(struct cli *cli, const char *name, const struct json *items)
{
	JSON_EACH(v, items) {
		line(name, cli_safe(cli, json_is(v, JSON_STRING) ? json_str(v) :
								   json_text(cli->arena, v), 0));
		name = "";
	}
}

static void show_action(struct cli *cli, const struct json *doc)
{
	const struct json *a = json_get(doc, "action");
	struct buf b;

	if (!a)
		return;
	buf_init_in(&b, cli->arena, 65536);
	JSON_EACH(v, json_get(a, "in")) {
		buf_adds(&b, json_str(v));
		buf_addz(&b, " > ");
	}
	buf_adds(&b, json_get_str(a, "name"));
	if (json_get_str(a, "type").n)
		buf_addf(&b, " (%s)", json_get_z(a, "type"));
	line("where", cli_safe(cli, buf_str(&b), 0));
}

static void show_error_of(struct cli *cli, const struct json *doc)
{
	const struct json *e = json_get(doc, "error");
	const char *code = safe(cli, e, "/code"), *status = safe(cli, e, "/statusCode");

	if (e)
		cli_out("%-11s %s%s%s%s%s\n", "error", code, *status ? " " : "", status,
			*code || *status ? ": " : "", safe(cli, e, "/message"));
}

static void show_expression(struct cli *cli, const struct json *doc)
{
	const struct json *e = json_get(doc, "expression");

	if (!e)
		return;
	line("expression", safe(cli, e, "/text"));
	if (json_get(e, "bad"))
		cli_out("%-11s %s%s%s\n", "", safe(cli, e, "/bad"), json_get(e, "value") ? " = " : "",
			safe(cli, e, "/value"));
	JSON_EACH(o, json_get(e, "cameFrom"))
		cli_out("%-11s from %s\n", "", safe(cli, o, "/from"));
}

static void show_iterations(struct cli *cli, const struct json *doc)
{
	const struct json *i = json_get(doc, "iterations");

	if (!i)
		return;
	cli_out("%-11s %s of %s failed\n", "iterations", safe(cli, i, "/failed"),
		safe(cli, i, "/of"));
	JSON_EACH(g, json_get(i, "groups")) {
		cli_out("%-11s %s times %s%s%s\n", "", safe(cli, g, "/count"), safe(cli, g, "/code"),
			*safe(cli, g, "/code") ? ": " : "", safe(cli, g, "/message"));
		cli_out("%-11s   %s %s\n", "", safe(cli, g, "/repetitions"), safe(cli, g, "/items"));
	}
}

static void show_fixes(struct cli *cli, const struct json *doc)
{
	int n = 0;

	JSON_EACH(f, json_get(doc, "fixes")) {
		cli_out("%-11s %d. %s\n", n ? "" : "mend", n + 1, safe(cli, f, "/why"));
		n++;
		JSON_EACH(op, json_get(f, "operations")) {
			struct buf path;

			buf_init_in(&path, cli->arena, 65536);
			JSON_EACH(key, json_get(op, "path")) {
				buf_addc(&path, '/');
				buf_adds(&path, json_is(key, JSON_STRING) ? json_str(key) :
									    json_number_text(key));
			}
			cli_out("%-11s    %s: %s\n", "", cli_safe(cli, buf_str(&path), 0),
				safe(cli, op, "/value"));
		}
	}
	line(n ? "" : "advice", n ? safe(cli, doc, "/fixesTried") : safe(cli, doc, "/advice"));
}

static void show_run(struct cli *cli, const struct json *doc)
{
	show_action(cli, doc);
	show_error_of(cli, doc);
	show_expression(cli, doc);
	show_iterations(cli, doc);
	list(cli, "empty", json_get(doc, "emptyInputs"));
	list(cli, "skipped", json_get(doc, "skipped"));
	list(cli, "also failed", json_get(doc, "alsoFailed"));
	list(cli, "handled", json_get(doc, "handled"));
	list(cli, "retries", json_get(doc, "retries"));
	list(cli, "waits for", json_get(doc, "waitingFor"));
	show_fixes(cli, doc);
	list(cli, "not read", json_get(doc, "missing"));
}

/* No run failed: the flow's own state. */
static void show_state(struct cli *cli, const struct json *doc)
{
	line("state", safe(cli, doc, "/state"));
	line("suspended", safe(cli, doc, "/flowSuspensionReason"));
	show_error_of(cli, doc);
	line("trigger", safe(cli, doc, "/trigger/name"));
	list(cli, "conditions", json_at(doc, "/trigger/conditions"));
	list(cli, "soon off", json_get(doc, "willBeSwitchedOff"));
	line("advice", safe(cli, doc, "/advice"));
}

static void show(struct cli *cli, const struct json *doc)
{
	cli_out("%s\n\n", safe(cli, doc, "/summary"));
	line("run", safe(cli, doc, "/runName"));
	line("cause", safe(cli, doc, "/cause"));
	if (json_get(doc, "confidence"))
		line("confidence", safe(cli, doc, "/confidence"));
	list(cli, "because", json_get(doc, "reasons"));
	if (json_get(doc, "confidence"))
		show_run(cli, doc);
	else
		show_state(cli, doc);
	for (doc = json_get(doc, "child"); doc; doc = json_get(doc, "child")) {
		cli_out("\nin flow %s, run %s:\n", safe(cli, doc, "/flowName"),
			safe(cli, doc, "/runName"));
		show_run(cli, doc);
	}
}

static struct json *arguments_of(struct cli *cli)
{
	struct json *v = json_new_object(cli->arena);

	json_set_z(cli->arena, v, "flowName", cli->argv[0]);
	if (cli->argc > 1)
		json_set_z(cli->arena, v, "runName", cli->argv[1]);
	if (cli_option(cli, "action"))
		json_set_z(cli->arena, v, "actionName", cli_option(cli, "action"));
	if (cli_option(cli, "detail"))
		json_set_z(cli->arena, v, "detail", cli_option(cli, "detail"));
	return v;
}

int cmd_diagnose(struct cli *cli)
{
	struct one_call o = { .tool = &tool_diagnose_live_flow_run };
	struct session session;
	int code = cli_operands(cli, 1, 2);

	if (code != EXIT_FINE)
		return code;
	o.arguments = arguments_of(cli);
	code = session_open(cli, &session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	code = session_tool(cli, &session, o.tool->name) ? one_call_run(cli, &session, &o) :
							   EXIT_USAGE;
	if (o.answered && !o.is_error && !cli->json)
		show(cli, o.doc);
	else
		one_call_print(cli, &o);
	session_close(&session);
	return code;
}
