/*
 * dataverse.c - flows as rows of the table workflow: read, made, changed, deleted, shared.
 */
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/dvtable.h"
#include "tenant/emit.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

static void workflows_list(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct json **rows = arena_array(&q->mem, q->tenant->flow_count + 1, sizeof(*rows));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	LIST_EACH(node, &q->tenant->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env != e || !*f->workflow || f->deleted || !flow_visible(q, f))
			continue;
		rows[count] = workflow_row(q, f);
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, "workflows", rows, count);
}

static void answer_workflow(struct request *q, const struct environment *e, struct flow *f,
			    const struct flow_view *view)
{
	q->view = view;
	dv_answer_row(q, e, "workflows", workflow_row(q, f), 200);
	q->view = NULL;
}

static void workflow_get(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct flow *f = e ? dv_workflow(q, e) : NULL;

	if (f)
		answer_workflow(q, e, f, flow_past(f));
}

/* The newest version, a draft if there is one. */
static void retrieve_unpublished(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct flow *f = e ? dv_workflow(q, e) : NULL;
	struct flow_view view;

	if (!f)
		return;
	if (f->draft)
		view = (struct flow_view){ .version = f->draft, .name = f->name, .state = f->state,
				      .modified = f->draft->at };
	answer_workflow(q, e, f, f->draft ? &view : NULL);
}

static void refuse_save(struct request *q, const struct save_error *error)
{
	struct str inner = emit_str(&q->mem, "%S", error->message);

	dv_headers(q);
	if (error->xrm)
		emit(answer_begin(q, error->status), "{'error':{'code':'%s','message':'%S'}}",
		     error->code, error->message);
	else
		answer_error(q, SE_DV_FLOW_ERROR, error->code, str_c(&q->mem, inner), NULL);
}

/* ---- what a body changes ---- */

static bool save_clientdata(struct request *q, struct flow *f, struct str text)
{
	const struct json *data = json_parse(&q->mem, text, JSON_ANSWER, NULL);
	const struct json *p = json_get(data, "properties");
	struct json *references = clientdata_references(q, f->env, p);
	struct save_error error;

	if (!save_check(q, f->env, NULL, json_get(p, "definition"), references, &error)) {
		refuse_save(q, &error);
		return false;
	}
	if (!quirk_take(&f->quirks.lost_saves))
		flow_save(f, q->caller.user, json_get(p, "definition"), references);
	return true;
}

/* Activation asks for a connection behind every reference, and for a published flow. */
static bool may_activate(struct request *q, struct flow *f)
{
	struct save_error error = { .status = 400 };

	if (f->draft_only) {
		error.code = "CannotStartUnpublishedSolutionFlow";
		error.message = S("An unpublished solution flow cannot be activated. Please publish the "
				  "flow and try again.");
	}
	JSON_EACH(r, flow_current(f)->references) {
		if (json_get_str(r, "connectionName").n ||
		    str_eq(json_get_str(r, "source"), S("Invoker")))
			continue;
		error.code = "XrmConnectionReferenceMissingConnection";
		error.message = str_fmt(&q->mem,
					"Connection Id missing for connection reference logical name "
					"'%s'.",
					json_get_z(r, "connectionReferenceLogicalName"));
	}
	if (error.code)
		refuse_save(q, &error);
	return !error.code;
}

/* Clients report that activating may give the flow another id on the flow host. */
static void new_id(struct flow *f)
{
	if (knobs.activation_changes_id)
		prng_guid(prng_mix(prng_hash(str_from(f->id)), prng_hash(S("activated"))), f->id);
}

static bool switch_row(struct request *q, struct flow *f, bool on)
{
	if (on && !may_activate(q, f))
		return false;
	if (on && f->state != FLOW_STARTED)
		new_id(f);
	f->state = on ? FLOW_STARTED : FLOW_STOPPED;
	return true;
}

