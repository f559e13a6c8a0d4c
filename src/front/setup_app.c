/*
 * setup_app.c - `flowlatch setup app`: the registration of one's own public client in Entra.
 *
 * The commands of az(1) that make it are printed, or with --run carried out one by one.
 * Knows az and nothing of how permissions are used: work/permission.c has them.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "front/setup.h"
#include "front/term.h"
#include "wire/helper.h"
#include "wire/loop.h"
#include "work/permission.h"

/* az starts Python and asks Microsoft Graph: a minute is long, but has been seen. */
enum { AZ_MS = 180 * 1000, AZ_WORDS = 24 };

/* The Azure clouds as az calls them; public and GCC share one. */
static const struct {
	const char *cloud, *az;
} az_clouds[] = {
	{ "gcchigh", "AzureUSGovernment" },
	{ "dod", "AzureUSGovernment" },
	{ "china", "AzureChinaCloud" },
};

struct app {
	struct cli *cli;
	struct hosts *hosts;
	const char *name, *az_cloud;
	bool public_ids; /* the application ids of the table hold in this cloud */
	/* with --run */
	const char *az;
	struct loop *loop;
	struct buf out;
	int status;
	bool ended, interrupted;
	const char *client_id, *tenant;
};

/* ---- what is asked for ---- */

/* How az finds an API: by its application id, which is another one in other clouds, where the
 * audience is known. */
static const char *api_id(const struct app *app, const struct api *api)
{
	if (app->public_ids)
		return api->app_id;
	return str_c(app->cli->arena,
		     permission_resource(app->hosts, app->cli->arena, api->audience, S("")));
}

/* Dataverse has a host per organisation and no audience of the whole service. */
static bool offered(const struct app *app, const struct api *api)
{
	if (app->cli->conf.read_only && api->for_changes)
		return false;
	return app->public_ids || (api->audience != AUD_DATAVERSE && api->audience != AUD_APIHUB);
}

static bool wanted(const struct app *app, const struct api *api, const struct permission *p)
{
	return permission_wanted(api, p, app->cli->conf.read_only);
}

/* ---- printing ---- */

