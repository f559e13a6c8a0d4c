/*
 * lint_rules_parameters.c - rules about what is given to connectors, and what they cost.
 */
#include "wdl/lint_strings.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

static bool is_legacy(const struct lint_step *s)
{
	return str_starts_nocase(s->type, S("ApiConnection"));
}

/* One per flow: in a flow that has newer steps too, somebody wrote the old form by mistake. */
static void legacy(struct lint *l, const struct lint_rule *r)
{
	struct lint_step *first = NULL;
	size_t old = 0, new = 0;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		if (!s->connector)
			continue;
		if (is_legacy(s)) {
			first = first ? first : s;
			old++;
		} else if (!s->trigger) {
			new++;
		}
	}
	if (old)
		lint_add(l, r, lint_at(l, first->pointer, "type"),
			 "%zu steps are of the older type %.*s, which the designer replaces by "
			 "OpenApiConnection", old, STR_ARG(first->type))
			->severity = new && !first->trigger ? LINT_WARNING : LINT_INFO;
}

static void invokers(struct lint *l, const struct lint_rule *r)
{
	const struct lint_step *t = l->triggers == 1 ? l->steps : NULL;
	struct str base = str_first(l->prefix, l->prefix.n - (l->flow ? sizeof("definition") : 0));

	if (!t || lint_is(t, "Request") || lint_is(t, "Manual"))
		return;
	JSON_EACH(ref, l->references)
		if (str_eq_nocase(json_get_str(ref, "source"), S("Invoker")) ||
		    str_eq_nocase(json_get_str(ref, "runtimeSource"), S("invoker")))
			lint_add(l, r,
				 lint_at_n(l, lint_at(l, base, "connectionReferences"), json_name(ref)),
				 "nobody is there whose connection could be used: a %.*s starts the flow",
				 STR_ARG(t->type));
}

static bool is_dataverse(const struct lint_step *s)
{
	return str_starts_nocase(s->api, S("shared_commondataservice"));
}

static void lookups(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		JSON_EACH(m, is_dataverse(s) ? json_get(s->inputs, "parameters") : NULL)
			if (str_ends(json_name(m), S("@odata.bind")) && json_is(m, JSON_STRING) &&
			    json_str(m).n && !lint_is_dynamic(m) &&
			    str_find_char(json_str(m), '(') < 0)
				lint_add(l, r,
					 lint_at_n(l, lint_in(l, s, "/inputs/parameters"), json_name(m)),
					 "a lookup is bound as set(id), such as accounts(%.*s)",
					 STR_ARG(json_str(m)));
	}
}

static void nulls(struct lint *l, const struct lint_rule *r)
{
	static const char *const updates[] = { "UpdateRecord", "UpdateOnlyRecord", NULL };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str at;

		if (!is_dataverse(s) || !lint_among(s->operation, updates))
			continue;
		at = lint_in(l, s, "/inputs/parameters");
		JSON_EACH(m, json_get(s->inputs, "parameters"))
			if (json_is(m, JSON_NULL) && str_starts(json_name(m), S("item/")))
				lint_add(l, r, lint_at_n(l, at, json_name(m)),
					 "null empties the column: leave out what is not to change");
	}
}

/* ---- places and people that differ from environment to environment ---- */

static bool is_address(struct str s)
{
	ptrdiff_t at = str_find_char(s, '@');

	return at > 0 && str_find_char(s, ' ') < 0 && str_find_char(s, '{') < 0 &&
	       str_find_char(str_from_at(s, (size_t)at), '.') > 1 &&
	       str_find_char(str_from_at(s, (size_t)at + 1), '@') < 0;
}

