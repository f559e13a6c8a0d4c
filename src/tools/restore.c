/*
 * restore.c - restore_live_flow: a flow as it was in an earlier version, or a new flow like it.
 *
 * Saves by save.h like every other change.  A connection that is gone since then is replaced by
 * the one that the flow uses now, or by the only one there is; else a person has to say which.
 */
#include "base/limits.h"
#include "tools/save.h"
#include "tools/table.h"
#include "tools/target.h"
#include "tools/versions.h"
#include "wdl/design.h"

enum { LOOK, HISTORY };
enum { LOOK_CONNECTIONS = VERSIONS_LOOKS, LOOKS };

static bool is_new(struct call *c)
{
	return arg_bool(c, "asNew");
}

/* ---- looking ---- */

static struct json *keep_connection(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));
	bool broken = false;

	JSON_EACH (s, json_at(item, "/properties/statuses"))
		broken = broken || !str_eq_nocase(json_get_str(s, "status"), S("Connected"));
	put_str(c, v, "name", json_get_str(item, "name"));
	put_str(c, v, "api", last_segment(at_str(item, "/properties/apiId")));
	put_found(c, v, "displayName", item, "/properties/displayName");
	json_set_bool(call_arena(c), v, "usable",
		      !broken && str_eq_nocase(at_str(item, "/properties/createdBy/id"),
					       at_str(about_identity(c), "/account/objectId")));
	return v;
}

static enum verdict look(struct call *c)
{
	static const struct paging all = { .keep = keep_connection };
	struct fetch *f = requests(c, LOOKS);

	versions_looks(c, f);
	f[LOOK_CONNECTIONS] = (struct fetch){
		.url = connections_url(c, arg_z(c, "environmentName")),
		.flags = FETCH_TOLERATE,
		.paging = &all,
	};
	return fetch_each(c, f, LOOKS);
}

/* ---- connections ---- */

struct binding {
	struct call *c;
	const struct json *list;    /* of the connections, NULL: not known */
	const struct json *current; /* references of the flow as it is, design form */
	const struct json *given;   /* the argument, design form */
	struct json *out, *rebound; /* what is saved; {reference, from, to, why} */
};

static bool is_there(const struct binding *b, struct str connection)
{
	JSON_EACH (v, b->list)
		if (str_eq_nocase(json_get_str(v, "name"), connection))
			return true;
	return false;
}

static bool same_api(const struct json *x, const struct json *y)
{
	return str_eq_nocase(wdl_design_api(x), wdl_design_api(y));
}

/* What the flow uses for the same connector now: under the same key, else under any. */
static struct str used_now(const struct binding *b, const struct json *r)
{
	const struct json *mine = json_get_n(b->current, json_name(r));

	if (mine && same_api(mine, r) && is_there(b, json_get_str(mine, "connectionName")))
		return json_get_str(mine, "connectionName");
	JSON_EACH (o, b->current)
		if (same_api(o, r) && is_there(b, json_get_str(o, "connectionName")))
			return json_get_str(o, "connectionName");
	return S("");
}

/* The only usable connection of the person's own. */
static struct str only_one(const struct binding *b, const struct json *r)
{
	struct str found = S("");

	JSON_EACH (v, b->list) {
		if (!json_is_true(json_get(v, "usable")) ||
		    !str_eq_nocase(json_get_str(v, "api"), wdl_design_api(r)))
			continue;
		if (found.n)
			return S("");
		found = json_get_str(v, "name");
	}
	return found;
}

static bool no_connection(struct binding *b, const struct json *r)
{
	struct arena *a = call_arena(b->c);
	struct json *candidates = json_new_array(a);

	JSON_EACH (v, b->list)
		if (str_eq_nocase(json_get_str(v, "api"), wdl_design_api(r)))
			json_push(candidates, json_copy(a, v));
	fail(b->c, ERR_CONNECTION_BROKEN,
	     "the connection that reference %s had is gone, and which one to take instead cannot "
	     "be told", quoted(b->c, json_name(r)));
	fail_data(b->c, "reference", json_new_str(a, json_name(r)));
	fail_data(b->c, "connector", json_new_str(a, wdl_design_api(r)));
	fail_data(b->c, "candidates", candidates);
	hint(b->c, "Give it: connectionReferences {\"%.*s\": {\"connectionName\": ..., \"id\": "
		   "\"/providers/Microsoft.PowerApps/apis/%.*s\"}}. Without a candidate make a "
		   "connection first (create_live_connection).",
	     STR_ARG(str_first_utf8(json_name(r), 80)), STR_ARG(wdl_design_api(r)));
	return false;
}

