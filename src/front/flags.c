/*
 * flags.c - flags of the command line out of a tool's row, and back.
 *
 * Knows types of parameters; ranges, choices and what is required are checked by the engine,
 * which does it for every front.
 */
#include "front/flags.h"

#include <string.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/term.h"
#include "tools/table.h"
#include "work/describe.h"

const struct tool *flags_tool(struct cli *cli, const char *name)
{
	const char **names = arena_array(cli->arena, tools_count, sizeof(*names)), *near;

	for (size_t i = 0; i < tools_count; i++) {
		if (str_eq(str_from(tools_table[i]->name), str_from(name)))
			return tools_table[i];
		names[i] = tools_table[i]->name;
	}
	near = cli_nearest(str_from(name), names, tools_count);
	cli_fail(EXIT_USAGE,
		 near ? arena_printf(cli->arena, "did you mean %s?", near) :
			"`flowlatch tools` lists them",
		 "no tool named '%s'", name);
	return NULL;
}

const char *flag_name(struct arena *a, const char *param)
{
	char *flag = arena_alloc(a, 2 * strlen(param) + 1), *to = flag;

	for (const char *p = param; *p; p++) {
		bool upper = *p >= 'A' && *p <= 'Z';

		if (upper && p > param)
			*to++ = '-';
		*to++ = upper ? (char)(*p - 'A' + 'a') : *p == '_' ? '-' : *p;
	}
	return flag;
}

/* Equal but for case, dashes and underscores. */
static bool same_flag(struct str a, const char *b)
{
	size_t i = 0;

	for (;; i++, b++) {
		while (i < a.n && (a.p[i] == '-' || a.p[i] == '_'))
			i++;
		while (*b == '-' || *b == '_')
			b++;
		if (i == a.n || !*b)
			return i == a.n && !*b;
		if (!str_eq_nocase(str_n(a.p + i, 1), str_n(b, 1)))
			return false;
	}
}

static const struct param *find_in(const struct param *rows, struct str flag)
{
	for (const struct param *p = rows; p && p->name; p++)
		if (same_flag(flag, p->name) || (p->alias && same_flag(flag, p->alias)))
			return p;
	return NULL;
}

const struct param *flag_find(const struct tool *t, struct str flag)
{
	const struct param *p = find_in(t->params, flag);

	return p || !t->list ? p : find_in(args_list_params(), flag);
}

static const char *const type_words[] = {
	[JSON_NUMBER] = "NUMBER", [JSON_STRING] = "TEXT",  [JSON_BOOL] = "[true|false]",
	[JSON_ARRAY] = "LIST",	  [JSON_OBJECT] = "JSON",
};

/* ---- reading ---- */

static int unknown_flag(struct cli *cli, const struct tool *t, struct str flag)
{
	const char *names[64], *near;
	size_t n = 0;

	for (const struct param *p = t->params; p && p->name && n < 60; p++)
		if (!(p->flags & P_UNLISTED))
			names[n++] = flag_name(cli->arena, p->name);
	for (const struct param *p = args_list_params(); t->list && p->name && n < 64; p++)
		names[n++] = flag_name(cli->arena, p->name);
	near = cli_nearest(flag, names, n);
	return cli_fail(EXIT_USAGE,
			near ? arena_printf(cli->arena, "did you mean --%s?", near) :
			       arena_printf(cli->arena, "`flowlatch tools %s` lists them", t->name),
			"%s has no parameter --%.*s", t->name, STR_ARG(flag));
}

/* A JSON text, "@FILE" or "-" for standard input. */
static struct json *read_json_text(struct cli *cli, const char *text, const char *what, int *code)
{
	struct str source = str_from(text);
	struct json_error e = { 0 };
	struct json *v;
	struct buf b;
	int err;

