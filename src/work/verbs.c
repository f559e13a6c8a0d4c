/*
 * verbs.c - what a tool may say (see <flowlatch/tool.h>): arguments, fetches, results, errors.
 */
#include "work/call_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/os.h"
#include "work/service_codes.h"

/* ---- arguments ---- */

static const struct param *row_of(const struct call *c, const char *name)
{
	for (const struct param *p = c->tool->params; p && p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static struct json *value_or_default(const struct call *c, const char *name)
{
	struct json *v = json_get(c->args, name);
	const struct param *p;

	if (v)
		return v;
	p = row_of(c, name);
	return p && p->otherwise
		       ? json_parse(c->arena, str_from(p->otherwise), JSON_STRICT, NULL)
		       : NULL;
}

bool arg_given(const struct call *c, const char *name)
{
	return json_get(c->args, name) != NULL;
}

struct str arg_str(const struct call *c, const char *name)
{
	return json_str(value_or_default(c, name));
}

const char *arg_z(const struct call *c, const char *name)
{
	return json_z(value_or_default(c, name));
}

int64_t arg_int(const struct call *c, const char *name)
{
	return json_int(value_or_default(c, name), 0);
}

bool arg_bool(const struct call *c, const char *name)
{
	return json_bool(value_or_default(c, name), false);
}

struct json *arg_json(const struct call *c, const char *name)
{
	return value_or_default(c, name);
}

/* ---- the call ---- */

struct arena *call_arena(struct call *c)
{
	return c->arena;
}

int call_stage(const struct call *c)
{
	return c->stage_count;
}

const struct tool *call_tool(const struct call *c)
{
	return c->tool;
}

const char *call_profile(const struct call *c)
{
	return c->work->conf->profile;
}

bool call_abandoned(const struct call *c)
{
	return c->cancelled;
}

int64_t call_time_left(const struct call *c)
{
	int64_t left = c->deadline - os_now_ms();

	return left > 0 ? left : 0;
}

const struct json *call_client_capabilities(const struct call *c)
{
	return c->req.client.capabilities;
}

void progress(struct call *c, double value, double total, const char *fmt, ...)
{
	int64_t now = os_now_ms();
	va_list ap;
	char text[256];
	struct str shown;
	int n;

	/* At most ten a second, and only upwards: the protocol asks for both. */
	if (!c->req.client.wants_progress || !c->req.on_progress || c->cancelled ||
	    (c->progressed && now - c->progressed < 40 && value < total) ||
	    (c->progressed && value <= c->progress_last))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->progressed = now;
	c->progress_last = value;
	shown = str_first_utf8(str_from(text), n < 0 ? 0 : sizeof(text) - 1);
	if (!redact_text(c->arena, shown, &shown, &c->redacted))
		shown = S("");
	c->req.on_progress(c->req.arg, value, total, shown);
}

/* ---- URLs ---- */

/* %s, %d and %lld only: whatever is put in is percent-encoded whole. */
static void add_formatted(struct buf *b, const char *fmt, va_list ap)
{
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			buf_addc(b, *p);
		} else if (p[1] == 's') {
			buf_add_percent(b, str_from(va_arg(ap, const char *)));
			p++;
		} else if (p[1] == 'd') {
			buf_addf(b, "%d", va_arg(ap, int));
			p++;
		} else if (strncmp(p, "%lld", 4) == 0) {
			buf_addf(b, "%lld", va_arg(ap, long long));
			p += 3;
		} else {
			/* "%%2F" in a format: a literal percent sign of an escape. */
			buf_addc(b, '%');
			p += p[1] == '%';
		}
	}
}

/* Default versions per row; Dataverse and the environment's connector calls name theirs. */
static const char *const api_versions[HOST__MAX] = {
	[HOST_FLOW] = "2016-11-01",
	[HOST_POWERAPPS] = "2016-11-01",
	[HOST_BAP] = "2020-10-01",
	[HOST_POWERPLATFORM] = "2024-10-01",
	[HOST_ENVIRONMENT] = "1",
};

/* What stands before every path of a row. */
static const char *const bases[HOST__MAX] = {
	[HOST_FLOW] = "/providers/Microsoft.ProcessSimple",
	[HOST_POWERAPPS] = "/providers/Microsoft.PowerApps",
	[HOST_BAP] = "/providers/Microsoft.BusinessAppPlatform",
	[HOST_DATAVERSE] = "/api/data/v9.2",
};