static const char *place(struct str s)
{
	static const struct {
		const char *part, *what;
	} rows[] = {
		{ ".sharepoint.com/", "a site" },
		{ ".dynamics.com", "an organization" },
		{ ".azurewebsites.net", "a host" },
		{ ".vault.azure.net", "a key vault" },
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		if (str_starts(s, S("https://")) && str_contains_nocase(s, str_from(rows[i].part)))
			return rows[i].what;
	return str_is_guid(s) ? "an id" : is_address(s) ? "an address" : NULL;
}

static void fixed_value(struct lint *l, const struct lint_rule *r, const struct lint_string *s)
{
	const char *what = s->step && s->step->connector && !lint_is_dynamic(s->value) &&
					   !str_eq(s->outer, S("host")) &&
					   !str_eq(s->name, S("subscriptionRequest/name"))
				   ? place(s->text)
				   : NULL;
	struct lint_finding *f;

	if (!what)
		return;
	/* One finding says it: the flow is changed as a whole. */
	l->told = r;
	f = lint_add(l, r, lint_string_pointer(l, s),
		     "%s is written into the flow: an environment variable would move with it", what);
	f->severity = LINT_INFO;
	JSON_EACH(p, json_get(l->definition, "parameters"))
		if (json_get_str(json_get(p, "metadata"), "schemaName").n)
			f->severity = LINT_WARNING;
}

static void fixed_values(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_string *s = lint_strings(l); s && l->told != r; s = s->next)
		fixed_value(l, r, s);
}

/* ---- licences ---- */

/* Of the tier Premium in the connector reference. */
static const char *const premium[] = {
	"shared_commondataserviceforapps", "shared_commondataservice", "shared_sql", "shared_keyvault",
	"shared_azureblob", "shared_azurequeues", "shared_azuretables", "shared_azuread",
	"shared_webcontents", "shared_webcontentsv2", "shared_servicebus", "shared_eventhubs",
	"shared_documentdb", "shared_salesforce", "shared_service-now", "shared_azureautomation",
	"shared_azuredatafactory", "shared_azureloganalytics", "shared_powerplatformforadmins",
	"shared_powerplatformadminv2", "shared_uiflow", "shared_sendgrid_1", "shared_adobesign",
	"shared_docusign", "shared_oracle", "shared_postgresql", "shared_mysql", "shared_sapodata",
	"shared_wordonlinebusiness", NULL,
};

/* "shared_name-5f…": a connector that somebody made. */
static bool is_custom(struct str api)
{
	ptrdiff_t at = str_find(api, S("-5f"));

	return at > 0 && api.n - (size_t)at > 10;
}

static const char *premium_step(const struct lint *l, const struct lint_step *s)
{
	struct str api = s->api;

	if (lint_is(s, "Http") || lint_is(s, "HttpWebhook"))
		return "HTTP";
	if (s->trigger && lint_is(s, "Request") &&
	    str_eq_nocase(json_get_str(s->value, "kind"), S("Http")))
		return "the HTTP request trigger";
	if (is_custom(api))
		return "a custom connector";
	return lint_among(api, premium) ? arena_copy(l->a, api.p, api.n) : NULL;
}

static void licences(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		const char *what = premium_step(l, s);

		if (!what)
			continue;
		lint_add(l, r, s->pointer,
			 "%s needs a premium licence: without one the flow is switched off after 14 days",
			 what);
		return;
	}
}

#define PARAMETERS(more) \
	"`parameters`:{`$connections`:{`type`:`Object`},`$authentication`:{`type`:`SecureObject`}" more "}"
#define API(name) "`apiId`:`/providers/Microsoft.PowerApps/apis/shared_" name "`"
#define STEP(type, api, operation, parameters) \
	"`type`:`" type "`,`inputs`:{`host`:{`connectionName`:`c`," API(api) ",`operationId`:`" operation \
	"`},`parameters`:{" parameters "}}"
#define OLD \
	"`type`:`ApiConnection`,`inputs`:{`host`:{`connection`:{`name`:`@parameters('$connections')" \
	"['shared_sql']['connectionId']`}},`method`:`get`,`path`:`/x`}"
#define DOC(more, trigger, actions) \
	"{" EXAMPLE_HEAD "," PARAMETERS(more) ",`triggers`:{`t`:{" trigger "}},`actions`:{" actions "}}"
