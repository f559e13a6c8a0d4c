/*
 * http_probe.c - drives wire/http.c from a script on stdin, for tests/wire/test_http.py.
 *
 *	probe [--ca FILE] [--proxy URL] [--no-proxy LIST]
 *	get URL [NAME=VALUE ...]   starts a request; `count=N` starts N
 *	warm ORIGIN
 *	cancel                     every request that is under way
 *	wait                       until all have ended
 *	sleep MS                   with the loop turning
 *	stats
 *	traces HEX                 how often these bytes stand in our memory; HEX is each byte xor 0x55
 *
 * Each request that ends is one line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/os.h"
#include "base/secret.h"
#include "wire/http.h"
#include "wire/loop.h"

enum { MOST = 5000 };

struct request {
	struct http_transfer *transfer;
	unsigned id;
	size_t stop_after, seen;
	const char *header; /* to print */
	bool quiet;	    /* does not print the body */
};

static struct loop *loop;
static struct http *http;
static struct request requests[MOST];
static unsigned started, pending;

static const char *const outcomes[] = {
	[HTTP_ANSWERED] = "answered", [HTTP_STOPPED] = "stopped", [HTTP_TOO_LARGE] = "too_large",
	[HTTP_TIMEOUT] = "timeout",   [HTTP_RESOLVE] = "resolve", [HTTP_CONNECT] = "connect",
	[HTTP_TLS] = "tls",	      [HTTP_BROKEN] = "broken",	  [HTTP_REFUSED] = "refused",
	[HTTP_NO_LIBRARY] = "no_library", [HTTP_FAILED] = "failed",
};

static void put(struct buf *b)
{
	(void)!write(STDOUT_FILENO, b->p, b->n);
	buf_free(b);
}

static void add_text(struct buf *b, const char *name, struct str s)
{
	buf_addf(b, ",\"%s\":\"", name);
	for (size_t i = 0; i < s.n && i < 300; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addz(b, "\"");
}

static bool on_body(void *arg, struct str bytes)
{
	struct request *r = arg;

	r->seen += bytes.n;
	return r->seen < r->stop_after;
}

static void on_done(void *arg, const struct http_response *a)
{
	struct request *r = arg;
	struct buf b;

	r->transfer = NULL;
	pending--;
	buf_init(&b, 1 << 20);
	buf_addf(&b, "{\"id\":%u,\"outcome\":\"%s\",\"status\":%d,\"received\":%llu,\"sent\":%s,"
		     "\"reused\":%s,\"ms\":%lld,\"seen\":%zu",
		 r->id, outcomes[a->outcome], a->status, (unsigned long long)a->received,
		 a->sent ? "true" : "false", a->reused ? "true" : "false", (long long)a->ms,
		 r->seen);
	add_text(&b, "message", str_from(a->message));
	add_text(&b, "body", r->quiet ? S("") : a->body);
	if (r->header)
		add_text(&b, "header", http_header(a, r->header, 0));
	buf_addz(&b, "}\n");
	put(&b);
}

static enum http_method method_of(struct str name)
{
	for (int m = HTTP_GET; m <= HTTP_HEAD; m++)
		if (str_eq(name, str_from(http_method_name((enum http_method)m))))
			return (enum http_method)m;
	return HTTP_GET;
}

static struct str unescape(struct arena *a, struct str s)
{
	struct buf b;

	/* \n, \r and \0 in a script line, for headers that must be refused; \s is a blank. */
	buf_init_in(&b, a, 1 << 16);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
			c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : ' ');
		}
		buf_addc(&b, c);
	}
	return buf_str(&b);
}

static unsigned number(struct str s)
{
	uint64_t v = 0;

	return str_to_u64(s, &v) ? (unsigned)v : 0;
}

static struct str from_hex(struct arena *a, struct str hex);

/* A secret that stands nowhere else. */
static struct secret *unmasked(struct str masked)
{
	char bytes[256];
	struct secret *s;

	for (size_t i = 0; i < masked.n && i < sizeof(bytes); i++)
		bytes[i] = (char)(masked.p[i] ^ 0x55);
	s = secret_new(str_n(bytes, masked.n < sizeof(bytes) ? masked.n : sizeof(bytes)));
	os_wipe(bytes, sizeof(bytes));
	return s;
}

