/*
 * connection.c - the connections of an environment, and whether the caller can use them.
 *
 * Source of the shape: recorded answers of the Power Apps service.  Somebody else's connection
 * may be listed without being usable; the roles on it tell, so they are looked up for those.
 */
#include "base/limits.h"
#include "tools/shared.h"
#include "tools/table.h"

/* Roles are one request a connection: enough for what is looked at, bounded for a long list. */
enum { MOST_ROLE_LOOKUPS = 40 };

static struct str connector_of(const struct json *item)
{
	return last_segment(at_str(item, "/properties/apiId"));
}

static struct json *keep_connection(struct call *c, const struct json *item)
{
	struct str texts[] = {
		json_get_str(item, "name"),
		at_str(item, "/properties/displayName"),
		connector_of(item),
		at_str(item, "/properties/accountName"),
		at_str(item, "/properties/connectionParameters/accountName"),
		at_str(item, "/properties/authenticatedUser/name"),
	};
	struct json *v;

	if (!texts[0].n || !found_in(arg_str(c, "search"), texts, sizeof(texts) / sizeof(*texts)))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", json_get_str(item, "name"));
	put(c, v, "displayName", item, "/properties/displayName");
	put_str(c, v, "connectorName", connector_of(item));
	put_str(c, v, "environment", at_str(item, "/properties/environment/name"));
	put(c, v, "createdBy", item, "/properties/createdBy");
	put(c, v, "authenticatedUser", item, "/properties/authenticatedUser");
	put_found(c, v, "accountName", item, "/properties/accountName");
	put_found(c, v, "overallStatus", item, "/properties/overallStatus");
	put(c, v, "statuses", item, "/properties/statuses");
	put(c, v, "createdTime", item, "/properties/createdTime");
	put(c, v, "expirationTime", item, "/properties/expirationTime");
	put(c, v, "connectionParameters", item, "/properties/connectionParameters");
	put_found(c, v, "allowSharing", item, "/properties/allowSharing");
	return v;
}

/* The first status that is not fine, else the first. */
static const struct json *worst_status(const struct json *v)
{
	const struct json *statuses = json_get(v, "statuses");

	JSON_EACH (s, statuses)
		if (!str_eq_nocase(json_get_str(s, "status"), S("Connected")))
			return s;
	return json_first(statuses);
}

static bool is_mine(struct str me, const struct json *v)
{
	return me.n && str_eq_nocase(at_str(v, "/createdBy/id"), me);
}

/* ---- roles on connections of others ---- */

static const struct url *roles_url(struct call *c, const struct json *v)
{
	return url(c, HOST_POWERAPPS,
		   "/apis/%s/connections/%s/permissions?$filter=environment%%20eq%%20'%s'",
		   json_get_z(v, "connectorName"), json_get_z(v, "id"),
		   arg_z(c, "environmentName"));
}

/* NULL when the answer does not tell. */
static const char *role_in(const struct answer *a, struct str me)
{
	JSON_EACH (p, a->err == ERR_OK ? json_get(a->json, "value") : NULL)
		if (str_eq_nocase(at_str(p, "/properties/principal/id"), me) ||
		    str_eq_nocase(json_get_str(p, "name"), me))
			return at_z(p, "/properties/roleName");
	return NULL;
}

struct view {
	struct str me;
	const char *role; /* NULL: not known */
	bool looked_up;
};

static void put_usable(struct call *c, struct json *v, const struct view *w)
{
	const struct json *status = worst_status(v);
	struct str is = json_get_str(status, "status");
	const char *reason;
	int usable; /* -1: not known */

	if (is.n && !str_eq_nocase(is, S("Connected"))) {
		usable = 0;
		reason = is_mine(w->me, v) ? "it is broken: sign in again on the connection's page "
					     "in the portal"
					   : "it is broken: its owner must sign in again";
	} else if (is_mine(w->me, v)) {
		usable = 1;
		reason = "yours, and connected";
	} else if (w->role && !str_eq_nocase(str_from(w->role), S("CanView"))) {
		usable = 1;
		reason = "shared with you";
	} else if (w->role) {
		usable = 0;
		reason = "you may see it, but not use it: its owner must share it with use";
	} else if (!w->me.n || !at_str(v, "/createdBy/id").n) {
		usable = -1;
		reason = "its owner is not known";
	} else if (json_is(json_get(v, "allowSharing"), JSON_BOOL) &&
		   !json_is_true(json_get(v, "allowSharing"))) {
		usable = 0;
		reason =
			"it belongs to someone else, and this connector cannot be shared: make one "
			"of your own";
	} else {
		usable = -1;
		reason = w->looked_up
				 ? "it belongs to someone else, and how it is shared is not told"
				 : "it belongs to someone else; search for it to see whether it "
				   "is shared with you";
	}
	if (usable < 0)
		json_set_null(call_arena(c), v, "usable");
	else
		json_set_bool(call_arena(c), v, "usable", usable == 1);
	json_set_z(call_arena(c), v, "usableReason", reason);
}

/* ---- the result ---- */

