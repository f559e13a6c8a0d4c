/*
 * browser.c - the listener that a browser is sent back to.
 */
#include "work/browser.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "text/crypt.h"
#include "wdl/percent.h"
#include "wire/loop.h"

/* ---- reading ---- */

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* False when a parameter comes twice or holds control characters. */
static bool read_query(struct arena *a, struct str query, struct browser_answer *out)
{
	const struct {
		struct str name;
		struct str *to;
	} fields[] = {
		{ S("code"), &out->code },
		{ S("state"), &out->state },
		{ S("error"), &out->error },
		{ S("error_description"), &out->error_description },
		{ S("iss"), &out->iss },
	};
	struct str pair, name;

	*out = (struct browser_answer){ S(""), S(""), S(""), S(""), S("") };
	while (str_cut(&query, '&', &pair)) {
		str_cut(&pair, '=', &name);
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
			if (!str_eq(name, fields[i].name))
				continue;
			if (fields[i].to->n)
				return false;
			*fields[i].to = wdl_unpercent(a, pair.p ? pair : S(""), true);
			/* Entra breaks the lines of its descriptions. */
			if (i != 3 && !is_plain(*fields[i].to))
				return false;
		}
	}
	return true;
}

/* "localhost:4711" or "127.0.0.1:4711", as we told the browser. */
static bool is_ours(struct str host, unsigned port)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	struct str name = host;
	ptrdiff_t at = str_find(host, S("]:"));
	uint64_t n;

	at = at >= 0 ? at + 1 : str_find_char(host, ':');
	if (at < 0 || !str_to_u64(str_from_at(host, (size_t)at + 1), &n) || n != port)
		return false;
	name = str_first(host, (size_t)at);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq_nocase(name, str_from(names[i])))
			return true;
	return false;
}

/* The one Host header; p NULL when there is none, or several. */
static struct str host_of(struct str head)
{
	struct str host = { 0 }, line;

	while (str_cut(&head, '\n', &line)) {
		if (!str_starts_nocase(line, S("host:")))
			continue;
		if (host.p)
			return (struct str){ 0 };
		host = str_trim(str_from_at(line, 5));
	}
	return host;
}

enum browser_read browser_read(struct arena *a, struct str bytes, unsigned port,
			       struct browser_answer *out)
{
	ptrdiff_t end = str_find(bytes, S("\r\n\r\n"));
	struct str head, line, method, target, path;

	if (end < 0)
		return bytes.n < LIMIT_BROWSER_REQUEST ? BROWSER_MORE : BROWSER_BAD;
	head = str_first(bytes, (size_t)end);
	if (head.n > LIMIT_BROWSER_REQUEST || memchr(head.p, 0, head.n))
		return BROWSER_BAD;
	str_cut(&head, '\n', &line);
	line = str_trim(line);
	if (!str_cut(&line, ' ', &method) || !str_cut(&line, ' ', &target) ||
	    (!str_eq(line, S("HTTP/1.1")) && !str_eq(line, S("HTTP/1.0"))) || !target.n ||
	    target.p[0] != '/')
		return BROWSER_BAD;
	if (!is_ours(host_of(head), port))
		return BROWSER_HOST;
	if (!str_eq(method, S("GET")))
		return BROWSER_METHOD;
	if (!str_cut(&target, '?', &path) || !str_eq(path, S("/")) || !target.p)
		return BROWSER_ELSEWHERE;
	return read_query(a, target, out) ? BROWSER_ANSWER : BROWSER_BAD;
}

bool browser_read_url(struct arena *a, struct str url, unsigned port, struct browser_answer *out)
{
	struct str head, host;

	url = str_trim(url);
	if (url.n > LIMIT_BROWSER_REQUEST || !str_starts_nocase(url, S("http://")))
		return false;
	/* A browser may have put its fragment behind what counts. */
	str_cut(&url, '#', &head);
	head = str_from_at(head, 7);
	if (!str_cut(&head, '?', &host) || !head.p)
		return false;
	if (str_ends(host, S("/")))
		host = str_first(host, host.n - 1);
	return is_ours(host, port) && read_query(a, head, out);
}

