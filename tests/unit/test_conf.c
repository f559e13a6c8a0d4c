/*
 * test_conf.c - configuration: values, files, precedence, relations, changing a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/os.h"
#include "mounts.h"
#include "work/conf_text.h"

#define COUNT(x) (sizeof(x) / sizeof(*(x)))
#define UUID     "0a1b2c3d-0000-4000-8000-0123456789ab"
#define JWT                                                                              \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL3NlcnZpY2UuZmxvdyJ9." \
	"c2lnbmF0dXJlLWJ5dGVz"
#define LONG_TOKEN                                                                                 \
	"1.AXoA9bQ8R0aK3xZcVbNmLkJhGfDsApOiUyTrEwQ1234567890aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-" \
	"_AgABAAMAAADnfolhJpSnRYB1SVj-Hgd8"

static char home[64], file[128];
static struct arena arena;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static const char *read_text(const char *path)
{
	struct buf b;

	buf_init_in(&b, &arena, 1 << 20);
	assert_int_equal(os_read_file(path, &b), 0);
	return buf_c(&b);
}

static void clear_variables(void)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_keys[i].variable)
			unsetenv(conf_keys[i].variable);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20);
	snprintf(home, sizeof(home), "/tmp/flowlatch-conf-XXXXXX");
	if (!mkdtemp(home))
		return 1;
	snprintf(file, sizeof(file), "%s/flowlatch", home);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/flowlatch/flowlatch.conf", home);
	setenv("HOME", home, 1);
	setenv("XDG_CONFIG_HOME", home, 1);
	setenv("XDG_STATE_HOME", "/nonexistent/state", 1);
	clear_variables();
	umask(022);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "%s/flowlatch", home);
	unlink(file);
	unlink(arena_printf(&arena, "%s/real.conf", home));
	unlink(arena_printf(&arena, "%s/new/deep/a.conf", home));
	rmdir(arena_printf(&arena, "%s/new/deep", home));
	rmdir(arena_printf(&arena, "%s/new", home));
	rmdir(command);
	rmdir(home);
	arena_release(&arena);
	return 0;
}

/* ---- values ---- */

