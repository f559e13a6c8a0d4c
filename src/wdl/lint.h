/*
 * lint.h - what is wrong with a definition, before the service or a run says so.
 *
 * Rules are rows with one function each.  Severity "error" is kept for what the service
 * refuses or what surely fails; "warning" for what is legal and surely not meant; "info" for
 * what a person may want to know.  A finding that can be put right mechanically carries the
 * edit: a list of the operations that saving a flow takes.
 *
 * Pure: no input or output, the same answer for the same value.
 */
#ifndef WDL_LINT_H
#define WDL_LINT_H

#include "text/json.h"

enum lint_severity { LINT_ERROR, LINT_WARNING, LINT_INFO, LINT__SEVERITIES };

struct lint;
struct lint_rule;

struct lint_rule {
	const char *id;
	enum lint_severity severity; /* of most findings; a finding may be milder */
	const char *summary;         /* what is asked of a flow, one sentence */
	/* NULL for a rule that a definition alone does not decide: `needs` says what does. */
	void (*check)(struct lint *l, const struct lint_rule *r);
	const char *wrong, *right;   /* see lint_example; NULL without `check` */
	const char *source;          /* who says so */
	const char *needs;
	bool together;               /* lint_set_add checks it, or more of it */
	bool mended;                 /* saving puts it right: it never changes an exit status */
};

struct lint_finding {
	struct lint_finding *next;
	const struct lint_rule *rule;
	enum lint_severity severity;
	struct str pointer; /* RFC 6901, into the document (see lint_report.within) */
	bool has_offset;
	size_t offset;      /* in characters into the string at `pointer`, or into the name there */
	struct str message; /* one sentence, no full stop */
	/* NULL, or a list of {"op": "set"|"add"|"remove", "path": [...], "value": ...} in the order
	 * they are to be done; paths start at the definition. */
	struct json *fix;
};

/* A step that runs another flow and waits for its answer. */
struct lint_call {
	struct lint_call *next;
	struct str pointer; /* of the step */
	struct str flow;    /* the other flow's id */
};

/* A list or table that a flow changes whenever it runs. */
struct lint_change {
	struct lint_change *next;
	struct str pointer; /* of the step */
	struct str what;    /* as in lint_report.watched, or the set of a Dataverse table */
};

struct lint_report {
	bool usable;       /* false: there is no definition in the document; `why` says so */
	const char *why;
	struct str within; /* "/clientdata" when the pointers go into the JSON text there */
	struct lint_finding *first; /* errors first, then by pointer */
	size_t counts[LINT__SEVERITIES];
	size_t dropped;    /* findings beyond LIMIT_LINT_FINDINGS: the mildest */
	size_t actions;
	uint64_t shape; /* equal for the same types and operations in the same order and depth */
	/* What counts when another flow of a set runs this one, or this one another. */
	struct lint_call *calls;
	struct str start;    /* pointer of its first trigger, "" when there is none */
	bool answers;        /* it has a Response */
	struct str borrowed; /* pointer of a reference to a connection of whoever runs it, or "" */
	struct str watched;  /* the list or table any change of which starts it, or "" */
	struct lint_change *changes;
};

/* Runs all rules over a document: a bare definition, a flow as the service returns it, or a
 * Dataverse row or its clientdata.  Nothing in it is changed. */
struct lint_report lint_document(struct arena *a, struct json *document);

enum { LINT_IDS = 4 };

/* Who a flow of a set is. */
struct lint_identity {
	struct str name; /* what people know it by */
	struct str ids[LINT_IDS]; /* what other flows run it by, in any case of letters; or "" */
};

/*
 * What only several flows show: copies (QUA04), flows that run one another (TRG10), and two that
 * start each other (TRG07).  A set lives in its arena and remembers what it needs of the flows
 * that were added.  Of two flows that do not fit, the one that is added last gets the finding, in
 * its place there; it is made in `a`, the arena of its report.
 */
struct lint_set;
struct lint_set *lint_set_new(struct arena *a);
void lint_set_add(struct lint_set *set, struct arena *a, struct lint_report *report,
		  const struct lint_identity *who);

/* {"valid", "errors": [...], "warnings": [...], "infos": [...]} */
struct json *lint_report_json(struct arena *a, const struct lint_report *report);

/* "error", "warning" or "info"; and back, or LINT__SEVERITIES. */
const char *lint_severity_name(enum lint_severity s);
enum lint_severity lint_severity_from(struct str name);

/* The rules in order of family (STR, GRF, REF, ...) and id; the rule of an id in any case, or
 * NULL. */
const struct lint_rule *lint_rule_at(size_t i);
const struct lint_rule *lint_rule_find(struct str id);

/* A rule for people, and {"rule", "severity", "summary", "source", ...} with its examples. */
struct str lint_rule_text(struct arena *a, const struct lint_rule *r);
struct json *lint_rule_json(struct arena *a, const struct lint_rule *r);

/* The document of a rule's example.  In examples ` stands for a double quote, and one that does
 * not begin with { or [ is the members of `actions` under a Button trigger. */
struct json *lint_example(struct arena *a, const char *text);

#endif
