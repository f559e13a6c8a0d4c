/*
 * package.c - flows as packages: listing what belongs to one, exporting a zip.
 *
 * The shapes of listPackageResources, exportPackage and packagingOperations are recorded; the
 * files of the zip are those of exports that people published.  Flows of solutions travel in
 * solutions and are refused here.
 */
#include "tenant/package.h"

#include <stdio.h>

#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/zip.h"

enum { KEPT = 16, HOURS = 8 };

static struct blob blobs[KEPT];

static struct operation {
	char id[37], env[48];
	struct arena mem;
	struct json *properties; /* status, resources, details, ... when it is done */
	int64_t polls;           /* until then it is running */
} operations[KEPT];

static unsigned next_blob, next_operation;

void package_forget(void)
{
	for (unsigned i = 0; i < KEPT; i++) {
		buf_free(&blobs[i].bytes);
		blobs[i] = (struct blob){ .writable = false };
		arena_release(&operations[i].mem);
		operations[i] = (struct operation){ .polls = 0 };
	}
}

static void new_id(struct request *q, const char *what, char out[37])
{
	prng_guid(prng_mix(prng_hash(str_from(what)), ++q->tenant->counter), out);
}

/* ---- what lies behind links ---- */

static struct blob *new_blob(struct request *q, bool writable)
{
	struct blob *b = &blobs[next_blob++ % KEPT];

	buf_free(&b->bytes);
	buf_init(&b->bytes, TENANT_BODY);
	b->writable = writable;
	new_id(q, "blob", b->id);
	return b;
}

/* One signature for reading and writing, over the container and its expiry. */
static struct str blob_link(struct request *q, const struct blob *b, const char *rights,
			    const char *file)
{
	struct str path = str_fmt(&q->mem, "/packages/%s", b->id);
	char se[CLOCK_TEXT];
	struct str sig;

	clock_text_s(clock_now() + HOURS * 3600 * TICKS_S, se);
	sig = link_signature(&q->mem, path, str_fmt(&q->mem, "%s %s", rights, se));
	return str_fmt(&q->mem, "%.*s%.*s%s?sv=2017-04-17&sr=c&sig=%.*s&se=%s&sp=%s",
		       STR_ARG(face_origin(q, FACE_CONTENT)), STR_ARG(path), file, STR_ARG(sig), se,
		       rights);
}

static struct blob *find_blob(struct str id)
{
	for (unsigned i = 0; i < KEPT; i++)
		if (*blobs[i].id && str_eq(id, str_from(blobs[i].id)))
			return &blobs[i];
	return NULL;
}

struct blob *package_linked(struct str link)
{
	ptrdiff_t at = str_find(link, S("/packages/"));

	return at < 0 ? NULL : find_blob(str_first(str_from_at(link, (size_t)at + 10), 36));
}

static struct blob *need_blob(struct request *q)
{
	struct blob *b = find_blob(q->capture[0]);
	struct str path = str_fmt(&q->mem, "/packages/%s", str_c(&q->mem, q->capture[0]));
	struct str se = request_query(q, "se"), sp = request_query(q, "sp");
	struct str sig = request_query(q, "sig"), want;
	char now[CLOCK_TEXT];

	want = link_signature(&q->mem, path, str_fmt(&q->mem, "%.*s %.*s", STR_ARG(sp), STR_ARG(se)));
	clock_text_s(clock_now(), now);
	if (request_header(q, "Authorization").p)
		answer_error(q, SE_SAS_AND_BEARER, NULL, NULL, NULL);
	else if (!sig.p || !str_eq(sig, want))
		answer_error(q, SE_SAS_INVALID, NULL, NULL, NULL);
	else if (str_cmp(se, str_from(now)) < 0)
		answer_error(q, SE_SAS_EXPIRED, str_c(&q->mem, se), now, NULL);
	else if (!b)
		answer_error(q, SE_ROUTE_NOT_FOUND, "the blob", NULL, NULL);
	else
		return b;
	return NULL;
}

static void blob_get(struct request *q)
{
	struct blob *b = need_blob(q);

	if (b)
		answer_text(q, 200, "application/zip", buf_str(&b->bytes));
}

