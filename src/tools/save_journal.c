/*
 * save_journal.c - what is on the disk before a save begins: a copy of the flow, and a note.
 *
 * After a crash the note says which copy is the way back; the next save of the flow tells how
 * the interrupted one went.
 */
#include "tools/save_priv.h"

/* The flow as it was, for restore_live_flow.  False: fail() was called, and nothing is sent. */
static bool keep(struct save *s, struct json *state)
{
	struct json *about = json_new_object(s->a);
	struct str id;

	if (s->creating)
		return true;
	put_found(s->c, about, "displayName", s->before.flow, "/properties/displayName");
	put_found(s->c, about, "state", s->before.flow, "/properties/state");
	put_found(s->c, about, "lastModifiedTime", s->before.flow, "/properties/lastModifiedTime");
	json_set_z(s->a, about, "reason", call_tool(s->c)->name);
	id = snapshot_keep(s->c, s->w->environment, s->id, s->before.definition,
			   s->before.references, about);
	json_set_str(s->a, state, "snapshot", id);
	return id.p != NULL;
}

bool save_announce(struct save *s)
{
	struct json *state = json_new_object(s->a);

	json_set_bool(s->a, state, "created", s->creating);
	json_set_str(s->a, state, "flow", s->id);
	json_set_str(s->a, state, "displayName", s->wanted.name);
	json_set_str(s->a, state, "before", save_digest(s, &s->before));
	json_set_str(s->a, state, "wanted", save_digest(s, &s->wanted));
	return keep(s, state) && journal_open(s->c, "save", state).n > 0;
}

/* What this save has in the journal, or NULL. */
static const struct json *state_of(struct save *s)
{
	struct str id = journal_held(s->c, "save");

	JSON_EACH (e, id.n ? journal_pending(s->c, "save") : NULL)
		if (str_eq(json_get_str(e, "id"), id))
			return json_get(e, "state");
	return NULL;
}

struct str save_snapshot(struct save *s, const char *which)
{
	return json_get_str(state_of(s), which);
}

bool save_keep_found(struct save *s, const struct save_form *found)
{
	struct json *about = json_new_object(s->a), *state;
	struct str id;

	if (!state_of(s) || !found->definition)
		return true;
	json_set_str(s->a, about, "displayName", found->name);
	json_set_z(s->a, about, "reason", "found in the place of what was saved");
	id = snapshot_keep(s->c, s->w->environment, s->id, found->definition, found->references,
			   about);
	if (!id.p)
		return false;
	state = json_copy(s->a, state_of(s));
	json_set_str(s->a, state, "found", id);
	return journal_note(s->c, journal_held(s->c, "save"), state);
}

void save_close(struct save *s)
{
	struct str id = journal_held(s->c, "save");

	if (id.n)
		journal_close(s->c, id);
}

/* How saves went whose calls died before they could say it. */
void save_tell_interrupted(struct save *s)
{
	struct json *pending, *told = json_new_array(s->a);

	if (s->creating)
		return;
	pending = journal_pending(s->c, "save");
	JSON_EACH (e, pending) {
		const struct json *state = json_get(e, "state");
		struct str now = save_digest(s, &s->before);
		struct json *one;

		if (!str_eq(json_get_str(state, "flow"), s->id))
			continue;
		one = json_push(told, json_new_object(s->a));
		put_found(s->c, one, "begun", e, "/opened");
		put_found(s->c, one, "snapshot", state, "/snapshot");
		json_set_z(s->a, one, "found",
			   str_eq(now, json_get_str(state, "wanted"))   ? "as it was meant"
			   : str_eq(now, json_get_str(state, "before")) ? "as it was before"
									: "something else");
		journal_close(s->c, json_get_str(e, "id"));
	}
	if (json_count(told))
		note(s->c, "interruptedSaves", told);
}
