/*
 * cmd_approve.c - `flowlatch approve`: a person reads the whole card and says yes or no.
 *
 * The answer goes to files that the waiting server finds; the PIN is what an agent with a
 * shell does not have.  Knows the dialogue; files and PIN are work/approve*.c.
 */
#include "base/limits.h"
#include "base/os.h"
#include "front/approve_edit.h"
#include "front/commands.h"
#include "front/desk.h"
#include "work/approve.h"
#include "work/store.h"

const struct cli_option cmd_approve_options[] = {
	{ "set-pin", NULL, "choose the PIN, or another one" },
	{ "list", NULL, "show what waits, and end" },
	{ .name = NULL },
};

static const char *seconds(struct cli *cli, int64_t ms)
{
	return cli_duration(cli, (ms + 999) / 1000 * 1000);
}

static int no_terminal(void)
{
	return cli_fail(EXIT_USAGE, NULL,
			"this needs a terminal, because a PIN is never given in another way");
}

/* ---- the PIN ---- */

/* Asks until it is right; false when there is nothing more to try now. */
static bool right_pin(struct desk *d, const char *prompt)
{
	for (;;) {
		struct str pin = desk_ask(d, prompt, true);
		int64_t wait = 0;
		enum pin_result r;

		if (!pin.p || !pin.n)
			return false;
		r = pin_check(d->cli->arena, d->store, d->approvals, pin, os_wall_ms(), &wait);
		os_wipe((char *)(uintptr_t)pin.p, pin.n);
		switch (r) {
		case PIN_RIGHT:
			return true;
		case PIN_WRONG:
			desk_record(d, AUDIT_DENY, "approve", "wrong_pin", "terminal", "");
			cli_out("Wrong. The next try is possible in %s.\n", seconds(d->cli, wait));
			if (wait > 10000)
				return false;
			cli_flush();
			desk_wait(d, (int)wait, false);
			break;
		case PIN_LOCKED:
			cli_out("Too many wrong tries. Wait %s.\n", seconds(d->cli, wait));
			return false;
		case PIN_ABSENT:
			cli_out("No PIN is set. Set one with: flowlatch approve --set-pin\n");
			return false;
		case PIN_FAILED:
			cli_fail(EXIT_INTERNAL, store_next(d->store), "the PIN cannot be checked: %s",
				 store_message(d->store));
			return false;
		}
	}
}

static int set_pin(struct desk *d)
{
	struct str first, second;
	const char *fault;
	bool same;

	if (d->tty < 0)
		return no_terminal();
	if (pin_is_set(d->store) && !right_pin(d, "The PIN so far: "))
		return EXIT_REFUSED;
	first = desk_ask(d, "New PIN: ", true);
	fault = first.p ? pin_fault(first) : "it was not given";
	if (fault)
		return cli_fail(EXIT_USAGE, NULL, "no PIN was set: %s", fault);
	second = desk_ask(d, "Once more: ", true);
	same = second.p && str_eq(first, second);
	if (!same)
		return cli_fail(EXIT_USAGE, NULL, "no PIN was set: the two differ");
	if (pin_set(d->cli->arena, d->store, first) != PIN_RIGHT)
		return cli_fail(EXIT_INTERNAL, store_next(d->store), "the PIN cannot be stored: %s",
				store_message(d->store));
	os_wipe((char *)(uintptr_t)first.p, first.n);
	os_wipe((char *)(uintptr_t)second.p, second.n);
	if (!desk_record(d, AUDIT_POLICY, "approve", "pin_set", "terminal", ""))
		return EXIT_INTERNAL;
	cli_out("The PIN is set.\n");
	return EXIT_FINE;
}

/* ---- one question ---- */

static const char *plan_text(struct desk *d, const struct approval_code *c)
{
	struct buf b;

	buf_init_in(&b, d->cli->arena, 16);
	crypt_hex(&b, str_bytes(c->approval.plan, 4));
	return buf_c(&b);
}

