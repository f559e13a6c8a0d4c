/*
 * rehearse_run.c - runs a definition against a record.
 *
 * Knows the shape of a record and of the runner's reports; must not know how records are read.
 * What the two runs came to is compared in rehearse_tell.c.
 */
#include "tools/rehearse_run.h"

#include "base/limits.h"
#include "base/os.h"
#include "tools/rehearse_int.h"
#include "tools/run_record.h"
#include "wdl/eval.h"

enum { TICKS_MS = 10000, AFTER_LAST = 60 * 1000 * TICKS_MS };

struct str rehearse_pass(struct arena *a, const struct wdl_loop_index *loops, unsigned count)
{
	struct buf b;

	buf_init_in(&b, a, 1024);
	for (unsigned i = 0; i < count; i++)
		buf_addf(&b, "%s%06llu", i ? "-" : "", (unsigned long long)loops[i].index);
	return buf_str(&b);
}

static const char *key_of(struct arena *a, struct str name, struct str pass)
{
	return arena_printf(a, "%.*s/%.*s", STR_ARG(str_lower(a, name)), STR_ARG(pass));
}

/* ---- which calls are the same ---- */

/* What makes a call: not its connection and how it is reached, which the service writes anew. */
static struct json *essence(struct arena *a, const struct json *inputs)
{
	static const char *const dropped[] = { "authentication", "retryPolicy", "host" };
	struct json *out;
	struct str operation = json_str(json_at(inputs, "/host/operationId"));
	struct str child = json_str(json_at(inputs, "/host/workflowReferenceName"));

	if (!json_is(inputs, JSON_OBJECT))
		return inputs ? json_copy(a, inputs) : json_new_null(a);
	out = json_copy(a, inputs);
	for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
		json_take(out, dropped[i]);
	if (operation.n)
		json_set_str(a, out, "operationId", operation);
	if (child.n)
		json_set_str(a, out, "workflowReferenceName", child);
	return out;
}

static bool same_inputs(struct arena *a, const struct json *x, const struct json *y)
{
	return x && y && json_equal(essence(a, x), essence(a, y));
}

static bool lists(const struct json *names, struct str name)
{
	JSON_EACH (v, names)
		if (str_eq_nocase(json_str(v), name) || str_eq(json_str(v), S("*")))
			return true;
	return false;
}

/* ---- recorded answers ---- */

static bool was_called(const struct json *record)
{
	struct str status = json_get_str(record, "status");

	return status.n && !str_eq_nocase(status, S("Skipped"));
}

static bool never_answered(const struct json *record)
{
	static const char *const open[] = { "Running", "Waiting", "Cancelled", "Aborted" };

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		if (str_eq_nocase(json_get_str(record, "status"), str_from(open[i])))
			return true;
	return false;
}

static const char *why_no_answer(const struct json *record)
{
	if (!record)
		return "the recorded run did not get there";
	if (!was_called(record))
		return "the recorded run did not call it";
	if (json_get(record, "outputs") || !json_get(record, "outputsMissing") ||
	    never_answered(record))
		return NULL;
	return "what it answered then is not known: secured, too large, or gone";
}

static int64_t took(const struct json *record)
{
	int64_t from, to;

	if (!os_parse_time(json_get_str(record, "startTime"), &from) ||
	    !os_parse_time(json_get_str(record, "endTime"), &to) || to <= from)
		return 0;
	return (to - from) * TICKS_MS;
}

static void answer_from(struct arena *a, const struct json *record, const struct json *definition,
			struct wdl_answer *out)
{
	struct str status = json_get_str(record, "status");
	const struct json *error = json_get(record, "error");
	bool limited = json_at(definition, "/limit/timeout") != NULL;

	out->duration = took(record);
	if (never_answered(record) || (str_eq_nocase(status, S("TimedOut")) && limited)) {
		out->never = true;
		return;
	}
	if (json_get(record, "outputs"))
		out->outputs = json_copy(a, json_get(record, "outputs"));
	if (str_eq_nocase(status, S("Succeeded")))
		return;
	/* An answer with a status that fails does so by itself. */
	if (out->outputs && json_get(out->outputs, "statusCode"))
		return;
	out->code = json_get_str(error, "code").n ? json_get_str(error, "code")
						  : json_get_str(record, "code");
	if (!out->code.n)
		out->code = S("ActionFailed");
	out->message = json_get_str(error, "message");
}

static void answer_given(struct arena *a, const struct json *given, struct wdl_answer *out)
{
	bool whole = json_get(given, "body") || json_get(given, "statusCode");

	out->outputs = whole ? json_copy(a, given) : json_new_object(a);
	if (!json_get(out->outputs, "statusCode"))
		json_set_int(a, out->outputs, "statusCode", 200);
	if (!whole)
		json_set(a, out->outputs, "body", json_copy(a, given));
}

