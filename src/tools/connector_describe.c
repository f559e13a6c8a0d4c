/*
 * connector_describe.c - describe_live_connector: what connectors can do.
 *
 * With operationId everything about one operation; with search those that fit, in one connector
 * or in all of them; else the list of a connector's operations.
 */
#include "base/limits.h"
#include "tools/connector_view.h"
#include "tools/table.h"
#include "wdl/swagger.h"

enum { FIRST };
/* Answers of FIRST when all connectors are searched. */
enum { HITS, CONNECTIONS };
enum { MOST_SUMMARY = 250, MOST_SEARCH = 10, ASKED = 50, MOST_WORDS = 12 };
/* Definitions that one operation refers to, when it is shown as it stands. */
enum { MOST_DEFINITIONS = 60 };

static bool is_full(struct call *c)
{
	return str_eq(arg_str(c, "mode"), S("full"));
}

static size_t most(struct call *c, size_t otherwise)
{
	return arg_int(c, "top") ? (size_t)arg_int(c, "top") : otherwise;
}

/* ---- rows ---- */

/* "all", or the kind of the row. */
static bool is_wanted_kind(struct call *c, const struct json *row)
{
	struct str kind = arg_str(c, "type");

	return str_eq_nocase(kind, S("All")) || str_eq_nocase(kind, json_get_str(row, "kind"));
}

static unsigned word_score(const struct json *row, struct str word)
{
	if (word.n > 3 && word.p[word.n - 1] == 's')
		word.n--;
	if (str_contains_nocase(json_get_str(row, "operationId"), word) ||
	    str_contains_nocase(json_get_str(row, "summary"), word))
		return 4;
	return str_contains_nocase(json_get_str(row, "description"), word) ? 1 : 0;
}

/* More words first, then better places; what is old comes last. */
static unsigned score(const struct json *row, struct str text)
{
	unsigned sum = 0, words = 0;
	struct str word;

	while (words++ < MOST_WORDS && str_cut(&text, ' ', &word)) {
		unsigned s = word.n > 1 ? word_score(row, word) : 0;

		sum += s ? 100 + s : 0;
	}
	return sum && json_is_true(json_get(row, "deprecated")) ? sum - sum / 3 : sum;
}

static struct json *brief(struct call *c, const struct json *row)
{
	static const char *const names[] = { "operationId", "kind", "summary", "description",
					     "deprecated", "replacedBy" };
	struct json *v = json_new_object(call_arena(c));

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_get(row, names[i]))
			json_set(call_arena(c), v, names[i],
				 json_copy(call_arena(c), json_get(row, names[i])));
	return v;
}

/* ---- one connector ---- */

static struct json *head(struct call *c, struct str connector, const struct json *index)
{
	static const char *const names[] = { "displayName", "description", "tier", "publisher",
					     "custom", "authentication" };
	struct json *out = json_new_object(call_arena(c));

	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	put_str(c, out, "connectorName", connector);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_get(index, names[i]))
			json_set(call_arena(c), out, names[i],
				 json_copy(call_arena(c), json_get(index, names[i])));
	return out;
}

/* What people see of it; lookups of pickers are none. */
static bool is_shown(struct call *c, const struct json *row)
{
	return is_wanted_kind(c, row) &&
	       !str_eq_nocase(json_get_str(row, "visibility"), S("internal"));
}

static enum verdict summary(struct call *c, struct str connector)
{
	const struct json *index = connector_index(c, connector);
	struct json *out = head(c, connector, index), *list = json_new_array(call_arena(c));
	size_t total = 0, top = most(c, MOST_SUMMARY);

	JSON_EACH (row, json_get(index, "operations"))
		if (is_shown(c, row) && total++ < top)
			json_push(list, brief(c, row));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)total);
	json_set(call_arena(c), out, "operations", list);
	return done(c, out);
}

