/*
 * bap.c - the business application platform: environments with their Dataverse, policies.
 */
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

static struct json *base_shape(struct request *q, const struct environment *e)
{
	const char *scope = q->admin ? "scopes/" : "";

	return emit_json(&q->mem,
			 "{'id':'/providers/Microsoft.BusinessAppPlatform/%senvironments/%s',"
			 "'type':'Microsoft.BusinessAppPlatform/%senvironments','location':'%s',"
			 "'name':'%s','properties':{}}",
			 q->admin ? "scopes/admin/" : "", e->id, scope,
			 !strcmp(e->location, "europe") ? "europe" : e->location, e->id);
}

static void add_endpoints(struct request *q, struct json *p, const struct environment *e)
{
	struct arena *a = &q->mem;
	struct json *out = json_set(a, p, "runtimeEndpoints", json_new_object(a));
	static const char *const rows[][2] = { { "microsoft.BusinessAppPlatform", "bap" },
					       { "microsoft.PowerApps", "powerapps" },
					       { "microsoft.Flow", "flow" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		json_set_str(a, out, rows[i][0],
			     str_fmt(a, "https://%s.%s.practice.localhost%.*s", e->location,
				     rows[i][1], STR_ARG(q->port)));
	json_set_z(a, out, "microsoft.CommonDataModel", "https://europe.api.cds.microsoft.com");
	json_set_z(a, out, "microsoft.PowerAppsAdvisor",
		   "https://europe.api.advisor.powerapps.com");
	json_set_z(a, out, "microsoft.PowerVirtualAgents",
		   "https://powervamg.eu-il107.gateway.prod.island.powerapps.com");
	json_set_z(a, out, "microsoft.ApiManagement", "https://management.EUROPE.azure-apihub.net");
}

static struct json *dataverse(struct request *q, const struct environment *e)
{
	return emit_json(&q->mem,
			 "{'resourceId':'%s','friendlyName':'%s','uniqueName':'unq%s','domainName':'%s',"
			 "'version':'9.2.26041.179','instanceUrl':'%S/','instanceApiUrl':"
			 "'https://%s.api.crm.practice.localhost%S','baseLanguage':1033,"
			 "'instanceState':'Ready','createdTime':'%s','securityGroupId':"
			 "'00000000-0000-0000-0000-000000000000','backgroundOperationsState':'Enabled',"
			 "'scaleGroup':'EURCRMLIVESG705','crmGeo':'EUR','platformSku':'Standard',"
			 "'schemaType':'Standard','isDormant':false}",
			 e->org_id, e->name, e->host_id, e->organization, organization_origin(q, e),
			 e->organization, q->port, e->created);
}

static void add_admin(struct request *q, struct json *p, const struct environment *e)
{
	struct arena *a = &q->mem;

	json_set(a, p, "clientUris",
		 emit_json(a,
			   "{'admin':'https://admin.powerplatform.microsoft.com/environments/"
			   "environment/%s/hub','maker':'https://make.powerapps.com/environments/%s/"
			   "home'}",
			   e->id, e->id));
	json_set_z(a, p, "trialScenarioType", "None");
	json_set(a, p, "notificationMetadata",
		 emit_json(a, "{'state':'NotSpecified','branding':'NotSpecific'}"));
	json_set_z(a, p, "retentionPeriod", "P7D");
	json_set(a, p, "retentionDetails",
		 emit_json(a, "{'retentionPeriod':'P7D','backupsAvailableFromDateTime':'%s'}",
			   e->created));
	json_set(a, p, "cluster",
		 emit_json(a, "{'category':'Prod','number':'107','uriSuffix':"
			      "'eu-il107.gateway.prod.island','geoShortName':'EU',"
			      "'environment':'Prod','scaleGroupId':'%s'}",
			   e->org_id));
	json_set(a, p, "lifecycleOperationsEnforcement",
		 emit_json(a, "{'allowedOperations':[{'type':{'id':'Backup'}},{'type':{'id':'Edit'}}],"
			      "'disallowedOperations':[{'type':{'id':'Provision'},'reason':{'message':"
			      "'Provision cannot be performed because there is no linked CDS instance or "
			      "the CDS instance version is not supported.','type':'CdsLink'}}]}"));
	json_set(a, p, "governanceConfiguration", emit_json(a, "{'protectionLevel':'Basic'}"));
	json_set_bool(a, p, "bingChatEnabled", false);
	json_set_bool(a, p, "m365Enabled", true);
	json_set_bool(a, p, "appDraftingCopilotEnabled", true);
	json_set_bool(a, p, "enableAnalyticsForMakers", true);
}

static struct json *environment_shape(struct request *q, const struct environment *e)
{
	struct arena *a = &q->mem;
	struct json *out = base_shape(q, e), *p = json_get(out, "properties");
	struct json *maker = person(a, &q->tenant->users[0]);

	json_set_z(a, p, "tenantId", e->tenant->id);
	json_set_z(a, p, "azureRegion", e->region);
	json_set_z(a, p, "displayName", e->name);
	if (e->description)
		json_set_z(a, p, "description", e->description);
	json_set_z(a, p, "createdTime", e->created);
	json_set(a, p, "createdBy",
		 e->is_default ? emit_json(a, "{'id':'SYSTEM','displayName':'SYSTEM','type':"
					      "'NotSpecified'}") :
				 maker);
	json_set_z(a, p, "lastModifiedTime", e->created);
	if (!e->is_default)
		json_set(a, p, "lastModifiedBy", json_copy(a, maker));
	json_set_z(a, p, "provisioningState", "Succeeded");
	json_set_z(a, p, "creationType", e->is_default ? "DefaultTenant" : "User");
	json_set_z(a, p, "environmentSku", e->sku);
	json_set_bool(a, p, "isDefault", e->is_default);
	add_endpoints(q, p, e);
	json_set_z(a, p, "databaseType", e->organization ? "CommonDataService" : "None");
	if (e->organization)
		json_set(a, p, "linkedEnvironmentMetadata", dataverse(q, e));
	json_set(a, p, "states",
		 emit_json(a, "{'management':{'id':'NotSpecified'},'runtime':{'runtimeReasonCode':"
			      "'NotSpecified','requestedBy':{'displayName':'SYSTEM','type':"
			      "'NotSpecified'},'id':'Enabled'},'disasterRecovery':{'copyLocation':"
			      "'NearCopy','id':'Disabled'}}"));
	json_set(a, p, "updateCadence", emit_json(a, "{'id':'Frequent'}"));
	json_set(a, p, "protectionStatus", emit_json(a, "{'keyManagedBy':'Microsoft'}"));
	json_set(a, p, "connectedGroups", json_new_array(a));
	if (q->admin)
		add_admin(q, p, e);
	return out;
}

/* $select=name,properties.linkedEnvironmentMetadata.instanceApiUrl: a path of members. */
static void keep_paths(struct request *q, struct json **shape)
{
	struct str list = request_query(q, "$select"), path;
	struct arena *a = &q->mem;
	struct json *out;

	if (!list.n)
		return;
	out = json_new_object(a);
	for (const char *const *k = (const char *const[]){ "id", "type", "location", "name", NULL };
	     *k; k++)
		json_set(a, out, *k, json_copy(a, json_get(*shape, *k)));
	json_set(a, out, "properties", json_new_object(a));
	while (str_cut(&list, ',', &path)) {
		const struct json *from = *shape;
		struct json *to = out;
		struct str step;

		path = str_trim(path);
		while (from && str_cut(&path, '.', &step)) {
			from = json_get_n(from, step);
			if (!from)
				break;
			if (!path.p) {
				json_set_n(a, to, step, json_copy(a, from));
				break;
			}
			if (!json_get_n(to, step))
				json_set_n(a, to, step, json_new_object(a));
			to = json_get_n(to, step);
		}
	}
	*shape = out;
}

static void environments_list(struct request *q)
{
	struct json *out = json_new_object(&q->mem), *list;

	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < q->tenant->environment_count; i++) {
		struct json *shape;

		if (!may_use(q, &q->tenant->environments[i]))
			continue;
		shape = environment_shape(q, &q->tenant->environments[i]);
		keep_paths(q, &shape);
		json_push(list, shape);
	}
	answer_json(q, 200, out);
}

static void environment_get(struct request *q)
{
	struct environment *e =
		tenant_environment(q->tenant, q->caller.directory, q->capture[0]);
	struct json *shape;

	if (!e) {
		answer_error(q, SE_ENVIRONMENT_NOT_FOUND, str_c(&q->mem, q->capture[0]),
			     q->caller.directory->id, NULL);
		return;
	}
	shape = environment_shape(q, e);
	keep_paths(q, &shape);
	answer_json(q, 200, shape);
}

static struct json *policy_connector(struct request *q, struct str name)
{
	struct connector *c = tenant_connector(q->tenant, name);

	return emit_json(&q->mem,
			 "{'id':'/providers/Microsoft.PowerApps/apis/%S','name':'%S','type':"
			 "'Microsoft.PowerApps/apis'}",
			 name, c ? str_from(c->title) : name);
}

static void policies(struct request *q)
{
	const struct environment *prod = NULL;
	struct json *out, *list;

	if (!q->caller.admin) {
		answer_error(q, SE_ADMIN_ROLE, NULL, NULL, NULL);
		return;
	}
	for (unsigned i = 0; i < q->tenant->environment_count; i++)
		if (may_use(q, &q->tenant->environments[i]) &&
		    policy_covers(q->tenant, &q->tenant->environments[i]))
			prod = &q->tenant->environments[i];
	out = emit_json(&q->mem,
			"{'value':[{'name':'6f0e4c1b-2a75-4d6e-8c19-3b7a5d2f9e04','displayName':"
			"'Fabrikam data policy','defaultConnectorsClassification':'General',"
			"'connectorGroups':[{'classification':'Confidential','connectors':[]},{"
			"'classification':'Blocked','connectors':[]}],'environmentType':"
			"'OnlyEnvironments','environments':[{'name':'%s'}]}]}",
			prod ? prod->id : "");
	list = json_at(out, "/value/0/connectorGroups/0/connectors");
	json_push(list, policy_connector(q, S("shared_commondataserviceforapps")));
	json_push(list, policy_connector(q, S("shared_sql")));
	list = json_at(out, "/value/0/connectorGroups/1/connectors");
	for (unsigned i = 0; i < q->tenant->blocked_count; i++)
		json_push(list, policy_connector(q, q->tenant->blocked[i]));
	answer_json(q, 200, out);
}

#define BAP "/providers/Microsoft.BusinessAppPlatform"

static const struct route rows[] = {
	{ FACE_BAP, "GET", BAP "/environments", environments_list, ROUTE_ADMIN },
	{ FACE_BAP, "GET", BAP "/environments/{E}", environment_get, ROUTE_ADMIN },
	{ FACE_BAP, "GET", "/providers/PowerPlatform.Governance/v1/policies", policies,
	  ROUTE_ANY_VERSION },
};

const struct route_table bap_routes = { rows, sizeof(rows) / sizeof(*rows) };
