/*
 * run_io.c - get_live_flow_run_action_outputs: what went into actions of a run and came out.
 *
 * Inputs and outputs are signed links that can hold 50 MB and more: they are streamed through a
 * projection, so that only what is returned is held, and every cut is marked.
 */
#include "base/limits.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { READ }; /* the first stage; the others depend on what it brought */
enum { ACTION, REPETITIONS, RUN };

enum {
	/* What all values of one answer share, and the bounds of one value's part of it. */
	SHARED_BYTES = LIMIT_RESULT / 4 * 3,
	LEAST_BYTES = 512,
	MOST_BYTES = 16384,
	MOST_POINTERS = 32,
	MOST_LEVELS = 8,
};

/* ---- which repetition ---- */

/* "000000-000003", "0-3", "0,3", "0/3" or "[0,3]" as the service writes it; "" when it is none. */
static const char *repetition_name(struct call *c)
{
	struct str s = str_trim(arg_str(c, "repetition"));
	struct buf b;
	unsigned levels = 0;

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_n(s.p + 1, s.n - 2);
	buf_init_in(&b, call_arena(c), 256);
	while (s.n) {
		size_t n = 0;
		uint64_t index;

		while (n < s.n && s.p[n] != '-' && s.p[n] != ',' && s.p[n] != '/')
			n++;
		if (!str_to_u64(str_trim(str_first(s, n)), &index) || index > 999999 ||
		    ++levels > MOST_LEVELS)
			return "";
		buf_addf(&b, "%s%06u", b.n ? "-" : "", (unsigned)index);
		s = str_from_at(s, n + 1);
	}
	return buf_c(&b);
}

static int64_t innermost_index(const struct json *item)
{
	const struct json *last_one = NULL;

	JSON_EACH (v, json_at(item, "/properties/repetitionIndexes"))
		last_one = v;
	return json_int(json_get(last_one, "itemIndex"), -1);
}

/* ---- items ---- */

static void put_link(struct call *c, struct json *v, const char *name,
		     const struct json *properties, const char *link, const char *inline_value)
{
	struct json *out = json_new_object(call_arena(c));
	const struct json *l = json_get(properties, link);

	put_found(c, out, "uri", l, "/uri");
	put_found(c, out, "size", l, "/contentSize");
	put_found(c, out, "secure", l, "/secureData");
	if (!json_get(out, "uri"))
		put_found(c, out, "value", properties, inline_value);
	json_set(call_arena(c), v, name, out);
}

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
	put_link(c, v, "inputs", properties, "inputsLink", "/inputs");
	put_link(c, v, "outputs", properties, "outputsLink", "/outputs");
	return v;
}

static bool wanted_status(struct call *c, const struct json *item)
{
	return !arg_str(c, "status").n ||
	       str_eq_nocase(arg_str(c, "status"), at_str(item, "/properties/status"));
}

static struct json *keep_action(struct call *c, const struct json *item)
{
	return wanted_status(c, item)
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
	if (!wanted_status(c, item) || (arg_given(c, "iterationIndex") &&
					innermost_index(item) != arg_int(c, "iterationIndex")))
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

enum rows { PLAIN, FILTERED, SCOPES };

static struct fetch repetitions_fetch(struct call *c, enum rows which)
{
	const char *e = arg_z(c, "environmentName"), *flow = arg_z(c, "flowName"),
		   *run = arg_z(c, "runName"), *action = arg_z(c, "actionName");
	struct fetch f = { .flags = FETCH_TOLERATE, .paging = pages(c, keep_repetition) };

	if (which == SCOPES)
		f.url = url(c, HOST_FLOW,
			    "/environments/%s/flows/%s/runs/%s/actions/%s/scopeRepetitions", e,
			    flow, run, action);
	else if (which == FILTERED)
		f.url = url(c, HOST_FLOW,
			    "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions"
			    "?$filter=Status%%20eq%%20'%s'",
			    e, flow, run, action, arg_z(c, "status"));
	else
		f.url = url(c, HOST_FLOW,
			    "/environments/%s/flows/%s/runs/%s/actions/%s/repetitions", e, flow,
			    run, action);
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

static enum verdict fetch_one(struct call *c, struct fetch f)
{
	struct fetch *copy = arena_alloc(call_arena(c), sizeof(*copy));

