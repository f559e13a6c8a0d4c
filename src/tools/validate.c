/*
 * validate.c - validate_live_flow: what is wrong with a definition, before it is saved or run.
 *
 * Of a flow that is there this is a save's dry run: what is judged is what a save would send.
 * A definition alone needs no service.  On request the service's own checker is asked, too.
 */
#include "tools/connector.h"
#include "tools/save.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/design.h"
#include "wdl/lint.h"

enum { ERRORS, WARNINGS }; /* of the service's checks */

/* Findings of one severity that are handed out. */
enum { MOST_ERRORS = 200, MOST_OTHERS = 50 };

static const char *const lists[] = { "errors", "warnings", "infos" };

static bool has_flow(struct call *c)
{
	return arg_str(c, "flowName").n > 0;
}

static bool arguments_fit(struct call *c)
{
	if (!has_flow(c) && !arg_given(c, "definition")) {
		fail(c, ERR_INVALID_ARGUMENT, "there is nothing to validate");
		hint(c, "Give flowName (and environmentName) for a flow as it is saved, or definition "
			"for one that is not.");
		return false;
	}
	if (!has_flow(c) && arg_bool(c, "service")) {
		fail(c, ERR_INVALID_ARGUMENT, "the service checks definitions of existing flows only");
		hint(c, "Add flowName and environmentName, or leave \"service\" out.");
		return false;
	}
	return true;
}

/* ---- a definition that is not saved ---- */

static const struct json *inner_of(const struct json *given)
{
	const struct json *inner = json_at(given, "/properties/definition");

	/* A whole flow is taken for its definition. */
	return inner ? inner : json_is(json_get(given, "definition"), JSON_OBJECT)
				       ? json_get(given, "definition")
				       : given;
}

static const struct json *references_of(struct call *c)
{
	const struct json *given = arg_json(c, "connectionReferences");

	return given ? given
		     : json_at(arg_json(c, "definition"), "/properties/connectionReferences");
}

/* A bare definition was given: pointers count from it, not from a flow that it was put into. */
static bool is_bare(struct call *c)
{
	return arg_given(c, "definition") &&
	       inner_of(arg_json(c, "definition")) == arg_json(c, "definition");
}

static struct json *document_of(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *p, *definition;
	const struct json *references = references_of(c);

	definition = wdl_design_form(call_arena(c), inner_of(arg_json(c, "definition")));
	if (is_bare(c) && !references)
		return definition;
	p = json_set(call_arena(c), out, "properties", json_new_object(call_arena(c)));
	json_set(call_arena(c), p, "definition", definition);
	if (references)
		json_set(call_arena(c), p, "connectionReferences",
			 json_copy(call_arena(c), references));
	return out;
}

/* ---- the service's checker ---- */

/* An array, or {"value": [...]}: both are reported. */
static const struct json *rows_of(const struct answer *a)
{
	return json_is(a->json, JSON_ARRAY) ? a->json : json_get(a->json, "value");
}

static void put_service(struct call *c, struct json *out, const struct answer *a, int which)
{
	struct json *list = json_get(out, lists[which]);

	JSON_EACH (row, rows_of(a)) {
		struct json *one = json_push(list, json_new_object(call_arena(c)));
		struct str how = at_str(row, "/fixInstructions/markdownText");

		json_set_z(call_arena(c), one, "source", "service");
		put_found(c, one, "rule", row, "/ruleId");
		if (json_get_str(row, "operationName").n)
			put_found(c, one, "action", row, "/operationName");
		put(c, one, "message", row, "/errorDescription");
		if (how.n)
			json_set_str(call_arena(c), one, "howToFix", how);
	}
}

static void put_checked(struct call *c, struct json *out, const struct answer *checks)
{
	struct json *told = json_new_object(call_arena(c));

	for (int i = ERRORS; i <= WARNINGS; i++) {
		const struct answer *a = &checks[i];

		if (a->err == ERR_OK) {
			put_service(c, out, a, i);
			json_set_bool(call_arena(c), told, lists[i], true);
		} else {
			json_set_bool(call_arena(c), told, lists[i], false);
			json_set_z(call_arena(c), told, "why",
				   a->message[0] ? a->message : err_name(a->err));
		}
	}
	json_set(call_arena(c), out, "checkedByService", told);
}

/* ---- the result ---- */

static void from_definition(struct call *c, struct json *finding)
{
	struct str pointer = json_get_str(finding, "pointer");

	if (str_starts(pointer, S("/properties/definition")))
		pointer = str_from_at(pointer, sizeof("/properties/definition") - 1);
	else if (str_starts(pointer, S("/properties")))
		pointer = str_from_at(pointer, sizeof("/properties") - 1);
	json_set_str(call_arena(c), finding, "pointer", pointer);
}

