/*
 * dataverse.c - the Web API of the organisations: flows as rows, their runs, solutions, references.
 *
 * Knows OData as Dataverse speaks it; the rows come from dvrows.c.
 */
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/dvrows.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

enum { ROWS_A_PAGE = 5000, RUNS_A_PAGE = 250 };

static struct environment *need_organization(struct request *q)
{
	struct str name = q->host;
	ptrdiff_t dot = str_find_char(name, '.');
	struct environment *e;

	/* On plain localhost the token says which organisation is meant. */
	if (dot < 0) {
		name = str_from_at(q->caller.audience, 8);
		dot = str_find_char(name, '.');
	}
	e = dot > 0 ? tenant_organization(q->tenant, str_first(name, (size_t)dot)) : NULL;
	if (e && may_use(q, e))
		return e;
	answer_error(q, SE_DV_PRIVILEGE, q->caller.user->id, "prvReadWorkflow", "workflow");
	return NULL;
}

static struct str context_of(struct request *q, const struct environment *e, const char *set)
{
	struct str select = request_query(q, "$select");

	return str_fmt(&q->mem, "%.*s/api/data/v9.2/$metadata#%s%s%.*s%s",
		       STR_ARG(organization_origin(q, e)), set, select.n ? "(" : "",
		       STR_ARG(select), select.n ? ")" : "");
}

static bool prefers(struct request *q, const char *what)
{
	struct str p = request_header(q, "Prefer");

	return p.p && str_contains_nocase(p, str_from(what));
}

static void answer_headers(struct request *q)
{
	answer_header(q, "OData-Version", S("4.0"));
	answer_header(q, "x-ms-ratelimit-burst-remaining-xrm-requests", S("7994"));
	answer_header(q, "x-ms-ratelimit-time-remaining-xrm-requests", S("1,151.70"));
	answer_header(q, "x-ms-dop-hint", S("48"));
}

/* ---- a table of rows ---- */

static struct str row_field(void *arg, struct str field)
{
	const struct json *v = json_get_n(arg, field);

	/* Lookups may be named by their navigation property. */
	if (!v && str_ends_nocase(field, S("/workflowid")))
		v = json_get(arg, "workflowid");
	switch (json_type(v)) {
	case JSON_STRING:
		return json_str(v);
	case JSON_NUMBER:
		return json_number_text(v);
	case JSON_BOOL:
		return json_is_true(v) ? S("true") : S("false");
	default:
		return (struct str){ NULL, 0 };
	}
}

static struct str order_field;
static bool order_down;

static int order(const void *x, const void *y)
{
	struct json *const *a = x, *const *b = y;
	int c = str_cmp(row_field(*a, order_field), row_field(*b, order_field));

	return order_down ? -c : c;
}

static void sort_rows(struct request *q, struct json **rows, size_t count)
{
	struct str by = request_query(q, "$orderby");

	if (!by.n)
		return;
	str_cut(&by, ' ', &order_field);
	order_down = by.p && str_starts_nocase(by, S("desc"));
	qsort(rows, count, sizeof(*rows), order);
}

static uint64_t page_size(struct request *q)
{
	struct str p = request_header(q, "Prefer");
	ptrdiff_t at = p.p ? str_find(p, S("odata.maxpagesize=")) : -1;
	uint64_t n = 0;
	struct str digits;
	size_t end = 0;

	if (at < 0)
		return ROWS_A_PAGE;
	digits = str_from_at(p, (size_t)at + 18);
	while (end < digits.n && digits.p[end] >= '0' && digits.p[end] <= '9')
		end++;
	return str_to_u64(str_first(digits, end), &n) && n ? n : ROWS_A_PAGE;
}

static void answer_rows(struct request *q, const struct environment *e, const char *set,
			struct json **rows, size_t count)
{
	struct str top = request_query(q, "$top");
	struct json *out = json_new_object(&q->mem), *list;
	struct paging page = paging_of(q, page_size(q), UINT32_MAX);
	uint64_t most = UINT64_MAX;
	bool notes = prefers(q, "include-annotations");

