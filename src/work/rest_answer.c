/*
 * rest_answer.c - what came back: whether it is sent again, goes on with a page, or is the answer.
 *
 * Knows statuses, headers and pages of the services; rest_error.c knows their error bodies, rest.c
 * how a request is sent.
 */
#include "work/rest_priv.h"

#include "base/os.h"
#include "text/crypt.h"

enum {
	HOPS = 3,
	BACKOFF_MS = 1000,
	BACKOFF_MOST_MS = 16000,
	ROLE_RENEWAL_MS = 3000, /* a fan-out of refusals comes within a second or two */
};

/* ---- how long to wait ---- */

static int64_t jitter(int64_t ms)
{
	uint32_t r;

	crypt_random(&r, sizeof(r));
	return ms / 2 + (int64_t)(r % (uint32_t)(ms / 2 + 1));
}

static int64_t backoff(unsigned round)
{
	int64_t ms = (int64_t)BACKOFF_MS << (round < 5 ? round : 5);

	return jitter(ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS);
}

/* ---- answers ---- */

static const char *header_z(struct rest_op *op, const struct http_response *r, const char *name)
{
	struct str v = http_header(r, name, 0);

	return v.p ? str_c(op->call->arena, str_first_utf8(v, LIMIT_URL)) : "";
}

static const char *const correlation_headers[] = {
	"x-ms-correlation-request-id", "x-ms-request-id", "x-ms-service-request-id",
	"x-ms-correlation-id",         "REQ_ID",
};

static void note_headers(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = rest_answer(op);
	struct call *c = op->call;

	a->status = r->status;
	a->correlation = "";
	for (size_t i = 0; i < sizeof(correlation_headers) / sizeof(*correlation_headers) &&
			   !a->correlation[0]; i++)
		a->correlation = header_z(op, r, correlation_headers[i]);
	a->location = header_z(op, r, "Location");
	if (op->row == HOST_TRIGGER)
		a->run = header_z(op, r, "x-ms-workflow-run-id");
	c->last_http = r->status;
	if (a->correlation[0])
		c->last_correlation = a->correlation;
}

static const struct {
	enum http_outcome outcome;
	enum err err;
} outcomes[] = {
	{ HTTP_TOO_LARGE, ERR_TOO_LARGE }, { HTTP_TIMEOUT, ERR_TIMEOUT },
	{ HTTP_RESOLVE, ERR_NETWORK },     { HTTP_CONNECT, ERR_NETWORK },
	{ HTTP_TLS, ERR_NETWORK },         { HTTP_BROKEN, ERR_NETWORK },
	{ HTTP_REFUSED, ERR_FOREIGN_LINK }, { HTTP_NO_LIBRARY, ERR_INTERNAL },
	{ HTTP_FAILED, ERR_NETWORK },
};

/* No whole answer came. */
static void no_answer(struct rest_op *op, const struct http_response *r)
{
	enum err err = ERR_NETWORK;

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (outcomes[i].outcome == r->outcome)
			err = outcomes[i].err;
	if (rest_writes(op) && r->sent) {
		rest_end_with(op, ERR_OUTCOME_UNKNOWN,
			 "the connection was lost after the request was sent: it may or may not "
			 "have taken effect");
		return;
	}
	/* A kept connection that the server closed meanwhile: one silent repeat. */
	if (r->outcome == HTTP_BROKEN && !rest_writes(op) && !op->repeated) {
		op->repeated = true;
		rest_repeat(op);
		return;
	}
	rest_end_with(op, err, arena_printf(op->call->arena, "%s: %s", host_row_name(op->row),
				       r->message ? r->message : "no answer"));
}

static bool redirected(struct rest_op *op, const struct http_response *r)
{
	const struct hosts *hosts = op->call->work->hosts;
	struct http_url from, to;
	const char *why;
	struct str next;

	if (rest_writes(op) || op->hops++ >= HOPS || !rest_answer(op)->location[0] ||
	    r->status == 304)
		return false;
	if (host_check_link(hosts, op->call->arena, op->row, op->url,
			    str_from(rest_answer(op)->location), &next, &why) != ERR_OK ||
	    !http_url_parse(op->call->arena, op->url, &from) ||
	    !http_url_parse(op->call->arena, next, &to) || !str_eq(from.host, to.host) ||
	    from.port != to.port)
		return false;
	op->url = next;
	rest_send(op);
	return true;
}

