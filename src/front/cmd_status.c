/*
 * cmd_status.c - `flowlatch status` and `flowlatch unlock`: who is signed in, where it is kept, and
 * whether that can be read now.
 *
 * Asks nobody at Microsoft and opens no window.
 */
#include "base/os.h"
#include "front/commands.h"
#include "front/login_store.h"
#include "front/profiles.h"
#include "work/account.h"
#include "work/journal.h"
#include "work/permission.h"
#include "work/policy.h"
#include "work/store.h"

struct state {
	struct conf conf;
	struct account account;
	bool known;               /* the account's file is there */
	enum store_result result; /* of reading the sign-in */
	const char *store, *where, *message, *next;
	int64_t written;
	struct json *unfinished;  /* what calls have begun and nobody is at any more */
	enum trust trust;
	const char *host_prompt;  /* where policy says that it is enough; NULL: it is not */
	const char *policy_fault; /* why nothing can be changed; or NULL */
};

static struct json *unfinished(struct cli *cli, const struct store *store)
{
	struct json *out = json_new_array(cli->arena), *list, *one;
	const char *dir = store_dir_name(store);

	if (!dir)
		return out;
	list = journal_list(cli->arena, arena_printf(cli->arena, "%s/journal", dir));
	while ((one = json_first(list)) != NULL) {
		bool live = json_is_true(json_get(one, "live"));

		json_detach(list, one);
		json_take(one, "live");
		json_take(one, "pid");
		json_take(one, "account");
		if (!live)
			json_push(out, one);
	}
	return out;
}

static struct state look(struct cli *cli, const struct conf *conf)
{
	struct state s = { .conf = *conf, .result = STORE_FAILED, .store = "", .where = "",
			   .message = "out of memory" };
	struct store *store = store_new(conf);
	struct secret *token = NULL;
	const char *next;

	if (!store)
		return s;
	s.unfinished = unfinished(cli, store);
	s.known = account_read(cli->arena, store_dir_name(store), &s.account);
	s.result = store_get(store, "refresh_token", &token);
	secret_free(token);
	next = store_next(store);
	s.store = store_name(store);
	s.where = arena_printf(cli->arena, "%s", store_describe(store));
	s.message = s.result == STORE_OK      ? ""
		    : s.result == STORE_ABSENT ? "nobody is signed in"
					       : arena_printf(cli->arena, "%s", store_message(store));
	s.next = s.result == STORE_OK || s.result == STORE_ABSENT || !next
			 ? NULL
			 : arena_printf(cli->arena, "%s", next);
	s.written = s.result == STORE_OK ? store_written(store) : 0;
	store_free(store);
	return s;
}

static void read_policy(struct cli *cli, struct state *s)
{
	struct policy_files files = policy_files(cli->arena);
	const char *why = "";
	struct policy *p = policy_load(cli->arena, &files, &why);

	s->trust = policy_trust(p, s->conf.trust);
	if (!p)
		s->policy_fault = why;
	else if (policy_value(p, POLICY_HOST_PROMPT))
		s->host_prompt = arena_printf(cli->arena, "%s", policy_where(p, POLICY_HOST_PROMPT));
	policy_free(p);
}

/* ---- for programs ---- */

static void set_time(struct cli *cli, struct json *v, const char *name, int64_t wall_ms)
{
	char text[25];

	if (!wall_ms)
		return;
	os_format_time(wall_ms, text);
	json_set_z(cli->arena, v, name, text);
}

static void set_text(struct cli *cli, struct json *v, const char *name, const char *text)
{
	if (text && text[0])
		json_set_z(cli->arena, v, name, text);
}

/* With read_only: who sees to it that nothing is changed, as far as the sign-in told. */
static struct json *enforcers(struct cli *cli, const struct state *s)
{
	struct json *v = json_new_object(cli->arena);
	const struct api *apis;
	size_t count;

