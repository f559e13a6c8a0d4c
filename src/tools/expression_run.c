/*
 * expression_run.c - fetching the recorded values that an expression reads, and no others.
 *
 * First the flow and the run, then the actions that are read, then their contents.
 */
#include "tools/expression_int.h"
#include "tools/run_read.h"
#include "tools/shared.h"

bool reading_is_given(const struct reading *r, const char *list, struct str name)
{
	return json_get_nocase(json_get(r->given, list), name) != NULL;
}

/* ---- repetitions ---- */

/* "000000-000003": six digits for each level, and what is between. */
enum { DIGITS = 6, PER_LEVEL = DIGITS + 1 };

static bool read_path(struct reading *r)
{
	r->path = str_from("");
	if (!arg_str(r->c, "repetition").n)
		return true;
	r->path = str_from(repetition_arg(r->c));
	r->levels = (unsigned)((r->path.n + 1) / PER_LEVEL);
	if (r->path.n)
		return true;
	fail(r->c, ERR_INVALID_ARGUMENT, "\"repetition\" is no path of indexes");
	hint(r->c, "Write it as 000000-000003 or 0-3: outer loop first.");
	return false;
}

const char *reading_repetition(const struct reading *r, unsigned levels)
{
	return str_c(r->a, str_first(r->path, levels * PER_LEVEL - 1));
}

uint64_t reading_index(const struct reading *r, unsigned level)
{
	uint64_t index = 0;

	str_to_u64(str_first(str_from_at(r->path, level * PER_LEVEL), DIGITS), &index);
	return index;
}

enum verdict reading_needs_repetition(struct reading *r, struct str name, unsigned levels)
{
	fail(r->c, ERR_INVALID_ARGUMENT,
	     "%.*s runs once for each of %u nested loop%s: say which repetition is meant",
	     STR_ARG(str_first_utf8(name, 120)), levels, levels > 1 ? "s" : "");
	hint(r->c, "Pass repetition, outer loop first, such as %s; "
		   "get_live_flow_run_action_outputs lists the repetitions of an action.",
	     levels > 1 ? "0-3" : "3");
	return FAIL;
}

/* ---- stage READ: the flow as it is now, the run ---- */

static enum verdict fetch_flow(struct reading *r)
{
	struct fetch *f = arena_array(r->a, 4, sizeof(*f));

	f[FLOW] = look_at_flow(r->c);
	f[RUN] = run_fetch(r->c, arg_z(r->c, "runName"));
	/* Parameters may be bound to environment variables, which Dataverse has; the lists of
	 * loops, which are not known yet, may read some. */
	if (!r->needs.parameters && !r->needs.loops)
		return fetch_each(r->c, f, 2);
	organisation_fetches(r->c, f + ORGANISATION);
	return fetch_each(r->c, f, 4);
}

/* ---- stage ACTIONS ---- */

/* The actions to ask for: those that are not given by hand. */
size_t reading_actions(const struct reading *r, const struct wdl_need **out)
{
	size_t n = 0;

	for (const struct wdl_need *x = r->needs.actions; x; x = x->next)
		if (!reading_is_given(r, "actions", x->name))
			out[n++] = x;
	return n;
}

static const struct json *parameter_row(const struct wdl_need_name *p)
{
	return json_is(p->row, JSON_OBJECT) ? p->row : NULL;
}

struct str reading_schema(const struct wdl_need_name *p)
{
	return json_str(json_at(parameter_row(p), "/metadata/schemaName"));
}

static struct str organisation(const struct reading *r)
{
	bool known;

	if (!r->needs.parameters)
		return S("");
	return organisation_of(got(r->c, READ, ORGANISATION), got(r->c, READ, ORGANISATION + 1),
			       &known);
}

/* Parameters whose current value an environment variable may have. */
size_t reading_bound(const struct reading *r, const struct wdl_need_name **out)
{
	size_t n = 0;

	if (!organisation(r).n)
		return 0;
	for (const struct wdl_need_name *p = r->needs.parameters; p; p = p->next)
		if (reading_schema(p).n && n < MOST_ACTIONS && !reading_is_given(r, "parameters", p->name))
			out[n++] = p;
	return n;
}

static struct fetch action_fetch(const struct reading *r, const struct wdl_need *x)
{
	const char *e = arg_z(r->c, "environmentName"), *flow = arg_z(r->c, "flowName"),
		   *run = arg_z(r->c, "runName"), *name = str_c(r->a, x->name);
	struct fetch f = { .flags = FETCH_TOLERATE };

	if (!x->levels)
		f.url = url(r->c, HOST_FLOW, "/environments/%s/flows/%s/runs/%s/actions/%s", e, flow,
			    run, name);
	else
		f.url = url(r->c, HOST_FLOW,
			    x->container ? "/environments/%s/flows/%s/runs/%s/actions/%s/"
					   "scopeRepetitions/%s"
					 : "/environments/%s/flows/%s/runs/%s/actions/%s/"
					   "repetitions/%s",
			    e, flow, run, name, reading_repetition(r, x->levels));
	return f;
}

