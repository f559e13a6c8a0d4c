/*
 * odata.h - $filter, $top, paging and $select, as the lists of all faces use them.
 */
#ifndef TENANT_ODATA_H
#define TENANT_ODATA_H

#include "tenant/request.h"

struct filter;

/* Parses $filter.  NULL with *ok true: no filter; NULL with *ok false: it is not understood. */
struct filter *filter_parse(struct arena *a, struct str text, bool *ok);
/* `get` gives the text of a field (dates as ISO 8601), p NULL when there is none;
 * `call` decides functions such as search('personal').  Either may be NULL. */
struct filter_row {
	struct str (*get)(void *row, struct str field);
	bool (*call)(void *row, struct str function, struct str argument);
	void *row;
};
bool filter_matches(const struct filter *f, const struct filter_row *row);

/* Where a list is cut: from, at most `size` items, and the link to the next page. */
struct paging {
	uint64_t from, size;
};

enum link_style {
	LINK_FLOW,   /* %24skiptoken=<base64>%3d&skiptokenSourceIndex=0, regional host */
	LINK_PLAIN,  /* the same on the host that was asked */
	LINK_ARM,    /* on management.azure.com, as recorded */
	LINK_DATAVERSE, /* $skiptoken with a paging cookie */
};

/* Reads $top and $skiptoken; `standard` and `most` are the list's page sizes. */
struct paging paging_of(struct request *q, uint64_t standard, uint64_t most);
/* The link to the page that begins at `from`, in the arena. */
struct str paging_link(struct request *q, enum link_style style, uint64_t from);

/* Keeps only the members of `row` that $select names (and annotations). */
void select_members(struct request *q, struct json *row);

#endif
