/*
 * lint_rules_names.c - rules about references: actions, loops, variables and parameters.
 */
#include "wdl/functions.h"
#include "wdl/lint_model.h"

#define EACH_REF(ref, l) for (struct lint_ref *ref = (l)->refs; ref; ref = ref->next)

static bool names_step(const struct lint_ref *ref)
{
	return ref->function->refers == WDL_REF_ACTION || ref->function->refers == WDL_REF_SCOPE;
}

static size_t at(const struct lint_ref *ref)
{
	return ref->node->start;
}

/* The stored name that differs only in spaces and underscores, or NULL. */
static struct lint_step *spelt(const struct lint *l, struct str name)
{
	char *p = str_c(l->a, name);

	for (size_t i = 0; i < name.n; i++)
		if (p[i] == ' ')
			p[i] = '_';
	return lint_find(l, str_n(p, name.n));
}

/* The action that a call means, where its name is written another way; else NULL. */
static struct lint_step *misspelt(const struct lint *l, const struct wdl_node *n)
{
	const struct wdl_node *name = n->kind == WDL_CALL ? n->first : NULL;
	struct lint_step *s;

	if (!n->function || !name || name->kind != WDL_STRING ||
	    (n->function->refers != WDL_REF_ACTION && n->function->refers != WDL_REF_SCOPE &&
	     n->function->refers != WDL_REF_LOOP && n->function->refers != WDL_REF_UNTIL))
		return NULL;
	s = lint_find(l, name->text);
	s = s ? s : spelt(l, name->text);
	return s && !str_eq(s->name, name->text) ? s : NULL;
}

/* One edit replaces the whole string, so it puts all names in it right. */
static void fix_names(struct lint *l, struct lint_finding *f, const struct wdl_place *p)
{
	struct str source = p->template->source;
	size_t done = 0;
	struct buf b;

	if (p->is_key || p->template->broken)
		return;
	buf_init_in(&b, l->a, (size_t)-1 / 2);
	for (struct wdl_part *part = p->template->first; part; part = part->next) {
		for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n)) {
			struct lint_step *s = misspelt(l, n);
			struct str name, quoted;

			if (!s)
				continue;
			buf_adds(&b, str_first(str_from_at(source, done), n->first->start - done));
			buf_addc(&b, '\'');
			for (name = s->name; str_cut(&name, '\'', &quoted);) {
				buf_adds(&b, quoted);
				if (name.p)
					buf_addz(&b, "''");
			}
			buf_addc(&b, '\'');
			done = n->first->end;
		}
	}
	buf_adds(&b, str_from_at(source, done));
	lint_fix_set(l, f, p->pointer, json_new_str(l->a, buf_str(&b)));
}

static void unknown_step(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l) {
		struct lint_step *near;

		if (!names_step(ref) || ref->target)
			continue;
		near = spelt(l, ref->name);
		if (near)
			fix_names(l,
				  lint_add_at(l, r, ref->place, at(ref),
					      "%s('%.*s') names no action; its name is '%.*s'",
					      ref->function->name, STR_ARG(ref->name),
					      STR_ARG(near->name)),
				  ref->place);
		else
			lint_add_at(l, r, ref->place, at(ref), "%s('%.*s') names no action",
				    ref->function->name, STR_ARG(ref->name));
	}
}

static void case_differs(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l)
		if (ref->target && !str_eq(ref->target->name, ref->name))
			fix_names(l,
				  lint_add_at(l, r, ref->place, at(ref),
					      "'%.*s' is written '%.*s' in its action",
					      STR_ARG(ref->name), STR_ARG(ref->target->name)),
				  ref->place);
}

/* The loop of that type around `target` that does not enclose `user`, or NULL. */
static struct lint_step *foreign(const char *type, const struct lint_step *target,
				 const struct lint_step *user)
{
	for (struct lint_step *p = lint_parent(target); p; p = lint_parent(p))
		if (lint_is(p, type) && p != user && !lint_encloses(p, user))
			return p;
	return NULL;
}

