/*
 * connector_view.c - an operation for an agent.  See connector_view.h.
 */
#include "tools/connector_view.h"

#include "tools/knowledge.h"

/* ---- what is shipped about it ---- */

static const struct json *hints_of(struct call *c, const struct json *operation)
{
	return knowledge_connector(call_arena(c), json_get_str(operation, "connectorName"));
}

static const struct json *own_hints(const struct json *hints, const struct json *operation)
{
	return json_get_nocase(json_get(hints, "operations"),
			       json_get_str(operation, "operationId"));
}

struct json *connector_variants(struct call *c, const struct json *operation)
{
	const struct json *all = json_get(own_hints(hints_of(c, operation), operation), "variants");
	struct json *out;

	if (!json_first(all))
		return NULL;
	out = json_new_array(call_arena(c));
	JSON_EACH (v, all) {
		struct json *one = json_push(out, json_new_object(call_arena(c)));

		json_set_str(call_arena(c), one, "variant", json_name(v));
		put(c, one, "when", v, "/when");
	}
	return out;
}

/* ---- the example ---- */

static const struct json *example_value(struct call *c, const struct json *input)
{
	struct str title = json_get_str(input, "title");

	if (json_get(input, "default"))
		return json_get(input, "default");
	if (json_first(json_get(input, "enum")))
		return json_first(json_get(input, "enum"));
	return json_new_str(call_arena(c),
			    str_fmt(call_arena(c), "<%.*s>",
				    STR_ARG(title.n ? title : json_get_str(input, "name"))));
}

static void put_parameter(struct call *c, struct json *parameters, const struct json *input,
			  const struct json *values)
{
	struct str name = json_get_str(input, "name");
	const struct json *given = json_get_n(values, name);

	if (!given && !json_is_true(json_get(input, "required")))
		return;
	if (!given && str_eq(json_get_str(input, "dynamic"), S("properties"))) {
		/* Its members are known when its parents are. */
		json_set_z(call_arena(c), parameters,
			   arena_printf(call_arena(c), "%.*s/<field>", STR_ARG(name)), "<value>");
		return;
	}
	json_set_n(call_arena(c), parameters, name,
		   json_copy(call_arena(c), given ? given : example_value(c, input)));
}

static struct json *parameters_of(struct call *c, const struct json *operation,
				  const struct json *values)
{
	struct json *out = json_new_object(call_arena(c));

	JSON_EACH (input, json_get(operation, "inputs"))
		put_parameter(c, out, input, values);
	/* Members of a dynamic body are no inputs of the definition. */
	JSON_EACH (v, values)
		if (!json_get_n(out, json_name(v)))
			json_set_n(call_arena(c), out, json_name(v), json_copy(call_arena(c), v));
	JSON_EACH (v, json_get(operation, "internal"))
		if (!json_get_n(out, json_name(v)))
			json_set_n(call_arena(c), out, json_name(v), json_copy(call_arena(c), v));
	return out;
}

struct json *connector_example(struct call *c, const struct json *operation,
			       const struct json *values)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *inputs = json_new_object(a);
	struct json *host = json_set(a, inputs, "host", json_new_object(a)), *recurrence;
	struct str connector = json_get_str(operation, "connectorName");
	struct str type = json_get_str(operation, "type");
	bool trigger = str_eq(json_get_str(operation, "kind"), S("Trigger"));

	json_set_str(a, out, "type", type);
	json_set_str(a, host, "apiId",
		     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s", STR_ARG(connector)));
	json_set_str(a, host, "connectionName", connector);
	json_set(a, host, "operationId", json_copy(a, json_get(operation, "operationId")));
	json_set(a, inputs, "parameters", parameters_of(c, operation, values));
	json_set(a, out, "inputs", inputs);
	if (!trigger) {
		json_set(a, out, "runAfter", json_new_object(a));
		return out;
	}
	if (str_eq(type, S("OpenApiConnection"))) {
		recurrence = json_set(a, out, "recurrence", json_new_object(a));
		json_set_z(a, recurrence, "frequency", "Minute");
		json_set_int(a, recurrence, "interval", 3);
	}
	json_set(a, out, "splitOn", json_copy(a, json_get(operation, "splitOn")));
	return out;
}

/* ---- where values are looked up ---- */

bool connector_is_people(const struct json *metadata)
{
	return str_eq_nocase(json_get_str(metadata, "builtInOperation"), S("AadGraph.GetUsers"));
}

/* The tool's name alone, as published skills know it, and beside it the arguments; which it
 * gives. */
