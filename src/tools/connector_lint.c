/*
 * connector_lint.c - the linter, with what is known of connectors from the cache.
 */
#include "tools/connector.h"
#include "wdl/lint_connectors.h"

/* Only what was read before: a save does not wait for definitions of half a megabyte. */
static const struct json *known_operation(void *arg, struct str connector, struct str operation,
					  bool *known)
{
	struct call *c = arg;

	*known = connector_index(c, connector) != NULL;
	return connector_operation(c, connector, operation);
}

struct lint_report connector_lint(struct call *c, struct json *document)
{
	struct lint_facts facts = { known_operation, c };
	struct lint_report report = lint_document(call_arena(c), document);

	lint_connectors(call_arena(c), &report, document, &facts);
	return report;
}
