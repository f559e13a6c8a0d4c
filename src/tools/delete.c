/*
 * delete.c - delete_live_flow, and what has been deleted: list_deleted_live_flows and
 * restore_deleted_live_flow.
 *
 * The service keeps a deleted flow for about three weeks; only its administrators see it and can
 * bring it back, stopped.  Sources: recorded answers of the administrators' list, the published
 * command line client for the calls.
 */
#include "tools/table.h"
#include "tools/target.h"

#define FLOW "/environments/%s/flows/%s"
#define ADMIN "/scopes/admin/environments/%s"

static const char recoverable[] =
	"An administrator of the environment can bring it back for about 21 days "
	"(restore_deleted_live_flow, toolset lifecycle); it comes back switched off. Later its "
	"definition is in the copy that was kept (restore_live_flow with asNew).";

/* ---- delete_live_flow ---- */

enum { LOOK, WRITE, AGAIN };
enum { LOOK_RUNS = LOOK_OWN, LOOKS };

static enum effect delete_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_DELETE;
}

static enum verdict delete_look(struct call *c)
{
	struct fetch *f = requests(c, LOOKS);

	target_looks(c, f);
	f[LOOK_RUNS] = look_at(url(c, HOST_FLOW, FLOW "/runs?$top=1&$filter=Status%%20eq%%20'Running'",
				   arg_z(c, "environmentName"), arg_z(c, "flowName")),
			       FETCH_OPTIONAL);
	return fetch_each(c, f, LOOKS);
}

/* What else a person should know, worst first. */
static const char *const *delete_warnings(struct call *c)
{
	const char **w = arena_array(call_arena(c), 4, sizeof(*w));
	const struct json *flow = got(c, LOOK, LOOK_FLOW)->json;
	size_t n = 0;

	if (json_at(got(c, LOOK, LOOK_RUNS)->json, "/value/0"))
		w[n++] = "A run of it is under way.";
	if (at_str(flow, "/properties/workflowEntityId").n)
		w[n++] = "It is part of a solution: other flows and apps of it may call it.";
	w[n] = NULL;
	return w;
}

static const struct change *delete_change(struct call *c)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));

	*ch = (struct change){
		.target = target_of(c, LOOK),
		.warnings = delete_warnings(c),
		.writes = write_one(c, HTTP_DELETE,
				    url(c, HOST_FLOW, FLOW, arg_z(c, "environmentName"),
					arg_z(c, "flowName")),
				    NULL),
		.write_count = 1,
		.irreversible = true,
	};
	ch->sentence = arena_printf(call_arena(c), "Deletes flow %s, with its history of runs. %s",
				    quoted(c, ch->target.name), recoverable);
	return ch;
}

/* The copy is kept when the person has agreed and before anything is sent. */
static enum verdict delete_now(struct call *c)
{
	const struct change *ch = delete_change(c);
	const struct json *flow = got(c, LOOK, LOOK_FLOW)->json;
	struct json *about;

	if (!agreed(c, ch))
		return ASK;
	about = json_new_object(call_arena(c));
	put(c, about, "displayName", flow, "/properties/displayName");
	put(c, about, "state", flow, "/properties/state");
	json_set_z(call_arena(c), about, "reason", "delete_live_flow");
	if (!snapshot_keep(c, arg_str(c, "environmentName"), arg_str(c, "flowName"),
			   json_at(flow, "/properties/definition"),
			   json_at(flow, "/properties/connectionReferences"), about)
		     .p)
		return FAIL;
	return fetch_each(c, ch->writes, ch->write_count);
}

/* The newest copy is the one made before this call's write. */
static struct str kept_copy(struct call *c)
{
	const struct json *list;

	if (snapshot_off(c))
		return S("");
	list = snapshot_list(c, arg_str(c, "environmentName"), arg_str(c, "flowName"));
	return at_str(list, "/0/id");
}

static enum verdict delete_result(struct call *c)
{
	struct json *out = ids_of(c);