static void blob_put(struct request *q)
{
	struct blob *b = need_blob(q);

	if (!b)
		return;
	if (!b->writable || !str_eq(request_header(q, "x-ms-blob-type"), S("BlockBlob"))) {
		answer_error(q, SE_SAS_INVALID, NULL, NULL, NULL);
		return;
	}
	buf_clear(&b->bytes);
	buf_adds(&b->bytes, q->body);
	answer_empty(q, 201);
}

static void resource_storage(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		emit(answer_begin(q, 200), "{'sharedAccessSignature':'%S'}",
		     blob_link(q, new_blob(q, true), "rwl", ""));
}

/* ---- operations ---- */

void package_answer(struct request *q, struct environment *e, const struct json *properties)
{
	struct operation *o = &operations[next_operation++ % KEPT];
	struct json *running;

	if (!knobs.package_polls) {
		answer_json(q, 200, properties);
		return;
	}
	arena_release(&o->mem);
	arena_init(&o->mem, TENANT_VERSION);
	new_id(q, "operation", o->id);
	snprintf(o->env, sizeof(o->env), "%s", e->id);
	o->properties = json_copy(&o->mem, properties);
	o->polls = knobs.package_polls;
	running = json_copy(&q->mem, properties);
	json_set_z(&q->mem, running, "status", "Running");
	json_take(running, "packageLink");
	json_take(running, "errors");
	answer_json(q, 202, running);
	answer_header(q, "Location",
		      str_fmt(&q->mem,
			      "%.*s/providers/Microsoft.BusinessAppPlatform/environments/%s/"
			      "packagingOperations/%s?api-version=2016-11-01",
			      STR_ARG(face_origin(q, FACE_BAP)), e->id, o->id));
	answer_header(q, "Retry-After", S("1"));
}

static void operation_get(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct operation *o = NULL;
	struct json *out, *p;

	for (unsigned i = 0; e && i < KEPT; i++)
		if (operations[i].properties && !strcmp(operations[i].env, e->id) &&
		    str_eq_nocase(q->capture[1], str_from(operations[i].id)))
			o = &operations[i];
	if (!e)
		return;
	if (!o) {
		answer_error(q, SE_ROUTE_NOT_FOUND, "the operation", NULL, NULL);
		return;
	}
	out = emit_json(&q->mem,
			"{'id':'/providers/Microsoft.BusinessAppPlatform/environments/%s/"
			"packagingOperations/%s','type':"
			"'Microsoft.BusinessAppPlatform/environments/packagingOperations',"
			"'environmentName':'%s','name':'%s'}",
			e->id, o->id, e->id, o->id);
	p = json_set(&q->mem, out, "properties", json_copy(&q->mem, o->properties));
	if (quirk_take(&o->polls)) {
		json_set_z(&q->mem, p, "status", "Running");
		json_take(p, "packageLink");
		json_take(p, "errors");
	}
	answer_json(q, 200, out);
}

/* ---- what belongs to a flow ---- */

static struct str resource_key(struct request *q, struct str id)
{
	char guid[37];

	prng_guid(prng_hash(id), guid);
	return str_dup(&q->mem, str_from(guid));
}

static struct str api_of(const struct json *reference)
{
	struct str id = json_get_str(reference, "id");

	while (str_find_char(id, '/') >= 0)
		id = str_from_at(id, (size_t)str_find_char(id, '/') + 1);
	return id;
}

static struct json *resource(struct request *q, struct json *all, struct str id, const char *type,
			     struct str title, const char *rest)
{
	struct str key = resource_key(q, id), name = id;

	while (str_find_char(name, '/') >= 0)
		name = str_from_at(name, (size_t)str_find_char(name, '/') + 1);
	return json_set_n(&q->mem, all, key,
			  emit_json(&q->mem,
				    "{'id':'%S','name':'%S','type':'%s','details':{'displayName':'%S'},"
				    "%r,'dependsOn':[]}",
				    id, name, type, title, rest));
}

