/*
 * pattern.h - patterns of text, matched in linear time.
 *
 * A dialect every engine of the Perl family reads the same way, without back-references and
 * look-around: literals, classes, \s \S \d \w \b, groups (one of them captures), | * + ? {n,m},
 * their lazy forms, ^ $, and (?i) at the start.  Bytes, not characters: a negated class matches
 * any byte.  The match found is the one a backtracking engine would find (leftmost, then by
 * preference), but no input makes it slow: the time is bounded by length times pattern size.
 * Method: Ken Thompson, "Regular Expression Search Algorithm", CACM 11(6), 1968, with the
 * captures of Rob Pike's sam.
 */
#ifndef TEXT_PATTERN_H
#define TEXT_PATTERN_H

#include "base/str.h"

struct pattern;

struct pattern_match {
	size_t from, to;             /* the whole match */
	size_t group_from, group_to; /* the capturing group; the whole match when there is none */
};

/* Scratch memory of matching, used again by each call; zero but for `arena`. */
struct pattern_room {
	struct arena *arena;
	size_t n;
	unsigned step, *seen;
	struct pattern_thread *stack, *now, *then;
};

/* Compiles `source` into the arena; NULL when it is no pattern of this dialect or too large. */
struct pattern *pattern_new(struct arena *a, struct str source);

/* The first match that begins in [from, until) and ends by `to` (at most text.n); the whole text
 * is what ^, $ and \b see. */
bool pattern_find(struct pattern_room *room, const struct pattern *p, struct str text, size_t from,
		  size_t until, size_t to, struct pattern_match *out);

#endif
