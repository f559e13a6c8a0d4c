/*
 * flow_kinds.c - kinds of flows, and those that only the organisation (Dataverse) knows.
 *
 * Sources: Dataverse documentation of the table workflow (category, modernflowtype, statecode).
 */
#include "tools/flow_kinds.h"

#include "tools/shared.h"

static const struct {
	const char *name;
	unsigned bit;
} kinds[] = {
	{ "cloud", CLOUD }, { "agent", AGENT },     { "desktop", DESKTOP },
	{ "bpf", BPF },     { "classic", CLASSIC }, { "all", ALL_KINDS },
};

const char *flow_kind_name(unsigned bit)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].bit == bit)
			return kinds[i].name;
	return "cloud";
}

/* 0 when a word is no kind. */
unsigned flow_kinds_wanted(struct call *c)
{
	unsigned bits = 0;

	if (!arg_given(c, "kinds"))
		return CLOUD | AGENT;
	JSON_EACH (v, arg_json(c, "kinds")) {
		unsigned bit = 0;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			if (str_eq_nocase(json_str(v), str_from(kinds[i].name)))
				bit = kinds[i].bit;
		if (!bit)
			return 0;
		bits |= bit;
	}
	return bits ? bits : CLOUD | AGENT;
}

/* The service names the type in words or as Dataverse's number; agents' flows are not 0. */
unsigned flow_kind_of(const struct json *item)
{
	static const char *const where[] = { "/properties/modernFlowType",
					     "/properties/powerFlowType" };

	for (int i = 0; i < 2; i++) {
		const struct json *v = json_at(item, where[i]);

		if (json_is(v, JSON_NUMBER))
			return json_int(v, 0) ? AGENT : CLOUD;
		if (json_str(v).n)
			return str_contains_nocase(json_str(v), S("agent")) ||
					       str_contains_nocase(json_str(v), S("copilot"))
				       ? AGENT
				       : CLOUD;
	}
	return CLOUD;
}

static const struct {
	const char *user_type, *owner_type;
} owner_types[] = {
	{ "ActiveDirectory", "user" },
	{ "DataverseSystemUser", "system" },
	{ "ServicePrincipal", "application" },
	{ "Application", "application" },
	{ "systemuser", "user" },
	{ "team", "team" },
};

void flow_put_owner_type(struct call *c, struct json *out, struct str type)
{
	for (size_t i = 0; i < sizeof(owner_types) / sizeof(*owner_types); i++)
		if (str_eq_nocase(type, str_from(owner_types[i].user_type))) {
			json_set_z(call_arena(c), out, "ownerType", owner_types[i].owner_type);
			return;
		}
	put_str(c, out, "ownerType", type);
}

/* ---- items of Dataverse ---- */

/* 1 dialog, 2 business rule and 9 and above are no flows; 3 (action) is a classic process. */
static unsigned kind_of_row(const struct json *row)
{
	switch (json_int(json_get(row, "category"), -1)) {
	case 5:
		return json_int(json_get(row, "modernflowtype"), 0) ? AGENT : CLOUD;
	case 6:
		return DESKTOP;
	case 4:
		return BPF;
	case 0:
	case 1:
	case 3:
		return CLASSIC;
	default:
		return 0;
	}
}

/* The owner is a lookup: its table is told in an annotation, or by which column is filled. */
static struct str owner_of_row(const struct json *row)
{
	struct str table =
		json_get_str(row, "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname");

	if (table.n)
		return table;
	if (json_get_str(row, "_owningteam_value").n)
		return S("team");
	return json_get_str(row, "_owninguser_value").n ? S("systemuser") : S("");
}

static struct json *keep_row(struct call *c, const struct json *row)
{
	static const char *const states[] = { "Stopped", "Started", "Suspended" };
	struct str texts[] = { json_get_str(row, "name"), json_get_str(row, "workflowid") };
	unsigned kind = kind_of_row(row);
	int64_t state = json_int(json_get(row, "statecode"), -1);
	struct json *v;

