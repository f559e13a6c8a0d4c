/*
 * connection_make.c - create_live_connection: a connection that a person signs in to.
 *
 * Making one gives nobody access: it is empty until a person has signed in behind its link, and
 * the link is a result, not a question.  Keys and passwords never come through here: a model must
 * not see them, so a person types them in a terminal.
 */
#include "tools/connector.h"
#include "tools/table.h"
#include "tools/target.h"

enum { LOOK, WRITE, CONSENT };
enum { MAKE_ENVIRONMENT, MAKE_CONNECTIONS, MAKE_DEFINITION };
#define CONNECTION "/apis/%s/connections/%s"
#define WHERE "?$filter=environment%%20eq%%20'%s'"

static enum effect make_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_CREATE;
}

/* ---- which ---- */

static bool is_new(struct call *c)
{
	return !arg_str(c, "connectionName").n;
}

static bool needs_sign_in(struct call *c)
{
	return str_eq(json_get_str(connector_index(c, connector_arg(c)), "authentication"),
		      S("oauth"));
}

static const struct json *existing(struct call *c)
{
	JSON_EACH (v, got(c, LOOK, MAKE_CONNECTIONS)->json)
		if (str_eq_nocase(json_get_str(v, "id"), arg_str(c, "connectionName")) &&
		    str_eq_nocase(json_get_str(v, "connectorName"), connector_arg(c)))
			return v;
	return NULL;
}

/* False: fail() was called. */
static bool is_possible(struct call *c)
{
	struct str connector = connector_arg(c);
	const struct answer *all = got(c, LOOK, MAKE_CONNECTIONS);
	const struct json *v;

	if (all->err != ERR_OK) {
		fail_answer(c, all);
		return false;
	}
	if (str_eq(json_get_str(connector_index(c, connector), "authentication"), S("key"))) {
		fail(c, ERR_NOT_AVAILABLE, "connections of %s need a key or password, which only a "
		     "person may type", quoted(c, connector));
		fail_command(c, "flowlatch connection add %s --environment %s",
			     str_c(call_arena(c), connector), arg_z(c, "environmentName"));
		hint(c, "Ask the person to run error.humanCommand in a terminal, then use "
			"list_live_connections.");
		return false;
	}
	if (is_new(c))
		return true;
	v = existing(c);
	if (!v) {
		fail(c, ERR_NOT_FOUND, "there is no such connection of %s", quoted(c, connector));
		hint(c, "Leave connectionName out to make one, or see list_live_connections.");
	} else if (!json_is_true(json_get(v, "mine"))) {
		fail(c, ERR_CONNECTION_FORBIDDEN, "the connection belongs to somebody else, who must "
		     "sign in to it");
		hint(c, "Leave connectionName out to make one of your own.");
	}
	return v && json_is_true(json_get(v, "mine"));
}

/* ---- the change ---- */

static struct json *make_body(struct call *c)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *p = json_set(a, out, "properties",
							     json_new_object(a));
	struct json *environment = json_set(a, p, "environment", json_new_object(a)), *set;
	struct str way = json_get_str(connector_index(c, connector_arg(c)), "parameterSet");

	json_set_str(a, environment, "id",
		     str_fmt(a, "/providers/Microsoft.PowerApps/environments/%s",
			     arg_z(c, "environmentName")));
	json_set_str(a, environment, "name", arg_str(c, "environmentName"));
	if (!way.n) {
		json_set(a, p, "connectionParameters", json_new_object(a));
		return out;
	}
	set = json_set(a, p, "connectionParametersSet", json_new_object(a));
	json_set_str(a, set, "name", way);
	json_set(a, set, "values", json_new_object(a));
	return out;
}

static struct json *consent_body(struct call *c)
{
	struct json *out = json_new_object(call_arena(c));

	json_set_z(call_arena(c), out, "redirectUrl", "https://make.powerautomate.com/");
	return out;
}

static struct str name_of(struct call *c)
{
	return is_new(c) ? connector_new_name(c, got(c, LOOK, MAKE_CONNECTIONS))
			 : arg_str(c, "connectionName");
}

static const char *sentence(struct call *c)
{
	const char *connector = quoted(c, json_get_str(connector_index(c, connector_arg(c)),
						       "displayName"));

	if (!is_new(c))
		return arena_printf(call_arena(c),
				    "Gives a link to sign in again to the connection %s of %s.",
				    quoted(c, json_get_str(existing(c), "displayName")), connector);
	return arena_printf(call_arena(c), "Makes a connection of %s for your account.%s", connector,
			    needs_sign_in(c) ? " It is empty until you sign in behind a link." : "");
}

