/*
 * flows.c - list_live_flows: the flows of an environment.
 *
 * Own and shared flows are two requests that overlap; both always ask for solution flows too.
 * Kinds that the flow service does not serve (desktop, business process, classic) are rows of
 * the organisation's `workflow` table.  Sources: recorded answers; Dataverse documentation of
 * the columns category, modernflowtype and statecode.
 */
#include "base/limits.h"
#include "tools/flow_kinds.h"
#include "tools/shared.h"
#include "tools/table.h"

static bool is_admin_mode(struct call *c)
{
	return str_eq(arg_str(c, "mode"), S("admin"));
}

/* ---- items of the flow service ---- */

static struct json *keep_flow(struct call *c, const struct json *item)
{
	struct str texts[] = { at_str(item, "/properties/displayName"),
			       json_get_str(item, "name") };
	bool solution = at_str(item, "/properties/workflowEntityId").n > 0 ||
			at_str(item, "/properties/workflowUniqueId").n > 0 ||
			str_eq(at_str(item, "/properties/provisioningMethod"), S("FromSolution"));
	const struct json *owner = json_at(item, "/properties/owningUser");
	struct json *v;

	if (!texts[1].n || !found_in(arg_str(c, "search"), texts, 2))
		return NULL;
	v = json_new_object(call_arena(c));
	if (!owner)
		owner = json_at(item, "/properties/creator");
	put_str(c, v, "id", json_get_str(item, "name"));
	put(c, v, "displayName", item, "/properties/displayName");
	put(c, v, "state", item, "/properties/state");
	put(c, v, "triggerType", item, "/properties/definitionSummary/triggers/0/type");
	put(c, v, "triggerKind", item, "/properties/definitionSummary/triggers/0/kind");
	put(c, v, "createdTime", item, "/properties/createdTime");
	put(c, v, "lastModifiedTime", item, "/properties/lastModifiedTime");
	put_str(c, v, "owners", json_get_str(owner, "objectId"));
	json_set_bool(call_arena(c), v, "definitionAvailable",
		      json_at(item, "/properties/definitionSummary") ||
			      json_at(item, "/properties/definition"));
	json_set_z(call_arena(c), v, "kind", flow_kind_name(flow_kind_of(item)));
	json_set_bool(call_arena(c), v, "inSolution", solution);
	json_set_bool(call_arena(c), v, "isManaged",
		      json_bool(json_at(item, "/properties/isManaged"), false));
	flow_put_owner_type(c, v, json_get_str(owner, "userType"));
	if (solution)
		put_found(c, v, "workflowId", item, "/properties/workflowEntityId");
	if (at_str(item, "/properties/flowSuspensionReason").n &&
	    !str_eq(at_str(item, "/properties/flowSuspensionReason"), S("None")))
		put_found(c, v, "suspensionReason", item, "/properties/flowSuspensionReason");
	return v;
}

/* ---- which requests ---- */

/* Where a list goes on: links of next pages, and items already handed out. */
struct start {
	struct str link[2];
	bool over[2];
	bool rows_given; /* what Dataverse has was in an earlier answer */
	int64_t skip;
};

static bool read_start(struct call *c, struct start *s)
{
	struct json *state;

	*s = (struct start){ 0 };
	if (!arg_str(c, "continuationUrl").n)
		return true;
	state = unseal(c, "flows", arg_str(c, "continuationUrl"));
	if (!state) {
		fail(c, ERR_INVALID_ARGUMENT,
		     "this continuationUrl was not made by list_live_flows for this environment");
		hint(c, "Pass nextLink of the previous answer unchanged, or leave it out.");
		return false;
	}
	if (!str_eq(json_get_str(state, "mode"), arg_str(c, "mode"))) {
		fail(c, ERR_INVALID_ARGUMENT, "this continuationUrl belongs to mode %s",
		     json_get_z(state, "mode"));
		hint(c, "Repeat the mode of the call that gave it.");
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		const struct json *link = json_item(json_get(state, "links"), i);

		s->over[i] = json_is(link, JSON_NULL);
		s->link[i] = json_str(link);
	}
	s->skip = json_int(json_get(state, "skip"), 0);
	s->rows_given = json_is_true(json_get(state, "rows"));
	return true;
}

static const struct url *first_page(struct call *c, size_t i)
{
	int64_t top = arg_int(c, "top");
	/* A search looks at everything, so pages are large; 250 is the most that was seen. */
	int page = top && top < 250 && !arg_str(c, "search").n ? (int)top : 250;

	if (is_admin_mode(c))
		return url(c, HOST_FLOW, "/scopes/admin/environments/%s/v2/flows?$top=%d",
			   arg_z(c, "environmentName"), page);
	return url(c, HOST_FLOW,
		   i ? "/environments/%s/flows?$filter=search('team')"
		       "&include=includeSolutionCloudFlows&$top=%d"
		     : "/environments/%s/flows?$filter=search('personal')"
		       "&include=includeSolutionCloudFlows&$top=%d",
		   arg_z(c, "environmentName"), page);
}

