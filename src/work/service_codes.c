/*
 * service_codes.c - the table of the service's error codes.
 *
 * Sources: recorded answers (tests/data/samples), Microsoft's module sources and public threads.
 */
#include "work/service_codes.h"

static const struct service_code rows[] = {
	{ "ApiVersionDoesNotSupportEnvironments", ERR_INTERNAL, NULL },
	{ "AuthenticationFailed", ERR_REAUTH_REQUIRED, NULL },
	{ "AuthorizationFailed", ERR_FORBIDDEN, NULL },
	{ "CannotStartUnpublishedSolutionFlow", ERR_CONFLICT,
	  "Bind the flow's connections, save it, publish it, then start it." },
	{ "ConnectionAuthorizationFailed", ERR_NOT_OWNER,
	  "It exists but is not shared with you: ask its owner to add you as co-owner." },
	{ "ConnectionNotConfigured", ERR_CONNECTION_BROKEN,
	  "Pick another connection with list_live_connections." },
	{ "EnvironmentAccessDenied", ERR_FORBIDDEN,
	  "You are not a maker in this environment. list_live_environments shows yours." },
	{ "EnvironmentNotFound", ERR_NOT_FOUND, "list_live_environments shows yours." },
	{ "ExpiredAuthenticationToken", ERR_REAUTH_REQUIRED, NULL },
	{ "FlowNotFound", ERR_NOT_FOUND, "list_live_flows shows the flows of an environment." },
	{ "Forbidden", ERR_FORBIDDEN, NULL },
	{ "InsufficientDelegatedPermissions", ERR_FORBIDDEN,
	  "The app registration lacks a permission for this service." },
	{ "InvalidAuthenticationAudience", ERR_CONFIG,
	  "The token is for another service: check the profile's cloud." },
	{ "InvalidConnectionCredentials", ERR_CONNECTION_BROKEN,
	  "A person has to sign in to the connection again." },
	{ "InvalidOpenApiFlow", ERR_INVALID_DEFINITION, NULL },
	{ "InvalidPath", ERR_CONFIG, NULL },
	{ "InvalidTemplate", ERR_INVALID_DEFINITION, NULL },
	{ "InvalidWorkflowRunAction", ERR_INVALID_DEFINITION, NULL },
	{ "TooManyConcurrentRequests", ERR_THROTTLED, NULL },
	{ "TriggerInputSchemaMismatch", ERR_INVALID_ARGUMENT, NULL },
	{ "WorkflowNotFound", ERR_NOT_FOUND, NULL },
	{ "WorkflowOperationInputsApiOperationNotFound", ERR_INVALID_DEFINITION, NULL },
	{ "WorkflowRunActionNotFound", ERR_NOT_FOUND,
	  "get_live_flow_run_error lists the actions of a run." },
	{ "WorkflowRunNotFound", ERR_NOT_FOUND,
	  "Runs are kept for 28 days. get_live_flow_runs shows what is there." },
	{ "WorkflowTriggerIsNotEnabled", ERR_CONFLICT, "Start the flow first." },
	{ "WorkflowTriggerNotFound", ERR_NOT_FOUND, NULL },
};

const struct service_code *service_code_find(struct str code)
{
	for (size_t i = 0; code.n && i < sizeof(rows) / sizeof(*rows); i++)
		if (str_eq(code, str_from(rows[i].code)))
			return &rows[i];
	return NULL;
}
