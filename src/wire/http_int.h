/*
 * http_int.h - what the files wire/http*.c share with each other and with nobody else.
 */
#ifndef WIRE_HTTP_INT_H
#define WIRE_HTTP_INT_H

#include "base/limits.h"
#include "wire/http.h"
#include "wire/http_lib.h"
#include "wire/loop.h"

enum http_protocol { HTTP_UNKNOWN, HTTP_1, HTTP_2 };

/* One open socket of a host. */
struct http_socket {
	int fd;
	unsigned long id;   /* descriptors are used again at once */
	unsigned long turn; /* of the transfer that opened it */
	bool ready;       /* connected, with TLS and any proxy behind it */
	bool write;       /* opened for one write; closes after it */
	bool dying;       /* a transfer over it broke: curl will not use it again */
	unsigned streams; /* transfers that go over it now */
};

/* A host and port we talk to, with what waits for it. */
struct http_host {
	struct list link;
	char *origin; /* "host:port" */
	enum http_protocol protocol;
	struct list reads, writes;           /* transfers that wait */
	unsigned active_reads, active_writes; /* handed to curl */
	/* Of the active reads: over a connection that is there, opening one of their own, and
	 * about to take a place on one. */
	unsigned going, opening, pending;
	unsigned streams; /* for one connection: ours, or what the server was seen to take */
	unsigned socket_count;
	struct http_socket sockets[LIMIT_HTTP_SOCKETS];
};

struct http {
	struct http_options o;
	const struct http_lib *lib;
	CURLM *multi;
	const char *ca_file; /* the one bundle to use, or NULL: curl's own default */
	bool proxied;        /* a proxy may apply, so peers are proxies */
	bool in_curl;        /* inside a callback of curl: its interface must not be entered */
	struct list hosts, active, finished, muted;
	unsigned host_count, active_count;
	unsigned long last_socket, last_turn;
	struct loop_timer pump;
	struct http_stats stats;
};

enum http_state { HTTP_WAITING, HTTP_ACTIVE, HTTP_FINISHED, HTTP_TELLING };

struct http_transfer {
	struct list link;
	struct http *http;
	struct http_host *host;
	enum http_state state;

	enum http_method method;
	char *url;
	struct curl_slist *headers;
	char *body;
	size_t body_n;
	struct secret *secret_body;
	unsigned timeout_ms;
	size_t max_bytes;
	bool fresh, public_only;
	bool (*on_body)(void *arg, struct str bytes);
	void (*on_done)(void *arg, const struct http_response *r);
	void *arg;

	CURL *easy;
	int64_t started;
	struct loop_timer deadline;
	unsigned long turn;   /* when it was handed to curl, counted */
	unsigned long socket; /* the id of the one it goes over, or 0 */
	bool opener;    /* opens a connection of its own, which is not there yet */
	bool may_open;  /* else it must find a place on a connection */
	bool no_place;  /* and found none */
	unsigned returns; /* to the queue, for want of a place */
	unsigned repeats; /* because its connection died */
	bool sent;      /* the connection was there and the request may have left */
	bool refused;   /* a peer was not public */
	bool again;     /* curl wanted to send it a second time */
	bool lost;      /* its connection broke */
	bool stopped, too_large, no_memory, headers_large;
	size_t header_bytes;
	uint64_t received;
	struct buf got;

	enum http_outcome outcome;
	const char *message;
	int status;
	bool reused;
	char message_room[96];
};

/* http_queue.c: which transfer may go to curl when. */
struct http_host *http_host_get(struct http *h, struct str host, unsigned port);
/* A connection is there or on its way. */
bool http_host_open(const struct http_host *host);
void http_hosts_free(struct http *h);
/* Hands to curl what may go now. */
void http_schedule(struct http *h);
/* The transfer left curl (done, cancelled or out of time). */
void http_left(struct http_transfer *t);
/* Back into the queue, in front; learns from it when it found no place on a connection. */
void http_return(struct http_transfer *t);
/* From curl's callbacks. */
void http_socket_opened(struct http_transfer *t, int fd);
void http_socket_closed(struct http_host *host, int fd);
void http_connected(struct http_transfer *t, int local_port);

/* http_easy.c: one transfer as curl's options and callbacks. */
bool http_multi_new(struct http *h);
/* Makes t->easy; false with t->message. */
bool http_easy_new(struct http_transfer *t, bool fresh_connect, bool wait_for_multiplex);
/* Outcome and message of a transfer that curl has finished. */
void http_easy_judge(struct http_transfer *t, CURLcode code);

/* http.c */
void http_pump_soon(struct http *h);
/* Gives a waiting transfer to curl; false when it failed and is finished. */
bool http_activate(struct http_transfer *t, bool fresh_connect, bool wait_for_multiplex);

#endif
