/*
 * lint_rules_members.c - rules about the members of steps: which, how they are written, and their
 * values.
 */
#include "wdl/lint_model.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

/* Where the service has members of its own, and which; * is every step, or the step types. */
static const struct {
	const char *type, *below, *members;
} places[] = {
	{ "*", "", "runAfter retryPolicy splitOn operationOptions runtimeConfiguration trackedProperties "
		   "foreach splitOnConfiguration" },
	{ "*", "/runtimeConfiguration", "secureData paginationPolicy contentTransfer staticResult" },
	{ "*", "/runtimeConfiguration/paginationPolicy", "minimumItemCount" },
	{ "*", "/runtimeConfiguration/contentTransfer", "transferMode" },
	{ "*", "/recurrence", "startTime endTime timeZone" },
	{ "*", "/recurrence/schedule", "weekDays monthDays monthlyOccurrences" },
	{ "*", "/inputs/retryPolicy", "minimumInterval maximumInterval" },
	{ "Http", "/inputs", "retryPolicy" },
	{ "OpenApiConnection*", "/inputs", "retryPolicy" },
	{ "OpenApiConnection*", "/inputs/host",
	  "connectionName connectionReferenceName apiId operationId" },
	{ "ApiConnection*", "/inputs", "retryPolicy" },
	{ "Workflow", "/inputs/host", "workflowReferenceName" },
	{ "Response", "/inputs", "statusCode" },
	{ "Terminate", "/inputs", "runStatus runError" },
	{ "Join", "/inputs", "joinWith" },
};

/* "run_after" or "Run_After" for "runAfter". */
static bool is_snake_of(struct str name, struct str camel)
{
	size_t k = 0, bars = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '_') {
			bars++;
			continue;
		}
		if (k == camel.n || !str_eq_nocase(str_n(name.p + i, 1), str_n(camel.p + k, 1)))
			return false;
		k++;
	}
	return bars && k == camel.n;
}

static void snake_members(struct lint *l, const struct lint_rule *r, const struct json *object,
			  struct str base, const char *below, const char *known)
{
	JSON_EACH(m, object) {
		struct str rest = str_from(known), right;

		while (str_find_char(json_name(m), '_') >= 0 && str_cut(&rest, ' ', &right)) {
			if (!is_snake_of(json_name(m), right))
				continue;
			struct str pointer = str_fmt(l->a, "%.*s%s", STR_ARG(base), below);
			struct str from = lint_at_n(l, pointer, json_name(m));
			struct lint_finding *f =
				lint_add(l, r, from, "the member is named %.*s", STR_ARG(right));
			if (!json_get_n(object, right))
				lint_fix_move(l, f, from, lint_at_n(l, pointer, right), m);
		}
	}
}

static bool is_of(const struct lint_step *s, const char *type)
{
	struct str t = str_from(type);

	if (str_ends(t, S("*")))
		return str_starts_nocase(s->type, str_first(t, t.n - 1));
	return lint_is(s, type);
}

static void snake_case(struct lint *l, const struct lint_rule *r)
{
	struct str at = lint_at(l, l->prefix, "parameters");

	snake_members(l, r, l->definition, l->prefix, "", "contentVersion staticResults");
	JSON_EACH(p, json_get(l->definition, "parameters"))
		snake_members(l, r, p, lint_at_n(l, at, json_name(p)), "",
			      "defaultValue allowedValues");
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (size_t i = 0; i < ROWS(places); i++)
			if (is_of(s, places[i].type))
				snake_members(l, r, json_at(s->value, places[i].below), s->pointer,
					      places[i].below, places[i].members);
}

/* Pointers inside a step, apart by blanks; a|b: one of them; * is each member or item. */
static const struct {
	const char *type, *needs;
} required[] = {
	{ "Foreach", "/foreach /actions" },
	{ "If", "/expression /actions" },
	{ "Switch", "/expression /cases /cases/*/case /cases/*/actions" },
	{ "Until", "/expression /limit /actions" },
	{ "Scope", "/actions" },
	{ "Query", "/inputs/from /inputs/where" },
	{ "Select", "/inputs/from /inputs/select" },
	{ "Join", "/inputs/from /inputs/joinWith" },
	{ "Table", "/inputs/from /inputs/format" },
	{ "ParseJson", "/inputs/content /inputs/schema" },
	{ "Compose", "/inputs" },
	{ "InitializeVariable", "/inputs/variables/0 /inputs/variables/*/name /inputs/variables/*/type" },
	{ "SetVariable", "/inputs/name /inputs/value" },
	{ "AppendToArrayVariable", "/inputs/name /inputs/value" },
	{ "AppendToStringVariable", "/inputs/name /inputs/value" },
	{ "IncrementVariable", "/inputs/name" },
	{ "DecrementVariable", "/inputs/name" },
	{ "Wait", "/inputs/interval|/inputs/until" },
	{ "HttpWebhook", "/inputs/subscribe" },
	{ "Terminate", "/inputs/runStatus" },
	{ "Response", "/inputs/statusCode" },
	{ "Http", "/inputs/method /inputs/uri" },
	{ "Expression", "/kind" },
	{ "Workflow", "/inputs/host" },
};

