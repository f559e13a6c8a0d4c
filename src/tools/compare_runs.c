/*
 * compare_runs.c - two records, step by step.
 *
 * Two runs had other data, so most values differ.  What is told first is where the course of the
 * runs parts, then what was missing, empty or of another type on the way there.
 */
#include "tools/compare_runs.h"

#include <stdlib.h>

#include "base/os.h"
#include "tools/changes.h"
#include "tools/run_read.h"
#include "tools/run_record.h"

enum {
	MOST_STEPS = 25,
	MOST_VALUES = 8,       /* steps whose values are told */
	MOST_CHANGES = 6,      /* of one step's side */
	MOST_DURATIONS = 5,
	SLOWER_MS = 1000,      /* less is noise */
};

static const struct changes_options how = { .most = MOST_CHANGES, .longest = 240,
					    .shape_first = true };

struct pair {
	struct str name;
	const struct json *was, *now;
	int64_t at; /* when it began in the bad run, else in the good one */
	size_t order;
};

struct comparing {
	struct arena *a;
	const struct json *good, *bad;
	const struct steps *steps;
	struct pair *pairs;
	size_t count;
	struct json *out;
};

/* ---- pairs ---- */

static int64_t took(const struct json *v)
{
	int64_t from = run_time(v, "/startTime"), to = run_time(v, "/endTime");

	return from >= 0 && to >= from ? to - from : -1;
}

static bool ran(const struct json *v)
{
	return v && !str_eq_nocase(json_get_str(v, "status"), S("Skipped"));
}

