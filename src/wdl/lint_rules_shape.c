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
	if (str_find(json_get_str(l->definition, "$schema"), S("workflowdefinition.json")) < 0 &&
	    str_find(json_get_str(l->definition, "$schema"), S("://")) > 0) {
		struct lint_finding *f = lint_add(l, r, lint_at(l, l->prefix, "$schema"),
						  "$schema is not that of workflow definitions");

		f->severity = LINT_INFO;
		lint_fix_set(l, f, lint_at(l, l->prefix, "$schema"), json_new_z(l->a, schema));
	}
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

static bool is_exact(struct str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_from(*names)))
			return true;
	return false;
}

static const char *near_type(struct lint *l, struct str s, const char *const *names)
{
	struct str low = str_lower(l->a, s);

	for (; *names; names++)
		if (str_distance(low, str_lower(l->a, str_from(*names)), 2) <= 2)
			return *names;
	return NULL;
}

static void known_types(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		const char *const *known = s->trigger ? trigger_types : action_types;
		const char *near;
		struct lint_finding *f;
		struct str at;

		if (!s->type.n) {
			lint_add(l, r, s->pointer, "there is no type");
			continue;
		}
		if (is_exact(s->type, known))
			continue;
		near = near_type(l, s->type, known);
		at = lint_at(l, s->pointer, "type");
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

enum { NAME_MAX_UNITS = 80, TRACKED_MAX = 16000, DESCRIPTION_MAX = 256 };

static void long_names(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *tracked = json_get(s->value, "trackedProperties");

		if (wdl_units(s->name) > NAME_MAX_UNITS)
			lint_add(l, r, s->pointer, "the name has %zu characters, at most %d are taken",
				 wdl_units(s->name), NAME_MAX_UNITS);
		if (wdl_units(json_get_str(s->value, "description")) > DESCRIPTION_MAX)
			lint_add(l, r, lint_at(l, s->pointer, "description"),
				 "the description has %zu characters, at most %d are taken",
				 wdl_units(json_get_str(s->value, "description")), DESCRIPTION_MAX);
		if (tracked && wdl_units(json_text(l->a, tracked)) > TRACKED_MAX)
			lint_add(l, r, lint_at(l, s->pointer, "trackedProperties"),
				 "trackedProperties have more than %d characters", TRACKED_MAX);
	}
}

/* ASCII that is neither a letter, a digit nor one of _ - ( ) . */
static bool is_odd(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x80 && !(u >= '0' && u <= '9') && !((u | 32) >= 'a' && (u | 32) <= 'z') &&
	       !strchr("_-().", c);
}

static void odd_names(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		size_t i = 0;

		while (i < s->name.n && !is_odd(s->name.p[i]))
			i++;
		if (str_find_char(s->name, '\'') >= 0)
			lint_add(l, r, s->pointer,
				 "the name has an apostrophe, which expressions must double");
		else if (i < s->name.n)
			lint_add(l, r, s->pointer,
				 "the name has a \"%c\": expressions must write it as it is here",
				 s->name.p[i]);
	}
}

static void retry_beside(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str from, inputs;
		struct lint_finding *f;

		if (!json_get(s->value, "retryPolicy"))
			continue;
		from = lint_at(l, s->pointer, "retryPolicy");
		inputs = lint_at(l, s->pointer, "inputs");
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

		JSON_EACH(c, lint_is(s, "Switch") ? json_get(s->value, "cases") : NULL)
			one_case(l, r, c, lint_at_n(l, lint_in(l, s, "/cases"), json_name(c)), &seen);
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
		struct str at;

		if (!v)
			continue;
		at = lint_at(l, s->pointer, "expression");
		if (json_is(v, JSON_OBJECT))
			condition(l, r, v, at);
		else if (!lint_is_expression(v) && !json_is(v, JSON_BOOL))
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

static bool idle(const struct lint_step *s)
{
	if (!lint_is_container(s) || !json_is(json_get(s->value, "actions"), JSON_OBJECT))
		return false;
	for (const struct lint_scope *inner = s->scopes; inner; inner = inner->next_of_owner)
		if (inner->count)
			return false;
	return true;
}

/* A flow of nothing but empty containers is a template that somebody will fill. */
static bool is_skeleton(const struct lint *l)
{
	for (const struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger && !idle(s))
			return false;
	return l->actions > 1;
}

/* One finding per scope: a row of empty containers is one thought. */
static void empty_containers(struct lint *l, const struct lint_rule *r)
{
	enum lint_severity severity = is_skeleton(l) ? LINT_INFO : r->severity;

	for (struct lint_scope *scope = l->scopes; scope; scope = scope->next) {
		struct lint_step *first = NULL;
		size_t n = 0;

		for (struct lint_step *s = scope->first; s; s = s->sibling) {
			if (!idle(s))
				continue;
			first = first ? first : s;
			n++;
		}
		if (n == 1)
			lint_add(l, r, first->pointer, "%.*s contains no action",
				 STR_ARG(first->name))
				->severity = severity;
		else if (n)
			lint_add(l, r, first->pointer, "%.*s and %zu more here contain no action",
				 STR_ARG(first->name), n - 1)
				->severity = severity;
	}
}

#define A "`A`:{`type`:`Compose`,`inputs`:1}"
#define HEAD EXAMPLE_HEAD

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
	{ "STR07", LINT_ERROR, "names of actions are unique in the whole flow, in any case",
	  unique_names, A ",`S`:{`type`:`Scope`,`actions`:{`a`:{`type`:`Compose`,`inputs`:1}}}",
	  A ",`S`:{`type`:`Scope`,`actions`:{`B`:{`type`:`Compose`,`inputs`:1}}}",
	  .source = SOURCE_ERRORS },
	{ "STR08", LINT_ERROR, "names have at most 80 characters", long_names,
	  "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`:"
	  "{`type`:`Compose`,`inputs`:1}", A,
	  .source = SOURCE_LIMITS },
	{ "STR09", LINT_INFO, "names are made of letters, digits and _ - ( ) .", odd_names,
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
	{ "STR13", LINT_WARNING, "containers contain something", empty_containers,
	  "`S`:{`type`:`Scope`,`actions`:{}}", "`S`:{`type`:`Scope`,`actions`:{" A "}}",
	  .source = SOURCE_PRACTICE },
	{ "STR14", LINT_ERROR, "no action is replaced by a made-up result", static_results,
	  "`A`:{`type`:`Compose`,`inputs`:1,`runtimeConfiguration`:{`staticResult`:{`name`:`A0`,"
	  "`staticResultOptions`:`Enabled`}}}",
	  "`A`:{`type`:`Compose`,`inputs`:1,`runtimeConfiguration`:{`staticResult`:{`name`:`A0`,"
	  "`staticResultOptions`:`Disabled`}}}",
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
