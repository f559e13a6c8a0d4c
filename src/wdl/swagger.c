/*
 * swagger.c - operations, inputs and outputs.  See swagger.h.
 */
#include "wdl/swagger_int.h"

#include "base/limits.h"

/* "$ref" to "$ref" to ...: real definitions have two. */
enum { MOST_HOPS = 8 };
/* Texts for people; some are whole manuals. */
enum { MOST_TEXT = 400, MOST_ENUM = 60 };

static const char *const methods[] = { "get", "put", "post", "delete", "options", "head", "patch" };

/* ---- finding ---- */

const struct json *swagger_resolve(struct swagger *s, const struct json *v)
{
	for (int hops = 0; hops < MOST_HOPS; hops++) {
		struct str ref = json_get_str(v, "$ref");
		const struct json *to;

		if (ref.n < 2 || ref.p[0] != '#' || ref.p[1] != '/')
			return v;
		to = json_at_n(s->doc, str_from_at(ref, 1));
		if (!to)
			return v;
		v = to;
	}
	s->truncated = true;
	return v;
}

static bool is_method(struct str name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (str_eq_nocase(name, str_from(methods[i])))
			return true;
	return false;
}

struct swagger_place swagger_find(const struct swagger *s, struct str id)
{
	if (!id.n)
		return (struct swagger_place){ NULL, NULL };
	JSON_EACH (path, json_get(s->doc, "paths"))
		JSON_EACH (op, path)
			if (is_method(json_name(op)) &&
			    str_eq_nocase(json_get_str(op, "operationId"), id))
				return (struct swagger_place){ path, op };
	return (struct swagger_place){ NULL, NULL };
}

/* ---- what is told of everything ---- */

static void put_text(struct swagger *s, struct json *out, const char *name, struct str text)
{
	if (text.n)
		json_set_str(s->a, out, name, str_first_utf8(str_trim(text), MOST_TEXT));
}

static void put_member(struct swagger *s, struct json *out, const char *name,
		       const struct json *from)
{
	if (json_get(from, name))
		json_set(s->a, out, name, json_copy(s->a, json_get(from, name)));
}

static bool is_trigger(const struct json *op)
{
	struct str t = json_get_str(op, "x-ms-trigger");

	return t.n && !str_eq_nocase(t, S("none"));
}

static struct json *row(struct swagger *s, const struct json *op)
{
	struct json *out = json_new_object(s->a);
	const struct json *note = json_get(op, "x-ms-api-annotation");
	struct str visibility = json_get_str(op, "x-ms-visibility");

	json_set_str(s->a, out, "operationId", json_get_str(op, "operationId"));
	json_set_z(s->a, out, "kind", is_trigger(op) ? "Trigger" : "Action");
	put_text(s, out, "summary", json_get_str(op, "summary"));
	put_text(s, out, "description", json_get_str(op, "description"));
	json_set_str(s->a, out, "method", str_lower(s->a, json_name(op)));
	if (visibility.n && !str_eq_nocase(visibility, S("none")))
		json_set_str(s->a, out, "visibility", visibility);
	if (json_is_true(json_get(op, "deprecated")) ||
	    str_eq_nocase(json_get_str(note, "status"), S("Deprecated")))
		json_set_bool(s->a, out, "deprecated", true);
	put_text(s, out, "replacedBy", json_get_str(json_get(note, "replacement"), "operationId"));
	return out;
}

struct json *swagger_index(struct arena *a, const struct json *swagger)
{
	struct swagger s = { .a = a, .doc = swagger };
	struct json *out = json_new_array(a);

	JSON_EACH (path, json_get(swagger, "paths"))
		JSON_EACH (op, path)
			if (is_method(json_name(op)) && json_get_str(op, "operationId").n)
				json_push(out, row(&s, op));
	return out;
}

/* ---- inputs ---- */

struct field {
	struct str name;
	const struct json *schema; /* resolved; of a parameter that is none itself */
	const char *in;
	bool required;
	unsigned depth;
};

struct inputs {
	struct swagger *s;
	struct json *list, *internal, *values, *trees, *properties, *unseen;
};

static bool room(struct swagger *s)
{
	if (s->steps++ < LIMIT_SWAGGER_STEPS && s->fields < LIMIT_SWAGGER_FIELDS)
		return true;
	s->truncated = true;
	return false;
}

static struct str type_of(const struct json *schema)
{
	struct str type = json_get_str(schema, "type");

	if (type.n)
		return type;
	return json_get(schema, "properties") ? S("object") : S("any");
}

