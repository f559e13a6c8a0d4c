/*
 * connector.c - definitions of connectors, kept on disk.  See connector.h.
 *
 * Three kinds are kept: "connector" is the definition (hundreds of kilobytes), "operations" its
 * index, "operation" one operation as it was made out of it.  A repeated question reads one small
 * file and parses no definition.
 */
#include "tools/connector.h"

#include "base/os.h"
#include "text/crypt.h"
#include "wdl/swagger.h"

/* Microsoft changes its connectors every few weeks; makers change theirs while they work. */
enum { SHIPPED_S = 24 * 3600, CUSTOM_S = 600 };

/* ---- names ---- */

struct str connector_of_text(struct call *c, struct str text)
{
	text = last_segment(str_trim(text));
	if (!text.n)
		return S("");
	if (!str_starts_nocase(text, S("shared_")))
		text = str_fmt(call_arena(c), "shared_%.*s", STR_ARG(text));
	return str_lower(call_arena(c), text);
}

struct str connector_arg(struct call *c)
{
	return connector_of_text(c, arg_str(c, "connectorName"));
}

static struct str operation_key(struct call *c, struct str connector, struct str operation)
{
	return str_lower(call_arena(c), str_fmt(call_arena(c), "%.*s/%.*s", STR_ARG(connector),
						STR_ARG(operation)));
}

/* ---- the definition ---- */

struct fetch connector_fetch(struct call *c, struct str connector)
{
	return (struct fetch){
		.url = url(c, HOST_POWERAPPS, "/apis/%s?$filter=environment%%20eq%%20'%s'",
			   str_c(call_arena(c), connector), arg_z(c, "environmentName")),
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
}

const char *connector_authentication(const struct json *definition)
{
	bool typed = false;

	JSON_EACH (p, json_get(definition, "connectionParameters")) {
		struct str type = json_get_str(p, "type");

		if (str_starts_nocase(type, S("oauth")))
			return "oauth";
		typed = typed || !json_is_true(json_at(p, "/uiDefinition/constraints/hidden"));
	}
	JSON_EACH (set, json_at(definition, "/connectionParameterSets/values"))
		JSON_EACH (p, json_get(set, "parameters")) {
			if (str_starts_nocase(json_get_str(p, "type"), S("oauth")))
				return "oauth";
			typed = true;
		}
	return typed ? "key" : "none";
}

/* Seconds that something made of it may still be kept. */
static int64_t time_left(const struct json *definition)
{
	bool custom = json_is_true(json_get(definition, "isCustomApi"));
	int64_t age = (os_wall_ms() - json_int(json_get(definition, "readAt"), 0)) / 1000;

	return (custom ? CUSTOM_S : SHIPPED_S) - age;
}

/* The first of several ways to sign in that is one in a browser. */
static struct str sign_in_set(const struct json *definition)
{
	JSON_EACH (set, json_at(definition, "/connectionParameterSets/values"))
		JSON_EACH (p, json_get(set, "parameters"))
			if (str_starts_nocase(json_get_str(p, "type"), S("oauth")))
				return json_get_str(set, "name");
	return S("");
}

static struct json *index_of(struct call *c, const struct json *definition)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);

	put(c, out, "displayName", definition, "/displayName");
	put_found(c, out, "description", definition, "/description");
	put_found(c, out, "tier", definition, "/tier");
	put_found(c, out, "publisher", definition, "/publisher");
	json_set_bool(a, out, "custom", json_is_true(json_get(definition, "isCustomApi")));
	json_set_z(a, out, "authentication", connector_authentication(definition));
	put_str(c, out, "parameterSet", sign_in_set(definition));
	json_set(a, out, "operations", swagger_index(a, json_get(definition, "swagger")));
	return out;
}

bool connector_take(struct call *c, struct str connector, const struct answer *a)
{
	static const char *const names[] = {
		"displayName", "description", "tier", "publisher", "isCustomApi",
		"connectionParameters", "connectionParameterSets", "primaryRuntimeUrl", "swagger",
	};
	const struct json *properties = json_get(a->json, "properties");
	struct json *definition;

	if (a->err == ERR_NOT_FOUND) {
		fail_answer(c, a);
		hint(c, "There is no connector %s here. describe_live_connector with search finds "
			"connectors by words.", quoted(c, connector));
		return false;
	}
	if (a->err != ERR_OK) {
		fail_answer(c, a);
		return false;
	}
	if (!json_is(json_at(properties, "/swagger/paths"), JSON_OBJECT)) {
		fail(c, ERR_UPSTREAM, "the service gave no definition of the connector %s",
		     quoted(c, connector));
		return false;
	}
	definition = json_new_object(call_arena(c));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_get(properties, names[i]))
			json_set(call_arena(c), definition, names[i],
				 json_copy(call_arena(c), json_get(properties, names[i])));
	json_set_int(call_arena(c), definition, "readAt", os_wall_ms());
	cache_put(c, "connector", connector, definition, time_left(definition));
	cache_put(c, "operations", connector, index_of(c, definition), time_left(definition));
	return true;
}

const struct json *connector_definition(struct call *c, struct str connector)
{
	return cache_get(c, "connector", connector);
}

const struct json *connector_index(struct call *c, struct str connector)
{
	const struct json *v = cache_get(c, "operations", connector), *definition;

	if (v)
		return v;
	definition = connector_definition(c, connector);
	if (!definition)
		return NULL;
	cache_put(c, "operations", connector, index_of(c, definition), time_left(definition));
	return cache_get(c, "operations", connector);
}

/* True when what was made of an earlier definition must not be used. */
static bool is_newer(const struct json *definition, const struct json *operation)
{
	return json_int(json_get(definition, "readAt"), 0) >
	       json_int(json_get(operation, "readAt"), 0);
}

