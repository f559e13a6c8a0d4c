/*
 * cmd_policy.c - `flowlatch policy`: what the policies say, and by which line.
 *
 * Reads files and asks the same functions as the gate; changes nothing.
 */
#include "front/commands.h"
#include "tools/table.h"
#include "work/policy.h"

const struct cli_option cmd_policy_options[] = {
	{ "environment", "ID", "explain: in this environment" },
	{ "type", "TYPE", "explain: of this type, such as Production" },
	{ "default", NULL, "explain: the default environment" },
	{ .name = NULL },
};

static const char *const classes[] = { "read-only", "moderate", "dangerous", "unknown" };
static const char *const actions[] = { "allow", "ask", "deny" };

static struct policy *load(struct cli *cli, int *code)
{
	struct policy_files files = policy_files(cli->arena);
	const char *message;
	struct policy *p;

	/* A file to be checked before it is put in its place. */
	if (cli->argc > 1 && strcmp(cli->argv[0], "check") == 0)
		files = (struct policy_files){ .user = cli->argv[1] };
	p = policy_load(cli->arena, &files, &message);
	*code = p ? EXIT_FINE : cli_fail(EXIT_USAGE, NULL, "%s", message);
	return p;
}

static const char *file_or_none(struct cli *cli, const struct policy *p, bool system)
{
	const char *file = policy_file(p, system);

	return file ? cli_safe(cli, str_from(file), 0) : "none";
}

static const struct tool *row_of(const char *name)
{
	for (size_t i = 0; i < tools_count; i++)
		if (strcmp(name, tools_table[i]->name) == 0)
			return tools_table[i];
	return NULL;
}

static int check(struct cli *cli, const struct policy *p)
{
	const char *where;
	struct str name;

	/* A limit for a tool that does not exist limits nothing. */
	for (size_t i = 0; policy_tool_section(p, i, &name, &where); i++)
		if (!row_of(str_c(cli->arena, name)))
			return cli_fail(EXIT_FOUND, "flowlatch tools lists them",
					"%s: there is no tool %s", where,
					cli_safe(cli, name, 60));
	if (cli->argc > 1 && !policy_file(p, false))
		return cli_fail(EXIT_USAGE, NULL, "%s: there is no such file",
				cli_safe(cli, str_from(cli->argv[1]), 0));
	if (cli->argc > 1)
		cli_out("%s is a policy.\n", cli_safe(cli, str_from(cli->argv[1]), 0));
	else
		cli_out("administrator: %s\nuser: %s\nBoth can be used.\n",
			file_or_none(cli, p, true), file_or_none(cli, p, false));
	return EXIT_FINE;
}

static int show(struct cli *cli, const struct policy *p)
{
	static const char *const titles[] = { "key", "value", "from" };
	struct cli_table *t = cli_table_new(cli, 3, titles);
	struct json *out = json_new_object(cli->arena);

	for (enum policy_key k = 0; k < POLICY__KEYS; k++) {
		const char *value = policy_value_text(cli->arena, p, k);
		struct json *v = json_new_object(cli->arena);

		json_set_z(cli->arena, v, "value", value);
		json_set_z(cli->arena, v, "from", policy_where(p, k));
		json_set(cli->arena, out, policy_key_name(k), v);
		cli_table_row(t,
			      (const char *[]){ policy_key_name(k),
						cli_safe(cli, str_from(value), 0),
						cli_safe(cli, str_from(policy_where(p, k)), 0) });
	}
	if (cli->json)
		cli_out_json(cli, out);
	else
		cli_table_print(t);
	return EXIT_FINE;
}

/* ---- explain ---- */

static enum trust trust_of(const struct cli *cli, const struct policy *p)
{
	static const char *const names[] = { "manual", "supervised", "autonomous" };
	int64_t mine = TRUST_SUPERVISED, most = policy_value(p, POLICY_TRUST);

	for (int64_t i = 0; i < TRUST__MAX; i++)
		if (cli->conf.trust && strcmp(cli->conf.trust, names[i]) == 0)
			mine = i;
	return (enum trust)(mine < most ? mine : most);
}