	apis = permission_apis(&count);
	for (size_t i = 0; i < count; i++) {
		/* The scope of the sign-in is that of the flow service. */
		bool flow = apis[i].audience == AUD_FLOW;
		const char *scope = flow && s->known ? s->account.scope : "";

		if (flow && !scope[0])
			continue;
		json_set_z(cli->arena, v, audience_name(apis[i].audience),
			   permission_enforcer(apis[i].audience, str_from(scope)));
	}
	return v;
}

static struct json *to_json(struct cli *cli, const struct state *s)
{
	struct json *v = json_new_object(cli->arena), *store = json_new_object(cli->arena);

	json_set_z(cli->arena, v, "profile", s->conf.profile);
	json_set_bool(cli->arena, v, "signedIn", s->result == STORE_OK);
	set_text(cli, v, "cloud", s->conf.cloud);
	set_text(cli, v, "tenant", s->conf.tenant);
	set_text(cli, v, "clientId", s->conf.client_id);
	set_text(cli, v, "environment", s->conf.environment);
	if (s->known) {
		set_text(cli, v, "userPrincipalName", s->account.username);
		set_text(cli, v, "displayName", s->account.name);
		set_text(cli, v, "tenantId", s->account.tenant_id);
		set_text(cli, v, "homeTenantId", s->account.home_tenant);
		set_text(cli, v, "method", s->account.method);
		set_text(cli, v, "scope", s->account.scope);
		set_time(cli, v, "signedInAt", s->account.signed_in);
	}
	set_time(cli, v, "tokenWrittenAt", s->written);
	json_set_z(cli->arena, store, "kind", s->store);
	json_set_z(cli->arena, store, "where", s->where);
	json_set_z(cli->arena, store, "state", store_result_name(s->result));
	set_text(cli, store, "message", s->message);
	set_text(cli, store, "next", s->next);
	json_set(cli->arena, v, "store", store);
	if (json_count(s->unfinished))
		json_set(cli->arena, v, "unfinished", s->unfinished);
	json_set_z(cli->arena, v, "trustLevel", policy_trusts[s->trust]);
	set_text(cli, v, "hostPromptTrustedBy", s->host_prompt);
	set_text(cli, v, "policyFault", s->policy_fault);
	json_set_bool(cli->arena, v, "readOnly", s->conf.read_only);
	if (s->conf.read_only)
		json_set(cli->arena, v, "readOnlyBy", enforcers(cli, s));
	return v;
}

/* ---- for people ---- */

static void line(struct cli *cli, const char *what, const char *text)
{
	if (text && text[0])
		cli_out("  %-11s %s\n", what, cli_safe(cli, str_from(text), 0));
}

static const char *account_text(struct cli *cli, const struct state *s)
{
	if (!s->known)
		return s->conf.account;
	return arena_printf(cli->arena, "%s%s%s%s%s", s->account.name,
			    s->account.name[0] ? " (" : "", s->account.username,
			    s->account.name[0] ? ")" : "",
			    s->account.home_tenant[0] ? ", a guest" : "");
}

static const char *age_text(struct cli *cli, const struct state *s)
{
	const char *renewed = s->written ? cli_when(cli, s->written) : "";

	if (!s->known || !s->account.signed_in)
		return s->written ? arena_printf(cli->arena, "renewed %s", renewed) : "";
	return arena_printf(cli->arena, "signed in %s with %s%s%s",
			    cli_when(cli, s->account.signed_in),
			    !strcmp(s->account.method, "browser") ? "the browser" : "a device code",
			    s->written ? ", renewed " : "", renewed);
}

