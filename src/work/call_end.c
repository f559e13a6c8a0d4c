/*
 * call_end.c - the end of a call: its record, its reply, its memory.
 */
#include "work/call_life.h"

#include "base/os.h"

static void finish(struct call *c)
{
	struct work *w = c->work;
	struct call_request req = c->req;
	struct arena *arena = c->arena;

	loop_timer_clear(&c->timer);
	loop_timer_clear(&c->deadline_timer);
	list_remove(&c->link);
	if (w->journal)
		journal_release(w->journal, c);
	c->ended = true;
	if (w->prompt == c)
		w->prompt = NULL;
	w->busy--;
	arena->out = NULL;
	if (!c->cancelled && !c->replied) {
		c->replied = true;
		req.on_reply(req.arg, &c->reply);
	}
	/* The arena, and c in it, may be gone after this. */
	if (req.on_end)
		req.on_end(req.arg);
}

/* What the gate said, for the outcome's record. */
static struct str decision_of(const struct call *c)
{
	if (c->ticket.decision)
		return str_from(c->ticket.decision);
	switch (c->failure.err) {
	case ERR_REFUSED_BY_POLICY:
	case ERR_APPROVAL_UNAVAILABLE:
		return S("refused");
	case ERR_APPROVAL_REQUIRED:
		return S("asked");
	case ERR_DECLINED:
		return S("declined");
	default:
		return c->question_count ? S("asked") : S("allow");
	}
}

struct audit_record call_record_of(struct call *c, enum audit_event event)
{
	struct auth_identity who = auth_identity(c->work->auth);
	const struct ticket *t = &c->ticket;

	return (struct audit_record){
		.event = event,
		.sync = AUDIT_LAZY,
		.ref = c->intent,
		.tool = str_from(c->tool->name),
		.api = c->any_row ? str_from(host_row_name(c->last_row)) : S(""),
		.klass = "RMDU"[t->klass.rule ? t->klass.klass : c->tool->klass],
		.trust = "MSA"[gate_trust(c->work)],
		.channel = str_from(t->channel),
		.decision = decision_of(c),
		.plan = str_from(t->plan),
		.who = str_from(who.object_id),
		.tenant = str_from(who.tenant_id),
		.environment = call_environment(c),
		.arguments = c->canonical,
		.argument_count = c->argument_count,
		.status = c->cancelled ? S("cancelled") : c->log_status,
		.http = c->last_http,
		.ms = os_now_ms() - c->started,
		.redacted = c->redacted.masked,
		.err = c->failure.set ? c->failure.err : ERR_OK,
		.correlation = str_from(c->last_correlation),
	};
}

static void call_fail_with(struct call *c, enum err err, const char *message);

/* Logs, then ends.  Another process's lock is waited for on the timer list. */
void call_log_and_finish(void *arg)
{
	struct call *c = arg;
	struct audit_record r = call_record_of(c, AUDIT_OUT);
	int64_t now = os_now_ms();
	struct audit *audit = work_audit(c->work);
	enum audit_result result = gate_write_records(c);

	if (result == AUDIT_DONE)
		result = audit_append(audit, &r, NULL);

	if (!c->log_since)
		c->log_since = now;
	if (result == AUDIT_BUSY && now - c->log_since < LIMIT_LOG_LOCK_MS) {
		loop_timer_set(c->work->loop, &c->timer, 5, call_log_and_finish, c);
		return;
	}
	/* A read goes on without its record: only what changes something fails closed. */
	if (result != AUDIT_DONE && !c->log_refused && work_needs_log(c->work)) {
		c->log_refused = true;
		call_fail_with(c, ERR_LOG, "policy wants a record of this, and it cannot be written");
		return;
	}
	if (result != AUDIT_DONE)
		work_log_failed(c->work);
	else if (r.klass != 'R')
		work_log_written(c->work);
	finish(c);
}

void call_cancel_fetches(struct call *c)
{
	struct stage *s = &c->stages[c->stage_count];

	for (size_t i = 0; s->ops && i < s->count; i++) {
		rest_cancel(s->ops[i]);
		s->ops[i] = NULL;
	}
	s->pending = 0;
}

static void conclude(struct call *c)
{
	call_cancel_fetches(c);
	loop_timer_clear(&c->timer);
	loop_timer_clear(&c->deadline_timer);
	call_log_and_finish(c);
}

void call_exhausted(struct call *c)
{
	c->arena->max += 4u << 20;
	c->failure = (struct failure){
		.set = true,
		.err = ERR_TOO_LARGE,
		.message = "this call needs more memory than one call may have",
		.hint = "Ask for less: \"top\", \"select\", \"fields\" or one action at a time.",
	};
}

/* Builds the reply under a guard of its own, so that it can run out of memory too. */
void call_conclude_with(struct call *c, void (*build)(struct call *c))
{
	jmp_buf out;

	if (CALL_GUARD(c, &out)) {
		call_exhausted(c);
		c->notes = NULL;
		call_build_failure(c);
	} else {
		build(c);
	}
	c->arena->out = NULL;
	conclude(c);
}

/* In place of a reply that was made already. */
static void call_fail_with(struct call *c, enum err err, const char *message)
{
	c->failure = (struct failure){ .set = true, .err = err, .message = message };
	c->next = NULL;
	c->notes = NULL;
	call_conclude_with(c, call_build_failure);
}

void call_fail(struct call *c)
{
	call_conclude_with(c, call_build_failure);
}
