/*
 * permission.c - the table of APIs and permissions, and the scopes made of it.
 */
#include "work/permission.h"

#include "base/buf.h"

static const struct api apis[] = {
	{
		.audience = AUD_FLOW,
		.name = "Flow Service",
		.app_id = "7df0a125-d3be-4c96-aa54-591f83ff541c",
		.required = true,
		.purpose = "flows, their definitions and their runs",
		.permissions = {
			{ "Flows.Read.All", true, "list flows and read their definitions" },
			{ "Activity.Read.All", true, "read the history of runs" },
			{ "Flows.Manage.All", false,
			  "save, start, stop and delete flows, where the person may and agrees" },
		},
	},
	{
		.audience = AUD_POWERAPPS,
		.name = "PowerApps Service",
		.app_id = "475226c6-020e-4fb2-8a90-7a972cbfc1d4",
		.purpose = "environments, connections and connectors",
		.permissions = {
			{ "User", false, "list the person's environments, connections and connectors" },
		},
	},
	{
		.audience = AUD_POWERPLATFORM,
		.name = "Power Platform API",
		.app_id = "8578e004-a5c6-46e7-913e-12f58912df43",
		.purpose = "environments and connections through the documented interface",
		.permissions = {
			{ "EnvironmentManagement.Environments.Read", true, "list environments" },
			{ "PowerAutomate.Flows.Read", true, "list flows" },
			{ "Connectivity.Connections.Read", true, "list connections" },
			{ "Connectivity.Connectors.Read", true, "list connectors and their operations" },
		},
	},
	{
		.audience = AUD_DATAVERSE,
		.name = "Dynamics CRM",
		.app_id = "00000007-0000-0000-c000-000000000000",
		.purpose = "solutions and the flows in them",
		.permissions = {
			{ "user_impersonation", false,
			  "read solutions, and change the flows in them where the person may" },
		},
	},
	{
		.audience = AUD_APIHUB,
		.name = "Azure API Connections",
		.app_id = "fe053c5f-3692-4f14-aef2-ee34fc081cae",
		.for_changes = true,
		.purpose = "trial of a connector's operation through a connection",
		.permissions = {
			{ "Runtime.All", false, "try an operation through the person's own connection" },
		},
	},
};

const struct api *permission_apis(size_t *count)
{
	*count = sizeof(apis) / sizeof(*apis);
	return apis;
}

const struct api *permission_api(enum audience aud)
{
	for (size_t i = 0; i < sizeof(apis) / sizeof(*apis); i++)
		if (apis[i].audience == aud)
			return &apis[i];
	return NULL;
}

static bool has_read_scope(const struct api *api)
{
	for (const struct permission *p = api->permissions; p->scope; p++)
		if (p->read)
			return true;
	return false;
}

bool permission_wanted(const struct api *api, const struct permission *p, bool read_only)
{
	if (!read_only)
		return true;
	return p->read || (!has_read_scope(api) && !api->for_changes);
}

struct str permission_resource(const struct hosts *h, struct arena *a, enum audience aud,
			       struct str organisation)
{
	struct str scope = host_scope(h, a, aud, organisation);

	return scope.p ? str_first(scope, scope.n - strlen("/.default")) : scope;
}

struct str permission_scope(const struct hosts *h, struct arena *a, enum audience aud,
			    struct str organisation, bool read_only)
{
	const struct api *api = permission_api(aud);
	struct str resource = permission_resource(h, a, aud, organisation);
	struct buf b;

	if (!resource.p || !read_only || !api)
		return host_scope(h, a, aud, organisation);
	buf_init_in(&b, a, 4096);
	for (const struct permission *p = api->permissions; p->scope; p++)
		if (permission_wanted(api, p, true) || !has_read_scope(api))
			buf_addf(&b, "%s%.*s/%s", b.n ? " " : "", STR_ARG(resource), p->scope);
	return buf_str(&b);
}

/* The OpenID scopes stand in the same list and allow nothing on the resource. */
static bool is_openid(struct str scope)
{
	static const char *const names[] = { "openid", "profile", "email", "offline_access" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq(scope, str_from(names[i])))
			return true;
	return false;
}

/* "https://service.flow.microsoft.com//Flows.Read.All" names Flows.Read.All. */
static struct str last_part(struct str scope)
{
	size_t n = scope.n;

	while (n && scope.p[n - 1] != '/')
		n--;
	return str_from_at(scope, n);
}

const char *permission_enforcer(enum audience aud, struct str granted)
{
	const struct api *api = permission_api(aud);
	struct str one;
	bool any = false;

	while (api && str_cut(&granted, ' ', &one)) {
		bool read = false;

		if (!one.n || is_openid(one))
			continue;
		for (const struct permission *p = api->permissions; p->scope; p++)
			read |= p->read && str_eq(last_part(one), str_from(p->scope));
		if (!read)
			return "flowlatch";
		any = true;
	}
	return any ? "microsoft" : "flowlatch";
}
