/*
 * wait.c - wait_for_live_flow_run: looks at a run until it has ended.
 *
 * Each look is a stage that begins some time after the one before (fetch_later).  What is read
 * again and again is small: the run and those of its actions that have not ended.
 */
#include "base/limits.h"
#include "base/os.h"
#include "tools/outline.h"
#include "tools/run_read.h"
#include "tools/shared.h"
#include "tools/table.h"

enum { RUN, ACTIONS, FLOW };
enum { MOST_SHOWN = 8, MOST_SECONDS = LIMIT_CALL_MS / 1000 - 10 };

/* How long to wait before the next look, by how long it has been already: a short run is seen
 * at once, a long one costs few requests and stays below LIMIT_STAGES looks. */
static const struct {
	int64_t until_ms, every_ms;
} rhythm[] = { { 5000, 1000 }, { 20000, 2000 }, { INT64_MAX, 5000 } };

static int64_t waited(const struct call *c)
{
	return LIMIT_CALL_MS - call_time_left(c);
}

static int64_t limit(struct call *c)
{
	return arg_int(c, "timeoutSeconds") * 1000;
}

/* ---- looking ---- */

static struct json *keep_open(struct call *c, const struct json *item)
{
	struct json *v;

	if (run_has_ended(at_str(item, "/properties/status")) || !json_get_str(item, "name").n)
		return NULL;
	v = json_new_object(call_arena(c));
	put(c, v, "actionName", item, "/name");
	put(c, v, "status", item, "/properties/status");
	put(c, v, "since", item, "/properties/startTime");
	return v;
}

static struct json *keep_name(struct call *c, const struct json *item)
{
	return json_get_str(item, "name").n
		       ? json_new_str(call_arena(c), json_get_str(item, "name"))
		       : NULL;
}

/* The run that is waited for: the one named, else the newest that a look found; "" when there is
 * none yet.  *first is the stage in which it was looked at first. */
static struct str run_of(const struct call *c, int *first)
{
	*first = 0;
	if (arg_str(c, "runName").n)
		return arg_str(c, "runName");
	for (int i = 0; i < call_stage(c); i++) {
		struct str name = json_str(json_first(got(c, i, 0)->json));

		*first = i + 1;
		if (json_is(got(c, i, 0)->json, JSON_ARRAY) && name.n)
			return name;
	}
	return S("");
}

static enum verdict look(struct call *c, int64_t in_ms)
{
	static const struct paging newest = { .keep = keep_name, .most = 1 };
	static const struct paging open = { .keep = keep_open };
	struct fetch *f = arena_array(call_arena(c), 3, sizeof(*f));
	int first;
	struct str name = run_of(c, &first);
	size_t n = 1;

	if (!name.n) {
		f[0] = run_list_fetch(c, "", utc_arg(c, "startedAfter"), "", &newest);
	} else {
		f[RUN] = run_fetch(c, str_c(call_arena(c), name));
		f[ACTIONS] = run_actions_fetch(c, str_c(call_arena(c), name), &open);
		f[FLOW] = run_flow_fetch(c);
		n = call_stage(c) == first ? 3 : 2;
	}
	return in_ms > 0 ? fetch_later(c, in_ms, f, n) : fetch_each(c, f, n);
}

/* The last look at the run that brought an answer; NULL: none did. */
static const struct json *last_run(const struct call *c, int first, int *stage)
{
	for (*stage = call_stage(c) - 1; *stage >= first; --*stage)
		if (got(c, *stage, RUN)->err == ERR_OK)
			return got(c, *stage, RUN)->json;
	return NULL;
}

/* ---- what it waits for ---- */

static bool is_open(const struct json *open, struct str name)
{
	JSON_EACH (v, open)
		if (str_eq(json_get_str(v, "actionName"), name))
			return true;
	return false;
}

/* A scope or loop only waits for what is in it. */
static bool waits_inside(const struct json *index, const struct json *open, struct str name)
{
	JSON_EACH (v, index) {
		struct str in = json_get_str(v, "container"), own = str_first(in, name.n);

		if (str_eq(own, name) && (in.n == name.n || in.p[name.n] == '/') &&
		    is_open(open, json_name(v)))
			return true;
	}
	return false;
}

static struct json *waiting_for(struct call *c, int first, int stage)
{
	struct arena *a = call_arena(c);
	const struct json *open = got(c, stage, ACTIONS)->json;
	const struct json *definition = json_at(got(c, first, FLOW)->json, "/properties/definition");
	const struct json *index = outline_index(a, definition);
	struct json *out = json_new_array(a);
	size_t n = 0;

	JSON_EACH (v, open) {
		struct str name = json_get_str(v, "actionName");
		struct outline_step step;
		struct run_waits w;
		struct json *one;

		if (waits_inside(index, open, name) || n++ >= MOST_SHOWN)
			continue;
		step = outline_find(a, definition, name);
		w = run_waits_for(step.value);
		one = json_copy(a, v);
		if (step.value) {
			json_set_z(a, one, "waitsFor", w.words);
			json_set_bool(a, one, "person", w.person);
		}
		json_push(out, one);
	}
	if (n > MOST_SHOWN)
		note(c, "waitingForMore", json_new_int(a, (int64_t)(n - MOST_SHOWN)));
	return out;
}

static bool needs_person(const struct json *waits)
{
	JSON_EACH (v, waits)
		if (json_bool(json_get(v, "person"), false))
			return true;
	return false;
}

