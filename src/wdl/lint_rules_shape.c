/*
 * lint_rules_shape.c - rules about the structure: members, types, values and names.
 */
#include "wdl/lint_model.h"
#include "wdl/text.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

static void root(struct lint *l, const struct lint_rule *r)
{
	static const char schema[] = "https://schema.management.azure.com/providers/"
				     "Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#";
	static const struct {
		const char *name, *value;
	} texts[] = { { "$schema", schema }, { "contentVersion", "1.0.0.0" } };
	static const char *const objects[] = { "triggers", "actions" };

	for (size_t i = 0; i < ROWS(objects); i++)
		if (!json_is(json_get(l->definition, objects[i]), JSON_OBJECT))
			lint_add(l, r, l->prefix, "the definition has no object \"%s\"", objects[i]);
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (s->trigger && json_get(s->value, "actions"))
			lint_add(l, r, lint_at(l, s->pointer, "actions"),
				 "actions stand inside a trigger: they belong beside \"triggers\"");
	for (size_t i = 0; i < ROWS(texts); i++) {
		if (json_get(l->definition, texts[i].name))
			continue;
		struct lint_finding *f =
			lint_add(l, r, l->prefix, "the definition has no %s", texts[i].name);
		f->severity = LINT_INFO;
		lint_fix_add(l, f, lint_at(l, l->prefix, texts[i].name),
			     json_new_z(l->a, texts[i].value));
	}
}

static void one_trigger(struct lint *l, const struct lint_rule *r)
{
	struct str at = lint_at(l, l->prefix, "triggers");

	if (l->triggers > 1)
		lint_add(l, r, at, "a flow has one trigger, here are %zu", l->triggers);
	else if (!l->triggers && json_is(json_get(l->definition, "triggers"), JSON_OBJECT))
		lint_add(l, r, at, "there is no trigger: nothing can start the flow")->severity =
			LINT_WARNING;
}

static const char *const trigger_types[] = {
	"Request", "Recurrence", "OpenApiConnection", "OpenApiConnectionWebhook",
	"OpenApiConnectionNotification", "ApiConnection", "ApiConnectionWebhook",
	"ApiConnectionNotification", "Http", "HttpWebhook", "SlidingWindow", "ApiManagement",
	"Manual", "Batch", "PowerApp", "Button", "Alert", "EventGrid", "Geofence", NULL,
};

static const char *const action_types[] = {
	"OpenApiConnection", "OpenApiConnectionWebhook", "OpenApiConnectionNotification",
	"ApiConnection", "ApiConnectionWebhook", "ApiConnectionNotification", "Http", "HttpWebhook",
	"Compose", "ParseJson", "Select", "Query", "Join", "Table", "Scope", "If", "Switch",
	"Foreach", "Until", "Terminate", "Wait", "Response", "Workflow", "Function",
	"ApiManagement", "InitializeVariable", "SetVariable", "IncrementVariable",
	"DecrementVariable", "AppendToArrayVariable", "AppendToStringVariable", "Expression",
	"FlatFileDecoding", "FlatFileEncoding", "IntegrationAccountArtifactLookup", "Liquid",
	"SendToBatch", "XmlValidation", "Xslt", "JavaScriptCode", "ServiceProvider", "Changeset",
	"AS2Encode", "AS2Decode", "X12Encode", "X12Decode", "EdifactEncode", "EdifactDecode", NULL,
};

static void known_types(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		const char *const *known = s->trigger ? trigger_types : action_types;
		struct str at = lint_at(l, s->pointer, "type");
		const char *near = NULL;
		struct lint_finding *f;

		if (!s->type.n) {
			lint_add(l, r, s->pointer, "there is no type");
			continue;
		}
		for (; *known && !str_eq(s->type, str_from(*known)); known++)
			if (!near && str_distance(str_lower(l->a, s->type),
						  str_lower(l->a, str_from(*known)), 2) <= 2)
				near = *known;
		if (*known)
			continue;
		if (near) {
			f = lint_add(l, r, at, "the type %.*s does not exist, %s does", STR_ARG(s->type),
				     near);
			lint_fix_set(l, f, at, json_new_z(l->a, near));
		} else {
			f = lint_add(l, r, at, "the type %.*s is not known", STR_ARG(s->type));
		}
		if (!near || str_eq_nocase(s->type, str_from(near)))
			f->severity = LINT_WARNING;
	}
}