	*copy = f;
	return fetch_each(c, copy, 1);
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
		return repetition_name(c);
	if (arg_given(c, "iterationIndex"))
		return arena_printf(call_arena(c), "%06u", (unsigned)arg_int(c, "iterationIndex"));
	return NULL;
}

/* The action, its repetitions and the run (a trigger is no action) at once. */
static enum verdict fetch_action(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));
	const char *one = one_repetition(c);

	f[ACTION] = (struct fetch){ .url = action_url(c), .flags = FETCH_TOLERATE };
	f[REPETITIONS] = one ? one_repetition_fetch(c, one, PLAIN)
			     : repetitions_fetch(c, arg_given(c, "status") ? FILTERED : PLAIN);
	f[RUN] = (struct fetch){ .url = url(c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s",
					    arg_z(c, "environmentName"), arg_z(c, "flowName"),
					    arg_z(c, "runName")),
				 .flags = FETCH_TOLERATE };
	return fetch_each(c, f, 3);
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

/* The one repetition of the first answer.  "000003" is an index of the innermost loop only when
 * there is one level of loops. */
static const struct json *direct_hit(struct call *c)
{
	const struct answer *a = got(c, READ, REPETITIONS);
	const struct json *levels = json_at(a->json, "/properties/repetitionIndexes");

	if (!one_repetition(c) || a->err != ERR_OK)
		return NULL;
	if (!arg_given(c, "repetition") &&
	    (json_count(levels) > 1 || innermost_index(a->json) != arg_int(c, "iterationIndex")))
		return NULL;
	return a->json;
}

enum look { NOTHING, ONE_SCOPE, INDEXED, UNFILTERED, SCOPE_LIST };

/* What a second request has to ask; depends on the first answers only. */
static enum look second_look(struct call *c)
{
	const struct answer *list = got(c, READ, REPETITIONS);
	const struct json *action = got(c, READ, ACTION)->json;

	if (is_trigger(c))
		return NOTHING;
	if (arg_given(c, "repetition"))
		return list->err == ERR_OK ? NOTHING : ONE_SCOPE;
	if (one_repetition(c))
		return direct_hit(c) ? NOTHING : INDEXED;
	/* The filter is documented for the same engine elsewhere; where it is refused, without. */
	if (list->status == 400 && arg_given(c, "status"))
		return UNFILTERED;
	/* Scopes and conditions in loops have repetitions of another name, without content. */
	if (!(list->err == ERR_OK && json_count(list->json)) &&
	    !json_at(action, "/properties/inputsLink/uri") &&
	    json_int(json_at(action, "/properties/repetitionCount"), 0) > 0)
		return SCOPE_LIST;
	return NOTHING;
}

static enum verdict fetch_second(struct call *c, enum look look)
{
	switch (look) {
	case ONE_SCOPE:
		return fetch_one(c, one_repetition_fetch(c, one_repetition(c), SCOPES));
	case SCOPE_LIST:
		return fetch_one(c, repetitions_fetch(c, SCOPES));
	default:
		return fetch_one(c, repetitions_fetch(c, PLAIN));
	}
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
static struct json *executions(struct call *c, enum look look)
{
	const struct answer *a = look == NOTHING ? got(c, READ, REPETITIONS) : got(c, READ + 1, 0);
	const struct answer *action = got(c, READ, ACTION);

