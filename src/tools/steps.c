/*
 * steps.c - a definition's actions as a flat list.
 */
#include "tools/steps.h"

#include "base/limits.h"

enum kind { OWN, SCOPE, LOOP };

/* Types that need nobody outside; any other does. */
static const struct {
	const char *type;
	enum kind kind;
} kinds[] = {
	{ "Compose", OWN },
	{ "ParseJson", OWN },
	{ "Query", OWN },
	{ "Select", OWN },
	{ "Join", OWN },
	{ "Table", OWN },
	{ "Expression", OWN },
	{ "InitializeVariable", OWN },
	{ "SetVariable", OWN },
	{ "IncrementVariable", OWN },
	{ "DecrementVariable", OWN },
	{ "AppendToArrayVariable", OWN },
	{ "AppendToStringVariable", OWN },
	{ "Wait", OWN },
	{ "Terminate", OWN },
	{ "Response", OWN },
	{ "Scope", SCOPE },
	{ "If", SCOPE },
	{ "Switch", SCOPE },
	{ "Foreach", LOOP },
	{ "Until", LOOP },
};

struct reading {
	struct arena *a;
	struct steps out;
	size_t room;
};

static void set_kind(struct step *s)
{
	s->outside = true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_eq_nocase(s->type, str_from(kinds[i].type))) {
			s->outside = false;
			s->container = kinds[i].kind != OWN;
			s->repeats = kinds[i].kind == LOOP;
		}
}

static void read_branch(struct reading *r, const struct json *actions, int parent,
			struct str branch, unsigned depth);

static void read_branches(struct reading *r, const struct json *def, int number, unsigned depth)
{
	read_branch(r, json_get(def, "actions"), number, S(""), depth);
	read_branch(r, json_at(def, "/else/actions"), number, S("else"), depth);
	JSON_EACH (one, json_get(def, "cases"))
		read_branch(r, json_get(one, "actions"), number,
			    str_fmt(r->a, "case %.*s", STR_ARG(json_name(one))), depth);
	read_branch(r, json_at(def, "/default/actions"), number, S("default"), depth);
}

static void read_branch(struct reading *r, const struct json *actions, int parent,
			struct str branch, unsigned depth)
{
	if (depth > LIMIT_RUN_DEPTH || !json_is(actions, JSON_OBJECT))
		return;
	JSON_EACH (def, actions) {
		size_t number = r->out.count;
		struct step *s;

		if (number >= LIMIT_RUN_ACTIONS)
			return;
		if (number == r->room) {
			size_t room = r->room ? r->room * 2 : 32;

			r->out.at = arena_grow(r->a, r->out.at, r->room * sizeof(*s),
					       room * sizeof(*s));
			r->room = room;
		}
		s = &r->out.at[r->out.count++];
		*s = (struct step){ .name = json_name(def), .type = json_get_str(def, "type"),
				    .def = def, .parent = parent, .branch = branch, .loop = -1,
				    .depth = depth };
		if (parent >= 0) {
			const struct step *up = &r->out.at[parent];

			s->loop = up->repeats ? parent : up->loop;
			s->levels = up->levels + up->repeats;
		}
		set_kind(s);
		read_branches(r, def, (int)number, depth + 1);
	}
}

/* FNV-1a of the name in lower case. */
static size_t slot_of(const struct steps *s, struct str name)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		h = (h ^ (c >= 'A' && c <= 'Z' ? c | 32u : c)) * 1099511628211u;
	}
	return (size_t)(h % s->slot_count);
}

/* The first of a name stays found. */
static void index_names(struct arena *a, struct steps *s)
{
	s->slot_count = s->count * 2 + 1;
	s->slots = arena_array(a, s->slot_count, sizeof(*s->slots));
	for (size_t i = 0; i < s->count; i++) {
		size_t at = slot_of(s, s->at[i].name);

		while (s->slots[at])
			at = (at + 1) % s->slot_count;
		s->slots[at] = (unsigned)i + 1;
	}
}

struct steps steps_of(struct arena *a, const struct json *definition)
{
	struct reading r = { .a = a };

	read_branch(&r, json_get(definition, "actions"), -1, S(""), 0);
	index_names(a, &r.out);
	return r.out;
}

int steps_find(const struct steps *s, struct str name)
{
	if (!s->slot_count)
		return -1;
	for (size_t at = slot_of(s, name); s->slots[at]; at = (at + 1) % s->slot_count)
		if (str_eq_nocase(s->at[s->slots[at] - 1].name, name))
			return (int)s->slots[at] - 1;
	return -1;
}
