/*
 * connections.c - connections, on the maker, the admin and the connectivity surface.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"

enum { CONNECTIONS_A_PAGE = 50, AT_MOST = 500 };

static struct json *statuses(struct arena *a, const struct connection *c)
{
	const struct json *error = c->error;

	if (!error)
		return emit_json(a, "[{'status':'Connected'}]");
	return emit_json(a, "[{'status':'Error','target':'token','error':%j}]", error);
}

static void set_dates(struct arena *a, struct json *p, const struct connection *c)
{
	uint64_t s = prng_hash(str_from(c->key));
	int64_t age = json_int(json_get(c->data, "ageDays"), 300);
	int64_t made = clock_now() - age * TICKS_DAY - (int64_t)prng_below(&s, TICKS_DAY);
	int64_t changed = made + (int64_t)prng_below(&s, (uint64_t)(age * TICKS_DAY));
	char text[CLOCK_TEXT];

	clock_text(made, text);
	json_set_z(a, p, "createdTime", text);
	clock_text(changed, text);
	json_set_z(a, p, "lastModifiedTime", text);
	if (!strcmp(c->api->auth, "oauth")) {
		clock_text(c->error ? clock_now() - 12 * TICKS_DAY :
							clock_now() + 40 * TICKS_MIN,
			   text);
		json_set_z(a, p, "expirationTime", text);
	}
}

static struct str base_path(struct request *q, const struct connection *c)
{
	if (!q->admin)
		return str_fmt(&q->mem, "/providers/Microsoft.PowerApps/apis/%s", c->api->name);
	return str_fmt(&q->mem, "/providers/Microsoft.PowerApps/scopes/admin/environments/%s/apis/%s",
		       c->env->id, c->api->name);
}

struct json *connection_shape(struct request *q, const struct connection *c)
{
	struct arena *a = &q->mem;
	struct str base = base_path(q, c);
	const struct json *parameters = json_get(c->data, "parameters");
	struct json *out, *p = json_new_object(a);

	json_set_str(a, p, "apiId",
		     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%s", c->api->name));
	json_set_z(a, p, "displayName", c->title);
	json_set_str(a, p, "iconUri", icon_of(a, c->api));
	json_set(a, p, "statuses", statuses(a, c));
	json_set_z(a, p, "overallStatus", c->error ? "Error" : "Connected");
	json_set(a, p, "connectionParameters",
		 parameters ? json_copy(a, parameters) : json_new_object(a));
	json_set_int(a, p, "keywordsRemaining", 35);
	json_set_bool(a, p, "isSsoConnection", false);
	json_set(a, p, "createdBy", person(a, c->owner));
	set_dates(a, p, c);
	json_set(a, p, "testLinks",
		 emit_json(a,
			   "[{'requestUri':'%S/apim/%s/%s/testconnection','method':'get'}]",
			   face_origin(q, FACE_CONTENT), c->api->name + 7, c->name));
	json_set(a, p, "environment",
		 emit_json(a, "{'id':'/providers/Microsoft.PowerApps/environments/%s','name':'%s'}",
			   c->env->id, c->env->id));
	if (!strcmp(c->api->auth, "oauth"))
		json_set_z(a, p, "accountName", c->owner->upn);
	json_set_bool(a, p, "allowSharing", strcmp(c->api->auth, "oauth") != 0);
	out = json_new_object(a);
	json_set_z(a, out, "name", c->name);
	json_set_str(a, out, "id", str_fmt(a, "%.*s/connections/%s", STR_ARG(base), c->name));
	json_set_z(a, out, "type", "Microsoft.PowerApps/apis/connections");
	json_set(a, out, "properties", p);
	return out;
}

/* ---- who sees which ---- */

struct row {
	struct request *q;
	const struct connection *c;
};

static struct str field(void *arg, struct str name)
{
	struct row *row = arg;

	if (str_starts_nocase(name, S("properties/")))
		name = str_from_at(name, 11);
	if (str_eq_nocase(name, S("environment")) || str_eq_nocase(name, S("environment/name")))
		return str_from(row->c->env->id);
	if (str_eq_nocase(name, S("apiId")))
		return str_fmt(&row->q->mem, "/providers/Microsoft.PowerApps/apis/%s",
			       row->c->api->name);
	return (struct str){ NULL, 0 };
}

bool connection_shared(const struct request *q, const struct connection *c)
{
	JSON_EACH(v, json_get(c->data, "shared"))
		if (tenant_user(q->tenant, json_str(v)) == q->caller.user)
			return true;
	return false;
}

static bool sees(struct request *q, const struct connection *c)
{
	return may_use(q, c->env) &&
	       (q->admin || c->owner == q->caller.user || connection_shared(q, c));
}