static const struct {
	const char *wrong, *right;
} members[] = {
	{ "run_after", "runAfter" },
	{ "retry_policy", "retryPolicy" },
	{ "split_on", "splitOn" },
	{ "operation_id", "operationId" },
	{ "operation_options", "operationOptions" },
	{ "runtime_configuration", "runtimeConfiguration" },
	{ "tracked_properties", "trackedProperties" },
	{ "connection_name", "connectionName" },
	{ "api_id", "apiId" },
	{ "default_value", "defaultValue" },
	{ "run_status", "runStatus" },
	{ "status_code", "statusCode" },
};

static void snake_members(struct lint *l, const struct lint_rule *r, const struct json *object,
			  struct str pointer)
{
	JSON_EACH(m, object) {
		for (size_t i = 0; i < ROWS(members); i++) {
			if (!str_eq(json_name(m), str_from(members[i].wrong)))
				continue;
			struct str from = lint_at(l, pointer, members[i].wrong);
			struct lint_finding *f = lint_add(l, r, from, "the member is named %s",
							  members[i].right);
			if (!json_get(object, members[i].right))
				lint_fix_move(l, f, from, lint_at(l, pointer, members[i].right), m);
		}
	}
}

static void snake_case(struct lint *l, const struct lint_rule *r)
{
	struct str at = lint_at(l, l->prefix, "parameters");

	JSON_EACH(p, json_get(l->definition, "parameters"))
		snake_members(l, r, p, lint_at_n(l, at, json_name(p)));
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str inputs = lint_at(l, s->pointer, "inputs");

		snake_members(l, r, s->value, s->pointer);
		if (lint_is_connector(s) || lint_is(s, "Http") || lint_is(s, "Terminate") ||
		    lint_is(s, "Response"))
			snake_members(l, r, s->inputs, inputs);
		if (lint_is_connector(s))
			snake_members(l, r, json_get(s->inputs, "host"), lint_at(l, inputs, "host"));
	}
}

/* Pointers inside a step, apart by blanks; a|b: one of them. */
static const struct {
	const char *type, *needs;
} required[] = {
	{ "Foreach", "/foreach /actions" },
	{ "If", "/expression /actions" },
	{ "Switch", "/expression /cases" },
	{ "Until", "/expression /limit /actions" },
	{ "Scope", "/actions" },
	{ "Query", "/inputs/from /inputs/where" },
	{ "Select", "/inputs/from /inputs/select" },
	{ "Join", "/inputs/from /inputs/joinWith" },
	{ "Table", "/inputs/from /inputs/format" },
	{ "ParseJson", "/inputs/content /inputs/schema" },
	{ "Compose", "/inputs" },
	{ "InitializeVariable", "/inputs/variables/0/name /inputs/variables/0/type" },
	{ "SetVariable", "/inputs/name /inputs/value" },
	{ "AppendToArrayVariable", "/inputs/name /inputs/value" },
	{ "AppendToStringVariable", "/inputs/name /inputs/value" },
	{ "IncrementVariable", "/inputs/name" },
	{ "DecrementVariable", "/inputs/name" },
	{ "Wait", "/inputs/interval|/inputs/until" },
	{ "Terminate", "/inputs/runStatus" },
	{ "Response", "/inputs/statusCode" },
	{ "Http", "/inputs/method /inputs/uri" },
	{ "Expression", "/kind" },
	{ "Workflow", "/inputs/host" },
};

