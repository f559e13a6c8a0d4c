/*
 * parse.c - the grammar of expressions: calls, member access; recovery after errors.
 *
 * Recursive descent with a depth ceiling.  Every loop either takes a byte or ends, so the
 * time is in proportion to the text.
 */
#include "base/limits.h"
#include "wdl/complain.h"
#include "wdl/dialect.h"
#include "wdl/functions.h"
#include "wdl/lex.h"
#include "wdl/read.h"

/* ---- nodes ---- */

struct wdl_node *wdl_node_new(struct wdl_reader *r, enum wdl_kind kind, size_t start, size_t end)
{
	struct wdl_node *n = arena_alloc(r->a, sizeof(*n));

	n->kind = kind;
	n->start = start;
	n->end = end;
	n->height = 1;
	return n;
}

static void complain_depth(struct wdl_reader *r, size_t start, size_t end)
{
	if (!r->too_deep)
		wdl_complain(r, WDL_P_LIMIT, start, end,
			     "the expression is nested deeper than %d levels", LIMIT_WDL_DEPTH);
	r->too_deep = true;
}

/* Nobody may meet a tree that is too high: what is below the ceiling is cut off. */
static void cut(struct wdl_reader *r, struct wdl_node *n)
{
	complain_depth(r, n->start, n->end);
	n->kind = WDL_ERROR;
	n->first = n->last = NULL;
	n->count = 0;
	n->height = 1;
	n->fix = (struct str){ 0 };
}

void wdl_adopt(struct wdl_reader *r, struct wdl_node *parent, struct wdl_node *child)
{
	if (child->height >= LIMIT_WDL_DEPTH)
		cut(r, child);
	child->parent = parent;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
	if (parent->height <= child->height)
		parent->height = child->height + 1;
	if (child->end > parent->end)
		parent->end = child->end;
}

/* ---- tokens ---- */

void wdl_skip_space(struct wdl_reader *r)
{
	while (r->pos < r->end) {
		const char *p = r->s.p + r->pos;
		size_t n;

		if ((unsigned char)*p > ' ' && (unsigned char)*p < 0x80)
			return; /* nearly always */
		n = wdl_space_at(p, r->end - r->pos);
		if (n == 0 && (n = wdl_invisible_at(p, r->end - r->pos)) != 0)
			wdl_complain_invisible(r, n);
		else if (n > 1)
			wdl_note_space(r, n);
		if (n == 0)
			return;
		r->pos += n;
	}
}

static struct wdl_token peek(struct wdl_reader *r, enum wdl_token_place place)
{
	wdl_skip_space(r);
	return wdl_token_at(r->s, r->pos, r->end, place);
}

static bool take_char(struct wdl_reader *r, char c)
{
	wdl_skip_space(r);
	if (r->pos >= r->end || r->s.p[r->pos] != c)
		return false;
	r->pos++;
	return true;
}

static bool at_char(struct wdl_reader *r, const char *any)
{
	wdl_skip_space(r);
	return r->pos >= r->end || (r->s.p[r->pos] && strchr(any, r->s.p[r->pos]));
}

/* ---- literals ---- */

static struct str unquote(struct arena *a, struct str s)
{
	char *out;
	size_t n = 0;

	if (str_find(s, S("''")) < 0)
		return s;
	out = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		out[n++] = s.p[i];
		if (s.p[i] == '\'' && i + 1 < s.n && s.p[i + 1] == '\'')
			i++;
	}
	return str_n(out, n);
}

static struct wdl_node *string(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_STRING, t.start, t.end);
	struct str inner = str_n(r->s.p + t.inner_start, t.inner_end - t.inner_start);

	r->pos = t.end;
	n->text = unquote(r->a, inner);
	if (!t.closed) {
		wdl_complain(r, WDL_P_SYNTAX, t.start, t.end,
			     "the string literal has no closing quote");
		wdl_instead(r, "end it with ' and write '' for an apostrophe inside");
	}
	return n;
}

