/*
 * complain.c - the parser's errors in words, and the repair where it is mechanical.
 *
 * Knows the tables of functions and of foreign dialects; knows no grammar.
 */
#include "wdl/complain.h"

#include "base/limits.h"
#include "wdl/dialect.h"
#include "wdl/functions.h"
#include "wdl/print.h"

/* A longer hint is no hint. */
enum { HINT_MAX = 600 };

static struct wdl_error *error_new(struct wdl_reader *r, enum wdl_problem problem,
				   enum wdl_severity severity, size_t start, size_t end)
{
	struct wdl_error *e;

	if (severity == WDL_SEV_ERROR && problem != WDL_P_UNKNOWN_FUNCTION &&
	    problem != WDL_P_ARITY)
		r->t->broken = true;
	r->last = NULL;
	if (r->errors >= LIMIT_WDL_ERRORS)
		return NULL;
	r->errors++;
	e = arena_alloc(r->a, sizeof(*e));
	e->problem = problem;
	e->severity = severity;
	e->offset = start;
	e->end = end < start ? start : end;
	e->next = r->t->errors;
	r->t->errors = e;
	r->last = e;
	return e;
}

void wdl_complain(struct wdl_reader *r, enum wdl_problem problem, size_t start, size_t end,
		  const char *fmt, ...)
{
	struct wdl_error *e = error_new(r, problem, WDL_SEV_ERROR, start, end);
	struct buf b;
	va_list ap;

	if (!e)
		return;
	buf_init_in(&b, r->a, HINT_MAX);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	e->message = buf_str(&b);
}

void wdl_warn(struct wdl_reader *r, enum wdl_problem problem, size_t start, size_t end,
	      const char *message)
{
	struct wdl_error *e = error_new(r, problem, WDL_SEV_WARNING, start, end);

	if (e)
		e->message = str_from(message);
}

void wdl_instead(struct wdl_reader *r, const char *words)
{
	if (r->last)
		r->last->instead = str_from(words);
}

void wdl_instead_text(struct wdl_reader *r, struct str text)
{
	if (!r->last || !text.p)
		return;
	r->last->instead = text;
	r->last->mechanical = true;
}

void wdl_instead_fix(struct wdl_reader *r, const struct wdl_node *n, const char *words)
{
	if (n->fix.p)
		wdl_instead_text(r, n->fix);
	else
		wdl_instead(r, words);
}

struct str wdl_quoted(struct arena *a, struct str text)
{
	struct buf b;

	buf_init_in(&b, a, text.n * 2 + 2);
	wdl_print_quoted(&b, text);
	return buf_str(&b);
}

/* False when a part could not be read: then no text for it would be right. */
static bool fixable(const struct wdl_node *root)
{
	for (const struct wdl_node *n = root; n;) {
		if (n->kind == WDL_ERROR && !n->fix.p)
			return false;
		n = n->fix.p ? wdl_walk_over(root, n) : wdl_walk_next(root, n);
	}
	return true;
}

static void fill_one(struct wdl_reader *r, struct buf *b, const struct wdl_node *n)
{
	if (n->end - n->start > HINT_MAX || !fixable(n))
		b->bad = true;
	else
		wdl_print_fixed(b, r->t, n);
}

struct str wdl_fill(struct wdl_reader *r, const char *pattern, const struct wdl_node *first)
{
	struct buf b;

	if (r->errors >= LIMIT_WDL_ERRORS)
		return (struct str){ 0 };
	buf_init_in(&b, r->a, HINT_MAX);
	for (const char *p = pattern; *p; p++) {
		const struct wdl_node *n = first;

		if (*p != '%') {
			buf_addc(&b, *p);
			continue;
		}
		p++;
		if (*p == '%') {
			buf_addc(&b, '%');
			continue;
		}
		if (*p == '*') {
			for (; n; n = n->next) {
				fill_one(r, &b, n);
				buf_addz(&b, n->next ? ", " : "");
			}
			continue;
		}
		for (int i = *p - '1'; n && i > 0; i--)
			n = n->next;
		if (!n)
			return (struct str){ 0 };
		fill_one(r, &b, n);
	}
	return buf_ok(&b) ? buf_str(&b) : (struct str){ 0 };
}

bool wdl_any_text(const struct wdl_node *parent)
{
	for (const struct wdl_node *n = parent->first; n; n = n->next) {
		if (n->kind == WDL_STRING || wdl_is_call(n, "concat") || wdl_is_call(n, "string"))
			return true;
		if (n->kind == WDL_ERROR && n->fix.p &&
		    (n->fix.p[0] == '\'' || str_starts(n->fix, S("concat("))))
			return true;
	}
	return false;
}

