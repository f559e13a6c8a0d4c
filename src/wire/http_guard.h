/*
 * http_guard.h - is this address one of the public internet's?
 *
 * Pure: knows the address blocks of the IANA special-purpose registries and nothing else.
 */
#ifndef WIRE_HTTP_GUARD_H
#define WIRE_HTTP_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for loopback, private, link-local, unique local, shared (CGNAT), multicast, reserved and
 * unspecified addresses, also where an IPv6 address carries one (mapped, NAT64, 6to4, Teredo),
 * and for what is neither IPv4 nor IPv6. */
bool http_address_public(const struct sockaddr *address);
/* The same for the text form curl reports, brackets and zone removed. */
bool http_address_text_public(const char *text);

#endif