static const struct {
	const char *key, *value;
	const char *normal; /* NULL: refused */
	const char *why;    /* part of the sentence */
} values[] = {
	{ "cloud", "public", "public", NULL },
	{ "cloud", "gcchigh", "gcchigh", NULL },
	{ "cloud", "publc", NULL, "did you mean 'public'?" },
	{ "cloud", "Public", NULL, "did you mean 'public'?" },
	{ "cloud", "gcc gcchigh", NULL, "is one of" },
	{ "cloud", "", NULL, "has no value" },
	{ "cloud", "pub\033[31m", NULL, "control character" },
	{ "tenant", "organizations", "organizations", NULL },
	{ "tenant", "common", "common", NULL },
	{ "tenant", "Contoso.onmicrosoft.com", "contoso.onmicrosoft.com", NULL },
	{ "tenant", UUID, UUID, NULL },
	{ "tenant", "contoso", NULL, "a domain such as" },
	{ "tenant", "contoso..com", NULL, "a domain such as" },
	{ "tenant", "-a.com", NULL, "a domain such as" },
	{ "tenant", "a.com/b", NULL, "a domain such as" },
	{ "client_id", UUID, UUID, NULL },
	{ "client_id", "0A1B2C3D-0000-4000-8000-0123456789AB", UUID, NULL },
	{ "client_id", "0a1b2c3d-0000-4000-8000-0123456789a", NULL, "UUID" },
	{ "client_id", "0a1b2c3d-0000-4000-8000-0123456789ag", NULL, "UUID" },
	{ "client_id", "0a1b2c3d00000400008000000123456789ab", NULL, "UUID" },
	{ "client_id", "abc8Q~1234567890abcdefghijKLMNOPQRSTUVWXY", NULL, "a client secret" },
	{ "account", "ada@example.com", "ada@example.com", NULL },
	{ "account", JWT, NULL, "an access token" },
	{ "account", "Bearer abc", NULL, "an access token" },
	{ "account", LONG_TOKEN, NULL, "a refresh token" },
	{ "environment", "Default-" UUID, "Default-" UUID, NULL },
	{ "environment", "Contoso (default)", "Contoso (default)", NULL },
	{ "environment", "Produ\xc3\xa7\xc3\xa3o", "Produ\xc3\xa7\xc3\xa3o", NULL },
	{ "environment", "Produ\xc3", NULL, "UTF-8" },
	{ "environment", "https://x/y?sig=abc", NULL, "a signed URL" },
	{ "read_only", "yes", "yes", NULL },
	{ "read_only", "TRUE", "yes", NULL },
	{ "read_only", "on", "yes", NULL },
	{ "read_only", "1", "yes", NULL },
	{ "read_only", "no", "no", NULL },
	{ "read_only", "false", "no", NULL },
	{ "read_only", "off", "no", NULL },
	{ "read_only", "0", "no", NULL },
	{ "read_only", "maybe", NULL, "yes or no, not 'maybe'" },
	{ "log_days", "1", "1", NULL },
	{ "log_days", "30", "30", NULL },
	{ "log_days", "31", NULL, "from 1 to 30" },
	{ "log_days", "0", NULL, "from 1 to 30" },
	{ "log_days", "-1", NULL, "from 1 to 30" },
	{ "log_days", "3d", NULL, "from 1 to 30" },
	{ "log_days", "99999999999999999999", NULL, "from 1 to 30" },
	{ "ca_file", "/etc/ssl/corp.pem", "/etc/ssl/corp.pem", NULL },
	{ "ca_file", "corp.pem", NULL, "absolute" },
	{ "ca_file", "~user/x", NULL, "absolute" },
	{ "proxy", "http://proxy.example:3128", "http://proxy.example:3128", NULL },
	{ "proxy", "HTTPS://Proxy.example:3128/", "https://proxy.example:3128", NULL },
	{ "proxy", "http://[::1]:3128", "http://[::1]:3128", NULL },
	{ "proxy", "none", "", NULL },
	{ "proxy", "http://u:p@proxy:1", NULL, "user or password" },
	{ "proxy", "socks5://proxy:1", NULL, "http://host:port" },
	{ "proxy", "http://proxy:0", NULL, "http://host:port" },
	{ "proxy", "http://proxy:99999", NULL, "http://host:port" },
	{ "proxy", "http://", NULL, "http://host:port" },
	{ "no_proxy", "a.example, .b.example 10.0.0.0/8", "a.example,.b.example,10.0.0.0/8", NULL },
	{ "no_proxy", ",,", NULL, "must be a list" },
	{ "no_proxy", "a;b", NULL, "list of names" },
	{ "flow_url", "https://api.flow.example", "https://api.flow.example", NULL },
	{ "flow_url", "https://API.flow.example:8443/", "https://api.flow.example:8443", NULL },
	{ "flow_url", "https://127.0.0.1:1", "https://127.0.0.1:1", NULL },
	{ "flow_url", "https://[::1]:65535", "https://[::1]:65535", NULL },
	{ "flow_url", "http://api.flow.example", NULL, "https origin" },
	{ "flow_url", "https://api.flow.example/providers", NULL, "origin" },
	{ "flow_url", "https://api.flow.example?x", NULL, "origin" },
	{ "flow_url", "https://u@api.flow.example", NULL, "user or password" },
	{ "flow_url", "https://api.flow.example:", NULL, "origin" },
	{ "flow_url", "https://api.flow.example:65536", NULL, "origin" },
	{ "flow_url", "https://a b", NULL, "origin" },
	{ "flow_url", "https://", NULL, "origin" },
	{ "flow_url", "https://{environment}.example", NULL, "origin" },
	{ "environment_url", "https://{environment}.env.example",
	  "https://{environment}.env.example", NULL },
	{ "environment_url", "https://env.example:1", "https://env.example:1", NULL },
	{ "environment_url", "https://{organization}.example", NULL, "origin" },
	{ "dataverse_url", "https://{organization}.crm.example",
	  "https://{organization}.crm.example", NULL },
	{ "content_hosts", "A.example:8443 b.example", "a.example:8443,b.example", NULL },
	{ "content_hosts", "*.example", NULL, "host or host:port" },
	{ "content_hosts", "https://a", NULL, "host or host:port" },
	{ "profile", "work-2.b_c", "work-2.b_c", NULL },
	{ "profile", "..", NULL, "must be a name" },
	{ "profile", "a/b", NULL, "must be a name" },
	{ "profile", ".hidden", NULL, "must be a name" },
	{ "profile", "-x", NULL, "must be a name" },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const struct conf_key *k = conf_key_find(str_from(values[i].key));
		const char *normal = NULL, *why;

		assert_non_null(k);
		why = conf_check(&arena, k, str_from(values[i].value), &normal);
		if (!values[i].normal) {
			if (!why || !strstr(why, values[i].why))
				fail_msg("%s = %s: %s", values[i].key, values[i].value,
					 why ? why : "was accepted");
			continue;
		}
		if (why)
			fail_msg("%s = %s: %s", values[i].key, values[i].value, why);
		assert_string_equal(normal, values[i].normal);
	}
}