/* Connectors and connections come from the references the flow has. */
static void add_references(struct request *q, struct flow *f, struct json *all, struct json *needs)
{
	JSON_EACH(r, flow_current(f)->references) {
		struct str api = api_of(r);
		struct connector *c = tenant_connector(q->tenant, api);
		struct connection *have =
			tenant_connection(q->tenant, f->env, json_get_str(r, "connectionName"));
		struct str api_id = str_fmt(&q->mem, "/providers/Microsoft.PowerApps/apis/%.*s",
					    STR_ARG(api));
		struct str id = str_fmt(&q->mem, "%.*s/connections/%.*s", STR_ARG(api_id),
					STR_ARG(have ? str_from(have->name) : json_name(r)));
		struct json *one;

		if (!json_get_n(all, resource_key(q, api_id))) {
			resource(q, all, api_id, "Microsoft.PowerApps/apis",
				 c ? str_from(c->title) : api,
				 "\"configurableBy\":\"System\",\"hierarchy\":\"Child\"");
			json_push(needs, json_new_str(&q->mem, resource_key(q, api_id)));
		}
		if (json_get_n(all, resource_key(q, id)))
			continue;
		one = resource(q, all, id, "Microsoft.PowerApps/apis/connections",
			       have ? str_from(have->title) : api,
			       "\"creationType\":\"Existing\",\"configurableBy\":\"User\","
			       "\"hierarchy\":\"Child\"");
		json_push(json_get(one, "dependsOn"),
			  json_new_str(&q->mem, resource_key(q, api_id)));
		json_push(needs, json_new_str(&q->mem, resource_key(q, id)));
	}
}

static struct json *resources_of(struct request *q, struct flow *f)
{
	struct json *all = json_new_object(&q->mem), *root;

	root = resource(q, all, str_fmt(&q->mem, "/providers/Microsoft.Flow/flows/%s", f->id),
			"Microsoft.Flow/flows", str_from(f->name),
			"\"creationType\":\"Existing, New, Update\",\"configurableBy\":\"User\","
			"\"hierarchy\":\"Root\"");
	add_references(q, f, all, json_get(root, "dependsOn"));
	return all;
}

struct flow *package_flow(struct request *q, struct environment *e, struct str id,
			  const char **why)
{
	struct str name = id;
	struct flow *f;

	while (str_find_char(name, '/') >= 0)
		name = str_from_at(name, (size_t)str_find_char(name, '/') + 1);
	f = tenant_flow(q->tenant, e, name);
	*why = !f || f->deleted || !may_change(q, f) ?
		       "The caller does not have permission for the flow, or it does not exist." :
	       *f->workflow ?
		       "Flows of a solution cannot be exported as a package: export the solution." :
		       NULL;
	return *why ? NULL : f;
}

static void list_resources(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	const struct json *ids = e ? json_get(request_json(q), "baseResourceIds") : NULL;
	struct json *out;
	const char *why;
	struct flow *f;

	if (!e)
		return;
	f = package_flow(q, e, json_str(json_first(ids)), &why);
	out = emit_json(&q->mem, "{'baseResourceIds':[],'resources':{},'status':'%s'}",
			f ? "Succeeded" : "Failed");
	if (ids)
		json_set(&q->mem, out, "baseResourceIds", json_copy(&q->mem, ids));
	if (f)
		json_set(&q->mem, out, "resources", resources_of(q, f));
	else
		json_set(&q->mem, out, "errors",
			 emit_json(&q->mem, "[{'code':'ResourceNotExportable','message':'%s'}]", why));
	answer_json(q, 200, out);
}

/* ---- exporting ---- */

static struct json *flow_asset(struct request *q, struct flow *f, const char *guid)
{
	struct json *out = emit_json(&q->mem,
				     "{'name':'%s','id':'/providers/Microsoft.Flow/flows/%s','type':"
				     "'Microsoft.Flow/flows','properties':{'apiId':'/providers/"
				     "Microsoft.PowerApps/apis/shared_logicflows','displayName':'%s',"
				     "'flowFailureAlertSubscribed':false,'isManaged':false}}",
				     guid, guid, f->name);
	struct json *p = json_get(out, "properties"), *refs = reference_shapes(q, f);

	json_set(&q->mem, p, "definition",
		 runtime_definition(&q->mem, flow_current(f)->definition));
	json_set(&q->mem, p, "connectionReferences", refs);
	return out;
}

static void write_zip(struct request *q, struct flow *f, const struct json *body,
		      struct json *resources, struct buf *out)
{
	struct arena *a = &q->mem;
	struct json *apis = json_new_object(a), *connections = json_new_object(a), *manifest;
	struct str root = resource_key(q, str_fmt(a, "/providers/Microsoft.Flow/flows/%s", f->id));
	struct str folder = str_fmt(a, "Microsoft.Flow/flows/%.*s/", STR_ARG(root));
	struct zip z;

