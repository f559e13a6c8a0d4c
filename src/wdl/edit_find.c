/*
 * edit_find.c - actions by name at any depth, and what to say where there is none.
 */
#include "base/limits.h"
#include "wdl/edit_int.h"
#include "wdl/refactor_int.h"
#include "wdl/text.h"

/* ---- steps ---- */

struct collector {
	struct edit *x;
	struct edit_step **tail;
};

static void collect(struct collector *k, struct json *map, struct edit_step *owner,
		    struct str branch, bool triggers);

static void collect_branch(struct collector *k, const struct json *branch, struct edit_step *owner,
			   const char *fmt, struct str name)
{
	struct json *map = json_get(branch, "actions");
	struct buf b;

	if (!json_is(map, JSON_OBJECT))
		return;
	buf_init_in(&b, k->x->a, LIMIT_LINE);
	buf_addz(&b, fmt);
	if (name.p)
		json_pointer_add(&b, name);
	buf_addz(&b, "/actions");
	collect(k, map, owner, buf_str(&b), false);
}

static void collect(struct collector *k, struct json *map, struct edit_step *owner,
		    struct str branch, bool triggers)
{
	if (!json_is(map, JSON_OBJECT))
		return;
	JSON_EACH(member, map) {
		struct edit_step *s = arena_alloc(k->x->a, sizeof(*s));

		*s = (struct edit_step){ .owner = owner, .branch = branch, .map = map,
					 .value = member, .trigger = triggers };
		*k->tail = s;
		k->tail = &s->next;
		lint_map_put(k->x->a, &k->x->names, NULL, json_name(member), s);
		if (triggers)
			continue;
		collect_branch(k, member, s, "", str_n(NULL, 0));
		collect_branch(k, json_get(member, "else"), s, "/else", str_n(NULL, 0));
		JSON_EACH(one, json_get(member, "cases"))
			collect_branch(k, one, s, "/cases", json_name(one));
		collect_branch(k, json_get(member, "default"), s, "/default", str_n(NULL, 0));
	}
}

void edit_collect(struct edit *x)
{
	struct collector k = { x, &x->steps };

	x->steps = NULL;
	x->names = (struct lint_map){ .fold = true };
	collect(&k, json_get(x->definition, "triggers"), NULL, S("/triggers"), true);
	collect(&k, json_get(x->definition, "actions"), NULL, S("/actions"), false);
}

struct str edit_name(struct edit *x, struct str name)
{
	char *p = str_c(x->a, name);

	for (size_t i = 0; i < name.n; i++)
		if (p[i] == ' ')
			p[i] = '_';
	return str_n(p, name.n);
}

struct str edit_pointer(struct edit *x, const struct edit_step *s)
{
	struct buf b;

	buf_init_in(&b, x->a, LIMIT_LINE);
	if (s->owner)
		buf_adds(&b, edit_pointer(x, s->owner));
	buf_adds(&b, s->branch);
	json_pointer_add(&b, json_name(s->value));
	return buf_str(&b);
}

struct edit_step *edit_find(const struct edit *x, struct str name)
{
	return lint_map_get(&x->names, NULL, name);
}

/* ---- names that are not there ---- */

struct str edit_nearest(struct edit *x, struct str name, const struct json *object)
{
	unsigned best = (unsigned)(name.n / 3) + 2;
	struct str low = wdl_lower(x->a, str_first_utf8(name, 256)), near = S("");

	JSON_EACH(member, object) {
		struct str other = str_first_utf8(json_name(member), 256);
		unsigned d = str_distance(low, wdl_lower(x->a, other), best);

		if (d >= best)
			continue;
		best = d;
		near = json_name(member);
	}
	return near;
}

struct str edit_hint(struct edit *x, struct str name, const struct json *object)
{
	struct str near = edit_nearest(x, name, object);
	size_t n = 0;
	struct buf b;

	if (near.n)
		return str_fmt(x->a, "did you mean \"%.*s\"?", STR_ARG(near));
	buf_init_in(&b, x->a, LIMIT_LINE);
	JSON_EACH(member, object) {
		if (n++ == 10) {
			buf_addz(&b, " ...");
			break;
		}
		buf_addf(&b, "%s \"%.*s\"", n > 1 ? "," : "there are:",
			 STR_ARG(str_first_utf8(json_name(member), 80)));
	}
	return buf_str(&b);
}

static struct json *names_of_actions(struct edit *x)
{
	struct json *names = json_new_object(x->a);

	for (const struct edit_step *s = x->steps; s; s = s->next)
		if (!s->trigger)
			json_add_n(x->a, names, json_name(s->value), json_new_null(x->a));
	return names;
}

/* Two of a name are no definition, but may be given: none of them is meant then. */
static bool is_only_one(struct edit *x, const struct edit_step *s)
{
	for (const struct edit_step *o = s->next; o; o = o->next)
		if (wdl_same_nocase(json_name(o->value), json_name(s->value)))
			return edit_refuse(x, edit_pointer(x, o),
					   S("rename one of them with an operation by path"),
					   "more than one is called \"%.*s\"",
					   STR_ARG(str_first_utf8(json_name(s->value), 120)));
	return true;
}

struct edit_step *edit_action_n(struct edit *x, struct str wanted, bool trigger)
{
	struct str name = edit_name(x, wanted);
	struct edit_step *s = edit_find(x, name);

	/* A trigger's name may have spaces. */
	if (!s)
		s = edit_find(x, wanted);
	if (!s) {
		edit_refuse(x, S(""), edit_hint(x, name, names_of_actions(x)),
			    "no action is called \"%.*s\"", STR_ARG(str_first_utf8(wanted, 120)));
		return NULL;
	}
	if (s->trigger && !trigger) {
		edit_refuse(x, edit_pointer(x, s), S("change it with operations by path"),
			    "\"%.*s\" is the trigger", STR_ARG(str_first_utf8(wanted, 120)));
		return NULL;
	}
	return is_only_one(x, s) ? s : NULL;
}

struct edit_step *edit_action(struct edit *x, const char *member, bool trigger)
{
	return edit_action_n(x, json_get_str(x->op, member), trigger);
}

bool edit_new_name(struct edit *x, struct str *name)
{
	struct refactor_result why = { 0 };
	struct str wanted = json_get_str(x->op, "name");
	const struct edit_step *other;

	if (!refactor_legal(x->a, REFACTOR_ACTION, wanted, name, &why))
		return edit_refuse(x, S(""), why.hint, "%.*s", STR_ARG(why.message));
	other = edit_find(x, *name);
	if (!other)
		return true;
	return edit_refuse(x, edit_pointer(x, other),
			   S("names fold case: choose one that nothing else has"),
			   "%s is called \"%.*s\" already", other->trigger ? "a trigger" : "an action",
			   STR_ARG(str_first_utf8(*name, 120)));
}
