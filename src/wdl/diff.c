/*
 * diff.c - added, removed, moved and changed, once the renamed have their new names.
 *
 * Depth is bounded by the JSON parser's ceiling.
 */
#include "wdl/diff.h"

#include <stdio.h>

#include "base/limits.h"
#include "wdl/diff_int.h"
#include "wdl/text.h"

static const char *const kind_names[] = {
	[DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed",   [DIFF_RENAMED] = "renamed",
	[DIFF_MOVED] = "moved", [DIFF_AFTER] = "runAfter", [DIFF_CHANGED] = "changed",
};

static const char *const what_names[] = {
	[DIFF_TRIGGER] = "trigger",     [DIFF_ACTION] = "action",
	[DIFF_VARIABLE] = "variable",   [DIFF_PARAMETER] = "parameter",
	[DIFF_CONNECTION] = "connection", [DIFF_FLOW] = "flow",
};

const char *diff_kind_name(enum diff_kind k)
{
	return kind_names[k];
}

const char *diff_what_name(enum diff_what w)
{
	return what_names[w];
}

struct diff_change *diff_add(struct diff_work *w, enum diff_kind kind, enum diff_what what,
			     struct str name, struct str pointer)
{
	struct diff_change *c = arena_alloc(w->a, sizeof(*c));

	c->kind = kind;
	c->what = what;
	c->name = name;
	c->pointer = pointer;
	c->old_name = c->type = c->inside = c->from_scope = c->to_scope = c->words = S("");
	if (w->out.count >= LIMIT_DIFF_CHANGES) {
		w->out.dropped++;
		return c;
	}
	w->out.count++;
	w->out.counts[kind]++;
	*w->tail = c;
	w->tail = &c->next;
	return c;
}

/* ---- values ---- */

/* Where a value stands while it is compared. */
struct spot {
	struct diff_work *w;
	enum diff_what what;
	struct str name, type;
	struct buf pointer;
	size_t inside; /* the part of the pointer from here on is inside of it */
};

static void changed(struct spot *s, const struct json *from, const struct json *to)
{
	struct str pointer = str_dup(s->w->a, buf_str(&s->pointer));
	struct diff_change *c = diff_add(s->w, DIFF_CHANGED, s->what, s->name, pointer);

	c->type = s->type;
	c->inside = str_from_at(pointer, s->inside);
	c->from = from;
	c->to = to;
	diff_say(s->w->a, c);
}

static void compare(struct spot *s, const struct json *from, const struct json *to);

static void compare_at(struct spot *s, struct str token, const struct json *from,
		       const struct json *to)
{
	size_t n = s->pointer.n;

	json_pointer_add(&s->pointer, token);
	compare(s, from, to);
	s->pointer.n = n;
}

/* Members mostly come in the same order: look where the last one was found. */
static const struct json *find(const struct json *object, struct str name, const struct json **last)
{
	const struct json *next = *last ? json_next(*last) : json_first(object);

	if (next && str_eq(json_name(next), name))
		return *last = next;
	next = json_get_n(object, name);
	if (next)
		*last = next;
	return next;
}

static void compare_objects(struct spot *s, const struct json *from, const struct json *to)
{
	const struct json *last = NULL;

	JSON_EACH(member, from)
		compare_at(s, json_name(member), member, find(to, json_name(member), &last));
	last = NULL;
	JSON_EACH(member, to)
		if (!find(from, json_name(member), &last))
			compare_at(s, json_name(member), NULL, member);
}

static void compare_item(struct spot *s, size_t i, const struct json *from, const struct json *to)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%zu", i);

	compare_at(s, str_n(digits, (size_t)n), from, to);
}