static void say_rebound(struct binding *b, const struct json *r, struct str to, const char *why)
{
	struct json *v = json_push(b->rebound, json_new_object(call_arena(b->c)));

	put_str(b->c, v, "reference", json_name(r));
	put_str(b->c, v, "from", json_get_str(r, "connectionName"));
	put_str(b->c, v, "to", to);
	json_set_z(call_arena(b->c), v, "why", why);
}

/* One reference of the version as it can be saved now. */
static bool bind(struct binding *b, const struct json *r)
{
	struct arena *a = call_arena(b->c);
	struct json *now = json_copy(a, r);
	struct str connection = json_get_str(r, "connectionName"), other;
	const struct json *given = json_get_n(b->given, json_name(r));
	const char *why = "the connection is gone; this is what the flow uses now";

	json_set_n(a, b->out, json_name(r), now);
	if (given) {
		json_set_n(a, b->out, json_name(r), json_copy(a, given));
		say_rebound(b, r, json_get_str(given, "connectionName"), "as asked for");
		return true;
	}
	/* A reference of a solution is bound elsewhere; what cannot be looked up is not doubted;
	 * one that is bound to nothing may stay so. */
	if (json_get(r, "connectionReferenceLogicalName") || !b->list ||
	    (connection.n ? is_there(b, connection)
			  : !is_new(b->c) && json_get_n(b->current, json_name(r))))
		return true;
	other = used_now(b, r);
	if (!other.n) {
		other = only_one(b, r);
		why = "the connection is gone; this is your only one of the connector";
	}
	if (!other.n)
		return no_connection(b, r);
	json_set_str(a, now, "connectionName", other);
	say_rebound(b, r, other, why);
	return true;
}

static bool bind_all(struct call *c, const struct version *v, struct binding *b)
{
	const struct answer *connections = got(c, LOOK, LOOK_CONNECTIONS);
	const struct json *flow = got(c, LOOK, VERSIONS_FLOW)->json;
	struct arena *a = call_arena(c);

	*b = (struct binding){
		.c = c,
		.list = connections->err == ERR_OK ? connections->json : NULL,
		.current = wdl_design_references(
			a, json_at(flow, "/properties/connectionReferences")),
		.given = wdl_design_references(a, arg_json(c, "connectionReferences")),
		.out = json_new_object(a),
		.rebound = json_new_array(a),
	};
	JSON_EACH (r, v->references)
		if (!bind(b, r))
			return false;
	JSON_EACH (g, b->given)
		if (!json_get_n(v->references, json_name(g)))
			json_set_n(a, b->out, json_name(g), json_copy(a, g));
	return true;
}

static bool is_bound(const struct json *r)
{
	return json_get(r, "connectionName") || json_get(r, "connectionReferenceLogicalName");
}

/* The references to save, *all when they are to replace the flow's.  One that was bound to nothing
 * cannot be saved: then only those are given that differ from what the flow has. */
static const struct json *references_to_save(const struct binding *b, bool *all)
{
	struct json *some = json_new_object(call_arena(b->c));

	*all = json_first(b->out) != NULL;
	JSON_EACH (r, b->out) {
		const struct json *now = json_get_n(b->current, json_name(r));

		*all = *all && is_bound(r);
		if (is_bound(r) && !(now && wdl_design_reference_equal(now, r)))
			json_set_n(call_arena(b->c), some, json_name(r),
				   json_copy(call_arena(b->c), r));
	}
	return *all ? b->out : some;
}

/* ---- saving ---- */

static bool the_version(struct call *c, struct version *v)
{
	return version_read(c, arg_str(c, "version"), 0, v);
}

static enum verdict finish(struct call *c, const struct save_done *d)
{
	struct json *out = save_result(c, d);
	struct binding b;
	struct version v;

	if (!the_version(c, &v) || !bind_all(c, &v, &b))
		return FAIL;
	json_set_bool(call_arena(c), out, "restored", !d->previewed && d->changed);
	json_set(call_arena(c), out, "version", version_head(c, &v));
	if (json_first(b.rebound))
		json_set(call_arena(c), out, "rebound", b.rebound);
	if (!b.list)
		note(c, "connectionsNotChecked",
		     json_new_z(call_arena(c), got(c, LOOK, LOOK_CONNECTIONS)->message));
	return done(c, out);
}

