/*
 * versions.c - reading versions of a flow; list_live_flow_versions and diff_live_flow_versions.
 *
 * What was kept here are snapshots (see <flowlatch/tool.h>).
 */
#include "tools/versions.h"

#include "base/os.h"
#include "tools/table.h"
#include "tools/target.h"
#include "wdl/design.h"
#include "wdl/diff.h"

enum { LOOK, HISTORY };
enum { LONGEST_VALUE = 2000, MOST_HISTORY = 200 };

/* ---- reading ---- */

void versions_looks(struct call *c, struct fetch *f)
{
	f[VERSIONS_FLOW] = look_at_flow(c);
	organisation_fetches(c, f + VERSIONS_ORGANISATION);
}

bool version_is_current(struct str id)
{
	return str_eq_nocase(id, S("current"));
}

bool version_is_service(struct str id)
{
	return id.n == 36;
}

static struct str workflow_of(struct call *c)
{
	return at_str(got(c, LOOK, VERSIONS_FLOW)->json, "/properties/workflowEntityId");
}

static struct str organisation_here(struct call *c, bool *known)
{
	return organisation_of(got(c, LOOK, VERSIONS_ORGANISATION),
			       got(c, LOOK, VERSIONS_ORGANISATION + 1), known);
}

/* Without their contents, which are the whole flow each time. */
static struct json *keep_row(struct call *c, const struct json *row)
{
	static const char name[] =
		"/_createdby_value@OData.Community.Display.V1.FormattedValue";
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "version", json_get_str(row, "componentversionid"));
	json_set_z(call_arena(c), v, "source", "service");
	put_str(c, v, "time", json_get_str(row, "createdon"));
	put_found(c, v, "summary", row, "/changesummary");
	if (json_is_true(json_get(row, "ispublished")))
		json_set_bool(call_arena(c), v, "published", true);
	put_found(c, v, "by", row, at_str(row, name).n ? name : "/_createdby_value");
	return v;
}

static struct fetch rows_of(struct call *c, struct str organisation, struct str id)
{
	static const struct paging all = { .keep = keep_row, .most = MOST_HISTORY }, one = { 0 };
	const char *workflow = str_c(call_arena(c), workflow_of(c));
	const struct url *u =
		id.n ? url_of(c, HOST_DATAVERSE, organisation,
			      "/componentversions?$filter=componentid%%20eq%%20'%s'%%20and%%20"
			      "componentversionid%%20eq%%20'%s'",
			      workflow, str_c(call_arena(c), id))
		     : url_of(c, HOST_DATAVERSE, organisation,
			      "/componentversions?$filter=componentid%%20eq%%20'%s'"
			      "&$orderby=createdon%%20desc",
			      workflow);

	return (struct fetch){
		.url = u,
		.flags = FETCH_TOLERATE | FETCH_LARGE,
		.paging = id.n ? &one : &all,
		.prefer = "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"",
	};
}

enum verdict versions_fetch(struct call *c, const struct str *ids, size_t count)
{
	const struct answer *flow = got(c, LOOK, VERSIONS_FLOW);
	struct str organisation;
	struct fetch *f;

	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	if (!workflow_of(c).n) {
		fail(c, ERR_NOT_AVAILABLE,
		     "the service keeps no history of a flow that is in no solution");
		hint(c, "list_live_flow_versions shows the versions that there are.");
		return FAIL;
	}
	organisation = organisation_needed(c, LOOK, VERSIONS_ORGANISATION);
	if (!organisation.n)
		return FAIL;
	f = requests(c, count);
	for (size_t i = 0; i < count; i++)
		f[i] = rows_of(c, organisation, ids[i]);
	return fetch_each(c, f, count);
}

static struct json *design(struct call *c, const struct json *definition)
{
	return wdl_design_form(call_arena(c), definition);
}