static struct lint_step *foreign_loop(const struct lint_step *target, const struct lint_step *user)
{
	return foreign("Foreach", target, user);
}

static void not_before(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l) {
		struct lint_step *t = ref->target, *u = ref->user;

		if (!names_step(ref) || !t || t->trigger || !u || foreign_loop(t, u))
			continue;
		/* The condition of an Until is evaluated after its actions. */
		if (lint_encloses(t, u) || lint_before(l, t, u) ||
		    (lint_is(u, "Until") && lint_encloses(u, t)) || u->cyclic || t->cyclic)
			continue;
		lint_add_at(l, r, ref->place, at(ref),
			    u == t ? "%.*s reads its own result"
				   : "%.*s has not surely run by then: it is not before this step "
				     "by runAfter",
			    STR_ARG(t->name));
	}
}

static void inside_loop(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l) {
		struct lint_step *loop;

		if (!names_step(ref) || !ref->target || !ref->user)
			continue;
		loop = foreign_loop(ref->target, ref->user);
		if (loop)
			lint_add_at(l, r, ref->place, at(ref),
				    "%.*s runs once per item inside %.*s: outside of it append to a "
				    "variable, or use Select or result()",
				    STR_ARG(ref->target->name), STR_ARG(loop->name));
		else if ((loop = foreign("Until", ref->target, ref->user)) != NULL)
			lint_add_at(l, r, ref->place, at(ref),
				    "%.*s runs once per round of %.*s: outside of it only the last "
				    "round could be meant; keep what is needed in a variable",
				    STR_ARG(ref->target->name), STR_ARG(loop->name))
				->severity = LINT_WARNING;
	}
}

static bool has_item(const struct lint_step *s)
{
	if (lint_is(s, "Query") || lint_is(s, "Select") || lint_is(s, "Table"))
		return true;
	for (; s; s = lint_parent(s))
		if (lint_is(s, "Foreach"))
			return true;
	return false;
}

static void stray_items(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->spots; s; s = s->next) {
		if (has_item(s->step))
			continue;
		for (struct wdl_part *p = s->place->template->first; p; p = p->next)
			for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				if (wdl_is_call(n, "item"))
					lint_add_at(l, r, s->place, n->start,
						    "item() stands neither in a Foreach nor in a Query, "
						    "Select or Table");
	}
}

static void loop_names(struct lint *l, const struct lint_rule *r)
{
	stray_items(l, r);
	EACH_REF(ref, l) {
		bool items = ref->function->refers == WDL_REF_LOOP;
		const char *kind = items ? "Foreach" : "Until";

		if (!items && ref->function->refers != WDL_REF_UNTIL)
			continue;
		if (ref->target && ref->user && lint_encloses(ref->target, ref->user) &&
		    lint_is(ref->target, kind))
			continue;
		if (!items && ref->target == ref->user && lint_is(ref->user, kind))
			continue;
		lint_add_at(l, r, ref->place, at(ref), "%s('%.*s') does not stand inside a %s of "
			    "that name", ref->function->name, STR_ARG(ref->name), kind);
	}
}

static void result_names(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l) {
		if (ref->function->refers != WDL_REF_SCOPE || !ref->target || !ref->user)
			continue;
		if (!lint_is_container(ref->target))
			lint_add_at(l, r, ref->place, at(ref),
				    "result() takes a container, %.*s is a %.*s",
				    STR_ARG(ref->target->name), STR_ARG(ref->target->type));
		else if (lint_encloses(ref->target, ref->user))
			lint_add_at(l, r, ref->place, at(ref),
				    "result() reads %.*s, which contains this action and has not ended",
				    STR_ARG(ref->target->name));
	}
}

/* ---- variables ---- */

bool lint_writes(const struct lint_step *s)
{
	return lint_is(s, "SetVariable") || lint_is(s, "AppendToArrayVariable") ||
	       lint_is(s, "AppendToStringVariable") || lint_is(s, "IncrementVariable") ||
	       lint_is(s, "DecrementVariable");
}

