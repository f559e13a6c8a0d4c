/*
 * flow.c - what happens to one flow: versions of its definition, and its runs.
 *
 * Knows how the history of a flow is made out of its entry in the seed.
 * Must not know what happens inside a run: that is produce.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/limits.h"
#include "tenant/memory.h"
#include "tenant/prng.h"
#include "tenant/state.h"

/* ---- versions ---- */

static struct version *version_new(void)
{
	struct version *v = must_alloc(sizeof(*v));

	arena_init(&v->mem, TENANT_VERSION);
	v->users = 1;
	return v;
}

static void version_drop(struct version *v)
{
	if (!v || --v->users)
		return;
	arena_release(&v->mem);
	free(v);
}

struct json *flow_script(struct flow *f)
{
	const char *name = json_get_z(f->data, "pattern");
	struct json *own = json_get(f->data, "script");

	if (own)
		return own;
	return *name ? tenant_pattern(f->tenant, name) : NULL;
}

static struct connection *pick_connection(struct flow *f, struct str key, struct str api)
{
	struct tenant *t = f->tenant;
	struct str named = json_str(json_get_n(json_get(f->data, "connections"), key));
	struct connection *other = NULL;

	if (named.n)
		return tenant_connection(t, f->env, named);
	for (unsigned i = 0; i < t->connection_count; i++) {
		struct connection *c = &t->connections[i];

		if (c->env != f->env || !str_eq(api, str_from(c->api->name)))
			continue;
		if (c->error)
			continue;
		if (c->owner == f->owner)
			return c;
		other = c;
	}
	return other;
}

static const char *pick_logical(struct flow *f, const struct connection *c, struct str api)
{
	struct tenant *t = f->tenant;
	const char *other = NULL;

	for (unsigned i = 0; i < t->reference_count; i++) {
		struct reference *r = &t->references[i];

		if (r->env != f->env || !r->api || !str_eq(api, str_from(r->api->name)))
			continue;
		if (r->connection == c)
			return r->logical;
		other = r->logical;
	}
	return other;
}

/* The design form of the references a pattern asks for, bound to this flow's connections. */
static struct json *bind_references(struct flow *f, struct arena *a, const struct json *wanted)
{
	struct json *out = json_new_object(a);

	JSON_EACH(w, wanted) {
		struct str api = json_get_str(w, "api");
		struct connection *c = pick_connection(f, json_name(w), api);
		struct json *r = json_new_object(a);
		const char *logical = f->solution ? pick_logical(f, c, api) : NULL;

		if (c)
			json_set_z(a, r, "connectionName", c->name);
		if (logical)
			json_set_z(a, r, "connectionReferenceLogicalName", logical);
		json_set_z(a, r, "source",
			   json_get(w, "source") ? json_get_z(w, "source") : "Embedded");
		json_set_str(a, r, "id",
			     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s", STR_ARG(api)));
		json_set_n(a, out, json_name(w), r);
	}
	return out;
}

static struct json *empty_definition(struct arena *a)
{
	static const char text[] =
		"{\"$schema\":\"https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
		"2016-06-01/workflowdefinition.json#\",\"contentVersion\":\"1.0.0.0\","
		"\"parameters\":{\"$connections\":{\"defaultValue\":{},\"type\":\"Object\"},"
		"\"$authentication\":{\"defaultValue\":{},\"type\":\"SecureObject\"}},"
		"\"triggers\":{},\"actions\":{},\"outputs\":{}}";

	return json_parse(a, str_from(text), JSON_ANSWER, NULL);
}

struct version *flow_current(struct flow *f)
{
	struct json *script = flow_script(f);
	int64_t large = json_int(json_get(script, "generate"), 0);

