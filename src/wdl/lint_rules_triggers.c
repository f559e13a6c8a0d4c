/*
 * lint_rules_triggers.c - rules about what starts a flow and what it answers.
 */
#include "base/limits.h"
#include "wdl/lint_model.h"
#include "wdl/parse.h"
#include "wdl/tz.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

static void schedule(struct lint *l, const struct lint_rule *r, const struct json *recurrence,
		     struct str at)
{
	static const struct {
		const char *member;
		const char *const frequencies[3];
	} rows[] = {
		{ "hours", { "Day", "Week", NULL } },
		{ "minutes", { "Day", "Week", NULL } },
		{ "weekDays", { "Week", NULL } },
		{ "monthDays", { "Month", NULL } },
	};
	struct json *s = json_get(recurrence, "schedule");
	struct str frequency = json_get_str(recurrence, "frequency");

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct json *v = json_get(s, rows[i].member);

		if (v && json_count(v) && !lint_among(frequency, rows[i].frequencies))
			lint_add(l, r, lint_at(l, lint_at(l, at, "schedule"), rows[i].member),
				 "%s is not for the frequency %.*s", rows[i].member,
				 STR_ARG(frequency));
	}
}

/* Hours 0 to 23 and so on; the designer writes some of them as text. */
static void schedule_values(struct lint *l, const struct lint_rule *r, const struct json *s,
			    struct str at)
{
	static const struct {
		const char *member;
		int64_t least, most;
	} rows[] = { { "hours", 0, 23 }, { "minutes", 0, 59 }, { "monthDays", -31, 31 } };
	static const char *const days[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
					    "Friday", "Saturday", "Sunday",    NULL };

	for (size_t i = 0; i < ROWS(rows); i++) {
		JSON_EACH(v, json_get(s, rows[i].member)) {
			int64_t n = json_int(v, INT64_MIN);

			/* Text that is no number leaves it out of range. */
			if (json_is(v, JSON_STRING))
				str_to_i64(json_str(v), &n);
			if (!lint_is_dynamic(v) && (n < rows[i].least || n > rows[i].most))
				lint_add(l, r, lint_at(l, at, rows[i].member),
					 "%s are %d to %d", rows[i].member, (int)rows[i].least,
					 (int)rows[i].most);
		}
	}
	JSON_EACH(v, json_get(s, "weekDays"))
		if (!lint_is_dynamic(v) && !lint_among(json_str(v), days))
			lint_add(l, r, lint_at(l, at, "weekDays"), "\"%.*s\" is no day of the week",
				 STR_ARG(json_str(v)));
}

/* A run every 60 seconds at most, and every 500 days at least: documented. */
static const struct {
	const char *frequency;
	int64_t least, most;
} periods[] = {
	{ "Second", 60, 500 * 86400 }, { "Minute", 1, 500 * 1440 }, { "Hour", 1, 500 * 24 },
	{ "Day", 1, 500 },	       { "Week", 1, 71 },	    { "Month", 1, 16 },
	{ "Year", 1, 1 },
};

static void period(struct lint *l, const struct lint_rule *r, const struct json *v, struct str at)
{
	struct json *f = json_get(v, "frequency"), *n = json_get(v, "interval");
	int64_t interval = json_int(n, 1);
	size_t i = 0;

	while (i < ROWS(periods) && !str_eq_nocase(json_str(f), str_from(periods[i].frequency)))
		i++;
	if (i == ROWS(periods) && !lint_is_expression(f))
		lint_add(l, r, lint_at(l, at, "frequency"),
			 "\"%.*s\" is none of Second Minute Hour Day Week Month Year",
			 STR_ARG(json_str(f)));
	if (!n || (json_is(n, JSON_NUMBER) && interval < 1))
		lint_add(l, r, lint_at(l, at, "interval"), "the interval is at least 1");
	else if (i < ROWS(periods) && interval < periods[i].least)
		lint_add(l, r, at, "a flow runs at most every 60 seconds");
	else if (i < ROWS(periods) && interval > periods[i].most)
		lint_add(l, r, at, "a flow runs at least every 500 days");
}

static void recurrence(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = s->trigger ? json_get(s->value, "recurrence") : NULL;
		struct json *zone = json_get(v, "timeZone");
		struct str at = lint_at(l, s->pointer, "recurrence");

		if (s->trigger && lint_is(s, "Recurrence") && !v)
			lint_add(l, r, s->pointer, "there is no recurrence");
		if (!v)
			continue;
		period(l, r, v, at);
		schedule(l, r, v, at);
		schedule_values(l, r, json_get(v, "schedule"), lint_at(l, at, "schedule"));
		if (json_is(zone, JSON_STRING) && !lint_is_dynamic(zone) &&
		    !wdl_zone_find(json_str(zone)))
			lint_add(l, r, lint_at(l, at, "timeZone"),
				 "\"%.*s\" is no Windows zone name, such as Pacific Standard Time",
				 STR_ARG(json_str(zone)))
				/* CLDR leaves out a few old names. */
				->severity = str_find_char(json_str(zone), '/') > 0 ? LINT_ERROR
										    : LINT_WARNING;
	}
}

