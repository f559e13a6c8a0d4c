/*
 * landing.c - a flow made to fit an environment that it was not made in.
 *
 * Nothing is guessed: a connection is taken when it is the only one of its connector that is the
 * caller's and works, or the only such one that carries the caller's own name.
 */
#include "tools/landing.h"

#include "tools/target.h"
#include "tools/variables.h"
#include "wdl/design.h"

enum { CONNECTIONS, WHERE, MINE = WHERE + LOOK_ORGANISATION, SHARED };
/* The variables, where they are wanted; after them child flows. */
enum { VARIABLES };

/* ---- looking ---- */

static struct json *keep_connection(struct call *c, const struct json *item)
{
	struct str me = at_str(about_identity(c), "/account/objectId");
	struct json *v = json_new_object(call_arena(c));
	bool works = true;

	JSON_EACH (s, json_at(item, "/properties/statuses"))
		works = works && str_eq_nocase(json_get_str(s, "status"), S("Connected"));
	put_str(c, v, "id", json_get_str(item, "name"));
	put(c, v, "displayName", item, "/properties/displayName");
	put_str(c, v, "connectorName", last_segment(at_str(item, "/properties/apiId")));
	json_set_bool(call_arena(c), v, "works", works);
	json_set_bool(call_arena(c), v, "mine",
		      me.n && str_eq_nocase(at_str(item, "/properties/createdBy/id"), me));
	return v;
}

static struct json *keep_flow(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "id", json_get_str(item, "name"));
	put(c, v, "displayName", item, "/properties/displayName");
	put_str(c, v, "workflowId", at_str(item, "/properties/workflowEntityId"));
	return v;
}

void landing_looks(const struct landing *l, struct fetch *f)
{
	static const struct paging connections = { .keep = keep_connection };
	static const struct paging flows = { .keep = keep_flow };
	struct call *c = l->c;
	const char *environment = str_c(call_arena(c), l->environment);

	f[CONNECTIONS] = look_at_all(connections_url(c, environment), &connections);
	organisation_fetches_in(c, environment, f + WHERE);
	f[MINE] = look_at_all(url(c, HOST_FLOW,
				  "/environments/%s/flows?$filter=search('personal')"
				  "&include=includeSolutionCloudFlows&$top=250",
				  environment),
			      &flows);
	f[SHARED] = look_at_all(url(c, HOST_FLOW,
				    "/environments/%s/flows?$filter=search('team')"
				    "&include=includeSolutionCloudFlows&$top=250",
				    environment),
				&flows);
}

static const struct answer *first(const struct landing *l, size_t i)
{
	return got(l->c, l->stage, l->at + i);
}

static struct str organisation(const struct landing *l)
{
	bool known;

	return organisation_of(first(l, WHERE), first(l, WHERE + 1), &known);
}

static bool moves(const struct landing *l)
{
	return !str_eq_nocase(l->source, l->environment);
}

/* ---- child flows ---- */

static struct str child_of(const struct json *step)
{
	if (!str_eq_nocase(json_get_str(step, "type"), S("Workflow")))
		return S("");
	return at_str(step, "/inputs/host/workflowReferenceName");
}

struct seen {
	struct arena *a;
	struct json *ids;
};

static void see_id(void *arg, struct json *step, bool trigger)
{
	struct seen *s = arg;
	struct str id = child_of(step);

	(void)trigger;
	JSON_EACH (v, s->ids)
		if (str_eq_nocase(json_str(v), id))
			return;
	if (id.n)
		json_push(s->ids, json_new_str(s->a, id));
}

/* What the definition calls its children, each once. */
static struct json *child_ids(const struct landing *l)
{
	struct seen s = { call_arena(l->c), json_new_array(call_arena(l->c)) };

	wdl_design_each(l->definition, see_id, &s);
	return s.ids;
}

static bool wants_variables(const struct landing *l)
{
	JSON_EACH (p, json_get(l->definition, "parameters"))
		if (at_str(p, "/metadata/schemaName").n)
			return moves(l) && organisation(l).n;
	return false;
}

size_t landing_more(const struct landing *l, struct fetch *f)
{
	size_t n = 0;

	if (wants_variables(l))
		f[n++] = variable_rows(l->c, organisation(l));
	if (!moves(l) || !l->source.n)
		return n;
	JSON_EACH (id, child_ids(l))
		if (n < LANDING_MORE && !json_get_n(l->children, json_str(id)))
			f[n++] = look_at(url(l->c, HOST_FLOW, "/environments/%s/flows/%s",
					     str_c(call_arena(l->c), l->source), json_z(id)),
					 FETCH_LARGE);
	return n;
}

/* The name of a child in the environment that the flow comes from; "" when it is not known. */
static struct str child_name(const struct landing *l, struct str wanted)
{
	size_t n = wants_variables(l);

