/*
 * lint_rules_limits.c - rules about documented limits.
 *
 * Source: "Limits of automated, scheduled, and instant flows" in Microsoft's documentation.
 */
#include "wdl/functions.h"
#include "wdl/lint_fold.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

enum {
	ACTIONS_MAX = 500,
	ACTIONS_NEAR = 400,
	ACTIONS_MANY = 50, /* from here on the guidelines advise child flows */
	DEPTH_MAX = 8,
	DEPTH_MANY = 4,
	CASES_MAX = 25,
	VARIABLES_MAX = 250,
	UNTIL_MAX = 5000,
	RETRIES_MAX = 90,
	RUN_DAYS = 30,
	DAY = 86400,
	RETRY_LEAST = 5, /* seconds */
	REPLY_SECONDS = 120,
	URI_MAX = 16384,
	ITEMS_LOW = 5000,     /* with the licence that Microsoft 365 brings */
	ITEMS_MAX = 100000,
	REQUESTS_LOW = 6000, /* a day, for a user with such a licence */
	DELAY_LOW = 5,
};

static void actions(struct lint *l, const struct lint_rule *r)
{
	if (l->actions > ACTIONS_NEAR)
		lint_add(l, r, lint_at(l, l->prefix, "actions"),
			 "the flow has %zu actions, at most %d are taken", l->actions, ACTIONS_MAX)
			->severity = l->actions > ACTIONS_MAX ? LINT_ERROR : LINT_WARNING;
	else if (l->actions > ACTIONS_MANY)
		lint_add(l, r, lint_at(l, l->prefix, "actions"),
			 "the flow has %zu actions: more than %d are easier to keep as child flows",
			 l->actions, ACTIONS_MANY)
			->severity = LINT_INFO;
}

static void depth(struct lint *l, const struct lint_rule *r)
{
	struct lint_scope *deep = NULL;

	for (struct lint_scope *s = l->scopes; s; s = s->next) {
		if (s->depth == DEPTH_MAX + 1)
			lint_add(l, r, s->pointer, "actions are nested deeper than %d levels",
				 DEPTH_MAX);
		if (s->depth == DEPTH_MANY + 1 && !deep)
			deep = s;
	}
	if (deep)
		lint_add(l, r, deep->pointer, "actions are nested deeper than %d levels: hard to follow",
			 DEPTH_MANY)
			->severity = LINT_INFO;
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

/* ---- loops ---- */

static bool in_expression(const struct lint_ref *ref)
{
	return str_starts(str_from_at(ref->place->pointer, ref->user->pointer.n), S("/expression"));
}

/* Variables and actions that a later condition asks for. */
static void note_tested(struct lint *l)
{
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next) {
		struct lint_variable *v = ref->function->refers == WDL_REF_VARIABLE
						  ? lint_variable(l, ref->name)
						  : NULL;

		if (!ref->user || !(lint_is(ref->user, "If") || lint_is(ref->user, "Switch")) ||
		    !in_expression(ref))
			continue;
		if (v)
			v->tested = true;
		if (ref->target)
			ref->target->tested = true;
	}
}

/* What the loop waits for is asked for again somewhere. */
static bool is_tested(const struct lint *l, const struct lint_step *until)
{
	for (const struct lint_ref *ref = until->refs; ref; ref = ref->next_of_step) {
		const struct lint_variable *v = ref->function->refers == WDL_REF_VARIABLE
							? lint_variable(l, ref->name)
							: NULL;

		if ((v && v->tested) ||
		    (ref->target && (ref->target->tested || ref->target == until)))
			return true;
	}
	return false;
}

