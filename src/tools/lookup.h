/*
 * lookup.h - one question about the values of an input or the fields of a body, as the service
 * takes it: listEnum and listDynamicProperties of the environment's host.
 *
 * Metadata is what src/wdl/swagger.h makes of a connector's definition.  The directory's picker
 * of people (AadGraph.GetUsers) is never answered by the service; Office 365 Users is asked in its
 * place, with a connection of that.
 */
#ifndef TOOLS_LOOKUP_H
#define TOOLS_LOOKUP_H

#include "tools/connector_view.h"

struct lookup_question {
	struct str connector, connection;
	const struct json *metadata;
	const struct json *known; /* values of other inputs, by name */
	struct str selected;      /* of a tree: the folder that is opened; "" at the top */
	struct str input;         /* whose values or fields they are */
	bool output;              /* fields of what comes back */
};

/* Inputs that must be known first and are not, as an array; NULL when nothing is missing. */
struct json *lookup_needs(struct call *c, const struct json *metadata, const struct json *known);
/* FETCH_TOLERATE: ask lookup_rows or lookup_schema for the answer. */
struct fetch lookup_values(struct call *c, const struct lookup_question *q);
struct fetch lookup_fields(struct call *c, const struct lookup_question *q);
/* The records of an answer to lookup_values. */
const struct json *lookup_rows(const struct answer *a);
/* The schema of an answer to lookup_fields. */
const struct json *lookup_schema(const struct answer *a);
/* Value and title of one record, in any of the spellings that services use. */
const struct json *lookup_value(const struct json *record);
struct str lookup_title(const struct json *record);

/* The question about people put to Office 365 Users: metadata with other names, and the search
 * term among what is known. */
struct json *lookup_people(struct call *c, const struct json *metadata);
extern const struct str lookup_people_connector;
#define LOOKUP_PEOPLE "SearchUserV2" /* its operation */
/* The name under which the search term is looked for in `known`. */
#define LOOKUP_TERM "searchTerm"

/* Ends the call with an answer that was no success. */
enum verdict lookup_failed(struct call *c, const struct answer *a);

#endif
