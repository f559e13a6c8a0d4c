/*
 * cause.h - what kind of failure a code stands for.
 *
 * The closed list of causes, and the table that leads from codes, inner codes and HTTP statuses
 * to one of them.  Never looks at the text of a message: services answer in many languages.
 *
 * Pure: values in, values out.
 */
#ifndef TOOLS_CAUSE_H
#define TOOLS_CAUSE_H

#include "text/json.h"
#include "wdl/blame.h"

enum cause {
	CAUSE_UNKNOWN,
	CAUSE_NULL,       /* a value that is not there, in an expression */
	CAUSE_PATH,       /* a member that is called otherwise */
	CAUSE_TYPE,       /* a value of another type */
	CAUSE_INPUT,      /* data that somebody entered or sent */
	CAUSE_CONNECTION, /* broken, or another user's */
	CAUSE_PERMISSION,
	CAUSE_NOT_FOUND,
	CAUSE_THROTTLED,
	CAUSE_TIMEOUT,
	CAUSE_LIMIT,      /* size or number */
	CAUSE_LICENCE,    /* licence or data policy */
	CAUSE_SERVICE,    /* a fault of the other side */
	CAUSE_DESIGN,     /* the definition itself */
	CAUSE_TERMINATED, /* on purpose: Terminate, or a person */
	CAUSE_NONE,       /* nothing failed */
	CAUSE__MAX,
};

/* "null_in_expression", ... as results have it, and one clause for people. */
const char *cause_name(enum cause c);
const char *cause_words(enum cause c);
/* What a person or model does about it when there is no edit that mends it. */
const char *cause_advice(enum cause c);

enum { CAUSE_CODES = 12 };

struct cause_found {
	enum cause cause;
	struct str code;   /* the one that decided; "" when none did */
	bool by_status;    /* it is an HTTP status, which says less than a code */
	bool expression;   /* the failure lies in an expression: values decide */
	struct str codes[CAUSE_CODES]; /* innermost first */
	size_t count;
	struct str status; /* HTTP, as text; "" when there is none */
};

/* `code` is the action's own, `error` and `outputs` what was recorded of it; all may be NULL or
 * empty.  `status` is the action's: Failed, TimedOut ... */
struct cause_found cause_of(struct arena *a, struct str status, struct str code,
			    const struct json *error, const struct json *outputs);

/* What a fault in an expression is called. */
enum cause cause_of_fault(enum wdl_fault_kind kind);

/* What the engine's text names in quotes, for want of values: types and functions are names and
 * stay what they are in every language. */
enum cause cause_of_names(struct str message);

#endif
