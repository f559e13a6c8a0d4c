/*
 * scan.h - one strict, incremental JSON scanner.
 *
 * It is fed bytes as they arrive and checks them as RFC 8259 and RFC 7493 ask:
 * one value, nothing after it, well-formed UTF-8, no raw control characters, no \u0000
 * (unless allowed), no lone surrogates, no duplicate member names, numbers that a double
 * can hold without overflow, bounded depth and node count.  It uses memory in proportion
 * to the depth and to the member names of the open objects, never to the input.
 *
 * Two users: the check before every parse (text/json.c) and the projection of content that
 * is too large to hold (below).
 */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H

#include "text/json.h"

enum scan_event {
	SCAN_OBJECT_BEGIN,
	SCAN_OBJECT_END,
	SCAN_ARRAY_BEGIN,
	SCAN_ARRAY_END,
	SCAN_NAME,        /* decoded member name, whole (names have a ceiling) */
	SCAN_STRING_PART, /* decoded piece of a string value, in whole characters; `last` marks
			   * the end */
	SCAN_NUMBER,      /* exact text */
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL,
};

struct scan_options {
	unsigned depth;          /* deepest nesting; 0 means LIMIT_JSON_DEPTH */
	unsigned long nodes;     /* most values; 0 means LIMIT_JSON_NODES */
	bool allow_nul;          /* \u0000 is delivered as U+FFFD instead of being an error */
	bool allow_bom;          /* a byte order mark at the start is skipped */
	bool allow_duplicates;   /* content of strangers: later members of the same name are kept */
	/* Called for each event in order; return false to stop (scan_feed then returns false
	 * with message "stopped").  May be NULL: then the scanner only checks. */
	bool (*on_event)(void *arg, enum scan_event ev, struct str text, bool last);
	void *arg;
};

struct scan;

/* NULL when memory is out.  Free with scan_free (NULL is fine). */
struct scan *scan_new(const struct scan_options *o);
void scan_free(struct scan *s);
/* False once the input is wrong; scan_error then says where and why. */
bool scan_feed(struct scan *s, struct str bytes);
/* Call when the input has ended: true when exactly one complete value was read. */
bool scan_end(struct scan *s);
struct json_error scan_error(const struct scan *s);

/* What a builder of trees must know of the text that was checked. */
struct scan_seen {
	bool nul;              /* a \u0000 was let through */
	size_t longest_number; /* in bytes */
};
struct scan_seen scan_seen(const struct scan *s);

/* True when `text` is one JSON number that a double can hold. */
bool scan_is_number(struct str text);

/* ---- projection: a bounded tree out of unbounded content ----
 *
 * The result has the shape of the input; what does not fit is left out and listed:
 * - a string is cut at a character; an array keeps its first items; an object loses members.
 * - The printed result (json_print) never has more than `budget` bytes.
 * - One member of an object gets at most 7/8 of what is left, one string longest_string bytes,
 *   so that what follows something large is still seen.
 * - Values nested deeper than LIMIT_JSON_DEPTH are left out.
 * - A member that comes twice replaces the earlier one, as most readers have it.
 *
 * With pointers, only the values they select are kept, each where its pointer says: the
 * containers on the way are objects, and those that are arrays in the input have their items
 * under the index as name.  So "/body/value/7/id" gives {"body":{"value":{"7":{"id":...}}}},
 * and the same pointer finds the value in the result.  What is left is shared evenly among
 * the pointers still to come.  A pointer that is ill-formed selects nothing.
 */

struct project_options {
	const struct str *pointers; /* RFC 6901; keep only these and what is below; none: all */
	size_t pointer_count;       /* at most LIMIT_PROJECT_POINTERS */
	size_t budget;              /* bytes of JSON text to keep; at least 64 */
	size_t longest_string;      /* strings are cut here, at a character; 0 means budget / 4 */
	size_t longest_array;       /* items kept of one array; 0 means no ceiling but the budget */
	/* A member "$content" with base64 of more than a few bytes (a file, as the service passes
	 * it) becomes {"bytes": N, "sha256": "..."}, unless a pointer names it. */
	bool digest_files;
};

/* What was left out.  The pointer is valid in the input and in the result. */
struct project_cut {
	struct str pointer; /* of the value that was shortened */
	size_t kept, of;    /* bytes of a string, items of an array or members of an object;
	                     * `of` is 0 when the input ended or was stopped before it was known */
	bool items;         /* kept/of count items, not bytes */
};

enum { PROJECT_CUTS = 32 };

struct project_result {
	struct json *value;             /* in the arena given; NULL when nothing was selected */
	const struct project_cut *cuts; /* at most PROJECT_CUTS; shortened strings give way to
	                                 * shortened arrays and objects */
	size_t cut_count;
	size_t cuts_not_listed;
	uint64_t bytes;                 /* bytes fed */
	bool complete;                  /* the whole input was seen and was one JSON value */
};

struct project;

/* A projector that builds in `a`.  NULL when memory is out or there are too many pointers.
 * It holds memory besides the arena's: project_free it before the arena is released, also
 * when the arena ran out.  The pointers given are not used after project_new. */
struct project *project_new(struct arena *a, const struct project_options *o);
void project_free(struct project *p);

enum project_state {
	PROJECT_MORE,  /* feed on */
	PROJECT_FULL,  /* nothing further can be kept: the transfer may be stopped.  It need not:
	                * what is fed on is still checked and counted. */
	PROJECT_WRONG, /* not JSON: see project_error */
};
enum project_state project_feed(struct project *p, struct str bytes);
struct json_error project_error(const struct project *p);
/* Closes what is open and hands out the result, also after PROJECT_FULL or PROJECT_WRONG. */
struct project_result project_end(struct project *p);

/* The same for a value that is already a tree: returns a bounded copy. */
struct project_result project_tree(struct arena *a, const struct json *v,
				   const struct project_options *o);

#endif