static bool no_version(struct call *c, struct str id)
{
	fail(c, ERR_NOT_FOUND, "the flow has no version %s", quoted(c, id));
	hint(c, "list_live_flow_versions lists the versions of a flow.");
	return false;
}

static bool read_current(struct call *c, struct version *out)
{
	const struct answer *flow = got(c, LOOK, VERSIONS_FLOW);

	if (flow->err != ERR_OK) {
		fail_read(c, flow);
		return false;
	}
	*out = (struct version){
		.source = "current",
		.id = S("current"),
		.time = at_str(flow->json, "/properties/lastModifiedTime"),
		.name = at_str(flow->json, "/properties/displayName"),
		.definition = design(c, json_at(flow->json, "/properties/definition")),
		.references = wdl_design_references(
			call_arena(c), json_at(flow->json, "/properties/connectionReferences")),
	};
	return true;
}

static bool read_service(struct call *c, struct str id, size_t at, struct version *out)
{
	const struct answer *a = got(c, HISTORY, at);
	const struct json *row = json_first(a->json);
	struct json *data = json_parse(call_arena(c), json_get_str(row, "component"), JSON_ANSWER,
				       NULL);
	const struct json *properties = json_get(data, "properties");

	if (a->err != ERR_OK) {
		fail_answer(c, a);
		return false;
	}
	if (!str_eq_nocase(json_get_str(row, "componentversionid"), id))
		return no_version(c, id);
	if (!json_is(json_get(properties, "definition"), JSON_OBJECT)) {
		fail(c, ERR_UPSTREAM, "version %s of the service holds no definition",
		     quoted(c, id));
		return false;
	}
	*out = (struct version){
		.source = "service",
		.id = id,
		.time = json_get_str(row, "createdon"),
		.name = S(""),
		.definition = design(c, json_get(properties, "definition")),
		.references = wdl_design_references(call_arena(c),
						    json_get(properties, "connectionReferences")),
	};
	return true;
}

bool version_read(struct call *c, struct str id, size_t at, struct version *out)
{
	const struct json *v;

	if (version_is_current(id))
		return read_current(c, out);
	if (version_is_service(id))
		return read_service(c, id, at, out);
	v = snapshot_get(c, id);
	if (!v)
		return false;
	if (!str_eq_nocase(json_get_str(v, "flowName"), arg_str(c, "flowName")) ||
	    !str_eq_nocase(json_get_str(v, "environmentName"), arg_str(c, "environmentName")))
		return no_version(c, id);
	*out = (struct version){
		.source = "flowlatch",
		.id = id,
		.time = json_get_str(v, "kept"),
		.name = at_str(v, "/about/displayName"),
		.definition = design(c, json_get(v, "definition")),
		.references = wdl_design_references(call_arena(c),
						    json_get(v, "connectionReferences")),
	};
	return true;
}

/* A reference of a solution is bound by its logical name: the connection behind it is told by some
 * readers and not by others. */
static struct json *references_of(struct call *c, const struct json *mine,
				  const struct json *others)
{
	struct json *out = json_copy(call_arena(c), mine);

	JSON_EACH (r, out) {
		const struct json *o = json_get_n(others, json_name(r));

		if (json_get(r, "connectionReferenceLogicalName") && o &&
		    json_get(o, "connectionReferenceLogicalName"))
			json_take(r, "connectionName");
	}
	return out;
}

struct json *version_document(struct call *c, const struct version *v, const struct version *other)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *p = json_new_object(a);

	json_set(a, out, "properties", p);
	if (v->name.n && other->name.n)
		json_set_str(a, p, "displayName", v->name);
	json_set(a, p, "definition", json_copy(a, v->definition));
	json_set(a, p, "connectionReferences", references_of(c, v->references, other->references));
	return out;
}

struct json *version_head(struct call *c, const struct version *v)
{
	struct json *out = json_new_object(call_arena(c));

	put_str(c, out, "version", v->id);
	json_set_z(call_arena(c), out, "source", v->source);
	put_str(c, out, "time", v->time);
	if (v->name.n)
		put_str(c, out, "displayName", v->name);
	return out;
}