static void get(struct arena *a, struct str rest)
{
	struct http_request q = { .on_done = on_done };
	struct str word, headers[8], name;
	struct secret *bearer = NULL, *secret = NULL;
	size_t stop_after = 0;
	const char *show = NULL;
	unsigned count = 1;
	bool quiet = false;

	str_cut(&rest, ' ', &q.url);
	while (str_cut(&rest, ' ', &word)) {
		if (!str_cut(&word, '=', &name))
			continue;
		word = unescape(a, word);
		if (str_eq(name, S("method")))
			q.method = method_of(word);
		else if (str_eq(name, S("body")))
			q.body = word;
		else if (str_eq(name, S("type")))
			q.content_type = word;
		else if (str_eq(name, S("timeout")))
			q.timeout_ms = number(word);
		else if (str_eq(name, S("max")))
			q.max_bytes = number(word);
		else if (str_eq(name, S("fresh")))
			q.fresh_connection = true;
		else if (str_eq(name, S("public")))
			q.public_only = true;
		else if (str_eq(name, S("quiet")))
			quiet = true;
		else if (str_eq(name, S("count")))
			count = number(word);
		else if (str_eq(name, S("stop")))
			stop_after = number(word);
		else if (str_eq(name, S("show")))
			show = str_c(a, word);
		else if (str_eq(name, S("header")) && q.header_count < 8)
			headers[q.header_count++] = word;
		else if (str_eq(name, S("bearer")))
			bearer = secret_new(word);
		else if (str_eq(name, S("secret")))
			secret = secret_new(word);
		else if (str_eq(name, S("masked-bearer")))
			bearer = unmasked(from_hex(a, word));
		else if (str_eq(name, S("masked-secret")))
			secret = unmasked(from_hex(a, word));
	}
	q.headers = headers;
	q.bearer = bearer;
	q.secret_body = secret;
	if (stop_after)
		q.on_body = on_body;
	while (count-- && started < MOST) {
		struct request *r = &requests[started];

		*r = (struct request){ .id = started++, .stop_after = stop_after, .header = show, .quiet = quiet };
		q.arg = r;
		r->transfer = http_start(http, &q);
		pending += r->transfer != NULL;
	}
	secret_free(bearer);
	secret_free(secret);
}

static void cancel_all(void)
{
	for (unsigned i = 0; i < started; i++) {
		pending -= requests[i].transfer != NULL;
		http_cancel(requests[i].transfer);
		requests[i].transfer = NULL;
	}
}

static void stats(void)
{
	struct http_stats s = http_stats(http);
	struct buf b;

	buf_init(&b, 1 << 12);
	buf_addf(&b, "{\"requests\":%lu,\"connections\":%lu,\"reused\":%lu,\"in_flight\":%u}\n",
		 s.requests, s.connections, s.reused, s.in_flight);
	put(&b);
}

/* Compares without ever holding the bytes that are looked for. */
static unsigned count_in(const char *p, size_t n, struct str masked)
{
	unsigned found = 0;

	for (size_t i = 0; i + masked.n <= n; i++) {
		size_t k = 0;

		while (k < masked.n && (char)(p[i + k] ^ 0x55) == masked.p[k])
			k++;
		found += k == masked.n;
	}
	return found;
}

static struct str from_hex(struct arena *a, struct str hex)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc(a, hex.n / 2 + 1);

	for (size_t i = 0; i + 1 < hex.n; i += 2)
		out[i / 2] = (char)((strchr(digits, hex.p[i]) - digits) * 16 +
				    (strchr(digits, hex.p[i + 1]) - digits));
	return str_n(out, hex.n / 2);
}

static void traces(struct str masked)
{
#ifdef __SANITIZE_ADDRESS__
	/* Its shadow is neither readable nor ours. */
	struct buf none;

	(void)count_in(masked.p, 0, masked);
	buf_init(&none, 64);
	buf_addz(&none, "{\"traces\":-1}\n");
	put(&none);
#else
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	unsigned found = 0;
	struct buf b;

	while (maps && getline(&line, &room, maps) > 0) {
		char *end, *from, *to;

		/* Writable and private: heap, stacks, data. */
		from = (char *)(uintptr_t)strtoull(line, &end, 16);
		to = (char *)(uintptr_t)strtoull(end + 1, &end, 16);
		if (!strncmp(end, " rw-p", 5))
			found += count_in(from, (size_t)(to - from), masked);
	}
	free(line);
	if (maps)
		fclose(maps);
	buf_init(&b, 1 << 12);
	buf_addf(&b, "{\"traces\":%u}\n", found);
	put(&b);
#endif
}

static void sleep_turning(unsigned ms)
{
	int64_t end = os_now_ms() + ms, left;

	while ((left = end - os_now_ms()) > 0)
		loop_turn(loop, (int)left);
}

static void run_line(struct arena *a, struct str line)
{
	struct str verb;

	str_cut(&line, ' ', &verb);
	if (str_eq(verb, S("get")))
		get(a, line);
	else if (str_eq(verb, S("warm")))
		http_warm(http, line);
	else if (str_eq(verb, S("cancel")))
		cancel_all();
	else if (str_eq(verb, S("stats")))
		stats();
	else if (str_eq(verb, S("traces")))
		traces(from_hex(a, line));
	else if (str_eq(verb, S("sleep")))
		sleep_turning(number(line));
	else if (str_eq(verb, S("wait")))
		while (pending)
			loop_turn(loop, -1);
}

int main(int argc, char **argv)
{
	struct http_options o = { .user_agent = "http_probe" };
	struct arena a;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--ca"))
			o.ca_file = argv[i + 1];
		else if (!strcmp(argv[i], "--proxy"))
			o.proxy = argv[i + 1];
		else if (!strcmp(argv[i], "--no-proxy"))
			o.no_proxy = argv[i + 1];
	}
	arena_init(&a, 16 << 20);
	loop = loop_new();
	o.loop = loop;
	http = http_new(&o);
	if (!loop || !http)
		return 1;
	while ((n = getline(&line, &room, stdin)) > 0)
		run_line(&a, str_dup(&a, str_trim(str_n(line, (size_t)n))));
	free(line);
	http_free(http);
	loop_free(loop);
	arena_release(&a);
	return 0;
}