static const struct url *make_url(struct call *c, enum host_row row, struct str of,
				  const char *fmt, va_list ap)
{
	struct url *u = arena_alloc(c->arena, sizeof(*u));
	struct buf b;

	buf_init_in(&b, c->arena, LIMIT_URL);
	/* "/providers/..." names another provider of the same host. */
	if (bases[row] && strncmp(fmt, "/providers/", 11) != 0)
		buf_addz(&b, bases[row]);
	add_formatted(&b, fmt, ap);
	/* The newer administration paths carry their version themselves. */
	if (api_versions[row] && !strstr(fmt, "api-version=") &&
	    strncmp(fmt, "/providers/PowerPlatform.Governance/", 36) != 0)
		buf_addf(&b, "%sapi-version=%s", strchr(fmt, '?') ? "&" : "?", api_versions[row]);
	*u = (struct url){ .row = row, .kind = LINK_OWN, .of = str_dup(c->arena, of),
			   .text = buf_str(&b) };
	return u;
}

const struct url *url(struct call *c, enum host_row row, const char *fmt, ...)
{
	const struct url *u;
	va_list ap;

	va_start(ap, fmt);
	u = make_url(c, row, S(""), fmt, ap);
	va_end(ap);
	return u;
}

const struct url *url_of(struct call *c, enum host_row row, struct str of, const char *fmt, ...)
{
	const struct url *u;
	va_list ap;

	va_start(ap, fmt);
	u = make_url(c, row, of, fmt, ap);
	va_end(ap);
	return u;
}

static const struct url *link_url(struct call *c, enum host_row row, enum link_kind kind,
				  struct str link)
{
	struct url *u = arena_alloc(c->arena, sizeof(*u));

	*u = (struct url){ .row = row, .kind = kind, .text = str_dup(c->arena, link) };
	return u;
}

const struct url *url_content(struct call *c, struct str link)
{
	return link_url(c, HOST_CONTENT, LINK_CONTENT, link);
}

const struct url *url_link(struct call *c, enum host_row row, struct str link)
{
	return link_url(c, row, LINK_GIVEN, link);
}

/* ---- fetching ---- */

void fetch_go(struct call *c)
{
	struct stage *s = &c->stages[c->stage_count];

	for (size_t i = 0; i < s->count; i++)
		c->write_sent |= gate_is_write(&s->fetches[i]);
	for (size_t i = 0; i < s->count; i++)
		rest_start(c, s, i);
	if (!s->count)
		call_stage_ended(c);
}

/* Makes the stage of these fetches the one in flight; false after fail(). */
static bool prepare(struct call *c, const struct fetch *f, size_t count, bool *writes)
{
	struct stage *s;

	*writes = false;
	if (c->stage_count >= LIMIT_STAGES) {
		fail(c, ERR_INTERNAL, "%s takes too many steps", c->tool->name);
		return false;
	}
	if (count > LIMIT_FANOUT) {
		fail(c, ERR_TOO_LARGE, "%zu requests at once are too many", count);
		return false;
	}
	s = &c->stages[c->stage_count];
	*s = (struct stage){ .fetches = f, .count = count, .pending = count };
	s->answers = arena_array(c->arena, count ? count : 1, sizeof(*s->answers));
	s->ops = arena_array(c->arena, count ? count : 1, sizeof(struct rest_op *));
	for (size_t i = 0; i < count; i++) {
		s->answers[i].message = s->answers[i].service_code = "";
		s->answers[i].correlation = s->answers[i].location = s->answers[i].run = "";
		*writes |= gate_is_write(&f[i]);
	}
	return true;
}

enum verdict fetch_each(struct call *c, const struct fetch *f, size_t count)
{
	bool writes;

	if (!prepare(c, f, count, &writes))
		return FAIL;
	if (writes)
		return gate_send(c, f, count);
	fetch_go(c);
	return FETCH;
}

/* The time has come: an entry from the loop, so memory is guarded. */
static void go_now(void *arg)
{
	struct call *c = arg;
	volatile bool exhausted = true;
	jmp_buf out;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
	} else {
		fetch_go(c);
		exhausted = false;
	}
	c->arena->out = NULL;
	if (exhausted)
		call_fail(c);
}

enum verdict fetch_later(struct call *c, int64_t ms, const struct fetch *f, size_t count)
{
	bool writes;

	if (!prepare(c, f, count, &writes))
		return FAIL;
	if (writes)
		return fail(c, ERR_INTERNAL, "%s wants to change something later", c->tool->name);
	loop_timer_set(c->work->loop, &c->timer, ms, go_now, c);
	return FETCH;
}

enum verdict fetch_one(struct call *c, struct fetch f)
{
	struct fetch *copy = arena_alloc(c->arena, sizeof(*copy));

	*copy = f;
	return fetch_each(c, copy, 1);
}

enum verdict fetch(struct call *c, enum http_method m, const struct url *u)
{
	return fetch_one(c, (struct fetch){ .method = m, .url = u });
}

