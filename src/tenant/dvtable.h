/*
 * dvtable.h - a Dataverse table of rows as an answer: $filter, $orderby, $select, pages, labels.
 */
#ifndef TENANT_DVTABLE_H
#define TENANT_DVTABLE_H

#include "tenant/dvrows.h"
#include "tenant/faces.h"

/* The organisation of the host; NULL with the answer set. */
struct environment *dv_organization(struct request *q);
/* The flow of the path's row id; NULL with the answer set. */
struct flow *dv_workflow(struct request *q, struct environment *e);
/* False with the answer set when the caller may not change the row. */
bool dv_may_change(struct request *q, const struct flow *f);
/* The organisation, for a write to that table; NULL with the answer set when the caller may only
 * read there. */
struct environment *dv_writable(struct request *q, const char *table);
/* True when the Prefer header says so. */
bool dv_prefers(struct request *q, const char *what);
/* OData-Version and the rate limits. */
void dv_headers(struct request *q);
/* $filter; false with the answer set. */
bool dv_filter(struct request *q, struct filter **f);
bool dv_keeps(const struct filter *f, struct json *row);
/* The size of a page, out of the Prefer header. */
uint64_t dv_page_size(struct request *q);
struct str dv_context(struct request *q, const struct environment *e, const char *set);
/* "https://org/api/data/v9.2/workflows(<id>)" */
struct str dv_link(struct request *q, const struct environment *e, const char *set, const char *id);
void dv_answer_rows(struct request *q, const struct environment *e, const char *set,
		    struct json **rows, size_t count);
void dv_answer_row(struct request *q, const struct environment *e, const char *set,
		   struct json *row, unsigned status);

/* Both versions in use are served alike. */
#define DV_ROW(method, path, handler, flags)                                                       \
	{ FACE_DATAVERSE, method, "/api/data/v9.2" path, handler, flags },                         \
	{ FACE_DATAVERSE, method, "/api/data/v9.1" path, handler, flags }

#endif
