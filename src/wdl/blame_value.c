/*
 * blame_value.c - steps whose texts can be evaluated, and whose values are not what they take:
 * a loop over something that is no list, JSON that does not fit its schema, a variable of
 * another type.
 */
#include "wdl/blame_int.h"
#include "wdl/newton.h"
#include "wdl/parse.h"
#include "wdl/run_schema.h"
#include "wdl/text.h"
#include "wdl/value.h"

/* What a member of a step has to be. */
static const struct {
	const char *type, *pointer, *wanted;
} rows[] = {
	{ "Foreach", "/foreach", "Array" },
	{ "Query", "/inputs/from", "Array" },
	{ "Select", "/inputs/from", "Array" },
	{ "Table", "/inputs/from", "Array" },
	{ "Join", "/inputs/from", "Array" },
	{ "Switch", "/expression", "String Integer" },
	{ "If", "/expression", "Boolean" },
	{ "Until", "/expression", "Boolean" },
	{ "IncrementVariable", "/inputs/value", "Integer Float" },
	{ "DecrementVariable", "/inputs/value", "Integer Float" },
	{ "Wait", "/inputs/interval/count", "Integer" },
};

struct check {
	struct arena *a;
	const struct json *alone, *context, *definition;
	const struct wdl_context *c;
	struct wdl_blame *out;
};

static const char *type_of(const struct json *v)
{
	struct wdl_value x = wdl_of_json(v);

	return wdl_type_name(x.type);
}

static bool is_one_of(const char *type, struct str wanted)
{
	struct str word;

	while (str_cut(&wanted, ' ', &word))
		if (str_eq(word, str_from(type)))
			return true;
	return false;
}

static void tell(struct check *k, struct str pointer, const struct json *v)
{
	struct str source = json_str(json_at_n(k->alone, pointer));
	const struct wdl_template *t = wdl_parse(k->a, source);
	struct wdl_blame *b = k->out;

	b->found = true;
	b->kind = json_is(v, JSON_NULL) ? WDL_FAULT_NULL : WDL_FAULT_TYPE;
	b->pointer = pointer;
	b->text = source;
	b->failing = b->message = S("");
	b->value = v;
	b->type = type_of(v);
	b->bad = source;
	if (t->shape == WDL_WHOLE && t->first && t->first->node) {
		b->bad_start = t->first->node->start;
		b->bad_end = t->first->node->end;
		b->bad = str_n(source.p + b->bad_start, b->bad_end - b->bad_start);
		b->origin = blame_origin(k->a, t, t->first->node, k->c, k->context, k->definition);
	}
}

static const struct json *value_at(struct check *k, struct str pointer)
{
	const struct json *source = json_at_n(k->alone, pointer);
	struct wdl_result r;

	if (!json_is(source, JSON_STRING))
		return NULL;
	r = wdl_evaluate_value(k->a, source, k->c);
	return r.ok ? r.value : NULL;
}

static void check_one(struct check *k, const char *pointer, const char *wanted)
{
	const struct json *v = value_at(k, str_from(pointer));

	if (v && !is_one_of(type_of(v), str_from(wanted)))
		tell(k, str_from(pointer), v);
}

/* ---- ParseJson ---- */

/* The schema of the value at a path such as "items[0].name", and its pointer. */
static void schema_pointer(struct arena *a, struct str path, struct str *out)
{
	struct buf b;

	buf_init_in(&b, a, 8 * path.n + 256);
	buf_addz(&b, "/inputs/schema");
	while (path.n) {
		size_t n = 0;

		if (path.p[0] == '[') {
			while (n < path.n && path.p[n] != ']')
				n++;
			/* ['a name'] or [0]. */
			if (n > 3 && path.p[1] == '\'') {
				buf_addz(&b, "/properties");
				json_pointer_add(&b, str_n(path.p + 2, n - 3));
			} else {
				buf_addz(&b, "/items");
			}
			path = str_from_at(path, n + 1);
			continue;
		}
		if (path.p[0] == '.') {
			path = str_from_at(path, 1);
			continue;
		}
		while (n < path.n && path.p[n] != '.' && path.p[n] != '[')
			n++;
		buf_addz(&b, "/properties");
		json_pointer_add(&b, str_first(path, n));
		path = str_from_at(path, n);
	}
	*out = buf_str(&b);
}