/* What is equal at both ends is no difference; what is between is compared in pairs. */
static void compare_arrays(struct spot *s, const struct json *from, const struct json *to)
{
	size_t m = json_count(from), n = json_count(to), head = 0, tail = 0;
	const struct json **x = arena_array(s->w->a, m + 1, sizeof(*x));
	const struct json **y = arena_array(s->w->a, n + 1, sizeof(*y));
	size_t i = 0;

	JSON_EACH(v, from)
		x[i++] = v;
	i = 0;
	JSON_EACH(v, to)
		y[i++] = v;
	while (m != n && head < m && head < n && json_equal(x[head], y[head]))
		head++;
	while (m != n && tail < m - head && tail < n - head &&
	       json_equal(x[m - 1 - tail], y[n - 1 - tail]))
		tail++;
	for (i = head; i < m - tail || i < n - tail; i++)
		compare_item(s, i, i < m - tail ? x[i] : NULL, i < n - tail ? y[i] : NULL);
}

static void compare(struct spot *s, const struct json *from, const struct json *to)
{
	enum json_type type = json_type(from);

	if (from && to && type == json_type(to) && type == JSON_OBJECT)
		compare_objects(s, from, to);
	else if (from && to && type == json_type(to) && type == JSON_ARRAY)
		compare_arrays(s, from, to);
	else if (!from || !to || !json_equal(from, to))
		changed(s, from, to);
}

static struct spot spot_at(struct diff_work *w, enum diff_what what, struct str name,
			   struct str pointer)
{
	struct spot s = { .w = w, .what = what, .name = name, .type = S(""), .inside = pointer.n };

	buf_init_in(&s.pointer, w->a, (size_t)-1 / 2);
	buf_adds(&s.pointer, pointer);
	return s;
}

/* ---- steps ---- */

struct str diff_scope(struct arena *a, const struct lint_step *s)
{
	struct lint_step *owner = lint_parent(s);
	struct str inner, branch;

	if (!owner)
		return S("");
	/* "/actions", "/else/actions", "/default/actions", "/cases/NAME/actions" */
	inner = str_from_at(s->scope->pointer, owner->pointer.n);
	branch = str_first(inner, inner.n - 8);
	if (!branch.n)
		return owner->name;
	branch = str_from_at(branch, 1);
	if (str_starts(branch, S("cases/")))
		return str_fmt(a, "%.*s (case %.*s)", STR_ARG(owner->name),
			       STR_ARG(str_from_at(branch, 6)));
	return str_fmt(a, "%.*s (%.*s)", STR_ARG(owner->name), STR_ARG(branch));
}

static enum diff_what what_of(const struct lint_step *s)
{
	return s->trigger ? DIFF_TRIGGER : DIFF_ACTION;
}

static bool same_statuses(const struct json *x, const struct json *y)
{
	if (json_count(x) != json_count(y))
		return false;
	JSON_EACH(v, x) {
		bool found = false;

		JSON_EACH(u, y)
			found = found || str_eq_nocase(json_str(v), json_str(u));
		if (!found)
			return false;
	}
	return true;
}

/* runAfter is a set: neither the order nor the case of letters counts. */
static bool same_after(const struct json *x, const struct json *y)
{
	if (json_count(x) != json_count(y))
		return false;
	JSON_EACH(member, x) {
		bool found = false;

		JSON_EACH(other, y)
			found = found || (wdl_same_nocase(json_name(member), json_name(other)) &&
					  same_statuses(member, other));
		if (!found)
			return false;
	}
	return true;
}

static void compare_branch(struct spot *s, const char *name, const struct json *from,
			   const struct json *to)
{
	size_t n = s->pointer.n;
	const struct json *last = NULL;

	json_pointer_add(&s->pointer, str_from(name));
	JSON_EACH(member, from)
		if (!str_eq(json_name(member), S("actions")))
			compare_at(s, json_name(member), member,
				   find(to, json_name(member), &last));
	JSON_EACH(member, to)
		if (!str_eq(json_name(member), S("actions")) &&
		    !json_get_n(from, json_name(member)))
			compare_at(s, json_name(member), NULL, member);
	s->pointer.n = n;
}

