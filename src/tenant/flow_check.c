/*
 * flow_check.c - the flow checker, and flows that are added to a solution.
 */
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

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
	else if (!save_check(q, e, NULL, definition,
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

void flow_bind(struct request *q, struct flow *f)
{
	struct version *v = flow_current(f);

	JSON_EACH(r, v->references) {
		struct connection *c =
			tenant_connection(q->tenant, f->env, json_get_str(r, "connectionName"));
		struct reference *made =
			c ? tenant_reference_to(q->tenant, f->env, c, f->solution) : NULL;

		if (made)
			json_set_z(&v->mem, r, "connectionReferenceLogicalName", made->logical);
	}
}

static bool may_migrate(struct request *q, struct environment *e, struct solution *s,
			const struct json *names)
{
	JSON_EACH(v, names) {
		struct flow *f = tenant_flow(q->tenant, e, json_str(v));

		if (!f || f->deleted)
			answer_error(q, SE_FLOW_NOT_FOUND, json_z(v), NULL, NULL);
		else if (!q->caller.admin && f->owner != q->caller.user)
			answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id,
				     f->id, "shared_logicflows");
		else if (*f->workflow)
			answer_error(q, SE_IN_SOLUTION, f->id, NULL, NULL);
		else if (s->managed)
			answer_error(q, SE_INVALID_REQUEST, "The solution is managed.", NULL, NULL);
		else
			continue;
		return false;
	}
	return true;
}

static void migrate(struct request *q, struct flow *f, struct solution *s)
{
	prng_guid(prng_mix(f->seed, prng_hash(S("migrated"))), f->workflow);
	f->solution = s;
	flow_bind(q, f);
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
	if (!may_migrate(q, e, s, json_get(body, "flowsToMigrate")))
		return;
	JSON_EACH(v, json_get(body, "flowsToMigrate"))
		migrate(q, tenant_flow(q->tenant, e, json_str(v)), s);
	answer_empty(q, 200);
}

static const struct route rows[] = {
	FLOW_ROUTE("POST", "/checkFlowErrors", check_errors, ROUTE_READ),
	FLOW_ROUTE("POST", "/checkFlowWarnings", check_warnings, ROUTE_READ),
	{ FACE_FLOW, "POST", "/providers/Microsoft.Flow/environments/{E}/solutions/{S}/migrateFlows",
	  migrate_flows, 0 },
};

const struct route_table flow_check_routes = { rows, sizeof(rows) / sizeof(*rows) };