struct str lint_written(const struct lint_step *s)
{
	return json_get_str(s->inputs, "name");
}

static struct str name_pointer(const struct lint *l, const struct lint_step *s)
{
	return lint_at(l, lint_at(l, s->pointer, "inputs"), "name");
}

static void unknown_variable(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l)
		if (ref->function->refers == WDL_REF_VARIABLE && !lint_variable(l, ref->name))
			lint_add_at(l, r, ref->place, at(ref), "the variable %.*s is never initialized",
				    STR_ARG(ref->name));
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (lint_writes(s) && lint_written(s).n &&
		    !lint_is_expression(json_get(s->inputs, "name")) &&
		    !lint_variable(l, lint_written(s)))
			lint_add(l, r, name_pointer(l, s), "the variable %.*s is never initialized",
				 STR_ARG(lint_written(s)));
}

static void initialized_inside(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (lint_is(s, "InitializeVariable") && lint_parent(s))
			lint_add(l, r, s->pointer,
				 "variables are initialized at the top level, not inside %.*s",
				 STR_ARG(lint_parent(s)->name));
}

static void too_early(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_variable *v = l->variables; v; v = v->next)
		if (lint_variable(l, v->name) != v)
			lint_add(l, r, v->pointer, "the variable %.*s is initialized twice",
				 STR_ARG(v->name));
	EACH_REF(ref, l) {
		struct lint_variable *v = ref->function->refers == WDL_REF_VARIABLE
						  ? lint_variable(l, ref->name)
						  : NULL;

		if (v && ref->user && !ref->user->trigger && !v->step->scope->owner &&
		    !v->step->cyclic && !lint_before(l, v->step, ref->user))
			lint_add_at(l, r, ref->place, at(ref),
				    "the variable %.*s is read where %.*s has not surely run",
				    STR_ARG(v->name), STR_ARG(v->step->name));
	}
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_variable *v = lint_writes(s) ? lint_variable(l, lint_written(s)) : NULL;

		if (v && !v->step->scope->owner && !v->step->cyclic && !lint_before(l, v->step, s))
			lint_add(l, r, name_pointer(l, s),
				 "the variable %.*s is written where %.*s has not surely run",
				 STR_ARG(v->name), STR_ARG(v->step->name));
	}
}

static const struct {
	const char *action, *types[2];
} uses[] = {
	{ "IncrementVariable", { "integer", "float" } },
	{ "DecrementVariable", { "integer", "float" } },
	{ "AppendToArrayVariable", { "array", "array" } },
	{ "AppendToStringVariable", { "string", "string" } },
};

static bool value_fits(struct str type, const struct json *value)
{
	static const struct {
		const char *type;
		enum json_type json;
	} rows[] = {
		{ "integer", JSON_NUMBER }, { "float", JSON_NUMBER },	{ "boolean", JSON_BOOL },
		{ "array", JSON_ARRAY },    { "object", JSON_OBJECT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!str_eq_nocase(type, str_from(rows[i].type)))
			continue;
		/* Text is left to the engine, which converts some of it. */
		return json_is(value, rows[i].json) || json_is(value, JSON_STRING) ||
		       json_type(value) <= JSON_NULL;
	}
	return true;
}

static void variable_types(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_variable *v = l->variables; v; v = v->next)
		if (!value_fits(v->type, json_get(v->row, "value")))
			lint_add(l, r, lint_at(l, v->pointer, "value"),
				 "the variable %.*s is of type %.*s, its value is of type %s",
				 STR_ARG(v->name), STR_ARG(v->type),
				 json_type_name(json_type(json_get(v->row, "value"))));
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct lint_variable *v = lint_writes(s) ? lint_variable(l, lint_written(s)) : NULL;

		if (v && lint_is(s, "SetVariable") && !value_fits(v->type, json_get(s->inputs, "value")))
			lint_add(l, r, lint_in(l, s, "/inputs/value"),
				 "the variable %.*s is of type %.*s, the value is of type %s",
				 STR_ARG(v->name), STR_ARG(v->type),
				 json_type_name(json_type(json_get(s->inputs, "value"))));
		for (size_t i = 0; v && i < sizeof(uses) / sizeof(*uses); i++)
			if (lint_is(s, uses[i].action) &&
			    !str_eq_nocase(v->type, str_from(uses[i].types[0])) &&
			    !str_eq_nocase(v->type, str_from(uses[i].types[1])))
				lint_add(l, r, s->pointer, "%s needs a variable of type %s, %.*s is "
					 "of type %.*s", uses[i].action, uses[i].types[0],
					 STR_ARG(v->name), STR_ARG(v->type));
	}
}

