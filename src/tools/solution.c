/*
 * solution.c - list_live_solutions and add_live_flow_to_solution.
 *
 * Solutions are rows of the organisation; a flow that is in none is moved into one by an
 * endpoint of the flow service that takes nothing else.  Sources: Dataverse documentation,
 * recorded lists of solutions, the service's own administration module for migrateFlows.
 */
#include "tools/table.h"
#include "tools/target.h"

#define SOLUTIONS                                                                              \
	"/solutions?$filter=isvisible%%20eq%%20true&$select=solutionid,uniquename,friendlyname," \
	"version,ismanaged&$expand=publisherid($select=friendlyname)"

static struct json *keep_solution(struct call *c, const struct json *row)
{
	struct json *v;

	if (!json_get_str(row, "solutionid").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "solutionId", json_get_str(row, "solutionid"));
	put_str(c, v, "uniqueName", json_get_str(row, "uniquename"));
	put_str(c, v, "displayName", json_get_str(row, "friendlyname"));
	put_str(c, v, "version", json_get_str(row, "version"));
	json_set_bool(call_arena(c), v, "isManaged", json_is_true(json_get(row, "ismanaged")));
	put(c, v, "publisher", row, "/publisherid/friendlyname");
	return v;
}

static enum verdict fetch_solutions(struct call *c, struct str organisation)
{
	return fetch_one(c, table_rows(c, url_of(c, HOST_DATAVERSE, organisation, SOLUTIONS),
				       keep_solution));
}

/* ---- list_live_solutions ---- */

static bool wanted(struct call *c, const struct json *v)
{
	struct str texts[] = { json_get_str(v, "displayName"), json_get_str(v, "uniqueName"),
			       json_get_str(v, "publisher") };

	return found_in(arg_str(c, "search"), texts, 3) &&
	       (arg_bool(c, "includeManaged") || !json_is_true(json_get(v, "isManaged")));
}

static enum verdict list_step(struct call *c)
{
	enum verdict v = organisation_rows(c, fetch_solutions, NULL);
	struct json *list = json_new_array(call_arena(c));

	if (v != DONE)
		return v;
	JSON_EACH (s, res(c))
		if (wanted(c, s))
			json_push(list, json_copy(call_arena(c), s));
	return done(c, listed(c, "solutions", list));
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	{ "search", JSON_STRING, 0, "Part of a name or of the publisher's name.", .max = 256 },
	{ "includeManaged", JSON_BOOL, 0, "Also solutions that cannot be changed here.",
	  .otherwise = "true" },
	{ 0 },
};

const struct tool tool_list_live_solutions = {
	.name = "list_live_solutions",
	.title = "List solutions",
	.description = "Lists the solutions of an environment with Dataverse: id, names, version, "
		       "publisher, managed or not. To put a flow into one use "
		       "add_live_flow_to_solution.",
	.toolset = "solution",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = list_params,
	.list = "solutions",
	.columns = "/displayName /uniqueName /version /isManaged /solutionId",
	.step = list_step,
};

/* ---- add_live_flow_to_solution ---- */

enum { LOOK, SOLUTIONS_STAGE, WRITE, AGAIN };
enum { LOOKS = LOOK_OWN + LOOK_ORGANISATION };

static enum effect add_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_ADD;
}

static enum verdict add_look(struct call *c)
{
	struct fetch *f = requests(c, LOOKS);

	target_looks(c, f);
	organisation_fetches(c, f + LOOK_OWN);
	return fetch_each(c, f, LOOKS);
}

static bool is_named(const struct json *v, struct str name)
{
	return str_eq_nocase(json_get_str(v, "solutionId"), name) ||
	       str_eq_nocase(json_get_str(v, "uniqueName"), name) ||
	       str_eq_nocase(str_trim(json_get_str(v, "displayName")), name);
}

/* Without a name: the one that every organisation has for what belongs to none.  Its unique name
 * differs, so its display name has to do (Dataverse's documentation). */
static const struct json *solution_of(struct call *c, size_t *matches)
{
	struct str name = str_trim(arg_str(c, "solutionId"));
	const struct json *found = NULL;

	if (!name.n)
		name = S("Common Data Services Default Solution");
	*matches = 0;
	JSON_EACH (v, got(c, SOLUTIONS_STAGE, 0)->json)
		if (is_named(v, name)) {
			found = v;
			++*matches;
		}
	return found;
}

static enum verdict fail_solution(struct call *c, const struct json *found, size_t matches)
{
	struct json *names = json_new_array(call_arena(c));
	size_t shown = 0;