static const char *sentence_of(struct call *c, const struct version *v, struct str name)
{
	return arena_printf(call_arena(c), "%s flow %s %s it was %s (version %.*s, %s).",
			    is_new(c) ? "Makes a new" : "Puts", quoted(c, name),
			    is_new(c) ? "like" : "back as", quoted(c, v->time), STR_ARG(v->id),
			    strcmp(v->source, "service") == 0 ? "from the service's history" :
								"kept here");
}

static const char *const *warnings_of(struct call *c, const struct binding *b)
{
	const char **w = arena_array(call_arena(c), json_count(b->rebound) + 1, sizeof(*w));
	size_t n = 0;

	JSON_EACH (r, b->rebound)
		w[n++] = arena_printf(call_arena(c), "Reference %s gets another connection: %s.",
				      quoted(c, json_get_str(r, "reference")),
				      json_get_z(r, "why"));
	w[n] = NULL;
	return w;
}

static enum verdict save_version(struct call *c, int first)
{
	struct str name = arg_str(c, "displayName");
	const struct json *references;
	struct binding b;
	struct version v;
	bool all;

	if (!the_version(c, &v) || !bind_all(c, &v, &b))
		return FAIL;
	references = references_to_save(&b, &all);
	if (is_new(c) && !name.n)
		name = v.name;
	if (is_new(c) && !name.n) {
		fail(c, ERR_INVALID_ARGUMENT, "a new flow needs a displayName");
		hint(c, "This version does not say what the flow was called.");
		return FAIL;
	}
	return save_step(c, &(struct save_wish){
				    .first = first,
				    .environment = arg_str(c, "environmentName"),
				    .flow = is_new(c) ? S("") : arg_str(c, "flowName"),
				    .definition = v.definition,
				    .references = references,
				    .only_references = all,
				    .display_name = name,
				    .publish = true,
				    .dry_run = arg_bool(c, "dryRun"),
				    .force = arg_bool(c, "force"),
				    .sentence = sentence_of(c, &v, name.n ? name : at_str(
					    got(c, LOOK, VERSIONS_FLOW)->json,
					    "/properties/displayName")),
				    .warnings = warnings_of(c, &b),
				    .finish = finish,
			    });
}

static enum verdict step(struct call *c)
{
	const struct answer *flow = got(c, LOOK, VERSIONS_FLOW);
	struct str id = arg_str(c, "version");

	if (version_is_current(id)) {
		fail(c, ERR_INVALID_ARGUMENT, "the flow is the current version");
		hint(c, "list_live_flow_versions lists the earlier ones.");
		return FAIL;
	}
	if (call_stage(c) == LOOK)
		return look(c);
	if (flow->err == ERR_NOT_FOUND && !is_new(c)) {
		fail_read(c, flow);
		hint(c, "A deleted flow comes back with restore_deleted_live_flow; asNew makes a "
			"new one of this version.");
		return FAIL;
	}
	if (flow->err != ERR_OK && !is_new(c))
		return fail_read(c, flow);
	if (version_is_service(id) && call_stage(c) == HISTORY)
		return versions_fetch(c, &id, 1);
	return save_version(c, version_is_service(id) ? HISTORY + 1 : HISTORY);
}

static enum effect restore_effect(const struct json *args, const struct target *t)
{
	if (json_is_true(json_get(args, "dryRun")))
		return EFFECT_PREVIEW;
	if (json_is_true(json_get(args, "force")))
		return EFFECT_FORCE;
	if (json_is_true(json_get(args, "asNew")))
		return EFFECT_CREATE;
	return t->rebinds ? EFFECT_CONNECTIONS : EFFECT_REPLACE;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "version", JSON_STRING, P_REQUIRED, "From list_live_flow_versions.", .max = 64 },
	{ .name = "connectionReferences", .type = JSON_OBJECT,
	  .help = "By key, instead of those of then." },
	{ .name = "asNew", .type = JSON_BOOL,
	  .help = "Make a new flow of it, switched off.", .otherwise = "false" },
	{ "displayName", JSON_STRING, 0, "A new name.", .max = 256 },
	{ .name = "dryRun", .type = JSON_BOOL, .help = "Only say what would be saved.",
	  .otherwise = "false" },
	{ .name = "force", .type = JSON_BOOL,
	  .help = "Save in spite of the linter's errors.",
	  .otherwise = "false" },
	{ 0 },
};

const struct tool tool_restore_live_flow = {
	.name = "restore_live_flow",
	.title = "Restore a version of a flow",
	.description = "Puts a flow back as it was in an earlier version; what is there now is "
		       "kept first. A person is asked, dryRun is free. To see versions use "
		       "list_live_flow_versions.",
	.toolset = "lifecycle",
	.klass = CLASS_MODERATE,
	.effect = restore_effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
