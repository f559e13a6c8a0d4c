/*
 * rest.c - one logical fetch: token, host check, transfer, retry, pages, answer.
 *
 * Tools never see 401, 429, 5xx, nextLink or redirects; they see an answer.
 * Writes are sent once: only 429 (the service did nothing) repeats them.
 */
#include "work/call_priv.h"

#include <stdlib.h>

#include "base/os.h"
#include "text/crypt.h"


enum {
	HEADERS = 8,
	HOPS = 3,
	BACKOFF_MS = 1000,
	BACKOFF_MOST_MS = 16000,
	ROLE_RENEWAL_MS = 3000, /* a fan-out of refusals comes within a second or two */
};

struct rest_op {
	struct call *call;
	struct stage *stage;
	size_t index;
	const struct fetch *f;
	enum host_row row;
	enum audience audience;
	struct str organisation;
	struct str url;
	struct auth_waiter waiter;
	struct loop_timer timer;
	struct http_transfer *transfer;
	unsigned long token_serial;
	unsigned throttled, failed, hops, pages;
	bool refreshed, repeated, on_wire;
	bool not_json; /* the content broke off where it is no JSON */
	struct json *items;
	size_t kept;
	int64_t started;
	struct project *project;
	struct arena scratch; /* the page that is being read */
};

static void send_request(struct rest_op *op);
static void resume(void *arg);

static struct answer *answer_of(const struct rest_op *op)
{
	return &op->stage->answers[op->index];
}

static struct arena *memory(const struct rest_op *op)
{
	return op->call->arena;
}

static bool is_write(const struct rest_op *op)
{
	if (op->f->url->kind == LINK_CALLBACK)
		return true;
	return op->f->method != HTTP_GET && op->f->method != HTTP_HEAD &&
	       !(op->f->flags & FETCH_READ);
}

bool rest_is_write(const struct rest_op *op)
{
	return is_write(op) && op->on_wire;
}

/* ---- ends ---- */

static void release(struct rest_op *op)
{
	auth_wait_clear(&op->waiter);
	loop_timer_clear(&op->timer);
	http_cancel(op->transfer);
	op->transfer = NULL;
	project_free(op->project);
	op->project = NULL;
	arena_release(&op->scratch);
}

void rest_cancel(struct rest_op *op)
{
	if (op)
		release(op);
}

static void end(struct rest_op *op)
{
	struct call *c = op->call;

	release(op);
	op->stage->ops[op->index] = NULL;
	if (--op->stage->pending == 0)
		call_stage_ended(c);
}

static void end_with(struct rest_op *op, enum err err, const char *message)
{
	struct answer *a = answer_of(op);

	a->err = err;
	a->message = message;
	end(op);
}

/* ---- where to ---- */

/* The URL, row, audience and organisation of the fetch; an error code when it may not be sent. */
static enum err locate(struct rest_op *op, const char **why)
{
	const struct url *u = op->f->url;
	const struct hosts *hosts = op->call->work->hosts;
	struct str origin;
	enum err err = ERR_OK;

	op->row = u->row;
	switch (u->kind) {
	case LINK_CONTENT:
		err = host_check_content(hosts, memory(op), u->text, &op->url, why);
		break;
	case LINK_GIVEN:
		origin = host_origin(hosts, memory(op), u->row, u->of);
		err = host_check_link(hosts, memory(op), u->row, origin, u->text, &op->url, why);
		break;
	case LINK_CALLBACK:
		err = host_check_trigger(hosts, memory(op), u->text, &op->url, why);
		break;
	case LINK_OWN:
		origin = host_origin(hosts, memory(op), u->row, u->of);
		if (!origin.p) {
			*why = "this cloud has no such service, or the environment has none";
			return ERR_NOT_AVAILABLE;
		}
		if (u->row == HOST_DATAVERSE)
			op->organisation = origin;
		op->url = str_fmt(memory(op), "%.*s%.*s", STR_ARG(origin), STR_ARG(u->text));
		break;
	}
	if (err == ERR_OK)
		op->audience = u->bearer ? AUD_FLOW : host_audience(hosts, u->row, u->text);
	return err;
}

/* ---- waiting ---- */

static int64_t jitter(int64_t ms)
{
	uint32_t r;

	crypt_random(&r, sizeof(r));
	return ms / 2 + (int64_t)(r % (uint32_t)(ms / 2 + 1));
}

/* Waits and sends again; false when there is no time for it. */
static bool retry_in(struct rest_op *op, int64_t ms)
{
	if (ms > LIMIT_RETRY_AFTER_MS || ms >= call_time_left(op->call) - 500 ||
	    (op->f->flags & FETCH_OPTIONAL) == FETCH_OPTIONAL)
		return false;
	loop_timer_set(op->call->work->loop, &op->timer, ms, resume, op);
	return true;
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

	return v.p ? str_c(memory(op), str_first_utf8(v, LIMIT_URL)) : "";
}