	if (found && matches == 1) {
		fail(c, ERR_NOT_AVAILABLE, "solution %s is managed: nothing can be added to it here",
		     quoted(c, json_get_str(found, "displayName")));
		hint(c, "Choose one that is not; list_live_solutions shows which those are.");
		return FAIL;
	}
	JSON_EACH (v, got(c, SOLUTIONS_STAGE, 0)->json)
		if (shown < 10 && !json_is_true(json_get(v, "isManaged"))) {
			json_push(names, json_copy(call_arena(c), v));
			shown++;
		}
	fail(c, matches ? ERR_AMBIGUOUS : ERR_NOT_FOUND,
	     matches ? "more than one solution has that name" : "there is no such solution");
	fail_data(c, "candidates", names);
	hint(c, "Pass the solutionId of one of the candidates.");
	return FAIL;
}

static const struct change *add_change(struct call *c, const struct json *solution)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct json *body = json_new_object(call_arena(c));
	struct json *flows = json_new_array(call_arena(c));

	json_push(flows, json_new_str(call_arena(c), arg_str(c, "flowName")));
	json_set(call_arena(c), body, "flowsToMigrate", flows);
	*ch = (struct change){
		.target = target_of(c, LOOK),
		.writes = write_one(c, HTTP_POST,
				    url(c, HOST_FLOW,
					"/providers/Microsoft.Flow/environments/%s/solutions/%s/"
					"migrateFlows?api-version=2018-10-01",
					arg_z(c, "environmentName"),
					json_get_z(solution, "solutionId")),
				    body),
		.write_count = 1,
	};
	ch->sentence = arena_printf(
		call_arena(c),
		"Moves flow %s into solution %s. It stays a solution flow from then on.",
		quoted(c, ch->target.name), quoted(c, json_get_str(solution, "displayName")));
	return ch;
}

static enum verdict add_result(struct call *c, const struct json *solution)
{
	struct json *out = ids_of(c);

	put(c, out, "solutionId", solution, "/solutionId");
	put(c, out, "solutionName", solution, "/displayName");
	put(c, out, "workflowId", res(c), "/properties/workflowEntityId");
	json_set_null(call_arena(c), out, "error");
	return done(c, out);
}

static enum verdict already_in_one(struct call *c, const struct json *flow)
{
	fail(c, ERR_CONFLICT, "the flow is in a solution already");
	fail_data(c, "workflowId",
		  json_new_str(call_arena(c), at_str(flow, "/properties/workflowEntityId")));
	hint(c, "A flow is moved into a solution once. In the portal it can be added to further "
		"solutions (Solutions, Add existing).");
	return FAIL;
}

static enum verdict add_step(struct call *c)
{
	const struct answer *flow = got(c, LOOK, LOOK_FLOW), *write = got(c, WRITE, 0);
	const struct json *solution;
	struct str where;
	size_t matches;

	if (call_stage(c) == LOOK)
		return add_look(c);
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (at_str(flow->json, "/properties/workflowEntityId").n)
		return already_in_one(c, flow->json);
	where = organisation_needed(c, LOOK, LOOK_OWN);
	if (!where.n)
		return FAIL;
	if (call_stage(c) == SOLUTIONS_STAGE)
		return fetch_solutions(c, where);
	if (got(c, SOLUTIONS_STAGE, 0)->err != ERR_OK)
		return fail_answer(c, got(c, SOLUTIONS_STAGE, 0));
	solution = solution_of(c, &matches);
	if (matches != 1 || json_is_true(json_get(solution, "isManaged")))
		return fail_solution(c, solution, matches);
	if (call_stage(c) == WRITE)
		return carry_out(c, add_change(c, solution));
	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_one(c, look_at_flow(c));
	if (!at_str(res(c), "/properties/workflowEntityId").n)
		return fail_unseen(c, write, "the flow does not say yet that it is in a solution");
	return add_result(c, solution);
}

static const struct param add_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "solutionId", JSON_STRING, 0,
	  "Id, unique name or display name; left out: the environment's default solution.",
	  .alias = "solutionName", .max = 256 },
	{ 0 },
};

const struct tool tool_add_live_flow_to_solution = {
	.name = "add_live_flow_to_solution",
	.title = "Put a flow into a solution",
	.description = "Really moves a flow that is in no solution into one; fails when it is in one "
		       "already. A person is asked first. Changes membership only.",
	.toolset = "solution",
	.bundles = "build-flow",
	.klass = CLASS_MODERATE,
	.effect = add_effect,
	.idempotent = true,
	.open_world = true,
	.params = add_params,
	.step = add_step,
};
