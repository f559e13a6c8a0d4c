/*
 * connectors.c - connectors: lists, swagger, operations.
 *
 * The swagger is made out of the operations in the seed.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

enum { APIS_A_PAGE = 5, OPERATIONS_A_PAGE = 20, AT_MOST = 250 };

/* ---- swagger ---- */

/* The older pair of extensions names an outer parameter by `parameter`, the newer by
 * `parameterReference`. */
static struct json *by_reference(struct arena *a, const struct json *how)
{
	struct json *out = json_copy(a, how);

	JSON_EACH(p, json_get(out, "parameters")) {
		struct json *name = json_get(p, "parameter");

		if (name)
			json_rename(a, name, S("parameterReference"));
	}
	return out;
}

static struct json *parameter_schema(struct arena *a, const struct json *p)
{
	struct json *out = json_new_object(a);
	const struct json *values = json_get(p, "values"), *schema = json_get(p, "schema");

	json_set_str(a, out, "type", json_get_str(p, "type"));
	if (json_get(p, "format"))
		json_set_str(a, out, "format", json_get_str(p, "format"));
	if (json_get(p, "enum"))
		json_set(a, out, "enum", json_copy(a, json_get(p, "enum")));
	if (json_get(p, "default"))
		json_set(a, out, "default", json_copy(a, json_get(p, "default")));
	if (json_get(p, "summary"))
		json_set_str(a, out, "x-ms-summary", json_get_str(p, "summary"));
	if (json_get(values, "operationId"))
		json_set(a, out, "x-ms-dynamic-values",
			 emit_json(a,
				   "{'operationId':'%S','parameters':%j,'value-collection':'%S',"
				   "'value-path':'%S','value-title':'%S'}",
				   json_get_str(values, "operationId"),
				   json_get(values, "parameters") ? json_get(values, "parameters") :
								    json_new_object(a),
				   json_get_str(values, "itemsPath"),
				   json_get_str(values, "itemValuePath"),
				   json_get_str(values, "itemTitlePath")));
	if (values)
		json_set(a, out, "x-ms-dynamic-list", by_reference(a, values));
	if (schema) {
		json_set(a, out, "x-ms-dynamic-schema",
			 emit_json(a, "{'operationId':'%S','parameters':%j,'value-path':'%S'}",
				   json_get_str(schema, "operationId"),
				   json_get(schema, "parameters") ? json_get(schema, "parameters") :
								    json_new_object(a),
				   json_get_str(schema, "itemValuePath")));
		json_set(a, out, "x-ms-dynamic-properties", by_reference(a, schema));
	}
	return out;
}

/* Parameters "body/x" and "body/y" are members of one body. */
static void add_body(struct arena *a, struct json *list, const struct json *p)
{
	struct str rest = json_get_str(p, "name"), group;
	struct json *body = NULL, *schema;

	str_cut(&rest, '/', &group);
	JSON_EACH(have, list)
		if (str_eq(json_get_str(have, "in"), S("body")))
			body = have;
	if (!rest.p) {
		body = emit_json(a, "{'name':'%S','in':'body','required':%b,'schema':%j}", group,
				 json_bool(json_get(p, "required"), true),
				 parameter_schema(a, p));
		json_push(list, body);
		return;
	}
	if (!body) {
		body = emit_json(a, "{'name':'%S','in':'body','required':true,'schema':{'type':"
				    "'object','properties':{},'required':[]}}",
				 group);
		json_push(list, body);
	}
	schema = json_get(body, "schema");
	json_set_n(a, json_get(schema, "properties"), rest, parameter_schema(a, p));
	if (json_bool(json_get(p, "required"), true))
		json_push(json_get(schema, "required"), json_new_str(a, rest));
}

static struct json *operation_swagger(struct arena *a, const struct json *op)
{
	struct json *out = emit_json(a,
				     "{'tags':[],'summary':'%S','description':'%S','operationId':'%S',"
				     "'parameters':[{'name':'connectionId','in':'path','required':true,"
				     "'type':'string','x-ms-visibility':'internal'}],'responses':{'200':{"
				     "'description':'OK','schema':{'type':'object'}},'default':{"
				     "'description':'Operation Failed.'}}}",
				     json_get_str(op, "summary"), json_get_str(op, "description"),
				     json_get_str(op, "id"));
	struct json *list = json_get(out, "parameters");