static void tell_progress(struct call *c, const struct json *run, const struct json *waits)
{
	const struct json *one = json_first(waits);
	double total = (double)limit(c) / 1000;

	if (one)
		progress(c, (double)waited(c) / 1000, total, "%s since %lld s, in %s: %s",
			 quoted(c, at_str(run, "/properties/status")),
			 (long long)((os_wall_ms() - run_time(run, "/properties/startTime")) / 1000),
			 quoted(c, json_get_str(one, "actionName")),
			 at_z(one, "/waitsFor")[0] ? at_z(one, "/waitsFor") : "its own work");
	else
		progress(c, (double)waited(c) / 1000, total, "%s",
			 run ? quoted(c, at_str(run, "/properties/status")) : "no run yet");
}

/* ---- the end ---- */

static void suggest(struct call *c, const struct json *run, struct str name, bool ended,
		    bool person)
{
	struct json *arguments = ids_of(c);

	if (run_went_wrong(at_str(run, "/properties/status"))) {
		run_suggest_diagnosis(c, name);
	} else if (!name.n) {
		json_take(arguments, "runName");
		next_tool(c, "list_live_trigger_histories", arguments);
	} else if (!ended && !person) {
		json_set_str(call_arena(c), arguments, "runName", name);
		next_tool(c, "wait_for_live_flow_run", arguments);
	}
}

static enum verdict answer(struct call *c, const struct json *run, struct str name,
			   struct json *waits)
{
	struct arena *a = call_arena(c);
	struct json *out = json_new_object(a);
	bool ended = run_has_ended(at_str(run, "/properties/status"));
	int64_t from = run_time(run, "/properties/startTime"), to = run_time(run, "/properties/endTime");

	put_ids(c, out);
	put_str(c, out, "runName", name);
	put(c, out, "status", run, "/properties/status");
	json_set_bool(a, out, "ended", ended);
	put(c, out, "startTime", run, "/properties/startTime");
	put(c, out, "endTime", run, "/properties/endTime");
	if (ended && from >= 0 && to >= from)
		json_set_int(a, out, "durationMs", to - from);
	put_found(c, out, "error", run, "/properties/error");
	json_set_int(a, out, "waitedSeconds", waited(c) / 1000);
	if (!ended && name.n)
		json_set(a, out, "waitingFor", waits);
	if (!ended && needs_person(waits))
		json_set_z(a, out, "advice",
			   "It waits for a person, which may take days: tell them, and look again "
			   "when they have answered. Cancelling the run would lose their card.");
	suggest(c, run, name, ended, needs_person(waits));
	return done(c, out);
}

static enum verdict no_run(struct call *c)
{
	fail(c, ERR_NOT_FOUND, "the flow has no run of the last 28 days");
	hint(c, "list_live_trigger_histories says what its trigger did; with startedAfter a run that "
		"is only about to start is waited for.");
	return FAIL;
}

static int64_t next_look(struct call *c)
{
	int64_t since = waited(c), left = limit(c) - since;

	for (size_t i = 0; i < sizeof(rhythm) / sizeof(*rhythm); i++)
		if (since < rhythm[i].until_ms)
			return rhythm[i].every_ms < left ? rhythm[i].every_ms : left;
	return left;
}

static enum verdict step(struct call *c)
{
	const struct answer *newest = last(c);
	const struct json *run;
	struct json *waits;
	int first, stage;
	struct str name;

	if (call_stage(c) == 0)
		return look(c, 0);
	name = run_of(c, &first);
	if (!name.n && newest->err != ERR_OK)
		return fail_read(c, newest);
	if (!name.n && !arg_given(c, "startedAfter"))
		return no_run(c);
	if (name.n && call_stage(c) == first)
		return look(c, 0);
	run = name.n ? last_run(c, first, &stage) : NULL;
	if (name.n && !run)
		return fail_read(c, got(c, first, RUN));
	waits = run ? waiting_for(c, first, stage) : json_new_array(call_arena(c));
	/* A run says that it has ended a moment after its last action does, and never before. */
	if (run_has_ended(at_str(run, "/properties/status")) || waited(c) >= limit(c))
		return answer(c, run, name, waits);
	tell_progress(c, run, waits);
	return look(c, next_look(c));
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ "runName", JSON_STRING, P_RUN, "Run name or a link to the run; left out: the newest run.",
	  .alias = "runId", .max = 2048 },
	{ "startedAfter", JSON_STRING, P_TIME,
	  "Without runName: the newest run that started at or after this time, waiting for it.",
	  .max = 40 },
	{ "timeoutSeconds", JSON_NUMBER, 0, "Answer after this time at the latest.", .min = 1,
	  .max = MOST_SECONDS, .otherwise = "50" },
	{ 0 },
};

const struct tool tool_wait_for_live_flow_run = {
	.name = "wait_for_live_flow_run",
	.title = "Wait for a run to end",
	.description =
		"Waits until a run has ended or the time is up, and says how it ended or what it "
		"waits for (a delay, a child flow, a person's approval). Use it after "
		"trigger_live_flow or resubmit_live_flow_run instead of asking again and again.",
	.toolset = "run",
	.bundles = "debug-flow build-flow",
	.klass = CLASS_READ_ONLY,
	.read_only = true,
	.open_world = true,
	.params = params,
	.columns = "/status /startTime /endTime /runName",
	.step = step,
};