	put(c, out, "displayName", got(c, LOOK, LOOK_FLOW)->json, "/properties/displayName");
	json_set_bool(call_arena(c), out, "deleted", true);
	put_str(c, out, "snapshot", kept_copy(c));
	json_set_z(call_arena(c), out, "restore", recoverable);
	return done(c, out);
}

static enum verdict delete_step(struct call *c)
{
	const struct answer *flow = got(c, LOOK, LOOK_FLOW), *write = got(c, WRITE, 0);

	if (call_stage(c) == LOOK)
		return delete_look(c);
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (json_is_true(json_at(flow->json, "/properties/isManaged"))) {
		fail(c, ERR_NOT_AVAILABLE, "the flow belongs to a managed solution");
		hint(c, "It goes when the solution is uninstalled; set_live_flow_state switches it "
			"off.");
		return FAIL;
	}
	if (call_stage(c) == WRITE)
		return delete_now(c);
	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_one(c, look_at_flow(c));
	if (got(c, AGAIN, 0)->err == ERR_OK)
		return fail_unseen(c, write, "the flow is still there");
	return delete_result(c);
}

static const struct param delete_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

static const struct field delete_fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "displayName", JSON_STRING, "Its name", .nullable = true },
	{ "deleted", JSON_BOOL, "It is gone" },
	{ "snapshot", JSON_STRING, "Copy kept before; null when policy keeps none",
	  .nullable = true },
	{ "restore", JSON_STRING, "How to bring it back" },
	{ 0 },
};

const struct tool tool_delete_live_flow = {
	.name = "delete_live_flow",
	.title = "Delete a flow",
	.description = "Really deletes one flow. A person types its name first. An administrator "
		       "can bring it back for about 21 days. To keep it from running use "
		       "set_live_flow_state.",
	.toolset = "lifecycle",
	.klass = CLASS_DANGEROUS,
	.effect = delete_effect,
	.destructive = true,
	.open_world = true,
	.params = delete_params,
	.result = delete_fields,
	.step = delete_step,
};

/* ---- list_deleted_live_flows ---- */

static bool is_deleted(const struct json *item)
{
	return str_eq(at_str(item, "/properties/state"), S("Deleted"));
}

static struct json *keep_deleted(struct call *c, const struct json *item)
{
	struct str texts[] = { at_str(item, "/properties/displayName"),
			       json_get_str(item, "name") };
	struct json *v;

	if (!texts[1].n || !is_deleted(item) || !found_in(arg_str(c, "search"), texts, 2))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", texts[1]);
	put(c, v, "displayName", item, "/properties/displayName");
	put(c, v, "state", item, "/properties/state");
	put(c, v, "createdTime", item, "/properties/createdTime");
	/* Deleting changes the flow: there is no time of its own. */
	put(c, v, "lastModifiedTime", item, "/properties/lastModifiedTime");
	put(c, v, "owners", item, "/properties/creator/objectId");
	return v;
}

/* A refusal ends the call, so that the engine can tell which role is missing, or renew it. */
static struct fetch deleted_flows(struct call *c)
{
	static const struct paging pages = { .keep = keep_deleted };

	return (struct fetch){ .url = url(c, HOST_FLOW,
					  ADMIN "/v2/flows?include=softDeletedFlows",
					  arg_z(c, "environmentName")),
			       .flags = FETCH_LARGE, .paging = &pages };
}

static enum verdict deleted_step(struct call *c)
{
	if (call_stage(c) == 0)
		return fetch_one(c, deleted_flows(c));
	return done(c, listed(c, "flows", res(c)));
}

static const struct param deleted_params[] = {
	PARAM_ENVIRONMENT,
	{ "search", JSON_STRING, 0, "Part of the display name or id.", .max = 256 },
	{ 0 },
};

