/*
 * invoke.c - the addresses of HTTP triggers: who may call them, what a body is, what comes back.
 */
#include "tenant/emit.h"
#include "tenant/produce.h"
#include "tenant/route.h"
#include "tenant/token.h"
#include "tenant/trigger.h"
#include "text/crypt.h"

/* The values of the {names} of the trigger's relative path; NULL: the path does not fit. */
static struct json *path_parameters(struct request *q, const struct json *t, struct str path)
{
	struct json *out = json_new_object(&q->mem);
	struct str pattern = json_str(json_at(t, "/inputs/relativePath")), want, have;

	if (str_starts(pattern, S("/")))
		pattern = str_from_at(pattern, 1);
	while (pattern.n && str_cut(&pattern, '/', &want)) {
		if (!str_cut(&path, '/', &have))
			return NULL;
		if (str_starts(want, S("{")) && str_ends(want, S("}")))
			json_set_n(&q->mem, out, str_n(want.p + 1, want.n - 2),
				   json_new_str(&q->mem, str_unpercent(&q->mem, have, false)));
		else if (!str_eq(want, have))
			return NULL;
	}
	return path.n ? NULL : out;
}

/* Queries that are not the service's own. */
static struct json *own_queries(struct request *q)
{
	static const char *const service[] = { "api-version", "sp", "sv", "sig" };
	struct json *out = json_new_object(&q->mem);
	struct str rest = q->query, one, name;
	bool own;

	while (rest.n && str_cut(&rest, '&', &one)) {
		str_cut(&one, '=', &name);
		own = name.n > 0;
		for (size_t i = 0; i < sizeof(service) / sizeof(*service); i++)
			own &= !str_eq(name, str_from(service[i]));
		if (!own)
			continue;
		one = str_unpercent(&q->mem, one.p ? one : S(""), true);
		json_set_n(&q->mem, out, name, json_new_str(&q->mem, one));
	}
	return out;
}

static struct flow *flow_of_hex(struct request *q, struct str hex)
{
	char have[33];

	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		workflow_hex(f, have);
		if (str_eq_nocase(hex, str_from(have)) && !f->deleted)
			return f;
	}
	return NULL;
}

/* A trigger restricted to people of the tenant takes a bearer token and no signature;
 * one restricted to some of them looks at who it is. */
static bool person_allowed(struct request *q, const struct json *t)
{
	struct str allowed = json_str(json_at(t, "/inputs/triggerAllowedUsers"));
	const struct user *u;

	if (!request_header(q, "Authorization").p) {
		answer_error(q, SE_SAS_REQUIRED, NULL, NULL, NULL);
		return false;
	}
	if (!token_check(q))
		return false;
	u = q->caller.user;
	if (str_eq(json_str(json_at(t, "/inputs/triggerAuthenticationType")), S("Tenant")) ||
	    str_contains_nocase(allowed, str_from(u->upn)) ||
	    str_contains_nocase(allowed, str_from(u->id)))
		return true;
	answer_error(q, SE_CLAIMS, NULL, NULL, NULL);
	return false;
}

static bool invoke_allowed(struct request *q, const struct json *t, struct str hex)
{
	struct str who = json_get_str(json_get(t, "inputs"), "triggerAuthenticationType");
	struct str sig = request_query(q, "sig");
	struct str want = link_signature(&q->mem, hex,
					 str_fmt(&q->mem, "/triggers/%.*s/run",
						 STR_ARG(json_name(t))));
	bool bearer = request_header(q, "Authorization").p != NULL;

	if (sig.p && bearer)
		answer_error(q, SE_SAS_AND_BEARER, NULL, NULL, NULL);
	else if (who.n && !str_eq(who, S("All")))
		return person_allowed(q, t);
	else if (!sig.p)
		answer_error(q, SE_SAS_REQUIRED, NULL, NULL, NULL);
	else if (sig.n != want.n || !crypt_equal(sig.p, want.p, sig.n))
		answer_error(q, SE_SAS_INVALID, NULL, NULL, NULL);
	else
		return true;
	return false;
}

static void invoke_headers(struct request *q, const struct flow *f, const struct run *r,
			   struct str hex)
{
	answer_header(q, "x-ms-workflow-run-id", str_from(r->name));
	answer_header(q, "x-ms-client-tracking-id", str_from(r->name));
	answer_header(q, "x-ms-trigger-history-name", str_from(r->name));
	answer_header(q, "x-ms-workflow-id", hex);
	answer_header(q, "x-ms-workflow-name", str_from(f->id));
	answer_header(q, "x-ms-execution-location", str_from(f->env->region));
	answer_header(q, "x-ms-ratelimit-burst-remaining-workflow-writes", S("11249"));
}

