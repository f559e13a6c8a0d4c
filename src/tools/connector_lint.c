/*
 * connector_lint.c - the linter, with what is known of connectors from the cache.
 */
#include "tools/lookup.h"
#include "wdl/lint_connectors.h"

/* Makers add tables while they work. */
enum { SETS_S = 3600 };

/* Only what was read before: a save does not wait for definitions of half a megabyte. */
static const struct json *known_operation(void *arg, struct str connector, struct str operation,
					  bool *known)
{
	struct call *c = arg;

	*known = connector_index(c, connector) != NULL;
	return connector_operation(c, connector, operation);
}

static const struct json *known_sets(void *arg)
{
	return cache_get(arg, "entity sets", S(""));
}

void connector_keep_sets(struct call *c, struct str connector, struct str input,
			 const struct json *rows)
{
	struct json *names = json_new_array(call_arena(c));

	if (!str_eq(connector, S("shared_commondataserviceforapps")) ||
	    !str_eq_nocase(input, S("entityName")) || !json_first(rows))
		return;
	JSON_EACH (row, rows)
		json_push(names, json_copy(call_arena(c), lookup_value(row)));
	cache_put(c, "entity sets", S(""), names, SETS_S);
}

struct lint_report connector_lint(struct call *c, struct json *document)
{
	struct lint_facts facts = { known_operation, known_sets, c };
	struct lint_report report = lint_document(call_arena(c), document);

	lint_connectors(call_arena(c), &report, document, &facts);
	return report;
}