	JSON_EACH(p, json_get(op, "parameters")) {
		struct json *one;

		if (str_eq(json_get_str(p, "in"), S("body"))) {
			add_body(a, list, p);
			continue;
		}
		one = parameter_schema(a, p);
		json_set_str(a, one, "name", json_get_str(p, "name"));
		json_set_str(a, one, "in", json_get_str(p, "in"));
		json_set_bool(a, one, "required", json_bool(json_get(p, "required"), true));
		json_push(list, one);
	}
	if (json_get(op, "visibility"))
		json_set_str(a, out, "x-ms-visibility", json_get_str(op, "visibility"));
	if (json_is_true(json_get(op, "deprecated")))
		json_set_bool(a, out, "deprecated", true);
	if (json_get(op, "trigger"))
		json_set_str(a, out, "x-ms-trigger", json_get_str(op, "trigger"));
	/* The other side calls back. */
	if (str_eq(json_get_str(op, "calls"), S("webhook")))
		json_set(a, out, "x-ms-notification-content",
			 emit_json(a, "{'schema':{'type':'object'}}"));
	if (str_eq(json_get_str(op, "calls"), S("notification")))
		json_set(a, out, "x-ms-notification",
			 emit_json(a, "{'operationId':'Subscribe%S'}", json_get_str(op, "id")));
	return out;
}

static struct json *swagger(struct request *q, struct connector *c)
{
	struct arena *a = &q->mem;
	struct json *out = emit_json(a,
				     "{'swagger':'2.0','info':{'title':'%s','description':'%S',"
				     "'version':'1.0'},'host':'europe-001.azure-apim.net','basePath':"
				     "'/apim/%s','schemes':['https'],'consumes':['application/json'],"
				     "'produces':['application/json'],'paths':{},'definitions':{},"
				     "'parameters':{},'responses':{},'securityDefinitions':{},"
				     "'security':[],'tags':[]}",
				     c->title, json_get_str(c->data, "description"), c->name + 7);
	struct json *paths = json_get(out, "paths");

	JSON_EACH(op, connector_operations(q->tenant, c)) {
		struct str path = str_fmt(a, "/{connectionId}%s", json_get_z(op, "path"));
		struct json *item = json_get_n(paths, path);

		if (!item)
			item = json_set_n(a, paths, path, json_new_object(a));
		json_set_n(a, item, json_get_str(op, "method"), operation_swagger(a, op));
	}
	return out;
}

/* ---- connectors ---- */

static bool custom(const struct connector *c)
{
	return json_is_true(json_get(c->data, "custom"));
}

static struct json *connector_shape(struct request *q, struct connector *c, bool full)
{
	struct arena *a = &q->mem;
	const char *short_name = c->name + 7;
	struct str runtime = str_fmt(a, "%.*s/apim/%s", STR_ARG(face_origin(q, FACE_CONTENT)),
				     short_name);
	struct str maker = json_text(a, person(a, &q->tenant->users[0]));
	struct json *out, *p;

	out = emit_json(a,
			"{'name':'%s','id':'/providers/Microsoft.PowerApps/apis/%s','type':"
			"'Microsoft.PowerApps/apis','properties':{'displayName':'%s','iconUri':'%S',"
			"'iconBrandColor':'%s','contact':{},'license':{},'apiEnvironment':'Shared',"
			"'isCustomApi':%b,'connectionParameters':{}}}",
			c->name, c->name, c->title, icon_of(a, c), c->color, (int)custom(c));
	p = json_get(out, "properties");
	if (!strcmp(c->auth, "oauth"))
		json_set(a, json_get(p, "connectionParameters"), "token",
			 emit_json(a, "{'type':'oauthSetting','oAuthSettings':{'identityProvider':"
				      "'aadcertificate','scopes':[]}}"));
	if (!strcmp(c->auth, "key"))
		json_set(a, json_get(p, "connectionParameters"), "api_key",
			 emit_json(a, "{'type':'securestring','uiDefinition':{'displayName':"
				      "'API key','constraints':{'required':'true'}}}"));
	if (full)
		json_set(a, p, "swagger", swagger(q, c));
	json_set(a, p, "runtimeUrls", emit_json(a, "['%S']", runtime));
	json_set_str(a, p, "primaryRuntimeUrl", runtime);
	json_set(a, p, "metadata",
		 emit_json(a,
			   "{'source':'%s','brandColor':'%s','contact':{},'license':{},'publisherUrl':"
			   "null,'serviceUrl':null,'documentationUrl':null,'xrmConnectorId':null,"
			   "'almMode':'Environment','createdBy':'%S','modifiedBy':'%S',"
			   "'allowSharing':false}",
			   custom(c) ? "powerapps-user-defined" : "marketplace", c->color, maker,
			   maker));
	json_set(a, p, "capabilities", json_new_array(a));
	json_set(a, p, "description", json_copy(a, json_get(c->data, "description")));
	if (custom(c)) {
		json_set(a, p, "createdBy", person(a, &q->tenant->users[0]));
		json_set(a, p, "modifiedBy", person(a, &q->tenant->users[0]));
		json_set_z(a, p, "createdTime", "2025-12-05T18:51:54.3261899Z");
		json_set_z(a, p, "changedTime", "2025-12-05T18:51:54.3261899Z");
	}
	json_set_z(a, p, "tier", c->tier);
	json_set_str(a, p, "publisher", json_get_str(c->data, "publisher"));
	if (custom(c))
		json_set_z(a, p, "almMode", "Environment");
	return out;
}

