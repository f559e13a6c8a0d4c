/*
 * lint_fold.c - what of a definition has its value before any run.
 */
#include "wdl/lint_fold.h"

#include "wdl/functions.h"
#include "wdl/parse.h"
#include "wdl/value.h"

bool lint_is_constant(const struct wdl_node *n)
{
	for (const struct wdl_node *k = n; k; k = wdl_walk_next(n, k))
		if (k->kind == WDL_ERROR ||
		    (k->kind == WDL_CALL && (!k->function || k->function->depends != WDL_PURE ||
					     k->function->category == WDL_CAT_JSON_XML ||
					     k->function->evidence != WDL_DOCUMENTED)))
			return false;
	return n != NULL;
}

/* Large, or answered by files of this machine. */
static bool is_unfit(const struct wdl_node *n)
{
	for (const struct wdl_node *k = n; k; k = wdl_walk_next(n, k))
		if (k->kind == WDL_CALL &&
		    (wdl_is_call(k, "range") || str_starts_nocase(k->text, S("convert"))))
			return true;
	return false;
}

bool lint_try(struct lint *l, const struct wdl_template *t, const struct wdl_node *n,
	      struct str *why)
{
	enum { SCRATCH = 8 << 20 };
	struct wdl_context none = { .now = 1 };
	struct arena *scratch;
	struct wdl_result got;
	jmp_buf out;
	volatile bool ok = true;

	if (is_unfit(n))
		return true;
	/* Its own memory: a thousand constants may each build a large text. */
	scratch = arena_alloc(l->a, sizeof(*scratch));
	arena_init(scratch, SCRATCH);
	if (!arena_guard(scratch, &out)) {
		got = wdl_evaluate_node(scratch, t, n, &none);
		ok = got.ok;
		if (!ok)
			*why = str_dup(l->a, got.fault.message);
	}
	arena_release(scratch);
	return ok;
}

static bool constant_template(const struct wdl_template *t)
{
	for (const struct wdl_part *p = t->first; p; p = p->next)
		if (p->node && !lint_is_constant(p->node))
			return false;
	return !t->broken;
}

/* The value of a string of the definition, or NULL. */
static const struct json *fold(struct lint *l, const struct json *v)
{
	struct wdl_context none = { 0 };
	struct wdl_template *t;
	struct wdl_result got;

	if (!json_is(v, JSON_STRING))
		return json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) ? NULL : v;
	t = wdl_parse(l->a, json_str(v));
	if (!constant_template(t))
		return NULL;
	none.now = 1;
	got = wdl_evaluate(l->a, t, &none);
	return got.ok ? got.value : NULL;
}

static bool fold_all(struct lint *l, const struct json *list, bool any, bool *yes)
{
	bool known = true;

	/* One true of "or", or one false of "and", decides. */
	JSON_EACH(v, list) {
		bool one;

		if (!lint_fold_condition(l, v, &one))
			known = false;
		else if (one == any)
			return *yes = any, true;
	}
	*yes = !any;
	return known && json_first(list);
}

static bool fold_operator(struct lint *l, const struct json *op, bool *yes)
{
	const struct json *one = json_first(op), *two = one ? json_next(one) : NULL;

	if (str_eq_nocase(json_name(op), S("and")) || str_eq_nocase(json_name(op), S("or")))
		return json_is(op, JSON_ARRAY) &&
		       fold_all(l, op, str_eq_nocase(json_name(op), S("or")), yes);
	if (str_eq_nocase(json_name(op), S("not")) && lint_fold_condition(l, op, yes))
		return *yes = !*yes, true;
	if (!str_eq_nocase(json_name(op), S("equals")) || !two || json_next(two))
		return false;
	one = fold(l, one);
	two = fold(l, two);
	if (one && two)
		*yes = wdl_json_equal(one, two);
	return one && two;
}

bool lint_fold_condition(struct lint *l, const struct json *v, bool *yes)
{
	const struct json *value;

	if (json_is(v, JSON_OBJECT)) {
		const struct json *op = json_first(v);

		return op && !json_next(op) && fold_operator(l, op, yes);
	}
	value = fold(l, v);
	if (!json_is(value, JSON_BOOL))
		return false;
	*yes = json_is_true(value);
	return true;
}

bool lint_duration(struct str s, int64_t *seconds)
{
	static const struct {
		char letter;
		bool time;
		int64_t seconds;
	} units[] = {
		{ 'Y', false, 365 * 86400 }, { 'M', false, 30 * 86400 }, { 'W', false, 7 * 86400 },
		{ 'D', false, 86400 },	     { 'H', true, 3600 },	 { 'M', true, 60 },
		{ 'S', true, 1 },
	};
	int64_t sum = 0;
	bool time = false, any = false;

	if (!s.n || (s.p[0] | 32) != 'p')
		return false;
	for (size_t i = 1, start = 1; i < s.n; i++) {
		char c = s.p[i];
		size_t k = 0, whole = start;
		uint64_t n;

		if ((c >= '0' && c <= '9') || c == '.')
			continue;
		if (c == 'T' && i == start && !time) {
			time = true;
			start = i + 1;
			continue;
		}
		while (whole < i && s.p[whole] != '.')
			whole++;
		while (k < 7 && (units[k].letter != c || units[k].time != time))
			k++;
		/* Five digits are 273 years of days. */
		if (k == 7 || whole - start > 9 ||
		    !str_to_u64(str_n(s.p + start, whole - start), &n))
			return false;
		sum += (int64_t)n * units[k].seconds;
		start = i + 1;
		any = true;
		if (start == s.n)
			return *seconds = sum, any;
	}
	return false;
}
