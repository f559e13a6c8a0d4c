/*
 * test_clientconf.c - entries in JSON, JSON with comments and TOML: what is set, what stays.
 */
#include "unit.h"

#include "base/limits.h"
#include "work/clientconf.h"

static const struct clientconf_spot json = { CLIENTCONF_JSON, "mcpServers", "flowlatch" };
static const struct clientconf_spot jsonc = { CLIENTCONF_JSONC, "servers", "flowlatch" };
static const struct clientconf_spot toml = { CLIENTCONF_TOML, "mcp_servers", "flowlatch" };

/* What every row sets: {"command": "/f", "args": ["serve"]}. */
static struct json *entry(struct arena *a)
{
	const char *argv[] = { "/f", "serve" };

	return client_entry(a, client_host_find(S("gemini")), &(struct client_machine){ 0 }, argv,
			    2);
}

static const struct row {
	const struct clientconf_spot *spot;
	const char *before, *after;
	const char *undone; /* restored with `before` as the old text; NULL: the same as before */
} rows[] = {
	{ &json, "", "{\n  \"mcpServers\": {\n    \"flowlatch\": {\n      \"command\": \"/f\",\n      \"args\": [\"serve\"]\n    }\n  }\n}\n", "{\n}\n" },
	{ &json, "{}", "{\n  \"mcpServers\": {\n    \"flowlatch\": {\n      \"command\": \"/f\",\n      \"args\": [\"serve\"]\n    }\n  }\n}", "{\n}" },
	{ &json, "{\"a\":1}", "{\"a\":1, \"mcpServers\": {\"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", NULL },
	{ &json, "{\"mcpServers\":{\"x\":{}}}", "{\"mcpServers\":{\"x\":{}, \"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", NULL },
	{ &json, "{\n\t\"z\": 1.0,\n\t\"mcpServers\": {\n\t\t\"x\": {\n\t\t\t\"url\": \"u\"\n\t\t}\n\t},\n\t\"a\": 1e3\n}\n",
	  "{\n\t\"z\": 1.0,\n\t\"mcpServers\": {\n\t\t\"x\": {\n\t\t\t\"url\": \"u\"\n\t\t},\n\t\t\"flowlatch\": {\n\t\t\t\"command\": \"/f\",\n\t\t\t\"args\": [\"serve\"]\n\t\t}\n\t},\n\t\"a\": 1e3\n}\n", NULL },
	{ &json, "{\r\n    \"a\": 1\r\n}\r\n", "{\r\n    \"a\": 1,\r\n    \"mcpServers\": {\r\n        \"flowlatch\": {\r\n            \"command\": \"/f\",\r\n            \"args\": [\"serve\"]\r\n        }\r\n    }\r\n}\r\n", NULL },
	/* What somebody added to our entry stays, and one that is as it should be is not touched. */
	{ &json, "{\n  \"mcpServers\": {\n    \"flowlatch\": {\n      \"args\": [\"old\"], \"env\": {\"A\": \"b\"}, \"command\":\"/g\"\n    }\n  }\n}",
	  "{\n  \"mcpServers\": {\n    \"flowlatch\": {\n      \"args\": [\"serve\"], \"env\": {\"A\": \"b\"}, \"command\":\"/f\"\n    }\n  }\n}", NULL },
	{ &json, "{\"mcpServers\":{\"flowlatch\":{\"args\":[ \"serve\" ],\"command\":\"\\u002ff\"}}}", "{\"mcpServers\":{\"flowlatch\":{\"args\":[ \"serve\" ],\"command\":\"\\u002ff\"}}}", NULL },
	{ &json, "{\"mcpServers\":{\"flow\\u006catch\":{\"command\":\"/g\"}}}", "{\"mcpServers\":{\"flow\\u006catch\":{\"command\":\"/f\", \"args\": [\"serve\"]}}}", NULL },
	/* A server elsewhere is replaced whole. */
	{ &json, "{\"mcpServers\":{\"flowlatch\":{\"url\":\"u\",\"headers\":{}},\"b\":2}}", "{\"mcpServers\":{\"flowlatch\":{\"command\": \"/f\", \"args\": [\"serve\"]},\"b\":2}}", NULL },
	/* Names that come twice elsewhere, and halves of characters, are none of our business. */
	{ &json, "{\"a\":1,\"a\":\"\\ud83d\"}", "{\"a\":1,\"a\":\"\\ud83d\", \"mcpServers\": {\"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", NULL },
	{ &json, "\xef\xbb\xbf{\"a\":1}", "\xef\xbb\xbf{\"a\":1, \"mcpServers\": {\"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", NULL },
	{ &jsonc, "// mine\n{\n  \"servers\": {\n    \"x\": {}, // the last\n    /* and no more */\n  },\n}\n",
	  "// mine\n{\n  \"servers\": {\n    \"x\": {}, // the last\n    /* and no more */\n    \"flowlatch\": {\n      \"command\": \"/f\",\n      \"args\": [\"serve\"]\n    },\n  },\n}\n", NULL },
	{ &jsonc, "{\n  \"servers\": {\n    \"x\": {} // the last\n  }\n}",
	  "{\n  \"servers\": {\n    \"x\": {}, // the last\n    \"flowlatch\": {\n      \"command\": \"/f\",\n      \"args\": [\"serve\"]\n    }\n  }\n}", NULL },
	{ &jsonc, "{\n  \"servers\": { // none\n  },\n  \"inputs\": []\n}",
	  "{\n  \"servers\": { // none\n    \"flowlatch\": {\n      \"command\": \"/f\",\n      \"args\": [\"serve\"]\n    }\n  },\n  \"inputs\": []\n}", NULL },
	{ &jsonc, "{ // a\n  \"inputs\": [ 1, /* two */ 2, ] }",
	  "{ // a\n  \"inputs\": [ 1, /* two */ 2, ],  \"servers\": {\"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", "{ // a\n  \"inputs\": [ 1, /* two */ 2, ]}" },
	{ &jsonc, "{\"servers\":{/* \"flowlatch\": */ \"a\":\"//\",}}", "{\"servers\":{/* \"flowlatch\": */ \"a\":\"//\", \"flowlatch\": {\"command\": \"/f\", \"args\": [\"serve\"]}}}", "{\"servers\":{/* \"flowlatch\": */ \"a\":\"//\"}}" },
	{ &toml, "", "[mcp_servers.flowlatch]\ncommand = \"/f\"\nargs = [\"serve\"]\n", NULL },
	{ &toml, "model = \"m\" # mine", "model = \"m\" # mine\n\n[mcp_servers.flowlatch]\ncommand = \"/f\"\nargs = [\"serve\"]\n", "model = \"m\" # mine\n" },
	{ &toml, "[a]\r\nb = 1\r\n", "[a]\r\nb = 1\r\n\r\n[mcp_servers.flowlatch]\r\ncommand = \"/f\"\r\nargs = [\"serve\"]\r\n", NULL },
	{ &toml, "[mcp_servers.flowlatch] # mine\nargs = [ # none\n]\nenv = { A = \"b\" }\n\n# of b\n[b]\n",
	  "\n# of b\n[b]\n\n[mcp_servers.flowlatch]\ncommand = \"/f\"\nargs = [\"serve\"]\n",
	  "\n# of b\n[b]\n\n[mcp_servers.flowlatch]\nargs = [ # none\n]\nenv = { A = \"b\" }\n" },
	{ &toml, "[mcp_servers.flowlatch] # mine\ncommand = '/g' # g\nenv = { A = \"b\" }\n\n# of b\n[b]\n",
	  "[mcp_servers.flowlatch] # mine\ncommand = \"/f\" # g\nenv = { A = \"b\" }\nargs = [\"serve\"]\n\n# of b\n[b]\n", NULL },
	{ &toml, "[\"mcp_servers\".'flowlatch']\nargs = ['serve']\ncommand = \"\"\"\n/f\"\"\"", "[\"mcp_servers\".'flowlatch']\nargs = ['serve']\ncommand = \"\"\"\n/f\"\"\"", NULL },
	{ &toml, "[mcp_servers.x]\nurl = \"u\"\n[mcp_servers.x.tools.y]\n[[z]]\nk.l.m = 1\n[[z]]\nk.l.m = 1979-05-27 07:32:00Z\n",
	  "[mcp_servers.x]\nurl = \"u\"\n[mcp_servers.x.tools.y]\n[[z]]\nk.l.m = 1\n[[z]]\nk.l.m = 1979-05-27 07:32:00Z\n\n[mcp_servers.flowlatch]\ncommand = \"/f\"\nargs = [\"serve\"]\n", NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct str before = str_from(r->before), after;
		struct clientconf_error e = { 0 };
		struct arena a;
		struct buf b, again, back;
		bool nothing;

		arena_init(&a, 64u << 20);
		buf_init_in(&b, &a, 1u << 20);
		buf_init_in(&again, &a, 1u << 20);
		buf_init_in(&back, &a, 1u << 20);
		if (!clientconf_set(&a, r->spot, before, entry(&a), &b, &e))
			fail_msg("row %zu: line %u: %s", i, e.line, e.message);
		after = buf_str(&b);
		assert_string_equal(buf_c(&b), r->after);
		assert_true(clientconf_set(&a, r->spot, after, entry(&a), &again, &e));
		assert_string_equal(buf_c(&again), buf_c(&b));
		assert_true(json_equal(json_at(clientconf_servers(&a, r->spot, after, &e),
					       "/flowlatch/args"),
				       json_get(entry(&a), "args")));
		assert_true(clientconf_restore(&a, r->spot, after, before, &back, &nothing, &e));
		assert_string_equal(buf_c(&back), r->undone ? r->undone : r->before);
		arena_release(&a);
	}
}