	if (is_trigger(c))
		return list_with(c, slim(c, json_at(got(c, READ, RUN)->json, "/properties/trigger"),
					 arg_str(c, "actionName")));
	if (direct_hit(c))
		return list_with(c, repetition_item(c, direct_hit(c)));
	if (look == ONE_SCOPE && a->err == ERR_OK)
		return list_with(c, repetition_item(c, a->json));
	if (look != ONE_SCOPE && a->err == ERR_OK && json_count(a->json))
		return a->json;
	if (one_repetition(c)) {
		no_repetition(c);
		return NULL;
	}
	if (action->err != ERR_OK) {
		no_action(c);
		return NULL;
	}
	if (!wanted_status(c, action->json))
		return json_new_array(call_arena(c));
	return list_with(c, keep_action(c, action->json));
}

/* ---- contents ---- */

struct wants {
	struct str inputs[MOST_POINTERS], outputs[MOST_POINTERS];
	size_t input_count, output_count;
	bool all;
};

static bool below(struct str pointer, struct str prefix)
{
	return str_starts(pointer, prefix) && (pointer.n == prefix.n || pointer.p[prefix.n] == '/');
}

/* Pointers count from an item ("/inputs/...", "/outputs/..."); any other is one into outputs. */
static bool read_select(struct call *c, struct wants *w)
{
	*w = (struct wants){ .all = !arg_given(c, "select") };
	JSON_EACH (v, arg_json(c, "select")) {
		struct str s = json_str(v);

		if (!json_is(v, JSON_STRING) || (s.n && s.p[0] != '/')) {
			fail(c, ERR_INVALID_ARGUMENT,
			     "\"select\" has an item that is no JSON pointer");
			hint(c, "Pointers look like /outputs/body/value/0/Title or "
				"/inputs/parameters.");
			return false;
		}
		if (below(s, S("/inputs")))
			w->inputs[w->input_count++] = str_from_at(s, 7);
		else
			w->outputs[w->output_count++] =
				below(s, S("/outputs")) ? str_from_at(s, 8) : s;
	}
	return true;
}

static bool wants_side(const struct wants *w, bool inputs)
{
	return w->all || (inputs ? w->input_count : w->output_count) > 0;
}

static const struct project_options *projection(struct call *c, const struct wants *w, bool inputs,
						size_t values)
{
	struct project_options *o = arena_alloc(call_arena(c), sizeof(*o));
	size_t part = values ? SHARED_BYTES / values : SHARED_BYTES;

	part = part > MOST_BYTES ? MOST_BYTES : part < LEAST_BYTES ? LEAST_BYTES : part;
	if (arg_int(c, "maxBytes"))
		part = (size_t)arg_int(c, "maxBytes");
	o->budget = part;
	if (w->all)
		return o;
	o->pointer_count = inputs ? w->input_count : w->output_count;
	o->pointers = inputs ? w->inputs : w->outputs;
	return o;
}

static const struct json *side(const struct json *item, bool inputs)
{
	return json_get(item, inputs ? "inputs" : "outputs");
}

static size_t count_values(const struct json *items, const struct wants *w)
{
	size_t n = 0;

	JSON_EACH (v, items)
		for (int i = 0; i < 2; i++)
			n += wants_side(w, i) && json_count(side(v, i)) > 0;
	return n;
}

/* One request for each link that is wanted, in the order of the items, inputs first. */
static enum verdict fetch_contents(struct call *c, const struct json *items, struct wants *w)
{
	size_t values = count_values(items, w), n = 0;
	struct fetch *f = arena_array(call_arena(c), values + 1, sizeof(*f));