static size_t add_lists(struct call *c, const struct start *s, struct fetch *f)
{
	struct paging *p = arena_alloc(call_arena(c), sizeof(*p));
	size_t n = 0;

	/* One more than asked for tells whether there are more. */
	*p = (struct paging){ .keep = keep_flow,
			      .budget_ms = 1000 * arg_int(c, "timeoutSeconds"),
			      .most = arg_int(c, "top") ? (size_t)(arg_int(c, "top") + s->skip) + 1
							: 0 };
	for (size_t i = 0; i < (is_admin_mode(c) ? 1u : 2u); i++) {
		if (s->over[i])
			continue;
		f[n++] = (struct fetch){
			.url = s->link[i].n ? url_link(c, HOST_FLOW, s->link[i]) : first_page(c, i),
			.paging = p,
		};
	}
	return n;
}

/* Kinds that the flow service cannot give were asked for. */
static bool needs_rows(struct call *c, unsigned wanted)
{
	return arg_given(c, "kinds") && wanted != CLOUD;
}

/* How many lists of the flow service are asked for. */
static size_t lists_of(struct call *c, const struct start *s, unsigned wanted)
{
	if (!(wanted & (CLOUD | AGENT)))
		return 0;
	return (size_t)!s->over[0] + (is_admin_mode(c) ? 0 : !s->over[1]);
}

static enum verdict fetch_first(struct call *c, const struct start *s, unsigned wanted)
{
	struct fetch *f = arena_array(call_arena(c), 4, sizeof(*f));
	size_t n = 0;

	if (wanted & (CLOUD | AGENT))
		n = add_lists(c, s, f);
	/* The lists come first, so that their places do not depend on the kinds.  Who asks for
	 * kinds waits for the organisation; else it is asked only when the flow service names it.
	 */
	organisation_fetches(c, f + n);
	return fetch_each(c, f, n + (needs_rows(c, wanted) ? 2 : 1));
}

/* ---- the result ---- */

/* Ids seen, in a table with open addresses: environments have thousands of flows. */
struct seen {
	struct str *slots;
	size_t size;
};

static bool is_new(struct seen *s, struct str id)
{
	uint64_t h = 1469598103934665603u;
	size_t at;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ (unsigned char)id.p[i]) * 1099511628211u;
	for (at = h % s->size; s->slots[at].p; at = (at + 1) % s->size)
		if (str_eq(s->slots[at], id))
			return false;
	s->slots[at] = id;
	return true;
}

static struct json *merged(struct call *c, const struct start *s, size_t lists)
{
	struct json *out = json_new_array(call_arena(c));
	struct str me = at_str(about_identity(c), "/account/objectId");
	/* One's own flows were in the answers before, when their list is over. */
	bool not_mine = s->over[0] && me.n;
	struct seen seen = { .size = 16 };

	for (size_t i = 0; i < lists; i++)
		seen.size += 2 * json_count(got(c, 0, i)->json);
	seen.slots = arena_array(call_arena(c), seen.size, sizeof(*seen.slots));
	for (size_t i = 0; i < lists; i++)
		for (struct json *v = json_first(got(c, 0, i)->json), *next; v; v = next) {
			next = json_next(v);
			if ((lists == 1 || is_new(&seen, json_get_str(v, "id"))) &&
			    !(not_mine && str_eq_nocase(json_get_str(v, "owners"), me)))
				json_push(out, json_detach(got(c, 0, i)->json, v));
		}
	return out;
}

static void put_next(struct call *c, struct json *out, struct json *links, int64_t skip, bool rows)
{
	struct json *state = json_new_object(call_arena(c));

	json_set_str(call_arena(c), state, "mode", arg_str(c, "mode"));
	json_set(call_arena(c), state, "links", links);
	json_set_int(call_arena(c), state, "skip", skip);
	json_set_bool(call_arena(c), state, "rows", rows);
	json_set_str(call_arena(c), out, "nextLink", seal(c, "flows", state));
}

/* Null for a list that is over, its link otherwise ("" is its first page). */
static struct json *links_of(struct call *c, const struct start *s, bool next)
{
	struct json *links = json_new_array(call_arena(c));
	size_t k = 0;

	for (size_t i = 0; i < 2; i++) {
		bool over = s->over[i] || (i == 1 && is_admin_mode(c));
		struct str link = s->link[i];

		if (!over && next) {
			link = got(c, 0, k)->next;
			over = link.n == 0;
		}
		k += !s->over[i];
		json_push(links,
			  over ? json_new_null(call_arena(c)) : json_new_str(call_arena(c), link));
	}
	return links;
}

static bool stopped_early(struct call *c, size_t lists)
{
	for (size_t i = 0; i < lists; i++)
		if (got(c, 0, i)->next.n)
			return true;
	return false;
}

