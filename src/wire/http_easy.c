/*
 * http_easy.c - one transfer as options and callbacks of curl.
 *
 * The option table is the security promise of http.h; nothing else sets these options.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/os.h"
#include "wire/http_guard.h"
#include "wire/http_int.h"

#define SECONDS(ms) ((long)(ms) / 1000)

static const struct {
	CURLoption option;
	long value;
	bool optional; /* newer than 7.85 */
} number_options[] = {
	{ CURLOPT_FOLLOWLOCATION, 0, false },
	{ CURLOPT_UNRESTRICTED_AUTH, 0, false },
	{ CURLOPT_AUTOREFERER, 0, false },
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED, false },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2, false },
	{ CURLOPT_SSL_VERIFYPEER, 1, false },
	{ CURLOPT_SSL_VERIFYHOST, 2, false },
	{ CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2, false },
	{ CURLOPT_PROXY_SSL_VERIFYPEER, 1, false },
	{ CURLOPT_PROXY_SSL_VERIFYHOST, 2, false },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1, false },
	/* What was checked is what is sent. */
	{ CURLOPT_PATH_AS_IS, 1, false },
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS, false },
	{ CURLOPT_HTTP09_ALLOWED, 0, false },
	{ CURLOPT_HEADEROPT, CURLHEADER_SEPARATE, false },
	{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1, false },
	{ CURLOPT_CONNECTTIMEOUT_MS, LIMIT_CONNECT_MS, false },
	{ CURLOPT_MAXLIFETIME_CONN, SECONDS(LIMIT_CONNECTION_AGE_MS), false },
	{ CURLOPT_TCP_KEEPALIVE, 1, false },
	{ CURLOPT_NOSIGNAL, 1, false },
	{ CURLOPT_VERBOSE, 0, false },
	/* Keeps the authorities for the life of the process; needs a bundle without a directory. */
	{ CURLOPT_CA_CACHE_TIMEOUT, -1, true },
	/* A name that is still being looked up must not hold up a cancel. */
	{ CURLOPT_QUICK_EXIT, 1, true },
};

static const struct {
	CURLoption option;
	const char *value;
} text_options[] = {
	{ CURLOPT_PROTOCOLS_STR, "https" },
	{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
	/* All that this libcurl can unpack. */
	{ CURLOPT_ACCEPT_ENCODING, "" },
};

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	struct str s = str_n(line, size * n);

	t->header_bytes += s.n;
	if (t->header_bytes > LIMIT_HEADERS) {
		t->headers_large = true;
		return 0;
	}
	/* A write goes alone, so it says nothing about what a read would find. */
	if (!t->fresh && str_starts(s, S("HTTP/"))) {
		t->host->protocol = str_starts(s, S("HTTP/2")) ? HTTP_2 : HTTP_1;
		http_pump_soon(t->http);
	}
	return s.n;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	struct str s = str_n(bytes, size * n);
	long status = 0;

	t->received += s.n;
	if (t->received > t->max_bytes) {
		t->too_large = true;
		return 0;
	}
	t->http->lib->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->on_body && status / 100 == 2) {
		bool more;

		t->http->in_curl = true;
		more = t->on_body(t->arg, s);
		t->http->in_curl = false;
		t->stopped = !more;
		return more ? s.n : 0;
	}
	if (t->got.n + s.n > t->got.max) {
		t->too_large = true;
		return 0;
	}
	buf_adds(&t->got, s);
	t->no_memory = !buf_ok(&t->got);
	return t->no_memory ? 0 : s.n;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_transfer *t = arg;
	int fd;

	(void)purpose;
	if (t->public_only && !t->http->proxied && !http_address_public(&a->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	/* Not for a second sending; see before_request. */
	if (t->sent) {
		t->again = true;
		return CURL_SOCKET_BAD;
	}
	if (!t->may_open) {
		t->no_place = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	http_socket_opened(t, fd);
	return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
	http_socket_closed(arg, fd);
	return close(fd);
}

/* The connection is there, the request comes next. */
static int before_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http_transfer *t = arg;

	(void)local;
	(void)peer_port;
	/* A connection that another request opened was not looked at when it was opened. */
	if (t->public_only && !t->http->proxied && !http_address_text_public(peer)) {
		t->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	/* curl repeats what it takes for unprocessed: a read on a dead connection, a refused
	 * stream.  Never a write; and reads must come back through the queue, because curl would
	 * put all streams of a dead connection on the next one, full or not. */
	if (t->sent) {
		t->again = true;
		return CURL_PREREQFUNC_ABORT;
	}
	http_connected(t, local_port);
	t->sent = true;
	return CURL_PREREQFUNC_OK;
}

bool http_multi_new(struct http *h)
{
	const struct http_lib *curl = h->lib;

	h->multi = curl->multi_init();
	if (!h->multi)
		return false;
	curl->multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl->multi_setopt(h->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
			   (long)LIMIT_STREAMS_PER_CONNECTION);
	curl->multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)LIMIT_CONNECTIONS_H1);
	curl->multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)LIMIT_CONNECTIONS);
	curl->multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)LIMIT_CONNECTIONS);
	return true;
}