static void needs(struct lint *l, const struct lint_rule *r, const struct lint_step *s,
		  struct str paths)
{
	struct str one, choice;

	while (str_cut(&paths, ' ', &one)) {
		struct str all = one;
		bool there = false;

		while (str_cut(&one, '|', &choice))
			there = there || json_at_n(s->value, choice);
		if (!there)
			lint_add(l, r, s->pointer, "%.*s needs %.*s", STR_ARG(s->type), STR_ARG(all));
	}
}

static void required_members(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		for (size_t i = 0; !s->trigger && i < ROWS(required); i++)
			if (lint_is(s, required[i].type))
				needs(l, r, s, str_from(required[i].needs));
}

/* type NULL: any step */
static const struct {
	const char *type, *pointer, *values;
} enumerations[] = {
	{ "Terminate", "/inputs/runStatus", "Succeeded Failed Cancelled" },
	{ "InitializeVariable", "/inputs/variables/0/type",
	  "array boolean float integer object string" },
	{ "Wait", "/inputs/interval/unit", "Second Minute Hour Day Week Month Year" },
	{ "Table", "/inputs/format", "CSV HTML" },
	{ "Expression", "/kind",
	  "AddToTime ConvertTimeZone CurrentTime GetFutureTime GetPastTime SubtractFromTime" },
	{ NULL, "/inputs/retryPolicy/type", "none fixed exponential interval" },
};

static void enumerated(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (size_t i = 0; i < ROWS(enumerations); i++) {
			struct json *v = json_at(s->value, enumerations[i].pointer);
			struct str rest = str_from(enumerations[i].values), one;
			bool good = false;

			if (!v || (enumerations[i].type && !lint_is(s, enumerations[i].type)) ||
			    str_find_char(json_str(v), '@') >= 0)
				continue;
			while (!good && str_cut(&rest, ' ', &one))
				good = str_eq_nocase(json_str(v), one);
			if (!good)
				lint_add(l, r,
					 str_fmt(l->a, "%.*s%s", STR_ARG(s->pointer),
						 enumerations[i].pointer),
					 "\"%.*s\" is none of %s", STR_ARG(json_str(v)),
					 enumerations[i].values);
		}
	}
}

static void unique_names(struct lint *l, const struct lint_rule *r)
{
	struct lint_map seen = { .fold = true };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_step *first =
			s->trigger ? s : lint_map_put(l->a, &seen, NULL, s->name, s);

		if (first != s)
			lint_add(l, r, s->pointer, "the name %.*s is used twice, also at %.*s",
				 STR_ARG(s->name), STR_ARG(first->pointer));
	}
}

enum { NAME_MAX_UNITS = 80, TRACKED_MAX = 16000 };

static void long_names(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *tracked = json_get(s->value, "trackedProperties");

		if (wdl_units(s->name) > NAME_MAX_UNITS)
			lint_add(l, r, s->pointer, "the name has %zu characters, at most %d are taken",
				 wdl_units(s->name), NAME_MAX_UNITS);
		if (tracked && wdl_units(json_text(l->a, tracked)) > TRACKED_MAX)
			lint_add(l, r, lint_at(l, s->pointer, "trackedProperties"),
				 "trackedProperties have more than %d characters", TRACKED_MAX);
	}
}

static void odd_names(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (str_find_char(s->name, '\'') >= 0)
			lint_add(l, r, s->pointer,
				 "the name has an apostrophe, which expressions must double");
}

static void retry_beside(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str from = lint_at(l, s->pointer, "retryPolicy");
		struct str inputs = lint_at(l, s->pointer, "inputs");
		struct lint_finding *f;

		if (!json_get(s->value, "retryPolicy"))
			continue;
		f = lint_add(l, r, from, "retryPolicy belongs inside inputs");
		if (json_is(s->inputs, JSON_OBJECT) && !json_get(s->inputs, "retryPolicy"))
			lint_fix_move(l, f, from, lint_at(l, inputs, "retryPolicy"),
				      json_get(s->value, "retryPolicy"));
	}
}

