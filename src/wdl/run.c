/*
 * run.c - running a definition: the queue of events, what waits for what, how containers end.
 *
 * Must not know single types of actions, but for Terminate, which ends all of it.
 */
#include "wdl/run.h"

#include <stdlib.h>

#include "base/os.h"
#include "wdl/run_priv.h"

enum { SCRATCH = 64 << 10 };

/* ---- names ---- */

static const char *const status_names[] = {
	[WDL_ST_RUNNING] = "Running",    [WDL_ST_SUCCEEDED] = "Succeeded",
	[WDL_ST_FAILED] = "Failed",      [WDL_ST_SKIPPED] = "Skipped",
	[WDL_ST_TIMED_OUT] = "TimedOut", [WDL_ST_CANCELLED] = "Cancelled",
};

const char *wdl_status_name(enum wdl_status s)
{
	return s < WDL_ST__MAX ? status_names[s] : "";
}

enum wdl_status wdl_status_from(struct str name)
{
	for (enum wdl_status s = WDL_ST_RUNNING; s < WDL_ST__MAX; s++)
		if (str_eq_nocase(name, str_from(status_names[s])))
			return s;
	return WDL_ST__MAX;
}

/* ---- ceilings ---- */

void wrun_stop(struct wrun *r, const char *why)
{
	r->result.why = why;
	/* The way out is the arena's: nobody has so much memory. */
	arena_alloc(&r->mem, SIZE_MAX / 2);
	__builtin_unreachable();
}

static void check_memory(struct wrun *r)
{
	size_t used = r->mem.used + r->scratch.used;

	LIST_EACH(n, &r->frames)
		used += LIST_ITEM(n, struct wrun_frame, node)->mem.used;
	for (unsigned i = 0; i < r->variable_count; i++)
		used += r->variables[i].mem.used + r->variables[i].text.cap;
	if (used > LIMIT_RUN_MEMORY)
		wrun_stop(r, "the run needs too much memory");
}

void wrun_count(struct wrun *r, uint64_t n)
{
	r->work += n;
	if (r->work > LIMIT_RUN_STEPS)
		wrun_stop(r, "the run has too many steps");
	if (r->work % 64 < n)
		check_memory(r);
}

/* ---- the queue ---- */

static bool sooner(const struct wrun_event *x, const struct wrun_event *y)
{
	return x->at != y->at ? x->at < y->at : x->order < y->order;
}

void wrun_push(struct wrun *r, enum wrun_event_kind kind, int64_t at, struct wrun_step *s,
	       struct wrun_frame *f)
{
	struct wrun_event e = { at, r->order++, kind, s, f };
	size_t i = r->event_count;

	if (r->event_count == r->event_room) {
		size_t room = r->event_room ? r->event_room * 2 : 256;
		struct wrun_event *p = realloc(r->events, room * sizeof(*p));

		if (!p)
			wrun_stop(r, "out of memory");
		r->events = p;
		r->event_room = room;
	}
	r->event_count++;
	for (; i && sooner(&e, &r->events[(i - 1) / 2]); i = (i - 1) / 2)
		r->events[i] = r->events[(i - 1) / 2];
	r->events[i] = e;
}

static struct wrun_event pop(struct wrun *r)
{
	struct wrun_event first = r->events[0], last = r->events[--r->event_count];
	size_t i = 0;

	for (;;) {
		size_t c = i * 2 + 1;

		if (c >= r->event_count)
			break;
		if (c + 1 < r->event_count && sooner(&r->events[c + 1], &r->events[c]))
			c++;
		if (!sooner(&r->events[c], &last))
			break;
		r->events[i] = r->events[c];
		i = c;
	}
	r->events[i] = last;
	return first;
}

/* ---- frames ---- */

struct wrun_frame *wrun_frame_new(struct wrun *r, struct wrun_frame *up, struct wrun_step *owner)
{
	unsigned body = owner ? owner->node->body : r->top_body;
	struct wrun_frame *f = calloc(1, sizeof(*f));

	if (!f)
		wrun_stop(r, "out of memory");
	arena_init(&f->mem, LIMIT_RUN_FRAME);
	f->mem.out = &r->jump;
	list_append(&r->frames, &f->node);
	f->up = up;
	f->owner = owner;
	f->depth = up ? up->depth + 1 : 0;
	f->body = body;
	f->steps = arena_array(&f->mem, body + 1, sizeof(*f->steps));
	return f;
}

void wrun_frame_end(struct wrun_frame *f)
{
	if (!f)
		return;
	/* The iterations that Until loops inside kept; as deep as loops are nested. */
	for (unsigned i = 0; i < f->body; i++)
		wrun_frame_end(f->steps[i].last);
	list_remove(&f->node);
	arena_release(&f->mem);
	free(f);
}

/* ---- how actions end ---- */