#define BUTTON "`type`:`Request`,`kind`:`Button`,`inputs`:{`schema`:{}}"
#define DAILY "`type`:`Recurrence`,`recurrence`:{`frequency`:`Day`,`interval`:1}"
#define FLOW(source, trigger) \
	"{`properties`:{`connectionReferences`:{`c`:{`source`:`" source "`,`id`:`/providers/" \
	"Microsoft.PowerApps/apis/shared_sql`}},`definition`:" \
	DOC("", trigger, "`A`:{" STEP("OpenApiConnection", "sql", "Get", "") "}") "}}"
#define UPDATE(parameters) \
	DOC("", BUTTON, "`A`:{" STEP("OpenApiConnection", "commondataserviceforapps", "UpdateRecord", \
				     "`entityName`:`accounts`,`recordId`:`@triggerBody()`" parameters) "}")
#define SITE(value) \
	DOC(",`Other (new_Other)`:{`type`:`String`,`metadata`:{`schemaName`:`new_Other`}}", BUTTON, \
	    "`A`:{" STEP("OpenApiConnection", "sharepointonline", "GetItems", "`dataset`:`" value "`") "}")
#define NOT_HERE(id, severity, summary, who, why) \
	{ id, severity, summary, NULL, NULL, NULL, .source = who, .needs = why }

const struct lint_rule lint_rules_parameters[] = {
	{ "CON06", LINT_WARNING, "connector steps are of the type OpenApiConnection", legacy,
	  DOC("", BUTTON, "`A`:{" OLD "},`B`:{" STEP("OpenApiConnection", "sql", "Get", "") "}"),
	  DOC("", BUTTON, "`B`:{" STEP("OpenApiConnection", "sql", "Get", "") "}"),
	  .source = SOURCE_PRACTICE },
	{ "CON09", LINT_WARNING, "flows that start by themselves bring their own connections", invokers,
	  FLOW("Invoker", DAILY), FLOW("Embedded", DAILY), .source = SOURCE_PRACTICE },
	{ "CON10", LINT_INFO, "lookups of Dataverse are bound as set(id)", lookups,
	  UPDATE(",`item/parentcustomerid_account@odata.bind`:`7d9c70f4-99ff-460a-93f8-ff76594d4948`"),
	  UPDATE(",`item/parentcustomerid_account@odata.bind`:`accounts(7d9c70f4-99ff-460a-93f8-ff76594d4948)`"),
	  .source = SOURCE_PRACTICE },
	NOT_HERE("CON11", LINT_ERROR, "operations exist and get the parameters that they take",
		 SOURCE_CONNECTORS, "it needs the definition of the connector; validate_live_flow looks at those that "
		 "describe_live_connector has read"),
	NOT_HERE("CON12", LINT_WARNING,
		 "triggers of Dataverse name a table, actions its entity set, as they are called",
		 SOURCE_CONNECTORS, "it needs the names of the environment's tables; validate_live_flow knows "
		 "them once they were looked up"),
	{ "CON13", LINT_WARNING, "updates of Dataverse leave out what does not change", nulls,
	  UPDATE(",`item/telephone1`:null"), UPDATE(",`item/telephone1`:`1`"),
	  .source = SOURCE_PRACTICE },
	{ "CON14", LINT_WARNING, "sites, ids and addresses come from environment variables", fixed_values,
	  SITE("https://contoso.sharepoint.com/sites/a"), SITE("@parameters('Other (new_Other)')"),
	  .source = SOURCE_GUIDELINES },
	NOT_HERE("CON15", LINT_WARNING, "connectors of one flow are of one group of the data policy",
		 SOURCE_ERRORS, "it needs the data policy of the environment"),
	{ "CON16", LINT_INFO, "the licence that a flow needs is known", licences,
	  DOC("", BUTTON, "`A`:{" STEP("OpenApiConnection", "sql", "Get", "") "}"),
	  DOC("", BUTTON, "`A`:{" STEP("OpenApiConnection", "sharepointonline", "GetItems", "") "}"),
	  .source = SOURCE_LIMITS "; " SOURCE_CONNECTORS },
	{ 0 },
};
