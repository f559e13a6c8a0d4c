/*
 * resolve_parameters.c - resolve_live_parameters: every input of an operation in one call, with
 * names of people's making turned into values.
 *
 * Names match exactly, upper and lower case being the same, or not at all; nothing is guessed.
 * What depends on nothing is looked up first and together, then what depends on that.
 */
#include "base/limits.h"
#include "tools/resolve_state.h"
#include "tools/table.h"
#include "wdl/swagger.h"

enum { LOOK, DEFINE, ROUNDS };
enum { MOST_ASKED = 40, MOST_ROUNDS = 24, MOST_OPTIONS = 200 };

static bool has_flow(struct call *c)
{
	return arg_str(c, "flowName").n > 0;
}

/* ---- what is resolved ---- */

struct subject {
	struct str connector, operation, connection;
	const struct json *given;
};

static const struct json *find_step(const struct json *v, struct str name, unsigned depth)
{
	const struct json *found;

	if (depth > LIMIT_JSON_DEPTH)
		return NULL;
	JSON_EACH (m, v) {
		if (!json_first(m))
			continue;
		found = str_eq(json_name(m), S("actions")) || str_eq(json_name(m), S("triggers")) ?
				json_get_nocase(m, name) :
				NULL;
		if (!found)
			found = find_step(m, name, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

/* A step as a flow has it: connector, operation, connection and what it has already. */
static bool subject_of_step(struct call *c, struct subject *s)
{
	const struct answer *flow = got(c, LOOK, 0);
	struct str name = arg_str(c, "actionName"), key;
	const struct json *step, *host, *reference;
	struct json *given = json_new_object(call_arena(c));

	if (flow->err != ERR_OK) {
		fail_read(c, flow);
		return false;
	}
	step = find_step(json_at(flow->json, "/properties/definition"), name, 0);
	host = json_at(step, "/inputs/host");
	if (!json_get_str(host, "operationId").n) {
		fail(c, step ? ERR_INVALID_ARGUMENT : ERR_NOT_FOUND,
		     step ? "%s is no step of a connector" : "the flow has no step %s",
		     quoted(c, name));
		hint(c, "get_live_flow with view=outline lists the steps.");
		return false;
	}
	key = json_get_str(host, "connectionName");
	reference = json_get_n(json_at(flow->json, "/properties/connectionReferences"), key);
	s->operation = json_get_str(host, "operationId");
	s->connector = connector_of_text(c, json_get_str(host, "apiId").n
						    ? json_get_str(host, "apiId")
						    : json_get_str(reference, "id"));
	s->connection = json_get_str(reference, "connectionName");
	JSON_EACH (v, json_at(step, "/inputs/parameters"))
		json_set_n(call_arena(c), given, json_name(v), json_copy(call_arena(c), v));
	JSON_EACH (v, arg_json(c, "parameters"))
		json_set_n(call_arena(c), given, json_name(v), json_copy(call_arena(c), v));
	s->given = given;
	return true;
}

/* False: fail() was called. */
static bool subject_of(struct call *c, struct subject *s)
{
	*s = (struct subject){ .connector = connector_arg(c), .operation = arg_str(c, "operationId"),
			       .connection = arg_str(c, "connectionName"),
			       .given = arg_json(c, "parameters") };
	if (has_flow(c) && !subject_of_step(c, s))
		return false;
	if (arg_str(c, "connectionName").n)
		s->connection = arg_str(c, "connectionName");
	return true;
}

static bool arguments_fit(struct call *c)
{
	if (has_flow(c) ? arg_str(c, "actionName").n > 0 :
			  connector_arg(c).n && arg_str(c, "operationId").n)
		return true;
	fail(c, ERR_INVALID_ARGUMENT, "which operation?");
	hint(c, "Give connectorName and operationId, or flowName and actionName of a step that "
		"exists.");
	return false;
}

/* ---- the first two stages ---- */

static enum verdict look(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	struct str connector = connector_arg(c);
	size_t n = 0;

	if (!arguments_fit(c))
		return FAIL;
	if (has_flow(c))
		f[n++] = look_at_flow(c);
	else if (!connector_operation(c, connector, arg_str(c, "operationId")))
		f[n++] = connector_fetch(c, connector);
	f[n++] = connector_connections(c);
	return fetch_each(c, f, n);
}

/* The last of LOOK. */
static const struct answer *connections(struct call *c)
{
	return came(c, LOOK, 1) ? got(c, LOOK, 1) : got(c, LOOK, 0);
}

/* The definition came at LOOK (without a flow) or at DEFINE; false: fail() was called. */
static bool take_definition(struct call *c, const struct subject *s)
{
	const struct answer *a = NULL;

	if (connector_operation(c, s->connector, s->operation) ||
	    connector_definition(c, s->connector))
		return true;
	if (!has_flow(c) && came(c, LOOK, 1))
		a = got(c, LOOK, 0);
	else if (came(c, DEFINE, 0))
		a = got(c, DEFINE, 0);
	return !a || connector_take(c, s->connector, a);
}

static enum verdict define(struct call *c, const struct subject *s)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));
	bool known = connector_operation(c, s->connector, s->operation) ||
		     connector_definition(c, s->connector);

	*f = connector_fetch(c, s->connector);
	return fetch_each(c, f, known ? 0 : 1);
}

