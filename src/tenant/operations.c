/*
 * operations.c - the operations of a connector; those of a very large one are made.
 *
 * "generate": N in the seed makes N operations with ten parameters each, so that its swagger is
 * as long as the service's longest.
 */
#include "tenant/emit.h"
#include "tenant/state.h"

static const char *const things[] = { "account", "voucher", "delivery", "warehouse", "price list",
				      "supplier", "cost centre", "asset", "invoice", "payment" };
static const char *const verbs[][2] = { { "Get", "get" }, { "List", "get" }, { "Create", "post" },
					{ "Update", "patch" }, { "Delete", "delete" } };

enum {
	THINGS = sizeof(things) / sizeof(*things),
	VERBS = sizeof(verbs) / sizeof(*verbs),
	PARAMETERS = 10,
};

static struct json *made_operation(struct arena *a, unsigned n)
{
	const char *thing = things[n / VERBS % THINGS], *verb = verbs[n % VERBS][0];
	unsigned ledger = n / (VERBS * THINGS) + 1;
	struct json *out = emit_json(a,
				     "{'id':'%sLedger%dItem%d','summary':'%s: %s (ledger %d)','method':"
				     "'%s','path':'/ledgers/%d/%d/%s','kind':'Action','parameters':[],"
				     "'description':'%s one %s of ledger %d in the ERP system. Needs the "
				     "role of the ledger, and books nothing on closed periods.'}",
				     verb, (int)ledger, (int)(n / VERBS % THINGS), verb, thing,
				     (int)ledger, verbs[n % VERBS][1], (int)ledger,
				     (int)(n / VERBS % THINGS), verb, verb, thing, (int)ledger);

	for (unsigned i = 0; i < PARAMETERS; i++)
		json_push(json_get(out, "parameters"),
			  emit_json(a,
				    "{'name':'field%d','in':'query','type':'string','required':%b,"
				    "'summary':'Field %d of the %s'}",
				    (int)i, (int)(i < 2), (int)i, thing));
	return out;
}

const struct json *connector_operations(struct tenant *t, struct connector *c)
{
	int64_t made = json_int(json_get(c->data, "generate"), 0);

	if (c->operations || !made)
		return c->operations ? c->operations : json_get(c->data, "operations");
	c->operations = json_new_array(&t->mem);
	for (int64_t i = 0; i < made; i++)
		json_push(c->operations, made_operation(&t->mem, (unsigned)i));
	return c->operations;
}