static void compare_cases(struct spot *s, const struct json *from, const struct json *to)
{
	size_t n = s->pointer.n;

	json_pointer_add(&s->pointer, S("cases"));
	JSON_EACH(one, from)
		compare_branch(s, str_c(s->w->a, json_name(one)), one,
			       json_get_n(to, json_name(one)));
	JSON_EACH(one, to)
		if (!json_get_n(from, json_name(one)))
			compare_branch(s, str_c(s->w->a, json_name(one)), NULL, one);
	s->pointer.n = n;
}

static bool is_structure(struct str name)
{
	static const char *const names[] = { "runAfter", "actions", "else", "default", "cases" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq(name, str_from(names[i])))
			return true;
	return false;
}

static void compare_step(struct diff_work *w, const struct lint_step *from,
			 const struct lint_step *to)
{
	struct spot s = spot_at(w, what_of(to), to->name, to->pointer);
	const struct json *last = NULL;

	s.type = to->type;
	JSON_EACH(member, from->value)
		if (!is_structure(json_name(member)))
			compare_at(&s, json_name(member), member,
				   find(to->value, json_name(member), &last));
	JSON_EACH(member, to->value)
		if (!is_structure(json_name(member)) &&
		    !json_get_n(from->value, json_name(member)))
			compare_at(&s, json_name(member), NULL, member);
	compare_branch(&s, "else", json_get(from->value, "else"), json_get(to->value, "else"));
	compare_branch(&s, "default", json_get(from->value, "default"),
		       json_get(to->value, "default"));
	compare_cases(&s, json_get(from->value, "cases"), json_get(to->value, "cases"));
}

static void there_or_not(struct diff_work *w, enum diff_kind kind, const struct lint_step *s)
{
	struct diff_change *c = diff_add(w, kind, what_of(s), s->name, s->pointer);

	c->type = s->type;
	c->from_scope = c->to_scope = diff_scope(w->a, s);
	if (kind == DIFF_ADDED)
		c->to = json_get(s->value, "runAfter");
	diff_say(w->a, c);
}

static void compare_place(struct diff_work *w, const struct lint_step *from,
			  const struct lint_step *to)
{
	struct str was = diff_scope(w->a, from), is = diff_scope(w->a, to);
	const struct json *x = json_get(from->value, "runAfter");
	const struct json *y = json_get(to->value, "runAfter");
	struct diff_change *c;

	if (!str_eq(was, is)) {
		c = diff_add(w, DIFF_MOVED, what_of(to), to->name, to->pointer);
		c->type = to->type;
		c->from_scope = was;
		c->to_scope = is;
		diff_say(w->a, c);
	}
	if (!same_after(x, y)) {
		c = diff_add(w, DIFF_AFTER, what_of(to), to->name, to->pointer);
		c->type = to->type;
		c->from = x;
		c->to = y;
		diff_say(w->a, c);
	}
}

/* The step of another definition that stands just where `s` does and has its name. */
static const struct lint_step *at_the_place(const struct lint *in, const struct lint_step *s,
					    const struct lint *of)
{
	struct str place = str_from_at(s->pointer, of->prefix.n);

	for (const struct lint_step *x = in->steps; x; x = x->next)
		if (str_eq(str_from_at(x->pointer, in->prefix.n), place))
			return x;
	return NULL;
}

/* The step of the same name in the other definition.  Where a name is there twice, which the
 * service refuses, those that stand at the same place belong together. */
static const struct lint_step *counterpart(const struct lint *in, const struct lint_step *s,
					   const struct lint *of)
{
	const struct lint_step *x = lint_find(in, s->name), *same;

	if (!x || str_eq(str_from_at(x->pointer, in->prefix.n),
			 str_from_at(s->pointer, of->prefix.n)))
		return x;
	same = at_the_place(in, s, of);
	if (same)
		return same;
	return at_the_place(of, x, in) ? NULL : x;
}