static void until_count(struct lint *l, const struct lint_rule *r)
{
	note_tested(l);
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *n = lint_is(s, "Until") ? json_at(s->value, "/limit/count") : NULL;

		if (json_is(n, JSON_NUMBER) && (json_int(n, 0) < 1 || json_int(n, 0) > UNTIL_MAX))
			lint_add(l, r, lint_in(l, s, "/limit/count"), "an Until runs 1 to %d times",
				 UNTIL_MAX);
		else if (lint_is(s, "Until") && !is_tested(l, s) &&
			 !str_contains_nocase(json_get_str(s->value, "operationOptions"),
					      S("FailWhenLimitsReached")))
			lint_add(l, r, s->pointer,
				 "at its limit (60 rounds and an hour unless said otherwise) the loop "
				 "counts as succeeded: ask afterwards, or set FailWhenLimitsReached")
				->severity = LINT_INFO;
	}
}

/* ---- durations ---- */

static void retry_interval(struct lint *l, const struct lint_rule *r, const struct lint_step *s,
			   const char *below)
{
	struct json *v = json_at(s->inputs, below);
	int64_t n;

	if (!json_is(v, JSON_STRING) || lint_is_dynamic(v))
		return;
	if (!lint_duration(json_str(v), &n) || n < RETRY_LEAST || n > DAY)
		lint_add(l, r, str_fmt(l->a, "%.*s/inputs%s", STR_ARG(s->pointer), below),
			 "\"%.*s\" is no time between PT5S and P1D", STR_ARG(json_str(v)));
}

static void retries(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *n = json_at(s->inputs, "/retryPolicy/count");

		if (json_is(n, JSON_NUMBER) && (json_int(n, 0) < 1 || json_int(n, 0) > RETRIES_MAX))
			lint_add(l, r, lint_in(l, s, "/inputs/retryPolicy/count"),
				 "a step is retried 1 to %d times", RETRIES_MAX);
		retry_interval(l, r, s, "/retryPolicy/interval");
		retry_interval(l, r, s, "/retryPolicy/minimumInterval");
		retry_interval(l, r, s, "/retryPolicy/maximumInterval");
	}
}

static void large_lists(struct lint *l, const struct lint_rule *r)
{
	static const char where[] = "/runtimeConfiguration/paginationPolicy/minimumItemCount";

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str list = lint_is(s, "Foreach") ? json_get_str(s->value, "foreach") : str_from("");
		int64_t n = json_int(json_at(s->value, where), 0);
		ptrdiff_t comma = str_find_char(list, ',');
		const char *at = where;

		/* range(0, n), and nothing else around it */
		if (!n && str_starts_nocase(list, S("@range(")) && str_ends(list, S(")")) && comma > 0) {
			if (!str_to_i64(str_trim(str_first(str_from_at(list, (size_t)comma + 1),
							   list.n - (size_t)comma - 2)), &n))
				n = 0;
			at = "/foreach";
		}
		if (n > ITEMS_LOW)
			lint_add(l, r, lint_in(l, s, at), "%lld items: at most %d are taken, %d with a licence of "
				 "Microsoft 365 alone", (long long)n, ITEMS_MAX, ITEMS_LOW)
				->severity = n > ITEMS_MAX ? LINT_WARNING : LINT_INFO;
	}
}

static const struct {
	const char *unit;
	int64_t seconds;
} units[] = {
	{ "Second", 1 },      { "Minute", 60 },	     { "Hour", 3600 },	    { "Day", DAY },
	{ "Week", 7 * DAY },  { "Month", 30 * DAY }, { "Year", 365 * DAY },
};

/* Seconds of a Wait, or -1. */
static int64_t delay_of(const struct lint_step *s)
{
	struct json *v = lint_is(s, "Wait") ? json_get(s->inputs, "interval") : NULL;
	int64_t n = json_int(json_get(v, "count"), -1);

	for (size_t i = 0; i < ROWS(units) && n >= 0; i++)
		if (str_eq_nocase(json_get_str(v, "unit"), str_from(units[i].unit)))
			return n > INT64_MAX / units[i].seconds ? INT64_MAX : n * units[i].seconds;
	return -1;
}

