/*
 * server.c - connections, requests and the loop, on libmicrohttpd.
 *
 * Collects requests, waits where an answer is to be slow, lets route.c answer, and hands over to
 * server_send.c.  Must not know what an answer means.
 */
#include "tenant/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/os.h"
#include "tenant/clock.h"
#include "tenant/memory.h"
#include "tenant/route.h"
#include "tenant/server_parts.h"
#include "tenant/stats.h"
#include "text/crypt.h"

enum { LONGEST_WAIT_MS = 1000 };

/* ---- life of an exchange ---- */

static struct peer *peer_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i ? i->socket_context : NULL;
}

static void exchange_free(struct exchange *x)
{
	if (x->counted)
		stats_request_end();
	list_remove(&x->wait);
	list_remove(&x->q.node);
	buf_free(&x->body);
	buf_free(&x->q.answer.body);
	arena_release(&x->q.mem);
	free(x->uri);
	free(x);
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *c)
{
	struct exchange *x = must_alloc(sizeof(*x));
	struct str path, rest;

	x->server = arg;
	x->peer = peer_of(c);
	x->mhd = c;
	x->uri = must_copy(str_from(uri));
	x->hit.kind = -1;
	list_init(&x->wait);
	list_init(&x->q.node);
	if (x->peer)
		list_append(&x->peer->exchanges, &x->q.node);
	arena_init(&x->q.mem, TENANT_REQUEST);
	buf_init(&x->body, TENANT_BODY);
	buf_init(&x->q.answer.body, TENANT_ANSWER);
	x->q.uri = rest = str_from(x->uri);
	str_cut(&rest, '?', &path);
	x->q.path = path;
	x->q.query = rest.p ? rest : S("");
	x->q.tenant = x->server->tenant;
	x->q.server = x;
	return x;
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct peer *p = *context;

	(void)arg;
	(void)c;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		p = must_alloc(sizeof(*p));
		list_init(&p->exchanges);
		*context = p;
		stats_connection(true);
		return;
	}
	stats_connection(false);
	/* Requests that broke off before they were handed over. */
	while (p && !list_empty(&p->exchanges))
		exchange_free((struct exchange *)(void *)LIST_ITEM(p->exchanges.next,
								   struct request, node));
	free(p);
	*context = NULL;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context,
			 enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)c;
	(void)code;
	if (*context)
		exchange_free(*context);
	*context = NULL;
}

static size_t keep_escapes(void *arg, struct MHD_Connection *c, char *s)
{
	(void)arg;
	(void)c;
	return strlen(s);
}

struct str request_header(struct request *q, const char *name)
{
	struct exchange *x = q->server;
	const char *v = MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, name);

	return v ? str_from(v) : (struct str){ NULL, 0 };
}

/* ---- waiting ---- */

void exchange_wait(struct exchange *x, int64_t ms)
{
	x->due = os_now_ms() + ms;
	list_append(&x->server->waiting, &x->wait);
	MHD_suspend_connection(x->mhd);
}

/* Resumes what is due; returns the milliseconds until the next. */
static int64_t wake(struct server *s)
{
	int64_t now = os_now_ms(), next = LONGEST_WAIT_MS;

	LIST_EACH_SAFE(node, &s->waiting) {
		struct exchange *x = LIST_ITEM(node, struct exchange, wait);

		if (x->due > now) {
			if (x->due - now < next)
				next = x->due - now;
			continue;
		}
		list_remove(&x->wait);
		MHD_resume_connection(x->mhd);
		next = 0;
	}
	return next;
}

/* ---- answering ---- */

static void service_headers(struct request *q)
{
	char id[37], when[CLOCK_TEXT];

	if (q->face == FACE_CONTROL || q->face == FACE_LOGIN)
		return;
	crypt_uuid(id);
	answer_header(q, "x-ms-request-id", str_from(id));
	answer_header(q, "x-ms-correlation-request-id", str_from(id));
	answer_header(q, "Strict-Transport-Security", S("max-age=31536000; includeSubDomains"));
	if (q->face != FACE_FLOW)
		return;
	answer_header(q, "x-ms-correlation-id", str_from(id));
	clock_text_s(clock_now(), when);
	answer_header(q, "x-ms-flow-routing-request-id",
		      str_fmt(&q->mem, "WESTEUROPE:%.4s%.2s%.5s%.2s%.2sZ:%s", when, when + 5,
			      when + 8, when + 14, when + 17, id));
}

static void handle(struct exchange *x)
{
	struct request *q = &x->q;
	jmp_buf out;

	q->body = buf_str(&x->body);
	if (arena_guard(&q->mem, &out)) {
		buf_free(&q->answer.body);
		buf_init(&q->answer.body, TENANT_ANSWER);
		q->answer.status = 500;
		q->answer.header_count = 0;
		return;
	}
	if (x->too_large)
		answer_error(q, SE_BODY_TOO_LARGE, NULL, NULL, NULL);
	else
		route_request(q);
	service_headers(q);
	q->mem.out = NULL;
}

static void set_host(struct request *q)
{
	struct str host = request_header(q, "Host");
	ptrdiff_t colon = str_find_char(host, ':');

	if (!host.p)
		host = S("localhost");
	q->host = str_lower(&q->mem, colon >= 0 ? str_first(host, (size_t)colon) : host);
	q->port = colon >= 0 ? str_dup(&q->mem, str_from_at(host, (size_t)colon)) : S("");
}