/* A secret in the wrong place must not come back in the message. */
static void test_secrets_are_not_repeated(void **state)
{
	static const char *const secrets[] = { JWT, LONG_TOKEN,
					       "abc8Q~1234567890abcdefghijKLMNOPQRSTUVWXY",
					       "hunter2-correct-horse" };

	(void)state;
	for (size_t s = 0; s < COUNT(secrets); s++)
		for (size_t i = 0; i < conf_key_count; i++) {
			const char *normal, *why = conf_check(&arena, &conf_keys[i],
							      str_from(secrets[s]), &normal);

			if (s == 3 &&
			    (conf_keys[i].type == CONF_CHOICE || conf_keys[i].type == CONF_BOOL))
				continue;
			if (s < 3)
				assert_non_null(why);
			if (why)
				assert_null(strstr(why, secrets[s]));
		}
}

/* ---- files ---- */

static const struct {
	const char *text;
	const char *message; /* NULL: fine; %s stands for the file's name */
} texts[] = {
	{ "", NULL },
	{ "\n\n# a comment\n; another\n", NULL },
	{ "cloud = gcc\n", NULL },
	{ "\xef\xbb\xbf"
	  "cloud=gcc\r\n\r\n[profile a]\r\ntenant\t=\tcontoso.com",
	  NULL },
	{ "[profile a]\n[profile b]\n", NULL },
	{ "cluod = gcc\n", ":1: unknown key 'cluod'; did you mean 'cloud'?" },
	{ "\n\nread-only = yes\n", ":3: unknown key 'read-only'; did you mean 'read_only'?" },
	{ "zebra = 1\n", ":1: unknown key 'zebra'" },
	{ "cloud gcc\n", ":1: expected key = value" },
	{ "= gcc\n", ":1: expected key = value" },
	{ "cloud = gcc\ncloud = dod\n", ":2: cloud is there twice" },
	{ "[profile a]\ncloud = gcc\n[profile b]\ncloud = dod\n", NULL },
	{ "[profile a]\n[profile a]\n", ":2: [profile a] is there twice" },
	{ "[profile a]\nlog_days = 3\n", ":2: log_days holds for all profiles" },
	{ "[profile a]\nprofile = b\n", ":2: profile holds for all profiles" },
	{ "[a]\n", ":1: sections are written [profile NAME]" },
	{ "[profile a\n", ":1: a section begins with" },
	{ "[profile ../a]\n", ":1: the name of a profile" },
	{ "[profile ]\n", ":1: " },
	{ "cloud = gcc # mine\n", ":1: a comment needs a line of its own" },
	{ "tenant = \"contoso.com\"\n", ":1: values are written without quotes" },
	{ "log_days = 31\n", ":1: log_days is a number from 1 to 30" },
	{ "client_secret = x\n", ":1: 'client_secret' would be a secret in a file" },
	{ "password = x\n", ":1: 'password' would be a secret in a file" },
	{ "Refresh_Token = x\n", ":1: 'Refresh_Token' would be a secret in a file" },
	{ "[profile a]\naccount = " JWT "\n", ":2: account holds what looks like an access token" },
	{ "cloud = \xff\n", ":1: the line is not UTF-8" },
	{ "key\033[2J = 1\n", ":1: unknown key 'key\\u{1b}[2J'" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct conf_text t;
		const char *message = NULL;
		bool ok = conf_text_read(&arena, "F", str_from(texts[i].text), &t, &message);

		if (ok != !texts[i].message)
			fail_msg("text %zu: %s", i, ok ? "was accepted" : message);
		if (ok)
			continue;
		assert_int_equal(message[0], 'F');
		if (strncmp(message + 1, texts[i].message, strlen(texts[i].message)) != 0)
			fail_msg("text %zu: '%s' does not begin with 'F%s'", i, message,
				 texts[i].message);
	}
}

