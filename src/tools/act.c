/*
 * act.c - the order that every single change keeps.
 */
#include "tools/act.h"

/* Before each look after the write. */
static const int64_t rhythm_ms[ACT_LOOKS] = { 0, 300, 700, 1500, 3000, 4500, 5000 };

/* The stage of the write: after the looks, and after the read that says where to. */
static int write_stage(const struct act *a)
{
	return a->find ? 2 : 1;
}

static enum verdict first_look(struct call *c, const struct act *a)
{
	struct fetch *f = arena_array(call_arena(c), a->looks, sizeof(*f));

	a->look(c, f);
	return fetch_each(c, f, a->looks);
}

static enum verdict decide(struct call *c, const struct act *a)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));
	enum verdict v = a->judge(c);
	const struct change *ch;

	if (v != FETCH)
		return v;
	ch = a->change(c);
	if (!agreed(c, ch))
		return ASK;
	if (!a->find)
		return fetch_each(c, ch->writes, ch->write_count);
	return fetch_each(c, f, a->find(c, f) ? 1 : 0);
}

static enum verdict look_again(struct call *c, const struct act *a, const struct answer *write,
			       int looks)
{
	struct fetch *f = arena_alloc(call_arena(c), sizeof(*f));

	if (looks >= ACT_LOOKS)
		return fail(c, ERR_INTERNAL, "%s never ends", call_tool(c)->name);
	if (!a->again(c, write, f))
		return a->settle(c, write, NULL, looks);
	return looks ? fetch_later(c, rhythm_ms[looks], f, 1) : fetch_each(c, f, 1);
}

enum verdict act_step(struct call *c, const struct act *a)
{
	int stage = call_stage(c), sent = write_stage(a);
	const struct answer *write = got(c, sent, 0);
	const struct fetch *f;
	enum verdict v;

	if (stage == ACT_LOOK)
		return first_look(c, a);
	if (stage == ACT_LOOK + 1)
		return decide(c, a);
	if (stage == sent) {
		f = a->send(c, last(c));
		return f ? fetch_each(c, f, 1) : FAIL;
	}
	if (write->err != ERR_OK && write->err != ERR_OUTCOME_UNKNOWN)
		return a->refused ? a->refused(c, write) : fail_answer(c, write);
	if (stage == sent + 1)
		return look_again(c, a, write, 0);
	v = a->settle(c, write, last(c), stage - sent - 1);
	return v == FETCH ? look_again(c, a, write, stage - sent - 1) : v;
}
