/*
 * http.c - the life of a transfer: started, waiting, handed to curl, told, freed.
 *
 * Callbacks of the owner run only from the loop, one after the other, after curl has returned;
 * on_body alone runs inside curl, where its interface must not be entered.
 */
#include "wire/http.h"

#include <stdlib.h>

#include "base/os.h"
#include "wire/http_int.h"

static const char *const method_names[] = {
	[HTTP_GET] = "GET",     [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_HEAD] = "HEAD",
};

const char *http_method_name(enum http_method m)
{
	return method_names[m];
}

/* The variables that make curl use a proxy for https. */
static bool proxy_in_environment(void)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

struct http *http_new(const struct http_options *o)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->o = *o;
	h->proxied = o->proxy ? *o->proxy : proxy_in_environment();
	list_init(&h->hosts);
	list_init(&h->active);
	list_init(&h->finished);
	list_init(&h->muted);
	return h;
}

static void transfer_free(struct http_transfer *t)
{
	if (!t)
		return;
	loop_timer_clear(&t->deadline);
	if (t->easy)
		t->http->lib->easy_cleanup(t->easy);
	if (t->headers)
		t->http->lib->slist_free_all(t->headers);
	if (t->body)
		os_wipe(t->body, t->body_n);
	free(t->body);
	if (t->url)
		os_wipe(t->url, strlen(t->url));
	free(t->url);
	secret_free(t->secret_body);
	buf_free_wiped(&t->got);
	free(t);
}

/* Off whatever list it is on; out of curl when it is there. */
static void withdraw(struct http_transfer *t)
{
	list_remove(&t->link);
	if (t->state != HTTP_ACTIVE)
		return;
	t->http->active_count--;
	t->http->lib->multi_remove_handle(t->http->multi, t->easy);
	http_left(t);
}

static void drop_all(struct list *l)
{
	while (!list_empty(l)) {
		struct http_transfer *t = LIST_ITEM(list_next(l), struct http_transfer, link);

		withdraw(t);
		transfer_free(t);
	}
}

void http_free(struct http *h)
{
	if (!h)
		return;
	drop_all(&h->active);
	drop_all(&h->muted);
	drop_all(&h->finished);
	LIST_EACH(pos, &h->hosts)
	{
		struct http_host *host = LIST_ITEM(pos, struct http_host, link);

		drop_all(&host->reads);
		drop_all(&host->writes);
	}
	loop_timer_clear(&h->pump);
	if (h->multi) {
		loop_set_poller(h->o.loop, NULL, NULL, NULL);
		h->lib->multi_cleanup(h->multi);
	}
	http_hosts_free(h);
	free(h);
}

static void finish(struct http_transfer *t, enum http_outcome outcome, const char *message)
{
	if (t->state == HTTP_ACTIVE || t->state == HTTP_WAITING)
		withdraw(t);
	t->state = HTTP_FINISHED;
	t->outcome = outcome;
	if (message)
		t->message = message;
	list_append(&t->http->finished, &t->link);
	http_pump_soon(t->http);
}

static void tell(struct http_transfer *t)
{
	struct http_response r = {
		.outcome = t->outcome,
		.status = t->status,
		.body = buf_str(&t->got),
		.received = t->received,
		.sent = t->sent,
		.reused = t->reused,
		.ms = os_now_ms() - t->started,
		.message = t->outcome == HTTP_ANSWERED ? NULL : t->message,
		.transfer = t,
	};

	list_remove(&t->link);
	loop_timer_clear(&t->deadline);
	t->state = HTTP_TELLING;
	t->http->stats.in_flight--;
	if (t->on_done)
		t->on_done(t->arg, &r);
	transfer_free(t);
}

/* Back from curl to the queue, as if it had never left. */
static void put_back(struct http_transfer *t)
{
	withdraw(t);
	t->http->lib->easy_cleanup(t->easy);
	t->easy = NULL;
	t->state = HTTP_WAITING;
	http_return(t);
	t->no_place = t->sent = t->again = t->lost = t->reused = false;
	t->status = 0;
	t->header_bytes = 0;
	http_pump_soon(t->http);
}

/* A kept connection that died without a byte of the answer: what curl would send again itself,
 * but for POST.  libcurl 7.88 resets each stream that has no Content-Length, and servers that
 * count resets (HTTP/2 rapid reset) hang up after some hundred; so this is not rare. */
static bool worth_repeating(const struct http_transfer *t)
{
	return (t->method == HTTP_GET || t->method == HTTP_HEAD) && !t->fresh &&
	       t->outcome == HTTP_BROKEN && t->reused && !t->header_bytes && !t->received &&
	       t->repeats < LIMIT_HTTP_REPEATS;
}

