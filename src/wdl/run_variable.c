/*
 * run_variable.c - variables of a run.
 *
 * They belong to the run whatever container writes them; parallel iterations race as they do in
 * the service, here in the order of virtual time.
 */
#include "base/limits.h"
#include "wdl/run_priv.h"
#include "wdl/value.h"

static const struct {
	const char *declared, *type, *takes;
} types[] = {
	{ "array", "Array", "Array" },       { "boolean", "Boolean", "Boolean" },
	{ "float", "Float", "Float, Integer" }, { "integer", "Integer", "Integer" },
	{ "object", "Object", "Object" },    { "string", "String", "String" },
};

static size_t row_of(const struct wrun_variable *v)
{
	size_t i = 0;

	while (strcmp(types[i].type, v->type) != 0)
		i++;
	return i;
}

static struct wrun_variable *find(struct wrun *r, struct str name)
{
	for (unsigned i = 0; i < r->variable_count; i++)
		if (str_eq_nocase(r->variables[i].name, name))
			return &r->variables[i];
	return NULL;
}

static bool is_text(const struct wrun_variable *v)
{
	return strcmp(v->type, "String") == 0;
}

static void refresh(struct wrun_variable *v)
{
	if (!v->stale)
		return;
	arena_release(&v->mem);
	v->value = json_new_str(&v->mem, buf_str(&v->text));
	v->stale = false;
}

const struct json *wrun_variable_value(struct wrun *r, struct str name)
{
	struct wrun_variable *v = find(r, name);

	if (!v)
		return NULL;
	refresh(v);
	return v->value;
}

/* `value` lives elsewhere: inputs are copies. */
static void put(struct wrun *r, struct wrun_variable *v, const struct json *value)
{
	arena_release(&v->mem);
	v->value = value ? json_copy(&v->mem, value) : json_new_null(&v->mem);
	v->stale = false;
	if (!is_text(v))
		return;
	buf_clear(&v->text);
	buf_adds(&v->text, json_str(v->value));
	if (!buf_ok(&v->text))
		wrun_stop(r, "a variable is too large");
}

static struct json *shown(struct wrun_step *s, const struct wrun_variable *v,
			  const struct json *value)
{
	struct arena *a = &s->frame->mem;
	struct json *out = json_new_object(a);

	json_set_str(a, out, "name", v->name);
	json_set_z(a, out, "type", v->type);
	json_set(a, out, "value", json_copy(a, value));
	return out;
}

static void bad_request(struct wrun *r, struct wrun_step *s, enum wdl_message m,
			const struct str *values)
{
	wrun_fail(r, s, r->now, "BadRequest", "BadRequest", m, values);
}

static bool fits(struct wrun *r, struct wrun_step *s, const struct wrun_variable *v,
		 const struct json *value)
{
	const char *have = wrun_type(value);
	size_t row = row_of(v);
	struct str values[4] = { v->name, str_from(v->type), str_from(have),
				 str_from(types[row].takes) };

	if (strcmp(have, v->type) == 0 ||
	    (strcmp(v->type, "Float") == 0 && strcmp(have, "Integer") == 0))
		return true;
	bad_request(r, s, WDL_M_RUN_VARIABLE, values);
	return false;
}

/* ---- InitializeVariable ---- */

static bool declare(struct wrun *r, struct wrun_step *s, const struct json *row)
{
	struct str name = json_get_str(row, "name"), type = json_get_str(row, "type");
	const struct json *value = json_get(row, "value");
	struct wrun_variable *v;
	size_t i = 0;

	while (i + 1 < sizeof(types) / sizeof(*types) &&
	       !str_eq_nocase(type, str_from(types[i].declared)))
		i++;
	if (find(r, name)) {
		bad_request(r, s, WDL_M_RUN_VARIABLE_TWICE, &name);
		return false;
	}
	if (r->variable_count == LIMIT_RUN_VARIABLES)
		wrun_stop(r, "the run has too many variables");
	v = &r->variables[r->variable_count];
	*v = (struct wrun_variable){ .name = str_dup(&r->mem, name), .type = types[i].type };
	if (value && !json_is(value, JSON_NULL) && !fits(r, s, v, value))
		return false;
	r->variable_count++;
	arena_init(&v->mem, LIMIT_RUN_FRAME);
	v->mem.out = &r->jump;
	buf_init(&v->text, LIMIT_WDL_TEXT);
	put(r, v, value);
	return true;
}