static bool wanted(struct request *q, const struct connector *c)
{
	return !str_contains_nocase(request_query(q, "$filter"), S("IsCustomApi eq 'True'")) ||
	       custom(c);
}

static void list_connectors(struct request *q, enum link_style style, uint64_t size)
{
	struct paging page = paging_of(q, size, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < q->tenant->connector_count; i++) {
		struct connector *c = &q->tenant->connectors[i];

		if (!wanted(q, c) || seen++ < page.from)
			continue;
		if (seen > page.from + page.size)
			break;
		json_push(list, connector_shape(q, c, false));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, style, page.from + page.size));
	answer_json(q, 200, out);
}

static void apis_list(struct request *q)
{
	list_connectors(q, LINK_ARM, APIS_A_PAGE);
}

static void environment_apis_list(struct request *q)
{
	if (need_environment(q, 0))
		list_connectors(q, LINK_PLAIN, AT_MOST);
}

static struct connector *need_connector(struct request *q, unsigned n)
{
	struct connector *c = tenant_connector(q->tenant, q->capture[n]);

	if (!c)
		answer_error(q, SE_API_NOT_FOUND, str_c(&q->mem, q->capture[n]), NULL, NULL);
	return c;
}

static void api_get(struct request *q)
{
	unsigned n = q->captures > 1 ? 1 : 0;
	struct connector *c = need_connector(q, n);
	bool in_environment = n || q->face == FACE_ENVIRONMENT;

	if (!c)
		return;
	/* On the powerapps host the swagger comes only with the environment in $filter. */
	answer_json(q, 200,
		    connector_shape(q, c,
				    in_environment ||
					    str_contains_nocase(request_query(q, "$filter"),
								S("environment eq")) ||
					    str_contains_nocase(request_query(q, "$expand"),
								S("swagger"))));
}

/* ---- operations ---- */

static struct json *operation_shape(struct request *q, const struct connector *c,
				    const struct json *op, bool full)
{
	struct arena *a = &q->mem;
	struct json *out = emit_json(
		a,
		"{'name':'%S','id':'/providers/Microsoft.ProcessSimple/apis/%s/apiOperations/%S','type':"
		"'Microsoft.ProcessSimple/apis/apiOperations','properties':{'summary':'%S',"
		"'description':'%S','visibility':'%s','isWebhook':%b,'isNotification':%b,"
		"'api':{'name':'%s','id':'/providers/Microsoft.PowerApps/apis/%s','displayName':'%s',"
		"'iconUri':'%S','brandColor':'%s','tier':'%s'},'annotation':{'status':'Production'}}}",
		json_get_str(op, "id"), c->name, json_get_str(op, "id"),
		json_get_str(op, "summary"), json_get_str(op, "description"),
		json_get(op, "visibility") ? json_get_z(op, "visibility") : "important",
		(int)str_eq(json_get_str(op, "calls"), S("webhook")),
		(int)str_eq(json_get_str(op, "calls"), S("notification")), c->name,
		c->name, c->title, icon_of(a, c), c->color, c->tier);
	struct json *p = json_get(out, "properties");

	if (json_get(op, "trigger"))
		json_set_str(a, p, "trigger", json_get_str(op, "trigger"));
	if (json_is_true(json_get(op, "deprecated")))
		json_set_bool(a, p, "isDeprecated", true);
	if (full) {
		struct json *s = operation_swagger(a, op);

		json_set(a, p, "inputsDefinition",
			 json_copy(a, json_get(s, "parameters")));
		json_set(a, p, "responsesDefinition", json_copy(a, json_get(s, "responses")));
	}
	return out;
}

