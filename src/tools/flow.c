/*
 * flow.c - get_live_flow: one flow, whole, in outline, or one step of it.
 *
 * A definition is returned whole or not at all.  The flow service answers for cloud flows only;
 * when it does not know an id, Dataverse says whether it is a flow of another kind.
 */
#include "base/limits.h"
#include "tools/outline.h"
#include "tools/save.h"
#include "tools/shared.h"
#include "tools/table.h"
#include "wdl/design.h"

enum { MAKER, FALLBACK, ROWS };
/* Of a flow in a solution that could be read: what is not published, and who saved it. */
enum { DRAFT = MAKER + 1, EDITOR };

static enum verdict fetch_fallback(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));

	f[0] = look_at(url(c, HOST_FLOW, "/scopes/admin/environments/%s/flows/%s",
			   arg_z(c, "environmentName"), arg_z(c, "flowName")),
		       FETCH_LARGE);
	organisation_fetches(c, f + 1);
	return fetch_each(c, f, 3);
}

static enum verdict fetch_row(struct call *c, struct str organisation)
{
	return fetch_one(c, (struct fetch){
		.url = url_of(c, HOST_DATAVERSE, organisation,
			      "/workflows(%s)?$select=name,category", arg_z(c, "flowName")),
		.flags = FETCH_OPTIONAL,
	});
}

/* Source: Dataverse documentation of the column category. */
static const char *row_kind(const struct json *row)
{
	static const char *const kinds[] = { "a classic workflow",      "a classic dialog",
					     "a business rule",         "a classic action",
					     "a business process flow", NULL,
					     "a desktop flow" };
	int64_t category = json_int(json_get(row, "category"), -1);

	return category >= 0 && category <= 6 ? kinds[category] : NULL;
}

static enum verdict not_there(struct call *c)
{
	const struct answer *row = got(c, ROWS, 0);
	const char *kind = row->err == ERR_OK ? row_kind(row->json) : NULL;

	if (!kind)
		return fail_read(c, got(c, MAKER, 0));
	fail(c, ERR_NOT_AVAILABLE, "this is %s, which the flow service does not serve", kind);
	fail_data(c, "displayName", json_copy(call_arena(c), json_get(row->json, "name")));
	hint(c,
	     "get_live_flow reads cloud flows; list_live_flows with \"kinds\" lists the others.");
	return FAIL;
}

/* ---- views ---- */

static size_t text_size(struct call *c, const struct json *v)
{
	return json_text(call_arena(c), v).n;
}

/* How to get at the parts, said once beside every shortened answer. */
static void put_how(struct call *c, struct json *out)
{
	json_set_z(
		call_arena(c), out, "howToReadParts",
		"view=action with actionName gives one step whole; view=outline lists all steps");
}

/* What runs has runs to look at. */
static enum verdict shown(struct call *c, const struct json *flow, struct json *out)
{
	if (str_eq(at_str(flow, "/properties/state"), S("Started")))
		next_tool(c, "get_live_flow_runs", ids_of(c));
	return done(c, out);
}

/* `draft`: what is to be said of one; NULL: nothing. */
static struct json *head(struct call *c, const struct json *flow, struct json *draft)
{
	struct json *out = json_new_object(call_arena(c));

	put_ids(c, out);
	put(c, out, "name", flow, "/name");
	put(c, out, "displayName", flow, "/properties/displayName");
	put(c, out, "state", flow, "/properties/state");
	json_set(call_arena(c), out, "draft", draft);
	return out;
}

static enum verdict view_outline(struct call *c, const struct json *flow, struct json *draft)
{
	struct json *out = head(c, flow, draft), *references = json_new_object(call_arena(c));

	put_found(c, out, "lastModifiedTime", flow, "/properties/lastModifiedTime");
	put_found(c, out, "description", flow, "/properties/definition/description");
	JSON_EACH (r, json_at(flow, "/properties/connectionReferences")) {
		struct json *v = json_new_object(call_arena(c));

		put_found(c, v, "connectionName", r, "/connectionName");
		put_found(c, v, "id", r, "/id");
		json_set_n(call_arena(c), references, json_name(r), v);
	}
	json_set(call_arena(c), out, "connectionReferences", references);
	json_set(call_arena(c), out, "outline",
		 outline_make(call_arena(c), json_at(flow, "/properties/definition")));
	put_how(c, out);
	return shown(c, flow, out);
}