static void test_too_much(void **state)
{
	struct conf_text t;
	const char *message;
	struct buf b;

	(void)state;
	buf_init_in(&b, &arena, 1 << 20);
	for (int i = 0; i < 65; i++)
		buf_addf(&b, "[profile p%d]\n", i);
	assert_false(conf_text_read(&arena, "F", buf_str(&b), &t, &message));
	assert_string_equal(message, "F:65: there are too many profiles");
	buf_clear(&b);
	buf_addz(&b, "environment = ");
	for (int i = 0; i < 5000; i++)
		buf_addc(&b, 'x');
	assert_false(conf_text_read(&arena, "F", buf_str(&b), &t, &message));
	assert_string_equal(message, "F:1: the line is too long");
	buf_clear(&b);
	for (int i = 0; i < 300 * 1024 / 16; i++)
		buf_addz(&b, "# 3456789012345\n");
	write_file(file, buf_c(&b));
	assert_false(conf_load(&arena, &(struct conf_request){ 0 }, &(struct conf){ 0 }, &message));
	assert_non_null(strstr(message, "too large"));
	unlink(file);
}

/* ---- loading ---- */

static struct conf load(const struct conf_request *r)
{
	struct conf c;
	const char *message = NULL;

	if (!conf_load(&arena, r, &c, &message))
		fail_msg("%s", message);
	return c;
}

static const char *refusal(const struct conf_request *r)
{
	struct conf c;
	const char *message = NULL;

	assert_false(conf_load(&arena, r, &c, &message));
	assert_non_null(message);
	return message;
}

static void test_defaults(void **state)
{
	struct conf c = load(&(struct conf_request){ 0 });

	(void)state;
	assert_null(c.file);
	assert_string_equal(c.profile, "default");
	assert_string_equal(c.cloud, "public");
	assert_string_equal(c.tenant, "organizations");
	assert_string_equal(c.store, "keyring");
	assert_string_equal(c.log_level, "warn");
	assert_string_equal(c.state_dir, "/nonexistent/state/flowlatch");
	assert_int_equal(c.log_days, 30);
	assert_false(c.read_only);
	assert_null(c.client_id);
	assert_null(c.proxy);
	/* A default must be a value that the table itself accepts. */
	for (size_t i = 0; i < conf_key_count; i++) {
		const char *normal;

		if (conf_keys[i].otherwise)
			assert_null(conf_check(&arena, &conf_keys[i],
					       str_from(conf_keys[i].otherwise), &normal));
	}
}

static void test_precedence(void **state)
{
	struct conf_option option = { "cloud", "china" }, chosen = { "profile", "work" };
	struct conf_request r = { 0 };
	struct conf c;

	(void)state;
	write_file(file, "cloud = gcc\nca_file = ~/ca.pem\n"
			 "[profile work]\ncloud = dod\nread_only = yes\n"
			 "[profile other]\ncloud = gcchigh\n");
	c = load(&r);
	assert_string_equal(c.file, file);
	assert_string_equal(c.cloud, "gcc");
	assert_false(c.read_only);
	assert_string_equal(c.ca_file, arena_printf(&arena, "%s/ca.pem", home));
	r.options = &chosen;
	r.option_count = 1;
	c = load(&r);
	assert_string_equal(c.profile, "work");
	assert_string_equal(c.cloud, "dod");
	assert_true(c.read_only);
	setenv("FLOWLATCH_CLOUD", "practice", 1);
	assert_string_equal(load(&r).cloud, "practice");
	setenv("FLOWLATCH_READ_ONLY", "", 1); /* empty: as if it were not there */
	assert_true(load(&r).read_only);
	r.options = &option;
	assert_string_equal(load(&r).cloud, "china");
	clear_variables();
	setenv("FLOWLATCH_PROFILE", "other", 1);
	r.option_count = 0;
	assert_string_equal(load(&r).cloud, "gcchigh");
	clear_variables();
	write_file(file, "profile = work\n[profile work]\ncloud = dod\n");
	assert_string_equal(load(&r).cloud, "dod");
	unlink(file);
}

