/*
 * blame.h - which value made a step fail, and what would have been written instead.
 *
 * Given the definition of one step and what was recorded when it ran, finds the first expression
 * that cannot be evaluated, the sub-expression in it whose value is bad, and where that value
 * came from, back through what earlier steps and the trigger gave.
 *
 * Pure.  Decides by values and types; never reads the text of an error.
 */
#ifndef WDL_BLAME_H
#define WDL_BLAME_H

#include "wdl/eval.h"

enum wdl_fault_kind {
	WDL_FAULT_NULL,   /* a value that is not there */
	WDL_FAULT_PATH,   /* a member that is called otherwise, or that nothing ever has */
	WDL_FAULT_TYPE,   /* a value of another type than is wanted */
	WDL_FAULT_DATA,   /* a value of the right type that cannot be read so: "12,5" as a number */
	WDL_FAULT_DESIGN, /* no values would help: unknown names, wrong counts */
	WDL_FAULT__MAX,
};

/* Where a value is from. */
struct wdl_origin {
	struct wdl_origin *next; /* where that one is from: the next one back */
	struct str text;         /* the sub-expression */
	const char *where;       /* "trigger", "action", "variable", "loop", "item", "parameter" */
	struct str name;         /* of the action, variable, loop; "" of the trigger */
	struct str pointer;      /* in its outputs, or in the item: as far as there is something */
	struct str lacks;        /* the member that is not there; n 0: there is a value */
	struct str near;         /* a member that is called nearly so; n 0: none */
	bool in_list;            /* items beside this one have the member that it lacks */
	const struct json *value; /* NULL: none */
};

struct wdl_blame {
	bool found;          /* false: with these values nothing is wrong */
	enum wdl_fault_kind kind;
	struct str pointer;  /* of the text in the step, such as "/inputs/from" */
	struct str text;     /* the template there */
	bool is_key;         /* it is the name of a member */
	struct str failing;  /* the call or access that failed; n 0: the value as a whole */
	struct str message;  /* as the engine words it; may be empty */
	struct str bad;      /* the sub-expression with the bad value; n 0: none */
	/* Both as bytes of `text`; end 0: they are not in it (an operator of a condition). */
	size_t fail_start, fail_end, bad_start, bad_end;
	const char *type;    /* of its value: "Null", "String" ...; "" when `bad` is empty */
	const struct json *value;
	struct wdl_origin *origin;
	/* Of steps that look at each item of a list (Select, Filter array, tables). */
	bool per_item;
	size_t item, items, bad_items; /* the first one that fails, of how many, how many fail */
};

/* `step` is the action or trigger as the definition has it; `context` is a tree as
 * wdl_context_json takes it; `definition` may be NULL: then origins are not followed beyond the
 * step before. */
struct wdl_blame wdl_blame_step(struct arena *a, const struct json *step,
				const struct json *context, const struct json *definition);

/* What could be written in the text at `pointer` instead, likeliest first.  None is tried here:
 * whether it helps, wdl_blame_step and wdl_trial tell. */
struct wdl_candidate {
	struct wdl_candidate *next;
	struct str pointer, text;
	const struct json *value; /* not NULL: this, in place of `text` */
	const char *why;          /* one clause */
};
struct wdl_candidate *wdl_candidates(struct arena *a, const struct json *step,
				     const struct wdl_blame *b);

/* Where the value of a template comes from, whether it is bad or not. */
struct wdl_origin *wdl_origin_of(struct arena *a, struct str source, const struct json *context,
				 const struct json *definition);

/* A step without what it contains and how it signs in, and whether a text in it is evaluated per
 * item. */
struct json *wdl_step_alone(struct arena *a, const struct json *step);
bool wdl_is_per_item(const struct json *step, struct str pointer);

/* A function that reads a text as something else: what it cannot read is data. */
struct wdl_function;
bool wdl_reads_text(const struct wdl_function *f);

/* Where an expression that only reads points in what one action or the trigger gave:
 * outputs('Get')?['body/value'] is "/body/value" of "Get".  False when it is no such expression;
 * `name` is empty of the trigger. */
bool wdl_static_place(struct arena *a, struct str source, struct str *name, struct str *pointer);

/* The action of that name at any depth, its pointer in the definition and as the path of an
 * operation; NULL when there is none.  The trigger too. */
const struct json *wdl_find_step(struct arena *a, const struct json *definition, struct str name,
				 struct str *pointer);

#endif
