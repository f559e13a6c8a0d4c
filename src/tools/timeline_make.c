/*
 * timeline_make.c - times, waits and the critical path of a run.
 */
#include "tools/timeline_make.h"

#include "base/os.h"
#include "tools/run_read.h"
#include "tools/run_record.h"
#include "tools/run_waits.h"

struct timed {
	const struct json *record; /* NULL: it is not in the run */
	bool ran, critical;
	int64_t start, end;        /* ms since 1970; -1: not known */
};

struct timeline {
	struct arena *a;
	const struct steps *steps;
	const struct json *run;
	struct timed *at;
	int64_t start, end;
};

static void read_times(struct timeline *t)
{
	t->start = run_time(t->run, "/startTime");
	t->end = run_time(t->run, "/endTime");
	t->at = arena_array(t->a, t->steps->count + 1, sizeof(*t->at));
	for (size_t i = 0; i < t->steps->count; i++) {
		struct timed *x = &t->at[i];

		x->record = record_action(t->run, t->steps->at[i].name, S(""));
		x->ran = x->record &&
			 !str_eq_nocase(json_get_str(x->record, "status"), S("Skipped"));
		x->start = run_time(x->record, "/startTime");
		x->end = run_time(x->record, "/endTime");
	}
}

/* ---- what a step waited for ---- */

/* The one of its runAfter that ended last, or -1. */
static int last_before(const struct timeline *t, size_t i)
{
	int found = -1;

	JSON_EACH (v, json_get(t->steps->at[i].def, "runAfter")) {
		int k = steps_find(t->steps, json_name(v));

		if (k >= 0 && t->at[k].ran && t->at[k].end >= 0 &&
		    (found < 0 || t->at[k].end > t->at[found].end))
			found = k;
	}
	return found;
}

static int64_t ready_at(const struct timeline *t, size_t i)
{
	int before = last_before(t, i), up = t->steps->at[i].parent;

	if (before >= 0)
		return t->at[before].end;
	return up >= 0 ? t->at[up].start : t->start;
}

/* ---- the critical path ---- */

/* The step of a container (-1: of the flow) that ended last. */
static int last_of(const struct timeline *t, int container)
{
	int found = -1;

	for (size_t i = 0; i < t->steps->count; i++)
		if (t->steps->at[i].parent == container && t->at[i].ran && t->at[i].end >= 0 &&
		    (found < 0 || t->at[i].end >= t->at[found].end))
			found = (int)i;
	return found;
}

static void mark_path(struct timeline *t, int container)
{
	int i = last_of(t, container);

	/* Each goes back in time or ends, so there are at most as many as steps. */
	for (size_t n = 0; i >= 0 && n <= t->steps->count && !t->at[i].critical; n++) {
		t->at[i].critical = true;
		if (t->steps->at[i].container && !t->steps->at[i].repeats)
			mark_path(t, i);
		i = last_before(t, (size_t)i);
	}
}

/* ---- the value ---- */

static void put_int(struct timeline *t, struct json *out, const char *name, int64_t v)
{
	if (v >= 0)
		json_set_int(t->a, out, name, v);
}

static void put_retries(struct timeline *t, struct json *out, const struct json *record)
{
	const struct json *list = json_get(record, "retryHistory");
	int64_t from = -1, to = -1;

	JSON_EACH (v, list) {
		int64_t start = run_time(v, "/startTime"), end = run_time(v, "/endTime");

		from = from < 0 || (start >= 0 && start < from) ? start : from;
		to = end > to ? end : to;
	}
	if (!json_count(list))
		return;
	json_set_int(t->a, out, "retries", (int64_t)json_count(list));
	if (from >= 0 && to >= from)
		json_set_int(t->a, out, "retryMs", to - from);
}

static void put_after(struct timeline *t, struct json *out, const struct step *s)
{
	struct json *list = json_new_array(t->a);

	JSON_EACH (v, json_get(s->def, "runAfter")) {
		struct json *one = json_push(list, json_new_object(t->a));

		json_set_str(t->a, one, "name", json_name(v));
		json_set(t->a, one, "on", json_copy(t->a, v));
	}
	if (json_count(list))
		json_set(t->a, out, "after", list);
}

static bool only_waits(const struct step *s, struct run_waits *w)
{
	*w = run_waits_for(s->def);
	return w->person || str_eq_nocase(s->type, S("Wait"));
}

static void put_times(struct timeline *t, struct json *out, size_t i)
{
	const struct timed *x = &t->at[i];
	int64_t ready = ready_at(t, i), took = x->end >= x->start ? x->end - x->start : -1;
	struct run_waits w;

	if (x->start < 0)
		return;
	put_int(t, out, "startMs", t->start >= 0 ? x->start - t->start : -1);
	put_int(t, out, "durationMs", x->end >= 0 ? took : -1);
	if (!t->steps->at[i].levels && ready >= 0 && x->start > ready)
		json_set_int(t->a, out, "waitMs", x->start - ready);
	if (t->end > t->start && took >= 0 && x->end >= 0)
		json_set_int(t->a, out, "share", took * 100 / (t->end - t->start));
	if (only_waits(&t->steps->at[i], &w) || x->end < 0) {
		w = run_waits_for(t->steps->at[i].def);
		json_set_z(t->a, out, "waitsFor", w.words);
	}
}

