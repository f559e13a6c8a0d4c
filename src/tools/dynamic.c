/*
 * dynamic.c - get_live_dynamic_options and get_live_dynamic_properties: the values that one input
 * of an operation can have, and the fields of a body that depends on other inputs.
 *
 * Two forms of arguments are taken: operationId with parameterName, and dynamicMetadata as
 * describe_live_connector gave it.  operationId alone may also be the lookup itself.
 */
#include "tools/lookup.h"
#include "tools/table.h"
#include "wdl/swagger.h"

enum { FIRST, ASKED };

/* ---- what came at the first stage ---- */

/* The definition is never fetched without the connections, so one answer is theirs. */
static const struct answer *connections(struct call *c)
{
	return came(c, FIRST, 1) ? got(c, FIRST, 1) : got(c, FIRST, 0);
}

static const struct answer *definition(struct call *c)
{
	return came(c, FIRST, 1) ? got(c, FIRST, 0) : NULL;
}

/* ---- what is asked ---- */

struct asked {
	struct str connector, connection;
	const struct json *metadata;
	bool people;
};

static bool is_known(struct call *c, struct str connector)
{
	if (arg_given(c, "dynamicMetadata"))
		return true;
	if (arg_str(c, "parameterName").n)
		return connector_operation(c, connector, arg_str(c, "operationId")) != NULL;
	return connector_lookup(c, connector, arg_str(c, "operationId")) != NULL;
}

static struct json *dynamic_names(struct call *c, const struct json *op, const char *const *kinds)
{
	struct json *out = json_new_array(call_arena(c));

	for (; *kinds; kinds++)
		JSON_EACH (m, json_get(op, *kinds))
			json_push(out, json_new_str(call_arena(c), json_name(m)));
	return out;
}

static void no_parameter(struct call *c, const struct json *op, const char *const *kinds,
			 const char *what)
{
	struct json *names = dynamic_names(c, op, kinds);

	if (arg_str(c, "parameterName").n)
		fail(c, ERR_INVALID_ARGUMENT, "%s of %s has no %s to look up",
		     quoted(c, arg_str(c, "parameterName")),
		     quoted(c, json_get_str(op, "operationId")), what);
	else
		fail(c, ERR_INVALID_ARGUMENT, "which input of %s?",
		     quoted(c, json_get_str(op, "operationId")));
	if (json_first(names)) {
		hint(c, "parameterName is one of error.data.parameters.");
		fail_data(c, "parameters", names);
	} else {
		hint(c, "None of its inputs is looked up: give the value itself.");
	}
}

/* The metadata of a named input, or of the operation as a lookup. */
static const struct json *values_of(struct call *c, struct str connector)
{
	static const char *const kinds[] = { "values", "trees", NULL };
	struct str name = arg_str(c, "parameterName"), id = arg_str(c, "operationId");
	const struct json *op = connector_operation(c, connector, id), *m;

	if (!op) {
		connector_no_operation(c, connector, id);
		return NULL;
	}
	m = json_get_n(json_get(op, "values"), name);
	if (!m)
		m = json_at_n(json_get_n(json_get(op, "trees"), name), S("/open"));
	if (!m && (!name.n || !json_first(dynamic_names(c, op, kinds))))
		m = connector_lookup(c, connector, id);
	/* The way round the directory's picker is a lookup, though nothing declares it. */
	if (!m && str_eq(connector, lookup_people_connector) &&
	    str_eq_nocase(id, S(LOOKUP_PEOPLE)))
		m = lookup_people(c, NULL);
	if (!m)
		no_parameter(c, op, kinds, "values");
	return m;
}

static const struct json *fields_of(struct call *c, struct str connector)
{
	static const char *const kinds[] = { "properties", NULL };
	struct str name = arg_str(c, "parameterName"), id = arg_str(c, "operationId");
	const struct json *op = connector_operation(c, connector, id), *m;

	if (!op) {
		connector_no_operation(c, connector, id);
		return NULL;
	}
	if (str_eq(arg_str(c, "location"), S("output")))
		m = json_at(op, "/outputProperties/body");
	else
		m = name.n ? json_get_n(json_get(op, "properties"), name) :
			     json_first(json_get(op, "properties"));
	if (!m)
		no_parameter(c, op, kinds, "fields");
	return m;
}

static const struct json *given_metadata(struct call *c)
{
	const struct json *m = swagger_metadata(call_arena(c), arg_json(c, "dynamicMetadata"));

	if (m && json_get(m, "open"))
		m = json_get(m, "open");
	if (!m) {
		fail(c, ERR_INVALID_ARGUMENT, "dynamicMetadata names no operation");
		hint(c, "Give it as describe_live_connector has it, or leave it out and give "
			"operationId and parameterName.");
	}
	return m;
}