static void reap(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = h->lib->multi_info_read(h->multi, &left))) {
		struct http_transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		h->lib->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (t->no_place && !t->sent) {
			t->returns++;
			put_back(t);
			continue;
		}
		http_easy_judge(t, code);
		if (worth_repeating(t)) {
			t->repeats++;
			put_back(t);
			continue;
		}
		finish(t, t->outcome, NULL);
	}
}

static void tell_finished(struct http *h)
{
	struct list now;

	/* What finishes while we tell waits for the next turn. */
	list_init(&now);
	while (!list_empty(&h->finished)) {
		struct list *first = h->finished.next;

		list_remove(first);
		list_append(&now, first);
	}
	while (!list_empty(&now))
		tell(LIST_ITEM(now.next, struct http_transfer, link));
}

static void turn(struct http *h)
{
	int running;

	drop_all(&h->muted);
	http_schedule(h);
	if (h->active_count) {
		h->lib->multi_perform(h->multi, &running);
		reap(h);
		http_schedule(h);
	}
	tell_finished(h);
}

static void pump(void *arg)
{
	turn(arg);
}

void http_pump_soon(struct http *h)
{
	if (!h->pump.link.next || list_empty(&h->pump.link))
		loop_timer_set(h->o.loop, &h->pump, 0, pump, h);
}

static int poller(void *arg, struct pollfd *fds, unsigned n, int timeout_ms)
{
	struct http *h = arg;
	struct curl_waitfd waits[LIMIT_WATCHES];

	if (!h->active_count)
		return poll(fds, n, timeout_ms);
	for (unsigned i = 0; i < n; i++)
		waits[i] = (struct curl_waitfd){ .fd = fds[i].fd, .events = fds[i].events };
	h->lib->multi_poll(h->multi, waits, n, timeout_ms < 0 ? LIMIT_LOOP_WAIT_MS : timeout_ms,
			   NULL);
	/* curl 7.88 does not pass on hang-ups and errors. */
	return poll(fds, n, 0);
}

static void after_poll(void *arg)
{
	struct http *h = arg;

	if (h->active_count)
		turn(h);
}

static bool open_library(struct http *h, const char **why)
{
	if (h->multi)
		return true;
	h->lib = http_lib(why);
	if (!h->lib)
		return false;
	if (!http_multi_new(h)) {
		*why = "out of memory";
		return false;
	}
	loop_set_poller(h->o.loop, poller, after_poll, h);
	return true;
}

static void on_deadline(void *arg)
{
	struct http_transfer *t = arg;

	if (t->state == HTTP_FINISHED)
		return;
	finish(t, HTTP_TIMEOUT,
	       t->sent ? "the time limit was reached" : "no connection within the time limit");
}

bool http_activate(struct http_transfer *t, bool fresh_connect, bool wait_for_multiplex)
{
	struct http *h = t->http;

	list_remove(&t->link);
	if (os_now_ms() - t->started >= t->timeout_ms) {
		http_left(t);
		finish(t, HTTP_TIMEOUT, "no connection within the time limit");
		return false;
	}
	if (http_easy_new(t, fresh_connect, wait_for_multiplex) &&
	    h->lib->multi_add_handle(h->multi, t->easy) == CURLM_OK) {
		t->state = HTTP_ACTIVE;
		list_append(&h->active, &t->link);
		h->active_count++;
		h->stats.requests++;
		return true;
	}
	http_left(t);
	finish(t, HTTP_FAILED, t->message ? t->message : "the request could not be started");
	return false;
}

/* Visible bytes and blanks: what could end the line would start a header of the sender's choice. */
static bool header_line_ok(struct str line)
{
	ptrdiff_t colon = str_find_char(line, ':');

	if (colon <= 0 || line.n > LIMIT_HEADER_LINE)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
		if (i < (size_t)colon && (c <= 0x20 || c >= 0x7f))
			return false;
	}
	return true;
}

static bool add_header(struct http_transfer *t, const char *name, struct str value)
{
	struct buf line;
	struct curl_slist *more = NULL;

	buf_init(&line, LIMIT_HEADER_LINE);
	/* One piece, so that growing leaves no copy of a token behind. */
	buf_room(&line, strlen(name) + value.n + 1);
	buf_addz(&line, name);
	buf_adds(&line, value);
	if (buf_ok(&line) && header_line_ok(buf_str(&line)))
		more = t->http->lib->slist_append(t->headers, buf_c(&line));
	buf_free_wiped(&line);
	if (!more)
		return false;
	t->headers = more;
	return true;
}

static bool add_headers(struct http_transfer *t, const struct http_request *r)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (!add_header(t, "", r->headers[i]))
			return false;
	if (r->bearer && !add_header(t, "Authorization: Bearer ", secret_bytes(r->bearer)))
		return false;
	/* No header line from curl's own habits: no form type, no "100-continue" that a server
	 * may refuse and curl then repeat. */
	return add_header(t, r->content_type.n ? "Content-Type: " : "Content-Type:",
			  r->content_type) &&
	       add_header(t, "Expect:", S(""));
}

