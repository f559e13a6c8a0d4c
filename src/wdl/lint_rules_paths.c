/*
 * lint_rules_paths.c - rules about which way a run goes: what never runs, who handles failures.
 */
#include "base/limits.h"
#include "wdl/lint_fold.h"
#include "wdl/lint_model.h"

static void roots(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_scope *scope = l->scopes; scope; scope = scope->next) {
		struct lint_step *second = NULL;
		size_t n = 0, silent = 0;

		for (struct lint_step *s = scope->first; s; s = s->sibling) {
			if (s->after)
				continue;
			second = n++ == 1 ? s : second;
			/* The designer writes "runAfter": {} ; who leaves it out may have forgotten. */
			silent += !json_get(s->value, "runAfter");
		}
		if (n < 2)
			continue;
		lint_add(l, r, second->pointer,
			 silent ? "%zu actions start at once here, and %zu have no runAfter: what "
				  "should they wait for?"
				: "%zu actions start at once here",
			 n, silent)
			->severity = silent ? LINT_WARNING : LINT_INFO;
	}
}

/* ---- joins that cannot come true ---- */

/* Collects what must hold for `s` to run; the edge that contradicts the rest, or NULL. */
static const struct lint_edge *demands(struct lint *l, struct lint_step *s)
{
	size_t n = 0;

	l->stack[n++] = s;
	l->mark++;
	while (n) {
		struct lint_step *at = l->stack[--n];

		for (struct lint_edge *e = at->after; e; e = e->next) {
			bool first = e->step && e->step->mark != l->mark;

			if (!e->step || !e->statuses || ++l->effort > LIMIT_LINT_EFFORT)
				continue;
			if (first)
				e->step->demanded = LINT_ANY;
			e->step->demanded &= e->statuses;
			if (!e->step->demanded)
				return e;
			/* What may be skipped asks nothing of those before it. */
			if (!first && !e->step->lenient)
				continue;
			e->step->lenient = e->statuses & LINT_SKIPPED;
			e->step->mark = l->mark;
			if (!e->step->lenient)
				l->stack[n++] = e->step;
		}
	}
	return NULL;
}

static void joins(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		const struct lint_edge *clash =
			s->after && s->after->next && !s->cyclic ? demands(l, s) : NULL;

		if (clash)
			lint_add(l, r, lint_at(l, s->pointer, "runAfter"),
				 "never runs: all of it must hold, and %.*s cannot end in both ways",
				 STR_ARG(clash->step->name));
	}
}

/* ---- what never runs ---- */

static void after_terminate(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (struct lint_edge *e = s->after; e; e = e->next)
			if (e->step && e->step != s && lint_is(e->step, "Terminate"))
				lint_add(l, r, e->pointer, "never runs: %.*s ends the run",
					 STR_ARG(e->step->name));
}

static void dead_branches(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = lint_is(s, "If") ? json_get(s->value, "expression") : NULL;
		bool yes;
		const char *dead;

		if (!lint_fold_condition(l, v, &yes))
			continue;
		dead = yes ? "/else/actions" : "/actions";
		if (json_count(json_at(s->value, dead)))
			lint_add(l, r, lint_in(l, s, dead), "never runs: the condition is always %s",
				 yes ? "true" : "false");
	}
}

static void impossible_statuses(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (struct lint_edge *e = s->after; e; e = e->next) {
			struct lint_step *t = e->step;

			if (!t || t == s || lint_is(t, "Terminate"))
				continue;
			if (e->statuses == LINT_SKIPPED && !t->after)
				lint_add(l, r, e->pointer, "never runs: %.*s waits for nothing and is "
					 "never skipped", STR_ARG(t->name));
			else if (e->statuses == LINT_TIMED_OUT && lint_is_local(t))
				lint_add(l, r, e->pointer, "never runs: %.*s does not time out",
					 STR_ARG(t->name));
		}
	}
}

static void unreachable(struct lint *l, const struct lint_rule *r)
{
	after_terminate(l, r);
	dead_branches(l, r);
	impossible_statuses(l, r);
}

/* ---- handlers ---- */

/* Runs only when what it waits for went wrong. */
static bool is_handler(const struct lint_step *s)
{
	for (const struct lint_edge *e = s->after; e; e = e->next)
		if (e->statuses & LINT_FAILURES && !(e->statuses & LINT_SUCCEEDED))
			return true;
	return false;
}

struct outcome {
	bool tells;     /* something outside hears of it */
	bool ends;      /* a Terminate or a Response */
};

static void look_into(const struct lint_step *s, struct outcome *o)
{
	o->tells = o->tells || (!lint_is_local(s) && !lint_is_container(s));
	o->ends = o->ends || lint_is(s, "Terminate") || lint_is(s, "Response");
	for (const struct lint_scope *in = s->scopes; in; in = in->next_of_owner)
		for (const struct lint_step *k = in->first; k; k = k->sibling)
			look_into(k, o);
}

/* What stands behind a handler and runs when it has run. */
static void look_behind(struct lint *l, struct lint_step *s, struct outcome *o)
{
	size_t n = 0;

	l->mark++;
	s->mark = l->mark;
	l->stack[n++] = s;
	while (n) {
		s = l->stack[--n];
		look_into(s, o);
		for (struct lint_edge *e = s->followers; e; e = e->next_follower) {
			if (e->of->mark == l->mark || ++l->effort > LIMIT_LINT_EFFORT)
				continue;
			e->of->mark = l->mark;
			l->stack[n++] = e->of;
		}
	}
}