/* The part of `all` that this answer hands out; true when `top` left some out. */
static bool take_page(struct call *c, struct json *all, const struct start *s, struct json *page)
{
	int64_t top = arg_int(c, "top"), i = 0;
	bool more = false;

	for (struct json *v = json_first(all), *next; v; v = next, i++) {
		next = json_next(v);
		if (i < s->skip)
			continue;
		if (top && i >= s->skip + top)
			more = true;
		else
			json_push(page, json_detach(all, v));
	}
	return more;
}

/* Of the one that was looked for, its steps. */
static void suggest(struct call *c, const struct json *page)
{
	struct json *arguments = ids_of(c);

	if (json_count(page) != 1)
		return;
	put(c, arguments, "flowName", json_first(page), "/id");
	json_set_z(call_arena(c), arguments, "view", "outline");
	next_tool(c, "get_live_flow", arguments);
}

static enum verdict answer(struct call *c, const struct start *s, size_t lists, struct json *all)
{
	struct json *out = json_new_object(call_arena(c)), *page = json_new_array(call_arena(c));
	bool more = take_page(c, all, s, page);

	json_set_str(call_arena(c), out, "mode", arg_str(c, "mode"));
	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(page));
	json_set(call_arena(c), out, "flows", page);
	json_set_null(call_arena(c), out, "nextLink");
	/* Cut by `top`: from the same start, past what was handed out.  Cut by time: from the
	 * pages that were not fetched. */
	if (more)
		put_next(c, out, links_of(c, s, false), s->skip + arg_int(c, "top"), s->rows_given);
	else if (stopped_early(c, lists))
		put_next(c, out, links_of(c, s, true), 0, true);
	json_set_null(call_arena(c), out, "error");
	if (!more && !stopped_early(c, lists))
		suggest(c, page);
	return done(c, out);
}

static enum verdict no_organisation(struct call *c, const struct answer *a, bool known)
{
	if (!known)
		return fail_answer(c, a);
	fail(c, ERR_NOT_AVAILABLE, "this environment has no Dataverse database");
	hint(c, "Only cloud flows can exist in it: leave \"kinds\" out.");
	return FAIL;
}

static bool any_in_solution(struct call *c, size_t lists)
{
	for (size_t i = 0; i < lists; i++)
		JSON_EACH (v, got(c, 0, i)->json)
			if (json_is_true(json_get(v, "inSolution")))
				return true;
	return false;
}

static enum verdict step(struct call *c)
{
	unsigned wanted = flow_kinds_wanted(c);
	struct start s;
	struct str where;
	size_t lists;
	bool known;

	if (!wanted) {
		fail(c, ERR_INVALID_ARGUMENT, "\"kinds\" has a word that is no kind of flow");
		hint(c, "Kinds are: cloud, agent, desktop, bpf, classic, all.");
		return FAIL;
	}
	if (!read_start(c, &s))
		return FAIL;
	if (call_stage(c) == 0)
		return fetch_first(c, &s, wanted);
	lists = lists_of(c, &s, wanted);
	where = organisation_of(got(c, 0, lists), got(c, 0, lists + 1), &known);
	if (needs_rows(c, wanted) && !where.n)
		return no_organisation(c, got(c, 0, lists + 1), known);
	/* Only the organisation tells agents' flows, and they are solution flows. */
	if (call_stage(c) == 1 && where.n && (needs_rows(c, wanted) || any_in_solution(c, lists)))
		return flow_rows_fetch(c, where, !needs_rows(c, wanted));
	return answer(c, &s, lists,
		      flow_rows_merge(c, merged(c, &s, lists), got(c, 1, 0)->json, s.rows_given));
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "mode", JSON_STRING, 0,
	  "owner: yours and those shared with you. admin: all flows (needs an admin role).",
	  .choices = "owner admin", .otherwise = "\"owner\"" },
	{ "search", JSON_STRING, 0, "Part of the display name or id.", .max = 256 },
	{ "top", JSON_NUMBER, 0, "Most flows to return.", .min = 1, .max = 10000 },
	{ "timeoutSeconds", JSON_NUMBER, 0, "Stop following pages after this time.", .min = 1,
	  .max = 55, .otherwise = "25" },
	{ "continuationUrl", JSON_STRING, 0, "nextLink of the previous answer.", .max = 16384 },
	{ "kinds", JSON_ARRAY, 0,
	  "Other kinds through Dataverse: cloud, agent, desktop, bpf, classic, all.", .max = 6 },
	{ 0 },
};

const struct tool tool_list_live_flows = {
	.name = "list_live_flows",
	.title = "List flows",
	.description =
		"Lists flows of one environment, own and shared (mode admin: all); `id` is the "
		"flowName of other tools. Use search to find a flow by name. For one flow's "
		"definition use get_live_flow, for its runs get_live_flow_runs.",
	.toolset = "flow",
	.bundles = "create-flow build-flow debug-flow discover governance",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "flows",
	.columns = "/displayName /state /triggerType /kind /lastModifiedTime /id",
	.step = step,
};
