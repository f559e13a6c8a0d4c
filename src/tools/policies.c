/*
 * policies.c - list_live_dlp_policies: which connectors may be used together, and where.
 *
 * Source: the administration modules' calls and shapes (PowerPlatform.Governance/v1).  Groups
 * are called Confidential (business data), General (everything else) and Blocked.
 */
#include "tools/policies.h"
#include "tools/table.h"
#include "tools/target.h"

enum { POLICIES };

/* AllEnvironments, OnlyEnvironments and ExceptEnvironments (and SingleEnvironment of old). */
bool policy_applies(const struct json *policy, struct str environment)
{
	struct str type = json_get_str(policy, "environmentType");
	bool listed = false;

	JSON_EACH (e, json_get(policy, "environments"))
		listed = listed || str_eq_nocase(json_get_str(e, "name"), environment) ||
			 str_eq_nocase(last_segment(json_get_str(e, "id")), environment);
	if (str_eq_nocase(type, S("ExceptEnvironments")))
		return !listed;
	return str_eq_nocase(type, S("AllEnvironments")) || listed;
}

static struct json *group_of(struct call *c, const struct json *group)
{
	struct json *v = json_new_object(call_arena(c)), *names = json_new_array(call_arena(c));

	put_str(c, v, "classification", json_get_str(group, "classification"));
	JSON_EACH (one, json_get(group, "connectors"))
		json_push(names, json_new_str(call_arena(c),
					      last_segment(json_get_str(one, "id"))));
	json_set(call_arena(c), v, "connectors", names);
	return v;
}

/* The group of a connector: named in one, else the policy's default. */
struct str policy_group_of(const struct json *policy, struct str connector)
{
	JSON_EACH (group, json_get(policy, "connectorGroups"))
		JSON_EACH (one, json_get(group, "connectors"))
			if (str_eq_nocase(last_segment(json_get_str(one, "id")), connector))
				return json_get_str(group, "classification");
	return json_get_str(policy, "defaultConnectorsClassification");
}

static struct json *keep_policy(struct call *c, const struct json *policy)
{
	struct json *v = json_new_object(call_arena(c)), *groups, *asked;
	struct str environment = arg_str(c, "environmentName");

	if (environment.n && !policy_applies(policy, environment))
		return NULL;
	groups = json_new_array(call_arena(c));
	put_str(c, v, "id", json_get_str(policy, "name"));
	put_str(c, v, "displayName", json_get_str(policy, "displayName"));
	put_str(c, v, "environmentType", json_get_str(policy, "environmentType"));
	put_str(c, v, "defaultGroup", json_get_str(policy, "defaultConnectorsClassification"));
	if (!arg_given(c, "connectors")) {
		JSON_EACH (group, json_get(policy, "connectorGroups"))
			json_push(groups, group_of(c, group));
		json_set(call_arena(c), v, "groups", groups);
		return v;
	}
	asked = json_new_object(call_arena(c));
	JSON_EACH (name, arg_json(c, "connectors"))
		json_set_str(call_arena(c), asked, json_z(name),
			     policy_group_of(policy, last_segment(json_str(name))));
	json_set(call_arena(c), v, "connectors", asked);
	return v;
}

static enum verdict step(struct call *c)
{
	static const struct paging pages = { .keep = keep_policy };
	struct json *out;

	if (call_stage(c) == POLICIES)
		return fetch_one(c, look_at_all(url(c, HOST_BAP,
						    "/providers/PowerPlatform.Governance/v1/"
						    "policies?$top=50"),
						&pages));
	if (last(c)->err != ERR_OK) {
		fail_answer(c, last(c));
		if (is_refused(last(c)))
			hint(c, "Your account may not read the data policies. A flow that breaks "
				"one is Suspended: list_live_flows shows its suspensionReason.");
		return FAIL;
	}
	out = json_new_object(call_arena(c));
	if (arg_str(c, "environmentName").n)
		json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(res(c)));
	json_set(call_arena(c), out, "policies", res(c));
	return done(c, out);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "connectors", JSON_ARRAY, 0,
	  "Only the groups of these connectors, such as shared_sql.", .max = 64 },
	{ 0 },
};

const struct tool tool_list_live_dlp_policies = {
	.name = "list_live_dlp_policies",
	.title = "List data policies",
	.description = "Lists the data loss prevention policies that hold in an environment: which "
		       "connectors are blocked and which may not be mixed. Only reads. With "
		       "connectors it says the group of each.",
	.toolset = "governance",
	.bundles = "governance",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "policies",
	.columns = "/displayName /environmentType /defaultGroup",
	.step = step,
};
