/*
 * run_read.c - requests and small facts about runs.
 *
 * Sources: recorded answers; Microsoft's list of run statuses.
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

bool run_listed(const struct json *runs, struct str name)
{
	JSON_EACH (v, runs)
		if (str_eq(json_get_str(v, "name"), name))
			return true;
	return false;
}

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
