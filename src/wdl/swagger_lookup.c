/*
 * swagger_lookup.c - an operation that lists values, asked by itself.
 *
 * Where some input names the operation in its metadata, that says where values and titles are;
 * else the usual names in its answer do.
 */
#include "wdl/swagger_int.h"

#include "base/limits.h"

static const struct json *user_of(const struct json *v, struct str id, unsigned depth)
{
	static const char *const names[] = { "x-ms-dynamic-list", "x-ms-dynamic-values" };

	if (depth > LIMIT_JSON_DEPTH)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq_nocase(json_get_str(json_get(v, names[i]), "operationId"), id))
			return v;
	JSON_EACH (m, v) {
		const struct json *found = json_first(m) ? user_of(m, id, depth + 1) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static struct str first_of(const struct json *object, const char *const *names)
{
	for (; *names; names++)
		JSON_EACH (m, object)
			if (str_eq_nocase(json_name(m), str_from(*names)))
				return json_name(m);
	return S("");
}

/* {"value": [{"id": ..., "name": ...}]}: the usual names. */
static bool guess(struct swagger *s, struct json *out, const struct json *schema)
{
	static const char *const values[] = { "id", "name", "value", "key", NULL };
	static const char *const titles[] = { "displayName", "title", "name", "label", NULL };
	const struct json *items = NULL;
	struct str value, title;

	if (str_eq(json_get_str(schema, "type"), S("array")))
		items = json_get(schema, "items");
	JSON_EACH (p, json_get(schema, "properties")) {
		const struct json *list = swagger_resolve(s, p);

		if (items || !str_eq(json_get_str(list, "type"), S("array")))
			continue;
		items = json_get(list, "items");
		json_set_str(s->a, out, "itemsPath", json_name(p));
	}
	items = json_get(swagger_resolve(s, items), "properties");
	value = first_of(items, values);
	title = first_of(items, titles);
	if (!value.n)
		return false;
	json_set_str(s->a, out, "itemValuePath", value);
	json_set_str(s->a, out, "itemTitlePath", title.n ? title : value);
	return true;
}

struct json *swagger_lookup(struct arena *a, const struct json *swagger, struct str id)
{
	struct swagger s = { .a = a, .doc = swagger };
	struct swagger_place at = swagger_find(&s, id);
	const struct json *user;
	struct json *out, *list, *op;

	if (!at.operation)
		return NULL;
	user = user_of(json_get(swagger, "paths"), id, 0);
	if (!user)
		user = user_of(json_get(swagger, "definitions"), id, 0);
	out = user ? swagger_values(&s, user) : json_new_object(a);
	json_set_str(a, out, "operationId", json_get_str(at.operation, "operationId"));
	if (!user && !guess(&s, out, swagger_response(&s, at.operation)))
		return NULL;
	if (user)
		json_set_bool(a, out, "declared", true);
	/* It is called by itself, so its inputs are its own. */
	list = json_set(a, out, "parameters", json_new_object(a));
	op = swagger_operation(a, swagger, id);
	JSON_EACH (i, json_get(op, "inputs")) {
		struct json *p = json_set_n(a, list, json_get_str(i, "name"), json_new_object(a));

		json_set_str(a, p, "parameterReference", json_get_str(i, "name"));
		if (json_is_true(json_get(i, "required")))
			json_set_bool(a, p, "required", true);
	}
	return out;
}
