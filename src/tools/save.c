/*
 * save.c - the course of a save: send, look, and put back what the service made of it.
 *
 * What comes after the question depends on the answers, so the course is gone through again from
 * its begin in every step, up to the fetch that is to be made now.
 */
#include "tools/save_priv.h"

#include "base/limits.h"
#include "wdl/edit.h"

/* A look that does not show the save is repeated once, after this time: reads lag behind. */
enum { LAG_MS = 1500, MOST_LOOKS = 2 };

/* ---- making fetches ---- */

static enum verdict look_again(struct course *k)
{
	struct save *s = k->s;
	struct fetch *f = arena_array(s->a, 2, sizeof(*f));
	const char *environment = str_c(s->a, s->w->environment);
	bool draft = !s->w->publish && s->solution;
	size_t n = 1;

	f[0] = (struct fetch){
		.method = HTTP_GET,
		.url = draft ? url(s->c, HOST_FLOW, "/environments/%s/flows/%s?draftFlow=true",
				   environment, str_c(s->a, k->id))
			     : url(s->c, HOST_FLOW, "/environments/%s/flows/%s", environment,
				   str_c(s->a, k->id)),
		.flags = FETCH_TOLERATE | FETCH_LARGE,
	};
	if (s->row)
		f[n++] = (struct fetch){
			.url = url_of(s->c, HOST_DATAVERSE, s->organisation,
				      "/workflows(%s)?$select=workflowid,name,clientdata,"
				      "_modifiedby_value",
				      str_c(s->a, s->workflow)),
			.flags = FETCH_OPTIONAL | FETCH_LARGE,
		};
	return k->looks ? fetch_later(s->c, LAG_MS, f, n) : fetch_each(s->c, f, n);
}

static enum verdict fetch_now(struct course *k)
{
	struct save_way *w = &k->s->ways[k->way];

	switch (k->act) {
	case ACT_SEND:
		return fetch_each(k->s->c, &w->send, 1);
	case ACT_MEND:
		if (!save_keep_found(k->s, &k->now))
			return FAIL;
		return fetch_each(k->s->c, &w->restore, 1);
	default:
		return look_again(k);
	}
}

/* ---- reading answers ---- */

static bool is_unknown(const struct answer *a)
{
	return a->err == ERR_OUTCOME_UNKNOWN;
}

/* The next way that can be gone, or WAY__COUNT. */
static enum way next_way(const struct course *k)
{
	int w = (int)k->way + 1;

	while (w < WAY__COUNT && !k->s->ways[w].open)
		w++;
	return (enum way)w;
}

static void go(struct course *k, enum act act)
{
	k->act = act;
	k->looks = 0;
}

static void end(struct course *k, enum ending ending)
{
	k->act = ACT_END;
	k->ending = ending;
}

static bool try_next(struct course *k)
{
	enum way next = next_way(k);

	if (next == WAY__COUNT)
		return false;
	k->way = next;
	go(k, ACT_SEND);
	return true;
}

static void after_send(struct course *k, const struct answer *a)
{
	struct str given = json_get_str(a->json, "name");

	k->unknown = is_unknown(a);
	k->refused = a->err != ERR_OK && !k->unknown;
	if (a->err != ERR_OK && !k->refusal)
		k->refusal = a;
	/* A definite refusal of the form: the same flow in another form may do. */
	if (k->refused && a->status == 400 && try_next(k))
		return;
	if (k->s->creating && given.n)
		k->id = given;
	go(k, ACT_LOOK);
}

static bool somebody_else(struct course *k)
{
	const struct answer *row = save_got(k->s, k->stage - k->s->w->first, 1);

	return row->err == ERR_OK && save_by_another(k->s, row->json);
}

/* What the flow is now: 1 as meant, 0 as it was, -1 something else, 2 not readable. */
static int compare(struct course *k)
{
	struct save *s = k->s;
	const struct answer *row = save_got(s, k->stage - s->w->first, 1);
	const struct save_form *old = !s->w->publish && s->draft_there ? &s->base : &s->before;
	struct str at;

	if (s->creating && k->look->err == ERR_NOT_FOUND)
		return 0;
	if (k->look->err != ERR_OK)
		return 2;
	k->now = save_form_of(s, k->look->json, row->err == ERR_OK ? row->json : s->row);
	if (save_is(s, &k->now, &s->wanted, &at))
		return 1;
	if (k->act == ACT_LOOK)
		k->where = at;
	return !s->creating && save_is(s, &k->now, old, &at) ? 0 : -1;
}

