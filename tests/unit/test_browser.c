/*
 * test_browser.c - what comes back from the browser: work/browser.c.
 */
#include "unit.h"

#include "base/limits.h"
#include "work/browser.h"

enum { PORT = 4711 };

static void test_requests(void **state)
{
	static const struct {
		const char *text;
		enum browser_read want;
	} rows[] = {
		{ "", BROWSER_MORE },
		{ "GET /?code=a&state=b HTTP/1.1\r\nHost: localhost:4711\r\n", BROWSER_MORE },
		{ "GET /?code=a&state=b HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_ANSWER },
		{ "GET /?code=a&state=b HTTP/1.0\r\nhost:127.0.0.1:4711\r\n\r\n", BROWSER_ANSWER },
		{ "GET /?a HTTP/1.1\r\nAccept: */*\r\nHOST: [::1]:4711 \r\n\r\n", BROWSER_ANSWER },
		{ "GET /? HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_ANSWER },
		{ "GET / HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_ELSEWHERE },
		{ "GET /x?code=a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_ELSEWHERE },
		{ "GET //?code=a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_ELSEWHERE },
		{ "POST /?code=a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_METHOD },
		{ "get /?code=a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_METHOD },
		{ "GET /?code=a HTTP/1.1\r\nHost: localhost\r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\nHost: localhost:80\r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\nHost: localhost:4711x\r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\nHost: localhost.evil:4711\r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\nHost: \r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\n\r\n", BROWSER_HOST },
		{ "GET /?code=a HTTP/1.1\r\nHost: localhost:4711\r\nHost: evil:1\r\n\r\n", BROWSER_HOST },
		{ "GET http://localhost:4711/?code=a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?code=a HTTP/2\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?code=a\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?code=a b HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?code=a&code=b HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?code=a%00b HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "GET /?state=%0a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", BROWSER_BAD },
		{ "\r\n\r\n", BROWSER_BAD },
	};
	struct browser_answer out;
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (browser_read(a, str_from(rows[i].text), PORT, &out) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].text);
}

static void test_bounds(void **state)
{
	struct browser_answer out;
	struct arena *a = *state;
	struct buf b;

	buf_init_in(&b, a, 1u << 20);
	buf_addz(&b, "GET /?code=");
	while (b.n < LIMIT_BROWSER_REQUEST)
		buf_addc(&b, 'a');
	assert_int_equal(browser_read(a, buf_str(&b), PORT, &out), BROWSER_BAD);
	assert_int_equal(browser_read(a, str_first(buf_str(&b), b.n - 1), PORT, &out), BROWSER_MORE);
	/* An end that comes later does not make it good. */
	buf_addz(&b, " HTTP/1.1\r\nHost: localhost:4711\r\n\r\n");
	assert_int_equal(browser_read(a, buf_str(&b), PORT, &out), BROWSER_BAD);
	assert_int_equal(browser_read(a, S("GET /?a HTTP/1.1\r\nHost: localhost:4711\0\r\n\r\n"), PORT, &out),
			 BROWSER_BAD);
}

static void test_values(void **state)
{
	struct browser_answer out;
	struct arena *a = *state;

	assert_int_equal(
		browser_read(a,
			     S("GET /?error=access_denied&error_description=AADSTS65004%3a+no%0d%0aTrace"
			       "&state=s%2B%26&iss=https%3A%2F%2Fx%2F&code=&session_state=z HTTP/1.1\r\n"
			       "Host: localhost:4711\r\n\r\n"),
			     PORT, &out),
		BROWSER_ANSWER);
	assert_str(out.error, "access_denied");
	assert_str(out.error_description, "AADSTS65004: no\r\nTrace");
	assert_str(out.state, "s+&");
	assert_str(out.iss, "https://x/");
	assert_str(out.code, "");
}

static void test_pasted(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
		{ "http://localhost:4711/?code=a&state=b", true },
		{ "  HTTP://127.0.0.1:4711?code=a&state=b#_=_ \n", true },
		{ "http://[::1]:4711/?code=a", true },
		{ "https://localhost:4711/?code=a", false },
		{ "http://localhost:4712/?code=a", false },
		{ "http://localhost/?code=a", false },
		{ "http://localhost:4711", false },
		{ "http://localhost:4711/x?code=a", false },
		{ "http://localhost:4711@evil.example/?code=a", false },
		{ "http://evil.example/?http://localhost:4711/?code=a", false },
		{ "http://localhost:4711/?code=a&code=b", false },
		{ "?code=a", false },
		{ "", false },
	};
	struct browser_answer out;
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (browser_read_url(a, str_from(rows[i].url), PORT, &out) != rows[i].good)
			fail_msg("row %zu: %s", i, rows[i].url);
		if (rows[i].good)
			assert_str(out.code, "a");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_requests),
		UNIT(test_bounds),
		UNIT(test_values),
		UNIT(test_pasted),
	};

	return UNIT_RUN(tests);
}
