/*
 * lint_rules_quality.c - rules about what makes a flow easy to keep.
 */
#include "wdl/lint_model.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

enum { UNHANDLED_MAX = 20, INITIALIZE_MAX = 10, SCOPES_MAX = 10, WORTH_NAMING = 5 };

/* "Compose_2", "Apply_to_each_4": as the designer calls them, and not the only one. */
static bool is_default_name(struct str name)
{
	static const char *const names[] = {
		"Compose",	"Condition",	"Apply_to_each",  "Do_until",	  "Scope",
		"Switch",	"HTTP",		"Parse_JSON",	  "Select",	  "Filter_array",
		"Join",		"Delay",	"Terminate",	  "Set_variable", "Initialize_variable",
		"Response",	"Append_to_array_variable", "Append_to_string_variable",
		"Increment_variable", "Create_HTML_table", "Create_CSV_table", NULL,
	};
	size_t n = name.n;

	while (n && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
		n--;
	if (n == name.n || !n || name.p[n - 1] != '_')
		return false;
	name.n = n - 1;
	return lint_among(name, names);
}

static void names(struct lint *l, const struct lint_rule *r)
{
	struct lint_step *first = NULL;
	size_t n = 0;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		if (s->trigger || !is_default_name(s->name))
			continue;
		first = first ? first : s;
		n++;
	}
	if (n)
		lint_add(l, r, first->pointer,
			 "names of the designer with numbers, such as this one (%zu in all), do not say "
			 "what for", n);
	if (l->actions >= WORTH_NAMING && !json_get_str(l->definition, "description").n &&
	    !json_get_str(l->flow, "description").n)
		lint_add(l, r, l->prefix, "the flow has no description");
}

/* ---- failures ---- */

static bool handles(const struct lint_step *s)
{
	for (const struct lint_edge *e = s->after; e; e = e->next)
		if (e->statuses & LINT_FAILURES)
			return true;
	return false;
}

static bool is_remote(const struct lint_step *s)
{
	return !s->trigger && (s->connector || lint_is(s, "Http"));
}

static void failures(struct lint *l, const struct lint_rule *r)
{
	size_t remote = 0;
	bool handled = false;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *policy = json_get(s->inputs, "retryPolicy");
		bool post = str_eq_nocase(json_get_str(s->inputs, "method"), S("POST"));

		remote += is_remote(s);
		handled = handled || handles(s);
		if (s->trigger || !lint_is(s, "Http"))
			continue;
		if (post && policy && !str_eq_nocase(json_get_str(policy, "type"), S("none")))
			lint_add(l, r, lint_in(l, s, "/inputs/retryPolicy"),
				 "a POST that is sent again may be done twice");
		else if (!policy)
			lint_add(l, r, s->pointer, "without a retryPolicy the default one sends it again")
				->severity = LINT_INFO;
	}
	if (remote && !handled && l->actions)
		lint_add(l, r, lint_at(l, l->prefix, "actions"),
			 "nothing runs when an action fails: no runAfter lists Failed")
			->severity = remote > UNHANDLED_MAX ? LINT_WARNING : LINT_INFO;
}

/* ---- order ---- */

static void clutter(struct lint *l, const struct lint_rule *r)
{
	static const char *const trials[] = { "Copy of ", "Copy - ", "Test ", "temp ", "Untitled" };
	struct str name = json_get_str(l->flow, "displayName");
	struct lint_step *first = NULL;
	size_t n = 0;

	for (struct lint_step *s = l->steps; s; s = s->next) {
		if (!lint_is(s, "InitializeVariable"))
			continue;
		first = first ? first : s;
		n++;
	}
	if (n > INITIALIZE_MAX)
		lint_add(l, r, first->pointer,
			 "%zu steps initialize variables: one object in a Compose holds constants", n);
	for (struct lint_scope *scope = l->scopes; scope; scope = scope->next) {
		n = 0;
		for (struct lint_step *s = scope->first; s; s = s->sibling)
			n += lint_is(s, "Scope");
		if (n > SCOPES_MAX)
			lint_add(l, r, scope->pointer, "%zu scopes side by side: child flows are easier "
				 "to test", n);
	}
	for (size_t i = 0; i < ROWS(trials); i++)
		if (str_starts_nocase(name, str_from(trials[i])))
			lint_add(l, r,
				 lint_at(l, str_first(l->prefix, l->prefix.n - sizeof("definition")),
					 "displayName"),
				 "the name says that this is a trial: %.*s", STR_ARG(name));
}

#define C(name) "`" name "`:{`type`:`Compose`,`inputs`:1}"
#define POST(type) \
	"`Order`:{`type`:`Http`,`inputs`:{`method`:`POST`,`uri`:`https://example.com/`,`retryPolicy`:{" \
	"`type`:`" type "`}}},`Tell`:{`type`:`Terminate`,`inputs`:{`runStatus`:`Failed`},`runAfter`:{" \
	"`Order`:[`Failed`,`TimedOut`]}}"
#define NAMED(name) \
	"{`properties`:{`displayName`:`" name "`,`definition`:{" EXAMPLE_HEAD ",`triggers`:{`t`:{" \
	"`type`:`Request`,`kind`:`Button`}},`actions`:{" C("A") "}}}}"

const struct lint_rule lint_rules_quality[] = {
	{ "QUA01", LINT_INFO, "names and descriptions say what for", names, C("Compose_2"),
	  C("Greeting"), .source = SOURCE_GUIDELINES },
	{ "QUA02", LINT_WARNING, "failures are handled, and retries do no harm", failures, POST("fixed"),
	  POST("none"), .source = SOURCE_GUIDELINES },
	{ "QUA03", LINT_INFO, "flows are in order", clutter, NAMED("Copy of Orders"), NAMED("Orders"),
	  .source = SOURCE_GUIDELINES },
	{ "QUA04", LINT_INFO, "flows are not copies of each other", NULL, NULL, NULL,
	  .source = SOURCE_GUIDELINES, .together = true,
	  .needs = "it needs other flows; those of one call of flowlatch lint are compared" },
	{ 0 },
};