static struct wdl_node *foreign_string(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, t.start, t.end);
	struct str inner = str_n(r->s.p + t.inner_start, t.inner_end - t.inner_start);

	r->pos = t.end;
	n->text = inner;
	n->fix = wdl_quoted(r->a, inner);
	wdl_complain(r, WDL_P_DIALECT, t.start, t.end,
		     "string literals stand in single quotes, not in %.*s",
		     (int)(t.inner_start - t.start), r->s.p + t.start);
	if (str_find(inner, S("${")) >= 0 && r->s.p[t.start] == '`')
		wdl_instead(r, "use concat('text', value, 'text')");
	else
		wdl_instead_text(r, n->fix);
	return n;
}

static struct wdl_node *number(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, t.is_float ? WDL_FLOAT : WDL_INT, t.start, t.end);

	n->text = str_n(r->s.p + t.start, t.end - t.start);
	r->pos = t.end;
	if (t.bad) {
		n->kind = WDL_ERROR;
		wdl_complain(r, WDL_P_SYNTAX, t.start, t.end,
			     "'%.*s' is not a number, and names start with a letter",
			     STR_ARG(str_first(n->text, 40)));
		wdl_instead_text(r, wdl_quoted(r->a, n->text));
	} else if (t.no_lead) {
		/* Microsoft's reference itself writes sub(10.3, .3). */
		wdl_warn(r, WDL_P_SYNTAX, t.start, t.end, "a number starts with a digit");
	}
	return n;
}

/* ---- calls ---- */

static void skip_to(struct wdl_reader *r, const char *stops)
{
	while (!at_char(r, stops)) {
		struct wdl_token t = peek(r, AT_VALUE);

		r->pos = t.end > r->pos ? t.end : r->pos + 1;
	}
}

/* To the , or ) that ends this argument, parentheses inside passed over. */
static void skip_nested(struct wdl_reader *r)
{
	unsigned open = 0;

	while (r->pos < r->end && (open || !at_char(r, ",)"))) {
		struct wdl_token t = peek(r, AT_VALUE);

		if (t.kind == TOK_END)
			break;
		if (t.kind == TOK_CHAR && t.c == '(')
			open++;
		else if (t.kind == TOK_CHAR && t.c == ')')
			open--;
		r->pos = t.end > r->pos ? t.end : r->pos + 1;
	}
}

/* After an argument that neither , nor ) follows; true when another argument begins here. */
static bool recover(struct wdl_reader *r, const struct wdl_node *call)
{
	struct wdl_token t = peek(r, AT_OPERATOR);
	bool semicolon = t.kind == TOK_OPERATOR && str_eq(t.op->text, S(";"));

	if (t.kind != TOK_OPERATOR)
		t = peek(r, AT_VALUE);
	wdl_complain_argument(r, call, t);
	if (semicolon)
		r->pos = t.end;
	if (semicolon || (t.kind != TOK_OPERATOR && t.kind != TOK_CHAR))
		return true;
	skip_to(r, ",)");
	return take_char(r, ',');
}

/* The arguments and the closing parenthesis; false when that is missing. */
static bool arguments(struct wdl_reader *r, struct wdl_node *call)
{
	bool more = !take_char(r, ')'), outer = r->naming;

	if (!more) {
		call->end = r->pos;
		return true;
	}
	while (more) {
		wdl_skip_space(r);
		if (r->pos >= r->end)
			break;
		if (at_char(r, ",)")) {
			wdl_complain_missing(r);
			wdl_adopt(r, call, wdl_node_new(r, WDL_ERROR, r->pos, r->pos));
		} else {
			r->naming = call->count == 0 && call->function &&
				    call->function->refers != WDL_REF_NONE;
			wdl_adopt(r, call, wdl_read_expression(r, 0));
			r->naming = outer;
		}
		more = at_char(r, ",)") ? take_char(r, ',') : recover(r, call);
	}
	more = take_char(r, ')');
	call->end = r->pos;
	if (more)
		return true;
	wdl_complain(r, WDL_P_SYNTAX, call->start, call->name_end,
		     "the call of '%.*s' has no closing parenthesis",
		     STR_ARG(str_first_utf8(call->text, 80)));
	wdl_instead(r, "add )");
	return false;
}

