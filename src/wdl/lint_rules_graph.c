/*
 * lint_rules_graph.c - rules about runAfter: what waits for what.
 */
#include "base/limits.h"
#include "wdl/lint_model.h"

static void unknown(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (struct lint_edge *e = s->after; e; e = e->next)
			if (!e->step && !lint_find(l, json_name(e->member)))
				lint_add(l, r, e->pointer, "no action is named %.*s",
					 STR_ARG(json_name(e->member)));
}

static void elsewhere(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (struct lint_edge *e = s->after; e; e = e->next) {
			struct lint_step *t = e->step ? NULL : lint_find(l, json_name(e->member));

			if (t && !t->trigger)
				lint_add(l, r, e->pointer,
					 "%.*s is in another scope: move the action or wait for the "
					 "container that both are beside",
					 STR_ARG(t->name));
		}
	}
}

static void itself(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (struct lint_edge *e = s->after; e; e = e->next) {
			struct lint_step *t = e->step;

			if (!t)
				t = lint_find(l, json_name(e->member));
			if (t != s && !(t && t->trigger))
				continue;
			lint_fix_remove(l,
					lint_add(l, r, e->pointer,
						 t == s ? "the action waits for itself"
							: "the action waits for the trigger, which "
							  "always comes first"),
					e->pointer);
		}
	}
}

static struct lint_step *cyclic_before(const struct lint_step *s)
{
	for (struct lint_edge *e = s->after; e; e = e->next)
		if (e->step && e->step->cyclic)
			return e->step;
	return NULL;
}

static void tell_cycle(struct lint *l, const struct lint_rule *r, struct lint_step *start)
{
	struct lint_step *s = start;
	struct buf b;

	buf_init_in(&b, l->a, LIMIT_LINE);
	do {
		buf_addf(&b, "%.*s waits for ", STR_ARG(s->name));
		s = cyclic_before(s);
	} while (s != start && b.n < 400);
	buf_adds(&b, s->name);
	lint_add(l, r, lint_at(l, start->pointer, "runAfter"), "%.*s", STR_ARG(buf_str(&b)));
}

static void cycle(struct lint *l, const struct lint_rule *r)
{
	unsigned first = l->mark + 1;

	for (struct lint_step *from = l->steps; from; from = from->next) {
		struct lint_step *s = from;

		l->mark++;
		while (s && s->cyclic && s->mark < first) {
			s->mark = l->mark;
			s = cyclic_before(s);
		}
		/* Waiting for itself is another rule's. */
		if (s && s->cyclic && s->mark == l->mark && cyclic_before(s) != s)
			tell_cycle(l, r, s);
	}
}

/* "Success" for "Succeeded": the list with the names that were meant, or NULL. */
static struct json *meant(struct lint *l, const struct json *list)
{
	static const struct {
		const char *written, *meant;
	} rows[] = {
		{ "Succeeded", "Succeeded" }, { "Failed", "Failed" },	{ "Skipped", "Skipped" },
		{ "TimedOut", "TimedOut" },   { "Success", "Succeeded" }, { "Successful", "Succeeded" },
		{ "Completed", "Succeeded" }, { "Failure", "Failed" },	{ "Error", "Failed" },
		{ "Skip", "Skipped" },	      { "Timeout", "TimedOut" }, { "Timed_Out", "TimedOut" },
		{ "Timed out", "TimedOut" },
	};
	struct json *out = json_new_array(l->a);

	JSON_EACH(v, list) {
		size_t i = 0;

		while (i < sizeof(rows) / sizeof(*rows) &&
		       !str_eq_nocase(json_str(v), str_from(rows[i].written)))
			i++;
		if (i == sizeof(rows) / sizeof(*rows))
			return NULL;
		json_push(out, json_new_z(l->a, rows[i].meant));
	}
	return out;
}

static void statuses(struct lint *l, const struct lint_rule *r)
{
	static const char *const known[] = { "Succeeded", "Failed", "Skipped", "TimedOut",
					     NULL };
	static const char *const odd[] = { "Aborted",	"Cancelled", "Faulted", "Ignored",
					   "Paused",	"Running",   "Waiting", "Suspended",
					   "NotSpecified", NULL };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (struct lint_edge *e = s->after; e; e = e->next) {
			if (!json_is(e->member, JSON_ARRAY) || !json_first(e->member))
				lint_add(l, r, e->pointer, "a list of statuses is needed, such as "
							   "[\"Succeeded\"]");
			JSON_EACH(v, e->member) {
				bool legal = lint_among(json_str(v), odd);

				if (lint_among(json_str(v), known))
					continue;
				struct lint_finding *f = lint_add(
					l, r, e->pointer,
					"status \"%.*s\": use Succeeded, Failed, Skipped or TimedOut",
					STR_ARG(json_str(v)));
				if (legal)
					f->severity = LINT_WARNING;
				else if (meant(l, e->member))
					lint_fix_set(l, f, e->pointer, meant(l, e->member));
			}
		}
	}
}

static void terminate_in_loop(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		if (!lint_is(s, "Terminate"))
			continue;
		for (struct lint_step *p = lint_parent(s); p; p = lint_parent(p)) {
			if (!lint_is(p, "Foreach") && !lint_is(p, "Until"))
				continue;
			lint_add(l, r, s->pointer, "Terminate may not stand inside the loop %.*s",
				 STR_ARG(p->name));
			break;
		}
	}
}

#define C(name, after) "`" name "`:{`type`:`Compose`,`inputs`:1,`runAfter`:{" after "}}"
#define OK(name) "`" name "`:[`Succeeded`]"

const struct lint_rule lint_rules_graph[] = {
	{ "GRF01", LINT_ERROR, "runAfter names actions that exist", unknown,
	  C("A", "") "," C("B", OK("Gone")), C("A", "") "," C("B", OK("A")),
	  .source = SOURCE_PRACTICE },
	{ "GRF02", LINT_ERROR, "runAfter names actions of the same scope", elsewhere,
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "") "}}," C("B", OK("A")),
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "") "}}," C("B", OK("S")),
	  .source = SOURCE_PRACTICE },
	{ "GRF03", LINT_ERROR, "runAfter names neither the trigger nor the action itself", itself,
	  C("A", OK("manual")), C("A", ""),
	  .source = SOURCE_PRACTICE },
	{ "GRF04", LINT_ERROR, "actions do not wait for each other in a circle", cycle,
	  C("A", OK("B")) "," C("B", OK("A")), C("A", "") "," C("B", OK("A")),
	  .source = SOURCE_PRACTICE },
	{ "GRF05", LINT_ERROR, "runAfter lists statuses: Succeeded, Failed, Skipped, TimedOut",
	  statuses, C("A", "") "," C("B", "`A`:[`Success`]"), C("A", "") "," C("B", "`A`:[`FAILED`]"),
	  .source = SOURCE_SCHEMA },
	{ "GRF12", LINT_ERROR, "Terminate does not stand inside a loop", terminate_in_loop,
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{`S`:{`type`:`Scope`,`actions`:{"
	  "`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Failed`}}}}}}",
	  "`S`:{`type`:`Scope`,`actions`:{"
	  "`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Failed`}}}}",
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