static void put_enum(struct swagger *s, struct json *out, const struct json *schema)
{
	const struct json *all = json_get(schema, "enum");
	struct json *list;
	size_t n = 0;

	if (!json_is(all, JSON_ARRAY))
		return;
	list = json_set(s->a, out, "enum", json_new_array(s->a));
	JSON_EACH (v, all)
		if (n++ < MOST_ENUM)
			json_push(list, json_copy(s->a, v));
	s->truncated |= n > MOST_ENUM;
}

static void put_type(struct swagger *s, struct json *out, const struct json *schema)
{
	json_set_str(s->a, out, "type", type_of(schema));
	put_text(s, out, "title", json_get_str(schema, "x-ms-summary"));
	if (!json_get(out, "title"))
		put_text(s, out, "title", json_get_str(schema, "title"));
	put_text(s, out, "format", json_get_str(schema, "format"));
}

/* What an item of an array looks like: its type, and the members of an object. */
static void put_items(struct swagger *s, struct json *out, const struct json *schema)
{
	const struct json *items = swagger_resolve(s, json_get(schema, "items"));
	struct json *v, *names;

	if (!json_is(items, JSON_OBJECT))
		return;
	v = json_set(s->a, out, "items", json_new_object(s->a));
	json_set_str(s->a, v, "type", type_of(items));
	put_enum(s, v, items);
	if (!json_is(json_get(items, "properties"), JSON_OBJECT))
		return;
	names = json_set(s->a, v, "properties", json_new_object(s->a));
	JSON_EACH (p, json_get(items, "properties")) {
		if (!room(s))
			return;
		json_add_n(s->a, names, json_name(p),
			   json_new_str(s->a, type_of(swagger_resolve(s, p))));
	}
}

static bool is_internal(const struct json *schema)
{
	return str_eq_nocase(json_get_str(schema, "x-ms-visibility"), S("internal")) ||
	       json_is_true(json_get(schema, "x-ms-notification-url"));
}

/* How its values or fields are found out, or NULL. */
static const char *put_dynamic(struct inputs *in, const struct field *f)
{
	struct json *v = swagger_tree(in->s, f->schema);

	if (v) {
		json_set_n(in->s->a, in->trees, f->name, v);
		return "tree";
	}
	v = swagger_values(in->s, f->schema);
	if (v) {
		json_set_n(in->s->a, in->values, f->name, v);
		return "values";
	}
	v = swagger_properties(in->s, f->schema);
	if (v) {
		json_set_n(in->s->a, in->properties, f->name, v);
		return "properties";
	}
	return NULL;
}

static void put_input(struct inputs *in, const struct field *f)
{
	struct swagger *s = in->s;
	struct json *out;
	const char *dynamic;
	struct str visibility = json_get_str(f->schema, "x-ms-visibility");

	if (is_internal(f->schema)) {
		/* A flow sends what has a value; the rest is the service's own. */
		if (json_get(f->schema, "default"))
			json_set_n(s->a, in->internal, f->name,
				   json_copy(s->a, json_get(f->schema, "default")));
		json_push(in->unseen, json_new_str(s->a, f->name));
		return;
	}
	s->fields++;
	out = json_push(in->list, json_new_object(s->a));
	json_set_str(s->a, out, "name", f->name);
	put_type(s, out, f->schema);
	json_set_bool(s->a, out, "required", f->required);
	json_set_z(s->a, out, "in", f->in);
	put_text(s, out, "description", json_get_str(f->schema, "description"));
	put_enum(s, out, f->schema);
	put_member(s, out, "default", f->schema);
	if (visibility.n && !str_eq_nocase(visibility, S("none")))
		json_set_str(s->a, out, "visibility", visibility);
	put_items(s, out, f->schema);
	if (str_eq_nocase(json_get_str(f->schema, "x-ms-url-encoding"), S("double")))
		json_set_z(s->a, out, "encoding", "double");
	dynamic = put_dynamic(in, f);
	if (dynamic)
		json_set_z(s->a, out, "dynamic", dynamic);
}

static bool is_listed(const struct json *list, struct str name)
{
	size_t n = 0;

	JSON_EACH (v, list) {
		if (str_eq(json_str(v), name))
			return true;
		if (n++ > LIMIT_SWAGGER_FIELDS)
			break;
	}
	return false;
}

static bool is_read_only(const struct json *schema)
{
	return json_is_true(json_get(schema, "readOnly")) ||
	       str_eq_nocase(json_get_str(schema, "x-ms-permission"), S("read-only"));
}