/* What a server will see, and whether somebody chose the store. */
static void test_files_only(void **state)
{
	struct conf_request r = { .files_only = true };

	(void)state;
	write_file(file, "tenant = contoso.example\n");
	setenv("FLOWLATCH_TENANT", "fabrikam.example", 1);
	setenv("FLOWLATCH_STORE", "session", 1);
	assert_string_equal(load(&r).tenant, "contoso.example");
	assert_string_equal(load(&r).store, "keyring");
	assert_false(load(&r).store_chosen);
	r.files_only = false;
	assert_string_equal(load(&r).tenant, "fabrikam.example");
	assert_true(load(&r).store_chosen);
	assert_false(load(&r).state_dir_chosen);
	clear_variables();
	unsetenv("FLOWLATCH_STORE");
	unsetenv("FLOWLATCH_TENANT");
	write_file(file, "state_dir = ~/s\nrefresh_token_file = ~/t\n");
	assert_string_equal(load(&r).store, "refresh_token_file");
	assert_true(load(&r).store_chosen && load(&r).state_dir_chosen);
	/* Signing in makes what is missing; a server has to have it; a unit of systemd brings it. */
	write_file(file, "store = file\n");
	assert_non_null(strstr(refusal(&r), "needs key_file"));
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	assert_null(load(&r).key_file);
	unsetenv("CREDENTIALS_DIRECTORY");
	r.new_profile = true;
	assert_null(load(&r).key_file);
	unlink(file);
}

static void test_variables(void **state)
{
	struct conf_request r = { 0 };

	(void)state;
	setenv("FLOWLATCH_CLUOD", "gcc", 1);
	assert_string_equal(refusal(&r), "environment variable FLOWLATCH_CLUOD: there is no such "
					 "setting; did you mean 'cloud'?");
	unsetenv("FLOWLATCH_CLUOD");
	setenv("FLOWLATCH_REFRESH_TOKEN", LONG_TOKEN, 1);
	assert_non_null(strstr(refusal(&r), "secrets are never taken from the environment"));
	assert_null(strstr(refusal(&r), LONG_TOKEN));
	unsetenv("FLOWLATCH_REFRESH_TOKEN");
	setenv("FLOWLATCH_LOG_DAYS", "40", 1);
	assert_string_equal(refusal(&r), "environment variable FLOWLATCH_LOG_DAYS: log_days is a "
					 "number from 1 to 30");
	clear_variables();
}

static void test_options(void **state)
{
	struct conf_option o = { "client_id", "x" };
	struct conf_request r = { .options = &o, .option_count = 1 };

	(void)state;
	assert_string_equal(refusal(&r), "--client-id: client_id must be a UUID, 8-4-4-4-12 "
					 "hexadecimal digits");
	o = (struct conf_option){ "clinet_id", "x" };
	assert_string_equal(refusal(&r), "unknown setting 'clinet_id'; did you mean 'client_id'?");
}

static void test_profiles(void **state)
{
	struct conf_option o = { "profile", "wrok" };
	struct conf_request r = { .options = &o, .option_count = 1 };
	const char *const *names;

	(void)state;
	write_file(file, "[profile work]\n[profile home]\n");
	assert_non_null(strstr(refusal(&r), "--profile: there is no profile 'wrok' "
					    "(known: default, work, home)"));
	r.new_profile = true;
	assert_string_equal(load(&r).profile, "wrok");
	r.new_profile = false;
	o.value = "practice";
	assert_string_equal(load(&r).profile, "practice");
	assert_int_equal(conf_profiles(&arena, NULL, &names), 2);
	assert_string_equal(names[0], "work");
	assert_string_equal(names[1], "home");
	unlink(file);
	assert_int_equal(conf_profiles(&arena, NULL, &names), 0);
}

#define URLS                                                                       \
	"login_url = https://a\nflow_url = https://b\npowerapps_url = https://c\n" \
	"bap_url = https://d\npowerplatform_url = https://e\n"