static const struct change *change_of(struct call *c)
{
	static const char *const more[] = { "You have a working connection of it already.", NULL };
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *f = requests(c, 2);
	const char *name = str_c(call_arena(c), name_of(c));
	const char *connector = str_c(call_arena(c), connector_arg(c));
	const struct json *there = connector_pick(c, got(c, LOOK, MAKE_CONNECTIONS),
						  connector_arg(c));
	size_t n = 0;

	if (is_new(c))
		f[n++] = (struct fetch){
			.method = HTTP_PUT,
			.url = url(c, HOST_POWERAPPS, CONNECTION WHERE, connector, name,
				   arg_z(c, "environmentName")),
			.body = make_body(c),
			.flags = FETCH_TOLERATE,
		};
	if (needs_sign_in(c))
		f[n++] = (struct fetch){
			.method = HTTP_POST,
			.url = url(c, HOST_POWERAPPS, CONNECTION "/getConsentLink" WHERE, connector,
				   name, arg_z(c, "environmentName")),
			.body = consent_body(c),
			.flags = FETCH_TOLERATE,
		};
	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, MAKE_ENVIRONMENT)),
		.sentence = sentence(c),
		.warnings = is_new(c) && there && connector_is_connected(there) ? more : NULL,
		.writes = f,
		.write_count = n,
	};
	ch->target.version = str_from(name);
	return ch;
}

/* ---- the result ---- */

static void put_templates(struct call *c, struct json *out, struct str name)
{
	struct arena *a = call_arena(c);
	struct json *reference = json_set(a, out, "connectionReferenceTemplate",
					  json_new_object(a));
	struct json *host = json_set(a, out, "hostTemplate", json_new_object(a));
	struct str connector = connector_arg(c);

	json_set_str(a, reference, "connectionName", name);
	json_set_z(a, reference, "source", "Embedded");
	json_set_str(a, reference, "id",
		     str_fmt(a, "/providers/Microsoft.PowerApps/apis/%.*s", STR_ARG(connector)));
	json_set_str(a, host, "connectionName", connector);
}

/* Only what is a link for a browser is handed on. */
static struct str link_of(const struct answer *a)
{
	struct str link = json_get_str(a->json, "consentLink");

	return str_starts(link, S("https://")) ? link : S("");
}

static enum verdict result(struct call *c, struct str name)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *next = json_new_object(a);
	const struct answer *answer = last(c);

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", connector_arg(c));
	put_str(c, out, "connectionName", name);
	json_set_bool(a, out, "created", is_new(c));
	if (needs_sign_in(c)) {
		if (answer->err != ERR_OK)
			return fail_answer(c, answer);
		json_set_z(a, out, "status", "waits for sign-in");
		put_str(c, out, "signInLink", link_of(answer));
		json_set_z(a, out, "message",
			   "The person opens signInLink and signs in with the account that flows are to "
			   "use; when the status is not Connected afterwards, they sign in on the "
			   "connections page of make.powerautomate.com.");
	} else {
		if (was_refused(answer))
			return fail_answer(c, answer);
		json_set_z(a, out, "status", "Connected");
	}
	put_templates(c, out, name);
	json_set_str(a, next, "environmentName", arg_str(c, "environmentName"));
	json_set_str(a, next, "search", name);
	next_tool(c, "list_live_connections", next);
	return done(c, out);
}

/* ---- the tool ---- */

static enum verdict look(struct call *c)
{
	struct fetch *f = requests(c, 3);
	bool known = connector_index(c, connector_arg(c)) != NULL;

	f[MAKE_ENVIRONMENT] = look_at(url(c, HOST_FLOW, "/environments/%s",
					  arg_z(c, "environmentName")),
				      0);
	f[MAKE_CONNECTIONS] = connector_connections(c);
	f[MAKE_DEFINITION] = connector_fetch(c, connector_arg(c));
	return fetch_each(c, f, known ? 2 : 3);
}

static enum verdict make(struct call *c)
{
	const struct change *ch;
	struct str connector = connector_arg(c), name;

	if (call_stage(c) == LOOK)
		return look(c);
	if (!connector_index(c, connector) &&
	    !connector_take(c, connector, got(c, LOOK, MAKE_DEFINITION)))
		return FAIL;
	if (!is_possible(c))
		return FAIL;
	ch = change_of(c);
	name = name_of(c);
	if (call_stage(c) == WRITE) {
		if (!ch->write_count)
			return fail(c, ERR_NOT_AVAILABLE, "nobody signs in to this connector");
		return agreed(c, ch) ? fetch_each(c, ch->writes, 1) : ASK;
	}
	if (call_stage(c) == CONSENT && ch->write_count > 1) {
		if (was_refused(got(c, WRITE, 0)))
			return fail_answer(c, got(c, WRITE, 0));
		return fetch_each(c, ch->writes + 1, 1);
	}
	return result(c, name);
}

static const struct param make_params[] = {
	PARAM_ENVIRONMENT,
	{ "connectorName", JSON_STRING, P_REQUIRED, "Such as shared_sharepointonline.",
	  .alias = "apiName", .max = 256 },
	{ "connectionName", JSON_STRING, 0, "To sign in to this one again.", .max = 256 },
	{ 0 },
};

const struct tool tool_create_live_connection = {
	.name = "create_live_connection",
	.title = "Make a connection",
	.description = "Makes a connection of a connector that people sign in to, and gives the link "
		       "for it. A person is asked first. Connectors with keys are refused: a person "
		       "types those in a terminal.",
	.toolset = "connection",
	.bundles = "create-flow build-flow",
	.klass = CLASS_MODERATE,
	.effect = make_effect,
	.open_world = true,
	.params = make_params,
	.step = make,
};
