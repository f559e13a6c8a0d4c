/*
 * mend.c - trying what could be written instead, until a step does not fail any more.
 */
#include "base/limits.h"
#include "wdl/trial.h"

enum { ROUNDS = 4, TRIED = 12 };

struct mender {
	struct arena *a;
	struct str name;
	const struct json *const *contexts;
	size_t count;
	const struct json *definition;
};

/* The first context with which it fails. */
static struct wdl_blame first_blame(const struct mender *m, const struct json *step)
{
	struct wdl_blame b = { 0 };

	for (size_t i = 0; i < m->count && !b.found; i++)
		b = wdl_blame_step(m->a, step, m->contexts[i], m->definition);
	return b;
}

static struct json *with(struct arena *a, const struct json *step, const struct wdl_candidate *c)
{
	struct json *out = json_copy(a, step), *parent = NULL, *old = json_at_n(out, c->pointer);
	struct str up = c->pointer;

	if (!old)
		return NULL;
	while (up.n && up.p[up.n - 1] != '/')
		up.n--;
	if (up.n)
		up.n--;
	parent = json_at_n(out, up);
	json_replace(parent, old,
		     c->value ? json_copy(a, c->value) : json_new_str(a, c->text));
	return out;
}

static bool is_call(struct str failing)
{
	return failing.n && failing.p[failing.n - 1] == ')';
}

/* It got on: another place fails, or nothing does. */
static bool better(const struct wdl_blame *old, const struct wdl_blame *new)
{
	if (!new->found)
		return true;
	if (new->kind == WDL_FAULT_DESIGN)
		return false;
	if (!str_eq(old->pointer, new->pointer) ||
	    (old->kind == WDL_FAULT_PATH && new->kind == WDL_FAULT_NULL))
		return true;
	/* Now the text can be evaluated, and only its value is not taken; or what was put around it
	 * fails itself. */
	if (!old->fail_end || !new->fail_end)
		return old->fail_end != 0;
	/* The same call with another argument is where it was; a longer chain of members is not. */
	if (is_call(old->failing) || is_call(new->failing))
		return old->fail_start != new->fail_start ||
		       is_call(old->failing) != is_call(new->failing);
	return old->fail_start != new->fail_start ||
	       new->fail_end - new->fail_start > old->fail_end - old->fail_start + 1;
}

static void remember(struct arena *a, struct json *edits, const struct wdl_candidate *c)
{
	json_set_n(a, edits, c->pointer,
		   c->value ? json_copy(a, c->value) : json_new_str(a, c->text));
}

static const struct json *improve(const struct mender *m, const struct json *step, size_t skip,
				  struct json *edits, const char **why, struct wdl_blame *blame)
{
	size_t tried = 0;

	for (const struct wdl_candidate *c = wdl_candidates(m->a, step, blame);
	     c && tried < TRIED; c = c->next, tried++) {
		struct json *next = with(m->a, step, c);
		struct wdl_blame b;

		if (!next)
			continue;
		b = first_blame(m, next);
		if (!better(blame, &b) || skip-- > 0)
			continue;
		remember(m->a, edits, c);
		*why = *why ? *why : c->why;
		*blame = b;
		return next;
	}
	return NULL;
}

static bool succeeds(const struct mender *m, const struct json *step)
{
	for (size_t i = 0; i < m->count; i++) {
		struct wdl_trial t = wdl_trial(m->a, m->name, step, m->contexts[i], m->definition);

		if (!t.ran || !t.ok)
			return false;
	}
	return true;
}

/* A pointer as the path of an operation: its tokens. */
static struct json *path_of(struct arena *a, struct str pointer)
{
	struct json *out = json_new_array(a);
	struct str token;

	pointer = str_from_at(pointer, 1);
	while (str_cut(&pointer, '/', &token)) {
		struct buf b;
		uint64_t number;

		buf_init_in(&b, a, token.n + 1);
		for (size_t i = 0; i < token.n; i++) {
			bool escape = token.p[i] == '~' && i + 1 < token.n;

			buf_addc(&b, !escape ? token.p[i] : token.p[i + 1] == '1' ? '/' : '~');
			i += escape;
		}
		if (str_to_u64(token, &number) && number < LIMIT_JSON_NODES)
			json_push(out, json_new_int(a, (int64_t)number));
		else
			json_push(out, json_new_str(a, buf_str(&b)));
	}
	return out;
}

static struct json *operations(struct arena *a, struct str pointer, const struct json *edits)
{
	struct json *out = json_new_array(a);

	JSON_EACH(e, edits) {
		struct json *op = json_push(out, json_new_object(a));
		struct str whole = str_fmt(a, "%.*s%.*s", STR_ARG(pointer), STR_ARG(json_name(e)));

		json_set_z(a, op, "op", "set");
		json_set(a, op, "path", path_of(a, whole));
		json_set(a, op, "value", json_copy(a, e));
	}
	return out;
}

struct json *wdl_mend(struct arena *a, struct str name, const struct json *step,
		      struct str pointer, const struct json *const *contexts, size_t count,
		      const struct json *definition, size_t first, const char **why)
{
	struct mender m = { a, name, contexts, count, definition };
	struct json *edits = json_new_object(a);
	struct wdl_blame b = first_blame(&m, step);
	const struct json *now = step;

	*why = NULL;
	for (unsigned round = 0; b.found && round < ROUNDS; round++) {
		now = improve(&m, now, round ? 0 : first, edits, why, &b);
		if (!now)
			return NULL;
	}
	if (b.found || !json_count(edits) || !succeeds(&m, now))
		return NULL;
	return operations(a, pointer, edits);
}