/* ---- list_live_flow_versions ---- */

/* A version that was kept here. */
static struct json *kept_row(struct call *c, const struct json *s)
{
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "version", json_get_str(s, "id"));
	json_set_z(call_arena(c), v, "source", "flowlatch");
	put_str(c, v, "time", json_get_str(s, "kept"));
	put_found(c, v, "summary", s, "/about/reason");
	put_found(c, v, "displayName", s, "/about/displayName");
	put_found(c, v, "by", s, "/about/lastModifier");
	put_found(c, v, "modified", s, "/about/lastModifiedTime");
	put_found(c, v, "bytes", s, "/bytes");
	if (json_is_true(json_get(s, "same")))
		json_set_bool(call_arena(c), v, "sameAsBefore", true);
	put_found(c, v, "damaged", s, "/damaged");
	return v;
}

static struct json *current_row(struct call *c, const struct json *flow)
{
	struct json *v = json_new_object(call_arena(c));

	json_set_z(call_arena(c), v, "version", "current");
	json_set_z(call_arena(c), v, "source", "current");
	put(c, v, "time", flow, "/properties/lastModifiedTime");
	put_found(c, v, "displayName", flow, "/properties/displayName");
	put_found(c, v, "by", flow, "/properties/lastModifier/objectId");
	put_found(c, v, "summary", flow, "/properties/state");
	return v;
}

/* Newest first; the flow as it is stays in front. */
static void add_sorted(struct json *list, struct json *v)
{
	size_t at = 0;
	int64_t time = 0, other;

	os_parse_time(json_get_str(v, "time"), &time);
	JSON_EACH (o, list) {
		other = INT64_MAX;
		if (!str_eq(json_get_str(o, "source"), S("current")))
			os_parse_time(json_get_str(o, "time"), &other);
		if (other < time)
			break;
		at++;
	}
	json_insert(list, at, v);
}

/* Why the service's own history is not in the list, or NULL. */
static const char *without_history(struct call *c, bool *known)
{
	*known = true;
	if (got(c, LOOK, VERSIONS_FLOW)->err != ERR_OK)
		return "the flow could not be read";
	if (!workflow_of(c).n)
		return "the service keeps one only for flows in solutions";
	if (!organisation_here(c, known).n)
		return *known ? "the environment has no Dataverse database" :
				"the environment's organisation could not be found out";
	if (call_stage(c) > HISTORY && got(c, HISTORY, 0)->err != ERR_OK)
		return arena_printf(call_arena(c), "the service did not give it: %s",
				    got(c, HISTORY, 0)->message);
	return NULL;
}

static enum verdict list_result(struct call *c, const char *why)
{
	const struct answer *flow = got(c, LOOK, VERSIONS_FLOW);
	struct json *out = ids_of(c), *list = json_new_array(call_arena(c)), *kept;
	struct json *rows = why ? NULL : got(c, HISTORY, 0)->json;

	kept = snapshot_list(c, arg_str(c, "environmentName"), arg_str(c, "flowName"));
	if (!kept)
		return FAIL;
	/* A flow that is gone may still have versions here. */
	if (flow->err != ERR_OK && !json_first(kept))
		return fail_read(c, flow);
	if (flow->err == ERR_OK)
		json_push(list, current_row(c, flow->json));
	JSON_EACH (s, kept)
		add_sorted(list, kept_row(c, s));
	JSON_EACH (r, rows)
		add_sorted(list, json_copy(call_arena(c), r));
	put(c, out, "displayName", flow->json, "/properties/displayName");
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(list));
	json_set(call_arena(c), out, "versions", list);
	if (why)
		note(c, "serviceHistory", json_new_z(call_arena(c), why));
	if (snapshot_off(c))
		note(c, "keptHere",
		     json_new_z(call_arena(c), arena_printf(call_arena(c),
							    "policy switched keeping off (%s)",
							    snapshot_off(c))));
	return done(c, out);
}

