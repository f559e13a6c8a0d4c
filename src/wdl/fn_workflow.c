/*
 * fn_workflow.c - functions that read the run: actions, trigger, variables, loops.
 */
#include "wdl/fn_workflow.h"

static struct str none(void)
{
	return str_from("");
}

/* Names that refer to something must be text. */
static bool name_argument(struct wdl_call *c, struct str *out)
{
	*out = c->args[0].s;
	return c->args[0].type == WDL_T_STRING || wdl_fail0(c, WDL_M_NOT_VALID);
}

static bool not_here(struct wdl_call *c)
{
	return wdl_fail0(c, WDL_M_NOT_HERE);
}

/* The message about a thing that is not there names the thing alone. */
static bool missing(struct wdl_call *c, enum wdl_message m, struct str name)
{
	struct str own = c->name;
	bool failed;

	c->name = name;
	failed = wdl_fail(c, m, name, none(), none());
	c->name = own;
	return failed;
}

static bool record(struct wdl_call *c, const struct json **out)
{
	const struct wdl_context *x = c->ev->c;
	struct str name;

	if (!name_argument(c, &name))
		return false;
	if (x->action && x->action(x->arg, name, out))
		return true;
	/* outputs('trigger name') is not offered by the service either. */
	return missing(c, WDL_M_NO_ACTION, name);
}

bool wdl_action_outputs(struct wdl_call *c, const struct json **out)
{
	const struct json *action;

	if (!record(c, &action))
		return false;
	*out = json_get(action, "outputs");
	return true;
}

bool wdl_trigger_outputs(struct wdl_call *c, const struct json **out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *trigger = NULL;

	if (!x->trigger || !x->trigger(x->arg, &trigger))
		return not_here(c);
	*out = json_get(trigger, "outputs");
	return true;
}

const struct json *wdl_body_of(const struct json *outputs)
{
	const struct json *body;

	if (!json_is(outputs, JSON_OBJECT))
		return outputs;
	body = wdl_member(outputs, S("body"));
	if (body)
		return body;
	/* An answer without content has no body; a Compose is its own. */
	return wdl_member(outputs, S("statusCode")) || wdl_member(outputs, S("headers")) ? NULL
											  : outputs;
}

static bool f_actions(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *v;

	if (!record(c, &v))
		return false;
	*out = wdl_of_json(v);
	return true;
}

static bool f_outputs(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *v;

	if (!wdl_action_outputs(c, &v))
		return false;
	*out = wdl_of_json(v);
	return true;
}

static bool f_body(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *v;

	if (!wdl_action_outputs(c, &v))
		return false;
	*out = wdl_of_json(wdl_body_of(v));
	return true;
}

static bool f_trigger(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;

	if (!x->trigger || !x->trigger(x->arg, &v))
		return not_here(c);
	*out = wdl_of_json(v);
	return true;
}

static bool f_trigger_outputs(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *v;

	if (!wdl_trigger_outputs(c, &v))
		return false;
	*out = wdl_of_json(v);
	return true;
}

static bool f_trigger_body(struct wdl_call *c, struct wdl_value *out)
{
	const struct json *v;

	if (!wdl_trigger_outputs(c, &v))
		return false;
	*out = wdl_of_json(wdl_body_of(v));
	return true;
}

static bool f_variables(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;
	struct str name;

	if (!name_argument(c, &name))
		return false;
	if (!x->variable || !x->variable(x->arg, name, &v))
		return missing(c, WDL_M_NO_VARIABLE, name);
	*out = wdl_of_json(v);
	return true;
}

static bool f_parameters(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;
	struct str name;

	if (!name_argument(c, &name))
		return false;
	if (!x->parameter || !x->parameter(x->arg, name, &v))
		return missing(c, WDL_M_NO_PARAMETER, name);
	*out = wdl_of_json(v);
	return true;
}

static bool f_item(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;

	if (!x->item || !x->item(x->arg, &v))
		return not_here(c);
	*out = wdl_of_json(v);
	return true;
}

static bool of_loop(struct wdl_call *c, bool (*get)(void *, struct str, const struct json **),
		    struct wdl_value *out)
{
	const struct json *v;
	struct str name;

	if (!name_argument(c, &name))
		return false;
	if (!get || !get(c->ev->c->arg, name, &v))
		return wdl_fail(c, WDL_M_NO_LOOP, name, none(), none());
	*out = wdl_of_json(v);
	return true;
}

static bool f_items(struct wdl_call *c, struct wdl_value *out)
{
	return of_loop(c, c->ev->c->items, out);
}

static bool f_iteration_indexes(struct wdl_call *c, struct wdl_value *out)
{
	return of_loop(c, c->ev->c->iteration, out);
}

static bool f_result(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;
	struct str name;

	if (!name_argument(c, &name))
		return false;
	if (!x->result || !x->result(x->arg, name, &v))
		return missing(c, WDL_M_NO_ACTION, name);
	*out = wdl_of_json(v);
	return true;
}

static bool f_workflow(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;

	if (!x->workflow || !x->workflow(x->arg, &v))
		return not_here(c);
	*out = wdl_of_json(v);
	return true;
}

static bool f_action(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;

	if (!x->current || !x->current(x->arg, &v))
		return not_here(c);
	*out = wdl_of_json(v);
	return true;
}

/* Only a run has such an address; the service's is a secret. */
static bool f_list_callback_url(struct wdl_call *c, struct wdl_value *out)
{
	const struct wdl_context *x = c->ev->c;
	const struct json *v;

	if (!x->callback || !x->callback(x->arg, &v))
		return not_here(c);
	*out = wdl_of_json(v);
	return true;
}

const struct wdl_body wdl_workflow_functions[] = {
	{ "actions", f_actions },
	{ "outputs", f_outputs },
	{ "actionOutputs", f_outputs },
	{ "body", f_body },
	{ "actionBody", f_body },
	{ "trigger", f_trigger },
	{ "triggerOutputs", f_trigger_outputs },
	{ "triggerBody", f_trigger_body },
	{ "variables", f_variables },
	{ "parameters", f_parameters },
	{ "item", f_item },
	{ "items", f_items },
	{ "iterationIndexes", f_iteration_indexes },
	{ "result", f_result },
	{ "workflow", f_workflow },
	{ "action", f_action },
	{ "listCallbackUrl", f_list_callback_url },
	{ NULL, NULL },
};
