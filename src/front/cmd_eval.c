/*
 * cmd_eval.c - `flowlatch eval`: the value of an expression, or the engine's error and its place.
 *
 * Needs no account, no configuration and no network.
 */
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/cmd_flow.h"
#include "front/commands.h"
#include "front/flow_file.h"
#include "front/term.h"
#include "wdl/explain.h"

const struct cli_option cmd_eval_options[] = {
	{ "context", "FILE", "what the expression sees: trigger, actions, variables, ... as JSON" },
	{ "now", "TIME", "the time of utcNow, such as 2026-11-21T18:00:00Z" },
	{ "seed", "N", "make guid and rand repeatable" },
	{ NULL },
};

enum { LONGEST_STEP = 100000, MOST_STEPS = 400 };

static int read_context(struct cli *cli, struct wdl_context *c)
{
	const char *file = cli_option(cli, "context"), *now = cli_option(cli, "now");
	const char *seed = cli_option(cli, "seed");
	struct flow_file f = { 0 };
	int64_t when;
	int code;

	if (file) {
		code = flow_file_read(cli, file, &f);
		if (code != EXIT_FINE)
			return code;
		if (!json_is(f.json, JSON_OBJECT))
			return cli_fail(EXIT_USAGE, "{\"trigger\": {\"outputs\": ...}, \"actions\": "
						    "{\"Name\": {\"outputs\": ...}}, \"variables\": "
						    "{...}}", "%s is not an object", f.shown);
	}
	wdl_context_json(c, f.json);
	if (now && !os_parse_time(str_from(now), &when))
		return cli_fail(EXIT_USAGE, NULL, "--now is a time such as 2026-11-21T18:00:00Z");
	if (now)
		c->now = wdl_ticks_of_ms(when);
	if (seed && (!str_to_u64(str_from(seed), &c->seed) || !c->seed))
		return cli_fail(EXIT_USAGE, NULL, "--seed is a number above 0");
	c->steps = true;
	return EXIT_FINE;
}

/* ---- the value ---- */

static void print_steps(struct cli *cli, const struct json *steps)
{
	static const char *const titles[] = { "step", "value" };
	struct cli_table *table = cli_table_new(cli, 2, titles);

	if (json_count(steps) < 2)
		return;
	JSON_EACH(s, steps) {
		struct str value = json_text(cli->arena, json_get(s, "value"));

		if (json_get(s, "error"))
			value = S("fails");
		else if (json_get(s, "valueBytes"))
			value = str_fmt(cli->arena, "%lld bytes",
					(long long)json_int(json_get(s, "valueBytes"), 0));
		cli_table_row(table, (const char *const[]){
					     cli_safe(cli, json_get_str(s, "expression"), 0),
					     cli_safe(cli, value, 0) });
	}
	cli_out("\n");
	cli_table_print(table);
}

static int print_value(struct cli *cli, const struct wdl_template *t, const struct wdl_result *r)
{
	struct json *out = json_new_object(cli->arena);
	struct json *steps = wdl_steps_json(cli->arena, t, r, LONGEST_STEP, MOST_STEPS);

	if (cli->json) {
		json_set(cli->arena, out, "value", r->value);
		json_set_z(cli->arena, out, "type", r->type);
		json_set(cli->arena, out, "steps", steps);
		cli_out_json(cli, out);
		return EXIT_FINE;
	}
	cli_out_json(cli, r->value);
	cli_out("%s\n", r->type);
	print_steps(cli, steps);
	return EXIT_FINE;
}

/* ---- the error ---- */

/* The line of the expression that holds the offset, and a caret below it. */
static void point_at(struct cli *cli, const struct wdl_template *t, const struct wdl_fault *f)
{
	struct str s = t->source, line;
	size_t at = f->offset < s.n ? f->offset : s.n, start = at, end = at;
	struct str bad;
	size_t width, length;

	while (start > 0 && s.p[start - 1] != '\n')
		start--;
	while (end < s.n && s.p[end] != '\n')
		end++;
	line = str_n(s.p + start, end - start);
	width = cli_width(str_from(cli_safe(cli, str_first(line, at - start), 0)));
	bad = str_first(str_from_at(line, at - start), f->end > at ? f->end - at : 1);
	length = cli_width(str_from(cli_safe(cli, bad, 0)));
	cli_err_str(str_fmt(cli->arena, "  %s\n  %*s^", cli_safe(cli, line, 0), (int)width, ""));
	for (size_t i = 1; i < length; i++)
		cli_err_str(S("~"));
	cli_err_str(S("\n"));
}

static int print_fault(struct cli *cli, const struct wdl_template *t, const struct wdl_result *r)
{
	const struct wdl_fault *f = &r->fault;
	struct json *out = json_new_object(cli->arena), *e;
	struct str instead = wdl_instead_words(cli->arena, t);

	if (cli->json) {
		e = json_set(cli->arena, out, "error", json_new_object(cli->arena));
		json_set_str(cli->arena, e, "code", f->code);
		json_set_str(cli->arena, e, "message", f->message);
		json_set_int(cli->arena, e, "offset", (int64_t)f->column);
		json_set_bool(cli->arena, e, "verified", f->verified);
		if (t->errors)
			json_set(cli->arena, e, "errors", wdl_errors_json(cli->arena, t));
		json_set(cli->arena, out, "steps",
			 wdl_steps_json(cli->arena, t, r, LONGEST_STEP, MOST_STEPS));
		cli_out_json(cli, out);
		return EXIT_FOUND;
	}
	cli_fail(EXIT_FOUND, NULL, "%s", cli_safe(cli, f->message, 0));
	point_at(cli, t, f);
	if (instead.n)
		cli_err_str(str_fmt(cli->arena, "hint: %s\n", cli_safe(cli, instead, 0)));
	return EXIT_FOUND;
}

static int read_expression(struct cli *cli, struct str *out)
{
	struct buf b;
	int err;

	*out = str_from(cli->argv[0]);
	if (!str_eq(*out, S("-")))
		return EXIT_FINE;
	buf_init_in(&b, cli->arena, LIMIT_LINE);
	err = os_read_fd(STDIN_FILENO, &b);
	if (err)
		return cli_fail(EXIT_USAGE, NULL, "standard input: %s", strerror(err));
	*out = str_trim(buf_str(&b));
	return EXIT_FINE;
}

static int evaluate(struct cli *cli)
{
	int code = cli_operands(cli, 1, 1);
	struct wdl_context context;
	struct wdl_template *t;
	struct wdl_result r;
	struct str source;

	if (code == EXIT_FINE)
		code = read_expression(cli, &source);
	if (code == EXIT_FINE)
		code = read_context(cli, &context);
	if (code != EXIT_FINE)
		return code;
	if (!str_is_utf8(source))
		return cli_fail(EXIT_USAGE, NULL, "the expression is not UTF-8");
	t = wdl_parse_typed(cli->arena, source);
	r = wdl_evaluate(cli->arena, t, &context);
	return r.ok ? print_value(cli, t, &r) : print_fault(cli, t, &r);
}

int cmd_eval(struct cli *cli)
{
	return cmd_with_memory(cli, evaluate);
}
