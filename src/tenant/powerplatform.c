/*
 * powerplatform.c - the documented API: environments, cloud flows, runs and actions of solutions.
 */
#include "tenant/clock.h"
#include "tenant/dvrows.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"

enum { ENVIRONMENTS_A_PAGE = 3, FLOWS_A_PAGE = 10, AT_MOST = 250 };

static struct json *environment_shape(struct request *q, const struct environment *e)
{
	struct arena *a = &q->mem;
	struct json *out = emit_json(a,
				     "{'id':'%s','displayName':'%s','tenantId':'%s','type':'%s','geo':'%s',"
				     "'azureRegion':'%s','clusterCategory':'Prod','createdBy':{'id':'%s',"
				     "'type':'User'},'createdDateTime':'%s','state':'Enabled',"
				     "'adminMode':'Disabled','backgroundOperationsState':'Enabled',"
				     "'protectionLevel':'Basic'}",
				     e->id, e->name, e->tenant->id, e->sku, "EUR", e->region,
				     q->tenant->users[0].id, e->created);

	if (e->organization) {
		json_set_z(a, out, "dataverseId", e->org_id);
		json_set_str(a, out, "url",
			     str_fmt(a, "%.*s/", STR_ARG(organization_origin(q, e))));
		json_set_z(a, out, "version", "9.2.26041.179");
		json_set_z(a, out, "domainName", e->organization);
	}
	return out;
}

static void environments_list(struct request *q)
{
	struct paging page = paging_of(q, ENVIRONMENTS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0, skip = 0;

	if (str_to_u64(request_query(q, "$skip"), &skip))
		page.from += skip;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < q->tenant->environment_count; i++) {
		if (!may_use(q, &q->tenant->environments[i]) || seen++ < page.from)
			continue;
		if (seen > page.from + page.size)
			break;
		json_push(list, environment_shape(q, &q->tenant->environments[i]));
	}
	/* This host writes the link with a small l. */
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "@odata.nextlink",
			     paging_link(q, LINK_PLAIN, page.from - skip + page.size));
	answer_json(q, 200, out);
}

static struct environment *need_dataverse(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (!e || e->organization)
		return e;
	answer_error(q, SE_ENVIRONMENT_NOT_FOUND, e->id, e->tenant->id, NULL);
	return NULL;
}

static void environment_get(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		answer_json(q, 200, environment_shape(q, e));
}

static bool matches(struct request *q, const struct flow *f)
{
	struct str id = request_query(q, "workflowId"), resource = request_query(q, "resourceId"),
		   owner = request_query(q, "ownerId");

	return (!id.p || str_eq_nocase(id, str_from(f->workflow))) &&
	       (!resource.p || str_eq_nocase(resource, str_from(f->id))) &&
	       (!owner.p || str_eq_nocase(owner, str_from(f->owner->id)));
}

static struct json *cloud_flow(struct request *q, struct flow *f)
{
	static const char *const states[] = { [FLOW_STARTED] = "Published",
					      [FLOW_STOPPED] = "Draft",
					      [FLOW_SUSPENDED] = "Suspended" };
	static const char *const codes[] = { [FLOW_STARTED] = "Published",
					     [FLOW_STOPPED] = "Draft",
					     [FLOW_SUSPENDED] = "CompanyDLPViolation" };

	return emit_json(&q->mem,
			 "{'name':'%s','createdOn':'%t','modifiedOn':'%t','description':'%S',"
			 "'workflowId':'%s','resourceId':'%s','stateCode':'%s','statusCode':'%s',"
			 "'modernFlowType':'%s','definition':'%S','uniqueName':'','createdBy':'%s',"
			 "'modifiedBy':'%s','ownerId':'%s','owningBusinessUnit':'%s','owningUser':'%s'}",
			 f->name, f->created, f->modified,
			 json_get_str(flow_current(f)->definition, "description"), f->workflow, f->id,
			 states[f->state], codes[f->state],
			 f->kind == FLOW_AGENT ? "AgentFlow" : "PowerAutomateFlow",
			 json_text(&q->mem, flow_clientdata(q, f)), f->owner->id,
			 f->modified_by ? f->modified_by->id : f->owner->id, f->owner->id,
			 f->env->org_id, f->owner->id);
}