static const char *const correlation_headers[] = {
	"x-ms-correlation-request-id", "x-ms-request-id", "x-ms-service-request-id",
	"x-ms-correlation-id",         "REQ_ID",
};

static void note_headers(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = answer_of(op);
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
	if (is_write(op) && r->sent) {
		end_with(op, ERR_OUTCOME_UNKNOWN,
			 "the connection was lost after the request was sent: it may or may not "
			 "have taken effect");
		return;
	}
	/* A kept connection that the server closed meanwhile: one silent repeat. */
	if (r->outcome == HTTP_BROKEN && !is_write(op) && !op->repeated) {
		op->repeated = true;
		loop_timer_set(op->call->work->loop, &op->timer, 0, resume, op);
		return;
	}
	end_with(op, err, arena_printf(memory(op), "%s: %s", host_row_name(op->row),
				       r->message ? r->message : "no answer"));
}

static bool redirected(struct rest_op *op, const struct http_response *r)
{
	const struct hosts *hosts = op->call->work->hosts;
	struct http_url from, to;
	const char *why;
	struct str next;

	if (is_write(op) || op->hops++ >= HOPS || !answer_of(op)->location[0] ||
	    r->status == 304)
		return false;
	if (host_check_link(hosts, memory(op), op->row, op->url,
			    str_from(answer_of(op)->location), &next, &why) != ERR_OK ||
	    !http_url_parse(memory(op), op->url, &from) ||
	    !http_url_parse(memory(op), next, &to) || !str_eq(from.host, to.host) ||
	    from.port != to.port)
		return false;
	op->url = next;
	send_request(op);
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
		size_t n = header.p ? challenge_parse(memory(op), header, ch, 4) : 0;

		if (!header.p)
			break;
		for (size_t k = 0; k < n; k++)
			if (str_eq(ch[k].error, S("insufficient_claims")) && ch[k].claims.n)
				claims = challenge_claims(memory(op), ch[k].claims);
	}
	op->refreshed = true;
	auth_rejected(op->call->work->auth, op->audience, op->organisation, op->token_serial,
		      claims.p ? claims : S(""));
	send_request(op);
	return true;
}

/* A role that was activated a moment ago is not in the token yet: one fresh token for it, and
 * not for each of many refusals. */
static bool role_may_be_new(struct rest_op *op, const struct http_response *r)
{
	struct work *w = op->call->work;
	int64_t now = os_now_ms();

	if (r->status != 403 || !on_admin_surface(op) || op->refreshed || is_write(op) ||
	    (op->f->flags & (FETCH_TOLERATE | FETCH_OPTIONAL)) ||
	    (w->role_renewed && now - w->role_renewed < ROLE_RENEWAL_MS))
		return false;
	op->refreshed = true;
	w->role_renewed = now;
	auth_rejected(w->auth, op->audience, op->organisation, op->token_serial, S(""));
	send_request(op);
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
	answer_of(op)->retry_after_s = wait > 0 ? wait : 10;
	if (op->throttled++ >= LIMIT_RETRIES)
		return false;
	if (wait >= 0)
		return retry_in(op, wait * 1000 + jitter(250));
	return retry_in(op, backoff(op->throttled));
}

