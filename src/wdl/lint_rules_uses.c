/*
 * lint_rules_uses.c - rules about what is read and written: races, members that are not there, and
 * what nobody uses.
 */
#include "wdl/functions.h"
#include "wdl/lint_model.h"

/* ---- races ---- */

static struct lint_step *parallel_loop(const struct lint_step *s)
{
	for (struct lint_step *p = lint_parent(s); p; p = lint_parent(p))
		if (lint_is(p, "Foreach") &&
		    json_int(json_at(p->value, "/runtimeConfiguration/concurrency/repetitions"), 1) > 1)
			return p;
	return NULL;
}

static void races(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_step *loop = lint_writes(s) ? parallel_loop(s) : NULL;

		if (!loop)
			continue;
		if (lint_is(s, "SetVariable"))
			lint_add(l, r, s->pointer,
				 "iterations of %.*s run at the same time and overwrite %.*s of each "
				 "other", STR_ARG(loop->name), STR_ARG(lint_written(s)));
		else
			lint_add(l, r, s->pointer,
				 "iterations of %.*s run at the same time: the order in %.*s is any",
				 STR_ARG(loop->name), STR_ARG(lint_written(s)))
				->severity = LINT_INFO;
	}
}

/* ---- the trigger's body ---- */

static bool is_fixed(const struct lint_step *t)
{
	static const char *const kinds[] = { "Button", "Http", "PowerApp", "PowerAppV2", "Skills", NULL };

	return lint_is(t, "Request") && lint_among(json_get_str(t->value, "kind"), kinds);
}

/* The member of the trigger's body that `n` takes, or an empty name. */
static struct str body_member(const struct wdl_node *n)
{
	const struct wdl_node *target = n->kind == WDL_MEMBER ? wdl_target(n) : NULL;
	struct str key;

	if (!target || wdl_key(n)->kind != WDL_STRING)
		return str_from("");
	key = wdl_key(n)->text;
	if (wdl_is_call(target, "triggerBody"))
		return key;
	if (wdl_is_call(target, "triggerOutputs") && str_starts_nocase(key, S("body/"))) {
		key = str_from_at(key, 5);
		return str_find_char(key, '/') < 0
			       ? key
			       : str_first(key, (size_t)str_find_char(key, '/'));
	}
	if (target->kind == WDL_MEMBER && wdl_is_call(wdl_target(target), "triggerOutputs") &&
	    wdl_key(target)->kind == WDL_STRING && str_eq_nocase(wdl_key(target)->text, S("body")))
		return key;
	return str_from("");
}

/* Only a plain list of properties says what there is. */
static bool is_closed(const struct json *schema)
{
	static const char *const open[] = { "allOf", "anyOf", "oneOf", "$ref", "patternProperties" };

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		if (json_get(schema, open[i]))
			return false;
	return json_count(json_get(schema, "properties")) && !json_get(schema, "additionalProperties");
}

static void body_use(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		     const struct wdl_node *n)
{
	const struct lint_step *t = l->steps;
	const struct json *schema = json_get(t->inputs, "schema");
	struct str name = body_member(n);

	if (lint_is(t, "Recurrence") && (name.n || wdl_is_call(n, "triggerBody"))) {
		if (n->kind == WDL_MEMBER || !n->parent || n->parent->kind != WDL_MEMBER)
			lint_add_at(l, r, s->place, n->start,
				    "a schedule starts this flow: its trigger has no body");
		return;
	}
	/* What the button and the host of the flow add is not in the schema. */
	if (!name.n || !is_fixed(t) || !is_closed(schema) || str_starts_nocase(name, S("key-button")) ||
	    name.p[0] == '$' || json_get_nocase(json_get(schema, "properties"), name))
		return;
	lint_add_at(l, r, s->place, n->start, "the trigger's schema has no property %.*s",
		    STR_ARG(name));
}

static void body_uses(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->triggers == 1 ? l->spots : NULL; s; s = s->next)
		for (struct wdl_part *p = s->injected ? NULL : s->place->template->first; p;
		     p = p->next)
			for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				body_use(l, r, s, n);
}