	/* $top is an end here, not a page size. */
	if (top.p && str_to_u64(top, &most))
		page.size = most;
	sort_rows(q, rows, count);
	answer_headers(q);
	json_set_str(&q->mem, out, "@odata.context", context_of(q, e, set));
	if (str_eq(request_query(q, "$count"), S("true")))
		json_set_int(&q->mem, out, "@odata.count", (int64_t)count);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (uint64_t i = page.from; i < count && i < page.from + page.size; i++) {
		if (notes)
			annotate_row(q, rows[i]);
		select_members(q, rows[i]);
		json_push(list, rows[i]);
	}
	if (page.from + page.size < count && most == UINT64_MAX)
		json_set_str(&q->mem, out, "@odata.nextLink",
			     paging_link(q, LINK_DATAVERSE, page.from + page.size));
	if (notes)
		answer_header(q, "Preference-Applied", S("odata.include-annotations=\"*\""));
	answer_json(q, 200, out);
}

static bool read_filter(struct request *q, struct filter **f)
{
	struct str text = request_query(q, "$filter");
	bool ok;

	*f = filter_parse(&q->mem, text, &ok);
	if (!ok)
		answer_error(q, SE_DV_SYNTAX, "0", str_c(&q->mem, text), NULL);
	return ok;
}

static bool keep(const struct filter *f, struct json *row)
{
	struct filter_row r = { row_field, NULL, row };

	return filter_matches(f, &r);
}

/* ---- workflows ---- */

static void workflows_list(struct request *q)
{
	struct environment *e = need_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->flow_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !read_filter(q, &filter))
		return;
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->deleted || !flow_visible(q, f))
			continue;
		rows[count] = workflow_row(q, f);
		if (keep(filter, rows[count]))
			count++;
	}
	answer_rows(q, e, "workflows", rows, count);
}

static struct flow *need_workflow(struct request *q, struct environment *e)
{
	struct flow *f = tenant_flow(q->tenant, e, q->capture[0]);

	if (f && *f->workflow && !f->deleted && flow_visible(q, f))
		return f;
	answer_error(q, SE_DV_NOT_FOUND, "workflow", str_c(&q->mem, q->capture[0]), NULL);
	return NULL;
}

static void answer_row(struct request *q, const struct environment *e, const char *set,
		       struct json *row, unsigned status)
{
	struct json *out = json_new_object(&q->mem);

	answer_headers(q);
	if (prefers(q, "include-annotations"))
		annotate_row(q, row);
	select_members(q, row);
	json_set_str(&q->mem, out, "@odata.context",
		     str_fmt(&q->mem, "%.*s/$entity", STR_ARG(context_of(q, e, set))));
	JSON_EACH(m, row)
		json_add_n(&q->mem, out, json_name(m), json_copy(&q->mem, m));
	answer_json(q, status, out);
}

static void workflow_get(struct request *q)
{
	struct environment *e = need_organization(q);
	struct flow *f = e ? need_workflow(q, e) : NULL;

	if (f)
		answer_row(q, e, "workflows", workflow_row(q, f), 200);
}

static void refuse_save(struct request *q, const struct save_error *error)
{
	struct str inner = emit_str(&q->mem, "%S", error->message);

	answer_headers(q);
	answer_error(q, SE_DV_FLOW_ERROR, error->code, str_c(&q->mem, inner), NULL);
}

/* Takes the columns of a body over; false with the answer set. */
static bool apply(struct request *q, struct flow *f, const struct json *body)
{
	struct str text = json_get_str(body, "clientdata");
	struct str owner = json_get_str(body, "ownerid@odata.bind");
	const struct json *state = json_get(body, "statecode");
	struct save_error error;

	if (text.n) {
		const struct json *data = json_parse(&q->mem, text, JSON_ANSWER, NULL);
		const struct json *p = json_get(data, "properties");
		struct json *references = clientdata_references(q, f->env, p);

		if (!save_check(q, f->env, json_get(p, "definition"), references, &error)) {
			refuse_save(q, &error);
			return false;
		}
		flow_save(f, json_get(p, "definition"), references);
	}
	if (json_get(body, "name"))
		flow_rename(f, json_get_str(body, "name"));
	if (state)
		f->state = json_int(state, 0) == 1 ? FLOW_STARTED : FLOW_STOPPED;
	for (unsigned i = 0; owner.n && i < q->tenant->user_count; i++) {
		char id[37];

		system_user_id(f->env, &q->tenant->users[i], id);
		if (str_find(owner, str_from(id)) >= 0)
			f->owner = &q->tenant->users[i];
	}
	f->modified = clock_now();
	f->etag++;
	return true;
}

