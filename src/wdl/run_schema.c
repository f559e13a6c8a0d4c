/*
 * run_schema.c - JSON Schema, draft 4 with const and dependencies, in Newtonsoft's order: the type
 * (a mismatch skips the value's other keywords), the kind's own keywords, enum, const, then
 * allOf, anyOf, oneOf, not and schema dependencies, then required and counts.
 *
 * Depth is bounded by the ceiling for references, work by a count of schemas looked at.
 */
#include "wdl/run_schema.h"

#include <math.h>

#include "base/limits.h"
#include "wdl/date.h"
#include "wdl/text.h"
#include "wdl/value.h"

struct check {
	struct arena *a;
	const struct json *root;
	unsigned steps, depth, total;
};

/* One value against one schema. */
struct spot {
	struct check *c;
	const struct json *value, *schema;
	struct str id, path;
	struct json *errors;
};

static void validate(struct check *c, const struct json *value, const struct json *schema,
		     struct str id, struct str path, struct json *errors);

/* ---- errors ---- */

static bool is_plain(const struct json *v)
{
	return json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER) || json_is(v, JSON_BOOL);
}

static void raise(const struct spot *s, const char *type, const struct json *value,
		  struct json *children, struct str message)
{
	struct arena *a = s->c->a;
	struct json *e;

	if (json_count(s->errors) >= LIMIT_RUN_SCHEMA_ERRORS)
		return;
	e = json_push(s->errors, json_new_object(a));
	json_set_str(a, e, "message", message);
	json_set_int(a, e, "lineNumber", 0);
	json_set_int(a, e, "linePosition", 0);
	json_set_str(a, e, "path", s->path);
	if (value && !json_is(value, JSON_NULL))
		json_set(a, e, "value", json_copy(a, value));
	json_set_str(a, e, "schemaId", s->id);
	json_set_z(a, e, "errorType", type);
	json_set(a, e, "childErrors", children ? children : json_new_array(a));
}

static void raise_plain(const struct spot *s, const char *type, struct str message)
{
	raise(s, type, is_plain(s->value) ? s->value : NULL, NULL, message);
}

/* ---- types ---- */

static const struct {
	const char *name, *label;
} types[] = {
	{ "string", "String" },   { "number", "Number" }, { "integer", "Integer" },
	{ "boolean", "Boolean" }, { "object", "Object" }, { "array", "Array" },
	{ "null", "Null" },
};

static bool is_whole(const struct json *v)
{
	double d = json_double(v, 0.5);

	if (wdl_of_json(v).type == WDL_T_INT)
		return true;
	/* Beyond 2^53 every double is whole. */
	if (!(d > -9e15 && d < 9e15))
		return isfinite(d);
	return !((double)(int64_t)d < d) && !((double)(int64_t)d > d);
}

static bool accepts(struct str type, const struct json *v)
{
	static const enum json_type kinds[] = { JSON_STRING, JSON_NUMBER, JSON_NUMBER, JSON_BOOL,
						JSON_OBJECT, JSON_ARRAY,  JSON_NULL };

	if (str_eq(type, S("any")))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_eq(type, str_from(types[i].name)))
			return json_is(v, kinds[i]) && (i != 2 || is_whole(v));
	return false;
}

static bool type_fits(const struct json *schema, const struct json *v)
{
	const struct json *type = json_get(schema, "type");

	if (json_is(type, JSON_STRING))
		return accepts(json_str(type), v);
	if (!json_is(type, JSON_ARRAY))
		return true;
	JSON_EACH(t, type)
		if (accepts(json_str(t), v))
			return true;
	return false;
}

static bool wants(const struct json *type, const char *name)
{
	if (json_is(type, JSON_STRING))
		return str_eq(json_str(type), str_from(name));
	JSON_EACH(t, type)
		if (str_eq(json_str(t), str_from(name)))
			return true;
	return false;
}

static const char *label_of(const struct json *v)
{
	if (json_is(v, JSON_NUMBER))
		return wdl_of_json(v).type == WDL_T_INT ? "Integer" : "Number";
	return wdl_type_name(wdl_of_json(v).type);
}

