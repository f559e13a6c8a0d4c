/*
 * swagger_dynamic.c - where the values of an input, or the fields of a body, are looked up.
 *
 * Definitions have an older form (x-ms-dynamic-values, x-ms-dynamic-schema, capability
 * "file-picker") and a newer one (x-ms-dynamic-list, -properties, -tree), often both.  The newer
 * one wins, because only it can name members of a body; both are told in its spelling.
 */
#include "wdl/swagger_int.h"

static void copy_members(struct swagger *s, struct json *out, const struct json *from,
			 const char *const *names)
{
	for (; *names; names++)
		if (json_get(from, *names))
			json_set(s->a, out, *names, json_copy(s->a, json_get(from, *names)));
}

static void rename_member(struct swagger *s, struct json *out, const char *name,
			  const struct json *from, const char *old)
{
	if (json_is(json_get(from, old), JSON_STRING))
		json_set(s->a, out, name, json_copy(s->a, json_get(from, old)));
}

/* {"parameter": x}, {"parameterReference": x}, {"value": v}, {"value-property": x} or a bare value. */
static struct json *parameter(struct swagger *s, const struct json *p)
{
	static const struct {
		const char *old, *name;
	} forms[] = {
		{ "parameterReference", "parameterReference" },
		{ "parameter", "parameterReference" },
		{ "selectedItemValuePath", "selectedItemValuePath" },
		{ "value-property", "selectedItemValuePath" },
		{ "value", "value" },
	};
	struct json *out = json_new_object(s->a);

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		const struct json *v = json_get(p, forms[i].old);

		if (!v || (strcmp(forms[i].name, "value") != 0 && !json_is(v, JSON_STRING)))
			continue;
		json_set(s->a, out, forms[i].name, json_copy(s->a, v));
		if (json_is(json_get(p, "required"), JSON_BOOL))
			json_set(s->a, out, "required", json_copy(s->a, json_get(p, "required")));
		return out;
	}
	json_set(s->a, out, "value", json_copy(s->a, p));
	return out;
}

static void put_parameters(struct swagger *s, struct json *out, const struct json *from)
{
	struct json *list = json_set(s->a, out, "parameters", json_new_object(s->a));

	JSON_EACH (p, json_get(from, "parameters"))
		if (json_name(p).n)
			json_set_n(s->a, list, json_name(p), parameter(s, p));
}

static struct json *newer(struct swagger *s, const struct json *from)
{
	static const char *const names[] = { "operationId", "builtInOperation", "itemsPath",
					     "itemValuePath", "itemTitlePath", "itemIsParent",
					     "itemFullTitlePath", NULL };
	struct json *out = json_new_object(s->a);

	copy_members(s, out, from, names);
	put_parameters(s, out, from);
	return out;
}

static struct json *older(struct swagger *s, const struct json *from)
{
	static const char *const names[] = { "operationId", "builtInOperation", NULL };
	struct json *out = json_new_object(s->a);

	copy_members(s, out, from, names);
	rename_member(s, out, "itemsPath", from, "value-collection");
	rename_member(s, out, "itemValuePath", from, "value-path");
	rename_member(s, out, "itemTitlePath", from, "value-title");
	put_parameters(s, out, from);
	return out;
}

static bool names_operation(const struct json *v)
{
	return json_get_str(v, "operationId").n || json_get_str(v, "builtInOperation").n;
}

struct json *swagger_values(struct swagger *s, const struct json *schema)
{
	const struct json *list = json_get(schema, "x-ms-dynamic-list");
	const struct json *values = json_get(schema, "x-ms-dynamic-values");

	if (names_operation(list))
		return newer(s, list);
	return names_operation(values) ? older(s, values) : NULL;
}

struct json *swagger_properties(struct swagger *s, const struct json *schema)
{
	const struct json *properties = json_get(schema, "x-ms-dynamic-properties");
	const struct json *old = json_get(schema, "x-ms-dynamic-schema");