/* A body: its members one by one, down to what is no object. */
static void put_body(struct inputs *in, const struct field *f)
{
	struct swagger *s = in->s;
	const struct json *properties = json_get(f->schema, "properties");

	if (!json_is(properties, JSON_OBJECT) || !json_first(properties) ||
	    swagger_properties(s, f->schema) || is_internal(f->schema)) {
		put_input(in, f);
		return;
	}
	if (f->depth >= LIMIT_SWAGGER_DEPTH) {
		s->truncated = true;
		put_input(in, f);
		return;
	}
	JSON_EACH (p, properties) {
		struct field one = {
			.name = str_fmt(s->a, "%.*s/%.*s", STR_ARG(f->name), STR_ARG(json_name(p))),
			.schema = swagger_resolve(s, p),
			.in = f->in,
			.required = f->required &&
				    is_listed(json_get(f->schema, "required"), json_name(p)),
			.depth = f->depth + 1,
		};

		if (!room(s))
			return;
		if (json_is(one.schema, JSON_OBJECT) && !is_read_only(one.schema))
			put_body(in, &one);
	}
}

static void put_parameter(struct inputs *in, const struct json *p)
{
	struct swagger *s = in->s;
	struct str where = json_get_str(p, "in"), name = json_get_str(p, "name");
	struct field f = { .name = name, .schema = p, .in = str_c(s->a, where),
			   .required = json_is_true(json_get(p, "required")) };

	if (!name.n || !room(s))
		return;
	/* The connection is not an input: a flow names it in the step's host. */
	if (str_eq(where, S("path")) && str_eq_nocase(name, S("connectionId")))
		return;
	if (!str_eq(where, S("body"))) {
		put_input(in, &f);
		return;
	}
	if (is_internal(p) && !json_get(p, "schema"))
		return;
	f.schema = swagger_resolve(s, json_get(p, "schema"));
	put_body(in, &f);
}

static bool is_same(const struct json *p, const struct json *q)
{
	return str_eq(json_get_str(p, "name"), json_get_str(q, "name")) &&
	       str_eq(json_get_str(p, "in"), json_get_str(q, "in"));
}

/* Parameters of the path hold for all its operations, unless one has its own. */
static void put_inputs(struct inputs *in, struct swagger_place at)
{
	const struct json *own = json_get(at.operation, "parameters");

	JSON_EACH (p, json_get(at.path, "parameters")) {
		const struct json *common = swagger_resolve(in->s, p);
		bool replaced = false;

		JSON_EACH (q, own)
			replaced = replaced || is_same(common, swagger_resolve(in->s, q));
		if (!replaced)
			put_parameter(in, common);
	}
	JSON_EACH (p, own)
		put_parameter(in, swagger_resolve(in->s, p));
}

/* ---- outputs ---- */

const struct json *swagger_response(struct swagger *s, const struct json *operation)
{
	static const char *const good[] = { "200", "201", "202", "204", "default" };
	const struct json *all = json_get(operation, "responses");

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const struct json *r = swagger_resolve(s, json_get(all, good[i]));

		if (r && (json_get(r, "schema") || i + 1 < sizeof(good) / sizeof(*good)))
			return swagger_resolve(s, json_get(r, "schema"));
	}
	return NULL;
}

static void put_output(struct swagger *s, struct json *out, struct str path,
		       const struct json *schema)
{
	struct json *v = json_push(out, json_new_object(s->a));

	s->fields++;
	json_set_str(s->a, v, "path", path);
	put_type(s, v, schema);
}

static void put_outputs(struct swagger *s, struct json *out, struct str path,
			const struct json *schema, unsigned depth)
{
	const struct json *items = swagger_resolve(s, json_get(schema, "items"));

	if (!json_is(schema, JSON_OBJECT) || !room(s))
		return;
	if (!json_is(json_get(schema, "properties"), JSON_OBJECT) || depth == 0 ||
	    depth >= LIMIT_SWAGGER_DEPTH)
		put_output(s, out, path, schema);
	if (depth >= LIMIT_SWAGGER_DEPTH) {
		s->truncated = true;
		return;
	}
	JSON_EACH (p, json_get(schema, "properties"))
		put_outputs(s, out, str_fmt(s->a, "%.*s/%.*s", STR_ARG(path), STR_ARG(json_name(p))),
			    swagger_resolve(s, p), depth + 1);
	if (json_is(items, JSON_OBJECT) && json_get(items, "properties"))
		JSON_EACH (p, json_get(items, "properties"))
			put_outputs(s, out,
				    str_fmt(s->a, "%.*s[]/%.*s", STR_ARG(path),
					    STR_ARG(json_name(p))),
				    swagger_resolve(s, p), depth + 1);
}

