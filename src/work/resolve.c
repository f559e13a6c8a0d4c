/*
 * resolve.c - turns what a person wrote into environment, flow and run ids.
 *
 * Knows the two lists it needs (environments, flows) and the rules of architecture for ids;
 * must not know what the tool wants them for.
 */
#include "work/resolve.h"

#include "work/call_priv.h"
#include "work/reference.h"

/* The parameters of the row that name things, NULL where it has none. */
struct wants {
	const struct param *environment, *flow, *run;
	const struct param *into; /* P_INTO */
};

static const char *const words[] = { "environment", "flow", "run" }; /* by reference_want */

static struct wants wants_of(const struct tool *t)
{
	struct wants w = { 0 };

	for (const struct param *p = t->params; p && p->name; p++) {
		if (p->flags & P_ENVIRONMENT)
			w.environment = p;
		else if (p->flags & P_FLOW)
			w.flow = p;
		else if (p->flags & P_RUN)
			w.run = p;
		else if (p->flags & P_INTO)
			w.into = p;
	}
	return w;
}

bool resolve_needed(const struct tool *t)
{
	struct wants w = wants_of(t);

	return w.environment || w.flow || w.run;
}

static void set(struct call *c, const struct param *p, struct str value)
{
	call_set_arg(c, p->name, json_new_str(c->arena, value));
}

/* ---- matching ---- */

struct json *resolve_match(struct arena *a, const struct json *list, struct str name)
{
	struct json *out = json_new_array(a);

	JSON_EACH (v, list)
		if (str_eq_nocase(str_trim(json_get_str(v, "displayName")), str_trim(name)))
			json_push(out, json_copy(a, v));
	return out;
}

static unsigned unlikeness(struct str shown, struct str name)
{
	unsigned most = (unsigned)(name.n / 3) + 2;

	if (shown.n == 0)
		return 1000;
	/* A part of a name, or a name with something added, is nearer than any typing error. */
	if (str_contains_nocase(shown, name) || str_contains_nocase(name, shown))
		return 0;
	if (most > 40)
		most = 40;
	return str_distance(shown, name, most) > most ? 1000 : str_distance(shown, name, most);
}

struct json *resolve_nearest(struct arena *a, const struct json *list, struct str name)
{
	const struct json *best[RESOLVE_NEAREST];
	unsigned how[RESOLVE_NEAREST];
	size_t n = 0;
	struct json *out = json_new_array(a);
	struct str wanted = str_lower(a, str_first_utf8(str_trim(name), 128));

	JSON_EACH (v, list) {
		struct str shown =
			str_lower(a, str_first_utf8(json_get_str(v, "displayName"), 128));
		unsigned u = unlikeness(shown, wanted);
		size_t at = n;

		if (u >= 1000)
			continue;
		while (at > 0 && how[at - 1] > u)
			at--;
		if (at >= RESOLVE_NEAREST)
			continue;
		n = n < RESOLVE_NEAREST ? n + 1 : n;
		for (size_t i = n - 1; i > at; i--) {
			best[i] = best[i - 1];
			how[i] = how[i - 1];
		}
		best[at] = v;
		how[at] = u;
	}
	for (size_t i = 0; i < n; i++)
		json_push(out, json_copy(a, best[i]));
	return out;
}

/* The first few of a list as error.data.candidates, and how many more there are. */
static void candidates(struct call *c, const struct json *list)
{
	struct json *few = json_new_array(c->arena);
	size_t n = 0;

	JSON_EACH (v, list)
		if (n++ < RESOLVE_CANDIDATES)
			json_push(few, json_copy(c->arena, v));
	fail_data(c, "candidates", few);
	if (n > RESOLVE_CANDIDATES)
		fail_data(c, "more", json_new_int(c->arena, (int64_t)(n - RESOLVE_CANDIDATES)));
}

/* ---- the two lists ---- */

static struct json *keep_name(struct call *c, const struct json *item)
{
	struct json *v;

	if (!json_get_str(item, "name").n)
		return NULL;
	v = json_new_object(c->arena);
	json_set_str(c->arena, v, "id", json_get_str(item, "name"));
	json_set_str(c->arena, v, "displayName",
		     json_str(json_at(item, "/properties/displayName")));
	return v;
}

static enum verdict fetch_environments(struct call *c)
{
	static const struct paging p = { .keep = keep_name };

	return fetch_all(c, url(c, HOST_FLOW, "/environments"), &p);
}

static enum verdict fetch_flows(struct call *c, const char *environment)
{
	static const struct paging p = { .keep = keep_name };
	struct fetch *f = arena_array(c->arena, 2, sizeof(*f));