static void after_look(struct course *k, const struct answer *a)
{
	int what;

	k->look = a;
	what = compare(k);
	if (what == 1) {
		end(k, END_VERIFIED);
	} else if (what == 0 && k->refused) {
		end(k, END_REFUSED);
	} else if (++k->looks < MOST_LOOKS) {
		/* Switching a solution flow on may give it another id here; its row keeps its. */
		if (k->look->err == ERR_NOT_FOUND && k->s->workflow.n)
			k->id = k->s->workflow;
	} else if (what == 2) {
		end(k, k->refused ? END_REFUSED : END_UNREAD);
	} else if (what == 0 && k->unknown) {
		end(k, END_UNKNOWN);
	} else if (what == 0) {
		/* Saves of solution flows that get lost there are kept by their row. */
		if (k->way == WAY_DATAVERSE || !k->s->ways[WAY_DATAVERSE].open) {
			end(k, END_NOT_KEPT);
		} else {
			k->way = WAY_DATAVERSE;
			go(k, ACT_SEND);
		}
	} else if (somebody_else(k)) {
		end(k, END_FOREIGN);
	} else {
		/* First in the flow's own form, so that nothing of it changes. */
		if (k->way == WAY_KEYS)
			k->way = WAY_FLOW;
		k->refused_wrong = k->refused;
		go(k, ACT_MEND);
	}
}

static void after_mend(struct course *k, const struct answer *a)
{
	enum way next = next_way(k);

	if (a->err == ERR_OK || is_unknown(a)) {
		go(k, ACT_LOOK_MENDED);
	} else if (a->status == 400 && next != WAY__COUNT) {
		k->way = next;
		go(k, ACT_MEND);
	} else {
		end(k, END_STUCK);
	}
}

static void after_mended_look(struct course *k, const struct answer *a)
{
	int what;

	k->look = a;
	what = compare(k);
	if (what == 1)
		end(k, END_VERIFIED);
	else if (what == 0)
		end(k, END_MENDED);
	else if (++k->looks == MOST_LOOKS)
		end(k, END_STUCK);
}

/* Goes through all that has happened; k->act is then what is to be done at k->stage. */
static void replay(struct course *k)
{
	static void (*const after[])(struct course *k, const struct answer *a) = {
		[ACT_SEND] = after_send,
		[ACT_LOOK] = after_look,
		[ACT_MEND] = after_mend,
		[ACT_LOOK_MENDED] = after_mended_look,
	};

	for (k->stage = k->s->w->first + SAVE_SEND; k->act != ACT_END; k->stage++) {
		if (k->stage == call_stage(k->s->c))
			return;
		after[k->act](k, got(k->s->c, k->stage, 0));
	}
}

/* ---- results ---- */

const char *const save_way_names[] = { "flow", "flow-references", "dataverse" };

static struct save_done done_of(struct save *s)
{
	return (struct save_done){
		.previewed = s->w->dry_run,
		.flow = s->id,
		.workflow = s->workflow,
		.before = s->before.flow,
		.definition = s->wanted.definition,
		.references = s->wanted.references,
		.display_name = s->wanted.name,
		.state = s->creating ? S("Stopped") : at_str(s->before.flow, "/properties/state"),
		.updated = s->updated,
		.diff = save_lines(s, SAVE_TOLD_LINES),
		.warnings = s->warnings,
		.adjusted = s->adjusted,
		.unchecked = s->unchecked,
		.lint = &s->lint,
		.way = "",
		.stage = call_stage(s->c),
	};
}

static enum verdict finish(struct course *k)
{
	struct save *s = k->s;
	struct save_done d = done_of(s);

	d.created = s->creating;
	d.changed = d.verified = true;
	d.after = k->look->json;
	d.flow = json_get_str(d.after, "name").n ? json_get_str(d.after, "name") : k->id;
	d.workflow = at_str(d.after, "/properties/workflowEntityId");
	d.state = at_str(d.after, "/properties/state");
	d.way = save_way_names[k->way];
	d.snapshot = k->snapshot;
	d.draft = !s->w->publish && s->solution;
	d.stage = k->stage;
	d.restore = s->creating ? NULL : &s->ways[k->way].restore;
	return s->w->finish(s->c, &d);
}

