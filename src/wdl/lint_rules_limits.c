/*
 * lint_rules_limits.c - rules about documented limits.
 *
 * Source: "Limits of automated, scheduled, and instant flows" in Microsoft's documentation.
 */
#include "wdl/lint_model.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

enum {
	ACTIONS_MAX = 500,
	ACTIONS_NEAR = 400,
	DEPTH_MAX = 8,
	CASES_MAX = 25,
	VARIABLES_MAX = 250,
	UNTIL_MAX = 5000,
	RETRIES_MAX = 90,
	RUN_DAYS = 30,
};

static void actions(struct lint *l, const struct lint_rule *r)
{
	if (l->actions > ACTIONS_NEAR)
		lint_add(l, r, lint_at(l, l->prefix, "actions"),
			 "the flow has %zu actions, at most %d are taken", l->actions, ACTIONS_MAX)
			->severity = l->actions > ACTIONS_MAX ? LINT_ERROR : LINT_WARNING;
}

static void depth(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_scope *s = l->scopes; s; s = s->next)
		if (s->depth == DEPTH_MAX + 1)
			lint_add(l, r, s->pointer, "actions are nested deeper than %d levels",
				 DEPTH_MAX);
}

static void cases(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		size_t n = lint_is(s, "Switch") ? json_count(json_get(s->value, "cases")) : 0;

		if (n > CASES_MAX)
			lint_add(l, r, lint_at(l, s->pointer, "cases"),
				 "the Switch has %zu cases, at most %d are taken", n, CASES_MAX);
	}
}

static void variables(struct lint *l, const struct lint_rule *r)
{
	size_t n = 0;

	for (struct lint_variable *v = l->variables; v; v = v->next)
		n++;
	if (n > VARIABLES_MAX)
		lint_add(l, r, lint_at(l, l->prefix, "actions"),
			 "the flow has %zu variables, at most %d are taken", n, VARIABLES_MAX);
}

static void until_count(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *n = lint_is(s, "Until") ? json_at(s->value, "/limit/count") : NULL;

		if (json_is(n, JSON_NUMBER) && (json_int(n, 0) < 1 || json_int(n, 0) > UNTIL_MAX))
			lint_add(l, r, lint_at(l, lint_at(l, s->pointer, "limit"), "count"),
				 "an Until runs 1 to %d times", UNTIL_MAX);
	}
}

static void retries(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *n = json_at(s->inputs, "/retryPolicy/count");

		if (json_is(n, JSON_NUMBER) && (json_int(n, 0) < 1 || json_int(n, 0) > RETRIES_MAX))
			lint_add(l, r,
				 str_fmt(l->a, "%.*s/inputs/retryPolicy/count", STR_ARG(s->pointer)),
				 "a step is retried 1 to %d times", RETRIES_MAX);
	}
}

static void waits(struct lint *l, const struct lint_rule *r)
{
	static const struct {
		const char *unit;
		int64_t most;
	} units[] = {
		{ "Second", RUN_DAYS * 86400 }, { "Minute", RUN_DAYS * 1440 },
		{ "Hour", RUN_DAYS * 24 },	{ "Day", RUN_DAYS },
		{ "Week", RUN_DAYS / 7 },	{ "Month", 0 },
		{ "Year", 0 },
	};

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = lint_is(s, "Wait") ? json_get(s->inputs, "interval") : NULL;

		for (size_t i = 0; i < ROWS(units); i++)
			if (str_eq_nocase(json_get_str(v, "unit"), str_from(units[i].unit)) &&
			    json_int(json_get(v, "count"), 0) > units[i].most)
				lint_add(l, r, lint_at(l, lint_at(l, s->pointer, "inputs"), "interval"),
					 "a run ends after %d days, before this delay does", RUN_DAYS);
	}
}

#define COMPOSE(n) "`" n "`:{`type`:`Compose`,`inputs`:1}"
#define SCOPES(n, inner) "`S" n "`:{`type`:`Scope`,`actions`:{" inner "}}"
#define DEEP7 \
	SCOPES("1", SCOPES("2", SCOPES("3", SCOPES("4", SCOPES("5", SCOPES("6", SCOPES("7", \
	COMPOSE("A"))))))))
