/*
 * run_trigger.c - what arrives at a trigger, and the runs that come of it.
 */
#include "base/limits.h"
#include "wdl/run.h"
#include "wdl/run_priv.h"
#include "wdl/run_schema.h"
#include "wdl/value.h"

/* What the conditions, splitOn and inputs of a trigger may look at. */
struct view {
	struct arena *a;
	const struct json *definition, *record;
	const struct wdl_run_options *options;
	const struct wdl_host *host;
};

static bool give(const struct json **out, const struct json *v)
{
	*out = v;
	return v != NULL;
}

static bool see_trigger(void *arg, const struct json **out)
{
	struct view *v = arg;

	return give(out, v->record);
}

static bool see_parameter(void *arg, struct str name, const struct json **out)
{
	struct view *v = arg;
	const struct json *p = json_get_nocase(v->options->parameters, name);

	if (!p)
		p = json_get(json_get_nocase(json_get(v->definition, "parameters"), name),
			     "defaultValue");
	return give(out, p);
}

static bool see_workflow(void *arg, const struct json **out)
{
	struct view *v = arg;

	return give(out, v->options->workflow);
}

static uint64_t chance(void *arg)
{
	struct view *v = arg;

	return v->host->random(v->host->arg, 0);
}

static struct wdl_context context_of(struct view *v)
{
	return (struct wdl_context){ .arg = v,
				     .trigger = see_trigger,
				     .parameter = see_parameter,
				     .workflow = see_workflow,
				     .random = v->host && v->host->random ? chance : NULL,
				     .now = v->options->start };
}

static struct json *error_of(struct arena *a, const char *code, enum wdl_message m,
			     const struct str *values)
{
	return wrun_error(a, str_from(code), wdl_message_fill(a, wdl_message(m)->text, values));
}

static void refuse(struct arena *a, struct wdl_trigger *t, enum wdl_status status, const char *code,
		   enum wdl_message m, const struct str *values)
{
	t->status = status;
	t->code = str_from(code);
	t->error = error_of(a, code, m, values);
}

/* ---- the schema of a Request ---- */

static bool fits(struct arena *a, struct wdl_trigger *t, const struct json *def,
		 const struct json *outputs)
{
	const struct json *schema = json_at(def, "/inputs/schema");
	const struct json *body = json_get(outputs, "body");
	struct str values[2] = { t->name, { 0 } };
	struct json *errors;
	struct buf b;

	if (!str_eq_nocase(json_get_str(def, "type"), S("Request")) || !json_first(schema))
		return true;
	errors = wdl_schema_errors(a, body ? body : json_new_null(a), schema);
	if (!json_first(errors))
		return true;
	buf_init_in(&b, a, (size_t)1 << 20);
	JSON_EACH(e, errors) {
		buf_addz(&b, b.n ? "," : "");
		buf_adds(&b, json_get_str(e, "message"));
	}
	values[1] = buf_str(&b);
	refuse(a, t, WDL_ST_FAILED, "TriggerInputSchemaMismatch", WDL_M_RUN_TRIGGER_SCHEMA, values);
	t->refused = true;
	return false;
}

/* ---- conditions and splitOn ---- */

static bool failed(struct arena *a, struct wdl_trigger *t, const struct wdl_fault *f)
{
	struct str values[2] = { t->name, f->message };

	refuse(a, t, WDL_ST_FAILED, "InvalidTemplate", WDL_M_RUN_TRIGGER_EXPRESSION, values);
	return false;
}

/* 1: all met; 0: one is not; -1: one cannot be evaluated. */
static int conditions_met(struct view *v, struct wdl_trigger *t, const struct json *def)
{
	struct wdl_context c = context_of(v);

	JSON_EACH(row, json_get(def, "conditions")) {
		const struct json *e = json_get(row, "expression");
		struct wdl_result one = wdl_evaluate_value(v->a, e, &c);

		if (!one.ok) {
			failed(v->a, t, &one.fault);
			return -1;
		}
		if (!json_is_true(one.value) && !str_eq_nocase(json_str(one.value), S("true")))
			return 0;
	}
	return 1;
}

static struct json *with_body(struct arena *a, const struct json *outputs, const struct json *body)
{
	struct json *out = json_new_object(a);

	JSON_EACH(m, outputs)
		if (!str_eq(json_name(m), S("body")))
			json_add_n(a, out, json_name(m), json_copy(a, m));
	json_set(a, out, "body", json_copy(a, body));
	return out;
}

static struct json *record_of(struct view *v, struct str name, const struct json *outputs)
{
	struct json *record = json_new_object(v->a);

