/*
 * call.c - the life of a tool call: check, resolve, gate, step, shape, redact, log, reply.
 *
 * Replies are made in call_reply.c, questions in call_ask.c; call_end.c ends it.
 *
 * A call is on exactly one list of waiting things: requests in flight, its timer (next run),
 * or a person's answers.  Nothing here knows HTTP or MCP.
 */
#include "work/call_life.h"

#include "base/os.h"

static void run(void *arg);

static enum verdict check(struct call *c)
{
	struct buf b;

	c->args = c->req.arguments;
	if (!args_check(c) || !gate_redeem(c))
		return FAIL;
	buf_init_in(&b, c->arena, 2 * LIMIT_LINE);
	json_print_canonical(&b, c->args);
	c->canonical = buf_str(&b);
	c->argument_count = (unsigned)json_count(c->args);
	c->answers = json_new_object(c->arena);
	return gate_enter(c) ? DONE : FAIL;
}

/* The first answer of the stage that ended and may not be tolerated. */
static bool stage_failed(struct call *c)
{
	struct stage *s;

	if (c->stage_count == 0)
		return false;
	s = &c->stages[c->stage_count - 1];
	for (size_t i = 0; i < s->count; i++) {
		if (s->answers[i].err == ERR_OK ||
		    (s->fetches[i].flags & (FETCH_TOLERATE | FETCH_OPTIONAL)))
			continue;
		if (!c->failure.set)
			fail_answer(c, &s->answers[i]);
		return true;
	}
	return false;
}

static enum verdict step(struct call *c)
{
	enum verdict v;

	if (c->phase == PHASE_RESOLVE) {
		v = resolve_arguments(c);
		if (v != DONE)
			return v;
		c->phase = PHASE_GATE;
		c->stage_count = 0;
		c->document = NULL;
	}
	if (c->phase == PHASE_GATE) {
		if (!gate_read(c))
			return c->failure.set ? FAIL : ASK;
		v = gate_read_commit(c);
		if (v != DONE)
			return v;
		c->phase = PHASE_TOOL;
	}
	return c->tool->step(c);
}

/* With the arguments that a person made of the host's. */
static void start_edited(struct call *c)
{
	jmp_buf out;
	volatile bool fine = false;

	c->req.arguments = c->edited;
	c->edited = NULL;
	c->is_edited = true;
	if (CALL_GUARD(c, &out))
		call_exhausted(c);
	else
		fine = check(c) == DONE;
	c->arena->out = NULL;
	c->phase = resolve_needed(c->tool) ? PHASE_RESOLVE : PHASE_GATE;
	if (fine)
		call_restart(c);
	else
		call_conclude_with(c, call_build_failure);
}

static void run_step(struct call *c)
{
	jmp_buf out;
	volatile enum verdict v = FAIL;

	if (CALL_GUARD(c, &out))
		call_exhausted(c);
	else if (!stage_failed(c))
		v = step(c);
	c->arena->out = NULL;
	switch (v) {
	case FETCH:
		break;
	case DONE:
		call_conclude_with(c, call_build_result);
		break;
	case ASK:
		if (c->failure.set)
			call_conclude_with(c, call_build_failure);
		else if (c->edited)
			start_edited(c);
		else
			call_asked(c);
		break;
	case FAIL:
		if (!c->failure.set)
			c->failure = (struct failure){ .set = true, .err = ERR_INTERNAL,
						       .message = "the tool gave no reason" };
		call_conclude_with(c, call_build_failure);
		break;
	}
}

static void build_bad_state(struct call *c)
{
	c->reply = (struct reply){ .kind = REPLY_BAD_STATE, .err = ERR_INVALID_ARGUMENT };
	c->log_status = S("error");
}

static void first_run(struct call *c)
{
	jmp_buf out;
	volatile bool fine = false, state_fine = true;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
	} else {
		fine = check(c) == DONE;
		if (fine && c->req.state.p)
			state_fine = call_open_state(c);
	}
	c->arena->out = NULL;
	c->phase = resolve_needed(c->tool) ? PHASE_RESOLVE : PHASE_GATE;
	if (!state_fine)
		call_conclude_with(c, build_bad_state);
	else if (!fine)
		call_conclude_with(c, call_build_failure);
	else
		run_step(c);
}

/* It has something open in the journal. */
static bool is_midway(const struct call *c)
{
	return c->work->journal && journal_mine(c->work->journal, c, S("")).n > 0;
}

static void run(void *arg)
{
	struct call *c = arg;

	if (c->cancelled && !is_midway(c)) {
		call_log_and_finish(c);
		return;
	}
	if (c->work->held && !c->tool->local) {
		/* Woken again by work_go. */
		loop_timer_set(c->work->loop, &c->timer, 50, run, c);
		return;
	}
	if (!c->args && recover_first(c)) {
		loop_timer_set(c->work->loop, &c->timer, 50, run, c);
		return;
	}
	if (c->work->hold_failure && !c->tool->local) {
		fail(c, ERR_CONFIG, "%s", c->work->hold_failure);
		call_conclude_with(c, call_build_failure);
		return;
	}
	if (!c->args)
		first_run(c);
	else
		run_step(c);
}

void call_wake(struct call *c)
{
	loop_timer_set(c->work->loop, &c->timer, 0, run, c);
}

void call_wake_in(struct call *c, int64_t ms)
{
	loop_timer_set(c->work->loop, &c->timer, ms, run, c);
}

void call_stage_ended(struct call *c)
{
	c->stage_count++;
	call_wake(c);
}

void call_out_of_time(void *arg)
{
	struct call *c = arg;

	c->failure = (struct failure){
		.set = true,
		.err = c->write_sent ? ERR_OUTCOME_UNKNOWN : ERR_TIMEOUT,
		.message = "the call took too long",
		.hint = "Ask for less, or try again.",
	};
	call_conclude_with(c, call_build_failure);
}

struct call *call_start(struct work *w, const struct call_request *r)
{
	struct call *c;

	if (w->busy >= LIMIT_CALLS)
		return NULL;
	c = arena_alloc(r->arena, sizeof(*c));
	c->work = w;
	c->tool = r->tool;
	c->req = *r;
	c->arena = r->arena;
	c->started = os_now_ms();
	c->deadline = c->started + LIMIT_CALL_MS;
	c->last_correlation = "";
	c->log_status = S("");
	list_append(&w->calls, &c->link);
	w->busy++;
	loop_timer_set(w->loop, &c->deadline_timer, LIMIT_CALL_MS, call_out_of_time, c);
	call_wake(c);
	return c;
}

static bool write_in_flight(const struct call *c)
{
	const struct stage *s = &c->stages[c->stage_count];

	for (size_t i = 0; s->ops && i < s->count; i++)
		if (s->ops[i] && rest_is_write(s->ops[i]))
			return true;
	return false;
}

void call_cancel(struct call *c)
{
	if (c->cancelled || c->ended)
		return;
	c->cancelled = true;
	/* A write on the wire is muted, finished, and its true outcome logged; and what was begun
	 * and must not stay so is gone through to its end. */
	if (write_in_flight(c) || is_midway(c))
		return;
	call_cancel_fetches(c);
	loop_timer_clear(&c->deadline_timer);
	/* From the loop: the caller may still hold the request that this ends. */
	loop_timer_set(c->work->loop, &c->timer, 0, call_log_and_finish, c);
}

void call_set_arg(struct call *c, const char *name, struct json *value)
{
	if (value)
		json_set(c->arena, c->args, name, value);
	else
		json_take(c->args, name);
}