/* "@addDays(utcNow(), 45)": the days, or 0. */
static int64_t days_ahead(struct lint_step *s)
{
	for (struct lint_spot *spot = lint_is(s, "Wait") ? s->spots : NULL; spot;
	     spot = spot->next_of_step) {
		const struct wdl_part *p = spot->place->template->first;
		const struct wdl_node *n = p ? p->node : NULL;
		const struct wdl_node *days = n && wdl_is_call(n, "addDays") ? wdl_argument(n, 1) : NULL;
		int64_t count;

		if (days && days->kind == WDL_INT && wdl_is_call(n->first, "utcNow") &&
		    str_to_i64(days->text, &count))
			return count;
	}
	return 0;
}

static void waits(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *timeout = json_at(s->value, "/limit/timeout");
		int64_t n;

		if (delay_of(s) > RUN_DAYS * DAY)
			lint_add(l, r, lint_in(l, s, "/inputs/interval"),
				 "a run ends after %d days, before this delay does", RUN_DAYS);
		if (days_ahead(s) > RUN_DAYS)
			lint_add(l, r, lint_in(l, s, "/inputs"),
				 "a run ends after %d days, before this delay does", RUN_DAYS);
		if (!json_is(timeout, JSON_STRING) || lint_is_dynamic(timeout))
			continue;
		if (!lint_duration(json_str(timeout), &n))
			lint_add(l, r, lint_in(l, s, "/limit/timeout"),
				 "\"%.*s\" is no duration, such as PT1H or P5D",
				 STR_ARG(json_str(timeout)));
		else if (n > RUN_DAYS * DAY)
			lint_add(l, r, lint_in(l, s, "/limit/timeout"),
				 "a run ends after %d days, before this time is over", RUN_DAYS);
	}
}

static void short_delays(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		int64_t n = delay_of(s);

		if (n >= 0 && n < DELAY_LOW)
			lint_add(l, r, lint_in(l, s, "/inputs/interval"),
				 "the least delay is a second, or %d seconds with a licence of Microsoft "
				 "365 alone", DELAY_LOW)
				->severity = n ? LINT_INFO : LINT_WARNING;
	}
}

static void requests(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *timeout = json_at(s->value, "/limit/timeout");
		int64_t n = 0;

		if (!lint_is(s, "Http"))
			continue;
		if (json_get_str(s->inputs, "uri").n > URI_MAX)
			lint_add(l, r, lint_in(l, s, "/inputs/uri"),
				 "the address is longer than %d characters", URI_MAX);
		if (json_is(timeout, JSON_STRING) && lint_duration(json_str(timeout), &n) &&
		    n > REPLY_SECONDS &&
		    str_contains_nocase(json_get_str(s->value, "operationOptions"),
					S("DisableAsyncPattern")))
			lint_add(l, r, lint_in(l, s, "/limit/timeout"),
				 "a request is cut after %d seconds when it may not go on as 202 Accepted",
				 REPLY_SECONDS);
	}
}

/* Actions that run in every run, a loop's once. */
static int64_t sure_actions(const struct lint *l)
{
	int64_t n = 0;

	for (const struct lint_step *s = l->steps; s; s = s->next) {
		const struct lint_step *p = s;

		while (p && !lint_is(lint_parent(p), "If") && !lint_is(lint_parent(p), "Switch"))
			p = lint_parent(p);
		n += !s->trigger && !p;
	}
	return n;
}

