/*
 * shared.h - what several tools need: parameters, small readers of answers, common refusals.
 *
 * Knows the shapes of the service's answers (see the comments for their sources) and the field
 * names that published agent skills parse; knows nothing of single tools.
 */
#ifndef TOOLS_SHARED_H
#define TOOLS_SHARED_H

#include <flowlatch/tool.h>

/* ---- parameters that many rows have ---- */

#define PARAM_ENVIRONMENT                                                                    \
	{                                                                                    \
		"environmentName", JSON_STRING, P_ENVIRONMENT,                               \
			"Id, exact name or portal link; may be left out.",                   \
			.alias = "environmentId", .max = 2048                                \
	}
#define PARAM_FLOW                                                                  \
	{                                                                           \
		"flowName", JSON_STRING, P_FLOW | P_REQUIRED,                       \
			"Id, exact name or portal link.", \
			.alias = "flowId", .max = 2048                              \
	}
#define PARAM_RUN                                                                   \
	{                                                                           \
		"runName", JSON_STRING, P_RUN | P_REQUIRED,                         \
			"Run name (from get_live_flow_runs) or a link to the run.", \
			.alias = "runId", .max = 2048                               \
	}

/* Which runs of a flow, for rows that list them; three parameters. */
#define PARAM_WHICH_RUNS                                                                         \
	{ "status", JSON_STRING, 0, "Only runs of this status.",                                 \
	  .choices = "Succeeded Failed Running Cancelled Waiting Paused Suspended Skipped TimedOut " \
		     "Aborted Faulted Ignored" },                                                \
		{ "startTime", JSON_STRING, P_TIME,                                              \
		  "Only runs that started at or after this time (UTC).", .max = 40 },            \
		{ "endTime", JSON_STRING, P_TIME,                                                \
		  "Only runs that started before this time (UTC).", .max = 40 }

/* ---- reading answers ---- */

/* The string at a pointer, "" when there is none. */
struct str at_str(const struct json *v, const char *pointer);
const char *at_z(const struct json *v, const char *pointer);
/* Copies the value at `pointer` to a member; null when there is none. */
void put(struct call *c, struct json *out, const char *name, const struct json *v,
	 const char *pointer);
/* The same, but nothing when there is none. */
void put_found(struct call *c, struct json *out, const char *name, const struct json *v,
	       const char *pointer);
/* A string, or null when it is empty. */
void put_str(struct call *c, struct json *out, const char *name, struct str s);
/* The last segment of a path such as ".../apis/shared_office365". */
struct str last_segment(struct str path);
/* True when `search` is empty or part of one of the strings (case folded). */
bool found_in(struct str search, const struct str *texts, size_t count);
/* A time argument in UTC, as the services' filters take it; "" when it was not given. */
const char *utc_arg(struct call *c, const char *name);
/* Adds `clause` and `value` in `quote`s to an OData filter, with "and" before it where something
 * stands already; nothing for an empty value. */
void filter_add(struct buf *b, const char *clause, const char *value, const char *quote);
/* True when the argument "status" was not given or is `status`. */
bool wanted_status(const struct call *c, struct str status);
/* What stands between the apostrophes of a text in OData: one inside is written twice. */
const char *odata_text(struct call *c, struct str s);
/* The argument "repetition" as the service names one, "000000-000003", however it was written:
 * "0-3", "0,3", "0/3" or "[0,3]"; "" when it is no path of indexes. */
const char *repetition_arg(struct call *c);
/* An empty object with the ids of this call: environmentName, flowName, runName. */
struct json *ids_of(struct call *c);
/* Puts those ids into a result. */
void put_ids(struct call *c, struct json *out);

/* The result that lists what an environment has: {environmentName, totalCount, `name`: list}. */
struct json *listed(struct call *c, const char *name, struct json *list);

/* ---- requests ---- */

/* A GET of `u`; an error answer is a result. */
struct fetch look_at(const struct url *u, unsigned flags);
/* The same of all pages of a list. */
struct fetch look_at_all(const struct url *u, const struct paging *p);
/* The flow of the call's arguments, with its definition. */
struct fetch look_at_flow(struct call *c);

/* A stage that looks at it again after `ms`; 0: at once. */
enum verdict look_at_flow_after(struct call *c, int64_t ms);
/* The connections of an environment that the caller may use. */
const struct url *connections_url(struct call *c, const char *environment);

/* An answer `i` was fetched at that stage. */
bool came(const struct call *c, int stage, size_t i);

/* ---- refusals ---- */

/* The service says that the flow exists but is not shared with the caller. */
bool is_not_owner(const struct answer *a);
/* Any refusal for lack of rights. */
bool is_refused(const struct answer *a);
/* Ends the call with `a` as not_owner, and says who must do what. */
enum verdict fail_not_owner(struct call *c, const struct answer *a);
/* Ends the call with an answer for a flow or run that could not be read: hints included. */
enum verdict fail_read(struct call *c, const struct answer *a);

/* ---- the organisation behind an environment (Dataverse) ---- */

/* Two requests that tell it; neither is worth waiting for. */
void organisation_fetches(struct call *c, struct fetch f[2]);
/* The same of another environment than the call's. */
void organisation_fetches_in(struct call *c, const char *environment, struct fetch f[2]);
/* The organisation's address out of their answers; empty when the environment has none, or when
 * it could not be found out (*known is then false). */
struct str organisation_of(const struct answer *flow, const struct answer *bap, bool *known);

#endif
