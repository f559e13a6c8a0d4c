/*
 * diff.h - what differs between two definitions, in the terms of those who write them.
 *
 * Steps are matched by name (case folded), then by equal body, so that a renamed action is told
 * as one, and what only follows from the new name (references, runAfter) is not told at all.
 * The order of members is no difference, and numbers are compared by value.
 *
 * Pure; both documents stay as they are.
 */
#ifndef WDL_DIFF_H
#define WDL_DIFF_H

#include "text/json.h"

enum diff_kind {
	DIFF_ADDED,
	DIFF_REMOVED,
	DIFF_RENAMED,
	DIFF_MOVED,   /* to another container */
	DIFF_AFTER,   /* waits for other steps, or for other outcomes of them */
	DIFF_CHANGED, /* a value inside of it */
	DIFF__KINDS,
};

enum diff_what {
	DIFF_TRIGGER,
	DIFF_ACTION,
	DIFF_VARIABLE,   /* renamed only: the rest is told of the action that initializes it */
	DIFF_PARAMETER,
	DIFF_CONNECTION, /* connectionReferences */
	DIFF_FLOW,       /* anything else: display name, description, outputs */
	DIFF__WHATS,
};

struct diff_change {
	struct diff_change *next;
	enum diff_kind kind;
	enum diff_what what;
	struct str name;     /* of the step and so on; in the new document but for DIFF_REMOVED */
	struct str old_name; /* DIFF_RENAMED */
	struct str type;     /* of a step */
	struct str pointer;  /* into the new document; DIFF_REMOVED: into the old one */
	struct str inside;   /* DIFF_CHANGED: the part of the pointer below the step */
	/* DIFF_CHANGED: the values, NULL where there is none.  DIFF_AFTER: both runAfter. */
	const struct json *from, *to;
	/* DIFF_MOVED, DIFF_ADDED, DIFF_REMOVED: the container and its branch, "" at the top. */
	struct str from_scope, to_scope;
	struct str words;    /* one line: what a person is told */
};

struct diff {
	bool usable;       /* false: one of the documents has no definition; `why` says so */
	const char *why;
	bool equal;
	struct diff_change *first; /* renamed, removed, added, moved, changed; in document order */
	size_t count, counts[DIFF__KINDS];
	size_t dropped;    /* beyond LIMIT_DIFF_CHANGES */
};

/* Of two documents: bare definitions, flows as the service returns them, Dataverse rows. */
struct diff diff_documents(struct arena *a, const struct json *before, const struct json *after);

/* {"equal", "changes": [{"change","what","name","type","pointer","from","to","words"}]}.  Values
 * whose text is longer than `longest` bytes are given as {"bytes": n}. */
struct json *diff_json(struct arena *a, const struct diff *d, size_t longest);

/* "added", "removed", ... and "action", "trigger", ... */
const char *diff_kind_name(enum diff_kind k);
const char *diff_what_name(enum diff_what w);

#endif