	json_set_str(v->a, record, "name", name);
	if (outputs)
		json_set(v->a, record, "outputs", json_copy(v->a, outputs));
	return record;
}

/* One run more, unless the conditions say no; they look at the item that splitOn cut out. */
static bool add_run(struct view *v, struct wdl_trigger *t, const struct json *def,
		    struct json *outputs)
{
	int met;

	v->record = record_of(v, t->name, outputs);
	met = conditions_met(v, t, def);
	if (met < 0)
		return false;
	if (met)
		t->outputs[t->count++] = outputs;
	return true;
}

static bool split(struct view *v, struct wdl_trigger *t, const struct json *def,
		  const struct json *outputs)
{
	struct wdl_context c = context_of(v);
	struct wdl_result one = wdl_evaluate_value(v->a, json_get(def, "splitOn"), &c);
	struct str values[3] = { t->name, json_str(json_get(def, "splitOn")), { 0 } };

	if (!one.ok)
		return failed(v->a, t, &one.fault);
	values[2] = str_from(wrun_type(one.value));
	if (!json_is(one.value, JSON_ARRAY)) {
		refuse(v->a, t, WDL_ST_FAILED, "InvalidTemplate", WDL_M_RUN_SPLIT, values);
		return false;
	}
	t->outputs = arena_array(v->a, json_count(one.value) + 1, sizeof(*t->outputs));
	JSON_EACH(item, one.value)
		if (!add_run(v, t, def, with_body(v->a, outputs, item)))
			return false;
	if (!json_first(one.value)) {
		t->status = WDL_ST_SKIPPED;
		t->code = S("Accepted");
	}
	return json_first(one.value) != NULL;
}

/* The runs that start. */
static bool runs_of(struct view *v, struct wdl_trigger *t, const struct json *def,
		    const struct json *outputs)
{
	if (json_get(def, "splitOn")) {
		if (!split(v, t, def, outputs))
			return false;
	} else {
		t->outputs = arena_array(v->a, 1, sizeof(*t->outputs));
		if (!add_run(v, t, def, outputs ? json_copy(v->a, outputs) : NULL))
			return false;
	}
	if (t->count)
		return true;
	t->status = WDL_ST_SKIPPED;
	t->code = S("TriggerConditionNotMet");
	return false;
}

static struct json *inputs_of(struct view *v, const struct json *def)
{
	const struct json *in = json_get(def, "inputs");
	struct wdl_context c = context_of(v);
	struct json *out = json_new_object(v->a);

	if (!json_is(in, JSON_OBJECT))
		return NULL;
	JSON_EACH(m, in) {
		struct wdl_result one;

		if (str_eq(json_name(m), S("authentication")))
			continue;
		/* A schema is no template. */
		if (str_eq(json_name(m), S("schema"))) {
			json_add_n(v->a, out, json_name(m), json_copy(v->a, m));
			continue;
		}
		one = wdl_evaluate_value(v->a, m, &c);
		json_add_n(v->a, out, json_name(m), one.ok ? one.value : json_copy(v->a, m));
	}
	return out;
}

struct wdl_trigger wdl_trigger_fire(struct arena *a, const struct json *definition,
				    const struct json *outputs, const struct wdl_host *host,
				    const struct wdl_run_options *options)
{
	const struct json *def = json_first(json_get(definition, "triggers"));
	struct wdl_trigger t = { .status = WDL_ST_SUCCEEDED, .name = json_name(def),
				 .code = S("OK") };
	struct view v = { a, definition, NULL, options, host };

	v.record = record_of(&v, t.name, outputs);
	t.inputs = inputs_of(&v, def);
	t.fired = fits(a, &t, def, outputs) && runs_of(&v, &t, def, outputs);
	return t;
}

struct json *wdl_trigger_outputs_of(struct arena *a, const struct json *payload)
{
	static const char *const members[] = { "headers", "body", "queries", "statusCode",
					       "relativePathParameters" };
	struct json *out;

	if (!payload || json_is(payload, JSON_NULL))
		return NULL;
	if (json_is(payload, JSON_OBJECT) && json_get(payload, "body")) {
		size_t known = 0;

		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
			known += json_get(payload, members[i]) != NULL;
		if (known == json_count(payload))
			return json_copy(a, payload);
	}
	out = json_new_object(a);
	json_set_z(a, json_set(a, out, "headers", json_new_object(a)), "Content-Type",
		   "application/json");
	json_set(a, out, "body", json_copy(a, payload));
	return out;
}