/* The first CURLcode that is not OK sticks. */
static void set_long(struct http_transfer *t, CURLcode *e, CURLoption option, long value)
{
	if (!*e)
		*e = t->http->lib->easy_setopt(t->easy, option, value);
}

static void set_text(struct http_transfer *t, CURLcode *e, CURLoption option, const char *value)
{
	if (!*e)
		*e = t->http->lib->easy_setopt(t->easy, option, value);
}

static void set_pointer(struct http_transfer *t, CURLcode *e, CURLoption option, void *value)
{
	if (!*e)
		*e = t->http->lib->easy_setopt(t->easy, option, value);
}

/* With directory and bundle both, this libcurl reads all authorities anew for each connection
 * (measured: 16 cold connections, 0.38 s); with a bundle alone it keeps them. */
static void set_authorities(struct http_transfer *t, CURLcode *e)
{
	struct http *h = t->http;

	if (!h->ca_file) {
		char *built_in = NULL;

		h->ca_file = h->o.ca_file;
		if (!h->ca_file &&
		    !h->lib->easy_getinfo(t->easy, CURLINFO_CAINFO, &built_in) && built_in &&
		    access(built_in, R_OK) == 0)
			h->ca_file = built_in;
	}
	if (!h->ca_file)
		return;
	set_text(t, e, CURLOPT_CAINFO, h->ca_file);
	set_text(t, e, CURLOPT_CAPATH, NULL);
	set_text(t, e, CURLOPT_PROXY_CAINFO, h->ca_file);
	set_text(t, e, CURLOPT_PROXY_CAPATH, NULL);
}

static void set_method(struct http_transfer *t, CURLcode *e)
{
	struct str body = t->secret_body ? secret_bytes(t->secret_body) : str_n(t->body, t->body_n);
	bool takes_body = t->method == HTTP_POST || t->method == HTTP_PUT ||
			  t->method == HTTP_PATCH || body.n;

	if (t->method == HTTP_HEAD) {
		set_long(t, e, CURLOPT_NOBODY, 1);
		return;
	}
	if (!takes_body) {
		set_long(t, e, CURLOPT_HTTPGET, 1);
	} else {
		set_long(t, e, CURLOPT_POST, 1);
		set_pointer(t, e, CURLOPT_POSTFIELDS, body.n ? (void *)(uintptr_t)body.p : "");
		if (!*e)
			*e = t->http->lib->easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
						       (curl_off_t)body.n);
	}
	if (t->method != HTTP_GET && t->method != HTTP_POST)
		set_text(t, e, CURLOPT_CUSTOMREQUEST, http_method_name(t->method));
}

static void set_callbacks(struct http_transfer *t, CURLcode *e)
{
	const struct http_lib *curl = t->http->lib;

	set_pointer(t, e, CURLOPT_PRIVATE, t);
	set_pointer(t, e, CURLOPT_WRITEDATA, t);
	set_pointer(t, e, CURLOPT_HEADERDATA, t);
	set_pointer(t, e, CURLOPT_OPENSOCKETDATA, t);
	set_pointer(t, e, CURLOPT_CLOSESOCKETDATA, t->host);
	set_pointer(t, e, CURLOPT_PREREQDATA, t);
	if (*e)
		return;
	curl->easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl->easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl->easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl->easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
}

