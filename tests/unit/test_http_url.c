/*
 * test_http_url.c - URLs as the parser sees them that sends them, and the addresses that a link
 * must not lead to.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/limits.h"
#include "unit.h"
#include "wire/http.h"
#include "wire/http_guard.h"

static void parts(void **state)
{
	static const struct {
		const char *url, *scheme, *host;
		unsigned port;
		const char *path, *query;
	} t[] = {
		{ "https://a.example", "https", "a.example", 443, "/", "" },
		{ "https://a.example/", "https", "a.example", 443, "/", "" },
		{ "https://a.example:443/x", "https", "a.example", 443, "/x", "" },
		{ "https://a.example:8443/x/y?z", "https", "a.example", 8443, "/x/y", "z" },
		{ "HTTPS://A.Example:1/X?Y=%2F&a=b?c", "https", "a.example", 1, "/X", "Y=%2F&a=b?c" },
		{ "http://a.example/x", "http", "a.example", 80, "/x", "" },
		{ "https://a.example?q=/x", "https", "a.example", 443, "/", "q=/x" },
		{ "https://a.example/x?", "https", "a.example", 443, "/x", "" },
		/* as it stands: curl must not tidy what was signed or checked */
		{ "https://a.example/a/../b/./c//d", "https", "a.example", 443, "/a/../b/./c//d", "" },
		{ "https://a.example/%41%2e;x=y@z:1", "https", "a.example", 443, "/%41%2e;x=y@z:1", "" },
		{ "https://a.example/$x('y')?$skiptoken=%253D", "https", "a.example", 443, "/$x('y')",
		  "$skiptoken=%253D" },
		{ "https://127.0.0.1:65535/", "https", "127.0.0.1", 65535, "/", "" },
		{ "https://[::1]:8443/x", "https", "::1", 8443, "/x", "" },
		{ "https://[2001:DB8::1]/x", "https", "2001:db8::1", 443, "/x", "" },
		{ "https://xn--bcher-kva.example/", "https", "xn--bcher-kva.example", 443, "/", "" },
		{ "https://a-b.c0.example/", "https", "a-b.c0.example", 443, "/", "" },
	};
	struct http_url u;

	for (size_t i = 0; i < COUNT(t); i++) {
		if (!http_url_parse(*state, str_from(t[i].url), &u))
			fail_msg("%s is refused", t[i].url);
		assert_str(u.scheme, t[i].scheme);
		assert_str(u.host, t[i].host);
		assert_int_equal(u.port, t[i].port);
		assert_str(u.path, t[i].path);
		assert_str(u.query, t[i].query);
	}
}

static void what_is_no_url(void **state)
{
	static const char *const t[] = {
		"", "x", "/x", "//a.example/x", "a.example", "https", "https:", "https:/", "https://",
		"https:///x", "https:/a.example", "https:a.example", "https:////a.example/", "://a.example",
		"moon://a.example/", "ht tps://a.example/", "1https://a.example/", "mailto:a@b.example",
		"https://u@a.example/", "https://u:p@a.example/", "https://@a.example/", "https://:@a.example",
		"https://a.example#f", "https://a.example/x#", "https://a.example/x#y", "https://#/",
		"https://a.example/ x", " https://a.example/", "https://a.example/ ", "https://a .example/",
		"https://a.example/\n", "https://a.example/\r\nX:y", "https://a\t.example/", "\nhttps://a.b/",
		"https://a.example\\x", "https://a.example/x\\y", "https:\\\\a.example", "https://a\\@b.example",
		"https://a%2eexample/", "https://%61.example/", "https://a.example%00/", "https://a_b.example/",
		"https://a..example/", "https://.a.example/", "https://a.example./", "https://a.example.:1/",
		"https://a.example:/", "https://a.example:0/", "https://a.example:00443/",
		"https://a.example:65536/", "https://a.example:99999999999/", "https://a.example:+1/",
		"https://a.example:-1/", "https://a.example:1x/", "https://a.example:1:2/", "https://:1/",
		"https://[::1/", "https://::1/", "https://[a.example]/", "https://[]/", "https://[::1]x/",
		"https://[fe80::1%25lo]/", "https://a]b/", "https://[::1]:/", "https://[::1]:0/",
		"https://0x7f.1/", "https://0177.0.0.1/", "https://2130706433/", "https://127.1/",
		"https://\xc3\xa4.example/", "https://a.example/\xc3\xa4", "https://a.example/\x7f",
		"https://a.example/\"", "https://a.example/<x>", "https://a,b.example/", "https://a;b/",
		"https://(a)/", "https://a|b/", "https://a&b/", "https://*.example/", "https://?x", "https://a.b?\x01",
	};
	struct http_url u;

	for (size_t i = 0; i < COUNT(t); i++)
		if (http_url_parse(*state, str_from(t[i]), &u))
			fail_msg("%s is taken", t[i]);
	assert_false(http_url_parse(*state, S("https://a.example/\0x"), &u));
	assert_false(http_url_parse(*state, S("https://a.example\0.evil.example/"), &u));
}

