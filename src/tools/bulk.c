/*
 * bulk.c - the course of a change for many.
 *
 * The course is gone through again from its begin in every step, up to the batch that is to be
 * sent or looked at now: the same answers give the same course.
 */
#include "tools/bulk.h"

#include "base/limits.h"

#define JOURNAL_BULK "bulk"

enum {
	PAUSE_MS = 800,       /* after each batch: five requests a second at most */
	AGAIN_MS = 4000,      /* before a refusal that passes is tried again, times the tries */
	LATE_MS = 2500,       /* before the last look at what was not seen at once */
	MOST_TRIES = 4,
	RESERVE_MS = 20000,   /* of the call's time: a batch, its look and the result */
	LAST_STAGE = LIMIT_STAGES - 6,
	CARD_LINES = 12,
};

enum outcome { LEFT, DONE_SEEN, DONE_UNSEEN, FAILED };

struct course {
	struct call *c;
	const struct bulk_plan *p;
	size_t *queue, queued, at;
	unsigned char *tries, *outcomes; /* by item */
	const struct answer **errors;    /* by item: of its last write */
	int stage;
	const struct answer *stopped;    /* by an error of a new kind */
	bool late;                       /* no more time */
};

/* ---- kinds of errors ---- */

static const char *kind_of(const struct answer *a)
{
	return a->service_code[0] ? a->service_code : err_name(a->err);
}

bool bulk_named(struct call *c, const char *argument, struct str name)
{
	const struct json *list = arg_json(c, argument);

	if (!list)
		return true;
	JSON_EACH (v, list)
		if (str_eq_nocase(json_str(v), name))
			return true;
	return false;
}

static bool is_tolerated(struct call *c, const struct answer *a)
{
	return arg_given(c, "tolerate") && bulk_named(c, "tolerate", str_from(kind_of(a)));
}

/* What a licence covers is known to the service some time after an import only. */
static bool passes(const struct answer *a)
{
	return a->status == 403 && strcmp(a->service_code, "MissingAdequateQuotaPolicy") == 0;
}

/* ---- one batch ---- */

static size_t batch_size(const struct course *k)
{
	size_t n = k->queued - k->at, tries = k->tries[k->queue[k->at]], i = 0;

	n = n < LIMIT_BULK_BATCH ? n : LIMIT_BULK_BATCH;
	/* Those that are tried again wait for it together. */
	while (i < n && k->tries[k->queue[k->at + i]] == tries)
		i++;
	return i;
}

static void after_write(struct course *k, size_t item, const struct answer *a)
{
	k->errors[item] = a;
	k->tries[item]++;
	if (a->err == ERR_OK || a->err == ERR_OUTCOME_UNKNOWN) {
		k->outcomes[item] = DONE_UNSEEN;
	} else if (passes(a) && k->tries[item] < MOST_TRIES) {
		k->queue[k->queued++] = item;
	} else {
		k->outcomes[item] = FAILED;
		if (!k->stopped && !is_tolerated(k->c, a))
			k->stopped = a;
	}
}

static void after_look(struct course *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t item = k->queue[k->at + i];

		if (k->outcomes[item] == DONE_UNSEEN &&
		    k->p->seen(k->c, &k->p->items[item], i, k->stage))
			k->outcomes[item] = DONE_SEEN;
	}
}

static size_t count_of(const struct course *k, enum outcome o)
{
	size_t n = 0;

	for (size_t i = 0; i < k->p->count; i++)
		n += !k->p->items[i].skip && k->outcomes[i] == o;
	return n;
}

/* ---- the journal ---- */

static struct json *journal_state(struct course *k, size_t sending)
{
	struct arena *a = call_arena(k->c);
	struct json *state = json_new_object(a), *now = json_new_array(a);

	json_set_z(a, state, "tool", call_tool(k->c)->name);
	json_set_int(a, state, "done",
		     (int64_t)(count_of(k, DONE_SEEN) + count_of(k, DONE_UNSEEN)));
	json_set_int(a, state, "failed", (int64_t)count_of(k, FAILED));
	json_set_int(a, state, "left", (int64_t)count_of(k, LEFT));
	for (size_t i = 0; i < sending; i++)
		json_push(now, json_new_str(a, k->p->items[k->queue[k->at + i]].id));
	json_set(a, state, "sending", now);
	return state;
}

static bool announce(struct course *k, size_t sending)
{
	struct str id = journal_held(k->c, JOURNAL_BULK);
	struct json *state = journal_state(k, sending);

	return id.n ? journal_note(k->c, id, state)
		    : journal_open(k->c, JOURNAL_BULK, state).n > 0;
}

/* What calls of this tool that died had done; told once. */
static struct json *interrupted(struct call *c)
{
	struct json *told = json_new_array(call_arena(c));
	struct str own = journal_held(c, JOURNAL_BULK);