static void error_answer(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = answer_of(op);
	struct service_error e;

	rest_error_read(memory(op), r->status, r->body, &e);
	if (r->status == 401 && reauthorised(op, r, &e))
		return;
	if (role_may_be_new(op, r))
		return;
	a->needs_role = r->status == 403 && on_admin_surface(op);
	if (r->status == 429 && throttled(op, r, &e))
		return;
	if (r->status >= 500 && !is_write(op) && op->failed++ < LIMIT_RETRIES - 1 &&
	    retry_in(op, retry_after(r) >= 0 ? retry_after(r) * 1000 : backoff(op->failed)))
		return;
	a->service_code = e.inner_code[0] ? e.inner_code : e.code;
	if (r->status >= 500 && is_write(op)) {
		end_with(op, ERR_OUTCOME_UNKNOWN,
			 arena_printf(memory(op), "the service failed while it worked on this: %s",
				      e.message));
		return;
	}
	end_with(op, e.err, e.message);
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
	struct answer *a = answer_of(op);

	JSON_EACH(item, items_of(page, p->items))
	{
		struct json *kept;

		if (p->most && op->kept >= p->most)
			return false;
		a->seen++;
		kept = p->keep ? p->keep(op->call, item) : json_copy(memory(op), item);
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
	struct answer *a = answer_of(op);
	struct json *page;
	struct str next;
	const char *why;
	jmp_buf out;
	bool whole;

	arena_init(&op->scratch, LIMIT_CALL_ARENA);
	if (arena_guard(&op->scratch, &out)) {
		end_with(op, ERR_TOO_LARGE, "a page of the list is too large");
		return;
	}
	page = json_parse(&op->scratch, r->body, JSON_ANSWER, NULL);
	if (!page && r->body.n) {
		end_with(op, ERR_UPSTREAM, "the service answered with something that is not JSON");
		return;
	}
	if (!op->items)
		op->items = json_new_array(memory(op));
	whole = keep_items(op, page);
	next = str_dup(memory(op), next_link(page));
	arena_release(&op->scratch);
	a->json = op->items;
	op->pages++;
	a->more = next.n || !whole;
	if (!next.n || !whole || (p->most && op->kept >= p->most)) {
		end(op);
		return;
	}
	if (host_check_link(op->call->work->hosts, memory(op), op->row, op->url, next, &op->url,
			    &why) != ERR_OK) {
		end_with(op, ERR_FOREIGN_LINK,
			 arena_printf(memory(op), "the next page is at a foreign host: %s", why));
		return;
	}
	a->next = op->url;
	if (op->pages >= LIMIT_PAGES ||
	    (p->budget_ms && os_now_ms() - op->started >= p->budget_ms)) {
		end(op);
		return;
	}
	a->next = (struct str){ 0 };
	op->throttled = op->failed = 0;
	op->repeated = false;
	send_request(op);
}

static void good_answer(struct rest_op *op, const struct http_response *r)
{
	struct answer *a = answer_of(op);
	struct json_error je;

	if (op->project) {
		a->projected = project_end(op->project);
		a->json = a->projected.value;
		/* One that was stopped because nothing more is wanted is as good as a whole one. */
		if (r->outcome == HTTP_ANSWERED && r->received && !a->projected.complete)
			op->not_json = true;
		if (op->not_json && !(op->f->flags & FETCH_ANY))
			end_with(op, ERR_UPSTREAM, "the content is not JSON");
		else
			end(op);
		return;
	}
	if (op->f->paging) {
		page_answer(op, r);
		return;
	}
	if (op->f->flags & FETCH_ANY) {
		a->text = str_dup(memory(op), r->body);
	} else if (str_trim(r->body).n) {
		a->json = json_parse(memory(op), r->body, JSON_ANSWER, &je);
		if (!a->json) {
			end_with(op, ERR_UPSTREAM,
				 arena_printf(memory(op), "the service's answer is not JSON: %s",
					      je.message));
			return;
		}
	}
	end(op);
}

static void classify(struct rest_op *op, const struct http_response *r)
{
	if (r->outcome != HTTP_ANSWERED && r->outcome != HTTP_STOPPED) {
		no_answer(op, r);
		return;
	}
	note_headers(op, r);
	/* The run was started, and what it answers is the flow's own affair. */
	if (answer_of(op)->run[0]) {
		good_answer(op, r);
		return;
	}
	if (r->status >= 300 && r->status < 400) {
		if (!redirected(op, r))
			end_with(op, ERR_FOREIGN_LINK, "the service redirects to somewhere else");
		return;
	}
	if (r->status >= 200 && r->status < 300)
		good_answer(op, r);
	else
		error_answer(op, r);
}

static void on_done(void *arg, const struct http_response *r)
{
	struct rest_op *op = arg;
	struct call *c = op->call;
	jmp_buf out;

	op->transfer = NULL;
	op->on_wire = false;
	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
		end_with(op, ERR_TOO_LARGE, "this call needs more memory than one call may have");
	} else {
		classify(op, r);
	}
	/* Only when the call still stands: it ends from the loop, never from here. */
	c->arena->out = NULL;
}

static bool on_body(void *arg, struct str bytes)
{
	struct rest_op *op = arg;
	struct call *c = op->call;
	volatile enum project_state state = PROJECT_WRONG;
	jmp_buf out;

	if (!CALL_GUARD(c, &out))
		state = project_feed(op->project, bytes);
	c->arena->out = NULL;
	op->not_json = state == PROJECT_WRONG;
	return state == PROJECT_MORE;
}

/* ---- sending ---- */

static size_t make_headers(struct rest_op *op, struct str *h)
{
	size_t n = 0;
	char id[37];

	h[n++] = S("Accept: application/json");
	h[n++] = S("Accept-Language: en-US");
	if (op->audience == AUD_NONE)
		return n;
	crypt_uuid(id);
	h[n++] = str_fmt(memory(op), "x-ms-client-request-id: %s", id);
	if (op->row == HOST_DATAVERSE) {
		h[n++] = S("OData-MaxVersion: 4.0");
		h[n++] = S("OData-Version: 4.0");
	}
	/* Without it a PATCH makes the row when it is gone. */
	if (op->row == HOST_DATAVERSE && op->f->method == HTTP_PATCH)
		h[n++] = str_fmt(memory(op), "If-Match: %s", op->f->match ? op->f->match : "*");
	if (op->f->prefer)
		h[n++] = str_fmt(memory(op), "Prefer: %s", op->f->prefer);
	return n;
}