static void suggest(struct call *c, struct str connector, struct str operation)
{
	struct json *args = json_new_object(call_arena(c));

	json_set_str(call_arena(c), args, "environmentName", arg_str(c, "environmentName"));
	json_set_str(call_arena(c), args, "connectorName", connector);
	json_set_str(call_arena(c), args, "operationId", operation);
	next_tool(c, "describe_live_connector", args);
}

static enum verdict search_one(struct call *c, struct str connector)
{
	const struct json *index = connector_index(c, connector), *best;
	struct json *out = head(c, connector, index), *list = json_new_array(call_arena(c));
	size_t top = most(c, MOST_SEARCH), n = 0, count = json_count(json_get(index, "operations"));
	unsigned *scores = arena_array(call_arena(c), count + 1, sizeof(*scores)), at, *chosen;
	size_t total = 0;

	JSON_EACH (row, json_get(index, "operations")) {
		scores[n] = is_shown(c, row) ? score(row, arg_str(c, "search")) : 0;
		total += scores[n++] > 0;
	}
	while (top--) {
		at = 0;
		n = 0;
		best = NULL;
		chosen = NULL;
		JSON_EACH (row, json_get(index, "operations")) {
			if (scores[n] > at) {
				at = scores[n];
				best = row;
				chosen = &scores[n];
			}
			n++;
		}
		if (!best)
			break;
		*chosen = 0;
		if (!json_first(list))
			suggest(c, connector, json_get_str(best, "operationId"));
		json_push(list, brief(c, best));
	}
	json_set_int(call_arena(c), out, "totalCount", (int64_t)total);
	json_set(call_arena(c), out, "operations", list);
	return done(c, out);
}

/* What is looked up is looked up for all inputs at once. */
static enum verdict told(struct call *c, struct str connector, struct json *view)
{
	struct json *args = json_new_object(call_arena(c));

	json_set_str(call_arena(c), args, "environmentName", arg_str(c, "environmentName"));
	json_set_str(call_arena(c), args, "connectorName", connector);
	put(c, args, "operationId", view, "/operationId");
	if (json_get(view, "dynamicParameters") || json_get(view, "dynamicProperties"))
		next_tool(c, "resolve_live_parameters", args);
	return done(c, view);
}

static enum verdict one_operation(struct call *c, struct str connector)
{
	const struct json *op = connector_operation(c, connector, arg_str(c, "operationId"));
	struct json *variants;
	struct str variant = arg_str(c, "variant");

	if (!op)
		return connector_no_operation(c, connector, arg_str(c, "operationId"));
	variants = connector_variants(c, op);
	JSON_EACH (v, variants)
		if (str_eq_nocase(json_get_str(v, "variant"), variant))
			return told(c, connector, connector_view(c, op, variant));
	if (!variant.n)
		return told(c, connector, connector_view(c, op, variant));
	fail(c, ERR_NOT_FOUND, "no variant %s of %s is known", quoted(c, variant),
	     quoted(c, json_get_str(op, "operationId")));
	hint(c, "Leave variant out to see the operation and the variants that are known.");
	if (variants)
		fail_data(c, "variants", variants);
	return FAIL;
}

/* ---- as it stands ---- */

static void collect(struct call *c, struct json *out, const struct json *doc,
		    const struct json *v, unsigned depth)
{
	struct str ref = json_get_str(v, "$ref"), name = last_segment(ref);
	const struct json *to = str_starts(ref, S("#/definitions/"))
					? json_get_n(json_get(doc, "definitions"), name)
					: NULL;

	if (to && !json_get_n(out, name) && json_count(out) < MOST_DEFINITIONS) {
		json_set_n(call_arena(c), out, name, json_copy(call_arena(c), to));
		if (depth < LIMIT_SWAGGER_DEPTH)
			collect(c, out, doc, to, depth + 1);
	}
	JSON_EACH (m, v)
		if (json_first(m) && depth < LIMIT_JSON_DEPTH)
			collect(c, out, doc, m, depth + 1);
}

