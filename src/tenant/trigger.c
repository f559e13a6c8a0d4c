/*
 * trigger.c - triggers: their state, their histories, their callback URLs, and running them.
 */
#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"
#include "tenant/trigger.h"
#include "wdl/run.h"

enum { HISTORIES_A_PAGE = 50, AT_MOST = 250, SKIPS = 400 };

static struct flow *need_trigger_flow(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	return e ? need_flow(q, e, flow_capture(q)) : NULL;
}

static const struct json *need_trigger(struct request *q, struct flow *f)
{
	struct str name = q->capture[flow_capture(q) + 1];
	const struct json *t =
		json_get_nocase(json_get(flow_current(f)->definition, "triggers"), name);

	if (!t)
		answer_error(q, SE_TRIGGER_NOT_FOUND, f->id, str_c(&q->mem, name), NULL);
	return t;
}

static bool is_type(const struct json *t, const char *type)
{
	return str_eq_nocase(json_get_str(t, "type"), str_from(type));
}

static bool is_kind(const struct json *t, const char *kind)
{
	return str_eq_nocase(json_get_str(t, "kind"), str_from(kind));
}

/* ---- listing ---- */

static struct json *trigger_shape(struct request *q, struct flow *f, const struct json *t)
{
	struct arena *a = &q->mem;
	struct json *out = emit_json(a,
				     "{'name':'%S','id':'%S/triggers/%S','type':"
				     "'Microsoft.ProcessSimple/environments/flows/triggers',"
				     "'properties':{'provisioningState':'Succeeded','createdTime':'%t',"
				     "'changedTime':'%t','state':'%s'}}",
				     json_name(t), flow_path(q, f), json_name(t), f->created,
				     f->modified, f->state == FLOW_STARTED ? "Enabled" : "Disabled");
	const struct json *recurrence = json_get(t, "recurrence");
	struct json *p = json_get(out, "properties");

	flow_make_runs(f);
	if (f->run_count)
		json_set(a, p, "lastExecutionTime",
			 emit_json(a, "'%t'", f->runs[0].start));
	if (recurrence && f->state == FLOW_STARTED) {
		int64_t every = json_int(json_get(f->data, "every"), 3600) * TICKS_S;

		json_set(a, p, "nextExecutionTime",
			 emit_json(a, "'%t'", (clock_now() / every + 1) * every));
	}
	if (recurrence)
		json_set(a, p, "recurrence", json_copy(a, recurrence));
	return out;
}

static void triggers_list(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	struct json *out = json_new_object(&q->mem), *list;

	if (!f)
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	JSON_EACH(t, json_get(flow_current(f)->definition, "triggers"))
		json_push(list, trigger_shape(q, f, t));
	answer_json(q, 200, out);
}

static void trigger_get(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	const struct json *t = f ? need_trigger(q, f) : NULL;

	if (t)
		answer_json(q, 200, trigger_shape(q, f, t));
}

/* ---- histories ---- */

/*
 * A history is a run that was started, or a check that started none: skipped because there was
 * nothing new or a condition said no, or failed because the check itself did.
 * The seed says what the checks found: "checks": {"status", "code", "error", "every"}.
 */
struct history {
	int64_t time;
	struct run *run; /* NULL: nothing was started */
	const struct json *check;
};

static struct history *collect(struct request *q, struct flow *f, unsigned *count)
{
	const struct json *check = json_get(f->data, "checks");
	int64_t every = json_int(json_get(check, "every"), 0) * TICKS_S, now = clock_now();
	unsigned room = f->run_count + SKIPS, n = 0, i = 0;
	struct history *all = arena_array(&q->mem, room, sizeof(*all));
	int64_t at = every ? now / every * every : 0;

	if (f->state != FLOW_STARTED)
		every = 0;
	/* Newest first, both sequences merged. */
	while (n < room) {
		bool more_runs = i < f->run_count;
		bool more_checks = every && at > now - 28 * TICKS_DAY && n - i < SKIPS;

		if (!more_runs && !more_checks)
			break;
		if (more_runs && (!more_checks || f->runs[i].start >= at)) {
			all[n++] = (struct history){ f->runs[i].start, &f->runs[i], NULL };
			i++;
		} else {
			all[n++] = (struct history){ at, NULL, check };
			at -= every;
		}
	}
	*count = n;
	return all;
}