/* ---- paths ---- */

static bool is_data(const struct wdl_node *n)
{
	static const char *const names[] = { "body",	    "outputs",	"triggerBody",
					     "triggerOutputs", "item",	"items",
					     NULL };

	return n->kind == WDL_CALL && n->function && lint_among(str_from(n->function->name), names);
}

/* x['a'] where x may be null: below the first level, or of something that may have no body. */
static bool is_unsafe(const struct wdl_node *n)
{
	const struct wdl_node *target = n->kind == WDL_MEMBER && !n->safe ? wdl_target(n) : NULL;
	const struct wdl_node *base = target;

	if (!base || wdl_key(n)->kind != WDL_STRING)
		return false;
	while (base->kind == WDL_MEMBER)
		base = wdl_target(base);
	if (!is_data(base) || str_eq_nocase(wdl_key(n)->text, S("X-MS-APIM-Tokens")))
		return false;
	return target != base || str_find_char(wdl_key(n)->text, '/') > 0 ||
	       wdl_is_call(base, "triggerBody");
}

/* The service refuses a call without them. */
static bool is_required(const struct lint *l, const struct wdl_node *n)
{
	const struct json *required =
		l->triggers ? json_at(l->steps->inputs, "/schema/required") : NULL;

	if (!wdl_is_call(wdl_target(n), "triggerBody"))
		return false;
	JSON_EACH(name, required)
		if (str_eq_nocase(json_str(name), wdl_key(n)->text))
			return true;
	return false;
}

static bool unsafe_path(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
			const struct wdl_node *root)
{
	for (const struct wdl_node *n = root; n; n = wdl_walk_next(root, n)) {
		if (!is_unsafe(n) || is_required(l, n))
			continue;
		lint_add_at(l, r, s->place, n->start,
			    "fails when what is before ['%.*s'] is null, ?['%.*s'] gives null",
			    STR_ARG(wdl_key(n)->text), STR_ARG(wdl_key(n)->text));
		return true;
	}
	return false;
}

static void unsafe_paths(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->spots; s; s = s->next) {
		bool told = s->injected || str_find(s->place->pointer, S("/inputs/host/")) > 0;

		for (struct wdl_part *p = s->place->template->first; p && !told; p = p->next)
			told = unsafe_path(l, r, s, p->node);
	}
}

/* ---- lists ---- */

/* The body of a Query or Select is the list itself. */
static bool is_value_of_list(const struct lint *l, const struct wdl_node *n)
{
	const struct wdl_node *target = n->kind == WDL_MEMBER ? wdl_target(n) : NULL;
	const struct lint_step *s;

	if (!target || wdl_key(n)->kind != WDL_STRING || !target->first ||
	    target->first->kind != WDL_STRING)
		return false;
	if (!(wdl_is_call(target, "body") && str_eq_nocase(wdl_key(n)->text, S("value"))) &&
	    !(wdl_is_call(target, "outputs") && str_eq_nocase(wdl_key(n)->text, S("body/value"))))
		return false;
	s = lint_find(l, target->first->text);
	return lint_is(s, "Query") || lint_is(s, "Select");
}

static void values_of_lists(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->spots; s; s = s->next)
		for (struct wdl_part *p = s->place->template->first; p; p = p->next)
			for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				if (is_value_of_list(l, n))
					lint_add_at(l, r, s->place, n->start,
						    "always null: the body of %.*s is the list itself",
						    STR_ARG(wdl_target(n)->first->text));
}

/* ---- unused ---- */