	if (names_operation(properties))
		return newer(s, properties);
	return names_operation(old) ? older(s, old) : NULL;
}

/* ---- trees ---- */

/* One of the two lookups of a capability, with what the input and the capability say of items. */
static struct json *capability_part(struct swagger *s, const struct json *part,
				    const struct json *capability, const struct json *values)
{
	struct json *out = older(s, part);
	struct json *list = json_get(out, "parameters");
	struct str folder = json_get_str(capability, "value-folder-property");

	rename_member(s, out, "itemTitlePath", capability, "value-title");
	rename_member(s, out, "itemsPath", capability, "value-collection");
	rename_member(s, out, "itemValuePath", values, "value-path");
	if (folder.n)
		json_set_str(s->a, out, "itemIsParent", folder);
	/* What the input gives goes to the operation where that takes it. */
	JSON_EACH (p, json_get(values, "parameters"))
		if (json_get_n(list, json_name(p)) || json_get_str(p, "parameter").n)
			json_set_n(s->a, list, json_name(p), parameter(s, p));
	return out;
}

struct json *swagger_tree(struct swagger *s, const struct json *schema)
{
	static const char *const names[] = { "settings", NULL };
	const struct json *tree = json_get(schema, "x-ms-dynamic-tree");
	const struct json *values = json_get(schema, "x-ms-dynamic-values");
	const struct json *capability = json_get_n(json_get(s->doc, "x-ms-capabilities"),
						   json_get_str(values, "capability"));
	struct json *out = json_new_object(s->a);

	if (names_operation(json_get(tree, "open"))) {
		copy_members(s, out, tree, names);
		json_set(s->a, out, "open", newer(s, json_get(tree, "open")));
		if (names_operation(json_get(tree, "browse")))
			json_set(s->a, out, "browse", newer(s, json_get(tree, "browse")));
		return out;
	}
	if (!names_operation(json_get(capability, "open")))
		return NULL;
	json_set(s->a, out, "open",
		 capability_part(s, json_get(capability, "open"), capability, values));
	if (names_operation(json_get(capability, "browse")))
		json_set(s->a, out, "browse",
			 capability_part(s, json_get(capability, "browse"), capability, values));
	return out;
}

struct json *swagger_metadata(struct arena *a, const struct json *given)
{
	struct swagger s = { .a = a };
	struct json *box = json_new_object(a);
	bool old = json_get(given, "value-path") || json_get(given, "value-collection") ||
		   json_get(given, "value-title");

	if (names_operation(json_get(given, "open"))) {
		json_set(a, box, "x-ms-dynamic-tree", json_copy(a, given));
		return swagger_tree(&s, box);
	}
	if (!names_operation(given))
		return NULL;
	return old ? older(&s, given) : newer(&s, given);
}

/* ---- references ---- */

static bool is_input(const struct json *inputs, struct str name)
{
	JSON_EACH (i, inputs)
		if (str_eq(json_get_str(i, "name"), name))
			return true;
	return false;
}

static struct str input_ending(const struct json *inputs, struct str name)
{
	JSON_EACH (i, inputs) {
		struct str whole = json_get_str(i, "name");

		if (whole.n > name.n && str_ends(whole, name) &&
		    whole.p[whole.n - name.n - 1] == '/')
			return whole;
	}
	return name;
}

static void bind_parameters(struct arena *a, const struct json *list, const struct json *inputs)
{
	JSON_EACH (p, list) {
		struct str to = json_get_str(p, "parameterReference");

		if (to.n && !is_input(inputs, to))
			json_set_str(a, p, "parameterReference", input_ending(inputs, to));
	}
}

void swagger_refer(struct arena *a, struct json *metadata, const struct json *inputs)
{
	bind_parameters(a, json_get(metadata, "parameters"), inputs);
	bind_parameters(a, json_at(metadata, "/open/parameters"), inputs);
	bind_parameters(a, json_at(metadata, "/browse/parameters"), inputs);
}
