/*
 * lint_rules_expressions.c - rules about expressions: the parser's errors, and what it lets pass.
 */
#include "wdl/functions.h"
#include "wdl/lint_fold.h"
#include "wdl/text.h"
#include "wdl/tz.h"

#define EACH_PLACE(p, l) for (struct wdl_place *p = (l)->places.first; p; p = p->next)

/* Which rule tells which of the parser's problems. */
static const struct {
	const char *id;
	enum wdl_problem problem;
} problems[] = {
	{ "EXP01", WDL_P_SYNTAX },     { "EXP02", WDL_P_DIALECT },   { "EXP03", WDL_P_UNKNOWN_FUNCTION },
	{ "EXP04", WDL_P_ARITY },      { "EXP07", WDL_P_NESTED_AT }, { "EXP09", WDL_P_CHARACTER },
};

static void fix_text(struct lint *l, struct lint_finding *f, const struct wdl_place *p,
		     const struct wdl_error *e)
{
	struct str s = p->template->source;

	/* One edit replaces the whole string, so a second error would undo the first. */
	if (!e->mechanical || p->is_key || p->template->errors->next)
		return;
	lint_fix_set(l, f, p->pointer,
		     json_new_str(l->a, str_fmt(l->a, "%.*s%.*s%.*s", (int)e->offset, s.p,
						STR_ARG(e->instead),
						STR_ARG(str_from_at(s, e->end)))));
}

static void parser_error(struct lint *l, const struct lint_rule *r, const struct wdl_place *p,
			 const struct wdl_error *e)
{
	struct lint_finding *f = lint_add(l, r, p->pointer, "%.*s%s%.*s", STR_ARG(e->message),
					  !e->instead.n ? "" : e->mechanical ? "; write " : "; ",
					  STR_ARG(e->instead));

	f->has_offset = true;
	f->offset = e->column;
	if (e->severity == WDL_SEV_WARNING)
		f->severity = LINT_WARNING;
	else if (e->severity == WDL_SEV_NOTE)
		f->severity = LINT_INFO;
	fix_text(l, f, p, e);
}

static void parser(struct lint *l, const struct lint_rule *r)
{
	enum wdl_problem problem = WDL_P_SYNTAX;

	for (size_t i = 0; i < sizeof(problems) / sizeof(*problems); i++)
		if (strcmp(problems[i].id, r->id) == 0)
			problem = problems[i].problem;
	EACH_PLACE(p, l)
		for (struct wdl_error *e = p->template->errors; e; e = e->next)
			if (e->problem == problem)
				parser_error(l, r, p, e);
}

enum { LENGTH_MAX = 8192, LENGTH_NEAR = 6500 };

static void too_long(struct lint *l, const struct lint_rule *r)
{
	EACH_PLACE(p, l) {
		for (struct wdl_error *e = p->template->errors; e; e = e->next)
			if (e->problem == WDL_P_LIMIT)
				parser_error(l, r, p, e);
		for (struct wdl_part *part = p->template->first; part; part = part->next) {
			struct str s = p->template->source;
			size_t n = !part->node || part->end - part->start < LENGTH_NEAR
					   ? 0
					   : wdl_units(str_first(str_from_at(s, part->start),
								 part->end - part->start));

			if (n < LENGTH_NEAR)
				continue;
			struct lint_finding *f =
				lint_add_at(l, r, p, part->start,
					    "the expression has %zu characters, at most %d are taken",
					    n, LENGTH_MAX);
			if (n <= LENGTH_MAX)
				f->severity = LINT_WARNING;
		}
	}
}

static void each_call(struct lint *l, const struct lint_rule *r,
		      void (*look)(struct lint *l, const struct lint_rule *r,
				   const struct wdl_place *p, const struct wdl_node *call))
{
	EACH_PLACE(p, l)
		for (struct wdl_part *part = p->template->first; part; part = part->next)
			for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n))
				if (n->kind == WDL_CALL && n->function)
					look(l, r, p, n);
}

static bool is_number(const struct wdl_node *n)
{
	return n->kind == WDL_INT || n->kind == WDL_FLOAT;
}

/* What a parameter of that letter surely does not take, in words; NULL when it may do. */
static const char *unfit(char type, const struct wdl_node *arg)
{
	bool number = is_number(arg) || arg->kind == WDL_BOOL;

	switch (type) {
	case 'n':
	case 'i':
		return arg->kind == WDL_STRING ? "a number, not text" : NULL;
	case 'a':
		return number || arg->kind == WDL_STRING ? "an array" : NULL;
	case 'o':
		return number || arg->kind == WDL_STRING ? "an object" : NULL;
	case 'c':
		return number ? "an array or text" : NULL;
	case 'k':
		return number ? "an array, an object or text" : NULL;
	default:
		return NULL;
	}
}

static void literal_types(struct lint *l, const struct lint_rule *r, const struct wdl_place *p,
			  const struct wdl_node *n)
{
	const char *types = n->function->types;

	/* A call of constants alone is tried out: EXP05. */
	if (!*types || lint_is_constant(n))
		return;
	for (const struct wdl_node *arg = n->first; arg; arg = arg->next) {
		const char *want = unfit(*types, arg);

		if (want)
			lint_add_at(l, r, p, arg->start, "%s() needs %s here", n->function->name, want);
		if (types[1])
			types++;
	}
}

