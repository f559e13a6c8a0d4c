/*
 * save.h - the one way by which a flow is saved.
 *
 * Every tool that changes a definition, its references, its name or its description hands a wish
 * to save_step(), which reads afresh, applies, brings into the design form, lints, asks, keeps a
 * snapshot, sends, reads back and compares, and puts the old flow back when the service kept
 * something else.  No other code sends a definition.
 *
 *	static enum verdict step(struct call *c)
 *	{
 *		struct save_wish w = {
 *			.environment = arg_str(c, "environmentName"),
 *			.flow = arg_str(c, "flowName"),
 *			.definition = arg_json(c, "definition"),
 *			.publish = true,
 *			.finish = finish,
 *		};
 *
 *		return save_step(c, &w);
 *	}
 *
 * The wish is made anew, and the same, in every step.  The class of the change is decided by the
 * tool's own `effect`, as for every write; save_effect() is one that fits most tools.
 */
#ifndef TOOLS_SAVE_H
#define TOOLS_SAVE_H

#include <flowlatch/tool.h>

struct lint_report;

struct save_done {
	bool created;
	bool changed;              /* false: the flow was like this already, nothing was sent */
	bool previewed;            /* dry_run: nothing was sent */
	bool verified;             /* read back, and it is what was meant */
	struct str flow;           /* its id; after a create also the one that the service gave */
	struct str workflow;       /* Dataverse's workflowid, "" outside of solutions */
	const struct json *before; /* the flow as it was read, NULL for a create */
	const struct json *after;  /* the flow as it was read back; NULL for a preview */
	const struct json *definition, *references; /* in the form that was (would be) sent */
	struct str display_name, state;
	struct json *updated;      /* names of what was asked for and differs: "definition", ... */
	struct json *diff;         /* lines for people */
	struct json *warnings;     /* what the linter and the preflight found and stops nothing */
	struct json *adjusted;     /* what was put right without being asked, in words */
	struct json *unchecked;    /* what could not be checked, in words */
	struct str snapshot;       /* id of the copy that was kept before, "" when there is none */
	const char *way;           /* what took it: "flow", "flow-references", "dataverse"; "" */
	bool draft;                /* it was saved as a draft (publish was false) */
	const struct lint_report *lint;
	const struct answer *checks; /* ask_service: its errors and its warnings; or NULL */
	int stage;                 /* the first one after the save: finish() may fetch from there */
	/* Of a change: puts the flow back as it was, by the same way; it was agreed to, and
	 * finish() may send it. */
	const struct fetch *restore;
};

struct save_wish {
	int first;                 /* the stage the save begins at: 0 unless the tool read before */
	struct str environment;
	struct str flow;           /* "": a new flow, which is created switched off */
	const struct json *definition; /* whole, in either form; or NULL */
	const struct json *operations; /* edits of the flow's own (wdl/edit.h); or NULL */
	const struct json *references; /* put over the flow's own, by key; or NULL */
	bool only_references;      /* `references` replaces them all (a restore) */
	struct str display_name;   /* "": as it is */
	bool has_description;
	struct str description;
	bool publish;              /* false: keep it as a draft */
	bool dry_run;
	bool force;                /* errors of the linter do not stop it; the class must say so */
	struct str read_at;        /* lastModifiedTime of what the caller has read; "": not said */
	bool judge;                /* with dry_run: errors are told, not failed with */
	bool ask_service;          /* with dry_run: the service's own checker is asked, too */
	const char *sentence;      /* what happens, for the card; NULL: made from what differs */
	const char *const *warnings; /* more of them for the card; or NULL */
	/* Requests that are part of the same plan; finish() sends them after a verified save. */
	const struct fetch *then;
	size_t then_count;
	/* After the agreement, before the first write: notes in the journal what must be undone.
	 * False: fail() was called, nothing is sent.  Or NULL. */
	bool (*begin)(struct call *c);
	/* Makes the result: done(), or fetches more and is called again with the same outcome. */
	enum verdict (*finish)(struct call *c, const struct save_done *d);
};

enum verdict save_step(struct call *c, const struct save_wish *w);

/* {created, flowKey, flowName, updated, displayName, state, diff, snapshot, verified, error: null,
 * ...}, as agent skills read it; for finish(). */
struct json *save_result(struct call *c, const struct save_done *d);

/* ---- drafts, which flows of solutions have ---- */

/* Three reads that tell of one: the row, what of it is not published, and who asks. */
void save_draft_looks(struct call *c, struct str organisation, struct str workflow,
		      struct fetch *f);
/* {lastModifiedTime, by} of a draft; `row` is the second of those answers, or NULL. */
struct json *save_draft_json(struct call *c, const struct json *draft, const struct json *row);

/* From the arguments dryRun, force, flowName, definition, operations, connectionReferences,
 * displayName and description, and from what is found out of the target. */
enum effect save_effect(const struct json *args, const struct target *t);

#endif