/* ---- rounds ---- */

struct asking {
	const struct subject *s;
	struct str connection; /* of the operation's connector */
	struct str people;     /* of Office 365 Users; "" when there is none */
};

static struct fetch ask_for(struct call *c, const struct asking *k, const struct resolve *r,
			    const struct resolve_input *in)
{
	struct lookup_question q = {
		.connector = k->s->connector,
		.connection = k->connection,
		.metadata = in->metadata,
		.known = r->known,
		.selected = in->folder,
		.input = in->name,
	};
	struct json *term;

	if (in->kind == RESOLVE_PROPERTIES)
		return lookup_fields(c, &q);
	if (in->kind == RESOLVE_TREE)
		q.metadata = json_get(in->metadata,
				      in->folder.n && json_get(in->metadata, "browse") ? "browse"
										       : "open");
	if (in->people) {
		term = json_new_object(call_arena(c));
		json_set_str(call_arena(c), term, LOOKUP_TERM,
			     in->wanted.n ? in->wanted : arg_str(c, "search"));
		q.metadata = lookup_people(c, in->metadata);
		q.connector = lookup_people_connector;
		q.connection = k->people;
		q.known = term;
	}
	return lookup_values(c, &q);
}

static enum verdict next_round(struct call *c, const struct asking *k, struct resolve *r,
			       const size_t *inputs, size_t n)
{
	struct fetch *f = arena_array(call_arena(c), n, sizeof(*f));

	for (size_t i = 0; i < n; i++)
		f[i] = ask_for(c, k, r, &r->inputs[inputs[i]]);
	return fetch_each(c, f, n);
}

/* ---- the result ---- */

static bool is_shown_option(struct call *c, const struct json *row)
{
	return str_contains_nocase(lookup_title(row), arg_str(c, "search")) ||
	       str_contains_nocase(json_str(lookup_value(row)), arg_str(c, "search"));
}

static void put_options(struct call *c, struct json *out, const struct resolve_input *in)
{
	size_t most = arg_int(c, "top") ? (size_t)arg_int(c, "top") : MOST_OPTIONS, total = 0;
	bool whole = str_eq(arg_str(c, "detail"), S("full"));
	struct json *list;

	if (!in->rows || (in->status == RESOLVE_MATCHED && !whole))
		return;
	list = json_set(call_arena(c), out, in->kind == RESOLVE_TREE ? "items" : "options",
			json_new_array(call_arena(c)));
	JSON_EACH (row, in->rows) {
		struct json *v;

		if ((!in->people && !is_shown_option(c, row)) || total++ >= most)
			continue;
		if (whole) {
			json_push(list, json_copy(call_arena(c), row));
			continue;
		}
		v = json_push(list, json_new_object(call_arena(c)));
		json_set(call_arena(c), v, "value", json_copy(call_arena(c), lookup_value(row)));
		json_set_str(call_arena(c), v, "displayName", lookup_title(row));
		if (json_get(row, "isParent"))
			json_set(call_arena(c), v, "isParent",
				 json_copy(call_arena(c), json_get(row, "isParent")));
	}
	if (total > most)
		json_set_int(call_arena(c), out, "truncated", (int64_t)(total - most));
}

static struct json *input_result(struct call *c, struct resolve *r, const struct resolve_input *in)
{
	static const char *const facts[] = { "title", "type", "required", "enum", "format" };
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *needs = NULL;

	json_set_str(a, out, "name", in->name);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (json_get(in->row, facts[i]))
			json_set(a, out, facts[i], json_copy(a, json_get(in->row, facts[i])));
	json_set_z(a, out, "status", resolve_status_name(in->status));
	if (in->value)
		json_set(a, out, "value", json_copy(a, in->value));
	if (in->wanted.n) {
		json_set_str(a, out, "wanted", in->wanted);
		if (in->rows || in->status == RESOLVE_NO_MATCH)
			json_set_int(a, out, "matchCount", (int64_t)in->matches);
	}
	if (in->status == RESOLVE_NEEDS)
		needs = lookup_needs(c, in->kind == RESOLVE_TREE ? json_get(in->metadata, "open") :
								   in->metadata,
				     r->known);
	json_set(a, out, "needs", needs);
	if (in->failure) {
		json_set_z(a, out, "code", err_name(in->failure->err));
		json_set_z(a, out, "message", in->failure->message);
	}
	put_options(c, out, in);
	return out;
}

static bool includes(struct call *c, const char *what)
{
	JSON_EACH (v, arg_json(c, "include"))
		if (str_eq(json_str(v), str_from(what)))
			return true;
	return false;
}

/* Required, and nothing is known of its value. */
static bool is_missing(const struct resolve_input *in)
{
	return json_is_true(json_get(in->row, "required")) && !in->value &&
	       in->status != RESOLVE_FIELDS;
}