	buf_init_in(&b, cli->arena, LIMIT_LINE);
	if (text[0] == '@' || str_eq(source, S("-"))) {
		const char *file = text[0] == '@' ? text + 1 : "/dev/stdin";

		err = os_read_file(file, &b);
		if (err) {
			*code = cli_fail(EXIT_USAGE, NULL, "%s: cannot read %s: %s", what,
					 text[0] == '@' ? file : "standard input", strerror(err));
			return NULL;
		}
		source = buf_str(&b);
	}
	v = json_parse(cli->arena, source, JSON_STRICT, &e);
	if (!v)
		*code = cli_fail(EXIT_USAGE, "put the text in single quotes, or in a file: @FILE",
				 "%s is not JSON: %s at byte %zu", what, e.message, e.offset);
	return v;
}

static bool looks_like_number(struct cli *cli, struct str s)
{
	return s.n && (s.p[0] == '-' || (s.p[0] >= '0' && s.p[0] <= '9')) &&
	       json_is(json_parse(cli->arena, s, JSON_STRICT, NULL), JSON_NUMBER);
}

static struct json *read_bool(struct cli *cli, const char *text)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(str_from(text), str_from(words[i])))
			return json_new_bool(cli->arena, i % 2);
	return NULL;
}

/* The text of one flag as the parameter's type; NULL after telling the error. */
static struct json *read_value(struct cli *cli, const struct param *p, const char *flag,
			       const char *text, int *code)
{
	struct json *v = NULL;

	switch (p->type) {
	case JSON_NUMBER:
		if (looks_like_number(cli, str_from(text)))
			v = json_new_number(cli->arena, str_from(text));
		break;
	case JSON_BOOL:
		v = read_bool(cli, text);
		break;
	case JSON_OBJECT:
		v = read_json_text(cli, text, flag, code);
		if (!v)
			return NULL;
		break;
	case JSON_ARRAY:
		if (text[0] != '[' && text[0] != '@')
			return json_new_z(cli->arena, text);
		v = read_json_text(cli, text, flag, code);
		if (!v)
			return NULL;
		break;
	default:
		return json_new_z(cli->arena, text);
	}
	if (v && json_is(v, p->type))
		return v;
	*code = cli_fail(EXIT_USAGE, NULL, "%s takes %s, not '%s'", flag,
			 p->type == JSON_NUMBER ? "a number" :
			 p->type == JSON_BOOL   ? "true or false" :
			 p->type == JSON_ARRAY  ? "a JSON array" :
						  "a JSON object",
			 text);
	return NULL;
}

/* Repeated flags of an array parameter collect; any other flag may be given once. */
static bool store(struct cli *cli, struct json *args, const struct param *p, const char *flag,
		  struct json *v, struct json *given, int *code)
{
	if (p->type == JSON_ARRAY && !json_is(v, JSON_ARRAY)) {
		struct json *list = json_get(given, p->name) ? json_get(args, p->name) :
							       json_new_array(cli->arena);

		json_push(list, v);
		v = json_get(given, p->name) ? NULL : list;
	} else if (json_get(given, p->name)) {
		*code = cli_fail(EXIT_USAGE, NULL, "%s is given twice", flag);
		return false;
	}
	json_set(cli->arena, args, p->name, v);
	json_set_bool(cli->arena, given, p->name, true);
	return true;
}

static bool read_flag(struct cli *cli, const struct tool *t, int *at, struct json *args,
		      struct json *given, int *code)
{
	const char *word = cli->argv[(*at)++], *value = NULL, *flag;
	struct str rest = str_from(word + 2), name = { 0 };
	const struct param *p;
	struct json *v;

	str_cut(&rest, '=', &name);
	p = flag_find(t, name);
	if (!p && str_starts_nocase(name, S("no-"))) {
		p = flag_find(t, str_from_at(name, 3));
		p = p && p->type == JSON_BOOL ? p : NULL;
		value = "false";
	}
	if (!p) {
		*code = unknown_flag(cli, t, name);
		return false;
	}
	flag = arena_printf(cli->arena, "--%.*s", STR_ARG(name));
	if (strchr(word, '='))
		value = strchr(word, '=') + 1;
	else if (!value && p->type == JSON_BOOL &&
		 (*at >= cli->argc || !read_bool(cli, cli->argv[*at])))
		value = "true";
	else if (!value && *at < cli->argc && !str_starts(str_from(cli->argv[*at]), S("--")))
		value = cli->argv[(*at)++];
	if (!value) {
		*code = cli_fail(EXIT_USAGE, NULL, "%s needs a value: %s", flag, p->help);
		return false;
	}
	v = read_value(cli, p, flag, value, code);
	return v && store(cli, args, p, flag, v, given, code);
}