	JSON_EACH (v, items)
		for (int i = 1; i >= 0; i--)
			if (wants_side(w, i) && json_get_str(side(v, i), "uri").n)
				f[n++] = (struct fetch){
					.url = url_content(c, json_get_str(side(v, i), "uri")),
					.flags = FETCH_TOLERATE,
					.project = projection(c, w, i, values),
				};
	return fetch_each(c, f, n);
}

static void put_cut(struct call *c, struct json *item, const char *name,
		    const struct project_result *p, const struct json *link)
{
	struct json *cut;
	int64_t of = json_int(json_get(link, "size"), 0);

	if (!p->cut_count && !p->cuts_not_listed)
		return;
	cut = json_new_object(call_arena(c));
	json_set_int(call_arena(c), cut, "bytes", (int64_t)json_text(call_arena(c), p->value).n);
	json_set_int(call_arena(c), cut, "of", of > 0 ? of : (int64_t)p->bytes);
	json_set_str(call_arena(c), cut, "pointer", p->cut_count ? p->cuts[0].pointer : S(""));
	if (p->cut_count + p->cuts_not_listed > 1)
		json_set_int(call_arena(c), cut, "places",
			     (int64_t)(p->cut_count + p->cuts_not_listed));
	json_set(call_arena(c), item, name, cut);
}

static void put_value(struct call *c, struct json *item, bool inputs, const struct json *link,
		      const struct project_result *p)
{
	json_set(call_arena(c), item, inputs ? "inputs" : "outputs",
		 p->value ? p->value : json_new_null(call_arena(c)));
	put_cut(c, item, inputs ? "inputsCut" : "outputsCut", p, link);
}

/* Fills one side of an item; returns how many answers of `stage` it used. */
static size_t fill(struct call *c, struct json *item, bool inputs, struct wants *w, int stage,
		   size_t at, size_t values)
{
	struct json *link = json_take(item, inputs ? "inputs" : "outputs");
	const struct answer *a;
	struct project_result p;

	if (json_get(link, "secure"))
		json_set_bool(call_arena(c), item, inputs ? "inputsSecure" : "outputsSecure", true);
	if (!wants_side(w, inputs))
		return 0;
	json_set_null(call_arena(c), item, inputs ? "inputs" : "outputs");
	if (json_get(link, "value")) {
		p = project_tree(call_arena(c), json_get(link, "value"),
				 projection(c, w, inputs, values));
		put_value(c, item, inputs, link, &p);
	}
	if (!json_get_str(link, "uri").n)
		return 0;
	a = got(c, stage, at);
	if (a->err == ERR_OK)
		put_value(c, item, inputs, link, &a->projected);
	else
		json_set_z(call_arena(c), item, inputs ? "inputsUnavailable" : "outputsUnavailable",
			   a->message[0] ? a->message : err_name(a->err));
	return 1;
}

static void tell_more(struct call *c, enum look look)
{
	const struct answer *a = !arg_str(c, "actionName").n ? got(c, READ, 0)
				 : look == NOTHING           ? got(c, READ, REPETITIONS)
							     : got(c, READ + 1, 0);
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

static enum verdict answer(struct call *c, struct json *items, struct wants *w, int stage,
			   enum look look)
{
	size_t used = 0, values = count_values(items, w);
	struct json *out = json_new_array(call_arena(c));

	for (struct json *v = json_first(items), *next; v; v = next) {
		next = json_next(v);
		json_detach(items, v);
		used += fill(c, v, true, w, stage, used, values);
		used += fill(c, v, false, w, stage, used, values);
		json_push(out, v);
	}
	tell_more(c, look);
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
	if (arg_given(c, "repetition") && !repetition_name(c)[0]) {
		fail(c, ERR_INVALID_ARGUMENT, "\"repetition\" is no path of indexes");
		hint(c, "Write it as 000000-000003 or 0-3: outer loop first.");
		return false;
	}
	return true;
}

static enum verdict step_all(struct call *c, struct wants *w)
{
	struct json *items = got(c, READ, 0)->json;

	if (call_stage(c) == READ)
		return fetch_actions(c);
	if (got(c, READ, 0)->err != ERR_OK)
		return fail_read(c, got(c, READ, 0));
	if (call_stage(c) == READ + 1)
		return fetch_contents(c, items, w);
	return answer(c, items, w, READ + 1, NOTHING);
}

static enum verdict step(struct call *c)
{
	struct wants *w = arena_alloc(call_arena(c), sizeof(*w));
	struct json *items;
	enum look look;
	int contents;

	if (!arguments_fit(c) || !read_select(c, w))
		return FAIL;
	if (!arg_str(c, "actionName").n)
		return step_all(c, w);
	if (call_stage(c) == READ)
		return fetch_action(c);
	look = second_look(c);
	contents = look == NOTHING ? READ + 1 : READ + 2;
	if (call_stage(c) < contents)
		return fetch_second(c, look);
	items = executions(c, look);
	if (!items)
		return FAIL;
	if (call_stage(c) == contents)
		return fetch_contents(c, items, w);
	return answer(c, items, w, contents, look);
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
	  .max = MOST_POINTERS },
	{ "maxBytes", JSON_NUMBER, 0, "Most bytes of each inputs or outputs value.", .min = 64,
	  .max = LIMIT_RESULT / 4 * 3 },
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