static void list(struct request *q, const struct environment *e, struct str api)
{
	struct paging page = paging_of(q, CONNECTIONS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *value;
	struct str text = request_query(q, "$filter");
	struct filter *filter;
	uint64_t seen = 0;
	bool ok;

	filter = filter_parse(&q->mem, text, &ok);
	if (!ok) {
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
		return;
	}
	value = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < q->tenant->connection_count; i++) {
		const struct connection *c = &q->tenant->connections[i];
		struct filter_row row = { field, NULL, &(struct row){ q, c } };

		if (!sees(q, c) || (e && c->env != e) || c->deleted ||
		    (api.n && !str_eq_nocase(api, str_from(c->api->name))) ||
		    !filter_matches(filter, &row) || seen++ < page.from)
			continue;
		if (seen > page.from + page.size)
			break;
		json_push(value, connection_shape(q, c));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

/* The environment of "environment eq '...'", which single reads carry in $filter. */
struct environment *filter_environment(struct request *q)
{
	struct str text = request_query(q, "$filter"), id;
	ptrdiff_t at = str_find(text, S("environment eq '"));

	if (at < 0)
		return NULL;
	id = str_from_at(text, (size_t)at + 16);
	at = str_find_char(id, '\'');
	return tenant_environment(q->tenant, q->caller.directory,
				  at < 0 ? id : str_first(id, (size_t)at));
}

static void maker_list(struct request *q)
{
	list(q, NULL, S(""));
}

static void admin_list(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		list(q, e, q->captures > 1 ? q->capture[1] : S(""));
}

static void connectivity_list(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		list(q, e, S(""));
}

static struct connection *need_connection(struct request *q, unsigned api, unsigned name)
{
	struct environment *e = q->admin ? need_environment(q, 0) : filter_environment(q);
	struct connection *c;

	if (!e) {
		if (!q->answer.status)
			answer_error(q, SE_ENVIRONMENT_NOT_FOUND, "", q->caller.directory->id,
				     NULL);
		return NULL;
	}
	c = tenant_connection(q->tenant, e, q->capture[name]);
	if (c && !c->deleted && sees(q, c) &&
	    str_eq_nocase(q->capture[api], str_from(c->api->name)))
		return c;
	if (c && !c->deleted && !sees(q, c))
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id,
			     str_c(&q->mem, q->capture[name]), str_c(&q->mem, q->capture[api]));
	else
		answer_error(q, SE_CONNECTION_NOT_FOUND, str_c(&q->mem, q->capture[name]),
			     str_c(&q->mem, q->capture[api]), NULL);
	return NULL;
}

static void connection_get(struct request *q)
{
	struct connection *c = need_connection(q, q->admin ? 1 : 0, q->admin ? 2 : 1);

	if (c)
		answer_json(q, 200, connection_shape(q, c));
}

static void connection_delete(struct request *q)
{
	struct connection *c = need_connection(q, q->admin ? 1 : 0, q->admin ? 2 : 1);

	if (!c)
		return;
	c->deleted = true;
	answer_empty(q, 200);
}

#define APIS "/providers/Microsoft.PowerApps/apis"
#define ADMIN "/providers/Microsoft.PowerApps/environments/{E}"

static const struct route rows[] = {
	{ FACE_POWERAPPS, "GET", "/providers/Microsoft.PowerApps/connections", maker_list, 0 },
	{ FACE_POWERAPPS, "GET", APIS "/{A}/connections/{C}", connection_get, 0 },
	{ FACE_POWERAPPS, "DELETE", APIS "/{A}/connections/{C}", connection_delete, 0 },
	{ FACE_POWERAPPS, "GET", ADMIN "/connections", admin_list, ROUTE_ADMIN_ONLY },
	{ FACE_POWERAPPS, "GET", ADMIN "/apis/{A}/connections", admin_list, ROUTE_ADMIN_ONLY },
	{ FACE_POWERAPPS, "GET", ADMIN "/apis/{A}/connections/{C}", connection_get,
	  ROUTE_ADMIN_ONLY },
	{ FACE_POWERAPPS, "DELETE", ADMIN "/apis/{A}/connections/{C}", connection_delete,
	  ROUTE_ADMIN_ONLY },
	{ FACE_POWERPLATFORM, "GET", "/connectivity/environments/{E}/connections",
	  connectivity_list, 0 },
	{ FACE_ENVIRONMENT, "GET", "/connectivity/connections", connectivity_list, 0 },
};

const struct route_table connection_routes = { rows, sizeof(rows) / sizeof(*rows) };
