/*
 * connection_add.c - what a connector's connections need, and making one.  See connection_add.h.
 */
#include "tools/connection_add.h"

#include "tools/connector.h"
#include "tools/target.h"

enum { LOOK, WRITE, AGAIN };
enum { ADD_ENVIRONMENT, ADD_CONNECTIONS, ADD_DEFINITION, ADD_LOOKS };
#define CONNECTION "/apis/%s/connections/%s?$filter=environment%%20eq%%20'%s'"

const struct connection_typed *connection_typed;

static enum effect add_effect(const struct json *args, const struct target *t)
{
	(void)t;
	return json_is_true(json_get(args, "make")) ? EFFECT_CREATE : EFFECT_READ;
}

static const struct json *definition(struct call *c)
{
	return json_get(got(c, LOOK, ADD_DEFINITION)->json, "properties");
}

/* ---- what has to be typed ---- */

static bool is_oauth(const struct json *parameters)
{
	JSON_EACH (p, parameters)
		if (str_starts_nocase(json_get_str(p, "type"), S("oauth")))
			return true;
	return false;
}

/* The set of parameters of the way to sign in that was asked for: the first without a browser
 * unless one is named; NULL when the connector has no sets. */
static const struct json *chosen_set(struct call *c)
{
	JSON_EACH (set, json_at(definition(c), "/connectionParameterSets/values")) {
		struct str name = arg_str(c, "set");

		if (name.n ? str_eq_nocase(json_get_str(set, "name"), name) :
			     !is_oauth(json_get(set, "parameters")))
			return set;
	}
	return NULL;
}

static const struct json *wanted(struct call *c)
{
	const struct json *set = chosen_set(c);

	return set ? json_get(set, "parameters") : json_get(definition(c), "connectionParameters");
}

static bool is_secret(const struct json *p)
{
	return str_starts_nocase(json_get_str(p, "type"), S("secure"));
}

static bool is_required(const struct json *p)
{
	const struct json *v = json_at(p, "/uiDefinition/constraints/required");

	return json_is_true(v) || str_eq_nocase(json_str(v), S("true"));
}

static bool is_hidden(const struct json *p)
{
	const struct json *v = json_at(p, "/uiDefinition/constraints/hidden");

	return json_is_true(v) || str_eq_nocase(json_str(v), S("true"));
}

static struct json *parameter(struct call *c, const struct json *p)
{
	struct arena *a = call_arena(c);
	struct json *v = json_new_object(a), *choices;
	const struct json *allowed = json_at(p, "/uiDefinition/constraints/allowedValues");

	json_set_str(a, v, "name", json_name(p));
	put(c, v, "title", p, "/uiDefinition/displayName");
	put(c, v, "description", p, "/uiDefinition/description");
	put(c, v, "type", p, "/type");
	json_set_bool(a, v, "secret", is_secret(p));
	json_set_bool(a, v, "required", is_required(p));
	if (!json_is(allowed, JSON_ARRAY))
		return v;
	choices = json_set(a, v, "choices", json_new_array(a));
	JSON_EACH (one, allowed)
		json_push(choices, json_copy(a, json_get(one, "value") ? json_get(one, "value") :
									 one));
	return v;
}

static enum verdict parameters(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *list = json_new_array(call_arena(c));

	JSON_EACH (p, wanted(c))
		if (!is_hidden(p))
			json_push(list, parameter(c, p));
	put_str(c, out, "connectorName", connector_arg(c));
	put(c, out, "displayName", definition(c), "/displayName");
	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put(c, out, "set", chosen_set(c), "/name");
	json_set(call_arena(c), out, "parameters", list);
	return done(c, out);
}

/* ---- making it ---- */

static const char *new_name(struct call *c)
{
	return str_c(call_arena(c), connector_new_name(c, got(c, LOOK, ADD_CONNECTIONS)));
}

static struct json *typed_values(struct call *c, bool boxed)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);

	for (const struct connection_typed *t = connection_typed; t && t->name; t++) {
		struct json *v = json_new_str(a, secret_bytes(t->value));

		if (boxed) {
			struct json *box = json_set(a, out, t->name, json_new_object(a));

			json_set(a, box, "value", v);
		} else {
			json_set(a, out, t->name, v);
		}
	}
	return out;
}

