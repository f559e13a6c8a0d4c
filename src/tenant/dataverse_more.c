/*
 * dataverse_more.c - the other tables: runs, solutions and their parts, references, people;
 * actions.
 */
#include "tenant/clock.h"
#include "tenant/dvtable.h"
#include "tenant/emit.h"
#include "tenant/history.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

enum { RUNS_A_PAGE = 250 };

/* ---- flow runs ---- */

static struct json *run_shape_row(struct request *q, struct flow *f, struct run *r)
{
	struct played *p = play_brief(&q->mem, f, r);
	bool ended = p->sum.end != INT64_MAX;
	char id[37], user[37];

	prng_guid(r->seed, id);
	system_user_id(f->env, f->owner, user);
	return emit_json(&q->mem,
			 "{'@odata.etag':'W/\\\"%l\\\"','flowrunid':'%s','name':'%s','starttime':'%S',"
			 "'endtime':%R,'duration':%R,'status':'%s','triggertype':'%s','errorcode':%R,"
			 "'errormessage':%R,'parentrunid':null,'ttlinseconds':2419200,"
			 "'_workflow_value':'%s','workflowid':'%s','_ownerid_value':'%s',"
			 "'partitionid':null,'createdon':'%S'}",
			 r->start / TICKS_S, id, r->name, emit_str(&q->mem, "%t", r->start),
			 ended ? emit_str(&q->mem, "'%t'", p->sum.end) : S("null"),
			 ended ? emit_str(&q->mem, "%l", (p->sum.end - r->start) / TICKS_MS) :
				 S("null"),
			 run_status_name(p->sum.status), flow_trigger_type(f),
			 p->sum.code ? emit_str(&q->mem, "'%s'", p->sum.code) : S("null"),
			 p->sum.error ? emit_str(&q->mem, "'%S'", json_text(&q->mem, p->sum.error)) :
					S("null"),
			 f->workflow, f->workflow, user, emit_str(&q->mem, "%t", r->start));
}

static void flow_runs_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct filter *filter;
	struct str top = request_query(q, "$top");
	uint64_t most = dv_page_size(q) < RUNS_A_PAGE ? dv_page_size(q) : RUNS_A_PAGE;
	struct paging page = paging_of(q, most, UINT32_MAX);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	dv_headers(q);
	json_set_str(&q->mem, out, "@odata.context", dv_context(q, e, "flowruns"));
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->kind > FLOW_AGENT || !flow_visible(q, f))
			continue;
		flow_make_runs(f);
		for (unsigned i = 0; i < f->run_count && seen <= page.from + page.size; i++) {
			struct filter_row row = { history_run_field, NULL,
						  &(struct run_row){ q, f, &f->runs[i] } };
			struct json *shape;

			if (!filter_matches(filter, &row) || seen++ < page.from ||
			    seen > page.from + page.size)
				continue;
			shape = run_shape_row(q, f, &f->runs[i]);
			select_members(q, shape);
			json_push(list, shape);
		}
	}
	if (seen > page.from + page.size && !top.p)
		json_set_str(&q->mem, out, "@odata.nextLink",
			     paging_link(q, LINK_DATAVERSE, page.from + page.size));
	answer_json(q, 200, out);
}

/* ---- solutions, references, people ---- */

static void solutions_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->solution_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->solution_count; i++) {
		if (q->tenant->solutions[i].env != e)
			continue;
		rows[count] = solution_row(q, &q->tenant->solutions[i]);
		/* The publisher comes only when it is expanded. */
		if (!request_query(q, "$expand").p)
			json_take(rows[count], "publisherid");
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, "solutions", rows, count);
}

