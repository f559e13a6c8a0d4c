/*
 * produce_answer.c - what connectors, HTTP and child flows say in a run, and how long things take.
 *
 * Comes from the script of the flow's pattern; must not know how a run goes.
 */
#include "tenant/approvals.h"
#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/prng.h"
#include "tenant/produce_parts.h"
#include "tenant/script.h"
#include "tenant/variables.h"

static const struct {
	const char *type;
	int64_t ms, spread;
} kinds[] = {
	{ "OpenApiConnection", 280, 900 },
	{ "OpenApiConnectionWebhook", 900, 2400 },
	{ "ApiConnection", 280, 900 },
	{ "ApiConnectionWebhook", 900, 2400 },
	{ "Http", 350, 1200 },
	{ "Response", 8, 20 },
	{ "Workflow", 1800, 2500 },
	{ "", 6, 30 },
};

static unsigned indexes_of(const struct wdl_request *r, uint64_t index[PLAYED_LOOPS])
{
	unsigned n = r->loop_count < PLAYED_LOOPS ? r->loop_count : PLAYED_LOOPS;

	for (unsigned i = 0; i < n; i++)
		index[i] = r->loops[i].index;
	return n;
}

/* ---- which calls the other side refuses ---- */

static bool index_matches(const struct json *at, const uint64_t *index, unsigned n)
{
	unsigned i = 0;

	if (json_is(at, JSON_NUMBER))
		return n && (uint64_t)json_int(at, -1) == index[n - 1];
	JSON_EACH(v, at) {
		if (i >= n || (uint64_t)json_int(v, -1) != index[i])
			return false;
		i++;
	}
	return i == n;
}

/* "every": N refuses the last of each N calls, counted through loops of fifty. */
static bool index_counts(const uint64_t *index, unsigned n, int64_t every)
{
	uint64_t flat = 0;

	for (unsigned i = 0; i < n; i++)
		flat = flat * 50 + index[i];
	return every > 0 && flat % (uint64_t)every == (uint64_t)every - 1;
}

static const struct json *refusal(const struct played *p, const struct wdl_request *r,
				  const uint64_t *index, unsigned n)
{
	const struct json *fail = play_script(p, r->name, "fail");
	const struct json *at = json_get(fail, "at"), *every = json_get(fail, "every");

	if (!fail || !n || (!at && !every))
		return fail;
	JSON_EACH(v, at)
		if (index_matches(v, index, n))
			return fail;
	return index_counts(index, n, json_int(every, 0)) ? fail : NULL;
}

/* ---- answers ---- */

/* What nobody scripted: an operation that lists finds nothing, any other is content. */
static struct json *plain_answer(struct arena *a, const struct wdl_request *r)
{
	static const char *const lists[] = { "List", "GetItems", "GetEmails", "GetTables" };
	struct str operation = json_str(json_at(r->inputs, "/host/operationId"));
	bool list = false;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		list |= str_starts(operation, str_from(lists[i]));
	return emit_json(a, "{'statusCode':200,'headers':{'Content-Type':"
			    "'application/json; charset=utf-8'},'body':%r}",
			 list ? "{\"value\":[]}" : "{}");
}

/* A list of answers has one for each call of a loop; its last one stands for all that follow. */
static const struct json *of_call(const struct json *v, const uint64_t *index, unsigned n)
{
	const struct json *list = json_get(v, "{{calls}}");
	uint64_t left = n ? index[n - 1] : 0;

	if (!list)
		return v;
	for (v = json_first(list); json_next(v) && left; left--)
		v = json_next(v);
	return v;
}

/* A connection that turned bad refuses from then on, until it is mended. */
static bool broken_connection(const struct played *p, struct arena *a, const struct wdl_request *r,
			      struct wdl_answer *out)
{
	const struct json *host = json_get(json_get(r->definition, "inputs"), "host");
	struct str key = json_get(host, "connectionReferenceName") ?
				 json_get_str(host, "connectionReferenceName") :
				 json_get_str(host, "connectionName");
	struct str name = json_get_str(json_get_n(p->run->version->references, key), "connectionName");
	struct connection *c =
		name.n ? tenant_connection(p->flow->tenant, p->flow->env, name) : NULL;
	int64_t now = r->now - TICKS_UNIX;

