/*
 * diagnosis_beside.c - what else a run tells: other failures, handled ones, retries, what was
 * skipped and why, what it waits for.
 */
#include "base/limits.h"
#include "base/os.h"
#include "tools/diagnosis_int.h"

enum { MOST_ALSO = 8, MOST_HANDLED = 8, MOST_SKIPPED = 5 };

bool diag_is_inside(const struct diag *d, struct str outer, struct str name)
{
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH && name.n; i++) {
		name = json_get_str(json_get_n(d->index, name), "container");
		if (name.n && str_eq(name, outer))
			return true;
	}
	return false;
}

bool diag_in_loop(const struct diag *d, struct str name)
{
	for (unsigned i = 0; i < LIMIT_JSON_DEPTH; i++) {
		name = json_get_str(json_get_n(d->index, name), "container");
		if (!name.n)
			return false;
		if (diag_is_loop(json_get_str(json_get_n(d->index, name), "type")))
			return true;
	}
	return false;
}

/* ---- lists beside the cause ---- */

void diag_list_handled(struct diag *d)
{
	const struct failures *x = &d->failures;

	for (size_t i = 0; i < x->count; i++) {
		struct str name = json_get_str(x->at[i], "actionName");

		if (x->handled[i] && json_count(d->f->handled) < MOST_HANDLED)
			json_push(d->f->handled, json_new_str(d->a, name));
	}
}

/* Failures beside the cause: no container of another failure, and nothing caught them. */
void diag_list_also(struct diag *d)
{
	const struct failures *x = &d->failures;

	for (size_t i = 0; i < x->count && json_count(d->f->also) < MOST_ALSO; i++) {
		struct str name = json_get_str(x->at[i], "actionName");
		bool outer = false;

		for (size_t k = 0; k < x->count; k++)
			outer |= k != i &&
				 diag_is_inside(d, name, json_get_str(x->at[k], "actionName"));
		if (!outer && !x->handled[i] && x->at[i] != x->root)
			json_push(d->f->also, json_new_str(d->a, name));
	}
}

static int64_t seconds_between(struct str from, struct str to)
{
	int64_t a, b;

	return os_parse_time(from, &a) && os_parse_time(to, &b) && b > a ? (b - a) / 1000 : 0;
}

void diag_list_retries(struct diag *d)
{
	JSON_EACH(v, d->actions) {
		const struct json *history = json_get(v, "retryHistory");
		struct json *one, *codes;

		if (!json_count(history) || json_count(d->f->retries) >= MOST_ALSO)
			continue;
		one = json_push(d->f->retries, json_new_object(d->a));
		json_set_str(d->a, one, "action", json_get_str(v, "actionName"));
		json_set_int(d->a, one, "attempts", (int64_t)json_count(history));
		json_set_int(d->a, one, "seconds",
			     seconds_between(json_get_str(v, "startTime"), json_get_str(v, "endTime")));
		codes = json_set(d->a, one, "codes", json_new_array(d->a));
		JSON_EACH(h, history) {
			bool seen = false;

			JSON_EACH(c, codes)
				seen |= str_eq(json_str(c), json_get_str(h, "code"));
			if (!seen && json_count(codes) < 4)
				json_push(codes, json_new_str(d->a, json_get_str(h, "code")));
		}
	}
}

/* ---- skipped and waiting ---- */

/* The condition above a skipped action, and what it came to. */
static struct json *skip_reason(struct diag *d, const struct json *action)
{
	struct str name = json_get_str(action, "actionName"), at = name;
	struct json *out = json_new_object(d->a);
	struct reason r = reason_of_error(d->a, json_get(action, "error"));

	json_set_str(d->a, out, "action", name);
	json_set_str(d->a, out, "code", r.code.n ? r.code : json_get_str(action, "code"));
	for (unsigned i = 0; at.n && i < LIMIT_JSON_DEPTH; i++) {
		struct str up = json_get_str(json_get_n(d->index, at), "container");
		struct str type = json_get_str(json_get_n(d->index, up), "type");
		const struct json *step, *container = up.n ? diag_action(d, up) : NULL;

		if (container && !diag_is(container, "Skipped") &&
		    (str_eq_nocase(type, S("If")) || str_eq_nocase(type, S("Switch")))) {
			step = wdl_find_step(d->a, d->definition, up, NULL);
			json_set_str(d->a, out, "because", up);
			json_set(d->a, out, "condition",
				 diag_short(d->a, json_get(step, "expression"), 300));
			/* In a loop it depends on the iteration. */
			if (!diag_in_loop(d, up)) {
				struct values v = diag_values(d, step, S(""));

				json_set(d->a, out, "reads", diag_reads(d, step, &v));
			}
			return out;
		}
		at = up;
	}
	JSON_EACH(after, json_get(json_get_n(d->index, name), "runAfter")) {
		const struct json *before = diag_action(d, json_name(after));

		json_set_str(d->a, out, "because",
			     str_fmt(d->a, "%.*s is %.*s", STR_ARG(json_name(after)),
				     STR_ARG(json_get_str(before, "status"))));
	}
	return out;
}

void diag_list_skipped(struct diag *d, struct str ask)
{
	if (ask.n) {
		const struct json *v = diag_action(d, ask);

		if (v && diag_is(v, "Skipped"))
			json_push(d->f->skipped, skip_reason(d, v));
		return;
	}
	if (d->f->cause != CAUSE_NONE)
		return;
	JSON_EACH(v, d->actions) {
		struct str up = json_get_str(json_get_n(d->index, json_get_str(v, "actionName")),
					     "container");

		/* What is inside something skipped needs no words. */
		if (diag_is(v, "Skipped") && json_count(d->f->skipped) < MOST_SKIPPED &&
		    !(up.n && diag_is(diag_action(d, up), "Skipped")))
			json_push(d->f->skipped, skip_reason(d, v));
	}
}

void diag_list_waiting(struct diag *d)
{
	JSON_EACH(v, d->actions)
		if ((diag_is(v, "Running") || diag_is(v, "Waiting")) &&
		    json_count(d->f->waiting) < MOST_ALSO)
			json_push(d->f->waiting, json_new_str(d->a, json_get_str(v, "actionName")));
}