static void track(struct wrun *r, struct wrun_step *s)
{
	const struct json *tracked = json_get(s->node->def, "trackedProperties");
	struct wdl_fault fault;
	struct str values[2];
	struct str text;

	if (!tracked || s->status == WDL_ST_SKIPPED)
		return;
	r->current = wrun_record(r, &s->frame->mem, s);
	s->tracked = wrun_value(r, s->frame, tracked, &fault);
	r->current = NULL;
	if (s->tracked || s->status != WDL_ST_SUCCEEDED)
		return;
	values[0] = s->node->name;
	values[1] = fault.message;
	text = wdl_message_fill(&s->frame->mem, wdl_message(WDL_M_RUN_TRACKED)->text, values);
	s->status = WDL_ST_FAILED;
	s->code = S("BadRequest");
	s->error = wrun_error(&s->frame->mem, S("InvalidTemplate"), text);
}

void wrun_end(struct wrun *r, struct wrun_step *s, enum wdl_status status, int64_t at)
{
	s->status = status;
	wrun_push(r, WRUN_END, at, s, NULL);
}

void wrun_fail_text(struct wrun *r, struct wrun_step *s, int64_t at, struct str code,
		    struct str error_code, struct str message)
{
	s->code = str_dup(&s->frame->mem, code);
	s->error = wrun_error(&s->frame->mem, error_code, message);
	wrun_end(r, s, WDL_ST_FAILED, at);
}

void wrun_fail(struct wrun *r, struct wrun_step *s, int64_t at, const char *code,
	       const char *error_code, enum wdl_message m, const struct str *values)
{
	wrun_fail_text(r, s, at, str_from(code), str_from(error_code),
		       wdl_message_fill(&s->frame->mem, wdl_message(m)->text, values));
}

/* ---- groups ---- */

unsigned wrun_begin(struct wrun *r, struct wrun_frame *f, int parent, unsigned branch, int64_t at)
{
	unsigned i = (unsigned)(parent + 1), n = 0;
	unsigned end = parent < 0 ? r->node_count : r->nodes[parent].after;

	for (; i < end; i = r->nodes[i].after) {
		const struct wrun_node *x = &r->nodes[i];
		struct wrun_step *s = wrun_step_of(f, x);

		if (x->branch != branch)
			continue;
		*s = (struct wrun_step){ .node = x, .frame = f, .waiting = x->edge_count };
		n++;
		if (!x->edge_count)
			wrun_push(r, WRUN_READY, at, s, NULL);
	}
	return n;
}

/* Looks at the last actions; where one was skipped, at those it ran after. */
enum wdl_status wrun_group_status(struct wrun *r, struct wrun_frame *f, int parent,
				  unsigned branch)
{
	unsigned first = (unsigned)(parent + 1), n = 0;
	unsigned end = parent < 0 ? r->node_count : r->nodes[parent].after;
	unsigned *list = arena_array(&r->scratch, end - first + 1, sizeof(*list));
	bool *seen = arena_array(&r->scratch, end - first + 1, sizeof(*seen));

	for (unsigned i = first; i < end; i = r->nodes[i].after)
		if (r->nodes[i].branch == branch && !r->nodes[i].next_count)
			list[n++] = i;
	for (unsigned done = 0; done < n; done++) {
		const struct wrun_node *x = &r->nodes[list[done]];
		enum wdl_status s = wrun_step_of(f, x)->status;

		if (s == WDL_ST_FAILED || s == WDL_ST_TIMED_OUT || s == WDL_ST_CANCELLED)
			return WDL_ST_FAILED;
		for (unsigned k = 0; s == WDL_ST_SKIPPED && k < x->edge_count; k++) {
			unsigned before = x->edges[k].before;

			if (!seen[before - first])
				list[n++] = before;
			seen[before - first] = true;
		}
	}
	return WDL_ST_SUCCEEDED;
}

/* ---- the end ---- */

/* What had not ended when the run did. */
static void cut_off(struct wrun *r, enum wdl_status status, const char *code, int64_t at,
		    bool with_idle)
{
	struct list *last = r->frames.prev;

	/* Newest frames first: what is inside before what is around it. */
	for (struct list *pos = last; pos != &r->frames; pos = pos->prev) {
		struct wrun_frame *f = LIST_ITEM(pos, struct wrun_frame, node);

		for (unsigned i = 0; i < f->body; i++) {
			struct wrun_step *s = &f->steps[i];
			bool started = s->state == WRUN_STARTED;

			if (!s->node || s->state == WRUN_DONE || (!started && !with_idle))
				continue;
			s->status = started ? status : WDL_ST_SKIPPED;
			s->code = str_from(code);
			s->error = NULL;
			if (!started)
				s->start = at;
			s->end = status == WDL_ST_RUNNING ? INT64_MAX : at;
			s->state = WRUN_DONE;
			wrun_report(r, s);
			/* Children that were begun have steps of their own. */
			if (!started && wrun_is_container(s->node))
				wrun_skip_below(r, s, at);
		}
	}
	arena_release(&r->scratch);
}

