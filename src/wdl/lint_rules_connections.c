/*
 * lint_rules_connections.c - rules about connectors: parameters, references, operations.
 */
#include "wdl/lint_model.h"

#define ROWS(t) (sizeof(t) / sizeof(*(t)))

static bool any_connector(const struct lint *l)
{
	for (const struct lint_step *s = l->steps; s; s = s->next)
		if (s->connector)
			return true;
	return false;
}

static void declared(struct lint *l, const struct lint_rule *r)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "$connections", "{`defaultValue`:{},`type`:`Object`}" },
		{ "$authentication", "{`defaultValue`:{},`type`:`SecureObject`}" },
	};
	struct json *parameters = json_get(l->definition, "parameters");
	struct str at = lint_at(l, l->prefix, "parameters");

	for (size_t i = 0; any_connector(l) && i < ROWS(rows); i++) {
		if (json_get(parameters, rows[i].name))
			continue;
		struct lint_finding *f =
			lint_add(l, r, parameters ? at : l->prefix,
				 "a flow with connectors declares the parameter %s", rows[i].name);
		if (parameters)
			lint_fix_add(l, f, lint_at(l, at, rows[i].name),
				     lint_example(l->a, rows[i].value));
		else if (!i) /* both at once */
			lint_fix_add(l, f, at,
				     lint_example(l->a, arena_printf(l->a, "{`%s`:%s,`%s`:%s}",
								     rows[0].name, rows[0].value,
								     rows[1].name, rows[1].value)));
	}
}

static struct str host_pointer(const struct lint *l, const struct lint_step *s, const char *member)
{
	return lint_at(l, lint_at(l, lint_at(l, s->pointer, "inputs"), "host"), member);
}

static const char *reference_member(const struct json *host)
{
	return json_get(host, "connectionReferenceName") ? "connectionReferenceName"
							 : "connectionName";
}

/* The reference that a step's host names: by key, or by logical name. */
static struct json *reference(const struct lint *l, const struct json *host)
{
	return lint_reference(l, json_get_str(host, reference_member(host)));
}

static bool is_open_api(const struct lint_step *s)
{
	return str_starts_nocase(s->type, S("OpenApiConnection"));
}

/* A connection's own id stands inside a reference; hosts want the reference's key. */
static void lost_reference(struct lint *l, const struct lint_rule *r, const struct lint_step *s,
			   const char *member)
{
	struct str name = json_get_str(json_get(s->inputs, "host"), member);
	struct json *ref = lint_map_get(&l->connection_names, NULL, name);
	struct lint_finding *f =
		lint_add(l, r, host_pointer(l, s, member),
			 ref ? "%.*s is a connection: name its reference" : "there is no connection "
									     "reference %.*s",
			 STR_ARG(name));

	if (ref)
		lint_fix_set(l, f, host_pointer(l, s, member), json_new_str(l->a, json_name(ref)));
}

/* A flow as the service has it, whose connectors have nothing to be bound to. */
static void no_references(struct lint *l, const struct lint_rule *r)
{
	if (l->flow && !l->references && any_connector(l) &&
	    str_eq(l->prefix, S("/properties/definition")))
		lint_add(l, r, S("/properties"), "steps use connectors and there are no "
						 "connectionReferences")
			->severity = LINT_WARNING;
}

static void references(struct lint *l, const struct lint_rule *r)
{
	no_references(l, r);
	for (struct lint_step *s = l->steps; s && l->references; s = s->next) {
		struct json *host = json_get(s->inputs, "host");
		const char *member = reference_member(host);
		struct str name = json_get_str(host, member);

		if (!is_open_api(s) || !host)
			continue;
		if (!name.n)
			lint_add(l, r, lint_at(l, lint_at(l, s->pointer, "inputs"), "host"),
				 "the host names no connection reference (connectionName)");
		else if (!lint_is_dynamic(json_get(host, member)) && !reference(l, host))
			lost_reference(l, r, s, member);
	}
}

static struct str api_of(const struct json *ref)
{
	static const char *const where[] = { "/id", "/api/name", "/apiName", "/api/id" };

	for (size_t i = 0; i < ROWS(where); i++) {
		struct str s = lint_last_part(json_str(json_at(ref, where[i])));

		if (s.n)
			return s;
	}
	return str_from("");
}

static void hosts(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *host = json_get(s->inputs, "host");
		struct str at = lint_at(l, s->pointer, "inputs");
		struct str api = lint_last_part(json_get_str(host, "apiId")), wanted;

		if (!s->connector)
			continue;
		if (!host) {
			lint_add(l, r, s->pointer, "a connector step needs inputs.host");
			continue;
		}
		if (!is_open_api(s)) {
			if (!json_get(host, "connection"))
				lint_add(l, r, lint_at(l, at, "host"),
					 "the host of a step of this type has a connection; with "
					 "operationId the type is OpenApiConnection");
			continue;
		}
		at = lint_at(l, at, "host");
		if (!api.n)
			lint_add(l, r, at, "the host has no apiId");
		if (!json_get_str(host, "operationId").n)
			lint_add(l, r, at, "the host has no operationId");
		/* AI Builder's own operations run over a Dataverse connection. */
		wanted = str_find(json_get_str(host, "apiId"), S("/operationGroups/")) >= 0
				 ? str_from("")
				 : api_of(l->references ? reference(l, host) : NULL);
		if (api.n && wanted.n && !lint_is_expression(json_get(host, "apiId")) &&
		    !str_eq_nocase(api, wanted))
			lint_add(l, r, host_pointer(l, s, "apiId"),
				 "the connection reference is for %.*s, not for %.*s", STR_ARG(wanted),
				 STR_ARG(api));
	}
}

