/*
 * run_io.c - get_live_flow_run_action_outputs: what went into actions of a run and came out.
 *
 * Finds the executions that are meant: of an action, of one in a loop, of the trigger.  What the
 * links behind them hold is the matter of content.c.
 */
#include "base/limits.h"
#include "tools/content.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { READ }; /* the first stage; the others depend on what it brought */
enum { ACTION, REPETITIONS, RUN, SCOPE };

/* ---- which repetition ---- */

static int64_t innermost_index(const struct json *item)
{
	const struct json *last_one = NULL;

	JSON_EACH (v, json_at(item, "/properties/repetitionIndexes"))
		last_one = v;
	return json_int(json_get(last_one, "itemIndex"), -1);
}

/* ---- items ---- */

static struct json *slim(struct call *c, const struct json *properties, struct str name)
{
	struct json *v = json_new_object(call_arena(c));

	json_set_str(call_arena(c), v, "actionName", name);
	put(c, v, "status", properties, "/status");
	put(c, v, "startTime", properties, "/startTime");
	put(c, v, "endTime", properties, "/endTime");
	put_found(c, v, "code", properties, "/code");
	put(c, v, "error", properties, "/error");
	put_found(c, v, "retryHistory", properties, "/retryHistory");
	content_put_link(c, v, "inputs", properties, "inputsLink", "/inputs");
	content_put_link(c, v, "outputs", properties, "outputsLink", "/outputs");
	return v;
}

static struct json *keep_action(struct call *c, const struct json *item)
{
	return json_get_str(item, "name").n && wanted_status(c, at_str(item, "/properties/status"))
		       ? slim(c, json_get(item, "properties"), json_get_str(item, "name"))
		       : NULL;
}

static struct json *repetition_item(struct call *c, const struct json *item)
{
	struct json *v = slim(c, json_get(item, "properties"), arg_str(c, "actionName"));

	put_found(c, v, "repetitionIndexes", item, "/properties/repetitionIndexes");
	put_found(c, v, "repetition", item, "/name");
	return v;
}

static struct json *keep_repetition(struct call *c, const struct json *item)
{
	if (!wanted_status(c, at_str(item, "/properties/status")))
		return NULL;
	if (arg_given(c, "iterationIndex") && innermost_index(item) != arg_int(c, "iterationIndex"))
		return NULL;
	return repetition_item(c, item);
}

/* ---- requests ---- */

static const struct paging *pages(struct call *c,
				  struct json *(*keep)(struct call *, const struct json *))
{
	struct paging *p = arena_alloc(call_arena(c), sizeof(*p));

	*p = (struct paging){ .keep = keep, .most = (size_t)arg_int(c, "top"), .budget_ms = 60000 };
	return p;
}

static const struct url *action_url(struct call *c)
{
	return url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions/%s",
		   arg_z(c, "environmentName"), arg_z(c, "flowName"), arg_z(c, "runName"),
		   arg_z(c, "actionName"));
}

/* Scopes and conditions in loops have repetitions of another name, without content. */
enum rows { NOTHING, PLAIN, FILTERED, SCOPES, SCOPES_FILTERED };

static struct fetch repetitions_fetch(struct call *c, enum rows which)
{
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName"),
		   *run = arg_z(c, "runName"), *action = arg_z(c, "actionName");
	struct fetch f = { .flags = FETCH_TOLERATE, .paging = pages(c, keep_repetition) };
	bool scopes = which == SCOPES || which == SCOPES_FILTERED;

	if (which == FILTERED || which == SCOPES_FILTERED)
		f.url = url(c, HOST_FLOW,
			    scopes ? "/environments/%s/flows/%s/runs/%s/actions/%s/"
				     "scopeRepetitions?$filter=Status%%20eq%%20'%s'"
				   : "/environments/%s/flows/%s/runs/%s/actions/%s/"
				     "repetitions?$filter=Status%%20eq%%20'%s'",
			    e, flow, run, action, arg_z(c, "status"));
	else
		f.url = url(c, HOST_FLOW,
			    scopes ? "/environments/%s/flows/%s/runs/%s/actions/%s/"
				     "scopeRepetitions"
				   : "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions",
			    e, flow, run, action);
	return f;
}