	if (!l->source.n)
		return S("");
	JSON_EACH (id, child_ids(l)) {
		if (n >= LANDING_MORE || json_get_n(l->children, json_str(id)))
			continue;
		if (str_eq_nocase(json_str(id), wanted))
			return at_str(got(l->c, l->stage + 1, n)->json, "/properties/displayName");
		n++;
	}
	return S("");
}

/* The only flow there with that name, which must be in a solution to be called. */
static const struct json *flow_there(const struct landing *l, struct str name, struct str id)
{
	const struct json *found = NULL;

	for (size_t i = MINE; i <= SHARED; i++)
		JSON_EACH (v, first(l, i)->json) {
			bool it = id.n ? str_eq_nocase(json_get_str(v, "id"), id) ||
						 str_eq_nocase(json_get_str(v, "workflowId"), id)
				       : str_eq_nocase(json_get_str(v, "displayName"), name);

			if (!it)
				continue;
			if (found && !str_eq(json_get_str(found, "id"), json_get_str(v, "id")))
				return NULL;
			found = v;
		}
	return found;
}

static void set_child(void *arg, struct json *step, bool trigger)
{
	const struct landing *l = arg;
	struct str now = json_str(json_get_n(l->calls, child_of(step)));

	(void)trigger;
	if (now.n)
		json_set_str(call_arena(l->c), json_at(step, "/inputs/host"),
			     "workflowReferenceName", now);
}

static bool fail_children(const struct landing *l, struct json *missing)
{
	struct json *arguments;
	struct str id = json_get_str(json_first(missing), "childFlow");

	fail(l->c, ERR_NOT_FOUND, "%zu flow%s that it calls %s not in that environment",
	     json_count(missing), json_count(missing) == 1 ? "" : "s",
	     json_count(missing) == 1 ? "is" : "are");
	fail_data(l->c, "missing", missing);
	hint(l->c, "Copy each of them first and put it into a solution there, or name flows there "
		   "in childFlows: {childFlow: flow id}. Nothing was changed.");
	if (!l->source.n)
		return false;
	arguments = json_new_object(call_arena(l->c));
	json_set_str(call_arena(l->c), arguments, "environmentName", l->source);
	json_set_str(call_arena(l->c), arguments, "flowName", id);
	json_set_str(call_arena(l->c), arguments, "targetEnvironmentName", l->environment);
	next_tool(l->c, "copy_live_flow", arguments);
	return false;
}

static bool land_children(struct landing *l)
{
	struct json *missing = json_new_array(call_arena(l->c)), *v;

	if (!moves(l))
		return true;
	JSON_EACH (id, child_ids(l)) {
		struct str chosen = json_str(json_get_n(l->children, json_str(id)));
		struct str name = chosen.n ? S("") : child_name(l, json_str(id));
		const struct json *there =
			chosen.n || name.n ? flow_there(l, name, chosen) : NULL;
		struct str workflow = json_get_str(there, "workflowId");

		if (workflow.n) {
			json_set_n(call_arena(l->c), l->calls, json_str(id),
				   json_new_str(call_arena(l->c), workflow));
			continue;
		}
		v = json_push(missing, json_new_object(call_arena(l->c)));
		json_set_str(call_arena(l->c), v, "childFlow", json_str(id));
		put_str(l->c, v, "displayName", name);
		json_set_z(call_arena(l->c), v, "why",
			   there ? "there is one, but in no solution: it cannot be called"
				 : "no flow there is called so, or more than one");
	}
	if (json_count(missing))
		return fail_children(l, missing);
	wdl_design_each(l->made_definition, set_child, l);
	return true;
}

/* ---- connections ---- */

static struct json *shown(struct call *c, const struct json *connection)
{
	struct json *v = json_new_object(call_arena(c));

	put(c, v, "id", connection, "/id");
	put(c, v, "displayName", connection, "/displayName");
	json_set_bool(call_arena(c), v, "works", json_is_true(json_get(connection, "works")));
	return v;
}

static bool fits(const struct json *v, struct str connector)
{
	return str_eq_nocase(json_get_str(v, "connectorName"), connector);
}

/* The one that is wished for: by the key of the reference, else by its connector. */
static struct str wished(const struct landing *l, struct str key, struct str connector)
{
	struct str id = json_str(json_get_n(l->connections, key));

	return id.n ? id : json_str(json_get_n(l->connections, connector));
}

static const struct json *named(const struct landing *l, struct str id)
{
	JSON_EACH (v, first(l, CONNECTIONS)->json)
		if (str_eq_nocase(json_get_str(v, "id"), id))
			return v;
	return NULL;
}