static void components_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	size_t room = q->tenant->flow_count + q->tenant->reference_count + 1, count = 0;
	struct json **rows = arena_array(&q->mem, room, sizeof(*rows));
	struct filter *filter;

	if (!e || !dv_filter(q, &filter))
		return;
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);
		char id[37];

		if (f->env != e || !f->solution || f->deleted)
			continue;
		prng_guid(prng_mix(f->seed, prng_hash(S("component"))), id);
		rows[count] = emit_json(&q->mem,
					"{'solutioncomponentid':'%s','componenttype':29,'objectid':'%s',"
					"'_solutionid_value':'%s','rootcomponentbehavior':0}",
					id, f->workflow, f->solution->id);
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	for (unsigned i = 0; i < q->tenant->reference_count; i++) {
		const struct reference *r = &q->tenant->references[i];
		char id[37];

		if (r->env != e || !r->solution)
			continue;
		prng_guid(prng_mix(prng_hash(str_from(r->id)), 1), id);
		rows[count] = emit_json(&q->mem,
					"{'solutioncomponentid':'%s','componenttype':10163,'objectid':"
					"'%s','_solutionid_value':'%s','rootcomponentbehavior':0}",
					id, r->id, r->solution->id);
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, "solutioncomponents", rows, count);
}

static void references_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->reference_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->reference_count; i++) {
		if (q->tenant->references[i].env != e)
			continue;
		rows[count] = reference_row(q, &q->tenant->references[i]);
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, "connectionreferences", rows, count);
}

static struct reference *need_reference(struct request *q, const struct environment *e)
{
	for (unsigned i = 0; i < q->tenant->reference_count; i++)
		if (q->tenant->references[i].env == e &&
		    str_eq_nocase(q->capture[0], str_from(q->tenant->references[i].id)))
			return &q->tenant->references[i];
	answer_error(q, SE_DV_NOT_FOUND, "connectionreference", str_c(&q->mem, q->capture[0]), NULL);
	return NULL;
}

static void reference_get(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct reference *r = e ? need_reference(q, e) : NULL;

	if (r)
		dv_answer_row(q, e, "connectionreferences", reference_row(q, r), 200);
}

/* Every flow that hangs on it uses the other connection from now on. */
static void rebind(struct tenant *t, const struct reference *r)
{
	LIST_EACH(node, &t->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);
		struct version *v = f->env == r->env && *f->workflow ? flow_current(f) : NULL;

		JSON_EACH(one, v ? v->references : NULL) {
			if (!str_eq_nocase(json_get_str(one, "connectionReferenceLogicalName"),
					   str_from(r->logical)))
				continue;
			if (r->connection)
				json_set_z(&v->mem, one, "connectionName", r->connection->name);
			else
				json_take(one, "connectionName");
		}
	}
}

/* Solutions bring references along; makers add their own. */
static void reference_create(struct request *q)
{
	struct environment *e = dv_writable(q, "connectionreference");
	const struct json *body = e ? request_json(q) : NULL;
	struct str api = json_get_str(body, "connectorid"), name = json_get_str(body, "connectionid");
	struct str logical = json_get_str(body, "connectionreferencelogicalname");
	struct connection *c = e && name.n ? tenant_connection(q->tenant, e, name) : NULL;
	struct reference *r;

	if (!e)
		return;
	while (str_find_char(api, '/') >= 0)
		api = str_from_at(api, (size_t)str_find_char(api, '/') + 1);
	if (!logical.n || !tenant_connector(q->tenant, api) || (name.n && !c)) {
		answer_error(q, SE_DV_NOT_FOUND, name.n && !c ? "connection" : "connector",
			     str_c(&q->mem, name.n && !c ? name : api), NULL);
		return;
	}
	r = tenant_reference_new(q->tenant, e, tenant_connector(q->tenant, api), logical);
	if (!r) {
		answer_error(q, SE_INTERNAL, NULL, NULL, NULL);
		return;
	}
	r->connection = c;
	if (json_get(body, "connectionreferencedisplayname"))
		r->title = str_c(&q->tenant->mem,
				 json_get_str(body, "connectionreferencedisplayname"));
	dv_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", dv_link(q, e, "connectionreferences", r->id));
}