static struct fetch one_repetition_fetch(struct call *c, const char *name, enum rows which)
{
	return (struct fetch){
		.url = url(c, HOST_FLOW,
			   which == SCOPES ? "/environments/%s/flows/%s/runs/%s/actions/%s/"
					     "scopeRepetitions/%s"
					   : "/environments/%s/flows/%s/runs/%s/actions/%s/"
					     "repetitions/%s",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), arg_z(c, "runName"),
			   arg_z(c, "actionName"), name),
		.flags = FETCH_TOLERATE,
	};
}

static enum verdict fetch_actions(struct call *c)
{
	return fetch_one(
		c, (struct fetch){
			   .url = url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions",
				      arg_z(c, "environmentName"), arg_z(c, "flowName"),
				      arg_z(c, "runName")),
			   .flags = FETCH_TOLERATE,
			   .paging = pages(c, keep_action),
		   });
}

/* The name of the one repetition that is asked for; NULL: a list. */
static const char *one_repetition(struct call *c)
{
	if (arg_given(c, "repetition"))
		return repetition_arg(c);
	if (arg_given(c, "iterationIndex"))
		return arena_printf(call_arena(c), "%06u", (unsigned)arg_int(c, "iterationIndex"));
	return NULL;
}

static enum rows first_list(struct call *c)
{
	return arg_given(c, "status") ? FILTERED : PLAIN;
}

/* The action, its repetitions and the run (a trigger is no action) at once. */
static enum verdict fetch_action(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 4, sizeof(*f));
	const char *one = one_repetition(c);

	f[ACTION] = (struct fetch){ .url = action_url(c), .flags = FETCH_TOLERATE };
	f[REPETITIONS] =
		one ? one_repetition_fetch(c, one, PLAIN) : repetitions_fetch(c, first_list(c));
	f[RUN] = run_fetch(c, arg_z(c, "runName"));
	if (one)
		f[SCOPE] = one_repetition_fetch(c, one, SCOPES);
	return fetch_each(c, f, one ? 4 : 3);
}

/* ---- what was found ---- */

static struct json *list_with(struct call *c, struct json *item)
{
	struct json *list = json_new_array(call_arena(c));

	json_push(list, item);
	return list;
}

static bool is_trigger(struct call *c)
{
	struct str name = at_str(got(c, READ, RUN)->json, "/properties/trigger/name");

	return name.n && str_eq_nocase(name, arg_str(c, "actionName"));
}

static bool is_meant(struct call *c, const struct answer *a)
{
	const struct json *levels = json_at(a->json, "/properties/repetitionIndexes");

	if (a->err != ERR_OK)
		return false;
	/* "000003" is an index of the innermost loop only when there is one level of loops. */
	return arg_given(c, "repetition") ||
	       (json_count(levels) <= 1 &&
		innermost_index(a->json) == arg_int(c, "iterationIndex"));
}

/* The one repetition that was asked for by its name; NULL when there is none. */
static const struct json *direct_hit(struct call *c)
{
	if (!one_repetition(c))
		return NULL;
	if (is_meant(c, got(c, READ, REPETITIONS)))
		return got(c, READ, REPETITIONS)->json;
	return is_meant(c, got(c, READ, SCOPE)) ? got(c, READ, SCOPE)->json : NULL;
}

/* It has no content of its own, and it did run. */
static bool is_scope(struct call *c)
{
	const struct json *p = json_get(got(c, READ, ACTION)->json, "properties");

	return p && !json_get(p, "inputsLink") && !json_get(p, "outputsLink") &&
	       !str_eq_nocase(json_get_str(p, "status"), S("Skipped"));
}

/* The list to ask for after `asked` was answered with `a`; NOTHING when that will do. */
static enum rows next_list(struct call *c, enum rows asked, const struct answer *a)
{
	bool filtered = asked == FILTERED || asked == SCOPES_FILTERED;
	bool scopes = asked == SCOPES || asked == SCOPES_FILTERED;

	/* The filter is documented for the same engine elsewhere; where it is refused, without. */
	if (a->status == 400 && filtered)
		return scopes ? SCOPES : PLAIN;
	if (scopes || (a->err == ERR_OK && json_count(a->json)) || !is_scope(c))
		return NOTHING;
	return arg_given(c, "status") ? SCOPES_FILTERED : SCOPES;
}

