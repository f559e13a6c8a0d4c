/*
 * lint_rules_values.c - rules about what expressions compute: constants, comparisons, text that is
 * put together, values that may be null.
 */
#include "wdl/functions.h"
#include "wdl/lint_fold.h"
#include "wdl/lint_strings.h"
#include "wdl/parse.h"

static struct str source_of(const struct wdl_template *t, const struct wdl_node *n)
{
	return str_first(str_from_at(t->source, n->start), n->end - n->start);
}

/* Calls `look` for every node of every expression that a maker wrote. */
static void each_node(struct lint *l, const struct lint_rule *r,
		      void (*look)(struct lint *l, const struct lint_rule *r,
				   const struct lint_spot *spot, const struct wdl_node *n))
{
	for (struct lint_spot *s = l->spots; s; s = s->next)
		for (struct wdl_part *p = s->injected ? NULL : s->place->template->first; p;
		     p = p->next)
			for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
				look(l, r, s, n);
}

/* ---- constants ---- */

static void constants(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->spots; s; s = s->next) {
		struct wdl_template *t = s->place->template;

		for (struct wdl_part *p = t->broken ? NULL : t->first; p; p = p->next) {
			struct wdl_node *n = p->node;

			while (n) {
				bool whole = n->kind == WDL_CALL && lint_is_constant(n);
				struct str why;

				if (whole && !lint_try(l, t, n, &why))
					lint_add_at(l, r, s->place, n->start, "%.*s", STR_ARG(why));
				n = whole ? wdl_walk_over(p->node, n) : wdl_walk_next(p->node, n);
			}
		}
	}
}

/* div(x, 0) fails whatever x is. */
static void by_zero(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		    const struct wdl_node *n)
{
	const struct wdl_node *two = wdl_argument(n, 1);
	int64_t number;

	if ((wdl_is_call(n, "div") || wdl_is_call(n, "mod")) && two && two->kind == WDL_INT &&
	    str_to_i64(two->text, &number) && !number && !lint_is_constant(n))
		lint_add_at(l, r, s->place, n->start, "%s() by zero", n->function->name);
}

static void refused_constants(struct lint *l, const struct lint_rule *r)
{
	constants(l, r);
	each_node(l, r, by_zero);
}

/* ---- text that looks like an expression ---- */

/* Where "@name(" of a function begins in literal text, or -1. */
static ptrdiff_t call_in_text(struct str s)
{
	for (size_t i = 1; i + 2 < s.n; i++) {
		size_t k = i + 1;

		if (s.p[i] != '@' || s.p[i - 1] == '@' ||
		    (s.p[i - 1] | 32) >= 'a' || (s.p[i - 1] >= '0' && s.p[i - 1] <= '9'))
			continue;
		while (k < s.n && (s.p[k] | 32) >= 'a' && (s.p[k] | 32) <= 'z')
			k++;
		if (k < s.n && s.p[k] == '(' &&
		    wdl_function_find(str_n(s.p + i + 1, k - i - 1)))
			return (ptrdiff_t)i;
	}
	return -1;
}

static void literal_call(struct lint *l, const struct lint_rule *r, const struct lint_string *s)
{
	struct wdl_template *t;

	if (call_in_text(s->text) < 0)
		return;
	t = wdl_parse(l->a, s->text);
	if (t->shape == WDL_WHOLE || t->broken)
		return;
	for (struct wdl_part *p = t->first; p; p = p->next) {
		struct str text = str_first(str_from_at(s->text, p->start), p->end - p->start);
		ptrdiff_t at = p->node ? -1 : call_in_text(text);

		if (at < 0)
			continue;
		text = str_from_at(text, (size_t)at);
		lint_add(l, r, lint_string_pointer(l, s),
			 "%.*s... is literal text here: inside text only @{...} is evaluated",
			 (int)(str_find_char(text, '(') + 1), text.p);
		return;
	}
}

