/*
 * practice.c - the control plane of single things: POST /__practice/flow, connection, policy.
 *
 * What tests make peculiar about a flow, and what somebody else does to it meanwhile.
 * Guarded as control.c's.
 */
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/prng.h"
#include "tenant/produce.h"
#include "tenant/route.h"

/* ---- flows ---- */

static struct flow *named_flow(struct request *q, struct str id)
{
	for (unsigned i = 0; i < q->tenant->environment_count; i++) {
		struct flow *f = tenant_flow(q->tenant, &q->tenant->environments[i], id);

		if (f)
			return f;
	}
	return NULL;
}

static bool pick(const struct json *v, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++)
		if (str_eq(json_str(v), str_from(words[i]))) {
			*out = i;
			return true;
		}
	return false;
}

/* The reference gets the name of one that belongs to another app, as the platform made it. */
static void put_stamps(struct flow *f)
{
	struct version *v = flow_current(f);

	JSON_EACH(r, v->references)
		json_set_str(&v->mem, r, "connectionReferenceLogicalName",
			     str_fmt(&v->mem, "cra1f_helpdeskAgent.%.*s.%.*s",
				     STR_ARG(json_name(r)),
				     STR_ARG(json_get_str(r, "connectionName"))));
}

static bool set_stamp(struct flow *f, const struct json *v)
{
	static const char *const words[] = { "none", "sent", "stored", NULL };
	int at;

	if (!pick(v, words, &at))
		return false;
	f->quirks.stamp = (enum stamp)at;
	if (at)
		put_stamps(f);
	return true;
}

static bool set_solution_save(struct flow *f, const struct json *v)
{
	static const char *const words[] = { "refused", "byKey", "accepted", NULL };
	int at;

	if (!pick(v, words, &at))
		return false;
	f->quirks.solution_save = (enum solution_save)at;
	return true;
}

/* The owner before it goes on working with it. */
static bool set_owner(struct flow *f, const struct json *v)
{
	struct user *u = tenant_user(f->tenant, json_str(v));

	if (!u)
		return false;
	if (f->share_count < FLOW_SHARES && f->owner != u && !flow_shared_with(f, f->owner))
		f->shares[f->share_count++] = (struct share){ f->owner, "CanEdit" };
	f->owner = u;
	return true;
}

static bool set_managed(struct flow *f, const struct json *v)
{
	for (unsigned i = 0; i < f->tenant->solution_count; i++) {
		struct solution *s = &f->tenant->solutions[i];

		if (s->env != f->env || s->managed != json_is_true(v))
			continue;
		f->solution = s;
		if (!*f->workflow)
			prng_guid(prng_mix(f->seed, prng_hash(S("managed"))), f->workflow);
		return true;
	}
	return false;
}

static bool set_unpublished(struct flow *f, const struct json *v)
{
	f->draft_only = json_is_true(v);
	flow_current(f)->published = !f->draft_only;
	if (f->draft_only)
		f->state = FLOW_STOPPED;
	return *f->workflow || !f->draft_only;
}

static bool set_count(int64_t *out, const struct json *v)
{
	*out = json_int(v, 0);
	return json_is(v, JSON_NUMBER) && *out >= -1;
}

static bool set_flag(bool *out, const struct json *v)
{
	*out = json_is_true(v);
	return json_is(v, JSON_BOOL);
}

/* Of the flow's entry in the seed; one that a test made has none yet. */
static bool set_data(struct flow *f, const char *name, const struct json *v)
{
	flow_current(f);
	if (!f->data)
		f->data = json_new_object(&f->tenant->mem);
	json_set(&f->tenant->mem, f->data, name, json_copy(&f->tenant->mem, v));
	return json_is(v, JSON_OBJECT);
}

static bool set_script(struct flow *f, const struct json *v)
{
	return set_data(f, "script", v);
}

static bool set_checks(struct flow *f, const struct json *v)
{
	return set_data(f, "checks", v);
}

static bool set_expanded(struct flow *f, const struct json *v)
{
	return set_data(f, "expanded", v);
}

static bool set_suspended(struct flow *f, const struct json *v)
{
	f->suspended = str_c(&f->tenant->mem, json_str(v));
	f->state = FLOW_SUSPENDED;
	return json_str(v).n > 0;
}

