/*
 * conf_text.h - the text of a configuration file: lines, entries and values.
 *
 * Inside of work/conf*.c.  Knows how settings are written and what a value may look like;
 * knows nothing of where files lie or which setting wins.
 */
#ifndef WORK_CONF_TEXT_H
#define WORK_CONF_TEXT_H

#include "work/conf.h"

enum conf_line_kind {
	CONF_LINE_NOTHING, /* blank or comment */
	CONF_LINE_SECTION, /* [profile NAME]: `name` */
	CONF_LINE_KEY,     /* `name` = `value` */
	CONF_LINE_WRONG,   /* `why`: static text */
};

struct conf_line {
	enum conf_line_kind kind;
	struct str name, value;
	const char *why;
};

/* Reads one line (without its newline). */
struct conf_line conf_line_read(struct str line);

/* Always false; *message is `where` ("file:line"), ": " and the text. */
bool conf_say(struct arena *a, const char *where, const char **message, const char *fmt, ...)
	__attribute__((__format__(__printf__, 4, 5)));

/* One setting of a file, checked. */
struct conf_entry {
	struct conf_entry *next;
	const char *profile; /* NULL: the global part */
	const struct conf_key *key;
	const char *value; /* as conf_check made it */
	const char *where; /* "file:line" */
};

struct conf_text {
	struct conf_entry *first, **last;
	const char **profiles; /* names of the sections, in order */
	size_t profile_count;
};

/* Reads a whole file's text; `file` is its name for messages.
 * false: *message says file, line and what would do. */
bool conf_text_read(struct arena *a, const char *file, struct str text, struct conf_text *out,
		    const char **message);

/* Checks a value and brings it into its one form (paths expanded, UUIDs in lower case ...).
 * NULL: fine, *normal is set.  Otherwise what is wrong, to follow "where: key ". */
const char *conf_check(struct arena *a, const struct conf_key *k, struct str value,
		       const char **normal);

/* The row of that name, or NULL. */
const struct conf_key *conf_key_find(struct str name);
/* "; did you mean 'x'?" or "". */
const char *conf_did_you_mean(struct arena *a, struct str name);
/* True for a name that a secret would have, such as client_secret. */
bool conf_secret_name(struct str name);
/* What kind of secret the value looks like, or NULL. */
const char *conf_secret_value(struct str value);
/* [A-Za-z0-9][A-Za-z0-9._-]{0,63}: safe as a file name. */
bool conf_name_ok(struct str s);
/* The text of an untrusted value for a message: escaped and short. */
const char *conf_quote(struct arena *a, struct str s);

#endif