static struct str entity_link(struct request *q, const struct environment *e, const char *set,
			      const char *id)
{
	return str_fmt(&q->mem, "%.*s/api/data/v9.2/%s(%s)", STR_ARG(organization_origin(q, e)), set,
		       id);
}

static void create_workflow(struct request *q, struct environment *e, struct str id)
{
	const struct json *body = request_json(q);
	struct str solution = request_header(q, "MSCRM.SolutionUniqueName");
	struct flow *f;

	if (!json_is(body, JSON_OBJECT) || !json_get(body, "name")) {
		answer_error(q, SE_DV_SYNTAX, "0", "the body", NULL);
		return;
	}
	if (!tenant_make_room(q->tenant)) {
		answer_error(q, SE_INTERNAL, NULL, NULL, NULL);
		return;
	}
	f = flow_new(q->tenant, e, q->caller.user, json_get_str(body, "name"));
	f->state = FLOW_STOPPED;
	prng_guid(prng_mix(f->seed, prng_hash(S("row"))), f->workflow);
	if (id.n == 36)
		memcpy(f->workflow, id.p, 36);
	f->solution = solution.p ? tenant_solution(q->tenant, e, solution) : NULL;
	if (!apply(q, f, body)) {
		flow_free(q->tenant, f);
		return;
	}
	if (prefers(q, "return=representation")) {
		answer_header(q, "Preference-Applied", S("return=representation"));
		answer_row(q, e, "workflows", workflow_row(q, f), 201);
		return;
	}
	answer_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", entity_link(q, e, "workflows", f->workflow));
	answer_header(q, "Location", entity_link(q, e, "workflows", f->workflow));
}

static void workflow_create(struct request *q)
{
	struct environment *e = need_organization(q);

	if (e)
		create_workflow(q, e, S(""));
}

static bool owns(struct request *q, const struct flow *f)
{
	if (f->owner == q->caller.user || q->caller.admin || flow_shared_with(f, q->caller.user))
		return true;
	answer_error(q, SE_DV_PRIVILEGE, q->caller.user->id, "prvWriteWorkflow", "workflow");
	return false;
}

static void workflow_update(struct request *q)
{
	struct environment *e = need_organization(q);
	struct str match = request_header(q, "If-Match");
	struct flow *f = e ? tenant_flow(q->tenant, e, q->capture[0]) : NULL;
	struct str etag = f ? str_fmt(&q->mem, "W/\"%llu\"", (unsigned long long)f->etag) : S("");

	if (!e)
		return;
	if (!f || !*f->workflow || f->deleted) {
		/* A PATCH without If-Match makes the row, as OData's upsert does. */
		if (match.p)
			need_workflow(q, e);
		else
			create_workflow(q, e, q->capture[0]);
		return;
	}
	if (!owns(q, f))
		return;
	if (match.p && !str_eq(match, S("*")) && !str_eq(match, etag)) {
		emit(answer_begin(q, 412),
		     "{'error':{'code':'0x80060882','message':'The version of the existing record "
		     "doesn\\u0027t match the RowVersion property provided.'}}");
		return;
	}
	if (!apply(q, f, request_json(q)))
		return;
	answer_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", entity_link(q, e, "workflows", f->workflow));
}

static void workflow_delete(struct request *q)
{
	struct environment *e = need_organization(q);
	struct flow *f = e ? need_workflow(q, e) : NULL;

	if (!f || !owns(q, f))
		return;
	f->deleted = true;
	answer_headers(q);
	answer_empty(q, 204);
}

