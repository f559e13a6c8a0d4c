/*
 * save.c - the checks between a definition and its place in the service.
 *
 * The wording of the refusals comes from public reports of the service's answers; the checks
 * are those that clients meet: members, runAfter, connector hosts, references, authentication.
 */
#include "tenant/save.h"

#include "tenant/emit.h"

struct check {
	struct request *q;
	const struct environment *env;
	const struct json *references;
	struct save_error *error;
	bool connectors; /* a connector step was seen */
};

static bool refuse(struct check *c, unsigned status, const char *code, struct str message)
{
	*c->error = (struct save_error){ .code = code, .message = message, .status = status };
	return false;
}

static bool refuse_property(struct check *c, struct str message)
{
	return refuse(c, 400, "InvalidOpenApiFlow",
		      str_fmt(&c->q->mem,
			      "Flow save failed with code 'WorkflowRunActionInputsInvalidProperty' and "
			      "message '%.*s'.",
			      STR_ARG(message)));
}

/* ---- members ---- */

static const char *const unknown_members[] = { "run_after", "retry_policy", "split_on",
					       "operation_options", "runtime_configuration" };

static bool check_members(struct check *c, const struct json *step, const char *kind,
			  const char *path)
{
	for (size_t i = 0; i < sizeof(unknown_members) / sizeof(*unknown_members); i++)
		if (json_get(step, unknown_members[i]))
			return refuse(c, 400, "InvalidRequestContent",
				      str_fmt(&c->q->mem,
					      "The request content is not valid and could not be "
					      "deserialized: 'Could not find member '%s' on object of "
					      "type '%s'. Path '%s.%.*s.%s', line 1, position 1.'.",
					      unknown_members[i], kind, path,
					      STR_ARG(json_name(step)), unknown_members[i]));
	if (json_is(json_get(step, "type"), JSON_STRING))
		return true;
	return refuse(c, 400, "InvalidTemplate",
		      str_fmt(&c->q->mem,
			      "The template validation failed: 'Required property 'type' not found in "
			      "JSON. Path '%s.%.*s'.'.",
			      path, STR_ARG(json_name(step))));
}

/* ---- connectors ---- */

static bool is_connector(struct str type)
{
	return str_starts(type, S("OpenApiConnection"));
}

static struct str tail_of(struct str id)
{
	for (size_t i = id.n; i > 0; i--)
		if (id.p[i - 1] == '/')
			return str_from_at(id, i);
	return id;
}

static bool check_operation(struct check *c, const struct json *step, const struct json *host)
{
	struct connector *api = tenant_connector(c->q->tenant, tail_of(json_get_str(host, "apiId")));
	struct str wanted = json_get_str(host, "operationId");

	if (!api)
		return true; /* a connector the practice tenant does not have */
	JSON_EACH(op, json_get(api->data, "operations"))
		if (str_eq(json_get_str(op, "id"), wanted))
			return true;
	return refuse(c, 400, "InvalidOpenApiFlow",
		      str_fmt(&c->q->mem,
			      "Flow save failed with code 'WorkflowOperationInputsApiOperationNotFound' "
			      "and message 'The inputs of workflow run action '%.*s' of type '%.*s' are "
			      "not valid. The API operation '%.*s' could not be found.'.",
			      STR_ARG(json_name(step)), STR_ARG(json_get_str(step, "type")),
			      STR_ARG(wanted)));
}

static bool check_connection(struct check *c, struct str key, const struct json *reference)
{
	struct request *q = c->q;
	struct str name = json_get_str(reference, "connectionName");
	struct connection *have = name.n ? tenant_connection(q->tenant, c->env, name) : NULL;
	struct str api = tail_of(json_get_str(reference, "id"));

	(void)key;
	if (!name.n || (have && have->owner == q->caller.user))
		return true;
	if (have)
		JSON_EACH(v, json_get(have->data, "shared"))
			if (tenant_user(q->tenant, json_str(v)) == q->caller.user)
				return true;
	return refuse(c, 403, "ConnectionAuthorizationFailed",
		      str_fmt(&q->mem,
			      "The caller with object id '%s' does not have permission for connection "
			      "'%.*s' under Api '%.*s'.",
			      q->caller.user->id, STR_ARG(name), STR_ARG(api)));
}

