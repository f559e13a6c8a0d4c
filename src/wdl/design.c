/*
 * design.c - definitions in the form that a save takes; and when two of them are the same.
 *
 * Knows where steps stand and which members name things; must not know calls or the service.
 */
#include "wdl/design.h"

#include "base/limits.h"
#include "wdl/index.h"

/* ---- steps ---- */

struct each {
	void (*see)(void *arg, struct json *step, bool trigger);
	void *arg;
};

static void each_action(const struct each *e, const struct json *actions, unsigned depth)
{
	if (depth > LIMIT_JSON_DEPTH)
		return;
	JSON_EACH (s, actions) {
		if (!json_is(s, JSON_OBJECT))
			continue;
		e->see(e->arg, s, false);
		each_action(e, json_get(s, "actions"), depth + 1);
		each_action(e, json_at(s, "/else/actions"), depth + 1);
		each_action(e, json_at(s, "/default/actions"), depth + 1);
		JSON_EACH (one, json_get(s, "cases"))
			each_action(e, json_get(one, "actions"), depth + 1);
	}
}

void wdl_design_each(const struct json *definition,
		     void (*see)(void *arg, struct json *step, bool trigger), void *arg)
{
	struct each e = { see, arg };

	JSON_EACH (t, json_get(definition, "triggers"))
		if (json_is(t, JSON_OBJECT))
			see(arg, t, true);
	each_action(&e, json_get(definition, "actions"), 0);
}

bool wdl_design_is_connector(const struct json *step)
{
	struct str type = json_get_str(step, "type");

	return str_starts_nocase(type, S("OpenApiConnection")) ||
	       str_starts_nocase(type, S("ApiConnection"));
}

static void count(void *arg, struct json *step, bool trigger)
{
	size_t *n = arg;

	(void)step;
	(void)trigger;
	++*n;
}

size_t wdl_design_count(const struct json *definition)
{
	size_t n = 0;

	wdl_design_each(definition, count, &n);
	return n;
}

struct names {
	struct arena *a;
	struct wdl_index have;
	size_t all, gone;
};

static void remember(void *arg, struct json *step, bool trigger)
{
	struct names *n = arg;

	(void)trigger;
	wdl_index_put(n->a, &n->have, str_lower(n->a, json_name(step)), json_new_null(n->a));
}

static void miss(void *arg, struct json *step, bool trigger)
{
	struct names *n = arg;

	(void)trigger;
	n->all++;
	n->gone += wdl_index_get(&n->have, str_lower(n->a, json_name(step))) == NULL;
}

unsigned wdl_design_dropped(struct arena *a, const struct json *before, const struct json *after)
{
	struct names n = { .a = a, .have = { .object = json_new_object(a) } };

	wdl_design_each(after, remember, &n);
	wdl_design_each(before, miss, &n);
	return n.all ? (unsigned)((n.gone * 100 + n.all - 1) / n.all) : 0;
}

struct start {
	bool instant, answers;
};

