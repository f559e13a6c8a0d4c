/*
 * dvtable.c - rows as Dataverse answers them.
 *
 * Knows OData's options; must not know which tables there are.
 */
#include "tenant/dvtable.h"

#include <stdlib.h>

#include "tenant/control.h"

enum { ROWS_A_PAGE = 5000 };

struct environment *dv_organization(struct request *q)
{
	struct str name = q->host;
	ptrdiff_t dot = str_find_char(name, '.');
	struct environment *e;

	/* On plain localhost the token says which organisation is meant. */
	if (dot < 0) {
		name = str_from_at(q->caller.audience, 8);
		dot = str_find_char(name, '.');
	}
	e = dot > 0 ? tenant_organization(q->tenant, str_first(name, (size_t)dot)) : NULL;
	if (e && may_use(q, e))
		return e;
	answer_error(q, SE_DV_PRIVILEGE, q->caller.user->id, "prvReadWorkflow", "workflow");
	return NULL;
}

struct environment *dv_writable(struct request *q, const char *table)
{
	struct environment *e = dv_organization(q);

	if (!e || !knobs.dataverse_read_only)
		return e;
	answer_error(q, SE_DV_PRIVILEGE, q->caller.user->id,
		     str_c(&q->mem, str_fmt(&q->mem, "prvWrite%s", table)), table);
	return NULL;
}

struct str dv_context(struct request *q, const struct environment *e, const char *set)
{
	struct str select = request_query(q, "$select");

	return str_fmt(&q->mem, "%.*s/api/data/v9.2/$metadata#%s%s%.*s%s",
		       STR_ARG(organization_origin(q, e)), set, select.n ? "(" : "",
		       STR_ARG(select), select.n ? ")" : "");
}

bool dv_prefers(struct request *q, const char *what)
{
	struct str p = request_header(q, "Prefer");

	return p.p && str_contains_nocase(p, str_from(what));
}

void dv_headers(struct request *q)
{
	answer_header(q, "OData-Version", S("4.0"));
	answer_header(q, "x-ms-ratelimit-burst-remaining-xrm-requests", S("7994"));
	answer_header(q, "x-ms-ratelimit-time-remaining-xrm-requests", S("1,151.70"));
	answer_header(q, "x-ms-dop-hint", S("48"));
}

/* ---- a table of rows ---- */

static struct str row_field(void *arg, struct str field)
{
	const struct json *v = json_get_n(arg, field);

	/* Lookups may be named by their navigation property. */
	if (!v && str_ends_nocase(field, S("/workflowid")))
		v = json_get(arg, "workflowid");
	switch (json_type(v)) {
	case JSON_STRING:
		return json_str(v);
	case JSON_NUMBER:
		return json_number_text(v);
	case JSON_BOOL:
		return json_is_true(v) ? S("true") : S("false");
	default:
		return (struct str){ NULL, 0 };
	}
}

struct order {
	struct str field;
	bool down;
};

static int compare_rows(const void *x, const void *y, void *arg)
{
	struct json *const *a = x, *const *b = y;
	const struct order *o = arg;
	int c = str_cmp(row_field(*a, o->field), row_field(*b, o->field));

	return o->down ? -c : c;
}

static void sort_rows(struct request *q, struct json **rows, size_t count)
{
	struct str by = request_query(q, "$orderby");
	struct order o;

	if (!by.n)
		return;
	str_cut(&by, ' ', &o.field);
	o.down = by.p && str_starts_nocase(by, S("desc"));
	qsort_r(rows, count, sizeof(*rows), compare_rows, &o);
}

uint64_t dv_page_size(struct request *q)
{
	struct str p = request_header(q, "Prefer");
	ptrdiff_t at = p.p ? str_find(p, S("odata.maxpagesize=")) : -1;
	uint64_t n = 0;
	struct str digits;
	size_t end = 0;

	if (at < 0)
		return ROWS_A_PAGE;
	digits = str_from_at(p, (size_t)at + 18);
	while (end < digits.n && digits.p[end] >= '0' && digits.p[end] <= '9')
		end++;
	return str_to_u64(str_first(digits, end), &n) && n ? n : ROWS_A_PAGE;
}

void dv_answer_rows(struct request *q, const struct environment *e, const char *set,
			struct json **rows, size_t count)
{
	struct str top = request_query(q, "$top");
	struct json *out = json_new_object(&q->mem), *list;
	struct paging page = paging_of(q, dv_page_size(q), UINT32_MAX);
	uint64_t most = UINT64_MAX;
	bool notes = dv_prefers(q, "include-annotations");

	/* $top is an end here, not a page size. */
	if (top.p && str_to_u64(top, &most))
		page.size = most;
	sort_rows(q, rows, count);
	dv_headers(q);
	json_set_str(&q->mem, out, "@odata.context", dv_context(q, e, set));
	if (str_eq(request_query(q, "$count"), S("true")))
		json_set_int(&q->mem, out, "@odata.count", (int64_t)count);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	for (uint64_t i = page.from; i < count && i < page.from + page.size; i++) {
		if (notes)
			annotate_row(q, rows[i]);
		select_members(q, rows[i]);
		json_push(list, rows[i]);
	}
	if (page.from + page.size < count && most == UINT64_MAX)
		json_set_str(&q->mem, out, "@odata.nextLink",
			     paging_link(q, LINK_DATAVERSE, page.from + page.size));
	if (notes)
		answer_header(q, "Preference-Applied", S("odata.include-annotations=\"*\""));
	answer_json(q, 200, out);
}

bool dv_filter(struct request *q, struct filter **f)
{
	struct str text = request_query(q, "$filter");
	bool ok;

	*f = filter_parse(&q->mem, text, &ok);
	if (!ok)
		answer_error(q, SE_DV_SYNTAX, "0", str_c(&q->mem, text), NULL);
	return ok;
}

bool dv_keeps(const struct filter *f, struct json *row)
{
	struct filter_row r = { row_field, NULL, row };

	return filter_matches(f, &r);
}

void dv_answer_row(struct request *q, const struct environment *e, const char *set,
		       struct json *row, unsigned status)
{
	struct json *out = json_new_object(&q->mem);

	dv_headers(q);
	if (dv_prefers(q, "include-annotations"))
		annotate_row(q, row);
	select_members(q, row);
	json_set_str(&q->mem, out, "@odata.context",
		     str_fmt(&q->mem, "%.*s/$entity", STR_ARG(dv_context(q, e, set))));
	JSON_EACH(m, row)
		json_add_n(&q->mem, out, json_name(m), json_copy(&q->mem, m));
	answer_json(q, status, out);
}

struct flow *dv_workflow(struct request *q, struct environment *e)
{
	struct flow *f = tenant_flow(q->tenant, e, q->capture[0]);

	if (f && *f->workflow && !f->deleted && flow_visible(q, f) &&
	    !quirk_take(&f->quirks.unseen))
		return f;
	answer_error(q, SE_DV_NOT_FOUND, "workflow", str_c(&q->mem, q->capture[0]), NULL);
	return NULL;
}

bool dv_may_change(struct request *q, const struct flow *f)
{
	if (f->owner == q->caller.user || q->caller.admin || flow_shared_with(f, q->caller.user))
		return true;
	answer_error(q, SE_DV_PRIVILEGE, q->caller.user->id, "prvWriteWorkflow", "workflow");
	return false;
}

struct str dv_link(struct request *q, const struct environment *e, const char *set,
			      const char *id)
{
	return str_fmt(&q->mem, "%.*s/api/data/v9.2/%s(%s)", STR_ARG(organization_origin(q, e)), set,
		       id);
}