static struct json *put_next(struct call *c, struct json *out, const char *tool,
			     const struct json *operation, struct str parameter,
			     const struct json *metadata)
{
	struct arena *a = call_arena(c);
	struct json *args = json_new_object(a), *outer;

	json_set_str(a, args, "environmentName", arg_str(c, "environmentName"));
	json_set(a, args, "connectorName", json_copy(a, json_get(operation, "connectorName")));
	json_set(a, args, "operationId", json_copy(a, json_get(operation, "operationId")));
	json_set_str(a, args, "parameterName", parameter);
	outer = json_new_object(a);
	JSON_EACH (p, json_get(metadata, "parameters")) {
		struct str from = json_get_str(p, "parameterReference");

		if (from.n && !json_get_n(outer, from))
			json_set_n(a, outer, from,
				   json_new_str(a, str_fmt(a, "<%.*s>", STR_ARG(from))));
	}
	if (json_first(outer))
		json_set(a, args, "parameters", outer);
	json_set_z(a, out, "nextTool", tool);
	return json_set(a, out, "nextArguments", args);
}

static struct json *people_fallback(struct call *c)
{
	return json_parse(call_arena(c),
			  S("{\"why\":\"the directory's own picker never answers; the tool asks "
			    "Office 365 Users instead\",\"connectorName\":"
			    "\"shared_office365users\",\"operationId\":\"SearchUserV2\","
			    "\"parameters\":{\"searchTerm\":\"<name or address>\"}}"),
			  JSON_STRICT, NULL);
}

struct lookup {
	const char *tool;
	const struct json *operation, *hints;
};

static void put_lookup(struct call *c, struct json *out, const struct lookup *l, struct str name,
		       const struct json *metadata)
{
	struct arena *a = call_arena(c);
	struct json *v = json_set_n(a, out, name, json_copy(a, metadata));
	const struct json *open = json_get(metadata, "open") ? json_get(metadata, "open") : metadata;
	const struct json *text = json_get_n(json_get(l->hints, "parameters"), name);

	put_next(c, v, l->tool, l->operation, name, open);
	if (connector_is_people(open))
		json_set(a, v, "fallback", people_fallback(c));
	else if (text)
		json_set(a, v, "fallback", json_copy(a, text));
}

static void put_lookups(struct call *c, struct json *out, const struct json *operation,
			const struct json *hints)
{
	struct arena *a = call_arena(c);
	struct lookup options = { "get_live_dynamic_options", operation, hints };
	struct lookup fields = { "get_live_dynamic_properties", operation, hints };
	struct json *parameters = json_new_object(a), *properties = json_new_object(a);

	JSON_EACH (m, json_get(operation, "values"))
		put_lookup(c, parameters, &options, json_name(m), m);
	JSON_EACH (m, json_get(operation, "trees"))
		put_lookup(c, parameters, &options, json_name(m), m);
	JSON_EACH (m, json_get(operation, "properties"))
		put_lookup(c, properties, &fields, json_name(m), m);
	JSON_EACH (m, json_get(operation, "outputProperties")) {
		struct json *v = json_set_n(a, properties, S("(output)"), json_copy(a, m));
		struct json *args = put_next(c, v, fields.tool, operation, S("body"), m);

		json_set_z(a, args, "location", "output");
	}
	if (json_first(parameters))
		json_set(a, out, "dynamicParameters", parameters);
	if (json_first(properties))
		json_set(a, out, "dynamicProperties", properties);
}

/* ---- the whole ---- */

static void put_hint(struct call *c, struct json *out, const struct json *hints,
		     const struct json *own)
{
	struct str general = json_get_str(hints, "hint"), special = json_get_str(own, "hint");

	if (general.n || special.n)
		json_set_str(call_arena(c), out, "hint",
			     str_fmt(call_arena(c), "%.*s%s%.*s", STR_ARG(special),
				     general.n && special.n ? " " : "", STR_ARG(general)));
}

struct json *connector_view(struct call *c, const struct json *operation, struct str variant)
{
	static const char *const facts[] = {
		"connectorName", "connectorDisplayName", "operationId", "kind", "type", "summary",
		"description", "deprecated", "replacedBy", "inputs", "outputs", "splitOn",
		"truncated",
	};
	const struct json *hints = hints_of(c, operation), *own = own_hints(hints, operation);
	const struct json *chosen = json_get_nocase(json_get(own, "variants"), variant);
	struct json *out = json_new_object(call_arena(c)), *variants;

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (json_get(operation, facts[i]))
			json_set(call_arena(c), out, facts[i],
				 json_copy(call_arena(c), json_get(operation, facts[i])));
	put_lookups(c, out, operation, hints);
	put_hint(c, out, hints, own);
	variants = connector_variants(c, operation);
	if (variants)
		json_set(call_arena(c), out, "variants", variants);
	if (chosen)
		json_set_str(call_arena(c), out, "variant", json_name(chosen));
	json_set(call_arena(c), out, "exampleDefinition",
		 connector_example(c, operation,
				   chosen ? json_get(chosen, "parameters") :
					    json_get(own, "example")));
	return out;
}
