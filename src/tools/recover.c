/*
 * recover.c - recover_live_flow: puts back the trigger of a flow whose test was interrupted.
 *
 * The server calls it by itself when it finds what a process that died has left open; the write
 * was agreed to as part of the test.  It looks before it does anything: what it finds decides.
 */
#include "tools/save.h"
#include "tools/table.h"
#include "tools/target.h"
#include "tools/temporary.h"

/* A save that was on its way when the process died may arrive after the first look. */
static const int64_t patience_ms[] = { 0, 2000, 4000 };
enum { LOOKS = sizeof(patience_ms) / sizeof(*patience_ms) };

static const struct json *trigger_in(const struct json *flow, const char *name)
{
	return json_get(json_at(flow, "/properties/definition/triggers"), name);
}

/* The look that shows the temporary trigger, or the one after which none was seen; -1: look
 * again. */
static int decided(struct call *c, const char *name)
{
	for (int i = 0; i < LOOKS && i < call_stage(c); i++) {
		const struct answer *flow = got(c, i, 0);

		if (flow->err != ERR_OK || temporary_is(trigger_in(flow->json, name)) ||
		    i == LOOKS - 1)
			return i;
	}
	return -1;
}

static enum verdict result(struct call *c, const struct json *entry, const char *found,
			   bool restored)
{
	struct json *out = json_new_object(call_arena(c));

	put_ids(c, out);
	put(c, out, "interrupted", entry, "/opened");
	json_set_z(call_arena(c), out, "found", found);
	json_set_bool(call_arena(c), out, "restored", restored);
	journal_close(c, json_get_str(entry, "id"));
	return done(c, out);
}

static enum verdict finish(struct call *c, const struct save_done *d)
{
	const struct json *entry = journal_resume(c, JOURNAL_TRIGGER);

	(void)d;
	return entry ? result(c, entry, "the temporary trigger", true) : FAIL;
}

static enum verdict step(struct call *c)
{
	const struct json *entry = journal_resume(c, JOURNAL_TRIGGER);
	const char *name = at_z(entry, "/state/trigger");
	int at;
	struct save_wish w = {
		.environment = arg_str(c, "environmentName"),
		.flow = arg_str(c, "flowName"),
		.publish = true,
		.sentence = "Puts the flow's own trigger back after a test that was interrupted.",
		.finish = finish,
	};

	if (!entry)
		return FAIL;
	at = decided(c, name);
	if (at < 0)
		return look_at_flow_after(c, patience_ms[call_stage(c)]);
	if (got(c, at, 0)->err == ERR_NOT_FOUND)
		return result(c, entry, "the flow is gone", false);
	if (got(c, at, 0)->err != ERR_OK)
		return fail_read(c, got(c, at, 0));
	if (!temporary_is(trigger_in(got(c, at, 0)->json, name)))
		return result(c, entry, "another trigger than the temporary one: nothing to do", false);
	w.first = at + 1;
	w.references = json_at(entry, "/state/references");
	w.operations = temporary_operations(call_arena(c), name, json_at(entry, "/state/real"));
	return save_step(c, &w);
}

static enum effect effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_EDIT;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

static const struct field fields[] = {
	{ "environmentName", JSON_STRING, "Environment id" },
	{ "flowName", JSON_STRING, "Flow id" },
	{ "interrupted", JSON_STRING, "When the test began" },
	{ "found", JSON_STRING, "What was there" },
	{ "restored", JSON_BOOL, "The flow's own trigger was put back" },
	{ 0 },
};

const struct tool tool_recover_live_flow = {
	.name = "recover_live_flow",
	.title = "Undo an interrupted test",
	.description = "Puts a flow's own trigger back when test_live_flow was interrupted. The server "
		       "does this by itself; call it when an error says that a flow still has a temporary "
		       "trigger. Needs no new approval.",
	.toolset = "run",
	.klass = CLASS_MODERATE,
	.effect = effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.result = fields,
	.step = step,
};