static int by_time(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void add_pair(struct comparing *c, struct str name, const struct json *was,
		     const struct json *now)
{
	const struct json *timed = ran(now) || !was ? now : was;
	int64_t at = run_time(timed, "/startTime");

	/* The good run's clock is moved to the bad one's. */
	if (timed == was)
		at += run_time(c->bad, "/startTime") - run_time(c->good, "/startTime");
	c->pairs[c->count] = (struct pair){ name, was, now, at, c->count };
	c->count++;
}

static void make_pairs(struct comparing *c)
{
	const struct json *good = json_get(c->good, "actions"), *bad = json_get(c->bad, "actions");

	c->pairs = arena_array(c->a, json_count(good) + json_count(bad) + 1, sizeof(*c->pairs));
	JSON_EACH (v, bad)
		add_pair(c, json_name(v), json_get_nocase(good, json_name(v)), v);
	JSON_EACH (v, good)
		if (!json_get_nocase(bad, json_name(v)))
			add_pair(c, json_name(v), v, NULL);
	if (c->count)
		qsort(c->pairs, c->count, sizeof(*c->pairs), by_time);
}

static const struct step *step_of(const struct comparing *c, struct str name)
{
	int i = steps_find(c->steps, name);

	return i < 0 ? NULL : &c->steps->at[i];
}

static bool same_status(const struct pair *p)
{
	struct str was = json_get_str(p->was, "status"), now = json_get_str(p->now, "status");

	return str_eq_nocase(was, now) || (!ran(p->was) && !ran(p->now));
}

/* ---- values ---- */

static void put_changes(struct comparing *c, struct json *out, const char *name,
			const struct json *was, const struct json *now)
{
	size_t total;
	struct json *list;

	if (!json_get(was, name) || !json_get(now, name))
		return;
	list = changes_of(c->a, json_get(was, name), json_get(now, name), &how, &total);
	if (!total)
		return;
	json_set(c->a, out, name, list);
	if (total > MOST_CHANGES)
		json_set_int(c->a, out, name[0] == 'i' ? "inputsMore" : "outputsMore",
			     (int64_t)(total - MOST_CHANGES));
}

/* A pass that failed against one of the same run that went well, else of the other run. */
static void put_pass(struct comparing *c, struct json *out, const struct pair *p)
{
	const struct json *failed = NULL, *fine = NULL;
	struct json *one;

	JSON_EACH (v, json_get(p->now, "repetitions")) {
		bool wrong = str_eq_nocase(json_get_str(v, "status"), S("Failed")) ||
			     str_eq_nocase(json_get_str(v, "status"), S("TimedOut"));

		if (wrong && !failed)
			failed = v;
		if (ran(v) && !wrong && !fine)
			fine = v;
	}
	if (!failed)
		return;
	if (!fine)
		fine = json_first(json_get(p->was, "repetitions"));
	one = json_set(c->a, out, "pass", json_new_object(c->a));
	json_set_str(c->a, one, "repetition", json_name(failed));
	if (fine)
		json_set_str(c->a, one, "against", json_name(fine));
	if (json_get(failed, "error"))
		json_set(c->a, one, "error", changes_short(c->a, json_get(failed, "error"), 600));
	put_changes(c, one, "inputs", fine, failed);
	put_changes(c, one, "outputs", fine, failed);
}

static void put_status(struct comparing *c, struct json *out, const char *name,
		       const struct json *v)
{
	if (v)
		json_set_str(c->a, out, name, json_get_str(v, "status"));
	else
		json_set_null(c->a, out, name);
}

static struct json *tell(struct comparing *c, const struct pair *p)
{
	const struct step *s = step_of(c, p->name);
	struct json *out = json_new_object(c->a);

	json_set_str(c->a, out, "actionName", p->name);
	if (s)
		json_set_str(c->a, out, "type", s->type);
	put_status(c, out, "other", p->was);
	put_status(c, out, "this", p->now);
	return out;
}

static struct json *tell_whole(struct comparing *c, const struct pair *p)
{
	struct json *out = tell(c, p);

	if (json_get(p->now, "code"))
		json_set_str(c->a, out, "code", json_get_str(p->now, "code"));
	if (json_get(p->now, "error"))
		json_set(c->a, out, "error", changes_short(c->a, json_get(p->now, "error"), 800));
	put_changes(c, out, "inputs", p->was, p->now);
	put_changes(c, out, "outputs", p->was, p->now);
	/* Where nothing was recorded on the good side, the answer itself is what is to be seen. */
	if (!json_get(out, "outputs") && json_get(p->now, "outputs") && !same_status(p) &&
	    !json_get(p->was, "outputs"))
		json_set(c->a, out, "outputs",
			 changes_short(c->a, json_get(p->now, "outputs"), 1200));
	put_pass(c, out, p);
	return out;
}

/* ---- the parts ---- */

static bool is_container(const struct comparing *c, struct str name)
{
	const struct step *s = step_of(c, name);

	return s && s->container;
}

/* A container ends otherwise because of what is in it, so that comes first. */
static const struct pair *first_divergence(const struct comparing *c)
{
	const struct pair *found = NULL;

	for (size_t i = 0; i < c->count; i++) {
		const struct pair *p = &c->pairs[i];

		if (same_status(p))
			continue;
		if (!is_container(c, p->name))
			return p;
		found = found ? found : p;
	}
	return found;
}

static void put_steps(struct comparing *c)
{
	struct json *list = json_new_array(c->a);
	size_t left = 0;

	for (size_t i = 0; i < c->count; i++)
		if (!same_status(&c->pairs[i]) && json_count(list) < MOST_STEPS)
			json_push(list, tell(c, &c->pairs[i]));
		else
			left += !same_status(&c->pairs[i]);
	json_set(c->a, c->out, "steps", list);
	if (left)
		json_set_int(c->a, c->out, "stepsLeftOut", (int64_t)left);
}

/* Which branch of a condition ran: the one with a step that did. */
static struct str branch_of(const struct comparing *c, int container, const struct json *run)
{
	for (size_t i = (size_t)container + 1; i < c->steps->count; i++) {
		const struct step *s = &c->steps->at[i];

		if (s->depth <= c->steps->at[container].depth)
			break;
		if (s->parent == container &&
		    ran(json_get_nocase(json_get(run, "actions"), s->name)))
			return s->branch.n ? s->branch : S("actions");
	}
	return S("none");
}

static void put_branches(struct comparing *c)
{
	struct json *list = json_new_array(c->a);

	for (size_t i = 0; i < c->steps->count; i++) {
		const struct step *s = &c->steps->at[i];
		struct str was, now;
		struct json *one;

		if (s->levels || (!str_eq_nocase(s->type, S("If")) &&
				  !str_eq_nocase(s->type, S("Switch"))))
			continue;
		was = branch_of(c, (int)i, c->good);
		now = branch_of(c, (int)i, c->bad);
		if (str_eq(was, now))
			continue;
		one = json_push(list, json_new_object(c->a));
		json_set_str(c->a, one, "actionName", s->name);
		json_set_str(c->a, one, "other", was);
		json_set_str(c->a, one, "this", now);
	}
	json_set(c->a, c->out, "branches", list);
}

/* Steps that ran alike in both, up to the divergence, with other values. */
static void put_values(struct comparing *c, const struct pair *until)
{
	struct json *list = json_new_array(c->a);

	for (size_t i = 0; i < c->count && json_count(list) < MOST_VALUES; i++) {
		const struct pair *p = &c->pairs[i];
		struct json *one;

		if (until && p->at > until->at)
			break;
		if (p == until || !ran(p->was) || !ran(p->now) || is_container(c, p->name))
			continue;
		one = json_new_object(c->a);
		json_set_str(c->a, one, "actionName", p->name);
		put_changes(c, one, "inputs", p->was, p->now);
		put_changes(c, one, "outputs", p->was, p->now);
		if (json_count(one) > 1)
			json_push(list, one);
	}
	json_set(c->a, c->out, "values", list);
}

static int64_t gap(const struct pair *p)
{
	int64_t was = took(p->was), now = took(p->now), d = now - was;

	return was < 0 || now < 0 ? 0 : d < 0 ? -d : d;
}

/* The steps whose duration differs most, by half of the longer one or more. */
static void put_durations(struct comparing *c)
{
	struct json *list = json_new_array(c->a);
	bool *told = arena_array(c->a, c->count + 1, sizeof(*told));

	for (size_t k = 0; k < MOST_DURATIONS; k++) {
		size_t best = c->count;
		struct json *one;

		for (size_t i = 0; i < c->count; i++) {
			int64_t was = took(c->pairs[i].was), now = took(c->pairs[i].now);
			int64_t longer = was > now ? was : now;

			if (told[i] || !ran(c->pairs[i].was) || !ran(c->pairs[i].now) ||
			    gap(&c->pairs[i]) < SLOWER_MS || gap(&c->pairs[i]) * 2 < longer)
				continue;
			if (best == c->count || gap(&c->pairs[i]) > gap(&c->pairs[best]))
				best = i;
		}
		if (best == c->count)
			break;
		told[best] = true;
		one = json_push(list, json_new_object(c->a));
		json_set_str(c->a, one, "actionName", c->pairs[best].name);
		json_set_int(c->a, one, "otherMs", took(c->pairs[best].was));
		json_set_int(c->a, one, "thisMs", took(c->pairs[best].now));
	}
	json_set(c->a, c->out, "durations", list);
}

static void put_only(struct comparing *c, const char *name, bool in_other)
{
	struct json *list = json_new_array(c->a);

	for (size_t i = 0; i < c->count; i++)
		if (in_other ? !c->pairs[i].now : !c->pairs[i].was)
			json_push(list, json_new_str(c->a, c->pairs[i].name));
	if (json_count(list))
		json_set(c->a, c->out, name, list);
}

static void put_trigger(struct comparing *c)
{
	struct json *one = json_new_object(c->a);

	put_changes(c, one, "outputs", json_get(c->good, "trigger"), json_get(c->bad, "trigger"));
	if (json_count(one))
		json_set(c->a, c->out, "trigger", one);
}

void compare_runs(struct arena *a, const struct json *good, const struct json *bad,
		  const struct steps *steps, struct json *out)
{
	struct comparing c = { .a = a, .good = good, .bad = bad, .steps = steps, .out = out };
	const struct pair *first;

	make_pairs(&c);
	first = first_divergence(&c);
	if (first)
		json_set(a, out, "firstDivergence", tell_whole(&c, first));
	put_trigger(&c);
	put_branches(&c);
	put_values(&c, first);
	put_steps(&c);
	put_durations(&c);
	put_only(&c, "onlyInOther", true);
	put_only(&c, "onlyInThis", false);
}
