/*
 * lex.h - tokens of an expression.  Internal to the parser.
 *
 * The same bytes are different tokens in different places: after a value a + is a foreign
 * operator, before one it is the sign of a number, and in .name it is part of the name.
 */
#ifndef WDL_LEX_H
#define WDL_LEX_H

#include "wdl/ast.h"

struct wdl_operator; /* wdl/dialect.h */

enum wdl_token_kind {
	TOK_END,
	TOK_STRING,         /* '...' */
	TOK_FOREIGN_STRING, /* "..." `...` and typographic quotes */
	TOK_NUMBER,
	TOK_NAME,
	TOK_OPERATOR,       /* a foreign one */
	TOK_CHAR,           /* one of . , ( ) [ ] ? { } @ or a character that fits nowhere */
};

enum wdl_token_place {
	AT_VALUE,    /* where a value is expected */
	AT_OPERATOR, /* after a value */
	AT_MEMBER,   /* after a dot */
};

struct wdl_token {
	enum wdl_token_kind kind;
	size_t start, end;
	char c;        /* CHAR: the character, 0 when it is not ASCII */
	bool closed;   /* strings: the closing quote is there */
	bool is_float; /* NUMBER */
	bool bad;      /* NUMBER: letters or nothing follow where digits should */
	bool no_lead;  /* NUMBER: nothing before the point */
	size_t inner_start, inner_end; /* strings: without the quotes */
	const struct wdl_operator *op;
};

/* Length of the white space character at `p` (the engine's set), 0 when it is none. */
size_t wdl_space_at(const char *p, size_t n);
/* Length of an invisible character that the engine does not take for white space, or 0. */
size_t wdl_invisible_at(const char *p, size_t n);
/* Length of one character (UTF-8 sequence); at least 1. */
size_t wdl_char_length(const char *p, size_t n);
/* The token that starts exactly at `pos`; white space must have been skipped. */
struct wdl_token wdl_token_at(struct str s, size_t pos, size_t end, enum wdl_token_place place);

#endif
