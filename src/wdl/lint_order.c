/*
 * lint_order.c - what runs before what, by runAfter and by what contains what.
 *
 * Answers in constant time along a chain, and by a bounded search where runAfter branches and
 * joins.
 */
#include "base/limits.h"
#include "wdl/lint_model.h"

static unsigned statuses(const struct json *list)
{
	static const struct {
		const char *name;
		unsigned bit;
	} rows[] = {
		{ "Succeeded", LINT_SUCCEEDED },
		{ "Failed", LINT_FAILED },
		{ "Skipped", LINT_SKIPPED },
		{ "TimedOut", LINT_TIMED_OUT },
	};
	unsigned all = 0;

	JSON_EACH(v, list) {
		unsigned bit = LINT_OTHER;

		for (size_t i = 0; i < 4; i++)
			if (str_eq_nocase(json_str(v), str_from(rows[i].name)))
				bit = rows[i].bit;
		all |= bit;
	}
	return all;
}

static void edges(struct lint *l, struct lint_step *s)
{
	struct lint_edge **tail = &s->after;
	struct str base;

	if (!json_first(json_get(s->value, "runAfter")))
		return;
	base = lint_in(l, s, "/runAfter");
	JSON_EACH(member, json_get(s->value, "runAfter")) {
		struct lint_edge *e = arena_alloc(l->a, sizeof(*e));

		e->of = s;
		e->member = member;
		e->pointer = lint_at_n(l, base, json_name(member));
		e->step = lint_map_get(&l->in_scope, s->scope, json_name(member));
		e->statuses = json_is(member, JSON_ARRAY) ? statuses(member) : 0;
		*tail = e;
		tail = &e->next;
		if (e->step) {
			e->next_follower = e->step->followers;
			e->step->followers = e;
		}
	}
}

/* Depth-first with its own stack, so that a long chain costs no C stack. */
static void rank_from(struct lint_step **stack, struct lint_step *root)
{
	enum { NEW, OPEN, DONE };
	size_t n = 0;

	stack[n++] = root;
	root->cursor = root->after;
	while (n) {
		struct lint_step *s = stack[n - 1];
		struct lint_step *first = s->cursor ? s->cursor->step : NULL;

		s->mark = OPEN;
		if (!s->cursor) {
			s->mark = DONE;
			n--;
			continue;
		}
		if (first && first->mark == NEW) {
			first->cursor = first->after;
			stack[n++] = first;
			continue;
		}
		if (first && (first->mark == OPEN || first->cyclic)) {
			s->cyclic = true;
		} else if (first && first->rank >= s->rank) {
			s->rank = first->rank + 1;
			s->main = first;
		}
		s->cursor = s->cursor->next;
	}
}

/* Numbers what hangs together by `main`, so that most questions of lint_before need no search. */
static void number_from(struct lint_step **stack, struct lint_step *root, size_t *count)
{
	size_t n = 0;

	stack[n++] = root;
	root->cursor = root->followers;
	root->from = (*count)++;
	while (n) {
		struct lint_step *s = stack[n - 1];
		struct lint_edge *e = s->cursor;

		if (!e) {
			s->to = *count;
			n--;
			continue;
		}
		s->cursor = e->next_follower;
		if (e->of->main != s || e->of->to || e->of->cyclic)
			continue;
		e->of->cursor = e->of->followers;
		e->of->from = (*count)++;
		/* Open: a second edge to the same step does not enter it again. */
		e->of->to = *count;
		stack[n++] = e->of;
	}
}

static void ranks(struct lint *l)
{
	size_t count = 1;

	l->stack = arena_array(l->a, l->actions + 1, sizeof(struct lint_step *));
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger && !s->mark)
			rank_from(l->stack, s);
	for (struct lint_step *s = l->steps; s; s = s->next) {
		s->mark = 0;
		if (!s->trigger && (!s->main || s->cyclic))
			number_from(l->stack, s, &count);
	}
}

static bool behind(const struct lint_step *s, const struct lint_step *first)
{
	return first->from <= s->from && s->from < first->to;
}

/* Follows what `main` leaves out.  A definition made to be slow is believed after a while. */
static bool reaches(struct lint *l, struct lint_step *from, const struct lint_step *to)
{
	size_t n = 0;

	if (behind(from, to))
		return true;
	l->mark++;
	l->stack[n++] = from;
	from->mark = l->mark;
	while (n) {
		for (struct lint_step *s = l->stack[--n]; s; s = s->main) {
			bool low = s->rank <= to->rank && !s->cyclic;

			if (++l->effort > LIMIT_LINT_EFFORT)
				return true;
			for (struct lint_edge *e = s->after; e && !low; e = e->next) {
				if (!e->step)
					continue;
				if (e->step == to || behind(e->step, to))
					return true;
				if (e->step == s->main || e->step->mark == l->mark)
					continue;
				e->step->mark = l->mark;
				l->stack[n++] = e->step;
			}
			if (low || !s->main || s->main->mark == l->mark)
				break;
			s->main->mark = l->mark;
		}
	}
	return false;
}

bool lint_before(struct lint *l, struct lint_step *target, struct lint_step *user)
{
	if (target->trigger)
		return true;
	if (!user || user->trigger)
		return false;
	for (struct lint_step *u = user; u; u = lint_parent(u)) {
		struct lint_step *t = target;

		while (t && t->scope != u->scope)
			t = lint_parent(t);
		if (!t)
			continue;
		return t != u && reaches(l, u, t);
	}
	return false;
}

void lint_order_build(struct lint *l)
{
	for (struct lint_step *s = l->steps; s; s = s->next)
		if (!s->trigger)
			edges(l, s);
	ranks(l);
}