static void concurrency_range(struct lint *l, const struct lint_rule *r)
{
	static const char where[] = "/runtimeConfiguration/concurrency/";

	for (struct lint_step *s = l->steps; s; s = s->next) {
		static const char *const names[] = { "runs", "repetitions" };
		struct json *v = json_at(s->value, arena_printf(l->a, "%s%s", where,
								names[!s->trigger]));
		int64_t most = s->trigger ? 100 : 50;

		if (json_is(v, JSON_NUMBER) && (json_int(v, 0) < 1 || json_int(v, 0) > most))
			lint_add(l, r, str_fmt(l->a, "%.*s%s%s", STR_ARG(s->pointer), where,
					       names[!s->trigger]),
				 "the concurrency is between 1 and %d", (int)most);
	}
}

/* "triggerBody()" for "@triggerBody()": only the sign is missing. */
static void add_sign(struct lint *l, struct lint_finding *f, const struct json *v, struct str at)
{
	struct str text = str_fmt(l->a, "@%.*s", STR_ARG(json_str(v)));
	const struct wdl_template *t = wdl_parse(l->a, text);

	if (json_str(v).n && t->shape == WDL_WHOLE && !t->errors &&
	    t->first->node->kind != WDL_STRING)
		lint_fix_set(l, f, at, json_new_str(l->a, text));
}

static void split_on(struct lint *l, const struct lint_rule *r)
{
	bool answers = false;

	for (struct lint_step *s = l->steps; s; s = s->next)
		answers = answers || (!s->trigger && lint_is(s, "Response"));
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = s->trigger ? json_get(s->value, "splitOn") : NULL;
		struct str at = lint_at(l, s->pointer, "splitOn");

		if (v && !lint_is_expression(v))
			add_sign(l,
				 lint_add(l, r, at, "splitOn is one expression that begins with @"), v,
				 at);
		else if (v && answers)
			lint_add(l, r, at, "a flow that is split into runs cannot answer its caller");
	}
}

static void trigger_conditions(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str base = lint_at(l, s->pointer, "conditions");
		size_t i = 0;

		JSON_EACH(c, s->trigger ? json_get(s->value, "conditions") : NULL) {
			struct str at = str_fmt(l->a, "%.*s/%zu/expression", STR_ARG(base), i++);

			if (!lint_is_expression(json_get(c, "expression")))
				add_sign(l,
					 lint_add(l, r, at,
						  "a trigger condition is one expression that begins "
						  "with @"),
					 json_get(c, "expression"), at);
		}
	}
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->user && ref->user->trigger && ref->target && !ref->target->trigger)
			lint_add_at(l, r, ref->place, ref->node->start,
				    "a trigger reads %.*s, and no action has run by then",
				    STR_ARG(ref->target->name));
}

static bool is_request(const struct lint_step *s)
{
	static const char *const types[] = { "Request",	    "OpenApiConnectionWebhook",
					     "ApiConnectionWebhook", "HttpWebhook",
					     "Manual",	    NULL };

	return s->trigger && lint_among(s->type, types);
}

/* Longer than the two minutes in which a caller waits: surely, or because a person answers. */
static bool is_long_wait(const struct lint_step *s, bool *surely)
{
	struct json *interval = lint_is(s, "Wait") ? json_get(s->inputs, "interval") : NULL;
	struct str op = json_str(json_at(s->inputs, "/host/operationId"));
	int64_t count = json_int(json_get(interval, "count"), 0);
	struct str unit = json_get_str(interval, "unit");

	*surely = interval && count && !str_eq_nocase(unit, S("Second")) &&
		  (count > 2 || !str_eq_nocase(unit, S("Minute")));
	return *surely || (str_eq_nocase(unit, S("Second")) && count > 120) ||
	       (lint_is(s, "OpenApiConnectionWebhook") &&
		(str_starts(op, S("StartAndWaitForAnApproval")) || str_starts(op, S("WaitForAnApproval")) ||
		 str_starts(op, S("PostCardAndWaitForResponse"))));
}

/* Each long wait and each answer marks what is behind it; a caller has gone by then. */
static void late_answers(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		bool surely;

		if (s->trigger || !is_long_wait(s, &surely))
			continue;
		for (struct lint_step *a = l->steps; a; a = a->next) {
			if (!lint_is(a, "Response") || a->trigger ||
			    ++l->effort > LIMIT_LINT_EFFORT || !lint_before(l, s, a) ||
			    str_contains_nocase(json_get_str(a->value, "operationOptions"),
						S("Asynchronous")))
				continue;
			lint_add(l, r, a->pointer,
				 "it comes after %.*s, and a caller waits two minutes: answer first",
				 STR_ARG(s->name))
				->severity = surely ? LINT_ERROR : LINT_WARNING;
		}
	}
}

