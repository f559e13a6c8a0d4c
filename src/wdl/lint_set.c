/*
 * lint_set.c - what only several flows show: copies, flows that run or start one another.
 *
 * Flows come one by one and go again; kept is what a later one is compared with.
 */
#include "base/limits.h"
#include "wdl/lint_model.h"

/* Shorter flows are alike without being copies. */
enum { LEAST_ACTIONS = 8 };

/* What is kept of a flow under each of its ids. */
struct kept {
	struct str name;
	bool mute;      /* nothing in it answers */
	bool borrowing; /* it takes connections of whoever runs it */
};

/* What is kept of a flow that changes start and that makes changes. */
struct changing {
	struct changing *next;
	struct str name, watched;
	struct str *changes;
	size_t count;
};

struct lint_set {
	struct arena *a;
	struct lint_map shapes;  /* names of flows, by shape */
	struct lint_map flows;   /* struct kept, by id */
	struct lint_map callers; /* names of flows, by the id of one that they run and that was
				  * not there yet */
	struct changing *changing;
	size_t compared;         /* of them; see LIMIT_LINT_EFFORT */
};

struct lint_set *lint_set_new(struct arena *a)
{
	struct lint_set *set = arena_alloc(a, sizeof(*set));

	set->a = a;
	set->flows.fold = set->callers.fold = true;
	return set;
}

/* Puts a finding in its place: by severity, then by pointer. */
static void tell(struct arena *a, struct lint_report *r, const char *rule,
		 enum lint_severity severity, struct str pointer, struct str message)
{
	struct lint_finding **at = &r->first;
	struct lint_finding *f = arena_alloc(a, sizeof(*f));

	f->rule = lint_rule_find(str_from(rule));
	f->severity = severity;
	f->pointer = pointer;
	f->message = message;
	while (*at && ((*at)->severity < severity ||
		       ((*at)->severity == severity && str_cmp((*at)->pointer, pointer) <= 0)))
		at = &(*at)->next;
	f->next = *at;
	*at = f;
	r->counts[severity]++;
}

static struct str *keep_name(struct lint_set *set, struct str name)
{
	struct str *kept = arena_alloc(set->a, sizeof(*kept));

	*kept = str_dup(set->a, name);
	return kept;
}

/* ---- copies ---- */

static void copies(struct lint_set *set, struct arena *a, struct lint_report *r, struct str name)
{
	const void *shape = (const void *)(uintptr_t)r->shape;
	const struct str *other = lint_map_get(&set->shapes, shape, str_from(""));

	if (r->actions < LEAST_ACTIONS)
		return;
	if (other)
		tell(a, r, "QUA04", LINT_INFO, str_from(""),
		     str_fmt(a, "it has the same %zu actions as %.*s", r->actions,
			     STR_ARG(*other)));
	else
		lint_map_put(set->a, &set->shapes, shape, str_from(""), keep_name(set, name));
}

/* ---- flows that run flows ---- */

/* The same flow may be there twice, and be sound once: then nothing is said. */
static struct kept *keep(struct lint_set *set, const struct lint_report *r,
			 const struct lint_identity *who)
{
	struct kept *k = NULL;

	for (size_t i = 0; i < LINT_IDS && !k; i++)
		k = who->ids[i].n ? lint_map_get(&set->flows, NULL, who->ids[i]) : NULL;
	if (k) {
		k->mute = k->mute && !r->answers;
		k->borrowing = k->borrowing && r->borrowed.n > 0;
	} else {
		k = arena_alloc(set->a, sizeof(*k));
		k->name = str_dup(set->a, who->name);
		k->mute = !r->answers;
		k->borrowing = r->borrowed.n > 0;
	}
	for (size_t i = 0; i < LINT_IDS; i++)
		if (who->ids[i].n && !lint_map_get(&set->flows, NULL, who->ids[i]))
			lint_map_put(set->a, &set->flows, NULL, str_dup(set->a, who->ids[i]), k);
	return k;
}

/* Flows that it runs.  Whose connections a flow takes is only told: exports of flows that were
 * turned on say "invoker" too, because the environment keeps that setting apart. */