/* What is the same for every request: the table, the authorities, the proxy. */
static void set_common(struct http_transfer *t, CURLcode *e)
{
	const struct http_options *o = &t->http->o;

	for (size_t i = 0; i < sizeof(number_options) / sizeof(*number_options); i++) {
		CURLcode one = t->http->lib->easy_setopt(t->easy, number_options[i].option,
							 number_options[i].value);

		if (one && !number_options[i].optional && !*e)
			*e = one;
	}
	for (size_t i = 0; i < sizeof(text_options) / sizeof(*text_options); i++)
		set_text(t, e, text_options[i].option, text_options[i].value);
	set_authorities(t, e);
	if (o->proxy)
		set_text(t, e, CURLOPT_PROXY, o->proxy);
	if (o->no_proxy)
		set_text(t, e, CURLOPT_NOPROXY, o->no_proxy);
	if (o->user_agent)
		set_text(t, e, CURLOPT_USERAGENT, o->user_agent);
}

bool http_easy_new(struct http_transfer *t, bool fresh_connect, bool wait_for_multiplex)
{
	int64_t left = t->started + t->timeout_ms - os_now_ms();
	CURLcode e = CURLE_OK;

	t->easy = t->http->lib->easy_init();
	if (!t->easy) {
		t->message = "out of memory";
		return false;
	}
	set_common(t, &e);
	set_callbacks(t, &e);
	set_method(t, &e);
	set_text(t, &e, CURLOPT_URL, t->url);
	set_pointer(t, &e, CURLOPT_HTTPHEADER, t->headers);
	set_long(t, &e, CURLOPT_TIMEOUT_MS, left > 1 ? (long)left : 1);
	set_long(t, &e, CURLOPT_FRESH_CONNECT, fresh_connect);
	set_long(t, &e, CURLOPT_FORBID_REUSE, t->fresh);
	set_long(t, &e, CURLOPT_PIPEWAIT, wait_for_multiplex);
	/* Only for streams: a list may take the service 40 s before its first byte. */
	if (t->on_body) {
		set_long(t, &e, CURLOPT_LOW_SPEED_LIMIT, 100);
		set_long(t, &e, CURLOPT_LOW_SPEED_TIME, SECONDS(LIMIT_STALL_MS));
	}
	if (e)
		t->message = "this libcurl lacks an option that is needed";
	return !e;
}

