/*
 * run.c - get_live_flow_runs: the runs of a flow, from the first place that answers.
 *
 * Three places know runs: the flow service for owners, its administrator's view, and the table
 * `flowrun` of the organisation (solution flows only).  Sources: recorded answers for the first,
 * Dataverse documentation for the last.
 */
#include "tools/shared.h"
#include "tools/table.h"

enum { MAKER, FALLBACK, WORKFLOW, FLOWRUNS };

/* The service gives at most 100 runs a page; more was never seen. */
enum { LARGEST_PAGE = 100 };

static struct json *keep_run(struct call *c, const struct json *item)
{
	struct json *v;

	if (!json_get_str(item, "name").n || !wanted_status(c, at_str(item, "/properties/status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "name", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "endTime", item, "/properties/endTime");
	put(c, v, "triggerName", item, "/properties/trigger/name");
	put_found(c, v, "triggerCode", item, "/properties/trigger/code");
	put_found(c, v, "code", item, "/properties/code");
	put(c, v, "error", item, "/properties/error");
	return v;
}

/* `errormessage` is JSON in a string, where it is not plain text. */
static void put_row_error(struct call *c, struct json *v, const struct json *row)
{
	struct json *error, *parsed;

	if (!json_get_str(row, "errorcode").n && !json_get_str(row, "errormessage").n) {
		json_set_null(call_arena(c), v, "error");
		return;
	}
	error = json_new_object(call_arena(c));
	put(c, error, "code", row, "/errorcode");
	parsed = json_parse(call_arena(c), json_get_str(row, "errormessage"), JSON_ANSWER, NULL);
	if (json_is(json_at(parsed, "/error/message"), JSON_STRING))
		put(c, error, "message", parsed, "/error/message");
	else if (json_is(json_get(parsed, "message"), JSON_STRING))
		put(c, error, "message", parsed, "/message");
	else
		put(c, error, "message", row, "/errormessage");
	json_set(call_arena(c), v, "error", error);
}

static struct json *keep_row(struct call *c, const struct json *row)
{
	struct json *v;

	if (!wanted_status(c, json_get_str(row, "status")))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "name", row, "/name");
	put(c, v, "status", row, "/status");
	put(c, v, "startTime", row, "/starttime");
	put(c, v, "endTime", row, "/endtime");
	json_set_null(call_arena(c), v, "triggerName");
	put_found(c, v, "triggerType", row, "/triggertype");
	put_row_error(c, v, row);
	return v;
}

/* ---- requests ---- */

/* The same conditions in both services' spelling; "" when there are none. */
static const char *filter_of(struct call *c, const char *start, const char *before)
{
	struct buf b;

	buf_init_in(&b, call_arena(c), 4096);
	buf_addz(&b, before);
	filter_add(&b, "status eq ", arg_z(c, "status"), "'");
	filter_add(&b, arena_printf(call_arena(c), "%s ge ", start), utc_arg(c, "startTime"), "");
	filter_add(&b, arena_printf(call_arena(c), "%s lt ", start), utc_arg(c, "endTime"), "");
	return buf_c(&b);
}

static const struct paging *pages(struct call *c,
				  struct json *(*keep)(struct call *, const struct json *))
{
	struct paging *p = arena_alloc(call_arena(c), sizeof(*p));

	*p = (struct paging){ .keep = keep, .most = (size_t)arg_int(c, "top") };
	return p;
}

static const struct url *list_url(struct call *c, bool admin)
{
	const char *filter = filter_of(c, "startTime", "");
	int page = arg_int(c, "top") < LARGEST_PAGE ? (int)arg_int(c, "top") : LARGEST_PAGE;
	const char *environment = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName");

	if (!filter[0])
		return url(c, HOST_FLOW,
			   admin ? "/scopes/admin/environments/%s/flows/%s/runs?$top=%d"
				 : "/environments/%s/flows/%s/runs?$top=%d",
			   environment, flow, page);
	return url(c, HOST_FLOW,
		   admin ? "/scopes/admin/environments/%s/flows/%s/runs?$top=%d&$filter=%s"
			 : "/environments/%s/flows/%s/runs?$top=%d&$filter=%s",
		   environment, flow, page, filter);
}

static struct fetch list_fetch(struct call *c, bool admin)
{
	return (struct fetch){ .url = list_url(c, admin),
			       .flags = FETCH_TOLERATE,
			       .paging = pages(c, keep_run) };
}

static enum verdict fetch_maker(struct call *c)
{
	return fetch_one(c, list_fetch(c, false));
}

static enum verdict fetch_fallback(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));