static void self_reference(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l)
		if (ref->function->refers == WDL_REF_VARIABLE && ref->user &&
		    lint_writes(ref->user) && str_eq_nocase(lint_written(ref->user), ref->name))
			lint_add_at(l, r, ref->place, at(ref),
				    "the action changes the variable %.*s and may not read it: use a "
				    "Compose before it",
				    STR_ARG(ref->name));
}

/* "Site (new_site)" is what the designer calls the environment variable new_site. */
static void without_schema_name(struct lint *l, const struct lint_rule *r)
{
	struct str at = lint_at(l, l->prefix, "parameters");

	JSON_EACH(p, json_get(l->definition, "parameters")) {
		struct str name = json_name(p);
		ptrdiff_t open = str_find(name, S(" ("));
		struct str inner = str_from_at(name, (size_t)(open + 2));
		struct json *schema_name;
		struct lint_finding *f;

		if (open < 1 || !str_ends(name, S(")")) || str_find_char(inner, '_') < 1 ||
		    str_find_char(inner, ' ') >= 0 || json_get_str(json_get(p, "metadata"), "schemaName").n)
			continue;
		inner = str_first(inner, inner.n - 1);
		f = lint_add(l, r, lint_at_n(l, at, name),
			     "an environment variable is bound by metadata.schemaName, which is missing");
		schema_name = json_new_object(l->a);
		json_set_str(l->a, schema_name, "schemaName", inner);
		if (!json_get(p, "metadata"))
			lint_fix_add(l, f, lint_at(l, lint_at_n(l, at, name), "metadata"), schema_name);
	}
}

static void unknown_parameter(struct lint *l, const struct lint_rule *r)
{
	without_schema_name(l, r);
	EACH_REF(ref, l)
		if (ref->function->refers == WDL_REF_PARAMETER && !lint_parameter(l, ref->name))
			lint_add_at(l, r, ref->place, at(ref), "the parameter %.*s is not declared",
				    STR_ARG(ref->name));
}

static void no_body(struct lint *l, const struct lint_rule *r)
{
	EACH_REF(ref, l) {
		bool container = ref->target && lint_is_container(ref->target);

		if ((wdl_is_call(ref->node, "body") || wdl_is_call(ref->node, "actionBody")) &&
		    (container || lint_is(ref->target, "Compose")))
			lint_add_at(l, r, ref->place, at(ref),
				    container ? "%.*s has no body: use result()"
					      : "%.*s has no body: use outputs()",
				    STR_ARG(ref->target->name));
	}
}

#define C(name, inputs, after) \
	"`" name "`:{`type`:`Compose`,`inputs`:`" inputs "`,`runAfter`:{" after "}}"
#define OK(name) "`" name "`:[`Succeeded`]"
#define INIT(type, value) \
	"`I`:{`type`:`InitializeVariable`,`inputs`:{`variables`:[{`name`:`x`,`type`:`" type \
	"`,`value`:" value "}]}}"
#define WRITE(type, value) \
	"`W`:{`type`:`" type "`,`inputs`:{`name`:`x`,`value`:" value "},`runAfter`:{" OK("I") "}}"
#define LOOP(name, actions) \
	"`" name "`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" actions "}}"

