/*
 * package_import.c - taking a package in: what it asks for, whether it fits, the flow it brings.
 *
 * No recording is public; calls and members are those of the client that ships (pnp/powershell).
 */
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/package.h"
#include "tenant/route.h"
#include "tenant/save.h"
#include "tenant/zip.h"

static struct json *zip_json(struct request *q, const struct blob *b, struct str name, bool tail)
{
	struct str text = zip_get(&q->mem, buf_str(&b->bytes), name, tail, TENANT_BODY);

	return text.p ? json_parse(&q->mem, text, JSON_ANSWER, NULL) : NULL;
}

/* A connection of the caller's for what the package wants; NULL: there is none yet. */
static struct connection *suggestion(struct request *q, struct environment *e, struct str api)
{
	for (unsigned i = 0; i < q->tenant->connection_count; i++) {
		struct connection *c = &q->tenant->connections[i];

		if (c->env == e && !c->deleted && !c->error && c->owner == q->caller.user &&
		    str_eq(api, str_from(c->api->name)))
			return c;
	}
	return NULL;
}

static struct str api_needed(const struct json *all, const struct json *resource)
{
	const struct json *api = json_get_n(all, json_str(json_first(json_get(resource, "dependsOn"))));

	return json_get_str(api, "name");
}

static struct json *failed_package(struct request *q, const char *why)
{
	return emit_json(&q->mem,
			 "{'status':'Failed','resources':{},'errors':[{'code':'InvalidPackage',"
			 "'message':'%s'}]}",
			 why);
}

static void list_parameters(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct str link =
		e ? json_str(json_at(request_json(q), "/packageLink/value")) : (struct str){ NULL, 0 };
	struct blob *b = package_linked(link);
	struct json *manifest = b ? zip_json(q, b, S("manifest.json"), false) : NULL, *out, *all;

	if (!e)
		return;
	all = json_get(manifest, "resources");
	if (!json_is(all, JSON_OBJECT)) {
		package_answer(q, e, failed_package(q, "The package has no manifest."));
		return;
	}
	out = emit_json(&q->mem, "{'packageLink':{'value':'%S'},'status':'Succeeded'}", link);
	if (json_get(manifest, "details"))
		json_set(&q->mem, out, "details", json_copy(&q->mem, json_get(manifest, "details")));
	JSON_EACH(r, all) {
		struct connection *c;

		if (!str_eq(json_get_str(r, "type"), S("Microsoft.PowerApps/apis/connections")))
			continue;
		c = suggestion(q, e, api_needed(all, r));
		if (c)
			json_set_str(&q->mem, r, "suggestedId",
				     str_fmt(&q->mem,
					     "/providers/Microsoft.PowerApps/apis/%s/connections/%s",
					     c->api->name, c->name));
	}
	json_set(&q->mem, out, "resources", json_copy(&q->mem, all));
	package_answer(q, e, out);
}

struct import {
	struct request *q;
	struct environment *env;
	struct blob *blob;
	const struct json *body;
	struct json *resources; /* of the answer */
	struct json *root, *asset, *map;
	bool failed;
};

static void fail(struct import *m, struct json *resource, const char *code, struct str message)
{
	m->failed = true;
	if (!resource)
		return;
	json_set_z(&m->q->mem, resource, "status", "Failed");
	json_set(&m->q->mem, resource, "error",
		 emit_json(&m->q->mem, "{'code':'%s','message':'%S'}", code, message));
}

/* The body says what becomes of each resource. */
static void look(struct import *m)
{
	JSON_EACH(r, m->resources) {
		struct str type = json_get_str(r, "type");

		json_set_z(&m->q->mem, r, "status", "Succeeded");
		if (str_eq(type, S("Microsoft.Flow/flows"))) {
			m->root = r;
			if (!json_get(r, "selectedCreationType"))
				fail(m, r, "MissingCreationType",
				     S("The resource has no selectedCreationType."));
		}
		if (str_eq(type, S("Microsoft.PowerApps/apis/connections")) &&
		    !json_get_str(r, "id").n)
			fail(m, r, "MissingConnection",
			     S("No connection was selected for the resource."));
	}
	if (!m->root || !m->asset)
		m->failed = true;
}