/* ---- the listener ---- */

enum { MOST_VISITORS = 8, VISIT_MS = 10 * 1000, LISTENERS = 2 };

struct visitor {
	struct browser *browser;
	int fd;
	struct loop_watch *watch;
	struct loop_timer timer;
	struct buf got;
	bool answered; /* waits for the other side to close */
	unsigned long number;
};

struct browser {
	struct browser_options o;
	char *state;
	int fds[LISTENERS];
	struct loop_watch *watches[LISTENERS];
	unsigned port;
	struct visitor visitors[MOST_VISITORS];
	unsigned long count;
	bool done;
};

static const char good_page[] =
	"<h1>Signed in</h1><p>flowlatch has what it needs from the browser. Close this window and "
	"go back to the terminal.</p>";
static const char refused_page[] =
	"<h1>Not signed in</h1><p>The sign-in was refused. The terminal says why. You may close this "
	"window.</p>";
static const char other_page[] =
	"<h1>Not this sign-in</h1><p>This address belongs to no sign-in that flowlatch is waiting "
	"for.</p>";

/* What each kind of visit is answered; nothing of the request is ever repeated. */
static const struct {
	const char *status, *page;
} answers[] = {
	[BROWSER_ANSWER] = { "200 OK", good_page },
	[BROWSER_BAD] = { "400 Bad Request", other_page },
	[BROWSER_METHOD] = { "405 Method Not Allowed", other_page },
	[BROWSER_ELSEWHERE] = { "404 Not Found", other_page },
	[BROWSER_HOST] = { "421 Misdirected Request", other_page },
};

static void leave(struct visitor *v)
{
	loop_unwatch(v->watch);
	loop_timer_clear(&v->timer);
	if (v->fd >= 0)
		close(v->fd);
	buf_free_wiped(&v->got);
	*v = (struct visitor){ .fd = -1 };
}

static void on_late(void *arg)
{
	leave(arg);
}

static void answer(struct visitor *v, const char *status, const char *page)
{
	struct buf b;
	const char *p;

	buf_init(&b, 4096);
	buf_addf(&b,
		 "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
		 "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
		 "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
		 "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
		 "Connection: close\r\n\r\n%s",
		 status, strlen(page), page);
	p = buf_c(&b);
	/* Far below what a fresh socket takes at once. */
	(void)!send(v->fd, p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_free(&b);
	shutdown(v->fd, SHUT_WR);
	v->answered = true;
	buf_free_wiped(&v->got);
	buf_init(&v->got, LIMIT_BROWSER_REQUEST);
}

static bool state_fits(const struct browser *b, struct str state)
{
	return state.n == strlen(b->state) && crypt_equal(state.p, b->state, state.n);
}

static void tell(struct browser *b, const struct browser_answer *a)
{
	b->done = true;
	b->o.on_answer(b->o.arg, a);
}

/* An answer, to this sign-in, and the first. */
static bool is_wanted(const struct browser *b, const struct browser_answer *a)
{
	return !b->done && state_fits(b, a->state) && (a->code.n || a->error.n);
}

static void look(struct visitor *v)
{
	struct browser *b = v->browser;
	struct browser_answer a;
	enum browser_read r;
	struct arena arena;

	arena_init(&arena, 16 * LIMIT_BROWSER_REQUEST);
	arena.wipe = true;
	r = browser_read(&arena, buf_str(&v->got), b->port, &a);
	if (r == BROWSER_ANSWER && !is_wanted(b, &a)) {
		answer(v, "403 Forbidden", other_page);
	} else if (r == BROWSER_ANSWER) {
		answer(v, "200 OK", a.code.n && !a.error.n ? good_page : refused_page);
		tell(b, &a);
	} else if (r != BROWSER_MORE) {
		answer(v, answers[r].status, answers[r].page);
	}
	arena_release(&arena);
}

static void on_visitor(void *arg, short revents)
{
	struct visitor *v = arg;
	char *room = buf_room(&v->got, 4096);
	ssize_t n;

	(void)revents;
	n = room ? read(v->fd, room, 4096) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		leave(v);
		return;
	}
	if (v->answered)
		return;
	v->got.n += (size_t)n;
	look(v);
}

