/*
 * test_flags.c - front/flags.c: arguments out of flags, and commands out of arguments.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "front/flags.h"

static const struct param params[] = {
	{ .name = "environmentName", .type = JSON_STRING, .help = "The environment.",
	  .flags = P_REQUIRED | P_ENVIRONMENT, .alias = "env" },
	{ .name = "top", .type = JSON_NUMBER, .help = "How many.", .min = 1, .max = 100 },
	{ .name = "includeRaw", .type = JSON_BOOL, .help = "Raw too." },
	{ .name = "fields", .type = JSON_ARRAY, .help = "Members to keep." },
	{ .name = "body", .type = JSON_OBJECT, .help = "The body." },
	{ .name = "rule_notify_email", .type = JSON_STRING, .help = "Who is told." },
	{ .name = NULL },
};

static const struct tool tool = {
	.name = "probe_tool", .title = "Probe", .description = "A row for this test.",
	.params = params, .result = NULL,
};

/* The arguments that `words` (blank separated, "_" stands for a blank) make, as JSON; or the
 * exit code as "exit N". */
static const char *read_words(struct arena *a, const char *words, const char *args)
{
	struct cli *cli = arena_alloc(a, sizeof(*cli));
	struct str rest = str_from(words), word;
	struct json *v;
	int code = -1;

	cli->arena = a;
	cli->argv = arena_array(a, strlen(words) + 2, sizeof(*cli->argv));
	cli->argv[cli->argc++] = arena_printf(a, "probe_tool");
	while (str_cut(&rest, ' ', &word))
		if (word.n)
			cli->argv[cli->argc++] = str_c(a, word);
	cli_give(cli, "args", args);
	v = flags_read(cli, &tool, 1, &code);
	return v ? str_c(a, json_text(a, v)) : arena_printf(a, "exit %d", code);
}

static void test_reading(void **state)
{
	static const struct {
		const char *words, *args, *result;
	} rows[] = {
		{ "", NULL, "{}" },
		/* One parameter, four spellings, two ways to give the value. */
		{ "--environment-name X", NULL, "{\"environmentName\":\"X\"}" },
		{ "--environmentName X", NULL, "{\"environmentName\":\"X\"}" },
		{ "--environment_name=X", NULL, "{\"environmentName\":\"X\"}" },
		{ "--ENV X", NULL, "{\"environmentName\":\"X\"}" },
		{ "--environment-name=a=b", NULL, "{\"environmentName\":\"a=b\"}" },
		{ "--environment-name=", NULL, "{\"environmentName\":\"\"}" },
		{ "--rule-notify-email a@b", NULL, "{\"rule_notify_email\":\"a@b\"}" },
		/* Numbers keep their text; what is no number is refused. */
		{ "--top 5", NULL, "{\"top\":5}" },
		{ "--top -5", NULL, "{\"top\":-5}" },
		{ "--top five", NULL, "exit 2" },
		{ "--top 5x", NULL, "exit 2" },
		{ "--top 0x10", NULL, "exit 2" },
		{ "--top", NULL, "exit 2" },
		{ "--top --include-raw", NULL, "exit 2" },
		/* Switches. */
		{ "--include-raw", NULL, "{\"includeRaw\":true}" },
		{ "--include-raw --top 2", NULL, "{\"includeRaw\":true,\"top\":2}" },
		{ "--include-raw no", NULL, "{\"includeRaw\":false}" },
		{ "--include-raw=false", NULL, "{\"includeRaw\":false}" },
		{ "--no-include-raw", NULL, "{\"includeRaw\":false}" },
		{ "--include-raw=maybe", NULL, "exit 2" },
		{ "--no-top", NULL, "exit 2" },
		/* Lists collect. */
		{ "--fields a --fields b", NULL, "{\"fields\":[\"a\",\"b\"]}" },
		{ "--fields [\"a\",\"b\"]", NULL, "{\"fields\":[\"a\",\"b\"]}" },
		{ "--fields [1", NULL, "exit 2" },
		/* Objects are JSON, strictly. */
		{ "--body {\"a\":1.50}", NULL, "{\"body\":{\"a\":1.50}}" },
		{ "--body {\"a\":1,\"a\":2}", NULL, "exit 2" },
		{ "--body [1]", NULL, "exit 2" },
		{ "--body text", NULL, "exit 2" },
		/* Nothing is ignored, nothing is taken twice. */
		{ "--top 1 --top 2", NULL, "exit 2" },
		{ "--colour red", NULL, "exit 2" },
		{ "word", NULL, "exit 2" },
		{ "--top 1 word", NULL, "exit 2" },
		/* The whole object, and flags on top of it. */
		{ "", "{\"top\":3,\"x\":[]}", "{\"top\":3,\"x\":[]}" },
		{ "--top 5", "{\"top\":3,\"body\":{}}", "{\"top\":5,\"body\":{}}" },
		{ "--fields c", "{\"fields\":[\"a\"]}", "{\"fields\":[\"c\"]}" },
		{ "", "[1]", "exit 2" },
		{ "", "{", "exit 2" },
		{ "", "@/nonexistent", "exit 2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *result = read_words(*state, rows[i].words, rows[i].args);

		if (strcmp(result, rows[i].result))
			fail_msg("%s %s: %s", rows[i].words, rows[i].args ? rows[i].args : "",
				 result);
	}
}

static void test_files(void **state)
{
	char path[] = "/tmp/flags.XXXXXX";
	int fd = mkstemp(path);
	const char *result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"top\": 7}\n", 11), 11);
	close(fd);
	result = read_words(*state, "", arena_printf(*state, "@%s", path));
	assert_string_equal(result, "{\"top\":7}");
	result = read_words(*state, arena_printf(*state, "--body @%s", path), NULL);
	assert_string_equal(result, "{\"body\":{\"top\":7}}");
	unlink(path);
}