static void shared_principals(struct request *q)
{
	struct environment *e = need_organization(q);
	struct flow *f = e ? need_workflow(q, e) : NULL;
	struct json *out, *list;

	if (!f)
		return;
	answer_headers(q);
	out = emit_json(&q->mem,
			"{'@odata.context':'%S/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM."
			"RetrieveSharedPrincipalsAndAccessResponse','PrincipalAccesses':[]}",
			organization_origin(q, e));
	list = json_get(out, "PrincipalAccesses");
	for (unsigned i = 0; i < f->share_count; i++) {
		char id[37];

		system_user_id(e, f->shares[i].user, id);
		json_push(list,
			  emit_json(&q->mem,
				    "{'AccessMask':'%s','Principal':{'@odata.type':"
				    "'#Microsoft.Dynamics.CRM.systemuser','ownerid':'%s'}}",
				    !strcmp(f->shares[i].role, "CanEdit") ?
					    "ReadAccess, WriteAccess, AppendAccess, AppendToAccess, "
					    "ShareAccess" :
					    "ReadAccess",
				    id));
	}
	answer_json(q, 200, out);
}

/* ---- flow runs ---- */

struct run_row {
	struct request *q;
	struct flow *f;
	struct run *r;
};

static struct str run_field(void *arg, struct str field)
{
	struct run_row *row = arg;
	char text[CLOCK_TEXT];
	struct arena work;
	enum run_status s;

	if (str_eq_nocase(field, S("_workflow_value")) || str_eq_nocase(field, S("workflowid")))
		return str_from(row->f->workflow);
	if (str_eq_nocase(field, S("name")))
		return str_from(row->r->name);
	if (str_eq_nocase(field, S("starttime"))) {
		clock_text(row->r->start, text);
		return str_dup(&row->q->mem, str_from(text));
	}
	if (!str_eq_nocase(field, S("status")))
		return (struct str){ NULL, 0 };
	arena_init(&work, TENANT_REQUEST);
	work.out = row->q->mem.out;
	s = play_status(&work, row->f, row->r);
	arena_release(&work);
	return str_from(run_status_name(s));
}

static struct json *run_shape_row(struct request *q, struct flow *f, struct run *r)
{
	struct played *p = play_run(&q->mem, f, r);
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
	struct environment *e = need_organization(q);
	struct filter *filter;
	struct str top = request_query(q, "$top");
	struct paging page = paging_of(q, page_size(q) < RUNS_A_PAGE ? page_size(q) : RUNS_A_PAGE,
				       UINT32_MAX);
	struct json *out = json_new_object(&q->mem), *list;
	uint64_t seen = 0;

	if (!e || !read_filter(q, &filter))
		return;
	answer_headers(q);
	json_set_str(&q->mem, out, "@odata.context", context_of(q, e, "flowruns"));
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->kind > FLOW_AGENT || !flow_visible(q, f))
			continue;
		flow_make_runs(f);
		for (unsigned i = 0; i < f->run_count && seen <= page.from + page.size; i++) {
			struct filter_row row = { run_field, NULL,
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
	struct environment *e = need_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->solution_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !read_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->solution_count; i++) {
		if (q->tenant->solutions[i].env != e)
			continue;
		rows[count] = solution_row(q, &q->tenant->solutions[i]);
		/* The publisher comes only when it is expanded. */
		if (!request_query(q, "$expand").p)
			json_take(rows[count], "publisherid");
		if (keep(filter, rows[count]))
			count++;
	}
	answer_rows(q, e, "solutions", rows, count);
}

static void components_list(struct request *q)
{
	struct environment *e = need_organization(q);
	size_t room = q->tenant->flow_count + q->tenant->reference_count + 1, count = 0;
	struct json **rows = arena_array(&q->mem, room, sizeof(*rows));
	struct filter *filter;

	if (!e || !read_filter(q, &filter))
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
		if (keep(filter, rows[count]))
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
		if (keep(filter, rows[count]))
			count++;
	}
	answer_rows(q, e, "solutioncomponents", rows, count);
}

static void references_list(struct request *q)
{
	struct environment *e = need_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->reference_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !read_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->reference_count; i++) {
		if (q->tenant->references[i].env != e)
			continue;
		rows[count] = reference_row(q, &q->tenant->references[i]);
		if (keep(filter, rows[count]))
			count++;
	}
	answer_rows(q, e, "connectionreferences", rows, count);
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
	struct environment *e = need_organization(q);
	struct reference *r = e ? need_reference(q, e) : NULL;

	if (r)
		answer_row(q, e, "connectionreferences", reference_row(q, r), 200);
}