/* What a flow needs to use the connection; published skills copy these. */
static void put_templates(struct call *c, struct json *v)
{
	struct json *reference = json_new_object(call_arena(c));
	struct json *host = json_new_object(call_arena(c));

	json_set_str(call_arena(c), reference, "connectionName", json_get_str(v, "id"));
	json_set_z(call_arena(c), reference, "source", "Invoker");
	json_set_str(call_arena(c), reference, "id",
		     str_fmt(call_arena(c), "/providers/Microsoft.PowerApps/apis/%s",
			     json_get_z(v, "connectorName")));
	json_set(call_arena(c), v, "connectionReferenceTemplate", reference);
	json_set_str(call_arena(c), host, "connectionName", json_get_str(v, "connectorName"));
	json_set(call_arena(c), v, "hostTemplate", host);
}

static void put_status(struct call *c, struct json *v)
{
	struct str status = json_get_str(worst_status(v), "status");

	if (!json_get(v, "overallStatus"))
		put_str(c, v, "overallStatus", status);
}

/* The connections of others among the first `top`: their roles are worth a request. */
static size_t foreign_ones(struct call *c, struct str me, const struct json **out)
{
	size_t n = 0, i = 0;
	size_t top = arg_int(c, "top") ? (size_t)arg_int(c, "top") : SIZE_MAX;

	JSON_EACH (v, got(c, 0, 0)->json) {
		if (i++ >= top || n >= MOST_ROLE_LOOKUPS)
			break;
		if (me.n && !is_mine(me, v) && at_str(v, "/createdBy/id").n)
			out[n++] = v;
	}
	return n;
}

static enum verdict fetch_roles(struct call *c, const struct json **others, size_t n)
{
	struct fetch *f = arena_array(call_arena(c), n, sizeof(*f));

	for (size_t i = 0; i < n; i++)
		f[i] = (struct fetch){ .url = roles_url(c, others[i]), .flags = FETCH_OPTIONAL };
	return fetch_each(c, f, n);
}

/* What is searched for as a connector: its operations, or a connection of it, where there is none
 * or one's own is broken. */
static void suggest(struct call *c, const struct json *list, struct str me)
{
	struct json *arguments = json_new_object(call_arena(c));
	struct str connector = str_trim(arg_str(c, "search"));
	const struct json *own = NULL;

	JSON_EACH (v, list) {
		if (json_is_true(json_get(v, "usable"))) {
			put(c, arguments, "environmentName", v, "/environment");
			put(c, arguments, "connectorName", v, "/connectorName");
			next_tool(c, "describe_live_connector", arguments);
			return;
		}
		own = !own && is_mine(me, v) ? v : own;
	}
	if (own)
		connector = json_get_str(own, "connectorName");
	else if (!str_starts_nocase(connector, S("shared_")) || json_first(list))
		return;
	json_set_str(call_arena(c), arguments, "environmentName", arg_str(c, "environmentName"));
	json_set_str(call_arena(c), arguments, "connectorName", connector);
	put_found(c, arguments, "connectionName", own, "/id");
	next_tool(c, "create_live_connection", arguments);
}

static enum verdict step(struct call *c)
{
	static const struct paging pages = { .keep = keep_connection };
	const struct json *others[MOST_ROLE_LOOKUPS];
	size_t n, k = 0, i = 0, total, top = (size_t)arg_int(c, "top");
	struct json *out, *list;
	struct str me;

	if (call_stage(c) == 0)
		return fetch_all(c, connections_url(c, arg_z(c, "environmentName")), &pages);
	me = at_str(about_identity(c), "/account/objectId");
	n = arg_str(c, "search").n ? foreign_ones(c, me, others) : 0;
	if (call_stage(c) == 1 && n)
		return fetch_roles(c, others, n);

	out = json_new_object(call_arena(c));
	list = json_new_array(call_arena(c));
	total = json_count(got(c, 0, 0)->json);
	for (struct json *v = json_first(got(c, 0, 0)->json), *next; v; v = next, i++) {
		struct view w = { .me = me };

		next = json_next(v);
		if (top && i >= top)
			break;
		if (k < n && others[k] == v) {
			w.looked_up = got(c, 1, k)->err == ERR_OK;
			w.role = role_in(got(c, 1, k), me);
			k++;
		}
		put_status(c, v);
		put_usable(c, v, &w);
		if (arg_str(c, "search").n)
			put_templates(c, v);
		json_push(list, json_detach(got(c, 0, 0)->json, v));
	}
	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)total);
	json_set(call_arena(c), out, "connections", list);
	json_set_null(call_arena(c), out, "error");
	if (arg_str(c, "search").n)
		suggest(c, list, me);
	return done(c, out);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "search", JSON_STRING, 0,
	  "Part of id, name, connector or account. Adds the templates a flow needs.", .max = 256 },
	{ "top", JSON_NUMBER, 0, "Most connections to return, after search.", .min = 1,
	  .max = 10000 },
	{ 0 },
};

const struct tool tool_list_live_connections = {
	.name = "list_live_connections",
	.title = "List connections",
	.description =
		"Lists connections (signed-in accounts of connectors) of one environment: status, "
		"and whether you can use each (`usable`). With search it adds the "
		"connectionReferenceTemplate and hostTemplate that a flow definition needs.",
	.toolset = "connection",
	.bundles = "create-flow build-flow discover",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "connections",
	.columns = "/displayName /connectorName /overallStatus /usable /accountName /id",
	.step = step,
};