struct json *flags_read(struct cli *cli, const struct tool *t, int from, int *code)
{
	const char *whole = cli_option(cli, "args");
	struct json *args = json_new_object(cli->arena), *given = json_new_object(cli->arena);
	int at = from;

	if (at < cli->argc && str_eq(str_from(cli->argv[at]), S("-"))) {
		whole = "-";
		at++;
	}
	if (whole) {
		args = read_json_text(cli, whole, "the argument object", code);
		if (!args)
			return NULL;
		if (!json_is(args, JSON_OBJECT)) {
			*code = cli_fail(EXIT_USAGE, NULL, "the arguments must be a JSON object, not %s",
					 json_type_name(json_type(args)));
			return NULL;
		}
	}
	while (at < cli->argc) {
		if (!str_starts(str_from(cli->argv[at]), S("--"))) {
			*code = cli_fail(EXIT_USAGE,
					 arena_printf(cli->arena, "`flowlatch tools %s` lists its flags",
						      t->name),
					 "unexpected argument '%s'", cli->argv[at]);
			return NULL;
		}
		if (!read_flag(cli, t, &at, args, given, code))
			return NULL;
	}
	return args;
}

/* ---- writing ---- */

static void add_quoted(struct buf *b, struct str s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:,@%+=";
	bool quote = !s.n || s.p[0] == '-';

	for (size_t i = 0; i < s.n && !quote; i++)
		quote = !strchr(plain, s.p[i]);
	if (!quote) {
		buf_adds(b, s);
		return;
	}
	buf_addc(b, '\'');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			buf_addz(b, "'\\''");
		else
			buf_addc(b, s.p[i]);
	buf_addc(b, '\'');
}

const char *flags_command(struct cli *cli, const char *tool, const struct json *arguments)
{
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_LINE);
	buf_addf(&b, "flowlatch call %s", tool);
	JSON_EACH(v, arguments) {
		enum json_type type = json_type(v);

		struct str text = type == JSON_STRING ? json_str(v) : json_text(cli->arena, v);

		buf_addf(&b, " --%s%c", flag_name(cli->arena, str_c(cli->arena, json_name(v))),
			 type == JSON_STRING && !str_starts(text, S("-")) ? ' ' : '=');
		add_quoted(&b, text);
	}
	if (cli->practice)
		buf_addz(&b, " --practice");
	else if (!str_eq(str_from(cli->conf.profile), S("default")))
		buf_addf(&b, " --profile %s", cli->conf.profile);
	return buf_c(&b);
}

static void explain_params(struct cli *cli, const struct param *rows)
{
	for (const struct param *p = rows; p && p->name; p++) {
		struct buf help;

		if (p->flags & P_UNLISTED)
			continue;
		buf_init_in(&help, cli->arena, LIMIT_CONF_LINE);
		buf_addf(&help, "%s%s", p->flags & P_REQUIRED ? "Required. " : "", p->help);
		if (p->choices)
			buf_addf(&help, " One of: %s.", p->choices);
		if (p->otherwise)
			buf_addf(&help, " Default: %s.", p->otherwise);
		cli_out("\n  --%s %s\n", flag_name(cli->arena, p->name), type_words[p->type]);
		cli_wrap(cli, 6, buf_c(&help));
	}
}

void flags_explain(struct cli *cli, const struct tool *t)
{
	cli_out("%s: %s\n\n", t->name, t->title);
	cli_wrap(cli, 0, t->description);
	cli_out("\nusage: flowlatch call %s [--PARAMETER VALUE ...]\n", t->name);
	explain_params(cli, t->params);
	if (t->list)
		explain_params(cli, args_list_params());
}
