/*
 * produce_read.c - a definition as a list of actions.
 *
 * Knows containers and branches; must not know how anything ends.
 */
#include "tenant/limits.h"
#include "tenant/prng.h"
#include "tenant/produce_parts.h"

const struct json *play_script(const struct played *p, struct str action, const char *name)
{
	const struct json *v =
		json_get(json_get_n(json_get(p->variant, "actions"), action), name);

	return v ? v : json_get(json_get_n(json_get(p->base, "actions"), action), name);
}

unsigned play_count(const struct json *actions, unsigned depth)
{
	unsigned n = 0;

	if (depth > TENANT_DEPTH)
		return 0;
	JSON_EACH(v, actions) {
		n += 1 + play_count(json_get(v, "actions"), depth + 1) +
		     play_count(json_get(json_get(v, "else"), "actions"), depth + 1) +
		     play_count(json_get(json_get(v, "default"), "actions"), depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			n += play_count(json_get(c, "actions"), depth + 1);
	}
	return n;
}

static void remember(struct played *p, int number)
{
	uint64_t at = prng_hash(p->actions[number].name);

	while (p->slots[at % p->slot_count])
		at++;
	p->slots[at % p->slot_count] = number + 1;
}

struct played_action *play_find(struct played *p, struct str name)
{
	uint64_t at = prng_hash(name);

	for (; p->slots[at % p->slot_count]; at++) {
		struct played_action *x = &p->actions[p->slots[at % p->slot_count] - 1];

		if (str_eq(x->name, name))
			return x;
	}
	return NULL;
}

struct played_action *play_find_nocase(struct played *p, struct str name)
{
	struct played_action *x = play_find(p, name);

	for (unsigned i = 0; !x && i < p->count; i++)
		if (str_eq_nocase(p->actions[i].name, name))
			x = &p->actions[i];
	return x;
}

void play_collect(struct played *p, const struct json *actions, int parent, unsigned depth)
{
	if (depth > TENANT_DEPTH)
		return;
	JSON_EACH(v, actions) {
		int number = (int)p->count;
		struct played_action *x = &p->actions[p->count++];

		x->name = json_name(v);
		x->type = json_get_str(v, "type");
		x->def = v;
		x->parent = parent;
		x->loop = str_eq_nocase(x->type, S("Foreach")) || str_eq_nocase(x->type, S("Until"));
		if (parent >= 0) {
			const struct played_action *up = &p->actions[parent];

			memcpy(x->loops, up->loops, sizeof(x->loops));
			x->loop_count = up->loop_count;
			if (up->loop && x->loop_count < PLAYED_LOOPS)
				x->loops[x->loop_count++] = parent;
		}
		remember(p, number);
		play_collect(p, json_get(v, "actions"), number, depth + 1);
		play_collect(p, json_get(json_get(v, "else"), "actions"), number, depth + 1);
		play_collect(p, json_get(json_get(v, "default"), "actions"), number, depth + 1);
		JSON_EACH(c, json_get(v, "cases"))
			play_collect(p, json_get(c, "actions"), number, depth + 1);
		p->actions[number].after = p->count;
	}
}
