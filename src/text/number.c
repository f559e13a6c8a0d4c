/*
 * number.c - see number.h.
 */
#include "text/number.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"

static size_t skip_digits(struct str t, size_t i)
{
	while (i < t.n && number_is_digit(t.p[i]))
		i++;
	return i;
}

/* Checks the grammar of RFC 8259 section 6; *at is where it is wrong, *exp the exponent. */
static bool number_grammar(struct str t, size_t *at, int64_t *exp)
{
	size_t i = t.n && t.p[0] == '-', from = i;
	bool minus;

	*exp = 0;
	i = skip_digits(t, i);
	*at = i > from + 1 && t.p[from] == '0' ? from + 1 : i;
	if (i == from || *at != i)
		return false;
	if (i < t.n && t.p[i] == '.') {
		*at = ++i;
		i = skip_digits(t, i);
		if (i == *at)
			return false;
	}
	if (i < t.n && (t.p[i] | 0x20) == 'e') {
		minus = ++i < t.n && t.p[i] == '-';
		if (i < t.n && (t.p[i] == '-' || t.p[i] == '+'))
			i++;
		*at = i;
		/* Beyond a billion only the sign matters. */
		for (; i < t.n && number_is_digit(t.p[i]); i++)
			if (*exp < 1000000000)
				*exp = *exp * 10 + (t.p[i] - '0');
		if (i == *at)
			return false;
		if (minus)
			*exp = -*exp;
	}
	*at = i;
	return i == t.n;
}

/* At the very border, strtod knows. */
static bool is_infinite(struct str t)
{
	char text[LIMIT_JSON_NUMBER + 1];

	memcpy(text, t.p, t.n);
	text[t.n] = '\0';
	return isinf(strtod(text, NULL));
}

/* True when no double can hold the number. */
static bool overflows(struct str t, int64_t exp)
{
	int64_t power = exp; /* of the first digit that is not zero */
	size_t i = t.p[0] == '-';

	if (t.p[i] != '0') {
		power += (int64_t)skip_digits(t, i) - (int64_t)i - 1;
	} else {
		if (i + 1 == t.n || t.p[i + 1] != '.')
			return false;
		for (i += 2; i < t.n && t.p[i] == '0'; i++)
			power--;
		if (i == t.n || !number_is_digit(t.p[i]))
			return false;
		power--;
	}
	return power > 308 || (power == 308 && is_infinite(t));
}

const char *number_wrong(struct str t, size_t *at)
{
	int64_t exp;

	*at = 0;
	if (t.n > LIMIT_JSON_NUMBER)
		return "number is too long";
	if (!number_grammar(t, at, &exp))
		return "malformed number";
	*at = 0;
	return overflows(t, exp) ? "number is out of range" : NULL;
}
