/*
 * index.c - members of an object by hash.
 */
#include "wdl/index.h"

static uint64_t hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
	return h ^ h >> 31;
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_of(const struct wdl_index *x, struct str name)
{
	size_t i = (size_t)hash(name) & (x->size - 1);

	while (x->slots[i] && !str_eq(json_name(x->slots[i]), name))
		i = (i + 1) & (x->size - 1);
	return i;
}

struct json *wdl_index_get(const struct wdl_index *x, struct str name)
{
	return x->size ? x->slots[slot_of(x, name)] : NULL;
}

static void grow(struct arena *a, struct wdl_index *x)
{
	struct json **old = x->slots;
	size_t old_size = x->size;

	x->size = old_size ? old_size * 2 : 16;
	x->slots = arena_array(a, x->size, sizeof(*x->slots));
	for (size_t i = 0; i < old_size; i++)
		if (old[i])
			x->slots[slot_of(x, json_name(old[i]))] = old[i];
}

void wdl_index_put(struct arena *a, struct wdl_index *x, struct str name, struct json *v)
{
	size_t i;

	if (x->names * 2 >= x->size)
		grow(a, x);
	i = slot_of(x, name);
	if (x->slots[i]) {
		json_replace(x->object, x->slots[i], v);
	} else {
		json_add_n(a, x->object, name, v);
		x->names++;
	}
	x->slots[i] = v;
}
