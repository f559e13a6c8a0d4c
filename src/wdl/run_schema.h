/*
 * run_schema.h - JSON Schema as the engine checks it (ParseJson, Request triggers).
 *
 * Draft 4 with const and dependencies, in Newtonsoft's order and words, measured by
 * tomdam/flowforger against the service.  `pattern` and `patternProperties` are refused by
 * ParseJson and not looked at here; `format` is checked for what is common.
 */
#ifndef WDL_RUN_SCHEMA_H
#define WDL_RUN_SCHEMA_H

#include "text/json.h"

/* The errors, each {"message","lineNumber","linePosition","path","value"?,"schemaId","errorType",
 * "childErrors"}, at most LIMIT_RUN_SCHEMA_ERRORS; an empty array when the value fits. */
struct json *wdl_schema_errors(struct arena *a, const struct json *value,
			       const struct json *schema);
/* The schema has `pattern` or `patternProperties` in a place where they count. */
bool wdl_schema_unsupported(const struct json *schema);

#endif