static bool check_type(const struct spot *s)
{
	const struct json *type = json_get(s->schema, "type");
	struct buf b;

	if (type_fits(s->schema, s->value))
		return true;
	buf_init_in(&b, s->c->a, 256);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (wants(type, types[i].name))
			buf_addf(&b, "%s%s", b.n ? ", " : "", types[i].label);
	raise_plain(s, "type",
		    str_fmt(s->c->a, "Invalid type. Expected %s but got %s.", buf_c(&b),
			    label_of(s->value)));
	return false;
}

/* ---- strings and numbers ---- */

static bool format_fits(struct str format, struct str text)
{
	struct wdl_date d;
	ptrdiff_t at = str_find_char(text, '@');

	if (str_eq(format, S("date-time")))
		return text.n >= 19 && wdl_is_digit(text.p[0]) &&
		       (text.p[10] == 'T' || text.p[10] == 't') &&
		       wdl_date_parse(text, &wdl_invariant, 0, &d);
	if (str_eq(format, S("date")))
		return text.n == 10 &&
		       wdl_date_parse_exact(text, S("yyyy-MM-dd"), &wdl_invariant, 0, &d);
	if (str_eq(format, S("email")))
		return at > 0 && (size_t)at + 1 < text.n;
	return true;
}

static int64_t characters(struct str s)
{
	int64_t count = 0;

	for (size_t i = 0; i < s.n; i++)
		count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return count;
}

static void check_string(const struct spot *s)
{
	struct arena *a = s->c->a;
	struct str text = json_str(s->value), format = json_get_str(s->schema, "format");
	int64_t n = characters(text), max = json_int(json_get(s->schema, "maxLength"), INT64_MAX);
	int64_t min = json_int(json_get(s->schema, "minLength"), 0);

	if (n > max)
		raise_plain(s, "maxLength",
			    str_fmt(a, "String '%.*s' exceeds maximum length of %lld.",
				    STR_ARG(text), (long long)max));
	if (n < min)
		raise_plain(s, "minLength",
			    str_fmt(a, "String '%.*s' is less than minimum length of %lld.",
				    STR_ARG(text), (long long)min));
	if (format.n && !format_fits(format, text))
		raise_plain(s, "format",
			    str_fmt(a, "String '%.*s' does not validate against format '%.*s'.",
				    STR_ARG(text), STR_ARG(format)));
}

static bool is_multiple(double v, double of)
{
	double q = v < 0 ? -v / of : v / of, whole;

	if (!(q < 9e15))
		return true; /* beyond what doubles can tell */
	whole = (double)(int64_t)(q + 0.5);
	return (q > whole ? q - whole : whole - q) < 1e-9 * (q > 1 ? q : 1);
}

static void check_bound(const struct spot *s, bool upper)
{
	const struct json *limit = json_get(s->schema, upper ? "maximum" : "minimum");
	bool exclusive = json_is_true(
		json_get(s->schema, upper ? "exclusiveMaximum" : "exclusiveMinimum"));
	double v = json_double(s->value, 0), bound = json_double(limit, 0);
	const char *kind = wdl_of_json(s->value).type == WDL_T_INT ? "Integer" : "Float";
	const char *name = upper ? "maximum" : "minimum";
	struct str have = json_number_text(s->value), want = json_number_text(limit);

	if (!json_is(limit, JSON_NUMBER))
		return;
	if (exclusive && !(v < bound) && !(v > bound))
		raise_plain(s, name,
			    str_fmt(s->c->a, "%s %.*s equals %s value of %.*s and exclusive %s is "
					     "true.", kind, STR_ARG(have), name, STR_ARG(want),
				    name));
	else if (upper ? v > bound : v < bound)
		raise_plain(s, name,
			    str_fmt(s->c->a, "%s %.*s %s %s value of %.*s.", kind, STR_ARG(have),
				    upper ? "exceeds" : "is less than", name, STR_ARG(want)));
}

static void check_number(const struct spot *s)
{
	const struct json *of = json_get(s->schema, "multipleOf");
	double step = json_double(of, 0);
	struct str have = json_number_text(s->value), want = json_number_text(of);

	check_bound(s, true);
	check_bound(s, false);
	if (step > 0 && !is_multiple(json_double(s->value, 0), step))
		raise_plain(s, "multipleOf",
			    str_fmt(s->c->a, "%s %.*s is not a multiple of %.*s.",
				    wdl_of_json(s->value).type == WDL_T_INT ? "Integer" : "Float",
				    STR_ARG(have), STR_ARG(want)));
}

