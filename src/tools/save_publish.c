/*
 * save_publish.c - publish_live_flow: what was saved as a draft becomes what runs.
 *
 * Looks and judges as a save does; nothing but the request to publish is sent.
 */
#include "tools/save_priv.h"
#include "tools/table.h"

enum { PUBLISH = SAVE_CHECK, AGAIN, ONCE_MORE, STOP };
enum { LAG_MS = 1500 };

static bool never_published(const struct save *s)
{
	return !s->draft_there && json_int(json_get(s->row, "componentstate"), 0) == 1;
}

static const struct change *publish_change(struct save *s)
{
	struct change *ch = arena_alloc(s->a, sizeof(*ch));
	struct fetch *write = arena_alloc(s->a, sizeof(*write));
	const struct json *draft = save_draft_json(
		s->c, s->base.flow, save_got(s, SAVE_MORE, MORE_UNPUBLISHED)->json);
	struct str by = json_get_str(draft, "by");

	*write = (struct fetch){
		.method = HTTP_POST,
		.url = url(s->c, HOST_FLOW, "/environments/%s/flows/%s/publish",
			   str_c(s->a, s->w->environment), str_c(s->a, s->id)),
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
	*ch = *save_change(s);
	ch->sentence = arena_printf(
		s->a, "Publishes %s of flow %s, saved %s%s%s: from then on it is what runs.",
		s->draft_there ? "the draft" : "the first version", quoted(s->c, s->before.name),
		quoted(s->c, json_get_str(draft, "lastModifiedTime")), by.n ? " by " : "",
		by.n ? quoted(s->c, by) : "");
	ch->writes = write;
	ch->write_count = 1;
	return ch;
}

static enum verdict look_again(struct save *s, int64_t ms)
{
	struct fetch *f = arena_array(s->a, 2, sizeof(*f));

	f[0] = (struct fetch){
		.url = url(s->c, HOST_FLOW, "/environments/%s/flows/%s",
			   str_c(s->a, s->w->environment), str_c(s->a, s->id)),
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
	if (!s->row)
		return ms ? fetch_later(s->c, ms, f, 1) : fetch_each(s->c, f, 1);
	f[1] = (struct fetch){
		.url = url_of(s->c, HOST_DATAVERSE, s->organisation,
			      "/workflows(%s)?$select=componentstate", str_c(s->a, s->workflow)),
		.flags = FETCH_OPTIONAL,
	};
	return ms ? fetch_later(s->c, ms, f, 2) : fetch_each(s->c, f, 2);
}

/* What runs is what the draft was, and nothing is left unpublished. */
static bool is_published(struct save *s, int stage)
{
	const struct answer *flow = save_got(s, stage, 0), *row = save_got(s, stage, 1);
	struct save_form now;
	struct str where;

	if (flow->err != ERR_OK)
		return false;
	now = save_form_of(s, flow->json, s->row);
	return save_is(s, &now, &s->base, &where) &&
	       (s->draft_there || json_int(json_get(row->json, "componentstate"), 0) == 0);
}

static enum verdict result(struct save *s, bool published, const struct json *flow)
{
	struct json *out = json_new_object(s->a);

	put_ids(s->c, out);
	json_set_bool(s->a, out, "published", published);
	put(s->c, out, "displayName", flow, "/properties/displayName");
	put(s->c, out, "state", flow, "/properties/state");
	json_set(s->a, out, "diff",
		 published ? save_lines(s, SAVE_TOLD_LINES) : json_new_array(s->a));
	put_str(s->c, out, "snapshot", save_snapshot(s, "snapshot"));
	if (!published)
		json_set_z(s->a, out, "reason", "there is no draft: what is saved is what runs");
	return done(s->c, out);
}

static enum verdict ended(struct save *s, int looked)
{
	const struct answer *sent = save_got(s, PUBLISH, 0);
	enum verdict v;

	if (sent->err != ERR_OK && sent->err != ERR_OUTCOME_UNKNOWN) {
		v = fail_answer(s->c, sent);
	} else if (is_published(s, looked)) {
		v = result(s, true, save_got(s, looked, 0)->json);
	} else if (sent->err != ERR_OK) {
		v = fail_answer(s->c, sent);
	} else {
		v = fail(s->c, ERR_UPSTREAM,
			 "the service accepted it, but what runs is not what the draft was");
		hint(s->c, "get_live_flow shows both (version).");
	}
	save_close(s);
	return v;
}

static enum verdict course(struct save *s)
{
	int stage = call_stage(s->c);
	bool refused = save_got(s, PUBLISH, 0)->err != ERR_OK &&
		       save_got(s, PUBLISH, 0)->err != ERR_OUTCOME_UNKNOWN;
	const struct change *ch;

	if (stage == PUBLISH) {
		ch = publish_change(s);
		if (!agreed(s->c, ch))
			return ASK;
		return save_announce(s) ? fetch_each(s->c, ch->writes, 1) : FAIL;
	}
	if (stage == AGAIN && !refused)
		return look_again(s, 0);
	if (stage == ONCE_MORE && !is_published(s, AGAIN))
		return look_again(s, LAG_MS);
	return ended(s, stage == STOP ? ONCE_MORE : AGAIN);
}

static enum verdict step(struct call *c)
{
	struct save_wish w = {
		.environment = arg_str(c, "environmentName"),
		.flow = arg_str(c, "flowName"),
		.publish = true,
	};
	struct save *s = save_new(c, &w);

	s->any_draft = true;
	if (call_stage(c) == SAVE_LOOK)
		return save_look(s);
	if (call_stage(c) == SAVE_MORE)
		return save_look_more(s);
	if (!save_read(s))
		return FAIL;
	if (!s->draft_there && !never_published(s))
		return result(s, false, s->before.flow);
	s->wanted = s->base;
	if (!save_judge(s))
		return FAIL;
	return course(s);
}

/* What runs changes as a whole. */
static enum effect publish_effect(const struct json *args, const struct target *t)
{
	(void)args;
	(void)t;
	return EFFECT_REPLACE;
}

static const struct param params[] = {
	PARAM_ENVIRONMENT,
	PARAM_FLOW,
	{ 0 },
};

const struct tool tool_publish_live_flow = {
	.name = "publish_live_flow",
	.title = "Publish a draft",
	.description =
		"Publishes what was saved as a draft of a solution flow (update_live_flow with "
		"publish false, or the designer), so that it runs. A person sees the difference "
		"first. To read the draft: get_live_flow with version draft.",
	.toolset = "flow",
	.bundles = "build-flow",
	.klass = CLASS_MODERATE,
	.effect = publish_effect,
	.destructive = true,
	.idempotent = true,
	.open_world = true,
	.params = params,
	.step = step,
};
