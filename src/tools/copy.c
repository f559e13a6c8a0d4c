/*
 * copy.c - copy_live_flow and import_live_flow: a flow made anew, from another one or from a file.
 *
 * Both look at the environment that it comes to, make it fit (landing.c), and hand it to the one
 * way by which flows are saved.
 */
#include "tools/landing.h"
#include "tools/save.h"
#include "tools/table.h"
#include "tools/target.h"

/* LOOK: the source and the environment there; MORE: variables and child flows; then the save. */
enum { LOOK, MORE, SAVE };

static enum effect make_effect(const struct json *args, const struct target *t)
{
	(void)t;
	if (json_is_true(json_get(args, "dryRun")))
		return EFFECT_PREVIEW;
	return json_is_true(json_get(args, "force")) ? EFFECT_FORCE : EFFECT_CREATE;
}

/* ---- both ---- */

static enum verdict more(struct landing *l)
{
	struct fetch *f = requests(l->c, LANDING_MORE);
	size_t n = landing_more(l, f);

	return fetch_each(l->c, f, n);
}

static void put_landing(struct call *c, struct json *out, const struct landing *l,
			const struct save_done *d)
{
	struct arena *a = call_arena(c);

	/* Of a new flow everything is new. */
	json_take(out, "diff");
	json_take(out, "updated");
	json_set_str(a, out, "environmentName", l->environment);
	if (!d->previewed)
		json_set_str(a, out, "flowKey",
			     str_fmt(a, "%.*s.%.*s", STR_ARG(l->environment), STR_ARG(d->flow)));
	json_set(a, out, "connections", json_copy(a, l->bound));
	if (json_count(l->set))
		json_set(a, out, "environmentVariables", json_copy(a, l->set));
	if (json_count(l->calls))
		json_set(a, out, "childFlows", json_copy(a, l->calls));
	json_set(a, out, "leftToDo", json_copy(a, l->left));
}

static void suggest_start(struct call *c, const struct landing *l, const struct save_done *d)
{
	struct json *arguments;

	if (d->previewed || !str_eq(d->state, S("Stopped")))
		return;
	arguments = json_new_object(call_arena(c));
	json_set_str(call_arena(c), arguments, "environmentName", l->environment);
	json_set_str(call_arena(c), arguments, "flowName", d->flow);
	json_set_z(call_arena(c), arguments, "state", "Started");
	next_tool(c, "set_live_flow_state", arguments);
}

/* Some services switch a new flow on although it was sent as stopped: that is told first. */
static void warn_started(struct call *c, struct landing *l, const struct save_done *d)
{
	if (!d->previewed && str_eq(d->state, S("Started")))
		json_insert(l->left, 0,
			    json_new_z(call_arena(c), "The service has switched it on: switch it "
						      "off with set_live_flow_state if that is "
						      "too early."));
}

static enum verdict save_landed(struct call *c, const struct landing *l, struct str name,
				const char *sentence,
				enum verdict (*finish)(struct call *c, const struct save_done *d))
{
	struct save_wish w = {
		.first = SAVE,
		.environment = l->environment,
		.definition = l->made_definition,
		.references = l->made_references,
		.only_references = true,
		.display_name = name,
		.publish = true,
		.dry_run = arg_bool(c, "dryRun"),
		.force = arg_bool(c, "force"),
		.sentence = sentence,
		.finish = finish,
	};

	return save_step(c, &w);
}

/* ---- copy_live_flow ---- */

enum { SOURCE, LAND, LOOKS = LAND + LANDING_LOOKS };

static struct landing copy_landing(struct call *c)
{
	const struct json *flow = call_stage(c) > LOOK ? got(c, LOOK, SOURCE)->json : NULL;

	return (struct landing){
		.c = c,
		.environment = arg_str(c, "targetEnvironmentName"),
		.stage = LOOK,
		.at = LAND,
		.source = arg_str(c, "environmentName"),
		.definition = json_at(flow, "/properties/definition"),
		.references = json_at(flow, "/properties/connectionReferences"),
		.connections = arg_json(c, "connections"),
		.children = arg_json(c, "childFlows"),
	};
}

static bool same_environment(struct call *c)
{
	return str_eq_nocase(arg_str(c, "environmentName"), arg_str(c, "targetEnvironmentName"));
}

