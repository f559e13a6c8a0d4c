/*
 * fuzz_swagger.c - any JSON as the definition of a connector: every operation of its index is
 * found, described within bounds, and looked up.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "wdl/swagger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct arena *a, const struct json *doc, struct str id)
{
	struct json *op = swagger_operation(a, doc, id);

	if (!op || !str_eq_nocase(json_get_str(op, "operationId"), id) ||
	    json_count(json_get(op, "inputs")) > LIMIT_SWAGGER_FIELDS ||
	    json_count(json_get(op, "outputs")) > LIMIT_SWAGGER_FIELDS)
		abort();
	/* What is told of an input belongs to one. */
	JSON_EACH (v, json_get(op, "inputs"))
		if (!json_get_str(v, "name").n || !json_get_str(v, "type").n)
			abort();
	if (!json_parse(a, json_text(a, op), JSON_ANSWER, NULL))
		abort();
	(void)swagger_lookup(a, doc, id);
}

/* The same bytes as a schema that was looked up, and as metadata that somebody gave. */
static void look_aside(struct arena *a, const struct json *doc)
{
	for (int outputs = 0; outputs < 2; outputs++)
		if (json_count(json_get(swagger_fields(a, doc, S("x"), outputs), "fields")) >
		    LIMIT_SWAGGER_FIELDS)
			abort();
	(void)swagger_metadata(a, doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	const struct json *doc;
	struct arena a;
	size_t n = 0;

	arena_init(&a, 512u << 20);
	doc = json_parse(&a, in, JSON_ANSWER, NULL);
	JSON_EACH (row, swagger_index(&a, doc)) {
		if (n++ >= 20)
			break;
		look(&a, doc, json_get_str(row, "operationId"));
	}
	look_aside(&a, doc);
	arena_release(&a);
	return 0;
}
