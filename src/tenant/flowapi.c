/*
 * flowapi.c - the flow host, reading: environments and flows.
 */
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

enum { FLOWS_A_PAGE = 25, FLOWS_AT_MOST = 250 };

/* ---- access ---- */

bool may_use(const struct request *q, const struct environment *e)
{
	return e->tenant == q->caller.directory;
}

struct environment *need_environment(struct request *q, unsigned n)
{
	struct environment *e;
	struct str host = q->host;

	if (q->face == FACE_ENVIRONMENT && str_ends(host, S(".environment.practice.localhost"))) {
		struct buf id;

		/* One label, with dashes or without, or two with the last digits split off. */
		host.n -= sizeof(".environment.practice.localhost") - 1;
		buf_init_in(&id, &q->mem, 128);
		for (size_t i = 0; i < host.n; i++)
			if (host.p[i] != '.' && host.p[i] != '-')
				buf_addc(&id, host.p[i]);
		e = tenant_environment_of_host(q->tenant, buf_str(&id));
	} else {
		e = tenant_environment(q->tenant, q->caller.directory,
				       n < q->captures ? q->capture[n] : S(""));
	}
	if (e && may_use(q, e))
		return e;
	answer_error(q, SE_ENVIRONMENT_ACCESS_DENIED,
		     n < q->captures ? str_c(&q->mem, q->capture[n]) : str_c(&q->mem, host), NULL,
		     NULL);
	return NULL;
}

struct flow *need_flow(struct request *q, struct environment *e, unsigned n)
{
	struct flow *f = tenant_flow(q->tenant, e, q->capture[n]);

	if (!f || (f->deleted && !q->admin) || f->kind > FLOW_AGENT ||
	    quirk_take(&f->quirks.unseen)) {
		answer_error(q, SE_FLOW_NOT_FOUND, str_c(&q->mem, q->capture[n]), NULL, NULL);
		return NULL;
	}
	if (q->admin || f->owner == q->caller.user || flow_shared_with(f, q->caller.user))
		return f;
	answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id,
		     str_c(&q->mem, q->capture[n]), "shared_logicflows");
	return NULL;
}

/* ---- environments ---- */

