/*
 * lint_set.c - what only several flows show.
 */
#include "wdl/lint.h"
#include "wdl/lint_map.h"

/* Shorter flows are alike without being copies. */
enum { LEAST_ACTIONS = 8 };

struct lint_set {
	struct arena *a;
	struct lint_map shapes; /* names of flows, by shape */
};

struct lint_set *lint_set_new(struct arena *a)
{
	struct lint_set *set = arena_alloc(a, sizeof(*set));

	set->a = a;
	return set;
}

static void tell(struct arena *a, struct lint_report *r, const struct str *other)
{
	struct lint_finding **end = &r->first;
	struct lint_finding *f = arena_alloc(a, sizeof(*f));

	while (*end)
		end = &(*end)->next;
	f->rule = lint_rule_find(S("QUA04"));
	f->severity = f->rule->severity;
	f->pointer = str_from("");
	f->message = str_fmt(a, "it has the same %zu actions as %.*s", r->actions, STR_ARG(*other));
	*end = f;
	r->counts[f->severity]++;
}

void lint_set_add(struct lint_set *set, struct arena *a, struct lint_report *report,
		  struct str name)
{
	const void *shape = (const void *)(uintptr_t)report->shape;
	const struct str *other = lint_map_get(&set->shapes, shape, str_from(""));
	struct str *kept;

	if (!report->usable || report->actions < LEAST_ACTIONS)
		return;
	if (other) {
		tell(a, report, other);
		return;
	}
	kept = arena_alloc(set->a, sizeof(*kept));
	*kept = str_dup(set->a, name);
	lint_map_put(set->a, &set->shapes, shape, str_from(""), kept);
}
