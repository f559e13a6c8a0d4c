/*
 * flow_write.c - the flow host, writing: saving, switching, sharing and deleting flows.
 */
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

static unsigned flow_capture(const struct request *q)
{
	return q->face == FACE_ENVIRONMENT ? 0 : 1;
}

static struct flow *need_own_flow(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, flow_capture(q)) : NULL;

	if (!f || q->admin || f->owner == q->caller.user)
		return f;
	for (unsigned i = 0; i < f->share_count; i++)
		if (f->shares[i].user == q->caller.user && !strcmp(f->shares[i].role, "CanEdit"))
			return f;
	answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, f->id,
		     "shared_logicflows");
	return NULL;
}

/* The design form of references: what the service keeps of what a client sends. */
static struct json *design_references(struct request *q, const struct json *sent)
{
	static const char *const kept[] = { "connectionName", "connectionReferenceLogicalName",
					    "source", "id" };
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	JSON_EACH(r, sent) {
		struct json *one = json_new_object(a);

		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (json_get(r, kept[i]))
				json_set(a, one, kept[i], json_copy(a, json_get(r, kept[i])));
		if (!json_get(one, "source"))
			json_set_z(a, one, "source", "Embedded");
		if (!json_get(one, "id") && json_get(json_get(r, "api"), "name"))
			json_set_str(a, one, "id",
				     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%s",
					     json_get_z(json_get(r, "api"), "name")));
		json_set_n(a, out, json_name(r), one);
	}
	return out;
}

static struct json *need_properties(struct request *q)
{
	struct json *body = request_json(q), *p = json_get(body, "properties");

	if (json_is(p, JSON_OBJECT))
		return p;
	answer_error(q, SE_INVALID_REQUEST,
		     body ? "Required property 'properties' not found in JSON. Path ''." :
			    "Unexpected character encountered while parsing value",
		     NULL, NULL);
	return NULL;
}

static void switch_state(struct flow *f, struct str state)
{
	if (str_eq_nocase(state, S("Started")))
		f->state = FLOW_STARTED;
	else if (str_eq_nocase(state, S("Stopped")))
		f->state = FLOW_STOPPED;
}

static void create_named(struct request *q, struct environment *e, struct str id)
{
	const struct json *p = need_properties(q);
	struct json *references;
	struct save_error error;
	struct flow *f;

	if (!p)
		return;
	references = design_references(q, json_get(p, "connectionReferences"));
	if (!tenant_make_room(q->tenant)) {
		answer_error(q, SE_INTERNAL, NULL, NULL, NULL);
		return;
	}
	if (!save_check(q, e, json_get(p, "definition"), references, &error)) {
		save_refuse(q, &error, false);
		return;
	}
	f = flow_new(q->tenant, e, q->caller.user,
		     json_get(p, "displayName") ? json_get_str(p, "displayName") : S("Untitled"));
	if (id.n == 36)
		memcpy(f->id, id.p, 36);
	flow_save(f, json_get(p, "definition"), references);
	f->state = FLOW_STARTED;
	switch_state(f, json_get_str(p, "state"));
	answer_json(q, 201, flow_shape(q, f, SHAPE_FULL));
}

static void flow_create(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		create_named(q, e, S(""));
}

static void update(struct request *q, struct flow *f)
{
	const struct json *p = need_properties(q), *definition;
	struct json *references;
	struct save_error error;

	if (!p)
		return;
	definition = json_get(p, "definition");
	if (!definition) {
		answer_error(q, SE_INVALID_REQUEST,
			     "Required property 'definition' not found in JSON. Path 'properties'.",
			     NULL, NULL);
		return;
	}
	/* Without connectionReferences in the body the flow's own are not used: steps lose them. */
	references = design_references(q, json_get(p, "connectionReferences"));
	if (!save_check(q, f->env, definition, references, &error)) {
		save_refuse(q, &error, *f->workflow != 0);
		return;
	}
	flow_save(f, definition, references);
	if (json_get(p, "displayName"))
		flow_rename(f, json_get_str(p, "displayName"));
	switch_state(f, json_get_str(p, "state"));
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
}

static void flow_update(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (f)
		update(q, f);
}

/* A PUT with a new GUID creates; with a known one it updates. */
static void flow_put(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (!e)
		return;
	if (tenant_flow(q->tenant, e, q->capture[1]))
		flow_update(q);
	else
		create_named(q, e, q->capture[1]);
}