/* "@name and more": no call anywhere, so it is meant as it stands. */
static void leading_at(struct lint *l, const struct lint_rule *r, const struct lint_string *s)
{
	size_t n = 1;
	struct lint_finding *f;

	while (n < s->text.n && (s->text.p[n] | 32) >= 'a' && (s->text.p[n] | 32) <= 'z')
		n++;
	if (s->text.p[0] != '@' || n < 2 || str_find_char(s->text, '(') >= 0 ||
	    str_find_char(s->text, '{') >= 0 || !wdl_parse(l->a, s->text)->broken)
		return;
	f = lint_add(l, r, lint_string_pointer(l, s),
		     "text that begins with @ is taken for an expression: write @@");
	lint_fix_set(l, f, lint_string_pointer(l, s),
		     json_new_str(l->a, str_fmt(l->a, "@%.*s", STR_ARG(s->text))));
}

static void literal_calls(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_string *s = lint_strings(l); s; s = s->next)
		if (s->step && s->text.n > 1) {
			literal_call(l, r, s);
			leading_at(l, r, s);
		}
}

/* ---- comparisons ---- */

enum kind { UNKNOWN, TEXT, NUMBER, BOOLEAN };

static enum kind kind_of_call(const struct wdl_node *n)
{
	static const char *const booleans[] = {
		"equals", "and", "or", "not", "empty", "contains", "startsWith", "endsWith", "greater",
		"greaterOrEquals", "less", "lessOrEquals", "bool", "isInt", "isFloat", NULL,
	};
	static const char *const numbers[] = { "length",  "int",     "float",	  "add",
					       "sub",	  "mul",     "indexOf",	  "lastIndexOf",
					       "ticks",	  "rand",    "dayOfMonth", "dayOfWeek",
					       "dayOfYear", NULL };
	static const char *const texts[] = { "concat",	"string",  "toLower", "toUpper",
					     "replace", "trim",	   "substring", "formatDateTime",
					     "utcNow",	"base64",  "guid",	NULL };

	if (!n->function)
		return UNKNOWN;
	if (lint_among(str_from(n->function->name), booleans))
		return BOOLEAN;
	if (lint_among(str_from(n->function->name), numbers))
		return NUMBER;
	return lint_among(str_from(n->function->name), texts) ? TEXT : UNKNOWN;
}

static enum kind kind_of(const struct wdl_node *n)
{
	switch (n->kind) {
	case WDL_STRING:
		return TEXT;
	case WDL_INT:
	case WDL_FLOAT:
		return NUMBER;
	case WDL_BOOL:
		return BOOLEAN;
	case WDL_CALL:
		return kind_of_call(n);
	default:
		return UNKNOWN;
	}
}

static const char *const kinds[] = { "", "text", "a number", "true or false" };

static void comparison(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		       const struct wdl_node *n)
{
	enum kind one, two;

	if (!wdl_is_call(n, "equals") || n->count != 2)
		return;
	one = kind_of(n->first);
	two = kind_of(n->last);
	if (one && two && one != two)
		lint_add_at(l, r, s->place, n->start,
			    "never true: it compares %s with %s", kinds[one], kinds[two]);
}

/* The same in the object form of a condition. */
static enum kind kind_of_json(struct lint *l, const struct json *v)
{
	struct wdl_template *t;

	if (json_is(v, JSON_NUMBER))
		return NUMBER;
	if (json_is(v, JSON_BOOL))
		return BOOLEAN;
	if (!json_is(v, JSON_STRING))
		return UNKNOWN;
	if (!lint_is_dynamic(v))
		return TEXT;
	t = wdl_parse(l->a, json_str(v));
	if (t->shape == WDL_INTERPOLATED)
		return TEXT;
	return t->broken || !t->first || !t->first->node ? UNKNOWN : kind_of(t->first->node);
}

static void compare_operands(struct lint *l, const struct lint_rule *r, const struct json *v,
			     struct str at)
{
	size_t i = 0;