static void daily_requests(struct lint *l, const struct lint_rule *r)
{
	const struct json *v = l->triggers == 1 ? json_get(l->steps->value, "recurrence") : NULL;
	int64_t interval = json_int(json_get(v, "interval"), 0), n;

	/* A trigger that polls runs the flow only when it finds something. */
	if (interval < 1 || !lint_is(l->steps, "Recurrence") || json_get(v, "schedule"))
		return;
	for (size_t i = 0; i < ROWS(units); i++) {
		if (!str_eq_nocase(json_get_str(v, "frequency"), str_from(units[i].unit)))
			continue;
		n = DAY / units[i].seconds * sure_actions(l) / interval;
		if (n > REQUESTS_LOW)
			lint_add(l, r, lint_in(l, l->steps, "/recurrence"),
				 "at least %lld requests a day: a licence of Microsoft 365 has %d",
				 (long long)n, REQUESTS_LOW);
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
#define FAILING(count) \
	"`U`:{`type`:`Until`,`expression`:`@equals(1,1)`,`limit`:{`count`:" count \
	",`timeout`:`PT1H`},`operationOptions`:`FailWhenLimitsReached`,`actions`:{" COMPOSE("A") "}}"
#define RETRY(count) \
	"`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`,`retryPolicy`:{" \
	"`type`:`fixed`,`interval`:`PT20S`,`count`:" count "}}}"
#define WAIT(count) "`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:" count ",`unit`:`Day`}}}"

#define SECONDS(n) "`W`:{`type`:`Wait`,`inputs`:{`interval`:{`count`:" n ",`unit`:`Second`}}}"
#define PAGES(n) \
	"`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`}," \
	"`runtimeConfiguration`:{`paginationPolicy`:{`minimumItemCount`:" n "}}}"
#define SLOW(time) \
	"`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`},`operationOptions`:" \
	"`DisableAsyncPattern`,`limit`:{`timeout`:`" time "`}}"
#define EVERY(unit, n) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{`type`:`Recurrence`,`recurrence`:{`frequency`:`" unit \
	"`,`interval`:" n "}}},`actions`:{" COMPOSE("A") "," COMPOSE("B") "," COMPOSE("C") "," \
	COMPOSE("D") "," COMPOSE("E") "}}"

const struct lint_rule lint_rules_limits[] = {
	{ "LIM01", LINT_ERROR, "a flow has at most 500 actions", actions,
	  N100("a") N100("b") N100("c") N100("d") N100("e") COMPOSE("last"),
	  N10("a") COMPOSE("last"),
	  .source = SOURCE_LIMITS "; " SOURCE_GUIDELINES },
	{ "LIM02", LINT_ERROR, "actions are nested at most 8 levels deep", depth,
	  SCOPES("8", SCOPES("9", DEEP7)), SCOPES("8", COMPOSE("A")),
	  .source = SOURCE_LIMITS "; " SOURCE_GUIDELINES },
	{ "LIM03", LINT_ERROR, "a Switch has at most 25 cases", cases, SWITCH(CASES25),
	  SWITCH(CASES5("a")),
	  .source = SOURCE_LIMITS },
	{ "LIM04", LINT_ERROR, "a flow has at most 250 variables", variables,
	  VARIABLES(V50("a") V50("b") V50("c") V50("d") V50("e")), VARIABLES(V50("a")),
	  .source = SOURCE_LIMITS },
	{ "LIM05", LINT_ERROR, "an Until runs at most 5,000 times", until_count, UNTIL("5001"),
	  FAILING("5000"),
	  .source = SOURCE_LIMITS "; " SOURCE_LOOPS },
	{ "LIM06", LINT_ERROR, "a step is retried at most 90 times", retries, RETRY("91"),
	  RETRY("90"),
	  .source = SOURCE_LIMITS },
	{ "LIM07", LINT_WARNING, "lists have at most 100,000 items", large_lists, PAGES("200000"),
	  PAGES("5000"), .source = SOURCE_LIMITS },
	{ "LIM08", LINT_ERROR, "a delay ends before the run does, after 30 days", waits, WAIT("31"),
	  WAIT("30"),
	  .source = SOURCE_LIMITS "; " SOURCE_ERRORS },
	{ "LIM09", LINT_WARNING, "requests end within two minutes, or go on as 202 Accepted", requests,
	  SLOW("PT10M"), SLOW("PT2M"), .source = SOURCE_LIMITS },
	{ "LIM10", LINT_INFO, "the requests of a day fit the licence", daily_requests,
	  EVERY("Minute", "1"), EVERY("Hour", "1"), .source = SOURCE_LIMITS },
	{ "LIM11", LINT_WARNING, "delays are as long as the least that there is", short_delays,
	  SECONDS("0"), SECONDS("30"), .source = SOURCE_LIMITS },
	{ 0 },
};