/* A call of another name with the same inputs that is no longer in the definition. */
static const struct json *renamed(struct player *p, const struct wdl_request *q, struct str pass)
{
	JSON_EACH (v, json_get(p->r->run, "actions")) {
		const struct json *one = pass.n ? json_get_n(json_get(v, "repetitions"), pass) : v;

		if (steps_find(&p->steps, json_name(v)) < 0 && one && was_called(one) &&
		    !why_no_answer(one) && same_inputs(p->a, q->inputs, json_get(one, "inputs")))
			return one;
	}
	return NULL;
}

/* ---- the callbacks ---- */

static void assume(struct player *p, struct arena *a, const struct wdl_request *q,
		   struct str pass, const struct json *record, const char *why,
		   struct wdl_answer *out)
{
	struct json *note = json_get_n(p->assumed, q->name);
	struct changes_options o = { .most = 3, .longest = 160, .envelope = true };
	size_t total;

	answer_given(a, json_new_object(a), out);
	if (note)
		return;
	note = json_new_object(p->a);
	json_set_z(p->a, note, "why", why);
	if (pass.n)
		json_set_str(p->a, note, "repetition", pass);
	if (record && json_get(record, "inputs") && was_called(record))
		json_set(p->a, note, "inputs",
			 changes_of(p->a, essence(p->a, json_get(record, "inputs")),
				    essence(p->a, q->inputs), &o, &total));
	json_set_n(p->a, p->assumed, q->name, note);
}

/* The answer that stands in the record for this call, or NULL and *why. */
static const struct json *recorded(struct player *p, const struct wdl_request *q, struct str pass,
				   const struct json **own, const char **why)
{
	const struct json *v = record_action(p->r->run, q->name, pass), *other;

	*own = v;
	*why = why_no_answer(v);
	if (!*why && (!p->replayed || lists(p->r->same, q->name)))
		return v;
	if (!*why && same_inputs(p->a, q->inputs, json_get(v, "inputs")))
		return v;
	/* With the time or chance in them, inputs are the same when both runs made them so. */
	if (!*why && p->replayed &&
	    same_inputs(p->a, q->inputs,
			json_get(p->replayed->calls, key_of(p->a, q->name, pass))))
		return v;
	other = p->replayed ? renamed(p, q, pass) : NULL;
	if (other)
		return other;
	if (!*why)
		*why = json_get(v, "inputs") ? "it would be called with other inputs"
					     : "its recorded inputs are not known";
	return NULL;
}

static bool call(void *arg, struct arena *a, const struct wdl_request *q, struct wdl_answer *out)
{
	struct player *p = arg;
	struct str pass = rehearse_pass(p->a, q->loops, q->loop_count);
	const struct json *given = json_get_nocase(p->r->answers, q->name), *record, *own;
	const char *why;

	if (!p->replayed && q->attempt == 1)
		json_add_n(p->a, p->calls, str_from(key_of(p->a, q->name, pass)),
			   q->inputs ? json_copy(p->a, q->inputs) : json_new_null(p->a));
	if (given && p->replayed) {
		answer_given(a, given, out);
		return true;
	}
	record = recorded(p, q, pass, &own, &why);
	if (record)
		answer_from(a, record, q->definition, out);
	else
		assume(p, a, q, pass, own, why, out);
	return true;
}

static uint64_t chance(void *arg, uint64_t where)
{
	(void)arg;
	return where * 0x9e3779b97f4a7c15u ^ where >> 29;
}

/* Loops of which some passes only were read are run for these. */
static bool wanted(void *arg, const struct wdl_loop_index *loops, unsigned count, int64_t *at)
{
	struct player *p = arg;
	int loop = count ? steps_find(&p->steps, loops[count - 1].loop) : -1;
	struct str pass;
	bool limited = false;

	(void)at;
	if (loop < 0)
		return true;
	pass = rehearse_pass(p->a, loops, count);
	for (size_t i = (size_t)loop + 1;
	     i < p->steps.count && p->steps.at[i].depth > p->steps.at[loop].depth; i++) {
		const struct json *v =
			json_get_nocase(json_get(p->r->run, "actions"), p->steps.at[i].name);

		if (!json_get(v, "repetitionsLeftOut"))
			continue;
		limited = true;
		JSON_EACH (one, json_get(v, "repetitions"))
			if (str_starts(json_name(one), pass))
				return true;
	}
	p->passes_left_out |= limited;
	return !limited;
}

static void compare_outputs(struct player *p, struct json *fact, const struct wdl_report *r,
			    const struct json *record)
{
	struct changes_options o = { .most = 3, .longest = 160 };
	const struct json *was = json_get(record, "outputs");
	size_t total;
	struct json *changes;

	if (!was || !r->outputs || json_get(record, "outputsCut") ||
	    r->status != wdl_status_from(json_get_str(record, "status")))
		return;
	changes = changes_of(p->a, was, r->outputs, &o, &total);
	if (total)
		json_set(p->a, fact, "changes", changes);
}