static const struct {
	const char *text, *message;
} relations[] = {
	{ "store = refresh_token_file\n",
	  ":1: store = refresh_token_file needs refresh_token_file" },
	{ "store = refresh_token_file\nrefresh_token_file = /t\n", NULL },
	{ "store = file\n", ":1: store = file needs key_file" },
	{ "store = file\nkey_file = ~/key\n", NULL },
	{ "store = keyring\nrefresh_token_file = /t\n", NULL },
	{ "cloud = custom\n" URLS, ":1: cloud = custom needs environment_url" },
	{ "cloud = custom\n" URLS "environment_url = https://f\n", NULL },
	{ "cloud = custom\n" URLS "environment_url = https://f\ncontent_hosts = g:1\n", NULL },
	{ "cloud = custom\n", ":1: cloud = custom needs login_url" },
	{ "flow_url = https://x\n",
	  ":1: flow_url is only for cloud = custom, and cloud is public" },
	{ "content_hosts = x\n", ":1: content_hosts is only for cloud = custom" },
};

static void test_relations(void **state)
{
	struct conf_request r = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(relations); i++) {
		write_file(file, relations[i].text);
		if (relations[i].message)
			assert_non_null(strstr(refusal(&r), arena_printf(&arena, "%s%s", file,
									 relations[i].message)));
		else
			load(&r);
	}
	/* The file alone says which store is meant. */
	write_file(file, "refresh_token_file = /t\n");
	assert_string_equal(load(&r).store, "refresh_token_file");
	write_file(file, "store = keyring\nrefresh_token_file = /t\n");
	assert_string_equal(load(&r).store, "keyring");
	unlink(file);
}

static void test_file_rights(void **state)
{
	struct conf_request r = { 0 };

	(void)state;
	write_file(file, "cloud = gcc\n");
	chmod(file, 0620);
	assert_non_null(strstr(refusal(&r), "can be written by others"));
	chmod(file, 0602);
	assert_non_null(strstr(refusal(&r), "can be written by others"));
	chmod(file, 0644);
	assert_string_equal(load(&r).cloud, "gcc");
	r.file = "/dev/null";
	assert_non_null(strstr(refusal(&r), "/dev/null: is not a regular file"));
	r.file = "/nonexistent/flowlatch.conf";
	assert_non_null(strstr(refusal(&r), "/nonexistent/flowlatch.conf: No such file"));
	r.file = file;
	if (geteuid() == 0) {
		assert_int_equal(chown(file, 12345, (gid_t)-1), 0);
		assert_non_null(strstr(refusal(&r), "belongs to somebody else"));
	}
	unlink(file);
}

/* Runs in a child with an /etc of its own. */
static int system_file_child(void)
{
	struct conf_request r = { 0 };
	struct conf_option work = { "profile", "work" };
	const char *message;
	struct conf c;

	mkdir("/etc/flowlatch", 0755);
	write_file("/etc/flowlatch/flowlatch.conf",
		   "cloud = dod\nlog_days = 7\ntenant = corp.example\n"
		   "[profile work]\ntenant = work.example\nread_only = yes\n");
	write_file(file, "cloud = gcc\n");
	if (!conf_load(&arena, &r, &c, &message))
		return 11;
	if (strcmp(c.cloud, "gcc") != 0 || c.log_days != 7 || strcmp(c.tenant, "corp.example") != 0)
		return 12;
	r = (struct conf_request){ .options = &work, .option_count = 1 };
	if (!conf_load(&arena, &r, &c, &message) || strcmp(c.tenant, "work.example") != 0 ||
	    !c.read_only || strcmp(c.cloud, "gcc") != 0)
		return 13;
	write_file("/etc/flowlatch/flowlatch.conf", "\nnonsense\n");
	if (conf_load(&arena, &r, &c, &message) ||
	    !strstr(message, "/etc/flowlatch/flowlatch.conf:2: expected"))
		return 14;
	return 0;
}

static void test_system_file(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (!mounts_empty("/etc"))
			_exit(77);
		_exit(system_file_child());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	unlink(file);
}

/* ---- changing a file ---- */

