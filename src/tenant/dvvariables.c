/*
 * dvvariables.c - Dataverse's tables of environment variables, their definitions and values.
 *
 * Source of tables, columns and types: Dataverse's reference of environmentvariabledefinition
 * and environmentvariablevalue.
 */
#include "tenant/dvtable.h"
#include "tenant/emit.h"
#include "tenant/route.h"
#include "tenant/variables.h"

static const char definitions[] = "environmentvariabledefinitions";
static const char values[] = "environmentvariablevalues";

static struct json *value_row(struct request *q, const struct variable *v)
{
	return emit_json(&q->mem,
			 "{'environmentvariablevalueid':'%s','schemaname':'%s','value':'%S',"
			 "'_environmentvariabledefinitionid_value':'%s','statecode':0}",
			 v->value_id, v->schema, v->value, v->id);
}

static struct json *definition_row(struct request *q, const struct variable *v)
{
	return emit_json(&q->mem,
			 "{'environmentvariabledefinitionid':'%s','schemaname':'%s','displayname':"
			 "'%s','type':%d,'defaultvalue':%R,'ismanaged':false,'statecode':0}",
			 v->id, v->schema, v->title, v->type,
			 v->standard.p ? emit_str(&q->mem, "'%S'", v->standard) : S("null"));
}

/* ---- reading ---- */

static void list_rows(struct request *q, bool of_values)
{
	static const char nested[] = "environmentvariabledefinition_environmentvariablevalue";
	struct environment *e = dv_organization(q);
	struct json **rows =
		arena_array(&q->mem, q->tenant->variable_count + 1, sizeof(*rows));
	bool expand = str_starts(request_query(q, "$expand"), str_from(nested));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	for (unsigned i = 0; i < q->tenant->variable_count; i++) {
		const struct variable *v = &q->tenant->variables[i];
		struct json *inner;

		if (v->env != e || v->deleted || (of_values && !v->value.p))
			continue;
		rows[count] = of_values ? value_row(q, v) : definition_row(q, v);
		if (!of_values && expand) {
			inner = json_set(&q->mem, rows[count], nested, json_new_array(&q->mem));
			if (v->value.p)
				json_push(inner, value_row(q, v));
		}
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, of_values ? values : definitions, rows, count);
}

static void definitions_list(struct request *q)
{
	list_rows(q, false);
}

static void values_list(struct request *q)
{
	list_rows(q, true);
}

static struct variable *need_definition(struct request *q, struct environment *e)
{
	struct variable *v = e ? variable_find(q->tenant, e, q->capture[0]) : NULL;

	if (e && !v)
		answer_error(q, SE_DV_NOT_FOUND, "environmentvariabledefinition",
			     str_c(&q->mem, q->capture[0]), NULL);
	return v;
}

static struct variable *need_value(struct request *q, struct environment *e)
{
	struct variable *v = e ? variable_of_value(q->tenant, e, q->capture[0]) : NULL;

	if (e && !v)
		answer_error(q, SE_DV_NOT_FOUND, "environmentvariablevalue",
			     str_c(&q->mem, q->capture[0]), NULL);
	return v;
}

static void definition_get(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct variable *v = need_definition(q, e);

	if (v)
		dv_answer_row(q, e, definitions, definition_row(q, v), 200);
}

static void value_get(struct request *q)
{
	struct environment *e = dv_organization(q);
	struct variable *v = need_value(q, e);

	if (v)
		dv_answer_row(q, e, values, value_row(q, v), 200);
}

/* ---- writing ---- */

static void written(struct request *q, struct environment *e, const char *set, const char *id)
{
	dv_headers(q);
	answer_empty(q, 204);
	answer_header(q, "OData-EntityId", dv_link(q, e, set, id));
}

static bool fits(struct request *q, const struct variable *v, struct str text)
{
	if (variable_fits(v->type, text))
		return true;
	emit(answer_begin(q, 400),
	     "{'error':{'code':'0x80048d19','message':'The value of the environment variable "
	     "\\u0027%s\\u0027 does not have the type of its definition.'}}",
	     v->schema);
	return false;
}

