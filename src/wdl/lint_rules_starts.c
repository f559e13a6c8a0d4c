/*
 * lint_rules_starts.c - rules about how often and by whom a flow is started.
 */
#include "wdl/lint_model.h"

#define EACH_TRIGGER(t, l) for (struct lint_step *t = (l)->steps; t && t->trigger; t = t->next)

static const char *const kinds[] = {
	"Button", "Http", "PowerApp", "PowerAppV2", "VirtualAgent", "Skills", "ApiConnection",
	"PowerPages", "Alert", "EventGrid", "Geofence", "SecurityCenterAlert", "AzureMonitorAlert",
	"TeamsWebhook", NULL,
};

static void known_kinds(struct lint *l, const struct lint_rule *r)
{
	EACH_TRIGGER(t, l) {
		struct str kind = json_get_str(t->value, "kind"), at = lint_at(l, t->pointer, "kind");
		const char *near = NULL;
		struct lint_finding *f;

		if (!lint_is(t, "Request") || !kind.n || lint_among(kind, kinds))
			continue;
		for (size_t i = 0; kinds[i] && !near; i++)
			if (str_distance(str_lower(l->a, kind),
					 str_lower(l->a, str_from(kinds[i])), 2) <= 2)
				near = kinds[i];
		f = lint_add(l, r, at, "the kind %.*s of a request is not known", STR_ARG(kind));
		if (near)
			lint_fix_set(l, f, at, json_new_z(l->a, near));
		else
			f->severity = LINT_WARNING;
	}
}

/* A trigger that asks a connector needs to know how often. */
static void silent_polling(struct lint *l, const struct lint_rule *r)
{
	EACH_TRIGGER(t, l)
		if ((lint_is(t, "OpenApiConnection") || lint_is(t, "ApiConnection")) &&
		    !json_get(t->value, "recurrence"))
			lint_add(l, r, t->pointer, "a trigger of this type asks at intervals: it needs a "
						   "recurrence");
}

static void concurrency(struct lint *l, const struct lint_rule *r)
{
	EACH_TRIGGER(t, l) {
		struct json *runs = json_at(t->value, "/runtimeConfiguration/concurrency/runs");

		if (!runs)
			continue;
		if (json_get(t->value, "splitOn"))
			lint_add(l, r, lint_in(l, t, "/runtimeConfiguration/concurrency"),
				 "with concurrency at most 100 items are split into runs, and what comes "
				 "while too many wait may be lost");
		else
			lint_add(l, r, lint_in(l, t, "/runtimeConfiguration/concurrency"),
				 "concurrency cannot be taken back without a new trigger, and at most 10 "
				 "runs more than it wait")
				->severity = LINT_INFO;
	}
}

/* ---- triggers on changes ---- */

static bool is_dataverse(const struct lint_step *s)
{
	return str_starts_nocase(s->api, S("shared_commondataservice"));
}

static bool is_sharepoint(const struct lint_step *s)
{
	return str_eq_nocase(s->api, S("shared_sharepointonline"));
}

/* Starts when something is modified, not only created or deleted. */
static bool on_change(const struct lint_step *t)
{
	static const char *const operations[] = { "GetOnUpdatedItems", "GetOnChangedItems",
						  "GetOnUpdatedFileItems", NULL };
	int64_t message = json_int(lint_argument(t, "subscriptionRequest/message"), 0);

	if (is_dataverse(t))
		return message == 3 || message == 4 || message == 6 || message == 7;
	return is_sharepoint(t) && (lint_among(t->operation, operations) ||
				       lint_path_ends(t, "/onupdateditems"));
}

static bool is_filtered(const struct lint_step *t)
{
	return json_first(json_get(t->value, "conditions")) ||
	       json_str(lint_argument(t, "subscriptionRequest/filteringattributes")).n ||
	       json_str(lint_argument(t, "subscriptionRequest/filterexpression")).n ||
	       json_str(lint_argument(t, "$filter")).n;
}

static void unfiltered(struct lint *l, const struct lint_rule *r)
{
	EACH_TRIGGER(t, l) {
		if (!on_change(t) || is_filtered(t))
			continue;
		if (is_dataverse(t))
			lint_add(l, r, t->pointer,
				 "it starts at every change of any column: name the columns or the rows "
				 "that matter");
		else
			lint_add(l, r, t->pointer,
				 "it starts at every change of any column: a trigger condition could tell "
				 "which matter")
				->severity = LINT_INFO;
	}
}

bool lint_is_plural(struct str set, struct str name)
{
	struct str rest = str_from_at(set, name.n);

	if (str_starts_nocase(set, name))
		return str_eq_nocase(rest, S("s")) || str_eq_nocase(rest, S("es"));
	return str_ends_nocase(name, S("y")) && str_ends_nocase(set, S("ies")) &&
	       str_starts_nocase(set, str_first(name, name.n - 1)) && set.n == name.n + 2;
}