const struct lint_rule lint_rules_names[] = {
	{ "REF01", LINT_ERROR, "references name actions that exist", unknown_step,
	  C("Get_it", "1", "") "," C("B", "@outputs('Get it')", OK("Get_it")),
	  C("Get_it", "1", "") "," C("B", "@outputs('Get_it')", OK("Get_it")),
	  .source = SOURCE_ERRORS },
	{ "REF02", LINT_WARNING, "references are written as the name is", case_differs,
	  C("Get_it", "1", "") "," C("B", "@outputs('get_it')", OK("Get_it")),
	  C("Get_it", "1", "") "," C("B", "@outputs('Get_it')", OK("Get_it")),
	  .source = SOURCE_PRACTICE },
	{ "REF03", LINT_ERROR, "references name actions that come before by runAfter", not_before,
	  C("A", "1", "") "," C("B", "@outputs('A')", ""),
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "}}," C("B", "@outputs('A')", OK("S")),
	  .source = SOURCE_ERRORS "; " SOURCE_GUIDELINES },
	{ "REF04", LINT_ERROR, "actions inside a Foreach are read only inside of it", inside_loop,
	  LOOP("L", C("A", "1", "")) "," C("B", "@outputs('A')", OK("L")),
	  LOOP("L", C("A", "1", "") "," C("B", "@outputs('A')", OK("A"))),
	  .source = SOURCE_PRACTICE },
	{ "REF05", LINT_ERROR, "items() and iterationIndexes() name a loop around them", loop_names,
	  LOOP("L", C("A", "1", "")) "," C("B", "@items('L')", OK("L")),
	  LOOP("L", C("A", "@items('L')", "")),
	  .source = SOURCE_FUNCTIONS },
	{ "REF06", LINT_ERROR, "result() names a container that has ended", result_names,
	  C("A", "1", "") "," C("B", "@result('A')", OK("A")),
	  "`S`:{`type`:`Scope`,`actions`:{" C("A", "1", "") "}}," C("B", "@result('S')", OK("S")),
	  .source = SOURCE_FUNCTIONS },
	{ "REF07", LINT_ERROR, "variables are initialized somewhere", unknown_variable,
	  C("A", "@variables('x')", ""), INIT("string", "`a`") "," C("A", "@variables('X')", OK("I")),
	  .source = SOURCE_PRACTICE },
	{ "REF08", LINT_ERROR, "variables are initialized at the top level", initialized_inside,
	  "`S`:{`type`:`Scope`,`actions`:{" INIT("string", "`a`") "}}", INIT("string", "`a`"),
	  .source = SOURCE_VARIABLES },
	{ "REF09", LINT_ERROR, "variables are initialized once, before they are used", too_early,
	  INIT("string", "`a`") "," C("A", "@variables('x')", ""),
	  INIT("string", "`a`") "," C("A", "@variables('x')", OK("I")),
	  .source = SOURCE_ERRORS },
	{ "REF10", LINT_ERROR, "variables are used by their type", variable_types,
	  INIT("string", "`a`") "," WRITE("IncrementVariable", "1"),
	  INIT("float", "1.5") "," WRITE("IncrementVariable", "1"),
	  .source = SOURCE_SCHEMA },
	{ "REF11", LINT_ERROR, "an action does not read the variable that it changes",
	  self_reference, INIT("string", "`a`") "," WRITE("SetVariable", "`@concat(variables('x'),'b')`"),
	  INIT("string", "`a`") "," WRITE("SetVariable", "`b`"),
	  .source = SOURCE_PRACTICE },
	{ "REF13", LINT_ERROR, "parameters are declared", unknown_parameter,
	  C("A", "@parameters('p')", ""),
	  "{" EXAMPLE_HEAD ",`parameters`:{`p`:{`type`:`String`}},`triggers`:"
	  "{`manual`:{`type`:`Request`}},`actions`:{" C("A", "@parameters('p')", "") "}}",
	  .source = SOURCE_PRACTICE },
	{ "REF14", LINT_WARNING, "body() is not asked of actions without a body", no_body,
	  C("A", "1", "") "," C("B", "@body('A')", OK("A")),
	  C("A", "1", "") "," C("B", "@outputs('A')", OK("A")),
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