static void initialize(struct wrun *r, struct wrun_step *s)
{
	JSON_EACH(row, json_get(s->inputs, "variables"))
		if (!declare(r, s, row))
			return;
	wrun_body(r, s, NULL);
}

/* ---- the others ---- */

static void add_number(struct wrun *r, struct wrun_step *s, struct wrun_variable *v, int sign)
{
	const struct json *given = json_get(s->inputs, "value");
	struct wdl_value by = given ? wdl_of_json(given) : wdl_int(1), have, sum;
	bool whole = strcmp(v->type, "Integer") == 0;
	struct str values[3] = { v->name, str_from(v->type), str_from(wdl_type_name(by.type)) };
	int64_t i;

	have = wdl_of_json(v->value);
	if (have.type == WDL_T_NULL)
		have = wdl_int(0);
	if ((!whole && strcmp(v->type, "Float") != 0) || !wdl_is_number(&by) ||
	    (whole && (by.type != WDL_T_INT ||
		       __builtin_mul_overflow(by.i, sign, &i) ||
		       __builtin_add_overflow(have.i, i, &i)))) {
		bad_request(r, s, WDL_M_RUN_INCREMENT, values);
		return;
	}
	sum = whole ? wdl_int(i) : wdl_float(wdl_number(&have) + sign * wdl_number(&by));
	put(r, v, wdl_to_json(&r->scratch, &sum));
	wrun_body(r, s, shown(s, v, v->value));
}

static void append_array(struct wrun *r, struct wrun_step *s, struct wrun_variable *v)
{
	const struct json *value = json_get(s->inputs, "value");
	struct str values[4] = { str_from(wrun_type(value)), v->name, str_from(v->type),
				 s->node->type };

	if (strcmp(v->type, "Array") != 0) {
		struct str wrong[4] = { v->name, str_from(v->type), s->node->type, S("Array") };

		bad_request(r, s, WDL_M_RUN_APPEND_TO, wrong);
		return;
	}
	if (!value || json_is(value, JSON_NULL)) {
		bad_request(r, s, WDL_M_RUN_APPEND_NULL, &s->node->type);
		return;
	}
	if (json_is(value, JSON_ARRAY)) {
		bad_request(r, s, WDL_M_RUN_APPEND, values);
		return;
	}
	if (!json_is(v->value, JSON_ARRAY))
		v->value = json_new_array(&v->mem);
	json_push(v->value, json_copy(&v->mem, value));
	wrun_body(r, s, shown(s, v, value));
}

static void append_string(struct wrun *r, struct wrun_step *s, struct wrun_variable *v)
{
	const struct json *value = json_get(s->inputs, "value");
	struct wdl_value text = wdl_of_json(value);

	if (!is_text(v)) {
		struct str wrong[4] = { v->name, str_from(v->type), s->node->type, S("String") };

		bad_request(r, s, WDL_M_RUN_APPEND_TO, wrong);
		return;
	}
	buf_adds(&v->text, wdl_to_text(&r->scratch, &text));
	if (!buf_ok(&v->text))
		wrun_stop(r, "a variable is too large");
	v->stale = true;
	wrun_body(r, s, value ? shown(s, v, value) : NULL);
}

void wrun_variable(struct wrun *r, struct wrun_step *s)
{
	struct str values[2] = { json_get_str(s->inputs, "name"), s->node->name };
	struct wrun_variable *v = find(r, values[0]);
	const struct json *value = json_get(s->inputs, "value");

	s->code = S("NotSpecified");
	if (s->node->kind == WRUN_INITIALIZE) {
		initialize(r, s);
		return;
	}
	if (!v) {
		bad_request(r, s, WDL_M_RUN_NO_VARIABLE, values);
		return;
	}
	switch (s->node->kind) {
	case WRUN_SET:
		if (!fits(r, s, v, value))
			return;
		put(r, v, value);
		wrun_body(r, s, shown(s, v, v->value));
		break;
	case WRUN_INCREMENT:
		add_number(r, s, v, 1);
		break;
	case WRUN_DECREMENT:
		add_number(r, s, v, -1);
		break;
	case WRUN_APPEND_ARRAY:
		append_array(r, s, v);
		break;
	default:
		append_string(r, s, v);
		break;
	}
}
