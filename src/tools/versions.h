/*
 * versions.h - versions of a flow: those that were kept here, the service's own, and the flow as
 * it is; for the tools that list, compare and restore them.
 *
 * A version is named "current", by the id of one that was kept here (16 digits), or by the
 * service's id (a GUID).  The service keeps a history of flows in solutions alone, in the table
 * componentversion of the organisation (learn.microsoft.com/power-automate/drafts-versioning).
 */
#ifndef TOOLS_VERSIONS_H
#define TOOLS_VERSIONS_H

#include "tools/shared.h"

struct version {
	const char *source; /* "current", "flowlatch", "service" */
	struct str id, time, name; /* name of the flow then; "" when it is not known */
	struct json *definition, *references; /* in the design form */
};

/* Requests of the first stage: the flow, then what tells its organisation. */
enum { VERSIONS_FLOW, VERSIONS_ORGANISATION, VERSIONS_LOOKS = 3 };
void versions_looks(struct call *c, struct fetch *f);

bool version_is_current(struct str id);
/* The service's: it takes a second stage to read. */
bool version_is_service(struct str id);
/* The stage that reads one or two of the service's versions; FAIL after fail(). */
enum verdict versions_fetch(struct call *c, const struct str *ids, size_t count);
/* One version out of the first stage, this machine, or answer `at` of the second stage.  False:
 * fail() was called. */
bool version_read(struct call *c, struct str id, size_t at, struct version *out);

/* What is kept of a flow besides its definition (`about` of snapshot_keep). */
struct json *about_flow(struct call *c, const struct json *flow, const char *reason);

/* Both as documents that can be compared, without what only differs in how it was read. */
struct json *version_document(struct call *c, const struct version *v, const struct version *other);
/* {version, source, time, displayName} */
struct json *version_head(struct call *c, const struct version *v);

#endif
