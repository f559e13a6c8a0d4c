/*
 * json.h - JSON values in an arena.
 *
 * The only face of cJSON.  Values are read strictly (RFC 8259 plus the rules of I-JSON,
 * RFC 7493: no duplicate names, well-formed UTF-8), keep the order of their members and
 * the exact text of their numbers, and die with their arena; nothing is freed one by one.
 *
 * A value belongs to one parent.  Putting a value that already has a parent into another
 * one is a bug; json_copy it first.  NULL stands for "not there": every reader takes NULL
 * and answers with its default, so lookups can be chained without checks.
 */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include "base/buf.h"

struct json;

enum json_type {
	JSON_NONE, /* NULL was given */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* ---- reading ---- */

enum json_flags {
	JSON_STRICT = 0,
	/* An answer of the service: \u0000 becomes U+FFFD and a UTF-8 byte order mark is skipped,
	 * and the node ceiling is the one for answers. */
	JSON_ANSWER = 1,
};

struct json_error {
	size_t offset;       /* byte offset of the first offending byte */
	const char *message; /* static text: "duplicate member name", "expected ',' or '}'" ... */
};

/* Parses the whole of `text`.  Returns NULL and fills *e (may be NULL) when it is not JSON. */
struct json *json_parse(struct arena *a, struct str text, enum json_flags flags,
			struct json_error *e);

enum json_type json_type(const struct json *v);
static inline bool json_is(const struct json *v, enum json_type t)
{
	return json_type(v) == t;
}
/* "object", "array", ... for messages. */
const char *json_type_name(enum json_type t);

/* The member of that exact name, or NULL. */
struct json *json_get(const struct json *object, const char *name);
struct json *json_get_n(const struct json *object, struct str name);
/* The member whose name matches without regard to ASCII case (the engine folds), or NULL. */
struct json *json_get_nocase(const struct json *object, struct str name);
/* RFC 6901 pointer, such as "/properties/definition/actions"; "" is the value itself. */
struct json *json_at(const struct json *v, const char *pointer);
struct json *json_at_n(const struct json *v, struct str pointer);
/* A pointer leads to the place of another one, or below it. */
bool json_pointer_within(struct str pointer, struct str outer);
/* Item number `i` of an array (linear: iterate with json_first/json_next instead). */
struct json *json_item(const struct json *array, size_t i);

/* Iteration over items or members, in order. */
struct json *json_first(const struct json *container);
struct json *json_next(const struct json *v);
#define JSON_EACH(v, container)                                                                    \
	for (struct json *v = json_first(container); v; v = json_next(v))
/* The name of a member ("" for an array item or root). */
struct str json_name(const struct json *member);
size_t json_count(const struct json *container);

/* Values, with a default for any other type. */
struct str json_str(const struct json *v);           /* "" */
const char *json_z(const struct json *v);            /* "" ; NUL-terminated */
bool json_bool(const struct json *v, bool otherwise);
struct str json_number_text(const struct json *v);   /* "" ; exactly as it was written */
int64_t json_int(const struct json *v, int64_t otherwise); /* integers that fit; 1.0 and 1e3 too */
double json_double(const struct json *v, double otherwise);
bool json_is_true(const struct json *v);
/* Shorthands for a member of an object. */
struct str json_get_str(const struct json *object, const char *name);
const char *json_get_z(const struct json *object, const char *name);

/* ---- building ---- */

struct json *json_new_object(struct arena *a);
struct json *json_new_array(struct arena *a);
struct json *json_new_null(struct arena *a);
struct json *json_new_bool(struct arena *a, bool v);
struct json *json_new_int(struct arena *a, int64_t v);
/* Shortest text that reads back as the same double; NaN and infinities become null. */
struct json *json_new_double(struct arena *a, double v);
/* `text` must be a JSON number. */
struct json *json_new_number(struct arena *a, struct str text);
/* Ill-formed UTF-8 is replaced by U+FFFD. NUL bytes too. */
struct json *json_new_str(struct arena *a, struct str s);
struct json *json_new_z(struct arena *a, const char *z);

/* Adds a member at the end, or replaces the member of that name in its place. Returns `v`.
 * A NULL `v` is ignored (so optional fields need no branch). */
struct json *json_set(struct arena *a, struct json *object, const char *name, struct json *v);
struct json *json_set_n(struct arena *a, struct json *object, struct str name, struct json *v);
/* The same with a copy of `v`. */
void json_set_copy(struct arena *a, struct json *object, const char *name, const struct json *v);
/* Adds a member at the end without looking for one of that name: for fresh objects, O(1). */
struct json *json_add_n(struct arena *a, struct json *object, struct str name, struct json *v);
void json_set_str(struct arena *a, struct json *object, const char *name, struct str s);
void json_set_z(struct arena *a, struct json *object, const char *name, const char *z);
void json_set_int(struct arena *a, struct json *object, const char *name, int64_t v);
void json_set_bool(struct arena *a, struct json *object, const char *name, bool v);
void json_set_null(struct arena *a, struct json *object, const char *name);
/* Appends to an array, O(1).  Returns `v`; NULL is ignored. */
struct json *json_push(struct json *array, struct json *v);
/* Puts `v` before item `i`, or at the end. */
struct json *json_insert(struct json *array, size_t i, struct json *v);
/* Takes a member or item out of its parent and returns it (NULL when there is none). */
struct json *json_take(struct json *object, const char *name);
struct json *json_take_n(struct json *object, struct str name);
struct json *json_detach(struct json *parent, struct json *v);
/* Puts `v` where `old` is; `old` is then free of its parent. */
void json_replace(struct json *parent, struct json *old, struct json *v);
/* Gives a member another name in its place. */
void json_rename(struct arena *a, struct json *member, struct str name);

struct json *json_copy(struct arena *a, const struct json *v);

/* ---- comparing and printing ---- */

/* Same types, same members in any order, numbers equal by value. */
bool json_equal(const struct json *a, const struct json *b);
/* Same members in the same order and numbers with the same text. */
bool json_identical(const struct json *a, const struct json *b);
/* One line, no spaces; "/" is not escaped; C0 controls are. */
void json_print(struct buf *b, const struct json *v);
/* Two spaces per level, for people. */
void json_print_pretty(struct buf *b, const struct json *v);
struct str json_text(struct arena *a, const struct json *v);
/* Members sorted by name at every level, one line: the input of digests. */
void json_print_canonical(struct buf *b, const struct json *v);
/* Adds a JSON string literal. */
void json_print_str(struct buf *b, struct str s);
/* Adds "/" and the RFC 6901 escape of one reference token. */
void json_pointer_add(struct buf *b, struct str token);

#endif
