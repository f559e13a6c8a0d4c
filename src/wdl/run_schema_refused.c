/*
 * run_schema_refused.c - keywords of JSON Schema that ParseJson refuses, wherever they stand.
 *
 * A schema is only looked through here; run_schema.c holds values against it.
 */
#include "base/limits.h"
#include "wdl/run_schema.h"

static bool unsupported(const struct json *schema, unsigned depth);

static bool any_unsupported(const struct json *list, unsigned depth)
{
	JSON_EACH(s, list)
		if (unsupported(s, depth))
			return true;
	return false;
}

static bool unsupported(const struct json *schema, unsigned depth)
{
	static const char *const maps[] = { "properties", "definitions", "dependencies", "allOf",
					    "anyOf", "oneOf" };
	static const char *const single[] = { "items", "additionalItems", "additionalProperties",
					      "not" };

	if (!depth || !json_is(schema, JSON_OBJECT))
		return false;
	if (json_get(schema, "pattern") || json_get(schema, "patternProperties"))
		return true;
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		if (any_unsupported(json_get(schema, maps[i]), depth - 1))
			return true;
	if (json_is(json_get(schema, "items"), JSON_ARRAY) &&
	    any_unsupported(json_get(schema, "items"), depth - 1))
		return true;
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (unsupported(json_get(schema, single[i]), depth - 1))
			return true;
	return false;
}

bool wdl_schema_unsupported(const struct json *schema)
{
	return unsupported(schema, LIMIT_JSON_DEPTH);
}
