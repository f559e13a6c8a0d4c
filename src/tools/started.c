/*
 * started.c - sending a run again, and finding the run that a write has started.
 *
 * Sources: the service's own resubmit (the history of a run has the run's name), recorded runs (a
 * run that was sent again names the history of its origin).
 */
#include "tools/started.h"

#include "base/os.h"
#include "tools/run_read.h"
#include "tools/shared.h"

enum verdict started_refuse_off(struct call *c, const struct json *flow)
{
	struct json *arguments = ids_of(c);

	fail(c, ERR_CONFLICT, "the flow is %s: it starts no runs",
	     quoted(c, at_str(flow, "/properties/state")));
	hint(c, "Switch it on first (set_live_flow_state), when the person agrees.");
	json_take(arguments, "runName");
	json_set_z(call_arena(c), arguments, "state", "Started");
	next_tool(c, "set_live_flow_state", arguments);
	return FAIL;
}

struct fetch started_resubmit(struct call *c, const char *trigger, const char *run)
{
	return (struct fetch){
		.method = HTTP_POST,
		.url = url(c, HOST_FLOW,
			   "/environments/%s/flows/%s/triggers/%s/histories/%s/resubmit",
			   arg_z(c, "environmentName"), arg_z(c, "flowName"), trigger, run),
		.flags = FETCH_TOLERATE | FETCH_ANY,
	};
}

bool started_can_resubmit(struct call *c, const struct answer *flow, const struct answer *run)
{
	if (flow->err != ERR_OK)
		fail_read(c, flow);
	else if (run->err != ERR_OK)
		fail_read(c, run);
	else if (!str_eq(at_str(flow->json, "/properties/state"), S("Started")))
		started_refuse_off(c, flow->json);
	else
		return true;
	return false;
}

/* A flow that starts often has started that many others at most between two looks. */
enum { REMEMBERED = 50 };

static struct json *keep(struct call *c, const struct json *item)
{
	struct json *v = json_new_object(call_arena(c));

	json_set_str(call_arena(c), v, "name", json_get_str(item, "name"));
	put(c, v, "startTime", item, "/properties/startTime");
	put(c, v, "origin", item, "/properties/trigger/originHistoryName");
	return v;
}

struct fetch started_look(struct call *c)
{
	static const struct paging newest = { .keep = keep, .most = REMEMBERED };

	return run_list_fetch(c, "", "", "", &newest);
}

/* Names of runs fall as time goes by, so that one that was dropped from a full list is not taken
 * for a new one. */
static bool is_older(const struct json *runs, struct str name)
{
	size_t count = json_count(runs);

	return count >= REMEMBERED &&
	       str_cmp(name, json_get_str(json_item(runs, count - 1), "name")) > 0;
}

struct str started_run(const struct answer *before, const struct answer *after, struct str origin)
{
	struct str newest = S("");

	if (before->err != ERR_OK)
		return newest;
	JSON_EACH (v, after->json) {
		struct str name = json_get_str(v, "name");

		if (!name.n || run_listed(before->json, name) || is_older(before->json, name))
			continue;
		if (origin.n && str_eq(json_get_str(v, "origin"), origin))
			return name;
		if (!newest.n)
			newest = name;
	}
	return newest;
}

/* Just after the newest run there was, by the service's clock. */
static const char *after_all(struct call *c, const struct answer *before)
{
	int64_t when = run_time(json_first(before->json), "/startTime");
	char text[25];

	if (when < 0)
		return "";
	os_format_time(when + 1, text);
	return arena_printf(call_arena(c), "%s", text);
}

void started_suggest(struct call *c, struct str run, const struct answer *before)
{
	struct json *arguments = ids_of(c);
	const char *after = after_all(c, before);

	json_take(arguments, "runName");
	if (run.n)
		json_set_str(call_arena(c), arguments, "runName", run);
	else if (after[0])
		json_set_z(call_arena(c), arguments, "startedAfter", after);
	next_tool(c, "wait_for_live_flow_run", arguments);
}