	JSON_EACH(op, v) {
		const struct json *a = json_first(op), *b = a ? json_next(a) : NULL;
		struct str here = json_is(v, JSON_ARRAY) ? lint_at_i(l, at, i++)
							 : lint_at_n(l, at, json_name(op));
		bool equals = str_eq_nocase(json_name(op), S("equals")) && json_is(op, JSON_ARRAY);
		enum kind one = equals ? kind_of_json(l, a) : UNKNOWN;
		enum kind two = equals ? kind_of_json(l, b) : UNKNOWN;

		if (one && two && one != two)
			lint_add(l, r, here, "never true: it compares %s with %s", kinds[one],
				 kinds[two]);
		if (!equals && (json_is(op, JSON_OBJECT) || json_is(op, JSON_ARRAY)))
			compare_operands(l, r, op, here);
	}
}

static void comparisons(struct lint *l, const struct lint_rule *r)
{
	each_node(l, r, comparison);
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (lint_is(s, "If") && json_is(json_get(s->value, "expression"), JSON_OBJECT))
			compare_operands(l, r, json_get(s->value, "expression"),
					 lint_in(l, s, "/expression"));
}

/* ---- values put into text of another language ---- */

/* What such an expression gives has no quote in it, or has been seen to. */
static bool is_tame(const struct lint *l, const struct wdl_node *n)
{
	static const char *const tame[] = { "replace",	"uriComponent", "encodeUriComponent", "guid",
					    "base64",	"json",		"string",	      "utcNow",
					    "formatNumber", "binary",	"workflow",	      "uriHost",
					    "iterationIndexes", NULL };
	const struct wdl_node *base = n;

	while (base->kind == WDL_MEMBER)
		base = wdl_target(base);
	if (base->kind != WDL_CALL || !base->function)
		return true;
	if (wdl_is_call(base, "variables") && base->first && base->first->kind == WDL_STRING) {
		const struct lint_variable *v = lint_variable(l, base->first->text);

		return v && !str_eq_nocase(v->type, S("string")) &&
		       !str_eq_nocase(v->type, S("object")) && !str_eq_nocase(v->type, S("array"));
	}
	return kind_of_call(base) == NUMBER || kind_of_call(base) == BOOLEAN ||
	       base->function->category == WDL_CAT_DATE ||
	       lint_among(str_from(base->function->name), tame);
}

static char before(const struct wdl_template *t, const struct wdl_part *p)
{
	return p->start ? t->source.p[p->start - 1] : 0;
}

static char after(const struct wdl_template *t, const struct wdl_part *p)
{
	return p->end < t->source.n ? t->source.p[p->end] : 0;
}

static const struct wdl_part *raw_between(const struct lint *l, const struct wdl_template *t,
					  char quote)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		if (p->node && before(t, p) == quote && after(t, p) == quote &&
		    !is_tame(l, p->node))
			return p;
	return NULL;
}

static bool looks_like_json(struct str s)
{
	s = str_trim(s);
	return s.n > 1 && ((s.p[0] == '{' && str_ends(s, S("}"))) ||
			   (s.p[0] == '[' && str_ends(s, S("]")) && str_find_char(s, '"') > 0));
}

static bool looks_like_sql(struct str s)
{
	static const char *const verbs[] = { "select ", "insert ", "update ", "delete ", "exec " };

	s = str_trim(s);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (str_starts_nocase(s, str_from(verbs[i])))
			return true;
	return false;
}

static void raw_text(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_spot *s = l->spots; s; s = s->next) {
		const struct wdl_template *t = s->place->template;
		bool sql = looks_like_sql(t->source);
		bool filter = str_ends(s->place->pointer, S("$filter"));
		char quote = looks_like_json(t->source) ? '"' : sql || filter ? '\'' : 0;
		const struct wdl_part *p;

		if (t->shape != WDL_INTERPOLATED || !quote || s->injected || s->place->is_key)
			continue;
		p = raw_between(l, t, quote);
		if (p)
			lint_add_at(l, r, s->place, p->start,
				    "a %c in this value ends the text around it%s", quote,
				    quote == '"' ? ": build the object instead, or use replace()"
				    : sql ? ": use parameters of the query"
					  : ": double it with replace()")
				->severity = sql ? LINT_WARNING : LINT_INFO;
	}
}

/* ---- union ---- */

static bool hints(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_contains_nocase(s, str_from(*words)))
			return true;
	return false;
}