static const struct {
	const char *before; /* NULL: no file */
	const char *profile, *key, *value, *after;
	int err;
} changes[] = {
	{ NULL, "work", "tenant", "contoso.com", "[profile work]\ntenant = contoso.com\n", 0 },
	{ NULL, NULL, "log_days", "7", "log_days = 7\n", 0 },
	{ "# mine\ncloud = gcc\n\n[profile a]\n# note\ntenant=x.com\n\n; end\n[profile b]\n", "a",
	  "tenant", "y.com",
	  "# mine\ncloud = gcc\n\n[profile a]\n# note\ntenant = y.com\n\n; end\n[profile b]\n", 0 },
	{ "[profile a]\ntenant = x.com\n\n# about b\n[profile b]\n", "a", "store", "session",
	  "[profile a]\ntenant = x.com\nstore = session\n\n# about b\n[profile b]\n", 0 },
	{ "[profile a]\ntenant = x.com\n[profile b]\ntenant = z.com", "b", "account", "a@z.com",
	  "[profile a]\ntenant = x.com\n[profile b]\ntenant = z.com\naccount = a@z.com\n", 0 },
	{ "cloud = gcc", "a", "tenant", "x.com", "cloud = gcc\n\n[profile a]\ntenant = x.com\n",
	  0 },
	{ "cloud = gcc\n[profile a]\ncloud = dod\n", NULL, "cloud", "china",
	  "cloud = china\n[profile a]\ncloud = dod\n", 0 },
	{ "cloud = gcc\n[profile a]\ncloud = dod\n", "a", "cloud", NULL,
	  "cloud = gcc\n[profile a]\n", 0 },
	{ "cloud = gcc\n", "a", "cloud", NULL, "cloud = gcc\n", 0 },
	{ "cloud = gcc\r\n[profile a]\r\n", "a", "tenant", "x.com",
	  "cloud = gcc\r\n[profile a]\r\ntenant = x.com\r\n", 0 },
	{ "\xef\xbb\xbf"
	  "cloud = gcc\n",
	  NULL, "cloud", "dod", "cloud = dod\n", 0 },
	{ "cloud = gcc\n", "a", "cloud", "nowhere", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "a", "nokey", "x", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "a", "log_days", "3", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "../a", "cloud", "dod", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "a", "environment", "x\ncloud = dod", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "a", "environment", "x # y", "cloud = gcc\n", EINVAL },
	{ "cloud = gcc\n", "a", "account", JWT, "cloud = gcc\n", EINVAL },
	{ "broken\n", "a", "cloud", "dod", "broken\n", EINVAL },
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		int err;

		unlink(file);
		if (changes[i].before)
			write_file(file, changes[i].before);
		err = conf_write(&arena, file, changes[i].profile, changes[i].key,
				 changes[i].value);
		if (err != changes[i].err)
			fail_msg("change %zu: %s", i, strerror(err));
		if (strcmp(read_text(file), changes[i].after) != 0)
			fail_msg("change %zu: got\n%s", i, read_text(file));
	}
	unlink(file);
}

static void test_change_keeps_link(void **state)
{
	const char *real = arena_printf(&arena, "%s/real.conf", home);
	const char *deep = arena_printf(&arena, "%s/new/deep/a.conf", home);
	struct stat st;

	(void)state;
	write_file(real, "cloud = gcc\n");
	assert_int_equal(symlink(real, file), 0);
	assert_int_equal(conf_write(&arena, file, NULL, "cloud", "dod"), 0);
	assert_int_equal(lstat(file, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(read_text(real), "cloud = dod\n");
	assert_int_equal(conf_write(&arena, deep, NULL, "cloud", "dod"), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(file);
}

/* Every key can be written by conf_write and read back as the same setting. */
static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const struct conf_key *k = conf_key_find(str_from(values[i].key));
		struct conf_text t;
		const char *message;

		if (!values[i].normal)
			continue;
		unlink(file);
		assert_int_equal(
			conf_write(&arena, file, k->global ? NULL : "a", k->name, values[i].value),
			0);
		assert_true(conf_text_read(&arena, "F", str_from(read_text(file)), &t, &message));
		assert_ptr_equal(t.first->key, k);
		assert_string_equal(t.first->value, values[i].normal);
	}
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),      cmocka_unit_test(test_secrets_are_not_repeated),
		cmocka_unit_test(test_texts),       cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_files_only),
		cmocka_unit_test(test_variables),   cmocka_unit_test(test_options),
		cmocka_unit_test(test_profiles),    cmocka_unit_test(test_relations),
		cmocka_unit_test(test_file_rights), cmocka_unit_test(test_system_file),
		cmocka_unit_test(test_changes),     cmocka_unit_test(test_change_keeps_link),
		cmocka_unit_test(test_round_trip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
