/*
 * trial.c - a small definition around one step, run by the runner.
 */
#include "wdl/trial.h"

#include "base/limits.h"
#include "wdl/run.h"
#include "wdl/text.h"

struct trial {
	struct arena *a;
	const struct json *context;
	struct str name;
	struct wdl_trial out;
	bool seen;
};

/* ---- the world around it ---- */

static bool answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct trial *t = arg;
	const struct json *record = json_get_nocase(json_get(t->context, "actions"), r->name);
	const struct json *outputs = json_get(record, "outputs");

	if (wdl_same_nocase(r->name, t->name))
		outputs = NULL;
	out->outputs = outputs ? json_copy(a, outputs) : json_new_object(a);
	if (!outputs)
		json_set_int(a, out->outputs, "statusCode", 200);
	out->duration = 1;
	return true;
}

static void report(void *arg, const struct wdl_report *r)
{
	struct trial *t = arg;

	if (!str_eq(r->name, t->name) || t->seen || r->kind == WDL_REPORT_ITERATION ||
	    r->kind == WDL_REPORT_SUMMARY)
		return;
	t->seen = true;
	t->out.ran = r->status != WDL_ST_SKIPPED;
	t->out.ok = r->status == WDL_ST_SUCCEEDED || r->status == WDL_ST_CANCELLED;
	t->out.code = str_dup(t->a, r->code);
	t->out.message = str_dup(t->a, json_get_str(r->error, "message"));
}

static uint64_t random_of(void *arg, uint64_t where)
{
	(void)arg;
	return where * 0x9e3779b97f4a7c15u + 1;
}

/* ---- the definition ---- */

static struct json *action(struct arena *a, const char *type)
{
	struct json *v = json_new_object(a);

	json_set_z(a, v, "type", type);
	json_set(a, v, "runAfter", json_new_object(a));
	return v;
}

static void after(struct arena *a, struct json *run_after, struct str name)
{
	static const char *const any[] = { "Succeeded", "Failed", "TimedOut", "Skipped" };
	struct json *list = json_new_array(a);

	for (size_t i = 0; i < 4; i++)
		json_push(list, json_new_z(a, any[i]));
	json_set_n(a, run_after, name, list);
}

/* Stands in for a step that was recorded: whatever its type, it gives what it gave. */
static void stand_in(struct trial *t, struct json *actions, struct json *run_after)
{
	JSON_EACH(v, json_get(t->context, "actions")) {
		struct json *one;

		if (wdl_same_nocase(json_name(v), t->name))
			continue;
		one = action(t->a, "Http");
		json_set(t->a, one, "inputs", json_new_object(t->a));
		json_set_n(t->a, actions, json_name(v), one);
		after(t->a, run_after, json_name(v));
	}
}

