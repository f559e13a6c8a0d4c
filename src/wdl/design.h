/*
 * design.h - the form a flow is saved in, out of the form it is read in.
 *
 * Reads show the runtime form: every connector step carries an authentication that the service
 * put there, and connection references carry what only people look at.  Saves take the design
 * form and refuse the other.  Dataverse's clientdata has a third form of references.
 * Sources: public clients that save flows, and the service's refusals of what they sent.
 *
 * Pure; nothing that is given is changed unless a function says so.
 */
#ifndef WDL_DESIGN_H
#define WDL_DESIGN_H

#include "text/json.h"

/* What a save sends for what a read gave: without the authentication of connector steps, at any
 * depth, and with the parameters $connections and $authentication where there is a connector
 * step.  Everything else stays, in its order.  Idempotent. */
struct json *wdl_design_form(struct arena *a, const struct json *definition);

/*
 * True when two definitions do not mean the same; *pointer is where they first differ, in `a`.
 * They are compared as design forms, numbers by value.  The order of members is none where names
 * alone count (steps, members of a step, parameters of a connector, headers); inside of values
 * that a run hands on it is one.  What the service keeps for itself (metadata of the definition,
 * the parameters of connectors) is left out; an empty runAfter, parameters or outputs is as good
 * as none.
 */
bool wdl_design_differs(struct arena *a, const struct json *x, const struct json *y,
			struct str *pointer);
/* The same, turned round. */
static inline bool wdl_design_equal(struct arena *a, const struct json *x, const struct json *y)
{
	struct str pointer;

	return !wdl_design_differs(a, x, y, &pointer);
}

/* ---- connection references ---- */

/* {key: {connectionName?, connectionReferenceLogicalName?, source, id}} out of what a read gave
 * (flow service or clientdata); `source` is Embedded when it was not said. */
struct json *wdl_design_references(struct arena *a, const struct json *references);
/* Of two design forms: the same keys, and for each the same connector, source and binding.  A
 * reference of a solution is bound by its logical name, any other by its connection. */
bool wdl_design_references_equal(const struct json *x, const struct json *y);
bool wdl_design_reference_equal(const struct json *x, const struct json *y);
/* The form of clientdata; `before` is the form that the row has now, or NULL. */
struct json *wdl_design_clientdata_references(struct arena *a, const struct json *references,
					      const struct json *before);
/* "shared_office365" of a reference in any form. */
struct str wdl_design_api(const struct json *reference);

/* ---- hosts ---- */

/* Which member of inputs.host names the key of a reference. */
enum wdl_host_form {
	WDL_HOST_NONE,           /* there is no connector step */
	WDL_HOST_CONNECTION,     /* connectionName */
	WDL_HOST_REFERENCE,      /* connectionReferenceName */
	WDL_HOST_MIXED,
};

enum wdl_host_form wdl_design_host_form(const struct json *definition);
/* Writes every host of `definition` (changed in place) in that form, CONNECTION or REFERENCE.
 * A name that is no key, but the connection or the logical name of just one reference, becomes
 * the key. */
void wdl_design_set_hosts(struct arena *a, struct json *definition, const struct json *references,
			  enum wdl_host_form form);
/* The key that a step's host names, "" when it names none. */
struct str wdl_design_host_key(const struct json *step);
/* Is it a step of a connector (OpenApiConnection..., ApiConnection...)? */
bool wdl_design_is_connector(const struct json *step);

/* Calls `see` for each trigger and action, in any container, outer ones first. */
void wdl_design_each(const struct json *definition,
		     void (*see)(void *arg, struct json *step, bool trigger), void *arg);
/* Triggers and actions, nested ones too. */
size_t wdl_design_count(const struct json *definition);
/* How many steps of `before` are gone from `after`, by name (case folded), in percent of those of
 * `before`. */
unsigned wdl_design_dropped(struct arena *a, const struct json *before, const struct json *after);

/* How a flow starts, as far as references depend on it. */
enum wdl_start {
	WDL_START_AUTOMATED, /* a connector's event, HTTP, a schedule */
	WDL_START_INSTANT,   /* a person: button, app, selected item */
	WDL_START_CHILD,     /* another flow: instant, and it answers */
};
enum wdl_start wdl_design_start(const struct json *definition);

#endif
