/*
 * http.h - HTTPS requests, many at once, over few connections.
 *
 * The only face of libcurl, which is loaded (dlopen) when the first request starts, because
 * linking it would cost every start of the program five milliseconds.
 * Knows nothing of tokens' meaning, JSON, retries or the service: work/rest.c decides.
 * TLS 1.2 or later, certificates always verified, no redirects followed, no cookies,
 * no .netrc, https only.  Sizes are counted after decompression.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "base/buf.h"
#include "base/secret.h"

struct http;
struct http_transfer;
struct http_response;
struct loop;

struct http_options {
	struct loop *loop;
	const char *ca_file;    /* PEM bundle instead of the system's, or NULL */
	const char *proxy;      /* "" for none, or NULL: the environment's proxy variables apply */
	const char *no_proxy;   /* or NULL */
	const char *user_agent;
};

/* Loads and opens nothing yet.  The strings must outlive it.  NULL when memory is out. */
struct http *http_new(const struct http_options *o);
/* Cancels everything without calling back; not from a callback. */
void http_free(struct http *h);

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD };
const char *http_method_name(enum http_method m);

enum http_outcome {
	HTTP_ANSWERED,  /* a whole answer; look at status */
	HTTP_STOPPED,   /* on_body asked to stop; what came so far is good */
	HTTP_TOO_LARGE, /* the body went over max_bytes */
	HTTP_TIMEOUT,
	HTTP_RESOLVE,   /* the host name was not found */
	HTTP_CONNECT,   /* connection refused or unreachable, proxy included */
	HTTP_TLS,       /* handshake or certificate */
	HTTP_BROKEN,    /* the connection died before the answer was complete */
	HTTP_REFUSED,   /* a private or loopback address where none is allowed */
	HTTP_NO_LIBRARY, /* libcurl could not be loaded */
	HTTP_FAILED,    /* anything else, memory included */
};

struct http_request {
	enum http_method method;
	struct str url;               /* https, already checked by work/host.c */
	const struct secret *bearer;  /* Authorization: Bearer, or NULL */
	struct str content_type;      /* with a body */
	struct str body;
	const struct secret *secret_body; /* instead of body: a token request */
	const struct str *headers;    /* further "Name: value" lines, without CR LF */
	size_t header_count;
	unsigned timeout_ms;          /* 0: LIMIT_REQUEST_MS */
	size_t max_bytes;             /* 0: LIMIT_ANSWER */
	bool fresh_connection;        /* a write: never on a reused connection, never resent */
	bool public_only;             /* refuse private, loopback, link-local and mapped peers */
	/* Called with each piece of a 2xx body instead of collecting it; false stops. */
	bool (*on_body)(void *arg, struct str bytes);
	/* Called once, from the loop, never from http_start.  The response dies after it. */
	void (*on_done)(void *arg, const struct http_response *r);
	void *arg;
};

struct http_response {
	enum http_outcome outcome;
	int status;           /* 0 when there was no answer */
	struct str body;      /* what was collected, also of an error answer */
	uint64_t received;    /* body bytes after decompression */
	bool sent;            /* the request may have reached the server */
	/* It went over a connection that was open before.  When such a connection dies before the
	 * first byte of an answer, GET and HEAD were sent again already (LIMIT_HTTP_REPEATS). */
	bool reused;
	int64_t ms;
	const char *message;  /* one sentence without URL or secret, when outcome is not ANSWERED */
	const struct http_transfer *transfer; /* for http_header */
};

/* Everything in `r` is copied.  NULL when it could not be queued (memory, curl missing: then
 * on_done is called from the loop all the same unless NULL is returned). */
struct http_transfer *http_start(struct http *h, const struct http_request *r);
/* Ends a transfer without calling back.  NULL is fine. */
void http_cancel(struct http_transfer *t);
/* Value number `i` of a response header (any case), trimmed; p NULL when there is none. */
struct str http_header(const struct http_response *r, const char *name, size_t i);
/* Opens a connection to this origin ahead of need, without credentials. */
void http_warm(struct http *h, struct str origin);

struct http_stats {
	unsigned long requests, connections, reused;
	unsigned in_flight;
};
struct http_stats http_stats(const struct http *h);

/* The parts of a URL as the same parser sees them that sends it (curl's): scheme and host in
 * lower case, host without brackets, path and query as they stand.  False when it is no URL,
 * has user info, a fragment, white space, a backslash or control characters. */
struct http_url {
	struct str scheme, host, path, query; /* query without "?" */
	unsigned port;                        /* explicit or the scheme's default */
};
bool http_url_parse(struct arena *a, struct str url, struct http_url *out);

#endif
