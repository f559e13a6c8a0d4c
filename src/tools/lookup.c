/*
 * lookup.c - see lookup.h.
 *
 * The service takes values of other inputs only when the question refers to each of them
 * (parameterReference); a bare value is IncorrectDynamicInvokeParameter.
 */
#include "tools/lookup.h"

#define SELECTED "selectedItem"

const struct str lookup_people_connector = STR_INIT("shared_office365users");

/* ---- people ---- */

/* Names that the directory and Office 365 Users have for the same thing. */
static const char *people_name(struct str name)
{
	static const struct {
		const char *directory, *users;
	} names[] = {
		{ "mail", "Mail" },
		{ "userPrincipalName", "UserPrincipalName" },
		{ "displayName", "DisplayName" },
		{ "id", "Id" },
		{ "objectId", "Id" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq_nocase(name, str_from(names[i].directory)))
			return names[i].users;
	return NULL;
}

struct json *lookup_people(struct call *c, const struct json *metadata)
{
	struct arena *a = call_arena(c);
	struct json *out = json_parse(
		a,
		S("{\"operationId\":\"" LOOKUP_PEOPLE "\",\"itemsPath\":\"value\",\"parameters\":{"
		  "\"" LOOKUP_TERM "\":{\"parameterReference\":\"" LOOKUP_TERM "\"},"
		  "\"isSearchTermRequired\":{\"value\":false},\"top\":{\"value\":100}}}"),
		JSON_STRICT, NULL);
	const char *value = people_name(json_get_str(metadata, "itemValuePath"));
	const char *title = people_name(json_get_str(metadata, "itemTitlePath"));

	json_set_z(a, out, "itemValuePath", value ? value : "Mail");
	json_set_z(a, out, "itemTitlePath", title ? title : "DisplayName");
	return out;
}

/* ---- the question ---- */

struct json *lookup_needs(struct call *c, const struct json *metadata, const struct json *known)
{
	struct json *out = NULL;

	JSON_EACH (p, json_get(metadata, "parameters")) {
		struct str from = json_get_str(p, "parameterReference");

		if (!from.n || json_get_n(known, from) ||
		    str_eq(from, S(LOOKUP_TERM)) ||
		    (json_is(json_get(p, "required"), JSON_BOOL) &&
		     !json_is_true(json_get(p, "required"))))
			continue;
		if (!out)
			out = json_new_array(call_arena(c));
		json_push(out, json_new_str(call_arena(c), from));
	}
	return out;
}

/* One parameter of the lookup, and the value that it refers to. */
static void put_parameter(struct call *c, struct json *list, struct json *values,
			  const struct lookup_question *q, const struct json *p)
{
	struct arena *a = call_arena(c);
	struct json *v = json_new_object(a);
	struct str from = json_get_str(p, "parameterReference");
	const struct json *value = json_get_n(q->known, from);

	if (json_get_str(p, "selectedItemValuePath").n) {
		if (!q->selected.n)
			return;
		json_set_z(a, v, "parameterReference", SELECTED);
		json_set_str(a, values, SELECTED, q->selected);
	} else if (from.n) {
		if (!value)
			return;
		json_set_str(a, v, "parameterReference", from);
		json_set_n(a, values, from, json_copy(a, value));
	} else {
		json_set(a, v, "value", json_copy(a, json_get(p, "value")));
	}
	json_set_n(a, list, json_name(p), v);
}

static struct json *body_of(struct call *c, const struct lookup_question *q)
{
	static const char *const names[] = { "operationId",   "builtInOperation", "itemsPath",
					     "itemValuePath", "itemTitlePath",    "itemIsParent" };
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a), *how = json_new_object(a);
	struct json *values = json_set(a, out, "parameters", json_new_object(a));
	struct json *list;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_get(q->metadata, names[i]))
			json_set(a, how, names[i], json_copy(a, json_get(q->metadata, names[i])));
	list = json_set(a, how, "parameters", json_new_object(a));
	JSON_EACH (p, json_get(q->metadata, "parameters"))
		put_parameter(c, list, values, q, p);
	json_set(a, out, "dynamicInvocationDefinition", how);
	return out;
}

static struct fetch question(struct call *c, const struct lookup_question *q, const char *verb,
			     struct json *body)
{
	const struct url *u = NULL;

	if (strcmp(verb, "listEnum") == 0)
		u = url_of(c, HOST_ENVIRONMENT, arg_str(c, "environmentName"),
			   "/powerautomate/apis/%s/connections/%s/listEnum?api-version=1",
			   str_c(call_arena(c), q->connector), str_c(call_arena(c), q->connection));
	else
		u = url_of(c, HOST_ENVIRONMENT, arg_str(c, "environmentName"),
			   "/powerautomate/apis/%s/connections/%s/listDynamicProperties"
			   "?api-version=1",
			   str_c(call_arena(c), q->connector), str_c(call_arena(c), q->connection));
	return (struct fetch){ .method = HTTP_POST, .url = u, .body = body,
			       .flags = FETCH_TOLERATE | FETCH_READ | FETCH_LARGE };
}

struct fetch lookup_values(struct call *c, const struct lookup_question *q)
{
	return question(c, q, "listEnum", body_of(c, q));
}

struct fetch lookup_fields(struct call *c, const struct lookup_question *q)
{
	struct json *body = body_of(c, q);

	json_set_str(call_arena(c), body, "contextParameterAlias", q->input);
	json_set_z(call_arena(c), body, "location", q->output ? "output" : "input");
	return question(c, q, "listDynamicProperties", body);
}

/* ---- the answer ---- */

const struct json *lookup_rows(const struct answer *a)
{
	if (a->err != ERR_OK)
		return NULL;
	return json_is(a->json, JSON_ARRAY) ? a->json : json_get(a->json, "value");
}

const struct json *lookup_schema(const struct answer *a)
{
	const struct json *inner;

	if (a->err != ERR_OK)
		return NULL;
	inner = json_get(a->json, "schema");
	return json_is(inner, JSON_OBJECT) && !json_get(a->json, "properties") ? inner : a->json;
}

static const struct json *first_member(const struct json *record, const char *const *names)
{
	for (; *names; names++)
		if (json_get(record, *names))
			return json_get(record, *names);
	return NULL;
}

const struct json *lookup_value(const struct json *record)
{
	static const char *const names[] = { "value", "Name", "Id", "id", "name", NULL };

	return first_member(record, names);
}

struct str lookup_title(const struct json *record)
{
	static const char *const names[] = { "displayName", "DisplayName", "title", "Title",
					     "name", "value", NULL };

	return json_str(first_member(record, names));
}

enum verdict lookup_failed(struct call *c, const struct answer *a)
{
	fail_answer(c, a);
	if (str_contains_nocase(str_from(a->service_code), S("IncorrectDynamicInvokeParameter")))
		hint(c, "A value in parameters does not exist there: look its own options up first.");
	else if (str_contains_nocase(str_from(a->service_code), S("DynamicListValues")))
		hint(c, "This list is not offered by the service: give the value itself. "
			"resolve_live_parameters finds people by name.");
	else if (a->err == ERR_FORBIDDEN || a->err == ERR_CONNECTION_FORBIDDEN ||
		 a->err == ERR_CONNECTION_BROKEN || a->err == ERR_NOT_FOUND)
		hint(c, "The connection must be yours and work: see list_live_connections, or "
			"leave connectionName out to have one chosen.");
	return FAIL;
}
