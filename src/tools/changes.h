/*
 * changes.h - where two values differ, place by place.
 *
 * Pure: values in, values out.
 */
#ifndef TOOLS_CHANGES_H
#define TOOLS_CHANGES_H

#include "text/json.h"

struct changes_options {
	size_t most;    /* places that are told; the others are counted */
	size_t longest; /* bytes of one value that is told; longer ones are cut */
	bool envelope;  /* also "headers" at the top: dates, request ids */
	/* First where something is missing, null, empty or of another type: what breaks flows. */
	bool shape_first;
};

/* An array of {"pointer", "was", "now"}; a member that is missing on a side is missing there, and
 * lists of different length have {"pointer","wasItems","nowItems"}.  *total counts all places;
 * 0: they are equal (numbers by value, members in any order). */
struct json *changes_of(struct arena *a, const struct json *was, const struct json *now,
			const struct changes_options *o, size_t *total);
/* At most that many bytes of a value: strings are cut, containers lose what does not fit. */
struct json *changes_short(struct arena *a, const struct json *v, size_t longest);

#endif