/* ---- the operation ---- */

/* What arrives later by a call of the other side, if anything does. */
static const struct json *notification(struct swagger *s, struct swagger_place at)
{
	const struct json *v = json_get(at.operation, "x-ms-notification-content");

	if (!v)
		v = json_get(at.path, "x-ms-notification-content");
	return v ? swagger_resolve(s, json_get(v, "schema")) : NULL;
}

static const char *step_type(const struct json *op, const struct json *notified)
{
	if (json_get(op, "x-ms-notification"))
		return "OpenApiConnectionNotification";
	return notified ? "OpenApiConnectionWebhook" : "OpenApiConnection";
}

static void put_split(struct swagger *s, struct json *out, const struct json *op,
		      const struct json *schema)
{
	const struct json *value = swagger_resolve(s, json_at(schema, "/properties/value"));

	if (!str_starts_nocase(json_get_str(op, "x-ms-trigger"), S("batch")))
		return;
	if (str_eq(json_get_str(schema, "type"), S("array")))
		json_set_z(s->a, out, "splitOn", "@triggerOutputs()?['body']");
	else if (!value || str_eq(json_get_str(value, "type"), S("array")))
		json_set_z(s->a, out, "splitOn", "@triggerOutputs()?['body/value']");
}

static void put_some(struct swagger *s, struct json *out, const char *name, struct json *v,
		     const struct json *inputs)
{
	if (!json_first(v))
		return;
	if (inputs)
		JSON_EACH (m, v)
			swagger_refer(s->a, m, inputs);
	json_set(s->a, out, name, v);
}

struct json *swagger_operation(struct arena *a, const struct json *swagger, struct str id)
{
	struct swagger s = { .a = a, .doc = swagger };
	struct swagger_place at = swagger_find(&s, id);
	struct inputs in = { &s, json_new_array(a), json_new_object(a), json_new_object(a),
			     json_new_object(a), json_new_object(a), json_new_array(a) };
	const struct json *schema;
	struct json *out, *outputs = json_new_array(a), *dynamic;

	if (!at.operation)
		return NULL;
	out = row(&s, at.operation);
	schema = notification(&s, at);
	json_set_z(a, out, "type", step_type(at.operation, schema));
	json_set_str(a, out, "path", json_name(at.path));
	put_inputs(&in, at);
	json_set(a, out, "inputs", in.list);
	put_some(&s, out, "internal", in.internal, NULL);
	put_some(&s, out, "unseen", in.unseen, NULL);
	if (!schema)
		schema = swagger_response(&s, at.operation);
	s.fields = s.steps = 0;
	put_outputs(&s, outputs, S("body"), schema, 0);
	json_set(a, out, "outputs", outputs);
	put_some(&s, out, "values", in.values, in.list);
	put_some(&s, out, "trees", in.trees, in.list);
	put_some(&s, out, "properties", in.properties, in.list);
	dynamic = swagger_properties(&s, schema);
	if (dynamic) {
		swagger_refer(a, dynamic, in.list);
		json_set(a, json_set(a, out, "outputProperties", json_new_object(a)), "body",
			 dynamic);
	}
	put_split(&s, out, at.operation, schema);
	if (s.truncated)
		json_set_bool(a, out, "truncated", true);
	return out;
}

struct json *swagger_fields(struct arena *a, const struct json *schema, struct str name,
			    bool outputs)
{
	/* What a lookup gives may refer into itself. */
	struct swagger s = { .a = a, .doc = schema };
	struct inputs in = { &s, json_new_array(a), json_new_object(a), json_new_object(a),
			     json_new_object(a), json_new_object(a), json_new_array(a) };
	struct field top = { .name = name, .schema = schema, .in = "body", .required = true };
	struct json *out = json_new_object(a);

	json_set(a, out, "fields", in.list);
	if (outputs) {
		put_outputs(&s, in.list, name, schema, 0);
	} else if (json_is(schema, JSON_OBJECT)) {
		put_body(&in, &top);
		put_some(&s, out, "values", in.values, in.list);
		put_some(&s, out, "trees", in.trees, in.list);
	}
	if (s.truncated)
		json_set_bool(a, out, "truncated", true);
	return out;
}
