/*
 * text.h - strings as the engine sees them: UTF-16 units, invariant casing, .NET white space.
 *
 * The engine counts UTF-16 units; strings here are UTF-8.  Half a surrogate pair, which UTF-8
 * cannot hold, becomes U+FFFD.
 */
#ifndef WDL_TEXT_H
#define WDL_TEXT_H

#include "base/buf.h"

/* ASCII only. */
static inline bool wdl_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool wdl_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Units of UTF-16 in the string. */
size_t wdl_units(struct str s);
/* `count` units from unit `start` on; both clamp. */
struct str wdl_units_slice(struct arena *a, struct str s, size_t start, size_t count);
/* Unit offset of the first or last occurrence, or -1. */
ptrdiff_t wdl_units_find(struct str s, struct str needle);
ptrdiff_t wdl_units_find_last(struct str s, struct str needle);

/* Simple case mappings of single characters (ToUpperInvariant, ToLowerInvariant). */
struct str wdl_upper(struct arena *a, struct str s);
struct str wdl_lower(struct arena *a, struct str s);
unsigned wdl_upper_point(unsigned point);
/* As the engine compares names: OrdinalIgnoreCase, in any script. */
bool wdl_same_nocase(struct str x, struct str y);
/* OrdinalIgnoreCase: negative, zero or positive, by UTF-16 units of the upper case. */
int wdl_compare_nocase(struct arena *a, struct str x, struct str y);
/* Without .NET white space at both ends. */
struct str wdl_trim(struct str s);

/* Reads one code point (U+FFFD for ill-formed bytes); *length is at least 1. */
unsigned wdl_point(const char *p, size_t n, size_t *length);
void wdl_add_point(struct buf *b, unsigned point);

struct wdl_case_run {
	unsigned first, last, step;
	int to_upper, to_lower;
};

extern const struct wdl_case_run wdl_case_runs[];
extern const size_t wdl_case_run_count;

#endif