enum verdict fetch_body(struct call *c, enum http_method m, const struct url *u, struct json *body)
{
	return fetch_one(c, (struct fetch){ .method = m, .url = u, .body = body });
}

enum verdict fetch_all(struct call *c, const struct url *u, const struct paging *p)
{
	static const struct paging everything;
	struct paging *copy = arena_alloc(c->arena, sizeof(*copy));

	*copy = p ? *p : everything;
	return fetch_one(c, (struct fetch){ .method = HTTP_GET, .url = u, .paging = copy });
}

const struct answer *got(const struct call *c, int stage, size_t i)
{
	static const struct answer none = { .err = ERR_INTERNAL, .message = "", .service_code = "",
					    .correlation = "", .location = "", .run = "" };

	if (stage < 0 || stage >= c->stage_count || i >= c->stages[stage].count)
		return &none;
	return &c->stages[stage].answers[i];
}

const struct answer *last(const struct call *c)
{
	return got(c, c->stage_count - 1, 0);
}

struct json *res(const struct call *c)
{
	return last(c)->json;
}

/* ---- asking ---- */

struct json *ask(struct call *c, const char *key, const char *method, struct json *params)
{
	struct json *answer = json_get(c->answers, key);

	if (answer)
		return answer;
	if (c->question_count < LIMIT_ASK_ROUNDS)
		c->questions[c->question_count++] =
			(struct question){ .key = key, .method = method, .params = params };
	return NULL;
}

/* ---- ending ---- */

enum verdict done(struct call *c, struct json *document)
{
	c->failure = (struct failure){ 0 };
	c->document = document;
	return DONE;
}

enum verdict done_content(struct call *c, struct json *blocks, bool is_error)
{
	c->content = blocks;
	c->content_is_error = is_error;
	return DONE;
}

void note(struct call *c, const char *name, struct json *value)
{
	if (!c->notes)
		c->notes = json_new_object(c->arena);
	json_set(c->arena, c->notes, name, value);
}

void next_tool(struct call *c, const char *tool, struct json *arguments)
{
	/* A suggestion that cannot be followed leads nowhere. */
	if (work_tool_absent(c->work, c->arena, str_from(tool)) &&
	    !work_tool(c->work, str_from(tool)))
		return;
	c->next = json_new_object(c->arena);
	json_set_z(c->arena, c->next, "tool", tool);
	json_set(c->arena, c->next, "arguments",
		 arguments ? arguments : json_new_object(c->arena));
}

static const char *format(struct call *c, const char *fmt, va_list ap)
	__attribute__((__format__(__printf__, 2, 0)));

static const char *format(struct call *c, const char *fmt, va_list ap)
{
	struct buf b;

	buf_init_in(&b, c->arena, LIMIT_RESULT);
	buf_addv(&b, fmt, ap);
	return buf_ok(&b) ? buf_c(&b) : "(message too long)";
}

enum verdict fail(struct call *c, enum err err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->failure = (struct failure){ .set = true, .err = err, .message = format(c, fmt, ap) };
	va_end(ap);
	return FAIL;
}

static const char activate_role[] =
	"This needs an active administrator's role (Power Platform Administrator; Dynamics 365 or Global "
	"Administrator will do). Where roles are activated for a time: entra.microsoft.com, Privileged "
	"Identity Management, My roles, Activate; then try again, the token is renewed by itself. Without "
	"the role, leave out the admin mode: it shows what is yours.";

enum verdict fail_answer(struct call *c, const struct answer *a)
{
	const char *message = a->message[0] ? a->message : "the service gave no reason";
	const struct service_code *row = service_code_find(str_from(a->service_code));

	c->failure = (struct failure){
		.set = true,
		.err = a->err == ERR_OK ? ERR_UPSTREAM : a->err,
		.message = message,
		.status = a->status,
		.service_code = a->service_code,
		.correlation = a->correlation,
		.retry_after_s = a->retry_after_s,
		.hint = a->needs_role ? activate_role : row ? row->hint : NULL,
	};
	if (c->failure.err == ERR_NOT_SIGNED_IN || c->failure.err == ERR_REAUTH_REQUIRED)
		rest_explain_sign_in(c, a->command);
	return FAIL;
}

void hint(struct call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->failure.hint = format(c, fmt, ap);
	va_end(ap);
}

void fail_data(struct call *c, const char *name, struct json *value)
{
	if (!c->failure.data)
		c->failure.data = json_new_object(c->arena);
	json_set(c->arena, c->failure.data, name, value);
}

void fail_command(struct call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->failure.command = format(c, fmt, ap);
	va_end(ap);
}
