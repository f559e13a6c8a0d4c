/*
 * http_guard.c - the address blocks a link out of an answer must not reach.
 *
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and updates),
 * RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
 */
#include "wire/http_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static const struct {
	uint8_t net[4];
	unsigned bits;
} blocked4[] = {
	{ { 0, 0, 0, 0 }, 8 },       /* this network */
	{ { 10, 0, 0, 0 }, 8 },      /* private */
	{ { 100, 64, 0, 0 }, 10 },   /* shared address space */
	{ { 127, 0, 0, 0 }, 8 },     /* loopback */
	{ { 169, 254, 0, 0 }, 16 },  /* link-local, cloud metadata */
	{ { 172, 16, 0, 0 }, 12 },   /* private */
	{ { 192, 0, 0, 0 }, 24 },    /* protocol assignments */
	{ { 192, 0, 2, 0 }, 24 },    /* documentation */
	{ { 192, 88, 99, 0 }, 24 },  /* 6to4 relays, withdrawn */
	{ { 192, 168, 0, 0 }, 16 },  /* private */
	{ { 198, 18, 0, 0 }, 15 },   /* benchmarking */
	{ { 198, 51, 100, 0 }, 24 }, /* documentation */
	{ { 203, 0, 113, 0 }, 24 },  /* documentation */
	{ { 224, 0, 0, 0 }, 4 },     /* multicast */
	{ { 240, 0, 0, 0 }, 4 },     /* reserved, broadcast */
};

static const struct {
	uint8_t net[16];
	unsigned bits;
} blocked6[] = {
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, /* local NAT64 */
	{ { 0x01, 0x00 }, 64 },                         /* discard */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },             /* documentation */
	{ { 0x20, 0x01, 0x00, 0x02, 0x00, 0x00 }, 48 }, /* benchmarking */
	{ { 0x20, 0x01, 0x00, 0x10 }, 28 },             /* ORCHID */
	{ { 0x3f, 0xff }, 20 },                         /* documentation */
	{ { 0x5f, 0x00 }, 16 },                         /* segment routing */
	{ { 0xfc, 0x00 }, 7 },                          /* unique local */
	{ { 0xfe, 0x80 }, 10 },                         /* link-local */
	{ { 0xfe, 0xc0 }, 10 },                         /* site-local, withdrawn */
	{ { 0xff, 0x00 }, 8 },                          /* multicast */
};

static bool inside(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(address, net, whole) != 0)
		return false;
	return !rest || (uint8_t)((address[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static bool public4(const uint8_t a[4])
{
	for (size_t i = 0; i < sizeof(blocked4) / sizeof(*blocked4); i++)
		if (inside(a, blocked4[i].net, blocked4[i].bits))
			return false;
	return true;
}

static bool public6(const uint8_t a[16])
{
	static const uint8_t zero[12], nat64[12] = { 0, 0x64, 0xff, 0x9b };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	/* ::/96 holds the unspecified address, loopback and the withdrawn compatible form. */
	if (memcmp(a, zero, 12) == 0)
		return false;
	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return public4(a + 12);
	if (a[0] == 0x20 && a[1] == 0x02)
		return public4(a + 2);
	/* Teredo hides the client's address by inverting it; the server's stands in front. */
	if (inside(a, (const uint8_t[4]){ 0x20, 0x01, 0, 0 }, 32)) {
		uint8_t client[4];

		for (int i = 0; i < 4; i++)
			client[i] = (uint8_t)~a[12 + i];
		return public4(a + 4) && public4(client);
	}
	for (size_t i = 0; i < sizeof(blocked6) / sizeof(*blocked6); i++)
		if (inside(a, blocked6[i].net, blocked6[i].bits))
			return false;
	return true;
}

bool http_address_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return public4((const uint8_t *)&in.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return public6(in6.sin6_addr.s6_addr);
	}
	return false;
}

bool http_address_text_public(const char *text)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, text, &in) == 1)
		return public4((const uint8_t *)&in);
	if (inet_pton(AF_INET6, text, &in6) == 1)
		return public6(in6.s6_addr);
	return false;
}