static struct json *history_shape(struct request *q, struct flow *f, const struct json *t,
				  const struct history *h)
{
	struct arena *a = &q->mem;
	const struct json *error = json_get(h->check, "error");
	struct str status = h->run ? S("Succeeded") : json_get_str(h->check, "status");
	struct str path = flow_path(q, f);
	char name[64];
	struct json *out, *p;

	if (h->run)
		snprintf(name, sizeof(name), "%s", h->run->name);
	else
		snprintf(name, sizeof(name), "%020lld%09uCU%02u",
			 (long long)(INT64_MAX - h->time - TICKS_UNIX),
			 (unsigned)(f->seed % 1000000000), (unsigned)(f->seed % 64));
	out = emit_json(a,
			"{'properties':{'startTime':'%t','endTime':'%t','scheduledTime':'%t',"
			"'status':'%S','code':'%s','correlation':{'clientTrackingId':'%s'},'fired':%b},"
			"'id':'%S/triggers/%S/histories/%s','name':'%s',"
			"'type':'Microsoft.ProcessSimple/environments/flows/triggers/histories'}",
			h->time, h->time + 260 * TICKS_MS, h->time - 400 * TICKS_MS, status,
			h->run ? "OK" : json_get_z(h->check, "code"), name, (int)(h->run != NULL),
			path, json_name(t), name, name);
	p = json_get(out, "properties");
	if (error)
		json_set(a, p, "error", json_copy(a, error));
	if (h->run)
		json_set(a, p, "run",
			 emit_json(a,
				   "{'name':'%s','id':'%S/runs/%s','type':"
				   "'Microsoft.ProcessSimple/environments/flows/runs'}",
				   h->run->name, path, h->run->name));
	return out;
}

static struct str history_field(void *arg, struct str field)
{
	const struct history *h = arg;
	static char text[CLOCK_TEXT];

	if (str_starts_nocase(field, S("properties/")))
		field = str_from_at(field, 11);
	if (str_eq_nocase(field, S("status")))
		return h->run ? S("Succeeded") : json_get_str(h->check, "status");
	if (str_eq_nocase(field, S("startTime"))) {
		clock_text(h->time, text);
		return str_from(text);
	}
	if (str_eq_nocase(field, S("fired")))
		return h->run ? S("true") : S("false");
	return (struct str){ NULL, 0 };
}

