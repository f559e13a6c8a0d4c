/*
 * bulk_flows.c - set_live_flow_states: switches a selection of flows on or off.
 *
 * Child flows are switched on before the flows that call them, and off after them: a flow whose
 * child is off cannot be switched on (the service's refusal).
 */
#include "base/limits.h"
#include "tools/bulk.h"
#include "tools/table.h"
#include "wdl/design.h"

enum { LIST, LOOK, WRITE };              /* stages */
enum { LIST_ENVIRONMENT, LIST_MINE, LIST_TEAM, LISTS };
enum { PER_FLOW = 2 };                   /* looks at each: itself and its people */

static bool switches_on(struct call *c)
{
	return str_eq(arg_str(c, "state"), S("Started"));
}

/* ---- the selection ---- */

static struct json *keep_flow(struct call *c, const struct json *item)
{
	struct str texts[] = { at_str(item, "/properties/displayName"),
			       json_get_str(item, "name") };
	struct str state = at_str(item, "/properties/state");
	struct json *v;

	if (!texts[1].n || !found_in(arg_str(c, "search"), texts, 2) ||
	    !bulk_named(c, "flows", texts[1]) ||
	    (arg_str(c, "status").n && !str_eq_nocase(state, arg_str(c, "status"))))
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "flowName", item, "/name");
	put(c, v, "displayName", item, "/properties/displayName");
	put(c, v, "state", item, "/properties/state");
	put(c, v, "changed", item, "/properties/lastModifiedTime");
	put(c, v, "workflow", item, "/properties/workflowEntityId");
	return v;
}

static enum verdict list(struct call *c)
{
	static const struct paging pages = { .keep = keep_flow };
	static const char *const searches[] = { "search('personal')", "search('team')" };
	struct fetch *f = arena_array(call_arena(c), LISTS, sizeof(*f));

	f[LIST_ENVIRONMENT] = look_at(url(c, HOST_FLOW, "/environments/%s",
					  arg_z(c, "environmentName")),
				      0);
	for (int i = 0; i < 2; i++)
		f[LIST_MINE + i] = (struct fetch){
			.url = url(c, HOST_FLOW,
				   "/environments/%s/flows?$filter=%s"
				   "&include=includeSolutionCloudFlows&$top=250",
				   arg_z(c, "environmentName"), searches[i]),
			.paging = &pages,
		};
	return fetch_each(c, f, LISTS);
}

/* Each flow once, those that are to be switched first, at most `top` of them. */
static struct json *candidates(struct call *c, size_t *count)
{
	struct json *out = json_new_array(call_arena(c)), *seen = json_new_object(call_arena(c));
	size_t most = (size_t)arg_int(c, "top");

	for (int i = LIST_MINE; i <= LIST_TEAM; i++)
		JSON_EACH (v, got(c, LIST, (size_t)i)->json) {
			struct str name = json_get_str(v, "flowName");
			bool needs = !str_eq(json_get_str(v, "state"), arg_str(c, "state"));

			if (!needs || json_get_n(seen, name) || json_count(out) >= most)
				continue;
			json_set_n(call_arena(c), seen, name, json_new_null(call_arena(c)));
			json_push(out, json_copy(call_arena(c), v));
		}
	*count = json_count(out);
	return out;
}

static const struct url *flow_url(struct call *c, const struct json *row, const char *below)
{
	return url(c, HOST_FLOW,
		   below[0] == 'p'   ? "/environments/%s/flows/%s/permissions"
		   : below[0] == 'o' ? "/environments/%s/flows/%s/start"
		   : below[0] == 's' ? "/environments/%s/flows/%s/stop"
				     : "/environments/%s/flows/%s",
		   arg_z(c, "environmentName"), json_get_z(row, "flowName"));
}

static enum verdict look(struct call *c)
{
	size_t count, n = 0;
	struct json *rows = candidates(c, &count);
	struct fetch *f = arena_array(call_arena(c), PER_FLOW * count + 1, sizeof(*f));

	JSON_EACH (v, rows) {
		f[n++] = look_at(flow_url(c, v, ""), FETCH_LARGE);
		f[n++] = look_at(flow_url(c, v, "people"), 0);
	}
	return fetch_each(c, f, n);
}

/* ---- children first ---- */

struct order {
	struct call *c;
	struct json *rows;
	const struct json **row; /* by number */
	size_t *out, count, n;
	unsigned char *visited;
};

static size_t find(const struct order *o, struct str id)
{
	for (size_t i = 0; i < o->count; i++)
		if (str_eq_nocase(json_get_str(o->row[i], "flowName"), id) ||
		    str_eq_nocase(json_get_str(o->row[i], "workflow"), id))
			return i;
	return o->count;
}

static void visit(struct order *o, size_t i);

static void see_step(void *arg, struct json *step, bool trigger)
{
	struct order *o = arg;
	struct str child = at_str(step, "/inputs/host/workflowReferenceName");
	size_t i = child.n && !trigger ? find(o, child) : o->count;

	if (i < o->count)
		visit(o, i);
}

/* A flow that calls itself through others ends where it was begun. */
static void visit(struct order *o, size_t i)
{
	if (o->visited[i])
		return;
	o->visited[i] = 1;
	wdl_design_each(json_at(got(o->c, LOOK, PER_FLOW * i)->json, "/properties/definition"),
			see_step, o);
	o->out[o->n++] = i;
}