static void answer_run(struct request *q, struct flow *f, struct run *r)
{
	struct played *p = play_whole(&q->mem, f, r);
	struct json *outputs;
	uint64_t status;

	if (p->response < 0) {
		answer_empty(q, 202);
		return;
	}
	outputs = play_content(p, &p->actions[p->response], NULL, CONTENT_OUTPUTS);
	if (!str_to_u64(json_get_str(outputs, "statusCode"), &status))
		status = 200;
	answer_json(q, (unsigned)status,
		    json_get(outputs, "body") ? json_get(outputs, "body") :
						json_new_object(&q->mem));
}

/* The content type decides what a body is: JSON is parsed and held against the schema, text is a
 * string, all else is content.  NULL: it says JSON and is none. */
static struct json *body_of(struct request *q, bool *checked)
{
	struct str type = request_header(q, "Content-Type");
	struct json *out;
	struct buf b;

	*checked = type.p ? str_contains_nocase(type, S("json")) : q->body.n > 0;
	if (*checked || !q->body.n)
		return request_json(q);
	if (str_starts_nocase(type, S("text/")) || str_contains_nocase(type, S("urlencoded")))
		return json_new_str(&q->mem, q->body);
	buf_init_in(&b, &q->mem, TENANT_BODY * 2ull);
	crypt_b64(&b, q->body);
	out = emit_json(&q->mem, "{'$content-type':'%S'}", type);
	json_set_str(&q->mem, out, "$content", buf_str(&b));
	return out;
}

/* The captures are [N,] workflow, trigger and the relative path. */
static void invoke_at(struct request *q, size_t at, struct str path)
{
	struct str hex = q->capture[at], want;
	struct flow *f = flow_of_hex(q, hex);
	const struct json *t = f ? json_get_nocase(json_get(flow_current(f)->definition, "triggers"),
						   q->capture[at + 1]) :
				   NULL;
	struct json *body, *payload, *parameters = path_parameters(q, t, path);
	struct run *r;
	bool checked;

	want = json_str(json_at(t, "/inputs/method"));
	if (!t || !parameters || !str_eq_nocase(q->method, want.n ? want : S("POST"))) {
		answer_error(q, SE_FLOW_NOT_FOUND, str_c(&q->mem, hex), NULL, NULL);
		return;
	}
	if (!invoke_allowed(q, t, hex))
		return;
	if (f->state != FLOW_STARTED) {
		answer_error(q, SE_TRIGGER_DISABLED, f->id, str_c(&q->mem, json_name(t)), NULL);
		return;
	}
	body = body_of(q, &checked);
	if (!body) {
		answer_error(q, SE_INVALID_REQUEST, "The body is not JSON", NULL, NULL);
		return;
	}
	payload = trigger_payload(q, request_header(q, "Content-Type"), body);
	json_set(&q->mem, payload, "queries", own_queries(q));
	json_set(&q->mem, payload, "relativePathParameters", parameters);
	r = trigger_fire(q, f, t, payload, checked);
	if (!r)
		return;
	invoke_headers(q, f, r, hex);
	answer_run(q, f, r);
}

static void invoke(struct request *q)
{
	invoke_at(q, (size_t)q->captures - 2, S(""));
}

static void invoke_path(struct request *q)
{
	struct str path = q->path;
	ptrdiff_t at = str_find(path, S("/paths/invoke/"));

	/* As it was sent: an encoded "/" is part of a value. */
	invoke_at(q, (size_t)q->captures - 3, str_from_at(path, (size_t)at + 14));
}

#define DIRECT "/powerautomate/automations/direct"

#define INVOKE_BELOW(face, method, place)                                                          \
	{ face, method, DIRECT place "/workflows/{W}/triggers/{T}/paths/invoke", invoke,           \
	  ROUTE_OPEN },                                                                            \
	{ face, method, DIRECT place "/workflows/{W}/triggers/{T}/paths/invoke/{P}", invoke_path,  \
	  ROUTE_OPEN | ROUTE_REST }
#define INVOKE(method)                                                                             \
	INVOKE_BELOW(FACE_ENVIRONMENT, method, ""),                                                \
	INVOKE_BELOW(FACE_ENVIRONMENT, method, "/cu/{N}"),                                         \
	INVOKE_BELOW(FACE_CONTENT, method, ""), INVOKE_BELOW(FACE_CONTENT, method, "/cu/{N}")

static const struct route rows[] = {
	INVOKE("POST"), INVOKE("GET"), INVOKE("PUT"), INVOKE("PATCH"), INVOKE("DELETE"),
};

const struct route_table invoke_routes = { rows, sizeof(rows) / sizeof(*rows) };