#define CASE(n) "`" n "`:{`case`:`" n "`,`actions`:{}},"
#define CASES5(n) CASE(n "1") CASE(n "2") CASE(n "3") CASE(n "4") CASE(n "5")
#define CASES25 CASES5("a") CASES5("b") CASES5("c") CASES5("d") CASES5("e")
#define SWITCH(cases) \
	"`W`:{`type`:`Switch`,`expression`:`@triggerBody()`,`cases`:{" cases \
	"`z`:{`case`:0,`actions`:{}}}}"
#define VARIABLE(n) "{`name`:`" n "`,`type`:`string`},"
#define V10(n) VARIABLE(n "0") VARIABLE(n "1") VARIABLE(n "2") VARIABLE(n "3") VARIABLE(n "4") \
	VARIABLE(n "5") VARIABLE(n "6") VARIABLE(n "7") VARIABLE(n "8") VARIABLE(n "9")
#define V50(n) V10(n "a") V10(n "b") V10(n "c") V10(n "d") V10(n "e")
#define VARIABLES(rows) \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[" rows "{`name`:`z`,`type`:" \
	"`string`}]}}"
#define N10(n) COMPOSE(n "0") "," COMPOSE(n "1") "," COMPOSE(n "2") "," COMPOSE(n "3") "," \
	COMPOSE(n "4") "," COMPOSE(n "5") "," COMPOSE(n "6") "," COMPOSE(n "7") "," \
	COMPOSE(n "8") "," COMPOSE(n "9") ","
#define N100(n) N10(n "0") N10(n "1") N10(n "2") N10(n "3") N10(n "4") N10(n "5") N10(n "6") \
	N10(n "7") N10(n "8") N10(n "9")
#define UNTIL(count) \
	"`U`:{`type`:`Until`,`expression`:`@equals(1,1)`,`limit`:{`count`:" count \
	",`timeout`:`PT1H`},`actions`:{" COMPOSE("A") "}}"
#define RETRY(count) \
	"`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`,`retryPolicy`:{" \
	"`type`:`fixed`,`interval`:`PT20S`,`count`:" count "}}}"
#define WAIT(count) "`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:" count ",`unit`:`Day`}}}"

const struct lint_rule lint_rules_limits[] = {
	{ "LIM01", LINT_ERROR, "a flow has at most 500 actions", actions,
	  N100("a") N100("b") N100("c") N100("d") N100("e") COMPOSE("last"),
	  N100("a") COMPOSE("last"),
	  .source = SOURCE_LIMITS "; " SOURCE_GUIDELINES },
	{ "LIM02", LINT_ERROR, "actions are nested at most 8 levels deep", depth,
	  SCOPES("8", SCOPES("9", DEEP7)), SCOPES("8", DEEP7),
	  .source = SOURCE_LIMITS "; " SOURCE_GUIDELINES },
	{ "LIM03", LINT_ERROR, "a Switch has at most 25 cases", cases, SWITCH(CASES25),
	  SWITCH(CASES5("a")),
	  .source = SOURCE_LIMITS },
	{ "LIM04", LINT_ERROR, "a flow has at most 250 variables", variables,
	  VARIABLES(V50("a") V50("b") V50("c") V50("d") V50("e")), VARIABLES(V50("a")),
	  .source = SOURCE_LIMITS },
	{ "LIM05", LINT_ERROR, "an Until runs at most 5,000 times", until_count, UNTIL("5001"),
	  UNTIL("5000"),
	  .source = SOURCE_LIMITS "; " SOURCE_LOOPS },
	{ "LIM06", LINT_ERROR, "a step is retried at most 90 times", retries, RETRY("91"),
	  RETRY("90"),
	  .source = SOURCE_LIMITS },
	{ "LIM08", LINT_ERROR, "a delay ends before the run does, after 30 days", waits, WAIT("31"),
	  WAIT("30"),
	  .source = SOURCE_LIMITS "; " SOURCE_ERRORS },
	{ 0 },
};