static void swallowed(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct outcome o = { 0 };

		if (s->trigger || s->scope->owner || !is_handler(s) || s->cyclic)
			continue;
		look_behind(l, s, &o);
		if (o.ends)
			continue;
		lint_add(l, r, s->pointer,
			 "after this the run counts as succeeded: end it with a Terminate that says "
			 "Failed")
			->severity = o.tells || !lint_is_local(s) ? LINT_INFO : LINT_WARNING;
	}
}

static struct json *statuses_json(struct lint *l, unsigned statuses)
{
	static const char *const names[] = { "Succeeded", "Failed", "Skipped", "TimedOut" };
	struct json *list = json_new_array(l->a);

	for (unsigned i = 0; i < 4; i++)
		if (statuses & 1u << i)
			json_push(list, json_new_z(l->a, names[i]));
	return list;
}

static void gap(struct lint *l, const struct lint_rule *r, struct lint_edge *e)
{
	struct lint_finding *f;

	if ((e->statuses & (LINT_SUCCEEDED | LINT_FAILED)) == (LINT_SUCCEEDED | LINT_FAILED) &&
	    !(e->statuses & LINT_SKIPPED) && is_handler(e->step)) {
		f = lint_add(l, r, e->pointer,
			     "does not run when all went well: %.*s is skipped then, and Skipped is not "
			     "listed", STR_ARG(e->step->name));
		lint_fix_set(l, f, e->pointer, statuses_json(l, e->statuses | LINT_SKIPPED));
	} else if ((e->statuses & LINT_FAILURES) == LINT_FAILED &&
		   !(e->statuses & LINT_SUCCEEDED) && !lint_is_local(e->step)) {
		f = lint_add(l, r, e->pointer, "a failure of %.*s is handled, that it times out is not",
			     STR_ARG(e->step->name));
		f->severity = LINT_INFO;
		lint_fix_set(l, f, e->pointer, statuses_json(l, e->statuses | LINT_TIMED_OUT));
	}
}

static void half_handled(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (struct lint_edge *e = s->after; e; e = e->next)
			if (e->step && e->step != s)
				gap(l, r, e);
}

/* A failure inside that has its own handler fails the loop all the same. */
static void handled_inside(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (struct lint_edge *e = s->after; e; e = e->next) {
			const struct lint_scope *body = e->step ? e->step->scopes : NULL;
			const struct lint_step *k = body ? body->first : NULL;

			if (!lint_is(e->step, "Foreach") || e->statuses != LINT_SUCCEEDED)
				continue;
			while (k && !is_handler(k))
				k = k->sibling;
			if (k)
				lint_add(l, r, e->pointer,
					 "%.*s handles a failure inside %.*s, which fails all the same: "
					 "list Failed too", STR_ARG(k->name), STR_ARG(e->step->name));
		}
	}
}

#define C(name, after) "`" name "`:{`type`:`Compose`,`inputs`:1,`runAfter`:{" after "}}"
#define H(name, after) \
	"`" name "`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`}," \
	"`runAfter`:{" after "}}"
#define ON(name, status) "`" name "`:[`" status "`]"
#define OK(name) ON(name, "Succeeded")
#define END(status, after) \
	"`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`" status "`},`runAfter`:{" after "}}"
#define IF(expression) \
	"`I`:{`type`:`If`,`expression`:`" expression "`,`actions`:{" C("A", "") "}}"
#define EACH(name, actions) \
	"`" name "`:{`type`:`Foreach`,`foreach`:`@triggerBody()`,`actions`:{" actions "}}"

const struct lint_rule lint_rules_paths[] = {
	{ "GRF06", LINT_WARNING, "one action begins each scope, or the parallel ones say so", roots,
	  C("A", "") ",`B`:{`type`:`Compose`,`inputs`:1}", C("A", "") "," C("B", OK("A")),
	  .source = SOURCE_PRACTICE },
	{ "GRF07", LINT_WARNING, "what an action waits for can all come true", joins,
	  H("A", "") "," C("B", OK("A")) "," C("D", ON("A", "Failed")) "," C("E", OK("B") "," OK("D")),
	  H("A", "") "," C("B", OK("A")) "," C("D", OK("A")) "," C("E", OK("B") "," OK("D")),
	  .source = SOURCE_PRACTICE },
	{ "GRF08", LINT_WARNING, "every action can run", unreachable,
	  END("Failed", "") "," C("B", OK("T")), C("B", "") "," END("Failed", OK("B")),
	  .source = SOURCE_PRACTICE },
	{ "GRF09", LINT_WARNING, "a run whose failure was handled ends as failed", swallowed,
	  H("A", "") "," C("B", ON("A", "Failed")),
	  H("A", "") "," C("B", ON("A", "Failed")) "," END("Failed", OK("B")),
	  .source = SOURCE_GUIDELINES },
	{ "GRF10", LINT_WARNING, "handlers and what follows them list the statuses they need",
	  half_handled,
	  H("A", "") "," C("B", "`A`:[`Failed`,`TimedOut`]") ","
	  C("D", "`B`:[`Succeeded`,`Failed`,`TimedOut`]"),
	  H("A", "") "," C("B", "`A`:[`Failed`,`TimedOut`]") ","
	  C("D", "`B`:[`Succeeded`,`Failed`,`TimedOut`,`Skipped`]"), .source = SOURCE_GUIDELINES },
	{ "GRF11", LINT_WARNING, "a loop that handles failures is followed whatever happens",
	  handled_inside,
	  EACH("L", H("A", "") "," C("B", "`A`:[`Failed`,`TimedOut`]")) "," C("D", OK("L")),
	  EACH("L", H("A", "") "," C("B", "`A`:[`Failed`,`TimedOut`]")) ","
	  C("D", "`L`:[`Succeeded`,`Failed`]"), .source = SOURCE_PRACTICE },
	{ 0 },
};
