/*
 * connection_test.c - test_live_connection: whether a connection works, by its connector's own
 * test or by one operation that only reads.
 *
 * GET operations and lookups that the connector declares for pickers are let through; everything
 * else is refused before anything is sent.
 */
#include "base/limits.h"
#include "tools/lookup.h"
#include "tools/table.h"

enum { LOOK, TEST };
enum { LOOK_CONNECTION, LOOK_DEFINITION };
/* Of a reply; the rest is cut and said to be. */
enum { REPLY = LIMIT_RESULT / 4 };

static bool has_operation(struct call *c)
{
	return arg_str(c, "operationId").n > 0;
}

static const struct json *operation(struct call *c)
{
	return connector_operation(c, connector_arg(c), arg_str(c, "operationId"));
}

static bool reads(const struct json *op)
{
	return str_eq(json_get_str(op, "method"), S("get")) &&
	       str_eq(json_get_str(op, "kind"), S("Action"));
}

static bool is_lookup(struct call *c)
{
	return json_is_true(json_get(connector_lookup(c, connector_arg(c),
						      arg_str(c, "operationId")),
				     "declared"));
}

/* False: fail() was called. */
static bool is_allowed(struct call *c)
{
	const struct json *op = operation(c);
	struct json *missing = json_new_array(call_arena(c));

	if (!op) {
		connector_no_operation(c, connector_arg(c), arg_str(c, "operationId"));
		return false;
	}
	if (!reads(op) && !is_lookup(c)) {
		fail(c, ERR_INVALID_ARGUMENT, "%s changes something, or may: it was not called",
		     quoted(c, json_get_str(op, "operationId")));
		hint(c, "Leave operationId out for the connector's own test, or name an operation with "
			"the method get.");
		return false;
	}
	JSON_EACH (in, json_get(op, "inputs"))
		if (json_is_true(json_get(in, "required")) &&
		    !json_get_n(arg_json(c, "parameters"), json_get_str(in, "name")))
			json_push(missing, json_copy(call_arena(c), json_get(in, "name")));
	if (!json_first(missing))
		return true;
	fail(c, ERR_INVALID_ARGUMENT, "required inputs are missing");
	hint(c, "Add the values of error.data.missing to parameters.");
	fail_data(c, "missing", missing);
	return false;
}

/* ---- the request ---- */

static struct str value_text(struct call *c, const struct json *v)
{
	return json_is(v, JSON_STRING) ? json_str(v) : json_text(call_arena(c), v);
}

static const struct json *input_of(const struct json *op, struct str name, const char *in)
{
	JSON_EACH (i, json_get(op, "inputs"))
		if (str_eq(json_get_str(i, "name"), name) &&
		    str_eq(json_get_str(i, "in"), str_from(in)))
			return i;
	return NULL;
}

/* "/{connectionId}/datasets/{dataset}/tables" with everything filled in. */
static void add_path(struct call *c, struct buf *b, const struct json *op)
{
	struct str rest = json_get_str(op, "path"), text, name;

	while (str_cut(&rest, '{', &text)) {
		const struct json *input;
		struct str value;
		struct buf once;

		buf_adds(b, text);
		if (!rest.p)
			return;
		str_cut(&rest, '}', &name);
		input = input_of(op, name, "path");
		value = str_eq(name, S("connectionId")) ?
				arg_str(c, "connectionName") :
				value_text(c, json_get_n(arg_json(c, "parameters"), name));
		if (str_eq(json_get_str(input, "encoding"), S("double"))) {
			buf_init_in(&once, call_arena(c), 3 * value.n + 1);
			buf_add_percent(&once, value);
			value = buf_str(&once);
		}
		buf_add_percent(b, value);
	}
}

static struct str runtime_url(struct call *c, const struct json *op, struct str base)
{
	char separator = '?';
	struct buf b;

	buf_init_in(&b, call_arena(c), LIMIT_URL);
	buf_adds(&b, base);
	add_path(c, &b, op);
	JSON_EACH (v, arg_json(c, "parameters")) {
		if (!input_of(op, json_name(v), "query"))
			continue;
		buf_addc(&b, separator);
		buf_add_percent(&b, json_name(v));
		buf_addc(&b, '=');
		buf_add_percent(&b, value_text(c, v));
		separator = '&';
	}
	return buf_str(&b);
}

static struct fetch read_of(struct call *c, struct str link)
{
	return (struct fetch){ .method = HTTP_GET, .url = url_link(c, HOST_APIHUB, link),
			       .flags = FETCH_TOLERATE | FETCH_ANY };
}

/* The connector's own test, or p NULL where it has none that only reads. */
static struct str own_test(struct call *c)
{
	JSON_EACH (link, json_at(got(c, LOOK, LOOK_CONNECTION)->json, "/properties/testLinks"))
		if (str_eq_nocase(json_get_str(link, "method"), S("get")))
			return json_get_str(link, "requestUri");
	return (struct str){ NULL, 0 };
}

static struct fetch operation_test(struct call *c)
{
	const struct json *op = operation(c);
	struct str base = json_get_str(op, "runtimeUrl");
	struct lookup_question q = {
		.connector = connector_arg(c),
		.connection = arg_str(c, "connectionName"),
		.metadata = connector_lookup(c, connector_arg(c), arg_str(c, "operationId")),
		.known = arg_json(c, "parameters"),
	};