static enum verdict raw_operation(struct call *c, struct str connector)
{
	const struct json *doc = json_get(connector_definition(c, connector), "swagger");
	struct str id = arg_str(c, "operationId");
	struct json *out = json_new_object(call_arena(c));

	JSON_EACH (path, json_get(doc, "paths"))
		JSON_EACH (op, path) {
			if (!str_eq_nocase(json_get_str(op, "operationId"), id))
				continue;
			put_str(c, out, "connectorName", connector);
			json_set_str(call_arena(c), out, "path", json_name(path));
			json_set_str(call_arena(c), out, "method", json_name(op));
			json_set(call_arena(c), out, "operation", json_copy(call_arena(c), op));
			collect(c,
				json_set(call_arena(c), out, "definitions",
					 json_new_object(call_arena(c))),
				doc, op, 0);
			return done(c, out);
		}
	return connector_no_operation(c, connector, id);
}

static enum verdict raw(struct call *c, struct str connector)
{
	const struct json *definition = connector_definition(c, connector);
	struct json *out = json_new_object(call_arena(c)), *properties;
	struct str text;

	if (arg_str(c, "operationId").n)
		return raw_operation(c, connector);
	properties = json_copy(call_arena(c), definition);
	json_take(properties, "readAt");
	json_set_str(call_arena(c), out, "name", connector);
	json_set(call_arena(c), out, "properties", properties);
	text = json_text(call_arena(c), out);
	if (text.n <= LIMIT_RESULT)
		return done(c, out);
	fail(c, ERR_TOO_LARGE, "the definition has %zu KB, more than fits into a result",
	     text.n / 1024);
	hint(c, "With mode=full and operationId one operation comes as it stands, with what it "
		"refers to; mode=summary lists the operations.");
	return FAIL;
}

/* ---- all connectors ---- */

static struct json *search_body(struct call *c)
{
	struct json *body = json_new_object(call_arena(c)), *with, *without;
	bool trigger = str_eq_nocase(arg_str(c, "type"), S("Trigger"));
	bool both = str_eq_nocase(arg_str(c, "type"), S("All"));

	json_set_str(call_arena(c), body, "searchText", arg_str(c, "search"));
	json_set(call_arena(c), body, "visibleHideKeys", json_new_array(call_arena(c)));
	with = json_set(call_arena(c), body, "allTagsToInclude", json_new_array(call_arena(c)));
	without = json_set(call_arena(c), body, "anyTagsToExclude", json_new_array(call_arena(c)));
	if (!both) {
		json_push(with, json_new_z(call_arena(c), trigger ? "Trigger" : "Action"));
		json_push(with, json_new_z(call_arena(c), "Important"));
	}
	json_push(without, json_new_z(call_arena(c), "Deprecated"));
	json_push(without, json_new_z(call_arena(c), "Agentic"));
	if (!both)
		json_push(without, json_new_z(call_arena(c), trigger ? "Action" : "Trigger"));
	return body;
}

static enum verdict search_fetch(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));

	f[HITS] = (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW, "/environments/%s/operations?$top=%d",
			   arg_z(c, "environmentName"), ASKED),
		.body = search_body(c),
		.flags = FETCH_READ,
	};
	f[CONNECTIONS] = connector_connections(c);
	return fetch_each(c, f, 2);
}

static struct json *hit(struct call *c, const struct json *v, const struct json *connection)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);

	put_str(c, out, "connectorName", at_str(v, "/properties/api/name"));
	put(c, out, "connectorDisplayName", v, "/properties/api/displayName");
	put_str(c, out, "operationId", last_segment(json_get_str(v, "name")));
	json_set_z(a, out, "kind", at_str(v, "/properties/trigger").n ? "Trigger" : "Action");
	put_found(c, out, "summary", v, "/properties/summary");
	put_found(c, out, "description", v, "/properties/description");
	put_found(c, out, "tier", v, "/properties/api/tier");
	json_set_bool(a, out, "connected", connection && connector_is_connected(connection));
	if (connection)
		json_set(a, out, "connectionName", json_copy(a, json_get(connection, "id")));
	return out;
}