static bool there(const struct json *v, struct str choices)
{
	struct str one;

	while (str_cut(&choices, '|', &one))
		if (json_at_n(v, one))
			return true;
	return false;
}

static void need(struct lint *l, const struct lint_rule *r, const struct lint_step *s,
		 const struct json *v, struct str at, struct str path)
{
	if (!there(v, path))
		lint_add(l, r, at, "%.*s needs %.*s", STR_ARG(s->type), STR_ARG(path));
}

static void needs(struct lint *l, const struct lint_rule *r, const struct lint_step *s,
		  struct str paths)
{
	struct str path;

	while (str_cut(&paths, ' ', &path)) {
		ptrdiff_t star = str_find(path, S("/*"));
		struct str base = str_first(path, (size_t)star);
		struct str below = str_from_at(path, (size_t)star + 2);
		struct json *all = star < 0 ? NULL : json_at_n(s->value, base);
		size_t i = 0;

		if (star < 0)
			need(l, r, s, s->value, s->pointer, path);
		base = str_fmt(l->a, "%.*s%.*s", STR_ARG(s->pointer), star < 0 ? 0 : (int)star, path.p);
		JSON_EACH(one, all)
			need(l, r, s, one,
			     json_is(all, JSON_ARRAY) ? lint_at_i(l, base, i++)
						      : lint_at_n(l, base, json_name(one)),
			     below);
	}
}

static void required_members(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (size_t i = 0; !s->trigger && i < ROWS(required); i++)
			if (lint_is(s, required[i].type))
				needs(l, r, s, str_from(required[i].needs));
}

/* type NULL: any step; * in a pointer is each item. */
static const struct {
	const char *type, *pointer, *values;
	enum lint_severity severity;
} enumerations[] = {
	{ "Terminate", "/inputs/runStatus", "Succeeded Failed Cancelled", LINT_ERROR },
	{ "InitializeVariable", "/inputs/variables/*/type", "array boolean float integer object string",
	  LINT_ERROR },
	{ "Wait", "/inputs/interval/unit", "Second Minute Hour Day Week Month Year", LINT_ERROR },
	{ "Table", "/inputs/format", "CSV HTML", LINT_ERROR },
	/* The last three: of the actions that find, cut and format text, in public flows. */
	{ "Expression", "/kind",
	  "AddToTime ConvertTimeZone CurrentTime GetFutureTime GetPastTime SubtractFromTime IndexOf "
	  "Substring FormatNumber", LINT_ERROR },
	{ "Http", "/inputs/method", "GET PUT POST PATCH DELETE HEAD OPTIONS TRACE", LINT_ERROR },
	{ NULL, "/inputs/retryPolicy/type", "none fixed exponential interval", LINT_ERROR },
	{ NULL, "/runtimeConfiguration/contentTransfer/transferMode", "Chunked", LINT_ERROR },
	{ NULL, "/operationOptions",
	  "None DisableAsyncPattern SuppressWorkflowHeaders SuppressWorkflowHeadersOnResponse Sequential "
	  "SingleInstance FailWhenLimitsReached EnableSchemaValidation DisableAutomaticDecompression "
	  "IncludeAuthorizationHeadersInOutputs Asynchronous RunWorkflowOnHostInstance "
	  "OptimizedForHighThroughput DisableResponseSchemaValidation "
	  "PersistRequestContextForConcurrencyControl", LINT_WARNING },
};

/* "Success" and "Succeeded" are four letters apart; short words may differ in two. */
static bool is_near(struct lint *l, struct str word, struct str one)
{
	unsigned most = word.n < 6 ? 2 : 4;

	return str_distance(str_lower(l->a, word), str_lower(l->a, one), most) <= most;
}