static void endpoints(struct request *q, struct json *p, const struct environment *e)
{
	struct arena *a = &q->mem;
	struct json *out = json_set(a, p, "runtimeEndpoints", json_new_object(a));
	static const struct {
		const char *key, *label;
	} rows[] = {
		{ "microsoft.BusinessAppPlatform", "bap" },
		{ "microsoft.PowerApps", "powerapps" },
		{ "microsoft.Flow", "flow" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		json_set_str(a, out, rows[i].key,
			     str_fmt(a, "https://%s.%s.practice.localhost%.*s", e->location,
				     rows[i].label, STR_ARG(q->port)));
	json_set_z(a, out, "microsoft.CommonDataModel", "https://europe.api.cds.microsoft.com");
	json_set_z(a, out, "microsoft.ApiManagement", "https://management.EUROPE.azure-apihub.net");
}

static struct json *metadata(struct request *q, const struct environment *e)
{
	return emit_json(&q->mem,
			 "{'resourceId':'%s','friendlyName':'%s','uniqueName':'unq%s',"
			 "'domainName':'%s','version':'9.2.26041.179','instanceUrl':'%S/',"
			 "'instanceApiUrl':'https://%s.api.crm.practice.localhost%S',"
			 "'baseLanguage':1033,'instanceState':'Ready'}",
			 e->org_id, e->name, e->host_id, e->organization, organization_origin(q, e),
			 e->organization, q->port);
}

/* What the powerapps host says on top of the flow host. */
static void add_powerapps(struct request *q, struct json *p, const struct environment *e)
{
	struct arena *a = &q->mem;

	json_set_z(a, json_get(p, "runtimeEndpoints"), "microsoft.PowerAppsAdvisor",
		   "https://europe.api.advisor.powerapps.com");
	json_set_z(a, p, "lastModifiedTime", e->created);
	json_set(a, p, "lastModifiedBy", person(a, &q->tenant->users[0]));
	json_set_z(a, p, "retentionPeriod", "P7D");
	json_set_z(a, p, "lifecycleAuthority", "Environment");
	json_set(a, p, "states",
		 emit_json(a, "{'management':{'id':'NotSpecified'},'runtime':{'id':'Enabled'}}"));
	json_set(a, p, "updateCadence", emit_json(a, "{'id':'Frequent'}"));
	json_set(a, p, "connectedGroups", json_new_array(a));
	json_set(a, p, "protectionStatus", emit_json(a, "{'keyManagedBy':'Microsoft'}"));
}

static struct json *environment_shape(struct request *q, const struct environment *e)
{
	struct arena *a = &q->mem;
	const char *kind = q->face == FACE_POWERAPPS ? "PowerApps" : "ProcessSimple";
	struct json *out = emit_json(a,
				     "{'name':'%s','location':'%s','type':'Microsoft.%s/environments',"
				     "'id':'/providers/Microsoft.%s/environments/%s','properties':{"
				     "'displayName':'%s','createdTime':'%s','createdBy':{"
				     "'id':'SYSTEM','displayName':'SYSTEM','type':'NotSpecified'},"
				     "'provisioningState':'Succeeded','creationType':'%s',"
				     "'environmentSku':'%s','environmentType':'%s','isDefault':%b,"
				     "'azureRegionHint':'%s'}}",
				     e->id, e->location, kind, kind, e->id, e->name, e->created,
				     e->is_default ? "DefaultTenant" : "User", e->sku,
				     !strcmp(e->sku, "Sandbox") ? "Sandbox" : "Production",
				     (int)e->is_default, e->region);
	struct json *p = json_get(out, "properties");

	if (e->description)
		json_set_z(a, p, "description", e->description);
	endpoints(q, p, e);
	if (e->organization)
		json_set(a, p, "linkedEnvironmentMetadata", metadata(q, e));
	if (q->face == FACE_POWERAPPS)
		add_powerapps(q, p, e);
	if (str_contains_nocase(request_query(q, "$expand"), S("permissions")))
		json_set(a, p, "permissions",
			 emit_json(a, "{'CreateCustomApi':{'displayName':'Create Custom Api'},"
				      "'ManageFlow':{'displayName':'Manage Flow'},"
				      "'ReadEnvironment':{'displayName':'Read Environment'}%r}",
				   q->caller.admin ? ",\"UpdateEnvironment\":{\"displayName\":"
						     "\"Update Environment\"}" :
						     ""));
	return out;
}

static void environments_list(struct request *q)
{
	struct json *out = json_new_object(&q->mem);
	struct json *list = json_set(&q->mem, out, "value", json_new_array(&q->mem));

	for (unsigned i = 0; i < q->tenant->environment_count; i++)
		if (may_use(q, &q->tenant->environments[i]))
			json_push(list, environment_shape(q, &q->tenant->environments[i]));
	answer_json(q, 200, out);
}

static void environment_get(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		answer_json(q, 200, environment_shape(q, e));
}

/* ---- flows ---- */

struct flow_row {
	struct request *q;
	struct flow *f;
};

static bool flow_call(void *arg, struct str function, struct str argument)
{
	struct flow_row *row = arg;
	bool mine = row->f->owner == row->q->caller.user;
	bool shared = flow_shared_with(row->f, row->q->caller.user);

	if (!str_eq_nocase(function, S("search")))
		return false;
	if (str_eq_nocase(argument, S("personal")))
		return mine;
	if (str_eq_nocase(argument, S("team")))
		return shared;
	return mine || shared;
}

static struct str flow_field(void *arg, struct str field)
{
	struct flow_row *row = arg;
	struct flow *f = row->f;

	if (str_starts_nocase(field, S("properties/")))
		field = str_from_at(field, 11);
	if (str_eq_nocase(field, S("userType")))
		return f->owner == row->q->caller.user ? S("Owner") : S("User");
	if (str_eq_nocase(field, S("displayName")))
		return str_from(f->name);
	if (str_eq_nocase(field, S("state")))
		return str_from(flow_state_name(f->state));
	if (str_eq_nocase(field, S("sharingType")))
		return f->share_count ? S("Coauthor") : S("None");
	return (struct str){ NULL, 0 };
}

static bool in_list(struct request *q, struct flow *f, const struct environment *e,
		    const struct filter *filter)
{
	struct filter_row row = { flow_field, flow_call, &(struct flow_row){ q, f } };
	bool solution = str_contains_nocase(request_query(q, "include"),
					    S("includeSolutionCloudFlows"));

	if (f->env != e || f->kind > FLOW_AGENT)
		return false;
	if (q->admin)
		return !f->deleted ||
		       (f->modified > clock_now() - TENANT_RESTORE_DAYS * TICKS_DAY &&
			str_contains_nocase(request_query(q, "include"), S("softDeletedFlows")));
	if (f->deleted || (*f->workflow && !solution))
		return false;
	if (!filter && f->owner != q->caller.user)
		return false;
	return filter_matches(filter, &row);
}

static void flows_list(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct str text = request_query(q, "$filter");
	struct paging page = paging_of(q, FLOWS_A_PAGE, FLOWS_AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	struct filter *filter;
	uint64_t seen = 0;
	bool ok;

	if (!e)
		return;
	filter = q->admin ? NULL : filter_parse(&q->mem, text, &ok);
	if (!q->admin && !ok) {
		answer_error(q, SE_INVALID_FILTER, str_c(&q->mem, text), NULL, NULL);
		return;
	}
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (!in_list(q, f, e, filter) || seen++ < page.from)
			continue;
		if (seen > page.from + page.size)
			break;
		json_push(list, flow_shape(q, f, q->admin ? SHAPE_ADMIN_LIST : SHAPE_LIST));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_FLOW, page.from + page.size));
	answer_json(q, 200, out);
}

static void flow_get(struct request *q)
{
	unsigned n = q->face == FACE_ENVIRONMENT && q->captures == 1 ? 0 : 1;
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, n) : NULL;
	struct flow_view draft;

	if (!f)
		return;
	if (f->draft && str_eq_nocase(request_query(q, "draftFlow"), S("true"))) {
		draft = (struct flow_view){ .version = f->draft, .name = f->name, .state = f->state,
				       .modified = f->draft->at };
		q->view = &draft;
	} else {
		q->view = flow_past(f);
	}
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
	q->view = NULL;
}

