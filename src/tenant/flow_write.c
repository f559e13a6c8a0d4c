/*
 * flow_write.c - the flow host, writing: saving, publishing, switching and deleting flows.
 *
 * Drafts are Dataverse's (learn.microsoft.com/power-automate/drafts-versioning): flows outside
 * solutions have none, and `draftFlow` means nothing for them.
 */
#include "tenant/clock.h"
#include "tenant/control.h"
#include "tenant/emit.h"
#include "tenant/faces.h"
#include "tenant/prng.h"
#include "tenant/route.h"
#include "tenant/save.h"

unsigned flow_capture(const struct request *q)
{
	return q->face == FACE_ENVIRONMENT ? 0 : 1;
}

bool may_change(const struct request *q, const struct flow *f)
{
	if (q->admin || f->owner == q->caller.user)
		return true;
	for (unsigned i = 0; i < f->share_count; i++)
		if (f->shares[i].user == q->caller.user && !strcmp(f->shares[i].role, "CanEdit"))
			return true;
	return false;
}

struct flow *need_own_flow(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? need_flow(q, e, flow_capture(q)) : NULL;

	if (!f || may_change(q, f))
		return f;
	answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, f->id,
		     "shared_logicflows");
	return NULL;
}

struct json *design_references(struct request *q, const struct json *sent)
{
	static const char *const kept[] = { "connectionName", "connectionReferenceLogicalName",
					    "source", "id" };
	struct arena *a = &q->mem;
	struct json *out = json_new_object(a);

	JSON_EACH(r, sent) {
		struct json *one = json_new_object(a);

		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (json_get(r, kept[i]))
				json_set(a, one, kept[i], json_copy(a, json_get(r, kept[i])));
		if (!json_get(one, "source"))
			json_set_z(a, one, "source", "Embedded");
		if (!json_get(one, "id") && json_get(json_get(r, "api"), "name"))
			json_set_str(a, one, "id",
				     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%s",
					     json_get_z(json_get(r, "api"), "name")));
		json_set_n(a, out, json_name(r), one);
	}
	return out;
}

struct json *need_properties(struct request *q)
{
	struct json *body = request_json(q), *p = json_get(body, "properties");

	if (json_is(p, JSON_OBJECT))
		return p;
	answer_error(q, SE_INVALID_REQUEST,
		     body ? "Required property 'properties' not found in JSON. Path ''." :
			    "Unexpected character encountered while parsing value",
		     NULL, NULL);
	return NULL;
}

/* ---- creating ---- */

static bool wants_draft(struct request *q)
{
	return str_eq_nocase(request_query(q, "draftFlow"), S("true"));
}

/* Environments may be set up so that every new flow lives in Dataverse, in the default solution. */
static void adopt(struct request *q, struct flow *f)
{
	if (!knobs.solution_only || !f->env->organization)
		return;
	prng_guid(prng_mix(f->seed, prng_hash(S("row"))), f->workflow);
	for (unsigned i = 0; i < q->tenant->solution_count; i++)
		if (q->tenant->solutions[i].env == f->env &&
		    !strncmp(q->tenant->solutions[i].unique, "Crc", 3))
			f->solution = &q->tenant->solutions[i];
	flow_bind(q, f);
}

static void create_named(struct request *q, struct environment *e, struct str id)
{
	const struct json *p = need_properties(q);
	struct json *references;
	struct save_error error;
	struct flow *f;

	if (!p)
		return;
	references = design_references(q, json_get(p, "connectionReferences"));
	if (!tenant_make_room(q->tenant)) {
		answer_error(q, SE_INTERNAL, NULL, NULL, NULL);
		return;
	}
	if (!save_check(q, e, NULL, json_get(p, "definition"), references, &error)) {
		save_refuse(q, &error, false);
		return;
	}
	f = flow_new(q->tenant, e, q->caller.user,
		     json_get(p, "displayName") ? json_get_str(p, "displayName") : S("Untitled"));
	if (id.n == 36)
		memcpy(f->id, id.p, 36);
	/* Clients report creates that lose their bindings. */
	flow_save(f, q->caller.user, json_get(p, "definition"),
		  knobs.create_drops_references ? json_new_object(&q->mem) : references);
	adopt(q, f);
	f->state = str_eq_nocase(json_get_str(p, "state"), S("Stopped")) ? FLOW_STOPPED :
									   FLOW_STARTED;
	save_suspend(q, f);
	f->quirks.unseen = knobs.create_lag;
	answer_json(q, 201, flow_shape(q, f, SHAPE_FULL));
}