/* A free place, or that of the visitor who came first. */
static struct visitor *place(struct browser *b)
{
	struct visitor *oldest = &b->visitors[0];

	for (size_t i = 0; i < MOST_VISITORS; i++) {
		if (b->visitors[i].fd < 0)
			return &b->visitors[i];
		if (b->visitors[i].number < oldest->number)
			oldest = &b->visitors[i];
	}
	leave(oldest);
	return oldest;
}

static void on_knock(struct browser *b, int fd)
{
	int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct visitor *v;

	if (one < 0)
		return;
	v = place(b);
	*v = (struct visitor){ .browser = b, .fd = one, .number = ++b->count };
	buf_init(&v->got, LIMIT_BROWSER_REQUEST + 4096);
	v->watch = loop_watch(b->o.loop, one, POLLIN, on_visitor, v);
	loop_timer_set(b->o.loop, &v->timer, VISIT_MS, on_late, v);
	if (!v->watch)
		leave(v);
}

static void on_knock_v4(void *arg, short revents)
{
	(void)revents;
	on_knock(arg, ((struct browser *)arg)->fds[0]);
}

static void on_knock_v6(void *arg, short revents)
{
	(void)revents;
	on_knock(arg, ((struct browser *)arg)->fds[1]);
}

static int listen_at(const void *at, socklen_t n, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (!bind(fd, at, n) && !listen(fd, 16))
		return fd;
	close(fd);
	return -1;
}

/* A free port of 127.0.0.1, and the same one of ::1, which "localhost" may mean first. */
static bool open_ports(struct browser *b)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t n = sizeof(v4);

	b->fds[0] = listen_at(&v4, sizeof(v4), AF_INET);
	if (b->fds[0] < 0 || getsockname(b->fds[0], (struct sockaddr *)&v4, &n))
		return false;
	b->port = ntohs(v4.sin_port);
	b->watches[0] = loop_watch(b->o.loop, b->fds[0], POLLIN, on_knock_v4, b);
	v6.sin6_port = v4.sin_port;
	b->fds[1] = listen_at(&v6, sizeof(v6), AF_INET6);
	if (b->fds[1] >= 0)
		b->watches[1] = loop_watch(b->o.loop, b->fds[1], POLLIN, on_knock_v6, b);
	return b->watches[0] != NULL;
}

struct browser *browser_new(const struct browser_options *o)
{
	struct browser *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->o = *o;
	b->state = strndup(o->state.p, o->state.n);
	for (size_t i = 0; i < MOST_VISITORS; i++)
		b->visitors[i].fd = -1;
	b->fds[0] = b->fds[1] = -1;
	if (!b->state || !open_ports(b)) {
		browser_free(b);
		return NULL;
	}
	return b;
}

void browser_free(struct browser *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < MOST_VISITORS; i++)
		if (b->visitors[i].fd >= 0)
			leave(&b->visitors[i]);
	for (size_t i = 0; i < LISTENERS; i++) {
		loop_unwatch(b->watches[i]);
		if (b->fds[i] >= 0)
			close(b->fds[i]);
	}
	free(b->state);
	free(b);
}

unsigned browser_port(const struct browser *b)
{
	return b->port;
}

bool browser_paste(struct browser *b, struct str url)
{
	struct browser_answer a;
	struct arena arena;
	bool good;

	arena_init(&arena, 16 * LIMIT_BROWSER_REQUEST);
	arena.wipe = true;
	good = browser_read_url(&arena, url, b->port, &a) && is_wanted(b, &a);
	if (good)
		tell(b, &a);
	arena_release(&arena);
	return good;
}