/* What would happen to a call of one class, in words, and the line that decides. */
static void one_class(struct cli *cli, const struct policy *p, struct policy_query q,
		      struct json *out, struct cli_table *t)
{
	struct policy_ruling r = policy_rule(p, &q);
	enum klass klass = r.floor > q.klass ? r.floor : q.klass;
	struct gate_output g = gate_decide(&(struct gate_input){
		.klass = klass,
		.trust = trust_of(cli, p),
		.read_only = cli->conf.read_only,
		.policy = r.action,
		.host_prompt = policy_value(p, POLICY_HOST_PROMPT),
		.channels = r.channels,
	});
	static const char *const verdicts[] = { "runs", "asks", "is refused" };
	struct json *v = json_new_object(cli->arena);
	const char *why = g.verdict == GATE_REFUSE ? g.why :
			  r.action != POLICY_ALLOW ? arena_printf(cli->arena, "action = %s",
								   actions[r.action]) :
			  klass > q.klass ? arena_printf(cli->arena, "class = %s",
							 classes[r.floor]) :
					    "the trust level";
	const char *where = r.action != POLICY_ALLOW ? r.action_where :
			    klass > q.klass	     ? r.floor_where :
						       policy_where(p, POLICY_TRUST);

	json_set_z(cli->arena, v, "class", classes[q.klass]);
	json_set_z(cli->arena, v, "takenAs", classes[klass]);
	json_set_z(cli->arena, v, "verdict", verdicts[g.verdict]);
	json_set_z(cli->arena, v, "because", why);
	json_set_z(cli->arena, v, "line", where);
	json_push(out, v);
	cli_table_row(t, (const char *[]){ classes[q.klass], verdicts[g.verdict], why,
					   cli_safe(cli, str_from(where), 0) });
}

static int explain(struct cli *cli, const struct policy *p)
{
	static const char *const titles[] = { "a call that is", "then", "because of", "line" };
	const char *environment = cli_option(cli, "environment"), *type = cli_option(cli, "type");
	const struct tool *tool = row_of(cli->argv[1]);
	struct policy_query q = {
		.tool = str_from(cli->argv[1]),
		.environment = str_from(environment),
		.environment_type = type ? str_from(type) : S("not said"),
		.environment_default = cli_option(cli, "default") != NULL,
		.klass_known = true,
	};
	struct json *out = json_new_array(cli->arena);
	struct cli_table *t = cli_table_new(cli, 4, titles);

	if (!tool)
		return cli_fail(EXIT_USAGE, "flowlatch tools lists them", "there is no tool %s",
				cli_safe(cli, q.tool, 60));
	for (enum klass k = tool->klass; k <= CLASS_DANGEROUS; k++) {
		q.klass = k;
		one_class(cli, p, q, out, t);
		if (tool->klass == CLASS_READ_ONLY)
			break;
	}
	if (policy_rule(p, &q).listed)
		cli_out("%s", cli->json ? "" : "The environment is guarded: changes in it are "
					       "Dangerous.\n");
	if (cli->json)
		cli_out_json(cli, out);
	else
		cli_table_print(t);
	return EXIT_FINE;
}

int cmd_policy(struct cli *cli)
{
	const char *verb = cli->argc ? cli->argv[0] : "";
	bool is_check = strcmp(verb, "check") == 0, is_explain = strcmp(verb, "explain") == 0;
	int code = cli_operands(cli, is_explain ? 2 : 1, is_check || is_explain ? 2 : 1);
	struct policy *p;

	if (code != EXIT_FINE)
		return code;
	if (!is_check && !is_explain && strcmp(verb, "show") != 0)
		return cli_fail(EXIT_USAGE, NULL, "policy check [FILE], policy show or "
						  "policy explain TOOL");
	p = load(cli, &code);
	if (!p)
		return code;
	code = is_check ? check(cli, p) : is_explain ? explain(cli, p) : show(cli, p);
	policy_free(p);
	return code;
}