static struct json *step_value(struct timeline *t, size_t i)
{
	const struct step *s = &t->steps->at[i];
	const struct timed *x = &t->at[i];
	struct json *out = json_new_object(t->a);

	json_set_str(t->a, out, "name", s->name);
	json_set_str(t->a, out, "type", s->type);
	json_set_int(t->a, out, "parent", s->parent);
	if (s->branch.n)
		json_set_str(t->a, out, "branch", s->branch);
	put_after(t, out, s);
	if (!x->record)
		return out;
	json_set_str(t->a, out, "status", json_get_str(x->record, "status"));
	if (x->ran && json_get_str(x->record, "code").n)
		json_set_str(t->a, out, "code", json_get_str(x->record, "code"));
	if (x->ran)
		put_times(t, out, i);
	put_retries(t, out, x->record);
	put_int(t, out, "passes", json_int(json_get(x->record, "repetitionCount"), -1));
	if (x->critical)
		json_set_bool(t->a, out, "critical", true);
	return out;
}

/* The flow was changed since: what ran is told all the same. */
static void put_gone(struct timeline *t, struct json *list)
{
	JSON_EACH (v, json_get(t->run, "actions")) {
		struct json *out;
		int64_t start = run_time(v, "/startTime"), end = run_time(v, "/endTime");

		if (steps_find(t->steps, json_name(v)) >= 0)
			continue;
		out = json_push(list, json_new_object(t->a));
		json_set_str(t->a, out, "name", json_name(v));
		json_set_z(t->a, out, "type", "");
		json_set_int(t->a, out, "parent", -1);
		json_set_bool(t->a, out, "gone", true);
		json_set_str(t->a, out, "status", json_get_str(v, "status"));
		if (start >= 0 && t->start >= 0)
			put_int(t, out, "startMs", start - t->start);
		if (start >= 0 && end >= start)
			put_int(t, out, "durationMs", end - start);
	}
}

static struct json *trigger_value(struct timeline *t, const struct json *definition)
{
	const struct json *def = json_first(json_get(definition, "triggers"));
	const struct json *v = json_get(t->run, "trigger");
	struct json *out = json_new_object(t->a);
	int64_t from = run_time(v, "/startTime"), to = run_time(v, "/endTime");

	json_set_str(t->a, out, "name",
		     json_get_str(v, "name").n ? json_get_str(v, "name") : json_name(def));
	json_set_str(t->a, out, "type", json_get_str(def, "type"));
	if (v)
		json_set_str(t->a, out, "status", json_get_str(v, "status"));
	if (from >= 0 && to >= from)
		json_set_int(t->a, out, "durationMs", to - from);
	return out;
}

/* In the order in which they ran. */
static void put_path(struct timeline *t, struct json *out)
{
	struct json *list = json_new_array(t->a);
	int64_t waiting = 0;
	bool *told = arena_array(t->a, t->steps->count + 1, sizeof(*told));

	for (;;) {
		size_t best = t->steps->count;
		struct run_waits w;

		for (size_t i = 0; i < t->steps->count; i++)
			if (t->at[i].critical && !told[i] &&
			    (best == t->steps->count || t->at[i].start < t->at[best].start))
				best = i;
		if (best == t->steps->count)
			break;
		told[best] = true;
		json_push(list, json_new_str(t->a, t->steps->at[best].name));
		if (only_waits(&t->steps->at[best], &w) && t->at[best].end >= t->at[best].start)
			waiting += t->at[best].end - t->at[best].start;
	}
	json_set(t->a, out, "criticalPath", list);
	json_set_int(t->a, out, "waitingMs", waiting);
}

struct json *timeline_make(struct arena *a, const struct steps *steps,
			   const struct json *definition, const struct json *run)
{
	static const char *const copied[] = { "status", "startTime", "endTime" };
	struct timeline t = { .a = a, .steps = steps, .run = run };
	struct json *out = json_new_object(a), *list = json_new_array(a);

	read_times(&t);
	mark_path(&t, -1);
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		if (json_get(run, copied[i]))
			json_set(a, out, copied[i], json_copy(a, json_get(run, copied[i])));
	if (t.start >= 0 && t.end >= t.start)
		json_set_int(a, out, "durationMs", t.end - t.start);
	json_set(a, out, "trigger", trigger_value(&t, definition));
	for (size_t i = 0; i < steps->count; i++)
		json_push(list, step_value(&t, i));
	put_gone(&t, list);
	json_set(a, out, "steps", list);
	put_path(&t, out);
	return out;
}

/* ---- as text ---- */