void wdl_complain_invisible(struct wdl_reader *r, size_t length)
{
	wdl_complain(r, WDL_P_CHARACTER, r->pos, r->pos + length,
		     "there is an invisible character here");
	wdl_instead_text(r, str_from(""));
}

void wdl_note_space(struct wdl_reader *r, size_t length)
{
	struct wdl_error *e;

	if (r->noted_space) /* once for a string is enough */
		return;
	r->noted_space = true;
	e = error_new(r, WDL_P_CHARACTER, WDL_SEV_NOTE, r->pos, r->pos + length);
	if (!e)
		return;
	e->message = str_from("this white space is not a plain space (a no-break space, perhaps); "
			      "the engine takes it");
	wdl_instead_text(r, str_from(" "));
}

void wdl_complain_name(struct wdl_reader *r, struct wdl_node *n, struct str name)
{
	const struct wdl_function *f = wdl_function_find(name);

	if (f && f->min == 0) {
		n->fix = str_fmt(r->a, "%s()", f->name);
		wdl_complain(r, WDL_P_SYNTAX, n->start, n->end, "expected ( after the function name '%.*s'",
			     STR_ARG(str_first_utf8(name, 80)));
	} else if (f) {
		wdl_complain(r, WDL_P_SYNTAX, n->start, n->end, "expected ( after the function name '%.*s'",
			     STR_ARG(str_first_utf8(name, 80)));
		wdl_instead(r, "give its arguments in parentheses");
		return;
	} else {
		wdl_complain(r, WDL_P_SYNTAX, n->start, n->end,
			     "'%.*s' is neither a call nor a literal in quotes",
			     STR_ARG(str_first_utf8(name, 80)));
		wdl_instead(r, "text stands in single quotes, a variable is variables('name')");
		if (r->naming)
			n->fix = wdl_quoted(r->a, name);
	}
	wdl_instead_text(r, n->fix);
}

void wdl_complain_missing(struct wdl_reader *r)
{
	wdl_complain(r, WDL_P_SYNTAX, r->pos, r->pos + 1, "expected an argument before '%c'",
		     r->s.p[r->pos]);
	wdl_instead(r, "take out the comma, or write null");
}

void wdl_complain_argument(struct wdl_reader *r, const struct wdl_node *call, struct wdl_token t)
{
	struct str text = str_first_utf8(str_n(r->s.p + t.start, t.end - t.start), 40);
	const struct wdl_node *last = call->last;

	wdl_complain(r, t.kind == TOK_OPERATOR ? WDL_P_DIALECT : WDL_P_SYNTAX, t.start, t.end,
		     "expected , or ) in the arguments of '%.*s', not '%.*s'",
		     STR_ARG(str_first_utf8(call->text, 80)), STR_ARG(text));
	if (last && last->kind == WDL_STRING && str_ends(last->text, S("\\")))
		wdl_instead(r, "an apostrophe in a literal is doubled: '' and not \\'");
	else if (t.kind == TOK_OPERATOR)
		wdl_instead(r, t.op->advice);
}

static const char *method_pattern(struct wdl_reader *r, const struct wdl_node *n, struct str name)
{
	const struct wdl_function *f = wdl_function_find(name);
	const struct wdl_foreign *row = wdl_foreign_find(name);

	if (f)
		return str_c(r->a, str_fmt(r->a, "%s(%%*)", f->name));
	if (row && row->pattern && (row->count < 0 || row->count == (int)n->count))
		return row->pattern;
	return NULL;
}

void wdl_complain_method(struct wdl_reader *r, struct wdl_node *n, struct wdl_token name)
{
	struct str text = str_n(r->s.p + name.start, name.end - name.start);
	const struct wdl_foreign *row = wdl_foreign_find(text);
	const char *pattern = method_pattern(r, n, text);

	if (pattern)
		n->fix = wdl_fill(r, pattern, n->first);
	wdl_complain(r, WDL_P_DIALECT, n->start, n->end, "values have no methods such as '.%.*s()'",
		     STR_ARG(str_first_utf8(text, 80)));
	wdl_instead_fix(r, n, row ? row->advice : "use a function: name(value, ...)");
}

