/*
 * http_queue.c - per host: what waits, which connections are there, what may go next.
 *
 * curl 7.88.1 puts any number of streams on a connection that is still being opened, and fails
 * or hangs at 100 of them; so the places are counted here, and curl is only ever given
 * transfers for which an open connection has room, or which open one of their own.
 *
 *	reads, protocol unknown or all idle: one goes first and shows what is there
 *	reads, HTTP/2: 32 for each live connection; more connections (4) as the queue asks for;
 *		where curl finds no place after all, it may not open more, and the read comes back
 *	reads and writes, HTTP/1.1: 16 together
 *	writes, else: 4, each on a connection of its own
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/http_int.h"

static bool idle(const struct http_host *host)
{
	return !host->active_reads && !host->active_writes && !host->socket_count &&
	       list_empty(&host->reads) && list_empty(&host->writes);
}

static void host_free(struct http *h, struct http_host *host)
{
	list_remove(&host->link);
	h->host_count--;
	free(host->origin);
	free(host);
}

void http_hosts_free(struct http *h)
{
	while (!list_empty(&h->hosts))
		host_free(h, LIST_ITEM(list_next(&h->hosts), struct http_host, link));
}

/* Forgets the host that was not used for longest. */
static void forget_one(struct http *h)
{
	LIST_EACH_SAFE(pos, &h->hosts)
	{
		struct http_host *host = LIST_ITEM(pos, struct http_host, link);

		if (!idle(host))
			continue;
		host_free(h, host);
		return;
	}
}

struct http_host *http_host_get(struct http *h, struct str name, unsigned port)
{
	struct http_host *host;
	struct buf origin;

	buf_init(&origin, LIMIT_URL);
	buf_addf(&origin, "%.*s:%u", STR_ARG(name), port);
	LIST_EACH(pos, &h->hosts)
	{
		host = LIST_ITEM(pos, struct http_host, link);
		if (!str_eq(str_from(host->origin), buf_str(&origin)))
			continue;
		buf_free(&origin);
		list_remove(&host->link);
		list_append(&h->hosts, &host->link);
		return host;
	}
	if (h->host_count >= LIMIT_HTTP_HOSTS)
		forget_one(h);
	host = h->host_count < LIMIT_HTTP_HOSTS ? calloc(1, sizeof(*host)) : NULL;
	if (!host || !*buf_c(&origin)) {
		buf_free(&origin);
		free(host);
		return NULL;
	}
	host->origin = origin.p;
	host->streams = LIMIT_STREAMS_PER_CONNECTION;
	list_init(&host->reads);
	list_init(&host->writes);
	list_append(&h->hosts, &host->link);
	h->host_count++;
	return host;
}

void http_socket_closed(struct http_host *host, int fd)
{
	for (unsigned i = 0; i < host->socket_count; i++) {
		if (host->sockets[i].fd != fd)
			continue;
		host->sockets[i] = host->sockets[--host->socket_count];
		return;
	}
}

void http_socket_opened(struct http_transfer *t, int fd)
{
	struct http_host *host = t->host;

	http_socket_closed(host, fd);
	/* Not recorded means never counted as ready, so only more connections are opened. */
	if (host->socket_count == LIMIT_HTTP_SOCKETS)
		return;
	host->sockets[host->socket_count++] = (struct http_socket){
		.fd = fd,
		.id = ++t->http->last_socket,
		.turn = t->turn,
		.write = t->fresh,
	};
}

static int local_port_of(int fd)
{
	struct sockaddr_storage where;
	socklen_t n = sizeof(where);

	memset(&where, 0, sizeof(where));
	if (getsockname(fd, (struct sockaddr *)&where, &n))
		return -1;
	if (where.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&where)->sin6_port);
	return ntohs(((struct sockaddr_in *)&where)->sin_port);
}

/* curl does not say which socket it took (only its local port) before the request is over. */
void http_connected(struct http_transfer *t, int local_port)
{
	struct http_host *host = t->host;

	if (!t->fresh) {
		host->going++;
		*(t->opener ? &host->opening : &host->pending) -= 1;
	}
	for (unsigned i = 0; i < host->socket_count; i++) {
		struct http_socket *s = &host->sockets[i];

		if (local_port_of(s->fd) != local_port)
			continue;
		s->ready = true;
		s->streams++;
		t->socket = s->id;
		break;
	}
	http_pump_soon(t->http);
}

void http_left(struct http_transfer *t)
{
	struct http_host *host = t->host;

	if (t->fresh) {
		host->active_writes--;
	} else {
		host->active_reads--;
		*(t->sent ? &host->going : t->opener ? &host->opening : &host->pending) -= 1;
	}
	for (unsigned i = 0; i < host->socket_count; i++) {
		struct http_socket *s = &host->sockets[i];

		if (s->id != t->socket)
			continue;
		s->streams--;
		s->dying |= t->lost;
	}
	http_pump_soon(t->http);
}

