/*
 * repair.c - see repair.h.
 */
#include "tools/repair.h"

#include "tools/act.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/started.h"

/* Before the save: the run, the flow, and which runs there are. */
enum { PAUSE_MS = 1000 };
enum { LOOK_RUN, LOOK_FLOW_STATE, LOOK_RUNS, LOOKS };

bool repair_wanted(const struct call *c)
{
	return arg_str(c, "resubmitRun").n > 0;
}

static enum verdict judge(struct call *c)
{
	const struct answer *run = got(c, 0, LOOK_RUN);

	if (!started_can_resubmit(c, got(c, 0, LOOK_FLOW_STATE), run))
		return FAIL;
	if (!at_str(run->json, "/properties/trigger/name").n)
		return fail(c, ERR_NOT_FOUND, "the run does not say which trigger started it");
	return DONE;
}

static struct fetch *request(struct call *c)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	*f = started_resubmit(c, at_z(got(c, 0, LOOK_RUN)->json, "/properties/trigger/name"),
			      arg_z(c, "resubmitRun"));
	return f;
}

enum verdict repair_plan(struct call *c, struct save_wish *w)
{
	const char **warnings;
	struct fetch *f;

	if (!w->flow.n) {
		fail(c, ERR_INVALID_ARGUMENT, "resubmitRun needs the flow of the run");
		hint(c, "Give its flowName.");
		return FAIL;
	}
	if (call_stage(c) == 0) {
		f = arena_array(call_arena(c), LOOKS, sizeof(*f));
		f[LOOK_RUN] = run_fetch(c, arg_z(c, "resubmitRun"));
		f[LOOK_FLOW_STATE] = run_flow_fetch(c);
		f[LOOK_RUNS] = started_look(c);
		return fetch_each(c, f, LOOKS);
	}
	if (judge(c) == FAIL)
		return FAIL;
	f = request(c);
	warnings = arena_array(call_arena(c), 2, sizeof(*warnings));
	warnings[0] = arena_printf(
		call_arena(c),
		"After the save, a new run starts with what the trigger gave run %s, which is %s.",
		quoted(c, arg_str(c, "resubmitRun")),
		quoted(c, at_str(got(c, 0, LOOK_RUN)->json, "/properties/status")));
	w->first = 1;
	w->warnings = warnings;
	w->then = f;
	w->then_count = 1;
	return DONE;
}

/* What became of it: {"originalRunName", "resubmitted", "runName"} or its error. */
static enum verdict told(struct call *c, struct json *out, struct str run,
			 const struct answer *write)
{
	struct arena *a = call_arena(c);
	bool fine = write->err == ERR_OK || run.n;

	json_set_str(a, out, "originalRunName", arg_str(c, "resubmitRun"));
	json_set_bool(a, out, "resubmitted", fine);
	put_str(c, out, "runName", run);
	if (!fine)
		json_set_z(a, out, "resubmitError",
			   write->message[0] ? write->message : err_name(write->err));
	else
		started_suggest(c, run, got(c, 0, LOOK_RUNS));
	return DONE;
}

enum verdict repair_run(struct call *c, const struct save_done *d, struct json *out)
{
	const struct answer *write = got(c, d->stage, 0);
	int looks = call_stage(c) - d->stage - 1;
	struct fetch *f;
	struct str run;

	if (d->previewed || !d->changed) {
		/* Nothing was asked, so nothing may be sent. */
		json_set_str(call_arena(c), out, "originalRunName", arg_str(c, "resubmitRun"));
		json_set_bool(call_arena(c), out, "resubmitted", false);
		return DONE;
	}
	if (looks < 0)
		return fetch_each(c, request(c), 1);
	if (write->err != ERR_OK && write->err != ERR_OUTCOME_UNKNOWN)
		return told(c, out, S(""), write);
	run = looks ? started_run(got(c, 0, LOOK_RUNS), last(c), arg_str(c, "resubmitRun")) : S("");
	if (run.n || looks == ACT_LOOKS)
		return told(c, out, run, write);
	f = arena_alloc(call_arena(c), sizeof(*f));
	*f = started_look(c);
	return looks ? fetch_later(c, PAUSE_MS, f, 1) : fetch_each(c, f, 1);
}
