/*
 * store.c - names that published skills know and this program does not have.
 *
 * The governance skills read a vendor's cache (store_*); there is none here.  Such a call is
 * answered with what to use instead, never with an empty list.
 */
#include "tools/shared.h"
#include "tools/table.h"

struct replacement {
	const char *name, *tool, *why;
};

/* Source of the names: the published skills and their changelogs. */
static const struct replacement replacements[] = {
	{ "get_live_connector", "describe_live_connector",
	  "it became describe_live_connector, whose mode=full gives the definition" },
	{ "get_live_flow_trigger_url", "get_live_flow",
	  "the address holds a key, and no key is handed to a model; the flow's trigger page in "
	  "the "
	  "portal shows it to its owner" },
	{ "get_store_flow", "get_live_flow", NULL },
	{ "get_store_flow_errors", "get_live_flow_runs", NULL },
	{ "get_store_flow_runs", "get_live_flow_runs", NULL },
	{ "get_store_flow_summary", "get_live_flow_runs", NULL },
	{ "get_store_flow_trigger_url", "get_live_flow", NULL },
	{ "get_store_maker", "list_live_flows",
	  "makers are not kept; the flows of an environment name "
	  "their owners (owners)" },
	{ "grant_flow_studio_access", "whoami",
	  "there is no service in between that would need access; the sign-in is one's own" },
	{ "list_store_connections", "list_live_connections", NULL },
	{ "list_store_environments", "list_live_environments", NULL },
	{ "list_store_flows", "list_live_flows", NULL },
	{ "list_store_makers", "list_live_flows",
	  "makers are not kept; the flows of an environment "
	  "name their owners (owners)" },
	{ "list_store_power_apps", NULL, "apps are outside of what this program serves" },
	{ "set_store_flow_state", "set_live_flow_state", NULL },
	{ "update_store_flow", NULL,
	  "tags and monitoring settings exist only in the vendor's cache; a flow's own description "
	  "is "
	  "in its definition" },
};

/* What was given under that name here; of several statuses the service takes one, as did the
 * tool that was meant. */
static const struct json *given_for(struct call *c, const struct param *p)
{
	bool search = strcmp(p->name, "search") == 0;
	const struct json *v = arg_json(c, search ? "searchTerm" : p->name);

	if (json_is(v, JSON_ARRAY) && p->type == JSON_STRING)
		v = json_first(v);
	return json_is(v, p->type) ? v : NULL;
}

/* The arguments that the replacement takes too. */
static struct json *arguments_for(struct call *c, const struct tool *t)
{
	struct json *out = json_new_object(call_arena(c));

	for (const struct param *p = t->params; p && p->name; p++)
		json_set(call_arena(c), out, p->name,
			 json_copy(call_arena(c), given_for(c, p)));
	return out;
}

static const struct tool *offered(struct call *c, const char *name)
{
	size_t n;
	const struct tool *const *rows = all_tools(c, &n);

	for (size_t i = 0; name && i < n; i++)
		if (strcmp(rows[i]->name, name) == 0 && !tool_absent(c, rows[i]))
			return rows[i];
	return NULL;
}

static enum verdict step(struct call *c)
{
	const char *name = call_tool(c)->name;
	const struct replacement *r = replacements;
	const struct tool *t;

	while (strcmp(r->name, name) != 0)
		r++;
	fail(c, ERR_NOT_AVAILABLE, "%s is not available%s%s", name, r->why ? ": " : "",
	     r->why ? r->why
		    : ": there is no cache of flows here, every tool asks the service itself");
	t = offered(c, r->tool);
	if (t) {
		hint(c, "Use %s.", t->name);
		next_tool(c, t->name, arguments_for(c, t));
	} else {
		hint(c, "list_skills shows what there is.");
	}
	return FAIL;
}

/* Every argument that the skills pass, so that the answer is about the tool and not about them. */
static const struct param params[] = {
	{ "environmentName", JSON_STRING, P_UNLISTED, "Environment.", .max = 2048 },
	{ "flowName", JSON_STRING, P_UNLISTED, "Flow.", .max = 2048 },
	{ "connectorName", JSON_STRING, P_UNLISTED, "Connector.", .alias = "apiName", .max = 2048 },
	{ "makerKey", JSON_STRING, P_UNLISTED, "Maker.", .alias = "makerName", .max = 2048 },
	{ "startTime", JSON_STRING, P_UNLISTED, "Window.", .max = 64 },
	{ "endTime", JSON_STRING, P_UNLISTED, "Window.", .max = 64 },
	{ "status", JSON_ARRAY, P_UNLISTED, "Statuses.", .max = 64 },
	{ "top", JSON_NUMBER, P_UNLISTED, "Limit.", .max = 1000000 },
	{ "state", JSON_STRING, P_UNLISTED, "State.", .max = 64 },
	{ "monitor", JSON_BOOL, P_UNLISTED, "Setting.", .max = 0 },
	{ "critical", JSON_BOOL, P_UNLISTED, "Setting.", .max = 0 },
	{ "rule_notify_onfail", JSON_BOOL, P_UNLISTED, "Setting.", .max = 0 },
	{ "rule_notify_onmissingdays", JSON_NUMBER, P_UNLISTED, "Setting.", .max = 1000000 },
	{ "rule_notify_email", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "description", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "tags", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "tier", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "security", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "ownerTeam", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "ownerBusinessUnit", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "supportEmail", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "supportGroup", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "businessValue", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "businessImpact", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "businessJustification", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "searchTerm", JSON_STRING, P_UNLISTED, "Setting.", .max = 65536 },
	{ "pageSize", JSON_NUMBER, P_UNLISTED, "Setting.", .max = 1000000 },
	{ "pageNumber", JSON_NUMBER, P_UNLISTED, "Setting.", .max = 1000000 },
	{ 0 },
};

#define ABSENT(n)                                                                                \
	const struct tool tool_##n = {                                                           \
		.name = #n,                                                                      \
		.title = "Not available",                                                        \
		.description = "Not available here: answers with the live tool to use instead.", \
		.toolset = "meta",                                                               \
		.klass = CLASS_READ_ONLY,                                                        \
		.read_only = true,                                                               \
		.idempotent = true,                                                              \
		.local = true,                                                                   \
		.unlisted = true,                                                                \
		.params = params,                                                                \
		.step = step,                                                                    \
	}

ABSENT(get_live_connector);
ABSENT(get_live_flow_trigger_url);
ABSENT(get_store_flow);
ABSENT(get_store_flow_errors);
ABSENT(get_store_flow_runs);
ABSENT(get_store_flow_summary);
ABSENT(get_store_flow_trigger_url);
ABSENT(get_store_maker);
ABSENT(grant_flow_studio_access);
ABSENT(list_store_connections);
ABSENT(list_store_environments);
ABSENT(list_store_flows);
ABSENT(list_store_makers);
ABSENT(list_store_power_apps);
ABSENT(set_store_flow_state);
ABSENT(update_store_flow);
