/*
 * run_read.c - requests and small facts about runs.
 *
 * Sources: recorded answers; Microsoft's list of run statuses; the connectors whose webhook
 * operations wait for a person (Approvals, Outlook, Teams).
 */
#include "tools/run_read.h"

#include "base/os.h"
#include "tools/shared.h"

/* ---- requests ---- */

struct fetch run_fetch(struct call *c, const char *run)
{
	return (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s",
					  arg_z(c, "environmentName"), arg_z(c, "flowName"), run),
			       .flags = FETCH_TOLERATE };
}

struct fetch run_actions_fetch(struct call *c, const char *run, const struct paging *pages)
{
	return (struct fetch){ .url = url(c, HOST_FLOW,
					  "/environments/%s/flows/%s/runs/%s/actions",
					  arg_z(c, "environmentName"), arg_z(c, "flowName"), run),
			       .flags = FETCH_TOLERATE,
			       .paging = pages };
}

struct fetch run_flow_fetch(struct call *c)
{
	return (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s",
					  arg_z(c, "environmentName"), arg_z(c, "flowName")),
			       .flags = FETCH_OPTIONAL | FETCH_LARGE };
}

/* The service gives at most 100 runs a page; more was never seen. */
enum { LARGEST_PAGE = 100 };

struct fetch run_list_fetch(struct call *c, const char *status, const char *since,
			    const char *before, const struct paging *pages)
{
	int page = pages->most && pages->most < LARGEST_PAGE ? (int)pages->most : LARGEST_PAGE;
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName");
	struct buf filter;

	buf_init_in(&filter, call_arena(c), 1024);
	filter_add(&filter, "status eq ", status, "'");
	filter_add(&filter, "startTime ge ", since, "");
	filter_add(&filter, "startTime lt ", before, "");
	return (struct fetch){
		.url = filter.n ? url(c, HOST_FLOW,
				      "/environments/%s/flows/%s/runs?$top=%d&$filter=%s", e, flow,
				      page, buf_c(&filter))
				: url(c, HOST_FLOW, "/environments/%s/flows/%s/runs?$top=%d", e,
				      flow, page),
		.flags = FETCH_TOLERATE,
		.paging = pages,
	};
}

/* ---- facts ---- */

static const struct {
	struct str status;
	bool wrong;
} ends[] = {
	{ STR_INIT("Succeeded"), false }, { STR_INIT("Failed"), true },
	{ STR_INIT("Cancelled"), false }, { STR_INIT("TimedOut"), true },
	{ STR_INIT("Aborted"), true },    { STR_INIT("Skipped"), false },
	{ STR_INIT("Faulted"), true },    { STR_INIT("Ignored"), false },
};

bool run_has_ended(struct str status)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (str_eq_nocase(status, ends[i].status))
			return true;
	return false;
}

bool run_went_wrong(struct str status)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (str_eq_nocase(status, ends[i].status))
			return ends[i].wrong;
	return false;
}

int64_t run_time(const struct json *v, const char *pointer)
{
	int64_t ms;

	return os_parse_time(at_str(v, pointer), &ms) ? ms : -1;
}

struct json *run_workflow(struct call *c, const struct json *flow, const struct json *run)
{
	struct arena *a = call_arena(c);
	struct json *w = json_new_object(a), *of_run = json_new_object(a),
		    *tags = json_new_object(a);

	put_found(c, w, "id", flow, "/id");
	put_found(c, w, "name", flow, "/name");
	put_found(c, w, "type", flow, "/type");
	put_found(c, w, "location", flow, "/location");
	put_found(c, tags, "flowDisplayName", flow, "/properties/displayName");
	json_set_str(a, tags, "environmentName", arg_str(c, "environmentName"));
	json_set_str(a, tags, "logicAppName", json_get_str(flow, "name"));
	json_set(a, w, "tags", tags);
	put_found(c, of_run, "id", run, "/id");
	put_found(c, of_run, "name", run, "/name");
	put_found(c, of_run, "type", run, "/type");
	json_set(a, w, "run", of_run);
	return w;
}

bool run_offers(struct call *c, const char *tool)
{
	size_t count;
	const struct tool *const *all = all_tools(c, &count);

	for (size_t i = 0; i < count; i++)
		if (str_eq(str_from(all[i]->name), str_from(tool)))
			return true;
	return false;
}

/* The first of them that this profile offers. */
static const char *const diagnoses[] = { "diagnose_live_flow_run", "get_live_flow_run_error" };

void run_suggest_diagnosis(struct call *c, struct str run)
{
	struct json *arguments = ids_of(c);

	json_set_str(call_arena(c), arguments, "runName", run);
	for (size_t k = 0; k < sizeof(diagnoses) / sizeof(*diagnoses); k++)
		if (run_offers(c, diagnoses[k])) {
			next_tool(c, diagnoses[k], arguments);
			return;
		}
}

/* Webhooks of these connectors are answered by people; the rows before others win. */
static const struct {
	const char *type, *api; /* the end of the type; the end of the connector's id, or NULL */
	struct run_waits waits;
} waits[] = {
	{ "Webhook", "shared_approvals", { "a person's approval", true } },
	{ "Webhook", "shared_teams", { "a person's answer in Teams", true } },
	{ "Webhook", "shared_office365", { "a person's answer to a mail", true } },
	{ "Webhook", "shared_outlook", { "a person's answer to a mail", true } },
	{ "Webhook", "shared_gmail", { "a person's answer to a mail", true } },
	{ "Webhook", NULL, { "a call back from outside", false } },
	{ "Wait", NULL, { "a delay", false } },
	{ "Workflow", NULL, { "a child flow", false } },
	{ "Connection", "shared_uiflow", { "a desktop flow", false } },
	{ "Connection", NULL, { "a connector's answer", false } },
	{ "Http", NULL, { "an HTTP answer", false } },
	{ "Until", NULL, { "the condition of the loop", false } },
};

struct run_waits run_waits_for(const struct json *step)
{
	struct str type = json_get_str(step, "type");
	struct str api = last_segment(at_str(step, "/inputs/host/apiId"));

	/* Flows of the older form name the connection only, in an expression. */
	if (!api.n)
		api = at_str(step, "/inputs/host/connection/name");
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++)
		if (str_ends(type, str_from(waits[i].type)) &&
		    (!waits[i].api || str_find(api, str_from(waits[i].api)) >= 0))
			return waits[i].waits;
	return (struct run_waits){ "its own work", false };
}
