/*
 * flow_share.c - who may see and change a flow: permissions, owners, run-only users.
 */
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/route.h"

static struct json *permission(struct request *q, struct flow *f, const struct user *u,
			       const char *role, const char *kind)
{
	return emit_json(&q->mem,
			 "{'name':'%s','id':'%S/%s/%s','type':'/providers/Microsoft.ProcessSimple/"
			 "environments/flows/%s','properties':{'roleName':'%s','permissionType':"
			 "'Principal','principal':{'id':'%s','type':'%s'}}}",
			 u->id, flow_path(q, f), kind, u->id, kind, role, u->id, u->kind);
}

static void list_people(struct request *q, const char *kind, bool owners, bool others)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, flow_capture(q)) : NULL;
	struct json *out = json_new_object(&q->mem), *list;

	if (!f)
		return;
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (unsigned i = 0; i < f->share_count; i++) {
		bool edits = !strcmp(f->shares[i].role, "CanEdit");

		if (edits ? owners : others)
			json_push(list, permission(q, f, f->shares[i].user, f->shares[i].role,
						   kind));
	}
	if (owners)
		json_push(list, permission(q, f, f->owner, "Owner", kind));
	answer_json(q, 200, out);
}

static void permissions_list(struct request *q)
{
	list_people(q, "permissions", true, true);
}

static void owners_list(struct request *q)
{
	list_people(q, "owners", true, false);
}

static void users_list(struct request *q)
{
	list_people(q, "users", false, true);
}

static void unshare(struct flow *f, const struct user *u)
{
	for (unsigned i = 0; i < f->share_count; i++)
		if (f->shares[i].user == u) {
			memmove(&f->shares[i], &f->shares[i + 1],
				(f->share_count - i - 1) * sizeof(*f->shares));
			f->share_count--;
			return;
		}
}

struct user *principal_of(struct request *q, const struct json *v)
{
	struct str id = json_str(json_at(v, "/properties/principal/id"));

	if (!id.n)
		id = json_get_str(v, "id");
	return tenant_user(q->tenant, id);
}

static const char *role_of(const struct json *v, const char *standard)
{
	struct str role = json_str(json_at(v, "/properties/roleName"));

	if (!role.n)
		return standard;
	return str_eq(role, S("CanView")) ? "CanView" : "CanEdit";
}

static void modify_people(struct request *q, const char *standard)
{
	struct flow *f = need_own_flow(q);
	const struct json *body = f ? request_json(q) : NULL;

	if (!f)
		return;
	JSON_EACH(v, json_get(body, "put"))
		if (!principal_of(q, v)) {
			answer_error(q, SE_INVALID_REQUEST, "The principal could not be found.",
				     NULL, NULL);
			return;
		}
	JSON_EACH(v, json_get(body, "put")) {
		struct user *u = principal_of(q, v);

		unshare(f, u);
		if (u != f->owner && f->share_count < FLOW_SHARES)
			f->shares[f->share_count++] = (struct share){ u, role_of(v, standard) };
	}
	JSON_EACH(v, json_get(body, "delete"))
		unshare(f, principal_of(q, v));
	answer_empty(q, 200);
}

static void modify_permissions(struct request *q)
{
	modify_people(q, "CanEdit");
}

static void modify_users(struct request *q)
{
	modify_people(q, "CanView");
}

static const struct route rows[] = {
	FLOW_ROUTE("GET", "/permissions", permissions_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/owners", owners_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/users", users_list, 0),
	FLOW_ROUTE("POST", "/modifyPermissions", modify_permissions, ROUTE_ADMIN),
	FLOW_ROUTE("POST", "/modifyOwners", modify_permissions, ROUTE_ADMIN),
	FLOW_ROUTE("POST", "/modifyUsers", modify_users, 0),
};

const struct route_table flow_share_routes = { rows, sizeof(rows) / sizeof(*rows) };