static struct wdl_node *call(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_CALL, t.start, t.end);

	n->text = str_n(r->s.p + t.start, t.end - t.start);
	n->name_end = t.end;
	n->function = wdl_function_find(n->text);
	wdl_skip_space(r);
	r->pos++; /* the parenthesis */
	wdl_check_call(r, n, arguments(r, n));
	return n;
}

/* name => body: passes over it. */
static bool lambda(struct wdl_reader *r)
{
	struct wdl_token t = peek(r, AT_OPERATOR);

	if (t.kind != TOK_OPERATOR || (!str_eq(t.op->text, S("=>")) && !str_eq(t.op->text, S("->"))))
		return false;
	wdl_complain(r, WDL_P_DIALECT, t.start, t.end, "there are no functions as values");
	wdl_instead(r, t.op->advice);
	r->pos = t.end;
	skip_nested(r);
	return true;
}

static struct wdl_node *name(struct wdl_reader *r, struct wdl_token t)
{
	struct str text = str_n(r->s.p + t.start, t.end - t.start);
	struct wdl_node *n;

	r->pos = t.end;
	if (str_eq_nocase(text, S("null"))) {
		n = wdl_node_new(r, WDL_NULL, t.start, t.end);
	} else if (str_eq_nocase(text, S("true")) || str_eq_nocase(text, S("false"))) {
		n = wdl_node_new(r, WDL_BOOL, t.start, t.end);
		n->yes = text.n == 4;
	} else if (lambda(r)) {
		n = wdl_node_new(r, WDL_ERROR, t.start, r->pos);
	} else if (!at_char(r, "(") || r->pos >= r->end) {
		n = wdl_node_new(r, WDL_ERROR, t.start, t.end);
		wdl_complain_name(r, n, text);
	} else {
		return call(r, t);
	}
	n->text = text;
	return n;
}

/* ---- what follows a value ---- */

static struct wdl_node *method(struct wdl_reader *r, struct wdl_node *target, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, target->start, t.end);

	n->text = str_n(r->s.p + t.start, t.end - t.start);
	n->name_end = t.end;
	wdl_adopt(r, n, target);
	r->pos++;
	arguments(r, n);
	wdl_complain_method(r, n, t);
	return n;
}

static struct wdl_node *dotted(struct wdl_reader *r, struct wdl_node *target, bool safe)
{
	struct wdl_token t = peek(r, AT_MEMBER);
	struct wdl_node *n, *key;

	if (t.kind != TOK_NAME) {
		n = wdl_node_new(r, WDL_ERROR, target->start, r->pos);
		wdl_adopt(r, n, target);
		wdl_complain(r, WDL_P_SYNTAX, r->pos, r->pos, "expected a member name after the dot");
		wdl_instead(r, "write ['name'] for names with special characters");
		return n;
	}
	r->pos = t.end;
	if (r->pos < r->end && r->s.p[r->pos] == '(')
		return method(r, target, t);
	n = wdl_node_new(r, WDL_MEMBER, target->start, t.end);
	n->safe = safe;
	n->dot = true;
	key = wdl_node_new(r, WDL_STRING, t.start, t.end);
	key->text = str_n(r->s.p + t.start, t.end - t.start);
	wdl_adopt(r, n, target);
	wdl_adopt(r, n, key);
	wdl_check_member(r, key);
	return n;
}

static struct wdl_node *indexed(struct wdl_reader *r, struct wdl_node *target, bool safe)
{
	struct wdl_node *n = wdl_node_new(r, WDL_MEMBER, target->start, r->pos);
	size_t open = r->pos - 1;

	n->safe = safe;
	wdl_adopt(r, n, target);
	if (at_char(r, "]")) {
		n->kind = WDL_ERROR;
		wdl_complain(r, WDL_P_SYNTAX, open, r->pos,
			     "expected a name in quotes or a number between the brackets");
	} else {
		wdl_adopt(r, n, wdl_read_expression(r, 0));
	}
	if (!take_char(r, ']')) {
		wdl_complain(r, WDL_P_SYNTAX, r->pos, r->pos, "expected ] after the index");
		skip_to(r, "],)");
		take_char(r, ']');
	}
	n->end = r->pos;
	return n;
}

