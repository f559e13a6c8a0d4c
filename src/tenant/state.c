/*
 * state.c - people, environments, connections and flows, loaded from the seed.
 *
 * Knows the layout of the seed files; must not know HTTP or the shapes of answers.
 * Ids are made of labels, so that a seed has the same ids on every machine and day.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tenant/clock.h"
#include "tenant/limits.h"
#include "tenant/memory.h"
#include "tenant/prng.h"
#include "tenant/produce.h"
#include "tenant/state.h"
#include "tenant/variables.h"

static void guid_of(const char *kind, const char *key, char out[37])
{
	uint64_t h = prng_mix(prng_hash(str_from(kind)), prng_hash(str_from(key)));

	prng_guid(h, out);
}

/* ---- lookups ---- */

struct user *tenant_user(struct tenant *t, struct str s)
{
	for (unsigned i = 0; i < t->user_count; i++) {
		struct user *u = &t->users[i];

		if (str_eq(s, str_from(u->key)) || str_eq_nocase(s, str_from(u->upn)) ||
		    str_eq_nocase(s, str_from(u->id)))
			return u;
	}
	return NULL;
}

struct directory *tenant_directory(struct tenant *t, struct str s)
{
	for (unsigned i = 0; i < t->directory_count; i++) {
		struct directory *d = &t->directories[i];

		if (str_eq(s, str_from(d->key)) || str_eq_nocase(s, str_from(d->domain)) ||
		    str_eq_nocase(s, str_from(d->id)))
			return d;
	}
	return NULL;
}

struct environment *tenant_environment(struct tenant *t, const struct directory *d, struct str id)
{
	bool standard = str_eq_nocase(id, S("~default"));

	for (unsigned i = 0; i < t->environment_count; i++) {
		struct environment *e = &t->environments[i];

		if (d && e->tenant != d)
			continue;
		if (standard ? e->is_default : str_eq_nocase(id, str_from(e->id)))
			return e;
	}
	return NULL;
}

struct environment *tenant_environment_of_host(struct tenant *t, struct str host_id)
{
	for (unsigned i = 0; i < t->environment_count; i++)
		if (str_eq_nocase(host_id, str_from(t->environments[i].host_id)))
			return &t->environments[i];
	return NULL;
}

struct environment *tenant_organization(struct tenant *t, struct str name)
{
	for (unsigned i = 0; i < t->environment_count; i++) {
		struct environment *e = &t->environments[i];

		if (e->organization && str_eq_nocase(name, str_from(e->organization)))
			return e;
	}
	return NULL;
}

struct connector *tenant_connector(struct tenant *t, struct str name)
{
	for (unsigned i = 0; i < t->connector_count; i++)
		if (str_eq_nocase(name, str_from(t->connectors[i].name)))
			return &t->connectors[i];
	return NULL;
}

struct connection *tenant_connection(struct tenant *t, const struct environment *e,
				     struct str name)
{
	for (unsigned i = 0; i < t->connection_count; i++) {
		struct connection *c = &t->connections[i];

		if (c->env == e && (str_eq_nocase(name, str_from(c->name)) ||
				    str_eq(name, str_from(c->key))))
			return c;
	}
	return NULL;
}

struct solution *tenant_solution(struct tenant *t, const struct environment *e, struct str id)
{
	for (unsigned i = 0; i < t->solution_count; i++) {
		struct solution *s = &t->solutions[i];

		if (s->env == e && (str_eq_nocase(id, str_from(s->id)) ||
				    str_eq_nocase(id, str_from(s->unique))))
			return s;
	}
	return NULL;
}

bool policy_covers(const struct tenant *t, const struct environment *e)
{
	for (unsigned i = 0; i < t->environment_count; i++)
		if (t->environments[i].tenant == e->tenant && t->environments[i].organization)
			return &t->environments[i] == e;
	return false;
}

bool tenant_blocks(const struct tenant *t, struct str connector)
{
	for (unsigned i = 0; i < t->blocked_count; i++)
		if (str_eq_nocase(connector, t->blocked[i]))
			return true;
	return false;
}

struct reference *tenant_reference_new(struct tenant *t, struct environment *e,
				       struct connector *api, struct str logical)
{
	struct reference *r;

