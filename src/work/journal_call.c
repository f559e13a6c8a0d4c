/*
 * journal_call.c - the journal as a tool sees it: entries of a call (see <flowlatch/tool.h>).
 */
#include "work/gate_call.h"

#include "base/os.h"

static struct journal *journal_of(struct call *c)
{
	struct work *w = c->work;
	const char *dir = gate_dir(c, "journal");

	if (!w->journal && dir)
		w->journal = journal_new(dir);
	return w->journal;
}

static const unsigned char *key_of(struct call *c)
{
	struct work *w = c->work;

	if (!w->journal_key_ready &&
	    store_key(w->store, S("journal"), w->journal_key) != STORE_OK)
		return NULL;
	w->journal_key_ready = true;
	return w->journal_key;
}

static bool refuse(struct call *c, const char *why)
{
	fail(c, ERR_LOG, "%s", why);
	hint(c, "What was not yet sent was not sent. A change of several steps must be noted on "
		"the disk before it begins, so that it can be undone after a crash.");
	return false;
}

struct str journal_open(struct call *c, const char *kind, const struct json *state)
{
	struct journal *j = journal_of(c);
	const unsigned char *key = key_of(c);
	struct auth_identity who = auth_identity(c->work->auth);
	struct journal_head head = {
		.kind = str_from(kind),
		.environment = call_environment(c),
		.flow = arg_str(c, "flowName"),
		.account = str_from(who.object_id),
	};
	char id[JOURNAL_ID + 1];
	const char *why = "";

	if (!j || !key)
		refuse(c, store_message(c->work->store));
	else if (journal_add(j, c->arena, key, &head, state, c, id, &why))
		return str_dup(c->arena, str_from(id));
	else
		refuse(c, why);
	return S("");
}

bool journal_note(struct call *c, struct str id, const struct json *state)
{
	const char *why = "";

	return (c->work->journal && key_of(c) &&
		journal_change(c->work->journal, c->arena, key_of(c), id, state, &why)) ||
	       refuse(c, why);
}

void journal_close(struct call *c, struct str id)
{
	if (c->work->journal)
		journal_drop(c->work->journal, id);
}

struct str journal_held(struct call *c, const char *kind)
{
	return c->work->journal
		       ? str_dup(c->arena, journal_mine(c->work->journal, c, str_from(kind)))
		       : S("");
}

static struct json *take(struct call *c, const struct journal_head *like)
{
	struct journal *j = journal_of(c);
	const unsigned char *key;

	/* The key only when there is something: a keyring may be slow to hand it out. */
	if (!j || (!journal_waits(gate_dir(c, "journal")) && !journal_mine(j, c, S("")).n))
		return json_new_array(c->arena);
	key = key_of(c);
	return key ? journal_take(j, c->arena, key, like, c) : json_new_array(c->arena);
}

struct json *journal_pending(struct call *c, const char *kind)
{
	return take(c, &(struct journal_head){ .kind = str_from(kind) });
}

struct json *journal_resume(struct call *c, const char *kind)
{
	struct json *list = take(c, &(struct journal_head){
					.kind = str_from(kind),
					.environment = arg_str(c, "environmentName"),
					.flow = arg_str(c, "flowName"),
				});
	struct json *entry = json_first(list);

	if (!entry) {
		fail(c, ERR_NOT_FOUND, "nothing of this flow was left unfinished");
		return NULL;
	}
	if (!json_is(json_get(entry, "state"), JSON_OBJECT)) {
		/* Nobody will ever read it, and it must not stand in the way of what helps. */
		journal_drop(c->work->journal, json_get_str(entry, "id"));
		fail(c, ERR_CONFLICT, "what was left unfinished cannot be read, because it was written "
				      "with another key or changed since; it was dropped");
		fail_data(c, "opened", json_copy(c->arena, json_get(entry, "opened")));
		hint(c, "Look at the flow. Where it still has a temporary trigger, restore_live_flow "
			"brings back a version from before the test.");
		return NULL;
	}
	c->resumed = json_get_str(entry, "account");
	return entry;
}

/* Another call is in the middle of something with this flow, or has left it so. */
const char *journal_in_the_way(struct call *c)
{
	const char *dir = gate_dir(c, "journal");
	struct str flow = json_get_str(c->args, "flowName");
	const struct journal *j = c->work->journal;
	struct str mine = j ? journal_mine(j, c, S(JOURNAL_TRIGGER)) : S("");

	if (!dir || !flow.n || mine.n)
		return NULL;
	JSON_EACH (v, journal_list(c->arena, dir)) {
		if (!str_eq(json_get_str(v, "kind"), S(JOURNAL_TRIGGER)) ||
		    !str_eq(json_get_str(v, "flowName"), flow) ||
		    !str_eq(json_get_str(v, "environmentName"),
			    json_get_str(c->args, "environmentName")))
			continue;
		return json_is_true(json_get(v, "live"))
			       ? "this flow is being tested with a temporary trigger just now"
			       : "this flow has the temporary trigger of a test that was interrupted";
	}
	return NULL;
}