static bool on_admin_surface(const struct rest_op *op)
{
	return str_find(op->url, S("/scopes/admin/")) >= 0;
}

/* A refused token is refreshed once; true when the request goes out again. */
static bool reauthorised(struct rest_op *op, const struct http_response *r,
			 const struct service_error *e)
{
	struct challenge ch[4];
	struct str claims = S("");

	if (op->refreshed || op->audience == AUD_NONE ||
	    strcmp(e->code, "InvalidAuthenticationAudience") == 0)
		return false;
	for (size_t i = 0;; i++) {
		struct str header = http_header(r, "WWW-Authenticate", i);
		size_t n = header.p ? challenge_parse(op->call->arena, header, ch, 4) : 0;

		if (!header.p)
			break;
		for (size_t k = 0; k < n; k++)
			if (str_eq(ch[k].error, S("insufficient_claims")) && ch[k].claims.n)
				claims = challenge_claims(op->call->arena, ch[k].claims);
	}
	op->refreshed = true;
	auth_rejected(op->call->work->auth, op->audience, op->organisation, op->token_serial,
		      claims.p ? claims : S(""));
	rest_send(op);
	return true;
}

/* A role that was activated a moment ago is not in the token yet: one fresh token for it, and
 * not for each of many refusals. */
static bool role_may_be_new(struct rest_op *op, const struct http_response *r)
{
	struct work *w = op->call->work;
	int64_t now = os_now_ms();

	if (r->status != 403 || !on_admin_surface(op) || op->refreshed || rest_writes(op) ||
	    (op->f->flags & (FETCH_TOLERATE | FETCH_OPTIONAL)) ||
	    (w->role_renewed && now - w->role_renewed < ROLE_RENEWAL_MS))
		return false;
	op->refreshed = true;
	w->role_renewed = now;
	auth_rejected(w->auth, op->audience, op->organisation, op->token_serial, S(""));
	rest_send(op);
	return true;
}

/* Seconds of a Retry-After header (RFC 9110: seconds or a date), or -1. */
static int64_t retry_after(const struct http_response *r)
{
	struct str v = http_header(r, "Retry-After", 0);
	uint64_t s;

	return v.p && str_to_u64(v, &s) && s < 86400 ? (int64_t)s : -1;
}

static bool throttled(struct rest_op *op, const struct http_response *r,
		      const struct service_error *e)
{
	int64_t wait = retry_after(r);

	if (wait < 0)
		wait = e->wait_s;
	rest_answer(op)->retry_after_s = wait > 0 ? wait : 10;
	if (op->throttled++ >= LIMIT_RETRIES)
		return false;
	if (wait >= 0)
		return rest_retry_in(op, wait * 1000 + jitter(250));
	return rest_retry_in(op, backoff(op->throttled));
}

static void error_answer(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = rest_answer(op);
	struct service_error e;

	rest_error_read(op->call->arena, r->status, r->body, &e);
	if (r->status == 401 && reauthorised(op, r, &e))
		return;
	if (role_may_be_new(op, r))
		return;
	a->needs_role = r->status == 403 && on_admin_surface(op);
	if (r->status == 429 && throttled(op, r, &e))
		return;
	if (r->status >= 500 && !rest_writes(op) && op->failed++ < LIMIT_RETRIES - 1 &&
	    rest_retry_in(op, retry_after(r) >= 0 ? retry_after(r) * 1000 : backoff(op->failed)))
		return;
	a->service_code = e.inner_code[0] ? e.inner_code : e.code;
	if (r->status >= 500 && rest_writes(op)) {
		rest_end_with(op, ERR_OUTCOME_UNKNOWN,
			 arena_printf(op->call->arena,
					   "the service failed while it worked on this: %s",
					   e.message));
		return;
	}
	rest_end_with(op, e.err, e.message);
}

/* ---- documents ---- */

static struct json *items_of(struct json *page, const char *name)
{
	if (json_type(page) == JSON_ARRAY)
		return page;
	return json_get(page, name ? name : "value");
}

static struct str next_link(const struct json *page)
{
	static const char *const names[] = { "nextLink", "@odata.nextLink", "@odata.nextlink" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_get_str(page, names[i]).n)
			return json_get_str(page, names[i]);
	return S("");
}

