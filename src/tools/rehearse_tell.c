/*
 * rehearse_tell.c - what a rehearsal came to, action by action, against what was recorded; and
 * what of it rests on an assumption.
 */
#include "base/limits.h"
#include "tools/rehearse_int.h"
#include "tools/run_record.h"
#include "wdl/needs.h"
#include "wdl/walk.h"

enum { MOST_ACTIONS = 60, MOST_DIFFERENCES = 5, MOST_READ = 512 };

struct telling {
	struct arena *a;
	const struct player *before, *now;
	struct json *out, *actions;
	bool *uncertain; /* by step */
	size_t unchanged, left_out;
	struct str first;
};

/* ---- what rests on an assumed answer ---- */

struct edge {
	size_t reader, read;
};

struct edges {
	struct arena *a;
	struct edge *at;
	size_t count, room;
};

/* Room for what one place can read, so that adding needs no memory. */
static void reserve(struct edges *e)
{
	size_t room = e->room;

	while (room < e->count + MOST_READ)
		room = room ? room * 2 : MOST_READ;
	if (room == e->room)
		return;
	e->at = arena_grow(e->a, e->at, e->room * sizeof(*e->at), room * sizeof(*e->at));
	e->room = room;
}

static void add_edge(struct edges *e, int reader, int read)
{
	if (reader >= 0 && read >= 0 && reader != read && e->count < e->room)
		e->at[e->count++] = (struct edge){ (size_t)reader, (size_t)read };
}

static bool writes(const struct step *s, struct str variable)
{
	const struct json *inputs = json_get(s->def, "inputs");

	if (str_find(s->type, S("Variable")) < 0)
		return false;
	if (str_eq_nocase(json_get_str(inputs, "name"), variable))
		return true;
	JSON_EACH (v, json_get(inputs, "variables"))
		if (str_eq_nocase(json_get_str(v, "name"), variable))
			return true;
	return false;
}

static void add_needs(struct edges *e, const struct steps *steps, int reader,
		      const struct wdl_needs *n)
{
	for (const struct wdl_need *x = n->actions; x; x = x->next)
		add_edge(e, reader, steps_find(steps, x->name));
	for (const struct wdl_need_loop *x = n->loops; x; x = x->next)
		add_edge(e, reader, steps_find(steps, x->name));
	for (const struct wdl_need_name *x = n->variables; x; x = x->next)
		for (size_t i = 0; i < steps->count; i++)
			if (writes(&steps->at[i], x->name))
				add_edge(e, reader, (int)i);
	for (const struct wdl_need_name *x = n->results; x; x = x->next) {
		int scope = steps_find(steps, x->name);

		for (size_t i = 0; scope >= 0 && i < steps->count; i++)
			if (steps->at[i].parent == scope)
				add_edge(e, reader, (int)i);
	}
}

/* What is found on the way goes at once: a flow has many expressions.  One that takes too much
 * reads nothing. */
static void edges_of_place(struct edges *e, const struct steps *steps, const struct wdl_place *p)
{
	struct wdl_needs needs;
	struct arena scratch;
	jmp_buf out;

	reserve(e);
	arena_init(&scratch, LIMIT_CALL_ARENA / 4);
	if (!arena_guard(&scratch, &out)) {
		needs = wdl_needs_of(&scratch, p->template, NULL);
		add_needs(e, steps, steps_find(steps, p->step), &needs);
	}
	arena_release(&scratch);
}

/* Who reads an assumed answer, directly or by way of others, or stands in a container that does. */
static bool *find_uncertain(struct arena *a, const struct player *now)
{
	bool *bad = arena_array(a, now->steps.count + 1, sizeof(*bad));
	struct json *definition = json_copy(a, now->definition);
	struct wdl_places places = wdl_walk_definition(a, definition, S(""));
	struct edges e = { .a = a };
	bool again = json_count(now->assumed) > 0;

	for (const struct wdl_place *p = places.first; p && again; p = p->next)
		if (!p->in_trigger)
			edges_of_place(&e, &now->steps, p);
	while (again) {
		again = false;
		for (size_t i = 0; i < e.count; i++)
			if (!bad[e.at[i].reader] &&
			    (bad[e.at[i].read] ||
			     json_get_n(now->assumed, now->steps.at[e.at[i].read].name)))
				again = bad[e.at[i].reader] = true;
		for (size_t i = 0; i < now->steps.count; i++) {
			int up = now->steps.at[i].parent;

			if (!bad[i] && up >= 0 && bad[up])
				again = bad[i] = true;
		}
	}
	return bad;
}