static void terminated(struct wrun *r, const struct wrun_step *s)
{
	enum wdl_status status = wdl_status_from(json_get_str(s->inputs, "runStatus"));
	const struct json *error = json_get(s->inputs, "runError");

	r->over = true;
	if (status == WDL_ST__MAX || status == WDL_ST_RUNNING)
		status = WDL_ST_FAILED;
	r->result.status = status;
	r->result.end = s->end;
	if (r->result.status != WDL_ST_SUCCEEDED)
		r->result.code = S("Terminated");
	if (r->result.status == WDL_ST_FAILED && error)
		r->result.error = json_copy(r->out, error);
	cut_off(r, WDL_ST_CANCELLED, "Terminated", s->end, true);
}

/* ---- events ---- */

static struct str wanted_text(struct arena *a, const struct json *wanted)
{
	struct buf b;

	buf_init_in(&b, a, 1024);
	JSON_EACH(s, wanted)
		buf_addf(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(str_first(json_str(s), 40)));
	return buf_str(&b);
}

static void tell(struct wrun *r, struct wrun_step *s, int64_t at)
{
	const struct wrun_node *n = s->node;

	for (unsigned i = 0; i < n->next_count; i++) {
		struct wrun_step *next = wrun_step_of(s->frame, &r->nodes[n->next[i]]);

		if (--next->waiting == 0)
			wrun_push(r, WRUN_READY, at, next, NULL);
	}
	if (n->parent >= 0 && n->parent != n->loop) {
		struct wrun_step *up = wrun_step_of(s->frame, &r->nodes[n->parent]);

		if (--up->left == 0)
			wrun_push(r, WRUN_CHILDREN, at, up, NULL);
	} else if (--s->frame->left == 0) {
		wrun_push(r, WRUN_ITERATION, at, NULL, s->frame);
	}
}

static void ready(struct wrun *r, struct wrun_step *s, int64_t at)
{
	const struct wrun_node *n = s->node;

	for (unsigned i = 0; i < n->edge_count; i++) {
		const struct wrun_edge *e = &n->edges[i];
		const struct wrun_step *before = wrun_step_of(s->frame, &r->nodes[e->before]);
		struct str values[4];

		if (e->statuses & (1u << before->status))
			continue;
		values[0] = n->name;
		values[1] = r->nodes[e->before].name;
		values[2] = wanted_text(&r->scratch, e->wanted);
		values[3] = str_from(wdl_status_name(before->status));
		wrun_set_skip(s, at, "ActionConditionFailed", WDL_M_RUN_AFTER, values);
		wrun_settle(r, s);
		if (wrun_is_container(n))
			wrun_skip_below(r, s, at);
		tell(r, s, at);
		return;
	}
	wrun_push(r, WRUN_START, at + WRUN_GAP, s, NULL);
}

static void begin(struct wrun *r, struct wrun_step *s, int64_t at)
{
	s->state = WRUN_STARTED;
	s->start = at;
	s->end = INT64_MAX;
	s->hide_inputs = s->node->secure_inputs;
	s->hide_outputs = s->node->secure_outputs;
	wrun_start(r, s);
}

static void ended(struct wrun *r, struct wrun_step *s, int64_t at)
{
	s->end = at;
	if (!s->code.n)
		s->code = S("OK");
	track(r, s);
	wrun_settle(r, s);
	if (s->node->kind == WRUN_TERMINATE && s->status == WDL_ST_SUCCEEDED)
		terminated(r, s);
	else
		tell(r, s, at);
}

static void handle(struct wrun *r, const struct wrun_event *e)
{
	r->now = e->at;
	r->doing = e->step ? e->step : e->frame->owner;
	r->chances = 0;
	switch (e->kind) {
	case WRUN_READY:
		ready(r, e->step, e->at);
		break;
	case WRUN_START:
		begin(r, e->step, e->at);
		break;
	case WRUN_END:
		ended(r, e->step, e->at);
		break;
	case WRUN_ATTEMPT:
		wrun_attempt(r, e->step);
		break;
	case WRUN_ANSWERED:
		wrun_answered(r, e->step);
		break;
	case WRUN_CHILDREN:
		wrun_children(r, e->step);
		break;
	case WRUN_ITERATION:
		if (e->frame->up)
			wrun_iteration(r, e->frame);
		break;
	}
	/* Blocks are not handed back after every event: most need a few hundred bytes. */
	if (r->scratch.used > SCRATCH)
		arena_release(&r->scratch);
}