static struct json *import_references(struct import *m)
{
	struct arena *a = &m->q->mem;
	struct json *refs = design_references(
		m->q, json_at(m->asset, "/properties/connectionReferences"));

	JSON_EACH(r, refs) {
		const struct json *chosen =
			json_get_n(m->resources, json_str(json_get_n(m->map, json_name(r))));
		struct str id = json_get_str(chosen, "id");

		json_take(r, "connectionReferenceLogicalName");
		json_take(r, "connectionName");
		while (str_find_char(id, '/') >= 0)
			id = str_from_at(id, (size_t)str_find_char(id, '/') + 1);
		if (id.n)
			json_set_str(a, r, "connectionName", id);
	}
	return refs;
}

static bool begin(struct import *m, struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (!e)
		return false;
	*m = (struct import){ .q = q, .env = e, .body = request_json(q) };
	m->blob = package_linked(json_str(json_at(m->body, "/packageLink/value")));
	if (m->blob) {
		m->asset = zip_json(q, m->blob, S("/definition.json"), true);
		m->map = zip_json(q, m->blob, S("/connectionsMap.json"), true);
	}
	m->resources = json_is(json_get(m->body, "resources"), JSON_OBJECT) ?
			       json_copy(&q->mem, json_get(m->body, "resources")) :
			       json_new_object(&q->mem);
	look(m);
	return true;
}

static struct json *outcome(struct import *m)
{
	struct json *out = emit_json(&m->q->mem, "{'status':'%s'}", m->failed ? "Failed" : "Succeeded");

	json_set(&m->q->mem, out, "resources", m->resources);
	if (m->failed && !m->asset)
		json_set(&m->q->mem, out, "errors",
			 emit_json(&m->q->mem, "[{'code':'InvalidPackage','message':'The package has "
					       "no flow.'}]"));
	return out;
}

/* New: another id, switched off.  Update: the flow that the resource names. */
static void put_flow(struct import *m)
{
	struct request *q = m->q;
	const struct json *definition = design_definition(
		&q->mem, json_at(m->asset, "/properties/definition"));
	bool update = str_eq(json_get_str(m->root, "selectedCreationType"), S("Update"));
	struct json *refs = import_references(m);
	struct save_error error;
	const char *why = NULL;
	struct flow *f = NULL;

	if (update)
		f = package_flow(q, m->env, json_get_str(m->root, "id"), &why);
	if (update && !f) {
		fail(m, m->root, "FlowNotFound", str_from(why));
		return;
	}
	if (!save_check(q, m->env, f, definition, refs, &error)) {
		fail(m, m->root, error.code, error.message);
		return;
	}
	if (!f && tenant_make_room(q->tenant))
		f = flow_new(q->tenant, m->env, q->caller.user,
			     json_str(json_at(m->root, "/details/displayName")));
	if (!f) {
		fail(m, m->root, "UnexpectedError", S("There is no room."));
		return;
	}
	flow_save(f, q->caller.user, definition, refs);
	f->state = FLOW_STOPPED;
	f->quirks.licence_lag = knobs.import_licence_lag;
	json_set_str(&q->mem, m->root, "id",
		     str_fmt(&q->mem, "/providers/Microsoft.Flow/flows/%s", f->id));
	json_set_z(&q->mem, m->root, "name", f->id);
}

static void validate_import(struct request *q)
{
	struct import m;

	if (begin(&m, q))
		answer_json(q, 200, outcome(&m));
}

static void import_package(struct request *q)
{
	struct import m;

	if (!begin(&m, q))
		return;
	if (!m.failed)
		put_flow(&m);
	package_answer(q, m.env, outcome(&m));
}

#define BAP "/providers/Microsoft.BusinessAppPlatform/environments/{E}"

static const struct route rows[] = {
	{ FACE_BAP, "POST", BAP "/listImportParameters", list_parameters, ROUTE_READ },
	{ FACE_BAP, "POST", BAP "/validateImportPackage", validate_import, ROUTE_READ },
	{ FACE_BAP, "POST", BAP "/importPackage", import_package, 0 },
};

const struct route_table import_routes = { rows, sizeof(rows) / sizeof(*rows) };
