/*
 * save_priv.h - one save as the files of the save path see it; for src/tools/save*.c alone.
 *
 * Made anew in every step from the answers that are there: the same answers give the same save.
 */
#ifndef TOOLS_SAVE_PRIV_H
#define TOOLS_SAVE_PRIV_H

#include "tools/save.h"
#include "tools/shared.h"
#include "wdl/design.h"
#include "wdl/diff.h"
#include "wdl/lint.h"

/* Lines of differences in a result: what a model has use for. */
enum { SAVE_TOLD_LINES = 40 };

/* Stages, counted from the wish's `first`; from SAVE_SEND on what comes is decided as it goes. */
enum { SAVE_LOOK, SAVE_MORE, SAVE_CHECK, SAVE_SEND };

/* Answers of SAVE_LOOK. */
enum {
	SEE_FLOW,        /* a create: whether the id is free */
	SEE_ENVIRONMENT,
	SEE_PEOPLE,
	SEE_BAP,
	SEE_CONNECTIONS,
	SEE_DRAFT,
	SEE_POLICIES,
	SEE_SPARE,       /* a create: more ids, should the first not be free */
	SEE__COUNT = SEE_SPARE + 3,
};
/* Answers of SAVE_MORE: the row, the draft beside it, who asks; the connection references there
 * are; then child flows. */
enum { MORE_ROW, MORE_UNPUBLISHED, MORE_ME, MORE_REFERENCES, MORE_CHILDREN };
enum { MORE__COUNT = MORE_CHILDREN + 5 };

/* Ways to the service, in the order in which they are tried. */
enum way { WAY_FLOW, WAY_KEYS, WAY_DATAVERSE, WAY__COUNT };

struct save_way {
	bool open;             /* can be gone */
	struct fetch send, restore;
};

/* A flow as it was read, in the form a save takes. */
struct save_form {
	const struct json *flow; /* as the service gave it */
	struct json *definition, *references;
	struct str name;
	bool known;              /* its references could be found out */
};

struct save {
	struct call *c;
	struct arena *a;
	const struct save_wish *w;
	bool creating, solution;
	const struct json *row;      /* of Dataverse, or NULL */
	struct str id, workflow, organisation;
	struct save_form before;     /* what runs now */
	struct save_form base;       /* what edits start from: the draft where there is one */
	struct save_form wanted;
	bool draft_there, draft_mine;
	bool any_draft;              /* drafts of others are no reason to stop */
	struct json *updated, *adjusted, *warnings, *unchecked;
	struct diff diff;
	struct lint_report lint;
	size_t new_errors;
	bool same;                   /* nothing differs */
	bool rebinds;                /* what is there already would run on other connections */
	struct save_way ways[WAY__COUNT];
};

/* ---- save.c ---- */

enum act { ACT_SEND, ACT_LOOK, ACT_MEND, ACT_LOOK_MENDED, ACT_END };

enum ending {
	END_VERIFIED,
	END_REFUSED,  /* and the flow is as it was */
	END_UNKNOWN,  /* no answer came, and the flow is as it was */
	END_NOT_KEPT, /* accepted, and the flow is as it was */
	END_MENDED,   /* something else was kept; the flow is as it was again */
	END_STUCK,    /* something else was kept and stays */
	END_FOREIGN,  /* somebody else saved meanwhile */
	END_UNREAD,   /* it could not be read afterwards */
};

struct course {
	struct save *s;
	enum act act;
	enum way way;
	unsigned looks;
	bool unknown, refused;         /* how the last send ended */
	bool refused_wrong;            /* refused, and the flow was changed all the same */
	const struct answer *refusal;  /* the first one, or the unknown outcome */
	const struct answer *look;
	struct save_form now;
	struct str where;              /* the first difference from what was meant */
	enum ending ending;
	struct str id;                 /* of the flow; a create may get another one */
	struct str snapshot, found;    /* copies that were kept */
	int stage;
};

extern const char *const save_way_names[];
/* save_end.c: ends the call with what became of the save. */
enum verdict save_fail(struct course *k);

struct save *save_new(struct call *c, const struct save_wish *w);

/* ---- save_journal.c ---- */

/* How saves of this flow went whose calls died before they could say it: a note of the result. */
void save_tell_interrupted(struct save *s);
/* After agreed() and before the first write: keeps the flow as it is, and writes the journal.
 * False: fail() was called. */
bool save_announce(struct save *s);
/* The copy that was kept, "" when none: "snapshot" of what was there before, "found" of what was
 * there in the place of what was saved. */
struct str save_snapshot(struct save *s, const char *which);
/* Keeps what was found, because it may be somebody else's work.  False: fail() was called. */
bool save_keep_found(struct save *s, const struct save_form *found);
void save_close(struct save *s);

/* ---- save_look.c: what is there ---- */

enum verdict save_look(struct save *s);
/* The row in Dataverse and child flows; an empty stage where there is nothing to look at. */
enum verdict save_look_more(struct save *s);
/* Reads those answers.  False: fail() was called. */
bool save_read(struct save *s);
/* The form of a flow that was read, with the references that its row has where it shows none. */
struct save_form save_form_of(struct save *s, const struct json *flow, const struct json *row);
/* Outside of solutions a logical name is none of the flow's: the platform put it there. */
void save_drop_stamps(struct save *s, struct json *references);
const struct answer *save_got(const struct save *s, int stage, size_t i);
struct target save_target(struct save *s);
/* Of what a flow is: definition, references, name; "" when there is none. */
struct str save_digest(struct save *s, const struct save_form *f);
/* True when the row was saved last by somebody who is surely not the caller. */
bool save_by_another(const struct save *s, const struct json *row);

/* ---- save_apply.c: what is meant ---- */

/* Fills wanted, updated, same, rebinds, adjusted.  False: fail() was called. */
bool save_apply(struct save *s);
/* The definition in what may be a whole flow, and the references beside it. */
const struct json *save_inner(const struct json *given, const struct json **references);
/* The requests. */
void save_write(struct save *s);
bool save_is(struct save *s, const struct save_form *have, const struct save_form *want,
	     struct str *where);

/* ---- save_judge.c: what is to be said against it ---- */

/* Lints, compares, looks at connections, children, licences.  False: fail() was called. */
bool save_judge(struct save *s);
enum verdict save_ask_service(struct save *s);
/* save_preflight.c: connections, child flows, data policies, licences; what cannot be read is
 * said, too. */
void save_preflight(struct save *s);
/* Lines for people; at most `most` of them and a last one that counts the others. */
struct json *save_lines(struct save *s, size_t most);
const struct change *save_change(struct save *s);

/* Adds a sentence to a list of them. */
void save_say(struct save *s, struct json *list, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));

#endif