/* ---- one action ---- */

static bool is_status(struct str s, const char *name)
{
	return str_eq_nocase(s, str_from(name));
}

static bool went_wrong(struct str status)
{
	return is_status(status, "Failed") || is_status(status, "TimedOut");
}

/* "" when it goes as it went. */
static const char *what_of(struct str was, struct str now, bool values)
{
	bool ran = was.n && !is_status(was, "Skipped"), runs = now.n && !is_status(now, "Skipped");

	if (!ran && !runs)
		return "";
	if (!now.n)
		return "not reached";
	if (!ran)
		return went_wrong(now) ? "now runs and fails" : "now runs";
	if (!runs)
		return "no longer runs";
	if (!str_eq_nocase(was, now))
		return went_wrong(now)			 ? "now fails"
		       : is_status(now, "Succeeded") ? "now succeeds"
							 : "ends otherwise";
	return values ? "other value" : "";
}

static void put_error(struct telling *t, struct json *one, const struct json *was,
		      const struct json *now)
{
	const struct json *error = json_get(now, "error");

	if (!went_wrong(json_get_str(now, "status")) ||
	    (error && json_equal(error, json_get(was, "error"))))
		return;
	if (error)
		json_set(t->a, one, "error", changes_short(t->a, error, 600));
	else if (json_get(now, "code"))
		json_set_str(t->a, one, "code", json_get_str(now, "code"));
}

static void put_status(struct telling *t, struct json *one, const char *name, struct str status)
{
	if (status.n)
		json_set_str(t->a, one, name, status);
	else
		json_set_null(t->a, one, name);
}

static struct json *counts_of(struct arena *a, const struct json *passes)
{
	struct json *out = json_new_object(a);

	JSON_EACH (v, passes) {
		struct str status = json_get_str(v, "status");

		json_set_n(a, out, status,
			   json_new_int(a, json_int(json_get_n(out, status), 0) + 1));
	}
	return out;
}

/* Passes of loops: how many ended how, and the first that goes otherwise; false: all go alike. */
static bool put_passes(struct telling *t, struct json *one, const struct json *was,
		       const struct json *now)
{
	const struct json *before = json_get(was, "repetitions"),
			  *after = json_get(now, "repetitions");
	struct json *passes, *example = NULL;

	/* Passes that were not read cannot be compared. */
	if ((!after && !before) || (was && !before))
		return false;
	JSON_EACH (v, after) {
		const struct json *old = json_get_n(before, json_name(v));
		const char *what = what_of(json_get_str(old, "status"), json_get_str(v, "status"),
					   json_get(v, "changes") != NULL);

		if (!what[0] || example)
			continue;
		example = json_new_object(t->a);
		json_set_str(t->a, example, "repetition", json_name(v));
		json_set_z(t->a, example, "what", what);
		put_error(t, example, old, v);
		if (json_get(v, "changes"))
			json_set(t->a, example, "changes", json_copy(t->a, json_get(v, "changes")));
	}
	passes = json_set(t->a, one, "passes", json_new_object(t->a));
	json_set(t->a, passes, "was", counts_of(t->a, before));
	json_set(t->a, passes, "now", counts_of(t->a, after));
	json_set(t->a, passes, "first", example);
	return example != NULL;
}

static struct json *tell_action(struct telling *t, struct str name, const struct json *was,
				const struct json *now)
{
	const struct json *assumed = json_get_n(t->now->assumed, name);
	struct str before = json_get_str(was, "status"), after = json_get_str(now, "status");
	struct json *one = json_new_object(t->a);
	const char *what = what_of(before, after, json_get(now, "changes") != NULL);
	int i = steps_find(&t->now->steps, name);
	bool passes;

	json_set_str(t->a, one, "actionName", name);
	put_status(t, one, "was", before);
	put_status(t, one, "now", after);
	passes = put_passes(t, one, was, now);
	if (passes && !what[0])
		what = "some passes go otherwise";
	if (assumed && after.n)
		what = "assumed";
	if (!what[0] && !t->now->r->all)
		return NULL;
	json_set_z(t->a, one, "what", what[0] ? what : "same");
	put_error(t, one, was, now);
	/* The values of an assumed answer are none. */
	if (json_get(now, "changes") && !assumed)
		json_set(t->a, one, "changes", json_copy(t->a, json_get(now, "changes")));
	JSON_EACH (v, assumed)
		json_set_n(t->a, one, json_name(v), json_copy(t->a, v));
	if (i >= 0 && t->uncertain[i])
		json_set_bool(t->a, one, "uncertain", true);
	return one;
}