static struct str copy_name(struct call *c)
{
	struct str name = at_str(got(c, LOOK, SOURCE)->json, "/properties/displayName");

	if (arg_str(c, "displayName").n)
		return arg_str(c, "displayName");
	return same_environment(c) ? str_fmt(call_arena(c), "Copy of %.*s", STR_ARG(name)) : name;
}

static enum verdict copy_finish(struct call *c, const struct save_done *d)
{
	struct landing l = copy_landing(c);
	struct json *out = save_result(c, d), *source = json_new_object(call_arena(c));

	if (!landing_make(&l))
		return FAIL;
	warn_started(c, &l, d);
	put_landing(c, out, &l, d);
	put_str(c, source, "environmentName", arg_str(c, "environmentName"));
	put_str(c, source, "flowName", arg_str(c, "flowName"));
	put(c, source, "displayName", got(c, LOOK, SOURCE)->json, "/properties/displayName");
	json_set(call_arena(c), out, "source", source);
	suggest_start(c, &l, d);
	return done(c, out);
}

static enum verdict copy_look(struct call *c)
{
	struct landing l = copy_landing(c);
	struct fetch *f = requests(c, LOOKS);

	f[SOURCE] = look_at_flow(c);
	landing_looks(&l, f + LAND);
	return fetch_each(c, f, LOOKS);
}

static enum verdict copy_step(struct call *c)
{
	const struct answer *flow = got(c, LOOK, SOURCE);
	const char *sentence;
	struct landing l;

	if (call_stage(c) == LOOK)
		return copy_look(c);
	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	l = copy_landing(c);
	if (!l.definition) {
		fail(c, ERR_NOT_AVAILABLE, "the service does not show this flow's definition");
		return FAIL;
	}
	if (call_stage(c) == MORE)
		return more(&l);
	if (!landing_make(&l))
		return FAIL;
	sentence = arena_printf(
		call_arena(c), "Copies flow %s %s as %s, switched off.%s",
		quoted(c, at_str(flow->json, "/properties/displayName")),
		same_environment(c) ? "inside of its environment" : "into this environment",
		quoted(c, copy_name(c)), landing_lines(&l));
	return save_landed(c, &l, copy_name(c), sentence, copy_finish);
}

#define PARAM_CONNECTIONS                                                                    \
	{ .name = "connections", .type = JSON_OBJECT,                                        \
	  .help = "Which connection there each reference (or connector) takes: {shared_sql: " \
		  "connection id}; only where it is not clear." }
#define PARAM_CHILDREN                                                    \
	{ .name = "childFlows", .type = JSON_OBJECT,                      \
	  .help = "Which flow there takes the place of a child flow: {id: flow id}." }
#define PARAM_DRY_RUN                                                                         \
	{ .name = "dryRun", .type = JSON_BOOL, .help = "Only say what would be made.",         \
	  .otherwise = "false" }
#define PARAM_FORCE                                                                           \
	{ .name = "force", .type = JSON_BOOL,                                                 \
	  .help = "Make it in spite of the linter's errors; a person is always asked.",        \
	  .otherwise = "false" }

static const struct param copy_params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "targetEnvironmentName", JSON_STRING, P_INTO,
	  "Environment that the copy is made in; left out: the flow's own.", .max = 2048 },
	{ "displayName", JSON_STRING, 0, "Name of the copy.", .max = 256 },
	PARAM_CONNECTIONS,
	PARAM_CHILDREN,
	PARAM_DRY_RUN,
	PARAM_FORCE,
	{ 0 },
};

const struct tool tool_copy_live_flow = {
	.name = "copy_live_flow",
	.title = "Copy a flow",
	.description = "Really makes a copy of one flow, in its own or another environment, switched "
		       "off: binds connections there, takes values of environment variables and "
		       "child flows there, and lists what is left to do. A person is asked first.",
	.toolset = "lifecycle",
	.klass = CLASS_MODERATE,
	.effect = make_effect,
	.open_world = true,
	.params = copy_params,
	.step = copy_step,
};

/* ---- import_live_flow ---- */