static const struct {
	const struct clientconf_spot *spot;
	const char *text;
	unsigned line;
	const char *why; /* part of it */
} broken[] = {
	{ &json, "{", 1, "name" },
	{ &json, "[]", 1, "expected '{'" },
	{ &json, "{}\n{}", 2, "after the end" },
	{ &json, "{\n\"a\": 1,\n}", 3, "comma" },
	{ &json, "{\n// a\n}", 2, "comments" },
	{ &json, "{\n\"a\": \"b\n\"}", 2, "line break" },
	{ &json, "{\"a\": tru}", 1, "value" },
	{ &json, "{\"a\": 01}", 1, "value" },
	{ &json, "{\"a\" 1}", 1, "':'" },
	{ &json, "{\"a\":1 \"b\":2}", 1, "','" },
	{ &json, "{\"a\":\"\\x\"}", 1, "escape" },
	{ &json, "{\"a\":\"\\u12\"}", 1, "hexadecimal" },
	{ &json, "{\"a\":\"\xff\"}", 1, "UTF-8" },
	{ &json, "{\"mcpServers\":[]}", 1, "object" },
	{ &json, "{\"mcpServers\":{},\n\"mcpServers\":{}}", 2, "twice" },
	{ &json, "{\"mcpServers\":{\"flowlatch\":1,\n\"flowlatch\":2}}", 2, "twice" },
	{ &jsonc, "{\n/* a\n}", 2, "does not end" },
	{ &jsonc, "{,}", 1, "name" },
	{ &jsonc, "{\"a\":[1,,2]}", 1, "value" },
	{ &toml, "a", 1, "'='" },
	{ &toml, "a = 1\nb = \n", 2, "value" },
	{ &toml, "a = \"x\ny\"", 1, "does not end" },
	{ &toml, "a = 1 b = 2", 1, "end of the line" },
	{ &toml, "[a", 1, "']'" },
	{ &toml, "[[a]", 1, "']]'" },
	{ &toml, "a = [1, 2", 1, "','" },
	{ &toml, "a = \"\\q\"", 1, "escape" },
	{ &toml, "a = \"\\ud800\"", 1, "character" },
	{ &toml, "= 1", 1, "name" },
	{ &toml, "[mcp_servers.flowlatch]\n[mcp_servers.flowlatch]", 2, "twice" },
	{ &toml, "[mcp_servers]\nflowlatch = { command = \"x\" }", 2, "by hand" },
	{ &toml, "mcp_servers.flowlatch.command = \"x\"", 1, "by hand" },
	{ &toml, "\nmcp_servers = { }", 2, "by hand" },
	{ &toml, "mcp_servers = 1", 1, "table" },
	{ &toml, "a = 'x'\nb = \"\"\"\n", 2, "does not end" },
};

