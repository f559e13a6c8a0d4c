/*
 * lint_map.c - names to things by hash.
 */
#include "wdl/lint_map.h"

#include "wdl/text.h"

static size_t hash(const struct lint_map *m, const void *within, struct str name)
{
	uint64_t h = 0xcbf29ce484222325ull ^ ((uint64_t)(uintptr_t)within * 0x9e3779b97f4a7c15ull);

	for (size_t i = 0, step = 1; i < name.n; i += step) {
		unsigned c = (unsigned char)name.p[i];

		if (m->fold)
			c = wdl_upper_point(wdl_point(name.p + i, name.n - i, &step));
		h = (h ^ c) * 0x100000001b3ull;
	}
	return (size_t)(h ^ h >> 31);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct lint_slot *slot_of(const struct lint_map *m, const void *within, struct str name)
{
	size_t i = hash(m, within, name) & (m->size - 1);

	while (m->slots[i].value &&
	       (m->slots[i].within != within || !(m->fold ? wdl_same_nocase(m->slots[i].name, name)
							  : str_eq(m->slots[i].name, name))))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

void *lint_map_get(const struct lint_map *m, const void *within, struct str name)
{
	return m->size ? slot_of(m, within, name)->value : NULL;
}

static void grow(struct arena *a, struct lint_map *m)
{
	struct lint_map old = *m;

	m->size = old.size ? old.size * 2 : 16;
	m->slots = arena_array(a, m->size, sizeof(*m->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].value)
			*slot_of(m, old.slots[i].within, old.slots[i].name) = old.slots[i];
}

void *lint_map_put(struct arena *a, struct lint_map *m, const void *within, struct str name,
		   void *value)
{
	struct lint_slot *s;

	if (m->used * 2 >= m->size)
		grow(a, m);
	s = slot_of(m, within, name);
	if (s->value)
		return s->value;
	*s = (struct lint_slot){ within, name, value };
	m->used++;
	return value;
}