/* Some name is computed: anything may be meant. */
static bool names_are_computed(const struct lint *l, enum wdl_refers what)
{
	for (const struct lint_spot *s = l->spots; s; s = s->next)
		for (const struct wdl_part *p = s->place->template->first; p; p = p->next)
			for (const struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				if (n->kind == WDL_CALL && n->function &&
				    n->function->refers == what && n->first &&
				    n->first->kind != WDL_STRING)
					return true;
	return false;
}

static void mark_read(struct lint_step *s)
{
	s->read = true;
	for (struct lint_scope *in = s->scopes; in; in = in->next_of_owner)
		for (struct lint_step *k = in->first; k; k = k->sibling)
			mark_read(k);
}

static void unused_variables(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next) {
		struct lint_variable *v = ref->function->refers == WDL_REF_VARIABLE
						  ? lint_variable(l, ref->name)
						  : NULL;

		if (v)
			v->used = true;
	}
	if (names_are_computed(l, WDL_REF_VARIABLE))
		return;
	for (struct lint_variable *v = l->variables; v; v = v->next)
		if (!v->used && lint_variable(l, v->name) == v)
			lint_add(l, r, v->pointer, "the variable %.*s is never read",
				 STR_ARG(v->name));
}

static void unused_composes(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->target && ref->function->refers == WDL_REF_SCOPE && !ref->target->read)
			mark_read(ref->target);
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->target)
			ref->target->read = true;
	if (names_are_computed(l, WDL_REF_ACTION) || names_are_computed(l, WDL_REF_SCOPE))
		return;
	/* The last one of a branch is there to be looked at in the run. */
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (lint_is(s, "Compose") && !s->read && s->followers)
			lint_add(l, r, s->pointer, "nobody reads what %.*s composes", STR_ARG(s->name));
}

static void unused_parameters(struct lint *l, const struct lint_rule *r)
{
	struct lint_map used = { .fold = true };
	struct str at = lint_at(l, l->prefix, "parameters");

	for (struct lint_ref *ref = l->refs; ref; ref = ref->next)
		if (ref->function->refers == WDL_REF_PARAMETER)
			lint_map_put(l->a, &used, NULL, ref->name, ref);
	if (names_are_computed(l, WDL_REF_PARAMETER))
		return;
	JSON_EACH(p, json_get(l->definition, "parameters")) {
		struct lint_finding *f;

		if (str_starts(json_name(p), S("$")) || lint_map_get(&used, NULL, json_name(p)))
			continue;
		f = lint_add(l, r, lint_at_n(l, at, json_name(p)), "the parameter %.*s is never read",
			     STR_ARG(json_name(p)));
		lint_fix_remove(l, f, lint_at_n(l, at, json_name(p)));
	}
}

static void note_quoted(struct lint *l, struct lint_map *used, struct str s)
{
	struct str part;

	for (bool inside = false; str_cut(&s, '\'', &part); inside = !inside)
		if (inside && part.n)
			lint_map_put(l->a, used, NULL, part, l);
}

static void unused_references(struct lint *l, const struct lint_rule *r)
{
	struct lint_map used = { .fold = true };
	struct str base = str_first(l->prefix, l->prefix.n - (l->flow ? sizeof("definition") : 0));
	struct str at = lint_at(l, base, "connectionReferences");

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *host = json_get(s->inputs, "host");
		struct json *ref = lint_reference(l, json_get_str(host, "connectionName"));

		if (!ref)
			ref = lint_reference(l, json_get_str(host, "connectionReferenceName"));
		if (ref)
			lint_map_put(l->a, &used, NULL, json_name(ref), ref);
		note_quoted(l, &used, json_str(json_at(host, "/connection/name")));
		note_quoted(l, &used, json_str(json_at(host, "/connection/referenceName")));
	}
	JSON_EACH(ref, l->references)
		if (!lint_map_get(&used, NULL, json_name(ref)))
			lint_add(l, r, lint_at_n(l, at, json_name(ref)),
				 "no step uses the connection reference %.*s", STR_ARG(json_name(ref)));
}

static void unused(struct lint *l, const struct lint_rule *r)
{
	unused_variables(l, r);
	unused_composes(l, r);
	unused_parameters(l, r);
	if (json_is(l->references, JSON_OBJECT))
		unused_references(l, r);
}

/* ---- branches ---- */

/* The If or Switch around `target` that does not enclose `user`, or NULL. */
static struct lint_step *foreign_branch(const struct lint_step *target,
					const struct lint_step *user)
{
	for (struct lint_step *p = lint_parent(target); p && !lint_encloses(p, user) && p != user;
	     p = lint_parent(p))
		if (lint_is(p, "If") || lint_is(p, "Switch"))
			return p;
	return NULL;
}