/* The only one that can be meant, or NULL. */
static const struct json *only_one(const struct landing *l, struct str connector)
{
	struct str name = at_str(about_identity(l->c), "/account/userPrincipalName");
	const struct json *any = NULL, *mine = NULL;
	size_t count = 0, named_so = 0;

	JSON_EACH (v, first(l, CONNECTIONS)->json) {
		if (!fits(v, connector) || !json_is_true(json_get(v, "works")) ||
		    !json_is_true(json_get(v, "mine")))
			continue;
		any = v;
		count++;
		if (str_eq_nocase(json_get_str(v, "displayName"), name)) {
			mine = v;
			named_so++;
		}
	}
	return count == 1 ? any : named_so == 1 ? mine : NULL;
}

static const struct json *choose(const struct landing *l, struct str key, struct str connector,
				 const char **why)
{
	struct str id = wished(l, key, connector);
	const struct json *found = id.n ? named(l, id) : only_one(l, connector);

	*why = "you have none of this connector there, or more than one";
	if (!id.n)
		return found;
	*why = !found		       ? "there is no such connection"
	       : !fits(found, connector) ? "it is of another connector"
	       : !json_is_true(json_get(found, "works")) ? "it is not connected"
							   : NULL;
	return *why ? NULL : found;
}

static void missing_connection(const struct landing *l, struct json *missing, struct str key,
			       struct str connector, const char *why)
{
	struct json *v = json_push(missing, json_new_object(call_arena(l->c)));
	struct json *list = json_new_array(call_arena(l->c));

	json_set_str(call_arena(l->c), v, "reference", key);
	json_set_str(call_arena(l->c), v, "connectorName", connector);
	json_set_z(call_arena(l->c), v, "why", why);
	JSON_EACH (one, first(l, CONNECTIONS)->json)
		if (fits(one, connector) && json_count(list) < 10)
			json_push(list, shown(l->c, one));
	json_set(call_arena(l->c), v, "candidates", list);
}

static bool fail_connections(const struct landing *l, struct json *missing)
{
	struct json *arguments;

	fail(l->c, ERR_NOT_AVAILABLE, "%zu connection%s cannot be chosen in that environment",
	     json_count(missing), json_count(missing) == 1 ? "" : "s");
	hint(l->c, "Pass connections: {reference: connection id} with ids of data.missing's "
		   "candidates; where there is none, create_live_connection makes one. Nothing was "
		   "changed.");
	JSON_EACH (v, missing)
		if (!json_count(json_get(v, "candidates"))) {
			arguments = json_new_object(call_arena(l->c));
			json_set_str(call_arena(l->c), arguments, "environmentName",
				     l->environment);
			json_set_str(call_arena(l->c), arguments, "connectorName",
				     json_get_str(v, "connectorName"));
			next_tool(l->c, "create_live_connection", arguments);
			break;
		}
	fail_data(l->c, "missing", missing);
	return false;
}