static void compare_steps(struct diff_work *w)
{
	for (struct lint_step *s = w->old_model->steps; s; s = s->next)
		if (!counterpart(w->now_model, s, w->old_model))
			there_or_not(w, DIFF_REMOVED, s);
	for (struct lint_step *s = w->now_model->steps; s; s = s->next) {
		const struct lint_step *old = counterpart(w->old_model, s, w->now_model);

		if (!old || old->trigger != s->trigger) {
			there_or_not(w, DIFF_ADDED, s);
			continue;
		}
		compare_place(w, old, s);
		compare_step(w, old, s);
	}
}

/* ---- the rest ---- */

static void compare_members(struct diff_work *w, enum diff_what what, const struct json *from,
			    const struct json *to, struct str old_at, struct str at)
{
	JSON_EACH(member, from)
		if (!json_get_n(to, json_name(member)))
			diff_say(w->a,
				 diff_add(w, DIFF_REMOVED, what, json_name(member),
					  lint_at_n(w->now_model, old_at, json_name(member))));
	JSON_EACH(member, to) {
		struct str name = json_name(member), pointer = lint_at_n(w->now_model, at, name);
		const struct json *old = json_get_n(from, name);
		struct spot s = spot_at(w, what, name, pointer);

		if (old)
			compare(&s, old, member);
		else
			diff_say(w->a, diff_add(w, DIFF_ADDED, what, name, pointer));
	}
}

static void compare_flow(struct diff_work *w)
{
	static const char *const beside[] = { "/properties/displayName", "/properties/description",
					      "/properties/state", "/name" };
	struct spot s = spot_at(w, DIFF_FLOW, S(""), w->now.prefix);
	const struct json *from = w->old.definition, *to = w->now.definition;

	s.inside = 0;
	for (const struct json *m = json_first(from); m; m = json_next(m)) {
		struct str name = json_name(m);

		if (!str_eq(name, S("triggers")) && !str_eq(name, S("actions")) &&
		    !str_eq(name, S("parameters")))
			compare_at(&s, name, m, json_get_n(to, name));
	}
	for (const struct json *m = json_first(to); m; m = json_next(m)) {
		struct str name = json_name(m);

		if (!json_get_n(from, name) && !str_eq(name, S("triggers")) &&
		    !str_eq(name, S("actions")) && !str_eq(name, S("parameters")))
			compare_at(&s, name, NULL, m);
	}
	/* What only one of two forms of a document has says nothing. */
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		const struct json *x = json_at(w->old.document, beside[i]);
		const struct json *y = json_at(w->now.document, beside[i]);
		struct spot at = spot_at(w, DIFF_FLOW, S(""), str_from(beside[i]));

		at.inside = 0;
		if (x && y)
			compare(&at, x, y);
	}
}

static bool open(struct diff_work *w, const struct json *document, struct refactor_flow *f)
{
	return refactor_open(w->a, json_copy(w->a, document), f, &w->out.why);
}

struct diff diff_documents(struct arena *a, const struct json *before, const struct json *after)
{
	struct diff_work *w = arena_alloc(a, sizeof(*w));

	w->a = a;
	w->tail = &w->out.first;
	w->out.why = "";
	if (!open(w, before, &w->old) || !open(w, after, &w->now))
		return w->out;
	w->old_model = refactor_model(a, &w->old);
	w->now_model = refactor_model(a, &w->now);
	diff_renames(w);
	compare_flow(w);
	if ((w->old.references && w->now.references) || (w->old.prefix.n && w->now.prefix.n))
		compare_members(w, DIFF_CONNECTION, w->old.references, w->now.references,
				w->old.references_at, w->now.references_at);
	compare_members(w, DIFF_PARAMETER, json_get(w->old.definition, "parameters"),
			json_get(w->now.definition, "parameters"),
			lint_at(w->old_model, w->old.prefix, "parameters"),
			lint_at(w->now_model, w->now.prefix, "parameters"));
	compare_steps(w);
	w->out.usable = true;
	w->out.equal = w->out.count == 0;
	return w->out;
}