/* Request triggers of these kinds are started by a person; Http ones by anybody's program. */
static void see_start(void *arg, struct json *step, bool trigger)
{
	static const struct str kinds[] = { STR_INIT("Button"), STR_INIT("PowerApp"),
					    STR_INIT("PowerAppV2"), STR_INIT("PowerPages"),
					    STR_INIT("Skills"), STR_INIT("VirtualAgent"),
					    STR_INIT("ApiConnection") };
	struct start *s = arg;

	if (!trigger) {
		s->answers |= str_eq_nocase(json_get_str(step, "type"), S("Response"));
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		s->instant |= str_eq_nocase(json_get_str(step, "kind"), kinds[i]);
}

enum wdl_start wdl_design_start(const struct json *definition)
{
	struct start s = { false, false };
	const struct json *trigger = json_first(json_get(definition, "triggers"));
	bool button = str_eq_nocase(json_get_str(trigger, "kind"), S("Button"));

	wdl_design_each(definition, see_start, &s);
	if (!s.instant)
		return WDL_START_AUTOMATED;
	return button && s.answers ? WDL_START_CHILD : WDL_START_INSTANT;
}

/* ---- the design form ---- */

struct form {
	struct arena *a;
	bool connectors;
};

static void strip(void *arg, struct json *step, bool trigger)
{
	struct form *f = arg;

	(void)trigger;
	if (!wdl_design_is_connector(step))
		return;
	f->connectors = true;
	json_take(json_get(step, "inputs"), "authentication");
}

/* Without them the service refuses the trigger of a flow with connectors. */
static void add_parameter(struct arena *a, struct json *parameters, const char *name,
			  const char *type)
{
	struct json *v;

	if (json_get(parameters, name))
		return;
	v = json_set(a, parameters, name, json_new_object(a));
	json_set(a, v, "defaultValue", json_new_object(a));
	json_set_z(a, v, "type", type);
}

struct json *wdl_design_form(struct arena *a, const struct json *definition)
{
	struct json *out = json_copy(a, definition), *parameters;
	struct form f = { a, false };

	if (!json_is(out, JSON_OBJECT))
		return out;
	wdl_design_each(out, strip, &f);
	if (!f.connectors)
		return out;
	parameters = json_get(out, "parameters");
	if (!json_is(parameters, JSON_OBJECT))
		parameters = json_set(a, out, "parameters", json_new_object(a));
	add_parameter(a, parameters, "$connections", "Object");
	add_parameter(a, parameters, "$authentication", "SecureObject");
	return out;
}

/* ---- hosts ---- */

static const char *const host_members[] = { "connectionReferenceName", "connectionName" };

struct str wdl_design_host_key(const struct json *step)
{
	const struct json *host = json_at(step, "/inputs/host");

	for (int i = 0; i < 2; i++)
		if (json_is(json_get(host, host_members[i]), JSON_STRING))
			return json_get_str(host, host_members[i]);
	return S("");
}

static void see_host(void *arg, struct json *step, bool trigger)
{
	enum wdl_host_form *form = arg, mine;
	const struct json *host = json_at(step, "/inputs/host");

	(void)trigger;
	if (!wdl_design_is_connector(step) || !wdl_design_host_key(step).n)
		return;
	mine = json_get(host, "connectionReferenceName") ? WDL_HOST_REFERENCE : WDL_HOST_CONNECTION;
	*form = *form == WDL_HOST_NONE || *form == mine ? mine : WDL_HOST_MIXED;
}

enum wdl_host_form wdl_design_host_form(const struct json *definition)
{
	enum wdl_host_form form = WDL_HOST_NONE;

	wdl_design_each(definition, see_host, &form);
	return form;
}

struct hosts {
	struct arena *a;
	const struct json *references;
	const char *member, *other;
};

/* The only key whose reference has that connection or logical name; else the name itself. */
static struct str key_of(const struct hosts *h, struct str name)
{
	struct str key = S("");
	unsigned found = 0;

	if (json_get_n(h->references, name))
		return name;
	JSON_EACH (r, h->references)
		if (str_eq(json_get_str(r, "connectionName"), name) ||
		    str_eq(json_get_str(r, "connectionReferenceLogicalName"), name)) {
			key = json_name(r);
			found++;
		}
	return found == 1 ? key : name;
}

static void set_host(void *arg, struct json *step, bool trigger)
{
	struct hosts *h = arg;
	struct json *host = json_at(step, "/inputs/host"), *v;
	struct str name = wdl_design_host_key(step);

	(void)trigger;
	if (!wdl_design_is_connector(step) || !name.n || !json_is(host, JSON_OBJECT))
		return;
	name = key_of(h, name);
	v = json_get(host, h->member);
	if (v && json_get(host, h->other))
		json_take(host, h->other);
	else if (!v)
		json_rename(h->a, json_get(host, h->other), str_from(h->member));
	if (!str_eq(json_get_str(host, h->member), name))
		json_set_str(h->a, host, h->member, name);
}

void wdl_design_set_hosts(struct arena *a, struct json *definition, const struct json *references,
			  enum wdl_host_form form)
{
	bool reference = form == WDL_HOST_REFERENCE;
	struct hosts h = { a, references, host_members[!reference], host_members[reference] };

	if (form == WDL_HOST_REFERENCE || form == WDL_HOST_CONNECTION)
		wdl_design_each(definition, set_host, &h);
}

/* ---- references ---- */

struct str wdl_design_api(const struct json *reference)
{
	struct str api = str_after_last(json_get_str(reference, "id"), '/');

	if (!api.n)
		api = json_str(json_at(reference, "/api/name"));
	return api.n ? api : str_after_last(json_str(json_at(reference, "/api/id")), '/');
}

static void set_found(struct arena *a, struct json *out, const char *name, struct str value)
{
	if (value.n)
		json_set_str(a, out, name, value);
}

static struct json *design_reference(struct arena *a, const struct json *r)
{
	struct json *out = json_new_object(a);
	struct str logical = json_get_str(r, "connectionReferenceLogicalName");
	struct str source = json_get_str(r, "source"), id = json_get_str(r, "id");

	if (!logical.n)
		logical = json_str(json_at(r, "/connection/connectionReferenceLogicalName"));
	if (!source.n)
		source = json_get_str(r, "runtimeSource");
	if (!id.n && wdl_design_api(r).n)
		id = str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s",
			     STR_ARG(wdl_design_api(r)));
	set_found(a, out, "connectionName", json_get_str(r, "connectionName"));
	if (!json_get(out, "connectionName"))
		set_found(a, out, "connectionName", json_str(json_at(r, "/connection/name")));
	set_found(a, out, "connectionReferenceLogicalName", logical);
	json_set_z(a, out, "source", str_eq_nocase(source, S("Invoker")) ? "Invoker" : "Embedded");
	set_found(a, out, "id", id);
	return out;
}

struct json *wdl_design_references(struct arena *a, const struct json *references)
{
	struct json *out = json_new_object(a);

	JSON_EACH (r, references)
		json_set_n(a, out, json_name(r), design_reference(a, r));
	return out;
}

struct json *wdl_design_clientdata_references(struct arena *a, const struct json *references,
					      const struct json *before)
{
	struct json *out = json_new_object(a), *one, *connection;

	JSON_EACH (r, references) {
		const struct json *old = json_get_n(before, json_name(r));
		struct str logical = json_get_str(r, "connectionReferenceLogicalName");

		/* What did not change stays to the letter: rows have members of their own. */
		if (old && wdl_design_reference_equal(design_reference(a, old), r)) {
			json_set_n(a, out, json_name(r), json_copy(a, old));
			continue;
		}
		one = json_set_n(a, out, json_name(r), json_new_object(a));
		json_set_z(a, one, "runtimeSource",
			   str_eq(json_get_str(r, "source"), S("Invoker")) ? "invoker" : "embedded");
		connection = json_set(a, one, "connection", json_new_object(a));
		if (logical.n)
			json_set_str(a, connection, "connectionReferenceLogicalName", logical);
		else
			set_found(a, connection, "name", json_get_str(r, "connectionName"));
		json_set_str(a, json_set(a, one, "api", json_new_object(a)), "name",
			     wdl_design_api(r));
	}
	return out;
}
