/*
 * reason.h - why an action failed, out of what the service keeps about it.
 *
 * Pure: values in, values out.  Sources: recorded runs; users' reports that the real message
 * of a connector stands in the outputs and not in the action's own error.
 */
#ifndef TOOLS_REASON_H
#define TOOLS_REASON_H

#include "text/json.h"

struct reason {
	struct str code, message; /* p NULL when there is none */
	struct str status;        /* HTTP status as text, or p NULL */
};

/* Out of an action's outputs ({statusCode, headers, body}): the innermost message first. */
struct reason reason_of_outputs(struct arena *a, const struct json *outputs);
/* Out of an error object {code, message}, unwrapped where the message is JSON in a string. */
struct reason reason_of_error(struct arena *a, const struct json *error);
/* True when an error says only that something below failed, or nothing at all. */
bool reason_is_generic(const struct reason *r);

/* The actions of a run that failed, and which of them is the cause.
 *	actions: array of {actionName, status, code, startTime, endTime, error ...}
 *	index: outline_index() of the definition, or NULL when it could not be read */
struct failures {
	const struct json **at; /* outer to inner; the cause, if there is one, is the last */
	bool *handled;          /* another step ran because of this failure */
	size_t count;
	const struct json
		*root; /* NULL: no failed action, or all were handled and the run went well */
	bool root_in_loop;
};
struct failures reason_failures(struct arena *a, const struct json *actions,
				const struct json *index, bool run_succeeded);

#endif