	if (!c || !c->bad_since || now < c->bad_since || (c->bad_until && now >= c->bad_until))
		return false;
	out->outputs = emit_json(a,
				 "{'statusCode':401,'headers':{'Content-Type':'application/json'},"
				 "'body':{'status':401,'message':'The connection %s does not work.'}}",
				 c->name);
	return true;
}

bool play_answer(void *arg, struct arena *a, const struct wdl_request *r, struct wdl_answer *out)
{
	struct played *p = arg;
	uint64_t index[PLAYED_LOOPS] = { 0 };
	unsigned n = indexes_of(r, index);
	struct script_scope scope = { .played = p, .index = n ? index : NULL, .loop_count = n };
	const struct json *fail = refusal(p, r, index, n);
	const struct json *v = fail ? json_get(fail, "outputs") : play_script(p, r->name, "outputs");

	out->never = json_is_true(play_script(p, r->name, "forever"));
	if (broken_connection(p, a, r, out) || approval_answer(p, a, r, out->never, out))
		return true;
	if (fail && json_get(fail, "ms"))
		out->duration = json_int(json_get(fail, "ms"), 0) * TICKS_MS;
	if (fail && !v) {
		out->code = json_get_str(fail, "code");
		out->message = json_str(json_at(fail, "/error/message"));
		return true;
	}
	v = of_call(v, index, n);
	out->outputs = v ? script_expand(a, &scope, v) : plain_answer(a, r);
	return true;
}

/* ---- time and chance ---- */

int64_t play_duration(void *arg, const struct wdl_request *r)
{
	struct played *p = arg;
	const struct json *ms = play_script(p, r->name, "ms");
	uint64_t seed = prng_mix(p->run->seed, prng_hash(r->name));
	size_t k = 0;

	for (unsigned i = 0; i < r->loop_count; i++)
		seed = prng_mix(seed, r->loops[i].index);
	while (*kinds[k].type && !str_eq(r->type, str_from(kinds[k].type)))
		k++;
	return json_int(ms, kinds[k].ms) * TICKS_MS +
	       (int64_t)prng_below(&seed, (uint64_t)((ms ? 40 : kinds[k].spread) * TICKS_MS));
}

uint64_t play_random(void *arg, uint64_t where)
{
	const struct played *p = arg;
	uint64_t seed = prng_mix(p->run->seed, where);

	return prng_next(&seed);
}

/* ---- what a flow sees of itself ---- */

struct json *play_workflow(struct played *p)
{
	return emit_json(p->arena,
			 "{'id':'%s','name':'%s','type':'Microsoft.Logic/workflows',"
			 "'location':'%s','tags':{'flowDisplayName':'%s',"
			 "'environmentName':'%s'},'run':{'name':'%s'}}",
			 p->flow->id, p->flow->id, p->flow->env->region, p->flow->name,
			 p->flow->env->id, p->run->name);
}

/* A parameter with metadata.schemaName is an environment variable. */
static void add_variables(struct played *p, struct json *out)
{
	JSON_EACH(v, json_get(p->definition, "parameters")) {
		struct str schema = json_str(json_at(v, "/metadata/schemaName"));
		struct variable *have =
			schema.n ? variable_find(p->flow->tenant, p->flow->env, schema) : NULL;
		struct str text = have ? variable_current(have) : (struct str){ NULL, 0 };
		struct json *value = NULL;

		if (!text.p)
			continue;
		if (have->type == VARIABLE_BOOLEAN)
			value = json_new_bool(p->arena, str_eq_nocase(text, S("yes")));
		else if (have->type != VARIABLE_STRING)
			value = json_parse(p->arena, text, JSON_ANSWER, NULL);
		json_set_n(p->arena, out, json_name(v),
			   value ? value : json_new_str(p->arena, text));
	}
}

/* What parameters('$connections') holds while a flow runs. */
struct json *play_parameters(struct played *p)
{
	struct json *out = json_new_object(p->arena);
	struct json *all = json_set(p->arena, out, "$connections", json_new_object(p->arena));

	add_variables(p, out);

	JSON_EACH(c, p->run->version->references)
		json_set_n(p->arena, all, json_name(c),
			   emit_json(p->arena,
				     "{'connectionId':'%S/connections/%S','connectionName':'%S','id':'%S'}",
				     json_get_str(c, "id"), json_get_str(c, "connectionName"),
				     json_get_str(c, "connectionName"), json_get_str(c, "id")));
	return out;
}
