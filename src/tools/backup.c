/*
 * backup.c - keep_live_flow_versions: keeps flows as they are now, one or a whole environment.
 *
 * Changes nothing in the service.  A flow that is as it was when it was kept last is not kept
 * again, so this may run every day.
 */
#include <stdlib.h>

#include "tools/table.h"
#include "tools/target.h"
#include "tools/versions.h"
#include "wdl/design.h"

#define FLOW "/environments/%s/flows/%s"

enum { LIST, READ };

/* Flows of one call: what is read stays in memory until its end. */
enum { AT_ONCE = 40 };

static bool is_one(struct call *c)
{
	return arg_str(c, "flowName").n > 0;
}

static struct json *keep_item(struct call *c, const struct json *item)
{
	struct str texts[] = { at_str(item, "/properties/displayName"),
			       json_get_str(item, "name") };
	struct json *v;

	if (!texts[1].n || !found_in(arg_str(c, "search"), texts, 2))
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "flowName", texts[1]);
	put_str(c, v, "displayName", texts[0]);
	return v;
}

static enum verdict fetch_lists(struct call *c)
{
	static const struct paging all = { .keep = keep_item };
	static const char *const mine[] = { "personal", "team" };
	struct fetch *f = requests(c, 2);

	for (size_t i = 0; i < 2; i++)
		f[i] = (struct fetch){
			.url = url(c, HOST_FLOW,
				   "/environments/%s/flows?$filter=search('%s')"
				   "&include=includeSolutionCloudFlows&$top=250",
				   arg_z(c, "environmentName"), mine[i]),
			.paging = &all,
		};
	return fetch_each(c, f, 2);
}

static int by_id(const void *x, const void *y)
{
	const struct json *const *a = x, *const *b = y;

	return str_cmp(json_get_str(*a, "flowName"), json_get_str(*b, "flowName"));
}

/* What this call looks at: the flows after `after`, in the order of their ids. */
struct batch {
	const struct json **flows;
	size_t count, total;
	bool more;
};

static struct batch batch_of(struct call *c)
{
	const struct json *lists[2] = { got(c, LIST, 0)->json, got(c, LIST, 1)->json };
	size_t most = json_count(lists[0]) + json_count(lists[1]) + 1, n = 0, from = 0;
	const struct json **all = arena_array(call_arena(c), most, sizeof(*all));
	struct batch b = { .flows = all };

	for (size_t i = 0; i < 2; i++)
		JSON_EACH (v, lists[i])
			all[n++] = v;
	qsort(all, n, sizeof(*all), by_id);
	/* A shared flow may be in both. */
	for (size_t i = 0; i < n; i++)
		if (!b.total || by_id(&all[i], &all[b.total - 1]) != 0)
			all[b.total++] = all[i];
	while (from < b.total &&
	       str_cmp(json_get_str(all[from], "flowName"), arg_str(c, "after")) <= 0)
		from++;
	b.flows += from;
	b.count = b.total - from > AT_ONCE ? AT_ONCE : b.total - from;
	b.more = b.total - from > b.count;
	return b;
}

static enum verdict fetch_flows(struct call *c, const struct batch *b)
{
	struct fetch *f = requests(c, b->count);

	for (size_t i = 0; i < b->count; i++)
		f[i] = look_at(url(c, HOST_FLOW, FLOW, arg_z(c, "environmentName"),
				   json_get_z(b->flows[i], "flowName")),
			       FETCH_LARGE);
	return fetch_each(c, f, b->count);
}

/* ---- keeping ---- */

struct json *about_flow(struct call *c, const struct json *flow, const char *reason)
{
	struct json *about = json_new_object(call_arena(c));

	put_found(c, about, "displayName", flow, "/properties/displayName");
	put_found(c, about, "state", flow, "/properties/state");
	put_found(c, about, "lastModifiedTime", flow, "/properties/lastModifiedTime");
	put_found(c, about, "lastModifier", flow, "/properties/lastModifier/objectId");
	json_set_z(call_arena(c), about, "reason", reason);
	return about;
}

struct tally {
	struct json *flows, *failed;
	int64_t kept, unchanged;
};

