/*
 * dvvariables.c - Dataverse's tables of environment variables, their definitions and values.
 *
 * Source of tables, columns and types: Dataverse's reference of environmentvariabledefinition
 * and environmentvariablevalue.  A value belongs to a definition and overrides its default.
 */
#include "tenant/dvtable.h"
#include "tenant/emit.h"
#include "tenant/prng.h"
#include "tenant/route.h"

enum { TYPE_STRING = 100000000, TYPE_NUMBER, TYPE_BOOLEAN, TYPE_JSON };

static const struct {
	const char *env, *schema, *title;
	int type;
	const char *standard, *value; /* value: NULL when the default holds */
} variables[] = {
	{ "prod", "fab_WarehouseSite", "Warehouse site", TYPE_STRING,
	  "https://fabrikam.sharepoint.example/sites/warehouse-test",
	  "https://fabrikam.sharepoint.example/sites/warehouse" },
	{ "prod", "fab_LargeOrderFrom", "Large order from", TYPE_NUMBER, "10000", NULL },
	{ "prod", "fab_TellSales", "Tell sales", TYPE_BOOLEAN, "no", "yes" },
	{ "prod", "fab_Carriers", "Carriers", TYPE_JSON, "[]", "[\"Posten\",\"DHL\"]" },
	{ "sandbox", "fab_WarehouseSite", "Warehouse site", TYPE_STRING,
	  "https://fabrikam.sharepoint.example/sites/warehouse-test", NULL },
};

enum { VARIABLES = sizeof(variables) / sizeof(*variables) };

static void id_of(const struct environment *e, size_t i, const char *table, char out[37])
{
	prng_guid(prng_mix(prng_hash(str_from(e->org_id)),
			   prng_mix(prng_hash(str_from(variables[i].schema)),
				    prng_hash(str_from(table)))), out);
}

static struct json *value_row(struct request *q, const struct environment *e, size_t i)
{
	char id[37], definition[37];

	id_of(e, i, "value", id);
	id_of(e, i, "definition", definition);
	return emit_json(&q->mem,
			 "{'environmentvariablevalueid':'%s','schemaname':'%s','value':'%s',"
			 "'_environmentvariabledefinitionid_value':'%s','statecode':0}",
			 id, variables[i].schema, variables[i].value, definition);
}

static struct json *definition_row(struct request *q, const struct environment *e, size_t i)
{
	char id[37];

	id_of(e, i, "definition", id);
	return emit_json(&q->mem,
			"{'environmentvariabledefinitionid':'%s','schemaname':'%s','displayname':'%s',"
			"'type':%d,'defaultvalue':'%s','ismanaged':false,'statecode':0}",
			id, variables[i].schema, variables[i].title, variables[i].type,
			variables[i].standard);
}

static struct json *expanded(struct request *q, const struct environment *e, size_t i)
{
	struct json *list = json_new_array(&q->mem);

	if (variables[i].value)
		json_push(list, value_row(q, e, i));
	return list;
}

static void list_rows(struct request *q, bool values)
{
	static const char nested[] = "environmentvariabledefinition_environmentvariablevalue";
	struct environment *e = dv_organization(q);
	struct json **rows = arena_array(&q->mem, VARIABLES, sizeof(*rows));
	bool expand = str_starts(request_query(q, "$expand"), str_from(nested));
	struct filter *filter;
	size_t count = 0;

	if (!e || !dv_filter(q, &filter))
		return;
	for (size_t i = 0; i < VARIABLES; i++) {
		if (strcmp(variables[i].env, e->key) != 0 || (values && !variables[i].value))
			continue;
		rows[count] = values ? value_row(q, e, i) : definition_row(q, e, i);
		if (!values && expand)
			json_set(&q->mem, rows[count], nested, expanded(q, e, i));
		if (dv_keeps(filter, rows[count]))
			count++;
	}
	dv_answer_rows(q, e, values ? "environmentvariablevalues" : "environmentvariabledefinitions",
		       rows, count);
}

static void definitions_list(struct request *q)
{
	list_rows(q, false);
}

static void values_list(struct request *q)
{
	list_rows(q, true);
}

static const struct route rows[] = {
	DV_ROW("GET", "/environmentvariabledefinitions", definitions_list, 0),
	DV_ROW("GET", "/environmentvariablevalues", values_list, 0),
};

const struct route_table dataverse_variable_routes = { rows, sizeof(rows) / sizeof(*rows) };
