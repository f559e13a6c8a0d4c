/*
 * start.c - trigger_live_flow: starts a run of a flow through its own trigger.
 *
 * The callback URL of an HTTP trigger is as good as a password: it is fetched after the approval,
 * used once and never shown; what is shown is its host and path.
 */
#include "base/limits.h"
#include "tools/act.h"
#include "tools/started.h"
#include "tools/table.h"
#include "tools/trigger_kinds.h"

enum { LOOK_RUNS = LOOK_OWN, LOOKS };

static struct trigger_facts facts(struct call *c)
{
	return trigger_facts(call_arena(c), got(c, ACT_LOOK, LOOK_FLOW)->json);
}

static const struct json *flow_of(struct call *c)
{
	return got(c, ACT_LOOK, LOOK_FLOW)->json;
}

static void look(struct call *c, struct fetch *f)
{
	target_looks(c, f);
	f[LOOK_RUNS] = started_look(c);
}

/* ---- where to ---- */

/* Puts the {parameters} of the relative path in; the sentence that says which is missing, or
 * NULL. */
static const char *fill_path(struct call *c, struct str path, struct buf *b, struct json *used)
{
	const struct json *given = arg_json(c, "parameters");

	for (size_t i = 0; i < path.n;) {
		struct str rest = str_from_at(path, i), name;
		ptrdiff_t end = rest.p[0] == '{' ? str_find_char(rest, '}') : -1;
		const struct json *v;

		if (end < 0) {
			buf_addc(b, rest.p[0]);
			i++;
			continue;
		}
		name = str_n(rest.p + 1, (size_t)end - 1);
		v = json_get_n(given, name);
		if (!v)
			return arena_printf(call_arena(c),
					    "parameters must have %s: the trigger's path is %s",
					    quoted(c, name), quoted(c, path));
		buf_add_percent(b, json_is(v, JSON_STRING) ? json_str(v)
							   : json_text(call_arena(c), v));
		json_set_n(call_arena(c), used, name, json_new_null(call_arena(c)));
		i += (size_t)end + 1;
	}
	return NULL;
}

/* What is wrong with the parameters, or NULL. */
static const char *callback_of(struct call *c, const struct trigger_facts *t, struct callback *cb)
{
	struct json *used = json_new_object(call_arena(c));
	struct buf path, query;
	const char *wrong;

	buf_init_in(&path, call_arena(c), LIMIT_CALLBACK_PART);
	buf_init_in(&query, call_arena(c), LIMIT_CALLBACK_PART);
	wrong = fill_path(c, t->path, &path, used);
	if (wrong)
		return wrong;
	JSON_EACH (v, arg_json(c, "parameters")) {
		if (json_get_n(used, json_name(v)))
			continue;
		buf_addz(&query, query.n ? "&" : "");
		buf_add_percent(&query, json_name(v));
		buf_addc(&query, '=');
		buf_add_percent(&query, json_is(v, JSON_STRING) ? json_str(v)
								: json_text(call_arena(c), v));
	}
	*cb = (struct callback){
		.trigger = t->name,
		.path = buf_c(&path),
		.query = buf_c(&query),
		.signed_in = t->signed_in,
	};
	return buf_ok(&path) && buf_ok(&query) ? NULL : "parameters are too long for a URL";
}

static struct fetch write_of(struct call *c, const struct trigger_facts *t)
{
	struct json *body = arg_json(c, "body");
	struct callback cb;

	if (t->way == START_CALLBACK) {
		/* It was judged before. */
		(void)callback_of(c, t, &cb);
		/* Without a body there is no content type either, and a schema is not looked at. */
		if (!body && t->method != HTTP_GET && t->method != HTTP_HEAD)
			body = json_new_object(call_arena(c));
		return (struct fetch){ .method = t->method, .url = url_callback(c, &cb),
				       .body = body, .flags = FETCH_TOLERATE | FETCH_ANY };
	}
	return (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers/%s/run",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), t->name),
		.body = body ? body : json_new_object(call_arena(c)),
		.flags = FETCH_TOLERATE | FETCH_ANY,
	};
}

/* ---- what cannot be ---- */

