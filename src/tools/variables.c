/*
 * variables.c - list_live_environment_variables and set_live_environment_variable.
 *
 * A variable is a definition with a type and a default, and at most one value that overrides the
 * default.  Source: Dataverse's reference of the tables environmentvariabledefinition and
 * environmentvariablevalue.
 */
#include "tools/table.h"
#include "tools/target.h"
#include "tools/variables.h"

#define VALUES "environmentvariabledefinition_environmentvariablevalue"
#define DEFINITIONS                                                                         \
	"/environmentvariabledefinitions?$select=environmentvariabledefinitionid,schemaname," \
	"displayname,type,defaultvalue&$expand=" VALUES "($select=environmentvariablevalueid," \
	"value)"

enum { TYPE_FIRST = 100000000 };

/* In the order of their codes. */
static const char *const types[] = { "String", "Number", "Boolean", "JSON", "DataSource",
				     "Secret" };
enum { STRING, NUMBER, BOOLEAN, JSON, DATA_SOURCE, SECRET, TYPES };

static int type_of(const struct json *variable)
{
	struct str name = json_get_str(variable, "type");

	for (int i = 0; i < TYPES; i++)
		if (str_eq(name, str_from(types[i])))
			return i;
	return TYPES;
}

static struct json *keep_variable(struct call *c, const struct json *row)
{
	int64_t type = json_int(json_get(row, "type"), -1) - TYPE_FIRST;
	const struct json *value = json_at(row, "/" VALUES "/0");
	struct json *v;

	if (!json_get_str(row, "environmentvariabledefinitionid").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put_str(c, v, "id", json_get_str(row, "environmentvariabledefinitionid"));
	put_str(c, v, "schemaName", json_get_str(row, "schemaname"));
	put_str(c, v, "displayName", json_get_str(row, "displayname"));
	json_set_z(call_arena(c), v, "type", type >= 0 && type < TYPES ? types[type] : "unknown");
	put(c, v, "defaultValue", row, "/defaultvalue");
	put(c, v, "value", value, "/value");
	put_str(c, v, "valueId", json_get_str(value, "environmentvariablevalueid"));
	return v;
}

struct fetch variable_rows(struct call *c, struct str organisation)
{
	return table_rows(c, url_of(c, HOST_DATAVERSE, organisation, DEFINITIONS), keep_variable);
}

static const struct json *current(const struct json *variable)
{
	bool own = json_is(json_get(variable, "value"), JSON_STRING);

	return json_get(variable, own ? "value" : "defaultValue");
}

struct str variable_current(const struct json *variable)
{
	const struct json *v = current(variable);

	return json_is(v, JSON_STRING) ? json_str(v) : (struct str){ 0 };
}

static struct json *shape(struct call *c, const struct json *variable)
{
	struct json *v = json_copy(call_arena(c), variable);

	json_take(v, "valueId");
	json_set(call_arena(c), v, "currentValue",
		 json_copy(call_arena(c), current(variable)));
	return v;
}

/* ---- list_live_environment_variables ---- */

static enum verdict list_rows(struct call *c, struct str organisation)
{
	return fetch_one(c, variable_rows(c, organisation));
}

static enum verdict list_step(struct call *c)
{
	enum verdict v = organisation_rows(c, list_rows, NULL);
	struct json *list = json_new_array(call_arena(c));

	if (v != DONE)
		return v;
	JSON_EACH (variable, res(c)) {
		struct str texts[] = { json_get_str(variable, "displayName"),
				       json_get_str(variable, "schemaName") };

		if (found_in(arg_str(c, "search"), texts, 2))
			json_push(list, shape(c, variable));
	}
	return done(c, listed(c, "environmentVariables", list));
}

static const struct param list_params[] = {
	PARAM_ENVIRONMENT,
	{ "search", JSON_STRING, 0, "Part of a name.", .max = 256 },
	{ 0 },
};

const struct tool tool_list_live_environment_variables = {
	.name = "list_live_environment_variables",
	.title = "List environment variables",
	.description = "Lists the environment variables of an environment with Dataverse: name, "
		       "type, default, the value that overrides it, and what flows see.",
	.toolset = "solution",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = list_params,
	.list = "environmentVariables",
	.columns = "/displayName /schemaName /type /currentValue",
	.step = list_step,
};

/* ---- set_live_environment_variable ---- */

enum { LOOK, TABLES, WRITE, AGAIN };
enum { ROWS_VARIABLES, ROWS_FLOWS, ROWS };

static enum effect set_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_REPLACE;
}