/* What went wrong, by curl's number. */
static const struct {
	CURLcode code;
	enum http_outcome outcome;
	const char *message;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, HTTP_RESOLVE, "the host name was not found" },
	{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_RESOLVE, "the name of the proxy was not found" },
	{ CURLE_COULDNT_CONNECT, HTTP_CONNECT, "no connection: refused or unreachable" },
	{ CURLE_PROXY, HTTP_CONNECT, "the proxy refused the connection" },
	{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT, "the time limit was reached" },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_TLS, "the TLS handshake failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS, "the server's certificate is not valid" },
	{ CURLE_SSL_CERTPROBLEM, HTTP_TLS, "the certificate could not be used" },
	{ CURLE_SSL_CIPHER, HTTP_TLS, "no cipher in common with the server" },
	{ CURLE_SSL_ENGINE_INITFAILED, HTTP_TLS, "TLS could not be started" },
	{ CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS, "the server's certificate was withdrawn" },
	{ CURLE_SSL_ISSUER_ERROR, HTTP_TLS, "the certificate has the wrong issuer" },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_TLS,
	  "the file of certificate authorities cannot be read (key ca_file)" },
	{ CURLE_RECV_ERROR, HTTP_BROKEN, "the connection broke" },
	{ CURLE_SEND_ERROR, HTTP_BROKEN, "the connection broke while sending" },
	{ CURLE_GOT_NOTHING, HTTP_BROKEN, "the server closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, HTTP_BROKEN, "the answer ended early" },
	{ CURLE_HTTP2, HTTP_BROKEN, "the HTTP/2 connection broke" },
	{ CURLE_HTTP2_STREAM, HTTP_BROKEN, "the HTTP/2 stream was reset" },
	{ CURLE_BAD_CONTENT_ENCODING, HTTP_FAILED, "the answer's compression is damaged" },
	{ CURLE_WEIRD_SERVER_REPLY, HTTP_FAILED, "the answer is not HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAILED, "the answer is not HTTP" },
	{ CURLE_OUT_OF_MEMORY, HTTP_FAILED, "out of memory" },
};

/* OpenSSL's X509_V_ERR numbers (openssl/x509_vfy.h). */
static const struct {
	long result;
	const char *message;
} verify_results[] = {
	/* curl compares the name itself and leaves what was there before: 0, or 1 (unspecified). */
	{ 0, "the server's certificate is for another host name" },
	{ 1, "the server's certificate is for another host name" },
	{ 62, "the server's certificate is for another host name" },
	{ 9, "the server's certificate is not valid yet" },
	{ 10, "the server's certificate has expired" },
	{ 18, "the server's certificate is signed by itself" },
	{ 19, "the server's certificate comes from an authority that is not trusted (key ca_file)" },
	{ 20, "the server's certificate comes from an authority that is not trusted (key ca_file)" },
	{ 21, "the server's certificate comes from an authority that is not trusted (key ca_file)" },
};

static bool uses_openssl(const struct http_lib *curl)
{
	return str_starts(str_from(curl->version_info(CURLVERSION_NOW)->ssl_version), S("OpenSSL"));
}

static void judge_failure(struct http_transfer *t, CURLcode code)
{
	const struct http_lib *curl = t->http->lib;
	long number = 0;

	t->outcome = HTTP_FAILED;
	t->message = curl->easy_strerror(code);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].code != code)
			continue;
		t->outcome = failures[i].outcome;
		t->message = failures[i].message;
	}
	if (code == CURLE_PEER_FAILED_VERIFICATION && uses_openssl(curl) &&
	    !curl->easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &number))
		for (size_t i = 0; i < sizeof(verify_results) / sizeof(*verify_results); i++)
			if (verify_results[i].result == number)
				t->message = verify_results[i].message;
	if (t->sent)
		return;
	if (code == CURLE_OPERATION_TIMEDOUT)
		t->message = "no connection within the time limit";
	if (t->outcome != HTTP_BROKEN)
		return;
	/* The request had not begun: a proxy said no, or the other side hung up. */
	t->outcome = HTTP_CONNECT;
	if (!curl->easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &number) && number) {
		snprintf(t->message_room, sizeof(t->message_room),
			 "the proxy refused the connection with status %ld", number);
		t->message = t->message_room;
	}
}

void http_easy_judge(struct http_transfer *t, CURLcode code)
{
	const struct http_lib *curl = t->http->lib;
	long number = 0;

	if (!curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &number))
		t->status = (int)number;
	if (!curl->easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &number)) {
		t->reused = t->sent && number == 0;
		t->http->stats.connections += (unsigned long)number;
		t->http->stats.reused += t->reused;
	}
	if (code == CURLE_OK) {
		t->outcome = HTTP_ANSWERED;
		return;
	}
	judge_failure(t, code);
	t->lost = t->again || (t->outcome == HTTP_BROKEN && code != CURLE_HTTP2_STREAM);
	if (t->refused) {
		t->outcome = HTTP_REFUSED;
		t->message = "the link leads to a private address";
	} else if (t->stopped) {
		t->outcome = HTTP_STOPPED;
		t->message = "stopped by the reader";
	} else if (t->headers_large) {
		t->outcome = HTTP_TOO_LARGE;
		t->message = "the answer's headers are too large";
	} else if (t->too_large) {
		t->outcome = HTTP_TOO_LARGE;
		t->message = "the answer is larger than allowed";
	} else if (t->no_memory) {
		t->outcome = HTTP_FAILED;
		t->message = "out of memory";
	} else if (t->again) {
		t->outcome = HTTP_BROKEN;
		t->message = "the connection broke before an answer came";
		t->reused = !t->fresh;
	}
}