	for (unsigned i = 0; i < t->reference_count; i++)
		if (t->references[i].env == e &&
		    str_eq_nocase(logical, str_from(t->references[i].logical)))
			return NULL;
	if (t->reference_count == t->reference_room)
		return NULL;
	r = &t->references[t->reference_count++];
	*r = (struct reference){ .logical = str_c(&t->mem, logical), .env = e, .api = api };
	r->title = r->logical;
	prng_guid(prng_mix(prng_hash(str_from(e->key)), prng_hash(logical)), r->id);
	return r;
}

struct reference *tenant_reference_to(struct tenant *t, struct environment *e,
				      struct connection *c, struct solution *s)
{
	struct reference *r;

	for (unsigned i = 0; i < t->reference_count; i++)
		if (t->references[i].env == e && t->references[i].connection == c)
			return &t->references[i];
	r = tenant_reference_new(t, e, c->api,
				 str_fmt(&t->mem, "new_%s_%.5s", c->api->name, c->name));
	if (!r)
		return NULL;
	r->title = c->title;
	r->connection = c;
	r->solution = s;
	return r;
}

struct flow *tenant_flow(struct tenant *t, const struct environment *e, struct str id)
{
	LIST_EACH(node, &t->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->env == e && (str_eq_nocase(id, str_from(f->id)) ||
				    (*f->workflow && str_eq_nocase(id, str_from(f->workflow)))))
			return f;
	}
	return NULL;
}

/* ---- loading ---- */

static struct json *parse_file(struct tenant *t, const char *name)
{
	struct json_error e = { 0 };
	struct str text = seed_file(name);
	struct json *v;

	if (!text.p)
		return NULL;
	v = json_parse(&t->mem, text, JSON_ANSWER, &e);
	if (!v)
		must_not(arena_printf(&t->mem, "seed %s, offset %zu: %s", name, e.offset, e.message));
	return v;
}

struct json *tenant_pattern(struct tenant *t, const char *name)
{
	struct json *v = json_get(t->patterns, name);

	return v ? v : json_set(&t->mem, t->patterns, name, parse_file(t, name));
}

static struct environment *environment_by_key(struct tenant *t, const char *key)
{
	for (unsigned i = 0; i < t->environment_count; i++)
		if (!strcmp(t->environments[i].key, key))
			return &t->environments[i];
	return NULL;
}

static void load_directories(struct tenant *t, const struct json *list)
{
	t->directories = arena_array(&t->mem, json_count(list), sizeof(*t->directories));
	JSON_EACH(v, list) {
		struct directory *d = &t->directories[t->directory_count++];

		d->key = json_get_z(v, "key");
		d->name = json_get_z(v, "name");
		d->domain = json_get_z(v, "domain");
		guid_of("tenant", d->key, d->id);
	}
}

static void load_users(struct tenant *t, const struct json *list)
{
	t->users = arena_array(&t->mem, json_count(list), sizeof(*t->users));
	JSON_EACH(v, list) {
		struct user *u = &t->users[t->user_count++];

		u->key = json_get_z(v, "key");
		u->name = json_get_z(v, "name");
		u->upn = json_get_z(v, "upn");
		u->home = tenant_directory(t, json_get_str(v, "tenant"));
		u->guest = tenant_directory(t, json_get_str(v, "guest"));
		u->kind = json_get(v, "kind") ? json_get_z(v, "kind") : "User";
		u->disabled = json_is_true(json_get(v, "disabled")) || strcmp(u->kind, "User") != 0;
		guid_of("user", u->key, u->id);
	}
}

