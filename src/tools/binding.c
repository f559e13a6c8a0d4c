/*
 * binding.c - list_live_connection_references and bind_live_connection_reference.
 *
 * A connection reference is a row of the organisation that the flows of solutions name instead
 * of a connection; binding it to another connection changes all of them at once.  Which flows
 * hang on one is found in their clientdata.  Source: Dataverse documentation of the tables
 * connectionreference and workflow, recorded lists.
 */
#include "tools/table.h"
#include "tools/target.h"

#define REFERENCES                                                                             \
	"/connectionreferences?$select=connectionreferenceid,connectionreferencelogicalname,"  \
	"connectionreferencedisplayname,connectorid,connectionid,statecode"

static struct json *keep_reference(struct call *c, const struct json *row)
{
	struct json *v;

	if (!json_get_str(row, "connectionreferenceid").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", json_get_str(row, "connectionreferenceid"));
	put_str(c, v, "logicalName", json_get_str(row, "connectionreferencelogicalname"));
	put_str(c, v, "displayName", json_get_str(row, "connectionreferencedisplayname"));
	put_str(c, v, "connectorName", last_segment(json_get_str(row, "connectorid")));
	put_str(c, v, "connectionName", json_get_str(row, "connectionid"));
	json_set_bool(call_arena(c), v, "bound", json_get_str(row, "connectionid").n > 0);
	return v;
}

static struct fetch reference_rows(struct call *c, struct str organisation)
{
	return table_rows(c, url_of(c, HOST_DATAVERSE, organisation, REFERENCES), keep_reference);
}

/* The logical names in a clientdata.  It is searched, not parsed: all of an environment's flows
 * would not fit into the memory of a call. */
static struct json *names_in(struct call *c, struct str text)
{
	static const struct str key = STR_INIT("\"connectionReferenceLogicalName\"");
	struct json *names = json_new_array(call_arena(c));
	ptrdiff_t at;

	while ((at = str_find(text, key)) >= 0) {
		struct str rest = str_trim(str_from_at(text, (size_t)at + key.n)), name;

		text = rest;
		if (!rest.n || rest.p[0] != ':')
			continue;
		rest = str_trim(str_from_at(rest, 1));
		if (rest.n && rest.p[0] == '"') {
			rest = str_from_at(rest, 1);
			str_cut(&rest, '"', &name);
			json_push(names, json_new_str(call_arena(c), name));
		}
	}
	return names;
}

/* One flow and the logical names that it uses. */
static struct json *keep_flow(struct call *c, const struct json *row)
{
	struct json *v = flow_row_shape(c, row);

	json_set(call_arena(c), v, "uses", names_in(c, json_get_str(row, "clientdata")));
	return v;
}

static bool uses(const struct json *flow, struct str logical)
{
	JSON_EACH (v, json_get(flow, "uses"))
		if (str_eq_nocase(json_str(v), logical))
			return true;
	return false;
}

/* The flows that hang on a reference, without what else they use. */
static struct json *users_of(struct call *c, const struct json *flows, struct str logical)
{
	struct json *out = json_new_array(call_arena(c)), *one;

	JSON_EACH (v, flows)
		if (uses(v, logical)) {
			one = json_copy(call_arena(c), v);
			json_take(one, "uses");
			json_push(out, one);
		}
	return out;
}

/* ---- list_live_connection_references ---- */

enum { ROWS_REFERENCES, ROWS_FLOWS, ROWS };

static enum verdict list_rows(struct call *c, struct str organisation)
{
	struct fetch *f = requests(c, ROWS);

	f[ROWS_REFERENCES] = reference_rows(c, organisation);
	f[ROWS_FLOWS] = flow_rows(c, organisation, keep_flow);
	return fetch_each(c, f, ROWS);
}

static enum verdict list_result(struct call *c)
{
	const struct answer *flows = got(c, 1, ROWS_FLOWS);
	struct json *list = json_new_array(call_arena(c));