static void reference_update(struct request *q)
{
	struct environment *e = dv_writable(q, "connectionreference");
	struct reference *r = e ? need_reference(q, e) : NULL;
	const struct json *body = r ? request_json(q) : NULL;
	struct str name = json_get_str(body, "connectionid");
	struct connection *c = r ? tenant_connection(q->tenant, e, name) : NULL;

	if (!r)
		return;
	if (name.n && (!c || c->api != r->api)) {
		answer_error(q, SE_DV_NOT_FOUND, "connection", str_c(&q->mem, name), NULL);
		return;
	}
	if (c && c->owner != q->caller.user && !connection_shared(q, c)) {
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     c->api->name);
		return;
	}
	r->connection = c;
	rebind(q->tenant, r);
	dv_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", dv_link(q, e, "connectionreferences", r->id));
}

static struct json *team_row(struct request *q, const struct environment *e, const struct user *u)
{
	char id[37];

	system_user_id(e, u, id);
	return emit_json(&q->mem,
			 "{'teamid':'%s','name':'%s','emailaddress':'%s','teamtype':0,"
			 "'azureactivedirectoryobjectid':'%s','_businessunitid_value':'%s'}",
			 id, u->name, u->upn, u->id, e->org_id);
}

static void list_principals(struct request *q, bool teams)
{
	struct environment *e = dv_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->user_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->user_count; i++) {
		const struct user *u = &q->tenant->users[i];
		bool team = !strcmp(u->kind, "Group");

		if (team != teams)
			continue;
		rows[count] = team ? team_row(q, e, u) : system_user_row(q, e, u);
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, teams ? "teams" : "systemusers", rows, count);
}

static void users_list(struct request *q)
{
	list_principals(q, false);
}

static void teams_list(struct request *q)
{
	list_principals(q, true);
}

static void who_am_i(struct request *q)
{
	struct environment *e = dv_organization(q);
	char id[37];

	if (!e)
		return;
	dv_headers(q);
	system_user_id(e, q->caller.user, id);
	emit(answer_begin(q, 200),
	     "{'@odata.context':'%S/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse',"
	     "'BusinessUnitId':'%s','UserId':'%s','OrganizationId':'%s'}",
	     organization_origin(q, e), e->org_id, id, e->org_id);
}

/* ---- actions ---- */

static void add_component(struct request *q)
{
	struct environment *e = dv_writable(q, "solutioncomponent");
	const struct json *body = e ? request_json(q) : NULL;
	struct solution *s =
		e ? tenant_solution(q->tenant, e, json_get_str(body, "SolutionUniqueName")) : NULL;
	struct flow *f = e ? tenant_flow(q->tenant, e, json_get_str(body, "ComponentId")) : NULL;

	if (!e)
		return;
	if (!s || !f || !*f->workflow) {
		answer_error(q, SE_DV_NOT_FOUND, s ? "workflow" : "solution",
			     json_get_z(body, s ? "ComponentId" : "SolutionUniqueName"), NULL);
		return;
	}
	f->solution = s;
	dv_headers(q);
	emit(answer_begin(q, 200), "{'@odata.context':'%S/api/data/v9.2/$metadata#Microsoft.Dynamics."
				   "CRM.AddSolutionComponentResponse','id':'%s'}",
	     organization_origin(q, e), f->workflow);
}

/* PublishXml names what it publishes; PublishAllXml names nothing. */
static void publish(struct request *q)
{
	struct environment *e = dv_writable(q, "workflow");
	struct str xml = json_get_str(request_json(q), "ParameterXml");
	struct save_error error;

	if (!e)
		return;
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->deleted || !may_change(q, f) ||
		    (f->solution && f->solution->managed) ||
		    (xml.n && !str_contains_nocase(xml, str_from(f->workflow))))
			continue;
		if (!save_publish(q, f, &error)) {
			answer_error(q, SE_DV_FLOW_ERROR, error.code,
				     str_c(&q->mem, emit_str(&q->mem, "%S", error.message)), NULL);
			return;
		}
	}
	dv_headers(q);
	answer_empty(q, 204);
}

/* The history of versions: learn.microsoft.com/power-automate/drafts-versioning, kept in the table
 * componentversion.  Its columns are those of Dataverse's reference where that names them. */