static void flow_create(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (e)
		create_named(q, e, S(""));
}

/* ---- updating ---- */

/* The answer to a save that is not kept looks like any other. */
static void pretend(struct request *q, struct flow *f, const struct json *p,
		    struct json *references)
{
	struct version sent = { .definition = json_get(p, "definition"), .references = references };
	struct flow_view view = { .version = &sent, .name = f->name, .state = f->state,
			     .modified = clock_now() };

	if (json_get(p, "displayName"))
		view.name = arena_copy(&q->mem, json_get_z(p, "displayName"),
				       json_get_str(p, "displayName").n);
	q->view = &view;
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
	q->view = NULL;
}

/* True when the flow may be saved like this; false with the answer set. */
static bool allowed(struct request *q, struct flow *f, const struct json *definition,
		    const struct json *references)
{
	struct save_error error;

	if (save_managed(f, &error) && save_check(q, f->env, f, definition, references, &error))
		return true;
	if (f->quirks.wipes)
		flow_save(f, q->caller.user, NULL, json_new_object(&q->mem));
	save_refuse(q, &error, *f->workflow != 0);
	return false;
}

static void save_as_draft(struct request *q, struct flow *f, const struct json *p,
			  struct json *references)
{
	struct save_error error;
	struct flow_view view;

	/* A draft may have errors, but not in a managed flow. */
	if (!save_managed(f, &error)) {
		save_refuse(q, &error, true);
		return;
	}
	if (quirk_take(&f->quirks.lost_saves)) {
		pretend(q, f, p, references);
		return;
	}
	flow_save_draft(f, q->caller.user, json_get(p, "definition"), references);
	if (json_get(p, "displayName"))
		flow_rename(f, json_get_str(p, "displayName"));
	view = (struct flow_view){ .version = f->draft, .name = f->name, .state = f->state,
			      .modified = f->draft->at };
	q->view = &view;
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
	q->view = NULL;
}

static void save_live(struct request *q, struct flow *f, const struct json *p,
		      struct json *references)
{
	if (!allowed(q, f, json_get(p, "definition"), references))
		return;
	if (quirk_take(&f->quirks.lost_saves)) {
		pretend(q, f, p, references);
		return;
	}
	flow_remember(f);
	flow_save(f, q->caller.user, json_get(p, "definition"), references);
	if (json_get(p, "displayName"))
		flow_rename(f, json_get_str(p, "displayName"));
	/* What `state` says is not heard: flows are switched by start and stop. */
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
	save_suspend(q, f);
}

static void update(struct request *q, struct flow *f)
{
	const struct json *p = need_properties(q);
	struct json *references;

	if (!p)
		return;
	if (!json_is(json_get(p, "definition"), JSON_OBJECT)) {
		answer_error(q, SE_INVALID_REQUEST,
			     "Required property 'definition' not found in JSON. Path 'properties'.",
			     NULL, NULL);
		return;
	}
	/* Without connectionReferences in the body the flow's own are not used: steps lose them. */
	references = design_references(q, json_get(p, "connectionReferences"));
	if (wants_draft(q) && *f->workflow)
		save_as_draft(q, f, p, references);
	else
		save_live(q, f, p, references);
}

static void flow_update(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (f)
		update(q, f);
}

/* A PUT with a new GUID creates; with a known one it updates. */
static void flow_put(struct request *q)
{
	struct environment *e = need_environment(q, 0);

	if (!e)
		return;
	if (tenant_flow(q->tenant, e, q->capture[1]))
		flow_update(q);
	else
		create_named(q, e, q->capture[1]);
}

static void flow_delete(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f;

	if (!e)
		return;
	f = tenant_flow(q->tenant, e, q->capture[flow_capture(q)]);
	if (!f || f->deleted) {
		answer_empty(q, 204);
		return;
	}
	f = need_own_flow(q);
	if (!f)
		return;
	f->deleted = true;
	f->modified = clock_now();
	answer_empty(q, 200);
}