static void report(void *arg, const struct wdl_report *r)
{
	struct player *p = arg;
	struct str pass = rehearse_pass(p->a, r->loops, r->loop_count);
	struct json *fact, *place;

	if (r->kind == WDL_REPORT_ITERATION)
		return;
	if (r->kind == WDL_REPORT_REPETITION && p->facts++ >= LIMIT_RUN_RECORDED)
		return;
	fact = json_new_object(p->a);
	json_set_z(p->a, fact, "status", wdl_status_name(r->status));
	if (r->code.n)
		json_set_str(p->a, fact, "code", r->code);
	if (r->error)
		json_set(p->a, fact, "error", json_copy(p->a, r->error));
	compare_outputs(p, fact, r, record_action(p->r->run, r->name, pass));
	place = json_get_n(p->told, r->name);
	if (!place)
		place = json_add_n(p->a, p->told, str_dup(p->a, r->name), json_new_object(p->a));
	if (r->kind == WDL_REPORT_REPETITION) {
		struct json *all = json_get(place, "repetitions");

		if (!all)
			all = json_set(p->a, place, "repetitions", json_new_object(p->a));
		json_add_n(p->a, all, str_dup(p->a, pass), fact);
		return;
	}
	JSON_EACH (v, fact)
		json_set_n(p->a, place, json_name(v), json_copy(p->a, v));
}

static int64_t start_of(const struct rehearsal *r)
{
	int64_t ms;

	if (!os_parse_time(json_get_str(r->run, "startTime"), &ms))
		ms = 0;
	return wdl_ticks_of_ms(ms);
}

/* A run that is still under way, or was cancelled, is played as far as it came: until shortly after
 * the last thing that happened. */
static int64_t last_seen(const struct rehearsal *r)
{
	int64_t last = start_of(r), ms;

	JSON_EACH (v, json_get(r->run, "actions"))
		for (int i = 0; i < 2; i++)
			if (os_parse_time(json_get_str(v, i ? "endTime" : "startTime"), &ms) &&
			    wdl_ticks_of_ms(ms) > last)
				last = wdl_ticks_of_ms(ms);
	return last + AFTER_LAST;
}

static bool play(struct player *p, const struct json *definition, const char **why)
{
	struct wdl_host host = { .arg = p, .call = call, .report = report, .random = chance,
				 .wanted = wanted };
	struct wdl_run_options o = {
		.start = start_of(p->r),
		.trigger = json_at(p->r->run, "/trigger/outputs"),
		.trigger_inputs = json_at(p->r->run, "/trigger/inputs"),
		.parameters = p->r->parameters,
		.workflow = p->r->workflow,
		.run_name = json_get_str(p->r->run, "name"),
	};

	if (str_eq_nocase(json_get_str(p->r->run, "status"), S("Cancelled")))
		o.cancel = last_seen(p->r);
	else if (!json_get(p->r->run, "endTime"))
		o.horizon = last_seen(p->r);
	p->definition = definition;
	p->steps = steps_of(p->a, definition);
	p->calls = json_new_object(p->a);
	p->told = json_new_object(p->a);
	p->assumed = json_new_object(p->a);
	p->ran = wdl_run(p->a, definition, &host, &o);
	*why = p->ran.why;
	return p->ran.ok;
}

/* An edited trigger: would it still fire?  What was recorded is one item of a splitOn already. */
static struct json *trigger_of(struct player *p)
{
	struct wdl_host host = { .arg = p, .random = chance };
	struct wdl_run_options o = { .start = start_of(p->r), .parameters = p->r->parameters,
				     .workflow = p->r->workflow };
	struct json *copy, *out;
	struct wdl_trigger t;

	if (json_equal(json_get(p->r->before, "triggers"), json_get(p->definition, "triggers")))
		return NULL;
	copy = json_copy(p->a, p->definition);
	json_take(json_first(json_get(copy, "triggers")), "splitOn");
	t = wdl_trigger_fire(p->a, copy, json_at(p->r->run, "/trigger/outputs"), &host, &o);
	out = json_new_object(p->a);
	json_set_bool(p->a, out, "fires", t.fired);
	if (t.code.n && !t.fired)
		json_set_str(p->a, out, "code", t.code);
	json_set(p->a, out, "error", t.error);
	return out;
}

struct json *rehearse(struct arena *a, const struct rehearsal *r, const char **why)
{
	struct player before = { .a = a, .r = r }, now = { .a = a, .r = r };

	/* The one as it is may be broken: then nothing is known of how it replays. */
	if (!play(&before, r->before, why))
		before.told = NULL;
	now.replayed = &before;
	if (!play(&now, r->definition, why))
		return NULL;
	return rehearse_tell(&before, &now, trigger_of(&now));
}
