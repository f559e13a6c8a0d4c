/*
 * test_flow.c - test_live_flow: runs a flow of a connector's trigger once, with a payload of the
 * caller's, through a temporary HTTP trigger.
 *
 * One plan, agreed to as a whole: save with the temporary trigger, call it, save as it was.  From
 * before the first write until the own trigger was seen again it stands in the journal, so that
 * whoever comes next undoes it (recover.c).  The own trigger comes back as soon as the run has
 * started; only then is the run waited for.
 */
#include "base/limits.h"
#include "tools/run_read.h"
#include "tools/save.h"
#include "tools/started.h"
#include "tools/table.h"
#include "tools/target.h"
#include "tools/temporary.h"
#include "tools/trigger_kinds.h"
#include "wdl/design.h"

enum { BEFORE };                   /* stages before the save */
enum { BEFORE_FLOW, BEFORE_RUNS }; /* of BEFORE */
/* Stages after it. */
enum { FIND, CALL, CHECK, RESTORE, VERIFY };

/* Looks for the own trigger: reads may lag behind a save. */
static const int64_t verify_ms[] = { 0, 700, 2000, 4000, 8000 };
enum { VERIFIES = sizeof(verify_ms) / sizeof(*verify_ms) };
/* Looks at the run, and what must be left of the call's time for one. */
enum { RUN_MS = 2000, RESERVE_MS = 8000 };

static const struct json *flow_of(struct call *c)
{
	return got(c, BEFORE, BEFORE_FLOW)->json;
}

static struct trigger_facts facts(struct call *c)
{
	return trigger_facts(call_arena(c), flow_of(c));
}

/* ---- the plan ---- */

static struct fetch call_of(struct call *c)
{
	struct trigger_facts t = facts(c);
	struct callback cb = { .trigger = t.name, .path = "", .query = "" };

	return (struct fetch){ .method = HTTP_POST, .url = url_callback(c, &cb),
			       .body = arg_json(c, "body"), .flags = FETCH_TOLERATE | FETCH_ANY };
}

static bool begin(struct call *c)
{
	struct json *state = json_new_object(call_arena(c));
	struct trigger_facts t = facts(c);

	json_set_z(call_arena(c), state, "trigger", t.name);
	json_set(call_arena(c), state, "real", json_copy(call_arena(c), t.trigger));
	/* A save without it may lose what only the trigger needs. */
	json_set(call_arena(c), state, "references",
		 temporary_references(call_arena(c), flow_of(c), t.trigger));
	return journal_open(c, JOURNAL_TRIGGER, state).n > 0;
}

static enum verdict own_way(struct call *c, const struct trigger_facts *t)
{
	struct json *arguments = ids_of(c);

	fail(c, ERR_INVALID_ARGUMENT, "the trigger %s (%s) can be started as it is",
	     quoted(c, str_from(t->name)), quoted(c, t->kind.n ? t->kind : t->type));
	hint(c, "trigger_live_flow does it; a temporary trigger is only for those that cannot.");
	if (t->way != START_ALONE)
		json_set(call_arena(c), arguments, "body",
			 json_copy(call_arena(c), arg_json(c, "body")));
	next_tool(c, "trigger_live_flow", arguments);
	return FAIL;
}

static enum verdict judge(struct call *c)
{
	const struct answer *flow = got(c, BEFORE, BEFORE_FLOW);
	struct trigger_facts t;

	if (flow->err != ERR_OK)
		return fail_read(c, flow);
	t = facts(c);
	if (!t.trigger)
		return fail(c, ERR_NOT_FOUND, "the flow has no trigger");
	if (temporary_is(t.trigger)) {
		fail(c, ERR_CONFLICT, "the flow has the temporary trigger of another test");
		hint(c, "recover_live_flow puts its own back when that test was interrupted here; else "
			"restore_live_flow does, from a version before the test.");
		return FAIL;
	}
	if (t.way != START_NONE)
		return own_way(c, &t);
	if (!str_eq(at_str(flow->json, "/properties/state"), S("Started")))
		return started_refuse_off(c, flow->json);
	return FETCH;
}

/* ---- after the save ---- */

static enum verdict find_url(struct call *c)
{
	return fetch_one(c, (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW, "/environments/%s/flows/%s/triggers/%s/listCallbackUrl",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), facts(c).name),
		.body = json_new_object(call_arena(c)),
		.flags = FETCH_TOLERATE | FETCH_READ,
	});
}