	f[0] = list_fetch(c, true);
	organisation_fetches(c, f + 1);
	return fetch_each(c, f, 3);
}

/* The flow may be named by the flow service's id or by Dataverse's. */
static enum verdict fetch_workflow(struct call *c, struct str organisation)
{
	const char *id = arg_z(c, "flowName");

	return fetch_one(c, (struct fetch){
		.url = url_of(c, HOST_DATAVERSE, organisation,
			      "/workflows?$select=workflowid&$filter=workflowid%%20eq%%20%s"
			      "%%20or%%20resourceid%%20eq%%20%s",
			      id, id),
		.flags = FETCH_OPTIONAL,
	});
}

static enum verdict fetch_flowruns(struct call *c, struct str organisation, struct str workflow)
{
	const char *before =
		arena_printf(call_arena(c), "_workflow_value eq %.*s", STR_ARG(workflow));

	return fetch_one(c, (struct fetch){
		.url = url_of(
			c, HOST_DATAVERSE, organisation,
			"/flowruns?$select=name,starttime,endtime,status,triggertype,errorcode,"
			"errormessage&$orderby=starttime%%20desc&$filter=%s",
			filter_of(c, "starttime", before)),
		.flags = FETCH_OPTIONAL,
		.paging = pages(c, keep_row),
		.prefer = "odata.maxpagesize=100",
	});
}

/* ---- the result ---- */

static void suggest(struct call *c, const struct json *runs)
{
	struct json *arguments = ids_of(c);

	JSON_EACH (v, runs)
		if (str_eq(json_get_str(v, "status"), S("Failed"))) {
			json_set_str(call_arena(c), arguments, "runName", json_get_str(v, "name"));
			next_tool(c, "diagnose_live_flow_run", arguments);
			return;
		}
	if (!json_count(runs) && !arg_given(c, "status") && !arg_given(c, "startTime") &&
	    !arg_given(c, "endTime"))
		next_tool(c, "list_live_trigger_histories", arguments);
}

static enum verdict answer(struct call *c, const struct answer *a, const char *source)
{
	bool more = a->more, dataverse = source[0] == 'd';
	const char *why =
		more ? "top or the time ran out before the list ended: raise top, or narrow it "
		       "with startTime and endTime"
		     : "this table has the runs of solution flows only, some minutes late";

	note(c, "source", json_new_z(call_arena(c), source));
	note(c, "complete", json_new_bool(call_arena(c), !more && !dataverse));
	if (more || dataverse)
		note(c, "incompleteWhy", json_new_z(call_arena(c), why));
	suggest(c, a->json);
	return done(c, a->json ? a->json : json_new_array(call_arena(c)));
}

static enum verdict step(struct call *c)
{
	const struct answer *maker = got(c, MAKER, 0);
	struct str where, workflow;
	bool known;

	if (call_stage(c) == 0)
		return fetch_maker(c);
	if (maker->err == ERR_OK)
		return answer(c, maker, "maker");
	if (!is_refused(maker))
		return fail_read(c, maker);
	if (call_stage(c) == 1)
		return fetch_fallback(c);
	if (got(c, FALLBACK, 0)->err == ERR_OK)
		return answer(c, got(c, FALLBACK, 0), "admin");
	where = organisation_of(got(c, FALLBACK, 1), got(c, FALLBACK, 2), &known);
	if (call_stage(c) == 2 && where.n)
		return fetch_workflow(c, where);
	workflow = at_str(got(c, WORKFLOW, 0)->json, "/value/0/workflowid");
	if (call_stage(c) == 3 && workflow.n)
		return fetch_flowruns(c, where, workflow);
	if (call_stage(c) == 4 && got(c, FLOWRUNS, 0)->err == ERR_OK)
		return answer(c, got(c, FLOWRUNS, 0), "dataverse");
	return fail_read(c, maker);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "top", JSON_NUMBER, 0, "Most runs to return, newest first.", .min = 1, .max = 5000,
	  .otherwise = "30" },
	PARAM_WHICH_RUNS,
	{ 0 },
};

const struct tool tool_get_live_flow_runs = {
	.name = "get_live_flow_runs",
	.title = "List runs of a flow",
	.description =
		"Lists runs of one flow, newest first (28 days are kept): name, status, times, "
		"error. For why a run failed, or why there is none, use diagnose_live_flow_run.",
	.toolset = "run",
	.bundles = "debug-flow monitor-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "",
	.columns = "/status /startTime /endTime /triggerName /error/code /name",
	.step = step,
};
