/*
 * test_challenge.c - WWW-Authenticate headers and id tokens: work/challenge.c.
 */
#include "unit.h"

#include "text/crypt.h"
#include "work/auth.h"

static void test_challenges(void **state)
{
	static const struct {
		const char *header;
		size_t count;
		const char *scheme, *error, *claims, *authority; /* of the last challenge */
	} rows[] = {
		{ "", 0, "", "", "", "" },
		{ "Bearer", 1, "Bearer", "", "", "" },
		{ "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"", 1,
		  "Bearer", "insufficient_claims", "eyJhIjoxfQ==", "" },
		{ "Bearer claims=\"eyJhIjoxfQ\",error=\"insufficient_claims\"", 1, "Bearer",
		  "insufficient_claims", "eyJhIjoxfQ", "" },
		/* Unquoted base64 keeps its padding. */
		{ "Bearer claims=eyJhIjoxfQ==, error=x", 1, "Bearer", "x", "eyJhIjoxfQ==", "" },
		{ "Basic realm=\"a, b\", Bearer error=\"invalid_token\"", 2, "Bearer",
		  "invalid_token", "", "" },
		{ "Bearer error=\"with \\\"quotes\\\" and, commas\"", 1, "Bearer",
		  "with \"quotes\" and, commas", "", "" },
		{ "Bearer authorization_uri=https://login.example/t/oauth2/authorize, resource_id=x",
		  1, "Bearer", "", "", "https://login.example/t/oauth2/authorize" },
		{ "Negotiate, Bearer", 2, "Bearer", "", "", "" },
		{ "BEARER ERROR=\"x\"", 1, "BEARER", "x", "", "" },
		{ "Bearer error=\"unterminated", 1, "Bearer", "unterminated", "", "" },
		{ ",,, = \" ; Bearer \x01 error=\"y\"", 1, "Bearer", "y", "", "" },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct challenge got[4];
		size_t n = challenge_parse(a, str_from(rows[i].header), got, 4);

		if (n != rows[i].count)
			fail_msg("%s: %zu challenges", rows[i].header, n);
		if (!n)
			continue;
		assert_str(got[n - 1].scheme, rows[i].scheme);
		assert_str(got[n - 1].error, rows[i].error);
		assert_str(got[n - 1].claims, rows[i].claims);
		assert_str(got[n - 1].authorization_uri, rows[i].authority);
	}
}

static void test_challenge_ceiling(void **state)
{
	struct challenge got[2];

	assert_int_equal(challenge_parse(*state, S("A, B, C, D"), got, 2), 2);
}

static void test_claims(void **state)
{
	static const struct {
		const char *claims, *want; /* NULL: refused */
	} rows[] = {
		{ "eyJhIjoxfQ==", "{\"a\":1}" }, { "eyJhIjoxfQ", "{\"a\":1}" },
		{ "eyJhIjoiPz8_In0", "{\"a\":\"???\"}" }, { "eyJhIjoiPz8/In0=", "{\"a\":\"???\"}" },
		{ "", NULL }, { "not base64!", NULL }, { "WzFd", NULL }, { "eyJh", NULL },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str got = challenge_claims(a, str_from(rows[i].claims));

		if (rows[i].want)
			assert_str(got, rows[i].want);
		else
			assert_null(got.p);
	}
}

static void test_jwt(void **state)
{
	static const struct {
		const char *token, *tid; /* NULL: no token */
	} rows[] = {
		{ "e30.eyJ0aWQiOiJ4In0.c2ln", "x" },
		{ "e30.eyJ0aWQiOiJ4In0.", "x" },
		{ "e30.eyJ0aWQiOjF9.s", "" },
		{ "eyJ0aWQiOiJ4In0", NULL }, { "e30.eyJ0aWQiOiJ4In0", NULL },
		{ "e30.bm90IGpzb24.s", NULL }, { "e30.WzFd.s", NULL }, { "..", NULL }, { "", NULL },
	};
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json *v = jwt_payload(a, str_from(rows[i].token));

		if (!rows[i].tid)
			assert_null(v);
		else
			assert_str(json_get_str(v, "tid"), rows[i].tid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_challenges),
		UNIT(test_challenge_ceiling),
		UNIT(test_claims),
		UNIT(test_jwt),
	};

	return UNIT_RUN(tests);
}