static bool asks_first(const struct wdl_node *n)
{
	for (n = n->parent; n; n = n->parent)
		if (wdl_is_call(n, "coalesce") || wdl_is_call(n, "if") || wdl_is_call(n, "empty") ||
		    wdl_is_call(n, "equals"))
			return true;
	return false;
}

static void maybe_skipped(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_ref *ref = l->refs; ref; ref = ref->next) {
		struct lint_step *branch;

		if (ref->function->refers != WDL_REF_ACTION || !ref->target || !ref->user ||
		    ref->user->trigger || asks_first(ref->node) ||
		    wdl_is_call(ref->node, "actions"))
			continue;
		branch = foreign_branch(ref->target, ref->user);
		if (branch && lint_before(l, ref->target, ref->user))
			lint_add_at(l, r, ref->place, ref->node->start,
				    "null when %.*s took another way and skipped %.*s",
				    STR_ARG(branch->name), STR_ARG(ref->target->name));
	}
}

#define C(name, inputs, after) \
	"`" name "`:{`type`:`Compose`,`inputs`:`" inputs "`,`runAfter`:{" after "}}"
#define OK(name) "`" name "`:[`Succeeded`]"
#define INIT \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`x`,`type`:`string`," \
	"`value`:`a`}]}}"
#define LOOP(n) \
	"`L`:{`type`:`Foreach`,`foreach`:`@triggerBody()`,`actions`:{`W`:{`type`:`SetVariable`," \
	"`inputs`:{`name`:`x`,`value`:`@item()`}}},`runAfter`:{" OK("I") "},`runtimeConfiguration`:{" \
	"`concurrency`:{`repetitions`:" n "}}}"
#define SCHEMA(actions) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{`type`:`Request`,`kind`:`Button`,`inputs`:{`schema`:{" \
	"`type`:`object`,`properties`:{`text`:{`type`:`string`}}}}}},`actions`:{" actions "}}"
#define QUERY \
	"`Q`:{`type`:`Query`,`inputs`:{`from`:`@triggerBody()`,`where`:`@equals(item(),1)`}}"
#define BRANCH \
	"`I`:{`type`:`If`,`expression`:`@equals(triggerBody(),1)`,`actions`:{" C("A", "1", "") "}}"

const struct lint_rule lint_rules_uses[] = {
	{ "REF12", LINT_WARNING, "loops that run in parallel do not set variables", races,
	  INIT "," LOOP("5"), INIT "," LOOP("1"), .source = SOURCE_LOOPS },
	{ "REF15", LINT_WARNING, "what is read of the trigger's body can be there", body_uses,
	  SCHEMA(C("A", "@triggerBody()?['txt']", "")), SCHEMA(C("A", "@triggerBody()?['text']", "")),
	  .source = SOURCE_GUIDELINES },
	{ "REF16", LINT_INFO, "paths into data that may be null have ?", unsafe_paths,
	  C("A", "@triggerBody()['a']", ""), C("A", "@triggerBody()?['a']", ""),
	  .source = SOURCE_ERRORS },
	{ "REF17", LINT_INFO, "what is declared or composed is read", unused,
	  INIT, INIT "," C("A", "@variables('x')", OK("I")) ","
	  "`S`:{`type`:`SetVariable`,`inputs`:{`name`:`x`,`value`:`@outputs('A')`},`runAfter`:{" OK("A")
	  "}}", .source = SOURCE_PRACTICE },
	{ "REF18", LINT_INFO, "what a branch may have skipped is not taken for granted", maybe_skipped,
	  BRANCH "," C("B", "@outputs('A')", OK("I")),
	  BRANCH "," C("B", "@coalesce(outputs('A'), 0)", OK("I")), .source = SOURCE_PRACTICE },
	{ "REF19", LINT_WARNING, "the list of a Query or Select is its body", values_of_lists,
	  QUERY "," C("B", "@length(outputs('Q')?['body/value'])", OK("Q")),
	  QUERY "," C("B", "@length(body('Q'))", OK("Q")), .source = SOURCE_PRACTICE },
	{ 0 },
};