static void finish(struct wrun *r)
{
	struct wdl_run *out = &r->result;
	struct arena *a = r->out;

	out->ok = true;
	if (out->status != WDL_ST_RUNNING || r->over)
		return;
	if (r->top->left) {
		out->end = INT64_MAX;
		cut_off(r, WDL_ST_RUNNING, "", r->options->horizon, false);
		return;
	}
	out->end = r->now;
	out->status = wrun_group_status(r, r->top, -1, WRUN_MAIN);
	if (out->status == WDL_ST_FAILED) {
		out->code = S("ActionFailed");
		out->error = wrun_error(a, S("ActionFailed"),
					str_from(wdl_message(WDL_M_RUN_FAILED)->text));
	}
}

static void cancelled(struct wrun *r)
{
	r->over = true;
	r->now = r->options->cancel;
	r->result.status = WDL_ST_CANCELLED;
	r->result.code = S("Terminated");
	r->result.end = r->options->cancel;
	cut_off(r, WDL_ST_CANCELLED, "Terminated", r->options->cancel, true);
}

static bool beyond(int64_t at, int64_t limit)
{
	return limit && at > limit;
}

static void play(struct wrun *r)
{
	const struct wdl_run_options *o = r->options;

	r->top = wrun_frame_new(r, NULL, NULL);
	r->top->start = r->now = o->start;
	r->top->left = wrun_begin(r, r->top, -1, WRUN_MAIN, o->start);
	while (r->event_count && !r->over) {
		struct wrun_event e = pop(r);

		if (beyond(e.at, o->cancel) && !beyond(o->cancel, o->horizon)) {
			cancelled(r);
			break;
		}
		if (beyond(e.at, o->horizon))
			break;
		wrun_count(r, 1);
		handle(r, &e);
	}
	/* Nobody answers, but somebody cancels. */
	if (!r->over && r->top->left && o->cancel && !beyond(o->cancel, o->horizon))
		cancelled(r);
	finish(r);
	wrun_report_sums(r);
}

static struct json *trigger_record(struct wrun *r)
{
	const struct wdl_run_options *o = r->options;
	struct arena *a = &r->mem;
	struct json *t = json_new_object(a);

	json_set_str(a, t, "name", json_name(json_first(json_get(r->definition, "triggers"))));
	if (o->trigger_inputs)
		json_set(a, t, "inputs", json_copy(a, o->trigger_inputs));
	if (o->trigger)
		json_set(a, t, "outputs", json_copy(a, o->trigger));
	json_set_str(a, t, "startTime", wdl_ticks_text(a, o->start));
	json_set_str(a, t, "endTime", wdl_ticks_text(a, o->start));
	if (o->run_name.n) {
		json_set_str(a, t, "clientTrackingId", o->run_name);
		json_set_str(a, t, "originHistoryName", o->run_name);
	}
	json_set_z(a, t, "status", "Succeeded");
	return t;
}

static void release(struct wrun *r)
{
	while (!list_empty(&r->frames)) {
		struct wrun_frame *f = LIST_ITEM(r->frames.next, struct wrun_frame, node);

		list_remove(&f->node);
		arena_release(&f->mem);
		free(f);
	}
	for (unsigned i = 0; i < r->variable_count; i++) {
		arena_release(&r->variables[i].mem);
		buf_free(&r->variables[i].text);
	}
	free(r->events);
	arena_release(&r->scratch);
	arena_release(&r->mem);
}

static struct wrun *set_up(struct arena *a, const struct json *definition,
			   const struct wdl_host *host, const struct wdl_run_options *options)
{
	struct wrun *r = arena_alloc(a, sizeof(*r));

	r->out = a;
	r->definition = definition;
	r->host = host;
	r->options = options;
	arena_init(&r->mem, LIMIT_RUN_MEMORY);
	arena_init(&r->scratch, LIMIT_RUN_MEMORY);
	r->scratch.out = &r->jump;
	list_init(&r->frames);
	r->result.why = "the run needs too much memory";
	r->result.start = options->start;
	return r;
}

struct wdl_run wdl_run(struct arena *a, const struct json *definition,
		       const struct wdl_host *host, const struct wdl_run_options *options)
{
	struct wrun *r = set_up(a, definition, host, options);
	jmp_buf *caller = a->out;
	struct wdl_run out;

	if (!arena_guard(&r->mem, &r->jump)) {
		/* Callbacks that run out of memory come here first: nothing is left behind. */
		a->out = &r->jump;
		wrun_context(r);
		wrun_read(r);
		r->variables = arena_array(&r->mem, LIMIT_RUN_VARIABLES, sizeof(*r->variables));
		r->trigger = trigger_record(r);
		play(r);
	}
	a->out = caller;
	out = r->result;
	if (!out.ok) {
		out.status = WDL_ST_FAILED;
		out.end = r->now > options->start ? r->now : options->start;
	}
	release(r);
	return out;
}