static void flow_restore(struct request *q)
{
	struct environment *e = need_environment(q, 0);
	struct flow *f = e ? tenant_flow(q->tenant, e, q->capture[1]) : NULL;

	if (!e)
		return;
	if (!f || !f->deleted || f->modified < clock_now() - TENANT_RESTORE_DAYS * TICKS_DAY) {
		answer_error(q, SE_FLOW_NOT_FOUND, str_c(&q->mem, q->capture[1]), NULL, NULL);
		return;
	}
	f->deleted = false;
	f->state = FLOW_STOPPED;
	answer_empty(q, 200);
}

/* ---- switching ---- */

/* A connection that keeps the flow from starting, and why. */
static const struct connection *broken_connection(struct request *q, struct flow *f, bool *foreign)
{
	JSON_EACH(r, flow_current(f)->references) {
		struct connection *c =
			tenant_connection(q->tenant, f->env, json_get_str(r, "connectionName"));

		/* What run-only users bring is looked at when they run it. */
		if (!c || str_eq(json_get_str(r, "source"), S("Invoker")))
			continue;
		*foreign = c->owner != f->owner && c->owner != q->caller.user &&
			   !connection_shared(q, c);
		if (*foreign || (c->error && c->bad_since))
			return c;
	}
	return NULL;
}

static bool may_start(struct request *q, struct flow *f)
{
	const struct connection *c;
	bool foreign = false;

	c = broken_connection(q, f, &foreign);
	if (f->draft_only)
		answer_error(q, SE_UNPUBLISHED, NULL, NULL, NULL);
	else if (strcmp(f->suspended, "None") != 0)
		answer_error(q, SE_INVALID_FLOW, f->suspended,
			     "The flow violates a data policy of your organization.", NULL);
	else if (quirk_take(&f->quirks.licence_lag))
		answer_error(q, SE_LICENCE, q->caller.user->id, f->id, NULL);
	else if (c && foreign && !q->admin)
		answer_error(q, SE_CONNECTION_AUTHORIZATION_FAILED, q->caller.user->id, c->name,
			     c->api->name);
	else if (c && !foreign)
		answer_error(q, SE_INVALID_CREDENTIALS, c->name, c->api->name, NULL);
	else
		return true;
	return false;
}

static void flow_start(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (!f || !may_start(q, f))
		return;
	flow_remember(f);
	f->state = FLOW_STARTED;
	f->modified = clock_now();
	answer_empty(q, 200);
}

static void flow_stop(struct request *q)
{
	struct flow *f = need_own_flow(q);

	if (!f)
		return;
	flow_remember(f);
	if (f->state == FLOW_STARTED)
		f->state = FLOW_STOPPED;
	f->modified = clock_now();
	answer_empty(q, 200);
}

static void flow_publish(struct request *q)
{
	struct flow *f = need_own_flow(q);
	struct save_error error;

	if (!f)
		return;
	if (!save_publish(q, f, &error)) {
		save_refuse(q, &error, *f->workflow != 0);
		return;
	}
	answer_json(q, 200, flow_shape(q, f, SHAPE_FULL));
	save_suspend(q, f);
}

static const struct route rows[] = {
	{ FACE_FLOW, "POST", "/providers/Microsoft.ProcessSimple/environments/{E}/flows",
	  flow_create, 0 },
	{ FACE_ENVIRONMENT, "POST", "/powerautomate/flows", flow_create, 0 },
	{ FACE_FLOW, "PUT", "/providers/Microsoft.ProcessSimple/environments/{E}/flows/{F}",
	  flow_put, 0 },
	FLOW_ROUTE("PATCH", "", flow_update, 0),
	FLOW_ROUTE("DELETE", "", flow_delete, ROUTE_ADMIN),
	{ FACE_FLOW, "POST", "/providers/Microsoft.ProcessSimple/environments/{E}/flows/{F}/restore",
	  flow_restore, ROUTE_ADMIN_ONLY },
	FLOW_ROUTE("POST", "/start", flow_start, ROUTE_ADMIN),
	FLOW_ROUTE("POST", "/stop", flow_stop, ROUTE_ADMIN),
	FLOW_ROUTE("POST", "/publish", flow_publish, 0),
};

const struct route_table flow_write_routes = { rows, sizeof(rows) / sizeof(*rows) };
