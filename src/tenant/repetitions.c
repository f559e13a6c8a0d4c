/*
 * repetitions.c - what happened in loops: repetitions of actions, iterations of loops and scopes.
 */
#include "tenant/emit.h"
#include "tenant/history.h"
#include "tenant/route.h"

enum { REPETITIONS_A_PAGE = 100, AT_MOST = 250 };

static struct str repetition_name(struct arena *a, const uint64_t *index, unsigned n)
{
	struct buf b;

	buf_init_in(&b, a, 128);
	for (unsigned i = 0; i < n; i++)
		buf_addf(&b, "%s%06llu", i ? "-" : "", (unsigned long long)index[i]);
	return buf_str(&b);
}

struct repeated {
	struct played *p;
	const struct played_action *x;
	bool scopes;       /* scopeRepetitions: of the loop itself, or of a container inside */
	unsigned depth;    /* numbers in an index */
	const struct repetitions *all;
	const char *kind;
};

static bool is_container(const struct played_action *x)
{
	return str_eq(x->type, S("Scope")) || str_eq(x->type, S("If")) ||
	       str_eq(x->type, S("Switch"));
}

static struct repeated repeated_of(struct played *p, const struct played_action *x, bool scopes)
{
	static const struct repetitions none;
	struct repeated r = { p, x, scopes, x->loop_count, &none,
			      scopes ? "scopeRepetitions" : "repetitions" };

	if (scopes ? !(x->loop || is_container(x)) : (x->loop || is_container(x)))
		return r;
	r.all = x->loop ? &x->iterations : &x->reps;
	if (x->loop)
		r.depth++;
	return r;
}

static struct json *repetition_shape(struct request *q, const struct repeated *r,
				     const struct repetition *row)
{
	uint64_t index[PLAYED_LOOPS], number = (uint64_t)(row - r->all->rows);
	const struct outcome *o = &row->sum;
	struct arena *a = &q->mem;
	struct played *p = r->p;
	struct json *out = json_new_object(a), *props = json_new_object(a), *list;
	struct str name;
	char id[37];

	for (unsigned i = 0; i < PLAYED_LOOPS; i++)
		index[i] = row->index[i];
	name = repetition_name(a, index, r->depth);

	list = json_set(a, props, "repetitionIndexes", json_new_array(a));
	for (unsigned i = 0; i < r->depth; i++)
		json_push(list, emit_json(a, "{'scopeName':'%S','itemIndex':%l}",
					  i < r->x->loop_count ? p->actions[r->x->loops[i]].name :
								 r->x->name,
					  (int64_t)index[i]));
	history_tracking_id(p->run, r->x->name, number + 1, id);
	if (!r->scopes) {
		json_set_z(a, props, "trackingId", id);
		history_contents(q, props, p, r->x,
			     str_fmt(a, "actions/%.*s/repetitions/%.*s", STR_ARG(r->x->name),
				     STR_ARG(name)),
			     index);
	}
	history_times(a, props, o->start, o->end);
	json_set(a, props, "correlation",
		 emit_json(a, "{'actionTrackingId':'%s','clientTrackingId':'%s'}", id,
			   p->run->name));
	history_outcome(q, props, o);
	if (r->scopes && !o->code)
		json_set_z(a, props, "code", "NotSpecified");
	history_retries(q, props, o);
	json_set(a, out, "properties", props);
	json_set_str(a, out, "id",
		     str_fmt(a, "%.*s/runs/%s/actions/%.*s/%s/%.*s",
			     STR_ARG(flow_path(q, p->flow)), p->run->name, STR_ARG(r->x->name),
			     r->kind, STR_ARG(name)));
	json_set_str(a, out, "name", name);
	json_set_str(a, out, "type",
		     str_fmt(a, "Microsoft.ProcessSimple/environments/flows/runs/actions/%s",
			     r->kind));
	return out;
}

static void list_repeated(struct request *q, bool scopes)
{
	struct played *p = history_played(q);
	struct played_action *x = p ? history_action(q, p) : NULL;
	struct paging page = paging_of(q, REPETITIONS_A_PAGE, AT_MOST);
	struct json *out = json_new_object(&q->mem), *list;
	const struct repetition **rows = arena_array(&q->mem, AT_MOST + 1, sizeof(*rows));
	struct filter *filter;
	struct repeated r;
	uint64_t seen = 0;
	size_t n = 0;

	if (!x || !history_filter(q, &filter))
		return;
	r = repeated_of(p, x, scopes);
	list = json_set(&q->mem, out, "value", json_new_array(&q->mem));
	/* Without a filter the page is known beforehand. */
	for (uint64_t k = filter ? 0 : page.from; k < r.all->count; k++) {
		const struct repetition *row = &r.all->rows[k];
		struct outcome o = row->sum;
		struct filter_row fields = { history_outcome_field, NULL, &o };

		if (!filter_matches(filter, &fields))
			continue;
		if (filter && seen++ < page.from)
			continue;
		if (n == page.size) {
			json_set_str(&q->mem, out, "nextLink",
				     paging_link(q, LINK_PLAIN, page.from + page.size));
			break;
		}
		rows[n++] = row;
	}
	if (!scopes)
		play_capture(p, x, rows, n);
	for (size_t i = 0; i < n; i++)
		json_push(list, repetition_shape(q, &r, rows[i]));
	answer_json(q, 200, out);
}

static void repetitions_list(struct request *q)
{
	list_repeated(q, false);
}

static void scope_repetitions_list(struct request *q)
{
	list_repeated(q, true);
}

static void get_repeated(struct request *q, bool scopes)
{
	struct played *p = history_played(q);
	struct played_action *x = p ? history_action(q, p) : NULL;
	struct str name = q->capture[flow_capture(q) + 3], rest = name, one;
	uint64_t index[PLAYED_LOOPS] = { 0 };
	const struct repetition *row = NULL;
	struct repeated r;
	unsigned n = 0;
	bool good = true;

	if (!x)
		return;
	r = repeated_of(p, x, scopes);
	while (good && str_cut(&rest, '-', &one))
		good = n < PLAYED_LOOPS && str_to_u64(one, &index[n++]);
	if (good && n == r.depth)
		row = play_repetition(r.all, index, n);
	if (!row) {
		answer_error(q, SE_REPETITION_NOT_FOUND, p->run->name, str_c(&q->mem, x->name),
			     str_c(&q->mem, name));
		return;
	}
	answer_json(q, 200, repetition_shape(q, &r, row));
}

static void repetition_get(struct request *q)
{
	get_repeated(q, false);
}

static void scope_repetition_get(struct request *q)
{
	get_repeated(q, true);
}

static const struct route rows[] = {
	FLOW_ROUTE("GET", "/runs/{R}/actions/{A}/repetitions", repetitions_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}/actions/{A}/repetitions/{N}", repetition_get, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}/actions/{A}/scopeRepetitions", scope_repetitions_list, ROUTE_ADMIN),
	FLOW_ROUTE("GET", "/runs/{R}/actions/{A}/scopeRepetitions/{N}", scope_repetition_get, ROUTE_ADMIN),
};

const struct route_table repetition_routes = { rows, sizeof(rows) / sizeof(*rows) };
