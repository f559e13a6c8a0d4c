/*
 * conf_keys.c - every setting, one row each.
 *
 * The rows are the facts: conf.c reads by them, --help and flowlatch.conf(5) are checked
 * against them.
 */
#include "work/conf.h"

#include "base/limits.h"

#define TO_TEXT_(x) #x
#define TO_TEXT(x)  TO_TEXT_(x)
#define AT(member)  .offset = offsetof(struct conf, member)

const struct conf_key conf_keys[] = {
	{
		.name = "profile", .type = CONF_NAME, .global = true, .otherwise = "default",
		.variable = "FLOWLATCH_PROFILE", .option = "profile", AT(profile),
		.help = "The profile to use when none is named on the command line.",
	},
	{
		.name = "state_dir", .type = CONF_PATH, .global = true,
		.variable = "FLOWLATCH_STATE_DIR", .option = "state-dir", AT(state_dir),
		.help = "Where the usage log, locks and remembered things live; "
			"$XDG_STATE_HOME/flowlatch unless set.",
	},
	{
		.name = "log_level", .type = CONF_CHOICE, .global = true,
		.choices = "error warn info debug", .otherwise = "warn",
		.variable = "FLOWLATCH_LOG_LEVEL", .option = "log-level", AT(log_level),
		.help = "How much is said on standard error.",
	},
	{
		.name = "log_days", .type = CONF_INT, .global = true, .min = 1,
		.max = LIMIT_LOG_DAYS, .otherwise = TO_TEXT(LIMIT_LOG_DAYS),
		.variable = "FLOWLATCH_LOG_DAYS", AT(log_days),
		.help = "Days the usage log is kept.",
	},
	{
		.name = "cloud", .type = CONF_CHOICE,
		.choices = "public gcc gcchigh dod china practice custom", .otherwise = "public",
		.variable = "FLOWLATCH_CLOUD", .option = "cloud", AT(cloud),
		.help = "The Microsoft cloud of the account.",
	},
	{
		.name = "tenant", .type = CONF_TENANT, .otherwise = "organizations",
		.variable = "FLOWLATCH_TENANT", .option = "tenant", AT(tenant),
		.help = "The tenant to sign in to: its id, one of its domains, or organizations.",
	},
	{
		.name = "client_id", .type = CONF_UUID,
		.variable = "FLOWLATCH_CLIENT_ID", .option = "client-id", AT(client_id),
		.help = "The application (client) id of the app registration used to sign in.",
	},
	{
		.name = "account", .type = CONF_TEXT,
		.variable = "FLOWLATCH_ACCOUNT", .option = "account", AT(account),
		.help = "The account to sign in with, such as ada@example.com; "
			"another one is refused.",
	},
	{
		.name = "environment", .type = CONF_TEXT,
		.variable = "FLOWLATCH_ENVIRONMENT", .option = "environment", AT(environment),
		.help = "The environment used when a call names none: its id or display name.",
	},
	{
		.name = "store", .type = CONF_CHOICE,
		.choices = "keyring session file refresh_token_file", .otherwise = "keyring",
		.variable = "FLOWLATCH_STORE", .option = "store", AT(store),
		.help = "Where the sign-in and the keys are kept.",
	},
	{
		.name = "key_file", .type = CONF_PATH,
		.variable = "FLOWLATCH_KEY_FILE", AT(key_file),
		.help = "With store = file, the file of mode 0600 whose random bytes seal "
			"the store.",
	},
	{
		.name = "refresh_token_file", .type = CONF_PATH,
		.variable = "FLOWLATCH_REFRESH_TOKEN_FILE", AT(refresh_token_file),
		.help = "With store = refresh_token_file, the file of mode 0600 that holds the "
			"refresh token; it is replaced at every rotation.",
	},
	{
		.name = "toolsets", .type = CONF_LIST,
		.variable = "FLOWLATCH_TOOLSETS", .option = "toolsets", AT(toolsets),
		.help = "The sets of tools to offer, such as default,solution or all; see "
			"flowlatch-tools(7).",
	},
	{
		.name = "files", .type = CONF_PATH,
		.variable = "FLOWLATCH_FILES", .option = "files", AT(files),
		.help = "The folder in which tools may make new files and read packages; without "
			"it they touch no file.",
	},
	{
		.name = "read_only", .type = CONF_BOOL, .otherwise = "no",
		.variable = "FLOWLATCH_READ_ONLY", .option = "read-only", AT(read_only),
		.help = "Offer only tools that change nothing.",
	},
	{
		.name = "trust", .type = CONF_CHOICE,
		.choices = "manual supervised autonomous", .otherwise = "supervised",
		.variable = "FLOWLATCH_TRUST", AT(trust),
		.help = "Which calls need a person's approval; see flowlatch-policy(5).",
	},
	{
		.name = "cache", .type = CONF_BOOL, .otherwise = "yes",
		.variable = "FLOWLATCH_CACHE", AT(cache),
		.help = "Keep definitions of connectors on disk, so that they need not be read again.",
	},
	{
		.name = "ca_file", .type = CONF_PATH,
		.variable = "FLOWLATCH_CA_FILE", AT(ca_file),
		.help = "A PEM file of certificate authorities to trust instead of the system's.",
	},
	{
		.name = "proxy", .type = CONF_PROXY,
		.variable = "FLOWLATCH_PROXY", .option = "proxy", AT(proxy),
		.help = "The HTTP proxy, http://host:port; none ignores the environment's proxy "
			"variables.",
	},
	{
		.name = "no_proxy", .type = CONF_LIST,
		.variable = "FLOWLATCH_NO_PROXY", AT(no_proxy),
		.help = "Hosts and domains that are reached without the proxy.",
	},
	{
		.name = "login_url", .type = CONF_URL,
		.variable = "FLOWLATCH_LOGIN_URL", AT(login_url),
		.help = "With cloud = custom, the origin of the sign-in service.",
	},
	{
		.name = "flow_url", .type = CONF_URL,
		.variable = "FLOWLATCH_FLOW_URL", AT(flow_url),
		.help = "With cloud = custom, the origin of the flow service.",
	},
	{
		.name = "powerapps_url", .type = CONF_URL,
		.variable = "FLOWLATCH_POWERAPPS_URL", AT(powerapps_url),
		.help = "With cloud = custom, the origin of the Power Apps service "
			"(connections, connectors).",
	},
	{
		.name = "bap_url", .type = CONF_URL,
		.variable = "FLOWLATCH_BAP_URL", AT(bap_url),
		.help = "With cloud = custom, the origin of the business application platform "
			"(environments).",
	},
	{
		.name = "powerplatform_url", .type = CONF_URL,
		.variable = "FLOWLATCH_POWERPLATFORM_URL", AT(powerplatform_url),
		.help = "With cloud = custom, the origin of the Power Platform API.",
	},
	{
		.name = "environment_url", .type = CONF_URL, .choices = "{environment}",
		.variable = "FLOWLATCH_ENVIRONMENT_URL", AT(environment_url),
		.help = "With cloud = custom, the origin of one environment's API; "
			"{environment} is replaced.",
	},
	{
		.name = "dataverse_url", .type = CONF_URL, .choices = "{organization}",
		.variable = "FLOWLATCH_DATAVERSE_URL", AT(dataverse_url),
		.help = "With cloud = custom, the origin of Dataverse; {organization} is replaced.",
	},
	{
		.name = "content_hosts", .type = CONF_HOSTS,
		.variable = "FLOWLATCH_CONTENT_HOSTS", AT(content_hosts),
		.help = "With cloud = custom, the hosts (host or host:port) that links to inputs "
			"and outputs may name.",
	},
};

const size_t conf_key_count = sizeof(conf_keys) / sizeof(*conf_keys);
