/*
 * diagnosis_int.h - what the files of diagnosis.h share.  Internal.
 */
#ifndef TOOLS_DIAGNOSIS_INT_H
#define TOOLS_DIAGNOSIS_INT_H

#include "base/limits.h"
#include "text/scan.h"
#include "tools/diagnosis.h"
#include "wdl/ast.h"

struct diag {
	struct arena *a;
	const struct json *evidence, *flow, *run, *actions, *definition, *index;
	struct json *model; /* the definition, for readers that want it writable */
	struct wants *wants;
	unsigned depth;
	struct finding *f;
	struct failures failures;
};

/* ---- diagnosis.c ---- */

struct finding *diagnose_at(struct arena *a, const struct json *evidence, struct str ask,
			    struct wants *wants, unsigned depth);

/* ---- diagnosis_beside.c ---- */

/* `outer` is a container of the action, at any distance. */
bool diag_is_inside(const struct diag *d, struct str outer, struct str name);
bool diag_in_loop(const struct diag *d, struct str name);
/* Fill the finding's lists of that name; `ask`: of that action alone. */
void diag_list_handled(struct diag *d);
void diag_list_also(struct diag *d);
void diag_list_retries(struct diag *d);
void diag_list_skipped(struct diag *d, struct str ask);
void diag_list_waiting(struct diag *d);

/* ---- diagnosis_child.c ---- */

/* What a desktop flow's machine and session say of the failure. */
void diag_desktop(struct diag *d, const struct json *execution, struct str where);
/* The run of the child flow that an action called. */
void diag_child(struct diag *d, const struct json *execution, struct str where);

/* ---- diagnosis_evidence.c ---- */

/* What is known under a key, or NULL after it was put on the list of wants. */
const struct json *diag_entry(struct diag *d, const struct want *w);
/* The inputs or outputs of an execution; NULL when there are none, when they are not known yet,
 * hidden, or could not be read (then a line says so).  `cut`: not all of it. */
const struct json *diag_content(struct diag *d, const struct json *properties, struct str where,
				bool inputs, bool *cut);
/* The pointers of what is missing in a content that came cut, or NULL. */
const struct json *diag_cuts(struct diag *d, struct str where, bool inputs);
/* What the run says of an action outside loops. */
const struct json *diag_action(const struct diag *d, struct str name);
/* Of the execution in that repetition ("000003-000001"), or of the action outside loops. */
const struct json *diag_execution(struct diag *d, struct str name, struct str repetition,
				  bool container);
void diag_missing(struct diag *d, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void diag_reason(struct diag *d, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void diag_points(struct diag *d, struct str pointer, const char *says);
bool diag_is(const struct json *action, const char *status);
bool diag_is_loop(struct str type);
bool diag_is_container(struct str type);
struct str diag_where(struct arena *a, struct str name, struct str repetition);

/* ---- diagnosis_items.c ---- */

/* Foreach and Until around a step, outermost first. */
struct loops {
	struct str name[LIMIT_RUN_DEPTH];
	const struct json *step[LIMIT_RUN_DEPTH];
	size_t count;
};

struct loops diag_loops(struct diag *d, struct str action);
/* The index in "000003-000001" at a level, from 0; and the part that names so many levels. */
uint64_t diag_index_at(struct str repetition, size_t level);
struct str diag_prefix(struct str repetition, size_t levels);
/* The list is a plain part of one large content; *name is empty of the trigger. */
bool diag_is_large_list(struct diag *d, const struct json *loop, struct str *name,
			struct str *pointer);
/* The item of the loop at that level, evaluated with what is known, or NULL. */
const struct json *diag_item_of(struct diag *d, const struct loops *l, size_t level,
				struct str repetition, const struct json *context);

/* The item of the innermost Foreach around an action in a repetition, or NULL. */
const struct json *diag_item(struct diag *d, struct str action, struct str repetition);

/* ---- diagnosis_values.c ---- */

struct values {
	struct json *context; /* as wdl_context_json takes it */
	bool complete;        /* nothing that the step reads is missing or cut */
};

/* What a step saw when it ran; `repetition` is "" outside loops. */
struct values diag_values(struct diag *d, const struct json *step, struct str repetition);

/* ---- diagnosis_reads.c ---- */

/* What the expressions of a step read, for people. */
struct json *diag_reads(struct diag *d, const struct json *step, const struct values *v);
/* Inputs that came out as nothing: [{pointer, expression}]. */
struct json *diag_nulls(struct diag *d, const struct json *step, const struct values *v);

/* A copy that is no longer than so many bytes. */
struct json *diag_short(struct arena *a, const struct json *v, size_t most);
/* "trigger outputs /body/Tags" */
struct str diag_from(struct arena *a, const struct wdl_origin *o);

/* ---- diagnosis_cut.c ---- */

/* `t` reads something of that action ("": of the trigger) that was cut off. */
bool diag_reads_cut(struct arena *a, const struct wdl_template *t, struct str action,
		    const struct json *cuts);

/* ---- diagnosis_loop.c ---- */

/* The failed repetitions of an action in a loop, grouped; false: not known yet. */
bool diag_loop(struct diag *d);

/* ---- diagnosis_fix.c ---- */

void diag_fixes(struct diag *d, const struct values *v, size_t count);

#endif