/* ---- the steps ---- */

static enum verdict begin(struct course *k)
{
	struct save *s = k->s;

	if (!agreed(s->c, save_change(s)))
		return ASK;
	save_tell_interrupted(s);
	if (!save_announce(s) || (s->w->begin && !s->w->begin(s->c)))
		return FAIL;
	return fetch_now(k);
}

static enum verdict course_step(struct save *s)
{
	struct course k = { .s = s, .act = ACT_SEND, .way = WAY_FLOW, .id = s->id };
	enum verdict v;

	while (!s->ways[k.way].open && k.way < WAY_DATAVERSE)
		k.way++;
	replay(&k);
	if (k.act != ACT_END) {
		v = call_stage(s->c) == s->w->first + SAVE_SEND ? begin(&k) : fetch_now(&k);
		if (v != FAIL)
			return v;
		/* Not even the way back may be sent: a policy's rate, or no room for a copy. */
		if (k.act == ACT_MEND) {
			k.ending = END_STUCK;
			k.snapshot = save_snapshot(s, "snapshot");
			k.found = save_snapshot(s, "found");
			v = save_fail(&k);
		}
		save_close(s);
		return v;
	}
	k.snapshot = save_snapshot(s, "snapshot");
	k.found = save_snapshot(s, "found");
	v = k.ending == END_VERIFIED ? finish(&k) : save_fail(&k);
	if (v != FETCH)
		save_close(s);
	return v;
}

static enum verdict preview(struct save *s)
{
	struct save_done d;

	/* A preview is a read, which some trust levels ask about as well. */
	if (!agreed(s->c, save_change(s)))
		return ASK;
	save_tell_interrupted(s);
	d = done_of(s);
	d.changed = !s->same;
	if (s->w->ask_service && !s->creating)
		d.checks = save_got(s, SAVE_CHECK, 0);
	return s->w->finish(s->c, &d);
}

static enum verdict looked(struct save *s)
{
	struct save_done d;

	if (!save_apply(s) || !save_judge(s))
		return FAIL;
	save_write(s);
	if (call_stage(s->c) == s->w->first + SAVE_CHECK)
		return save_ask_service(s);
	if (s->w->dry_run)
		return preview(s);
	if (s->same) {
		save_tell_interrupted(s);
		d = done_of(s);
		d.verified = true;
		d.after = s->before.flow;
		return s->w->finish(s->c, &d);
	}
	return course_step(s);
}

struct save *save_new(struct call *c, const struct save_wish *w)
{
	struct save *s = arena_alloc(call_arena(c), sizeof(*s));

	*s = (struct save){ .c = c, .a = call_arena(c), .w = w, .creating = !w->flow.n };
	s->updated = json_new_array(s->a);
	s->adjusted = json_new_array(s->a);
	s->warnings = json_new_array(s->a);
	s->unchecked = json_new_array(s->a);
	return s;
}

enum verdict save_step(struct call *c, const struct save_wish *w)
{
	struct save *s = save_new(c, w);

	if (call_stage(c) == w->first + SAVE_LOOK)
		return save_look(s);
	if (call_stage(c) == w->first + SAVE_MORE)
		return save_look_more(s);
	if (!save_read(s))
		return FAIL;
	return looked(s);
}

enum effect save_effect(const struct json *args, const struct target *t)
{
	const struct json *operations = json_get(args, "operations");

	if (json_is_true(json_get(args, "dryRun")))
		return EFFECT_PREVIEW;
	if (json_is_true(json_get(args, "force")))
		return EFFECT_FORCE;
	if (!json_get(args, "flowName"))
		return EFFECT_CREATE;
	if (t->rebinds)
		return EFFECT_CONNECTIONS;
	if (json_get(args, "definition"))
		return EFFECT_REPLACE;
	switch (operations ? wdl_edit_reach(operations, NULL) : WDL_REACH_NAMES) {
	case WDL_REACH_NOTHING:
	case WDL_REACH_NAMES:
		return json_get(args, "connectionReferences") ? EFFECT_EDIT : EFFECT_RENAME;
	case WDL_REACH_ONE:
		return EFFECT_EDIT;
	case WDL_REACH_MANY:
		break;
	}
	return EFFECT_REPLACE;
}