const struct tool tool_list_deleted_live_flows = {
	.name = "list_deleted_live_flows",
	.title = "List deleted flows",
	.description = "Lists the flows of an environment that were deleted in the last weeks and "
		       "can be brought back with restore_deleted_live_flow. Needs an "
		       "administrator's role. For flows that exist use list_live_flows.",
	.toolset = "lifecycle",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = deleted_params,
	.list = "flows",
	.columns = "/displayName /id /lastModifiedTime",
	.step = deleted_step,
};

/* ---- restore_deleted_live_flow ---- */

enum { LIST, THERE };

static enum effect restore_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_CREATE;
}

static enum verdict restore_look(struct call *c)
{
	struct fetch *f = requests(c, 2);

	f[LIST] = deleted_flows(c);
	f[THERE] = look_at(url(c, HOST_FLOW, "/environments/%s", arg_z(c, "environmentName")), 0);
	return fetch_each(c, f, 2);
}

static const struct json *deleted_flow(struct call *c)
{
	JSON_EACH (v, got(c, LOOK, LIST)->json)
		if (str_eq_nocase(json_get_str(v, "id"), arg_str(c, "flowName")))
			return v;
	return NULL;
}

static const struct change *restore_change(struct call *c, const struct json *flow)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));

	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, THERE)),
		.sentence = arena_printf(call_arena(c),
					 "Brings back the deleted flow %s, switched off.",
					 quoted(c, json_get_str(flow, "displayName"))),
		.writes = write_one(c, HTTP_POST,
				    url(c, HOST_FLOW, ADMIN "/flows/%s/restore",
					arg_z(c, "environmentName"), arg_z(c, "flowName")),
				    NULL),
		.write_count = 1,
	};
	ch->target.name = json_get_str(flow, "displayName");
	ch->target.id = arg_str(c, "flowName");
	ch->target.version = json_get_str(flow, "lastModifiedTime");
	return ch;
}

static enum verdict restore_step(struct call *c)
{
	const struct answer *write = got(c, WRITE, 0);
	const struct json *flow;
	struct json *out;

	if (call_stage(c) == LOOK)
		return restore_look(c);
	flow = deleted_flow(c);
	if (!flow) {
		fail(c, ERR_NOT_FOUND, "no deleted flow of this environment has that id");
		hint(c, "list_deleted_live_flows lists those that can be brought back.");
		return FAIL;
	}
	if (call_stage(c) == WRITE)
		return carry_out(c, restore_change(c, flow));
	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_one(c, look_at(url(c, HOST_FLOW, ADMIN "/flows/%s",
						arg_z(c, "environmentName"), arg_z(c, "flowName")),
					    FETCH_LARGE));
	if (got(c, AGAIN, 0)->err != ERR_OK)
		return fail_unseen(c, write, "the flow cannot be read yet");
	out = ids_of(c);
	put(c, out, "displayName", res(c), "/properties/displayName");
	json_set_bool(call_arena(c), out, "restored", true);
	put(c, out, "state", res(c), "/properties/state");
	return done(c, out);
}

static const struct param restore_params[] = {
	PARAM_ENVIRONMENT,
	{ "flowName", JSON_STRING, P_REQUIRED, "Id of the deleted flow.", .alias = "flowId",
	  .max = 64 },
	{ 0 },
};

static const struct field restore_fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "displayName", JSON_STRING, "Its name", .nullable = true },
	{ "restored", JSON_BOOL, "It is back" },
	{ "state", JSON_STRING, "As read back", .nullable = true },
	{ 0 },
};

const struct tool tool_restore_deleted_live_flow = {
	.name = "restore_deleted_live_flow",
	.title = "Bring a deleted flow back",
	.description = "Really brings back a flow that was deleted, switched off. Needs an "
		       "administrator's role; a person is asked first. For an older version of a "
		       "flow that exists use restore_live_flow.",
	.toolset = "lifecycle",
	.klass = CLASS_MODERATE,
	.effect = restore_effect,
	.idempotent = true,
	.open_world = true,
	.params = restore_params,
	.result = restore_fields,
	.step = restore_step,
};
