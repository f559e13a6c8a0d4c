/*
 * update.c - update_live_flow: makes a flow, or changes its definition, references, name or
 * description.
 *
 * Knows the arguments and the result that published agent skills use; how a flow is saved is
 * save.c's.
 */
#include "tools/repair.h"
#include "tools/save.h"
#include "tools/shared.h"
#include "tools/table.h"

static const char *const wishes[] = { "definition", "operations", "connectionReferences",
				      "displayName", "description" };

static bool arguments_fit(struct call *c)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++)
		any |= arg_given(c, wishes[i]);
	if (!any) {
		fail(c, ERR_INVALID_ARGUMENT, "there is nothing to change");
		hint(c, "Give definition or operations, connectionReferences, displayName or description.");
		return false;
	}
	if (arg_given(c, "definition") && arg_given(c, "operations")) {
		fail(c, ERR_INVALID_ARGUMENT, "definition and operations exclude each other");
		hint(c, "operations are edits of the flow's own definition.");
		return false;
	}
	if (!arg_str(c, "flowName").n &&
	    (!arg_given(c, "definition") || !arg_str(c, "displayName").n)) {
		fail(c, ERR_INVALID_ARGUMENT, "a new flow needs definition and displayName");
		hint(c, "To change a flow that is there, give its flowName.");
		return false;
	}
	return true;
}

static void set_list(struct call *c, struct json *out, const char *name, const struct json *list)
{
	if (json_count(list))
		json_set(call_arena(c), out, name, json_copy(call_arena(c), list));
}

static void put_next(struct call *c, const struct save_done *d)
{
	struct json *arguments = json_new_object(call_arena(c));

	json_set_str(call_arena(c), arguments, "environmentName", arg_str(c, "environmentName"));
	json_set_str(call_arena(c), arguments, "flowName", d->flow);
	/* The runs that there are can be sent again, to see that it is mended. */
	if (!d->created && !d->previewed && str_eq(d->state, S("Started")))
		next_tool(c, "get_live_flow_runs", arguments);
	if (!d->created || !str_eq(d->state, S("Stopped")))
		return;
	json_set_z(call_arena(c), arguments, "state", "Started");
	next_tool(c, "set_live_flow_state", arguments);
}

struct json *save_result(struct call *c, const struct save_done *d)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);
	struct str environment = arg_str(c, "environmentName");

	json_set_bool(a, out, "created", d->created);
	put_str(c, out, "flowKey",
		d->previewed && !d->before ? S("")
					   : str_fmt(a, "%.*s.%.*s", STR_ARG(environment),
						     STR_ARG(d->flow)));
	put_str(c, out, "environmentName", environment);
	put_str(c, out, "flowName", d->previewed && !d->before ? S("") : d->flow);
	if (d->workflow.n)
		json_set_str(a, out, "workflowId", d->workflow);
	json_set(a, out, "updated", json_copy(a, d->updated));
	put_str(c, out, "displayName", d->display_name);
	put_str(c, out, "state", d->state);
	if (d->previewed)
		json_set_bool(a, out, "dryRun", true);
	if (d->draft && !d->previewed)
		json_set_bool(a, out, "draft", true);
	json_set(a, out, "diff", json_copy(a, d->diff));
	set_list(c, out, "adjusted", d->adjusted);
	set_list(c, out, "warnings", d->warnings);
	set_list(c, out, "unchecked", d->unchecked);
	put_str(c, out, "snapshot", d->snapshot);
	json_set_bool(a, out, "verified", d->verified);
	json_set_null(a, out, "error");
	return out;
}

static enum verdict finish(struct call *c, const struct save_done *d)
{
	struct json *out = save_result(c, d);
	enum verdict v = repair_wanted(c) ? repair_run(c, d, out) : DONE;

	if (v != DONE)
		return v;