/* The connection that is used; false: fail() was called. */
static bool choose_connection(struct call *c, struct asked *q)
{
	const struct json *v;

	q->connection = q->people ? S("") : arg_str(c, "connectionName");
	if (q->connection.n)
		return true;
	if (connections(c)->err != ERR_OK) {
		fail_answer(c, connections(c));
		return false;
	}
	v = connector_pick(c, connections(c), q->connector);
	if (!v) {
		connector_no_connection(c, q->connector);
		return false;
	}
	q->connection = json_get_str(v, "id");
	return true;
}

/* False: fail() was called. */
static bool work_out(struct call *c, struct asked *q, bool fields)
{
	struct str connector = connector_arg(c);
	struct json *needs;

	if (definition(c) && !connector_definition(c, connector) &&
	    !connector_take(c, connector, definition(c)))
		return false;
	*q = (struct asked){ .connector = connector };
	q->metadata = arg_given(c, "dynamicMetadata") ? given_metadata(c) :
		      fields			     ? fields_of(c, connector) :
						       values_of(c, connector);
	if (!q->metadata)
		return false;
	q->people = connector_is_people(q->metadata);
	if (q->people) {
		q->connector = lookup_people_connector;
		q->metadata = lookup_people(c, q->metadata);
	}
	needs = lookup_needs(c, q->metadata, arg_json(c, "parameters"));
	if (!needs)
		return choose_connection(c, q);
	fail(c, ERR_INVALID_ARGUMENT, "other inputs must be chosen first");
	hint(c, "Add the values of error.data.needs to parameters; resolve_live_parameters finds "
		"all of them by name.");
	fail_data(c, "needs", needs);
	return false;
}

static enum verdict first(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	struct str connector = connector_arg(c);
	const struct json *given = arg_json(c, "dynamicMetadata");
	bool known = is_known(c, connector);
	size_t n = 0;

	if (!connector.n || (!given && !arg_str(c, "operationId").n)) {
		fail(c, ERR_INVALID_ARGUMENT, "which input?");
		hint(c, "Give connectorName, operationId and parameterName (or dynamicMetadata), as "
			"nextArguments of describe_live_connector has them.");
		return FAIL;
	}
	if (!known)
		f[n++] = connector_fetch(c, connector);
	/* A known operation may still need the connection of another connector. */
	if (!known || !arg_str(c, "connectionName").n || connector_is_people(given) ||
	    connector_is_people(json_get_n(json_get(connector_operation(c, connector,
									 arg_str(c, "operationId")),
						    "values"),
					   arg_str(c, "parameterName"))))
		f[n++] = connector_connections(c);
	return fetch_each(c, f, n);
}

static struct lookup_question question_of(struct call *c, const struct asked *q)
{
	return (struct lookup_question){
		.connector = q->connector,
		.connection = q->connection,
		.metadata = q->metadata,
		.known = arg_json(c, "parameters"),
		.input = arg_str(c, "parameterName"),
		.output = str_eq(arg_str(c, "location"), S("output")),
	};
}

static struct json *head(struct call *c, const struct asked *q)
{
	struct json *out = json_new_object(call_arena(c));

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", q->connector);
	put_str(c, out, "connectionName", q->connection);
	if (q->people)
		json_set_z(call_arena(c), out, "fallback",
			   "Office 365 Users was asked: the directory's own picker never answers");
	return out;
}

/* ---- get_live_dynamic_options ---- */

static void put_missing(struct call *c, struct json *out, struct str name, const struct json *v)
{
	if (v && name.n && str_find_char(name, '/') < 0 && !json_get_n(out, name))
		json_set_n(call_arena(c), out, name, json_copy(call_arena(c), v));
}

static const struct json *first_of(const struct json *row, struct str name, struct str path)
{
	const struct json *v = json_get_n(row, name);

	return v || !path.n ? v : json_get_n(row, path);
}

/* A record as it came, by both names that its value and its title have: ours, and those that the
 * connector's definition has for them, which published skills read (Name, DisplayName). */
static struct json *option(struct call *c, const struct asked *q, const struct json *row)
{
	struct str value_path = json_get_str(q->metadata, "itemValuePath");
	struct str title_path = json_get_str(q->metadata, "itemTitlePath");
	struct json *out = json_copy(call_arena(c), row);
	const struct json *value, *title;

	if (!json_is(row, JSON_OBJECT))
		return out;
	value = first_of(row, S("value"), value_path);
	title = first_of(row, S("displayName"), title_path);
	if (!value)
		value = lookup_value(row);
	if (!title && lookup_title(row).n)
		title = json_new_str(call_arena(c), lookup_title(row));
	put_missing(c, out, S("value"), value);
	put_missing(c, out, S("displayName"), title);
	put_missing(c, out, value_path, value);
	put_missing(c, out, title_path, title);
	return out;
}

static enum verdict options(struct call *c)
{
	struct lookup_question question;
	struct asked q;
	struct json *out, *list;

