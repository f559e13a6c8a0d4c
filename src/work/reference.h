/*
 * reference.h - what a person may write where an id is wanted: an id, the key "env.flow",
 * a pasted link of the maker portal, a resource path of the service, or a display name.
 *
 * Pure text; knows nothing of calls or of what exists.
 */
#ifndef WORK_REFERENCE_H
#define WORK_REFERENCE_H

#include "base/str.h"

enum reference_kind {
	REFERENCE_ID,      /* taken as it is */
	REFERENCE_KEY,     /* "<environment>.<flow>" */
	REFERENCE_LINK,    /* a link or resource path that names at least an environment */
	REFERENCE_NAME,    /* anything else: a display name */
	REFERENCE_FOREIGN, /* a link, but not to a portal or service this program knows */
	REFERENCE_EMPTY,   /* a link to a known portal that does not name what is wanted */
};

struct reference {
	enum reference_kind kind;
	struct str environment, flow, run; /* p NULL where the text does not name one */
	struct str host;                   /* REFERENCE_FOREIGN: for the message */
};

/* What the argument stands for. */
enum reference_want { WANT_ENVIRONMENT, WANT_FLOW, WANT_RUN };

/* Strings of the result are in the arena or point into `text`. */
struct reference reference_read(struct arena *a, struct str text, enum reference_want want);

/* Environment ids are a GUID, a GUID with a word in front ("Default-...") or "~default". */
bool reference_is_environment_id(struct str s);
/* Run names are letters, digits, "_" and "-",. */
bool reference_is_run_name(struct str s);

#endif