/* Walks the lists asked for so far.  True: *stage is the next stage and *list the last answer.
 * False: *next is to be fetched now. */
static bool lists_done(struct call *c, int *stage, const struct answer **list, enum rows *next)
{
	enum rows asked;

	*stage = READ + 1;
	*list = got(c, READ, REPETITIONS);
	if (is_trigger(c) || direct_hit(c) || arg_given(c, "repetition"))
		return true;
	/* An index fits repetitions of several outer loops, so the list is needed after all. */
	asked = one_repetition(c) ? NOTHING : first_list(c);
	*next = asked ? next_list(c, asked, *list) : PLAIN;
	while (*next) {
		if (call_stage(c) == *stage)
			return false;
		*list = got(c, (*stage)++, 0);
		asked = *next;
		*next = next_list(c, asked, *list);
	}
	return true;
}

static enum verdict no_repetition(struct call *c)
{
	if (got(c, READ, RUN)->err != ERR_OK)
		return fail_read(c, got(c, READ, RUN));
	fail(c, ERR_NOT_FOUND, "\"%.*s\" has no such repetition in this run",
	     STR_ARG(str_first_utf8(arg_str(c, "actionName"), 120)));
	hint(c, "Without iterationIndex and repetition the executions are listed, each with its "
		"repetition and repetitionIndexes.");
	return FAIL;
}

static enum verdict no_action(struct call *c)
{
	const struct answer *run = got(c, READ, RUN), *action = got(c, READ, ACTION);

	if (run->err != ERR_OK || is_not_owner(action))
		return fail_read(c, run->err != ERR_OK ? run : action);
	fail_answer(c, action);
	if (action->err == ERR_NOT_FOUND)
		hint(c,
		     "The run has no action or trigger of that name; get_live_flow_run_error lists "
		     "all names (allActions).");
	return FAIL;
}

/* The executions to show, or NULL after a fail(). */
static struct json *executions(struct call *c, const struct answer *list)
{
	const struct answer *action = got(c, READ, ACTION);

	if (is_trigger(c)) {
		const struct json *trigger =
			json_at(got(c, READ, RUN)->json, "/properties/trigger");

		return list_with(c, slim(c, trigger, json_get_str(trigger, "name")));
	}
	if (direct_hit(c))
		return list_with(c, repetition_item(c, direct_hit(c)));
	if (!arg_given(c, "repetition") && list->err == ERR_OK && json_count(list->json))
		return list->json;
	if (one_repetition(c)) {
		no_repetition(c);
		return NULL;
	}
	if (action->err != ERR_OK) {
		no_action(c);
		return NULL;
	}
	if (!wanted_status(c, at_str(action->json, "/properties/status")))
		return json_new_array(call_arena(c));
	return list_with(c, keep_action(c, action->json));
}

static void tell_more(struct call *c, const struct answer *a)
{
	int64_t of =
		json_int(json_at(got(c, READ, ACTION)->json, "/properties/repetitionCount"), 0);

	if (!a->more)
		return;
	note(c, "complete", json_new_bool(call_arena(c), false));
	if (of > 0 && arg_str(c, "actionName").n)
		note(c, "repetitionCount", json_new_int(call_arena(c), of));
	note(c, "incompleteWhy",
	     json_new_z(call_arena(c), "only the first executions are shown: raise top, or use "
				       "status, iterationIndex or repetition"));
}

/* Of a step that failed, what the definition says. */
static void suggest(struct call *c, const struct json *items)
{
	struct json *arguments = ids_of(c);

	JSON_EACH (v, items) {
		if (!arg_str(c, "actionName").n ||
		    !str_eq_nocase(json_get_str(v, "status"), S("Failed")))
			continue;
		json_take(arguments, "runName");
		json_set_z(call_arena(c), arguments, "view", "action");
		json_set_str(call_arena(c), arguments, "actionName", arg_str(c, "actionName"));
		next_tool(c, "get_live_flow", arguments);
		return;
	}
}