static void callees(struct lint_set *set, struct arena *a, struct lint_report *r, struct str name)
{
	for (const struct lint_call *c = r->calls; c; c = c->next) {
		const struct kept *k = lint_map_get(&set->flows, NULL, c->flow);

		if (!k && !lint_map_get(&set->callers, NULL, c->flow))
			lint_map_put(set->a, &set->callers, NULL, str_dup(set->a, c->flow),
				     keep_name(set, name));
		if (k && k->mute)
			tell(a, r, "TRG10", LINT_ERROR, c->pointer,
			     str_fmt(a, "it waits for an answer of %.*s, which has no Response",
				     STR_ARG(k->name)));
		if (k && k->borrowing)
			tell(a, r, "TRG10", LINT_INFO, c->pointer,
			     str_fmt(a, "it runs %.*s, which takes connections of whoever runs it: "
					"the service turns this flow on when that one has its own",
				     STR_ARG(k->name)));
	}
}

/* A flow that came before and runs it. */
static void callers(struct lint_set *set, struct arena *a, struct lint_report *r,
		    const struct kept *k, const struct lint_identity *who)
{
	const struct str *caller = NULL;

	for (size_t i = 0; i < LINT_IDS && !caller; i++)
		caller = who->ids[i].n ? lint_map_get(&set->callers, NULL, who->ids[i]) : NULL;
	if (caller && k->mute)
		tell(a, r, "TRG10", LINT_ERROR, r->start,
		     str_fmt(a, "%.*s runs this flow and waits for its answer: there is no Response",
			     STR_ARG(*caller)));
	if (caller && k->borrowing)
		tell(a, r, "TRG10", LINT_INFO, r->borrowed,
		     str_fmt(a, "%.*s runs this flow, which takes a connection of whoever runs it: "
				"the service turns that one on when this one has its own",
			     STR_ARG(*caller)));
}

/* ---- flows that start each other ---- */

/* A site and its list, with a space between them; or names of Dataverse, of a table and its set. */
static bool starts(struct str change, struct str watched)
{
	return str_eq_nocase(change, watched) ||
	       (str_find_char(watched, ' ') < 0 && lint_is_plural(change, watched));
}

static bool answers_change(const struct changing *c, const struct lint_report *r)
{
	for (size_t i = 0; i < c->count; i++)
		if (starts(c->changes[i], r->watched))
			return true;
	return false;
}

static void keep_changing(struct lint_set *set, const struct lint_report *r, struct str name)
{
	struct changing *c = arena_alloc(set->a, sizeof(*c));

	for (const struct lint_change *x = r->changes; x; x = x->next)
		c->count++;
	c->changes = arena_array(set->a, c->count, sizeof(*c->changes));
	c->count = 0;
	for (const struct lint_change *x = r->changes; x; x = x->next)
		c->changes[c->count++] = str_dup(set->a, x->what);
	c->name = str_dup(set->a, name);
	c->watched = str_dup(set->a, r->watched);
	c->next = set->changing;
	set->changing = c;
}

/* A flow that changes what starts it is told of itself; here it takes two. */
static void circles(struct lint_set *set, struct arena *a, struct lint_report *r, struct str name)
{
	for (const struct lint_change *x = r->changes; x; x = x->next) {
		const struct changing *c = set->changing;

		if (starts(x->what, r->watched))
			continue;
		while (c && set->compared++ < LIMIT_LINT_EFFORT &&
		       !(starts(x->what, c->watched) && answers_change(c, r)))
			c = c->next;
		if (!c || set->compared > LIMIT_LINT_EFFORT)
			continue;
		tell(a, r, "TRG07", LINT_WARNING, x->pointer,
		     str_fmt(a, "it changes what starts %.*s, which changes what starts this flow: "
				"they start each other without end",
			     STR_ARG(c->name)));
	}
	if (r->changes)
		keep_changing(set, r, name);
}

void lint_set_add(struct lint_set *set, struct arena *a, struct lint_report *report,
		  const struct lint_identity *who)
{
	const struct kept *k;

	if (!report->usable)
		return;
	copies(set, a, report, who->name);
	k = keep(set, report, who);
	callers(set, a, report, k, who);
	callees(set, a, report, who->name);
	circles(set, a, report, who->name);
}