static bool take_body(struct http_transfer *t, const struct http_request *r)
{
	if (r->secret_body) {
		t->secret_body = secret_copy(r->secret_body);
		/* Tokens come back: one piece, so that growing leaves no copies behind. */
		return t->secret_body && buf_room(&t->got, LIMIT_TOKEN_ROOM);
	}
	if (!r->body.n)
		return true;
	t->body = malloc(r->body.n);
	if (!t->body)
		return false;
	memcpy(t->body, r->body.p, r->body.n);
	t->body_n = r->body.n;
	return true;
}

/* The transfer with all it copies, or NULL when memory is out. */
static struct http_transfer *transfer_new(struct http *h, const struct http_request *r)
{
	struct http_transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->http = h;
	list_init(&t->link);
	t->state = HTTP_WAITING;
	t->method = r->method;
	t->timeout_ms = r->timeout_ms ? r->timeout_ms : LIMIT_REQUEST_MS;
	t->max_bytes = r->max_bytes ? r->max_bytes : LIMIT_ANSWER;
	t->fresh = r->fresh_connection;
	t->public_only = r->public_only;
	t->on_body = r->on_body;
	t->on_done = r->on_done;
	t->arg = r->arg;
	t->started = os_now_ms();
	/* A streamed answer may be huge, the text of an error is not. */
	buf_init(&t->got, r->on_body && t->max_bytes > LIMIT_ANSWER ? LIMIT_ANSWER : t->max_bytes);
	t->url = malloc(r->url.n + 1);
	if (!t->url || !take_body(t, r)) {
		transfer_free(t);
		return NULL;
	}
	memcpy(t->url, r->url.p, r->url.n);
	t->url[r->url.n] = '\0';
	return t;
}

/* Puts it into its host's queue; false with *why. */
static bool enqueue(struct http_transfer *t, struct str text, const char **why)
{
	struct http_url url;
	struct arena a;
	jmp_buf out;

	arena_init(&a, 8 * LIMIT_URL);
	if (arena_guard(&a, &out)) {
		arena_release(&a);
		*why = "out of memory";
		return false;
	}
	if (!http_url_parse(&a, text, &url) || !str_eq(url.scheme, S("https"))) {
		arena_release(&a);
		*why = "not an https URL";
		return false;
	}
	t->host = http_host_get(t->http, url.host, url.port);
	arena_release(&a);
	if (!t->host) {
		*why = "too many hosts at once";
		return false;
	}
	list_append(t->fresh ? &t->host->writes : &t->host->reads, &t->link);
	return true;
}

struct http_transfer *http_start(struct http *h, const struct http_request *r)
{
	struct http_transfer *t = transfer_new(h, r);
	const char *why = NULL;

	if (!t)
		return NULL;
	h->stats.in_flight++;
	if (!open_library(h, &why))
		finish(t, HTTP_NO_LIBRARY, why);
	else if (!add_headers(t, r))
		finish(t, HTTP_FAILED, "a request header is not acceptable");
	else if (!enqueue(t, r->url, &why))
		finish(t, HTTP_FAILED, why);
	else
		loop_timer_set(h->o.loop, &t->deadline,
			       (int64_t)t->timeout_ms + LIMIT_CURL_GRACE_MS, on_deadline, t);
	http_pump_soon(h);
	return t;
}

void http_cancel(struct http_transfer *t)
{
	if (!t || t->state == HTTP_TELLING)
		return;
	t->http->stats.in_flight--;
	if (t->http->in_curl) {
		t->on_done = NULL;
		t->on_body = NULL;
		list_remove(&t->link);
		list_append(&t->http->muted, &t->link);
		http_pump_soon(t->http);
		return;
	}
	withdraw(t);
	transfer_free(t);
}

struct str http_header(const struct http_response *r, const char *name, size_t i)
{
	const struct http_transfer *t = r->transfer;
	struct curl_header *found;

	if (!t->easy ||
	    t->http->lib->easy_header(t->easy, name, i, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return (struct str){ 0 };
	return str_trim(str_from(found->value));
}

void http_warm(struct http *h, struct str origin)
{
	struct http_request r = { .method = HTTP_HEAD, .timeout_ms = LIMIT_CONNECT_MS };
	struct http_transfer *t;
	struct buf url;

	buf_init(&url, LIMIT_URL);
	buf_adds(&url, origin);
	buf_addc(&url, '/');
	r.url = buf_str(&url);
	t = buf_ok(&url) ? http_start(h, &r) : NULL;
	buf_free(&url);
	if (!t)
		return;
	/* Nobody waits for it, so it must not keep the loop going: curl's own limits end it. */
	loop_timer_clear(&t->deadline);
	if (t->host && http_host_open(t->host))
		http_cancel(t);
}

struct http_stats http_stats(const struct http *h)
{
	return h->stats;
}
