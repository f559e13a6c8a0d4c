/*
 * test_card.c - the card: worst first, short enough, and nothing on it that misleads the eye.
 */
#include "unit.h"

#include "base/limits.h"
#include "text/crypt.h"
#include "work/card.h"

static void test_quote(void **state)
{
	static const struct {
		const char *in, *out;
		size_t most;
	} rows[] = {
		{ "plain", "\"plain\"", 80 },
		{ "  trimmed ", "\"trimmed\"", 80 },
		{ "a \"quoted\" name", "\"a 'quoted' name\"", 80 },
		{ "12345678", "\"1234...\"", 4 },
		{ "\u00e9\u00e9\u00e9\u00e9", "\"\u00e9\u00e9...\"", 2 },
		{ "x\u202ey", "\"xy\" (1 hidden characters left out)", 80 },
		{ "x\u200b\u200d\u2066y\ufeff", "\"xy\" (4 hidden characters left out)", 80 },
		{ "a\x1b[2Jb\n\tc", "\"a[2Jbc\" (3 hidden characters left out)", 80 },
		{ "tag\U000e0041\U000e0042", "\"tag\" (2 hidden characters left out)", 80 },
		{ "", "\"\"", 80 },
		{ "\U0001f4e6 box", "\"\U0001f4e6 box\"", 80 },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str s = card_quote(a, str_from(rows[i].in), rows[i].most);

		if (!str_eq(s, str_from(rows[i].out)))
			fail_msg("row %zu: %.*s", i, STR_ARG(s));
		assert_true(card_is_plain(s));
		assert_true(str_is_utf8(s));
	}
	/* Ill-formed bytes do not show, and never run past the end. */
	assert_true(card_is_plain(card_plain(a, S("\xf0\x9f\xff\xc3"))));
}

static struct card card_of(struct arena *a, const char *arguments)
{
	static const char *const warnings[] = { "This is a production environment.", NULL };
	static const struct card_request request = { "POST", STR_INIT("api.flow.microsoft.com"),
						     STR_INIT("/environments/E/flows/F/stop") };

	return (struct card){
		.klass = CLASS_DANGEROUS, .rule = "production", .warnings = warnings,
		.sentence = "Switches flow \"Invoices\" off.", .tool = "set_live_flow_state",
		.server = "flowlatch 0, profile default", .target = S("Invoices"),
		.target_id = S("0f3a"), .environment = S("Finance"), .environment_id = S("E"),
		.environment_type = S("Production"), .account = S("ada@example.com"),
		.credential = S("keyring"), .requests = &request, .request_count = 1,
		.arguments = json_parse(a, str_from(arguments), JSON_STRICT, NULL),
		.plan = "5be1c0aa", .minutes = 5,
	};
}

/* Lines of a difference are a stranger's words, too. */
static void test_diff(void **state)
{
	struct arena *a = *state;
	struct card card = card_of(a, "{}");
	const char *why;
	struct str out;

	card.diff = "- action \u202e\u200bA\x1b[2J added\n- action B removed";
	assert_true(card_build(a, &card, true, &out, &why));
	assert_true(str_find(out, S("Changes:\n- action A[2J added\n- action B removed\nArguments")) >=
		    0);
}

static void test_golden(void **state)
{
	static const char *const golden =
		"DANGEROUS: This is a production environment.\n"
		"Switches flow \"Invoices\" off.\n"
		"Target: \"Invoices\" (0f3a)\n"
		"Environment: \"Finance\" (E), type \"Production\"\n"
		"Arguments: state=\"Stopped\", flowName=\"0f3a\"\n"
		"Request: POST api.flow.microsoft.com/environments/E/flows/F/stop\n"
		"Signed in: \"ada@example.com\", keyring\n"
		"Tool set_live_flow_state of flowlatch 0, profile default. Class decided by "
		"production. Plan 5be1c0aa, valid 5 minutes.\n";
	struct arena *a = *state;
	struct card card = card_of(a, "{\"state\":\"Stopped\",\"flowName\":\"0f3a\"}");
	const char *why;
	struct str out;

	assert_true(card_build(a, &card, false, &out, &why));
	assert_str(out, golden);
}

/* A megabyte of arguments: the form stays short, and both name the digest. */
static void test_long(void **state)
{
	struct arena *a = *state;
	struct json *v = json_new_object(a);
	struct card card = card_of(a, "{}");
	const char *why;
	struct buf big, hex;
	struct str form, full;
	unsigned char hash[32];

	buf_init_in(&big, a, 2u << 20);
	while (big.n < 1u << 20)
		buf_addz(&big, "line of a definition\n");
	json_set_str(a, v, "definition", buf_str(&big));
	for (int i = 0; i < 40; i++)
		json_set_z(a, v, arena_printf(a, "argument%d", i), "some value of an argument");
	card.arguments = v;
	assert_true(card_build(a, &card, false, &form, &why));
	assert_true(card_characters(form) <= LIMIT_CARD);
	assert_true(str_find(form, S("shortened")) > 0 || str_find(form, S("terminal)")) > 0);
	assert_true(str_find(form, S("Plan 5be1c0aa")) > 0);
	assert_true(card_build(a, &card, true, &full, &why));
	assert_true(full.n < LIMIT_CARD_FULL);
	crypt_sha256(json_text(a, json_get(v, "definition")), hash);
	buf_init_in(&hex, a, 64);
	crypt_hex(&hex, str_n((const char *)hash, 8));
	assert_true(str_find(full, buf_str(&hex)) > 0);
	assert_true(str_find(form, buf_str(&hex)) > 0);
	assert_true(str_find(full, S("argument39")) > 0);
}

/* What will be sent shows exactly: hidden characters of arguments as escapes. */
static void test_exact(void **state)
{
	struct arena *a = *state;
	struct card card = card_of(a, "{\"name\":\"a\\u202eb\\u200b\",\"t\":\"x\\ud83d\\udce6\"}");
	const char *why;
	struct str out;

	assert_true(card_build(a, &card, false, &out, &why));
	assert_true(str_find(out, S("name=\"a\\u202eb\\u200b\"")) > 0);
	card = card_of(a, "{\"a\\u200bb\":1,\"tag\":\"\\udb40\\udc41\"}");
	assert_true(card_build(a, &card, false, &out, &why));
	assert_true(str_find(out, S("a\\u200bb=1")) > 0);
	assert_true(str_find(out, S("\\udb40\\udc41")) > 0);
}

static void test_refused(void **state)
{
	struct arena *a = *state;
	struct card card = card_of(a, "{}");
	struct card_request bad = { "POST", STR_INIT("host"), STR_INIT("/a\u202e") };
	const char *why = "", *sentence;
	struct buf b;
	struct str out;

	card.target_id = S("id\u200b");
	assert_false(card_build(a, &card, false, &out, &why));
	assert_true(str_find(str_from(why), S("id")) >= 0);
	card = card_of(a, "{}");
	card.requests = &bad;
	assert_false(card_build(a, &card, true, &out, &why));
	card = card_of(a, "{}");
	buf_init_in(&b, a, 8192);
	while (b.n < 2000)
		buf_addz(&b, "much too long ");
	sentence = buf_c(&b);
	card.sentence = sentence;
	assert_false(card_build(a, &card, false, &out, &why));
	assert_true(card_build(a, &card, true, &out, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_quote), UNIT(test_golden), UNIT(test_diff), UNIT(test_long), UNIT(test_exact),
		UNIT(test_refused),
	};

	return UNIT_RUN(tests);
}