/* Without a URL nothing is called, and the way back is the same. */
static enum verdict call_it(struct call *c, const struct answer *found)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	*f = call_of(c);
	f->url = callback_link(c, f->url, found);
	progress(c, 1, 4, "The temporary trigger is called");
	return fetch_each(c, f, f->url ? 1 : 0);
}

static bool same_as(struct call *c, const struct answer *now, const struct json *definition)
{
	return now->err == ERR_OK &&
	       wdl_design_equal(call_arena(c), json_at(now->json, "/properties/definition"),
				definition);
}

/* Somebody saved meanwhile: their work is not put away.  The journal's entry stays for a save
 * that changes the trigger alone. */
static enum verdict foreign(struct call *c)
{
	fail(c, ERR_CONFLICT, "somebody else saved the flow during the test: it was not put back, and "
			      "has the temporary trigger still");
	hint(c, "recover_live_flow puts the trigger alone back, and keeps what they changed.");
	next_tool(c, "recover_live_flow", ids_of(c));
	return FAIL;
}

static enum verdict stuck(struct call *c, const struct answer *restore)
{
	if (restore->err != ERR_OK)
		fail_answer(c, restore);
	else
		fail(c, ERR_UPSTREAM, "the flow's own trigger was not seen again after the test");
	hint(c, "recover_live_flow tries it again; the server does so by itself at its next start.");
	fail_data(c, "restored", json_new_bool(call_arena(c), false));
	next_tool(c, "recover_live_flow", ids_of(c));
	return FAIL;
}

/* The stage of the look that saw the own trigger again; -1: none yet. */
static int verified(struct call *c, const struct save_done *d)
{
	const struct json *before = json_at(d->before, "/properties/definition");

	for (int i = d->stage + VERIFY; i < call_stage(c) && i < d->stage + VERIFY + VERIFIES; i++)
		if (same_as(c, got(c, i, 0), before))
			return i;
	return -1;
}

/* ---- the run ---- */

static enum verdict result(struct call *c, const struct save_done *d, struct str run,
			   const struct json *seen)
{
	struct arena *a = call_arena(c);
	const struct answer *called = got(c, d->stage + CALL, 0);
	struct json *out = json_new_object(a);
	struct str status = at_str(seen, "/properties/status");
	bool ended = run_has_ended(status);

	json_set_str(a, out, "flowKey",
		     str_fmt(a, "%s.%s", arg_z(c, "environmentName"), arg_z(c, "flowName")));
	put_ids(c, out);
	json_set_z(a, out, "triggerName", facts(c).name);
	json_set_bool(a, out, "restored", true);
	put_str(c, out, "snapshot", d->snapshot);
	put_str(c, out, "runName", run);
	put_str(c, out, "status", status);
	json_set_bool(a, out, "ended", ended);
	put_found(c, out, "startTime", seen, "/properties/startTime");
	put_found(c, out, "endTime", seen, "/properties/endTime");
	put_found(c, out, "error", seen, "/properties/error");
	json_set_int(a, out, "responseStatus", called->status);
	if (run_went_wrong(status))
		run_suggest_diagnosis(c, run);
	else if (!ended)
		started_suggest(c, run, got(c, BEFORE, BEFORE_RUNS));
	return done(c, out);
}

static enum verdict not_started(struct call *c, const struct save_done *d)
{
	const struct answer *found = got(c, d->stage + FIND, 0);
	const struct answer *called = got(c, d->stage + CALL, 0);

	if (found->err != ERR_OK)
		fail_answer(c, found);
	else if (called->status || called->err == ERR_OUTCOME_UNKNOWN)
		fail_answer(c, called);
	else
		fail(c, ERR_UPSTREAM, "the service did not say the temporary trigger's URL");
	hint(c, "The flow has its own trigger again; the test started no run that is known of.");
	fail_data(c, "restored", json_new_bool(call_arena(c), true));
	return FAIL;
}