static void flow_delete(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f;

	if (!e)
		return;
	f = tenant_flow(q->tenant, e, q->capture[flow_capture(q)]);
	if (!f || f->deleted) {
		answer_empty(q, 204);
		return;
	}
	f = need_own_flow(q);
	if (!f)
		return;
	f->deleted = true;
	f->modified = clock_now();
	answer_empty(q, 200);
}

static void flow_restore(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? tenant_flow(q->tenant, e, q->capture[1]) : NULL;

	if (!e)
		return;
	if (!f || !f->deleted) {
		answer_error(q, SE_FLOW_NOT_FOUND, str_c(&q->mem, q->capture[1]), NULL, NULL);
		return;
	}
	f->deleted = false;
	f->state = FLOW_STOPPED;
	answer_empty(q, 200);
}

/* ---- switching ---- */

static const struct connection *foreign_connection(struct request *q, struct flow *f)
{
	JSON_EACH(r, flow_current(f)->references) {
		struct connection *c =
			tenant_connection(q->tenant, f->env, json_get_str(r, "connectionName"));

		if (c && c->owner != f->owner && c->owner != q->caller.user)
			return c;
	}
	return NULL;
}

static void flow_start(struct request *q)
{
	struct flow *f = need_own_flow(q);
	const struct connection *c;

	if (!f)
		return;
	c = foreign_connection(q, f);
	if (f->draft_only) {
		answer_error(q, SE_UNPUBLISHED, NULL, NULL, NULL);
	} else if (strcmp(f->suspended, "None") != 0) {
		answer_error(q, SE_INVALID_FLOW, f->suspended,
			     "The flow violates a data policy of your organization.", NULL);
	} else if (c && !q->admin) {
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     c->api->name);
	} else {
		f->state = FLOW_STARTED;
		f->modified = clock_now();
		answer_empty(q, 200);
	}
}

static void flow_stop(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (!f)
		return;
	if (f->state == FLOW_STARTED)
		f->state = FLOW_STOPPED;
	f->modified = clock_now();
	answer_empty(q, 200);
}

static void flow_publish(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (!f)
		return;
	f->draft_only = false;
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
}

/* ---- permissions ---- */

static struct json *permission(struct request *q, struct flow *f, const struct user *u,
			       const char *role, const char *kind)
{
	return emit_json(&q->mem,
			 "{'name':'%s','id':'%S/%s/%s','type':'/providers/Microsoft.ProcessSimple/"
			 "environments/flows/%s','properties':{'roleName':'%s','permissionType':"
			 "'Principal','principal':{'id':'%s','type':'User'}}}",
			 u->id, flow_path(q, f), kind, u->id, kind, role, u->id);
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

static struct user *principal(struct request *q, const struct json *v)
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
		if (!principal(q, v)) {
			answer_error(q, SE_INVALID_REQUEST, "The principal could not be found.",
				     NULL, NULL);
			return;
		}
	JSON_EACH(v, json_get(body, "put")) {
		struct user *u = principal(q, v);

		unshare(f, u);
		if (u != f->owner && f->share_count < FLOW_SHARES)
			f->shares[f->share_count++] = (struct share){ u, role_of(v, standard) };
	}
	JSON_EACH(v, json_get(body, "delete"))
		unshare(f, principal(q, v));
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

/* ---- the checker, solutions, ARM ---- */

static void add_row(struct request *q, struct json *out, const char *rule, struct str operation,
		    struct str words, const char *how)
{
	json_push(out, emit_json(&q->mem,
				 "{'errorDescription':'%S','operationName':'%S','ruleId':'%s',"
				 "'fixInstructions':{'markdownText':'%s','htmlText':'<p>%s</p>'}}",
				 words, operation, rule, how, how));
}

/* The shape is reported by clients; which warnings there are, and their words, is made up here. */
static void warn(struct request *q, struct json *out, const struct json *actions, unsigned depth)
{
	static const char *const lists[] = { "GetItems", "ListRecords", "GetItems_V2" };

	JSON_EACH(step, actions) {
		const struct json *in = json_get(step, "inputs"), *p = json_get(in, "parameters");
		struct str operation = json_get_str(json_get(in, "host"), "operationId");

		for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
			if (str_eq(operation, str_from(lists[i])) && !json_get(p, "$top") &&
			    !json_get(p, "$filter"))
				add_row(q, out, "SpecifyItemsToRetrieve", json_name(step),
					S("This action reads all items: retrieve only those that are "
					  "needed."),
					"Add a filter query or a top count.");
		if (depth >= 8)
			continue;
		warn(q, out, json_get(step, "actions"), depth + 1);
		warn(q, out, json_at(step, "/else/actions"), depth + 1);
		warn(q, out, json_at(step, "/default/actions"), depth + 1);
		JSON_EACH(one, json_get(step, "cases"))
			warn(q, out, json_get(one, "actions"), depth + 1);
	}
}

/* It looks at what is being edited, not at what is saved; without references it knows no
 * connector. */
static void check(struct request *q, bool errors)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, flow_capture(q)) : NULL;
	const struct json *p, *definition;
	struct save_error error;
	struct json *out;

	if (!f)
		return;
	p = need_properties(q);
	definition = json_get(p, "definition");
	if (!p)
		return;
	if (!definition) {
		answer_error(q, SE_INVALID_REQUEST,
			     "Required property 'definition' not found in JSON. Path 'properties'.",
			     NULL, NULL);
		return;
	}
	out = json_new_array(&q->mem);
	if (!errors)
		warn(q, out, json_get(definition, "actions"), 1);
	else if (!save_check(q, e, definition,
			     design_references(q, json_get(p, "connectionReferences")), &error))
		add_row(q, out, error.code, S(""), error.message, "");
	answer_json(q, 200, out);
}

