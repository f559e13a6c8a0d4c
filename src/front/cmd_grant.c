/*
 * cmd_grant.c - `flowlatch grant`: standing permissions, made and taken back by a person.
 *
 * Needs the PIN, as an approval does.  Knows options and dialogue; files are work/grant.c.
 */
#include "base/limits.h"
#include "base/os.h"
#include "front/commands.h"
#include "front/desk.h"
#include "tools/table.h"
#include "work/grant.h"
#include "work/store.h"

const struct cli_option cmd_grant_options[] = {
	{ "tools", "NAMES", "the tools it covers, separated by commas" },
	{ "environment", "ID", "the environment; * is any" },
	{ "flow", "ID", "the flow; * is any" },
	{ "max-calls", "N", "how many calls (10)" },
	{ "for", "TIME", "how long: 30m, 2h (1h)" },
	{ .name = NULL },
};

static bool duration(struct str s, int64_t *ms)
{
	int64_t n, unit = s.n && s.p[s.n - 1] == 'h' ? 3600000 :
			  s.n && s.p[s.n - 1] == 'm' ? 60000 :
						       0;

	if (!unit || !str_to_i64(str_first(s, s.n - 1), &n) || n < 1 || n > 1000)
		return false;
	*ms = n * unit;
	return true;
}

static const struct tool *row_of(struct str name)
{
	for (size_t i = 0; i < tools_count; i++)
		if (str_eq(name, str_from(tools_table[i]->name)))
			return tools_table[i];
	return NULL;
}

/* Commas become blanks; only tools that change something can need a grant. */
static int read_tools(struct cli *cli, const char *text, struct str *out)
{
	struct str rest = str_from(text), one;
	struct buf b;

	buf_init_in(&b, cli->arena, LIMIT_CONF_LINE);
	while (str_cut(&rest, ',', &one)) {
		const struct tool *t = row_of(str_trim(one));

		if (!t || t->klass == CLASS_READ_ONLY)
			return cli_fail(EXIT_USAGE, NULL, "--tools: %s is %s",
					cli_safe(cli, one, 60),
					t ? "a tool that only reads" : "no tool");
		buf_addf(&b, "%s%s", b.n ? " " : "", t->name);
	}
	*out = buf_str(&b);
	return EXIT_FINE;
}

static bool is_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"')
			return false;
	return s.n && s.n < 200;
}

static int read_options(struct desk *d, struct grant *g)
{
	struct cli *cli = d->cli;
	const char *tools = cli_option(cli, "tools"), *environment = cli_option(cli, "environment");
	const char *flow = cli_option(cli, "flow"), *calls = cli_option(cli, "max-calls");
	const char *life = cli_option(cli, "for");
	int64_t hours = policy_value(d->policy, POLICY_SCOPE_HOURS), ms = 3600000;
	int64_t most = policy_value(d->policy, POLICY_SCOPE_CALLS);
	int code;

	if (!tools || !environment || !flow)
		return cli_fail(EXIT_USAGE, NULL, "--tools, --environment and --flow are needed");
	code = read_tools(cli, tools, &g->tools);
	if (code != EXIT_FINE)
		return code;
	g->environments = str_from(environment);
	g->flows = str_from(flow);
	if (!is_id(g->environments) || !is_id(g->flows))
		return cli_fail(EXIT_USAGE, NULL, "environment and flow are ids, or *");
	g->max_calls = 10;
	if (calls && (!str_to_i64(str_from(calls), &g->max_calls) || g->max_calls < 1))
		return cli_fail(EXIT_USAGE, NULL, "--max-calls must be a number from 1 on");
	if (g->max_calls > most)
		return cli_fail(EXIT_REFUSED, NULL, "policy allows at most %lld calls (%s)",
				(long long)most, policy_where(d->policy, POLICY_SCOPE_CALLS));
	if (life && !duration(str_from(life), &ms))
		return cli_fail(EXIT_USAGE, NULL, "--for is written 30m or 2h");
	if (ms > hours * 3600000)
		return cli_fail(EXIT_REFUSED, NULL, "policy allows at most %lld h (%s)",
				(long long)hours, policy_where(d->policy, POLICY_SCOPE_HOURS));
	g->expires = os_wall_ms() + ms;
	return EXIT_FINE;
}

static bool pin_is_right(struct desk *d)
{
	struct str pin = desk_ask(d, "PIN: ", true);
	int64_t wait = 0;
	enum pin_result r;

	if (!pin.p)
		return false;
	r = pin_check(d->cli->arena, d->store, d->approvals, pin, os_wall_ms(), &wait);
	os_wipe((char *)(uintptr_t)pin.p, pin.n);
	if (r == PIN_RIGHT)
		return true;
	desk_record(d, AUDIT_DENY, "grant", "wrong_pin", "terminal", "");
	if (r == PIN_ABSENT)
		cli_fail(EXIT_REFUSED, "flowlatch approve --set-pin", "no PIN is set yet");
	else if (r == PIN_FAILED)
		cli_fail(EXIT_REFUSED, store_next(d->store), "%s", store_message(d->store));
	else
		cli_fail(EXIT_REFUSED, NULL, "%s; wait %s",
			 r == PIN_WRONG ? "the PIN is wrong" : "too many wrong tries",
			 cli_duration(d->cli, wait));
	return false;
}