static void length(void **state)
{
	char *url = arena_alloc(*state, LIMIT_URL + 2);
	struct http_url u;

	memset(url, 'a', LIMIT_URL + 1);
	memcpy(url, "https://a.example/", 18);
	assert_true(http_url_parse(*state, str_n(url, LIMIT_URL), &u));
	assert_int_equal(u.path.n, LIMIT_URL - 17);
	assert_false(http_url_parse(*state, str_n(url, LIMIT_URL + 1), &u));
}

static const struct {
	const char *address;
	bool is_public;
} addresses[] = {
	{ "8.8.8.8", true },		{ "20.190.160.1", true },	{ "1.1.1.1", true },
	{ "9.255.255.255", true },	{ "11.0.0.0", true },		{ "100.63.255.255", true },
	{ "100.128.0.0", true },	{ "126.255.255.255", true },	{ "128.0.0.0", true },
	{ "169.253.255.255", true },	{ "169.255.0.0", true },	{ "172.15.255.255", true },
	{ "172.32.0.0", true },		{ "192.167.255.255", true },	{ "192.169.0.0", true },
	{ "198.17.255.255", true },	{ "198.20.0.0", true },		{ "223.255.255.255", true },
	{ "0.0.0.0", false },		{ "0.1.2.3", false },		{ "10.0.0.1", false },
	{ "10.255.255.255", false },	{ "100.64.0.0", false },	{ "100.127.255.255", false },
	{ "127.0.0.1", false },		{ "127.255.255.255", false },	{ "169.254.169.254", false },
	{ "172.16.0.0", false },	{ "172.31.255.255", false },	{ "192.0.0.1", false },
	{ "192.0.2.1", false },		{ "192.168.0.1", false },	{ "192.168.255.255", false },
	{ "198.18.0.0", false },	{ "198.19.255.255", false },	{ "198.51.100.7", false },
	{ "203.0.113.7", false },	{ "224.0.0.1", false },		{ "239.255.255.255", false },
	{ "240.0.0.1", false },		{ "255.255.255.255", false },
	{ "2603:1026:3000::1", true },	{ "2a00:1450:4001::1", true },	{ "2001:4860:4860::8888", true },
	{ "::", false },		{ "::1", false },		{ "::7f00:1", false },
	{ "fc00::1", false },		{ "fdff:ffff::1", false },	{ "fe80::1", false },
	{ "febf::1", false },		{ "fec0::1", false },		{ "ff02::1", false },
	{ "2001:db8::1", false },	{ "100::1", false },		{ "64:ff9b:1::1", false },
	{ "2001:10::1", false },	{ "2001:2::1", false },		{ "3fff::1", false },
	/* IPv4 inside IPv6: mapped, NAT64, 6to4, Teredo (the client's address is inverted) */
	{ "::ffff:8.8.8.8", true },	{ "::ffff:127.0.0.1", false },	{ "::ffff:10.1.2.3", false },
	{ "::ffff:169.254.169.254", false },
	{ "64:ff9b::8.8.8.8", true },	{ "64:ff9b::127.0.0.1", false }, { "64:ff9b::192.168.1.1", false },
	{ "2002:808:808::1", true },	{ "2002:7f00:1::1", false },	{ "2002:c0a8:101::1", false },
	{ "2001:0:808:808::f7f7:f7f7", true },
	{ "2001:0:7f00:1::f7f7:f7f7", false },
	{ "2001:0:808:808::80ff:fffe", false }, /* 127.0.0.1 */
	{ "2001:0:808:808::f5ff:fffe", false }, /* 10.0.0.1 */
};

static void public_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const char *text = addresses[i].address;
		struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
		struct sockaddr_in four = { .sin_family = AF_INET };
		bool is6 = inet_pton(AF_INET6, text, &six.sin6_addr) == 1;
		bool binary;

		if (!is6 && inet_pton(AF_INET, text, &four.sin_addr) != 1)
			fail_msg("%s is no address", text);
		binary = http_address_public(is6 ? (const struct sockaddr *)&six
						 : (const struct sockaddr *)&four);
		if (binary != addresses[i].is_public ||
		    http_address_text_public(text) != addresses[i].is_public)
			fail_msg("%s is taken for %s", text, binary ? "public" : "private");
	}
}

static void what_is_no_address_is_not_public(void **state)
{
	struct sockaddr other = { .sa_family = AF_UNIX };

	(void)state;
	assert_false(http_address_public(&other));
	assert_false(http_address_text_public(""));
	assert_false(http_address_text_public("localhost"));
	assert_false(http_address_text_public("8.8.8"));
	assert_false(http_address_text_public("fe80::1%lo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(parts),
		UNIT(what_is_no_url),
		UNIT(length),
		UNIT(public_addresses),
		UNIT(what_is_no_address_is_not_public),
	};

	return UNIT_RUN(tests);
}
