/*
 * names.c - the member names of the objects that are open right now.
 *
 * One stack of names and one hash table with linear probing for all open objects.
 * Entries are removed in the opposite order of their coming, so a removed slot never lies
 * in the middle of a probe path and no tombstones are needed.
 */
#include "text/names.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"

struct names_entry {
	uint64_t hash;
	void *value;
	uint32_t at, n; /* the name, in bytes */
	uint32_t mark;  /* the object */
	uint32_t slot;  /* in the table */
};

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

#define SIP_ROUND(v)                                                                               \
	do {                                                                                       \
		(v)[0] += (v)[1];                                                                  \
		(v)[1] = rotl((v)[1], 13) ^ (v)[0];                                                \
		(v)[0] = rotl((v)[0], 32);                                                         \
		(v)[2] += (v)[3];                                                                  \
		(v)[3] = rotl((v)[3], 16) ^ (v)[2];                                                \
		(v)[0] += (v)[3];                                                                  \
		(v)[3] = rotl((v)[3], 21) ^ (v)[0];                                                \
		(v)[2] += (v)[1];                                                                  \
		(v)[1] = rotl((v)[1], 17) ^ (v)[2];                                                \
		(v)[2] = rotl((v)[2], 32);                                                         \
	} while (0)

/* SipHash-1-3 (Aumasson, Bernstein: SipHash, 2012) with a key of this process. */
static uint64_t hash_name(struct str s, uint32_t mark)
{
	static uint64_t key[2];
	static bool keyed;
	uint64_t v[4], word;

	if (!keyed && getentropy(key, sizeof(key))) {
		/* No kernel of ours lacks it; if one does, the clock is better than a constant. */
		key[0] = (uint64_t)os_now_ms();
		key[1] = (uint64_t)os_wall_ms() << 20 ^ (uint64_t)getpid();
	}
	keyed = true;
	v[0] = key[0] ^ 0x736f6d6570736575u;
	v[1] = key[1] ^ 0x646f72616e646f6du;
	v[2] = key[0] ^ 0x6c7967656e657261u;
	v[3] = key[1] ^ 0x7465646279746573u ^ mark;
	for (; s.n >= 8; s = str_from_at(s, 8)) {
		memcpy(&word, s.p, 8);
		v[3] ^= word;
		SIP_ROUND(v);
		v[0] ^= word;
	}
	word = (uint64_t)s.n << 56;
	for (size_t i = 0; i < s.n; i++)
		word |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
	v[3] ^= word;
	SIP_ROUND(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		SIP_ROUND(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void names_init(struct names *s, size_t max)
{
	*s = (struct names){ .max = max };
}

void names_release(struct names *s)
{
	free(s->bytes);
	free(s->entries);
	free(s->table);
	names_init(s, s->max);
}

static bool grow_table(struct names *s)
{
	size_t slots = s->slots ? s->slots * 2 : 64, mask = slots - 1;
	uint32_t *table = calloc(slots, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		size_t slot = s->entries[i].hash & mask;

		while (table[slot])
			slot = (slot + 1) & mask;
		table[slot] = (uint32_t)i + 1;
		s->entries[i].slot = (uint32_t)slot;
	}
	free(s->table);
	s->table = table;
	s->slots = slots;
	return true;
}

/* Room for one more entry and `n` more bytes. */
static bool make_room(struct names *s, size_t n)
{
	size_t entry = sizeof(*s->entries);

	if (s->n + n + (s->count + 1) * entry > s->max || s->n + n > UINT32_MAX)
		return false;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 32;
		struct names_entry *e = realloc(s->entries, room * entry);

		if (!e)
			return false;
		s->entries = e;
		s->room = room;
	}
	if (!s->bytes || s->cap - s->n < n) {
		size_t cap = s->cap ? s->cap * 2 : 512;
		char *p;

		while (cap - s->n < n)
			cap *= 2;
		p = realloc(s->bytes, cap);
		if (!p)
			return false;
		s->bytes = p;
		s->cap = cap;
	}
	return (s->count + 1) * 2 <= s->slots || grow_table(s);
}

enum names_result names_add(struct names *s, uint32_t mark, struct str name, void ***value)
{
	struct names_entry *e;
	uint64_t hash = hash_name(name, mark);
	size_t slot;

	if (!make_room(s, name.n))
		return NAMES_FULL;
	slot = hash & (s->slots - 1);
	for (; s->table[slot]; slot = (slot + 1) & (s->slots - 1)) {
		e = &s->entries[s->table[slot] - 1];
		if (e->hash == hash && e->mark == mark &&
		    str_eq(str_n(s->bytes + e->at, e->n), name)) {
			if (value)
				*value = &e->value;
			return NAMES_SEEN;
		}
	}
	e = &s->entries[s->count++];
	*e = (struct names_entry){
		.hash = hash,
		.at = (uint32_t)s->n,
		.n = (uint32_t)name.n,
		.mark = mark,
		.slot = (uint32_t)slot,
	};
	s->table[slot] = (uint32_t)s->count;
	if (name.n)
		memcpy(s->bytes + s->n, name.p, name.n);
	s->n += name.n;
	if (value)
		*value = &e->value;
	return NAMES_NEW;
}

void names_close(struct names *s, uint32_t mark)
{
	while (s->count > mark) {
		const struct names_entry *e = &s->entries[--s->count];

		s->table[e->slot] = 0;
		s->n = e->at;
	}
}