/* A connection without streams may have been closed by the other side in the meantime.  Unread
 * bytes may be a farewell or nothing much: curl reads them before it uses the connection. */
static bool alive(const struct http_socket *s)
{
	ssize_t n;
	char byte;

	if (!s->ready || s->write || s->dying)
		return false;
	if (s->streams)
		return true;
	n = recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static unsigned live_connections(const struct http_host *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->socket_count; i++)
		n += alive(&host->sockets[i]);
	return n;
}

bool http_host_open(const struct http_host *host)
{
	return host->active_reads || live_connections(host);
}

static unsigned count(const struct list *head, unsigned most)
{
	unsigned n = 0;

	for (struct list *pos = head->next; pos != head && n < most; pos = pos->next)
		n++;
	return n;
}

static struct http_transfer *first(struct list *queue)
{
	return LIST_ITEM(queue->next, struct http_transfer, link);
}

static void hand(struct http_transfer *t, bool fresh_connect, bool wait_for_multiplex)
{
	struct http_host *host = t->host;

	t->opener = fresh_connect && !t->fresh;
	t->turn = ++t->http->last_turn;
	t->may_open = fresh_connect || host->protocol != HTTP_2 || !host->active_reads ||
		      t->returns > LIMIT_HTTP_RETURNS;
	if (t->fresh)
		host->active_writes++;
	else
		host->active_reads++;
	if (!t->fresh)
		*(t->opener ? &host->opening : &host->pending) += 1;
	http_activate(t, fresh_connect, wait_for_multiplex);
}

void http_return(struct http_transfer *t)
{
	struct http_host *host = t->host;
	unsigned most = 0;

	list_insert(host->reads.next, &t->link);
	if (!t->no_place)
		return;
	/* curl found every connection full: the fullest shows how many streams the server takes. */
	for (unsigned i = 0; i < host->socket_count; i++)
		if (alive(&host->sockets[i]) && host->sockets[i].streams > most)
			most = host->sockets[i].streams;
	if (most && most < host->streams)
		host->streams = most;
}

/* The turn of the oldest connection that is still being opened. */
static unsigned long first_unready(struct http *h, const struct http_host *host)
{
	unsigned long turn = ULONG_MAX;

	LIST_EACH(pos, &h->active)
	{
		const struct http_transfer *t = LIST_ITEM(pos, const struct http_transfer, link);

		if (t->host == host && !t->sent && (t->opener || t->fresh) && t->turn < turn)
			turn = t->turn;
	}
	return turn;
}

static void schedule_http2(struct http *h, struct http_host *host)
{
	const unsigned most = LIMIT_CONNECTIONS_H2 * host->streams;
	unsigned each = host->streams, live = 0, usable = 0, taken = host->pending, wanted;
	unsigned long unready = first_unready(h, host);

	for (unsigned i = 0; i < host->socket_count; i++) {
		const struct http_socket *s = &host->sockets[i];

		if (!alive(s))
			continue;
		live++;
		taken += s->streams;
		/* curl takes the first connection that has room, in the order they were made, and
		 * to it one that is still being opened always has. */
		usable += s->turn < unready ? each : s->streams;
	}
	if (!live)
		host->streams = LIMIT_STREAMS_PER_CONNECTION;
	while (!list_empty(&host->reads) && taken < usable && taken < most) {
		hand(first(&host->reads), false, true);
		taken++;
	}
	wanted = (taken + host->opening + count(&host->reads, most) + each - 1) / each;
	if (wanted > LIMIT_CONNECTIONS_H2)
		wanted = LIMIT_CONNECTIONS_H2;
	while (!list_empty(&host->reads) && live + host->opening < wanted)
		hand(first(&host->reads), true, false);
}

static void schedule_host(struct http *h, struct http_host *host)
{
	unsigned writes = host->protocol == HTTP_1 ? LIMIT_CONNECTIONS_H1 : LIMIT_CONNECTIONS_H2;

	while (!list_empty(&host->writes) && host->active_writes < writes &&
	       (host->protocol != HTTP_1 ||
		host->active_reads + host->active_writes < LIMIT_CONNECTIONS_H1))
		hand(first(&host->writes), true, false);
	if (list_empty(&host->reads))
		return;
	if (!host->active_reads)
		hand(first(&host->reads), false, host->protocol == HTTP_2);
	if (!host->going && host->protocol != HTTP_1)
		return;
	if (host->protocol == HTTP_2) {
		schedule_http2(h, host);
		return;
	}
	while (!list_empty(&host->reads) &&
	       host->active_reads + host->active_writes < LIMIT_CONNECTIONS_H1)
		hand(first(&host->reads), false, false);
}

void http_schedule(struct http *h)
{
	LIST_EACH(pos, &h->hosts)
	schedule_host(h, LIST_ITEM(pos, struct http_host, link));
}