static void bind_to(struct landing *l, const struct json *reference, struct str connector,
		    const struct json *connection)
{
	struct arena *a = call_arena(l->c);
	struct json *r = json_new_object(a), *v = json_new_object(a);

	json_set_str(a, r, "connectionName", json_get_str(connection, "id"));
	/* Nobody may only run it yet who would bring a connection. */
	json_set_z(a, r, "source", "Embedded");
	json_set_str(a, r, "id",
		     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s", STR_ARG(connector)));
	json_set_n(a, l->made_references, json_name(reference), r);
	json_set_str(a, v, "connectionName", json_get_str(connection, "id"));
	put(l->c, v, "displayName", connection, "/displayName");
	json_set_str(a, v, "connectorName", connector);
	json_set_n(a, l->bound, json_name(reference), v);
}

/* In its own environment a flow's own binding is the best; a solution's logical name is of no use
 * to a flow outside of solutions. */
static const struct json *own_binding(const struct landing *l, const struct json *reference)
{
	return moves(l) ? NULL : named(l, json_get_str(reference, "connectionName"));
}

struct named {
	struct arena *a;
	struct json *references;
};

/* Some flows are read without the references that their steps name: the connector is known. */
static void add_reference(void *arg, struct json *step, bool trigger)
{
	struct named *n = arg;
	struct str key = wdl_design_host_key(step), api = at_str(step, "/inputs/host/apiId");
	struct json *r;

	(void)trigger;
	if (!wdl_design_is_connector(step) || !key.n || !api.n || json_get_n(n->references, key))
		return;
	r = json_set_n(n->a, n->references, key, json_new_object(n->a));
	json_set_str(n->a, r, "id", api);
}

static struct json *references_of(const struct landing *l)
{
	struct arena *a = call_arena(l->c);
	struct named n = { a, wdl_design_references(a, l->references) };

	if (!json_is(n.references, JSON_OBJECT))
		n.references = json_new_object(a);
	wdl_design_each(l->definition, add_reference, &n);
	return n.references;
}

static bool land_references(struct landing *l)
{
	struct json *missing = json_new_array(call_arena(l->c));
	struct json *references = references_of(l);

	if (json_count(references) && first(l, CONNECTIONS)->err != ERR_OK) {
		fail_answer(l->c, first(l, CONNECTIONS));
		return false;
	}
	JSON_EACH (r, references) {
		struct str connector = wdl_design_api(r);
		bool free_choice = !wished(l, json_name(r), connector).n;
		const struct json *found = free_choice ? own_binding(l, r) : NULL;
		const char *why;

		if (!found)
			found = choose(l, json_name(r), connector, &why);
		if (found)
			bind_to(l, r, connector, found);
		else
			missing_connection(l, missing, json_name(r), connector, why);
	}
	return !json_count(missing) || fail_connections(l, missing);
}

/* ---- environment variables ---- */

static void say(struct landing *l, struct str sentence)
{
	json_push(l->left, json_new_str(call_arena(l->c), sentence));
}

/* The text of a variable as a parameter of that type; NULL when it is none. */
static struct json *as_type(struct arena *a, struct str type, struct str text)
{
	struct json *v;

	if (str_eq_nocase(type, S("String")) || str_eq_nocase(type, S("SecureString")))
		return json_new_str(a, text);
	if (str_eq_nocase(type, S("Bool")))
		return json_new_bool(a, str_eq_nocase(text, S("yes")) ||
						str_eq_nocase(text, S("true")));
	v = json_parse(a, text, JSON_ANSWER, NULL);
	if ((str_eq_nocase(type, S("Int")) || str_eq_nocase(type, S("Float"))) &&
	    !json_is(v, JSON_NUMBER))
		return NULL;
	return v;
}

static const struct json *variable_there(const struct landing *l, struct str schema)
{
	if (!wants_variables(l))
		return NULL;
	JSON_EACH (v, got(l->c, l->stage + 1, VARIABLES)->json)
		if (str_eq_nocase(json_get_str(v, "schemaName"), schema))
			return v;
	return NULL;
}

static void land_variable(struct landing *l, struct json *parameter)
{
	struct arena *a = call_arena(l->c);
	struct str schema = at_str(parameter, "/metadata/schemaName");
	const struct json *there = variable_there(l, schema);
	struct str text = variable_current(there);
	struct json *value = there && text.p ? as_type(a, json_get_str(parameter, "type"), text)
					     : NULL;

	if (value) {
		json_set_n(a, l->set, schema, json_copy(a, value));
		json_set(a, parameter, "defaultValue", value);
		return;
	}
	say(l, str_fmt(a,
		       "Environment variable %.*s %s: parameter %s still holds the value of where "
		       "the flow comes from.",
		       STR_ARG(schema),
		       there ? "has no value there that fits" : "is not in that environment",
		       quoted(l->c, json_name(parameter))));
}

static void land_variables(struct landing *l)
{
	if (moves(l))
		JSON_EACH (p, json_get(l->made_definition, "parameters"))
			if (at_str(p, "/metadata/schemaName").n)
				land_variable(l, p);
}

/* ---- the whole ---- */

static void say_the_rest(struct landing *l)
{
	const struct json *trigger = json_first(json_get(l->definition, "triggers"));

	say(l, S("It is switched off: look at it, then switch it on with set_live_flow_state."));
	if (l->source.n && !moves(l))
		say(l, S("While both are switched on, each event starts both of them."));
	if (str_eq_nocase(json_get_str(trigger, "type"), S("Request")))
		say(l, S("Its trigger has an address of its own: those who call it must be told."));
	say(l, S("Co-owners and run-only users are not taken over (set_live_flow_owners, "
		 "set_live_flow_run_only_users)."));
	say(l, S("It is in no solution unless the environment puts it into one "
		 "(add_live_flow_to_solution)."));
}

bool landing_make(struct landing *l)
{
	struct arena *a = call_arena(l->c);

	l->made_definition = wdl_design_form(a, l->definition);
	l->made_references = json_new_object(a);
	l->bound = json_new_object(a);
	l->set = json_new_object(a);
	l->calls = json_new_object(a);
	l->left = json_new_array(a);
	if (!land_references(l) || !land_children(l))
		return false;
	land_variables(l);
	say_the_rest(l);
	return true;
}

const char *landing_lines(const struct landing *l)
{
	struct buf b;

	buf_init_in(&b, call_arena(l->c), 1u << 16);
	JSON_EACH (v, l->bound)
		buf_addf(&b, " %s uses connection %s.", quoted(l->c, json_name(v)),
			 quoted(l->c, json_get_str(v, "displayName")));
	JSON_EACH (v, l->set)
		buf_addf(&b, " %s is %s there.", quoted(l->c, json_name(v)),
			 quoted(l->c, json_is(v, JSON_STRING) ? json_str(v)
							      : json_text(call_arena(l->c), v)));
	return buf_c(&b);
}