	/* Published skills take the new flow's id from here; it is as true as true. */
	if (d->created && !d->previewed)
		json_set_str(call_arena(c), out, "created", d->flow);
	if (arg_bool(c, "returnDefinition")) {
		json_set(call_arena(c), out, "definition", json_copy(call_arena(c), d->definition));
		json_set(call_arena(c), out, "connectionReferences",
			 json_copy(call_arena(c), d->references));
	}
	if (!repair_wanted(c))
		put_next(c, d);
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	struct save_wish w = {
		.environment = arg_str(c, "environmentName"),
		.flow = arg_str(c, "flowName"),
		.definition = arg_json(c, "definition"),
		.operations = arg_json(c, "operations"),
		.references = arg_json(c, "connectionReferences"),
		.display_name = arg_str(c, "displayName"),
		.has_description = arg_given(c, "description"),
		.description = arg_str(c, "description"),
		.publish = arg_bool(c, "publish"),
		.dry_run = arg_bool(c, "dryRun"),
		.force = arg_bool(c, "force"),
		.read_at = arg_str(c, "basedOn"),
		.finish = finish,
	};

	enum verdict v = arguments_fit(c) ? DONE : FAIL;

	if (v == DONE && repair_wanted(c))
		v = repair_plan(c, &w);
	return v == DONE ? save_step(c, &w) : v;
}

/* What the flow does when it runs again is not known here. */
static enum effect effect(const struct json *args, const struct target *t)
{
	enum effect e = save_effect(args, t);

	return json_get_str(args, "resubmitRun").n && e != EFFECT_PREVIEW && e != EFFECT_FORCE
		       ? EFFECT_RUN
		       : e;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "flowName", JSON_STRING, P_FLOW, "Left out: a new flow is made, switched off.",
	  .alias = "flowId", .max = 2048 },
	{ .name = "definition", .type = JSON_OBJECT,
	  .help = "The whole definition: {$schema, contentVersion, triggers, actions}." },
	{ .name = "operations", .type = JSON_ARRAY, .items = JSON_OBJECT, .max = 200,
	  .help = "Edits of the flow's own definition, in order: {op: set|add|merge|remove, path: "
		  "[\"actions\", \"Compose\", \"inputs\"], value}, or by name: {op: insert_after|"
		  "insert_before|insert_into|remove_action|move|wrap_in_scope|rename_action|"
		  "replace_expression|set_parameter, action, name, value, ...}." },
	{ .name = "connectionReferences", .type = JSON_OBJECT,
	  .help = "By key, put over the flow's own: {shared_x: connectionReferenceTemplate}." },
	{ "displayName", JSON_STRING, 0, "A new name; alone it only renames.", .max = 256 },
	{ "description", JSON_STRING, 0, "\"\" takes it away.", .max = 4096 },
	{ .name = "dryRun", .type = JSON_BOOL, .help = "Only say what would be saved.",
	  .otherwise = "false" },
	{ .name = "publish", .type = JSON_BOOL, .help = "false: keep it as a draft (solution flows).",
	  .otherwise = "true" },
	{ .name = "force", .type = JSON_BOOL,
	  .help = "Save in spite of the linter's errors; a person is always asked.",
	  .otherwise = "false" },
	{ "basedOn", JSON_STRING, 0,
	  "lastModifiedTime of what you read: refused when it was changed since.", .max = 64 },
	{ "resubmitRun", JSON_STRING, 0,
	  "Then run this run again with the repaired flow: one approval for both.", .max = 128 },
	{ .name = "returnDefinition", .type = JSON_BOOL, .help = "Show what was saved, too.",
	  .otherwise = "false" },
	{ 0 },
};

const struct tool tool_update_live_flow = {
	.name = "update_live_flow",
	.title = "Create or change a flow",
	.description =
		"Makes a flow (no flowName; switched off), replaces its definition, edits it with "
		"operations, or changes references, name or description alone. Linted before, read "
		"back after. A person is asked first; dryRun is free. To switch on: "
		"set_live_flow_state.",
	.toolset = "flow",
	.bundles = "create-flow build-flow debug-flow",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