	/* Agents' flows are kept in any case: to tell them from the others. */
	if (kind != AGENT &&
	    (!(kind & flow_kinds_wanted(c)) || !found_in(arg_str(c, "search"), texts, 2)))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", json_get_str(row, "workflowid"));
	put(c, v, "displayName", row, "/name");
	if (state >= 0 && state < 3)
		json_set_z(call_arena(c), v, "state", states[state]);
	else
		json_set_null(call_arena(c), v, "state");
	json_set_null(call_arena(c), v, "triggerType");
	json_set_null(call_arena(c), v, "triggerKind");
	put(c, v, "createdTime", row, "/createdon");
	put(c, v, "lastModifiedTime", row, "/modifiedon");
	put(c, v, "owners", row, "/_ownerid_value");
	json_set_bool(call_arena(c), v, "definitionAvailable", false);
	json_set_z(call_arena(c), v, "kind", flow_kind_name(kind));
	json_set_bool(call_arena(c), v, "inSolution", true);
	json_set_bool(call_arena(c), v, "isManaged", json_bool(json_get(row, "ismanaged"), false));
	flow_put_owner_type(c, v, owner_of_row(row));
	/* The flow service's own name of the same flow, only for telling agents' flows. */
	if (kind == AGENT)
		put_found(c, v, "resourceId", row, "/resourceid");
	return v;
}

enum verdict flow_rows_fetch(struct call *c, struct str organisation, bool agents_only)
{
	static const struct paging pages = { .keep = keep_row };

	return fetch_one(c, (struct fetch){
		.url = url_of(
			c, HOST_DATAVERSE, organisation,
			"/workflows?$select=workflowid,name,category,modernflowtype,statecode,"
			"createdon,modifiedon,ismanaged,resourceid,_ownerid_value,"
			"_owninguser_value,_owningteam_value&$filter=%s",
			agents_only ? "type eq 1 and category eq 5 and modernflowtype ne 0"
				    : "type eq 1 and (category ne 5 or modernflowtype ne 0)"),
		.flags = agents_only ? FETCH_OPTIONAL : 0,
		.paging = &pages,
		.prefer = "odata.include-annotations=\"*\",odata.maxpagesize=500",
	});
}

static bool has_id(const struct json *list, struct str id)
{
	JSON_EACH (v, list)
		if (str_eq(json_get_str(v, "id"), id))
			return true;
	return false;
}

struct json *flow_rows_merge(struct call *c, struct json *flows, const struct json *rows,
			     bool given)
{
	struct json *out = json_new_array(call_arena(c)), *agents = json_new_array(call_arena(c));
	unsigned wanted = flow_kinds_wanted(c);

	JSON_EACH (v, rows)
		if (str_eq(json_get_str(v, "kind"), S("agent"))) {
			struct json *ids = json_new_object(call_arena(c));

			json_set_str(call_arena(c), ids, "id", json_get_str(v, "id"));
			json_push(agents, ids);
			ids = json_new_object(call_arena(c));
			json_set_str(call_arena(c), ids, "id", json_get_str(v, "resourceId"));
			json_push(agents, ids);
		}
	for (struct json *v = json_first(flows), *next; v; v = next) {
		bool agent = str_eq(json_get_str(v, "kind"), S("agent")) ||
			     has_id(agents, json_get_str(v, "id")) ||
			     (json_get(v, "workflowId") &&
			      has_id(agents, json_get_str(v, "workflowId")));

		next = json_next(v);
		if (agent)
			json_set_z(call_arena(c), v, "kind", "agent");
		if (wanted & (agent ? AGENT : CLOUD))
			json_push(out, json_detach(flows, v));
	}
	JSON_EACH (v, rows)
		if (!given && !str_eq(json_get_str(v, "kind"), S("agent")))
			json_push(out, json_copy(call_arena(c), v));
	return out;
}