void wdl_complain_trailing(struct wdl_reader *r, const struct wdl_node *n, struct wdl_token t)
{
	struct str text = str_first_utf8(str_n(r->s.p + t.start, t.end - t.start), 40);

	if (t.kind == TOK_CHAR && t.c == ')') {
		wdl_complain(r, WDL_P_SYNTAX, t.start, t.end,
			     "this closing parenthesis has no opening one");
		wdl_instead_text(r, str_from(""));
		return;
	}
	wdl_complain(r, t.kind == TOK_OPERATOR ? WDL_P_DIALECT : WDL_P_SYNTAX, t.start, t.end,
		     "expected the end of the expression, not '%.*s'", STR_ARG(text));
	if (n->kind == WDL_STRING && str_ends(n->text, S("\\")))
		wdl_instead(r, "an apostrophe in a literal is doubled: '' and not \\'");
	else if (t.kind == TOK_OPERATOR)
		wdl_instead(r, t.op->advice);
	else
		wdl_instead(r, "text with expressions in it is written text @{expression} text");
}

static void unknown(struct wdl_reader *r, struct wdl_node *call)
{
	const struct wdl_foreign *row = wdl_foreign_find(call->text);
	const struct wdl_function *near;

	wdl_complain(r, WDL_P_UNKNOWN_FUNCTION, call->start, call->name_end,
		     "there is no function '%.*s'", STR_ARG(str_first_utf8(call->text, 80)));
	if (!r->last)
		return;
	if (row) {
		if (row->pattern && (row->count < 0 || row->count == (int)call->count)) {
			call->fix = wdl_fill(r, row->pattern, call->first);
			r->last->end = call->end;
		}
		wdl_instead_fix(r, call, row->advice);
	} else if ((near = wdl_function_near(call->text)) != NULL) {
		wdl_instead_text(r, str_from(near->name));
	}
}

void wdl_check_call(struct wdl_reader *r, struct wdl_node *call, bool closed)
{
	const struct wdl_function *f = call->function;
	int count = (int)call->count;

	if (!f) {
		unknown(r, call);
		return;
	}
	if (!closed || (count >= f->min && (f->max == WDL_ANY_COUNT || count <= f->max)))
		return;
	if (f->min == f->max)
		wdl_complain(r, WDL_P_ARITY, call->start, call->end,
			     "'%s' takes %d argument%s, not %d", f->name, f->min,
			     f->min == 1 ? "" : "s", count);
	else if (f->max == WDL_ANY_COUNT)
		wdl_complain(r, WDL_P_ARITY, call->start, call->end,
			     "'%s' takes at least %d argument%s, not %d", f->name, f->min,
			     f->min == 1 ? "" : "s", count);
	else
		wdl_complain(r, WDL_P_ARITY, call->start, call->end,
			     "'%s' takes %d to %d arguments, not %d", f->name, f->min, f->max, count);
	if (r->last)
		r->last->instead = str_fmt(r->a, "%s(%s)", f->name, f->params);
}

/* The engine takes foreign operators for a part of the name, and finds no such member. */
void wdl_check_member(struct wdl_reader *r, const struct wdl_node *key)
{
	static const char *const surely[] = { "==", "!=", "&&", "||", ">=", "<=", "=>", "<>" };
	static const char suspects[] = "+*/%<>=!|&^;:`~";

	for (size_t i = 0; i < sizeof(surely) / sizeof(surely[0]); i++) {
		if (str_find(key->text, str_from(surely[i])) < 0)
			continue;
		wdl_complain(r, WDL_P_DIALECT, key->start, key->end,
			     "'%s' is not an operator here, it becomes part of the member name",
			     surely[i]);
		wdl_instead(r, "use equals(), greater(), and(), or() and the like");
		return;
	}
	for (size_t i = 0; i < key->text.n; i++) {
		if (!strchr(suspects, key->text.p[i]))
			continue;
		wdl_warn(r, WDL_P_DIALECT, key->start, key->end,
			 "this character becomes part of the member name");
		wdl_instead(r, "write ['name'] if it is meant, else use a function");
		return;
	}
}

static size_t columns(struct str s, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to && i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

void wdl_complaints_end(struct wdl_reader *r)
{
	struct wdl_error *sorted = NULL, *next;
	size_t at = 0, column = 0;

	/* The list is in reverse order of finding, and at most LIMIT_WDL_ERRORS long. */
	for (struct wdl_error *e = r->t->errors; e; e = next) {
		struct wdl_error **p = &sorted;

		next = e->next;
		while (*p && (*p)->offset < e->offset)
			p = &(*p)->next;
		e->next = *p;
		*p = e;
	}
	for (struct wdl_error *e = sorted; e; e = e->next) {
		column += columns(r->s, at, e->offset);
		at = e->offset;
		e->column = column;
	}
	r->t->errors = sorted;
}