static enum verdict no_such_step(struct call *c, const struct json *definition)
{
	struct str wanted = arg_str(c, "actionName");
	struct json *near = json_new_array(call_arena(c));

	JSON_EACH (v, outline_make(call_arena(c), definition))
		if (json_count(near) < 10 &&
		    (str_contains_nocase(json_get_str(v, "name"), wanted) ||
		     str_distance(json_get_str(v, "name"), wanted, 4) <= 4))
			json_push(near, json_copy(call_arena(c), json_get(v, "name")));
	fail(c, ERR_NOT_FOUND, "the flow has no trigger or action called \"%.*s\"",
	     STR_ARG(str_first_utf8(wanted, 120)));
	if (json_count(near))
		fail_data(c, "nearest", near);
	hint(c, "view=outline lists all steps of the flow.");
	return FAIL;
}

static enum verdict view_action(struct call *c, const struct json *flow, struct json *draft)
{
	const struct json *definition = json_at(flow, "/properties/definition");
	struct outline_step s = outline_find(call_arena(c), definition, arg_str(c, "actionName"));
	struct json *out = head(c, flow, draft), *inner;

	if (!s.value)
		return no_such_step(c, definition);
	json_set_str(call_arena(c), out, "actionName", s.name);
	json_set_bool(call_arena(c), out, "trigger", s.trigger);
	if (s.in.n)
		json_set_str(call_arena(c), out, "in", s.in);
	json_set_str(call_arena(c), out, "pointer",
		     str_fmt(call_arena(c), "/properties/definition%.*s", STR_ARG(s.pointer)));
	if (text_size(c, s.value) <= LIMIT_RESULT) {
		json_set(call_arena(c), out, "action", s.value);
		return done(c, out);
	}
	/* A container too large to be given whole: what is in it, one line each. */
	inner = json_new_object(call_arena(c));
	json_set(call_arena(c), inner, "actions", json_new_object(call_arena(c)));
	json_set_n(call_arena(c), json_get(inner, "actions"), s.name, s.value);
	json_set(call_arena(c), out, "outline", outline_make(call_arena(c), inner));
	put_how(c, out);
	return done(c, out);
}

/* The flow as the service gives it.  Too large: first what repeats the definition goes, then
 * the definition itself gives way to its outline. */
static enum verdict view_full(struct call *c, const struct json *flow, struct json *draft)
{
	struct json *out = json_copy(call_arena(c), flow), *left_out;
	struct json *properties = json_get(out, "properties");

	put_ids(c, out);
	json_set(call_arena(c), out, "draft", draft);
	if (text_size(c, out) <= LIMIT_RESULT)
		return shown(c, flow, out);
	left_out = json_new_array(call_arena(c));
	if (json_take(properties, "definitionSummary"))
		json_push(left_out, json_new_z(call_arena(c), "/properties/definitionSummary"));
	if (json_take(properties, "installedConnectionReferences"))
		json_push(left_out,
			  json_new_z(call_arena(c), "/properties/installedConnectionReferences"));
	if (text_size(c, out) > LIMIT_RESULT) {
		struct json *definition = json_take(properties, "definition");
		struct json *cut = json_new_object(call_arena(c));

		json_set_int(call_arena(c), cut, "bytes", 0);
		json_set_int(call_arena(c), cut, "of", (int64_t)text_size(c, definition));
		json_set_z(call_arena(c), cut, "pointer", "/properties/definition");
		json_set(call_arena(c), out, "definitionCut", cut);
		json_set(call_arena(c), out, "outline", outline_make(call_arena(c), definition));
		json_push(left_out, json_new_z(call_arena(c), "/properties/definition"));
		put_how(c, out);
	}
	note(c, "leftOut", left_out);
	return shown(c, flow, out);
}

static enum verdict view(struct call *c, const struct json *flow, struct json *draft)
{
	if (str_eq(arg_str(c, "view"), S("outline")))
		return view_outline(c, flow, draft);
	if (str_eq(arg_str(c, "view"), S("action")) || arg_str(c, "actionName").n)
		return view_action(c, flow, draft);
	return view_full(c, flow, draft);
}

/* ---- drafts ---- */

