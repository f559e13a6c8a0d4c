/*
 * environment.c - the environments that are open to the caller.
 *
 * Source of the shape: recorded answers of GET /environments; permissions appear with
 * $expand=permissions as an object whose member names are the permissions.
 */
#include "tools/shared.h"
#include "tools/table.h"

static bool has_any(const struct json *permissions, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (json_get(permissions, names[i]))
			return true;
	return false;
}

static void put_roles(struct call *c, struct json *out, const struct json *item)
{
	static const char *const admin[] = { "AdminReadEnvironment", "UpdateEnvironment",
					     "DeleteEnvironment", NULL };
	const struct json *p = json_at(item, "/properties/permissions");

	/* Without the expansion nothing is known, and null says so. */
	if (!json_is(p, JSON_OBJECT)) {
		json_set_null(call_arena(c), out, "isAdmin");
		json_set_null(call_arena(c), out, "isMember");
		return;
	}
	json_set_bool(call_arena(c), out, "isAdmin", has_any(p, admin));
	json_set_bool(call_arena(c), out, "isMember", json_count(p) > 0);
}

static struct json *keep_environment(struct call *c, const struct json *item)
{
	struct json *v;

	if (!json_get_str(item, "name").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", json_get_str(item, "name"));
	put(c, v, "displayName", item, "/properties/displayName");
	put(c, v, "sku", item, "/properties/environmentSku");
	put(c, v, "location", item, "/location");
	put(c, v, "state", item, "/properties/provisioningState");
	json_set_bool(call_arena(c), v, "isDefault",
		      json_bool(json_at(item, "/properties/isDefault"), false));
	put_roles(c, v, item);
	put(c, v, "createdTime", item, "/properties/createdTime");
	put_found(c, v, "dataverseUrl", item, "/properties/linkedEnvironmentMetadata/instanceUrl");
	return v;
}

/* Where there is one only, its flows. */
static void suggest(struct call *c, const struct json *list)
{
	struct json *arguments = json_new_object(call_arena(c));

	put(c, arguments, "environmentName", json_first(list), "/id");
	if (json_count(list) == 1)
		next_tool(c, "list_live_flows", arguments);
}

static enum verdict step(struct call *c)
{
	static const struct paging pages = { .keep = keep_environment };
	struct str search = arg_str(c, "search");
	int64_t top = arg_int(c, "top");
	struct json *out;

	if (call_stage(c) == 0)
		return fetch_all(c, url(c, HOST_FLOW, "/environments?$expand=permissions"), &pages);
	out = json_new_array(call_arena(c));
	JSON_EACH (v, res(c)) {
		struct str texts[] = { json_get_str(v, "id"), json_get_str(v, "displayName") };

		if (found_in(search, texts, 2) && (!top || (int64_t)json_count(out) < top))
			json_push(out, json_copy(call_arena(c), v));
	}
	suggest(c, out);
	return done(c, out);
}

static const struct param params[] = {
	{ "search", JSON_STRING, 0, "Part of the id or name.", .max = 256 },
	{ "top", JSON_NUMBER, 0, "Most environments to return.", .min = 1, .max = 10000 },
	{ 0 },
};

const struct tool tool_list_live_environments = {
	.name = "list_live_environments",
	.title = "List environments",
	.description =
		"Lists the Power Platform environments open to you; `id` is the environmentName "
		"of every other tool. Start here when the environment is not known. For the "
		"flows inside one use list_live_flows.",
	.toolset = "environment",
	.bundles = "create-flow discover governance",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "",
	.columns = "/displayName /sku /location /isDefault /isAdmin /id",
	.step = step,
};
