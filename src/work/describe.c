/*
 * describe.c - a row as tools/list, `flowlatch tools --json` and tool_search show it.
 */
#include "work/call_priv.h"

#include "work/describe.h"

static const char *schema_type(const struct param *p)
{
	return p->type == JSON_NUMBER ? "integer" : json_type_name(p->type);
}

static struct json *choices(struct arena *a, const char *words)
{
	struct str rest = str_from(words), word;
	struct json *list = json_new_array(a);

	while (str_cut(&rest, ' ', &word))
		json_push(list, json_new_str(a, word));
	return list;
}

static struct json *property(struct arena *a, const struct param *p)
{
	struct json *v = json_new_object(a);

	json_set_z(a, v, "type", schema_type(p));
	json_set_z(a, v, "description", p->help);
	if (p->choices)
		json_set(a, v, "enum", choices(a, p->choices));
	if (p->type == JSON_NUMBER && (p->min || p->max))
		json_set_int(a, v, "minimum", p->min);
	if (p->type == JSON_NUMBER && p->max)
		json_set_int(a, v, "maximum", p->max);
	if (p->type == JSON_ARRAY)
		json_set_z(a, json_set(a, v, "items", json_new_object(a)), "type",
			   json_type_name(p->items ? p->items : JSON_STRING));
	if (p->otherwise)
		json_set(a, v, "default", json_parse(a, str_from(p->otherwise), JSON_STRICT, NULL));
	return v;
}

static void add_params(struct arena *a, const struct param *rows, struct json *properties,
		       struct json *required)
{
	for (const struct param *p = rows; p && p->name; p++) {
		if (p->flags & P_UNLISTED)
			continue;
		json_set(a, properties, p->name, property(a, p));
		if (p->flags & P_REQUIRED)
			json_push(required, json_new_z(a, p->name));
	}
}

static struct json *input_schema(struct arena *a, const struct tool *t)
{
	struct json *schema = json_new_object(a), *properties = json_new_object(a),
		    *required = json_new_array(a);

	add_params(a, t->params, properties, required);
	if (t->list)
		add_params(a, args_list_params(), properties, required);
	json_set_z(a, schema, "type", "object");
	json_set(a, schema, "properties", properties);
	if (json_count(required))
		json_set(a, schema, "required", required);
	json_set_bool(a, schema, "additionalProperties", false);
	return schema;
}

static struct json *field_schema(struct arena *a, const struct field *f)
{
	struct json *v = json_new_object(a);
	const char *type = json_type_name(f->type);

	if (f->type != JSON_NONE && f->nullable) {
		struct json *both = json_new_array(a);

		json_push(both, json_new_z(a, type));
		json_push(both, json_new_z(a, "null"));
		json_set(a, v, "type", both);
	} else if (f->type != JSON_NONE) {
		json_set_z(a, v, "type", type);
	}
	/* What it means is in flowlatch-tools(7): a model reads the result itself. */
	return v;
}

static struct json *output_schema(struct arena *a, const struct tool *t)
{
	struct json *schema = json_new_object(a), *properties = json_new_object(a),
		    *required = json_new_array(a);

	for (const struct field *f = t->result; f->name; f++) {
		json_set(a, properties, f->name, field_schema(a, f));
		if (!f->optional)
			json_push(required, json_new_z(a, f->name));
	}
	json_set_z(a, schema, "type", "object");
	json_set(a, schema, "properties", properties);
	json_set(a, schema, "required", required);
	return schema;
}

/* MCP Apps (2026-01-26); hosts of before look for the flat name. */
static struct json *view_meta(struct arena *a, const char *view)
{
	struct json *v = json_new_object(a);

	json_set_z(a, json_set(a, v, "ui", json_new_object(a)), "resourceUri", view);
	json_set_z(a, v, "ui/resourceUri", view);
	return v;
}

struct json *tool_describe(struct arena *a, const struct tool *t)
{
	struct json *v = json_new_object(a), *notes = json_new_object(a);

	json_set_z(a, v, "name", t->name);
	json_set_z(a, v, "title", t->title);
	json_set_z(a, v, "description", t->description);
	json_set(a, v, "inputSchema", input_schema(a, t));
	if (t->result)
		json_set(a, v, "outputSchema", output_schema(a, t));
	json_set_bool(a, notes, "readOnlyHint", t->read_only);
	json_set_bool(a, notes, "destructiveHint", t->destructive);
	json_set_bool(a, notes, "idempotentHint", t->idempotent);
	json_set_bool(a, notes, "openWorldHint", t->open_world);
	json_set(a, v, "annotations", notes);
	if (t->view)
		json_set(a, v, "_meta", view_meta(a, t->view));
	return v;
}
