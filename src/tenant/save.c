/*
 * save.c - the checks between a definition and its place in the service.
 *
 * The wording of the refusals comes from public reports of the service's answers
 * (microsoft/power-platform-skills 342, 414, 477, 498); the checks are those that clients meet:
 * members, runAfter, connector hosts, references, authentication.
 */
#include "tenant/save.h"

#include "tenant/clock.h"
#include "tenant/emit.h"
#include "tenant/faces.h"

struct check {
	struct request *q;
	const struct environment *env;
	const struct flow *flow; /* or NULL */
	const struct json *references;
	struct save_error *error;
	bool connectors; /* a connector step was seen */
};

static bool refuse(struct check *c, unsigned status, const char *code, struct str message)
{
	*c->error = (struct save_error){ .code = code, .message = message, .status = status };
	return false;
}

static bool refuse_inputs(struct check *c, const char *code, struct str message)
{
	return refuse(c, 400, "InvalidOpenApiFlow",
		      str_fmt(&c->q->mem,
			      "Flow save failed with code 'WorkflowRunActionInputs%s' and message "
			      "'%.*s'.",
			      code, STR_ARG(message)));
}

static bool refuse_property(struct check *c, struct str message)
{
	return refuse_inputs(c, "InvalidProperty", message);
}

static bool refuse_reference(struct check *c, struct str key, const struct json *step)
{
	return refuse_property(c, str_fmt(&c->q->mem,
					  "The API connection reference '%.*s' could not be found for "
					  "the operation '%.*s'.",
					  STR_ARG(key), STR_ARG(json_name(step))));
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
	JSON_EACH(op, connector_operations(c->q->tenant, api))
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

static bool check_connection(struct check *c, const struct json *reference)
{
	struct request *q = c->q;
	struct str name = json_get_str(reference, "connectionName");
	struct connection *have = name.n ? tenant_connection(q->tenant, c->env, name) : NULL;
	struct str api = tail_of(json_get_str(reference, "id"));

	/* What run-only users bring needs no connection of the maker's. */
	if (!name.n || (have && !have->deleted &&
			(have->owner == q->caller.user || connection_shared(q, have))))
		return true;
	if (!have || have->deleted)
		return refuse(c, 400, "ConnectionNotConfigured",
			      str_fmt(&q->mem,
				      "The connection '%.*s' under Api '%.*s' is not configured.",
				      STR_ARG(name), STR_ARG(api)));
	return refuse(c, 403, "ConnectionAuthorizationFailed",
		      str_fmt(&q->mem,
			      "The caller with object id '%s' does not have permission for connection "
			      "'%.*s' under Api '%.*s'.",
			      q->caller.user->id, STR_ARG(name), STR_ARG(api)));
}

/* A save of a solution flow on the flow host: the form that reading gives is not one it takes. */
static bool check_solution_host(struct check *c, const struct json *step, const struct json *host)
{
	struct str key = json_get_str(host, "connectionReferenceName");

	if (!key.n)
		return refuse_inputs(c, "MissingProperty",
				     str_fmt(&c->q->mem,
					     "The 'inputs' of workflow run action '%.*s' of type "
					     "'%.*s' is not valid. Property "
					     "'host.connectionReferenceName' is missing.",
					     STR_ARG(json_name(step)),
					     STR_ARG(json_get_str(step, "type"))));
	if (c->flow->quirks.solution_save == SOLUTION_REFUSED || !json_get_n(c->references, key))
		return refuse_reference(c, key, step);
	return true;
}

/* Outside solutions a logical name leads nowhere, and some were put there by the platform. */
static bool check_stamp(struct check *c, const struct json *step, const struct json *reference)
{
	struct str logical = json_get_str(reference, "connectionReferenceLogicalName");

	if (c->flow->quirks.stamp == STAMP_STORED && c->flow->version)
		JSON_EACH(r, c->flow->version->references)
			if (str_eq(json_name(r), json_name(reference)))
				logical = json_get_str(r, "connectionReferenceLogicalName");
	return !logical.n || refuse_reference(c, logical, step);
}

static bool check_connector(struct check *c, const struct json *step)
{
	const struct json *in = json_get(step, "inputs"), *host = json_get(in, "host");
	struct str key = json_get(host, "connectionReferenceName") ?
				 json_get_str(host, "connectionReferenceName") :
				 json_get_str(host, "connectionName");
	const struct json *reference = json_get_n(c->references, key);
	bool solution = c->flow && *c->flow->workflow;

	c->connectors = true;
	if (json_get(in, "authentication"))
		return refuse_property(c, str_fmt(&c->q->mem,
						  "The 'inputs' of workflow run action '%.*s' of type "
						  "'%.*s' should not have the property "
						  "'authentication'.",
						  STR_ARG(json_name(step)),
						  STR_ARG(json_get_str(step, "type"))));
	if (solution && c->flow->quirks.solution_save != SOLUTION_ACCEPTED &&
	    !check_solution_host(c, step, host))
		return false;
	if (!key.n || !reference)
		return refuse_reference(c, key, step);
	if (c->flow && !solution && !check_stamp(c, step, reference))
		return false;
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

static bool check_parameters(struct check *c, const struct json *definition)
{
	static const char *const wanted[] = { "$authentication", "$connections" };
	const struct json *have = json_get(definition, "parameters");

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!json_get(have, wanted[i]))
			return refuse(c, 400, "InvalidTemplate",
				      str_fmt(&c->q->mem,
					      "The template validation failed: 'The template parameter "
					      "'%s' is not found, but is used by the trigger "
					      "'%.*s'.'.",
					      wanted[i],
					      STR_ARG(json_name(json_first(
						      json_get(definition, "triggers"))))));
	return true;
}

bool save_check(struct request *q, const struct environment *e, const struct flow *f,
		const struct json *definition, const struct json *references,
		struct save_error *error)
{
	struct check c = { q, e, f, references, error, false };
	const struct json *triggers = json_get(definition, "triggers");
	const struct json *actions = json_get(definition, "actions");

	if (!json_is(definition, JSON_OBJECT) || !json_is(triggers, JSON_OBJECT) ||
	    !json_is(actions, JSON_OBJECT))
		return refuse(&c, 400, "InvalidTemplate",
			      S("The template validation failed: 'The template must have the objects "
				"'triggers' and 'actions'.'."));
	if (!check_triggers(&c, triggers) || !check_actions(&c, actions, 1))
		return false;
	if (c.connectors && !check_parameters(&c, definition))
		return false;
	JSON_EACH(r, references)
		if (!check_connection(&c, r))
			return false;
	return true;
}

/* pub: the words of Dataverse; own: the code */
bool save_managed(const struct flow *f, struct save_error *error)
{
	if (!f->solution || !f->solution->managed)
		return true;
	*error = (struct save_error){
		.status = 400, .code = "0x8004f026", .xrm = true,
		.message = S("The evaluation of the current component(name=Workflow) in the current "
			     "operation (Update) failed during managed property evaluation of condition: "
			     "'Managed Property Name: iscustomizable; Component Name: Workflow; "
			     "Attribute Name: iscustomizable;'"),
	};
	return false;
}

bool save_publish(struct request *q, struct flow *f, struct save_error *error)
{
	if (!save_managed(f, error) ||
	    (f->draft && !save_check(q, f->env, NULL, f->draft->definition, f->draft->references,
				     error)))
		return false;
	if (f->draft)
		flow_remember(f);
	flow_publish_draft(f, q->caller.user);
	return true;
}

static bool blocked(const struct request *q, struct flow *f)
{
	if (!policy_covers(q->tenant, f->env))
		return false;
	JSON_EACH(r, flow_current(f)->references)
		if (tenant_blocks(q->tenant, tail_of(json_get_str(r, "id"))))
			return true;
	return false;
}

void save_suspend(struct request *q, struct flow *f)
{
	if (!f->quirks.suspend && !blocked(q, f))
		return;
	f->quirks.suspend = false;
	f->state = FLOW_SUSPENDED;
	f->suspended = "CompanyDlpViolation";
	f->modified = clock_now();
}

void save_refuse(struct request *q, const struct save_error *error, bool in_solution)
{
	struct str message = error->message;

	if (error->xrm)
		message = str_fmt(&q->mem,
				  "Request to XRM API failed with error: 'Message: %.*s. Code: %s "
				  "InnerError: '.",
				  STR_ARG(message), error->code);
	else if (in_solution)
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
