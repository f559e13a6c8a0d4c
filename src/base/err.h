/*
 * err.h - the one list of error codes.
 *
 * The names (err_name) are what tools answer in error.code and what the usage log keeps,
 * so they never change.  Messages are made where the knowledge is.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

enum err {
	ERR_OK,
	ERR_INVALID_ARGUMENT,
	ERR_INVALID_DEFINITION,
	ERR_NOT_SIGNED_IN,
	ERR_REAUTH_REQUIRED,
	ERR_FORBIDDEN,
	ERR_NOT_OWNER,
	ERR_NOT_FOUND,
	ERR_CONFLICT,
	ERR_THROTTLED,
	ERR_CONNECTION_BROKEN,
	ERR_CONNECTION_FORBIDDEN,
	ERR_APPROVAL_REQUIRED,
	ERR_APPROVAL_UNAVAILABLE,
	ERR_REFUSED_BY_POLICY,
	ERR_FOREIGN_LINK,
	ERR_TOO_LARGE,
	ERR_UPSTREAM,
	ERR_TIMEOUT,
	ERR_NETWORK,
	ERR_OUTCOME_UNKNOWN,
	ERR_ENVIRONMENT_NEEDED,
	ERR_AMBIGUOUS,
	ERR_NOT_AVAILABLE,
	ERR_CONFIG,
	ERR_LOG,
	ERR_CANCELLED,
	ERR_DECLINED,
	ERR_INTERNAL,
	ERR__MAX,
};

/* The published name, such as "not_found". */
const char *err_name(enum err e);
/* The code of a published name, or ERR__MAX. */
enum err err_from_name(struct str name);

#endif