static bool same(const struct lint_step *a, const struct lint_step *b, const char *name)
{
	struct json *x = lint_argument(a, name), *y = lint_argument(b, name);

	return x && y && json_equal(x, y);
}

static bool updates(const struct lint_step *s)
{
	static const char *const operations[] = { "UpdateRecord", "UpdateOnlyRecord", "PatchItem",
						  "PatchFileItem", NULL };

	return lint_among(s->operation, operations);
}

/* Writes the row or item that started the flow. */
static bool writes_back(const struct lint_step *t, const struct lint_step *s)
{
	struct json *id = lint_argument(s, "recordId");

	if (!updates(s))
		return false;
	id = id ? id : lint_argument(s, "id");
	if (str_find(json_str(id), S("trigger")) < 0)
		return false;
	if (is_dataverse(t) && is_dataverse(s))
		return lint_is_plural(json_str(lint_argument(s, "entityName")),
				 json_str(lint_argument(t, "subscriptionRequest/entityname")));
	return is_sharepoint(t) && is_sharepoint(s) && same(t, s, "dataset") &&
	       same(t, s, "table");
}

/* A condition may be what ends the circle. */
static bool is_conditional(const struct lint_step *s)
{
	for (s = lint_parent(s); s; s = lint_parent(s))
		if (lint_is(s, "If") || lint_is(s, "Switch"))
			return true;
	return false;
}

static void own_trigger(struct lint *l, const struct lint_rule *r)
{
	struct lint_step *t = l->triggers == 1 ? l->steps : NULL;

	if (!t || !on_change(t) || is_filtered(t))
		return;
	for (struct lint_step *s = t->next; s; s = s->next)
		if (writes_back(t, s) && !is_conditional(s))
			lint_add(l, r, s->pointer,
				 "it changes what started the flow, and so starts it again: without end");
}

/* ---- two flows that start each other ---- */

/* What is named outright: what a parameter stands for, another flow may not share. */
static struct str literal(const struct lint_step *s, const char *name)
{
	struct json *v = lint_argument(s, name);

	return lint_is_dynamic(v) ? str_from("") : json_str(v);
}

/* The list or table of a step, "" when it is not known. */
static struct str place_of(const struct lint *l, const struct lint_step *s)
{
	struct str site = literal(s, "dataset"), list = literal(s, "table");

	if (is_sharepoint(s))
		return site.n && list.n ? str_fmt(l->a, "%.*s %.*s", STR_ARG(site), STR_ARG(list)) :
					  str_from("");
	if (!is_dataverse(s))
		return str_from("");
	return literal(s, s->trigger ? "subscriptionRequest/entityname" : "entityName");
}

/* Neither a condition nor a failure decides whether it runs. */
static bool always_runs(const struct lint_step *s)
{
	if (is_conditional(s))
		return false;
	for (; s; s = lint_parent(s))
		for (const struct lint_edge *e = s->after; e; e = e->next)
			if (!(e->statuses & LINT_SUCCEEDED))
				return false;
	return true;
}

void lint_changes(struct lint *l, struct lint_report *out)
{
	struct lint_change **tail = &out->changes;
	const struct lint_step *t = l->triggers == 1 ? l->steps : NULL;

	out->watched = str_from("");
	if (!t || !on_change(t) || is_filtered(t))
		return;
	/* A Terminate may be what ends the circle. */
	for (const struct lint_step *s = t->next; s; s = s->next)
		if (lint_is(s, "Terminate"))
			return;
	out->watched = place_of(l, t);
	for (const struct lint_step *s = out->watched.n ? t->next : NULL; s; s = s->next) {
		struct str what = updates(s) && always_runs(s) ? place_of(l, s) : str_from("");

		if (!what.n)
			continue;
		*tail = arena_alloc(l->a, sizeof(**tail));
		(*tail)->pointer = s->pointer;
		(*tail)->what = what;
		tail = &(*tail)->next;
	}
}

/* ---- who may call ---- */

bool lint_is_anonymous(const struct lint_step *t)
{
	struct str kind = json_get_str(t->value, "kind");
	struct str who = json_get_str(t->inputs, "triggerAuthenticationType");

	return t->trigger && lint_is(t, "Request") && (!kind.n || str_eq_nocase(kind, S("Http"))) &&
	       (!who.n || str_eq_nocase(who, S("All")));
}

static void anonymous(struct lint *l, const struct lint_rule *r)
{
	/* No fix: callers would have to sign in, which a person decides. */
	EACH_TRIGGER(t, l)
		if (lint_is_anonymous(t) && json_get(t->value, "kind"))
			lint_add(l, r, t->pointer,
				 "anyone who has the address may call it: let only the tenant's users");
}