/* The run that was started, by the trigger's answer or by a look at the runs; both may be late. */
static enum verdict watch(struct call *c, const struct save_done *d, int since)
{
	const struct answer *called = got(c, d->stage + CALL, 0);
	struct str run = str_from(called->run);
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));
	const struct json *seen = NULL;
	bool late = call_time_left(c) < RESERVE_MS || call_abandoned(c);

	for (int i = since; i < call_stage(c); i++) {
		const struct answer *a = got(c, i, 0);

		if (a->err != ERR_OK)
			continue;
		if (json_is(a->json, JSON_OBJECT))
			seen = a->json;
		else if (!run.n)
			run = started_run(got(c, BEFORE, BEFORE_RUNS), a, S(""));
	}
	late |= LIMIT_TEST_RUN_MS / RUN_MS < call_stage(c) - since;
	if (run_has_ended(at_str(seen, "/properties/status")) || (late && run.n))
		return result(c, d, run, seen);
	if (!run.n && (late || (called->err != ERR_OK && called->err != ERR_OUTCOME_UNKNOWN)))
		return not_started(c, d);
	*f = run.n ? run_fetch(c, str_c(call_arena(c), run)) : started_look(c);
	progress(c, 3, 4, "The flow has its own trigger again; the run goes on");
	return fetch_later(c, call_stage(c) == since ? 200 : RUN_MS, f, 1);
}

static enum verdict finish(struct call *c, const struct save_done *d)
{
	const struct answer *restore = got(c, d->stage + RESTORE, 0);
	int n = call_stage(c) - d->stage, seen, most = VERIFY + VERIFIES;
	struct str entry;

	switch (n) {
	case FIND:
		return find_url(c);
	case CALL:
		return call_it(c, last(c));
	case CHECK:
		return look_at_flow_after(c, 0);
	case RESTORE:
		if (got(c, d->stage + CHECK, 0)->err == ERR_OK &&
		    !same_as(c, got(c, d->stage + CHECK, 0), d->definition))
			return foreign(c);
		progress(c, 2, 4, "The flow's own trigger is put back");
		return fetch_each(c, d->restore, 1);
	default:
		break;
	}
	seen = verified(c, d);
	/* A refusal does not arrive later. */
	if (restore->err != ERR_OK && restore->err != ERR_OUTCOME_UNKNOWN)
		most = VERIFY + 1;
	if (seen < 0 && n < most)
		return look_at_flow_after(c, verify_ms[n - VERIFY]);
	if (seen < 0)
		return stuck(c, restore);
	entry = journal_held(c, JOURNAL_TRIGGER);
	if (entry.n)
		journal_close(c, entry);
	return watch(c, d, seen + 1);
}

/* ---- the tool ---- */

static enum verdict first_look(struct call *c)
{
	struct fetch *f = arena_array(call_arena(c), 2, sizeof(*f));

	f[BEFORE_FLOW] = look_at_flow(c);
	f[BEFORE_RUNS] = started_look(c);
	return fetch_each(c, f, 2);
}

static enum verdict step(struct call *c)
{
	static const char *const warnings[] = {
		"While the temporary trigger is there, for some seconds, no event starts the flow, and "
		"its own trigger may begin anew with what it has seen.",
		NULL,
	};
	struct save_wish w = {
		.first = BEFORE + 1,
		.environment = arg_str(c, "environmentName"),
		.flow = arg_str(c, "flowName"),
		.publish = true,
		.warnings = warnings,
		.then_count = 1,
		.begin = begin,
		.finish = finish,
	};
	struct fetch then;
	enum verdict v;

	if (call_stage(c) == BEFORE)
		return first_look(c);
	v = judge(c);
	if (v != FETCH)
		return v;
	then = call_of(c);
	w.then = &then;
	w.operations = temporary_operations(call_arena(c), facts(c).name,
					    temporary_trigger(call_arena(c)));
	w.sentence = arena_printf(
		call_arena(c),
		"Runs flow %s once with the body below: puts a temporary HTTP trigger in the place of "
		"its trigger %s, calls it, and puts the flow's own trigger back at once.",
		quoted(c, at_str(flow_of(c), "/properties/displayName")),
		quoted(c, str_from(facts(c).name)));
	return save_step(c, &w);
}

static enum effect effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_RUN;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "body", JSON_OBJECT, P_REQUIRED,
	  "What triggerBody() is in the test: one item, shaped like that of a real run." },
	{ 0 },
};

const struct tool tool_test_live_flow = {
	.name = "test_live_flow",
	.title = "Test a flow",
	.description = "Really runs a flow with a connector's trigger once, with a payload of yours, through "
		       "a temporary trigger that is taken away at once. A person is asked first. Other "
		       "triggers: trigger_live_flow; a payload that was there: resubmit_live_flow_run.",
	.toolset = "run",
	.bundles = "build-flow",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.destructive = true,
	.open_world = true,
	.params = params,
	.columns = "/runName /status /restored",
	.step = step,
};