static void cloud_flows(struct request *q)
{
	struct environment *e = need_dataverse(q);
	struct paging page = paging_of(q, FLOWS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	if (!e)
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->deleted || f->kind > FLOW_AGENT ||
		    !flow_visible(q, f) || !matches(q, f) || seen++ < page.from)
			continue;
		if (seen > page.from + page.size)
			break;
		json_push(list, cloud_flow(q, f));
	}
	if (!seen) {
		answer_empty(q, 204);
		return;
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

static struct flow *need_workflow(struct request *q, struct environment *e)
{
	struct str id = request_query(q, "workflowId");
	struct flow *f = id.n ? tenant_flow(q->tenant, e, id) : NULL;

	if (f && *f->workflow && flow_visible(q, f))
		return f;
	answer_error(q, id.n ? SE_FLOW_NOT_FOUND : SE_INVALID_REQUEST,
		     id.n ? str_c(&q->mem, id) : "The parameter 'workflowId' is required.", NULL,
		     NULL);
	return NULL;
}

static void flow_runs(struct request *q)
{
	struct environment *e = need_dataverse(q);
	struct flow *f = e ? need_workflow(q, e) : NULL;
	struct paging page = paging_of(q, 50, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	if (!f)
		return;
	flow_make_runs(f);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < f->run_count && seen <= page.from + page.size; i++) {
		struct run *r = &f->runs[i];
		enum run_status s;
		char id[37];

		if (seen++ < page.from || seen > page.from + page.size)
			continue;
		s = play_status(&q->mem, f, r);
		prng_guid(r->seed, id);
		json_push(list,
			  emit_json(&q->mem,
				    "{'flowRunId':'%s','name':'%s','createdOn':'%t','modifiedOn':'%t',"
				    "'startTime':'%t','endTime':%R,'status':'%s','durationMs':%l,"
				    "'ttlInSeconds':2419200,'workflowId':'%s','modernFlowType':'%s',"
				    "'triggerType':'%s','ownerId':'%s'}",
				    id, r->name, r->start, r->start, r->start,
				    r->known ? emit_str(&q->mem, "'%t'", r->end) : S("null"),
				    run_status_name(s),
				    r->known ? (r->end - r->start) / TICKS_MS : (int64_t)0,
				    f->workflow,
				    f->kind == FLOW_AGENT ? "AgentFlow" : "PowerAutomateFlow",
				    flow_trigger_type(f), f->owner->id));
	}
	if (seen > page.from + page.size)
		json_set_str(&q->mem, out, "nextLink",
			     paging_link(q, LINK_PLAIN, page.from + page.size));
	answer_json(q, 200, out);
}

static void add_actions(struct request *q, struct json *list, struct flow *f,
			const struct json *steps, bool trigger, unsigned depth)
{
	struct str wanted = request_query(q, "connector");

	if (depth > TENANT_DEPTH)
		return;
	JSON_EACH(v, steps) {
		const struct json *host = json_at(v, "/inputs/host");
		struct str api = json_get_str(host, "apiId");

		if (!wanted.p || str_contains_nocase(api, wanted))
			json_push(list,
				  emit_json(&q->mem,
					    "{'workflowId':'%s','ownerId':'%s','connector':'%S',"
					    "'isTrigger':%b,'operationId':'%S','operationType':'%S',"
					    "'stageName':'%S'}",
					    f->workflow, f->owner->id, api, (int)trigger,
					    json_get_str(host, "operationId"),
					    json_get_str(v, "type"), json_name(v)));
		add_actions(q, list, f, json_get(v, "actions"), false, depth + 1);
		add_actions(q, list, f, json_get(json_get(v, "else"), "actions"), false, depth + 1);
	}
}

static void flow_actions(struct request *q)
{
	struct environment *e = need_dataverse(q);
	struct json *out = json_new_object(&q->mem), *list;

	if (!e)
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);
		const struct json *d;

		if (f->env != e || !*f->workflow || f->deleted || f->kind > FLOW_AGENT ||
		    !flow_visible(q, f) || !matches(q, f))
			continue;
		d = flow_current(f)->definition;
		add_actions(q, list, f, json_get(d, "triggers"), true, 0);
		add_actions(q, list, f, json_get(d, "actions"), false, 0);
	}
	answer_json(q, 200, out);
}

static const struct route rows[] = {
	{ FACE_POWERPLATFORM, "GET", "/environmentmanagement/environments", environments_list, 0 },
	{ FACE_POWERPLATFORM, "GET", "/environmentmanagement/environments/{E}", environment_get,
	  0 },
	{ FACE_POWERPLATFORM, "GET", "/powerautomate/environments/{E}/cloudFlows", cloud_flows, 0 },
	{ FACE_POWERPLATFORM, "GET", "/powerautomate/environments/{E}/flowRuns", flow_runs, 0 },
	{ FACE_POWERPLATFORM, "GET", "/powerautomate/environments/{E}/flowActions", flow_actions,
	  0 },
};

const struct route_table powerplatform_routes = { rows, sizeof(rows) / sizeof(*rows) };