static void unions(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		   const struct wdl_node *n)
{
	static const char *const fresh[] = { "new", "latest", "updated", "changed", NULL };
	static const char *const stale[] = { "old", "exist", "previous", "default", "original", NULL };
	struct str one, two;

	if (!wdl_is_call(n, "union") || n->count != 2)
		return;
	one = source_of(s->place->template, n->first);
	two = source_of(s->place->template, n->last);
	if (hints(one, fresh) && !hints(one, stale) && hints(two, stale) && !hints(two, fresh))
		lint_add_at(l, r, s->place, n->start,
			    "of members with one name union() keeps that of the last object: %.*s wins",
			    STR_ARG(two));
}

static void union_order(struct lint *l, const struct lint_rule *r)
{
	each_node(l, r, unions);
}

/* ---- null ---- */

/* `a?['b']` of data from outside: what was left out there is null. */
static const struct wdl_node *outside(const struct lint *l, const struct wdl_node *n)
{
	const struct wdl_node *base = n;

	while (base->kind == WDL_MEMBER)
		base = wdl_target(base);
	if (n->kind != WDL_MEMBER || !n->safe || !base->function)
		return NULL;
	/* An answer that lists always has its list. */
	if (wdl_key(n)->kind == WDL_STRING && (str_eq(wdl_key(n)->text, S("value")) ||
					       str_ends(wdl_key(n)->text, S("/value"))))
		return NULL;
	if (wdl_is_call(base, "body") || wdl_is_call(base, "outputs")) {
		const struct wdl_node *name = base->first;
		const struct lint_step *s =
			name && name->kind == WDL_STRING ? lint_find(l, name->text) : NULL;

		return s && (s->connector || lint_is(s, "Http")) ? base : NULL;
	}
	return wdl_is_call(base, "triggerBody") || wdl_is_call(base, "triggerOutputs") ||
			       wdl_is_call(base, "item") || wdl_is_call(base, "items")
		       ? base
		       : NULL;
}

static bool fails_on_null(const struct wdl_node *n)
{
	static const char *const functions[] = { "split",   "length",	   "int",   "float",
						 "formatDateTime", "toLower", "toUpper", "first",
						 "last",    "join",	   "trim",  "replace",
						 "addDays", "substring",   "ticks", NULL };

	return n && n->kind == WDL_CALL && n->function &&
	       lint_among(str_from(n->function->name), functions);
}

/* Something around it asks whether it is there. */
static bool is_guarded(const struct wdl_node *n)
{
	for (n = n->parent; n; n = n->parent)
		if (wdl_is_call(n, "if") || wdl_is_call(n, "coalesce") || wdl_is_call(n, "and") ||
		    wdl_is_call(n, "or"))
			return true;
	return false;
}

/* The trigger's schema has the member and does not require it. */
static bool is_optional(const struct lint *l, const struct wdl_node *base, const struct wdl_node *n)
{
	const struct json *schema = l->triggers ? json_get(l->steps->inputs, "schema") : NULL;

	if (!wdl_is_call(base, "triggerBody") || wdl_target(n) != base ||
	    wdl_key(n)->kind != WDL_STRING ||
	    !json_get_nocase(json_get(schema, "properties"), wdl_key(n)->text))
		return false;
	JSON_EACH(name, json_get(schema, "required"))
		if (str_eq_nocase(json_str(name), wdl_key(n)->text))
			return false;
	return true;
}

static void null_prone(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		       const struct wdl_node *n)
{
	const struct wdl_node *base = outside(l, n);

	if (!base || !fails_on_null(n->parent) || n->parent->first != n || is_guarded(n))
		return;
	lint_add_at(l, r, s->place, n->start, "%s() fails when %.*s is null",
		    n->parent->function->name, STR_ARG(source_of(s->place->template, n)))
		->severity = is_optional(l, base, n) ? LINT_WARNING : LINT_INFO;
}

static void nulls(struct lint *l, const struct lint_rule *r)
{
	each_node(l, r, null_prone);
}

/* ---- twelve hours ---- */