static enum verdict answer(struct call *c, struct json *items, struct content_wants *w, int stage,
			   const struct answer *list)
{
	struct json *out = content_fill(c, items, w, stage);

	tell_more(c, list);
	suggest(c, out);
	return done(c, out);
}

/* ---- the steps ---- */

static bool arguments_fit(struct call *c)
{
	if (!arg_str(c, "actionName").n &&
	    (arg_given(c, "iterationIndex") || arg_given(c, "repetition"))) {
		fail(c, ERR_INVALID_ARGUMENT, "iterationIndex and repetition need actionName");
		hint(c, "Name the action inside the loop.");
		return false;
	}
	if (arg_given(c, "repetition") && !repetition_arg(c)[0]) {
		fail(c, ERR_INVALID_ARGUMENT, "\"repetition\" is no path of indexes");
		hint(c, "Write it as 000000-000003 or 0-3: outer loop first.");
		return false;
	}
	return true;
}

static enum verdict step_all(struct call *c, struct content_wants *w)
{
	struct json *items = got(c, READ, 0)->json;

	if (call_stage(c) == READ)
		return fetch_actions(c);
	if (got(c, READ, 0)->err != ERR_OK)
		return fail_read(c, got(c, READ, 0));
	if (call_stage(c) == READ + 1)
		return content_fetch(c, items, w);
	return answer(c, items, w, READ + 1, got(c, READ, 0));
}

static enum verdict step(struct call *c)
{
	struct content_wants *w = arena_alloc(call_arena(c), sizeof(*w));
	const struct answer *list;
	struct json *items;
	enum rows next;
	int contents;

	if (!arguments_fit(c) || !content_select(c, w) ||
	    (arg_bool(c, "toFile") && call_stage(c) == READ && !file_can_spill(c)))
		return FAIL;
	if (!arg_str(c, "actionName").n)
		return step_all(c, w);
	if (call_stage(c) == READ)
		return fetch_action(c);
	if (!lists_done(c, &contents, &list, &next))
		return fetch_one(c, repetitions_fetch(c, next));
	items = executions(c, list);
	if (!items)
		return FAIL;
	if (call_stage(c) == contents)
		return content_fetch(c, items, w);
	return answer(c, items, w, contents, list);
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	PARAM_RUN,
	{ "actionName", JSON_STRING, 0,
	  "Action or trigger, as in the definition. Left out: all actions, shortened.",
	  .max = 256 },
	{ "iterationIndex", JSON_NUMBER, 0, "Only this index (from 0) of the innermost loop.",
	  .min = 0, .max = 999999 },
	{ "repetition", JSON_STRING, 0,
	  "One repetition in nested loops, outer index first: 000000-000003 or 0-3.", .max = 128 },
	{ "status", JSON_STRING, 0, "Only executions of this status, such as Failed.",
	  .choices = "Succeeded Failed Skipped Cancelled TimedOut Running Waiting Aborted" },
	{ "top", JSON_NUMBER, 0, "Most executions to return.", .min = 1, .max = 500,
	  .otherwise = "30" },
	{ "select", JSON_ARRAY, 0,
	  "JSON pointers to keep, such as /outputs/body/value/0 or /inputs/parameters.",
	  .max = CONTENT_POINTERS },
	{ "maxBytes", JSON_NUMBER, 0, "Most bytes of each inputs or outputs value.", .min = 64,
	  .max = CONTENT_BYTES },
	{ "toFile", JSON_BOOL, 0, "Keep what does not fit in a file of the person's folder, for a day.",
	  .otherwise = "false" },
	{ 0 },
};

const struct tool tool_get_live_flow_run_action_outputs = {
	.name = "get_live_flow_run_action_outputs",
	.title = "Inputs and outputs of an action",
	.description =
		"Shows inputs and outputs of one action (or the trigger) in one run, every loop "
		"repetition of it. Always give actionName; get_live_flow_run_error tells it. Large "
		"values are cut and marked: use select. Not the definition: get_live_flow.",
	.toolset = "run",
	.bundles = "debug-flow",
	.klass = CLASS_READ_ONLY,
	.sensitive = true,
	.read_only = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.list = "",
	.columns = "/actionName /status /startTime /repetition /error/code",
	.step = step,
};