static const char *quoted(struct cli *cli, const char *text)
{
	struct buf b;

	buf_init_in(&b, cli->arena, 4096);
	buf_addc(&b, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_addz(&b, "'\\''");
		else
			buf_addc(&b, *text);
	buf_addc(&b, '\'');
	return buf_c(&b);
}

static void print_api(const struct app *app, const struct api *api)
{
	const char *id = api_id(app, api);

	cli_out("\n# %s: %s%s\n", api->name, api->purpose,
		api->required ? " (required)" : "; left out where the tenant does not have it");
	cli_out("present '%s'%s\n", id,
		api->required ? " || { echo 'This tenant has no Power Automate.' >&2; exit 1; }" :
				" && {");
	cli_out("%sallow '%s'", api->required ? "" : "\t", id);
	for (const struct permission *p = api->permissions; p->scope; p++)
		if (wanted(app, api, p))
			cli_out(" '%s'", p->scope);
	cli_out(api->required ? "\n" : "\n}\n");
}

static const char script_head[] =
	"#!/bin/sh\n"
	"# The app registration that flowlatch signs in with: a public client, without any secret,\n"
	"# for accounts of this tenant only.  Needs az (Azure CLI), signed in to the tenant with\n"
	"# `az login --allow-no-subscriptions` as somebody who may register applications.\n"
	"# `flowlatch setup app --run` does the same.\n";

static const char script_make[] =
	"\n"
	"# A service that nobody in the tenant has used yet has to be made known to it.\n"
	"present() { az ad sp show --id \"$1\" --query appId -o tsv >/dev/null 2>&1 ||\n"
	"\taz ad sp create --id \"$1\" >/dev/null; }\n"
	"allow() {\n"
	"\tapi=$(az ad sp show --id \"$1\" --query appId -o tsv)\n"
	"\tscopes=$(az ad sp show --id \"$1\" --query 'oauth2PermissionScopes[].[value,id]' -o tsv)\n"
	"\tshift\n"
	"\tids=\n"
	"\tfor name; do\n"
	"\t\tid=$(printf '%s\\n' \"$scopes\" | awk -v n=\"$name\" '$1 == n { print $2 }')\n"
	"\t\tif [ -n \"$id\" ]; then ids=\"$ids $id=Scope\"; else echo \"no permission $name\" >&2; fi\n"
	"\tdone\n"
	"\t# shellcheck disable=SC2086 # a list of words\n"
	"\t[ -z \"$ids\" ] || az ad app permission add --id \"$APP\" --api \"$api\" --api-permissions $ids\n"
	"}\n";

static int print_script(const struct app *app)
{
	size_t n;
	const struct api *apis = permission_apis(&n);

	cli_out_str(str_from(script_head));
	if (app->az_cloud)
		cli_out("az cloud set --name %s\n", app->az_cloud);
	cli_out("\nAPP=$(az ad app create --display-name %s --sign-in-audience AzureADMyOrg "
		"--is-fallback-public-client true --public-client-redirect-uris http://localhost "
		"--query appId -o tsv) || exit 1\n"
		"az ad sp show --id \"$APP\" --query appId -o tsv >/dev/null 2>&1 || az ad sp create --id "
		"\"$APP\" >/dev/null\n",
		quoted(app->cli, app->name));
	cli_out_str(str_from(script_make));
	for (size_t i = 0; i < n; i++)
		if (offered(app, &apis[i]))
			print_api(app, &apis[i]);
	cli_out("\nTENANT=$(az account show --query tenantId -o tsv)\n"
		"echo \"Now sign in: flowlatch login%s%s%s --client-id $APP --tenant $TENANT\"\n",
		app->az_cloud ? " --cloud " : "", app->az_cloud ? app->cli->conf.cloud : "",
		app->cli->conf.read_only ? " --read-only" : "");
	return EXIT_FINE;
}

static int print_plan(const struct app *app)
{
	struct arena *a = app->cli->arena;
	struct json *v = json_new_object(a), *list = json_new_array(a);
	size_t n;
	const struct api *apis = permission_apis(&n);

	json_set_z(a, v, "displayName", app->name);
	json_set_z(a, v, "signInAudience", "AzureADMyOrg");
	json_set_bool(a, v, "isFallbackPublicClient", true);
	json_set_z(a, v, "redirectUri", "http://localhost");
	for (size_t i = 0; i < n; i++) {
		struct json *one = json_new_object(a), *scopes = json_new_array(a);

		if (!offered(app, &apis[i]))
			continue;
		json_set_z(a, one, "name", apis[i].name);
		json_set_z(a, one, "resource", api_id(app, &apis[i]));
		json_set_bool(a, one, "required", apis[i].required);
		for (const struct permission *p = apis[i].permissions; p->scope; p++)
			if (wanted(app, &apis[i], p))
				json_push(scopes, json_new_z(a, p->scope));
		json_set(a, one, "permissions", scopes);
		json_push(list, one);
	}
	json_set(a, v, "apis", list);
	cli_out_json(app->cli, v);
	return EXIT_FINE;
}

/* ---- running ---- */

static void on_line(void *arg, struct str line)
{
	struct app *app = arg;

	buf_adds(&app->out, line);
	buf_addc(&app->out, '\n');
}

static void on_end(void *arg, int status)
{
	struct app *app = arg;

	app->status = status;
	app->ended = true;
}

static void on_signal(void *arg, int signo)
{
	struct app *app = arg;

	(void)signo;
	app->interrupted = true;
}

static const char *find_program(struct arena *a, const char *name)
{
	struct str path = str_from(getenv("PATH")), dir;

	while (str_cut(&path, ':', &dir)) {
		const char *at = arena_printf(a, "%.*s/%s", STR_ARG(dir), name);

		if (dir.n && dir.p[0] == '/' && access(at, X_OK) == 0)
			return at;
	}
	return NULL;
}

/* Runs az with these words; what it printed, trimmed, or p NULL when it failed. */
static struct str az_words(struct app *app, const char *const *argv)
{
	extern char **environ;
	struct helper *h;

	buf_clear(&app->out);
	if (app->interrupted)
		return (struct str){ 0 };
	h = helper_start(app->loop, &(struct helper_request){
					    .path = app->az,
					    .argv = argv,
					    .env = (const char *const *)environ,
					    .timeout_ms = AZ_MS,
					    .on_line = on_line,
					    .on_end = on_end,
					    .arg = app,
				    });
	app->status = -1;
	app->ended = !h;
	while (!app->ended && !app->interrupted)
		loop_turn(app->loop, -1);
	helper_free(h);
	if (app->interrupted || app->status != 0 || !buf_ok(&app->out))
		return (struct str){ 0 };
	return str_trim(str_dup(app->cli->arena, buf_str(&app->out)));
}

/* The same with the words up to NULL. */
static struct str az(struct app *app, ...)
{
	const char *argv[AZ_WORDS] = { app->az };
	size_t n = 1;
	va_list ap;

	va_start(ap, app);
	while (n < AZ_WORDS - 1 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	return az_words(app, argv);
}

static void say(const struct app *app, const char *what)
{
	if (!app->cli->json)
		cli_err_str(str_fmt(app->cli->arena, "%s\n", what));
}

/* The API's application id in this tenant; p NULL when it is not there and cannot be made. */
static struct str find_api(struct app *app, const struct api *api)
{
	const char *id = api_id(app, api);
	struct str found = az(app, "ad", "sp", "list", "--filter",
			      arena_printf(app->cli->arena, "servicePrincipalNames/any(n:n eq '%s')", id),
			      "--query", "[0].appId", "-o", "tsv", NULL);

	if (found.n || !found.p || !app->public_ids)
		return found.n ? found : (struct str){ 0 };
	say(app, arena_printf(app->cli->arena, "%s: not known to the tenant yet", api->name));
	return az(app, "ad", "sp", "create", "--id", id, "--query", "appId", "-o", "tsv", NULL);
}

/* The id of a permission among the lines "value<TAB>id" that az prints; p NULL when it is not
 * there. */
static struct str permission_id(struct str lines, const char *scope)
{
	struct str line, name;

	while (str_cut(&lines, '\n', &line)) {
		str_cut(&line, '\t', &name);
		if (str_eq(name, str_from(scope)))
			return str_trim(line);
	}
	return (struct str){ 0 };
}

/* Adds what is wanted of an API to the registration, in one go: each start of az takes a second.
 * The names of what was added go to `given`; NULL, or the name of a permission that is missing. */
static const char *allow(struct app *app, const struct api *api, const char *id, struct json *given)
{
	struct arena *a = app->cli->arena;
	const char *argv[AZ_WORDS] = { app->az, "ad", "app", "permission", "add", "--id",
				       app->client_id, "--api", id, "--api-permissions" };
	const char *missing = NULL;
	size_t n = 10;
	struct str lines = az(app, "ad", "sp", "show", "--id", id, "--query",
			      "oauth2PermissionScopes[].[value,id]", "-o", "tsv", NULL);

	for (const struct permission *p = api->permissions; p->scope; p++) {
		struct str one = wanted(app, api, p) ? permission_id(lines, p->scope) : S("-");

		if (!one.n)
			missing = p->scope;
		if (!one.n || one.p[0] == '-')
			continue;
		argv[n++] = arena_printf(a, "%.*s=Scope", STR_ARG(one));
		json_push(given, json_new_z(a, p->scope));
	}
	if (n > 10 && !az_words(app, argv).p)
		return "(none could be added)";
	return missing;
}

static int run_api(struct app *app, const struct api *api, struct json *list)
{
	struct arena *a = app->cli->arena;
	struct json *one = json_new_object(a), *given = json_new_array(a);
	struct str id = find_api(app, api);
	const char *missing;
	struct buf line;

	if (!id.n && api->required)
		return cli_fail(EXIT_FOUND, "an administrator of Power Platform can tell whether the "
					    "tenant has Power Automate",
				"this tenant has no %s", api->name);
	json_set_z(a, one, "name", api->name);
	json_set_bool(a, one, "present", id.n != 0);
	buf_init_in(&line, a, 4096);
	missing = id.n ? allow(app, api, str_c(a, id), given) : NULL;
	if (missing && api->required && !app->interrupted)
		return cli_fail(EXIT_FOUND, NULL, "%s: the permission %s could not be added", api->name,
				missing);
	JSON_EACH(p, given)
	buf_addf(&line, " %s", json_z(p));
	json_set(a, one, "permissions", given);
	json_push(list, one);
	if (id.n)
		say(app, arena_printf(a, "%s:%s", api->name, line.n ? buf_c(&line) :
								      " none of the permissions"));
	else
		say(app, arena_printf(a, "%s: left out, the tenant does not have it (%s)", api->name,
				      api->purpose));
	return EXIT_FINE;
}

static int interrupted(const struct app *app)
{
	return cli_fail(EXIT_TEMPORARY, app->client_id ? arena_printf(app->cli->arena,
			"run it again, or remove the registration with `az ad app delete --id %s`",
			app->client_id) : NULL, "stopped");
}

static int check_az(struct app *app)
{
	struct str tenant, cloud;
	const char *given = app->cli->conf.tenant;

	app->az = find_program(app->cli->arena, "az");
	if (!app->az)
		return cli_fail(EXIT_USAGE, "install the Azure CLI, or give the output of `flowlatch "
					    "setup app` to somebody who has it",
				"there is no az in PATH");
	tenant = az(app, "account", "show", "--query", "tenantId", "-o", "tsv", NULL);
	if (app->interrupted)
		return interrupted(app);
	if (!tenant.n)
		return cli_fail(EXIT_SIGN_IN, "run `az login --allow-no-subscriptions`, then this again",
				"az is not signed in");
	app->tenant = str_c(app->cli->arena, tenant);
	if (given && strlen(given) == 36 && !str_eq_nocase(tenant, str_from(given)))
		return cli_fail(EXIT_SIGN_IN,
				arena_printf(app->cli->arena,
					     "run `az login --allow-no-subscriptions --tenant %s`", given),
				"az is signed in to the tenant %s", app->tenant);
	if (!app->az_cloud)
		return EXIT_FINE;
	cloud = az(app, "cloud", "show", "--query", "name", "-o", "tsv", NULL);
	if (str_eq(cloud, str_from(app->az_cloud)))
		return EXIT_FINE;
	return cli_fail(EXIT_SIGN_IN,
			arena_printf(app->cli->arena, "run `az cloud set --name %s` and `az login "
						      "--allow-no-subscriptions`", app->az_cloud),
			"az works in another cloud");
}

static int make_app(struct app *app)
{
	struct str id = az(app, "ad", "app", "create", "--display-name", app->name,
			   "--sign-in-audience", "AzureADMyOrg", "--is-fallback-public-client", "true",
			   "--public-client-redirect-uris", "http://localhost", "--query", "appId", "-o",
			   "tsv", NULL);

	if (app->interrupted)
		return interrupted(app);
	if (!id.n)
		return cli_fail(EXIT_REFUSED,
				"somebody with the role Application Developer can do it: give them the "
				"output of `flowlatch setup app`",
				"the application could not be registered");
	app->client_id = str_c(app->cli->arena, id);
	id = az(app, "ad", "sp", "list", "--filter",
		arena_printf(app->cli->arena, "servicePrincipalNames/any(n:n eq '%s')", app->client_id),
		"--query", "[0].appId", "-o", "tsv", NULL);
	if (!id.n && !app->interrupted)
		id = az(app, "ad", "sp", "create", "--id", app->client_id, "--query", "appId", "-o", "tsv",
			NULL);
	if (app->interrupted)
		return interrupted(app);
	return id.n ? EXIT_FINE : cli_fail(EXIT_REFUSED, NULL, "%s is registered, but the tenant got no "
							       "service principal of it", app->client_id);
}

/* The profile signs in with it from now on, unless it has another one already. */
static const char *keep_id(struct app *app)
{
	struct cli *cli = app->cli;
	const char *dir = cli->conf.file ? NULL : os_config_dir(cli->arena), *file = cli->conf.file;
	const char *old = cli->conf.client_id;
	int err;

	if (old && !str_eq_nocase(str_from(old), str_from(app->client_id)))
		return arena_printf(cli->arena, "the profile %s keeps its client_id %s",
				    cli->conf.profile, old);
	if (!file)
		file = dir ? arena_printf(cli->arena, "%s/flowlatch.conf", dir) : NULL;
	if (!file)
		return "there is no home directory to keep the client id in";
	err = conf_write(cli->arena, file, cli->conf.profile, "client_id", app->client_id);
	if (!err)
		err = conf_write(cli->arena, file, cli->conf.profile, "tenant", app->tenant);
	if (err)
		return arena_printf(cli->arena, "%s: cannot be written: %s", file, strerror(err));
	return arena_printf(cli->arena, "client_id and tenant are in %s", file);
}

static void tell(struct app *app, struct json *list)
{
	struct arena *a = app->cli->arena;
	bool other = !str_eq(str_from(app->cli->conf.profile), S("default"));
	const char *where = keep_id(app);
	struct json *v = json_new_object(a);

	if (!app->cli->json) {
		cli_out("client id  %s\ntenant     %s\n%s.\nNow sign in: flowlatch login%s%s\n",
			app->client_id, app->tenant, where, other ? " --profile " : "",
			other ? app->cli->conf.profile : "");
		return;
	}
	json_set_z(a, v, "clientId", app->client_id);
	json_set_z(a, v, "tenantId", app->tenant);
	json_set(a, v, "apis", list);
	json_set_z(a, v, "kept", where);
	cli_out_json(app->cli, v);
}

static int run(struct app *app)
{
	struct json *list = json_new_array(app->cli->arena);
	size_t n;
	const struct api *apis = permission_apis(&n);
	int code = check_az(app);

	if (code == EXIT_FINE)
		code = make_app(app);
	for (size_t i = 0; i < n && code == EXIT_FINE; i++) {
		if (offered(app, &apis[i]))
			code = run_api(app, &apis[i], list);
		if (app->interrupted)
			return interrupted(app);
	}
	if (code == EXIT_FINE)
		tell(app, list);
	return code;
}

/* ---- the command ---- */

static int run_in_loop(struct app *app)
{
	int code;

	app->loop = loop_new();
	if (!app->loop)
		return cli_fail(EXIT_INTERNAL, NULL, "out of memory");
	loop_on_signal(app->loop, on_signal, app);
	buf_init(&app->out, LIMIT_HELPER_LINE);
	code = run(app);
	buf_free(&app->out);
	loop_free(app->loop);
	return code;
}

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return n > 0 && n <= 120 && name[0] != '-' && str_is_utf8(str_from(name));
}

int setup_app(struct cli *cli)
{
	const char *name = cli_option(cli, "name"), *message = "";
	struct app app = { .cli = cli, .name = name ? name : "flowlatch" };
	struct str cloud = str_from(cli->conf.cloud);

	if (!name_ok(app.name))
		return cli_fail(EXIT_USAGE, NULL, "--name must be 1 to 120 printable characters");
	app.hosts = hosts_new(cli->arena, &cli->conf, &message);
	if (!app.hosts)
		return cli_fail(EXIT_USAGE, NULL, "%s", message);
	app.public_ids = str_eq(cloud, S("public")) || str_eq(cloud, S("custom"));
	for (size_t i = 0; i < sizeof(az_clouds) / sizeof(*az_clouds); i++)
		if (str_eq(cloud, str_from(az_clouds[i].cloud)))
			app.az_cloud = az_clouds[i].az;
	if (cli_option(cli, "run"))
		return run_in_loop(&app);
	return cli->json ? print_plan(&app) : print_script(&app);
}