static enum verdict fetch_draft(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));

	f[0] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s?draftFlow=true",
					  arg_z(c, "environmentName"), arg_z(c, "flowName")),
			       .flags = FETCH_OPTIONAL | FETCH_LARGE };
	organisation_fetches(c, f + 1);
	return fetch_each(c, f, 3);
}

static bool is_draft(struct call *c, const struct json *flow, const struct json *other)
{
	struct json *x = wdl_design_references(call_arena(c),
					       json_at(flow, "/properties/connectionReferences"));
	struct json *y = wdl_design_references(call_arena(c),
					       json_at(other, "/properties/connectionReferences"));

	return !wdl_design_equal(call_arena(c), json_at(flow, "/properties/definition"),
				 json_at(other, "/properties/definition")) ||
	       !wdl_design_references_equal(x, y);
}

static enum verdict fetch_editor(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));
	bool known;
	struct str where = organisation_of(got(c, DRAFT, 1), got(c, DRAFT, 2), &known);

	if (!where.n)
		return fetch_each(c, f, 0);
	save_draft_looks(c, where, at_str(res(c), "/properties/workflowEntityId"), f);
	return fetch_each(c, f, 3);
}

/* The flow in the version that was asked for, with what is to be said of its draft. */
static enum verdict view_version(struct call *c)
{
	const struct json *flow = got(c, MAKER, 0)->json, *draft = got(c, DRAFT, 0)->json;
	bool wanted = str_eq(arg_str(c, "version"), S("draft"));
	struct json *about;

	if (call_stage(c) == DRAFT && at_str(flow, "/properties/workflowEntityId").n)
		return fetch_draft(c);
	if (!draft || !is_draft(c, flow, draft)) {
		if (!wanted)
			return view(c, flow, NULL);
		fail(c, ERR_NOT_FOUND, "the flow has no draft: what is saved is what runs");
		return FAIL;
	}
	if (call_stage(c) == EDITOR)
		return fetch_editor(c);
	about = save_draft_json(c, draft, got(c, EDITOR, 1)->json);
	json_set_bool(call_arena(c), about, "shown", wanted);
	return view(c, wanted ? draft : flow, about);
}

static enum verdict step(struct call *c)
{
	const struct answer *a = got(c, MAKER, 0);
	bool known;
	struct str where;

	if (str_eq(arg_str(c, "view"), S("action")) && !arg_str(c, "actionName").n) {
		fail(c, ERR_INVALID_ARGUMENT, "view=action needs \"actionName\"");
		hint(c, "view=outline lists the names.");
		return FAIL;
	}
	if (call_stage(c) == 0)
		return fetch_one(c, look_at_flow(c));
	if (a->err == ERR_OK)
		return view_version(c);
	if (!is_refused(a) && a->err != ERR_NOT_FOUND)
		return fail_read(c, a);
	if (call_stage(c) == 1)
		return fetch_fallback(c);
	if (got(c, FALLBACK, 0)->err == ERR_OK) {
		note(c, "source", json_new_z(call_arena(c), "admin"));
		return view(c, got(c, FALLBACK, 0)->json, NULL);
	}
	if (is_refused(a))
		return fail_read(c, a);
	where = organisation_of(got(c, FALLBACK, 1), got(c, FALLBACK, 2), &known);
	if (call_stage(c) == 2 && where.n)
		return fetch_row(c, where);
	return not_there(c);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "view", JSON_STRING, 0,
	  "full: as the service has it. outline: one line per step. action: one step whole.",
	  .choices = "full outline action", .otherwise = "\"full\"" },
	{ "actionName", JSON_STRING, 0, "With view=action: the step (trigger or action).",
	  .max = 256 },
	{ "version", JSON_STRING, 0, "draft: what was saved and is not published yet.",
	  .choices = "published draft", .otherwise = "\"published\"" },
	{ 0 },
};

const struct tool tool_get_live_flow = {
	.name = "get_live_flow",
	.title = "Read a flow",
	.description =
		"Reads one flow: state, definition (triggers, actions) and "
		"connectionReferences. Use view=outline first on large flows. For what happened "
		"in a run use diagnose_live_flow_run, to find a flow by name list_live_flows.",
	.toolset = "flow",
	.bundles = "build-flow debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "outline",
	.step = step,
};