static void one_of(struct lint *l, const struct lint_rule *r, size_t row, const struct json *v,
		   struct str base, struct str below)
{
	/* Options may be several, apart by commas. */
	struct str words = json_str(v), word;

	if (!v || str_find_char(words, '@') >= 0)
		return;
	do {
		struct str rest = str_from(enumerations[row].values), one, near = { "", 0 };
		struct str at;
		struct lint_finding *f;
		bool good = false;

		if (!str_cut(&words, ',', &word))
			word = str_from("");
		while (!good && str_cut(&rest, ' ', &one)) {
			good = str_eq_nocase(str_trim(word), one);
			if (!good && !near.n && is_near(l, word, one))
				near = one;
		}
		if (good)
			continue;
		at = str_fmt(l->a, "%.*s%.*s", STR_ARG(base), STR_ARG(below));
		f = lint_add(l, r, at, "\"%.*s\" is none of %s", STR_ARG(word),
			     enumerations[row].values);
		f->severity = enumerations[row].severity;
		if (near.n && word.n == json_str(v).n)
			lint_fix_set(l, f, at, json_new_str(l->a, near));
	} while (words.p && words.n);
}

static void enumerated(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (size_t i = 0; i < ROWS(enumerations); i++) {
			struct str path = str_from(enumerations[i].pointer), base, below;
			ptrdiff_t star = str_find(path, S("/*"));
			size_t k = 0;

			if (enumerations[i].type && !lint_is(s, enumerations[i].type))
				continue;
			if (star < 0) {
				one_of(l, r, i, json_at_n(s->value, path), s->pointer, path);
				continue;
			}
			base = str_first(path, (size_t)star);
			below = str_from_at(path, (size_t)star + 2);
			JSON_EACH(item, json_at_n(s->value, base))
				one_of(l, r, i, json_at_n(item, below),
				       lint_at_i(l, lint_in(l, s, "/inputs/variables"), k++), below);
		}
	}
}

/* Members of some types only; any other type does not have them. */
static const struct {
	const char *member;
	const char *const types[6];
} owners[] = {
	{ "actions", { "Scope", "If", "Foreach", "Until", "Agent", NULL } },
	{ "else", { "If", NULL } },
	{ "cases", { "Switch", NULL } },
	{ "default", { "Switch", NULL } },
	{ "foreach", { "Foreach", NULL } },
	{ "expression", { "If", "Switch", "Until", NULL } },
	{ "splitOn", { NULL } },
	{ "recurrence", { NULL } },
	{ "conditions", { NULL } },
};

static const char *const shared[] = {
	"type", "kind", "inputs", "metadata", "description", "runAfter", "operationOptions",
	"runtimeConfiguration", "limit", "trackedProperties", "correlation", "retryPolicy", "tools",
	NULL,
};

static void foreign_member(struct lint *l, const struct lint_rule *r, struct lint_step *s,
			   const struct json *m)
{
	size_t i = 0;

	if (lint_among(json_name(m), shared))
		return;
	while (i < ROWS(owners) && !str_eq(json_name(m), str_from(owners[i].member)))
		i++;
	if (i < ROWS(owners)) {
		if (!lint_among(s->type, owners[i].types) && s->type.n)
			lint_add(l, r, lint_at_n(l, s->pointer, json_name(m)),
				 "%.*s has no member %s", STR_ARG(s->type), owners[i].member);
	} else if (str_find_char(json_name(m), '_') < 0) {
		lint_add(l, r, lint_at_n(l, s->pointer, json_name(m)),
			 "no action has a member %.*s", STR_ARG(json_name(m)))
			->severity = LINT_WARNING;
	}
}

static const char *const of_triggers[] = {
	"type", "kind", "inputs", "metadata", "description", "recurrence", "evaluatedRecurrence",
	"splitOn", "splitOnConfiguration", "conditions", "correlation", "operationOptions",
	"runtimeConfiguration", "trackedProperties", "limit", "retryPolicy", "actions", NULL,
};

static void foreign_members(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		JSON_EACH(m, s->value) {
			if (!s->trigger)
				foreign_member(l, r, s, m);
			else if (str_eq(json_name(m), S("runAfter")))
				lint_add(l, r, lint_in(l, s, "/runAfter"), "a trigger waits for nothing");
			else if (!lint_among(json_name(m), of_triggers) &&
				 str_find_char(json_name(m), '_') < 0)
				lint_add(l, r, lint_at_n(l, s->pointer, json_name(m)),
					 "no trigger has a member %.*s", STR_ARG(json_name(m)))
					->severity = LINT_WARNING;
		}
	}
}

