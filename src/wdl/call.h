/*
 * call.h - how functions are written.  Internal to the evaluator.
 */
#ifndef WDL_CALL_H
#define WDL_CALL_H

#include "wdl/culture.h"
#include "wdl/eval.h"
#include "wdl/functions.h"
#include "wdl/messages.h"
#include "wdl/value.h"

/* One evaluation. */
struct wdl_eval {
	struct arena *a;
	const struct wdl_template *t;
	const struct wdl_context *c;
	struct wdl_result *r;
	struct wdl_step **steps_tail;
	unsigned steps;
	int64_t now; /* ticks, read once so that one evaluation has one time */
	uint64_t chance; /* the state of what is made of a seed */
};

/* One call with its arguments evaluated. */
struct wdl_call {
	struct wdl_eval *ev;
	struct arena *a;
	const struct wdl_node *node;
	const struct wdl_function *function;
	struct str name; /* as the table spells it */
	unsigned count;
	const struct wdl_value *args;
};

/* Stores its value, or fails with wdl_fail and returns false. */
struct wdl_body {
	const char *name;
	bool (*body)(struct wdl_call *c, struct wdl_value *out);
};

/* The functions of one family, ended by a NULL name. */
extern const struct wdl_body wdl_string_functions[];
extern const struct wdl_body wdl_collection_functions[];
extern const struct wdl_body wdl_logic_functions[];
extern const struct wdl_body wdl_convert_functions[];
extern const struct wdl_body wdl_math_functions[];
extern const struct wdl_body wdl_date_functions[];
extern const struct wdl_body wdl_zone_functions[];
extern const struct wdl_body wdl_uri_functions[];
extern const struct wdl_body wdl_object_functions[];
extern const struct wdl_body wdl_xml_functions[];
extern const struct wdl_body wdl_workflow_functions[];
extern const struct wdl_body wdl_form_functions[];

/* Stores the fault of a node: a message of the table, with its values, or any text; `source` says
 * where its wording is from. */
void wdl_set_fault(struct wdl_eval *ev, const struct wdl_node *n, enum wdl_message m,
		   const struct str *values);
void wdl_set_fault_text(struct wdl_eval *ev, const struct wdl_node *n, struct str message,
			const char *source);
/* The same for a call: %1 is the function's name, the values are %2, %3, %4. */
void wdl_set_failure(struct wdl_call *c, enum wdl_message m, struct str two, struct str three,
		     struct str four);

/* The same as expressions: always false. */
static inline bool wdl_fault(struct wdl_eval *ev, const struct wdl_node *n, enum wdl_message m,
			     const struct str *values)
{
	wdl_set_fault(ev, n, m, values);
	return false;
}

static inline bool wdl_fail(struct wdl_call *c, enum wdl_message m, struct str two,
			    struct str three, struct str four)
{
	wdl_set_failure(c, m, two, three, four);
	return false;
}

static inline bool wdl_fail0(struct wdl_call *c, enum wdl_message m)
{
	return wdl_fail(c, m, str_from(""), str_from(""), str_from(""));
}

/* With the type name of a value as %2. */
static inline bool wdl_fail_type(struct wdl_call *c, enum wdl_message m, const struct wdl_value *v)
{
	return wdl_fail(c, m, str_from(wdl_type_name(v->type)), str_from(""), str_from(""));
}

/* The member or item `key` of a value, for a WDL_MEMBER node. */
bool wdl_access(struct wdl_eval *ev, const struct wdl_node *n, const struct wdl_value *value,
		const struct wdl_value *key, struct wdl_value *out);

/* Arguments with the usual errors.  `i` counts from 0; "first", "second", ... */
const char *wdl_ordinal(unsigned i);
bool wdl_arg_text(struct wdl_call *c, unsigned i, struct str *out); /* M_FIRST_STRING and so on */
bool wdl_arg_int(struct wdl_call *c, unsigned i, int64_t *out);
bool wdl_arg_locale(struct wdl_call *c, unsigned i, const struct wdl_culture **out);
/* An optional text; null counts as absent, and then *out keeps its value. */
bool wdl_arg_option(struct wdl_call *c, unsigned i, struct str *out);

/* Fails when a text is longer than the service allows functions to build. */
bool wdl_check_length(struct wdl_call *c, struct str text);
uint64_t wdl_random(struct wdl_eval *ev);
/* Member or item `key` of a value, as ['key'] does it; NULL when there is none. */
const struct json *wdl_member(const struct json *object, struct str key);

#endif
