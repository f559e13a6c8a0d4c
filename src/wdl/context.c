/*
 * context.c - a run made up in one JSON value.
 */
#include "base/os.h"
#include "wdl/call.h"

static const struct json *tree_of(void *arg)
{
	return arg;
}

static const struct json *member(void *arg, const char *name)
{
	return json_get(tree_of(arg), name);
}

static bool found(const struct json *v, const struct json **out)
{
	*out = v;
	return v != NULL;
}

static bool named(void *arg, const char *list, struct str name, const struct json **out)
{
	const struct json *all = member(arg, list);

	return found(json_is(all, JSON_OBJECT) ? wdl_member(all, name) : NULL, out);
}

static bool action(void *arg, struct str name, const struct json **out)
{
	return named(arg, "actions", name, out);
}

static bool trigger(void *arg, const struct json **out)
{
	return found(member(arg, "trigger"), out);
}

static bool variable(void *arg, struct str name, const struct json **out)
{
	return named(arg, "variables", name, out);
}

/* A parameter of a definition carries its value inside. */
static bool parameter(void *arg, struct str name, const struct json **out)
{
	const struct json *v;

	if (!named(arg, "parameters", name, &v))
		return false;
	*out = v;
	if (json_is(v, JSON_OBJECT) && json_get(v, "value"))
		*out = json_get(v, "value");
	else if (json_is(v, JSON_OBJECT) && json_get(v, "defaultValue"))
		*out = json_get(v, "defaultValue");
	return true;
}

static bool item(void *arg, const struct json **out)
{
	return found(member(arg, "item"), out);
}

static bool items(void *arg, struct str loop, const struct json **out)
{
	return named(arg, "items", loop, out);
}

static bool iteration(void *arg, struct str loop, const struct json **out)
{
	return named(arg, "iterationIndexes", loop, out);
}

static bool result(void *arg, struct str scope, const struct json **out)
{
	return named(arg, "results", scope, out);
}

static bool workflow(void *arg, const struct json **out)
{
	return found(member(arg, "workflow"), out);
}

static bool current(void *arg, const struct json **out)
{
	return found(member(arg, "action"), out);
}

void wdl_context_json(struct wdl_context *c, const struct json *tree)
{
	int64_t now;

	*c = (struct wdl_context){
		.arg = (void *)(uintptr_t)tree,
		.action = action,
		.trigger = trigger,
		.variable = variable,
		.parameter = parameter,
		.item = item,
		.items = items,
		.iteration = iteration,
		.result = result,
		.workflow = workflow,
		.current = current,
		.seed = (uint64_t)json_int(json_get(tree, "seed"), 0),
	};
	if (os_parse_time(json_get_str(tree, "now"), &now))
		c->now = wdl_ticks_of_ms(now);
}