static enum verdict fetch_actions(struct reading *r)
{
	const struct wdl_need **x = arena_array(r->a, r->needs.count + 1, sizeof(*x));
	const struct wdl_need_name *bound[MOST_ACTIONS];
	size_t n = reading_actions(r, x), m = reading_bound(r, bound);
	struct fetch *f = arena_array(r->a, n + m + 1, sizeof(*f));

	if (n > MOST_ACTIONS)
		return fail(r->c, ERR_TOO_LARGE, "the expression reads %zu actions, %d are possible",
			    n, MOST_ACTIONS);
	for (size_t i = 0; i < n; i++) {
		if (x[i]->levels > r->levels)
			return reading_needs_repetition(r, x[i]->name, x[i]->levels);
		f[i] = action_fetch(r, x[i]);
	}
	for (size_t i = 0; i < m; i++)
		f[n + i] = (struct fetch){
			.url = url_of(r->c, HOST_DATAVERSE, organisation(r),
				      "/environmentvariabledefinitions?$select=schemaname,type,"
				      "defaultvalue&$expand=environmentvariabledefinition_"
				      "environmentvariablevalue($select=value)"
				      "&$filter=schemaname%%20eq%%20'%s'",
				      odata_text(r->c, reading_schema(bound[i]))),
			.flags = FETCH_OPTIONAL,
		};
	return fetch_each(r->c, f, n + m);
}

/* ---- stage CONTENTS ---- */

/* The trigger first, then the actions in their order. */
size_t reading_records(const struct reading *r, struct record *out)
{
	const struct wdl_need **x = arena_array(r->a, r->needs.count + 1, sizeof(*x));
	size_t count = reading_actions(r, x), n = 0;

	if (r->needs.trigger && !json_get(r->given, "trigger")) {
		const struct json *t = json_at(got(r->c, READ, RUN)->json, "/properties/trigger");

		out[n++] = (struct record){ json_get_str(t, "name"), t, r->needs.trigger_inputs,
					    r->needs.trigger_outputs };
	}
	for (size_t i = 0; i < count; i++)
		if (got(r->c, ACTIONS, i)->err == ERR_OK)
			out[n++] = (struct record){
				x[i]->name, json_get(got(r->c, ACTIONS, i)->json, "properties"),
				x[i]->inputs, x[i]->outputs,
			};
	return n;
}

static const struct json *link_of(const struct record *x, bool inputs)
{
	return json_get(x->properties, inputs ? "inputsLink" : "outputsLink");
}

bool reading_follows(const struct record *x, bool inputs)
{
	return (inputs ? x->inputs : x->outputs) && json_get_str(link_of(x, inputs), "uri").n;
}

/* What the service hides it shows as a text, which would be taken for the value. */
static bool hidden(struct reading *r, const struct record *x, bool inputs)
{
	if (!(inputs ? x->inputs : x->outputs) || !json_get(link_of(x, inputs), "secureData"))
		return false;
	fail(r->c, ERR_NOT_AVAILABLE, "the %s of %.*s are secured, so the service does not show them",
	     inputs ? "inputs" : "outputs", STR_ARG(str_first_utf8(x->name, 120)));
	hint(r->c, "Give what they would be in context.actions (or context.trigger).");
	return true;
}

static const struct url *link_url(const struct reading *r, const struct record *x, bool inputs)
{
	return url_content(r->c, json_get_str(link_of(x, inputs), "uri"));
}

static enum verdict fetch_contents(struct reading *r, const struct record *x, size_t count)
{
	struct fetch *f = arena_array(r->a, 2 * count + 1, sizeof(*f));
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (int inputs = 1; inputs >= 0; inputs--) {
			if (hidden(r, &x[i], inputs))
				return FAIL;
			if (reading_follows(&x[i], inputs))
				f[n++] = (struct fetch){
					.url = link_url(r, &x[i], inputs),
					.flags = FETCH_TOLERATE | FETCH_LARGE,
				};
		}
	return fetch_each(r->c, f, n);
}

enum verdict recorded_values(struct call *c, const struct wdl_template *t,
			     const struct json *given, struct recorded *out)
{
	struct reading r = { .c = c, .a = call_arena(c), .given = given, .out = out };
	struct record *x;
	size_t count;

	if (!read_path(&r))
		return FAIL;
	r.needs = wdl_needs_of(r.a, t, NULL);
	if (call_stage(c) == READ)
		return fetch_flow(&r);
	if (got(c, READ, RUN)->err != ERR_OK)
		return fail_read(c, got(c, READ, RUN));
	/* Without the flow there are no loops, parameters and variables, but still actions. */
	if (got(c, READ, FLOW)->err == ERR_OK) {
		r.definition = json_at(got(c, READ, FLOW)->json, "/properties/definition");
		r.needs = wdl_needs_of(r.a, t, r.definition);
	}
	if (call_stage(c) == ACTIONS)
		return fetch_actions(&r);
	x = arena_array(r.a, r.needs.count + 2, sizeof(*x));
	count = reading_records(&r, x);
	if (call_stage(c) == CONTENTS)
		return fetch_contents(&r, x, count);
	out->context = json_new_object(r.a);
	out->told = json_new_array(r.a);
	out->bound = json_new_object(r.a);
	out->missing = json_new_array(r.a);
	return reading_assemble(&r, x, count);
}