static bool set_one(struct flow *f, struct str name, const struct json *v)
{
	struct quirks *k = &f->quirks;
	const struct {
		const char *name;
		int64_t *count;
		bool *flag;
		bool (*set)(struct flow *f, const struct json *v);
	} rows[] = {
		{ "lostSaves", &k->lost_saves, NULL, NULL },
		{ "readLag", &k->read_lag, NULL, NULL },
		{ "licenceLag", &k->licence_lag, NULL, NULL },
		{ "emptyReferences", NULL, &k->empty_references, NULL },
		{ "refusedSaveWipes", NULL, &k->wipes, NULL },
		{ "suspendOnSave", NULL, &k->suspend, NULL },
		{ "stamp", NULL, NULL, set_stamp },
		{ "solutionSave", NULL, NULL, set_solution_save },
		{ "owner", NULL, NULL, set_owner },
		{ "managed", NULL, NULL, set_managed },
		{ "unpublished", NULL, NULL, set_unpublished },
		{ "script", NULL, NULL, set_script },
		{ "checks", NULL, NULL, set_checks },
		{ "expanded", NULL, NULL, set_expanded },
		{ "suspended", NULL, NULL, set_suspended },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!str_eq(name, str_from(rows[i].name)))
			continue;
		if (rows[i].count)
			return set_count(rows[i].count, v);
		return rows[i].flag ? set_flag(rows[i].flag, v) : rows[i].set(f, v);
	}
	return false;
}

/* ---- another editor ---- */

static struct json *edited(struct request *q, struct flow *f, const struct json *definition)
{
	const struct version *v = f->draft ? f->draft : flow_current(f);
	struct json *out;

	if (definition)
		return json_copy(&q->mem, definition);
	out = json_copy(&q->mem, v->definition);
	json_set(&q->mem, json_get(out, "actions"), "Edited_by_somebody_else",
		 emit_json(&q->mem, "{'type':'Compose','inputs':'%t','runAfter':{}}", clock_now()));
	return out;
}

/* {"by","draft","definition","references","displayName"}: nothing is checked. */
static bool edit(struct request *q, struct flow *f, const struct json *v)
{
	struct user *by = tenant_user(q->tenant, json_get(v, "by") ? json_get_str(v, "by") :
								      S("piet"));
	struct json *definition = by ? edited(q, f, json_get(v, "definition")) : NULL;
	bool draft = json_is_true(json_get(v, "draft"));

	if (!by || (draft && !*f->workflow))
		return false;
	if (draft) {
		flow_save_draft(f, by, definition, json_get(v, "references"));
	} else {
		flow_save(f, by, definition, json_get(v, "references"));
		if (json_get(v, "displayName"))
			flow_rename(f, json_get_str(v, "displayName"));
	}
	return true;
}

static void change_flow(struct request *q)
{
	const struct json *v = request_json(q);
	struct flow *f = named_flow(q, json_get_str(v, "flow"));

	if (!control_allowed(q))
		return;
	if (!f) {
		control_refuse(q, "no such flow");
		return;
	}
	JSON_EACH(m, v) {
		if (str_eq(json_name(m), S("flow")))
			continue;
		if (str_eq(json_name(m), S("edit")) ? !edit(q, f, m) :
						      !set_one(f, json_name(m), m)) {
			control_refuse(q, str_c(&q->mem, str_fmt(&q->mem, "cannot set '%.*s'",
								 STR_ARG(json_name(m)))));
			return;
		}
	}
	control_done(q);
}

/* ---- connections ---- */

static struct connection *named_connection(struct request *q, struct str name)
{
	for (unsigned i = 0; i < q->tenant->environment_count; i++) {
		struct connection *c =
			tenant_connection(q->tenant, &q->tenant->environments[i], name);

		if (c)
			return c;
	}
	return NULL;
}

/* {"error": {...}} turns it bad from now on, {"error": null} mends it; {"consent": true} is what a
 * person does on the page behind the consent link. */
static void change_connection(struct request *q)
{
	const struct json *v = request_json(q), *error = json_get(v, "error");
	struct connection *c = named_connection(q, json_get_str(v, "connection"));

	if (!control_allowed(q))
		return;
	if (!c) {
		control_refuse(q, "no such connection");
		return;
	}
	if (json_is(error, JSON_OBJECT)) {
		c->error = json_copy(&q->tenant->mem, error);
		c->bad_since = clock_now();
		c->bad_until = 0;
	} else if (error || json_is_true(json_get(v, "consent"))) {
		c->error = NULL;
		c->bad_until = clock_now();
	}
	play_forget();
	if (json_get(v, "deleted"))
		c->deleted = json_is_true(json_get(v, "deleted"));
	control_done(q);
}

/* ---- the data policy ---- */

static void change_policy(struct request *q)
{
	const struct json *v = request_json(q), *list = json_get(v, "blocked");
	struct tenant *t = q->tenant;

	if (!control_allowed(q))
		return;
	if (!json_is(list, JSON_ARRAY) || json_count(list) > TENANT_BLOCKED) {
		control_refuse(q, "blocked: an array of connector names");
		return;
	}
	t->blocked_count = 0;
	JSON_EACH(name, list)
		t->blocked[t->blocked_count++] = str_dup(&t->mem, json_str(name));
	control_done(q);
}

static const struct route rows[] = {
	{ FACE_CONTROL, "POST", "/__practice/flow", change_flow, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/connection", change_connection, ROUTE_OPEN },
	{ FACE_CONTROL, "POST", "/__practice/policy", change_policy, ROUTE_OPEN },
};

const struct route_table practice_routes = { rows, sizeof(rows) / sizeof(*rows) };