static const struct json *file_flow(struct call *c)
{
	struct json *flows = file_flows(c, arg_str(c, "file")), *names;
	struct str wanted = arg_str(c, "member");
	const struct json *found = NULL;
	size_t count = 0;

	if (!flows)
		return NULL;
	JSON_EACH (v, flows)
		if (!wanted.n || str_eq(json_get_str(v, "member"), wanted) ||
		    str_eq_nocase(json_get_str(v, "name"), wanted)) {
			found = v;
			count++;
		}
	if (count == 1)
		return found;
	names = json_new_array(call_arena(c));
	JSON_EACH (v, flows) {
		struct json *one = json_push(names, json_new_object(call_arena(c)));

		put(c, one, "member", v, "/member");
		put(c, one, "name", v, "/name");
	}
	fail(c, count ? ERR_AMBIGUOUS : ERR_NOT_FOUND, "%s holds %zu flows; %s",
	     quoted(c, arg_str(c, "file")), json_count(flows),
	     count ? "say which one is meant" : "none of them is called so");
	fail_data(c, "candidates", names);
	hint(c, "Pass the member of one of the candidates.");
	return NULL;
}

static struct landing import_landing(struct call *c, const struct json *flow)
{
	return (struct landing){
		.c = c,
		.environment = arg_str(c, "environmentName"),
		.stage = LOOK,
		.source = S(""),
		.definition = json_get(flow, "definition"),
		.references = json_get(flow, "connectionReferences"),
		.connections = arg_json(c, "connections"),
		.children = arg_json(c, "childFlows"),
	};
}

static struct str import_name(struct call *c, const struct json *flow)
{
	struct str name = json_get_str(flow, "name");

	if (arg_str(c, "displayName").n)
		return arg_str(c, "displayName");
	return name.n ? name : arg_str(c, "file");
}

static enum verdict import_finish(struct call *c, const struct save_done *d)
{
	const struct json *flow = file_flow(c);
	struct landing l = import_landing(c, flow);
	struct json *out = save_result(c, d), *source = json_new_object(call_arena(c));

	if (!flow || !landing_make(&l))
		return FAIL;
	warn_started(c, &l, d);
	put_landing(c, out, &l, d);
	put_str(c, source, "file", arg_str(c, "file"));
	put(c, source, "member", flow, "/member");
	json_set(call_arena(c), out, "source", source);
	suggest_start(c, &l, d);
	return done(c, out);
}

static enum verdict import_step(struct call *c)
{
	const struct json *flow = file_flow(c);
	const char *sentence;
	struct landing l;
	struct fetch *f;

	if (!flow)
		return FAIL;
	l = import_landing(c, flow);
	if (call_stage(c) == LOOK) {
		f = requests(c, LANDING_LOOKS);
		landing_looks(&l, f);
		return fetch_each(c, f, LANDING_LOOKS);
	}
	if (call_stage(c) == MORE)
		return more(&l);
	if (!landing_make(&l))
		return FAIL;
	sentence = arena_printf(call_arena(c), "Makes flow %s, switched off, out of the file %s.%s",
				quoted(c, import_name(c, flow)), quoted(c, arg_str(c, "file")),
				landing_lines(&l));
	return save_landed(c, &l, import_name(c, flow), sentence, import_finish);
}

static const struct param import_params[] = {
	PARAM_ENVIRONMENT,
	{ "file", JSON_STRING, P_REQUIRED,
	  "Name of a file in the person's folder: package, solution or JSON.", .max = 200 },
	{ "member", JSON_STRING, 0, "Which flow of the file, by entry or name.", .max = 512 },
	{ "displayName", JSON_STRING, 0, "Name of the new flow.", .max = 256 },
	PARAM_CONNECTIONS,
	PARAM_CHILDREN,
	PARAM_DRY_RUN,
	PARAM_FORCE,
	{ 0 },
};

const struct tool tool_import_live_flow = {
	.name = "import_live_flow",
	.title = "Import a flow",
	.description = "Really makes a new flow, switched off, out of a file in the folder that the "
		       "person opened: binds connections, checks and saves it as update_live_flow "
		       "does, and lists what is left to do. A person is asked first.",
	.toolset = "lifecycle",
	.klass = CLASS_MODERATE,
	.effect = make_effect,
	.open_world = true,
	.params = import_params,
	.step = import_step,
};