static enum verdict no_way(struct call *c, const struct trigger_facts *t)
{
	fail(c, ERR_NOT_AVAILABLE, "the trigger %s (%s) cannot be started from outside: %s starts it",
	     quoted(c, str_from(t->name)), quoted(c, t->type), t->instead);
	hint(c, "test_live_flow runs the flow once with a payload of yours through a temporary trigger; "
		"rehearse_live_flow plays it offline, and resubmit_live_flow_run repeats a run.");
	next_tool(c, "test_live_flow", ids_of(c));
	return FAIL;
}

static enum verdict judge_arguments(struct call *c, const struct trigger_facts *t)
{
	bool get = t->method == HTTP_GET || t->method == HTTP_HEAD;
	struct callback cb;
	const char *wrong;

	if (t->way == START_ALONE && arg_given(c, "body"))
		return fail(c, ERR_INVALID_ARGUMENT, "a %.*s trigger takes no body",
			    STR_ARG(t->type));
	if (t->way != START_CALLBACK && arg_given(c, "parameters"))
		return fail(c, ERR_INVALID_ARGUMENT,
			    "only an HTTP trigger takes parameters; give inputs as the body");
	if (t->way != START_CALLBACK)
		return FETCH;
	if (get && arg_given(c, "body")) {
		fail(c, ERR_INVALID_ARGUMENT, "this trigger is called with GET and takes no body");
		hint(c, "Give its values as parameters.");
		return FAIL;
	}
	wrong = callback_of(c, t, &cb);
	return wrong ? fail(c, ERR_INVALID_ARGUMENT, "%s", wrong) : FETCH;
}

static enum verdict judge(struct call *c)
{
	struct trigger_facts t;

	if (got(c, ACT_LOOK, LOOK_FLOW)->err != ERR_OK)
		return fail_read(c, got(c, ACT_LOOK, LOOK_FLOW));
	t = facts(c);
	if (!t.trigger) {
		fail(c, ERR_NOT_FOUND, "the flow has no trigger");
		hint(c, "get_live_flow with view=outline shows its steps.");
		return FAIL;
	}
	if (t.way == START_NONE)
		return no_way(c, &t);
	if (!str_eq(at_str(flow_of(c), "/properties/state"), S("Started")))
		return started_refuse_off(c, flow_of(c));
	return judge_arguments(c, &t);
}

/* ---- asking ---- */

static const char *missing_warning(struct call *c, const struct trigger_facts *t)
{
	const char *missing = t->way == START_ALONE ? "" : trigger_missing(c, t, arg_json(c, "body"));

	return missing[0] ? arena_printf(call_arena(c), "Required inputs are missing: %s.", missing)
			  : NULL;
}

static const struct change *change(struct call *c)
{
	struct trigger_facts t = facts(c);
	struct change *ch = arena_alloc(call_arena(c), sizeof(*ch));
	struct fetch *write = arena_alloc(call_arena(c), sizeof(*write));
	const char **warnings = arena_array(call_arena(c), 2, sizeof(*warnings));

	*write = write_of(c, &t);
	warnings[0] = missing_warning(c, &t);
	*ch = (struct change){
		.target = target_of(c, ACT_LOOK),
		.sentence = arena_printf(call_arena(c),
					 "Starts a run of flow %s through its trigger %s%s.",
					 quoted(c, at_str(flow_of(c), "/properties/displayName")),
					 quoted(c, str_from(t.name)),
					 arg_given(c, "body") ? " with the body below" : ""),
		.warnings = warnings,
		.writes = write,
		.write_count = 1,
	};
	return ch;
}

static enum effect effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_RUN;
}

/* ---- sending ---- */

static bool find(struct call *c, struct fetch *f)
{
	struct trigger_facts t = facts(c);

	*f = (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers/%s/listCallbackUrl",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), t.name),
		.body = json_new_object(call_arena(c)),
		.flags = FETCH_TOLERATE | FETCH_READ,
	};
	return t.way == START_CALLBACK;
}

static const struct fetch *send(struct call *c, const struct answer *found)
{
	struct trigger_facts t = facts(c);
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	*f = write_of(c, &t);
	if (t.way != START_CALLBACK)
		return f;
	f->url = callback_link(c, f->url, found);
	if (f->url)
		return f;
	if (found->err != ERR_OK)
		fail_answer(c, found);
	else
		fail(c, ERR_UPSTREAM, "the service did not say the trigger's URL");
	return NULL;
}

/* ---- what came of it ---- */

static bool again(struct call *c, const struct answer *write, struct fetch *f)
{
	*f = started_look(c);
	return !write->run[0];
}