static enum verdict result(struct call *c, const struct asking *k, struct resolve *r)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *list = json_new_array(a), *missing, *values;

	resolve_end(r);
	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", k->s->connector);
	json_set(a, out, "operationId", json_copy(a, json_get(r->operation, "operationId")));
	put_str(c, out, "connectionName", k->connection);
	if (has_flow(c)) {
		put_str(c, out, "flowName", arg_str(c, "flowName"));
		put_str(c, out, "actionName", arg_str(c, "actionName"));
	}
	values = json_new_object(a);
	missing = json_new_array(a);
	for (size_t i = 0; i < r->count; i++) {
		const struct resolve_input *in = &r->inputs[i];

		connector_keep_sets(c, k->s->connector, in->name, in->rows);
		if (in->value)
			json_set_n(a, values, in->name, json_copy(a, in->value));
		if (is_missing(in))
			json_push(missing, json_new_str(a, in->name));
		if (!r->only.n || str_eq(in->name, r->only) || in->status == RESOLVE_MATCHED)
			json_push(list, input_result(c, r, in));
	}
	json_set(a, out, "parameters", values);
	json_set(a, out, "missing", missing);
	json_set(a, out, "inputs", list);
	if (includes(c, "outputs"))
		json_set(a, out, "outputs", json_copy(a, json_get(r->operation, "outputs")));
	return done(c, out);
}

/* ---- the tool ---- */

/* False: fail() was called. */
static bool choose(struct call *c, const struct subject *s, struct asking *k, struct resolve *r)
{
	const struct json *people = connector_pick(c, connections(c), lookup_people_connector);
	const struct json *own = connector_pick(c, connections(c), s->connector);

	*k = (struct asking){ .s = s, .connection = s->connection };
	if (!k->connection.n)
		k->connection = json_get_str(own, "id");
	k->people = json_get_str(people, "id");
	if (!k->people.n)
		resolve_no_people(r);
	if (k->connection.n)
		return true;
	for (size_t i = 0; i < r->count; i++) {
		if (r->inputs[i].kind == RESOLVE_PLAIN || r->inputs[i].people)
			continue;
		if (connections(c)->err != ERR_OK)
			fail_answer(c, connections(c));
		else
			connector_no_connection(c, s->connector);
		return false;
	}
	return true;
}

static enum verdict resolve(struct call *c)
{
	size_t *inputs = arena_array(call_arena(c), MOST_ASKED, sizeof(*inputs)), n;
	const struct json *operation;
	struct subject s;
	struct asking k;
	struct resolve *r;

	if (call_stage(c) == LOOK)
		return look(c);
	if (!subject_of(c, &s) || !take_definition(c, &s))
		return FAIL;
	if (call_stage(c) == DEFINE)
		return define(c, &s);
	operation = connector_operation(c, s.connector, s.operation);
	if (!operation)
		return connector_no_operation(c, s.connector, s.operation);
	r = resolve_begin(c, operation, s.given, arg_json(c, "match"), arg_json(c, "browse"),
			  arg_str(c, "parameterName"));
	if (!choose(c, &s, &k, r))
		return FAIL;
	for (int stage = ROUNDS;; stage++) {
		n = resolve_round(r, inputs, MOST_ASKED);
		if (!n || stage >= ROUNDS + MOST_ROUNDS)
			return result(c, &k, r);
		if (stage == call_stage(c))
			return next_round(c, &k, r, inputs, n);
		for (size_t i = 0; i < n; i++)
			resolve_take(r, inputs[i], got(c, stage, i));
	}
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_CONNECTOR,
	{ "operationId", JSON_STRING, 0, "The operation.", .max = 256 },
	{ "flowName", JSON_STRING, P_FLOW, "Or a flow, with actionName.", .alias = "flowId",
	  .max = 2048 },
	{ "actionName", JSON_STRING, 0, "A step of that flow.", .max = 256 },
	{ "parameters", JSON_OBJECT, 0, "Values that are known." },
	{ "match", JSON_OBJECT, 0, "Names to find, by input; a folder's /path." },
	{ "parameterName", JSON_STRING, 0, "Only this input.", .max = 512 },
	{ "browse", JSON_OBJECT, 0, "{field, id} of a folder." },
	{ "search", JSON_STRING, 0, "Part of an option.", .max = 256 },
	{ "connectionName", JSON_STRING, 0, "Left out: one of yours.", .max = 256 },
	{ "top", JSON_NUMBER, 0, "Most options each.", .min = 1, .max = 5000 },
	{ "detail", JSON_STRING, 0, "Of options.", .choices = "compact full",
	  .otherwise = "\"compact\"" },
	{ "include", JSON_ARRAY, 0, "outputs", .max = 4 },
	{ 0 },
};

const struct tool tool_resolve_live_parameters = {
	.name = "resolve_live_parameters",
	.title = "Resolve the inputs of an operation",
	.description = "All inputs of an operation in one call: names in match become values (exactly or "
		       "not at all), the rest gets options or says what it needs.",
	.toolset = "connection",
	.bundles = "create-flow build-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "inputs",
	.columns = "/name /status /value /required",
	.step = resolve,
};
