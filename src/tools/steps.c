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

struct steps steps_of(struct arena *a, const struct json *definition)
{
	struct reading r = { .a = a };

	read_branch(&r, json_get(definition, "actions"), -1, S(""), 0);
	return r.out;
}

int steps_find(const struct steps *s, struct str name)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq_nocase(s->at[i].name, name))
			return (int)i;
	return -1;
}