static bool has_tag(const struct json *body, const char *list, const char *tag)
{
	JSON_EACH(v, json_get(body, list))
		if (str_eq(json_str(v), str_from(tag)))
			return true;
	return false;
}

static bool found(const struct json *body, const struct connector *c, const struct json *op)
{
	struct str text = json_get_str(body, "searchText"), word;
	bool trigger = str_eq(json_get_str(op, "kind"), S("Trigger"));

	if (json_get(op, "visibility") ||
	    (json_is_true(json_get(op, "deprecated")) &&
	     has_tag(body, "anyTagsToExclude", "Deprecated")) ||
	    (trigger && has_tag(body, "anyTagsToExclude", "Trigger")) ||
	    (!trigger && has_tag(body, "anyTagsToExclude", "Action")) ||
	    (!trigger && has_tag(body, "allTagsToInclude", "Trigger")) ||
	    (trigger && has_tag(body, "allTagsToInclude", "Action")))
		return false;
	/* Every word must be somewhere in the operation or its connector. */
	while (str_cut(&text, ' ', &word))
		if (word.n && !str_contains_nocase(json_get_str(op, "summary"), word) &&
		    !str_contains_nocase(json_get_str(op, "description"), word) &&
		    !str_contains_nocase(str_from(c->title), word))
			return false;
	return true;
}

static void operations_search(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	const struct json *body = e ? request_json(q) : NULL;
	struct paging page = paging_of(q, OPERATIONS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	if (!e)
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < q->tenant->connector_count; i++) {
		struct connector *c = &q->tenant->connectors[i];

		JSON_EACH(op, connector_operations(q->tenant, c)) {
			if (!found(body, c, op) || seen++ < page.from)
				continue;
			if (seen <= page.from + page.size)
				json_push(list, operation_shape(q, c, op, false));
		}
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

static void operation_get(struct request *q)
{
	unsigned n = q->face == FACE_ENVIRONMENT ? 0 : 1;
	struct connector *c = need_connector(q, n);

	if (!c)
		return;
	JSON_EACH(op, connector_operations(q->tenant, c))
		if (str_eq_nocase(json_get_str(op, "id"), q->capture[n + 1])) {
			answer_json(q, 200, operation_shape(q, c, op, true));
			return;
		}
	answer_error(q, SE_API_NOT_FOUND, str_c(&q->mem, q->capture[n + 1]), NULL, NULL);
}

#define SIMPLE "/providers/Microsoft.ProcessSimple/environments/{E}"
#define APPS "/providers/Microsoft.PowerApps/apis"

static const struct route rows[] = {
	{ FACE_POWERAPPS, "GET", APPS, apis_list, 0 },
	{ FACE_POWERAPPS, "GET", APPS "/{A}", api_get, 0 },
	{ FACE_MANAGEMENT, "GET", APPS, apis_list, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/apis", environment_apis_list, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/apis/{A}", api_get, 0 },
	{ FACE_FLOW, "GET", SIMPLE "/apis/{A}/apiOperations/{O}", operation_get, 0 },
	{ FACE_FLOW, "GET", APPS "/{A}", api_get, 0 },
	{ FACE_FLOW, "POST", SIMPLE "/operations", operations_search, ROUTE_READ },
	{ FACE_ENVIRONMENT, "GET", "/powerautomate/apis/{A}", api_get, 0 },
	{ FACE_ENVIRONMENT, "GET", "/powerautomate/apis/{A}/apiOperations/{O}", operation_get, 0 },
	{ FACE_ENVIRONMENT, "POST", "/powerautomate/operations", operations_search, ROUTE_READ },
	{ FACE_POWERPLATFORM, "GET", "/connectivity/environments/{E}/connectors",
	  environment_apis_list, 0 },
	{ FACE_POWERPLATFORM, "GET", "/connectivity/environments/{E}/connectors/{A}", api_get, 0 },
};

const struct route_table connector_routes = { rows, sizeof(rows) / sizeof(*rows) };
