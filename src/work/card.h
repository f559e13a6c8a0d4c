/*
 * card.h - what a person reads before a decision: one text from facts, worst first.
 *
 * Pure.  Text of strangers is quoted, capped and freed of what could mislead the eye; what a
 * request will carry is shown exactly, or the card is refused.
 */
#ifndef WORK_CARD_H
#define WORK_CARD_H

#include "work/gate.h"

struct card_request {
	const char *method;
	struct str host, path;
};

struct card {
	enum klass klass;
	const char *rule;            /* what decided the class */
	const char *const *warnings; /* facts in our words, worst first, ends with NULL; or NULL */
	const char *sentence;        /* from quoted() pieces only */
	const char *tool;
	const char *server;          /* program, version, profile */
	struct str target, target_id;
	struct str environment, environment_id, environment_type; /* "" when not known */
	struct str account;          /* who is signed in */
	struct str credential;       /* store and kind, never a value */
	const struct card_request *requests;
	size_t request_count;
	const struct json *arguments;
	const char *diff;            /* or NULL */
	const char *plan;            /* 8 digits */
	int minutes;                 /* of validity */
};

/* Text of strangers on one line: without control, bidirectional, zero-width and tag characters,
 * at most `most` characters, in quotes.  Says how many characters were taken out. */
struct str card_quote(struct arena *a, struct str text, size_t most);
/* The same without quotes and cap: what a person can type. */
struct str card_plain(struct arena *a, struct str text);
/* True when every character shows as it is. */
bool card_is_plain(struct str text);
/* Characters (code points) of well-formed text. */
size_t card_characters(struct str text);

/* The card: `full` for a terminal, else at most LIMIT_CARD characters for a form.
 * False: *why says what cannot be shown. */
bool card_build(struct arena *a, const struct card *card, bool full, struct str *out,
		const char **why);

#endif
