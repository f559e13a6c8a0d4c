/*
 * knowledge.h - what is shipped about the language and about connectors: data/knowledge, inside
 * the program.
 *
 * Files are in our own words, with their sources; nothing of a tenant is in them.
 */
#ifndef TOOLS_KNOWLEDGE_H
#define TOOLS_KNOWLEDGE_H

#include "text/json.h"

struct knowledge_file {
	const char *name; /* of the resource: flowlatch://knowledge/NAME */
	bool is_json;
	const char *begin, *end; /* ends with a NUL that is not counted */
};

/* The texts, for a table of resources. */
extern const char knowledge_actions_begin[], knowledge_connectors_begin[],
	knowledge_expressions_begin[];

/* The i-th file, or NULL. */
const struct knowledge_file *knowledge_file(size_t i);
/* What is known of a connector ("shared_teams"), or NULL. */
const struct json *knowledge_connector(struct arena *a, struct str connector);

/*
 * Pieces that fit words, best first, at most `most`: [{"topic", "title", "text", "resource"}].
 * A piece is a section of a text file ("## ..."), or a connector or operation.
 */
struct json *knowledge_search(struct arena *a, struct str words, size_t most);

#endif
