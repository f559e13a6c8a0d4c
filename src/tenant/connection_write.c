/*
 * connection_write.c - connections: made, consented to, tested.
 *
 * A connection with OAuth waits for a person's consent: on the page of its consent link, or, in
 * tests, by POST /__practice/connection.  One with a key works at once, unless the key is wrong.
 */
#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"

/* The environment of the body, of $filter, or of the host. */
static struct environment *place(struct request *q, const struct json *body)
{
	struct str name = json_str(json_at(body, "/properties/environment/name"));
	struct environment *e;

	if (q->face == FACE_ENVIRONMENT)
		return need_environment(q, 0);
	e = name.n ? tenant_environment(q->tenant, q->caller.directory, name) :
		     filter_environment(q);
	if (!e)
		answer_error(q, SE_ENVIRONMENT_NOT_FOUND, str_c(&q->mem, name),
			     q->caller.directory->id, NULL);
	return e;
}

static struct json *unauthenticated(struct tenant *t)
{
	return emit_json(&t->mem, "{'code':'Unauthenticated','message':'This connection is not "
				  "authenticated.'}");
}

/* Keys are kept as stars; a key that says so is wrong. */
static void set_parameters(struct tenant *t, struct connection *c, const struct json *given)
{
	bool wrong = false, any = false;

	c->data = emit_json(&t->mem, "{'ageDays':0,'parameters':{}}");
	JSON_EACH(m, given) {
		struct str text = json_str(m);
		bool key = str_contains_nocase(json_name(m), S("key")) ||
			   str_contains_nocase(json_name(m), S("password"));

		any |= text.n != 0;
		wrong |= key && str_eq(text, S("wrong"));
		json_set_n(&t->mem, json_get(c->data, "parameters"), json_name(m),
			   key ? json_new_z(&t->mem, "**********") : json_copy(&t->mem, m));
	}
	c->error = NULL;
	if (!strcmp(c->api->auth, "oauth"))
		c->error = unauthenticated(t);
	else if (!strcmp(c->api->auth, "key") && (!any || wrong))
		c->error = emit_json(&t->mem, "{'code':'Unauthorized','message':'The key is not valid.'}");
}

static struct connection *make(struct request *q, struct environment *e, struct connector *api,
			       struct str name)
{
	struct tenant *t = q->tenant;
	struct connection *c;

	if (t->connection_count == t->connection_room)
		return NULL;
	c = &t->connections[t->connection_count++];
	*c = (struct connection){ .api = api, .env = e, .owner = q->caller.user };
	snprintf(c->name, sizeof(c->name), "%.*s", STR_ARG(name));
	c->key = str_c(&t->mem, name);
	return c;
}

static void connection_put(struct request *q)
{
	const struct json *body = request_json(q), *p = json_get(body, "properties");
	struct connector *api = tenant_connector(q->tenant, q->capture[0]);
	struct str name = q->capture[1];
	struct environment *e = place(q, body);
	struct connection *c;

	if (!e)
		return;
	if (!api || !json_is(p, JSON_OBJECT) || name.n < 8 || name.n > 36) {
		answer_error(q, api ? SE_INVALID_REQUEST : SE_API_NOT_FOUND,
			     api ? "Required property 'properties' not found in JSON." :
				   str_c(&q->mem, q->capture[0]),
			     NULL, NULL);
		return;
	}
	c = tenant_connection(q->tenant, e, name);
	if (c && (c->owner != q->caller.user || c->deleted)) {
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     api->name);
		return;
	}
	if (!c)
		c = make(q, e, api, name);
	if (!c) {
		answer_error(q, SE_INTERNAL, NULL, NULL, NULL);
		return;
	}
	c->title = str_c(&q->tenant->mem, json_get(p, "displayName") ?
						  json_get_str(p, "displayName") :
						  str_from(q->caller.user->upn));
	set_parameters(q->tenant, c, json_get(p, "connectionParameters"));
	answer_json(q, 201, connection_shape(q, c));
}

/* ---- consent ---- */

static struct connection *need_own_connection(struct request *q)
{
	struct environment *e = place(q, request_json(q));
	struct connection *c = e ? tenant_connection(q->tenant, e, q->capture[1]) : NULL;

	if (!e || (c && !c->deleted && c->owner == q->caller.user))
		return c;
	if (c && !c->deleted)
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     c->api->name);
	else
		answer_error(q, SE_CONNECTION_NOT_FOUND, str_c(&q->mem, q->capture[1]),
			     str_c(&q->mem, q->capture[0]), NULL);
	return NULL;
}

