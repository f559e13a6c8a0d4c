/*
 * wdl_cases.h - tables of expressions in tests/data/wdl.
 *
 * A row is function, expression, expected value and source, with tabs between.  An expression that
 * begins with ~ is a string of a definition, anything else a bare expression; the pictures
 * U+2409, U+240A and U+240D stand for tab, line feed and carriage return.  The value is JSON; = before it compares the text, not the value; "error: " starts a
 * message and "error~ " a part of one.  # starts a comment; %now, %random and %context set what
 * the rows below them see.
 */
#ifndef TESTS_WDL_CASES_H
#define TESTS_WDL_CASES_H

#include "unit.h"
#include "wdl/eval.h"
#include "wdl/parse.h"

struct wdl_case {
	const char *file;
	int line;
	struct str function, expression, expected, source;
	struct wdl_context context;
};

static inline struct str wdl_case_text(struct arena *a, struct str s)
{
	static const char pictures[] = "\xe2\x90\x89\xe2\x90\x8a\xe2\x90\x8d";
	struct buf b;

	buf_init_in(&b, a, s.n + 1);
	for (size_t i = 0; i < s.n;) {
		size_t k = 0;

		while (k < 3 && !str_starts(str_from_at(s, i), str_n(pictures + 3 * k, 3)))
			k++;
		buf_addc(&b, k < 3 ? "\t\n\r"[k] : s.p[i]);
		i += k < 3 ? 3 : 1;
	}
	return buf_str(&b);
}

static inline uint64_t wdl_case_random(void *arg)
{
	(void)arg;
	return 0;
}

static inline int64_t wdl_case_now(struct arena *a, struct str text)
{
	struct wdl_context none = { 0 };
	struct str ticks = str_fmt(a, "ticks('%.*s')", STR_ARG(text));
	struct wdl_result r = wdl_evaluate(a, wdl_parse_expression(a, ticks), &none);

	if (!r.ok)
		fail_msg("%%now %.*s", STR_ARG(text));
	return json_int(r.value, 0);
}

static inline void wdl_case_setting(struct arena *a, struct wdl_case *c, struct str line)
{
	struct wdl_context old = c->context;
	struct str name, rest = line;

	str_cut(&rest, '\t', &name);
	if (str_eq(name, S("%now"))) {
		c->context.now = wdl_case_now(a, rest);
	} else if (str_eq(name, S("%context"))) {
		struct json *tree = json_parse(a, rest, JSON_STRICT, NULL);

		if (!tree)
			fail_msg("%s:%d: no JSON", c->file, c->line);
		wdl_context_json(&c->context, tree);
		c->context.now = old.now;
		c->context.random = old.random;
	} else {
		fail_msg("%s:%d: %.*s", c->file, c->line, STR_ARG(name));
	}
}

/* Calls `check` for each row; it returns false when the row failed.  Fails when one did. */
static inline void wdl_cases(struct arena *a, const char *file, size_t least,
			     bool (*check)(const struct wdl_case *))
{
	struct str text = unit_file(a, file), line;
	struct wdl_case c = { .file = file };
	size_t rows = 0, failed = 0;
	struct json *nothing = json_new_object(a);

	wdl_context_json(&c.context, nothing);
	c.context.random = wdl_case_random;
	c.context.now = wdl_ticks_of_ms(1523791845123);
	while (str_cut(&text, '\n', &line)) {
		struct str rest = line;

		c.line++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] == '%') {
			wdl_case_setting(a, &c, line);
			continue;
		}
		if (!str_cut(&rest, '\t', &c.function) || !str_cut(&rest, '\t', &c.expression) ||
		    !str_cut(&rest, '\t', &c.expected) || !str_cut(&rest, '\t', &c.source) || rest.p)
			fail_msg("%s:%d: a row has four columns", file, c.line);
		c.expression = wdl_case_text(a, c.expression);
		rows++;
		failed += !check(&c);
	}
	if (failed || rows < least)
		fail_msg("%s: %zu of %zu rows failed, at least %zu expected", file, failed, rows,
			 least);
}

static inline struct wdl_template *wdl_case_parse(struct arena *a, const struct wdl_case *c)
{
	if (str_starts(c->expression, S("~")))
		return wdl_parse(a, str_from_at(c->expression, 1));
	return wdl_parse_expression(a, c->expression);
}

#endif