static const char *declared(const struct json *definition, struct str name, const struct json *v)
{
	static const char *const by_type[] = {
		[JSON_BOOL] = "boolean", [JSON_STRING] = "string", [JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object", [JSON_NUMBER] = "float",
	};

	JSON_EACH(step, json_get(definition, "actions"))
		JSON_EACH(row, json_at(step, "/inputs/variables"))
			if (wdl_same_nocase(json_get_str(row, "name"), name))
				return json_get_z(row, "type");
	return json_is(v, JSON_NULL) || json_type(v) >= sizeof(by_type) / sizeof(*by_type) ||
			       !by_type[json_type(v)] ?
		       "string" :
		       by_type[json_type(v)];
}

/* The variable that the step writes is there, whatever it holds. */
static const struct json *all_variables(struct trial *t, const struct json *step)
{
	struct json *out = json_is(json_get(t->context, "variables"), JSON_OBJECT) ?
				   json_copy(t->a, json_get(t->context, "variables")) :
				   json_new_object(t->a);
	struct str name = json_str(json_at(step, "/inputs/name"));

	if (str_ends_nocase(json_get_str(step, "type"), S("Variable")) && name.n &&
	    !json_get_nocase(out, name))
		json_set_n(t->a, out, name, json_new_null(t->a));
	return out;
}

static void add_variables(struct trial *t, const struct json *step, const struct json *definition,
			  struct json *actions, struct json *run_after, struct json *parameters)
{
	size_t i = 0;

	if (str_eq_nocase(json_get_str(step, "type"), S("InitializeVariable")))
		return;
	JSON_EACH(v, all_variables(t, step)) {
		struct json *one = action(t->a, "InitializeVariable"), *row = json_new_object(t->a);
		struct json *inputs = json_new_object(t->a), *list = json_new_array(t->a);
		struct str name = str_fmt(t->a, "trial-variable-%zu", i++);

		json_set_str(t->a, row, "name", json_name(v));
		json_set_z(t->a, row, "type", declared(definition, json_name(v), v));
		json_set_str(t->a, row, "value",
			     str_fmt(t->a, "@parameters('%.*s')", STR_ARG(name)));
		json_push(list, row);
		json_set(t->a, inputs, "variables", list);
		json_set(t->a, one, "inputs", inputs);
		json_set_n(t->a, actions, name, one);
		json_set_n(t->a, parameters, name, json_copy(t->a, v));
		after(t->a, run_after, name);
	}
}

/* The step inside loops over the one item, outermost first. */
static struct json *in_loops(struct trial *t, struct json *step, struct json *parameters,
			     struct str *outermost)
{
	struct json *inner = step;
	struct str name = t->name;
	size_t i = 0, count = json_count(json_get(t->context, "items"));
	const struct json **all = arena_array(t->a, count + 1, sizeof(*all));

	JSON_EACH(item, json_get(t->context, "items"))
		all[i++] = item;
	i = 0;
	while (count-- > 0) {
		const struct json *item = all[count];
		struct json *loop = action(t->a, "Foreach"), *body = json_new_object(t->a);
		struct str key = str_fmt(t->a, "trial-items-%zu", i++);
		struct json *list = json_new_array(t->a);

		json_push(list, json_copy(t->a, item));
		json_set_n(t->a, parameters, key, list);
		json_set_str(t->a, loop, "foreach",
			     str_fmt(t->a, "@parameters('%.*s')", STR_ARG(key)));
		json_set(t->a, inner, "runAfter", json_new_object(t->a));
		json_set_n(t->a, body, name, inner);
		json_set(t->a, loop, "actions", body);
		name = json_name(item);
		inner = loop;
	}
	*outermost = name;
	return inner;
}

/* Cases count, because they and the value must be of one type; what is in them does not. */
static void add_cases(struct trial *t, struct json *subject, const struct json *step)
{
	struct json *cases = json_set(t->a, subject, "cases", json_new_object(t->a));
	size_t i = 0;

	JSON_EACH(c, json_get(step, "cases")) {
		struct json *one = json_new_object(t->a), *inside = json_new_object(t->a);
		struct json *dummy = action(t->a, "Compose");

		json_set_int(t->a, dummy, "inputs", 1);
		json_set_n(t->a, inside, str_fmt(t->a, "trial-case-%zu", i++), dummy);
		if (json_get(c, "case"))
			json_set(t->a, one, "case", json_copy(t->a, json_get(c, "case")));
		json_set(t->a, one, "actions", inside);
		json_set_n(t->a, cases, json_name(c), one);
	}
}

static struct json *small(struct trial *t, const struct json *step, const struct json *definition,
			  struct json *parameters)
{
	struct json *out = json_new_object(t->a), *actions = json_new_object(t->a);
	struct json *run_after = json_new_object(t->a), *subject = wdl_step_alone(t->a, step);
	struct str type = json_get_str(step, "type"), outermost;
	bool nests = str_eq_nocase(type, S("Foreach")) || str_eq_nocase(type, S("Until")) ||
		     str_eq_nocase(type, S("If")) || str_eq_nocase(type, S("Scope"));

	if (nests)
		json_set(t->a, subject, "actions", json_new_object(t->a));
	if (str_eq_nocase(type, S("Switch")))
		add_cases(t, subject, step);
	/* What it does with the answers of others is not on trial. */
	json_take(subject, "trackedProperties");
	json_take(subject, "limit");
	stand_in(t, actions, run_after);
	add_variables(t, step, definition, actions, run_after, parameters);
	subject = in_loops(t, subject, parameters, &outermost);
	json_set(t->a, subject, "runAfter", run_after);
	json_set_n(t->a, actions, outermost, subject);
	json_set(t->a, out, "triggers", json_copy(t->a, json_get(definition, "triggers")));
	json_set(t->a, out, "actions", actions);
	if (json_get(definition, "parameters"))
		json_set(t->a, out, "parameters", json_copy(t->a, json_get(definition, "parameters")));
	return out;
}

struct wdl_trial wdl_trial(struct arena *a, struct str name, const struct json *step,
			   const struct json *context, const struct json *definition)
{
	struct trial t = { .a = a, .context = context, .name = name };
	struct wdl_host host = { .arg = &t, .call = answer, .report = report,
				 .random = random_of };
	struct json *parameters = json_new_object(a), *tree;
	struct wdl_context clock;
	struct wdl_run_options o = { .parameters = parameters };
	struct wdl_run run;

	JSON_EACH(p, json_get(context, "parameters"))
		json_set_n(a, parameters, json_name(p), json_copy(a, p));
	tree = small(&t, step, definition, parameters);
	wdl_context_json(&clock, context);
	o.start = clock.now ? clock.now : wdl_ticks_of_ms(0);
	o.trigger = json_at(context, "/trigger/outputs");
	o.workflow = json_get(context, "workflow");
	run = wdl_run(a, tree, &host, &o);
	if (!run.ok) {
		t.out.ran = false;
		t.out.message = str_from(run.why);
	}
	return t.out;
}