static void tell(struct telling *t, struct str name, const struct json *was, const struct json *now)
{
	struct json *one = tell_action(t, name, was, now);
	struct str what = json_get_str(one, "what");

	if (!one || is_status(what, "same"))
		t->unchanged++;
	else if (!t->first.n)
		t->first = name;
	if (one && json_count(t->actions) < MOST_ACTIONS)
		json_push(t->actions, one);
	else if (one)
		t->left_out++;
}

/* In the order in which things end, then what does not happen any more. */
static void tell_actions(struct telling *t)
{
	JSON_EACH (v, t->now->told)
		tell(t, json_name(v), record_action(t->now->r->run, json_name(v), S("")), v);
	JSON_EACH (v, json_get(t->now->r->run, "actions"))
		if (!json_get_nocase(t->now->told, json_name(v)))
			tell(t, json_name(v), v, NULL);
}

/* ---- how well the record can be replayed ---- */

static bool put_fidelity(struct telling *t)
{
	struct json *list = json_new_array(t->a);
	size_t n = 0;

	JSON_EACH (v, json_get(t->now->r->run, "actions")) {
		const struct json *now = json_get_nocase(t->before->told, json_name(v));
		struct str was = json_get_str(v, "status"), is = json_get_str(now, "status");
		struct json *one;

		if (str_eq_nocase(was, is) || (!is.n && is_status(was, "Skipped")) ||
		    n++ >= MOST_DIFFERENCES)
			continue;
		one = json_push(list, json_new_object(t->a));
		json_set_str(t->a, one, "actionName", json_name(v));
		put_status(t, one, "recorded", was);
		put_status(t, one, "replayed", is);
		put_error(t, one, v, now);
	}
	json_set_bool(t->a, t->out, "reproduces", n == 0 && t->before->told);
	if (n)
		json_set(t->a, t->out, "reproducesNot", list);
	return n == 0 && t->before->told;
}

static void put_assumed(struct telling *t)
{
	struct json *list = json_new_array(t->a);

	JSON_EACH (v, t->now->assumed)
		json_push(list, json_new_str(t->a, json_name(v)));
	json_set(t->a, t->out, "assumed", list);
}

struct json *rehearse_tell(const struct player *before, const struct player *now,
			   struct json *trigger)
{
	struct telling t = { .a = now->a, .before = before, .now = now,
			     .out = json_new_object(now->a),
			     .actions = json_new_array(now->a) };
	bool faithful;

	t.uncertain = find_uncertain(t.a, now);
	put_status(&t, t.out, "recordedStatus", json_get_str(now->r->run, "status"));
	json_set_z(t.a, t.out, "status", wdl_status_name(now->ran.status));
	if (now->ran.error)
		json_set(t.a, t.out, "error", json_copy(t.a, now->ran.error));
	json_set_bool(t.a, t.out, "certain", true);
	faithful = put_fidelity(&t);
	tell_actions(&t);
	if (t.first.n)
		json_set_str(t.a, t.out, "firstDivergence", t.first);
	json_set(t.a, t.out, "trigger", trigger);
	json_set(t.a, t.out, "actions", t.actions);
	if (t.left_out)
		json_set_int(t.a, t.out, "actionsLeftOut", (int64_t)t.left_out);
	json_set_int(t.a, t.out, "unchanged", (int64_t)t.unchanged);
	put_assumed(&t);
	if (now->passes_left_out)
		json_set_bool(t.a, t.out, "passesLeftOut", true);
	json_set_bool(t.a, t.out, "certain",
		      faithful && !json_count(now->assumed) && !now->passes_left_out);
	return t.out;
}