static void transfer(struct rest_op *op, const struct secret *bearer)
{
	struct work *w = op->call->work;
	struct str headers[HEADERS];
	int64_t most = op->f->limit_ms ? op->f->limit_ms : LIMIT_REQUEST_MS;
	int64_t left = call_time_left(op->call);
	struct http_request r = {
		.method = op->f->method,
		.url = op->url,
		.bearer = bearer,
		.headers = headers,
		.header_count = make_headers(op, headers),
		.timeout_ms = (unsigned)(left < most ? left + 1 : most),
		.max_bytes = op->f->flags & FETCH_LARGE ? LIMIT_ANSWER_FLOW : LIMIT_ANSWER,
		.fresh_connection = is_write(op),
		.public_only = host_public_only(w->hosts, op->row),
		.on_done = on_done,
		.arg = op,
	};

	if (op->f->body) {
		r.content_type = S("application/json");
		r.body = json_text(memory(op), op->f->body);
	}
	if (op->f->project) {
		project_free(op->project);
		op->project = project_new(memory(op), op->f->project);
		r.on_body = on_body;
		r.max_bytes = LIMIT_CONTENT;
	}
	op->transfer = http_start(w->http, &r);
	op->on_wire = op->transfer != NULL;
	if (!op->transfer)
		end_with(op, ERR_INTERNAL, "the request could not be started");
}

/* A token came, or the time to try again: an entry from the loop, so memory is guarded. */
static void resume(void *arg)
{
	struct rest_op *op = arg;
	struct call *c = op->call;
	jmp_buf out;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
		end_with(op, ERR_TOO_LARGE, "this call needs more memory than one call may have");
	} else {
		send_request(op);
	}
	c->arena->out = NULL;
}

/* While the token is being refreshed, the connection is made: they overlap. */
static void warm(struct rest_op *op)
{
	struct work *w = op->call->work;
	struct str origin = host_origin(w->hosts, memory(op), op->row, op->f->url->of);

	if (w->warmed[op->row] || op->f->url->kind != LINK_OWN || !origin.p)
		return;
	w->warmed[op->row] = true;
	http_warm(w->http, origin);
}

static void send_request(struct rest_op *op)
{
	struct work *w = op->call->work;
	struct auth_failure failure;
	struct auth_token token = { 0 };
	struct answer *a = answer_of(op);

	if (call_time_left(op->call) == 0) {
		end_with(op, ERR_TIMEOUT, "the call took too long");
		return;
	}
	if (op->audience == AUD_NONE) {
		transfer(op, NULL);
		return;
	}
	switch (auth_get(w->auth, op->audience, op->organisation, &op->waiter, &token, &failure)) {
	case AUTH_READY:
		op->token_serial = token.serial;
		transfer(op, token.secret);
		break;
	case AUTH_WAIT:
		warm(op);
		break;
	case AUTH_FAILED:
		a->service_code = str_c(memory(op), str_from(failure.service_code));
		a->correlation = str_c(memory(op), str_from(failure.correlation));
		a->retry_after_s = failure.retry_after_s;
		a->command = auth_command_after(w->auth, memory(op), op->audience,
						op->organisation, str_from(a->service_code));
		end_with(op, failure.err, str_c(memory(op), str_from(failure.message)));
		break;
	}
}

void rest_start(struct call *c, struct stage *s, size_t i)
{
	struct rest_op *op = arena_alloc(c->arena, sizeof(*op));
	const char *why = "";
	enum err err;

	op->call = c;
	op->stage = s;
	op->index = i;
	op->f = &s->fetches[i];
	op->started = os_now_ms();
	op->waiter.fn = resume;
	op->waiter.arg = op;
	s->ops[i] = op;
	err = locate(op, &why);
	if (err == ERR_OK && !gate_host_allowed(c->work, op->row)) {
		err = ERR_REFUSED_BY_POLICY;
		why = "policy denies requests to this host";
	}
	if (err != ERR_OK) {
		end_with(op, err, why);
		return;
	}
	c->last_row = op->row;
	c->any_row = true;
	send_request(op);
}

void rest_explain_sign_in(struct call *c, const char *command)
{
	const char *advice = auth_advice(c->work->auth);

	if (!command)
		command = auth_command(c->work->auth, c->arena);
	fail_command(c, "%s", command);
	if (advice)
		hint(c, "%s", advice);
	else
		hint(c, "A person has to run this in a terminal: %s", command);
}