	if (f->version)
		return f->version;
	f->version = version_new();
	f->version->at = f->modified;
	f->version->by = f->modified_by ? f->modified_by : f->owner;
	f->version->published = !f->draft_only;
	if (large)
		f->version->definition = seed_large_definition(&f->version->mem, (unsigned)large);
	else if (script)
		f->version->definition = json_get(script, "definition");
	else
		f->version->definition = empty_definition(&f->version->mem);
	f->version->references =
		bind_references(f, &f->version->mem, json_get(script, "references"));
	return f->version;
}

/* The history has all that were saved, up to a number; the oldest goes. */
static void add_version(struct flow *f, struct version *v)
{
	if (f->version_count == FLOW_VERSIONS) {
		version_drop(f->versions[0]);
		memmove(f->versions, f->versions + 1, sizeof(*f->versions) * (FLOW_VERSIONS - 1));
		f->version_count--;
	}
	v->users++;
	f->versions[f->version_count++] = v;
}

static struct version *version_of(struct flow *f, struct user *by, const struct json *definition,
				  const struct json *references)
{
	struct version *old = flow_current(f), *v = version_new();

	/* What the seed has was saved once; a flow made since then begins with its first save. */
	if (!f->version_count && f->data)
		add_version(f, old);
	v->definition = json_copy(&v->mem, definition ? definition : old->definition);
	v->references = json_copy(&v->mem, references ? references : old->references);
	v->at = clock_now();
	v->by = by;
	add_version(f, v);
	return v;
}

static void drop_draft(struct flow *f)
{
	version_drop(f->draft);
	f->draft = NULL;
}

static void changed(struct flow *f, struct user *by)
{
	f->modified = clock_now();
	f->modified_by = by;
	f->etag++;
}

void flow_save(struct flow *f, struct user *by, const struct json *definition,
	       const struct json *references)
{
	struct version *v = version_of(f, by, definition, references);

	drop_draft(f);
	version_drop(f->version);
	f->version = v;
	v->published = !f->draft_only;
	changed(f, by);
}

void flow_save_draft(struct flow *f, struct user *by, const struct json *definition,
		     const struct json *references)
{
	struct version *v = version_of(f, by, definition, references);

	drop_draft(f);
	f->draft = v;
}

void flow_publish_draft(struct flow *f, struct user *by)
{
	if (f->draft) {
		version_drop(f->version);
		f->version = f->draft;
		f->draft = NULL;
		changed(f, by);
	}
	f->draft_only = false;
	flow_current(f)->published = true;
}

/* ---- reads that lag behind ---- */

bool quirk_take(int64_t *left)
{
	if (*left > 0)
		(*left)--;
	else if (!*left)
		return false;
	return true;
}

static void forget_past(struct flow *f)
{
	version_drop(f->past.version);
	free(f->past.name);
	f->past = (struct flow_view){ .reads = 0 };
}

void flow_remember(struct flow *f)
{
	if (!f->quirks.read_lag || f->past.reads)
		return;
	forget_past(f);
	f->past = (struct flow_view){ .version = flow_current(f),
				      .name = must_copy(str_from(f->name)),
				      .state = f->state, .modified = f->modified,
				      .reads = f->quirks.read_lag };
	f->past.version->users++;
}

const struct flow_view *flow_past(struct flow *f)
{
	if (f->past.version && quirk_take(&f->past.reads))
		return &f->past;
	forget_past(f);
	return NULL;
}

void flow_rename(struct flow *f, struct str name)
{
	char *copy = must_copy(name); /* `name` may be the old one */

	free(f->name);
	f->name = copy;
}

bool flow_shared_with(const struct flow *f, const struct user *u)
{
	for (unsigned i = 0; i < f->share_count; i++)
		if (f->shares[i].user == u)
			return true;
	return false;
}

/* ---- runs ---- */

static const char *const status_names[] = {
	[RUN_RUNNING] = "Running",     [RUN_WAITING] = "Waiting",
	[RUN_SUCCEEDED] = "Succeeded", [RUN_FAILED] = "Failed",
	[RUN_CANCELLED] = "Cancelled", [RUN_TIMED_OUT] = "TimedOut",
	[RUN_SKIPPED] = "Skipped",     [RUN_ABORTED] = "Aborted",
};

const char *run_status_name(enum run_status s)
{
	return status_names[s];
}

/* The service counts down from the largest number of .NET ticks, so that newer names sort first. */
static void run_set_name(struct run *r)
{
	int64_t ticks = r->start + TICKS_UNIX;

	snprintf(r->name, sizeof(r->name), "%020lld%09uCU%02u", (long long)(INT64_MAX - ticks),
		 (unsigned)(r->seed % 1000000000), (unsigned)(r->seed >> 32) % 64);
}

static struct run *add_run(struct flow *f)
{
	if (f->run_count == f->run_room) {
		unsigned room = f->run_room ? f->run_room * 2 : 64;

		f->runs = must_grow(f->runs, room * sizeof(*f->runs));
		f->run_room = room;
	}
	f->runs[f->run_count] = (struct run){ .version = flow_current(f) };
	f->version->users++;
	return &f->runs[f->run_count++];
}

static struct str pick_variant(struct flow *f, unsigned k, uint64_t seed)
{
	struct json *recent = json_item(json_get(f->data, "recent"), k);
	struct json *plan = json_get(f->data, "plan");
	int64_t all = 0, at;

