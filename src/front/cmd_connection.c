/*
 * cmd_connection.c - `flowlatch connection add`: a connection whose key a person types.
 *
 * Keys are typed at the terminal with echo off, live in locked memory, and go to the service and
 * nowhere else: no option, file or pipe is read for them.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/os.h"
#include "front/commands.h"
#include "front/desk.h"
#include "front/one_call.h"
#include "front/term.h"
#include "tools/connection_add.h"

enum { MOST_TYPED = 32 };

const struct cli_option cmd_connection_options[] = {
	{ "environment", "NAME", "where it is made: name, id or link" },
	{ "name", "TEXT", "what the connection is called" },
	{ "set", "NAME", "one of several ways to sign in" },
	{ .name = NULL },
};

struct adding {
	struct cli *cli;
	struct session session;
	struct desk desk; /* only its terminal */
	struct connection_typed typed[MOST_TYPED + 1];
	struct secret *values[MOST_TYPED];
	size_t count;
};

static void put_option(struct cli *cli, struct json *arguments, const char *option,
		       const char *name)
{
	const char *value = cli_option(cli, option);

	if (value)
		json_set_z(cli->arena, arguments, name, value);
}

static int call(struct adding *a, bool make, struct one_call *o)
{
	struct cli *cli = a->cli;
	struct json *arguments = json_new_object(cli->arena);

	json_set_z(cli->arena, arguments, "connectorName", cli->argv[1]);
	put_option(cli, arguments, "environment", "environmentName");
	put_option(cli, arguments, "name", "displayName");
	put_option(cli, arguments, "set", "set");
	if (make)
		json_set_bool(cli->arena, arguments, "make", true);
	*o = (struct one_call){ .tool = &tool_connection_add, .arguments = arguments,
				.wipe = make };
	connection_typed = make ? a->typed : NULL;
	return one_call_run(cli, &a->session, o);
}

/* ---- typing ---- */

static bool is_choice(const struct json *choices, struct str text)
{
	JSON_EACH (v, choices)
		if (str_eq(json_str(v), text))
			return true;
	return !json_first(choices);
}

static const char *prompt_of(struct cli *cli, const struct json *p)
{
	const struct json *choices = json_get(p, "choices");
	struct str title = json_get_str(p, "title");
	struct buf b;

	buf_init_in(&b, cli->arena, 4096);
	buf_addz(&b, cli_safe(cli, title.n ? title : json_get_str(p, "name"), 80));
	JSON_EACH (v, choices)
		buf_addf(&b, "%s%s", v == json_first(choices) ? " (" : ", ",
			 cli_safe(cli, json_str(v), 40));
	buf_addz(&b, json_first(choices) ? ")" : "");
	buf_addz(&b, json_is_true(json_get(p, "required")) ? ": " : " (may be left out): ");
	return buf_ok(&b) ? buf_c(&b) : "Value: ";
}

/* False: the person stopped, or it cannot be hidden. */
static bool type_one(struct adding *a, const struct json *p)
{
	bool secret = json_is_true(json_get(p, "secret"));
	bool required = json_is_true(json_get(p, "required"));

	for (;;) {
		struct str text = desk_ask(&a->desk, prompt_of(a->cli, p), secret);
		char *own = text.p ? (char *)(uintptr_t)text.p : NULL;

		if (!own)
			return false;
		if (!text.n && !required)
			return true;
		if (text.n && is_choice(json_get(p, "choices"), text)) {
			a->values[a->count] = secret_new(text);
			os_wipe(own, text.n);
			if (!a->values[a->count])
				return false;
			a->typed[a->count].name = json_get_z(p, "name");
			a->typed[a->count].value = a->values[a->count];
			a->count++;
			return true;
		}
		os_wipe(own, text.n);
	}
}

static int type_all(struct adding *a, const struct json *doc)
{
	struct cli *cli = a->cli;

	cli_err_str(str_fmt(cli->arena, "A connection of %s. Keys are not shown while you type.\n",
			    cli_safe(cli, json_get_str(doc, "displayName"), 80)));
	JSON_EACH (p, json_get(doc, "parameters")) {
		if (a->count == MOST_TYPED)
			return cli_fail(EXIT_FOUND, NULL, "the connector wants more than %d values",
					MOST_TYPED);
		if (!type_one(a, p))
			return cli_fail(EXIT_REFUSED, NULL, "stopped; nothing was sent");
	}
	return EXIT_FINE;
}

/* A call that waits for an approval is made again once it was given; what was typed is kept
 * meanwhile. */
static int make(struct adding *a)
{
	struct one_call o;
	int code = call(a, true, &o);
	struct str code_of_plan = json_str(json_at(o.doc, "/error/data/code"));

	if (code == EXIT_REFUSED && code_of_plan.n) {
		one_call_print(a->cli, &o);
		if (!desk_ask(&a->desk, "Approve it in another terminal, then press Enter: ", false).p)
			return cli_fail(EXIT_REFUSED, NULL, "stopped; nothing was sent");
		code = call(a, true, &o);
	}
	one_call_print(a->cli, &o);
	return code;
}

static int add(struct adding *a)
{
	struct one_call o;
	int code = call(a, false, &o);

	if (code != EXIT_FINE) {
		one_call_print(a->cli, &o);
		return code;
	}
	a->desk.tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (a->desk.tty < 0)
		return cli_fail(EXIT_USAGE, "run it yourself in a terminal",
				"keys are typed by a person: there is no terminal");
	code = type_all(a, o.doc);
	return code == EXIT_FINE ? make(a) : code;
}

int cmd_connection(struct cli *cli)
{
	struct adding a = { .cli = cli, .desk = { .cli = cli, .tty = -1 } };
	int code = cli_operands(cli, 2, 2);

	if (code != EXIT_FINE)
		return code;
	if (strcmp(cli->argv[0], "add") != 0)
		return cli_fail(EXIT_USAGE, "flowlatch connection add CONNECTOR",
				"connection has no command '%s'",
				cli_safe(cli, str_from(cli->argv[0]), 40));
	code = session_open(cli, &a.session, "cli", true);
	if (code != EXIT_FINE)
		return code;
	code = add(&a);
	connection_typed = NULL;
	for (size_t i = 0; i < a.count; i++)
		secret_free(a.values[i]);
	if (a.desk.tty >= 0)
		close(a.desk.tty);
	session_close(&a.session);
	return code;
}
