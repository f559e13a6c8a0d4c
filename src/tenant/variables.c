/*
 * variables.c - environment variables, as the organisations hold them.
 */
#include "tenant/variables.h"

#include <stdio.h>

#include "tenant/prng.h"

static const struct {
	const char *env, *schema, *title;
	int type;
	const char *standard, *value; /* value: NULL when the default holds */
} seeds[] = {
	{ "prod", "fab_WarehouseSite", "Warehouse site", VARIABLE_STRING,
	  "https://fabrikam.sharepoint.example/sites/warehouse-test",
	  "https://fabrikam.sharepoint.example/sites/warehouse" },
	{ "prod", "fab_LargeOrderFrom", "Large order from", VARIABLE_NUMBER, "10000", NULL },
	{ "prod", "fab_TellSales", "Tell sales", VARIABLE_BOOLEAN, "no", "yes" },
	{ "prod", "fab_Carriers", "Carriers", VARIABLE_JSON, "[]", "[\"Posten\",\"DHL\"]" },
	{ "sandbox", "fab_WarehouseSite", "Warehouse site", VARIABLE_STRING,
	  "https://fabrikam.sharepoint.example/sites/warehouse-test", NULL },
};

enum { SEEDS = sizeof(seeds) / sizeof(*seeds) };

static void id_of(const struct variable *v, const char *table, char out[37])
{
	prng_guid(prng_mix(prng_hash(str_from(v->env->org_id)),
			   prng_mix(prng_hash(str_from(v->schema)), prng_hash(str_from(table)))),
		  out);
}

struct variable *variable_new(struct tenant *t, struct environment *e, struct str schema)
{
	struct variable *v;

	if (t->variable_count == SEEDS + TENANT_MADE)
		return NULL;
	v = &t->variables[t->variable_count++];
	*v = (struct variable){ .env = e, .schema = str_c(&t->mem, schema),
				.title = str_c(&t->mem, schema), .type = VARIABLE_STRING };
	id_of(v, "definition", v->id);
	id_of(v, "value", v->value_id);
	return v;
}

static struct environment *environment_of(struct tenant *t, const char *key)
{
	for (unsigned i = 0; i < t->environment_count; i++)
		if (!strcmp(t->environments[i].key, key))
			return &t->environments[i];
	return NULL;
}

void variables_load(struct tenant *t)
{
	t->variables = arena_array(&t->mem, SEEDS + TENANT_MADE, sizeof(*t->variables));
	for (size_t i = 0; i < SEEDS; i++) {
		struct variable *v = variable_new(t, environment_of(t, seeds[i].env),
						  str_from(seeds[i].schema));

		v->title = seeds[i].title;
		v->type = seeds[i].type;
		v->standard = str_from(seeds[i].standard);
		if (seeds[i].value)
			v->value = str_from(seeds[i].value);
	}
}

struct variable *variable_find(struct tenant *t, const struct environment *e, struct str id)
{
	for (unsigned i = 0; i < t->variable_count; i++) {
		struct variable *v = &t->variables[i];

		if (v->env == e && !v->deleted &&
		    (str_eq_nocase(id, str_from(v->id)) || str_eq_nocase(id, str_from(v->schema))))
			return v;
	}
	return NULL;
}

struct variable *variable_of_value(struct tenant *t, const struct environment *e, struct str id)
{
	for (unsigned i = 0; i < t->variable_count; i++) {
		struct variable *v = &t->variables[i];

		if (v->env == e && !v->deleted && v->value.p &&
		    str_eq_nocase(id, str_from(v->value_id)))
			return v;
	}
	return NULL;
}

struct str variable_current(const struct variable *v)
{
	return v->value.p ? v->value : v->standard;
}

static bool is_number(struct str s)
{
	size_t digits = 0, dots = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (s.p[i] == '.')
			dots++;
		else if (s.p[i] != '-' || i)
			return false;
	}
	return digits && dots <= 1;
}

bool variable_fits(int type, struct str text)
{
	struct arena work;
	bool ok;

	switch (type) {
	case VARIABLE_NUMBER:
		return is_number(text);
	case VARIABLE_BOOLEAN:
		return str_eq_nocase(text, S("yes")) || str_eq_nocase(text, S("no"));
	case VARIABLE_JSON:
		arena_init(&work, TENANT_BODY);
		ok = json_parse(&work, text, JSON_ANSWER, NULL) != NULL;
		arena_release(&work);
		return ok;
	default:
		return true;
	}
}