static void put_body(struct call *c, struct json *out, const struct answer *write)
{
	struct json *body = json_parse(call_arena(c), write->text, JSON_ANSWER, NULL);

	if (body)
		json_set(call_arena(c), out, "responseBody", body);
	else
		put_str(c, out, "responseBody", write->text);
}

static void put_status(struct arena *a, struct json *out, const char *name,
		       const struct answer *write)
{
	if (write->status)
		json_set_int(a, out, name, write->status);
	else
		json_set_null(a, out, name);
}

static const char *shown_url(struct call *c, const struct answer *found,
			     const struct trigger_facts *t)
{
	struct fetch f = write_of(c, t);
	const struct url *u = t->way == START_CALLBACK ? callback_link(c, f.url, found) : NULL;

	return u ? callback_shown(c, u) : "";
}

static enum verdict result(struct call *c, const struct answer *write, struct str run)
{
	struct arena *a = call_arena(c);
	struct trigger_facts t = facts(c);
	struct json *out = json_new_object(a);
	const char *warning = missing_warning(c, &t);

	json_set_str(a, out, "flowKey",
		     str_fmt(a, "%s.%s", arg_z(c, "environmentName"), arg_z(c, "flowName")));
	put_ids(c, out);
	json_set_z(a, out, "triggerName", t.name);
	put_str(c, out, "triggerType", t.type);
	put_str(c, out, "triggerKind", t.kind);
	put_str(c, out, "triggerUrl", str_from(shown_url(c, got(c, ACT_LOOK + 1, 0), &t)));
	json_set_bool(a, out, "requiresAadAuth", t.signed_in);
	json_set_z(a, out, "authType", t.way == START_CALLBACK ? t.auth : "Owner");
	json_set_z(a, out, "invocation", t.way == START_CALLBACK ? "callbackUrl" : "run");
	put_status(a, out, "responseStatus", write);
	/* What newer skills call it. */
	put_status(a, out, "httpStatus", write);
	put_body(c, out, write);
	put_str(c, out, "runName", run);
	if (write->err != ERR_OK)
		warning = arena_printf(a, "%s%sNo answer came, but a run was started.",
				       warning ? warning : "", warning ? " " : "");
	if (warning)
		json_set_z(a, out, "warning", warning);
	started_suggest(c, run, got(c, ACT_LOOK, LOOK_RUNS));
	return done(c, out);
}

static enum verdict settle(struct call *c, const struct answer *write, const struct answer *now,
			   int looks)
{
	struct str run = now ? started_run(got(c, ACT_LOOK, LOOK_RUNS), now, S(""))
			     : str_from(write->run);

	if (!run.n && looks < ACT_LOOKS)
		return FETCH;
	/* It was accepted: the run may be late, or a condition let none start. */
	if (run.n || write->err == ERR_OK)
		return result(c, write, run);
	return fail_answer(c, write);
}

/* The service's refusal, and what is missing as far as it is known here. */
static enum verdict refused(struct call *c, const struct answer *write)
{
	struct trigger_facts t = facts(c);
	const char *missing = missing_warning(c, &t);

	fail_answer(c, write);
	if (missing)
		hint(c, "%s The trigger's schema is in get_live_flow.", missing);
	return FAIL;
}

static enum verdict step(struct call *c)
{
	static const struct act act = {
		.looks = LOOKS,
		.look = look,
		.judge = judge,
		.change = change,
		.find = find,
		.send = send,
		.again = again,
		.settle = settle,
		.refused = refused,
	};

	return act_step(c, &act);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "body", JSON_OBJECT, 0, "Inputs of the trigger, as JSON; its schema is in get_live_flow." },
	{ "parameters", JSON_OBJECT, 0,
	  "HTTP trigger: values for {names} of its path; others go into the query.", .max = 64 },
	{ 0 },
};

const struct tool tool_trigger_live_flow = {
	.name = "trigger_live_flow",
	.title = "Start a flow",
	.description = "Really starts a run through the flow's own trigger: HTTP request, button, Power "
		       "Apps, agent (body = inputs), or recurrence (no body). A person is asked first. "
		       "Connector triggers cannot be started: use test_live_flow; offline: "
		       "rehearse_live_flow.",
	.toolset = "run",
	.bundles = "build-flow debug-flow monitor-flow",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.sensitive = true,
	.destructive = true,
	.open_world = true,
	.params = params,
	.columns = "/triggerName /responseStatus /runName /warning",
	.step = step,
};
