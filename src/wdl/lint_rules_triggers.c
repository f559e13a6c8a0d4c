/*
 * lint_rules_triggers.c - rules about what starts a flow and what it answers.
 */
#include "wdl/lint_model.h"

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

static void recurrence(struct lint *l, const struct lint_rule *r)
{
	static const char *const frequencies[] = { "Second", "Minute", "Hour", "Day",
						   "Week",   "Month",  "Year", NULL };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = s->trigger ? json_get(s->value, "recurrence") : NULL;
		struct str at = lint_at(l, s->pointer, "recurrence");
		struct json *f = json_get(v, "frequency"), *n = json_get(v, "interval");
		int64_t interval = json_int(n, 1);

		if (s->trigger && lint_is(s, "Recurrence") && !v)
			lint_add(l, r, s->pointer, "there is no recurrence");
		if (!v)
			continue;
		if (!lint_is_expression(f) && !lint_among(json_str(f), frequencies))
			lint_add(l, r, lint_at(l, at, "frequency"),
				 "\"%.*s\" is none of Second Minute Hour Day Week Month Year",
				 STR_ARG(json_str(f)));
		if (!n || (json_is(n, JSON_NUMBER) && interval < 1))
			lint_add(l, r, lint_at(l, at, "interval"), "the interval is at least 1");
		if (str_eq_nocase(json_str(f), S("Second")) && interval >= 1 && interval < 60)
			lint_add(l, r, at, "a flow runs at most every 60 seconds");
		schedule(l, r, v, at);
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

static void split_on(struct lint *l, const struct lint_rule *r)
{
	bool answers = false;

	for (struct lint_step *s = l->steps; s; s = s->next)
		answers = answers || (!s->trigger && lint_is(s, "Response"));
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = s->trigger ? json_get(s->value, "splitOn") : NULL;
		struct str at = lint_at(l, s->pointer, "splitOn");

		if (v && !lint_is_expression(v))
			lint_add(l, r, at, "splitOn is one expression that begins with @");
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
				lint_add(l, r, at, "a trigger condition is one expression that begins "
						   "with @");
		}
	}
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->user && ref->user->trigger && ref->target && !ref->target->trigger)
			lint_add_at(l, r, ref->place, ref->node->start,
				    "a trigger reads %.*s, and no action has run by then",
				    STR_ARG(ref->target->name));
}

static void responses(struct lint *l, const struct lint_rule *r)
{
	bool request = false;

	for (struct lint_step *s = l->steps; s; s = s->next)
		request = request || (s->trigger && (lint_is(s, "Request") ||
						     lint_is(s, "OpenApiConnectionWebhook") ||
						     lint_is(s, "ApiConnectionWebhook") ||
						     lint_is(s, "HttpWebhook") ||
						     lint_is(s, "Manual")));
	for (struct lint_step *s = l->steps; s; s = s->next) {
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
