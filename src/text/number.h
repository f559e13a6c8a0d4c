/*
 * number.h - what a number of JSON looks like, and whether a double can hold it.
 *
 * Pure.  Knows text alone: numbers are kept as they were written, and never calculated with here.
 * Source: RFC 8259, section 6.
 */
#ifndef TEXT_NUMBER_H
#define TEXT_NUMBER_H

#include "base/str.h"

static inline bool number_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* NULL when `t` is one number that a double can hold; else what is wrong, at offset *at. */
const char *number_wrong(struct str t, size_t *at);

#endif
