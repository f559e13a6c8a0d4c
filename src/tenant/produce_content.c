/*
 * produce_content.c - inputs and outputs of the actions of a played run.
 *
 * What the script of the pattern says comes first; what it leaves out follows from the
 * definition.  Must not know HTTP or links.
 */
#include "tenant/emit.h"
#include "tenant/produce.h"
#include "tenant/script.h"

bool play_is_secure(const struct json *def, enum content what)
{
	struct str wanted = what == CONTENT_INPUTS ? S("inputs") : S("outputs");

	JSON_EACH(v, json_at(def, "/runtimeConfiguration/secureData/properties"))
		if (str_eq(json_str(v), wanted))
			return true;
	return false;
}

/* What the run history shows of a connector step: host and resolved parameters. */
static struct json *connector_inputs(const struct script_scope *s, const struct json *def)
{
	struct arena *a = s->played->arena;
	const struct json *in = json_get(def, "inputs"), *host = json_get(in, "host");
	struct json *out;
	struct str api, key;

	if (!json_get(host, "apiId")) {
		/* The older form has no host to show: method, path and body as they were sent. */
		out = script_resolve(a, s, in);
		json_take(out, "authentication");
		return out;
	}
	api = json_get_str(host, "apiId");
	for (ptrdiff_t cut; (cut = str_find_char(api, '/')) >= 0;)
		api = str_from_at(api, (size_t)cut + 1);
	if (str_starts(api, S("shared_")))
		api = str_from_at(api, 7);
	key = json_get(host, "connectionReferenceName") ?
		      json_get_str(host, "connectionReferenceName") :
		      json_get_str(host, "connectionName");
	out = emit_json(a,
			"{'host':{'apiId':'subscriptions/5e7c1d6a-94a1-4c9e-8f0e-2b6f3d1c7a90/providers/"
			"Microsoft.Web/locations/%s/runtimes/europe-001/apis/%S',"
			"'connectionReferenceName':'%S','operationId':'%S'}}",
			s->played->flow->env->region, api, key,
			json_get_str(host, "operationId"));
	if (json_get(in, "parameters"))
		json_set(a, out, "parameters", script_resolve(a, s, json_get(in, "parameters")));
	return out;
}

static struct json *default_inputs(const struct script_scope *s, const struct played_action *x)
{
	struct arena *a = s->played->arena;
	const struct json *in = json_get(x->def, "inputs");

	if (str_eq(x->type, S("Compose")) && play_script(s->played, x->name, "outputs"))
		return script_expand(a, s, play_script(s->played, x->name, "outputs"));
	if (str_eq(x->type, S("If")))
		return emit_json(a, "{'expressionResult':%b}",
				 json_bool(play_script(s->played, x->name, "branch"), true));
	if (str_eq(x->type, S("Switch")))
		return emit_json(a, "{'expressionResult':%j}",
				 json_get(x->def, "cases") ?
					 play_script(s->played, x->name, "branch") :
					 NULL);
	if (str_starts(x->type, S("OpenApiConnection")) || str_starts(x->type, S("ApiConnection")))
		return connector_inputs(s, x->def);
	if (str_eq(x->type, S("Query")) || str_eq(x->type, S("Select"))) {
		struct json *out = json_new_object(a);

		json_set(a, out, "from", script_resolve(a, s, json_get(in, "from")));
		return out;
	}
	return in ? script_resolve(a, s, in) : NULL;
}

static struct json *body_of(struct arena *a, const struct json *v)
{
	struct json *out = json_new_object(a);

	json_set(a, out, "body", v ? json_copy(a, v) : json_new_null(a));
	return out;
}

static struct json *default_outputs(const struct script_scope *s, const struct played_action *x)
{
	struct arena *a = s->played->arena;
	struct json *in = default_inputs(s, x);