static struct json *report_of(struct call *c, const struct lint_report *r)
{
	struct json *out = lint_report_json(call_arena(c), r);

	for (unsigned i = 0; i < LINT__SEVERITIES; i++)
		JSON_EACH (v, json_get(out, lists[i]))
			if (is_bare(c))
				from_definition(c, v);
	return out;
}

/* Keeps the first of each list, and says how many there were. */
static void shorten(struct call *c, struct json *out, enum lint_severity least)
{
	struct json *counts = json_new_object(call_arena(c));

	for (unsigned i = 0; i < LINT__SEVERITIES; i++) {
		struct json *all = json_get(out, lists[i]), *kept = json_new_array(call_arena(c));
		size_t most = i == LINT_ERROR ? MOST_ERRORS : i <= least ? MOST_OTHERS : 0;

		json_set_int(call_arena(c), counts, lists[i], (int64_t)json_count(all));
		JSON_EACH (v, all)
			if (json_count(kept) < most)
				json_push(kept, json_copy(call_arena(c), v));
		json_set(call_arena(c), out, lists[i], kept);
	}
	json_set(call_arena(c), out, "counts", counts);
}

static enum verdict answer(struct call *c, const struct lint_report *r,
			   const struct save_done *d)
{
	struct json *out = json_new_object(call_arena(c)), *report;

	put_ids(c, out);
	report = report_of(c, r);
	JSON_EACH (v, report)
		json_set_n(call_arena(c), out, json_name(v), json_copy(call_arena(c), v));
	if (d && d->checks)
		put_checked(c, out, d->checks);
	json_set_bool(call_arena(c), out, "valid", !json_count(json_get(out, "errors")));
	json_set_int(call_arena(c), out, "actionCount", (int64_t)r->actions);
	if (d && json_count(d->warnings))
		json_set(call_arena(c), out, "preflight", json_copy(call_arena(c), d->warnings));
	if (d && json_count(d->unchecked))
		json_set(call_arena(c), out, "unchecked", json_copy(call_arena(c), d->unchecked));
	shorten(c, out, lint_severity_from(arg_str(c, "severity")));
	return done(c, out);
}

static enum verdict judged(struct call *c, const struct save_done *d)
{
	return answer(c, d->lint, d);
}

static enum verdict answer_locally(struct call *c)
{
	struct lint_report r = connector_lint(c, document_of(c));

	if (r.usable)
		return answer(c, &r, NULL);
	fail(c, ERR_INVALID_DEFINITION, "%s", r.why);
	hint(c, "A definition is an object with triggers and actions.");
	return FAIL;
}

static enum verdict step(struct call *c)
{
	struct save_wish w = {
		.environment = arg_str(c, "environmentName"),
		.flow = arg_str(c, "flowName"),
		.definition = arg_json(c, "definition"),
		.references = references_of(c),
		.only_references = references_of(c) != NULL,
		.publish = true,
		.dry_run = true,
		.judge = true,
		.ask_service = arg_bool(c, "service"),
		.finish = judged,
	};

	if (!arguments_fit(c))
		return FAIL;
	return has_flow(c) ? save_step(c, &w) : answer_locally(c);
}

static const struct param params[] = {
	{ "environmentName", JSON_STRING, P_ENVIRONMENT | P_WITH_FLOW,
	  "With flowName: environment id, exact name or portal link.", .alias = "environmentId",
	  .max = 2048 },
	{ "flowName", JSON_STRING, P_FLOW, "A saved flow; or the one that definition is meant for.",
	  .alias = "flowId", .max = 2048 },
	{ .name = "definition", .type = JSON_OBJECT,
	  .help = "A definition that is not saved: {triggers, actions, ...}." },
	{ .name = "connectionReferences", .type = JSON_OBJECT,
	  .help = "The references that go with it; left out: the flow's own." },
	{ .name = "service", .type = JSON_BOOL,
	  .help = "Also ask the service's own checker (needs flowName).", .otherwise = "false" },
	{ "severity", JSON_STRING, 0, "The mildest findings to list.", .choices = "error warning info",
	  .otherwise = "\"info\"" },
	{ 0 },
};

const struct tool tool_validate_live_flow = {
	.name = "validate_live_flow",
	.title = "Validate a definition",
	.description =
		"Says what is wrong with a flow, or with a definition before it is saved: errors (the "
		"service refuses it, or it surely fails), warnings, infos, each with pointer and fix. "
		"Changes nothing. Use evaluate_expression for the value of one expression.",
	.toolset = "flow",
	.bundles = "create-flow build-flow debug-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