/* A flow names a variable by its schema name, in the metadata of a parameter. */
static struct json *keep_user(struct call *c, const struct json *row)
{
	const char *quoted_name =
		arena_printf(call_arena(c), "\"%s\"", arg_z(c, "variable"));

	if (str_find(json_get_str(row, "clientdata"), str_from(quoted_name)) < 0)
		return NULL;
	return flow_row_shape(c, row);
}

static enum verdict tables(struct call *c, struct str organisation)
{
	struct fetch *f = requests(c, ROWS);

	f[ROWS_VARIABLES] = variable_rows(c, organisation);
	f[ROWS_FLOWS] = flow_rows(c, organisation, keep_user);
	return fetch_each(c, f, ROWS);
}

/* By schema name exactly as it is written: flows are searched for it. */
static const struct json *the_variable(struct call *c, int stage)
{
	JSON_EACH (v, got(c, stage, ROWS_VARIABLES)->json)
		if (str_eq(json_get_str(v, "schemaName"), arg_str(c, "variable")))
			return v;
	return NULL;
}

static enum verdict fail_variable(struct call *c)
{
	JSON_EACH (v, got(c, TABLES, ROWS_VARIABLES)->json)
		if (str_eq_nocase(json_get_str(v, "schemaName"), arg_str(c, "variable")) ||
		    str_eq_nocase(json_get_str(v, "displayName"), arg_str(c, "variable"))) {
			fail(c, ERR_NOT_FOUND, "no environment variable has exactly that schema name");
			hint(c, "Did you mean %s?", json_get_z(v, "schemaName"));
			return FAIL;
		}
	fail(c, ERR_NOT_FOUND, "there is no such environment variable");
	hint(c, "list_live_environment_variables lists them: pass a schemaName.");
	return FAIL;
}

/* The value as the table holds it for the type; p NULL when it is none of that type. */
static struct str value_for(struct call *c, int type)
{
	struct str text = arg_str(c, "value");
	const struct json *v = json_parse(call_arena(c), text, JSON_STRICT, NULL);

	switch (type) {
	case STRING:
		return text.n ? text : S("");
	case NUMBER:
		return json_is(v, JSON_NUMBER) ? text : (struct str){ 0 };
	case BOOLEAN:
		if (str_eq_nocase(text, S("yes")) || str_eq_nocase(text, S("true")))
			return S("yes");
		if (str_eq_nocase(text, S("no")) || str_eq_nocase(text, S("false")))
			return S("no");
		return (struct str){ 0 };
	case JSON:
		return v ? text : (struct str){ 0 };
	default:
		return (struct str){ 0 };
	}
}

static enum verdict fail_value(struct call *c, int type)
{
	static const char *const would_do[TYPES] = {
		[NUMBER] = "a number, such as 10.5", [BOOLEAN] = "yes or no",
		[JSON] = "a JSON text",
	};

	if (type == SECRET || type == DATA_SOURCE || type == TYPES) {
		fail(c, ERR_NOT_AVAILABLE, "variables of type %s are set in the portal only",
		     type == TYPES ? "unknown" : types[type]);
		hint(c, "A person opens the variable in its solution (make.powerautomate.com).");
		return FAIL;
	}
	fail(c, ERR_INVALID_ARGUMENT, "value is no %s", types[type]);
	hint(c, "This variable takes %s.", would_do[type]);
	return FAIL;
}

static bool has_value(const struct json *variable, struct str value)
{
	return json_is(json_get(variable, "value"), JSON_STRING) &&
	       str_eq(json_get_str(variable, "value"), value);
}

