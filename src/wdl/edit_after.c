/*
 * edit_after.c - what waits for what, when an action comes, goes or moves.
 *
 * All others run exactly when they ran before: an entry is moved to another action only where
 * that changes nothing, else both are waited for.
 */
#include "wdl/edit_int.h"
#include "wdl/text.h"

static const char *const names[] = { "Succeeded", "Failed", "Skipped", "TimedOut" };

unsigned edit_statuses(const struct json *entry)
{
	unsigned all = 0;

	JSON_EACH(v, entry)
		for (size_t i = 0; i < 4; i++)
			if (str_eq_nocase(json_str(v), str_from(names[i])))
				all |= 1u << i;
	return all;
}

struct json *edit_succeeded(struct edit *x)
{
	struct json *list = json_new_array(x->a);

	json_push(list, json_new_z(x->a, names[0]));
	return list;
}

/* A list with these statuses too. */
static struct json *with(struct edit *x, const struct json *entry, unsigned more)
{
	struct json *list = json_copy(x->a, entry);
	unsigned have = edit_statuses(entry);

	for (size_t i = 0; i < 4; i++)
		if (more & ~have & 1u << i)
			json_push(list, json_new_z(x->a, names[i]));
	return list;
}

/* A list with only these of its statuses. */
static struct json *only(struct edit *x, const struct json *entry, unsigned left)
{
	struct json *list = json_new_array(x->a), *one = json_new_array(x->a);

	JSON_EACH(v, entry) {
		json_push(one, json_copy(x->a, v));
		if (edit_statuses(one) & left)
			json_push(list, json_copy(x->a, v));
		json_detach(one, json_first(one));
	}
	return list;
}

struct json *edit_waits_for(const struct json *action, struct str name)
{
	JSON_EACH(entry, json_get(action, "runAfter"))
		if (wdl_same_nocase(json_name(entry), name))
			return entry;
	return NULL;
}

void edit_set_after(struct edit *x, struct json *action, struct json *after)
{
	json_set(x->a, action, "runAfter", after);
}

static void keep(struct edit *x, struct json *after, const struct json *entry)
{
	if (!json_get_n(after, json_name(entry)))
		json_add_n(x->a, after, json_name(entry), json_copy(x->a, entry));
}

/* ---- one comes ---- */

/* What one that waited for `entry` waits for, now that `made` comes in between, which waits for
 * `own`. */
static void between(struct edit *x, struct json *after, const struct json *entry, unsigned own,
		    struct str made)
{
	unsigned want = edit_statuses(entry);
	bool plain = want == own || want == EDIT_ALL;
	/* When `made` was skipped because the other ended in another way. */
	unsigned more = want & ~own ? EDIT_SKIPPED : 0;

	if (!plain)
		keep(x, after, entry);
	json_set_n(x->a, after, made, with(x, entry, plain ? 0 : more));
}

void edit_follow(struct edit *x, struct json *map, const struct json *at, struct json *made)
{
	struct json *own = edit_waits_for(made, json_name(at));

	if (!(edit_statuses(own) & EDIT_SUCCEEDED))
		return;
	JSON_EACH(s, map) {
		struct json *entry = edit_waits_for(s, json_name(at)), *after;

		if (s == made || s == at || !(edit_statuses(entry) & EDIT_SUCCEEDED))
			continue;
		after = json_new_object(x->a);
		JSON_EACH(e, json_get(s, "runAfter"))
			if (e == entry)
				between(x, after, e, edit_statuses(own), json_name(made));
			else
				keep(x, after, e);
		edit_set_after(x, s, after);
	}
}

void edit_follow_roots(struct edit *x, struct json *map, const struct json *made)
{
	JSON_EACH(s, map) {
		struct json *after;

		if (s == made || json_first(json_get(s, "runAfter")) || !json_is(s, JSON_OBJECT))
			continue;
		after = json_new_object(x->a);
		json_add_n(x->a, after, json_name(made), edit_succeeded(x));
		edit_set_after(x, s, after);
	}
}

/* ---- one goes ---- */

/* Puts what `gone` waits for in the place of `entry`. */
static bool inherit(struct edit *x, struct json *s, struct json *after, const struct json *entry,
		    const struct json *gone)
{
	unsigned want = edit_statuses(entry);

	JSON_EACH(own, json_get(gone, "runAfter")) {
		struct str name = json_name(own);
		struct json *there = edit_waits_for(s, name), *now;
		/* It ran also when `gone` was skipped: whatever the one before did. */
		struct json *list = want & EDIT_SKIPPED ? with(x, entry, EDIT_ALL) :
							  json_copy(x->a, own);

		if (wdl_same_nocase(name, json_name(s)))
			continue;
		now = there ? only(x, there, edit_statuses(list)) : list;
		if (there && !json_first(now))
			return edit_refuse(x, S(""), S("set its runAfter first"),
					   "without \"%.*s\", \"%.*s\" would never run",
					   STR_ARG(json_name(gone)), STR_ARG(json_name(s)));
		json_set_n(x->a, after, there ? json_name(there) : name, now);
	}
	return true;
}

static bool take_over(struct edit *x, struct json *s, const struct json *entry,
		      const struct json *gone)
{
	struct json *after = json_new_object(x->a);

	JSON_EACH(e, json_get(s, "runAfter"))
		if (e != entry)
			keep(x, after, e);
		else if (!inherit(x, s, after, e, gone))
			return false;
	edit_set_after(x, s, after);
	return true;
}

bool edit_unfollow(struct edit *x, const struct edit_step *gone, bool stays)
{
	JSON_EACH(s, gone->map) {
		struct json *entry = s == gone->value ? NULL :
					edit_waits_for(s, json_name(gone->value));

		if (!entry)
			continue;
		if (edit_statuses(entry) & EDIT_SUCCEEDED) {
			if (!take_over(x, s, entry, gone->value))
				return false;
		} else if (!stays) {
			return edit_refuse(x, edit_pointer(x, gone),
					   S("remove that one first, or set its runAfter"),
					   "\"%.*s\" runs when \"%.*s\" does not succeed",
					   STR_ARG(json_name(s)), STR_ARG(json_name(gone->value)));
		}
	}
	return true;
}

/* ---- cycles ---- */

bool edit_no_cycle(struct edit *x, const struct json *map, const struct json *from)
{
	size_t n = 0, count = json_count(map);
	const struct json **stack = arena_array(x->a, count + 1, sizeof(const struct json *));
	struct lint_map members = { .fold = true }, seen = { 0 };

	JSON_EACH(s, map)
		lint_map_put(x->a, &members, NULL, json_name(s), s);
	stack[n++] = from;
	while (n) {
		const struct json *s = stack[--n];

		JSON_EACH(e, json_get(s, "runAfter")) {
			struct json *next = lint_map_get(&members, NULL, json_name(e));

			if (next == from)
				return edit_refuse(x, S(""), S("name another place, or set runAfter by path"),
						   "\"%.*s\" would wait for itself, by way of \"%.*s\"",
						   STR_ARG(json_name(from)), STR_ARG(json_name(s)));
			if (!next || lint_map_get(&seen, next, S("")))
				continue;
			lint_map_put(x->a, &seen, next, S(""), next);
			stack[n++] = next;
		}
	}
	return true;
}