static int make(struct desk *d)
{
	struct cli *cli = d->cli;
	struct grant g = { 0 };
	const char *why = "";
	int code;

	if (!policy_value(d->policy, POLICY_SCOPES))
		return cli_fail(EXIT_REFUSED, NULL, "policy allows no grants (%s)",
				policy_where(d->policy, POLICY_SCOPES));
	code = read_options(d, &g);
	if (code != EXIT_FINE)
		return code;
	if (d->tty < 0)
		return cli_fail(EXIT_USAGE, NULL, "a grant is made in a terminal, with the PIN");
	cli_out("Lets an agent use %.*s\n  in environment %s, on flow %s,\n"
		"  %lld times until %s, without asking.\n",
		STR_ARG(g.tools), cli_safe(cli, g.environments, 0), cli_safe(cli, g.flows, 0),
		(long long)g.max_calls, cli_when(cli, g.expires));
	if (!cli->conf.trust || strcmp(cli->conf.trust, "autonomous") != 0)
		cli_out("It counts only where trust = autonomous; here it is %s.\n",
			cli->conf.trust);
	if (!pin_is_right(d))
		return EXIT_REFUSED;
	if (!desk_record(d, AUDIT_POLICY, "grant", "grant_made", "terminal", ""))
		return EXIT_INTERNAL;
	if (!grant_make(cli->arena, d->grants, d->key, &g, os_wall_ms(), &why))
		return cli_fail(EXIT_FOUND, NULL, "%s", why);
	cli_out("Grant %s is made. `flowlatch grant revoke %s` takes it back.\n", g.id, g.id);
	return EXIT_FINE;
}

static int list(struct desk *d)
{
	static const char *const titles[] = { "grant", "kind", "left", "ends", "tools",
					      "environment", "flow" };
	struct cli *cli = d->cli;
	struct json *out = json_new_array(cli->arena);
	struct cli_table *t;
	struct grant *g;
	size_t n = grant_list(cli->arena, d->grants, d->key, os_wall_ms(), &g);

	if (!n && !cli->json) {
		cli_out("There are no grants.\n");
		return EXIT_FINE;
	}
	t = cli_table_new(cli, 7, titles);
	for (size_t i = 0; i < n; i++) {
		struct json *v = json_new_object(cli->arena);
		const char *kind = g[i].prompt ? "card" : "scope";

		json_set_z(cli->arena, v, "grant", g[i].id);
		json_set_z(cli->arena, v, "kind", kind);
		json_set_str(cli->arena, v, "tools", g[i].tools);
		json_set_str(cli->arena, v, "environment", g[i].environments);
		json_set_str(cli->arena, v, "flow", g[i].flows);
		json_set_int(cli->arena, v, "callsLeft", g[i].max_calls - g[i].used);
		json_set_int(cli->arena, v, "secondsLeft", (g[i].expires - os_wall_ms()) / 1000);
		json_push(out, v);
		cli_table_row(t, (const char *[]){
					 g[i].id, kind,
					 arena_printf(cli->arena, "%lld",
						      (long long)(g[i].max_calls - g[i].used)),
					 cli_when(cli, g[i].expires), cli_safe(cli, g[i].tools, 0),
					 cli_safe(cli, g[i].environments, 0),
					 cli_safe(cli, g[i].flows, 0) });
	}
	if (cli->json)
		cli_out_json(cli, out);
	else
		cli_table_print(t);
	return EXIT_FINE;
}

/* Taking back needs no PIN: it only makes less possible. */
static int revoke(struct desk *d, const char *id)
{
	size_t n = grant_revoke(d->cli->arena, d->grants, d->key, str_from(id), os_wall_ms());

	if (!n)
		return cli_fail(EXIT_FOUND, "flowlatch grant list", "there is no such grant");
	if (!desk_record(d, AUDIT_POLICY, "grant", "grant_revoked", "terminal", ""))
		return EXIT_INTERNAL;
	cli_out(n == 1 ? "The grant is revoked.\n" : "%zu grants are revoked.\n", n);
	return EXIT_FINE;
}

int cmd_grant(struct cli *cli)
{
	const char *verb = cli->argc ? cli->argv[0] : "";
	bool is_list = strcmp(verb, "list") == 0, is_revoke = strcmp(verb, "revoke") == 0;
	struct desk d;
	int code = cli_operands(cli, is_revoke ? 2 : is_list ? 1 : 0, is_revoke ? 2 : is_list);

	if (code != EXIT_FINE)
		return code;
	code = desk_open(cli, &d);
	if (code != EXIT_FINE)
		return code;
	code = is_list ? list(&d) : is_revoke ? revoke(&d, cli->argv[1]) : make(&d);
	desk_close(&d);
	return code;
}
