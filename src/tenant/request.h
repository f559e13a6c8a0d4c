/*
 * request.h - one request and its answer.
 *
 * Knows HTTP as far as a handler needs it; must not know MHD's calls (server.c) or tokens' life
 * (token.h).  A handler reads the request and sets the answer, nothing else.
 */
#ifndef TENANT_REQUEST_H
#define TENANT_REQUEST_H

#include "base/list.h"
#include "tenant/limits.h"
#include "tenant/state.h"

enum face {
	FACE_NONE,
	FACE_LOGIN,
	FACE_FLOW,
	FACE_POWERAPPS,
	FACE_BAP,
	FACE_POWERPLATFORM,
	FACE_ENVIRONMENT,
	FACE_DATAVERSE,
	FACE_CONTENT,
	FACE_MANAGEMENT,
	FACE_CONTROL,
	FACE__MAX,
};

struct header {
	struct str name, value;
};

/* Writes the next piece of a generated body: bytes from `at` on, at most `room`. */
typedef size_t answer_fill(uint64_t at, char *out, size_t room, uint64_t total);

struct answer {
	unsigned status;
	struct header headers[32];
	unsigned header_count;
	struct buf body;      /* malloc */
	answer_fill *fill;    /* or a generated body of `total` bytes */
	uint64_t total;
};

/* Who asks, out of the bearer token. */
struct caller {
	struct user *user;
	struct directory *directory; /* the tenant signed in to */
	struct str audience, scope;
	bool admin;
};

struct request {
	struct list node;
	struct arena mem;     /* of this request; handlers build in it */
	struct tenant *tenant;
	struct str method;
	struct str uri;       /* as it came, path and query */
	struct str path;      /* without the query, not decoded */
	struct str query;     /* without '?', not decoded */
	struct str host;      /* name in the Host header, lower case, without the port */
	struct str port;      /* ":8443", or empty */
	enum face face;
	bool admin;           /* the path had scopes/admin */
	struct str capture[TENANT_CAPTURES]; /* decoded segments, in the order of the pattern */
	unsigned captures;
	struct str body;
	struct caller caller;
	const struct flow_view *view; /* how the flow of the path is shown; NULL: as it is */
	struct answer answer;
	void *server;         /* server.c's own */
};

/* The value of a request header, p NULL when it is not there (server.c). */
struct str request_header(struct request *q, const char *name);
/* A query option by its decoded name, decoded; p NULL when it is not there. */
struct str request_query(struct request *q, const char *name);
/* A field of a form body (application/x-www-form-urlencoded), decoded; p NULL when missing. */
struct str request_form(struct request *q, const char *name);
/* The body as JSON; an empty body is {}; NULL when it is not JSON. */
struct json *request_json(struct request *q);
/* "en", "de" or "nb". */
const char *request_language(struct request *q);

const char *face_name(enum face f);
/* "https://flow.practice.localhost:8443": of a face, as the caller would reach it. */
struct str face_origin(struct request *q, enum face f);
/* The host a Dataverse organisation has: "https://org-x.crm.practice.localhost:8443". */
struct str organization_origin(struct request *q, const struct environment *e);
struct str environment_origin(struct request *q, const struct environment *e);

/* ---- answering ---- */

void answer_header(struct request *q, const char *name, struct str value);
/* Sets status and prints `v` as the body. */
void answer_json(struct request *q, unsigned status, const struct json *v);
/* Sets status and begins a JSON body; emit into the buffer returned. */
struct buf *answer_begin(struct request *q, unsigned status);
/* No body. */
void answer_empty(struct request *q, unsigned status);
void answer_text(struct request *q, unsigned status, const char *type, struct str text);

/* ---- the service's errors (errors.c) ---- */

enum service_error {
	SE_ROUTE_NOT_FOUND,
	SE_MISSING_API_VERSION,
	SE_AUTHENTICATION_MISSING,
	SE_AUTHENTICATION_INVALID,
	SE_AUTHENTICATION_EXPIRED,
	SE_INVALID_AUDIENCE,
	SE_MISSING_SCOPE,
	SE_ENVIRONMENT_ACCESS_DENIED,
	SE_ENVIRONMENT_NOT_FOUND,
	SE_ADMIN_ROLE,
	SE_FLOW_NOT_FOUND,
	SE_CONNECTION_AUTHORIZATION_FAILED,
	SE_RUN_NOT_FOUND,
	SE_ACTION_NOT_FOUND,
	SE_REPETITION_NOT_FOUND,
	SE_TRIGGER_NOT_FOUND,
	SE_HISTORY_NOT_FOUND,
	SE_CANNOT_CANCEL,
	SE_CONNECTION_NOT_FOUND,
	SE_API_NOT_FOUND,
	SE_INVALID_FILTER,
	SE_INVALID_REQUEST,
	SE_INVALID_TEMPLATE,
	SE_INVALID_FLOW,
	SE_LICENCE,
	SE_INVALID_CREDENTIALS,
	SE_IN_SOLUTION,
	SE_UNPUBLISHED,
	SE_CALLBACK_BLOCKED,
	SE_TRIGGER_DISABLED,
	SE_TRIGGER_SCHEMA,
	SE_SAS_REQUIRED,
	SE_SAS_AND_BEARER,
	SE_SAS_INVALID,
	SE_SAS_EXPIRED,
	SE_CLAIMS,
	SE_APPROVAL_NOT_FOUND,
	SE_APPROVAL_REFUSED,
	SE_RATE_LIMIT,
	SE_DV_NOT_FOUND,
	SE_DV_FLOW_ERROR,
	SE_DV_PRIVILEGE,
	SE_DV_SYNTAX,
	SE_BODY_TOO_LARGE,
	SE_INTERNAL,
	SE__MAX,
};

/* Answers with the error in its own envelope; `...` are three const char * for {0}, {1}, {2}. */
void answer_error(struct request *q, enum service_error e, const char *a0, const char *a1,
		  const char *a2);

#endif