static void test_names(void **state)
{
	static const struct {
		const char *param, *flag;
	} rows[] = {
		{ "top", "top" },
		{ "environmentName", "environment-name" },
		{ "rule_notify_onfail", "rule-notify-onfail" },
		{ "continuationUrl", "continuation-url" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(flag_name(*state, rows[i].param), rows[i].flag);
}

/* A suggested command, pasted, makes the same call. */
static void test_commands(void **state)
{
	static const struct {
		const char *arguments, *command;
	} rows[] = {
		{ "{}", "flowlatch call probe_tool --practice" },
		{ "{\"environmentName\":\"it's\",\"top\":5}",
		  "flowlatch call probe_tool --environment-name 'it'\\''s' --top=5 --practice" },
		{ "{\"environmentName\":\"\"}",
		  "flowlatch call probe_tool --environment-name '' --practice" },
		{ "{\"environmentName\":\"$(reboot) `x`\"}",
		  "flowlatch call probe_tool --environment-name '$(reboot) `x`' --practice" },
		{ "{\"fields\":[\"a\"],\"includeRaw\":false}",
		  "flowlatch call probe_tool --fields='[\"a\"]' --include-raw=false --practice" },
		{ "{\"environmentName\":\"--top\"}",
		  "flowlatch call probe_tool --environment-name='--top' --practice" },
	};
	struct arena *a = *state;
	struct cli cli = { .arena = a, .practice = true };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = json_parse(a, str_from(rows[i].arguments), JSON_STRICT, NULL);

		assert_non_null(v);
		assert_string_equal(flags_command(&cli, "probe_tool", v), rows[i].command);
	}
	cli.practice = false;
	cli.conf.profile = "work";
	assert_string_equal(flags_command(&cli, "t", NULL), "flowlatch call t --profile work");
	cli.conf.profile = "default";
	assert_string_equal(flags_command(&cli, "t", NULL), "flowlatch call t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_reading),
		UNIT(test_files),
		UNIT(test_names),
		UNIT(test_commands),
	};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), err = dup(STDERR_FILENO), failed;

	/* The errors that are meant would drown those that are not. */
	if (getenv("V") || null < 0 || err < 0)
		return UNIT_RUN(tests);
	dup2(null, STDERR_FILENO);
	failed = UNIT_RUN(tests);
	dup2(err, STDERR_FILENO);
	return failed;
}