/* `edited`: what the person made of the arguments; approved already as a plan of its own. */
static int say(struct desk *d, const struct approval_code *c, bool yes,
	       const struct json *edited)
{
	const char *why = "";

	/* The decision counts only when it is in the log. */
	if (!desk_record(d, AUDIT_DECIDE, c->tool,
			 edited ? "edited" : yes ? "approved" : "declined", "terminal",
			 plan_text(d, c)))
		return EXIT_INTERNAL;
	if (!approval_decide(d->cli->arena, d->approvals, d->key, c, yes, edited, os_wall_ms(),
			     &why))
		return cli_fail(EXIT_INTERNAL, NULL, "%s", why);
	if (edited)
		return EXIT_FINE;
	cli_out(yes ? "Approved. It runs when the agent calls again, within 5 minutes.\n"
		    : "Declined.\n");
	return yes ? EXIT_FINE : EXIT_REFUSED;
}

enum said { SAID_NOTHING, SAID_NO, SAID_YES, SAID_EDIT };

static enum said ask_once(struct desk *d, const struct approval_code *c)
{
	const char *prompt = c->arguments ? "Run this once? yes, no or edit: " :
					    "Run this once? yes or no: ";
	struct str answer;

	if (c->typed[0])
		prompt = c->arguments ? "To run this, type the target's name; edit changes it; "
					"empty declines: " :
					"To run this, type the target's name; empty declines: ";
	answer = desk_ask(d, prompt, false);
	if (!answer.p)
		return SAID_NOTHING;
	answer = str_trim(answer);
	if (c->typed[0] && str_eq(answer, str_from(c->typed)))
		return SAID_YES;
	if (c->arguments && str_eq_nocase(answer, S("edit")))
		return SAID_EDIT;
	return !c->typed[0] && (str_eq_nocase(answer, S("yes")) || str_eq_nocase(answer, S("y"))) ?
		       SAID_YES :
		       SAID_NO;
}

static void show_card(const struct approval_code *c)
{
	cli_out("\n");
	cli_out_str(str_from(c->card));
	cli_out("\n");
}

/* What the person makes of the arguments is a question of its own: another card, another plan,
 * perhaps another class. */
static int decide_edited(struct desk *d, const struct approval_code *c)
{
	struct approval_code edited;
	int code;

	if (!approve_edit(d, c, &edited))
		return EXIT_REFUSED;
	show_card(&edited);
	if (ask_once(d, &edited) != SAID_YES || !right_pin(d, "PIN: "))
		return say(d, &edited, false, NULL);
	code = say(d, &edited, true, NULL);
	return code == EXIT_FINE ? say(d, c, true, edited.arguments) : code;
}

static int decide(struct desk *d, const struct approval_code *c)
{
	show_card(c);
	if (!pin_is_set(d->store))
		return cli_fail(EXIT_REFUSED, "flowlatch approve --set-pin", "no PIN is set yet");
	for (;;) {
		switch (ask_once(d, c)) {
		case SAID_NOTHING:
			return EXIT_REFUSED;
		case SAID_NO:
			return say(d, c, false, NULL);
		case SAID_YES:
			return right_pin(d, "PIN: ") ? say(d, c, true, NULL) : EXIT_REFUSED;
		case SAID_EDIT:
			if (decide_edited(d, c) == EXIT_FINE)
				return EXIT_FINE;
			cli_out("Back to the call as the agent made it.\n");
		}
	}
}

/* ---- all of them ---- */

static struct json *describe(struct desk *d, const struct approval_code *c, size_t n)
{
	struct json *out = json_new_array(d->cli->arena);

	for (size_t i = 0; i < n; i++) {
		struct json *v = json_new_object(d->cli->arena);

		json_set_z(d->cli->arena, v, "code", c[i].code);
		json_set_z(d->cli->arena, v, "tool", c[i].tool);
		json_set_z(d->cli->arena, v, "class", c[i].klass);
		json_set_z(d->cli->arena, v, "sentence", c[i].sentence);
		json_set_z(d->cli->arena, v, "plan", plan_text(d, &c[i]));
		json_set_int(d->cli->arena, v, "secondsLeft", (c[i].expires - os_wall_ms()) / 1000);
		json_push(out, v);
	}
	return out;
}

