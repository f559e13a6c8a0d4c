/*
 * complain.h - the parser's errors: what is wrong, and what to write instead.  Internal.
 */
#ifndef WDL_COMPLAIN_H
#define WDL_COMPLAIN_H

#include "wdl/ast.h"
#include "wdl/lex.h"

/* The state of one parse. */
struct wdl_reader {
	struct arena *a;
	struct wdl_template *t;
	struct str s;
	size_t pos, end; /* of the expression being read */
	unsigned depth;
	bool too_deep, noted_space;
	bool naming; /* in an argument that names an action, a variable and the like */
	unsigned errors;
	struct wdl_error *last; /* the newest complaint, or NULL when the list is full */
	struct wdl_part **parts_tail;
};

void wdl_complain(struct wdl_reader *r, enum wdl_problem problem, size_t start, size_t end,
		  const char *fmt, ...) __attribute__((__format__(__printf__, 5, 6)));
void wdl_warn(struct wdl_reader *r, enum wdl_problem problem, size_t start, size_t end,
	      const char *message);
/* What to write instead, for the newest complaint: words, or the replacing text itself. */
void wdl_instead(struct wdl_reader *r, const char *words);
void wdl_instead_text(struct wdl_reader *r, struct str text);
/* The node's fix where it has one, else the words. */
void wdl_instead_fix(struct wdl_reader *r, const struct wdl_node *n, const char *words);

void wdl_complain_invisible(struct wdl_reader *r, size_t length);
void wdl_note_space(struct wdl_reader *r, size_t length);
/* A bare name where a value should be; gives the node its fix where that is sure. */
void wdl_complain_name(struct wdl_reader *r, struct wdl_node *n, struct str name);
/* A comma or parenthesis where an argument should be. */
void wdl_complain_missing(struct wdl_reader *r);
void wdl_complain_argument(struct wdl_reader *r, const struct wdl_node *call, struct wdl_token t);
void wdl_complain_method(struct wdl_reader *r, struct wdl_node *n, struct wdl_token name);
void wdl_complain_trailing(struct wdl_reader *r, const struct wdl_node *n, struct wdl_token t);
/* Unknown name, wrong number of arguments (if they are all there). */
void wdl_check_call(struct wdl_reader *r, struct wdl_node *call, bool closed);
/* .name that hides a foreign operator. */
void wdl_check_member(struct wdl_reader *r, const struct wdl_node *key);
/* Orders the list and counts columns. */
void wdl_complaints_end(struct wdl_reader *r);

/* Fills %1 ... %9 and %* of a pattern with the fixed text of nodes from `first` on; an empty
 * string (p NULL) when an argument is missing or the result grows beyond a sensible hint. */
struct str wdl_fill(struct wdl_reader *r, const char *pattern, const struct wdl_node *first);
struct str wdl_quoted(struct arena *a, struct str text);
/* True when an operand is surely text. */
bool wdl_any_text(const struct wdl_node *parent);

#endif