/* What stands beside the definition is often put into it. */
static void foreign_roots(struct lint *l, const struct lint_rule *r)
{
	static const char *const own[] = { "$schema", "contentVersion", "parameters", "triggers",
					   "actions", "outputs",	"staticResults", "description",
					   "metadata", NULL };
	static const char *const beside[] = { "connectionReferences", "displayName", "state",
					      "schemaVersion", "environment", NULL };

	JSON_EACH(m, l->definition) {
		if (lint_among(json_name(m), beside))
			lint_add(l, r, lint_at_n(l, l->prefix, json_name(m)),
				 "%.*s stands beside the definition, not in it", STR_ARG(json_name(m)))
				->severity = l->prefix.n ? LINT_ERROR : LINT_WARNING;
		else if (!lint_among(json_name(m), own) && str_find_char(json_name(m), '_') < 0)
			lint_add(l, r, lint_at_n(l, l->prefix, json_name(m)),
				 "no definition has a member %.*s", STR_ARG(json_name(m)))
				->severity = LINT_WARNING;
	}
}

/* Options and settings that say the same thing in two ways, or opposite things. */
static void conflicts(struct lint *l, const struct lint_rule *r)
{
	static const struct {
		const char *option, *setting;
	} rows[] = {
		{ "Sequential", "/runtimeConfiguration/concurrency/repetitions" },
		{ "SingleInstance", "/runtimeConfiguration/concurrency/runs" },
	};

	for (struct lint_step *s = l->steps; s; s = s->next)
		for (size_t i = 0; i < ROWS(rows); i++)
			if (str_contains_nocase(json_get_str(s->value, "operationOptions"),
						str_from(rows[i].option)) &&
			    json_at(s->value, rows[i].setting))
				lint_add(l, r, lint_at(l, s->pointer, "operationOptions"),
					 "%s and %s cannot stand together", rows[i].option,
					 rows[i].setting + 1);
}

#define A "`A`:{`type`:`Compose`,`inputs`:1}"

const struct lint_rule lint_rules_members[] = {
	{ "STR04", LINT_ERROR, "members are written in camelCase", snake_case,
	  "`A`:{`type`:`Compose`,`inputs`:1,`run_after`:{}}",
	  "`A`:{`type`:`Compose`,`inputs`:{`run_after`:1},`runAfter`:{}}",
	  .source = SOURCE_PRACTICE },
	{ "STR05", LINT_ERROR, "actions have the members that their type needs", required_members,
	  "`H`:{`type`:`Http`,`inputs`:{`method`:`GET`}}",
	  "`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`}}",
	  .source = SOURCE_SCHEMA },
	{ "STR06", LINT_ERROR, "members with a fixed set of values have one of them", enumerated,
	  "`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Success`}}",
	  "`T`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Succeeded`}}",
	  .source = SOURCE_SCHEMA },
	{ "STR15", LINT_ERROR, "actions have only members of their type", foreign_members,
	  "`S`:{`type`:`Scope`,`actions`:{" A "},`else`:{`actions`:{}}}",
	  "`S`:{`type`:`If`,`expression`:`@equals(1,2)`,`actions`:{" A "},`else`:{`actions`:{}}}",
	  .source = SOURCE_SCHEMA },
	{ "STR16", LINT_ERROR, "options do not contradict the concurrency", conflicts,
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" A "},`operationOptions`:"
	  "`Sequential`,`runtimeConfiguration`:{`concurrency`:{`repetitions`:5}}}",
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" A "},`operationOptions`:"
	  "`Sequential`}", .source = SOURCE_ACTIONS },
	{ "STR17", LINT_ERROR, "the definition has only its own members", foreign_roots,
	  "{`properties`:{`definition`:{" EXAMPLE_HEAD ",`connectionReferences`:{},`triggers`:{`t`:{"
	  "`type`:`Request`,`kind`:`Button`}},`actions`:{" A "}}}}",
	  "{`properties`:{`connectionReferences`:{},`definition`:{" EXAMPLE_HEAD ",`triggers`:{`t`:{"
	  "`type`:`Request`,`kind`:`Button`}},`actions`:{" A "}}}}", .source = SOURCE_SCHEMA },
	{ 0 },
};
