/*
 * diagnose_wants.c - what the diagnosis wants to read, as requests; and their answers as evidence.
 */
#include "tools/diagnose_int.h"

enum {
	REPETITIONS_KEPT = 200,  /* failed iterations that are looked at */
	REPETITIONS_MS = 30000,
	ATTEMPT_MS = 10000,
	CONTENT_ALL = 1 << 21,   /* what all contents of a round share */
	CONTENT_MOST = 1 << 18,
	CONTENT_LEAST = 1 << 14,
};

struct json *diagnose_keep_run(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	put_str(c, v, "name", json_get_str(item, "name"));
	put(c, v, "status", item, "/properties/status");
	put(c, v, "startTime", item, "/properties/startTime");
	return v;
}

/* ---- a run with all its actions ---- */

void diagnose_run_fetches(struct call *c, struct str flow, struct str run,
			  struct fetch f[DIAGNOSE_READS])
{
	const char *e = arg_z(c, "environmentName");
	char *id = str_c(call_arena(c), flow), *name = str_c(call_arena(c), run);

	f[DIAGNOSE_RUN] = (struct fetch){ .url = url(c, HOST_FLOW,
					    "/environments/%s/flows/%s/runs/%s?$expand="
					    "properties/actions",
					    e, id, name),
				 .flags = FETCH_TOLERATE | FETCH_LARGE };
	f[DIAGNOSE_FLOW] = (struct fetch){
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s", e, id),
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
}

struct json *diagnose_evidence(struct reading *r, const struct answer *run,
			       const struct answer *flow)
{
	static const char *const sections[] = { "detail", "content", "repetitions", "repetition",
						"items", "runs" };
	struct json *out = json_new_object(r->a), *actions = json_new_array(r->a), *p;

	JSON_EACH(v, json_at(run->json, "/properties/actions"))
		json_push(actions, diagnosis_action(r->a, json_name(v), v));
	if (flow->err == ERR_OK)
		json_set(r->a, out, "flow", json_copy(r->a, flow->json));
	p = json_set(r->a, out, "run", json_copy(r->a, run->json));
	json_take(json_get(p, "properties"), "actions");
	json_set(r->a, out, "actions", actions);
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		json_set(r->a, out, sections[i], json_new_object(r->a));
	return out;
}

/* ---- what is wanted ---- */

static struct json *at_depth(struct json *evidence, unsigned depth)
{
	while (depth--)
		evidence = json_get(evidence, "child");
	return evidence;
}

static struct json *keep_repetition(struct call *c, const struct json *item)
{
	struct json *v;

	/* Whether the service filters by status is not documented for flows. */
	if (!str_eq_nocase(at_str(item, "/properties/status"), S("Failed")) &&
	    !str_eq_nocase(at_str(item, "/properties/status"), S("TimedOut")))
		return NULL;
	v = diagnosis_action(call_arena(c), S(""), json_get(item, "properties"));
	put_str(c, v, "name", json_get_str(item, "name"));
	return v;
}

static const struct project_options *content_options(struct reading *r, size_t share)
{
	struct project_options *o = arena_alloc(r->a, sizeof(*o));
	size_t part = CONTENT_ALL / (share ? share : 1);

	part = part > CONTENT_MOST ? CONTENT_MOST : part;
	o->budget = part < CONTENT_LEAST ? CONTENT_LEAST : part;
	o->longest_string = o->budget / 2;
	return o;
}

static const struct project_options *item_options(struct reading *r, const struct want *w)
{
	struct project_options *o = arena_alloc(r->a, sizeof(*o));

	*o = (struct project_options){ .pointers = w->pointers, .pointer_count = w->pointer_count,
				       .budget = CONTENT_MOST };
	return o;
}

/* Where a want of a child's evidence is to be asked. */
struct place {
	const char *environment, *flow, *run;
};

static struct place place_of(struct reading *r, unsigned depth)
{
	const struct json *e = at_depth(r->evidence, depth);

	if (!depth)
		return (struct place){ arg_z(r->c, "environmentName"), arg_z(r->c, "flowName"),
				       r->run };
	return (struct place){ arg_z(r->c, "environmentName"), json_get_z(e, "flowName"),
			       json_get_z(e, "runName") };
}

#define ACTION "/environments/%s/flows/%s/runs/%s/actions/%s"

static struct fetch repetitions_fetch(struct reading *r, const struct want *w, struct place p)
{
	static const struct paging pages = { .keep = keep_repetition, .most = REPETITIONS_KEPT,
					     .budget_ms = REPETITIONS_MS };
	const char *name = str_c(r->a, w->action);
	const char *kind = w->scope ? "scopeRepetitions" : "repetitions";

	return (struct fetch){
		.url = r->unfiltered ?
			       url(r->c, HOST_FLOW, ACTION "/%s?$top=250", p.environment, p.flow,
				   p.run, name, kind) :
			       url(r->c, HOST_FLOW,
				   ACTION "/%s?$top=250&$filter=Status%%20eq%%20'Failed'",
				   p.environment, p.flow, p.run, name, kind),
		.flags = FETCH_TOLERATE, .paging = &pages,
	};
}

static struct fetch runs_fetch(struct reading *r, const struct want *w, struct place p)
{
	static const struct paging pages = { .keep = diagnose_keep_run, .most = 100 };

