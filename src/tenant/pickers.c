/*
 * pickers.c - the values and columns that a designer offers: listEnum and listDynamicProperties.
 *
 * A picker calls an operation of the connector; its parameters must be given in the mapping of the
 * call, literally or by reference to the outer ones.
 */
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

enum { USERS_AT_MOST = 100 };

/* A value for a parameter of the picker's operation: literal, or taken from the outer ones.
 * An outer parameter that the mapping does not name is not seen; p NULL: there is none. */
static struct str picker_value(const struct json *body, const char *name)
{
	const struct json *wanted =
		json_get(json_at(body, "/dynamicInvocationDefinition/parameters"), name);
	struct str reference = json_get_str(wanted, "parameterReference");

	if (json_get(wanted, "value"))
		return json_get_str(wanted, "value");
	if (json_is(wanted, JSON_STRING))
		return json_str(wanted);
	if (!reference.n)
		return (struct str){ NULL, 0 };
	return json_str(json_get_n(json_get(body, "parameters"), reference));
}

/* People are those of the tenant. */
static struct json *search_users(struct request *q, const struct environment *e,
				 const struct json *body)
{
	struct json *out = json_new_array(&q->mem);
	struct str term = picker_value(body, "searchTerm");
	unsigned count = 0;

	for (unsigned i = 0; i < q->tenant->user_count && count < USERS_AT_MOST; i++) {
		const struct user *u = &q->tenant->users[i];

		if (strcmp(u->kind, "User") != 0 || (u->home != e->tenant && u->guest != e->tenant) ||
		    (term.n && !str_contains_nocase(str_from(u->name), term) &&
		     !str_contains_nocase(str_from(u->upn), term)))
			continue;
		json_push(out, emit_json(&q->mem,
					 "{'Id':'%s','DisplayName':'%s','Mail':'%s',"
					 "'UserPrincipalName':'%s','AccountEnabled':%b}",
					 u->id, u->name, u->upn, u->upn, (int)!u->disabled));
		count++;
	}
	return out;
}

static const struct json *picked(struct request *q, const struct environment *e,
				 const struct json *body)
{
	const struct json *all = tenant_pattern(q->tenant, "dynamic.json");
	struct str operation = json_str(json_at(body, "/dynamicInvocationDefinition/operationId"));
	const struct json *of = json_get_n(json_get_n(all, q->capture[0]), operation);
	const struct json *by = json_get(of, "by");
	struct str value;

	if (str_eq(q->capture[0], S("shared_office365users")) && str_eq(operation, S("SearchUserV2")))
		return search_users(q, e, body);
	if (!by)
		return of;
	value = picker_value(body, json_z(by));
	return value.p ? json_get_n(of, value) : NULL;
}

static bool picker_allowed(struct request *q, const struct environment *e)
{
	struct connection *c = tenant_connection(q->tenant, e, q->capture[1]);

	if (c && !c->deleted && !c->error &&
	    (c->owner == q->caller.user || connection_shared(q, c)))
		return true;
	if (c && !c->deleted)
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     c->api->name);
	else
		answer_error(q, SE_CONNECTION_NOT_FOUND, str_c(&q->mem, q->capture[1]),
			     str_c(&q->mem, q->capture[0]), NULL);
	return false;
}

static void incorrect(struct request *q)
{
	emit(answer_begin(q, 400),
	     "{'error':{'code':'IncorrectDynamicInvokeParameter','message':'The dynamic invocation "
	     "request has an incorrect or missing parameter.'}}");
}

/* Clients report that the directory's built-in user picker always ends like this. */
static bool built_in(struct request *q, const struct json *how)
{
	if (!json_get(how, "builtInOperation"))
		return false;
	emit(answer_begin(q, 400),
	     "{'error':{'code':'DynamicListValuesUndefinedOrInvalid','message':'The dynamic list "
	     "values of the operation \\u0027%S\\u0027 are undefined or invalid.'}}",
	     json_get_str(how, "builtInOperation"));
	return true;
}

static void list_enum(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	const struct json *body = e ? request_json(q) : NULL, *rows;
	const struct json *how = json_get(body, "dynamicInvocationDefinition");
	struct json *out = json_new_object(&q->mem), *list;

	if (!e || !picker_allowed(q, e) || built_in(q, how))
		return;
	rows = picked(q, e, body);
	if (!json_is(rows, JSON_ARRAY)) {
		incorrect(q);
		return;
	}
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	JSON_EACH(r, rows)
		json_push(list, emit_json(&q->mem, "{'value':%j,'displayName':%j}",
					  json_get_n(r, json_get_str(how, "itemValuePath")),
					  json_get_n(r, json_get_str(how, "itemTitlePath"))));
	answer_json(q, 200, out);
}

static void list_properties(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	const struct json *body = e ? request_json(q) : NULL, *schema;
	struct str path, step;

	if (!e || !picker_allowed(q, e))
		return;
	schema = picked(q, e, body);
	path = json_str(json_at(body, "/dynamicInvocationDefinition/itemValuePath"));
	while (schema && str_cut(&path, '/', &step))
		schema = json_get_n(schema, step);
	if (schema)
		answer_json(q, 200, schema);
	else
		incorrect(q);
}

#define CONNECTION "/powerautomate/apis/{A}/connections/{C}"

static const struct route rows[] = {
	{ FACE_ENVIRONMENT, "POST", CONNECTION "/listEnum", list_enum, ROUTE_READ },
	{ FACE_ENVIRONMENT, "POST", CONNECTION "/listDynamicProperties", list_properties,
	  ROUTE_READ },
};

const struct route_table picker_routes = { rows, sizeof(rows) / sizeof(*rows) };