static void one_case(struct lint *l, const struct lint_rule *r, const struct json *c, struct str at,
		     struct lint_map *seen)
{
	struct json *v = json_get(c, "case"), *first;

	if (!v) {
		lint_add(l, r, at, str_eq_nocase(json_name(c), S("default"))
					   ? "the default stands beside cases, not inside"
					   : "the case has no value");
		return;
	}
	at = lint_at(l, at, "case");
	if (lint_is_dynamic(v) || json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT)) {
		lint_add(l, r, at, "a case is a literal text or number");
		return;
	}
	first = lint_map_put(l->a, seen, NULL, json_text(l->a, v), v);
	if (first != v)
		lint_add(l, r, at, "another case has the value %.*s", STR_ARG(json_text(l->a, v)));
}

static void switch_cases(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_map seen = { 0 };
		struct str base = lint_at(l, s->pointer, "cases");

		JSON_EACH(c, lint_is(s, "Switch") ? json_get(s->value, "cases") : NULL)
			one_case(l, r, c, lint_at_n(l, base, json_name(c)), &seen);
	}
}

static const struct {
	const char *name;
	size_t least, most;
} operators[] = {
	{ "equals", 2, 2 },	     { "greater", 2, 2 },      { "greaterOrEquals", 2, 2 },
	{ "less", 2, 2 },	     { "lessOrEquals", 2, 2 }, { "contains", 2, 2 },
	{ "startsWith", 2, 2 },	     { "endsWith", 2, 2 },     { "empty", 1, 1 },
	{ "and", 0, SIZE_MAX },	     { "or", 0, SIZE_MAX },    { "not", 1, 1 },
};

static void condition(struct lint *l, const struct lint_rule *r, const struct json *v,
		      struct str at)
{
	JSON_EACH(op, v) {
		struct str here = lint_at_n(l, at, json_name(op));
		size_t i = 0, n = json_is(op, JSON_ARRAY) ? json_count(op) : 1, k = 0;

		while (i < ROWS(operators) &&
		       !str_eq_nocase(json_name(op), str_from(operators[i].name)))
			i++;
		if (i == ROWS(operators)) {
			lint_add(l, r, here, "%.*s is no operator of a condition",
				 STR_ARG(json_name(op)));
			continue;
		}
		if (n < operators[i].least || n > operators[i].most)
			lint_add(l, r, here, "%s takes %zu operands, here are %zu", operators[i].name,
				 operators[i].least, n);
		if (i + 3 < ROWS(operators))
			continue;
		if (json_is(op, JSON_OBJECT))
			condition(l, r, op, here);
		JSON_EACH(inner, json_is(op, JSON_ARRAY) ? op : NULL) {
			struct str below = str_fmt(l->a, "%.*s/%zu", STR_ARG(here), k++);

			if (json_is(inner, JSON_OBJECT))
				condition(l, r, inner, below);
		}
	}
}

static void conditions(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = lint_is(s, "If") ? json_get(s->value, "expression") : NULL;
		struct str at = lint_at(l, s->pointer, "expression");

		if (json_is(v, JSON_OBJECT))
			condition(l, r, v, at);
		else if (v && !lint_is_expression(v) && !json_is(v, JSON_BOOL))
			lint_add(l, r, at, "a condition is an object, such as {\"equals\": [a, b]}, or "
					   "one expression that begins with @");
	}
}

static void static_results(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		const char *where = "/runtimeConfiguration/staticResult/staticResultOptions";

		if (str_eq_nocase(json_str(json_at(s->value, where)), S("Enabled")))
			lint_add(l, r, str_fmt(l->a, "%.*s%s", STR_ARG(s->pointer), where),
				 "the action does not run: its made-up result is still enabled");
	}
}