/* True when every way from `s` back to `first` is the one taken when `first` succeeded. */
static bool follows(const struct lint_step *first, const struct lint_step *s)
{
	for (; s && s != first; s = s->after->step)
		if (!s->after || s->after->next || !(s->after->statuses & LINT_SUCCEEDED) ||
		    s->cyclic)
			return false;
	return s != NULL;
}

static void second_answers(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_scope *scope = l->scopes; scope; scope = scope->next) {
		struct lint_step *first = NULL;

		for (struct lint_step *s = scope->first; s; s = s->sibling) {
			if (!lint_is(s, "Response"))
				continue;
			if (first && (follows(first, s) || follows(s, first)))
				lint_add(l, r, s->pointer, "a request is answered once, and %.*s does too",
					 STR_ARG(first->name));
			first = first ? first : s;
		}
	}
}

static void responses(struct lint *l, const struct lint_rule *r)
{
	bool request = false, any = false;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		request = request || is_request(s);
		any = any || (!s->trigger && lint_is(s, "Response"));
	}
	for (struct lint_step *s = l->steps; s && any; s = s->next) {
		if (s->trigger || !lint_is(s, "Response"))
			continue;
		if (l->triggers && !request)
			lint_add(l, r, s->pointer, "nobody waits for this answer: the trigger is no "
						   "request");
		for (struct lint_step *p = lint_parent(s); p; p = lint_parent(p)) {
			if (!lint_is(p, "Foreach") && !lint_is(p, "Until"))
				continue;
			lint_add(l, r, s->pointer, "a request is answered once, not inside the loop "
						   "%.*s", STR_ARG(p->name));
			break;
		}
	}
	if (any) {
		late_answers(l, r);
		second_answers(l, r);
	}
}

static void old_triggers(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str op = json_str(json_at(s->inputs, "/host/operationId"));

		if (!s->trigger)
			continue;
		if (str_eq_nocase(json_get_str(s->value, "kind"), S("PowerApp")))
			lint_add(l, r, lint_at(l, s->pointer, "kind"),
				 "the trigger of Power Apps (V1) is superseded by PowerAppV2");
		if (str_eq(op, S("OnNewEmail")) || str_eq(op, S("OnNewEmailV2")))
			lint_add(l, r,
				 str_fmt(l->a, "%.*s/inputs/host/operationId", STR_ARG(s->pointer)),
				 "%.*s is superseded by OnNewEmailV3", STR_ARG(op));
	}
}

#define DOC(trigger, actions) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{" trigger \
	"}},`actions`:{" actions "}}"
#define RECURRENCE(members) DOC("`type`:`Recurrence`,`recurrence`:{" members "}", "")
#define RESPONSE "`R`:{`type`:`Response`,`inputs`:{`statusCode`:200}}"

const struct lint_rule lint_rules_triggers[] = {
	{ "TRG02", LINT_ERROR, "a recurrence has a frequency, an interval and a schedule that fit",
	  recurrence, RECURRENCE("`frequency`:`Day`,`interval`:1,`schedule`:{`weekDays`:[`Monday`]}"),
	  RECURRENCE("`frequency`:`Week`,`interval`:1,`schedule`:{`weekDays`:[`Monday`]}"),
	  .source = SOURCE_LIMITS "; " SOURCE_SCHEMA },
	{ "TRG04", LINT_ERROR, "concurrency is 1 to 100 for triggers and 1 to 50 for loops",
	  concurrency_range,
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{},`runtimeConfiguration`:{"
	  "`concurrency`:{`repetitions`:51}}}",
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{},`runtimeConfiguration`:{"
	  "`concurrency`:{`repetitions`:50}}}",
	  .source = SOURCE_LIMITS },
	{ "TRG05", LINT_ERROR, "splitOn is an expression, in a flow that does not answer", split_on,
	  DOC("`type`:`Request`,`splitOn`:`triggerBody()`", ""),
	  DOC("`type`:`Request`,`splitOn`:`@triggerBody()`", ""),
	  .source = SOURCE_LIMITS },
	{ "TRG06", LINT_ERROR, "trigger conditions are expressions over the trigger's data",
	  trigger_conditions,
	  DOC("`type`:`Request`,`conditions`:[{`expression`:`equals(1,1)`}]", ""),
	  DOC("`type`:`Request`,`conditions`:[{`expression`:`@equals(triggerBody(),1)`}]", ""),
	  .source = SOURCE_ERRORS },
	{ "TRG09", LINT_ERROR, "a Response answers a request, once", responses,
	  DOC("`type`:`Recurrence`,`recurrence`:{`frequency`:`Day`,`interval`:1}", RESPONSE),
	  DOC("`type`:`Request`,`kind`:`Http`", RESPONSE),
	  .source = SOURCE_LIMITS },
	{ "TRG11", LINT_INFO, "triggers are not superseded", old_triggers,
	  DOC("`type`:`Request`,`kind`:`PowerApp`", ""),
	  DOC("`type`:`Request`,`kind`:`PowerAppV2`", ""),
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
