/*
 * target.h - the flow that a change is aimed at, as every write tool looks at it first.
 *
 * Three reads in one stage tell the gate all it wants to know: the flow, its environment, and who
 * else has it.  They are made in the same run of the call as the write.
 */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include "tools/shared.h"

/* Places in the stage of looks; a tool's own reads begin at LOOK_OWN. */
enum { LOOK_FLOW, LOOK_ENVIRONMENT, LOOK_PEOPLE, LOOK_OWN };

/* Fills f[0] to f[LOOK_OWN - 1]. */
void target_looks(struct call *c, struct fetch *f);
/* The target out of those looks, made at `stage`.  An environment that could not be read is NULL,
 * people that could not be read are others.  `version` is state and time of the last change. */
struct target target_of(struct call *c, int stage);
/* Somebody besides one owner has it, or it is not known. */
bool is_shared(const struct answer *people);
/* An environment as target, of things that are no flow; the look is as LOOK_ENVIRONMENT's. */
struct target environment_target(struct call *c, const struct answer *environment);

/* ---- sending ---- */

/* `count` requests in the call's arena. */
struct fetch *requests(struct call *c, size_t count);
/* One request that changes something; an error answer is a result. */
struct fetch *write_one(struct call *c, enum http_method m, const struct url *u,
			struct json *body);
/* Sends what the change consists of, once it is agreed to. */
enum verdict carry_out(struct call *c, const struct change *ch);
/* The service said no; an answer that got lost is settled by looking again. */
bool was_refused(const struct answer *write);
/* Ends a call whose change was sent and is not to be seen. */
enum verdict fail_unseen(struct call *c, const struct answer *write, const char *what);

/* ---- the organisation of the environment, for what lives in Dataverse ---- */

enum { LOOK_ORGANISATION = 2 }; /* as many requests; the first is also LOOK_ENVIRONMENT's */

/* The organisation out of answers `at` and `at` + 1 of `stage`; "" after fail(). */
struct str organisation_needed(struct call *c, int stage, size_t at);
/* The opening of a tool that looks at nothing but Dataverse: stage 0 asks for the organisation,
 * stage 1 is what `rows` fetches from there.  DONE in later stages, when the first answer of stage
 * 1 is no error; FETCH or FAIL until then.  With DONE, `where` (or NULL) is the organisation. */
enum verdict organisation_rows(struct call *c,
			       enum verdict (*rows)(struct call *c, struct str organisation),
			       struct str *where);
/* A GET of a table, all pages, each row reduced by `keep` (or NULL). */
struct fetch table_rows(struct call *c, const struct url *u,
			struct json *(*keep)(struct call *c, const struct json *row));
/* The same of its cloud flows: workflowid, resourceid, name, statecode and clientdata, a text of
 * JSON with definition and references.  `keep` searches that text; all flows of an environment,
 * parsed, would not fit into the memory of a call. */
struct fetch flow_rows(struct call *c, struct str organisation,
		       struct json *(*keep)(struct call *c, const struct json *row));
/* {"id", "displayName", "on"} of such a row. */
struct json *flow_row_shape(struct call *c, const struct json *row);
/* Those, one line each, for a card; NULL when there are none. */
const char *flow_row_lines(struct call *c, const struct json *flows);

#endif