static void types(struct lint *l, const struct lint_rule *r)
{
	each_call(l, r, literal_types);
}

/* `format`, `timeUnit` or a zone: the parameter's name at that position of the row. */
static struct str parameter_name(const struct wdl_function *f, unsigned i)
{
	struct str rest = str_from(f->params), head = { 0 };

	do {
		if (!str_cut(&rest, ',', &head))
			return str_from("");
	} while (i--);
	return str_trim(head);
}

static bool is_unit(struct str s)
{
	static const char *const units[] = { "Second", "Minute", "Hour", "Day",
					     "Week",   "Month",	 "Year" };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (str_eq_nocase(s, str_from(units[i])))
			return true;
	return false;
}

static void date_call(struct lint *l, const struct lint_rule *r, const struct wdl_place *p,
		      const struct wdl_node *n)
{
	unsigned i = 0;

	if (n->function->category != WDL_CAT_DATE)
		return;
	for (const struct wdl_node *arg = n->first; arg; arg = arg->next, i++) {
		struct str name = parameter_name(n->function, i), s = arg->text;

		if (arg->kind != WDL_STRING)
			continue;
		if (str_eq(name, S("format?")) &&
		    (str_find(s, S("YYYY")) >= 0 || str_find(s, S("DD")) >= 0))
			lint_add_at(l, r, p, arg->start,
				    "years are yyyy and days dd in a format, capitals are literal");
		else if (str_eq(name, S("format?")) &&
			 (str_find(s, S("yyyy-mm")) >= 0 || str_find(s, S("mm/yyyy")) >= 0))
			lint_add_at(l, r, p, arg->start, "mm are minutes, months are MM");
		else if (str_ends(name, S("TimeZone")) && !wdl_zone_find(s))
			lint_add_at(l, r, p, arg->start,
				    "'%.*s' is no Windows zone name, such as 'Pacific Standard Time'",
				    STR_ARG(s));
		else if (str_eq(name, S("locale?")) && wdl_is_call(n, "parseDateTime") &&
			 (str_find(s, S("yy")) >= 0 || str_find(s, S("MM")) >= 0))
			lint_add_at(l, r, p, arg->start,
				    "parseDateTime() takes the locale before the format");
		else if (str_eq(name, S("timeUnit")) && !is_unit(s))
			lint_add_at(l, r, p, arg->start,
				    "'%.*s' is no unit: Second, Minute, Hour, Day, Week, Month, Year",
				    STR_ARG(s));
	}
}

static void dates(struct lint *l, const struct lint_rule *r)
{
	each_call(l, r, date_call);
}

/* Once per step and function; not in what the designer itself writes. */
static void successors(struct lint *l, const struct lint_rule *r)
{
	struct lint_map told = { 0 };

	for (struct lint_spot *spot = l->spots; spot; spot = spot->next) {
		struct wdl_place *p = spot->place;
		bool generated = spot->injected ||
				 (spot->step && spot->step->connector &&
				  (str_ends(p->pointer, S("/inputs/path")) ||
				   str_find(p->pointer, S("/inputs/host/")) > 0));

		for (struct wdl_part *part = generated ? NULL : p->template->first; part;
		     part = part->next)
			for (struct wdl_node *n = part->node; n; n = wdl_walk_next(part->node, n))
				if (n->kind == WDL_CALL && n->function && n->function->successor &&
				    lint_map_put(l->a, &told, spot->step,
						 str_from(n->function->name), n) == n)
					lint_add_at(l, r, p, n->start, "%s() is superseded by %s()",
						    n->function->name, n->function->successor);
	}
}

/* Where an array is needed: the member of the step, or of its inputs. */
static const struct {
	const char *type, *member;
	bool inputs;
} arrays[] = {
	{ "Foreach", "foreach", false }, { "Query", "from", true }, { "Select", "from", true },
	{ "Table", "from", true },       { "Join", "from", true },
};

/* "@{x}" and nothing else: "@x" keeps the type. */
static void unwrap(struct lint *l, struct lint_finding *f, struct str text, struct str at)
{
	if (str_starts(text, S("@{")) && str_ends(text, S("}")) &&
	    str_find(str_from_at(text, 2), S("@{")) < 0 &&
	    str_find_char(text, '}') == (ptrdiff_t)text.n - 1)
		lint_fix_set(l, f, at,
			     json_new_str(l->a, str_fmt(l->a, "@%.*s", (int)(text.n - 3),
							text.p + 2)));
}