	JSON_EACH (e, journal_pending(c, JOURNAL_BULK)) {
		const struct json *state = json_get(e, "state");
		struct json *one;

		if (str_eq(json_get_str(e, "id"), own) ||
		    !str_eq(json_get_str(e, "environmentName"), arg_str(c, "environmentName")) ||
		    !str_eq(json_get_str(e, "flowName"), arg_str(c, "flowName")) ||
		    !str_eq(json_get_str(state, "tool"), str_from(call_tool(c)->name)))
			continue;
		one = json_copy(call_arena(c), state);
		json_take(one, "tool");
		put(c, one, "begun", e, "/opened");
		json_push(told, one);
		journal_close(c, json_get_str(e, "id"));
	}
	return told;
}

/* ---- the result ---- */

static const char *outcome_text(const struct course *k, size_t i)
{
	const struct bulk_item *item = &k->p->items[i];

	if (item->skip)
		return "skipped";
	if (arg_bool(k->c, "dryRun"))
		return "selected";
	switch ((enum outcome)k->outcomes[i]) {
	case DONE_SEEN:
		return "done";
	case DONE_UNSEEN:
		return k->p->must_see ? "failed" : "done";
	case FAILED:
		return "failed";
	case LEFT:
		break;
	}
	return "left";
}

static void put_item(struct course *k, size_t i, struct json *list)
{
	struct arena *a = call_arena(k->c);
	const struct bulk_item *item = &k->p->items[i];
	const struct answer *e = k->errors[i];

	json_set_z(a, item->row, "result", outcome_text(k, i));
	if (item->skip)
		json_set_z(a, item->row, "reason", item->skip);
	else if (k->outcomes[i] == DONE_UNSEEN && k->p->must_see)
		json_set_z(a, item->row, "reason", "accepted, but it was not seen afterwards");
	if (e && e->err != ERR_OK) {
		json_set_z(a, item->row, "errorKind", kind_of(e));
		json_set_z(a, item->row, "error", e->message);
	}
	json_push(list, item->row);
}

static enum verdict result(struct course *k)
{
	struct arena *a = call_arena(k->c);
	struct json *out = k->p->result, *list = json_new_array(a), *stopped, *before;
	size_t set = k->p->count, failed = count_of(k, FAILED);
	struct str id = journal_held(k->c, JOURNAL_BULK);

	for (size_t i = 0; i < k->p->count; i++) {
		set -= k->p->items[i].skip != NULL;
		put_item(k, i, list);
	}
	if (k->p->must_see)
		failed += count_of(k, DONE_UNSEEN);
	json_set_bool(a, out, "dryRun", arg_bool(k->c, "dryRun"));
	json_set_int(a, out, "selected", (int64_t)set);
	json_set_int(a, out, "skipped", (int64_t)(k->p->count - set));
	if (!arg_bool(k->c, "dryRun")) {
		json_set_int(a, out, "failed", (int64_t)failed);
		json_set_int(a, out, "left", (int64_t)count_of(k, LEFT));
		json_set_int(a, out, "done", (int64_t)(set - failed - count_of(k, LEFT)));
	}
	if (k->stopped) {
		stopped = json_set(a, out, "stopped", json_new_object(a));
		json_set_z(a, stopped, "errorKind", kind_of(k->stopped));
		json_set_z(a, stopped, "error", k->stopped->message);
		json_set_z(a, stopped, "advice",
			   "Look at it first. To go on past errors of this kind call again with it in "
			   "tolerate.");
	} else if (count_of(k, LEFT) && !arg_bool(k->c, "dryRun")) {
		json_set_z(a, out, "advice", "The time was up: the same call goes on with what is left.");
	}
	before = interrupted(k->c);
	if (json_count(before))
		json_set(a, out, "interrupted", before);
	json_set(a, out, "items", list);
	if (id.n)
		journal_close(k->c, id);
	return done(k->c, out);
}

/* ---- asking ---- */

static const char *lines(struct course *k)
{
	struct buf b;
	size_t shown = 0;

	buf_init_in(&b, call_arena(k->c), 1u << 20);
	for (size_t i = 0; i < k->queued; i++) {
		const struct bulk_item *item = &k->p->items[k->queue[i]];

		if (shown++ == CARD_LINES && k->queued > CARD_LINES + 1) {
			buf_addf(&b, "\n- and %zu more", k->queued - CARD_LINES);
			break;
		}
		buf_addf(&b, "%s- %s", b.n ? "\n" : "", quoted(k->c, item->name));
	}
	return buf_c(&b);
}