static void begin(struct exchange *x, const char *method)
{
	x->begun = true;
	x->counted = true;
	stats_request_begin();
	if (x->peer && !x->peer->seen) {
		x->peer->seen = true;
		stats_handshake();
	}
	x->q.method = str_dup(&x->q.mem, str_from(method));
	set_host(&x->q);
	route_face(&x->q);
}

static int64_t delay_of(struct exchange *x)
{
	x->hit = fault_take(&x->q);
	if (x->q.face == FACE_CONTROL)
		return 0;
	return knobs.latency_ms + knobs.face_latency_ms[x->q.face] +
	       (x->hit.kind >= 0 ? x->hit.delay_ms : 0);
}

static void tell(const struct exchange *x)
{
	const struct request *q = &x->q;

	if (x->server->verbose)
		log_info("%.*s %s %.*s %u", STR_ARG(q->method), face_name(q->face),
			 STR_ARG(q->path), q->answer.status);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **context)
{
	struct exchange *x = *context;
	bool effect, alive;

	(void)arg;
	(void)c;
	(void)url;
	(void)version;
	if (!x->begun) {
		begin(x, method);
		return MHD_YES;
	}
	if (*size) {
		buf_add(&x->body, data, *size);
		x->too_large = !buf_ok(&x->body);
		*size = 0;
		return MHD_YES;
	}
	if (!x->delayed) {
		int64_t ms;

		x->delayed = true;
		x->q.body = buf_str(&x->body);
		ms = delay_of(x);
		if (x->hit.kind == FAULT_HANG && x->hit.effect)
			handle(x);
		if (ms > 0) {
			exchange_wait(x, ms);
			return MHD_YES;
		}
	}
	effect = x->hit.kind < 0 || x->hit.effect ||
		 (x->hit.kind != FAULT_STATUS && x->hit.kind != FAULT_CLOSE &&
		  x->hit.kind != FAULT_HANG);
	if (effect && !x->q.answer.status)
		handle(x);
	alive = exchange_strike(x);
	stats_request(&x->q, route_pattern(&x->q), effect);
	tell(x);
	return alive ? exchange_send(x) : MHD_NO;
}

/* ---- the daemons ---- */

static struct MHD_Daemon *start_daemon(struct server *s, unsigned port, int listen_fd,
				       const struct tls *tls)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK |
			 (tls ? MHD_USE_TLS : 0u);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? tls->key : NULL },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? tls->certificate : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem socket[] = {
		{ listen_fd ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, listen_fd, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(flags, (uint16_t)port, NULL, NULL, on_request, s,
				MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
				MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(128u << 10),
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)TENANT_CONNECTIONS,
				MHD_OPTION_ARRAY, tls ? secure : none, MHD_OPTION_ARRAY, socket,
				MHD_OPTION_END);
}

static unsigned port_of(struct MHD_Daemon *d)
{
	const union MHD_DaemonInfo *i =
		d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;

	return i ? i->port : 0;
}

struct server *server_start(const struct server_options *o)
{
	struct server *s = must_alloc(sizeof(*s));

	s->tenant = o->tenant;
	s->verbose = o->verbose;
	list_init(&s->waiting);
	s->tls = start_daemon(s, o->port, o->listen_fd, o->tls);
	if (s->tls && o->plain_port >= 0)
		s->plain = start_daemon(s, (unsigned)o->plain_port, 0, NULL);
	if (!s->tls || (o->plain_port >= 0 && !s->plain)) {
		log_error("flowlatch-tenant: cannot listen on 127.0.0.1: %s", strerror(errno));
		server_stop(s);
		return NULL;
	}
	return s;
}

unsigned server_port(const struct server *s)
{
	return port_of(s->tls);
}

unsigned server_plain_port(const struct server *s)
{
	return port_of(s->plain);
}

static int epoll_of(struct MHD_Daemon *d)
{
	const union MHD_DaemonInfo *i =
		d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD) : NULL;

	return i ? i->epoll_fd : -1;
}

static int64_t daemon_timeout(struct MHD_Daemon *d, int64_t most)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (d && MHD_get_timeout(d, &ms) == MHD_YES && (int64_t)ms < most)
		return (int64_t)ms;
	return most;
}

void server_run(struct server *s, const int *ends, unsigned count)
{
	struct pollfd fds[8] = { { .fd = epoll_of(s->tls), .events = POLLIN },
				 { .fd = epoll_of(s->plain), .events = POLLIN } };

	for (unsigned i = 0; i < count && i < 6; i++)
		fds[2 + i] = (struct pollfd){ .fd = ends[i], .events = POLLIN };
	for (;;) {
		int64_t ms = wake(s);

		ms = daemon_timeout(s->tls, ms);
		ms = daemon_timeout(s->plain, ms);
		if (poll(fds, 2 + count, (int)ms) < 0 && errno != EINTR)
			return;
		for (unsigned i = 0; i < count; i++)
			if (fds[2 + i].revents)
				return;
		MHD_run(s->tls);
		if (s->plain)
			MHD_run(s->plain);
	}
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	/* libmicrohttpd asks that nothing is suspended when it stops. */
	LIST_EACH_SAFE(node, &s->waiting) {
		struct exchange *x = LIST_ITEM(node, struct exchange, wait);

		list_remove(&x->wait);
		MHD_resume_connection(x->mhd);
	}
	if (s->tls)
		MHD_stop_daemon(s->tls);
	if (s->plain)
		MHD_stop_daemon(s->plain);
	free(s);
}