/* Text for a variable of another type, and for cases that are all numbers. */
static void text_for_others(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = json_get(s->inputs, "value");
		struct lint_variable *x = lint_variable(l, json_get_str(s->inputs, "name"));
		struct json *one = lint_is(s, "Switch") ? json_first(json_get(s->value, "cases")) : NULL;
		struct json *on = json_get(s->value, "expression");
		struct lint_finding *f = NULL;

		if ((lint_is(s, "SetVariable") || lint_is(s, "IncrementVariable") ||
		     lint_is(s, "DecrementVariable")) &&
		    x && x->type.n && !str_eq_nocase(x->type, S("string")) &&
		    lint_is_interpolated(v) && !lint_is_expression(v)) {
			f = lint_add(l, r, lint_in(l, s, "/inputs/value"),
				     "\"@{...}\" always gives text, and %.*s is of type %.*s",
				     STR_ARG(x->name), STR_ARG(x->type));
			unwrap(l, f, json_str(v), lint_in(l, s, "/inputs/value"));
		}
		while (one && json_is(json_get(one, "case"), JSON_NUMBER))
			one = json_next(one);
		if (lint_is(s, "Switch") && json_count(json_get(s->value, "cases")) && !one &&
		    lint_is_interpolated(on) && !lint_is_expression(on)) {
			f = lint_add(l, r, lint_in(l, s, "/expression"),
				     "\"@{...}\" always gives text, and the cases are numbers");
			unwrap(l, f, json_str(on), lint_in(l, s, "/expression"));
		}
		if (f)
			f->severity = LINT_WARNING;
	}
}

static void interpolated(struct lint *l, const struct lint_rule *r)
{
	text_for_others(l, r);
	for (struct lint_step *s = l->steps; s; s = s->next) {
		for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
			bool in = arrays[i].inputs;
			struct json *v = json_get(in ? s->inputs : s->value, arrays[i].member);
			struct str base;
			struct str text = json_str(v);

			if (!lint_is(s, arrays[i].type) || !lint_is_interpolated(v) ||
			    lint_is_expression(v))
				continue;
			base = lint_at(l, in ? lint_in(l, s, "/inputs") : s->pointer,
				       arrays[i].member);
			struct lint_finding *f = lint_add(
				l, r, base, "\"@{...}\" always gives text, and %s needs an array",
				arrays[i].member);
			unwrap(l, f, text, base);
		}
	}
}

#define C(inputs) "`A`:{`type`:`Compose`,`inputs`:`" inputs "`}"
#define X64 "1111111111111111111111111111111111111111111111111111111111111111"
#define X512 X64 X64 X64 X64 X64 X64 X64 X64
#define X4096 X512 X512 X512 X512 X512 X512 X512 X512

const struct lint_rule lint_rules_expressions[] = {
	{ "EXP01", LINT_ERROR, "expressions can be parsed", parser, C("@concat('a', 'b'"),
	  C("@concat('a', 'b')"),
	  .source = SOURCE_ERRORS },
	{ "EXP02", LINT_ERROR, "expressions are written in this language, not in another", parser,
	  C("@triggerBody()?['a'] ?? 'b'"), C("@coalesce(triggerBody()?['a'], 'b')"),
	  .source = SOURCE_GUIDELINES },
	{ "EXP03", LINT_ERROR, "functions exist", parser, C("@toUppercase('a')"), C("@toUpper('a')"),
	  .source = SOURCE_FUNCTIONS },
	{ "EXP04", LINT_ERROR, "functions get as many arguments as they take", parser,
	  C("@replace('a', 'b')"), C("@replace('a', 'b', 'c')"),
	  .source = SOURCE_ERRORS "; " SOURCE_FUNCTIONS },
	{ "EXP06", LINT_WARNING, "literal arguments are of the type that the function takes", types,
	  C("@add('1', length(triggerBody()))"), C("@add(1, length(triggerBody()))"),
	  .source = SOURCE_FUNCTIONS },
	{ "EXP07", LINT_ERROR, "there is no @ inside an expression", parser,
	  C("@concat('a', @trigger())"), C("@concat('a', trigger())"),
	  .source = SOURCE_PRACTICE },
	{ "EXP09", LINT_ERROR, "expressions have no invisible or typographic characters", parser,
	  C("@concat(\xe2\x80\x8b'a')"), C("@concat('a')"),
	  .source = SOURCE_ERRORS },
	{ "EXP10", LINT_ERROR, "expressions have at most 8,192 characters", too_long,
	  C("@concat('" X4096 "','" X4096 "')"), C("@concat('" X4096 "')"),
	  .source = SOURCE_LIMITS },
	{ "EXP11", LINT_ERROR, "what must be an array is not text with expressions in it",
	  interpolated,
	  "`L`:{`type`:`Foreach`,`foreach`:`@{createArray(1)}`,`actions`:{" C("1") "}}",
	  "`L`:{`type`:`Foreach`,`foreach`:`@createArray(1)`,`actions`:{" C("1") "}}",
	  .source = SOURCE_FUNCTIONS },
	{ "EXP12", LINT_WARNING, "formats, zones and units of time are the engine's", dates,
	  C("@formatDateTime(utcNow(), 'YYYY-MM-DD')"), C("@formatDateTime(utcNow(), 'yyyy-MM-dd')"),
	  .source = SOURCE_ERRORS "; " SOURCE_FUNCTIONS },
	{ "EXP15", LINT_INFO, "functions are not superseded", successors, C("@decodeBase64('YQ==')"),
	  C("@base64ToString('YQ==')"),
	  .source = SOURCE_FUNCTIONS },
	{ 0 },
};