static const char *trust_text(struct cli *cli, const struct state *s)
{
	static const char *const trusts[] = {
		[TRUST_MANUAL] = "manual: a person is asked before every call",
		[TRUST_SUPERVISED] = "supervised: a person is asked before every change",
		[TRUST_AUTONOMOUS] = ("autonomous: a person is asked before every change that no "
				      "grant covers"),
	};
	const struct json *by;
	struct buf b;

	if (s->policy_fault)
		return arena_printf(cli->arena, "nothing: %s", s->policy_fault);
	if (!s->conf.read_only)
		return arena_printf(cli->arena, "%s%s%s%s", trusts[s->trust],
				    s->host_prompt ? "; the host's own prompt is enough for moderate "
						     "ones (host_prompt = trusted, " :
						     "",
				    s->host_prompt ? s->host_prompt : "",
				    s->host_prompt ? ")" : "");
	by = enforcers(cli, s);
	buf_init_in(&b, cli->arena, 4096);
	buf_addz(&b, "reads only");
	JSON_EACH(v, by)
	{
		struct str name = json_name(v);

		buf_addf(&b, "%s%.*s: %s", v == json_first(by) ? " (held to it by: " : ", ",
			 STR_ARG(name), json_z(v));
	}
	if (json_count(by))
		buf_addc(&b, ')');
	return buf_c(&b);
}

static void print(struct cli *cli, const struct state *s)
{
	const char *name = cli_safe(cli, str_from(s->conf.profile), 0);
	bool fine = s->result == STORE_OK;

	cli_out("%s: %s\n", name, fine ? "signed in" : cli_safe(cli, str_from(s->message), 0));
	line(cli, "account", account_text(cli, s));
	line(cli, "tenant", s->conf.tenant);
	line(cli, "cloud", s->conf.cloud);
	line(cli, "environment", s->conf.environment);
	line(cli, "sign-in", fine || s->known ? age_text(cli, s) : "");
	line(cli, "store", arena_printf(cli->arena, "%s: %s", s->store, s->where));
	line(cli, "trust", trust_text(cli, s));
	JSON_EACH(e, s->unfinished)
		line(cli, "unfinished",
		     arena_printf(cli->arena, "%s of flow %s, since %s", json_get_z(e, "kind"),
				  json_get_z(e, "flowName"), json_get_z(e, "opened")));
	if (s->result == STORE_ABSENT || s->result == STORE_OTHER_LOGIN)
		line(cli, "next", arena_printf(cli->arena, "flowlatch login --profile %s",
					       s->conf.profile));
	else
		line(cli, "next", s->next);
}

int cmd_status(struct cli *cli)
{
	int code = cli_operands(cli, 0, 0);
	struct json *doc = json_new_object(cli->arena), *list = json_new_array(cli->arena);
	const char *const *names;
	size_t count;

	if (code != EXIT_FINE)
		return code;
	count = profiles_all(cli, &names);
	for (size_t i = 0; i < count; i++) {
		const char *message = "";
		struct conf conf;
		struct state s;

		if (!profiles_conf(cli, names[i], &conf, &message)) {
			code = cli_fail(EXIT_USAGE, NULL, "%s", message);
			continue;
		}
		s = look(cli, &conf);
		read_policy(cli, &s);
		/* The profile in use decides how this ends. */
		if (i == 0 && s.result != STORE_OK)
			code = EXIT_SIGN_IN;
		if (cli->json)
			json_push(list, to_json(cli, &s));
		else
			print(cli, &s);
	}
	if (cli->json) {
		json_set_z(cli->arena, doc, "profile", cli->conf.profile);
		json_set(cli->arena, doc, "profiles", list);
		cli_out_json(cli, doc);
	}
	return code;
}

int cmd_unlock(struct cli *cli)
{
	int code = cli_operands(cli, 0, 0);
	struct store *store;

	if (code != EXIT_FINE)
		return code;
	store = store_new(&cli->conf);
	if (!store)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	code = login_unlock(store);
	if (code == EXIT_FINE && cli->json)
		cli_out_json(cli, json_set(cli->arena, json_new_object(cli->arena), "unlocked",
					   json_new_bool(cli->arena, true)));
	else if (code == EXIT_FINE)
		cli_out("The store of profile %s is open.\n", cli->conf.profile);
	store_free(store);
	return code;
}