static void flow_connections(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, 1) : NULL;
	struct json *out;

	if (!f)
		return;
	out = json_new_array(&q->mem);
	JSON_EACH(r, flow_current(f)->references) {
		struct connection *c =
			tenant_connection(q->tenant, e, json_get_str(r, "connectionName"));

		if (c)
			json_push(out, emit_json(&q->mem,
						 "{'name':'%s','id':'%S/connections/%s','properties':{"
						 "'displayName':'%s'}}",
						 c->name, json_get_str(r, "id"), c->name, c->title));
	}
	answer_json(q, 200, out);
}

#define ENVIRONMENTS "/providers/Microsoft.ProcessSimple/environments"

static const struct route rows[] = {
	{ FACE_FLOW, "GET", ENVIRONMENTS, environments_list, 0 },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}", environment_get, 0 },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}/flows", flows_list, 0 },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}/v2/flows", flows_list, ROUTE_ADMIN_ONLY },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}/flows", flows_list, ROUTE_ADMIN_ONLY },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}/flows/{F}", flow_get, ROUTE_ADMIN },
	{ FACE_FLOW, "GET", ENVIRONMENTS "/{E}/flows/{F}/connections", flow_connections, 0 },
	{ FACE_ENVIRONMENT, "GET", "/powerautomate/flows", flows_list, 0 },
	{ FACE_ENVIRONMENT, "GET", "/powerautomate/flows/{F}", flow_get, 0 },
	{ FACE_POWERAPPS, "GET", "/providers/Microsoft.PowerApps/environments", environments_list,
	  0 },
	{ FACE_POWERAPPS, "GET", "/providers/Microsoft.PowerApps/environments/{E}",
	  environment_get, 0 },
};

const struct route_table flow_routes = { rows, sizeof(rows) / sizeof(*rows) };