	if (str_eq(x->type, S("Compose")))
		return in;
	/* The history shows the status of a response as text. */
	if (str_eq(x->type, S("Response"))) {
		if (json_is(json_get(in, "statusCode"), JSON_NUMBER))
			json_set_str(a, in, "statusCode",
				     json_number_text(json_get(in, "statusCode")));
		return in;
	}
	if (str_eq(x->type, S("ParseJson")))
		return body_of(a, json_get(in, "content"));
	if (str_eq(x->type, S("Query")))
		return body_of(a, json_get(in, "from"));
	if (str_eq(x->type, S("SetVariable")) || str_eq(x->type, S("AppendToStringVariable")) ||
	    str_eq(x->type, S("AppendToArrayVariable")) || str_eq(x->type, S("IncrementVariable")))
		return body_of(a, in);
	if (str_starts(x->type, S("OpenApiConnection")) || str_starts(x->type, S("ApiConnection")) ||
	    str_eq(x->type, S("Http")))
		return emit_json(a, "{'statusCode':200,'headers':{'Content-Type':"
				    "'application/json; charset=utf-8'},'body':{}}");
	return NULL;
}

/* True when this execution failed the way the script says. */
static const struct json *failed_part(struct played *p, const struct played_action *x,
				      const uint64_t *index, const char *name)
{
	struct outcome o = index && x->loop_count ? play_repetition(p, x, index) : x->sum;
	const struct json *fail = play_script(p, x->name, "fail");

	if (o.status != RUN_FAILED && o.status != RUN_TIMED_OUT)
		return NULL;
	return json_get(fail, name);
}

static bool has_content(struct played *p, const struct played_action *x, const uint64_t *index,
			enum content what)
{
	struct outcome o = index && x->loop_count ? play_repetition(p, x, index) : x->sum;
	const struct json *fail = play_script(p, x->name, "fail");

	if (o.status == RUN_SKIPPED)
		return false;
	if (what == CONTENT_OUTPUTS && (o.status == RUN_RUNNING || o.status == RUN_CANCELLED))
		return false;
	/* An expression that could not be evaluated has neither inputs nor outputs. */
	if (o.status == RUN_FAILED && str_eq(json_get_str(o.error, "code"), S("InvalidTemplate")))
		return false;
	return !(o.status == RUN_FAILED && what == CONTENT_OUTPUTS && fail &&
		 !json_get(fail, "outputs"));
}

struct json *play_content(struct played *p, const struct played_action *x, const uint64_t *index,
			  enum content what)
{
	return play_content_deep(p, x, index, what, 0);
}

struct json *play_content_deep(struct played *p, const struct played_action *x,
			       const uint64_t *index, enum content what, unsigned depth)
{
	struct script_scope s = { p, index, x->loop_count, depth };
	const char *name = what == CONTENT_INPUTS ? "inputs" : "outputs";
	const struct json *v;

	if (!has_content(p, x, index, what) || (x->loop_count && !index))
		return NULL;
	v = failed_part(p, x, index, name);
	if (!v)
		v = play_script(p, x->name, name);
	if (v)
		return json_is(v, JSON_NULL) ? NULL : script_expand(p->arena, &s, v);
	return what == CONTENT_INPUTS ? default_inputs(&s, x) : default_outputs(&s, x);
}

uint64_t play_content_bytes(struct played *p, const struct played_action *x, enum content what)
{
	if (what != CONTENT_OUTPUTS)
		return 0;
	return (uint64_t)json_int(play_script(p, x->name, "bytes"), 0);
}

struct json *play_trigger(struct played *p, enum content what)
{
	struct script_scope s = { .played = p };
	const char *name = what == CONTENT_INPUTS ? "inputs" : "outputs";
	const struct json *t = json_first(json_get(p->definition, "triggers"));
	const struct json *v = json_get(json_get(p->variant, "trigger"), name);

	if (what == CONTENT_OUTPUTS && p->run->trigger)
		return json_copy(p->arena, p->run->trigger);
	if (!v)
		v = json_get(json_get(p->base, "trigger"), name);
	if (v)
		return json_is(v, JSON_NULL) ? NULL : script_expand(p->arena, &s, v);
	if (what == CONTENT_OUTPUTS)
		return NULL;
	if (str_starts(json_get_str(t, "type"), S("OpenApiConnection")))
		return connector_inputs(&s, t);
	return json_get(t, "inputs") ? script_resolve(p->arena, &s, json_get(t, "inputs")) : NULL;
}