/* False: fail() was called. */
static bool keep_one(struct call *c, const struct answer *a, struct str id, struct str name,
		     struct tally *t)
{
	const struct json *definition = json_at(a->json, "/properties/definition"), *newest;
	const char *why = a->err == ERR_OK ? "it was given without a definition" : a->message;
	struct json *v = json_new_object(call_arena(c));
	struct str version;
	bool same;

	put_str(c, v, "flowName", id);
	put_str(c, v, "displayName", name);
	if (a->err != ERR_OK || !json_is(definition, JSON_OBJECT)) {
		put_str(c, v, "why", str_from(why));
		json_push(t->failed, v);
		return true;
	}
	newest = json_first(snapshot_list(c, arg_str(c, "environmentName"), id));
	/* In the form of a save, as what is kept before one: the same flow is the same then. */
	version = snapshot_keep(c, arg_str(c, "environmentName"), id,
				wdl_design_form(call_arena(c), definition),
				wdl_design_references(
					call_arena(c),
					json_at(a->json, "/properties/connectionReferences")),
				about_flow(c, a->json, "kept on demand"));
	if (!version.p)
		return false;
	same = str_eq(version, json_get_str(newest, "id"));
	t->unchanged += same;
	t->kept += !same;
	put_str(c, v, "version", version);
	json_set_bool(call_arena(c), v, "unchanged", same);
	json_push(t->flows, v);
	return true;
}

static struct json *tally_result(struct call *c, const struct tally *t, size_t total)
{
	struct json *out = json_new_object(call_arena(c));

	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)total);
	json_set_int(call_arena(c), out, "kept", t->kept);
	json_set_int(call_arena(c), out, "unchanged", t->unchanged);
	json_set(call_arena(c), out, "failed", t->failed);
	json_set(call_arena(c), out, "flows", t->flows);
	return out;
}

static enum verdict keep_batch(struct call *c, const struct batch *b)
{
	struct tally t = { json_new_array(call_arena(c)), json_new_array(call_arena(c)), 0, 0 };
	struct json *out;

	for (size_t i = 0; i < b->count; i++)
		if (!keep_one(c, got(c, READ, i), json_get_str(b->flows[i], "flowName"),
			      json_get_str(b->flows[i], "displayName"), &t))
			return FAIL;
	out = tally_result(c, &t, b->total);
	if (b->more)
		json_set_str(call_arena(c), out, "after",
			     json_get_str(b->flows[b->count - 1], "flowName"));
	return done(c, out);
}

static enum verdict keep_single(struct call *c)
{
	struct tally t = { json_new_array(call_arena(c)), json_new_array(call_arena(c)), 0, 0 };
	const struct answer *a = got(c, 0, 0);

	if (call_stage(c) == 0)
		return fetch_one(c, look_at_flow(c));
	if (a->err != ERR_OK)
		return fail_read(c, a);
	if (!keep_one(c, a, arg_str(c, "flowName"), at_str(a->json, "/properties/displayName"), &t))
		return FAIL;
	return done(c, tally_result(c, &t, 1));
}

static enum verdict step(struct call *c)
{
	struct batch b;

	if (snapshot_off(c))
		return fail(c, ERR_REFUSED_BY_POLICY, "policy switched keeping versions off (%s)",
			    snapshot_off(c));
	if (is_one(c))
		return keep_single(c);
	if (call_stage(c) == LIST)
		return fetch_lists(c);
	b = batch_of(c);
	if (call_stage(c) == READ && b.count)
		return fetch_flows(c, &b);
	return keep_batch(c, &b);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "flowName", JSON_STRING, P_FLOW, "One flow; left out: all that you own or share.",
	  .alias = "flowId", .max = 2048 },
	{ "search", JSON_STRING, 0, "Of all flows those with this in their name or id.",
	  .max = 256 },
	{ "after", JSON_STRING, 0, "`after` of the previous answer: where to go on.", .max = 64 },
	{ 0 },
};

const struct tool tool_keep_live_flow_versions = {
	.name = "keep_live_flow_versions",
	.title = "Keep flows as they are",
	.description = "Keeps the definition of one flow, or of all flows of an environment, as "
		       "it is now, on this machine, so that restore_live_flow can bring it back. "
		       "Changes nothing in the service; changes by flowlatch are kept anyway.",
	.toolset = "lifecycle",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "flows",
	.columns = "/displayName /version /unchanged",
	.step = step,
};
