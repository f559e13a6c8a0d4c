/*
 * shape.c - flows, references and people as the flow host prints them.
 *
 * Shapes follow the recorded answers; must not know routes.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"

struct str flow_path(struct request *q, const struct flow *f)
{
	return str_fmt(&q->mem, "/providers/Microsoft.ProcessSimple/environments/%s/flows/%s",
		       f->env->id, f->id);
}

struct json *person(struct arena *a, const struct user *u)
{
	return emit_json(a,
			 "{'id':'%s','displayName':'%s','email':'%s','type':'User','tenantId':'%s',"
			 "'userPrincipalName':'%s'}",
			 u->id, u->name, u->upn, u->home->id, u->upn);
}

struct str icon_of(struct arena *a, const struct connector *c)
{
	struct str name = str_from(c->name);

	if (str_starts(name, S("shared_")))
		name = str_from_at(name, 7);
	return str_fmt(a, "https://conn-afd-prod-endpoint-bmc9bqahasf3grgk.b01.azurefd.net/releases/"
			  "v1.0.1750/1.0.1750.4178/%.*s/icon.png",
		       STR_ARG(name));
}

struct version *shown_version(const struct request *q, struct flow *f)
{
	return q->view ? q->view->version : flow_current(f);
}

const char *shown_name(const struct request *q, const struct flow *f)
{
	return q->view ? q->view->name : f->name;
}

enum flow_state shown_state(const struct request *q, const struct flow *f)
{
	return q->view ? q->view->state : f->state;
}

int64_t shown_modified(const struct request *q, const struct flow *f)
{
	return q->view ? q->view->modified : f->modified;
}

/* ---- references ---- */

static const char *tail_of(struct str id)
{
	const char *p = id.p;

	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] == '/')
			p = id.p + i + 1;
	return p;
}

struct json *reference_shapes(struct request *q, struct flow *f)
{
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	if (f->quirks.empty_references)
		return out;
	JSON_EACH(r, shown_version(q, f)->references) {
		struct str id = json_get_str(r, "id");
		const char *name = tail_of(id);
		struct connector *c = tenant_connector(
			q->tenant, str_n(name, (size_t)(id.p + id.n - name)));
		struct json *shape = json_copy(a, r);

		if (c) {
			json_set_z(a, shape, "displayName", c->title);
			json_set_str(a, shape, "iconUri", icon_of(a, c));
			json_set_z(a, shape, "brandColor", c->color);
			json_set_z(a, shape, "tier", c->tier);
			json_set_str(a, shape, "apiName",
				     str_starts(str_from(c->name), S("shared_")) ?
					     str_from(c->name + 7) :
					     str_from(c->name));
		}
		json_set_bool(a, shape, "isProcessSimpleApiReferenceConversionAlreadyDone", false);
		json_set_n(a, out, json_name(r), shape);
	}
	return out;
}

/* ---- definitions ---- */

static bool is_connector(struct str type)
{
	return str_starts(type, S("OpenApiConnection")) || str_starts(type, S("ApiConnection"));
}