static struct order order_of(struct call *c)
{
	struct order o = { .c = c };
	size_t i = 0;

	o.rows = candidates(c, &o.count);
	o.row = arena_array(call_arena(c), o.count + 1, sizeof(*o.row));
	o.out = arena_array(call_arena(c), o.count + 1, sizeof(*o.out));
	o.visited = arena_alloc(call_arena(c), o.count + 1);
	JSON_EACH (v, o.rows)
		o.row[i++] = v;
	for (i = 0; i < o.count; i++)
		visit(&o, i);
	for (i = 0; !switches_on(c) && i < o.count / 2; i++) {
		size_t swap = o.out[i];

		o.out[i] = o.out[o.count - 1 - i];
		o.out[o.count - 1 - i] = swap;
	}
	return o;
}

/* ---- the plan ---- */

static struct bulk_item item_of(struct call *c, const struct order *o, size_t i)
{
	const struct answer *flow = got(c, LOOK, PER_FLOW * i);
	struct json *row = json_new_object(call_arena(c));
	struct str state = at_str(flow->json, "/properties/state");
	struct bulk_item item = {
		.id = json_get_str(o->row[i], "flowName"),
		.name = json_get_str(o->row[i], "displayName"),
		.row = row,
		.write = { .method = HTTP_POST,
			   .url = flow_url(c, o->row[i], switches_on(c) ? "on" : "stop"),
			   .flags = FETCH_TOLERATE | FETCH_ANY },
	};

	put(c, row, "flowName", o->row[i], "/flowName");
	put(c, row, "displayName", o->row[i], "/displayName");
	put_str(c, row, "state", state);
	if (flow->err != ERR_OK)
		item.skip = "it could not be read";
	else if (str_eq(state, arg_str(c, "state")))
		item.skip = "it is so already";
	return item;
}

static size_t looks(struct call *c, struct bulk_item *const *batch, size_t n, struct fetch *f)
{
	for (size_t i = 0; i < n; i++)
		f[i] = look_at(flow_url(c, batch[i]->row, ""), FETCH_LARGE);
	return n;
}

static bool seen(struct call *c, struct bulk_item *item, size_t k, int stage)
{
	const struct json *flow = got(c, stage, k)->json;

	put(c, item->row, "state", flow, "/properties/state");
	return str_eq(at_str(flow, "/properties/state"), arg_str(c, "state"));
}

static struct target target(struct call *c, const struct order *o)
{
	const struct answer *environment = got(c, LIST, LIST_ENVIRONMENT);
	struct target t = {
		.name = at_str(environment->json, "/properties/displayName"),
		.environment = environment->err == ERR_OK ? environment->json : NULL,
		.on = !switches_on(c),
	};
	struct buf version;

	buf_init_in(&version, call_arena(c), 1u << 20);
	for (size_t i = 0; i < o->count; i++) {
		t.shared |= is_shared(got(c, LOOK, PER_FLOW * i + 1));
		buf_addf(&version, "%s ",
			 at_z(got(c, LOOK, PER_FLOW * i)->json, "/properties/lastModifiedTime"));
	}
	t.version = buf_str(&version);
	if (!t.name.n)
		t.name = arg_str(c, "environmentName");
	return t;
}

static enum verdict step(struct call *c)
{
	struct bulk_plan p = { .first = WRITE, .noun = "flows", .looks = looks, .seen = seen,
			       .must_see = true };
	struct order o;

	if (call_stage(c) == LIST)
		return list(c);
	if (call_stage(c) == LOOK)
		return look(c);
	o = order_of(c);
	p.verb = switches_on(c) ? "Switches on" : "Switches off";
	p.items = arena_array(call_arena(c), o.count + 1, sizeof(*p.items));
	p.count = o.count;
	for (size_t i = 0; i < o.count; i++)
		p.items[i] = item_of(c, &o, o.out[i]);
	p.target = target(c, &o);
	p.result = json_new_object(call_arena(c));
	put_ids(c, p.result);
	json_set_str(call_arena(c), p.result, "requestedState", arg_str(c, "state"));
	return bulk_step(c, &p);
}

static enum effect effect(const struct json *args, const struct target *t)
{
	(void)t;
	if (!json_get(args, "dryRun") || json_is_true(json_get(args, "dryRun")))
		return EFFECT_PREVIEW;
	return str_eq(json_get_str(args, "state"), S("Started")) ? EFFECT_ON : EFFECT_OFF;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "state", JSON_STRING, P_REQUIRED, "Started switches them on, Stopped off.",
	  .choices = "Started Stopped" },
	{ "search", JSON_STRING, 0, "Only flows with this in name or id.", .max = 256 },
	{ "status", JSON_STRING, 0, "Only flows that are so now.",
	  .choices = "Started Stopped Suspended" },
	{ "flows", JSON_ARRAY, 0, "Only these flow ids.", .max = 100 },
	BULK_PARAMS,
	{ 0 },
};

const struct tool tool_set_live_flow_states = {
	.name = "set_live_flow_states",
	.title = "Switch many flows on or off",
	.description = "Switches a selection of flows on or off: first the table (dryRun, the default), "
		       "then, with one approval for the set, one after the other, child flows first; "
		       "stops at an error of a new kind. For one flow use set_live_flow_state.",
	.toolset = "flow",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.destructive = true,
	.idempotent = true,
	.params = params,
	.list = "items",
	.columns = "/displayName /state /result /reason /errorKind",
	.step = step,
};