static enum verdict list_step(struct call *c)
{
	struct str none = S("");
	struct fetch *f;
	const char *why;
	bool known;

	if (call_stage(c) == LOOK) {
		f = requests(c, VERSIONS_LOOKS);
		versions_looks(c, f);
		return fetch_each(c, f, VERSIONS_LOOKS);
	}
	why = without_history(c, &known);
	if (!why && call_stage(c) == HISTORY)
		return versions_fetch(c, &none, 1);
	return list_result(c, why);
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

const struct tool tool_list_live_flow_versions = {
	.name = "list_live_flow_versions",
	.title = "List versions of a flow",
	.description = "Lists what a flow was like earlier: versions that flowlatch kept before "
		       "each change, and the service's own history of flows in solutions. "
		       "diff_live_flow_versions compares two, restore_live_flow brings one back.",
	.toolset = "lifecycle",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = list_params,
	.list = "versions",
	.columns = "/version /source /time /summary /displayName",
	.step = list_step,
};

/* ---- diff_live_flow_versions ---- */

/* The service's among `from` and `to`; `at` tells the place of each in the second stage. */
static size_t service_ids(struct call *c, struct str ids[2], size_t at[2])
{
	struct str both[2] = { arg_str(c, "from"), arg_str(c, "to") };
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		at[i] = n;
		if (version_is_service(both[i]))
			ids[n++] = both[i];
	}
	return n;
}

static enum verdict diff_result(struct call *c, const size_t at[2])
{
	struct version from, to;
	struct json *out = ids_of(c), *changes;
	struct diff d;

	if (!version_read(c, arg_str(c, "from"), at[0], &from) ||
	    !version_read(c, arg_str(c, "to"), at[1], &to))
		return FAIL;
	d = diff_documents(call_arena(c), version_document(c, &from, &to),
			   version_document(c, &to, &from));
	if (!d.usable)
		return fail(c, ERR_UPSTREAM, "the versions cannot be compared: %s", d.why);
	changes = json_take(diff_json(call_arena(c), &d, LONGEST_VALUE), "changes");
	json_set(call_arena(c), out, "from", version_head(c, &from));
	json_set(call_arena(c), out, "to", version_head(c, &to));
	json_set_bool(call_arena(c), out, "equal", d.equal);
	json_set(call_arena(c), out, "changes", changes);
	if (d.dropped)
		note(c, "notTold", json_new_int(call_arena(c), (int64_t)d.dropped));
	return done(c, out);
}

static enum verdict diff_step(struct call *c)
{
	struct str ids[2];
	size_t at[2], n = service_ids(c, ids, at);
	struct fetch *f;

	if (call_stage(c) == LOOK) {
		f = requests(c, VERSIONS_LOOKS);
		versions_looks(c, f);
		return fetch_each(c, f, VERSIONS_LOOKS);
	}
	if (n && call_stage(c) == HISTORY)
		return versions_fetch(c, ids, n);
	return diff_result(c, at);
}

static const struct param diff_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "from", JSON_STRING, P_REQUIRED, "The older version, from list_live_flow_versions.",
	  .max = 64 },
	{ "to", JSON_STRING, 0, "The newer one; current is the flow as it is.", .max = 64,
	  .otherwise = "\"current\"" },
	{ 0 },
};

const struct tool tool_diff_live_flow_versions = {
	.name = "diff_live_flow_versions",
	.title = "Compare versions of a flow",
	.description = "Says what differs between two versions of a flow (actions added, removed, "
		       "renamed, moved, changed values), as one sentence and values each. "
		       "list_live_flow_versions lists them. For two runs use "
		       "compare_live_flow_runs.",
	.toolset = "lifecycle",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = diff_params,
	.list = "changes",
	.columns = "/change /words",
	.step = diff_step,
};