static const struct {
	const char *status, *mark;
} marks[] = {
	{ "Succeeded", "ok  " }, { "Failed", "FAIL" }, { "TimedOut", "TIME" },
	{ "Skipped", "skip" },	 { "Running", "run " }, { "Waiting", "wait" },
	{ "Cancelled", "canc" },
};

static const char *mark_of(struct str status)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (str_eq_nocase(status, str_from(marks[i].status)))
			return marks[i].mark;
	return "?   ";
}

static const char *span(struct arena *a, int64_t ms)
{
	if (ms < 0)
		return "";
	if (ms < 1000)
		return arena_printf(a, "%lld ms", (long long)ms);
	if (ms < 120000)
		return arena_printf(a, "%lld.%lld s", (long long)(ms / 1000),
				    (long long)(ms % 1000 / 100));
	if (ms < 7200000)
		return arena_printf(a, "%lld min", (long long)(ms / 60000));
	return arena_printf(a, "%lld.%lld h", (long long)(ms / 3600000),
			    (long long)(ms % 3600000 / 360000));
}

/* Names are strangers': one line, and nothing that could look like another column. */
static struct str plain(struct arena *a, struct str s)
{
	char *p = str_c(a, str_first_utf8(s, 80));

	for (char *c = p; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return str_from(p);
}

static unsigned depth_of(const struct json *const *all, size_t i, size_t count)
{
	unsigned depth = 0;
	int64_t up = json_int(json_get(all[i], "parent"), -1);

	while (up >= 0 && (size_t)up < count && depth < 16) {
		depth++;
		up = json_int(json_get(all[up], "parent"), -1);
	}
	return depth;
}

static void line(struct arena *a, struct buf *b, const struct json *v, unsigned depth)
{
	int64_t start = json_int(json_get(v, "startMs"), -1);
	int64_t took = json_int(json_get(v, "durationMs"), -1);
	int64_t share = json_int(json_get(v, "share"), 0);
	int64_t wait = json_int(json_get(v, "waitMs"), 0);
	int64_t retries = json_int(json_get(v, "retries"), 0);
	int64_t passes = json_int(json_get(v, "passes"), 0);

	buf_addf(b, "%s %-9s %-9s %s%*s%.*s", mark_of(json_get_str(v, "status")),
		 start >= 0 ? arena_printf(a, "+%s", span(a, start)) : "", span(a, took),
		 json_bool(json_get(v, "critical"), false) ? "*" : " ", (int)depth * 2, "",
		 STR_ARG(plain(a, json_get_str(v, "name"))));
	if (json_get_str(v, "branch").n)
		buf_addf(b, " [%.*s]", STR_ARG(plain(a, json_get_str(v, "branch"))));
	if (share >= 5)
		buf_addf(b, " %lld%%", (long long)share);
	if (passes > 0)
		buf_addf(b, " x%lld", (long long)passes);
	if (retries)
		buf_addf(b, " retried %lld (%s)", (long long)retries,
			 span(a, json_int(json_get(v, "retryMs"), -1)));
	if (wait >= 1000)
		buf_addf(b, " waited %s before", span(a, wait));
	if (json_get_str(v, "waitsFor").n)
		buf_addf(b, " waits for %s", json_get_z(v, "waitsFor"));
	if (json_get_str(v, "code").n && !str_eq(json_get_str(v, "code"), S("OK")) &&
	    !str_eq_nocase(json_get_str(v, "status"), S("Succeeded")))
		buf_addf(b, " %.*s", STR_ARG(plain(a, json_get_str(v, "code"))));
	buf_addc(b, '\n');
}

/* Skipped steps below a skipped container, and steps that are not in the run, say nothing new. */
static bool worth_a_line(const struct json *const *all, const struct json *v, size_t count)
{
	int64_t up = json_int(json_get(v, "parent"), -1);

	if (!json_get(v, "status"))
		return false;
	return !str_eq_nocase(json_get_str(v, "status"), S("Skipped")) || up < 0 ||
	       (size_t)up >= count ||
	       !str_eq_nocase(json_get_str(all[up], "status"), S("Skipped"));
}

struct str timeline_tree(struct arena *a, const struct json *timeline, size_t most)
{
	const struct json *list = json_get(timeline, "steps");
	size_t count = json_count(list), n = 0, i = 0, left = 0;
	const struct json **all = arena_array(a, count + 1, sizeof(*all));
	struct buf b;

	buf_init_in(&b, a, 1u << 20);
	JSON_EACH (v, list)
		all[n++] = v;
	n = 0;
	buf_addf(&b, "%.*s%s%s\n", STR_ARG(plain(a, json_get_str(timeline, "status"))),
		 json_get(timeline, "durationMs") ? " after " : "",
		 span(a, json_int(json_get(timeline, "durationMs"), -1)));
	for (; i < count; i++) {
		if (!worth_a_line(all, all[i], count))
			continue;
		if (n++ < most)
			line(a, &b, all[i], depth_of(all, i, count));
		else
			left++;
	}
	if (left)
		buf_addf(&b, "... and %zu more\n", left);
	buf_addz(&b, "(* critical path)\n");
	return buf_str(&b);
}