static void versions_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct json **rows;
	struct filter *filter;
	size_t count = 0, room = 1;

	if (!e || !dv_filter(q, &filter))
		return;
	LIST_EACH(node, &q->tenant->flows)
		room += LIST_ITEM(node, struct flow, node)->version_count;
	rows = arena_array(&q->mem, room, sizeof(*rows));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->deleted || !flow_visible(q, f))
			continue;
		for (unsigned i = f->version_count; i-- > 0;) {
			rows[count] = component_version_row(q, f, i);
			if (dv_keeps(filter, rows[count]))
				count++;
		}
	}
	dv_answer_rows(q, e, "componentversions", rows, count);
}

static struct user *granted(struct request *q, const struct environment *e, const struct json *body,
			    struct flow **f)
{
	struct str who = json_str(json_at(body, "/PrincipalAccess/Principal/systemuserid"));

	if (!who.n)
		who = json_str(json_at(body, "/Revokee/systemuserid"));
	*f = tenant_flow(q->tenant, e, json_str(json_at(body, "/Target/workflowid")));
	for (unsigned i = 0; *f && i < q->tenant->user_count; i++) {
		char id[37];

		system_user_id(e, &q->tenant->users[i], id);
		if (str_eq_nocase(who, str_from(id)))
			return &q->tenant->users[i];
	}
	answer_error(q, SE_DV_NOT_FOUND, *f ? "systemuser" : "workflow", str_c(&q->mem, who), NULL);
	return NULL;
}

static void change_access(struct request *q, bool grant)
{
	struct environment *e = dv_writable(q, "workflow");
	const struct json *body = e ? request_json(q) : NULL;
	struct flow *f = NULL;
	struct user *u = e ? granted(q, e, body, &f) : NULL;
	struct str mask = json_str(json_at(body, "/PrincipalAccess/AccessMask"));
	unsigned i = 0;

	if (!u || !dv_may_change(q, f))
		return;
	while (i < f->share_count && f->shares[i].user != u)
		i++;
	if (!grant && i < f->share_count)
		f->shares[i] = f->shares[--f->share_count];
	else if (grant && i < FLOW_SHARES)
		f->shares[i] = (struct share){
			u, str_find(mask, S("WriteAccess")) >= 0 ? "CanEdit" : "CanView"
		};
	if (grant && i == f->share_count && i < FLOW_SHARES)
		f->share_count++;
	dv_headers(q);
	answer_empty(q, 204);
}

static void grant_access(struct request *q)
{
	change_access(q, true);
}

static void revoke_access(struct request *q)
{
	change_access(q, false);
}

static const struct route rows[] = {
	DV_ROW("GET", "/flowruns", flow_runs_list, 0),
	DV_ROW("GET", "/solutions", solutions_list, 0),
	DV_ROW("GET", "/solutioncomponents", components_list, 0),
	DV_ROW("GET", "/connectionreferences", references_list, 0),
	DV_ROW("POST", "/connectionreferences", reference_create, 0),
	DV_ROW("GET", "/connectionreferences({C})", reference_get, 0),
	DV_ROW("PATCH", "/connectionreferences({C})", reference_update, 0),
	DV_ROW("GET", "/systemusers", users_list, 0),
	DV_ROW("GET", "/WhoAmI", who_am_i, 0),
	DV_ROW("GET", "/WhoAmI()", who_am_i, 0),
	DV_ROW("GET", "/componentversions", versions_list, 0),
	DV_ROW("GET", "/teams", teams_list, 0),
	DV_ROW("POST", "/AddSolutionComponent", add_component, 0),
	DV_ROW("POST", "/PublishXml", publish, 0),
	DV_ROW("POST", "/PublishAllXml", publish, 0),
	DV_ROW("POST", "/GrantAccess", grant_access, 0),
	DV_ROW("POST", "/ModifyAccess", grant_access, 0),
	DV_ROW("POST", "/RevokeAccess", revoke_access, 0),
};

const struct route_table dataverse_more_routes = { rows, sizeof(rows) / sizeof(*rows) };
