/*
 * err.c - the published names of the error codes.
 */
#include "base/err.h"

static const char *const names[ERR__MAX] = {
	[ERR_OK] = "ok",
	[ERR_INVALID_ARGUMENT] = "invalid_argument",
	[ERR_INVALID_DEFINITION] = "invalid_definition",
	[ERR_NOT_SIGNED_IN] = "not_signed_in",
	[ERR_REAUTH_REQUIRED] = "reauth_required",
	[ERR_FORBIDDEN] = "forbidden",
	[ERR_NOT_OWNER] = "not_owner",
	[ERR_NOT_FOUND] = "not_found",
	[ERR_CONFLICT] = "conflict",
	[ERR_THROTTLED] = "throttled",
	[ERR_CONNECTION_BROKEN] = "connection_broken",
	[ERR_CONNECTION_FORBIDDEN] = "connection_forbidden",
	[ERR_APPROVAL_REQUIRED] = "approval_required",
	[ERR_APPROVAL_UNAVAILABLE] = "approval_unavailable",
	[ERR_REFUSED_BY_POLICY] = "refused_by_policy",
	[ERR_FOREIGN_LINK] = "foreign_link",
	[ERR_TOO_LARGE] = "too_large",
	[ERR_UPSTREAM] = "upstream",
	[ERR_TIMEOUT] = "timeout",
	[ERR_NETWORK] = "network",
	[ERR_OUTCOME_UNKNOWN] = "outcome_unknown",
	[ERR_ENVIRONMENT_NEEDED] = "environment_needed",
	[ERR_AMBIGUOUS] = "ambiguous",
	[ERR_NOT_AVAILABLE] = "not_available",
	[ERR_CONFIG] = "config",
	[ERR_LOG] = "log_unavailable",
	[ERR_CANCELLED] = "cancelled",
	[ERR_DECLINED] = "declined",
	[ERR_INTERNAL] = "internal",
};

const char *err_name(enum err e)
{
	return (unsigned)e < ERR__MAX ? names[e] : names[ERR_INTERNAL];
}

enum err err_from_name(struct str name)
{
	for (unsigned i = 0; i < ERR__MAX; i++)
		if (str_eq(str_from(names[i]), name))
			return (enum err)i;
	return ERR__MAX;
}