/* ---- objects and arrays ---- */

static struct str below(struct arena *a, struct str id, const char *middle, struct str name)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)1 << 20);
	buf_adds(&b, id);
	buf_addz(&b, middle);
	json_pointer_add(&b, name);
	return buf_str(&b);
}

static bool bare_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (strchr(". '/\"[]()\t\n\r\f\b\\", name.p[i]))
			return false;
	return true;
}

static struct str path_member(struct arena *a, struct str path, struct str name)
{
	struct buf b;

	if (bare_name(name))
		return str_fmt(a, "%.*s%s%.*s", STR_ARG(path), path.n ? "." : "", STR_ARG(name));
	buf_init_in(&b, a, (size_t)1 << 20);
	buf_adds(&b, path);
	buf_addz(&b, "['");
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '\'' || name.p[i] == '\\')
			buf_addc(&b, '\\');
		buf_addc(&b, name.p[i]);
	}
	buf_addz(&b, "']");
	return buf_str(&b);
}

static void check_members(const struct spot *s)
{
	const struct json *known = json_get(s->schema, "properties");
	const struct json *others = json_get(s->schema, "additionalProperties");
	struct arena *a = s->c->a;

	JSON_EACH(m, s->value) {
		struct str name = json_name(m), path = path_member(a, s->path, name);
		const struct json *schema = json_get_n(known, name);
		struct spot here = *s;

		if (schema) {
			validate(s->c, m, schema, below(a, s->id, "/properties", name), path,
				 s->errors);
			continue;
		}
		here.path = path;
		if (json_is(others, JSON_BOOL) && !json_is_true(others))
			raise(&here, "additionalProperties", json_new_str(a, name), NULL,
			      str_fmt(a, "Property '%.*s' has not been defined and the schema does "
					 "not allow additional properties.", STR_ARG(name)));
		else
			validate(s->c, m, others,
				 str_fmt(a, "%.*s/additionalProperties", STR_ARG(s->id)), path,
				 s->errors);
	}
}

/* An item beyond the tuple. */
static void check_more(const struct spot *s, const struct json *item, size_t i, struct str path)
{
	const struct json *more = json_get(s->schema, "additionalItems");
	struct spot here = *s;
	struct arena *a = s->c->a;

	here.path = path;
	if (json_is(more, JSON_BOOL) && !json_is_true(more))
		raise(&here, "additionalItems", is_plain(item) ? item : NULL, NULL,
		      str_fmt(a, "Index %zu has not been defined and the schema does not allow "
				 "additional items.", i + 1));
	else
		validate(s->c, item, more, str_fmt(a, "%.*s/additionalItems", STR_ARG(s->id)), path,
			 s->errors);
}

static bool seen_before(struct check *c, const struct json *array, const struct json *item)
{
	JSON_EACH(other, array) {
		if (other == item || ++c->steps > LIMIT_RUN_SCHEMA_STEPS)
			return false;
		if (wdl_json_equal(other, item))
			return true;
	}
	return false;
}

static void check_items(const struct spot *s)
{
	const struct json *items = json_get(s->schema, "items");
	bool tuple = json_is(items, JSON_ARRAY);
	bool unique = json_is_true(json_get(s->schema, "uniqueItems"));
	const struct json *next = tuple ? json_first(items) : NULL;
	struct arena *a = s->c->a;
	size_t i = 0;

	if (!items && !unique)
		return;
	JSON_EACH(item, s->value) {
		struct str path = str_fmt(a, "%.*s[%zu]", STR_ARG(s->path), i);
		struct spot here = *s;

		if (tuple && next)
			validate(s->c, item, next, str_fmt(a, "%.*s/items/%zu", STR_ARG(s->id), i),
				 path, s->errors);
		else if (tuple)
			check_more(s, item, i, path);
		else
			validate(s->c, item, items, str_fmt(a, "%.*s/items", STR_ARG(s->id)), path,
				 s->errors);
		here.path = path;
		if (unique && seen_before(s->c, s->value, item))
			raise(&here, "uniqueItems", item, NULL,
			      str_fmt(a, "Non-unique array item at index %zu.", i));
		next = json_next(next);
		i++;
	}
}