/* Keeps what the tool wants of a page; true when all of the page was looked at. */
static bool keep_items(struct rest_op *op, struct json *page)
{
	const struct paging *p = op->f->paging;
	struct answer *a = rest_answer(op);

	JSON_EACH(item, items_of(page, p->items))
	{
		struct json *kept;

		if (p->most && op->kept >= p->most)
			return false;
		a->seen++;
		kept = p->keep ? p->keep(op->call, item) : json_copy(op->call->arena, item);
		if (kept) {
			json_push(op->items, kept);
			op->kept++;
		}
	}
	return true;
}

/* The page is read in memory of its own, so that 1,000 pages cost no more than one. */
static void page_answer(struct rest_op *op, const struct http_response *r)
{
	const struct paging *p = op->f->paging;
	struct answer *a = rest_answer(op);
	struct json *page;
	struct str next;
	const char *why;
	jmp_buf out;
	bool whole;

	arena_init(&op->scratch, LIMIT_CALL_ARENA);
	if (arena_guard(&op->scratch, &out)) {
		rest_end_with(op, ERR_TOO_LARGE, "a page of the list is too large");
		return;
	}
	page = json_parse(&op->scratch, r->body, JSON_ANSWER, NULL);
	if (!page && r->body.n) {
		rest_end_with(op, ERR_UPSTREAM,
			      "the service answered with something that is not JSON");
		return;
	}
	if (!op->items)
		op->items = json_new_array(op->call->arena);
	whole = keep_items(op, page);
	next = str_dup(op->call->arena, next_link(page));
	arena_release(&op->scratch);
	a->json = op->items;
	op->pages++;
	a->more = next.n || !whole;
	if (!next.n || !whole || (p->most && op->kept >= p->most)) {
		rest_end(op);
		return;
	}
	if (host_check_link(op->call->work->hosts, op->call->arena, op->row, op->url, next,
			    &op->url, &why) != ERR_OK) {
		rest_end_with(op, ERR_FOREIGN_LINK,
			 arena_printf(op->call->arena, "the next page is at a foreign host: %s",
					   why));
		return;
	}
	a->next = op->url;
	if (op->pages >= LIMIT_PAGES ||
	    (p->budget_ms && os_now_ms() - op->started >= p->budget_ms)) {
		rest_end(op);
		return;
	}
	a->next = (struct str){ 0 };
	op->throttled = op->failed = 0;
	op->repeated = false;
	rest_send(op);
}

static void good_answer(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = rest_answer(op);
	struct json_error je;

	if (op->project) {
		a->projected = project_end(op->project);
		a->json = a->projected.value;
		/* One that was stopped because nothing more is wanted is as good as a whole one. */
		if (r->outcome == HTTP_ANSWERED && r->received && !a->projected.complete)
			op->not_json = true;
		if (op->not_json && !(op->f->flags & FETCH_ANY))
			rest_end_with(op, ERR_UPSTREAM, "the content is not JSON");
		else
			rest_end(op);
		return;
	}
	if (op->f->paging) {
		page_answer(op, r);
		return;
	}
	if (op->f->flags & FETCH_ANY) {
		a->text = str_dup(op->call->arena, r->body);
	} else if (str_trim(r->body).n) {
		a->json = json_parse(op->call->arena, r->body, JSON_ANSWER, &je);
		if (!a->json) {
			rest_end_with(op, ERR_UPSTREAM,
				 arena_printf(op->call->arena,
						   "the service's answer is not JSON: %s",
						   je.message));
			return;
		}
	}
	rest_end(op);
}

void rest_judge(struct rest_op *op, const struct http_response *r)
{
	if (r->outcome != HTTP_ANSWERED && r->outcome != HTTP_STOPPED) {
		no_answer(op, r);
		return;
	}
	note_headers(op, r);
	/* The run was started, and what it answers is the flow's own affair. */
	if (rest_answer(op)->run[0]) {
		good_answer(op, r);
		return;
	}
	if (r->status >= 300 && r->status < 400) {
		if (!redirected(op, r))
			rest_end_with(op, ERR_FOREIGN_LINK,
				      "the service redirects to somewhere else");
		return;
	}
	if (r->status >= 200 && r->status < 300)
		good_answer(op, r);
	else
		error_answer(op, r);
}