	for (int i = 0; i < 2; i++) {
		f[i].url = url(c, HOST_FLOW,
			       i ? "/environments/%s/flows?$filter=search('team')"
				   "&include=includeSolutionCloudFlows&$top=250"
				 : "/environments/%s/flows?$filter=search('personal')"
				   "&include=includeSolutionCloudFlows&$top=250",
			       environment);
		f[i].paging = &p;
	}
	return fetch_each(c, f, 2);
}

/* The list that the last stage brought, or the remembered one; NULL: it must be fetched. */
static struct json *list_now(struct call *c, const char *key, bool arrived, bool *fresh)
{
	const char *text;
	struct json *all;

	*fresh = arrived;
	if (!arrived) {
		text = call_cache_get(c, key);
		return text ? json_parse(c->arena, str_from(text), JSON_ANSWER, NULL) : NULL;
	}
	all = json_new_array(c->arena);
	for (size_t i = 0; i < c->stages[c->stage_count - 1].count; i++)
		JSON_EACH (v, got(c, c->stage_count - 1, i)->json)
			json_push(all, json_copy(c->arena, v));
	call_cache_put(c, key, str_c(c->arena, json_text(c->arena, all)));
	return all;
}

/* Own and shared flows overlap: one of each id. */
static struct json *without_twins(struct call *c, const struct json *list)
{
	struct json *out = json_new_array(c->arena);

	JSON_EACH (v, list) {
		bool twin = false;

		JSON_EACH (w, out)
			twin = twin || str_eq(json_get_str(w, "id"), json_get_str(v, "id"));
		if (!twin)
			json_push(out, json_copy(c->arena, v));
	}
	return out;
}

/* True when the last stage was one of `count` fetches: environments are one, flows are two. */
static bool last_stage_had(const struct call *c, size_t count)
{
	return c->stage_count > 0 && c->stages[c->stage_count - 1].count == count;
}

/* ---- links, keys and ids: no request ---- */

static bool foreign(struct call *c, const struct param *p, const struct reference *r)
{
	fail(c, ERR_INVALID_ARGUMENT, "\"%s\" is a link to %.*s, which is no Power Automate portal",
	     p->name, STR_ARG(str_first_utf8(r->host, 80)));
	hint(c, "Give an id, an exact display name, or the address of the page in "
		"make.powerautomate.com.");
	return false;
}

static bool empty_link(struct call *c, const struct param *p, enum reference_want want)
{
	fail(c, ERR_INVALID_ARGUMENT, "the link in \"%s\" does not name one", p->name);
	hint(c,
	     "Open the %s itself in the portal and copy its address, or give the id or the "
	     "exact display name.",
	     words[want]);
	return false;
}

/* Takes what a link said for parameter `p`; a different id given openly is an error. */
static bool fill(struct call *c, const struct param *from, const struct param *p,
		 enum reference_want want, struct str value)
{
	struct str given;
	struct reference r;

	if (!p || !value.p)
		return true;
	given = arg_str(c, p->name);
	if (!given.n || from == p) {
		set(c, p, value);
		return true;
	}
	r = reference_read(c->arena, given, want);
	given = want == WANT_ENVIRONMENT ? r.environment : want == WANT_FLOW ? r.flow : r.run;
	/* A display name beside a link is looked up; the service finds out if they differ. */
	if (!given.p || str_eq_nocase(given, value))
		return true;
	fail(c, ERR_INVALID_ARGUMENT, "\"%s\" names another %s than \"%s\"", from->name,
	     words[want], p->name);
	hint(c, "Leave \"%s\" out: \"%s\" already says it.", p->name, from->name);
	return false;
}

static bool absorb(struct call *c, const struct wants *w, const struct param *p,
		   enum reference_want want)
{
	struct reference r;
	struct str text;

	if (!p)
		return true;
	text = arg_str(c, p->name);
	if (!text.n)
		return true;
	r = reference_read(c->arena, text, want);
	if (r.kind == REFERENCE_FOREIGN)
		return foreign(c, p, &r);
	if (r.kind == REFERENCE_EMPTY)
		return empty_link(c, p, want);
	if (r.kind == REFERENCE_NAME)
		return true;
	return fill(c, p, w->run, WANT_RUN, r.run) && fill(c, p, w->flow, WANT_FLOW, r.flow) &&
	       fill(c, p, w->environment, WANT_ENVIRONMENT, r.environment);
}

static bool is_id(const struct call *c, const struct param *p, bool (*is)(struct str))
{
	return !p || is(arg_str(c, p->name));
}