static void definition_update(struct request *q)
{
	struct environment *e = dv_writable(q, "environmentvariabledefinition");
	struct variable *v = need_definition(q, e);
	const struct json *body = v ? request_json(q) : NULL;
	struct str text = json_get_str(body, "defaultvalue");

	if (!v || (json_get(body, "defaultvalue") && !fits(q, v, text)))
		return;
	if (json_get(body, "defaultvalue"))
		v->standard = str_dup(&q->tenant->mem, text);
	if (json_get(body, "displayname"))
		v->title = str_c(&q->tenant->mem, json_get_str(body, "displayname"));
	written(q, e, definitions, v->id);
}

static void definition_create(struct request *q)
{
	struct environment *e = dv_writable(q, "environmentvariabledefinition");
	const struct json *body = e ? request_json(q) : NULL;
	struct str schema = json_get_str(body, "schemaname");
	struct variable *v;

	if (!e)
		return;
	v = schema.n && !variable_find(q->tenant, e, schema) ?
		    variable_new(q->tenant, e, schema) :
		    NULL;
	if (!v) {
		emit(answer_begin(q, 412), "{'error':{'code':'0x80040237','message':'A record with "
					   "matching key values already exists.'}}");
		return;
	}
	v->type = (int)json_int(json_get(body, "type"), VARIABLE_STRING);
	if (json_get(body, "displayname"))
		v->title = str_c(&q->tenant->mem, json_get_str(body, "displayname"));
	if (json_get(body, "defaultvalue"))
		v->standard = str_dup(&q->tenant->mem, json_get_str(body, "defaultvalue"));
	written(q, e, definitions, v->id);
}

static void value_update(struct request *q)
{
	struct environment *e = dv_writable(q, "environmentvariablevalue");
	struct variable *v = need_value(q, e);
	struct str text = v ? json_get_str(request_json(q), "value") : S("");

	if (!v || !fits(q, v, text))
		return;
	v->value = str_dup(&q->tenant->mem, text);
	written(q, e, values, v->value_id);
}

/* {"value", "EnvironmentVariableDefinitionId@odata.bind": "/environmentvariabledefinitions(ID)"} */
static void value_create(struct request *q)
{
	struct environment *e = dv_writable(q, "environmentvariablevalue");
	const struct json *body = e ? request_json(q) : NULL;
	struct str bind = json_get_str(body, "EnvironmentVariableDefinitionId@odata.bind");
	struct str text = json_get_str(body, "value");
	ptrdiff_t open = str_find_char(bind, '('), close = str_find_char(bind, ')');
	struct variable *v;

	if (!e)
		return;
	v = open >= 0 && close > open ?
		    variable_find(q->tenant, e,
				  str_n(bind.p + open + 1, (size_t)(close - open - 1))) :
		    NULL;
	if (!v) {
		answer_error(q, SE_DV_NOT_FOUND, "environmentvariabledefinition",
			     str_c(&q->mem, bind), NULL);
		return;
	}
	if (!fits(q, v, text))
		return;
	v->value = str_dup(&q->tenant->mem, text);
	written(q, e, values, v->value_id);
}

/* Without its value a variable has its default again. */
static void value_delete(struct request *q)
{
	struct environment *e = dv_writable(q, "environmentvariablevalue");
	struct variable *v = need_value(q, e);

	if (!v)
		return;
	v->value = (struct str){ NULL, 0 };
	dv_headers(q);
	answer_empty(q, 204);
}

static const struct route rows[] = {
	DV_ROW("GET", "/environmentvariabledefinitions", definitions_list, 0),
	DV_ROW("POST", "/environmentvariabledefinitions", definition_create, 0),
	DV_ROW("GET", "/environmentvariabledefinitions({V})", definition_get, 0),
	DV_ROW("PATCH", "/environmentvariabledefinitions({V})", definition_update, 0),
	DV_ROW("GET", "/environmentvariablevalues", values_list, 0),
	DV_ROW("POST", "/environmentvariablevalues", value_create, 0),
	DV_ROW("GET", "/environmentvariablevalues({V})", value_get, 0),
	DV_ROW("PATCH", "/environmentvariablevalues({V})", value_update, 0),
	DV_ROW("DELETE", "/environmentvariablevalues({V})", value_delete, 0),
};

const struct route_table dataverse_variable_routes = { rows, sizeof(rows) / sizeof(*rows) };