static struct wdl_node *ternary(struct wdl_reader *r, struct wdl_node *condition)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, condition->start, r->pos);
	size_t at = r->pos - 1;

	wdl_adopt(r, n, condition);
	if (!at_char(r, ",)]"))
		wdl_adopt(r, n, wdl_read_expression(r, 1));
	if (take_char(r, ':') && !at_char(r, ",)]"))
		wdl_adopt(r, n, wdl_read_expression(r, 0));
	n->fix = n->count == 3 ? wdl_fill(r, "if(%1, %2, %3)", n->first) : (struct str){ 0 };
	if (n->count == 1) {
		wdl_complain(r, WDL_P_SYNTAX, at, at + 1, "expected . or [ after ?");
		return n;
	}
	wdl_complain(r, WDL_P_DIALECT, n->start, n->end, "there is no ? : operator");
	wdl_instead_fix(r, n, "use if(condition, a, b)");
	return n;
}

/* Member accesses after a value; the engine allows them after calls only. */
static struct wdl_node *postfix(struct wdl_reader *r, struct wdl_node *n)
{
	for (;;) {
		size_t before = r->pos;
		bool safe;

		wdl_skip_space(r);
		safe = r->pos < r->end && r->s.p[r->pos] == '?';
		if (safe) {
			r->pos++;
			if (!at_char(r, ".[") || r->pos >= r->end) {
				r->pos = before;
				return n;
			}
		}
		if (r->pos >= r->end || (r->s.p[r->pos] != '.' && r->s.p[r->pos] != '[')) {
			r->pos = before;
			return n;
		}
		if (n->kind < WDL_CALL)
			wdl_complain(r, WDL_P_SYNTAX, r->pos, r->pos + 1,
				     "only a function call can be followed by a member access");
		if (n->height >= LIMIT_WDL_DEPTH) {
			r->pos = r->end;
			return n;
		}
		n = r->s.p[r->pos++] == '.' ? dotted(r, n, safe) : indexed(r, n, safe);
	}
}

/* ---- values that are none ---- */

static struct wdl_node *wrapped(struct wdl_reader *r, char close, enum wdl_problem problem,
				const char *message, const char *advice)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, r->pos, r->pos + 1);
	char stops[] = { ',', close, ')', ']', 0 };

	r->pos++;
	while (!at_char(r, close == ')' ? ",)" : stops)) {
		size_t from = r->pos;

		wdl_adopt(r, n, wdl_read_expression(r, 0));
		if (r->pos == from || !take_char(r, ','))
			break;
	}
	if (!at_char(r, stops + 1))
		skip_to(r, stops + 1);
	take_char(r, close);
	n->end = r->pos;
	if (close == ']' && n->count)
		n->fix = wdl_fill(r, "createArray(%*)", n->first);
	else if (close == ')' && n->count == 1)
		n->fix = wdl_fill(r, "%1", n->first);
	wdl_complain(r, problem, n->start, n->end, "%s", message);
	wdl_instead_fix(r, n, advice);
	return n;
}

/* An @ inside an expression, with or without braces. */
static struct wdl_node *nested_at(struct wdl_reader *r)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, r->pos, r->pos + 1);
	bool brace;

	r->pos++;
	brace = r->pos < r->end && r->s.p[r->pos] == '{';
	if (brace)
		r->pos++;
	if (!at_char(r, ",)]}"))
		wdl_adopt(r, n, wdl_read_expression(r, 0));
	if (brace)
		take_char(r, '}');
	n->end = r->pos;
	n->fix = n->count ? wdl_fill(r, "%1", n->first) : (struct str){ 0 };
	wdl_complain(r, WDL_P_NESTED_AT, n->start, n->end,
		     "@ only starts an expression, it does not stand inside one");
	wdl_instead_fix(r, n, "leave out the @");
	return n;
}

/* A unary operator of another language. */
static struct wdl_node *unary(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, t.start, t.end);
	bool bang = str_eq(t.op->text, S("!")), minus = str_eq(t.op->text, S("-"));

	r->pos = t.end;
	if (!at_char(r, ",)]"))
		wdl_adopt(r, n, wdl_read_expression(r, 8));
	if (n->count && (bang || minus))
		n->fix = wdl_fill(r, bang ? "not(%1)" : "sub(0, %1)", n->first);
	wdl_complain(r, WDL_P_DIALECT, t.start, n->end, "'%.*s' is not an operator of the language",
		     STR_ARG(t.op->text));
	wdl_instead_fix(r, n, t.op->advice);
	return n;
}