static enum verdict missing(struct call *c, const struct param *p)
{
	fail(c, ERR_INVALID_ARGUMENT, "\"%s\" is missing", p->name);
	hint(c, "%s: %s", p->name, p->help);
	return FAIL;
}

/* ---- environment ---- */

static enum verdict environment_needed(struct call *c, const struct json *list)
{
	fail(c, ERR_ENVIRONMENT_NEEDED, "there are %zu environments; say which one is meant",
	     json_count(list));
	candidates(c, list);
	hint(c, "Pass environmentName (an id of data.candidates, or its exact display name); a "
		"person can set a default with the key environment of flowlatch.conf.");
	return FAIL;
}

static enum verdict environment_unknown(struct call *c, const struct json *list, struct str name)
{
	struct json *near = resolve_nearest(c->arena, list, name);

	fail(c, ERR_NOT_FOUND, "no environment is called \"%.*s\"",
	     STR_ARG(str_first_utf8(name, 120)));
	if (json_count(near)) {
		fail_data(c, "nearest", near);
		hint(c, "Names are matched exactly; data.nearest has the nearest ones.");
	} else {
		candidates(c, list);
		hint(c, "data.candidates has the environments there are; list_live_environments "
			"lists them all.");
	}
	return FAIL;
}

static enum verdict ambiguous(struct call *c, const struct param *p, const struct json *matches,
			      struct str name)
{
	fail(c, ERR_AMBIGUOUS, "%zu %ss are called \"%.*s\"", json_count(matches),
	     p->flags & (P_ENVIRONMENT | P_INTO) ? "environment" : "flow", STR_ARG(str_first_utf8(name, 120)));
	candidates(c, matches);
	hint(c, "Pass the id of the one that is meant as %s.", p->name);
	return FAIL;
}

/* DONE: `*id` is it; anything else is the step's verdict. */
static enum verdict one_match(struct call *c, const struct param *p, const struct json *matches,
			      struct str name, struct str *id)
{
	if (json_count(matches) > 1)
		return ambiguous(c, p, matches, name);
	*id = json_get_str(json_first(matches), "id");
	return DONE;
}

static struct json *by_name_or_id(struct call *c, const struct json *list, struct str name)
{
	struct json *out = json_new_array(c->arena);

	/* Ids of other shapes exist; one that is in the list is meant as an id. */
	JSON_EACH (v, list)
		if (str_eq_nocase(json_get_str(v, "id"), name))
			json_push(out, json_copy(c->arena, v));
	return json_count(out) ? out : resolve_match(c->arena, list, name);
}

static enum verdict resolve_environment(struct call *c, const struct param *p)
{
	struct str name = arg_str(c, p->name), id;
	struct json *list, *matches;
	bool fresh;
	enum verdict v;

	list = list_now(c, "environments", last_stage_had(c, 1), &fresh);
	if (!list)
		return fetch_environments(c);
	if (!name.n) {
		if (json_count(list) != 1)
			return json_count(list) || fresh ? environment_needed(c, list)
							 : fetch_environments(c);
		set(c, p, json_get_str(json_first(list), "id"));
		return DONE;
	}
	matches = by_name_or_id(c, list, name);
	if (!json_count(matches))
		return fresh ? environment_unknown(c, list, name) : fetch_environments(c);
	v = one_match(c, p, matches, name, &id);
	if (v == DONE)
		set(c, p, id);
	return v;
}

/* ---- flow ---- */

static enum verdict flow_unknown(struct call *c, const struct json *list, struct str name,
				 const char *environment)
{
	struct json *near = resolve_nearest(c->arena, list, name);

	fail(c, ERR_NOT_FOUND,
	     "no flow that you own or share is called \"%.*s\" in this environment",
	     STR_ARG(str_first_utf8(name, 120)));
	fail_data(c, "environmentName", json_new_z(c->arena, environment));
	if (json_count(near)) {
		fail_data(c, "nearest", near);
		hint(c, "Names are matched exactly; data.nearest has the nearest ones.");
	} else {
		hint(c,
		     "list_live_flows with search finds flows by a part of their name; it may be "
		     "in another environment, or be someone else's (mode admin).");
	}
	return FAIL;
}

static enum verdict resolve_flow(struct call *c, const struct param *p, const char *environment)
{
	struct str name = arg_str(c, p->name), id;
	const char *key = arena_printf(c->arena, "flows:%s", environment);
	bool arrived = last_stage_had(c, 2), fresh;
	struct json *list, *matches;
	enum verdict v;