static struct json *body(struct call *c)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *p = json_set(a, out, "properties",
							     json_new_object(a));
	struct json *environment = json_set(a, p, "environment", json_new_object(a)), *set;

	json_set_str(a, environment, "id",
		     str_fmt(a, "/providers/Microsoft.PowerApps/environments/%s",
			     arg_z(c, "environmentName")));
	json_set_str(a, environment, "name", arg_str(c, "environmentName"));
	if (arg_str(c, "displayName").n)
		json_set_str(a, p, "displayName", arg_str(c, "displayName"));
	if (!chosen_set(c)) {
		json_set(a, p, "connectionParameters", typed_values(c, false));
		return out;
	}
	set = json_set(a, p, "connectionParametersSet", json_new_object(a));
	json_set(a, set, "name", json_copy(a, json_get(chosen_set(c), "name")));
	json_set(a, set, "values", typed_values(c, true));
	return out;
}

static const struct change *change_of(struct call *c)
{
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *f = write_one(c, HTTP_PUT,
				    url(c, HOST_POWERAPPS, CONNECTION,
					str_c(call_arena(c), connector_arg(c)), new_name(c),
					arg_z(c, "environmentName")),
				    body(c));

	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, ADD_ENVIRONMENT)),
		.sentence = arena_printf(call_arena(c),
					 "Makes a connection of %s for your account, with what you "
					 "typed.",
					 quoted(c, at_str(definition(c), "/displayName"))),
		.writes = f,
		.write_count = 1,
	};
	ch->target.version = str_from(new_name(c));
	return ch;
}

static enum verdict result(struct call *c)
{
	const struct json *made = got(c, WRITE, 0)->json;
	struct json *out = json_new_object(call_arena(c));
	struct str status = S("Connected"), why = S("");

	JSON_EACH (s, json_at(made, "/properties/statuses"))
		if (!str_eq_nocase(json_get_str(s, "status"), S("Connected"))) {
			status = json_get_str(s, "status");
			why = at_str(s, "/error/message");
		}
	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", connector_arg(c));
	json_set_z(call_arena(c), out, "connectionName", new_name(c));
	put(c, out, "displayName", made, "/properties/displayName");
	put_str(c, out, "status", status);
	if (why.n)
		put_str(c, out, "message", why);
	return done(c, out);
}

/* ---- the row ---- */

static enum verdict look(struct call *c)
{
	struct fetch *f = requests(c, ADD_LOOKS);

	f[ADD_ENVIRONMENT] = look_at(url(c, HOST_FLOW, "/environments/%s",
					 arg_z(c, "environmentName")),
				     0);
	f[ADD_CONNECTIONS] = connector_connections(c);
	f[ADD_DEFINITION] = connector_fetch(c, connector_arg(c));
	return fetch_each(c, f, ADD_LOOKS);
}

static enum verdict step(struct call *c)
{
	const struct change *ch;

	if (call_stage(c) == LOOK)
		return look(c);
	if (got(c, LOOK, ADD_DEFINITION)->err != ERR_OK)
		return fail_answer(c, got(c, LOOK, ADD_DEFINITION));
	if (is_oauth(wanted(c)) || !json_first(wanted(c))) {
		fail(c, ERR_NOT_AVAILABLE, "nothing is typed for connections of %s",
		     quoted(c, connector_arg(c)));
		hint(c, "create_live_connection makes one, with a link to sign in behind.");
		return FAIL;
	}
	if (!arg_bool(c, "make"))
		return parameters(c);
	if (call_stage(c) == WRITE) {
		ch = change_of(c);
		return agreed(c, ch) ? fetch_each(c, ch->writes, ch->write_count) : ASK;
	}
	if (got(c, WRITE, 0)->err != ERR_OK)
		return fail_answer(c, got(c, WRITE, 0));
	return result(c);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_CONNECTOR,
	{ "set", JSON_STRING, 0, "One of several ways to sign in.", .max = 128 },
	{ "displayName", JSON_STRING, 0, "Of the connection.", .max = 256 },
	{ "make", JSON_BOOL, 0, "Make it." },
	{ 0 },
};

const struct tool tool_connection_add = {
	.name = "connection_add",
	.title = "Make a connection with what was typed",
	.description = "For the command of that name.",
	.toolset = "connection",
	.klass = CLASS_MODERATE,
	.effect = add_effect,
	.open_world = true,
	.unlisted = true,
	.params = params,
	.step = step,
};
