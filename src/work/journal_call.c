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

struct json *journal_pending(struct call *c, const char *kind)
{
	struct journal *j = journal_of(c);
	const unsigned char *key;

	/* The key only when there is something: a keyring may be slow to hand it out. */
	if (!j || (!journal_waits(gate_dir(c, "journal")) && !journal_mine(j, c, str_from(kind)).n))
		return json_new_array(c->arena);
	key = key_of(c);
	return key ? journal_take(j, c->arena, key, str_from(kind), c) : json_new_array(c->arena);
}