	if (arrived &&
	    (got(c, c->stage_count - 1, 0)->next.n || got(c, c->stage_count - 1, 1)->next.n)) {
		fail(c, ERR_TIMEOUT, "there are too many flows to be sure which one \"%.*s\" is",
		     STR_ARG(str_first_utf8(name, 120)));
		hint(c, "Find it with list_live_flows and search, and pass its id.");
		return FAIL;
	}
	list = list_now(c, key, arrived, &fresh);
	if (!list)
		return fetch_flows(c, environment);
	matches = without_twins(c, resolve_match(c->arena, list, name));
	if (!json_count(matches))
		return fresh ? flow_unknown(c, list, name, environment)
			     : fetch_flows(c, environment);
	v = one_match(c, p, matches, name, &id);
	if (v == DONE)
		set(c, p, id);
	return v;
}

/* ---- the phase ---- */

static bool use_profile_environment(struct call *c, const struct wants *w)
{
	const char *mine = c->work->conf->environment;

	if (!w->environment || arg_str(c, w->environment->name).n || !mine || !mine[0])
		return true;
	call_set_arg(c, w->environment->name, json_new_z(c->arena, mine));
	return absorb(c, w, w->environment, WANT_ENVIRONMENT);
}

static bool bad_run(struct call *c, const struct param *p)
{
	fail(c, ERR_INVALID_ARGUMENT, "\"%.*s\" is no run name",
	     STR_ARG(str_first_utf8(arg_str(c, p->name), 80)));
	hint(c, "Run names come from get_live_flow_runs (field name), or paste the run's link.");
	return true;
}

/* A tool that can do without a flow does without an environment, too. */
static bool nothing_named(const struct call *c, const struct wants *w)
{
	return w->environment && (w->environment->flags & P_WITH_FLOW) &&
	       !(w->flow && arg_str(c, w->flow->name).n) && !(w->run && arg_str(c, w->run->name).n);
}

struct str call_environment(const struct call *c)
{
	struct wants w = wants_of(c->tool);
	struct str into = w.into ? arg_str(c, w.into->name) : S("");

	return into.n ? into : json_get_str(c->args, "environmentName");
}

/* The environment that is changed: said openly, or that of the flow. */
static enum verdict resolve_into(struct call *c, const struct wants *w)
{
	struct reference r;

	if (!w->into)
		return DONE;
	if (!arg_str(c, w->into->name).n)
		set(c, w->into, arg_str(c, w->environment->name));
	r = reference_read(c->arena, arg_str(c, w->into->name), WANT_ENVIRONMENT);
	if (r.kind == REFERENCE_FOREIGN || r.kind == REFERENCE_EMPTY) {
		if (r.kind == REFERENCE_FOREIGN)
			foreign(c, w->into, &r);
		else
			empty_link(c, w->into, WANT_ENVIRONMENT);
		return FAIL;
	}
	if (r.kind != REFERENCE_NAME && r.environment.p)
		set(c, w->into, r.environment);
	if (is_id(c, w->into, reference_is_environment_id))
		return DONE;
	return resolve_environment(c, w->into);
}

enum verdict resolve_arguments(struct call *c)
{
	struct wants w = wants_of(c->tool);
	enum verdict v;

	if (nothing_named(c, &w))
		return done(c, NULL);
	/* The most exact first, so that what a link fills in is there when its turn comes. */
	if (!absorb(c, &w, w.run, WANT_RUN) || !absorb(c, &w, w.flow, WANT_FLOW) ||
	    !absorb(c, &w, w.environment, WANT_ENVIRONMENT) || !use_profile_environment(c, &w))
		return FAIL;
	if (w.flow && !arg_str(c, w.flow->name).n && (w.flow->flags & P_REQUIRED))
		return missing(c, w.flow);
	if (w.run && !arg_str(c, w.run->name).n && (w.run->flags & P_REQUIRED))
		return missing(c, w.run);
	if (w.run && arg_str(c, w.run->name).n && !is_id(c, w.run, reference_is_run_name) &&
	    bad_run(c, w.run))
		return FAIL;
	if (!is_id(c, w.environment, reference_is_environment_id)) {
		v = resolve_environment(c, w.environment);
		if (v != DONE)
			return v;
	}
	v = resolve_into(c, &w);
	if (v != DONE)
		return v;
	if (w.flow && arg_str(c, w.flow->name).n && !is_id(c, w.flow, str_is_guid)) {
		v = resolve_flow(c, w.flow, arg_z(c, w.environment->name));
		if (v != DONE)
			return v;
	}
	return done(c, NULL);
}