	return (struct fetch){
		.url = url(r->c, HOST_FLOW,
			   "/environments/%s/flows/%s/runs?$filter=status%%20eq%%20'Failed'&$top=100",
			   p.environment, str_c(r->a, w->name)),
		.flags = FETCH_TOLERATE, .paging = &pages,
	};
}

static struct fetch one_fetch(struct reading *r, const struct want *w, size_t share)
{
	struct place p = place_of(r, w->depth);
	const char *action = str_c(r->a, w->action), *name = str_c(r->a, w->name);
	struct fetch f = { .flags = FETCH_TOLERATE, .limit_ms = ATTEMPT_MS };

	switch (w->kind) {
	case WANT_DETAIL:
		f.url = url(r->c, HOST_FLOW, ACTION, p.environment, p.flow, p.run, action);
		break;
	case WANT_CONTENT:
		f.url = url_content(r->c, w->link);
		f.project = content_options(r, share);
		break;
	case WANT_ITEMS:
		f.url = url_content(r->c, w->link);
		f.project = item_options(r, w);
		break;
	case WANT_REPETITIONS:
		return repetitions_fetch(r, w, p);
	case WANT_REPETITION:
		f.url = url(r->c, HOST_FLOW,
			    w->scope ? ACTION "/scopeRepetitions/%s" : ACTION "/repetitions/%s",
			    p.environment, p.flow, p.run, action, name);
		break;
	case WANT_RUNS:
		return runs_fetch(r, w, p);
	case WANT_CHILD:
		break;
	}
	return f;
}

enum verdict diagnose_fetch(struct reading *r, const struct wants *all)
{
	struct fetch *f = arena_array(r->a, all->count * 2, sizeof(*f));
	size_t n = 0, contents = 0;

	for (size_t i = 0; i < all->count; i++)
		contents += all->at[i].kind == WANT_CONTENT;
	for (size_t i = 0; i < all->count; i++) {
		const struct want *w = &all->at[i];

		if (w->kind == WANT_CHILD) {
			diagnose_run_fetches(r->c, w->name, w->run, f + n);
			n += 2;
		} else {
			f[n++] = one_fetch(r, w, contents);
		}
	}
	return fetch_each(r->c, f, n);
}

/* ---- what has come ---- */

static struct json *unavailable(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set_z(r->a, v, "error", a->message[0] ? a->message : err_name(a->err));
	return v;
}

static void put_cuts(struct reading *r, struct json *v, const struct project_result *p)
{
	struct json *cuts = json_new_array(r->a);

	for (size_t i = 0; i < p->cut_count; i++)
		json_push(cuts, json_new_str(r->a, p->cuts[i].pointer));
	/* Not all are known: any part may be missing. */
	if (p->cuts_not_listed || !p->cut_count)
		json_push(cuts, json_new_z(r->a, ""));
	json_set_bool(r->a, v, "cut", true);
	json_set(r->a, v, "cuts", cuts);
}

static struct json *content_entry(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set(r->a, v, "value",
		 a->projected.value ? json_copy(r->a, a->projected.value) : json_new_null(r->a));
	if (a->projected.cut_count || a->projected.cuts_not_listed || !a->projected.complete)
		put_cuts(r, v, &a->projected);
	return v;
}

static struct json *list_entry(struct reading *r, const struct answer *a)
{
	struct json *v = json_new_object(r->a);

	json_set(r->a, v, "items", a->json ? json_copy(r->a, a->json) : json_new_array(r->a));
	if (a->more)
		json_set_bool(r->a, v, "more", true);
	return v;
}

static struct json *entry(struct reading *r, const struct want *w, const struct answer *a)
{
	if (a->err != ERR_OK)
		return unavailable(r, a);
	switch (w->kind) {
	case WANT_CONTENT:
	case WANT_ITEMS:
		return content_entry(r, a);
	case WANT_REPETITIONS:
		return list_entry(r, a);
	case WANT_RUNS:
		return a->json ? json_copy(r->a, a->json) : json_new_array(r->a);
	default:
		return json_get(a->json, "properties") ?
			       json_copy(r->a, json_get(a->json, "properties")) :
			       json_new_object(r->a);
	}
}

static void take_child(struct reading *r, const struct want *w, size_t i)
{
	const struct answer *run = got(r->c, r->stage, i + DIAGNOSE_RUN);
	const struct answer *flow = got(r->c, r->stage, i + DIAGNOSE_FLOW);
	struct json *v = run->err == ERR_OK ? diagnose_evidence(r, run, flow) : unavailable(r, run);

	json_set_str(r->a, v, "flowName", w->name);
	json_set_str(r->a, v, "runName", w->run);
	json_set(r->a, at_depth(r->evidence, w->depth), "child", v);
}

static const char *const sections[] = {
	[WANT_DETAIL] = "detail",           [WANT_CONTENT] = "content",
	[WANT_REPETITIONS] = "repetitions", [WANT_REPETITION] = "repetition",
	[WANT_ITEMS] = "items",             [WANT_RUNS] = "runs",
};

void diagnose_take(struct reading *r, const struct wants *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct want *w = &all->at[i];
		const struct answer *a = got(r->c, r->stage, n);

		if (w->kind == WANT_CHILD) {
			take_child(r, w, n);
			n += 2;
			continue;
		}
		n++;
		/* The filter is documented for the same engine elsewhere; where it is refused, go
		 * without. */
		if (w->kind == WANT_REPETITIONS && a->status == 400 && !r->unfiltered) {
			r->unfiltered = true;
			continue;
		}
		json_set_n(r->a, json_get(at_depth(r->evidence, w->depth), sections[w->kind]),
			   w->key, entry(r, w, a));
	}
	r->stage++;
}