const struct json *connector_operation(struct call *c, struct str connector, struct str operation)
{
	struct str key = operation_key(c, connector, operation);
	const struct json *v = cache_get(c, "operation", key), *definition;
	struct json *made;

	if (v && !arg_bool(c, "refresh"))
		return v;
	definition = connector_definition(c, connector);
	if (v && !is_newer(definition, v))
		return v;
	made = swagger_operation(call_arena(c), json_get(definition, "swagger"), operation);
	if (!made)
		return NULL;
	json_set_str(call_arena(c), made, "connectorName", connector);
	json_set(call_arena(c), made, "connectorDisplayName",
		 json_copy(call_arena(c), json_get(definition, "displayName")));
	put_found(c, made, "runtimeUrl", definition, "/primaryRuntimeUrl");
	json_set(call_arena(c), made, "readAt",
		 json_copy(call_arena(c), json_get(definition, "readAt")));
	cache_put(c, "operation", key, made, time_left(definition));
	return cache_get(c, "operation", key);
}

const struct json *connector_lookup(struct call *c, struct str connector, struct str operation)
{
	struct str key = operation_key(c, connector, operation);
	const struct json *v = cache_get(c, "lookup", key), *definition;
	struct json *made;

	if (v)
		return v;
	definition = connector_definition(c, connector);
	made = swagger_lookup(call_arena(c), json_get(definition, "swagger"), operation);
	if (!made)
		return NULL;
	cache_put(c, "lookup", key, made, time_left(definition));
	return cache_get(c, "lookup", key);
}

enum verdict connector_no_operation(struct call *c, struct str connector, struct str operation)
{
	unsigned best = operation.n < 8 ? 3 : 6;
	struct str near = S("");

	JSON_EACH (row, json_get(connector_index(c, connector), "operations")) {
		struct str id = json_get_str(row, "operationId");
		unsigned d = str_distance(id, operation, best);

		if (d < best) {
			best = d;
			near = id;
		}
	}
	fail(c, ERR_NOT_FOUND, "the connector %s has no operation %s", quoted(c, connector),
	     quoted(c, operation));
	if (near.n)
		hint(c, "Did you mean %.*s?", STR_ARG(near));
	else
		hint(c, "describe_live_connector with connectorName and search finds operations "
			"by words.");
	return FAIL;
}

/* ---- connections ---- */

struct json *connector_keep_connection(struct call *c, const struct json *item)
{
	struct arena *a = call_arena(c);
	struct json *v = json_new_object(a);
	struct str me = at_str(about_identity(c), "/account/objectId"), status = S("Connected");

	JSON_EACH (s, json_at(item, "/properties/statuses"))
		if (!str_eq_nocase(json_get_str(s, "status"), S("Connected")))
			status = json_get_str(s, "status");
	put_str(c, v, "id", json_get_str(item, "name"));
	put_str(c, v, "connectorName", last_segment(at_str(item, "/properties/apiId")));
	put(c, v, "displayName", item, "/properties/displayName");
	put_str(c, v, "status", status);
	json_set_bool(a, v, "mine",
		      me.n && str_eq_nocase(at_str(item, "/properties/createdBy/id"), me));
	return v;
}

struct fetch connector_connections(struct call *c)
{
	static const struct paging pages = { .keep = connector_keep_connection };

	return (struct fetch){
		.url = connections_url(c, arg_z(c, "environmentName")),
		.flags = FETCH_TOLERATE,
		.paging = &pages,
	};
}

bool connector_is_connected(const struct json *connection)
{
	return str_eq_nocase(json_get_str(connection, "status"), S("Connected"));
}

static int worth(const struct json *v)
{
	return (connector_is_connected(v) ? 2 : 0) + (json_is_true(json_get(v, "mine")) ? 1 : 0);
}

const struct json *connector_pick(struct call *c, const struct answer *connections,
				  struct str connector)
{
	const struct json *best = NULL;

	(void)c;
	JSON_EACH (v, connections->err == ERR_OK ? connections->json : NULL)
		if (str_eq_nocase(json_get_str(v, "connectorName"), connector) &&
		    (!best || worth(v) > worth(best)))
			best = v;
	return best;
}

struct str connector_new_name(struct call *c, const struct answer *connections)
{
	struct json *seed = json_new_array(call_arena(c));
	unsigned char digest[CRYPT_HASH];
	struct buf b;

	json_push(seed, json_new_str(call_arena(c), arg_str(c, "environmentName")));
	json_push(seed, json_new_str(call_arena(c), connector_arg(c)));
	json_push(seed, json_new_str(call_arena(c),
				     at_str(about_identity(c), "/account/objectId")));
	JSON_EACH (v, connections->json)
		json_push(seed, json_copy(call_arena(c), json_get(v, "id")));
	crypt_sha256(json_text(call_arena(c), seed), digest);
	buf_init_in(&b, call_arena(c), CRYPT_HASH + 1);
	crypt_hex(&b, str_bytes(digest, CRYPT_HASH / 2));
	return buf_str(&b);
}

enum verdict connector_no_connection(struct call *c, struct str connector)
{
	struct json *arguments = json_new_object(call_arena(c));

	json_set_str(call_arena(c), arguments, "environmentName", arg_str(c, "environmentName"));
	json_set_str(call_arena(c), arguments, "connectorName", connector);
	fail(c, ERR_NOT_FOUND, "there is no connection of %s that could be used",
	     quoted(c, connector));
	hint(c, "A person makes one: create_live_connection gives the link to sign in.");
	next_tool(c, "create_live_connection", arguments);
	return FAIL;
}