	if (call_stage(c) == FIRST)
		return first(c);
	if (!work_out(c, &q, false))
		return FAIL;
	if (call_stage(c) == ASKED) {
		question = question_of(c, &q);
		return fetch_one(c, lookup_values(c, &question));
	}
	if (got(c, ASKED, 0)->err != ERR_OK)
		return lookup_failed(c, got(c, ASKED, 0));
	out = head(c, &q);
	list = json_new_array(call_arena(c));
	connector_keep_sets(c, q.connector, arg_str(c, "parameterName"),
			    lookup_rows(got(c, ASKED, 0)));
	JSON_EACH (row, lookup_rows(got(c, ASKED, 0)))
		json_push(list, option(c, &q, row));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(list));
	json_set(call_arena(c), out, "value", list);
	return done(c, out);
}

#define PARAM_LOOKUP                                                                            \
	{ "operationId", JSON_STRING, 0, "The operation.", .max = 256 },      \
	{ "parameterName", JSON_STRING, 0, "The input.", .max = 512 },                          \
	{ "connectionName", JSON_STRING, 0, "Left out: one of yours.",           \
	  .max = 256 },                                                                         \
	{ "parameters", JSON_OBJECT, 0, "Values of other inputs." },                   \
	{ "dynamicMetadata", JSON_OBJECT, 0, "Or this for both." }

static const struct param options_params[] = {
	PARAM_ENVIRONMENT, PARAM_CONNECTOR, PARAM_LOOKUP, { 0 },
};

const struct tool tool_get_live_dynamic_options = {
	.name = "get_live_dynamic_options",
	.title = "Look up the values of an input",
	.description = "The values that one input can have (sites, lists, people). Arguments as in "
		       "nextArguments of describe_live_connector. For all inputs at once use "
		       "resolve_live_parameters.",
	.toolset = "connection",
	.bundles = "create-flow build-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = options_params,
	.list = "value",
	.columns = "/displayName /value",
	.step = options,
};

/* ---- get_live_dynamic_properties ---- */

static bool has_name(struct str name, struct str property)
{
	return !property.n || str_contains_nocase(name, property);
}

static enum verdict properties_result(struct call *c, const struct asked *q)
{
	bool output = str_eq(arg_str(c, "location"), S("output"));
	const struct json *schema = lookup_schema(got(c, ASKED, 0));
	struct str name = output ? S("body") : arg_str(c, "parameterName");
	struct json *out = head(c, q), *all, *list;

	if (!name.n)
		name = json_name(q->metadata);
	all = swagger_fields(call_arena(c), schema, name, output);
	list = json_new_array(call_arena(c));
	JSON_EACH (f, json_get(all, "fields"))
		if (has_name(json_get_str(f, output ? "path" : "name"), arg_str(c, "propertyName")))
			json_push(list, json_copy(call_arena(c), f));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(list));
	json_set(call_arena(c), out, "fields", list);
	if (json_get(all, "values"))
		json_set(call_arena(c), out, "dynamicParameters",
			 json_copy(call_arena(c), json_get(all, "values")));
	if (json_get(all, "truncated"))
		json_set_bool(call_arena(c), out, "truncated", true);
	if (arg_bool(c, "includeRaw"))
		json_set(call_arena(c), out, "raw", json_copy(call_arena(c), schema));
	return done(c, out);
}

static enum verdict properties(struct call *c)
{
	struct lookup_question question;
	struct asked q;

	if (call_stage(c) == FIRST)
		return first(c);
	if (!work_out(c, &q, true))
		return FAIL;
	if (call_stage(c) == ASKED) {
		question = question_of(c, &q);
		if (!question.input.n)
			question.input = json_name(q.metadata);
		return fetch_one(c, lookup_fields(c, &question));
	}
	if (got(c, ASKED, 0)->err != ERR_OK)
		return lookup_failed(c, got(c, ASKED, 0));
	return properties_result(c, &q);
}

static const struct param properties_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_CONNECTOR,
	PARAM_LOOKUP,
	{ "location", JSON_STRING, 0, "Of what.",
	  .choices = "input output", .otherwise = "\"input\"" },
	{ "propertyName", JSON_STRING, 0, "Part of a field.", .max = 256 },
	{ "includeRaw", JSON_BOOL, 0, "Add the JSON schema." },
	{ 0 },
};

const struct tool tool_get_live_dynamic_properties = {
	.name = "get_live_dynamic_properties",
	.title = "Look up the fields of a body",
	.description = "The fields of a body that depend on other inputs, such as the columns of a list, "
		       "as a flow names them (item/Title). Arguments as in nextArguments.",
	.toolset = "connection",
	.bundles = "build-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = properties_params,
	.list = "fields",
	.columns = "/name /path /type /required /title",
	.step = properties,
};
