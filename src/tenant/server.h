/*
 * server.h - HTTP on loopback, with TLS and without.
 *
 * One thread, one loop: libmicrohttpd with its epoll descriptor in our poll, so that the state
 * needs no locks and a slow answer waits on a list.
 */
#ifndef TENANT_SERVER_H
#define TENANT_SERVER_H

#include "tenant/tls.h"

struct server;

struct server_options {
	unsigned port;       /* 0: any */
	int listen_fd;       /* a listening socket to use instead of a port of our own; 0: none */
	int plain_port;      /* -1: none, 0: any */
	struct tls *tls;
	struct tenant *tenant;
	bool verbose;
};

/* NULL with a logged reason. */
struct server *server_start(const struct server_options *o);
unsigned server_port(const struct server *s);
unsigned server_plain_port(const struct server *s);
/* Serves until a descriptor of `ends` (signals, the parent) becomes readable or ends. */
void server_run(struct server *s, const int *ends, unsigned count);
void server_stop(struct server *s);

#endif