static const struct change *change_of(struct course *k)
{
	struct arena *a = call_arena(k->c);
	struct change *ch = arena_alloc(a, sizeof(*ch));
	struct fetch *writes = arena_array(a, k->queued + 1, sizeof(*writes));
	struct buf version;

	buf_init_in(&version, a, 1u << 20);
	for (size_t i = 0; i < k->queued; i++) {
		const struct bulk_item *item = &k->p->items[k->queue[i]];

		writes[i] = item->write;
		buf_addf(&version, "%.*s\n", STR_ARG(item->id));
	}
	buf_adds(&version, k->p->target.version);
	*ch = (struct change){
		.target = k->p->target,
		.sentence = arena_printf(a, "%s %zu %s of %s.", k->p->verb, k->queued, k->p->noun,
					 quoted(k->c, k->p->target.name)),
		.warnings = k->p->warnings,
		.diff = lines(k),
		.writes = writes,
		.write_count = arg_bool(k->c, "dryRun") ? 0 : k->queued,
	};
	ch->target.objects = k->queued;
	ch->target.version = buf_str(&version);
	return ch;
}

/* ---- the course ---- */

static enum verdict send(struct course *k, size_t n)
{
	struct fetch *f = arena_array(call_arena(k->c), n, sizeof(*f));

	if (k->stage == k->p->first && !agreed(k->c, change_of(k)))
		return ASK;
	if (!announce(k, n))
		return FAIL;
	for (size_t i = 0; i < n; i++)
		f[i] = k->p->items[k->queue[k->at + i]].write;
	progress(k->c, (double)k->at, (double)k->queued, "%zu of %zu %s", k->at, k->queued,
		 k->p->noun);
	return fetch_each(k->c, f, n);
}

static enum verdict look(struct course *k, size_t n)
{
	struct bulk_item *batch[LIMIT_BULK_BATCH];
	struct fetch *f = arena_array(call_arena(k->c), LIMIT_BULK_BATCH, sizeof(*f));
	int64_t wait = PAUSE_MS;

	for (size_t i = 0; i < n; i++) {
		size_t item = k->queue[k->at + i];

		batch[i] = &k->p->items[item];
		if (k->outcomes[item] == LEFT)
			wait = (int64_t)AGAIN_MS * k->tries[item];
	}
	return fetch_later(k->c, wait, f, k->p->looks(k->c, batch, n, f));
}

/* What was accepted and not yet seen, all of it once more. */
static size_t unseen(struct course *k, struct bulk_item **late)
{
	size_t n = 0;

	for (size_t i = 0; i < k->p->count; i++)
		if (!k->p->items[i].skip && k->outcomes[i] == DONE_UNSEEN)
			late[n++] = &k->p->items[i];
	return n;
}

static enum verdict last_look(struct course *k)
{
	struct bulk_item **late = arena_array(call_arena(k->c), k->p->count + 1, sizeof(*late));
	struct fetch *f = arena_array(call_arena(k->c), k->p->count + 1, sizeof(*f));
	size_t n = unseen(k, late);

	if (!n || k->late)
		return result(k);
	if (call_stage(k->c) == k->stage)
		return fetch_later(k->c, LATE_MS, f, k->p->looks(k->c, late, n, f));
	for (size_t i = 0; i < n; i++)
		if (k->p->seen(k->c, late[i], i, k->stage))
			k->outcomes[late[i] - k->p->items] = DONE_SEEN;
	return result(k);
}

static bool is_late(const struct course *k)
{
	return call_time_left(k->c) < RESERVE_MS || k->stage > LAST_STAGE ||
	       call_abandoned(k->c);
}

static enum verdict run_course(struct course *k)
{
	struct call *c = k->c;

	for (; k->at < k->queued && !k->stopped; k->stage++) {
		size_t n = batch_size(k);

		if (call_stage(c) == k->stage && k->stage > k->p->first && is_late(k)) {
			k->late = true;
			break;
		}
		if (call_stage(c) == k->stage)
			return send(k, n);
		for (size_t i = 0; i < n; i++)
			after_write(k, k->queue[k->at + i], got(c, k->stage, i));
		k->stage++;
		if (call_stage(c) == k->stage)
			return look(k, n);
		after_look(k, n);
		k->at += n;
	}
	return last_look(k);
}

enum verdict bulk_step(struct call *c, const struct bulk_plan *p)
{
	struct arena *a = call_arena(c);
	struct course k = {
		.c = c,
		.p = p,
		.queue = arena_array(a, MOST_TRIES * p->count + 1, sizeof(*k.queue)),
		.tries = arena_alloc(a, p->count + 1),
		.outcomes = arena_alloc(a, p->count + 1),
		.errors = arena_array(a, p->count + 1, sizeof(*k.errors)),
		.stage = p->first,
	};

	for (size_t i = 0; i < p->count; i++)
		if (!p->items[i].skip)
			k.queue[k.queued++] = i;
	if (arg_bool(c, "dryRun") && !agreed(c, change_of(&k)))
		return ASK;
	return arg_bool(c, "dryRun") || !k.queued ? result(&k) : run_course(&k);
}