static void clock_format(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
			 const struct wdl_node *n)
{
	const struct wdl_node *format = n->last;

	if (n->kind != WDL_CALL || !n->function || n->function->category != WDL_CAT_DATE ||
	    n->count < 2 || format->kind != WDL_STRING)
		return;
	if (str_find(format->text, S("hh:mm")) >= 0 && str_find_char(format->text, 't') < 0)
		lint_add_at(l, r, s->place, format->start,
			    "hh counts to twelve and there is no tt: write HH, or add tt");
}

static void clocks(struct lint *l, const struct lint_rule *r)
{
	each_node(l, r, clock_format);
}

/* ---- escapes ---- */

static void escape(struct lint *l, const struct lint_rule *r, const struct lint_spot *s,
		   const struct wdl_node *n)
{
	static const struct {
		const char *written, *encoded;
	} rows[] = { { "\\n", "%0A" }, { "\\r\\n", "%0D%0A" }, { "\\t", "%09" }, { "\\r", "%0D" } };

	for (size_t i = 0; n->kind == WDL_STRING && i < sizeof(rows) / sizeof(*rows); i++)
		if (str_eq(n->text, str_from(rows[i].written)))
			lint_add_at(l, r, s->place, n->start,
				    "%s is a backslash and a letter here: write "
				    "decodeUriComponent('%s')", rows[i].written, rows[i].encoded);
}

static void escapes(struct lint *l, const struct lint_rule *r)
{
	each_node(l, r, escape);
}

#define C(inputs) "`A`:{`type`:`Compose`,`inputs`:`" inputs "`}"
#define TRIGGER(schema, actions) \
	"{" EXAMPLE_HEAD ",`triggers`:{`t`:{`type`:`Request`,`kind`:`Http`,`inputs`:{`schema`:{" schema \
	"}}}},`actions`:{" actions "}}"
#define FIELD "`type`:`object`,`properties`:{`a`:{`type`:`string`}}"

const struct lint_rule lint_rules_values[] = {
	{ "EXP05", LINT_ERROR, "constant parts can be computed", refused_constants, C("@int('abc')"),
	  C("@int('12')"), .source = SOURCE_ERRORS },
	{ "EXP08", LINT_WARNING, "expressions inside text are written @{...}", literal_calls,
	  C("Today is @utcNow()"), C("Today is @{utcNow()}"), .source = SOURCE_FUNCTIONS },
	{ "EXP13", LINT_WARNING, "values are compared with values of their type", comparisons,
	  C("@equals(empty(triggerBody()), 'true')"), C("@equals(empty(triggerBody()), true)"),
	  .source = SOURCE_FUNCTIONS },
	{ "EXP14", LINT_WARNING, "values in JSON, SQL and filters have their quotes doubled or escaped",
	  raw_text, C("select * from t where name = '@{triggerBody()?['name']}'"),
	  C("select * from t where name = '@{replace(triggerBody()?['name'], '''', '''''')}'"),
	  .source = SOURCE_GUIDELINES },
	{ "EXP16", LINT_WARNING, "the newer object comes last in a union", union_order,
	  C("@union(triggerBody()?['new'], triggerBody()?['old'])"),
	  C("@union(triggerBody()?['old'], triggerBody()?['new'])"), .source = SOURCE_FUNCTIONS },
	{ "EXP17", LINT_WARNING, "functions that fail on null get what is surely there", nulls,
	  TRIGGER(FIELD, C("@split(triggerBody()?['a'], ',')")),
	  TRIGGER(FIELD, C("@split(coalesce(triggerBody()?['a'], ''), ',')")),
	  .source = SOURCE_ERRORS },
	{ "EXP18", LINT_INFO, "times of day have 24 hours, or say which half", clocks,
	  C("@formatDateTime(utcNow(), 'yyyy-MM-dd hh:mm')"),
	  C("@formatDateTime(utcNow(), 'yyyy-MM-dd HH:mm')"), .source = SOURCE_FUNCTIONS },
	{ "EXP19", LINT_WARNING, "line ends in expressions are decoded, not escaped", escapes,
	  C("@join(triggerBody(), '\\\\n')"), C("@join(triggerBody(), decodeUriComponent('%0A'))"),
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