static void test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct clientconf_error e = { 0 };
		struct arena a;
		struct buf b;

		arena_init(&a, 64u << 20);
		buf_init_in(&b, &a, 1u << 20);
		if (clientconf_set(&a, broken[i].spot, str_from(broken[i].text), entry(&a), &b, &e))
			fail_msg("row %zu is taken: %s", i, buf_c(&b));
		if (e.line != broken[i].line || str_find(str_from(e.message),
							 str_from(broken[i].why)) < 0)
			fail_msg("row %zu: line %u: %s", i, e.line, e.message);
		assert_int_equal(b.n, 0);
		arena_release(&a);
	}
}

/* Others changed the file after us: only our entry goes, or comes back. */
static void test_undo_later(void **state)
{
	static const struct {
		const struct clientconf_spot *spot;
		const char *old, *now, *undone;
		bool nothing;
	} cases[] = {
		{ &json, "", "{\n  \"mcpServers\": {\n    \"flowlatch\": {},\n    \"b\": {}\n  }\n}\n", "{\n  \"mcpServers\": {\n    \"b\": {}\n  }\n}\n", false },
		{ &json, "", "{\n  \"mcpServers\": {\n    \"b\": {},\n    \"flowlatch\": {}\n  }\n}\n", "{\n  \"mcpServers\": {\n    \"b\": {}\n  }\n}\n", false },
		{ &json, "", "{\n  \"mcpServers\": {\n    \"flowlatch\": {}\n  }\n}\n", "{\n}\n", true },
		{ &json, "{\"mcpServers\":{}}", "{\"mcpServers\":{\"flowlatch\":{}}, \"x\":1}", "{\"mcpServers\":{}, \"x\":1}", false },
		{ &json, "{\"mcpServers\":{\"flowlatch\":{\"command\":\"old\"}}}", "{\"y\":2,\"mcpServers\":{\"flowlatch\":{\"command\":\"/f\"}}}", "{\"y\":2,\"mcpServers\":{\"flowlatch\":{\"command\":\"old\"}}}", false },
		{ &json, "{\"mcpServers\":{\"flowlatch\":{\"command\":\"old\"}}}", "{\"y\":2}", "{\"y\":2, \"mcpServers\": {\"flowlatch\": {\"command\":\"old\"}}}", false },
		{ &json, "{\"x\":1}", "{\"flowlatch\":{},\"x\":2}", "{\"flowlatch\":{},\"x\":2}", false },
		{ &toml, "", "[mcp_servers.flowlatch]\ncommand = \"/f\"\n", "", true },
		{ &toml, "", "[mcp_servers.flowlatch]\ncommand = \"/f\"\n[mcp_servers.flowlatch.env]\nA = \"b\"\n\n# c\n[x]\n", "\n# c\n[x]\n", false },
		{ &toml, "[mcp_servers.flowlatch]\ncommand = 'old' # o\n", "a = 1\n\n[mcp_servers.flowlatch]\ncommand = \"/f\"\nargs = []\n[x]\n", "a = 1\n\n[mcp_servers.flowlatch]\ncommand = 'old' # o\n[x]\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clientconf_error e = { 0 };
		bool nothing = false;
		struct arena a;
		struct buf b;

		arena_init(&a, 64u << 20);
		buf_init_in(&b, &a, 1u << 20);
		if (!clientconf_restore(&a, cases[i].spot, str_from(cases[i].now),
					str_from(cases[i].old), &b, &nothing, &e))
			fail_msg("row %zu: line %u: %s", i, e.line, e.message);
		assert_string_equal(buf_c(&b), cases[i].undone);
		assert_int_equal(nothing, cases[i].nothing);
		arena_release(&a);
	}
}

/* Every value of TOML that a host may keep beside ours. */
static void test_toml_values(void **state)
{
	static const struct {
		const char *toml, *json;
	} values[] = {
		{ "\"a\\tb\\u00e9\\U0001F600\\\"\"", "\"a\\tb\xc3\xa9\xf0\x9f\x98\x80\\\"\"" },
		{ "'a\\b'", "\"a\\\\b\"" },
		{ "\"\"\"\na\\\n   b\"\"\"\"", "\"ab\\\"\"" },
		{ "'''\r\na\nb'''", "\"a\\nb\"" },
		{ "\"\"", "\"\"" },
		{ "[ 1, [2.5,], \"x\", # c\n ]", "[1,[2.5],\"x\"]" },
		{ "{ a.b = 1, \"c d\" = true }", "{\"a\":{\"b\":1},\"c d\":true}" },
		{ "false", "false" },
		{ "0x1F", "\"0x1F\"" },
		{ "1_000", "\"1_000\"" },
		{ "-inf", "\"-inf\"" },
		{ "1979-05-27 07:32:00.5-07:00", "\"1979-05-27 07:32:00.5-07:00\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct clientconf_error e = { 0 };
		struct json *servers, *want;
		struct arena a;

		arena_init(&a, 16u << 20);
		servers = clientconf_servers(&a, &toml,
					     str_fmt(&a, "[mcp_servers.x]\nv = %s\nw = 1\n",
						     values[i].toml), &e);
		if (!servers)
			fail_msg("row %zu: %s", i, e.message);
		want = json_parse(&a, str_from(values[i].json), JSON_STRICT, NULL);
		if (!json_equal(json_at(servers, "/x/v"), want) ||
		    json_int(json_at(servers, "/x/w"), 0) != 1)
			fail_msg("row %zu: %.*s", i,
				 STR_ARG(json_text(&a, json_at(servers, "/x"))));
		arena_release(&a);
	}
}

static void test_argv(void **state)
{
	static const struct {
		const char *entry, *argv;
	} cases[] = {
		{ "{\"command\":\"/f\",\"args\":[\"serve\"]}", "[\"/f\",\"serve\"]" },
		{ "{\"command\":\"/f\"}", "[\"/f\"]" },
		{ "{\"command\":[\"/f\",\"serve\"]}", "[\"/f\",\"serve\"]" },
		{ "{\"command\":\"wsl.exe\",\"args\":[\"-d\",\"D\",\"--exec\",\"/f\",\"serve\"]}", "[\"/f\",\"serve\"]" },
		{ "{\"command\":\"C:\\\\Windows\\\\System32\\\\wsl.exe\",\"args\":[\"--\",\"/f\"]}", "[\"/f\"]" },
		{ "{\"command\":\"wsl\",\"args\":[\"/f\"]}", "[\"wsl\",\"/f\"]" },
		{ "{\"url\":\"u\"}", "null" },
		{ "7", "null" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json *have, *want;
		struct arena a;

		arena_init(&a, 1u << 20);
		have = client_argv(&a, json_parse(&a, str_from(cases[i].entry), JSON_STRICT, NULL));
		want = json_parse(&a, str_from(cases[i].argv), JSON_STRICT, NULL);
		assert_true(json_is(want, JSON_NULL) ? !have : json_equal(have, want));
		arena_release(&a);
	}
}

/* What client_entry makes, client_argv reads, in every shape and on both sides of WSL. */
static void test_entries(void **state)
{
	const char *argv[] = { "/opt/flowlatch", "serve", "--profile", "x" };
	const struct client_machine machines[] = { { .home = "/h" },
						   { .home = "/h", .windows_home = "/mnt/c/Users/a", .distribution = "Debian" },
						   { .home = "/h", .windows_home = "/mnt/c/Users/a" } };

	(void)state;
	for (size_t h = 0; h < client_host_count; h++)
		for (size_t m = 0; m < 3; m++) {
			struct json *words;
			struct arena a;
			size_t i = 0;

			arena_init(&a, 1u << 20);
			words = client_argv(&a, client_entry(&a, &client_hosts[h], &machines[m],
							     argv, 4));
			assert_int_equal(json_count(words), 4);
			JSON_EACH(w, words)
				assert_string_equal(json_z(w), argv[i++]);
			arena_release(&a);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	    cmocka_unit_test(test_broken),
		cmocka_unit_test(test_undo_later),  cmocka_unit_test(test_toml_values),
		cmocka_unit_test(test_argv),	    cmocka_unit_test(test_entries),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