/* What a link proves: that this tenant made it for this connection. */
static struct str consent_code(struct request *q, const struct connection *c)
{
	return link_signature(&q->mem, str_from(c->name), S("consent"));
}

static void consent_link(struct request *q)
{
	struct connection *c = need_own_connection(q);
	struct str back = c ? json_get_str(request_json(q), "redirectUrl") : S("");

	if (!c)
		return;
	emit(answer_begin(q, 200),
	     "{'consentLink':'%S/consent?data=%s.%S','principalType':'User','redirectUrl':'%S'}",
	     face_origin(q, FACE_LOGIN), c->name, consent_code(q, c), back);
}

static void consented(struct connection *c)
{
	c->error = NULL;
	c->bad_until = clock_now();
}

static void confirm_code(struct request *q)
{
	struct connection *c = need_own_connection(q);
	struct str code = c ? json_get_str(request_json(q), "code") : S("");

	if (!c)
		return;
	if (!str_eq(code, consent_code(q, c))) {
		answer_error(q, SE_INVALID_REQUEST, "The consent code is not valid.", NULL, NULL);
		return;
	}
	consented(c);
	answer_empty(q, 200);
}

/* The page that a person sees behind the link. */
static struct connection *consent_target(struct request *q)
{
	struct str code = request_query(q, "data"), name;

	str_cut(&code, '.', &name);
	for (unsigned i = 0; i < q->tenant->connection_count; i++) {
		struct connection *c = &q->tenant->connections[i];

		if (!c->deleted && str_eq(code, consent_code(q, c)) &&
		    str_eq(name, str_from(c->name)))
			return c;
	}
	answer_text(q, 400, "text/html", S("<h1>This link is not valid</h1>"));
	return NULL;
}

static void consent_page(struct request *q)
{
	struct connection *c = consent_target(q);

	if (c)
		answer_text(q, 200, "text/html",
			    str_fmt(&q->mem,
				    "<h1>Practice: sign in to %s</h1><p>No real account is "
				    "involved.</p><form method=\"post\"><button name=\"action\" "
				    "value=\"accept\">Accept</button></form>",
				    c->api->title));
}

static void consent_accept(struct request *q)
{
	struct connection *c = consent_target(q);

	if (!c)
		return;
	if (str_eq(request_form(q, "action"), S("accept")))
		consented(c);
	answer_text(q, 200, "text/html", S("<h1>You can close this window</h1>"));
}

/* ---- the connector's own host ---- */

static void test_connection(struct request *q)
{
	struct connection *c = NULL;

	for (unsigned i = 0; i < q->tenant->connection_count; i++)
		if (str_eq_nocase(q->capture[1], str_from(q->tenant->connections[i].name)) &&
		    !q->tenant->connections[i].deleted)
			c = &q->tenant->connections[i];
	if (!c || (c->owner != q->caller.user && !connection_shared(q, c)))
		answer_error(q, SE_CONNECTION_NOT_FOUND, str_c(&q->mem, q->capture[1]),
			     str_c(&q->mem, q->capture[0]), NULL);
	else if (c->error)
		answer_json(q, 401, emit_json(&q->mem, "{'status':401,'message':'%S'}",
					      json_get_str(c->error, "message")));
	else
		answer_json(q, 200, json_new_object(&q->mem));
}

#define APIS "/providers/Microsoft.PowerApps/apis/{A}/connections/{C}"
#define HERE "/connectivity/connectors/{A}/connections/{C}"

static const struct route rows[] = {
	{ FACE_POWERAPPS, "PUT", APIS, connection_put, 0 },
	{ FACE_POWERAPPS, "POST", APIS "/getConsentLink", consent_link, 0 },
	{ FACE_POWERAPPS, "POST", APIS "/confirmConsentCode", confirm_code, 0 },
	{ FACE_ENVIRONMENT, "PUT", HERE, connection_put, 0 },
	{ FACE_ENVIRONMENT, "POST", HERE "/getConsentLink", consent_link, 0 },
	{ FACE_ENVIRONMENT, "POST", HERE "/confirmConsentCode", confirm_code, 0 },
	{ FACE_LOGIN, "GET", "/consent", consent_page, ROUTE_OPEN },
	{ FACE_LOGIN, "POST", "/consent", consent_accept, ROUTE_OPEN },
	{ FACE_CONTENT, "GET", "/apim/{A}/{C}/testconnection", test_connection, ROUTE_ANY_VERSION },
};

const struct route_table connection_write_routes = { rows, sizeof(rows) / sizeof(*rows) };