/* The host of an environment carries its id in lower case without dashes. */
static void set_host_id(struct environment *e)
{
	size_t n = 0;

	for (const char *p = e->id; *p && n + 1 < sizeof(e->host_id); p++)
		if (*p != '-')
			e->host_id[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	e->host_id[n] = 0;
}

static void load_environments(struct tenant *t, const struct json *list)
{
	t->environments = arena_array(&t->mem, json_count(list), sizeof(*t->environments));
	JSON_EACH(v, list) {
		struct environment *e = &t->environments[t->environment_count++];

		e->key = json_get_z(v, "key");
		e->name = json_get_z(v, "name");
		e->sku = json_get_z(v, "sku");
		e->location = json_get_z(v, "location");
		e->region = json_get_z(v, "region");
		e->created = json_get_z(v, "created");
		e->description = json_get(v, "description") ? json_get_z(v, "description") : NULL;
		e->organization =
			json_get(v, "organization") ? json_get_z(v, "organization") : NULL;
		e->tenant = tenant_directory(t, json_get_str(v, "tenant"));
		e->is_default = !strcmp(e->sku, "Default");
		if (e->is_default)
			snprintf(e->id, sizeof(e->id), "Default-%s", e->tenant->id);
		else
			guid_of("environment", e->key, e->id);
		guid_of("organization", e->key, e->org_id);
		set_host_id(e);
	}
}

static void load_connectors(struct tenant *t, const struct json *list)
{
	t->connectors = arena_array(&t->mem, json_count(list), sizeof(*t->connectors));
	JSON_EACH(v, list) {
		struct connector *c = &t->connectors[t->connector_count++];

		c->name = json_get_z(v, "name");
		c->title = json_get_z(v, "title");
		c->tier = json_get_z(v, "tier");
		c->color = json_get_z(v, "color");
		c->auth = json_get_z(v, "auth");
		c->data = v;
	}
}

static void load_solutions(struct tenant *t, const struct json *list)
{
	t->solutions = arena_array(&t->mem, json_count(list), sizeof(*t->solutions));
	JSON_EACH(v, list) {
		struct solution *s = &t->solutions[t->solution_count++];

		s->unique = json_get_z(v, "unique");
		s->friendly = json_get_z(v, "friendly");
		s->version = json_get_z(v, "version");
		s->publisher = json_get_z(v, "publisher");
		s->managed = json_is_true(json_get(v, "managed"));
		s->env = environment_by_key(t, json_get_z(v, "env"));
		prng_guid(prng_mix(prng_hash(str_from(s->unique)),
				   prng_hash(str_from(s->env->key))),
			  s->id);
	}
}

static void load_connections(struct tenant *t, const struct json *list)
{
	t->connection_room = (unsigned)json_count(list) + TENANT_MADE;
	t->connections = arena_array(&t->mem, t->connection_room, sizeof(*t->connections));
	JSON_EACH(v, list) {
		struct connection *c = &t->connections[t->connection_count++];
		char guid[37];
		size_t n = 0;

		c->key = json_get_z(v, "key");
		c->title = json_get_z(v, "name");
		c->api = tenant_connector(t, json_get_str(v, "api"));
		c->env = environment_by_key(t, json_get_z(v, "env"));
		c->owner = tenant_user(t, json_get_str(v, "owner"));
		c->data = v;
		c->error = json_get(v, "error");
		/* Connection names are 32 hex digits where the portal made them. */
		guid_of("connection", c->key, guid);
		for (const char *p = guid; *p; p++)
			if (*p != '-')
				c->name[n++] = *p;
	}
}

static void load_references(struct tenant *t, const struct json *list)
{
	t->reference_room = (unsigned)json_count(list) + TENANT_MADE;
	t->references = arena_array(&t->mem, t->reference_room, sizeof(*t->references));
	JSON_EACH(v, list) {
		struct reference *r = &t->references[t->reference_count++];

		r->logical = json_get_z(v, "logical");
		r->title = json_get_z(v, "title");
		r->env = environment_by_key(t, json_get_z(v, "env"));
		r->api = tenant_connector(t, json_get_str(v, "api"));
		r->connection = tenant_connection(t, r->env, json_get_str(v, "connection"));
		r->solution = tenant_solution(t, r->env, json_get_str(v, "solution"));
		guid_of("reference", r->logical, r->id);
	}
}

/* ---- flows ---- */

static const struct {
	const char *name;
	enum flow_kind kind;
} kinds[] = {
	{ "cloud", FLOW_CLOUD }, { "agent", FLOW_AGENT },     { "desktop", FLOW_DESKTOP },
	{ "bpf", FLOW_BPF },     { "classic", FLOW_CLASSIC },
};

static const char *const state_names[] = {
	[FLOW_STARTED] = "Started",
	[FLOW_STOPPED] = "Stopped",
	[FLOW_SUSPENDED] = "Suspended",
};

const char *flow_state_name(enum flow_state s)
{
	return state_names[s];
}

bool tenant_make_room(struct tenant *t)
{
	if (t->flow_count < TENANT_FLOWS)
		return true;
	LIST_EACH(node, &t->flows) {
		struct flow *f = LIST_ITEM(node, struct flow, node);

		if (f->deleted) {
			flow_free(t, f);
			return true;
		}
	}
	return false;
}

struct flow *flow_new(struct tenant *t, struct environment *e, struct user *owner, struct str name)
{
	struct flow *f = must_alloc(sizeof(*f));
	char label[32];

	snprintf(label, sizeof(label), "%u", ++t->counter);
	f->tenant = t;
	f->env = e;
	f->owner = owner;
	f->suspended = "None";
	f->seed = prng_mix(prng_hash(S("new flow")), t->counter);
	f->created = f->modified = clock_now();
	f->etag = 3580000 + t->counter;
	guid_of("new flow", label, f->id);
	guid_of("new unique", label, f->unique);
	flow_rename(f, name);
	list_append(&t->flows, &f->node);
	t->flow_count++;
	return f;
}

static void load_shares(struct tenant *t, struct flow *f, const struct json *list)
{
	JSON_EACH(v, list) {
		if (f->share_count == FLOW_SHARES)
			break;
		f->shares[f->share_count++] = (struct share){
			.user = tenant_user(t, json_get_str(v, "user")),
			.role = json_get_z(v, "role"),
		};
	}
}

static void load_flow(struct tenant *t, struct json *v)
{
	const char *key = json_get_z(v, "key"), *state = json_get_z(v, "state");
	struct flow *f = flow_new(t, environment_by_key(t, json_get_z(v, "env")),
				  tenant_user(t, json_get_str(v, "owner")),
				  json_get_str(v, "name"));

	f->data = v;
	f->seed = prng_hash(str_from(key));
	guid_of("flow", key, f->id);
	guid_of("unique", key, f->unique);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, json_get_z(v, "kind")))
			f->kind = kinds[i].kind;
	f->solution = tenant_solution(t, f->env, json_get_str(v, "solution"));
	if (f->solution || f->kind != FLOW_CLOUD)
		guid_of("workflow", key, f->workflow);
	for (unsigned i = 0; i < sizeof(state_names) / sizeof(*state_names); i++)
		if (!strcmp(state_names[i], state))
			f->state = (enum flow_state)i;
	if (json_get(v, "suspended"))
		f->suspended = json_get_z(v, "suspended");
	f->draft_only = json_is_true(json_get(v, "draftOnly"));
	load_shares(t, f, json_get(v, "shared"));
	f->created = clock_now() - json_int(json_get(v, "ageDays"), 400) * TICKS_DAY -
		     (int64_t)prng_below(&(uint64_t){ f->seed }, (uint64_t)TICKS_DAY);
	f->modified = clock_now() - json_int(json_get(v, "editedDays"), 60) * TICKS_DAY -
		      (int64_t)prng_below(&(uint64_t){ f->seed + 1 }, (uint64_t)TICKS_DAY);
}

