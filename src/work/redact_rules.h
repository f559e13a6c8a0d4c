/*
 * redact_rules.h - the rows of redact_rules.c, for the redactor and for the generator of its
 * prefilter.
 */
#ifndef WORK_REDACT_RULES_H
#define WORK_REDACT_RULES_H

#include <stddef.h>

enum redact_check {
	REDACT_ANY,
	REDACT_NO_EXPRESSION,     /* "@parameters('x')" is no secret, and the agent needs it */
	REDACT_USER_AND_PASSWORD, /* base64 of text with a colon (RFC 7617) */
};

/* At most 64 rows: the prefilter keeps them as bits. */
struct redact_rule {
	const char *name;     /* as the mask shows it */
	char tier;            /* 'A', 'B' or 'C' */
	const char *keywords; /* lower case, separated by | */
	const char *pattern;  /* text/pattern.h; its group is what gets masked */
	enum redact_check check;
	size_t back;  /* how far before the end of its keyword a match may begin; 0: 64 bytes */
	size_t ahead; /* and how far behind it */
	const char *close; /* what ends it, however far; where there is none, the text does */
};

/* A match ends within so many bytes behind its keyword. */
enum { REDACT_REACH = 4096, REDACT_BACK = 64 };

extern const struct redact_rule redact_rules[];
extern const size_t redact_rule_count;

#endif