static const struct fetch *set_request(struct call *c, struct str organisation,
				       const struct json *variable, struct str value)
{
	struct json *body = json_new_object(call_arena(c));
	const char *id = json_get_z(variable, "valueId");

	json_set_str(call_arena(c), body, "value", value);
	if (id[0])
		return write_one(c, HTTP_PATCH,
				 url_of(c, HOST_DATAVERSE, organisation,
					"/environmentvariablevalues(%s)", id),
				 body);
	json_set_str(call_arena(c), body, "schemaname", json_get_str(variable, "schemaName"));
	json_set_z(call_arena(c), body, "EnvironmentVariableDefinitionId@odata.bind",
		   arena_printf(call_arena(c), "/environmentvariabledefinitions(%s)",
				json_get_z(variable, "id")));
	return write_one(c, HTTP_POST,
			 url_of(c, HOST_DATAVERSE, organisation, "/environmentvariablevalues"),
			 body);
}

static const struct change *set_change(struct call *c, struct str organisation,
				       const struct json *variable, struct str value)
{
	static const char *const blind[] = { "Which flows use it could not be read.", NULL };
	const struct answer *rows = got(c, TABLES, ROWS_FLOWS);
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	bool own = json_is(json_get(variable, "value"), JSON_STRING);
	struct str before = json_get_str(variable, own ? "value" : "defaultValue");
	size_t count = json_count(rows->json);

	*ch = (struct change){
		.target = environment_target(c, got(c, LOOK, 0)),
		.warnings = rows->err == ERR_OK ? NULL : blind,
		.diff = flow_row_lines(c, rows->json),
		.writes = set_request(c, organisation, variable, value),
		.write_count = 1,
	};
	ch->target.name = json_get_str(variable, "displayName");
	ch->target.id = json_get_str(variable, "schemaName");
	ch->target.version = str_fmt(call_arena(c), "%.*s", STR_ARG(before));
	ch->target.objects = count;
	ch->target.shared = count > 0 || rows->err != ERR_OK;
	ch->sentence = arena_printf(
		call_arena(c),
		"Sets environment variable %s to %s (now: %s%s). %zu flow%s that you can see "
		"use%s it, and flows that are on take it up.",
		quoted(c, ch->target.name), quoted(c, value), quoted(c, before),
		own ? "" : ", its default", count, count == 1 ? "" : "s", count == 1 ? "s" : "");
	return ch;
}

static enum verdict set_result(struct call *c, const struct json *variable,
			       const struct json *before)
{
	struct json *out = shape(c, variable);

	json_set_str(call_arena(c), out, "environmentName", arg_str(c, "environmentName"));
	put(c, out, "previousValue", before, "/value");
	json_set(call_arena(c), out, "flows",
		 json_copy(call_arena(c), got(c, TABLES, ROWS_FLOWS)->json));
	return done(c, out);
}

static enum verdict set_after(struct call *c, struct str organisation,
			      const struct json *before, struct str value)
{
	const struct answer *write = got(c, WRITE, 0);

	if (was_refused(write))
		return fail_answer(c, write);
	if (call_stage(c) == AGAIN)
		return fetch_one(c, variable_rows(c, organisation));
	if (!has_value(the_variable(c, AGAIN), value))
		return fail_unseen(c, write, "the variable does not have that value yet");
	return set_result(c, the_variable(c, AGAIN), before);
}

static enum verdict set_step(struct call *c)
{
	struct str where, value;
	enum verdict v = organisation_rows(c, tables, &where);
	const struct json *variable;

	if (v != DONE)
		return v;
	variable = the_variable(c, TABLES);
	if (!variable)
		return fail_variable(c);
	value = value_for(c, type_of(variable));
	if (!value.p)
		return fail_value(c, type_of(variable));
	if (has_value(variable, value))
		return set_result(c, variable, variable);
	if (call_stage(c) == WRITE)
		return carry_out(c, set_change(c, where, variable, value));
	return set_after(c, where, variable, value);
}

static const struct param set_params[] = {
	PARAM_ENVIRONMENT,
	{ "variable", JSON_STRING, P_REQUIRED, "Its schema name, such as fab_Site.", .max = 128 },
	{ "value", JSON_STRING, P_REQUIRED, "The value, as text; never a secret.", .max = 2000 },
	{ 0 },
};

const struct tool tool_set_live_environment_variable = {
	.name = "set_live_environment_variable",
	.title = "Set an environment variable",
	.description = "Really sets the value of an environment variable, which overrides its "
		       "default in all flows that use it. A person is asked first and sees those "
		       "flows.",
	.toolset = "solution",
	.klass = CLASS_MODERATE,
	.effect = set_effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = set_params,
	.step = set_step,
};
