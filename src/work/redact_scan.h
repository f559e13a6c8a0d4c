/*
 * redact_scan.h - the parts of the redactor, for each other and for their tests.
 *
 * A text is looked at in views: itself, then each stretch of it that is written in another way
 * (a JSON string, percent-encoding, HTML, base64), decoded one level at a time.  A view knows
 * where each of its bytes comes from, so that what is found in it is masked in the original.
 */
#ifndef WORK_REDACT_SCAN_H
#define WORK_REDACT_SCAN_H

#include "base/buf.h"
#include "text/pattern.h"

struct redact_span {
	size_t from, to;   /* in the original */
	const char *rule;
	struct str quote;  /* the mask replaces a whole value and needs these around it; or "" */
	char tag[12];
};

struct redact_work {
	struct arena *arena;
	struct str original;
	struct redact_span *spans;
	size_t count, room;
	unsigned counted; /* hits that are not masked */
	size_t budget;    /* bytes that may still be decoded */
	bool json;        /* the original is JSON from end to end */
	bool broken;      /* budget gone: nothing of the text may be used */
	struct pattern_room patterns;
	struct redact_hits *hits; /* NULL until needed */
};

struct redact_view {
	struct str text;
	const uint32_t *map; /* text.n + 1 offsets into the original; NULL: it is the original */
	size_t whole_from, whole_to; /* of base64, in the original: masked whole; or 0, 0 */
	unsigned depth;
};

/* JSON in JSON in a percent-encoded query is three. */
enum { REDACT_DEPTH = 6 };

/* Looks at a view and at all that is in it, and collects spans. */
void redact_look(struct redact_work *w, struct redact_view v);

/* Marks [from, to) of a view, unless it is a mask already. */
void redact_mark(struct redact_work *w, struct redact_view v, size_t from, size_t to,
		 const char *rule, struct str quote);
/* Marks what patterns find (redact_rules.c). */
void redact_patterns(struct redact_work *w, struct redact_view v);
/* Marks what the names of JSON members give away.  True when the view is JSON from end to end. */
bool redact_members(struct redact_work *w, struct redact_view v);
/* Of a number or a word such as true. */
bool redact_is_bare(char c);
/* Decodes [from, to) of a view one level; false when there is nothing to decode. */
bool redact_decode(struct redact_work *w, struct redact_view v, size_t from, size_t to,
		   struct redact_view *out);
/* See redact_mask_likely. */
extern bool redact_masks_likely;
/* Looks into base64. */
void redact_base64(struct redact_work *w, struct redact_view v);
/* "@parameters('x')", "@{...}": what the engine puts there is not written there. */
bool redact_is_expression(struct str s);

/* The prefilter: where keywords end in the next stretches of a text, in order of stream and place.
 * *at moves on; false at the end of the text, of which there is at most UINT32_MAX. */
enum { REDACT_STREAMS = 4, REDACT_STRETCH = 2048 };
struct redact_hit {
	uint32_t end;   /* the keyword's last byte is before it */
	uint16_t found; /* index in redact_found */
};
struct redact_hits {
	size_t count[REDACT_STREAMS];
	struct redact_hit of[REDACT_STREAMS][REDACT_STRETCH];
};
bool redact_keywords(struct str text, size_t *at, struct redact_hits *h);

/* Written by src/work/gen/prefilter.c. */
extern const unsigned redact_classes;
extern const size_t redact_longest;
extern const unsigned char redact_class[256];
extern const unsigned short redact_next[]; /* of a state and a class; a state is its row's offset */
extern const unsigned redact_first;        /* from this state on a keyword ends */
extern const uint64_t redact_found[];      /* bits of rules, from redact_first on */

#endif