static void unanswered(struct lint *l, const struct lint_rule *r)
{
	static const char *const waiting[] = { "Skills", "VirtualAgent", NULL };

	EACH_TRIGGER(t, l) {
		const struct lint_step *s = t;

		if (!lint_among(json_get_str(t->value, "kind"), waiting))
			continue;
		while (s && (s->trigger || !lint_is(s, "Response")))
			s = s->next;
		if (!s)
			lint_add(l, r, t->pointer, "the agent that calls this flow waits for an answer: "
						   "there is no Response");
	}
}

#define DOC(trigger, actions) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{" trigger "}},`actions`:{" actions "}}"
#define PARAMETERS \
	"`parameters`:{`$connections`:{`type`:`Object`},`$authentication`:{`type`:`SecureObject`}}"
#define HOST(operation) \
	"`host`:{`connectionName`:`c`,`apiId`:`/providers/Microsoft.PowerApps/apis/" \
	"shared_commondataserviceforapps`,`operationId`:`" operation "`}"
#define CHANGE(more, actions) \
	"{" EXAMPLE_HEAD "," PARAMETERS ",`triggers`:{`t`:{`type`:`OpenApiConnectionWebhook`," \
	"`inputs`:{" HOST("SubscribeWebhookTrigger") ",`parameters`:{`subscriptionRequest/message`:3," \
	"`subscriptionRequest/entityname`:`account`,`subscriptionRequest/scope`:4" more "}}}}," \
	"`actions`:{" actions "}}"
#define ASKING(more) \
	"{" EXAMPLE_HEAD "," PARAMETERS ",`triggers`:{`t`:{`type`:`OpenApiConnection`,`inputs`:{" \
	HOST("GetOnNewItems") "}" more "}},`actions`:{}}"
#define COLUMNS ",`subscriptionRequest/filteringattributes`:`name`"
#define UPDATE \
	"`U`:{`type`:`OpenApiConnection`,`inputs`:{" HOST("UpdateRecord") ",`parameters`:{" \
	"`entityName`:`accounts`,`recordId`:`@triggerOutputs()?['body/accountid']`}}}"
#define REPLY "`R`:{`type`:`Response`,`kind`:`Skills`,`inputs`:{`statusCode`:200}}"
#define RUNS(more) \
	"`type`:`Request`,`kind`:`Http`" more ",`runtimeConfiguration`:{`concurrency`:{`runs`:1}}"

const struct lint_rule lint_rules_starts[] = {
	{ "TRG01", LINT_ERROR, "the kind of a request exists", known_kinds,
	  DOC("`type`:`Request`,`kind`:`Buton`", ""), DOC("`type`:`Request`,`kind`:`Button`", ""),
	  .source = SOURCE_SCHEMA },
	{ "TRG03", LINT_WARNING, "triggers that split have no concurrency", concurrency,
	  DOC(RUNS(",`splitOn`:`@triggerBody()`"), ""),
	  DOC("`type`:`Request`,`kind`:`Http`,`splitOn`:`@triggerBody()`", ""),
	  .source = SOURCE_LIMITS },
	{ "TRG07", LINT_WARNING, "a flow does not start itself", own_trigger, CHANGE("", UPDATE),
	  CHANGE(COLUMNS, UPDATE), .source = SOURCE_PATTERNS, .together = true,
	  .needs = "two flows that start each other, which flowlatch lint says when it is given both" },
	{ "TRG08", LINT_WARNING, "requests come from those who may call", anonymous,
	  DOC("`type`:`Request`,`kind`:`Http`,`inputs`:{`triggerAuthenticationType`:`All`}", ""),
	  DOC("`type`:`Request`,`kind`:`Http`,`inputs`:{`triggerAuthenticationType`:`Tenant`}", ""),
	  .source = SOURCE_GUIDELINES },
	{ "TRG10", LINT_ERROR, "who calls a flow and waits gets an answer", unanswered,
	  DOC("`type`:`Request`,`kind`:`Skills`", ""), DOC("`type`:`Request`,`kind`:`Skills`", REPLY),
	  .source = SOURCE_PRACTICE, .together = true,
	  .needs = "what another flow that runs this one expects, a Response and connections of its "
		   "own, which flowlatch lint says when it is given both; and whether both are in "
		   "solutions, which the environment knows" },
	{ "TRG12", LINT_WARNING, "triggers on changes say which changes", unfiltered, CHANGE("", ""),
	  CHANGE(COLUMNS, ""), .source = SOURCE_GUIDELINES },
	{ "TRG13", LINT_WARNING, "triggers that ask a connector say how often", silent_polling,
	  ASKING(""), ASKING(",`recurrence`:{`frequency`:`Minute`,`interval`:5}"),
	  .source = SOURCE_ACTIONS },
	{ 0 },
};
