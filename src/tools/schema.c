/*
 * schema.c - get_live_flow_http_schema: what an HTTP trigger takes and its responses give.
 *
 * An old name that published skills still call; all of it is read from the definition.
 */
#include "tools/outline.h"
#include "tools/shared.h"
#include "tools/table.h"

static struct json *response_schemas(struct call *c, const struct json *definition)
{
	struct json *out = json_new_array(call_arena(c));

	JSON_EACH (v, outline_make(call_arena(c), definition)) {
		struct outline_step s;
		struct json *one;

		if (!str_eq_nocase(json_get_str(v, "type"), S("Response")))
			continue;
		s = outline_find(call_arena(c), definition, json_get_str(v, "name"));
		one = json_new_object(call_arena(c));
		json_set_str(call_arena(c), one, "actionName", s.name);
		put(c, one, "statusCode", s.value, "/inputs/statusCode");
		put(c, one, "headers", s.value, "/inputs/headers");
		put(c, one, "schema", s.value, "/inputs/schema");
		json_push(out, one);
	}
	return out;
}

static enum verdict answer(struct call *c, const struct json *flow)
{
	const struct json *definition = json_at(flow, "/properties/definition");
	const struct json *trigger = json_first(json_get(definition, "triggers"));
	struct json *out = json_new_object(call_arena(c)), *responses;

	put_ids(c, out);
	json_set_str(
		call_arena(c), out, "flowKey",
		str_fmt(call_arena(c), "%s.%s", arg_z(c, "environmentName"), arg_z(c, "flowName")));
	put(c, out, "displayName", flow, "/properties/displayName");
	put_str(c, out, "triggerName", json_name(trigger));
	put(c, out, "triggerType", trigger, "/type");
	put(c, out, "triggerKind", trigger, "/kind");
	put(c, out, "requestMethod", trigger, "/inputs/method");
	put(c, out, "relativePath", trigger, "/inputs/relativePath");
	put(c, out, "requestSchema", trigger, "/inputs/schema");
	put(c, out, "requestHeaders", trigger, "/inputs/headers");
	responses = response_schemas(c, definition);
	json_set_int(call_arena(c), out, "responseSchemaCount", (int64_t)json_count(responses));
	json_set(call_arena(c), out, "responseSchemas", responses);
	json_set_null(call_arena(c), out, "error");
	note(c, "hint", json_new_z(call_arena(c), "get_live_flow_http_schema is an old name: "
						  "get_live_flow gives the same and more"));
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	if (call_stage(c) == 0)
		return fetch_one(c, look_at_flow(c));
	if (last(c)->err != ERR_OK)
		return fail_read(c, last(c));
	return answer(c, res(c));
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

const struct tool tool_get_live_flow_http_schema = {
	.name = "get_live_flow_http_schema",
	.title = "Schema of an HTTP trigger",
	.description =
		"Old name: reads the request and response schemas of an HTTP-triggered flow. "
		"get_live_flow with view=action gives the trigger itself.",
	.toolset = "flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.unlisted = true,
	.params = params,
	.step = step,
};
