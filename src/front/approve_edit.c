/*
 * approve_edit.c - see approve_edit.h.
 *
 * Changes are lines such as "state=Stopped" or "/operations/0/value={...}".  What comes of them
 * goes through the same engine as any call.
 */
#include "front/approve_edit.h"

#include "base/limits.h"
#include "base/os.h"
#include "front/session.h"
#include "wire/loop.h"

/* ---- the changes ---- */

/* The name that a pointer's last token stands for (RFC 6901). */
static struct str unescape(struct arena *a, struct str token)
{
	char *out = arena_alloc(a, token.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~' && i + 1 < token.n)
			out[n++] = token.p[++i] == '1' ? '/' : '~';
		else
			out[n++] = token.p[i];
	}
	return str_n(out, n);
}

/* JSON as it is; anything else is a string. */
static struct json *value_of(struct arena *a, struct str text)
{
	struct json *v = json_parse(a, text, JSON_STRICT, NULL);

	return v ? v : json_new_str(a, text);
}

/* Carries out "NAME=VALUE" or "/pointer=VALUE"; without a value the member goes. */
static bool change(struct arena *a, struct json *args, struct str line)
{
	struct str rest = line, where, name;
	struct json *parent = args, *old;
	ptrdiff_t slash = -1;

	if (!str_cut(&rest, '=', &where) || !rest.p || !where.n)
		return false;
	name = where;
	for (size_t i = 0; where.p[0] == '/' && i < where.n; i++)
		if (where.p[i] == '/')
			slash = (ptrdiff_t)i;
	if (slash >= 0) {
		parent = json_at_n(args, str_first(where, (size_t)slash));
		name = unescape(a, str_from_at(where, (size_t)slash + 1));
	}
	if (json_is(parent, JSON_OBJECT)) {
		if (rest.n)
			json_set_n(a, parent, name, value_of(a, rest));
		else
			json_take_n(parent, name);
		return true;
	}
	old = slash >= 0 ? json_at_n(args, where) : NULL;
	if (!old || !rest.n)
		return false;
	json_replace(parent, old, value_of(a, rest));
	return true;
}

static struct json *changed(struct desk *d, const struct json *from)
{
	struct arena *a = d->cli->arena;
	struct json *args = json_copy(a, from);

	for (;;) {
		struct str line;

		cli_out_json(d->cli, args);
		line = desk_ask(d, "Change as NAME=VALUE or /path=VALUE; empty when done: ", false);
		if (!line.p)
			return NULL;
		line = str_trim(line);
		if (!line.n)
			break;
		if (!change(a, args, line))
			cli_out("There is no such place; nothing was changed.\n");
	}
	if (!json_equal(args, from))
		return args;
	cli_out("Nothing was changed.\n");
	return NULL;
}

/* ---- the engine's view of it ---- */

struct look {
	struct cli *cli;
	struct str text; /* of the reply's document */
	bool ended;
};

static void on_reply(void *arg, const struct reply *r)
{
	struct look *l = arg;

	l->text = str_dup(l->cli->arena, r->text);
}

static void on_end(void *arg)
{
	((struct look *)arg)->ended = true;
}

/* The document that the engine ends the call with, or NULL. */
static struct json *look_at(struct cli *cli, struct session *s, const char *tool,
			    const struct json *args)
{
	struct look l = { .cli = cli };
	const struct tool *t = session_tool(cli, s, tool);
	struct arena mine;
	struct call *call;

	if (!t)
		return NULL;
	arena_init(&mine, LIMIT_CALL_ARENA);
	call = call_start(s->work, &(struct call_request){
					   .tool = t,
					   .arguments = json_copy(&mine, args),
					   .arena = &mine,
					   .client = { .name = "flowlatch",
						       .version = FLOWLATCH_VERSION },
					   .ask_only = true,
					   .on_reply = on_reply,
					   .on_end = on_end,
					   .arg = &l,
				   });
	while (call && !l.ended)
		loop_turn(s->loop, -1);
	arena_release(&mine);
	return json_parse(cli->arena, l.text, JSON_ANSWER, NULL);
}

static bool find_code(struct desk *d, struct str code, struct approval_code *out)
{
	struct approval_code *all;
	size_t n = approval_list(d->cli->arena, d->approvals, d->key, os_wall_ms(), &all);

	for (size_t i = 0; i < n; i++)
		if (str_eq(str_from(all[i].code), code)) {
			*out = all[i];
			return true;
		}
	return false;
}

bool approve_edit(struct desk *d, const struct approval_code *c, struct approval_code *edited)
{
	struct json *args = changed(d, c->arguments), *reply;
	struct cli *cli = d->cli;
	struct session s;
	bool found;

	if (!args || session_open(cli, &s, "cli", false) != EXIT_FINE)
		return false;
	reply = look_at(cli, &s, c->tool, args);
	session_close(&s);
	found = find_code(d, json_str(json_at(reply, "/error/data/code")), edited);
	if (!found && reply && !json_get(reply, "error"))
		cli_out("So it changes nothing.\n");
	else if (!found)
		cli_out("That cannot be run: %s\n",
			cli_safe(cli, json_str(json_at(reply, "/error/message")), 0));
	return found;
}