static struct json *missing_of(struct arena *a, const struct json *value, const struct json *names)
{
	struct json *out = json_new_array(a);

	JSON_EACH(n, names)
		if (json_is(n, JSON_STRING) && !json_get_n(value, json_str(n)))
			json_push(out, json_copy(a, n));
	return out;
}

static struct str list_text(struct arena *a, const struct json *names)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)1 << 20);
	JSON_EACH(n, names) {
		buf_addz(&b, b.n ? ", " : "");
		buf_adds(&b, json_str(n));
	}
	return buf_str(&b);
}

static void check_count(const struct spot *s, const char *what, const char *max_name,
			const char *min_name)
{
	int64_t n = (int64_t)json_count(s->value);
	int64_t max = json_int(json_get(s->schema, max_name), INT64_MAX);
	int64_t min = json_int(json_get(s->schema, min_name), 0);
	struct arena *a = s->c->a;

	if (n > max)
		raise(s, max_name, json_new_int(a, n), NULL,
		      str_fmt(a, "%s count %lld exceeds maximum count of %lld.", what,
			      (long long)n, (long long)max));
	if (n < min)
		raise(s, min_name, json_new_int(a, n), NULL,
		      str_fmt(a, "%s count %lld is less than minimum count of %lld.", what,
			      (long long)n, (long long)min));
}

static void check_object_end(const struct spot *s)
{
	struct arena *a = s->c->a;
	struct json *missing = missing_of(a, s->value, json_get(s->schema, "required"));

	if (json_first(missing))
		raise(s, "required", missing, NULL,
		      str_fmt(a, "Required properties are missing from object: %.*s.",
			      STR_ARG(list_text(a, missing))));
	check_count(s, "Object property", "maxProperties", "minProperties");
	JSON_EACH(d, json_get(s->schema, "dependencies")) {
		if (!json_is(d, JSON_ARRAY) || !json_get_n(s->value, json_name(d)))
			continue;
		missing = missing_of(a, s->value, d);
		if (json_first(missing))
			raise(s, "dependencies", json_new_str(a, json_name(d)), NULL,
			      str_fmt(a, "Dependencies for property '%.*s' failed. Missing "
					 "required keys: %.*s.", STR_ARG(json_name(d)),
				      STR_ARG(list_text(a, missing))));
	}
}

/* ---- combinations ---- */

static struct json *try(const struct spot *s, const struct json *schema, struct str id)
{
	struct json *errors = json_new_array(s->c->a);

	validate(s->c, s->value, schema, id, s->path, errors);
	return errors;
}

static void prepend(struct json *all, struct json *more)
{
	size_t at = 0;

	while (json_first(more))
		json_insert(all, at++, json_detach(more, json_first(more)));
}

static void check_list(const struct spot *s, const char *name)
{
	const struct json *list = json_get(s->schema, name);
	struct arena *a = s->c->a;
	struct json *children = json_new_array(a);
	size_t i = 0, good = 0, bad = 0;
	struct buf goods, bads;

	if (!json_is(list, JSON_ARRAY))
		return;
	buf_init_in(&goods, a, (size_t)1 << 20);
	buf_init_in(&bads, a, (size_t)1 << 20);
	JSON_EACH(schema, list) {
		struct json *errors =
			try(s, schema, str_fmt(a, "%.*s/%s/%zu", STR_ARG(s->id), name, i));
		bool ok = !json_first(errors);
		struct buf *b = ok ? &goods : &bads;

		buf_addf(b, "%s%zu", b->n ? ", " : "", i++);
		*(ok ? &good : &bad) += 1;
		prepend(children, errors);
	}
	if (str_eq(str_from(name), S("allOf")) && bad)
		raise(s, name, NULL, children,
		      str_fmt(a, "JSON does not match all schemas from 'allOf'. Invalid schema "
				 "indexes: %s.", buf_c(&bads)));
	else if (str_eq(str_from(name), S("anyOf")) && !good)
		raise(s, name, NULL, children, S("JSON does not match any schemas from 'anyOf'."));
	else if (str_eq(str_from(name), S("oneOf")) && !good)
		raise(s, name, NULL, children, S("JSON is valid against no schemas from 'oneOf'."));
	else if (str_eq(str_from(name), S("oneOf")) && good > 1)
		raise(s, name, NULL, NULL,
		      str_fmt(a, "JSON is valid against more than one schema from 'oneOf'. Valid "
				 "schema indexes: %s.", buf_c(&goods)));
}