/* Takes the columns of a body over; false with the answer set. */
static bool apply(struct request *q, struct flow *f, const struct json *body)
{
	struct str text = json_get_str(body, "clientdata");
	struct str owner = json_get_str(body, "ownerid@odata.bind");
	const struct json *state = json_get(body, "statecode");
	struct save_error error;

	if ((text.n || json_get(body, "name")) && !save_managed(f, &error)) {
		refuse_save(q, &error);
		return false;
	}
	flow_remember(f);
	if (text.n && !save_clientdata(q, f, text))
		return false;
	if (json_get(body, "name"))
		flow_rename(f, json_get_str(body, "name"));
	if (state && !switch_row(q, f, json_int(state, 0) == 1))
		return false;
	for (unsigned i = 0; owner.n && i < q->tenant->user_count; i++) {
		char id[37];

		system_user_id(f->env, &q->tenant->users[i], id);
		if (str_find(owner, str_from(id)) >= 0)
			f->owner = &q->tenant->users[i];
	}
	f->modified = clock_now();
	f->modified_by = q->caller.user;
	f->etag++;
	if (text.n)
		save_suspend(q, f);
	return true;
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
	if (f->solution && f->solution->managed)
		f->solution = NULL; /* into the default solution */
	if (!apply(q, f, body)) {
		flow_free(q->tenant, f);
		return;
	}
	if (dv_prefers(q, "return=representation")) {
		answer_header(q, "Preference-Applied", S("return=representation"));
		dv_answer_row(q, e, "workflows", workflow_row(q, f), 201);
		return;
	}
	dv_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", dv_link(q, e, "workflows", f->workflow));
	answer_header(q, "Location", dv_link(q, e, "workflows", f->workflow));
}

static void workflow_create(struct request *q)
{
	struct environment *e = dv_writable(q, "workflow");

	if (e)
		create_workflow(q, e, S(""));
}

static void workflow_update(struct request *q)
{
	struct environment *e = dv_writable(q, "workflow");
	struct str match = request_header(q, "If-Match");
	struct flow *f = e ? tenant_flow(q->tenant, e, q->capture[0]) : NULL;
	struct str etag = f ? str_fmt(&q->mem, "W/\"%llu\"", (unsigned long long)f->etag) : S("");

	if (!e)
		return;
	if (!f || !*f->workflow || f->deleted) {
		/* A PATCH without If-Match makes the row, as OData's upsert does. */
		if (match.p)
			dv_workflow(q, e);
		else
			create_workflow(q, e, q->capture[0]);
		return;
	}
	if (!dv_may_change(q, f))
		return;
	if (match.p && !str_eq(match, S("*")) && !str_eq(match, etag)) {
		emit(answer_begin(q, 412),
		     "{'error':{'code':'0x80060882','message':'The version of the existing record "
		     "doesn\\u0027t match the RowVersion property provided.'}}");
		return;
	}
	if (!apply(q, f, request_json(q)))
		return;
	dv_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", dv_link(q, e, "workflows", f->workflow));
}

static void workflow_delete(struct request *q)
{
	struct environment *e = dv_writable(q, "workflow");
	struct flow *f = e ? dv_workflow(q, e) : NULL;

	if (!f || !dv_may_change(q, f))
		return;
	f->deleted = true;
	f->modified = clock_now();
	dv_headers(q);
	answer_empty(q, 204);
}

static void shared_principals(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct flow *f = e ? dv_workflow(q, e) : NULL;
	struct json *out, *list;

	if (!f)
		return;
	dv_headers(q);
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

static const struct route rows[] = {
	DV_ROW("GET", "/workflows", workflows_list, 0),
	DV_ROW("POST", "/workflows", workflow_create, 0),
	DV_ROW("GET", "/workflows({W})", workflow_get, 0),
	DV_ROW("PATCH", "/workflows({W})", workflow_update, 0),
	DV_ROW("DELETE", "/workflows({W})", workflow_delete, 0),
	DV_ROW("GET", "/workflows({W})/Microsoft.Dynamics.CRM.RetrieveUnpublished()",
	    retrieve_unpublished, 0),
	DV_ROW("GET", "/workflows({W})/Microsoft.Dynamics.CRM.RetrieveSharedPrincipalsAndAccess()",
	    shared_principals, 0),
};

const struct route_table dataverse_routes = { rows, sizeof(rows) / sizeof(*rows) };