	JSON_EACH(r, flow_current(f)->references) {
		struct str api = str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s",
					 STR_ARG(api_of(r)));
		struct connection *c =
			tenant_connection(q->tenant, f->env, json_get_str(r, "connectionName"));

		json_set_n(a, apis, json_name(r), json_new_str(a, resource_key(q, api)));
		json_set_n(a, connections, json_name(r),
			   json_new_str(a, resource_key(q, str_fmt(a, "%.*s/connections/%.*s",
								   STR_ARG(api),
								   STR_ARG(c ? str_from(c->name) :
									       json_name(r))))));
	}
	manifest = emit_json(a, "{'schema':'1.0','details':{},'resources':{}}");
	if (json_get(body, "details"))
		json_set(a, manifest, "details", json_copy(a, json_get(body, "details")));
	json_set(a, manifest, "resources", json_copy(a, resources));
	/* In a package flows and connections have no ids: they get theirs where it is imported. */
	JSON_EACH(r, json_get(manifest, "resources")) {
		if (str_eq(json_get_str(r, "type"), S("Microsoft.PowerApps/apis")))
			continue;
		json_take(r, "id");
		json_take(r, "name");
	}
	zip_begin(&z, out);
	zip_add(&z, S("manifest.json"), json_text(a, manifest));
	zip_add(&z, S("Microsoft.Flow/flows/manifest.json"),
		emit_str(a, "{'packageSchemaVersion':'1.0','flowAssets':{'assetPaths':['%S']}}", root));
	zip_add(&z, str_fmt(a, "%.*sdefinition.json", STR_ARG(folder)),
		json_text(a, flow_asset(q, f, str_c(a, root))));
	zip_add(&z, str_fmt(a, "%.*sapisMap.json", STR_ARG(folder)), json_text(a, apis));
	zip_add(&z, str_fmt(a, "%.*sconnectionsMap.json", STR_ARG(folder)), json_text(a, connections));
	zip_end(&z);
}

/* The root of the resources that the body includes. */
static struct flow *root_flow(struct request *q, struct environment *e, const struct json *body,
			      const char **why)
{
	*why = "The package has no flow.";
	JSON_EACH(r, json_get(body, "resources"))
		if (str_eq(json_get_str(r, "type"), S("Microsoft.Flow/flows")))
			return package_flow(q, e, json_get_str(r, "id"), why);
	return NULL;
}

static void export_package(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	const struct json *body = e ? request_json(q) : NULL;
	struct json *out, *resources;
	struct blob *b;
	struct flow *f;
	const char *why;

	if (!e)
		return;
	f = root_flow(q, e, body, &why);
	if (!f || !json_is(json_get(body, "includedResourceIds"), JSON_ARRAY)) {
		answer_error(q, SE_INVALID_REQUEST,
			     f ? "Required property 'includedResourceIds' not found in JSON." : why,
			     NULL, NULL);
		return;
	}
	resources = json_copy(&q->mem, json_get(body, "resources"));
	JSON_EACH(r, resources)
		json_set_z(&q->mem, r, "status", "Succeeded");
	b = new_blob(q, false);
	write_zip(q, f, body, json_copy(&q->mem, json_get(body, "resources")), &b->bytes);
	out = emit_json(&q->mem,
			"{'details':{'createdTime':'%t','packageTelemetryId':'%s'},'packageLink':{"
			"'value':'%S'},'status':'Succeeded'}",
			clock_now(), b->id, blob_link(q, b, "rl", "/package.zip"));
	json_set(&q->mem, out, "resources", resources);
	package_answer(q, e, out);
}

#define BAP "/providers/Microsoft.BusinessAppPlatform/environments/{E}"

static const struct route rows[] = {
	{ FACE_BAP, "POST", BAP "/listPackageResources", list_resources, ROUTE_READ },
	{ FACE_BAP, "POST", BAP "/exportPackage", export_package, ROUTE_READ },
	{ FACE_BAP, "POST", BAP "/generateResourceStorage", resource_storage, 0 },
	{ FACE_BAP, "GET", BAP "/packagingOperations/{O}", operation_get, 0 },
	{ FACE_CONTENT, "GET", "/packages/{B}/{F}", blob_get, ROUTE_OPEN },
	{ FACE_CONTENT, "PUT", "/packages/{B}/{F}", blob_put, ROUTE_OPEN },
};

const struct route_table package_routes = { rows, sizeof(rows) / sizeof(*rows) };