static void check_combinations(const struct spot *s)
{
	const struct json *not = json_get(s->schema, "not");
	struct arena *a = s->c->a;

	check_list(s, "allOf");
	check_list(s, "anyOf");
	check_list(s, "oneOf");
	if (json_is(not, JSON_OBJECT) &&
	    !json_first(try(s, not, str_fmt(a, "%.*s/not", STR_ARG(s->id)))))
		raise(s, "not", NULL, NULL, S("JSON is valid against schema from 'not'."));
	JSON_EACH(d, json_get(s->schema, "dependencies")) {
		struct json *errors;

		if (!json_is(s->value, JSON_OBJECT) || !json_is(d, JSON_OBJECT) ||
		    !json_get_n(s->value, json_name(d)))
			continue;
		errors = try(s, d, below(a, s->id, "/dependencies", json_name(d)));
		if (json_first(errors))
			raise(s, "dependencies", NULL, errors,
			      str_fmt(a, "Dependencies for property '%.*s' failed.",
				      STR_ARG(json_name(d))));
	}
}

/* ---- one value ---- */

static void check_values(const struct spot *s)
{
	const struct json *list = json_get(s->schema, "enum"), *only = json_get(s->schema, "const");
	struct str text = json_text(s->c->a, s->value);
	bool found = !json_is(list, JSON_ARRAY);

	JSON_EACH(v, list)
		found = found || wdl_json_equal(v, s->value);
	if (!found)
		raise_plain(s, "enum",
			    str_fmt(s->c->a, "Value %.*s is not defined in enum.", STR_ARG(text)));
	if (only && !wdl_json_equal(only, s->value))
		raise_plain(s, "const",
			    str_fmt(s->c->a, "Value %.*s does not match const.", STR_ARG(text)));
}

static void check_spot(const struct spot *s)
{
	bool fits = check_type(s);

	if (fits && json_is(s->value, JSON_STRING))
		check_string(s);
	else if (fits && json_is(s->value, JSON_NUMBER))
		check_number(s);
	else if (fits && json_is(s->value, JSON_OBJECT))
		check_members(s);
	else if (fits && json_is(s->value, JSON_ARRAY))
		check_items(s);
	if (fits && (json_get(s->schema, "enum") || json_get(s->schema, "const")))
		check_values(s);
	check_combinations(s);
	if (fits && json_is(s->value, JSON_OBJECT))
		check_object_end(s);
	if (fits && json_is(s->value, JSON_ARRAY))
		check_count(s, "Array item", "maxItems", "minItems");
}

static void validate(struct check *c, const struct json *value, const struct json *schema,
		     struct str id, struct str path, struct json *errors)
{
	struct spot s = { c, value, schema, id, path, errors };

	/* A reference stands for all of the schema it is in. */
	for (unsigned hops = 0; json_is(json_get(s.schema, "$ref"), JSON_STRING); hops++) {
		struct str ref = json_get_str(s.schema, "$ref");

		if (hops == 32 || !ref.n || ref.p[0] != '#')
			return;
		s.id = ref;
		s.schema = json_at_n(c->root, str_from_at(ref, 1));
	}
	if (!json_is(s.schema, JSON_OBJECT) || c->depth >= LIMIT_JSON_DEPTH ||
	    ++c->steps > LIMIT_RUN_SCHEMA_STEPS)
		return;
	c->depth++;
	check_spot(&s);
	c->depth--;
}

struct json *wdl_schema_errors(struct arena *a, const struct json *value, const struct json *schema)
{
	struct check c = { .a = a, .root = schema };
	struct json *errors = json_new_array(a);

	validate(&c, value, schema, S("#"), S(""), errors);
	return errors;
}