static void load_flows(struct tenant *t, const struct json *list)
{
	JSON_EACH(v, list)
		load_flow(t, v);
}

bool tenant_load(struct tenant *t, const char *seed)
{
	char name[64];
	struct json *base, *more;

	snprintf(name, sizeof(name), "flows-%s.json", seed);
	if (!seed_file(name).p)
		return false;
	*t = (struct tenant){ .seed_name = seed };
	list_init(&t->flows);
	arena_init(&t->mem, TENANT_SEED);
	base = parse_file(t, "people.json");
	load_directories(t, json_get(base, "tenants"));
	load_users(t, json_get(base, "users"));
	load_environments(t, json_get(base, "environments"));
	load_connectors(t, json_get(parse_file(t, "connectors.json"), "connectors"));
	more = parse_file(t, name);
	t->patterns = json_new_object(&t->mem);
	load_solutions(t, json_get(more, "solutions"));
	load_connections(t, json_get(more, "connections"));
	load_references(t, json_get(more, "references"));
	load_flows(t, json_get(more, "flows"));
	variables_load(t);
	t->blocked[t->blocked_count++] = S("shared_twitter");
	return true;
}

void tenant_free(struct tenant *t)
{
	play_forget();
	LIST_EACH_SAFE(node, &t->flows)
		flow_free(t, LIST_ITEM(node, struct flow, node));
	arena_release(&t->mem);
}