static void reference_update(struct request *q)
{
	struct environment *e = need_organization(q);
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
	r->connection = c;
	answer_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", entity_link(q, e, "connectionreferences", r->id));
}

static void users_list(struct request *q)
{
	struct environment *e = need_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->user_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !read_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->user_count; i++) {
		rows[count] = system_user_row(q, e, &q->tenant->users[i]);
		if (keep(filter, rows[count]))
			count++;
	}
	answer_rows(q, e, "systemusers", rows, count);
}

static void who_am_i(struct request *q)
{
	struct environment *e = need_organization(q);
	char id[37];

	if (!e)
		return;
	answer_headers(q);
	system_user_id(e, q->caller.user, id);
	emit(answer_begin(q, 200),
	     "{'@odata.context':'%S/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse',"
	     "'BusinessUnitId':'%s','UserId':'%s','OrganizationId':'%s'}",
	     organization_origin(q, e), e->org_id, id, e->org_id);
}

/* ---- actions ---- */

static void add_component(struct request *q)
{
	struct environment *e = need_organization(q);
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
	answer_headers(q);
	emit(answer_begin(q, 200), "{'@odata.context':'%S/api/data/v9.2/$metadata#Microsoft.Dynamics."
				   "CRM.AddSolutionComponentResponse','id':'%s'}",
	     organization_origin(q, e), f->workflow);
}

static void publish(struct request *q)
{
	struct environment *e = need_organization(q);

	if (!e)
		return;
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env == e && f->owner == q->caller.user)
			f->draft_only = false;
	}
	answer_headers(q);
	answer_empty(q, 204);
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
	struct environment *e = need_organization(q);
	const struct json *body = e ? request_json(q) : NULL;
	struct flow *f = NULL;
	struct user *u = e ? granted(q, e, body, &f) : NULL;
	struct str mask = json_str(json_at(body, "/PrincipalAccess/AccessMask"));
	unsigned i = 0;

	if (!u || !owns(q, f))
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
	answer_headers(q);
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

/* Both versions in use are served alike. */
#define ROW(method, path, handler, flags)                                                          \
	{ FACE_DATAVERSE, method, "/api/data/v9.2" path, handler, flags },                         \
	{ FACE_DATAVERSE, method, "/api/data/v9.1" path, handler, flags }

static const struct route rows[] = {
	ROW("GET", "/workflows", workflows_list, 0),
	ROW("POST", "/workflows", workflow_create, 0),
	ROW("GET", "/workflows({W})", workflow_get, 0),
	ROW("PATCH", "/workflows({W})", workflow_update, 0),
	ROW("DELETE", "/workflows({W})", workflow_delete, 0),
	ROW("GET", "/workflows({W})/Microsoft.Dynamics.CRM.RetrieveSharedPrincipalsAndAccess()",
	    shared_principals, 0),
	ROW("GET", "/flowruns", flow_runs_list, 0),
	ROW("GET", "/solutions", solutions_list, 0),
	ROW("GET", "/solutioncomponents", components_list, 0),
	ROW("GET", "/connectionreferences", references_list, 0),
	ROW("GET", "/connectionreferences({C})", reference_get, 0),
	ROW("PATCH", "/connectionreferences({C})", reference_update, 0),
	ROW("GET", "/systemusers", users_list, 0),
	ROW("GET", "/WhoAmI", who_am_i, 0),
	ROW("GET", "/WhoAmI()", who_am_i, 0),
	ROW("POST", "/AddSolutionComponent", add_component, 0),
	ROW("POST", "/PublishXml", publish, 0),
	ROW("POST", "/PublishAllXml", publish, 0),
	ROW("POST", "/GrantAccess", grant_access, 0),
	ROW("POST", "/ModifyAccess", grant_access, 0),
	ROW("POST", "/RevokeAccess", revoke_access, 0),
};

const struct route_table dataverse_routes = { rows, sizeof(rows) / sizeof(*rows) };