/* Those of connectors that the person has a connection of come first, in the service's order. */
static enum verdict search_result(struct call *c)
{
	struct json *out = json_new_object(call_arena(c)), *list = json_new_array(call_arena(c));
	const struct json *hits = json_get(got(c, FIRST, HITS)->json, "value");
	size_t top = most(c, MOST_SEARCH), n = 0;

	for (int connected = 1; connected >= 0; connected--)
		JSON_EACH (v, hits) {
			const struct json *mine = connector_pick(
				c, got(c, FIRST, CONNECTIONS), at_str(v, "/properties/api/name"));

			if ((mine && connector_is_connected(mine)) != connected || n >= top)
				continue;
			if (!n++)
				suggest(c, at_str(v, "/properties/api/name"),
					last_segment(json_get_str(v, "name")));
			json_push(list, hit(c, v, mine));
		}
	put_str(c, out, "environmentName", arg_str(c, "environmentName"));
	json_set_int(call_arena(c), out, "totalCount", (int64_t)json_count(hits));
	json_set(call_arena(c), out, "operations", list);
	if (got(c, FIRST, CONNECTIONS)->err != ERR_OK)
		note(c, "connections", json_new_z(call_arena(c), "could not be read"));
	if (!n)
		note(c, "hint", json_new_z(call_arena(c), "nothing fits all words: try fewer, or "
							  "type=All"));
	return done(c, out);
}

/* ---- the tool ---- */

/* What is asked for can be told without the service. */
static bool is_known(struct call *c, struct str connector)
{
	if (is_full(c))
		return connector_definition(c, connector) != NULL;
	if (arg_str(c, "operationId").n)
		return connector_operation(c, connector, arg_str(c, "operationId")) ||
		       connector_definition(c, connector);
	return connector_index(c, connector) != NULL;
}

static enum verdict describe(struct call *c)
{
	struct str connector = connector_arg(c);

	if (!connector.n && !arg_str(c, "search").n) {
		fail(c, ERR_INVALID_ARGUMENT, "which connector?");
		hint(c, "Give connectorName, or search words to look through all connectors.");
		return FAIL;
	}
	if (!connector.n)
		return call_stage(c) == FIRST ? search_fetch(c) : search_result(c);
	if (call_stage(c) == FIRST && (arg_bool(c, "refresh") || !is_known(c, connector)))
		return fetch_one(c, connector_fetch(c, connector));
	if (call_stage(c) > FIRST && !connector_take(c, connector, got(c, FIRST, 0)))
		return FAIL;
	if (is_full(c))
		return raw(c, connector);
	if (arg_str(c, "operationId").n)
		return one_operation(c, connector);
	return arg_str(c, "search").n ? search_one(c, connector) : summary(c, connector);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_CONNECTOR,
	{ "operationId", JSON_STRING, 0, "Everything about this one.", .max = 256 },
	{ "search", JSON_STRING, 0, "Words.",
	  .max = 256 },
	{ "variant", JSON_STRING, 0, "For the example.",
	  .max = 64 },
	{ "mode", JSON_STRING, 0, "full: OpenAPI.", .choices = "summary full",
	  .otherwise = "\"summary\"" },
	{ "type", JSON_STRING, 0, "Kind of operations.", .choices = "Action Trigger All",
	  .otherwise = "\"Action\"" },
	{ "top", JSON_NUMBER, 0, "Most operations.", .min = 1, .max = 1000 },
	PARAM_REFRESH,
	{ 0 },
};

const struct tool tool_describe_live_connector = {
	.name = "describe_live_connector",
	.title = "Describe a connector",
	.description =
		"What a connector can do: its operations, or with operationId inputs, outputs, lookups, "
		"hints and an exampleDefinition to copy. search without connectorName looks through "
		"all connectors.",
	.toolset = "connection",
	.bundles = "create-flow build-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "operations",
	.columns = "/connectorName /operationId /kind /summary",
	.step = describe,
};
