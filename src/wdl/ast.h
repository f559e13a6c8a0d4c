/*
 * ast.h - the syntax tree of the Workflow Definition Language.
 *
 * A string of a definition is a template: literal text, one whole expression, or text with
 * expressions in it.  Every node knows the bytes it was read from, so the printer can give
 * them back as they were, white space included.
 *
 * Source of the grammar: "Expressions" in Microsoft's schema reference of the language, and
 * the scanner and parser of the designer (Azure/LogicAppsUX, expression/scanner.ts and
 * parser.ts): an identifier is any run of characters except white space and . , ( ) { } @ [ ] ? '
 * ; numbers may carry a sign; true, false and null fold case; only a call may be followed by
 * a member access.
 */
#ifndef WDL_AST_H
#define WDL_AST_H

#include "base/str.h"

struct wdl_function; /* wdl/functions.h */

enum wdl_kind {
	WDL_NULL,
	WDL_BOOL,   /* text: as written, any case */
	WDL_INT,    /* text: as written, such as -7 or +7 */
	WDL_FLOAT,  /* text: as written, such as 1.5e-2 or 1. */
	WDL_STRING, /* text: the value, '' undone */
	WDL_CALL,   /* text: the name as written; children: the arguments */
	WDL_MEMBER, /* children: the value, then the key (a WDL_STRING for .name) */
	WDL_ERROR,  /* not the language; children: what could be understood, in source order */
};

struct wdl_node {
	enum wdl_kind kind;
	bool safe;        /* MEMBER: ?.name or ?[key] */
	bool dot;         /* MEMBER: .name or ?.name */
	bool yes;         /* BOOL: its value */
	unsigned height;  /* of the tree below, 1 for a leaf; at most LIMIT_WDL_DEPTH */
	unsigned count;   /* children */
	size_t start, end; /* bytes in the template's source, white space around it excluded */
	size_t name_end;  /* CALL: where the name ends */
	struct str text;  /* see the kinds */
	const struct wdl_function *function; /* CALL: its row, NULL when unknown */
	struct wdl_node *parent; /* NULL for the root of an expression */
	struct wdl_node *first, *last, *next;
	struct str rewritten; /* p not NULL: what the printer writes in place of the source */
	struct str fix;       /* ERROR: the same in WDL where that is mechanical, or p NULL */
};

/* The value and the key of a WDL_MEMBER. */
static inline struct wdl_node *wdl_target(const struct wdl_node *member)
{
	return member->first;
}

static inline struct wdl_node *wdl_key(const struct wdl_node *member)
{
	return member->last;
}

/* Argument number `i` (from 0) of a WDL_CALL, or NULL. */
static inline struct wdl_node *wdl_argument(const struct wdl_node *call, unsigned i)
{
	struct wdl_node *n = call->first;

	while (n && i--)
		n = n->next;
	return n;
}

enum wdl_severity {
	WDL_SEV_ERROR,   /* the service refuses it, or it surely fails */
	WDL_SEV_WARNING, /* legal, and surely not meant */
	WDL_SEV_NOTE,
};

/* What is wrong, in classes that the rules of the linter are keyed by. */
enum wdl_problem {
	WDL_P_SYNTAX,           /* does not parse */
	WDL_P_DIALECT,          /* another language: operators, quotes, lambdas, method calls */
	WDL_P_UNKNOWN_FUNCTION,
	WDL_P_ARITY,
	WDL_P_NESTED_AT,        /* @ inside an expression */
	WDL_P_CHARACTER,        /* invisible or typographic characters */
	WDL_P_LIMIT,            /* deeper or longer than a ceiling */
};

struct wdl_error {
	struct wdl_error *next;
	enum wdl_problem problem;
	enum wdl_severity severity;
	size_t offset, end;  /* bytes in the template's source */
	size_t column;       /* the offset counted in characters (code points) from 0 */
	struct str message;  /* one sentence, no full stop: what is wrong, what was expected */
	struct str instead;  /* what to write in its place, in WDL or in words; may be empty */
	bool mechanical;     /* `instead` is the text that replaces [offset, end) */
};

enum wdl_shape {
	WDL_LITERAL,      /* no expression; may need unescaping, see wdl_literal */
	WDL_WHOLE,        /* "@expr": the value keeps its type */
	WDL_INTERPOLATED, /* "text @{expr} text": always text */
};

struct wdl_part {
	struct wdl_part *next;
	size_t start, end;     /* in the source; an expression includes its @{ and } */
	struct wdl_node *node; /* the expression, or NULL for literal text */
	struct str text;       /* literal text, "@@{" undone */
};

struct wdl_template {
	struct str source;
	enum wdl_shape shape;
	struct wdl_part *first; /* WHOLE: one part; LITERAL: one part or none */
	unsigned expressions;   /* parts with a node */
	struct wdl_error *errors; /* in order of offset; at most LIMIT_WDL_ERRORS */
	bool broken;              /* one of them is a WDL_SEV_ERROR of syntax: do not evaluate */
};

/* The next node in source order (parents first) below `root`, NULL at the end:
 *
 *	for (n = root; n; n = wdl_walk_next(root, n))
 *
 * and the same without what is below `n`. */
struct wdl_node *wdl_walk_next(const struct wdl_node *root, const struct wdl_node *n);
struct wdl_node *wdl_walk_over(const struct wdl_node *root, const struct wdl_node *n);

/* True for a call of that function, in any case of letters. */
bool wdl_is_call(const struct wdl_node *n, const char *function);

#endif