static struct wdl_node *unexpected(struct wdl_reader *r, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, t.start, t.end);

	wdl_complain(r, WDL_P_SYNTAX, t.start, t.end,
		     "expected a function call, a literal in quotes or a number, not '%.*s'",
		     (int)(t.end - t.start), r->s.p + t.start);
	r->pos = t.end;
	return n;
}

static struct wdl_node *value_of(struct wdl_reader *r, struct wdl_token t)
{
	switch (t.kind) {
	case TOK_STRING:
		return string(r, t);
	case TOK_FOREIGN_STRING:
		return foreign_string(r, t);
	case TOK_NUMBER:
		return number(r, t);
	case TOK_NAME:
		return name(r, t);
	case TOK_OPERATOR:
		return unary(r, t);
	case TOK_END:
		wdl_complain(r, WDL_P_SYNTAX, t.start, t.start, "expected an expression");
		return wdl_node_new(r, WDL_ERROR, t.start, t.start);
	case TOK_CHAR:
		break;
	}
	switch (t.c) {
	case '@':
		return nested_at(r);
	case '(':
		return wrapped(r, ')', WDL_P_SYNTAX, "parentheses only enclose arguments",
			       "leave out the parentheses");
	case '[':
		return wrapped(r, ']', WDL_P_DIALECT, "there are no array literals",
			       "use createArray(a, b) or json('[]')");
	case '{':
		return wrapped(r, '}', WDL_P_DIALECT, "there are no object literals",
			       "use json('{...}') or setProperty()");
	default:
		return unexpected(r, t);
	}
}

static struct wdl_node *value(struct wdl_reader *r)
{
	struct wdl_token t = peek(r, AT_VALUE);
	struct wdl_node *n;

	if (r->depth > LIMIT_WDL_DEPTH) {
		complain_depth(r, r->pos, r->end);
		n = wdl_node_new(r, WDL_ERROR, r->pos, r->end);
		r->pos = r->end;
		return n;
	}
	return postfix(r, value_of(r, t));
}

/* ---- foreign binary operators, by precedence ---- */

static struct wdl_node *binary(struct wdl_reader *r, struct wdl_node *left, struct wdl_token t)
{
	struct wdl_node *n = wdl_node_new(r, WDL_ERROR, left->start, t.end);

	r->pos = t.end;
	wdl_adopt(r, n, left);
	if (!at_char(r, ",)]"))
		wdl_adopt(r, n, wdl_read_expression(r, t.op->precedence + 1));
	if (n->count == 2 && t.op->pattern) {
		const char *texts = wdl_any_text(n) ? t.op->for_text : NULL;

		n->fix = wdl_fill(r, texts ? texts : t.op->pattern, n->first);
	}
	wdl_complain(r, WDL_P_DIALECT, n->start, n->end, "'%.*s' is not an operator of the language",
		     STR_ARG(t.op->text));
	wdl_instead_fix(r, n, t.op->advice);
	return n;
}

static bool starts_binary(struct wdl_token t, int precedence)
{
	return t.kind == TOK_OPERATOR && t.op->precedence >= precedence && t.op->precedence > 0;
}

struct wdl_node *wdl_read_expression(struct wdl_reader *r, int precedence)
{
	struct wdl_node *n;
	struct wdl_token t;

	r->depth++;
	n = value(r);
	t = peek(r, AT_OPERATOR);
	while (n->height < LIMIT_WDL_DEPTH) {
		if (starts_binary(t, precedence)) {
			n = binary(r, n, t);
		} else if (precedence == 0 && t.kind == TOK_CHAR && t.c == '?') {
			r->pos = t.end;
			n = ternary(r, n);
		} else {
			break;
		}
		t = peek(r, AT_OPERATOR);
	}
	if (n->height >= LIMIT_WDL_DEPTH)
		r->pos = r->end;
	r->depth--;
	return n;
}
