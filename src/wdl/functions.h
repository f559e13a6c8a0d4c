/*
 * functions.h - the functions of the language, one row each.
 *
 * Shared by the parser (unknown names, argument counts), the evaluator and the linter.
 * Source: Microsoft's reference of workflow expression functions (October 2025 edition);
 * rows it does not have are marked by their evidence.
 */
#ifndef WDL_FUNCTIONS_H
#define WDL_FUNCTIONS_H

#include "base/str.h"

enum wdl_category {
	WDL_CAT_STRING,
	WDL_CAT_COLLECTION,
	WDL_CAT_LOGICAL,
	WDL_CAT_CONVERSION,
	WDL_CAT_MATH,
	WDL_CAT_DATE,
	WDL_CAT_URI,
	WDL_CAT_JSON_XML,
	WDL_CAT_WORKFLOW,
};

/* What the first argument names, where it names something of the definition. */
enum wdl_refers {
	WDL_REF_NONE,
	WDL_REF_ACTION,
	WDL_REF_LOOP,      /* a Foreach */
	WDL_REF_UNTIL,
	WDL_REF_SCOPE,     /* Scope, Foreach, Until, If, Switch */
	WDL_REF_VARIABLE,
	WDL_REF_PARAMETER,
};

/* What the value depends on besides the arguments. */
enum wdl_depends {
	WDL_PURE,
	WDL_ON_CLOCK,   /* utcNow, getFutureTime, getPastTime */
	WDL_ON_CHANCE,  /* guid, rand */
	WDL_ON_RUN,     /* the run: actions, trigger, variables, loops */
	WDL_ON_SERVICE, /* only the service can answer: listCallbackUrl */
};

enum wdl_evidence {
	WDL_DOCUMENTED, /* Microsoft's reference */
	WDL_CATALOGUE,  /* public catalogues of the engine's functions; no Microsoft page found */
	WDL_LEGACY,     /* seen in real definitions */
};

enum { WDL_ANY_COUNT = -1 };

struct wdl_function {
	const char *name;
	enum wdl_category category;
	/* Arguments the engine takes by the reference; max may be WDL_ANY_COUNT.  Where it was
	 * measured to take more (equals, uriComponent), messages.c has it. */
	int min, max;
	int doc_min;       /* the documented minimum where it is higher than `min` */
	const char *params; /* "timestamp, days, format?": names; ? is optional, ... repeats */
	/* One letter per parameter, the last repeats: s text, n number, i integer, b boolean,
	 * a array, o object, c array or text, k array, object or text, x any, d date and time. */
	const char *types;
	enum wdl_refers refers;
	enum wdl_depends depends;
	enum wdl_evidence evidence;
	const char *successor; /* not NULL: deprecated, and what to use */
	const char *help;      /* one line */
};

/* The row of that name in any case of letters, or NULL. */
const struct wdl_function *wdl_function_find(struct str name);
/* Rows in order of name; *count is how many. */
const struct wdl_function *wdl_functions(size_t *count);
/* The nearest name for a did-you-mean, or NULL when nothing is near. */
const struct wdl_function *wdl_function_near(struct str name);
const char *wdl_category_name(enum wdl_category c);
/* The page of the reference with the function's anchor. */
struct str wdl_function_link(struct arena *a, const struct wdl_function *f);

#endif
