/*
 * validate.c - validate_live_flow: what is wrong with a definition, before it is saved or run.
 *
 * The linter needs no service; on request the service's own checker is asked, too.  It is given
 * the design form, as a save would send it.
 */
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/lint.h"

enum { READ, SERVICE };     /* stages; without a flow there are none */
enum { ERRORS, WARNINGS };  /* of SERVICE */

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

/* ---- what is validated ---- */

static const struct json *definition_of(struct call *c)
{
	const struct json *given = arg_json(c, "definition"), *inner;

	if (!given)
		return json_at(got(c, READ, 0)->json, "/properties/definition");
	/* A whole flow is taken for its definition. */
	inner = json_at(given, "/properties/definition");
	return inner ? inner : json_is(json_get(given, "definition"), JSON_OBJECT)
				       ? json_get(given, "definition")
				       : given;
}

static const struct json *references_of(struct call *c)
{
	const struct json *given = arg_json(c, "connectionReferences");

	if (!given)
		given = json_at(arg_json(c, "definition"), "/properties/connectionReferences");
	return given ? given : json_at(got(c, READ, 0)->json, "/properties/connectionReferences");
}

/* A bare definition was given: pointers count from it, not from a flow that it was put into. */
static bool is_bare(struct call *c)
{
	return arg_given(c, "definition") && definition_of(c) == arg_json(c, "definition");
}

static struct json *document_of(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *p;
	const struct json *references = references_of(c);

	p = json_set(call_arena(c), out, "properties", json_new_object(call_arena(c)));
	json_set(call_arena(c), p, "definition", json_copy(call_arena(c), definition_of(c)));
	if (references)
		json_set(call_arena(c), p, "connectionReferences",
			 json_copy(call_arena(c), references));
	return out;
}

/* ---- the service's checker ---- */

static void strip_steps(struct json *steps);

/* Reads show what the service adds to the inputs of connectors; it does not take it back. */
static void strip_step(struct json *s)
{
	struct str type = json_get_str(s, "type");

	if (str_starts_nocase(type, S("OpenApiConnection")) ||
	    str_starts_nocase(type, S("ApiConnection")))
		json_take(json_get(s, "inputs"), "authentication");
	strip_steps(json_get(s, "actions"));
	strip_steps(json_at(s, "/else/actions"));
	strip_steps(json_at(s, "/default/actions"));
	JSON_EACH (one, json_get(s, "cases"))
		strip_steps(json_get(one, "actions"));
}

static void strip_steps(struct json *steps)
{
	JSON_EACH (s, steps)
		strip_step(s);
}

static enum verdict fetch_checks(struct call *c)
{
	static const char *const checks[] = { "checkFlowErrors", "checkFlowWarnings" };
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	struct json *body = document_of(c);

	strip_steps(json_at(body, "/properties/definition/triggers"));
	strip_steps(json_at(body, "/properties/definition/actions"));
	for (int i = ERRORS; i <= WARNINGS; i++)
		f[i] = (struct fetch){
			.method = HTTP_POST,
			.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/%s",
				   arg_z(c, "environmentName"), arg_z(c, "flowName"), checks[i]),
			.body = body,
			.flags = FETCH_TOLERATE | FETCH_LARGE | FETCH_READ,
		};
	return fetch_each(c, f, 2);
}

/* An array, or {"value": [...]}: both are reported. */
static const struct json *rows_of(const struct answer *a)
{
	return json_is(a->json, JSON_ARRAY) ? a->json : json_get(a->json, "value");
}

static void put_service(struct call *c, struct json *out, int which)
{
	struct json *list = json_get(out, lists[which]);

	JSON_EACH (row, rows_of(got(c, SERVICE, (size_t)which))) {
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

static void put_checked(struct call *c, struct json *out)
{
	struct json *told = json_new_object(call_arena(c));

	for (int i = ERRORS; i <= WARNINGS; i++) {
		const struct answer *a = got(c, SERVICE, (size_t)i);

		if (a->err == ERR_OK) {
			put_service(c, out, i);
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

static enum verdict answer(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *report;
	struct lint_report r = lint_document(call_arena(c),
					     is_bare(c) && !references_of(c)
						     ? arg_json(c, "definition")
						     : document_of(c));

	if (!r.usable) {
		fail(c, ERR_INVALID_DEFINITION, "%s", r.why);
		hint(c, "A definition is an object with triggers and actions.");
		return FAIL;
	}
	put_ids(c, out);
	report = report_of(c, &r);
	JSON_EACH (v, report)
		json_set_n(call_arena(c), out, json_name(v), json_copy(call_arena(c), v));
	if (arg_bool(c, "service"))
		put_checked(c, out);
	json_set_bool(call_arena(c), out, "valid", !json_count(json_get(out, "errors")));
	json_set_int(call_arena(c), out, "actionCount", (int64_t)r.actions);
	shorten(c, out, lint_severity_from(arg_str(c, "severity")));
	return done(c, out);
}

static enum verdict step(struct call *c)
{
	struct fetch *f;

	if (!arguments_fit(c))
		return FAIL;
	if (!has_flow(c))
		return answer(c);
	if (call_stage(c) == READ) {
		f = arena_alloc(call_arena(c), sizeof(*f));
		*f = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s",
						arg_z(c, "environmentName"), arg_z(c, "flowName")),
				     .flags = FETCH_TOLERATE | FETCH_LARGE };
		return fetch_each(c, f, 1);
	}
	if (got(c, READ, 0)->err != ERR_OK)
		return fail_read(c, got(c, READ, 0));
	if (call_stage(c) == SERVICE && arg_bool(c, "service"))
		return fetch_checks(c);
	return answer(c);
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