static void check_schema(struct check *k, const struct json *content)
{
	struct json *parsed = NULL, *errors;
	const struct json *first, *schema = json_at(k->alone, "/inputs/schema");
	struct str why = { 0 };
	struct wdl_blame *b = k->out;

	if (json_is(content, JSON_STRING))
		parsed = wdl_read_json(k->a, json_str(content), &why);
	if (json_is(content, JSON_STRING) && !parsed) {
		tell(k, S("/inputs/content"), content);
		b->kind = WDL_FAULT_DATA;
		b->message = why;
		return;
	}
	errors = wdl_schema_errors(k->a, parsed ? parsed : content, schema);
	first = json_first(errors);
	if (!first)
		return;
	b->found = true;
	b->message = json_get_str(first, "message");
	b->failing = S("");
	b->bad = json_get_str(first, "path");
	b->value = json_get(first, "value") ? json_get(first, "value") : json_new_null(k->a);
	b->type = type_of(b->value);
	b->kind = json_is(b->value, JSON_NULL) ? WDL_FAULT_NULL : WDL_FAULT_TYPE;
	schema_pointer(k->a, b->bad, &b->pointer);
	b->text = json_text(k->a, json_at_n(k->alone, b->pointer));
	b->origin = wdl_origin_of(k->a, json_str(json_at(k->alone, "/inputs/content")), k->context,
				  k->definition);
}

static void check_parse_json(struct check *k)
{
	const struct json *content = value_at(k, S("/inputs/content"));

	if (!content)
		return;
	if (json_is(content, JSON_NULL) ||
	    (json_is(content, JSON_STRING) && !json_str(content).n)) {
		tell(k, S("/inputs/content"), content);
		k->out->kind = WDL_FAULT_NULL;
		return;
	}
	if (json_is(json_at(k->alone, "/inputs/schema"), JSON_OBJECT))
		check_schema(k, content);
}

/* ---- variables ---- */

static const struct {
	const char *declared, *takes;
} types[] = {
	{ "string", "String" },   { "integer", "Integer" }, { "float", "Float Integer Decimal" },
	{ "boolean", "Boolean" }, { "array", "Array" },     { "object", "Object" },
};

static const char *takes(struct str declared)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_eq_nocase(declared, str_from(types[i].declared)))
			return types[i].takes;
	return NULL;
}

static struct str declared_type(const struct json *actions, struct str name)
{
	JSON_EACH(step, actions)
		JSON_EACH(v, json_at(step, "/inputs/variables"))
			if (wdl_same_nocase(json_get_str(v, "name"), name))
				return json_get_str(v, "type");
	return S("");
}

static void check_variables(struct check *k)
{
	struct str type = json_get_str(k->alone, "type");
	const char *wanted;
	const struct json *v;
	size_t i = 0;

	if (str_eq_nocase(type, S("SetVariable"))) {
		wanted = takes(declared_type(json_get(k->definition, "actions"),
					     json_str(json_at(k->alone, "/inputs/name"))));
		v = value_at(k, S("/inputs/value"));
		/* Null is taken by texts, lists and objects alike: an empty one. */
		if (wanted && v && !json_is(v, JSON_NULL) &&
		    !is_one_of(type_of(v), str_from(wanted)))
			tell(k, S("/inputs/value"), v);
		return;
	}
	if (!str_eq_nocase(type, S("InitializeVariable")))
		return;
	JSON_EACH(row, json_at(k->alone, "/inputs/variables")) {
		struct str at = str_fmt(k->a, "/inputs/variables/%zu/value", i++);

		wanted = takes(json_get_str(row, "type"));
		v = value_at(k, at);
		if (wanted && v && !json_is(v, JSON_NULL) &&
		    !is_one_of(type_of(v), str_from(wanted))) {
			tell(k, at, v);
			return;
		}
	}
}

void blame_value(struct arena *a, const struct json *alone, const struct wdl_context *c,
		 const struct json *context, const struct json *definition, struct wdl_blame *out)
{
	struct check k = { a, alone, context, definition, c, out };
	struct str type = json_get_str(alone, "type");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && !out->found; i++)
		if (str_eq_nocase(type, str_from(rows[i].type)))
			check_one(&k, rows[i].pointer, rows[i].wanted);
	if (!out->found && str_eq_nocase(type, S("ParseJson")))
		check_parse_json(&k);
	if (!out->found)
		check_variables(&k);
}
