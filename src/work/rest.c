/*
 * rest.c - one logical fetch: token, host check, sending, waiting, the end.
 *
 * Tools never see 401, 429, 5xx, nextLink or redirects; they see an answer, which is made in
 * rest_answer.c.  A write is sent once here; only 429 (the service did nothing) repeats it.
 */
#include "work/rest_priv.h"

#include "base/os.h"
#include "text/crypt.h"

enum { HEADERS = 8 };

bool rest_writes(const struct rest_op *op)
{
	if (op->f->url->kind == LINK_CALLBACK)
		return true;
	return op->f->method != HTTP_GET && op->f->method != HTTP_HEAD &&
	       !(op->f->flags & FETCH_READ);
}

bool rest_is_write(const struct rest_op *op)
{
	return rest_writes(op) && op->on_wire;
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

void rest_end(struct rest_op *op)
{
	struct call *c = op->call;

	release(op);
	op->stage->ops[op->index] = NULL;
	if (--op->stage->pending == 0)
		call_stage_ended(c);
}

void rest_end_with(struct rest_op *op, enum err err, const char *message)
{
	struct answer *a = rest_answer(op);

	a->err = err;
	a->message = message;
	rest_end(op);
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
		err = host_check_content(hosts, op->call->arena, u->text, &op->url, why);
		break;
	case LINK_GIVEN:
		origin = host_origin(hosts, op->call->arena, u->row, u->of);
		err = host_check_link(hosts, op->call->arena, u->row, origin, u->text, &op->url,
				      why);
		break;
	case LINK_CALLBACK:
		err = host_check_trigger(hosts, op->call->arena, u->text, &op->url, why);
		break;
	case LINK_OWN:
		origin = host_origin(hosts, op->call->arena, u->row, u->of);
		if (!origin.p) {
			*why = "this cloud has no such service, or the environment has none";
			return ERR_NOT_AVAILABLE;
		}
		if (u->row == HOST_DATAVERSE)
			op->organisation = origin;
		op->url = str_fmt(op->call->arena, "%.*s%.*s", STR_ARG(origin), STR_ARG(u->text));
		break;
	}
	if (err == ERR_OK)
		op->audience = u->bearer ? AUD_FLOW : host_audience(hosts, u->row, u->text);
	return err;
}

/* ---- waiting ---- */

static void resume(void *arg);

bool rest_retry_in(struct rest_op *op, int64_t ms)
{
	if (ms > LIMIT_RETRY_AFTER_MS || ms >= call_time_left(op->call) - 500 ||
	    (op->f->flags & FETCH_OPTIONAL) == FETCH_OPTIONAL)
		return false;
	loop_timer_set(op->call->work->loop, &op->timer, ms, resume, op);
	return true;
}

void rest_repeat(struct rest_op *op)
{
	loop_timer_set(op->call->work->loop, &op->timer, 0, resume, op);
}

/* ---- what comes in ---- */

static void on_done(void *arg, const struct http_response *r)
{
	struct rest_op *op = arg;
	struct call *c = op->call;
	jmp_buf out;

	op->transfer = NULL;
	op->on_wire = false;
	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
		rest_end_with(op, ERR_TOO_LARGE,
			      "this call needs more memory than one call may have");
	} else {
		rest_judge(op, r);
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
	h[n++] = str_fmt(op->call->arena, "x-ms-client-request-id: %s", id);
	if (op->row == HOST_DATAVERSE) {
		h[n++] = S("OData-MaxVersion: 4.0");
		h[n++] = S("OData-Version: 4.0");
	}
	/* Without it a PATCH makes the row when it is gone. */
	if (op->row == HOST_DATAVERSE && op->f->method == HTTP_PATCH)
		h[n++] = str_fmt(op->call->arena, "If-Match: %s",
				   op->f->match ? op->f->match : "*");
	if (op->f->prefer)
		h[n++] = str_fmt(op->call->arena, "Prefer: %s", op->f->prefer);
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
		.fresh_connection = rest_writes(op),
		.public_only = host_public_only(w->hosts, op->row),
		.on_done = on_done,
		.arg = op,
	};

	if (op->f->body) {
		r.content_type = S("application/json");
		r.body = json_text(op->call->arena, op->f->body);
	}
	if (op->f->project) {
		project_free(op->project);
		op->project = project_new(op->call->arena, op->f->project);
		r.on_body = on_body;
		r.max_bytes = LIMIT_CONTENT;
	}
	op->transfer = http_start(w->http, &r);
	op->on_wire = op->transfer != NULL;
	if (!op->transfer)
		rest_end_with(op, ERR_INTERNAL, "the request could not be started");
}

/* A token came, or the time to try again: an entry from the loop, so memory is guarded. */
static void resume(void *arg)
{
	struct rest_op *op = arg;
	struct call *c = op->call;
	jmp_buf out;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
		rest_end_with(op, ERR_TOO_LARGE,
			      "this call needs more memory than one call may have");
	} else {
		rest_send(op);
	}
	c->arena->out = NULL;
}

/* While the token is being refreshed, the connection is made: they overlap. */
static void warm(struct rest_op *op)
{
	struct work *w = op->call->work;
	struct str origin = host_origin(w->hosts, op->call->arena, op->row, op->f->url->of);

	if (w->warmed[op->row] || op->f->url->kind != LINK_OWN || !origin.p)
		return;
	w->warmed[op->row] = true;
	http_warm(w->http, origin);
}

void rest_send(struct rest_op *op)
{
	struct work *w = op->call->work;
	struct auth_failure failure;
	struct auth_token token = { 0 };
	struct answer *a = rest_answer(op);

	if (call_time_left(op->call) == 0) {
		rest_end_with(op, ERR_TIMEOUT, "the call took too long");
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
		a->service_code = str_c(op->call->arena, str_from(failure.service_code));
		a->correlation = str_c(op->call->arena, str_from(failure.correlation));
		a->retry_after_s = failure.retry_after_s;
		a->command = auth_command_after(w->auth, op->call->arena, op->audience,
						op->organisation, str_from(a->service_code));
		rest_end_with(op, failure.err, str_c(op->call->arena, str_from(failure.message)));
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
		rest_end_with(op, err, why);
		return;
	}
	c->last_row = op->row;
	c->any_row = true;
	rest_send(op);
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
