/*
 * test_wdl_parse.c - the parser, the printer, the walk over definitions.
 */
#include "wdl_cases.h"

#include <dirent.h>
#include <time.h>

#include "base/limits.h"
#include "wdl/dialect.h"
#include "wdl/functions.h"
#include "wdl/print.h"
#include "wdl/walk.h"

static struct str canonical(struct arena *a, const struct wdl_node *n)
{
	struct buf b;

	buf_init_in(&b, a, 1 << 20);
	wdl_print_canonical(&b, n);
	return buf_str(&b);
}

static size_t errors_of(const struct wdl_template *t)
{
	size_t n = 0;

	for (const struct wdl_error *e = t->errors; e; e = e->next)
		n += e->severity == WDL_SEV_ERROR;
	return n;
}

/* ---- what is right ---- */

static void test_expressions(void **state)
{
	/* A string, and the one spelling of its expressions with | between. */
	static const struct {
		const char *text, *canonical;
		enum wdl_shape shape;
	} rows[] = {
		{ "@null", "null", WDL_WHOLE },
		{ "@TRUE", "true", WDL_WHOLE },
		{ "@-7", "-7", WDL_WHOLE },
		{ "@+7", "7", WDL_WHOLE },
		{ "@1.50e-2", "1.50e-2", WDL_WHOLE },
		{ "@'it''s'", "'it''s'", WDL_WHOLE },
		{ "@''", "''", WDL_WHOLE },
		{ "@utcnow( )", "utcNow()", WDL_WHOLE },
		{ "@CONCAT( 'a' ,'b' )", "concat('a', 'b')", WDL_WHOLE },
		{ "@triggerBody()?.value?[0].name['x']", "triggerBody()?['value']?[0]['name']['x']",
		  WDL_WHOLE },
		{ "@outputs('A')?['body/value']", "outputs('A')?['body/value']", WDL_WHOLE },
		{ "@variables('l')[sub(length(variables('l')), 1)]",
		  "variables('l')[sub(length(variables('l')), 1)]", WDL_WHOLE },
		{ "@body('x')?.@odata.nextLink", "", WDL_WHOLE },
		{ "@items('Loop')?['a b']\n", "items('Loop')?['a b']", WDL_WHOLE },
		{ "@\tadd(\r\n1,\n2)", "add(1, 2)", WDL_WHOLE },
		{ "a @{1} b @{'}'} c", "1|'}'", WDL_INTERPOLATED },
		{ "@{1}", "1", WDL_INTERPOLATED },
		{ "@{'it''s } '}@{concat('{', '}')}", "'it''s } '|concat('{', '}')", WDL_INTERPOLATED },
		{ "@", "", WDL_LITERAL },
		{ "", "", WDL_LITERAL },
		{ "plain", "", WDL_LITERAL },
		{ "user@contoso.com", "", WDL_LITERAL },
		{ "@@{not}", "", WDL_LITERAL },
		{ "a@@{not} @{1}", "1", WDL_INTERPOLATED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_template *t = wdl_parse(*state, str_from(rows[i].text));
		struct str all = str_from("");

		for (const struct wdl_part *p = t->first; p; p = p->next)
			if (p->node)
				all = str_fmt(*state, "%.*s%s%.*s", STR_ARG(all), all.n ? "|" : "",
					      STR_ARG(canonical(*state, p->node)));
		assert_int_equal(t->shape, rows[i].shape);
		if (str_find(str_from(rows[i].text), S(".@")) >= 0) {
			assert_true(errors_of(t) > 0);
			continue;
		}
		assert_str(all, rows[i].canonical);
		if (t->errors)
			fail_msg("%s: %.*s", rows[i].text, STR_ARG(t->errors->message));
		assert_str(wdl_text(*state, t), rows[i].text);
	}
}

static void test_literals(void **state)
{
	static const char *const rows[][2] = {
		{ "@@", "@" },	       { "@@a", "@a" },		  { "@@{a}", "@{a}" },
		{ "a@@{b}", "a@{b}" }, { "a@@b", "a@@b" },	  { "@@@a", "@@a" },
		{ "x", "x" },	       { "a@@{b} @@{c}", "a@{b} @{c}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_template *t = wdl_parse(*state, str_from(rows[i][0]));

		assert_int_equal(t->shape, WDL_LITERAL);
		assert_str(wdl_literal(*state, t), rows[i][1]);
	}
}

/* Every node knows its bytes: parents hold their children, and a leaf's text is in the source. */
static void check_nodes(const struct wdl_template *t, const struct wdl_node *root)
{
	for (const struct wdl_node *n = root; n; n = wdl_walk_next(root, n)) {
		unsigned count = 0, height = 1;

		assert_true(n->start <= n->end && n->end <= t->source.n);
		for (const struct wdl_node *c = n->first; c; c = c->next) {
			assert_ptr_equal(c->parent, n);
			assert_true(c->start >= n->start && c->end <= n->end);
			assert_true(!c->next || c->next->start >= c->start);
			height = c->height + 1 > height ? c->height + 1 : height;
			count++;
		}
		assert_int_equal(count, n->count);
		assert_int_equal(height, n->height);
		assert_true(n->height <= LIMIT_WDL_DEPTH);
	}
}

/* ---- what is wrong ---- */

static bool names_problem(struct str name, enum wdl_problem p)
{
	static const char *const names[] = { "syntax", "dialect", "unknown", "arity",
					     "at",     "character", "limit" };

	return str_eq(name, str_from(names[p]));
}

static bool answers(const struct wdl_error *e, struct str want)
{
	if (str_starts(want, S("=")))
		return e->mechanical && str_eq(e->instead, str_from_at(want, 1));
	if (str_starts(want, S("~")))
		return !e->mechanical && str_find(e->instead, str_from_at(want, 1)) >= 0;
	return e->instead.n == 0;
}

static bool check_mistake(const struct wdl_case *c)
{
	struct wdl_template *t;
	struct arena a;
	bool found = false, order = true, prints;

	arena_init(&a, 1 << 24);
	t = wdl_parse(&a, c->expression);
	for (const struct wdl_error *e = t->errors; e; e = e->next) {
		struct str place = str_fmt(&a, "%zu-%zu", e->offset, e->end);

		found = found || (names_problem(c->function, e->problem) &&
				  answers(e, c->expected) && str_eq(place, c->source));
		order = order && (!e->next || e->offset <= e->next->offset);
	}
	prints = str_eq(wdl_text(&a, t), c->expression);
	for (const struct wdl_part *p = t->first; p; p = p->next)
		if (p->node)
			check_nodes(t, p->node);
	if (!found || !order || !prints) {
		print_error("%s:%d: %.*s\n", c->file, c->line, STR_ARG(c->expression));
		for (const struct wdl_error *e = t->errors; e; e = e->next)
			print_error("  %d %zu-%zu %.*s %c %.*s\n", e->problem, e->offset, e->end,
				    STR_ARG(e->message), e->mechanical ? '=' : '~',
				    STR_ARG(e->instead));
	}
	arena_release(&a);
	return found && order && prints;
}

static void test_mistakes(void **state)
{
	wdl_cases(*state, "tests/data/wdl/mistakes.tsv", 75, check_mistake);
}

static struct str with_fix(struct arena *a, struct str s, const struct wdl_error *e)
{
	return str_fmt(a, "%.*s%.*s%.*s", STR_ARG(str_first(s, e->offset)), STR_ARG(e->instead),
		       STR_ARG(str_from_at(s, e->end)));
}

/* Doing what the complaints say, one after the other, always comes to an end, with fewer of them. */
static bool check_repair(const struct wdl_case *c)
{
	struct arena a;
	struct str s = c->expression;
	const struct wdl_error *e;
	size_t before = 1000, now = 0;
	bool ok = true;

	arena_init(&a, 1 << 24);
	for (int round = 0; round < 20; round++) {
		struct wdl_template *t = wdl_parse(&a, s);

		now = 0;
		for (e = t->errors; e; e = e->next)
			now++;
		ok = ok && now < before;
		before = now;
		for (e = t->errors; e && !e->mechanical; e = e->next)
			;
		if (!e || !ok)
			break;
		s = with_fix(&a, s, e);
	}
	if (!ok)
		print_error("%s:%d: %.*s became %.*s\n", c->file, c->line, STR_ARG(c->expression),
			    STR_ARG(s));
	arena_release(&a);
	return ok;
}

static void test_repairs(void **state)
{
	wdl_cases(*state, "tests/data/wdl/mistakes.tsv", 75, check_repair);
}

/* Each row of the table of invented functions gives advice, and its pattern is the language. */
static void test_foreign_functions(void **state)
{
	size_t count, patterns = 0;
	const struct wdl_foreign *rows = wdl_foreign_rows(&count);

	for (size_t i = 0; i < count; i++) {
		int n = rows[i].count < 0 ? 2 : rows[i].count;
		struct str text = str_fmt(*state, "@%.*s(%s)", STR_ARG(rows[i].name),
					  n == 0   ? ""
					  : n == 1 ? "variables('a')"
					  : n == 2 ? "variables('a'), 2"
						   : "variables('a'), 2, 3");
		struct wdl_template *t = wdl_parse(*state, text);

		if (wdl_function_find(rows[i].name))
			fail_msg("%.*s is a function", STR_ARG(rows[i].name));
		if (i && strncasecmp(rows[i - 1].name.p, rows[i].name.p, rows[i].name.n) > 0)
			fail_msg("%.*s is out of order", STR_ARG(rows[i].name));
		assert_non_null(t->errors);
		assert_int_equal(t->errors->problem, WDL_P_UNKNOWN_FUNCTION);
		assert_true(t->errors->instead.n > 0);
		if (!rows[i].pattern)
			continue;
		patterns++;
		if (!t->errors->mechanical)
			fail_msg("%.*s: no text", STR_ARG(text));
		t = wdl_parse(*state, with_fix(*state, text, t->errors));
		if (t->errors)
			fail_msg("%.*s: %.*s", STR_ARG(t->source), STR_ARG(t->errors->message));
	}
	assert_true(count > 150 && patterns > 100);
}

static void test_functions(void **state)
{
	static const char *const near[][2] = {
		{ "lenght", "length" },		  { "formatDatetimes", "formatDateTime" },
		{ "conact", "concat" },		  { "triggerbodys", "triggerBody" },
		{ "greaterOrEqualss", "greaterOrEquals" }, { "zzzzzzzzz", NULL },
	};
	size_t count;
	const struct wdl_function *rows = wdl_functions(&count);

	for (size_t i = 0; i < count; i++) {
		const struct wdl_function *f = &rows[i];
		struct str upper = str_from(arena_copy(*state, f->name, strlen(f->name)));

		for (size_t k = 0; k < upper.n; k++)
			((char *)(uintptr_t)upper.p)[k] = (char)(upper.p[k] & ~0x20);
		assert_true(i == 0 || strcasecmp(rows[i - 1].name, f->name) < 0);
		assert_ptr_equal(wdl_function_find(str_from(f->name)), f);
		if (!strpbrk(f->name, "0123456789"))
			assert_ptr_equal(wdl_function_find(upper), f);
		assert_true(f->help && f->help[0] && f->params && f->types);
		assert_true(f->min <= f->doc_min && (f->max == WDL_ANY_COUNT || f->doc_min <= f->max));
		assert_true(f->max != 0 || !f->params[0]);
		assert_true(wdl_category_name(f->category)[0]);
		assert_true(str_starts(wdl_function_link(*state, f), S("https://")));
		if (f->successor)
			assert_non_null(wdl_function_find(str_from(f->successor)));
	}
	for (size_t i = 0; i < COUNT(near); i++) {
		const struct wdl_function *f = wdl_function_near(str_from(near[i][0]));

		if (!near[i][1])
			assert_null(f);
		else if (!f || strcmp(f->name, near[i][1]) != 0)
			fail_msg("%s is near %s", near[i][0], f ? f->name : "nothing");
	}
}

/* ---- ceilings ---- */

static struct str repeated(struct arena *a, const char *head, const char *unit, size_t count,
			   const char *tail)
{
	struct buf b;

	buf_init_in(&b, a, (size_t)16 << 20);
	buf_addz(&b, head);
	for (size_t i = 0; i < count; i++)
		buf_addz(&b, unit);
	buf_addz(&b, tail);
	return buf_str(&b);
}

static const char *const hostile[][3] = {
	{ "@", "(", "" },	   { "@", "array(", "" },	{ "@", "[", "" },
	{ "@", "{", "" },	   { "@", "1+", "" },		{ "@", "1?", "" },
	{ "@f()", ".a", "" },	   { "@f()", "?.a", "" },	{ "@f()", "[0]", "" },
	{ "@", "!", "1" },	   { "@", "@", "" },		{ "", "@{", "" },
	{ "", "@{'", "" },	   { "", "@@{", "" },		{ "@", "'", "" },
	{ "@", "\"", "" },	   { "@f(", ",", ")" },		{ "@f(", "1,", "1)" },
	{ "@f(", "1 ", ")" },	   { "@", "f().g(", "" },	{ "@", "a=>", "" },
	{ "@", "f(a=>", "" },	   { "@", "\xc2\xa0", "1" },	{ "@", "\xe2\x80\x8b", "1" },
	{ "@", "\xff", "" },	   { "@", "-", "1" },		{ "@", "f(1)?1:", "1" },
	{ "@", "and ", "1" },	   { "x", "@{1}", "y" },	{ "@", "a b ", "" },
	{ "@f('", "\\'", "')" },   { "@", ")", "" },		{ "@", "]", "" },
	{ "@", "f((1+", "" },	   { "@", "not(f(", "" },	{ "@", "x.y.", "" },
};

/* Whatever the text: it prints back as it was, the tree is sound, the time is in proportion. */
static void test_hostile_texts(void **state)
{
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct arena a;
		struct str s;
		struct wdl_template *t;
		size_t count = 0;
		clock_t start = clock();

		arena_init(&a, (size_t)1 << 30);
		s = repeated(&a, hostile[i][0], hostile[i][1], 200000, hostile[i][2]);
		t = wdl_parse(&a, s);
		for (const struct wdl_error *e = t->errors; e; e = e->next)
			count++;
		assert_true(count <= LIMIT_WDL_ERRORS);
		assert_true(str_eq(wdl_text(&a, t), s));
		for (const struct wdl_part *p = t->first; p; p = p->next)
			if (p->node)
				check_nodes(t, p->node);
		arena_release(&a);
		/* Quadratic time would take minutes. */
		if (clock() - start > 20 * CLOCKS_PER_SEC)
			fail_msg("%s%s...: too slow", hostile[i][0], hostile[i][1]);
	}
	(void)state;
}

static void test_depth(void **state)
{
	struct wdl_template *t;
	struct str s;
	bool limit = false;

	s = repeated(*state, "@", "array(", LIMIT_WDL_DEPTH - 2, "1");
	s = str_fmt(*state, "%.*s%.*s", STR_ARG(s),
		    STR_ARG(repeated(*state, "", ")", LIMIT_WDL_DEPTH - 2, "")));
	assert_null(wdl_parse(*state, s)->errors);
	s = repeated(*state, "@", "array(", 3 * LIMIT_WDL_DEPTH, "1");
	t = wdl_parse(*state, s);
	for (const struct wdl_error *e = t->errors; e; e = e->next)
		limit = limit || e->problem == WDL_P_LIMIT;
	assert_true(limit && t->broken);
	check_nodes(t, t->first->node);
}

static void test_columns(void **state)
{
	struct wdl_template *t = wdl_parse(*state, S("åäö @{foo('ü😀', 1 + 2)}"));
	const struct wdl_error *e = t->errors;

	assert_int_equal(e->problem, WDL_P_UNKNOWN_FUNCTION);
	assert_int_equal(e->offset, 9);
	assert_int_equal(e->column, 6);
	e = e->next;
	assert_int_equal(e->problem, WDL_P_DIALECT);
	assert_int_equal(e->offset, 23);
	assert_int_equal(e->column, 16);
	assert_null(e->next);
}

/* ---- printing ---- */

static struct wdl_node *find_call(struct wdl_template *t, const char *name)
{
	for (struct wdl_part *p = t->first; p; p = p->next)
		for (struct wdl_node *n = p->node; n; n = wdl_walk_next(p->node, n))
			if (wdl_is_call(n, name))
				return n;
	return NULL;
}

static void test_rewriting(void **state)
{
	struct wdl_template *t =
		wdl_parse(*state, S("x @{concat( 'a',  outputs('Old')?['b'] )} @@{y} @{outputs( 'Old' )}"));
	struct wdl_node *n = find_call(t, "outputs");

	wdl_rewrite(wdl_argument(n, 0), S("'New'"));
	assert_str(wdl_text(*state, t),
		   "x @{concat( 'a',  outputs('New')?['b'] )} @@{y} @{outputs( 'Old' )}");
	wdl_rewrite(n, S("body('New')"));
	assert_str(wdl_text(*state, t),
		   "x @{concat( 'a',  body('New')?['b'] )} @@{y} @{outputs( 'Old' )}");
	t = wdl_parse(*state, S("@ add(1 ,2)"));
	wdl_rewrite(t->first->node, S("3"));
	assert_str(wdl_text(*state, t), "@ 3");
}

static void test_same_meaning(void **state)
{
	static const struct {
		const char *one, *two;
		bool same;
	} rows[] = {
		{ "@triggerBody()?.a", "@triggerbody( )?['a']", true },
		{ "@add(1,2)", "@ADD( 1 , 2 )", true },
		{ "@True", "@true", true },
		{ "@+1", "@1", true },
		{ "@f()['a']", "@f()?['a']", false },
		{ "@'A'", "@'a'", false },
		{ "@1", "@1.0", false },
		{ "@variables('A')", "@variables('a')", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_template *one = wdl_parse(*state, str_from(rows[i].one));
		struct wdl_template *two = wdl_parse(*state, str_from(rows[i].two));

		assert_int_equal(str_eq(canonical(*state, one->first->node),
					canonical(*state, two->first->node)),
				 rows[i].same);
	}
}

/* ---- definitions ---- */

static size_t check_flow(struct arena *a, const char *path)
{
	struct json *package = json_parse(a, unit_file(a, path), JSON_STRICT, NULL);
	struct json *definition = json_at(package, "/properties/definition");
	struct wdl_places places;
	size_t count = 0;

	assert_non_null(definition);
	places = wdl_walk_definition(a, definition, S("/properties/definition"));
	assert_int_equal(places.errors, 0);
	for (const struct wdl_place *p = places.first; p; p = p->next) {
		struct wdl_template *t = p->template;

		for (const struct wdl_error *e = t->errors; e; e = e->next)
			fail_msg("%s%.*s: %.*s", path, STR_ARG(p->pointer), STR_ARG(e->message));
		assert_ptr_equal(json_at_n(package, p->pointer), p->value);
		assert_true(str_eq(t->source, p->is_key ? json_name(p->value) : json_str(p->value)));
		assert_true(str_eq(wdl_text(a, t), t->source));
		assert_true(p->in_trigger || p->step.n > 0);
		for (const struct wdl_part *part = t->first; part; part = part->next) {
			if (!part->node)
				continue;
			check_nodes(t, part->node);
			count++;
		}
	}
	return count;
}

static void test_real_flows(void **state)
{
	DIR *dir = opendir("tests/data/flows");
	struct dirent *e;
	size_t flows = 0, expressions = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		if (!str_ends(str_from(e->d_name), S(".json")))
			continue;
		expressions += check_flow(*state,
					  arena_printf(*state, "tests/data/flows/%s", e->d_name));
		flows++;
	}
	closedir(dir);
	assert_true(flows >= 9);
	assert_true(expressions >= 150);
}

static void test_walk(void **state)
{
	static const char text[] =
		"{\"$schema\":\"@{schema}\",\"parameters\":{\"p\":{\"defaultValue\":\"@notread\"}},"
		"\"triggers\":{\"manual\":{\"type\":\"Request\",\"kind\":\"@x\",\"conditions\":["
		"{\"expression\":\"@equals(1, 1)\"}],\"inputs\":{\"s\":\"plain\"}}},"
		"\"actions\":{\"If\":{\"type\":\"If\",\"expression\":{\"and\":[{\"equals\":[\"@a()\",1]}]},"
		"\"description\":\"@not read\",\"runAfter\":{\"@odd\":[\"Succeeded\"]},"
		"\"actions\":{\"In~/ner\":{\"type\":\"Compose\",\"inputs\":{\"@{key()}\":\"@b()\"}}},"
		"\"else\":{\"actions\":{\"Other\":{\"type\":\"Compose\",\"inputs\":\"x @{c()}\"}}}}}}";
	static const struct {
		const char *pointer, *step, *source;
		bool key, trigger;
	} rows[] = {
		{ "/d/triggers/manual/conditions/0/expression", "manual", "@equals(1, 1)", false, true },
		{ "/d/actions/If/expression/and/0/equals/0", "If", "@a()", false, false },
		{ "/d/actions/If/actions/In~0~1ner/inputs/@{key()}", "In~/ner", "@{key()}", true, false },
		{ "/d/actions/If/actions/In~0~1ner/inputs/@{key()}", "In~/ner", "@b()", false, false },
		{ "/d/actions/If/else/actions/Other/inputs", "Other", "x @{c()}", false, false },
	};
	struct json *definition = json_parse(*state, str_from(text), JSON_STRICT, NULL);
	struct wdl_places places = wdl_walk_definition(*state, definition, S("/d"));
	const struct wdl_place *p = places.first;

	for (size_t i = 0; i < COUNT(rows); i++, p = p->next) {
		assert_non_null(p);
		assert_str(p->pointer, rows[i].pointer);
		assert_str(p->step, rows[i].step);
		assert_str(p->template->source, rows[i].source);
		assert_int_equal(p->is_key, rows[i].key);
		assert_int_equal(p->in_trigger, rows[i].trigger);
	}
	assert_null(p);
	assert_int_equal(places.count, COUNT(rows));
	places = wdl_walk_value(*state, json_parse(*state, S("[\"@f(\",{\"a\":\"@g()\"},3]"),
						   JSON_STRICT, NULL), S(""));
	assert_int_equal(places.count, 2);
	assert_str(places.first->pointer, "/0");
	assert_str(places.first->next->pointer, "/1/a");
}

static void test_bare_expressions(void **state)
{
	static const char *const rows[] = { "add(1, 2)", "@add(1, 2)", "@ add(1,2)", " add(1,2) " };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wdl_template *t = wdl_parse_expression(*state, str_from(rows[i]));

		assert_null(t->errors);
		assert_int_equal(t->shape, WDL_WHOLE);
		assert_str(canonical(*state, t->first->node), "add(1, 2)");
	}
	assert_true(wdl_is_template(S("@a")) && wdl_is_template(S("x@{")));
	assert_false(wdl_is_template(S("a@b")) || wdl_is_template(S("@")) || wdl_is_template(S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_expressions),
		UNIT(test_literals),
		UNIT(test_mistakes),
		UNIT(test_repairs),
		UNIT(test_foreign_functions),
		UNIT(test_functions),
		UNIT(test_hostile_texts),
		UNIT(test_depth),
		UNIT(test_columns),
		UNIT(test_rewriting),
		UNIT(test_same_meaning),
		UNIT(test_real_flows),
		UNIT(test_walk),
		UNIT(test_bare_expressions),
	};

	return UNIT_RUN(tests);
}