	JSON_EACH (r, got(c, 1, ROWS_REFERENCES)->json) {
		struct str texts[] = { json_get_str(r, "displayName"),
				       json_get_str(r, "logicalName"),
				       json_get_str(r, "connectorName") };
		struct json *v;

		if (!found_in(arg_str(c, "search"), texts, 3))
			continue;
		v = json_copy(call_arena(c), r);
		if (flows->err == ERR_OK)
			json_set(call_arena(c), v, "flows",
				 users_of(c, flows->json, texts[1]));
		json_push(list, v);
	}
	if (flows->err != ERR_OK)
		note(c, "hint", json_new_z(call_arena(c), "which flows use them could not be read"));
	return done(c, listed(c, "connectionReferences", list));
}

static enum verdict list_step(struct call *c)
{
	enum verdict v = organisation_rows(c, list_rows, NULL);

	return v == DONE ? list_result(c) : v;
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	{ "search", JSON_STRING, 0, "Part of a name or connector.", .max = 256 },
	{ 0 },
};

const struct tool tool_list_live_connection_references = {
	.name = "list_live_connection_references",
	.title = "List connection references",
	.description = "Lists the connection references of an environment with Dataverse: connector, "
		       "the connection each is bound to, and the solution flows that hang on it. "
		       "For connections themselves use list_live_connections.",
	.toolset = "solution",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = list_params,
	.list = "connectionReferences",
	.columns = "/displayName /logicalName /connectorName /bound",
	.step = list_step,
};

/* ---- bind_live_connection_reference ---- */

enum { LOOK, TABLES, WRITE, AGAIN };
enum { LOOK_THERE, LOOK_BAP, LOOK_CONNECTIONS, LOOKS };

static enum effect bind_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_CONNECTIONS;
}

static enum verdict bind_look(struct call *c)
{
	static const struct paging pages;
	struct fetch *f = requests(c, LOOKS);

	organisation_fetches(c, f);
	f[LOOK_CONNECTIONS] = look_at_all(connections_url(c, arg_z(c, "environmentName")), &pages);
	return fetch_each(c, f, LOOKS);
}

static const struct json *the_reference(struct call *c, int stage)
{
	struct str name = arg_str(c, "connectionReference");

	JSON_EACH (v, got(c, stage, ROWS_REFERENCES)->json)
		if (str_eq_nocase(json_get_str(v, "logicalName"), name) ||
		    str_eq_nocase(json_get_str(v, "id"), name))
			return v;
	return NULL;
}

static const struct json *the_connection(struct call *c)
{
	JSON_EACH (v, got(c, LOOK, LOOK_CONNECTIONS)->json)
		if (str_eq_nocase(json_get_str(v, "name"), arg_str(c, "connectionName")))
			return v;
	return NULL;
}

static bool is_broken(const struct json *connection)
{
	JSON_EACH (s, json_at(connection, "/properties/statuses"))
		if (!str_eq_nocase(json_get_str(s, "status"), S("Connected")))
			return true;
	return false;
}

/* NULL, or after fail(). */
static const struct json *fit_connection(struct call *c, const struct json *reference)
{
	const struct json *found = the_connection(c);
	struct str connector = json_get_str(reference, "connectorName");

	if (!found) {
		fail(c, ERR_NOT_FOUND, "you have no connection of that name in this environment");
		hint(c, "list_live_connections with search=%.*s lists what would fit.",
		     STR_ARG(connector));
		return NULL;
	}
	if (!str_eq_nocase(last_segment(at_str(found, "/properties/apiId")), connector)) {
		fail(c, ERR_INVALID_ARGUMENT, "the connection is for %s, the reference for %s",
		     quoted(c, last_segment(at_str(found, "/properties/apiId"))),
		     quoted(c, connector));
		return NULL;
	}
	if (is_broken(found)) {
		fail(c, ERR_CONNECTION_BROKEN, "the connection is not connected");
		hint(c, "Its owner must sign in again on the connection's page; "
			"list_live_connections says what is wrong.");
		return NULL;
	}
	return found;
}