	if (reads(op) && base.n)
		return read_of(c, runtime_url(c, op, base));
	return lookup_values(c, &q);
}

static enum verdict test(struct call *c)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));
	struct str link = own_test(c);

	if (has_operation(c))
		*f = operation_test(c);
	else if (link.p)
		*f = read_of(c, link);
	return fetch_each(c, f, has_operation(c) || link.p ? 1 : 0);
}

/* ---- the result ---- */

static struct str status_of(const struct json *connection)
{
	JSON_EACH (s, json_at(connection, "/properties/statuses"))
		if (!str_eq_nocase(json_get_str(s, "status"), S("Connected")))
			return json_get_str(s, "status");
	return S("Connected");
}

static void put_reply(struct call *c, struct json *out, const struct answer *a)
{
	static const struct project_options bounds = { .budget = REPLY, .digest_files = true };
	const struct json *body = a->json ? a->json :
					    json_parse(call_arena(c), a->text, JSON_ANSWER, NULL);
	struct project_result r = { 0 };

	if (body)
		r = project_tree(call_arena(c), body, &bounds);
	if (r.value)
		json_set(call_arena(c), out, "reply", r.value);
	else if (a->text.n)
		json_set_str(call_arena(c), out, "reply", str_first_utf8(a->text, REPLY / 4));
	if (r.cut_count || (!body && a->text.n > REPLY / 4))
		json_set_bool(call_arena(c), out, "replyCut", true);
}

static enum verdict result(struct call *c)
{
	const struct json *connection = got(c, LOOK, LOOK_CONNECTION)->json;
	const struct answer *a = got(c, TEST, 0);
	struct str status = status_of(connection);
	struct json *out = json_new_object(call_arena(c)), *next;
	bool tested = a != got(c, -1, 0), works = str_eq_nocase(status, S("Connected"));

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", connector_arg(c));
	put_str(c, out, "connectionName", arg_str(c, "connectionName"));
	put(c, out, "displayName", connection, "/properties/displayName");
	put_str(c, out, "status", status);
	if (tested)
		works = a->err == ERR_OK;
	json_set_bool(call_arena(c), out, "works", works);
	json_set_z(call_arena(c), out, "tested",
		   has_operation(c) ? "operation" : tested ? "connector" : "status");
	if (tested && a->status)
		json_set_int(call_arena(c), out, "httpStatus", a->status);
	if (tested && a->err != ERR_OK) {
		json_set_z(call_arena(c), out, "code", err_name(a->err));
		json_set_z(call_arena(c), out, "message", a->message);
	} else if (has_operation(c)) {
		put_reply(c, out, a);
	}
	if (!works) {
		next = json_new_object(call_arena(c));
		json_set_str(call_arena(c), next, "environmentName", arg_str(c, "environmentName"));
		json_set_str(call_arena(c), next, "connectorName", connector_arg(c));
		json_set_str(call_arena(c), next, "connectionName", arg_str(c, "connectionName"));
		next_tool(c, "create_live_connection", next);
	}
	return done(c, out);
}

/* ---- the tool ---- */

static enum verdict look(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));
	const char *connector = str_c(call_arena(c), connector_arg(c));
	bool known = !has_operation(c) || (operation(c) && (reads(operation(c)) || is_lookup(c)));

	f[LOOK_CONNECTION] = (struct fetch){
		.url = url(c, HOST_POWERAPPS,
			   "/apis/%s/connections/%s?$filter=environment%%20eq%%20'%s'", connector,
			   arg_z(c, "connectionName"), arg_z(c, "environmentName")),
		.flags = FETCH_TOLERATE,
	};
	f[LOOK_DEFINITION] = connector_fetch(c, connector_arg(c));
	return fetch_each(c, f, known ? 1 : 2);
}

static enum verdict step(struct call *c)
{
	const struct answer *connection = got(c, LOOK, LOOK_CONNECTION);
	const struct answer *definition = got(c, LOOK, LOOK_DEFINITION);

	if (call_stage(c) == LOOK)
		return look(c);
	if (definition != got(c, -1, 0) && !connector_definition(c, connector_arg(c)) &&
	    !connector_take(c, connector_arg(c), definition))
		return FAIL;
	if (has_operation(c) && !is_allowed(c))
		return FAIL;
	if (connection->err != ERR_OK) {
		fail_answer(c, connection);
		hint(c, "list_live_connections has the connections with their connectors.");
		return FAIL;
	}
	return call_stage(c) == TEST ? test(c) : result(c);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	{ "connectorName", JSON_STRING, P_REQUIRED, "Such as shared_sharepointonline.",
	  .alias = "apiName", .max = 256 },
	{ "connectionName", JSON_STRING, P_REQUIRED, "Id of the connection.", .max = 256 },
	{ "operationId", JSON_STRING, 0, "One that only reads; left out, the connector's own test.",
	  .max = 256 },
	{ "parameters", JSON_OBJECT, 0, "Its inputs." },
	{ 0 },
};

const struct tool tool_test_live_connection = {
	.name = "test_live_connection",
	.title = "Test a connection",
	.description = "Says whether a connection works, by its connector's own test or by an operation "
		       "that only reads (get). Anything else is refused before it is sent.",
	.toolset = "connection",
	.bundles = "create-flow build-flow debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