static void check_errors(struct request *q)
{
	check(q, true);
}

static void check_warnings(struct request *q)
{
	check(q, false);
}

static void migrate_flows(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct solution *s = e ? tenant_solution(q->tenant, e, q->capture[1]) : NULL;
	const struct json *body = e ? request_json(q) : NULL;

	if (!e)
		return;
	if (!s) {
		answer_error(q, SE_ROUTE_NOT_FOUND, "the solution", NULL, NULL);
		return;
	}
	JSON_EACH(v, json_get(body, "flowsToMigrate")) {
		struct flow *f = tenant_flow(q->tenant, e, json_str(v));

		if (!f || *f->workflow) {
			answer_error(q, SE_FLOW_NOT_FOUND, json_z(v), NULL, NULL);
			return;
		}
		prng_guid(prng_mix(f->seed, prng_hash(S("migrated"))), f->workflow);
		f->solution = s;
	}
	answer_empty(q, 200);
}

#define FLOWS "/providers/Microsoft.ProcessSimple/environments/{E}/flows"
#define ENV_FLOWS "/powerautomate/flows"
#define BOTH(method, tail, handler, flags)                                                         \
	{ FACE_FLOW, method, FLOWS tail, handler, flags },                                         \
	{ FACE_ENVIRONMENT, method, ENV_FLOWS tail, handler, (flags) & ~(unsigned)ROUTE_ADMIN }

static const struct route rows[] = {
	BOTH("POST", "", flow_create, 0),
	{ FACE_FLOW, "PUT", FLOWS "/{F}", flow_put, 0 },
	BOTH("PATCH", "/{F}", flow_update, 0),
	BOTH("DELETE", "/{F}", flow_delete, ROUTE_ADMIN),
	{ FACE_FLOW, "POST", FLOWS "/{F}/restore", flow_restore, ROUTE_ADMIN_ONLY },
	BOTH("POST", "/{F}/start", flow_start, ROUTE_ADMIN),
	BOTH("POST", "/{F}/stop", flow_stop, ROUTE_ADMIN),
	BOTH("POST", "/{F}/publish", flow_publish, 0),
	BOTH("GET", "/{F}/permissions", permissions_list, ROUTE_ADMIN),
	BOTH("GET", "/{F}/owners", owners_list, ROUTE_ADMIN),
	BOTH("GET", "/{F}/users", users_list, 0),
	BOTH("POST", "/{F}/modifyPermissions", modify_permissions, ROUTE_ADMIN),
	BOTH("POST", "/{F}/modifyOwners", modify_permissions, ROUTE_ADMIN),
	BOTH("POST", "/{F}/modifyUsers", modify_users, 0),
	BOTH("POST", "/{F}/checkFlowErrors", check_errors, ROUTE_READ),
	BOTH("POST", "/{F}/checkFlowWarnings", check_warnings, ROUTE_READ),
	{ FACE_FLOW, "POST", "/providers/Microsoft.Flow/environments/{E}/solutions/{S}/migrateFlows",
	  migrate_flows, 0 },
};

const struct route_table flow_write_routes = { rows, sizeof(rows) / sizeof(*rows) };