static void histories_list(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	const struct json *t = f ? need_trigger(q, f) : NULL;
	struct paging page = paging_of(q, HISTORIES_A_PAGE, AT_MOST);
	struct str text = request_query(q, "$filter");
	struct json *out = json_new_object(&q->mem), *list;
	struct filter *filter;
	struct history *all;
	unsigned count;
	uint64_t seen = 0;
	bool ok;

	if (!t)
		return;
	filter = filter_parse(&q->mem, text, &ok);
	if (!ok) {
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
		return;
	}
	flow_make_runs(f);
	all = collect(q, f, &count);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < count && seen <= page.from + page.size; i++) {
		struct filter_row row = { history_field, NULL, &all[i] };

		if (!filter_matches(filter, &row) || seen++ < page.from)
			continue;
		if (seen <= page.from + page.size)
			json_push(list, history_shape(q, f, t, &all[i]));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

static void resubmit(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	const struct json *t = f ? need_trigger(q, f) : NULL;
	struct str name = q->capture[flow_capture(q) + 2];
	struct run *r;

	if (!t)
		return;
	r = flow_run(f, name);
	if (!r) {
		answer_error(q, SE_HISTORY_NOT_FOUND, f->id, str_c(&q->mem, json_name(t)),
			     str_c(&q->mem, name));
		return;
	}
	if (f->state != FLOW_STARTED) {
		answer_error(q, SE_TRIGGER_DISABLED, f->id, str_c(&q->mem, json_name(t)), NULL);
		return;
	}
	/* With what the trigger gave then. */
	flow_start_run(q->tenant, f, play_trigger(play_brief(&q->mem, f, r), CONTENT_OUTPUTS), r);
	answer_empty(q, 202);
}

/* ---- starting ---- */

struct json *trigger_payload(struct request *q, struct str type, struct json *body)
{
	struct json *out = emit_json(&q->mem, "{'headers':{'Host':'%S','Content-Type':'%S'}}", q->host,
				     type.p ? type : S("application/json"));

	json_set(&q->mem, out, "body", json_copy(&q->mem, body));
	return out;
}

struct run *trigger_fire(struct request *q, struct flow *f, const struct json *t,
			 const struct json *payload, bool checked)
{
	struct wdl_run_options o = { .start = clock_now() + TICKS_UNIX };
	struct json *definition = json_copy(&q->mem, flow_current(f)->definition);
	struct wdl_trigger fired;
	struct run *r = NULL;

	if (!checked)
		json_take(json_at(definition, str_c(&q->mem, str_fmt(&q->mem, "/triggers/%.*s/inputs",
								     STR_ARG(json_name(t))))),
			  "schema");
	fired = wdl_trigger_fire(&q->mem, definition, payload, NULL, &o);
	if (fired.refused) {
		struct str text = json_get_str(fired.error, "message");
		ptrdiff_t at = str_find(text, S("Error details: '"));

		if (at >= 0)
			text = str_n(text.p + at + 16, text.n - (size_t)at - 18);
		answer_error(q, SE_TRIGGER_SCHEMA, str_c(&q->mem, json_name(t)),
			     str_c(&q->mem, text), NULL);
		return NULL;
	}
	for (size_t i = fired.count; i-- > 0;)
		r = flow_start_run(q->tenant, f, fired.outputs[i], NULL);
	if (!r)
		answer_empty(q, 202);
	return r;
}

static void trigger_run(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	const struct json *t = f ? need_trigger(q, f) : NULL;
	struct json *body, *payload = NULL;

	if (!t)
		return;
	if (f->state != FLOW_STARTED) {
		answer_error(q, SE_TRIGGER_DISABLED, f->id, str_c(&q->mem, json_name(t)), NULL);
		return;
	}
	body = request_json(q);
	if (!body) {
		answer_error(q, SE_INVALID_REQUEST, "The body is not JSON", NULL, NULL);
		return;
	}
	/* Inputs reach a button flow; an HTTP trigger started this way gets none, and what another
	 * trigger finds is not ours to say. */
	if (is_type(t, "Request") && !is_kind(t, "Http")) {
		payload = trigger_payload(q, S("application/json"), body);
		if (!trigger_fire(q, f, t, payload, true))
			return;
	} else {
		flow_start_run(q->tenant, f, NULL, NULL);
	}
	answer_empty(q, 202);
}

/* ---- callback URLs ---- */

/* The portal's own kinds (Button, PowerApp, Skills) have none; a trigger without a kind is older
 * than kinds are. */
static bool has_address(const struct json *t)
{
	return !json_get(t, "kind") || is_kind(t, "Http") || is_kind(t, "TeamsWebhook");
}

static void callback_url(struct request *q)
{
	struct flow *f = need_trigger_flow(q);
	const struct json *t = f ? need_trigger(q, f) : NULL;
	struct str rights, sig, base, encoded, path, method;
	struct buf b;
	char hex[33];

	if (!t)
		return;
	if (!is_type(t, "Request") || !has_address(t)) {
		answer_error(q, SE_CALLBACK_BLOCKED, NULL, NULL, NULL);
		return;
	}
	workflow_hex(f, hex);
	rights = str_fmt(&q->mem, "/triggers/%.*s/run", STR_ARG(json_name(t)));
	sig = link_signature(&q->mem, str_from(hex), rights);
	path = json_str(json_at(t, "/inputs/relativePath"));
	method = json_str(json_at(t, "/inputs/method"));
	base = str_fmt(&q->mem,
		       "%.*s/powerautomate/automations/direct/cu/04/workflows/%s/triggers/%.*s/paths/"
		       "invoke%s%.*s",
		       STR_ARG(environment_origin(q, f->env)), hex, STR_ARG(json_name(t)),
		       path.n && path.p[0] != '/' ? "/" : "", STR_ARG(path));
	buf_init_in(&b, &q->mem, 4096);
	buf_add_percent(&b, rights);
	encoded = buf_str(&b);
	emit(answer_begin(q, 200),
	     "{'response':{'value':'%S?api-version=1&sp=%S&sv=1.0&sig=%S','method':'%S',"
	     "'basePath':'%S','queries':{'api-version':'1','sp':'%S','sv':'1.0','sig':'%S'}},"
	     "'httpStatusCode':'OK'}",
	     base, encoded, sig, method.n ? method : S("POST"), base, rights, sig);
}

static const struct route rows[] = {
	FLOW_ROUTE("GET", "/triggers", triggers_list, 0),
	FLOW_ROUTE("GET", "/triggers/{T}", trigger_get, 0),
	FLOW_ROUTE("GET", "/triggers/{T}/histories", histories_list, 0),
	FLOW_ROUTE("POST", "/triggers/{T}/histories/{R}/resubmit", resubmit, 0),
	FLOW_ROUTE("POST", "/triggers/{T}/run", trigger_run, 0),
	FLOW_ROUTE("POST", "/triggers/{T}/listCallbackUrl", callback_url, ROUTE_READ),
};

const struct route_table trigger_routes = { rows, sizeof(rows) / sizeof(*rows) };