static void injected(struct lint *l, const struct lint_rule *r)
{
	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str at;

		if (!s->connector || !json_get(s->inputs, "authentication"))
			continue;
		at = lint_in(l, s, "/inputs/authentication");
		lint_fix_remove(l,
				lint_add(l, r, at, "authentication is put in by the service when it "
						   "is read, and is not saved"),
				at);
	}
}

static void webhooks(struct lint *l, const struct lint_rule *r)
{
	static const char *const prefixes[] = { "StartAndWait", "WaitFor", "PostCardAndWaitForResponse",
						"Subscribe" };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str op = json_str(json_at(s->inputs, "/host/operationId"));
		struct str at;

		if (!lint_is(s, "OpenApiConnection"))
			continue;
		at = lint_at(l, s->pointer, "type");
		for (size_t i = 0; i < ROWS(prefixes); i++)
			if (str_starts(op, str_from(prefixes[i])))
				lint_fix_set(l,
					     lint_add(l, r, at,
						      "%.*s waits for an answer: its type is "
						      "OpenApiConnectionWebhook", STR_ARG(op)),
					     at, json_new_z(l->a, "OpenApiConnectionWebhook"));
	}
}

static void superseded(struct lint *l, const struct lint_rule *r)
{
	static const struct {
		const char *api, *operation, *successor;
		bool prefix;
	} rows[] = {
		{ "shared_teams", "PostMessageToChannel", "PostMessageToConversation", true },
		{ "shared_teams", "PostUserNotification", "PostMessageToConversation", false },
		{ "shared_teams", "PostChannelNotification", "PostMessageToConversation", false },
		{ "shared_teams", "PostUserAdaptiveCard", "PostCardToConversation", false },
		{ "shared_teams", "PostChannelAdaptiveCard", "PostCardToConversation", false },
		{ "shared_teams", "PostReplyToMessage", "ReplyWithMessageToConversation", true },
		{ "shared_teams", "SubscribeUserFlowContinuation", "PostCardAndWaitForResponse", false },
		{ "shared_teams", "SubscribeChannelFlowContinuation", "PostCardAndWaitForResponse", false },
		{ "shared_office365", "SendEmail", "SendEmailV2", false },
		{ "shared_office365", "ReplyTo", "ReplyToV3", false },
		{ "shared_office365", "ReplyToV2", "ReplyToV3", false },
		{ "shared_approvals", "approvalSubscribe", "StartAndWaitForAnApproval", true },
		{ "shared_planner", "CreateTask", "CreateTask_V3", false },
		{ "shared_planner", "CreateTask_V2", "CreateTask_V3", false },
		{ "shared_microsoftforms", "GetFormResponses", "CreateFormWebhook", false },
	};

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct str op = s->operation, api = s->api;

		for (size_t i = 0; op.n && i < ROWS(rows); i++)
			if (str_eq_nocase(api, str_from(rows[i].api)) &&
			    (rows[i].prefix ? str_starts_nocase(op, str_from(rows[i].operation))
					    : str_eq_nocase(op, str_from(rows[i].operation))))
				lint_add(l, r,
					 is_open_api(s) ? host_pointer(l, s, "operationId") : s->pointer,
					 "%.*s is deprecated: use %s", STR_ARG(op), rows[i].successor);
	}
}

/* "title" for "WebhookApprovalCreationInput/title". */
static void approval_members(struct lint *l, const struct lint_rule *r, const struct lint_step *s)
{
	static const char prefix[] = "WebhookApprovalCreationInput/";
	static const char *const members[] = { "title",	   "assignedTo", "details",
					       "itemLink", "itemLinkDescription", NULL };
	struct str at = lint_in(l, s, "/inputs/parameters");
	struct json *parameters = json_get(s->inputs, "parameters");

	if (!str_starts(s->operation, S("StartAndWaitForAnApproval")))
		return;
	JSON_EACH(m, parameters) {
		struct str name = json_name(m), right;
		struct lint_finding *f;

		if (str_starts(name, S("ApprovalCreationInput/")))
			name = str_from_at(name, sizeof("ApprovalCreationInput"));
		if (!lint_among(name, members))
			continue;
		right = str_fmt(l->a, "%s%.*s", prefix, STR_ARG(name));
		f = lint_add(l, r, lint_at_n(l, at, json_name(m)), "the parameter is named %.*s",
			     STR_ARG(right));
		if (!json_get_n(parameters, right))
			lint_fix_move(l, f, lint_at_n(l, at, json_name(m)),
				      lint_at_n(l, at, right), m);
	}
}

