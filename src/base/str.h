/*
 * str.h - strings as pointer and length.
 *
 * A struct str never owns what it points at and need not end in NUL.
 * C strings exist only at the borders (system calls, libraries).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct str {
	const char *p;
	size_t n;
};

/* A literal as a struct str; STR_INIT for static tables. */
#define S(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_INIT(lit) { "" lit, sizeof(lit) - 1 }
/* Arguments for a "%.*s" conversion. */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_from(const char *c)
{
	return (struct str){ c ? c : "", c ? strlen(c) : 0 };
}

static inline struct str str_n(const char *p, size_t n)
{
	return (struct str){ p, n };
}

/* Digests, keys and other bytes that are no text. */
static inline struct str str_bytes(const void *p, size_t n)
{
	return (struct str){ p, n };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case folding only. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_ends_nocase(struct str s, struct str suffix);
/* Offset of the first occurrence, or -1.  An empty needle is found at 0. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_char(struct str s, char c);
/* Case-insensitive substring, for searches of people (ASCII folding, UTF-8 otherwise exact). */
bool str_contains_nocase(struct str s, struct str needle);
/* Bytes, then length: the order of memcmp. */
int str_cmp(struct str a, struct str b);
/* The part from offset `from` on, and the first `n` bytes; both clamp. */
struct str str_from_at(struct str s, size_t from);
struct str str_first(struct str s, size_t n);
/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Takes the text before the first `sep` off *s into *head; false when *s was exhausted (p NULL). */
bool str_cut(struct str *s, char sep, struct str *head);
/* The part after the last `sep`; all of it when there is none. */
struct str str_after_last(struct str s, char sep);
/* The whole string as a decimal number; false when it is anything else or does not fit. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
/* The value of a hexadecimal digit, -1 for any other character. */
static inline int str_hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}
/* Undoes %XX; what is no escape stays.  With `plus`, + becomes a space first.  Any bytes may come
 * out of it. */
struct str str_unpercent(struct arena *a, struct str s, bool plus);
/* 8-4-4-4-12 hexadecimal digits of either case, and nothing else. */
bool str_is_guid(struct str s);
/* A NUL-terminated copy. */
char *str_c(struct arena *a, struct str s);
struct str str_dup(struct arena *a, struct str s);
struct str str_lower(struct arena *a, struct str s);
/* Formats into the arena. */
struct str str_fmt(struct arena *a, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));
/* True when every byte sequence is well-formed UTF-8 (RFC 3629: no surrogates, no overlongs). */
bool str_is_utf8(struct str s);
/* The longest prefix of at most `n` bytes that does not cut a UTF-8 sequence. */
struct str str_first_utf8(struct str s, size_t n);
/* Edit distance (insert, delete, replace, swap of neighbours), at most `max` + 1. */
unsigned str_distance(struct str a, struct str b, unsigned max);

#endif