static const struct change *bind_change(struct call *c, struct str organisation,
					const struct json *reference,
					const struct json *connection)
{
	static const char *const blind[] = { "Which flows hang on it could not be read.", NULL };
	const struct answer *rows = got(c, TABLES, ROWS_FLOWS);
	struct json *flows = users_of(c, rows->json, json_get_str(reference, "logicalName"));
	struct json *body = json_new_object(call_arena(c));
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	size_t count = json_count(flows);

	json_set_str(call_arena(c), body, "connectionid", json_get_str(connection, "name"));
	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, LOOK_THERE)),
		.warnings = rows->err == ERR_OK ? NULL : blind,
		.diff = flow_row_lines(c, flows),
		.writes = write_one(c, HTTP_PATCH,
				    url_of(c, HOST_DATAVERSE, organisation,
					   "/connectionreferences(%s)",
					   json_get_z(reference, "id")),
				    body),
		.write_count = 1,
	};
	ch->target.name = json_get_str(reference, "displayName");
	ch->target.id = json_get_str(reference, "id");
	ch->target.version = str_fmt(call_arena(c), "%s %zu",
				     json_get_z(reference, "connectionName"), count);
	ch->target.objects = count;
	ch->target.shared = true;
	ch->sentence = arena_printf(
		call_arena(c),
		"Binds connection reference %s to the connection %s (now: %s). %zu flow%s that you "
		"can see hang%s on it and will work with that connection.",
		quoted(c, ch->target.name),
		quoted(c, at_str(connection, "/properties/displayName")),
		json_get_str(reference, "connectionName").n
			? quoted(c, json_get_str(reference, "connectionName"))
			: "none",
		count, count == 1 ? "" : "s", count == 1 ? "s" : "");
	return ch;
}

static enum verdict bind_result(struct call *c, const struct json *reference,
				const struct json *before)
{
	struct json *out = json_copy(call_arena(c), reference);

	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	put(c, out, "previousConnectionName", before, "/connectionName");
	json_set(call_arena(c), out, "flows",
		 users_of(c, got(c, TABLES, ROWS_FLOWS)->json,
			  json_get_str(reference, "logicalName")));
	return done(c, out);
}

static bool is_bound(struct call *c, const struct json *reference)
{
	return str_eq_nocase(json_get_str(reference, "connectionName"),
			     arg_str(c, "connectionName"));
}

static enum verdict bind_after(struct call *c, struct str organisation,
			       const struct json *before)
{
	const struct answer *write = got(c, WRITE, 0);
	const struct json *now;

	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_one(c, reference_rows(c, organisation));
	now = the_reference(c, AGAIN);
	if (!is_bound(c, now))
		return fail_unseen(c, write, "the reference is not bound to it yet");
	return bind_result(c, now, before);
}

static enum verdict bind_step(struct call *c)
{
	const struct json *reference, *connection;
	struct str where;

	if (call_stage(c) == LOOK)
		return bind_look(c);
	where = organisation_needed(c, LOOK, LOOK_THERE);
	if (!where.n)
		return FAIL;
	if (call_stage(c) == TABLES)
		return list_rows(c, where);
	if (got(c, TABLES, ROWS_REFERENCES)->err != ERR_OK)
		return fail_answer(c, got(c, TABLES, ROWS_REFERENCES));
	reference = the_reference(c, TABLES);
	if (!reference) {
		fail(c, ERR_NOT_FOUND, "there is no such connection reference");
		hint(c, "list_live_connection_references lists them: pass a logicalName or id.");
		return FAIL;
	}
	if (is_bound(c, reference))
		return bind_result(c, reference, reference);
	if (got(c, LOOK, LOOK_CONNECTIONS)->err != ERR_OK)
		return fail_answer(c, got(c, LOOK, LOOK_CONNECTIONS));
	connection = fit_connection(c, reference);
	if (!connection)
		return FAIL;
	if (call_stage(c) == WRITE)
		return carry_out(c, bind_change(c, where, reference, connection));
	return bind_after(c, where, reference);
}

static const struct param bind_params[] = {
	PARAM_ENVIRONMENT,
	{ "connectionReference", JSON_STRING, P_REQUIRED, "Logical name or id of the reference.",
	  .max = 256 },
	{ "connectionName", JSON_STRING, P_REQUIRED, "Id of the connection to bind it to.",
	  .max = 256 },
	{ 0 },
};

const struct tool tool_bind_live_connection_reference = {
	.name = "bind_live_connection_reference",
	.title = "Bind a connection reference",
	.description = "Really binds a connection reference to another connection: every flow that "
		       "hangs on it changes at once. A person is asked first and sees those flows.",
	.toolset = "solution",
	.klass = CLASS_DANGEROUS,
	.effect = bind_effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = bind_params,
	.step = bind_step,
};