static void show(struct desk *d, const struct approval_code *c, size_t n)
{
	static const char *const titles[] = { "code", "class", "expires", "what" };
	struct cli_table *t;

	if (!n) {
		cli_out("Nothing waits for approval.\n");
		return;
	}
	t = cli_table_new(d->cli, 4, titles);
	for (size_t i = 0; i < n; i++)
		cli_table_row(t, (const char *[]){ c[i].code, c[i].klass,
						   cli_when(d->cli, c[i].expires),
						   cli_safe(d->cli, str_from(c[i].sentence), 0) });
	cli_table_print(t);
}

static const struct approval_code *find(const struct approval_code *c, size_t n, struct str typed)
{
	for (size_t i = 0; i < n; i++)
		if (approval_code_is(c[i].code, typed))
			return &c[i];
	return NULL;
}

struct live {
	size_t shown; /* SIZE_MAX: show again */
	bool over;
};

/* Shows the list where it changed, and takes a line if there is one. */
static void look(struct desk *d, struct live *l)
{
	struct approval_code *c;
	const struct approval_code *one;
	size_t n = approval_list(d->cli->arena, d->approvals, d->key, os_wall_ms(), &c);
	struct str line;

	if (n != l->shown) {
		show(d, c, n);
		cli_out(n ? "A code, or q to end: " : "(q ends)\n");
		l->shown = n;
	}
	if (!cli_flush())
		l->over = true;
	/* A second, so that the list lives. */
	if (!desk_wait(d, 1000, true))
		return;
	line = desk_ask(d, "", false);
	l->over = !line.p || str_eq(str_trim(line), S("q"));
	l->shown = SIZE_MAX;
	one = l->over ? NULL : find(c, n, str_trim(line));
	if (one)
		decide(d, one);
	else if (!l->over && str_trim(line).n)
		cli_out("There is no such code.\n");
}

/* Each look has memory of its own, so that a list left open for a day costs no more. */
static bool look_in(struct desk *d, struct arena *mine, struct live *l)
{
	jmp_buf out;

	if (arena_guard(mine, &out))
		return false;
	d->cli->arena = mine;
	look(d, l);
	return true;
}

static int live_list(struct desk *d)
{
	struct arena mine, *of_cli = d->cli->arena;
	struct live l = { .shown = SIZE_MAX };
	bool fine = true;

	while (fine && !l.over) {
		arena_init(&mine, LIMIT_CLI_ARENA);
		fine = look_in(d, &mine, &l);
		d->cli->arena = of_cli;
		arena_release(&mine);
	}
	return fine ? EXIT_FINE : cli_fail(EXIT_INTERNAL, NULL, "memory is out");
}

static int run(struct desk *d)
{
	struct cli *cli = d->cli;
	const struct approval_code *one;
	struct approval_code *c;
	size_t n;

	if (cli_option(cli, "set-pin"))
		return set_pin(d);
	n = approval_list(cli->arena, d->approvals, d->key, os_wall_ms(), &c);
	if (cli->json) {
		cli_out_json(cli, describe(d, c, n));
		return EXIT_FINE;
	}
	if (cli_option(cli, "list")) {
		show(d, c, n);
		return EXIT_FINE;
	}
	if (d->tty < 0)
		return no_terminal();
	if (!cli->argc)
		return live_list(d);
	one = find(c, n, str_from(cli->argv[0]));
	if (!one)
		return cli_fail(EXIT_FOUND, "flowlatch approve shows what waits",
				"no question with this code waits; codes live 10 minutes");
	return decide(d, one);
}

int cmd_approve(struct cli *cli)
{
	struct desk d;
	int code = cli_operands(cli, 0, 1);

	if (code != EXIT_FINE)
		return code;
	code = desk_open(cli, &d);
	if (code != EXIT_FINE)
		return code;
	code = run(&d);
	desk_close(&d);
	return code;
}