/* On reading, the service puts the authentication parameter into every connector step. */
static void inject(struct arena *a, struct json *steps, bool in, unsigned depth)
{
	if (depth > TENANT_DEPTH)
		return;
	JSON_EACH(v, steps) {
		struct json *inputs =
			is_connector(json_get_str(v, "type")) ? json_get(v, "inputs") : NULL;

		if (inputs && in)
			json_set_z(a, inputs, "authentication", "@parameters('$authentication')");
		else if (inputs)
			json_take(inputs, "authentication");
		inject(a, json_get(v, "actions"), in, depth + 1);
		inject(a, json_get(json_get(v, "else"), "actions"), in, depth + 1);
		inject(a, json_get(json_get(v, "default"), "actions"), in, depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			inject(a, json_get(c, "actions"), in, depth + 1);
	}
}

struct json *runtime_definition(struct arena *a, const struct json *definition)
{
	struct json *out = json_copy(a, definition);

	inject(a, json_get(out, "triggers"), true, 0);
	inject(a, json_get(out, "actions"), true, 0);
	return out;
}

struct json *design_definition(struct arena *a, const struct json *definition)
{
	struct json *out = json_copy(a, definition);

	inject(a, json_get(out, "triggers"), false, 0);
	inject(a, json_get(out, "actions"), false, 0);
	return out;
}

static struct json *summary_item(struct arena *a, const struct json *step, bool trigger)
{
	struct json *out = json_new_object(a);
	struct str type = json_get_str(step, "type");
	const struct json *host = json_at(step, "/inputs/host");
	struct str operation = json_get_str(host, "operationId");

	json_set_str(a, out, "type", type);
	if (trigger && json_get(step, "kind"))
		json_set_str(a, out, "kind", json_get_str(step, "kind"));
	if (!operation.n)
		operation = json_str(json_at(step, "/metadata/flowSystemMetadata/"
						   "swaggerOperationId"));
	if (operation.n) {
		json_set_str(a, out, "swaggerOperationId", operation);
		json_set(a, out, "metadata",
			 emit_json(a, "{'flowSystemMetadata':{'swaggerOperationId':'%S'}}",
				   operation));
	}
	if (json_get(host, "apiId"))
		json_set(a, out, "api",
			 emit_json(a, "{'id':'%S','name':'%s'}", json_get_str(host, "apiId"),
				   tail_of(json_get_str(host, "apiId"))));
	return out;
}

static void summarize(struct arena *a, struct json *out, const struct json *steps, unsigned depth)
{
	if (depth > TENANT_DEPTH)
		return;
	JSON_EACH(v, steps) {
		struct json *item = summary_item(a, v, false);
		bool known = false;

		JSON_EACH(have, out)
			known |= json_equal(have, item);
		if (!known)
			json_push(out, item);
		summarize(a, out, json_get(v, "actions"), depth + 1);
		summarize(a, out, json_get(json_get(v, "else"), "actions"), depth + 1);
		summarize(a, out, json_get(json_get(v, "default"), "actions"), depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			summarize(a, out, json_get(c, "actions"), depth + 1);
	}
}

static struct json *definition_summary(struct arena *a, const struct json *definition)
{
	struct json *out = json_new_object(a);
	struct json *triggers = json_set(a, out, "triggers", json_new_array(a));
	struct json *actions = json_set(a, out, "actions", json_new_array(a));

	JSON_EACH(t, json_get(definition, "triggers"))
		json_push(triggers, summary_item(a, t, true));
	summarize(a, actions, json_get(definition, "actions"), 0);
	if (json_get(definition, "description"))
		json_set_str(a, out, "description", json_get_str(definition, "description"));
	return out;
}

/* ---- flows ---- */

static const char *provisioning(const struct flow *f)
{
	return f->solution ? "FromSolution" : "FromDefinition";
}

static void add_dates(struct request *q, struct json *p, const struct flow *f, bool seconds)
{
	struct arena *a = &q->mem;
	char text[CLOCK_TEXT];

	(seconds ? clock_text_s : clock_text)(f->created, text);
	json_set_z(a, p, "createdTime", text);
	(seconds ? clock_text_s : clock_text)(shown_modified(q, f), text);
	json_set_z(a, p, "lastModifiedTime", text);
}

static struct json *environment_of(struct arena *a, const struct flow *f)
{
	return emit_json(a,
			 "{'name':'%s','type':'Microsoft.ProcessSimple/environments','id':'/providers/"
			 "Microsoft.ProcessSimple/environments/%s'}",
			 f->env->id, f->env->id);
}

static struct json *creator(struct arena *a, const struct flow *f)
{
	return emit_json(a, "{'tenantId':'%s','objectId':'%s','userId':'%s','userType':'%s'}",
			 f->env->tenant->id, f->owner->id, f->owner->id,
			 strcmp(f->owner->kind, "ServicePrincipal") == 0 ? "ServicePrincipal" :
			 *f->workflow && (f->solution ? f->solution->managed :
							strcmp(f->owner->kind, "User") != 0) ?
									   "DataverseSystemUser" :
									   "ActiveDirectory");
}

static void add_solution(struct arena *a, struct json *p, const struct flow *f)
{
	if (!*f->workflow)
		return;
	json_set_z(a, p, "workflowEntityId", f->workflow);
	json_set_z(a, p, "workflowUniqueId", f->unique);
}

static void add_full(struct request *q, struct json *p, struct flow *f)
{
	struct arena *a = &q->mem;

	json_set(a, p, "definition", runtime_definition(a, shown_version(q, f)->definition));
	json_set(a, p, "connectionReferences", reference_shapes(q, f));
	json_set(a, p, "installedConnectionReferences", json_new_object(a));
	json_set_z(a, p, "sharingType", *f->workflow ? "CommonDataService" :
					f->share_count ? "Coauthor" : "None");
	json_set(a, p, "referencedResources", json_new_array(a));
	json_set_bool(a, p, "isCustomizable", !f->solution || !f->solution->managed);
}

static void add_expanded(struct request *q, const struct flow *f, struct json *p)
{
	struct arena *a = &q->mem;
	struct str expand = request_query(q, "$expand");

	if (str_contains_nocase(expand, S("throttledata")))
		json_set(a, p, "throttleData", emit_json(a, "{'throttledSince':null,'isThrottled':false}"));
	if (str_contains_nocase(expand, S("estimatedsuspensiondata")))
		json_set(a, p, "estimatedSuspensionData", json_new_null(a));
	if (str_contains_nocase(expand, S("licensedata")))
		json_set(a, p, "licenseData",
			 emit_json(a, "{'performanceProfile':{'throttles':{'mode':'Low'}},"
				      "'flowLicenseType':'FlowFree','isLicenseAtRisk':false}"));
	JSON_EACH(m, json_get(f->data, "expanded"))
		if (json_get_n(p, json_name(m)))
			json_set_n(a, p, json_name(m), json_copy(a, m));
	if (!str_contains_nocase(expand, S("apidefinition")))
		return;
	JSON_EACH(r, json_get(p, "connectionReferences"))
		json_set(a, r, "apiDefinition",
			 emit_json(a,
				   "{'name':'%s','id':'%S','type':'/providers/Microsoft.PowerApps/apis',"
				   "'properties':{'displayName':'%S','tier':'%S','isCustomApi':false}}",
				   tail_of(json_get_str(r, "id")), json_get_str(r, "id"),
				   json_get_str(r, "displayName"), json_get_str(r, "tier")));
}

static struct json *flow_properties(struct request *q, struct flow *f, enum flow_shape shape)
{
	struct arena *a = &q->mem;
	struct json *p = json_new_object(a);
	const struct json *definition = shown_version(q, f)->definition;
	const struct json *trigger = json_first(json_get(definition, "triggers"));

	json_set_z(a, p, "apiId", "/providers/Microsoft.PowerApps/apis/shared_logicflows");
	json_set_z(a, p, "displayName", shown_name(q, f));
	if (shape == SHAPE_FULL || shape == SHAPE_LIST)
		json_set_z(a, p, "userType", f->owner == q->caller.user ? "Owner" : "User");
	if (shape == SHAPE_FULL)
		add_full(q, p, f);
	if (shape != SHAPE_ADMIN_LIST && str_eq(json_get_str(trigger, "type"), S("Request")))
		json_set(a, p, "triggerSchema",
			 json_at(trigger, "/inputs/schema") ?
				 json_copy(a, json_at(trigger, "/inputs/schema")) :
				 json_new_object(a));
	json_set_z(a, p, "state", f->deleted ? "Deleted" : flow_state_name(shown_state(q, f)));
	add_dates(q, p, f, shape == SHAPE_ADMIN_LIST);
	if (json_get(f->data, "template") && shape == SHAPE_LIST)
		json_set_str(a, p, "templateName", json_get_str(f->data, "template"));
	json_set_z(a, p, "flowSuspensionReason", f->suspended);
	json_set(a, p, "environment", environment_of(a, f));
	if (shape != SHAPE_ADMIN_LIST)
		json_set(a, p, "definitionSummary", definition_summary(a, definition));
	json_set(a, p, "creator", creator(a, f));
	if (shape != SHAPE_ADMIN_LIST) {
		json_set_z(a, p, "installationStatus", "Installed");
		json_set_z(a, p, "provisioningMethod", provisioning(f));
	}
	json_set_bool(a, p, "flowFailureAlertSubscribed", shape != SHAPE_ADMIN_LIST);
	add_solution(a, p, f);
	json_set_bool(a, p, "isManaged", f->solution && f->solution->managed);
	if (shape == SHAPE_ADMIN_LIST) {
		json_set(a, p, "machineDescriptionData", json_new_object(a));
		json_set(a, p, "flowOpenAiData",
			 emit_json(a, "{'isConsequential':false,"
				      "'isConsequentialFlagOverwritten':false}"));
	}
	if (shape == SHAPE_FULL)
		add_expanded(q, f, p);
	return p;
}

struct json *flow_shape(struct request *q, struct flow *f, enum flow_shape shape)
{
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	json_set_z(a, out, "name", f->id);
	json_set_str(a, out, "id", flow_path(q, f));
	json_set_z(a, out, "type", "Microsoft.ProcessSimple/environments/flows");
	json_set(a, out, "properties", flow_properties(q, f, shape));
	return out;
}