#define A "`A`:{`type`:`Compose`,`inputs`:1}"
#define HEAD "`$schema`:`x`,`contentVersion`:`1.0.0.0`"

const struct lint_rule lint_rules_shape[] = {
	{ "STR01", LINT_ERROR, "triggers and actions stand beside each other at the top", root,
	  "{" HEAD ",`triggers`:{`t`:{`type`:`Request`,`actions`:{" A "}}}}",
	  "{" HEAD ",`triggers`:{`t`:{`type`:`Request`}},`actions`:{" A "}}",
	  .source = SOURCE_SCHEMA },
	{ "STR02", LINT_ERROR, "there is exactly one trigger", one_trigger,
	  "{" HEAD ",`triggers`:{`t`:{`type`:`Request`},`u`:{`type`:`Request`}},`actions`:{" A "}}",
	  "{" HEAD ",`triggers`:{`t`:{`type`:`Request`}},`actions`:{" A "}}",
	  .source = SOURCE_PRACTICE },
	{ "STR03", LINT_ERROR, "types of triggers and actions exist", known_types,
	  "`A`:{`type`:`Composee`,`inputs`:1}", A,
	  .source = SOURCE_SCHEMA },
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
	{ "STR07", LINT_ERROR, "names of actions are unique in the whole flow, in any case",
	  unique_names, A ",`S`:{`type`:`Scope`,`actions`:{`a`:{`type`:`Compose`,`inputs`:1}}}",
	  A ",`S`:{`type`:`Scope`,`actions`:{`B`:{`type`:`Compose`,`inputs`:1}}}",
	  .source = SOURCE_ERRORS },
	{ "STR08", LINT_ERROR, "names have at most 80 characters", long_names,
	  "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`:"
	  "{`type`:`Compose`,`inputs`:1}", A,
	  .source = SOURCE_LIMITS },
	{ "STR09", LINT_INFO, "names have no apostrophe", odd_names,
	  "`A's`:{`type`:`Compose`,`inputs`:1}", A,
	  .source = SOURCE_ERRORS },
	{ "STR10", LINT_ERROR, "retryPolicy stands inside inputs", retry_beside,
	  "`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`},"
	  "`retryPolicy`:{`type`:`none`}}",
	  "`H`:{`type`:`Http`,`inputs`:{`method`:`GET`,`uri`:`https://example.com/`,"
	  "`retryPolicy`:{`type`:`none`}}}",
	  .source = SOURCE_SCHEMA },
	{ "STR11", LINT_ERROR, "cases of a Switch have different literal values", switch_cases,
	  "`W`:{`type`:`Switch`,`expression`:`@triggerBody()`,`cases`:{`x`:{`case`:1,`actions`:{}},"
	  "`y`:{`case`:1,`actions`:{}}}}",
	  "`W`:{`type`:`Switch`,`expression`:`@triggerBody()`,`cases`:{`x`:{`case`:1,`actions`:{}},"
	  "`y`:{`case`:2,`actions`:{}}}}",
	  .source = SOURCE_SCHEMA },
	{ "STR12", LINT_ERROR, "conditions are built of known operators with their operands",
	  conditions, "`I`:{`type`:`If`,`expression`:{`equals`:[1]},`actions`:{}}",
	  "`I`:{`type`:`If`,`expression`:{`and`:[{`not`:{`equals`:[1,2]}}]},`actions`:{}}",
	  .source = SOURCE_SCHEMA },
	{ "STR14", LINT_ERROR, "no action is replaced by a made-up result", static_results,
	  "`A`:{`type`:`Compose`,`inputs`:1,`runtimeConfiguration`:{`staticResult`:{`name`:`A0`,"
	  "`staticResultOptions`:`Enabled`}}}",
	  "`A`:{`type`:`Compose`,`inputs`:1,`runtimeConfiguration`:{`staticResult`:{`name`:`A0`,"
	  "`staticResultOptions`:`Disabled`}}}",
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