	if (recent)
		return json_str(recent);
	JSON_EACH(w, plan)
		all += json_int(w, 0);
	at = (int64_t)prng_below(&seed, (uint64_t)all);
	JSON_EACH(w, plan) {
		at -= json_int(w, 0);
		if (at < 0)
			return json_name(w);
	}
	return S("");
}

void flow_make_runs(struct flow *f)
{
	int64_t every = json_int(json_get(f->data, "every"), 0) * TICKS_S;
	int64_t most = json_int(json_get(f->data, "runs"), TENANT_RUNS);
	bool aligned = json_is_true(json_get(f->data, "aligned"));
	int64_t now = clock_now(), slot;

	if (f->runs_made)
		return;
	f->runs_made = true;
	if (!every)
		return;
	slot = now / every;
	for (unsigned k = 0; k < (unsigned)most && k < TENANT_RUNS; slot--) {
		uint64_t seed = prng_mix(f->seed, (uint64_t)slot);
		int64_t offset = (int64_t)prng_below(&seed, (uint64_t)(aligned ? TICKS_S : every));
		int64_t start = slot * every + offset;
		struct run *r;

		if (start < now - 28 * TICKS_DAY || slot <= 0)
			break;
		if (start >= now - 2 * TICKS_MIN)
			continue;
		r = add_run(f);
		r->start = start;
		r->seed = prng_next(&seed);
		r->variant = pick_variant(f, k, prng_next(&seed));
		run_set_name(r);
		k++;
	}
}

struct run *flow_run(struct flow *f, struct str name)
{
	flow_make_runs(f);
	for (unsigned i = 0; i < f->run_count; i++)
		if (str_eq_nocase(name, str_from(f->runs[i].name)))
			return &f->runs[i];
	return NULL;
}

static void drop_run(struct run *r)
{
	if (r->mem)
		arena_release(r->mem);
	free(r->mem);
	version_drop(r->version);
}

struct run *flow_start_run(struct tenant *t, struct flow *f, const struct json *trigger,
			   const struct run *origin)
{
	struct run made, before = origin ? *origin : (struct run){ 0 }, *r;

	flow_make_runs(f);
	if (f->run_count >= TENANT_RUNS)
		drop_run(&f->runs[--f->run_count]);
	add_run(f); /* may move the runs, and `origin` with them */
	r = &f->runs[f->run_count - 1];
	r->start = clock_now();
	r->live = true;
	r->seed = prng_mix(f->seed, UINT64_C(0x72756e) + ++t->counter);
	if (origin) {
		snprintf(r->origin, sizeof(r->origin), "%s", before.name);
		/* What connectors say does not depend on the definition. */
		r->variant = before.variant;
		if (!trigger)
			trigger = before.trigger;
	}
	if (trigger) {
		r->mem = must_alloc(sizeof(*r->mem));
		arena_init(r->mem, TENANT_BODY * 8ull);
		r->trigger = json_copy(r->mem, trigger);
	}
	run_set_name(r);
	/* Newest first. */
	made = *r;
	memmove(f->runs + 1, f->runs, (f->run_count - 1) * sizeof(*f->runs));
	f->runs[0] = made;
	return &f->runs[0];
}

void flow_free(struct tenant *t, struct flow *f)
{
	for (unsigned i = 0; i < f->run_count; i++)
		drop_run(&f->runs[i]);
	version_drop(f->version);
	version_drop(f->draft);
	for (unsigned i = 0; i < f->version_count; i++)
		version_drop(f->versions[i]);
	forget_past(f);
	list_remove(&f->node);
	t->flow_count--;
	free(f->runs);
	free(f->name);
	free(f);
}