static bool check_connector(struct check *c, const struct json *step)
{
	const struct json *in = json_get(step, "inputs"), *host = json_get(in, "host");
	struct str key = json_get(host, "connectionReferenceName") ?
				 json_get_str(host, "connectionReferenceName") :
				 json_get_str(host, "connectionName");
	bool found = json_get_n(c->references, key) != NULL;

	c->connectors = true;
	if (json_get(in, "authentication"))
		return refuse_property(c, str_fmt(&c->q->mem,
						  "The 'inputs' of workflow run action '%.*s' of type "
						  "'%.*s' should not have the property "
						  "'authentication'.",
						  STR_ARG(json_name(step)),
						  STR_ARG(json_get_str(step, "type"))));
	JSON_EACH(r, c->references)
		found |= str_eq(json_get_str(r, "connectionReferenceLogicalName"), key);
	if (!key.n || !found)
		return refuse_property(c, str_fmt(&c->q->mem,
						  "The API connection reference '%.*s' could not be "
						  "found for the operation '%.*s'.",
						  STR_ARG(key), STR_ARG(json_name(step))));
	return check_operation(c, step, host);
}

/* ---- actions ---- */

static bool check_actions(struct check *c, const struct json *actions, unsigned depth);

static bool check_after(struct check *c, const struct json *actions, const struct json *step)
{
	JSON_EACH(after, json_get(step, "runAfter"))
		if (!json_get_n(actions, json_name(after)))
			return refuse(c, 400, "InvalidTemplate",
				      str_fmt(&c->q->mem,
					      "The template validation failed: 'The 'runAfter' property of "
					      "template action '%.*s' at line '1' and column '1' contains "
					      "non-existent action: '%.*s'.'.",
					      STR_ARG(json_name(step)),
					      STR_ARG(json_name(after))));
	return true;
}

static bool check_step(struct check *c, const struct json *actions, const struct json *step,
		       unsigned depth)
{
	if (!check_members(c, step, "FlowTemplateAction", "properties.definition.actions") ||
	    !check_after(c, actions, step))
		return false;
	if (is_connector(json_get_str(step, "type")) && !check_connector(c, step))
		return false;
	if (!check_actions(c, json_get(step, "actions"), depth + 1) ||
	    !check_actions(c, json_get(json_get(step, "else"), "actions"), depth + 1) ||
	    !check_actions(c, json_get(json_get(step, "default"), "actions"), depth + 1))
		return false;
	JSON_EACH(one, json_get(step, "cases"))
		if (!check_actions(c, json_get(one, "actions"), depth + 1))
			return false;
	return true;
}

static bool check_actions(struct check *c, const struct json *actions, unsigned depth)
{
	if (depth > 8)
		return refuse(c, 400, "InvalidTemplate",
			      S("The template validation failed: 'The template actions are nested "
				"deeper than the limit of '8' levels.'."));
	JSON_EACH(step, actions)
		if (!check_step(c, actions, step, depth))
			return false;
	return true;
}

static bool check_triggers(struct check *c, const struct json *triggers)
{
	JSON_EACH(t, triggers) {
		if (!check_members(c, t, "FlowTemplateTrigger", "properties.definition.triggers"))
			return false;
		if (is_connector(json_get_str(t, "type")) && !check_connector(c, t))
			return false;
	}
	return true;
}

bool save_check(struct request *q, const struct environment *e, const struct json *definition,
		const struct json *references, struct save_error *error)
{
	struct check c = { q, e, references, error, false };
	const struct json *triggers = json_get(definition, "triggers");
	const struct json *actions = json_get(definition, "actions");

	if (!json_is(definition, JSON_OBJECT) || !json_is(triggers, JSON_OBJECT) ||
	    !json_is(actions, JSON_OBJECT))
		return refuse(&c, 400, "InvalidTemplate",
			      S("The template validation failed: 'The template must have the objects "
				"'triggers' and 'actions'.'."));
	if (!check_triggers(&c, triggers) || !check_actions(&c, actions, 1))
		return false;
	if (c.connectors && !json_at(definition, "/parameters/$authentication"))
		return refuse(&c, 400, "InvalidTemplate",
			      str_fmt(&q->mem,
				      "The template validation failed: 'The template parameter "
				      "'$authentication' is not found, but is used by the trigger "
				      "'%.*s'.'.",
				      STR_ARG(json_name(json_first(triggers)))));
	JSON_EACH(r, references)
		if (!check_connection(&c, json_name(r), r))
			return false;
	return true;
}

void save_refuse(struct request *q, const struct save_error *error, bool in_solution)
{
	struct str message = error->message;

	if (in_solution)
		message = str_fmt(&q->mem,
				  "Request to XRM API failed with error: 'Message: Flow client error "
				  "returned with status code \"%s\" and details \"%.*s\". Code: 0x80060467 "
				  "InnerError: '.",
				  error->status == 403 ? "Forbidden" : "BadRequest",
				  STR_ARG(emit_str(&q->mem, "{'error':{'code':'%s','message':'%S'}}",
						   error->code, error->message)));
	emit(answer_begin(q, error->status), "{'error':{'code':'%s','message':'%S'}}",
	     in_solution ? "XrmApiRequestFailed" : error->code, message);
}