static void approvals(struct lint *l, const struct lint_rule *r)
{
	static const char *const types[] = { "Basic", "BasicAwaitAll", "CustomResponse",
					     "CustomResponseAwaitAll", "Sequential" };

	for (struct lint_step *s = l->steps; s; s = s->next) {
		struct json *v = json_at(s->inputs, "/parameters/approvalType");
		bool good = !json_is(v, JSON_STRING) || str_find_char(json_str(v), '@') >= 0;

		if (!str_eq_nocase(lint_last_part(json_str(json_at(s->inputs, "/host/apiId"))),
				   S("shared_approvals")))
			continue;
		approval_members(l, r, s);
		for (size_t i = 0; i < ROWS(types); i++)
			good = good || str_eq(json_str(v), str_from(types[i]));
		if (!good)
			lint_add(l, r,
				 str_fmt(l->a, "%.*s/inputs/parameters/approvalType",
					 STR_ARG(s->pointer)),
				 "\"%.*s\" is none of Basic BasicAwaitAll CustomResponse "
				 "CustomResponseAwaitAll Sequential", STR_ARG(json_str(v)));
	}
}

#define CONNECTIONS "`$connections`:{`type`:`Object`}"
#define AUTHENTICATION "`$authentication`:{`type`:`SecureObject`}"
#define FLOW(references, parameters, step) \
	"{`properties`:{`connectionReferences`:{" references "},`definition`:{" EXAMPLE_HEAD "," \
	"`parameters`:{" parameters "},`triggers`:{`t`:{" \
	"`type`:`Request`}},`actions`:{`A`:{" step "}}}}}"
#define REFERENCE(api) "`c`:{`id`:`/providers/Microsoft.PowerApps/apis/" api "`}"
#define STEP(type, reference, api, operation, more) \
	"`type`:`" type "`,`inputs`:{`host`:{`connectionName`:`" reference \
	"`,`apiId`:`/providers/Microsoft.PowerApps/apis/" api "`,`operationId`:`" operation "`}" \
	more "}"
#define BOTH CONNECTIONS "," AUTHENTICATION
#define ONE(type, api, operation, more) \
	FLOW(REFERENCE(api), BOTH, STEP(type, "c", api, operation, more))

const struct lint_rule lint_rules_connections[] = {
	{ "CON01", LINT_ERROR, "flows with connectors declare $connections and $authentication",
	  declared,
	  FLOW(REFERENCE("shared_a"), CONNECTIONS, STEP("OpenApiConnection", "c", "shared_a", "Get", "")),
	  ONE("OpenApiConnection", "shared_a", "Get", ""),
	  .source = SOURCE_PRACTICE },
	{ "CON02", LINT_ERROR, "hosts name a connection reference of the flow", references,
	  FLOW(REFERENCE("shared_a"), BOTH, STEP("OpenApiConnection", "d", "shared_a", "Get", "")),
	  ONE("OpenApiConnection", "shared_a", "Get", ""),
	  .source = SOURCE_PRACTICE },
	{ "CON03", LINT_ERROR, "hosts name an operation, and the connector of their reference", hosts,
	  FLOW(REFERENCE("shared_b"), BOTH, STEP("OpenApiConnection", "c", "shared_a", "Get", "")),
	  ONE("OpenApiConnection", "shared_a", "Get", ""),
	  .source = SOURCE_PRACTICE },
	{ "CON04", LINT_INFO, "connector steps carry no authentication when they are saved", injected,
	  ONE("OpenApiConnection", "shared_a", "Get",
	      ",`authentication`:`@parameters('$authentication')`"),
	  ONE("OpenApiConnection", "shared_a", "Get", ""), .mended = true,
	  .source = SOURCE_PRACTICE },
	{ "CON05", LINT_ERROR, "operations that wait are of the type OpenApiConnectionWebhook",
	  webhooks, ONE("OpenApiConnection", "shared_approvals", "StartAndWaitForAnApproval", ""),
	  ONE("OpenApiConnectionWebhook", "shared_approvals", "StartAndWaitForAnApproval", ""),
	  .source = SOURCE_PRACTICE },
	{ "CON07", LINT_WARNING, "operations are not deprecated", superseded,
	  ONE("OpenApiConnection", "shared_office365", "SendEmail", ""),
	  ONE("OpenApiConnection", "shared_office365", "SendEmailV2", ""),
	  .source = SOURCE_PRACTICE },
	{ "CON08", LINT_ERROR, "approvals are of a type that exists", approvals,
	  ONE("OpenApiConnectionWebhook", "shared_approvals", "StartAndWaitForAnApproval",
	      ",`parameters`:{`approvalType`:`Everyone`}"),
	  ONE("OpenApiConnectionWebhook", "shared_approvals", "StartAndWaitForAnApproval",
	      ",`parameters`:{`approvalType`:`Basic`}"),
	  .source = SOURCE_PRACTICE },
	{ 0 },
};
