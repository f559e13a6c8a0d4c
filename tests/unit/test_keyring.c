/*
 * test_keyring.c - the lines of flowlatch-keyring: what is a request, and what an answer.
 */
#include "base/limits.h"
#include "keyring/protocol.h"
#include "unit.h"
#include "work/store_impl.h"

#define WHO "version=1\nprofile=work\nplace=/home/ada/state\n"

static void test_requests(void **state)
{
	static const struct {
		const char *verb, *text;
		bool good;
	} rows[] = {
		{ "get", WHO "item=refresh_token\n\n", true },
		{ "get", WHO "item=a\nitem=b\nitem=c\n\n", true },
		{ "store", WHO "item=refresh_token\nsecret={\"a\":\"b=c\"}\n\n", true },
		{ "erase", WHO "\n", true },
		{ "erase", WHO "item=a\nitem=b\n\n", true },
		{ "check", WHO "\n", true },
		{ "unlock", WHO "interactive=yes\n\n", true },
		{ "get", WHO "collection=session\ninteractive=no\nitem=a\n\n", true },
		{ "get", "item=a\nplace=/p\nprofile=x\nversion=1\n\n", true },
		{ "", WHO "item=a\n\n", false },
		{ "gets", WHO "item=a\n\n", false },
		{ "get", "", false },
		{ "get", "\n", false },
		{ "get", WHO "item=a\n", false },
		{ "get", WHO "item=a", false },
		{ "get", WHO "\n", false },
		{ "get", WHO "item=\n\n", false },
		{ "get", WHO "item=a\nsecret=s\n\n", false },
		{ "get", WHO "1\nitem=a\n\n", false },
		{ "get", WHO "colour=blue\nitem=a\n\n", false },
		{ "get", WHO "collection=other\nitem=a\n\n", false },
		{ "get", WHO "interactive=maybe\nitem=a\n\n", false },
		{ "get", WHO "profile=again\nitem=a\n\n", false },
		{ "get", WHO "item=1\nitem=2\nitem=3\nitem=4\nitem=5\nitem=6\nitem=7\nitem=8\nitem=9\n\n",
		  false },
		{ "get", "version=2\nprofile=work\nplace=/p\nitem=a\n\n", false },
		{ "get", "profile=work\nplace=/p\nitem=a\n\n", false },
		{ "get", "version=1\nplace=/p\nitem=a\n\n", false },
		{ "get", "version=1\nprofile=work\nitem=a\n\n", false },
		{ "get", WHO "item=a\n\nitem=b\n\n", false },
		{ "get", WHO "item=\xff\n\n", false },
		{ "store", WHO "item=a\n\n", false },
		{ "store", WHO "secret=s\n\n", false },
		{ "store", WHO "item=a\nsecret=\n\n", false },
		{ "store", WHO "item=a\nsecret=s\nsecret=t\n\n", false },
		{ "store", WHO "item=a\nitem=b\nsecret=s\n\n", false },
		{ "check", WHO "item=a\n\n", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keyring_request r;
		const char *why = NULL;

		if (keyring_request_read(rows[i].verb, str_from(rows[i].text), &r, &why) !=
		    rows[i].good)
			fail_msg("%s: %s (%s)", rows[i].verb, rows[i].text, why);
		if (!rows[i].good)
			assert_non_null(why);
	}
}

static void test_fields(void **state)
{
	struct keyring_request r;
	const char *why;

	(void)state;
	assert_true(keyring_request_read(
		"store", S(WHO "collection=session\nitem=refresh_token\nsecret= a=b \n\n"), &r, &why));
	assert_int_equal(r.verb, KEYRING_STORE);
	assert_true(r.session && !r.interactive);
	assert_str(r.profile, "work");
	assert_str(r.place, "/home/ada/state");
	assert_int_equal(r.item_count, 1);
	assert_str(r.items[0], "refresh_token");
	assert_str(r.secret, " a=b ");
}

/* A request may be read in pieces: only the last one ends it. */
static void test_end(void **state)
{
	struct str text = S(WHO "item=a\n\n");

	(void)state;
	for (size_t n = 0; n < text.n; n++)
		assert_false(keyring_request_ends(str_first(text, n)));
	assert_true(keyring_request_ends(text));
	assert_true(keyring_request_ends(S("\n")));
}

/* What one side writes the other reads. */
static void test_answers(void **state)
{
	struct store_answer a = { 0 };
	struct str text, line;
	struct buf b;

	buf_init_in(&b, *state, LIMIT_KEYRING_ANSWER);
	assert_true(keyring_answer_item(&b, S("refresh_token"), S("{\"v\":1}")));
	assert_true(keyring_answer_item(&b, S("log_key"), S("x=y")));
	assert_false(keyring_answer_item(&b, S("x"), S("two\nlines")));
	assert_false(keyring_answer_item(&b, S("x"), S("")));
	assert_false(keyring_answer_item(&b, S("x"), S("\xff")));
	keyring_answer_end(&b, KEYRING_FAILED, S("what\nthe service\x1b said"));
	text = buf_str(&b);
	while (str_cut(&text, '\n', &line) && text.p)
		store_answer_line(&a, line);
	assert_true(a.ended && !a.bad);
	assert_int_equal(a.count, 2);
	assert_str(a.items[0], "refresh_token");
	assert_str(a.secrets[0], "{\"v\":1}");
	assert_str(a.items[1], "log_key");
	assert_str(a.secrets[1], "x=y");
	assert_str(a.status, "failed");
	assert_str(a.detail, "what the service  said");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_requests),
		UNIT(test_fields),
		UNIT(test_end),
		UNIT(test_answers),
	};

	return UNIT_RUN(tests);
}
